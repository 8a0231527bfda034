"""Members of enumerations as people write them, by name in any case or as an integer; truths."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

import numpy as np

from engine.errors import CommandError

__all__ = ["Spellings", "member_of", "truth_of"]

Member = TypeVar("Member", bound=IntEnum)


class Spellings(dict[str, Member]):
    """Members by name, in any case: those in lower and upper case are found without a call.

    Parameters
    ----------
    enumeration
        Whose members.
    field
        What a message calls a name.

    Examples
    --------
    >>> from engine._schema import Side
    >>> sides = Spellings(Side, "side")
    >>> sides["buy"], sides["SELL"], sides["Buy"]
    (<Side.BUY: 1>, <Side.SELL: -1>, <Side.BUY: 1>)
    """

    def __init__(self, enumeration: type[Member], field: str) -> None:
        names = enumeration.__members__.items()
        super().__init__((name.lower(), member) for name, member in names)
        self.update(names)
        self.enumeration = enumeration
        self.field = field

    def __missing__(self, name: str) -> Member:
        """Return the member, or raise CommandError."""
        return member_of(self.enumeration, name, self.field)


def member_of(enumeration: type[Member], value: object, field: str) -> Member:
    """Return the member that a value stands for.

    Parameters
    ----------
    enumeration
        Where to look.
    value
        A member, its name in any case, or its integer.
    field
        What a message calls the value.

    Raises
    ------
    CommandError
        The enumeration has no such member.

    Examples
    --------
    >>> from engine._schema import Side, TimeInForce
    >>> member_of(Side, "Sell", "side"), member_of(TimeInForce, 2, "time_in_force")
    (<Side.SELL: -1>, <TimeInForce.FOK: 2>)
    >>> member_of(Side, "short", "side")
    Traceback (most recent call last):
        ...
    engine.errors.CommandError: side was 'short', not one of 'buy', 'sell'
    """
    if type(value) is enumeration:
        return value
    if isinstance(value, str):
        member = enumeration.__members__.get(value.upper())
        if member is not None:
            return member
    elif isinstance(value, int | np.integer) and not isinstance(value, bool):
        try:
            return enumeration(int(value))
        except ValueError:
            pass  # told below, as everything else is
    names = ", ".join(repr(name.lower()) for name in enumeration.__members__)
    raise CommandError(f"{field} was {value!r}, not one of {names}")


def truth_of(value: object, field: str) -> bool:
    """Return a truth, and take nothing else for one: "no" and "False" are true in Python.

    Parameters
    ----------
    value
        A bool, of Python or NumPy.
    field
        What a message calls the value.

    Raises
    ------
    TypeError
        It is none.

    Examples
    --------
    >>> truth_of(np.bool_(True), "post_only")
    True
    >>> truth_of("no", "post_only")
    Traceback (most recent call last):
        ...
    TypeError: post_only was 'no', of str, not a bool
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise TypeError(f"{field} was {value!r}, of {type(value).__name__}, not a bool")
