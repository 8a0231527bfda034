"""Durations counted in an array of bins: cheap enough for a loop that must not be late."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.load.draws import Integers
from engine.measurement import LatencyHistogram
from engine.measurement.histogram import LONGEST_NS, PERCENTILES

__all__ = ["Tally"]

BITS: Final = 11
"""Leading bits that tell two durations apart: three digits, as an HDR histogram has."""
HALF: Final = 1 << (BITS - 1)
BINS: Final = (LONGEST_NS.bit_length() - BITS + 2) * HALF
PIECE: Final = 1 << 18


class Tally:
    """How often each duration was seen, to three digits, in memory that does not grow.

    The bins are those of an HDR histogram; a window of a run is told from one, and all of a run
    becomes a `LatencyHistogram` at its end.

    Examples
    --------
    >>> tally = Tally()
    >>> tally.add(np.array([1, 2, 3, 1_000_000]))
    >>> tally.count, tally.largest, tally.percentiles()["p50"]
    (4, 1000000, 2)
    """

    def __init__(self) -> None:
        # Written to once, so that its pages are there from the beginning.
        self.counts: Integers = np.full(BINS, 0, dtype=np.int64)
        self._ends: Integers = np.full(BINS, 0, dtype=np.int64)
        self.count = 0
        self.largest = 0

    def add(self, durations: Integers) -> None:
        """Count durations, nanoseconds; more than an hour is an hour."""
        if not len(durations):
            return
        values = np.clip(durations, 0, LONGEST_NS)
        exponents = np.frexp(values.astype(np.float64))[1].astype(np.int64)
        shifts = np.maximum(exponents - BITS, 0)
        np.add.at(self.counts, HALF * shifts + (values >> shifts), 1)
        self.count += len(values)
        self.largest = max(self.largest, int(values.max()))

    def merge(self, other: Tally) -> None:
        """Take in all that another has."""
        self.counts += other.counts
        self.count += other.count
        self.largest = max(self.largest, other.largest)

    def clear(self) -> None:
        """Forget everything."""
        self.counts[:] = 0
        self.count = self.largest = 0

    def percentiles(self) -> dict[str, int]:
        """Return what so many in a hundred do not exceed, nanoseconds by name; 0 of nothing."""
        if not self.count:
            return dict.fromkeys(PERCENTILES, 0)
        ends = np.cumsum(self.counts, out=self._ends)
        ranks = [max(1, -(-self.count * percent // 100)) for percent in PERCENTILES.values()]
        tops = _highest(np.searchsorted(ends, ranks))
        return {
            name: min(int(top), self.largest) for name, top in zip(PERCENTILES, tops, strict=True)
        }

    def histogram(self) -> LatencyHistogram:
        """Return it as an HDR histogram."""
        found = LatencyHistogram()
        if not self.count:
            return found
        bins = np.flatnonzero(self.counts)
        counts = self.counts[bins].copy()
        counts[-1] -= 1  # the longest, which is known exactly
        values = np.maximum((_lowest(bins) + _highest(bins)) // 2, 1)
        values[-1] = min(int(values[-1]), self.largest)
        while counts.any():
            some = np.minimum(counts, PIECE // len(bins) + 1)
            found.record_many(np.repeat(values, some))
            counts -= some
        found.record(self.largest)
        return found


def _lowest(bins: Integers) -> Integers:
    shifts = np.maximum(bins // HALF - 1, 0)
    found: Integers = (bins - HALF * shifts) << shifts
    return found


def _highest(bins: Integers) -> Integers:
    shifts = np.maximum(bins // HALF - 1, 0)
    found: Integers = ((bins - HALF * shifts + 1) << shifts) - 1
    return found
