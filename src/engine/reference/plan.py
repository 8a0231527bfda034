"""What an incoming order would do to the other side, act by act, before anything changes.

One plan answers the questions (would it trade, would it fill whole) and is then carried out, so the
question and the deed cannot disagree.
"""

from __future__ import annotations

from collections import Counter, deque
from enum import Enum
from typing import NamedTuple

from .._schema import Allocation, OrderFlag, OrderType, SelfTradeMode
from .._uncrossing import TopOrder
from .allocation import allocate
from .bands import PriceBand
from .instrument import InstrumentTerms
from .orders import LiveOrder
from .positions import Positions, Which
from .side import BookSide


class Deed(Enum):
    """What happens to a resting order."""

    TRADE = 1
    CANCEL = 2
    """It is canceled rather than trade with its own side."""
    DECREMENT = 3
    """Both orders lose the quantity rather than trade it with each other."""
    TRANSFER = 4
    """The same, and the quantity and its value change hands between their accounts."""


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
    reaches_band: bool = False
    """Whether it stops because its next trade would lie outside the price band."""

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


class Offer(NamedTuple):
    """What a resting order has for an incoming one at some moment of a plan."""

    maker: LiveOrder
    available: int
    """Lots to be had in its turn: of an iceberg, what it shows."""
    leaves: int

    def after(self, lots: int) -> Offer:
        """Return what it has once it gave so many lots; an iceberg may show its next part."""
        available, leaves = self.available - lots, self.leaves - lots
        if available == 0:
            available = min(self.maker.display_quantity, leaves)
        return Offer(self.maker, available, leaves)


class Market(NamedTuple):
    """What of a book bounds the plans that are made for it."""

    terms: InstrumentTerms
    passed_over: set[int]
    """The ids of orders that trade with nobody for now."""
    band: PriceBand
    positions: Positions
    is_exchange: bool
    """Whether there are accounts, whose currencies its trades exchange."""


def plan_of(taker: LiveOrder, other: BookSide, market: Market) -> Plan:
    """Return what an incoming order would do to the other side, trading within a price band.

    A MARKET_TO_LIMIT order takes the best price that it can trade at, and no other.
    """
    if taker.order_type != OrderType.MARKET_TO_LIMIT:
        return _walk(taker, other, market, taker.limit)
    every = _walk(taker, other, market, None)
    best = every.first_price
    if best is None:
        return Plan([], False, every.reaches_band)
    return _walk(taker, other, market, best)


def _walk(taker: LiveOrder, other: BookSide, market: Market, limit: int | None) -> Plan:
    """Meet the other side price by price, at each price first what is shown, then what is hidden.

    An iceberg whose part is used up shows the next one at the tail of what is shown.
    """
    walk = _Walk(taker, market)
    for price in other.prices(limit):
        orders = other.queue(price)
        for is_hidden in (False, True):
            offers = [
                Offer(order, order.available, order.leaves_quantity)
                for order in orders
                if order.is_hidden == is_hidden and order.order_id not in market.passed_over
            ]
            is_shared = market.terms.allocation == Allocation.PRO_RATA and market.band.holds(price)
            if offers and not is_hidden and is_shared:
                offers = walk.share(offers, other.top_order, market.terms)
            queue = deque(offers)
            while queue:
                offer = queue.popleft()
                if walk.is_over:
                    return walk.plan
                taken = walk.meet(offer)
                if taken == offer.available < offer.leaves:
                    queue.append(offer.after(taken))
    return walk.plan


class _Walk:
    """An incoming order on its way through the other side."""

    def __init__(self, taker: LiveOrder, market: Market) -> None:
        self.taker = taker
        self.band = market.band
        self.positions = market.positions
        self.is_exchange = market.is_exchange
        self.traded: Counter[Which] = Counter()
        """By position, what has traded on the way of orders of the other side for it."""
        self.open = taker.leaves_quantity
        self.budget = taker.bound if taker.flags & OrderFlag.BUDGET else None
        self.acts: list[Act] = []
        self.cancels_taker = False
        self.is_out_of_money = False
        self.reaches_band = False

    @property
    def is_over(self) -> bool:
        """Whether it goes no further."""
        is_stopped = self.cancels_taker or self.is_out_of_money or self.reaches_band
        return self.open == 0 or is_stopped

    @property
    def plan(self) -> Plan:
        """What it has come to."""
        return Plan(self.acts, self.cancels_taker, self.reaches_band)

    def share(
        self, offers: list[Offer], top_order: LiveOrder | None, terms: InstrumentTerms
    ) -> list[Offer]:
        """Share what comes in among what is shown at a price; return what it has left.

        First the orders of its own side are dealt with. Those that take no part of themselves, or
        no small one, have no share, and are left to be met by time.
        """
        own = [offer for offer in offers if self._is_to_prevent(offer.maker)]
        for offer in own:
            if not offer.maker.is_choosy and not self.is_over:
                self.meet(offer)
        if self.is_over:
            return offers
        sizes = self._sizes(
            [
                offer._replace(available=0) if offer.maker.is_choosy or offer in own else offer
                for offer in offers
            ]
        )
        lots_in = self._affordable(offers[0].maker.price, min(self.open, sum(sizes)))
        shares = allocate(
            sizes, lots_in, minimum=terms.pro_rata_minimum, top=_top(offers, top_order, terms)
        )
        left, shown_next = [], []
        for offer, share in zip(offers, shares, strict=True):
            given = share if share and self._suits_both(offer.maker, offer.leaves, share) else 0
            if given:
                self._trade(offer.maker, given)
            if given == offer.available:
                shown_next += [offer.after(given)] if given < offer.leaves else []
            elif offer.maker.is_choosy or offer not in own:
                left.append(offer.after(given))
        return left + shown_next

    def _sizes(self, offers: list[Offer]) -> list[int]:
        """Return with how much each of these has a part when a quantity is shared.

        A reduce-only order has it with what those before it leave of its position.
        """
        sizes = []
        before: Counter[Which] = Counter()
        for maker, size, _ in offers:
            which = self.positions.which(maker)
            if self._is_held(maker):
                size = min(size, max(0, self._reducible(maker) - before[which]))
            sizes.append(size)
            before[which] += size
        return sizes

    def meet(self, offer: Offer) -> int:
        """Note what happens with one resting order; return what the order gives of itself."""
        maker, available, leaves = offer
        wanted = min(self.open, available, self._reducible(maker))
        lots = self._affordable(maker.price, wanted)
        trades = lots > 0 and self._suits_both(maker, leaves, lots)
        if trades and self._is_to_prevent(maker):
            self._prevent(maker, leaves)
            return 0
        self.is_out_of_money = lots < wanted
        if not trades:
            return 0
        if not self.band.holds(maker.price):
            self.reaches_band = True
            return 0
        self._trade(maker, lots)
        return lots

    def _trade(self, maker: LiveOrder, lots: int) -> None:
        self.acts.append(Act(Deed.TRADE, maker, lots))
        self.open -= lots
        self.traded[self.positions.which(maker)] += lots
        if self.budget is not None and maker.price > 0:
            self.budget -= lots * maker.price

    def _reducible(self, maker: LiveOrder) -> int:
        """Return what a reduce-only order may give: no more than is left of the position.

        A trade for the same position as the incoming order's leaves it, and others of that make
        what orders here can reduce larger.
        """
        if not self._is_held(maker):
            return maker.leaves_quantity
        room = self.positions.reducible(maker.account, maker.side)
        return max(0, room - self.traded[self.positions.which(maker)])

    def _is_held(self, maker: LiveOrder) -> bool:
        which = self.positions.which
        return maker.is_reduce_only and which(maker) != which(self.taker)

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

    def _is_to_prevent(self, maker: LiveOrder) -> bool:
        """Return whether the incoming order's mode forbids the two to trade with each other."""
        return self.taker.self_trade_mode != SelfTradeMode.NONE and is_own(self.taker, maker)

    def _prevent(self, maker: LiveOrder, leaves: int) -> None:
        """Do what the incoming order's mode asks for instead of a trade with its own side."""
        mode = self.taker.self_trade_mode
        if mode in (SelfTradeMode.DECREMENT_AND_CANCEL, SelfTradeMode.TRANSFER):
            lots = min(self.open, leaves)
            if self._is_transfer(maker):
                self._transfer(maker, lots)
                return
            self.acts.append(Act(Deed.DECREMENT, maker, lots))
            self.open -= lots
            return
        if mode in (SelfTradeMode.CANCEL_OLDEST, SelfTradeMode.CANCEL_BOTH):
            self.acts.append(Act(Deed.CANCEL, maker, leaves))
        if mode in (SelfTradeMode.CANCEL_NEWEST, SelfTradeMode.CANCEL_BOTH):
            self.cancels_taker = True

    def _is_transfer(self, maker: LiveOrder) -> bool:
        """Return whether what both lose changes hands: both ask for it, for different accounts."""
        modes = {self.taker.self_trade_mode, maker.self_trade_mode}
        is_asked_for = modes == {SelfTradeMode.TRANSFER}
        return self.is_exchange and is_asked_for and maker.account != self.taker.account

    def _transfer(self, maker: LiveOrder, wanted: int) -> None:
        """Let lots change hands; their buyer pays, which comes out of a budget as a trade does."""
        lots = self._affordable(maker.price, wanted)
        self.is_out_of_money = lots < wanted
        self.acts.append(Act(Deed.TRANSFER, maker, lots))
        self.open -= lots
        if self.budget is not None and maker.price > 0:
            self.budget -= lots * maker.price


def _top(
    offers: list[Offer], top_order: LiveOrder | None, terms: InstrumentTerms
) -> TopOrder | None:
    """Return what the top order is to be given first, None where it is not among the offers.

    It was alone when it came, and is none once it leaves its place: it is the first.
    """
    if top_order is None or offers[0].maker is not top_order:
        return None
    return TopOrder(0, terms.top_order_minimum, terms.top_order_maximum)


def is_own(taker: LiveOrder, maker: LiveOrder) -> bool:
    """Return whether two orders belong together: by the incoming one's group, or by account."""
    if taker.self_trade_group:
        return taker.self_trade_group == maker.self_trade_group
    return taker.account == maker.account
