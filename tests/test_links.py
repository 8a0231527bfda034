"""One cancels other; and linked orders of both kinds in phases, cascades and mass cancels."""

from __future__ import annotations

from typing import Any

import pytest
from linking import LINKED, NONE, WAITING, advance, join, told, wait_for, waiting
from streams import command_array
from views import at, fills, other, queue

from engine import (
    ALL_OR_NONE,
    DAY,
    GTD,
    HIDDEN,
    IOC,
    LIMIT,
    MARKET,
    MASS_CANCEL,
    ONE_CANCELS_OTHER,
    ONE_TRIGGERS_OTHER,
    STOP,
    STOP_LIMIT,
    ExecType,
    OrderState,
    Phase,
    RejectReason,
    ReportFlag,
    SelfTradeMode,
    Side,
    TriggerSource,
)

BOTH = ONE_CANCELS_OTHER | ONE_TRIGGERS_OTHER

# -- one cancels other


@pytest.fixture
def pair(book: Any, side: Side) -> Any:
    """A book with two orders, 1 above 2, that cancel each other."""
    book.submit(side, at(side), 5, 1)
    report = join(book, side, at(side, -1), 7, 2, linked_order_id=1)
    assert told(report) == [(2, "NEW", NONE, 7)]
    return book


def test_an_order_that_is_joined_is_otherwise_as_it_was(pair: Any, side: Side) -> None:
    """It was plain, keeps its place and its fields, and has details from now on."""
    assert queue(pair, side) == [(1, 5), (2, 7)]
    assert (pair.order(1).flags, pair.order(2).flags) == (0, ONE_CANCELS_OTHER)
    first, second = pair.detail(1), pair.detail(2)
    assert first.link_group == second.link_group != 0
    assert (first.linked_order_id, second.linked_order_id) == (0, 1)
    assert (first.state, first.displayed_quantity) == (OrderState.RESTING, 5)


def test_a_whole_fill_of_one_cancels_the_other(pair: Any, side: Side) -> None:
    report = pair.submit(other(side), at(side), 5, 3)
    assert told(report)[1:] == [
        (1, "TRADE", NONE, 0),
        (3, "TRADE", NONE, 0),
        (2, "CANCELED", LINKED, 0),
    ]
    assert report.reports[-1][["last_quantity", "price", "account"]].item() == (7, at(side, -1), 0)
    assert len(pair) == 0


def test_any_fill_of_one_cancels_the_other(pair: Any, side: Side) -> None:
    report = pair.submit(other(side), at(side), 2, 3)
    assert told(report)[-1] == (2, "CANCELED", LINKED, 0)
    assert queue(pair, side) == [(1, 3)]
    assert pair.detail(1).link_group == 0


def test_the_one_that_joined_cancels_the_one_it_named(book: Any, side: Side) -> None:
    book.submit(side, at(side, -1), 5, 1)
    join(book, side, at(side), 7, 2, linked_order_id=1)
    report = book.submit(other(side), at(side), 1, 3)
    assert told(report)[1:] == [
        (2, "TRADE", NONE, 6),
        (3, "TRADE", NONE, 0),
        (1, "CANCELED", LINKED, 0),
    ]


def test_a_cancel_of_one_cancels_the_other(pair: Any) -> None:
    report = pair.cancel(2)
    assert told(report) == [(2, "CANCELED", NONE, 0), (1, "CANCELED", LINKED, 0)]
    assert (report.order_id, report.last_quantity) == (2, 7)
    assert len(pair) == 0


def test_a_reduction_to_nothing_cancels_the_other(pair: Any) -> None:
    assert told(pair.reduce(1, 5)) == [(1, "CANCELED", NONE, 0), (2, "CANCELED", LINKED, 0)]


def test_a_linked_order_that_is_canceled_is_unknown_and_its_id_free(pair: Any, side: Side) -> None:
    pair.cancel(1)
    assert pair.cancel(2).reject_reason == RejectReason.UNKNOWN_ORDER
    assert pair.submit(side, at(side), 1, 2).exec_type == ExecType.NEW


def test_expiry_of_one_cancels_the_other(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, time_in_force=GTD, expiry=100)
    join(book, side, at(side, -1), 7, 2, linked_order_id=1)
    reports = advance(book, 100)
    assert told(reports) == [
        (1, "EXPIRED", NONE, 0),
        (2, "CANCELED", LINKED, 0),
        (0, "DONE", NONE, 0),
    ]


def test_expiry_cancels_the_other_also_when_the_command_is_refused(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, time_in_force=GTD, expiry=100)
    join(book, side, at(side, -1), 7, 2, linked_order_id=1)
    report = book.cancel(2, timestamp=100)
    assert told(report) == [
        (1, "EXPIRED", NONE, 0),
        (2, "CANCELED", LINKED, 0),
        (2, "REJECTED", NONE, 0),
    ]
    assert report.reject_reason == RejectReason.UNKNOWN_ORDER


def test_two_that_expire_together_both_expire(book: Any, side: Side) -> None:
    until = {"time_in_force": GTD, "expiry": 100}
    book.submit(side, at(side), 5, 1, **until)
    join(book, side, at(side, -1), 7, 2, linked_order_id=1, **until)
    assert told(advance(book, 100))[:2] == [(1, "EXPIRED", NONE, 0), (2, "EXPIRED", NONE, 0)]


def test_a_cancel_instead_of_a_self_trade_cancels_the_other(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, 7)
    join(book, side, at(side, -1), 7, 2, account=7, linked_order_id=1)
    mode = {"self_trade_mode": SelfTradeMode.CANCEL_OLDEST}
    report = book.submit(other(side), at(side), 3, 3, 7, **mode)
    assert told(report) == [
        (3, "NEW", NONE, 3),
        (1, "CANCELED", ReportFlag.SELF_TRADE, 0),
        (2, "CANCELED", LINKED, 0),
    ]
    assert queue(book, other(side)) == [(3, 3)]


def test_lots_lost_to_its_own_side_are_no_fill(book: Any, side: Side) -> None:
    """Both become smaller; neither traded nor ended, so the link holds."""
    book.submit(side, at(side), 5, 1, 7)
    join(book, side, at(side, -1), 7, 2, account=7, linked_order_id=1)
    mode = {"self_trade_mode": SelfTradeMode.DECREMENT_AND_CANCEL}
    book.submit(other(side), at(side), 3, 3, 7, **mode)
    assert queue(book, side) == [(1, 2), (2, 7)]
    assert told(book.cancel(1))[-1] == (2, "CANCELED", LINKED, 0)


def test_both_may_trade_in_one_sweep(pair: Any, side: Side) -> None:
    """An order that comes in trades to its end before anything follows from it."""
    report = pair.submit(other(side), at(side, -1), 8, 3)
    assert fills(report) == [(1, at(side), 5), (2, at(side, -1), 3)]
    assert told(report)[-1] == (2, "CANCELED", LINKED, 0)
    assert report.reports[-1]["last_quantity"] == 4
    assert len(pair) == 0


def test_one_sweep_that_fills_both_cancels_neither(pair: Any, side: Side) -> None:
    report = pair.submit(other(side), at(side, -1), 12, 3)
    assert "CANCELED" not in [event for _, event, _, _ in told(report)]
    assert len(pair) == 0


def test_one_of_either_side(book: Any, side: Side) -> None:
    book.submit(side, at(side, -1), 5, 1)
    join(book, other(side), at(side, 1), 5, 2, linked_order_id=1)
    report = book.submit(side, at(side, 1), 1, 3)
    assert told(report)[-1] == (1, "CANCELED", LINKED, 0)
    assert queue(book, other(side)) == [(2, 4)]


def test_one_that_trades_as_it_comes_in_cancels_the_other(book: Any, side: Side) -> None:
    book.submit(side, at(side, -1), 5, 1)
    book.submit(other(side), at(side, 1), 3, 2)
    report = join(book, side, at(side, 1), 7, 3, linked_order_id=1)
    assert told(report) == [
        (3, "NEW", NONE, 7),
        (2, "TRADE", NONE, 0),
        (3, "TRADE", NONE, 4),
        (1, "CANCELED", LINKED, 0),
    ]
    assert queue(book, side) == [(3, 4)]


def test_one_may_fill_the_other(book: Any, side: Side) -> None:
    """They are not kept from trading with each other; the one that rested goes on."""
    book.submit(side, at(side), 5, 1)
    report = join(book, other(side), at(side), 3, 2, linked_order_id=1)
    assert told(report) == [
        (2, "NEW", NONE, 3),
        (1, "TRADE", NONE, 2),
        (2, "TRADE", NONE, 0),
    ]
    assert book.detail(1).link_group == 0


# -- one cancels other: what waits for a price


@pytest.fixture
def guarded(book: Any, side: Side) -> Any:
    """A profit (1) above the market, and a stop loss (2) below it, of the other side."""
    book.submit(other(side), at(side, 5), 5, 1)
    stop = {"order_type": STOP, "trigger_price": at(side, -5)}
    report = join(book, other(side), 0, 5, 2, linked_order_id=1, **stop)
    assert told(report) == [(2, "NEW", WAITING, 5)]
    return book


def test_a_fill_cancels_the_stop_that_waits(guarded: Any, side: Side) -> None:
    report = guarded.submit(side, at(side, 5), 5, 3)
    assert told(report)[-1] == (2, "CANCELED", WAITING | LINKED, 0)
    assert (waiting(guarded), len(guarded)) == ([], 0)


def test_a_stop_that_is_triggered_cancels_the_other_before_it_enters(
    guarded: Any, side: Side
) -> None:
    guarded.submit(side, at(side, -6), 3, 3)
    report = guarded.set_price(TriggerSource.LAST, at(side, -5))
    assert told(report) == [
        (0, "DONE", NONE, 0),
        (2, "TRIGGERED", NONE, 5),
        (1, "CANCELED", LINKED, 0),
        (3, "TRADE", NONE, 0),
        (2, "TRADE", NONE, 2),
        (2, "CANCELED", NONE, 0),
    ]


def test_a_stop_that_is_triggered_at_entry_cancels_the_other(book: Any, side: Side) -> None:
    book.set_price(TriggerSource.LAST, at(side, -5))
    book.submit(other(side), at(side, 5), 5, 1)
    stop = {"order_type": STOP_LIMIT, "trigger_price": at(side, -5)}
    report = join(book, other(side), at(side, -9), 5, 2, linked_order_id=1, **stop)
    assert told(report) == [
        (2, "NEW", WAITING, 5),
        (2, "TRIGGERED", NONE, 5),
        (1, "CANCELED", LINKED, 0),
    ]
    assert queue(book, other(side)) == [(2, 5)]


def test_of_two_stops_that_one_price_reaches_the_first_goes_on(book: Any, side: Side) -> None:
    """Both are triggered; the first cancels the other, which is still to enter."""
    stop = {"order_type": STOP_LIMIT, "trigger_price": at(side, 5)}
    book.submit(side, at(side, 9), 5, 1, **stop)
    join(book, side, at(side, 8), 7, 2, linked_order_id=1, **stop)
    report = book.set_price(TriggerSource.LAST, at(side, 5))
    assert told(report) == [
        (0, "DONE", NONE, 0),
        (1, "TRIGGERED", NONE, 5),
        (2, "TRIGGERED", NONE, 7),
        (2, "CANCELED", LINKED, 0),
    ]
    assert queue(book, side) == [(1, 5)]


def test_a_cancel_of_the_stop_cancels_the_order_that_rests(guarded: Any) -> None:
    assert told(guarded.cancel(2)) == [(2, "CANCELED", WAITING, 0), (1, "CANCELED", LINKED, 0)]


# -- groups


@pytest.fixture
def three(pair: Any, side: Side) -> Any:
    """A third order beside the pair; it named the second."""
    join(pair, side, at(side, -2), 9, 3, linked_order_id=2)
    return pair


@pytest.mark.parametrize("first", [1, 2, 3])
def test_of_a_group_each_cancels_all_others_by_age(three: Any, first: int) -> None:
    """By `arrival`: a plain order gets its own when it is joined."""
    ages = {order_id: three.detail(order_id).arrival for order_id in (1, 2, 3)}
    assert len({three.detail(order_id).link_group for order_id in ages}) == 1
    others = sorted({1, 2, 3} - {first}, key=lambda order_id: ages[order_id])
    report = three.cancel(first)
    assert told(report)[1:] == [(order_id, "CANCELED", LINKED, 0) for order_id in others]


def test_a_fill_of_one_of_three(three: Any, side: Side) -> None:
    report = three.submit(other(side), at(side), 1, 4)
    assert told(report)[3:] == [(2, "CANCELED", LINKED, 0), (3, "CANCELED", LINKED, 0)]
    assert queue(three, side) == [(1, 4)]


def test_two_groups_know_nothing_of_each_other(pair: Any, side: Side) -> None:
    pair.submit(side, at(side, -3), 1, 11)
    join(pair, side, at(side, -4), 1, 12, linked_order_id=11)
    pair.cancel(1)
    assert queue(pair, side) == [(11, 1), (12, 1)]


def test_what_is_left_of_a_group_may_be_joined_again(pair: Any, side: Side) -> None:
    pair.submit(other(side), at(side), 2)
    join(pair, side, at(side, -1), 7, 4, linked_order_id=1)
    assert told(pair.cancel(4))[-1] == (1, "CANCELED", LINKED, 0)


def test_the_hash_does_not_depend_on_the_numbers_of_groups_and_ages(
    make_book: Any, side: Side
) -> None:
    """One of two equal books has had other special orders and another group before."""
    books = [make_book(), make_book()]
    used = books[1]
    used.submit(side, at(side), 1, 1)
    join(used, side, at(side), 1, 2, linked_order_id=1)
    used.cancel(1)
    used.submit(side, at(side), 4, 9, display_quantity=2)
    used.cancel(9)
    for book in books:
        book.submit(side, at(side), 5, 1, flags=HIDDEN)
        join(book, side, at(side, -1), 7, 2, linked_order_id=1)
        book.submit(side, at(side), 5, 3)
        join(book, side, at(side, -1), 7, 4, linked_order_id=3)
    numbers = [book.detail(4) for book in books]
    assert numbers[0].link_group != numbers[1].link_group
    assert numbers[0].arrival != numbers[1].arrival
    assert books[0].state_hash() == books[1].state_hash()
    for book in books:
        book.cancel(4)
    assert books[0].state_hash() == books[1].state_hash()


def test_the_hash_tells_groups_and_ages_apart(make_book: Any, side: Side) -> None:
    """Who is linked with whom, and which of the two that are was there first, are of the state."""
    hashes = set()
    for partner, orders in ((1, (2, 3)), (2, (2, 3)), (1, (3, 2))):
        book = make_book()
        book.submit(side, at(side), 5, 1, flags=HIDDEN)
        for order_id in orders:
            book.submit(side, at(side, order_id), 5, order_id, flags=HIDDEN)
        join(book, side, at(side, -1), 7, 4, linked_order_id=partner)
        hashes.add(book.state_hash())
    assert len(hashes) == 3


# -- a link goes through what happens to an order short of an end


def test_a_replace_keeps_the_link(pair: Any, side: Side) -> None:
    pair.replace(1, at(side, -2), 9)
    pair.replace(2, at(side, -1), 4)
    pair.reduce(2, 1)
    assert queue(pair, side) == [(2, 3), (1, 9)]
    report = pair.submit(other(side), at(side, -1), 1)
    assert told(report)[-1] == (1, "CANCELED", LINKED, 0)


def test_a_replace_that_trades_cancels_the_other(pair: Any, side: Side) -> None:
    pair.submit(other(side), at(side, 2), 3, 4)
    report = pair.replace(2, at(side, 2), 5)
    assert told(report) == [
        (2, "REPLACED", NONE, 5),
        (4, "TRADE", NONE, 0),
        (2, "TRADE", NONE, 2),
        (1, "CANCELED", LINKED, 0),
    ]


def test_a_hidden_iceberg_or_choosy_order_is_linked_like_any(book: Any, side: Side) -> None:
    book.submit(side, at(side, -1), 5, 1, flags=HIDDEN)
    join(book, side, at(side, -2), 5, 2, linked_order_id=1, display_quantity=2)
    join(book, side, at(side), 9, 3, linked_order_id=1, flags=ALL_OR_NONE)
    report = book.submit(other(side), at(side, -1), 4, 4)
    assert fills(report) == [(1, at(side, -1), 4)]
    assert told(report)[-2:] == [(2, "CANCELED", LINKED, 0), (3, "CANCELED", LINKED, 0)]


def test_what_a_linked_order_made_room_for_trades(book: Any, side: Side) -> None:
    """The order that is canceled kept an all-or-none order from filling: it could not count."""
    book.submit(side, at(side), 5, 1, flags=ALL_OR_NONE)
    book.submit(other(side), at(side), 3, 2)
    book.submit(other(side), at(side, 9), 3, 3)
    join(book, side, at(side, -9), 1, 4, linked_order_id=1)
    report = book.submit(other(side), at(side), 2, 5)
    assert fills(report) == [(2, at(side), 3), (5, at(side), 2)]
    assert told(report)[-1] == (4, "CANCELED", LINKED, 0)
    assert queue(book, other(side)) == [(3, 3)]


# -- phases, cascades, many at once


def test_linked_orders_in_an_auction(book: Any, side: Side) -> None:
    """All trades of an auction come first; what was linked is canceled or enters after them."""
    book.set_phase(Phase.OPENING_CALL)
    book.submit(side, at(side), 5, 1)
    join(book, side, at(side, -1), 7, 2, linked_order_id=1)
    wait_for(book, other(side), at(side, 5), 5, 3, linked_order_id=1)
    book.submit(other(side), at(side), 5, 4)
    report = book.set_phase(Phase.CONTINUOUS)
    events = [(order_id, event) for order_id, event, _, _ in told(report)]
    assert events[0] == (0, "DONE")
    assert sorted(events[1:3]) == [(1, "TRADE"), (4, "TRADE")]
    assert told(report)[3:] == [(2, "CANCELED", LINKED, 0), (3, "TRIGGERED", NONE, 5)]
    assert queue(book, other(side)) == [(3, 5)]


def test_a_child_released_in_a_call_is_collected(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    wait_for(book, other(side), at(side, -5), 5, 2, linked_order_id=1)
    book.submit(side, at(side), 1, 3)
    book.submit(other(side), at(side), 2, 4)
    book.set_phase(Phase.VOLATILITY_CALL)
    assert told(book.cancel(1)) == [
        (1, "CANCELED", NONE, 0),
        (2, "TRIGGERED", NONE, 2),
        (2, "RESTATED", NONE, 2),
    ]
    assert queue(book, other(side)) == [(2, 2)]
    assert queue(book, side) == [(3, 1)]


def test_a_child_that_no_call_takes_is_canceled(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1, time_in_force=IOC)
    book.submit(other(side), at(side), 2, 3)
    book.set_phase(Phase.VOLATILITY_CALL)
    assert told(book.cancel(1)) == [
        (1, "CANCELED", NONE, 0),
        (2, "TRIGGERED", NONE, 2),
        (2, "CANCELED", NONE, 0),
    ]


def test_the_close_ends_a_parent_for_the_day(book: Any, side: Side) -> None:
    """It has traded, so its child enters, and stays: the child is good till canceled."""
    book.submit(side, at(side), 5, 1, time_in_force=DAY)
    wait_for(book, other(side), at(side, 5), 5, 2, linked_order_id=1)
    book.submit(other(side), at(side), 2, 3)
    report = book.set_phase(Phase.CLOSED)
    assert told(report) == [
        (0, "DONE", NONE, 0),
        (1, "EXPIRED", NONE, 0),
        (2, "TRIGGERED", NONE, 2),
        (2, "RESTATED", NONE, 2),
    ]


def test_an_order_that_is_released_stays_with_those_that_joined_it(book: Any, side: Side) -> None:
    """It comes to be with its siblings as well: once one of them all trades, the others go."""
    book.submit(side, at(side), 5, 1)
    siblings = {"flags": ONE_CANCELS_OTHER, "linked_order_id": 1}
    wait_for(book, other(side), at(side, 5), 5, 2, **siblings)
    wait_for(book, other(side), at(side, 6), 5, 3, **siblings)
    join(book, other(side), at(side, 7), 5, 4, linked_order_id=2)
    book.submit(other(side), at(side), 5, 5)
    assert queue(book, other(side)) == [(2, 5), (3, 5), (4, 5)]
    assert told(book.cancel(3)) == [
        (3, "CANCELED", NONE, 0),
        *((4, "CANCELED", LINKED, 0), (2, "CANCELED", LINKED, 0)),
    ]
    book.submit(other(side), at(side, 8), 5, 2)
    assert told(book.submit(side, at(side, 8), 5, 6))[1:] == [
        *((2, "TRADE", NONE, 0), (6, "TRADE", NONE, 0)),
    ]


def test_links_across_a_cascade(book: Any, side: Side) -> None:
    """A stop fills an order, whose pair is canceled, and whose child sets off the next stop."""
    book.submit(other(side), at(side, 5), 1, 1)
    stop = {"order_type": STOP, "trigger_price": at(side, 1)}
    book.submit(side, 0, 1, 2, **stop)
    join(book, other(side), at(side, 9), 1, 3, linked_order_id=1)
    wait_for(book, side, at(side, 7), 1, 4, linked_order_id=1)
    book.submit(other(side), at(side, 7), 1, 5)
    stop = {"order_type": STOP_LIMIT, "trigger_price": at(side, 7)}
    book.submit(side, at(side, 6), 1, 6, **stop)
    report = book.set_price(TriggerSource.LAST, at(side, 1))
    assert told(report)[1:] == [
        (2, "TRIGGERED", NONE, 1),
        (1, "TRADE", NONE, 0),
        (2, "TRADE", NONE, 0),
        (3, "CANCELED", LINKED, 0),
        (4, "TRIGGERED", NONE, 1),
        (5, "TRADE", NONE, 0),
        (4, "TRADE", NONE, 0),
        (6, "TRIGGERED", NONE, 1),
    ]
    assert queue(book, side) == [(6, 1)]


def test_a_released_order_is_a_step_of_the_cascade(make_book: Any, side: Side) -> None:
    book = make_book(max_cascade=1)
    book.submit(side, at(side), 5, 1)
    for order_id in (2, 3):
        wait_for(book, other(side), at(side, 5), 5, order_id, linked_order_id=1)
    report = book.submit(other(side), at(side), 5, 4)
    assert told(report)[3:] == [
        (2, "TRIGGERED", NONE, 5),
        (3, "TRIGGERED", NONE, 5),
        (3, "CANCELED", ReportFlag.CASCADE_LIMIT, 0),
    ]


def test_a_mass_cancel_cancels_what_is_linked_after_it(pair: Any, side: Side) -> None:
    """It counts what it chose itself; what follows from it comes after its DONE."""
    pair.submit(side, at(side, -3), 4, 3, 9)
    join(pair, other(side), at(side, 9), 4, 4, linked_order_id=3)
    reports = pair.match(command_array({"kind": MASS_CANCEL, "selector": 1, "account": 9}))
    assert told(reports) == [
        (3, "CANCELED", NONE, 0),
        (0, "DONE", NONE, 0),
        (4, "CANCELED", LINKED, 0),
    ]
    assert reports[1]["last_quantity"] == 1
    assert queue(pair, side) == [(1, 5), (2, 7)]


def test_a_mass_cancel_of_all_of_a_group(three: Any, side: Side) -> None:
    wait_for(three, side, at(side), 1, 4, linked_order_id=1)
    reports = three.match(command_array({"kind": MASS_CANCEL}))
    assert told(reports) == [
        *((order_id, "CANCELED", NONE, 0) for order_id in (1, 2, 3)),
        (4, "CANCELED", WAITING, 0),
        (0, "DONE", NONE, 0),
    ]


# -- what is refused


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"linked_order_id": 1}, RejectReason.MALFORMED),
        ({"flags": ONE_CANCELS_OTHER}, RejectReason.UNKNOWN_LINKED_ORDER),
        ({"flags": ONE_TRIGGERS_OTHER}, RejectReason.UNKNOWN_LINKED_ORDER),
        ({"flags": ONE_CANCELS_OTHER, "linked_order_id": 9}, RejectReason.UNKNOWN_LINKED_ORDER),
        ({"flags": ONE_CANCELS_OTHER, "linked_order_id": 2}, RejectReason.UNKNOWN_LINKED_ORDER),
        ({"flags": ONE_TRIGGERS_OTHER, "linked_order_id": 2}, RejectReason.UNKNOWN_LINKED_ORDER),
        ({"flags": BOTH, "linked_order_id": 2}, RejectReason.UNKNOWN_LINKED_ORDER),
        (
            {"flags": ONE_CANCELS_OTHER, "linked_order_id": 1, "time_in_force": IOC},
            RejectReason.LINKED_NEVER_STAYS,
        ),
        (
            {"flags": ONE_CANCELS_OTHER, "linked_order_id": 1, "order_type": MARKET, "price": 0},
            RejectReason.LINKED_NEVER_STAYS,
        ),
    ],
)
def test_a_link_needs_an_order_and_one_that_stays(
    book: Any, side: Side, fields: dict[str, int], reason: RejectReason
) -> None:
    book.submit(side, at(side), 5, 1)
    asked = {"price": at(side), "order_type": LIMIT} | fields
    report = book.submit(side, asked.pop("price"), 5, 2, **asked)
    assert (report.exec_type, report.reject_reason) == (ExecType.REJECTED, reason)
    assert queue(book, side) == [(1, 5)]


def test_an_order_of_another_instrument_is_unknown(make_core: Any, side: Side) -> None:
    """It cannot be joined; and a parent of that id in another book is another order."""
    core = make_core({}, {})
    first, second = core.book(0), core.book(1)
    first.submit(side, at(side), 5, 1)
    report = join(second, side, at(side), 5, 2, linked_order_id=1)
    assert report.reject_reason == RejectReason.UNKNOWN_LINKED_ORDER
    wait_for(second, side, at(side), 5, 2, linked_order_id=1)
    assert told(first.cancel(1)) == [(1, "CANCELED", NONE, 0)]
    assert waiting(second) == [2]
