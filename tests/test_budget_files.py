"""Budgets, profiles and records as text: read whole, and refused with everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.budgets import (
    PROBES,
    PROFILES,
    Budget,
    CountBudget,
    DurationBudget,
    LatencyBudget,
    MemoryBudget,
    Record,
    ShareBudget,
    SweepBudget,
    ThroughputBudget,
    at_least,
    at_most,
    profile,
    profile_from_toml,
    read_profile,
    read_records,
    recorded,
    records_to_toml,
)
from engine.errors import MeasurementError, SpecificationError

PROFILE = """
name = "mine"
title = "My service"
scenarios = ["rush"]

[[row]]
what = "an order"
stated = "1 / 2 ms"
measured_by = "order_submission"
at = { checks = "every", accounts = 10 }
latency = { p50 = 1, p99 = 2 }

[[row]]
what = "settling"
stated = "90% within 2 s"
part = "in time"
place = "text"
needs = "my bank"
values = { within_s = 2 }
share = [{ figure = "settled", at_least = 90 }, { figure = "lost", at_most = 1 }]
remark = "by the bank's own count"
"""


def test_a_profile_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PROFILE, encoding="utf-8")
    mine = read_profile(path)
    assert (mine.name, mine.title, mine.scenarios) == ("mine", "My service", ("rush",))
    assert mine.probes() == ("order_submission",)
    assert mine.conditions("order_submission") == {"checks": "every", "accounts": 10}
    first, second = mine.rows
    assert first.budgets == (LatencyBudget("an order", p50=1, p99=2),)
    assert second.name == "settling: in time"
    assert second.budgets == (
        ShareBudget("in time", "settled", at_least=90),
        ShareBudget("in time", "lost", at_most=1),
    )
    assert (second.needs, second.remark) == ("my bank", "by the bank's own count")
    assert dict(second.values) == {"within_s": 2}


def test_budgets_keep_the_order_in_which_they_are_written() -> None:
    text = 'throughput = { target = 5 }\nlatency = { p99 = 1 }\nneeds = "x"'
    read = profile_from_toml(f'name="a"\ntitle="A"\n[[row]]\nwhat="w"\nstated="s"\n{text}')
    assert [bound.figure for bound in read.rows[0].bounds()] == ["rate", "p99"]


def test_all_that_is_wrong_with_a_profile_is_told_at_once() -> None:
    text = """
colour = "red"
scenarios = "rush"
[[row]]
what = "one"
stated = ""
measured_by = "nothing known"
at = { checks = true }
latency = { p50 = "fast", p98 = 3 }
[[row]]
what = "two"
stated = "2"
held_by = 5
size = 3
[[row]]
what = "three"
stated = "3"
needs = "gateway"
sweep = { per_item = 1 }
count = 5
"""
    with pytest.raises(SpecificationError) as caught:
        profile_from_toml(text)
    lines = str(caught.value).splitlines()
    expected = [
        ["profile has no colour: it has name, row, scenarios, title"],
        ["scenarios was 'rush', must be a list of names"],
        ["row 1: ", "latency has no p98", "at was {'checks': True}, must be a table of numbers"],
        ["row 2: ", "a row has no size", "held_by was 5, must be a test or a list of them"],
        ["row 3: ", "sweep is missing", "'limit'", "count was 5, must be a table of limits"],
    ]
    assert len(lines) == len(expected)
    for line, parts in zip(lines, expected, strict=True):
        assert [part for part in parts if part not in line] == []


def test_an_unknown_probe_is_named_with_those_there_are() -> None:
    with pytest.raises(SpecificationError) as caught:
        profile_from_toml(PROFILE.replace("order_submission", "order_magic"))
    assert "row 1: an order: measured_by was 'order_magic', not one of" in str(caught.value)
    assert all(repr(name) in str(caught.value) for name in PROBES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name = ", "profile: no TOML: "),
        ("row = 3", "row was 3, must be a list of tables"),
        ("row = [3]", "row 1 was 3, must be a table"),
        ("", "name was '', must be a text\ntitle was '', must be a text\nthere was no row"),
        ('name = 5\ntitle = "x"', "name was 5, must be a text"),
    ],
)
def test_text_that_is_no_profile_is_refused(text: str, expected: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        profile_from_toml(text)
    assert expected in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing, binary = tmp_path / "none.toml", tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    for path in (missing, binary):
        with pytest.raises(SpecificationError) as caught:
            read_profile(path)
        assert str(caught.value).startswith(f"{path}: ")


def test_the_profiles_are_those_that_lie_there() -> None:
    package = Path(__file__).resolve().parent.parent / "src" / "engine" / "budgets"
    files = {path.stem for path in package.glob("*.toml")}
    assert files == {*PROFILES, "recorded"}


# Kinds.

BUDGETS: list[tuple[Budget, dict[str, float], list[bool]]] = [
    (
        LatencyBudget("x", average=1, p999=2, unit="s"),
        {"average": 1e9, "p99.9": 3e9},
        [True, False],
    ),
    (LatencyBudget("x", maximum=5, unit="us"), {"max": 5e3}, [True]),
    (ThroughputBudget("x", target=60, unit="/min"), {"rate": 1.0}, [True]),
    (ThroughputBudget("x", target=86_400, acceptable=1, unit="/day"), {"rate": 0.9}, [False, True]),
    (MemoryBudget("x", 1), {"bytes": 1e9}, [True]),
    (MemoryBudget("x", 1, unit="GiB"), {"bytes": 2.0**30 + 1}, [False]),
    (SweepBudget("x", 10, per_item=1), {"sweep": 9e6, "sweep_item": 2e6}, [True, False]),
    (DurationBudget("x", 2, unit="min"), {"duration": 121e9}, [False]),
    (ShareBudget("x", "use", at_least=5, at_most=50), {"use": 0.5}, [True, True]),
    (ShareBudget("x", "uptime", at_least=0.999, unit=""), {"uptime": 0.9989}, [False]),
    (CountBudget("x", "users", at_least=5, at_most=9), {"users": 10}, [True, False]),
]


@pytest.mark.parametrize(("budget", "figures", "kept"), BUDGETS)
def test_each_kind_reads_base_units(
    budget: Budget, figures: dict[str, float], kept: list[bool]
) -> None:
    assert [check.is_kept for check in budget.checks(figures)] == kept
    with pytest.raises(MeasurementError, match="x asks for"):
        budget.checks({"something else": 1.0})


def test_a_latency_budget_is_told_by_place_and_in_numbers_of_numpy() -> None:
    budget = LatencyBudget("x", np.int64(2), np.float64(5), 10, "us")
    assert budget == LatencyBudget("x", p50=2, p95=5, p99=10, unit="us")
    assert [check.is_kept for check in budget.checks({"p50": 1e3, "p95": 6e3, "p99": 1e4})] == [
        *(True, False, True)
    ]


WRONG: list[tuple[Callable[[], Budget], str]] = [
    (lambda: LatencyBudget("x"), "x: there was no limit, must be one of p50"),
    (lambda: LatencyBudget("x", p50=5, p99=4), "p99 was 4, must be at least p50, which is 5"),
    (lambda: LatencyBudget("x", p95=-1), "p95 was -1, must be at least 0"),
    (lambda: LatencyBudget("x", p95=float("nan")), "p95 was nan, must be at least 0"),
    (lambda: LatencyBudget("x", p95=True), "p95 was True, must be a number"),
    (lambda: LatencyBudget("x", p95=1, unit="day"), "unit was 'day', not one of 'ns', 'us', 'ms'"),
    (lambda: LatencyBudget("", p95=1), "component was '', must be a name"),
    (lambda: ThroughputBudget("x", target=5, peak=4), "peak was 4, must be at least target"),
    (lambda: ThroughputBudget("x", target=5, acceptable=6), "target was 5, must be at least accep"),
    (lambda: SweepBudget("x", 2, every=1, unit="s"), "limit was 2 s, must be at most every"),
    (lambda: ShareBudget("x", "y", at_least=5, at_most=4), "at_most was 4, must be at least at_le"),
    (lambda: CountBudget("x", "y"), "there was no limit, must be one of at_least, at_most"),
]


@pytest.mark.parametrize(("make", "expected"), WRONG)
def test_a_budget_that_contradicts_itself_is_refused(
    make: Callable[[], Budget], expected: str
) -> None:
    with pytest.raises(SpecificationError) as caught:
        make()
    assert expected in str(caught.value)


def test_all_that_is_wrong_with_a_budget_is_told_at_once() -> None:
    with pytest.raises(SpecificationError) as caught:
        LatencyBudget("x", p50=-1, p95=-2, unit="m")
    assert str(caught.value).count("was") == 3


def test_a_check_of_nothing_is_kept_by_any_factor() -> None:
    assert at_most("errors", 0.0, 0.0).factor == float("inf")
    assert at_most("errors", 1.0, 0.0).factor == 0.0
    assert at_least("rate", 5.0, 0.0).factor == float("inf")
    assert at_least("rate", 0.0, 5.0).factor == 0.0
    assert not at_most("what is no number", float("nan"), 1.0).is_kept
    assert not at_least("what is no number", float("nan"), 1.0).is_kept


# Records.


def test_records_are_text_and_back() -> None:
    matching = Record(
        {"p50": 120.5, "p99.9": 900.0},
        'a "quoted" machine',
        "2026-02-28",
        "python -m x --full",
        {"checks": "every", "depth": 10_000},
        runs=3,
    )
    throughput = Record({"rate": 1e6}, "another", "2026-03-01", "y", {})
    records = {"demo": {"matching": matching, "throughput": throughput}, "a.b": {}}
    assert read_records(records_to_toml(records)) == {"demo": records["demo"]}
    records["a.b"] = {"throughput": throughput}
    assert read_records(records_to_toml(records)) == records


def test_the_records_of_the_library_are_as_they_are_written() -> None:
    place = Path(__file__).resolve().parent.parent / "src" / "engine" / "budgets" / "recorded.toml"
    text = place.read_text(encoding="utf-8")
    assert records_to_toml(read_records(text)) == text


@pytest.mark.parametrize("name", PROFILES)
def test_the_records_of_the_library_are_of_what_is_held_to_them(name: str) -> None:
    one, records = profile(name), recorded(name)
    assert records
    for probe, record in records.items():
        bounds = {bound.figure: bound for bound in one.own_bounds(probe)}
        assert set(record.figures) <= set(bounds), probe
        assert all(bounds[each].check(record.figures).is_kept for each in record.figures)


def test_of_several_runs_the_worse_figure_is_recorded() -> None:
    first = Record({"p50": 5.0, "p99": 9.0, "rate": 70.0}, "m", "2026-01-01", "c", {"depth": 1})
    later = Record({"p50": 6.0, "p99": 8.0, "rate": 60.0}, "m", "2026-01-02", "d", {"depth": 2})
    for before, after in ((first, later), (later, first)):
        found = before.and_of(after, {"p50": "at most", "rate": "at least"})
        assert found.figures == {"p50": 6.0, "p99": 9.0, "rate": 60.0}
        assert (found.command, found.date, found.conditions) == (
            *(after.command, after.date, after.conditions),
        )
        assert found.runs == 2
    assert first.and_of(later, {}).and_of(first, {}).runs == 3


GOOD = "machine='m'\ndate='2026-01-01'\ncommand='c'\nruns=1\nconditions={}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("demo = ", "records: no TOML"),
        ("demo = 3", "demo was 3, must be a table of probes"),
        ("demo.matching = 3", "demo.matching: was 3, must be a table"),
        ("[demo.guess]\n" + GOOD, "demo.guess: not one of 'matching'"),
        ("[a.matching]\n", "no machine, no date, no command, no runs, no figures, no conditions"),
        ("[a.matching]\n" + GOOD + "figures={ rate = 1 }", "rate is none of p50"),
        ("[a.matching]\n" + GOOD + "figures={ p50 = 0 }", "p50 was 0, must be a number above 0"),
        (
            "[a.matching]\n" + GOOD + "figures={ p50 = true }",
            "p50 was True, must be a number above 0",
        ),
        ("[a.matching]\n" + GOOD + "figures=3", "figures was 3, must be a table"),
        ("[a.matching]\n" + GOOD + "figures={}\nhue=1", "there was hue, must be machine, date"),
        ("[a.matching]\nruns=0", "runs was 0, must be a whole number of at least 1"),
        ("[a.matching]\nruns=true", "runs was True, must be a whole number of at least 1"),
        (
            "[a.matching]\nmachine=''\ndate='20260101'\ncommand='c'\nconditions={}\nfigures={}",
            "machine was '', must be a text; date was '20260101', must be YYYY-MM-DD",
        ),
    ],
)
def test_records_that_cannot_be_read_are_refused(text: str, expected: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        read_records(text)
    assert expected in str(caught.value)
