"""What five systems wrote down, read from their document and compared with the budgets.

The document has a section for each system, of tables and of text. Every row of a table is a line of
the system's profile, word for word; every word of the text is in the phrase of some line, and so is
every number. The numbers of a line are those of its budgets, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from engine.budgets import PROFILES, Bound, Place, Profile, Row, SweepBudget

__all__ = ["Section", "lacks", "sections"]

HEADING: Final = re.compile(r"^## \d+\. (.+)$", re.MULTILINE)
NUMBER: Final = re.compile(r"(?<!\w)(?<!\d\.)\d+(?:,\d{3})*(?:\.\d+)?")
WORD: Final = re.compile(r"\w+")
RULE: Final = re.compile(r"[\s|:-]+")

# Bounds that the document asks for in words alone, and what we take them for.
OURS: Final = {
    ("demo", "marathon", "growth of memory"): [2.0],
    ("demo", "marathon", "slowing"): [10.0],
    ("demo", "staged", "availability"): [99.9],
    ("demo", "other scenarios", "availability"): [99.9],
    ("pincex", "load test stress", "stress target"): [29_700.0],
    ("demo", "bounded memory", "growth of memory"): [2.0],
    ("demo", "no lock that caps throughput", "orders target"): [5_000.0],
}


class Section(NamedTuple):
    """One system's part of the document.

    Attributes
    ----------
    title : str
        Its heading.
    table : list of tuple of str
        First cell and the others of every row of every table.
    text : str
        All that stands in no table, with one blank between words.
    """

    title: str
    table: list[tuple[str, str]]
    text: str


def sections(document: str) -> dict[str, Section]:
    """Return the sections of the document by the name of the profile."""
    parts = HEADING.split(document)[1:]
    found = [section(title, body) for title, body in zip(parts[::2], parts[1::2], strict=True)]
    return dict(zip(PROFILES, found, strict=True))


def section(title: str, body: str) -> Section:
    lines = [line.strip() for line in body.splitlines()]
    table = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        is_head = after.startswith("|") and RULE.fullmatch(after)
        if line.startswith("|") and not is_head and not RULE.fullmatch(line):
            what, *rest = [cell.strip() for cell in line.strip("|").split("|")]
            table.append((what, " | ".join(rest)))
    text = " ".join(line for line in lines if not line.startswith("|"))
    return Section(title, table, " ".join(text.split()))


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in NUMBER.findall(text)]


def lacks(profile: Profile, part: Section) -> list[str]:
    """Return all in which a profile and its section differ."""
    return [
        *([] if profile.title == part.title else [f"title was {profile.title!r}"]),
        *lacks_of_tables(profile, part),
        *lacks_of_text(profile, part),
        *(lack for what, rows in lines_of(profile) for lack in lacks_of_line(profile, what, rows)),
    ]


def lines_of(profile: Profile) -> Iterator[tuple[str, list[Row]]]:
    """Yield each line of the document with the rows that are its parts."""
    lines: dict[tuple[str, str], list[Row]] = {}
    for row in profile.rows:
        lines.setdefault((row.what, row.stated), []).append(row)
    for (what, _), rows in lines.items():
        yield what, rows


def lacks_of_tables(profile: Profile, part: Section) -> Iterator[str]:
    ours = {(row.what, row.stated) for row in profile.rows if row.place is Place.TABLE}
    for what, stated in part.table:
        if (what, stated) not in ours:
            yield f"no row for {what!r}, {stated!r}"
    for what, stated in sorted(ours - set(part.table)):
        yield f"the document has no {what!r}, {stated!r}"


def lacks_of_text(profile: Profile, part: Section) -> Iterator[str]:
    covered = [False] * len(part.text)
    phrases = {row.stated for row in profile.rows if row.place is Place.TEXT}
    for phrase in sorted(phrases):
        if part.text.count(phrase) != 1:
            yield f"the text has {part.text.count(phrase)} times {phrase!r}"
            continue
        start = part.text.index(phrase)
        covered[start : start + len(phrase)] = [True] * len(phrase)
    for pattern, what in ((NUMBER, "number"), (WORD, "word")):
        for match in pattern.finditer(part.text):
            if not all(covered[match.start() : match.end()]):
                around = part.text[max(match.start() - 30, 0) : match.end() + 30]
                yield f"no row for the {what} {match[0]!r} in {around!r}"


def lacks_of_line(profile: Profile, what: str, rows: list[Row]) -> Iterator[str]:
    """Yield where the numbers of a line's rows are not those of its words."""
    stated = numbers(f"{what} {rows[0].stated}")
    used: set[float] = set()
    for row in rows:
        asked = [float(bound.limit) for bound in bounds(profile, row)]
        values = [abs(float(number)) for number in row.values.values()]
        for told, found in (("asks for", asked), ("has the values", values)):
            if not is_in_order(found, stated):
                yield f"{row.name!r} {told} {found}, not so in {row.stated!r}"
        used.update(asked, values, every(row))
        used.update(float(value) for value in row.at.values() if not isinstance(value, str))
        lost = {bound.unit for bound in bounds(profile, row)} - units(f"{what} {row.stated}")
        if lost:
            yield f"{row.name!r} is in {sorted(lost)}, not so in {row.stated!r}"
    unused = [number for number in stated if number not in used]
    if unused:
        yield f"{what!r} states {unused}, which none of its rows has"


def bounds(profile: Profile, row: Row) -> list[Bound]:
    """Return the bounds of a row but for those that are ours to say."""
    return [
        bound
        for bound in row.bounds()
        if bound.limit not in OURS.get((profile.name, row.what, bound.label), [])
    ]


def every(row: Row) -> list[float]:
    """Return the seconds between two sweeps."""
    return [
        budget.every
        for budget in row.budgets
        if isinstance(budget, SweepBudget) and budget.every is not None
    ]


def is_in_order(found: list[float], stated: list[float]) -> bool:
    """Return whether numbers stand in a text in this order, others between them or not."""
    rest = iter(stated)
    return all(number in rest for number in found)


def units(text: str) -> set[str]:
    """Return the units that a text writes, or that go without saying."""
    found = {unit for unit in ("ms", "s", "GB") if re.search(rf"\d ?{unit}\b", text)}
    found |= {"%"} if "%" in text else set()
    found |= {"/s"} if "/s" in text or "per second" in text else set()
    found |= {"/min"} if "per minute" in text else set()
    found |= {"/day"} if "a day" in text else set()
    found |= {"B"} if "bytes" in text else set()
    return found | {""}
