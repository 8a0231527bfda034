"""Send commands through a core, and measure it from outside.

Three passes, each through cores of its own. The first takes large batches and gives nanoseconds a
command, best of some rounds; the reports of its first round give trades and rejects. The others
time every call of `match` with 64 commands and with one, which is what latency means here. Only
`match` is inside the clock, all reports written; reading files and counting are outside.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any, Final, NamedTuple

import numpy as np

from engine._core import Core
from engine._schema import (
    REPORT_DTYPE,
    ExecType,
    RejectReason,
    ReplacePriority,
)
from engine.records import RecordArray, trades_of
from engine.streams import STREAM_TRADE_DTYPE, stream_from_trades

__all__ = [
    "BATCH",
    "LATENCY_BATCHES",
    "PERCENTILES",
    "ROUNDS",
    "Measurement",
    "Progress",
    "Throughput",
    "Top",
    "fill_core",
    "latencies_ns",
    "measure",
    "passes",
    "percentiles_ns",
    "sha256",
]

BATCH: Final = 8_192
"""Commands a call when speed is measured."""
LATENCY_BATCHES: Final = (1, 64)
"""Commands a call when latency is measured."""
PERCENTILES: Final = {"p50": 500, "p95": 950, "p99": 990, "p99.9": 999}
"""By name, in thousandths, so that ranks are exact."""
ROUNDS: Final = 3
TOPS: Final = 5
# A command makes two reports and two more a trade; what does not fit, `match` allocates.
REPORTS_PER_COMMAND: Final = 4

Progress = Callable[[int], Any]
"""Told how many more commands are done."""


class Top(NamedTuple):
    """The best prices of an instrument at the end, a (price, quantity) pair each."""

    instrument: int
    trades: int
    bid: tuple[int, int] | None
    ask: tuple[int, int] | None


class Throughput(NamedTuple):
    """What the pass in large batches gave."""

    core: Core
    ns_total: int
    reports: int
    trades: RecordArray
    rejects: dict[str, int]


class Measurement(NamedTuple):
    """One stream, replayed and measured.

    Attributes
    ----------
    commands, reports : int
        How many.
    trades : ndarray of STREAM_TRADE_DTYPE
        In the order of execution.
    rejects : dict
        Reports by reject reason, most frequent first.
    tops : list of Top
        Best prices at the end of the instruments that traded most.
    ns_total : int
        Time in `match` with batches of BATCH, best round.
    latency_ns : dict
        For each of LATENCY_BATCHES the duration of every call, int64 array.
    core : Core
        As the first round left it.
    """

    commands: int
    reports: int
    trades: RecordArray
    rejects: dict[str, int]
    tops: list[Top]
    ns_total: int
    latency_ns: dict[int, np.ndarray[Any, np.dtype[np.int64]]]
    core: Core

    @property
    def ns_per_command(self) -> float:
        """Nanoseconds in `match` a command; 0 without commands."""
        return self.ns_total / self.commands if self.commands else 0.0


def passes(rounds: int = ROUNDS) -> int:
    """Return how often `measure` goes through its commands, for progress."""
    return rounds + len(LATENCY_BATCHES)


def measure(commands: RecordArray, progress: Progress, rounds: int = ROUNDS) -> Measurement:
    """Replay commands and measure.

    Parameters
    ----------
    commands
        Array of COMMAND_DTYPE whose instruments are numbered from 0.
    progress
        Told of ``passes(rounds) * len(commands)`` commands in all.
    rounds
        How often speed is measured; the best counts.
    """
    first = _throughput(commands, progress)
    ns_total = first.ns_total
    for _ in range(rounds - 1):
        again = _throughput(commands, progress)
        assert again.trades.tobytes() == first.trades.tobytes(), (
            "the same commands traded otherwise"
        )
        ns_total = min(ns_total, again.ns_total)
    return Measurement(
        commands=len(commands),
        reports=first.reports,
        trades=first.trades,
        rejects=first.rejects,
        tops=_tops(first),
        ns_total=ns_total,
        latency_ns={batch: latencies_ns(commands, batch, progress) for batch in LATENCY_BATCHES},
        core=first.core,
    )


def fill_core(commands: RecordArray) -> Core:
    """Return an empty core with as many instruments as the commands name.

    Every replace loses its place, as the stream format has it.
    """
    core = Core()
    instruments = int(commands["instrument"].max(initial=0)) + 1
    for _ in range(instruments):
        core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
    return core


def latencies_ns(
    commands: RecordArray, batch: int, progress: Progress
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Time every call of `match` with that many commands; a shorter rest is left out."""
    core, out = fill_core(commands), _room(batch)
    match, durations = core.match, array("q")
    reported = 0
    for start in range(0, len(commands) - batch + 1, batch):
        some = commands[start : start + batch]
        before = perf_counter_ns()
        match(some, out=out)
        durations.append(perf_counter_ns() - before)
        if start - reported >= BATCH:
            progress(start - reported)
            reported = start
    progress(len(commands) - reported)
    return np.array(durations, dtype=np.int64)


def percentiles_ns(durations: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, int]:
    """Return p50, p95, p99 and p99.9: measured values, none made up between two of them.

    Examples
    --------
    >>> percentiles_ns(np.arange(1, 1001))
    {'p50': 500, 'p95': 950, 'p99': 990, 'p99.9': 999}
    >>> percentiles_ns(np.arange(0))
    {'p50': 0, 'p95': 0, 'p99': 0, 'p99.9': 0}
    """
    count = len(durations)
    if not count:
        return dict.fromkeys(PERCENTILES, 0)
    ranks = {name: -(-count * rank // 1_000) - 1 for name, rank in PERCENTILES.items()}
    values = np.partition(durations, sorted(set(ranks.values())))
    return {name: int(values[rank]) for name, rank in ranks.items()}


def sha256(trades: RecordArray) -> str:
    """Return the SHA-256 of the records' bytes, in hex."""
    return hashlib.sha256(trades.tobytes()).hexdigest()


def _throughput(commands: RecordArray, progress: Progress) -> Throughput:
    core, out = fill_core(commands), _room(BATCH)
    reasons: Counter[int] = Counter()
    trades, ns_total, count = [], 0, 0
    for some in _batches(commands):
        before = perf_counter_ns()
        reports = core.match(some, out=out)
        ns_total += perf_counter_ns() - before
        count += len(reports)
        trades.append(stream_from_trades(trades_of(reports)))
        refused = reports["reject_reason"][reports["exec_type"] == ExecType.REJECTED]
        reasons.update(refused.tolist())
        progress(len(some))
    rejects = {RejectReason(reason).name: times for reason, times in reasons.most_common()}
    together = np.concatenate(trades) if trades else np.zeros(0, dtype=STREAM_TRADE_DTYPE)
    return Throughput(core, ns_total, count, together, rejects)


def _batches(commands: RecordArray) -> Iterator[RecordArray]:
    return (commands[start : start + BATCH] for start in range(0, len(commands), BATCH))


def _room(batch: int) -> RecordArray:
    """Return a buffer for the reports of a batch, its pages touched beforehand."""
    out = np.empty(max(64, REPORTS_PER_COMMAND * batch), dtype=REPORT_DTYPE)
    out.view(np.uint8)[:] = 1
    return out


def _tops(result: Throughput) -> list[Top]:
    counts = Counter(result.trades["symbol"].tolist()) or Counter({0: 0})
    return [
        Top(number, times, *map(_best, result.core.book(number).depth(1)))
        for number, times in counts.most_common(TOPS)
    ]


def _best(side: RecordArray) -> tuple[int, int] | None:
    return (int(side["price"][0]), int(side["quantity"][0])) if len(side) else None
