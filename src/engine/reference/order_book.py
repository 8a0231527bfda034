"""The integer face of one instrument: a call for each command, and the questions."""

from __future__ import annotations

from typing import Unpack

from .._schema import (
    CancelScope,
    CommandKind,
    ExecType,
    OrderType,
    Phase,
    ReportFlag,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerSource,
)
from .._shown import shown
from .._terms import Terms
from .._uncrossing import Uncrossing
from ..records import BookCounters, Depth, Order, OrderDetail, QueuePosition, RecordArray
from .bands import EVERY_PRICE
from .batch import match
from .book import Book
from .commands import command_of, side_of
from .instrument import InstrumentTerms
from .invariants import check_invariants
from .keeper import MAX_ORDERS
from .machine import MAX_CASCADE, Machine
from .orders import LiveOrder
from .reports import ExecutionReport, Report, reports_array, trades_array
from .state_hash import details_array, orders_array, state_hash


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
    trigger_order : TriggerOrder
        In which order conditional orders enter that one event triggers.
    auction_rule : AuctionRule
        How an auction chooses among the prices at which most lots trade.
    auction_prices : AuctionPrices
        Which prices it may choose.
    allocation : Allocation
        How an incoming quantity is shared among the orders at one price.
    pro_rata_minimum : int
        Lots; pro rata, a smaller share is none.
    top_order_minimum, top_order_maximum : int
        Lots: pro rata, how much the top order gets first, if it is no smaller than the minimum; 0
        for no top order.
    static_band, dynamic_band : int
        Millionths of the reference and of the last price, within which orders trade; 0 for no band.
    band_action : BandAction
        What happens where an order would trade outside.
    reduce_only_rule : ReduceOnlyRule
        What becomes of reduce-only orders that are more than the position.
    visibility : Visibility
        Whether the market shows what rests in it.
    max_orders : int
        How many orders may rest or wait at once.
    max_cascade : int
        How many orders one command may set off.
    """

    def __init__(
        self,
        *,
        max_orders: int = MAX_ORDERS,
        max_cascade: int = MAX_CASCADE,
        **terms: Unpack[Terms],
    ) -> None:
        self._machine = Machine(max_orders, max_cascade)
        self.instrument = self._machine.add_instrument(InstrumentTerms(**terms))

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
        trigger_price: int = 0,
        trigger_source: int = TriggerSource.LAST,
        display_quantity: int = 0,
        minimum_quantity: int = 0,
        expiry: int = 0,
        offset: int = 0,
        bound: int = 0,
        linked_order_id: int = 0,
        self_trade_mode: int = SelfTradeMode.NONE,
        self_trade_group: int = 0,
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
            trigger_price=trigger_price,
            trigger_source=trigger_source,
            display_quantity=display_quantity,
            minimum_quantity=minimum_quantity,
            expiry=expiry,
            offset=offset,
            bound=bound,
            linked_order_id=linked_order_id,
            self_trade_mode=self_trade_mode,
            self_trade_group=self_trade_group,
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
        trigger_price: int = 0,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Give an order a new price and a new leaves quantity, a waiting one a new trigger too."""
        return self._execute(
            CommandKind.REPLACE,
            order_id=order_id,
            price=price,
            quantity=quantity,
            trigger_price=trigger_price,
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

    def set_price(
        self,
        source: int,
        price: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Tell the engine a price from outside, which may trigger what waits for it."""
        return self._execute(
            CommandKind.SET_PRICE,
            trigger_source=source,
            price=price,
            account=account,
            command_id=command_id,
            timestamp=timestamp,
        )

    def set_phase(
        self, phase: int, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport:
        """Bring the instrument into a phase; a call that ends ends with its auction."""
        return self._execute(
            CommandKind.SET_PHASE,
            selector=phase,
            account=account,
            command_id=command_id,
            timestamp=timestamp,
        )

    def uncross(
        self, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport:
        """Hold the auction of a call, which goes on."""
        return self._execute(
            CommandKind.UNCROSS, account=account, command_id=command_id, timestamp=timestamp
        )

    def set_position(
        self, account: int, quantity: int, *, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport:
        """Tell the engine an account's position, which its trades move from then on."""
        return self._execute(
            CommandKind.SET_POSITION,
            account=account,
            quantity=quantity,
            command_id=command_id,
            timestamp=timestamp,
        )

    def mass_cancel(
        self,
        *,
        account: int | None = None,
        side: int | None = None,
        prices: tuple[int, int] | None = None,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Take out every order of this book, or those of an account, a side, a range of limits."""
        scope = CancelScope.BY_INSTRUMENT
        if account is not None:
            scope |= CancelScope.BY_ACCOUNT
        if side is not None:
            scope |= CancelScope.BY_SIDE
        if prices is not None:
            scope |= CancelScope.BY_PRICE
        lowest, highest = prices or (0, 0)
        return self._execute(
            CommandKind.MASS_CANCEL,
            selector=scope,
            account=account or 0,
            side=0 if side is None else side_of(side),
            price=lowest,
            bound=highest,
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
        return ExecutionReport(_last(reports), reports_array(reports), trades_array(trades))

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
            raise OverflowError(f"levels was {shown(levels)}, below 0")
        return self._book.depth(levels)

    def orders(self, side: int, price: int | None = None) -> RecordArray:
        """Return a side's orders by price and time, or the queue at one price, as ORDER_DTYPE."""
        book_side = self._book.own(side_of(side))
        queue = book_side.orders() if price is None else book_side.queue(price)
        return orders_array(list(queue))

    def waiting(self) -> RecordArray:
        """Return the orders that wait outside the book, oldest first, as ORDER_DTYPE."""
        return orders_array(self._book.waiting())

    def details(self) -> RecordArray:
        """Return what live orders are beyond that, of those that have details, as DETAIL_DTYPE."""
        return details_array(self._book.special())

    def order(self, order_id: int) -> Order | None:
        """Return a live order of this book, None when none has this id."""
        order = self._live(order_id)
        return None if order is None else order.snapshot()

    def detail(self, order_id: int) -> OrderDetail | None:
        """Return what a live order of this book is beyond that, None where there is nothing."""
        order = self._live(order_id)
        return order.detail() if order is not None and order.is_special else None

    def queue_position(self, order_id: int) -> QueuePosition | None:
        """Return what stands before an order at its price, None when none rests under this id."""
        order = self._live(order_id)
        if order is None or order.is_waiting:
            return None
        return self._book.queue_position(order)

    def order_count(self, side: int | None = None) -> int:
        """Return how many orders rest, or how many on one side."""
        return self._book.order_count if side is None else self._book.own(side_of(side)).order_count

    @property
    def phase(self) -> Phase:
        """What the instrument is doing."""
        return self._book.phase

    def indicative(self) -> Uncrossing | None:
        """Return what an auction would come to now, None when nothing would trade."""
        return self._book.uncrossing()

    def top_order(self, side: int) -> int | None:
        """Return the id of a side's top order, None where there is none."""
        order = self._book.own(side_of(side)).top_order
        return None if order is None else order.order_id

    def price_band(self) -> tuple[int, int] | None:
        """Return between which prices continuous trading trades now, None where no band binds it.

        Where the first is above the second, it trades nowhere.
        """
        band = self._book.band
        return None if band == EVERY_PRICE else (band.lowest, band.highest)

    def last_trade(self) -> tuple[int, int] | None:
        """Return price and quantity of the last trade, None before the first."""
        return self._book.last_trade

    def counters(self) -> BookCounters:
        """Return what the instrument has done since it was added."""
        return self._machine.tally.book_counters(self._book.number)

    def position(self, account: int) -> int | None:
        """Return an account's position as it is now, None while none was supplied."""
        return self._book.positions.get(account)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return self._book.order_count + len(self._book.waiting())

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


def _last(reports: list[Report]) -> Report:
    """Return the last report that is of the command's own order, or says that it is done.

    Before it there may be reports of orders that expired, after it of orders that were triggered. A
    call that an order began is no end of its command.
    """
    done = [report for report in reports if report.exec_type == ExecType.DONE]
    of_command = [report for report in done if not report.flags & ReportFlag.PRICE_BAND]
    if of_command:
        return of_command[0]
    others = (ExecType.EXPIRED, ExecType.DONE)
    own = next(report for report in reports if report.exec_type not in others)
    return [report for report in reports if report.order_id == own.order_id][-1]
