"""Decimals in, ticks and lots out, and back: exactly, or not at all."""

from __future__ import annotations

import dataclasses
import math
import pickle
import sys
from decimal import Decimal, Inexact, InvalidOperation, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from implementations import Implementation

from engine import (
    Allocation,
    AuctionPrices,
    AuctionRule,
    BandAction,
    EngineError,
    FeeTier,
    GridError,
    Instrument,
    MarginTier,
    ReduceOnlyRule,
    ReplacePriority,
    TriggerOrder,
    Visibility,
)
from engine._terms import Terms

LOWEST, HIGHEST = -(2**63), 2**63 - 1
STEPS = ["0.01", "0.05", "0.25", "1", "5", "100", "0.00000001", "1e-18", "0.3", "2500"]

instruments = st.sampled_from(
    [Instrument(symbol="X", tick_size=step, lot_size=1, min_price=f"-{step}") for step in STEPS]
)
numbers = st.integers(LOWEST, HIGHEST) | st.integers(-10_000, 10_000)


@pytest.fixture
def bitcoin() -> Instrument:
    return Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")


def steps_of(value: Decimal, step: Decimal) -> int | None:
    """Return the rule: how many steps a decimal is, None when that is no 64-bit integer."""
    if value.is_zero():
        return 0
    if not value.is_finite() or abs(value.adjusted()) > 100:
        return None
    ratio = Fraction(value) / Fraction(step)
    is_number = ratio.denominator == 1 and LOWEST <= ratio <= HIGHEST
    return int(ratio) if is_number else None


def ticks_of(instrument: Instrument, price: Any) -> int | None:
    """Return what an instrument makes of a price, None when it refuses."""
    try:
        return instrument.to_ticks(price)
    except GridError:
        return None


# -- what is read


@given(instruments, st.text("0123456789.-+eE_ ٣", max_size=12))
@example(Instrument(symbol="X", tick_size="0.01", lot_size=1), "1.5 ")
@example(Instrument(symbol="X", tick_size="0.01", lot_size=1), "1._5")
@example(Instrument(symbol="X", tick_size="0.01", lot_size=1), ".")
@example(Instrument(symbol="X", tick_size="0.01", lot_size=1), "-.5")
@example(Instrument(symbol="X", tick_size="0.01", lot_size=1), ".+5")
@example(Instrument(symbol="X", tick_size="0.01", lot_size=1), "1.-5")
@example(Instrument(symbol="X", tick_size="0.01", lot_size=1), "1.500000")
@example(Instrument(symbol="X", tick_size="0.01", lot_size=1), "0x1.5")
def test_text_is_read_as_decimal_reads_it(instrument: Instrument, text: str) -> None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        assert ticks_of(instrument, text) is None
        return
    assert ticks_of(instrument, text) == steps_of(value, instrument.tick_size)


@given(instruments, st.decimals(-(10**20), 10**20) | st.decimals())
def test_a_decimal_is_taken_exactly_or_not_at_all(instrument: Instrument, price: Decimal) -> None:
    expected = steps_of(price, instrument.tick_size)
    assert ticks_of(instrument, price) == expected
    assert ticks_of(instrument, str(price)) == expected


@given(instruments, numbers)
def test_every_number_of_ticks_goes_out_and_in_again(instrument: Instrument, ticks: int) -> None:
    price = instrument.to_price(ticks)
    assert price == Fraction(instrument.tick_size) * ticks
    assert instrument.to_ticks(price) == ticks
    assert instrument.to_ticks(str(price)) == ticks
    assert instrument.to_ticks(f"{price:f}") == ticks


@given(instruments, st.integers() | st.integers(-(10**6), 10**6))
def test_an_integer_is_a_whole_price(instrument: Instrument, price: int) -> None:
    assert ticks_of(instrument, price) == steps_of(Decimal(price), instrument.tick_size)


@given(instruments, numbers)
def test_a_float_stands_for_the_price_that_it_is_the_nearest_float_to(
    instrument: Instrument, ticks: int
) -> None:
    price = float(instrument.to_price(ticks))
    taken = ticks_of(instrument, price)
    if abs(ticks) < 2**52:
        assert taken == ticks
    elif taken is not None:  # several prices share the float: one of them is meant
        assert float(instrument.to_price(taken)) == price
    else:
        assert abs(price) >= float(instrument.to_price(HIGHEST))


@given(instruments, st.floats() | st.floats(-100, 100))
def test_a_float_that_is_nearest_to_no_price_is_refused(
    instrument: Instrument, price: float
) -> None:
    taken = ticks_of(instrument, price)
    if taken is not None:
        assert float(instrument.to_price(taken)) == price
    elif math.isfinite(price):
        below = math.floor(Fraction(price) / Fraction(instrument.tick_size))
        near = [ticks for ticks in (below, below + 1) if LOWEST <= ticks <= HIGHEST]
        is_edge = len(near) < 2
        assert is_edge or all(float(instrument.to_price(ticks)) != price for ticks in near)


def test_a_float_that_was_computed_is_not_rounded(bitcoin: Instrument) -> None:
    assert bitcoin.to_ticks(0.3) == 30
    with pytest.raises(GridError, match=r"0\.30000000000000004, not on the grid of 0\.01"):
        bitcoin.to_ticks(0.1 + 0.2)


def test_a_float_whose_shortest_text_misses_the_price_is_still_the_nearest_to_it() -> None:
    penny_share = Instrument(symbol="X", tick_size="0.00000005", lot_size=1)
    texts = [f"123456789.{k:08}" for k in range(0, 2000, 5)]
    missed = [text for text in texts if repr(float(text)) != text]
    assert missed
    for text in missed:
        assert penny_share.to_ticks(float(text)) == penny_share.to_ticks(text)


@pytest.mark.parametrize(
    ("price", "ticks"),
    [
        ("5e4", 5_000_000),
        ("  7.25\n", 725),
        ("1_000.5", 100_050),
        ("-0", 0),
        ("-0.01", -1),
        ("+.5", 50),
        ("5.", 500),
        (Decimal("7.2500"), 725),
        (Decimal("5E+4"), 5_000_000),
        (-0.0, 0),
        (1e15, 10**17),
        (ReplacePriority.ALWAYS_LOSE, 100),
        (np.str_("0.07"), 7),
        (np.float64(0.07), 7),
        (np.float32(0.07), 7),
        (np.float16(0.5), 50),
        (np.longdouble("0.07"), 7),
        *((kind(100), 10_000) for kind in (np.int8, np.uint8, np.int32, np.int64, np.uint64)),
    ],
)
def test_ways_to_write_a_price(bitcoin: Instrument, price: Any, ticks: int) -> None:
    assert bitcoin.to_ticks(price) == ticks
    assert type(bitcoin.to_ticks(price)) is int


def test_print_options_of_numpy_do_not_matter(bitcoin: Instrument) -> None:
    with np.printoptions(precision=2, legacy="1.13"):
        assert ticks_of(bitcoin, np.float64(0.123)) is None
        assert ticks_of(bitcoin, np.float32(0.123)) is None
        assert bitcoin.to_ticks(np.float32(0.07)) == 7


def test_the_decimal_context_of_the_caller_does_not_matter(bitcoin: Instrument) -> None:
    with localcontext(prec=3, traps=[Inexact, InvalidOperation]):
        assert bitcoin.to_ticks(Decimal("123456.78")) == 12_345_678
        assert bitcoin.to_ticks("1234567800e-2") == 1_234_567_800
        assert str(bitcoin.to_price(12_345_678)) == "123456.78"
        assert ticks_of(bitcoin, "123456.789") is None
        coarse = Instrument(symbol="X", tick_size="0.12345", lot_size=1, max_price="12345")
        assert coarse.to_ticks("0.24690") == 2


def test_quantities_have_a_grid_of_their_own(bitcoin: Instrument) -> None:
    assert bitcoin.to_lots("0.5") == 500
    assert bitcoin.to_lots(0.001) == 1
    assert bitcoin.to_quantity(1500) == Decimal("1.500")
    with pytest.raises(GridError, match=r"^BTC-USD: quantity was '0\.0005', not on the grid"):
        bitcoin.to_lots("0.0005")


# -- what is refused, and how


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("50000.015", "'50000.015', not on the grid of 0.01: nearest are 50000.01 and 50000.02"),
        (-0.015, "-0.015, not on the grid of 0.01: nearest are -0.02 and -0.01"),
        (Decimal("0.001"), "0.001, not on the grid of 0.01: nearest are 0.00 and 0.01"),
        ("-1e-99999", "'-1e-99999', not on the grid of 0.01: nearest are -0.01 and 0.00"),
        ("", "'', not a number"),
        (".", "'.', not a number"),
        ("1,5", "'1,5', not a number"),
        ("1.5.0", "'1.5.0', not a number"),
        ("0x10", "'0x10', not a number"),
        ("nan", "'nan', not a finite number"),
        ("-Infinity", "'-Infinity', not a finite number"),
        (Decimal("sNaN"), "sNaN, not a finite number"),
        (math.nan, "nan, not a finite number"),
        (math.inf, "inf, not a finite number"),
        (np.float32("nan"), "nan, not a finite number"),
        (True, "True, of bool, must be a str, Decimal, int or float"),
        (np.True_, f"{np.True_!r}, of {np.bool_.__name__}, must be a str, Decimal, int or float"),
        (b"5", "b'5', of bytes, must be a str, Decimal, int or float"),
        (None, "None, of NoneType, must be a str, Decimal, int or float"),
        (1j, "1j, of complex, must be a str, Decimal, int or float"),
        (Fraction(1, 2), "Fraction(1, 2), of Fraction, must be a str, Decimal, int or float"),
        (np.array(5), "array(5), of ndarray, must be a str, Decimal, int or float"),
        ([5], "[5], of list, must be a str, Decimal, int or float"),
    ],
    ids=repr,
)
def test_a_refusal_names_symbol_field_value_and_grid(
    bitcoin: Instrument, price: Any, reason: str
) -> None:
    with pytest.raises(GridError) as caught:
        bitcoin.to_ticks(price)
    assert str(caught.value) == f"BTC-USD: price was {reason}"


def test_a_span_of_time_is_no_number(bitcoin: Instrument) -> None:
    for span in (np.timedelta64(5, "s"), np.datetime64(5, "s")):
        assert ticks_of(bitcoin, span) is None


RANGE = "outside -92233720368547758.08 to 92233720368547758.07: 64 bits in steps of 0.01"


@pytest.mark.parametrize(
    "price",
    [
        "92233720368547758.08",
        "-92233720368547758.09",
        "92233720368547758.075",
        Decimal("92233720368547758.08"),
        92233720368547759,
        1e18,
        -1e300,
        "1e999999999",
        Decimal("-1e999999999"),
        np.uint64(2**64 - 1),
        10**5000,
        "9" * 5000,
    ],
    ids=lambda price: f"{type(price).__name__} of {sys.getsizeof(price)} bytes",
)
def test_a_price_beyond_64_bits_is_refused_with_the_limits(bitcoin: Instrument, price: Any) -> None:
    with pytest.raises(GridError) as caught:
        bitcoin.to_ticks(price)
    assert str(caught.value).endswith(RANGE)
    assert len(str(caught.value)) < 250


def test_the_ends_of_64_bits_are_prices(bitcoin: Instrument) -> None:
    assert bitcoin.to_ticks("92233720368547758.07") == HIGHEST
    assert bitcoin.to_ticks(Decimal("-92233720368547758.08")) == LOWEST


def test_a_long_text_costs_no_time(bitcoin: Instrument) -> None:
    assert ticks_of(bitcoin, "0." + "0" * 1_000_000 + "1") is None
    assert bitcoin.to_ticks("0.25" + "0" * 1_000_000) == 25


@pytest.mark.parametrize("ticks", [2**63, LOWEST - 1, 10**5000], ids=["above", "below", "huge"])
def test_a_number_of_ticks_beyond_64_bits_has_no_price(bitcoin: Instrument, ticks: int) -> None:
    with pytest.raises(GridError, match=r"^BTC-USD: price was .* outside -9223372036854775808"):
        bitcoin.to_price(ticks)


@pytest.mark.parametrize("ticks", [1.0, "1", None, Decimal(1)])
def test_a_number_of_ticks_is_an_integer(bitcoin: Instrument, ticks: Any) -> None:
    with pytest.raises(TypeError):
        bitcoin.to_price(ticks)


# -- the instrument itself


def test_bounds_are_one_step_and_64_bits_by_default(bitcoin: Instrument) -> None:
    assert (bitcoin.min_price, bitcoin.max_price) == (Decimal("0.01"), None)
    assert (bitcoin.min_quantity, bitcoin.max_quantity) == (Decimal("0.001"), None)
    assert bitcoin.terms() == {
        "min_price": 1,
        "max_price": HIGHEST,
        "min_quantity": 1,
        "max_quantity": HIGHEST,
        "replace_priority": ReplacePriority.KEEP_ON_DECREASE,
        "trigger_order": TriggerOrder.BY_PRICE_REACHED,
        "auction_rule": AuctionRule.CLOSEST,
        "auction_prices": AuctionPrices.EVERY_TICK,
        "allocation": Allocation.PRICE_TIME,
        "pro_rata_minimum": 0,
        "top_order_minimum": 0,
        "top_order_maximum": 0,
        "static_band": 0,
        "dynamic_band": 0,
        "band_action": BandAction.REJECT,
        "reduce_only_rule": ReduceOnlyRule.SHRINK,
        "visibility": Visibility.LIT,
    }


def test_bounds_are_told_in_ticks_and_lots() -> None:
    oil = Instrument(
        symbol="OIL",
        tick_size=0.05,
        lot_size=10,
        min_price=-50,
        max_price="200.05",
        min_quantity=Decimal(20),
        max_quantity=1e6,
        replace_priority="Always_Lose",
        trigger_order="by_time",
        auction_rule="Reversal",
        auction_prices="LIMITS",
        allocation="Pro_Rata",
        pro_rata_minimum=20,
        top_order_minimum="100",
        top_order_maximum=1000,
        static_band="0.1",
        dynamic_band=0.000001,
        band_action="volatility_call",
        reduce_only_rule="cancel",
        visibility="dark",
    )
    conventions = [
        *(ReplacePriority.ALWAYS_LOSE, TriggerOrder.BY_TIME),
        *(AuctionRule.REVERSAL, AuctionPrices.LIMITS),
        *(Allocation.PRO_RATA, 2, 10, 100),
        *(100_000, 1, BandAction.VOLATILITY_CALL),
        *(ReduceOnlyRule.CANCEL, Visibility.DARK),
    ]
    assert list(oil.terms().values()) == [-1000, 4001, 2, 100_000, *conventions]
    assert (str(oil.min_price), str(oil.max_price)) == ("-50.00", "200.05")


@pytest.mark.parametrize(
    ("size", "shown"),
    [("0.010", "0.01"), (0.01, "0.01"), (1e-8, "1E-8"), (5, "5"), ("1E+2", "100"), ("2.50", "2.5")],
)
def test_a_size_may_be_written_in_many_ways(size: Any, shown: str) -> None:
    assert str(Instrument(symbol="X", tick_size=size, lot_size=1).tick_size) == shown


def test_the_finest_and_the_coarsest_step() -> None:
    wide = Instrument(symbol="X", tick_size="1e-30", lot_size="1e29", min_price="-1e-12")
    assert wide.to_ticks("-9.223372036854775808e-12") == LOWEST
    assert wide.to_quantity(HIGHEST) == Decimal(10) ** 29 * HIGHEST
    assert wide.to_lots(wide.to_quantity(HIGHEST)) == HIGHEST


WRONG: dict[str, list[tuple[Any, str]]] = {
    "symbol": [
        ("", "symbol was ''"),
        (" X", "symbol was ' X'"),
        ("X\n", "symbol was 'X\\n'"),
        ("X" * 65, "must be a str of 1 to 64"),
        (7, "symbol was 7"),
        (None, "symbol was None"),
    ],
    "tick_size": [
        (0, "tick_size was 0, must be above 0"),
        ("-0.01", "tick_size was '-0.01', must be above 0"),
        ("nan", "tick_size was 'nan', not a finite number"),
        ("1e-31", "tick_size was '1e-31', must be below 1e30 and have at most 30 decimal places"),
        ("1e30", "tick_size was '1e30', must be below 1e30"),
        ("0." + "1" * 31, "at most 30 decimal places"),
        (True, "tick_size was True, of bool"),
    ],
    "lot_size": [(0.0, "lot_size was 0.0, must be above 0"), (None, "lot_size was None")],
    "min_price": [
        ("0.005", "min_price was '0.005', not on the grid of 0.01"),
        ("x", "min_price was 'x', not a number"),
    ],
    "max_price": [
        ("0", "max_price was 0, below min_price, 0.01"),
        (-5, "max_price was -5, below min_price, 0.01"),
        (1e300, "max_price was 1e+300, outside"),
    ],
    "min_quantity": [
        (0, "min_quantity was 0, must be at least one lot, 0.001"),
        (-1, "min_quantity was -1, must be at least one lot"),
        ("0.0015", "min_quantity was '0.0015', not on the grid of 0.001"),
    ],
    "max_quantity": [(0, "max_quantity was 0, must be at least one lot, 0.001")],
    "replace_priority": [
        ("never", "replace_priority was 'never', not one of 'keep_on_decrease', 'always_lose'"),
        (2, "replace_priority was 2"),
        (True, "replace_priority was True"),
        (0.0, "replace_priority was 0.0"),
    ],
    "trigger_order": [
        ("never", "trigger_order was 'never', not one of 'by_price_reached', 'by_time'"),
        (2, "trigger_order was 2"),
    ],
    "auction_rule": [
        ("never", "auction_rule was 'never', not one of 'closest', 'reversal', 'midpoint',"),
        (4, "auction_rule was 4"),
        (None, "auction_rule was None"),
    ],
    "auction_prices": [
        ("never", "auction_prices was 'never', not one of 'every_tick', 'limits'"),
        (2, "auction_prices was 2"),
    ],
    "allocation": [
        ("never", "allocation was 'never', not one of 'price_time', 'pro_rata'"),
        (2, "allocation was 2"),
    ],
    "band_action": [
        ("never", "band_action was 'never', not one of 'reject', 'volatility_call'"),
        (2, "band_action was 2"),
    ],
    "reduce_only_rule": [
        ("never", "reduce_only_rule was 'never', not one of 'shrink', 'cancel', 'immediate'"),
        (3, "reduce_only_rule was 3"),
    ],
    "visibility": [
        ("never", "visibility was 'never', not one of 'lit', 'dark'"),
        (2, "visibility was 2"),
    ],
    "pro_rata_minimum": [(0, "pro_rata_minimum was 0, must be at least one lot, 0.001")],
    "top_order_minimum": [("x", "top_order_minimum was 'x', not a number")],
    "top_order_maximum": [("0.0015", "top_order_maximum was '0.0015', not on the grid of 0.001")],
    "static_band": [
        ("wide", "static_band was 'wide', not a number"),
        (0, "static_band was 0, must be above 0, at most 1, in steps of 0.000001"),
        ("1.01", "static_band was 1.01, must be above 0"),
    ],
    "dynamic_band": [
        ("-0.1", "dynamic_band was -0.1, must be above 0"),
        ("0.0000005", "dynamic_band was 5E-7, must be above 0"),
    ],
    "funding": [("godark", "funding was 'godark', must be a FundingSpec")],
    "liquidation": [(5, "liquidation was 5, must be a LiquidationSpec")],
    "kind": [
        ("future", "kind was 'future', not one of 'spot', 'linear', 'inverse'"),
        (3, "kind was 3"),
    ],
    "base": [("", "base was '', must be a str of 1 to 64 printable characters")],
    "quote": [(" USD", "quote was ' USD', must be a str of 1 to 64 printable characters")],
    "settle": [(7, "settle was 7, must be a str of 1 to 64 printable characters")],
    "multiplier": [
        (0, "multiplier was 0, must be above 0"),
        ("ten", "multiplier was 'ten', not a number"),
    ],
    "maker_fee": [
        ("-1.1", "maker_fee was -1.1, must be -1 or more"),
        (
            "0.0000000015",
            "maker_fee was '0.0000000015', not on the grid of 0.000000001:"
            " nearest are 0.000000001 and 0.000000002",
        ),
    ],
    "taker_fee": [(2, "taker_fee was 2, must be 1 or less"), (None, "taker_fee was None")],
    "fee_tiers": [
        ([7], "fee_tiers[0] was 7, must be a FeeTier"),
        (
            [FeeTier(volume=0, maker=0, taker="0.0000000001")],
            "fee_tiers[0].taker was 1E-10, not on the grid of 0.000000001",
        ),
        ([FeeTier(volume=0, maker=0, taker=0)] * 256, "fee_tiers were 256, must be 255 or less"),
    ],
    "fee_currency": [("base", "fee_currency was 'base', not one of 'quote', 'received'")],
    "initial_margin": [("-0.1", "initial_margin was -0.1, must be 0 or more")],
    "max_leverage": [
        ("0.99", "max_leverage was 0.99, must be 1 or more"),
        ("2.505", "max_leverage was '2.505', not on the grid of 0.01: nearest are 2.50 and 2.51"),
        (1e300, "max_leverage was 1e+300, outside"),
    ],
    "maintenance_margin": [(True, "maintenance_margin was True, of bool")],
    "tier_mode": [("flat", "tier_mode was 'flat', not one of 'marginal', 'whole', 'slope'")],
    "margin_tiers": [
        (["x"], "margin_tiers[0] was 'x', must be a MarginTier"),
        (
            [MarginTier(floor=0, max_leverage=2)],
            "margin_tiers[0].floor was 0, must be above 0",
        ),
        (
            [MarginTier(floor=5, max_leverage=2), MarginTier(floor="4.5", max_leverage=2)],
            "margin_tiers[1].floor was 4.5, must be above 5",
        ),
        (
            [MarginTier(floor=5, max_leverage="2.005")],
            "margin_tiers[0].max_leverage was 2.005, not on the grid of 0.01",
        ),
        (
            [MarginTier(floor=5, initial_rate="0.0000000001")],
            "margin_tiers[0].initial_rate was 1E-10, not on the grid of 0.000000001",
        ),
        (
            [MarginTier(floor=200, max_leverage=2, maintenance_rate="0.1", deduction="20.01")],
            "margin_tiers[0].deduction was 20.01, above 20",
        ),
    ],
    "initial_slope": [("-0.1", "initial_slope was -0.1, must be 0 or more")],
    "maintenance_slope": [("steep", "maintenance_slope was 'steep', not a number")],
    "close_fee": [("cheap", "close_fee was 'cheap', not one of 'none', 'mark'")],
    "initial_close_fee": [(9, "initial_close_fee was 9")],
    "value_basis": [("oracle", "value_basis was 'oracle', not one of 'mark', 'entry'")],
    "initial_value_basis": [("last", "initial_value_basis was 'last', not one of 'mark', 'entry'")],
    "open_loss": [("yes", "open_loss was 'yes', must be true or false")],
    "funding_in_maintenance": [(2, "funding_in_maintenance was 2, must be true or false")],
    "order_price": [("best", "order_price was 'best', not one of 'order', 'max_last_mark'")],
    "order_price_buffer": [("1.1", "order_price_buffer was 1.1, must be 1 or less")],
    "open_interest_lower": [(-1, "open_interest_lower was -1, must be 0 or more")],
    "open_interest_upper": [(0, "open_interest_upper was 0, must be above 0")],
    "rate_step": [(0, "rate_step was 0, must be none without open_interest_upper")],
    "min_notional": [(-1, "min_notional was -1, must be 0 or more")],
    "max_notional": [("much", "max_notional was 'much', not a number")],
    "value_rounding": [("even", "value_rounding was 'even', not one of 'down', 'up', 'floor'")],
    "fee_rounding": [(6, "fee_rounding was 6")],
}
GOOD = {"symbol": "BTC-USD", "tick_size": "0.01", "lot_size": "0.001"}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [(field, value, message) for field, cases in WRONG.items() for value, message in cases],
    ids=lambda part: str(part)[:30],
)
def test_a_bad_field_is_named(field: str, value: Any, message: str) -> None:
    with pytest.raises(GridError) as caught:
        Instrument(**(GOOD | {field: value}))
    assert message in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(EngineError) as caught:
        Instrument(**{field: "x" if "size" in field else "\0" for field in WRONG})
    parts = str(caught.value).removeprefix("instrument '\\x00': ").split("; ")
    assert [part.split(" was ")[0].removesuffix("[0]") for part in parts] == [*WRONG]


SPOT = {"kind": "spot", "base": "BTC", "quote": "USD"}
LINEAR = {"kind": "linear", "quote": "USD", "max_leverage": 20}
INVERSE = {"kind": "inverse", "base": "BTC", "max_leverage": 20}


@pytest.mark.parametrize(
    ("contract", "message"),
    [
        (SPOT | {"base": None}, "base was None, must name a currency for spot"),
        (SPOT | {"base": "USD"}, "base and quote were both 'USD', must be two currencies"),
        (SPOT | {"settle": "BTC"}, "settle was 'BTC', must be the quote, 'USD', for spot"),
        (SPOT | {"initial_margin": "0.1"}, "initial_margin was 0.1, spot has none"),
        (SPOT | {"max_leverage": 2}, "max_leverage was 2, spot has none"),
        (SPOT | {"maintenance_margin": "0.1"}, "maintenance_margin was 0.1, spot has none"),
        (SPOT | {"min_price": "-0.01"}, "min_price was -0.01, below 0 of spot"),
        ({"kind": "spot"}, "base was None, must name a currency for spot; quote was None, must"),
        (LINEAR | {"quote": None}, "quote was None, must name a currency for linear"),
        (
            LINEAR | {"max_leverage": None},
            "initial_margin was None and max_leverage too: one of them must be there for linear",
        ),
        (
            LINEAR | {"initial_margin": "0.05"},
            "initial_margin was 0.05 and max_leverage 20: only one of them may be there",
        ),
        (
            LINEAR | {"maintenance_margin": "0.050000001"},
            "maintenance_margin was 0.050000001, above the initial one, 1 / 20",
        ),
        (
            LINEAR | {"max_leverage": None, "initial_margin": 0, "maintenance_margin": 1},
            "maintenance_margin was 1, above the initial one, 0",
        ),
        (SPOT | {"open_loss": True}, "open_loss was True, spot has none"),
        (SPOT | {"funding_in_maintenance": True}, "funding_in_maintenance was True, spot has none"),
        (
            SPOT | {"margin_tiers": [MarginTier(floor=5, max_leverage=2)]},
            "margin_tiers were 1, spot has none",
        ),
        (
            LINEAR | {"margin_tiers": [MarginTier(floor=5, max_leverage="20.01")]},
            "margin_tiers[0] had a lower initial rate than before",
        ),
        (
            LINEAR
            | {
                "maintenance_margin": "0.01",
                "margin_tiers": [
                    MarginTier(floor=5, max_leverage=10, maintenance_rate="0.02"),
                    MarginTier(floor=6, max_leverage=10, maintenance_rate="0.019"),
                ],
            },
            "margin_tiers[1] had a lower maintenance rate than before",
        ),
        (
            LINEAR
            | {
                "tier_mode": "whole",
                "margin_tiers": [MarginTier(floor=5, max_leverage=2, deduction=1)],
            },
            "margin_tiers[0].deduction was 1, without tier_mode='marginal'",
        ),
        (
            LINEAR | {"initial_slope": "0.1"},
            "initial_slope or maintenance_slope was there, without tier_mode='slope'",
        ),
        (
            LINEAR | {"initial_slope": "0.1", "maintenance_slope": "0.2", "tier_mode": "slope"},
            "maintenance_slope was 0.2, above initial_slope, 0.1",
        ),
        (
            LINEAR | {"tier_mode": "slope", "margin_tiers": [MarginTier(floor=5, max_leverage=2)]},
            "margin_tiers were 1, must be none where tier_mode is 'slope'",
        ),
        (SPOT | {"close_fee": "mark"}, "close_fee was 'mark', spot has none"),
        (
            SPOT | {"initial_close_fee": "entry", "value_basis": "entry"},
            "initial_close_fee was 'entry', spot has none;"
            " value_basis was 'entry', spot has no margin",
        ),
        (
            SPOT | {"initial_value_basis": "mark"},
            "initial_value_basis was 'mark', spot has no margin",
        ),
        (SPOT | {"tier_mode": "slope", "initial_slope": 1}, "initial_slope was 1, spot has none"),
        (
            LINEAR | {"fee_currency": "received"},
            "fee_currency was 'received', must be 'quote' for linear",
        ),
        (
            LINEAR | {"min_notional": "5.5", "max_notional": 5},
            "max_notional was 5, below min_notional, 5.5",
        ),
        (INVERSE | {"base": None}, "base was None, must name a currency for inverse"),
        (INVERSE | {"settle": "USD"}, "settle was 'USD', must be the base, 'BTC', for inverse"),
        (INVERSE | {"min_price": 0}, "min_price was 0.00, must be above 0 for inverse"),
        (INVERSE | {"min_price": -1}, "min_price was -1.00, below 0 of inverse"),
    ],
    ids=lambda part: part[:50] if isinstance(part, str) else part.get("kind"),
)
def test_a_contract_that_contradicts_itself_is_told(contract: Any, message: str) -> None:
    with pytest.raises(GridError) as caught:
        Instrument(**GOOD, **contract)
    assert str(caught.value).removeprefix("instrument 'BTC-USD': ").startswith(message)


@pytest.mark.parametrize(
    ("contract", "settle"), [(SPOT, "USD"), (LINEAR, "USD"), (INVERSE, "BTC")], ids=str
)
def test_a_contract_settles_in_the_currency_that_its_kind_says(contract: Any, settle: str) -> None:
    instrument = Instrument(**GOOD, **contract)
    assert instrument.settle == settle
    assert Instrument(**GOOD, **contract, settle=settle) == instrument


def test_a_linear_contract_may_settle_in_another_currency() -> None:
    quanto = Instrument(**GOOD, **LINEAR, settle="BTC", multiplier="0.000001")
    assert quanto.settle == "BTC"
    assert quanto.to_dict()["settle"] == "BTC"
    assert Instrument.from_dict(quanto.to_dict()) == quanto
    assert "settle" not in Instrument(**GOOD, **LINEAR).to_dict()


def test_a_margin_may_be_what_a_leverage_asks_for() -> None:
    third = {"max_leverage": 3, "maintenance_margin": "0.333333334"}
    assert Instrument(**GOOD, **(LINEAR | third)).maintenance_margin == Decimal("0.333333334")
    with pytest.raises(GridError, match=r"above the initial one, 1 / 3$"):
        Instrument(**GOOD, **(LINEAR | third | {"maintenance_margin": "0.333333335"}))


def test_marginal_tiers_have_deductions_that_make_no_step() -> None:
    rows = [
        MarginTier(floor=100, max_leverage=10, maintenance_rate="0.02"),
        MarginTier(floor=300, max_leverage=5, maintenance_rate="0.05", deduction="9.5"),
        MarginTier(floor=400, max_leverage=2, maintenance_rate="0.1"),
    ]
    made = Instrument(**GOOD, **LINEAR, maintenance_margin="0.01", margin_tiers=rows)
    assert [tier.deduction for tier in made.margin_tiers] == [1, Decimal("9.5"), Decimal("29.5")]
    whole = Instrument(**GOOD, **LINEAR, tier_mode="whole", margin_tiers=[rows[0]])
    assert whole.margin_tiers == (rows[0],)


def test_a_bound_of_0_is_none() -> None:
    plain = Instrument(**GOOD, **LINEAR)
    assert Instrument(**GOOD, **LINEAR, min_notional=0, max_notional="0.0") == plain
    assert (plain.min_notional, plain.max_notional) == (None, None)


def test_a_contract_is_read_in_whatever_context_the_caller_works() -> None:
    rates = {"maker_fee": "-0.123456789", "maintenance_margin": "0.012345678"}
    with localcontext(prec=3, traps=[Inexact, InvalidOperation]):
        instrument = Instrument(**GOOD, **LINEAR, **rates, multiplier="123456.789")
    assert instrument.maker_fee == Decimal("-0.123456789")
    assert instrument.multiplier == Decimal("123456.789")


def test_what_describes_an_instrument_may_be_told_without_a_kind() -> None:
    described = Instrument(**GOOD, base="BTC", quote="USD", settle="ETH", taker_fee="0.001")
    assert (described.kind, described.settle) == (None, "ETH")
    assert Instrument.from_dict(described.to_dict()) == described


def test_bounds_are_read_without_a_step_to_hold_them_against() -> None:
    with pytest.raises(GridError) as caught:
        Instrument(symbol="X", tick_size=0, lot_size=1, min_price="low", max_price=5)
    assert str(caught.value) == (
        "instrument 'X': tick_size was 0, must be above 0; min_price was 'low', not a number"
    )


def test_maximum_below_minimum_is_told_as_it_was_written() -> None:
    with pytest.raises(GridError) as caught:
        Instrument(**GOOD, min_price=5, max_price="4.99", min_quantity=2, max_quantity="1.5")
    assert str(caught.value) == (
        "instrument 'BTC-USD': max_price was 4.99, below min_price, 5;"
        " max_quantity was 1.5, below min_quantity, 2"
    )


def test_an_instrument_is_a_value(bitcoin: Instrument) -> None:
    same = Instrument(symbol="BTC-USD", tick_size=0.01, lot_size="0.0010", min_price="0.01")
    assert (bitcoin == same, hash(bitcoin) == hash(same)) == (True, True)
    assert bitcoin != dataclasses.replace(bitcoin, max_price=5)
    assert dataclasses.replace(bitcoin, symbol="ETH").to_ticks("0.01") == 1
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(bitcoin, protocol))
        assert again == bitcoin
        assert again.to_ticks("0.07") == 7


def test_an_instrument_does_not_change(bitcoin: Instrument) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        bitcoin.tick_size = Decimal(1)  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del bitcoin.symbol


def test_a_repr_can_be_evaluated() -> None:
    plain = Instrument(**GOOD)
    assert repr(plain) == "Instrument(symbol='BTC-USD', tick_size='0.01', lot_size='0.001')"
    full = Instrument(
        **GOOD,
        min_price=-1,
        max_price=10**6,
        min_quantity="0.1",
        max_quantity=5,
        replace_priority=ReplacePriority.ALWAYS_LOSE,
        trigger_order=TriggerOrder.BY_TIME,
        auction_rule=AuctionRule.MIDPOINT,
        auction_prices=AuctionPrices.LIMITS,
        allocation="pro_rata",
        pro_rata_minimum="0.002",
        top_order_minimum=1,
        top_order_maximum=2,
        static_band="0.10",
        dynamic_band="0.03",
        band_action=BandAction.VOLATILITY_CALL,
        reduce_only_rule=ReduceOnlyRule.IMMEDIATE,
        visibility=Visibility.DARK,
    )
    assert repr(full).endswith("reduce_only_rule='immediate', visibility='dark')")
    assert "auction_prices='limits', allocation='pro_rata', pro_rata_minimum='0.002'" in repr(full)
    assert "static_band='0.10', dynamic_band='0.03', band_action=" in repr(full)
    assert eval(repr(full)) == full
    assert "max_price='1000000.00'" in repr(full)


def test_arguments_have_names() -> None:
    with pytest.raises(TypeError):
        Instrument("BTC-USD", "0.01", "0.001")  # type: ignore[misc]


def test_every_term_is_taken_and_no_other(implementation: Implementation) -> None:
    terms = Instrument(symbol="X", tick_size=1, lot_size=1).terms()
    assert terms.keys() == Terms.__annotations__.keys()
    implementation.order_book(**terms)
    core = implementation.core()
    core.add_instrument(**terms)
    for make in (implementation.order_book, core.add_instrument):
        with pytest.raises(TypeError, match="unexpected keyword argument 'spread'"):
            make(spread=1)
