"""What positions gain and lose: unrealized and realized PnL, break-even, return on margin."""

from __future__ import annotations

from typing import Final

from engine import _formulas
from engine.calc._evaluate import (
    Amount,
    Numbers,
    Step,
    Word,
    all_of,
    call,
    call_checked,
    finish,
    is_inverse,
    negated,
    of_kind,
    positive,
    read,
    read_sides,
    rounded,
    safe_rounding,
    sides,
)
from engine.decimal_grid import DecimalLike

__all__ = [
    "break_even_price",
    "net_pnl",
    "pnl_of_values",
    "realized_pnl",
    "return_on_margin",
    "unrealized_pnl",
]

LINEAR: Final = _formulas.linear_pnl_at_once
AT_ONCE: Final = {"spot": LINEAR, "linear": LINEAR, "inverse": _formulas.inverse_pnl_at_once}
"""What gives None of what is to be read, or refused."""


def unrealized_pnl(
    side: Numbers,
    quantity: Numbers,
    entry_price: Numbers,
    mark_price: Numbers,
    *,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    value_step: DecimalLike | None = None,
    value_rounding: Word = "down",
    step: Step = None,
    rounding: Word = "floor",
) -> Amount:
    """Return what an open position has gained; a loss is below 0.

    Parameters
    ----------
    side : number, array or str
        +1 or "long", -1 or "short".
    quantity, multiplier, contract
        As of `position_value`.
    entry_price, mark_price : number or array
        The average entry price, and the price of now; of inverse contracts above 0.
    value_step, value_rounding
        Both values are rounded before they are subtracted, as Bybit does with inverse contracts.
    step, rounding
        Of the result, by default down to the step: a loss is not made smaller.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`, in the settlement currency. Of floats the error is within 5
        roundings of 2**-53 each, relative to the result.

    Raises
    ------
    GridError
        A number that is none, a price of an inverse contract at 0 or below.

    Notes
    -----
    linear: side * quantity * multiplier * (mark - entry);
    inverse: side * quantity * multiplier * (1/entry - 1/mark). RISK.md, section 1.

    Examples
    --------
    >>> unrealized_pnl("short", "0.4", 6000, 5000)
    Decimal('400')
    >>> unrealized_pnl("long", 2, "37643.10000021", "38103.05510455", multiplier=100,
    ...                contract="inverse", step="1e-8", rounding="down")
    Decimal('0.00006413')
    """
    if step is None and value_step is None and type(contract) is str and contract in AT_ONCE:
        pnl = AT_ONCE[contract](side, quantity, multiplier, entry_price, mark_price)
        if pnl is not None:
            return pnl
    sign, size, factor, entry, mark = read(
        side=read_sides(side),
        quantity=quantity,
        multiplier=multiplier,
        entry_price=entry_price,
        mark_price=mark_price,
    )
    checked = ("entry_price", "mark_price") if is_inverse(contract) else ()
    if value_step is None:
        pnl = call_checked(
            of_kind(contract, "pnl"),
            checked,
            side=sign,
            quantity=size,
            multiplier=factor,
            entry_price=entry,
            mark_price=mark,
        )
        return finish(pnl, step, rounding)
    values = [
        rounded(
            call_checked(
                of_kind(contract, "value"),
                tuple(name for name in checked if name == of),
                **{"quantity": size, "multiplier": factor, of: price},
            ),
            value_step,
            value_rounding,
        )
        for of, price in (("entry_price", entry), ("mark_price", mark))
    ]
    pnl = call(of_kind(contract, "gain"), sides(sign), *values)
    return finish(pnl, step, rounding)


def pnl_of_values(
    side: Numbers,
    entry_value: Numbers,
    value: Numbers,
    *,
    contract: Word = "linear",
    entry_fee_rate: Numbers = 0,
    exit_fee_rate: Numbers = 0,
    step: Step = None,
    rounding: Word = "floor",
) -> Amount:
    """Return what a position gains between two values, less the fees of both.

    Parameters
    ----------
    side : number, array or str
        +1 or "long", -1 or "short".
    entry_value, value : number or array
        What the position was worth at entry, and is worth now or was at its end.
    contract : ContractKind, str or int
        Whether a long position gains as its value grows ("linear") or falls ("inverse").
    entry_fee_rate, exit_fee_rate : number or array
        Parts of the values; below 0 a rebate.
    step, rounding
        Of the result: it is rounded once.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`. Of floats the error is relative to the larger value.

    Examples
    --------
    >>> pnl_of_values("long", "1.8135", "1.815", entry_fee_rate="0.00055", exit_fee_rate="0.00055")
    Decimal('-0.000495675')
    """
    sign, entered, now, entry_rate, exit_rate = read(
        side=sides(side),
        entry_value=entry_value,
        value=value,
        entry_fee_rate=entry_fee_rate,
        exit_fee_rate=exit_fee_rate,
    )
    pnl = all_of(
        (
            call(of_kind(contract, "gain"), sign, entered, now),
            negated(call("part", entered, entry_rate)),
            negated(call("part", now, exit_rate)),
        )
    )
    return finish(pnl, step, rounding)


def realized_pnl(
    side: Numbers,
    quantity: Numbers,
    entry_price: Numbers,
    exit_price: Numbers,
    *,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    entry_fee_rate: Numbers = 0,
    exit_fee_rate: Numbers = 0,
    funding: Numbers = 0,
    step: Step = None,
    rounding: Word = "floor",
) -> Amount:
    """Return what a position that was closed has gained, after fees and funding.

    Parameters
    ----------
    side, quantity, entry_price, exit_price, multiplier, contract
        As of `unrealized_pnl`; the quantity is what was closed.
    entry_fee_rate, exit_fee_rate : number or array
        Parts of the value at either price; below 0 a rebate.
    funding : number or array
        What funding paid to the position; below 0 what it paid.
    step, rounding
        Of the result. Everything is exact before and rounded once, as Bitget does: rounding each
        fee gives another last digit.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`.

    Raises
    ------
    GridError
        A number that is none, a price of an inverse contract at 0 or below.

    Examples
    --------
    >>> realized_pnl("long", "0.0001", "107003.7", "107005.4", entry_fee_rate="0.0006",
    ...              exit_fee_rate="0.0006", step="1e-8", rounding="half_up")
    Decimal('-0.01267055')
    >>> realized_pnl("long", 15000, 750, 800, contract="inverse", funding="-0.05")
    Decimal('1.2')
    """
    sign, size, factor, entry, exit_, entry_rate, exit_rate, paid = read(
        side=sides(side),
        quantity=quantity,
        multiplier=multiplier,
        entry_price=entry_price,
        exit_price=exit_price,
        entry_fee_rate=entry_fee_rate,
        exit_fee_rate=exit_fee_rate,
        funding=funding,
    )
    if is_inverse(contract):
        positive("entry_price", entry)
        positive("exit_price", exit_)
    entered, left = (
        call(of_kind(contract, "value"), size, factor, price) for price in (entry, exit_)
    )
    pnl = all_of(
        (
            call(of_kind(contract, "pnl"), sign, size, factor, entry, exit_),
            negated(call("part", entered, entry_rate)),
            negated(call("part", left, exit_rate)),
            paid,
        )
    )
    return finish(pnl, step, rounding)


def net_pnl(
    pnl: Numbers,
    *,
    fees: Numbers = 0,
    funding: Numbers = 0,
    step: Step = None,
    rounding: Word = "floor",
) -> Amount:
    """Return a gain after fees and funding.

    Parameters
    ----------
    pnl : number or array
        The gain before.
    fees : number or array
        What was paid; below 0 what was rebated.
    funding : number or array
        What was received; below 0 what was paid.
    step, rounding
        Of the result.

    Examples
    --------
    >>> net_pnl("-22.7187", fees="0.06527125", funding="-0.63305227")
    Decimal('-23.41702352')
    """
    gain, paid, received = read(pnl=pnl, fees=fees, funding=funding)
    return finish(all_of((gain, negated(paid), received)), step, rounding)


def break_even_price(
    side: Numbers,
    quantity: Numbers,
    entry_price: Numbers,
    *,
    costs: Numbers = 0,
    exit_fee_rate: Numbers = 0,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word | None = None,
) -> Amount:
    """Return the price at which closing a position leaves neither gain nor loss.

    Parameters
    ----------
    side, quantity, entry_price, multiplier, contract
        As of `unrealized_pnl`; the quantity is above 0.
    costs : number or array
        What was paid so far, in the settlement currency.
    exit_fee_rate : number or array
        Of the fee to close, a part of the value at that price.
    step : decimal, optional
        The tick size.
    rounding : Rounding, str or int, optional
        By default to the side where there is no loss: up for a long position, down for a short one.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`.

    Raises
    ------
    GridError
        A number that is none, a quantity at 0 or below, an entry price of an inverse contract at 0
        or below; costs that no price can make good.

    Examples
    --------
    >>> break_even_price("long", "0.02", 1963, costs=26500, multiplier=1000000, step="0.05")
    Decimal('1964.35')
    """
    sign, size, factor, entry, paid, rate = read(
        side=sides(side),
        quantity=quantity,
        multiplier=multiplier,
        entry_price=entry_price,
        costs=costs,
        exit_fee_rate=exit_fee_rate,
    )
    positive("quantity", size)
    if is_inverse(contract):
        positive("entry_price", entry)
    value = call(of_kind(contract, "value"), size, factor, entry)
    price = call(of_kind(contract, "break_even"), sign, size, factor, value, paid, rate)
    return finish(price, step, safe_rounding(sign) if rounding is None else rounding)


def return_on_margin(
    pnl: Numbers, margin: Numbers, *, step: Step = None, rounding: Word = "floor"
) -> Amount:
    """Return a gain as a part of the margin that it was made with.

    Parameters
    ----------
    pnl, margin : number or array
        In one currency; the margin is above 0. Bybit takes the initial margin and the fee to close,
        OKX the initial margin.
    step, rounding
        Of the result: a part of 1, not percent.

    Raises
    ------
    GridError
        A number that is none, a margin at 0 or below.

    Examples
    --------
    >>> return_on_margin("-0.4551036", "4.98480", step="1e-16", rounding="half_even")
    Decimal('-0.0912982667308618')
    """
    gain, held = read(pnl=pnl, margin=margin)
    positive("margin", held)
    return finish(call("ratio_of", gain, held), step, rounding)
