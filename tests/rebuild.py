"""Books rebuilt from reports alone, order by order.

It knows only what the reports say: no command, no rule of matching. NEW puts an order at the tail
of its price, and so does REPLACED, unless it kept its priority, and RESTATED. TRADE, CANCELED and
EXPIRED leave it with what they say is open. A report that says WAITING is of an order outside the
book, until TRIGGERED or RESTATED brings it in: a pegged order may leave the book and come back. A
report of an order with nothing open takes it out.

Orders that one event triggers enter one after the other, and one that finds nothing to trade with
makes no report of that. But each of them has entered before the next one says something, and all
of them before a command's own order or one that stood in the book takes, and before a pegged order
moves. One that is canceled for a linked order may do so before its turn, and says nothing of those
before it.

A call that an order began at the price band moves nobody by itself: those on their way into the
book go on.

A trade of an auction fills an order where it is. An iceberg, which shows at NEW as much as it ever
does, shows that or what is left of it.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from engine import (
    LEVEL_DTYPE,
    ORDER_DTYPE,
    PEG_MARKET,
    PEG_MIDPOINT,
    PEG_PRIMARY,
    ExecType,
    Liquidity,
    OrderFlag,
    ReportFlag,
    Side,
)

PLACING = {ExecType.NEW, ExecType.REPLACED, ExecType.RESTATED, ExecType.TRIGGERED}
"""The events that may give an order a new place; their reports say what an iceberg shows."""
PEGGED = {PEG_PRIMARY, PEG_MARKET, PEG_MIDPOINT}
ALL = 2**63 - 1


class RebuiltBooks:
    """Every live order, in the order in which they took their places."""

    def __init__(self) -> None:
        self.orders: dict[int, np.void] = {}
        """Of the books."""
        self.outside: dict[int, np.void] = {}
        """Of those that wait, and of those that are in a call without a limit."""
        self.shown: dict[int, int] = {}
        """What is displayed of each live order."""
        self._peaks: dict[int, int] = {}
        """What each live order shows at most."""
        self._triggered: dict[int, np.void] = {}
        """Those that are to enter."""
        self._entering = 0
        """The last of them that has."""

    def read(self, reports: np.ndarray) -> None:
        """Follow what the reports say."""
        for report in reports:
            if report["exec_type"] == ExecType.DONE:
                if not report["flags"] & ReportFlag.PRICE_BAND:
                    self._let_in_all()
            elif report["exec_type"] != ExecType.REJECTED:
                self._let_in(report)
                self._follow(report)

    def _let_in(self, report: np.void) -> None:
        """Put those in their places that have entered before this report."""
        order_id, exec_type = int(report["order_id"]), report["exec_type"]
        if report["flags"] & ReportFlag.LINKED:
            return
        if order_id in self._triggered:
            self._let_in_up_to(order_id)
            return
        is_own = exec_type == ExecType.REPLACED and not _is_made_smaller(report)
        is_next = report["liquidity"] == Liquidity.TAKER and order_id != self._entering
        if exec_type == ExecType.NEW or is_own or is_next or self._follows_the_market(report):
            self._let_in_all()

    def _follows_the_market(self, report: np.void) -> bool:
        """Return whether a pegged order goes somewhere; one that shows its next part stays."""
        if report["exec_type"] != ExecType.RESTATED or report["order_type"] not in PEGGED:
            return False
        was = self.orders.get(int(report["order_id"]))
        return was is None or _is_waiting(report) or was["price"] != report["price"]

    def _let_in_up_to(self, last: int) -> None:
        for order_id in list(self._triggered):
            self.orders[order_id] = self._triggered.pop(order_id)
            if order_id == last:
                break
        self._entering = last

    def _let_in_all(self) -> None:
        self.orders |= self._triggered
        self._triggered.clear()
        self._entering = 0

    def _follow(self, report: np.void) -> None:
        order_id, exec_type = int(report["order_id"]), ExecType(report["exec_type"])
        places = (self.orders, self.outside, self._triggered)
        was = next((place for place in places if order_id in place), None)
        assert (was is None) == (exec_type == ExecType.NEW), (order_id, exec_type)
        since = report["timestamp"]
        if was is not None and _takes_place(report):
            del was[order_id]
        elif was is not None:
            since = was[order_id]["timestamp"]
        if exec_type == ExecType.NEW:
            self._peaks[order_id] = int(report["last_quantity"]) or ALL
        place = self._place(report) if was is None or _takes_place(report) else was
        place[order_id] = _order(report, since)
        self.shown[order_id] = self._shown(report)
        if report["leaves_quantity"] == 0:
            del place[order_id], self.shown[order_id], self._peaks[order_id]

    def _place(self, report: np.void) -> dict[int, np.void]:
        """Return where a report puts an order."""
        if _is_waiting(report):
            return self.outside
        is_to_enter = report["exec_type"] == ExecType.TRIGGERED
        return self._triggered if is_to_enter else self.orders

    def _shown(self, report: np.void) -> int:
        """Return what is displayed: all, unless the order is hidden or the report says less."""
        leaves, last = int(report["leaves_quantity"]), int(report["last_quantity"])
        if report["order_flags"] & OrderFlag.HIDDEN:
            return 0
        if report["exec_type"] in PLACING:
            return last or leaves
        if report["flags"] & ReportFlag.AUCTION and report["last_quantity"]:
            return min(self._peaks[int(report["order_id"])], leaves)
        shown = self.shown[int(report["order_id"])]
        if report["liquidity"] == Liquidity.MAKER:
            return shown - last
        return min(shown, leaves)

    def queue(self, instrument: int, side: Side) -> np.ndarray:
        """Return a side as `orders` does: by price, shown before hidden, by time."""
        self._let_in_all()
        mine = [
            order
            for order in self.orders.values()
            if order["instrument"] == instrument and order["side"] == side
        ]
        mine.sort(key=lambda order: (-side * int(order["price"]), _is_hidden(order)))
        return np.array(mine, dtype=ORDER_DTYPE)

    def waiting(self, instrument: int) -> np.ndarray:
        """Return the orders outside a book as `waiting` does: by age."""
        mine = [order for order in self.outside.values() if order["instrument"] == instrument]
        return np.array(mine, dtype=ORDER_DTYPE)

    def levels(self, instrument: int, side: Side) -> np.ndarray:
        """Return a side as `depth` does: what is shown at each price, best first."""
        lots: Counter[int] = Counter()
        orders: Counter[int] = Counter()
        for order in self.queue(instrument, side):
            if not _is_hidden(order):
                lots[int(order["price"])] += self.shown[int(order["order_id"])]
                orders[int(order["price"])] += 1
        rows = [(price, lots[price], orders[price]) for price in lots]
        return np.array(rows, dtype=LEVEL_DTYPE)


def _takes_place(report: np.void) -> bool:
    """Return whether the order is from now on the last at its price, or of those that wait."""
    return report["exec_type"] in PLACING and not report["flags"] & ReportFlag.KEPT_PRIORITY


def _is_made_smaller(report: np.void) -> bool:
    """Return whether a REPLACED is of an order that met its own side, or shrank with a position."""
    trimmed = ReportFlag.REDUCE_ONLY | ReportFlag.KEPT_PRIORITY
    flags = ReportFlag(int(report["flags"]))
    return bool(flags & ReportFlag.SELF_TRADE) or flags & trimmed == trimmed


def _is_waiting(report: np.void) -> bool:
    return bool(report["flags"] & ReportFlag.WAITING)


def _is_hidden(order: np.void) -> bool:
    return bool(order["flags"] & OrderFlag.HIDDEN)


def _order(report: np.void, since: np.uint64) -> np.void:
    """Return the order that a report tells of, with the time of the event that placed it."""
    order = np.zeros((), ORDER_DTYPE)
    for name in ("order_id", "client_order_id", "price", "leaves_quantity", "filled_quantity"):
        order[name] = report[name]
    for name in ("instrument", "account", "side", "order_type", "time_in_force", "self_trade_mode"):
        order[name] = report[name]
    order["self_trade_mode"] = report["self_trade_mode"]
    order["flags"] = report["order_flags"]
    order["timestamp"] = since
    return order[()]
