"""How the calculators read numbers, call the compiled formulas and round what comes back.

Exact numbers are fractions in between: the compiled formulas take them as whole numbers of 128
bits, and where those have no room `engine.reference.ratios` computes the same in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from operator import index
from typing import Any, Final, TypeAlias

import numpy as np

from engine import _formulas
from engine._members import Spellings, member_of
from engine._schema import ContractKind, Rounding, Side
from engine._shown import shown
from engine.decimal_grid import EXACT as EXACT_CONTEXT
from engine.decimal_grid import HIGHEST, PLACES_MAX, DecimalLike, bounded_of, step_of
from engine.errors import GridError

__all__ = [
    "EXACT",
    "Amount",
    "Numbers",
    "Step",
    "Word",
    "absent",
    "absent_where",
    "all_of",
    "call",
    "call_checked",
    "exact_step",
    "finish",
    "finish_price",
    "finish_unless",
    "integer",
    "is_float",
    "is_float_array",
    "is_inverse",
    "kind_of",
    "negated",
    "not_below_zero",
    "of_kind",
    "plus",
    "positive",
    "read",
    "read_sides",
    "rounded",
    "rounding_of",
    "safe_rounding",
    "sides",
    "summed",
    "there",
    "without_bounds",
]

Numbers: TypeAlias = Any
"""A str, Decimal, int, Fraction or float, or an array or sequence of them."""
Amount: TypeAlias = Any
"""A Decimal or, of floats, a float; an array of them where an array came in."""
Word: TypeAlias = str | int
"""A member of an enumeration, its name in any case, or its integer."""


class _Unrounded(Enum):
    """A step that is none."""

    EXACT = "exact"


EXACT: Final = _Unrounded.EXACT
"""As a step: the exact answer as a Fraction, for a calculation that goes on."""
Step: TypeAlias = DecimalLike | _Unrounded | None

FLOATS: Final = np.dtype(np.float64)
NUMBER_BYTES: Final = 16
RATIO_BYTES: Final = 2 * NUMBER_BYTES
CONTRACT: Final = "contract"
KINDS: Final = Spellings(ContractKind, CONTRACT)
SIDES: Final = {"long": Side.BUY, "short": Side.SELL}


def read(**values: Numbers) -> list[Any]:
    """Return numbers as fractions, or all as floats where one of them is a float.

    Parameters
    ----------
    **values
        Numbers by the names that messages call them.

    Returns
    -------
    list
        Of each a Fraction or an object array of Fractions; with floats, a float or an array of
        float64.

    Raises
    ------
    GridError
        One of them is no number or not finite; a float that is none is let through.
    """
    # Arrays of floats are looked for first: what this takes is more than a small one does.
    for value in values.values():
        if type(value) is np.ndarray and value.dtype is FLOATS:
            return [_float_of(name, each) for name, each in values.items()]
    found = [_number(name, value) for name, value in values.items()]
    if _has_float(found):
        return [_as_float(value) for value in found]
    return found


def _float_of(name: str, value: Numbers) -> Any:
    if type(value) is np.ndarray and value.dtype is FLOATS:
        return _as_float(value)
    return float(value) if type(value) is int else _as_float(_number(name, value))


def _number(name: str, value: Numbers) -> Any:
    if isinstance(value, Fraction | float):
        return value
    if isinstance(value, np.floating):
        return float(value)
    if isinstance(value, list | tuple):
        value = np.asarray(value, dtype=object)
    elif hasattr(value, "__array__") and not isinstance(value, np.generic):
        value = np.asarray(value)
    else:
        return Fraction(bounded_of(name, value))
    if value.dtype.kind == "f":
        return value.astype(np.float64, copy=False)
    if any(isinstance(each, float | np.floating) for each in value.flat):
        return np.array([float(each) for each in value.flat]).reshape(value.shape)
    fractions = (
        each if isinstance(each, Fraction) else Fraction(bounded_of(name, each))
        for each in value.flat
    )
    return _shaped(list(fractions), value.shape)


def _shaped(objects: list[Any], shape: tuple[int, ...]) -> Any:
    """Return an array of objects; the object alone of no dimension."""
    found = np.empty(len(objects), dtype=object)
    found[:] = objects
    return found.reshape(shape)[()]


def is_float(value: Any) -> bool:
    """Return whether a number that was read is a float, or an array of them."""
    if type(value) is np.ndarray:
        return value.dtype is FLOATS or value.dtype.kind == "f"
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")


def is_float_array(value: Any) -> bool:
    """Return whether a value is an array that compiled loops read as it is."""
    return type(value) is np.ndarray and value.dtype is FLOATS and value.flags.c_contiguous


def _has_float(values: Iterable[Any]) -> bool:
    return any(map(is_float, values))


def _as_float(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value if type(value) is float else float(value)
    if value.dtype is FLOATS and value.flags.c_contiguous:
        return value
    return value.astype(np.float64, order="C", copy=False)


def sides(side: Numbers) -> Any:
    """Return a side as +1 or -1: "long", "buy", "short", "sell", a Side; or an array of these.

    Raises
    ------
    CommandError, GridError
        It is none.
    """
    found = read_sides(side)
    if isinstance(found, Fraction) and abs(found) == 1:
        return found
    if is_float(found):
        is_good = _formulas.are_sides(found)
    else:
        is_good = bool(np.all(np.abs(np.asarray(found)) == 1))
    if not is_good:
        told = str(side) if isinstance(side, Fraction) else repr(side)
        raise GridError(f"side was {told}, must be +1 or -1, 'long' or 'short'")
    return found


def read_sides(side: Numbers) -> Any:
    """Return a side as a number that `call_checked` is left to check."""
    if isinstance(side, str):
        return Fraction(_number_of(side))
    if isinstance(side, list | tuple) or (isinstance(side, np.ndarray) and side.dtype.kind in "OU"):
        words = np.array(side, dtype=object)
        side = np.array([_number_of(word) for word in words.flat], dtype=object)
        side = side.reshape(words.shape)
    (found,) = read(side=side)
    return found


def _number_of(side: Any) -> Any:
    """Return +1 or -1 for a word, and what is none as it is."""
    if not isinstance(side, str):
        return side
    return int(SIDES.get(side.lower()) or member_of(Side, side, "side"))


def kind_of(contract: Word) -> ContractKind:
    """Return the kind of a contract."""
    if isinstance(contract, str):
        return KINDS[contract]
    return member_of(ContractKind, contract, CONTRACT)


def is_inverse(contract: Word) -> bool:
    """Return whether a contract's value is quantity divided by price."""
    return kind_of(contract) is ContractKind.INVERSE


def of_kind(contract: Word, formula: str) -> str:
    """Return the name of a formula for a kind of contract."""
    return f"{'inverse' if is_inverse(contract) else 'linear'}_{formula}"


def rounding_of(rounding: Word) -> Rounding:
    """Return the rounding that a word names."""
    return member_of(Rounding, rounding, "rounding")


def integer(name: str, value: Any, lowest: int, highest: int = HIGHEST) -> int:
    """Return an integer that must be within bounds.

    Raises
    ------
    GridError
        It is no integer, or outside.
    """
    try:
        number = index(value)
    except TypeError:
        number = None
    if number is None or not lowest <= number <= highest:
        limits = f"must be an integer from {lowest:,} to {highest:,}"
        raise GridError(f"{name} was {shown(value)}, {limits}")
    return number


def positive(name: str, value: Any) -> None:
    """Refuse a number that is not above 0.

    Raises
    ------
    GridError
        It is 0 or below.
    """
    if _least_is(value, np.greater) or not np.any(np.asarray(value) <= 0):
        return
    raise GridError(f"{name} was {np.min(np.asarray(value))}, must be above 0")


def not_below_zero(name: str, value: Any) -> None:
    """Refuse a number below 0.

    Raises
    ------
    GridError
        It is below 0.
    """
    if _least_is(value, np.greater_equal) or not np.any(np.asarray(value) < 0):
        return
    raise GridError(f"{name} was {np.min(np.asarray(value))}, must be 0 or more")


def _least_is(value: Any, compare: Any) -> bool:
    """Return whether the least number compares so with 0, which for arrays is the fast question."""
    if isinstance(value, np.ndarray):
        return value.size == 0 or bool(compare(np.min(value), 0))
    return bool(compare(value, 0))


def negated(value: Any) -> Any:
    """Return a number with the other sign."""
    return -value


def call(formula: str, *arguments: Any) -> Any:
    """Return what a formula makes of numbers that `read` gave, exactly or in floats.

    Raises
    ------
    GridError
        It divides by 0.
    """
    if _has_float(arguments):
        numbers = [_as_float(argument) for argument in arguments]
        try:
            return getattr(_formulas, formula)(*numbers)
        except RuntimeError:
            _check_shapes(numbers)
            raise
    if all(isinstance(argument, Fraction) for argument in arguments):
        return _exactly(formula, [arguments])[0]
    columns = _columns(arguments)
    rows = list(zip(*(column.flat for column in columns), strict=True))
    return _shaped(_exactly(formula, rows), columns[0].shape)


def _columns(arguments: Iterable[Any]) -> Any:
    """Return arguments as arrays of exact numbers, of one shape."""
    arrays = [np.asarray(each, dtype=object) for each in arguments]
    _check_shapes(arrays)
    return np.broadcast_arrays(*arrays)


def _check_shapes(arguments: Iterable[Any]) -> None:
    shapes = [np.shape(argument) for argument in arguments]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        told = ", ".join(str(shape) for shape in dict.fromkeys(shapes) if shape)
        raise GridError(f"arrays were of the shapes {told}, which don't go together") from None


def _is_zero(value: Any) -> bool:
    return not isinstance(value, np.ndarray) and value == 0


def plus(one: Any, other: Any) -> Any:
    """Return a sum; what is 0 throughout is left out, so that arrays aren't copied for it."""
    if _is_zero(other):
        return one
    return other if _is_zero(one) else call("total", one, other)


def call_checked(formula: str, above_zero: tuple[str, ...] = (), **arguments: Any) -> Any:
    """Return what `call` makes of numbers by name, some of which must be above 0, or a side.

    Parameters
    ----------
    formula
        Its name.
    above_zero
        Names of those that must be above 0. One that is called `side` must be +1 or -1.
    **arguments
        In the formula's order.

    Raises
    ------
    GridError
        One of them is not.
    """
    if not _has_float(arguments.values()):
        _check(above_zero, arguments)
        return call(formula, *arguments.values())
    numbers = map(_as_float, arguments.values())
    checks = _LETTERS_OF(above_zero, tuple(arguments))
    try:
        return getattr(_formulas, formula)(*numbers, checks=checks)
    except (RuntimeError, ValueError):
        _check_shapes(arguments.values())
        _check(above_zero, arguments)
        raise


def _letters(above_zero: tuple[str, ...], names: tuple[str, ...]) -> str:
    """Return what arguments are checked for, as the compiled formulas are told; "" for nothing."""
    letters = ("+" if name in above_zero else "1" if name == "side" else " " for name in names)
    found = "".join(letters)
    return "" if found.isspace() else found


_LETTERS_OF: Final = cache(_letters)


def _check(above_zero: tuple[str, ...], arguments: dict[str, Any]) -> None:
    for name in above_zero:
        positive(name, arguments[name])
    if "side" in arguments:
        sides(arguments["side"])


def _exactly(formula: str, rows: list[tuple[Fraction, ...]]) -> list[Fraction]:
    if not rows:
        return []
    try:
        columns = [b"".join(map(_bytes_of, column)) for column in zip(*rows, strict=True)]
        results: list[Fraction | None] = _ratios(getattr(_formulas, f"{formula}_exact")(*columns))
    except OverflowError:
        results = [None] * len(rows)
    try:
        return [
            _in_python(formula, row) if result is None else result
            for row, result in zip(rows, results, strict=True)
        ]
    except ZeroDivisionError:
        raise GridError(f"{formula} divided by 0, of {', '.join(map(str, rows[0]))}") from None


def _bytes_of(number: Fraction) -> bytes:
    return number.numerator.to_bytes(
        NUMBER_BYTES, "little", signed=True
    ) + number.denominator.to_bytes(NUMBER_BYTES, "little", signed=True)


def _in_python(formula: str, row: tuple[Fraction, ...]) -> Fraction:
    from engine.reference import ratios

    result: Fraction = getattr(ratios, formula)(*row)
    return result


def _divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    from engine.reference.rounding import divide

    return divide(numerator, denominator, rounding)


def _ratios(text: bytes) -> list[Fraction | None]:
    """Return the numbers of a result; None where 128 bits had no room for one."""
    parts = [
        int.from_bytes(text[start : start + NUMBER_BYTES], "little", signed=True)
        for start in range(0, len(text), NUMBER_BYTES)
    ]
    return [
        Fraction(numerator, denominator) if denominator else None
        for numerator, denominator in zip(parts[::2], parts[1::2], strict=True)
    ]


def without_bounds() -> np.errstate:
    """Let NumPy's floats become inf and nan without a warning, as those of compiled formulas do."""
    return np.errstate(over="ignore", invalid="ignore")


def summed(value: Any) -> Any:
    """Return the sum over the last axis."""
    with without_bounds():
        found = np.sum(np.atleast_1d(value), axis=-1)
    return found[()] if isinstance(found, np.ndarray) and found.ndim == 0 else found


def rounded(value: Any, step: DecimalLike, rounding: Word | np.ndarray[Any, Any]) -> Any:
    """Return exact numbers as multiples of a step, as fractions.

    Raises
    ------
    GridError
        The number is a float, or the step no step.
    """
    if is_float(value):
        raise GridError(f"step was {shown(step)}, and a number was a float: floats are not rounded")
    unit = Fraction(step_of("step", step))
    return _map(lambda number, each: _steps(number, unit, each) * unit, value, rounding)


def _steps(number: Fraction, unit: Fraction, rounding: Word) -> int:
    """Return a number over a step as a whole one."""
    member = rounding_of(rounding)
    try:
        (found,) = _ratios(_formulas.in_steps(_bytes_of(number), _bytes_of(unit), member))
    except OverflowError:
        found = None
    if found is not None:
        return int(found)
    steps = number / unit
    return _divide(steps.numerator, steps.denominator, member)


def _map(function: Callable[..., Any], value: Any, *others: Any) -> Any:
    if not any(isinstance(each, np.ndarray) for each in (value, *others)):
        return function(value, *others)
    columns = _columns((value, *others))
    found = [function(*row) for row in zip(*(each.flat for each in columns), strict=True)]
    return _shaped(found, columns[0].shape)


def finish(value: Any, step: Step, rounding: Word | np.ndarray[Any, Any]) -> Amount:
    """Return an answer as its caller wants it.

    Parameters
    ----------
    value
        What `call` gave.
    step
        Exact numbers become multiples of it. None: exact where the number is a finite decimal,
        else the nearest with 30 places. EXACT: a Fraction.
    rounding
        Which multiple.
    """
    if step is EXACT:
        return value
    if step is None:
        if is_float(value):
            return value
        if not isinstance(rounding, np.ndarray):
            rounding_of(rounding)  # which is not used, and still no word for nothing
        return _map(_decimal, value)
    places = _places(step_of("step", step))
    return _map(lambda number: _decimal(number, places), rounded(value, step, rounding))


def finish_unless(
    is_none: Any, value: Any, step: Step, rounding: Word | np.ndarray[Any, Any]
) -> Amount:
    """Return an answer as its caller wants it, and None, of floats nan, where there is none."""
    if is_float(value):
        if not isinstance(value, np.ndarray):
            return finish(np.nan if is_none else value, step, rounding)
        return finish(np.where(is_none, np.nan, value), step, rounding)
    return _map(
        lambda number, absent, each: None if absent else finish(number, step, each),
        value,
        is_none,
        rounding,
    )


def finish_price(value: Any, step: Step, rounding: Word | None, sign: Any) -> Amount:
    """Return a price as its caller wants it; among exact ones 0 stands for none.

    Without a rounding to the safe side: up for long positions, down for short ones.
    """
    if is_float(value):
        return finish(value, step, "ceiling")
    told = safe_rounding(sign) if rounding is None else rounding
    return finish_unless(value == 0, value, step, told)


def safe_rounding(sign: Any) -> Any:
    """Return how prices are rounded so as not to be too good: long ones up, short ones down."""
    found = np.where(np.asarray(sign) > 0, "ceiling", "floor")
    return str(found) if found.ndim == 0 else found


def _places(step: Decimal) -> int:
    exponent = step.normalize(EXACT_CONTEXT).as_tuple().exponent
    assert isinstance(exponent, int), "a step is finite"
    return max(0, -exponent)


def _decimal(number: Fraction, places_min: int = 0) -> Decimal:
    """Return a fraction as a decimal: exactly if it is one, else with 30 places."""
    places = _places_needed(number.denominator)
    if places is None:
        return _decimal(
            Fraction(
                _divide(number.numerator * 10**PLACES_MAX, number.denominator, Rounding.HALF_EVEN),
                10**PLACES_MAX,
            )
        )
    places = max(places, places_min)
    units = number.numerator * 10**places // number.denominator
    digits = tuple(map(int, str(abs(units))))
    return Decimal((int(units < 0), digits, -places))


def _places_needed(denominator: int) -> int | None:
    """Return how many decimal places a fraction in lowest terms has; None for one without end."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    return max(twos, fives) if rest == 1 else None


def all_of(values: Iterable[Any]) -> Any:
    """Return the sum of several numbers, by the compiled formula."""
    first, *others = values
    for other in others:
        first = call("total", first, other)
    return first


def there(name: str, value: Numbers) -> Numbers:
    """Return a number that must be there.

    Raises
    ------
    GridError
        It is None.
    """
    if value is None:
        raise GridError(f"{name} was None, must be there")
    return value


def absent(value: Any) -> tuple[Any, Any]:
    """Return numbers with 0 where one is None, and where that is."""
    if value is None:
        return 0, True
    is_array = hasattr(value, "__array__")
    if not isinstance(value, list | tuple) and not (is_array and value.dtype.kind == "O"):
        return value, False
    found = np.array(value, dtype=object)
    is_absent = np.array([each is None for each in found.flat], dtype=bool).reshape(found.shape)
    found[is_absent] = 0
    return found, is_absent


def exact_step(step: Step, *numbers: Numbers) -> Step:
    """Return a step for exact numbers; none where one of them is a float, which is not rounded."""
    has_floats = any(
        is_float(read(number=absent(number)[0])[0]) for number in numbers if number is not None
    )
    return None if has_floats else step


def absent_where(is_absent: Any, answer: Amount) -> Amount:
    """Return an answer that is not there where it is said: None, or NaN among floats."""
    if not np.any(is_absent):
        return answer
    nothing = np.nan if is_float(answer) else None
    if not np.ndim(is_absent) and not np.ndim(answer):
        return nothing
    mask, found = np.broadcast_arrays(np.asarray(is_absent), np.asarray(answer))
    found = found.copy()
    found[mask] = nothing
    return found
