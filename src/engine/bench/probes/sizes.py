"""What a venue takes of memory, and what an order and a trade add to it."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine._schema import BUY, GTC, IOC, SELL, SUBMIT
from engine.bench.reading import Effort, require
from engine.bench.venue import SCENARIO, conditions
from engine.budgets import Measurement
from engine.load import EngineTarget
from engine.measurement import resident_bytes
from engine.records import RecordArray, commands_of

__all__ = ["crossing_pairs", "memory", "send"]

ORDERS: Final = 1_000_000
CALLS: Final = 10_000
"""With fewer calls than these, a hundredth of the orders is enough."""
BATCH: Final = 4_096
FIRST_ID: Final = 1 << 50
LEVELS: Final = 1_000
START_NS: Final = 10**12


def crossing_pairs(trades: int, price: int, first: int = 0) -> RecordArray:
    """Return orders in pairs: one that rests inside the spread, one that takes it whole.

    A nanosecond apart, so that none is taken for the one before it, sent twice.
    """
    numbers = np.arange(first, first + 2 * trades)
    is_maker = numbers % 2 == 0
    return commands_of(
        2 * trades,
        SUBMIT,
        instrument=numbers // 2 % len(SCENARIO.symbols),
        side=np.where(is_maker, BUY, SELL),
        account=np.where(is_maker, numbers // 2 % SCENARIO.users, SCENARIO.users),
        price=price,
        quantity=1,
        time_in_force=np.where(is_maker, GTC, IOC),
        order_id=2 * FIRST_ID + numbers,
        timestamp=START_NS + numbers,
    )


def memory(effort: Effort) -> Measurement:
    """Fill a venue with orders, let others trade, and tell what the process and the core have."""
    target = EngineTarget(SCENARIO)
    core, price = target.core, SCENARIO.opening_ticks
    before, count = core.memory_bytes, ORDERS if effort.calls >= CALLS else ORDERS // 100
    numbers = np.arange(count)
    orders = commands_of(
        count,
        SUBMIT,
        instrument=numbers % core.instrument_count,
        side=BUY,
        account=numbers % SCENARIO.users,
        price=price // 2 - numbers % LEVELS,
        quantity=1,
        order_id=FIRST_ID + numbers,
    )
    send(target, orders)
    depth = SCENARIO.depth + count
    require(target.resting() == depth, f"{target.resting()} orders rest, must be {depth}")
    an_order = (core.memory_bytes - before) / count
    first, second = (crossing_pairs(count, price, start) for start in (0, 2 * count))
    send(target, first)  # every account and symbol has its position now
    filled, traded = resident_bytes(), core.trade_count
    send(target, second)
    grown = resident_bytes()
    require(core.trade_count == traded + count, f"{core.trade_count - traded} trades")
    require(target.resting() == depth, f"{target.resting()} orders rest, must be {depth}")
    figures = {"bytes_an_order": an_order}
    if filled is not None and grown is not None:
        figures |= {"bytes": grown, "bytes_a_trade": max(grown - filled, 0) / count}
    return Measurement(figures, conditions() | {"depth": depth, "trades": count})


def send(target: EngineTarget, commands: RecordArray) -> None:
    """Send commands in batches."""
    for start in range(0, len(commands), BATCH):
        target.send(commands[start : start + BATCH])
