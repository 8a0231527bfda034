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
    Core,
    FundingAccrual,
    FundingSource,
    MarginMode,
    TriggerSource,
)
from engine.budgets import at_most
from engine.records import RecordArray, commands_of

TITLE = "positions, ms"
POSITIONS: Final = {True: 1_000_000, False: 10_000}
BOOKS_FUNDED: Final = {True: 10_000, False: 100}
BOOKS_WATCHED: Final = {True: 1_000, False: 100}
EACH: Final = 10
"""Positions of an account."""
PRICE: Final = 50_000
ATTOS: Final = 10**18
CONTRACT: Final = {
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
"""GoDark's funding, one part in twenty to be kept."""


def with_positions(positions: int, books: int, mode: MarginMode) -> Core:
    """Return a core where accounts have ten positions each, every second one of them short."""
    core = Core(accounts=True)
    core.add_currency()
    for _ in range(books):
        core.add_instrument(contract=CONTRACT)
    accounts = np.arange(positions // EACH)
    core.match(commands_of(len(accounts), kind=SET_ACCOUNT, account=accounts))
    core.match(commands_of(len(accounts), kind=DEPOSIT, account=accounts, quantity=2**40))
    owners = np.repeat(accounts, EACH)
    numbers = (owners * 7 + np.tile(np.arange(EACH), len(accounts)) * (books // EACH)) % books
    if mode == MarginMode.ISOLATED:
        chosen = {"kind": SET_MARGIN_MODE, "selector": mode}
        core.match(commands_of(positions, instrument=numbers, account=owners, **chosen))
    order = np.lexsort((owners, numbers))
    sides = np.where(np.arange(positions) % 2 == 0, BUY, SELL)
    core.match(
        commands_of(
            positions,
            kind=SUBMIT,
            instrument=numbers[order],
            account=owners[order],
            side=sides,
            price=PRICE,
            quantity=1,
        )
    )
    assert core.trade_count == positions // 2
    return core


def told(core: Core, source: TriggerSource, price: int) -> RecordArray:
    """Return the commands that tell a price in every instrument."""
    numbers = np.arange(core.instrument_count)
    fields = {"kind": SET_PRICE, "trigger_source": source, "price": price}
    return commands_of(len(numbers), instrument=numbers, **fields)


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


def put(
    results: Results,
    benchmark: Any,
    what: str,
    positions: int,
    books: int,
    rounds: list[float],
    target: float,
) -> None:
    cells: dict[str, Any] = {"what": what, "positions": positions, "instruments": books}
    cells |= {"best": min(rounds), "median": float(np.median(rounds)), "target": target}
    cells |= {"most": max(rounds)}
    benchmark.extra_info |= cells
    results.put(TITLE, what, cells)
