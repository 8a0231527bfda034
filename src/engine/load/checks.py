"""Cores that keep accounts and check their orders: what is configured, and in which commands.

All instruments are linear and settle in one currency, of which every account gets the same amount.
The mark price of each is told once, so that positions gain and lose.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np

from engine._core import Core
from engine._schema import (
    COMMAND_DTYPE,
    CommandKind,
    ContractKind,
    Limit,
    RateLimit,
    ReplacePriority,
    TriggerSource,
)
from engine.records import RecordArray, commands_of

__all__ = ["CONTRACT", "EVERY_CHECK", "GROUPS", "NO_CHECKS", "Checks", "checked_core", "set_up"]

GROUPS: Final = 10
"""An account in so many is of the same self-trade group."""
OF_INSTRUMENT: Final = (
    *(Limit.ORDER_QUANTITY, Limit.ORDER_VALUE, Limit.PRICE_DISTANCE, Limit.POSITION),
)
CONTRACT: Final = {
    "kind": ContractKind.LINEAR,
    "settle": 0,
    "value_factor": 1,
    "maker_rate": 200_000,
    "taker_rate": 500_000,
    "initial_rate": 50_000_000,
    "maintenance_rate": 25_000_000,
}
"""Twenty times leverage, fees of 2 and 5 in ten thousand."""
NOTHING: Final[Mapping[Any, int]] = MappingProxyType({})


class Checks(NamedTuple):
    """What is configured beyond the accounts themselves, which always must afford their orders.

    Examples
    --------
    >>> print("; ".join(NO_CHECKS.lines()))
    funds and margin
    >>> len(EVERY_CHECK.lines())
    6
    """

    limits: Mapping[Limit, int] = NOTHING
    """By default for every account, in every instrument and the currency."""
    rates: Mapping[RateLimit, int] = NOTHING
    """Of the tier that all accounts have."""
    bounds: Mapping[str, int] = NOTHING
    """Terms of each instrument."""
    notional: Mapping[str, int] = NOTHING
    """Terms of each contract."""
    leverage: int = 0
    """In hundredths, which each account has chosen in one instrument; 0 for none."""
    deposit: int = 2**40
    """What each account has."""
    flags: int = 0
    """Permissions that are taken from one account in ten."""
    switch: Mapping[str, int] = NOTHING
    """Fields of a SWITCH that turns something off."""

    def lines(self) -> list[str]:
        """Return what is checked, in words."""
        found = ["funds and margin"]
        if self.leverage:
            found.append(f"leverage of {self.leverage / 100:g} in one instrument each")
        if self.bounds:
            found.append(f"bounds: {_words(self.bounds)}")
        if self.notional:
            found.append(f"value: {_words(self.notional)}")
        if self.limits:
            found.append(f"limits: {_words({limit.name: 0 for limit in self.limits})}")
        if self.rates:
            found.append(f"rate limits: {_words({limit.name: 0 for limit in self.rates})}")
        return found


NO_CHECKS: Final = Checks()
EVERY_CHECK: Final = Checks(
    limits={
        Limit.ORDER_QUANTITY: 10**6,
        Limit.ORDER_VALUE: 10**12,
        Limit.OPEN_ORDERS: 10**6,
        Limit.PRICE_DISTANCE: 500_000,
        Limit.DUPLICATE_WINDOW: 1,
        Limit.POSITION: 10**9,
        Limit.NET_EXPOSURE: 10**15,
        Limit.GROSS_EXPOSURE: 10**15,
        Limit.DAILY_LOSS: 10**15,
        Limit.DRAWDOWN: 10**15,
    },
    rates={
        RateLimit.ORDERS_PER_TEN_SECONDS: 10**7,
        RateLimit.ORDERS_PER_MINUTE: 10**7,
        RateLimit.ORDERS_PER_DAY: 10**7,
        RateLimit.CANCELS_PER_MINUTE: 10**7,
    },
    bounds={"min_price": 1, "max_price": 2**40, "min_quantity": 1, "max_quantity": 10**6},
    notional={"min_value": 1, "max_value": 10**13},
    leverage=1_000,
)
"""All of them, none of which the workloads come near."""


def set_up(books: int, accounts: int, checks: Checks, price: int) -> RecordArray:
    """Return the commands that bring accounts, their money, and what is checked.

    Parameters
    ----------
    books, accounts
        How many instruments and accounts, both numbered from 0.
    checks
        What is configured.
    price
        The mark price of each instrument, ticks.
    """
    numbers = np.arange(accounts, dtype=np.uint32)
    parts = [_rate(limit, value) for limit, value in checks.rates.items()]
    parts += [_default_limit(books, limit, value) for limit, value in checks.limits.items()]
    some = commands_of(accounts, CommandKind.SET_ACCOUNT, account=numbers)
    some["self_trade_group"] = numbers % GROUPS
    some["selector"][::GROUPS] = checks.flags
    parts.append(some)
    parts.append(
        commands_of(accounts, CommandKind.DEPOSIT, account=numbers, quantity=checks.deposit)
    )
    if checks.leverage:
        chosen = {"account": numbers, "instrument": numbers % books, "quantity": checks.leverage}
        parts.append(commands_of(accounts, CommandKind.SET_LEVERAGE, **chosen))
    each = np.arange(books, dtype=np.uint32)
    told = {"instrument": each, "price": price, "trigger_source": TriggerSource.MARK}
    parts.append(commands_of(books, CommandKind.SET_PRICE, **told))
    if checks.switch:
        parts.append(commands_of(1, CommandKind.SWITCH, quantity=1, **checks.switch))
    return np.concatenate(parts, dtype=COMMAND_DTYPE)


def checked_core(books: int, checks: Checks) -> Core:
    """Return a core that keeps accounts, with one currency and empty books.

    Parameters
    ----------
    books
        How many instruments.
    checks
        Of which the bounds of instruments and contracts are used here, the rest by `set_up`.
    """
    core = Core(accounts=True)
    core.add_currency()
    for _ in range(books):
        core.add_instrument(
            contract=CONTRACT | dict(checks.notional),
            replace_priority=ReplacePriority.ALWAYS_LOSE,
            **checks.bounds,  # type: ignore[arg-type]
        )
    return core


def _words(of: Mapping[str, int]) -> str:
    return ", ".join(name.lower().replace("_", " ") for name in of)


def _rate(limit: RateLimit, value: int) -> RecordArray:
    return commands_of(1, CommandKind.SET_RATE, selector=limit, quantity=value)


def _default_limit(books: int, limit: Limit, value: int) -> RecordArray:
    """Return the commands that set a limit for all accounts, wherever it can be."""
    where = np.arange(books if limit in OF_INSTRUMENT else 1, dtype=np.uint32)
    of = {"instrument": where, "selector": limit, "quantity": value}
    return commands_of(len(where), CommandKind.SET_DEFAULT_LIMIT, **of)
