"""The integer face of one instrument: a call for each command, and the questions."""

from __future__ import annotations

from .._schema import (
    CommandKind,
    OrderType,
    ReplacePriority,
    Side,
    TimeInForce,
)
from ..records import Depth, Order, QueuePosition, RecordArray
from .batch import match
from .book import Book
from .commands import command_of
from .instrument import INT64_MAX, INT64_MIN, InstrumentTerms
from .invariants import check_invariants
from .machine import MAX_ORDERS, Machine
from .orders import LiveOrder
from .reports import ExecutionReport, reports_array, trades_array
from .state_hash import orders_array, state_hash


class OrderBook:
    """One book in ticks and lots.

    Made on its own it is an engine of one instrument, whose number is 0; `Core.book` gives the book
    of one instrument of many.

    Parameters
    ----------
    min_price, max_price : int
        Ticks; a limit outside is refused.
    min_quantity, max_quantity : int
        Lots, at least 1; an order outside is refused.
    replace_priority : ReplacePriority
        When a replaced order keeps its place.
    max_orders : int
        How many orders may rest at once.
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
        self._machine = Machine(max_orders)
        self.instrument = self._machine.add_instrument(
            InstrumentTerms(min_price, max_price, min_quantity, max_quantity, replace_priority)
        )

    @classmethod
    def of(cls, machine: Machine, instrument: int) -> OrderBook:
        """Return the face of one instrument of an engine."""
        book = cls.__new__(cls)
        book._machine = machine
        book.instrument = instrument
        return book

    # Commands.

    def submit(
        self,
        side: int,
        price: int,
        quantity: int,
        order_id: int = 0,
        account: int = 0,
        *,
        order_type: int = OrderType.LIMIT,
        time_in_force: int = TimeInForce.GTC,
        flags: int = 0,
        client_order_id: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Enter an order; an order id of 0 has one assigned."""
        return self._execute(
            CommandKind.SUBMIT,
            side=side,
            price=price,
            quantity=quantity,
            order_id=order_id,
            account=account,
            order_type=order_type,
            time_in_force=time_in_force,
            flags=flags,
            client_order_id=client_order_id,
            command_id=command_id,
            timestamp=timestamp,
        )

    def cancel(
        self, order_id: int, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport:
        """Take an order out."""
        return self._execute(
            CommandKind.CANCEL,
            order_id=order_id,
            account=account,
            command_id=command_id,
            timestamp=timestamp,
        )

    def replace(
        self,
        order_id: int,
        price: int,
        quantity: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Give an order a new price and a new leaves quantity."""
        return self._execute(
            CommandKind.REPLACE,
            order_id=order_id,
            price=price,
            quantity=quantity,
            account=account,
            command_id=command_id,
            timestamp=timestamp,
        )

    def reduce(
        self,
        order_id: int,
        quantity: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Take lots off an order, which keeps its place."""
        return self._execute(
            CommandKind.REDUCE,
            order_id=order_id,
            quantity=quantity,
            account=account,
            command_id=command_id,
            timestamp=timestamp,
        )

    def match(
        self, commands: RecordArray, *, detail: str = "all", out: RecordArray | None = None
    ) -> RecordArray:
        """Apply a batch to the engine of this book; each command names its instrument."""
        return match(self._machine, commands, detail, out)

    def _execute(self, kind: CommandKind, **fields: int) -> ExecutionReport:
        self._machine.apply(command_of(kind, instrument=self.instrument, **fields))
        reports, trades = self._machine.tape.take()
        return ExecutionReport(reports[-1], reports_array(reports), trades_array(trades))

    # Questions.

    def best_bid(self) -> int | None:
        """Return the highest price bid, None without bids."""
        return self._book.sides[Side.BUY].best()

    def best_ask(self) -> int | None:
        """Return the lowest price asked, None without asks."""
        return self._book.sides[Side.SELL].best()

    def depth(self, levels: int = 10) -> Depth:
        """Return the best prices of both sides with their open quantity and number of orders."""
        if levels < 0:
            raise OverflowError(f"levels was {levels}, below 0")
        return self._book.depth(levels)

    def orders(self, side: int, price: int | None = None) -> RecordArray:
        """Return a side's orders by price and time, or the queue at one price, as ORDER_DTYPE."""
        book_side = self._book.own(side)
        queue = book_side.orders() if price is None else book_side.queue(price).values()
        return orders_array(list(queue))

    def order(self, order_id: int) -> Order | None:
        """Return a live order of this book, None when none has this id."""
        order = self._live(order_id)
        return None if order is None else order.snapshot()

    def queue_position(self, order_id: int) -> QueuePosition | None:
        """Return what stands before an order at its price, None when none here has this id."""
        order = self._live(order_id)
        return None if order is None else self._book.queue_position(order)

    def order_count(self, side: int | None = None) -> int:
        """Return how many orders rest, or how many on one side."""
        return len(self) if side is None else self._book.own(side).order_count

    def last_trade(self) -> tuple[int, int] | None:
        """Return price and quantity of the last trade, None before the first."""
        return self._book.last_trade

    def __len__(self) -> int:
        return self._book.order_count

    def __contains__(self, order_id: int) -> bool:
        return self._live(order_id) is not None

    def state_hash(self) -> str:
        """Return the SHA-256 of the logical state of the engine, in hex."""
        return state_hash(self._machine)

    def check_invariants(self) -> None:
        """Raise InvariantError when the state of the engine contradicts itself."""
        check_invariants(self._machine)

    @property
    def _book(self) -> Book:
        return self._machine.books[self.instrument]

    def _live(self, order_id: int) -> LiveOrder | None:
        """Return the live order of this book with an id."""
        order = self._machine.live.get(order_id)
        return order if order is not None and order.instrument == self.instrument else None
