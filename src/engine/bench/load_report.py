"""The report of a run under load: what a `LoadResult` says, as plain data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from engine._core import Core
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
from engine.budgets import Check, Verdict
from engine.load import LoadResult, Scenario
from engine.measurement import Machine, Noise

__all__ = ["busiest_ladder", "fault_marks", "load_report"]

LADDER_LEVELS: Final = 10
OWN_CRITERIA: Final = "what the scenario asks for"
SCHEDULED: Final = "from the scheduled time"
CALLED: Final = "of the call alone"


def load_report(
    result: LoadResult,
    *,
    title: str,
    profile: str,
    started: str,
    command: str,
    machine: Machine,
    noise: Noise | None = None,
    judged: Iterable[Verdict] = (),
    ladder: Ladder | None = None,
) -> ReportData:
    """Return the report of a run.

    Parameters
    ----------
    result
        What the run came to.
    title, profile, started, command, machine, noise, ladder
        As in `ReportData`.
    judged
        The rows of the profile, as its `judge` gives them; what the scenario itself asks for stands
        before them.

    Examples
    --------
    >>> from engine.load import SimulatedClock, run, scenario
    >>> from engine.measurement import machine
    >>> quick = scenario("demo-recommended").scaled(seconds=0.5)
    >>> result = run(quick, lambda commands: None, clock=SimulatedClock())
    >>> report = load_report(
    ...     result,
    ...     title="The demo exchange",
    ...     profile="demo",
    ...     started="2026-11-26T21:00:00Z",
    ...     command="python -m engine bench --profile demo",
    ...     machine=machine(),
    ... )
    >>> report.scenario, report.time_label, report.counts.sent == result.counts.sent
    ('demo-recommended', '15 min in 0.5 s', True)
    """
    is_open = result.loop == "open"
    rows = [*_own_criteria(result), *map(BudgetRow.of, judged)]
    latencies = [LatencyFigures.of(SCHEDULED if is_open else CALLED, result.histogram)]
    if is_open:
        latencies.append(LatencyFigures.of(CALLED, result.service))
    return ReportData(
        title=title,
        profile=profile,
        scenario=result.scenario.name,
        time_label=_time_label(result),
        started=started,
        command=command,
        seconds=result.seconds,
        stopped_because=result.stopped_because or "",
        loop="open" if is_open else "closed",
        counts=result.counts,
        conditions={
            **result.conditions,
            "arrivals": f"{result.scenario.arrivals}, seed {result.scenario.seed}",
            "workers": f"{result.workers:,}",
            "calls": f"{result.batches:,}",
        },
        machine=machine,
        noise=noise,
        budgets=tuple(rows),
        latencies=tuple(latencies),
        windows=Windows.of(result.windows),
        ladder=ladder,
        faults=tuple(fault_marks(result.scenario, result.pace)),
        rejects=dict(result.rejects),
        failures=dict(result.failures),
        state_hash=result.state_hash or "",
    )


def fault_marks(scenario: Scenario, pace: float = 1.0) -> Iterator[FaultMark]:
    """Yield when each fault of a scenario began and ended; none where nothing was scheduled."""
    if not math.isfinite(pace):
        return
    for fault in scenario.faults:
        name = fault.kind.replace("_", " ")
        if fault.kind in {"halted_symbol", "switched_off"}:
            name += f" {scenario.symbols[fault.symbol]}"
        for at in fault.times(scenario.seconds):
            end = min(at + fault.seconds, scenario.seconds)
            yield FaultMark(name, at / pace, end / pace)


def busiest_ladder(core: Core, symbols: Sequence[str]) -> Ladder | None:
    """Return the book with the most orders, in ticks and lots; None when nothing rests.

    Parameters
    ----------
    core
        As the one of an `EngineTarget`.
    symbols
        Of its instruments, by number.

    Examples
    --------
    >>> from engine.load import EngineTarget, scenario
    >>> short = scenario("demo-recommended").scaled(seconds=1)
    >>> book = busiest_ladder(EngineTarget(short).core, short.symbols)
    >>> book.symbol in short.symbols, len(book.bids), len(book.asks)
    (True, 10, 10)
    """
    orders = [len(core.book(number)) for number in range(len(symbols))]
    if not any(orders):
        return None
    number = orders.index(max(orders))
    bids, asks = (
        tuple(Level(str(level["price"]), float(level["quantity"])) for level in side)
        for side in core.book(number).depth(LADDER_LEVELS)
    )
    return Ladder(symbols[number], bids, asks)


def _time_label(result: LoadResult) -> str:
    """Return how time was changed: the result's label without the name, and without the loop."""
    label = result.label.removeprefix(result.scenario.name).removeprefix(", ")
    return label.removesuffix(f"{result.loop} loop").removesuffix(", ")


def _own_criteria(result: LoadResult) -> Iterator[BudgetRow]:
    """Yield the row of what the scenario asks for, if it asks for anything."""
    verdicts = result.verdicts()
    if not verdicts:
        return
    checks, reasons = [], [str(verdict) for verdict in verdicts if not verdict.is_kept]
    for verdict in verdicts:
        # One that never happened took at least as long as there was.
        measured = verdict.measured if math.isfinite(verdict.measured) else result.seconds
        unit = "" if verdict.unit == "of all" else verdict.unit
        check = Check(verdict.what, measured, verdict.bound, "at most", unit)
        checks.append(CheckFigure.of(verdict.what, check))
    stated = ", ".join(f"{one.what} {one.bound:g} {one.unit}" for one in verdicts)
    yield BudgetRow(
        OWN_CRITERIA,
        stated,
        "missed" if reasons else "kept",
        "; ".join(reasons),
        tuple(checks),
    )
