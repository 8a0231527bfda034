"""The engine is called from within its own calls, or from where a process is cut in two.

A clock, a finalizer, a consumer, a signal, a fork, a second interpreter: docs/dangers.md says what
is promised of each.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from attacks import crossing, run_script

from engine import BUY, COMMAND_DTYPE, SELL, SUBMIT, Engine, EngineError, Instrument, OrderBook
from engine.auctions import TopOrder, allocate
from engine.feed import BoundedQueue, FeedBuilder, Replica

# -- the engine is called from within


def test_a_clock_that_calls_the_engine_is_answered_first() -> None:
    venue: Engine
    times = iter(range(1, 100))

    def clock() -> int:
        if len(venue) < 3:
            venue.submit("X", side="buy", price=1, quantity=1, timestamp=next(times))
        return next(times)

    venue = Engine(clock=clock)
    venue.add_instrument(Instrument(symbol="X", tick_size=1, lot_size=1))
    report = venue.submit("X", side="buy", price=5, quantity=2, order_id=77)
    assert (report.order_id, report.leaves_quantity, len(venue)) == (77, 2, 2)
    commands = np.zeros(2, COMMAND_DTYPE)
    commands["kind"], commands["side"], commands["price"], commands["quantity"] = SUBMIT, SELL, 9, 1
    assert len(venue.match(commands)) == 2
    assert venue.cancel(77).leaves_quantity == 0
    venue.check_invariants()


@pytest.mark.parametrize("error", [ValueError("no time"), KeyboardInterrupt(), SystemExit(3)])
def test_a_clock_that_raises_changes_nothing(error: BaseException) -> None:
    def clock() -> int:
        raise error

    venue = Engine(clock=clock)
    venue.add_instrument(Instrument(symbol="X", tick_size=1, lot_size=1))
    before = (venue.state_hash(), venue.report_count, venue.time)
    calls: list[Callable[[], Any]] = [
        lambda: venue.submit("X", side="buy", price=5, quantity=2),
        lambda: venue.cancel(5),
        lambda: venue.match(crossing(2)),
        lambda: venue.set_price("X", "mark", 5),
        lambda: venue.mass_cancel("X"),
    ]
    for call in calls:
        with pytest.raises(type(error)):
            call()
    assert (venue.state_hash(), venue.report_count, venue.time) == before


@pytest.mark.parametrize("wrong", [-1, 2**64, 1.5, "now", None])
def test_a_clock_that_tells_no_time_changes_nothing(wrong: Any) -> None:
    venue = Engine(clock=lambda: wrong)
    venue.add_instrument(Instrument(symbol="X", tick_size=1, lot_size=1))
    before = venue.state_hash()
    for call in (
        lambda: venue.submit("X", side="buy", price=5, quantity=2),
        lambda: venue.match(crossing(2)),
        lambda: venue.cancel(7),
    ):
        with pytest.raises((TypeError, OverflowError, EngineError)):
            call()
    assert (venue.state_hash(), venue.report_count) == (before, 0)


FINALIZERS = """
import gc
from engine import BUY, SELL, ContractKind, Core

core = Core(accounts=True)
core.add_currency()
core.add_instrument(contract={"kind": ContractKind.LINEAR, "initial_rate": 10**6})
book = core.book(0)
calls = 0

class Session:
    # Ends with a trade, as those do that cancel what they have when they are let go.
    def __init__(self):
        self.itself = self

    def __del__(self):
        global calls
        calls += 1
        book.submit(BUY, 100 + calls % 50, 1, account=calls % 300)
        book.submit(SELL, 100, 1, account=calls % 200)
        book.set_price(1, 100 + calls % 3)

import numpy as np
from engine import COMMAND_DTYPE, DEPOSIT, SET_ACCOUNT
commands = np.zeros(600, COMMAND_DTYPE)
commands["account"] = np.arange(600) // 2
commands["kind"][::2], commands["kind"][1::2] = SET_ACCOUNT, DEPOSIT
commands["quantity"][1::2] = 10**9
core.match(commands)
gc.set_threshold(1, 1, 1)
for turn in range(60):
    Session()
    core.state_hash()
    core.account_position(turn % 300, 0)
    core.balance(turn % 300, 0)
    core.exposure(turn % 300, 0)
    book.orders(BUY)
    book.depth()
    core.account(turn % 300)
    core.counters()
    report = book.submit(BUY, 1, 1, account=1)
    assert report.price == 1
gc.set_threshold(700, 10, 10)
gc.collect()
core.check_invariants()
print(calls > 50)
"""


def test_finalizers_that_call_the_engine_break_nothing() -> None:
    assert run_script(FINALIZERS) == "True\n"


# -- who pulls, and fails


def test_a_consumer_that_raises_leaves_the_engine_the_feed_and_the_others_alone() -> None:
    book, builder = OrderBook(), FeedBuilder()
    builder.add_instrument(0)
    queues = [BoundedQueue(warn_at=10_000) for _ in range(3)]
    replica = Replica(0)
    failed = 0
    for number in range(50):
        messages = builder.read(book.submit(BUY, number % 7, 1).reports)
        for queue in queues:
            queue.put(messages)
        for place, queue in enumerate(queues):
            try:
                taken = queue.take()
                if place == 0:
                    raise RuntimeError("a consumer fails")
                if place == 1:
                    taken["price"] = 0  # its copy, and nobody else's
                else:
                    replica.read(taken)
            except RuntimeError:
                failed += 1
    assert failed == 50
    builder.check_invariants()
    book.check_invariants()
    shown = builder.snapshot(0)
    assert len(shown) == 8
    assert len(book) == 50


# -- processes and signals

FORKS = """
import os, sys
from engine import BUY, SELL, Engine, Instrument
from engine.feed import FeedBuilder

venue = Engine()
venue.add_instrument(Instrument(symbol="X", tick_size=1, lot_size=1))
for number in range(200):
    venue.submit("X", side="buy", price=number + 1, quantity=3)
reading, writing = os.pipe()

def go_on():
    for number in range(200):
        venue.submit("X", side="sell", price=number + 1, quantity=2)
    venue.check_invariants()
    return venue.state_hash()

child = os.fork()
if child == 0:
    os.write(writing, go_on().encode())
    os._exit(0)
before = venue.state_hash()
os.waitpid(child, 0)
assert venue.state_hash() == before, "what the child does is seen by its parent"
assert os.read(reading, 64).decode() == go_on()
print("equal")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_after_a_fork_both_sides_go_on_by_themselves() -> None:
    assert run_script(FORKS) == "equal\n"


FORK_OF_A_BATCH = """
import os, sys, threading, time, warnings
import numpy as np
from engine import BUY, COMMAND_DTYPE, SELL, SUBMIT, EngineBusyError, OrderBook

warnings.simplefilter("ignore", DeprecationWarning)  # that a process with threads forks
commands = np.zeros(200_000, COMMAND_DTYPE)
commands["kind"], commands["price"], commands["quantity"] = SUBMIT, 7, 1
commands["side"][::2], commands["side"][1::2] = BUY, SELL
while True:
    book = OrderBook()
    thread = threading.Thread(target=book.match, args=(commands,))
    thread.start()
    while thread.is_alive() and repr(book) != "OrderBook(busy)":
        pass
    child = os.fork()
    if child == 0:
        is_refused = 0
        for call in (lambda: book.submit(BUY, 1, 1), book.state_hash, lambda: book.match(commands)):
            try:
                call()
            except EngineBusyError:
                is_refused += 1
        os._exit(is_refused)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    thread.join()
    book.check_invariants()
    assert len(book) == 0
    if code != 0:
        break
print(code)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_forked_in_the_middle_of_a_batch_is_refused_for_good() -> None:
    assert run_script(FORK_OF_A_BATCH) == "3\n"


INTERRUPTS = """
import signal, time
import numpy as np
from engine import BUY, COMMAND_DTYPE, SELL, SUBMIT, OrderBook

commands = np.zeros(2_000, COMMAND_DTYPE)
commands["kind"], commands["price"], commands["quantity"] = SUBMIT, 7, 1
commands["side"][::2], commands["side"][1::2] = BUY, SELL

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
book, caught = OrderBook(), 0
while caught < 40:
    signal.setitimer(signal.ITIMER_REAL, 0.0007)
    try:
        while True:
            book.match(commands)
            book.submit(BUY, 7, 1)
            book.submit(SELL, 7, 1)
    except KeyboardInterrupt:
        caught += 1
    if len(book) == 1:
        book.submit(SELL, 7, 1)
    book.check_invariants()
    assert len(book) == 0, len(book)
print(caught)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no interval timers here")
def test_an_interrupt_comes_between_calls_and_never_into_one() -> None:
    assert run_script(INTERRUPTS) == "40\n"


SUBINTERPRETER = """
import engine
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
one = interpreters.create()
found = None
try:
    found = interpreters.run_string(one, "import engine")
except Exception as error:
    found = error
print(type(found).__name__ if isinstance(found, Exception) else found is not None)
assert engine.OrderBook().submit(engine.BUY, 1, 1).order_id == 1
"""


def test_a_second_interpreter_of_the_process_is_refused() -> None:
    assert run_script(SUBINTERPRETER).strip() in {"RunFailedError", "True"}


# -- numbers that change


def test_a_top_order_whose_place_changes_is_read_once() -> None:
    class Moving(TopOrder):
        places = 0

        @property
        def place(self) -> int:  # type: ignore[override]
            self.places += 1
            return 0 if self.places < 2 else 10**9

    moving = Moving(0)
    assert allocate([5, 5], 4, top=moving) == [4, 0]
    assert moving.places == 1


WITHOUT_LOCK = """
import sys
sys._is_gil_enabled = lambda: False
try:
    import engine
except ImportError as error:
    print(error)
"""


def test_an_interpreter_without_its_lock_is_refused() -> None:
    """One that was told to do without says so; the others take the lock back at the import."""
    assert run_script(WITHOUT_LOCK).startswith("engine needs the interpreter lock")
