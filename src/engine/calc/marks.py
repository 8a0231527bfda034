"""At which price positions are valued: index prices, fair basis, averages, and what joins them.

The rules of one venue together are a `MarkPriceSpec` and an `IndexSpec`; these are their parts.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any, Final, NamedTuple

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
    all_of,
    call,
    call_checked,
    finish,
    integer,
    is_float,
    negated,
    positive,
    read,
    summed,
    without_bounds,
)
from engine.decimal_grid import PLACES_MAX
from engine.errors import GridError

__all__ = [
    "COMBINATIONS",
    "OUTLIERS",
    "average_basis",
    "average_weight",
    "basis_price",
    "fair_basis",
    "index_price",
    "mark_price",
    "mid_price",
    "moved_average",
    "price_in_band",
    "reference_price",
]

COMBINATIONS: Final = ("median", "mean")
"""How several prices become one."""
OUTLIERS: Final = ("clip", "drop")
"""What becomes of a source that is far from the others."""
GUARD_DIGITS: Final = 20


def mid_price(
    bid: Numbers, ask: Numbers, *, step: Step = None, rounding: Word = "half_even"
) -> Amount:
    """Return the price between two.

    Parameters
    ----------
    bid, ask : number or array
        The best prices, or impact prices.
    step, rounding
        Of the result.

    Examples
    --------
    >>> mid_price(50010, "50020.5")
    Decimal('50015.25')
    """
    low, high = read(bid=bid, ask=ask)
    return finish(call("mid_price", low, high), step, rounding)


def fair_basis(
    index: Numbers,
    rate: Numbers,
    left: Numbers,
    interval: Numbers,
    *,
    step: Step = None,
    rounding: Word = "half_up",
) -> Amount:
    """Return how far the next funding moves the fair price from the index.

    Parameters
    ----------
    index : number or array
        The index price.
    rate : number or array
        Of the next funding.
    left, interval : number or array
        The time until then, and from one funding to the next, above 0; in one unit.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        An interval at 0 or below; a number that is none.

    Notes
    -----
    index * rate * left / interval. With `basis_price` it is BitMEX's fair price and Binance's
    Price 1. RISK.md, section 3; the example is a real one of BitMEX.

    Examples
    --------
    >>> fair_basis("97843.77", "0.00011", 267, 480, step="0.01")
    Decimal('5.99')
    """
    base, part, time, times = read(index=index, rate=rate, left=left, interval=interval)
    basis = call_checked(
        "fair_basis", ("interval",), index=base, rate=part, left=time, interval=times
    )
    return finish(basis, step, rounding)


def average_basis(
    bids: Numbers,
    asks: Numbers,
    indexes: Numbers,
    *,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return the mean of what the mid price was above the index.

    Parameters
    ----------
    bids, asks, indexes : array
        Samples along the last axis.
    step, rounding
        Of the result.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`, one dimension less than the samples.

    Raises
    ------
    GridError
        No sample; a number that is none.

    Examples
    --------
    >>> average_basis([50010, 50012], [50012, 50015], [50000, 50000])
    Decimal('12.25')
    """
    low, high, base = read(bids=bids, asks=asks, indexes=indexes)
    basis = np.atleast_1d(call("total", call("mid_price", low, high), negated(base)))
    if not basis.shape[-1]:
        raise GridError("bids, asks and indexes were none, must be one sample or more")
    (count,) = read(count=basis.shape[-1])
    return finish(call("ratio_of", summed(basis), count), step, rounding)


def basis_price(
    index: Numbers, basis: Numbers, *, step: Step = None, rounding: Word = "half_even"
) -> Amount:
    """Return the index price with a basis.

    Parameters
    ----------
    index : number or array
        The index or oracle price.
    basis : number or array
        As `fair_basis`, `average_basis` or `moved_average` gives it.
    step, rounding
        Of the result.

    Examples
    --------
    >>> basis_price("97843.77", "5.99")
    Decimal('97849.76')
    """
    base, above = read(index=index, basis=basis)
    return finish(call("total", base, above), step, rounding)


def average_weight(elapsed: Numbers, time_constant: Numbers) -> Amount:
    """Return what a value weighs in an exponential average after so much time.

    Parameters
    ----------
    elapsed : number or array
        Since the average was moved last, at or above 0.
    time_constant : number or array
        In the same unit, above 0.

    Returns
    -------
    Decimal, float, or array
        Of exact arguments the nearest decimal with 30 places: the weight is no fraction.

    Raises
    ------
    GridError
        A time below 0, a time constant at 0 or below; a number that is none.

    Notes
    -----
    1 - exp(-elapsed / time_constant).

    Examples
    --------
    >>> average_weight(0, 150), average_weight(150.0, 150)
    (Decimal('0'), 0.6321205588285577)
    """
    time, constant = read(elapsed=elapsed, time_constant=time_constant)
    positive("time_constant", constant)
    if np.any(np.asarray(time) < 0):
        raise GridError(f"elapsed was {shown(elapsed)}, must be 0 or more")
    times = call("ratio_of", time, constant)
    if is_float(times):
        return -np.expm1(-times) if isinstance(times, np.ndarray) else float(-np.expm1(-times))
    weights = [_decayed(each) for each in np.ravel(times)]
    return np.array(weights, dtype=object).reshape(np.shape(times))[()]


def _decayed(times: Any) -> Decimal:
    context = Context(prec=PLACES_MAX + GUARD_DIGITS)
    quotient = context.divide(Decimal(times.numerator), Decimal(times.denominator))
    weight = context.subtract(Decimal(1), context.exp(-quotient))
    return context.quantize(weight, Decimal(1).scaleb(-PLACES_MAX)).normalize(context)


def moved_average(
    average: Numbers,
    value: Numbers,
    weight: Numbers,
    *,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return an exponential average that has moved towards a value.

    Parameters
    ----------
    average, value : number or array
        What it was, and what is new: a price or a basis.
    weight : number or array
        0 to 1: a constant, or as `average_weight` gives it.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        A weight outside 0 to 1; a number that is none.

    Notes
    -----
    average + weight * (value - average).

    Examples
    --------
    >>> moved_average(10, 14, "0.25")
    Decimal('11')
    """
    before, new, part = read(average=average, value=value, weight=weight)
    if np.any((np.asarray(part) < 0) | (np.asarray(part) > 1)):
        raise GridError(f"weight was {shown(weight)}, must be 0 to 1")
    return finish(call("moved_average", before, new, part), step, rounding)


def mark_price(
    *prices: Numbers,
    combine: str = "median",
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return one price of several.

    Parameters
    ----------
    *prices : number or array
        One or more: a fair price, the index with an average basis, the last price, the oracle's.
    combine : str
        "median", of an even number the mean of the two in the middle; or "mean".
    step, rounding
        Of the result.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`. NaN among floats gives NaN.

    Raises
    ------
    GridError
        No price, another way to combine; a number that is none.

    Notes
    -----
    RISK.md, section 3; the example is Binance's rule.

    Examples
    --------
    >>> price_1 = basis_price(50000, fair_basis(50000, "0.0004", 8, 8))
    >>> mark_price(price_1, basis_price(50000, 5), 50100)
    Decimal('50020')
    >>> mark_price([100.0, 101.0], 102.0, 104.0, 99.0)
    array([101. , 101.5])
    """
    if combine not in COMBINATIONS:
        raise GridError(f"combine was {shown(combine)}, not one of 'median', 'mean'")
    if not prices:
        raise GridError("prices were none, must be one or more")
    if step is None and len(prices) == 3 and combine == "median":
        middle = _formulas.middle_at_once(*prices)
        if middle is not None:
            return middle
    found = read(**{f"price {place}": price for place, price in enumerate(prices, 1)})
    if combine == "mean":
        (count,) = read(count=len(found))
        return finish(call("ratio_of", all_of(found), count), step, rounding)
    if len(found) == 3:
        return finish(call("middle", *found), step, rounding)
    columns = np.stack(np.broadcast_arrays(*map(np.asarray, found)), axis=-1)
    return finish(_median(columns), step, rounding)


def _median(rows: Any) -> Any:
    ordered = np.sort(rows, axis=-1)
    count = ordered.shape[-1]
    low, high = ordered[..., (count - 1) // 2], ordered[..., count // 2]
    found = call("mid_price", low, high)
    if not is_float(rows):
        return found
    found = np.where(np.isnan(rows).any(axis=-1), np.nan, found)
    return found if found.ndim else float(found)


def price_in_band(
    price: Numbers,
    index: Numbers,
    part: Numbers,
    *,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return a price, or the bound that it is beyond, of a band around the index.

    Parameters
    ----------
    price, index : number or array
        In one unit; the index above 0.
    part : number or array
        Of the index: how far the price may be from it, 0 or more.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        An index at 0 or below, a part below 0; a number that is none.

    Examples
    --------
    >>> price_in_band(111, 100, "0.1"), price_in_band("91.5", 100, "0.1")
    (Decimal('110'), Decimal('91.5'))
    """
    at, base, reach = read(price=price, index=index, part=part)
    positive("index", base)
    if np.any(np.asarray(reach) < 0):
        raise GridError(f"part was {shown(part)}, must be 0 or more")
    return finish(call("price_in_band", at, base, reach), step, rounding)


# Index.


def index_price(
    prices: Numbers,
    weights: Numbers = None,
    *,
    combine: str = "mean",
    outlier: Numbers = None,
    outliers: str = "clip",
    ages: Numbers = None,
    age_max: Numbers = None,
    sources_min: int = 1,
    step: Step = None,
    rounding: Word = "half_even",
) -> Amount:
    """Return the index price of several sources.

    Parameters
    ----------
    prices : array
        One of each source, along the last axis; None, or NaN of floats, of one that has none.
    weights : array, optional
        Of the sources, 0 or more; equal by default.
    combine : str
        "mean" or "median", both weighted: the median is the lowest price up to which half of the
        weight lies, and where it is exactly a half the mean of it and the next.
    outlier : number, optional
        How far a price may be from the unweighted median of those that count, as a part of it.
    outliers : str
        What becomes of one that is farther: "clip" to the bound, or "drop".
    ages, age_max : array and number, optional
        How old each price is; one that is older than the most does not count.
    sources_min : int
        How many prices must count.
    step, rounding
        Of the result.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`, one dimension less than the prices; None, or NaN of floats, where
        fewer sources count.

    Raises
    ------
    GridError
        Another way to combine or to treat outliers, a weight or a part below 0, a `sources_min`
        below 1, ages without a maximum or the other way round; a number that is none.

    Notes
    -----
    RISK.md, section 3.

    Examples
    --------
    >>> index_price([100, 101, 130], [2, 1, 1], outlier="0.05")
    Decimal('101.7625')
    >>> index_price([100, 101, 130], [2, 1, 1], outlier="0.05", outliers="drop", step="0.01")
    Decimal('100.33')
    >>> index_price([100.0, 102.0, float("nan")], ages=[0, 9, 1], age_max=5)
    100.0
    """
    if (ages is None) != (age_max is None):
        raise GridError(
            f"ages was {shown(ages)} and age_max {shown(age_max)}: both must be there, or neither"
        )
    given, is_absent = absent(prices)
    found, share, part, old, oldest = read(
        prices=given,
        weights=1 if weights is None else weights,
        outlier=0 if outlier is None else outlier,
        ages=0 if ages is None else ages,
        age_max=0 if age_max is None else age_max,
    )
    rule = _IndexRule(combine, None if outlier is None else part, outliers, sources_min)
    rule.check()
    if np.any(np.asarray(share) < 0):
        raise GridError(f"weights were {shown(weights)}, must be 0 or more")
    rows, share, counts = np.broadcast_arrays(
        np.atleast_1d(found), share, ~(np.asarray(old > oldest) | np.asarray(is_absent))
    )
    if is_float(rows):
        counts = counts & ~np.isnan(rows)
    shape, sources = rows.shape[:-1], rows.shape[-1]
    table = zip(*(each.reshape(-1, sources) for each in (rows, share, counts)), strict=True)
    answers = np.array([rule.index_of(*row) for row in table], dtype=object).reshape(shape)
    is_none = np.array([each is None for each in answers.flat], dtype=bool).reshape(shape)
    filled = np.where(is_none, read(zero=0)[0], answers)
    value = filled.astype(np.float64) if is_float(rows) else filled
    return absent_where(is_none[()], finish(value if shape else value.item(), step, rounding))


class _IndexRule(NamedTuple):
    """What becomes of the prices of one moment."""

    combine: str
    outlier: Any
    outliers: str
    sources_min: int

    def check(self) -> None:
        """Refuse what is no rule."""
        if self.combine not in COMBINATIONS:
            raise GridError(f"combine was {shown(self.combine)}, not one of 'median', 'mean'")
        if self.outliers not in OUTLIERS:
            raise GridError(f"outliers was {shown(self.outliers)}, not one of 'clip', 'drop'")
        if self.outlier is not None and self.outlier < 0:
            raise GridError(f"outlier was {self.outlier}, must be 0 or more")
        integer("sources_min", self.sources_min, 1)

    @without_bounds()
    def index_of(self, prices: Any, weights: Any, counts: Any) -> Any:
        """Return the index; None where too few prices count."""
        prices, weights = prices[counts], weights[counts]
        if self.outlier is not None and len(prices):
            middle = _median(prices)
            reach = call("part", middle, self.outlier)
            low, high = call("total", middle, negated(reach)), call("total", middle, reach)
            if self.outliers == "clip":
                prices = call("bounded", prices, low, high)
            else:
                is_near = (prices >= low) & (prices <= high)
                prices, weights = prices[is_near], weights[is_near]
        whole = sum(weights)
        if not whole or len(prices) < self.sources_min:
            return None
        if self.combine == "mean":
            return call("ratio_of", summed(call("part", prices, weights)), whole)
        return _weighted_median(prices, weights, whole)


def _weighted_median(prices: Any, weights: Any, whole: Any) -> Any:
    order = np.argsort(prices, kind="stable")
    places = [place for place in order if weights[place]]
    below = np.cumsum(weights[places])
    first = int(np.argmax(2 * below >= whole))
    low = prices[places[first]]
    high = prices[places[first + 1]] if 2 * below[first] == whole else low
    return call("mid_price", low, high)


def reference_price(
    sums: Numbers,
    counts: Numbers,
    expired: Numbers = 0,
    *,
    step: Step = None,
    rounding: Word = "down",
) -> Amount:
    """Return the mean of what traded in a window that is kept in buckets.

    Parameters
    ----------
    sums : array
        Of each bucket the sum of its prices, along the last axis.
    counts : array
        How many there were.
    expired : array
        The part of each bucket that has left the window, 0 to 1: that of the oldest.
    step, rounding
        Of the result: Binance cuts it to its places.

    Raises
    ------
    GridError
        A part outside 0 to 1, nothing that is left to count; a number that is none.

    Notes
    -----
    sum(sum * (1 - expired)) / sum(count * (1 - expired)). RISK.md, section 8.

    Examples
    --------
    >>> reference_price([100, 210, 330], [10, 20, 30], ["0.25", 0, 0], step="0.0001")
    Decimal('10.6956')
    """
    totals, numbers, gone = read(sums=sums, counts=counts, expired=expired)
    if np.any((np.asarray(gone) < 0) | (np.asarray(gone) > 1)):
        raise GridError(f"expired was {shown(expired)}, must be 0 to 1")
    (one,) = read(one=1)
    left = call("total", one, negated(gone))
    whole = summed(call("part", numbers, left))
    positive("what is left to count", whole)
    return finish(call("ratio_of", summed(call("part", totals, left)), whole), step, rounding)
