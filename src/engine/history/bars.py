"""Bars: what an instrument traded in a minute, and what any window of time comes to by them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeAlias

from engine.history.rows import LOW_BITS, NS_A_MINUTE
from engine.history.times import numbers_between

__all__ = ["Bar", "bars_of", "window"]

Row: TypeAlias = tuple[Any, ...]

OF_MINUTES: Final = """
SELECT minute, open, high, low, close, volume_high, volume_low, trades FROM bars
WHERE instrument = ? AND minute >= ? AND minute < ? ORDER BY minute
"""
TOGETHER: Final = """
SELECT min(minute), max(minute), max(high), min(low), sum(volume_high), sum(volume_low), sum(trades)
FROM bars WHERE instrument = ? AND minute >= ? AND minute < ?
"""
OPEN: Final = "SELECT open FROM bars WHERE instrument = ? AND minute = ?"
CLOSE: Final = "SELECT close FROM bars WHERE instrument = ? AND minute = ?"
OF_TRADES: Final = f"""
SELECT min(number), max(number), max(price), min(price), sum(quantity >> {LOW_BITS}),
    sum(quantity & {2**LOW_BITS - 1}), count(*)
FROM trades INDEXED BY trades_by_instrument WHERE instrument = ? AND number >= ? AND number < ?
"""
PRICE: Final = "SELECT price FROM trades WHERE number = ?"


class Bar(NamedTuple):
    """What an instrument traded in a window of time.

    Attributes
    ----------
    open, high, low, close : int
        Ticks.
    volume : int
        Lots, as many as there are.
    trades : int
        How many.
    """

    open: int
    high: int
    low: int
    close: int
    volume: int
    trades: int


def window(connection: sqlite3.Connection, instrument: int, since: int, until: int) -> Bar | None:
    """Return what was traded from a time on and before another; None where nothing was.

    Minutes that are in it whole are added up by their bars, what is left at both ends by its
    trades.
    """
    first, last = -(-since // NS_A_MINUTE), until // NS_A_MINUTE
    if first >= last:
        return _merged(_of_trades(connection, instrument, since, until))
    rows = _of_trades(connection, instrument, since, first * NS_A_MINUTE)
    rows += _of_minutes(connection, instrument, first, last)
    rows += _of_trades(connection, instrument, last * NS_A_MINUTE, until)
    return _merged(rows)


def bars_of(
    connection: sqlite3.Connection, instrument: int, first: int, last: int, minutes: int
) -> Iterator[tuple[int, Bar]]:
    """Yield the bars of windows of so many minutes, each with the minute that it begins with.

    Parameters
    ----------
    connection
        In a transaction.
    instrument
        Whose.
    first, last
        The first minute, and the one behind the last; multiples of `minutes`.
    minutes
        How long a window is. Those in which nothing traded are left out.
    """
    rows = connection.execute(OF_MINUTES, (instrument, first, last))
    for number, some in groupby(rows, key=lambda row: row[0] // minutes):
        bar = _merged(some)
        assert bar is not None, "a group has a row"
        yield number * minutes, bar


def _of_minutes(
    connection: sqlite3.Connection, instrument: int, first: int, last: int
) -> list[Row]:
    """Return one row as of a minute for all of some minutes together, or none."""
    found = connection.execute(TOGETHER, (instrument, first, last)).fetchone()
    begin, end, high, low, *sums = found
    if begin is None:
        return []
    opened = connection.execute(OPEN, (instrument, begin)).fetchone()[0]
    closed = connection.execute(CLOSE, (instrument, end)).fetchone()[0]
    return [(begin, opened, high, low, closed, *sums)]


def _of_trades(
    connection: sqlite3.Connection, instrument: int, since: int, until: int
) -> list[Row]:
    """Return one row as of a minute that has what was traded, or none."""
    ends = numbers_between(connection, since, until)
    found = connection.execute(OF_TRADES, (instrument, *ends)).fetchone()
    first, last, high, low, *volume, trades = found
    if trades == 0:
        return []
    opened = connection.execute(PRICE, (first,)).fetchone()[0]
    closed = connection.execute(PRICE, (last,)).fetchone()[0]
    return [(since // NS_A_MINUTE, opened, high, low, closed, *volume, trades)]


def _merged(rows: Iterable[Row]) -> Bar | None:
    """Return the bar of all rows, the earliest first."""
    columns = list(zip(*rows, strict=True))
    if not columns:
        return None
    _, opens, highs, lows, closes, volumes_high, volumes_low, trades = columns
    volume = (sum(volumes_high) << LOW_BITS) + sum(volumes_low)
    return Bar(opens[0], max(highs), min(lows), closes[-1], volume, sum(trades))
