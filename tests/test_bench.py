"""A bench from end to end: its probes are those that profiles name, and its verdicts hold."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import MeasurementError, WrongAnswerError
from engine._cli import main
from engine.bench import FULL, Bench, Effort, ReportData, measure, measure_load, run_bench
from engine.bench.measure import CALLS, SEARCHES, SENDERS
from engine.bench.probes import loads, orders
from engine.bench.probes.loads import scenario_of
from engine.bench.reading import time_calls
from engine.bench.suite import main_scenario, records_of
from engine.budgets import (
    PROBES,
    PROFILES,
    Outcome,
    Record,
    profile,
    read_records,
    records_to_toml,
)
from engine.load import SimulatedClock, Window, find_capacity, run, scenario
from engine.records import RecordArray

LITTLE = Effort.of(100, 0.3)
TOY = """
name = "toy"
title = "A toy"

[[row]]
what = "risk"
stated = "under {limit} ms"
measured_by = "risk_chain"
at = {{ checks = "every" }}
latency = {{ component = "risk", p50 = {limit}, p99 = {limit} }}

[[row]]
what = "gateway"
stated = "1 ms"
needs = "gateway"
"""


class Told:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.steps = list[tuple[str, int, int]]()
        self.windows = list[Window]()

    def begin(self, what: str, place: int, of: int) -> None:
        self.steps.append((what, place, of))

    def window(self, window: Window) -> None:
        self.windows.append(window)


@pytest.fixture
def toy(tmp_path: Path) -> Callable[[float], Path]:
    def write(limit: float) -> Path:
        path = tmp_path / "toy.toml"
        path.write_text(TOY.format(limit=limit), encoding="utf-8")
        return path

    return write


def test_there_is_a_function_for_every_probe_and_no_other() -> None:
    assert sorted([*CALLS, *SENDERS, *SEARCHES]) == sorted(PROBES)
    for name in PROFILES:
        for probe in profile(name).probes():
            if probe in {*SENDERS, *SEARCHES}:
                assert scenario_of(probe, name).seconds > 0


@pytest.mark.parametrize("probe", [probe for probe in CALLS if probe != "memory"])
def test_a_probe_gives_the_figures_that_it_promises(probe: str) -> None:
    found = measure(probe, LITTLE)
    assert set(PROBES[probe].figures) <= set(found.figures)
    assert found.conditions


def test_the_capacity_under_stress_is_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the scenario's rate on; what is found of a service that takes time is a rate."""
    clock, starts = SimulatedClock(), list[float]()

    def serve(commands: RecordArray) -> None:
        clock.sleep(len(commands) * 200_000)

    def search(of: Any, **how: Any) -> Any:
        starts.append(how["start"])
        return find_capacity(of, lambda _: serve, clock=clock, **how)

    monkeypatch.setattr(loads, "find_capacity", search)
    stress = scenario("pincex-stress")
    found = loads.capacity_probe(stress.at_rate(400, 1), Effort.of(100, 0.5))
    assert starts == [400]
    # 5,000 commands a second: users' orders, and quotes and cancels beside them.
    assert 1_000 < found.figures["rate"] < 5_000
    row = profile("pincex").row("load test stress", "capacity")
    assert row.verdict(found).outcome == Outcome.MISSED
    fast = dataclasses.replace(found, figures={"rate": 40_000.0})
    assert row.verdict(fast).outcome == Outcome.KEPT


def test_an_unknown_probe_is_refused() -> None:
    with pytest.raises(MeasurementError, match="probe was 'teleport', not one of 'matching'"):
        measure("teleport", LITTLE)
    with pytest.raises(MeasurementError, match="probe was 'matching', not one of 'baseline_test'"):
        measure_load("matching", LITTLE, "demo")


def test_what_answers_wrong_is_not_measured() -> None:
    with pytest.raises(WrongAnswerError, match="3 was answered by 4"):
        time_calls(lambda number: number + (number == 3), iter(range(9)), lambda a, b: a == b)


def test_a_probe_notices_an_engine_that_does_not_trade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "flow", lambda count: iter([orders.commands_of(1, 20)] * count))
    with pytest.raises(WrongAnswerError, match="0 trades"):
        orders.matching(LITTLE)


@pytest.fixture(scope="module")
def bench() -> tuple[Bench, Told]:
    chosen = profile("demo")
    rows = [row for row in chosen.rows if row.measured_by in (None, "demo_load", "memory")]
    told = Told()
    short = dataclasses.replace(chosen, rows=tuple(rows))
    found = run_bench(
        short, main_scenario(short), LITTLE, command="python -m engine bench", listener=told
    )
    return found, told


def test_a_bench_tells_how_it_goes_on(bench: tuple[Bench, Told]) -> None:
    _, told = bench
    assert [name for name, _, _ in told.steps] == ["demo-recommended", "demo_load", "memory"]
    assert {(place, of) for _, place, of in told.steps} == {(1, 3), (2, 3), (3, 3)}
    assert told.windows
    assert all(window.counts.sent > 0 for window in told.windows)


def test_every_row_is_judged_and_a_compressed_run_says_so(bench: tuple[Bench, Told]) -> None:
    found, _ = bench
    assert [verdict.row for verdict in found.verdicts] == list(found.profile.rows)
    outcomes = {verdict.row.name: verdict.outcome for verdict in found.verdicts}
    assert outcomes["recommended load"] == Outcome.NOT_CHECKED
    assert found.report.time_label == "15 min in 0.3 s"
    assert "checks" in found.report.conditions
    assert found.report.ladder is not None
    assert ReportData.from_dict(json.loads(json.dumps(found.report.to_dict()))) == found.report


def test_ten_times_what_was_recorded_is_a_budget_too(bench: tuple[Bench, Told]) -> None:
    found, _ = bench
    records = read_records(records_to_toml({"demo": records_of(found)}))["demo"]
    assert set(records) == {"demo_load", "memory"}
    for probe, record in records.items():
        figures = found.measurements[probe].figures
        bounds = found.profile.own_bounds(probe)
        held = {each.figure for each in bounds if figures[each.figure] > 0}
        missed = {each.figure for each in bounds if not each.check(figures).is_kept}
        assert set(record.figures) == held - missed
    kept = found.profile.judge(found.measurements, records)
    own = [check for verdict in kept for check in verdict.own]
    assert own
    assert all(check.is_kept for check in own)
    name = next(iter(own)).what
    tight = {
        probe: dataclasses.replace(
            record, figures={each: value / 1e6 for each, value in record.figures.items()}
        )
        for probe, record in records.items()
    }
    missed = found.profile.judge(found.measurements, tight)
    assert any(verdict.outcome == Outcome.MISSED for verdict in missed)
    assert any(not check.is_kept for verdict in missed for check in verdict.own), name


def test_what_misses_its_budget_is_no_record(bench: tuple[Bench, Told]) -> None:
    found, _ = bench
    slow = found.measurements["demo_load"]
    bad = dataclasses.replace(slow, figures={**slow.figures, "max": 10.0**12})
    worse = dataclasses.replace(found, measurements={"demo_load": bad})
    assert "max" not in records_of(worse)["demo_load"].figures
    assert "bytes" in records_of(worse)["demo_load"].figures


def test_records_of_a_machine_take_the_worse_of_its_runs(bench: tuple[Bench, Told]) -> None:
    found, _ = bench
    once = records_of(found)["demo_load"]
    luck = dataclasses.replace(
        once, figures={each: value / 2 for each, value in once.figures.items()}
    )
    both = records_of(found, {"demo_load": luck})
    assert (both["demo_load"].figures, both["demo_load"].runs) == (once.figures, 2)
    assert both["memory"].runs == 1
    elsewhere = dataclasses.replace(luck, machine="a faster one")
    assert records_of(found, {"demo_load": elsewhere})["demo_load"] == once


def test_the_command_tells_by_its_exit_code(
    toy: Callable[[float], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, records = tmp_path / "out.html", tmp_path / "records.toml"
    free = tmp_path / "free.toml"  # a load that is held to nothing
    free.write_text('like = "demo-recommended"\ncriteria = {}\nstop_when = {}\n', encoding="utf-8")
    common = ["bench", "--seconds", "0.3", "--calls", "100", "--scenario", str(free)]
    written = ["--html", str(page), "--record", str(records)]
    assert main([*common, "--profile", str(toy(1_000)), *written]) == 0
    out = capsys.readouterr().out
    assert "free, 15 min in 0.3 s" in out
    assert "gateway: gateway" in out
    assert "kept, 0 missed" in out
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    found = read_records(records.read_text(encoding="utf-8"))["toy"]
    assert {name: set(record.figures) for name, record in found.items()} == {
        "risk_chain": {"p50", "p99"}
    }
    assert main([*common, "--profile", str(toy(0.000_001)), "--json"]) == 3
    report = ReportData.from_dict(json.loads(capsys.readouterr().out))
    assert [row.verdict for row in report.budgets if row.what == "risk"] == ["missed"]


@pytest.mark.parametrize(("ns", "code"), [(10**11, 0), (1, 3)])
def test_the_command_is_held_to_the_records_it_is_given(
    toy: Callable[[float], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    ns: float,
    code: int,
) -> None:
    records, free = tmp_path / "records.toml", tmp_path / "free.toml"
    free.write_text('like = "demo-recommended"\ncriteria = {}\nstop_when = {}\n', encoding="utf-8")
    record = Record({"p50": ns, "p99": ns}, "m", "2026-01-01", "c", {})
    records.write_text(records_to_toml({"toy": {"risk_chain": record}}), encoding="utf-8")
    common = ["bench", "--seconds", "0.3", "--calls", "100", "--scenario", str(free)]
    asked = [*common, "--profile", str(toy(1_000)), "--records", str(records), "--json"]
    assert main(asked) == code
    report = ReportData.from_dict(json.loads(capsys.readouterr().out))
    own = [check.own_bound for row in report.budgets for check in row.checks]
    assert own == [ns * 10 / 10**6] * 2


def test_records_of_another_profile_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = tmp_path / "records.toml"
    record = Record({"p50": 5.0}, "m", "2026-01-01", "c", {})
    records.write_text(records_to_toml({"toy": {"matching": record}}), encoding="utf-8")
    assert main(["bench", "--records", str(records)]) == 1
    assert "there were records of 'toy', must be of 'demo'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--profile", "nobody"), "nobody"),
        (("--scenario", "tsunami"), "scenario was 'tsunami', not one of 'baseline'"),
        (("--calls", "5"), "calls was 5, must be at least 100"),
        (("--seconds", "0"), "seconds was 0, must be above 0"),
        (("--html", "no-such-place/out.html"), "cannot be written"),
    ],
)
def test_bad_input_is_told_before_the_work(
    arguments: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *arguments]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--calls", "5.5"), "--calls: was '5.5', must be a whole number"),
        (("--seconds", "x"), "--seconds: was 'x', must be a number"),
        (("--seconds", "inf"), "--seconds: was 'inf', must be a number"),
        (("--within", "nan"), "--within: was 'nan', must be a number"),
    ],
)
def test_what_is_no_number_is_told(
    arguments: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["bench", *arguments])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_the_help_tells_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert f"(default {FULL.seconds:g})" in told
    assert f"(default {FULL.calls:,})" in told


def test_the_names_of_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--scenario", "list"]) == 0
    assert "demo-recommended" in capsys.readouterr().out.split()


def test_a_run_that_grows_or_slows_is_seen() -> None:
    from engine.bench.probes.loads import measurement_of

    short = scenario("demo-recommended").scaled(seconds=1)
    result = run(short, clock=SimulatedClock(), window_seconds=0.05)
    windows: list[Any] = []
    for place, window in enumerate(result.windows):
        slower = {**window.percentiles, "p50": 1_000 * (1 + (place > 10))}
        windows.append(window._replace(resident_bytes=10**6 * (10 + place), percentiles=slower))
    grown = measurement_of(dataclasses.replace(result, windows=tuple(windows))).figures
    last = 10 + len(windows) - 1
    tenth = len(windows) // 10
    assert grown["growth"] == pytest.approx(last / (10 + 2 * tenth - 1) - 1)
    assert grown["slowing"] == 1
    assert grown["bytes"] == 10**6 * last
