"""What positions need and have: margin by leverage and by rate, the fee to close, balances.

The rules of one venue together are a `MarginSchedule`; these are its parts, one formula each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine._members import member_of
from engine._schema import CloseFee
from engine._shown import shown
from engine.calc._evaluate import (
    Amount,
    Numbers,
    Step,
    Word,
    all_of,
    call,
    finish,
    negated,
    of_kind,
    plus,
    positive,
    read,
    sides,
)
from engine.errors import GridError

__all__ = [
    "available_balance",
    "close_fee",
    "initial_margin",
    "initial_margin_rate",
    "maintenance_amount",
    "maintenance_margin",
    "margin_balance",
    "margin_ratio",
    "position_margin",
    "sloped_margin_rate",
]


def initial_margin(
    value: Numbers,
    *,
    leverage: Numbers = None,
    rate: Numbers = None,
    close_fee: Numbers = 0,
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return the initial margin of a value.

    Parameters
    ----------
    value : number or array
        Of position or order, in the settlement currency.
    leverage : number or array, optional
        Above 0; the margin is value / leverage.
    rate : number or array, optional
        A part of 1; the margin is value * rate. With a leverage too it is the larger of both.
    close_fee : number or array
        What is held beside it to pay for closing, where a venue counts that in.
    step : decimal, optional
        The smallest unit of the result.
    rounding : Rounding, str or int
        A requirement is rounded up by default; Binance truncates at 8 places.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`.

    Raises
    ------
    GridError
        Neither a leverage nor a rate, a leverage at 0 or below, a number that is none.

    Notes
    -----
    RISK.md, section 4.1.

    Examples
    --------
    >>> initial_margin("39260000", leverage=3, step=1)
    Decimal('13086667')
    >>> initial_margin("1992.46079250", leverage=20, step="1e-8", rounding="down")
    Decimal('99.62303962')
    >>> initial_margin([1000.0, 5000.0], leverage=[10.0, 25.0])
    array([100., 200.])
    """
    if leverage is None and rate is None:
        raise GridError("leverage was None, and rate too: one of them must be there")
    given = {"leverage": leverage, "rate": rate}
    named = {name: number for name, number in given.items() if number is not None}
    worth, held, *numbers = read(value=value, close_fee=close_fee, **named)
    found: list[Any] = []
    for name, number in zip(named, numbers, strict=True):
        if name == "leverage":
            positive("leverage", number)
        found.append(call("by_leverage" if name == "leverage" else "part", worth, number))
    margin = found[0] if len(found) == 1 else call("at_least", *found)
    return finish(plus(margin, held), step, rounding)


def maintenance_margin(
    value: Numbers,
    rate: Numbers,
    *,
    deduction: Numbers = 0,
    close_fee: Numbers = 0,
    funding_rate: Numbers = 0,
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return the maintenance margin of a value.

    Parameters
    ----------
    value : number or array
        Of the position, at the price that the venue takes: mark, entry or oracle.
    rate : number or array
        Of the tier that the value is in.
    deduction : number or array
        Of that tier: Binance's maintenance amount.
    close_fee : number or array
        What is held to pay for closing, where a venue counts that in.
    funding_rate : number or array
        Of the next funding, where a venue counts that in (BitMEX).
    step, rounding
        As of `initial_margin`.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`.

    Notes
    -----
    value * (rate + funding_rate) - deduction + close_fee. RISK.md, section 4.

    Examples
    --------
    >>> maintenance_margin(12000001, "0.02", deduction=131450)
    Decimal('108550.02')
    >>> maintenance_margin(39260000, "0.01", close_fee=39261, funding_rate="0.0001")
    Decimal('435787')
    """
    worth, part, off, held, funding = read(
        value=value,
        rate=rate,
        deduction=deduction,
        close_fee=close_fee,
        funding_rate=funding_rate,
    )
    margin = call("margin", worth, plus(part, funding), off)
    return finish(plus(margin, held), step, rounding)


def maintenance_amount(
    floor: Numbers,
    rate: Numbers,
    rate_before: Numbers,
    amount_before: Numbers = 0,
    *,
    step: Step = None,
    rounding: Word = "down",
) -> Amount:
    """Return the deduction of a tier from that of the tier before it.

    Parameters
    ----------
    floor : number or array
        Where the tier begins.
    rate, rate_before : number or array
        The maintenance rates of the tier and of the one before it.
    amount_before : number or array
        The deduction of the one before it.
    step, rounding
        Of the result.

    Notes
    -----
    amount_before + floor * (rate - rate_before): at the floor both tiers ask for the same. RISK.md,
    section 4.1; all of Binance's 2,805 real tiers follow it.

    Examples
    --------
    >>> maintenance_amount(250000, "0.01", "0.005", 50)
    Decimal('1300')
    """
    begins, above, below, before = read(
        floor=floor, rate=rate, rate_before=rate_before, amount_before=amount_before
    )
    return finish(call("deduction_after", before, begins, above, below), step, rounding)


def sloped_margin_rate(
    base: Numbers,
    slope: Numbers,
    size: Numbers,
    *,
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return a margin rate that grows with the size of a position, as Deribit has it.

    Parameters
    ----------
    base : number or array
        The rate of a position of size 0.
    slope : number or array
        What each unit of size adds.
    size : number or array
        In coins, whatever the contract is.
    step, rounding
        Of the result.

    Examples
    --------
    >>> sloped_margin_rate("0.02", "0.00005", 25)
    Decimal('0.02125')
    """
    start, growth, amount = read(base=base, slope=slope, size=size)
    return finish(call("sloped_rate", start, growth, amount), step, rounding)


def initial_margin_rate(
    rate: Numbers,
    open_interest: Numbers,
    lower: Numbers,
    upper: Numbers,
    *,
    step: Step = None,
    rounding: Word = "down",
) -> Amount:
    """Return an initial margin rate that grows with the open interest, as dYdX has it.

    Parameters
    ----------
    rate : number or array
        Where the open interest is at the lower bound or below.
    open_interest, lower, upper : number or array
        In one unit. Between the bounds the rate grows evenly to 1; an upper bound of 0 means that
        it does not grow.
    step, rounding
        Of the result; dYdX takes it down to a millionth.

    Raises
    ------
    GridError
        A lower bound that is not below an upper one that counts; a number that is none.

    Notes
    -----
    rate + max(0, open_interest - lower) / (upper - lower) * (1 - rate), at most 1. Maintenance
    margin never scales.

    Examples
    --------
    >>> initial_margin_rate("0.2", 28123456789123, 25000000000000, 60000000000000, step="1e-6")
    Decimal('0.271393')
    """
    start, interest, low, high = read(
        rate=rate, open_interest=open_interest, lower=lower, upper=upper
    )
    counts = np.asarray(high) != 0
    if np.any(counts & (np.asarray(low) >= np.asarray(high))):
        raise GridError(f"lower was {shown(lower)}, must be below upper, {shown(upper)}")
    if not np.any(counts):
        return finish(start, step, rounding)
    if not np.all(counts):
        raise GridError(f"upper was {shown(upper)}, must be 0 everywhere or nowhere")
    return finish(call("scaled_rate", start, interest, low, high), step, rounding)


def close_fee(
    value: Numbers,
    fee_rate: Numbers,
    *,
    convention: Word = "bankruptcy",
    initial_margin: Numbers = 0,
    side: Numbers = "long",
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return what is held beside the margin to pay for closing a position.

    Parameters
    ----------
    value : number or array
        Of the position: at the mark price for "mark", at entry for the others.
    fee_rate : number or array
        The taker's.
    convention : CloseFee, str or int
        What the fee is of. "mark", "entry": the value. "bankruptcy": the value at which the initial
        margin is lost (Bybit). "cost_plus_initial": value and initial margin, whatever the side
        (BitMEX, KuCoin). "none": nothing.
    initial_margin : number or array
        Without a fee in it.
    side : number, array or str
        For "bankruptcy" a linear long position is worth less there, an inverse one more.
    contract : ContractKind, str or int
        "linear" or "inverse".
    step, rounding
        As of `initial_margin`.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`.

    Notes
    -----
    RISK.md, section 4.2; the examples are Bybit's and BitMEX's.

    Examples
    --------
    >>> close_fee(5, "0.00055", initial_margin="0.2", contract="inverse")
    Decimal('0.00286')
    >>> close_fee(39260000, "0.00075", initial_margin=13086667,
    ...           convention="cost_plus_initial", step=1)
    Decimal('39261')
    """
    worth, part, initial, sign = read(
        value=value, fee_rate=fee_rate, initial_margin=initial_margin, side=sides(side)
    )
    kind = member_of(CloseFee, convention, "convention")
    if kind == CloseFee.NONE:
        return finish(call("part", worth, part * 0), step, rounding)
    base = worth
    if kind == CloseFee.BANKRUPTCY:
        base = call(of_kind(contract, "bankruptcy_value"), sign, worth, initial)
    elif kind == CloseFee.COST_PLUS_INITIAL:
        base = call("total", worth, initial)
    return finish(call("part", base, part), step, rounding)


def position_margin(
    initial_margin: Numbers, close_fee: Numbers = 0, *, step: Step = None, rounding: Word = "up"
) -> Amount:
    """Return what is set aside for an isolated position: initial margin and the fee to close it.

    Parameters
    ----------
    initial_margin, close_fee : number or array
        As the functions of these names give them.
    step, rounding
        Of the result.

    Examples
    --------
    >>> position_margin(13086667, 39261)
    Decimal('13125928')
    """
    initial, held = read(initial_margin=initial_margin, close_fee=close_fee)
    return finish(call("total", initial, held), step, rounding)


def margin_balance(
    balance: Numbers, unrealized_pnl: Numbers, *, step: Step = None, rounding: Word = "floor"
) -> Amount:
    """Return what stands against the margin that is needed: balance and unrealized PnL.

    Parameters
    ----------
    balance : number or array
        The wallet's, or the margin that is assigned to an isolated position. On a venue that books
        the cost of a position (Hyperliquid), what is left of the cash, below 0 if borrowed.
    unrealized_pnl : number or array
        What `unrealized_pnl` gives; on such a venue the value of the position.
    step, rounding
        Of the result.

    Examples
    --------
    >>> margin_balance(13125928, 23900)
    Decimal('13149828')
    """
    held, gain = read(balance=balance, unrealized_pnl=unrealized_pnl)
    return finish(call("total", held, gain), step, rounding)


def available_balance(
    margin_balance: Numbers, used: Numbers, *, step: Step = None, rounding: Word = "floor"
) -> Amount:
    """Return what is free: the margin balance less what positions and orders use, at least 0.

    Parameters
    ----------
    margin_balance, used : number or array
        In one currency.
    step, rounding
        Of the result.

    Examples
    --------
    >>> available_balance("1736.030875", "963.798764")
    Decimal('772.232111')
    >>> available_balance(5, 7)
    Decimal('0')
    """
    held, taken, zero = read(margin_balance=margin_balance, used=used, zero=0)
    free = all_of((held, negated(taken)))
    return finish(call("at_least", free, zero), step, rounding)


def margin_ratio(
    margin_balance: Numbers,
    margin: Numbers,
    *,
    adjustment: Numbers = 0,
    step: Step = None,
    rounding: Word = "floor",
) -> Amount:
    """Return how many times the margin the balance is.

    Parameters
    ----------
    margin_balance : number or array
        Balance and unrealized PnL.
    margin : number or array
        What it is held against, above 0: the maintenance margin, on HTX the initial one.
    adjustment : number or array
        What a venue takes off the ratio: HTX's adjustment factor.
    step, rounding
        Of the result: 1 is the balance that is just enough.

    Raises
    ------
    GridError
        A margin at 0 or below; a number that is none.

    Examples
    --------
    >>> margin_ratio("24.97302007", "23.5793", adjustment="0.015", step="1e-6")
    Decimal('1.044107')
    """
    held, needed, off = read(margin_balance=margin_balance, margin=margin, adjustment=adjustment)
    positive("margin", needed)
    return finish(all_of((call("ratio_of", held, needed), negated(off))), step, rounding)
