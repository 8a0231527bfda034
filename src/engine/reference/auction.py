"""The price of a call auction, and who trades with whom at it.

At a price, buyers with that limit or a higher one would trade, sellers with that or a lower one,
and market orders whatever it is. The smaller of the two sums is the executable volume, buyers less
sellers is the surplus. Neither changes between two neighbouring limits, so a stretch of prices is
as easy to judge as one price, and no tick is visited on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from .._schema import AuctionPrices, AuctionRule
from .._uncrossing import AuctionFill, Interest, Uncrossing
from .instrument import MILLION

OF_LIMITS_ALONE: Final = frozenset({AuctionRule.MIDPOINT, AuctionRule.LOWEST})


class Stretch(NamedTuple):
    """Neighbouring prices at which the same would trade."""

    lowest: int
    highest: int
    bought: int
    sold: int

    @property
    def volume(self) -> int:
        """What trades."""
        return min(self.bought, self.sold)

    @property
    def surplus(self) -> int:
        """What is bid beyond that, or asked, which is below 0."""
        return self.bought - self.sold


def uncross_price(
    bids: Interest,
    asks: Interest,
    *,
    reference: int | None = None,
    rule: AuctionRule = AuctionRule.CLOSEST,
    prices: AuctionPrices = AuctionPrices.EVERY_TICK,
    upper: int | None = None,
    lower: int | None = None,
) -> Uncrossing | None:
    """Return the price at which most trades, None when nothing does or there is no price.

    The parameters are those of `engine.auctions.uncross_price`.
    """
    stretches = _stretches(bids, asks, _candidates(bids, asks, reference, rule), prices)
    volume = max((stretch.volume for stretch in stretches), default=0)
    if volume == 0:
        return None
    tied = [stretch for stretch in stretches if stretch.volume == volume]
    if rule == AuctionRule.MIDPOINT:
        price = (tied[0].lowest + tied[-1].highest) // 2
    else:
        least = min(abs(stretch.surplus) for stretch in tied)
        tied = [stretch for stretch in tied if abs(stretch.surplus) == least]
        price = tied[0].lowest
        if rule != AuctionRule.LOWEST:
            price = _among_equals(tied, reference, rule, upper, lower)
    surplus = _bought(bids, price) - _sold(asks, price)
    return Uncrossing(price, volume, surplus, tied[0].lowest, tied[-1].highest)


def _candidates(
    bids: Interest, asks: Interest, reference: int | None, rule: AuctionRule
) -> list[int]:
    """Return every limit and the reference price, lowest first.

    For MIDPOINT and LOWEST the reference counts only where no order has a limit.
    """
    found = {price for price, _ in (*bids, *asks) if price is not None}
    if reference is not None and not (found and rule in OF_LIMITS_ALONE):
        found.add(reference)
    return sorted(found)


def _stretches(
    bids: Interest, asks: Interest, candidates: list[int], prices: AuctionPrices
) -> list[Stretch]:
    """Return the candidates and, if every tick is one, what lies between them, lowest first."""
    ends = [(price, price) for price in candidates]
    if prices == AuctionPrices.EVERY_TICK:
        ends += [
            (below + 1, above - 1) for below, above in pairwise(candidates) if below + 1 < above
        ]
    return [
        Stretch(lowest, highest, _bought(bids, lowest), _sold(asks, lowest))
        for lowest, highest in sorted(ends)
    ]


def _bought(bids: Interest, price: int) -> int:
    return sum(lots for limit, lots in bids if limit is None or limit >= price)


def _sold(asks: Interest, price: int) -> int:
    return sum(lots for limit, lots in asks if limit is None or limit <= price)


def _among_equals(
    tied: list[Stretch],
    reference: int | None,
    rule: AuctionRule,
    upper: int | None,
    lower: int | None,
) -> int:
    """Return the price among those with the same volume and the same size of surplus.

    Where buyers are left over at all of them it is the highest, where sellers are, the lowest: but
    no further from the reference than the limit of that side, if the range reaches there. Otherwise
    the reference decides, and without one it is the lowest.
    """
    lowest, highest = tied[0].lowest, tied[-1].highest
    if all(stretch.surplus > 0 for stretch in tied):
        if reference is None or upper is None:
            return highest
        return _within(_moved(reference, upper), lowest, highest)
    if all(stretch.surplus < 0 for stretch in tied):
        if reference is None or lower is None:
            return lowest
        return _within(_moved(reference, -lower), lowest, highest)
    if rule == AuctionRule.REVERSAL and tied[0].surplus > 0:
        lowest = max(stretch.highest for stretch in tied if stretch.surplus > 0)
        highest = min(stretch.lowest for stretch in tied if stretch.surplus < 0)
    return lowest if reference is None else _within(reference, lowest, highest)


def _moved(reference: int, share: int) -> int:
    """Return a price that many millionths of its size away, rounded half up to a tick."""
    return (2 * (reference * MILLION + abs(reference) * share) + MILLION) // (2 * MILLION)


def _within(price: int, lowest: int, highest: int) -> int:
    return min(max(price, lowest), highest)


def auction_fills(bids: Interest, asks: Interest, price: int) -> list[AuctionFill]:
    """Return the trades of an auction at a price.

    On each side market orders come first, then the better limits, at one price the older order,
    which is the one that was given first. The two rows are paired from their heads.
    """
    buyers = _row([None if limit is None else -limit for limit, _ in bids], -price)
    sellers = _row([limit for limit, _ in asks], price)
    return list(_paired(buyers, sellers, bids, asks))


def _row(costs: list[int | None], worst: int) -> list[int]:
    """Return the places of the orders that trade, first to trade first; no cost is the least."""
    trading = [
        (cost is not None, cost or 0, place)
        for place, cost in enumerate(costs)
        if cost is None or cost <= worst
    ]
    return [place for _, _, place in sorted(trading)]


def _paired(
    buyers: list[int], sellers: list[int], bids: Interest, asks: Interest
) -> Iterator[AuctionFill]:
    """Let the heads of two rows trade with each other until one row is empty."""
    open_bids = [lots for _, lots in bids]
    open_asks = [lots for _, lots in asks]
    bid, ask = iter(buyers), iter(sellers)
    buyer, seller = next(bid, None), next(ask, None)
    while buyer is not None and seller is not None:
        quantity = min(open_bids[buyer], open_asks[seller])
        yield AuctionFill(buyer, seller, quantity)
        open_bids[buyer] -= quantity
        open_asks[seller] -= quantity
        if open_bids[buyer] == 0:
            buyer = next(bid, None)
        if open_asks[seller] == 0:
            seller = next(ask, None)
