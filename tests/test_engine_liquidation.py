"""Liquidation of a venue in decimals: what the contract of an instrument is told, and does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import engine
from engine import (
    Deficit,
    DeleverageRank,
    Engine,
    ExecType,
    GridError,
    Instrument,
    LiquidationSale,
    LiquidationSpec,
    LiquidationStep,
    MarginSchedule,
    presets,
)

D = Decimal
FUND = 9


def swap(spec: LiquidationSpec | None, **fields: Any) -> Instrument:
    told = {"max_leverage": 20, "maintenance_margin": "0.02", **fields}
    return Instrument(
        symbol="BTC",
        tick_size="0.5",
        lot_size="0.001",
        kind="linear",
        base="BTC",
        quote="USD",
        liquidation=spec,
        **told,
    )


def venue_of(instrument: Instrument) -> Engine:
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.000001")
    venue.add_instrument(instrument)
    for account, amount in ((1, 3_000), (2, 10**9), (FUND, 10**6)):
        venue.set_account(account)
        venue.deposit(account, "USD", amount)
    return venue


def open_position(venue: Engine, quantity: str) -> None:
    order = {"quantity": quantity, "price": 50_000}
    venue.submit("BTC", side="sell", account=2, **order)
    venue.submit("BTC", side="buy", account=1, **order)
    venue.set_price("BTC", "mark", 50_000)


NAMES = sorted(name for name in presets.names() if "liquidation" in presets.load(name))
REFUSED = {
    "kucoin": {"bankruptcy_rounding"},
    "mexc": {"bankruptcy_rounding"},
}
"""Of these presets, what the engine does not do."""


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_done_or_says_what_is_not(name: str) -> None:
    instrument = swap(LiquidationSpec.preset(name))
    if name not in REFUSED:
        assert venue_of(instrument).instruments[0] == instrument
        return
    with pytest.raises(GridError) as error:
        venue_of(instrument)
    told = {part.split(" was ")[0].strip() for part in str(error.value).split(";")}
    assert {part.rpartition("liquidation.")[2] for part in told} == REFUSED[name]


def test_an_instrument_with_a_process_is_written_and_read() -> None:
    instrument = swap(LiquidationSpec.preset("binance-usdm"))
    assert Instrument.from_toml(instrument.to_toml()) == instrument
    assert Instrument.from_json(instrument.to_json()) == instrument


def test_a_spot_instrument_has_none() -> None:
    with pytest.raises(GridError, match="liquidation was told, spot has none"):
        Instrument(
            symbol="A",
            tick_size=1,
            lot_size=1,
            kind="spot",
            base="A",
            quote="B",
            liquidation=LiquidationSpec(),
        )


def test_the_words_of_a_specification_are_those_of_the_contract() -> None:
    from engine._liquidation_terms import liquidation_terms

    spec = LiquidationSpec(
        trigger="lt",
        step="fraction",
        fraction="0.2",
        fraction_above=1000,
        cooldown_ms=30_000,
        min_value="2.5",
        price="fillable",
        adjustment="1.5",
        spread="0.1",
        cancel_first=False,
        backstop_ratio="0.6666666666",
        fee_rate="0.0075",
        max_insurance_rate="0.05",
        deficit="socialize",
        adl="pnl_over_collateral_x_ratio",
    )
    problems: list[str] = []
    terms = liquidation_terms(swap(spec), lambda value: int(value * 10), problems)
    assert problems == []
    assert terms == {
        "liquidation_at_margin": 0,
        "liquidation_step": LiquidationStep.FRACTION,
        "liquidation_fraction": 200_000_000,
        "liquidation_above": 10_000,
        "liquidation_least": 25,
        "liquidation_cooldown": 30 * 10**9,
        "liquidation_sale": LiquidationSale.FILLABLE,
        "liquidation_adjustment": 1_500_000_000,
        "liquidation_spread": 100_000_000,
        "liquidation_keeps_orders": 1,
        "liquidation_backstop": 666_666_667,
        "liquidation_fee_rate": 7_500_000,
        "liquidation_most_rate": 50_000_000,
        "deficit": Deficit.SOCIALIZE,
        "deleverage_rank": DeleverageRank.RATIO,
    }


def test_a_position_goes_down_a_tier_of_its_schedule() -> None:
    schedule = MarginSchedule(
        tiers=[
            engine.MarginTier(max_leverage=20, maintenance_rate="0.02"),
            engine.MarginTier(floor=20_000, max_leverage=10, maintenance_rate="0.05"),
        ],
        tier_mode="whole",
    )
    spec = LiquidationSpec(step="tier_down", price="bankruptcy")
    venue = venue_of(swap(spec).with_margin(schedule))
    open_position(venue, "0.5")
    # 25,000 at 50,000; at 45,500 there are 750 of 1,137.5 that are needed.
    venue.submit("BTC", side="buy", quantity="0.02", price=45_400, account=2)
    venue.set_price("BTC", "mark", 45_500)
    report = venue.liquidate(account=FUND, warn_from="0.5")
    reports = report.reports
    assert report.last_quantity == 2
    position = venue.account_position("BTC", account=1)
    assert position is not None
    # 20,000 / 45,500 is 0.43956: 0.061 must go, of which 0.02 were sold above bankruptcy.
    assert position.quantity == D("0.439")
    closed = reports[reports["exec_type"] == ExecType.LIQUIDATED]
    assert closed["last_quantity"].tolist() == [20, 41]
    # 1.5 a lot of equity, and 0.1 lost on each that was sold.
    assert closed["fee"].tolist() == [28_000_000, 61_500_000]
    # 658.5 are left, and 399.49 needed.
    (warned,) = reports[reports["exec_type"] == ExecType.WARNED]
    assert int(warned["fee"]) == 606_666_666


def test_dydx_sells_at_its_fillable_price_and_lets_orders_stay() -> None:
    spec = LiquidationSpec.preset("dydx-v4")
    venue = venue_of(swap(spec))
    open_position(venue, "0.5")
    # Of 400 at 44,800 there must be 448: a tenth of the 48 that are missing, 9.6 a coin.
    venue.submit("BTC", side="sell", quantity="0.1", price=60_000, account=1)
    for price in (44_795, 44_790):
        venue.submit("BTC", side="buy", quantity="0.3", price=price, account=2)
    venue.set_price("BTC", "mark", 44_800)
    report = venue.liquidate(account=FUND)
    asked = {"net_collateral": 400, "total_maintenance": 448, "maintenance_margin": 448}
    bound = spec.fillable_price("long", "0.5", 44_800, tick_size="0.5", **asked)
    (order,) = report.reports[report.reports["exec_type"] == ExecType.NEW]
    assert D(int(order["price"])) / 2 == bound == D("44790.5")
    position = venue.account_position("BTC", account=1)
    assert position is not None
    assert position.quantity == D("0.2")
    # 240 of equity went with the lots and 1.5 was lost; the fund has 0.5 % of 13,440.
    (closed,) = report.reports[report.reports["exec_type"] == ExecType.LIQUIDATED]
    assert int(closed["fee"]) == 67_200_000
    # The order to sell is still there.
    (kept,) = venue.orders("BTC", "sell")
    assert (int(kept["account"]), int(kept["leaves_quantity"])) == (1, 100)
