"""One side of a book: prices from best to worst, at each price two queues in order of arrival.

Bids and asks are the same code. A price's *rank* is `-side * price`: the best price has the
smallest rank on either side, and "at the limit or better" reads `rank(price) <= rank(limit)`.
At one price, what is shown goes before what is hidden.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from typing import Final, TypeAlias

from sortedcontainers import SortedDict  # type: ignore[import-untyped]

from .._schema import Side
from .orders import LiveOrder

Queue: TypeAlias = OrderedDict[int, LiveOrder]
"""The orders of one price by id, first come first."""
NO_ORDERS: Final[Queue] = Queue()


class BookSide:
    """The resting orders of one side."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.open_quantity = 0
        """Lots of all its orders, and of those that wait for a trigger."""
        self.order_count = 0
        self.choosy_count = 0
        """Orders that may rest at prices that meet the other side's."""
        self.top_order: LiveOrder | None = None
        """Who came to rest alone at the best price that is shown, and stands there since."""
        self._shown: MutableMapping[int, Queue] = SortedDict()
        self._hidden: MutableMapping[int, Queue] = SortedDict()

    def rank(self, price: int) -> int:
        """Return the price's place on this side, smaller is better."""
        return -self.side * price

    def best(self) -> int | None:
        """Return the best price that is shown, None when nothing is."""
        rank = next(iter(self._shown), None)
        return None if rank is None else -self.side * rank

    def betters(self, price: int) -> bool:
        """Return whether a price is better than all that is shown."""
        best = self.best()
        return best is None or self.rank(price) < self.rank(best)

    def queues(self) -> Iterator[tuple[int, Queue]]:
        """Yield price and queue of what is shown, best price first."""
        for rank, queue in self._shown.items():
            yield -self.side * rank, queue

    def queue(self, price: int) -> list[LiveOrder]:
        """Return the orders at a price, in the order in which they trade."""
        rank = self.rank(price)
        shown = self._shown.get(rank, NO_ORDERS)
        hidden = self._hidden.get(rank, NO_ORDERS)
        return [*shown.values(), *hidden.values()]

    def prices(self, limit: int | None = None) -> list[int]:
        """Return the prices of all orders, best first, up to a limit."""
        ranks = sorted({*self._shown, *self._hidden})
        return [-self.side * rank for rank in ranks if limit is None or rank <= self.rank(limit)]

    def orders(self) -> Iterator[LiveOrder]:
        """Yield the orders by price, then in the order in which they trade."""
        for price in self.prices():
            yield from self.queue(price)

    def append(self, order: LiveOrder) -> None:
        """Put an order at the tail of its queue, showing as much as it may."""
        assert order.leaves_quantity > 0
        order.show()
        queue = self._queues_of(order).setdefault(self.rank(order.price), Queue())
        assert order.order_id not in queue
        queue[order.order_id] = order
        order.is_queued = True
        self.choosy_count += order.is_choosy
        self.open_quantity += order.leaves_quantity
        self.order_count += 1

    def remove(self, order: LiveOrder) -> None:
        """Take an order out, and its price with it when it was the last one there."""
        queues = self._queues_of(order)
        rank = self.rank(order.price)
        queue = queues[rank]
        assert queue[order.order_id] is order
        del queue[order.order_id]
        order.is_queued = False
        if self.top_order is order:
            self.top_order = None
        self.choosy_count -= order.is_choosy
        if not queue:
            del queues[rank]
        self.open_quantity -= order.leaves_quantity
        self.order_count -= 1

    def fill(self, maker: LiveOrder, quantity: int) -> bool:
        """Trade with a resting order, which keeps its place until nothing is left to see of it.

        Returns whether it then shows a new part of itself, at the tail of its price.
        """
        maker.fill(quantity)
        self.open_quantity -= quantity
        if not maker.is_hidden:
            maker.displayed_quantity -= quantity
        if maker.leaves_quantity == 0:
            self.remove(maker)
            return False
        if maker.available > 0:
            return False
        self.remove(maker)
        self.append(maker)
        return True

    def fill_in_auction(self, order: LiveOrder, quantity: int) -> None:
        """Trade with a resting order as a whole, shown or not; it keeps its place."""
        order.fill(quantity)
        self.open_quantity -= quantity
        if order.leaves_quantity == 0:
            self.remove(order)
        else:
            order.show()

    def reduce(self, order: LiveOrder, quantity: int) -> None:
        """Lower what an order has open, in place; what is not shown goes first."""
        assert 0 < quantity < order.leaves_quantity
        order.leaves_quantity -= quantity
        order.displayed_quantity = min(order.displayed_quantity, order.leaves_quantity)
        self.open_quantity -= quantity

    def _queues_of(self, order: LiveOrder) -> MutableMapping[int, Queue]:
        return self._hidden if order.is_hidden else self._shown
