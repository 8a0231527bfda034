"""Cores that keep accounts and check their orders, and venues in decimals that do the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from passes import fill
from tapes import Tape

from engine import Core, Engine
from engine.bench.venue import checked_instrument
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
    venue.add_instrument(checked_instrument(SYMBOL, TICK, LOT, checks))
    venue.match(set_up(1, accounts, checks, PRICE))
    return venue


def loaded_checked_core(tape: Tape, checks: Checks) -> Core:
    """Return a core with accounts, and the preload of a tape in it."""
    core = checked_core(tape.books, tape.accounts, checks)
    fill(core, tape.commands[: tape.preload])
    return core
