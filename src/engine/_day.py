"""A day seen through one book: what rested where, what traded, column by column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from engine._replay import Progress, fill_core
from engine._schema import Side
from engine.records import Depth, RecordArray

__all__ = ["COLUMNS", "DayBook", "busiest_instrument", "watch_book"]

FloatArray = np.ndarray[Any, np.dtype[np.float64]]

COLUMNS: Final = 960
ROWS: Final = 240
PRICE_MIN: Final = -(2**63)
PRICE_MAX: Final = 2**63 - 1
LEVELS_MAX: Final = 20_000
MARGIN: Final = 0.12
"""Prices shown above and below those traded, as a share of their range."""
MARGIN_TICKS: Final = 8
EXACT: Final = 2**50
"""Below this, floats hold prices exactly, and halves of them too."""


class DayBook(NamedTuple):
    """One instrument's day in columns of equal width.

    Attributes
    ----------
    instrument : int
        Its number.
    edges : ndarray of float64, shape (columns + 1,)
        Timestamps between which the columns lie.
    origin : int
        What prices that floats hold are counted from: 0 unless prices are too large for floats.
    price_low, price_step : int
        Lowest price of the lowest row, and prices in a row, in ticks.
    resting : ndarray of float64, shape (rows, columns)
        Open quantity at the end of a column, both sides together: they never share a price.
    bought, sold : ndarray of float64, shape (columns,)
        Lots traded, by the side of the taker.
    last_price : ndarray of float64, shape (columns,)
        Price of the last trade so far, ticks above `origin`; NaN before the first.
    final : Depth
        The book at the end.
    """

    instrument: int
    edges: FloatArray
    origin: int
    price_low: int
    price_step: int
    resting: FloatArray
    bought: FloatArray
    sold: FloatArray
    last_price: FloatArray
    final: Depth


def busiest_instrument(commands: RecordArray, trades: RecordArray) -> int:
    """Return the instrument with most trades; without trades, with most commands."""
    numbers = trades["symbol"] if len(trades) else commands["instrument"]
    return int(np.bincount(numbers).argmax()) if len(numbers) else 0


def watch_book(
    commands: RecordArray, instrument: int, start: int, end: int, progress: Progress
) -> DayBook:
    """Replay a day and write down one book as it goes.

    Parameters
    ----------
    commands
        Array of COMMAND_DTYPE, timestamps rising.
    instrument
        Which book.
    start, end
        Timestamps of the left and right edge; what comes before the first is in the book already.
    progress
        Told of ``len(commands)`` commands in all.
    """
    edges = np.linspace(start, max(end, start + 1), COLUMNS + 1)
    bought, sold = np.zeros(COLUMNS), np.zeros(COLUMNS)
    depths, low, high, last_price = [], [], [], []
    price = None
    for column, (depth, trades) in enumerate(_columns(commands, instrument, edges, progress)):
        depths.append(depth)
        if len(trades):
            price = int(trades["price"][-1])
            low.append(int(trades["price"].min()))
            high.append(int(trades["price"].max()))
        lots = trades["quantity"].astype(float)
        bought[column] = lots[trades["side"] == Side.BUY].sum()
        sold[column] = lots[trades["side"] == Side.SELL].sum()
        last_price.append(price)
    price_low, price_step, rows = _rows(depths[-1], low, high)
    price_high = price_low + rows * price_step - 1
    origin = 0 if max(abs(price_low), abs(price_high)) < EXACT else price_low
    resting = np.zeros((rows, COLUMNS))
    for column, depth in enumerate(depths):
        for side in depth:
            shown = side[(side["price"] >= price_low) & (side["price"] <= price_high)]
            # Without a sign, because the difference of two 64-bit prices may not fit into 63 bits.
            above = shown["price"].astype(np.uint64) - np.uint64(price_low % 2**64)
            row = (above // np.uint64(price_step)).astype(np.intp)
            np.add.at(resting[:, column], row, shown["quantity"])
    return DayBook(
        instrument=instrument,
        edges=edges,
        origin=origin,
        price_low=price_low,
        price_step=price_step,
        resting=resting,
        bought=bought,
        sold=sold,
        last_price=np.array([np.nan if last is None else last - origin for last in last_price]),
        final=depths[-1],
    )


def _columns(
    commands: RecordArray, instrument: int, edges: FloatArray, progress: Progress
) -> Iterator[tuple[Depth, RecordArray]]:
    """Yield the book at the end of each column, and the instrument's trades within it."""
    core = fill_core(commands)
    ends = np.searchsorted(commands["timestamp"], edges, side="right")
    ends[-1] = len(commands)
    core.match(commands[: ends[0]], detail="trades")
    done = int(ends[0])
    progress(done)
    for end in ends[1:].tolist():
        trades = core.match(commands[done:end], detail="trades")
        progress(end - done)
        done = end
        yield core.book(instrument).depth(LEVELS_MAX), trades[trades["instrument"] == instrument]


def _rows(final: Depth, low: list[int], high: list[int]) -> tuple[int, int, int]:
    """Return lowest price, prices a row and number of rows: what traded, and a margin."""
    if not low:
        best = [int(side["price"][0]) for side in final if len(side)] or [0]
        low, high = [min(best)], [max(best)]
    bottom, top = min(low), max(high)
    margin = max(MARGIN_TICKS, int((top - bottom) * MARGIN))
    bottom, top = max(bottom - margin, PRICE_MIN), min(top + margin, PRICE_MAX)
    step = -(-(top - bottom + 1) // ROWS)
    return bottom, step, -(-(top - bottom + 1) // step)
