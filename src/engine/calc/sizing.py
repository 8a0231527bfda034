"""How much to trade for what may be lost, and how much is to be won for it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .._shown import shown
from ..decimal_grid import DecimalLike
from ..errors import CalculationError
from ._evaluate import Amount, Numbers, is_float, read
from .exact import EXACT, number_of, quotient

__all__ = ["position_size", "risk_reward", "risk_size"]

Floats = npt.NDArray[np.float64]

CAP: Final = "0.2"
NEAREST_STOP: Final = "0.005"
LEAST: Final = "0.1"
MOST: Final = "5"


def risk_size(
    balance: Numbers, risk_percent: Numbers, entry_price: Numbers, stop_loss: Numbers
) -> Amount:
    """Return the quantity whose loss at the stop is a percentage of the balance.

    ``balance * risk_percent / 100 / |entry_price - stop_loss|``

    Parameters
    ----------
    balance : number or array
        In the quote currency, 0 or more.
    risk_percent : number or array
        How much of it may be lost, in percent, 0 or more.
    entry_price, stop_loss : number or array
        In the quote currency, for either side; they differ.

    Returns
    -------
    Decimal, or object array of Decimal
        Of exact arguments: in the base currency, rounded down to 28 significant digits, so that the
        loss is never larger.
    float, or array of float64
        Where an argument is a float: NaN where the stop is missing (NaN) or at the entry, otherwise
        within 5 units of 2**-53, relatively, of the exact answer for the floats that were given, as
        long as no step leaves the range of normal floats.

    Raises
    ------
    CalculationError
        Of exact arguments: a number below 0, or a stop at the entry.
    GridError
        What is no number.

    See Also
    --------
    position_size : with a cap, bounds, and an answer where there is no stop.

    Examples
    --------
    >>> risk_size(10000, 2, 50000, "49000")
    Decimal('0.2')
    >>> risk_size("5000", 1, 3000, 3060)
    Decimal('0.8333333333333333333333333333')
    >>> risk_size(10000, 2, 50000, 50000)
    Traceback (most recent call last):
        ...
    engine.errors.CalculationError: stop_loss was 50000, at the entry: no quantity has a loss there
    >>> risk_size(10000, [1.0, 2.0], 50000, [[49000], [50000]])
    array([[0.1, 0.2],
           [nan, nan]])
    """
    return _by_argument(
        _risk_size,
        _risk_sizes,
        balance=balance,
        risk_percent=risk_percent,
        entry_price=entry_price,
        stop_loss=stop_loss,
    )


def _risk_size(
    balance: DecimalLike,
    risk_percent: DecimalLike,
    entry_price: DecimalLike,
    stop_loss: DecimalLike,
) -> Decimal:
    price, stop = number_of("entry_price", entry_price), number_of("stop_loss", stop_loss)
    if stop == price:
        raise CalculationError(
            f"stop_loss was {shown(stop_loss)}, at the entry: no quantity has a loss there"
        )
    money, percent = _at_least_0("balance", balance), _at_least_0("risk_percent", risk_percent)
    with localcontext(EXACT):
        return quotient(money * percent, 100 * abs(price - stop), ROUND_DOWN)


def _risk_sizes(money: Floats, percent: Floats, price: Floats, stop: Floats) -> Floats:
    distance = np.abs(price - stop)
    return np.where(distance == 0, np.nan, money * percent / 100 / distance)


def position_size(
    balance: Numbers,
    risk_percent: Numbers,
    entry_price: Numbers,
    stop_loss: Numbers,
    default_quantity: Numbers,
    *,
    cap: Numbers = CAP,
    nearest_stop: Numbers = NEAREST_STOP,
    least: Numbers = LEAST,
    most: Numbers = MOST,
) -> Amount:
    """Return the quantity to trade: by what may be lost, capped, near to the usual quantity.

    With the distance of the stop ``d = |entry_price - stop_loss| / entry_price``:

    1. Without a stop, or with ``d < nearest_stop``, it is the default quantity; so it is without
       a balance or an entry price.
    2. ``balance * risk_percent / 100 / d / entry_price`` is what may be lost, as a quantity.
    3. It is at most ``cap * balance / entry_price``.
    4. It is at least ``least`` and at most ``most`` times the default quantity.

    Parameters
    ----------
    balance : number or array
        In the quote currency; 0 or less is none.
    risk_percent : number or array
        How much of it may be lost, in percent, 0 or more.
    entry_price : number or array
        In the quote currency; 0 or less is none.
    stop_loss : number or array, or None
        In the quote currency, on either side of the entry; None, 0 or less is none.
    default_quantity : number or array
        In the base currency, 0 or more.
    cap : number or array
        The most of the balance that the position may be worth, as a share of it.
    nearest_stop : number or array
        A stop nearer than this share of the entry price is none; at it, it is one.
    least, most : number or array
        Bounds, in multiples of the default quantity.

    Returns
    -------
    Decimal, or object array of Decimal
        Of exact arguments: in the base currency, rounded down to 28 significant digits. It need not
        be on the grid of an instrument.
    float, or array of float64
        Where an argument is a float; a stop that is NaN is none. Within 5 units of 2**-53,
        relatively, of the exact answer for the floats that were given, as long as no step leaves
        the range of normal floats. Whether a stop is too near is decided on the rounded distance: a
        stop at exactly ``nearest_stop`` counts, and one that is nearer by less than a unit of
        2**-52 may.

    Raises
    ------
    CalculationError
        Of exact arguments: a number below 0 where that has no meaning, or ``least`` above ``most``.
    GridError
        What is no number.

    Notes
    -----
    The rule is Bot Core's (its requirements, NFR-PERFORMANCE-004, and its `risk_manager.rs`). The
    default quantity itself is not capped.

    Examples
    --------
    Two percent of 10,000 are lost at the stop by 0.2, which the cap makes 0.04:

    >>> position_size(10000, 2, 50000, "49000", "0.01")
    Decimal('0.04')
    >>> position_size(10000, 2, 50000, None, "0.01"), position_size(10000, 2, 50000, 49751, "0.01")
    (Decimal('0.01'), Decimal('0.01'))
    >>> position_size(10000, 2, 50000, [49000, 49750, 49751, float("nan")], 0.01)
    array([0.04, 0.04, 0.01, 0.01])
    """
    return _by_argument(
        _position_size,
        _position_sizes,
        balance=balance,
        risk_percent=risk_percent,
        entry_price=entry_price,
        stop_loss=0 if stop_loss is None else stop_loss,
        default_quantity=default_quantity,
        cap=cap,
        nearest_stop=nearest_stop,
        least=least,
        most=most,
    )


def _position_size(
    balance: DecimalLike,
    risk_percent: DecimalLike,
    entry_price: DecimalLike,
    stop_loss: DecimalLike,
    default_quantity: DecimalLike,
    cap: DecimalLike,
    nearest_stop: DecimalLike,
    least: DecimalLike,
    most: DecimalLike,
) -> Decimal:
    price, money = number_of("entry_price", entry_price), number_of("balance", balance)
    stop, usual = (
        number_of("stop_loss", stop_loss),
        _at_least_0("default_quantity", default_quantity),
    )
    percent, share = _at_least_0("risk_percent", risk_percent), _at_least_0("cap", cap)
    nearest = _at_least_0("nearest_stop", nearest_stop)
    lowest, highest = _at_least_0("least", least), _at_least_0("most", most)
    if lowest > highest:
        raise CalculationError(f"least was {shown(least)}, above most, which was {shown(most)}")
    with localcontext(EXACT):
        distance = abs(price - stop)
        is_sized = min(price, money, stop, distance) > 0 and distance >= nearest * price
        if not is_sized:
            return quotient(usual, Decimal(1), ROUND_DOWN)
        # The size is a fraction that is never divided before its bounds are known.
        size = (money * percent, 100 * distance)
        if percent * price > 100 * share * distance:
            size = (share * money, price)
        for bound, sign in ((highest * usual, 1), (lowest * usual, -1)):
            if sign * size[0] > sign * bound * size[1]:
                size = (bound, Decimal(1))
        return quotient(*size, ROUND_DOWN)


def _position_sizes(
    money: Floats,
    percent: Floats,
    price: Floats,
    stop: Floats,
    usual: Floats,
    share: Floats,
    nearest: Floats,
    lowest: Floats,
    highest: Floats,
) -> Floats:
    price = np.asarray(price)  # a float alone would raise where it is 0
    distance = np.abs(price - stop)
    is_sized = (price > 0) & (money > 0) & (stop > 0) & (distance > 0)
    is_sized &= distance / price >= nearest
    size = np.minimum(money * percent / 100 / distance, share * money / price)
    size = np.maximum(lowest * usual, np.minimum(highest * usual, size))
    return np.where(is_sized, size, usual)


def risk_reward(entry_price: Numbers, stop_loss: Numbers, take_profit: Numbers) -> Amount:
    """Return how many times the possible loss the possible profit is.

    ``|take_profit - entry_price| / |entry_price - stop_loss|``

    Parameters
    ----------
    entry_price, stop_loss, take_profit : number or array
        In the same unit, for either side.

    Returns
    -------
    Decimal, or object array of Decimal
        Of exact arguments: a pure number, rounded down to 28 significant digits.
    float, or array of float64
        Where an argument is a float: NaN where an exit is missing (NaN) or the stop is at the
        entry, otherwise within 4 units of 2**-53, relatively, of the exact answer for the floats
        that were given.

    Raises
    ------
    CalculationError
        Of exact arguments: a stop at the entry.
    GridError
        What is no number.

    Examples
    --------
    >>> risk_reward(50000, 48000, 55000), risk_reward("-1.5", "-1", "-2.25")
    (Decimal('2.5'), Decimal('1.5'))
    >>> risk_reward(50000.0, [48000, 50000], [55000, 51500])
    array([2.5, nan])
    """
    return _by_argument(
        _risk_reward,
        _risk_rewards,
        entry_price=entry_price,
        stop_loss=stop_loss,
        take_profit=take_profit,
    )


def _risk_reward(
    entry_price: DecimalLike, stop_loss: DecimalLike, take_profit: DecimalLike
) -> Decimal:
    entry, stop = number_of("entry_price", entry_price), number_of("stop_loss", stop_loss)
    if stop == entry:
        raise CalculationError(f"stop_loss was {shown(stop_loss)}, at the entry: there is no risk")
    profit = number_of("take_profit", take_profit)
    with localcontext(EXACT):
        return quotient(abs(profit - entry), abs(entry - stop), ROUND_DOWN)


def _risk_rewards(price: Floats, stop: Floats, profit: Floats) -> Floats:
    distance = np.abs(price - stop)
    return np.where(distance == 0, np.nan, np.abs(profit - price) / distance)


def _by_argument(
    exact: Callable[..., Decimal], floats: Callable[..., Floats], **values: Numbers
) -> Any:
    """Return what one of two makes of numbers by name: in floats where one of them is a float."""
    found = read(**values)
    if any(map(is_float, found)):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            answer = floats(*found)
        return answer if answer.ndim else float(answer)
    if not any(map(np.ndim, found)):
        return exact(**values)
    columns = np.broadcast_arrays(*(np.asarray(each, dtype=object) for each in values.values()))
    rows = zip(*(column.flat for column in columns), strict=True)
    answers = np.empty(columns[0].size, dtype=object)
    answers[:] = [exact(**dict(zip(values, row, strict=True))) for row in rows]
    return answers.reshape(columns[0].shape)


def _at_least_0(name: str, value: DecimalLike) -> Decimal:
    number = number_of(name, value)
    if number < 0:
        raise CalculationError(f"{name} was {shown(value)}, must be 0 or more")
    return number
