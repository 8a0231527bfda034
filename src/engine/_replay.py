"""Send commands through a core, and measure it from outside.

Every pass goes through a new core. The first is not timed and gives trades, rejects and the book at
the end. Some rounds in large batches give nanoseconds a command, of which the best counts. Two more
passes time every call of `match` with one command and with 64, which is what latency means here.
Only `match` is inside the clock, all reports written; reading files and counting are outside.
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
from engine.errors import StreamError
from engine.records import RecordArray, trades_of
from engine.streams import STREAM_TRADE_DTYPE, stream_from_trades

__all__ = [
    "BATCH",
    "LATENCY_BATCHES",
    "PERCENTILES",
    "ROUNDS",
    "Measurement",
    "Progress",
    "Top",
    "fill_core",
    "latencies_ns",
    "measure",
    "passes",
    "percentiles_ns",
    "sha256",
]

BATCH: Final = 4_096
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


class Outcome(NamedTuple):
    """What commands led to."""

    core: Core
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
        With the book at the end.
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
        """Nanoseconds in `match` a command."""
        return self.ns_total / self.commands


def passes(rounds: int = ROUNDS) -> int:
    """Return how often `measure` goes through its commands, for progress."""
    return 1 + rounds + len(LATENCY_BATCHES)


def measure(
    commands: RecordArray, progress: Progress, rounds: int = ROUNDS, source: str = "stream"
) -> Measurement:
    """Replay commands and measure.

    Parameters
    ----------
    commands
        Array of COMMAND_DTYPE whose instruments are numbered from 0.
    progress
        Told of ``passes(rounds) * len(commands)`` commands in all.
    rounds
        How often speed is measured; the best counts.
    source
        What messages call the commands.

    Raises
    ------
    StreamError
        There are no commands.
    """
    if not len(commands):
        raise StreamError(f"{source}: no commands")
    outcome = _outcome(commands, progress)
    return Measurement(
        commands=len(commands),
        reports=outcome.reports,
        trades=outcome.trades,
        rejects=outcome.rejects,
        tops=_tops(outcome),
        ns_total=min(_ns_total(commands, progress) for _ in range(rounds)),
        latency_ns={batch: latencies_ns(commands, batch, progress) for batch in LATENCY_BATCHES},
        core=outcome.core,
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


def _outcome(commands: RecordArray, progress: Progress) -> Outcome:
    core, out = fill_core(commands), _room(BATCH)
    reasons: Counter[int] = Counter()
    trades, count = [np.zeros(0, dtype=STREAM_TRADE_DTYPE)], 0
    for some in _batches(commands):
        reports = core.match(some, out=out)
        count += len(reports)
        trades.append(stream_from_trades(trades_of(reports)))
        refused = reports["reject_reason"][reports["exec_type"] == ExecType.REJECTED]
        reasons.update(refused.tolist())
        progress(len(some))
    rejects = {RejectReason(reason).name: times for reason, times in reasons.most_common()}
    return Outcome(core, count, np.concatenate(trades), rejects)


def _ns_total(commands: RecordArray, progress: Progress) -> int:
    """Return the time in `match`; nothing else that might cool the caches is done meanwhile."""
    core, out = fill_core(commands), _room(BATCH)
    total = 0
    for some in _batches(commands):
        before = perf_counter_ns()
        core.match(some, out=out)
        total += perf_counter_ns() - before
    progress(len(commands))
    return total


def _batches(commands: RecordArray) -> Iterator[RecordArray]:
    return (commands[start : start + BATCH] for start in range(0, len(commands), BATCH))


def _room(batch: int) -> RecordArray:
    """Return a buffer for the reports of a batch, its pages touched beforehand."""
    out = np.empty(max(64, REPORTS_PER_COMMAND * batch), dtype=REPORT_DTYPE)
    out.view(np.uint8)[:] = 1
    return out


def _tops(result: Outcome) -> list[Top]:
    counts = Counter(result.trades["symbol"].tolist()) or Counter({0: 0})
    return [
        Top(number, times, *map(_best, result.core.book(number).depth(1)))
        for number, times in counts.most_common(TOPS)
    ]


def _best(side: RecordArray) -> tuple[int, int] | None:
    return (int(side["price"][0]), int(side["quantity"][0])) if len(side) else None
