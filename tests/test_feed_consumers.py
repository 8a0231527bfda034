"""What stands between a feed and its consumers: conflation, queues, partitions."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import Any

import numpy as np
import pytest
from feeds import new_builder, require_same
from streams import Stream, random_stream

from engine import SELL, TRADE_DTYPE, CommandError, Core, OrderBook, Visibility
from engine.feed import (
    FEED_DTYPE,
    BoundedQueue,
    Conflator,
    FeedBuilder,
    FeedChannel,
    FeedError,
    FeedKind,
    Partitioner,
    Pressure,
    Replica,
)
from engine.records import joined


def lit_stream(seed: int, length: int) -> Stream:
    """Return a stream without dark instruments, of which a feed says too little to conflate."""
    streams = (random_stream(number, length) for number in count(seed, 100))
    return next(stream for stream in streams if not any(map(is_dark, stream.instruments)))


def is_dark(terms: dict[str, int]) -> bool:
    return terms.get("visibility") == Visibility.DARK


def messages_of(stream: Stream) -> tuple[Core, list[np.ndarray]]:
    """Return an engine and the messages of its commands, one array a command."""
    core = stream.new_core(Core)
    builder = new_builder(core)
    commands = stream.commands
    return core, [builder.read(core.match(commands[at : at + 1])) for at in range(len(commands))]


@pytest.mark.parametrize("seed", range(8))
def test_a_conflated_feed_ends_where_the_whole_one_does(seed: int) -> None:
    core, parts = messages_of(lit_stream(seed, 400))
    conflator = Conflator(interval=25, count=20)
    replicas = [Replica(instrument) for instrument in range(core.instrument_count)]
    sent = [conflator.take(part, at) for at, part in enumerate(parts)]
    sent.append(conflator.flush())
    for part in sent:
        for replica in replicas:
            replica.read(part)
            assert replica.is_whole
    for replica in replicas:
        require_same(core.book(replica.instrument), replica)
    levels = sum(int((part["channel"] == FeedChannel.LEVELS).sum()) for part in parts)
    assert conflator.taken_count == levels
    assert conflator.sent_count == sum(len(part) for part in sent) < levels


@pytest.mark.parametrize("seed", range(8, 12))
def test_a_conflated_feed_goes_on_from_a_snapshot(seed: int) -> None:
    stream = lit_stream(seed, 300)
    core = stream.new_core(Core)
    builder = new_builder(core)
    builder.read(core.match(stream.commands[:150]))
    conflator, replica = Conflator(interval=25, count=20), Replica(0)
    replica.read(builder.snapshot(0))
    for at in range(150, 300):
        replica.read(conflator.take(builder.read(core.match(stream.commands[at : at + 1])), at))
    replica.read(conflator.flush())
    require_same(core.book(0), replica)


def levels_at(*prices: int) -> np.ndarray:
    book, builder = OrderBook(), FeedBuilder(channels=FeedChannel.LEVELS)
    builder.add_instrument(0)
    return np.concatenate([builder.read(book.submit(SELL, price, 5).reports) for price in prices])


def test_what_waits_is_sent_after_the_interval_or_the_count() -> None:
    conflator = Conflator(interval=100, count=3)
    assert len(conflator.take(levels_at(101, 101), 1_000)) == 0
    assert len(conflator.poll(1_099)) == 0
    assert conflator.poll(1_100)[["price", "quantity"]].tolist() == [(101, 10)]
    assert len(conflator.poll(9_999)) == 0
    conflator = Conflator(interval=100, count=3)
    sent = conflator.take(levels_at(103, 101, 101, 102), 0)
    assert sent[["sequence_number", "price", "quantity"]].tolist() == [(1, 101, 10), (2, 103, 5)]


def test_what_is_older_goes_before_what_is_taken_in_too_late() -> None:
    conflator = Conflator(interval=100, count=50)
    first = levels_at(101, 102)
    conflator.take(first[:1], 0)
    assert conflator.take(first[1:], 150)["price"].tolist() == [101]
    assert conflator.flush()["price"].tolist() == [102]


def test_a_consumer_is_warned_then_dropped() -> None:
    queue = BoundedQueue()
    assert (queue.warn_at, queue.drop_at) == (1_000, 2_000)
    assert queue.put(np.zeros(999, FEED_DTYPE)) == Pressure.NORMAL
    assert queue.put(np.zeros(1, FEED_DTYPE)) == Pressure.WARNED
    assert queue.put(np.zeros(1_000, FEED_DTYPE)) == Pressure.WARNED
    assert queue.warning_count == 1
    assert queue.put(np.zeros(1, FEED_DTYPE)) == Pressure.DROPPED
    assert not queue.is_connected
    assert (len(queue), queue.dropped_count, queue.largest) == (0, 2_001, 2_001)
    assert queue.put(np.zeros(5, FEED_DTYPE)) == Pressure.DROPPED
    assert (queue.put_count, queue.taken_count, queue.dropped_count) == (2_006, 0, 2_006)


def test_a_consumer_that_catches_up_is_warned_anew() -> None:
    queue = BoundedQueue(warn_at=10)
    queue.put(np.zeros(12, FEED_DTYPE))
    assert len(queue.take(3)) == 3
    assert queue.pressure == Pressure.NORMAL
    queue.put(np.zeros(2, FEED_DTYPE))
    assert (queue.pressure, queue.warning_count) == (Pressure.WARNED, 2)


def test_what_is_taken_is_what_was_put_in_its_order() -> None:
    messages = np.zeros(50, FEED_DTYPE)
    messages["sequence_number"] = range(50)
    queue = BoundedQueue()
    for first in range(0, 50, 7):
        queue.put(messages[first : first + 7])
    taken = [queue.take(count) for count in (1, 9, 0, 13, 100)]
    assert np.array_equal(np.concatenate(taken), messages)
    assert len(queue.take()) == 0
    assert queue.taken_count == 50


def test_symbols_are_spread_evenly() -> None:
    partitioner = Partitioner()
    counts = Counter(partitioner.partition_of(f"symbol {number}") for number in range(12_000))
    assert set(counts) == set(range(12))
    assert 650 < min(counts.values()) <= max(counts.values()) < 1_400


def test_one_partition_more_moves_only_what_it_gets() -> None:
    before, after = Partitioner(partitions=12), Partitioner(partitions=13)
    symbols = [f"symbol {number}" for number in range(6_000)]
    moved = [
        symbol for symbol in symbols if before.partition_of(symbol) != after.partition_of(symbol)
    ]
    assert 0 < len(moved) < 1.6 * len(symbols) / 13
    assert {after.partition_of(symbol) for symbol in moved} == {12}


def test_batches_are_full_or_late_and_keep_the_order() -> None:
    messages = np.zeros(1_000, FEED_DTYPE)
    messages["instrument"] = np.arange(1_000) % 7
    messages["sequence_number"] = np.arange(1_000) // 7
    partitioner = Partitioner(symbols={0: "BTC-USD", 1: "ETH-USD"})
    batches = [
        batch
        for at in range(0, 1_000, 30)
        for batch in partitioner.take(messages[at : at + 30], at)
    ]
    assert {len(batch.messages) for batch in batches} == {100}
    assert partitioner.poll(9_000_000) == []
    late = partitioner.poll(20_000_000)
    assert all(len(batch.messages) < 100 for batch in late)
    assert partitioner.flush() == []
    together = np.concatenate([batch.messages for batch in [*batches, *late]])
    assert len(together) == 1_000
    for instrument in range(7):
        mine = together[together["instrument"] == instrument]
        assert mine["sequence_number"].tolist() == sorted(mine["sequence_number"].tolist())
    for batch in batches:
        for instrument in np.unique(batch.messages["instrument"]).tolist():
            symbol = {0: "BTC-USD", 1: "ETH-USD"}.get(instrument, str(instrument))
            assert partitioner.partition_of(symbol) == batch.partition


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="interval was 0"):
        Conflator(interval=0)
    with pytest.raises(ValueError, match="warn_at was 5"):
        BoundedQueue(warn_at=5, drop_at=4)
    with pytest.raises(ValueError, match="partitions was 0, must be positive"):
        Partitioner(partitions=0)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (Conflator, "interval"),
        (Conflator, "count"),
        (BoundedQueue, "warn_at"),
        (BoundedQueue, "drop_at"),
        *((Partitioner, name) for name in ("partitions", "size", "interval", "points")),
    ],
)
@pytest.mark.parametrize("value", ["5", 1.5])
def test_settings_that_are_no_integers_are_named(made: Any, name: str, value: object) -> None:
    with pytest.raises(TypeError, match=rf"^{name} was '?{value}'?, of \w+, not an integer$"):
        made(**{name: value})


def test_a_replica_says_which_sides_there_are() -> None:
    replica = Replica(0, FeedChannel.ORDERS)
    assert replica.orders("sell") == replica.orders(-1) == []
    with pytest.raises(CommandError, match="side was 7, not one of 'buy', 'sell'"):
        replica.orders(7)


def test_only_levels_are_conflated() -> None:
    core, parts = messages_of(lit_stream(2, 100))
    assert core.instrument_count > 0
    conflator = Conflator()
    sent = [conflator.take(part, 0) for part in parts]
    sent.append(conflator.flush())
    assert set(np.concatenate(sent)["kind"].tolist()) == {FeedKind.LEVEL}


def test_records_that_are_joined_are_those_that_came_in_their_order() -> None:
    rows = np.zeros(9, FEED_DTYPE)
    rows["sequence_number"], rows["price"] = range(9), range(-4, 5)
    parts = [rows[:2], rows[2:2], rows[2:7:2], rows[8:6:-1]]
    assert joined(parts).tolist() == np.concatenate(parts).tolist()
    assert joined(parts).dtype == FEED_DTYPE
    with pytest.raises(CommandError, match="records were of"):
        joined([rows, np.zeros(1, TRADE_DTYPE)])


@pytest.mark.parametrize("channel", [FeedChannel.TOP, FeedChannel.LEVELS, FeedChannel.ORDERS])
def test_levels_of_a_replica_are_0_or_more(channel: FeedChannel) -> None:
    replica = Replica(0, channel)
    for ask in (replica.depth, replica.snapshot, replica.checksum):
        with pytest.raises(FeedError, match=r"^levels was -1, must be 0 or more$"):
            ask(-1)
        with pytest.raises(TypeError, match=r"^levels was 1\.5, of float, not an integer$"):
            ask(1.5)  # type: ignore[arg-type]
    assert len(replica.depth(0).bids) == 0
