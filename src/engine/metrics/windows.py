"""Counters, gauges and uptime over windows of time, in rings of fixed size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from engine._copies import CopiedWhole
from engine._members import truth_of
from engine._shown import check_kind, integer_of, number_of, shown
from engine.errors import MetricsError
from engine.metrics.timeline import (
    HOUR_SECONDS,
    RETENTION_SECONDS,
    SECOND_NS,
    Timeline,
    slots_in,
)

__all__ = ["CounterWindows", "GaugeWindows", "Points", "UptimeWindow"]

TOTAL_MAX: Final = 2**63 - 1

Floats: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]


class Points(NamedTuple):
    """Something over time, a point a slot.

    Attributes
    ----------
    times_ns : ndarray of int64, shape (n,)
        When each slot began.
    values : ndarray of float64, shape (n,)
        What it was; NaN where that is not known.
    """

    times_ns: Integers
    values: Floats


class CounterWindows(CopiedWhole):
    """Totals that only grow, and what they grew by in any window up to an hour.

    The totals at the end of every slot are kept in a ring, so that a window costs one subtraction
    and memory is what it was at the beginning.

    Parameters
    ----------
    names : sequence of str
        Of the counters.
    slot_ns : int
        The length of a slot.
    slots : int
        How many are kept beside the running one.

    Examples
    --------
    >>> counters = CounterWindows(["trades"])
    >>> for second in range(10):
    ...     counters.add("trades", 100 + second, second * SECOND_NS)
    >>> counters.total("trades"), counters.rate("trades", 10 * SECOND_NS, 4)
    (1045, 107.5)
    """

    def __init__(
        self, names: Sequence[str], *, slot_ns: int = SECOND_NS, slots: int = HOUR_SECONDS
    ) -> None:
        self._places = {name: place for place, name in enumerate(names)}
        if len(self._places) < len(names):
            raise MetricsError(f"names were {', '.join(names)}, must differ")
        self._timeline = Timeline(slot_ns, slots + 1)
        self._totals = [0] * len(names)
        self._base = [0] * len(names)
        self._ring = np.zeros((slots + 1, len(names)), np.int64)
        self._read: set[str] = set()
        self._told: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """The counters."""
        return tuple(self._places)

    @property
    def memory_bytes(self) -> int:
        """What the rings take, which never changes."""
        return self._ring.nbytes

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
        if not begun or ended < 0:
            return
        if len(begun) == 1:
            self._ring[ended % timeline.length] = self._totals
        else:
            self._ring[timeline.rows(range(ended, begun.stop - 1))] = self._totals

    def add(self, name: str, amount: int, now_ns: int) -> None:
        """Let a counter grow.

        Parameters
        ----------
        name : str
            Which one.
        amount : int
            By how much. 0 makes it known: see `is_told`.
        now_ns : int
            Nanoseconds; as for `advance`.

        Raises
        ------
        MetricsError
            An amount below 0, a total above 2^63 - 1, an unknown name, totals that are read, or a
            time that goes back.
        """
        place = self._place(name)
        amount = integer_of("amount", amount)
        if amount < 0:
            raise MetricsError(f"{name}: amount was {shown(amount)}, must be at least 0")
        if name in self._read:
            raise MetricsError(f"{name} was added to, but its totals are read")
        total = _within(name, self._totals[place] + amount, 0)
        self.advance(now_ns)
        self._totals[place] = total
        self._told.add(name)

    def read(self, totals: Mapping[str, int], now_ns: int) -> None:
        """Bring counters to totals that someone else counts; the first ones are where they begin.

        Parameters
        ----------
        totals : mapping of str to int
            By counter. One that is left out stays as it is.
        now_ns : int
            Nanoseconds; as for `advance`.

        Raises
        ------
        MetricsError
            A total below the one before, an unknown name, a counter that was added to, or a time
            that goes back.
        TypeError
            A total is no integer.
        """
        check_kind("totals", totals, Mapping)
        told = {name: integer_of(name, total) for name, total in totals.items()}
        for name, total in told.items():
            least = self._totals[self._place(name)]
            if least and name not in self._read:
                raise MetricsError(f"{name} was read, but it was added to")
            _within(name, total, least)
        self.advance(now_ns)
        self._told.update(totals)
        for name, total in told.items():
            place = self._places[name]
            if name not in self._read:
                self._read.add(name)
                self._ring[:, place] += total
                self._base[place] += total
            self._totals[place] = total

    def is_told(self, name: str) -> bool:
        """Return whether anyone ever added to a counter, be it 0, or read it.

        Parameters
        ----------
        name : str
            Which one.

        Raises
        ------
        MetricsError
            There is none of that name.
        """
        self._place(name)
        return name in self._told

    def total(self, name: str) -> int:
        """Return what a counter has come to.

        Parameters
        ----------
        name : str
            Which one.

        Raises
        ------
        MetricsError
            There is none of that name.
        """
        return self._totals[self._place(name)]

    def growth(self, name: str, now_ns: int, window_seconds: float) -> int:
        """Return what a counter grew by in a window whose last slot is the running one.

        Parameters
        ----------
        name : str
            Which one.
        now_ns : int
            Nanoseconds; as for `advance`.
        window_seconds : float
            From one slot to as long as slots are kept, an hour by default; a part of a slot is left
            out.

        Raises
        ------
        MetricsError
            An unknown name, a window out of its range, or a time that goes back.
        """
        place = self._place(name)
        slots = slots_in(window_seconds, self._timeline)
        self.advance(now_ns)
        return self._totals[place] - self._at(self._timeline.slot - slots, place)

    def rate(self, name: str, now_ns: int, window_seconds: float) -> float:
        """Return the growth a second over a window of whole slots, the running one left out.

        A counter that is younger than the window is looked at since it began; 0 in its first slot.

        Parameters
        ----------
        name : str
            Which one.
        now_ns : int
            Nanoseconds; as for `advance`.
        window_seconds : float
            As for `growth`.

        Raises
        ------
        MetricsError
            As `growth`.
        """
        place = self._place(name)
        slots = slots_in(window_seconds, self._timeline)
        self.advance(now_ns)
        timeline = self._timeline
        slots = min(slots, timeline.slot - timeline.first)
        if slots == 0:
            return 0.0
        last = timeline.slot - 1
        grown = self._at(last, place) - self._at(last - slots, place)
        return grown * SECOND_NS / (slots * timeline.slot_ns)

    def points(self, name: str, now_ns: int) -> Points:
        """Return the growth a second of every whole slot of the last half hour.

        Parameters
        ----------
        name : str
            Which one.
        now_ns : int
            Nanoseconds; as for `advance`. The slot in which it lies is left out.

        Returns
        -------
        Points
            Oldest first; from the first slot that was told, and empty within that.

        Raises
        ------
        MetricsError
            An unknown name, or a time that goes back.
        """
        place = self._place(name)
        self.advance(now_ns)
        timeline = self._timeline
        kept = RETENTION_SECONDS * SECOND_NS // timeline.slot_ns
        kept = min(kept, timeline.length - 1, timeline.slot - timeline.first)
        slots = range(timeline.slot - kept, timeline.slot)
        before = self._at(slots.start - 1, place)
        ends = self._ring[timeline.rows(slots), place]
        grown = np.diff(ends, prepend=before) * (SECOND_NS / timeline.slot_ns)
        return Points(np.arange(slots.start, slots.stop) * timeline.slot_ns, grown)

    def _place(self, name: str) -> int:
        if not isinstance(name, str) or name not in self._places:
            raise MetricsError(f"counter was {shown(name)}, not one of {', '.join(self._places)}")
        return self._places[name]

    def _at(self, slot: int, place: int) -> int:
        """Return a total as it was at the end of a slot."""
        if slot < self._timeline.first:
            return self._base[place]
        return int(self._ring[slot % self._timeline.length, place])


def _within(name: str, total: int, least: int) -> int:
    if total < least:
        raise MetricsError(
            f"{name} was {shown(total)}, must be at least {least}: counters only grow"
        )
    if total > TOTAL_MAX:
        raise MetricsError(f"{name} was {shown(total)}, must be at most {TOTAL_MAX}")
    return total


class GaugeWindows(CopiedWhole):
    """Numbers that go up and down, the last one of every slot of the last half hour.

    Parameters
    ----------
    names : sequence of str
        Of the gauges.
    percentages : collection of str
        Those that lie from 0 to 100; all others are at least 0.
    slot_ns : int
        The length of a slot.
    slots : int
        How many are kept beside the running one.

    Examples
    --------
    >>> gauges = GaugeWindows(["cpu_percent"], {"cpu_percent"})
    >>> gauges.set("cpu_percent", 62.5, 0)
    >>> gauges.value("cpu_percent")
    62.5
    >>> gauges.set("cpu_percent", 104, 0)
    Traceback (most recent call last):
        ...
    engine.errors.MetricsError: cpu_percent was 104, must be from 0 to 100
    """

    def __init__(
        self,
        names: Sequence[str],
        percentages: frozenset[str] | set[str] = frozenset(),
        *,
        slot_ns: int = SECOND_NS,
        slots: int = RETENTION_SECONDS,
    ) -> None:
        self._places = {name: place for place, name in enumerate(names)}
        self._highest = {name: 100 if name in percentages else math.inf for name in names}
        self._timeline = Timeline(slot_ns, slots + 1)
        self._values = np.full(len(names), math.nan)
        self._ring = np.full((slots + 1, len(names)), math.nan)

    @property
    def names(self) -> tuple[str, ...]:
        """The gauges."""
        return tuple(self._places)

    @property
    def memory_bytes(self) -> int:
        """What the rings take, which never changes."""
        return self._ring.nbytes + self._values.nbytes

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
        if begun and ended >= 0:
            self._ring[timeline.rows(range(ended, begun.stop - 1))] = self._values

    def set(self, name: str, value: float, now_ns: int) -> None:
        """Tell what a gauge shows.

        Parameters
        ----------
        name : str
            Which one.
        value : float
            At least 0 and finite; from 0 to 100 of those that are percentages.
        now_ns : int
            Nanoseconds; as for `advance`.

        Raises
        ------
        MetricsError
            A value out of its range, an unknown name, or a time that goes back.
        TypeError
            The value is no number.
        """
        place = self._place(name)
        highest = self._highest[name]
        told = number_of(name, value)
        if not 0 <= told <= highest or math.isinf(told):
            most = f"from 0 to {highest}" if highest == 100 else "at least 0 and finite"
            raise MetricsError(f"{name} was {shown(value)}, must be {most}")
        self.advance(now_ns)
        self._values[place] = told

    def value(self, name: str) -> float | None:
        """Return what a gauge shows; None when nobody has told.

        Parameters
        ----------
        name : str
            Which one.

        Raises
        ------
        MetricsError
            There is none of that name.
        """
        value = float(self._values[self._place(name)])
        return None if math.isnan(value) else value

    def points(self, name: str, now_ns: int) -> Points:
        """Return what a gauge showed at the end of every whole slot.

        Parameters
        ----------
        name : str
            Which one.
        now_ns : int
            Nanoseconds; as for `advance`. The slot in which it lies is left out.

        Returns
        -------
        Points
            Oldest first, as many as are kept; NaN until the gauge was told.

        Raises
        ------
        MetricsError
            An unknown name, or a time that goes back.
        """
        place = self._place(name)
        self.advance(now_ns)
        timeline = self._timeline
        kept = min(timeline.length - 1, timeline.slot - timeline.first)
        slots = range(timeline.slot - kept, timeline.slot)
        times = np.arange(slots.start, slots.stop) * timeline.slot_ns
        return Points(times, self._ring[timeline.rows(slots), place])

    def _place(self, name: str) -> int:
        if not isinstance(name, str) or name not in self._places:
            raise MetricsError(f"gauge was {shown(name)}, not one of {', '.join(self._places)}")
        return self._places[name]


class UptimeWindow(CopiedWhole):
    """For which part of the last hour something was up, to the nanosecond.

    It is what it was last told to be until it is told otherwise.

    Parameters
    ----------
    slot_ns : int
        The length of a slot: windows begin with one.
    slots : int
        How many are kept beside the running one; the longest window has so many.

    Examples
    --------
    >>> uptime = UptimeWindow()
    >>> uptime.set(True, 0)
    >>> uptime.set(False, 90 * SECOND_NS)
    >>> uptime.share(100 * SECOND_NS, 3_600)
    0.9
    """

    def __init__(self, *, slot_ns: int = SECOND_NS, slots: int = HOUR_SECONDS) -> None:
        self._timeline = Timeline(slot_ns, slots + 1)
        self._ring = np.zeros(slots + 1, np.int64)
        self._up_ns = 0
        self._began_ns = -1
        self._is_up = False

    @property
    def memory_bytes(self) -> int:
        """What the ring takes, which never changes."""
        return self._ring.nbytes

    def set(self, is_up: bool, now_ns: int) -> None:
        """Tell whether it is up from now on.

        Parameters
        ----------
        is_up : bool
            True while it works.
        now_ns : int
            From when on, nanoseconds; none before the latest time.

        Raises
        ------
        MetricsError
            The time lies before the latest one, or after 2116.
        TypeError
            `is_up` is no bool.
        """
        is_up = truth_of(is_up, "is_up")
        self._advance(now_ns)
        if self._began_ns < 0:
            self._began_ns = now_ns
        self._is_up = is_up

    def share(self, now_ns: int, window_seconds: float) -> float | None:
        """Return the part of a window that it was up, from 0 to 1; None before it was told.

        The window begins with a slot; where it is older than what was told, it begins with that.

        Parameters
        ----------
        now_ns : int
            Where the window ends, nanoseconds; none before the latest time.
        window_seconds : float
            From one slot to as long as slots are kept, an hour by default; a part of a slot is left
            out.

        Raises
        ------
        MetricsError
            A window out of its range, or a time that goes back.
        """
        slots = slots_in(window_seconds, self._timeline)
        if self._began_ns < 0:
            return None
        self._advance(now_ns)
        timeline = self._timeline
        start = (timeline.slot - slots) * timeline.slot_ns
        before = 0
        if start <= self._began_ns:
            start = self._began_ns
        else:
            before = int(self._ring[(timeline.slot - slots - 1) % timeline.length])
        if now_ns == start:
            return 1.0 if self._is_up else 0.0
        return (self._up_ns - before) / (now_ns - start)

    def _advance(self, now_ns: int) -> None:
        timeline = self._timeline
        before_ns, ended = timeline.now_ns, timeline.slot
        begun = timeline.advance(now_ns)
        if self._began_ns < 0:
            return
        if begun:
            slots = range(max(ended, begun.stop - 1 - timeline.length), begun.stop - 1)
            ends = (np.arange(slots.start, slots.stop) + 1) * timeline.slot_ns
            up = (ends - before_ns) if self._is_up else np.zeros(len(ends), np.int64)
            self._ring[timeline.rows(slots)] = self._up_ns + up
        if self._is_up:
            self._up_ns += now_ns - before_ns
