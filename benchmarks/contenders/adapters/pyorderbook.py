"""pyorderbook: heaps of levels, prices as Decimal, ids as UUID."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from interface import BUY, Adapter, Trade
from pyorderbook import Book, ask, bid

__all__ = ["Contender"]

HIGHEST: Final = 10**9


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.book = Book()
        self.symbols = [str(number) for number in range(books)]
        self.orders: dict[int, Any] = {}
        self.names: dict[Any, int] = {}
        self.fills: list[Any] = []

    def enter(self, side: int, book: int, order_id: int, price: int, quantity: int) -> Any:
        order = (bid if side == BUY else ask)(self.symbols[book], price, quantity)
        self.orders[order_id] = order
        self.names[order.id] = order_id
        blotter = self.book.match(order)
        if blotter.trades:
            self.fills.extend(blotter.trades)
        return order

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.enter(side, book, order_id, price, quantity)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        order = self.enter(side, book, order_id, price, quantity)
        if order.quantity:
            self.book.cancel(order)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.immediate(side, book, order_id, HIGHEST if side == BUY else 1, quantity)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book.cancel(self.orders.pop(order_id))

    def trades(self) -> Iterable[Trade]:
        for fill in self.fills:
            names = self.names[fill.standing_order_id], self.names[fill.incoming_order_id]
            yield *names, int(fill.fill_price), fill.fill_quantity
