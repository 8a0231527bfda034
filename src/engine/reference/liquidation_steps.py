"""How much of a position a liquidation closes, at which price, and who gives what no fund has.

Every function is pure. Lots are at least 0 and values sizes, in the smallest unit.
"""

from __future__ import annotations

from typing import Final

from .._schema import BUY, CloseFee, ContractKind, DeleverageRank, LiquidationStep, Rounding, Side
from .contract import ContractTerms
from .formulas import value_of
from .instrument import INT64_MAX
from .rounding import divide
from .units import BILLION, part_of

MILLION: Final = 10**6
RATIO_MAX: Final = 2**62
"""A ratio is no larger in size: the product of two has 128 bits."""
TARGET_MAX: Final = 2**126
"""No sale must come to more: it is beyond every price."""


def lots_to_close(
    contract: ContractTerms,
    lots: int,
    value: int,
    margin_value: int,
    shortage: int,
    *,
    is_soon: bool,
) -> int:
    """Return how many lots of a position that is worth a value are closed at once.

    `margin_value` is what its maintenance margin is of, `shortage` what its pool has less than it
    needs, and `is_soon` whether a part of it was closed a short time ago.
    """
    step = contract.liquidation_step
    if step == LiquidationStep.TIER_DOWN:
        return _share(lots, _above_tier(contract, margin_value), margin_value)
    if step == LiquidationStep.SHORTAGE:
        return _share(lots, shortage, _freed(contract, lots, value, margin_value))
    if step == LiquidationStep.FRACTION and not is_soon and value > contract.liquidation_above:
        share = part_of(value, contract.liquidation_fraction, Rounding.FLOOR)
        return _share(lots, max(share, contract.liquidation_least), value)
    return lots


def _share(lots: int, part: int, whole: int) -> int:
    """Return which of all lots go with a part of something, at least one."""
    if part >= whole:
        return lots
    return max(1, divide(lots * part, whole, Rounding.CEILING))


def _above_tier(contract: ContractTerms, value: int) -> int:
    """Return what a value must lose to be so many tiers lower; all of it from the lowest ones."""
    floors = [0, *(tier.floor for tier in contract.margin_tiers)]
    place = sum(floor < value for floor in floors[1:])
    if place < contract.liquidation_tiers:
        return value
    return value - floors[place - contract.liquidation_tiers + 1]


def _freed(contract: ContractTerms, lots: int, value: int, margin_value: int) -> int:
    """Return what closing all lots sets free, when their fee is paid."""
    of_mark = contract.highest_taker_rate if contract.close_fee == CloseFee.MARK else 0
    kept = contract.maintenance_rate_at(margin_value, lots)
    paid = of_mark - contract.liquidation_fee_rate
    if not contract.value_at_entry:
        return max(0, part_of(value, kept + paid, Rounding.FLOOR))
    return max(
        0, part_of(margin_value, kept, Rounding.FLOOR) + part_of(value, paid, Rounding.FLOOR)
    )


def share_of(amount: int, part: int, whole: int) -> int:
    """Return the part of an amount that goes with a part of a value; all with all of it."""
    return amount if part == whole else divide(amount * part, whole, Rounding.FLOOR)


def bankruptcy_price(
    contract: ContractTerms, closing: Side, lots: int, mark: int, share: int, rate: int
) -> int | None:
    """Return the last price at which lots lose no more than their share, with a fee by a rate.

    None where there is no such price.
    """
    rounding = Rounding.CEILING if closing == BUY else Rounding.FLOOR
    value = value_of(contract, lots, mark, rounding)
    of_tick = lots * contract.value_factor
    gets_more = (closing == BUY) == (contract.kind == ContractKind.INVERSE)
    # What is sold must be worth so much with its fee off, what is bought no more with its fee.
    if gets_more:
        target = value - share
        if target > 0 and rate >= BILLION:
            return None
        if target > 0:
            target = min(divide(target * BILLION, BILLION - rate, Rounding.CEILING), TARGET_MAX)
    else:
        target = value + share
        if target > 0:
            target = divide(target * BILLION, BILLION + rate, Rounding.FLOOR)
    if contract.kind != ContractKind.INVERSE:
        return divide(target, of_tick, Rounding.FLOOR if closing == BUY else Rounding.CEILING)
    if target > 0:
        return divide(of_tick, target, Rounding.FLOOR if closing == BUY else Rounding.CEILING)
    return INT64_MAX if closing == BUY else None


def fillable_room(contract: ContractTerms, maintenance: int, missing: int, needed: int) -> int:
    """Return what a position may lose by its sale, beside the mark.

    A part of its maintenance margin, the larger the more its pool has less than its own needs.
    """
    most = part_of(maintenance, contract.liquidation_spread, Rounding.FLOOR)
    moved = part_of(missing, contract.liquidation_adjustment, Rounding.FLOOR)
    return most if moved >= needed else divide(most * moved, needed, Rounding.FLOOR)


def deleverage_rank(
    contract: ContractTerms,
    gain: int,
    entry_value: int,
    *,
    collateral: int,
    value: int,
    maintenance: int,
    equity: int,
) -> int:
    """Return where a position stands in the queue: the highest gives first.

    Gain and entry value are the position's, the others its pool's. REQUIRES: equity > 0.
    """
    if contract.deleverage_rank == DeleverageRank.RATIO:
        return ratio(gain, collateral, BILLION) * ratio(maintenance, equity, MILLION)
    parts = (value, equity) if gain >= 0 else (equity, value)
    return ratio(gain, abs(entry_value), BILLION) * ratio(*parts, MILLION)


def ratio(amount: int, whole: int, one: int) -> int:
    """Return an amount in parts of another, of which `one` are all of it, within bounds."""
    if whole <= 0:
        return RATIO_MAX if amount > 0 else -RATIO_MAX if amount < 0 else 0
    return max(-RATIO_MAX, min(divide(amount * one, whole, Rounding.FLOOR), RATIO_MAX))
