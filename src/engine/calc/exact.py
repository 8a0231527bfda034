"""Numbers on their way into and out of exact formulas.

Sums and products are made in `EXACT`, which has room for all their digits and raises rather than
round. What comes out of a formula is one quotient of such, rounded once, to 28 significant digits,
in a direction that the caller names.
"""

from __future__ import annotations

from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
)
from typing import Final

from .._shown import shown
from ..decimal_grid import DecimalLike, decimal_of
from ..errors import CalculationError

__all__ = ["DIGITS", "EXACT", "number_of", "quotient"]

DIGITS: Final = 28
"""Significant digits of what comes out."""
PLACES_MAX: Final = 100
"""Digits of what goes in, on either side of the point."""
FACTORS_MAX: Final = 8
"""Numbers that go into one product."""

EXACT: Final = Context(
    prec=2 * PLACES_MAX * FACTORS_MAX,
    Emin=MIN_EMIN,
    Emax=MAX_EMAX,
    traps=[Inexact, InvalidOperation, DivisionByZero],
)


def number_of(name: str, value: DecimalLike) -> Decimal:
    """Return a number exactly; a float stands for its shortest text.

    Parameters
    ----------
    name
        What messages call the value.
    value
        As a caller may write it.

    Raises
    ------
    GridError
        It is no finite number.
    CalculationError
        It has more than 100 digits before the point or behind it.

    Examples
    --------
    >>> number_of("confidence", 0.7)
    Decimal('0.7')
    >>> number_of("balance", "1e400")
    Traceback (most recent call last):
        ...
    engine.errors.CalculationError: balance was 1E+400, with digits beyond 100 places
    """
    exact = decimal_of(name, value)
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int), "a finite decimal has an exponent"
    if exponent < -PLACES_MAX or exact.adjusted() >= PLACES_MAX or exponent >= PLACES_MAX:
        raise CalculationError(f"{name} was {shown(exact)}, with digits beyond {PLACES_MAX} places")
    return exact


def quotient(dividend: Decimal, divisor: Decimal, rounding: str) -> Decimal:
    """Return a quotient with 28 significant digits, as it is where those are enough.

    Parameters
    ----------
    dividend, divisor
        Exact; the divisor is not 0.
    rounding
        One of the names of the `decimal` module, such as ``ROUND_DOWN``.

    Examples
    --------
    >>> quotient(Decimal(1), Decimal(8), "ROUND_UP")
    Decimal('0.125')
    >>> quotient(Decimal(-2), Decimal(3), "ROUND_DOWN")
    Decimal('-0.6666666666666666666666666666')
    """
    context = Context(prec=DIGITS, rounding=rounding, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])
    return context.divide(dividend, divisor)
