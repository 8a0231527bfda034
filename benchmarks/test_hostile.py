"""Streams that look for a weak place: ids in strides, storms at the touch, a very long churn."""

from __future__ import annotations

import statistics
import time
from typing import Any, Final

import numpy as np
import pytest
from hostile import STORMS, cancels, interleaved, resting, strided_ids
from passes import fill, new_core, room, timed
from results import Results
from scale import BATCH, Scale
from targets import CHURN_SLOWING, STRIDE_SPREAD, hold

from engine import BUY, Core, OrderBook
from engine.budgets import at_most

SHIFTS: Final = range(61)
STRIDED_ORDERS_MAX: Final = 100_000
LEVELS: Final = 100
# A churn may still meet a fuller part of the id index than any before, which is then split.
GROWTH_MAX: Final = 1.01


@pytest.mark.benchmark(group="strides", timer=time.process_time)
def test_ids_in_strides_of_powers_of_two_cost_what_others_do(
    scale: Scale, results: Results, benchmark: Any
) -> None:
    count = min(scale.orders // 10, STRIDED_ORDERS_MAX)
    prices = -1 - np.arange(count, dtype=np.int64) % LEVELS
    out, costs = room(BATCH), dict[int, tuple[float, float]]()

    def run() -> None:
        for shift in SHIFTS:
            ids = strided_ids(count, shift)
            core, entries = new_core(1), resting(prices, ids)
            fill(core, entries)  # once untimed, so that no page has to be brought in
            fill(core, cancels(ids))
            enter = timed(core, entries, "all", BATCH, out) / count
            found = np.sort(core.book(0).orders(BUY)["order_id"])
            np.testing.assert_array_equal(found, np.sort(ids))
            cancel = timed(core, cancels(ids), "all", BATCH, out) / count
            assert (len(core), core.report_count) == (0, 4 * count)
            costs[shift] = enter, cancel

    benchmark.pedantic(run, rounds=1)
    for tens in range(0, len(SHIFTS), 10):
        results.put("ids in strides of 2^k, ns a command", tens, _slowest(costs, tens))
    benchmark.extra_info["ns"] = {str(shift): list(cost) for shift, cost in costs.items()}
    for name, column in (("enter", 0), ("cancel", 1)):
        found = [cost[column] for cost in costs.values()]
        spread = max(found) / statistics.median(found)
        hold(scale, at_most(f"{name}: slowest stride by the median", spread, STRIDE_SPREAD))


def _slowest(costs: dict[int, tuple[float, float]], first: int) -> dict[str, Any]:
    """Return a row of the table: the slowest of ten strides."""
    group = [cost for shift, cost in costs.items() if first <= shift < first + 10]
    entering, canceling = zip(*group, strict=True)
    last = first + len(group) - 1
    return {"k": f"{first} to {last}", "enter": max(entering), "cancel": max(canceling)}


@pytest.mark.benchmark(group="storms", timer=time.process_time)
@pytest.mark.parametrize("name", list(STORMS))
def test_a_storm_at_the_touch_leaves_what_it_must(
    name: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    before, commands, stay = STORMS[name](scale.orders)
    out, durations = room(BATCH), list[float]()

    def load() -> tuple[tuple[Core], dict[str, Any]]:
        core = new_core(1)
        fill(core, before)
        return (core,), {}

    def run(core: Core) -> Core:
        durations.append(timed(core, commands, "all", BATCH, out) / len(commands))
        return core

    core = benchmark.pedantic(run, setup=load, rounds=scale.passes)
    searches = int((commands["time_in_force"] != 0).sum())  # each makes NEW and CANCELED
    assert core.report_count == len(before) + len(commands) + searches
    assert core.trade_count == 0
    assert len(core) == stay
    core.check_invariants()
    ns = min(durations)
    benchmark.extra_info["ns"] = ns
    cells: dict[str, Any] = {"storm": name, "commands": len(commands), "ns": ns}
    results.put("storms, ns a command", name, cells)


class Churn:
    """Blocks of inserts, each with as many cancels of what the block before it left, in any order.

    Ids never come again. From block to block prices drift, and now and then they jump where no
    order was before.
    """

    BLOCK: Final = 50_000
    DRIFT: Final = 13
    JUMP: Final = 10**9
    JUMP_BLOCKS: Final = 2
    BLOCKS_MIN: Final = 200

    def __init__(self, inserts: int) -> None:
        self.block = min(self.BLOCK, inserts // self.BLOCKS_MIN)
        self.blocks = inserts // self.block
        draw = np.random.default_rng(83)
        self.prices = -1 - draw.integers(0, 2_000, self.block)
        self.order = draw.permutation(self.block)
        self.core = new_core(1)
        self.done = 0
        self.commands = interleaved(self.entries(), cancels(self.block_ids()))
        fill(self.core, self.entries())

    def entries(self) -> Any:
        """Return the inserts of the current block."""
        return resting(self.block_prices(), self.block_ids())

    def block_ids(self) -> Any:
        """Return the ids of the current block."""
        return np.arange(self.block, dtype=np.uint64) + np.uint64(1 + self.done * self.block)

    def block_prices(self) -> Any:
        """Return the prices of the current block."""
        return self.prices - self.done * self.DRIFT - self.done // self.JUMP_BLOCKS * self.JUMP

    def step(self, out: Any) -> float:
        """Apply the next block and return its time a command."""
        self.commands["order_id"][1::2] = self.block_ids()[self.order]
        self.done += 1
        self.commands["order_id"][::2] = self.block_ids()
        self.commands["price"][::2] = self.block_prices()
        return timed(self.core, self.commands, "all", BATCH, out) / len(self.commands)


@pytest.mark.benchmark(group="churn", timer=time.process_time)
def test_a_long_churn_neither_slows_down_nor_grows(
    scale: Scale, results: Results, benchmark: Any
) -> None:
    churn, out = Churn(scale.churn), room(BATCH)
    durations, memory = list[float](), list[int]()

    def run() -> None:
        for _ in range(churn.blocks):
            durations.append(churn.step(out))
            memory.append(churn.core.memory_bytes)

    benchmark.pedantic(run, rounds=1)
    core = churn.core
    assert len(core) == churn.block
    assert core.report_count == churn.block * (1 + 2 * churn.blocks)
    assert core.trade_count == 0
    alone = OrderBook()
    fill(alone.core, churn.entries())
    assert alone.state_hash() == core.state_hash()
    core.check_invariants()
    assert memory[-1] <= GROWTH_MAX * max(memory[: churn.blocks // 2])

    tenth = churn.blocks // 10

    first, last = min(durations[:tenth]), min(durations[-tenth:])
    cells: dict[str, Any] = {
        "inserts and cancels": f"{churn.block * churn.blocks:,} of each",
        "first tenth": first,
        "last tenth": last,
        "ratio": last / first,
        "target": CHURN_SLOWING,
        "bytes": memory[-1],
    }
    results.put("churn", "churn", cells)
    benchmark.extra_info |= cells
    hold(scale, at_most("churn: last tenth by the first", last / first, CHURN_SLOWING))
