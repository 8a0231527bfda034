"""Cores that keep accounts and check their orders, and venues in decimals that do the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from passes import fill
from tapes import Tape

from engine import Core, Engine, Instrument, ReplacePriority
from engine.load.checks import CONTRACT, EVERY_CHECK, GROUPS, NO_CHECKS, Checks, set_up
from engine.load.checks import checked_core as empty_checked_core

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

PRICE: Final = 1_000_000
"""Where the workloads begin."""
SYMBOL: Final = "BTC-USD"
TICK: Final = Decimal("0.01")
LOT: Final = Decimal("0.001")


def checked_core(books: int, accounts: int, checks: Checks) -> Core:
    """Return a core with accounts from 0 on, and the books of a workload, which are empty."""
    core = empty_checked_core(books, checks)
    fill(core, set_up(books, accounts, checks, PRICE))
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
    venue.match(set_up(1, accounts, checks, PRICE))
    return venue


def loaded_checked_core(tape: Tape, checks: Checks) -> Core:
    """Return a core with accounts, and the preload of a tape in it."""
    core = checked_core(tape.books, tape.accounts, checks)
    fill(core, tape.commands[: tape.preload])
    return core
