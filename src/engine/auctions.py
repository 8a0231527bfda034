"""Call auctions and allocation as pure functions, in ticks and lots, without an engine.

`uncross_price` finds the price of an auction and `auction_fills` who trades with whom at it.
`by_time`, `pro_rata` and `allocate` share an incoming quantity among the orders at one price. All
are exact in integers, and `engine.reference` has each of them in plain Python.

A price in ticks is any 64-bit integer, None that of a market order. The lots of a side, and the
sizes of all orders, must together be below 2**63.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine import _auctions
from engine._members import member_of
from engine._schema import AuctionPrices, AuctionRule
from engine._shown import check_kind
from engine._uncrossing import AuctionFill, Interest, TopOrder, Uncrossing

__all__ = [
    "AuctionFill",
    "AuctionPrices",
    "AuctionRule",
    "Interest",
    "TopOrder",
    "Uncrossing",
    "allocate",
    "auction_fills",
    "by_time",
    "pro_rata",
    "uncross_price",
]


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
    """Return the price at which most lots trade, None when none do or there is no price.

    1. The executable volume, the smaller of what is bid and what is asked, is the largest.
    2. The surplus, the difference of the two, is the smallest.
    3. Where all prices that remain leave buyers over it is the highest of them, where all leave
       sellers over, the lowest.
    4. Otherwise the reference price, or the nearest to it that remains; the lowest without one.

    Parameters
    ----------
    bids, asks : sequence of (int or None, int)
        Orders or levels in any order: limit in ticks, None at market, and lots, 1 or more.
    reference : int, optional
        The last price, or another that is known, in ticks. It's a candidate like the limits, and
        the price where only market orders meet.
    rule : AuctionRule
        `CLOSEST` is as above. `REVERSAL` differs in step 4, where buyers are left over at lower
        prices and sellers at higher ones: only from the last of the former to the first of the
        latter. `MIDPOINT` is step 1 and then the middle of the range, rounded down. `LOWEST` is
        steps 1 and 2 and then the lowest. These two take limits alone: the reference is a candidate
        where there are none.
    prices : AuctionPrices
        `LIMITS`: the limits of the orders and the reference are candidates. `EVERY_TICK`: what
        lies between them too. No price beyond all of them is one, though market orders would trade
        there: nobody has named it.
    upper, lower : int, optional
        How far step 3 may go up and down from the reference, in millionths of it, 0 to 1,000,000,
        rounded half up to a tick; a range that lies wholly beyond is left at its nearer end.

    Returns
    -------
    Uncrossing or None
        Price, volume, surplus, and the range that steps 3 and 4 decided in.

    Raises
    ------
    OverflowError
        A number outside its range, or a side of 2**63 lots or more.
    CommandError
        A rule, or prices, that there are not.

    Notes
    -----
    `CLOSEST` on every tick, with `upper` and `lower`, is BNB Beacon Chain's rule (its page "Match
    Steps and Examples"); `REVERSAL` on limits is how Euronext's call phase is published, and ASX's
    algorithm; `MIDPOINT` is Vega's (its specification of auctions); `LOWEST` is what an
    auction does that is told of no reference and no pressure. Takes O(n log n) in the number
    of orders, however far apart prices are.

    Examples
    --------
    >>> uncross_price([(100, 25), (97, 25)], [(98, 25), (95, 25)], reference=99)
    Uncrossing(price=99, volume=25, surplus=-25, lowest=95, highest=100)

    Only market orders, which have no price of their own:

    >>> uncross_price([(None, 40)], [(None, 45)], reference=10).price
    10
    >>> uncross_price([(None, 40)], [(None, 45)]) is None
    True

    At 101 the bid with a limit would be out, and no buyer left over; but the highest price that
    anyone named is 100:

    >>> uncross_price([(None, 40), (100, 10)], [(90, 40)])
    Uncrossing(price=100, volume=40, surplus=10, lowest=90, highest=100)

    The reference is 90, and pressure moves the price 5 % up at most:

    >>> uncross_price([(99, 100)], [(92, 50)], reference=90, upper=50_000).price
    95
    """
    chosen = member_of(AuctionRule, rule, "rule")
    among = member_of(AuctionPrices, prices, "prices")
    return _auctions.uncross_price(bids, asks, reference, chosen, among, upper, lower)


def auction_fills(bids: Interest, asks: Interest, price: int) -> list[AuctionFill]:
    """Return the trades of an auction at a price.

    On each side market orders trade first, then the better limits, and at one limit the order that
    was given first. The two rows are paired from their heads.

    Parameters
    ----------
    bids, asks : sequence of (int or None, int)
        Orders by time: limit in ticks, None at market, and lots, 1 or more.
    price : int
        In ticks; what may not trade at it doesn't.

    Returns
    -------
    list of AuctionFill
        The places of buyer and seller in what was given, and lots.

    Raises
    ------
    OverflowError
        A number outside its range, or a side of 2**63 lots or more.

    Notes
    -----
    The priority is that of Euronext's auctions, and of most others.

    Examples
    --------
    >>> auction_fills([(101, 30), (None, 10)], [(100, 20), (102, 5)], 101)
    [AuctionFill(bid=1, ask=0, quantity=10), AuctionFill(bid=0, ask=0, quantity=10)]
    """
    return _auctions.auction_fills(bids, asks, price)


def by_time(sizes: Sequence[int], quantity: int) -> list[int]:
    """Return what each order gets when the first takes all that it can, then the second, and on.

    Parameters
    ----------
    sizes : sequence of int
        Open lots of the resting orders, oldest first.
    quantity : int
        The incoming lots.

    Returns
    -------
    list of int
        Lots of each order.

    Raises
    ------
    OverflowError
        A number outside its range, or sizes of 2**63 lots or more together.

    Examples
    --------
    >>> by_time([5, 3, 9], 7)
    [5, 2, 0]
    """
    return _auctions.by_time(sizes, quantity)


def pro_rata(sizes: Sequence[int], quantity: int, *, minimum: int = 0) -> list[int]:
    """Return the share that each order's size has in all of them, of the quantity, rounded down.

    Parameters
    ----------
    sizes : sequence of int
        Open lots of the resting orders.
    quantity : int
        The incoming lots.
    minimum : int
        Lots; a share below it is 0.

    Returns
    -------
    list of int
        Lots of each order. What rounding and the minimum leave over goes to no one.

    Raises
    ------
    OverflowError
        A number outside its range, or sizes of 2**63 lots or more together.

    Notes
    -----
    CME's pro rata step: decimals are always rounded down.

    Examples
    --------
    >>> pro_rata([900, 200, 300, 400, 100], 401, minimum=2)
    [189, 42, 63, 84, 21]
    """
    return _auctions.pro_rata(sizes, quantity, minimum)


def allocate(
    sizes: Sequence[int], quantity: int, *, minimum: int = 0, top: TopOrder | None = None
) -> list[int]:
    """Return what each order gets: first the top order, then all pro rata, the rest by time.

    Parameters
    ----------
    sizes : sequence of int
        Open lots of the resting orders, oldest first.
    quantity : int
        The incoming lots.
    minimum : int
        Lots; a share below it is 0, and goes by time with what rounding leaves over.
    top : TopOrder, optional
        The order that set the price, which is given its size up to its maximum beforehand. One
        that is smaller than its minimum is an order like the others.

    Returns
    -------
    list of int
        Lots of each order.

    Raises
    ------
    IndexError
        The top order isn't one of the orders.
    OverflowError
        A number outside its range, or sizes of 2**63 lots or more together.
    TypeError
        The top order is none.

    Notes
    -----
    CME's threshold pro rata with TOP; the example is CME's own, of 501 lots.

    Examples
    --------
    >>> allocate([1000, 200, 300, 400, 100], 501, minimum=2, top=TopOrder(0, maximum=100))
    [291, 42, 63, 84, 21]
    """
    if top is not None:
        check_kind("top", top, TopOrder)
    return _auctions.allocate(sizes, quantity, minimum, top)
