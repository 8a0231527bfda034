"""The funding of a contract in whole numbers, of a specification in decimals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from engine._schema import FundingAccrual, Rounding
from engine._shown import shown
from engine.decimal_grid import HIGHEST, LOWEST
from engine.instrument import Instrument

__all__ = ["funding_terms"]

ATTOS: Final = 10**18
NANOSECONDS: Final = 10**9
ACCRUALS: Final = {"index": FundingAccrual.INDEX, "discrete": FundingAccrual.DISCRETE}


def funding_terms(instrument: Instrument, problems: list[str]) -> dict[str, Any]:
    """Return the terms of an instrument's funding: rates in 10^-18, times in nanoseconds.

    Payments are in the unit of the currency, and an index in billionths of it, whatever the steps
    of the specification are.

    Parameters
    ----------
    instrument
        A derivative.
    problems
        To which is added what the engine does not do.

    Examples
    --------
    >>> from engine import FundingSpec
    >>> swap = Instrument(symbol="BTC", tick_size=1, lot_size=1, kind="linear", quote="USD",
    ...                   max_leverage=20, funding=FundingSpec.preset("godark"))
    >>> funding_terms(swap, [])["funding_interest"]
    115740740741
    """
    spec = instrument.funding
    if spec is None:
        return {}
    if spec.value_basis != "mark":
        problems.append(f"funding.value_basis was {shown(spec.value_basis)}, the engine has 'mark'")
    period = Fraction(spec.rate_period) * NANOSECONDS
    if period.denominator != 1:
        problems.append(f"funding.rate_period was {spec.rate_period}, not of whole nanoseconds")
    leverage = instrument.max_leverage
    initial = instrument.initial_margin if leverage is None else 1 / Fraction(leverage)
    floor, cap = spec.bounds(initial_rate=initial, maintenance_rate=instrument.maintenance_margin)
    if spec.rounding != Rounding.FLOOR:
        problems.append(f"funding.rounding was {spec.rounding.name}, the engine has FLOOR")
    is_dead = spec.damp is not None and _attos(spec.damp) == 0
    is_computed = spec.premium == "mark" and spec.average == "last" and spec.scale == 1
    is_for_part = spec.accrual_interval != spec.rate_period
    return {
        "funding": ACCRUALS[spec.accrual],
        "funding_interest": 0 if is_dead else _attos(spec.interest_rate()),
        "funding_damp": _attos(spec.damp or 0),
        "funding_floor": LOWEST if floor is None else _attos(floor),
        "funding_cap": HIGHEST if cap is None else _attos(cap),
        "funding_period": int(period) if is_for_part else 0,
        "funding_told": int(not is_computed),
    }


def _attos(rate: Any) -> int:
    """Return a rate in 10^-18, to the nearest, or the end of 64 bits that it passes."""
    return max(LOWEST, min(round(Fraction(rate) * ATTOS), HIGHEST))
