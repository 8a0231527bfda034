"""Cores that keep accounts and check their orders: what is configured, and in which commands.

All instruments are linear and settle in one currency, of which every account gets the same amount.
The mark price of each is told once, so that positions gain and lose.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
from passes import fill
from special import joined
from tapes import Tape

from engine import (
    CommandKind,
    ContractKind,
    Core,
    Engine,
    Instrument,
    Limit,
    RateLimit,
    ReplacePriority,
    TriggerSource,
)
from engine.records import RecordArray, commands_of

__all__ = [
    "CONTRACT",
    "EVERY_CHECK",
    "GROUPS",
    "LOT",
    "NO_CHECKS",
    "PRICE",
    "SYMBOL",
    "TICK",
    "Checks",
    "checked_core",
    "checked_venue",
    "loaded_checked_core",
]

GROUPS: Final = 10
PRICE: Final = 1_000_000
"""Where the workloads begin."""
SYMBOL: Final = "BTC-USD"
TICK: Final = Decimal("0.01")
LOT: Final = Decimal("0.001")
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
    """What is configured beyond the accounts themselves, which always must afford their orders."""

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


def set_up(books: int, accounts: int, checks: Checks) -> RecordArray:
    """Return the commands that bring accounts, their money, and what is checked."""
    numbers = np.arange(accounts, dtype=np.uint32)
    funded = {"account": numbers, "instrument": 0, "quantity": checks.deposit}
    parts = [_rate(limit, value) for limit, value in checks.rates.items()]
    parts += [_default_limit(books, limit, value) for limit, value in checks.limits.items()]
    made = commands_of(accounts, CommandKind.SET_ACCOUNT, account=numbers)
    made["self_trade_group"] = numbers % GROUPS
    made["selector"][::GROUPS] = checks.flags
    parts += [made, commands_of(accounts, CommandKind.DEPOSIT, **funded)]
    if checks.leverage:
        chosen = {"account": numbers, "instrument": numbers % books, "quantity": checks.leverage}
        parts.append(commands_of(accounts, CommandKind.SET_LEVERAGE, **chosen))
    each = np.arange(books, dtype=np.uint32)
    told = {"instrument": each, "price": PRICE, "trigger_source": TriggerSource.MARK}
    parts.append(commands_of(books, CommandKind.SET_PRICE, **told))
    if checks.switch:
        parts.append(commands_of(1, CommandKind.SWITCH, quantity=1, **checks.switch))
    return joined(*parts)


def checked_core(books: int, accounts: int, checks: Checks) -> Core:
    """Return a core with accounts from 0 on, and the books of a workload, which are empty."""
    core = Core(accounts=True)
    core.add_currency()
    for _ in range(books):
        core.add_instrument(
            contract=CONTRACT | dict(checks.notional),
            replace_priority=ReplacePriority.ALWAYS_LOSE,
            **checks.bounds,  # type: ignore[arg-type]
        )
    fill(core, set_up(books, accounts, checks))
    return core


def checked_venue(accounts: int, checks: Checks) -> Engine:
    """Return the same in decimals, with one instrument: a unit is a lot at one tick."""
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit=TICK * LOT)
    bounds, notional = checks.bounds, checks.notional
    billion = Decimal(10**9)
    swap = Instrument(
        symbol=SYMBOL,
        tick_size=TICK,
        lot_size=LOT,
        kind="linear",
        quote="USD",
        maker_fee=CONTRACT["maker_rate"] / billion,
        taker_fee=CONTRACT["taker_rate"] / billion,
        initial_margin=CONTRACT["initial_rate"] / billion,
        maintenance_margin=CONTRACT["maintenance_rate"] / billion,
        min_price=bounds["min_price"] * TICK,
        max_price=bounds["max_price"] * TICK,
        min_quantity=bounds["min_quantity"] * LOT,
        max_quantity=bounds["max_quantity"] * LOT,
        min_notional=notional["min_value"] * TICK * LOT,
        max_notional=notional["max_value"] * TICK * LOT,
        replace_priority=ReplacePriority.ALWAYS_LOSE,
    )
    venue.add_instrument(swap)
    venue.match(set_up(1, accounts, checks))
    return venue


def loaded_checked_core(tape: Tape, checks: Checks) -> Core:
    """Return a core with accounts, and the preload of a tape in it."""
    core = checked_core(tape.books, tape.accounts, checks)
    fill(core, tape.commands[: tape.preload])
    return core


def _rate(limit: RateLimit, value: int) -> RecordArray:
    return commands_of(1, CommandKind.SET_RATE, selector=limit, quantity=value)


def _default_limit(books: int, limit: Limit, value: int) -> RecordArray:
    """Return the commands that set a limit for all accounts, wherever it can be."""
    where = np.arange(books if limit in OF_INSTRUMENT else 1, dtype=np.uint32)
    of = {"instrument": where, "selector": limit, "quantity": value}
    return commands_of(len(where), CommandKind.SET_DEFAULT_LIMIT, **of)
