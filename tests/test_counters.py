"""What an engine counts of its commands, reports, rejects and trades, on every way they take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from drain import drain_core
from implementations import Implementation
from streams import command_array
from views import at, other

from engine import (
    BUY,
    SELL,
    CommandError,
    CommandKind,
    Engine,
    ExecType,
    Instrument,
    OrderFlag,
    Phase,
    RejectReason,
    Side,
    UnknownSymbolError,
)
from engine.workloads import workload

SPECIAL = OrderFlag.HIDDEN


@pytest.fixture
def core(implementation: Implementation) -> Iterator[Any]:
    """An engine with one instrument without limits."""
    core = implementation.core()
    core.add_instrument()
    yield core
    drain_core(core)


def named(counter: Any) -> dict[str, int]:
    return {member.name: count for member, count in sorted(counter.items())}


def test_an_engine_that_did_nothing_has_counted_nothing(core: Any) -> None:
    book = core.book(0)
    counters = core.counters()
    assert counters == ({}, {}, {}, 0, 0)
    assert counters.commands[CommandKind.SUBMIT] == counters.rejects[RejectReason.MALFORMED] == 0
    assert book.counters() == (0, 0, 0)


def test_commands_and_reports_are_counted_by_what_they_are(core: Any, side: Side) -> None:
    book = core.book(0)
    book.submit(side, at(side), 10, 1)
    book.submit(side, at(side), 10, 2)
    book.replace(1, at(side, 1), 8)
    book.reduce(2, 4)
    book.submit(other(side), at(side), 10, 3)
    book.cancel(2)
    book.mass_cancel()
    counters = core.counters()
    assert named(counters.commands) == {
        "SUBMIT": 3,
        "CANCEL": 1,
        "REPLACE": 1,
        "REDUCE": 1,
        "MASS_CANCEL": 1,
    }
    assert named(counters.reports) == {
        "NEW": 3,
        "TRADE": 4,
        "CANCELED": 1,
        "REPLACED": 2,
        "DONE": 1,
    }
    assert (counters.trades, counters.traded_lots) == (2, 10)
    assert book.counters() == (3, 2, 10)


def test_what_special_orders_do_is_counted_too(core: Any, side: Side) -> None:
    """A hidden maker, which sends its commands the general way, a replace and a reduce of it."""
    book = core.book(0)
    book.submit(side, at(side), 10, 1, flags=SPECIAL)
    book.submit(side, at(side), 10, 2)
    book.replace(1, at(side, 1), 8)
    book.reduce(1, 2)
    book.submit(other(side), at(side), 10, 3)
    book.submit(other(side), at(side), 0, 4)
    book.cancel(2)
    counters = core.counters()
    assert named(counters.reports) == {
        "NEW": 3,
        "TRADE": 4,
        "CANCELED": 1,
        "REPLACED": 2,
        "REJECTED": 1,
    }
    assert named(counters.rejects) == {"QUANTITY_TOO_SMALL": 1}
    assert book.counters() == (3, 2, 10)


def test_refusals_are_counted_by_reason_and_change_no_state(core: Any, side: Side) -> None:
    book = core.book(0)
    book.submit(side, at(side), 10, 1)
    before = book.state_hash()
    book.cancel(9)
    book.cancel(8)
    book.submit(side, at(side), 0, 2)
    book.submit(side, at(side), 1, 1)
    book.replace(1, at(side), 0)
    counters = core.counters()
    assert counters.commands.total() == 6
    assert named(counters.rejects) == {
        "UNKNOWN_ORDER": 2,
        "DUPLICATE_ORDER_ID": 1,
        "QUANTITY_TOO_SMALL": 2,
    }
    assert counters.reports[ExecType.REJECTED] == 5
    assert book.state_hash() == before


def test_a_batch_that_is_turned_down_is_not_counted(core: Any) -> None:
    book = core.book(0)
    commands = command_array(*[{"kind": CommandKind.SUBMIT, "side": BUY, "quantity": 1}] * 3)
    commands["kind"][2] = 0
    with pytest.raises(CommandError):
        book.match(commands)
    assert core.counters().commands.total() == 0


def test_lots_go_beyond_64_bits(core: Any, side: Side) -> None:
    book = core.book(0)
    for _ in range(9):
        book.submit(side, at(side), 2**62)
        book.submit(other(side), at(side), 2**62)
    assert book.counters() == (18, 9, 9 * 2**62)
    assert core.counters().traded_lots == 9 * 2**62 > 2**65


@pytest.mark.parametrize("flags", [OrderFlag(0), SPECIAL], ids=["plain", "special"])
def test_trades_of_an_auction_are_counted_once(core: Any, flags: OrderFlag) -> None:
    book = core.book(0)
    book.set_phase(Phase.OPENING_CALL)
    book.submit(BUY, 101, 7, 1, flags=flags)
    book.submit(SELL, 99, 4, 2)
    book.submit(SELL, 99, 5, 3)
    book.uncross()
    assert book.counters() == (3, 2, 7)
    counters = core.counters()
    assert (counters.trades, counters.traded_lots) == (2, 7)
    assert counters.reports[ExecType.TRADE] == 4
    assert counters.commands[CommandKind.UNCROSS] == 1


@pytest.mark.parametrize("name", ["thin", "retail"])
def test_the_same_is_counted_whatever_is_written(implementation: Implementation, name: str) -> None:
    """All reports, trades only, and commands one by one; more than the engine takes in a chunk."""
    size = 10_000 if implementation.name == "core" else 600
    commands = workload(name, size, seed=3).commands[:size]
    cores = [implementation.core() for _ in range(3)]
    for core in cores:
        for _ in range(int(commands["instrument"].max()) + 1):
            core.add_instrument()
    reports = cores[0].match(commands)
    cores[1].match(commands, detail="trades")
    for start in range(size):
        cores[2].match(commands[start : start + 1])
    counters = [core.counters() for core in cores]
    assert counters[0] == counters[1] == counters[2]
    assert counters[0].commands.total() == size
    assert counters[0].reports.total() == len(reports) == cores[0].report_count
    kinds, counts = np.unique(commands["kind"], return_counts=True)
    assert counters[0].commands == dict(zip(kinds.tolist(), counts.tolist(), strict=True))
    books = [[core.book(n).counters() for n in range(core.instrument_count)] for core in cores]
    assert books[0] == books[1] == books[2]


def test_books_add_up_to_the_engine(implementation: Implementation) -> None:
    core = implementation.core()
    for number in range(3):
        core.add_instrument()
        book = core.book(number)
        for side in (SELL, BUY, BUY):
            book.submit(side, 100, number + 1)
    books = [core.book(number).counters() for number in range(3)]
    assert books == [(3, 1, 1), (3, 1, 2), (3, 1, 3)]
    counters = core.counters()
    assert (counters.trades, counters.traded_lots) == (3, 6)
    assert counters.reports[ExecType.NEW] == 9


def test_counters_are_a_copy_and_their_difference_is_what_happened_between(core: Any) -> None:
    book = core.book(0)
    book.submit(BUY, 100, 5)
    before = core.counters()
    book.cancel(1)
    book.cancel(1)
    after = core.counters()
    assert before.commands == {CommandKind.SUBMIT: 1}
    assert after.commands - before.commands == {CommandKind.CANCEL: 2}
    assert after.reports - before.reports == {ExecType.CANCELED: 1, ExecType.REJECTED: 1}


def test_a_venue_counts_by_symbol() -> None:
    venue = Engine()
    for symbol in ("BTC-USD", "ETH-USD"):
        venue.add_instrument(Instrument(symbol=symbol, tick_size="0.01", lot_size="0.001"))
    for side in ("sell", "buy"):
        venue.submit("ETH-USD", side=side, price="3000", quantity="2")
    assert venue.book_counters("BTC-USD") == (0, 0, 0)
    assert venue.book_counters("ETH-USD") == (2, 1, 2_000)
    assert venue.counters().traded_lots == 2_000
    with pytest.raises(UnknownSymbolError, match="symbol was 'ETC-USD'"):
        venue.book_counters("ETC-USD")
