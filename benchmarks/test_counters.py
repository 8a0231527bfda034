"""What it takes to ask an engine for its counters: a step for each instrument, and little beside.

What counting costs the commands themselves is in docs/decisions/0012-counters-are-no-state.md.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Final

import numpy as np
import pytest
from loops import asking
from results import Results
from scale import Scale
from targets import COUNTERS_US, hold

from engine import COMMAND_DTYPE, CommandKind, Core, ExecType, RejectReason
from engine.budgets import at_most

TITLE: Final = "counters(), us a call"
ORDERS: Final = 4


def busy_core(instruments: int) -> Core:
    """Return a core in each of whose instruments an order met another, and one was refused."""
    core = Core()
    for _ in range(instruments):
        core.add_instrument()
    commands = np.zeros((instruments, ORDERS), COMMAND_DTYPE)
    commands["kind"], commands["price"] = CommandKind.SUBMIT, 100
    commands["instrument"] = np.arange(instruments)[:, np.newaxis]
    commands["side"], commands["quantity"] = [-1, 1, 1, 1], [5, 3, 1, 0]
    core.match(commands.reshape(-1))
    return core


@pytest.mark.benchmark(group="questions", timer=time.process_time)
@pytest.mark.parametrize("instruments", list(COUNTERS_US))
def test_counters_are_told_at_once(
    instruments: int, scale: Scale, results: Results, benchmark: Any
) -> None:
    core = busy_core(instruments)
    calls = max(scale.calls // 10, 1)
    us = min(asking(core.counters, calls) for _ in range(scale.call_rounds)) / calls / 1_000
    counters = benchmark.pedantic(core.counters, rounds=1)
    assert counters.commands == Counter({CommandKind.SUBMIT: ORDERS * instruments})
    assert counters.reports == {
        ExecType.NEW: 3 * instruments,
        ExecType.TRADE: 4 * instruments,
        ExecType.REJECTED: instruments,
    }
    assert counters.rejects == Counter({RejectReason.QUANTITY_TOO_SMALL: instruments})
    assert (counters.trades, counters.traded_lots) == (2 * instruments, 4 * instruments)
    bound = COUNTERS_US[instruments]
    cells: dict[str, Any] = {"instruments": instruments, "us": us, "target": bound}
    benchmark.extra_info |= cells
    results.put(TITLE, instruments, cells)
    hold(scale, at_most(f"counters of {instruments} instruments, us", us, bound))
