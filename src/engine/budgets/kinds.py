"""The kinds of budgets: times, rates, memory, sweeps, shares and counts.

A budget is a frozen record of limits in the unit in which its system states them. What is measured
comes in base units by the name of the figure: nanoseconds, one a second, bytes, and plain numbers;
a share of 1 is all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import ClassVar, Final, Literal, NamedTuple

from engine._shown import shown
from engine.budgets.check import Check
from engine.errors import MeasurementError, SpecificationError

__all__ = [
    "KINDS",
    "Bound",
    "Budget",
    "CountBudget",
    "DurationBudget",
    "LatencyBudget",
    "MemoryBudget",
    "ShareBudget",
    "SweepBudget",
    "ThroughputBudget",
]

OWN_FACTOR: Final = 10.0
"""Our own budget is so many times the recorded figure, or one part in so many of a rate."""

TIMES: Final = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3_600e9}
RATES: Final = {"/s": 1.0, "/min": 1 / 60, "/h": 1 / 3_600, "/day": 1 / 86_400}
SIZES: Final = {
    "B": 1.0,
    "KB": 1e3,
    "MB": 1e6,
    "GB": 1e9,
    "KiB": 2.0**10,
    "MiB": 2.0**20,
    "GiB": 2.0**30,
}
SHARES: Final = {"%": 0.01, "": 1.0}


class Bound(NamedTuple):
    """One limit of a budget.

    Attributes
    ----------
    label : str
        What is limited, for people.
    figure : str
        The name of the measured figure.
    limit : float
        In `unit`.
    sense : {"at most", "at least"}
        On which side of it the figure has to be.
    unit : str
        As the system writes it.
    scale : float
        Base units in one unit.
    """

    label: str
    figure: str
    limit: float
    sense: Literal["at most", "at least"]
    unit: str
    scale: float

    def check(self, figures: Mapping[str, float]) -> Check:
        """Hold a measured figure against it.

        Parameters
        ----------
        figures : mapping of str to float
            By name, in base units: nanoseconds, one a second, bytes. The check is in `unit`.

        Raises
        ------
        KeyError
            `figure` is not among them; `Budget.checks` names all that are missing.
        """
        measured = figures[self.figure] / self.scale
        return Check(self.label, measured, self.limit, self.sense, self.unit)

    def own(self, recorded: float) -> Bound:
        """Return the bound that follows from a figure of ours: ten times it, of a rate a tenth.

        Parameters
        ----------
        recorded : float
            Our figure, in base units.

        Examples
        --------
        >>> bound = Bound("order validation p95", "p95", 5.0, "at most", "ms", 1e6)
        >>> print(bound.own(3_000.0).check({"p95": 4_000.0}))
        order validation p95 (our own budget) was 0.004 ms, must be at most 0.03 ms
        """
        factor = OWN_FACTOR if self.sense == "at most" else 1 / OWN_FACTOR
        label = f"{self.label} (our own budget)"
        return self._replace(label=label, limit=recorded * factor / self.scale)


@dataclass(frozen=True)
class Budget:
    """What all budgets share; not made by itself.

    Parameters
    ----------
    component : str
        What is measured.
    """

    UNITS: ClassVar[Mapping[str, float]] = {"": 1.0}
    """Base units by name of a unit."""
    HAS_OWN: ClassVar[bool] = True
    """Whether ten times a recorded figure is a budget too: not for shares and counts."""

    component: str

    def bounds(self) -> tuple[Bound, ...]:
        """Return its limits, those that are not None, in the order of its fields."""
        return tuple(self._bounds())

    def checks(self, figures: Mapping[str, float]) -> tuple[Check, ...]:
        """Hold measured figures against it.

        Parameters
        ----------
        figures
            By name, in base units; more than it asks for is no harm.

        Raises
        ------
        MeasurementError
            A figure that it asks for is not there.
        """
        bounds = self.bounds()
        missing = [bound.figure for bound in bounds if bound.figure not in figures]
        if missing:
            there = ", ".join(sorted(figures)) or "nothing"
            raise MeasurementError(
                f"{self.component} asks for {', '.join(missing)}: measured was {there}"
            )
        return tuple(bound.check(figures) for bound in bounds)

    def _bounds(self) -> Iterator[Bound]:
        raise NotImplementedError

    def _bound(
        self,
        name: str,
        figure: str,
        limit: float,
        sense: Literal["at most", "at least"],
        unit: str,
    ) -> Bound:
        label = f"{self.component} {name}".rstrip()
        return Bound(label, figure, limit, sense, unit, self.UNITS[unit])

    def _check_limits(self, unit: str, **limits: float | None) -> None:
        """Raise one error with everything that is wrong with the numbers and the unit."""
        problems = []
        if not isinstance(self.component, str) or not self.component.strip():
            problems.append(f"component was {shown(self.component)}, must be a name")
        if unit not in self.UNITS:
            problems.append(
                f"unit was {shown(unit)}, not one of {', '.join(map(repr, self.UNITS))}"
            )
        if all(limit is None for limit in limits.values()):
            problems.append(f"there was no limit, must be one of {', '.join(limits)}")
        for name, limit in limits.items():
            problems += _problem_of(name, limit)
        problems += self._contradictions() if not problems else []
        if problems:
            raise SpecificationError(f"{self.component}: {'; '.join(problems)}")

    def _contradictions(self) -> list[str]:
        """Return what contradicts itself, of numbers that are right by themselves."""
        return []


def _problem_of(name: str, limit: object) -> list[str]:
    if limit is None:
        return []
    if isinstance(limit, bool) or not isinstance(limit, Real):
        return [f"{name} was {shown(limit)}, must be a number"]
    if not math.isfinite(limit) or limit < 0:
        return [f"{name} was {limit}, must be at least 0"]
    return []


def _rising(limits: Mapping[str, float | None]) -> list[str]:
    """Name each limit that is below the one before it."""
    given = [(name, limit) for name, limit in limits.items() if limit is not None]
    return [
        f"{name} was {limit}, must be at least {before}, which is {least}"
        for (before, least), (name, limit) in pairwise(given)
        if limit < least
    ]


@dataclass(frozen=True)
class LatencyBudget(Budget):
    """What percentiles of a time may be.

    The figures are those of `LatencyHistogram.percentiles()`, in nanoseconds: p50, p95, p99,
    p99.9, max; and average.

    Parameters
    ----------
    component : str
    p50, p95, p99 : float, optional
    unit : {"ns", "us", "ms", "s", "min", "h"}
    p999, maximum, average : float, optional
        Of all six at least one; the percentiles and the maximum do not fall.

    Raises
    ------
    SpecificationError
        One error with everything that is wrong.

    Examples
    --------
    >>> budget = LatencyBudget("order validation", p50=2, p95=5, p99=10)
    >>> for check in budget.checks({"p50": 1_500_000, "p95": 6_000_000, "p99": 9_000_000}):
    ...     print(check.is_kept, check)
    True order validation p50 was 1.5 ms, must be at most 2 ms
    False order validation p95 was 6 ms, must be at most 5 ms
    True order validation p99 was 9 ms, must be at most 10 ms
    >>> LatencyBudget("upside down", p50=5, p95=2)
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: upside down: p95 was 2, must be at least p50, which is 5
    """

    UNITS: ClassVar[Mapping[str, float]] = TIMES

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    unit: str = "ms"
    p999: float | None = None
    maximum: float | None = None
    average: float | None = None

    def __post_init__(self) -> None:
        self._check_limits(self.unit, **self._percentiles(), average=self.average)

    def _percentiles(self) -> dict[str, float | None]:
        return {
            "p50": self.p50,
            "p95": self.p95,
            "p99": self.p99,
            "p999": self.p999,
            "maximum": self.maximum,
        }

    def _contradictions(self) -> list[str]:
        return _rising(self._percentiles())

    def _bounds(self) -> Iterator[Bound]:
        names = {"p999": "p99.9", "maximum": "max"}
        limits = {"average": self.average, **self._percentiles()}
        for field, limit in limits.items():
            if limit is not None:
                name = names.get(field, field)
                yield self._bound(name, name, limit, "at most", self.unit)


@dataclass(frozen=True)
class ThroughputBudget(Budget):
    """How many a second there must be.

    The figure is `rate`, one a second: what was measured has to reach each of the limits.

    Parameters
    ----------
    component : str
    target, sustained, peak, acceptable : float, optional
        At least one; sustained is no less than target, peak no less than sustained, and what is
        acceptable no more than the target.
    unit : {"/s", "/min", "/h", "/day"}

    Raises
    ------
    SpecificationError
        One error with everything that is wrong.

    Examples
    --------
    >>> budget = ThroughputBudget("orders", target=1_000, sustained=2_000, peak=5_000)
    >>> [check.is_kept for check in budget.checks({"rate": 2_500.0})]
    [True, True, False]
    """

    UNITS: ClassVar[Mapping[str, float]] = RATES

    target: float | None = None
    sustained: float | None = None
    peak: float | None = None
    acceptable: float | None = None
    unit: str = "/s"

    def __post_init__(self) -> None:
        self._check_limits(self.unit, **self._limits())

    def _limits(self) -> dict[str, float | None]:
        return {
            "target": self.target,
            "sustained": self.sustained,
            "peak": self.peak,
            "acceptable": self.acceptable,
        }

    def _contradictions(self) -> list[str]:
        rising = {"target": self.target, "sustained": self.sustained, "peak": self.peak}
        return [
            *_rising(rising),
            *_rising({"acceptable": self.acceptable, "target": self.target}),
        ]

    def _bounds(self) -> Iterator[Bound]:
        for name, limit in self._limits().items():
            if limit is not None:
                yield self._bound(name, "rate", limit, "at least", self.unit)


@dataclass(frozen=True)
class MemoryBudget(Budget):
    """How much memory may be in use.

    Parameters
    ----------
    component : str
    limit : float
    unit : {"B", "KB", "MB", "GB", "KiB", "MiB", "GiB"}
        A GB is 10^9 bytes, a GiB 2^30.
    figure : str
        The name of the measured figure, in bytes.

    Raises
    ------
    SpecificationError
        One error with everything that is wrong.

    Examples
    --------
    >>> print(*MemoryBudget("memory in all", 3).checks({"bytes": 450_000_000}))
    memory in all was 0.45 GB, must be at most 3 GB
    """

    UNITS: ClassVar[Mapping[str, float]] = SIZES

    limit: float
    unit: str = "GB"
    figure: str = "bytes"

    def __post_init__(self) -> None:
        self._check_limits(self.unit, limit=self.limit)

    def _bounds(self) -> Iterator[Bound]:
        yield self._bound("", self.figure, self.limit, "at most", self.unit)


@dataclass(frozen=True)
class SweepBudget(Budget):
    """How long one pass over everything may take that is done again and again.

    The figures are `sweep`, the longest pass, and `sweep_item`, that pass divided by how many it
    went over; both in nanoseconds.

    Parameters
    ----------
    component : str
    limit : float
        Of a whole pass.
    per_item : float, optional
        Of each that it goes over.
    every : float, optional
        Seconds between two passes: a pass that may take longer than that is no budget.
    unit : {"ns", "us", "ms", "s", "min", "h"}
        Of `limit` and `per_item`.

    Raises
    ------
    SpecificationError
        One error with everything that is wrong.

    Examples
    --------
    >>> budget = SweepBudget("funding", 100, per_item=1, every=1)
    >>> [check.factor for check in budget.checks({"sweep": 5_000_000, "sweep_item": 100_000})]
    [20.0, 10.0]
    """

    UNITS: ClassVar[Mapping[str, float]] = TIMES

    limit: float
    per_item: float | None = None
    every: float | None = None
    unit: str = "ms"

    def __post_init__(self) -> None:
        self._check_limits(self.unit, limit=self.limit, per_item=self.per_item, every=self.every)

    def _contradictions(self) -> list[str]:
        if self.every is None or self.limit * TIMES[self.unit] <= self.every * TIMES["s"]:
            return []
        return [f"limit was {self.limit} {self.unit}, must be at most every, which is {self.every}"]

    def _bounds(self) -> Iterator[Bound]:
        yield self._bound("", "sweep", self.limit, "at most", self.unit)
        if self.per_item is not None:
            yield self._bound("each", "sweep_item", self.per_item, "at most", self.unit)


@dataclass(frozen=True)
class DurationBudget(Budget):
    """How long something may take that happens once, such as a failover.

    Parameters
    ----------
    component : str
    limit : float
    unit : {"ns", "us", "ms", "s", "min", "h"}
    figure : str
        The name of the measured figure, in nanoseconds.

    Raises
    ------
    SpecificationError
        One error with everything that is wrong.

    Examples
    --------
    >>> print(*DurationBudget("failover", 30).checks({"duration": 31_000_000_000}))
    failover was 31 s, must be at most 30 s
    """

    UNITS: ClassVar[Mapping[str, float]] = TIMES

    limit: float
    unit: str = "s"
    figure: str = "duration"

    def __post_init__(self) -> None:
        self._check_limits(self.unit, limit=self.limit)

    def _bounds(self) -> Iterator[Bound]:
        yield self._bound("", self.figure, self.limit, "at most", self.unit)


@dataclass(frozen=True)
class ShareBudget(Budget):
    """A share of a whole, such as an error rate, an availability or a use of the processor.

    Parameters
    ----------
    component : str
    figure : str
        The name of the measured figure, 1 for all.
    at_least, at_most : float, optional
        At least one of them.
    unit : {"%", ""}
        Empty where the share itself is stated.

    Raises
    ------
    SpecificationError
        One error with everything that is wrong.

    Examples
    --------
    >>> print(*ShareBudget("errors", "errors", at_most=0.1).checks({"errors": 0.002}))
    errors was 0.2%, must be at most 0.1%
    """

    UNITS: ClassVar[Mapping[str, float]] = SHARES
    HAS_OWN: ClassVar[bool] = False

    figure: str
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "%"

    def __post_init__(self) -> None:
        self._check_limits(self.unit, at_least=self.at_least, at_most=self.at_most)

    def _contradictions(self) -> list[str]:
        return _rising({"at_least": self.at_least, "at_most": self.at_most})

    def _bounds(self) -> Iterator[Bound]:
        if self.at_least is not None:
            yield self._bound("", self.figure, self.at_least, "at least", self.unit)
        if self.at_most is not None:
            yield self._bound("", self.figure, self.at_most, "at most", self.unit)


@dataclass(frozen=True)
class CountBudget(Budget):
    """How many there must be room for, such as connections or open positions.

    Parameters
    ----------
    component : str
    figure : str
        The name of the measured figure.
    at_least, at_most : float, optional
        At least one of them.

    Raises
    ------
    SpecificationError
        One error with everything that is wrong.

    Examples
    --------
    >>> budget = CountBudget("open positions", "positions", at_least=1_000)
    >>> print(*budget.checks({"positions": 5_000}))
    open positions was 5,000, must be at least 1,000
    """

    HAS_OWN: ClassVar[bool] = False

    figure: str
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        self._check_limits("", at_least=self.at_least, at_most=self.at_most)

    def _contradictions(self) -> list[str]:
        return _rising({"at_least": self.at_least, "at_most": self.at_most})

    def _bounds(self) -> Iterator[Bound]:
        if self.at_least is not None:
            yield self._bound("", self.figure, self.at_least, "at least", "")
        if self.at_most is not None:
            yield self._bound("", self.figure, self.at_most, "at most", "")


KINDS: Final[Mapping[str, type[Budget]]] = {
    "latency": LatencyBudget,
    "throughput": ThroughputBudget,
    "memory": MemoryBudget,
    "sweep": SweepBudget,
    "duration": DurationBudget,
    "share": ShareBudget,
    "count": CountBudget,
}
"""Kinds of budgets by the names that a profile writes them with."""
