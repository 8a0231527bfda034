"""Reduce-only orders: the positions that they are held against, and what they may have of them.

A position is supplied from outside, or an account's own, and moves with the trades that are for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .._schema import OrderState, Phase, ReduceOnlyRule, Side
from .book import Book, Cross
from .orders import LiveOrder
from .positions import Which


def in_market(book: Book, account: int, side: Side) -> list[LiveOrder]:
    """Return an account's reduce-only orders in the book, or in a call without a limit, by age."""
    at_market = (order for order in book.waiting() if order.state == OrderState.AT_MARKET)
    orders = (*book.own(side).orders(), *at_market)
    return sorted(
        (
            order
            for order in orders
            if order.is_reduce_only and (order.account, order.side) == (account, side)
        ),
        key=lambda order: order.arrival,
    )


def room_for(book: Book, order: LiveOrder) -> int:
    """Return how much of the position is left for an order that comes into the market.

    One that may stay shares the position with those that are there. One that is gone at once goes
    before them: they are made smaller by what it trades.
    """
    room = book.positions.reducible(order.account, order.side)
    stays = order.may_rest or book.phase != Phase.CONTINUOUS
    if book.terms.reduce_only_rule != ReduceOnlyRule.SHRINK or not stays:
        return room
    others = in_market(book, order.account, order.side)
    taken = sum(other.leaves_quantity for other in others if other.order_id != order.order_id)
    return max(0, room - taken)


def entitled(book: Book, order: LiveOrder) -> int:
    """Return with how much an order may come into the market; 0 when it is not to come in."""
    if not order.is_reduce_only:
        return order.leaves_quantity
    rule, room = book.terms.reduce_only_rule, room_for(book, order)
    if rule == ReduceOnlyRule.IMMEDIATE and book.phase != Phase.CONTINUOUS:
        return 0
    if rule == ReduceOnlyRule.CANCEL and order.leaves_quantity > room:
        return 0
    return min(order.leaves_quantity, room)


def excesses(book: Book, account: int) -> Iterator[tuple[LiveOrder, int]]:
    """Yield the orders of an account that are more than its position, the newest first.

    Each with what it has too much. Of the side that would make the position larger all are.
    """
    for side in Side:
        orders = in_market(book, account, side)
        room = book.positions.reducible(account, side)
        if book.terms.reduce_only_rule == ReduceOnlyRule.CANCEL:
            for order in reversed(orders):
                if order.leaves_quantity > room:
                    yield order, order.leaves_quantity
            continue
        excess = sum(order.leaves_quantity for order in orders) - room
        for order in reversed(orders):
            if excess > 0:
                lots = min(order.leaves_quantity, excess)
                excess -= lots
                yield order, lots


def moves(book: Book, crosses: list[Cross]) -> Iterator[tuple[int, Counter[Which]]]:
    """Yield by how many lots the trades of an auction move positions, by account.

    What makes a position smaller counts first: what an account buys in an auction makes no room for
    what it was to sell there.
    """
    positions = book.positions
    orders = [(order, cross) for cross in crosses for order in (cross.buyer, cross.seller)]
    for account in positions.accounts():
        closing: Counter[Which] = Counter()
        opening: Counter[Which] = Counter()
        for order, cross in orders:
            if order.account == account:
                moved = closing if positions.closes(order) else opening
                moved[positions.which(order)] += order.side * cross.quantity
        yield account, closing
        yield account, opening
