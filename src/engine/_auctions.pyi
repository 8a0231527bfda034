"""Types of the compiled auctions, checked against them by stubtest."""

from collections.abc import Sequence

from engine._schema import AuctionPrices, AuctionRule
from engine._uncrossing import AuctionFill, Interest, TopOrder, Uncrossing

def uncross_price(
    bids: Interest,
    asks: Interest,
    reference: int | None,
    rule: AuctionRule,
    prices: AuctionPrices,
    upper: int | None,
    lower: int | None,
) -> Uncrossing | None: ...
def auction_fills(bids: Interest, asks: Interest, price: int) -> list[AuctionFill]: ...
def by_time(sizes: Sequence[int], quantity: int) -> list[int]: ...
def pro_rata(sizes: Sequence[int], quantity: int, minimum: int) -> list[int]: ...
def allocate(
    sizes: Sequence[int], quantity: int, minimum: int, top: TopOrder | None
) -> list[int]: ...
