"""Small records that questions return, the same from the compiled core and from the reference."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

__all__ = ["Depth", "QueuePosition", "RecordArray"]

RecordArray: TypeAlias = np.ndarray[Any, np.dtype[np.void]]
"""A one-dimensional structured array of one of the library's record dtypes."""


class Depth(NamedTuple):
    """Both sides of a book by price, each best first.

    Attributes
    ----------
    bids, asks : ndarray of LEVEL_DTYPE, shape (levels,) or shorter
        Price in ticks, open quantity in lots, number of orders.
    """

    bids: RecordArray
    asks: RecordArray


class QueuePosition(NamedTuple):
    """What stands before an order at its own price.

    Attributes
    ----------
    orders_ahead : int
        Orders that fill first; 0 for the head of the queue.
    quantity_ahead : int
        Their open lots together.
    """

    orders_ahead: int
    quantity_ahead: int
