"""The risk chain before an order: a proposal that passes, one that fails, one that is entered."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from time import perf_counter_ns
from typing import Final

import numpy as np

from engine._engine import BracketReports, Engine
from engine._schema import OrderStatus
from engine.bench.reading import Effort, figures_of, time_calls
from engine.budgets import Measurement
from engine.instrument import Instrument
from engine.policy import (
    Decision,
    Proposal,
    RiskAccount,
    RiskChain,
    RiskLimits,
    RiskReason,
    RiskStage,
    Signal,
    Sizing,
)

__all__ = [
    "LIMITS",
    "LOT",
    "SEED",
    "order_construction",
    "proposals",
    "risk_chain",
    "signal_rejection",
]

SEED: Final = 97
SYMBOL: Final = "BTC-USD"
LOT: Final = Decimal("0.001")
LIMITS: Final = RiskLimits(
    daily_loss_limit=500, sizing=Sizing(risk_percent=2, default_quantity="0.01")
)
ACCOUNT: Final = RiskAccount(balance=10_000, free_margin=2_000, open_positions=3)
NO_DEADLINE: Final = 2**62
TOO_WEAK: Final = "0.55"
SURE: Final = "0.85"


def proposals(count: int, confidence: str = SURE) -> Iterator[Proposal]:
    """Yield proposals at many prices, each with a stop 2 % away and twice that to win."""
    ticks = np.random.default_rng(SEED).integers(4_000_000, 6_000_000, count)
    for tick in ticks.tolist():
        yield Proposal(
            symbol=SYMBOL,
            signal=Signal.BUY,
            confidence=confidence,
            entry_price=f"{tick / 100:.2f}",
            stop_loss=f"{tick * 98 // 100 / 100:.2f}",
            take_profit=f"{tick * 104 // 100 / 100:.2f}",
        )


def decide(chain: RiskChain, proposal: Proposal) -> Decision:
    """Let a chain look at a proposal, with a deadline that is carried through."""
    return chain.check(proposal, ACCOUNT, lot_size=LOT, deadline=NO_DEADLINE)


def risk_chain(effort: Effort) -> Measurement:
    """Time a proposal that passes every check of the chain, the size of its order included."""
    chain = RiskChain(LIMITS, clock=perf_counter_ns)

    def passes(_: Proposal, decision: Decision) -> bool:
        return decision.is_accepted and len(decision.times) == len(RiskStage)

    histogram = time_calls(lambda asked: decide(chain, asked), proposals(effort.calls), passes)
    return Measurement(figures_of(histogram), {"checks": "every"})


def signal_rejection(effort: Effort) -> Measurement:
    """Time a signal that is received, validated and refused, because it is too weak."""
    chain = RiskChain(LIMITS, clock=perf_counter_ns)

    def is_refused(_: Proposal, decision: Decision) -> bool:
        return decision.reason == RiskReason.LOW_CONFIDENCE

    weak = proposals(effort.calls, TOO_WEAK)
    histogram = time_calls(lambda asked: decide(chain, asked), weak, is_refused)
    return Measurement(figures_of(histogram), {"checks": "every"})


def order_construction(effort: Effort) -> Measurement:
    """Time an accepted proposal until its order and both exits are made, and stand in a book."""
    chain, venue = RiskChain(LIMITS, clock=perf_counter_ns), Engine()
    venue.add_instrument(Instrument(symbol=SYMBOL, tick_size="0.01", lot_size=LOT))
    decisions = (decide(chain, proposal) for proposal in proposals(effort.calls))

    def enter(decision: Decision) -> BracketReports:
        return venue.submit_bracket(**decision.bracket())

    def stands(_: Decision, reports: BracketReports) -> bool:
        return all(report and report.order_status == OrderStatus.NEW for report in reports)

    histogram = time_calls(enter, decisions, stands)
    return Measurement(figures_of(histogram), {"checks": "every", "depth": len(venue)})
