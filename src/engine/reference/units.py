"""The formulas in whole units, as the engine computes them: each division has its rounding.

Rates are in billionths, quantities in lots, prices in ticks, money in the smallest unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from .._schema import ContractKind, Rounding, TierMode
from .rounding import divide

__all__ = [
    "BILLION",
    "TierUnits",
    "closed_value",
    "gain_of",
    "index_payment",
    "initial_margin",
    "maintenance_margin",
    "part_of",
    "value_of",
]

BILLION: Final = 10**9


class TierUnits(NamedTuple):
    """A tier of a margin schedule; it begins above its floor."""

    floor: int
    initial_rate: int
    maintenance_rate: int
    deduction: int


def value_of(kind: ContractKind, lots: int, ticks: int, factor: int, rounding: Rounding) -> int:
    """Return what lots are worth; a lot is worth `factor` units at one tick."""
    if kind == ContractKind.INVERSE:
        return divide(lots * factor, ticks, rounding)
    return lots * ticks * factor


def part_of(value: int, rate: int, rounding: Rounding) -> int:
    """Return a part of a value."""
    return divide(value * rate, BILLION, rounding)


def gain_of(kind: ContractKind, side: int, entry_value: int, value: int) -> int:
    """Return what a position has gained."""
    return side * (entry_value - value if kind == ContractKind.INVERSE else value - entry_value)


def closed_value(entry_value: int, quantity: int, closed: int, rounding: Rounding) -> int:
    """Return what leaves the entry value with a part of the quantity."""
    return divide(entry_value * closed, quantity, rounding)


def tier_of(tiers: Sequence[TierUnits], value: int) -> TierUnits:
    """Return the tier of a value; a value at a floor is in the tier below."""
    return max((tier for tier in tiers[1:] if tier.floor < value), default=tiers[0])


def maintenance_margin(
    tiers: Sequence[TierUnits],
    mode: TierMode,
    slope: int,
    rounding: Rounding,
    value: int,
    size: int,
) -> int:
    """Return the maintenance margin; `slope` is billionths for a unit of size."""
    tier = tier_of(tiers, value)
    if mode == TierMode.SLOPE:
        return part_of(value, tier.maintenance_rate + slope * size, rounding)
    deduction = tier.deduction if mode == TierMode.MARGINAL else 0
    return divide(value * tier.maintenance_rate - deduction * BILLION, BILLION, rounding)


def initial_margin(
    tiers: Sequence[TierUnits],
    mode: TierMode,
    slope: int,
    rounding: Rounding,
    value: int,
    size: int,
    leverage: int,
) -> int:
    """Return the initial margin at a leverage in billionths, at 0 the least that is asked for."""
    rate = tier_of(tiers, value).initial_rate
    if mode == TierMode.SLOPE:
        rate += slope * size
    least = part_of(value, rate, rounding)
    if leverage == 0:
        return least
    return max(least, divide(value * BILLION, leverage, rounding))


def index_payment(
    position: int, index: int, entry_index: int, scale: int, remainder: int
) -> tuple[int, int]:
    """Return what an index of funding pays to a position, and what is left of a unit.

    Position, below 0 short, times index is money in parts of a unit, `scale` of which are one.
    """
    return divmod(remainder - position * (index - entry_index), scale)
