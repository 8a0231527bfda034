"""nanobook: an exchange a book, written in Rust; it assigns the ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interface import Adapter, Trade
from nanobook import Exchange

__all__ = ["Contender"]


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.book = [Exchange() for _ in range(books)]
        self.sides = ("buy", "sell")
        self.ids: dict[int, int] = {}
        self.names: list[dict[int, int]] = [{} for _ in range(books)]
        self.fills: list[tuple[int, Any]] = []

    def note(self, book: int, order_id: int, number: int, trades: Any) -> None:
        self.ids[order_id] = number
        self.names[book][number] = order_id
        if trades:
            self.fills.append((book, trades))

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        result = self.book[book].submit_limit(self.sides[side], price, quantity)
        self.note(book, order_id, result.order_id, result.trades)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        result = self.book[book].submit_limit(self.sides[side], price, quantity, "ioc")
        self.note(book, order_id, result.order_id, result.trades)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        result = self.book[book].submit_market(self.sides[side], quantity)
        self.note(book, order_id, result.order_id, result.trades)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel(self.ids.pop(order_id))

    def replace(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        result = self.book[book].modify(self.ids.pop(order_id), price, quantity)
        self.note(book, order_id, result.new_order_id, result.trades)

    def trades(self) -> Iterable[Trade]:
        for book, some in self.fills:
            names = self.names[book]
            for trade in some:
                makers = names[trade.passive_order_id], names[trade.aggressor_order_id]
                yield *makers, trade.price, trade.quantity
