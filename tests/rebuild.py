"""Books rebuilt from reports alone, order by order.

It knows only what the reports say: no command, no rule of matching. NEW puts an order at the tail
of its price, TRADE and CANCELED leave it with what they say is open, REPLACED moves it to the tail
of its price unless it kept its priority. A report of an order with nothing open takes it out.
"""

from __future__ import annotations

import numpy as np

from engine import ORDER_DTYPE, ExecType, ReportFlag, Side


class RebuiltBooks:
    """Every live order, in the order in which they took their places."""

    def __init__(self) -> None:
        self.orders: dict[int, np.void] = {}

    def read(self, reports: np.ndarray) -> None:
        """Follow what the reports say."""
        for report in reports:
            if report["exec_type"] != ExecType.REJECTED:
                self._follow(report)

    def _follow(self, report: np.void) -> None:
        order_id = int(report["order_id"])
        before = self.orders.get(order_id)
        moved = report["exec_type"] == ExecType.NEW or (
            report["exec_type"] == ExecType.REPLACED
            and not report["flags"] & ReportFlag.KEPT_PRIORITY
        )
        assert (before is None) == (report["exec_type"] == ExecType.NEW)
        if moved:
            self.orders.pop(order_id, None)
        self.orders[order_id] = _order(report, before=None if moved else before)
        if report["leaves_quantity"] == 0:
            del self.orders[order_id]

    def queue(self, instrument: int, side: Side) -> np.ndarray:
        """Return a side as `orders` does: by price, then by time."""
        mine = [
            order
            for order in self.orders.values()
            if order["instrument"] == instrument and order["side"] == side
        ]
        mine.sort(key=lambda order: -side * int(order["price"]))
        return np.array(mine, dtype=ORDER_DTYPE)


def _order(report: np.void, before: np.void | None) -> np.void:
    """Return the order that a report tells of; it has its time from the event that placed it."""
    order = np.zeros((), ORDER_DTYPE)
    for name in ("order_id", "client_order_id", "price", "leaves_quantity", "filled_quantity"):
        order[name] = report[name]
    for name in ("instrument", "account", "side", "order_type", "time_in_force"):
        order[name] = report[name]
    order["flags"] = report["order_flags"]
    order["timestamp"] = report["timestamp"] if before is None else before["timestamp"]
    return order[()]
