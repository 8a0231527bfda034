"""The instruments of a history: symbols by number, and what a tick and a lot of each are worth."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from engine._members import nearest_names
from engine._shown import check_kind, shown
from engine.decimal_grid import DecimalGrid
from engine.errors import HistoryError, UnknownSymbolError
from engine.instrument import Instrument

__all__ = ["Grid", "Grids", "add_grids"]

FROM: Final = """
SELECT symbol, tick_size, lot_size FROM instruments WHERE number >= ? ORDER BY number
"""
INSERT: Final = "INSERT INTO instruments VALUES (?, ?, ?, ?)"


class Grid(NamedTuple):
    """Where an instrument's whole numbers become decimals.

    Attributes
    ----------
    symbol : str
        Of the instrument.
    prices, quantities : DecimalGrid
        What ticks and lots are.
    """

    symbol: str
    prices: DecimalGrid
    quantities: DecimalGrid

    @classmethod
    def of(cls, symbol: str, tick_size: Decimal, lot_size: Decimal) -> Grid:
        """Return the grid of an instrument."""
        prices = DecimalGrid(f"{symbol}: price", tick_size)
        return cls(symbol, prices, DecimalGrid(f"{symbol}: quantity", lot_size))


class Grids:
    """The instruments of a file, read when they are asked for; their numbers never change."""

    def __init__(self) -> None:
        self._list: list[Grid] = []
        self._numbers: dict[str, int] = {}

    def read(self, connection: sqlite3.Connection) -> int:
        """Read what was added meanwhile; return how many there are."""
        for symbol, tick_size, lot_size in connection.execute(FROM, (len(self._list),)).fetchall():
            self._numbers[symbol] = len(self._list)
            self._list.append(Grid.of(symbol, Decimal(tick_size), Decimal(lot_size)))
        return len(self._list)

    def symbols(self, connection: sqlite3.Connection) -> tuple[str, ...]:
        """Return all symbols, by number."""
        self.read(connection)
        return tuple(self._numbers)

    def number(self, connection: sqlite3.Connection, symbol: str) -> int:
        """Return the number of a symbol.

        Raises
        ------
        UnknownSymbolError
            None has it.
        """
        number = self._numbers.get(symbol)
        if number is None:
            self.read(connection)
            number = self._numbers.get(symbol)
        if number is None:
            nearest = nearest_names(shown(symbol), self._numbers)
            raise UnknownSymbolError(
                f"symbol was {shown(symbol)}, not one of {len(self._list):,} that are kept{nearest}"
            )
        return number

    def grid(self, connection: sqlite3.Connection, number: int) -> Grid | None:
        """Return the grid of an instrument, None where there is none of that number."""
        if number >= len(self._list):
            self.read(connection)
        return self._list[number] if number < len(self._list) else None


def add_grids(connection: sqlite3.Connection, instruments: Iterable[Instrument]) -> None:
    """Keep the instruments of a venue, in the order of their numbers; within a transaction.

    Raises
    ------
    HistoryError
        One is kept otherwise.
    TypeError
        One is no instrument.
    """
    kept = connection.execute(FROM, (0,)).fetchall()
    for number, instrument in enumerate(instruments):
        check_kind("instrument", instrument, Instrument)
        row = (instrument.symbol, f"{instrument.tick_size:f}", f"{instrument.lot_size:f}")
        if number >= len(kept):
            connection.execute(INSERT, (number, *row))
        elif kept[number] != row:
            raise HistoryError(
                f"instrument {number} was {_words(*row)}, is kept as {_words(*kept[number])}"
            )


def _words(symbol: str, tick_size: str, lot_size: str) -> str:
    return f"{symbol} in ticks of {tick_size} and lots of {lot_size}"
