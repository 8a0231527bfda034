"""What consumers cost: events in batches for partitions, rate limits of users."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

import numpy as np

from engine._rate_limits import RateLimiter
from engine._schema import FEED_DTYPE, RateKind
from engine.bench.reading import Effort, figures_of, require, time_calls
from engine.budgets import Measurement
from engine.feed import Partitioner
from engine.measurement import LatencyHistogram
from engine.rate_tiers import GODARK

__all__ = ["event_batching", "rate_limit"]

SEED: Final = 41
MILLISECOND_NS: Final = 1_000_000
SYMBOLS: Final = 100
PARTITIONS: Final = 12
EVENTS: Final = 50
"""Of a millisecond."""
BATCH: Final = 100
USERS: Final = 10_000
TIER: Final = GODARK["MARKET_MAKER"]


def event_batching(effort: Effort) -> Measurement:
    """Tell how late events are sent: how long they wait for their batch, and its making.

    Events come each millisecond, by whose time the waiting is reckoned; the making is measured.
    """
    partitioner = Partitioner(partitions=PARTITIONS)
    draw, histogram = np.random.default_rng(SEED), LatencyHistogram()
    last = dict.fromkeys(range(SYMBOLS), -1)
    turns, sent = max(effort.calls // 10, 100), 0
    for turn in range(turns):
        now = turn * MILLISECOND_NS
        events = np.zeros(EVENTS, FEED_DTYPE)
        events["instrument"] = draw.integers(0, SYMBOLS, EVENTS)
        events["timestamp"] = now
        events["sequence_number"] = turn * EVENTS + np.arange(EVENTS)
        before = perf_counter_ns()
        batches = partitioner.take(events, now) if turn < turns - 1 else partitioner.flush()
        taken = perf_counter_ns() - before
        for batch in batches:
            sent += len(batch.messages)
            histogram.record_many(now - batch.messages["timestamp"].astype(np.int64) + taken)
            for instrument, number in batch.messages[["instrument", "sequence_number"]].tolist():
                require(last[instrument] < number, f"events of {instrument} changed their order")
                last[instrument] = number
    require(sent == EVENTS * (turns - 1), f"{sent} events were sent of {EVENTS * (turns - 1)}")
    conditions = {"symbols": SYMBOLS, "partitions": PARTITIONS, "batch": BATCH, "bounds_ms": 10}
    return Measurement(figures_of(histogram), conditions)


def rate_limit(effort: Effort) -> Measurement:
    """Time one question to the rate limiter, with its full answer; each user asks too much."""
    limiter = RateLimiter(GODARK.values())
    limiter.add_users(USERS, TIER.name)
    most = TIER.orders_per_minute
    assert most is not None
    allowed = 0

    def ask(user: int) -> bool:
        return bool(limiter.check(user, RateKind.ORDER, 1).allowed)

    def count(_: int, is_allowed: bool) -> bool:
        nonlocal allowed
        allowed += is_allowed
        return True

    turns = max(effort.calls, most + 100)
    histogram = time_calls(ask, (0 for _ in range(turns)), count)
    require(allowed == most, f"{allowed} orders were allowed in a minute, must be {most}")
    figures = figures_of(histogram)
    return Measurement(figures | {"rate": 1e9 / figures["average"]}, {"users": USERS})
