"""Runs on a simulated clock: what each command waited, what is counted, and when a run stops."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import REPORT_DTYPE, CommandKind, ExecType, RejectReason
from engine.errors import LoadError
from engine.load import (
    Criteria,
    EngineTarget,
    Fault,
    LoadResult,
    Scenario,
    SimulatedClock,
    Stage,
    StopWhen,
    Window,
    find_capacity,
    order_flow,
    run,
    scenario,
)
from engine.load.draws import Integers
from engine.load.result import Counts
from engine.load.tally import Tally
from engine.measurement import LatencyHistogram
from engine.records import RecordArray

MILLISECOND = 1_000_000
MICROSECOND = 1_000
SECOND = 10**9


def even(rate: float = 1_000, seconds: float = 2, **changed: Any) -> Scenario:
    """Return orders alone, one after the other at the same distance."""
    flow = scenario("pincex-baseline").at_rate(rate, seconds)
    few = {"arrivals": "uniform", "users": 1, "session_seconds": 600.0, "depth": 0}
    return replace(flow, **{**few, "criteria": Criteria(), **changed})


class Server:
    """Takes the same time for each command, and once stands still for a while."""

    def __init__(
        self,
        clock: SimulatedClock,
        service_ns: int = 10 * MICROSECOND,
        stall: tuple[int, int] = (0, 0),
    ) -> None:
        self.clock, self.service_ns = clock, service_ns
        self.stall_at, self.stall_ns = stall
        self.batches: list[int] = []

    def send(self, commands: RecordArray) -> None:
        self.batches.append(len(commands))
        self.clock.sleep(self.service_ns * len(commands))
        if self.stall_ns and self.clock.now_ns() >= self.stall_at:
            self.clock.sleep(self.stall_ns)
            self.stall_ns = 0


def served(flow: Scenario, loop: str = "open", **of_server: Any) -> tuple[LoadResult, Server]:
    clock = SimulatedClock()
    server = Server(clock, **of_server)
    return run(flow, server, loop=loop, clock=clock, batch_max=32), server


def slow(result: LoadResult, nanoseconds: int) -> float:
    """Return the share of commands that took longer, to a thousandth."""
    shares = np.arange(0, 100, 0.1)
    found = [share for share in shares if result.histogram.percentile(share) > nanoseconds]
    return float(1 - found[0] / 100) if found else 0.0


def test_an_idle_server_is_measured_as_it_is() -> None:
    result, server = served(even())
    assert set(server.batches) == {1}
    assert result.histogram.percentiles() == result.service.percentiles()
    assert result.histogram.percentile(50) == pytest.approx(10 * MICROSECOND, rel=0.001)
    assert result.seconds == pytest.approx(2, abs=0.01)
    assert result.counts.sent == result.histogram.count == len(server.batches)


def test_a_stall_is_seen_by_all_who_waited_in_an_open_loop_and_once_in_a_closed_one() -> None:
    stall = (SECOND, 500 * MILLISECOND)
    opened, of_open = served(even(), stall=stall)
    closed, of_closed = served(even(), "closed", stall=stall)
    # Half a second of a thousand orders a second came while it stood still: a quarter of all.
    assert slow(opened, MILLISECOND) == pytest.approx(0.25, abs=0.01)
    assert opened.histogram.percentile(90) == pytest.approx(300 * MILLISECOND, rel=0.05)
    assert slow(closed, MILLISECOND) < 0.002
    assert closed.histogram.percentile(99.9) == pytest.approx(10 * MICROSECOND, rel=0.001)
    for result in (opened, closed):
        assert result.histogram.maximum_ns == pytest.approx(500 * MILLISECOND, rel=0.02)
    # Who waits in a closed loop sends nothing meanwhile, and takes longer in all.
    assert opened.seconds == pytest.approx(2, abs=0.01)
    assert closed.seconds == pytest.approx(2.5, abs=0.01)
    assert max(of_open.batches) == 32
    assert max(of_closed.batches) == 1
    assert sum(of_open.batches) == sum(of_closed.batches)


@pytest.mark.parametrize(("loop", "share"), [("open", 0.1), ("closed", 0.0)])
def test_a_consumer_that_stalls_is_seen_like_a_server_that_does(loop: str, share: float) -> None:
    fault = Fault(kind="stalled_consumer", at=1, seconds=0.2)
    result, _ = served(even(faults=(fault,)), loop)
    assert slow(result, MILLISECOND) == pytest.approx(share, abs=0.002)
    assert result.histogram.maximum_ns == pytest.approx(200 * MILLISECOND, rel=0.02)


def test_a_server_that_is_too_slow_falls_behind_and_it_shows() -> None:
    result, _ = served(even(), service_ns=2 * MILLISECOND)
    *before, last = result.windows
    assert len(before) >= 2
    for window in before:
        assert window.lag_ns == pytest.approx(window.end_s * SECOND / 2, rel=0.05)
    assert last.lag_ns == 0
    assert result.histogram.percentile(50) == pytest.approx(SECOND, rel=0.05)
    assert result.seconds == pytest.approx(4, rel=0.01)
    closed, _ = served(even(), "closed", service_ns=2 * MILLISECOND)
    assert closed.histogram.maximum_ns == 2 * MILLISECOND


def test_what_is_due_goes_together_but_not_more_than_the_most() -> None:
    clock = SimulatedClock()
    server = Server(clock, stall=(0, SECOND))
    result = run(even(), server, clock=clock, batch_max=64)
    assert max(server.batches) == 64
    assert sum(server.batches) == result.counts.sent


def test_windows_are_told_and_add_up() -> None:
    told: list[Window] = []
    clock = SimulatedClock()
    flow = even(seconds=5)
    result = run(flow, EngineTarget(flow), clock=clock, on_window=told.append)
    assert tuple(told) == result.windows
    assert [round(window.end_s) for window in told] == [1, 2, 3, 4, 5]
    total = Counts(*map(sum, zip(*(window.counts for window in told), strict=True)))
    assert total == result.counts
    assert total.orders == 5_000
    assert [round(window.rate) for window in told] == pytest.approx([1_000] * 5, abs=5)
    assert told[-1].resting == result.resting
    half = run(flow, EngineTarget(flow), clock=SimulatedClock(), window_seconds=0.5)
    assert len(half.windows) == 10


def test_pace_compresses_the_schedule() -> None:
    clock = SimulatedClock()
    result = run(even(seconds=4), Server(clock), clock=clock, pace=4)
    assert result.seconds == pytest.approx(1, abs=0.01)
    assert result.label == "pincex-baseline, 4 times as fast"
    clock = SimulatedClock()
    server = Server(clock)
    fast = run(even(seconds=4), server, clock=clock, pace=math.inf, loop="closed")
    assert fast.seconds == pytest.approx(4_000 * 10 * MICROSECOND / SECOND, rel=0.01)
    assert fast.label == "pincex-baseline, as fast as it went, closed loop"
    assert 900 < max(server.batches) <= 1_024


def test_a_run_is_the_same_each_time_and_comes_to_the_state_of_its_commands() -> None:
    flow = scenario("demo-staged").scaled(seconds=1)
    first, second = (run(flow, clock=SimulatedClock()) for _ in range(2))
    assert first.state_hash == second.state_hash
    assert first.counts == second.counts
    plain = EngineTarget(flow)
    for chunk in order_flow(flow):
        plain.send(chunk.commands)
    assert plain.state_hash() == first.state_hash
    assert first.conditions == plain.conditions


def test_faults_are_injected_and_are_no_errors() -> None:
    flow = scenario("demo-staged").scaled(seconds=4)
    result = run(flow, clock=SimulatedClock())
    counts, rejects = result.counts, result.rejects
    assert counts.errors == 0
    assert result.is_passed
    assert counts.must_be_refused == pytest.approx(3 * 3_000 * 20 * 4 / 900, rel=0.02)
    burst = ("QUANTITY_TOO_SMALL", "QUANTITY_TOO_LARGE", "PRICE_TOO_HIGH", "UNKNOWN_INSTRUMENT")
    assert sum(rejects[name] for name in burst) == counts.must_be_refused
    assert rejects["NOT_IN_THIS_PHASE"] > 50
    assert rejects["TRADING_DISABLED"] > 50
    assert counts.late_cancels == rejects["UNKNOWN_ORDER"] > 100
    assert sum(rejects.values()) == counts.rejected
    # Each mass cancel empties the books, which makers fill again.
    assert min(window.resting or 0 for window in result.windows) < 1_000
    assert result.resting is not None
    assert result.resting > 100


def answered(commands: RecordArray, reason: RejectReason) -> RecordArray:
    """Return a report for each command: refused for a reason, or taken for none."""
    reports = np.zeros(len(commands), dtype=REPORT_DTYPE)
    reports["exec_type"] = ExecType.REJECTED if reason else ExecType.NEW
    for field in ("kind", "command_id", "order_id"):
        reports[field] = commands[field]
    reports["reject_reason"] = reason
    return reports


@pytest.mark.parametrize(
    ("reason", "are_errors"),
    [
        (RejectReason.INSUFFICIENT_FUNDS, False),
        (RejectReason.RATE_LIMITED, False),
        (RejectReason.UNKNOWN_ORDER, False),
        (RejectReason.UNKNOWN_ACCOUNT, True),
        (RejectReason.DUPLICATE_ORDER_ID, True),
        (RejectReason.MALFORMED, True),
    ],
)
def test_errors_and_refusals_are_told_apart(reason: RejectReason, are_errors: bool) -> None:
    result = run(even(100), lambda commands: answered(commands, reason), clock=SimulatedClock())
    counts = result.counts
    assert counts.rejected == counts.sent == result.rejects[reason.name] > 0
    assert counts.errors == (counts.sent if are_errors else 0)
    assert counts.late_cancels == 0


def test_a_venue_that_takes_what_it_must_refuse_makes_errors() -> None:
    burst = Fault(kind="rejected_burst", at=0.5, seconds=1, orders_per_second=100)
    flow = even(100, faults=(burst,), criteria=Criteria(error_rate=0.01))
    lax = run(flow, lambda commands: answered(commands, RejectReason.NONE), clock=SimulatedClock())
    assert lax.counts.errors == lax.counts.must_be_refused == 100
    assert not lax.is_passed
    assert str(lax.verdicts()[0]) == (
        f"error rate was {100 / lax.counts.sent:.4g} of all, must be at most 0.01"
    )


def test_a_service_that_raises_makes_errors_and_the_run_goes_on() -> None:
    calls = 0

    def send(commands: RecordArray) -> None:
        nonlocal calls
        calls += 1
        if calls % 4 == 0:
            raise ConnectionError(f"{len(commands)} lost")

    result = run(even(100), send, clock=SimulatedClock())
    assert result.counts.errors == result.failures["ConnectionError: 1 lost"]
    assert result.counts.errors == result.counts.sent // 4
    assert result.conditions == {}
    assert result.state_hash is None


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (StopWhen(p99_ms=500), r"p99_ms was [5-9]\d\d.* from 0.0 to [\d.]+ s, must be at most 500"),
        (StopWhen(error_rate=0.05), "error_rate was 1 from"),
        (StopWhen(memory_gb=0.001), "memory_gb was 0"),
    ],
)
def test_a_rule_stops_the_run(rule: StopWhen, message: str) -> None:
    clock = SimulatedClock()

    def send(commands: RecordArray) -> RecordArray:
        clock.sleep(2_100 * MICROSECOND * len(commands))
        return answered(commands, RejectReason.MALFORMED)

    flow = even(seconds=10, stop_when=rule)
    result = run(flow, send, clock=clock, batch_max=32)
    if rule.memory_gb is not None and result.windows[0].resident_bytes is None:
        pytest.skip("the system does not tell how much memory a process has")
    assert result.stopped_because is not None
    assert re.match(message, result.stopped_because)
    assert result.counts.sent < 10_000
    assert not result.is_passed


def test_a_spike_is_recovered_from_when_no_one_waits_any_more() -> None:
    stages = (Stage(seconds=5, orders_per_second=100), Stage(seconds=1, orders_per_second=2_000))
    flow = even(stages=stages, repeat=2, criteria=Criteria(recovery_seconds=3))
    # At 1,000 a second the spike's 2,000 orders take two seconds, and those of another beside.
    result, _ = served(flow, service_ns=MILLISECOND)
    assert [each.what for each in result.verdicts()] == ["recovery"]
    assert 1 < result.verdicts()[0].measured <= 3
    never, _ = served(flow, service_ns=20 * MILLISECOND)
    assert never.verdicts()[0].measured > 3
    assert not never.is_passed


def test_several_workers_send_at_the_same_time_and_everything_once() -> None:
    another = threading.Event()
    are_two: list[bool] = []
    seen: list[int] = []
    flow = even(2_000, 0.05)

    def send(commands: RecordArray) -> None:
        seen.extend(commands["command_id"].tolist())
        if commands["command_id"][0] == 1:
            are_two.append(another.wait(timeout=30))  # the other thread sends meanwhile
        another.set()

    result = run(flow, send, workers=2, batch_max=1, pace=10)
    assert are_two == [True]
    assert sorted(seen) == list(range(1, result.counts.sent + 1))
    assert result.counts.errors == 0
    assert result.histogram.count == len(seen)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"loop": "ajar"}, "loop was 'ajar', not one of 'open', 'closed'"),
        ({"workers": 0}, "workers was 0, must be from 1 to 256"),
        ({"workers": 2}, "workers was 2, must be 1 for an engine"),
        ({"workers": 2, "loop": "closed"}, "workers was 2 in a closed loop, must be 1"),
        ({"batch_max": 0}, "batch_max was 0, must be at least 1"),
        ({"pace": 0}, "pace was 0, must be above 0"),
        ({"pace": math.inf}, "pace was infinite in an open loop"),
        ({"window_seconds": 0}, "window_seconds was 0, must be above 0"),
        ({"target": 7}, "target was 7, must have send"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(LoadError, match=message):
        run(even(), **wrong)


@pytest.mark.parametrize("service_us", [200, 1_100])
def test_the_capacity_is_found_to_the_precision_that_is_asked(service_us: int) -> None:
    clock = SimulatedClock()

    def make(_: Scenario) -> Callable[[RecordArray], None]:
        return Server(clock, service_us * MICROSECOND).send

    found = find_capacity(
        even(), make, clock=clock, p99_ms=20, start=500, precision=0.02, seconds=0.5
    )
    truth = 1e6 / service_us
    assert 0.97 * truth <= found.orders_per_second <= 1.04 * truth
    assert found.tries[0].orders_per_second == 500
    assert "p99 from the scheduled time at most 20 ms" in str(found)
    too_much = [each for each in found.tries if not each.is_kept]
    assert all("p99 was" in str(each.lack) or "backlog" in str(each.lack) for each in too_much)
    lowest = min(each.orders_per_second for each in too_much)
    assert found.orders_per_second <= lowest <= 1.02 * found.orders_per_second + 1


def test_a_server_that_keeps_nothing_has_no_capacity() -> None:
    clock = SimulatedClock()
    found = find_capacity(
        even(), lambda _: Server(clock, SECOND).send, clock=clock, start=4, seconds=1
    )
    assert found.orders_per_second == found.commands_per_second == 0
    assert not any(each.is_kept for each in found.tries)
    with pytest.raises(LoadError, match="precision 0"):
        find_capacity(even(), precision=0)


def recorded(durations: Integers) -> tuple[LatencyHistogram, Tally]:
    histogram, tally = LatencyHistogram(), Tally()
    histogram.record_many(durations)
    for piece in np.array_split(durations, 7):
        tally.add(piece)
    return histogram, tally


@pytest.mark.parametrize("most", [10, 3_000, 10**6, 10**12])
def test_a_tally_is_an_hdr_histogram(most: int) -> None:
    draw = np.random.default_rng(3)
    durations = np.exp(draw.uniform(0, np.log(most), 20_000)).astype(np.int64)
    histogram, tally = recorded(durations)
    assert tally.percentiles() == histogram.percentiles()
    again = tally.histogram()
    assert again.percentiles() == histogram.percentiles()
    assert again.count == histogram.count == tally.count
    assert again.maximum_ns == histogram.maximum_ns
    assert again.mean_ns == pytest.approx(histogram.mean_ns, rel=0.001)


def test_tallies_are_merged_and_cleared() -> None:
    first, second = Tally(), Tally()
    first.add(np.arange(1, 101))
    second.add(np.arange(1_001, 1_101))
    first.merge(second)
    assert (first.count, first.largest) == (200, 1_100)
    assert first.percentiles()["p50"] == 100
    first.clear()
    assert first.percentiles() == dict.fromkeys(("p50", "p95", "p99", "p99.9", "max"), 0)
    assert first.histogram().count == 0


def test_kinds_of_a_flow_are_all_answered_by_the_engine() -> None:
    flow = scenario("demo-staged").scaled(seconds=1)
    seen = {kind for chunk in order_flow(flow) for kind in chunk.commands["kind"].tolist()}
    assert {CommandKind.SUBMIT, CommandKind.CANCEL, CommandKind.MASS_CANCEL} <= seen
    assert {CommandKind.SET_PHASE, CommandKind.SWITCH, CommandKind.SET_PRICE} <= seen
    result = run(flow, clock=SimulatedClock())
    assert result.counts.reports >= result.counts.sent
