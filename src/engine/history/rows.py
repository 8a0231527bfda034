"""Reports become rows: whose life each is of, how orders stand after it, what was traded.

All of it is of arrays and in whole numbers; nothing here knows a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine._schema import (
    REPORT_DTYPE,
    CommandKind,
    ExecType,
    OrderStatus,
    ReportFlag,
)
from engine._shown import shown
from engine.errors import HistoryError, SequenceGapError
from engine.records import RecordArray

__all__ = [
    "LOW_BITS",
    "NS_A_MINUTE",
    "TIME_MAX",
    "Lives",
    "bar_rows",
    "checked_reports",
    "lives_of",
    "new_and_told_again",
    "order_rows",
    "refused_rows",
    "report_rows",
    "trade_rows",
    "unfinished_trade",
]

Places: TypeAlias = NDArray[np.intp]
Numbers: TypeAlias = NDArray[np.int64]
RowValues: TypeAlias = Iterator[tuple[Any, ...]]

NS_A_MINUTE: Final = 60 * 10**9
TIME_MAX: Final = 2**63 - 2
"""Of a report: SQLite can name one time behind it."""
LOW_BITS: Final = 32

# As plain numbers: to look a member up takes longer than to compare a short array with it.
NEW: Final = int(ExecType.NEW)
TRADE: Final = int(ExecType.TRADE)
REJECTED: Final = int(ExecType.REJECTED)
SUBMIT: Final = int(CommandKind.SUBMIT)
WAITING: Final = int(ReportFlag.WAITING)
AUCTION: Final = int(ReportFlag.AUCTION)


def _marked(*members: int) -> NDArray[np.bool_]:
    """Return by value whether a byte is one of some members."""
    marks = np.zeros(256, np.bool_)
    marks[list(members)] = True
    return marks


ENDS: Final = _marked(ExecType.CANCELED, ExecType.EXPIRED)
CHANGES: Final = ENDS | _marked(
    *(ExecType.NEW, ExecType.TRADE, ExecType.REPLACED, ExecType.TRIGGERED, ExecType.RESTATED)
)
"""Whether a report of an exec type says how its order stands from then on."""
EVENTS: Final = CHANGES | _marked(ExecType.LIQUIDATED)
OPEN: Final = _marked(OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


class Lives(NamedTuple):
    """The reports of an array that are of an order, life by life.

    Attributes
    ----------
    places : ndarray of intp
        Of these reports in the array: by order id and life, the earliest first.
    starts : ndarray of intp
        Where each life begins in `places`.
    order_ids : ndarray of uint64
        Whose life.
    numbers : ndarray of int64
        The sequence number of the NEW that the life begins with, 0 for one that began before.
    """

    places: Places
    starts: Places
    order_ids: NDArray[np.uint64]
    numbers: Numbers

    def lengths(self) -> Places:
        """Return how many reports each life has."""
        return np.diff(np.append(self.starts, len(self.places)))


def checked_reports(reports: object) -> RecordArray:
    """Return reports, and refuse what is none, or is later than SQLite can count.

    Raises
    ------
    HistoryError
        The message says what was found.
    """
    if not isinstance(reports, np.ndarray) or reports.dtype != REPORT_DTYPE or reports.ndim != 1:
        found = (
            f"an array of {reports.dtype} and {reports.ndim} dimensions"
            if isinstance(reports, np.ndarray)
            else f"{type(reports).__name__}"
        )
        raise HistoryError(
            f"reports were {found}, must be an array of REPORT_DTYPE and 1 dimension"
        )
    checked: RecordArray = reports
    latest = int(checked["timestamp"].max(initial=0))
    if latest > TIME_MAX:
        raise HistoryError(f"timestamp was {shown(latest)}, must be at most {TIME_MAX}")
    return checked


def new_and_told_again(reports: RecordArray, last: int) -> tuple[RecordArray, RecordArray]:
    """Return the reports behind a number, and those that were told before.

    Parameters
    ----------
    reports
        As an engine told them: commands that were sent again have their first reports in between.
    last
        The number of the last report that is kept.

    Raises
    ------
    SequenceGapError
        One is missing.
    """
    numbers = reports["sequence_number"]
    before = np.maximum.accumulate(np.concatenate([[np.uint64(last)], numbers]))[:-1]
    is_new = numbers > before
    # As bytes: NumPy copies records field by field.
    records = np.ascontiguousarray(reports).view(f"V{REPORT_DTYPE.itemsize}")
    new = reports if is_new.all() else records[is_new].view(REPORT_DTYPE)
    found = new["sequence_number"]
    wrong = np.flatnonzero(found != np.arange(last + 1, last + 1 + len(new), dtype=np.uint64))
    if len(wrong):
        place = int(wrong[0])
        raise SequenceGapError("sequence_number", last + 1 + place, int(found[place]))
    return new, records[~is_new].view(REPORT_DTYPE)


def unfinished_trade(reports: RecordArray) -> int | None:
    """Return the id of a trade of which only one half is there, None where all are whole."""
    trades = reports[reports["exec_type"] == TRADE]["trade_id"]
    whole = len(trades) // 2 * 2
    broken = np.flatnonzero(trades[0:whole:2] != trades[1:whole:2])
    if len(broken):
        return int(trades[2 * int(broken[0])])
    return int(trades[-1]) if whole < len(trades) else None


def _refused_orders(reports: RecordArray) -> NDArray[np.bool_]:
    """Return which reports are of an order that was refused, which is all of its life."""
    is_refused: NDArray[np.bool_] = (reports["exec_type"] == REJECTED) & (reports["kind"] == SUBMIT)
    return is_refused


def lives_of(reports: RecordArray) -> Lives:
    """Return the lives that reports are of; refused orders have none.

    A cancel that was refused is an event in the life of the order that it names, where that is
    live, and so is a liquidation that names the order that was sent for it.
    """
    what, status = reports["exec_type"], reports["order_status"]
    # Of a refused order the status is none of an open one.
    is_event = EVENTS[what] | ((what == REJECTED) & OPEN[status])
    places = np.flatnonzero(is_event & (reports["order_id"] != 0))
    ids = reports["order_id"][places]
    by_order = np.argsort(ids, kind="stable")
    places, ids = places[by_order], ids[by_order]
    is_new = what[places] == NEW
    begins = is_new.copy()
    begins[:1] = True
    begins[1:] |= ids[1:] != ids[:-1]
    starts = np.flatnonzero(begins)
    sequence = reports["sequence_number"][places[starts]].astype(np.int64)
    return Lives(places, starts, ids[starts], np.where(is_new[starts], sequence, 0))


def report_rows(reports: RecordArray, lives: Lives) -> RowValues:
    """Yield number, order number and bytes of each report."""
    numbers = np.zeros(len(reports), np.int64)
    numbers[lives.places] = np.repeat(lives.numbers, lives.lengths())
    refused = _refused_orders(reports)
    numbers[refused] = reports["sequence_number"][refused].astype(np.int64)
    records = np.ascontiguousarray(reports).view(f"V{REPORT_DTYPE.itemsize}")
    order_numbers = (number or None for number in numbers.tolist())
    told = reports["sequence_number"].tolist()
    return zip(told, order_numbers, records.tolist(), strict=True)


def order_rows(reports: RecordArray, lives: Lives) -> RowValues:
    """Return rows of the orders as they stand behind the reports.

    `entered` is the time of the life's first report here.
    """
    places = np.where(CHANGES[reports["exec_type"][lives.places]], np.arange(len(lives.places)), -1)
    lasts = np.maximum.reduceat(places, lives.starts) if len(places) else places
    changed = np.flatnonzero(lasts >= 0)
    last = reports[lives.places[lasts[changed]]]
    entered = reports["timestamp"][lives.places[lives.starts[changed]]]
    return _rows_of_orders(last, entered, lives.numbers[changed])


def refused_rows(reports: RecordArray) -> RowValues:
    """Return rows of the orders that were refused."""
    refused = reports[_refused_orders(reports)]
    if not len(refused):
        return iter(())
    return _rows_of_orders(refused, refused["timestamp"], refused["sequence_number"])


def _rows_of_orders(last: RecordArray, entered: NDArray[Any], numbers: NDArray[Any]) -> RowValues:
    lost = np.where(ENDS[last["exec_type"]], last["last_quantity"], 0)
    quantity = last["leaves_quantity"] + last["filled_quantity"] + lost
    columns: Iterable[list[Any]] = (
        numbers.tolist(),
        _signed(last, "order_id"),
        _signed(last, "client_order_id"),
        last["account"].tolist(),
        last["instrument"].tolist(),
        last["side"].tolist(),
        last["order_type"].tolist(),
        last["time_in_force"].tolist(),
        last["order_flags"].tolist(),
        last["price"].tolist(),
        quantity.tolist(),
        last["filled_quantity"].tolist(),
        last["leaves_quantity"].tolist(),
        last["order_status"].tolist(),
        (last["flags"] & WAITING != 0).astype(np.int8).tolist(),
        last["reject_reason"].tolist(),
        entered.tolist(),
        last["timestamp"].tolist(),
    )
    return zip(*columns, strict=True)


def trade_rows(reports: RecordArray, lives: Lives) -> RowValues:
    """Return rows of the trades, each of its two reports: the maker's, then the taker's."""
    halves = np.flatnonzero(reports["exec_type"] == TRADE)
    if not len(halves):
        return iter(())
    orders = np.zeros(len(reports), np.int64)
    orders[lives.places] = np.repeat(lives.numbers, lives.lengths())
    makers, takers = reports[halves[::2]], reports[halves[1::2]]
    columns: Iterable[list[Any]] = (
        takers["sequence_number"].tolist(),
        takers["trade_id"].tolist(),
        takers["timestamp"].tolist(),
        takers["instrument"].tolist(),
        takers["last_price"].tolist(),
        takers["last_quantity"].tolist(),
        takers["side"].tolist(),
        (takers["flags"] & AUCTION != 0).astype(np.int8).tolist(),
        makers["account"].tolist(),
        orders[halves[::2]].tolist(),
        _signed(makers, "order_id"),
        makers["fee"].tolist(),
        takers["account"].tolist(),
        orders[halves[1::2]].tolist(),
        _signed(takers, "order_id"),
        takers["fee"].tolist(),
    )
    return zip(*columns, strict=True)


def bar_rows(reports: RecordArray) -> RowValues:
    """Return what each instrument traded in each minute, as rows of bars."""
    trades = reports[np.flatnonzero(reports["exec_type"] == TRADE)[1::2]]
    if not len(trades):
        return iter(())
    minutes = (trades["timestamp"] // np.uint64(NS_A_MINUTE)).astype(np.int64)
    by_bar = np.lexsort((minutes, trades["instrument"]))  # stable: the earliest trade first
    trades, minutes = trades[by_bar], minutes[by_bar]
    instruments, prices = trades["instrument"], trades["last_price"]
    begins = np.ones(len(trades), np.bool_)
    begins[1:] = (instruments[1:] != instruments[:-1]) | (minutes[1:] != minutes[:-1])
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(trades)) - 1
    quantities = trades["last_quantity"]
    columns: Iterable[list[Any]] = (
        instruments[starts].tolist(),
        minutes[starts].tolist(),
        prices[starts].tolist(),
        np.maximum.reduceat(prices, starts).tolist(),
        np.minimum.reduceat(prices, starts).tolist(),
        prices[ends].tolist(),
        np.add.reduceat(quantities >> LOW_BITS, starts).tolist(),
        np.add.reduceat(quantities & (2**LOW_BITS - 1), starts).tolist(),
        (ends - starts + 1).tolist(),
    )
    return zip(*columns, strict=True)


def _signed(records: RecordArray, field: str) -> list[int]:
    """Return an unsigned field by its bits, as SQLite has it."""
    numbers: list[int] = records[field].astype(np.int64).tolist()
    return numbers
