"""A mass cancel of one account that has few of all orders, or none."""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np
import pytest
from checked import PRICE, checked_core
from passes import fill, room, state, timed
from results import Results
from scale import BATCH, Scale
from tapes import ACCOUNTS

from engine import SUBMIT, CancelScope, CommandKind, Core, ExecType
from engine.load.checks import NO_CHECKS
from engine.records import RecordArray, commands_of

TITLE: Final = "a mass cancel of one account, µs"
OWN: Final = 10
FEW, NONE = 0, ACCOUNTS - 1
TICKS: Final = 1_000
"""How far from the touch the orders lie at most."""


def resting(count: int, books: int) -> RecordArray:
    """Return orders of many accounts that meet nothing; `FEW` has ten of them, `NONE` none."""
    random = np.random.default_rng(7)
    side = np.where(random.random(count) < 0.5, 1, -1)
    placed = commands_of(count, SUBMIT, order_id=np.arange(1, count + 1), quantity=1, side=side)
    placed["instrument"] = random.integers(0, books, count)
    placed["price"] = PRICE - side * random.integers(1, TICKS, count)
    placed["account"] = random.integers(1, NONE, count)
    placed["account"][random.choice(count, OWN, replace=False)] = FEW
    return placed


def mass_cancel(account: int) -> RecordArray:
    """Return the command that cancels what an account has anywhere."""
    scope = CancelScope.BY_ACCOUNT
    return commands_of(1, CommandKind.MASS_CANCEL, selector=scope, account=account)


@pytest.mark.benchmark(group="mass cancels", timer=time.process_time)
@pytest.mark.parametrize("books", [1, 10, 1_000])
def test_a_mass_cancel_takes_what_the_account_has(
    books: int, scale: Scale, results: Results, benchmark: Any
) -> None:
    placed, out = resting(scale.orders // 10, books), room(BATCH)
    us: dict[int, list[float]] = {FEW: [], NONE: []}
    cores: list[Core] = []

    def prepare() -> None:
        cores[:] = [checked_core(books, ACCOUNTS, NO_CHECKS)]
        fill(cores[0], placed)

    def run() -> None:
        for account, durations in us.items():
            durations.append(timed(cores[0], mass_cancel(account), "all", BATCH, out) / 1e3)

    benchmark.pedantic(run, setup=prepare, rounds=scale.rounds * scale.passes)
    assert state(cores[0]).resting == len(placed) - OWN
    cores[0].check_invariants()

    prepare()
    reports = cores[0].match(mass_cancel(FEW))
    own = placed[placed["account"] == FEW]
    assert list(reports["exec_type"]) == [ExecType.CANCELED] * OWN + [ExecType.DONE]
    assert set(reports["order_id"][:-1]) == set(own["order_id"])

    cells: dict[str, Any] = {"orders": len(placed), "books": books}
    cells |= {"ten of them": float(np.median(us[FEW])), "none": float(np.median(us[NONE]))}
    benchmark.extra_info |= cells
    results.put(TITLE, books, cells)
