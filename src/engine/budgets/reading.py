"""Profiles from TOML: those that come with the library, and a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any, Final

from engine._shown import shown
from engine._text_forms import toml_tables
from engine.budgets.kinds import KINDS, Budget
from engine.budgets.profile import Profile
from engine.budgets.row import Row
from engine.errors import SpecificationError
from engine.specification import Problems

__all__ = ["PROFILES", "profile", "profile_from_toml", "read_profile"]

PROFILES: Final = ("godark", "bot-core", "pincex", "trade-bot", "demo")
"""The systems whose budgets come with the library."""

PROFILE_FIELDS: Final = {"name", "title", "scenarios", "row"}
ROW_FIELDS: Final = {field.name for field in fields(Row)} - {"budgets"} | set(KINDS)


def profile(name: str) -> Profile:
    """Return the budgets of a system.

    Parameters
    ----------
    name
        One of `PROFILES`.

    Raises
    ------
    SpecificationError
        There is none of that name.

    Examples
    --------
    >>> profile("pincex").title
    'PinCEX: centralised exchange'
    >>> profile("nasdaq")
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: profile was 'nasdaq', not one of 'godark', 'bot-core',\
 'pincex', 'trade-bot', 'demo'
    """
    if name not in PROFILES:
        known = ", ".join(map(repr, PROFILES))
        raise SpecificationError(f"profile was {shown(name)}, not one of {known}")
    place = resources.files("engine.budgets").joinpath(f"{name}.toml")
    return profile_from_toml(place.read_text(encoding="utf-8"))


def read_profile(path: str | Path) -> Profile:
    """Read a profile of one's own from a TOML file.

    Parameters
    ----------
    path : str or path
        Of the file, in UTF-8; written as the profiles in `engine/budgets` are.

    Raises
    ------
    SpecificationError
        One error with everything that is wrong; it begins with the path.
    """
    place = Path(path)
    try:
        return profile_from_toml(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SpecificationError) as error:
        raise SpecificationError(f"{place}: {error}") from None


def profile_from_toml(text: str) -> Profile:
    """Read a profile from TOML.

    Parameters
    ----------
    text : str
        With `name`, `title`, a table ``[[row]]`` for each row and, where there are some, the
        `scenarios`. A row has the fields of `Row`, and its budgets by kind, as ``latency``.

    Raises
    ------
    SpecificationError
        It is no TOML, or one error with everything that is wrong, a line for each row.

    Examples
    --------
    >>> profile_from_toml('''
    ... name = "mine"
    ... title = "My service"
    ... [[row]]
    ... what = "an order"
    ... stated = "under 1 ms"
    ... measured_by = "matchin"
    ... latency = { p99 = 1 }
    ... [[row]]
    ... what = "orders"
    ... stated = "1,000/s"
    ... needs = "gateway"
    ... throughput = { target = -1 }
    ... ''')  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: row 1: an order: measured_by was 'matchin', not one of ...
    row 2: orders: target was -1, must be at least 0
    """
    found = toml_tables(text, "profile", number=float)
    problems = Problems()
    unknown = sorted(set(found) - PROFILE_FIELDS)
    if unknown:
        problems.append(f"profile has no {', '.join(unknown)}: it has {_listed(PROFILE_FIELDS)}")
    tables, scenarios = found.get("row", []), found.get("scenarios", [])
    if not isinstance(tables, list):
        problems.append(f"row was {shown(tables)}, must be a list of tables: write [[row]]")
        tables = []
    if not isinstance(scenarios, list) or not all(isinstance(each, str) for each in scenarios):
        problems.append(f"scenarios was {shown(scenarios)}, must be a list of names")
        scenarios = []
    rows = [
        problems.attempt(_row_of, number, table) for number, table in enumerate(tables, start=1)
    ]
    if problems:
        raise SpecificationError("\n".join(problems))
    return Profile(
        name=found.get("name", ""),
        title=found.get("title", ""),
        rows=tuple(row for row in rows if row is not None),
        scenarios=tuple(scenarios),
    )


def _row_of(number: int, table: object) -> Row:
    """Return a row, or raise one error with all that is wrong with it."""
    if not isinstance(table, Mapping):
        raise SpecificationError(f"row {number} was {shown(table)}, must be a table")
    problems = Problems()
    unknown = sorted(set(table) - ROW_FIELDS)
    if unknown:
        problems.append(f"a row has no {', '.join(unknown)}: it has {_listed(ROW_FIELDS)}")
    plain: dict[str, Any] = {"what": "", "stated": ""}
    plain |= {name: value for name, value in table.items() if name in ROW_FIELDS - set(KINDS)}
    name = plain.get("part") or plain["what"]
    budgets = [
        problems.attempt(_budget_of, kind, str(name or kind), limits)
        for kind in table
        if kind in KINDS
        for limits in _tables_of(kind, table[kind], problems)
    ]
    _check_numbers(plain, problems)
    plain["held_by"] = _names_of(plain.get("held_by", ()), problems)
    made = tuple(budget for budget in budgets if budget is not None)
    row = problems.attempt(_make_row, plain, made) if len(made) == len(budgets) else None
    if row is None or problems:
        raise SpecificationError(f"row {number}: {'; '.join(problems)}")
    return row


def _make_row(plain: Mapping[str, Any], budgets: tuple[Budget, ...]) -> Row:
    return Row(budgets=budgets, **plain)


def _tables_of(kind: str, found: object, problems: Problems) -> list[Mapping[str, Any]]:
    """Return the tables of one kind of budget: one, or a list of them."""
    tables: list[Any] = found if isinstance(found, list) else [found]
    if all(isinstance(table, Mapping) for table in tables):
        return tables
    problems.append(f"{kind} was {shown(found)}, must be a table of limits or a list of such")
    return []


def _budget_of(kind: str, component: str, limits: Mapping[str, Any]) -> Budget:
    """Return a budget; it is called as the row is, where it has no name of its own."""
    cls = KINDS[kind]
    known = {field.name for field in fields(cls)}
    unknown = sorted(set(limits) - known)
    if unknown:
        raise SpecificationError(f"{kind} has no {', '.join(unknown)}: it has {_listed(known)}")
    try:
        return cls(**{"component": component, **limits})
    except TypeError as error:
        missing = str(error).partition("missing ")[2] or str(error)
        raise SpecificationError(f"{kind} is missing {missing}") from None


def _check_numbers(plain: dict[str, Any], problems: Problems) -> None:
    """Note what is no table of numbers in `values`, and of numbers and words in `at`."""
    for name, kinds in (("values", (int, float)), ("at", (int, float, str))):
        found = plain.get(name, {})
        is_table = isinstance(found, Mapping)
        if is_table and not any(
            isinstance(value, bool) or not isinstance(value, kinds) for value in found.values()
        ):
            continue
        what = "numbers" if name == "values" else "numbers and words"
        problems.append(f"{name} was {shown(found)}, must be a table of {what}")
        plain[name] = {}


def _names_of(found: object, problems: Problems) -> tuple[str, ...]:
    """Return one name or a list of names as a tuple."""
    names = [found] if isinstance(found, str) else found
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        problems.append(f"held_by was {shown(found)}, must be a test or a list of them")
        return ()
    return tuple(names)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
