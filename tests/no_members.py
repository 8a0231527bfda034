"""Values that no enumeration has, whatever members it may be given yet."""

from __future__ import annotations

from enum import IntEnum, IntFlag

from engine import (
    CommandKind,
    OrderType,
    SelfTradeMode,
    TimeInForce,
    TriggerSource,
)

HIGHEST_BYTE = 255


def first_unused(flags: type[IntFlag]) -> int:
    """Return the lowest bit above all that there are."""
    return 1 << max(flags).bit_length()


def values_of_none(members: type[IntEnum]) -> list[int]:
    """Return the values of a byte that lie beside a member and are none, and the highest."""
    near = {value + step for value in members for step in (-1, 1)}
    return sorted((near | {HIGHEST_BYTE}) - {*members} - {-1})


ENUMERATED: dict[str, type[IntEnum]] = {
    "kind": CommandKind,
    "order_type": OrderType,
    "time_in_force": TimeInForce,
    "self_trade_mode": SelfTradeMode,
    "trigger_source": TriggerSource,
}
"""The fields of a command that name a member, by a byte that is zero or more."""
NO_MEMBERS = [
    (name, value) for name, members in ENUMERATED.items() for value in values_of_none(members)
]
