"""One side of a book: prices from best to worst, at each price a queue in order of arrival.

Bids and asks are the same code. A price's *rank* is `-side * price`: the best price has the
smallest rank on either side, and "at the limit or better" reads `rank(price) <= rank(limit)`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from itertools import takewhile
from typing import NamedTuple, TypeAlias

from sortedcontainers import SortedDict  # type: ignore[import-untyped]

from .._schema import Side
from .orders import LiveOrder

Queue: TypeAlias = OrderedDict[int, LiveOrder]
"""The orders of one price by id, first come first."""


class Fill(NamedTuple):
    """What a resting order would give to an incoming one."""

    maker: LiveOrder
    quantity: int


class BookSide:
    """The resting orders of one side."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.open_quantity = 0
        self.order_count = 0
        self._queues: MutableMapping[int, Queue] = SortedDict()

    def rank(self, price: int) -> int:
        """Return the price's place on this side, smaller is better."""
        return -self.side * price

    def best(self) -> int | None:
        """Return the best price, None when nothing rests here."""
        rank = next(iter(self._queues), None)
        return None if rank is None else -self.side * rank

    def queues(self) -> Iterator[tuple[int, Queue]]:
        """Yield price and queue, best price first."""
        for rank, queue in self._queues.items():
            yield -self.side * rank, queue

    def queue(self, price: int) -> Queue:
        """Return the queue at a price; an empty one where nothing rests."""
        return self._queues.get(self.rank(price), Queue())

    def orders(self) -> Iterator[LiveOrder]:
        """Yield the orders by price, then by time."""
        for queue in self._queues.values():
            yield from queue.values()

    def makers(self, limit: int | None) -> Iterator[LiveOrder]:
        """Yield, by price then time, the orders at `limit` or better; without a limit, all."""
        if limit is None:
            return self.orders()
        worst = self.rank(limit)
        return takewhile(lambda maker: self.rank(maker.price) <= worst, self.orders())

    def fills(self, limit: int | None, quantity: int) -> list[Fill]:
        """Return the fills that an incoming order would get, and change nothing.

        The best price goes first; at one price, who came first (price-time priority, FIX 1142=1).
        FOK and post-only ask this before they are accepted, and matching carries it out, so the
        question and the deed cannot disagree.
        """
        fills: list[Fill] = []
        for maker in self.makers(limit):
            if quantity == 0:
                break
            fills.append(Fill(maker, min(quantity, maker.leaves_quantity)))
            quantity -= fills[-1].quantity
        return fills

    def append(self, order: LiveOrder) -> None:
        """Put an order at the tail of the queue at its price."""
        assert order.leaves_quantity > 0
        queue = self._queues.setdefault(self.rank(order.price), Queue())
        assert order.order_id not in queue
        queue[order.order_id] = order
        self.open_quantity += order.leaves_quantity
        self.order_count += 1

    def remove(self, order: LiveOrder) -> None:
        """Take an order out, and its price with it when it was the last one there."""
        rank = self.rank(order.price)
        queue = self._queues[rank]
        assert queue[order.order_id] is order
        del queue[order.order_id]
        if not queue:
            del self._queues[rank]
        self.open_quantity -= order.leaves_quantity
        self.order_count -= 1

    def fill(self, maker: LiveOrder, quantity: int) -> None:
        """Trade with a resting order: it keeps its place until nothing is left of it."""
        maker.fill(quantity)
        self.open_quantity -= quantity
        if maker.leaves_quantity == 0:
            self.remove(maker)

    def reduce(self, order: LiveOrder, quantity: int) -> None:
        """Lower what an order has open, in place."""
        assert 0 < quantity < order.leaves_quantity
        order.leaves_quantity -= quantity
        self.open_quantity -= quantity
