"""Orders whose price follows the market: where each of them is to stand."""

from __future__ import annotations

from .._schema import BUY, OrderFlag, OrderType, Side
from .book import Book
from .orders import LiveOrder


def pegged_price(book: Book, order: LiveOrder) -> int | None:
    """Return the price at which a pegged order is to stand now, None when it has nothing to follow.

    It follows what others show: prices of pegged and of hidden orders do not count. Its worst price
    holds it, and the instrument's bounds do.
    """
    bid, ask = (best_shown(book, side) for side in Side)
    own, other = (bid, ask) if order.side == BUY else (ask, bid)
    if order.order_type == OrderType.PEG_MIDPOINT:
        followed = None if bid is None or ask is None else (bid + ask) // 2
    else:
        followed = own if order.order_type == OrderType.PEG_PRIMARY else other
    if followed is None:
        return None
    price = followed + order.offset
    if order.flags & OrderFlag.PROTECTED:
        price = min(price, order.bound) if order.side == BUY else max(price, order.bound)
    return min(max(price, book.terms.min_price), book.terms.max_price)


def best_shown(book: Book, side: Side) -> int | None:
    """Return the best price of a side at which an order that is not pegged is shown."""
    for price, queue in book.sides[side].queues():
        if any(not order.is_pegged for order in queue.values()):
            return price
    return None
