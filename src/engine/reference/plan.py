"""What an incoming order would do to the other side, act by act, before anything changes.

One plan answers the questions (would it trade, would it fill whole) and is then carried out, so the
question and the deed cannot disagree.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import NamedTuple

from .._schema import OrderFlag, OrderType, SelfTradeMode
from .orders import LiveOrder
from .side import BookSide


class Deed(Enum):
    """What happens to a resting order."""

    TRADE = 1
    CANCEL = 2
    """It is canceled rather than trade with its own side."""
    DECREMENT = 3
    """Both orders lose the quantity rather than trade it with each other."""


class Act(NamedTuple):
    """One thing that happens to one resting order."""

    deed: Deed
    maker: LiveOrder
    quantity: int


class Plan(NamedTuple):
    """All that an incoming order does before it rests or goes."""

    acts: list[Act]
    cancels_taker: bool
    """Whether what is left of it is canceled because it met its own side."""

    @property
    def traded(self) -> int:
        """How many lots it trades."""
        return sum(act.quantity for act in self.acts if act.deed == Deed.TRADE)

    @property
    def first_price(self) -> int | None:
        """The price of its first trade, None when it trades nothing."""
        prices = (act.maker.price for act in self.acts if act.deed == Deed.TRADE)
        return next(prices, None)

    @property
    def last_price(self) -> int | None:
        """The price of its last trade."""
        prices = (act.maker.price for act in reversed(self.acts) if act.deed == Deed.TRADE)
        return next(prices, None)


def plan_of(taker: LiveOrder, other: BookSide) -> Plan:
    """Return what an incoming order would do to the other side.

    A MARKET_TO_LIMIT order takes the best price that it can trade at, and no other.
    """
    if taker.order_type != OrderType.MARKET_TO_LIMIT:
        return _walk(taker, other, taker.limit)
    best = _walk(taker, other, None).first_price
    return Plan([], False) if best is None else _walk(taker, other, best)


def _walk(taker: LiveOrder, other: BookSide, limit: int | None) -> Plan:
    """Meet the other side price by price, at each price first what is shown, then what is hidden.

    An iceberg whose part is used up shows the next one at the tail of what is shown.
    """
    walk = _Walk(taker)
    for price in other.prices(limit):
        orders = other.queue(price)
        for is_hidden in (False, True):
            queue = deque(
                (order, order.available, order.leaves_quantity)
                for order in orders
                if order.is_hidden == is_hidden
            )
            while queue:
                maker, available, leaves = queue.popleft()
                if walk.is_over:
                    return Plan(walk.acts, walk.cancels_taker)
                taken = walk.meet(maker, available, leaves)
                if taken == available < leaves:
                    leaves -= taken
                    queue.append((maker, min(maker.display_quantity, leaves), leaves))
    return Plan(walk.acts, walk.cancels_taker)


class _Walk:
    """An incoming order on its way through the other side."""

    def __init__(self, taker: LiveOrder) -> None:
        self.taker = taker
        self.open = taker.leaves_quantity
        self.budget = taker.bound if taker.flags & OrderFlag.BUDGET else None
        self.acts: list[Act] = []
        self.cancels_taker = False
        self.is_out_of_money = False

    @property
    def is_over(self) -> bool:
        """Whether it goes no further."""
        return self.open == 0 or self.cancels_taker or self.is_out_of_money

    def meet(self, maker: LiveOrder, available: int, leaves: int) -> int:
        """Note what happens with one resting order; return what the order gives of itself."""
        wanted = min(self.open, available)
        lots = self._affordable(maker.price, wanted)
        self.is_out_of_money = lots < wanted
        if lots == 0:
            return 0
        if not self._suits_both(maker, leaves, lots):
            return 0
        if self.taker.self_trade_mode != SelfTradeMode.NONE and is_own(self.taker, maker):
            self._prevent(maker, leaves)
            return 0
        self.acts.append(Act(Deed.TRADE, maker, lots))
        self.open -= lots
        if self.budget is not None and maker.price > 0:
            self.budget -= lots * maker.price
        return lots

    def _affordable(self, price: int, lots: int) -> int:
        if self.budget is None or price <= 0:
            return lots
        return min(lots, self.budget // price)

    def _suits_both(self, maker: LiveOrder, leaves: int, lots: int) -> bool:
        """Return whether both take a fill of this size."""
        if OrderFlag.ALL_OR_NONE in maker.flags and lots < leaves:
            return False
        if OrderFlag.MINIMUM_EACH in maker.flags and lots < min(maker.minimum_quantity, leaves):
            return False
        taker = self.taker
        if OrderFlag.MINIMUM_EACH in taker.flags:
            return lots >= min(taker.minimum_quantity, self.open)
        return True

    def _prevent(self, maker: LiveOrder, leaves: int) -> None:
        """Do what the incoming order's mode asks for instead of a trade with its own side."""
        mode = self.taker.self_trade_mode
        if mode == SelfTradeMode.DECREMENT_AND_CANCEL:
            lots = min(self.open, leaves)
            self.acts.append(Act(Deed.DECREMENT, maker, lots))
            self.open -= lots
            return
        if mode in (SelfTradeMode.CANCEL_OLDEST, SelfTradeMode.CANCEL_BOTH):
            self.acts.append(Act(Deed.CANCEL, maker, leaves))
        if mode in (SelfTradeMode.CANCEL_NEWEST, SelfTradeMode.CANCEL_BOTH):
            self.cancels_taker = True


def is_own(taker: LiveOrder, maker: LiveOrder) -> bool:
    """Return whether two orders belong together: by the incoming one's group, or by account."""
    if taker.self_trade_group:
        return taker.self_trade_group == maker.self_trade_group
    return taker.account == maker.account
