"""When orders come: Poisson, Hawkes or even arrivals at the rates of a scenario.

Time is measured twice. The *work* of a schedule is the integral of its rate, in billionths of an
order: it rises by a whole order in the mean between two arrivals, whatever the rate is. Arrivals
are drawn in it and then looked up in nanoseconds; a millisecond is the shortest time at one rate.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from engine.load.draws import Draws, Integers, exponential_table, poisson_table
from engine.load.scenario import Scenario

__all__ = ["Arrivals", "Clusters", "Even", "Schedule", "Stream", "arrivals_of"]

MILLISECOND_NS: Final = 1_000_000
ORDER: Final = 10**9
"""Work of one order."""
STREAM_ARRIVALS: Final = 1
STREAM_CLUSTERS: Final = 2


class Schedule:
    """Work by time: how many orders are due in the mean until when.

    Parameters
    ----------
    scenario
        Whose rates.
    share
        Of the rates.
    """

    def __init__(self, scenario: Scenario, share: float = 1.0) -> None:
        self._scenario = scenario
        self._share = share
        self._done = 0

    def times(self, start_ns: int, end_ns: int, arrivals: Arrivals) -> Integers:
        """Return when the next orders come, between two times, nanoseconds in rising order."""
        edges = np.arange(start_ns, end_ns + MILLISECOND_NS, MILLISECOND_NS, dtype=np.int64)
        edges[-1] = end_ns
        lengths = np.diff(edges)
        middles = ((edges[:-1] + lengths // 2) / 1e9).tolist()
        rates = np.array([self._scenario.rate_at(second) for second in middles]) * self._share
        works = np.rint(rates * lengths).astype(np.int64)
        ends = self._done + np.cumsum(works)
        due = arrivals.until(int(ends[-1]))
        place = np.searchsorted(ends, due, side="right")
        into = due - (ends - works)[place]
        self._done = int(ends[-1])
        # Work of a millisecond is at most 5e12, so the product stays below 2^63.
        return np.add(edges[place], into * lengths[place] // works[place], dtype=np.int64)


class Arrivals(Protocol):
    """Draws arrivals in work."""

    def until(self, end: int) -> Integers:
        """Return what arrives from where the last call ended, before an end."""


class Even:
    """Arrivals at the same distance from each other."""

    def __init__(self) -> None:
        self._next = ORDER // 2

    def until(self, end: int) -> Integers:
        """Return what arrives from where the last call ended, before an end."""
        due = np.arange(self._next, end, ORDER, dtype=np.int64)
        self._next += len(due) * ORDER
        return due


class Stream:
    """Poisson arrivals: the distances are exponential and independent.

    Parameters
    ----------
    draws
        Where bits come from.
    """

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._gaps = exponential_table(ORDER)
        self._next = int(draws.of(self._gaps, 1)[0])

    def until(self, end: int) -> Integers:
        """Return what arrives from where the last call ended, before an end."""
        found = []
        while self._next < end:
            count = 1 + int((end - self._next) // ORDER * 1.02)
            gaps = self._draws.of(self._gaps, count)
            due = self._next + np.concatenate((np.zeros(1, np.int64), np.cumsum(gaps)))
            inside = int(np.searchsorted(due, end))
            found.append(due[: min(inside, count)])
            if inside <= count:
                # What was drawn beyond the end but for the first is forgotten: it has no memory.
                self._next = int(due[inside])
            else:
                self._next = int(due[-1])
        return np.concatenate(found) if found else np.zeros(0, np.int64)


class Clusters:
    """Hawkes arrivals with an exponential kernel: each order may set off others.

    They are drawn as clusters: orders of no one come as a Poisson stream; each order, whatever it
    comes from, sets off a Poisson number of others, each after an exponential time (Hawkes and
    Oakes 1974). That is the process exactly, and a generation is an operation on arrays.

    Parameters
    ----------
    scenario
        Its rate is that of all orders, so those of no one come at ``1 - branching`` of it.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._first = Schedule(scenario, 1 - scenario.branching)
        self._stream = Stream(Draws(scenario.seed, STREAM_ARRIVALS))
        self._draws = Draws(scenario.seed, STREAM_CLUSTERS)
        self._children = poisson_table(scenario.branching)
        self._delays = exponential_table(scenario.decay_seconds * 1e9)
        self._later = np.zeros(0, np.int64)

    def times(self, start_ns: int, end_ns: int) -> Integers:
        """Return when the next orders come, between two times, nanoseconds in rising order."""
        are_due = self._later < end_ns
        born = np.concatenate(
            (self._first.times(start_ns, end_ns, self._stream), self._later[are_due])
        )
        found, later = [born], [self._later[~are_due]]
        while len(born):
            counts = self._draws.of(self._children, len(born))
            parents = np.repeat(born, counts)
            born = parents + self._draws.of(self._delays, len(parents))
            later.append(born[born >= end_ns])
            born = born[born < end_ns]
            found.append(born)
        self._later = np.concatenate(later)
        return np.sort(np.concatenate(found))


class Drawn:
    """Arrivals of one kind at the rates of a scenario."""

    def __init__(self, scenario: Scenario, arrivals: Arrivals) -> None:
        self._schedule = Schedule(scenario)
        self._arrivals = arrivals

    def times(self, start_ns: int, end_ns: int) -> Integers:
        """Return when the next orders come, between two times, nanoseconds in rising order."""
        return self._schedule.times(start_ns, end_ns, self._arrivals)


def arrivals_of(scenario: Scenario) -> Drawn | Clusters:
    """Return the arrivals that a scenario asks for; its `times` is to be called in order.

    Examples
    --------
    >>> from engine.load.scenario import scenario
    >>> short = scenario("pincex-baseline").scaled(1)
    >>> times = arrivals_of(short).times(0, 10**9)
    >>> len(times), bool((np.diff(times) >= 0).all())
    (5025, True)
    """
    if scenario.arrivals == "hawkes":
        return Clusters(scenario)
    if scenario.arrivals == "uniform":
        return Drawn(scenario, Even())
    return Drawn(scenario, Stream(Draws(scenario.seed, STREAM_ARRIVALS)))
