"""The formulas in whole units over int64 arrays: what the engine computes, to the unit.

Quantities are lots, prices ticks, money the smallest unit of its currency, rates billionths. All
arguments are integers or int64 arrays and are broadcast; what is something else is refused by a
`GridError`, and a result outside 64 bits raises `OverflowError` and is never wrapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from engine import _formulas
from engine._members import member_of
from engine._schema import ContractKind, Side, TierMode
from engine._shown import shown
from engine.calc._evaluate import Word, integer, kind_of, not_below_zero, positive, rounding_of
from engine.decimal_grid import HIGHEST
from engine.errors import GridError

__all__ = ["closed_value", "gain_of", "index_payment", "margin_of", "part_of", "value_of"]

BOUND: Final = 2**62
TIER_NUMBERS: Final = 4
RATES: Final = slice(1, 3)


def value_of(
    lots: Any, ticks: Any, *, factor: Any = 1, contract: Word = "linear", rounding: Word = "down"
) -> Any:
    """Return what lots are worth.

    Parameters
    ----------
    lots, ticks : int or int64 array
        Lots at or above 0; ticks of inverse contracts above 0.
    factor : int or int64 array
        Units that a lot is worth at one tick.
    contract : ContractKind, str or int
        lots * ticks * factor, or of "inverse" lots * factor / ticks.
    rounding : Rounding, str or int
        Of inverse values.

    Raises
    ------
    GridError
        Ticks of an inverse contract at 0 or below.

    Examples
    --------
    >>> value_of(2, 3_810_305, factor=10**12, contract="inverse")
    524892
    """
    kind = kind_of(contract)
    sizes, prices, worth = _whole(lots=lots, ticks=ticks, factor=factor)
    if kind is ContractKind.INVERSE:
        positive("ticks", prices)
    return _formulas.value_units(kind, sizes, prices, worth, rounding_of(rounding))


def part_of(value: Any, rate: Any, *, rounding: Word = "up") -> Any:
    """Return a part of a value: a fee, or a margin without tiers.

    Parameters
    ----------
    value : int or int64 array
        In units.
    rate : int or int64 array
        Billionths; below 0 a rebate.
    rounding : Rounding, str or int
        Of the result.

    Examples
    --------
    >>> part_of(np.array([66_653_000, -5]), 150_000, rounding="floor")
    array([9997,   -1])
    """
    worth, part = _whole(value=value, rate=rate)
    return _formulas.part_units(worth, part, rounding_of(rounding))


def gain_of(side: Any, entry_value: Any, value: Any, *, contract: Word = "linear") -> Any:
    """Return what a position has gained between two values.

    Parameters
    ----------
    side : int or array
        +1 long, -1 short.
    entry_value, value : int or int64 array
        In units.
    contract : ContractKind, str or int
        Whether a long position gains as its value grows, or falls ("inverse").

    Raises
    ------
    GridError
        A side that is none.

    Examples
    --------
    >>> gain_of(-1, 240_000, 200_000)
    40000
    """
    sign, entered, worth = _whole(side=side, entry_value=entry_value, value=value)
    if np.any((sign != Side.BUY) & (sign != Side.SELL)):
        raise GridError(f"side was {shown(side)}, must be +1 or -1")
    return _formulas.gain_units(kind_of(contract), sign, entered, worth)


def closed_value(entry_value: Any, quantity: Any, closed: Any, *, rounding: Word = "down") -> Any:
    """Return what leaves the entry value with a part of the quantity.

    Parameters
    ----------
    entry_value : int or int64 array
        In units.
    quantity, closed : int or int64 array
        Lots: of the position, above 0, and what of it is closed.
    rounding : Rounding, str or int
        Of the result. What stays is the rest, so that nothing is lost.

    Raises
    ------
    GridError
        A quantity at 0 or below.

    Examples
    --------
    >>> closed_value(1000, 3, 1, rounding="up")
    334
    """
    entered, whole, part = _whole(entry_value=entry_value, quantity=quantity, closed=closed)
    positive("quantity", whole)
    return _formulas.closed_units(entered, whole, part, rounding_of(rounding))


def index_payment(
    position: Any, index: Any, entry_index: Any, *, scale: int, remainder: Any = 0
) -> tuple[Any, Any]:
    """Return what the index of funding pays to each position, and what is left of a unit.

    Parameters
    ----------
    position : int or int64 array
        Lots, below 0 short.
    index, entry_index : int or int64 array
        What a lot owes, in parts of a unit, now and when the position was last paid; all three
        within 62 bits and a sign.
    scale : int
        How many of these parts are a unit, above 0.
    remainder : int or int64 array
        What was left, 0 or more and less than the scale.

    Returns
    -------
    tuple of arrays
        Units that the position is paid, below 0 that it pays, rounded down (FLOOR); and the parts
        that are left. However often a position is paid on the way, the sum is the same.

    Raises
    ------
    GridError
        A scale that is no integer or not above 0, a remainder outside 0 to the scale, a number
        beyond 62 bits.

    Examples
    --------
    >>> index_payment([3, -3], 10, 3, scale=20)
    (array([-2,  1]), array([19,  1]))
    """
    given = {"position": position, "index": index, "entry_index": entry_index}
    given |= {"remainder": remainder}
    columns = _whole(**given)
    for name, column in zip(given, columns, strict=True):
        if column.size and not -BOUND < int(column.min()) <= int(column.max()) < BOUND:
            raise GridError(f"{name} was {shown(given[name])}, must be within 62 bits and a sign")
    scale = integer("scale", scale, 1, BOUND - 1)
    rest = columns[-1]
    if np.any((rest < 0) | (rest >= scale)):
        raise GridError(
            f"remainder was {shown(remainder)}, must be 0 or more and less than {scale}"
        )
    sizes, now, before, left = np.broadcast_arrays(*columns)
    found = _formulas.index_payments(
        sizes.ravel(), now.ravel(), before.ravel(), left.ravel(), scale
    )
    amounts, remainders = (column.reshape(sizes.shape)[()] for column in found)
    return amounts, remainders


def margin_of(
    tiers: Sequence[tuple[int, int, int, int]],
    values: Any,
    *,
    sizes: Any = 0,
    leverage: int | None = None,
    mode: Word = "marginal",
    slope: int = 0,
    rounding: Word = "up",
) -> Any:
    """Return the maintenance margin of each value, or with a leverage the initial one.

    Parameters
    ----------
    tiers : sequence of (floor, initial rate, maintenance rate, deduction)
        Floors and deductions in units, rates in billionths, floors rising from 0.
    values : int64 array
        At or above 0.
    sizes : int64 array
        Where the mode is "slope".
    leverage : int, optional
        In billionths; 0 for the least margin that the tier allows.
    mode : TierMode, str or int
        As of `MarginSchedule`.
    slope : int
        Billionths for each unit of size; rate and slope together are below 2**62.
    rounding : Rounding, str or int
        Of the result.

    Raises
    ------
    GridError
        Tiers that are no rows of four integers, a value, size, slope or leverage that is no
        integer or below 0, a rate and slope together of 62 bits or more.

    Examples
    --------
    >>> tiers = [(0, 8_000_000, 4_000_000, 0), (50_000, 10_000_000, 5_000_000, 50)]
    >>> margin_of(tiers, [50_000, 60_000])
    array([200, 250])
    >>> margin_of(tiers, [50_000, 60_000], leverage=20_000_000_000)
    array([2500, 3000])
    """
    rows, worths, lots = _whole(tiers=tiers, values=values, sizes=sizes)
    if rows.shape[1:] != (TIER_NUMBERS,):
        raise GridError(f"tiers was {shown(tiers)}, must be rows of {TIER_NUMBERS} integers")
    not_below_zero("values", worths)
    not_below_zero("sizes", lots)
    grown = integer("slope", slope, 0, BOUND - 1) * int(lots.max(initial=0))
    if int(rows[:, RATES].max(initial=0)) + grown >= BOUND:
        raise GridError(f"rate and slope together were beyond 62 bits, of a slope of {slope}")
    worth, size = np.broadcast_arrays(worths, lots)
    found = _formulas.margin_units(
        rows.tolist(),
        member_of(TierMode, mode, "mode"),
        slope,
        rounding_of(rounding),
        worth.ravel(),
        size.ravel(),
        -1 if leverage is None else integer("leverage", leverage, 0),
    )
    return found.reshape(worth.shape)


def _whole(**values: Any) -> list[Any]:
    """Return integers as arrays, and refuse what a cast to 64 bits would make another number."""
    return [_column_of(name, value) for name, value in values.items()]


def _column_of(name: str, value: Any) -> Any:
    try:
        column = np.asarray(value)
    except ValueError:  # rows that are not of one length
        column = np.array(None)
    is_beyond = column.dtype.kind == "u" and np.any(column > np.uint64(HIGHEST))
    if column.dtype.kind not in "iu" or is_beyond:
        raise GridError(f"{name} was {shown(value)}, not integers of 64 bits")
    return column.astype(np.int64, copy=False)
