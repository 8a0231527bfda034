"""order-matching: looks through all orders for each command, prices and sizes as floats."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from interface import BUY, Adapter, Trade
from loguru import logger
from order_matching.enums import Side
from order_matching.matching_engine import MatchingEngine
from order_matching.order import LimitOrder, MarketOrder
from order_matching.orders import Orders

__all__ = ["Contender"]

START: Final = datetime(2026, 1, 1)
TICK: Final = timedelta(microseconds=1)


class Contender(Adapter):
    chunk = 16

    def __init__(self, books: int) -> None:
        super().__init__(books)
        logger.disable("order_matching")
        self.book = [MatchingEngine(seed=1) for _ in range(books)]
        self.now = START
        self.fills: list[Any] = []

    def enter(self, book: int, kind: Any, side: int, **terms: Any) -> Any:
        self.now += TICK
        order = kind(
            side=Side.BUY if side == BUY else Side.SELL,
            timestamp=self.now,
            trader_id="1",
            **terms,
        )
        self.book[book].place(Orders([order]))
        trades = self.book[book].match(timestamp=self.now).trades
        if trades:
            self.fills.extend(trades)
        return order

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.enter(book, LimitOrder, side, price=price, size=quantity, order_id=str(order_id))

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        terms = {"price": price, "size": quantity, "order_id": str(order_id)}
        order = self.enter(book, LimitOrder, side, **terms)
        if order.size:
            self.book[book].cancel_order(order.order_id)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        order = self.enter(book, MarketOrder, side, size=quantity, order_id=str(order_id))
        if order.size:
            self.book[book].cancel_order(order.order_id)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel_order(str(order_id))

    def trades(self) -> Iterable[Trade]:
        for fill in self.fills:
            names = int(fill.book_order_id), int(fill.incoming_order_id)
            yield *names, int(fill.price), int(fill.size)
