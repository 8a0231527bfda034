"""Replace: validated first, then in place or as a new arrival, which may trade."""

from __future__ import annotations

from typing import Any

import pytest
from views import at, fills, ladder, other, queue, statuses

from engine import POST_ONLY, OrderStatus, RejectReason, ReplacePriority, ReportFlag, Side


def two_orders(book: Any, side: Side) -> None:
    """Rest order 1 before order 2, 10 lots each."""
    book.submit(side, at(side), 10, 1, 7, client_order_id=70)
    book.submit(side, at(side), 10, 2)


def test_smaller_quantity_at_the_same_price_keeps_the_place(book: Any, side: Side) -> None:
    two_orders(book, side)
    report = book.replace(1, at(side), 4)
    assert statuses(report) == ["REPLACED NEW"]
    assert (report.flags, report.leaves_quantity) == (ReportFlag.KEPT_PRIORITY, 4)
    assert queue(book, side) == [(1, 4), (2, 10)]


@pytest.mark.parametrize("quantity", [10, 11], ids=["same", "larger"])
def test_same_or_larger_quantity_at_the_same_price_goes_to_the_tail(
    book: Any, side: Side, quantity: int
) -> None:
    two_orders(book, side)
    report = book.replace(1, at(side), quantity)
    assert statuses(report) == ["REPLACED NEW"]
    assert report.flags == 0
    assert queue(book, side) == [(2, 10), (1, quantity)]


@pytest.mark.parametrize("ticks", [1, -1], ids=["better", "worse"])
@pytest.mark.parametrize("quantity", [4, 10, 11])
def test_another_price_loses_the_place(book: Any, side: Side, ticks: int, quantity: int) -> None:
    two_orders(book, side)
    book.submit(side, at(side, ticks), 10, 3)
    assert book.replace(1, at(side, ticks), quantity).flags == 0
    assert queue(book, side, at(side)) == [(2, 10)]
    assert queue(book, side, at(side, ticks)) == [(3, 10), (1, quantity)]


def test_back_at_the_old_price_the_old_place_is_gone(book: Any, side: Side) -> None:
    two_orders(book, side)
    book.replace(1, at(side, -1), 10)
    book.replace(1, at(side), 10)
    assert queue(book, side) == [(2, 10), (1, 10)]


def test_where_every_replace_loses_a_smaller_quantity_does_too(make_book: Any, side: Side) -> None:
    book = make_book(replace_priority=ReplacePriority.ALWAYS_LOSE)
    two_orders(book, side)
    report = book.replace(1, at(side), 4)
    assert (statuses(report), report.flags) == (["REPLACED NEW"], 0)
    assert queue(book, side) == [(2, 10), (1, 4)]


def test_where_every_replace_loses_a_reduce_still_keeps(make_book: Any, side: Side) -> None:
    book = make_book(replace_priority=ReplacePriority.ALWAYS_LOSE)
    two_orders(book, side)
    assert book.reduce(1, 6).flags == ReportFlag.KEPT_PRIORITY
    assert queue(book, side) == [(1, 4), (2, 10)]


def test_quantity_is_the_new_open_quantity_of_a_partly_filled_order(book: Any, side: Side) -> None:
    two_orders(book, side)
    book.submit(other(side), at(side), 3)
    report = book.replace(1, at(side), 6)
    assert statuses(report) == ["REPLACED PARTIALLY_FILLED"]
    assert (report.leaves_quantity, report.filled_quantity) == (6, 3)
    assert queue(book, side) == [(1, 6), (2, 10)]


def test_more_than_is_open_loses_the_place_even_below_the_first_quantity(
    book: Any, side: Side
) -> None:
    two_orders(book, side)
    book.submit(other(side), at(side), 3)
    assert book.replace(1, at(side), 8).flags == 0
    assert queue(book, side) == [(2, 10), (1, 8)]


def test_replace_into_the_other_side_trades_at_the_makers_prices(book: Any, side: Side) -> None:
    two_orders(book, side)
    book.submit(other(side), at(side, 1), 3, 3)
    book.submit(other(side), at(side, 2), 3, 4)
    report = book.replace(2, at(side, 2), 8, command_id=9)
    assert statuses(report) == [
        *("REPLACED NEW", "TRADE FILLED", "TRADE PARTIALLY_FILLED"),
        *("TRADE FILLED", "TRADE PARTIALLY_FILLED"),
    ]
    assert fills(report) == [(3, at(side, 1), 3), (4, at(side, 2), 3)]
    assert report.reports["command_id"].tolist() == [9] * 5
    assert queue(book, side) == [(2, 2), (1, 10)]
    assert ladder(book, other(side)) == []


def test_replace_that_fills_whole_is_gone(book: Any, side: Side) -> None:
    two_orders(book, side)
    book.submit(other(side), at(side, 1), 20, 3)
    report = book.replace(1, at(side, 1), 5)
    assert report.order_status == OrderStatus.FILLED
    assert (report.filled_quantity, report.leaves_quantity) == (5, 0)
    assert 1 not in book
    assert book.cancel(1).reject_reason == RejectReason.UNKNOWN_ORDER


def test_filled_lots_add_up_over_replaces(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1)
    book.submit(other(side), at(side), 4)
    book.submit(other(side), at(side, 2), 3, 3)
    report = book.replace(1, at(side, 2), 10)
    assert (report.filled_quantity, report.leaves_quantity) == (7, 7)
    assert book.replace(1, at(side), 2).filled_quantity == 7


def test_replaced_order_keeps_its_own_fields(book: Any, side: Side) -> None:
    two_orders(book, side)
    report = book.replace(1, at(side, 1), 5, account=99)
    assert (report.account, report.client_order_id, report.side) == (7, 70, side)
    assert (report.price, report.last_quantity, report.last_price) == (at(side, 1), 0, 0)


def test_post_only_stays_post_only_when_it_is_replaced(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, flags=POST_ONLY)
    book.submit(other(side), at(side, 2), 5, 2)
    before = book.state_hash()
    report = book.replace(1, at(side, 2), 5)
    assert report.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE
    assert book.state_hash() == before
    assert book.replace(1, at(side, 1), 5).reject_reason == RejectReason.NONE
    assert queue(book, side) == [(1, 5)]


def test_rejected_replace_keeps_queue_position(make_book: Any, side: Side) -> None:
    book = make_book(min_quantity=2, max_quantity=50)
    two_orders(book, side)
    for quantity in (-1, 0, 1, 51):
        book.replace(1, at(side, 1), quantity)
    assert queue(book, side) == [(1, 10), (2, 10)]


def test_replace_needs_no_room_for_another_order(make_book: Any, side: Side) -> None:
    book = make_book(max_orders=2)
    two_orders(book, side)
    assert book.replace(1, at(side, 1), 20).reject_reason == RejectReason.NONE
    assert queue(book, side) == [(1, 20), (2, 10)]


def test_replace_of_the_only_order_moves_its_price(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    book.replace(1, at(side, -9), 5)
    assert ladder(book, side) == [(at(side, -9), 5, 1)]


def test_order_count_and_lots_are_kept_through_replaces(book: Any, side: Side) -> None:
    two_orders(book, side)
    for price, quantity in ((1, 7), (0, 3), (0, 2), (-4, 12)):
        book.replace(1, at(side, price), quantity)
        assert sum(lots for _, lots in queue(book, side)) == 10 + quantity
        assert book.order_count(side) == 2
