"""Price bands: the prices at which an instrument trades while trading is continuous."""

from __future__ import annotations

from typing import Final, NamedTuple

from .instrument import INT64_MAX, INT64_MIN, MILLION


class PriceBand(NamedTuple):
    """The lowest and the highest price; none lies within when they are the other way round."""

    lowest: int = INT64_MIN
    highest: int = INT64_MAX

    def holds(self, price: int) -> bool:
        """Return whether a trade at this price lies within: the bounds belong to the band."""
        return self.lowest <= price <= self.highest

    def within(self, other: PriceBand) -> PriceBand:
        """Return the prices that lie in both bands."""
        return PriceBand(max(self.lowest, other.lowest), min(self.highest, other.highest))


EVERY_PRICE: Final = PriceBand()


def band_around(centre: int, millionths: int) -> PriceBand:
    """Return the band of so many millionths of a price on either side, in whole ticks."""
    width = abs(centre) * millionths // MILLION
    return EVERY_PRICE.within(PriceBand(centre - width, centre + width))
