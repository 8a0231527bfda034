"""A system's budgets by name: its rows, and what a run is held to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from engine._shown import shown
from engine.budgets.kinds import Bound
from engine.budgets.record import Record, recorded
from engine.budgets.row import Condition, Measurement, Row, Verdict
from engine.errors import SpecificationError

__all__ = ["Profile"]


@dataclass(frozen=True)
class Profile:
    """All that a system asks for.

    Parameters
    ----------
    name : str
        What it is called by.
    title : str
        What it is.
    rows : tuple of Row
        At least one; no two of one name and place.
    scenarios : tuple of str
        Names of scenarios of load that belong to it.

    Raises
    ------
    SpecificationError
        One error with everything that is wrong.
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    scenarios: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [
            f"{field} was {shown(text)}, must be a text"
            for field, text in (("name", self.name), ("title", self.title))
            if not isinstance(text, str) or not text.strip()
        ]
        if not self.rows:
            problems.append("there was no row, must be at least 1")
        names = Counter((row.what, row.stated, row.part) for row in self.rows)
        problems += [
            f"there were {count} rows {' / '.join(filter(None, name))!r}, must be 1"
            for name, count in names.items()
            if count > 1
        ]
        for probe in self.probes():
            problems += self._contradictions(probe)
        if problems:
            raise SpecificationError(f"profile {self.name!r}: " + "\n".join(problems))

    def row(self, what: str, part: str = "") -> Row:
        """Return the row of that line and part.

        Parameters
        ----------
        what : str
            The line, as `Row.what` has it.
        part : str
            Its part, of a line that has several.

        Raises
        ------
        SpecificationError
            There is none.

        Examples
        --------
        >>> from engine.budgets import profile
        >>> profile("godark").row("authentication").needs
        'authentication'
        """
        for row in self.rows:
            if (row.what, row.part) == (what, part):
                return row
        parts = sorted({row.part for row in self.rows if row.what == what})
        there = f"that line has the parts {parts}" if parts else "there is no such line"
        raise SpecificationError(
            f"row was {shown(what)}, part {part!r}: {there} in profile {self.name!r}"
        )

    def probes(self) -> tuple[str, ...]:
        """Return the probes that it takes, each once, in the order of its rows.

        Examples
        --------
        >>> from engine.budgets import profile
        >>> profile("godark").probes()[:2]
        ('matching', 'order_validation')
        """
        named = (row.measured_by for row in self.rows if row.measured_by is not None)
        return tuple(dict.fromkeys(named))

    def conditions(self, probe: str) -> dict[str, Condition]:
        """Return what a probe must have on so that all its rows count.

        Of several rows the largest number counts; empty for a probe that it doesn't take.

        Parameters
        ----------
        probe : str
            One of `engine.budgets.PROBES`.

        Returns
        -------
        dict of str to number or str
            By the names in `engine.budgets.CONDITIONS`.

        Examples
        --------
        >>> from engine.budgets import profile
        >>> profile("godark").conditions("order_validation")["checks"]
        'every'
        """
        asked: dict[str, Condition] = {}
        for row in self.rows:
            if row.measured_by == probe:
                for name, value in row.at.items():
                    before = asked.get(name, value)
                    larger = isinstance(value, str) or isinstance(before, str) or value > before
                    asked[name] = value if larger else before
        return asked

    def own_bounds(self, probe: str) -> tuple[Bound, ...]:
        """Return the limits on figures of a probe that a record makes budgets of as well.

        Parameters
        ----------
        probe : str
            One of `engine.budgets.PROBES`; of one that it doesn't take there are none.

        Returns
        -------
        tuple of Bound
            Each once, in the order of the rows. Shares and counts have none.

        Examples
        --------
        >>> from engine.budgets import profile
        >>> [(bound.figure, bound.sense) for bound in profile("demo").own_bounds("throughput")]
        [('rate', 'at least')]
        """
        return tuple(
            dict.fromkeys(
                bound
                for row in self.rows
                if row.measured_by == probe
                for budget in row.budgets
                if budget.HAS_OWN
                for bound in budget.bounds()
            )
        )

    def judge(
        self,
        measurements: Mapping[str, Measurement],
        records: Mapping[str, Record] | None = None,
    ) -> tuple[Verdict, ...]:
        """Judge every row.

        Parameters
        ----------
        measurements
            By probe; a probe that is missing was not run.
        records
            Our own figures by probe; None for those of this profile that come with the library.

        Returns
        -------
        tuple of Verdict
            One for each row, in order.

        Examples
        --------
        >>> from engine.budgets import profile
        >>> verdicts = profile("pincex").judge({})
        >>> {verdict.outcome.value for verdict in verdicts} >= {"not measured", "needs"}
        True
        """
        ours = recorded(self.name) if records is None else records
        return tuple(
            row.verdict(
                None if row.measured_by is None else measurements.get(row.measured_by),
                None if row.measured_by is None else ours.get(row.measured_by),
            )
            for row in self.rows
        )

    def _contradictions(self, probe: str) -> list[str]:
        """Return conditions for which rows ask a probe different words."""
        asked: dict[str, set[Condition]] = {}
        for row in self.rows:
            if row.measured_by == probe:
                for name, value in row.at.items():
                    asked.setdefault(name, set()).add(value)
        return [
            f"{probe}: {name} was {sorted(map(str, values))}, must be the same in all rows"
            for name, values in asked.items()
            if len(values) > 1 and any(isinstance(value, str) for value in values)
        ]
