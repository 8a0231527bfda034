"""Runs the probes that profiles name: which function measures what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from engine._shown import shown
from engine.bench.probes import (
    feeds,
    history,
    journal,
    monitoring,
    orders,
    policy,
    positions,
    settlement,
    sizes,
)
from engine.bench.probes.loads import (
    SCENARIOS_OF,
    Load,
    OnWindow,
    capacity_probe,
    load_probe,
    marathon_probe,
    rate_probe,
    scenario_of,
    trades_rate,
)
from engine.bench.reading import Effort
from engine.budgets import PROBES, Measurement
from engine.errors import MeasurementError
from engine.load import Scenario

__all__ = ["CALLS", "SEARCHES", "SENDERS", "measure", "measure_load"]

Sender = Callable[[Scenario, Effort, OnWindow | None], Load]

CALLS: Final[Mapping[str, Callable[[Effort], Measurement]]] = MappingProxyType(
    {
        "matching": orders.matching,
        "order_validation": orders.order_validation,
        "order_submission": orders.order_submission,
        "risk_chain": policy.risk_chain,
        "order_construction": policy.order_construction,
        "signal_rejection": policy.signal_rejection,
        "settlement_batch": settlement.settlement_batch,
        "settlement_window": settlement.settlement_window,
        "position_update": orders.position_update,
        "position_updates": orders.position_updates,
        "position_recording": orders.position_recording,
        "funding_sweep": positions.funding_sweep,
        "liquidation_sweep": positions.liquidation_sweep,
        "market_data": orders.market_data,
        "book_update": orders.book_update,
        "market_questions": orders.market_questions,
        "journaled_trade": journal.journaled_trade,
        "recorded_trade": history.recorded_trade,
        "order_history": history.order_history,
        "order_lookup": history.order_lookup,
        "market_statistics": history.market_statistics,
        "rate_limit": feeds.rate_limit,
        "event_batching": feeds.event_batching,
        "memory": sizes.memory,
        "metrics_cost": monitoring.metrics_cost,
    }
)
"""Probes that need nothing but an effort."""
SEARCHES: Final[Mapping[str, Callable[[Scenario, Effort], Measurement]]] = MappingProxyType(
    {"stress_capacity": capacity_probe}
)
"""Probes that send a scenario of the profile again and again, at other rates."""
SENDERS: Final[Mapping[str, Sender]] = MappingProxyType(
    {
        **{name: load_probe for name in SCENARIOS_OF if name not in SEARCHES},
        "marathon_memory": marathon_probe,
        "throughput": rate_probe,
        "peak_throughput": rate_probe,
        "trades_rate": trades_rate,
    }
)
"""Probes that send a scenario of the profile."""


def measure(
    probe: str, effort: Effort, profile: str = "demo", on_window: OnWindow | None = None
) -> Measurement:
    """Measure what a probe measures.

    Parameters
    ----------
    probe
        One of `engine.budgets.PROBES`.
    effort
        How much is done.
    profile
        Of a probe that sends load: whose scenario it is.
    on_window
        Of a probe that sends load: is called with each second that is over.

    Raises
    ------
    MeasurementError
        There is no such probe.
    WrongAnswerError
        What was measured did not do what it must.

    Examples
    --------
    >>> from engine.bench import QUICK
    >>> found = measure("rate_limit", QUICK)
    >>> found.conditions["users"], found.figures["p50"] > 0
    (10000, True)
    """
    if probe in CALLS:
        return CALLS[probe](effort)
    if probe in SEARCHES:
        return SEARCHES[probe](scenario_of(probe, profile), effort)
    if probe in SENDERS:
        return measure_load(probe, effort, profile, on_window).measurement
    raise _unknown(probe, PROBES)


def measure_load(
    probe: str, effort: Effort, profile: str, on_window: OnWindow | None = None
) -> Load:
    """Measure what a probe measures that sends load, and return the run as well.

    Parameters
    ----------
    probe
        One of `engine.bench.measure.SENDERS`.
    effort
        How long load is sent; a longer scenario is compressed.
    profile
        Whose scenario it is; where it has none of that kind, the one that belongs to no profile.
    on_window
        Is called with each second that is over.

    Returns
    -------
    Load
        Its `measurement`, as `measure` returns it, and its `result`, a `LoadResult`.

    Raises
    ------
    MeasurementError
        It is none of these.
    LoadError
        Neither the profile nor the library has a scenario of that kind.
    WrongAnswerError
        What was measured did not do what it must.
    """
    if probe not in SENDERS:
        raise _unknown(probe, SENDERS)
    return SENDERS[probe](scenario_of(probe, profile), effort, on_window)


def _unknown(probe: str, known: Iterable[str]) -> MeasurementError:
    """Return the error for a probe that is none of those known."""
    return MeasurementError(f"probe was {shown(probe)}, not one of {', '.join(map(repr, known))}")
