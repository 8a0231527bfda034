"""What a user would write on an afternoon: price levels in a `SortedDict`, orders in dicts.

An order is a list of what is left of it, its side and its price; a level is a dict of orders, which
keeps the order of arrival and gives up any of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from interface import BUY, Adapter, Trade
from sortedcontainers import SortedDict

__all__ = ["Contender"]

Order = list[int]


class Book:
    """One instrument; prices of bids are negated, so that the best price is always the first."""

    def __init__(self, fills: list[Trade]) -> None:
        self.levels: tuple[SortedDict, SortedDict] = (SortedDict(), SortedDict())
        self.orders: dict[int, Order] = {}
        self.fills = fills

    def match(self, side: int, order_id: int, limit: int | None, quantity: int) -> int:
        """Trade as much as can be, down to a limit if there is one; return what is left."""
        levels, sign = self.levels[1 - side], -1 if side != BUY else 1
        while quantity and levels:
            key, level = levels.peekitem(0)
            price = key * sign
            if limit is not None and (price - limit) * sign > 0:
                break
            while quantity and level:
                maker = next(iter(level))
                order = level[maker]
                traded = min(quantity, order[0])
                self.fills.append((maker, order_id, price, traded))
                quantity -= traded
                order[0] -= traded
                if not order[0]:
                    del level[maker], self.orders[maker]
            if not level:
                del levels[key]
        return quantity

    def rest(self, side: int, order_id: int, price: int, quantity: int) -> None:
        """Put an order at the end of its level."""
        key = -price if side == BUY else price
        order = [quantity, side, key]
        self.levels[side].setdefault(key, {})[order_id] = order
        self.orders[order_id] = order

    def cancel(self, order_id: int) -> None:
        """Take an order off."""
        _, side, key = self.orders.pop(order_id)
        level = self.levels[side][key]
        del level[order_id]
        if not level:
            del self.levels[side][key]


class Contender(Adapter):
    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.fills: list[Trade] = []
        self.book = [Book(self.fills) for _ in range(books)]

    def limit(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        left = self.book[book].match(side, order_id, price, quantity)
        if left:
            self.book[book].rest(side, order_id, price, left)

    def immediate(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].match(side, order_id, price, quantity)

    def market(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].match(side, order_id, None, quantity)

    def cancel(self, side: int, book: int, order_id: int, price: int, quantity: int) -> None:
        self.book[book].cancel(order_id)

    def trades(self) -> Iterable[Trade]:
        return self.fills
