"""Which funding rate holds, and what a lot pays by it."""

from __future__ import annotations

from typing import Final, NamedTuple

from .._schema import ContractKind, Rounding
from .contract import ContractTerms
from .instrument import INT64_MAX
from .rounding import divide
from .units import BILLION

ATTOS: Final = 10**18
"""Of which a rate of funding is one part."""
INDEX_MAX: Final = 2**85
"""An index is no larger in size."""
INCREMENT_MAX: Final = 2**75
"""Nor is what is added to it at once."""


class Accrual(NamedTuple):
    """What one FUND comes to."""

    rate: int
    """10^-18."""
    increment: int
    """Of the index: what one long lot pays, billionths of a unit."""


def computed_rate(contract: ContractTerms, mark: int, index: int) -> int:
    """Return the rate by mark and index price, 10^-18. REQUIRES: the index is above 0."""
    premium = divide((mark - index) * ATTOS, index, Rounding.HALF_EVEN)
    pull = contract.funding_interest
    if contract.funding_damp:
        damp = contract.funding_damp
        pull = max(-damp, min(contract.funding_interest - premium, damp))
    return max(contract.funding_floor, min(premium + pull, contract.funding_cap))


def accrual_of(contract: ContractTerms, rate: int, mark: int, elapsed: int) -> Accrual | None:
    """Return what a lot pays at a mark price, when so much time has passed since it last did.

    None where numbers have no room for it.
    """
    part = rate
    if contract.funding_period:
        part = divide(rate * min(elapsed, INT64_MAX), contract.funding_period, Rounding.HALF_EVEN)
    if abs(part) > INT64_MAX:
        return None
    if contract.kind == ContractKind.INVERSE:
        paid, steps = contract.value_factor * part, mark * BILLION
    else:
        value = mark * contract.value_factor
        if abs(value) > INT64_MAX:
            return None
        paid, steps = value * part, BILLION
    increment = divide(paid, steps, Rounding.HALF_EVEN)
    return None if abs(increment) > INCREMENT_MAX else Accrual(rate, increment)
