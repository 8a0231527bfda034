"""Draw docs/pictures/load.png: one stall, as an open and as a closed loop see it.

    python tools/draw_load.py

The same thousand orders a second go to the same server, which stands still for half a second; the
clock is simulated, so the picture is the same each time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from engine._picture import BUY_COLOUR, CURVES, FAINT, INK, PANEL, PAPER, RULE, SELL_COLOUR
from engine.load import LoadResult, Scenario, SimulatedClock, run, scenario
from engine.load.parts import OPENING_NS
from engine.records import RecordArray

PICTURE: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "load.png"
RATE: Final = 1_000
SECONDS: Final = 10
STALL_AT_S: Final = 3.0
STALL_S: Final = 0.5
SERVICE_NS: Final = 100_000
SECOND_NS: Final = 10**9
LOOPS: Final = {"open": CURVES[0], "closed": CURVES[1]}
NAMES: Final = {
    "open": "open loop: from when each was due",
    "closed": "closed loop: from when it was sent",
}
NINES: Final = {1: "0", 10: "90", 100: "99", 1_000: "99.9", 10_000: "99.99"}


class Server:
    """Takes a tenth of a millisecond for a command, stands still once, and notes who waited."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.has_stalled = False
        self.due_ns: list[int] = []
        self.sent_ns: list[int] = []
        self.done_ns: list[int] = []

    def send(self, commands: RecordArray) -> None:
        """Carry a command out."""
        self.due_ns.append(int(commands["timestamp"][0]) - OPENING_NS)
        self.sent_ns.append(self.clock.now_ns())
        self.clock.sleep(SERVICE_NS * len(commands))
        if not self.has_stalled and self.clock.now_ns() >= STALL_AT_S * SECOND_NS:
            self.has_stalled = True
            self.clock.sleep(round(STALL_S * SECOND_NS))
        self.done_ns.append(self.clock.now_ns())


def flow() -> Scenario:
    """Return orders that come one after the other at the same distance."""
    steady = scenario("pincex-baseline").at_rate(RATE, SECONDS)
    return replace(steady, arrivals="uniform", users=1, session_seconds=3_600.0)


def measured(loop: str) -> tuple[LoadResult, Server]:
    """Run it."""
    clock = SimulatedClock()
    server = Server(clock)
    return run(flow(), server, loop=loop, clock=clock, batch_max=1), server


def draw_time(axes: Axes, servers: dict[str, Server]) -> None:
    """Draw what each command is said to have waited, where its waiting is said to have begun."""
    begin, end = STALL_AT_S, STALL_AT_S + STALL_S
    axes.axvspan(begin, end, color=SELL_COLOUR, alpha=0.18, linewidth=0)
    axes.text(begin + 0.02, 15, "the server stands still", color=SELL_COLOUR, fontsize=9)
    for loop, server in servers.items():
        begun = np.array(server.due_ns if loop == "open" else server.sent_ns)
        waited = np.array(server.done_ns) - begun
        axes.plot(begun / SECOND_NS, waited / 1e6, color=LOOPS[loop], linestyle="", marker="o",
                  markersize=3 if loop == "open" else 5, label=NAMES[loop])  # fmt: skip
    axes.set_xlim(2.8, 4.0)
    axes.set_ylim(-20, 560)
    axes.legend(loc="upper right", fontsize=9, frameon=False, labelcolor=INK)
    dress(axes, "What each command waited", "seconds after the start")


def draw_percentiles(axes: Axes, results: dict[str, LoadResult]) -> None:
    """Draw the percentile curve of each."""
    for loop, result in results.items():
        odds, values = result.histogram.curve()
        axes.plot(odds, [value / 1e6 for value in values], color=LOOPS[loop], linewidth=2)
        p99 = result.histogram.percentile(99) / 1e6
        above = 1.35 if loop == "open" else 1.6
        axes.plot([100], [p99], marker="o", color=LOOPS[loop], markersize=6)
        axes.text(92, p99 * above, f"p99 {p99:.3g} ms", color=LOOPS[loop], fontsize=10, ha="right")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1, 10_000)
    axes.set_ylim(0.03, 2_000)
    axes.xaxis.set_major_locator(FixedLocator(list(NINES)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: NINES[round(value)]))
    dress(axes, "What percentage is faster", "percent")
    axes.yaxis.set_major_locator(FixedLocator([0.1, 1, 10, 100, 1_000]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def dress(axes: Axes, title: str, below: str) -> None:
    """Give a panel its colours, title and rules."""
    axes.set_facecolor(PANEL)
    axes.set_title(title, color=INK, fontsize=12, loc="left", pad=10)
    axes.set_xlabel(below, color=FAINT, fontsize=10)
    axes.set_ylabel("milliseconds", color=FAINT, fontsize=10)
    axes.tick_params(colors=FAINT, labelsize=9, length=0)
    axes.grid(color=RULE, linewidth=0.6)
    for spine in axes.spines.values():
        spine.set_color(RULE)


def main() -> None:
    """Draw the picture."""
    found = {loop: measured(loop) for loop in LOOPS}
    figure = Figure(figsize=(13, 5.6), dpi=110, facecolor=PAPER)
    FigureCanvasAgg(figure)
    areas = figure.add_gridspec(
        1, 2, width_ratios=(1.35, 1), left=0.06, right=0.975, top=0.79, bottom=0.11, wspace=0.18
    )
    draw_time(
        figure.add_subplot(areas[0, 0]), {loop: server for loop, (_, server) in found.items()}
    )
    draw_percentiles(
        figure.add_subplot(areas[0, 1]), {loop: result for loop, (result, _) in found.items()}
    )
    title = "One stall of half a second, seen by two load generators"
    figure.text(0.06, 0.925, title, color=INK, fontsize=17, fontweight="bold")
    facts = f"{RATE:,} orders/s for {SECONDS} s to the same server: 0.1 ms each, but for the stall"
    figure.text(0.06, 0.875, facts, color=BUY_COLOUR, fontsize=11)
    figure.savefig(PICTURE, facecolor=PAPER)


if __name__ == "__main__":
    main()
