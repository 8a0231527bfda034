"""Positions that are funded and watched: what a FUND and a LIQUIDATE of all of them take."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from engine._core import Core
from engine._schema import (
    BUY,
    DEPOSIT,
    FUND,
    LIQUIDATE,
    SELL,
    SET_ACCOUNT,
    SET_MARGIN_MODE,
    SET_PRICE,
    SUBMIT,
    ContractKind,
    FundingAccrual,
    FundingSource,
    MarginMode,
    TriggerSource,
)
from engine.bench.reading import Effort, require, time_calls
from engine.budgets import Measurement
from engine.measurement import LatencyHistogram
from engine.records import RecordArray, commands_of

__all__ = [
    "CONTRACT",
    "PRICE",
    "funding_sweep",
    "liquidation_sweep",
    "told",
    "with_positions",
]

PRICE: Final = 50_000
EACH: Final = 10
"""Positions of an account."""
ATTOS: Final = 10**18
CONTRACT: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "kind": ContractKind.LINEAR,
        "settle": 0,
        "value_factor": 100,
        "initial_rate": 10**8,
        "maintenance_rate": 5 * 10**7,
        "funding": FundingAccrual.INDEX,
        "funding_interest": 115_740_740_741,
        "funding_floor": -ATTOS // 2_000,
        "funding_cap": ATTOS // 2_000,
    }
)
"""GoDark's funding, one part in twenty to be kept."""
SYMBOLS: Final = 50
"""GoDark funds in batches of so many."""
POSITIONS: Final = 5_000
"""GoDark's figure for an instance."""


def with_positions(positions: int, books: int, mode: MarginMode) -> Core:
    """Return a core where accounts have ten positions each, every second one of them short."""
    core = Core(accounts=True)
    core.add_currency()
    for _ in range(books):
        core.add_instrument(contract=dict(CONTRACT))
    accounts = np.arange(positions // EACH)
    core.match(commands_of(len(accounts), SET_ACCOUNT, account=accounts))
    core.match(commands_of(len(accounts), DEPOSIT, account=accounts, quantity=2**40))
    owners = np.repeat(accounts, EACH)
    numbers = (owners * 7 + np.tile(np.arange(EACH), len(accounts)) * (books // EACH)) % books
    if mode == MarginMode.ISOLATED:
        chosen = {"instrument": numbers, "account": owners, "selector": mode}
        core.match(commands_of(positions, SET_MARGIN_MODE, **chosen))
    order = np.lexsort((owners, numbers))
    sides = np.where(np.arange(positions) % 2 == 0, BUY, SELL)
    entered = {"instrument": numbers[order], "account": owners[order], "side": sides}
    core.match(commands_of(positions, SUBMIT, price=PRICE, quantity=1, **entered))
    require(core.trade_count == positions // 2, f"{core.trade_count} trades made the positions")
    return core


def told(core: Core, source: TriggerSource, price: int) -> RecordArray:
    """Return the commands that tell a price in every instrument."""
    numbers = np.arange(core.instrument_count)
    fields = {"trigger_source": source, "price": price}
    return commands_of(len(numbers), SET_PRICE, instrument=numbers, **fields)


def sweep_of(histogram: LatencyHistogram, items: int) -> Measurement:
    """Return the longest sweep, and what it is for each of its items."""
    longest = histogram.maximum_ns
    figures = {"sweep": longest, "sweep_item": longest / items, "positions": POSITIONS}
    return Measurement(figures, {"symbols": SYMBOLS, "positions": POSITIONS})


def funding_sweep(effort: Effort) -> Measurement:
    """Time the funding of all symbols, which all positions in them pay or get."""
    core = with_positions(POSITIONS, SYMBOLS, MarginMode.CROSS)
    core.match(told(core, TriggerSource.MARK, PRICE + 10))
    core.match(told(core, TriggerSource.INDEX, PRICE))
    sweeps = [commands_of(1, FUND, selector=FundingSource.EVERY)] * effort.sweeps

    def all_are_funded(_: RecordArray, reports: RecordArray) -> bool:
        return bool(reports["last_quantity"][0] == SYMBOLS)

    histogram = time_calls(core.match, iter(sweeps), all_are_funded)
    funding = core.funding(0)
    # Of the value of a lot at the mark, 5,001,000 units, this rate is paid each time.
    paid = Fraction(5_001_000 * 200_115_740_740_741, 10**9)
    require(funding is not None and funding.accrued == effort.sweeps * round(paid), "what accrued")
    return sweep_of(histogram, SYMBOLS)


def liquidation_sweep(effort: Effort) -> Measurement:
    """Time the check of all open positions, cross-margined, after every mark price has moved."""
    core = with_positions(POSITIONS, SYMBOLS, MarginMode.CROSS)
    core.match(told(core, TriggerSource.INDEX, PRICE))
    watch = commands_of(1, LIQUIDATE)

    def move_marks(turn: int) -> RecordArray:
        core.match(told(core, TriggerSource.MARK, PRICE + turn % 7))
        core.match(commands_of(1, FUND, selector=FundingSource.EVERY))
        return watch

    def none_is_liquidated(_: RecordArray, reports: RecordArray) -> bool:
        return bool(reports["last_quantity"][0] == 0)

    moved = (move_marks(turn) for turn in range(effort.sweeps))
    histogram = time_calls(core.match, moved, none_is_liquidated, ahead=1)
    return sweep_of(histogram, POSITIONS)
