"""Write docs/budgets-of-systems.md: every line that five systems wrote down, and what answers it.

Reads the profiles of the installed package.

    python tools/render_budgets.py           # write the page
    python tools/render_budgets.py --check   # exit 1 when the committed page differs
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.budgets import COMPONENTS, CONDITIONS, PROBES, PROFILES, Profile, Row, profile

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "budgets-of-systems.md"

HEADER = """\
<!-- Written by tools/render_budgets.py from src/engine/budgets/*.toml. Do not edit. -->

# Budgets of five systems

Every line of what five systems ask for, in their words, and what answers it: a probe of the
benchmarks, a test that holds a rule, or a component that the library is not and that would have to
exist. What must be on is what a measurement must have had for the line to count.
[Budgets](budgets.md) says how they are judged.
"""


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield a Markdown table."""
    heads = list(heads)
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def answer(row: Row) -> str:
    """Return what answers a line."""
    if row.measured_by is not None:
        return f"measured by `{row.measured_by}`"
    if row.held_by:
        return "held by " + ", ".join(f"`{name}`" for name in row.held_by)
    return f"needs {row.needs}"


def conditions(row: Row) -> str:
    """Return what must be on."""
    words = (
        f"{name} {value}" if isinstance(value, str) else f"{name} {value:,}"
        for name, value in row.at.items()
    )
    return ", ".join(words)


def cells(row: Row) -> tuple[str, str, str, str]:
    """Return a line of a system's table."""
    reply = f"{answer(row)}: {row.remark}" if row.remark else answer(row)
    return row.name, row.stated, reply, conditions(row)


def system(one: Profile) -> Iterator[str]:
    """Yield a system's lines."""
    measured = sum(row.measured_by is not None for row in one.rows)
    held = sum(bool(row.held_by) for row in one.rows)
    needs = len(one.rows) - measured - held
    yield from ("", f"## {one.title}", "")
    yield (
        f"Profile `{one.name}`: {len(one.rows)} rows, of which {measured} are measured, {held} are"
        f" held by tests, and {needs} need a component."
    )
    yield ""
    yield from table(("what", "stated", "answered by", "what must be on"), map(cells, one.rows))


def page() -> str:
    """Return the text of the page."""
    lines = [HEADER.rstrip("\n")]
    for name in PROFILES:
        lines += system(profile(name))
    lines += ["", "## Probes", "", "Times are in nanoseconds, `rate` is one a second.", ""]
    probes = ((f"`{name}`", probe.does, ", ".join(probe.figures)) for name, probe in PROBES.items())
    lines += table(("probe", "what it does and times", "figures"), probes)
    lines += ["", "## Conditions", ""]
    lines += table(("condition", "meaning"), CONDITIONS.items())
    lines += ["", "## Components that rows need", ""]
    lines += table(("component", "what it is"), COMPONENTS.items())
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the page."""
    text = page()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text(encoding="utf-8") != text:
            print(f"{TARGET.relative_to(ROOT)} is stale: run python tools/render_budgets.py")
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
