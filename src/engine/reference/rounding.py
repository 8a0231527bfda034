"""Which whole number stands for one between two: division with the rounding named."""

from __future__ import annotations

from .._schema import Rounding

__all__ = ["divide"]


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Return a quotient as a whole number; the denominator is above 0.

    Examples
    --------
    >>> [divide(-5, 2, rounding) for rounding in Rounding]
    [-2, -3, -3, -2, -3, -2]
    """
    lower, rest = divmod(numerator, denominator)
    if rest == 0:
        return lower
    higher = lower + 1
    nearer_to_zero, farther = (lower, higher) if numerator > 0 else (higher, lower)
    if rounding == Rounding.DOWN:
        return nearer_to_zero
    if rounding == Rounding.UP:
        return farther
    if rounding == Rounding.FLOOR:
        return lower
    if rounding == Rounding.CEILING:
        return higher
    if 2 * rest != denominator:
        return lower if 2 * rest < denominator else higher
    if rounding == Rounding.HALF_UP:
        return farther
    return lower if lower % 2 == 0 else higher
