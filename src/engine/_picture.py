"""The picture of a day: book heat map with the price, what traded, the ladder, the latency."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from engine._day import DayBook
from engine.ladder import Grid, steps_text
from engine.measurement import LatencyHistogram

__all__ = ["Caption", "draw_day"]

PAPER: Final = "#0d1117"
PANEL: Final = "#10161f"
INK: Final = "#e6edf3"
FAINT: Final = "#8b949e"
RULE: Final = "#2a323d"
BUY_COLOUR: Final = "#3fb68b"
SELL_COLOUR: Final = "#e5646e"
LINE: Final = "#ffffff"
CURVES: Final = ("#7cc4ff", "#f2b84b")
HEAT: Final = LinearSegmentedColormap.from_list(
    "book", ["#131f33", "#15305a", "#17507f", "#1f83a3", "#47b8a0", "#b6dc7c", "#ffe98a"]
)
LADDER_LEVELS: Final = 12
NINES: Final = {1: "0", 10: "90", 100: "99", 1_000: "99.9", 10_000: "99.99", 10**5: "99.999"}
HALF_HOUR_NS: Final = 1_800 * 10**9


class Caption(NamedTuple):
    """What the picture says in words."""

    title: str
    facts: str
    clock: bool
    """Whether timestamps are nanoseconds after midnight; otherwise they count commands."""


def draw_day(
    path: str | os.PathLike[str],
    book: DayBook,
    latency: dict[str, LatencyHistogram],
    caption: Caption,
    grid: Grid | None,
) -> None:
    """Draw a day into a PNG.

    Parameters
    ----------
    path
        Where to.
    book
        The day of one instrument.
    latency
        By the name of its curve.
    caption
        Title and facts on top.
    grid
        Has prices written as decimals; without it they are ticks.
    """
    figure = Figure(figsize=(16, 9.6), dpi=120, facecolor=PAPER)
    FigureCanvasAgg(figure)
    areas = figure.add_gridspec(
        2,
        2,
        width_ratios=(3.15, 1),
        height_ratios=(3.4, 1.15),
        left=0.062,
        right=0.975,
        top=0.885,
        bottom=0.07,
        wspace=0.23,
        hspace=0.19,
    )
    price = _price_text(grid)
    heat = figure.add_subplot(areas[0, 0])
    volume = figure.add_subplot(areas[1, 0], sharex=heat)
    _draw_heat(heat, book, price)
    _draw_volume(volume, book)
    _label_time(volume, heat, book, caption)
    _draw_ladder(figure.add_subplot(areas[0, 1]), book, price)
    _draw_latency(figure.add_subplot(areas[1, 1]), latency)
    figure.text(0.062, 0.95, caption.title, color=INK, fontsize=19, fontweight="bold")
    figure.text(0.062, 0.922, caption.facts, color=FAINT, fontsize=11.5)
    figure.savefig(path, facecolor=PAPER)


def _draw_heat(axes: Axes, book: DayBook, price: Callable[[int], str]) -> None:
    _dress(axes, "Resting orders (colour) and trade price (white)")
    shown = book.resting[book.resting > 0]
    few, many = np.percentile(shown, (10, 99.7)) if len(shown) else (1.0, 10.0)
    rows, low = book.resting.shape[0], book.price_low - book.origin
    image = axes.imshow(
        np.ma.masked_less_equal(book.resting, 0),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=HEAT,
        norm=LogNorm(max(few, 1), max(many, few * 2, 2)),
        extent=(
            float(book.edges[0]),
            float(book.edges[-1]),
            low - 0.5,
            low + rows * book.price_step - 0.5,
        ),
    )
    axes.step(book.edges[1:], book.last_price, where="post", color=PAPER, linewidth=2.6, alpha=0.7)
    axes.step(book.edges[1:], book.last_price, where="post", color=LINE, linewidth=1.1)
    axes.set_ylabel("price", color=FAINT)
    axes.yaxis.set_major_locator(MaxNLocator(9, steps=[1, 2, 2.5, 5, 10], integer=True))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda ticks, _: price(round(ticks) + book.origin))
    )
    axes.tick_params(labelbottom=False)
    scale = axes.inset_axes((1.012, 0.0, 0.012, 1.0))
    bar = axes.figure.colorbar(image, cax=scale)
    bar.outline.set_visible(False)
    scale.tick_params(colors=FAINT, labelsize=9, length=0)
    scale.yaxis.set_major_formatter(FuncFormatter(lambda lots, _: _short(lots)))
    scale.yaxis.set_minor_locator(NullLocator())
    scale.set_title("lots", color=FAINT, fontsize=9.5, pad=6)


def _draw_volume(axes: Axes, book: DayBook) -> None:
    _dress(axes, "Traded lots, by the side of the taker: buys up, sells down")
    groups = len(book.bought) // 4
    edges = book.edges[: groups * 4 + 1 : 4]
    width = edges[1] - edges[0]
    for lots, sign, colour in ((book.bought, 1, BUY_COLOUR), (book.sold, -1, SELL_COLOUR)):
        height = sign * lots[: groups * 4].reshape(groups, 4).sum(axis=1)
        axes.bar(edges[:-1], height, width * 0.86, align="edge", color=colour, linewidth=0)
    axes.axhline(0, color=RULE, linewidth=0.8)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda lots, _: _short(abs(lots))))
    axes.set_ylabel("lots", color=FAINT)


def _label_time(axes: Axes, above: Axes, book: DayBook, caption: Caption) -> None:
    axes.set_xlim(book.edges[0], book.edges[-1])
    if caption.clock:
        first, last = (int(edge) for edge in (book.edges[0], book.edges[-1]))
        times = np.arange(-(-first // HALF_HOUR_NS), last // HALF_HOUR_NS + 1) * HALF_HOUR_NS
        axes.xaxis.set_major_locator(FixedLocator(times.tolist()))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda ns, _: _clock(ns)))
        axes.set_xlabel("time of day", color=FAINT)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(9, steps=[1, 2, 5, 10], integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda index, _: f"{index:,.0f}"))
        axes.set_xlabel("commands", color=FAINT)
    for panel in (axes, above):
        panel.grid(axis="x", color=INK, alpha=0.07, linewidth=0.8)


def _draw_ladder(axes: Axes, book: DayBook, price: Callable[[int], str]) -> None:
    _dress(axes, "The book at the end")
    asks, bids = book.final.asks[:LADDER_LEVELS], book.final.bids[:LADDER_LEVELS]
    labels, places = [], []
    largest = max((int(side["quantity"].max()) for side in (asks, bids) if len(side)), default=1)
    for side, direction, colour in ((asks, 1, SELL_COLOUR), (bids, -1, BUY_COLOUR)):
        for rank, level in enumerate(side):
            place = direction * (rank + 1)
            quantity = int(level["quantity"])
            axes.barh(place, quantity, height=0.74, color=colour, alpha=0.85, linewidth=0)
            axes.text(
                quantity + largest * 0.02,
                place,
                _short(quantity),
                color=INK,
                fontsize=8.5,
                va="center",
            )
            labels.append(price(int(level["price"])))
            places.append(place)
    axes.set_yticks(places, labels, fontsize=9)
    axes.set_ylim(-LADDER_LEVELS - 0.8, LADDER_LEVELS + 0.8)
    axes.set_xlim(0, largest * 1.2)
    axes.axhline(0, color=FAINT, linewidth=0.8, linestyle=(0, (3, 3)))
    if len(asks) and len(bids):
        spread = int(asks["price"][0]) - int(bids["price"][0])
        text = f"spread {price(spread)}"
        axes.text(
            largest * 1.2,
            0,
            text,
            color=FAINT,
            fontsize=9,
            ha="right",
            va="center",
            bbox={"facecolor": PANEL, "edgecolor": "none", "pad": 2.5},
        )
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda lots, _: _short(lots)))
    axes.set_xlabel("lots", color=FAINT, labelpad=1)


def _draw_latency(axes: Axes, latency: dict[str, LatencyHistogram]) -> None:
    _dress(axes, "Time of one call of match, by percentile")
    rarest, shown = 10.0, [100.0, 10_000.0]
    for (name, histogram), colour in zip(latency.items(), CURVES, strict=False):
        odds, values = histogram.curve()
        if not values:
            continue
        axes.plot(odds, values, color=colour, linewidth=1.8, label=name, solid_capstyle="round")
        rarest = max(rarest, odds[-1])
        shown += values
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1, rarest)
    axes.set_ylim(10 ** np.floor(np.log10(min(shown))), 10 ** np.ceil(np.log10(max(shown))))
    axes.xaxis.set_major_locator(FixedLocator([odds for odds in NINES if odds <= rarest * 1.01]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda odds, _: NINES.get(round(odds), "")))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda ns, _: _duration(ns)))
    axes.grid(color=INK, alpha=0.08, linewidth=0.8)
    if axes.lines:
        axes.legend(loc="lower right", frameon=False, labelcolor=INK, fontsize=9.5)
    axes.set_xlabel("percentile", color=FAINT, labelpad=3)


def _dress(axes: Axes, title: str) -> None:
    axes.set_facecolor(PANEL)
    axes.set_title(title, color=INK, fontsize=11.5, loc="left", pad=7)
    axes.tick_params(colors=FAINT, labelsize=9.5, length=3, color=RULE)
    for spine in axes.spines.values():
        spine.set_color(RULE)


def _price_text(grid: Grid | None) -> Callable[[int], str]:
    tick = grid.tick_size if grid else Decimal(1)
    return lambda ticks: steps_text(ticks, tick)


def _short(lots: float) -> str:
    """Write a quantity in few characters: 950, 1.2k, 35k, 4M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if lots >= size:
            value = lots / size
            return (
                f"{value:.0f}{unit}" if value >= 10 or value == int(value) else f"{value:.1f}{unit}"
            )
    return f"{lots:.0f}"


def _clock(nanoseconds: float) -> str:
    minutes = round(nanoseconds / (60 * 10**9))
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _duration(nanoseconds: float) -> str:
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if nanoseconds >= size:
            return f"{nanoseconds / size:g} {unit}"
    return f"{nanoseconds:g} ns"
