"""Windows of counters, durations, gauges and uptime, beside lists that keep everything."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import MetricsError
from engine.metrics import CounterWindows, GaugeWindows, LatencyWindow, UptimeWindow
from engine.metrics.latencies import BUCKETS, FEW, LONGEST_NS, TOPS

SECOND = 1_000_000_000
SLOTS = 8
# Steps from one event to the next: within a slot, to the next ones, and over more than are kept.
STEPS = st.sampled_from([0, 1, SECOND // 3, SECOND, 2 * SECOND + 1, 5 * SECOND, 30 * SECOND])
EVENTS = st.lists(st.tuples(STEPS, st.integers(0, 1_000)), min_size=1, max_size=40)
WINDOWS = st.integers(1, SLOTS)
START = 7 * SECOND + 5
MANY = settings(max_examples=150, deadline=None, derandomize=True)


def times(events: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Turn steps into times."""
    now, found = START, []
    for step, amount in events:
        now += step
        found.append((now, amount))
    return found


@MANY
@given(EVENTS, WINDOWS, STEPS)
def test_counters_are_those_of_a_list(
    events: list[tuple[int, int]], window: int, rest: int
) -> None:
    counters = CounterWindows(["other", "trades"], slots=SLOTS)
    kept: list[tuple[int, int]] = []
    totals = [0]
    for now, amount in times(events):
        counters.add("trades", amount, now)
        kept.append((now // SECOND, amount))
        totals.append(counters.total("trades"))
    assert totals == sorted(totals)
    now = times(events)[-1][0] + rest
    slot, first = now // SECOND, START // SECOND if not events else kept[0][0]
    assert totals[-1] == sum(amount for _, amount in kept)
    grown = sum(amount for at, amount in kept if slot - window < at <= slot)
    assert counters.growth("trades", now, window) == grown
    whole = min(window, slot - first)
    passed = sum(amount for at, amount in kept if slot - whole <= at < slot)
    assert counters.rate("trades", now, window) == (passed / whole if whole else 0)
    assert counters.growth("other", now, window) == 0
    points = counters.points("trades", now)
    for time, value in zip(points.times_ns // SECOND, points.values, strict=True):
        assert value == sum(amount for at, amount in kept if at == time)
    assert len(points.values) == min(SLOTS, slot - first)


@MANY
@given(EVENTS, WINDOWS, st.booleans())
def test_totals_that_are_read_are_those_that_are_added(
    events: list[tuple[int, int]], window: int, is_old: bool
) -> None:
    """Whoever read from the beginning, or from 1,000 on, sees the same windows."""
    added, read = (CounterWindows(["trades"], slots=SLOTS) for _ in range(2))
    total = 1_000 if is_old else 0
    added.add("trades", 0, START)
    read.read({"trades": total}, START)
    for now, amount in times(events):
        total += amount
        added.add("trades", amount, now)
        read.read({"trades": total}, now)
        for question in (added.growth, added.rate):
            other = getattr(read, question.__name__)
            assert question("trades", now, window) == other("trades", now, window)
    assert read.total("trades") == total


@pytest.mark.parametrize("window", [60, 300, 3_600])
def test_a_window_is_as_long_as_it_says(window: int) -> None:
    counters = CounterWindows(["trades"])
    for second in range(5_000):
        counters.add("trades", second, second * SECOND)
    assert counters.growth("trades", 4_999 * SECOND, window) == sum(range(5_000 - window, 5_000))
    rate = counters.rate("trades", 5_000 * SECOND, window)
    assert rate == sum(range(5_000 - window, 5_000)) / window
    assert len(counters.points("trades", 5_000 * SECOND).values) == 1_800


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.add("trades", -1, 9), "trades: amount was -1, must be at least 0"),
        (lambda c: c.add("fills", 1, 9), "counter was 'fills', not one of trades, reports"),
        (lambda c: c.add("trades", 1, 4), "now_ns was 4, must be at least 5"),
        (lambda c: c.add("trades", 2**63, 9), "trades was 9223372036854775811, must be at most"),
        (lambda c: c.add("reports", 1, 9), "reports was added to, but its totals are read"),
        (lambda c: c.read({"trades": 9}, 9), "trades was read, but it was added to"),
        (lambda c: c.read({"reports": 6}, 9), "reports was 6, must be at least 7: counters only"),
        (lambda c: c.read({"reports": 8}, 4), "now_ns was 4, must be at least 5"),
        (lambda c: c.rate("trades", 9, 0), "window_seconds was 0, must be from 1 to 3600"),
        (lambda c: c.growth("trades", 9, 3_601), "window_seconds was 3601, must be from 1 to 36"),
        (lambda c: c.total("fills"), "counter was 'fills'"),
    ],
)
def test_what_counters_refuse_changes_nothing(call: Any, message: str) -> None:
    counters = CounterWindows(["trades", "reports"])
    counters.add("trades", 3, 5)
    counters.read({"reports": 7}, 5)
    with pytest.raises(MetricsError) as error:
        call(counters)
    assert str(error.value).startswith(message)
    assert (counters.total("trades"), counters.total("reports")) == (3, 7)
    counters.add("trades", 1, 5)
    assert counters.growth("trades", 5, 1) == 4


def test_a_total_may_be_an_int_of_numpy_and_nothing_else() -> None:
    counters = CounterWindows(["trades"])
    counters.add("trades", np.int64(3), 0)  # type: ignore[arg-type]
    assert counters.total("trades") == 3
    with pytest.raises(TypeError):
        counters.add("trades", 1.5, 0)  # type: ignore[arg-type]
    with pytest.raises(MetricsError, match="must differ"):
        CounterWindows(["trades", "trades"])


DURATIONS = st.one_of(st.integers(0, 200), st.integers(0, 10**7), st.integers(0, 2 * LONGEST_NS))
BATCHES = st.lists(st.tuples(STEPS, st.lists(DURATIONS, max_size=2 * FEW)), min_size=1, max_size=20)


def near(found: int, wanted: int) -> bool:
    """Return whether it is the true percentile, or at most 1 in 32 above."""
    return wanted <= found <= wanted * (1 + 1 / 32)


@MANY
@given(BATCHES, WINDOWS, STEPS)
def test_percentiles_are_those_of_a_list(
    batches: list[tuple[int, list[int]]], window: int, rest: int
) -> None:
    latency = LatencyWindow(slots=SLOTS)
    now, kept = START, []
    for step, durations in batches:
        now += step
        latency.record(np.array(durations, np.int64), now)
        kept += [(now // SECOND, min(duration, LONGEST_NS)) for duration in durations]
    now += rest
    slot = now // SECOND
    wanted = sorted(duration for at, duration in kept if slot - window < at <= slot)
    found = latency.percentiles(now, window)
    assert found.recorded == len(wanted)
    assert found[1:] == tuple(sorted(found[1:]))
    for percent, value in ((50, found.p50), (95, found.p95), (99, found.p99)):
        rank = -(-len(wanted) * percent // 100) - 1
        assert near(value, wanted[rank]) if wanted else value == 0
    assert found.maximum == max(wanted, default=0)
    assert latency.count == len(kept)
    assert latency.sum_ns == sum(duration for _, duration in kept)
    points = latency.points(95, now)
    for time, value in zip(points.times_ns // SECOND, points.values, strict=True):
        there = sorted(duration for at, duration in kept if at == time)
        rank = -(-len(there) * 95 // 100) - 1
        assert near(value, there[rank]) if there else math.isnan(value)


@pytest.mark.parametrize("count", [1, FEW, FEW + 1, 5 * FEW])
def test_durations_together_are_those_one_by_one(count: int) -> None:
    durations = np.random.default_rng(count).integers(0, 2**43, count)  # some above an hour
    together, single = LatencyWindow(), LatencyWindow()
    together.record(durations, START)
    for duration in durations.tolist():
        single.record(duration, START)
    assert together.percentiles(START, 1) == single.percentiles(START, 1)
    assert (together.count, together.sum_ns) == (single.count, single.sum_ns)
    with pytest.raises(MetricsError, match="had -1, must be at least 0"):
        together.record(np.full(count, -1), START)
    assert together.count == count


def test_buckets_follow_each_other_without_a_gap() -> None:
    assert (np.diff(TOPS) > 0).all()
    assert TOPS[BUCKETS - 1] >= LONGEST_NS > TOPS[BUCKETS - 33]
    latency = LatencyWindow()
    for place, top in enumerate(TOPS[TOPS < LONGEST_NS][::7]):
        latency.record(np.array([top, top + 1]), place * 60 * SECOND)
        found = latency.percentiles(place * 60 * SECOND, 60)
        assert (found.p50, found.maximum) == (top, top + 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w: w.record(np.array([5, -1]), 9), "durations_ns had -1, must be at least 0"),
        (lambda w: w.record(np.array([0.5]), 9), "durations_ns was of float64, must be of int"),
        (lambda w: w.record(np.array([5]), 4), "now_ns was 4, must be at least 5"),
        (lambda w: w.percentiles(9, 301), "window_seconds was 301, must be from 1 to 300"),
        (lambda w: w.points(90, 9), "percent was 90, not one of 50, 95, 99"),
    ],
)
def test_what_durations_refuse_changes_nothing(call: Any, message: str) -> None:
    latency = LatencyWindow()
    latency.record(np.array([7]), 5)
    with pytest.raises(MetricsError) as error:
        call(latency)
    assert str(error.value).startswith(message)
    assert (latency.count, latency.percentiles(9, 60).maximum) == (1, 7)


def test_points_of_latency_reach_back_half_an_hour() -> None:
    latency = LatencyWindow()
    for second in range(4_000):
        latency.record(np.array([second]), second * SECOND)
    points = latency.points(50, 4_000 * SECOND)
    assert len(points.values) == 1_800
    assert (points.times_ns[0], points.values[-1]) == (2_200 * SECOND, 3_999)
    later = latency.points(99, 9_000 * SECOND)
    assert len(later.values) == 1_800
    assert np.isnan(later.values).all()


@MANY
@given(st.lists(st.tuples(STEPS, st.booleans()), min_size=1, max_size=30), WINDOWS, STEPS)
def test_uptime_is_what_was_up_between_two_times(
    events: list[tuple[int, bool]], window: int, rest: int
) -> None:
    uptime = UptimeWindow(slots=SLOTS)
    now, spans = START, []
    was_up = False
    for step, is_up in events:
        spans.append((now, now + step, was_up))
        now += step
        uptime.set(is_up, now)
        was_up = is_up
    began = spans[0][1]
    spans = [*spans[1:], (now, now + rest, was_up)]
    now += rest
    start = max(began, (now // SECOND - window) * SECOND)
    up = sum(max(end - max(begin, start), 0) for begin, end, is_up in spans if is_up)
    found = uptime.share(now, window)
    assert found is not None
    assert 0 <= found <= 1
    assert found == (up / (now - start) if now > start else float(was_up))


def test_gauges_keep_what_was_last_told() -> None:
    gauges = GaugeWindows(["connections", "cpu_percent"], {"cpu_percent"})
    assert gauges.value("connections") is None
    for second, value in ((0, 5), (1, 7), (1, 8), (4, 2)):
        gauges.set("connections", value, second * SECOND)
    assert gauges.value("connections") == 2
    assert gauges.points("connections", 5 * SECOND).values.tolist() == [5, 8, 8, 8, 2]
    assert np.isnan(gauges.points("cpu_percent", 5 * SECOND).values).all()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("cpu_percent", 100.1, "cpu_percent was 100.1, must be from 0 to 100"),
        ("cpu_percent", -0.1, "cpu_percent was -0.1, must be from 0 to 100"),
        ("cpu_percent", math.nan, "cpu_percent was nan, must be from 0 to 100"),
        ("connections", -1, "connections was -1, must be at least 0 and finite"),
        ("connections", math.inf, "connections was inf, must be at least 0 and finite"),
        ("users", 1, "gauge was 'users', not one of connections, cpu_percent"),
    ],
)
def test_a_gauge_out_of_its_range_is_refused(name: str, value: float, message: str) -> None:
    gauges = GaugeWindows(["connections", "cpu_percent"], {"cpu_percent"})
    gauges.set("connections", 3, 0)
    with pytest.raises(MetricsError, match=message):
        gauges.set(name, value, 0)
    assert gauges.value("connections") == 3
