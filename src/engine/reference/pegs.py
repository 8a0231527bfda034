"""Orders whose price follows the market: where each of them is to stand."""

from __future__ import annotations

from typing import NamedTuple

from .._schema import BUY, OrderFlag, OrderType
from .instrument import InstrumentTerms
from .orders import LiveOrder
from .side import BookSide


class Quote(NamedTuple):
    """The prices that pegged orders follow, None where there is none."""

    bid: int | None
    offer: int | None


def pegged_price(order: LiveOrder, quote: Quote, terms: InstrumentTerms) -> int | None:
    """Return the price at which a pegged order is to stand, None when it has nothing to follow.

    Its worst price holds it, and the instrument's bounds do.
    """
    bid, offer = quote
    own, other = (bid, offer) if order.side == BUY else (offer, bid)
    if order.order_type == OrderType.PEG_MIDPOINT:
        followed = None if bid is None or offer is None else (bid + offer) // 2
    else:
        followed = own if order.order_type == OrderType.PEG_PRIMARY else other
    if followed is None:
        return None
    price = followed + order.offset
    if order.flags & OrderFlag.PROTECTED:
        price = min(price, order.bound) if order.side == BUY else max(price, order.bound)
    return min(max(price, terms.min_price), terms.max_price)


def best_shown(side: BookSide) -> int | None:
    """Return the best price of a side at which an order that is not pegged is shown."""
    for price, queue in side.queues():
        if any(not order.is_pegged for order in queue.values()):
            return price
    return None
