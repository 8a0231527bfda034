"""Draw docs/pictures/liquidation.png: the liquidation price over the leverage, and over the tiers.

Run it from anywhere: python tools/draw_liquidation.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from engine import LiquidationSpec, MarginSchedule, calc
from engine._picture import BUY_COLOUR, CURVES, FAINT, INK, PANEL, PAPER, RULE, SELL_COLOUR

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "liquidation.png"
ENTRY = 40_000.0
LOW = 0.8


def style(axes: Axes, title: str, x_label: str, y_label: str) -> None:
    """Give a panel its words and colours."""
    axes.set_facecolor(PANEL)
    axes.set_title(title, color=INK, fontsize=11, loc="left")
    axes.set_xlabel(x_label, color=FAINT)
    axes.set_ylabel(y_label, color=FAINT)
    axes.tick_params(colors=FAINT, which="both")
    axes.grid(color=RULE, linewidth=0.6)
    for spine in axes.spines.values():
        spine.set_color(RULE)


def draw_leverage(axes: Axes) -> None:
    """Draw liquidation and bankruptcy prices, as parts of the entry price."""
    leverage = np.geomspace(1.02, 20, 400)
    for side, colour in (("long", BUY_COLOUR), ("short", SELL_COLOUR)):
        for contract, line in (("linear", "-"), ("inverse", "--")):
            asked = {"leverage": leverage, "contract": contract}
            price = calc.liquidation_price(side, 1.0, 1.0, maintenance_rate=0.05, **asked)
            name = f"{side}, {contract}"
            axes.plot(leverage, price, line, color=colour, linewidth=1.8, label=name)
        end = calc.bankruptcy_price(side, 1.0, 1.0, leverage=leverage)
        axes.plot(
            leverage, end, ":", color=colour, linewidth=1.4, label=f"{side}, linear, bankrupt"
        )
    style(axes, "Liquidation over leverage, 5 % maintenance", "leverage", "price / entry price")
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 3, 5, 10, 20], ["1", "2", "3", "5", "10", "20"])
    axes.set_ylim(0, 2.5)
    axes.legend(facecolor=PANEL, edgecolor=RULE, labelcolor=INK, fontsize=8, loc="upper right")


def draw_tiers(axes: Axes) -> None:
    """Draw the price of long positions of rising value, by all tiers and by each alone."""
    margin = MarginSchedule.preset("binance-usdm")
    value = np.geomspace(1e4, 3e8, 600)
    held = {"leverage": 5.0}
    price = LiquidationSpec().liquidation_price(margin, "long", value / ENTRY, ENTRY, **held)
    for tier in margin.tiers[1:]:
        axes.axvline(float(tier.floor) * ENTRY / 32_000, color=RULE, linewidth=0.8)
    for place in (0, 4, 6):
        tier = margin.tiers[place]
        alone = calc.liquidation_price(
            "long",
            value / ENTRY,
            ENTRY,
            maintenance_rate=float(tier.maintenance_rate),
            deduction=float(tier.deduction or 0),
            **held,
        )
        axes.plot(value, alone / ENTRY, color=FAINT, linewidth=1, linestyle=":")
        rate = f"{float(tier.maintenance_rate):.1%} alone"
        at = np.flatnonzero(alone / ENTRY > LOW)[-1]
        axes.annotate(
            rate,
            (value[at], alone[at] / ENTRY),
            xytext=(-4, -12),
            textcoords="offset points",
            ha="right",
            color=FAINT,
            fontsize=8,
        )
    axes.plot(value, price / ENTRY, color=CURVES[0], linewidth=2, label="the tier that holds there")
    style(axes, "Liquidation over tiers, long, 5 times", "value at entry", "price / entry price")
    axes.set_xscale("log")
    axes.set_xlim(value[0], value[-1])
    axes.set_ylim(LOW, 0.84)
    axes.legend(facecolor=PANEL, edgecolor=RULE, labelcolor=INK, fontsize=8, loc="upper left")


def main() -> None:
    """Draw both panels into the file."""
    figure = Figure(figsize=(12, 4.6), facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    draw_leverage(left)
    draw_tiers(right)
    figure.savefig(PICTURE, dpi=100, facecolor=PAPER)


if __name__ == "__main__":
    main()
