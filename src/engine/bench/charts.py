"""The charts of a report: SVG that stands inside a page and takes its colours from it.

Matplotlib draws with a palette of colours that stand for the page's own, and these are put in
afterwards as CSS variables: one drawing is right in light and dark, on screens and on paper.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from engine._durations import duration_text
from engine.bench.report_data import FaultMark, Ladder, LatencyFigures, Windows
from engine.errors import MissingExtraError

try:
    import matplotlib as mpl
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator
except ImportError:
    raise MissingExtraError("matplotlib") from None

__all__ = [
    "CURVE_COLOURS",
    "depth",
    "fault_names",
    "ladder",
    "latency",
    "memory",
    "percentiles",
    "throughput",
]

Values = np.ndarray[Any, np.dtype[np.float64]]

INK: Final = "#010101"
FAINT: Final = "#010102"
RULE: Final = "#010103"
FIRST: Final = "#010104"
SECOND: Final = "#010105"
THIRD: Final = "#010106"
FAULT: Final = "#010107"
BUY_COLOUR: Final = "#010108"
SELL_COLOUR: Final = "#010109"
VARIABLES: Final = {
    INK: "ink",
    FAINT: "faint",
    RULE: "rule",
    FIRST: "first",
    SECOND: "second",
    THIRD: "third",
    FAULT: "fault",
    BUY_COLOUR: "buy",
    SELL_COLOUR: "sell",
}
CURVE_COLOURS: Final = ("first", "second", "third")
"""CSS variables of the curves of `percentiles`, in their order; none has more."""
SIZE_INCHES: Final = (6.1, 3.45)
FONT_POINTS: Final = 10.5
POINTS_MAX: Final = 300
"""Windows are drawn together when there are more."""
LABEL_SHARE: Final = 0.025
"""Of the width of a chart over time, for the number of a fault."""
LADDER_LEVELS: Final = 10
NINES: Final = {1: "0 %", 10: "90 %", 100: "99 %", 1_000: "99.9 %", 10**4: "99.99 %"}
MINUTES_FROM_S: Final = 300
SETTINGS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "engine",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": FONT_POINTS,
}


def percentiles(latencies: Sequence[LatencyFigures]) -> str:
    """Draw latency by percentile as HDR plots have it: the rarer, the further right.

    Returns
    -------
    str
        An SVG element; empty when there is nothing to draw, as of all functions here.
    """
    curves = [figures for figures in latencies[: len(CURVE_COLOURS)] if figures.one_in]
    if not curves:
        return ""

    def draw(axes: Axes) -> None:
        for figures, colour in zip(curves, (FIRST, SECOND, THIRD), strict=False):
            marker = "o" if len(figures.one_in) == 1 else ""  # one point has no line
            axes.plot(
                figures.one_in, figures.longer_than_ns, color=colour, linewidth=2, marker=marker
            )
        rarest = max(10.0, *(figures.one_in[-1] for figures in curves))
        axes.set_xscale("log")
        axes.set_xlim(1, rarest)
        shown = [odds for odds in (10**power for power in range(12)) if odds <= rarest]
        axes.xaxis.set_major_locator(FixedLocator(shown))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda odds, _: _nines(round(odds))))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(axis="x", color=RULE, linewidth=0.8)
        _scale_durations(axes, [value for one in curves for value in one.longer_than_ns])

    return _svg("percentiles", "Latency by percentile, logarithmic", draw)


def fault_names(faults: Sequence[FaultMark]) -> list[str]:
    """Return the names of faults, each once; charts mark them by their places from 1 on."""
    return list(dict.fromkeys(fault.name for fault in faults))


def throughput(windows: Windows, faults: Sequence[FaultMark]) -> str:
    """Draw commands, trades and rejects a second over time."""

    def draw(axes: Axes) -> None:
        seconds = np.array(windows.seconds)
        for counts, colour in (
            (windows.sent, FIRST),
            (windows.trades, SECOND),
            (windows.rejected, THIRD),
        ):
            _over_time(axes, windows, np.array(counts) / seconds, colour)
        _from_zero(axes, _short)

    return _time_chart("throughput", "Commands, trades and rejects a second", windows, faults, draw)


def latency(windows: Windows, faults: Sequence[FaultMark]) -> str:
    """Draw p50, p99 and the longest of each window over time."""

    def draw(axes: Axes) -> None:
        columns = (windows.p50_ns, windows.p99_ns, windows.max_ns)
        for values, colour in zip(columns, (FIRST, SECOND, THIRD), strict=True):
            _over_time(axes, windows, np.maximum(values, 1).astype(float), colour, np.max)
        _scale_durations(axes, [value for column in columns for value in column if value])

    return _time_chart("latency", "Latency over time, logarithmic", windows, faults, draw)


def memory(windows: Windows, faults: Sequence[FaultMark]) -> str:
    """Draw the memory of the process over time, with what it was after the first tenth."""
    values = _known(windows.resident_bytes)
    if values is None:
        return ""

    def draw(axes: Axes) -> None:
        _over_time(axes, windows, values, FIRST, np.max, is_filled=True)
        level = values[len(values) // 10]
        axes.axhline(level, color=FAINT, linewidth=1, linestyle=(0, (4, 4)))
        _from_zero(axes, _bytes)

    return _time_chart("memory", "Resident memory over time", windows, faults, draw)


def depth(windows: Windows, faults: Sequence[FaultMark]) -> str:
    """Draw the orders that rest in all books over time."""
    values = _known(windows.resting_orders)
    if values is None:
        return ""

    def draw(axes: Axes) -> None:
        _over_time(axes, windows, values, FIRST, is_filled=True)
        _from_zero(axes, _short)

    return _time_chart("depth", "Resting orders over time", windows, faults, draw)


def ladder(book: Ladder | None) -> str:
    """Draw the best levels of a book: asks above, bids below."""
    if book is None or not (book.asks or book.bids):
        return ""

    def draw(axes: Axes) -> None:
        places, labels = [], []
        sides = ((book.asks, 1, SELL_COLOUR), (book.bids, -1, BUY_COLOUR))
        shown = [level for side, _, _ in sides for level in side[:LADDER_LEVELS]]
        largest = max([level.quantity for level in shown if level.quantity > 0], default=1.0)
        for side, direction, colour in sides:
            for rank, level in enumerate(side[:LADDER_LEVELS], start=1):
                axes.barh(direction * rank, level.quantity, height=0.72, color=colour, linewidth=0)
                places.append(direction * rank)
                labels.append(level.price)
        axes.set_yticks(places, labels, fontsize=8.5)
        ranks = [min(len(side), LADDER_LEVELS) for side in (book.bids, book.asks)]
        axes.set_ylim(-ranks[0] - 0.8, ranks[1] + 0.8)
        axes.axhline(0, color=FAINT, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.set_xlim(0, largest * 1.05)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
        axes.grid(axis="x", color=RULE, linewidth=0.8)

    return _svg("ladder", "The busiest book at the end", draw)


def _known(column: Sequence[int | None]) -> Values | None:
    """Return a column with gaps where nothing is known; None when nothing is."""
    if all(value is None for value in column):
        return None
    return np.array([np.nan if value is None else value for value in column], dtype=float)


def _time_chart(
    name: str,
    label: str,
    windows: Windows,
    faults: Sequence[FaultMark],
    draw: Callable[[Axes], None],
) -> str:
    """Draw something over time, with faults behind it."""
    if not len(windows):
        return ""
    end = windows.start_s[-1] + windows.seconds[-1]

    def draw_with_faults(axes: Axes) -> None:
        draw(axes)
        axes.set_xlim(windows.start_s[0], end)
        numbers = {name: number for number, name in enumerate(fault_names(faults), start=1)}
        room = -end
        for fault in sorted(faults, key=lambda fault: fault.start_s):
            # One that took no time is seen as well.
            until = max(fault.end_s, fault.start_s + end / 250)
            axes.axvspan(fault.start_s, until, color=FAULT, alpha=0.22, linewidth=0, zorder=0)
            if fault.start_s - room < end * LABEL_SHARE:
                continue  # its number would stand on another
            room = fault.start_s
            axes.annotate(
                str(numbers[fault.name]),
                (fault.start_s, 1),
                xycoords=("data", "axes fraction"),
                xytext=(1, 2),
                textcoords="offset points",
                color=FAULT,
                fontsize=9,
                fontweight="bold",
            )
        axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 3, 5, 6, 10], min_n_ticks=2))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _moment(at, end)))

    return _svg(name, label, draw_with_faults)


def _over_time(
    axes: Axes,
    windows: Windows,
    values: Values,
    colour: str,
    join: Callable[[Values], float] = np.mean,
    *,
    is_filled: bool = False,
) -> None:
    """Draw a line of one value a window, of several windows where there are too many."""
    each = -(-len(windows) // POINTS_MAX)
    middles = np.array(windows.start_s) + np.array(windows.seconds) / 2
    starts = range(0, len(windows), each)
    times = [float(np.mean(middles[start : start + each])) for start in starts]
    joined = [float(join(values[start : start + each])) for start in starts]
    if len(joined) == 1:  # a level, because one point has no line
        times, joined = [windows.start_s[0], windows.start_s[-1] + windows.seconds[-1]], joined * 2
    axes.plot(times, joined, color=colour, linewidth=1.7, solid_joinstyle="round")
    if is_filled:
        axes.fill_between(times, joined, color=colour, alpha=0.13, linewidth=0)


def _from_zero(axes: Axes, text: Callable[[float], str]) -> None:
    top = max(
        [value for line in axes.lines for value in np.atleast_1d(line.get_ydata())], default=0
    )
    axes.set_ylim(0, top * 1.12 if np.isfinite(top) and top > 0 else 1)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axes.grid(axis="y", color=RULE, linewidth=0.8)


def _scale_durations(axes: Axes, durations: Sequence[float]) -> None:
    """Write durations in decades, and in thirds of decades when there are few of them."""
    low, high = min(durations, default=1), max(durations, default=10)
    axes.set_yscale("log")
    bottom, top = np.floor(np.log10(max(low, 1))), np.ceil(np.log10(max(high, 1) * 1.0001))
    axes.set_ylim(10**bottom, 10**top)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0) if top - bottom < 4 else (1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: duration_text(value)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color=RULE, linewidth=0.8)


def _svg(name: str, label: str, draw: Callable[[Axes], None]) -> str:
    """Draw axes and return them as an element of a page."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        axes.set_axisbelow(True)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(RULE)
        axes.tick_params(colors=FAINT, length=0, pad=7)
        draw(axes)
        output = io.StringIO()
        figure.savefig(output, format="svg", metadata={"Date": None, "Creator": None})
    return _inline(output.getvalue(), name, label)


def _inline(text: str, name: str, label: str) -> str:
    """Make a file of SVG a part of a page: no size, names or colours of its own."""
    size = re.search(r'viewBox="([^"]+)"', text)
    assert size is not None
    body = re.sub(r"^.*?<svg[^>]*>|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    body = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{name}-", body).replace("xlink:href", "href")
    body = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", body)
    body = re.sub(r"font: (bold|\d+) ([\d.]+px)[^;\"]*", r"font-weight: \1; font-size: \2", body)
    for colour, variable in VARIABLES.items():
        body = body.replace(colour, f"var(--{variable})")
    return f'<svg viewBox="{size[1]}" role="img" aria-label="{label}">{body.strip()}'


def _nines(odds: int) -> str:
    """Write one in how many as a percentile."""
    if odds in NINES:
        return NINES[odds]
    return f"{len(str(odds)) - 1} nines"


def _moment(seconds: float, end: float) -> str:
    if end < MINUTES_FROM_S:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _short(value: float) -> str:
    """Write a number in few characters: 950, 1.2k, 35k, 4M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def _bytes(value: float) -> str:
    for size, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.0f} B"
