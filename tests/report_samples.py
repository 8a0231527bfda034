"""Runs that never were, for tests of reports: seeded, of realistic size, and easy to vary."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.bench.report_data import (
    BudgetRow,
    CheckFigure,
    FaultMark,
    Ladder,
    LatencyFigures,
    Level,
    ReportData,
    Windows,
)
from engine.load import Counts
from engine.measurement import LatencyHistogram, Machine, Noise

SEED = 20261126
FAULTS = (
    FaultMark("rejected burst", 10.0, 10.6),
    FaultMark("halted symbol SOLUSD", 11.2, 12.1),
    FaultMark("stalled consumer", 12.8, 13.1),
    FaultMark("mass cancel", 14.0, 14.0),
)


def check(
    name: str, measured: float, bound: float, own: float | None, unit: str = "ms"
) -> CheckFigure:
    sense = "at least" if unit == "/s" else "at most"
    factor = measured / bound if sense == "at least" else bound / measured
    own_factor = None if own is None else measured / own if sense == "at least" else own / measured
    is_own_kept = None if own_factor is None else own_factor >= 1
    return CheckFigure(name, measured, bound, sense, unit, factor, factor >= 1, own, is_own_kept)


def budgets(*, is_missed: bool = False) -> tuple[BudgetRow, ...]:
    slow = 61.0 if is_missed else 0.0214
    return (
        BudgetRow(
            "latency p50 / p95 / p99 / max at 3,000/s",
            "10 / 25 / 50 / 100 ms",
            "missed" if is_missed else "kept",
            checks=(
                check("p50", 0.0023, 10, 0.021),
                check("p95", 0.0088, 25, 0.09),
                check("p99", slow, 50, 0.25),
                check("max", slow + 1.1, 100, 18),
            ),
        ),
        BudgetRow(
            "error rate", "under 0.1%", "kept", checks=(check("share", 0.004, 0.1, None, "%"),)
        ),
        BudgetRow(
            "limit of its one lock",
            "5,000/s",
            "kept",
            checks=(check("rate", 412_345.0, 5_000, 41_000, "/s"),),
        ),
        BudgetRow(
            "memory after 15 min",
            "under 2.5 GB",
            "kept",
            checks=(check("most", 0.221, 2.5, 2.2, "GB"),),
        ),
        BudgetRow("marathon", "2,000/s for 1 h: 7.2 M orders", "not measured", "another scenario"),
        BudgetRow(
            "order validation p50 / p95 / p99",
            "2 / 5 / 10 ms",
            "not checked",
            "accounts were 150, the row says 5,000",
            checks=(check("p50", 0.0009, 2, None),),
        ),
        BudgetRow("API gateway", "2 / 5 / 10 ms", "needs", "gateway"),
        BudgetRow("WebSocket notification", "3 / 8 / 15 ms", "needs", "websocket"),
        BudgetRow("database write (journal, trade record)", "5 / 10 / 20 ms", "needs", "journal"),
    )


def latencies(draw: np.random.Generator, count: int) -> tuple[LatencyFigures, ...]:
    call, scheduled = LatencyHistogram(), LatencyHistogram()
    service = draw.lognormal(7.4, 0.55, count) + (draw.random(count) < 5e-4) * draw.exponential(
        60_000, count
    )
    waited = service + draw.exponential(400, count)
    waited[: count // 500] += np.linspace(0, 9e6, count // 500)
    call.record_many(service.astype(np.int64))
    scheduled.record_many(waited.astype(np.int64))
    return (
        LatencyFigures.of("from the scheduled time", scheduled),
        LatencyFigures.of("of the call alone", call),
    )


def windows(draw: np.random.Generator, count: int) -> Windows:
    ramp = np.clip(0.4 + 0.6 * np.arange(count) / max(count // 10, 1), 0, 1)
    sent = (3_000 * ramp * draw.normal(1, 0.03, count)).astype(int)
    at = 15 * np.arange(count) / max(count, 1)
    rejected = (sent * np.where((at >= 10) & (at < 10.7), 0.45, 0.004)).astype(int)
    stalled = (at >= 12.8) & (at < 13.3)
    p50 = 2_300 * draw.lognormal(0, 0.06, count)
    p99 = np.where(stalled, 6e6, 21_000 * draw.lognormal(0, 0.18, count))
    depth = 9_000 + 4_000 * (1 - np.exp(-np.arange(count) / max(count / 5, 1)))
    memory = 205e6 + 12e6 * (1 - np.exp(-np.arange(count) / max(count / 25, 1)))
    length = 15 / max(count, 1)

    def column(values: Any) -> tuple[int, ...]:
        return tuple(np.asarray(values).astype(int).tolist())

    return Windows(
        start_s=tuple((length * np.arange(count)).round(6).tolist()),
        seconds=(length,) * count,
        sent=column(sent * length),
        reports=column(sent * length * 2.05),
        trades=column(sent * length * 0.55),
        rejected=column(rejected * length),
        errors=(0,) * count,
        p50_ns=column(p50),
        p99_ns=column(p99),
        max_ns=column(p99 * draw.uniform(1.5, 12, count)),
        resident_bytes=column(memory),
        resting_orders=column(depth * draw.normal(1, 0.01, count)),
        lag_ns=column(np.where(stalled, 9e6, 3_000)),
        cpu_share=tuple(draw.uniform(0.3, 0.5, count).round(3).tolist()),
    )


def ladder(draw: np.random.Generator, symbol: str) -> Ladder:
    def side(first: float, step: float) -> tuple[Level, ...]:
        sizes = draw.pareto(1.7, 12) * 4 + 0.5
        return tuple(
            Level(f"{first + step * rank:,.2f}", round(float(size), 3))
            for rank, size in enumerate(sizes)
        )

    return Ladder(symbol, bids=side(49_999.5, -0.5), asks=side(50_000.5, 0.5))


def sample(count: int = 60, *, symbol: str = "BTCUSD", is_missed: bool = False) -> ReportData:
    """Return a run of so many windows; none has no latencies, no ladder and no faults either."""
    draw = np.random.default_rng(SEED)
    time = windows(draw, count)
    return ReportData(
        title="The demo exchange: a matching engine in memory, shown under load",
        profile="demo",
        scenario="demo-recommended",
        time_label="15 min in 15 s",
        started="2026-11-26T21:05:00Z",
        command="python -m engine bench --profile demo --scenario demo-recommended --seconds 15"
        " --html report.html",
        seconds=15.02,
        stopped_because="",
        loop="open",
        counts=Counts(
            sent=sum(time.sent),
            orders=sum(time.sent) * 17 // 20,
            matched=sum(time.sent) // 2,
            trades=sum(time.trades),
            reports=sum(time.reports),
            rejected=sum(time.rejected),
            late_cancels=sum(time.rejected) // 5,
        ),
        conditions={
            "checks": "grid, price band, notional, balance, position limit, rate limit",
            "accounts": "154: 150 users, 4 makers",
            "depth": "9,000 orders in 6 books",
            "arrivals": f"poisson, seed {SEED}",
            "workers": "1",
        },
        machine=Machine(
            processor="AMD EPYC",
            cores=2,
            usable=2,
            memory_bytes=25_276_063_744,
            load=1.1,
            system="Linux 6.18.44 x86_64",
            python="3.11.7",
            numpy="2.4.6",
            engine="0.1.0",
        ),
        noise=Noise(1_512_000_000, 21_000_000, 2_400_000),
        budgets=budgets(is_missed=is_missed),
        latencies=latencies(draw, 44_000) if count else (),
        windows=time,
        ladder=ladder(draw, symbol) if count else None,
        faults=FAULTS if count else (),
        rejects={"PRICE_BAND": 171, "INSUFFICIENT_BALANCE": 12, "UNKNOWN_ORDER": 391}
        if count
        else {},
        state_hash="9f3a61c2b7d4e805",
    )
