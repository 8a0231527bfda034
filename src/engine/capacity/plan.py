"""A capacity plan: what is there, what is needed and by which rule, now and when it has grown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any, NamedTuple

from engine._shown import shown
from engine.decimal_grid import EXACT
from engine.errors import SpecificationError

__all__ = ["Cost", "Measured", "MonthRow", "Need", "Plan", "Projection", "TierRow"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured on a machine, for plans that go by it.

    Attributes
    ----------
    orders_per_second : int
        Commands that one core carries out, every check on.
    bytes_per_order : int
        Memory of a resting order, all structures counted.
    conditions : str
        What was on and on which machine: without it a figure says nothing.
    """

    orders_per_second: int
    bytes_per_order: int
    conditions: str = ""


class Need(NamedTuple):
    """One resource.

    Attributes
    ----------
    what : str
        What is needed.
    unit : str
        Of the numbers; empty for things that are counted.
    has : Decimal or None
        What is there; None where that is not stated.
    needs : Decimal
        What the rule asks for.
    rule : str
        How that follows from the inputs.
    """

    what: str
    unit: str
    has: Decimal | None
    needs: Decimal
    rule: str

    @property
    def used(self) -> Decimal | None:
        """The part of what is there that is needed, to four places; None without it."""
        if not self.has:
            return None
        return EXACT.quantize(EXACT.divide(self.needs, self.has), Decimal("0.0001"))

    @property
    def is_short(self) -> bool:
        """Whether more is needed than is there."""
        return self.has is not None and self.needs > self.has


class Cost(NamedTuple):
    """What something costs a month.

    Attributes
    ----------
    what : str
        What is paid for.
    number, price : Decimal
        How many, and what one costs.
    """

    what: str
    number: Decimal
    price: Decimal

    @property
    def amount(self) -> Decimal:
        """Number times price, exactly."""
        return EXACT.multiply(self.number, self.price)


class MonthRow(NamedTuple):
    """What growth asks for at the end of a month.

    Attributes
    ----------
    month : int
        0 is now.
    peak : int
        Orders a second at the peak, rounded up.
    pods : int
        How many that needs.
    """

    month: int
    peak: int
    pods: int


class Projection(NamedTuple):
    """What is needed when everything has grown.

    Attributes
    ----------
    name : str
        "expected" or "high".
    months : int
        In how many months.
    factors : dict of str to Decimal
        By what users, volume and peak are multiplied.
    needs : tuple of Need
        As in the plan.
    costs : tuple of Cost
        A month, then.
    by_month : tuple of MonthRow
        From now on, growing by the same factor every month.
    short_from : int or None
        The first month at whose end there are too few pods; None if there never are.
    """

    name: str
    months: int
    factors: dict[str, Decimal]
    needs: tuple[Need, ...]
    costs: tuple[Cost, ...]
    by_month: tuple[MonthRow, ...]
    short_from: int | None


class TierRow(NamedTuple):
    """The users of a tier.

    Attributes
    ----------
    tier : str
        Its name.
    users : int
        How many are expected.
    requests_each, orders_each : int
        What each may send a minute.
    """

    tier: str
    users: int
    requests_each: int
    orders_each: int

    @property
    def requests(self) -> int:
        """Requests a minute, if all send what they may."""
        return self.users * self.requests_each

    @property
    def orders(self) -> int:
        """Orders a minute, if all send what they may."""
        return self.users * self.orders_each


@dataclass(frozen=True)
class Plan:
    """A capacity plan.

    Attributes
    ----------
    system : str
        Whose rules.
    needs : tuple of Need
        What is there and what is needed, now.
    costs : tuple of Cost
        A month, with what is needed now.
    projections : tuple of Projection
        After growth.
    tiers : tuple of TierRow
        Users by tier.
    measured : Measured or None
        The measurement that the plan goes by, where one was given.
    notes : tuple of str
        What follows from the inputs besides.
    """

    system: str
    needs: tuple[Need, ...]
    costs: tuple[Cost, ...] = ()
    projections: tuple[Projection, ...] = ()
    tiers: tuple[TierRow, ...] = ()
    measured: Measured | None = None
    notes: tuple[str, ...] = ()

    def need(self, what: str) -> Need:
        """Return one resource by name.

        Parameters
        ----------
        what : str
            What is needed, as `Need.what` says it: "users", "pods".

        Raises
        ------
        SpecificationError
            The plan has none of that name.
        """
        for need in self.needs:
            if need.what == what:
                return need
        known = ", ".join(repr(need.what) for need in self.needs)
        raise SpecificationError(f"what was {shown(what)}, not one of {known}")

    @property
    def cost(self) -> Decimal:
        """What all costs a month."""
        return _total(self.costs)

    def table(self) -> list[tuple[str, ...]]:
        """Return the needs as text: what, has, needs, used, after each projection, rule."""
        later = [{need.what: need for need in each.needs} for each in self.projections]
        return [
            (
                need.what,
                "" if need.has is None else amount_text(need.has, need.unit),
                amount_text(need.needs, need.unit),
                "" if need.used is None else f"{need.used:.1%}",
                *(amount_text(each[need.what].needs, need.unit) for each in later),
                need.rule,
            )
            for need in self.needs
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it for JSON: whole numbers as they are, other decimals as text."""
        return {
            "system": self.system,
            "needs": [_need_dict(need) for need in self.needs],
            "costs": [_cost_dict(cost) for cost in self.costs],
            "cost": _plain(self.cost),
            "projections": [
                {
                    "name": each.name,
                    "months": each.months,
                    "factors": {name: _plain(value) for name, value in each.factors.items()},
                    "needs": [_need_dict(need) for need in each.needs],
                    "cost": _plain(_total(each.costs)),
                    "by_month": [row._asdict() for row in each.by_month],
                    "short_from": each.short_from,
                }
                for each in self.projections
            ],
            "tiers": [
                {**row._asdict(), "requests": row.requests, "orders": row.orders}
                for row in self.tiers
            ],
            "measured": None if self.measured is None else dict(vars(self.measured)),
            "notes": list(self.notes),
        }


def amount_text(amount: Decimal, unit: str) -> str:
    """Return a number for people.

    Examples
    --------
    >>> amount_text(Decimal("10.40"), "GB"), amount_text(Decimal(2_000_000), "")
    ('10.4 GB', '2,000,000')
    """
    text = f"{amount:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {unit}".rstrip()


def _total(costs: Iterable[Cost]) -> Decimal:
    return reduce(EXACT.add, (cost.amount for cost in costs), Decimal(0))


def _plain(value: Decimal | None) -> int | str | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else f"{value.normalize(EXACT):f}"


def _need_dict(need: Need) -> dict[str, Any]:
    return {
        "what": need.what,
        "unit": need.unit,
        "has": _plain(need.has),
        "needs": _plain(need.needs),
        "used": _plain(need.used),
        "is_short": need.is_short,
        "rule": need.rule,
    }


def _cost_dict(cost: Cost) -> dict[str, Any]:
    return {
        "what": cost.what,
        "number": _plain(cost.number),
        "price": _plain(cost.price),
        "amount": _plain(cost.amount),
    }
