"""lightmatchingengine: levels in dicts; the best price is searched among all of them each time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interface import Adapter, Trade
from lightmatchingengine.lightmatchingengine import LightMatchingEngine

__all__ = ["Contender"]


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.engine = LightMatchingEngine()
        self.ids: dict[int, int] = {}
        self.fills: list[tuple[int, list[Any]]] = []
        self.names: dict[int, int] = {}

    def enter(self, side: int, book: int, order_id: int, price: int, quantity: int) -> Any:
        order, trades = self.engine.add_order(book, price, quantity, side + 1)
        self.ids[order_id] = order.order_id
        self.names[order.order_id] = order_id
        if trades:
            self.fills.append((order.order_id, trades))
        return order

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.enter(side, book, order_id, price, quantity)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        order = self.enter(side, book, order_id, price, quantity)
        if order.leaves_qty:
            self.engine.cancel_order(order.order_id, book)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.immediate(side, book, order_id, 0, quantity)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.engine.cancel_order(self.ids[order_id], book)

    def trades(self) -> Iterable[Trade]:
        # The taker's part comes first and stands for a whole level; the makers' follow.
        for taker, parts in self.fills:
            for part in parts:
                if part.order_id != taker:
                    names = self.names[part.order_id], self.names[taker]
                    yield *names, part.trade_price, part.trade_qty
