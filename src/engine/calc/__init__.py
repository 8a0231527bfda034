"""Calculators: what positions are worth, gain, need, pay and cost, by the formulas of the engine.

Exact where money is meant: of str, Decimal, int and Fraction they return decimals, rounded as they
are told and once. Of floats, also in arrays, they return floats, with the error stated; arrays are
broadcast. Nothing here has a state.
"""

from engine.calc import units
from engine.calc._evaluate import EXACT, Amount, Numbers
from engine.calc.bands import (
    PriceLimits,
    price_limits,
    price_range,
    slippage_limit,
)
from engine.calc.deleveraging import (
    adl_allocation,
    adl_quantile,
    adl_rank_by_leverage,
    adl_rank_by_ratio,
    effective_leverage,
)
from engine.calc.fees import (
    fee_in_token,
    round_trip_fee,
    trade_fee,
)
from engine.calc.funding import (
    IndexPayment,
    accrued_rate,
    annual_rate,
    funding_cap,
    funding_index_change,
    funding_payment,
    funding_rate,
    index_payment,
    interest_rate,
    socialized_index_change,
)
from engine.calc.liquidation_prices import (
    bankruptcy_price,
    hedged_liquidation_price,
    liquidation_price,
)
from engine.calc.liquidations import (
    bankruptcy_quote,
    excess_quantity,
    fillable_price,
    insurance_delta,
    insurance_fee_rate,
    is_liquidatable,
    max_liquidation_value,
    shortage_quantity,
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
from engine.calc.marks import (
    average_basis,
    average_weight,
    basis_price,
    fair_basis,
    index_price,
    mark_price,
    mid_price,
    moved_average,
    price_in_band,
    reference_price,
)
from engine.calc.orders import (
    amendment_margin,
    assumed_price,
    netted_quantity,
    open_loss,
    order_cost,
    order_margin,
)
from engine.calc.premiums import (
    impact_notional,
    impact_premium_index,
    impact_price,
    premium_average,
    premium_index,
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
    risk_reward,
    risk_size,
)
from engine.calc.values import (
    average_entry_price,
    entry_price,
    position_value,
)

__all__ = [
    "EXACT",
    "Amount",
    "IndexPayment",
    "Numbers",
    "PriceLimits",
    "accrued_rate",
    "adl_allocation",
    "adl_quantile",
    "adl_rank_by_leverage",
    "adl_rank_by_ratio",
    "amendment_margin",
    "annual_rate",
    "assumed_price",
    "available_balance",
    "average_basis",
    "average_entry_price",
    "average_weight",
    "bankruptcy_price",
    "bankruptcy_quote",
    "basis_price",
    "break_even_price",
    "close_fee",
    "effective_leverage",
    "entry_price",
    "excess_quantity",
    "fair_basis",
    "fee_in_token",
    "fillable_price",
    "funding_cap",
    "funding_index_change",
    "funding_payment",
    "funding_rate",
    "hedged_liquidation_price",
    "impact_notional",
    "impact_premium_index",
    "impact_price",
    "index_payment",
    "index_price",
    "initial_margin",
    "initial_margin_rate",
    "insurance_delta",
    "insurance_fee_rate",
    "interest_rate",
    "is_liquidatable",
    "liquidation_price",
    "maintenance_amount",
    "maintenance_margin",
    "margin_balance",
    "margin_ratio",
    "mark_price",
    "max_liquidation_value",
    "mid_price",
    "moved_average",
    "net_pnl",
    "netted_quantity",
    "open_loss",
    "order_cost",
    "order_margin",
    "pnl_of_values",
    "position_margin",
    "position_size",
    "position_value",
    "premium_average",
    "premium_index",
    "price_in_band",
    "price_limits",
    "price_range",
    "realized_pnl",
    "reference_price",
    "return_on_margin",
    "risk_reward",
    "risk_size",
    "round_trip_fee",
    "shortage_quantity",
    "slippage_limit",
    "sloped_margin_rate",
    "socialized_index_change",
    "trade_fee",
    "units",
    "unrealized_pnl",
]
