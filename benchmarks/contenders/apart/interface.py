"""What a library is asked to do, in plain integers. Nothing but Python is needed to import it.

An adapter is called once for each command, in the order of the stream. What it costs to make the
library's own orders, prices and ids out of integers is the library's cost: a user pays it as well.
Trades may be kept as the library made them, and are turned into integers when the clock has
stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

__all__ = [
    "BUY",
    "CANCEL",
    "IMMEDIATE",
    "LIMIT",
    "MARKET",
    "REPLACE",
    "SELL",
    "UNKNOWN",
    "Adapter",
    "Command",
    "Trade",
]

BUY: Final = 0
SELL: Final = 1
LIMIT: Final = 1
IMMEDIATE: Final = 2
MARKET: Final = 3
CANCEL: Final = 4
REPLACE: Final = 5
UNKNOWN: Final = -1
"""Instead of an order id that a library doesn't tell."""

Command = tuple[int, int, int, int, int, int]
"""op, side, book, order id, price, quantity."""
Trade = tuple[int, int, int, int]
"""Order id of the maker and of the taker, price, quantity."""


class Adapter:
    """One library, with a number of books that are empty at first.

    Attributes
    ----------
    chunk : int
        Commands between two looks at the clock.
    by_book : bool
        Whether `trades` goes book by book, each in the order of execution, instead of in the order
        of execution throughout.
    """

    chunk = 256
    by_book = False

    def __init__(self, books: int) -> None:
        self.books = books

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        """Enter an order that is good till canceled."""
        raise NotImplementedError

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        """Enter a limit order of which nothing may rest."""
        raise NotImplementedError

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        """Enter a market order of which nothing may rest; it has no price."""
        raise NotImplementedError

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        """Take an order that rests off the book."""
        raise NotImplementedError

    def replace(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        """Give an order another price and quantity, and the last place; it keeps its id."""
        self.cancel(side, book, order_id, price, quantity)
        self.limit(side, book, order_id, price, quantity)

    def trades(self) -> Iterable[Trade]:
        """Return all trades so far, in the order of execution."""
        raise NotImplementedError

    def prepared(self, commands: Sequence[Command]) -> Any:
        """Return a chunk of commands in the form in which `apply` wants it; not timed."""
        return commands

    def apply(self, commands: Any) -> None:
        """Apply a chunk of commands; timed."""
        methods = (self.limit, self.immediate, self.market, self.cancel, self.replace)
        for op, side, book, order_id, price, quantity in commands:
            methods[op - LIMIT](side, book, order_id, price, quantity)
