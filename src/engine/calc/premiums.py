"""How far a perpetual trades from its index: impact prices, premiums, and averages of samples.

A premium is a part of the index price, above 0 where the contract is dearer.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import numpy as np

from engine import _formulas
from engine._shown import shown
from engine.calc._evaluate import (
    Amount,
    Numbers,
    Step,
    Word,
    absent,
    absent_where,
    call,
    call_checked,
    finish,
    integer,
    is_float,
    is_inverse,
    negated,
    positive,
    read,
    summed,
    without_bounds,
)
from engine.decimal_grid import DecimalLike
from engine.errors import GridError

__all__ = [
    "AVERAGES",
    "impact_notional",
    "impact_premium_index",
    "impact_price",
    "premium_average",
    "premium_index",
]

EXPECTED_MAX: Final = 1_000_000
"""Samples of an average, for which room is made: one a second for eleven days."""
AVERAGES: Final = ("last", "mean", "linear_weighted", "trimmed", "median")
"""How samples of a premium become one."""
NOTIONALS: Final = ("quote", "base")


def impact_notional(
    margin: Numbers,
    *,
    rate: Numbers = None,
    leverage: Numbers = None,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return the notional that an impact price is of: what a margin opens at the least margin rate.

    Parameters
    ----------
    margin : number or array
        As the venue sets it: 200 USDT on Binance.
    rate : number or array
        The initial margin rate at the highest leverage, above 0.
    leverage : number or array
        Or that leverage; one of the two must be there.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        Neither a rate nor a leverage, or both; a rate at 0 or below; a number that is none.

    Notes
    -----
    margin / rate. RISK.md, section 2; the example is Binance's, for BNB.

    Examples
    --------
    >>> impact_notional(200, rate="0.05"), impact_notional(200, leverage=20)
    (Decimal('4000'), Decimal('4000'))
    """
    if (rate is None) == (leverage is None):
        raise GridError(
            f"rate was {shown(rate)} and leverage {shown(leverage)}: one of them must be there"
        )
    if rate is None:
        amount, times = read(margin=margin, leverage=leverage)
        return finish(call("part", amount, times), step, rounding)
    amount, least = read(margin=margin, rate=rate)
    positive("rate", least)
    return finish(call("ratio_of", amount, least), step, rounding)


def impact_price(
    levels: Numbers,
    notional: Numbers,
    *,
    notional_in: str = "quote",
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return the average price at which one side of a book fills a notional.

    Parameters
    ----------
    levels : array
        Of (price, quantity), the best one first: the last axis has 2, the one before it the levels.
        Books of fewer levels are filled up with quantities of 0. Prices are above 0.
    notional : number or array
        To be filled, above 0.
    notional_in : str
        "quote": money. "base": coins.
    contract : ContractKind, str or int
        Quantities of "inverse" are money, of "linear" coins.
    step, rounding
        Of the price.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`; None, or NaN of floats, where the levels don't hold the notional.

    Raises
    ------
    GridError
        Levels that are no pairs, a price or a notional at 0 or below, a quantity below 0.

    Notes
    -----
    notional / coins that were filled; of a notional in coins, money that was paid / notional.
    RISK.md, section 2; the examples are of dYdX's tests. Floats are within 4 roundings of 2**-53 a
    level.

    Examples
    --------
    >>> bids = [["50000", "1"], ["49999", "1"]]
    >>> impact_price(bids, 99999), impact_price(bids, 300000)
    (Decimal('49999.5'), None)
    >>> impact_price(bids, "1.5", notional_in="base", step="0.1", rounding="down")
    Decimal('49999.6')
    """
    if notional_in not in NOTIONALS:
        raise GridError(f"notional_in was {shown(notional_in)}, not one of 'quote', 'base'")
    book, wanted = read(levels=levels, notional=notional)
    positive("notional", wanted)
    prices, quantities = _columns(book)
    left, filled = wanted, wanted * 0
    for price, quantity in zip(prices, quantities, strict=True):
        is_converted = (notional_in == "quote") != is_inverse(contract)
        if is_converted:
            formula = "part" if notional_in == "quote" else "ratio_of"
            quantity = call(formula, quantity, price)
        taken = call("at_most", quantity, left)
        other = call("ratio_of" if notional_in == "quote" else "part", taken, price)
        filled = call("total", filled, other)
        left = call("total", left, negated(taken))
    is_short = np.asarray(left) > 0
    safe = _where(is_short, filled * 0 + 1, filled)
    pair = (wanted, safe) if notional_in == "quote" else (safe, wanted)
    answer = finish(call("ratio_of", *pair), step, rounding)
    return absent_where(is_short[()], answer)


def _columns(book: Any) -> tuple[list[Any], list[Any]]:
    """Return prices and quantities of books, level by level."""
    if np.size(book) == 0:
        return [], []
    if np.ndim(book) < 2 or book.shape[-1] != 2:
        raise GridError(f"levels had the shape {np.shape(book)}, must be (..., levels, 2)")
    positive("price of a level", book[..., 0])
    if np.any(book[..., 1] < 0):
        raise GridError(f"quantity of a level was {np.min(book[..., 1])}, must be 0 or more")
    places = range(book.shape[-2])
    return [book[..., place, 0] for place in places], [book[..., place, 1] for place in places]


def _where(mask: Any, one: Any, other: Any) -> Any:
    found = np.where(mask, one, other)
    return found[()] if np.ndim(mask) or np.ndim(one) or np.ndim(other) else found.item()


def premium_index(
    price: Numbers, index: Numbers, *, step: Step = None, rounding: Word = "half_even"
) -> Amount:
    """Return how far a price is above the index, in parts of it.

    Parameters
    ----------
    price : number or array
        The mark price (GoDark, Deribit) or the mid price (OKX).
    index : number or array
        The index or oracle price, above 0.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        An index at 0 or below; a number that is none.

    Notes
    -----
    (price - index) / index. RISK.md, section 2.

    Examples
    --------
    >>> premium_index("50015", 50000)
    Decimal('0.0003')
    >>> premium_index([50010.0, 49975.0], 50000.0)
    array([ 0.0002, -0.0005])
    """
    found = None if step is not None else _formulas.premium_index_at_once(price, index)
    if found is not None:
        return found
    at, base = read(price=price, index=index)
    return finish(call_checked("premium_index", ("index",), price=at, index=base), step, rounding)


def impact_premium_index(
    impact_bid: Numbers,
    impact_ask: Numbers,
    index: Numbers,
    *,
    reference: Numbers = None,
    fair_basis: Numbers = 0,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return how far the impact bid is above the index, or the impact ask below it, in parts of it.

    Parameters
    ----------
    impact_bid, impact_ask : number or array
        As `impact_price` gives them; None, or NaN of floats, where the book is too thin.
    index : number or array
        The index, spot or oracle price, above 0.
    reference : number or array, optional
        What the impact prices are compared with, if not the index: the mark price on BitMEX.
    fair_basis : number or array
        Added, as a part of 1: that of BitMEX's mark price.
    step, rounding
        Of the result.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`; None, or NaN of floats, where an impact price is not there.

    Raises
    ------
    GridError
        An index at 0 or below; a number that is none.

    Notes
    -----
    (max(0, impact_bid - reference) - max(0, reference - impact_ask)) / index + fair_basis.
    RISK.md, section 2; the example is a real one of Hyperliquid.

    Examples
    --------
    >>> impact_premium_index("2123.65", "2124.0", "2124.6", step="1e-10")
    Decimal('-0.0002824061')
    >>> impact_premium_index(None, "2124.0", "2124.6") is None
    True
    """
    against = index if reference is None else reference
    if step is None and type(fair_basis) is int and fair_basis == 0:
        found = _formulas.impact_premium_index_at_once(impact_bid, impact_ask, against, index)
        if found is not None:
            return found
    bids, no_bid = absent(impact_bid)
    asks, no_ask = absent(impact_ask)
    bid, ask, base, against, basis = read(
        impact_bid=bids,
        impact_ask=asks,
        index=index,
        reference=against,
        fair_basis=fair_basis,
    )
    premium = call_checked(
        "impact_premium_index", ("index",), bid=bid, ask=ask, reference=against, index=base
    )
    if np.any(basis != 0):
        premium = call("total", premium, basis)
    return absent_where(no_bid | no_ask, finish(premium, step, rounding))


def premium_average(
    samples: Numbers,
    *,
    average: str = "mean",
    expected: int = 0,
    trim: DecimalLike = 0,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return the average of samples of a premium, the oldest of them first.

    Parameters
    ----------
    samples : array
        Along the last axis; None, or NaN of floats, is one that is missing.
    average : str
        "last": the last sample alone. "mean". "linear_weighted": the first with weight 1, the
        second with 2, and so on (Binance, Bybit). "trimmed": the mean without the tails (dYdX).
        "median": of votes.
    expected : int
        How many there should be: those that are missing, or missing from the number, count as 0 and
        as the oldest. By default they don't count.
    trim : decimal
        Of "trimmed", the part at each end that does not count, less than a half; what there is of
        both together is rounded down, and an odd one is taken from the top.
    step, rounding
        Of the result: dYdX takes it down to a millionth.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`, one dimension less than the samples; None, or NaN of floats, where
        no sample counts.

    Raises
    ------
    GridError
        Another average, an `expected` that is no integer or outside 0 to a million, a `trim` of
        half or more; a number that is none.

    Notes
    -----
    RISK.md, section 2.

    Examples
    --------
    >>> premium_average(["0.0001", "0.0002", "0.0003", "0.0004"], average="linear_weighted")
    Decimal('0.0003')
    >>> premium_average([1000, None, 1000], expected=4, step=1, rounding="down")
    Decimal('500')
    >>> premium_average([0.5, float("nan"), 0.25], average="mean")
    0.375
    """
    if average not in AVERAGES:
        names = ", ".join(map(repr, AVERAGES))
        raise GridError(f"average was {shown(average)}, not one of {names}")
    expected = integer("expected", expected, 0, EXPECTED_MAX)
    (tail,) = read(trim=trim)
    if not 0 <= tail < Fraction(1, 2):
        raise GridError(f"trim was {shown(trim)}, must be 0 or more and less than 0.5")
    given, is_absent = absent(samples)
    (found,) = read(samples=given)
    found = np.atleast_1d(found)
    missing = np.broadcast_to(np.asarray(is_absent, dtype=bool), found.shape)
    if is_float(found):
        missing = missing | np.isnan(found)
        found = np.where(missing, 0.0, found)
    answers = _averages(found, missing, average, expected, Fraction(tail))
    if is_float(answers):
        return finish(answers if np.ndim(answers) else float(answers), step, rounding)
    filled, is_none = absent(answers)
    return absent_where(is_none, finish(read(average=filled)[0], step, rounding))


def _averages(found: Any, missing: Any, average: str, expected: int, trim: Fraction) -> Any:
    """Return the averages of rows; None or NaN of a row in which nothing counts."""
    if found.ndim > 1 and not expected and np.any(missing):
        rows = zip(found, missing, strict=True)
        answers = [_averages(row, absents, average, expected, trim) for row, absents in rows]
        return np.array(answers, dtype=found.dtype)
    if expected:
        lack = max(0, expected - found.shape[-1])
        zeros = np.zeros((*found.shape[:-1], lack), dtype=int).astype(found.dtype)
        found = np.concatenate([zeros, found], axis=-1)
    elif np.any(missing):
        found = found[~missing]
    if found.shape[-1] == 0:
        nothing = np.nan if is_float(found) else None
        return np.full(found.shape[:-1], nothing, dtype=found.dtype)[()]
    return _average(found, average, trim)


@without_bounds()
def _average(found: Any, average: str, trim: Fraction) -> Any:
    count = found.shape[-1]
    if average == "last":
        return found[..., -1]
    if average == "linear_weighted":
        weights = np.arange(1, count + 1).astype(found.dtype)
        return _quotient(summed(found * weights), count * (count + 1) // 2)
    if average == "mean":
        return _quotient(summed(found), count)
    ordered = np.sort(found, axis=-1)
    if average == "median":
        low, high = ordered[..., (count - 1) // 2], ordered[..., count // 2]
        return _quotient(low + high, 2)
    tails = int(2 * trim * count)
    kept = ordered[..., tails // 2 : count - (tails - tails // 2)]
    return _quotient(summed(kept), kept.shape[-1])


def _quotient(total: Any, count: int) -> Any:
    exact = total if is_float(total) else _fractions(total)
    return call("ratio_of", exact, Fraction(count))


def _fractions(value: Any) -> Any:
    """Return exact numbers as fractions: sums of none and weights are plain integers."""
    return read(value=value)[0]
