"""Budgets as data: complete against what the systems wrote down, and judged without favour."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requirements

from engine.bench.measure import SENDERS
from engine.bench.probes.loads import scenario_of
from engine.budgets import (
    COMPONENTS,
    PROBES,
    PROFILES,
    LatencyBudget,
    Measurement,
    Outcome,
    Place,
    Profile,
    Record,
    Row,
    ShareBudget,
    ThroughputBudget,
    profile,
)
from engine.errors import MeasurementError, SpecificationError
from engine.feed import BoundedQueue, Conflator, Partitioner
from engine.load import SCENARIOS, scenario
from engine.policy import RiskLimits
from engine.rate_tiers import BOT_CORE, GODARK

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT.parent / "shared" / "REQUIREMENTS.md"
NANOSECONDS_A_MILLISECOND = 1_000_000
TIMED = ("order_validation", "order_submission", "matching", "risk_chain", "throughput")


@pytest.fixture(scope="module")
def document() -> str:
    if not DOCUMENT.is_file():
        pytest.skip("what the systems wrote down is not here: ../shared/REQUIREMENTS.md")
    return DOCUMENT.read_text(encoding="utf-8")


# What the systems wrote down.


@pytest.mark.parametrize("name", PROFILES)
def test_every_line_and_figure_of_the_document_has_a_row(name: str, document: str) -> None:
    part = requirements.sections(document)[name]
    assert len(part.table) >= 6
    assert requirements.lacks(profile(name), part) == []


CHANGES = [
    ("godark", "| 5 / 15 / 50 ms |", "| 5 / 16 / 50 ms |", "no row for 'matching engine latency"),
    ("godark", "| authentication | 1 / 3 / 5 ms |\n", "", "the document has no 'authentication'"),
    ("godark", "| PRO |", "| GOLD | 1 / 1 / 1 | 1, 1, 1 | 1, 1, 1 |\n| PRO |", "no row for 'GOLD'"),
    ("godark", "FREE 5,000, BASIC", "FREE 6,000, BASIC", "no row for the number '6,000'"),
    ("bot-core", "at least 0.7", "at least 0.8", "no row for the number '0.8'"),
    ("pincex", "Regression check:", "Say 7 times. Regression check:", "no row for the number '7'"),
    ("trade-bot", "(ours to set).", "(ours to set). More later.", "no row for the word 'More'"),
    ("demo", "50-60% of", "50-70% of", "no row for 'recommended load'"),
]


@pytest.mark.parametrize(("name", "before", "after", "expected"), CHANGES)
def test_a_document_that_says_something_else_is_noticed(
    name: str, before: str, after: str, expected: str, document: str
) -> None:
    assert document.count(before) == 1
    part = requirements.sections(document.replace(before, after))[name]
    assert [lack for lack in requirements.lacks(profile(name), part) if expected in lack]


def replaced(one: Profile, what: str, **fields: Any) -> Profile:
    """Return a profile with one line changed, all its parts alike."""
    rows = [dataclasses.replace(row, **fields) if row.what == what else row for row in one.rows]
    return dataclasses.replace(one, rows=tuple(rows))


LATER = LatencyBudget("authentication", p50=1, p95=4, p99=5)
MISREAD: list[tuple[str, dict[str, Any], str]] = [
    ("authentication", {"budgets": (LATER,)}, "asks for [1.0, 4.0, 5.0]"),
    ("authentication", {"budgets": (LatencyBudget("it", p50=1, p95=3),)}, "states [5.0]"),
    ("authentication", {"budgets": (LatencyBudget("it", p95=3, p99=5, p50=1, unit="us"),)}, "'us'"),
    ("funding in batches of", {"values": {"symbols": 40}}, "has the values [40.0]"),
    ("users by tier", {"values": {"FREE": 2_000, "BASIC": 5_000}}, "has the values [2000.0, 5000"),
    ("windows", {"values": {"rates_s": 60}}, "states [3600.0]"),
]


@pytest.mark.parametrize(("what", "fields", "expected"), MISREAD)
def test_a_row_whose_numbers_are_not_those_stated_is_noticed(
    what: str, fields: dict[str, Any], expected: str, document: str
) -> None:
    part = requirements.sections(document)["godark"]
    lacks = requirements.lacks(replaced(profile("godark"), what, **fields), part)
    assert [lack for lack in lacks if expected in lack]
    assert [lack for lack in lacks if what not in lack] == []


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", PROFILES)
def test_the_tests_that_hold_rules_are_there(name: str) -> None:
    named = [test for row in profile(name).rows for test in row.held_by]
    missing = []
    for test in named:
        place, _, function = test.partition("::")
        path = ROOT / place
        if not path.is_file() or function not in functions_of(path):
            missing.append(test)
    assert missing == []


@pytest.mark.parametrize("name", PROFILES)
def test_a_row_needs_a_component_that_is_explained(name: str) -> None:
    needed = {row.needs for row in profile(name).rows if row.needs is not None}
    assert needed <= set(COMPONENTS)


@pytest.mark.parametrize("name", PROFILES)
def test_what_is_timed_with_checks_says_that_all_are_on(name: str) -> None:
    rows = [row for row in profile(name).rows if row.measured_by in TIMED]
    assert [row.name for row in rows if row.at.get("checks") != "every"] == []


def test_no_endpoint_counts_as_measured() -> None:
    rows = [row for name in PROFILES for row in profile(name).rows]
    wanted = ("GET ", "POST ", "API ", "WebSocket ")
    inside = [row for row in rows if row.what.startswith(wanted) and row.place is Place.TABLE]
    assert len(inside) >= 11
    assert {row.measured_by for row in inside} == {None}


def test_what_clients_are_sent_is_batched_as_stated() -> None:
    values = profile("bot-core").row("updates batched").values
    conflator, queue = Conflator(), BoundedQueue()
    assert conflator.interval == values["every_ms"] * NANOSECONDS_A_MILLISECOND
    assert conflator.count == values["messages"]
    assert queue.warn_at == values["warned_at"]
    values = profile("trade-bot").row("batches of events", "rule").values
    partitioner = Partitioner()
    assert partitioner.partitions == values["partitions"]
    assert partitioner.size == values["batch"]
    assert partitioner.interval == values["flushed_every_ms"] * NANOSECONDS_A_MILLISECOND


def test_the_limits_of_risk_and_rates_are_as_stated() -> None:
    values = profile("bot-core").row("checks in order").values
    limits = RiskLimits(daily_loss_limit=1)
    assert float(limits.strong_confidence) == values["confidence"]
    assert limits.max_positions == values["open_positions"]
    assert float(limits.min_risk_reward) == values["risk_reward"]
    for row, tier in [
        (profile("bot-core").row("limits per user"), BOT_CORE),
        *((profile("godark").row(name), tier) for name, tier in GODARK.items()),
    ]:
        names = {"requests_per_second": "refill"}
        found = {name: getattr(tier, names.get(name, name)) for name in row.values}
        assert found == dict(row.values), row.name


# These send their flow as fast as it is taken, to as many accounts as single calls have.
AT_FULL_SPEED = {"throughput", "peak_throughput", "trades_rate"}


@pytest.mark.parametrize("name", PROFILES)
def test_a_scenario_does_as_much_as_its_rows_say(name: str) -> None:
    one = profile(name)
    assert set(one.scenarios) <= set(SCENARIOS)
    for probe in set(one.probes()) & set(SENDERS) - AT_FULL_SPEED:
        run = scenario_of(probe, name)
        does = {
            "checks": "every",
            "accounts": run.users,
            "users": run.users,
            "rate": run.peak_rate,
            "seconds": run.seconds,
            "symbols": len(run.symbols),
            "orders": run.orders,
        }
        for row in one.rows:
            if row.measured_by == probe:
                figures = {bound.figure: 1.0 for bound in row.bounds()}
                outcome = row.verdict(Measurement(figures, does)).outcome
                assert outcome in {Outcome.KEPT, Outcome.MISSED}, row.name


def test_scenarios_are_those_that_rows_state() -> None:
    demo, (one, other) = profile("demo"), (scenario("demo-recommended"), scenario("demo-sustained"))
    for run, part in ((one, "recommended"), (other, "sustained")):
        values = {"users": run.users, "symbols": len(run.symbols)}
        assert demo.row("other scenarios", part).values == values
    assert demo.row("stop the run when").values == {
        "p99_ms": one.stop_when.p99_ms,
        "errors_percent": 100 * one.stop_when.error_rate,
        "cpu_percent": 100 * one.stop_when.cpu,
        "memory_gb": one.stop_when.memory_gb,
    }
    assert demo.row("what a scenario says").values == {
        "price_variation_percent": 100 * one.price_variation,
        "volume_min": float(one.volume_least),
        "volume_max": float(one.volume_most),
        "buy_ratio": one.buy_ratio,
        "market": one.market,
        "limit": one.limit,
        "stop": one.stop + one.stop_limit,
        "cancels": one.cancels,
        "ramp_up_s": one.ramp_seconds,
        "ramp_from_percent": 100 * one.ramp_from,
        "ramp_to_percent": 100,
    }
    baseline, middle = scenario("pincex-baseline"), 50_000
    assert (baseline.limit, baseline.sides, float(baseline.opening_price)) == (
        *(1.0, "alternate"),
        middle,
    )
    assert profile("pincex").row("orders of the load tests").values == {
        "quantity_min": float(baseline.volume_least),
        "quantity_max": float(baseline.volume_most),
        "price_min": middle * (1 - baseline.price_variation),
        "price_max": pytest.approx(middle * (1 + baseline.price_variation)),
    }
    rates = [stage.orders_per_second for stage in scenario("bot-core-spike").stages]
    assert profile("bot-core").row("tests").values == {
        "endurance_h": scenario("bot-core-endurance").seconds / 3_600,
        "spike_factor": max(rates) / min(rates),
    }
    assert {"bot-core-load", "bot-core-stress"} <= set(SCENARIOS)
    assert {"trade-bot-spike", "trade-bot-endurance"} <= set(SCENARIOS)


# Judging.

ROW = Row(
    what="order validation",
    stated="2 / 5 / 10 ms",
    budgets=(LatencyBudget("order validation", p50=2, p95=5, p99=10),),
    measured_by="order_validation",
    at={"checks": "every", "accounts": 1_000, "depth": 500},
)
FIGURES = {"p50": 1_000.0, "p95": 2_000.0, "p99": 4_000.0}
ON = {"checks": "every", "accounts": 1_000, "depth": 500}


def record(figures: Mapping[str, float]) -> Record:
    return Record(figures, "a machine", "2026-01-31", "a command", ON)


def test_a_budget_that_is_kept_says_by_what_factor() -> None:
    verdict = ROW.verdict(Measurement(FIGURES, ON))
    assert verdict.outcome is Outcome.KEPT
    assert [check.factor for check in verdict.checks] == [2_000, 2_500, 2_500]
    assert verdict.factor == 2_000
    assert verdict.why == ""


def test_a_bound_itself_is_kept_and_a_nanosecond_more_is_missed() -> None:
    limits = {"p50": 2e6, "p95": 5e6, "p99": 10e6}
    assert ROW.verdict(Measurement(limits, ON)).outcome is Outcome.KEPT
    verdict = ROW.verdict(Measurement(limits | {"p99": 10e6 + 1}, ON))
    assert verdict.outcome is Outcome.MISSED
    assert [check.is_kept for check in verdict.checks] == [True, True, False]
    assert "order validation p99 was" in verdict.why


LESS: list[tuple[dict[str, float | str], str]] = [
    ({"checks": "none"}, "checks was 'none', the row says 'every'"),
    ({"checks": 12}, "checks was 12, the row says 'every'"),
    ({"accounts": 999}, "accounts was 999, the row says 1,000"),
    ({"depth": float("nan")}, "depth was nan, the row says 500"),
    ({"depth": "deep"}, "depth was 'deep', the row says 500"),
]


@pytest.mark.parametrize(("less", "why"), LESS)
def test_a_measurement_that_did_less_does_not_count(less: dict[str, Any], why: str) -> None:
    slow = Measurement({"p50": 1.0, "p95": 1.0, "p99": 1e12}, ON | less)
    verdict = ROW.verdict(slow)
    assert (verdict.outcome, verdict.why, verdict.checks) == (Outcome.NOT_CHECKED, why, ())


@pytest.mark.parametrize("name", list(ON))
def test_a_condition_that_is_not_told_is_none(name: str) -> None:
    told = {other: value for other, value in ON.items() if other != name}
    verdict = ROW.verdict(Measurement(FIGURES, told))
    assert verdict.outcome is Outcome.NOT_CHECKED
    assert verdict.why.startswith(f"{name} was not told")


def test_more_than_a_row_says_counts() -> None:
    more = ON | {"accounts": 10**6, "depth": 10**5, "symbols": 3}
    assert ROW.verdict(Measurement(FIGURES, more)).outcome is Outcome.KEPT


def test_a_missing_figure_is_not_measured() -> None:
    verdict = ROW.verdict(Measurement({"p50": 1_000.0}, ON))
    assert verdict.outcome is Outcome.NOT_MEASURED
    assert verdict.why == "order validation asks for p95, p99: measured was p50"


def test_our_own_budget_is_ten_times_what_was_recorded_and_fails_too() -> None:
    ours = record({"p50": 100.0, "p95": 200.0, "p99": 400.0, "max": 1.0})
    assert ROW.verdict(Measurement(FIGURES, ON), ours).outcome is Outcome.KEPT
    slower = FIGURES | {"p99": 4_001.0}
    verdict = ROW.verdict(Measurement(slower, ON), ours)
    assert verdict.outcome is Outcome.MISSED
    assert [check.is_kept for check in verdict.checks] == [True] * 3
    assert [check.is_kept for check in verdict.own] == [True, True, False]
    assert "order validation p99 (our own budget) was" in verdict.why


def test_our_own_rate_is_a_tenth_of_what_was_recorded() -> None:
    budget = ThroughputBudget("orders", target=10, sustained=20)
    row = Row(what="orders", stated="10", budgets=(budget,), measured_by="throughput")
    kept = row.verdict(Measurement({"rate": 100.0}), record({"rate": 1_000.0}))
    assert kept.outcome is Outcome.KEPT
    assert [check.bound for check in kept.own] == [100.0]
    missed = row.verdict(Measurement({"rate": 99.0}), record({"rate": 1_000.0}))
    assert missed.outcome is Outcome.MISSED


def test_a_share_has_no_budget_of_our_own() -> None:
    budget = ShareBudget("monitoring", "cost", at_most=1)
    row = Row(what="cost", stated="1%", budgets=(budget,), measured_by="metrics_cost")
    verdict = row.verdict(Measurement({"cost": 0.009}), record({"cost": 0.0001}))
    assert (verdict.outcome, verdict.own) == (Outcome.KEPT, ())


@pytest.mark.parametrize(
    "figures",
    [
        {"p50": 2.0, "p95": 1.0},
        {"p95": 2.0, "p99": 1.0},
        {"p50": 5.0, "p99": 4.0},
        {"p99.9": 2.0, "max": 1.0},
        {"p50": -1.0},
        {"rate": float("nan")},
        {"rate": float("inf")},
    ],
)
def test_a_measurement_whose_percentiles_fall_is_refused(figures: dict[str, float]) -> None:
    with pytest.raises(MeasurementError, match="must be"):
        Measurement(figures)


@pytest.mark.parametrize("name", PROFILES)
def test_nothing_is_kept_that_was_not_measured(name: str) -> None:
    one = profile(name)
    verdicts = one.judge({}, {})
    assert [verdict.row for verdict in verdicts] == list(one.rows)
    assert not {verdict.outcome for verdict in verdicts} & {Outcome.KEPT, Outcome.MISSED}
    assert all(verdict.why for verdict in verdicts)


@pytest.mark.parametrize("name", PROFILES)
def test_a_probe_that_is_run_as_a_profile_asks_counts_for_all_its_rows(name: str) -> None:
    one = profile(name)
    best = {figure: 1.0 for probe in PROBES.values() for figure in probe.figures}
    best |= dict.fromkeys(("rate", "positions"), 1e9) | {"matched": 0.55}
    best |= dict.fromkeys(("errors", "cost", "growth", "slowing"), 0.0)
    runs = {probe: Measurement(best, one.conditions(probe)) for probe in one.probes()}
    measured = [verdict for verdict in one.judge(runs, {}) if verdict.row.measured_by]
    assert [verdict.why for verdict in measured if verdict.outcome is not Outcome.KEPT] == []
    for probe in one.probes():
        for condition, value in one.conditions(probe).items():
            worse = 0 if not isinstance(value, str) else "none"
            less = one.conditions(probe) | {condition: worse}
            verdicts = one.judge(runs | {probe: Measurement(best, less)}, {})
            found = {one.outcome for one in verdicts if one.row.measured_by == probe}
            assert Outcome.NOT_CHECKED in found, (probe, condition)


def test_a_row_that_needs_a_component_is_judged_when_a_user_measured_it() -> None:
    row = profile("godark").row("API gateway")
    figures = {"p50": 1e6, "p95": 4e6, "p99": 20e6}
    assert row.verdict(None).outcome is Outcome.NEEDS
    assert row.verdict(Measurement(figures)).outcome is Outcome.MISSED
    rule = profile("bot-core").row("exits")
    assert rule.verdict(None).outcome is Outcome.HELD
    assert rule.verdict(Measurement(figures)).outcome is Outcome.NOT_MEASURED


def test_a_row_is_asked_for_by_line_and_part() -> None:
    one = profile("pincex")
    assert one.row("order throughput sustained; peak for 60 s", "peak").limits() == {"rate": 50_000}
    with pytest.raises(SpecificationError, match=r"that line has the parts \['peak', 'sustained'"):
        one.row("order throughput sustained; peak for 60 s")
    with pytest.raises(SpecificationError, match="there is no such line in profile 'pincex'"):
        one.row("order throughput")


# What contradicts itself.

WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: dataclasses.replace(ROW, measured_by=None), "told was nothing"),
    (lambda: dataclasses.replace(ROW, needs="gateway"), "told was measured_by and needs"),
    (lambda: dataclasses.replace(ROW, measured_by="guess"), "measured_by was 'guess', not one of"),
    (lambda: dataclasses.replace(ROW, measured_by="throughput"), "does not give p50, p95, p99"),
    (lambda: dataclasses.replace(ROW, budgets=()), "there was no budget"),
    (lambda: dataclasses.replace(ROW, at={"height": 1}), "at was 'height', not one of"),
    (lambda: dataclasses.replace(ROW, place="margin"), "place was 'margin'"),
    (lambda: dataclasses.replace(ROW, what=" "), "what was ' '"),
    (lambda: Profile("x", "X", ()), "there was no row"),
    (lambda: Profile("x", "X", (ROW, ROW)), "there were 2 rows"),
    (
        lambda: Profile("x", "X", (ROW, dataclasses.replace(ROW, part="b", at={"checks": "none"}))),
        "checks was ['every', 'none'], must be the same in all rows",
    ),
]


@pytest.mark.parametrize(("make", "expected"), WRONG)
def test_rows_and_profiles_that_contradict_themselves_are_refused(
    make: Callable[[], object], expected: str
) -> None:
    with pytest.raises(SpecificationError) as caught:
        make()
    assert expected in str(caught.value)


def test_the_rendered_page_is_current() -> None:
    command = [sys.executable, str(ROOT / "tools" / "render_budgets.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
