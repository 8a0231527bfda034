"""Time cut into slots of equal length, of which the latest are kept."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from engine._shown import integer_of, number_of, shown
from engine.errors import MetricsError

__all__ = ["HOUR_SECONDS", "RETENTION_SECONDS", "SECOND_NS", "Timeline", "slots_in", "time_after"]

SECOND_NS: Final = 1_000_000_000
RETENTION_SECONDS: Final = 1_800
"""Half an hour of points is kept to be shown."""
HOUR_SECONDS: Final = 3_600
"""What availability is looked at over, and so the longest window."""


TIME_MAX: Final = 2**62
"""Nanoseconds; it comes in 2116, and numbers of slots go on for as long again."""


def time_after(latest: int, now_ns: int) -> int:
    """Return a time that is none before the latest one.

    Raises
    ------
    MetricsError
        It is one, or after 2116.
    TypeError
        It is no integer.

    Examples
    --------
    >>> time_after(5, 2**64)
    Traceback (most recent call last):
        ...
    engine.errors.MetricsError: now_ns was 18446744073709551616, must be at most 4611686018427387904
    """
    now = integer_of("now_ns", now_ns)
    if now < latest:
        raise MetricsError(f"now_ns was {shown(now_ns)}, must be at least {latest}")
    if now > TIME_MAX:
        raise MetricsError(f"now_ns was {shown(now_ns)}, must be at most {TIME_MAX}")
    return now


class Timeline:
    """Says which slot a time lies in, and refuses a time that goes back.

    Parameters
    ----------
    slot_ns : int
        The length of a slot, at least 1 ns.
    length : int
        How many slots are kept, the running one included.

    Attributes
    ----------
    slot : int
        The running one; -1 before the first time was told.
    first : int
        The one in which it began.
    now_ns : int
        The latest time that was told.

    Examples
    --------
    >>> timeline = Timeline(SECOND_NS, 60)
    >>> timeline.advance(5 * SECOND_NS), timeline.advance(7 * SECOND_NS)
    (range(5, 6), range(6, 8))
    >>> timeline.advance(6 * SECOND_NS)
    Traceback (most recent call last):
        ...
    engine.errors.MetricsError: now_ns was 6000000000, must be at least 7000000000
    """

    __slots__ = ("first", "length", "now_ns", "slot", "slot_ns")

    def __init__(self, slot_ns: int, length: int) -> None:
        if integer_of("slot_ns", slot_ns) < 1:
            raise MetricsError(f"slot_ns was {shown(slot_ns)}, must be at least 1")
        if integer_of("length", length) < 2:
            raise MetricsError(f"length was {shown(length)}, must be at least 2")
        self.slot_ns = slot_ns
        self.length = length
        self.slot = -1
        self.first = -1
        self.now_ns = 0

    def advance(self, now_ns: int) -> range:
        """Go on to a time and return the slots that began.

        Raises
        ------
        MetricsError
            The time lies before the latest one, or after 2116.
        """
        self.now_ns = time_after(self.now_ns, now_ns)
        slot = self.now_ns // self.slot_ns
        if self.slot < 0:
            self.first = slot
            self.slot = slot
            return range(slot, slot + 1)
        begun = range(self.slot + 1, slot + 1)
        self.slot = slot
        return begun

    def rows(self, slots: range) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return where some slots are kept; of too many only the latest, each once."""
        start = max(slots.start, slots.stop - self.length)
        return np.arange(start, slots.stop) % self.length


def slots_in(window_seconds: float, timeline: Timeline) -> int:
    """Return how many slots a window has.

    Raises
    ------
    MetricsError
        Less than one, or more than are kept beside the running one.
    TypeError
        It is no number.
    """
    seconds, most = number_of("window_seconds", window_seconds), timeline.length - 1
    slots = round(seconds * SECOND_NS) // timeline.slot_ns if math.isfinite(seconds) else 0
    if not 1 <= slots <= most:
        each = timeline.slot_ns / SECOND_NS
        raise MetricsError(
            f"window_seconds was {shown(window_seconds)}, must be from {each:g} to {most * each:g}"
        )
    return slots
