"""Limits, switches and rates in decimals: what goes in, what comes out, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine import (
    AccountExposure,
    CommandError,
    Engine,
    GridError,
    Instrument,
    Limit,
    RateLimit,
    UnknownCurrencyError,
    UnknownSymbolError,
)

COINS = Instrument(
    symbol="BTC-USD", tick_size="0.01", lot_size=1, kind="spot", base="BTC", quote="USD"
)
SWAP = Instrument(
    symbol="OIL", tick_size="0.05", lot_size=10, kind="linear", quote="USD", max_leverage=20
)
INVERSE = Instrument(
    symbol="BTC-PERP",
    tick_size="0.5",
    lot_size=1,
    kind="inverse",
    base="BTC",
    quote="USD",
    multiplier=100,
    max_leverage=20,
)
ALICE, BOB = 3, 4
WHERE: dict[Limit, dict[str, str]] = {
    Limit.ORDER_QUANTITY: {"symbol": "OIL"},
    Limit.ORDER_VALUE: {"symbol": "OIL"},
    Limit.OPEN_ORDERS: {},
    Limit.PRICE_DISTANCE: {"symbol": "OIL"},
    Limit.DUPLICATE_WINDOW: {},
    Limit.POSITION: {"symbol": "OIL"},
    Limit.NET_EXPOSURE: {"currency": "USD"},
    Limit.GROSS_EXPOSURE: {"currency": "USD"},
    Limit.DAILY_LOSS: {"currency": "USD"},
    Limit.DRAWDOWN: {"currency": "USD"},
}
STEPS = {
    Limit.ORDER_QUANTITY: "10",
    Limit.ORDER_VALUE: "0.01",
    Limit.OPEN_ORDERS: "1",
    Limit.PRICE_DISTANCE: "0.000001",
    Limit.DUPLICATE_WINDOW: "0.000000001",
    Limit.POSITION: "10",
    Limit.NET_EXPOSURE: "0.01",
    Limit.GROSS_EXPOSURE: "0.01",
    Limit.DAILY_LOSS: "0.01",
    Limit.DRAWDOWN: "0.01",
}


@pytest.fixture
def venue() -> Engine:
    """Return a venue in which two accounts have all that they can need."""
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.01")
    venue.add_currency("BTC", unit="1e-8")
    for instrument in (COINS, SWAP, INVERSE):
        venue.add_instrument(instrument)
    for account in (ALICE, BOB):
        venue.set_account(account)
        venue.deposit(account, "USD", 10**9)
        venue.deposit(account, "BTC", 10**6)
    return venue


def reason(venue: Engine, symbol: str = "OIL", account: int = ALICE, **order: Any) -> str:
    """Submit an order to buy and return why it was refused."""
    report = venue.submit(symbol, **{"side": "buy", "account": account} | order)
    return report.reject_reason.name


# -- limits


@pytest.mark.parametrize("limit", Limit, ids=lambda limit: limit.name)
def test_a_limit_comes_back_in_its_own_steps(venue: Engine, limit: Limit) -> None:
    step, where = Decimal(STEPS[limit]), WHERE[limit]
    assert venue.limit(ALICE, limit, **where) is None
    venue.set_default_limit(limit.name, 3 * step, **where)
    venue.set_limit(ALICE, limit.name.lower(), str(7 * step), **where)
    found = [venue.limit(account, limit, **where) for account in (ALICE, BOB, 99)]
    assert found == [7 * step, 3 * step, None]
    venue.set_limit(ALICE, limit, None, **where)
    assert venue.limit(ALICE, limit, **where) == 3 * step
    venue.set_default_limit(limit, None, **where)
    assert venue.limit(ALICE, limit, **where) is None


@pytest.mark.parametrize("limit", Limit, ids=lambda limit: limit.name)
def test_a_limit_off_its_steps_or_below_zero_is_refused(venue: Engine, limit: Limit) -> None:
    step, where = Decimal(STEPS[limit]), WHERE[limit]
    before = venue.state_hash()
    name = limit.name.lower()
    with pytest.raises(GridError, match=f"^{name}: value was .*, not on the grid of "):
        venue.set_limit(ALICE, limit, step / 2, **where)
    for value in (-step, -5 * step):
        with pytest.raises(GridError, match=f"^{name} was .*, must be 0 or more, or None for no"):
            venue.set_limit(ALICE, limit, value, **where)
        with pytest.raises(GridError, match="must be 0 or more"):
            venue.set_default_limit(limit, value, **where)
    with pytest.raises(GridError, match=f"^{name}: value was 1E[+]30, outside "):
        venue.set_limit(ALICE, limit, Decimal("1e30"), **where)
    assert venue.state_hash() == before


@pytest.mark.parametrize("limit", Limit, ids=lambda limit: limit.name)
def test_a_limit_is_told_what_it_is_of_and_nothing_else(venue: Engine, limit: Limit) -> None:
    name, where = limit.name.lower(), WHERE[limit]
    names = {"symbol": "OIL", "currency": "USD"}
    for field in names.keys() - where.keys():
        with pytest.raises(CommandError, match=f"^{name} is a limit of an? .*{field} was '"):
            venue.set_limit(ALICE, limit, 0, **where, **{field: names[field]})
    if where:
        with pytest.raises(CommandError, match=f"^{name} is a limit of an? .*, and none was named"):
            venue.limit(ALICE, limit)


def test_the_value_of_an_order_is_in_what_settles_it(venue: Engine) -> None:
    venue.set_default_limit("order_value", "20.05", symbol="BTC-USD")
    assert reason(venue, "BTC-USD", price="20.05", quantity=1) == "NONE"
    assert reason(venue, "BTC-USD", price="20.06", quantity=1) == "ORDER_VALUE_LIMIT"
    venue.set_default_limit("order_value", "0.01", symbol="BTC-PERP")
    assert reason(venue, "BTC-PERP", price=50_000, quantity=5) == "NONE"
    assert reason(venue, "BTC-PERP", price="49999.5", quantity=5) == "ORDER_VALUE_LIMIT"


def test_a_distance_is_a_part_of_the_price(venue: Engine) -> None:
    venue.set_price("OIL", "mark", 100)
    venue.set_limit(ALICE, "price_distance", "0.05", symbol="OIL")
    assert reason(venue, price=105, quantity=10) == "NONE"
    assert reason(venue, price="105.05", quantity=10) == "PRICE_TOO_FAR"
    assert reason(venue, account=BOB, price="105.05", quantity=10) == "NONE"


def test_a_window_is_in_seconds(venue: Engine) -> None:
    venue.set_limit(ALICE, "duplicate_window", 0.5)
    order = {"price": 100, "quantity": 10}
    assert reason(venue, timestamp=1, **order) == "NONE"
    assert reason(venue, timestamp=500_000_000, **order) == "DUPLICATE_ORDER"
    assert reason(venue, timestamp=500_000_001, **order) == "NONE"


def test_an_exposure_and_open_orders_are_told(venue: Engine) -> None:
    venue.submit("OIL", side="sell", price="20.05", quantity=30, account=BOB)
    assert reason(venue, price="20.05", quantity=50) == "NONE"
    venue.set_price("OIL", "mark", "20.00")
    amounts = ("1002.50", "601.50", "1002.50", "0.00", "1.50", "1.50")
    assert venue.exposure(ALICE, "USD") == AccountExposure(*map(Decimal, amounts))
    assert venue.exposure(99, "USD") is None
    assert [venue.open_orders(account) for account in (ALICE, BOB, 99)] == [1, 0, 0]


def test_unknown_names_are_refused(venue: Engine) -> None:
    with pytest.raises(CommandError, match=r"^limit was 'turnover', not one of 'order_quantity', "):
        venue.set_limit(ALICE, "turnover", 1)
    with pytest.raises(CommandError, match=r"^limit was 'turnover', not one of 'orders_per_ten_s"):
        venue.set_rate("turnover", 1)
    with pytest.raises(CommandError, match=r"^kind was 'turnover', not one of 'order', 'cancel', "):
        venue.rate(ALICE, "turnover")
    with pytest.raises(UnknownSymbolError, match=r"^symbol was 'OLI'"):
        venue.set_limit(ALICE, "position", 10, symbol="OLI")
    with pytest.raises(UnknownSymbolError, match=r"^symbol was 'OLI'"):
        venue.switch_off(symbol="OLI")
    with pytest.raises(UnknownCurrencyError, match=r"^currency was 'EUR'"):
        venue.limit(ALICE, "drawdown", currency="EUR")
    with pytest.raises(UnknownCurrencyError, match=r"^currency was 'EUR'"):
        venue.exposure(ALICE, "EUR")
    with pytest.raises(OverflowError, match=r"^account was -1, outside 0 to "):
        venue.set_limit(-1, "open_orders", 1)
    with pytest.raises(OverflowError, match=r"^tier was -1, outside 0 to "):
        venue.set_rate("orders_per_day", 1, tier=-1)
    assert venue.set_rate("orders_per_day", 1, tier=256).reject_reason.name == "AMOUNT_OUT_OF_RANGE"


def test_a_venue_without_accounts_refuses_limits_as_of_nobody() -> None:
    venue = Engine()
    venue.add_instrument(SWAP)
    for report in (
        venue.set_limit(ALICE, "open_orders", 1),
        venue.set_default_limit("position", 10, symbol="OIL"),
        venue.set_rate("orders_per_minute", 1),
        venue.switch_off(),
        venue.switch_on(symbol="OIL"),
    ):
        assert report.reject_reason.name == "UNKNOWN_ACCOUNT"
    with pytest.raises(
        CommandError, match=r"^limit was 'order_value', in a currency, of a venue that"
    ):
        venue.set_default_limit("order_value", 1, symbol="OIL")
    assert venue.limit(ALICE, "open_orders") is None
    assert venue.rate_limit("orders_per_minute") is None
    assert (venue.open_orders(ALICE), venue.is_enabled("OIL", account=ALICE)) == (0, False)


# -- switches


@pytest.mark.parametrize(
    "words", [{}, {"account": ALICE}, {"group": 5}, {"symbol": "OIL"}], ids=str
)
def test_a_switch_turns_off_what_it_is_for(venue: Engine, words: dict[str, Any]) -> None:
    venue.set_account(ALICE, group=5)
    order = {"price": 100, "quantity": 10}
    assert reason(venue, **order) == "NONE"
    report = venue.switch_off(**words)
    assert (report.exec_type.name, report.last_quantity) == ("DONE", 1)
    assert reason(venue, **order) == "TRADING_DISABLED"
    is_only_hers = words.keys() <= {"account", "group"} and bool(words)
    assert venue.is_enabled("OIL", account=BOB) is is_only_hers
    assert venue.is_enabled("OIL", account=ALICE) is False
    assert venue.switch_on(**words).exec_type.name == "DONE"
    assert reason(venue, **order) == "NONE"


def test_a_switch_may_leave_the_orders(venue: Engine) -> None:
    assert reason(venue, price=100, quantity=10, order_id=8) == "NONE"
    assert venue.switch_off(keep_orders=True).last_quantity == 0
    assert venue.cancel(8, account=ALICE).exec_type.name == "CANCELED"


def test_a_switch_is_for_one_thing(venue: Engine) -> None:
    with pytest.raises(CommandError, match=r"^account and symbol were given, a switch is for one"):
        venue.switch_off(account=0, symbol="OIL")
    with pytest.raises(CommandError, match=r"^account and group and symbol were given"):
        venue.switch_on(account=ALICE, group=0, symbol="OIL")
    assert venue.is_enabled("OIL", account=ALICE)


# -- rates


@pytest.mark.parametrize("limit", RateLimit, ids=lambda limit: limit.name)
def test_a_rate_comes_back_as_it_was_set(venue: Engine, limit: RateLimit) -> None:
    step = Decimal("0.000001") if limit == RateLimit.FACTOR else Decimal(1)
    assert venue.rate_limit(limit, tier=7) is None
    assert venue.set_rate(limit, 12 * step, tier=7).exec_type.name == "DONE"
    assert venue.rate_limit(limit.name.lower(), tier=7) == 12 * step
    assert venue.rate_limit(limit) is None
    assert venue.set_rate(limit, 10_000_001 * step).reject_reason.name == "LIMIT_OUT_OF_RANGE"
    with pytest.raises(GridError, match="not on the grid of "):
        venue.set_rate(limit, step / 2)
    with pytest.raises(GridError, match="must be 0 or more, or None for no limit"):
        venue.set_rate(limit, -step)
    assert venue.set_rate(limit, None, tier=7).exec_type.name == "DONE"
    assert venue.rate_limit(limit, tier=7) is None


def test_a_rate_limits_the_accounts_of_its_tier(venue: Engine) -> None:
    venue.set_account(ALICE, tier=2)
    venue.set_rate("orders_per_minute", 3, tier=2)
    venue.set_rate("factor", "0.5", tier=2)
    order = {"price": 100, "quantity": 10}
    assert [reason(venue, **order) for _ in range(2)] == ["NONE", "RATE_LIMITED"]
    assert [reason(venue, account=BOB, **order) for _ in range(2)] == ["NONE", "NONE"]
    answer = venue.rate(ALICE, "order")
    assert answer is not None
    assert (answer.allowed, answer.retry_after, answer.remaining) == (False, 60 * 10**9, 0)
    assert venue.rate(99, "order") is None
