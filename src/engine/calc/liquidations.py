"""What a liquidation takes, and what it gives.

How a venue puts these together is a `LiquidationSpec`; these are its parts, one formula each.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from engine._shown import shown
from engine.calc._evaluate import (
    EXACT,
    Amount,
    Numbers,
    Step,
    Word,
    call,
    finish,
    finish_unless,
    is_float,
    negated,
    positive,
    read,
    safe_rounding,
    sides,
)
from engine.errors import GridError

__all__ = [
    "bankruptcy_quote",
    "excess_quantity",
    "fillable_price",
    "insurance_delta",
    "insurance_fee_rate",
    "is_liquidatable",
    "max_liquidation_value",
    "shortage_quantity",
]

TRIGGERS = ("le", "lt")
ZERO = Fraction(0)


# What a liquidation takes.


def is_liquidatable(
    margin_balance: Numbers, maintenance_margin: Numbers, *, trigger: str = "le"
) -> Any:
    """Return whether a position or an account is to be liquidated.

    Parameters
    ----------
    margin_balance, maintenance_margin : number or array
        In one currency.
    trigger : str
        "le": also where both are equal, as on OKX, Bybit and Deribit. "lt": below alone, as on
        dYdX and Drift.

    Returns
    -------
    bool or array of bool

    Raises
    ------
    GridError
        A trigger that is none, a number that is none.

    Examples
    --------
    >>> is_liquidatable(100, 100), is_liquidatable(100, 100, trigger="lt")
    (True, False)
    >>> is_liquidatable([99.99, 101.0], 100.0).tolist()
    [True, False]
    """
    if trigger not in TRIGGERS:
        raise GridError(f"trigger was {shown(trigger)}, not one of 'le', 'lt'")
    held, needed = read(margin_balance=margin_balance, maintenance_margin=maintenance_margin)
    found = held <= needed if trigger == "le" else held < needed
    return np.asarray(found, bool) if isinstance(found, np.ndarray) else bool(found)


def shortage_quantity(
    shortage: Numbers,
    price: Numbers,
    maintenance_rate: Numbers,
    *,
    liquidator_fee: Numbers = 0,
    insurance_fee: Numbers = 0,
    quote_price: Numbers = 1,
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return what of a position must be closed so that no margin is missing.

    Parameters
    ----------
    shortage : number or array
        The maintenance margin less the margin balance; nothing is closed at 0 or below.
    price : number or array
        Above 0; a unit of the position is worth this.
    maintenance_rate : number or array
        What closing sets free, a part of the value.
    liquidator_fee, insurance_fee : number or array
        What closing costs, parts of the value.
    quote_price : number or array
        What a unit of the quote currency is worth, where that counts.
    step, rounding
        The lot size, and which multiple: by default enough. Drift takes "down".

    Returns
    -------
    Decimal, float, or array
        As of `position_value`. None, of floats nan, where closing frees nothing.

    Raises
    ------
    GridError
        A price at 0 or below, a number that is none.

    Notes
    -----
    shortage / (price * quote_price * (maintenance_rate - liquidator_fee) - price * insurance_fee).
    RISK.md, section 6; the example is Drift's. Binance's one large order is of this size too.

    Examples
    --------
    >>> shortage_quantity(10, 100, "0.1", liquidator_fee="0.01", step="1e-9", rounding="down")
    Decimal('1.111111111')
    """
    missing, at, rate, paid, insured, quote = read(
        shortage=shortage,
        price=price,
        maintenance_rate=maintenance_rate,
        liquidator_fee=liquidator_fee,
        insurance_fee=insurance_fee,
        quote_price=quote_price,
    )
    positive("price", at)
    freed = call("freed_margin", at, quote, rate, paid, insured)
    is_none = freed <= 0
    # What divides is above 0 also where there is no answer.
    one: Any = 1.0 if is_float(freed) else Fraction(1)
    safe = np.where(is_none, one, freed)[()]
    quantity = call("ratio_of", call("at_least", missing, ZERO), safe)
    return finish_unless(is_none, quantity, step, rounding)


def excess_quantity(
    quantity: Numbers, value: Numbers, limit: Numbers, *, step: Step = None, rounding: Word = "up"
) -> Amount:
    """Return what of a position must be closed so that it is worth a limit at most.

    Parameters
    ----------
    quantity : number or array
        Of the position.
    value : number or array
        What it is worth, above 0.
    limit : number or array
        Where a tier ends: BitMEX and Bybit take a position down by one, OKX by two.
    step, rounding
        The lot size, and which multiple: by default enough.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`; 0 where the value is no more than the limit.

    Raises
    ------
    GridError
        A value at 0 or below, a number that is none.

    Examples
    --------
    >>> excess_quantity("2.5", 125000, 50000, step="0.001")
    Decimal('1.500')
    """
    size, worth, most, zero = read(quantity=quantity, value=value, limit=limit, zero=0)
    positive("value", worth)
    above = call("at_least", call("total", worth, negated(most)), zero)
    return finish(call("part", size, call("ratio_of", above, worth)), step, rounding)


def max_liquidation_value(
    value: Numbers,
    *,
    least: Numbers = 0,
    part: Numbers = 1,
    step: Step = None,
    rounding: Word = "down",
) -> Amount:
    """Return what of a position's value may be liquidated at once, as dYdX limits it.

    Parameters
    ----------
    value : number or array
        Of the position.
    least : number or array
        As much may always be, as far as the position goes.
    part : number or array
        Of the value, 0 to 1.
    step, rounding
        Of the result.

    Examples
    --------
    >>> max_liquidation_value(50000000000, least=100, part="0.5")
    Decimal('25000000000')
    >>> max_liquidation_value(5000000, least=10000000, part="0.1")
    Decimal('5000000')
    """
    worth, floor, share = read(value=value, least=least, part=part)
    most = call("at_least", call("at_most", floor, worth), call("part", worth, share))
    return finish(most, step, rounding)


# What it gives.


def fillable_price(
    side: Numbers,
    quantity: Numbers,
    price: Numbers,
    *,
    net_collateral: Numbers,
    total_maintenance: Numbers,
    maintenance_margin: Numbers,
    adjustment: Numbers = 1,
    spread: Numbers = 1,
    multiplier: Numbers = 1,
    step: Step = None,
    rounding: Word | None = None,
) -> Amount:
    """Return the worst price at which dYdX liquidates a position in its book.

    Parameters
    ----------
    side : number, array or str
        +1 or "long", -1 or "short".
    quantity, multiplier : number or array
        Above 0.
    price : number or array
        The oracle's.
    net_collateral, total_maintenance : number or array
        Of the account; the maintenance margin is above 0.
    maintenance_margin : number or array
        Of the position.
    adjustment : number or array
        How fast the price moves as collateral goes missing.
    spread : number or array
        How much of the maintenance margin it may come to.
    step, rounding
        The tick size, and which tick: by default up for a long position, down for a short one.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`.

    Raises
    ------
    GridError
        A quantity or a maintenance margin of the account at 0 or below, a number that is none.

    Notes
    -----
    price - side * clamp(adjustment * (1 - net_collateral / total_maintenance), 0, 1) * spread *
    maintenance_margin / quantity. RISK.md, section 5; the example is dYdX's.

    Examples
    --------
    >>> fillable_price("short", 10000000, 500, net_collateral=499000000, spread="0.2",
    ...                total_maintenance=500000000, maintenance_margin=500000000)
    Decimal('500.02')
    """
    sign, size, factor, at, held, total, needed, rise, share = read(
        side=sides(side),
        quantity=quantity,
        multiplier=multiplier,
        price=price,
        net_collateral=net_collateral,
        total_maintenance=total_maintenance,
        maintenance_margin=maintenance_margin,
        adjustment=adjustment,
        spread=spread,
    )
    positive("quantity", size)
    positive("total_maintenance", total)
    found = call("fillable_price", sign, size, factor, at, held, total, needed, rise, share)
    return finish(found, step, safe_rounding(sign) if rounding is None else rounding)


def bankruptcy_quote(
    value_change: Numbers,
    maintenance_change: Numbers,
    *,
    net_collateral: Numbers,
    total_maintenance: Numbers,
    step: Step = None,
    rounding: Word = "floor",
) -> Amount:
    """Return what a part of a dYdX account's position changes hands for at its bankruptcy price.

    Parameters
    ----------
    value_change : number or array
        By how much the signed value of the position grows; below 0 where a long one is closed.
    maintenance_change : number or array
        By how much its maintenance margin grows; closing makes it less.
    net_collateral, total_maintenance : number or array
        Of the account; the maintenance margin is above 0.
    step, rounding
        Of the account's share in its own collateral, by default down, so that the insurance fund
        is not asked for a rest.

    Returns
    -------
    Decimal, float, or array
        In the quote currency, above 0 what the account receives.

    Raises
    ------
    GridError
        A maintenance margin of the account at 0 or below, a number that is none.

    Notes
    -----
    -value_change - net_collateral * abs(maintenance_change) / total_maintenance, the latter
    rounded: what is left bears the same part of the collateral as of the maintenance margin.
    RISK.md, section 5; the example is dYdX's.

    Examples
    --------
    >>> bankruptcy_quote(10673500, 1067350, net_collateral=-49987000000,
    ...                  total_maintenance=5000000000, step=1)
    Decimal('-2775')
    """
    change, margin, held, total = read(
        value_change=value_change,
        maintenance_change=maintenance_change,
        net_collateral=net_collateral,
        total_maintenance=total_maintenance,
    )
    positive("total_maintenance", total)
    size = call("at_least", margin, negated(margin))
    share = call("ratio_of", call("part", held, size), total)
    if not is_float(share) and step is not None:
        share = read(share=finish(share, step, rounding))[0]
    return finish(negated(call("total", change, share)), EXACT if step is EXACT else None, rounding)


def insurance_delta(
    fill_value: Numbers,
    bankruptcy_value: Numbers,
    *,
    max_fee_rate: Numbers = 1,
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return what the insurance fund gains by a liquidation; below 0 it pays.

    Parameters
    ----------
    fill_value : number or array
        What the account receives for what was closed, below 0 where it pays to close a short
        position.
    bankruptcy_value : number or array
        The same at the bankruptcy price.
    max_fee_rate : number or array
        The most that the fund takes, a part of the fill's value; what is above it is the account's.
    step, rounding
        Of that most, by default up.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`.

    Notes
    -----
    min(fill_value - bankruptcy_value, abs(fill_value) * max_fee_rate). RISK.md, section 6; the
    examples are dYdX's.

    Examples
    --------
    >>> insurance_delta(-4410000000, -4900000000, max_fee_rate="0.005")
    Decimal('22050000')
    >>> insurance_delta(5049000000, 5100000000, max_fee_rate="0.005")
    Decimal('-51000000')
    """
    filled, owed, rate = read(
        fill_value=fill_value, bankruptcy_value=bankruptcy_value, max_fee_rate=max_fee_rate
    )
    most = call("part", call("at_least", filled, negated(filled)), rate)
    if not is_float(most) and step is not None:
        most = read(most=finish(most, step, rounding))[0]
    delta = call("at_most", call("total", filled, negated(owed)), most)
    return finish(delta, EXACT if step is EXACT else None, rounding)


def insurance_fee_rate(
    shortage: Numbers,
    value: Numbers,
    maintenance_rate: Numbers,
    *,
    liquidator_fee: Numbers = 0,
    part: Numbers = "0.95",
    most: Numbers = 1,
    step: Step = None,
    rounding: Word = "floor",
) -> Amount:
    """Return what Drift's insurance fund takes of a liquidation, as a part of its value.

    Parameters
    ----------
    shortage : number or array
        The margin that is missing.
    value : number or array
        Of the position, above 0.
    maintenance_rate, liquidator_fee : number or array
        Parts of the value.
    part : number or array
        How much of what there is room for.
    most : number or array
        The highest rate.
    step, rounding
        Of the rate.

    Returns
    -------
    Decimal, float, or array
        0 to `most`.

    Raises
    ------
    GridError
        A value at 0 or below, a number that is none.

    Notes
    -----
    part * (maintenance_rate - liquidator_fee - shortage / value), at least 0 and at most `most`.
    RISK.md, section 6; the example is Drift's.

    Examples
    --------
    >>> insurance_fee_rate(20, 1000, "0.05", liquidator_fee="0.01", most="0.05", step="1e-6")
    Decimal('0.019000')
    """
    missing, worth, rate, paid, share, highest = read(
        shortage=shortage,
        value=value,
        maintenance_rate=maintenance_rate,
        liquidator_fee=liquidator_fee,
        part=part,
        most=most,
    )
    positive("value", worth)
    taken = call("total", negated(paid), negated(call("ratio_of", missing, worth)))
    room = call("at_least", call("part", call("total", rate, taken), share), ZERO)
    return finish(call("at_most", room, highest), step, rounding)
