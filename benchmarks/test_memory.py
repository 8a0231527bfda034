"""Memory of full books, by the core's account and by the system's, and the time to fill them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hostile import PRICES, cancels, resting
from passes import fill, loaded_core, new_core, room, timed
from resident import Filled, fill_apart
from results import Results
from scale import Scale
from tapes import TapeMaker
from targets import DEEP_BYTES, HOSTILE_BYTES, hold

from engine import BUY, SELL
from engine.budgets import at_most

TITLE = "memory"


def row(name: str, filled: Filled, target: float | None) -> dict[str, Any]:
    grown = filled.grown_bytes
    return {
        "book": name,
        "orders": filled.orders,
        "ns to enter": filled.ns_per_command,
        "bytes an order": filled.core_bytes / filled.orders,
        "resident": None if grown is None else grown / filled.orders,
        "target": target,
    }


def hold_bytes(scale: Scale, cells: dict[str, Any]) -> None:
    for column in ("bytes an order", "resident"):
        if cells[column] is not None:
            hold(scale, at_most(f"{cells['book']}: {column}", cells[column], cells["target"]))


@pytest.mark.benchmark(group="memory", timer=time.process_time)
def test_a_deep_book_takes_few_bytes_an_order(
    scale: Scale, tapes: TapeMaker, results: Results, benchmark: Any
) -> None:
    tape = tapes.tape("deep", scale.commands, scale.seeds[0])
    filled = benchmark.pedantic(fill_apart, args=(tape.commands[: tape.preload],), rounds=1)
    assert filled.orders == tape.preload
    assert filled.reports == tape.preload
    assert filled.trades == 0
    assert filled.state_hash == loaded_core(tape).state_hash()
    cells = row("deep", filled, DEEP_BYTES)
    results.put(TITLE, "deep", cells)
    benchmark.extra_info |= cells
    hold_bytes(scale, cells)


@pytest.mark.benchmark(group="memory", timer=time.process_time)
def test_a_deep_book_that_was_traded_in_takes_few_bytes_an_order(
    scale: Scale, tapes: TapeMaker, results: Results, benchmark: Any
) -> None:
    tape = tapes.tape("deep", scale.commands, scale.seeds[0])
    filled = benchmark.pedantic(fill_apart, args=(tape.commands,), rounds=1)
    core = loaded_core(tape)
    fill(core, tape.commands[tape.preload :])
    assert filled.state_hash == core.state_hash()
    assert filled.trades == core.trade_count
    cells = row("deep, at the end", filled, DEEP_BYTES)
    results.put(TITLE, "deep, at the end", cells)
    benchmark.extra_info |= cells
    hold_bytes(scale, cells)


@pytest.mark.benchmark(group="memory", timer=time.process_time)
@pytest.mark.parametrize("name", list(PRICES))
def test_orders_far_apart_take_few_bytes_and_are_canceled_quickly(
    name: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    commands = resting(PRICES[name](scale.orders))
    filled = benchmark.pedantic(fill_apart, args=(commands,), rounds=1)
    assert filled.orders == filled.reports == scale.orders
    assert filled.trades == 0

    core, out = new_core(1), room(1_024)
    fill(core, commands)
    assert core.state_hash() == filled.state_hash
    for side, price in ((BUY, commands["price"].min()), (SELL, commands["price"].max())):
        assert core.book(0).orders(side)["price"][-1] == price
    for levels in core.book(0).depth(5):
        magnitudes = np.abs(levels["price"].astype(np.float64))
        assert (np.diff(magnitudes) > 0).all()

    withdrawals = cancels(np.random.default_rng(79).permutation(commands["order_id"]))
    ns = timed(core, withdrawals, "all", 1_024, out) / len(withdrawals)
    assert len(core) == 0
    assert core.report_count == 2 * scale.orders
    # What was freed is used again: the same orders once more need nothing.
    at_most_bytes = core.memory_bytes
    fill(core, commands)
    assert core.memory_bytes <= at_most_bytes
    core.check_invariants()

    target = HOSTILE_BYTES if name.startswith("random") else None
    cells = row(name, filled, target) | {"ns to cancel": ns}
    results.put(TITLE, name, cells)
    benchmark.extra_info |= cells
    if target is not None:
        hold_bytes(scale, cells)
