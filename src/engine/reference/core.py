"""The engine over many instruments, in integers: the calls of the compiled core."""

from __future__ import annotations

from typing import Final

import numpy as np

from .._schema import CommandKind, OrderType, ReplacePriority, Side, TimeInForce
from ..errors import CommandError, EngineError
from ..records import Depth, QueuePosition, RecordArray
from .book import Book
from .commands import Command, command_of, commands_of
from .instrument import INT64_MAX, INT64_MIN, InstrumentTerms
from .invariants import check_invariants
from .machine import Machine
from ..records import Order
from .reports import ExecutionReport, reports_array, trades_array
from .state_hash import orders_array, state_hash

MAX_ORDERS: Final = 2**30
"""As many as the compiled core can number."""


class Core:
    """Many books under one stream of commands, one time and one set of counters.

    Parameters
    ----------
    max_orders : int
        How many orders may be live at once, over all instruments.
    """

    def __init__(self, *, max_orders: int = MAX_ORDERS) -> None:
        if not 0 <= max_orders <= MAX_ORDERS:
            raise ValueError(f"max_orders was {max_orders}, outside 0 to {MAX_ORDERS}")
        self._machine = Machine(max_orders)

    def add_instrument(
        self,
        *,
        min_price: int = INT64_MIN,
        max_price: int = INT64_MAX,
        min_quantity: int = 1,
        max_quantity: int = INT64_MAX,
        replace_priority: ReplacePriority = ReplacePriority.KEEP_ON_DECREASE,
    ) -> int:
        """Add an instrument and return its number; the first one is 0."""
        number = len(self._machine.books)
        terms = InstrumentTerms(
            min_price, max_price, min_quantity, max_quantity, ReplacePriority(replace_priority)
        )
        self._machine.books.append(Book(number, terms.checked()))
        return number

    # Commands, one at a time.

    def submit(
        self,
        instrument: int,
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
            command_of(
                CommandKind.SUBMIT,
                instrument=instrument,
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
        )

    def cancel(
        self,
        instrument: int,
        order_id: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Take an order out."""
        return self._execute(
            command_of(
                CommandKind.CANCEL,
                instrument=instrument,
                order_id=order_id,
                account=account,
                command_id=command_id,
                timestamp=timestamp,
            )
        )

    def replace(
        self,
        instrument: int,
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
            command_of(
                CommandKind.REPLACE,
                instrument=instrument,
                order_id=order_id,
                price=price,
                quantity=quantity,
                account=account,
                command_id=command_id,
                timestamp=timestamp,
            )
        )

    def reduce(
        self,
        instrument: int,
        order_id: int,
        quantity: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Take lots off an order, which keeps its place."""
        return self._execute(
            command_of(
                CommandKind.REDUCE,
                instrument=instrument,
                order_id=order_id,
                quantity=quantity,
                account=account,
                command_id=command_id,
                timestamp=timestamp,
            )
        )

    def _execute(self, command: Command) -> ExecutionReport:
        self._machine.apply(command)
        reports, trades = self._machine.tape.take()
        return ExecutionReport(reports[-1], reports_array(reports), trades_array(trades))

    # Commands, as an array.

    def match(
        self, commands: RecordArray, *, detail: str = "all", out: RecordArray | None = None
    ) -> RecordArray:
        """Apply a batch and return its reports, or its trades only.

        Parameters
        ----------
        commands : ndarray of COMMAND_DTYPE
            They are all read before the first is applied.
        detail : {"all", "trades"}
            What to return; the engine's state and counters are the same afterwards.
        out : ndarray of REPORT_DTYPE or TRADE_DTYPE, optional
            Where to write. What is returned is its beginning, or a new array when it is too short.

        Raises
        ------
        CommandError
            When the array or a value in it cannot be read; nothing has been applied then.
        """
        if detail not in ("all", "trades"):
            raise ValueError(f"detail was {detail!r}, not 'all' or 'trades'")
        readable = commands_of(commands)
        for command in readable:
            self._machine.apply(command)
        reports, trades = self._machine.tape.take()
        records = reports_array(reports) if detail == "all" else trades_array(trades)
        return records if out is None else _placed(records, out)

    # Questions.

    def best_bid(self, instrument: int) -> int | None:
        """Return the highest price bid, None without bids."""
        return self._book(instrument).sides[Side.BUY].best()

    def best_ask(self, instrument: int) -> int | None:
        """Return the lowest price asked, None without asks."""
        return self._book(instrument).sides[Side.SELL].best()

    def depth(self, instrument: int, levels: int = 10) -> Depth:
        """Return the best prices of both sides with their open quantity and number of orders."""
        if levels < 0:
            raise ValueError(f"levels was {levels}, below 0")
        return self._book(instrument).depth(levels)

    def orders(self, instrument: int, side: int, price: int | None = None) -> RecordArray:
        """Return a side's orders by price and time, or the queue at one price, as ORDER_DTYPE."""
        book_side = self._book(instrument).own(side)
        queue = book_side.orders() if price is None else book_side.queue(price).values()
        return orders_array(list(queue))

    def order(self, order_id: int) -> Order | None:
        """Return a live order, None when no live order has this id."""
        order = self._machine.live.get(order_id)
        return None if order is None else order.snapshot()

    def queue_position(self, order_id: int) -> QueuePosition | None:
        """Return what stands before an order at its price, None when no live order has this id."""
        order = self._machine.live.get(order_id)
        return None if order is None else self._book(order.instrument).queue_position(order)

    def order_count(self, instrument: int, side: int | None = None) -> int:
        """Return how many orders rest in an instrument, or on one side of it."""
        book = self._book(instrument)
        return book.order_count if side is None else book.own(side).order_count

    def last_trade(self, instrument: int) -> tuple[int, int] | None:
        """Return price and quantity of the last trade, None before the first."""
        return self._book(instrument).last_trade

    def __len__(self) -> int:
        return len(self._machine.live)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._machine.live

    def state_hash(self) -> str:
        """Return the SHA-256 of the logical state, in hex."""
        return state_hash(self._machine)

    def check_invariants(self) -> None:
        """Raise InvariantError when the state contradicts itself."""
        check_invariants(self._machine)

    def _book(self, instrument: int) -> Book:
        if not 0 <= instrument < len(self._machine.books):
            raise EngineError(f"instrument was {instrument}, of {len(self._machine.books)}")
        return self._machine.books[instrument]


def _placed(records: RecordArray, out: RecordArray) -> RecordArray:
    """Return the records at the beginning of `out`, or themselves when it is too short."""
    if not isinstance(out, np.ndarray) or out.dtype != records.dtype or out.ndim != 1:
        raise CommandError(f"out was {getattr(out, 'dtype', type(out))}, not {records.dtype}")
    if len(out) < len(records):
        return records
    out[: len(records)] = records
    return out[: len(records)]
