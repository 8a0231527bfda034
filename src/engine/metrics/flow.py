"""Orders, trades and executions by symbol, under the names that three systems give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from engine._schema import REPORT_DTYPE, CommandKind, ExecType, Liquidity, OrderStatus, OrderType
from engine.metrics.labels import LabeledCounts, LabeledDurations, Places, Symbols
from engine.metrics.latencies import Durations
from engine.records import RecordArray

__all__ = ["HEAD_DTYPE", "OrderFlow", "heads_of"]

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
PINCEX_BOUNDS_MS: Final = (1, 5, 10, 25, 50, 100, 250, 500, 1_000)
TRADE_BOT_BOUNDS_MS: Final = (100, 500, 1_000, 2_000, 5_000, 10_000)
BOT_CORE_BOUNDS_MS: Final = (10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000)
"""Bot Core states none: these have its targets, 500 for the log, 1,000 and 2,000 for the alerts."""

# Members of enumerations are found by a call each, numbers are not.
SUBMIT: Final = int(CommandKind.SUBMIT)
NEW: Final = int(ExecType.NEW)
REJECTED: Final = int(ExecType.REJECTED)
TAKER: Final = int(Liquidity.TAKER)
SIDES: Final = ("buy", "sell", "none")
STATUSES: Final = tuple(each.name.lower() for each in OrderStatus)
ORDER_TYPES: Final = tuple(each.name.lower() for each in OrderType)
CHANGES: Final = np.isin(
    np.arange(max(ExecType) + 1),
    (
        *(ExecType.NEW, ExecType.TRADE, ExecType.CANCELED),
        *(ExecType.REJECTED, ExecType.EXPIRED),
    ),
)
"""By exec type, whether the order came to the status that it has now."""
PLACES_OF_SIDES: Final = np.array([2, 0, 1])
"""By side: none, 1 and -1, which is the last."""
HEAD_FIELDS: Final = (
    *("exec_type", "order_status", "reject_reason", "side", "kind", "liquidity", "flags"),
    *("instrument", "account"),
)
HEAD_DTYPE: Final = np.dtype([(name, REPORT_DTYPE[name]) for name in HEAD_FIELDS])
assert REPORT_DTYPE.names is not None
assert REPORT_DTYPE.names[: len(HEAD_FIELDS)] == HEAD_FIELDS, "a head is what a report begins with"
assert HEAD_DTYPE.itemsize == 16
assert [int(each) for each in OrderStatus] == list(range(1, len(STATUSES) + 1))
assert [int(each) for each in OrderType] == list(range(len(ORDER_TYPES)))


class OrderFlow:
    """What is told by symbol; every label has few values, so memory is bounded.

    Attributes
    ----------
    processed : LabeledCounts
        pincex_orders_processed_total{symbol,side,status}: how often an order came to a status.
    executed : LabeledCounts
        trades_executed_total{symbol,status}: fills of incoming orders by what became of the order,
        and new orders that were rejected.
    processing : LabeledDurations
        pincex_order_processing_duration_seconds{symbol,side,type}.
    execution_ms : LabeledDurations
        trade_execution_duration_ms{symbol,side}.
    execution_seconds : LabeledDurations
        trade_execution_duration_seconds{exchange,symbol,side}.
    """

    def __init__(
        self, symbols: Mapping[int, str] | Sequence[str], exchange: str, symbols_max: int
    ) -> None:
        self.symbols: Final = Symbols(symbols, symbols_max)
        named = {"symbol": self.symbols.names}
        sided = {**named, "side": SIDES}
        self.processed: Final = LabeledCounts({**sided, "status": STATUSES})
        self.executed: Final = LabeledCounts({**named, "status": STATUSES})
        self.processing: Final = LabeledDurations(
            {**sided, "type": ORDER_TYPES}, _nanoseconds(PINCEX_BOUNDS_MS), NS_PER_S
        )
        self.execution_ms: Final = LabeledDurations(
            sided, _nanoseconds(BOT_CORE_BOUNDS_MS), NS_PER_MS
        )
        self.execution_seconds: Final = LabeledDurations(
            {"exchange": (exchange,), **sided}, _nanoseconds(TRADE_BOT_BOUNDS_MS), NS_PER_S
        )

    @property
    def memory_bytes(self) -> int:
        """What the counts take, which never changes."""
        counts = self.processed.memory_bytes + self.executed.memory_bytes
        durations = (self.processing, self.execution_ms, self.execution_seconds)
        return counts + sum(each.memory_bytes for each in durations)

    def record(self, heads: RecordArray, answered: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
        """Count reports by their heads; some of them are the answers to new orders."""
        symbols = self.symbols.places(heads["instrument"])
        statuses = heads["order_status"].astype(np.int64) - 1
        exec_types = heads["exec_type"]
        changed = CHANGES[exec_types]
        # A cancel or replace that is refused is no order that was processed.
        is_refused = exec_types == REJECTED
        changed &= ~is_refused | (heads["kind"] == SUBMIT)
        sides = _places_of_sides(heads["side"])
        self.processed.add([symbols[changed], sides[changed], statuses[changed]])
        traded = (heads["liquidity"] == TAKER) | (answered & is_refused)
        self.executed.add([symbols[traded], statuses[traded]])

    def record_processing(
        self, heads: RecordArray, types: np.ndarray[Any, Any], durations_ns: Durations
    ) -> None:
        """Record how long the answers to new orders took, by their heads and order types."""
        symbols = self.symbols.places(heads["instrument"])
        sides = _places_of_sides(heads["side"])
        self.processing.add([symbols, sides, types], durations_ns)

    def record_executions(
        self,
        instruments: np.ndarray[Any, Any],
        sides: np.ndarray[Any, Any],
        durations_ns: Durations,
    ) -> None:
        """Record how long executions took from end to end."""
        symbols, places = self.symbols.places(instruments), _places_of_sides(sides)
        self.execution_ms.add([symbols, places], durations_ns)
        exchange = np.zeros(len(symbols), np.int64)
        self.execution_seconds.add([exchange, symbols, places], durations_ns)


def heads_of(reports: RecordArray) -> RecordArray:
    """Return the first sixteen bytes of each report, side by side.

    What is counted lies there, and a report has two cache lines: they are gone through once.
    """
    whole = np.ascontiguousarray(reports)
    size = HEAD_DTYPE.itemsize
    parts = whole.view(f"V{size}").reshape(len(whole), REPORT_DTYPE.itemsize // size)
    heads: RecordArray = parts[:, 0].copy().view(HEAD_DTYPE)
    return heads


def _places_of_sides(sides: np.ndarray[Any, Any]) -> Places:
    places: Places = PLACES_OF_SIDES[sides]  # the last one for -1
    return places


def _nanoseconds(bounds_ms: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(bound * NS_PER_MS for bound in bounds_ms)
