"""A run beside a saved one: what is worse than it allows fails, by figures that are made up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from engine import MeasurementError
from engine._cli import main
from engine.bench import ReportData, suite
from engine.bench.suite import machine_name
from engine.budgets import (
    PROBES,
    Measurement,
    Record,
    compare,
    profile,
    records_to_toml,
    require_comparable,
)
from engine.measurement import machine

HERE = "a machine, 2 cores"
ON = {"checks": "every", "accounts": 50_000, "depth": 10_000, "seconds": 15.0, "orders": 7}
ALLOWED = profile("pincex").row("regression check").values["allowed_percent"] / 100
TOY = """
name = "toy"
title = "A toy"

[[row]]
what = "risk"
stated = "under a second"
measured_by = "risk_chain"
at = { checks = "every" }
latency = { component = "risk", p50 = 1_000, p95 = 1_000 }
"""


def record(figures: Mapping[str, float], on: Mapping[str, float | str] = ON) -> Record:
    return Record(figures, HERE, "2026-01-31", "python -m engine bench", on)


@pytest.mark.parametrize(
    ("figures", "kept"),
    [
        ({"p95": 1_000.0, "rate": 100.0}, [True, True]),
        ({"p95": 1_149.9, "rate": 85.1}, [True, True]),
        ({"p95": 1_150.1, "rate": 85.1}, [False, True]),
        ({"p95": 1_149.9, "rate": 84.9}, [True, False]),
        ({"p95": 10.0, "rate": 9_000.0}, [True, True]),
        ({"p95": 5_000.0}, [False]),
    ],
)
def test_a_figure_may_be_15_percent_worse_and_no_more(
    figures: dict[str, float], kept: list[bool]
) -> None:
    saved = {"journaled_trade": record({"p95": 1_000.0, "rate": 100.0, "p99": 1.0, "max": 1.0})}
    checks = compare({"journaled_trade": Measurement(figures, ON)}, saved, ALLOWED)
    assert [check.is_kept for check in checks] == kept
    assert checks[0].what == "journaled_trade p95"


def test_pincex_compares_latency_throughput_and_its_database() -> None:
    """All of these are in what is saved of a run that kept its budgets."""
    pincex = profile("pincex")
    saved = {
        probe: record({bound.figure: 1.0 for bound in pincex.own_bounds(probe)})
        for probe in pincex.probes()
    }
    best = {figure: 1.0 for probe in PROBES.values() for figure in probe.figures}
    found = {probe: Measurement(best, ON) for probe in pincex.probes()}
    compared = {check.what for check in compare(found, saved, ALLOWED)}
    assert compared >= {
        "order_submission p95",
        "baseline_test p95",
        "throughput rate",
        "peak_throughput rate",
        "order_history p95",
    }


def test_only_what_both_runs_have_is_compared() -> None:
    saved = {"matching": record({"p95": 5.0}), "memory": record({"bytes": 1.0})}
    found = {"memory": Measurement({"bytes": 9.0}, ON), "rate_limit": Measurement({"p95": 9.0}, ON)}
    assert compare(found, saved, ALLOWED) == ()


@pytest.mark.parametrize(
    ("on", "message"),
    [
        ({"depth": 500}, "matching: depth was 500, in the saved run 10000: they can't be compared"),
        ({"checks": "none"}, "checks was none, in the saved run every"),
        ({"rate": 3_000}, "rate was 3000, in the saved run None"),
    ],
)
def test_a_run_under_other_conditions_is_not_compared(
    on: dict[str, float | str], message: str
) -> None:
    found = {"matching": Measurement({"p95": 5.0}, ON | on)}
    with pytest.raises(MeasurementError, match=message):
        compare(found, {"matching": record({"p95": 5.0})}, ALLOWED)
    longer = {"matching": Measurement({"p95": 5.0}, ON | {"seconds": 900.0, "orders": 10**6})}
    assert len(compare(longer, {"matching": record({"p95": 5.0})}, ALLOWED)) == 1


@pytest.mark.parametrize(
    ("saved", "within", "where", "message"),
    [
        (
            {"matching": record({"p95": 1.0})},
            0.0,
            HERE,
            "within was 0, must be above 0 and below 1",
        ),
        ({"matching": record({"p95": 1.0})}, 15.0, HERE, "within was 15, must be above 0"),
        ({"matching": record({"p95": 1.0})}, float("nan"), HERE, "within was nan"),
        ({"memory": record({"bytes": 1.0})}, 0.15, HERE, "has neither a p95 nor a rate"),
        ({}, 0.15, HERE, "has neither a p95 nor a rate"),
        (
            {"matching": record({"p95": 1.0})},
            0.15,
            "another, 64 cores",
            "matching was saved on 'a machine, 2 cores', this is 'another, 64 cores'",
        ),
    ],
)
def test_what_nothing_can_be_compared_with_is_refused(
    saved: dict[str, Record], within: float, where: str, message: str
) -> None:
    with pytest.raises(MeasurementError, match=message):
        require_comparable(saved, within, where)


@pytest.fixture
def command(tmp_path: Path) -> Callable[[Mapping[str, float], str], list[str]]:
    """Return the command that compares with a saved run of these figures, made anywhere."""
    toy, free, saved = (tmp_path / name for name in ("toy.toml", "free.toml", "saved.toml"))
    toy.write_text(TOY, encoding="utf-8")
    free.write_text('like = "demo-recommended"\ncriteria = {}\nstop_when = {}\n', encoding="utf-8")
    conditions = {"checks": "every"}

    def make(figures: Mapping[str, float], where: str) -> list[str]:
        one = Record(figures, where, "2026-01-31", "python -m engine bench", conditions)
        saved.write_text(records_to_toml({"toy": {"risk_chain": one}}), encoding="utf-8")
        asked = ["bench", "--profile", str(toy), "--scenario", str(free), "--records", str(saved)]
        return [*asked, "--seconds", "0.3", "--calls", "100", "--within", f"{ALLOWED}"]

    return make


@pytest.mark.parametrize(("p95", "code"), [(1_000.0, 0), (800.0, 3)])
def test_the_command_fails_where_the_saved_run_was_better(
    p95: float,
    code: int,
    command: Callable[[Mapping[str, float], str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It measures 1,100 ns, whatever the machine does, and is within all budgets."""
    figures = {"p50": 900.0, "p95": 1_100.0}
    told = Measurement(figures, {"checks": "every"})
    monkeypatch.setattr(suite, "measure", lambda *_: told)
    asked = command({"p50": 900.0, "p95": p95}, machine_name(machine()))
    assert main(asked) == code
    shown = " ".join(capsys.readouterr().out.split())
    assert "compared with the saved run" in shown
    assert f"{code // 3} of 1 figures worse than the saved run allows" in shown
    assert main([*asked, "--json"]) == code
    report = ReportData.from_dict(json.loads(capsys.readouterr().out))
    assert [row.verdict for row in report.budgets] == ["kept"]
    (check,) = report.compared
    assert (check.name, check.measured, check.is_kept) == ("risk_chain p95", 1.1, code == 0)
    assert check.bound == pytest.approx(p95 * 1.15 / 1_000)


def test_the_command_refuses_a_run_of_another_machine_before_the_work(
    command: Callable[[Mapping[str, float], str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(suite, "load_probe", None)
    assert main(command({"p95": 1.0}, "another, 64 cores")) == 1
    assert "risk_chain was saved on 'another, 64 cores', this is" in capsys.readouterr().err
    assert main(["bench", "--within", "0.15"]) == 1
    assert "within was 0.15 of no records: --records FILE has the saved" in capsys.readouterr().err
