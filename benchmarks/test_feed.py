"""Market data of the four workloads: what it costs a report, by channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from feed import BATCH, CHANNELS, measure, tape
from passes import loaded_core
from results import Results
from scale import Scale
from tapes import PRELOAD, TapeMaker

from engine.feed import FEED_DTYPE, FeedBuilder, FeedChannel

TITLE = "market data, ns a report"


@pytest.mark.benchmark(group="market data")
@pytest.mark.parametrize("name", list(PRELOAD))
def test_market_data_of_a_workload_is_that_of_its_books(
    name: str, scale: Scale, tapes: TapeMaker, results: Results, benchmark: Any
) -> None:
    flow = tapes.tape(name, scale.commands, scale.seeds[0])
    reports = tape(flow.books, flow.commands, flow.preload)
    core, builder = loaded_core(flow), FeedBuilder()
    core.match(flow.commands[flow.preload :])
    for instrument in range(flow.books):
        builder.add_instrument(instrument)
    builder.read(reports.preload)
    builder.read(reports.reports)
    for instrument in range(flow.books):
        shown = builder.snapshot(instrument, FeedChannel.LEVELS)
        levels = np.concatenate(core.book(instrument).depth(2**31))
        assert len(levels) > 0
        for field in ("price", "quantity", "order_count"):
            np.testing.assert_array_equal(shown[field][1:], levels[field])

    out = np.zeros(8 * BATCH, FEED_DTYPE)
    found: dict[str, tuple[list[float], float]] = {}

    def run() -> None:
        for title, channels in CHANNELS.items():
            found[title] = measure(reports, channels, out)

    benchmark.pedantic(run, rounds=1)
    for title, (taken, messages) in found.items():
        assert messages > 0
        cells: dict[str, Any] = {
            "workload": name,
            "channels": title,
            "messages a report": messages,
            "best": min(taken),
            "median": float(np.median(taken)),
        }
        results.put(TITLE, (name, title), cells)
    benchmark.extra_info |= {title: min(taken) for title, (taken, _) in found.items()}
