"""cython-orderbook: the book of akhil4n-orderbook compiled with Cython; it assigns the ids."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from cython_orderbook import Order, OrderBook, OrderSide
from interface import Adapter, Trade

__all__ = ["Contender"]


class Contender(Adapter):
    by_book = True

    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.book = [OrderBook() for _ in range(books)]
        self.sides = (OrderSide.BID, OrderSide.ASK)
        self.ids: dict[int, Any] = {}
        self.names: dict[Any, int] = {}

    def enter(self, side: int, order_id: int, quantity: int, price: Decimal | None) -> Any:
        order = Order(self.sides[side], quantity, price)
        self.ids[order_id] = order.order_id
        self.names[order.order_id] = order_id
        return order

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        order = self.enter(side, order_id, quantity, Decimal(price))
        self.book[book].add_limit_order(order)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        order = self.enter(side, order_id, quantity, Decimal(price))
        self.book[book].add_limit_order(order)
        if order.remaining_quantity:
            self.book[book].cancel_order(order.order_id)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].add_market_order(self.enter(side, order_id, quantity, None))

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel_order(self.ids.pop(order_id))

    def trades(self) -> Iterable[Trade]:
        for book in self.book:
            for fill in book.trade_log:
                names = self.names[fill.filler_id], self.names[fill.aggressor_id]
                yield *names, int(fill.price), fill.quantity_filled
