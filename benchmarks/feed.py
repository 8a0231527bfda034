"""What market data costs: nanoseconds a report, by workload and channels.

    python benchmarks/feed.py [commands]

Reports are read in batches of 4,096, once the books are filled, and messages written to one array
again and again. Of all batches of several runs: the fastest, which is the machine at rest, and the
median, which has in it what else the machine does.
"""

from __future__ import annotations

import sys
from statistics import median
from time import process_time_ns
from typing import NamedTuple

import numpy as np

from engine import Core, ReplacePriority
from engine.feed import FEED_DTYPE, FeedBuilder, FeedChannel
from engine.workloads import market_day, workload

BATCH = 4_096
RUNS = 3
EVERYTHING = FeedChannel(sum(FeedChannel))
CHANNELS = {
    "all channels": EVERYTHING,
    "levels and trades": FeedChannel.LEVELS | FeedChannel.TRADES,
    "top and trades": FeedChannel.TOP | FeedChannel.TRADES,
    "orders": FeedChannel.ORDERS,
}


class Tape(NamedTuple):
    """Reports to measure on."""

    instruments: int
    preload: np.ndarray
    reports: np.ndarray


def tapes(count: int) -> dict[str, Tape]:
    """Return reports by workload."""
    found = {}
    for name in ("thin", "retail", "deep", "venue"):
        flow = workload(name, count)
        found[name] = tape(flow.books, flow.commands, flow.preload)
    day = market_day(commands=count)
    found["market day"] = tape(int(day.commands["instrument"].max()) + 1, day.commands, 0)
    return found


def tape(instruments: int, commands: np.ndarray, preload: int) -> Tape:
    """Return what an engine says to commands."""
    core = Core()
    for _ in range(instruments):
        core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
    return Tape(instruments, core.match(commands[:preload]), core.match(commands[preload:]))


def measure(tape: Tape, channels: FeedChannel, out: np.ndarray) -> tuple[list[float], float]:
    """Return nanoseconds a report of each batch, and messages a report."""
    taken = []
    for _ in range(RUNS):
        builder = FeedBuilder(channels=channels)
        for instrument in range(tape.instruments):
            builder.add_instrument(instrument)
        builder.read(tape.preload)
        messages = 0
        for at in range(0, len(tape.reports) - BATCH + 1, BATCH):
            batch = tape.reports[at : at + BATCH]
            begin = process_time_ns()
            messages += len(builder.read(batch, out=out))
            taken.append((process_time_ns() - begin) / BATCH)
    return taken, messages / len(taken) * RUNS / BATCH


def main() -> None:
    """Print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    out = np.zeros(8 * BATCH, FEED_DTYPE)
    for name, reports in tapes(count).items():
        for title, channels in CHANNELS.items():
            taken, messages = measure(reports, channels, out)
            print(
                f"{name:11} {title:18} {messages:4.2f} messages a report,"
                f" {min(taken):5.1f} ns at best, {median(taken):5.1f} in the middle"
            )


if __name__ == "__main__":
    main()
