"""Clocks: the machine's, and one that a test moves."""

from __future__ import annotations

import time
from typing import Final, Protocol

__all__ = ["Clock", "SimulatedClock", "SystemClock"]

SPIN_NS: Final = 200_000
"""A sleeping process wakes up late by some tens of microseconds: so much before, it spins."""


class Clock(Protocol):
    """What a run reads and waits by."""

    def now_ns(self) -> int:
        """Return nanoseconds since some time."""

    def sleep(self, nanoseconds: int) -> None:
        """Return so much later, not before.

        Parameters
        ----------
        nanoseconds : int
            How long; at once at 0 and below.
        """

    def processor_ns(self) -> int:
        """Return the processor time of this process, nanoseconds."""


class SystemClock:
    """The machine's clock. It sleeps until 200 µs before the time, and spins from there.

    Spinning takes a processor for itself: at more than some thousand commands a second all of it.
    What runs beside has one less. As it is waiting, it doesn't count as processor time.
    """

    def __init__(self) -> None:
        self._spun_ns = 0

    def now_ns(self) -> int:
        """Return nanoseconds since some time."""
        return time.perf_counter_ns()

    def sleep(self, nanoseconds: int) -> None:
        """Return so much later, not before.

        Parameters
        ----------
        nanoseconds : int
            How long; at once at 0 and below.
        """
        end = time.perf_counter_ns() + nanoseconds
        if nanoseconds > SPIN_NS:
            time.sleep((nanoseconds - SPIN_NS) / 1e9)
        before = time.process_time_ns()
        while time.perf_counter_ns() < end:
            pass
        self._spun_ns += time.process_time_ns() - before

    def processor_ns(self) -> int:
        """Return the processor time of this process without what it spun, nanoseconds."""
        return time.process_time_ns() - self._spun_ns


class SimulatedClock:
    """A clock that stands still but for those who sleep by it, so that a run is the same each time.

    Examples
    --------
    >>> clock = SimulatedClock()
    >>> clock.sleep(1_500)
    >>> clock.now_ns()
    1500
    """

    def __init__(self) -> None:
        self._now = 0

    def now_ns(self) -> int:
        """Return nanoseconds since it was made."""
        return self._now

    def sleep(self, nanoseconds: int) -> None:
        """Let so much time pass.

        Parameters
        ----------
        nanoseconds : int
            How long; none passes at 0 and below.
        """
        self._now += max(0, nanoseconds)

    def processor_ns(self) -> int:
        """Return 0: nothing is done."""
        return 0
