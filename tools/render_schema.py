"""Write src/engine/_schema.py, the Python side of every enumeration and record.

Reads csrc/engine/types/*.def.

    python tools/render_schema.py           # write the file
    python tools/render_schema.py --check   # exit 1 when the committed file differs
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TYPES = ROOT / "csrc" / "engine" / "types"
TARGET = ROOT / "src" / "engine" / "_schema.py"

NUMPY = {
    "std::uint8_t": "u1",
    "std::int8_t": "i1",
    "std::uint16_t": "u2",
    "std::uint32_t": "u4",
    "std::uint64_t": "u8",
    "std::int64_t": "i8",
}
CALL = re.compile(r'^(BEGIN|ENUM|END|RECORD|FIELD|END_RECORD)\((.*?)(?:,\s*"(.*)")?\)$')
DTYPE_NAMES = {
    "ExecutionReport": "REPORT_DTYPE",
    "OrderDetail": "DETAIL_DTYPE",
    "FeedMessage": "FEED_DTYPE",
    "RateAnswer": "RATE_ANSWER_DTYPE",
}
FLAG_TYPES = {
    "OrderFlag": "OrderFlags",
    "ReportFlag": "ReportFlags",
    "CancelScope": "CancelScopes",
    "AccountFlag": "AccountFlags",
    "SwitchScope": "SwitchScopes",
    "FeedChannel": "FeedChannels",
    "FeedFlag": "FeedFlags",
}
# Enumerators whose plain name is free to be exported flat: each name stands in one of these only.
FLAT = ("CommandKind", "Side", "OrderType", "TimeInForce", "OrderFlag")


def calls(name: str) -> list[tuple[str, list[str], str]]:
    """Return (macro, arguments, doc) for each macro line of a .def file."""
    found = []
    for number, line in enumerate((TYPES / name).read_text().splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("//"):
            continue
        match = CALL.match(text)
        if match is None:
            raise SystemExit(f"{name}:{number}: not a schema line: {text!r}")
        arguments = [argument.strip() for argument in match[2].split(",")]
        found.append((match[1], arguments, match[3] or ""))
    return found


HEADER = """\
# Written by tools/render_schema.py from csrc/engine/types/*.def. Do not edit.
\"\"\"The enumerations and record layouts of the library, the same in C++ and Python.\"\"\"

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

import numpy as np
"""


class Schema:
    """What the two files declare, as lines of Python."""

    def __init__(self) -> None:
        self.storage = dict(NUMPY)
        self.names = ["FIELD_DOCS"]
        self.enums: list[str] = []
        self.flat: list[str] = []
        self.dtypes: list[str] = []
        self.docs: list[str] = []
        self.read_enums()
        self.read_records()

    def read_enums(self) -> None:
        """Read enums.def: a class for each enumeration, and its members' plain names."""
        enum = ""
        for macro, arguments, doc in calls("enums.def"):
            if macro == "BEGIN":
                enum, underlying = arguments
                base = "IntFlag" if enum in FLAG_TYPES else "IntEnum"
                self.storage[FLAG_TYPES.get(enum, enum)] = NUMPY[underlying]
                self.names.append(enum)
                self.enums += ["", "", f"class {enum}({base}):", f'    """{doc}"""', ""]
            elif macro == "ENUM":
                member, value = arguments
                self.enums += [f"    {member} = {value}", f'    """{doc}"""']
                if enum in FLAT:
                    self.names.append(member)
                    self.flat.append(f"{member}: Final = {enum}.{member}")

    def read_records(self) -> None:
        """Read records.def: a dtype for each record, and what each field holds."""
        for macro, arguments, doc in calls("records.def"):
            if macro == "RECORD":
                record, size = arguments
                name = DTYPE_NAMES.get(record, f"{record.upper()}_DTYPE")
                self.names.append(name)
                self.dtypes += [f"{name}: Final = np.dtype(", "    ["]
                self.docs += [f'    "{name}": {{']
            elif macro == "FIELD":
                kind, field = arguments
                code = self.storage[kind]
                order = "" if code.endswith("1") else "<"
                self.dtypes += [f'        ("{field}", "{order}{code}"),']
                self.docs += [f'        "{field}": "{doc}",']
            else:
                self.dtypes += ["    ]", ")", f'"""{record}: {size} bytes a record."""', ""]
                self.docs += ["    },"]

    def render(self) -> str:
        """Return the text of _schema.py."""
        names = sorted(self.names, key=lambda name: (not name.isupper(), name))
        lines = [
            HEADER.rstrip(),
            *self.enums,
            "",
            "",
            *self.flat,
            "",
            *self.dtypes,
            "FIELD_DOCS: Final[dict[str, dict[str, str]]] = {",
            *self.docs,
            "}",
            '"""What each field of each record holds."""',
            "",
            "__all__ = [",
            *(f'    "{name}",' for name in names),
            "]",
        ]
        return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the file."""
    text = Schema().render()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() != text:
            print(f"{TARGET.relative_to(ROOT)} is stale: run python tools/render_schema.py")
            return 1
        return 0
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
