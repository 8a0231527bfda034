"""Who is deleveraged first when no fund covers a liquidation, and by how much."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from engine._shown import shown
from engine.calc._evaluate import (
    Amount,
    Numbers,
    Step,
    Word,
    call,
    finish,
    is_float,
    negated,
    not_below_zero,
    of_kind,
    positive,
    read,
    sides,
    without_bounds,
)
from engine.errors import GridError

__all__ = [
    "adl_allocation",
    "adl_quantile",
    "adl_rank_by_leverage",
    "adl_rank_by_ratio",
    "effective_leverage",
]


def effective_leverage(
    side: Numbers,
    mark_value: Numbers,
    bankruptcy_value: Numbers,
    *,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "half_up",
) -> Amount:
    """Return how many times what stands against a position it is worth.

    Parameters
    ----------
    side : number, array or str
        +1 or "long", -1 or "short"; "long" of values that have signs themselves, as BitMEX has
        them.
    mark_value, bankruptcy_value : number or array
        What the position is worth at the mark price, and at its bankruptcy price.
    contract : ContractKind, str or int
        "linear" or "inverse".
    step, rounding
        Of the result.

    Returns
    -------
    Decimal, float, or array
        Below 0 where the position is beyond its bankruptcy price.

    Raises
    ------
    GridError
        Both values are equal, a number is none.

    Notes
    -----
    abs(mark_value) / gain between the bankruptcy price and the mark price. RISK.md, section 6.

    Examples
    --------
    >>> effective_leverage("long", 100, 90), effective_leverage("short", 100, 120)
    (Decimal('10'), Decimal('5'))
    """
    found = _leverage(sides(side), mark_value, bankruptcy_value, contract)
    return finish(found, step, rounding)


def _leverage(sign: Any, mark_value: Numbers, bankruptcy_value: Numbers, contract: Word) -> Any:
    mark, end = read(mark_value=mark_value, bankruptcy_value=bankruptcy_value)
    left = call(of_kind(contract, "gain"), sign, end, mark)
    return call("ratio_of", call("at_least", mark, negated(mark)), left)


def adl_rank_by_leverage(
    side: Numbers,
    entry_value: Numbers,
    mark_value: Numbers,
    bankruptcy_value: Numbers,
    *,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "half_up",
) -> Amount:
    """Return the rank of a position by profit and leverage: the highest is deleveraged first.

    Parameters
    ----------
    side, mark_value, bankruptcy_value, contract
        As of `effective_leverage`.
    entry_value : number or array
        What the position was worth at entry, not 0.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        An entry value of 0, a mark value that is the bankruptcy value, a number that is none.

    Notes
    -----
    profit * leverage, or profit / leverage of a loss, where profit is a part of the entry value:
    BitMEX, Bybit and KuCoin. RISK.md, section 6.

    Examples
    --------
    >>> adl_rank_by_leverage("long", 100, 110, 91, step="1e-12")
    Decimal('0.578947368421')
    >>> adl_rank_by_leverage(1, np.array([100.0, 100.0]), np.array([110.0, 95.0]), 91.0).round(4)
    array([ 0.5789, -0.0021])
    """
    sign = sides(side)
    entry, mark = read(entry_value=entry_value, mark_value=mark_value)
    gained = call(of_kind(contract, "gain"), sign, entry, mark)
    profit = call("ratio_of", gained, call("at_least", entry, negated(entry)))
    leverage = _leverage(sign, mark_value, bankruptcy_value, contract)
    return finish(call("rank_by_leverage", profit, leverage), step, rounding)


def adl_rank_by_ratio(
    unrealized_pnl: Numbers,
    collateral: Numbers,
    margin_ratio: Numbers,
    *,
    step: Step = None,
    rounding: Word = "half_up",
) -> Amount:
    """Return the rank of a position by profit and margin ratio: the highest is deleveraged first.

    Parameters
    ----------
    unrealized_pnl : number or array
        Of the position.
    collateral : number or array
        What it was made with, above 0.
    margin_ratio : number or array
        Maintenance margin / margin balance.
    step, rounding
        Of the result.

    Raises
    ------
    GridError
        A collateral at 0 or below, a number that is none.

    Notes
    -----
    unrealized_pnl / collateral * margin_ratio: Binance. RISK.md, section 6.

    Examples
    --------
    >>> adl_rank_by_ratio(50, 500, "0.2")
    Decimal('0.02')
    """
    gained, held, ratio = read(
        unrealized_pnl=unrealized_pnl, collateral=collateral, margin_ratio=margin_ratio
    )
    positive("collateral", held)
    return finish(call("part", call("ratio_of", gained, held), ratio), step, rounding)


def adl_quantile(ranks: Numbers, *, step: Step = None, rounding: Word = "half_up") -> Amount:
    """Return where each rank is in the queue: 1 is the highest.

    Parameters
    ----------
    ranks : array
        Of all positions of one side, one dimension.
    step, rounding
        Of the result.

    Returns
    -------
    array
        How many ranks are not above each, as a part of all.

    Raises
    ------
    GridError
        Ranks that are none, or not a row of them.

    Examples
    --------
    >>> adl_quantile(["0.1", "0.9", "-0.2", "0.5"]).tolist()
    [Decimal('0.5'), Decimal('1'), Decimal('0.25'), Decimal('0.75')]
    """
    row = _row("ranks", ranks)
    places = np.searchsorted(np.sort(row), row, side="right")
    total = len(row)
    if is_float(row):
        return finish(places / total, step, rounding)
    found = np.array([Fraction(int(place), total) for place in places], dtype=object)
    return finish(found, step, rounding)


def adl_allocation(
    ranks: Numbers,
    quantities: Numbers,
    quantity: Numbers,
    *,
    step: Step = None,
    rounding: Word = "down",
) -> Amount:
    """Return what each position gives when a quantity is deleveraged in ranked order.

    Parameters
    ----------
    ranks : array
        Of the positions, one dimension; of equal ones the first gives first.
    quantities : array
        What each can give, as long, 0 or above.
    quantity : number
        What is to be closed, 0 or above. Where all together have less, all is closed.
    step, rounding
        Of the result.

    Returns
    -------
    array
        Of Decimals, or floats.

    Raises
    ------
    GridError
        Rows that differ in length, a quantity below 0, a number that is none.

    Notes
    -----
    Each is closed at the bankruptcy price of the order that was liquidated. RISK.md, section 6.

    Examples
    --------
    >>> adl_allocation(["0.1", "0.9", "-0.2", "0.5"], [5, 4, 10, 2], 7).tolist()
    [Decimal('1'), Decimal('4'), Decimal('0'), Decimal('2')]
    """
    order = np.argsort(-_row("ranks", ranks), kind="stable")
    sizes = _row("quantities", quantities)
    (wanted,) = read(quantity=quantity)
    if len(sizes) != len(order):
        raise GridError(f"quantities were {len(sizes)}, must be {len(order)}, as the ranks")
    if isinstance(wanted, np.ndarray):
        raise GridError(f"quantity was {shown(quantity)}, must be one number")
    not_below_zero("quantities", sizes)
    not_below_zero("quantity", wanted)
    if is_float(sizes) or is_float(wanted):
        sizes, wanted = sizes.astype(float), float(wanted)
    sorted_sizes = sizes[order]
    given = np.empty_like(sizes)
    with without_bounds():
        before = np.cumsum(sorted_sizes) - sorted_sizes
        given[order] = np.minimum(np.maximum(wanted - before, wanted * 0), sorted_sizes)
    return finish(given, step, rounding)


def _row(name: str, numbers: Numbers) -> Any:
    """Return numbers as an array of one dimension that is not empty."""
    (found,) = read(**{name: numbers})
    if not isinstance(found, np.ndarray) or found.ndim != 1 or not len(found):
        raise GridError(f"{name} was {shown(numbers)}, must be a row of numbers")
    return found
