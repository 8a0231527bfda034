"""Figures of ours, with what makes them figures: the machine, the date and the command.

They lie in `recorded.toml` beside this file, one table for each probe, and are written by the
benchmarks. Ten times a recorded time is a budget too, and a tenth of a recorded rate.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Final

from engine.budgets.probes import PROBES
from engine.errors import SpecificationError

__all__ = ["Record", "read_records", "recorded", "records_to_toml"]

TEXTS: Final = ("machine", "date", "command")
TABLES: Final = ("figures", "conditions")
FIELDS: Final = (*TEXTS, *TABLES)
HEADER: Final = """\
# Written by the benchmarks, one table for each probe: figures in nanoseconds, one a second or
# bytes, with machine, date, command and conditions. A probe without a table has only the budget of
# its system."""


@dataclass(frozen=True)
class Record:
    """What a probe found on one machine.

    Parameters
    ----------
    figures : mapping of str to float
        By name, in base units: nanoseconds, one a second, bytes.
    machine : str
        On what.
    date : str
        When, as YYYY-MM-DD.
    command : str
        With which command line it can be made again.
    conditions : mapping of str to number or str
        What was on.
    """

    figures: Mapping[str, float]
    machine: str
    date: str
    command: str
    conditions: Mapping[str, float | str]


def recorded() -> dict[str, Record]:
    """Return the records that come with the library, by probe.

    Examples
    --------
    >>> set(recorded()) <= set(PROBES)
    True
    """
    place = resources.files("engine.budgets").joinpath("recorded.toml")
    return read_records(place.read_text(encoding="utf-8"))


def read_records(text: str) -> dict[str, Record]:
    r"""Read records from TOML, as `records_to_toml` writes them.

    Raises
    ------
    SpecificationError
        It is no TOML, or one error with everything that is wrong.

    Examples
    --------
    >>> read_records("[matching]\nfigures = { p50 = -1 }")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: matching: there was no machine, ...; p50 was -1, must be ...
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecificationError(f"records: no TOML: {error}") from None
    problems = []
    for name, table in tables.items():
        found = _problems_of(name, table)
        if found:
            problems.append(f"{name}: {'; '.join(found)}")
    if problems:
        raise SpecificationError("\n".join(problems))
    return {name: Record(**table) for name, table in tables.items()}


def records_to_toml(records: Mapping[str, Record]) -> str:
    """Return records as TOML, one table for each probe: the text of `recorded.toml`.

    Examples
    --------
    >>> record = Record({"p99.9": 950.0}, "a laptop", "2026-01-31", "python -m x", {"depth": 5})
    >>> text = records_to_toml({"matching": record})
    >>> print(text[text.index("[") :])
    [matching]
    machine = "a laptop"
    date = "2026-01-31"
    command = "python -m x"
    <BLANKLINE>
    [matching.figures]
    "p99.9" = 950.0
    <BLANKLINE>
    [matching.conditions]
    "depth" = 5
    <BLANKLINE>
    >>> read_records(text) == {"matching": record}
    True
    """
    lines = [HEADER]
    for name, record in records.items():
        lines += ["", f"[{name}]"]
        lines += [f"{field} = {_text(getattr(record, field))}" for field in TEXTS]
        for field in TABLES:
            lines += ["", f"[{name}.{field}]"]
            lines += [f"{_text(key)} = {_text(it)}" for key, it in getattr(record, field).items()]
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _problems_of(name: str, table: object) -> list[str]:
    """Return what is wrong with one table."""
    if name not in PROBES:
        return [f"not one of {', '.join(map(repr, PROBES))}"]
    if not isinstance(table, Mapping):
        return [f"was {table!r}, must be a table"]
    problems = []
    missing = [f"no {field}" for field in FIELDS if field not in table]
    if missing:
        problems.append(f"there was {', '.join(missing)}")
    unknown = sorted(set(table) - set(FIELDS))
    if unknown:
        problems.append(f"there was {', '.join(unknown)}, must be {', '.join(FIELDS)}")
    for field in TEXTS:
        value = table.get(field, "-")
        if not isinstance(value, str) or not value:
            problems.append(f"{field} was {value!r}, must be a text")
    if isinstance(table.get("date"), str) and not _is_date(table["date"]):
        problems.append(f"date was {table['date']!r}, must be YYYY-MM-DD")
    problems += [
        f"{field} was {table[field]!r}, must be a table"
        for field in TABLES
        if not isinstance(table.get(field, {}), Mapping)
    ]
    figures = table.get("figures")
    return problems + _problems_of_figures(name, figures if isinstance(figures, Mapping) else {})


def _problems_of_figures(name: str, figures: Mapping[str, object]) -> list[str]:
    problems = []
    for figure, value in figures.items():
        if figure not in PROBES[name].figures:
            problems.append(f"{figure} is none of {', '.join(PROBES[name].figures)}")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            problems.append(f"{figure} was {value!r}, must be a number above 0")
        elif not math.isfinite(value) or value <= 0:
            problems.append(f"{figure} was {value}, must be a number above 0")
    return problems


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
