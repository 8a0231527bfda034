"""Specifications of fees, margin and filters: checked as a whole, text and back, presets."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    CloseFee,
    FeeSchedule,
    FeeTier,
    MarginNetting,
    MarginSchedule,
    MarginTier,
    OrderFilters,
    Rounding,
    SpecificationError,
    TierMode,
    calc,
    presets,
)
from engine.specification import Specification

BRACKETS = Path(__file__).resolve().parents[2] / "shared/cases/binance_leverage_brackets.json"
ONE = MarginTier(max_leverage=10, maintenance_rate="0.05")
FILTERS = OrderFilters(
    min_price=1, max_price=100, tick_size="0.5", percent_up=3, percent_down="0.4",
    buy_percent_up=2, buy_percent_down="0.5", sell_percent_up=3, sell_percent_down="0.8",
    min_quantity=1, max_quantity=50, lot_size=1, min_market_quantity=2, max_market_quantity=20,
    market_lot_size=2, min_notional=5, max_notional=1000, max_base_amount=49,
    max_quote_amount=900, max_iceberg_parts=4, max_open_orders=3, max_algo_orders=2,
    max_iceberg_orders=1, max_order_lists=4, max_amendments=10, max_position=60,
    min_trailing_delta=10, max_trailing_delta=2000,
)  # fmt: skip
EXAMPLES: list[Specification] = [
    FILTERS,
    FeeSchedule(maker="-0.0001", taker="0.00055", discount="0.25", step="1e-8", rounding="half_up",
                tiers=[FeeTier(volume=10**6, maker=0, taker="0.0004")]),
    MarginSchedule(tiers=[ONE, MarginTier(floor=100, initial_rate="0.5", maintenance_rate="0.25")],
                   close_fee="bankruptcy", close_fee_in=["initial"], funding_in_maintenance=True,
                   netting="sum", step="0.01", values_rounded_first=True),
    *(FeeSchedule.preset(name) for name in presets.names()),
    *(MarginSchedule.preset(name) for name in presets.names() if "margin" in presets.load(name)),
]  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_a_specification_is_text_and_back(example: Any, tmp_path: Path) -> None:
    kind = type(example)
    assert kind.from_toml(example.to_toml()) == example
    assert kind.from_json(example.to_json()) == example
    for name in ("some.toml", "some.json"):
        example.write(tmp_path / name)
        assert kind.read(tmp_path / name) == example
    with pytest.raises(SpecificationError, match=r"must end in \.toml or \.json"):
        example.write(tmp_path / "some.yaml")


def test_numbers_in_text_are_read_exactly() -> None:
    assert FeeSchedule.from_toml("maker = 0.1\ntaker = 0.30").taker == Decimal("0.30")
    assert FeeSchedule.from_json('{"maker": 0.1, "taker": 1}').maker == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("maker = ", "FeeSchedule: no TOML"),
        ("maker = '0'", "FeeSchedule: .*taker"),
        ("maker = '0'\ntaker = '0'\ntax = '1'", "FeeSchedule has no tax: it has buyer, currency"),
        ("maker = '0'\ntaker = '0'\n[[tiers]]\nvolume = '1'", "FeeTier: .*maker"),
        ("maker = '0'\ntaker = '0'\ntiers = [1]", r"tiers\[0\] was 1, must be a FeeTier"),
    ],
)
def test_text_that_is_no_specification_is_refused(text: str, message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        FeeSchedule.from_toml(text)


def test_json_that_is_no_table_is_refused() -> None:
    with pytest.raises(SpecificationError, match="no JSON"):
        FeeSchedule.from_json("{")
    with pytest.raises(SpecificationError, match=r"was \[\], must be a table"):
        FeeSchedule.from_json("[]")


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        ({"tiers": []}, ["tiers were none"]),
        ({"tiers": [1]}, ["tiers[0] was 1, must be a MarginTier"]),
        (
            {"tiers": [ONE, MarginTier(max_leverage=5)]},
            ["tiers[1].floor was 0, must be above 0"],
        ),
        (
            {"tiers": [ONE, MarginTier(floor=1, max_leverage=5)], "tier_mode": "slope"},
            ["tiers were 2, must be one"],
        ),
        (
            {"tiers": [MarginTier(max_leverage=2, deduction=5)], "tier_mode": "whole"},
            ["tiers[0].deduction was 5, without tier_mode='marginal'"],
        ),
        ({"tiers": [ONE], "initial_slope": "0.1"}, ["without tier_mode='slope'"]),
        ({"tiers": [ONE], "close_fee_in": ["initial"]}, ["without a close_fee"]),
        ({"tiers": [ONE], "close_fee_in": ["both"]}, ["close_fee_in was 'both', not one of"]),
        ({"tiers": [ONE], "open_interest_lower": 1}, ["open_interest_lower was 1, must be below"]),
        (
            {"tiers": [ONE], "open_interest_lower": 2, "open_interest_upper": 2},
            ["open_interest_lower was 2, must be below open_interest_upper, 2"],
        ),
        ({"tiers": [ONE], "values_rounded_first": True}, ["without a step"]),
        (
            {"tiers": [ONE], "order_price_buffer": "0.1", "order_price": "execution"},
            ["order_price_buffer was 0.1, without order_price='max_last_mark'"],
        ),
        ({"tiers": [ONE], "open_loss": "yes"}, ["open_loss was 'yes', must be true or false"]),
        (
            {"tiers": [ONE], "maintenance_fraction": 2, "value_basis": "last", "step": "x",
             "pnl_rounding": "off"},
            ["maintenance_fraction was 2", "value_basis was 'last'", "step was 'x'",
             "pnl_rounding was 'off'"],
        ),
    ],
)  # fmt: skip
def test_a_margin_schedule_names_all_that_is_wrong(
    fields: dict[str, Any], messages: list[str]
) -> None:
    with pytest.raises(SpecificationError) as caught:
        MarginSchedule(**fields)
    for message in messages:
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "one of them must be there"),
        ({"initial_rate": "0.1", "max_leverage": 10}, "one of them must be there"),
        ({"initial_rate": 0}, "initial_rate was 0, must be above 0"),
        ({"initial_rate": 2}, "initial_rate was 2, must be 1 or less"),
        ({"max_leverage": "0.5"}, "max_leverage was 0.5, must be 1 or more"),
        ({"initial_rate": "0.1", "maintenance_rate": "0.11"}, "above the initial rate"),
        ({"max_leverage": 10, "maintenance_rate": "0.11"}, "above the initial rate"),
        ({"max_leverage": 10, "floor": -1}, "floor was -1, must be 0 or more"),
    ],
)
def test_a_margin_tier_names_what_is_wrong(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        MarginTier(**fields)


def test_fee_tiers_rise() -> None:
    tiers = [FeeTier(volume=5, maker=0, taker=0), FeeTier(volume=5, maker=0, taker=0)]
    with pytest.raises(SpecificationError, match=r"tiers\[1\]\.volume was 5, must be above 5"):
        FeeSchedule(maker=0, taker=0, tiers=tiers)
    with pytest.raises(SpecificationError, match="volume was -1"):
        FeeTier(volume=-1, maker=0, taker=0)


def test_an_unknown_preset_is_named_with_those_there_are() -> None:
    with pytest.raises(SpecificationError, match="preset was 'none', not one of 'binance-coinm'"):
        MarginSchedule.preset("none")
    with pytest.raises(SpecificationError, match="preset 'binance-spot' has no margin"):
        MarginSchedule.preset("binance-spot")


def test_presets_have_what_venues_are_known_for() -> None:
    assert MarginSchedule.preset("binance-usdm").maintenance_rounding == Rounding.DOWN
    assert MarginSchedule.preset("bybit-uta").close_fee_in == ("initial", "maintenance")
    assert MarginSchedule.preset("bitmex-linear").close_fee == CloseFee.COST_PLUS_INITIAL
    assert MarginSchedule.preset("okx").close_fee == CloseFee.MARK
    assert MarginSchedule.preset("deribit-linear").tier_mode == TierMode.SLOPE
    assert MarginSchedule.preset("hyperliquid").value_basis == "oracle"
    assert MarginSchedule.preset("dydx-v4").maintenance_fraction is not None
    assert MarginSchedule.preset("extended").netting == MarginNetting.EXACT


# Amounts.


def test_every_real_bracket_has_the_deduction_that_is_computed() -> None:
    if not BRACKETS.is_file():
        pytest.skip("the shared brackets are not there")
    tables = json.loads(BRACKETS.read_text(encoding="utf-8"))["tables"]
    tiers = 0
    for symbol, table in tables.items():
        schedule = MarginSchedule(
            tiers=[
                MarginTier(floor=floor, maintenance_rate=rate, max_leverage=leverage)
                for floor, _, rate, leverage, _ in table["rows"]
            ]
        )
        for tier, row in zip(schedule.tiers, table["rows"], strict=True):
            assert tier.deduction == Decimal(row[4]), symbol
            tiers += 1
    assert tiers > 1000


def test_marginal_maintenance_margin_goes_on_without_a_step() -> None:
    schedule = MarginSchedule.preset("binance-usdm")
    for tier in schedule.tiers[1:]:
        at = schedule.maintenance_margin(tier.floor)
        above = schedule.maintenance_margin(tier.floor + Decimal("0.00000001"))
        assert 0 <= above - at <= Decimal("0.00000001")


def test_whole_tiers_take_their_rate_of_everything() -> None:
    tiers = [ONE, MarginTier(floor=100, max_leverage=5, maintenance_rate="0.1")]
    schedule = MarginSchedule(tiers=tiers, tier_mode="whole")
    assert schedule.maintenance_margin(100) == 5
    assert schedule.maintenance_margin(200) == 20
    assert schedule.initial_margin(200) == 40
    assert [schedule.tier(value).floor for value in (0, 100, 101)] == [0, 0, 100]


def test_leverage_is_no_higher_than_the_tier_allows() -> None:
    schedule = MarginSchedule(tiers=[ONE])
    assert schedule.initial_margin(100, leverage=5) == 20
    assert schedule.initial_margin(100, leverage=100) == 10 == schedule.initial_margin(100)


def test_a_third_is_a_third() -> None:
    schedule = MarginSchedule(tiers=[MarginTier(max_leverage=3)], step="1")
    assert schedule.initial_rate() == Fraction(1, 3)
    assert schedule.initial_margin(9) == 3
    assert schedule.initial_margin(10) == 4


def test_the_initial_rate_grows_with_the_open_interest_and_maintenance_does_not() -> None:
    schedule = MarginSchedule(
        tiers=[MarginTier(initial_rate="0.2")], maintenance_fraction="0.5", tier_mode="whole",
        open_interest_lower=100, open_interest_upper=200, rate_step="0.000001", step=1,
    )  # fmt: skip
    rates = [schedule.initial_rate(open_interest=interest) for interest in (50, 100, 150, 200, 999)]
    assert rates == [Decimal(rate) for rate in ("0.2", "0.2", "0.6", "1", "1")]
    assert schedule.initial_margin(11, open_interest=150) == 7
    assert schedule.maintenance_margin(11) == 2  # half of 3, which is 2.2 rounded up


def test_bitmex_holds_fee_and_funding_in_the_maintenance_margin() -> None:
    schedule = MarginSchedule.from_dict(
        MarginSchedule.preset("bitmex-linear").to_dict()
        | {"tiers": [{"max_leverage": 100, "maintenance_rate": "0.01"}]}
    )
    found = schedule.maintenance_margin(
        39260000, leverage=3, fee_rate="0.00075", funding_rate="0.0001"
    )
    assert found == 435787
    assert schedule.initial_margin(39260000, leverage=3, fee_rate="0.00075") == 13086667


@pytest.mark.parametrize("name", ["binance-usdm", "bybit-uta", "okx", "deribit-linear"])
@given(
    values=st.lists(st.decimals("0.01", 10**10, places=2), min_size=1, max_size=6),
    leverage=st.integers(1, 100),
)
@settings(max_examples=25, deadline=None)
def test_margins_of_arrays_and_floats_are_those_of_each_value(
    name: str, values: list[Decimal], leverage: int
) -> None:
    schedule = MarginSchedule.preset(name)
    asked: dict[str, Any] = {"leverage": leverage, "fee_rate": "0.0006", "size": 2}
    for margin in (schedule.initial_margin, schedule.maintenance_margin):
        single = [margin(value, **asked) for value in values]
        assert margin(values, **asked).tolist() == single
        floats = margin(np.array(values, dtype=np.float64), **asked)
        assert floats.tolist() == pytest.approx(
            [float(each) for each in single], rel=1e-14, abs=1e-7
        )


@given(value=st.integers(0, 2 * 10**9), step=st.sampled_from(["0.01", "0.00000001"]))
@settings(max_examples=60, deadline=None)
def test_tiers_in_whole_units_are_the_schedule(value: int, step: str) -> None:
    schedule = MarginSchedule.from_dict(
        MarginSchedule.preset("binance-usdm").to_dict()
        | {"step": step, "maintenance_rounding": "up"}
    )
    unit, billion = Decimal(step), 10**9
    rows = [
        (int(tier.floor / unit), int(tier.least_rate * billion),
         int(tier.maintenance_rate * billion), int((tier.deduction or 0) / unit))
        for tier in schedule.tiers
    ]  # fmt: skip
    (found,) = calc.units.margin_of(rows, [int(value / unit)]).tolist()
    assert found * unit == schedule.maintenance_margin(value)


# Filters.

ORDER: dict[str, Any] = {"price": 10, "quantity": 2, "side": "buy", "reference_price": 10}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"price": "0.5"}, "PRICE_FILTER"),
        ({"price": "100.5"}, "PRICE_FILTER"),
        ({"price": "10.2"}, "PRICE_FILTER"),
        ({"price": 20}, None),
        ({"price": "20.5"}, "PERCENT_PRICE_BY_SIDE"),
        ({"price": "4.5"}, "PERCENT_PRICE_BY_SIDE"),
        ({"price": "20.5", "side": "sell"}, None),
        ({"price": "7.5", "side": "sell"}, "PERCENT_PRICE_BY_SIDE"),
        ({"price": "30.5", "side": "sell"}, "PERCENT_PRICE"),
        ({"price": "4.5", "side": None}, None),
        ({"price": "3.5", "side": None}, "PERCENT_PRICE"),
        ({"quantity": "0.5"}, "LOT_SIZE"),
        ({"display_quantity": "0.5"}, "LOT_SIZE"),
        ({"display_quantity": 0}, None),
        ({"quantity": 1, "is_market": True}, "MARKET_LOT_SIZE"),
        ({"quantity": 3, "is_market": True}, "MARKET_LOT_SIZE"),
        ({"quantity": 22, "is_market": True}, "MARKET_LOT_SIZE"),
        ({"quantity": 20, "is_market": True, "price": None}, None),
        ({"quantity": 50}, "MAX_ASSET"),
        ({"price": 20, "quantity": 46}, "MAX_ASSET"),
        ({"price": 20, "quantity": 45}, None),
        ({"quantity": 51}, "LOT_SIZE"),
        ({"quantity": "1.5"}, "LOT_SIZE"),
        ({"price": 5, "quantity": 1}, None),
        ({"price": "2", "quantity": 2, "reference_price": 2}, "NOTIONAL"),
        ({"price": 40, "quantity": 49, "reference_price": 40}, "NOTIONAL"),
        ({"quantity": 9, "display_quantity": 2}, "ICEBERG_PARTS"),
        ({"quantity": 8, "display_quantity": 2}, None),
        ({"trailing_delta": 9}, "TRAILING_DELTA"),
        ({"trailing_delta": 2001}, "TRAILING_DELTA"),
        ({"open_orders": 3}, "MAX_NUM_ORDERS"),
        ({"open_orders": 2}, None),
        ({"algo_orders": 2}, "MAX_NUM_ALGO_ORDERS"),
        ({"algo_orders": 1}, None),
        ({"iceberg_orders": 1}, "MAX_NUM_ICEBERG_ORDERS"),
        ({"order_lists": 4}, "MAX_NUM_ORDER_LISTS"),
        ({"amendments": 10}, "MAX_NUM_ORDER_AMENDS"),
        ({"amendments": 9}, None),
        ({"position": 50, "open_buys": 9}, "MAX_POSITION"),
        ({"position": 50, "open_buys": 8}, None),
        ({"position": 500, "side": "sell"}, None),
        ({"price": None, "quantity": None, "side": None}, None),
    ],
)
def test_filters_come_in_their_order(change: dict[str, Any], expected: str | None) -> None:
    assert FILTERS.check(**ORDER | change) == expected


def test_zero_is_no_bound_of_prices_and_no_step_but_a_bound_of_all_else() -> None:
    assert OrderFilters(min_price=0, max_price=0, tick_size=0).check(price="0.123") is None
    assert OrderFilters(lot_size=0, market_lot_size=0).check(quantity="0.3", is_market=True) is None
    assert OrderFilters(max_open_orders=0).check(open_orders=0) == "MAX_NUM_ORDERS"
    assert OrderFilters(max_quantity=0).check(quantity=1) == "LOT_SIZE"
    assert OrderFilters(max_position=0).check(side="buy", quantity=1) == "MAX_POSITION"
    assert OrderFilters(max_notional=0).check(price=1, quantity=1) == "NOTIONAL"
    assert OrderFilters(min_notional=5).check(price=1, quantity=4) == "MIN_NOTIONAL"


def test_filters_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(
        SpecificationError, match=r"lot_size was -1.*max_price was 1, below min_price, 2"
    ):
        OrderFilters(min_price=2, max_price=1, lot_size=-1)
