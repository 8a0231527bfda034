"""One number for the whole logical state, to compare engines with each other and with replays."""

from __future__ import annotations

import struct
from hashlib import sha256

import numpy as np

from .._schema import ORDER_DTYPE
from ..records import RecordArray
from .machine import Machine
from .orders import LiveOrder


def state_hash(machine: Machine) -> str:
    """Return SHA-256, in hex, over the books in queue order and the counter of order ids.

    For each instrument by number: the number (u32), the count of live orders (u64), then bids and
    asks, each best price first and in queue order, as records of `ORDER_DTYPE`; at the end the next
    order id (u64). All of it little-endian. Engine time and the numbers of reports and trades are
    not covered: a refused command moves them.
    """
    digest = sha256()
    for book in machine.books:
        digest.update(struct.pack("<IQ", book.number, book.order_count))
        digest.update(orders_array(book.orders()).tobytes())
    digest.update(struct.pack("<Q", machine.next_order_id))
    return digest.hexdigest()


def orders_array(orders: list[LiveOrder]) -> RecordArray:
    """Return orders as an array of `ORDER_DTYPE`."""
    return np.array([order.snapshot() for order in orders], dtype=ORDER_DTYPE)
