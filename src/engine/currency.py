"""What accounts own: a name, and the smallest unit that there is of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Final

from engine._shown import shown
from engine.decimal_grid import EXACT, PLACES_MAX, DecimalGrid, DecimalLike, step_of
from engine.errors import GridError
from engine.specification import Problems, Specification

__all__ = ["Currency", "check_name"]

NAME_LENGTH_MAX: Final = 64
"""Characters: a message or a table can always hold a symbol or the name of a currency."""

assert EXACT.prec > 39 + 2 * PLACES_MAX, "an amount has the digits of 128 bits and those of a unit"


@dataclass(frozen=True, kw_only=True, init=False)
class Currency(Specification):
    """One thing that accounts own, with its smallest unit.

    Frozen, equal by its fields, hashable, and safe to pickle. Inside, an amount is a number of
    units.

    Parameters
    ----------
    name : str
        1 to 64 printable characters, without a blank at either end. Upper and lower case differ.
    unit : decimal
        The smallest amount: above zero, at most 30 decimal places.

    Attributes
    ----------
    amounts : DecimalGrid
        The grid that the conversions use.

    Raises
    ------
    GridError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> dollar = Currency(name="USD", unit="0.01")
    >>> dollar.to_units("12.50"), dollar.to_amount(-1250)
    (1250, Decimal('-12.50'))
    >>> dollar.to_units("0.005")
    Traceback (most recent call last):
        ...
    engine.errors.GridError: USD: amount was '0.005', not on the grid of 0.01: nearest are 0.00\
 and 0.01
    """

    SECTION: ClassVar = "currency"

    name: str
    unit: Decimal
    amounts: DecimalGrid = field(init=False, compare=False, repr=False)

    def __init__(self, *, name: str, unit: DecimalLike) -> None:
        problems = Problems()
        problems.attempt(check_name, "name", name)
        step = problems.attempt(step_of, "unit", unit)
        if problems:
            raise GridError(f"currency {shown(name)}: {'; '.join(problems)}")
        assert step is not None, "a bad unit is a problem"
        amounts = DecimalGrid(f"{name}: amount", step)
        for key, value in (("name", name), ("unit", amounts.step), ("amounts", amounts)):
            object.__setattr__(self, key, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return {}

    def to_units(self, amount: DecimalLike) -> int:
        """Return an amount as a number of units.

        Parameters
        ----------
        amount
            A str or Decimal, an int, or a float that is the nearest one to a multiple of the unit.

        Raises
        ------
        GridError
            It is not a finite number, not a multiple, or beyond 64 bits.
        """
        return self.amounts.number(amount)

    def to_amount(self, units: int) -> Decimal:
        """Return a number of units as an amount, with the decimal places of the unit.

        What accounts have together may pass 64 bits, so units may, up to 128.

        Parameters
        ----------
        units
            How many.
        """
        return EXACT.multiply(Decimal(units), self.unit)


def check_name(field: str, value: object) -> None:
    """Refuse what can't be the name of a thing that is traded or owned.

    Parameters
    ----------
    field
        What a message calls it.
    value
        1 to 64 printable characters, without a blank at either end.

    Raises
    ------
    GridError
        It is something else.

    Examples
    --------
    >>> check_name("quote", "USD ")
    Traceback (most recent call last):
        ...
    engine.errors.GridError: quote was 'USD ', must be a str of 1 to 64 printable characters\
 without a blank at either end
    """
    is_text = isinstance(value, str) and value.isprintable() and value == value.strip()
    if not is_text or not 1 <= len(str(value)) <= NAME_LENGTH_MAX:
        raise GridError(
            f"{field} was {shown(value)}, must be a str of 1 to {NAME_LENGTH_MAX} printable"
            " characters without a blank at either end"
        )
