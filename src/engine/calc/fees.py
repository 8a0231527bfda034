"""What trades cost."""

from __future__ import annotations

from engine.calc._evaluate import (
    Amount,
    Numbers,
    Step,
    Word,
    all_of,
    call,
    finish,
    is_inverse,
    negated,
    of_kind,
    positive,
    read,
)

__all__ = ["fee_in_token", "round_trip_fee", "trade_fee"]


def trade_fee(
    quantity: Numbers,
    price: Numbers,
    rate: Numbers,
    *,
    side_rate: Numbers = 0,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return the fee of a trade: a part of its value, rounded once.

    Parameters
    ----------
    quantity, price, multiplier, contract
        As of `position_value`.
    rate : number or array
        The maker's or taker's; below 0 a rebate.
    side_rate : number or array
        The buyer's or seller's, where a venue has one on top (Binance spot).
    step : decimal, optional
        The smallest unit of the fee.
    rounding : Rounding, str or int
        Which multiple of the step: Bybit USDC up to 4 places, Hyperliquid down to 6.

    Returns
    -------
    Decimal, float, or array
        As of `position_value`, in the settlement currency; what is paid is above 0.

    Raises
    ------
    GridError
        A number that is none, a price of an inverse contract at 0 or below.

    Notes
    -----
    value * (rate + side_rate). RISK.md, section 7.

    Examples
    --------
    >>> trade_fee("0.030", "1162.15", "0.000600", step="0.0001")
    Decimal('0.0210')
    >>> trade_fee("0.001", "66653.0", "0.00015", step="1e-6", rounding="down")
    Decimal('0.009997')
    """
    size, at, part, extra, factor = read(
        quantity=quantity, price=price, rate=rate, side_rate=side_rate, multiplier=multiplier
    )
    if is_inverse(contract):
        positive("price", at)
    value = call(of_kind(contract, "value"), size, factor, at)
    return finish(call("part", value, call("total", part, extra)), step, rounding)


def round_trip_fee(
    quantity: Numbers,
    entry_price: Numbers,
    exit_price: Numbers,
    entry_rate: Numbers,
    exit_rate: Numbers,
    *,
    multiplier: Numbers = 1,
    contract: Word = "linear",
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return the fees of opening and of closing a position together, rounded once.

    Parameters
    ----------
    quantity, multiplier, contract, step, rounding
        As of `trade_fee`.
    entry_price, exit_price, entry_rate, exit_rate : number or array
        Of either trade.

    Examples
    --------
    >>> round_trip_fee(40, "1.2462", "1.2567", "0.0002", "0.0005")
    Decimal('0.0351036')
    """
    size, entry, exit_, first, second, factor = read(
        quantity=quantity,
        entry_price=entry_price,
        exit_price=exit_price,
        entry_rate=entry_rate,
        exit_rate=exit_rate,
        multiplier=multiplier,
    )
    if is_inverse(contract):
        positive("entry_price", entry)
        positive("exit_price", exit_)
    legs = (
        call("part", call(of_kind(contract, "value"), size, factor, price), rate)
        for price, rate in ((entry, first), (exit_, second))
    )
    return finish(all_of(legs), step, rounding)


def fee_in_token(
    standard: Numbers,
    token_price: Numbers,
    *,
    discount: Numbers = 0,
    special: Numbers = 0,
    tax: Numbers = 0,
    step: Step = None,
    rounding: Word = "up",
) -> Amount:
    """Return a commission paid in another asset, with a discount on its standard part.

    Parameters
    ----------
    standard, special, tax : number or array
        The parts of the commission, in one currency.
    token_price : number or array
        What a token costs in that currency; above 0.
    discount : number or array
        The part of the standard commission that is not charged: 0.25 is 25 %.
    step, rounding
        Of the result, in tokens.

    Raises
    ------
    GridError
        A number that is none, a price at 0 or below.

    Notes
    -----
    (standard * (1 - discount) + special + tax) / token_price. Binance's page of commissions
    multiplies by 0.25 where it takes 25 % off: its numbers come out with a discount of 0.75.

    Examples
    --------
    >>> fee_in_token("0.01049475", 260, discount="0.75", step="1e-9", rounding="half_up")
    Decimal('0.000010091')
    """
    charged, cost, off, extra, taxed = read(
        standard=standard, token_price=token_price, discount=discount, special=special, tax=tax
    )
    positive("token_price", cost)
    reduced = call("total", charged, negated(call("part", charged, off)))
    return finish(call("ratio_of", all_of((reduced, extra, taxed)), cost), step, rounding)
