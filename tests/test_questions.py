"""What a book answers, and that asking changes nothing."""

from __future__ import annotations

from typing import Any

from views import at, ladder, other, queue

from engine import (
    GTC,
    LIMIT,
    POST_ONLY,
    Side,
)


def test_depth_shows_prices_best_first(book: Any, side: Side) -> None:
    for order_id, ticks in enumerate((0, 3, 1, 3), start=1):
        book.submit(side, at(side, ticks), order_id, order_id)
    assert ladder(book, side) == [(at(side, 3), 6, 2), (at(side, 1), 3, 1), (at(side), 1, 1)]
    assert [len(levels) for levels in book.depth(2)] == [2, 0][:: 1 if side == Side.BUY else -1]
    assert [len(levels) for levels in book.depth(levels=0)] == [0, 0]


def test_depths_are_equal_that_show_the_same(book: Any, side: Side) -> None:
    empty = book.depth()
    first = book.submit(side, at(side), 10)
    one = book.depth()
    second = book.submit(side, at(side), 5)
    two = book.depth()
    book.cancel(second.order_id)
    assert book.depth() == one
    book.cancel(first.order_id)
    assert book.depth() == empty == (empty.bids, empty.asks)
    assert empty != one != two
    assert empty != "empty"


def test_queue_position_counts_what_stands_ahead(book: Any, side: Side) -> None:
    for order_id in (1, 2, 3):
        book.submit(side, at(side), 10 * order_id, order_id)
    book.submit(side, at(side, 1), 99, 4)
    assert book.queue_position(1) == (0, 0)
    assert book.queue_position(3) == (2, 30)
    book.submit(other(side), at(side), 104)
    assert book.queue_position(3).quantity_ahead == 25
    book.cancel(2)
    assert book.queue_position(3) == (1, 5)


def test_questions_about_an_order_that_is_not_there(book: Any) -> None:
    assert book.order(1) is None
    assert book.queue_position(1) is None
    assert 1 not in book


def test_questions_about_an_empty_book(book: Any, side: Side) -> None:
    assert (book.best_bid(), book.best_ask(), book.last_trade()) == (None, None, None)
    assert (len(book), book.order_count(side), queue(book, side)) == (0, 0, [])
    assert queue(book, side, at(side)) == []


def test_questions_change_nothing(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    before = book.state_hash()
    book.depth()
    book.orders(side)
    book.order(1)
    book.queue_position(1)
    book.check_invariants()
    assert book.state_hash() == before


def test_order_count_counts_sides_apart(book: Any, side: Side) -> None:
    book.submit(side, at(side), 1, 1)
    book.submit(side, at(side), 1, 2)
    book.submit(other(side), at(side, 1), 1, 3)
    assert (book.order_count(side), book.order_count(other(side)), book.order_count()) == (2, 1, 3)


def test_order_answers_with_all_that_was_given(book: Any, side: Side) -> None:
    book.submit(
        side, at(side), 5, 7, 3, client_order_id=4, flags=POST_ONLY, timestamp=6, command_id=8
    )
    order = book.order(7)
    assert (order.order_id, order.account, order.client_order_id, order.timestamp) == (7, 3, 4, 6)
    assert (order.side, order.order_type, order.time_in_force) == (side, LIMIT, GTC)
    assert (order.price, order.leaves_quantity, order.filled_quantity) == (at(side), 5, 0)
    assert (order.flags, order.instrument) == (POST_ONLY, 0)
