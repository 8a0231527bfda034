"""The richer terms of an instrument in decimals: notional, fee tiers, margin tiers, open loss."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from test_engine_accounts import ACCOUNTS, LISTING, OIL, balance, position, trade

from engine import (
    Engine,
    ExecType,
    FeeSchedule,
    FeeTier,
    GridError,
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
    margin = MarginSchedule.preset("binance-usdm")
    venue.add_instrument(plain.with_margin(margin))
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


def test_a_position_is_kept_by_the_marginal_tiers_of_binance(venue: Engine) -> None:
    """The printed example: 12,000,001 at 2 % less 131,450 are 108,550.02."""
    terms = {"symbol": "BTCUSDT", "tick_size": "0.1", "lot_size": "0.1", "quote": "USD"}
    margin = MarginSchedule.preset("binance-usdm")
    plain = Instrument(**terms, kind="linear", max_leverage=1)
    venue.add_instrument(plain.with_margin(margin))
    for account in (1, 2):
        venue.deposit(account, "USD", 10**9)
    trade(venue, "BTCUSDT", "12000001", 1, buyer=1, seller=2)
    assert position(venue, "BTCUSDT", 1).maintenance == D("108550.02")
    assert position(venue, "BTCUSDT", 1).margin == D("480000.04")
    for mark in (50_000, 50_200, 600_000, 250_000_000):
        venue.set_price("BTCUSDT", "mark", mark)
        assert position(venue, "BTCUSDT", 1).maintenance == margin.maintenance_margin(mark)


def test_a_rate_grows_with_the_size_as_at_deribit(venue: Engine) -> None:
    """The printed examples: 25 BTC at 2.125 % are 53,125 at 100,000; 350 at 3.75 % 13.125 BTC."""
    terms = {"tick_size": "0.5", "lot_size": "0.1", "base": "BTC", "quote": "USD"}
    margin = {each: MarginSchedule.preset(f"deribit-{each}") for each in ("linear", "inverse")}
    for kind, schedule in margin.items():
        plain = Instrument(symbol=kind, kind=kind, max_leverage=1, **terms)
        venue.add_instrument(plain.with_margin(schedule))
    for account in (1, 2):
        venue.deposit(account, "USD", 10**9)
        venue.deposit(account, "BTC", 10**6)
    trade(venue, "linear", 100_000, 25, buyer=1, seller=2)
    assert position(venue, "linear", 1).margin == 53_125
    venue.set_price("linear", "mark", 100_000)
    assert position(venue, "linear", 1).maintenance == 28_125
    trade(venue, "inverse", 100_000, 35_000_000, buyer=1, seller=2)
    assert position(venue, "inverse", 1).margin == D("13.125")
    assert position(venue, "inverse", 1).initial_margin == D("0.0375")


def test_the_fee_to_close_is_kept_as_at_okx(venue: Engine) -> None:
    terms = {"symbol": "BTC", "tick_size": 1, "lot_size": 1, "quote": "USD", "max_leverage": 1}
    plain = Instrument(**terms, kind="linear", taker_fee="0.0005")
    venue.add_instrument(plain.with_margin(MarginSchedule.preset("okx")))
    for account in (1, 2):
        venue.deposit(account, "USD", 10**6)
    trade(venue, "BTC", 10_000, 1, buyer=1, seller=2)
    assert position(venue, "BTC", 1).maintenance == 40 + 5


def test_a_fee_of_spot_is_paid_in_what_is_received(venue: Engine) -> None:
    terms = {"symbol": "ETH", "tick_size": 10, "lot_size": "0.001", "kind": "spot"}
    plain = Instrument(**terms, base="BTC", quote="USD")
    venue.add_instrument(plain.with_fees(FeeSchedule.preset("binance-spot")))
    venue.deposit(1, "USD", 10**5)
    venue.deposit(2, "BTC", 1)
    report = trade(venue, "ETH", 50_000, 1, buyer=1, seller=2)
    assert venue.fee_of(report) == D("0.001")
    assert balance(venue, 1, "BTC").balance == D("0.999")
    assert (venue.house("BTC"), venue.house("USD")) == (D("0.001"), 50)


@pytest.mark.parametrize(
    ("kind", "slope", "message"),
    [
        ("linear", "1e-18", "initial_slope was 1/10000000000000000000 for a lot, must be up to 1"),
        ("inverse", "1e-12", "initial_slope was 1/100000000000000000000 for a unit, must be up to"),
        ("linear", 11, "initial_slope was 11/10 for a lot, must be up to 1 in steps of 1e-18"),
    ],
)
def test_a_slope_that_comes_to_no_whole_number_is_refused(
    venue: Engine, kind: str, slope: Any, message: str
) -> None:
    terms = {"symbol": "X", "tick_size": "0.5", "lot_size": "0.1", "base": "BTC", "quote": "USD"}
    slopes = {"tier_mode": "slope", "initial_slope": slope}
    with pytest.raises(GridError, match=message):
        venue.add_instrument(Instrument(**terms, **slopes, kind=kind, max_leverage=1))


def test_a_quanto_settles_in_a_currency_that_is_not_its_quote(venue: Engine) -> None:
    """A contract is worth 0.00001 BTC at a price of a dollar: 0.02 BTC at 2,000."""
    terms = {"symbol": "ETH", "tick_size": "0.05", "lot_size": 1, "kind": "linear", "quote": "USD"}
    quanto = Instrument(**terms, settle="BTC", multiplier="0.00001", max_leverage=10)
    venue.add_instrument(quanto)
    for account in (1, 2):
        venue.deposit(account, "BTC", 1)
    trade(venue, "ETH", 2_000, 5, buyer=1, seller=2)
    venue.set_price("ETH", "mark", 2_100)
    found = position(venue, "ETH", 1)
    assert (found.entry_value, found.entry_price) == (D("0.1"), 2_000)
    assert (found.margin, found.unrealized) == (D("0.01"), D("0.005"))
    trade(venue, "ETH", 2_100, 5, buyer=2, seller=1)
    assert balance(venue, 1, "BTC").balance == D("1.005")
    assert balance(venue, 1, "USD").balance == 10_000


def test_a_quanto_names_a_currency_that_there_is(venue: Engine) -> None:
    terms = {"symbol": "ETH", "tick_size": 1, "lot_size": 1, "kind": "linear", "quote": "USD"}
    with pytest.raises(GridError, match="settle was 'XRP', not one of 2 currencies added"):
        venue.add_instrument(Instrument(**terms, settle="XRP", max_leverage=10))
