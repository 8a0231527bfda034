"""bourse: the book of a market simulation written in Rust; it assigns the ids."""

from __future__ import annotations

from collections.abc import Iterable

from bourse.core import OrderBook
from interface import BUY, UNKNOWN, Adapter, Trade

__all__ = ["Contender"]


class Contender(Adapter):
    by_book = True

    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.book = [OrderBook(0, 1) for _ in range(books)]
        self.ids: dict[int, int] = {}
        self.names: list[dict[int, int]] = [{} for _ in range(books)]
        # It breaks ties by its time, which is set by hand.
        self.now = 0

    def enter(self, side: int, book: int, order_id: int, price: int | None, quantity: int) -> int:
        self.now += 1
        self.book[book].set_time(self.now)
        number: int = self.book[book].place_order(side == BUY, quantity, 1, price=price)
        self.ids[order_id] = number
        self.names[book][number] = order_id
        return number

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.enter(side, book, order_id, price, quantity)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel_order(self.enter(side, book, order_id, price, quantity))

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.enter(side, book, order_id, None, quantity)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel_order(self.ids.pop(order_id))

    def trades(self) -> Iterable[Trade]:
        for names, book in zip(self.names, self.book, strict=True):
            for _, _, price, quantity, taker, maker in book.get_trades():
                yield names.get(maker, UNKNOWN), names.get(taker, UNKNOWN), price, quantity
