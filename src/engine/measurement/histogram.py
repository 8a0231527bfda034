"""Times as an HDR histogram: every value to three digits, however many, in fixed memory."""

from __future__ import annotations

import math
from array import array
from operator import index
from typing import Any, Final

import numpy as np

from engine._copies import CopiedWhole
from engine._shown import check_kind, shown
from engine.errors import MissingExtraError

__all__ = ["LONGEST_NS", "PERCENTILES", "Durations", "LatencyHistogram"]

Durations = np.ndarray[Any, np.dtype[np.int64]]

PERCENTILES: Final = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9, "max": 100.0}
"""What is told of a histogram, by name."""
LONGEST_NS: Final = 3_600 * 10**9
"""An hour: what takes longer is kept as this."""
DIGITS: Final = 3
EXACT_BITS: Final = 11
"""Values are told apart by this many leading bits: 1 in 2,048, which is finer than three digits."""
FRESH_ROWS: Final = LONGEST_NS.bit_length() - EXACT_BITS + 1
PENDING: Final = 4_096
STEPS_PER_HALVING: Final = 8


def _library() -> Any:
    """Return the histogram of the HdrHistogram library."""
    try:
        from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError("hdrhistogram") from None
    return HdrHistogram


class LatencyHistogram(CopiedWhole):
    """Durations in nanoseconds, from 1 ns to an hour, each kept to three digits.

    Percentiles are those of all that was recorded: nothing is sampled. The histogram is the one of
    the HdrHistogram library, of the extra ``cli``. It takes a microsecond a value; so values are
    counted by their leading bits first, and go in together when something is asked.

    Raises
    ------
    MissingExtraError
        The library hdrhistogram is not installed.

    Examples
    --------
    >>> histogram = LatencyHistogram()
    >>> histogram.record_many(np.arange(1, 1_001))
    >>> histogram.record(5_000)
    >>> histogram.count
    1001
    >>> histogram.percentiles()
    {'p50': 501, 'p95': 951, 'p99': 991, 'p99.9': 1000, 'max': 5000}
    """

    def __init__(self) -> None:
        self._hdr: Any = _library()(1, LONGEST_NS, DIGITS)
        self._pending = array("q")
        self._fresh = np.zeros(FRESH_ROWS << EXACT_BITS, dtype=np.int64)
        self._count = 0
        self._sum = 0
        self._largest = 0

    def __getstate__(self) -> dict[str, Any]:
        self._settle()  # so that nothing is fresh
        return {**vars(self), "_hdr": self._hdr.encode(), "_fresh": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        fresh = np.zeros(FRESH_ROWS << EXACT_BITS, dtype=np.int64)
        vars(self).update(state, _hdr=_library().decode(state["_hdr"]), _fresh=fresh)

    def record(self, nanoseconds: int) -> None:
        """Keep one duration.

        Parameters
        ----------
        nanoseconds
            At least 0; 0 is kept as 1, and more than an hour as an hour.

        Raises
        ------
        ValueError
            It is negative.
        TypeError
            It is no integer.
        """
        nanoseconds = index(nanoseconds)
        if nanoseconds < 0:
            raise ValueError(f"nanoseconds was {shown(nanoseconds)}, must be at least 0")
        self._pending.append(min(nanoseconds, LONGEST_NS))
        if len(self._pending) >= PENDING:
            self._take_pending()

    def record_many(self, durations: Durations) -> None:
        """Keep many durations.

        Parameters
        ----------
        durations
            Integer array of any shape, nanoseconds; each as `record` takes it.

        Raises
        ------
        ValueError
            One is negative, or the array has no integers.
        TypeError
            It is no array.
        """
        check_kind("durations", durations, np.ndarray)
        if durations.dtype.kind not in "iu":
            raise ValueError(f"dtype was {durations.dtype}, must be of integers (nanoseconds)")
        if not durations.size:
            return
        if int(durations.min()) < 0:
            raise ValueError(f"nanoseconds was {int(durations.min())}, must be at least 0")
        self._take(np.minimum(durations, LONGEST_NS).astype(np.int64).ravel())

    def merge(self, other: LatencyHistogram) -> None:
        """Take in all that another histogram has.

        Parameters
        ----------
        other : LatencyHistogram
            It keeps what it has. Taken in itself, a histogram has everything twice.

        Raises
        ------
        TypeError
            It is none.
        """
        check_kind("other", other, LatencyHistogram)
        other._settle()
        self._hdr.add(other._hdr)
        self._count += other._count
        self._sum += other._sum
        self._largest = max(self._largest, other._largest)

    @property
    def count(self) -> int:
        """How many durations were recorded."""
        return self._count + len(self._pending)

    @property
    def maximum_ns(self) -> int:
        """The longest duration, exactly; 0 when there is none."""
        self._take_pending()
        return self._largest

    @property
    def mean_ns(self) -> float:
        """Their mean, exactly; 0 when there is none."""
        self._take_pending()
        return self._sum / self._count if self._count else 0.0

    def percentile(self, percent: float) -> int:
        """Return the duration that this share of all don't exceed, to three digits.

        Parameters
        ----------
        percent
            From 0 to 100; 100 is the longest, exactly.

        Returns
        -------
        int
            Nanoseconds; 0 when nothing was recorded.

        Raises
        ------
        ValueError
            A share outside.
        """
        try:
            share = float(percent)
        except OverflowError:  # an integer beyond all floats
            share = math.inf
        if not 0 <= share <= 100:
            raise ValueError(f"percent was {shown(percent)}, must be from 0 to 100")
        self._settle()
        if not self.count:
            return 0
        # The library rounds ranks to the nearest; the share that it is asked for is that of ours.
        rank = max(math.ceil(self.count * share / 100 * (1 - 1e-12)), 1)
        value = self._hdr.get_value_at_percentile(100 * rank / self.count)
        # What it returns is the top of a bucket, which may lie above what was recorded.
        return min(int(value), self._largest)

    def percentiles(self) -> dict[str, int]:
        """Return p50, p95, p99, p99.9 and the longest, nanoseconds by name."""
        return {name: self.percentile(percent) for name, percent in PERCENTILES.items()}

    def curve(self) -> tuple[list[float], list[float]]:
        """Return the points of a percentile curve, as HDR plots have them.

        Returns
        -------
        tuple of list
            One in how many takes longer, from 1 up; and nanoseconds that the others don't exceed.
        """
        self._settle()
        odds, values = [], []
        for step in self._hdr.get_percentile_iterator(STEPS_PER_HALVING):
            rest = 1 - step.percentile_level_iterated_to / 100
            if rest * self.count < 1 - 1e-9:
                break  # rarer than the rarest
            odds.append(1 / rest)
            values.append(float(min(step.value_iterated_to, self._largest)))
        if odds and odds[-1] < self.count:
            odds.append(float(self.count))
            values.append(float(self._largest))
        return odds, values

    def _take_pending(self) -> None:
        if self._pending:
            self._take(np.array(self._pending, dtype=np.int64))
            del self._pending[:]

    def _take(self, durations: Durations) -> None:
        """Count durations by their leading bits, and by how many bits follow these."""
        self._count += len(durations)
        self._sum += int(durations.sum())
        self._largest = max(self._largest, int(durations.max()))
        rows = np.frexp(durations.astype(np.float64))[1].astype(np.int64) - EXACT_BITS
        np.maximum(rows, 0, out=rows)
        np.add.at(self._fresh, (rows << EXACT_BITS) + (durations >> rows), 1)

    def _settle(self) -> None:
        """Give what was counted to the histogram."""
        self._take_pending()
        (places,) = self._fresh.nonzero()
        rows = places >> EXACT_BITS
        values = (places & ((1 << EXACT_BITS) - 1)) << rows
        counts = self._fresh[places]
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            self._hdr.record_value(max(value, 1), count)
        self._fresh[places] = 0
