"""The multiples of a step, numbered: what ticks are to prices and lots to quantities.

Numbers are read from text, decimals, integers and floats, exactly or not at all: what does not lie
on the grid is refused, never rounded.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np

from engine._numbers import plain_units
from engine._shown import integer_of, shown
from engine.errors import GridError

__all__ = ["HIGHEST", "LOWEST", "DecimalGrid", "DecimalLike", "bounded_of", "decimal_of", "step_of"]

DecimalLike: TypeAlias = str | Decimal | int | float | np.integer[Any] | np.floating[Any]
"""A price or quantity as a caller may write it."""

LOWEST: Final = -(2**63)
HIGHEST: Final = 2**63 - 1
PLACES_MAX: Final = 30
"""Decimal places of a step. The smallest unit that is traded, NEAR's, has 24."""
STEP_MAX: Final = Decimal(10) ** PLACES_MAX
EXPONENT_MAX: Final = 400
"""Digits of a number on either side of its point, where no grid has fewer: any float has them."""
DIGITS_MAX: Final = 19 + PLACES_MAX
"""Digits before the point: 2**63 steps of the largest size have no more."""
FLOAT_MAX: Final = 2**52
"""Numbers below this have a float each, which no other number shares."""

# Wide enough for every quotient and product of this module, in whatever context the caller works.
EXACT: Final = Context(
    prec=DIGITS_MAX + 2 * PLACES_MAX + 1, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation]
)
assert EXACT.prec > DIGITS_MAX + PLACES_MAX, "a quotient has those digits before its point"
assert EXACT.prec > 19 + 2 * PLACES_MAX, "a product has those of a number and those of a step"

# By type, for np.integer has np.timedelta64 below it.
NUMPY_INTEGERS: Final = frozenset(np.dtype(code).type for code in np.typecodes["AllInteger"])


class DecimalGrid:
    """The multiples of a step, by number.

    Parameters
    ----------
    name
        What messages call a value.
    step
        As `step_of` gives it.

    Examples
    --------
    >>> grid = DecimalGrid("OIL: price", Decimal("0.05"))
    >>> grid.number("-37.65"), grid.number(0.15), grid.number(2)
    (-753, 3, 40)
    >>> grid.decimal(-753)
    Decimal('-37.65')
    >>> grid.number(0.1 + 0.07)
    Traceback (most recent call last):
        ...
    engine.errors.GridError: OIL: price was 0.17, not on the grid of 0.05: nearest are 0.15 and 0.20
    """

    __slots__ = ("_coefficient", "_places", "_scale", "name", "plain_places", "step")

    def __init__(self, name: str, step: Decimal) -> None:
        self._places, self._coefficient = _UNITS_OF(step)
        self._scale: int = 10**self._places
        # What makes `plain_units` count steps: with too many places it leaves every text to others.
        self.plain_places = self._places if self._coefficient == 1 else PLACES_MAX
        self.name = name
        self.step = self.decimal(1)

    def renamed(self, name: str) -> DecimalGrid:
        """Return the same multiples under what messages call them elsewhere.

        Parameters
        ----------
        name
            What messages call a value.
        """
        other = object.__new__(DecimalGrid)
        other._places, other._coefficient, other._scale = (
            self._places,
            self._coefficient,
            self._scale,
        )
        other.plain_places, other.step, other.name = self.plain_places, self.step, name
        return other

    def number(self, value: DecimalLike) -> int:
        """Return how many steps a value is.

        Parameters
        ----------
        value
            Text is read as `Decimal` reads it. A float stands for the multiple of the step that it
            is the nearest float to.

        Raises
        ------
        GridError
            The value is not a finite number, lies between two multiples, or is further out than 64
            bits count.
        """
        # Plain text is read by compiled code. A branch that isn't sure of its answer leaves it to
        # `_read`, which knows every way to write a number.
        text = str(value) if type(value) is Decimal else value
        try:
            if type(text) is str:
                plain = plain_units(text, self._places)
                if plain is None:
                    return self._read(value)
                units = plain
            elif type(text) is int:
                units = text * self._scale
            elif isinstance(text, float):
                text = float(text)
                units = round(text * self._scale)
                if units / self._scale != text or not -FLOAT_MAX < units < FLOAT_MAX:
                    return self._read(value)
            elif type(text) in NUMPY_INTEGERS:
                units = int(text) * self._scale
            else:
                return self._read(value)
        except (ValueError, OverflowError):
            return self._read(value)
        if self._coefficient != 1:
            units, rest = divmod(units, self._coefficient)
            if rest:
                return self._read(value)
        if LOWEST <= units <= HIGHEST:
            return units
        return self._read(value)

    def decimal(self, number: int) -> Decimal:
        """Return the value of so many steps, with the decimal places of the step.

        Parameters
        ----------
        number : int
            How many, as `number` gives it; also an integer of NumPy.

        Raises
        ------
        TypeError
            The number is no integer.
        GridError
            It does not fit 64 bits.
        """
        steps = integer_of(self.name, number)
        if not LOWEST <= steps <= HIGHEST:
            raise GridError(f"{self.name} was {shown(steps)} steps, outside {LOWEST} to {HIGHEST}")
        return Decimal(steps * self._coefficient).scaleb(-self._places, EXACT)

    def __reduce__(self) -> tuple[Any, ...]:
        return DecimalGrid, (self.name, self.step)

    def _read(self, value: DecimalLike) -> int:
        """Return what `number` does, by decimal arithmetic, or say why there is nothing."""
        exact = decimal_of(self.name, value)
        if exact.is_zero():
            return 0
        if exact.adjusted() >= DIGITS_MAX:
            raise self._beyond(value)
        number = int(EXACT.divide_int(exact, self.step))
        is_multiple = EXACT.remainder(exact, self.step).is_zero()
        outer = number if is_multiple else number + (-1 if exact.is_signed() else 1)
        if not LOWEST <= outer <= HIGHEST:
            raise self._beyond(value)
        if is_multiple:
            return number
        nearest = sorted((number, outer))
        if isinstance(value, float | np.floating):
            # The shortest text of a float can miss the multiple that the float is nearest to.
            for candidate in nearest:
                if type(value)(str(self.decimal(candidate))) == value:
                    return candidate
        below, above = (f"{self.decimal(candidate):f}" for candidate in nearest)
        raise GridError(
            f"{self.name} was {shown(value)}, not on the grid of {self.step:f}:"
            f" nearest are {below} and {above}"
        )

    def _beyond(self, value: object) -> GridError:
        return GridError(
            f"{self.name} was {shown(value)}, outside {self.decimal(LOWEST):f} to"
            f" {self.decimal(HIGHEST):f}: 64 bits in steps of {self.step:f}"
        )


def _units(step: Decimal) -> tuple[int, int]:
    """Return a step as units of its last decimal place: the place, and how many, 0.05 as 5."""
    exponent = step.normalize(EXACT).as_tuple().exponent
    assert isinstance(exponent, int), "a step is finite"
    places = max(0, -exponent)
    return places, int(EXACT.multiply(step, 10**places))


_UNITS_OF: Final = lru_cache(maxsize=256)(_units)


def step_of(name: str, value: DecimalLike) -> Decimal:
    """Return a tick or lot size as a decimal.

    Parameters
    ----------
    name
        What messages call it.
    value
        Above zero, below 10**30, with at most 30 decimal places. A float stands for its shortest
        text.

    Raises
    ------
    GridError
        It is none.

    Examples
    --------
    >>> step_of("tick_size", 1e-8)
    Decimal('1E-8')
    >>> step_of("tick_size", "-0.5")
    Traceback (most recent call last):
        ...
    engine.errors.GridError: tick_size was '-0.5', must be above 0
    """
    exact = decimal_of(name, value)
    if exact <= 0:
        raise GridError(f"{name} was {shown(value)}, must be above 0")
    unit = Decimal(1).scaleb(-PLACES_MAX, EXACT)
    if not unit <= exact < STEP_MAX or EXACT.remainder(exact, unit):
        raise GridError(
            f"{name} was {shown(value)}, must be below 1e{PLACES_MAX}"
            f" and have at most {PLACES_MAX} decimal places"
        )
    return EXACT.plus(exact)


def decimal_of(name: str, value: object) -> Decimal:
    """Return a value as a finite decimal; a float stands for its shortest text.

    Parameters
    ----------
    name
        What messages call the value.
    value
        A str, Decimal, int or float, or a NumPy scalar of such a kind.

    Raises
    ------
    GridError
        It is something else, not a number, or not finite.

    Examples
    --------
    >>> decimal_of("price", np.float32(0.1))
    Decimal('0.1')
    >>> decimal_of("price", True)
    Traceback (most recent call last):
        ...
    engine.errors.GridError: price was True, of bool, must be a str, Decimal, int or float
    """
    if isinstance(value, Decimal):
        exact = value
    elif type(value) is int:
        return Decimal(value)
    elif isinstance(value, str):
        try:
            exact = Decimal(value)
        except InvalidOperation:
            raise GridError(f"{name} was {shown(value)}, not a number") from None
    elif isinstance(value, int | np.integer) and not isinstance(value, bool | np.timedelta64):
        exact = Decimal(int(value))
    elif isinstance(value, float):
        exact = Decimal(float.__repr__(value))
    elif isinstance(value, np.floating):
        # Not by `str`, which print options change.
        exact = Decimal(np.format_float_scientific(value, unique=True))
    else:
        raise GridError(
            f"{name} was {shown(value)}, of {type(value).__name__},"
            " must be a str, Decimal, int or float"
        )
    if not exact.is_finite():
        raise GridError(f"{name} was {shown(value)}, not a finite number")
    return exact


def bounded_of(name: str, value: object) -> Decimal:
    """Return a value as `decimal_of` does, that arithmetic has room and time for.

    Parameters
    ----------
    name
        What messages call the value.
    value
        As for `decimal_of`.

    Raises
    ------
    GridError
        As `decimal_of`; or it has more than 400 digits before or behind the point.

    Examples
    --------
    >>> bounded_of("price", "1e999999999")
    Traceback (most recent call last):
        ...
    engine.errors.GridError: price was 1E+999999999, must be below 1e400 and have at most 400\
 decimal places
    """
    exact = decimal_of(name, value)
    last = exact.as_tuple().exponent
    assert isinstance(last, int), "it is finite"
    if last < -EXPONENT_MAX or exact.adjusted() >= EXPONENT_MAX:
        raise GridError(
            f"{name} was {shown(exact)}, must be below 1e{EXPONENT_MAX}"
            f" and have at most {EXPONENT_MAX} decimal places"
        )
    return exact
