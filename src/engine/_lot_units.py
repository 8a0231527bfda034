"""What a lot of an instrument is, and is worth, in whole units of a currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from engine._schema import ContractKind
from engine.decimal_grid import EXACT, HIGHEST
from engine.errors import GridError
from engine.instrument import Instrument

__all__ = ["lot_size_of", "lot_value_of", "units_of"]

FACTORS: Final = (2, 5)
"""Of the denominators of decimals."""


def lot_size_of(instrument: Instrument) -> Fraction:
    """Return how much of the base a lot is; of an inverse instrument, of the quote.

    Examples
    --------
    >>> lot_size_of(Instrument(symbol="OIL", tick_size="0.05", lot_size="0.1", multiplier=15))
    Fraction(3, 2)
    """
    return Fraction(instrument.lot_size) * Fraction(instrument.multiplier)


def lot_value_of(instrument: Instrument) -> Fraction:
    """Return what a lot is worth at a price of one tick."""
    lot, tick = lot_size_of(instrument), Fraction(instrument.tick_size)
    return lot / tick if instrument.kind == ContractKind.INVERSE else lot * tick


def units_of(amount: Fraction, unit: Decimal, currency: str, what: str) -> int:
    """Return an amount as a number of a currency's smallest units.

    Parameters
    ----------
    amount
        Of the currency, above 0.
    unit
        The smallest.
    currency, what
        What messages call the currency, and the amount.

    Raises
    ------
    GridError
        It is no whole number of them, or more than 64 bits hold.

    Examples
    --------
    >>> units_of(Fraction(3, 2), Decimal("0.5"), "USD", "one lot is")
    3
    >>> units_of(Fraction(3, 2), Decimal(1), "USD", "one lot is")
    Traceback (most recent call last):
        ...
    engine.errors.GridError: the smallest unit of USD is 1, one lot is 1.5: choose a unit of 0.1 or\
 finer
    """
    units = amount / Fraction(unit)
    if units.denominator == 1 and units <= HIGHEST:
        return int(units)
    place = f"the smallest unit of {currency} is {unit:f}, {what}"
    if units.denominator == 1:
        raise GridError(f"{place} {units} units, more than {HIGHEST}: choose a coarser unit")
    finest = _finest(amount)
    if finest is None:
        raise GridError(f"{place} {amount}, which no unit divides: choose other sizes")
    shown = EXACT.multiply(Decimal(int(amount / Fraction(finest))), finest)
    raise GridError(f"{place} {shown:f}: choose a unit of {finest:f} or finer")


def _finest(amount: Fraction) -> Decimal | None:
    """Return the last decimal place of a number, None for one without end."""
    rest, places = amount.denominator, 0
    for factor in FACTORS:
        power = 0
        while rest % factor == 0:
            rest //= factor
            power += 1
        places = max(places, power)
    return None if rest != 1 else Decimal(1).scaleb(-places, EXACT)
