"""Instruments that move between shards, and shards that are added: nobody who trades sees it."""

from __future__ import annotations

import threading
from random import Random
from typing import Any

import numpy as np
import pytest
from compare import market, queues, require_same
from sharding import compare, drain, new_cores, plain_streams, sharded, with_own_ids
from streams import command_array, random_stream

from engine import (
    BUY,
    CANCEL,
    ONE_CANCELS_OTHER,
    ONE_TRIGGERS_OTHER,
    PEG_PRIMARY,
    REDUCE_ONLY,
    SELL,
    SET_POSITION,
    STOP,
    SUBMIT,
    Core,
    EngineBusyError,
    EngineError,
    ReplacePriority,
    Visibility,
)
from engine.records import details_for_hash
from engine.workloads import workload

SEEDS = (3, 11, 23, 27, 52, 55)
"""Of streams with links, positions, pegs, calls and what waits."""


class Moves:
    """Moves instruments, and adds shards, at random; asks the books that it took at first.

    Parameters
    ----------
    seed : int
        Of what it does.
    shards_max : int
        How many shards there may be.
    """

    def __init__(self, seed: int, shards_max: int) -> None:
        self.random = Random(seed)
        self.shards_max = shards_max
        self.books: list[Any] = []
        self.moved = 0

    def book(self, number: int) -> Any:
        """Return a book that was taken before the first move, as `Core.book`."""
        return self.books[number]

    def __call__(self, tested: Any, specified: Any) -> None:
        self.books = self.books or [
            tested.book(number) for number in range(tested.instrument_count)
        ]
        before = (tested.state_hash(), tested.counters(), tested.time, len(tested))
        for number in self.random.choices(range(tested.instrument_count), k=2):
            if len(tested.cores) < self.shards_max and self.random.random() < 0.2:
                tested.add_shard(threads=2, instruments=[number])
                to = len(tested.cores) - 1
            else:
                to = self.random.randrange(len(tested.cores))
                self.moved += tested.shards.shard_of(number) != to
                tested.move(number, to)
            assert tested.shards.shard_of(number) == to
            assert self.books[number].core is tested.cores[to]
        tested.check_invariants()
        assert (tested.state_hash(), tested.counters(), tested.time, len(tested)) == before
        for number in range(tested.instrument_count):
            assert market(self, number) == market(specified, number)
            for found, wanted in zip(queues(self, number), queues(specified, number), strict=True):
                if "arrival" in wanted.dtype.names:
                    require_same("details", details_for_hash(found), details_for_hash(wanted))
                else:
                    require_same("orders", found, wanted)


@pytest.mark.parametrize(("shards", "most"), [(2, 2), (3, 6), (10, 12)])
def test_moves_between_batches_change_nothing_that_is_said(shards: int, most: int) -> None:
    for seed in SEEDS:
        stream, moves = with_own_ids(random_stream(seed, 200)), Moves(seed, most)
        compare(stream, shards, (1, 2, 16, 64), moves)
        assert moves.moved > 0


def test_moves_between_batches_of_threads_change_nothing_that_is_said() -> None:
    for seed, stream in enumerate(plain_streams(2, 700)):
        compare(stream, 2, (300, 350), Moves(seed, 4))


@pytest.mark.parametrize("detail", ["all", "trades"])
def test_large_batches_are_byte_equal_to_one_engine_whatever_moves(detail: str) -> None:
    commands = workload("retail", 40_000, seed=8).commands
    one, several = new_cores(8, 7, 2)
    random, added, start = Random(4), 0, 0
    while start < len(commands):
        several.move(random.randrange(8), random.randrange(7 + added))
        if added < 3 and random.random() < 0.3:
            several.add_shard(2, random.sample(range(8), 2))
            added += 1
        end = start + random.choice((1, 200, 4_096, 6_000))
        wanted = one.match(commands[start:end], detail=detail)
        assert several.match(commands[start:end], detail=detail).tobytes() == wanted.tobytes()
        start = end
    assert len(several.cores) == 10
    assert several.trade_count == one.trade_count > 0
    assert several.report_count == one.report_count
    assert several.state_hash() == one.state_hash()
    assert several.counters() == one.counters()
    assert [several.book(number).counters() for number in range(8)] == [
        one.book(number).counters() for number in range(8)
    ]
    drain(several)


def test_a_large_book_moves_and_there_is_room_for_what_comes_after() -> None:
    _, several = new_cores(2, 2, 2)
    commands = np.tile(command_array({"kind": SUBMIT, "side": BUY, "quantity": 1}), 40_000)
    commands["price"] = np.arange(len(commands)) * 64
    commands["order_id"] = np.arange(1, len(commands) + 1)
    several.match(commands)
    several.move(0, 1)
    assert (len(several.cores[0]), len(several.cores[1])) == (0, 40_000)
    commands["order_id"] += 40_000
    several.match(commands)
    assert several.book(0).order_count(BUY) == 80_000
    loaded = Core()
    for _ in range(2):
        loaded.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
    loaded.load(several.cores[1].save())
    commands["order_id"] += 40_000
    loaded.match(commands)
    assert len(loaded) == 120_000
    drain(several)


def linked(instrument: int) -> list[dict[str, int]]:
    """Return orders that depend on each other: two groups, and two that wait for order 70."""
    first = 100 * instrument
    sell = {"side": SELL, "instrument": instrument, "quantity": 5}
    buy = sell | {"side": BUY}
    waits = {"linked_order_id": 70, "flags": ONE_TRIGGERS_OTHER | ONE_CANCELS_OTHER}
    orders = [
        sell | {"order_id": first + 1, "price": 105},
        sell | {"order_id": first + 2, "price": 106, "linked_order_id": first + 1},
        sell | {"order_id": first + 3, "price": 107, "linked_order_id": first + 1},
        buy | {"order_id": first + 4, "price": 95},
        buy | {"order_id": first + 5, "price": 94, "linked_order_id": first + 4},
        sell | waits | {"order_id": first + 6, "price": 104},
        sell | waits | {"order_id": first + 7, "order_type": STOP, "trigger_price": 97},
        buy | {"order_id": first + 8, "order_type": PEG_PRIMARY, "offset": -1},
        sell | {"order_id": first + 9, "price": 108, "flags": REDUCE_ONLY, "account": 3},
    ]
    for order in orders:
        if "linked_order_id" in order and "flags" not in order:
            order["flags"] = ONE_CANCELS_OTHER
    position = {"kind": SET_POSITION, "instrument": instrument, "account": 3, "quantity": 7}
    return [position, *({"kind": SUBMIT} | order for order in orders)]


def test_orders_that_depend_on_each_other_move_together() -> None:
    entry = {"kind": SUBMIT, "order_id": 70, "side": BUY, "price": 100, "quantity": 3}
    taken = {"kind": SUBMIT, "side": SELL, "price": 100, "quantity": 2, "order_id": 71}
    ended = {"kind": CANCEL, "order_id": 70}
    lifted = {"kind": SUBMIT, "side": BUY, "price": 105, "quantity": 1, "order_id": 72}
    closed = {"kind": SUBMIT, "side": SELL, "price": 94, "quantity": 9, "order_id": 73}
    reduced = {"kind": SET_POSITION, "account": 3, "quantity": 2}
    commands = [*linked(1), *linked(0), entry, taken, ended, reduced, lifted, closed]
    commands += [fields | {"instrument": 1} for fields in commands[-6:]]
    places = range(len(linked(1)), len(commands))
    for place in places:
        one, several = new_cores(2, 2, 1)
        for number in range(len(commands)):
            if number in (place, place + 3):
                several.move(0, int(number == place))
                several.check_invariants()
            command = command_array(commands[number])
            assert several.match(command).tobytes() == one.match(command).tobytes(), number
        assert several.state_hash() == one.state_hash()
        assert one.trade_count > 6
        drain(several)


def test_where_an_instrument_was_it_is_as_when_it_was_added() -> None:
    core, fresh = sharded(2)(), Core(first_order_id=2**56 + 1)
    for its in (core, fresh):
        its.add_instrument(visibility=Visibility.DARK)
    book = core.book(0)
    book.set_position(3, -7)
    book.submit(SELL, 100, 5, order_id=7)
    book.submit(BUY, 0, 5, order_id=8, order_type=STOP, trigger_price=120)
    for home in (1, 0, 1, 0):
        core.move(0, home)
        assert (len(book), book.position(3), len(core.cores[1 - home])) == (2, -7, 0)
    assert core.cores[1].state_hash() == fresh.state_hash()
    assert core.cores[1].counters() == fresh.counters()
    drain(core)


def submit(instrument: int, order_id: int, **fields: int) -> dict[str, int]:
    plain = {"kind": SUBMIT, "side": BUY, "price": 9, "quantity": 1}
    return {**plain, "instrument": instrument, "order_id": order_id, **fields}


def test_an_id_that_is_live_in_the_other_shard_keeps_an_instrument_where_it_is() -> None:
    _, several = new_cores(3, 3, 1)
    several.match(command_array(submit(0, 7), submit(1, 7), submit(2, 8)))
    before = several.state_hash(), several.report_count
    with pytest.raises(EngineError, match=r"order_id was 7, of .* instrument 0 and .* shard 1,"):
        several.move(0, 1)
    with pytest.raises(EngineError, match=r"order_id was 7, of .* would be in shard 3,"):
        several.add_shard(1, [0, 2, 1])
    assert (several.state_hash(), several.report_count) == before
    assert [several.shards.shard_of(number) for number in range(3)] == [0, 1, 2]
    assert len(several.cores) == 3
    several.check_invariants()
    several.match(command_array({"kind": CANCEL, "order_id": 7, "instrument": 1}))
    several.move(0, 1)
    several.add_shard(1, [0, 2, 1])
    assert [several.shards.shard_of(number) for number in range(3)] == [3, 3, 3]
    drain(several)


def test_a_shard_has_no_more_orders_than_it_may_have() -> None:
    several = sharded(2)(max_orders=2)
    for _ in range(2):
        several.add_instrument()
    several.match(command_array(submit(0, 1), submit(0, 2), submit(1, 3)))
    with pytest.raises(EngineError, match="shard 1 would have 3 live orders, of at most 2"):
        several.move(0, 1)
    assert several.shards.shard_of(0) == 0
    drain(several)


def test_what_was_never_added_does_not_move() -> None:
    core = sharded(2)()
    with pytest.raises(EngineError, match="of none added"):
        core.move(0, 1)
    assert len(core.cores) == 2


def test_what_can_not_be_is_refused() -> None:
    _, several = new_cores(2, 2, 2)
    with pytest.raises(OverflowError, match="instrument was 2"):
        several.move(2, 0)
    with pytest.raises(OverflowError, match="shard was 2"):
        several.move(0, 2)
    with pytest.raises(OverflowError, match="instrument was 5"):
        several.add_shard(1, [5])
    with pytest.raises(OverflowError, match="threads was 4"):
        several.add_shard(4)
    assert len(several.cores) == 2
    several.move(0, 0)
    drain(several)


def test_nothing_moves_while_a_batch_runs_on_another_thread() -> None:
    _, several = new_cores(8, 2, 2)
    commands = np.tile(workload("retail", 100_000, seed=3).commands, 2)
    commands["order_id"] = np.arange(1, len(commands) + 1)
    refused = 0
    worker = threading.Thread(target=several.match, args=(commands,))
    worker.start()
    while worker.is_alive() and refused < 2:
        for ask in (lambda: several.move(0, 1), lambda: several.add_shard(2)):
            try:
                ask()
            except EngineBusyError:
                refused += 1
    worker.join()
    assert refused > 0
    several.move(0, 1)
    drain(several)
