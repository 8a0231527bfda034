"""What funding moves between positions."""

from __future__ import annotations

from engine.calc._evaluate import Amount, Numbers, Step, Word, call, finish, negated, read, sides

__all__ = ["funding_payment"]


def funding_payment(
    side: Numbers,
    value: Numbers,
    rate: Numbers,
    *,
    step: Step = None,
    rounding: Word = "down",
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
        Of the result.

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
    sign, worth, part = read(side=sides(side), value=value, rate=rate)
    return finish(negated(call("part", worth, sign * part)), step, rounding)
