"""``python -m engine bench``: a profile's budgets measured, shown while it runs, and judged."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from engine._bench_options import MISSED
from engine._console import print_lines, require_console, show_table
from engine._durations import duration_text
from engine.bench.reading import FULL, Effort
from engine.bench.report_data import BudgetRow, CheckFigure, ReportData
from engine.bench.suite import Bench, Listener, main_scenario, records_of, run_bench
from engine.budgets import (
    Profile,
    Record,
    profile,
    read_profile,
    read_records,
    records_to_toml,
)
from engine.budgets.check import figure_text
from engine.errors import MeasurementError, SpecificationError, StreamError
from engine.load import SCENARIOS, Scenario, Window, read_scenario, scenario

__all__ = ["run_bench_command"]

CALLS_MIN: Final = 100
WIDTH: Final = 100
MEGABYTE: Final = 10**6
PERCENTILES: Final = ("p50", "p95", "p99", "max")
DURATIONS_NS: Final = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
TOML: Final = ".toml"


def run_bench_command(options: argparse.Namespace) -> int:
    """Carry out the command and return its exit code."""
    if options.scenario == "list":
        print_lines(*SCENARIOS)
        return 0
    calls = FULL.calls if options.calls is None else options.calls
    seconds = FULL.seconds if options.seconds is None else options.seconds
    if calls < CALLS_MIN:
        raise MeasurementError(f"calls was {calls}, must be at least {CALLS_MIN}")
    if seconds <= 0:
        raise MeasurementError(f"seconds was {seconds:g}, must be above 0")
    if options.within is not None and options.records is None:
        raise MeasurementError(
            f"within was {options.within:g} of no records: --records FILE has the saved run"
        )
    if not options.json:
        require_console()
    for place in (options.html, options.record):
        if place is not None and not place.parent.is_dir():
            raise StreamError(f"{place}: cannot be written: {place.parent} is not a directory")
    write = _page_writer() if options.html is not None else None
    chosen = _profile(options.profile)
    sent = main_scenario(chosen) if options.scenario is None else _scenario(options.scenario)
    records = None if options.records is None else _records(options.records, chosen.name)
    before = {}
    if options.record is not None and options.record.is_file():
        before = _records_in(options.record)
    with _live() as listener:
        bench = run_bench(
            chosen,
            sent,
            Effort.of(calls, seconds),
            command=shlex.join(["python", "-m", "engine", *sys.argv[1:]]),
            listener=listener,
            records=records,
            within=options.within,
        )
    if write is not None:
        write(bench.report, options.html)
    if options.record is not None:
        before[chosen.name] = records_of(bench, before.get(chosen.name))
        options.record.write_text(records_to_toml(before), encoding="utf-8")
    if options.json:
        print_lines(json.dumps(bench.report.to_dict()))
    else:
        _show(bench)
        for written in filter(None, (options.html, options.record)):
            print_lines(f"written: {written}")
    return 0 if bench.is_kept else MISSED


def _page_writer() -> Callable[[ReportData, Path], None]:
    """Load what draws now: that takes half a second, and what is missing is missed before work."""
    from engine.bench.html import write_html

    return write_html


def _profile(name: str) -> Profile:
    return read_profile(Path(name)) if name.endswith(TOML) else profile(name)


def _scenario(name: str) -> Scenario:
    return read_scenario(Path(name)) if name.endswith(TOML) else scenario(name)


def _records_in(path: Path) -> dict[str, dict[str, Record]]:
    """Return the records of a file, by profile and probe."""
    try:
        return read_records(path.read_text(encoding="utf-8"))
    except SpecificationError as error:
        raise SpecificationError(f"{path}: {error}") from None


def _records(path: Path, name: str) -> dict[str, Record]:
    """Return the records of a file for a profile."""
    found = _records_in(path)
    if name not in found:
        there = ", ".join(map(repr, found)) or "no profile"
        raise SpecificationError(f"{path}: there were records of {there}, must be of {name!r}")
    return found[name]


class _Live:
    """Shows what is measured and, under load, the last second; on a terminal only."""

    def __init__(self, screen: Any) -> None:
        self._screen, self._title = screen, ""

    def begin(self, what: str, place: int, of: int) -> None:
        """Show what is measured now."""
        self._title = f"{place} of {of}: {what}"
        self._screen.update(self._title)

    def window(self, window: Window) -> None:
        """Show the last second."""
        times = (f"{name} {duration_text(window.percentiles[name])}" for name in PERCENTILES)
        shown = [self._title, f"{window.end_s:.0f} s", f"{window.rate:,.0f}/s", *times]
        if window.resident_bytes is not None:
            shown.append(f"{window.resident_bytes / MEGABYTE:,.0f} MB")
        if window.resting is not None:
            shown.append(f"{window.resting:,} orders rest")
        self._screen.update("   ".join(shown))


@contextmanager
def _live() -> Iterator[Listener | None]:
    """Show on standard error how it goes on."""
    try:
        from rich.console import Console
    except ImportError:
        yield None
        return
    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield None
        return
    with screen.status("") as status:
        yield _Live(status)


def _show(bench: Bench) -> None:
    report = bench.report
    rows = [row for row in report.budgets if row.checks]
    cells = [_cells(row, check) for row in rows for check in row.checks]
    heads = ("row", "budget", "measured", "factor", "our own", "verdict")
    print_lines(report.title, ", ".join(filter(None, (report.scenario, report.time_label))), "")
    show_table(heads, cells)
    if report.compared:
        saved_heads = ("compared with the saved run", "allowed", "measured", "verdict")
        show_table(saved_heads, [_compared_cells(check) for check in report.compared])
    for verdict in ("not checked", "not measured", "held by a test", "needs"):
        there = [row for row in report.budgets if row.verdict == verdict]
        if there:
            print_lines(f"{verdict}: {len(there)} rows")
            print_lines(*(f"    {row.what}: {row.reason}" for row in there))
    about = [f"{name:<9} {value}" for name, value in report.conditions.items()]
    noise = [] if report.noise is None else [f"noise     {report.noise}"]
    for line in ("", *about, *report.machine.lines(), *noise):
        print_lines(*wrap(line, WIDTH, subsequent_indent=" " * 10) or [""])
    missed = sum(row.verdict == "missed" for row in report.budgets)
    kept = sum(row.verdict == "kept" for row in report.budgets)
    stopped = [f"the load was stopped: {report.stopped_because}"] if report.stopped_because else []
    slower = sum(not check.is_kept for check in report.compared)
    beside = f"; {slower} of {len(report.compared)} figures worse than the saved run allows"
    end = beside if report.compared else ""
    print_lines("", *stopped, f"{kept} rows kept, {missed} missed{end}")


def _cells(row: BudgetRow, check: CheckFigure) -> tuple[str, ...]:
    own = "" if check.own_bound is None else _figure(check.own_bound, check.unit)
    is_kept = check.is_kept and check.own_is_kept is not False
    return (
        f"{row.what}: {check.name}",
        _figure(check.bound, check.unit),
        _figure(check.measured, check.unit),
        "" if check.factor is None else f"{figure_text(check.factor)}x",
        own,
        "kept" if is_kept else "MISSED",
    )


def _compared_cells(check: CheckFigure) -> tuple[str, ...]:
    allowed = f"{check.sense} {_figure(check.bound, check.unit)}"
    verdict = "kept" if check.is_kept else "MISSED"
    return check.name, allowed, _figure(check.measured, check.unit), verdict


def _figure(value: float, unit: str) -> str:
    if unit in DURATIONS_NS:
        return duration_text(value * DURATIONS_NS[unit])
    return f"{figure_text(value)} {unit}".strip()
