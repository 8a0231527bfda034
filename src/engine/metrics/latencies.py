"""Durations over windows of time, as histograms whose slots are dropped when they are old."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from engine._copies import CopiedWhole
from engine._shown import shown
from engine.errors import MetricsError
from engine.metrics.timeline import RETENTION_SECONDS, SECOND_NS, Timeline, slots_in
from engine.metrics.windows import Points

__all__ = ["PERCENTS", "WINDOW_SECONDS", "LatencyWindow", "Percentiles"]

PERCENTS: Final = (50, 95, 99)
WINDOW_SECONDS: Final = 300
"""The longest window that percentiles are taken of."""
LONGEST_NS: Final = 3_600 * SECOND_NS
"""An hour: what takes longer is kept as this."""
EXACT_BITS: Final = 6
"""Values are told apart by this many leading bits: a percentile is at most 1 in 32 too high."""
HALF: Final = 1 << (EXACT_BITS - 1)
BUCKETS: Final = (LONGEST_NS.bit_length() - EXACT_BITS + 2) * HALF
FEW: Final = 16
"""So many durations are recorded one by one: the calls of NumPy for an array take as long."""

Durations: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


def _tops() -> Durations:
    """Return the highest value of every bucket."""
    places = np.arange(BUCKETS)
    rows = np.maximum(places // HALF - 1, 0)
    tops: Durations = ((places - rows * HALF + 1) << rows) - 1
    return tops


TOPS: Final = _tops()


class Percentiles(NamedTuple):
    """How long something took, nanoseconds; 0 where nothing was recorded.

    Attributes
    ----------
    recorded : int
        How many durations there are.
    p50, p95, p99, maximum : int
        So that the share of them took no longer; never falling from left to right.
    """

    recorded: int
    p50: int
    p95: int
    p99: int
    maximum: int


class LatencyWindow(CopiedWhole):
    """Durations of the last five minutes at most, and their percentiles of the last half hour.

    Each slot has a histogram of fixed size. A percentile is the highest value of its bucket, or the
    longest duration of the window if that is less: never below the true one, and at most 1 in 32
    above it.

    Parameters
    ----------
    slot_ns : int
        The length of a slot.
    slots : int
        How many histograms are kept, the running one included.

    Examples
    --------
    >>> latency = LatencyWindow()
    >>> latency.record(np.arange(1, 101) * 1_000, 0)
    >>> latency.percentiles(0, 60)
    Percentiles(recorded=100, p50=50175, p95=96255, p99=100000, maximum=100000)
    >>> latency.percentiles(60 * SECOND_NS, 60)
    Percentiles(recorded=0, p50=0, p95=0, p99=0, maximum=0)
    """

    def __init__(self, *, slot_ns: int = SECOND_NS, slots: int = WINDOW_SECONDS) -> None:
        self._timeline = Timeline(slot_ns, slots + 1)
        self._counts = np.zeros((slots + 1, BUCKETS), np.uint32)
        self._longest = np.zeros(slots + 1, np.int64)
        self._history = Timeline(slot_ns, RETENTION_SECONDS * SECOND_NS // slot_ns + 2)
        self._points = np.full((self._history.length, len(PERCENTS)), math.nan)
        self._known: dict[int, Percentiles] = {}
        self._count = 0
        self._sum_ns = 0

    @property
    def count(self) -> int:
        """How many durations were ever recorded."""
        return self._count

    @property
    def sum_ns(self) -> int:
        """What they come to together."""
        return self._sum_ns

    @property
    def memory_bytes(self) -> int:
        """What the rings take, which never changes."""
        return self._counts.nbytes + self._longest.nbytes + self._points.nbytes

    def advance(self, now_ns: int) -> None:
        """Go on to a time.

        Parameters
        ----------
        now_ns : int
            Nanoseconds, from whatever clock; at least the latest time, and at most 2^62.

        Raises
        ------
        MetricsError
            The time lies before the latest one, or after 2116.
        """
        timeline = self._timeline
        ended = timeline.slot
        begun = timeline.advance(now_ns)
        self._history.advance(now_ns)
        if not begun:
            return
        self._known.clear()
        if ended >= 0:
            self._note_ended(ended, begun)
        rows = timeline.rows(begun) if len(begun) > 1 else _row(timeline)
        self._counts[rows] = 0
        self._longest[rows] = 0

    def record(self, durations_ns: int | Durations, now_ns: int) -> None:
        """Record durations that ended in the slot of a time.

        Parameters
        ----------
        durations_ns : int or array of int64
            Nanoseconds, at least 0; more than an hour is an hour.
        now_ns : int
            Nanoseconds; as for `advance`.

        Raises
        ------
        MetricsError
            A duration below 0, other numbers than integers, or a time that goes back.
        """
        if isinstance(durations_ns, int):
            self._record_few([durations_ns], now_ns)
            return
        durations = np.asarray(durations_ns)
        if durations.dtype.kind not in "iu":
            raise MetricsError(f"durations_ns was of {durations.dtype}, must be of integers")
        if durations.size <= FEW:
            self._record_few(durations.ravel().tolist(), now_ns)
            return
        self.advance(now_ns)
        kept = np.minimum(durations.ravel(), LONGEST_NS).astype(np.int64)
        shortest, longest = int(kept.min()), int(kept.max())
        if shortest < 0:
            raise MetricsError(f"durations_ns had {shortest}, must be at least 0")
        bits = np.frexp(kept.astype(np.float64))[1].astype(np.int64)
        shifts = np.maximum(bits - EXACT_BITS, 0)
        found = np.bincount(shifts * HALF + (kept >> shifts), minlength=BUCKETS)
        self._counts[self._timeline.slot % self._timeline.length] += found.astype(np.uint32)
        self._note(len(kept), int(kept.sum()), longest)

    def _record_few(self, durations_ns: list[int], now_ns: int) -> None:
        """Record durations one by one, which is faster where there are few."""
        shortest = min(durations_ns, default=0)
        if shortest < 0:
            raise MetricsError(f"durations_ns had {shortest}, must be at least 0")
        self.advance(now_ns)
        if not durations_ns:
            return
        row = self._counts[self._timeline.slot % self._timeline.length]
        kept = [min(duration, LONGEST_NS) for duration in durations_ns]
        for duration in kept:
            shift = max(duration.bit_length() - EXACT_BITS, 0)
            row[shift * HALF + (duration >> shift)] += 1
        self._note(len(kept), sum(kept), max(kept))

    def _note(self, count: int, sum_ns: int, longest: int) -> None:
        row = self._timeline.slot % self._timeline.length
        if longest > self._longest[row]:
            self._longest[row] = longest
        self._count += count
        self._sum_ns += sum_ns
        self._known.clear()

    def _note_ended(self, ended: int, begun: range) -> None:
        """Keep the percentiles of the slot that ended; those that were skipped have none."""
        history = self._history
        if len(begun) > 1:
            self._points[history.rows(range(ended, begun.stop))] = math.nan
        if len(begun) < history.length:
            at = ended % self._timeline.length
            found = self._percentiles_of(slice(at, at + 1))
            self._points[ended % history.length] = found[1:4] if found.recorded else math.nan

    def percentiles(self, now_ns: int, window_seconds: float) -> Percentiles:
        """Return the percentiles of a window whose last slot is the running one.

        Parameters
        ----------
        now_ns : int
            Nanoseconds; as for `advance`.
        window_seconds : float
            From one slot to as long as slots are kept, five minutes by default; a part of a slot is
            left out.

        Raises
        ------
        MetricsError
            A window out of its range, or a time that goes back.
        """
        slots = slots_in(window_seconds, self._timeline)
        self.advance(now_ns)
        if slots not in self._known:
            last = self._timeline.slot
            wanted = range(max(last - slots + 1, self._timeline.first), last + 1)
            self._known[slots] = self._percentiles_of(self._timeline.rows(wanted))
        return self._known[slots]

    def points(self, percent: int, now_ns: int) -> Points:
        """Return a percentile of every whole slot of the last half hour, nanoseconds.

        Parameters
        ----------
        percent : int
            50, 95 or 99.
        now_ns : int
            Nanoseconds; as for `advance`. The slot in which it lies is left out.

        Returns
        -------
        Points
            Oldest first; NaN where nothing was recorded.

        Raises
        ------
        MetricsError
            Another percentile, or a time that goes back.
        """
        if percent not in PERCENTS:
            raise MetricsError(
                f"percent was {shown(percent)}, not one of {', '.join(map(str, PERCENTS))}"
            )
        self.advance(now_ns)
        history = self._history
        kept = min(history.length - 2, history.slot - history.first)
        slots = range(history.slot - kept, history.slot)
        values = self._points[history.rows(slots), PERCENTS.index(percent)]
        return Points(np.arange(slots.start, slots.stop) * history.slot_ns, values)

    def _percentiles_of(self, rows: slice | Durations) -> Percentiles:
        """Return those of some slots together."""
        counts = self._counts[rows]
        one = counts[0] if len(counts) == 1 else counts.sum(axis=0, dtype=np.int64)
        sums = np.cumsum(one, dtype=np.int64)
        count = int(sums[-1])
        if not count:
            return Percentiles(0, 0, 0, 0, 0)
        longest = int(self._longest[rows].max())
        ranks = [-(-count * percent // 100) for percent in PERCENTS]
        found = [min(int(TOPS[place]), longest) for place in np.searchsorted(sums, ranks)]
        assert found == sorted(found), "percentiles never fall"
        return Percentiles(count, found[0], found[1], found[2], longest)


def _row(timeline: Timeline) -> slice:
    """Return where the running slot is kept."""
    at = timeline.slot % timeline.length
    return slice(at, at + 1)
