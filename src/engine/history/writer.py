"""Writes reports into the file of a history, within a transaction of the caller's."""

from __future__ import annotations

import json
import sqlite3
from itertools import chain
from typing import Final

import numpy as np

from engine._schema import OrderStatus
from engine.errors import HistoryError
from engine.history.rows import (
    Lives,
    bar_rows,
    lives_of,
    new_and_told_again,
    order_rows,
    refused_rows,
    report_rows,
    trade_rows,
    unfinished_trade,
)
from engine.records import RecordArray

__all__ = ["beginning", "last_number", "write_reports"]

INSERT_REPORT: Final = "INSERT INTO reports VALUES (?, ?, ?)"
PUT_ORDER: Final = """
INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (number) DO UPDATE SET
    order_type = excluded.order_type,
    time_in_force = excluded.time_in_force,
    flags = excluded.flags,
    price = excluded.price,
    quantity = excluded.quantity,
    filled_quantity = excluded.filled_quantity,
    leaves_quantity = excluded.leaves_quantity,
    order_status = excluded.order_status,
    is_waiting = excluded.is_waiting,
    reject_reason = excluded.reject_reason,
    updated = excluded.updated
"""
INSERT_TRADE: Final = """
INSERT INTO trades VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_TO_BAR: Final = """
INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (instrument, minute) DO UPDATE SET
    high = max(high, excluded.high),
    low = min(low, excluded.low),
    close = excluded.close,
    volume_high = volume_high + excluded.volume_high,
    volume_low = volume_low + excluded.volume_low,
    trades = trades + excluded.trades
"""
KEPT_ORDERS: Final = f"""
SELECT order_id, max(number) FROM orders
WHERE order_id IN (SELECT value FROM json_each(?)) AND order_status <> {OrderStatus.REJECTED:d}
GROUP BY order_id
"""
KEPT_REPORTS: Final = "SELECT record FROM reports WHERE number BETWEEN ? AND ? ORDER BY number"
LAST: Final = "SELECT max(number) FROM reports"
BEGINNING: Final = "SELECT after FROM beginning"


def beginning(connection: sqlite3.Connection) -> int:
    """Return the number of the last report before the first that is kept."""
    return int(connection.execute(BEGINNING).fetchone()[0])


def last_number(connection: sqlite3.Connection) -> int:
    """Return the number of the last report that is kept; as `beginning` where none is."""
    number = connection.execute(LAST).fetchone()[0]
    return beginning(connection) if number is None else int(number)


def write_reports(connection: sqlite3.Connection, reports: RecordArray, instruments: int) -> int:
    """Write what is new of some reports; return how many were.

    Parameters
    ----------
    connection
        In a transaction, which is to be undone when this raises.
    reports
        Of whole commands.
    instruments
        How many are known.

    Raises
    ------
    SequenceGapError, HistoryError
        As `History.add`.
    """
    new, told_again = new_and_told_again(reports, last_number(connection))
    if len(new):
        lives = _numbered(connection, lives_of(new), new)
        _check(new, lives, instruments)
        connection.executemany(INSERT_REPORT, report_rows(new, lives))
        connection.executemany(PUT_ORDER, chain(order_rows(new, lives), refused_rows(new)))
        connection.executemany(INSERT_TRADE, trade_rows(new, lives))
        connection.executemany(ADD_TO_BAR, bar_rows(new))
    if len(told_again):
        _require_the_same(connection, told_again)
    return len(new)


def _numbered(connection: sqlite3.Connection, lives: Lives, reports: RecordArray) -> Lives:
    """Return lives with the numbers of those that began before, as they are kept."""
    earlier = np.flatnonzero(lives.numbers == 0)
    if not len(earlier):
        return lives
    ids = lives.order_ids[earlier].astype(np.int64).tolist()
    kept = dict(connection.execute(KEPT_ORDERS, (json.dumps(ids),)))
    firsts = reports["sequence_number"][lives.places[lives.starts[earlier]]].tolist()
    unknown = [first for first, order_id in zip(firsts, ids, strict=True) if order_id not in kept]
    if unknown and beginning(connection) == 0:
        raise HistoryError(
            f"report {unknown[0]} was of an order that never began: it is of another engine"
        )
    # What began before the history did begins with the first that is told of it.
    numbers = lives.numbers.copy()
    numbers[earlier] = [
        kept.get(order_id, first) for first, order_id in zip(firsts, ids, strict=True)
    ]
    return lives._replace(numbers=numbers)


def _check(reports: RecordArray, lives: Lives, instruments: int) -> None:
    """Refuse what can't be kept whole."""
    halved = unfinished_trade(reports)
    if halved is not None:
        raise HistoryError(
            f"trade {halved} was told by one report, must be by two: hand over the reports of whole"
            " commands"
        )
    events = reports[lives.places]
    unknown = events[events["instrument"] >= instruments]
    if len(unknown):
        number, instrument = unknown["sequence_number"].min(), unknown["instrument"].max()
        raise HistoryError(
            f"report {number} was of instrument {instrument}, of {instruments} that are known:"
            " add_instruments comes first"
        )


def _require_the_same(connection: sqlite3.Connection, reports: RecordArray) -> None:
    """Refuse reports that are not what was told under their numbers before."""
    kept_from = beginning(connection) + 1
    numbers = reports["sequence_number"].astype(np.int64)
    for run in np.split(reports, np.flatnonzero(np.diff(numbers) != 1) + 1):
        told = run[run["sequence_number"] >= kept_from]
        if not len(told):
            continue
        ends = int(told["sequence_number"][0]), int(told["sequence_number"][-1])
        kept = [record for (record,) in connection.execute(KEPT_REPORTS, ends)]
        records = np.ascontiguousarray(told).view(f"V{told.itemsize}").tolist()
        for place, (before, now) in enumerate(zip(kept, records, strict=True)):
            if before != now:
                raise HistoryError(
                    f"report {ends[0] + place} was told otherwise before: the history is of another"
                    " engine, or of one that lost its last commands"
                )
