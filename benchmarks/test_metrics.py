"""Windowed metrics: what they cost beside matching, and that their memory stays what it was.

An engine whose counters are read costs the same a second whatever it does meanwhile; one whose
reports are recorded costs by the report. Both are timed in the loop that matches, where the caches
are the core's.
"""

from __future__ import annotations

import gc
import tracemalloc
from array import array
from collections.abc import Callable
from time import process_time_ns
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from checked import EVERY_CHECK, loaded_checked_core
from passes import room
from results import Results
from scale import Scale
from tapes import Tape, TapeMaker
from targets import METRICS_BYTES, METRICS_SHARE, hold

from engine import CommandKind, Core
from engine.budgets import at_most
from engine.measurement import no_collection
from engine.metrics import AlertMonitor, Metrics, Rules, ServiceLevels, exposition
from engine.records import RecordArray

TITLE: Final = "windowed metrics"
SECOND: Final = 1_000_000_000
BATCH: Final = 1_024
DEMO_RATE: Final = 3_000
"""Orders a second of the recommended demo, which runs 15 minutes in 15 seconds."""
DEMO_FASTER: Final = 60
PINCEX_RATE: Final = 10_000
SYMBOLS: Final = [f"S{number}" for number in range(1_000)]


class Pass(NamedTuple):
    """One pass of a workload: processor time in `match` and in the metrics, and their clock's."""

    match_ns: int
    metrics_ns: int
    clock_ns: int
    metrics: Metrics


Feed = Callable[[Metrics, Core, RecordArray, int, int], None]


class ByNothing:
    """Feeds nothing: what the loop and its clock take."""

    def __call__(self, *_what: object) -> None:
        return


class ByCounters:
    """Reads counters, and records the durations of a second together."""

    def __init__(self) -> None:
        self.durations, self.next_ns = array("q"), 0

    def __call__(
        self, metrics: Metrics, core: Core, _reports: RecordArray, now_ns: int, duration_ns: int
    ) -> None:
        self.durations.append(duration_ns)
        if now_ns >= self.next_ns:
            metrics.read(core, now_ns)
            metrics.record_latency("matching", np.array(self.durations, np.int64), now_ns)
            del self.durations[:]
            self.next_ns = now_ns + SECOND


class ByReports:
    """Records every report, by symbol, and how long its batch took."""

    def __call__(
        self, metrics: Metrics, _core: Core, reports: RecordArray, now_ns: int, duration_ns: int
    ) -> None:
        metrics.record(reports, now_ns, duration_ns)


def one_pass(tape: Tape, feed: Feed, rate: int) -> Pass:
    """Send a tape through a core, its commands coming at a rate by the clock of the metrics."""
    core, out, metrics = loaded_checked_core(tape, EVERY_CHECK), room(BATCH), Metrics(SYMBOLS)
    metrics.record_latency("matching", np.zeros(0, np.int64), 0)  # its rings are made
    commands = tape.commands[tape.preload :]
    match_ns = metrics_ns = now_ns = 0
    with no_collection():
        for start in range(0, len(commands), BATCH):
            some = commands[start : start + BATCH]
            before = process_time_ns()
            reports = core.match(some, out=out)
            after = process_time_ns()
            now_ns += len(some) * SECOND // rate
            feed(metrics, core, reports, now_ns, after - before)
            metrics_ns += process_time_ns() - after
            match_ns += after - before
    if isinstance(feed, ByReports):
        assert metrics.counters.total("trades") == core.trade_count - loaded_trades(tape)
        assert metrics.counters.total("order_rejects") < len(commands) // 100
    if isinstance(feed, ByCounters):
        feed.next_ns = 0
        feed(metrics, core, reports, now_ns + SECOND, 0)  # the rest of the last second
        assert metrics.counters.total("trades") == core.trade_count
        assert metrics.counters.total("orders") == core.counters().commands[CommandKind.SUBMIT]
    latency = metrics.latency("matching")
    assert latency is not None
    batches = 0 if isinstance(feed, ByNothing) else -(-len(commands) // BATCH)
    assert latency.count == batches + isinstance(feed, ByCounters)
    return Pass(match_ns, metrics_ns, now_ns, metrics)


def loaded_trades(tape: Tape) -> int:
    """Return how many trades the preload of a tape makes."""
    return loaded_checked_core(tape, EVERY_CHECK).trade_count


# By name: how metrics are fed, commands a second of their clock, and how many times faster than
# that clock the run goes; 0 where it is matching itself that the time is compared with.
WAYS: Final = {
    "counters, as fast as it matches": (ByCounters, 1_000_000, 0),
    "counters, the demo's 15 min in 15 s": (ByCounters, DEMO_RATE, DEMO_FASTER),
    "reports, 10,000 orders a second": (ByReports, PINCEX_RATE, 1),
}


@pytest.mark.benchmark(group="metrics")
@pytest.mark.parametrize("way", list(WAYS))
def test_metrics_cost_little_beside_matching(
    way: str, scale: Scale, tapes: TapeMaker, results: Results, benchmark: Any
) -> None:
    tape = tapes.tape("venue", scale.commands, scale.seeds[0])
    make, rate, faster = WAYS[way]
    passes: list[Pass] = []
    bare: list[Pass] = []

    def run() -> None:
        bare.append(one_pass(tape, ByNothing(), rate))
        passes.append(one_pass(tape, make(), rate))

    benchmark.pedantic(run, rounds=scale.rounds)
    best = min(passes, key=lambda each: each.metrics_ns)
    # Reading the clock of the processor takes a microsecond a batch, with or without metrics.
    taken = best.metrics_ns - min(each.metrics_ns for each in bare)
    matched = min(each.match_ns for each in passes)
    whole = matched if faster == 0 else best.clock_ns / faster
    share = 100 * taken / whole
    cells: dict[str, Any] = {
        "way in": way,
        "commands": tape.timed,
        "match, ns a command": matched / tape.timed,
        "metrics, ns a command": taken / tape.timed,
        "share of the time, %": share,
        "target": METRICS_SHARE,
        "MB": best.metrics.memory_bytes / 1e6,
    }
    benchmark.extra_info |= cells
    results.put(TITLE, way, cells)
    hold(scale, at_most(f"metrics by {way}, % of the time", share, METRICS_SHARE))


@pytest.mark.benchmark(group="metrics")
def test_memory_is_the_same_after_hours(scale: Scale, results: Results, benchmark: Any) -> None:
    """Hours of everything: recorded, asked for, exported, alerts evaluated, levels checked."""
    hours, step = (10, 1) if scale.is_full else (3, 10)
    metrics, monitor = Metrics(SYMBOLS[:8]), AlertMonitor(Rules.of("godark"))
    levels = ServiceLevels(Rules.of("godark"))
    draw = np.random.default_rng(8)
    durations = draw.integers(0, 10**8, 64)
    numbers, sides = draw.integers(0, 10, 64), draw.choice([1, -1], 64)
    held: list[int] = []

    def run() -> None:
        for second in range(0, hours * 3_600, step):
            now_ns = second * SECOND
            metrics.count("api_requests", 10, now_ns)
            metrics.count("api_failures", second // step % 2, now_ns)
            metrics.count("trades", 100, now_ns)
            metrics.set_up(second % 1_000 != 0, now_ns)
            metrics.set_gauge("cpu_percent", second % 101, now_ns)
            metrics.record_latency("api", durations, now_ns)
            metrics.record_executions(numbers, sides, durations, now_ns)
            if second % 60 == 0:
                monitor.evaluate(metrics, now_ns)
                levels.check(metrics, now_ns)
            if second % 3_600 == 0:
                exposition(metrics, now_ns)
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        benchmark.pedantic(run, rounds=1)
    finally:
        tracemalloc.stop()
    end_ns = (hours * 3_600 - step) * SECOND
    assert metrics.counters.total("executions") == 64 * hours * 3_600 // step
    assert metrics.value("trades_per_second", end_ns) == 100 / step
    assert metrics.value("error_rate", end_ns) == 0.05
    assert len(metrics.points("api_latency_p95_ms", end_ns).values) == 1_800
    grown = held[-1] - held[1]
    cells: dict[str, Any] = {
        "way in": f"{hours} hours, every {step} s",
        "MB": metrics.memory_bytes / 1e6,
        "grown after the first hour, bytes": grown,
    }
    benchmark.extra_info |= cells
    results.put(TITLE, "hours", cells)
    # The alerts' history grows to a thousand changes, and is full within the first hours.
    assert grown < METRICS_BYTES
    assert len(monitor.history()) > 0
