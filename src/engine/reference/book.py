"""The book of one instrument: two sides and the last trade."""

from __future__ import annotations

from itertools import islice

import numpy as np

from .._schema import LEVEL_DTYPE, Side
from ..records import Depth, QueuePosition, RecordArray
from .instrument import InstrumentTerms
from .orders import LiveOrder
from .side import BookSide, Fill


class Book:
    """What rests in one instrument. It knows no ids of other books and no clock."""

    def __init__(self, number: int, terms: InstrumentTerms) -> None:
        self.number = number
        self.terms = terms
        self.sides = {side: BookSide(side) for side in Side}
        self.last_trade: tuple[int, int] | None = None

    def own(self, side: int) -> BookSide:
        """Return the side on which an order of this side rests."""
        return self.sides[Side(side)]

    def opposite(self, side: int) -> BookSide:
        """Return the side with which an order of this side trades."""
        return self.sides[Side(-side)]

    def fills(self, side: int, limit: int | None, quantity: int) -> list[Fill]:
        """Return the fills that an order would get if it came in now."""
        return self.opposite(side).fills(limit, quantity)

    def orders(self) -> list[LiveOrder]:
        """Return every order, bids before asks, each side by price and time."""
        return [order for side in Side for order in self.sides[side].orders()]

    @property
    def order_count(self) -> int:
        """How many orders rest here."""
        return sum(side.order_count for side in self.sides.values())

    def depth(self, levels: int) -> Depth:
        """Return the best `levels` prices of each side."""
        return Depth(*(self._levels(self.sides[side], levels) for side in Side))

    def queue_position(self, order: LiveOrder) -> QueuePosition:
        """Return what stands before an order of this book at its own price."""
        ahead: list[int] = []
        for other in self.own(order.side).queue(order.price).values():
            if other is order:
                break
            ahead.append(other.leaves_quantity)
        return QueuePosition(len(ahead), sum(ahead))

    @staticmethod
    def _levels(side: BookSide, levels: int) -> RecordArray:
        rows = [
            (price, sum(order.leaves_quantity for order in queue.values()), len(queue))
            for price, queue in islice(side.queues(), levels)
        ]
        return np.array(rows, dtype=LEVEL_DTYPE)
