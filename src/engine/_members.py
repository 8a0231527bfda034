"""Members of enumerations as people write them, by name in any case or as an integer; truths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import wraps
from inspect import Parameter, signature
from typing import Final, ParamSpec, TypeVar

import numpy as np

from engine._schema import TriggerSource
from engine._shown import shown
from engine.errors import CommandError

__all__ = [
    "ORDER_SOURCES",
    "Spellings",
    "check_named",
    "member_of",
    "members_by_value",
    "nearest_names",
    "refuse_names",
    "says_keywords",
    "says_names",
    "truth_of",
]

Member = TypeVar("Member", bound=IntEnum)
Made = TypeVar("Made")
Given = ParamSpec("Given")
Result = TypeVar("Result")

ORDER_SOURCES: Final = (TriggerSource.LAST, TriggerSource.MARK, TriggerSource.INDEX)
"""The prices that an order can wait for."""
NAMES_SHOWN_MAX: Final = 3


class Spellings(dict[str, Member]):
    """Members by name, in any case: those in lower and upper case are found without a call.

    Parameters
    ----------
    enumeration
        Whose members.
    field
        What a message calls a name.
    among
        Those that are taken, where not all are.

    Examples
    --------
    >>> from engine._schema import Side
    >>> sides = Spellings(Side, "side")
    >>> sides["buy"], sides["SELL"], sides["Buy"]
    (<Side.BUY: 1>, <Side.SELL: -1>, <Side.BUY: 1>)
    """

    def __init__(
        self, enumeration: type[Member], field: str, among: Iterable[Member] | None = None
    ) -> None:
        taken = tuple(enumeration if among is None else among)
        super().__init__((member.name.lower(), member) for member in taken)
        self.update((member.name, member) for member in taken)
        self.enumeration = enumeration
        self.field = field
        self.among = taken

    def __missing__(self, name: str) -> Member:
        """Return the member, or raise CommandError."""
        return member_of(self.enumeration, name, self.field, self.among)


def member_of(
    enumeration: type[Member],
    value: object,
    field: str,
    among: Iterable[Member] | None = None,
) -> Member:
    """Return the member that a value stands for.

    Parameters
    ----------
    enumeration
        Where to look.
    value
        A member, its name in any case, or its integer.
    field
        What a message calls the value.
    among
        The members that are taken, where not all are.

    Raises
    ------
    CommandError
        The enumeration has no such member, or it is not taken.

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
    member = _known(enumeration, value)
    if member is not None and (among is None or member in among):
        return member
    taken = enumeration if among is None else among
    names = ", ".join(repr(member.name.lower()) for member in taken)
    raise CommandError(f"{field} was {shown(value)}, not one of {names}")


def _known(enumeration: type[Member], value: object) -> Member | None:
    if type(value) is enumeration:
        return value
    if isinstance(value, str):
        return enumeration.__members__.get(value.upper())
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        return None
    try:
        return enumeration(int(value))
    except ValueError:
        return None


def members_by_value(enumeration: type[Member]) -> list[Member | None]:
    """Return the members of an enumeration by value; None where there is none."""
    members: list[Member | None] = [None] * (max(enumeration) + 1)
    for member in enumeration:
        members[member] = member
    return members


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
    raise TypeError(f"{field} was {shown(value)}, of {type(value).__name__}, not a bool")


def check_named(what: str, places: tuple[object, ...], example: str) -> None:
    """Refuse arguments without a name, where all have one.

    Parameters
    ----------
    what
        What was called.
    places
        What it was given by place.
    example
        How to call it.

    Raises
    ------
    TypeError
        There are such.

    Examples
    --------
    >>> check_named("Core", (5,), "Core(max_orders=1000)")
    Traceback (most recent call last):
        ...
    TypeError: Core was given 5 without a name, it takes all by name: Core(max_orders=1000)
    """
    if places:
        raise TypeError(
            f"{what} was given {shown(places[0])} without a name, it takes all by name: {example}"
        )


def nearest_names(name: str, names: Iterable[str]) -> str:
    """Return what a message says of the names that are most like one, nothing where none is."""
    from difflib import get_close_matches  # for the message only

    spelled = {known.casefold(): known for known in names}
    close = get_close_matches(name.casefold(), spelled, n=NAMES_SHOWN_MAX, cutoff=0.5)
    if not close:
        return ""
    shown = ", ".join(repr(spelled[near]) for near in close)
    return f": nearest {'is' if len(close) == 1 else 'are'} {shown}"


def refuse_names(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a keyword that is not taken, and say which that are are most like it.

    Parameters
    ----------
    what
        What was called.
    given
        The keywords that it was given.
    known
        Those that it takes.

    Raises
    ------
    TypeError
        One is not among them.

    Examples
    --------
    >>> refuse_names("Currency", ["unti"], ["name", "unit"])
    Traceback (most recent call last):
        ...
    TypeError: Currency() got an unexpected keyword argument 'unti': nearest is 'unit'
    """
    taken = list(known)
    for name in given:
        if name not in taken:
            raise TypeError(
                f"{what}() got an unexpected keyword argument {name!r}{nearest_names(name, taken)}"
            )


def says_names(made: type[Made]) -> type[Made]:
    """Let a class refuse keywords as `refuse_names` does; its own `__init__` says what it takes.

    Parameters
    ----------
    made
        The class, which is changed.

    Examples
    --------
    >>> @says_names
    ... class Tick:
    ...     def __init__(self, *, size):
    ...         self.size = size
    >>> Tick(size=3).size
    3
    >>> Tick(sise=3)
    Traceback (most recent call last):
        ...
    TypeError: Tick() got an unexpected keyword argument 'sise': nearest is 'size'
    """
    begin = _or_say(made.__name__, vars(made)["__init__"])
    setattr(made, "__init__", begin)  # noqa: B010 - as an assignment it has no type
    return made


def says_keywords(method: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a method refuse keywords as `refuse_names` does.

    Parameters
    ----------
    method
        Of a class or of its objects.

    Examples
    --------
    >>> class Door:
    ...     @classmethod
    ...     @says_keywords
    ...     def open(cls, *, wide=False):
    ...         return wide
    >>> Door.open(wide=True)
    True
    >>> Door.open(wyde=True)
    Traceback (most recent call last):
        ...
    TypeError: open() got an unexpected keyword argument 'wyde': nearest is 'wide'
    """
    return _or_say(method.__name__, method)


def _or_say(what: str, call: Callable[Given, Result]) -> Callable[Given, Result]:
    @wraps(call)
    def call_or_say(*places: Given.args, **given: Given.kwargs) -> Result:
        # Nothing is looked at before it has failed: what is made often must not pay for it.
        try:
            return call(*places, **given)
        except TypeError:
            taken = signature(call).parameters.values()
            if all(its.kind != Parameter.VAR_KEYWORD for its in taken):
                refuse_names(what, given, [its.name for its in taken][1:])
            raise

    return call_or_say
