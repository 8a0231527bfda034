"""Position sizes and risk-reward ratios: exact, and of arrays within the error that is stated."""

from __future__ import annotations

from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import CalculationError, GridError
from engine.calc import (
    position_size,
    risk_reward,
    risk_size,
)

UNIT = Fraction(1, 2**53)
SIXTEENTHS = st.integers(1, 10**7).map(lambda number: number / 16)


def near(found: float, exact: Fraction, units: int) -> bool:
    """Return whether a float is so near to what it stands for, relatively."""
    return abs(Fraction(found) - exact) <= units * UNIT * abs(exact)


@pytest.mark.parametrize(
    ("balance", "stop", "quantity"),
    [
        (10000, 49000, "0.04"),  # 0.2 by risk, 0.04 by the cap
        (1_000_000, 49000, "0.05"),  # 20 by risk, 4 by the cap, 5 times the default
        (1_000_000, 40000, "0.05"),
        (10000, 10000, "0.005"),  # by risk
        (100, 49000, "0.001"),  # 0.0004 by the cap, a tenth of the default
        (10000, 49750, "0.04"),  # half a percent away: a stop
        (10000, "49750.01", "0.01"),  # nearer: none
        (10000, "50249.99", "0.01"),
        (10000, "50250", "0.04"),
        (10000, 50000, "0.01"),
        (10000, None, "0.01"),
        (10000, 0, "0.01"),
        (10000, -49000, "0.01"),
        (0, 49000, "0.01"),
        (-1, 49000, "0.01"),
    ],
)
def test_sizes_by_what_may_be_lost_within_cap_and_bounds(
    balance: Any, stop: Any, quantity: str
) -> None:
    assert position_size(balance, 2, 50000, stop, "0.01") == Decimal(quantity)


@pytest.mark.parametrize("entry", [0, -5])
def test_without_a_price_the_quantity_is_the_default(entry: int) -> None:
    assert position_size(10000, 2, entry, 100, "0.01") == Decimal("0.01")


def test_every_number_of_the_rule_can_be_another() -> None:
    usual: dict[str, Any] = {
        "balance": 10000,
        "risk_percent": 2,
        "entry_price": 50000,
        "stop_loss": 49000,
        "default_quantity": "0.01",
    }
    assert position_size(**usual, cap="0.1") == Decimal("0.02")
    assert position_size(**usual, cap=1, most=100) == Decimal("0.2")
    assert position_size(**usual, nearest_stop="0.03") == Decimal("0.01")
    assert position_size(**usual, most=3) == Decimal("0.03")
    assert position_size(**usual | {"risk_percent": 0}, least="0.25") == Decimal("0.0025")


def test_a_stop_at_the_entry_is_none_however_near_one_may_be() -> None:
    assert position_size(100, 2, 50, 50, 1, nearest_stop=0) == 1
    assert position_size(100, 2, 50, "49.999", 1, nearest_stop=0) == Decimal("0.4")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: risk_size(1, 1, 5, "5.0"), CalculationError, "stop_loss was '5.0', at the entry"),
        (lambda: risk_size(-1, 1, 5, 4), CalculationError, "balance was -1, must be 0 or more"),
        (lambda: risk_size(1, -1, 5, 4), CalculationError, "risk_percent was -1"),
        (lambda: risk_size(1, 1, "x", 4), GridError, "entry_price was 'x', not a number"),
        (lambda: position_size(1, 1, 5, 4, -1), CalculationError, "default_quantity was -1"),
        (lambda: position_size(1, 1, 5, 4, 1, least=6), CalculationError, "least was 6, above"),
        (lambda: position_size(1, 1, 5, 4, 1, cap=-1), CalculationError, "cap was -1"),
        (lambda: position_size(1, 1, 5, "nan", 1), GridError, "stop_loss was 'nan'"),
        (lambda: position_size("1e-101", 1, 5, 4, 1), CalculationError, "balance was 1E-101"),
        (lambda: risk_reward(5, 5, 6), CalculationError, "stop_loss was 5, at the entry"),
        (lambda: risk_reward(5, True, 6), GridError, "stop_loss was True, of bool"),
    ],
)
def test_what_has_no_answer_raises(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@given(*[st.decimals(0, 10**6, places=4)] * 4)
def test_the_loss_at_the_stop_is_what_may_be_lost_and_no_more(
    balance: Decimal, percent: Decimal, entry: Decimal, stop: Decimal
) -> None:
    if entry == stop:
        return
    quantity = Fraction(risk_size(balance, percent, entry, stop))
    loss, budget = quantity * abs(Fraction(entry - stop)), Fraction(balance * percent) / 100
    assert budget * (1 - Fraction(1, 10**27)) <= loss <= budget


@given(*[st.decimals(-(10**6), 10**6, places=4)] * 3)
def test_the_ratio_is_rounded_down_at_the_last_digit(
    entry: Decimal, stop: Decimal, profit: Decimal
) -> None:
    if entry == stop:
        return
    context = Context(prec=28, rounding=ROUND_DOWN)
    expected = context.divide(abs(profit - entry), abs(entry - stop))
    assert risk_reward(entry, stop, profit) == expected


@given(SIXTEENTHS, SIXTEENTHS, SIXTEENTHS, SIXTEENTHS, SIXTEENTHS)
def test_arrays_are_within_their_error_of_the_exact_answer(
    balance: float, percent: float, entry: float, stop: float, usual: float
) -> None:
    if entry == stop:
        return
    distance = abs(Fraction(entry) - Fraction(stop))
    size = Fraction(balance) * Fraction(percent) / 100 / distance
    assert near(float(risk_size(balance, percent, entry, stop)), size, 5)
    ratio = abs(Fraction(usual) - Fraction(entry)) / distance
    assert near(float(risk_reward(entry, stop, usual)), ratio, 4)
    found = position_size(
        balance, percent, entry, stop, usual, cap=0.25, nearest_stop=2**-7, least=0.125, most=4
    )
    capped = min(size, Fraction(balance) / 4 / Fraction(entry))
    bounded = max(Fraction(usual) / 8, min(Fraction(usual) * 4, capped))
    is_near = distance / Fraction(entry) < Fraction(1, 128)
    assert near(float(found), Fraction(usual) if is_near else bounded, 5)


def test_arrays_are_broadcast_against_each_other() -> None:
    sizes = position_size([10000, 1e6], [[1], [2], [3]], 50000, 40000, 0.05)
    assert sizes.shape == (3, 2)
    assert sizes.dtype == np.float64
    for row, percent in enumerate((1, 2, 3)):
        for column, balance in enumerate((10000, 10**6)):
            exact = position_size(balance, percent, 50000, 40000, "0.05")
            assert sizes[row, column] == pytest.approx(float(exact), rel=1e-15)


def test_of_arrays_a_stop_at_exactly_the_nearest_distance_counts() -> None:
    entry = np.arange(200.0, 200_000.0, 200.0)
    sizes = position_size(1e9, 2, entry, entry - entry / 200, 1.0)
    np.testing.assert_array_equal(sizes, 5.0)


def test_of_arrays_what_is_missing_is_none() -> None:
    missing = [np.nan, 0.0, -1.0, 50000.0]
    np.testing.assert_array_equal(position_size(10000, 2, 50000, missing, 0.01), 0.01)
    assert np.isnan(risk_size(10000, 2, 50000, [np.nan, 50000.0])).all()
    assert np.isnan(risk_reward([50000.0, 5.0], [50000.0, np.nan], 7.0)).all()


def test_the_kind_of_the_arguments_decides_that_of_the_answer() -> None:
    assert type(risk_size(10000, 2, 50000, "49000")) is Decimal
    assert type(risk_size(10000, 2, 50000.0, "49000")) is float
    exact = risk_reward([50, "100"], [[0], [150]], 60)
    assert exact.tolist() == [
        [Decimal("0.2"), Decimal("0.4")],
        [Decimal("0.1"), Decimal("0.8")],
    ]
    usual = position_size(10000, 2, 50000, ["49000", 0], "0.01")
    assert usual.tolist() == [Decimal("0.04"), Decimal("0.01")]
    assert position_size(10000.0, 2, 50000, None, "0.01") == 0.01
