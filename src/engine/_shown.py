"""How a message shows a value that somebody handed over, whatever it is, and refuses its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from operator import index
from typing import Final, SupportsFloat, SupportsIndex, cast

import numpy as np

__all__ = [
    "CHARACTERS_MAX",
    "check_callable",
    "check_iterable",
    "check_kind",
    "counted",
    "integer_of",
    "number_of",
    "shown",
]

CHARACTERS_MAX: Final = 60
"""Of a value in a message."""


def shown(value: object) -> str:
    """Return a value as a message shows it: cut short when it is long.

    Examples
    --------
    >>> shown("0.5"), shown(0.5), shown(10**5000), shown([10**5000])
    ("'0.5'", '0.5', 'an integer of 16610 bits', "a list that can't be written")
    """
    if isinstance(value, int) and value.bit_length() > 4 * CHARACTERS_MAX:
        return f"an integer of {value.bit_length()} bits"
    is_number = isinstance(value, Decimal | int | float | np.number) and not isinstance(value, Enum)
    try:
        text = str(value) if is_number else repr(value)
    except (ValueError, RecursionError):  # it holds an integer that is too long, or is too deep
        return f"a {type(value).__name__} that can't be written"
    if not isinstance(value, str):
        text = " ".join(text.split())  # of an array, which has lines
    return text if len(text) <= CHARACTERS_MAX else f"{text[:CHARACTERS_MAX]}..."


def counted(count: int, what: str) -> str:
    """Return so many of what has a regular plural.

    Examples
    --------
    >>> counted(1, "order"), counted(2_000, "order")
    ('1 order', '2,000 orders')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def check_kind(name: str, value: object, kind: type) -> None:
    """Refuse a value that is not of a kind.

    Raises
    ------
    TypeError
        It is of another.

    Examples
    --------
    >>> check_kind("symbol", 5, str)
    Traceback (most recent call last):
        ...
    TypeError: symbol was 5, of int, not a str
    """
    if not isinstance(value, kind):
        found = type(value).__name__
        raise TypeError(f"{name} was {shown(value)}, of {found}, not a {kind.__name__}")


def integer_of(name: str, value: object) -> int:
    """Return an integer of whatever type.

    Raises
    ------
    TypeError
        It is none.

    Examples
    --------
    >>> integer_of("timestamp", 1.5)
    Traceback (most recent call last):
        ...
    TypeError: timestamp was 1.5, of float, not an integer
    """
    try:
        return index(cast("SupportsIndex", value))
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"{name} was {shown(value)}, of {kind}, not an integer") from None


def number_of(name: str, value: object) -> float:
    """Return a number of whatever type as a float; a text is none.

    Raises
    ------
    TypeError
        It is none.
    OverflowError
        No float is so large.

    Examples
    --------
    >>> number_of("value", Decimal("0.5"))
    0.5
    >>> number_of("value", "0.5")
    Traceback (most recent call last):
        ...
    TypeError: value was '0.5', of str, not a number
    """
    try:
        if not isinstance(value, str | bytes):
            return float(cast("SupportsFloat", value))
    except OverflowError:
        raise OverflowError(f"{name} was {shown(value)}, beyond what a float holds") from None
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{name} was {shown(value)}, of {type(value).__name__}, not a number")


def check_iterable(name: str, value: Iterable[object], what: str) -> None:
    """Refuse a value that has no parts, and one text, whose letters are not what is meant.

    Raises
    ------
    TypeError
        It is one of these.

    Examples
    --------
    >>> check_iterable("symbols", "ABC", "symbols")
    Traceback (most recent call last):
        ...
    TypeError: symbols was 'ABC', of str, not symbols
    """
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise TypeError(f"{name} was {shown(value)}, of {type(value).__name__}, not {what}")


def check_callable(name: str, value: Callable[..., object]) -> None:
    """Refuse a value that can't be called.

    Raises
    ------
    TypeError
        It can't.

    Examples
    --------
    >>> check_callable("clock", 5)
    Traceback (most recent call last):
        ...
    TypeError: clock was 5, of int, not callable
    """
    if not callable(value):
        raise TypeError(f"{name} was {shown(value)}, of {type(value).__name__}, not callable")
