"""The book of one instrument: two sides, the orders outside it that wait, and the last trade."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

import numpy as np

from .._schema import (
    LEVEL_DTYPE,
    OrderFlag,
    OrderState,
    Phase,
    Side,
    TriggerSource,
    Visibility,
)
from .._uncrossing import Uncrossing
from ..records import Depth, QueuePosition, RecordArray
from .auction import auction_fills, uncross_price
from .bands import EVERY_PRICE, PriceBand, band_around
from .contract import ContractTerms
from .instrument import InstrumentTerms
from .orders import LiveOrder
from .pegs import Quote, best_shown, pegged_price
from .plan import Market, Plan, plan_of
from .positions import Positions, Which
from .side import BookSide
from .triggers import Triggers


class Cross(NamedTuple):
    """A trade of an auction."""

    buyer: LiveOrder
    seller: LiveOrder
    quantity: int


class Book:
    """What rests in one instrument. It knows no ids of other books and no clock."""

    def __init__(
        self, number: int, terms: InstrumentTerms, contract: ContractTerms | None = None
    ) -> None:
        self.number = number
        self.terms = terms
        self._contract = contract
        self.sides = {side: BookSide(side) for side in Side}
        self.triggers = Triggers(terms.trigger_order)
        self.phase = Phase.CONTINUOUS
        self.aside: dict[int, LiveOrder] = {}
        """By id, orders that wait outside the book for other things than a price."""
        self.pegged: dict[int, LiveOrder] = {}
        """By id, the live orders that follow the market, in the book or not."""
        self.last_trade: tuple[int, int] | None = None
        self.positions = Positions()

    def own(self, side: int) -> BookSide:
        """Return the side on which an order of this side rests."""
        return self.sides[Side(side)]

    def opposite(self, side: int) -> BookSide:
        """Return the side with which an order of this side trades."""
        return self.sides[Side(-side)]

    @property
    def contract(self) -> ContractTerms:
        """What its trades are worth. REQUIRES: the engine has accounts."""
        assert self._contract is not None
        return self._contract

    @property
    def is_dark(self) -> bool:
        """Whether nothing that rests here is shown."""
        return self.terms.visibility == Visibility.DARK

    def quote(self) -> Quote:
        """Return the best bid and offer, which pegged orders follow.

        They are what others show here, and of a dark book the prices from outside. Where those
        contradict each other there is no market to follow.
        """
        if not self.is_dark:
            return Quote(*(best_shown(self.sides[side]) for side in Side))
        prices = self.triggers.prices
        bid, offer = prices.get(TriggerSource.BID), prices.get(TriggerSource.OFFER)
        is_crossed = bid is not None and offer is not None and bid > offer
        return Quote(None, None) if is_crossed else Quote(bid, offer)

    def peg(self, order: LiveOrder) -> int | None:
        """Return the price at which a pegged order is to stand now, None when it is to wait."""
        return pegged_price(order, self.quote(), self.terms)

    def plan(self, taker: LiveOrder) -> Plan:
        """Return what an order would do if it came in now.

        A post-only order must not rest where it would trade, be that within the band or not.
        """
        band = EVERY_PRICE if taker.flags & OrderFlag.POST_ONLY else self.band
        is_exchange = self._contract is not None and self._contract.is_spot
        market = Market(self.terms, self.yet_to_move(), band, self.positions, is_exchange)
        return plan_of(taker, self.opposite(taker.side), market)

    def yet_to_move(self) -> set[int]:
        """Return the ids of pegged orders that trade with nobody before they have moved.

        The market that orders of a dark book follow is not their own: what stands where that was
        would be there for the taking.
        """
        if not self.is_dark:
            return set()
        orders = (order for order in self.pegged.values() if order.is_queued)
        return {order.order_id for order in orders if order.price != self.peg(order)}

    def put(self, order: LiveOrder) -> None:
        """Let an order rest, which may make it the top order of its side.

        One that is shown at a better price than all others takes that from whoever has it. Itself
        it has it only where the instrument has top orders, and only from continuous trading.
        """
        side = self.own(order.side)
        is_better = not order.is_hidden and side.betters(order.price)
        side.append(order)
        if is_better:
            may_be_top = self.terms.top_order_maximum > 0 and self.phase == Phase.CONTINUOUS
            side.top_order = order if may_be_top else None

    @property
    def band(self) -> PriceBand:
        """The prices at which continuous trading trades now.

        A band whose middle is not known yet binds nothing.
        """
        band = EVERY_PRICE
        for source, millionths in (
            (TriggerSource.REFERENCE, self.terms.static_band),
            (TriggerSource.LAST, self.terms.dynamic_band),
        ):
            centre = self.triggers.prices.get(source)
            if millionths and centre is not None:
                band = band.within(band_around(centre, millionths))
        return band

    def orders(self) -> list[LiveOrder]:
        """Return every order that rests, bids before asks, each side by price and time."""
        return [order for side in Side for order in self.sides[side].orders()]

    def waiting(self) -> list[LiveOrder]:
        """Return the orders outside the book that wait, by age."""
        orders = (*self.triggers.waiting.values(), *self.aside.values())
        return sorted(orders, key=lambda order: order.arrival)

    def open_quantity(self, which: Which, side: Side) -> int:
        """Return what is open on a side for a position, in the book and waiting."""
        return sum(
            order.leaves_quantity
            for order in (*self.orders(), *self.waiting())
            if (self.positions.which(order), order.side) == (which, side)
        )

    def in_auction(self, side: Side) -> list[tuple[LiveOrder, int]]:
        """Return a side's orders that take part in an auction, in the order in which they trade.

        Those without a limit by age, then the others by price and time, whole. Orders that trade
        whole or not at all, or in a minimum quantity, do not take part; reduce-only orders do with
        what those before them leave of their position.
        """
        at_market = [
            order
            for order in self.waiting()
            if order.state == OrderState.AT_MARKET and order.side == side
        ]
        found: list[tuple[LiveOrder, int]] = []
        rooms: dict[Which, int] = {}
        for order in (*at_market, *self.sides[side].orders()):
            if order.is_choosy:
                continue
            which = self.positions.which(order)
            room = rooms.get(which, self.positions.reducible(order.account, side))
            lots = order.leaves_quantity
            if order.is_reduce_only:
                lots = min(lots, room)
            rooms[which] = max(0, room - lots)
            if lots > 0:
                found.append((order, lots))
        return found

    def uncrossing(self) -> Uncrossing | None:
        """Return what an auction would come to now, None when nothing would trade.

        Its reference is the reference price that was set, or else the last price.
        """
        prices = self.triggers.prices
        bids, asks = (_interest(self.in_auction(side)) for side in Side)
        return uncross_price(
            bids,
            asks,
            reference=prices.get(TriggerSource.REFERENCE, prices.get(TriggerSource.LAST)),
            rule=self.terms.auction_rule,
            prices=self.terms.auction_prices,
        )

    def crosses(self, price: int) -> list[Cross]:
        """Return the trades of an auction at a price."""
        buyers, sellers = (self.in_auction(side) for side in Side)
        fills = auction_fills(_interest(buyers), _interest(sellers), price)
        return [Cross(buyers[fill.bid][0], sellers[fill.ask][0], fill.quantity) for fill in fills]

    def special(self) -> list[LiveOrder]:
        """Return the live orders that have details, by age."""
        orders = [*self.orders(), *self.waiting()]
        return sorted(
            (order for order in orders if order.is_special), key=lambda order: order.arrival
        )

    @property
    def order_count(self) -> int:
        """How many orders rest here."""
        return sum(side.order_count for side in self.sides.values())

    def depth(self, levels: int) -> Depth:
        """Return the best `levels` prices of each side: what is shown."""
        return Depth(*(self._levels(self.sides[side], levels) for side in Side))

    def queue_position(self, order: LiveOrder) -> QueuePosition:
        """Return what stands before an order of this book at its own price."""
        ahead: list[int] = []
        for other in self.own(order.side).queue(order.price):
            if other is order:
                break
            ahead.append(other.available)
        return QueuePosition(len(ahead), sum(ahead))

    @staticmethod
    def _levels(side: BookSide, levels: int) -> RecordArray:
        rows = [
            (price, sum(order.displayed_quantity for order in queue.values()), len(queue))
            for price, queue in islice(side.queues(), levels)
        ]
        return np.array(rows, dtype=LEVEL_DTYPE)


def _interest(orders: list[tuple[LiveOrder, int]]) -> list[tuple[int | None, int]]:
    return [
        (None if order.state == OrderState.AT_MARKET else order.price, lots)
        for order, lots in orders
    ]
