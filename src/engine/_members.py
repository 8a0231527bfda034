"""Members of enumerations as people write them: by name in any case, as a member, as an integer."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

from engine.errors import CommandError

__all__ = ["member_of"]

Member = TypeVar("Member", bound=IntEnum)


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
    if isinstance(value, str):
        member = enumeration.__members__.get(value.upper())
        if member is not None:
            return member
    elif not isinstance(value, bool):
        try:
            return enumeration(value)
        except ValueError:
            pass
    names = ", ".join(repr(name.lower()) for name in enumeration.__members__)
    raise CommandError(f"{field} was {value!r}, not one of {names}")
