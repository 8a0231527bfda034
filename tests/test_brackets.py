"""One triggers other; and brackets, whose two exits wait for their entry."""

from __future__ import annotations

from typing import Any

import pytest
from linking import KEPT, LINKED, NONE, WAITING, advance, bracket, told, wait_for, waiting
from views import at, fills, other, queue

from engine import (
    FOK,
    GTD,
    IOC,
    MARKET,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
    ExecType,
    OrderState,
    RejectReason,
    Side,
    TriggerSource,
)

# -- one triggers other


def test_a_child_enters_when_its_parent_is_filled(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    report = wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    assert told(report) == [(2, "NEW", WAITING, 5)]
    assert (waiting(book), book.detail(2).state) == ([2], OrderState.UNRELEASED)
    assert (book.detail(2).linked_order_id, report.last_price) == (1, 0)
    report = book.submit(other(side), at(side), 5, 3)
    assert told(report)[1:] == [
        (1, "TRADE", NONE, 0),
        (3, "TRADE", NONE, 0),
        (2, "TRIGGERED", NONE, 5),
    ]
    assert queue(book, other(side)) == [(2, 5)]


def test_a_fill_of_a_part_releases_nothing(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    report = book.submit(other(side), at(side), 2, 3)
    assert "TRIGGERED" not in [event for _, event, _, _ in told(report)]
    assert (waiting(book), queue(book, side)) == ([2], [(1, 3)])


def test_a_parent_that_is_canceled_releases_what_it_traded(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    book.submit(other(side), at(side), 2, 3)
    assert told(book.cancel(1)) == [(1, "CANCELED", NONE, 0), (2, "TRIGGERED", NONE, 2)]
    assert queue(book, other(side)) == [(2, 2)]


def test_a_child_has_no_more_than_it_asked_for(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    wait_for(book, other(side), at(side, 5), 3, 2, linked_order_id=1)
    assert told(book.submit(other(side), at(side), 5, 3))[-1] == (2, "TRIGGERED", NONE, 3)


@pytest.mark.parametrize("way", ["cancel", "reduce"])
def test_a_parent_that_never_traded_cancels_its_children(book: Any, side: Side, way: str) -> None:
    book.submit(side, at(side), 5, 1)
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    wait_for(book, other(side), at(side, 6), 5, 3, linked_order_id=1)
    report = book.cancel(1) if way == "cancel" else book.reduce(1, 5)
    assert told(report) == [
        (1, "CANCELED", NONE, 0),
        (2, "CANCELED", WAITING | LINKED, 0),
        (3, "CANCELED", WAITING | LINKED, 0),
    ]


@pytest.mark.parametrize(("lots", "event"), [(0, "CANCELED"), (2, "TRIGGERED")])
def test_a_parent_that_expires(book: Any, side: Side, lots: int, event: str) -> None:
    book.submit(side, at(side), 5, 1, time_in_force=GTD, expiry=100)
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    if lots:
        book.submit(other(side), at(side), lots, 3)
    flags = NONE if lots else WAITING | LINKED
    assert told(advance(book, 100)) == [
        (1, "EXPIRED", NONE, 0),
        (2, event, flags, lots),
        (0, "DONE", NONE, 0),
    ]


def test_children_may_come_before_their_parent(book: Any, side: Side) -> None:
    """The parent fills as it comes in, and they enter after it, by age."""
    wait_for(book, other(side), at(side, 6), 5, 2, linked_order_id=1)
    wait_for(book, other(side), at(side, 5), 5, 3, linked_order_id=1)
    book.submit(other(side), at(side), 5, 4)
    report = book.submit(side, at(side), 5, 1)
    assert told(report) == [
        (1, "NEW", NONE, 5),
        (4, "TRADE", NONE, 0),
        (1, "TRADE", NONE, 0),
        (2, "TRIGGERED", NONE, 5),
        (3, "TRIGGERED", NONE, 5),
    ]
    assert report.order_id == 1
    assert queue(book, other(side)) == [(3, 5), (2, 5)]


@pytest.mark.parametrize("fields", [{"time_in_force": IOC}, {"order_type": MARKET}])
def test_a_parent_that_never_rests_releases_what_it_traded(
    book: Any, side: Side, fields: dict[str, int]
) -> None:
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    book.submit(other(side), at(side), 3, 4)
    price = 0 if "order_type" in fields else at(side)
    report = book.submit(side, price, 5, 1, **fields)
    assert told(report)[-2:] == [(1, "CANCELED", NONE, 0), (2, "TRIGGERED", NONE, 3)]


def test_a_parent_that_finds_nothing_cancels_its_children(book: Any, side: Side) -> None:
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    report = book.submit(side, at(side), 5, 1, time_in_force=IOC)
    assert told(report) == [
        (1, "NEW", NONE, 5),
        (1, "CANCELED", NONE, 0),
        (2, "CANCELED", WAITING | LINKED, 0),
    ]


def test_a_parent_that_is_refused_leaves_its_children_waiting(book: Any, side: Side) -> None:
    """It never was an order; one may still come under that id."""
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    book.submit(side, at(side), 5, 1, time_in_force=FOK)
    assert waiting(book) == [2]
    assert book.submit(side, at(side), 5, 1).exec_type == ExecType.NEW


def test_children_are_of_one_parent_not_of_its_id(book: Any, side: Side) -> None:
    """Once released they have no parent any more: the next order of that id is not theirs."""
    book.submit(side, at(side), 5, 1)
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    book.submit(other(side), at(side), 5, 3)
    book.submit(side, at(side), 5, 1)
    assert told(book.cancel(1)) == [(1, "CANCELED", NONE, 0)]
    assert queue(book, other(side)) == [(2, 5)]


def test_a_child_that_enters_may_trade_at_once(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    book.submit(side, at(side, -1), 4, 2)
    wait_for(book, other(side), at(side, -1), 5, 3, linked_order_id=1)
    report = book.submit(other(side), at(side), 5, 4)
    assert fills(report) == [(1, at(side), 5), (2, at(side, -1), 4)]
    assert told(report)[3:] == [
        (3, "TRIGGERED", NONE, 5),
        (2, "TRADE", NONE, 0),
        (3, "TRADE", NONE, 1),
    ]
    assert report.order_id == 4


def test_a_child_that_is_a_stop_waits_on_for_its_price(book: Any, side: Side) -> None:
    """A price that comes before it is released sets off nothing."""
    book.submit(side, at(side), 5, 1)
    stop = {"order_type": STOP, "trigger_price": at(side, -5)}
    wait_for(book, other(side), 0, 5, 2, linked_order_id=1, **stop)
    assert told(book.set_price(TriggerSource.LAST, at(side, -9))) == [(0, "DONE", NONE, 0)]
    report = book.submit(other(side), at(side), 5, 3)
    assert told(report)[3:] == [(2, "TRIGGERED", WAITING, 5)]
    assert report.reports[-1]["last_price"] == at(side, -5)
    assert book.detail(2).state == OrderState.UNTRIGGERED
    report = book.set_price(TriggerSource.LAST, at(side, -5))
    assert told(report)[1:] == [(2, "TRIGGERED", NONE, 5), (2, "CANCELED", NONE, 0)]


def test_a_child_that_is_a_stop_whose_price_is_there_enters_at_once(book: Any, side: Side) -> None:
    stop = {"order_type": STOP_LIMIT, "trigger_price": at(side)}
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1, **stop)
    book.submit(side, at(side), 5, 1)
    report = book.submit(other(side), at(side), 5, 3)
    assert told(report)[3:] == [(2, "TRIGGERED", WAITING, 5), (2, "TRIGGERED", NONE, 5)]
    assert queue(book, other(side)) == [(2, 5)]


def test_a_trailing_child_begins_to_trail_when_it_is_released(book: Any, side: Side) -> None:
    trailing = {"order_type": TRAILING_STOP, "offset": 3}
    wait_for(book, other(side), 0, 5, 2, linked_order_id=1, **trailing)
    book.set_price(TriggerSource.LAST, at(side, 9))
    book.submit(side, at(side), 5, 1)
    book.submit(other(side), at(side), 5, 3)
    detail = book.detail(2)
    assert (detail.extreme_price, detail.trigger_price) == (at(side), at(side, -3))


def test_a_chain_of_children(book: Any, side: Side) -> None:
    """A child may be a parent; a chain that never trades is canceled link by link."""
    book.submit(side, at(side), 5, 1)
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    wait_for(book, side, at(side), 5, 3, linked_order_id=2)
    assert told(book.cancel(1)) == [
        (1, "CANCELED", NONE, 0),
        (2, "CANCELED", WAITING | LINKED, 0),
        (3, "CANCELED", WAITING | LINKED, 0),
    ]


def test_a_chain_that_trades_runs_to_its_end(book: Any, side: Side) -> None:
    for order_id in range(2, 6):
        own = side if order_id % 2 else other(side)
        wait_for(book, own, at(own, 2), 5, order_id, linked_order_id=order_id - 1)
    book.submit(side, at(side, -1), 15, 10)
    book.submit(other(side), at(side, 1), 10, 11)
    report = book.submit(other(side), at(side, -1), 5, 1)
    assert report.trades["taker_order_id"].tolist() == [1, 2, 3, 4, 5]
    assert len(book) == 0


def test_a_child_is_canceled_reduced_and_replaced_like_any(book: Any, side: Side) -> None:
    book.submit(side, at(side), 9, 1)
    wait_for(book, other(side), at(side, 5), 9, 2, linked_order_id=1)
    wait_for(book, other(side), at(side, 6), 9, 3, linked_order_id=1)
    wait_for(book, other(side), at(side, 7), 9, 4, linked_order_id=1)
    assert told(book.reduce(2, 2)) == [(2, "REPLACED", KEPT | WAITING, 7)]
    assert told(book.replace(3, at(side, 8), 9)) == [(3, "REPLACED", WAITING, 9)]
    assert told(book.cancel(4)) == [(4, "CANCELED", WAITING, 0)]
    assert waiting(book) == [2, 3]
    report = book.submit(other(side), at(side), 9, 5)
    assert told(report)[3:] == [(2, "TRIGGERED", NONE, 7), (3, "TRIGGERED", NONE, 9)]
    assert queue(book, other(side)) == [(2, 7), (3, 9)]


def test_a_child_expires_while_it_waits(book: Any, side: Side) -> None:
    book.submit(side, at(side), 9, 1)
    until = {"time_in_force": GTD, "expiry": 100}
    wait_for(book, other(side), at(side, 5), 9, 2, linked_order_id=1, **until)
    assert told(advance(book, 100))[0] == (2, "EXPIRED", WAITING, 0)
    assert len(book.submit(other(side), at(side), 9, 3).reports) == 3


def test_a_released_order_has_the_time_of_its_release(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, timestamp=1)
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1, timestamp=2)
    book.submit(other(side), at(side, 5), 5, 3, timestamp=3)
    book.submit(other(side), at(side), 5, 4, timestamp=9)
    assert (book.order(2).timestamp, queue(book, other(side))) == (9, [(3, 5), (2, 5)])


def test_a_released_iceberg_shows_its_part(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    wait_for(book, other(side), at(side, 5), 9, 2, linked_order_id=1, display_quantity=3)
    book.submit(other(side), at(side), 2, 3)
    report = book.cancel(1)
    assert report.reports[-1][["leaves_quantity", "last_quantity"]].item() == (2, 2)
    assert book.detail(2).displayed_quantity == 2


def test_an_order_that_waits_counts_for_its_side_and_the_engine(make_book: Any, side: Side) -> None:
    book = make_book(max_orders=1)
    wait_for(book, side, at(side), 2**63 - 1, 2, linked_order_id=1)
    report = book.submit(side, at(side), 1, 1, time_in_force=IOC)
    assert report.reports[0]["exec_type"] == ExecType.NEW
    assert len(book) == 0
    wait_for(book, side, at(side), 1, 2, linked_order_id=1)
    assert book.submit(side, at(side), 1, 1).reject_reason == RejectReason.TOO_MANY_ORDERS


# -- a bracket: an entry and its two exits


def test_a_bracket_whose_profit_is_taken(book: Any, side: Side) -> None:
    bracket(book, side, parent=1)
    assert [book.detail(order_id).link_group for order_id in (11, 12)] == [0, 0]
    book.submit(side, at(side), 5, 1)
    report = book.submit(other(side), at(side), 5, 2)
    assert told(report)[3:] == [(11, "TRIGGERED", WAITING, 5), (12, "TRIGGERED", NONE, 5)]
    assert book.detail(11).link_group == book.detail(12).link_group != 0
    report = book.submit(side, at(side, 5), 5, 3)
    assert told(report)[1:] == [
        (12, "TRADE", NONE, 0),
        (3, "TRADE", NONE, 0),
        (11, "CANCELED", WAITING | LINKED, 0),
    ]
    assert len(book) == 0


def test_a_bracket_whose_loss_is_stopped(book: Any, side: Side) -> None:
    bracket(book, side, parent=1)
    book.submit(side, at(side), 5, 1)
    book.submit(other(side), at(side), 5, 2)
    book.submit(side, at(side, -5), 9, 3)
    report = book.submit(other(side), at(side, -5), 1, 4)
    assert told(report)[3:] == [
        (11, "TRIGGERED", NONE, 5),
        (12, "CANCELED", LINKED, 0),
        (3, "TRADE", NONE, 3),
        (11, "TRADE", NONE, 0),
    ]
    assert queue(book, side) == [(3, 3)]


def test_a_bracket_of_an_entry_that_filled_in_part(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    bracket(book, side, parent=1)
    book.submit(other(side), at(side), 2, 2)
    assert waiting(book) == [11, 12]
    report = book.cancel(1)
    assert told(report) == [
        (1, "CANCELED", NONE, 0),
        (11, "TRIGGERED", WAITING, 2),
        (12, "TRIGGERED", NONE, 2),
    ]
    assert told(book.cancel(12))[-1] == (11, "CANCELED", WAITING | LINKED, 0)


def test_a_bracket_of_an_entry_that_never_filled(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    bracket(book, side, parent=1)
    assert told(book.cancel(1))[1:] == [
        (11, "CANCELED", WAITING | LINKED, 0),
        (12, "CANCELED", WAITING | LINKED, 0),
    ]


def test_the_exits_cancel_each_other_only_once_released(book: Any, side: Side) -> None:
    bracket(book, side, parent=1)
    assert told(book.cancel(11)) == [(11, "CANCELED", WAITING, 0)]
    book.submit(side, at(side), 5, 1)
    report = book.submit(other(side), at(side), 5, 2)
    assert told(report)[3:] == [(12, "TRIGGERED", NONE, 5)]


def test_an_entry_that_is_a_stop_has_a_bracket_too(book: Any, side: Side) -> None:
    bracket(book, side, parent=1)
    stop = {"order_type": STOP_LIMIT, "trigger_price": at(side, 1)}
    book.submit(side, at(side, 1), 5, 1, **stop)
    book.submit(other(side), at(side, 1), 5, 2)
    report = book.set_price(TriggerSource.LAST, at(side, 1))
    assert told(report)[1:] == [
        (1, "TRIGGERED", NONE, 5),
        (2, "TRADE", NONE, 0),
        (1, "TRADE", NONE, 0),
        (11, "TRIGGERED", WAITING, 5),
        (12, "TRIGGERED", NONE, 5),
    ]


def test_a_profit_that_fills_as_it_enters_cancels_the_stop(book: Any, side: Side) -> None:
    bracket(book, side, parent=1)
    book.submit(side, at(side, 5), 5, 1)
    book.submit(side, at(side, 5), 5, 2)
    report = book.submit(other(side), at(side, 5), 5, 3)
    assert fills(report) == [(1, at(side, 5), 5), (2, at(side, 5), 5)]
    assert told(report)[-1] == (11, "CANCELED", WAITING | LINKED, 0)
    assert len(book) == 0
