"""manticore-orderbook: pure Python, orders as dicts, prices as floats; every book has a thread."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from interface import Adapter, Trade
from manticore_orderbook import OrderBook
from manticore_orderbook.event_manager import EventType

__all__ = ["Contender"]


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        logging.disable(logging.CRITICAL)
        self.fills: list[Any] = []
        self.book = [OrderBook(str(number), enable_logging=False) for number in range(books)]
        for book in self.book:
            book.event_manager.subscribe(EventType.TRADE_EXECUTED, self.note)
        self.sides = ("buy", "sell")

    def note(self, _event: Any, trade: Any) -> None:
        self.fills.append(trade)

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].add_order(self.sides[side], price, quantity, order_id=str(order_id))

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        terms = {"order_id": str(order_id), "time_in_force": "IOC"}
        self.book[book].add_order(self.sides[side], price, quantity, **terms)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        terms = {"order_id": str(order_id), "order_type": "MARKET"}
        self.book[book].add_order(self.sides[side], None, quantity, **terms)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel_order(str(order_id))

    def trades(self) -> Iterable[Trade]:
        for fill in self.fills:
            names = int(fill["maker_order_id"]), int(fill["taker_order_id"])
            yield *names, int(fill["price"]), int(fill["quantity"])
