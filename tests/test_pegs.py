"""Pegged orders: what they follow, where they stand in the queue, and what stops them.

Every test runs on both implementations and for both sides; prices are ticks better or worse for a
side, as in test_rules.py. An offset is added to a price, so it has a side's sign as well.
"""

from __future__ import annotations

from typing import Any

import pytest
from linking import LINKED, NONE, WAITING, join, told, wait_for, waiting
from streams import command_array
from views import at, fills, ladder, other, queue

from engine import (
    ALL_OR_NONE,
    AT_THE_CLOSE,
    BUDGET,
    BUY,
    DAY,
    FOK,
    GOOD_FOR_AUCTION,
    HIDDEN,
    IOC,
    MARKET,
    MASS_CANCEL,
    MINIMUM_EACH,
    PEG_MARKET,
    PEG_MIDPOINT,
    PEG_PRIMARY,
    POST_ONLY,
    PROTECTED,
    SELL,
    CancelScope,
    ExecType,
    OrderState,
    OrderType,
    Phase,
    RejectReason,
    ReportFlag,
    SelfTradeMode,
    Side,
    TriggerSource,
)

PEGS = (PEG_PRIMARY, PEG_MARKET, PEG_MIDPOINT)
WIDTH = 10


def peg(
    book: Any,
    side: Side,
    order_id: int,
    quantity: int = 5,
    kind: OrderType = PEG_PRIMARY,
    **more: int,
) -> Any:
    """Submit a pegged order."""
    return book.submit(side, 0, quantity, order_id, order_type=kind, **more)


def quote(book: Any, side: Side) -> None:
    """Let order 1 stand at 100 for a side, and order 2 at ten ticks from it for the other."""
    book.submit(side, at(side), 5, 1)
    book.submit(other(side), at(side, WIDTH), 5, 2)


def price_of(book: Any, order_id: int) -> int | None:
    """Return where an order stands, None while it waits."""
    is_waiting = book.detail(order_id).state == OrderState.UNPEGGED
    return None if is_waiting else int(book.order(order_id).price)


def moves(report: Any) -> list[tuple[int, int]]:
    """Return (order id, new price) of each order that moved within the book or into it."""
    return [
        (int(record["order_id"]), int(record["price"]))
        for record in report.reports
        if record["exec_type"] == ExecType.RESTATED and not record["flags"] & ReportFlag.WAITING
    ]


# -- what they follow


def test_a_primary_peg_follows_its_own_side(book: Any, side: Side) -> None:
    quote(book, side)
    report = peg(book, side, 3)
    assert told(report) == [(3, "NEW", WAITING, 5), (3, "RESTATED", NONE, 5)]
    assert report.reports["price"].tolist() == [0, at(side)]
    assert report.last_price == 0
    assert moves(book.submit(side, at(side, 2), 5, 4)) == [(3, at(side, 2))]
    assert moves(book.submit(other(side), at(side, WIDTH - 1), 5, 5)) == []
    assert moves(book.cancel(4)) == [(3, at(side))]
    assert ladder(book, side) == [(at(side), 10, 2)]


def test_a_market_peg_follows_the_other_side(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, kind=PEG_MARKET, offset=-2 * side)
    assert price_of(book, 3) == at(side, WIDTH - 2)
    assert moves(book.submit(side, at(side, 1), 5, 4)) == []
    assert moves(book.submit(other(side), at(side, WIDTH - 1), 5, 5)) == [(3, at(side, WIDTH - 3))]
    assert moves(book.cancel(5)) == [(3, at(side, WIDTH - 2))]


def test_a_market_peg_without_an_offset_trades_at_once(book: Any, side: Side) -> None:
    """It stands where the other side does, and so never stands for long."""
    quote(book, side)
    report = peg(book, side, 3, 7, PEG_MARKET)
    assert fills(report) == [(2, at(side, WIDTH), 5)]
    assert told(report)[-1] == (3, "RESTATED", WAITING, 2)
    assert waiting(book) == [3]
    assert fills(book.submit(other(side), at(side, 4), 1, 4)) == [(4, at(side, 4), 1)]
    assert (waiting(book), book.order(3).leaves_quantity) == ([3], 1)


def test_a_midpoint_peg_stands_in_the_middle(book: Any, side: Side) -> None:
    quote(book, side)
    assert moves(peg(book, side, 3, kind=PEG_MIDPOINT)) == [(3, at(side, WIDTH // 2))]
    assert moves(book.submit(side, at(side, 2), 5, 4)) == [(3, at(side, 6))]
    assert moves(book.submit(other(side), at(side, 8), 5, 5)) == [(3, at(side, 5))]


@pytest.mark.parametrize(
    ("bid", "ask", "middle"),
    [(100, 101, 100), (100, 103, 101), (100, 104, 102), (-4, -1, -3), (-1, 2, 0), (-2, -1, -2)],
)
def test_the_middle_of_an_odd_spread_is_rounded_down(
    book: Any, side: Side, bid: int, ask: int, middle: int
) -> None:
    """For a seller as for a buyer; a seller one tick above the bid so sells to it."""
    book.submit(BUY, bid, 5, 1)
    book.submit(SELL, ask, 5, 2)
    assert moves(peg(book, side, 3, 1, PEG_MIDPOINT)) == [(3, middle)]
    assert (3 in book) == (middle > bid if side == SELL else True)


@pytest.mark.parametrize("ticks", [-3, -1, 1, 3])
@pytest.mark.parametrize(
    ("kind", "followed"), [(PEG_PRIMARY, 0), (PEG_MARKET, WIDTH), (PEG_MIDPOINT, WIDTH // 2)]
)
def test_an_offset_is_added_to_what_is_followed(
    book: Any, side: Side, kind: OrderType, followed: int, ticks: int
) -> None:
    quote(book, side)
    report = peg(book, side, 3, kind=kind, offset=side * ticks)
    assert moves(report) == [(3, at(side, followed + ticks))]
    assert (3 in book) == (followed + ticks < WIDTH)


@pytest.mark.parametrize("offset", [2**63 - 1, -(2**63)])
def test_an_offset_goes_no_further_than_the_instruments_bounds(
    make_book: Any, side: Side, offset: int
) -> None:
    book = make_book(min_price=50, max_price=150)
    book.submit(side, at(side), 5, 1)
    peg(book, side, 2, offset=offset)
    assert price_of(book, 2) == (150 if offset > 0 else 50)


def test_an_offset_may_be_as_large_as_64_bits_hold(book: Any, side: Side) -> None:
    largest = 2**63 - 1
    book.submit(side, at(side), 5, 1)
    peg(book, side, 2, offset=side * largest)
    assert price_of(book, 2) == (largest if side == BUY else 100 - largest)


# -- the cap


def test_a_cap_stops_a_peg_and_lets_it_go_again(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, flags=PROTECTED, bound=at(side, 1))
    assert moves(book.submit(side, at(side, 1), 5, 4)) == [(3, at(side, 1))]
    assert moves(book.submit(side, at(side, 3), 5, 5)) == []
    assert price_of(book, 3) == at(side, 1)
    assert moves(book.cancel(5)) == []
    assert moves(book.cancel(4)) == [(3, at(side))]


def test_a_peg_at_its_cap_keeps_its_place(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, flags=PROTECTED, bound=at(side))
    book.submit(side, at(side), 5, 4)
    book.submit(side, at(side, 2), 5, 5)
    assert queue(book, side, at(side)) == [(1, 5), (3, 5), (4, 5)]


@pytest.mark.parametrize("kind", PEGS)
def test_a_cap_holds_whatever_is_followed(book: Any, side: Side, kind: OrderType) -> None:
    quote(book, side)
    report = peg(book, side, 3, kind=kind, offset=3 * side, flags=PROTECTED, bound=at(side, 2))
    assert moves(report) == [(3, at(side, 2))]


# -- the queue


def test_pegs_stand_behind_the_order_that_set_the_price(book: Any, side: Side) -> None:
    quote(book, side)
    for order_id in (3, 4):
        peg(book, side, order_id)
    assert moves(book.submit(side, at(side, 2), 5, 5)) == [(3, at(side, 2)), (4, at(side, 2))]
    assert queue(book, side) == [(5, 5), (3, 5), (4, 5), (1, 5)]
    book.submit(side, at(side, 2), 5, 6)
    assert queue(book, side, at(side, 2)) == [(5, 5), (3, 5), (4, 5), (6, 5)]


def test_the_examples_of_euronext(book: Any) -> None:
    """In the order in which its guide lets them happen; the cases have how they end."""
    book.submit(BUY, 1050, 200, 1)
    peg(book, BUY, 2, 150, flags=PROTECTED, bound=1160)
    peg(book, BUY, 3, 70)
    book.submit(BUY, 1050, 125, 4)
    assert queue(book, BUY) == [(1, 200), (2, 150), (3, 70), (4, 125)]
    book.submit(BUY, 1080, 200, 5)
    assert queue(book, BUY) == [(5, 200), (2, 150), (3, 70), (1, 200), (4, 125)]
    book.submit(BUY, 1170, 200, 6)
    assert queue(book, BUY) == [(6, 200), (3, 70), (2, 150), (5, 200), (1, 200), (4, 125)]
    assert ladder(book, BUY)[:3] == [(1170, 270, 2), (1160, 150, 1), (1080, 200, 1)]


def test_pegs_that_come_back_stand_behind_those_that_stayed(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    peg(book, side, 4, flags=PROTECTED, bound=at(side))
    peg(book, side, 5)
    book.submit(side, at(side, 2), 5, 6)
    assert queue(book, side) == [(6, 5), (3, 5), (5, 5), (1, 5), (4, 5)]
    assert moves(book.cancel(6)) == [(3, at(side)), (5, at(side))]
    assert queue(book, side) == [(1, 5), (4, 5), (3, 5), (5, 5)]


def test_what_stayed_longest_moves_first(book: Any, side: Side) -> None:
    """A peg that was held has not moved for longer than one that was not: it is the older one."""
    quote(book, side)
    peg(book, side, 3)
    peg(book, side, 4, flags=PROTECTED, bound=at(side))
    book.submit(side, at(side, 2), 5, 5)
    book.submit(side, at(side, -2), 5, 6)
    book.cancel(1)
    assert moves(book.cancel(5)) == [(4, at(side, -2)), (3, at(side, -2))]


def test_a_peg_that_moves_has_the_time_of_its_move(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, timestamp=3)
    peg(book, side, 2, timestamp=4)
    book.submit(side, at(side, 1), 5, 3, timestamp=9)
    assert book.order(2).timestamp == 9


# -- nothing to follow


@pytest.mark.parametrize("kind", PEGS)
def test_a_peg_that_has_nothing_to_follow_waits(book: Any, side: Side, kind: OrderType) -> None:
    report = peg(book, side, 3, kind=kind, offset=-20 * side)
    assert told(report) == [(3, "NEW", WAITING, 5)]
    assert (waiting(book), price_of(book, 3)) == ([3], None)
    reports = [book.submit(side, at(side), 5, 1), book.submit(other(side), at(side, 2), 5, 2)]
    entered = {PEG_PRIMARY: 0, PEG_MARKET: 1, PEG_MIDPOINT: 1}[kind]
    assert [len(moves(report)) for report in reports] == [int(i == entered) for i in (0, 1)]
    assert waiting(book) == []


@pytest.mark.parametrize(("kind", "followed"), [(PEG_PRIMARY, 1), (PEG_MARKET, 2)])
def test_a_peg_leaves_the_book_with_what_it_follows(
    book: Any, side: Side, kind: OrderType, followed: int
) -> None:
    quote(book, side)
    peg(book, side, 3, kind=kind, offset=-side)
    report = book.cancel(followed)
    assert told(report)[1:] == [(3, "RESTATED", WAITING, 5)]
    assert (waiting(book), price_of(book, 3)) == ([3], None)
    assert 3 not in [order_id for order_id, _ in queue(book, side)]


def test_one_side_alone_has_no_middle(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, kind=PEG_MIDPOINT)
    assert told(book.cancel(2))[1:] == [(3, "RESTATED", WAITING, 5)]


@pytest.mark.parametrize("kind", PEGS)
def test_a_peg_is_not_followed_by_pegs(book: Any, side: Side, kind: OrderType) -> None:
    """Two that followed each other would hold each other where they are."""
    quote(book, side)
    peg(book, side, 3, offset=2 * side)
    peg(book, side, 4, kind=kind, offset=-side)
    before = {PEG_PRIMARY: -1, PEG_MARKET: WIDTH - 1, PEG_MIDPOINT: WIDTH // 2 - 1}[kind]
    assert (price_of(book, 3), price_of(book, 4)) == (at(side, 2), at(side, before))
    book.cancel(1)
    assert price_of(book, 3) is None
    assert (price_of(book, 4) is None) == (kind != PEG_MARKET)


def test_hidden_orders_are_not_followed(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    assert moves(book.submit(side, at(side, 2), 5, 4, flags=HIDDEN)) == []
    assert moves(book.submit(side, at(side, 1), 5, 5, display_quantity=1)) == [(3, at(side, 1))]


# -- trades


def test_a_resting_peg_is_a_maker_like_any_other(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    assert fills(book.submit(other(side), at(side), 7, 4)) == [(1, at(side), 5), (3, at(side), 2)]


def test_a_peg_leaves_when_a_trade_takes_what_it_follows(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    report = book.submit(other(side), at(side), 5, 4)
    assert told(report)[-1] == (3, "RESTATED", WAITING, 5)


def test_a_peg_trades_as_it_moves(book: Any, side: Side) -> None:
    """It meets what stands between its old and its new price, at the price of that."""
    quote(book, side)
    peg(book, side, 3, 7, offset=3 * side)
    book.submit(other(side), at(side, 5), 2, 4, flags=HIDDEN)
    report = book.submit(side, at(side, 2), 5, 5)
    assert moves(report) == [(3, at(side, 5))]
    assert fills(report) == [(4, at(side, 5), 2)]
    assert [int(trade["taker_order_id"]) for trade in report.trades] == [3]
    assert (price_of(book, 3), book.order(3).leaves_quantity) == (at(side, 5), 5)


def test_two_midpoint_pegs_meet(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, 5, PEG_MIDPOINT)
    report = peg(book, other(side), 4, 7, PEG_MIDPOINT)
    assert fills(report) == [(3, at(side, 5), 5)]
    assert queue(book, other(side)) == [(4, 2), (2, 5)]
    assert book.last_trade() == (at(side, 5), 5)


def test_midpoint_pegs_that_wait_meet_when_there_is_a_middle(book: Any, side: Side) -> None:
    peg(book, side, 3, 5, PEG_MIDPOINT)
    peg(book, other(side), 4, 7, PEG_MIDPOINT)
    assert waiting(book) == [3, 4]
    book.submit(side, at(side), 5, 1)
    report = book.submit(other(side), at(side, WIDTH), 5, 2)
    assert fills(report) == [(3, at(side, 5), 5)]
    assert (waiting(book), queue(book, other(side))) == ([], [(4, 2), (2, 5)])


def test_a_peg_does_not_trade_with_its_own_account(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, 5, PEG_MIDPOINT, account=7)
    mode = {"account": 7, "self_trade_mode": SelfTradeMode.CANCEL_OLDEST}
    report = peg(book, other(side), 4, 7, PEG_MIDPOINT, **mode)
    assert (fills(report), 3 in book, price_of(book, 4)) == ([], False, at(side, 5))


def test_the_trade_of_a_peg_sets_off_a_stop(book: Any, side: Side) -> None:
    quote(book, side)
    book.submit(side, 0, 1, 8, order_type=OrderType.STOP, trigger_price=at(side, 5))
    peg(book, side, 3, 5, PEG_MIDPOINT)
    report = peg(book, other(side), 4, 5, PEG_MIDPOINT)
    assert fills(report) == [(3, at(side, 5), 5), (2, at(side, WIDTH), 1)]


# -- not shown, and choosy


def test_a_hidden_peg_is_shown_nowhere(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, kind=PEG_MIDPOINT, flags=HIDDEN)
    assert (ladder(book, side), price_of(book, 3)) == ([(at(side), 5, 1)], at(side, 5))
    assert fills(book.submit(other(side), at(side), 7)) == [(3, at(side, 5), 5), (1, at(side), 2)]


def test_an_iceberg_peg_shows_its_part_again_where_it_moves(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, 9, display_quantity=3, offset=side)
    book.submit(other(side), at(side, 1), 1)
    assert book.detail(3).displayed_quantity == 2
    report = book.submit(side, at(side, 1), 5, 4)
    assert (moves(report), report.reports["last_quantity"][-1]) == ([(3, at(side, 2))], 3)
    assert book.detail(3).displayed_quantity == 3


def test_an_iceberg_peg_that_shows_its_next_part_is_the_youngest(book: Any, side: Side) -> None:
    quote(book, side)
    for order_id in (3, 4):
        peg(book, side, order_id, 9, display_quantity=3)
    assert fills(book.submit(other(side), at(side), 8)) == [(1, at(side), 5), (3, at(side), 3)]
    assert waiting(book) == [4, 3]
    assert moves(book.submit(side, at(side, 1), 5, 5)) == [(4, at(side, 1)), (3, at(side, 1))]
    assert queue(book, side) == [(5, 5), (4, 9), (3, 6)]


def test_an_iceberg_peg_may_be_filled_after_its_next_part(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, 5, display_quantity=3, offset=side)
    assert [lots for _, _, lots in fills(book.submit(other(side), at(side, 1), 4))] == [3, 1]
    assert fills(book.submit(other(side), at(side, 1), 1)) == [(3, at(side, 1), 1)]
    peg(book, side, 3)
    assert moves(book.submit(side, at(side, 2), 5, 4)) == [(3, at(side, 2))]


def test_a_dark_book_of_midpoint_pegs_with_a_minimum(book: Any, side: Side) -> None:
    """Those that are too small for each other pass, until one comes that suits."""
    quote(book, side)
    dark = {"kind": PEG_MIDPOINT, "flags": HIDDEN | MINIMUM_EACH}
    assert fills(peg(book, side, 3, 9, minimum_quantity=4, **dark)) == []
    assert fills(peg(book, other(side), 4, 2, minimum_quantity=1, **dark)) == []
    assert (price_of(book, 3), price_of(book, 4)) == (at(side, 5), at(side, 5))
    assert fills(peg(book, other(side), 5, 6, minimum_quantity=2, **dark)) == [(3, at(side, 5), 6)]
    assert ladder(book, side) == [(at(side), 5, 1)]
    assert sorted(moves(book.submit(other(side), at(side, 8), 1, 6))) == [
        (3, at(side, 4)),
        (4, at(side, 4)),
    ]
    assert (queue(book, side), queue(book, other(side))) == (
        [(3, 3), (1, 5)],
        [(4, 2), (6, 1), (2, 5)],
    )


def test_an_all_or_none_peg_waits_until_it_can_fill(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, 10, PEG_MIDPOINT, flags=ALL_OR_NONE)
    assert fills(peg(book, other(side), 4, 6, PEG_MIDPOINT)) == []
    report = peg(book, other(side), 5, 6, PEG_MIDPOINT)
    assert sorted(fills(report)) == [(4, at(side, 5), 6), (5, at(side, 5), 4)]


def test_a_peg_that_cannot_fill_its_minimum_when_it_enters_is_canceled(
    book: Any, side: Side
) -> None:
    quote(book, side)
    report = peg(book, side, 3, minimum_quantity=2)
    assert [event for _, event, _, _ in told(report)] == ["NEW", "RESTATED", "CANCELED"]
    assert fills(peg(book, side, 3, 9, PEG_MARKET, minimum_quantity=2)) == [(2, at(side, WIDTH), 5)]


# -- changes


def test_a_replace_that_makes_a_peg_smaller_keeps_its_place(book: Any, side: Side) -> None:
    quote(book, side)
    for order_id in (3, 4):
        peg(book, side, order_id)
    assert told(book.replace(3, 0, 2)) == [(3, "REPLACED", ReportFlag.KEPT_PRIORITY, 2)]
    assert told(book.reduce(3, 1)) == [(3, "REPLACED", ReportFlag.KEPT_PRIORITY, 1)]
    assert queue(book, side) == [(1, 5), (3, 1), (4, 5)]


def test_a_replace_that_makes_a_peg_larger_sends_it_to_the_tail(book: Any, side: Side) -> None:
    quote(book, side)
    for order_id in (3, 4):
        peg(book, side, order_id)
    report = book.replace(3, 0, 9)
    assert told(report) == [(3, "REPLACED", WAITING, 9), (3, "RESTATED", NONE, 9)]
    assert queue(book, side) == [(1, 5), (4, 5), (3, 9)]


def test_a_replace_gives_a_peg_no_price(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    assert book.replace(3, at(side), 2).reject_reason == RejectReason.NOT_OF_THIS_ORDER
    assert (price_of(book, 3), book.order(3).leaves_quantity) == (at(side), 5)


def test_a_peg_that_waits_is_changed_where_it_is(book: Any, side: Side) -> None:
    peg(book, side, 3)
    kept = ReportFlag.KEPT_PRIORITY | WAITING
    assert told(book.reduce(3, 1)) == [(3, "REPLACED", kept, 4)]
    assert told(book.replace(3, 0, 8)) == [(3, "REPLACED", WAITING, 8)]
    assert told(book.cancel(3)) == [(3, "CANCELED", WAITING, 0)]


def test_cancel_takes_out_a_peg_and_nothing_follows(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    assert told(book.cancel(3)) == [(3, "CANCELED", NONE, 0)]
    assert moves(book.submit(side, at(side, 1), 1, 4)) == []


def test_a_replace_of_what_is_followed_moves_the_pegs(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    assert moves(book.replace(1, at(side, 1), 5)) == [(3, at(side, 1))]
    assert queue(book, side) == [(1, 5), (3, 5)]


def test_a_mass_cancel_by_price_leaves_pegs(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    scope = {"selector": CancelScope.BY_PRICE, "price": 0, "bound": 200}
    reports = book.match(command_array({"kind": MASS_CANCEL, **scope}))
    assert 3 not in reports["order_id"][reports["exec_type"] == ExecType.CANCELED]
    assert waiting(book) == [3]


def test_a_peg_for_the_day_ends_with_it(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3, time_in_force=DAY)
    assert told(book.set_phase(Phase.CLOSED))[1:] == [(3, "EXPIRED", NONE, 0)]


# -- links


def test_a_peg_that_trades_cancels_its_pair(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    join(book, side, at(side, -3), 5, 4, linked_order_id=3)
    report = book.submit(other(side), at(side), 6, 5)
    assert (4, "CANCELED", LINKED, 0) in told(report)
    assert book.order(3).leaves_quantity == 4


def test_a_peg_is_canceled_for_its_pair(book: Any, side: Side) -> None:
    quote(book, side)
    join(book, side, 0, 5, 3, linked_order_id=1, order_type=PEG_PRIMARY)
    assert told(book.cancel(1)) == [(1, "CANCELED", NONE, 0), (3, "CANCELED", LINKED, 0)]


def test_a_peg_waits_for_its_parent_and_then_follows(book: Any, side: Side) -> None:
    quote(book, side)
    wait_for(book, side, 0, 5, 3, linked_order_id=2, order_type=PEG_PRIMARY)
    assert moves(book.submit(side, at(side, 1), 1, 4)) == []
    report = book.submit(side, at(side, WIDTH), 5, 5)
    assert told(report)[-3:] == [
        (3, "TRIGGERED", NONE, 5),
        (3, "RESTATED", WAITING, 5),
        (3, "RESTATED", NONE, 5),
    ]
    assert price_of(book, 3) == at(side, 1)


# -- phases


CALLS = (Phase.PRE_OPEN, Phase.OPENING_CALL, Phase.VOLATILITY_CALL, Phase.CLOSING_CALL)


@pytest.mark.parametrize("phase", [*CALLS, Phase.HALT])
def test_outside_trading_a_peg_stays_where_it_is(book: Any, side: Side, phase: Phase) -> None:
    quote(book, side)
    peg(book, side, 3)
    book.set_phase(phase)
    if phase == Phase.HALT:
        assert told(book.cancel(1)) == [(1, "CANCELED", NONE, 0)]
    else:
        assert moves(book.submit(side, at(side, 2), 5, 4)) == []
    assert price_of(book, 3) == at(side)
    report = book.set_phase(Phase.CONTINUOUS)
    assert price_of(book, 3) == (None if phase == Phase.HALT else at(side, 2))
    assert told(report)[-1][:2] == (3, "RESTATED")


@pytest.mark.parametrize("phase", [*CALLS, Phase.HALT, Phase.CLOSED])
def test_a_new_peg_is_for_trading_alone(book: Any, side: Side, phase: Phase) -> None:
    quote(book, side)
    book.set_phase(phase)
    assert peg(book, side, 3).reject_reason == RejectReason.NOT_IN_THIS_PHASE


def test_a_peg_takes_part_in_an_auction_at_its_price(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    book.set_phase(Phase.VOLATILITY_CALL)
    book.submit(other(side), at(side), 8, 4)
    report = book.set_phase(Phase.CONTINUOUS)
    assert report.trades["quantity"].tolist() == [5, 3]
    assert told(report)[-1] == (3, "RESTATED", WAITING, 2)


def test_a_peg_that_is_replaced_in_a_call_waits_for_trading(book: Any, side: Side) -> None:
    quote(book, side)
    peg(book, side, 3)
    book.set_phase(Phase.VOLATILITY_CALL)
    assert told(book.replace(3, 0, 9)) == [(3, "REPLACED", WAITING, 9)]
    assert told(book.set_phase(Phase.CONTINUOUS))[1:] == [(3, "RESTATED", NONE, 9)]


def test_a_child_that_is_a_peg_waits_through_a_call(book: Any, side: Side) -> None:
    quote(book, side)
    wait_for(book, side, 0, 5, 3, linked_order_id=2, order_type=PEG_PRIMARY)
    book.submit(side, at(side, WIDTH), 2, 4)
    book.set_phase(Phase.VOLATILITY_CALL)
    assert told(book.cancel(2))[1:] == [(3, "TRIGGERED", NONE, 2), (3, "RESTATED", WAITING, 2)]
    assert moves(book.set_phase(Phase.CONTINUOUS)) == [(3, at(side))]


# -- that it ends


@pytest.mark.parametrize(("limit", "moved"), [(0, []), (1, [3]), (2, [3, 4]), (9, [3, 4])])
def test_each_move_is_a_step(make_book: Any, side: Side, limit: int, moved: list[int]) -> None:
    """What has no step left waits outside, and enters with the next command."""
    book = make_book(max_cascade=limit)
    quote(book, side)
    for order_id in (3, 4):
        peg(book, side, order_id)
    report = book.submit(side, at(side, 2), 5, 5)
    left = [order_id for order_id in (3, 4) if order_id not in moved]
    assert [order_id for order_id, _ in moves(report)] == moved
    assert waiting(book) == left
    book.check_invariants()
    if limit:
        book.set_price(TriggerSource.MARK, 100)
        assert (waiting(book), price_of(book, 4)) == ([], at(side, 2))


@pytest.mark.parametrize("flags", [0, HIDDEN], ids=["shown", "hidden"])
@pytest.mark.parametrize("kind", PEGS)
def test_in_every_book_what_has_no_step_left_waits(
    make_core: Any, side: Side, kind: OrderType, flags: int
) -> None:
    """What both follow is canceled at once; one may move, then one of the rest each time."""
    core = make_core({}, {}, max_cascade=1)
    gone = {"selector": CancelScope.BY_PRICE, "price": at(side, 2), "bound": at(side, 2)}
    for number in (0, 1):
        book, first = core.book(number), 10 * number
        book.submit(side, at(side), 5, first + 1)
        book.submit(other(side), at(side, WIDTH), 5, first + 2)
        book.submit(side, at(side, 2), 5, first + 3)
        book.submit(other(side), at(side, WIDTH - 2), 5, first + 4)
        for order_id in (first + 5, first + 6):
            peg(book, side, order_id, kind=kind, offset=-3 * side, flags=flags)
    if kind == PEG_MARKET:
        gone["price"] = gone["bound"] = at(side, WIDTH - 2)
    reports = core.match(command_array({"kind": MASS_CANCEL, **gone}))
    assert told(reports)[3:] == [
        (5, "RESTATED", NONE, 5),
        (6, "RESTATED", WAITING, 5),
        (15, "RESTATED", WAITING, 5),
        (16, "RESTATED", WAITING, 5),
    ]
    core.check_invariants()
    stood = price_of(core.book(0), 5)
    assert moves(core.book(1).set_price(TriggerSource.MARK, 100)) == [(15, stood)]
    assert moves(core.book(0).set_price(TriggerSource.MARK, 100)) == [(6, stood)]
    assert moves(core.book(1).set_price(TriggerSource.MARK, 100)) == [(16, stood)]
    assert [waiting(core.book(number)) for number in (0, 1)] == [[], []]


def test_what_was_left_outside_is_in_no_auction(make_book: Any, side: Side) -> None:
    book = make_book(max_cascade=1)
    quote(book, side)
    for order_id in (3, 4):
        peg(book, side, order_id)
    book.submit(side, at(side, 2), 5, 5)
    assert waiting(book) == [4]
    book.set_phase(Phase.VOLATILITY_CALL)
    book.submit(other(side), at(side, 2), 15, 6)
    report = book.set_phase(Phase.CONTINUOUS)
    assert sum(lots for _, _, lots in fills(report)) == 10
    assert (moves(report), waiting(book)) == ([(4, at(side))], [])


# -- what is refused


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"time_in_force": IOC}, RejectReason.PEG_NEVER_RESTS),
        ({"time_in_force": FOK}, RejectReason.PEG_NEVER_RESTS),
        ({"time_in_force": AT_THE_CLOSE}, RejectReason.PEG_NEVER_RESTS),
        ({"time_in_force": GOOD_FOR_AUCTION}, RejectReason.PEG_NEVER_RESTS),
        ({"flags": POST_ONLY}, RejectReason.INCOMPATIBLE_INSTRUCTIONS),
        ({"flags": BUDGET, "bound": 9}, RejectReason.BOUND_WITH_LIMIT),
        ({"flags": PROTECTED, "bound": 201}, RejectReason.BOUND_OUT_OF_RANGE),
        ({"bound": 9}, RejectReason.MALFORMED),
        ({"price": 9}, RejectReason.MALFORMED),
        ({"trigger_price": 9}, RejectReason.MALFORMED),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", PEGS)
def test_what_no_peg_can_be(
    make_book: Any, side: Side, kind: OrderType, fields: dict[str, int], reason: RejectReason
) -> None:
    book = make_book(min_price=1, max_price=200)
    price = fields.get("price", 0)
    more = {name: value for name, value in fields.items() if name != "price"}
    report = book.submit(side, price, 5, order_type=kind, **more)
    assert report.reject_reason == reason


def test_an_offset_is_of_pegs_and_of_what_trails(book: Any, side: Side) -> None:
    for kind in (OrderType.LIMIT, MARKET):
        price = 0 if kind == MARKET else at(side)
        report = book.submit(side, price, 5, order_type=kind, offset=1)
        assert report.reject_reason == RejectReason.MALFORMED
