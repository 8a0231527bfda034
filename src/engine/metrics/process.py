"""What this process takes of the machine, between two looks at it."""

from __future__ import annotations

import os
from typing import NamedTuple

from engine.measurement import machine, resident_bytes
from engine.metrics.timeline import SECOND_NS

__all__ = ["ProcessUsage", "ProcessWatch"]


class ProcessUsage(NamedTuple):
    """What a process takes.

    Attributes
    ----------
    cpu_percent : float or None
        Processor time since the last look, of what all usable processors had; None at the first.
    memory_percent : float or None
        Of the machine's memory; None where the system doesn't tell.
    memory_bytes : int or None
        The same in bytes.
    """

    cpu_percent: float | None
    memory_percent: float | None
    memory_bytes: int | None


class ProcessWatch:
    """Looks at this process now and then.

    Examples
    --------
    >>> watch = ProcessWatch()
    >>> watch.look(0).cpu_percent is None
    True
    >>> 0 <= watch.look(1_000_000_000).cpu_percent <= 100
    True
    """

    def __init__(self) -> None:
        found = machine()
        self._cores = found.usable
        self._memory_bytes = found.memory_bytes
        self._last: tuple[int, float] | None = None

    def look(self, now_ns: int) -> ProcessUsage:
        """Return what it takes, its processor time since the last look.

        Parameters
        ----------
        now_ns : int
            The time of this look, nanoseconds of a clock that runs as the system's does.
        """
        times = os.times()
        taken = times.user + times.system
        cpu: float | None = None
        if self._last is not None and now_ns > self._last[0]:
            passed = (now_ns - self._last[0]) / SECOND_NS * self._cores
            # The system counts in ticks of its own, which may be more than the caller's clock has.
            cpu = min(100.0, 100 * (taken - self._last[1]) / passed)
        self._last = now_ns, taken
        used, memory = resident_bytes(), self._memory_bytes
        share = None if used is None or memory is None else min(100.0, 100 * used / memory)
        return ProcessUsage(cpu, share, used)
