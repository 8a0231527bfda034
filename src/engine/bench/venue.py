"""Venues that probes measure: accounts with every check on, books that are filled, and its flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Final

import numpy as np

from engine._core import Core
from engine._engine import Engine
from engine._feed import FeedBuilder
from engine._schema import ReplacePriority
from engine.bench.reading import require
from engine.budgets.row import Condition
from engine.decimal_grid import decimal_of
from engine.instrument import Instrument
from engine.load import Scenario, order_flow, scenario
from engine.load.checks import CONTRACT, EVERY_CHECK, Checks, checked_core, set_up
from engine.load.flow import opening_orders
from engine.records import RecordArray

__all__ = [
    "SCENARIO",
    "checked_instrument",
    "conditions",
    "decimal_venue",
    "filled_core",
    "flow",
    "grid",
]

SCENARIO: Final = replace(
    scenario("demo-recommended"), users=50_000, depth=100_000, session_seconds=3_600
)
"""What single calls are measured with: 50,000 accounts, a hundred thousand resting orders."""
BILLION: Final = Decimal(10**9)
CHECKS: Final = EVERY_CHECK._replace(deposit=2**62 // SCENARIO.accounts)
"""Every account has as much money as all of them can have."""


def conditions(of: Scenario = SCENARIO) -> dict[str, Condition]:
    """Return what a venue of a scenario has on."""
    return {
        "checks": "every",
        "accounts": of.accounts,
        "depth": of.depth,
        "symbols": len(of.symbols),
    }


def grid(of: Scenario = SCENARIO) -> tuple[Decimal, Decimal]:
    """Return the sizes of a tick and a lot."""
    return decimal_of("tick_size", of.tick_size), decimal_of("lot_size", of.lot_size)


def flow(count: int, of: Scenario = SCENARIO) -> Iterator[RecordArray]:
    """Yield the commands of a scenario one by one, in arrays of one."""
    single = (
        chunk.commands[place : place + 1]
        for chunk in order_flow(of)
        for place in range(len(chunk.commands))
    )
    return islice(single, count)


def decimal_venue(of: Scenario = SCENARIO, into: Engine | None = None) -> Engine:
    """Return an engine that takes decimals, its accounts funded and its books filled.

    It is a new one in memory, or one that is given and has nothing yet.
    """
    venue, (tick, lot) = Engine(accounts=True) if into is None else into, grid(of)
    venue.add_currency("USD", unit=tick * lot)
    for symbol in of.symbols:
        venue.add_instrument(checked_instrument(symbol, tick, lot, CHECKS))
    fill(venue.match, of)
    return venue


def checked_instrument(symbol: str, tick: Decimal, lot: Decimal, checks: Checks) -> Instrument:
    """Return the instrument of `engine.load.checks` in decimals: a unit is a lot at one tick."""
    bounds, notional = checks.bounds, checks.notional
    return Instrument(
        symbol=symbol,
        tick_size=tick,
        lot_size=lot,
        kind="linear",
        quote="USD",
        maker_fee=CONTRACT["maker_rate"] / BILLION,
        taker_fee=CONTRACT["taker_rate"] / BILLION,
        initial_margin=CONTRACT["initial_rate"] / BILLION,
        maintenance_margin=CONTRACT["maintenance_rate"] / BILLION,
        min_price=bounds["min_price"] * tick,
        max_price=bounds["max_price"] * tick,
        min_quantity=bounds["min_quantity"] * lot,
        max_quantity=bounds["max_quantity"] * lot,
        min_notional=notional["min_value"] * tick * lot,
        max_notional=notional["max_value"] * tick * lot,
        replace_priority=ReplacePriority.ALWAYS_LOSE,
    )


def filled_core(builder: FeedBuilder, of: Scenario = SCENARIO) -> Core:
    """Return a core of the same, of which a builder of market data has read every report."""
    core = checked_core(len(of.symbols), CHECKS)
    for number in range(len(of.symbols)):
        builder.add_instrument(number)
    builder.read(fill(core.match, of))
    return core


def fill(match: Callable[[RecordArray], RecordArray], of: Scenario) -> RecordArray:
    """Bring accounts, money, limits and resting orders, and return the reports."""
    brought = set_up(len(of.symbols), of.accounts, CHECKS, of.opening_ticks)
    reports = match(np.concatenate([brought, opening_orders(of)]))
    refused = int((reports["reject_reason"] != 0).sum())
    require(refused == 0, f"{refused} commands that set the venue up were refused")
    return reports
