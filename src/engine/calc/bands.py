"""How far from the market an order may be: price limits of venues."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine._shown import shown
from engine.calc._evaluate import (
    Amount,
    Numbers,
    Step,
    all_of,
    call,
    finish,
    negated,
    read,
    sides,
)
from engine.errors import GridError

__all__ = ["PriceLimits", "price_limits", "price_range", "slippage_limit"]


class PriceLimits(NamedTuple):
    """The prices that orders may have, or trades.

    Attributes
    ----------
    lowest, highest : Decimal, float, or array
        Both are within.
    """

    lowest: Amount
    highest: Amount

    def holds(self, price: Numbers) -> Any:
        """Return whether a price lies within.

        Parameters
        ----------
        price : number or array
            In the unit of the limits; the limits themselves are within.

        Returns
        -------
        bool or array of bool
            One each where the price or a limit is an array.

        Raises
        ------
        GridError
            A price that is no number.

        Examples
        --------
        >>> PriceLimits(5, 20).holds("20.00"), PriceLimits(5, 20).holds("4.99")
        (True, False)
        >>> PriceLimits(5, 20).holds([4.99, 5.0, 20.5]).tolist()
        [False, True, False]
        """
        at, lowest, highest = read(price=price, lowest=self.lowest, highest=self.highest)
        found = (lowest <= at) & (at <= highest)
        return np.asarray(found, bool) if isinstance(found, np.ndarray) else bool(found)


def price_range(
    reference: Numbers,
    *,
    up: Numbers,
    down: Numbers,
    step: Step = None,
) -> PriceLimits:
    """Return the range around a reference price, by factors.

    Parameters
    ----------
    reference : number or array
        The average or reference price.
    up, down : number or array
        Factors: 1.2 and 0.8 are 20 % to either side.
    step : decimal, optional
        The tick size; the bounds are rounded inwards.

    Notes
    -----
    Binance's PERCENT_PRICE and PRICE_RANGE. RISK.md, section 8.

    Examples
    --------
    >>> price_range("10.00", up="2.0000", down="0.5000")
    PriceLimits(lowest=Decimal('5'), highest=Decimal('20'))
    """
    middle, upper, lower = read(reference=reference, up=up, down=down)
    return PriceLimits(
        finish(call("part", middle, lower), step, "ceiling"),
        finish(call("part", middle, upper), step, "floor"),
    )


def price_limits(
    index_price: Numbers,
    *,
    premium: Numbers,
    inner: Numbers,
    outer: Numbers,
    step: Step = None,
) -> PriceLimits:
    """Return the lowest price of a seller and the highest of a buyer, around an index with premium.

    Parameters
    ----------
    index_price, premium : number or array
        The index, and the average of what the contract was above it.
    inner, outer : number or array
        Parts of the index: how far a buyer may be above index and premium, and above the index
        whatever the premium is. Likewise for a seller below.
    step : decimal, optional
        The tick size; the bounds are rounded inwards.

    Notes
    -----
    OKX's: highest = min(max(i, i * (1 + inner) + premium), i * (1 + outer)),
    lowest = max(min(i, i * (1 - inner) + premium), i * (1 - outer)). RISK.md, section 8. In the
    first ten minutes OKX has `price_range`.

    Examples
    --------
    >>> price_limits(50000, premium=500, inner="0.02", outer="0.05")
    PriceLimits(lowest=Decimal('49500'), highest=Decimal('51500'))
    """
    index, above, near, far = read(
        index_price=index_price, premium=premium, inner=inner, outer=outer
    )
    near_part, far_part = call("part", index, near), call("part", index, far)
    highest = call(
        "at_most",
        call("at_least", index, all_of((index, near_part, above))),
        call("total", index, far_part),
    )
    lowest = call(
        "at_least",
        call("at_most", index, all_of((index, negated(near_part), above))),
        call("total", index, negated(far_part)),
    )
    return PriceLimits(finish(lowest, step, "ceiling"), finish(highest, step, "floor"))


def slippage_limit(
    side: Numbers,
    best_price: Numbers,
    *,
    part: Numbers = None,
    ticks: Numbers = None,
    tick_size: Numbers = None,
    step: Step = None,
) -> Amount:
    """Return the limit of a market order that may slip so far from the best price.

    Parameters
    ----------
    side : number, array or str
        +1 or "buy", -1 or "sell".
    best_price : number or array
        The best price of the other side.
    part : number or array, optional
        A part of that price, 0.005 for 0.5 %.
    ticks, tick_size : number or array, optional
        Instead of it, so many ticks.
    step : decimal, optional
        The tick size; the limit is rounded towards the best price.

    Raises
    ------
    GridError
        Neither a part nor ticks of a tick size, or both; a number that is none.

    Notes
    -----
    Bybit's slippage tolerance, by percent and by ticks. RISK.md, section 8.

    Examples
    --------
    >>> slippage_limit("sell", 49999, part="0.005"), slippage_limit("sell", 49999, ticks=50,
    ...                                                             tick_size="0.1")
    (Decimal('49749.005'), Decimal('49994'))
    """
    if (part is None) == (ticks is None) or (ticks is None) != (tick_size is None):
        raise GridError(
            f"part was {shown(part)}, ticks {shown(ticks)} of tick_size {shown(tick_size)}:"
            " must be a part, or ticks and their size"
        )
    if part is None:
        sign, best, count, size = read(
            side=sides(side), best_price=best_price, ticks=ticks, tick_size=tick_size
        )
        distance = call("part", count, size)
    else:
        sign, best, share = read(side=sides(side), best_price=best_price, part=part)
        distance = call("part", best, share)
    limit = call("total", best, call("part", distance, sign))
    inwards = np.where(np.asarray(sign) > 0, "floor", "ceiling")
    return finish(limit, step, str(inwards) if inwards.ndim == 0 else inwards)
