"""What a book is told about its instrument."""

from __future__ import annotations

from typing import Final, NamedTuple

from .._schema import (
    Allocation,
    AuctionPrices,
    AuctionRule,
    BandAction,
    ReduceOnlyRule,
    ReplacePriority,
    TriggerOrder,
    Visibility,
)
from .._shown import shown
from ..errors import EngineError

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
MILLION: Final = 10**6
SHARING: Final = ("pro_rata_minimum", "top_order_minimum", "top_order_maximum")


class InstrumentTerms(NamedTuple):
    """Bounds in ticks and lots, and the conventions that venues differ in."""

    min_price: int = INT64_MIN
    max_price: int = INT64_MAX
    min_quantity: int = 1
    max_quantity: int = INT64_MAX
    replace_priority: ReplacePriority = ReplacePriority.KEEP_ON_DECREASE
    trigger_order: TriggerOrder = TriggerOrder.BY_PRICE_REACHED
    auction_rule: AuctionRule = AuctionRule.CLOSEST
    auction_prices: AuctionPrices = AuctionPrices.EVERY_TICK
    allocation: Allocation = Allocation.PRICE_TIME
    pro_rata_minimum: int = 0
    top_order_minimum: int = 0
    top_order_maximum: int = 0
    static_band: int = 0
    dynamic_band: int = 0
    band_action: BandAction = BandAction.REJECT
    reduce_only_rule: ReduceOnlyRule = ReduceOnlyRule.SHRINK
    visibility: Visibility = Visibility.LIT

    def takes_price(self, price: int) -> bool:
        """Return whether a price lies within the bounds."""
        return self.min_price <= price <= self.max_price

    @property
    def may_begin_call(self) -> bool:
        """Whether an order that comes to a price band begins a volatility call."""
        has_bands = self.static_band or self.dynamic_band
        return bool(has_bands) and self.band_action == BandAction.VOLATILITY_CALL

    def checked(self) -> InstrumentTerms:
        """Return the terms themselves, or say what makes no sense in them.

        Raises
        ------
        OverflowError
            When a bound lies outside 64 bits, a maximum below its minimum, or the minimum quantity
            below 1.
        EngineError
            When they say how to share pro rata, and the allocation is another.
        """
        _require_within("min_price", self.min_price, INT64_MIN)
        _require_within("max_price", self.max_price, self.min_price)
        _require_within("min_quantity", self.min_quantity, 1)
        _require_within("max_quantity", self.max_quantity, self.min_quantity)
        _require_within("pro_rata_minimum", self.pro_rata_minimum, 0)
        _require_within("top_order_minimum", self.top_order_minimum, 0)
        _require_within("top_order_maximum", self.top_order_maximum, self.top_order_minimum)
        for name in SHARING:
            if getattr(self, name) and self.allocation != Allocation.PRO_RATA:
                raise EngineError(f"{name} was {getattr(self, name)}, without PRO_RATA")
        for name in ("static_band", "dynamic_band"):
            _require_within(name, getattr(self, name), 0, MILLION)
        return self._replace(
            replace_priority=ReplacePriority(self.replace_priority),
            trigger_order=TriggerOrder(self.trigger_order),
            auction_rule=AuctionRule(self.auction_rule),
            auction_prices=AuctionPrices(self.auction_prices),
            allocation=Allocation(self.allocation),
            band_action=BandAction(self.band_action),
            reduce_only_rule=ReduceOnlyRule(self.reduce_only_rule),
            visibility=Visibility(self.visibility),
        )


def _require_within(name: str, value: int, lowest: int, highest: int = INT64_MAX) -> None:
    if not lowest <= value <= highest:
        raise OverflowError(f"{name} was {shown(value)}, outside {lowest} to {highest}")
