"""How positions of a contract are closed in whole numbers, of a specification in decimals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from engine._schema import Deficit, DeleverageRank, LiquidationSale, LiquidationStep
from engine._shown import shown
from engine.instrument import Instrument
from engine.liquidation_spec import LiquidationSpec

__all__ = ["liquidation_terms"]

BILLION: Final = 10**9
MILLISECOND: Final = 10**6
STEPS: Final = {
    "all": LiquidationStep.ALL,
    "tier_down": LiquidationStep.TIER_DOWN,
    "shortage": LiquidationStep.SHORTAGE,
    "fraction": LiquidationStep.FRACTION,
}
SALES: Final = {
    "bankruptcy": LiquidationSale.BANKRUPTCY,
    "fillable": LiquidationSale.FILLABLE,
    "market": LiquidationSale.MARKET,
}
DEFICITS: Final = {"adl": Deficit.DELEVERAGE, "socialize": Deficit.SOCIALIZE}
RANKS: Final = {
    "pnl_x_leverage": DeleverageRank.LEVERAGE,
    "pnl_over_collateral_x_ratio": DeleverageRank.RATIO,
}
FOLLOWED: Final = {
    "insurance_fund": True,
    "bankruptcy_rounding": "safe_side",
}
"""What the engine has of those fields of a `LiquidationSpec` that may say something else."""


def liquidation_terms(
    instrument: Instrument, units_of: Callable[[Decimal], int], problems: list[str]
) -> dict[str, Any]:
    """Return the terms of an instrument's liquidation: rates in billionths, values in units.

    The `scope` is that of each position's margin, and how often positions are looked at is for who
    sends LIQUIDATE.

    Parameters
    ----------
    instrument
        A derivative.
    units_of
        Returns a value in units of the currency that settles.
    problems
        To which is added what the engine does not do.

    Examples
    --------
    >>> from engine import LiquidationSpec
    >>> swap = Instrument(symbol="BTC", tick_size=1, lot_size=1, kind="linear", quote="USD",
    ...                   max_leverage=20, liquidation=LiquidationSpec.preset("bitmex-linear"))
    >>> terms = liquidation_terms(swap, int, [])
    >>> terms["liquidation_step"].name, terms["liquidation_tiers"], terms["deficit"].name
    ('TIER_DOWN', 1, 'DELEVERAGE')
    """
    spec = instrument.liquidation
    if spec is None:
        return {}
    problems += [
        f"liquidation.{name} was {shown(getattr(spec, name))}, the engine has {shown(plain)}"
        for name, plain in FOLLOWED.items()
        if getattr(spec, name) != plain
    ]
    return {
        "liquidation_at_margin": int(spec.trigger == "le"),
        "liquidation_step": STEPS[spec.step],
        "liquidation_sale": SALES[spec.price],
        "liquidation_keeps_orders": int(not spec.cancel_first),
        "liquidation_backstop": _billionths(spec.backstop_ratio),
        "liquidation_fee_rate": _billionths(spec.fee_rate),
        "liquidation_most_rate": _billionths(spec.max_insurance_rate),
        "deficit": DEFICITS[spec.deficit],
        "deleverage_rank": RANKS[spec.adl],
        **_of_step(spec, units_of),
        **_of_price(spec),
    }


def _of_step(spec: LiquidationSpec, units_of: Callable[[Decimal], int]) -> dict[str, int]:
    if spec.step == "tier_down":
        return {"liquidation_tiers": spec.tiers_down}
    if spec.step == "fraction":
        return {
            "liquidation_fraction": _billionths(spec.fraction),
            "liquidation_above": units_of(spec.fraction_above),
            "liquidation_least": units_of(spec.min_value),
            "liquidation_cooldown": spec.cooldown_ms * MILLISECOND,
        }
    return {}


def _of_price(spec: LiquidationSpec) -> dict[str, int]:
    if spec.price != "fillable":
        return {}
    return {
        "liquidation_adjustment": _billionths(spec.adjustment),
        "liquidation_spread": _billionths(spec.spread),
    }


def _billionths(rate: Decimal) -> int:
    """Return a rate in billionths, to the nearest."""
    return round(Fraction(rate) * BILLION)
