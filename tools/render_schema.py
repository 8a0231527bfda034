"""Write src/engine/_schema.py from csrc/engine/types/*.def: the Python side of every enumeration and record.

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
FLAG_TYPES = {"OrderFlag": "OrderFlags", "ReportFlag": "ReportFlags"}
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


def render() -> str:
    """Return the text of _schema.py."""
    lines = [
        "# Written by tools/render_schema.py from csrc/engine/types/*.def. Do not edit.",
        '"""The enumerations and record layouts of the library, the same bytes in C++ and Python."""',
        "",
        "from __future__ import annotations",
        "",
        "from enum import IntEnum, IntFlag",
        "from typing import Final",
        "",
        "import numpy as np",
        "",
    ]
    storage: dict[str, str] = dict(NUMPY)
    flat: list[tuple[str, str]] = []
    names: list[str] = []
    for macro, arguments, doc in calls("enums.def"):
        if macro == "BEGIN":
            name, underlying = arguments
            base = "IntFlag" if name in FLAG_TYPES else "IntEnum"
            storage[FLAG_TYPES.get(name, name)] = NUMPY[underlying]
            names.append(name)
            lines += ["", f"class {name}({base}):", f'    """{doc}"""', ""]
        elif macro == "ENUM":
            lines += [f"    {arguments[0]} = {arguments[1]}", f'    """{doc}"""']
            if name in FLAT:
                flat.append((name, arguments[0]))
        else:
            lines += [""]
    lines += [""]
    lines += [f"{member}: Final = {name}.{member}" for name, member in flat]
    lines += [""]
    docs: list[str] = []
    for macro, arguments, doc in calls("records.def"):
        if macro == "RECORD":
            record, size = arguments
            constant = "REPORT_DTYPE" if record == "ExecutionReport" else f"{record.upper()}_DTYPE"
            names.append(constant)
            lines += [f"{constant}: Final = np.dtype(", "    ["]
            docs.append(f'    "{constant}": {{')
        elif macro == "FIELD":
            lines += [f'        ("{arguments[1]}", "<{storage[arguments[0]]}"),'.replace('"<u1"', '"u1"').replace('"<i1"', '"i1"')]
            docs.append(f'        "{arguments[1]}": "{doc}",')
        else:
            lines += ["    ]", ")", f'"""{""}{record}: {size} bytes a record."""', ""]
            docs.append("    },")
    lines += ["FIELD_DOCS: Final[dict[str, dict[str, str]]] = {", *docs, "}", '"""What each field of each record holds."""', ""]
    exported = sorted([*names, *(member for _, member in flat), "FIELD_DOCS"])
    lines += ["__all__ = [", *(f'    "{name}",' for name in exported), "]"]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)) + "\n"


def main() -> int:
    """Write or check the file."""
    text = render()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text() != text:
            print(f"{TARGET.relative_to(ROOT)} is stale: run python tools/render_schema.py")
            return 1
        return 0
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
