"""What a book is told about its instrument."""

from __future__ import annotations

from typing import Final, NamedTuple

from .._schema import AuctionPrices, AuctionRule, ReplacePriority, TriggerOrder

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1


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

    def takes_price(self, price: int) -> bool:
        """Return whether a price lies within the bounds."""
        return self.min_price <= price <= self.max_price

    def checked(self) -> InstrumentTerms:
        """Return the terms themselves, or say what makes no sense in them.

        Raises
        ------
        OverflowError
            When a bound lies outside 64 bits, a maximum below its minimum, or the minimum quantity
            below 1.
        """
        _require_within("min_price", self.min_price, INT64_MIN)
        _require_within("max_price", self.max_price, self.min_price)
        _require_within("min_quantity", self.min_quantity, 1)
        _require_within("max_quantity", self.max_quantity, self.min_quantity)
        return self._replace(
            replace_priority=ReplacePriority(self.replace_priority),
            trigger_order=TriggerOrder(self.trigger_order),
            auction_rule=AuctionRule(self.auction_rule),
            auction_prices=AuctionPrices(self.auction_prices),
        )


def _require_within(name: str, value: int, lowest: int) -> None:
    if not lowest <= value <= INT64_MAX:
        raise OverflowError(f"{name} was {value}, outside {lowest} to {INT64_MAX}")
