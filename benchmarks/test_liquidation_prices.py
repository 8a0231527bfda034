"""Liquidation prices over arrays: each against the NumPy expression of a user, on one core.

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
from targets import LIQUIDATION_MILLIONS, LIQUIDATION_RATIO, hold

from engine import LiquidationSpec, MarginSchedule, calc
from engine.budgets import at_least
from engine.measurement import no_collection

TITLE: Final = "liquidation prices over arrays, millions of elements a second"
ROUNDS: Final = 25
TIERS: Final = MarginSchedule.preset("binance-usdm")
SPEC: Final = LiquidationSpec.preset("binance-usdm")
FLOORS: Final = np.array([float(tier.floor) for tier in TIERS.tiers])
RATES: Final = np.array([float(tier.maintenance_rate) for tier in TIERS.tiers])
DEDUCTIONS: Final = np.array([float(tier.deduction or 0) for tier in TIERS.tiers])


class Draws(NamedTuple):
    """Positions, an array each."""

    side: Any
    quantity: Any
    entry: Any
    balance: Any
    leverage: Any
    rate: Any
    deduction: Any


class Contest(NamedTuple):
    """A formula of ours and the expression that it is held against."""

    ours: Callable[[Draws], Any]
    numpy: Callable[[Draws], Any]


def draws(count: int) -> Draws:
    """Return what a million positions could be: all of them have a price."""
    draw = np.random.default_rng(98)
    quantity, entry = draw.uniform(0.1, 10, count), draw.uniform(1_000, 50_000, count)
    return Draws(
        side=draw.choice([-1.0, 1.0], count),
        quantity=quantity,
        entry=entry,
        balance=quantity * entry * draw.uniform(0.05, 0.5, count),
        leverage=draw.uniform(2, 20, count),
        rate=draw.uniform(0.004, 0.02, count),
        deduction=draw.uniform(0, 5, count),
    )


def tried_again(d: Draws) -> Any:
    """Return prices by the tier of the value at entry, then by that of the price, twice."""
    value = d.quantity * d.entry
    for _ in range(3):
        tier = np.maximum(np.searchsorted(FLOORS, value) - 1, 0)
        price = (d.balance + DEDUCTIONS[tier] - d.side * d.quantity * d.entry) / (
            d.quantity * RATES[tier] - d.side * d.quantity
        )
        value = d.quantity * price
    return price


CONTESTS: Final = {
    "linear": Contest(
        lambda d: calc.liquidation_price(
            d.side, d.quantity, d.entry, balance=d.balance, maintenance_rate=d.rate,
            deduction=d.deduction),
        lambda d: (d.balance + d.deduction - d.side * d.quantity * d.entry)
        / (d.quantity * d.rate - d.side * d.quantity),
    ),
    "inverse": Contest(
        lambda d: calc.liquidation_price(
            d.side, d.quantity, d.entry, leverage=d.leverage, maintenance_rate=d.rate,
            contract="inverse"),
        lambda d: d.quantity * (d.side + d.rate)
        / (d.quantity / d.entry / d.leverage + d.side * d.quantity / d.entry),
    ),
    "by leverage, margin at entry": Contest(
        lambda d: calc.liquidation_price(
            d.side, 1.0, d.entry, leverage=d.leverage, maintenance_rate=d.rate,
            value_basis="entry"),
        lambda d: d.entry * (1 - d.side * (1 / d.leverage - d.rate)),
    ),
    "bankruptcy, by leverage": Contest(
        lambda d: calc.bankruptcy_price(d.side, 1.0, d.entry, leverage=d.leverage),
        lambda d: d.entry * (1 - d.side / d.leverage),
    ),
    "linear, 12 tiers": Contest(
        lambda d: SPEC.liquidation_price(TIERS, d.side, d.quantity, d.entry, balance=d.balance),
        tried_again,
    ),
}  # fmt: skip


@pytest.mark.benchmark(group="liquidation prices", timer=time.process_time)
@pytest.mark.parametrize("name", list(CONTESTS))
def test_a_price_is_no_slower_than_the_expression(
    name: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    contest, drawn = CONTESTS[name], draws(scale.orders)
    np.testing.assert_allclose(contest.ours(drawn), contest.numpy(drawn), rtol=1e-9)
    seconds: dict[str, list[float]] = {"ours": [], "NumPy": []}

    def run() -> None:
        for who, call in (("ours", contest.ours), ("NumPy", contest.numpy)):
            with no_collection():
                before = perf_counter()
                call(drawn)
                seconds[who].append(perf_counter() - before)

    benchmark.pedantic(run, rounds=ROUNDS if scale.is_full else 2)
    ours, numpy = (scale.orders / min(times) / 1e6 for times in seconds.values())
    cells: dict[str, Any] = {"price": name, "ours": ours, "target": LIQUIDATION_MILLIONS}
    cells |= {"NumPy": numpy, "ratio": ours / numpy, "target ": LIQUIDATION_RATIO}
    benchmark.extra_info |= cells
    results.put(TITLE, name, cells)
    hold(
        scale,
        at_least(f"{name}: millions a second", ours, LIQUIDATION_MILLIONS),
        at_least(f"{name}: ratio", ours / numpy, LIQUIDATION_RATIO),
    )
