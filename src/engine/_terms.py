"""The terms of an instrument, as keywords of whatever makes one in ticks and lots."""

from __future__ import annotations

from typing import TypedDict

from engine._schema import (
    Allocation,
    AuctionPrices,
    AuctionRule,
    BandAction,
    ReduceOnlyRule,
    ReplacePriority,
    TriggerOrder,
    Visibility,
)

__all__ = ["Terms"]


class Terms(TypedDict, total=False):
    """What the core is told of an instrument: bounds in ticks and lots, and conventions."""

    min_price: int
    max_price: int
    min_quantity: int
    max_quantity: int
    replace_priority: ReplacePriority
    trigger_order: TriggerOrder
    auction_rule: AuctionRule
    auction_prices: AuctionPrices
    allocation: Allocation
    pro_rata_minimum: int
    top_order_minimum: int
    top_order_maximum: int
    static_band: int
    dynamic_band: int
    band_action: BandAction
    reduce_only_rule: ReduceOnlyRule
    visibility: Visibility
