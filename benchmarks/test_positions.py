"""Positions that are funded and watched: what a FUND and a LIQUIDATE of all of them take."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest
from results import Results
from scale import Scale
from targets import FUNDING_GODARK_MS, FUNDING_MS, LIQUIDATION_GODARK_MS, WATCH_MS, hold

from engine import (
    FUND,
    LIQUIDATE,
    ExecType,
    FundingSource,
    MarginMode,
    TriggerSource,
)
from engine.bench.probes.positions import PRICE, told, with_positions
from engine.budgets import at_most
from engine.records import commands_of

TITLE = "positions, ms"
POSITIONS: Final = {True: 1_000_000, False: 10_000}
BOOKS_FUNDED: Final = {True: 10_000, False: 100}
BOOKS_WATCHED: Final = {True: 1_000, False: 100}


@pytest.mark.benchmark(group="positions", timer=time.process_time)
def test_an_accrual_costs_the_same_whatever_positions_there_are(
    scale: Scale, results: Results, benchmark: Any
) -> None:
    positions, books = POSITIONS[scale.is_full], BOOKS_FUNDED[scale.is_full]
    core = with_positions(positions, books, MarginMode.CROSS)
    for source, price in ((TriggerSource.MARK, PRICE + 10), (TriggerSource.INDEX, PRICE)):
        core.match(told(core, source, price))
    fund, rounds = commands_of(1, kind=FUND, selector=FundingSource.EVERY), list[float]()

    def run() -> None:
        before = time.process_time_ns()
        (report,) = core.match(fund)
        rounds.append((time.process_time_ns() - before) / 1e6)
        assert report["last_quantity"] == books

    benchmark.pedantic(run, rounds=max(scale.call_rounds, 3))
    funding = core.funding(0)
    assert funding is not None
    # Of the value of a lot at the mark, 5,001,000 units, this rate is paid each time.
    paid = Fraction(5_001_000 * 200_115_740_740_741, 10**9)
    assert funding.accrued == len(rounds) * round(paid)
    put(results, benchmark, "funding of every instrument", positions, books, rounds, FUNDING_MS)
    budget = at_most("GoDark's budget, ms", float(np.percentile(rounds, 99)), FUNDING_GODARK_MS)
    hold(scale, at_most("an accrual, ms", float(np.median(rounds)), FUNDING_MS), budget)


@pytest.mark.benchmark(group="positions", timer=time.process_time)
@pytest.mark.parametrize("mode", list(MarginMode), ids=lambda mode: mode.name.lower())
def test_all_positions_are_watched_after_every_mark_and_an_accrual(
    mode: MarginMode, scale: Scale, results: Results, benchmark: Any
) -> None:
    positions, books = POSITIONS[scale.is_full], BOOKS_WATCHED[scale.is_full]
    core = with_positions(positions, books, mode)
    core.match(told(core, TriggerSource.INDEX, PRICE))
    watch, rounds = commands_of(1, kind=LIQUIDATE), list[float]()

    def run() -> None:
        core.match(told(core, TriggerSource.MARK, PRICE + len(rounds) % 7))
        core.match(commands_of(1, kind=FUND, selector=FundingSource.EVERY))
        before = time.process_time_ns()
        (report,) = core.match(watch)
        rounds.append((time.process_time_ns() - before) / 1e6)
        assert report["last_quantity"] == 0

    benchmark.pedantic(run, rounds=5 * scale.passes)
    target = WATCH_MS[mode.name.lower()]
    put(results, benchmark, f"nobody is liquidated, {mode.name}", positions, books, rounds, target)
    median = float(np.median(rounds))
    budget = at_most("GoDark's budget, ms", max(rounds), LIQUIDATION_GODARK_MS)
    hold(scale, at_most(f"{mode.name}: a watch, ms", median, target), budget)


@pytest.mark.benchmark(group="positions", timer=time.process_time)
def test_isolated_positions_that_are_far_from_a_warning_cost_it_nothing(
    scale: Scale, results: Results, benchmark: Any
) -> None:
    positions, books = POSITIONS[scale.is_full], BOOKS_WATCHED[scale.is_full]
    core = with_positions(positions, books, MarginMode.ISOLATED)
    # A tenth of their value is there, a twentieth must be: half of it, and now a little more.
    watches = {
        "a warning to nobody": (commands_of(1, kind=LIQUIDATE, quantity=8 * 10**8), 0),
        "a warning to every long one": (
            commands_of(1, kind=LIQUIDATE, quantity=5 * 10**8),
            positions // 2,
        ),
    }
    rounds: dict[str, list[float]] = {what: [] for what in watches}

    def run() -> None:
        for what, (watch, warned) in watches.items():
            core.match(told(core, TriggerSource.MARK, PRICE - 10 - len(rounds[what]) % 7))
            before = time.process_time_ns()
            reports = core.match(watch)
            rounds[what].append((time.process_time_ns() - before) / 1e6)
            assert np.count_nonzero(reports["exec_type"] == ExecType.WARNED) == warned

    benchmark.pedantic(run, rounds=5 * scale.passes)
    target = WATCH_MS["isolated"]
    for what, bound in zip(watches, (target, None), strict=True):
        put(results, benchmark, what, positions, books, rounds[what], bound)
    median = float(np.median(rounds["a warning to nobody"]))
    hold(scale, at_most("a watch that warns nobody, ms", median, target))


def put(
    results: Results,
    benchmark: Any,
    what: str,
    positions: int,
    books: int,
    rounds: list[float],
    target: float | None,
) -> None:
    cells: dict[str, Any] = {"what": what, "positions": positions, "instruments": books}
    cells |= {"best": min(rounds), "median": float(np.median(rounds)), "target": target}
    cells |= {"most": max(rounds)}
    benchmark.extra_info |= cells
    results.put(TITLE, what, cells)
