"""The fixture `latency`: what it records, how budgets fail tests, and where figures go."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import BudgetMissedError, _latency_recorder, pytest_latency
from engine._durations import duration_ns
from engine.pytest_latency import Latency

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "latency-fixture.md"
# The entry point is there only where the package was installed since it has one.
UNUSED = ("matching-engine", "hypothesispytest", "cacheprovider")
OTHERS = tuple(word for name in UNUSED for word in ("-p", f"no:{name}"))

KEPT = """
import pytest

@pytest.mark.latency(component="orders", p50="600 ns", p99="2 us")
def test_orders(latency):
    for nanoseconds in range(1, 1_001):
        latency.record_ns(nanoseconds)
"""
MISSED = """
import pytest

@pytest.mark.latency(p50="100 ns", p95="950 ns", maximum="960 ns")
def test_orders(latency):
    for nanoseconds in range(1, 1_001):
        latency.record_ns(nanoseconds)
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run tests of their own, given as text, with the plugin."""

    def run(text: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(text)
        strict = ("--strict-markers", "-W", "error")
        return pytester.runpytest_inprocess(*OTHERS, *strict, *arguments, plugins=[pytest_latency])

    return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The clock of recorders: each reading is 1,000 ns after the last, and what is added."""
    now = [0]

    def read() -> int:
        now[0] += 1_000
        return now[0]

    monkeypatch.setattr(_latency_recorder, "perf_counter_ns", read)
    return now


def properties(path: Path) -> dict[str, str]:
    """Return the properties of the one test in a file of JUnit."""
    found = ElementTree.parse(path).iter("property")
    return {str(one.get("name")): str(one.get("value")) for one in found}


def test_percentiles_are_properties_of_the_test(run: Run, pytester: pytest.Pytester) -> None:
    result = run(KEPT, "--junitxml=out.xml")
    result.assert_outcomes(passed=1)
    assert properties(pytester.path / "out.xml") == {
        "latency_component": "orders",
        "latency_count": "1000",
        "latency_mean_ns": "500",
        "latency_p50_ns": "500",
        "latency_p95_ns": "950",
        "latency_p99_ns": "990",
        "latency_p99.9_ns": "999",
        "latency_max_ns": "1000",
        "latency_budget": "kept",
    }


def test_a_missed_budget_fails_the_test_and_says_by_how_much(
    run: Run, pytester: pytest.Pytester
) -> None:
    result = run(MISSED, "--junitxml=out.xml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "latency of test_orders, 1,000 samples: budget missed",
            "  p50    500 ns, must be at most 100 ns: 5 times over",
            "  p95    950 ns, must be at most 950 ns: just met",
            "  max    1 µs, must be at most 960 ns: 1.04 times over",
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("*During handling*")
    assert properties(pytester.path / "out.xml")["latency_budget"] == "missed"


def test_a_factor_loosens_every_limit(run: Run) -> None:
    run(MISSED, "--latency-factor", "5").assert_outcomes(passed=1)
    result = run(MISSED, "--latency-factor", "4")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["  p50 * at most 400 ns: 1.25 times over", "*4 times those that were set*"]
    )


def test_budgets_can_be_left_unchecked(run: Run, pytester: pytest.Pytester) -> None:
    run(MISSED, "--latency-no-budgets", "--junitxml=out.xml").assert_outcomes(passed=1)
    assert properties(pytester.path / "out.xml")["latency_budget"] == "missed"


def test_a_test_that_failed_itself_says_why_and_keeps_its_figures(
    run: Run, pytester: pytest.Pytester
) -> None:
    result = run(MISSED + "    assert latency.count == 7\n", "--junitxml=out.xml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert 1000 == 7"])
    result.stdout.no_fnmatch_line("*budget missed*")
    assert properties(pytester.path / "out.xml")["latency_count"] == "1000"


def test_the_nearest_marker_counts_limit_by_limit(run: Run) -> None:
    text = """
    import pytest
    pytestmark = pytest.mark.latency(maximum="1 ns", component="all")

    @pytest.mark.latency(p50="1 ns", maximum="6 ns")
    class TestOrders:
        @pytest.mark.latency(p50="2 ns")
        def test_one(self, latency):
            for nanoseconds in (1, 2, 3):
                latency.record_ns(nanoseconds)
            assert latency.component == "all"
            latency.budget(maximum="2 ns")

    def test_without_the_fixture():
        pass
    """
    result = run(text)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["  p50 * at most 2 ns: just met", "  max * at most 2 ns: 1.5 *"])


@pytest.mark.parametrize(
    ("marker", "argument", "message"),
    [
        ("p50='1 ms'", "", "*marked with a latency, but does not use the fixture*"),
        ("p98='1 ms'", "latency", "*marker latency of test_it had 'p98', must have keywords of *"),
        ("'1 ms'", "latency", "*marker latency of test_it had '1 ms', must have keywords of *"),
        ("p50='1 week'", "latency", "*p50: duration was '1 week', must be a number with a unit*"),
        ("p50=5", "latency", "*p50: duration was 5, must be a number with a unit*"),
    ],
)
def test_a_marker_that_makes_no_sense_is_an_error(
    run: Run, marker: str, argument: str, message: str
) -> None:
    text = f"import pytest\n@pytest.mark.latency({marker})\ndef test_it({argument}): pass"
    result = run(text)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_limits_that_contradict_each_other_are_an_error(run: Run) -> None:
    text = """
    import pytest
    @pytest.mark.latency(p50="2 ms", p99="1 ms")
    def test_it(latency): pass
    """
    result = run(text)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_it: p99 was 1000000*, must be at least p50, *"])


def test_a_budget_on_nothing_fails(run: Run) -> None:
    result = run("def test_it(latency):\n    latency.budget(p99='1 s')")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  p99    needs at least 100 samples, there were 0"])


def test_figures_go_to_pytest_benchmark(run: Run, pytester: pytest.Pytester) -> None:
    text = """
    def test_it(benchmark, latency):
        benchmark.pedantic(lambda: latency.record_ns(70), rounds=3)
    """
    run(text, "--benchmark-json=out.json").assert_outcomes(passed=1)
    (one,) = json.loads((pytester.path / "out.json").read_text())["benchmarks"]
    assert one["extra_info"]["latency"]["percentiles_ns"] == {"p50": 70, "max": 70}
    assert one["extra_info"]["latency"]["count"] == 3


@pytest.mark.parametrize("option", ["-v", "--latency-table"])
def test_a_table_is_printed_when_it_is_asked_for(run: Run, option: str) -> None:
    result = run(KEPT, option)
    result.stdout.fnmatch_lines(
        [
            "*= latency =*",
            "test * samples * p50 * p95 * p99 * p99.9 * max   budget",
            "*::test_orders * 1,000   500 ns   950 ns   990 ns   999 ns   1 µs   kept, 1.2 times *",
        ]
    )


def test_a_table_leaves_out_what_has_too_few_samples(run: Run) -> None:
    text = "def test_it(latency):\n    latency.record_ns(9)\n    latency.budget(maximum='3 ns')"
    result = run(text, "--latency-table")
    result.stdout.fnmatch_lines(["*::test_it * 1     –     –     –       –   9 ns   missed, 3 *"])


def test_no_table_without_being_asked_or_without_figures(run: Run) -> None:
    run(KEPT).stdout.no_fnmatch_line("*= latency =*")
    run("def test_it(latency): pass", "-v").stdout.no_fnmatch_line("*= latency =*")


def test_the_file_has_machine_figures_and_limits(run: Run, pytester: pytest.Pytester) -> None:
    run(MISSED, "--latency-json=out.json", "--latency-factor=2").assert_outcomes(failed=1)
    content = json.loads((pytester.path / "out.json").read_text())
    assert content["machine"]["cores"] >= 1
    assert content["latency_factor"] == 2
    (test,) = content["tests"]
    assert test["test"].endswith("::test_orders")
    assert test["percentiles_ns"]["p99.9"] == 999
    limits = [(one["measured_ns"], one["limit_ns"], one["is_kept"]) for one in test["checks"]]
    assert limits == [(500, 200, False), (950, 1_900, True), (1_000, 1_920, True)]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--latency-json=not/there.json", "*--latency-json was not/there.json, must be in *"),
        ("--latency-factor=0", "*--latency-factor was '0', must be a number above 0*"),
        ("--latency-factor=nan", "*--latency-factor was 'nan', must be a number above 0*"),
        ("--latency-factor=much", "*--latency-factor was 'much', must be a number above 0*"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(run: Run, option: str, message: str) -> None:
    result = run(KEPT, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_figures_survive_the_way_from_a_worker(pytester: pytest.Pytester) -> None:
    """pytest-xdist sends reports as plain data, by these hooks; the table is made of reports."""
    pytester.makepyfile(KEPT)
    recorder = pytester.inline_run(*OTHERS, plugins=[pytest_latency])
    (report,) = (
        one for one in recorder.getreports("pytest_runtest_logreport") if one.when == "call"
    )
    config = recorder.getcalls("pytest_sessionfinish")[0].session.config
    sent = config.hook.pytest_report_to_serializable(config=config, report=report)
    arrived = config.hook.pytest_report_from_serializable(
        config=config, data=json.loads(json.dumps(sent))
    )
    assert arrived.latency == report.latency
    assert arrived.latency["percentiles_ns"]["p50"] == 500


@pytest.mark.parametrize(("library", "place"), [("hdrh.histogram", "error"), ("rich.console", "")])
def test_without_its_extras_pytest_still_runs(
    run: Run, monkeypatch: pytest.MonkeyPatch, library: str, place: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    result = run(KEPT + "def test_other(): pass", "--latency-table")
    result.assert_outcomes(errors=1 if place else 0, passed=1 if place else 2)
    name = "hdrhistogram" if place else "rich"
    result.stdout.fnmatch_lines([f"*this needs {name}: pip install {name} *"])


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    code = "import sys, engine.pytest_latency; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"hdrh", "rich", "matplotlib", "engine.measurement", "engine.budgets", "hypothesis"}
    assert heavy & set(result.stdout.split()) == set()


def test_the_entry_point_leads_to_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (name,) = project["entry-points"]["pytest11"].values()
    assert import_module(name).latency.name == "latency"


def test_the_page_has_a_whole_example_that_runs(run: Run) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    result = run(block, "--latency-table", "--latency-factor=1000")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*::test_an_order_is_acknowledged_in_time * 2,000 * kept, *"])


def test_the_page_has_every_option_and_limit(run: Run) -> None:
    text = PAGE.read_text(encoding="utf-8")
    told = run("", "--help").stdout.str()
    options = set(re.findall(r"--latency-[a-z-]+", told))
    assert len(options) == 4
    assert options == set(re.findall(r"--latency-[a-z-]+", text))
    assert [name for name in _latency_recorder.LIMITS if f"`{name}`" not in text] == []


def test_each_way_to_measure_takes_the_time_of_what_it_calls(clock: list[int]) -> None:
    latency = Latency("work")

    def work(nanoseconds: int) -> int:
        clock[0] += nanoseconds
        return nanoseconds

    async def work_later(nanoseconds: int) -> int:
        return work(nanoseconds)

    assert latency(work, 5_000) == 5_000
    with latency.measure():
        work(7_000)
    assert latency.timed(work)(9_000) == 9_000
    assert asyncio.run(latency.timed(work_later)(11_000)) == 11_000
    with pytest.raises(ZeroDivisionError), latency.measure():
        work(13_000 // (clock[0] * 0))
    assert latency.repeat(work, 15_000, rounds=2, warm_up=3) == 15_000
    assert latency.each(work, [17_000, 19_000], warm_up=1) == [17_000, 19_000]
    with latency.warm_up():
        latency(work, 21_000)
        latency.record_many(np.array([23_000]))
    latency.record_many(np.array([[25_000], [27_000]]))
    taken = [6_000, 8_000, 10_000, 12_000, 1_000, 16_000, 16_000, 20_000, 25_000, 27_000]
    assert latency.count == len(taken)
    assert latency.histogram.mean_ns == sum(taken) / len(taken)
    assert latency.histogram.maximum_ns == 27_000


def test_measurements_may_be_nested(clock: list[int]) -> None:
    latency = Latency("work")
    with latency.measure(), latency.measure():
        clock[0] += 1_000
    assert latency.histogram.mean_ns == (2_000 + 4_000) / 2


def test_threads_may_record_at_once() -> None:
    latency = Latency("work")
    threads = [
        threading.Thread(target=latency.repeat, args=(int,), kwargs={"rounds": 5_000})
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert latency.count == 20_000


def test_a_coroutine_function_is_not_taken_for_what_it_does() -> None:
    latency = Latency("work")

    async def work() -> None:
        """Do nothing."""

    calls: list[Callable[[], Any]] = [
        lambda: latency(work),
        lambda: latency.repeat(work),
        lambda: latency.each(work, [1]),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(TypeError, match="a coroutine function: wrap it with `timed`"):
            call()
    assert latency.count == 0


@pytest.mark.parametrize("samples", [1, 2, 19, 20, 99, 100, 999, 1_000])
def test_a_percentile_is_told_when_one_sample_may_lie_beyond(samples: int) -> None:
    latency = Latency("work")
    latency.record_many(np.arange(1, samples + 1))
    told = latency.percentiles()
    for name, percent in {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}.items():
        beyond = round(samples * (100 - percent) / 100, 6)
        assert (name in told) == (beyond >= 1), name
        assert name not in told or told[name] < samples
    assert told["max"] == samples


def test_a_check_that_is_made_at_once_raises() -> None:
    latency = Latency("work")
    latency.record_many(np.full(100, 3_000))
    latency.budget(average="2 us", p99=timedelta(microseconds=4))
    with pytest.raises(BudgetMissedError, match=r"average 3 µs, must be at most 2 µs: 1.5 times"):
        latency.check()
    latency.budget(average="4 us")
    assert [check.factor for check in latency.check()] == pytest.approx([4 / 3, 4 / 3])


@pytest.mark.parametrize("text", ["", "ms", "-1 ms", "0 ms", "1.5 ns", "1e3 ms", "1 m s", "٣ ms"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"duration was '{re.escape(text)}', must be"):
        duration_ns(text)


def test_numbers_that_are_too_small_are_refused() -> None:
    latency = Latency("work")
    with pytest.raises(ValueError, match="rounds was 0, must be at least 1"):
        latency.repeat(int, rounds=0)
    with pytest.raises(ValueError, match="warm_up was -1, must be at least 0"):
        latency.each(abs, [1], warm_up=-1)
    with pytest.raises(ValueError, match="budget had no limit, must have one of p50, "):
        latency.budget()
