"""Instruments with the fees and the margin of a venue, or the reason why they have not."""

from __future__ import annotations

import pytest

from engine import (
    CloseFee,
    FeeSchedule,
    FeeTier,
    GridError,
    Instrument,
    MarginSchedule,
    MarginTier,
    presets,
)
from engine._instrument_checks import initial_rate

GOOD = {"symbol": "BTC-USD", "tick_size": "0.01", "lot_size": "0.001"}
SPOT = {"kind": "spot", "base": "BTC", "quote": "USD"}
LINEAR = {"kind": "linear", "quote": "USD", "max_leverage": 20}
REFUSED: dict[str, dict[str, str]] = {
    "extended": {"netting": "'exact'"},
}
"""What presets have that no instrument can: without it they are taken."""


def test_an_instrument_has_the_fees_of_a_schedule() -> None:
    tiers = [FeeTier(volume=10**6, maker="-0.0001", taker="0.0004")]
    fees = FeeSchedule(maker="0.0002", taker="0.0005", tiers=tiers, rounding="half_up")
    expected = Instrument(
        **GOOD, **SPOT, maker_fee="0.0002", taker_fee="0.0005", fee_tiers=tiers, fee_rounding=4
    )
    assert Instrument(**GOOD, **SPOT, maker_fee=1).with_fees(fees) == expected
    assert expected.with_fees(FeeSchedule(maker=0, taker=0)).fee_tiers == ()
    for side in ("buyer", "seller"):
        with pytest.raises(GridError, match="must be the same of both sides"):
            expected.with_fees(FeeSchedule(maker=0, taker=0, **{side: "0.001"}))


@pytest.mark.parametrize("venue", presets.names())
def test_an_instrument_has_the_fees_and_the_margin_of_a_preset_or_says_why_not(venue: str) -> None:
    sections = presets.load(venue)
    if "fees" in sections:
        schedule = FeeSchedule.preset(venue)
        kind = SPOT if venue == "binance-spot" else LINEAR
        charged = Instrument(**GOOD, **kind).with_fees(schedule)
        assert (charged.taker_fee, charged.fee_currency) == (schedule.taker, schedule.currency)
    if "margin" not in sections:
        return
    instrument, margin = Instrument(**GOOD, **LINEAR), MarginSchedule.preset(venue)
    refused = REFUSED.get(venue, {})
    if refused:
        with pytest.raises(GridError) as caught:
            instrument.with_margin(margin)
        found = ", ".join(f"{name} {value}" for name, value in refused.items())
        assert str(caught.value) == (
            f"instrument 'BTC-USD': margin had {found}, which no engine follows here"
        )
    made = instrument.with_margin(margin, without=refused)
    assert [tier.floor for tier in made.margin_tiers] == [tier.floor for tier in margin.tiers[1:]]
    for name in (
        *("tier_mode", "initial_slope", "maintenance_slope", "open_loss", "value_rounding"),
        *("order_price", "order_price_buffer", "funding_in_maintenance"),
        *("open_interest_lower", "open_interest_upper"),
    ):
        assert getattr(made, name) == getattr(margin, name)
    assert made.value_basis == {"entry": "entry"}.get(margin.value_basis, "mark")
    assert made.initial_value_basis == made.value_basis
    for held, fee in (("maintenance", made.close_fee), ("initial", made.initial_close_fee)):
        is_held = not margin.close_fee_in or held in margin.close_fee_in
        assert fee == (margin.close_fee if is_held else CloseFee.NONE)
    assert initial_rate(made.initial_margin, made.max_leverage) == -(
        -margin.tiers[0].least_rate * 10**9 // 1
    )
    assert made.maintenance_margin == margin.maintenance_rate()


def test_no_margin_is_below_0() -> None:
    tiers = [MarginTier(max_leverage=20, maintenance_rate="0.01", deduction=5)]
    with pytest.raises(GridError, match=r"margin had a deduction of 5 in its first tier$"):
        Instrument(**GOOD, **LINEAR).with_margin(MarginSchedule(tiers=tiers))


def test_what_an_instrument_is_to_do_without_is_a_field_that_may_differ() -> None:
    margin = MarginSchedule.preset("okx")
    with pytest.raises(GridError, match=r"^without was 'fees', not one of 'netting', 'reduce_only"):
        Instrument(**GOOD, **LINEAR).with_margin(margin, without=["fees"])
