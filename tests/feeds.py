"""What the feed's tests have in common: builders and replicas, and what a book shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import OrderFlag, Side
from engine.feed import FeedBuilder, FeedChannel, Replica, checksum

PICTURES = (FeedChannel.TOP, FeedChannel.LEVELS, FeedChannel.ORDERS)
LEVELS_MAX = 1_000


def new_builder(core: Any, dark: frozenset[int] = frozenset(), **settings: Any) -> FeedBuilder:
    """Return a builder of all instruments that an engine has."""
    builder = FeedBuilder(**settings)
    for instrument in range(core.instrument_count):
        builder.add_instrument(instrument, dark=instrument in dark)
    return builder


def shown_orders(book: Any, side: Side) -> list[tuple[int, int, int]]:
    """Return id, price and displayed quantity of what a book shows, from its own answers."""
    displayed = dict(book.details()[["order_id", "displayed_quantity"]].tolist())
    return [
        (order_id, price, displayed.get(order_id, leaves))
        for order_id, price, leaves, flags in book.orders(side)[
            ["order_id", "price", "leaves_quantity", "flags"]
        ].tolist()
        if not flags & OrderFlag.HIDDEN
    ]


def require_same(book: Any, replica: Replica) -> None:
    """Require that a replica shows what the book shows."""
    assert replica.is_whole
    levels = 1 if replica.channel == FeedChannel.TOP else LEVELS_MAX
    for mine, theirs in zip(replica.depth(), book.depth(levels), strict=True):
        assert np.array_equal(mine, theirs)
    if replica.channel == FeedChannel.ORDERS:
        for side in Side:
            assert replica.orders(side) == shown_orders(book, side)


class Consumers:
    """A builder, and replicas of everything that it tells."""

    def __init__(self, core: Any, dark: frozenset[int] = frozenset()) -> None:
        self.core = core
        self.builder = new_builder(core, dark)
        self.replicas = [
            Replica(instrument, channel)
            for instrument in range(core.instrument_count)
            for channel in PICTURES
        ]

    def read(self, reports: np.ndarray) -> np.ndarray:
        """Follow what reports say and compare everything with the books."""
        messages = self.builder.read(reports)
        for replica in self.replicas:
            replica.read(messages)
            require_same(self.core.book(replica.instrument), replica)
            snapshot = self.builder.snapshot(replica.instrument, replica.channel)
            assert replica.checksum() == checksum(snapshot)
        return messages
