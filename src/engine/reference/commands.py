"""Commands as plain tuples, and what makes one unreadable.

A command that can be read may still be refused, with a report (see `validation`). One that cannot,
because a field holds no value of its enumeration, is misuse: it raises before anything
has happened.
"""

from __future__ import annotations

from operator import index
from typing import Final, NamedTuple, NoReturn, SupportsIndex, TypeGuard

import numpy as np

from .._schema import (
    COMMAND_DTYPE,
    AccountFlag,
    CancelScope,
    CommandKind,
    FundingSource,
    Limit,
    MarginMode,
    OrderFlag,
    OrderType,
    Phase,
    PositionMode,
    RateLimit,
    SelfTradeMode,
    Side,
    SwitchScope,
    TimeInForce,
    TriggerSource,
)
from .._shown import shown
from ..errors import CommandError
from ..records import RecordArray


class Command(NamedTuple):
    """One instruction to the engine, field by field as in `COMMAND_DTYPE`."""

    kind: int
    side: int = 0
    order_type: int = 0
    time_in_force: int = 0
    flags: int = 0
    instrument: int = 0
    account: int = 0
    order_id: int = 0
    price: int = 0
    quantity: int = 0
    timestamp: int = 0
    command_id: int = 0
    client_order_id: int = 0
    trigger_price: int = 0
    display_quantity: int = 0
    minimum_quantity: int = 0
    expiry: int = 0
    offset: int = 0
    bound: int = 0
    linked_order_id: int = 0
    self_trade_group: int = 0
    self_trade_mode: int = 0
    trigger_source: int = 0
    selector: int = 0


assert Command._fields == COMMAND_DTYPE.names, "Command must follow COMMAND_DTYPE"

MEMBERS: Final = {
    "order_type": frozenset(map(int, OrderType)),
    "time_in_force": frozenset(map(int, TimeInForce)),
    "self_trade_mode": frozenset(map(int, SelfTradeMode)),
    "trigger_source": frozenset(map(int, TriggerSource)),
}
FLAG_BITS: Final = sum(OrderFlag)
SCOPES: Final = range(sum(CancelScope) + 1)
PHASES: Final = frozenset(map(int, Phase))
PERMISSIONS: Final = range(sum(AccountFlag) + 1)
LIMITS: Final = frozenset(map(int, Limit))
RATES: Final = frozenset(map(int, RateLimit))
SELECTABLE: Final = {
    int(CommandKind.SET_PHASE): PHASES,
    int(CommandKind.SET_ACCOUNT): PERMISSIONS,
    int(CommandKind.SET_POSITION_MODE): frozenset(map(int, PositionMode)),
    int(CommandKind.SET_MARGIN_MODE): frozenset(map(int, MarginMode)),
    int(CommandKind.SET_LIMIT): LIMITS,
    int(CommandKind.SET_DEFAULT_LIMIT): LIMITS,
    int(CommandKind.SWITCH): range(sum(SwitchScope) + 1),
    int(CommandKind.SET_RATE): RATES,
    int(CommandKind.FUND): frozenset(map(int, FundingSource)),
}
"""What the selector of a kind may be, where that is not a scope."""
KINDS: Final = frozenset(map(int, CommandKind))
SIDES: Final = frozenset(map(int, Side))

RANGES: Final = {
    name: np.iinfo(COMMAND_DTYPE[name]) for name in Command._fields
}  # of the integers that fit in each field


def misuse(command: Command) -> str | None:
    """Return the first field with a value outside its enumeration, None for a readable command.

    The side is read, and so checked, for SUBMIT only.
    """
    if command.kind not in KINDS:
        return "kind"
    if command.kind == CommandKind.SUBMIT and command.side not in SIDES:
        return "side"
    for field, members in MEMBERS.items():
        if getattr(command, field) not in members:
            return field
    if command.flags & ~FLAG_BITS:
        return "flags"
    selectable = SELECTABLE.get(command.kind, SCOPES)
    return None if command.selector in selectable else "selector"


def is_integer(value: object) -> TypeGuard[SupportsIndex]:
    """Return whether a side could be meant: True and False are integers in Python, and none."""
    return hasattr(value, "__index__") and not isinstance(value, bool)


def refuse_side(value: object) -> NoReturn:
    """Say what a side is. Raises CommandError."""
    names = ", ".join(f"{side.name}={int(side)}" for side in Side)
    raise CommandError(f"side was {shown(value)}, not one of {names}")


def side_of(value: object) -> Side:
    """Return the side that a question names.

    Raises
    ------
    CommandError
        There is no such side.
    """
    if not is_integer(value) or index(value) not in SIDES:
        refuse_side(value)
    return Side(index(value))


def command_of(kind: CommandKind, **fields: int) -> Command:
    """Return the command that one call makes.

    Raises
    ------
    CommandError
        When a field holds no value of its enumeration.
    OverflowError
        When a number does not fit in its field.
    """
    for name, value in fields.items():
        if name == "side" and not is_integer(value):
            refuse_side(value)
        limits = RANGES[name]
        if not limits.min <= index(value) <= limits.max:
            raise OverflowError(f"{name} was {shown(value)}, outside {limits.min} to {limits.max}")
    command = Command(int(kind), **{name: index(value) for name, value in fields.items()})
    field = misuse(command)
    if field == "side":
        refuse_side(command.side)
    if field is not None:
        raise CommandError(f"{field} was {getattr(command, field)}, which names nothing")
    return command


def commands_of(array: RecordArray) -> list[Command]:
    """Return the commands of a batch, each checked to be readable.

    Raises
    ------
    CommandError
        When the array is not one-dimensional, contiguous and of `COMMAND_DTYPE`, or a field of a
        record holds no value of its enumeration; the message names the index and the field.
    """
    if not isinstance(array, np.ndarray) or array.dtype != COMMAND_DTYPE:
        raise CommandError(
            f"commands was {getattr(array, 'dtype', type(array))}, not an array of COMMAND_DTYPE"
        )
    if array.ndim != 1:
        raise CommandError(f"commands had {array.ndim} dimensions, not 1")
    if not array.flags.c_contiguous:
        raise CommandError(f"commands had strides of {array.strides[0]} bytes, not contiguous")
    commands = [Command(*record) for record in array.tolist()]
    for place, command in enumerate(commands):
        field = misuse(command)
        if field is not None:
            value = getattr(command, field)
            raise CommandError(f"commands[{place}].{field} was {shown(value)}, which names nothing")
    return commands
