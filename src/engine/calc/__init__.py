"""Calculators: formulas of trading as pure functions, without an engine.

Of each there are two. The one in the singular is exact: it takes decimals, evaluates the formula
without rounding, and rounds what comes out once, in a direction that it names. The one in the
plural is for research: it takes arrays, broadcasts them, computes in float64, and states its error.

Position sizing
    `risk_size`, `position_size` and `risk_reward`; `risk_sizes`, `position_sizes` and
    `risk_rewards` of arrays.
"""

from .sizing import (
    position_size,
    position_sizes,
    risk_reward,
    risk_rewards,
    risk_size,
    risk_sizes,
)

__all__ = [
    "position_size",
    "position_sizes",
    "risk_reward",
    "risk_rewards",
    "risk_size",
    "risk_sizes",
]
