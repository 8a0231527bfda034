"""The engine of one instrument: the same calls, without the instrument's number."""

from __future__ import annotations

from typing import Any

from .._schema import ReplacePriority
from ..records import Depth, QueuePosition, RecordArray
from .core import MAX_ORDERS, Core
from .instrument import INT64_MAX, INT64_MIN
from ..records import Order
from .reports import ExecutionReport


class OrderBook:
    """One book in ticks and lots.

    Parameters
    ----------
    min_price, max_price : int
        Ticks; a limit outside is refused.
    min_quantity, max_quantity : int
        Lots; an order outside is refused.
    replace_priority : ReplacePriority
        When a replaced order keeps its place.
    max_orders : int
        How many orders may be live at once.
    """

    def __init__(
        self,
        *,
        min_price: int = INT64_MIN,
        max_price: int = INT64_MAX,
        min_quantity: int = 1,
        max_quantity: int = INT64_MAX,
        replace_priority: ReplacePriority = ReplacePriority.KEEP_ON_DECREASE,
        max_orders: int = MAX_ORDERS,
    ) -> None:
        self._core = Core(max_orders=max_orders)
        self._instrument = self._core.add_instrument(
            min_price=min_price,
            max_price=max_price,
            min_quantity=min_quantity,
            max_quantity=max_quantity,
            replace_priority=replace_priority,
        )

    def submit(
        self,
        side: int,
        price: int,
        quantity: int,
        order_id: int = 0,
        account: int = 0,
        **details: Any,
    ) -> ExecutionReport:
        """Enter an order; `details` are the keywords of `Core.submit`."""
        return self._core.submit(
            self._instrument, side, price, quantity, order_id, account, **details
        )

    def cancel(self, order_id: int, **details: int) -> ExecutionReport:
        """Take an order out; `details` are account, command_id and timestamp."""
        return self._core.cancel(self._instrument, order_id, **details)

    def replace(self, order_id: int, price: int, quantity: int, **details: int) -> ExecutionReport:
        """Give an order a new price and a new leaves quantity; `details` as for cancel."""
        return self._core.replace(self._instrument, order_id, price, quantity, **details)

    def reduce(self, order_id: int, quantity: int, **details: int) -> ExecutionReport:
        """Take lots off an order, which keeps its place; `details` as for cancel."""
        return self._core.reduce(self._instrument, order_id, quantity, **details)

    def match(
        self, commands: RecordArray, *, detail: str = "all", out: RecordArray | None = None
    ) -> RecordArray:
        """Apply a batch and return its reports, or its trades only."""
        return self._core.match(commands, detail=detail, out=out)

    def best_bid(self) -> int | None:
        """Return the highest price bid, None without bids."""
        return self._core.best_bid(self._instrument)

    def best_ask(self) -> int | None:
        """Return the lowest price asked, None without asks."""
        return self._core.best_ask(self._instrument)

    def depth(self, levels: int = 10) -> Depth:
        """Return the best prices of both sides with their open quantity and number of orders."""
        return self._core.depth(self._instrument, levels)

    def orders(self, side: int, price: int | None = None) -> RecordArray:
        """Return a side's orders by price and time, or the queue at one price, as ORDER_DTYPE."""
        return self._core.orders(self._instrument, side, price)

    def order(self, order_id: int) -> Order | None:
        """Return a live order, None when no live order has this id."""
        return self._core.order(order_id)

    def queue_position(self, order_id: int) -> QueuePosition | None:
        """Return what stands before an order at its price, None when no live order has this id."""
        return self._core.queue_position(order_id)

    def order_count(self, side: int | None = None) -> int:
        """Return how many orders rest, or how many on one side."""
        return self._core.order_count(self._instrument, side)

    def last_trade(self) -> tuple[int, int] | None:
        """Return price and quantity of the last trade, None before the first."""
        return self._core.last_trade(self._instrument)

    def __len__(self) -> int:
        return len(self._core)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._core

    def state_hash(self) -> str:
        """Return the SHA-256 of the logical state, in hex."""
        return self._core.state_hash()

    def check_invariants(self) -> None:
        """Raise InvariantError when the state contradicts itself."""
        self._core.check_invariants()
