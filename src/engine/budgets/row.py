"""One line of what a system wrote down, what it asks for, and how a measurement answers it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final, NamedTuple

from engine._shown import shown
from engine.budgets.check import Check, figure_text
from engine.budgets.kinds import Bound, Budget
from engine.budgets.probes import CONDITIONS, PROBES
from engine.budgets.record import Record
from engine.errors import MeasurementError, SpecificationError

__all__ = ["Condition", "Measurement", "Outcome", "Place", "Row", "Verdict"]

Condition = float | str
"""A number is the least that a measurement must have; a word has to be the same."""

PERCENTILES: Final = ("p50", "p95", "p99", "p99.9", "max")


class Place(StrEnum):
    """Where a row stands in what the system wrote."""

    TABLE = "table"
    TEXT = "text"


class Outcome(StrEnum):
    """What became of a row."""

    KEPT = "kept"
    """Every budget was kept, the system's and our own."""
    MISSED = "missed"
    """At least one was not."""
    NOT_MEASURED = "not measured"
    """There was no measurement, or it lacks a figure."""
    NOT_CHECKED = "not checked"
    """The measurement did less than the row says."""
    HELD = "held by a test"
    """The row is a rule that a test of the library holds."""
    NEEDS = "needs"
    """The row is of a component that the library is not."""


@dataclass(frozen=True)
class Measurement:
    """What a probe found, and what was on meanwhile.

    Parameters
    ----------
    figures : mapping of str to float
        By name, in base units: nanoseconds, one a second, bytes, shares of 1, plain numbers.
    conditions : mapping of str to number or str
        As in `engine.budgets.CONDITIONS`.

    Raises
    ------
    MeasurementError
        A figure that is no number or below 0, or percentiles that fall.

    Examples
    --------
    >>> Measurement({"p50": 900.0, "p95": 800.0})
    Traceback (most recent call last):
        ...
    engine.errors.MeasurementError: p95 was 800.0, must be at least p50, which is 900.0
    """

    figures: Mapping[str, float]
    conditions: Mapping[str, Condition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, figure in self.figures.items():
            if not math.isfinite(figure) or figure < 0:
                raise MeasurementError(f"{name} was {figure}, must be a number of at least 0")
        there = [name for name in PERCENTILES if name in self.figures]
        for before, name in pairwise(there):
            least, found = self.figures[before], self.figures[name]
            if found < least:
                raise MeasurementError(
                    f"{name} was {found}, must be at least {before}, which is {least}"
                )


class Verdict(NamedTuple):
    """What became of a row, and why.

    Attributes
    ----------
    row : Row
    outcome : Outcome
    checks : tuple of Check
        The system's budgets; empty where nothing was held to them.
    own : tuple of Check
        Our own, where there is a record.
    why : str
        What was missed, what is missing, or what holds it; empty when all was kept.
    """

    row: Row
    outcome: Outcome
    checks: tuple[Check, ...] = ()
    own: tuple[Check, ...] = ()
    why: str = ""

    @property
    def factor(self) -> float | None:
        """How many times better than the system asks, at its tightest; None without checks."""
        return min((check.factor for check in self.checks), default=None)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of what a system wrote down.

    Exactly one of `measured_by`, `held_by` and `needs` says how it is answered.

    Parameters
    ----------
    what : str
        What the line is about, in the system's words where it is of a table.
    stated : str
        The figures, in the system's words.
    part : str
        Which part of the line this row is, where one line has several.
    place : Place or str
        Whether the line stands in a table or in the text.
    budgets : tuple of Budget
        What is asked for.
    values : mapping of str to float
        Figures that are no budget: those of a rule, and what else the words name.
    measured_by : str, optional
        The probe, one of `engine.budgets.PROBES`.
    held_by : tuple of str
        Tests that hold the rule, as pytest names them.
    needs : str, optional
        The component that would have to exist.
    at : mapping of str to number or str
        What a measurement must have had on to count, by the names in `engine.budgets.CONDITIONS`.
    remark : str
        Why it is answered like this.

    Raises
    ------
    SpecificationError
        One error with everything that is wrong.

    Examples
    --------
    >>> from engine.budgets import LatencyBudget
    >>> row = Row(
    ...     what="order validation",
    ...     stated="2 / 5 / 10 ms",
    ...     budgets=(LatencyBudget("order validation", p50=2, p95=5, p99=10),),
    ...     measured_by="order_validation",
    ...     at={"checks": "every", "depth": 1_000},
    ... )
    >>> figures = {"p50": 3_000.0, "p95": 5_000.0, "p99": 9_000.0}
    >>> row.verdict(Measurement(figures, {"checks": "every", "depth": 5_000})).outcome.value
    'kept'
    >>> verdict = row.verdict(Measurement(figures, {"checks": "none", "depth": 10}))
    >>> verdict.outcome.value, verdict.why
    ('not checked', "checks was 'none', the row says 'every'; depth was 10, the row says 1,000")
    """

    what: str
    stated: str
    part: str = ""
    place: Place = Place.TABLE
    budgets: tuple[Budget, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    measured_by: str | None = None
    held_by: tuple[str, ...] = ()
    needs: str | None = None
    at: Mapping[str, Condition] = field(default_factory=dict)
    remark: str = ""

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            told = "; ".join(problems)
            raise SpecificationError(f"{self.name}: {told}" if self.name else told)
        object.__setattr__(self, "place", Place(self.place))
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))
        object.__setattr__(self, "at", MappingProxyType(dict(self.at)))

    @property
    def name(self) -> str:
        """The line and its part."""
        return f"{self.what}: {self.part}" if self.part else self.what

    def bounds(self) -> tuple[Bound, ...]:
        """Return every limit of every budget."""
        return tuple(bound for budget in self.budgets for bound in budget.bounds())

    def limits(self) -> dict[str, float]:
        """Return the limits by figure, in the units that the system states them in.

        Examples
        --------
        >>> from engine.budgets import profile
        >>> profile("godark").row("order validation p50 / p95 / p99").limits()
        {'p50': 2, 'p95': 5, 'p99': 10}
        """
        return {bound.figure: bound.limit for bound in self.bounds()}

    def verdict(self, measurement: Measurement | None, record: Record | None = None) -> Verdict:
        """Judge a measurement, also one of a component that the library is not.

        Parameters
        ----------
        measurement
            What was found; None when nothing was measured.
        record
            Our own figures, if there are any: ten times each of them is a budget as well, a tenth
            of each rate. Shares and counts have no budget of our own.
        """
        if measurement is None:
            return self._unmeasured()
        if not self.budgets:
            return Verdict(self, Outcome.NOT_MEASURED, why="the row has no budget to hold it to")
        less = "; ".join(self._less_than_said(measurement.conditions))
        if less:
            return Verdict(self, Outcome.NOT_CHECKED, why=less)
        try:
            checks = tuple(
                check for budget in self.budgets for check in budget.checks(measurement.figures)
            )
        except MeasurementError as error:
            return Verdict(self, Outcome.NOT_MEASURED, why=str(error))
        own = tuple(self._own_checks(measurement, record)) if record is not None else ()
        missed = [str(check) for check in (*checks, *own) if not check.is_kept]
        outcome = Outcome.MISSED if missed else Outcome.KEPT
        return Verdict(self, outcome, checks, own, "; ".join(missed))

    def _unmeasured(self) -> Verdict:
        if self.held_by:
            return Verdict(self, Outcome.HELD, why=", ".join(self.held_by))
        if self.needs is not None:
            return Verdict(self, Outcome.NEEDS, why=self.needs)
        return Verdict(self, Outcome.NOT_MEASURED, why=f"there is no run of {self.measured_by}")

    def _less_than_said(self, conditions: Mapping[str, Condition]) -> Iterator[str]:
        for name, asked in self.at.items():
            found = conditions.get(name)
            if found is None:
                yield f"{name} was not told, the row says {_word(asked)}"
            elif isinstance(asked, str) or isinstance(found, str):
                if found != asked:
                    yield f"{name} was {_word(found)}, the row says {_word(asked)}"
            elif not found >= asked:
                yield f"{name} was {_word(found)}, the row says {_word(asked)}"

    def _own_checks(self, measurement: Measurement, record: Record) -> Iterator[Check]:
        """Yield one check for each figure that we recorded, at the tightest of its bounds."""
        seen = set()
        for budget in self.budgets:
            for bound in budget.bounds():
                has_record = budget.HAS_OWN and bound.figure in record.figures
                if has_record and bound.figure not in seen:
                    seen.add(bound.figure)
                    yield bound.own(record.figures[bound.figure]).check(measurement.figures)

    def _problems(self) -> Iterator[str]:
        for name, text in (("what", self.what), ("stated", self.stated)):
            if not isinstance(text, str) or not text.strip():
                yield f"{name} was {shown(text)}, must be a text"
        if self.place not in tuple(Place):
            known = ", ".join(map(repr, map(str, Place)))
            yield f"place was {shown(self.place)}, not one of {known}"
        ways = {"measured_by": self.measured_by, "held_by": self.held_by, "needs": self.needs}
        given = [name for name, way in ways.items() if way]
        if len(given) != 1:
            told = " and ".join(given) or "nothing"
            yield f"told was {told}, must be exactly one of measured_by, held_by, needs"
        yield from self._problems_of_probe()
        for name in sorted(set(self.at) - set(CONDITIONS)):
            yield f"at was {shown(name)}, not one of {', '.join(map(repr, CONDITIONS))}"

    def _problems_of_probe(self) -> Iterator[str]:
        if self.measured_by is None:
            return
        probe = PROBES.get(self.measured_by)
        if probe is None:
            known = ", ".join(map(repr, PROBES))
            yield f"measured_by was {shown(self.measured_by)}, not one of {known}"
            return
        if not self.budgets:
            yield f"there was no budget, must be one for {self.measured_by}"
        unknown = {bound.figure for bound in self.bounds()} - set(probe.figures)
        if unknown:
            yield (
                f"{self.measured_by} does not give {', '.join(sorted(unknown))}:"
                f" it gives {', '.join(probe.figures)}"
            )


def _word(condition: Condition) -> str:
    return repr(condition) if isinstance(condition, str) else figure_text(condition)
