"""What market data costs: nanoseconds a report, by workload and channels.

    python benchmarks/feed.py [commands]

Each figure is the least of several runs over the same reports, in batches of 4,096 that are written
to one array again and again (`out`), or each to a new one.
"""

from __future__ import annotations

import sys
from time import perf_counter_ns

import numpy as np

from engine import Core, ReplacePriority
from engine.feed import FEED_DTYPE, FeedBuilder, FeedChannel
from engine.workloads import market_day, workload

BATCH = 4_096
RUNS = 5
EVERYTHING = FeedChannel(sum(FeedChannel))
CHANNELS = {
    "all channels": EVERYTHING,
    "levels and trades": FeedChannel.LEVELS | FeedChannel.TRADES,
    "top and trades": FeedChannel.TOP | FeedChannel.TRADES,
    "orders": FeedChannel.ORDERS,
}


def tapes(count: int) -> dict[str, tuple[int, np.ndarray]]:
    """Return instruments and reports by workload."""
    found = {}
    for name in ("thin", "retail", "deep", "venue"):
        flow = workload(name, count)
        core = Core()
        for _ in range(flow.books):
            core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
        found[name] = flow.books, core.match(flow.commands)
    day = market_day(commands=count)
    core = Core()
    for _ in range(int(day.commands["instrument"].max()) + 1):
        core.add_instrument()
    found["market day"] = core.instrument_count, core.match(day.commands)
    return found


def measure(
    instruments: int, reports: np.ndarray, channels: FeedChannel, out: np.ndarray | None
) -> tuple[float, float]:
    """Return nanoseconds and messages a report."""
    least = 0
    for _ in range(RUNS):
        builder = FeedBuilder(channels=channels)
        for instrument in range(instruments):
            builder.add_instrument(instrument)
        batches = [reports[at : at + BATCH] for at in range(0, len(reports), BATCH)]
        begin = perf_counter_ns()
        messages = sum(len(builder.read(batch, out=out)) for batch in batches)
        taken = perf_counter_ns() - begin
        least = min(least or taken, taken)
    return least / len(reports), messages / len(reports)


def main() -> None:
    """Print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    out = np.zeros(8 * BATCH, FEED_DTYPE)
    for name, (instruments, reports) in tapes(count).items():
        for title, channels in CHANNELS.items():
            kept, messages = measure(instruments, reports, channels, out)
            fresh, _ = measure(instruments, reports, channels, None)
            print(
                f"{name:14} {title:18} {len(reports):9,} reports  {messages:4.2f} messages a report"
                f"  {kept:5.1f} ns with out, {fresh:5.1f} ns without"
            )


if __name__ == "__main__":
    main()
