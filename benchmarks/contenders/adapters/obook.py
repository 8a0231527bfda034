"""obook: an engine written in Go, called through ctypes; it assigns the ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from interface import Adapter, Trade
from obook import GTC, IOC, LIMIT, MARKET, Book, EventKind

__all__ = ["Contender"]

ORDERS_MAX: Final = 2_000_000


class Contender(Adapter):
    # A user each: its orders of one user do not trade with each other.
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.book = [Book(max_orders=max(1_000, ORDERS_MAX // books)) for _ in range(books)]
        self.ids: dict[int, int] = {}
        self.names: list[dict[int, int]] = [{} for _ in range(books)]
        self.fills: list[tuple[int, Any]] = []

    def note(self, book: int, order_id: int, result: Any) -> None:
        self.ids[order_id] = result.order_id
        self.names[book][result.order_id] = order_id
        for event in self.book[book].events():
            if event.kind == EventKind.TRADE:
                self.fills.append((book, event))

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.note(
            book, order_id, self.book[book].submit(order_id, side, price, quantity, LIMIT, GTC)
        )

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.note(
            book, order_id, self.book[book].submit(order_id, side, price, quantity, LIMIT, IOC)
        )

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.note(book, order_id, self.book[book].submit(order_id, side, 0, quantity, MARKET, IOC))

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel(self.ids.pop(order_id), order_id)

    def replace(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        number = self.ids.pop(order_id)
        self.note(book, order_id, self.book[book].replace(number, order_id, side, price, quantity))

    def trades(self) -> Iterable[Trade]:
        for book, event in self.fills:
            names = self.names[book]
            yield names[event.maker_id], names[event.taker_id], event.price, event.qty
