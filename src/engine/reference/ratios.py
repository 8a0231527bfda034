"""What positions are worth, gain and need, in exact fractions: the formulas in plain Python.

A side is +1 long or buying, -1 short or selling. A rate is a part of 1. Each function has the name
of the compiled formula that it is compared with; `linear` is a value of quantity times price,
`inverse` one of quantity divided by price.
"""

from __future__ import annotations

from fractions import Fraction

__all__ = [
    "accrued_rate",
    "added_quantity",
    "additive_rate",
    "at_least",
    "at_most",
    "bounded",
    "bounded_additive_rate",
    "bounded_dampened_rate",
    "by_leverage",
    "dampened_rate",
    "deduction_after",
    "fair_basis",
    "fillable_price",
    "freed_margin",
    "funding_cap",
    "funding_payment",
    "hedged_price",
    "impact_premium_index",
    "index_change",
    "index_due",
    "interest_rate",
    "inverse_bankruptcy_value",
    "inverse_break_even",
    "inverse_gain",
    "inverse_leveraged_price",
    "inverse_liquidation_level",
    "inverse_liquidation_price",
    "inverse_open_loss",
    "inverse_pnl",
    "inverse_price",
    "inverse_reach",
    "inverse_slope",
    "inverse_value",
    "kept_rate",
    "linear_bankruptcy_value",
    "linear_break_even",
    "linear_gain",
    "linear_leveraged_price",
    "linear_liquidation_level",
    "linear_liquidation_price",
    "linear_pnl",
    "linear_price",
    "linear_reach",
    "linear_slope",
    "linear_value",
    "margin",
    "mid_price",
    "middle",
    "moved_average",
    "open_loss",
    "opening_quantity",
    "part",
    "premium_index",
    "price_in_band",
    "rank_by_leverage",
    "ratio_of",
    "scaled_rate",
    "sloped_rate",
    "socialized_index_change",
    "total",
    "worst_side",
]

ZERO = Fraction(0)
ONE = Fraction(1)

# Values.


def linear_value(quantity: Fraction, multiplier: Fraction, price: Fraction) -> Fraction:
    """Return what a quantity is worth at a price."""
    return quantity * multiplier * price


def inverse_value(quantity: Fraction, multiplier: Fraction, price: Fraction) -> Fraction:
    """Return what a quantity is worth at a price, in the coin that the price is of."""
    return quantity * multiplier / price


def linear_price(quantity: Fraction, multiplier: Fraction, value: Fraction) -> Fraction:
    """Return the price at which a quantity has a value."""
    return value / (quantity * multiplier)


def inverse_price(quantity: Fraction, multiplier: Fraction, value: Fraction) -> Fraction:
    """Return the price at which a quantity has a value."""
    return quantity * multiplier / value


def part(value: Fraction, rate: Fraction) -> Fraction:
    """Return a part of a value: a fee."""
    return value * rate


def total(one: Fraction, other: Fraction) -> Fraction:
    """Return the sum."""
    return one + other


def at_least(value: Fraction, least: Fraction) -> Fraction:
    """Return the larger."""
    return max(value, least)


def at_most(value: Fraction, most: Fraction) -> Fraction:
    """Return the smaller."""
    return min(value, most)


# Profit and loss.


def linear_gain(side: Fraction, entry_value: Fraction, value: Fraction) -> Fraction:
    """Return what a position has gained between two values."""
    return side * (value - entry_value)


def inverse_gain(side: Fraction, entry_value: Fraction, value: Fraction) -> Fraction:
    """Return what a position has gained: the coins that it is worth less."""
    return side * (entry_value - value)


def linear_pnl(
    side: Fraction, quantity: Fraction, multiplier: Fraction, entry_price: Fraction, price: Fraction
) -> Fraction:
    """Return what a position has gained between two prices."""
    return side * quantity * multiplier * (price - entry_price)


def inverse_pnl(
    side: Fraction, quantity: Fraction, multiplier: Fraction, entry_price: Fraction, price: Fraction
) -> Fraction:
    """Return what a position has gained between two prices."""
    return side * quantity * multiplier * (1 / entry_price - 1 / price)


def linear_break_even(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_value: Fraction,
    costs: Fraction,
    rate: Fraction,
) -> Fraction:
    """Return the price at which the gain is the costs and the fee of closing there."""
    return (side * entry_value + costs) / (quantity * multiplier * (side - rate))


def inverse_break_even(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_value: Fraction,
    costs: Fraction,
    rate: Fraction,
) -> Fraction:
    """Return the price at which the gain is the costs and the fee of closing there."""
    return quantity * multiplier * (side + rate) / (side * entry_value - costs)


def ratio_of(amount: Fraction, whole: Fraction) -> Fraction:
    """Return an amount in parts of another."""
    return amount / whole


# Margin.


def margin(value: Fraction, rate: Fraction, deduction: Fraction) -> Fraction:
    """Return the margin at the rate of a tier."""
    return value * rate - deduction


def by_leverage(value: Fraction, leverage: Fraction) -> Fraction:
    """Return the margin that a leverage asks for."""
    return value / leverage


def deduction_after(
    deduction: Fraction, floor: Fraction, rate: Fraction, rate_before: Fraction
) -> Fraction:
    """Return the deduction of a tier from that of the one before it: no step at its floor."""
    return deduction + floor * (rate - rate_before)


def sloped_rate(base: Fraction, slope: Fraction, size: Fraction) -> Fraction:
    """Return a rate that grows with the size."""
    return base + slope * size


def scaled_rate(
    rate: Fraction, open_interest: Fraction, lower: Fraction, upper: Fraction
) -> Fraction:
    """Return a rate that grows to 1 as the open interest goes from one bound to the other."""
    if open_interest <= lower:
        return rate
    if open_interest >= upper:
        return ONE
    return rate + (1 - rate) * (open_interest - lower) / (upper - lower)


def linear_bankruptcy_value(side: Fraction, value: Fraction, initial: Fraction) -> Fraction:
    """Return the value at which the initial margin is lost."""
    return value - side * initial


def inverse_bankruptcy_value(side: Fraction, value: Fraction, initial: Fraction) -> Fraction:
    """Return the value at which the initial margin is lost."""
    return value + side * initial


# Orders.


def open_loss(
    side: Fraction, quantity: Fraction, multiplier: Fraction, price: Fraction, mark_price: Fraction
) -> Fraction:
    """Return what an order would lose at once at the mark price."""
    return max(-linear_pnl(side, quantity, multiplier, price, mark_price), ZERO)


def inverse_open_loss(
    side: Fraction, quantity: Fraction, multiplier: Fraction, price: Fraction, mark_price: Fraction
) -> Fraction:
    """Return what an order would lose at once at the mark price."""
    return max(-inverse_pnl(side, quantity, multiplier, price, mark_price), ZERO)


def worst_side(position: Fraction, buys: Fraction, sells: Fraction) -> Fraction:
    """Return the largest position that a position and its orders could come to."""
    return max(abs(position), abs(position + buys), abs(position - sells))


def added_quantity(side: Fraction, quantity: Fraction, position: Fraction) -> Fraction:
    """Return what of an order asks for margin; below 0 it sets free what it closes."""
    against = max(-side * position, ZERO)
    return quantity - 2 * against


def opening_quantity(side: Fraction, quantity: Fraction, position: Fraction) -> Fraction:
    """Return what of an order is left when it has closed the position."""
    against = max(-side * position, ZERO)
    return max(quantity - against, ZERO)


# Funding.


def bounded(value: Fraction, lowest: Fraction, highest: Fraction) -> Fraction:
    """Return a number, or the bound that it is beyond."""
    return max(min(value, highest), lowest)


def premium_index(price: Fraction, index: Fraction) -> Fraction:
    """Return how far a price is above the index, in parts of it."""
    return (price - index) / index


def impact_premium_index(
    bid: Fraction, ask: Fraction, reference: Fraction, index: Fraction
) -> Fraction:
    """Return how far the impact bid is above a reference, or the impact ask below it."""
    return (max(bid - reference, ZERO) - max(reference - ask, ZERO)) / index


def interest_rate(quote_rate: Fraction, base_rate: Fraction, periods: Fraction) -> Fraction:
    """Return what a day's interest comes to in one of its periods."""
    return (quote_rate - base_rate) / periods


def additive_rate(premium: Fraction, interest: Fraction, scale: Fraction) -> Fraction:
    """Return premium and interest together, in parts of the scale."""
    return (premium + interest) / scale


def dampened_rate(
    premium: Fraction, interest: Fraction, damp: Fraction, scale: Fraction
) -> Fraction:
    """Return the premium, drawn towards the interest by `damp` at most."""
    return (premium + bounded(interest - premium, -damp, damp)) / scale


def bounded_additive_rate(
    premium: Fraction, interest: Fraction, scale: Fraction, floor: Fraction, cap: Fraction
) -> Fraction:
    """Return the additive rate, or the bound that it is beyond."""
    return bounded(additive_rate(premium, interest, scale), floor, cap)


def bounded_dampened_rate(
    premium: Fraction,
    interest: Fraction,
    damp: Fraction,
    scale: Fraction,
    floor: Fraction,
    cap: Fraction,
) -> Fraction:
    """Return the dampened rate, or the bound that it is beyond."""
    return bounded(dampened_rate(premium, interest, damp, scale), floor, cap)


def funding_cap(
    multiplier: Fraction, initial_rate: Fraction, maintenance_rate: Fraction
) -> Fraction:
    """Return what bounds a rate: a multiple of the difference of two margin rates."""
    return multiplier * (initial_rate - maintenance_rate)


def accrued_rate(rate: Fraction, elapsed: Fraction, period: Fraction) -> Fraction:
    """Return what of a rate belongs to a part of its period."""
    return rate * elapsed / period


def funding_payment(side: Fraction, value: Fraction, rate: Fraction) -> Fraction:
    """Return what a position is paid; below 0 it pays."""
    return -side * value * rate


def index_change(rate: Fraction, price: Fraction, elapsed: Fraction, period: Fraction) -> Fraction:
    """Return what a long position of 1 owes for a part of a period."""
    return rate * price * elapsed / period


def socialized_index_change(loss: Fraction, longs: Fraction, shorts: Fraction) -> Fraction:
    """Return what each 1 of all positions, long or short, takes of a loss."""
    return loss / (longs + shorts)


def index_due(position: Fraction, index: Fraction, entry_index: Fraction) -> Fraction:
    """Return what a position, below 0 short, is due since the index was at its entry index."""
    return -position * (index - entry_index)


# Mark prices.


def mid_price(bid: Fraction, ask: Fraction) -> Fraction:
    """Return the price between two."""
    return (bid + ask) / 2


def fair_basis(index: Fraction, rate: Fraction, left: Fraction, interval: Fraction) -> Fraction:
    """Return what the next funding moves the price away from the index."""
    return index * rate * left / interval


def moved_average(average: Fraction, value: Fraction, weight: Fraction) -> Fraction:
    """Return an average that has moved towards a value by a weight."""
    return average + weight * (value - average)


def middle(one: Fraction, other: Fraction, third: Fraction) -> Fraction:
    """Return the middle one of three."""
    return sorted((one, other, third))[1]


def price_in_band(price: Fraction, index: Fraction, part: Fraction) -> Fraction:
    """Return a price no farther from the index than a part of it."""
    return bounded(price, index - index * part, index + index * part)


# Liquidation: balance + entry_rate * value(entry_price) + pnl(price)
#     = rate * value(price) - deduction.


def kept_rate(leverage: Fraction, rate: Fraction) -> Fraction:
    """Return what of the value at entry is left of an initial margin."""
    return 1 / leverage - rate


def linear_slope(
    side: Fraction, quantity: Fraction, multiplier: Fraction, rate: Fraction
) -> Fraction:
    """Return by how much a position nears its liquidation as the price falls by 1."""
    return quantity * multiplier * (side - rate)


def inverse_slope(
    side: Fraction, quantity: Fraction, multiplier: Fraction, rate: Fraction
) -> Fraction:
    """Return by how much a position nears its liquidation as one over the price rises by 1."""
    return quantity * multiplier * (side + rate)


def linear_reach(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_price: Fraction,
    entry_rate: Fraction,
    balance: Fraction,
) -> Fraction:
    """Return the slope times the liquidation price."""
    return linear_value(quantity, multiplier, entry_price) * (side - entry_rate) - balance


def inverse_reach(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_price: Fraction,
    entry_rate: Fraction,
    balance: Fraction,
) -> Fraction:
    """Return the slope divided by the liquidation price."""
    return inverse_value(quantity, multiplier, entry_price) * (side + entry_rate) + balance


def linear_liquidation_level(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_price: Fraction,
    entry_rate: Fraction,
    balance: Fraction,
    deduction: Fraction,
    rate: Fraction,
) -> Fraction:
    """Return the price where a line of maintenance margin is met, 0 or below where none is."""
    reach = linear_reach(side, quantity, multiplier, entry_price, entry_rate, balance + deduction)
    return reach / linear_slope(side, quantity, multiplier, rate)


def inverse_liquidation_level(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_price: Fraction,
    entry_rate: Fraction,
    balance: Fraction,
    deduction: Fraction,
    rate: Fraction,
) -> Fraction:
    """Return one over the price where a line of maintenance margin is met."""
    reach = inverse_reach(side, quantity, multiplier, entry_price, entry_rate, balance + deduction)
    return reach / inverse_slope(side, quantity, multiplier, rate)


def linear_liquidation_price(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_price: Fraction,
    entry_rate: Fraction,
    balance: Fraction,
    deduction: Fraction,
    rate: Fraction,
) -> Fraction:
    """Return the price at which the balance is the maintenance margin; 0 where there is none."""
    slope = linear_slope(side, quantity, multiplier, rate)
    reach = linear_reach(side, quantity, multiplier, entry_price, entry_rate, balance + deduction)
    return reach / slope if side * slope > 0 and side * reach > 0 else ZERO


def inverse_liquidation_price(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_price: Fraction,
    entry_rate: Fraction,
    balance: Fraction,
    deduction: Fraction,
    rate: Fraction,
) -> Fraction:
    """Return the price at which the balance is the maintenance margin; 0 where there is none."""
    slope = inverse_slope(side, quantity, multiplier, rate)
    reach = inverse_reach(side, quantity, multiplier, entry_price, entry_rate, balance + deduction)
    return slope / reach if side * slope > 0 and side * reach > 0 else ZERO


def linear_leveraged_price(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_price: Fraction,
    leverage: Fraction,
    needed: Fraction,
    balance: Fraction,
    deduction: Fraction,
    rate: Fraction,
) -> Fraction:
    """Return the liquidation price of a leverage, less a part of the value at entry."""
    kept = kept_rate(leverage, needed)
    return linear_liquidation_price(
        side, quantity, multiplier, entry_price, kept, balance, deduction, rate
    )


def inverse_leveraged_price(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    entry_price: Fraction,
    leverage: Fraction,
    needed: Fraction,
    balance: Fraction,
    deduction: Fraction,
    rate: Fraction,
) -> Fraction:
    """Return the liquidation price of a leverage, less a part of the value at entry."""
    kept = kept_rate(leverage, needed)
    return inverse_liquidation_price(
        side, quantity, multiplier, entry_price, kept, balance, deduction, rate
    )


def hedged_price(numerator: Fraction, denominator: Fraction) -> Fraction:
    """Return a price of sums over both sides; 0 where there is none."""
    return numerator / denominator if numerator * denominator > 0 else ZERO


def freed_margin(
    price: Fraction,
    quote_price: Fraction,
    rate: Fraction,
    liquidator_fee: Fraction,
    insurance_fee: Fraction,
) -> Fraction:
    """Return what closing one unit frees of margin, less the fees that it costs."""
    return price * quote_price * (rate - liquidator_fee) - price * insurance_fee


def fillable_price(
    side: Fraction,
    quantity: Fraction,
    multiplier: Fraction,
    price: Fraction,
    net_collateral: Fraction,
    total_maintenance: Fraction,
    maintenance: Fraction,
    adjustment: Fraction,
    spread: Fraction,
) -> Fraction:
    """Return the worst price at which a position is sold to others than the insurance fund."""
    missing = adjustment * (1 - net_collateral / total_maintenance)
    part = min(max(missing, ZERO), ONE)
    return price - side * part * spread * maintenance / (quantity * multiplier)


def rank_by_leverage(profit: Fraction, leverage: Fraction) -> Fraction:
    """Return the place in the queue of auto-deleveraging: the highest is first."""
    return profit * leverage if profit > 0 else profit / leverage
