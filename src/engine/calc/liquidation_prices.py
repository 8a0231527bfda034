"""Where positions are liquidated and where they are bankrupt.

How a venue has it is a `MarginSchedule` with a `LiquidationSpec`; this is the formula of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from engine import _formulas
from engine._shown import shown
from engine.calc._evaluate import (
    Amount,
    Numbers,
    Step,
    Word,
    call,
    finish_price,
    is_float,
    is_inverse,
    negated,
    not_below_zero,
    of_kind,
    plus,
    positive,
    read,
    sides,
)
from engine.errors import GridError

__all__ = [
    "bankruptcy_price",
    "hedged_liquidation_price",
    "liquidation_price",
]

BASES = ("mark", "entry")
ZERO, ONE = Fraction(0), Fraction(1)


def liquidation_price(
    side: Numbers,
    quantity: Numbers,
    entry_price: Numbers,
    *,
    balance: Numbers = None,
    leverage: Numbers = None,
    maintenance_rate: Numbers = 0,
    deduction: Numbers = 0,
    tiers: Iterable[tuple[Numbers, Numbers]] | None = None,
    fee_rate: Numbers = 0,
    fixed_margin: Numbers = 0,
    others: Numbers = 0,
    value_basis: str = "mark",
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word | None = None,
) -> Amount:
    """Return the price at which a position has no more than its maintenance margin.

    Parameters
    ----------
    side : number, array or str
        +1 or "long", -1 or "short".
    quantity, multiplier, contract
        As of `position_value`; at a quantity of 0 there is no price.
    entry_price : number or array
        The average entry price. Where a venue books the cost of a position, as Hyperliquid does,
        0 of a linear contract, with the cash that is left as the balance.
    balance : number or array, optional
        Of an isolated position the margin that is assigned to it, cross the wallet's.
    leverage : number or array, optional
        Above 0; adds the value at entry / leverage to the balance. One of the two must be there.
    maintenance_rate : number or array
        Of the tier, 0 or above.
    deduction : number or array
        Of that tier: Binance's maintenance amount.
    tiers : iterable of (rate, deduction), optional
        Instead of these two, of marginal tiers whose rates rise: the tier counts that holds at the
        price itself. On the "mark" basis alone.
    fee_rate : number or array
        Of a fee to close that counts in the margin, a part of the value at the price.
    fixed_margin : number or array
        What is needed besides, whatever the price: a margin or a fee that was fixed at entry.
    others : number or array
        Of a cross position what other positions gain less their maintenance margin.
    value_basis : str
        Whether the maintenance rate counts of the value at the price, "mark", or at entry, "entry".
    step : decimal, optional
        The tick size.
    rounding : Rounding, str or int, optional
        By default to the safe side, never later than the exact price: up for a long position, down
        for a short one. MEXC takes "down".

    Returns
    -------
    Decimal, float, or array
        As of `position_value`. None, of floats nan, where there is no such price: it would be at 0
        or below, or at no end. Of floats the error is within 8 roundings of 2**-53 each, relative
        to the largest term of the quotient.

    Raises
    ------
    GridError
        Neither a balance nor a leverage, or a leverage at 0 or below; a quantity or a rate below 0;
        an entry price of an inverse contract at 0 or below; tiers that don't rise, or that leave
        nothing beside the fee; a number that is none.

    Notes
    -----
    balance + others + pnl(p) = value(p) * (rate + fee_rate) - deduction + fixed_margin. linear:
    (side * value(entry) - rest) / (quantity * multiplier * (side - rate)); inverse: quantity *
    multiplier * (side + rate) / (side * value(entry) + rest), where rest is balance + others +
    deduction - fixed_margin. RISK.md, section 5.

    Of several tiers the margin is the highest of their lines, so that the worst of their prices is
    that of the tier that holds there: what Binance's note finds by trying again.

    Examples
    --------
    Binance's two cross positions, Bybit's isolated ones, and Gate's, whose margin holds the fee.

    >>> liquidation_price("long", "3683.979", "1456.84", balance="1535443.01",
    ...     maintenance_rate="0.1", deduction=135365, others="-127555.379924", step="0.01")
    Decimal('1153.26')
    >>> liquidation_price("long", 1, 20000, leverage=50, maintenance_rate="0.005",
    ...     value_basis="entry")
    Decimal('19700')
    >>> liquidation_price("long", 60000, 50000, leverage=10, maintenance_rate="0.005",
    ...     contract="inverse", step="0.01")
    Decimal('45681.82')
    >>> liquidation_price([1, -1], 1.0, 10.0, leverage=[3.0, 5.0], maintenance_rate=0.01,
    ...     fee_rate=0.0006)
    array([ 6.73809043, 11.87413418])

    A long position that is paid in full has none; with tiers the price is in the second.

    >>> liquidation_price("long", 1, 100, leverage=1) is None
    True
    >>> liquidation_price("short", 4, 100, balance=100, tiers=[("0.05", 0), ("0.1", 20)])
    Decimal('118.181818181818181818181818181818')
    """
    if balance is None and leverage is None:
        raise GridError("balance was None, and leverage too: one of them must be there")
    if value_basis not in BASES:
        raise GridError(f"value_basis was {shown(value_basis)}, not one of 'mark', 'entry'")
    sign, size, factor, entry, rate, off, fee, fixed, gained = read(
        side=sides(side),
        quantity=quantity,
        multiplier=multiplier,
        entry_price=entry_price,
        maintenance_rate=maintenance_rate,
        deduction=deduction,
        fee_rate=fee_rate,
        fixed_margin=fixed_margin,
        others=others,
    )
    not_below_zero("quantity", size)
    not_below_zero("maintenance_rate", rate)
    if is_inverse(contract):
        positive("entry_price", entry)
    (held,) = read(balance=0 if balance is None else balance)
    rest = plus(plus(held, gained), negated(fixed))
    needed = ZERO
    if value_basis == "entry":
        if tiers is not None:
            raise GridError("tiers were there, must not be with value_basis='entry'")
        needed, rate = rate, ZERO
    position = (sign, size, factor, entry)
    line = (rest, off, plus(rate, fee))
    if leverage is not None:
        (times,) = read(leverage=leverage)
        positive("leverage", times)
    if tiers is not None:
        kept = ZERO if leverage is None else call("kept_rate", times, ZERO)
        price = _tiered(_lines(tiers, fee), (*position, kept), rest, fee, contract)
    elif leverage is not None:
        price = call(of_kind(contract, "leveraged_price"), *position, times, needed, *line)
    else:
        price = call(of_kind(contract, "liquidation_price"), *position, negated(needed), *line)
    return finish_price(price, step, rounding, sign)


def _lines(tiers: Iterable[tuple[Numbers, Numbers]], fee: Any) -> list[list[Any]]:
    """Return the rates and deductions of tiers, which rise."""
    lines = [read(rate=rate, deduction=deduction) for rate, deduction in tiers]
    if not lines:
        raise GridError("tiers were none, must be one or more")
    for place, (rate, _) in enumerate(lines):
        not_below_zero(f"tiers[{place}] rate", rate)
        if place and rate < lines[place - 1][0]:
            raise GridError(
                f"tiers[{place}] rate was {rate}, must be {lines[place - 1][0]} or more"
            )
    worst = lines[-1][0] + np.max(np.asarray(fee))
    if worst >= 1:
        raise GridError(f"tiers and fee_rate came to {worst}, must be below 1")
    return lines


def _tiered(
    lines: list[list[Any]], position: tuple[Any, ...], rest: Any, fee: Any, contract: Word
) -> Any:
    """Return the worst of the prices at several lines of maintenance margin."""
    if any(is_float(each) for each in (*position, rest, fee)):
        columns = np.broadcast_arrays(*(np.asarray(each, float) for each in (*position, rest, fee)))
        shape = columns[0].shape
        found = getattr(_formulas, of_kind(contract, "tiered_prices"))(
            [(float(rate), float(deduction)) for rate, deduction in lines],
            *(_column(each, shape) for each in (*position, rest, fee)),
        )
        return found if shape else float(found[0])
    sign, size, *others = position
    is_there = size != 0
    towards = negated(sign) if is_inverse(contract) else sign
    worst: Any = None
    for rate, off in lines:
        part = (sign, size + (size == 0), *others, rest, off, plus(rate, fee))
        level = towards * call(of_kind(contract, "liquidation_level"), *part)
        worst = level if worst is None else call("at_least", worst, level)
    level = towards * worst * is_there
    return call("hedged_price", *((ONE, level) if is_inverse(contract) else (level, ONE)))


def _column(value: Any, shape: tuple[int, ...]) -> Any:
    """Return a float as it is; an array in the shape of all, of one element where that has none."""
    if not shape:
        return np.atleast_1d(np.asarray(value, float))
    if not isinstance(value, np.ndarray):
        return float(value)
    return np.ascontiguousarray(np.broadcast_to(value, shape), dtype=float)


def bankruptcy_price(
    side: Numbers,
    quantity: Numbers,
    entry_price: Numbers,
    *,
    balance: Numbers = None,
    leverage: Numbers = None,
    fee_rate: Numbers = 0,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word | None = None,
) -> Amount:
    """Return the price at which a position has lost what stands against it.

    Parameters
    ----------
    side, quantity, entry_price, balance, leverage, multiplier, contract
        As of `liquidation_price`.
    fee_rate : number or array
        Of the fee to close, where it has to be paid out of the balance (Bybit, inverse and cross).
    step : decimal, optional
        The tick size.
    rounding : Rounding, str or int, optional
        By default up for a long position, down for a short one; KuCoin takes "down".

    Returns
    -------
    Decimal, float, or array
        As of `liquidation_price`: None, of floats nan, where there is no such price.

    Raises
    ------
    GridError
        As of `liquidation_price`.

    Notes
    -----
    The liquidation price with no maintenance margin. By leverage: linear entry * (1 - side /
    leverage), inverse entry * leverage / (leverage + side). RISK.md, section 5; the examples are
    Bybit's.

    Examples
    --------
    >>> bankruptcy_price("long", "0.1", "1198.45", leverage="4.2", step="0.05")
    Decimal('913.15')
    >>> bankruptcy_price("long", 10000, 8000, balance="0.5", fee_rate="0.00075",
    ...                  contract="inverse", step="0.01", rounding="half_up")
    Decimal('5718.57')
    >>> bankruptcy_price("long", 1.0, 10000.0, leverage=np.array([50.0, 10.0])).tolist()
    [9800.0, 9000.0]
    """
    return liquidation_price(
        side,
        quantity,
        entry_price,
        balance=balance,
        leverage=leverage,
        fee_rate=fee_rate,
        multiplier=multiplier,
        contract=contract,
        step=step,
        rounding=rounding,
    )


def hedged_liquidation_price(
    long_quantity: Numbers,
    long_entry_price: Numbers,
    short_quantity: Numbers,
    short_entry_price: Numbers,
    *,
    balance: Numbers,
    long_rate: Numbers = 0,
    short_rate: Numbers = 0,
    deduction: Numbers = 0,
    others: Numbers = 0,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "half_up",
) -> Amount:
    """Return the one price of a long and a short cross position in an instrument (hedge mode).

    Parameters
    ----------
    long_quantity, short_quantity : number or array
        Both 0 or above.
    long_entry_price, short_entry_price : number or array
        Of inverse contracts above 0.
    balance : number or array
        The wallet's.
    long_rate, short_rate : number or array
        Maintenance rates of the value at the price, with a fee to close where one counts in.
    deduction : number or array
        Of both positions together.
    others, multiplier, contract
        As of `liquidation_price`.
    step, rounding
        The tick size, and which tick: neither side is the safe one without the other.

    Returns
    -------
    Decimal, float, or array
        As of `liquidation_price`: None, of floats nan, where there is no such price.

    Raises
    ------
    GridError
        A quantity or a rate below 0, an entry price of an inverse contract at 0 or below, a number
        that is none.

    Notes
    -----
    The sums over both sides of what `liquidation_price` divides. The larger side decides which way
    the price is; of two that are equal the margin alone does, which grows with the price.
    RISK.md, section 4.4: Binance.

    Examples
    --------
    >>> hedged_liquidation_price(3, 100, 1, 120, balance=40, long_rate="0.01", short_rate="0.01",
    ...                          step="0.01")
    Decimal('71.43')
    """
    longs, long_entry, shorts, short_entry, held, up, down, off, gained, factor = read(
        long_quantity=long_quantity,
        long_entry_price=long_entry_price,
        short_quantity=short_quantity,
        short_entry_price=short_entry_price,
        balance=balance,
        long_rate=long_rate,
        short_rate=short_rate,
        deduction=deduction,
        others=others,
        multiplier=multiplier,
    )
    for name, value in {"long_quantity": longs, "short_quantity": shorts}.items():
        not_below_zero(name, value)
    for name, value in {"long_rate": up, "short_rate": down}.items():
        not_below_zero(name, value)
    if is_inverse(contract):
        positive("long_entry_price", long_entry)
        positive("short_entry_price", short_entry)
    rest = plus(held, gained)
    reach = call(
        "total",
        call(of_kind(contract, "reach"), ONE, longs, factor, long_entry, ZERO, rest),
        call(of_kind(contract, "reach"), -ONE, shorts, factor, short_entry, ZERO, off),
    )
    slope = call(
        "total",
        call(of_kind(contract, "slope"), ONE, longs, factor, up),
        call(of_kind(contract, "slope"), -ONE, shorts, factor, down),
    )
    sums = (slope, reach) if is_inverse(contract) else (reach, slope)
    return finish_price(call("hedged_price", *sums), step, rounding, ONE)
