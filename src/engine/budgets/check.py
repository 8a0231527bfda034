"""A measured figure beside what it may be: the one way in which a figure is held to a bound."""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple

__all__ = ["Check", "at_least", "at_most", "figure_text"]

GROUPED: Final = 10_000
"""From here on a figure is written in whole numbers with groups of three digits."""


class Check(NamedTuple):
    """A measured figure and its bound, both in one unit.

    Attributes
    ----------
    what : str
        What was measured.
    measured, bound : float
        Both in `unit`.
    sense : {"at most", "at least"}
        On which side of the bound the figure has to be; the bound itself is within.
    unit : str
        As it is written behind a number, empty for a plain number.

    Examples
    --------
    >>> check = Check("order validation p95", 0.004, 5.0, "at most", "ms")
    >>> check.is_kept, check.factor
    (True, 1250.0)
    >>> print(check)
    order validation p95 was 0.004 ms, must be at most 5 ms
    """

    what: str
    measured: float
    bound: float
    sense: Literal["at most", "at least"]
    unit: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the figure is within the bound; what is no number never is."""
        if self.sense == "at most":
            return self.measured <= self.bound
        return self.measured >= self.bound

    @property
    def factor(self) -> float:
        """How many times better than asked, below 1 when missed; infinite where nothing is left."""
        above, below = self.bound, self.measured
        if self.sense == "at least":
            above, below = below, above
        if below == 0:
            return math.inf if self.is_kept else 0.0
        return above / below

    def __str__(self) -> str:
        unit = "" if not self.unit else self.unit if self.unit in {"%", "/s"} else f" {self.unit}"
        measured, bound = figure_text(self.measured), figure_text(self.bound)
        return f"{self.what} was {measured}{unit}, must be {self.sense} {bound}{unit}"


def at_most(what: str, measured: float, bound: float, unit: str = "") -> Check:
    """Return a check from above.

    Parameters
    ----------
    what : str
        What was measured, as `Check.what`.
    measured, bound : float
        What was found and the most that it may be, both in `unit`.
    unit : str
        As it is written behind a number: "ms", "%", "/s"; empty for a plain number.

    Examples
    --------
    >>> at_most("ratio", 1.7, 1.6).is_kept
    False
    """
    return Check(what, measured, bound, "at most", unit)


def at_least(what: str, measured: float, bound: float, unit: str = "") -> Check:
    """Return a check from below.

    Parameters
    ----------
    what : str
        What was measured, as `Check.what`.
    measured, bound : float
        What was found and the least that it must be, both in `unit`.
    unit : str
        As for `at_most`.

    Examples
    --------
    >>> print(at_least("orders", 12_500.0, 5_000.0, "/s"))
    orders was 12,500/s, must be at least 5,000/s
    """
    return Check(what, measured, bound, "at least", unit)


def figure_text(number: float) -> str:
    """Return a number as people read it: four digits, thousands in groups.

    Examples
    --------
    >>> figure_text(0.00012345), figure_text(1234.5), figure_text(2_000_000)
    ('0.0001234', '1,234', '2,000,000')
    """
    if not math.isfinite(number):
        return str(number)
    if abs(number) >= GROUPED or number == int(number):
        return f"{number:,.0f}"
    return f"{number:,.4g}"
