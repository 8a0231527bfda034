"""How orders meet: price, then time; what each kind of order does with what does not trade.

Every test runs on both implementations and for both sides: `side` is the side that rests, and
prices are written as ticks better or worse for a side (see `views.at`).
"""

from __future__ import annotations

from typing import Any

import pytest
from views import at, fills, ladder, other, queue, statuses

from engine import (
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    SLIDE,
    ExecType,
    OrderType,
    RejectReason,
    ReportFlag,
    Side,
    TimeInForce,
)

# -- price, then time


def test_best_price_fills_first(book: Any, side: Side) -> None:
    for order_id, ticks in ((1, 0), (2, 2), (3, 1)):
        book.submit(side, at(side, ticks), 5, order_id)
    report = book.submit(other(side), at(side, -3), 12)
    assert fills(report) == [(2, at(side, 2), 5), (3, at(side, 1), 5), (1, at(side, 0), 2)]


def test_first_come_first_filled_at_one_price(book: Any, side: Side) -> None:
    for order_id in (7, 3, 9, 1):
        book.submit(side, at(side), 5, order_id)
    report = book.submit(other(side), at(side), 17)
    assert fills(report) == [(7, at(side), 5), (3, at(side), 5), (9, at(side), 5), (1, at(side), 2)]
    assert queue(book, side) == [(1, 3)]


def test_trade_is_at_the_makers_price(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    report = book.submit(other(side), at(side, -10), 5, 2)
    assert fills(report) == [(1, at(side), 5)]
    assert report.last_price == at(side)
    assert report.price == at(side, -10)
    assert book.last_trade() == (at(side), 5)


def test_order_never_trades_beyond_its_limit(book: Any, side: Side) -> None:
    for order_id, ticks in ((1, 2), (2, 1), (3, 0)):
        book.submit(side, at(side, ticks), 5, order_id)
    report = book.submit(other(side), at(side, 1), 20, 4)
    assert fills(report) == [(1, at(side, 2), 5), (2, at(side, 1), 5)]
    assert queue(book, side) == [(3, 5)]
    assert queue(book, other(side)) == [(4, 10)]


def test_order_at_the_touch_trades(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    assert fills(book.submit(other(side), at(side), 1)) == [(1, at(side), 1)]


def test_order_one_tick_away_rests(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    report = book.submit(other(side), at(side, 1), 1, 2)
    assert statuses(report) == ["NEW NEW"]
    assert queue(book, other(side)) == [(2, 1)]


def test_partly_filled_maker_keeps_its_place(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1)
    book.submit(side, at(side), 10, 2)
    book.submit(other(side), at(side), 4)
    assert queue(book, side) == [(1, 6), (2, 10)]
    assert fills(book.submit(other(side), at(side), 7)) == [(1, at(side), 6), (2, at(side), 1)]


def test_filled_maker_and_its_price_are_gone(book: Any, side: Side) -> None:
    book.submit(side, at(side, 1), 5, 1)
    book.submit(side, at(side), 5, 2)
    book.submit(other(side), at(side, 1), 5)
    assert 1 not in book
    assert book.order(1) is None
    assert ladder(book, side) == [(at(side), 5, 1)]


def test_rest_of_a_limit_order_goes_to_the_tail_of_its_price(book: Any, side: Side) -> None:
    book.submit(other(side), at(other(side), -1), 3, 1)
    book.submit(other(side), at(other(side), -1), 3, 2)
    book.submit(side, at(side), 4, 3)
    report = book.submit(other(side), at(side), 9, 4)
    assert statuses(report) == ["NEW NEW", "TRADE FILLED", "TRADE PARTIALLY_FILLED"]
    assert queue(book, other(side), at(side)) == [(4, 5)]
    book.submit(other(side), at(side), 1, 5)
    assert queue(book, other(side)) == [(4, 5), (5, 1), (1, 3), (2, 3)]


def test_order_that_comes_from_a_price_twice_stands_behind(book: Any, side: Side) -> None:
    """A level that was emptied and filled again keeps no memory of the old queue."""
    book.submit(side, at(side), 5, 1)
    book.submit(other(side), at(side), 5)
    book.submit(side, at(side), 5, 2)
    book.submit(side, at(side), 5, 1)
    assert queue(book, side) == [(2, 5), (1, 5)]


def test_an_account_may_trade_with_itself(book: Any, side: Side) -> None:
    """The account is a label: self-trade prevention is off."""
    book.submit(side, at(side), 5, 1, 77)
    report = book.submit(other(side), at(side), 5, 2, 77)
    assert report.trades[["maker_account", "taker_account"]].tolist() == [(77, 77)]


# -- what each kind of order does: the rows are what rests against an order for 10 lots

NOTHING, PART, ALL, MORE = 0, 4, 10, 15
MATRIX = [
    # type, time in force, offered -> filled, reports of the order itself, lots left in the book
    (LIMIT, GTC, NOTHING, 0, ["NEW NEW"], 10),
    (LIMIT, GTC, PART, 4, ["NEW NEW", "TRADE PARTIALLY_FILLED"], 6),
    (LIMIT, GTC, ALL, 10, ["NEW NEW", "TRADE FILLED"], 0),
    (LIMIT, GTC, MORE, 10, ["NEW NEW", "TRADE FILLED"], 0),
    (LIMIT, IOC, NOTHING, 0, ["NEW NEW", "CANCELED CANCELED"], 0),
    (LIMIT, IOC, PART, 4, ["NEW NEW", "TRADE PARTIALLY_FILLED", "CANCELED CANCELED"], 0),
    (LIMIT, IOC, ALL, 10, ["NEW NEW", "TRADE FILLED"], 0),
    (LIMIT, IOC, MORE, 10, ["NEW NEW", "TRADE FILLED"], 0),
    (LIMIT, FOK, NOTHING, 0, ["REJECTED REJECTED"], 0),
    (LIMIT, FOK, PART, 0, ["REJECTED REJECTED"], 0),
    (LIMIT, FOK, ALL, 10, ["NEW NEW", "TRADE FILLED"], 0),
    (LIMIT, FOK, MORE, 10, ["NEW NEW", "TRADE FILLED"], 0),
    (MARKET, GTC, NOTHING, 0, ["NEW NEW", "CANCELED CANCELED"], 0),
    (MARKET, GTC, PART, 4, ["NEW NEW", "TRADE PARTIALLY_FILLED", "CANCELED CANCELED"], 0),
    (MARKET, GTC, ALL, 10, ["NEW NEW", "TRADE FILLED"], 0),
    (MARKET, IOC, NOTHING, 0, ["NEW NEW", "CANCELED CANCELED"], 0),
    (MARKET, IOC, PART, 4, ["NEW NEW", "TRADE PARTIALLY_FILLED", "CANCELED CANCELED"], 0),
    (MARKET, IOC, MORE, 10, ["NEW NEW", "TRADE FILLED"], 0),
    (MARKET, FOK, NOTHING, 0, ["REJECTED REJECTED"], 0),
    (MARKET, FOK, PART, 0, ["REJECTED REJECTED"], 0),
    (MARKET, FOK, ALL, 10, ["NEW NEW", "TRADE FILLED"], 0),
    (MARKET, FOK, MORE, 10, ["NEW NEW", "TRADE FILLED"], 0),
]


@pytest.mark.parametrize(
    ("order_type", "time_in_force", "offered", "filled", "expected", "rests"),
    MATRIX,
    ids=[f"{row[0].name} {row[1].name} against {row[2]}" for row in MATRIX],
)
def test_order_types_and_times_in_force(
    book: Any,
    side: Side,
    order_type: OrderType,
    time_in_force: TimeInForce,
    offered: int,
    filled: int,
    expected: list[str],
    rests: int,
) -> None:
    taker = other(side)
    if offered:
        book.submit(side, at(side), offered, 1)
    book.submit(side, at(side, -5), 99, 2)  # beyond the limit, within reach of a market order
    price = at(side) if order_type == LIMIT else 0
    if order_type == MARKET:
        book.cancel(2)
    report = book.submit(taker, price, 10, 3, order_type=order_type, time_in_force=time_in_force)
    own = report.reports["order_id"] == 3
    assert [text for text, is_own in zip(statuses(report), own, strict=True) if is_own] == expected
    assert report.filled_quantity == filled
    assert queue(book, taker) == ([(3, rests)] if rests else [])
    assert sum(quantity for _, _, quantity in fills(report)) == filled
    if expected[-1] == "CANCELED CANCELED":
        assert (report.last_quantity, report.leaves_quantity) == (10 - filled, 0)
        assert report.last_price == 0


def test_market_order_sweeps_every_price(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    book.submit(side, at(side, -50), 5, 2)
    report = book.submit(other(side), 0, 20, 3, order_type=MARKET)
    assert fills(report) == [(1, at(side), 5), (2, at(side, -50), 5)]
    assert report.price == 0
    assert len(book) == 0


def test_fok_counts_every_price_within_its_limit_and_none_beyond(book: Any, side: Side) -> None:
    for order_id, ticks in ((1, 2), (2, 1), (3, 0)):
        book.submit(side, at(side, ticks), 5, order_id)
    refused = book.submit(other(side), at(side, 1), 11, 4, time_in_force=FOK)
    assert refused.reject_reason == RejectReason.FOK_CANNOT_FILL
    assert queue(book, side) == [(1, 5), (2, 5), (3, 5)]
    filled = book.submit(other(side), at(side, 1), 10, 4, time_in_force=FOK)
    assert fills(filled) == [(1, at(side, 2), 5), (2, at(side, 1), 5)]


def test_post_only_rests_when_it_does_not_trade(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    report = book.submit(other(side), at(side, 1), 5, 2, flags=POST_ONLY)
    assert statuses(report) == ["NEW NEW"]
    assert report.order_flags == POST_ONLY


def test_post_only_with_slide_moves_to_one_tick_short_of_a_trade(book: Any, side: Side) -> None:
    for order_id, ticks in ((1, 2), (2, 0)):
        book.submit(side, at(side, ticks), 5, order_id)
    report = book.submit(other(side), at(side), 4, 3, flags=POST_ONLY | SLIDE)
    assert statuses(report) == ["NEW NEW", "RESTATED NEW"]
    assert report.reports["price"].tolist() == [at(side), at(side, 3)]
    assert queue(book, other(side), at(side, 3)) == [(3, 4)]
    book.cancel(1)
    report = book.replace(3, at(side), 4)
    assert statuses(report) == ["REPLACED NEW", "RESTATED NEW"]
    assert queue(book, other(side), at(side, 1)) == [(3, 4)]


def test_a_slide_out_of_bounds_is_refused(make_book: Any) -> None:
    book = make_book(min_price=1)
    book.submit(Side.SELL, 1, 5, 1)
    report = book.submit(Side.BUY, 3, 4, 2, flags=POST_ONLY | SLIDE)
    assert report.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE


def test_slide_is_of_post_only_orders(book: Any, side: Side) -> None:
    report = book.submit(side, at(side), 4, flags=SLIDE)
    assert report.reject_reason == RejectReason.SLIDE_WITHOUT_POST_ONLY


def test_post_only_is_refused_where_it_would_trade(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    for ticks in (0, -1):
        report = book.submit(other(side), at(side, ticks), 5, 2, flags=POST_ONLY)
        assert report.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE
    assert queue(book, side) == [(1, 5)]


def test_post_only_order_is_a_maker_like_any_other(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, flags=POST_ONLY)
    assert fills(book.submit(other(side), at(side), 2)) == [(1, at(side), 2)]
    assert book.order(1).flags == POST_ONLY


# -- cancel and reduce


@pytest.mark.parametrize(
    ("canceled", "left"), [(1, [2, 3, 4]), (2, [1, 3, 4]), (4, [1, 2, 3])], ids=str
)
def test_cancel_takes_out_that_order_and_no_other(
    book: Any, side: Side, canceled: int, left: list[int]
) -> None:
    for order_id in (1, 2, 3, 4):
        book.submit(side, at(side), order_id, order_id)
    report = book.cancel(canceled, command_id=55)
    assert statuses(report) == ["CANCELED CANCELED"]
    assert (report.order_id, report.side, report.price) == (canceled, side, at(side))
    assert (report.last_quantity, report.leaves_quantity, report.command_id) == (canceled, 0, 55)
    assert [order_id for order_id, _ in queue(book, side)] == left
    assert ladder(book, side) == [(at(side), 10 - canceled, 3)]


def test_cancel_of_a_partly_filled_order_cancels_what_is_open(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1)
    book.submit(other(side), at(side), 4)
    report = book.cancel(1)
    assert (report.last_quantity, report.filled_quantity, report.last_price) == (6, 4, 0)


def test_cancel_of_the_best_price_uncovers_the_next(book: Any, side: Side) -> None:
    book.submit(side, at(side, 3), 1, 1)
    book.submit(side, at(side), 1, 2)
    book.cancel(1)
    assert (book.best_bid() if side == Side.BUY else book.best_ask()) == at(side)
    assert fills(book.submit(other(side), at(side), 1)) == [(2, at(side), 1)]


def test_cancel_does_not_read_side_or_account(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, 8)
    report = book.cancel(1, account=9)
    assert (report.exec_type, report.account) == (ExecType.CANCELED, 8)


def test_reduce_keeps_the_place(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1)
    book.submit(side, at(side), 10, 2)
    report = book.reduce(1, 3)
    assert statuses(report) == ["REPLACED NEW"]
    assert (report.flags, report.leaves_quantity) == (ReportFlag.KEPT_PRIORITY, 7)
    assert queue(book, side) == [(1, 7), (2, 10)]


@pytest.mark.parametrize("quantity", [10, 11, 2**63 - 1])
def test_reduce_by_all_or_more_is_a_cancel(book: Any, side: Side, quantity: int) -> None:
    book.submit(side, at(side), 10, 1)
    report = book.reduce(1, quantity)
    assert statuses(report) == ["CANCELED CANCELED"]
    assert (report.last_quantity, len(book)) == (10, 0)


def test_reduce_of_a_partly_filled_order_leaves_what_it_filled(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1)
    book.submit(other(side), at(side), 4)
    report = book.reduce(1, 1)
    assert statuses(report) == ["REPLACED PARTIALLY_FILLED"]
    assert (report.leaves_quantity, report.filled_quantity) == (5, 4)


def test_reduce_may_go_below_the_minimum_quantity(make_book: Any, side: Side) -> None:
    book = make_book(min_quantity=5)
    book.submit(side, at(side), 6, 1)
    assert book.reduce(1, 3).leaves_quantity == 3
