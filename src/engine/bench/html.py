"""The report of a run as one HTML file: nothing is loaded from anywhere, light and dark, printable.

The page has all of its data as JSON too, in the element ``data``: ``--json`` prints the same.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

from engine._durations import duration_text, factor_text
from engine.bench import charts
from engine.bench.report_data import BudgetRow, CheckFigure, FaultMark, ReportData, Windows
from engine.budgets.check import figure_text
from engine.errors import MissingExtraError
from engine.load import Counts

__all__ = ["render_html", "write_html"]

TEMPLATE: Final = "report.html.jinja"
UNIT_NS: Final = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9}
WINDOW_ROWS_MAX: Final = 120
MEGABYTE: Final = 10**6


class Tile(NamedTuple):
    """A figure in large letters."""

    name: str
    value: str
    remark: str


class Legend(NamedTuple):
    """A curve's colour, as a CSS variable, and what it is."""

    colour: str
    text: str


class Chart(NamedTuple):
    """A drawing with its words; without a drawing, `remark` says why."""

    title: str
    svg: str
    legends: tuple[Legend, ...]
    remark: str


def render_html(data: ReportData) -> str:
    """Return the page.

    Raises
    ------
    MissingExtraError
        Jinja or Matplotlib is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise MissingExtraError("jinja2") from None
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"amount": _amount, "factor": factor_text, "duration": duration_text}
    text = resources.files("engine.bench").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(text).render(
        data=data,
        verdict=_verdict(data.budgets, data.compared),
        tiles=_tiles(data),
        groups=_groups(data.budgets),
        charts=_charts(data),
        faults=_faults(data.faults),
        has_window_table=0 < len(data.windows) <= WINDOW_ROWS_MAX,
        json=_script_text(data.to_dict()),
    )


def write_html(data: ReportData, path: str | os.PathLike[str]) -> None:
    """Write the page into a file.

    Raises
    ------
    MissingExtraError
        Jinja or Matplotlib is not installed.
    """
    Path(path).write_text(render_html(data), encoding="utf-8")


def _script_text(plain: dict[str, Any]) -> Any:
    """Return JSON that can stand inside a script element, whatever its strings are."""
    from markupsafe import Markup

    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _verdict(rows: tuple[BudgetRow, ...], compared: tuple[CheckFigure, ...]) -> dict[str, str]:
    """Return the verdict in a word for its colour, a headline and a sentence."""
    counts = Counter(row.verdict for row in rows)
    judged = [row for row in rows if row.verdict in {"kept", "missed"}]
    if not judged:
        return {"word": "open", "headline": "No budget was checked", "sentence": _rest(counts)}
    missed = sum(any(not check.is_kept for check in row.checks) for row in judged)
    own_missed = sum(check.own_is_kept is False for row in judged for check in row.checks)
    if missed:
        headline = f"{missed} of {_budgets(len(judged))} missed"
    elif len(judged) == 1:
        headline = "The one budget that was checked was kept"
    else:
        headline = f"All {len(judged)} budgets that were checked were kept"
    if own_missed:
        limits = "limit was" if own_missed == 1 else "limits were"
        headline += f", {'and' if missed else 'but'} {own_missed} of our own {limits} missed"
    slower = sum(not check.is_kept for check in compared)
    if slower:
        headline += f"; {slower} of {len(compared)} figures worse than a saved run allows"
    sentence = f"{_closest(judged)} {_rest(counts)}".strip()
    word = "bad" if missed or own_missed or slower else "good"
    return {"word": word, "headline": headline, "sentence": sentence}


def _closest(rows: list[BudgetRow]) -> str:
    """Name the limit that was met by the smallest factor."""
    found = [
        (check.factor, row.what, check.name)
        for row in rows
        for check in row.checks
        if check.factor is not None
    ]
    if not found:
        return ""
    factor, what, name = min(found)
    return f"Closest: {what}, {name}, {factor_text(factor)}."


def _budgets(count: int) -> str:
    return "1 budget" if count == 1 else f"{count} budgets"


def _rest(counts: Counter[Any]) -> str:
    """Say what was not checked."""
    parts = []
    if counts["not checked"]:
        parts.append(f"{counts['not checked']} not checked, because less was on than they ask for")
    if counts["not measured"]:
        parts.append(f"{counts['not measured']} not measured in this run")
    if counts["held by a test"]:
        parts.append(f"{counts['held by a test']} rules that tests hold")
    if counts["needs"]:
        parts.append(f"{counts['needs']} about components that this library is not")
    return f"Beside them: {'; '.join(parts)}." if parts else ""


def _groups(rows: tuple[BudgetRow, ...]) -> list[tuple[str, list[BudgetRow]]]:
    """Return rows without a verdict under what keeps them from one."""
    titles = {
        "not checked": "Not checked: less was on than the row asks for",
        "not measured": "Not measured in this run",
        "held by a test": "Rules that tests hold",
        "needs": "About components that this library is not",
    }
    found = (
        (title, [row for row in rows if row.verdict == name]) for name, title in titles.items()
    )
    return [(title, members) for title, members in found if members]


def _tiles(data: ReportData) -> list[Tile]:
    counts, windows = data.counts, data.windows
    rate = counts.sent / data.seconds if data.seconds > 0 else 0.0
    tiles = [
        Tile("commands sent", f"{counts.sent:,}", f"in {data.seconds:,.4g} s"),
        Tile("rate", f"{rate:,.0f}/s", _peak_rate(windows)),
        Tile("trades", f"{counts.trades:,}", f"{counts.reports:,} reports"),
        Tile("errors", f"{counts.errors:,}", _rejected(counts)),
    ]
    if data.latencies:
        figures = data.latencies[0]
        for name in ("p50", "p99", "max"):
            if name in figures.percentiles_ns:
                value = duration_text(figures.percentiles_ns[name])
                tiles.append(Tile(f"latency {name}", value, figures.name))
    known = [one for one in windows.resident_bytes if one is not None]
    if known:
        tiles.append(Tile("memory, most", f"{max(known) / MEGABYTE:,.0f} MB", "of the process"))
    return tiles


def _peak_rate(windows: Windows) -> str:
    rates = [sent / seconds for sent, seconds in zip(windows.sent, windows.seconds, strict=True)]
    return f"{max(rates):,.0f}/s at most" if rates else "over the whole run"


def _rejected(counts: Counts) -> str:
    share = f" ({counts.rejected / counts.sent:.2%})" if counts.sent else ""
    return f"{counts.rejected:,} rejected{share}"


def _charts(data: ReportData) -> list[Chart]:
    windows, faults = data.windows, data.faults
    none = "No window was measured." if not len(windows) else ""
    curves = tuple(
        Legend(colour, f"{one.name} ({one.count:,})")
        for one, colour in zip(data.latencies, charts.CURVE_COLOURS, strict=False)
    )
    throughput = (Legend("first", "sent"), Legend("second", "trades"), Legend("third", "rejected"))
    latency = (Legend("first", "p50"), Legend("second", "p99"), Legend("third", "longest"))
    late = max(windows.lag_ns, default=0)
    waited = f"A command waited {duration_text(late)} at the end of a window." if late else ""
    book = data.ladder
    return [
        Chart(
            "Latency by percentile",
            charts.percentiles(data.latencies),
            curves,
            "" if any(one.one_in for one in data.latencies) else "Nothing was timed.",
        ),
        Chart(
            "Latency over time, from the schedule",
            charts.latency(windows, faults),
            latency,
            none,
        ),
        Chart(
            "Throughput, a second", charts.throughput(windows, faults), throughput, none or waited
        ),
        Chart("Memory", charts.memory(windows, faults), (), none or _memory_words(windows)),
        Chart(
            "Resting orders",
            charts.depth(windows, faults),
            (),
            none or _depth_words(windows),
        ),
        Chart(
            f"The busiest book at the end: {book.symbol}" if book else "The busiest book",
            charts.ladder(book),
            (Legend("sell", "asks"), Legend("buy", "bids")),
            "" if book and (book.asks or book.bids) else "No book had orders at the end.",
        ),
    ]


def _memory_words(windows: Windows) -> str:
    """Say whether memory stayed where it was after the first tenth of the run."""
    first = windows.resident_bytes[len(windows) // 10]
    last = windows.resident_bytes[-1]
    if first is None or last is None:
        return "The system does not tell how much memory the process has."
    return (
        f"{first / MEGABYTE:,.1f} MB after the first tenth (dashed),"
        f" {last / MEGABYTE:,.1f} MB at the end: {last / first - 1:+.2%}."
    )


def _depth_words(windows: Windows) -> str:
    last = windows.resting_orders[-1]
    return "The target does not tell." if last is None else f"{last:,} at the end, in all books."


def _faults(faults: tuple[FaultMark, ...]) -> list[str]:
    """Say when each fault was, in the order of the marks in the charts."""
    told = []
    for name in charts.fault_names(faults):
        first, *others = [fault for fault in faults if fault.name == name]
        begin, end = f"{first.start_s:.3g}", f"{first.end_s:.3g}"
        until = f" to {end}" if end != begin else ""
        again = f", and {len(others)} more" if others else ""
        told.append(f"{name}, {begin}{until} s{again}")
    return told


def _amount(check: CheckFigure, value: float) -> str:
    """Write a figure of a check with its unit."""
    if check.unit in UNIT_NS:
        return duration_text(value * UNIT_NS[check.unit])
    blank = " " if check.unit[:1].isalpha() else ""
    return f"{figure_text(value)}{blank}{check.unit}"
