"""What a run came to: by second, in all, and whether it kept what its scenario asks for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from engine.load.scenario import Scenario
from engine.measurement import LatencyHistogram

__all__ = ["Counts", "LoadResult", "Verdict", "Window"]

MILLISECOND_NS: Final = 1e6
CAUGHT_UP_NS: Final = 1_000_000
"""A command that waits no longer than this does not wait."""


class Counts(NamedTuple):
    """What was sent and what came of it.

    Attributes
    ----------
    sent : int
        Commands.
    orders : int
        Of them orders, of users and makers.
    matched : int
        Orders that have traded, each counted once.
    trades, reports : int
        As the reports tell.
    rejected : int
        Commands that were refused, those that had to be included.
    late_cancels : int
        Of the rejected, cancels of orders that were gone by then.
    must_be_refused : int
        Orders of rejected bursts that were sent.
    errors : int
        Commands of which sending failed; refused ones that no one who does it right sends
        (malformed, of unknown symbols or accounts, ids used twice); and orders of rejected bursts
        that were taken.
    """

    sent: int = 0
    orders: int = 0
    matched: int = 0
    trades: int = 0
    reports: int = 0
    rejected: int = 0
    late_cancels: int = 0
    must_be_refused: int = 0
    errors: int = 0

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    @property
    def error_rate(self) -> float:
        """Errors by commands sent."""
        return self.errors / self.sent if self.sent else 0.0


class Window(NamedTuple):
    """A part of a run, a second unless it was asked for otherwise.

    Attributes
    ----------
    start_s, end_s : float
        After the start, by the clock of the run.
    counts : Counts
        What was sent in it.
    percentiles : dict
        Latency from the scheduled time, nanoseconds, by name: p50, p95, p99, p99.9, max.
    lag_ns : int
        How long the command that was next at its end had waited already; 0 where none waited.
    resting : int or None
        Live orders at its end, where the target tells.
    resident_bytes : int or None
        Memory of this process at its end, where the system tells.
    cpu : float
        Processor time of this process, as a share of the processors that it may use.
    """

    start_s: float
    end_s: float
    counts: Counts
    percentiles: dict[str, int]
    lag_ns: int
    resting: int | None
    resident_bytes: int | None
    cpu: float

    @property
    def rate(self) -> float:
        """Commands a second."""
        return self.counts.sent / (self.end_s - self.start_s) if self.end_s > self.start_s else 0.0


class Verdict(NamedTuple):
    """What a scenario asks for, and what was measured.

    Attributes
    ----------
    what : str
        What was measured: "p99", "error rate", "recovery".
    measured, bound : float
        What it was and the most that it may be, both in `unit`; infinite for what never came.
    unit : str
        "ms", "s" or "of all".
    """

    what: str
    measured: float
    bound: float
    unit: str

    @property
    def is_kept(self) -> bool:
        """Whether it is no more than asked."""
        return self.measured <= self.bound

    def __str__(self) -> str:
        return f"{self.what} was {self.measured:.4g} {self.unit}, must be at most {self.bound:g}"


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """What a run came to.

    Attributes
    ----------
    scenario : Scenario
        What was sent; its `label` says whether time was compressed.
    loop : str
        ``"open"``: latency counts from the scheduled time. ``"closed"``: from the call, and who
        waits sends nothing meanwhile.
    pace : float
        By how much faster than scheduled it was sent; infinite: as fast as the target took it.
    workers : int
        Threads that sent.
    histogram : LatencyHistogram
        Latency: until the reports were read, from the scheduled time or, closed, from the call.
    service : LatencyHistogram
        The same from the call, for each command of the batch that it was sent in.
    windows : tuple of Window
        By time.
    counts : Counts
        In all.
    rejects : dict
        Refused commands by reason, the most frequent first.
    failures : dict
        Calls that raised, by error.
    seconds : float
        How long it took.
    starved_seconds : float
        Of it, how long it waited for the order flow to be drawn: the generator's fault.
    batches : int
        Calls of the target.
    stopped_because : str or None
        Which rule stopped it; None when it went to its end.
    conditions : dict
        What the target had on: checks, accounts, depth; empty where it does not tell.
    resting : int or None
        Live orders at the end, where the target tells.
    state_hash : str or None
        Of the target at the end, where it has one.
    """

    scenario: Scenario
    loop: str
    pace: float
    workers: int
    histogram: LatencyHistogram
    service: LatencyHistogram
    windows: tuple[Window, ...]
    counts: Counts
    rejects: dict[str, int]
    failures: dict[str, int]
    seconds: float
    starved_seconds: float
    batches: int
    stopped_because: str | None
    conditions: dict[str, str]
    resting: int | None
    state_hash: str | None

    @property
    def rate(self) -> float:
        """Commands a second."""
        return self.counts.sent / self.seconds if self.seconds else 0.0

    @property
    def matched_share(self) -> float:
        """Orders that traded by orders sent."""
        return self.counts.matched / self.counts.orders if self.counts.orders else 0.0

    @property
    def label(self) -> str:
        """The scenario's label, and how it was sent where that was not as scheduled."""
        pace = "" if self.pace == 1 else f", {self.pace:g} times as fast"
        if self.pace == float("inf"):
            pace = ", as fast as it went"
        return self.scenario.label + pace + ("" if self.loop == "open" else f", {self.loop} loop")

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return what the scenario asks for, beside what was measured."""
        criteria, found = self.scenario.criteria, []
        percentiles = self.histogram.percentiles()
        for name in ("p50", "p95", "p99", "max"):
            bound = getattr(criteria, f"{name}_ms")
            if bound is not None:
                found.append(Verdict(name, percentiles[name] / MILLISECOND_NS, bound, "ms"))
        if criteria.error_rate is not None:
            found.append(
                Verdict("error rate", self.counts.error_rate, criteria.error_rate, "of all")
            )
        if criteria.recovery_seconds is not None:
            slowest = max(self._recoveries(), default=0.0)
            found.append(Verdict("recovery", slowest, criteria.recovery_seconds, "s"))
        return tuple(found)

    @property
    def is_passed(self) -> bool:
        """Whether it went to its end and kept everything that was asked for."""
        return self.stopped_because is None and all(each.is_kept for each in self.verdicts())

    def _recoveries(self) -> Iterator[float]:
        """Yield how long after each spike it took until no command waited."""
        at, stages = 0.0, self.scenario.stages * self.scenario.repeat
        for stage, after in itertools.pairwise(stages):
            at += stage.seconds / self.pace
            if stage.orders_per_second > after.orders_per_second:
                calm = (
                    each.end_s
                    for each in self.windows
                    if each.end_s >= at and each.lag_ns <= CAUGHT_UP_NS
                )
                # A window is looked at where it ends, so one that covers the end of the spike is
                # counted from there on.
                yield next((end - at for end in calm), float("inf"))
