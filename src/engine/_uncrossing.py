"""What a call auction comes to: the same words from the compiled module and from the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

__all__ = ["AuctionFill", "Interest", "TopOrder", "Uncrossing"]

Interest: TypeAlias = Sequence[tuple[int | None, int]]
"""Orders or levels of one side, in any order: limit in ticks, None for a market order, and lots."""


class Uncrossing(NamedTuple):
    """The price of an auction, and what trades at it.

    Attributes
    ----------
    price : int
        In ticks.
    volume : int
        Lots that trade.
    surplus : int
        Lots that could trade at the price and find no counterpart: of buyers above 0, of sellers
        below.
    lowest, highest : int
        The ends of the range that the reference price, market pressure or the middle decided in:
        at every price of it as much trades, with as small a surplus (`MIDPOINT`: with any).
    """

    price: int
    volume: int
    surplus: int
    lowest: int
    highest: int


class AuctionFill(NamedTuple):
    """A trade of an auction: who buys of whom.

    Attributes
    ----------
    bid, ask : int
        Their places in what was given, from 0.
    quantity : int
        Lots.
    """

    bid: int
    ask: int
    quantity: int


class TopOrder(NamedTuple):
    """What the order that set the best price is given before the others.

    Attributes
    ----------
    place : int
        Its place among the resting orders.
    minimum : int
        Lots; a smaller order isn't treated as the top order.
    maximum : int or None
        The most lots that it gets for being the top order, None without bound.
    """

    place: int
    minimum: int = 0
    maximum: int | None = None
