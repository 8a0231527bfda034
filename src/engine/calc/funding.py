"""What longs and shorts pay each other: interest, rate, payment, and the index of funding.

The rules of one venue together are a `FundingSpec`; these are its parts, one formula each. Rates
are parts of 1, above 0 where longs pay; times are in one unit, as a rule seconds.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from engine import _formulas
from engine._shown import shown
from engine.calc._evaluate import (
    EXACT,
    Amount,
    Numbers,
    Step,
    Word,
    call,
    call_checked,
    finish,
    is_float,
    negated,
    positive,
    read,
    read_sides,
    rounded,
)
from engine.errors import GridError

__all__ = [
    "IndexPayment",
    "accrued_rate",
    "annual_rate",
    "funding_cap",
    "funding_index_change",
    "funding_payment",
    "funding_rate",
    "index_payment",
    "interest_rate",
    "socialized_index_change",
]

DAY: Final = 86_400
YEAR_DAYS: Final = 365

# What gives None of what is to be read, or refused.
ADDITIVE: Final = _formulas.additive_rate_at_once
DAMPENED: Final = _formulas.dampened_rate_at_once
BOUNDED_ADDITIVE: Final = _formulas.bounded_additive_rate_at_once
BOUNDED_DAMPENED: Final = _formulas.bounded_dampened_rate_at_once


class IndexPayment(NamedTuple):
    """What an index of funding pays to a position, and what it keeps.

    Attributes
    ----------
    amount : Decimal, float, or array
        Below 0 the position pays.
    remainder : Decimal, float, or array
        What is left of a step, for the next payment: at or above 0, less than the step.
    """

    amount: Amount
    remainder: Amount


# Rate.


def interest_rate(
    quote_rate: Numbers,
    base_rate: Numbers = 0,
    *,
    periods: Numbers = 1,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return the interest of one period: what the quote currency bears a day more than the base.

    Parameters
    ----------
    quote_rate, base_rate : number or array
        A day's.
    periods : number or array
        How many of them a day has, above 0: 3 of 8 hours, 86400 seconds.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        Periods at 0 or below; a number that is none.

    Notes
    -----
    (quote_rate - base_rate) / periods. RISK.md, section 2; the examples are BitMEX's and GoDark's.

    Examples
    --------
    >>> interest_rate("0.01", "0.0025", periods=3)
    Decimal('0.0025')
    >>> interest_rate("0.01", periods=86400, step="1e-18")
    Decimal('1.15740740741E-7')
    """
    quote, base, parts = read(quote_rate=quote_rate, base_rate=base_rate, periods=periods)
    rate = call_checked(
        "interest_rate", ("periods",), quote_rate=quote, base_rate=base, periods=parts
    )
    return finish(rate, step, rounding)


def funding_rate(
    premium: Numbers,
    interest: Numbers = 0,
    *,
    damp: Numbers = None,
    scale: Numbers = 1,
    floor: Numbers = None,
    cap: Numbers = None,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return the rate of funding of a premium and an interest.

    Parameters
    ----------
    premium : number or array
        Its average, or the one of the moment.
    interest : number or array
        Of one period.
    damp : number or array, optional
        0 or more. The premium is drawn towards the interest by this at most; with an interest of 0
        that is a dead band (Deribit). Without it premium and interest are added (GoDark, dYdX).
    scale : number or array
        What the sum is divided by, above 0: 8 / N for a funding each N hours (Binance).
    floor, cap : number or array, optional
        The lowest and the highest rate, after the scale.
    step, rounding
        Of the result.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`; above 0 where longs pay. Floats are within 4 roundings of 2**-53 of
        the largest of premium, interest and damp.

    Raises
    ------
    GridError
        A scale at 0 or below, a damp below 0, a floor above the cap; a number that is none.

    Notes
    -----
    clamp((premium + clamp(interest - premium, -damp, damp)) / scale, floor, cap), without a damp
    clamp((premium + interest) / scale, floor, cap). RISK.md, section 2.

    Examples
    --------
    >>> funding_rate("0.001", "0.0001", damp="0.0005", scale=2)
    Decimal('0.00025')
    >>> funding_rate("0.0005", interest_rate("0.01", periods=86400, step=EXACT),
    ...              floor="-0.0005", cap="0.0005")
    Decimal('0.0005')
    >>> funding_rate([-0.001, 0.0002, 0.001], damp=0.00025).round(9)
    array([-0.00075,  0.     ,  0.00075])
    """
    if step is None:
        rate = _rate_at_once(premium, interest, damp, scale, floor, cap)
        if rate is not None:
            return rate
    given = {"premium": premium, "interest": interest, "scale": scale}
    given |= {
        name: number
        for name, number in {"damp": damp, "floor": floor, "cap": cap}.items()
        if number is not None
    }
    numbers = dict(zip(given, read(**given), strict=True))
    if damp is not None and np.any(np.asarray(numbers["damp"]) < 0):
        raise GridError(f"damp was {shown(damp)}, must be 0 or more")
    both = {"floor", "cap"} <= numbers.keys()
    if both and np.any(np.asarray(numbers["floor"]) > np.asarray(numbers["cap"])):
        raise GridError(f"floor was {shown(floor)}, must not be above cap, {shown(cap)}")
    names = ["premium", "interest", *(["damp"] if damp is not None else []), "scale"]
    names += ["floor", "cap"] if both else []
    formula = "additive_rate" if damp is None else "dampened_rate"
    rate = call_checked(
        f"bounded_{formula}" if both else formula,
        ("scale",),
        **{name: numbers[name] for name in names},
    )
    if not both and cap is not None:
        rate = call("at_most", rate, numbers["cap"])
    if not both and floor is not None:
        rate = call("at_least", rate, numbers["floor"])
    return finish(rate, step, rounding)


def _rate_at_once(
    premium: Numbers, interest: Numbers, damp: Numbers, scale: Numbers, floor: Numbers, cap: Numbers
) -> Any:
    """Return the rate of plain floats, None of what is to be read, or refused."""
    bounds = () if floor is None and cap is None else (floor, cap)
    for number in bounds if damp is None else (damp, *bounds):
        if type(number) is not float and type(number) is not int:
            return None
    if (bounds and floor > cap) or (damp is not None and damp < 0):
        return None
    if damp is None:
        additive = BOUNDED_ADDITIVE if bounds else ADDITIVE
        return additive(premium, interest, scale, *bounds)
    dampened = BOUNDED_DAMPENED if bounds else DAMPENED
    return dampened(premium, interest, damp, scale, *bounds)


def funding_cap(
    multiplier: Numbers,
    maintenance_rate: Numbers,
    *,
    initial_rate: Numbers = None,
    step: Step = None,
    rounding: Word = "down",
) -> Amount:
    """Return what bounds a rate on either side, of the margin rates of the instrument.

    Parameters
    ----------
    multiplier : number or array
        0.75 on Binance and BitMEX, 6 on dYdX.
    maintenance_rate : number or array
        The maintenance margin rate.
    initial_rate : number or array, optional
        The initial one. With it the cap is of what it is above the other (BitMEX, dYdX).
    step, rounding
        Of the result: dYdX takes it down to a millionth.

    Notes
    -----
    multiplier * maintenance_rate, or multiplier * (initial_rate - maintenance_rate). RISK.md,
    section 2.

    Examples
    --------
    >>> funding_cap("0.75", "0.0065"), funding_cap(6, "0.12", initial_rate="0.15")
    (Decimal('0.004875'), Decimal('0.18'))
    """
    times, least, most = read(
        multiplier=multiplier,
        maintenance_rate=maintenance_rate,
        initial_rate=0 if initial_rate is None else initial_rate,
    )
    pair = (least, most) if initial_rate is None else (most, least)
    return finish(call("funding_cap", times, *pair), step, rounding)


def accrued_rate(
    rate: Numbers,
    elapsed: Numbers,
    period: Numbers,
    *,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return what of a rate belongs to a part of its period.

    Parameters
    ----------
    rate : number or array
        Of the whole period.
    elapsed, period : number or array
        In one unit of time; the period above 0.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        A period at 0 or below; a number that is none.

    Notes
    -----
    rate * elapsed / period. Deribit's rates are of 8 hours and accrue each millisecond.

    Examples
    --------
    >>> accrued_rate("0.00075", 1, 480)
    Decimal('0.0000015625')
    """
    whole, time, times = read(rate=rate, elapsed=elapsed, period=period)
    found = call_checked("accrued_rate", ("period",), rate=whole, elapsed=time, period=times)
    return finish(found, step, rounding)


def annual_rate(
    rate: Numbers, interval: Numbers, *, step: Step = None, rounding: Word = "half_even"
) -> Amount:
    """Return what a rate comes to in a year of 365 days, without interest on interest.

    Parameters
    ----------
    rate : number or array
        Of one interval.
    interval : number or array
        Its seconds, above 0.
    step, rounding
        Of the result.

    Examples
    --------
    >>> annual_rate("0.00011", 28800)
    Decimal('0.12045')
    """
    (year,) = read(year=YEAR_DAYS * DAY)
    return accrued_rate(rate, year, interval, step=step, rounding=rounding)


# Payment.


def funding_payment(
    side: Numbers,
    value: Numbers,
    rate: Numbers,
    *,
    step: Step = None,
    rounding: Word = "floor",
) -> Amount:
    """Return what funding pays to a position; below 0 it pays.

    Parameters
    ----------
    side : number, array or str
        +1 or "long", -1 or "short".
    value : number or array
        Of the position at the price that the venue takes, mark or oracle; not below 0.
    rate : number or array
        Of the period; above 0 long positions pay.
    step, rounding
        Of the result: by default no credit is rounded up and no debit down.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`, in the settlement currency.

    Notes
    -----
    -side * value * rate. RISK.md, section 2; the example is BitMEX's.

    Examples
    --------
    >>> funding_payment("long", 20, "0.0025")
    Decimal('-0.05')
    """
    found = None if step is not None else _formulas.funding_payment_at_once(side, value, rate)
    if found is not None:
        return found
    sign, worth, part = read(side=read_sides(side), value=value, rate=rate)
    paid = call_checked("funding_payment", side=sign, value=worth, rate=part)
    return finish(paid, step, rounding)


def funding_index_change(
    rate: Numbers,
    price: Numbers,
    *,
    elapsed: Numbers = 1,
    period: Numbers = 1,
    step: Step = None,
    rounding: Word = "down",
) -> Amount:
    """Return what is added to the index of funding: what a long position of 1 owes.

    Parameters
    ----------
    rate : number or array
        Of one period.
    price : number or array
        At which positions are valued, mark or oracle.
    elapsed, period : number or array
        In one unit of time; the period above 0.
    step, rounding
        Of the result: dYdX cuts it to a whole number.

    Raises
    ------
    GridError
        A period at 0 or below; a number that is none.

    Notes
    -----
    rate * price * elapsed / period, of inverse contracts with 1 / price for the price. The sum of
    all changes is the index, which costs the same however many positions there are. RISK.md,
    section 2.

    Examples
    --------
    >>> funding_index_change("0.12", 50000, elapsed=3600, period=28800)
    Decimal('750')
    """
    part, at, time, times = read(rate=rate, price=price, elapsed=elapsed, period=period)
    change = call_checked(
        "index_change", ("period",), rate=part, price=at, elapsed=time, period=times
    )
    return finish(change, step, rounding)


def index_payment(
    position: Numbers,
    index: Numbers,
    entry_index: Numbers,
    *,
    remainder: Numbers = 0,
    step: Step = None,
) -> IndexPayment:
    """Return what is due to a position since it was last paid, and what is left of a step.

    Parameters
    ----------
    position : number or array
        Its quantity, below 0 short.
    index, entry_index : number or array
        The index of funding now, and when the position was last paid or entered.
    remainder : number or array
        What was left then.
    step : decimal, optional
        The smallest unit of money. The payment is the multiple of it that is not above what is due;
        without one, and of floats, all is paid and nothing left.

    Returns
    -------
    IndexPayment
        Of decimals, floats, or arrays.

    Notes
    -----
    -position * (index - entry_index) + remainder, rounded down (FLOOR) always: then all payments of
    a position have one sum, however often it was paid on the way. With a rounding towards zero they
    have not. In whole units: `engine.calc.units.index_payment`.

    Examples
    --------
    >>> index_payment(3, "10.05", 10, step="0.1")
    IndexPayment(amount=Decimal('-0.2'), remainder=Decimal('0.05'))
    >>> index_payment(3, "10.10", "10.05", remainder="0.05", step="0.1")
    IndexPayment(amount=Decimal('-0.1'), remainder=Decimal('0'))
    """
    if step is None and type(remainder) is int and remainder == 0:
        found = _formulas.index_due_at_once(position, index, entry_index)
        if found is not None:
            left = np.zeros(found.shape) if isinstance(found, np.ndarray) else found * 0
            return IndexPayment(found, left)
    size, now, before, rest = read(
        position=position, index=index, entry_index=entry_index, remainder=remainder
    )
    due = call("index_due", size, now, before)
    if np.any(rest != 0):
        due = call("total", due, rest)
    if step is None or step is EXACT:
        left = np.zeros(due.shape) if isinstance(due, np.ndarray) and is_float(due) else due * 0
        return IndexPayment(finish(due, step, "floor"), finish(left, step, "floor"))
    paid = rounded(due, step, "floor")
    left = call("total", due, negated(paid))
    return IndexPayment(finish(paid, step, "floor"), finish(left, None, "floor"))


def socialized_index_change(
    loss: Numbers,
    longs: Numbers,
    shorts: Numbers,
    *,
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return what each unit of all positions takes of a loss, longs and shorts alike.

    Parameters
    ----------
    loss : number or array
        That nobody else bears, in money.
    longs, shorts : number or array
        The quantities of all positions of either side; together above 0.
    step, rounding
        Of the result: by default no part of the loss is left over.

    Raises
    ------
    GridError
        Quantities that are 0 together or below; a number that is none.

    Notes
    -----
    loss / (longs + shorts): the index of longs rises by it, that of shorts falls. RISK.md, section
    6; the example is of Drift's tests.

    Examples
    --------
    >>> socialized_index_change(100, 7, 4, step="1e-6")
    Decimal('9.090910')
    """
    lost, long, short = read(loss=loss, longs=longs, shorts=shorts)
    positive("longs + shorts", call("total", long, short))
    return finish(call("socialized_index_change", lost, long, short), step, rounding)
