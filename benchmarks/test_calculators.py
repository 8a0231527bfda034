"""Calculators over arrays: each against the NumPy expression that a user would write, on one core.

Both are run in turn, so that what else the machine does meets both alike; the best of each counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from results import Results
from scale import Scale
from targets import CALCULATOR_MILLIONS, CALCULATOR_RATIO, hold

from engine import MarginSchedule, calc
from engine.budgets import at_least
from engine.measurement import no_collection

TITLE = "calculators over arrays, millions of elements a second"
ROUNDS: Final = 25
TOLERANCE: Final = 1e-9


class Draws(NamedTuple):
    """Positions and prices, an array each."""

    side: Any
    quantity: Any
    entry: Any
    mark: Any
    index: Any
    bid: Any
    ask: Any
    value: Any
    premium: Any
    rate: Any


class Contest(NamedTuple):
    """A formula of ours and the expression that it is held against."""

    ours: Callable[[Draws], Any]
    numpy: Callable[[Draws], Any]
    family: str | None = None
    """That of `CALCULATOR_MILLIONS`."""


def draws(count: int) -> Draws:
    """Return what a million positions could be."""
    draw = np.random.default_rng(97)
    index = draw.uniform(10_000, 60_000, count)
    mark = index * (1 + draw.normal(0, 1e-3, count))
    quantity = draw.uniform(0, 10, count)
    premium = (mark - index) / index
    return Draws(
        side=draw.choice([-1.0, 1.0], count),
        quantity=quantity,
        entry=index * (1 + draw.normal(0, 1e-2, count)),
        mark=mark,
        index=index,
        bid=mark * 0.9999,
        ask=mark * 1.0001,
        value=quantity * mark,
        premium=premium,
        rate=premium / 8,
    )


MULTIPLIER: Final = 0.01
SCHEDULE: Final = MarginSchedule.preset("binance-usdm")
FLOORS: Final = np.array([float(tier.floor) for tier in SCHEDULE.tiers])
RATES: Final = np.array([float(tier.maintenance_rate) for tier in SCHEDULE.tiers])
DEDUCTIONS: Final = np.array([float(tier.deduction or 0) for tier in SCHEDULE.tiers])


def tiered_margin(drawn: Draws) -> Any:
    tiers = np.maximum(np.searchsorted(FLOORS, drawn.value) - 1, 0)
    return drawn.value * RATES[tiers] - DEDUCTIONS[tiers]


CONTESTS: Final = {
    "value": Contest(
        lambda d: calc.position_value(d.quantity, d.mark, multiplier=MULTIPLIER),
        lambda d: d.quantity * MULTIPLIER * d.mark,
        "value",
    ),
    "value, one product": Contest(
        lambda d: calc.position_value(d.quantity, d.mark),
        lambda d: d.quantity * d.mark,
        "value",
    ),
    "value, inverse, one quotient": Contest(
        lambda d: calc.position_value(d.quantity, d.mark, contract="inverse"),
        lambda d: d.quantity / d.mark,
        "value",
    ),
    "unrealized profit": Contest(
        lambda d: calc.unrealized_pnl(d.side, d.quantity, d.entry, d.mark, multiplier=MULTIPLIER),
        lambda d: d.side * d.quantity * MULTIPLIER * (d.mark - d.entry),
        "profit",
    ),
    "unrealized profit, inverse": Contest(
        lambda d: calc.unrealized_pnl(d.side, d.quantity, d.entry, d.mark, contract="inverse"),
        lambda d: d.side * d.quantity * (1 / d.entry - 1 / d.mark),
        "profit",
    ),
    "maintenance margin, 12 tiers": Contest(
        lambda d: SCHEDULE.maintenance_margin(d.value), tiered_margin, "tiers"
    ),
    "premium": Contest(
        lambda d: calc.premium_index(d.mark, d.index), lambda d: (d.mark - d.index) / d.index
    ),
    "premium of impact prices": Contest(
        lambda d: calc.impact_premium_index(d.bid, d.ask, d.index),
        lambda d: (np.maximum(d.bid - d.index, 0) - np.maximum(d.index - d.ask, 0)) / d.index,
    ),
    "funding rate, dampened": Contest(
        lambda d: calc.funding_rate(
            d.premium, 0.0001, damp=0.0005, scale=2, floor=-0.003, cap=0.003
        ),
        lambda d: np.clip(
            (d.premium + np.clip(0.0001 - d.premium, -0.0005, 0.0005)) / 2, -0.003, 0.003
        ),
    ),
    "funding payment": Contest(
        lambda d: calc.funding_payment(d.side, d.value, d.rate),
        lambda d: -d.side * d.value * d.rate,
    ),
    "funding index, payment": Contest(
        lambda d: calc.index_payment(d.quantity, d.mark, d.index).amount,
        lambda d: -d.quantity * (d.mark - d.index),
    ),
    "mark price, median of three": Contest(
        lambda d: calc.mark_price(d.mark, d.bid, d.ask),
        lambda d: np.median(np.stack([d.mark, d.bid, d.ask]), axis=0),
    ),
}


@pytest.mark.benchmark(group="calculators", timer=time.process_time)
@pytest.mark.parametrize("name", list(CONTESTS))
def test_a_formula_is_no_slower_than_the_expression(
    name: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    contest, drawn = CONTESTS[name], draws(scale.orders)
    found, expected = contest.ours(drawn), contest.numpy(drawn)
    assert found.dtype == np.float64
    np.testing.assert_allclose(
        found, expected, rtol=TOLERANCE, atol=TOLERANCE * float(np.abs(expected).max())
    )
    seconds: dict[str, list[float]] = {"ours": [], "NumPy": []}

    def run() -> None:
        for who, call in (("ours", contest.ours), ("NumPy", contest.numpy)):
            with no_collection():
                before = perf_counter()
                call(drawn)
                seconds[who].append(perf_counter() - before)

    benchmark.pedantic(run, rounds=ROUNDS if scale.is_full else 2)
    ours, numpy = (scale.orders / min(times) / 1e6 for times in seconds.values())
    least = CALCULATOR_MILLIONS[contest.family] if contest.family else None
    cells: dict[str, Any] = {"formula": name, "ours": ours, "target": least, "NumPy": numpy}
    cells |= {"ratio": ours / numpy, "target ": CALCULATOR_RATIO}
    benchmark.extra_info |= cells
    results.put(TITLE, name, cells)
    limits = [at_least(f"{name}: millions a second", ours, least)] if least else []
    hold(scale, *limits, at_least(f"{name}: ratio", ours / numpy, CALCULATOR_RATIO))
