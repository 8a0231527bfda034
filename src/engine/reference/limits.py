"""Limits and switches: what an operator lets accounts do, and no more.

Only what was told is kept here, and what of the past limits ask for: see `accounts.Past`. What an
account has open and is exposed to is found anew from its orders and positions: see `exposures`.
"""

from __future__ import annotations

from typing import Final

from .._schema import SET_DEFAULT_LIMIT, SET_LIMIT, SWITCH, Limit, SwitchScope
from .commands import Command

OF_LIMITS: Final = (SET_LIMIT, SET_DEFAULT_LIMIT)
"""The kinds whose selector is a limit."""
OF_INSTRUMENT: Final = frozenset(
    {Limit.ORDER_QUANTITY, Limit.ORDER_VALUE, Limit.PRICE_DISTANCE, Limit.POSITION}
)
"""The limits that are of an instrument."""
OF_CURRENCY: Final = frozenset(
    {Limit.NET_EXPOSURE, Limit.GROSS_EXPOSURE, Limit.DAILY_LOSS, Limit.DRAWDOWN}
)
"""The limits that are of a currency; the others are of the account as a whole."""
NO_LIMIT: Final = -1
SCOPES: Final = (SwitchScope.BY_ACCOUNT, SwitchScope.BY_GROUP, SwitchScope.BY_INSTRUMENT)
VENUE: Final = SwitchScope(0)


class Limits:
    """The limits of every account, and those of accounts that have none of their own."""

    def __init__(self) -> None:
        self.own: dict[tuple[int, int, int], int] = {}
        """By account, limit, and instrument or currency."""
        self.defaults: dict[tuple[int, int], int] = {}

    def set(self, command: Command) -> None:
        """Set a limit, or take it away."""
        key = (command.selector, command.instrument)
        if command.kind == SET_DEFAULT_LIMIT:
            self.defaults.pop(key, None)
            if command.quantity != NO_LIMIT:
                self.defaults[key] = command.quantity
            return
        self.own.pop((command.account, *key), None)
        if command.quantity != NO_LIMIT:
            self.own[command.account, *key] = command.quantity

    def get(self, account: int, limit: Limit, number: int = 0) -> int | None:
        """Return the limit that holds for an account, None when none does."""
        return self.own.get((account, limit, number), self.defaults.get((limit, number)))


class Switches:
    """What is switched off, each by its scope."""

    def __init__(self) -> None:
        self.off: dict[SwitchScope, set[int]] = {scope: set() for scope in (VENUE, *SCOPES)}
        """The numbers by scope; 0 for the venue."""

    def turn(self, command: Command) -> None:
        """Turn trading off or on."""
        numbers = self.off[scope_of(command)]
        number = number_of(command)
        if command.quantity:
            numbers.add(number)
        else:
            numbers.discard(number)

    def is_enabled(self, account: int, group: int, instrument: int) -> bool:
        """Return whether no switch that holds for an account in an instrument is off."""
        return not (
            self.off[VENUE]
            or account in self.off[SwitchScope.BY_ACCOUNT]
            or group in self.off[SwitchScope.BY_GROUP]
            or instrument in self.off[SwitchScope.BY_INSTRUMENT]
        )


def scope_of(command: Command) -> SwitchScope:
    """Return for what a SWITCH is: one scope, or the venue."""
    return SwitchScope(command.selector) & ~SwitchScope.KEEP_ORDERS


def number_of(command: Command) -> int:
    """Return which of its scope a SWITCH is for; 0 for the venue."""
    return {
        SwitchScope.BY_ACCOUNT: command.account,
        SwitchScope.BY_GROUP: command.self_trade_group,
        SwitchScope.BY_INSTRUMENT: command.instrument,
    }.get(scope_of(command), 0)


def names_instrument(command: Command) -> bool:
    """Return whether the instrument of a command of limits and switches is one."""
    if command.kind == SWITCH:
        return bool(command.selector & SwitchScope.BY_INSTRUMENT)
    return command.selector in OF_INSTRUMENT


def is_switched(command: Command, account: int, group: int, instrument: int) -> bool:
    """Return whether a SWITCH holds for the orders of an account in an instrument."""
    named = {
        SwitchScope.BY_ACCOUNT: account,
        SwitchScope.BY_GROUP: group,
        SwitchScope.BY_INSTRUMENT: instrument,
    }.get(scope_of(command), 0)
    return named == number_of(command)
