"""fastlob: pure Python on sortedcontainers, prices as Decimal; every book starts a thread."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Final

from fastlob import Orderbook, OrderParams, OrderSide
from interface import BUY, UNKNOWN, Adapter, Trade

__all__ = ["Contender"]

HIGHEST: Final = 10**9


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        logging.disable(logging.CRITICAL)
        self.book = [Orderbook(str(number), start=True) for number in range(books)]
        self.sides = (OrderSide.BID, OrderSide.ASK)
        self.ids: dict[int, str] = {}
        self.fills: list[tuple[int, Any]] = []

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        result = self.book[book].process(OrderParams(self.sides[side], price, quantity))
        self.ids[order_id] = result.orderid()
        if result.n_orders_matched() or result._execprices:
            self.fills.append((order_id, result.execprices()))

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.limit(side, book, order_id, price, quantity)
        self.book[book].cancel(self.ids.pop(order_id))

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.immediate(side, book, order_id, HIGHEST if side == BUY else 1, quantity)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel(self.ids.pop(order_id))

    def trades(self) -> Iterable[Trade]:
        # It tells what was traded at a price, and not with whom.
        for taker, levels in self.fills:
            for price, quantity in levels.items():
                yield UNKNOWN, taker, int(price), int(quantity)
