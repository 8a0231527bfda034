"""The history: what a trade takes until it is kept, and what it takes to ask for what is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np

from engine._engine import Engine
from engine._schema import CommandKind, ExecType
from engine.bench.probes.sizes import crossing_pairs
from engine.bench.reading import Effort, figures_of, require, time_calls
from engine.bench.venue import SCENARIO, conditions, decimal_venue, grid
from engine.budgets import Measurement
from engine.history import History, HistoryReader, OrderRecord, Statistics
from engine.load import order_flow
from engine.measurement import LatencyHistogram
from engine.records import RecordArray, trades_of

__all__ = ["market_statistics", "order_history", "order_lookup", "recorded_trade"]

WRITES_MAX: Final = 5_000
"""Each of them waits for the device, twice."""
COMMANDS: Final = 400_000
CALLS: Final = 10_000
"""With fewer calls than these, a hundredth of the commands is enough."""
START_NS: Final = 10**18
DAY_NS: Final = 86_400 * 10**9
SPAN_NS: Final = 2 * DAY_NS
PAGE: Final = 50
STRIDE: Final = 7_919
"""From one that is asked for to the next: a prime, so that all come once."""


class Past(NamedTuple):
    """What was told to a history, for what it answers to be held against."""

    path: Path
    entered: RecordArray
    """The first report of each order that was accepted."""
    trades: RecordArray
    orders: int
    """Those that were refused included."""

    def conditions(self) -> dict[str, float | str]:
        """Return what was on, and how much is kept."""
        return conditions() | {"orders": self.orders, "trades": len(self.trades)}


def recorded_trade(effort: Effort) -> Measurement:
    """Time an order that trades, until its journal and its history are on the device.

    The directory is a temporary one, so TMPDIR chooses the device.
    """
    count = min(effort.calls, WRITES_MAX)
    pairs = crossing_pairs(count, SCENARIO.opening_ticks)
    with TemporaryDirectory() as directory:
        place = Path(directory)
        journal = Engine.open(
            place / "venue", accounts=True, durability="sync", snapshot_bytes=None
        )
        with journal as venue, History(place / "history", durability="sync") as history:
            filled = decimal_venue(into=venue)
            history.add_instruments(filled.instruments)
            history.catch_up(place / "venue")
            before = history.last_number

            def takers() -> Iterator[RecordArray]:
                for maker in range(0, len(pairs), 2):
                    history.add(venue.match(pairs[maker : maker + 1]))
                    yield pairs[maker + 1 : maker + 2]

            def record(taker: RecordArray) -> RecordArray:
                reports = venue.match(taker)
                history.add(reports)
                return reports

            def is_kept(_: RecordArray, reports: RecordArray) -> bool:
                traded = bool((reports["exec_type"] == ExecType.TRADE).any())
                return traded and history.last_number == venue.report_count

            histogram = time_calls(record, takers(), is_kept, ahead=1)
            require(history.last_number == before + 4 * count, "a report is missing")
    figures = figures_of(histogram) | {"rate": 1e9 / histogram.mean_ns}
    return Measurement(figures, conditions() | {"trades": count})


def order_history(effort: Effort) -> Measurement:
    """Time a page of an account's orders, the newest first, of accounts as they send orders."""
    with TemporaryDirectory() as directory:
        past = _past(Path(directory), effort)
        accounts = past.entered["account"]
        counts = np.bincount(accounts)
        with HistoryReader(past.path) as reader:

            def ask(account: int) -> list[OrderRecord]:
                return reader.orders(account, limit=PAGE)

            def is_right(account: int, found: list[OrderRecord]) -> bool:
                numbers = [order.number for order in found]
                own = all(order.account == account for order in found)
                whole = min(int(counts[account]), PAGE) <= len(found) <= PAGE
                return own and whole and numbers == sorted(numbers, reverse=True)

            histogram = time_calls(ask, _strided(accounts, effort.calls), is_right)
    return _asked(histogram, past)


def order_lookup(effort: Effort) -> Measurement:
    """Time an order by its id, and all reports of it."""
    with TemporaryDirectory() as directory:
        past = _past(Path(directory), effort)
        with HistoryReader(past.path) as reader:

            def ask(order_id: int) -> tuple[OrderRecord | None, RecordArray | None]:
                order = reader.order(order_id)
                return order, None if order is None else reader.reports(order.number)

            def is_right(
                order_id: int, found: tuple[OrderRecord | None, RecordArray | None]
            ) -> bool:
                order, reports = found
                if order is None or reports is None:
                    return False
                ended = int(reports["leaves_quantity"][-1]) == 0
                return order.order_id == order_id and ended == (order.leaves_quantity == 0)

            asked = _strided(past.entered["order_id"], effort.calls)
            histogram = time_calls(ask, asked, is_right)
    return _asked(histogram, past)


def market_statistics(effort: Effort) -> Measurement:
    """Time the statistics of an instrument over 24 hours that end at any moment of a day."""
    with TemporaryDirectory() as directory:
        past = _past(Path(directory), effort)
        symbols = SCENARIO.symbols
        of_symbol = [past.trades[past.trades["instrument"] == each] for each in range(len(symbols))]
        with HistoryReader(past.path) as reader:
            require(reader.symbols == tuple(symbols), f"symbols were {reader.symbols}")

            def ask(moment: tuple[int, int]) -> Statistics:
                number, until = moment
                return reader.statistics(symbols[number], since=until - DAY_NS, until=until)

            def is_right(moment: tuple[int, int], found: Statistics) -> bool:
                number, until = moment
                trades = of_symbol[number]
                ends = np.searchsorted(trades["timestamp"], (until - DAY_NS, until))
                inside = trades[slice(*ends)]
                return len(inside) > 0 and _is_of(found, inside)

            moments = (
                (number % len(symbols), START_NS + DAY_NS + number * STRIDE**3 % DAY_NS)
                for number in range(effort.calls)
            )
            histogram = time_calls(ask, moments, is_right)
    return _asked(histogram, past)


def _is_of(found: Statistics, trades: RecordArray) -> bool:
    """Return whether statistics are those of some trades, the earliest first."""
    tick, lot = grid()
    prices = trades["price"]
    ticks = (prices[0], prices.max(), prices.min(), prices[-1])
    told = (found.open, found.high, found.low, found.close)
    volume = int(trades["quantity"].sum()) * lot
    return told == tuple(int(price) * tick for price in ticks) and (found.volume, found.trades) == (
        volume,
        len(trades),
    )


def _past(directory: Path, effort: Effort) -> Past:
    """Keep two days of a busy market, evenly spread, in a history."""
    count = COMMANDS if effort.calls >= CALLS else COMMANDS // 100
    venue, path, sent, orders = decimal_venue(), directory / "history", 0, 0
    entered, trades = list[RecordArray](), list[RecordArray]()
    with History(path, after=venue.report_count) as history:
        history.add_instruments(venue.instruments)
        for chunk in order_flow(SCENARIO):
            commands = chunk.commands[: count - sent]
            numbers = np.arange(sent, sent + len(commands), dtype=np.uint64)
            commands["timestamp"] = START_NS + numbers * np.uint64(SPAN_NS // count)
            reports = venue.match(commands)
            require(history.add(reports) == len(reports), "a report was told before")
            entered.append(reports[reports["exec_type"] == ExecType.NEW])
            trades.append(trades_of(reports))
            orders += int((commands["kind"] == CommandKind.SUBMIT).sum())
            sent += len(commands)
            if sent == count:
                break
    return Past(path, np.concatenate(entered), np.concatenate(trades), orders)


def _strided(values: Any, count: int) -> Iterator[int]:
    """Yield so many of an array's values, from all over it."""
    return (int(values[number * STRIDE % len(values)]) for number in range(count))


def _asked(histogram: LatencyHistogram, past: Past) -> Measurement:
    """Return the figures of a question."""
    figures = figures_of(histogram) | {"rate": 1e9 / histogram.mean_ns}
    return Measurement(figures, past.conditions())
