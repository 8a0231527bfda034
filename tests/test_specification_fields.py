"""What no field of a specification takes: None where it must be there, what is no list of rows."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pytest

from engine import (
    Currency,
    EngineError,
    FeeSchedule,
    FeeTier,
    FundingSpec,
    GridError,
    Instrument,
    LiquidationSpec,
    MarginSchedule,
    MarginTier,
    MarkPriceSpec,
    SpecificationError,
)
from engine.capacity.inputs import Inputs
from engine.load import Criteria, Fault, Scenario, Stage, StopWhen
from engine.metrics import AlertRule, Objective
from engine.metrics.rules import Threshold
from engine.specification import Specification

NEEDED: Final[dict[type[Specification], dict[str, Any]]] = {
    Currency: {"name": "USD", "unit": 1},
    Instrument: {"symbol": "X", "tick_size": 1, "lot_size": 1},
    FeeTier: {"volume": 0, "maker": 0, "taker": 0},
    FeeSchedule: {"maker": 0, "taker": 0},
    FundingSpec: {"premium": "mark", "rate_period": 1},
    MarginTier: {"max_leverage": 10},
    MarginSchedule: {"tiers": [MarginTier(max_leverage=10)]},
    MarkPriceSpec: {"sources": ["index"]},
    AlertRule: {"name": "a", "metric": "uptime", "severity": "warning", "at_least": 1},
    Objective: {"name": "a", "metric": "uptime", "at_least": 1},
    Stage: {"seconds": 1, "orders_per_second": 1},
    Fault: {"kind": "mass_cancel", "at": 0},
    Scenario: {"name": "a", "stages": [Stage(seconds=1, orders_per_second=1)]},
}
"""What each class can't do without."""

NO_ROWS: Final = [None, 5, True, "mark", b"mark", {"mark": 1}, np.array(5)]
NO_ROW: Final = [[None], [object()], ({},), range(5, 6)]
DEEP: Final[list[Any]] = []
"""Lists in lists, deeper than Python writes."""
for _ in range(10_000):
    DEEP[:] = [DEEP[:]]

NO_NUMBERS: Final = [
    np.array([1, 2]),
    [],
    {},
    (),
    "x" * 100_000,
    object(),
    [10**5000],
    DEEP,
    np.float64("nan"),
]
EXTREME: Final = [10**5000, -(10**5000), "1e9999999", "-1e9999999", "1e-9999999", Decimal("sNaN")]
"""More digits than Python writes, and beyond what its decimals reckon with."""


def classes(root: type[Any]) -> Iterator[type[Specification]]:
    """Go through the classes that can be made, those below others too."""
    for kind in root.__subclasses__():
        if kind not in {Threshold, Inputs} and kind.__module__.startswith("engine."):
            yield kind
        yield from classes(kind)


# A dataclass with slots is made anew, and the first of it is a subclass for as long as it lives.
CLASSES: Final = sorted({kind.__name__: kind for kind in classes(Specification)}.items())


def fields() -> Iterator[tuple[type[Specification], str, str]]:
    """Go through the fields of all classes, with what they are said to take."""
    for _, kind in CLASSES:
        for name, parameter in inspect.signature(kind).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY:
                yield kind, name, str(parameter.annotation)
        if issubclass(kind, Inputs):
            yield from ((kind, name, "int") for name in kind.COUNTS)
            yield from ((kind, name, "Decimal") for name in (*kind.FACTORS, *kind.AMOUNTS))


FIELDS: Final = list(fields())
THERE: Final = [(kind, name) for kind, name, takes in FIELDS if "None" not in takes]
ROWS: Final = [
    (kind, name) for kind, name, takes in FIELDS if takes.startswith(("Iterable", "tuple"))
]


def make(of: type[Specification], /, **told: Any) -> Specification:
    """Return one that is told some fields beside those that it needs."""
    return of(**(NEEDED.get(of, {}) | told))


def refusal(of: type[Specification], /, **told: Any) -> str:
    """Return what a class says to fields that it can't take."""
    with pytest.raises(GridError if of in {Instrument, Currency} else SpecificationError) as caught:
        make(of, **told)
    return str(caught.value)


def test_the_classes_are_all_here_and_can_be_made() -> None:
    names = [name for name, _ in CLASSES]
    assert {"Listing", "LiquidationSpec", "OrderFilters", "PincexInputs", "Rules"} < set(names)
    assert len(FIELDS) > 250
    assert len(ROWS) > 10
    for _, kind in CLASSES:
        make(kind)


@pytest.mark.parametrize(("kind", "name"), THERE)
def test_none_is_no_value_of_a_field_that_must_be_there(
    kind: type[Specification], name: str
) -> None:
    assert f"{name} was None" in refusal(kind, **{name: None})


@pytest.mark.parametrize("value", NO_ROWS, ids=repr)
@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_what_is_no_list_of_rows_is_told(kind: type[Specification], name: str, value: Any) -> None:
    assert f"{name} was {value!r}, of {type(value).__name__}, must be a list of " in refusal(
        kind, **{name: value}
    )


@pytest.mark.parametrize("value", NO_ROW, ids=repr)
@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_what_is_no_row_is_told_with_its_place(
    kind: type[Specification], name: str, value: Any
) -> None:
    rows = list(value)
    assert f"{name}[0] was {rows[0]!r}, must be a" in refusal(kind, **{name: rows})


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name, _ in FIELDS])
def test_what_no_field_takes_is_refused_in_the_words_of_the_library(
    kind: type[Specification], name: str
) -> None:
    for value in (*NO_NUMBERS, *EXTREME):
        with suppress(EngineError):
            made = make(kind, **{name: value})
            assert isinstance(getattr(made, name), str | tuple)
            assert type(made).from_json(made.to_json()) == made


@pytest.mark.parametrize("value", [10**400, "-1e400", "1e-401", "0e-401", "1e9999999"])
def test_a_decimal_has_at_most_400_digits_on_either_side(value: Any) -> None:
    told = refusal(FundingSpec, cap=value, floor=value)
    assert told.count("must be below 1e400 and have at most 400 decimal places") == 2
    assert FundingSpec(**NEEDED[FundingSpec], cap=5e-324, floor=-1.5e300).cap == Decimal("5e-324")


def test_one_error_tells_all_that_is_none() -> None:
    told = refusal(FeeSchedule, maker=None, taker=None, discount=None, tiers=None, rounding=None)
    parts = ("maker", "taker", "discount", "rounding", "tiers")
    assert all(f"{name} was None" in told for name in parts)
    told = refusal(Instrument, multiplier=None, initial_slope=None, fee_tiers=5, margin_tiers="x")
    for part in ("multiplier was None", "slope was None", "fee_tiers was 5", "_tiers was 'x'"):
        assert part in told
    told = refusal(Scenario, stages=None, criteria=None, faults=5, users=None, market=None)
    assert [part.split(" was ")[0] for part in told.split("; ")] == [
        *("stages", "faults", "criteria", "market", "users")
    ]


def test_a_file_tells_rows_that_are_none_with_the_rest() -> None:
    with pytest.raises(SpecificationError) as caught:
        FeeSchedule.from_json('{"maker": null, "taker": 2, "tiers": null}')
    told = str(caught.value)
    for part in ("maker was None", "taker was 2, must be 1 or less", "tiers was None"):
        assert part in told


def test_parts_of_a_scenario_must_be_what_they_are() -> None:
    told = refusal(Scenario, criteria=StopWhen(), stop_when=5)
    assert "criteria was StopWhen(" in told
    assert "must be a Criteria" in told
    assert "stop_when was 5, must be a StopWhen" in told
    assert Criteria() == Scenario(**NEEDED[Scenario]).criteria


def test_the_numbers_of_a_scenario_are_read_in_any_context_and_size() -> None:
    for name in ("tick_size", "lot_size", "opening_price", "volume_least", "volume_most"):
        for value in ("1e999999", "1e-999999", "1e29", "1e-30"):
            told = refusal(Scenario, **{name: value})
            assert " steps of " in told or f"{name} was" in told


def test_a_whole_number_fits_64_bits() -> None:
    assert LiquidationSpec(cooldown_ms=2**63 - 1).cooldown_ms == 2**63 - 1
    told = refusal(LiquidationSpec, cooldown_ms=2**63, budget_ms=-1)
    assert f"cooldown_ms was {2**63}, must be a whole number from 0 to {2**63 - 1}" in told
    assert f"budget_ms was -1, must be a whole number from 0 to {2**63 - 1}" in told
