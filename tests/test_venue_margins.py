"""An engine with a venue's margin requires what the venue's schedule says: to the unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_venue_terms import REFUSED

from engine import (
    Engine,
    ExecType,
    FeeSchedule,
    FundingSpec,
    Instrument,
    MarginSchedule,
    Side,
    calc,
    presets,
)

UNIT: Final = 1
TERMS: Final = {"symbol": "X", "tick_size": "0.1", "lot_size": "0.001", "max_leverage": 1}
LINEAR: Final = TERMS | {"kind": "linear", "quote": "USD", "multiplier": 10_000}
"""A lot is worth a unit a tick: whole units, in which the preset of dYdX counts."""
VENUES: Final = [name for name in presets.names() if "margin" in presets.load(name)]
TICKS: Final = st.integers(100, 10**6)
LOTS: Final = st.one_of(st.integers(1, 1_000), st.integers(1, 10**8))
MUCH: Final = 10**18


def schedule_of(venue: str) -> MarginSchedule:
    """Return a venue's margin in the engine's unit and rounding, without what it lacks."""
    fields = MarginSchedule.preset(venue).to_dict()
    for name in REFUSED.get(venue, {}):
        del fields[name]
    rounded = {"initial_rounding": "up", "maintenance_rounding": "up", "step": UNIT}
    return MarginSchedule.from_dict(fields | rounded)


def venue_with(instrument: Instrument) -> Engine:
    """Return a venue in which two accounts have much."""
    engine = Engine(accounts=True)
    engine.add_currency("USD", unit=UNIT)
    engine.add_instrument(instrument)
    for account in (1, 2):
        engine.set_account(account)
        engine.deposit(account, "USD", MUCH)
    return engine


def buy(engine: Engine, price: Decimal, quantity: Decimal) -> None:
    """Let account 1 buy from account 2."""
    engine.submit("X", side="sell", price=price, quantity=quantity, account=2)
    engine.submit("X", side="buy", price=price, quantity=quantity, account=1)


def margins(engine: Engine, account: int) -> tuple[Decimal, Decimal]:
    """Return what an account's position requires and is kept with, when nothing is open."""
    position = engine.account_position("X", account=account)
    assert position is not None
    assert engine.balance(account, "USD").margin == position.margin
    return position.margin, position.maintenance


def is_exact(schedule: MarginSchedule, **position: Decimal) -> bool:
    """Return whether its rates are whole billionths, in which an engine has them, and below 1."""
    worth = {name: position[name] for name in ("value", "size")}
    initial = schedule.initial_rate(**worth, open_interest=position["value"])
    rates = (initial, schedule.maintenance_rate(**worth))
    return all(rate <= 1 and rate * 10**9 % 1 == 0 for rate in rates)


def kept_with(schedule: MarginSchedule, **position: Any) -> Decimal:
    """Return the maintenance margin; one that is a part of another is rounded once."""
    found: Decimal = schedule.maintenance_margin(**position)
    if schedule.maintenance_fraction is None:
        return found
    rate = schedule.maintenance_rate(position["value"])
    once: Decimal = calc.maintenance_margin(position["value"], rate, step=UNIT)
    assert found - 1 <= once <= found
    return once


@pytest.mark.parametrize("venue", VENUES)
@settings(max_examples=10, deadline=None)
@given(entry=TICKS, mark=TICKS, lots=LOTS)
def test_margins_are_those_of_the_schedule(venue: str, entry: int, mark: int, lots: int) -> None:
    """One buys of another what is all that is open then."""
    schedule = schedule_of(venue)
    instrument = Instrument(**LINEAR).with_margin(
        MarginSchedule.preset(venue), without=REFUSED.get(venue, {})
    )
    quantity = instrument.to_quantity(lots)
    price = instrument.to_price(entry if schedule.value_basis == "entry" else mark)
    size = quantity * instrument.multiplier
    value = price * size
    assume(is_exact(schedule, value=value, size=size))
    engine = venue_with(instrument)
    buy(engine, instrument.to_price(entry), quantity)
    engine.set_price("X", "mark", instrument.to_price(mark))
    expected = (
        schedule.initial_margin(value, size=size, open_interest=value),
        kept_with(schedule, value=value, size=size),
    )
    assert margins(engine, 1) == margins(engine, 2) == expected
    engine.check_invariants()


@pytest.mark.parametrize("venue", VENUES)
@settings(max_examples=5, deadline=None)
@given(entry=TICKS, lots=LOTS, rate=st.integers(0, 10**6))
def test_margins_with_fees_are_those_of_the_schedule(
    venue: str, entry: int, lots: int, rate: int
) -> None:
    """At the price of entry, of which all fees to close are then."""
    schedule, taker = schedule_of(venue), Decimal(rate).scaleb(-9)
    instrument = Instrument(**LINEAR).with_margin(
        MarginSchedule.preset(venue), without=REFUSED.get(venue, {})
    )
    instrument = instrument.with_fees(FeeSchedule(maker=0, taker=taker))
    quantity, price = instrument.to_quantity(lots), instrument.to_price(entry)
    size = quantity * instrument.multiplier
    value = price * size
    assume(is_exact(schedule, value=value, size=size))
    engine = venue_with(instrument)
    buy(engine, price, quantity)
    engine.set_price("X", "mark", price)
    for account, side in ((1, Side.BUY), (2, Side.SELL)):
        of_fee: dict[str, Any] = {"size": size, "side": side, "fee_rate": taker}
        fee = schedule.close_fee_of(value, **of_fee)
        beside = 0 if schedule.close_fee_in else fee
        initial = schedule.initial_margin(value, **of_fee, open_interest=value)
        kept = kept_with(schedule, value=value, **of_fee)
        assert margins(engine, account) == (initial + beside, kept + beside)
    engine.check_invariants()


@settings(max_examples=15, deadline=None)
@given(entry=TICKS, mark=TICKS, lots=LOTS, rate=st.integers(-(10**7), 10**7))
def test_the_next_funding_is_held_as_bitmex_has_it(
    entry: int, mark: int, lots: int, rate: int
) -> None:
    schedule, told = schedule_of("bitmex-linear"), Decimal(rate).scaleb(-9)
    funding = FundingSpec(premium="mark", rate_period=28_800, cap="0.01", interest_per_day=0)
    instrument = Instrument(**LINEAR, funding=funding)
    instrument = instrument.with_margin(MarginSchedule.preset("bitmex-linear"))
    quantity = instrument.to_quantity(lots)
    value = instrument.to_price(entry) * quantity * instrument.multiplier
    engine = venue_with(instrument)
    buy(engine, instrument.to_price(entry), quantity)
    engine.set_price("X", "mark", instrument.to_price(mark))
    assert engine.fund("X", rate=told).exec_type == ExecType.DONE
    for account, side in ((1, 1), (2, -1)):
        paid = max(Decimal(0), side * told)
        assert margins(engine, account)[1] == schedule.maintenance_margin(value, funding_rate=paid)
