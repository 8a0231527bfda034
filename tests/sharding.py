"""Shards beside the specification, and beside one engine: what the tests of both have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
from streams import MAX_ORDERS, Stream, command_array, random_stream

from engine import (
    MASS_CANCEL,
    SUBMIT,
    CommandKind,
    Core,
    ExecType,
    ReplacePriority,
    reference,
)
from engine._sharded_core import ShardedCore

OF_ALL = (CommandKind.MASS_CANCEL, CommandKind.FUND, CommandKind.SWITCH)
NUMBERS = ("sequence_number", "trade_id")


class Placed(ShardedCore):
    """Shards with the instruments dealt out by turns."""

    def add_instrument(self, **terms: Any) -> int:
        number = super().add_instrument(**terms)
        self.next_shard = (number + 1) % len(self.cores)
        return number


def sharded(shards: int, threads: int = 2) -> Any:
    """Return a maker of cores in shards, for `Stream.new_core`."""

    def make(max_orders: int = MAX_ORDERS, max_cascade: int = 2**20, accounts: bool = False) -> Any:
        return Placed(
            shards=shards,
            threads=min(shards, threads),
            max_orders=max_orders,
            max_cascade=max_cascade,
            accounts=accounts,
        )

    return make


def new_cores(books: int, shards: int, threads: int) -> tuple[Core, ShardedCore]:
    """Return one engine, and shards, with so many plain instruments."""
    one, several = Core(), sharded(shards, threads)()
    for core in (one, several):
        for _ in range(books):
            core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
    return one, several


def with_own_ids(stream: Stream) -> Stream:
    """Return a stream in which every order brings an id that no other instrument has.

    Ids are unique within a shard only, and each shard assigns its own.
    """
    commands = stream.commands.copy()
    assigned = (commands["kind"] == SUBMIT) & (commands["order_id"] == 0)
    for name in ("order_id", "linked_order_id"):
        given = (commands[name] != 0) & (commands[name] < 2**32)
        commands[name][given] = commands[name][given] * 1_000 + commands["instrument"][given] % 999
    commands["order_id"][assigned] = 2**48 + np.flatnonzero(assigned)
    return stream._replace(commands=commands, max_orders=MAX_ORDERS, max_cascade=2**20)


def plain_streams(count: int, length: int) -> Iterator[Stream]:
    """Yield streams of several instruments without accounts."""
    seed = 0
    while count > 0:
        stream = random_stream(seed, length)
        if len(stream.instruments) > 1 and not stream.currencies:
            yield with_own_ids(stream)
            count -= 1
        seed += 1


def drain(core: Any) -> None:
    """Take every order out: nothing is left, and no count is wrong."""
    core.check_invariants()
    core.match(command_array({"kind": MASS_CANCEL}))
    while len(core):  # what was released by it, or could trade after it
        core.match(command_array({"kind": MASS_CANCEL}))
    core.check_invariants()


def without_numbers(reports: np.ndarray) -> list[bytes]:
    bare = reports.copy()
    for name in NUMBERS:
        bare[name] = 0
    return sorted(report.tobytes() for report in bare)


def compare(
    stream: Stream,
    shards: int,
    batches: tuple[int, ...],
    between: Callable[[Any, Any], None] | None = None,
) -> None:
    """Hold shards to what the specification says, command by command.

    `between` is called before each batch, with both, and at the end.
    """
    specified = stream.new_core(reference.Core)
    tested = stream.new_core(sharded(shards))
    compare_reports(stream, tested, specified, batches, between)
    assert tested.state_hash() == specified.state_hash()
    assert (tested.time, tested.report_count) == (specified.time, specified.report_count)
    assert tested.trade_count == specified.trade_count
    drain(tested)


def compare_reports(
    stream: Stream,
    tested: Any,
    specified: Any,
    batches: tuple[int, ...],
    between: Callable[[Any, Any], None] | None = None,
) -> None:
    """The same of what they say, whatever state both begin and end in."""
    random, start = Random(len(batches)), 0
    while start < len(stream.commands):
        if between is not None:
            between(tested, specified)
        end = min(start + random.choice(batches), len(stream.commands))
        found = tested.match(stream.commands[start:end])
        for place in range(start, end):
            wanted = specified.match(stream.commands[place : place + 1])
            own, found = found[: len(wanted)], found[len(wanted) :]
            if own.tobytes() == wanted.tobytes():
                continue
            # What several shards have to say of one command comes shard by shard.
            is_of_all = stream.commands["kind"][place] in OF_ALL
            expired = own["exec_type"] == ExecType.EXPIRED
            assert is_of_all or len(np.unique(own["instrument"][expired])) > 0, place
            assert without_numbers(own) == without_numbers(wanted), place
            assert np.array_equal(own["sequence_number"], wanted["sequence_number"])
        assert len(found) == 0
        start = end
    if between is not None:
        between(tested, specified)
