"""litebook: written in Rust; prices and quantities as floats, ids as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from interface import BUY, Adapter, Trade
from litebook import OrderBook, OrderType

__all__ = ["Contender"]

HIGHEST: Final = 10**9


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.book = [OrderBook(tick_size=1.0) for _ in range(books)]
        self.sides = (OrderType.Buy, OrderType.Sell)
        self.ids: dict[int, str] = {}
        self.names: dict[str, int] = {}
        self.fills: list[Any] = []

    def enter(self, side: int, book: int, order_id: int, price: int, quantity: int) -> Any:
        order = self.book[book].create_order(self.sides[side], float(price), float(quantity))
        self.ids[order_id] = order.id
        self.names[order.id] = order_id
        fills = self.book[book].add(order)
        if fills:
            self.fills.extend(fills)
        return order

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.enter(side, book, order_id, price, quantity)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        order = self.enter(side, book, order_id, price, quantity)
        self.book[book].cancel(order.id)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.immediate(side, book, order_id, HIGHEST if side == BUY else 1, quantity)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel(self.ids.pop(order_id))

    def trades(self) -> Iterable[Trade]:
        # What it calls the buyer's id is the maker's, whoever bought.
        for fill in self.fills:
            names = self.names[fill.buy_id], self.names[fill.sell_id]
            yield *names, round(fill.price), round(fill.quantity)
