"""What positions are worth: value and average entry price."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine import _formulas
from engine.calc._evaluate import (
    Amount,
    Numbers,
    Step,
    Word,
    call,
    call_checked,
    finish,
    is_inverse,
    of_kind,
    positive,
    read,
    summed,
)

__all__ = ["average_entry_price", "entry_price", "position_value"]

LINEAR: Final = (_formulas.part_at_once, _formulas.linear_value_at_once)
INVERSE: Final = (_formulas.ratio_of_at_once, _formulas.inverse_value_at_once)
AT_ONCE: Final = {"spot": LINEAR, "linear": LINEAR, "inverse": INVERSE}
"""Without a multiplier and with one: what gives None of what is to be read, or refused."""


def position_value(
    quantity: Numbers,
    price: Numbers,
    *,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "down",
) -> Amount:
    """Return what a quantity is worth at a price, in the settlement currency.

    Parameters
    ----------
    quantity : number or array
        Contracts, or units of the base currency.
    price : number or array
        Of one unit; of inverse contracts above 0.
    multiplier : number or array
        What one contract is of: units of the base currency, of inverse contracts of the quote
        currency.
    contract : ContractKind, str or int
        "spot" and "linear": quantity * multiplier * price. "inverse": quantity * multiplier /
        price, in the base currency.
    step : decimal, optional
        The smallest unit of the result.
    rounding : Rounding, str or int
        Which multiple of the step.

    Returns
    -------
    Decimal, or object array of Decimal
        Of exact arguments (str, Decimal, int, Fraction). Without a step exact where the value is a
        finite decimal, else the nearest one with 30 places; `step=EXACT` gives a Fraction.
    float, or array of float64
        Where an argument is a float: within 2 roundings of 2**-53 each, relative.

    Raises
    ------
    GridError
        A number that is none, a price of an inverse contract at 0 or below, a step with floats.

    Notes
    -----
    Arrays are broadcast. RISK.md, section 1; Binance truncates values at 8 places.

    Examples
    --------
    >>> position_value("0.001", "21123.05052574", step="1e-8")
    Decimal('21.12305052')
    >>> position_value(2, "38103.05510455", multiplier=100, contract="inverse", step="1e-8")
    Decimal('0.00524892')
    >>> position_value([1.0, 2.0], 50000.0)
    array([ 50000., 100000.])
    """
    if step is None and type(contract) is str and contract in AT_ONCE:
        plain, multiplied = AT_ONCE[contract]
        is_one = type(multiplier) is int and multiplier == 1
        value = plain(quantity, price) if is_one else multiplied(quantity, multiplier, price)
        if value is not None:
            return value
    inverse = is_inverse(contract)
    sizes, prices, multipliers = read(quantity=quantity, price=price, multiplier=multiplier)
    checked = ("price",) if inverse else ()
    if not isinstance(multipliers, np.ndarray) and multipliers == 1:
        # The same, for floats in two thirds of the time.
        product = "ratio_of" if inverse else "part"
        value = call_checked(product, checked, quantity=sizes, price=prices)
    else:
        formula = of_kind(contract, "value")
        value = call_checked(formula, checked, quantity=sizes, multiplier=multipliers, price=prices)
    return finish(value, step, rounding)


def average_entry_price(
    quantities: Numbers,
    prices: Numbers,
    *,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return the price at which all quantities together were entered.

    Parameters
    ----------
    quantities, prices : array
        Of each fill, along the last axis; all above 0.
    contract : ContractKind, str or int
        "linear": sum(quantity * price) / sum(quantity), the arithmetic mean. "inverse":
        sum(quantity) / sum(quantity / price), the harmonic one.
    step : decimal, optional
        Of the price.
    rounding : Rounding, str or int
        Which multiple of the step.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`, one dimension less than the fills.

    Raises
    ------
    GridError
        A number that is none, a quantity or a price at 0 or below.

    Notes
    -----
    An average price is for people: profits are computed from the entry value, which is a sum.
    RISK.md, section 1; the second example is Bybit's.

    Examples
    --------
    >>> average_entry_price(["0.5", "0.3"], [5000, 6000])
    Decimal('5375')
    >>> average_entry_price([1000, 2000], [5000, 6000], contract="inverse")
    Decimal('5625')
    """
    sizes, entries = read(quantities=quantities, prices=prices)
    positive("quantities", sizes)
    positive("prices", entries)
    (one,) = read(one=1)
    values = call(of_kind(contract, "value"), sizes, one, entries)
    return entry_price(
        summed(sizes), summed(values), contract=contract, step=step, rounding=rounding
    )


def entry_price(
    quantity: Numbers,
    entry_value: Numbers,
    *,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return the price at which a quantity is worth so much.

    Parameters
    ----------
    quantity : number or array
        Contracts, or units of the base currency; above 0.
    entry_value : number or array
        What it was worth when it was entered; of inverse contracts above 0.
    multiplier : number or array
        As of `position_value`.
    contract : ContractKind, str or int
        "spot" and "linear": entry_value / (quantity * multiplier). "inverse": quantity * multiplier
        / entry_value.
    step : decimal, optional
        Of the price.
    rounding : Rounding, str or int
        Which multiple of the step.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`.

    Raises
    ------
    GridError
        A number that is none, a quantity or the value of an inverse contract at 0 or below.

    See Also
    --------
    average_entry_price : of fills.

    Examples
    --------
    >>> entry_price(3, "143.52", multiplier=2)
    Decimal('23.92')
    >>> entry_price(5, "0.01", multiplier=100, contract="inverse")
    Decimal('50000')
    """
    sizes, worth, multipliers = read(
        quantity=quantity, entry_value=entry_value, multiplier=multiplier
    )
    positive("quantity", sizes)
    if is_inverse(contract):
        positive("entry_value", worth)
    price = call(of_kind(contract, "price"), sizes, multipliers, worth)
    return finish(price, step, rounding)
