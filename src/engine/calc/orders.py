"""What orders need: margin, fees, open loss, and how they net with a position."""

from __future__ import annotations

import numpy as np

from engine._members import member_of
from engine._schema import MarginNetting
from engine.calc._evaluate import (
    EXACT,
    Amount,
    Numbers,
    Step,
    Word,
    all_of,
    call,
    finish,
    is_inverse,
    negated,
    of_kind,
    positive,
    read,
    sides,
)
from engine.calc.margins import initial_margin
from engine.errors import GridError

__all__ = [
    "amendment_margin",
    "assumed_price",
    "netted_quantity",
    "open_loss",
    "order_cost",
    "order_margin",
]


def open_loss(
    side: Numbers,
    quantity: Numbers,
    price: Numbers,
    mark_price: Numbers,
    *,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return what an order would lose at once at the mark price, were it filled at its own.

    Parameters
    ----------
    side : number, array or str
        +1 or "buy", -1 or "sell".
    quantity, multiplier, contract
        As of `position_value`.
    price, mark_price : number or array
        The order's, and the mark price.
    step, rounding
        Of the result.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`; 0 where there is a gain.

    Notes
    -----
    quantity * |min(0, side * (mark - price))|. RISK.md, section 4.3; the example is Binance's.

    Examples
    --------
    >>> open_loss("sell", 1, "9253.30", "9259.84")
    Decimal('6.54')
    """
    sign, size, factor, at, mark = read(
        side=sides(side),
        quantity=quantity,
        multiplier=multiplier,
        price=price,
        mark_price=mark_price,
    )
    if is_inverse(contract):
        positive("price", at)
        positive("mark_price", mark)
    formula = "inverse_open_loss" if is_inverse(contract) else "open_loss"
    return finish(call(formula, sign, size, factor, at, mark), step, rounding)


def assumed_price(
    side: Numbers,
    price: Numbers,
    *,
    mark_price: Numbers,
    last_price: Numbers,
    buffer: Numbers = 0,
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return the price at which an order's margin is computed.

    Parameters
    ----------
    side : number, array or str
        A buyer's is the order's price. A seller's, who may trade higher, is the highest of the
        order's price, the mark price and the last price with the buffer.
    price, mark_price, last_price : number or array
        Last price, or best bid, as the venue has it.
    buffer : number or array
        A part of the last price: 0.0015 on Binance.
    step, rounding
        Of the result.

    Examples
    --------
    >>> assumed_price("sell", "9253.3", mark_price="9259.84", last_price="9258.99", buffer="0.0015")
    Decimal('9272.878485')
    """
    sign, at, mark, last, part = read(
        side=sides(side), price=price, mark_price=mark_price, last_price=last_price, buffer=buffer
    )
    above = call("total", last, call("part", last, part))
    highest = call("at_least", call("at_least", above, mark), at)
    found = np.where(np.asarray(sign) > 0, at, highest)
    return finish(found[()] if found.ndim == 0 else found, step, rounding)


def order_cost(
    side: Numbers,
    quantity: Numbers,
    price: Numbers,
    *,
    leverage: Numbers = None,
    rate: Numbers = None,
    mark_price: Numbers = None,
    open_fee_rate: Numbers = 0,
    close_fee_rate: Numbers = 0,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return what an order needs to be accepted: margin, open loss, and fees.

    Parameters
    ----------
    side, quantity, price, multiplier, contract
        As of `open_loss`.
    leverage, rate : number or array
        As of `initial_margin`.
    mark_price : number or array, optional
        With it the open loss counts (Binance).
    open_fee_rate : number or array
        Of the fee to open, a part of the order's value.
    close_fee_rate : number or array
        Of the fee to close at the bankruptcy price (Bybit, Phemex).
    step, rounding
        Of the result.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`.

    Notes
    -----
    value * (1/leverage + fee + (1 -+ side/leverage) * fee) + open loss, minus for linear contracts,
    plus for inverse ones. RISK.md, section 4.3; the first example is Bybit's.

    Examples
    --------
    >>> order_cost("buy", 1, 50000, leverage=10, open_fee_rate="0.00055", close_fee_rate="0.00055")
    Decimal('5052.25')
    >>> order_cost("sell", 1, "9253.30", leverage=20, mark_price="9259.84")
    Decimal('469.205')
    """
    sign, size, factor, at, first, last = read(
        side=sides(side),
        quantity=quantity,
        multiplier=multiplier,
        price=price,
        open_fee_rate=open_fee_rate,
        close_fee_rate=close_fee_rate,
    )
    if is_inverse(contract):
        positive("price", at)
    value = call(of_kind(contract, "value"), size, factor, at)
    initial = initial_margin(value, leverage=leverage, rate=rate, step=EXACT)
    bankrupt = call(of_kind(contract, "bankruptcy_value"), sign, value, initial)
    parts = [initial, call("part", value, first), call("part", bankrupt, last)]
    if mark_price is not None:
        parts.append(
            open_loss(sign, size, at, mark_price, multiplier=factor, contract=contract, step=EXACT)
        )
    return finish(all_of(parts), step, rounding)


def netted_quantity(
    position: Numbers,
    buys: Numbers = 0,
    sells: Numbers = 0,
    *,
    netting: Word = "worst_side",
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return the quantity that position and open orders are margined for.

    Parameters
    ----------
    position : number or array
        Below 0 when short.
    buys, sells : number or array
        What is open in buying and in selling orders, each above 0.
    netting : MarginNetting, str or int
        "worst_side": the largest position that could come of it. "sum": the position and all
        orders. "exact" is of single orders: `order_margin`.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        "exact".

    Examples
    --------
    >>> netted_quantity(5, buys=2, sells=4), netted_quantity(2, sells=7)
    (Decimal('7'), Decimal('5'))
    >>> netted_quantity(-5, buys=2, sells=4, netting="sum")
    Decimal('11')
    """
    held, bought, sold = read(position=position, buys=buys, sells=sells)
    rule = member_of(MarginNetting, netting, "netting")
    if rule == MarginNetting.EXACT:
        raise GridError("netting was 'exact', which is of single orders: order_margin has it")
    if rule == MarginNetting.WORST_SIDE:
        return finish(call("worst_side", held, bought, sold), step, rounding)
    size = call("at_least", held, negated(held))
    return finish(all_of((size, bought, sold)), step, rounding)


def order_margin(
    side: Numbers,
    quantity: Numbers,
    price: Numbers,
    rate: Numbers,
    *,
    position: Numbers = 0,
    mark_price: Numbers = None,
    fee_rate: Numbers = 0,
    multiplier: Numbers = 1,
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return the margin of one order beside a position, netted exactly; of linear contracts.

    Parameters
    ----------
    side : number, array or str
        +1 or "buy", -1 or "sell".
    quantity, price : number or array
        The order's, or of the fills that it would get at once; with several along the last axis
        and `position` 0, their sum is what `sum` makes of it.
    rate : number or array
        Of the initial margin.
    position : number or array
        Below 0 when short. What of the order closes it sets free as much as it would need.
    mark_price : number or array, optional
        With it the open loss of what opens a position counts.
    fee_rate : number or array
        Of the fees that are held with the margin, a part of the order's value.
    multiplier : number or array
        As of `position_value`.
    step, rounding
        Of the result.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`; never below 0.

    Notes
    -----
    max(rate * price * (quantity + min(0, 2 * side * position)) + open loss, 0), and the fees.
    RISK.md, section 4.3; the example is Extended's.

    Examples
    --------
    >>> order_margin("buy", 3, 50000, "0.02", position=-1, mark_price=50000)
    Decimal('1000')
    >>> order_margin("sell", 1, 49900, "0.02", mark_price=50000)
    Decimal('1098')
    """
    sign, size, at, part, held, fees, factor, zero = read(
        side=sides(side),
        quantity=quantity,
        price=price,
        rate=rate,
        position=position,
        fee_rate=fee_rate,
        multiplier=multiplier,
        zero=0,
    )
    added = call("added_quantity", sign, size, held)
    margin = call("part", call("linear_value", added, factor, at), part)
    if mark_price is not None:
        opening = call("opening_quantity", sign, size, held)
        loss = open_loss(sign, opening, at, mark_price, multiplier=factor, step=EXACT)
        margin = call("total", margin, loss)
    needed = call("at_least", margin, zero)
    value = call("linear_value", size, factor, at)
    return finish(call("total", needed, call("part", value, fees)), step, rounding)


def amendment_margin(
    before: Numbers, after: Numbers, *, step: Step = None, rounding: Word = "up"
) -> Amount:
    """Return what an amended order needs more: nothing where it needs less.

    Parameters
    ----------
    before, after : number or array
        The margin of the order as it was, and as it is to be.
    step, rounding
        Of the result.

    Examples
    --------
    >>> amendment_margin(535, "807.50")
    Decimal('272.5')
    """
    old, new, zero = read(before=before, after=after, zero=0)
    return finish(call("at_least", all_of((new, negated(old))), zero), step, rounding)
