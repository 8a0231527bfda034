"""At which prices an order counts that comes in: its own, those of its trades, or the market's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import pytest
from banking import (
    ALICE,
    BOB,
    BTC,
    CAROL,
    INVERSE,
    LINEAR,
    PERCENT,
    USD,
    deposit,
    instrument,
    set_mark,
    trade,
    withdraw,
)

from engine import BUY, IOC, MARKET, SELL, OrderPrice, OrderType, Phase, RejectReason, Side, calc

R = RejectReason
RAISED: Final = {"order_price": OrderPrice.MAX_LAST_MARK, "order_price_buffer": 10 * PERCENT}
AT_TRADES: Final = {"order_price": OrderPrice.EXECUTION}
AT_MARKET: Final = {"order_type": MARKET, "time_in_force": IOC}


def bank(make_bank: Any, contract: dict[str, Any]) -> Any:
    """Return an engine in which Alice and Bob have much, and Carol nothing yet."""
    core = make_bank(instrument(contract))
    for account in (ALICE, BOB):
        deposit(core, account, {USD: 10**12, BTC: 10**12})
    deposit(core, CAROL, {})
    return core


def reason(core: Any, side: Side, price: int, quantity: int, **order: Any) -> R:
    found: R = core.book(0).submit(side, price, quantity, account=CAROL, **order).reject_reason
    return found


def must_have(core: Any, needed: int, *order: Any, currency: int = USD, **fields: Any) -> None:
    """Let Carol send an order with a unit less than it needs, and with that."""
    deposit(core, CAROL, {currency: needed})
    assert withdraw(core, CAROL, currency, 1) == R.NONE
    assert reason(core, *order, **fields) == R.INSUFFICIENT_FUNDS
    deposit(core, CAROL, {currency: 1})
    assert reason(core, *order, **fields) == R.NONE


def offer(core: Any, side: Side, *prices: int, quantity: int = 5) -> None:
    """Let Bob have so much at each price."""
    for price in prices:
        order = core.book(0).submit(side, price, quantity, account=BOB)
        assert order.reject_reason == R.NONE


# -- no lower than the last price and the mark


@pytest.mark.parametrize(
    ("last", "mark", "counts_at"),
    [
        (120, 110, 132),
        (125, 110, 138),  # 137.5, rounded up
        (120, 140, 140),
        (80, 90, 100),
        (None, 90, 100),
        (None, 140, 140),
        (120, None, 132),
        (None, None, 100),
    ],
)
def test_a_seller_at_market_counts_no_lower_than_last_price_and_mark(
    make_bank: Any, last: int | None, mark: int | None, counts_at: int
) -> None:
    core = bank(make_bank, LINEAR | RAISED)
    if last is not None:
        trade(core, ALICE, BOB, 1, last)
    if mark is not None:
        set_mark(core, mark)
    offer(core, BUY, 100, quantity=10)
    must_have(core, counts_at, SELL, 0, 10, **AT_MARKET)
    assert core.balance(CAROL, USD).margin == 100  # as its trades are


def test_each_trade_of_a_seller_counts_at_its_price_where_that_is_higher(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR | RAISED)
    set_mark(core, 100)
    offer(core, BUY, 120, 90)
    must_have(core, 110, SELL, 0, 10, **AT_MARKET)


def test_a_market_to_limit_seller_counts_so_with_all_its_lots(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR | RAISED)
    set_mark(core, 150)
    offer(core, BUY, 100)
    must_have(core, 150, SELL, 0, 10, order_type=OrderType.MARKET_TO_LIMIT)
    assert core.balance(CAROL, USD).margin == 100


@pytest.mark.parametrize(
    ("contract", "side", "order", "needed"),
    [
        (LINEAR, SELL, {"price": 100}, 100),
        (LINEAR, BUY, {"price": 0, **AT_MARKET}, 100),
        (INVERSE, SELL, {"price": 0, **AT_MARKET}, 10),
    ],
    ids=["seller with a limit", "buyer", "inverse"],
)
def test_others_count_at_their_limits_and_trades(
    make_bank: Any, contract: dict[str, Any], side: Side, order: dict[str, Any], needed: int
) -> None:
    core = bank(make_bank, contract | RAISED)
    trade(core, ALICE, BOB, 1, 150)
    set_mark(core, 160)
    offer(core, Side(-side), 100, quantity=10)
    fields = dict(order)
    must_have(core, needed, side, fields.pop("price"), 10, currency=contract["settle"], **fields)


def test_a_seller_counts_where_binance_has_it(make_bank: Any) -> None:
    """The higher one of 9,258.99 and 0.15 %, and 9,259.84; at 20 times, without an open loss."""
    terms = {"initial_rate": 5 * PERCENT, "order_price_buffer": 1_500_000, "open_loss": 1}
    core = bank(make_bank, LINEAR | RAISED | terms)
    trade(core, ALICE, BOB, 1, 9_258_990_000)
    set_mark(core, 9_259_840_000)
    offer(core, BUY, 9_253_300_000, quantity=1)
    prices = {"mark_price": "9259.84", "last_price": "9258.99", "buffer": "0.0015"}
    price = calc.assumed_price("sell", "9253.3", **prices)
    assert price == Decimal("9272.878485")
    needed = calc.initial_margin(price, leverage=20, step="0.000001")
    must_have(core, int(needed * 10**6), SELL, 0, 1, **AT_MARKET)


# -- at the prices of its trades


def test_an_order_counts_at_its_trades_and_what_is_left_at_its_limit(make_bank: Any) -> None:
    """Nekuti's example: 2 at 50,000 and 2 at 50,100 at 1 %; and one more at 51,000."""
    core = bank(make_bank, LINEAR | AT_TRADES | {"initial_rate": PERCENT})
    offer(core, SELL, 50_000, 50_100, quantity=2)
    must_have(core, 2_002 + 510, BUY, 51_000, 5)
    assert core.balance(CAROL, USD).free == 0
    assert core.balance(CAROL, USD).margin == 2_002 + 510


@pytest.mark.parametrize(("contract", "needed"), [(LINEAR, 50), (LINEAR | AT_TRADES, 105)])
def test_a_seller_with_a_low_limit_counts_at_what_it_is_paid(
    make_bank: Any, contract: dict[str, Any], needed: int
) -> None:
    core = bank(make_bank, contract)
    offer(core, BUY, 110, 100)
    must_have(core, needed, SELL, 50, 10)
    assert core.balance(CAROL, USD).margin == 105


def test_what_does_not_trade_counts_at_its_limit(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | AT_TRADES)
    offer(core, Side(-side), 100 + 10 * side)
    must_have(core, 100, side, 100, 10, order_id=7)
    # Another replaces it, which needs more for more lots only.
    deposit(core, CAROL, {USD: 50})
    assert core.book(0).replace(7, 100, 16, account=CAROL).reject_reason == R.INSUFFICIENT_FUNDS
    assert core.book(0).replace(7, 100, 15, account=CAROL).reject_reason == R.NONE


def test_in_a_call_an_order_counts_at_its_limit(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR | AT_TRADES)
    core.book(0).set_phase(Phase.OPENING_CALL)
    offer(core, BUY, 110)
    must_have(core, 50, SELL, 100, 5)


def test_a_replaced_order_counts_at_the_trades_that_it_would_do(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR | AT_TRADES)
    offer(core, BUY, 110)
    deposit(core, CAROL, {USD: 60})
    assert reason(core, SELL, 120, 5, order_id=7) == R.NONE
    assert core.book(0).replace(7, 60, 6, account=CAROL).reject_reason == R.INSUFFICIENT_FUNDS
    assert core.book(0).replace(7, 50, 6, account=CAROL).reject_reason == R.NONE
    assert core.balance(CAROL, USD).margin == 60
