"""The compiled formulas say what the readable ones say: exactly, in floats, and in whole units."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engine import ContractKind, Rounding, TierMode, _formulas
from engine.calc import _evaluate, units
from engine.errors import GridError
from engine.reference import ratios
from engine.reference import units as plain_units
from engine.reference.rounding import divide

LOWEST, HIGHEST = -(2**63), 2**63 - 1
NAMES = sorted(ratios.__all__)
WIDEST = 2**127 - 1

# A side is +1 or -1; what is a price, a quantity or a bound stays what it is.
SIDES = st.sampled_from([Fraction(1), Fraction(-1)])
POSITIVE = {"price", "entry_price", "mark_price", "quantity", "multiplier", "leverage", "whole"}


def numbers(size: int, scale: int) -> st.SearchStrategy[Fraction]:
    """Return decimals of so many units, with up to so many places."""
    return st.builds(
        lambda units_, places: Fraction(units_, 10**places),
        st.integers(-size, size),
        st.integers(0, scale),
    )


@st.composite
def arguments_of(draw: st.DrawFn, name: str, size: int, scale: int) -> list[Fraction]:
    """Draw what a formula can be asked."""
    found = []
    for parameter in inspect.signature(getattr(ratios, name)).parameters:
        if parameter == "side":
            found.append(draw(SIDES))
            continue
        number = draw(numbers(size, scale))
        if parameter in POSITIVE or (name.endswith("_price") and parameter == "value"):
            number = abs(number) + Fraction(1, 10**scale)
        if parameter == "upper":
            number = found[-1] + abs(number) + 1
        found.append(number)
    return found


def expected_of(name: str, arguments: list[Fraction]) -> Fraction:
    try:
        return getattr(ratios, name)(*arguments)
    except ZeroDivisionError:
        assume(False)
        raise


def compiled_of(name: str, arguments: list[Fraction]) -> Fraction | None:
    """Ask the compiled formula; None where it has no room."""
    try:
        columns = [_evaluate._bytes_of(argument) for argument in arguments]
    except OverflowError:
        return None
    (found,) = _evaluate._ratios(getattr(_formulas, f"{name}_exact")(*columns))
    return found


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_compiled_formula_is_the_readable_one(name: str, data: st.DataObject) -> None:
    arguments = data.draw(arguments_of(name, 10**9, 4))
    expected = expected_of(name, arguments)
    found = compiled_of(name, arguments)
    if found is None:  # six numbers of 13 digits can be more than 128 bits hold
        is_none = expected == 0 and name.endswith(("liquidation_price", "leveraged_price"))
        assert is_none or max(abs(expected.numerator), expected.denominator) > 2**60
    else:
        assert found == expected
    assert _evaluate.call(name, *arguments) == expected


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_compiled_formula_is_exact_or_says_that_it_is_not(name: str, data: st.DataObject) -> None:
    arguments = data.draw(arguments_of(name, 2**127, 20))
    expected = expected_of(name, arguments)
    assert compiled_of(name, arguments) in {expected, None}
    assert _evaluate.call(name, *arguments) == expected


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_formula_of_floats_is_near_the_exact_one(name: str, data: st.DataObject) -> None:
    arguments = data.draw(arguments_of(name, 10**9, 4))
    floats = [float(argument) for argument in arguments]
    expected = expected_of(name, [Fraction(number) for number in floats])
    found = getattr(_formulas, name)(*floats)
    if math.isnan(found):  # no price, which is 0 among ratios
        found = 0.0
    # What is subtracted may be much larger than what is left: the error is of the largest term.
    largest = math.prod(max(abs(number), 1 / max(abs(number), 1e-12), 1.0) for number in floats)
    assert abs(Fraction(found) - expected) <= Fraction(largest) * Fraction(2) ** -44


@given(
    numerator=st.integers(-WIDEST, WIDEST),
    denominator=st.integers(1, 2**125 - 1),
    rounding=st.sampled_from(Rounding),
)
@example(numerator=WIDEST, denominator=2, rounding=Rounding.HALF_UP)
@example(numerator=-WIDEST, denominator=2, rounding=Rounding.HALF_EVEN)
@example(numerator=WIDEST, denominator=2**125 - 1, rounding=Rounding.UP)
@settings(deadline=None)
def test_division_rounds_as_the_readable_one(
    numerator: int, denominator: int, rounding: Rounding
) -> None:
    number = Fraction(numerator, denominator)
    expected = divide(number.numerator, number.denominator, rounding)
    (found,) = _evaluate._ratios(
        _formulas.in_steps(
            _evaluate._bytes_of(number), _evaluate._bytes_of(Fraction(1)), int(rounding)
        )
    )
    assert found == expected


@given(
    numerator=st.integers(-40, 40),
    denominator=st.integers(1, 12),
    rounding=st.sampled_from(Rounding),
)
def test_a_rounded_quotient_is_next_to_the_exact_one(
    numerator: int, denominator: int, rounding: Rounding
) -> None:
    exact, found = Fraction(numerator, denominator), divide(numerator, denominator, rounding)
    assert abs(found - exact) < 1
    if rounding in (Rounding.HALF_UP, Rounding.HALF_EVEN):
        assert abs(found - exact) <= Fraction(1, 2)
    if rounding == Rounding.HALF_EVEN and abs(found - exact) == Fraction(1, 2):
        assert found % 2 == 0
    signed = {
        Rounding.FLOOR: found <= exact,
        Rounding.CEILING: found >= exact,
        Rounding.DOWN: abs(found) <= abs(exact),
        Rounding.UP: abs(found) >= abs(exact),
    }
    assert signed.get(rounding, True)


def in_64_bits(expected: int, ask: Any) -> None:
    """Check a result, or that it is refused where 64 bits don't hold it."""
    if LOWEST <= expected <= HIGHEST:
        assert ask() == expected
    else:
        with pytest.raises(OverflowError):
            ask()


INT64 = st.integers(LOWEST, HIGHEST)
COUNT = st.one_of(st.integers(0, 10**6), st.integers(0, HIGHEST))
SMALL_OR_ANY = st.one_of(st.integers(-(10**6), 10**6), INT64)


@given(
    kind=st.sampled_from(ContractKind),
    lots=COUNT,
    ticks=SMALL_OR_ANY,
    factor=st.one_of(st.integers(1, 10**6), st.integers(1, HIGHEST)),
    rounding=st.sampled_from(Rounding),
)
@example(kind=ContractKind.LINEAR, lots=HIGHEST, ticks=LOWEST, factor=HIGHEST, rounding=Rounding.UP)
@example(kind=ContractKind.INVERSE, lots=HIGHEST, ticks=1, factor=1, rounding=Rounding.UP)
def test_values_in_units(
    kind: ContractKind, lots: int, ticks: int, factor: int, rounding: Rounding
) -> None:  # fmt: skip
    assume(kind != ContractKind.INVERSE or ticks > 0)
    expected = plain_units.value_of(kind, lots, ticks, factor, rounding)
    in_64_bits(
        expected,
        lambda: units.value_of(lots, ticks, factor=factor, contract=kind, rounding=rounding),
    )


@given(value=SMALL_OR_ANY, rate=SMALL_OR_ANY, rounding=st.sampled_from(Rounding))
@example(value=LOWEST, rate=LOWEST, rounding=Rounding.UP)
def test_parts_in_units(value: int, rate: int, rounding: Rounding) -> None:
    expected = plain_units.part_of(value, rate, rounding)
    in_64_bits(expected, lambda: units.part_of(value, rate, rounding=rounding))


@given(
    kind=st.sampled_from(ContractKind),
    side=st.sampled_from([1, -1]),
    entry_value=SMALL_OR_ANY,
    value=SMALL_OR_ANY,
)
def test_gains_in_units(kind: ContractKind, side: int, entry_value: int, value: int) -> None:
    expected = plain_units.gain_of(kind, side, entry_value, value)
    in_64_bits(expected, lambda: units.gain_of(side, entry_value, value, contract=kind))


@given(
    entry_value=SMALL_OR_ANY,
    quantity=st.integers(1, HIGHEST),
    share=st.fractions(0, 1),
    rounding=st.sampled_from(Rounding),
)
def test_what_is_closed_and_what_stays_are_the_whole(
    entry_value: int, quantity: int, share: Fraction, rounding: Rounding
) -> None:
    closed = math.floor(quantity * share)
    expected = plain_units.closed_value(entry_value, quantity, closed, rounding)
    assert units.closed_value(entry_value, quantity, closed, rounding=rounding) == expected
    assert abs(expected) <= abs(entry_value)


@st.composite
def tier_rows(draw: st.DrawFn) -> list[plain_units.TierUnits]:
    floors = sorted(draw(st.sets(st.integers(1, 10**12), max_size=4)))
    rate = st.integers(0, plain_units.BILLION)
    return [
        plain_units.TierUnits(floor, draw(rate), draw(rate), draw(st.integers(0, 10**9)))
        for floor in [0, *floors]
    ]


@given(
    rows=tier_rows(),
    mode=st.sampled_from(TierMode),
    slope=st.integers(0, 10**6),
    rounding=st.sampled_from(Rounding),
    values=st.lists(st.integers(0, 10**13), min_size=1, max_size=4),
    size=st.integers(0, 10**6),
    leverage=st.one_of(st.none(), st.just(0), st.integers(10**9, 10**12)),
)
@settings(deadline=None)
def test_margins_in_units(
    rows: list[plain_units.TierUnits],
    mode: TierMode,
    slope: int,
    rounding: Rounding,
    values: list[int],
    size: int,
    leverage: int | None,
) -> None:
    values = [*values, *(row.floor for row in rows), *(row.floor + 1 for row in rows)]
    found = units.margin_of(
        rows, values, sizes=size, leverage=leverage, mode=mode, slope=slope, rounding=rounding
    )
    for value, margin in zip(values, found.tolist(), strict=True):
        if leverage is None:
            expected = plain_units.maintenance_margin(rows, mode, slope, rounding, value, size)
        else:
            expected = plain_units.initial_margin(
                rows, mode, slope, rounding, value, size, leverage
            )
        assert margin == expected


def test_a_margin_beyond_64_bits_is_refused() -> None:
    with pytest.raises(OverflowError):
        units.margin_of([(0, 4_000_000_000, 4_000_000_000, 0)], [HIGHEST])
    with pytest.raises(OverflowError):
        units.margin_of([(0, 1, 1, 0)], [HIGHEST], leverage=1)


TIERS: list[tuple[Any, ...]] = [(0, 1, 1, 0)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: units.margin_of(TIERS, 5, slope=Decimal("2.5")), "slope was 2.5, must be an in"),
        (lambda: units.margin_of(TIERS, 5, slope=-1), "slope was -1, must be an integer from 0 to"),
        (lambda: units.margin_of(TIERS, 5, leverage=Decimal(5)), "leverage was 5, must be an int"),
        (lambda: units.margin_of(TIERS, 5, leverage=-1), "leverage was -1, must be an integer fr"),
        (lambda: units.margin_of(TIERS, -5), "values was -5, must be 0 or more"),
        (lambda: units.margin_of(TIERS, 5, sizes=-5), "sizes was -5, must be 0 or more"),
        (
            lambda: units.margin_of(TIERS, 5, slope=2**61, sizes=[1, 2]),
            "slope together were beyond",
        ),
        (lambda: units.margin_of([(0, Decimal("1.5"), 1, 0)], 5), "tiers was .*, not integers of"),
        (lambda: units.margin_of([(0, 1, 1)], 5), "tiers was .*, must be rows of 4 integers"),
        (lambda: units.gain_of(2**32 + 1, 5, 6), r"side was 4294967297, must be \+1 or -1"),
        (lambda: units.gain_of([1, 0], 5, 6), r"side was \[1, 0\], must be \+1 or -1"),
    ],
)
def test_units_are_told_what_is_no_integer(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(GridError, match=message):
        call()


HALF: Any = Decimal("2.5")
ONE = np.ones(1, np.int64)


@pytest.mark.parametrize(
    "call",
    [
        lambda: _formulas.value_units(HALF, ONE, ONE, ONE, 0),
        lambda: _formulas.value_units(0, np.array([1.5]), ONE, ONE, 0),
        lambda: _formulas.part_units(ONE, ONE, HALF),
        lambda: _formulas.part_units(np.array([HALF]), ONE, 0),
        lambda: _formulas.gain_units(0, HALF, ONE, ONE),
        lambda: _formulas.closed_units(ONE, ONE, ONE, HALF),
        lambda: _formulas.margin_units([(0, 1, HALF, 0)], 0, 0, 0, ONE, ONE, -1),
        lambda: _formulas.margin_units([(0, 1, 1, 0)], 0, HALF, 0, ONE, ONE, -1),
        lambda: _formulas.margin_units([(0, 1, 1, 0)], 0, 0, 0, ONE, ONE, HALF),
        lambda: _formulas.margin_units([(0, 1, 1, 0)], 0, 0, 0, [HALF], ONE, -1),
        lambda: _formulas.index_payments(ONE, ONE, ONE, ONE, HALF),
        lambda: _formulas.in_steps(bytes(32), bytes(32), HALF),
    ],
)
def test_compiled_formulas_cut_no_number_to_an_integer(call: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match="incompatible function arguments"):
        call()


def test_integers_of_numpy_are_integers() -> None:
    rows = [tuple(np.int32(number) for number in (0, 8_000_000, 4_000_000, 0))]
    asked: dict[str, Any] = {"leverage": np.int64(10**9), "mode": np.uint8(TierMode.SLOPE)}
    found = units.margin_of(rows, np.int16(100), sizes=np.uint64(2), slope=np.int8(1), **asked)
    assert found == 100
    assert units.index_payment(np.int8(3), 10, 3, scale=np.uint8(20)) == (-2, 19)
    assert units.gain_of(np.int8(-1), np.array([5, 7])[::-1], np.int32(6)).tolist() == [1, -1]
    assert units.value_of(np.arange(6)[::2], 2, contract=np.uint8(1)).tolist() == [0, 4, 8]
