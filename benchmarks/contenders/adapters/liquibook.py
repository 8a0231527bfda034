"""liquibook: OCI's C++ matching engine wrapped with SWIG; fills come by a callback."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interface import BUY, Adapter, Trade
from liquibook import (
    DepthOrderBook,
    OrderListener,
    SimpleOrder,
    oc_immediate_or_cancel,
)

__all__ = ["Contender"]


class Listener(OrderListener):
    """Keeps fills, and books them as its example does: an order doesn't do that by itself."""

    def __init__(self) -> None:
        OrderListener.__init__(self)
        self.fills: list[tuple[int, int, int, int]] = []

    def on_fill(self, taker: Any, maker: Any, quantity: int, cost: int) -> None:
        taker.fill(quantity, cost, 0)
        maker.fill(quantity, cost, 0)
        self.fills.append((maker.order_id_, taker.order_id_, cost, quantity))

    def on_accept(self, order: Any) -> None:
        pass

    def on_cancel(self, order: Any) -> None:
        pass

    def on_reject(self, order: Any, reason: str) -> None:
        pass


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.listener = Listener()
        self.book = [DepthOrderBook() for _ in range(books)]
        for book in self.book:
            book.set_order_listener(self.listener)
        # The engine keeps pointers: an order that Python lets go is gone for it too.
        self.orders: dict[int, Any] = {}
        self.names: dict[int, int] = {}
        self.kept: list[Any] = []

    def enter(
        self, side: int, book: int, order_id: int, price: int, quantity: int, *how: Any
    ) -> None:
        order = SimpleOrder(side == BUY, price, quantity, 0, *how)
        self.orders[order_id] = order
        self.kept.append(order)
        self.names[order.order_id_] = order_id
        self.book[book].add(order, *how)

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.enter(side, book, order_id, price, quantity)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.enter(side, book, order_id, price, quantity, oc_immediate_or_cancel)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.enter(side, book, order_id, 0, quantity, oc_immediate_or_cancel)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel(self.orders[order_id])

    def trades(self) -> Iterable[Trade]:
        for maker, taker, cost, quantity in self.listener.fills:
            yield self.names[maker], self.names[taker], cost, quantity
