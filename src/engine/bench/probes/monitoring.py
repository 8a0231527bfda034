"""What windowed metrics cost beside matching."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

import numpy as np

from engine.bench.reading import Effort, require
from engine.bench.venue import SCENARIO, conditions, flow
from engine.budgets import Measurement
from engine.load import EngineTarget
from engine.measurement import no_collection
from engine.metrics import Metrics

__all__ = ["metrics_cost"]

BATCH: Final = 1_024
COMMANDS_PER_CALL: Final = 20
SECOND_NS: Final = 10**9
RATE: Final = 1_000_000
"""Commands a second by the clock of the metrics: about as fast as a core matches them."""


def metrics_cost(effort: Effort) -> Measurement:
    """Read counters and record latencies each second, and tell their part of matching's time."""
    target = EngineTarget(SCENARIO)
    commands = np.concatenate(list(flow(COMMANDS_PER_CALL * effort.calls)))
    metrics, durations = Metrics(SCENARIO.symbols), list[int]()
    metrics.record_latency("matching", np.zeros(0, np.int64), 0)  # its rings are made
    matching_ns = metrics_ns = batches = 0
    due_ns = SECOND_NS
    with no_collection():
        for start in range(0, len(commands), BATCH):
            before = perf_counter_ns()
            target.send(commands[start : start + BATCH])
            after = perf_counter_ns()
            matching_ns += after - before
            durations.append(after - before)
            now_ns = (start + BATCH) * SECOND_NS // RATE
            if now_ns >= due_ns or start + BATCH >= len(commands):
                metrics.read(target.core, now_ns)
                metrics.record_latency("matching", np.array(durations, np.int64), now_ns)
                batches += len(durations)
                durations.clear()
                due_ns = now_ns + SECOND_NS
            metrics_ns += perf_counter_ns() - after
    latency = metrics.latency("matching")
    require(latency is not None and latency.count == batches, "a batch was not recorded")
    trades = metrics.counters.total("trades")
    require(trades == target.core.trade_count > 0, f"{trades} trades were counted")
    return Measurement({"cost": metrics_ns / matching_ns}, conditions())
