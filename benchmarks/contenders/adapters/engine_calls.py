"""This engine, one call a command from a Python loop: `OrderBook.submit`, `cancel`, `replace`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from interface import Adapter, Trade

from engine import BUY, IOC, MARKET, SELL, Core, ReplacePriority, trades_of

__all__ = ["Contender"]


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.core = Core()
        for _ in range(books):
            self.core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
        self.book = [self.core.book(number) for number in range(books)]
        self.sides = (BUY, SELL)
        self.fills: list[Any] = []

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        report = self.book[book].submit(self.sides[side], price, quantity, order_id)
        if report.filled_quantity:
            self.fills.append(report.reports)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        report = self.book[book].submit(
            self.sides[side], price, quantity, order_id, time_in_force=IOC
        )
        if report.filled_quantity:
            self.fills.append(report.reports)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        report = self.book[book].submit(
            self.sides[side], price, quantity, order_id, order_type=MARKET
        )
        if report.filled_quantity:
            self.fills.append(report.reports)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel(order_id)

    def replace(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        report = self.book[book].replace(order_id, price, quantity)
        if report.filled_quantity:
            self.fills.append(report.reports)

    def trades(self) -> Iterable[Trade]:
        if not self.fills:
            return []
        fields = ["maker_order_id", "taker_order_id", "price", "quantity"]
        trades: list[Trade] = trades_of(np.concatenate(self.fills))[fields].tolist()
        return trades
