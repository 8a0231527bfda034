"""What a history is asked: orders, their lives, fills, trades, statistics, candles."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from heapq import merge
from itertools import islice
from operator import itemgetter
from types import TracebackType
from typing import Any, Final, NoReturn, Self, TypeAlias

import numpy as np

from engine._members import member_of
from engine._schema import REPORT_DTYPE, Liquidity, OrderStatus
from engine._shown import integer_of, shown
from engine.errors import HistoryError
from engine.history.answers import candle_of, fill_of, order_of, statistics_of, trade_of
from engine.history.bars import bars_of, window
from engine.history.file import HistoryFile, signed
from engine.history.grids import Grid, Grids
from engine.history.records import Candle, FillRecord, OrderRecord, Statistics, TradeRecord
from engine.history.rows import NS_A_MINUTE, TIME_MAX
from engine.history.times import last_time, numbers_between
from engine.history.writer import last_number
from engine.records import RecordArray

__all__ = ["Questions", "StatusLike"]

StatusLike: TypeAlias = OrderStatus | str | int

NS_A_DAY: Final = 1_440 * NS_A_MINUTE
MINUTES_MAX: Final = 366 * 1_440
"""Of a candle: a year."""
LIMIT: Final = 100
LIMIT_MAX: Final = 10_000
ORDER_ID_MAX: Final = 2**64 - 1
NUMBER: Final = itemgetter(0)
INSTRUMENT: Final = 4
"""The column of an order's row."""

NEWEST: Final = "number >= ? AND number < ? ORDER BY number DESC LIMIT ?"
ORDER_BY_ID: Final = f"""
SELECT * FROM orders WHERE order_id = ? AND order_status <> {OrderStatus.REJECTED:d}
ORDER BY number DESC LIMIT 1
"""
ORDERS: Final = f"SELECT * FROM orders INDEXED BY orders_by_account WHERE account = ? AND {NEWEST}"
ORDERS_IN: Final = f"""
SELECT * FROM orders INDEXED BY orders_by_instrument
WHERE account = ? AND instrument = ? AND {NEWEST}
"""
ORDERS_WITH: Final = f"""
SELECT * FROM orders INDEXED BY orders_by_status
WHERE account = ? AND order_status = ? AND {NEWEST}
"""
ORDERS_IN_WITH: Final = f"""
SELECT * FROM orders INDEXED BY orders_by_instrument
WHERE account = ? AND instrument = ? AND order_status = ? AND {NEWEST}
"""
LIFE: Final = "SELECT record FROM reports WHERE order_number = ? ORDER BY number"
TRADES: Final = f"""
SELECT number, trade_id, side, price, quantity, is_auction, timestamp
FROM trades INDEXED BY trades_by_instrument WHERE instrument = ? AND {NEWEST}
"""
# The maker's report is the one in front of the taker's, whose number a trade has.
MAKERS: Final = f"""
SELECT number - 1, trade_id, instrument, maker_account, maker_order, maker_order_id, taker_order_id,
    -side, {Liquidity.MAKER:d}, price, quantity, maker_fee, timestamp
FROM trades INDEXED BY trades_by_maker WHERE maker_account = ? {{}} AND {NEWEST}
"""
TAKERS: Final = f"""
SELECT number, trade_id, instrument, taker_account, taker_order, taker_order_id, maker_order_id,
    side, {Liquidity.TAKER:d}, price, quantity, taker_fee, timestamp
FROM trades INDEXED BY trades_by_taker WHERE taker_account = ? {{}} AND {NEWEST}
"""
IN: Final = "AND instrument = ?"


class Questions:
    """The part of a history that asks and changes nothing.

    One thread uses one of them: others open the file themselves.

    Parameters
    ----------
    file : HistoryFile
        Open.
    """

    def __init__(self, file: HistoryFile) -> None:
        self._file = file
        self._grids = Grids()

    @property
    def last_number(self) -> int:
        """The sequence number of the last report that is kept; 0 before the first."""
        with self._file.reading() as connection:
            return last_number(connection)

    @property
    def time(self) -> int:
        """Engine time of the last report that is kept, nanoseconds; 0 before the first."""
        with self._file.reading() as connection:
            return last_time(connection)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of all instruments; the place of each is its number."""
        with self._file.reading() as connection:
            return self._grids.symbols(connection)

    def order(self, order_id: int) -> OrderRecord | None:
        """Return the order of an id, of several the one that was entered last; None for none.

        One that was refused is not found by its id: it never was an order of the venue.

        Parameters
        ----------
        order_id : int
            The one that it was entered with, or that the venue assigned.

        Raises
        ------
        TypeError
            It is no integer.
        """
        number = integer_of("order_id", order_id)
        if not 0 < number <= ORDER_ID_MAX:
            return None
        with self._file.reading() as connection:
            row = connection.execute(ORDER_BY_ID, (signed(number),)).fetchone()
            return None if row is None else self._order(connection, row)

    def reports(self, number: int) -> RecordArray:
        """Return the life of an order: all reports of it, as the engine made them.

        Parameters
        ----------
        number
            The order's, as `OrderRecord.number` has it.

        Returns
        -------
        ndarray of REPORT_DTYPE
            In ticks and lots, the earliest first; empty where there is no such order.
        """
        with self._file.reading() as connection:
            records = connection.execute(LIFE, (integer_of("number", number),)).fetchall()
        return np.frombuffer(b"".join(record for (record,) in records), REPORT_DTYPE)

    def orders(
        self,
        account: int,
        *,
        symbol: str | None = None,
        status: StatusLike | Iterable[StatusLike] | None = None,
        since: int | None = None,
        until: int | None = None,
        before: int | None = None,
        limit: int = LIMIT,
    ) -> list[OrderRecord]:
        """Return orders of an account, the newest first.

        Parameters
        ----------
        account
            Whose orders.
        symbol
            Only those of this instrument.
        status
            Only those that stand like this: "new", "partially_filled", "filled", "canceled",
            "rejected" or "expired", or several of them.
        since, until
            Only those that were entered from the one time on and before the other, nanoseconds.
        before
            Only those that were entered before the order of this number: the next page begins
            behind ``orders[-1].number``.
        limit
            How many at most, up to 10,000.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        CommandError
            There is no such status.
        HistoryError
            A time or a limit out of its range.
        """
        values, question, question_with = [integer_of("account", account)], ORDERS, ORDERS_WITH
        with self._file.reading() as connection:
            ends = self._ends(connection, since, until, before, limit)
            if symbol is not None:
                values.append(self._grids.number(connection, symbol))
                question, question_with = ORDERS_IN, ORDERS_IN_WITH
            if status is None:
                found = [connection.execute(question, (*values, *ends)).fetchall()]
            else:
                asked = [(*values, each, *ends) for each in _statuses(status)]
                found = [connection.execute(question_with, each).fetchall() for each in asked]
            rows = islice(merge(*found, key=NUMBER, reverse=True), limit)
            return [self._order(connection, row) for row in rows]

    def fills(
        self,
        account: int,
        *,
        symbol: str | None = None,
        since: int | None = None,
        until: int | None = None,
        before: int | None = None,
        limit: int = LIMIT,
    ) -> list[FillRecord]:
        """Return what an account traded, fill by fill, the newest first.

        Of a trade with itself an account has both halves.

        Parameters
        ----------
        account
            Whose fills.
        symbol
            Only those in this instrument.
        since, until
            Only those from the one time on and before the other, nanoseconds.
        before
            Only those before the fill of this number: the next page.
        limit
            How many at most, up to 10,000.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        HistoryError
            A time or a limit out of its range.
        """
        with self._file.reading() as connection:
            first, end, count = self._ends(connection, since, until, before, limit)
            where, values = "", [integer_of("account", account)]
            if symbol is not None:
                where = IN
                values.append(self._grids.number(connection, symbol))
            made = connection.execute(MAKERS.format(where), (*values, first + 1, end + 1, count))
            taken = connection.execute(TAKERS.format(where), (*values, first, end, count))
            halves = merge(made.fetchall(), taken.fetchall(), key=NUMBER, reverse=True)
            rows = islice(halves, count)
            return [fill_of(row, self._grid(connection, row[2])) for row in rows]

    def trades(
        self,
        symbol: str,
        *,
        since: int | None = None,
        until: int | None = None,
        before: int | None = None,
        limit: int = LIMIT,
    ) -> list[TradeRecord]:
        """Return the trades of an instrument, the newest first.

        Parameters
        ----------
        symbol
            Of the instrument.
        since, until
            Only those from the one time on and before the other, nanoseconds.
        before
            Only those before the trade of this number: the next page.
        limit
            How many at most, up to 10,000.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        HistoryError
            A time or a limit out of its range.
        """
        with self._file.reading() as connection:
            instrument, grid = self._market(connection, symbol)
            ends = self._ends(connection, since, until, before, limit)
            rows = connection.execute(TRADES, (instrument, *ends))
            return [trade_of(row, grid) for row in rows]

    def statistics(
        self, symbol: str, *, since: int | None = None, until: int | None = None
    ) -> Statistics:
        """Return what an instrument traded in a window: open, high, low, close, volume, trades.

        Parameters
        ----------
        symbol
            Of the instrument.
        since, until
            The window, from the one time on and before the other, nanoseconds. Without an end it
            ends behind the last report that is kept, of whatever instrument, and without a
            beginning it is 24 hours long.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        HistoryError
            A time out of its range.
        """
        with self._file.reading() as connection:
            instrument, grid = self._market(connection, symbol)
            end = last_time(connection) + 1 if until is None else until
            begin = max(end - NS_A_DAY, 0) if since is None else since
            _check_times(begin, end)
            bar = window(connection, instrument, begin, end)
        return statistics_of(bar, grid, begin, end)

    def candles(
        self,
        symbol: str,
        minutes: int = 1,
        *,
        since: int | None = None,
        until: int | None = None,
        limit: int = LIMIT,
    ) -> list[Candle]:
        """Return an instrument's candles, the earliest first.

        Windows begin at multiples of their length. They are whole: the one that `since` is in is
        the first, and the one that has the last moment before `until` the last.

        Parameters
        ----------
        symbol
            Of the instrument.
        minutes
            How long a candle is: 1, 5, 60, a day's 1,440, or any other number.
        since, until
            From when on and before when, nanoseconds. Without an end up to the last report that is
            kept.
        limit
            How many windows at most, up to 10,000: the last ones. Those in which nothing traded
            count, and are left out.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        HistoryError
            A time, a length or a limit out of its range.
        """
        length, count = integer_of("minutes", minutes), _limit(limit)
        if not 1 <= length <= MINUTES_MAX:
            raise HistoryError(f"minutes were {shown(length)}, must be 1 to {MINUTES_MAX:,}")
        with self._file.reading() as connection:
            instrument, grid = self._market(connection, symbol)
            end = last_time(connection) + 1 if until is None else until
            begin = 0 if since is None else since
            _check_times(begin, end)
            behind = -(-end // (length * NS_A_MINUTE))
            first = max(begin // (length * NS_A_MINUTE), behind - count)
            bars = bars_of(connection, instrument, first * length, behind * length, length)
            return [candle_of(minute, bar, grid) for minute, bar in bars]

    def close(self) -> None:
        """Close the file. Every question raises `HistoryError` from then on."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a history can't be pickled: open its file where it is asked")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._file.path!r})"

    # What the questions share.

    def _ends(
        self,
        connection: sqlite3.Connection,
        since: int | None,
        until: int | None,
        before: int | None,
        limit: int,
    ) -> tuple[int, int, int]:
        """Return the first number, the one behind the last, and how many are wanted."""
        _check_times(since or 0, TIME_MAX if until is None else until)
        first, end = numbers_between(connection, since, until)
        if before is not None:
            end = min(end, integer_of("before", before))
        return first, end, _limit(limit)

    def _market(self, connection: sqlite3.Connection, symbol: str) -> tuple[int, Grid]:
        """Return the number of an instrument and its grid."""
        instrument = self._grids.number(connection, symbol)
        return instrument, self._grid(connection, instrument)

    def _grid(self, connection: sqlite3.Connection, instrument: int) -> Grid:
        grid = self._grids.grid(connection, instrument)
        assert grid is not None, f"instrument {instrument} was known when it was written"
        return grid

    def _order(self, connection: sqlite3.Connection, row: tuple[Any, ...]) -> OrderRecord:
        return order_of(row, self._grids.grid(connection, row[INSTRUMENT]))


def _statuses(status: StatusLike | Iterable[StatusLike]) -> list[OrderStatus]:
    """Return one status or several, each once."""
    given = [status] if isinstance(status, str | int) else list(status)
    return list(dict.fromkeys(member_of(OrderStatus, each, "status") for each in given))


def _limit(limit: int) -> int:
    count = integer_of("limit", limit)
    if not 1 <= count <= LIMIT_MAX:
        raise HistoryError(f"limit was {shown(count)}, must be 1 to {LIMIT_MAX:,}")
    return count


def _check_times(since: int, until: int) -> None:
    """Refuse a window that ends before it begins, or times that are none."""
    if not 0 <= integer_of("since", since) <= integer_of("until", until) <= TIME_MAX + 1:
        raise HistoryError(
            f"since was {shown(since)} and until {shown(until)}, must be 0 or more, the second no"
            f" less than the first, and at most {TIME_MAX + 1}"
        )
