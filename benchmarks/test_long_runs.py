"""Long runs as fast as they go: memory stays flat after the first tenth, and nothing slows down."""

from __future__ import annotations

from typing import Any, Final

import pytest
from long_run import LongRun, flow_of, long_run_apart, plain_state_hash
from results import Results
from scale import Scale
from targets import LONG_RUN_MEMORY, LONG_RUN_SLOWING, hold

from engine.budgets import at_most

TITLE: Final = "long runs"
SMOKE_SECONDS: Final = 5.0
FULL_SECONDS: Final = 3_600.0
MEBIBYTE: Final = 2**20
BATCH: Final = 4_096


@pytest.mark.benchmark(group="long runs")
@pytest.mark.parametrize("name", ["demo-marathon", "demo-recommended"])
def test_a_long_run_needs_no_more_memory_and_does_not_slow_down(
    name: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    seconds = FULL_SECONDS if scale.is_full else SMOKE_SECONDS
    flow = flow_of(name, seconds)
    found: list[LongRun] = []
    benchmark.pedantic(lambda: found.append(long_run_apart(name, seconds)), rounds=1)
    ran = found[0]
    assert ran.errors == 0
    # Five standard deviations of a Hawkes process.
    assert abs(ran.users_orders - flow.orders) < 5 * flow.orders**0.5 / (1 - flow.branching)
    assert 0.4 < ran.matched_share < 0.6
    assert 1_000 < ran.resting < 13_000
    assert ran.state_hash == plain_state_hash(name, seconds, BATCH)
    slowing = ran.ns_last / ran.ns_first
    cells: dict[str, Any] = {
        "run": flow.label,
        "users' orders": ran.users_orders,
        "commands": ran.sent,
        "matched": ran.matched_share,
        "seconds": ran.seconds,
        "commands a second": ran.sent / ran.seconds,
        "ns each, first tenth": ran.ns_first,
        "last tenth": ran.ns_last,
        "slowing": slowing,
        "target": LONG_RUN_SLOWING,
    }
    limits = [at_most(f"{name}: slowing", slowing, LONG_RUN_SLOWING)]
    if ran.memory_first is not None and ran.memory_last is not None:
        growth = ran.memory_last / ran.memory_first
        cells |= {
            "MiB, first tenth": ran.memory_first / MEBIBYTE,
            "most after": ran.memory_last / MEBIBYTE,
            "growth": growth,
            "target ": LONG_RUN_MEMORY,
        }
        limits.append(at_most(f"{name}: memory", growth, LONG_RUN_MEMORY))
    benchmark.extra_info |= cells
    results.put(TITLE, name, cells)
    hold(scale, *limits)
