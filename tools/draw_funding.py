"""Draw docs/pictures/funding.png: the rate of funding over the premium, by the presets of venues.

    python tools/draw_funding.py

The numbers are those of `FundingSpec`; nothing is drawn that the library does not compute.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from engine import FundingSpec
from engine._picture import BUY_COLOUR, CURVES, FAINT, INK, PANEL, PAPER, RULE, SELL_COLOUR

PICTURE: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "funding.png"
COLOURS: Final = (*CURVES, BUY_COLOUR, SELL_COLOUR)
NEAR: Final = ("bybit-linear", "deribit-inverse", "okx", "dydx-v4")
"""Venues whose rates are of 8 hours."""
NAMES: Final = {
    "bybit-linear": "Bybit, Binance: drawn towards the interest by 0.05 %",
    "deribit-inverse": "Deribit: the same by 0.025 %, without interest",
    "okx": "OKX: the premium, 0.375 % at most",
    "dydx-v4": "dYdX: premium and interest, a wide cap",
}
MARGINS: Final = {"initial_rate": 0.02, "maintenance_rate": 0.012}


def draw_venues(axes: Axes) -> None:
    """Draw the rates of 8 hours around the index."""
    premium = np.linspace(-0.0075, 0.0075, 1_501)
    for name, colour in zip(NEAR, COLOURS, strict=True):
        rate = FundingSpec.preset(name).funding_rate(premium, **MARGINS)
        is_behind = name == "dydx-v4"
        axes.plot(100 * premium, 100 * rate, color=colour, label=NAMES[name], linewidth=1.8,
                  linestyle="--" if is_behind else "-", zorder=2 if is_behind else 3)  # fmt: skip
    axes.set_xlim(-0.75, 0.75)
    axes.set_ylim(-0.75, 0.75)
    dress(axes, "Rate of 8 hours, %")
    inset = axes.inset_axes((0.58, 0.09, 0.39, 0.31))
    near = np.linspace(-0.001, 0.001, 401)
    for name, colour in zip(NEAR[:2], COLOURS, strict=False):
        inset.plot(100 * near, 100 * FundingSpec.preset(name).funding_rate(near), color=colour)
    dress(inset, "near the index")
    inset.set_title("near the index", color=FAINT, fontsize=9, loc="left")
    inset.set_xlabel("")
    legend(axes)


def draw_godark(axes: Axes) -> None:
    """Draw the rate of each second, of which every one pays in full."""
    spec = FundingSpec.preset("godark")
    index = 50_000.0
    mark = index * (1 + np.linspace(-0.001, 0.001, 401))
    premium = spec.premium_index(index, mark=mark)
    axes.plot(100 * premium, 1e4 * spec.funding_rate(premium), color=COLOURS[0], linewidth=1.8,
              label="GoDark: the premium and 0.01 / 86400, 0.05 % at most")  # fmt: skip
    axes.set_xlim(-0.1, 0.1)
    axes.set_ylim(-7.5, 7.5)
    dress(axes, "Rate of one second, hundredths of a per cent")
    legend(axes)


def dress(axes: Axes, title: str) -> None:
    """Give a panel its colours, title and rules."""
    axes.set_facecolor(PANEL)
    axes.set_title(title, color=INK, fontsize=12, loc="left", pad=10)
    axes.set_xlabel("premium, %", color=FAINT, fontsize=10)
    axes.tick_params(colors=FAINT, labelsize=9, length=0)
    axes.grid(color=RULE, linewidth=0.6)
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.axvline(0, color=FAINT, linewidth=0.8)
    for spine in axes.spines.values():
        spine.set_color(RULE)


def legend(axes: Axes) -> None:
    """Say which line is which."""
    axes.legend(loc="upper left", fontsize=9, frameon=False, labelcolor=INK)


def main() -> None:
    """Draw the picture."""
    figure = Figure(figsize=(13, 5.6), dpi=110, facecolor=PAPER)
    FigureCanvasAgg(figure)
    areas = figure.add_gridspec(
        1, 2, width_ratios=(1.35, 1), left=0.05, right=0.972, top=0.83, bottom=0.11, wspace=0.14
    )
    draw_venues(figure.add_subplot(areas[0, 0]))
    draw_godark(figure.add_subplot(areas[0, 1]))
    figure.text(0.05, 0.93, "Funding over premium", color=INK, fontsize=17, fontweight="bold")
    figure.savefig(PICTURE, facecolor=PAPER)


if __name__ == "__main__":
    main()
