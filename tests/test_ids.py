"""Order ids: chosen or assigned, unique among the live orders of an engine, dead with the order."""

from __future__ import annotations

from typing import Any

import pytest
from views import at, fills, other, queue

from engine import BUY, FOK, IOC, SELL, SUBMIT, Core, ExecType, RejectReason, Side
from engine.records import commands_of


def test_ids_are_assigned_from_one(book: Any, side: Side) -> None:
    assert [book.submit(side, at(side), 1).order_id for _ in range(3)] == [1, 2, 3]


def test_assigned_ids_pass_over_live_ones(book: Any, side: Side) -> None:
    for order_id in (1, 2, 4):
        book.submit(side, at(side), 1, order_id)
    assert [book.submit(side, at(side), 1).order_id for _ in range(3)] == [3, 5, 6]


def test_an_assigned_id_is_not_assigned_again(book: Any, side: Side) -> None:
    book.cancel(book.submit(side, at(side), 1).order_id)
    assert book.submit(side, at(side), 1).order_id == 2


def test_a_refused_order_uses_no_id(book: Any, side: Side) -> None:
    refused = book.submit(side, at(side), 0)
    assert (refused.reject_reason, refused.order_id) == (RejectReason.QUANTITY_TOO_SMALL, 0)
    assert book.submit(side, at(side), 1).order_id == 1


def test_an_order_that_never_rests_uses_an_id(book: Any, side: Side) -> None:
    assert book.submit(side, at(side), 1, time_in_force=IOC).order_id == 1
    assert book.submit(side, at(side), 1).order_id == 2


def test_the_counter_is_part_of_the_state(book: Any, side: Side) -> None:
    empty = book.state_hash()
    book.cancel(book.submit(side, at(side), 1, 5).order_id)
    assert book.state_hash() == empty
    book.cancel(book.submit(side, at(side), 1).order_id)
    assert book.state_hash() != empty


@pytest.mark.parametrize("order_id", [1, 2**32, 2**63, 2**64 - 1])
def test_any_64_bit_number_is_an_id(book: Any, side: Side, order_id: int) -> None:
    book.submit(side, at(side), 5, order_id)
    assert book.order(order_id).order_id == order_id
    assert order_id in book
    assert fills(book.submit(other(side), at(side), 2)) == [(order_id, at(side), 2)]
    assert book.cancel(order_id).exec_type == ExecType.CANCELED


def test_a_live_id_is_refused_before_anything_trades(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    book.submit(other(side), at(side, 1), 5, 2)
    report = book.submit(side, at(side, 1), 5, 1)
    assert report.reject_reason == RejectReason.DUPLICATE_ORDER_ID
    assert queue(book, side) == [(1, 5)]
    assert queue(book, other(side)) == [(2, 5)]


@pytest.mark.parametrize("price", [-3, 3], ids=["as a maker", "as a taker"])
def test_id_of_a_live_order_of_the_other_side_is_refused(book: Any, side: Side, price: int) -> None:
    book.submit(side, at(side), 5, 1)
    report = book.submit(other(side), at(other(side), price), 5, 1, time_in_force=IOC)
    assert report.reject_reason == RejectReason.DUPLICATE_ORDER_ID


# How an order dies, and whether anything of it should be left.
DEATHS = {
    "filled as a maker": lambda book, side: book.submit(other(side), at(side), 5, 2),
    "canceled": lambda book, side: book.cancel(1),  # noqa: ARG005
    "reduced to nothing": lambda book, side: book.reduce(1, 5),  # noqa: ARG005
    "filled by its replace": lambda book, side: (
        book.submit(other(side), at(side, 1), 5, 2),
        book.replace(1, at(side, 1), 5),
    ),
}


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
def test_a_dead_id_is_unknown_and_may_be_used_again(book: Any, side: Side, death: Any) -> None:
    book.submit(side, at(side), 5, 1)
    death(book, side)
    for report in (book.cancel(1), book.replace(1, at(side), 9), book.reduce(1, 1)):
        assert report.reject_reason == RejectReason.UNKNOWN_ORDER
    assert 1 not in book
    again = book.submit(other(side), at(other(side)), 3, 1)
    assert (again.exec_type, again.filled_quantity) == (ExecType.NEW, 0)
    assert book.order(1).side == other(side)


@pytest.mark.parametrize("time_in_force", [IOC, FOK])
def test_id_of_an_order_that_never_rested_is_free(
    book: Any, side: Side, time_in_force: Any
) -> None:
    book.submit(side, at(side), 5, 1, time_in_force=time_in_force)
    assert book.cancel(1).reject_reason == RejectReason.UNKNOWN_ORDER
    assert book.submit(side, at(side), 5, 1).exec_type == ExecType.NEW


def test_id_of_a_filled_taker_is_free(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    book.submit(other(side), at(side), 5, 2)
    assert book.cancel(2).reject_reason == RejectReason.UNKNOWN_ORDER
    assert book.submit(side, at(side), 5, 2).exec_type == ExecType.NEW


def test_a_command_without_an_id_names_no_order(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5)
    for report in (book.cancel(0), book.replace(0, at(side), 1), book.reduce(0, 1)):
        assert (report.reject_reason, report.order_id) == (RejectReason.UNKNOWN_ORDER, 0)


def test_ids_are_unique_over_all_instruments(make_core: Any, side: Side) -> None:
    core = make_core({}, {})
    core.book(0).submit(side, at(side), 5, 1)
    report = core.book(1).submit(side, at(side), 5, 1)
    assert report.reject_reason == RejectReason.DUPLICATE_ORDER_ID
    assert (report.instrument, len(core.book(1))) == (1, 0)


def test_assigned_ids_are_shared_by_all_instruments(make_core: Any, side: Side) -> None:
    core = make_core({}, {})
    assert [core.book(number).submit(side, at(side), 5).order_id for number in (0, 1, 0)] == [
        *(1, 2, 3)
    ]


def test_an_order_is_unknown_on_another_instrument(make_core: Any, side: Side) -> None:
    core = make_core({}, {})
    core.book(0).submit(side, at(side), 5, 1)
    elsewhere = core.book(1)
    for report in (elsewhere.cancel(1), elsewhere.replace(1, at(side), 1), elsewhere.reduce(1, 1)):
        assert (report.reject_reason, report.side) == (RejectReason.UNKNOWN_ORDER, 0)
    assert (1 in core.book(0), 1 in elsewhere, core.instrument_of(1)) == (True, False, 0)
    assert elsewhere.order(1) is None
    assert elsewhere.queue_position(1) is None


def test_instruments_do_not_trade_with_each_other(make_core: Any) -> None:
    core = make_core({}, {})
    core.book(0).submit(SELL, 100, 5, 1)
    core.book(1).submit(BUY, 100, 5, 2)
    assert (core.book(0).best_ask(), core.book(1).best_bid()) == (100, 100)
    assert core.book(0).best_bid() is None
    assert core.trade_count == 0


def test_ids_that_collide_on_purpose_are_ids_like_others(book: Any) -> None:
    # Fibonacci multiples undo the core's multiplicative hash: all of these share its upper bits.
    ids = [(number * 12586269025) ^ 0x2545F4914F6CDD1D for number in range(1, 1500)]
    for order_id in ids:
        report = book.submit(SELL, 100, 1, order_id)
        assert (report.order_id, report.reject_reason) == (order_id, RejectReason.NONE)
    book.check_invariants()
    assert len(book) == len(ids)
    assert book.submit(SELL, 100, 1, ids[-1]).reject_reason == RejectReason.DUPLICATE_ORDER_ID
    for order_id in ids[1::2]:
        assert book.cancel(order_id).reject_reason == RejectReason.NONE
        assert order_id not in book
    trades = book.submit(BUY, 100, len(ids)).trades
    assert trades["maker_order_id"].tolist() == ids[0::2]
    book.check_invariants()


def test_no_order_waits_while_places_for_half_as_many_are_made() -> None:
    """Places for ids are made some at a time: the pause of one order is a few microseconds."""
    core = Core()
    core.add_instrument()
    book = core.book(0)
    core.match(commands_of(20_000, SUBMIT, side=BUY, price=100, quantity=1))
    memory, most = core.memory_bytes, 0
    for _ in range(20_000):
        book.submit(BUY, 100, 1)
        most = max(most, core.memory_bytes - memory)
        memory = core.memory_bytes
    assert most < 100_000
