"""What the compiled face does with what nobody should hand it: it raises, and nothing changes.

What the reference must refuse in the same way is in test_numbers.py and test_batch.py; here are
the things that only compiled code can get wrong: memory, threads, references, half-made objects.
"""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from drain import drain_book

from engine import (
    BUY,
    CANCEL,
    COMMAND_DTYPE,
    ORDER_DTYPE,
    REPORT_DTYPE,
    SELL,
    SUBMIT,
    TRADE_DTYPE,
    CommandError,
    Core,
    Engine,
    EngineBusyError,
    EngineError,
    ExecType,
    ExecutionReport,
    Instrument,
    OrderBook,
    RejectReason,
)

UNSIGNED_MAX = 2**64 - 1


@pytest.fixture
def book() -> Any:
    """A book with an order on each side, emptied and checked after."""
    book = OrderBook()
    book.submit(BUY, 100, 5, order_id=1)
    book.submit(SELL, 101, 5, order_id=2)
    yield book
    drain_book(book)


def crossing(count: int) -> np.ndarray:
    """Return bids and asks in turn, each pair of which trades."""
    commands = np.zeros(count, COMMAND_DTYPE)
    commands["kind"], commands["price"], commands["quantity"] = SUBMIT, 7, 1
    commands["side"][::2], commands["side"][1::2] = BUY, SELL
    return commands


# -- arguments of the calls

RANGES = {
    "side": (-128, 127),
    "price": (-(2**63), 2**63 - 1),
    "quantity": (-(2**63), 2**63 - 1),
    "order_id": (0, UNSIGNED_MAX),
    "account": (0, 2**32 - 1),
    "order_type": (0, 255),
    "time_in_force": (0, 255),
    "flags": (0, 2**32 - 1),
    "client_order_id": (0, UNSIGNED_MAX),
    "command_id": (0, UNSIGNED_MAX),
    "timestamp": (0, UNSIGNED_MAX),
}
VERBS = {
    "submit": [*RANGES],
    "cancel": ["order_id", "account", "command_id", "timestamp"],
    "replace": ["order_id", "price", "quantity", "account", "command_id", "timestamp"],
    "reduce": ["order_id", "quantity", "account", "command_id", "timestamp"],
    "set_position": ["account", "quantity", "command_id", "timestamp"],
}
GOOD = {"side": BUY, "price": 100, "quantity": 5, "order_id": 1, "account": 7}
ARGUMENTS = [(verb, name) for verb, names in VERBS.items() for name in names]


def call(book: OrderBook, verb: str, **wrong: Any) -> Any:
    """Call a verb with good arguments, but for one."""
    needed = [name for name in VERBS[verb] if name in GOOD]
    return getattr(book, verb)(**({name: GOOD[name] for name in needed} | wrong))


def state(book: OrderBook) -> tuple[Any, ...]:
    return book.state_hash(), book.core.report_count, book.core.time


@pytest.mark.parametrize(("verb", "name"), ARGUMENTS)
def test_an_integer_out_of_range_is_told_with_the_range(
    book: OrderBook, verb: str, name: str
) -> None:
    lowest, highest = RANGES[name]
    before = state(book)
    for value in (lowest - 1, highest + 1, -(2**70), 2**70):
        with pytest.raises(OverflowError) as caught:
            call(book, verb, **{name: value})
        assert str(caught.value) == f"{name} was {value}, outside {lowest} to {highest}"
    with pytest.raises(OverflowError, match=f"^{name} was an integer of 16610 bits, outside"):
        call(book, verb, **{name: 10**5000})
    assert state(book) == before


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), "1", b"1", None, [1], np.float64(1), np.array([1, 2]), 1j, object()],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(("verb", "name"), ARGUMENTS)
def test_what_is_no_integer_is_told_with_its_type(
    book: OrderBook, verb: str, name: str, value: Any
) -> None:
    before = state(book)
    error = CommandError if name == "side" else TypeError
    with pytest.raises((error, TypeError), match=rf"{name} was|only.*integer"):
        call(book, verb, **{name: value})
    assert state(book) == before


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int32, np.int64, np.uint64, bool])
def test_integers_of_other_kinds_are_integers(kind: type) -> None:
    book = OrderBook()
    report = book.submit(BUY, kind(1), kind(1), kind(1), kind(1), timestamp=kind(1))
    assert (report.order_id, report.price, report.account, report.timestamp) == (1, 1, 1, 1)


def test_an_index_that_fails_is_told_as_it_failed(book: OrderBook) -> None:
    class Failing:
        def __index__(self) -> int:
            raise LookupError("no number today")

    before = state(book)
    for verb, name in ARGUMENTS:
        with pytest.raises(LookupError, match="no number today"):
            call(book, verb, **{name: Failing()})
    assert state(book) == before


@pytest.mark.parametrize("name", ["price", "quantity", "order_id", "account", "timestamp", "side"])
def test_an_index_that_calls_the_book_does_not_mix_two_commands(name: str) -> None:
    book = OrderBook()
    book.submit(BUY, 50, 9, order_id=1)

    class Reentrant:
        def __index__(self) -> int:
            book.cancel(1, account=77, command_id=78, timestamp=3)
            return 1

    good = {"side": SELL, "price": 100, "quantity": 5, "order_id": 8, "account": 2, "timestamp": 4}
    report = book.submit(**(good | {name: Reentrant()}))
    expected = good | {name: 1}
    expected["timestamp"] = max(expected["timestamp"], 3)
    assert (report.kind, report.command_id, len(book)) == (SUBMIT, 0, 1)
    assert report.leaves_quantity == expected.pop("quantity")
    assert {field: getattr(report, field) for field in expected} == expected


@pytest.mark.parametrize("levels", [-1, 2**63, -(2**63) - 1])
def test_a_number_of_levels_that_makes_no_sense(book: OrderBook, levels: int) -> None:
    with pytest.raises(OverflowError, match=f"levels was {levels}, outside 0 to"):
        book.depth(levels)


@pytest.mark.parametrize("levels", [2.0, "all", None])
def test_a_number_of_levels_that_is_none(book: OrderBook, levels: Any) -> None:
    with pytest.raises(TypeError, match="levels was"):
        book.depth(levels)


def test_a_depth_of_more_levels_than_there_are(book: OrderBook) -> None:
    assert [len(side) for side in book.depth(2**63 - 1)] == [1, 1]


@pytest.mark.parametrize(
    "question",
    [
        lambda book: book.orders(0),
        lambda book: book.orders("buy"),
        lambda book: book.order_count(7),
    ],
)
def test_a_side_that_is_none(book: OrderBook, question: Callable[[OrderBook], Any]) -> None:
    with pytest.raises(CommandError, match=r"side was .*, not one of BUY=1, SELL=-1"):
        question(book)


@pytest.mark.parametrize("make", [OrderBook, Core().add_instrument])
def test_a_priority_that_is_none(make: Callable[..., Any]) -> None:
    with pytest.raises(CommandError, match="replace_priority was 5, not one of KEEP_ON_DECREASE=0"):
        make(replace_priority=5)


@pytest.mark.parametrize("order_id", [1.0, "1", None, float("nan")])
def test_questions_about_an_id_that_is_none(book: OrderBook, order_id: Any) -> None:
    for question in (book.order, book.queue_position, book.core.instrument_of):
        with pytest.raises(TypeError, match="order_id was"):
            question(order_id)
    with pytest.raises(TypeError, match="order_id was"):
        _ = order_id in book


@pytest.mark.parametrize(
    ("account", "error"),
    [(-1, OverflowError), (2**32, OverflowError), (1.0, TypeError), ("7", TypeError)],
    ids=str,
)
def test_a_position_of_an_account_that_is_none(
    book: OrderBook, account: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match="account was"):
        book.position(account)


ACCOUNT_CALLS: dict[str, tuple[dict[str, Any], dict[str, tuple[int, int]]]] = {
    "set_account": (
        {"number": 7},
        {"number": RANGES["account"], "group": RANGES["account"], "tier": RANGES["quantity"]},
    ),
    "deposit": ({"account": 7, "currency": "USD", "amount": 1}, {}),
    "withdraw": ({"account": 7, "currency": "USD", "amount": 1}, {}),
    "transfer": ({"account": 7, "to": 8, "currency": "USD", "amount": 1}, {"to": (0, 2**32 - 1)}),
    "set_leverage": ({"symbol": "OIL", "account": 7, "leverage": 2}, {}),
}
STAMPS = {name: RANGES[name] for name in ("account", "command_id", "timestamp")}


@pytest.mark.parametrize(
    ("verb", "name", "limits"),
    [
        (verb, name, limits)
        for verb, (good, own) in ACCOUNT_CALLS.items()
        for name, limits in (STAMPS | own).items()
        if name != "account" or name in good
    ],
)
def test_an_integer_for_accounts_is_told_with_its_range_or_its_type(
    verb: str, name: str, limits: tuple[int, int]
) -> None:
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.01")
    oil = {"symbol": "OIL", "tick_size": 1, "lot_size": 1, "kind": "linear", "quote": "USD"}
    venue.add_instrument(Instrument(**oil, max_leverage=2))
    for number in (7, 8):
        venue.set_account(number)
        venue.deposit(number, "USD", 5)
    good, _ = ACCOUNT_CALLS[verb]
    call = getattr(venue, verb)
    before = (venue.state_hash(), venue.report_count, venue.time)
    for value in (limits[0] - 1, limits[1] + 1):
        with pytest.raises(OverflowError) as caught:
            call(**(good | {name: value}))
        assert str(caught.value) == f"{name} was {value}, outside {limits[0]} to {limits[1]}"
    with pytest.raises(OverflowError, match=f"^{name} was an integer of 16610 bits, outside"):
        call(**(good | {name: 10**5000}))
    for value in (1.0, "1", b"1", [1]):
        with pytest.raises(TypeError, match=f"^{name} was .*, of {type(value).__name__}, not an"):
            call(**(good | {name: value}))
    assert (venue.state_hash(), venue.report_count, venue.time) == before
    assert call(**good).exec_type == ExecType.DONE


def test_a_book_of_an_instrument_that_was_not_added() -> None:
    core = Core()
    with pytest.raises(EngineError, match="instrument was 0, of 0 added"):
        core.book(0)
    core.add_instrument()
    with pytest.raises(EngineError, match="instrument was 1, of 1 added"):
        core.book(1)
    with pytest.raises(OverflowError, match="instrument was -1"):
        core.book(-1)


# -- arrays


def test_huge_arrays_of_nothing_are_refused_at_once(book: OrderBook) -> None:
    before = state(book)
    with pytest.raises(CommandError, match=r"^commands\[0\]\.kind was 0, not one of SUBMIT=1"):
        book.match(np.zeros(2_000_000, COMMAND_DTYPE))
    assert state(book) == before


def test_the_last_of_many_commands_is_looked_at_before_the_first_is_applied() -> None:
    book = OrderBook()
    commands = crossing(200_000)
    commands["side"][-1] = 9
    with pytest.raises(CommandError, match=r"^commands\[199999\]\.side was 9, not one of BUY=1"):
        book.match(commands)
    assert (book.core.report_count, len(book)) == (0, 0)


def misaligned(dtype: np.dtype[np.void], count: int, by: int) -> np.ndarray:
    """Return an array that begins so many bytes past a multiple of eight."""
    memory = np.zeros(count * dtype.itemsize // 8 + 2, np.uint64).view(np.uint8)
    return memory[by : by + count * dtype.itemsize].view(dtype)


@pytest.mark.parametrize("by", [1, 2, 4, 7])
def test_memory_that_is_not_aligned_is_refused(book: OrderBook, by: int) -> None:
    commands = misaligned(COMMAND_DTYPE, 2, by)
    commands[:] = crossing(2)
    before = state(book)
    with pytest.raises(CommandError, match=rf"commands was {by} bytes past a multiple of 8 in mem"):
        book.match(commands)
    with pytest.raises(CommandError, match=rf"out was {by} bytes past a multiple of 8 in memory"):
        book.match(crossing(2), out=misaligned(REPORT_DTYPE, 9, by))
    assert state(book) == before
    assert len(book.match(commands.copy())) > 0
    assert len(book.match(crossing(2), out=misaligned(REPORT_DTYPE, 9, 8 * (by % 2)))) > 0


@pytest.mark.parametrize("detail", ["all", "trades"])
def test_a_buffer_in_the_memory_of_the_commands_is_refused(detail: str) -> None:
    book = OrderBook()
    dtype = {"all": REPORT_DTYPE, "trades": TRADE_DTYPE}[detail]
    memory = np.zeros(64 * 128, np.uint8)
    commands = memory[128 * 16 : 128 * 32].view(COMMAND_DTYPE)
    commands[:] = crossing(16)
    overlapping = [(0, 64), (16, 32), (8, 17), (31, 40), (20, 21)]
    for first, last in overlapping:
        out = memory[128 * first : 128 * last].view(dtype)
        with pytest.raises(CommandError, match="out was in the memory of commands"):
            book.match(commands, detail=detail, out=out)
    assert book.core.report_count == 0
    for first, last in [(0, 16), (32, 64)]:
        out = memory[128 * first : 128 * last].view(dtype)
        assert len(book.match(commands, detail=detail, out=out)) > 0
    assert (commands == crossing(16)).all()


@pytest.mark.parametrize(
    ("detail", "out", "message"),
    [
        ("all", np.zeros(9, TRADE_DTYPE), "out.dtype was"),
        ("trades", np.zeros(9, REPORT_DTYPE), "out.dtype was"),
        ("all", np.zeros(9, COMMAND_DTYPE), "out.dtype was"),
        ("all", np.zeros(9, REPORT_DTYPE.newbyteorder()), "out.dtype was"),
        ("all", np.zeros((3, 3), REPORT_DTYPE), "out had 2 dimensions, not 1"),
        ("all", np.zeros(9, REPORT_DTYPE)[::-1], "out was not contiguous, with strides of -128"),
        ("all", np.frombuffer(bytes(1280), REPORT_DTYPE), "out was not writeable"),
        ("trades", memoryview(bytearray(640)), "out was of memoryview, not a NumPy array of TRADE"),
    ],
    ids=["trades", "reports", "commands", "byte order", "dimensions", "strides", "bytes", "memory"],
)
def test_a_bad_buffer_is_told(book: OrderBook, detail: str, out: Any, message: str) -> None:
    before = state(book)
    with pytest.raises(CommandError) as caught:
        book.match(crossing(4), detail=detail, out=out)
    assert str(caught.value).startswith(message)
    assert state(book) == before


@pytest.mark.parametrize("detail", [None, 1, b"all"])
def test_a_detail_that_is_no_text(book: OrderBook, detail: Any) -> None:
    before = state(book)
    with pytest.raises((TypeError, CommandError)):
        book.match(crossing(2), detail=detail)
    assert state(book) == before


def test_subclasses_of_arrays_are_arrays() -> None:
    book = OrderBook()
    commands = crossing(2).view(np.recarray)
    out = np.zeros(9, REPORT_DTYPE).view(np.recarray)
    assert len(book.match(commands, out=out)) == 4
    assert out.exec_type[0] == 1


# -- objects that are half made, copied or pickled


def test_a_report_is_only_made_by_a_command() -> None:
    with pytest.raises(TypeError, match="made by submit, cancel, replace and reduce"):
        ExecutionReport()


def test_a_book_that_was_not_initialised_is_an_empty_book() -> None:
    book = OrderBook.__new__(OrderBook)
    book.submit(BUY, 1, 1)
    book.__init__()  # type: ignore[misc]
    assert len(book) == 1
    drain_book(book)


@pytest.mark.parametrize("final", [ExecutionReport, OrderBook, Core])
def test_compiled_classes_are_final(final: type) -> None:
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Derived", (final,), {})


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_report_survives_a_pickle(book: OrderBook, protocol: int) -> None:
    for report in (book.submit(BUY, 90, 1), book.submit(BUY, 101, 9), book.cancel(55)):
        again = pickle.loads(pickle.dumps(report, protocol))
        assert (again, hash(again), repr(again)) == (report, hash(report), repr(report))
        assert again.reports.tobytes() == report.reports.tobytes()
        assert (again.trades == report.trades).all()
        assert copy.deepcopy(report) == copy.copy(report) == report


def test_bytes_that_are_no_report_are_refused() -> None:
    make, (data,) = OrderBook().submit(BUY, 1, 1).__reduce__()
    for wrong in (b"", data[:-1], data + b"x"):
        with pytest.raises(ValueError, match=f"data was {len(wrong)} bytes, not a multiple of 128"):
            make(wrong)
    for wrong in (None, bytearray(data), 5):
        with pytest.raises(TypeError):
            make(wrong)


@pytest.mark.parametrize("make", [OrderBook, Core, Engine])
@pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_engine_is_not_copied(make: Callable[[], Any], act: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="can't be pickled"):
        act(make())


def test_attributes_are_read_only(book: OrderBook) -> None:
    report = book.submit(BUY, 90, 1)
    for place, name in ((report, "price"), (book, "core"), (book, "instrument"), (book, "new")):
        with pytest.raises(AttributeError):
            setattr(place, name, 5)
    assert not report.reports.flags.writeable


# -- threads


def run_in_threads(*tasks: Callable[[], None]) -> None:
    """Run all at once; raise what one of them raised."""
    raised: list[BaseException] = []

    def guarded(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_a_call_during_a_batch_is_refused_or_waits_its_turn() -> None:
    book = OrderBook()
    commands = crossing(100_000)
    refused, batches, messages = 0, 0, set()
    questions: list[Callable[[], Any]] = [
        lambda: book.submit(BUY, 1, 1, time_in_force=1),
        lambda: book.cancel(10**9),
        lambda: book.match(commands[:2]),
        book.best_bid,
        book.depth,
        book.state_hash,
        book.check_invariants,
        book.last_trade,
        lambda: book.orders(BUY),
        lambda: book.order(5),
        lambda: 5 in book,
        lambda: 5 in book.core,
        lambda: book.core.reserve(10),
        lambda: book.core.add_instrument(),
        lambda: book.core.book(0),
        lambda: len(book),
        lambda: len(book.core),
        lambda: book.core.time,
        lambda: book.core.report_count,
        lambda: book.core.trade_count,
        book.core.counters,
        book.counters,
        lambda: book.core.memory_bytes,
    ]
    while refused < 50 and batches < 2_000:
        batches += 1
        done = threading.Event()

        def batch(done: threading.Event = done) -> None:
            try:
                book.match(commands)
            finally:
                done.set()

        thread = threading.Thread(target=batch)
        thread.start()
        while not done.is_set():
            for question in questions:
                try:
                    question()
                except EngineBusyError as error:
                    messages.add(str(error))
                    refused += 1
            assert repr(book).startswith("OrderBook(")
            assert repr(book.core).startswith("Core(")
        thread.join()
    assert refused >= 50
    assert messages == {"the engine is running a batch on another thread"}
    book.check_invariants()
    assert len(book) == 0


def test_batches_of_two_threads_are_applied_one_after_the_other_or_refused() -> None:
    book = OrderBook()
    commands = crossing(20_000)
    applied = [0, 0]

    def worker(number: int) -> None:
        for _ in range(50):
            try:
                reports = book.match(commands)
            except EngineBusyError:
                continue
            applied[number] += 1
            first = int(reports["sequence_number"][0])
            assert (np.diff(reports["sequence_number"]) == 1).all()
            assert (first - 1) % len(reports) == 0

    run_in_threads(lambda: worker(0), lambda: worker(1))
    assert sum(applied) >= 50
    assert book.core.trade_count == 10_000 * sum(applied)
    book.check_invariants()


def test_engines_of_their_own_run_side_by_side() -> None:
    commands = crossing(50_000)
    books = [OrderBook() for _ in range(4)]
    expected = OrderBook().match(commands).tobytes()
    results: dict[int, bytes] = {}

    def run(number: int) -> None:
        results[number] = books[number].match(commands).tobytes()

    run_in_threads(*[lambda number=number: run(number) for number in range(4)])
    assert set(results.values()) == {expected}


def test_single_calls_of_two_threads_all_count() -> None:
    book = OrderBook()

    def enter(first: int) -> None:
        for order_id in range(first, 20_000, 2):
            book.submit(BUY, order_id % 7, 1, order_id)

    run_in_threads(lambda: enter(1), lambda: enter(2))
    assert len(book) == 19_999
    drain_book(book)


# -- what lives how long


@pytest.mark.parametrize("detail", ["all", "trades"])
def test_what_match_returned_outlives_the_engine(detail: str) -> None:
    book = OrderBook()
    records = book.match(crossing(10_000), detail=detail)
    part, before = records["quantity" if detail == "trades" else "price"][100:], records.tobytes()
    del book
    gc.collect()
    for _ in range(10):
        OrderBook().match(crossing(10_000), detail=detail)
    assert records.tobytes() == before
    del records
    gc.collect()
    assert set(part.tolist()) == {1 if detail == "trades" else 7}


def test_what_match_returned_may_be_written_to() -> None:
    records = OrderBook().match(crossing(100))
    records["price"] = 5
    assert set(records["price"].tolist()) == {5}


def test_reports_outlive_their_book() -> None:
    reports = [OrderBook().submit(SELL, price, 1) for price in range(100)]
    gc.collect()
    assert [report.price for report in reports] == list(range(100))
    trades = reports[0].reports
    del reports
    gc.collect()
    assert trades["price"].tolist() == [0]


def test_a_book_keeps_its_engine_alive() -> None:
    core = Core()
    core.add_instrument()
    book = core.book(0)
    del core
    gc.collect()
    assert book.submit(BUY, 1, 1).order_id == 1
    venue = Engine()
    venue.add_instrument(Instrument(symbol="X", tick_size=1, lot_size=1))
    face = venue.book("X")
    del venue
    gc.collect()
    assert face.submit(BUY, 1, 1).order_id == 1


def test_calls_leave_no_reference_behind() -> None:
    book = OrderBook()
    dtypes = (COMMAND_DTYPE, REPORT_DTYPE, TRADE_DTYPE, ORDER_DTYPE)
    commands = crossing(4)
    out = np.zeros(8, REPORT_DTYPE)

    def work() -> None:
        for _ in range(200):
            book.match(commands)
            book.match(commands, detail="trades")
            book.match(commands, out=out)
            book.match(commands[:0])
            _ = book.submit(BUY, 1, 1, order_id=9).reports
            book.orders(BUY)
            book.depth()
            book.cancel(9)
            with pytest.raises(CommandError):
                book.match(commands, out=commands)

    work()
    gc.collect()
    before = [sys.getrefcount(thing) for thing in (*dtypes, commands, out)]
    work()
    gc.collect()
    after = [sys.getrefcount(thing) for thing in (*dtypes, commands, out)]
    assert max(abs(late - early) for late, early in zip(after, before, strict=True)) < 10


LEAK = """
import resource
import numpy as np
from engine import BUY, COMMAND_DTYPE, SELL, SUBMIT, OrderBook

commands = np.zeros(10_000, COMMAND_DTYPE)
commands["kind"], commands["price"], commands["quantity"] = SUBMIT, 7, 1
commands["side"][::2], commands["side"][1::2] = BUY, SELL
small = np.zeros(1, commands.dtype)
small["kind"], small["side"] = SUBMIT, 5


def work():
    book = OrderBook()
    for _ in range(60):
        book.match(commands)
        book.match(commands, detail="trades")
        try:
            book.match(small)
        except ValueError:
            pass


work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(5):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_memory_of_batches_is_given_back() -> None:
    result = subprocess.run(
        [sys.executable, "-c", LEAK], capture_output=True, text=True, check=True
    )
    grown_kib = int(result.stdout)
    assert grown_kib < 30_000, "the rounds made 800 MB of records"


def test_an_unknown_order_is_no_misuse(book: OrderBook) -> None:
    commands = np.zeros(3, COMMAND_DTYPE)
    commands["kind"], commands["order_id"] = CANCEL, UNSIGNED_MAX
    assert book.match(commands)["reject_reason"].tolist() == [RejectReason.UNKNOWN_ORDER] * 3
