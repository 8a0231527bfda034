"""How the tests of positions and reduce-only orders set them up.

Their `side` is the side that reduces: account 7 is long for SELL, short for BUY. Prices are better
for that side the higher their ticks.
"""

from __future__ import annotations

from typing import Any

from views import other

from engine import IOC, REDUCE_ONLY, ReportFlag, Side

REDUCED = ReportFlag.REDUCE_ONLY
ME, SOMEBODY = 7, 8


def hold(book: Any, side: Side, lots: int) -> Any:
    """Give the account a position that orders of this side reduce."""
    return book.set_position(ME, -side * lots)


def reducible(book: Any, side: Side) -> int:
    return -side * book.position(ME)


def reduce_only(book: Any, side: Side, price: int, lots: int, order_id: int, **fields: Any) -> Any:
    flags = fields.pop("flags", 0) | REDUCE_ONLY
    return book.submit(side, price, lots, order_id, ME, flags=flags, **fields)


def plain(book: Any, side: Side, price: int, lots: int, order_id: int, **fields: Any) -> Any:
    return book.submit(side, price, lots, order_id, ME, **fields)


def take(book: Any, side: Side, price: int, lots: int, order_id: int = 90, **fields: Any) -> Any:
    """Let somebody trade with orders of this side."""
    fields = {"time_in_force": IOC, **fields}
    return book.submit(other(side), price, lots, order_id, SOMEBODY, **fields)
