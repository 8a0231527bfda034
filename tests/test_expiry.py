"""Orders that end by time, and commands that take out many at once."""

from __future__ import annotations

from typing import Any

import pytest
from streams import command_array
from views import at, fills, other, queue, statuses

from engine import (
    ADVANCE_TIME,
    BUY,
    DAY,
    GTD,
    MASS_CANCEL,
    SELL,
    STOP_LIMIT,
    TRAILING_STOP_LIMIT,
    CancelScope,
    CommandKind,
    ExecType,
    OrderStatus,
    Phase,
    RejectReason,
    Side,
)


def rest_until(book: Any, side: Side, expiry: int, order_id: int, **fields: int) -> Any:
    return book.submit(side, at(side), 5, order_id, time_in_force=GTD, expiry=expiry, **fields)


def advance(book: Any, timestamp: int) -> Any:
    return book.match(command_array({"kind": ADVANCE_TIME, "timestamp": timestamp}))


def ended(reports: Any) -> list[tuple[int, str]]:
    """Return (order id, event) of each report."""
    return [(int(record["order_id"]), ExecType(record["exec_type"]).name) for record in reports]


# -- good till date


def test_an_order_ends_when_engine_time_reaches_its_expiry(book: Any, side: Side) -> None:
    rest_until(book, side, 100, 1, timestamp=10)
    assert ended(advance(book, 99)) == [(0, "DONE")]
    reports = advance(book, 100)
    assert ended(reports) == [(1, "EXPIRED"), (0, "DONE")]
    names = ["order_status", "leaves_quantity", "last_quantity", "timestamp", "kind"]
    assert reports[0][names].item() == (OrderStatus.EXPIRED, 0, 5, 100, ADVANCE_TIME)
    assert len(book) == 0


def test_what_expires_does_so_before_the_command_is_looked_at(book: Any, side: Side) -> None:
    rest_until(book, side, 100, 1)
    report = book.submit(other(side), at(side), 5, 2, timestamp=100)
    assert statuses(report) == ["EXPIRED EXPIRED", "NEW NEW"]
    assert (report.order_id, len(report.trades)) == (2, 0)


def test_a_refused_command_lets_orders_expire_too(book: Any, side: Side) -> None:
    rest_until(book, side, 100, 1)
    report = book.cancel(1, timestamp=100)
    assert statuses(report) == ["EXPIRED EXPIRED", "REJECTED REJECTED"]
    assert report.reject_reason == RejectReason.UNKNOWN_ORDER


def test_an_id_that_expires_is_free_for_the_command_itself(book: Any, side: Side) -> None:
    rest_until(book, side, 100, 1)
    report = book.submit(side, at(side), 9, 1, timestamp=100)
    assert statuses(report) == ["EXPIRED EXPIRED", "NEW NEW"]
    assert queue(book, side) == [(1, 9)]


def test_the_earliest_ends_first_then_the_oldest(book: Any, side: Side) -> None:
    for order_id, expiry in ((1, 70), (2, 60), (3, 70), (4, 60)):
        rest_until(book, side, expiry, order_id)
    rest_until(book, side, 101, 5)
    assert [order_id for order_id, _ in ended(advance(book, 100))] == [2, 4, 1, 3, 0]
    assert queue(book, side) == [(5, 5)]


def test_a_waiting_order_expires_too(book: Any, side: Side) -> None:
    asked = {"order_type": STOP_LIMIT, "trigger_price": 500 * side, "time_in_force": GTD}
    book.submit(side, at(side), 5, 1, expiry=100, **asked)
    assert ended(advance(book, 100)) == [(1, "EXPIRED"), (0, "DONE")]


def test_orders_of_every_instrument_expire(make_core: Any, side: Side) -> None:
    core = make_core({}, {})
    rest_until(core.book(1), side, 100, 1)
    report = core.book(0).submit(side, at(side), 5, 2, timestamp=100)
    assert ended(report.reports) == [(1, "EXPIRED"), (2, "NEW")]
    assert report.reports["instrument"].tolist() == [1, 0]


@pytest.mark.parametrize("expiry", [0, 49, 50])
def test_an_expiry_that_is_not_after_engine_time_is_refused(
    book: Any, side: Side, expiry: int
) -> None:
    book.submit(side, at(side), 1, timestamp=50)
    assert rest_until(book, side, expiry, 2).reject_reason == RejectReason.EXPIRY_PASSED
    assert rest_until(book, side, 51, 2).exec_type == ExecType.NEW


def test_only_a_good_till_date_order_has_an_expiry(book: Any, side: Side) -> None:
    assert book.submit(side, at(side), 1, expiry=9).reject_reason == RejectReason.MALFORMED


def test_a_replaced_order_keeps_its_expiry(book: Any, side: Side) -> None:
    rest_until(book, side, 100, 1)
    book.replace(1, at(side, 1), 9)
    assert book.detail(1).expiry == 100
    assert ended(advance(book, 100)) == [(1, "EXPIRED"), (0, "DONE")]


def test_a_partly_filled_order_expires_with_what_is_open(book: Any, side: Side) -> None:
    rest_until(book, side, 100, 1)
    book.submit(other(side), at(side), 2)
    expired = advance(book, 100)[0]
    assert expired[["filled_quantity", "last_quantity"]].item() == (2, 3)


# -- at the close


def test_an_order_for_the_day_ends_at_the_close(make_core: Any, side: Side) -> None:
    """Of its own instrument: what rests, then what waits; others stay."""
    core = make_core({}, {})
    book, another = core.book(0), core.book(1)
    asked = {"order_type": STOP_LIMIT, "trigger_price": 500 * side}
    book.submit(side, at(side), 5, 1, time_in_force=DAY, **asked)
    book.submit(side, at(side, -1), 5, 2, time_in_force=DAY)
    book.submit(side, at(side), 5, 3)
    another.submit(side, at(side), 5, 4, time_in_force=DAY)
    book.submit(other(side), at(side, -1), 7, 5, timestamp=8)
    assert queue(book, side) == [(2, 3)]
    report = book.set_phase(Phase.CLOSED, timestamp=9)
    assert ended(report.reports) == [(0, "DONE"), (2, "EXPIRED"), (1, "EXPIRED")]
    assert report.reports["last_quantity"].tolist() == [Phase.CLOSED, 3, 5]
    assert len(core) == 1


def test_an_order_for_the_day_lives_through_time_and_every_other_phase(
    book: Any, side: Side
) -> None:
    book.submit(side, at(side), 5, 1, time_in_force=DAY)
    for phase in (*Phase, Phase.CONTINUOUS):
        if phase != Phase.CLOSED:
            book.set_phase(phase)
    advance(book, 2**64 - 1)
    assert queue(book, side) == [(1, 5)]


# -- mass cancel


@pytest.fixture
def core(make_core: Any) -> Any:
    """Two instruments with orders of two accounts, on both sides, in the book and outside."""
    core = make_core({}, {})
    first, second = core.book(0), core.book(1)
    first.submit(SELL, 103, 5, 1, 7)
    first.submit(BUY, 97, 5, 2, 7)
    first.submit(BUY, 98, 5, 3, 8)
    first.submit(BUY, 120, 5, 4, 8, order_type=STOP_LIMIT, trigger_price=110)
    first.submit(SELL, 1, 5, 5, 7, order_type=TRAILING_STOP_LIMIT, offset=3)
    second.submit(BUY, 97, 5, 6, 7)
    second.submit(SELL, 99, 5, 7, 8)
    return core


@pytest.mark.parametrize(
    ("fields", "canceled"),
    [
        ({}, [3, 2, 1, 4, 5, 6, 7]),
        ({"selector": CancelScope.BY_ACCOUNT, "account": 7}, [2, 1, 5, 6]),
        ({"selector": CancelScope.BY_INSTRUMENT, "instrument": 1}, [6, 7]),
        ({"selector": CancelScope.BY_SIDE, "side": BUY}, [3, 2, 4, 6]),
        ({"selector": CancelScope.BY_PRICE, "price": 98, "bound": 103}, [3, 1, 7]),
        ({"selector": CancelScope.BY_PRICE, "price": 104, "bound": 200}, [4]),
        ({"selector": CancelScope.BY_PRICE, "price": -9, "bound": 9}, []),
        (
            {
                "selector": CancelScope.BY_ACCOUNT | CancelScope.BY_SIDE,
                "account": 8,
                "side": SELL,
            },
            [7],
        ),
    ],
)
def test_mass_cancel_takes_out_what_every_bit_of_its_selector_describes(
    core: Any, fields: dict[str, int], canceled: list[int]
) -> None:
    """By instrument: bids and asks as they trade, then what waits by age; a DONE with the count."""
    reports = core.match(command_array({"kind": MASS_CANCEL, "command_id": 5, **fields}))
    assert ended(reports) == [*((order_id, "CANCELED") for order_id in canceled), (0, "DONE")]
    assert reports[-1][["last_quantity", "order_status"]].item() == (
        len(canceled),
        OrderStatus.NONE,
    )
    assert set(reports["command_id"].tolist()) == {5}
    assert len(core) == 7 - len(canceled)


def test_the_call_of_a_book_stays_in_its_instrument(core: Any) -> None:
    report = core.book(0).mass_cancel(account=8, side=BUY)
    assert ended(report.reports) == [(3, "CANCELED"), (4, "CANCELED"), (0, "DONE")]
    assert (report.exec_type, report.last_quantity) == (ExecType.DONE, 2)
    report = core.book(1).mass_cancel(prices=(97, 98))
    assert ended(report.reports) == [(6, "CANCELED"), (0, "DONE")]


@pytest.mark.parametrize(
    "fields",
    [
        {"selector": CancelScope.BY_SIDE},
        {"price": 9},
        {"bound": 9},
        {"instrument": 1},
        {"quantity": 1},
    ],
)
def test_a_scope_that_says_less_than_its_fields_is_malformed(
    core: Any, fields: dict[str, int]
) -> None:
    reports = core.match(command_array({"kind": MASS_CANCEL, **fields}))
    assert reports["reject_reason"].tolist() == [RejectReason.MALFORMED]
    assert len(core) == 7


def test_a_mass_cancel_of_an_unknown_instrument_is_refused(core: Any) -> None:
    asked = {"selector": CancelScope.BY_INSTRUMENT, "instrument": 2}
    reports = core.match(command_array({"kind": MASS_CANCEL, **asked}))
    assert reports["reject_reason"].tolist() == [RejectReason.UNKNOWN_INSTRUMENT]


def test_commands_of_no_order_say_that_they_are_done(book: Any) -> None:
    report = book.set_price(0, 100, account=4, command_id=6, timestamp=8)
    names = ["exec_type", "kind", "order_id", "account", "command_id", "timestamp", "last_price"]
    assert report.reports[0][names].item() == (
        *(ExecType.DONE, CommandKind.SET_PRICE, 0),
        *(4, 6, 8, 100),
    )
    assert fills(report) == []
