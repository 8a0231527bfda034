"""Calculators: exact in decimals, near in floats, broadcast over arrays, strict with the rest."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    CommandError,
    ContractKind,
    GridError,
    MarginSchedule,
    Rounding,
    Side,
    calc,
    presets,
)
from engine.calc import EXACT

POSITION = ("long", "2", "37643.10000021", "38103.05510455")


def test_an_answer_without_a_step_is_exact_where_it_is_a_decimal() -> None:
    assert calc.position_value("0.1", "0.3") == Decimal("0.03")
    long = "1." + "1" * 40
    assert calc.position_value(long, long) == Fraction(long) ** 2


def test_an_answer_that_is_no_decimal_is_the_nearest_with_30_places() -> None:
    found = calc.position_value(2, 3, contract="inverse")
    assert found == Decimal("0." + "6" * 29 + "7")
    assert calc.position_value(2, 3, contract="inverse", step=EXACT) == Fraction(2, 3)


def test_a_chain_of_exact_answers_is_rounded_once() -> None:
    value = calc.position_value(1, 3, contract="inverse", step=EXACT)
    assert calc.initial_margin(value, rate="0.3", step="0.1", rounding="down") == Decimal("0.1")


@pytest.mark.parametrize("rounding", list(Rounding))
def test_an_answer_is_a_multiple_of_the_step(rounding: Rounding) -> None:
    found = calc.position_value(1, "-0.7", step="0.25", rounding=rounding)
    assert found in {Decimal("-0.75"), Decimal("-0.50")}
    is_farther = rounding not in (Rounding.DOWN, Rounding.CEILING)
    assert (found == Decimal("-0.75")) == is_farther


def test_a_step_gives_its_decimal_places() -> None:
    assert str(calc.position_value("0.030", "0.7", step="0.0001")) == "0.0210"


@pytest.mark.parametrize("step", ["0", "-1", "x", Decimal("nan"), "1e-31"])
def test_what_is_no_step_is_refused(step: Any) -> None:
    with pytest.raises(GridError, match="step was"):
        calc.position_value(1, 1, step=step)


def test_a_step_and_floats_do_not_go_together() -> None:
    with pytest.raises(GridError, match="floats are not rounded"):
        calc.position_value(1.0, 1, step="0.01")


def test_numbers_beyond_128_bits_are_computed_all_the_same() -> None:
    huge = 10**40
    assert calc.position_value(huge, huge) == 10**80
    assert calc.position_value(huge, 1, step="1e-20") == huge
    assert calc.break_even_price("long", huge, huge) == huge


@pytest.mark.parametrize("make", [list, np.array, tuple], ids=["list", "array", "tuple"])
def test_sequences_of_exact_numbers_give_arrays_of_decimals(make: Callable[..., Any]) -> None:
    found = calc.position_value(make(["0.1", "0.2"]), ["3", 4])
    assert found.dtype == object
    assert found.tolist() == [Decimal("0.3"), Decimal("0.8")]


def test_arrays_are_broadcast() -> None:
    prices = np.array([[100], [200]])
    found = calc.unrealized_pnl([1, -1], 1, 150, prices)
    assert found.tolist() == [[-50, 50], [50, -50]]
    assert calc.position_value(np.ones((2, 1)), np.ones(3)).shape == (2, 3)


@pytest.mark.parametrize("quantity", [[1.0, 2.0], [1, 2]], ids=["floats", "exact"])
def test_arrays_of_shapes_that_do_not_go_together_are_told(quantity: list[float]) -> None:
    message = r"arrays were of the shapes \(2,\), \(3,\), which don't go together"
    with pytest.raises(GridError, match=message):
        calc.position_value(quantity, [1, 2, 3])
    with pytest.raises(GridError, match=message):
        calc.unrealized_pnl(1, quantity, 5, [1, 2, 3])
    with pytest.raises(GridError, match=message):
        calc.maintenance_margin(quantity, [1, 2, 3], step="0.1")


def test_one_float_makes_all_floats() -> None:
    assert isinstance(calc.position_value("0.1", 3.0), float)
    found = calc.position_value([Decimal("0.5"), 1.0], "2")
    assert found.dtype == np.float64
    assert found.tolist() == [1.0, 2.0]
    assert isinstance(calc.position_value(np.float32(0.5), 2), float)


@pytest.mark.parametrize("contract", ["linear", "inverse"])
@given(
    quantity=st.decimals(1, 10**6, places=3),
    entry=st.decimals(1, 10**6, places=2),
    price=st.decimals(1, 10**6, places=2),
    side=st.sampled_from(["long", "short"]),
)
@settings(max_examples=50, deadline=None)
def test_floats_are_near_the_exact_answer(
    contract: str, quantity: Decimal, entry: Decimal, price: Decimal, side: str
) -> None:
    asked = (quantity, entry, price)
    floats = tuple(map(float, asked))
    exact = calc.unrealized_pnl(side, *map(Fraction, floats), contract=contract, step=EXACT)
    found = calc.unrealized_pnl(side, *floats, contract=contract)
    assert abs(Fraction(found) - exact) <= abs(exact) * 5 * Fraction(2) ** -53


@pytest.mark.parametrize("contract", ["linear", "LINEAR", "spot", "inverse", 2])
@pytest.mark.parametrize(
    "quantities",
    [
        np.array([1.5, 2.0, -0.5]),
        np.array([[1.5], [2.0]]),
        np.array(1.5),
        np.arange(1.0, 7.0)[::2],
        np.arange(1, 4),
        np.array([1.5, 2.0, 2.5], dtype=np.float32),
        np.empty((0, 3)),
        [1.5, 2.0, 2.5],
    ],
    ids=["plain", "broadcast", "scalar", "strided", "whole", "narrow", "empty", "list"],
)
def test_a_value_of_arrays_of_any_form_is_that_of_each_pair(
    quantities: Any, contract: str | int
) -> None:
    prices = np.array([10.0, 20.0, 40.0])
    found = calc.position_value(quantities, prices, contract=contract)
    sizes = np.asarray(quantities, dtype=np.float64)
    is_inverse = contract in ("inverse", ContractKind.INVERSE)
    np.testing.assert_array_equal(found, sizes / prices if is_inverse else sizes * prices)


AT_ONCE: dict[str, tuple[Callable[..., Any], int]] = {
    "value": (calc.position_value, 2),
    "value, multiplied": (partial(calc.position_value, multiplier=0.5), 2),
    "value, inverse": (partial(calc.position_value, multiplier=100, contract="inverse"), 2),
    "profit": (partial(calc.unrealized_pnl, 1), 3),
    "profit, inverse": (partial(calc.unrealized_pnl, -1, contract="inverse", multiplier=100), 3),
    "premium": (calc.premium_index, 2),
    "premium of impact prices": (calc.impact_premium_index, 3),
    "premium against a reference": (partial(calc.impact_premium_index, reference=3.5), 3),
    "rate": (calc.funding_rate, 2),
    "rate, bounded": (partial(calc.funding_rate, scale=2.5, floor=-0.5, cap=1), 2),
    "rate, dampened": (partial(calc.funding_rate, damp=0.25, scale=8), 2),
    "rate, both": (partial(calc.funding_rate, damp=0.25, floor=-0.5, cap=0.5), 2),
    "payment": (partial(calc.funding_payment, -1), 2),
    "payment of an index": (lambda *numbers: calc.index_payment(*numbers).amount, 3),
    "middle": (calc.mark_price, 3),
}
"""What takes plain arrays and numbers to the compiled formula at once, and how many numbers."""
PRICES = st.integers(1, 2**40).map(lambda number: number / 64)


@pytest.mark.parametrize("name", AT_ONCE)
@given(data=st.data())
@settings(max_examples=60)
def test_plain_arrays_give_to_the_bit_what_sequences_give(name: str, data: st.DataObject) -> None:
    formula, count = AT_ONCE[name]
    size = data.draw(st.sampled_from([1, 2, 7, 1_500]))
    columns: list[Any] = [
        data.draw(st.lists(PRICES, min_size=size, max_size=size) if size < 9 else PRICES)
        for _ in range(count)
    ]
    columns = [column if isinstance(column, list) else [column] * size for column in columns]
    place = data.draw(st.integers(0, count))  # one of them is a number
    number = data.draw(st.sampled_from([3, 2.5, 2**53 + 1]))
    arrays = [number if each == place else np.array(columns[each]) for each in range(count)]
    told = [number if each == place else columns[each] for each in range(count)]
    np.testing.assert_array_equal(formula(*arrays), formula(*told))
    floats = [float(np.ravel(array)[0]) for array in arrays]
    assert formula(*floats) == formula(*([each] for each in floats))[0]
    assert type(formula(*floats)) is float


@pytest.mark.parametrize(
    "name", [name for name in presets.names() if "margin" in presets.load(name)]
)
def test_a_margin_of_an_array_is_to_the_bit_that_of_a_sequence(name: str) -> None:
    schedule = MarginSchedule.preset(name)
    floors = [float(tier.floor) for tier in schedule.tiers]
    values = sorted({7.5, *(floor * factor for floor in floors for factor in (0.99, 1, 1.01))})
    found = schedule.maintenance_margin(np.array([*values, np.nan]))
    told = schedule.maintenance_margin([*values, float("nan")])
    np.testing.assert_array_equal(found, told)
    grid = np.array(values * 2).reshape(2, -1)
    np.testing.assert_array_equal(schedule.maintenance_margin(grid), [told[:-1], told[:-1]])
    both = schedule.maintenance_margin(np.array(values), funding_rate=0.001)
    np.testing.assert_array_equal(both, schedule.maintenance_margin(values, funding_rate=0.001))
    initial = schedule.initial_margin(np.array(values), leverage=5)
    np.testing.assert_array_equal(initial, schedule.initial_margin(values, leverage=5))
    exact = schedule.maintenance_margin([Fraction(value) for value in values])
    np.testing.assert_allclose(found[:-1], exact.astype(float), atol=1)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: calc.unrealized_pnl(np.full(2, 2.0), 1.0, 2.0, 3.0), "side was"),
        (lambda: calc.unrealized_pnl(0.5, 1.0, 2.0, 3.0), "side was"),
        (lambda: calc.funding_payment(np.zeros(2), 1.0, 0.1), "side was"),
        (lambda: calc.premium_index(np.ones(2), np.array([1.0, 0.0])), "index was 0.0"),
        (lambda: calc.premium_index(1.0, -1), "index was -1"),
        (lambda: calc.funding_rate(np.ones(2), 0.1, damp=-0.5), "damp was -0.5"),
        (lambda: calc.funding_rate(np.ones(2), 0.1, floor=0.2, cap=0.1), "floor was 0.2"),
        (lambda: calc.funding_rate(np.ones(2), 0.1, scale=0), "scale was"),
    ],
)
def test_what_plain_arrays_must_not_be_is_told(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(GridError, match=message):
        ask()


def test_a_price_of_an_array_that_is_not_above_0_is_told() -> None:
    with pytest.raises(GridError, match=r"price was -2\.0, must be above 0"):
        calc.position_value(np.ones(3), np.array([1.0, 0.0, -2.0]), contract="inverse")


def test_the_mirror_of_a_gain_is_a_loss() -> None:
    for contract in ("linear", "inverse"):
        gain = calc.unrealized_pnl(*POSITION, contract=contract, step=EXACT)
        loss = calc.unrealized_pnl("short", *POSITION[1:], contract=contract, step=EXACT)
        assert gain == -loss > 0


def test_a_rounding_that_is_none_is_told_where_nothing_is_rounded_too() -> None:
    with pytest.raises(CommandError, match="rounding was 'near', not one of 'down'"):
        calc.position_value(1, "0.7", rounding="near")


def test_a_side_that_is_none_is_told_as_a_number() -> None:
    for side in (0, 2, Fraction(1, 2)):
        with pytest.raises(GridError, match=r"^side was [0-9/]+, must be \+1 or -1"):
            calc.unrealized_pnl(side, 1, 100, 110)


def test_a_loss_is_not_rounded_away() -> None:
    assert calc.unrealized_pnl("long", 1, "1.009", 1, step="0.01") == Decimal("-0.01")
    assert calc.unrealized_pnl("short", 1, "1.009", 1, step="0.01") == 0


@pytest.mark.parametrize("side", ["long", "BUY", "buy", 1, Side.BUY, np.int64(1)])
def test_a_side_has_many_names(side: Any) -> None:
    assert calc.unrealized_pnl(side, 1, 1, 2) == 1


@pytest.mark.parametrize(
    "sides",
    [
        ["buy", "sell"],
        ("long", Side.SELL),
        [1, "Short"],
        np.array(["buy", "sell"]),
        np.array(["buy", -1], object),
    ],
)
def test_sides_have_many_names_one_by_one(sides: Any) -> None:
    assert calc.unrealized_pnl(sides, 1, 1, 2).tolist() == [1, -1]
    assert calc.unrealized_pnl(sides, 1.0, 1.0, np.array([2.0, 4.0])).tolist() == [1.0, -3.0]


@pytest.mark.parametrize("side", [0, 2, "up", [1, 0], ["buy", "up"], np.array(["up"])])
def test_what_is_no_side_is_refused(side: Any) -> None:
    with pytest.raises((GridError, CommandError), match="side was"):
        calc.unrealized_pnl(side, 1, 1, 2)


@pytest.mark.parametrize("price", [0, -1, "0.0", 0.0, [1, 0]])
def test_an_inverse_contract_has_no_price_at_zero(price: Any) -> None:
    for ask in (
        lambda: calc.position_value(1, price, contract="inverse"),
        lambda: calc.unrealized_pnl("long", 1, 1, price, contract="inverse"),
        lambda: calc.realized_pnl("long", 1, price, 1, contract="inverse"),
        lambda: calc.trade_fee(1, price, 0, contract="inverse"),
        lambda: calc.average_entry_price([1, 1], [1, price] if np.ndim(price) == 0 else price),
    ):
        with pytest.raises(GridError, match=r"price.* was .*, must be above 0"):
            ask()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: calc.position_value("one", 1), "quantity was 'one', not a number"),
        (lambda: calc.position_value(1, None), "price was None, of NoneType"),
        (lambda: calc.position_value(1, Decimal("inf")), "price was Infinity, not a finite"),
        (lambda: calc.initial_margin(1), "leverage was None, and rate too"),
        (lambda: calc.initial_margin(1, leverage=0), "leverage was 0, must be above 0"),
        (lambda: calc.return_on_margin(1, 0), "margin was 0, must be above 0"),
        (lambda: calc.margin_ratio(1, 0), "margin was 0, must be above 0"),
        (lambda: calc.fee_in_token(1, 0), "token_price was 0, must be above 0"),
        (lambda: calc.break_even_price("long", 0, 1), "quantity was 0, must be above 0"),
        (
            lambda: calc.break_even_price("long", 1, 1, exit_fee_rate=1),
            "linear_break_even divided by 0",
        ),
        (lambda: calc.initial_margin_rate("0.2", 1, 5, 5), "lower was 5, must be below upper, 5"),
        (lambda: calc.slippage_limit("buy", 1), "must be a part, or ticks and their size"),
        (lambda: calc.netted_quantity(1, netting="exact"), "order_margin has it"),
    ],
)
def test_what_makes_no_sense_is_named(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(GridError, match=message):
        ask()


def test_words_are_checked() -> None:
    with pytest.raises(CommandError, match="contract was 'quanto'"):
        calc.position_value(1, 1, contract="quanto")
    with pytest.raises(CommandError, match="rounding was 'near'"):
        calc.position_value(1, 1, step=1, rounding="near")


@pytest.mark.parametrize("contract", ["linear", "inverse"])
@pytest.mark.parametrize("side", ["long", "short"])
def test_closing_at_the_break_even_price_leaves_nothing(contract: str, side: str) -> None:
    fees = {"exit_fee_rate": "0.001"}
    price = calc.break_even_price(side, 3, 40, costs="0.01", contract=contract, step=EXACT, **fees)
    left = calc.realized_pnl(
        side, 3, 40, price, contract=contract, funding="-0.01", step=EXACT, **fees
    )
    assert left == 0
    better = calc.break_even_price(side, 3, 40, costs="0.01", contract=contract, step=1, **fees)
    assert calc.realized_pnl(side, 3, 40, better, contract=contract, funding="-0.01", **fees) >= 0


@given(
    fills=st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=5),
    contract=st.sampled_from(["linear", "inverse"]),
)
@settings(max_examples=50, deadline=None)
def test_the_average_price_is_that_of_the_whole_value(
    fills: list[tuple[int, int]], contract: str
) -> None:
    quantities, prices = zip(*fills, strict=True)
    price = calc.average_entry_price(quantities, prices, contract=contract, step=EXACT)
    whole = calc.position_value(sum(quantities), price, contract=contract, step=EXACT)
    parts = calc.position_value(quantities, prices, contract=contract, step=EXACT)
    assert whole == parts.sum()
    assert min(prices) <= price <= max(prices)


def test_an_entry_price_is_that_of_the_value() -> None:
    assert calc.entry_price(3, 100, multiplier=2, step="0.01") == Decimal("16.67")
    inverse = calc.entry_price([5, 10], "0.01", multiplier=100, contract="inverse")
    assert inverse.tolist() == [50_000, 100_000]
    assert calc.entry_price(4.0, 100) == 25.0
    assert calc.entry_price(4, -100) == -25
    for quantity, value in ((0, 1), (1, 0)):
        with pytest.raises(GridError, match=r"was 0, must be above 0$"):
            calc.entry_price(quantity, value, contract="inverse")


def test_the_average_of_many_positions_is_along_the_last_axis() -> None:
    found = calc.average_entry_price([[1, 1], [1.0, 3.0]], [[10, 20], [10, 20]])
    assert found.tolist() == [15.0, 17.5]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: calc.units.closed_value(5, 0, 0), "quantity was 0, must be above 0"),
        (lambda: calc.units.closed_value(5, np.array([1, -1]), 0), "quantity was -1, must be"),
        (lambda: calc.units.value_of(5, 0, contract="inverse"), "ticks was 0, must be above 0"),
        (lambda: calc.units.value_of(5, [3, 0], contract=2), "ticks was 0, must be above 0"),
        (lambda: calc.units.closed_value(5, 0.5, 0), "quantity was 0.5, not integers of 64 bits"),
        (lambda: calc.units.part_of(2**63, 5), "value was 9223372036854775808, not integers"),
        (lambda: calc.units.gain_of(True, 5, 6), "side was True, not integers of 64 bits"),
        (
            lambda: calc.units.value_of([[1], [2, 3]], 5),
            r"lots was \[\[1\], \[2, 3\]\], not integers of 64 bits",
        ),
        (lambda: calc.units.margin_of([(0, 1, 1, 0)], 5.0), "values was 5.0, not integers"),
    ],
)
def test_whole_units_are_not_divided_by_0(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(GridError, match=message):
        ask()


def test_what_frees_nothing_closes_nothing_however_large_it_is() -> None:
    found = calc.shortage_quantity(5.0, [1, 1e308], 0, insurance_fee=2)
    assert np.isnan(found).all()
    assert calc.shortage_quantity(5, [1, 2], [0, "0.5"]).tolist() == [None, Decimal(5)]
    assert calc.shortage_quantity(5, 1, 0) is None


def test_a_position_without_a_price_has_the_usual_size() -> None:
    assert calc.position_size(10.0, 2, 0, 0, 0.5) == 0.5


def test_a_cost_of_an_order_that_loses_nothing_is_its_margin() -> None:
    cost = calc.order_cost("buy", 1, 100, leverage=10, mark_price=101)
    assert cost == calc.initial_margin(100, leverage=10) == 10
    assert calc.order_cost("sell", 1, 100, leverage=10, mark_price=101) == 11
    inverse = calc.order_cost(
        "buy", 100, 50, leverage=10, mark_price=40, contract="inverse", step=EXACT
    )
    assert inverse == Fraction(2, 10) + (Fraction(100, 40) - Fraction(100, 50))


@pytest.mark.parametrize(
    ("position", "side", "quantity", "margin"),
    [(0, "buy", 3, 6), (-1, "buy", 3, 2), (-2, "buy", 3, 0), (2, "sell", 5, 2), (2, "buy", 1, 2)],
)
def test_an_order_that_closes_frees_what_it_would_need(
    position: int, side: str, quantity: int, margin: int
) -> None:
    assert calc.order_margin(side, quantity, 100, "0.02", position=position) == margin


def test_margins_of_arrays_are_those_of_each() -> None:
    values = np.array([100.0, 1000.0])
    assert calc.maintenance_margin(values, 0.01, deduction=[0.0, 1.0]).tolist() == [1.0, 9.0]
    assert calc.close_fee(values, 0.5, convention="none").tolist() == [0.0, 0.0]
    rates = calc.initial_margin_rate(0.2, np.array([0.0, 50.0, 200.0]), 0.0, 100.0)
    assert rates.tolist() == pytest.approx([0.2, 0.6, 1.0])
    limits = calc.price_limits(values, premium=0.0, inner=0.1, outer=0.2)
    assert limits.highest.tolist() == pytest.approx([110.0, 1100.0])
    assert calc.slippage_limit([1, -1], values, part=0.5).tolist() == [150.0, 500.0]


def test_price_limits_are_rounded_inwards() -> None:
    found = calc.price_range("99.99", up="1.05", down="0.95", step=1)
    assert found == (95, 104)
    assert calc.slippage_limit("buy", "99.99", part="0.05", step=1) == 104
    assert calc.slippage_limit("sell", "99.99", part="0.05", step=1) == 95


def test_price_limits_answer_for_as_many_prices_as_they_are_asked() -> None:
    found = calc.price_range([100, 1_000], up="1.05", down="0.95")
    assert found.holds("100").tolist() == [True, False]
    assert found.holds([95.0, 1_050.1]).tolist() == [True, False]
    assert calc.PriceLimits(95, 105).holds(np.array([94.9, 105.0])).tolist() == [False, True]


def test_a_sellers_assumed_price_is_the_highest() -> None:
    asked = {"mark_price": 101, "last_price": 100, "buffer": "0.02"}
    assert calc.assumed_price("sell", 99, **asked) == 102
    assert calc.assumed_price("sell", 103, **asked) == 103
    assert calc.assumed_price("buy", 99, **asked) == 99


HUGE = [1e308, 1e308, 1e308]
ENDLESS = [math.inf, -math.inf, 1.0]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: calc.average_entry_price(HUGE, 1e30), math.nan),
        (lambda: calc.average_entry_price([1e308, 1.0], 1e30), math.inf),
        *(
            (lambda average=average: calc.premium_average(HUGE, average=average), math.inf)
            for average in ("mean", "linear_weighted", "median")
        ),
        (lambda: calc.premium_average(HUGE, average="trimmed", trim="0.1"), math.inf),
        (lambda: calc.premium_average(ENDLESS, average="mean"), math.nan),
        (lambda: calc.index_price(HUGE[:2]), math.inf),
        (lambda: calc.index_price(ENDLESS[:2]), math.nan),
        (lambda: calc.index_price([1.0, 1.0], HUGE[:2], combine="mean"), math.nan),
        (lambda: calc.index_price([2.0, 3.0, 4.0], HUGE), math.nan),
        (lambda: calc.average_basis(HUGE, HUGE, 1.0), math.inf),
        (lambda: calc.reference_price(HUGE, [1, 1, 1], [0, 0, 0]), math.inf),
        (lambda: calc.risk_size(1.0, 1.0, -1e308, np.full(1, 1e308))[0], 0.0),
        (lambda: calc.risk_reward(math.inf, np.full(1, math.inf), 1.0)[0], math.nan),
        (lambda: calc.position_size(1.0, 1.0, math.inf, np.full(1, math.inf), 0.5)[0], 0.5),
        (lambda: calc.adl_allocation([3.0, 2.0, 1.0], HUGE, 1.0)[0], 1.0),
        (lambda: calc.adl_allocation([2.0, 1.0], [math.inf, 1.0], 1.0)[0], math.nan),
    ],
)
def test_sums_and_differences_of_floats_have_no_bounds(call: Any, expected: float) -> None:
    """The compiled formulas answer so; what NumPy adds up told of it by a warning."""
    assert call() == pytest.approx(expected, nan_ok=True)
