"""Orders that take no part of themselves, or no small one: all-or-none and minimum quantity."""

from __future__ import annotations

from typing import Any

import pytest
from streams import command_array
from views import at, fills, ladder, other, queue, statuses

from engine import (
    ALL_OR_NONE,
    FOK,
    GTC,
    GTD,
    IOC,
    MARKET,
    MASS_CANCEL,
    MINIMUM_EACH,
    POST_ONLY,
    CancelScope,
    ExecType,
    Liquidity,
    RejectReason,
    ReportFlag,
    SelfTradeMode,
    Side,
)

# -- all-or-none


def test_all_or_none_trades_whole_where_it_can(book: Any, side: Side) -> None:
    book.submit(side, at(side, 1), 4, 1)
    book.submit(side, at(side), 6, 2)
    report = book.submit(other(side), at(side), 10, 3, flags=ALL_OR_NONE)
    assert fills(report) == [(1, at(side, 1), 4), (2, at(side), 6)]
    assert len(book) == 0


def test_all_or_none_rests_where_it_cannot_and_the_book_is_locked(book: Any, side: Side) -> None:
    book.submit(side, at(side), 9, 1)
    report = book.submit(other(side), at(side), 10, 2, flags=ALL_OR_NONE)
    assert statuses(report) == ["NEW NEW"]
    assert (book.best_bid(), book.best_ask()) == (at(side), at(side))
    assert ladder(book, other(side)) == [(at(side), 10, 1)]


def test_all_or_none_is_passed_over_by_what_is_too_small(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1, flags=ALL_OR_NONE)
    book.submit(side, at(side), 3, 2)
    book.submit(side, at(side, -1), 5, 3)
    report = book.submit(other(side), at(side, -1), 8)
    assert fills(report) == [(2, at(side), 3), (3, at(side, -1), 5)]
    assert queue(book, side) == [(1, 10)]


def test_all_or_none_keeps_its_turn(book: Any, side: Side) -> None:
    """It is passed over for a small order only: a large enough one still meets it first."""
    book.submit(side, at(side), 10, 1, flags=ALL_OR_NONE)
    book.submit(side, at(side), 3, 2)
    report = book.submit(other(side), at(side), 12)
    assert fills(report) == [(1, at(side), 10), (2, at(side), 2)]


def test_two_all_or_none_orders_meet_only_when_both_fill(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1, flags=ALL_OR_NONE)
    report = book.submit(other(side), at(side), 9, 2, flags=ALL_OR_NONE)
    assert statuses(report) == ["NEW NEW"]
    report = book.submit(other(side), at(side), 10, 3, flags=ALL_OR_NONE)
    assert fills(report) == [(1, at(side), 10)]
    assert queue(book, other(side)) == [(2, 9)]


def test_all_or_none_is_tried_again_when_more_comes_in(book: Any, side: Side) -> None:
    """It then takes what rests, at the prices of what rests, and keeps its own place."""
    book.submit(other(side), at(side, -1), 10, 1, flags=ALL_OR_NONE)
    book.submit(side, at(side), 6, 2)
    assert queue(book, side) == [(2, 6)]
    book.replace(1, at(side), 10)
    report = book.submit(side, at(side, 1), 4, 3)
    assert fills(report) == [(3, at(side, 1), 4), (2, at(side), 6)]
    takers = report.reports[report.reports["liquidity"] == Liquidity.TAKER]
    assert takers["order_id"].tolist() == [1, 1]
    assert (len(book), report.filled_quantity) == (0, 4)


def test_all_or_none_is_tried_again_when_it_becomes_smaller(book: Any, side: Side) -> None:
    book.submit(side, at(side), 6, 1)
    book.submit(other(side), at(side), 10, 2, flags=ALL_OR_NONE)
    report = book.reduce(2, 4)
    assert statuses(report) == ["REPLACED NEW", "TRADE FILLED", "TRADE FILLED"]
    assert report.reports[0]["flags"] == ReportFlag.KEPT_PRIORITY


def test_those_that_wait_are_tried_by_price_then_time(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, flags=ALL_OR_NONE)
    book.submit(side, at(side, 1), 5, 2, flags=ALL_OR_NONE)
    book.submit(side, at(side, 1), 5, 3, flags=ALL_OR_NONE)
    book.submit(other(side), at(side), 3, 4)
    report = book.submit(other(side), at(side), 2, 5)
    assert fills(report) == [(4, at(side), 3), (5, at(side), 2)]
    assert set(report.trades["taker_order_id"].tolist()) == {2}
    assert queue(book, side) == [(3, 5), (1, 5)]


def test_a_post_only_all_or_none_order_never_takes(book: Any, side: Side) -> None:
    book.submit(other(side), at(side), 10, 1, flags=ALL_OR_NONE | POST_ONLY)
    book.submit(side, at(side), 4, 2)
    book.submit(side, at(side), 6, 3)
    assert queue(book, side) == [(2, 4), (3, 6)]
    assert fills(book.submit(side, at(side), 10, 4)) == [(1, at(side), 10)]


@pytest.mark.parametrize(("order_type", "time_in_force"), [(MARKET, GTC), (1, IOC), (0, IOC)])
def test_all_or_none_that_may_not_rest_is_refused_where_it_cannot_fill(
    book: Any, side: Side, order_type: int, time_in_force: int
) -> None:
    book.submit(side, at(side), 9, 1)
    price = 0 if order_type else at(side)
    asked = {"order_type": order_type, "time_in_force": time_in_force, "flags": ALL_OR_NONE}
    report = book.submit(other(side), price, 10, **asked)
    assert report.reject_reason == RejectReason.FOK_CANNOT_FILL
    assert fills(book.submit(other(side), price, 9, **asked)) == [(1, at(side), 9)]


def test_fok_does_not_count_what_it_would_pass_over(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1, flags=ALL_OR_NONE)
    book.submit(side, at(side), 3, 2)
    report = book.submit(other(side), at(side), 4, time_in_force=FOK)
    assert report.reject_reason == RejectReason.FOK_CANNOT_FILL
    assert fills(book.submit(other(side), at(side), 3, time_in_force=FOK)) == [(2, at(side), 3)]
    assert fills(book.submit(other(side), at(side), 10, time_in_force=FOK)) == [(1, at(side), 10)]


@pytest.mark.parametrize(("limit", "takers"), [(0, []), (1, [1]), (2, [1, 2])])
def test_each_order_that_is_tried_again_is_a_step(
    make_book: Any, side: Side, limit: int, takers: list[int]
) -> None:
    """Order 3 is of their own account and keeps both from trading, until it is gone."""
    book = make_book(max_cascade=limit)
    mode = {"self_trade_mode": SelfTradeMode.CANCEL_NEWEST}
    for order_id in (1, 2):
        book.submit(side, at(side), 5, order_id, 7, flags=ALL_OR_NONE, **mode)
    book.submit(other(side), at(side), 1, 3, 7)
    for _ in range(3):
        assert len(book.submit(other(side), at(side), 4, account=8).trades) == 0
    report = book.cancel(3)
    assert list(dict.fromkeys(report.trades["taker_order_id"].tolist())) == takers


# -- a minimum at entry


def test_a_minimum_that_fills_at_entry_leaves_a_plain_rest(book: Any, side: Side) -> None:
    book.submit(side, at(side), 4, 1)
    report = book.submit(other(side), at(side), 10, 2, minimum_quantity=4)
    assert statuses(report) == ["NEW NEW", "TRADE FILLED", "TRADE PARTIALLY_FILLED"]
    assert (queue(book, other(side)), book.detail(2).minimum_quantity) == ([(2, 6)], 0)
    assert fills(book.submit(side, at(side), 1)) == [(2, at(side), 1)]


def test_a_minimum_may_be_made_of_several_fills(book: Any, side: Side) -> None:
    for order_id in (1, 2, 3):
        book.submit(side, at(side), 2, order_id)
    report = book.submit(other(side), at(side), 10, minimum_quantity=5)
    assert len(report.trades) == 3


@pytest.mark.parametrize("time_in_force", [GTC, IOC])
def test_a_minimum_that_cannot_fill_at_entry_is_refused(
    book: Any, side: Side, time_in_force: int
) -> None:
    book.submit(side, at(side), 4, 1)
    asked = {"minimum_quantity": 5, "time_in_force": time_in_force}
    report = book.submit(other(side), at(side), 10, **asked)
    assert report.reject_reason == RejectReason.MINIMUM_CANNOT_FILL
    assert queue(book, side) == [(1, 4)]


# -- whoever makes room: what trades for that does so before the command ends


def keep_apart(book: Any, side: Side, first: int, **fields: int) -> None:
    """Let an all-or-none order (first) wait for 5 lots behind some of its own (first + 1).

    Its own are offered at a better price than those of a stranger (first + 2), and it would end
    where it meets them. Once they are gone, it trades.
    """
    mode = {"self_trade_mode": SelfTradeMode.CANCEL_NEWEST}
    book.submit(other(side), at(side, -1), 2, first + 1, 7, **fields)
    book.submit(other(side), at(side), 5, first + 2, 8)
    report = book.submit(side, at(side), 5, first, 7, flags=ALL_OR_NONE, **mode)
    assert (statuses(report), queue(book, side)) == (["NEW NEW"], [(first, 5)])


def events(reports: Any) -> list[tuple[int, str]]:
    """Return (order id, event) of each report."""
    return [(int(record["order_id"]), ExecType(record["exec_type"]).name) for record in reports]


def test_an_expiry_makes_room_also_when_the_command_is_refused(book: Any, side: Side) -> None:
    keep_apart(book, side, 1, time_in_force=GTD, expiry=100)
    report = book.cancel(99, timestamp=100)
    assert events(report.reports) == [
        (2, "EXPIRED"),
        (3, "TRADE"),
        (1, "TRADE"),
        (99, "REJECTED"),
    ]
    assert len(book) == 0


def test_an_expiry_makes_room_before_the_command_is_looked_at(book: Any, side: Side) -> None:
    """The order that comes in at that time finds nothing any more."""
    keep_apart(book, side, 1, time_in_force=GTD, expiry=100)
    report = book.submit(side, at(side), 5, 9, timestamp=100, time_in_force=IOC)
    assert events(report.reports)[1:] == [
        (3, "TRADE"),
        (1, "TRADE"),
        (9, "NEW"),
        (9, "CANCELED"),
    ]


def test_an_expiry_makes_room_in_every_book(make_core: Any, side: Side) -> None:
    core = make_core({}, {}, {})
    for number in (1, 2):
        keep_apart(core.book(number), side, 10 * number, time_in_force=GTD, expiry=100)
    report = core.book(0).submit(side, at(side), 1, 1, timestamp=100)
    assert sorted(events(report.reports)[:-1]) == sorted(
        (10 * number + order, event)
        for number in (1, 2)
        for order, event in ((0, "TRADE"), (1, "EXPIRED"), (2, "TRADE"))
    )
    assert events(report.reports)[-1] == (1, "NEW")
    assert len(core) == 1


def test_a_mass_cancel_makes_room_in_every_book(make_core: Any, side: Side) -> None:
    core = make_core({}, {})
    for number in (0, 1):
        keep_apart(core.book(number), side, 1 + 10 * number)
    price = at(side, -1)
    fields = {"selector": CancelScope.BY_PRICE, "price": price, "bound": price}
    reports = core.match(command_array({"kind": MASS_CANCEL, **fields}))
    assert events(reports) == [
        *((2, "CANCELED"), (12, "CANCELED"), (0, "DONE")),
        *((3, "TRADE"), (1, "TRADE"), (13, "TRADE"), (11, "TRADE")),
    ]
    assert reports["instrument"].tolist() == [0, 1, 0, 0, 0, 1, 1]
    assert len(core) == 0


# -- a minimum for each fill


def test_each_fill_has_the_minimum_or_is_passed_over(book: Any, side: Side) -> None:
    each = {"flags": MINIMUM_EACH, "minimum_quantity": 4}
    book.submit(side, at(side), 10, 1, **each)
    book.submit(side, at(side), 2, 2)
    assert fills(book.submit(other(side), at(side), 2)) == [(2, at(side), 2)]
    assert fills(book.submit(other(side), at(side), 5)) == [(1, at(side), 5)]
    assert book.detail(1).minimum_quantity == 4


def test_the_last_fill_may_be_as_small_as_what_is_left(book: Any, side: Side) -> None:
    book.submit(side, at(side), 6, 1, flags=MINIMUM_EACH, minimum_quantity=4)
    book.submit(other(side), at(side), 4)
    assert fills(book.submit(other(side), at(side), 2)) == [(1, at(side), 2)]


def test_one_that_comes_in_passes_over_what_is_too_small_and_rests(book: Any, side: Side) -> None:
    book.submit(side, at(side), 3, 1)
    book.submit(side, at(side), 5, 2)
    each = {"flags": MINIMUM_EACH, "minimum_quantity": 4}
    report = book.submit(other(side), at(side), 20, 3, **each)
    assert fills(report) == [(2, at(side), 5)]
    assert (queue(book, side), queue(book, other(side))) == ([(1, 3)], [(3, 15)])
    assert book.best_bid() == book.best_ask() == at(side)


def test_it_is_tried_again_against_what_has_become_large_enough(book: Any, side: Side) -> None:
    book.submit(side, at(side), 3, 1)
    each = {"flags": MINIMUM_EACH, "minimum_quantity": 4}
    book.submit(other(side), at(side), 20, 2, **each)
    report = book.replace(1, at(side), 4)
    assert fills(report) == [(2, at(side), 4)]


# -- what excludes what


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"flags": ALL_OR_NONE, "display_quantity": 2}, RejectReason.ALL_OR_NONE_WITH_DISPLAY),
        ({"flags": ALL_OR_NONE, "minimum_quantity": 2}, RejectReason.ALL_OR_NONE_WITH_MINIMUM),
        ({"time_in_force": FOK, "minimum_quantity": 2}, RejectReason.ALL_OR_NONE_WITH_MINIMUM),
        ({"flags": POST_ONLY, "minimum_quantity": 2}, RejectReason.POST_ONLY_WITH_MINIMUM),
        ({"flags": MINIMUM_EACH}, RejectReason.MINIMUM_EACH_WITHOUT_MINIMUM),
        (
            {"flags": MINIMUM_EACH, "minimum_quantity": 2, "display_quantity": 3},
            RejectReason.MINIMUM_EACH_WITH_DISPLAY,
        ),
        ({"minimum_quantity": 6}, RejectReason.MINIMUM_QUANTITY_OUT_OF_RANGE),
        ({"minimum_quantity": -1}, RejectReason.MINIMUM_QUANTITY_OUT_OF_RANGE),
    ],
)
def test_instructions_that_exclude_each_other_are_refused(
    book: Any, side: Side, fields: dict[str, int], reason: RejectReason
) -> None:
    report = book.submit(side, at(side), 5, **fields)
    assert (report.exec_type, report.reject_reason) == (ExecType.REJECTED, reason)
