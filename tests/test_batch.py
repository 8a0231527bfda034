"""`match`: an array of commands in, an array of reports or of trades out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from no_members import NO_MEMBERS, first_unused
from streams import command_array, random_stream

from engine import (
    BUY,
    CANCEL,
    COMMAND_DTYPE,
    REPORT_DTYPE,
    SELL,
    SET_PHASE,
    SUBMIT,
    TRADE_DTYPE,
    CancelScope,
    CommandError,
    CommandKind,
    ExecType,
    OrderFlag,
    Phase,
)

NO_FLAG, NO_SCOPE = first_unused(OrderFlag), first_unused(CancelScope)
CROSSING = command_array(
    {"kind": SUBMIT, "side": SELL, "price": 100, "quantity": 5},
    {"kind": SUBMIT, "side": SELL, "price": 101, "quantity": 5},
    {"kind": SUBMIT, "side": BUY, "price": 101, "quantity": 7},
    {"kind": CANCEL, "order_id": 2},
)
CROSSING_REPORTS = ["NEW", "NEW", "NEW", *["TRADE"] * 4, "CANCELED"]


def events(reports: np.ndarray) -> list[str]:
    return [ExecType(exec_type).name for exec_type in reports["exec_type"]]


def test_reports_come_in_the_order_of_events(book: Any) -> None:
    reports = book.match(CROSSING)
    assert reports.dtype == REPORT_DTYPE
    assert events(reports) == CROSSING_REPORTS
    assert reports["sequence_number"].tolist() == list(range(1, 9))


def test_trades_alone_are_one_record_a_trade(book: Any) -> None:
    trades = book.match(CROSSING, detail="trades")
    assert trades.dtype == TRADE_DTYPE
    names = ["trade_id", "maker_order_id", "taker_order_id", "price", "quantity"]
    assert trades[names].tolist() == [(1, 1, 3, 100, 5), (2, 2, 3, 101, 2)]
    assert trades["side"].tolist() == [BUY, BUY]


def test_trades_alone_leave_the_same_state_and_numbers(make_book: Any) -> None:
    whole, trades_only = make_book(), make_book()
    whole.match(CROSSING)
    trades_only.match(CROSSING, detail="trades")
    assert whole.state_hash() == trades_only.state_hash()
    assert trades_only.cancel(1).sequence_number == len(CROSSING_REPORTS) + 1


def test_an_empty_batch_says_nothing(book: Any) -> None:
    assert book.match(command_array()).tolist() == []
    assert book.match(command_array(), detail="trades").tolist() == []


@pytest.mark.parametrize("size", [1, 7, 64, 500])
def test_reports_do_not_depend_on_the_size_of_batches(implementation: Any, size: int) -> None:
    stream = random_stream(11, 500)
    at_once = stream.new_core(implementation.core)
    in_parts = stream.new_core(implementation.core)
    reports = [in_parts.match(stream.commands[at : at + size]) for at in range(0, 500, size)]
    assert b"".join(part.tobytes() for part in reports) == at_once.match(stream.commands).tobytes()
    assert in_parts.state_hash() == at_once.state_hash()


def test_the_commands_are_not_changed(book: Any) -> None:
    commands = CROSSING.copy()
    commands.flags.writeable = False
    book.match(commands)
    assert commands.tobytes() == CROSSING.tobytes()


def test_what_was_returned_stays_when_the_engine_goes_on(book: Any) -> None:
    first = book.match(CROSSING)
    before = first.tobytes()
    book.match(CROSSING)
    assert first.tobytes() == before


# -- a buffer handed in


def test_the_beginning_of_a_large_enough_buffer_is_returned(book: Any) -> None:
    out = np.zeros(20, REPORT_DTYPE)
    reports = book.match(CROSSING, out=out)
    assert events(reports) == CROSSING_REPORTS
    assert np.shares_memory(reports, out)
    assert not out["exec_type"][len(reports) :].any()


def test_a_buffer_may_just_fit(book: Any) -> None:
    out = np.zeros(len(CROSSING_REPORTS), REPORT_DTYPE)
    assert np.shares_memory(book.match(CROSSING, out=out), out)


@pytest.mark.parametrize("room", [0, 1, 5, 7])
def test_nothing_is_lost_when_a_buffer_is_too_small(book: Any, room: int) -> None:
    out = np.zeros(room, REPORT_DTYPE)
    reports = book.match(CROSSING, out=out)
    assert events(reports) == CROSSING_REPORTS
    assert not np.shares_memory(reports, out)


def test_a_buffer_for_trades(book: Any) -> None:
    out = np.zeros(8, TRADE_DTYPE)
    trades = book.match(CROSSING, detail="trades", out=out)
    assert trades["quantity"].tolist() == [5, 2]
    assert np.shares_memory(trades, out)


def read_only() -> np.ndarray:
    out = np.zeros(20, REPORT_DTYPE)
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    "out",
    [
        np.zeros(20, TRADE_DTYPE),
        np.zeros((4, 5), REPORT_DTYPE),
        np.zeros(40, REPORT_DTYPE)[::2],
        read_only(),
        bytearray(2560),
        [],
    ],
    ids=["dtype", "dimensions", "strides", "read-only", "bytes", "list"],
)
def test_a_buffer_of_another_kind_is_refused_before_anything_is_applied(
    book: Any, out: Any
) -> None:
    with pytest.raises(CommandError, match="out"):
        book.match(CROSSING, out=out)
    assert book.match(CROSSING)["sequence_number"][0] == 1


# -- arrays that can't be read


@pytest.mark.parametrize(
    "commands",
    [
        np.zeros(3, REPORT_DTYPE),
        np.zeros(3, np.uint8),
        np.zeros(3, COMMAND_DTYPE.newbyteorder(">")),
        np.zeros((3, 3), COMMAND_DTYPE),
        np.zeros((), COMMAND_DTYPE),
        np.zeros(6, COMMAND_DTYPE)[::2],
        np.zeros(6, COMMAND_DTYPE)[::-1],
        [(1, 1, 0)],
        bytes(128),
        None,
    ],
    ids=[
        *("records", "numbers", "byte order", "dimensions", "no dimension", "strides", "backwards"),
        *("list", "bytes", "nothing"),
    ],
)
def test_an_array_of_another_kind_is_refused(book: Any, commands: Any) -> None:
    with pytest.raises(CommandError, match="commands"):
        book.match(commands)
    assert book.match(CROSSING)["sequence_number"][0] == 1


MISUSED = [
    *NO_MEMBERS,
    *(("side", value) for value in (0, 2, -2, 127)),
    *(("flags", value) for value in (NO_FLAG, NO_FLAG + 1, 2**31)),
    *(("selector", value) for value in (NO_SCOPE, NO_SCOPE + 1, 2**15)),
]


@pytest.mark.parametrize("index", [0, 2, 3])
@pytest.mark.parametrize(("name", "value"), MISUSED)
def test_a_value_of_no_enumeration_is_named_with_its_place(
    book: Any, index: int, name: str, value: int
) -> None:
    commands = CROSSING.copy()
    commands["kind"][index] = SUBMIT
    commands["side"][index] = BUY
    commands[name][index] = value
    before = book.state_hash()
    with pytest.raises(CommandError, match=rf"commands\[{index}\]\.{name} was {value}\b"):
        book.match(commands)
    assert book.state_hash() == before
    assert book.match(CROSSING)["sequence_number"][0] == 1


@pytest.mark.parametrize("value", [max(Phase) + 1, 2**8, 2**15])
def test_a_phase_that_there_is_not_is_named_with_its_place(book: Any, value: int) -> None:
    with pytest.raises(CommandError, match=rf"commands\[0\]\.selector was {value}\b"):
        book.match(command_array({"kind": SET_PHASE, "selector": value}))
    assert book.match(CROSSING)["sequence_number"][0] == 1


def test_the_first_of_several_places_is_named(book: Any) -> None:
    commands = CROSSING.copy()
    commands["time_in_force"][1:] = 99
    commands["flags"][1] = 2**31
    with pytest.raises(CommandError, match=r"commands\[1\]\.time_in_force was 99"):
        book.match(commands)


@pytest.mark.parametrize("kind", [CANCEL, CommandKind.REPLACE, CommandKind.REDUCE])
def test_the_side_is_read_for_submit_only(book: Any, kind: CommandKind) -> None:
    (report,) = book.match(command_array({"kind": kind, "side": 77, "order_id": 1}))
    assert (report["exec_type"], report["side"]) == (ExecType.REJECTED, 0)


def test_detail_is_all_or_trades(book: Any) -> None:
    with pytest.raises(CommandError, match="detail was 'some'"):
        book.match(CROSSING, detail="some")
    assert len(book) == 0


def test_each_command_names_its_instrument(make_core: Any) -> None:
    core = make_core({}, {})
    commands = command_array(
        {"kind": SUBMIT, "side": SELL, "price": 100, "quantity": 5, "instrument": 1},
        {"kind": SUBMIT, "side": BUY, "price": 100, "quantity": 5, "instrument": 0},
        {"kind": SUBMIT, "side": BUY, "price": 100, "quantity": 2, "instrument": 1},
    )
    trades = core.match(commands, detail="trades")
    assert trades[["instrument", "maker_order_id", "taker_order_id"]].tolist() == [(1, 1, 3)]
    assert (core.book(0).best_bid(), core.book(1).best_bid()) == (100, None)
