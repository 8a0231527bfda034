"""Calculators: what positions are worth, gain, need and cost, by the formulas of the engine.

Exact where money is meant: of str, Decimal, int and Fraction they return decimals, rounded as they
are told and once. Of floats, also in arrays, they return floats, with the error stated; arrays are
broadcast. Nothing here has a state.

Position sizing is written twice: `risk_size`, `position_size` and `risk_reward` are exact,
`risk_sizes`, `position_sizes` and `risk_rewards` take arrays of floats.
"""

from engine.calc import units
from engine.calc._evaluate import EXACT, Amount, Numbers
from engine.calc.bands import (
    PriceLimits,
    price_limits,
    price_range,
    slippage_limit,
)
from engine.calc.fees import (
    fee_in_token,
    round_trip_fee,
    trade_fee,
)
from engine.calc.funding import (
    funding_payment,
)
from engine.calc.margins import (
    available_balance,
    close_fee,
    initial_margin,
    initial_margin_rate,
    maintenance_amount,
    maintenance_margin,
    margin_balance,
    margin_ratio,
    position_margin,
    sloped_margin_rate,
)
from engine.calc.orders import (
    amendment_margin,
    assumed_price,
    netted_quantity,
    open_loss,
    order_cost,
    order_margin,
)
from engine.calc.profit import (
    break_even_price,
    net_pnl,
    pnl_of_values,
    realized_pnl,
    return_on_margin,
    unrealized_pnl,
)
from engine.calc.sizing import (
    position_size,
    position_sizes,
    risk_reward,
    risk_rewards,
    risk_size,
    risk_sizes,
)
from engine.calc.values import (
    average_entry_price,
    position_value,
)

__all__ = [
    "EXACT",
    "Amount",
    "Numbers",
    "PriceLimits",
    "amendment_margin",
    "assumed_price",
    "available_balance",
    "average_entry_price",
    "break_even_price",
    "close_fee",
    "fee_in_token",
    "funding_payment",
    "initial_margin",
    "initial_margin_rate",
    "maintenance_amount",
    "maintenance_margin",
    "margin_balance",
    "margin_ratio",
    "net_pnl",
    "netted_quantity",
    "open_loss",
    "order_cost",
    "order_margin",
    "pnl_of_values",
    "position_margin",
    "position_size",
    "position_sizes",
    "position_value",
    "price_limits",
    "price_range",
    "realized_pnl",
    "return_on_margin",
    "risk_reward",
    "risk_rewards",
    "risk_size",
    "risk_sizes",
    "round_trip_fee",
    "slippage_limit",
    "sloped_margin_rate",
    "trade_fee",
    "units",
    "unrealized_pnl",
]
