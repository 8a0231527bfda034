"""Alerts, service levels and scaling: rules as data, and what they say over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import MetricsError, SpecificationError
from engine.metrics import (
    AlertMonitor,
    AlertRule,
    Metrics,
    Objective,
    Rules,
    ScalingRule,
    ServiceLevels,
)

SECOND = 1_000_000_000
MS = 1_000_000
SYSTEMS = ("bot-core", "godark")
RULES = Rules.of("godark")


def bounds(rules: Rules) -> dict[tuple[str, str], tuple[float, int]]:
    """Return what each alert is held to, and for how long, by figure and severity."""
    return {
        (rule.metric, rule.severity): (float(rule.bound), rule.for_seconds) for rule in rules.alerts
    }


def test_godark_has_the_alerts_of_its_document() -> None:
    rules = Rules.of("godark")
    figures = {
        "api_latency_p95_ms": (500, 200),
        "settlement_latency_p95_ms": (5_000, 2_000),
        "error_rate": (0.05, 0.02),
        "uptime": (0.99, 0.995),
        "cpu_percent": (90, 75),
        "memory_percent": (90, 75),
        "disk_percent": (85, 70),
    }
    wanted = {}
    for metric, (critical, warning) in figures.items():
        wanted[metric, "critical"] = (critical, 0)
        wanted[metric, "warning"] = (warning, 0)
    assert bounds(rules) == wanted
    assert {rule.metric for rule in rules.alerts if rule.at_least is not None} == {"uptime"}
    assert rules.scaling == ScalingRule(up="0.8", down="0.3")


def test_godark_has_the_service_levels_of_its_document() -> None:
    found = {each.metric: (each.at_least, each.at_most) for each in Rules.of("godark").objectives}
    assert {metric: tuple(map(str, pair)) for metric, pair in found.items()} == {
        "uptime": ("0.999", "None"),
        "api_latency_p95_ms": ("None", "100"),
        "settlement_success_rate": ("0.99", "None"),
        "trades_per_second": ("100", "None"),
    }


def test_bot_core_has_the_alerts_of_its_document() -> None:
    rules = Rules.of("bot-core")
    metric = "trade_execution_latency_p95_ms"
    assert bounds(rules) == {(metric, "warning"): (1_000, 300), (metric, "critical"): (2_000, 120)}
    assert {rule.window_seconds for rule in rules.alerts} == {300}
    levels = {each.metric: float(each.bound) for each in rules.objectives}
    assert (levels["order_success_rate"], levels["retry_rate"]) == (0.995, 0.02)


@pytest.mark.parametrize("system", SYSTEMS)
def test_rules_are_text_and_back(system: str, tmp_path: Path) -> None:
    rules = Rules.of(system)
    for name in ("rules.toml", "rules.json"):
        rules.write(tmp_path / name)
        assert Rules.read(tmp_path / name) == rules


def slow(metrics: Metrics, milliseconds: int, now: int) -> None:
    metrics.record_latency("trade_execution", np.full(20, milliseconds * MS), now)


def test_a_slow_execution_is_told_of_when_it_has_lasted() -> None:
    """Five minutes of slow executions, then fast ones: pending, firing and resolved in time."""
    metrics, monitor = Metrics(), AlertMonitor(Rules.of("bot-core"))
    told = []
    for second in range(1_300):
        now = second * SECOND
        slow(metrics, 3_000 if 100 <= second < 800 else 100, now)
        told += [(second, alert) for alert in monitor.evaluate(metrics, now)]
    # Of the seconds until 105, six are slow: more than one in twenty, for the first time. At 1,084
    # the window of five minutes has the last 15 slow ones of 300, which is one in twenty.
    began, ended = 105, 1_084
    assert [(second, alert.rule.severity, alert.state) for second, alert in told] == [
        (began, "warning", "pending"),
        (began, "critical", "pending"),
        (began + 120, "critical", "firing"),
        (began + 300, "warning", "firing"),
        (ended, "warning", "resolved"),
        (ended, "critical", "resolved"),
    ]
    for alert in monitor.alerts():
        assert alert.since_ns == began * SECOND
        assert alert.fired_ns == (began + alert.rule.for_seconds) * SECOND
        assert alert.resolved_ns == ended * SECOND
    assert monitor.history() == tuple(alert for _, alert in told)
    assert monitor.firing() == ()


RULES = Rules(
    alerts=(
        AlertRule(
            name="busy", metric="cpu_percent", severity="warning", at_most=75, for_seconds=10
        ),
        AlertRule(name="busy", metric="cpu_percent", severity="critical", at_most=90),
    )
)


def states(values: list[float | None], step: int = 4) -> list[tuple[str, ...]]:
    """Return the states of both alerts after each value."""
    metrics, monitor = Metrics(), AlertMonitor(RULES)
    found = []
    for place, value in enumerate(values):
        now = place * step * SECOND
        if value is not None:
            metrics.set_gauge("cpu_percent", value, now)
        monitor.evaluate(metrics, now)
        found.append(tuple(str(alert.state) for alert in monitor.alerts()))
    return found


def test_states_follow_the_figure() -> None:
    found = states([None, 75, 80, 80, 95, 80, 70, 80, 70])
    assert [pair[0] for pair in found] == [
        *("inactive", "inactive", "pending", "pending", "pending", "firing", "resolved"),
        *("pending", "resolved"),
    ]
    assert [pair[1] for pair in found] == [
        *["inactive"] * 4,
        *("firing", "resolved", "resolved", "resolved", "resolved"),
    ]


def test_what_ends_before_its_time_never_fired() -> None:
    found = states([80, 80, 70, 80, 80])
    assert [pair[0] for pair in found] == ["pending", "pending", "inactive", "pending", "pending"]


def test_critical_ones_come_first() -> None:
    metrics, monitor = Metrics(), AlertMonitor(RULES)
    metrics.set_gauge("cpu_percent", 95, 0)
    monitor.evaluate(metrics, 0)
    monitor.evaluate(metrics, 10 * SECOND)
    assert [alert.rule.severity for alert in monitor.firing()] == ["critical", "warning"]
    assert str(monitor.firing()[0]) == (
        "critical firing: busy: cpu_percent must be at most 90%, was 95"
    )
    with pytest.raises(MetricsError, match="now_ns was 1, must be at least 10000000000"):
        monitor.evaluate(metrics, 1)


def test_a_breach_states_how_long_it_has_lasted() -> None:
    metrics, levels = Metrics(), ServiceLevels(Rules.of("godark"))
    metrics.set_up(True, 0)
    found: dict[str, list[tuple[bool | None, int]]] = {}
    for second in range(0, 200, 10):
        now = second * SECOND
        metrics.set_up(not 50 <= second < 60, now)
        metrics.record_latency("api", np.full(100, (150 if second < 100 else 50) * MS), now)
        for _ in range(10):
            metrics.count("trades", 150 if second >= 120 else 50, now)
        for result in levels.check(metrics, now):
            lasted = result.lasted_ns // SECOND
            found.setdefault(result.objective.metric, []).append((result.is_kept, lasted))
            assert (result.breached_since_ns is None) == (result.is_kept is not False)
    assert found["settlement_success_rate"] == [(None, 0)] * 20
    # Down for 10 s from 50 on: seen at 60, and an hour long.
    assert found["uptime"] == [
        *[(True, 0)] * 6,
        *[(False, lasted) for lasted in range(0, 140, 10)],
    ]
    # Slow until 100; the minute has no slow one any more from 150 on.
    api = found["api_latency_p95_ms"]
    assert api == [*[(False, lasted) for lasted in range(0, 150, 10)], *[(True, 0)] * 5]
    # 50 a second until 120, 150 from then on: with half a minute of each it is 100.
    trades = found["trades_per_second"]
    assert trades[:15] == [(False, lasted) for lasted in range(0, 150, 10)]
    assert trades[15:] == [(True, 0)] * 5
    with pytest.raises(MetricsError, match="now_ns was 5, must be at least 190000000000"):
        levels.check(metrics, 5)


def test_results_are_told_in_words() -> None:
    metrics, levels = Metrics(), ServiceLevels(Rules.of("godark"))
    metrics.set_up(True, 0)
    metrics.count("trades", 0, 0)
    assert [str(result) for result in levels.check(metrics, 30 * SECOND)] == [
        "uptime: uptime must be at least 0.999, was 1: kept",
        "API latency: not known",
        "settlement success: not known",
        "trades a second: trades_per_second must be at least 100/s, was 0: broken for 0 s",
    ]


@pytest.mark.parametrize(
    ("load", "wanted"),
    [(0, "down"), (29, "down"), (30, "hold"), (80, "hold"), (81, "up"), (120, "up")],
)
def test_scaling_is_by_the_part_of_the_capacity(load: int, wanted: str) -> None:
    assert ScalingRule().decide(load, 100) == wanted


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rules.of("pincex"), "system was 'pincex', not one of 'bot-core', 'godark'"),
        (lambda: ScalingRule(up="0.3"), "scaling: down was 0.3, must be below up, which was 0.3"),
        (lambda: ScalingRule(up=2, down=-1), "scaling: up was 2, must be 1 or less; down was -1,"),
        (lambda: ScalingRule().decide(-1, 0), "load was -1, must be 0 or more; capacity was 0, mu"),
        (lambda: Objective(name="", metric="x"), ": name was '', must be printable text; metric"),
        (
            lambda: Objective(name="a", metric="uptime", at_least=1, window_seconds=3_601),
            "a: window_seconds was 3601, must be a whole number from 1 to 3600",
        ),
        (
            lambda: Objective(name="a", metric="api_latency_p95_ms", at_most=1, window_seconds=301),
            "a: window_seconds was 301, must be a whole number from 1 to 300",
        ),
        (
            lambda: AlertRule(
                name="a", metric="uptime", severity="warning", at_least=1, at_most=2, for_seconds=0
            ),
            "a: at_least and at_most: one must be given",
        ),
        (lambda: Rules(alerts=(*RULES.alerts, RULES.alerts[0])), "rules: busy (warning) was given"),
        (lambda: Rules(scaling=3), "rules: scaling was 3, must be"),  # type: ignore[arg-type]
        (lambda: Rules.from_toml("[[alerts]]\nname = 'a'\n"), "alerts[0]: AlertRule: "),
        (lambda: Rules.from_toml("[[alarms]]\n"), "Rules has no alarms: it has alerts, objectives"),
    ],
)
def test_rules_that_make_no_sense_are_refused(make: Any, message: str) -> None:
    with pytest.raises(SpecificationError) as error:
        make()
    assert str(error.value).startswith(message)


def test_rules_of_ones_own_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[alerts]]\nname = "few trades"\nmetric = "trades_per_second"\nseverity = "warning"\n'
        "at_least = 2.5\nfor_seconds = 30\nwindow_seconds = 10\n"
    )
    monitor, metrics = AlertMonitor(Rules.read(path)), Metrics()
    told = []
    for second in range(60):
        metrics.count("trades", 2, second * SECOND)
        told += [(second, str(a.state)) for a in monitor.evaluate(metrics, second * SECOND)]
    assert told == [(0, "pending"), (30, "firing")]
    path.write_text("[[alerts]]\nname = 3\n")
    with pytest.raises(SpecificationError, match=r"mine\.toml: alerts\[0\]: AlertRule: "):
        Rules.read(path)


@pytest.mark.parametrize("make", [AlertMonitor, ServiceLevels])
def test_what_are_no_rules_is_refused(make: Any) -> None:
    with pytest.raises(TypeError, match=r"^rules was 'godark', of str, not a Rules$"):
        make("godark")


@pytest.mark.parametrize("look", [AlertMonitor(RULES).evaluate, ServiceLevels(RULES).check])
def test_a_look_at_what_are_no_metrics_or_no_time_is_refused(look: Any) -> None:
    with pytest.raises(TypeError, match=r"^metrics was 5, of int, not a Metrics$"):
        look(5, 0)
    with pytest.raises(TypeError, match=r"^now_ns was '1', of str, not an integer$"):
        look(Metrics(), "1")
    look(Metrics(), 9)
    with pytest.raises(MetricsError, match="now_ns was 8, must be at least 9"):
        look(Metrics(), 8)


@pytest.mark.parametrize(("failed", "bound"), [(1, "0.999"), (100, "0.9"), (300, "0.7")])
def test_a_figure_that_is_its_bound_is_within(failed: int, bound: str) -> None:
    """Of floats and decimals one is seldom exactly the other: 0.999 is below, 0.9 above."""
    metrics = Metrics()
    metrics.count("api_requests", 1_000, 0)
    metrics.count("api_failures", failed, 0)
    for rule in ({"at_least": bound}, {"at_most": bound}):
        objective = Objective(name="kept", metric="api_availability", **rule)
        value = metrics.value("api_availability", 0)
        assert value is not None
        assert objective.is_kept(value)


def test_no_number_is_within_no_bound() -> None:
    for bound in ({"at_least": "0.9"}, {"at_most": "0.9"}):
        objective = Objective(name="up", metric="uptime", **bound)
        assert not objective.is_kept(np.nan)
        with pytest.raises(TypeError, match=r"^value was '1', of str, not a number$"):
            objective.is_kept("1")  # type: ignore[arg-type]
