"""Scenario files: orders in, trades and books out, in one neutral form.

A file is `{"format", "source", "scenarios": [...]}`; what a scenario is made of is written in the
README beside the files. The words here (`qty`, `tif`, `stp`) are that format's, not the engine's.
Numbers are read exactly: integers stay integers, what has a decimal point becomes a Decimal.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from conformance.spelling import of_one_symbol, semantics_of, step_of

Number = int | Decimal

FORMAT = "neutral-matching-scenarios/1"
OF_ONE_OF_A_PAIR = ("type", "price", "post_only", "stop_price", "stop_limit_price")
LIMITS = ("price_low", "price_high", "max_qty", "max_value", "tick", "lot")


class Scenario(NamedTuple):
    """One scenario as its file has it."""

    id: str
    semantics: dict[str, Any]
    """The conventions that the expectation depends on; the default stands where a key is absent."""
    steps: list[dict[str, Any]]
    final_book: dict[str, Any] | None
    checkable: bool

    def limits(self) -> dict[str, Number]:
        """Return the venue's limits, which stand under `limits` or beside it."""
        limits = self.semantics.get("limits")
        beside = {name: self.semantics[name] for name in LIMITS if name in self.semantics}
        given = {**(limits if isinstance(limits, dict) else {}), **beside}
        stated = {name: value for name, value in given.items() if value not in (None, "", "none")}
        return {name: number(value) for name, value in stated.items()}

    def orders(self) -> Iterator[dict[str, Any]]:
        """Yield every order that is submitted, in order of entry; a pair as its two orders."""
        return (order for step in self.steps for order in orders_of(step))

    def convention(self, key: str, default: Any) -> Any:
        """Return the value of a convention, the default where it is absent."""
        value = self.semantics.get(key)
        return default if value is None else value


def load(directory: Path) -> list[Scenario]:
    """Read every scenario file of a directory.

    Raises
    ------
    ValueError
        No JSON file, one that has another format, or an id that two scenarios have.
    """
    scenarios: dict[str, Scenario] = {}
    paths = sorted(directory.glob("*.json"))
    if not paths:
        raise ValueError(f"{directory}: no scenario file (*.json) was found")
    for path in paths:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        if document.get("format") != FORMAT:
            raise ValueError(f"{path}: format was {document.get('format')!r}, must be {FORMAT!r}")
        for entry in document["scenarios"]:
            if entry["id"] in scenarios:
                raise ValueError(f"{path}: id {entry['id']!r} was read before")
            scenarios[entry["id"]] = Scenario(
                id=entry["id"],
                semantics=semantics_of(entry.get("semantics")),
                steps=of_one_symbol(
                    [step_of(step, place) for place, step in enumerate(entry["steps"])]
                ),
                final_book=entry.get("final_book"),
                checkable=entry.get("checkable") is not False,
            )
    return list(scenarios.values())


def orders_of(step: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the orders that a step submits: one, none, or the two of a pair under their id.

    A pair (OCO) has a limit order, which alone can be one that never takes, and a stop order, with
    a limit where it states one.
    """
    order = step.get("order")
    if order is None:
        return []
    if step["op"] != "submit_oco":
        return [order]
    shared = {name: value for name, value in order.items() if name not in OF_ONE_OF_A_PAIR}
    limit = {name: order[name] for name in ("price", "post_only") if name in order}
    stop = {"type": "stop", "stop_price": order.get("stop_price")}
    if order.get("stop_limit_price") is not None:
        stop |= {"type": "stop_limit", "price": order["stop_limit_price"]}
    return [{**shared, **limit, "type": "limit"}, {**shared, **stop}]


def number(value: Any) -> Number:
    """Return a number of a file, which may be written as text, exactly."""
    return value if isinstance(value, int | Decimal) else Decimal(str(value))


def whole(value: Any) -> int:
    """Return a number that is written as text."""
    count = int(number(value))
    assert count == number(value), f"{value} is no whole number"
    return count


def is_number(value: Any) -> bool:
    """Return whether a value of a file is a number that may be counted in ticks or lots."""
    try:
        return not isinstance(value, bool) and Decimal(value).is_finite()
    except (TypeError, ValueError, InvalidOperation):
        return False


PRICES = ("price", "stop_price", "stop_limit_price", "trail", "slippage", "price_low", "price_high")
QUANTITIES = ("qty", "display_qty", "min_qty", "max_qty")
TIMES = ("time", "timestamp", "to", "by", "expire")


class Grid(NamedTuple):
    """Step sizes that turn the numbers of a scenario into ticks, lots and nanoseconds."""

    tick: Number
    lot: Number
    nanosecond: Number = 1

    @classmethod
    def of(cls, scenario: Scenario) -> Grid:
        """Return the grid that the scenario states, else the coarsest that holds its numbers."""
        limits = scenario.limits()
        prices, quantities = zip((0, 0), *_expected(scenario), strict=True)
        return cls(
            limits.get("tick") or coarsest_step([*_numbers(scenario, *PRICES), *prices]),
            limits.get("lot") or coarsest_step([*_numbers(scenario, *QUANTITIES), *quantities]),
            coarsest_step(_numbers(scenario, *TIMES)),
        )

    def nanoseconds(self, time: Any) -> int:
        """Return a time, which is a whole number of the finest step that times have."""
        count = steps_of(number(time), self.nanosecond)
        assert count is not None
        return count


def steps_of(value: Number, step: Number) -> int | None:
    """Return how many steps a number is, None when it lies between two of them."""
    count = Fraction(value) / Fraction(step)
    return count.numerator if count.denominator == 1 else None


def coarsest_step(values: Iterable[Number]) -> Number:
    """Return the largest power of ten, at most 1, that all values are multiples of."""
    digits = [-int(Decimal(value).normalize().as_tuple().exponent) for value in values]
    places = max(digits, default=0)
    return Decimal(1).scaleb(-places) if places > 0 else 1


def _numbers(scenario: Scenario, *keys: str) -> Iterator[Number]:
    """Yield the numbers that some keys have in any step or order, and those of limits."""
    yield from (value for name, value in scenario.limits().items() if name in keys)
    for step in scenario.steps:
        order = step.get("order") or {}
        values = (given.get(key) for key in keys for given in (step, order))
        yield from (number(value) for value in values if is_number(value))


def _expected(scenario: Scenario) -> Iterator[tuple[Number, Number]]:
    """Yield the prices and quantities of the trades and levels that are expected."""
    books = [scenario.final_book or {}]
    for step in scenario.steps:
        expect = step.get("expect") or {}
        yield from _pairs((trade[2], trade[3]) for trade in expect.get("trades") or ())
        books += (expect.get(key) or {} for key in ("book", "visible"))
    for book in books:
        for side in ("bids", "asks"):
            yield from _pairs((level[0], level[1]) for level in book.get(side) or ())


def _pairs(values: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Number, Number]]:
    return (
        (number(price), number(quantity))
        for price, quantity in values
        if is_number(price) and is_number(quantity)
    )


class Names:
    """The numbers that stand for a scenario's names of orders or accounts.

    An integer that the engine takes stands for itself; a text, zero or a number that is too large
    gets one that the scenario does not use. A number may get another name: some venues rename an
    order when they replace it.
    """

    def __init__(self, names: Iterable[Hashable], largest: int) -> None:
        usable = (name for name in names if isinstance(name, int) and 0 < name <= largest)
        self._numbers: dict[Hashable, int] = {name: name for name in usable}
        self._names: dict[int, Hashable] = {number: name for name, number in self._numbers.items()}
        self._unused = (number for number in count(1) if number not in self._names)
        self._seconds: dict[Hashable, int] = {}

    def number(self, name: Hashable) -> int:
        """Return the number of a name, a new one for a name that was not seen."""
        if name not in self._numbers:
            self._give(name, next(self._unused))
        return self._numbers[name]

    def shared(self) -> Collection[Hashable]:
        """Return the names that two orders share."""
        return self._seconds.keys()

    def second(self, name: Hashable) -> int:
        """Return the other number of a name that two orders share."""
        if name not in self._seconds:
            self._seconds[name] = next(self._unused)
            self._names[self._seconds[name]] = name
        return self._seconds[name]

    def name(self, number: int) -> Hashable:
        """Return the name that a number stands for now."""
        return self._names[number]

    def rename(self, old: Hashable, new: Hashable) -> None:
        """Let a number stand for another name; the old name is a stranger from now on."""
        self._give(new, self._numbers.pop(old))

    def _give(self, name: Hashable, number: int) -> None:
        self._numbers[name] = number
        self._names[number] = name
