"""Single calls on the integer face from a Python loop, against empty methods in the same run.

The book is warm: orders are entered, moved and canceled in rounds, and the best round counts.
"""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from loops import LOOPS, QUANTITY, bare
from results import Results
from scale import Scale
from targets import EMPTY_CALLS, FRIENDLY_NS, hold

import engine
from engine import BUY, OrderBook
from engine.budgets import at_most

TITLE = "a call from a Python loop, ns"
LEVELS = 100
TOUCH = 1_000


class Rounds:
    """Rounds of the same calls on a book and on empty methods, by method the best time of each."""

    def __init__(self, empty: Any, calls: int) -> None:
        draw = random.Random(41)
        self.book, self.empty, self.calls = OrderBook(), empty, calls
        self.prices = [TOUCH - draw.randrange(LEVELS) for _ in range(calls)]
        self.others = [TOUCH - draw.randrange(LEVELS) for _ in range(calls)]
        self.ids = list(range(1, calls + 1))
        self.shuffled = draw.sample(self.ids, calls)
        self.best: dict[str, float] = {}

    def arguments(self, method: str) -> tuple[list[int], list[int]]:
        """Orders come in by id, and are moved and canceled in any order."""
        if method == "submit":
            return self.prices, self.ids
        return self.others, self.shuffled

    def run(self) -> None:
        """Go around once: the book is empty before and after."""
        for method, loop in LOOPS.items():
            arguments = self.arguments(method)
            self._keep(method, loop(getattr(self.book, method), *arguments))
            if self.empty is not None:
                self._keep(f"empty {method}", loop(getattr(self.empty, method), *arguments))
            self._keep("loop", bare(*arguments))

    def _keep(self, what: str, ns: int) -> None:
        self.best[what] = min(self.best.get(what, float("inf")), ns / self.calls)

    def cells(self, method: str) -> dict[str, Any]:
        """Return a row of the table: with the loop's own cost, and net of it."""
        ours, empty = self.best[method], self.best.get(f"empty {method}")
        loop = self.best["loop"]
        cells = {"call": method, "ours": ours, "ours, net": ours - loop}
        if empty is not None:
            cells |= {"empty": empty, "ratio": ours / empty, "empty, net": empty - loop}
            cells["ratio, net"] = (ours - loop) / (empty - loop)
        return cells | {"target": EMPTY_CALLS.get(method)}


@pytest.mark.benchmark(group="calls", timer=time.process_time)
def test_calls_cost_a_small_multiple_of_empty_ones(
    empty: Any, scale: Scale, results: Results, benchmark: Any
) -> None:
    rounds = Rounds(empty, scale.calls)
    benchmark.pedantic(rounds.run, rounds=scale.call_rounds)

    book, core = rounds.book, rounds.book.core
    done = core.report_count // (3 * scale.calls)
    assert done >= scale.call_rounds or not benchmark.enabled
    assert core.report_count == done * 3 * scale.calls  # a report a call: none of them trades
    assert core.trade_count == 0
    assert len(book) == 0

    rows = {method: rounds.cells(method) for method in LOOPS}
    benchmark.extra_info |= rows
    for method, cells in rows.items():
        results.put(TITLE, method, cells)
    hold(
        scale,
        *(
            at_most(f"{method}: multiple of an empty call", rows[method]["ratio"], target)
            for method, target in EMPTY_CALLS.items()
            if "ratio" in rows[method]
        ),
    )


def test_the_calls_that_are_timed_do_what_they_say() -> None:
    rounds = Rounds(None, 500)
    for method, loop in LOOPS.items():
        loop(getattr(rounds.book, method), *rounds.arguments(method))
        if method == "submit":
            orders = rounds.book.orders(BUY)
            assert sorted(orders["order_id"].tolist()) == rounds.ids
            assert set(orders["leaves_quantity"].tolist()) == {QUANTITY}
        if method == "replace":
            orders = rounds.book.orders(BUY)
            by_id = dict(zip(rounds.shuffled, rounds.others, strict=True))
            found = zip(orders["order_id"].tolist(), orders["price"].tolist(), strict=True)
            assert dict(found) == by_id
    assert len(rounds.book) == 0
    rounds.book.check_invariants()


@pytest.mark.benchmark(group="calls", timer=time.process_time)
@pytest.mark.skipif(not hasattr(engine, "Engine"), reason="engine.Engine is not there yet")
def test_a_submit_with_strings_costs_little(scale: Scale, results: Results, benchmark: Any) -> None:
    draw = random.Random(43)
    venue = engine.Engine()
    listing = engine.Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
    venue.add_instrument(listing)
    prices = [f"{50_000 - draw.randrange(10_000) / 100:.2f}" for _ in range(scale.calls)]
    quantities = [f"{draw.randrange(1, 10_000) / 1_000:.3f}" for _ in range(scale.calls)]
    submit, best, ids = venue.submit, float("inf"), list[int]()

    def enter() -> None:
        for price, quantity in zip(prices, quantities, strict=True):
            submit("BTC-USD", side="buy", price=price, quantity=quantity)

    for _ in range(scale.call_rounds if scale.is_full else 1):
        before = time.process_time_ns()
        enter()
        best = min(best, (time.process_time_ns() - before) / scale.calls)
        ids = venue.book("BTC-USD").orders(BUY)["order_id"].tolist()
        for order_id in ids:
            venue.cancel(order_id)
    benchmark.pedantic(enter, rounds=1)

    orders = venue.book("BTC-USD").orders(BUY)
    lots = sum(round(float(quantity) * 1_000) for quantity in quantities)
    assert int(orders["leaves_quantity"].sum()) == lots
    assert int(orders["price"][0]) == max(round(float(price) * 100) for price in prices)
    benchmark.extra_info["ns"] = best
    cells: dict[str, Any] = {
        "call": "Engine.submit with strings",
        "ours": best,
        "target": FRIENDLY_NS,
    }
    results.put(TITLE, "friendly", cells)
    hold(scale, at_most("Engine.submit with strings, ns", best, FRIENDLY_NS))
