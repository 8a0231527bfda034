"""Attacks on the compiled face by threads, re-entry, finalizers, forks, signals and copies.

Each is refused or safe; docs/dangers.md says which, and what stays the caller's part. What one call
does with bad arguments is in test_misuse.py.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from attacks import Batches, Index, Meanwhile, crossing, run_script

from engine import (
    BUY,
    REPORT_DTYPE,
    ContractKind,
    Core,
    Engine,
    EngineBusyError,
    EngineError,
    Instrument,
    Limit,
    OrderBook,
    RateKind,
    RateLimit,
    RateLimiter,
    RateTier,
)
from engine.feed import FeedBuilder, FeedChannel

BATCH = 200_000
"""Commands that take some milliseconds: while they are applied, others come."""


# -- another thread begins a batch in the middle of a call


LINEAR = {"kind": ContractKind.LINEAR, "initial_rate": 10**8}


def venue_core() -> Core:
    """Return a core with accounts: a spot and a linear instrument, and two accounts."""
    core = Core(accounts=True)
    core.add_currency()
    core.add_currency()
    spot = {"kind": ContractKind.SPOT, "base": 0, "settle": 1, "lot_units": 1}
    core.add_instrument(min_price=0, contract=spot)
    core.add_instrument(contract=LINEAR)
    return core


@pytest.fixture
def busy_core() -> Iterator[tuple[Core, Batches]]:
    core = venue_core()
    commands = crossing(BATCH)

    batches = Batches(lambda: core.match(commands), lambda: repr(core) == "Core(busy)")
    yield core, batches
    batches.end()
    core.check_invariants()


# Calls with one argument whose reading runs code of the caller's.
INDEXED: dict[str, Callable[[Core, Any], Any]] = {
    "account": lambda core, at: core.account(at),
    "balance of": lambda core, at: core.balance(at, 0),
    "balance in": lambda core, at: core.balance(0, at),
    "position of": lambda core, at: core.account_position(at, 1),
    "position in": lambda core, at: core.account_position(0, at),
    "open positions": lambda core, at: core.open_positions(at),
    "open interest": lambda core, at: core.open_interest(at),
    "limit of": lambda core, at: core.limit(at, Limit.POSITION),
    "limit in": lambda core, at: core.limit(0, Limit.POSITION, at),
    "rate limit of": lambda core, at: core.rate_limit(at, RateLimit.FACTOR),
    "rate of": lambda core, at: core.rate(at, RateKind.ORDER),
    "exposure of": lambda core, at: core.exposure(at, 0),
    "exposure in": lambda core, at: core.exposure(0, at),
    "open orders": lambda core, at: core.open_orders(at),
    "enabled account": lambda core, at: core.is_enabled(at, 0),
    "enabled instrument": lambda core, at: core.is_enabled(0, at),
    "funding": lambda core, at: core.funding(at),
    "rounding": lambda core, at: core.rounding(at),
    "house": lambda core, at: core.house(at),
    "deposits": lambda core, at: core.deposits(at),
    "reserve": lambda core, at: core.reserve(at),
    "book": lambda core, at: core.book(at),
    "order": lambda core, at: core.order(at),
    "detail": lambda core, at: core.detail(at),
    "queue position": lambda core, at: core.queue_position(at),
    "instrument of": lambda core, at: core.instrument_of(at),
    "price bound": lambda core, at: core.add_instrument(max_price=at, contract=LINEAR),
    "contract": lambda core, at: core.add_instrument(
        min_price=0, contract={"settle": 1, "lot_units": 1, "taker_rate": at}
    ),
    "submit": lambda core, at: core.book(0).submit(BUY, at, 1),
    "special submit": lambda core, at: core.book(0).submit(BUY, 5, 2, display_quantity=at),
    "cancel": lambda core, at: core.book(0).cancel(at),
    "replace": lambda core, at: core.book(0).replace(1, 1, at),
    "reduce": lambda core, at: core.book(0).reduce(1, at),
    "set position": lambda core, at: core.book(0).set_position(at, 1),
    "mass cancel": lambda core, at: core.book(0).mass_cancel(account=at),
    "orders at": lambda core, at: core.book(0).orders(BUY, at),
    "depth": lambda core, at: core.book(0).depth(at),
    "position": lambda core, at: core.book(0).position(at),
}
# The same, of values of enumerations.
NAMED: dict[str, Callable[[Core, Any], Any]] = {
    "position side": lambda core, one: core.account_position(0, 1, one),
    "limit": lambda core, one: core.limit(0, one),
    "rate limit": lambda core, one: core.rate_limit(0, one),
    "rate kind": lambda core, one: core.rate(0, one),
    "priority": lambda core, one: core.add_instrument(replace_priority=one, contract=LINEAR),
    "order count": lambda core, one: core.book(0).order_count(one),
    "orders": lambda core, one: core.book(0).orders(one),
    "top order": lambda core, one: core.book(0).top_order(one),
    "mass cancel": lambda core, one: core.book(0).mass_cancel(side=one),
}


@pytest.mark.parametrize("call", INDEXED.values(), ids=INDEXED)
def test_a_batch_that_begins_while_an_index_is_read_is_noticed(
    busy_core: tuple[Core, Batches], call: Callable[[Core, Any], Any]
) -> None:
    core, batches = busy_core
    with pytest.raises(EngineBusyError):
        call(core, Index(1, batches))


@pytest.mark.parametrize("call", NAMED.values(), ids=NAMED)
def test_a_batch_that_begins_while_a_member_is_looked_up_is_noticed(
    busy_core: tuple[Core, Batches], call: Callable[[Core, Any], Any]
) -> None:
    core, batches = busy_core
    with pytest.raises(EngineBusyError):
        call(core, Meanwhile(1, batches))


LIMITER_CALLS: dict[str, Callable[[RateLimiter, Any], Any]] = {
    "add users": lambda limiter, at: limiter.add_users(at),
    "set factor": lambda limiter, at: limiter.set_factor(at),
    "take": lambda limiter, at: limiter.take(0, RateKind.ORDER, at),
    "take kind": lambda limiter, at: limiter.take(0, at, 1),
    "take user": lambda limiter, at: limiter.take(at, 0, 1),
    "check": lambda limiter, at: limiter.check(0, RateKind.ORDER, at),
    "peek": lambda limiter, at: limiter.peek(0, RateKind.ORDER, at),
    "used": lambda limiter, at: limiter.used(0, RateKind.ORDER, at),
    "acquire": lambda limiter, at: limiter.acquire(0, 0, at),
    "acquire kind": lambda limiter, at: limiter.acquire(0, at),
    "release": lambda limiter, at: limiter.release(0, 0, at),
    "held": lambda limiter, at: limiter.held(0, at),
    "room": lambda limiter, at: limiter.room(0, at),
    "credit": lambda limiter, at: limiter.credit_fill(0, 1, 1, 1, at),
    "tier": lambda limiter, at: limiter.tier(at),
    "set tier": lambda limiter, at: limiter.set_tier(at, "retail"),
}


def limiter_of(users: int) -> RateLimiter:
    limiter = RateLimiter([RateTier(name="retail", orders_per_minute=10**6)])
    limiter.add_users(users)
    return limiter


def columns_of(limiter: RateLimiter, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    users = np.arange(count, dtype=np.uint32) % len(limiter)
    return users, np.zeros(count, np.uint8), np.ones(count, np.uint64)


@pytest.mark.parametrize("call", LIMITER_CALLS.values(), ids=LIMITER_CALLS)
def test_a_limiter_notices_a_batch_that_begins_while_an_index_is_read(
    call: Callable[[RateLimiter, Any], Any],
) -> None:
    limiter = limiter_of(100)
    columns = columns_of(limiter, 2_000_000)

    batches = Batches(
        lambda: limiter.take_batch(*columns), lambda: repr(limiter) == "RateLimiter(busy)"
    )
    with pytest.raises(EngineBusyError):
        call(limiter, Index(1, batches))
    batches.end()


def test_a_feed_notices_a_read_that_begins_while_an_argument_is_read() -> None:
    reports = OrderBook().match(crossing(BATCH))
    makers = [lambda builder, at: builder.snapshot(0, at)]
    makers.append(lambda builder, at: builder.sequence_number(0, at))
    makers.append(lambda builder, at: builder.snapshot(0, levels=at))
    for ask in makers:
        builder = FeedBuilder()
        builder.add_instrument(0)

        def is_busy(builder: FeedBuilder = builder) -> bool:
            return repr(builder) == "FeedBuilder(busy)"

        batches = Batches(partial(builder.read, reports), is_busy)
        with pytest.raises(EngineBusyError):
            ask(builder, Index(FeedChannel.TOP.value, batches))
        batches.end()
        builder.check_invariants()


# -- state that is read while others change it


def test_a_state_hash_is_that_of_a_moment() -> None:
    def fresh() -> Core:
        core = Core()
        for _ in range(2):
            core.add_instrument()
        for number in range(2):
            for order_id in range(200):
                core.book(number).submit(BUY, order_id, 1)
        return core

    # Both books change in turn: a hash of one from before and the other from after is of no moment.
    def step(core: Core, number: int) -> None:
        core.book(number % 2).submit(BUY, 500, 1, order_id=10_000 + number)

    steps, model = 400, fresh()
    moments = {model.state_hash()}
    for number in range(steps):
        step(model, number)
        moments.add(model.state_hash())
    core = fresh()
    done = threading.Event()

    def trade() -> None:
        for number in range(steps):
            step(core, number)
        done.set()

    thread = threading.Thread(target=trade)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        thread.start()
        seen = set()
        while not done.is_set():
            seen.add(core.state_hash())
    finally:
        sys.setswitchinterval(before)
        thread.join()
    seen.add(core.state_hash())
    assert seen <= moments


OTHERS_WRITE = """
import threading
import numpy as np
from engine import (
    BUY, COMMAND_DTYPE, SELL, SUBMIT, CommandKind, CommandError, ContractKind, Core, OrderType, Side
)

commands = np.zeros(20_000, COMMAND_DTYPE)
commands["kind"], commands["price"], commands["quantity"] = SUBMIT, 7, 1
commands["side"][::2], commands["side"][1::2] = BUY, SELL
last = commands[-2_000:]
sides = last["side"].copy()
done = threading.Event()

def write():
    while not done.is_set():
        last["kind"], last["side"], last["order_type"] = 250, 100, 200
        last["kind"], last["side"], last["order_type"] = SUBMIT, sides, 0

thread = threading.Thread(target=write)
thread.start()
at_once, late, applied = 0, 0, 0
for turn in range(120):
    core = Core(accounts=ACCOUNTS)
    if ACCOUNTS:
        core.add_currency()
        core.add_instrument(contract={"kind": ContractKind.LINEAR, "initial_rate": 10**8})
    else:
        core.add_instrument()
    try:
        reports = core.match(commands)
    except CommandError as error:
        if core.report_count == 0:
            at_once += 1
        else:
            late += 1
            assert "were written to while they were applied: the first" in str(error)
    else:
        applied += 1
        for name, members in (("kind", CommandKind), ("side", Side), ("order_type", OrderType)):
            assert set(reports[name].tolist()) <= set(members), name
    assert set(core.counters().commands) <= {SUBMIT}
    core.check_invariants()
done.set()
thread.join()
print(at_once, late, applied)
"""


@pytest.mark.parametrize("accounts", [False, True], ids=["bare", "accounts"])
def test_commands_that_others_write_to_while_they_are_applied_break_nothing(accounts: bool) -> None:
    found = run_script(f"ACCOUNTS = {accounts}\n{OTHERS_WRITE}")
    at_once, late, applied = map(int, found.split())
    assert at_once + late + applied == 120
    assert at_once > 0


IMAGE_CHANGES = """
import threading
import numpy as np
from engine import BUY, SELL, Core, EngineError

def fresh():
    core = Core()
    core.add_instrument()
    return core

core = fresh()
for number in range(2_000):
    core.book(0).submit(BUY, number, 1 + number % 7)
clean = core.save()
image = clean.copy()
noise = np.random.default_rng(3).integers(0, 256, len(image), dtype=np.uint8)
done = threading.Event()

def write():
    while not done.is_set():
        image[50:] = noise[50:]
        image[:] = clean

thread = threading.Thread(target=write)
thread.start()
refused = 0
for turn in range(100):
    loaded = fresh()
    try:
        loaded.load(image)
    except EngineError:
        refused += 1
    else:
        loaded.check_invariants()
done.set()
thread.join()
loaded = fresh()
loaded.load(clean)
print(refused > 0, loaded.save().tobytes() == clean.tobytes())
"""


def test_an_image_that_others_write_to_while_it_is_loaded_breaks_nothing() -> None:
    assert run_script(IMAGE_CHANGES) == "True True\n"


USERS_CHANGE = """
import threading
import numpy as np
from engine import EngineError, RateLimiter, RateTier

limiter = RateLimiter([RateTier(name="retail", orders_per_minute=10)])
limiter.add_users(50)
users = np.zeros(100_000, np.uint32)
kinds, times = np.zeros(100_000, np.uint8), np.ones(100_000, np.uint64)
done = threading.Event()

def write():
    while not done.is_set():
        users[:] = 2**31
        kinds[:] = 255
        users[:] = 3
        kinds[:] = 0

thread = threading.Thread(target=write)
thread.start()
for turn in range(100):
    try:
        (limiter.take_batch, limiter.check_batch)[turn % 2](users, kinds, times)
    except (EngineError, OverflowError):
        pass
done.set()
thread.join()
print(len(limiter))
"""


def test_columns_that_others_write_to_while_a_limiter_counts_break_nothing() -> None:
    assert run_script(USERS_CHANGE) == "50\n"


def test_an_array_cannot_be_resized_while_a_batch_reads_or_writes_it() -> None:
    """NumPy refuses where it counts references; with `refcheck=False` it is the caller's part."""
    book, commands, out = OrderBook(), crossing(BATCH), np.zeros(4 * BATCH, REPORT_DTYPE)
    batches = Batches(
        lambda: book.match(commands, out=out), lambda: repr(book) == "OrderBook(busy)"
    )
    batches.begin()
    for array in (commands, out):
        with pytest.raises(ValueError, match="referenc"):
            array.resize(10)
    assert repr(book) == "OrderBook(busy)" or batches.end() is None
    batches.end()
    assert book.core.trade_count % (BATCH // 2) == 0


def test_arrays_that_nobody_else_holds_live_as_long_as_the_batch() -> None:
    book, results = OrderBook(), []
    expected = OrderBook().match(crossing(BATCH)).tobytes()
    held = [crossing(BATCH), np.zeros(4 * BATCH, REPORT_DTYPE)]
    thread = threading.Thread(
        target=lambda: results.append(book.match(held[0], out=held[1]).tobytes())
    )
    thread.start()
    while thread.is_alive() and repr(book) != "OrderBook(busy)":
        pass
    held.clear()
    junk = [crossing(1000) for _ in range(50)]
    thread.join()
    assert len(junk) == 50
    assert results == [expected]


class Liar(np.ndarray):
    """An array that says of itself what is not so."""

    @property
    def flags(self) -> Any:
        return np.zeros(1).flags

    @property
    def dtype(self) -> Any:
        return np.zeros(1, REPORT_DTYPE).dtype

    @property
    def ndim(self) -> int:
        return 1

    def max(self, *_: Any, **__: Any) -> Any:
        return 0


def test_arrays_that_lie_about_themselves_are_looked_at() -> None:
    book = OrderBook()
    fixed = np.frombuffer(bytes(1280), REPORT_DTYPE).view(Liar)
    with pytest.raises(EngineError, match="not writeable"):
        book.match(crossing(2), out=fixed)
    for wrong in (np.zeros(40), np.zeros((2, 3), REPORT_DTYPE), np.zeros(40, np.uint8)):
        with pytest.raises(EngineError):
            book.match(crossing(2), out=wrong.view(Liar))
        with pytest.raises(EngineError):
            book.match(wrong.view(Liar))
    assert book.core.report_count == 0
    limiter = limiter_of(5)
    users, kinds, times = columns_of(limiter, 3)
    for columns in ((users.view(Liar) + np.uint32(2**30), kinds, times),):
        with pytest.raises((EngineError, OverflowError)):
            limiter.take_batch(*columns)


# -- threads that add


def test_instruments_that_two_threads_add_are_added_once_each() -> None:
    for _ in range(20):
        venue, errors = Engine(), []

        def add(venue: Engine = venue, errors: list[Exception] = errors) -> None:
            for number in range(30):
                instrument = Instrument(symbol=f"S{number}", tick_size=1, lot_size=1)
                while True:
                    try:
                        venue.add_instrument(instrument)
                    except EngineBusyError:
                        continue
                    except EngineError as error:
                        errors.append(error)
                    break

        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            threads = [threading.Thread(target=add) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(before)
        assert len(errors) == 30
        assert sorted(one.symbol for one in venue.instruments) == sorted(
            f"S{number}" for number in range(30)
        )
        for number, instrument in enumerate(venue.instruments):
            report = venue.submit(instrument.symbol, side="buy", price=1, quantity=1)
            assert report.instrument == number
