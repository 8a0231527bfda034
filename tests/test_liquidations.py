"""What a liquidation takes and gives, who is deleveraged, and the specification of all of it."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    GridError,
    LiquidationSpec,
    MarginSchedule,
    MarginTier,
    SpecificationError,
    calc,
    presets,
)
from engine.calc import EXACT

NAMES = [name for name in presets.names() if "liquidation" in presets.load(name)]
TIERS = MarginSchedule(
    tiers=[
        MarginTier(floor=floor, maintenance_rate=rate, max_leverage=leverage)
        for floor, rate, leverage in (
            (0, "0.004", 125), (50_000, "0.005", 100), (250_000, "0.01", 50), (10**6, "0.025", 20),
        )
    ]
)  # fmt: skip


# What a liquidation takes.


@given(
    value=st.integers(1_000, 3_000_000),
    room=st.fractions(0, 1),
    fee_rate=st.sampled_from(["0", "0.001"]),
)
@settings(max_examples=150, deadline=None)
def test_what_is_missing_is_there_when_the_shortage_is_closed(
    value: int, room: Fraction, fee_rate: str
) -> None:
    spec = LiquidationSpec(step="shortage", fee_rate=fee_rate)
    balance = TIERS.maintenance_margin(value) * Decimal(float(room))
    closed = spec.step_quantity(TIERS, value, 1, margin_balance=balance, lot_size="0.001")
    left = value - closed
    assert 0 <= closed <= value
    assert TIERS.maintenance_margin(left) <= balance - closed * Decimal(fee_rate) or left == 0
    if 1 < closed < value:
        less = closed - 1
        assert TIERS.maintenance_margin(value - less) > balance - less * Decimal(fee_rate)


def test_closing_that_frees_nothing_takes_all() -> None:
    assert calc.shortage_quantity(10, 100, "0.01", liquidator_fee="0.01") is None
    assert calc.shortage_quantity(-10, 100, "0.01") == 0
    found = calc.shortage_quantity(10.0, 100.0, np.array([0.1, 0.01]), liquidator_fee=0.02)
    assert found[0] == pytest.approx(1.25)
    assert np.isnan(found[1])
    spec = LiquidationSpec(step="shortage", fee_rate="0.5")
    assert spec.step_quantity(TIERS, 1000, 1) == 1000
    assert spec.step_quantity(TIERS, 1000, 1, margin_balance=1000) == 0


@pytest.mark.parametrize(
    ("tiers_down", "value", "closed"),
    [
        (1, 2_000_000, 1_000_000), (1, 1_000_001, 1), (1, 1_000_000, 750_000), (1, 50_000, 50_000),
        (2, 2_000_000, 1_750_000), (2, 1_000_000, 950_000), (2, 250_000, 250_000),
    ],
)  # fmt: skip
def test_a_position_goes_down_by_tiers(tiers_down: int, value: int, closed: int) -> None:
    spec = LiquidationSpec(step="tier_down", tiers_down=tiers_down)
    assert spec.step_quantity(TIERS, value, 1) == closed
    place = TIERS.tiers.index(TIERS.tier(value))
    if closed < value:
        assert TIERS.tiers.index(TIERS.tier(value - closed)) == place - tiers_down


def test_what_is_closed_is_a_multiple_of_the_lot_and_enough() -> None:
    spec = LiquidationSpec(step="tier_down")
    assert spec.step_quantity(TIERS, "2.7", 100000, lot_size="0.5") == Decimal("0.5")
    assert spec.step_quantity(TIERS, "2.7", 100000, lot_size=5) == Decimal("2.7")
    inverse = spec.step_quantity(TIERS, 60000, "0.5", contract="inverse", lot_size=100)
    assert inverse == 35000


def test_a_large_position_goes_by_a_fraction_once() -> None:
    spec = LiquidationSpec.preset("hyperliquid")
    assert spec.step_quantity(TIERS, 2, 50001) == Decimal("0.4")
    assert spec.step_quantity(TIERS, 2, 50000) == 2
    assert spec.step_quantity(TIERS, 2, 50001, since_ms=29_999) == 2
    assert spec.step_quantity(TIERS, 2, 50001, since_ms=30_000) == Decimal("0.4")


def test_all_is_closed_at_once() -> None:
    assert LiquidationSpec().step_quantity(TIERS, "2.5", 10**6) == Decimal("2.5")


def test_a_block_may_take_a_part_and_always_so_much() -> None:
    spec = LiquidationSpec(step="fraction", fraction="0.1", min_value=5000)
    assert spec.step_quantity(TIERS, 100, 1000) == 10
    assert spec.step_quantity(TIERS, 10, 1000) == 5
    assert spec.step_quantity(TIERS, 4, 1000) == 4


@pytest.mark.parametrize("trigger", ["le", "lt"])
def test_what_is_exactly_enough_is_where_the_triggers_differ(trigger: str) -> None:
    spec = LiquidationSpec(trigger=trigger)
    assert spec.is_triggered("99.99", 100)
    assert spec.is_triggered(100, 100) == (trigger == "le")
    assert not spec.is_triggered("100.01", 100)
    with pytest.raises(GridError, match="trigger was 'eq', not one of 'le', 'lt'"):
        calc.is_liquidatable(1, 1, trigger="eq")


# What it gives.

VALUES = st.integers(-(10**9), 10**9)


@given(filled=VALUES, owed=VALUES, rate=st.decimals(0, 1, places=3))
@settings(deadline=None)
def test_the_fund_gains_no_more_than_its_part_and_pays_all_that_is_missing(
    filled: int, owed: int, rate: Decimal
) -> None:
    delta = calc.insurance_delta(filled, owed, max_fee_rate=rate, step=1)
    if filled <= owed:
        assert delta == filled - owed
    else:
        assert 0 <= delta <= filled - owed
        assert delta < abs(filled) * rate + 1
    floats = calc.insurance_delta(float(filled), float(owed), max_fee_rate=float(rate))
    assert abs(floats - float(delta)) <= 1


@given(
    collateral=st.integers(-(10**8), 10**8),
    values=st.lists(st.integers(-(10**8), 10**8), min_size=2, max_size=4),
)
@settings(deadline=None)
def test_parts_that_are_closed_at_bankruptcy_come_to_the_whole_account(
    collateral: int, values: list[int]
) -> None:
    """What an account owns is shared by maintenance margin; nothing is left, nothing is owed."""
    margins = [Fraction(abs(value), 10) for value in values]
    if sum(margins) == 0:
        return
    quotes = [
        calc.bankruptcy_quote(
            -value, -margin, net_collateral=collateral, total_maintenance=sum(margins), step=EXACT
        )
        for value, margin in zip(values, margins, strict=True)
    ]
    assert sum(quotes) + collateral - sum(values) == 0


@given(
    side=st.sampled_from(["long", "short"]),
    collateral=st.integers(-1000, 1500),
    adjustment=st.integers(0, 5),
    spread=st.decimals(0, 1, places=2),
)
@settings(deadline=None)
def test_a_fillable_price_is_between_the_oracle_and_a_part_of_the_margin(
    side: str, collateral: int, adjustment: int, spread: Decimal
) -> None:
    asked: dict[str, Any] = {
        "net_collateral": collateral, "total_maintenance": 1000, "maintenance_margin": 400,
        "adjustment": adjustment, "spread": spread,
    }  # fmt: skip
    price = calc.fillable_price(side, 10, 100, step=EXACT, **asked)
    sign = 1 if side == "long" else -1
    assert 0 <= sign * (100 - price) <= 40 * Fraction(spread)
    floats = {name: float(number) for name, number in asked.items()}
    assert calc.fillable_price(side, 10.0, 100.0, **floats) == pytest.approx(float(price))


def test_the_funds_fee_is_what_there_is_room_for() -> None:
    asked = (1000, "0.05")
    fees = [
        calc.insurance_fee_rate(shortage, *asked, liquidator_fee="0.01", most="0.02", step="1e-6")
        for shortage in (0, 20, 30, 1000)
    ]
    assert fees == [Decimal("0.02"), Decimal("0.019"), Decimal("0.0095"), 0]


# Auto-deleveraging.


@pytest.mark.parametrize("contract", ["linear", "inverse"])
@pytest.mark.parametrize("side", [1, -1])
def test_leverage_ranks_gains_up_and_losses_down(side: int, contract: str) -> None:
    towards = side if contract == "linear" else -side
    values = [[100 + towards * gain for gain in (10, 10, -10, -10)], [100] * 4]
    ends = [100 - towards * far for far in (20, 50, 20, 50)]
    near_gain, far_gain, near_loss, far_loss = calc.adl_rank_by_leverage(
        side, values[1], values[0], ends, contract=contract, step=EXACT
    )
    assert near_gain > far_gain > 0 > near_loss > far_loss


def test_a_leverage_at_bankruptcy_is_refused() -> None:
    with pytest.raises(GridError, match="divided by 0"):
        calc.effective_leverage("long", 100, 100)
    assert np.isinf(calc.effective_leverage(1, np.array([100.0]), 100.0)[0])


@given(
    ranked=st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 9)), min_size=1, max_size=8),
    quantity=st.integers(0, 60),
)
@settings(deadline=None)
def test_the_highest_rank_gives_first_and_all_that_is_wanted(
    ranked: list[tuple[int, int]], quantity: int
) -> None:
    ranks, sizes = ([row[place] for row in ranked] for place in (0, 1))
    given_ = calc.adl_allocation(ranks, sizes, quantity).tolist()
    assert sum(given_) == min(quantity, sum(sizes))
    for one, (rank, size) in enumerate(ranked):
        assert 0 <= given_[one] <= size
        if given_[one]:
            before = [other for other, row in enumerate(ranked) if (-row[0], other) < (-rank, one)]
            assert all(given_[other] == sizes[other] for other in before)
    floats = calc.adl_allocation([float(rank) for rank in ranks], np.array(sizes, float), quantity)
    assert floats.tolist() == given_


def test_quantiles_of_ranks() -> None:
    assert calc.adl_quantile([3, 1, 3, 2], step="0.01").tolist() == [
        Decimal("1.00"), Decimal("0.25"), Decimal("1.00"), Decimal("0.50"),
    ]  # fmt: skip
    assert calc.adl_quantile(np.array([0.5, 2.0])).tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: calc.adl_allocation([1, 2], [1], 1), "quantities were 1, must be 2"),
        (lambda: calc.adl_allocation([1], [-1], 1), "quantities was -1, must be 0 or more"),
        (lambda: calc.adl_allocation([1], [1], [1]), "must be one number"),
        (lambda: calc.adl_allocation(1, [1], 1), "ranks was 1, must be a row"),
        (lambda: calc.adl_quantile([]), "must be a row of numbers"),
        (lambda: calc.adl_rank_by_ratio(1, 0, 1), "collateral was 0, must be above 0"),
        (lambda: calc.excess_quantity(1, 0, 0), "value was 0, must be above 0"),
        (lambda: calc.shortage_quantity(1, 0, "0.1"), "price was 0, must be above 0"),
        (
            lambda: calc.bankruptcy_quote(1, 1, net_collateral=1, total_maintenance=0),
            "total_maintenance was 0, must be above 0",
        ),
        (
            lambda: LiquidationSpec.preset("bitmex-linear").adl_rank("long", 1, 2),
            "bankruptcy_value was None, must be there for pnl_x_leverage",
        ),
        (
            lambda: LiquidationSpec.preset("binance-usdm").adl_rank("long", 1, 2, collateral=1),
            "margin_ratio was None, must be there for pnl_over_collateral_x_ratio",
        ),
    ],
)
def test_what_has_no_answer_is_refused(ask: Any, message: str) -> None:
    with pytest.raises(GridError, match=message):
        ask()


# The specification.


@pytest.mark.parametrize("name", NAMES)
def test_a_specification_is_text_and_back(name: str, tmp_path: Path) -> None:
    spec = LiquidationSpec.preset(name)
    assert LiquidationSpec.from_toml(spec.to_toml()) == spec
    assert LiquidationSpec.from_json(spec.to_json()) == spec
    spec.write(tmp_path / "some.toml")
    assert LiquidationSpec.read(tmp_path / "some.toml") == spec


def test_every_field_is_checked_and_told() -> None:
    wrong: dict[str, Any] = {
        "trigger": "gt", "scope": "desk", "cancel_first": "yes", "step": "half", "tiers_down": 1.5,
        "fraction": 0, "fraction_above": -1, "cooldown_ms": -1, "min_value": "x", "price": "last",
        "adjustment": -1, "spread": 2, "backstop_ratio": 2, "fee_rate": -1,
        "max_insurance_rate": 2, "insurance_fund": 1, "deficit": "none", "adl": "size",
        "tick_rounding": "away", "bankruptcy_rounding": "away", "check_every_ms": True,
        "budget_ms": "1",
    }  # fmt: skip
    assert list(wrong) == [field.name for field in fields(LiquidationSpec)]
    with pytest.raises(SpecificationError) as caught:
        LiquidationSpec(**wrong)
    told = str(caught.value).removeprefix("liquidation: ").split("; ")
    assert [text.split()[0] for text in told] == list(wrong)
    with pytest.raises(SpecificationError, match="LiquidationSpec has no speed: it has adjust"):
        LiquidationSpec.from_dict({"speed": 1})
    with pytest.raises(SpecificationError, match="fraction was 2, must be 1 or less"):
        LiquidationSpec(fraction=2)


def test_presets_have_the_venues_rules() -> None:
    specs = {name: LiquidationSpec.preset(name) for name in NAMES}
    strict = {name for name, spec in specs.items() if spec.trigger == "lt"}
    assert strict == {
        *("binance-usdm", "binance-coinm", "deribit-linear", "deribit-inverse"),
        *("hyperliquid", "dydx-v4", "drift"),
    }
    assert (specs["godark"].check_every_ms, specs["godark"].budget_ms) == (1000, 500)
    assert specs["okx"].tiers_down == 2
    assert specs["mexc"].tick_rounding == "down"
    assert specs["drift"].deficit == "socialize"


@pytest.mark.parametrize("in_floats", [False, True])
@pytest.mark.parametrize("side", ["long", "short"])
@pytest.mark.parametrize("name", [name for name in NAMES if "margin" in presets.load(name)])
def test_a_specification_prices_what_its_schedule_asks_for(
    name: str, side: str, in_floats: bool
) -> None:
    """At the price the balance is what is needed: of the value there, or of that at entry."""
    margin, spec = MarginSchedule.preset(name), LiquidationSpec.preset(name)
    contract = "inverse" if "inverse" in name or "coinm" in name else "linear"
    quantity, entry = (10**8, 40000) if contract == "inverse" else (30, 40000)
    terms: dict[str, Any] = {"fee_rate": "0.0005", "contract": contract}
    kind = float if in_floats else int
    price = spec.liquidation_price(
        margin, side, kind(quantity), entry, leverage=5,
        funding_rate="0.0001", **terms)  # fmt: skip
    value_of = {
        at: calc.position_value(quantity, at, contract=contract) for at in (entry, Decimal(price))
    }
    basis = entry if margin.value_basis == "entry" else Decimal(price)
    size = value_of[entry] if contract == "inverse" else quantity
    needed = margin.maintenance_margin(
        value_of[basis], size=size, fee_rate=0, funding_rate="0.0001", contract=contract
    )
    if "maintenance" in margin.close_fee_in:
        fee_basis = basis if margin.close_fee.name == "MARK" else entry
        needed += margin.close_fee_of(value_of[fee_basis], leverage=5, side=side, **terms)
    gain = calc.unrealized_pnl(side, quantity, entry, Decimal(price), contract=contract)
    balance = value_of[entry] / 5 + gain
    assert float(balance) == pytest.approx(float(needed), rel=1e-8, abs=1.1)


def test_a_price_is_at_the_specifications_tick() -> None:
    asked = (TIERS, "long", 1, "99.99")
    exact = LiquidationSpec().liquidation_price(*asked, leverage=10)
    safe = LiquidationSpec().liquidation_price(*asked, leverage=10, tick_size="0.5")
    cut = LiquidationSpec(tick_rounding="down").liquidation_price(
        *asked, leverage=10, tick_size="0.5"
    )
    assert cut == Decimal("90.0") < exact < safe == Decimal("90.5")
