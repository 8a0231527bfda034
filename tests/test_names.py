"""A keyword that a constructor doesn't take is refused with those that are most like it."""

from __future__ import annotations

import inspect
from enum import Enum
from typing import Any, is_typeddict

import pytest

import engine
from engine import feed, history, load, metrics, policy, settlement
from engine._members import says_names
from engine.bench import Bench

NEVER_MADE = {engine.ExecutionReport}
"""Only a command makes one."""
OFFERED: list[Any] = [getattr(engine, name) for name in engine.__all__]
CLASSES = [
    found
    for found in OFFERED
    if inspect.isclass(found)
    and not issubclass(found, Enum | BaseException | tuple)
    and not is_typeddict(found)
    and found not in NEVER_MADE
]
OF_SUBPACKAGES = [
    *(feed.BoundedQueue, feed.Conflator, feed.FeedBuilder, feed.Partitioner, feed.Replica),
    *(history.History, history.HistoryReader),
    *(load.Criteria, load.EngineTarget, load.Fault, load.Scenario, load.Stage, load.StopWhen),
    *(metrics.AlertMonitor, metrics.AlertRule, metrics.Metrics, metrics.MetricsCollector),
    *(metrics.Objective, metrics.Rules, metrics.ScalingRule, metrics.ServiceLevels),
    *(policy.Proposal, policy.RiskAccount, policy.RiskChain, policy.RiskLimits, policy.Sizing),
    *(settlement.SettlementBatcher, settlement.SettlementTerms, Bench),
]
OF_COMPILED = {
    engine.Core: ("max_orders", "accounts", "first_order_id"),
    engine.OrderBook: ("max_orders", "min_price", "visibility"),
    engine.RateLimiter: ("tiers",),
    feed.FeedBuilder: ("channels", "report_numbers", "after"),
}


def names_of(made: Any) -> tuple[str, ...]:
    """Return what a constructor takes by name."""
    if made in OF_COMPILED:
        return OF_COMPILED[made]
    return tuple(inspect.signature(made).parameters)


@pytest.mark.parametrize("made", [*CLASSES, *OF_SUBPACKAGES], ids=lambda made: made.__name__)
def test_a_name_that_is_misspelt_is_told_with_the_right_one(made: Any) -> None:
    assert len(CLASSES) > 15
    assert names_of(made)
    for name in names_of(made):
        wrong = f"{name[:-1]}_{name[-1]}"
        with pytest.raises(TypeError) as caught:
            made(**{wrong: 1})
        told = f"{made.__name__}() got an unexpected keyword argument {wrong!r}: nearest "
        assert str(caught.value).startswith(told)
        verb, *nearest = str(caught.value).removeprefix(told).replace(",", "").split()
        assert verb == ("is" if len(nearest) == 1 else "are")
        assert repr(name) in nearest


def test_what_is_like_none_is_told_alone() -> None:
    with pytest.raises(TypeError, match=r"^Instrument\(\) got an unexpected keyword .*'zzzz'$"):
        engine.Instrument(symbol="OIL", tick_size=1, lot_size=1, zzzz=1)  # type: ignore[call-arg]


def test_another_mistake_is_told_as_it_was() -> None:
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'lot_size'"):
        engine.Instrument(symbol="OIL", tick_size=1)  # type: ignore[call-arg]


def test_a_class_that_takes_any_name_is_left_alone() -> None:
    @says_names
    class Free:
        def __init__(self, **given: int) -> None:
            raise TypeError(f"{sorted(given)} were not what it wants")

    with pytest.raises(TypeError, match="were not what it wants"):
        Free(any_name=1)


def test_what_a_class_takes_is_seen_as_before() -> None:
    assert list(inspect.signature(engine.Currency).parameters) == ["name", "unit"]
    assert engine.Currency(name="USD", unit="0.01").name == "USD"
