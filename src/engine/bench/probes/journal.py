"""The journal: what it takes until a trade is on the device."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Final

from engine._engine import Engine
from engine._schema import ExecType
from engine.bench.probes.sizes import crossing_pairs
from engine.bench.reading import Effort, figures_of, require, time_calls
from engine.bench.venue import SCENARIO, conditions, decimal_venue
from engine.budgets import Measurement
from engine.records import RecordArray

__all__ = ["journaled_trade"]

WRITES_MAX: Final = 5_000
"""Each of them waits for the device."""


def journaled_trade(effort: Effort) -> Measurement:
    """Time an order that trades, until the trade and both positions are on the device.

    The directory is a temporary one, so TMPDIR chooses the device. At the end it is opened again,
    and must hold what there was.
    """
    count = min(effort.calls, WRITES_MAX)
    pairs = crossing_pairs(count, SCENARIO.opening_ticks)
    with TemporaryDirectory() as directory:
        with Engine.open(directory, accounts=True, durability="sync", snapshot_bytes=None) as venue:
            decimal_venue(into=venue)

            def takers() -> Iterator[RecordArray]:
                for place in range(0, len(pairs), 2):
                    venue.match(pairs[place : place + 1])
                    yield pairs[place + 1 : place + 2]

            def is_kept(_: RecordArray, reports: RecordArray) -> bool:
                traded = bool((reports["exec_type"] == ExecType.TRADE).any())
                return traded and venue.synced_sequence == venue.sequence

            histogram = time_calls(venue.match, takers(), is_kept, ahead=1)
            before = venue.state_hash()
        with Engine.open(directory) as again:
            require(again.state_hash() == before, "what was on the device is another state")
    figures = figures_of(histogram) | {"rate": 1e9 / histogram.mean_ns}
    return Measurement(figures, conditions() | {"trades": count})
