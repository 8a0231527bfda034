"""The richer terms of an instrument in decimals: notional, fee tiers, margin tiers, open loss."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from test_engine_accounts import ACCOUNTS, LISTING, OIL, balance, position, trade

from engine import (
    Engine,
    ExecType,
    FeeSchedule,
    FeeTier,
    Instrument,
    MarginSchedule,
    RejectReason,
)

D = Decimal


@pytest.fixture
def venue() -> Iterator[Engine]:
    """A venue with two accounts, of 10,000 dollars each; checked at the end."""
    venue = Engine(accounts=True)
    venue.add_listing(LISTING)
    for account in ACCOUNTS:
        venue.set_account(account)
        venue.deposit(account, "USD", 10_000)
    yield venue
    venue.mass_cancel()
    venue.check_invariants()
    assert len(venue) == 0


def test_an_order_is_worth_at_least_and_at_most_so_much(venue: Engine) -> None:
    venue.add_instrument(
        Instrument(
            symbol="ETH-USD",
            tick_size="0.01",
            lot_size="0.1",
            kind="linear",
            quote="USD",
            multiplier=10,
            max_leverage=10,
            min_notional="5.50",
            max_notional=1_000,
        )
    )
    order = {"side": "buy", "account": 1}
    refused = venue.submit("ETH-USD", price="5.49", quantity="0.1", **order)
    assert refused.reject_reason == RejectReason.VALUE_TOO_SMALL
    assert venue.submit("ETH-USD", price="5.50", quantity="0.1", **order).order_id
    assert venue.submit("ETH-USD", price=100, quantity=1, **order).order_id
    refused = venue.submit("ETH-USD", price="100.01", quantity=1, **order)
    assert refused.reject_reason == RejectReason.VALUE_TOO_LARGE
    venue.set_price("ETH-USD", "mark", 5)
    refused = venue.submit("ETH-USD", order_type="market", quantity="0.1", **order)
    assert refused.reject_reason == RejectReason.VALUE_TOO_SMALL


def test_an_account_pays_by_its_tier(venue: Engine) -> None:
    fees = FeeSchedule(
        maker="0.0002",
        taker="0.0005",
        rounding="up",
        tiers=[
            FeeTier(volume=10**6, maker="0.0001", taker="0.0004"),
            FeeTier(volume=10**7, maker="-0.00005", taker="0.0003"),
        ],
    )
    tiered = Instrument.from_dict(OIL.to_dict() | {"symbol": "GAS"}).with_fees(fees)
    venue.add_instrument(tiered)
    venue.set_account(1, tier=1)
    venue.set_account(2, tier=2)
    report = trade(venue, "GAS", 100, 1, buyer=1, seller=2)
    assert venue.fee_of(report) == D("0.40")  # of 1,000
    assert position(venue, "GAS", 2).fees == D("-0.05")
    venue.set_account(1, tier=3)
    assert venue.fee_of(trade(venue, "GAS", 100, 1, buyer=1, seller=2)) == D("0.50")


def test_an_order_must_find_what_it_would_lose_at_once(venue: Engine) -> None:
    """A lot at 10 is worth 100: it needs 5, and loses 90 at a mark of 1."""
    venue.add_instrument(
        Instrument.from_dict(OIL.to_dict() | {"symbol": "GAS", "taker_fee": "0", "open_loss": True})
    )
    venue.set_price("GAS", "mark", 1)
    order = {"side": "buy", "price": 10, "account": 1}
    refused = venue.submit("GAS", quantity=106, **order)
    assert refused.reject_reason == RejectReason.INSUFFICIENT_FUNDS
    assert venue.submit("GAS", quantity=105, **order).order_id
    assert balance(venue, 1, "USD").margin == 525


def test_a_larger_position_needs_more_of_its_value(venue: Engine) -> None:
    """Binance's tiers of BTCUSDT: to 50,000 at 125, to 600,000 at 100 times."""
    terms = {"symbol": "BTCUSDT", "tick_size": "0.1", "lot_size": "0.1", "quote": "USD"}
    plain = Instrument(**terms, kind="linear", max_leverage=1)
    venue.add_instrument(plain.with_margin(MarginSchedule.preset("binance-usdm")))
    order = {"side": "buy", "account": 1}
    venue.submit("BTCUSDT", price=50_000, quantity=1, **order)
    assert balance(venue, 1, "USD").margin == 400
    assert position(venue, "BTCUSDT", 1).initial_margin == D("0.008")
    assert venue.set_leverage("BTCUSDT", account=1, leverage=125).exec_type == ExecType.DONE
    venue.submit("BTCUSDT", price="10000.1", quantity=1, **order)
    assert balance(venue, 1, "USD").margin == D("600.01")  # 600.001, rounded up
    assert position(venue, "BTCUSDT", 1).initial_margin == D("0.01")
    refused = venue.set_leverage("BTCUSDT", account=1, leverage=125)
    assert refused.reject_reason == RejectReason.LEVERAGE_OUT_OF_RANGE
    assert venue.set_leverage("BTCUSDT", account=1, leverage=100).exec_type == ExecType.DONE
