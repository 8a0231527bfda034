"""What is copied and pickled is equal or independent, and what cannot be says so."""

from __future__ import annotations

import copy
import dataclasses
import gc
import importlib
import inspect
import pickle
import pkgutil
import weakref
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

import engine
from engine import (
    BUY,
    Core,
    Engine,
    FeedChannel,
    FeedKind,
    FeeSchedule,
    FundingSpec,
    Instrument,
    LiquidationSpec,
    MarginSchedule,
    MarkPriceSpec,
    OrderBook,
    RateLimiter,
    RateTier,
    ShardedEngine,
    presets,
)
from engine.decimal_grid import DecimalGrid
from engine.feed import BoundedQueue, Conflator, FeedBuilder, Partitioner, Replica
from engine.history import History, HistoryReader
from engine.load import EngineTarget, SimulatedClock, SystemClock
from engine.measurement import LatencyHistogram
from engine.metrics import (
    AlertMonitor,
    CounterWindows,
    GaugeWindows,
    LatencyWindow,
    Metrics,
    Rules,
    ServiceLevels,
    UptimeWindow,
)
from engine.settlement import SettlementBatcher

ACTS: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda it: pickle.loads(pickle.dumps(it)),
]


def venue() -> Engine:
    made = Engine()
    made.add_instrument(Instrument(symbol="X", tick_size=1, lot_size=1))
    return made


# What has a state of the compiled core's: a copy would be a second engine.
REFUSED: dict[str, Callable[[], Any]] = {
    "Core": Core,
    "Engine": venue,
    "ShardedEngine": ShardedEngine,
    "OrderBook": OrderBook,
    "book of a venue": lambda: venue().book("X"),
    "FeedBuilder": FeedBuilder,
    "RateLimiter": lambda: RateLimiter(RateTier("all", orders_per_minute=3)),
}


@pytest.mark.parametrize("act", ACTS, ids=["copy", "deepcopy", "pickle"])
@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_an_engine_and_what_counts_for_it_is_not_copied(
    make: Callable[[], Any], act: Callable[[Any], Any]
) -> None:
    with pytest.raises(TypeError, match=r"can't be pickled|cannot be pickled"):
        act(make())


def filled_queue() -> BoundedQueue:
    queue = BoundedQueue(warn_at=5)
    queue.put(np.zeros(3, engine.FEED_DTYPE))
    return queue


def read_replica() -> Replica:
    book, builder, replica = OrderBook(), FeedBuilder(), Replica(0)
    builder.add_instrument(0)
    replica.read(builder.read(book.submit(BUY, 5, 3).reports))
    return replica


VALUES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "report": (lambda: OrderBook().submit(BUY, 5, 3), lambda it: it.reports.tobytes()),
    "grid": (lambda: DecimalGrid("price", Decimal("0.01")), lambda it: (it.name, it.step)),
    "queue": (filled_queue, lambda it: (len(it), it.put_count)),
    "replica": (read_replica, lambda it: it.snapshot().tobytes()),
    "instrument": (lambda: venue().instrument("X"), repr),
    "depth": (lambda: venue().depth("X"), lambda it: [side.tobytes() for side in it]),
    "counters": (lambda: venue().counters(), repr),
    "tier": (lambda: RateTier("all", orders_per_minute=3), repr),
    "clock": (SimulatedClock, lambda it: it.now_ns()),
}


@pytest.mark.parametrize("act", ACTS, ids=["copy", "deepcopy", "pickle"])
@pytest.mark.parametrize(("make", "state"), VALUES.values(), ids=VALUES)
def test_a_value_is_copied_with_all_that_it_says(
    make: Callable[[], Any], state: Callable[[Any], Any], act: Callable[[Any], Any]
) -> None:
    made = make()
    again = act(made)
    assert type(again) is type(made)
    assert state(again) == state(made)


KINDS = (FeeSchedule, FundingSpec, LiquidationSpec, MarginSchedule, MarkPriceSpec)


def three() -> np.ndarray:
    """Messages of three prices, the first of a feed."""
    messages = np.zeros(3, engine.FEED_DTYPE)
    messages["sequence_number"] = messages["price"] = messages["quantity"] = 1, 2, 3
    messages["channel"], messages["kind"] = FeedChannel.LEVELS, FeedKind.LEVEL
    messages["side"] = BUY
    return messages


def measured() -> Metrics:
    metrics = Metrics(["A"])
    metrics.count("api_requests", 3, 0)
    metrics.record(OrderBook().submit(BUY, 5, 3).reports, 0, 7)
    return metrics


def measure(metrics: Metrics) -> None:
    metrics.count("api_requests", 4, 1)
    metrics.set_gauge("cpu_percent", 99, 1)
    metrics.set_up(True, 1)
    metrics.record(OrderBook().submit(BUY, 5, 0).reports, 1, 9)


def down() -> Metrics:
    """Return those of a venue that is hard at work, and not up."""
    metrics = Metrics()
    metrics.set_gauge("cpu_percent", 99, 0)
    metrics.set_up(False, 0)
    return metrics


def filled_histogram() -> LatencyHistogram:
    histogram = LatencyHistogram()
    histogram.record_many(np.arange(1, 10_000_000, 777))
    histogram.percentiles()  # what came before is in the library's then
    histogram.record(5)
    return histogram


def noted() -> CounterWindows:
    counters = CounterWindows(["a"])
    counters.add("a", 3, 0)
    return counters


# What is kept of what came in: how it is made and goes on, and what it then says.
KEEPERS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "queue": (
        filled_queue,
        lambda it: it.put(three()),
        lambda it: (it.put_count, it.largest, it.take()["price"].tolist()),
    ),
    "replica": (
        lambda: Replica(0),
        lambda it: it.read(three()),
        lambda it: (repr(it), it.snapshot().tobytes()),
    ),
    "conflator": (
        Conflator,
        lambda it: it.take(three(), 0),
        lambda it: it.flush()["price"].tolist(),
    ),
    "partitioner": (Partitioner, lambda it: it.take(three(), 0), repr),
    "metrics": (measured, measure, lambda it: (it.kpis(10**9), it.rejects_by_reason())),
    "counters": (noted, lambda it: it.add("a", 4, 1), lambda it: it.total("a")),
    "gauges": (
        lambda: GaugeWindows(["a"]),
        lambda it: it.set("a", 4, 1),
        lambda it: it.value("a"),
    ),
    "latencies": (
        LatencyWindow,
        lambda it: it.record(4, 1),
        lambda it: it.count,
    ),
    "uptime": (UptimeWindow, lambda it: it.set(True, 0), lambda it: it.share(10**9, 5)),
    "alerts": (
        lambda: AlertMonitor(Rules.of("godark")),
        lambda it: it.evaluate(down(), 0),
        lambda it: (it.alerts(), it.history()),
    ),
    "levels": (
        lambda: ServiceLevels(Rules.of("godark")),
        lambda it: it.check(down(), 10**9),
        lambda it: it.check(down(), 2 * 10**9)[0].lasted_ns,
    ),
    "histogram": (
        filled_histogram,
        lambda it: it.record_many(np.full(9, 10**10)),
        lambda it: (it.count, it.percentiles(), it.mean_ns, it.maximum_ns),
    ),
}


@pytest.mark.parametrize("act", ACTS, ids=["copy", "deepcopy", "pickle"])
@pytest.mark.parametrize(("make", "go_on", "told"), KEEPERS.values(), ids=KEEPERS)
def test_a_copy_of_what_keeps_something_goes_on_by_itself(
    make: Callable[[], Any],
    go_on: Callable[[Any], Any],
    told: Callable[[Any], Any],
    act: Callable[[Any], Any],
) -> None:
    made, expected = make(), make()
    go_on(expected)
    before, again = told(act(made)), act(made)
    go_on(again)
    assert told(again) == told(expected) != before
    assert told(made) == before == told(make())


@pytest.mark.parametrize("act", ACTS, ids=["copy", "deepcopy", "pickle"])
def test_the_specifications_of_every_preset_are_values(act: Callable[[Any], Any]) -> None:
    count = 0
    for name in presets.names():
        for kind in KINDS:
            if kind.SECTION in presets.load(name):
                made = kind.preset(name)
                again = act(made)
                assert (again, hash(again), again.to_toml()) == (made, hash(made), made.to_toml())
                count += 1
    assert count > len(KINDS)


def public_classes() -> Iterator[type]:
    """Every public class of the package, with those of its public modules."""
    names = [f"engine.{it.name}" for it in pkgutil.iter_modules(engine.__path__)]
    seen = set()
    for name in ["engine", *(name for name in names if "._" not in name)]:
        if name in {"engine.__main__", "engine.pytest_latency"}:
            continue
        module = importlib.import_module(name)
        for word in getattr(module, "__all__", ()):
            found = getattr(module, word)
            if inspect.isclass(found) and found not in seen:
                seen.add(found)
                yield found


CLASSES = list(public_classes())


def test_every_public_class_is_found_by_its_name_in_a_pickle() -> None:
    for kind in CLASSES:
        if not kind.__module__.startswith("engine"):
            continue
        assert pickle.loads(pickle.dumps(kind)) is kind


def test_every_named_tuple_comes_back_from_a_pickle() -> None:
    count = 0
    for kind in CLASSES:
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            made = kind(*range(len(kind._fields)))
            for act in ACTS:
                assert act(made) == made
                assert type(act(made)) is kind
            count += 1
    assert count > 20


def test_every_member_and_error_comes_back_from_a_pickle() -> None:
    members = [member for kind in CLASSES if issubclass(kind, Enum) for member in kind]
    assert len(members) > 100
    assert all(act(member) is member for member in members for act in ACTS)
    errors = [kind for kind in CLASSES if issubclass(kind, Exception)]
    assert len(errors) > 8
    for kind in errors:
        made = kind("x", 1, 2) if kind is engine.errors.SequenceGapError else kind("what was 3")
        again = pickle.loads(pickle.dumps(made))
        assert (type(again), str(again)) == (kind, str(made))


def test_no_public_class_has_a_state_that_these_tests_do_not_know() -> None:
    """What is neither a value by its kind nor above is named here, with what it holds."""
    makers = [*REFUSED.values(), *(row[0] for row in (*VALUES.values(), *KEEPERS.values()))]
    known = {type(make()) for make in makers}
    for kind in CLASSES:
        is_value = (
            issubclass(kind, Enum | Exception | tuple | dict)
            or dataclasses.is_dataclass(kind)
            or issubclass(kind, Protocol)  # type: ignore[arg-type]
            or getattr(kind, "_is_protocol", False)
            or kind.__module__.startswith("engine.reference")
            or not kind.__module__.startswith("engine")
        )
        assert is_value or kind in known or kind.__name__ in OTHERS | OF_FILES, kind


# Python objects that keep nothing of what came in, or are tested elsewhere.
OTHERS = {
    *(kind.__name__ for kind in (EngineTarget, SettlementBatcher, SystemClock)),
    *("Interference", "MetricsCollector", "Observed", "Problems"),
    *("RiskChain", "SeenOrNot", "Specification", "Listener", "Target"),
    *("OrderArguments", "BracketArguments", "OrderTerms", "Clock", "Grid"),
}


OF_FILES = {kind.__name__ for kind in (History, HistoryReader)}


@pytest.mark.parametrize("act", ACTS, ids=["copy", "deepcopy", "pickle"])
def test_what_is_of_a_file_is_not_copied(tmp_path: Path, act: Callable[[Any], Any]) -> None:
    path = tmp_path / "venue.history"
    with History(path) as history, HistoryReader(path) as reader:
        for held in (history, reader):
            with pytest.raises(TypeError, match="can't be pickled"):
                act(held)


# -- who holds whom


def test_a_venue_that_its_clock_holds_is_collected() -> None:
    holder: list[Engine] = []

    def clock(holder: list[Engine] = holder) -> int:
        return len(holder)

    made = Engine(clock=clock)
    made.add_instrument(Instrument(symbol="X", tick_size=1, lot_size=1))
    holder.append(made)
    book = made.book("X")
    gone = weakref.ref(made)
    del made, holder, clock
    gc.collect()
    assert gone() is None
    assert book.submit(BUY, 1, 1).order_id == 1


def test_compiled_objects_in_a_cycle_are_collected() -> None:
    class Owner:
        pass

    for make in (OrderBook, Core, FeedBuilder, lambda: RateLimiter(RateTier("a"))):
        owner: Any = Owner()
        owner.itself, owner.held = owner, make()
        gone = weakref.ref(owner)
        del owner
        gc.collect()
        assert gone() is None


def test_a_compiled_object_has_no_weak_references() -> None:
    # But for a book, which shards tell when its instrument moves, and do not keep.
    assert weakref.ref(book := OrderBook())() is book
    for make in (Core, lambda: OrderBook().submit(BUY, 1, 1)):
        with pytest.raises(TypeError, match="cannot create weak reference"):
            weakref.ref(make())
