"""Case files: a rule of a venue with its inputs, and what the venue says comes out.

A file is `{"schema", "group", "cases": [...]}`; what a case is made of is written in section 0 of
the page beside the files. Numbers are decimal strings, read exactly. What answers a case is given
its `Question` and no more: neither what is expected, nor how it was computed, nor its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from conformance.scenarios import is_number, number

SCHEMA = 1
NO_ANSWER = frozenset({None, "none", "--"})
"""How files write that there is no such price."""


class Question(NamedTuple):
    """What of a case its answer may depend on."""

    venue: str
    kind: str
    inputs: dict[str, Any]


class Case(NamedTuple):
    """One case as its file has it."""

    id: str
    question: Question
    expected: Any
    tolerance: Decimal


class OneOf(tuple[Any, ...]):
    """Answers of which one must be it: the case doesn't tell of which side, contract or part."""

    __slots__ = ()


class Library(NamedTuple):
    """One implementation of the library, as an adapter calls it."""

    make_book: Callable[..., Any]
    make_core: Callable[..., Any]
    functions: ModuleType
    """`uncross_price`, `auction_fills`, `allocate` and their kin."""
    make_limiter: Callable[..., Any]


def no_reason(_: Question) -> None:
    """Find nothing that keeps a question from being asked."""


class Form(NamedTuple):
    """An adapter: which inputs it understands, and the calls that answer them."""

    answer: Callable[[Question, Library], Any]
    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    choices: Mapping[str, Collection[str]] = {}
    """What an input may be where it is a word."""
    reason: Callable[[Question], str | None] = no_reason
    """Why a question that is understood can't be asked of the engine yet."""

    def understands(self, inputs: Collection[str]) -> bool:
        """Return whether these are the inputs that it takes."""
        return self.required <= set(inputs) <= self.required | self.optional


def read_case(entry: dict[str, Any]) -> Case:
    """Return a case of its file's entry."""
    question = Question(entry.get("venue") or "", entry["kind"], entry["inputs"])
    return Case(entry["id"], question, entry["expected"], Decimal(entry.get("tolerance") or 0))


def load(directory: Path) -> list[Case]:
    """Read every case file of a directory; a file of data is one case, of the file's own kind.

    Raises
    ------
    ValueError
        No JSON file, one of another schema, or an id that two cases have.
    """
    cases: dict[str, Case] = {}
    paths = sorted(directory.glob("*.json"))
    if not paths:
        raise ValueError(f"{directory}: no case file (*.json) was found")
    for path in paths:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        found = [Case(path.stem, Question("", path.stem, document), None, Decimal(0))]
        if "cases" in document:
            if document.get("schema") != SCHEMA:
                raise ValueError(f"{path}: schema was {document.get('schema')!r}, must be {SCHEMA}")
            found = [read_case(entry) for entry in document["cases"]]
        for case in found:
            if case.id in cases:
                raise ValueError(f"{path}: id {case.id!r} was read before")
            cases[case.id] = case
    return list(cases.values())


def unlike(found: Any, expected: Any, tolerance: Decimal, place: str = "answer") -> Iterator[str]:
    """Yield what of an answer is not as expected: numbers within the tolerance, all else exactly.

    Of a record, what is expected is compared; the answer may say more.
    """
    if isinstance(found, OneOf):
        unequal = [list(unlike(each, expected, tolerance, place)) for each in found]
        if all(unequal):
            yield f"{place}: none of {', '.join(map(str, found))} was it, expected {expected}"
    elif isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            if key in found:
                yield from unlike(found[key], value, tolerance, f"{place}.{key}")
            else:
                yield f"{place} has no {key}, expected {value}"
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(found, expected, strict=True)):
            yield from unlike(one, other, tolerance, f"{place}[{index}]")
    elif not is_alike(found, expected, tolerance):
        yield f"{place} was {found}, expected {expected}"


def is_alike(found: Any, expected: Any, tolerance: Decimal) -> bool:
    """Return whether two values are the same; a text is a number only where a number was found.

    Nothing may be told as null or in the words that files have for it.
    """
    if found is None:
        return (expected is None or isinstance(expected, str)) and expected in NO_ANSWER
    is_counted = isinstance(found, Rational | Decimal) and not isinstance(found, bool)
    if is_counted and is_number(expected):
        return abs(Fraction(found) - Fraction(number(expected))) <= Fraction(tolerance)
    return type(found) is type(expected) and bool(found == expected)
