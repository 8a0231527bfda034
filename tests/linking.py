"""How the tests of linked orders submit them, and write down what is said of them.

Their `side` is the side of the order that the others are linked with. A stop of its other side,
which would get out of what it bought or sold, waits below for a buyer: at a price that is worse for
`side`.
"""

from __future__ import annotations

from typing import Any

from streams import command_array
from views import at, other

from engine import (
    ADVANCE_TIME,
    ONE_CANCELS_OTHER,
    ONE_TRIGGERS_OTHER,
    STOP,
    ExecType,
    ReportFlag,
    Side,
)

LINKED, WAITING, KEPT = ReportFlag.LINKED, ReportFlag.WAITING, ReportFlag.KEPT_PRIORITY
NONE = ReportFlag(0)


def told(report: Any) -> list[tuple[int, str, ReportFlag, int]]:
    """Return (order id, event, flags, open lots) of each report of a command."""
    records = getattr(report, "reports", report)
    return [
        (
            int(record["order_id"]),
            ExecType(record["exec_type"]).name,
            ReportFlag(int(record["flags"])),
            int(record["leaves_quantity"]),
        )
        for record in records
    ]


def waiting(book: Any) -> list[int]:
    return book.waiting()["order_id"].tolist()


def advance(book: Any, timestamp: int) -> Any:
    return book.match(command_array({"kind": ADVANCE_TIME, "timestamp": timestamp}))


def join(book: Any, side: Side, price: int, quantity: int, order_id: int, **fields: int) -> Any:
    """Submit an order that cancels the one it names, and is canceled by it."""
    flags = fields.pop("flags", 0) | ONE_CANCELS_OTHER
    return book.submit(side, price, quantity, order_id, flags=flags, **fields)


def wait_for(book: Any, side: Side, price: int, quantity: int, order_id: int, **fields: int) -> Any:
    """Submit an order that waits for the end of the one it names."""
    flags = fields.pop("flags", 0) | ONE_TRIGGERS_OTHER
    return book.submit(side, price, quantity, order_id, flags=flags, **fields)


def bracket(book: Any, side: Side, parent: int, quantity: int = 5) -> None:
    """Submit the two exits of an order: a stop loss (11) 5 ticks below, a profit (12) above."""
    stop = {"order_type": STOP, "trigger_price": at(side, -5)}
    exits = {"flags": ONE_CANCELS_OTHER, "linked_order_id": parent}
    wait_for(book, other(side), 0, quantity, 11, **stop, **exits)
    wait_for(book, other(side), at(side, 5), quantity, 12, **exits)
