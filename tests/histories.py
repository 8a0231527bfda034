"""What the tests of histories share: what a file holds, and a history as anyone would write it.

`PlainHistory` follows reports one by one, in dictionaries of Python numbers; a `History` answers
from its file and has to say the same.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engine import CommandKind, Engine, ExecType, Instrument, Liquidity, OrderStatus, ReportFlag
from engine.history import Candle, History, Statistics

BTC = Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
OIL = Instrument(symbol="OIL", tick_size="0.25", lot_size=10)
MINUTE = 60 * 10**9
TABLES = ("beginning", "instruments", "reports", "orders", "trades", "bars")
SAYS_HOW_IT_STANDS = {
    ExecType.NEW,
    ExecType.TRADE,
    ExecType.CANCELED,
    ExecType.REPLACED,
    ExecType.EXPIRED,
    ExecType.TRIGGERED,
    ExecType.RESTATED,
}


def new_venue() -> Engine:
    """Return an engine that trades both instruments."""
    venue = Engine()
    venue.add_instrument(BTC)
    venue.add_instrument(OIL)
    return venue


def new_history(path: Path) -> History:
    """Return a history that knows both instruments."""
    history = History(path)
    history.add_instruments([BTC, OIL])
    return history


def submit(venue: Engine, history: History, symbol: str = "BTC-USD", **terms: Any) -> Any:
    """Enter an order and keep what was reported."""
    report = venue.submit(symbol, **terms)
    assert history.add(report.reports) == len(report.reports)
    return report


def whole(count: int) -> list[Instrument]:
    """Return instruments whose decimals are their ticks and lots."""
    return [
        Instrument(symbol=f"S{number}", tick_size=1, lot_size=1, min_price=None)
        for number in range(count)
    ]


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables of a history's file."""
    connection = sqlite3.connect(path)
    try:
        return {
            table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall())
            for table in TABLES
        }
    finally:
        connection.close()


class PlainOrder:
    """An order on its way."""

    def __init__(self, number: int, report: np.void) -> None:
        self.number = number
        self.entered = int(report["timestamp"])
        self.last = report
        self.reports = [report]

    def figures(self) -> tuple[Any, ...]:
        """Return what an `OrderRecord` of it has to say, in ticks and lots."""
        last = self.last
        filled, leaves = int(last["filled_quantity"]), int(last["leaves_quantity"])
        is_over = last["exec_type"] in {ExecType.CANCELED, ExecType.EXPIRED}
        lost = int(last["last_quantity"]) if is_over else 0
        is_refused = last["exec_type"] == ExecType.REJECTED
        return (
            self.number,
            int(last["order_id"]),
            int(last["client_order_id"]),
            int(last["instrument"]),
            int(last["account"]),
            int(last["side"]),
            int(last["order_type"]),
            int(last["time_in_force"]),
            int(last["order_flags"]),
            None if is_refused else filled + leaves + lost,
            filled,
            leaves,
            int(last["order_status"]),
            bool(last["flags"] & ReportFlag.WAITING),
            int(last["reject_reason"]),
            self.entered,
            int(last["timestamp"]),
        )


class PlainTrade(NamedTuple):
    """A trade by its two reports."""

    maker: np.void
    taker: np.void


class PlainHistory:
    """Follows reports one by one."""

    def __init__(self) -> None:
        self.orders: list[PlainOrder] = []
        self.trades: list[PlainTrade] = []
        self.time = 0
        self._by_id: dict[int, PlainOrder] = {}
        self._half: np.void | None = None

    def follow(self, reports: np.ndarray) -> None:
        """Follow reports."""
        for report in reports:
            self._follow(report)

    def _follow(self, report: np.void) -> None:
        self.time = int(report["timestamp"])
        what, number = report["exec_type"], int(report["sequence_number"])
        order_id = int(report["order_id"])
        if what == ExecType.NEW:
            self._by_id[order_id] = PlainOrder(number, report)
            self.orders.append(self._by_id[order_id])
            return
        if what == ExecType.REJECTED:
            if report["kind"] == CommandKind.SUBMIT:
                self.orders.append(PlainOrder(number, report))
            elif report["order_status"] != OrderStatus.REJECTED:
                self._by_id[order_id].reports.append(report)
            return
        if what in SAYS_HOW_IT_STANDS:
            self._by_id[order_id].last = report
        if what in SAYS_HOW_IT_STANDS or (what == ExecType.LIQUIDATED and order_id):
            self._by_id[order_id].reports.append(report)
        if what == ExecType.TRADE:
            if self._half is None:
                self._half = report
            else:
                assert self._half["liquidity"] == Liquidity.MAKER
                self.trades.append(PlainTrade(self._half, report))
                self._half = None

    def statistics(self, instrument: int, since: int, until: int) -> Statistics:
        """Return what an instrument traded in a window."""
        found = [
            trade.taker
            for trade in self.trades
            if trade.taker["instrument"] == instrument and since <= trade.taker["timestamp"] < until
        ]
        prices = [Decimal(int(each["last_price"])) for each in found]
        volume = Decimal(sum(int(each["last_quantity"]) for each in found))
        ends = (
            (prices[0], max(prices), min(prices), prices[-1])
            if prices
            else (None, None, None, None)
        )
        return Statistics(f"S{instrument}", since, until, *ends, volume, len(found))

    def candles(self, instrument: int, minutes: int) -> list[Candle]:
        """Return all candles of an instrument."""
        starts = {
            int(trade.taker["timestamp"]) // (minutes * MINUTE) * (minutes * MINUTE)
            for trade in self.trades
            if trade.taker["instrument"] == instrument
        }
        windows = [
            self.statistics(instrument, start, start + minutes * MINUTE) for start in sorted(starts)
        ]
        return [Candle(each.since, *each[3:]) for each in windows]
