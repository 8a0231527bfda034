"""nautilus_trader: its book of single orders holds them; the matching around it is ours.

Its own matching engine fills one strategy's orders against a market that was recorded, and does not
let two orders of its users meet. What it has is the book, by order, and that is what is measured:
the best level is asked for, its orders are taken one after the other, updated or deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interface import BUY, Adapter, Trade
from nautilus_trader.core.nautilus_pyo3 import (
    BookOrder,
    BookType,
    InstrumentId,
    OrderBook,
    OrderSide,
    Price,
    Quantity,
)

__all__ = ["Contender"]


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.book = [
            OrderBook(InstrumentId.from_str(f"S{number}.VENUE"), BookType.L3_MBO)
            for number in range(books)
        ]
        self.sides = (OrderSide.BUY, OrderSide.SELL)
        self.orders: dict[int, Any] = {}
        self.fills: list[Trade] = []

    def made(self, side: int, order_id: int, price: Any, quantity: int) -> Any:
        return BookOrder(self.sides[side], price, Quantity.from_int(quantity), order_id)

    def match(self, side: int, book: int, order_id: int, limit: int | None, quantity: int) -> int:
        """Trade with the best orders of the other side; return what is left."""
        it = self.book[book]
        best = it.asks if side == BUY else it.bids
        while quantity:
            levels = best(1)
            if not levels:
                break
            price = round(levels[0].price.as_double())
            if limit is not None and (price > limit if side == BUY else price < limit):
                break
            for maker in levels[0].get_orders():
                size = round(maker.size.as_double())
                traded = min(size, quantity)
                self.fills.append((maker.order_id, order_id, price, traded))
                quantity -= traded
                if traded < size:
                    rest = self.made(1 - side, maker.order_id, maker.price, size - traded)
                    it.update(rest, 0, 0, 0)
                    self.orders[maker.order_id] = rest
                    break
                it.delete(maker, 0, 0, 0)
                del self.orders[maker.order_id]
                if not quantity:
                    break
        return quantity

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        left = self.match(side, book, order_id, price, quantity)
        if left:
            order = self.made(side, order_id, Price.from_int(price), left)
            self.book[book].add(order, 0, 0, 0)
            self.orders[order_id] = order

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.match(side, book, order_id, price, quantity)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.match(side, book, order_id, None, quantity)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].delete(self.orders.pop(order_id), 0, 0, 0)

    def trades(self) -> Iterable[Trade]:
        return self.fills
