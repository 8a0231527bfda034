"""Python loops around one method each, timed as a whole in processor time.

The same loop goes around a book's method and around an empty one, so what they differ by is the
work. Every loop keeps the report that is returned until the next one comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import process_time_ns
from typing import Any, Final

from engine import BUY
from engine.measurement import no_collection

__all__ = ["LOOPS", "QUANTITY", "asking", "bare"]

QUANTITY: Final = 10
Method = Callable[..., Any]
Numbers = Sequence[int]


def submitting(submit: Method, prices: Numbers, ids: Numbers) -> int:
    """Submit an order at each price with an id of our own, and return the time."""
    side, quantity = BUY, QUANTITY
    with no_collection():
        before = process_time_ns()
        for price, order_id in zip(prices, ids, strict=False):
            _report = submit(side, price, quantity, order_id)
        return process_time_ns() - before


def replacing(replace: Method, prices: Numbers, ids: Numbers) -> int:
    """Give each order another price and return the time."""
    quantity = QUANTITY
    with no_collection():
        before = process_time_ns()
        for price, order_id in zip(prices, ids, strict=False):
            _report = replace(order_id, price, quantity)
        return process_time_ns() - before


def canceling(cancel: Method, prices: Numbers, ids: Numbers) -> int:
    """Cancel each order and return the time; prices are there to have the same loop."""
    with no_collection():
        before = process_time_ns()
        for _price, order_id in zip(prices, ids, strict=False):
            _report = cancel(order_id)
        return process_time_ns() - before


def bare(prices: Numbers, ids: Numbers) -> int:
    """Return the time of the loop with nothing in it."""
    with no_collection():
        before = process_time_ns()
        for _price, _order_id in zip(prices, ids, strict=False):
            pass
        return process_time_ns() - before


def asking(question: Callable[[], Any], times: int) -> int:
    """Ask a question again and again, and return the time."""
    with no_collection():
        before = process_time_ns()
        for _ in range(times):
            question()
        return process_time_ns() - before


LOOPS: Final = {"submit": submitting, "replace": replacing, "cancel": canceling}
"""By method, in an order that leaves a book as it was."""
