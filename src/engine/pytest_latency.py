"""A pytest plugin: the fixture `latency` records how long code takes, and holds it to a budget.

It is loaded by every run of pytest where this package is installed (``-p no:matching-engine``
leaves it out), and imports what it needs only when a test asks for the fixture. What a test
measured is in its ``user_properties``, and so in JUnit's XML; in ``extra_info`` when the test uses
pytest-benchmark too; in a table at the end with ``--latency-table`` or ``-v``; and in
``--latency-json FILE``. All of that holds under pytest-xdist as well, but workers on the same
machine slow each other down: a budget is better checked without.

Examples
--------
A test of one's own code::

    @pytest.mark.latency(p50="200 us", p99="2 ms")
    def test_an_order_is_validated_in_time(latency):
        for order in ORDERS:
            with latency.measure():
                validate(order)
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest

from engine._durations import duration_text, factor_text
from engine._latency_recorder import LIMITS, Latency
from engine.errors import BudgetMissedError, MissingExtraError

__all__ = ["Latency", "latency"]

LATENCY: Final = pytest.StashKey[Latency]()
RESULTS: Final = "matching-engine-latency-results"
PREFIX: Final = "latency_"
WIDTH: Final = 1_000
"""Of the table before blanks at the ends are cut off: figures that are cut off are worse."""
SHOWN: Final = ("p50", "p95", "p99", "p99.9", "max")
ABSENT: Final = "–"


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not (math.isfinite(factor) and factor > 0):
        raise pytest.UsageError(f"--latency-factor was {text!r}, must be a number above 0")
    return factor


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all of which begin with ``--latency``."""
    group = parser.getgroup("latency", "latency of code under test (matching-engine)")
    group.addoption(
        "--latency-table",
        action="store_true",
        help="print a table of what was measured at the end (also with -v)",
    )
    group.addoption(
        "--latency-json", metavar="FILE", type=Path, help="write what was measured as JSON"
    )
    group.addoption(
        "--latency-factor",
        metavar="F",
        type=_factor,
        default=1.0,
        help="multiply every limit by F, for slower machines (default 1)",
    )
    group.addoption(
        "--latency-no-budgets",
        action="store_true",
        help="measure, but let no test fail for its budget",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and refuse a file that can't be written before the tests run."""
    config.addinivalue_line(
        "markers",
        "latency(component=..., p50='1 ms', p95=..., p99=..., p999=..., maximum=..., average=...):"
        " what the fixture `latency` of the test may record at most",
    )
    path: Path | None = config.getoption("--latency-json")
    if path is not None and not path.absolute().parent.is_dir():
        raise pytest.UsageError(f"--latency-json was {path}, must be in a directory that is there")
    config.pluginmanager.register(Results(config), RESULTS)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker that would check nothing."""
    is_marked = any(mark.name == "latency" for mark in item.own_markers)
    if is_marked and "latency" not in getattr(item, "fixturenames", ()):
        pytest.fail(
            f"{item.name} is marked with a latency, but does not use the fixture `latency`:"
            " nothing would be measured",
            pytrace=False,
        )


@pytest.fixture
def latency(request: pytest.FixtureRequest) -> Latency:
    """Record how long pieces of the test take, and hold them to a budget when the test is over.

    See `engine.pytest_latency.Latency`; limits are those of the marker ``latency`` and of
    ``latency.budget(...)``.

    Parameters
    ----------
    request : pytest.FixtureRequest
        Of the test; pytest gives it.
    """
    component, limits = _marked(request.node)
    recorder = Latency(component, factor=request.config.getoption("--latency-factor"))
    if limits:
        recorder.budget(**limits)
    request.node.stash[LATENCY] = recorder
    return recorder


def _marked(item: pytest.Item) -> tuple[str, dict[str, Any]]:
    """Return component and limits of an item's markers; the nearest says what it says."""
    given: dict[str, Any] = {}
    for mark in item.iter_markers("latency"):
        given = {**mark.kwargs, **given}
        unknown = [repr(name) for name in mark.kwargs if name not in {"component", *LIMITS}]
        if unknown or mark.args:
            found = ", ".join([*map(repr, mark.args), *unknown])
            pytest.fail(
                f"marker latency of {item.name} had {found}, must have keywords of component,"
                f" {', '.join(LIMITS)}",
                pytrace=False,
            )
    return given.pop("component", item.name), given


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Attach what was measured, and fail a test whose budget was missed."""
    try:
        result = yield
    finally:
        _attach(item)
    recorder = item.stash.get(LATENCY, None)
    if recorder is None or not recorder.has_budget:
        return result
    if missed := "" if item.config.getoption("--latency-no-budgets") else _missed(recorder):
        pytest.fail(missed, pytrace=False)
    return result


def _missed(recorder: Latency) -> str:
    """Return what a failed test says; nothing when the budget was kept."""
    try:
        recorder.check()
    except BudgetMissedError as error:
        return str(error)
    return ""


def _attach(item: pytest.Item) -> None:
    """Write the figures where JUnit's XML and pytest-benchmark take theirs from."""
    recorder = item.stash.get(LATENCY, None)
    if recorder is None or not (recorder.count or recorder.has_budget):
        return
    figures = recorder.to_dict()
    properties: list[tuple[str, object]] = [
        ("component", figures["component"]),
        ("count", figures["count"]),
        ("mean_ns", round(figures["mean_ns"])),
        *((f"{name}_ns", value) for name, value in figures["percentiles_ns"].items()),
        ("budget", figures["budget"]),
    ]
    # A test that is run again says what it measured the last time.
    others = [pair for pair in item.user_properties if not pair[0].startswith(PREFIX)]
    item.user_properties[:] = [*others, *((PREFIX + name, value) for name, value in properties)]
    benchmark: Any = getattr(item, "funcargs", {}).get("benchmark")
    if isinstance(getattr(benchmark, "extra_info", None), dict):
        benchmark.extra_info["latency"] = figures


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the figures on the report, which pytest-xdist carries from a worker to the controller."""
    report = yield
    recorder = item.stash.get(LATENCY, None)
    if call.when == "call" and recorder is not None and (recorder.count or recorder.has_budget):
        vars(report)["latency"] = recorder.to_dict()
    return report


class Results:
    """What all tests measured, from their reports."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._measured: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the figures of a test."""
        figures = getattr(report, "latency", None)
        if figures is not None:
            self._measured[report.nodeid] = figures

    def pytest_sessionfinish(self) -> None:
        """Write the file of ``--latency-json``; a worker of pytest-xdist leaves it to others."""
        path: Path | None = self._config.getoption("--latency-json")
        if path is None or hasattr(self._config, "workerinput"):
            return
        from engine.measurement import machine

        content = {
            "machine": machine().to_dict(),
            "latency_factor": self._config.getoption("--latency-factor"),
            "tests": [{"test": name, **figures} for name, figures in self._measured.items()],
        }
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table."""
        is_wanted = self._config.getoption("--latency-table") or self._config.get_verbosity() > 0
        if not (is_wanted and self._measured):
            return
        terminalreporter.section("latency")
        try:
            terminalreporter.write(_table(self._measured))
        except MissingExtraError as error:
            terminalreporter.write_line(f"no table: {error}")


def _table(measured: dict[str, dict[str, Any]]) -> str:
    try:
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table
    except ImportError:
        raise MissingExtraError("rich") from None
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("test", no_wrap=True)
    for name in ("samples", *SHOWN):
        table.add_column(name, no_wrap=True, justify="right")
    table.add_column("budget", no_wrap=True)
    for test, figures in measured.items():
        found = figures["percentiles_ns"]
        table.add_row(
            escape(test),
            f"{figures['count']:,}",
            *(duration_text(found[name]) if name in found else ABSENT for name in SHOWN),
            _verdict(figures),
        )
    output = io.StringIO()
    Console(file=output, width=WIDTH, highlight=False).print(table)
    lines = [line.rstrip() for line in output.getvalue().splitlines()]
    return "\n".join(lines) + "\n"


def _verdict(figures: dict[str, Any]) -> str:
    """Say whether the budget held, and by what factor at its tightest."""
    factors = [one["factor"] for one in figures["checks"] if one["factor"] is not None]
    words = [figures["budget"], *([factor_text(min(factors))] if factors else [])]
    return ", ".join(words)
