"""orderly-chaos: a book written in C++, called through ctypes; trades come by a callback."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interface import Adapter, Trade
from orderly_chaos import LimitOrderBook, Side

__all__ = ["Contender"]


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.fills: list[Any] = []
        self.book = [LimitOrderBook(on_trade=self.fills.append) for _ in range(books)]
        self.sides = (Side.BUY, Side.SELL)

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].limit(self.sides[side], order_id, quantity, price)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        filled = self.book[book].limit(self.sides[side], order_id, quantity, price)
        if filled < quantity:
            self.book[book].cancel(order_id)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].market(self.sides[side], order_id, quantity)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel(order_id)

    def trades(self) -> Iterable[Trade]:
        for fill in self.fills:
            yield fill.maker_id, fill.taker_id, fill.price, fill.quantity
