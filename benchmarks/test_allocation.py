"""Pro-rata allocation: one order that comes in against a level, all reports written.

What counts is the time for each order that stands at the price, filled or not: a share is worked
out for every one of them.
"""

from __future__ import annotations

import time
from time import process_time_ns
from typing import Any, Final

import numpy as np
import pytest
from passes import fill
from results import Results
from scale import Scale

from engine import (
    BUY,
    COMMAND_DTYPE,
    IOC,
    REPORT_DTYPE,
    SELL,
    SUBMIT,
    Allocation,
    OrderBook,
    trades_of,
)
from engine.auctions import TopOrder, allocate
from engine.measurement import no_collection
from engine.records import RecordArray

TITLE = "an order that is shared, ns an order at the price"
PRICE: Final = 100
LEVELS: Final = (100, 10_000)
SIZE_MIN: Final = 1_000_000
TOP: Final = 100
# Lots that come in for each order that stands there; a single one in all for none.
QUANTITIES: Final = {"all of them": 4, "one of them": 0}


def level(orders: int) -> RecordArray:
    """Return sell orders of different sizes at one price, which many takers do not use up."""
    commands = np.zeros(orders, dtype=COMMAND_DTYPE)
    commands["kind"] = SUBMIT
    commands["side"] = SELL
    commands["price"] = PRICE
    commands["order_id"] = np.arange(1, orders + 1)
    commands["quantity"] = np.random.default_rng(97).integers(SIZE_MIN, 2 * SIZE_MIN, orders)
    return commands


def taker(quantity: int, orders: int) -> RecordArray:
    """Return an order that takes from them."""
    command = np.zeros(1, dtype=COMMAND_DTYPE)
    command["kind"] = SUBMIT
    command["side"] = BUY
    command["price"] = PRICE
    command["quantity"] = quantity
    command["time_in_force"] = IOC
    command["order_id"] = orders + 1
    return command


@pytest.mark.benchmark(group="allocation", timer=time.process_time)
@pytest.mark.parametrize("orders", LEVELS)
@pytest.mark.parametrize("filled", list(QUANTITIES))
def test_a_level_is_shared_order_by_order(
    filled: str, orders: int, scale: Scale, results: Results, benchmark: Any
) -> None:
    resting = level(orders)
    quantity = max(1, orders * QUANTITIES[filled])
    command = taker(quantity, orders)
    book = OrderBook(allocation=Allocation.PRO_RATA, top_order_maximum=TOP)
    fill(book.core, resting)
    out = np.zeros(2 + 2 * orders, dtype=REPORT_DTYPE)
    out.view(np.uint8)[:] = 1
    given = allocate(resting["quantity"].tolist(), quantity, top=TopOrder(0, maximum=TOP))
    shares = [(place, lots) for place, lots in enumerate(given, start=1) if lots]
    trades = trades_of(book.match(command, out=out))
    assert trades[["maker_order_id", "quantity"]].tolist() == shares
    taken = [quantity]
    rounds = list[float]()

    def run() -> None:
        with no_collection():
            before = process_time_ns()
            book.match(command, out=out)
            rounds.append((process_time_ns() - before) / orders)
        taken.append(quantity)

    benchmark.pedantic(run, rounds=scale.rounds * scale.calls // orders + 3)
    book.check_invariants()
    left = int(book.orders(SELL)["leaves_quantity"].sum())
    assert left == int(resting["quantity"].sum()) - sum(taken)
    cells: dict[str, Any] = {
        "filled": filled,
        "orders": orders,
        "trades": len(shares),
        "ns": min(rounds),
    }
    benchmark.extra_info |= cells
    results.put(TITLE, (filled, orders), cells)
