"""Phases of an instrument: what each of them takes, and who takes part in its auction."""

from __future__ import annotations

from typing import Final

from .._schema import CommandKind, OrderFlag, Phase, TimeInForce
from .commands import Command
from .orders import CONDITIONAL, IMMEDIATE, MARKET_TYPES, PEGGED, LiveOrder

COLLECTING: Final = frozenset(
    {Phase.PRE_OPEN, Phase.OPENING_CALL, Phase.VOLATILITY_CALL, Phase.CLOSING_CALL}
)
"""Phases in which orders come to rest without trading, until an auction."""

OPENING: Final = frozenset({Phase.PRE_OPEN, Phase.OPENING_CALL})

CALL_OF: Final = {
    TimeInForce.AT_THE_OPEN: OPENING,
    TimeInForce.AT_THE_CLOSE: frozenset({Phase.CLOSING_CALL}),
    TimeInForce.GOOD_FOR_AUCTION: COLLECTING,
}
"""The phases whose auction an order is for, by its time in force."""


def takes(phase: Phase, command: Command) -> bool:
    """Return whether a phase takes a SUBMIT or REPLACE; the other kinds are always taken.

    An auction fills what it can of an order and leaves the rest, so a call takes no order that
    must trade at once, in a certain amount, or not at all.
    """
    if phase in (Phase.HALT, Phase.CLOSED):
        return False
    if command.kind == CommandKind.REPLACE:
        return True
    time_in_force = TimeInForce(command.time_in_force)
    if time_in_force == TimeInForce.AT_THE_OPEN:
        return phase in OPENING
    if command.order_type in PEGGED:
        return phase not in COLLECTING
    waits = command.order_type in CONDITIONAL or command.flags & OrderFlag.ONE_TRIGGERS_OTHER
    if phase not in COLLECTING or waits:
        return True
    return takes_part(command)


def takes_part(order: Command | LiveOrder) -> bool:
    """Return whether an order can be collected for an auction."""
    is_minimum = order.minimum_quantity and not order.flags & OrderFlag.MINIMUM_EACH
    return is_kept_in_calls(order) and not is_minimum


def is_kept_in_calls(order: Command | LiveOrder) -> bool:
    """Return whether an order can be collected once it has had its minimum at entry."""
    never = OrderFlag.POST_ONLY | OrderFlag.BUDGET
    return not (order.time_in_force in IMMEDIATE or order.flags & never)


def waits_for_call(phase: Phase, order: LiveOrder) -> bool:
    """Return whether an order waits outside the book for the call that it is for."""
    calls = CALL_OF.get(order.time_in_force)
    return calls is not None and phase not in calls


def is_at_market(order: LiveOrder) -> bool:
    """Return whether an order takes part in an auction without a limit."""
    return order.order_type in MARKET_TYPES and not order.flags & OrderFlag.PROTECTED
