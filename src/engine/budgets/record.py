"""Figures of ours, with what makes them figures: the machine, the date and the command.

They lie in `recorded.toml` beside this file, one table for each profile and probe, and are written
by `python -m engine bench --record`. Ten times a recorded time is a budget too, and a tenth of a
recorded rate. Profiles send a probe different loads, so that none is held to another's records.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from typing import Final, Literal

from engine._shown import shown
from engine._text_forms import toml_tables
from engine.budgets.probes import PROBES
from engine.errors import SpecificationError

__all__ = ["Record", "read_records", "recorded", "records_to_toml"]

TEXTS: Final = ("machine", "date", "command")
COUNTS: Final = ("runs",)
TABLES: Final = ("figures", "conditions")
FIELDS: Final = (*TEXTS, *COUNTS, *TABLES)
HEADER: Final = """\
# Written by python -m engine bench --record, one table for each profile and probe: figures in
# nanoseconds, one a second or bytes, the worst of so many runs, with machine, date, command and
# conditions of the last one. A probe without a table has only the budget of its system."""


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
    runs : int
        Of how many runs each figure is the worst one. A single one may have been lucky.

    Examples
    --------
    >>> first = Record({"p99": 900.0, "rate": 5.0}, "a laptop", "2026-01-31", "python -m x", {})
    >>> later = replace(first, figures={"p99": 700.0, "rate": 4.0})
    >>> both = first.and_of(later, {"rate": "at least"})
    >>> dict(both.figures), both.runs
    ({'p99': 900.0, 'rate': 4.0}, 2)
    """

    figures: Mapping[str, float]
    machine: str
    date: str
    command: str
    conditions: Mapping[str, float | str]
    runs: int = 1

    def and_of(self, later: Record, senses: Mapping[str, Literal["at most", "at least"]]) -> Record:
        """Return the record of these runs and of later ones, with the worse of each figure.

        Parameters
        ----------
        later
            Of the same probe. What it has of its own, figures excepted, is kept.
        senses
            By figure whether it has to be "at least" its budget; all others are "at most".
        """
        figures = dict(later.figures)
        for name in set(figures) & set(self.figures):
            worse = min if senses.get(name) == "at least" else max
            figures[name] = worse(figures[name], self.figures[name])
        return replace(later, figures=figures, runs=self.runs + later.runs)


def recorded(profile: str) -> dict[str, Record]:
    """Return the records of a profile that come with the library, by probe; none for most.

    Parameters
    ----------
    profile : str
        The name of one. Of a profile that is not known there are none either.

    Examples
    --------
    >>> set(recorded("demo")) <= set(PROBES)
    True
    >>> recorded("desk")
    {}
    """
    place = resources.files("engine.budgets").joinpath("recorded.toml")
    return read_records(place.read_text(encoding="utf-8")).get(profile, {})


def read_records(text: str) -> dict[str, dict[str, Record]]:
    r"""Read records from TOML, as `records_to_toml` writes them, by profile and probe.

    Parameters
    ----------
    text : str
        A table for each profile and probe, with the fields of `Record`, all of them.

    Raises
    ------
    SpecificationError
        It is no TOML, or one error with everything that is wrong.

    Examples
    --------
    >>> read_records("[x.matching]\nfigures = { p50 = -1 }")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: x.matching: there was no machine, ...; p50 was -1, must be ...
    """
    tables = toml_tables(text, "records", number=float)
    problems = []
    for profile, table in tables.items():
        if not isinstance(table, Mapping):
            problems.append(f"{profile} was {shown(table)}, must be a table of probes")
            continue
        for name, its in table.items():
            found = _problems_of(name, its)
            if found:
                problems.append(f"{profile}.{name}: {'; '.join(found)}")
    if problems:
        raise SpecificationError("\n".join(problems))
    return {
        profile: {name: Record(**its) for name, its in table.items()}
        for profile, table in tables.items()
    }


def records_to_toml(records: Mapping[str, Mapping[str, Record]]) -> str:
    """Return records by profile and probe as TOML: the text of `recorded.toml`.

    Parameters
    ----------
    records : mapping of str to mapping of str to Record
        By the name of the profile, then by probe; they are written in this order.

    Examples
    --------
    >>> record = Record({"p99.9": 950.0}, "a laptop", "2026-01-31", "python -m x", {"depth": 5})
    >>> text = records_to_toml({"my desk": {"matching": record}})
    >>> print(text[text.index("[") :])
    ["my desk".matching]
    machine = "a laptop"
    date = "2026-01-31"
    command = "python -m x"
    runs = 1
    <BLANKLINE>
    ["my desk".matching.figures]
    "p99.9" = 950.0
    <BLANKLINE>
    ["my desk".matching.conditions]
    "depth" = 5
    <BLANKLINE>
    >>> read_records(text) == {"my desk": {"matching": record}}
    True
    """
    lines = [HEADER]
    for profile, probes in records.items():
        for name, record in probes.items():
            place = f"{_text(profile)}.{name}"
            lines += ["", f"[{place}]"]
            lines += [f"{field} = {_text(getattr(record, field))}" for field in (*TEXTS, *COUNTS)]
            for field in TABLES:
                lines += ["", f"[{place}.{field}]"]
                its = getattr(record, field)
                lines += [f"{_text(key)} = {_text(value)}" for key, value in its.items()]
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _problems_of(name: str, table: object) -> list[str]:
    """Return what is wrong with one table."""
    if name not in PROBES:
        return [f"not one of {', '.join(map(repr, PROBES))}"]
    if not isinstance(table, Mapping):
        return [f"was {shown(table)}, must be a table"]
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
            problems.append(f"{field} was {shown(value)}, must be a text")
    runs = table.get("runs", 1)
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 1:
        problems.append(f"runs was {shown(runs)}, must be a whole number of at least 1")
    if isinstance(table.get("date"), str) and not _is_date(table["date"]):
        problems.append(f"date was {shown(table['date'])}, must be YYYY-MM-DD")
    problems += [
        f"{field} was {shown(table[field])}, must be a table"
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
            problems.append(f"{figure} was {shown(value)}, must be a number above 0")
        elif not math.isfinite(value) or value <= 0:
            problems.append(f"{figure} was {value}, must be a number above 0")
    return problems


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
