"""The risk chain from Python: how long a proposal takes that passes all checks, or fails one."""

from __future__ import annotations

from array import array
from time import perf_counter_ns
from typing import Any, Final

import numpy as np
import pytest
from latency import percentiles_ns
from results import Results
from scale import Scale
from targets import RISK_CHAIN_MS, hold

from engine.bench.probes.policy import LIMITS, LOT, SEED, proposals
from engine.budgets import at_most
from engine.measurement import no_collection
from engine.policy import RiskAccount, RiskChain, RiskReason

TITLE = "the risk chain, ns of wall time"
NANOSECONDS_A_MILLISECOND: Final = 1_000_000
USUAL: Final[dict[str, Any]] = {"balance": 10_000, "free_margin": 2_000, "open_positions": 3}
ACCOUNTS: Final = {
    RiskReason.NONE: RiskAccount(**USUAL),
    RiskReason.MAX_POSITIONS: RiskAccount(**USUAL | {"open_positions": 10}),
    RiskReason.INSUFFICIENT_MARGIN: RiskAccount(**USUAL | {"free_margin": 500}),
    RiskReason.DAILY_LOSS_LIMIT: RiskAccount(**USUAL | {"daily_loss": 500}),
}
CHUNK: Final = 64


@pytest.mark.benchmark(group="policy")
@pytest.mark.parametrize("reason", list(ACCOUNTS), ids=lambda reason: reason.name)
def test_a_proposal_is_decided_far_below_the_budget(
    reason: RiskReason, scale: Scale, results: Results, benchmark: Any
) -> None:
    chain = RiskChain(LIMITS, clock=perf_counter_ns)
    account, durations = ACCOUNTS[reason], array("q")
    asked = list(proposals(scale.calls * 10))

    def run() -> None:
        for start in range(0, len(asked), CHUNK):
            with no_collection():
                for proposal in asked[start : start + CHUNK]:
                    before = perf_counter_ns()
                    decision = chain.check(proposal, account, lot_size=LOT, deadline=2**62)
                    durations.append(perf_counter_ns() - before)
                    assert decision.reason == reason

    benchmark.pedantic(run, rounds=1)
    percentiles: dict[str, Any] = percentiles_ns(np.array(durations, dtype=np.int64))
    budget = RISK_CHAIN_MS * NANOSECONDS_A_MILLISECOND
    cells: dict[str, Any] = {"decision": reason.name, "seed": SEED, **percentiles}
    cells |= {"budget": budget, "budget / p99.9": budget / percentiles["p99.9"]}
    benchmark.extra_info |= cells
    results.put(TITLE, reason, cells)
    milliseconds = percentiles["p99.9"] / NANOSECONDS_A_MILLISECOND
    hold(scale, at_most(f"{reason.name}: p99.9, ms", milliseconds, RISK_CHAIN_MS))
