"""Commands that are meant to hurt: prices, ids and moments that a fast book may have bet against.

All are exact about what has to come of them, so that a benchmark can assert it: orders below zero
are bids, orders above zero are asks, so no two of these meet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from engine import BUY, COMMAND_DTYPE, SELL, CommandKind, TimeInForce
from engine.records import RecordArray

__all__ = ["PRICES", "STORMS", "cancels", "interleaved", "probes", "resting", "strided_ids"]

Integers = np.ndarray[Any, np.dtype[np.int64]]
Ids = np.ndarray[Any, np.dtype[np.uint64]]


def resting(prices: Integers, ids: Ids | None = None) -> RecordArray:
    """Return limit orders of one lot that rest: bids below zero, asks above.

    Parameters
    ----------
    prices
        Ticks, none of them zero.
    ids
        Order ids; 1, 2, 3 and so on without them.
    """
    assert prices.all(), "a price was 0, must be below (bid) or above (ask)"
    commands = np.zeros(len(prices), dtype=COMMAND_DTYPE)
    commands["kind"] = CommandKind.SUBMIT
    commands["side"] = np.where(prices < 0, BUY, SELL)
    commands["price"] = prices
    commands["quantity"] = 1
    commands["order_id"] = np.arange(1, len(prices) + 1) if ids is None else ids
    return commands


def cancels(ids: Ids) -> RecordArray:
    """Return cancels of these orders."""
    commands = np.zeros(len(ids), dtype=COMMAND_DTYPE)
    commands["kind"] = CommandKind.CANCEL
    commands["order_id"] = ids
    return commands


def probes(prices: Integers, first_id: int) -> RecordArray:
    """Return immediate-or-cancel orders at these prices, sellers below zero: they meet the best."""
    commands = resting(prices, np.arange(first_id, first_id + len(prices), dtype=np.uint64))
    commands["side"] *= -1
    commands["time_in_force"] = TimeInForce.IOC
    return commands


def interleaved(*columns: RecordArray) -> RecordArray:
    """Return one of each, then the next one of each."""
    return np.stack(columns, axis=1).ravel()


def strided_ids(count: int, shift: int) -> Ids:
    """Return distinct ids, none of them 0, that are 2^shift apart; past 2^64 they wrap by one.

    Examples
    --------
    >>> strided_ids(3, 4).tolist()
    [16, 32, 48]
    >>> strided_ids(17, 60).tolist()[-3:]
    [17293822569102704640, 1, 1152921504606846977]
    """
    number = np.arange(1, count + 1, dtype=np.uint64)
    if shift == 0:
        return number
    return (number << np.uint64(shift)) | (number >> np.uint64(64 - shift))


def random_prices(count: int) -> Integers:
    """Return prices anywhere in 64 bits, no two alike in practice."""
    drawn = np.random.default_rng(61).integers(-(2**63), 2**63 - 1, count, endpoint=True)
    drawn[drawn == 0] = 1
    return drawn


def one_a_page(spacing: int) -> Callable[[int], Integers]:
    """Return what makes prices so far apart, bids and asks in turn outwards from zero."""

    def prices(count: int) -> Integers:
        distance = (1 + np.arange(count) // 2) * spacing
        return np.where(np.arange(count) % 2 == 0, -distance, distance)

    return prices


PRICES: Final[dict[str, Callable[[int], Integers]]] = {
    "random 64-bit prices": random_prices,
    "a price every 64 ticks": one_a_page(64),
    "a price every 4,096 ticks": one_a_page(4_096),
    "a price every 2^30 ticks": one_a_page(2**30),
}
"""By name, the prices of so many orders."""


# Storms: orders that are there first, then the commands that are timed, then how many stay.

Storm = tuple[RecordArray, RecordArray, int]
FAR: Final = 2**40


def calm(count: int) -> Storm:
    """Enter an order among a hundred levels and cancel another: the measure of the others."""
    draw = np.random.default_rng(67)
    before = 2_000
    prices = draw.integers(1, 101, before + count) * draw.choice([-1, 1], before + count)
    orders = resting(prices)
    return (
        orders[:before],
        interleaved(orders[before:], cancels(orders["order_id"][:count])),
        before,
    )


def peeling(count: int) -> Storm:
    """Cancel the best order of one side and of the other in turn, one order a level."""
    prices = one_a_page(1)(count)
    orders = resting(prices)
    return orders, cancels(orders["order_id"]), 0


def flicker(count: int) -> Storm:
    """Enter a new best order and cancel it, again and again; the next best is far away."""
    far = resting(np.array([-FAR, FAR]))
    draw = np.random.default_rng(71)
    prices = draw.integers(1, 1_000, count) * np.where(np.arange(count) % 2 == 0, -1, 1)
    orders = resting(prices, np.arange(3, count + 3, dtype=np.uint64))
    return far, interleaved(orders, cancels(orders["order_id"])), 2


def probed_flicker(count: int) -> Storm:
    """Do the same with an order that looks for the canceled one each time, and finds nothing."""
    far, commands, stay = flicker(count)
    prices = commands["price"][::2]
    search = probes(prices, 2 * count + 3)
    return far, interleaved(commands[::2], commands[1::2], search), stay


def crowd(count: int) -> Storm:
    """Cancel everything that stands at one price, in any order."""
    orders = resting(np.full(count, -5))
    ids = np.random.default_rng(73).permutation(orders["order_id"])
    return orders, cancels(ids), 0


STORMS: Final[dict[str, Callable[[int], Storm]]] = {
    "calm": calm,
    "peeling the touch": peeling,
    "flicker at the touch": flicker,
    "flicker, then a probe": probed_flicker,
    "a crowd leaves one price": crowd,
}
