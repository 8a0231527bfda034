"""Growth over months, exactly: whole numbers that powers of fractions do not pass."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from engine._shown import shown
from engine.errors import SpecificationError

__all__ = ["ceiling", "first_month_above", "grown"]


def ceiling(number: Fraction | Decimal) -> int:
    """Return the lowest whole number that is not less: the rule wherever things are counted.

    Parameters
    ----------
    number : Fraction or Decimal
        Exact: of a float the binary fraction counts, which is seldom the number that was written.

    Examples
    --------
    >>> ceiling(Decimal("3.75")), ceiling(Fraction(4)), ceiling(Decimal("-0.5"))
    (4, 4, 0)
    """
    found = Fraction(number)
    return -(-found.numerator // found.denominator)


def grown(start: Fraction | int, factor: Fraction | int, month: int, months: int) -> int:
    """Return what something has grown to after some months, rounded up to a whole number.

    Growth is by the same factor every month, so that it is `factor` after all months. The power of
    a fraction is seldom one; whole numbers are compared with it through their own powers, so the
    result is exact.

    Parameters
    ----------
    start, factor : Fraction or int
        What it is now, at least 0, and by what it is multiplied in all months, above 0.
    month, months : int
        After how many months, and in how many the factor is reached, at least 1.

    Raises
    ------
    SpecificationError
        A number out of its range.

    Examples
    --------
    >>> [grown(4, 2, month, 12) for month in (0, 1, 6, 12, 24)]
    [4, 5, 6, 8, 16]
    """
    if start < 0 or factor <= 0:
        raise SpecificationError(
            f"start was {shown(start)} and factor {shown(factor)}, must be at least 0 and above 0"
        )
    if month < 0 or months < 1:
        raise SpecificationError(
            f"month was {shown(month)} of {shown(months)}, must be 0 or more of 1 or more"
        )
    wanted = Fraction(start) ** months * Fraction(factor) ** month
    high = 1
    while high**months < wanted:
        high *= 2
    low = 0
    while low < high:
        middle = (low + high) // 2
        if middle**months < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def first_month_above(
    limit: int, start: Fraction | int, factor: Fraction | int, months: int
) -> int | None:
    """Return the first month of `months` at whose end growth needs more than a limit; else None.

    Parameters
    ----------
    limit : int
        What there is; as much as that is still enough.
    start, factor : Fraction or int
        As for `grown`.
    months : int
        In how many months the factor is reached; no later month is looked at.

    Returns
    -------
    int or None
        0 where the start needs more already; None where no month does.

    Raises
    ------
    SpecificationError
        A number out of its range, as `grown`.

    Examples
    --------
    >>> first_month_above(5, 4, 2, 12), first_month_above(3, 4, 2, 12)
    (4, 0)
    >>> first_month_above(8, 4, 2, 12) is None
    True
    """
    for month in range(months + 1):
        if grown(start, factor, month, months) > limit:
            return month
    return None
