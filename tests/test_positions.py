"""Positions that a caller supplies, and what moves them: see `reducing`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from linking import KEPT, told
from reducing import ME, REDUCED, SOMEBODY, hold, plain, reduce_only, reducible, take
from streams import INT64_MAX, INT64_MIN, command_array
from views import at, fills, other

from engine import (
    IOC,
    SET_POSITION,
    Engine,
    ExecType,
    GridError,
    Instrument,
    Phase,
    RejectReason,
    Side,
    UnknownSymbolError,
)


@pytest.fixture
def long_book(book: Any, side: Side) -> Any:
    """A book where the account has 5 lots for orders of this side to reduce."""
    hold(book, side, 5)
    return book


def test_a_position_is_none_until_it_is_supplied(book: Any) -> None:
    assert book.position(ME) is None
    report = book.set_position(ME, -5, command_id=3, timestamp=4)
    assert (report.exec_type, report.last_quantity) == (ExecType.DONE, -5)
    assert (report.account, report.command_id, report.timestamp) == (ME, 3, 4)
    assert (book.position(ME), book.position(SOMEBODY)) == (-5, None)


def test_trades_of_makers_and_takers_move_positions(book: Any, side: Side) -> None:
    for account in (ME, SOMEBODY):
        book.set_position(account, 0)
    plain(book, side, at(side), 5, 1)
    take(book, side, at(side), 3)
    assert (book.position(ME), book.position(SOMEBODY)) == (side * 3, -side * 3)


def test_positions_of_others_are_not_followed(long_book: Any, side: Side) -> None:
    plain(long_book, side, at(side), 5, 1)
    take(long_book, side, at(side), 3)
    assert long_book.position(SOMEBODY) is None


def test_a_trade_with_oneself_leaves_the_position(long_book: Any, side: Side) -> None:
    plain(long_book, side, at(side), 5, 1)
    report = plain(long_book, other(side), at(side), 3, 2)
    assert (fills(report), reducible(long_book, side)) == ([(1, at(side), 3)], 5)


def test_trades_of_an_auction_move_positions(long_book: Any, side: Side) -> None:
    long_book.set_phase(Phase.OPENING_CALL)
    plain(long_book, side, at(side), 9, 1)
    long_book.submit(other(side), at(side), 7, 2, SOMEBODY)
    long_book.set_phase(Phase.CONTINUOUS)
    assert reducible(long_book, side) == -2


def test_positions_are_of_one_instrument(make_core: Any, side: Side) -> None:
    core = make_core({}, {})
    core.book(0).set_position(ME, 5)
    plain(core.book(1), side, at(side), 3, 1)
    take(core.book(1), side, at(side), 3)
    assert (core.book(0).position(ME), core.book(1).position(ME)) == (5, None)


def test_positions_are_in_the_state_hash(make_book: Any) -> None:
    books = [make_book(), make_book(), make_book()]
    for book, lots in zip(books, (5, 5, 6), strict=True):
        book.set_position(ME, lots)
    assert books[0].state_hash() == books[1].state_hash() != books[2].state_hash()


def test_a_supplied_position_of_0_is_another_state_than_none(make_book: Any) -> None:
    book, empty = make_book(), make_book()
    book.set_position(ME, 0)
    assert book.state_hash() != empty.state_hash()


def test_the_lowest_number_is_no_position(book: Any) -> None:
    assert book.set_position(ME, INT64_MIN).reject_reason == RejectReason.QUANTITY_TOO_LARGE
    for lots in (INT64_MIN + 1, INT64_MAX):
        assert book.set_position(ME, lots).exec_type == ExecType.DONE
        assert book.position(ME) == lots


def test_a_position_never_passes_64_bits(book: Any, side: Side) -> None:
    overflow = RejectReason.QUANTITY_OVERFLOW
    book.set_position(ME, side * (INT64_MAX - 10))
    assert plain(book, side, at(side), 11, 1).reject_reason == overflow
    assert plain(book, side, at(side), 11, 1, time_in_force=IOC).reject_reason == overflow
    assert plain(book, side, at(side), 6, 1).reject_reason == 0
    assert plain(book, side, at(side, -1), 5, 2).reject_reason == overflow
    assert plain(book, side, at(side, -1), 4, 2).reject_reason == 0
    assert book.replace(2, at(side, -1), 5).reject_reason == overflow
    assert book.set_position(ME, side * (INT64_MAX - 9)).reject_reason == overflow
    book.submit(side, at(side, -2), 100, 3, SOMEBODY)  # of others nothing is at stake
    assert plain(book, other(side), at(side, 9), INT64_MAX, 4).reject_reason == 0
    book.cancel(4)
    take(book, side, at(side, -2), 50)
    assert book.position(ME) == side * INT64_MAX


@pytest.mark.parametrize("phase", Phase)
def test_a_position_may_be_supplied_in_every_phase(
    long_book: Any, side: Side, phase: Phase
) -> None:
    reduce_only(long_book, side, at(side), 5, 1)
    long_book.set_phase(phase)
    assert told(hold(long_book, side, 3))[1:] == [(1, "REPLACED", KEPT | REDUCED, 3)]


def test_the_command_sets_a_position(book: Any) -> None:
    fields = {"kind": SET_POSITION, "account": ME, "quantity": -3, "command_id": 9}
    (report,) = book.match(command_array(fields))
    names = [
        "exec_type",
        "kind",
        "account",
        "last_quantity",
        "last_price",
        "order_id",
        "command_id",
    ]
    assert report[names].item() == (ExecType.DONE, SET_POSITION, ME, -3, 0, 0, 9)


# -- in decimals


def venue_of_oil() -> Engine:
    venue = Engine()
    venue.add_instrument(Instrument(symbol="OIL", tick_size="0.05", lot_size=10))
    return venue


@pytest.mark.parametrize("quantity", ["-50", Decimal(50), 0])
def test_a_position_in_decimals_is_one_in_lots(quantity: Any) -> None:
    friendly, plain_face = venue_of_oil(), venue_of_oil()
    assert friendly.position("OIL", account=ME) is None
    report = friendly.set_position("OIL", account=ME, quantity=quantity, command_id=3)
    lots = int(quantity) // 10
    assert report == plain_face.book("OIL").set_position(ME, lots, command_id=3)
    assert friendly.state_hash() == plain_face.state_hash()
    assert friendly.position("OIL", account=ME) == int(quantity)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"quantity": 5}, GridError, "OIL: quantity was 5, not on the grid of 10"),
        ({"quantity": "much"}, GridError, "OIL: quantity was 'much', not a number"),
        ({"account": -1}, OverflowError, "account was -1, outside 0 to 42"),
        ({"account": "me"}, TypeError, "account was 'me', of str, not an integer"),
        ({"symbol": "OLI"}, UnknownSymbolError, "symbol was 'OLI'"),
    ],
    ids=str,
)
def test_what_is_no_position_raises(
    wrong: dict[str, Any], error: type[Exception], message: str
) -> None:
    venue = venue_of_oil()
    before = venue.state_hash(), venue.report_count
    with pytest.raises(error, match=message):
        venue.set_position(**{"symbol": "OIL", "account": ME, "quantity": 10} | wrong)
    assert (venue.state_hash(), venue.report_count) == before
