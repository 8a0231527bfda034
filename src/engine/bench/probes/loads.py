"""What a scenario of load comes to: latency from the schedule, rates, errors, memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from engine.bench.reading import Effort, figures_of, require
from engine.bench.venue import SCENARIO
from engine.budgets import Measurement
from engine.budgets.row import Condition
from engine.errors import LoadError
from engine.load import (
    SCENARIOS,
    EngineTarget,
    LoadResult,
    Scenario,
    Window,
    find_capacity,
    run,
    scenario,
)
from engine.measurement import peak_bytes

__all__ = [
    "SCENARIOS_OF",
    "Load",
    "capacity_probe",
    "load_probe",
    "marathon_probe",
    "rate_probe",
    "scenario_of",
    "trades_rate",
]

OnWindow = Callable[[Window], Any]

SCENARIOS_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "baseline_test": "baseline",
        "load_test": "load",
        "peak_test": "peak",
        "stress_test": "stress",
        "stress_capacity": "stress",
        "spike_test": "spike",
        "endurance_test": "endurance",
        "demo_load": "recommended",
        "maximum_load": "maximum",
        "staged_load": "staged",
        "marathon_memory": "marathon",
        "throughput": "sustained",
        "peak_throughput": "peak",
        "trades_rate": "recommended",
    }
)
"""By probe, the scenario of the profile that it sends; another one of that kind if it has none."""
WHOLE_SECONDS: Final = 10.0
"""With so much time or more, the marathon is run from end to end, which takes a minute."""
NEVER_S: Final = 86_400.0
"""What is told of a spike that was not recovered from."""
TRY_SECONDS: Final = 2.0
"""For how long a rate is tried, at most."""
PRECISION: Final = 0.1
FASTEST: Final = 250_000
"""Orders a second that are scheduled, for a target that takes them as fast as it can."""


class Load(NamedTuple):
    """A scenario that was sent, and what it measures."""

    measurement: Measurement
    result: LoadResult


def scenario_of(probe: str, profile: str) -> Scenario:
    """Return the scenario of a probe for a profile: its own, or that of its kind.

    Raises
    ------
    LoadError
        There is none.
    """
    kind = SCENARIOS_OF[probe]
    name = next((each for each in (f"{profile}-{kind}", kind) if each in SCENARIOS), None)
    if name is None:
        raise LoadError(f"there is no scenario {kind!r}, {probe} sends it")
    return scenario(name)


def marathon_probe(of: Scenario, effort: Effort, on_window: OnWindow | None = None) -> Load:
    """Send all of a scenario, as fast as an engine takes it; a part of it in a short time."""
    sent = of if effort.seconds >= WHOLE_SECONDS else of.scaled(effort.seconds)
    target = EngineTarget(sent)
    result = run(sent, target, loop="closed", pace=float("inf"), on_window=on_window)
    return Load(measurement_of(result), result)


def load_probe(
    of: Scenario,
    effort: Effort,
    on_window: OnWindow | None = None,
    target: EngineTarget | None = None,
) -> Load:
    """Send a scenario in an open loop, compressed into the seconds of the effort if it is longer.

    Parameters
    ----------
    of
        What is sent.
    effort
        How long it may take.
    on_window
        Is called with each second that is over.
    target
        An engine that is ready for the scenario; by default a new one.
    """
    sent = of if of.seconds <= effort.seconds else of.scaled(effort.seconds)
    result = run(sent, target or EngineTarget(sent), on_window=on_window)
    return Load(measurement_of(result), result)


def measurement_of(result: LoadResult) -> Measurement:
    """Return the figures of a run and what was on."""
    counts, sent = result.counts, result.scenario
    figures: dict[str, float] = {
        **figures_of(result.histogram),
        "rate": result.rate,
        "errors": counts.error_rate,
        "availability": 1 - counts.error_rate,
        "matched": result.matched_share,
        "orders": counts.orders,
    }
    memory = [each.resident_bytes for each in result.windows if each.resident_bytes is not None]
    if memory:
        figures["bytes"] = max(memory)
        figures |= _steadiness(result, memory)
    recovery = next((each for each in result.verdicts() if each.what == "recovery"), None)
    if recovery is not None:
        figures["recovery"] = min(recovery.measured, NEVER_S) * 1e9
    conditions: dict[str, Condition] = {
        "checks": "every",
        "accounts": sent.accounts,
        "users": sent.users,
        "depth": sent.depth,
        "symbols": len(sent.symbols),
        "rate": sent.peak_rate,
        "seconds": sent.seconds,
        "orders": counts.orders,
    }
    return Measurement(figures, conditions)


def _steadiness(result: LoadResult, memory: list[int]) -> dict[str, float]:
    """Return by how much memory grew and the target slowed after the first tenth; 0 for less."""
    tenth = max(len(memory) // 10, 1)
    if len(memory) < 3 * tenth:
        return {}
    medians = [each.percentiles["p50"] for each in result.windows]
    first, last = sorted(medians[tenth : 2 * tenth]), sorted(medians[-tenth:])
    return {
        "growth": max(max(memory[-tenth:]) / max(memory[tenth : 2 * tenth]) - 1, 0.0),
        "slowing": max(last[len(last) // 2] / max(first[len(first) // 2], 1) - 1, 0.0),
    }


def rate_probe(of: Scenario, effort: Effort, on_window: OnWindow | None = None) -> Load:
    """Send the flow of a scenario as fast as an engine takes it, one batch after the other.

    With as many users, and as many orders that rest, as single calls are measured with.
    """
    sent = replace(
        of.at_rate(FASTEST, effort.seconds),
        users=max(of.users, SCENARIO.users),
        depth=max(of.depth, SCENARIO.depth),
        session_seconds=max(of.session_seconds, SCENARIO.session_seconds),
    )
    result = run(sent, EngineTarget(sent), loop="closed", pace=float("inf"), on_window=on_window)
    require(result.counts.errors == 0, f"{result.counts.errors} errors")
    # Waiting for the flow to be drawn is the generator's time.
    seconds = result.seconds - result.starved_seconds
    counts = result.counts
    conditions = dict(measurement_of(result).conditions) | {"seconds": result.seconds}
    del conditions["rate"]
    figures = {"rate": counts.sent / seconds, "bytes": float(peak_bytes() or 0)}
    return Load(Measurement(figures, conditions), result)


def capacity_probe(of: Scenario, effort: Effort) -> Measurement:
    """Search for the most orders a second that an engine takes in time, from a scenario's rate on.

    The rates that are tried have no ramp. What was on is told of the highest that was kept.
    """
    seconds = min(effort.seconds, TRY_SECONDS)
    found = find_capacity(of, start=of.peak_rate, seconds=seconds, precision=PRECISION)
    conditions: dict[str, Condition] = {
        "checks": "every",
        "accounts": of.accounts,
        "users": of.users,
        "depth": of.depth,
        "symbols": len(of.symbols),
    }
    return Measurement({"rate": found.orders_per_second}, conditions)


def trades_rate(of: Scenario, effort: Effort, on_window: OnWindow | None = None) -> Load:
    """Send the same, and count the trades a second."""
    load = rate_probe(of, effort, on_window)
    result = load.result
    seconds = result.seconds - result.starved_seconds
    rate = {"rate": result.counts.trades / seconds}
    return load._replace(measurement=replace(load.measurement, figures=rate))
