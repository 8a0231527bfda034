# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""The compiled core: `OrderBook`, `Core` and `ExecutionReport`, in ticks and lots.

A call fills one command record and applies it; `match` applies an array of them with the
interpreter lock released. One thread at a time: a call made while a batch runs on another thread
raises.
"""

cimport cython
cimport numpy as cnp
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.string cimport memcpy, memset

from engine._arrays cimport check_array, check_out, new_array, owning_array
from engine._checks cimport member_with, refuse_batch
from engine._native cimport *
from engine._numbers cimport as_int64, as_uint64, within
from engine._report cimport ExecutionReport, make_report

import hashlib
import struct

import numpy as np

from engine import _schema
from engine.errors import CommandError, EngineBusyError, EngineError, InvariantError
from engine.ladder import html_ladder, text_ladder
from engine.records import Depth, Order, OrderDetail, QueuePosition

cnp.import_array()

Py_INCREF(InvariantError)
set_invariant_error(<PyObject*>InvariantError)

cdef cnp.dtype COMMAND = _schema.COMMAND_DTYPE
cdef cnp.dtype REPORT = _schema.REPORT_DTYPE
cdef cnp.dtype TRADE = _schema.TRADE_DTYPE
cdef cnp.dtype ORDER = _schema.ORDER_DTYPE
cdef cnp.dtype DETAIL = _schema.DETAIL_DTYPE
cdef cnp.dtype LEVEL = _schema.LEVEL_DTYPE

# Members by value: a look-up costs a tenth of calling the enumeration.
cdef dict SIDES = {int(member): member for member in _schema.Side}
cdef dict ORDER_TYPES = {int(member): member for member in _schema.OrderType}
cdef dict TIMES_IN_FORCE = {int(member): member for member in _schema.TimeInForce}
cdef dict DETAIL_MEMBERS = {
    "self_trade_mode": _schema.SelfTradeMode,
    "trigger_source": _schema.TriggerSource,
    "state": _schema.OrderState,
}

cdef enum:
    REPORTS_ROOM = 64  # of a single call, at first
    REPORTS_KEPT = 4096  # a call that makes more gives its memory back

MAX_ORDERS = ORDERS_MAX
MAX_CASCADE = CASCADE_MAX
LOWEST = -(2**63)
HIGHEST = 2**63 - 1


# -- the engine

@cython.final
cdef class Core:
    """Many books under one stream of commands, one time and one set of counters.

    The integer engine beneath `Engine` and `OrderBook`. Instruments are numbers, from 0.

    Parameters
    ----------
    max_orders : int
        How many orders may rest or wait at once, over all instruments. An order that might
        is refused with TOO_MANY_ORDERS beyond it.
    max_cascade : int
        How many orders one command may set off; what would enter beyond it is canceled.
    """

    cdef cEngine* engine
    cdef cCommand scratch
    cdef ReportBuffer buffer  # of a single call
    cdef ReportBuffer reports  # of a batch
    cdef TradeBuffer trades
    cdef bint is_busy

    def __cinit__(self, *, max_orders=MAX_ORDERS, max_cascade=MAX_CASCADE):
        memset(<void*>&self.scratch, 0, sizeof(cCommand))
        self.engine = new cEngine(
            within(max_orders, "max_orders", 0, ORDERS_MAX),
            within(max_cascade, "max_cascade", 0, CASCADE_MAX),
        )
        self.buffer.reserve(REPORTS_ROOM)

    def __dealloc__(self):
        del self.engine

    cdef inline int check_idle(self) except -1:
        if self.is_busy:
            raise EngineBusyError("the engine is running a batch on another thread")
        return 0

    cdef inline int check_instrument(self, uint32_t instrument) except -1:
        self.check_idle()
        if instrument >= self.engine.instrument_count():
            raise EngineError(
                f"instrument was {instrument}, of {self.engine.instrument_count()} added"
            )
        return 0

    def add_instrument(
        self,
        *,
        min_price=LOWEST,
        max_price=HIGHEST,
        min_quantity=1,
        max_quantity=HIGHEST,
        replace_priority=_schema.ReplacePriority.KEEP_ON_DECREASE,
        trigger_order=_schema.TriggerOrder.BY_PRICE_REACHED,
    ):
        """Add an instrument and return its number; the first is 0.

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
        """
        cdef InstrumentTerms terms
        self.check_idle()
        terms.min_price = as_int64(min_price, "min_price")
        terms.max_price = within(max_price, "max_price", terms.min_price, HIGHEST)
        terms.min_quantity = within(min_quantity, "min_quantity", 1, HIGHEST)
        terms.max_quantity = within(max_quantity, "max_quantity", terms.min_quantity, HIGHEST)
        priority = member_with(_schema.ReplacePriority, replace_priority, "replace_priority")
        terms.replace_priority = <ReplacePriority><int>priority
        released = member_with(_schema.TriggerOrder, trigger_order, "trigger_order")
        terms.trigger_order = <TriggerOrder><int>released
        return self.engine.add_instrument(terms)

    def reserve(self, orders):
        """Make room for so many more resting orders, so that nothing grows before they rest."""
        self.check_idle()
        self.engine.reserve(within(orders, "orders", 0, ORDERS_MAX))

    def book(self, instrument):
        """The integer face of one instrument, an `OrderBook` that shares this engine."""
        cdef OrderBook book = OrderBook.__new__(OrderBook)  # its own engine is dropped below
        book.instrument = within(instrument, "instrument", 0, 2**32 - 1)
        self.check_instrument(book.instrument)
        book.core = self
        return book

    @property
    def instrument_count(self):
        """How many instruments were added."""
        return self.engine.instrument_count()

    # Commands.

    cdef inline ExecutionReport apply(self):
        """Apply the scratch command, whose enumerations are known to be right."""
        return self.apply_batch(single(&self.scratch))

    cdef ExecutionReport apply_general(self, const cCommand* asked):
        """Apply the scratch command with the second half of another; see if it can be read."""
        set_second_half(self.scratch, asked[0])
        try:
            batch = check_commands(&self.scratch, 1)
            refuse_batch(batch, True)
            return self.apply_batch(batch)
        finally:
            clear_second_half(self.scratch)

    cdef inline ExecutionReport apply_batch(self, const CommandBatch& batch):
        self.check_idle()
        self.buffer.clear()
        self.engine.match(batch, self.buffer)
        cdef ExecutionReport report = make_report(self.buffer.data(), self.buffer.size(), None)
        if self.buffer.size() > REPORTS_KEPT:
            self.empty_buffer()
        return report

    cdef int empty_buffer(self) except -1:
        """Go back to a small buffer of reports, after a call that swept much of a book."""
        self.buffer.borrow(NULL, 0)
        self.buffer.reserve(REPORTS_ROOM)

    cdef inline int check_scratch(self) except -1:
        """Refuse enumerations in the scratch command that came from outside."""
        return refuse_batch(check_commands(&self.scratch, 1), True)

    def match(self, commands, *, str detail="all", out=None):
        """Apply a batch of commands, with the interpreter lock released.

        Parameters
        ----------
        commands : ndarray of COMMAND_DTYPE, shape (n,)
            All are read before the first is applied. No other thread may write to them.
        detail : {"all", "trades"}
            Every report, or one `TRADE_DTYPE` record a trade; the engine ends in the same state.
        out : ndarray of REPORT_DTYPE or TRADE_DTYPE, shape (m,), optional
            Where to write, to be used again and again. When what there is to say does not
            fit, a new array is returned instead.

        Returns
        -------
        ndarray of REPORT_DTYPE, or of TRADE_DTYPE
            In the order of events; the beginning of `out` when it was given and large enough.

        Raises
        ------
        CommandError
            For a wrong dtype, shape or layout, or a value that its enumeration does not have:
            the message names the index and nothing was applied.
        """
        check_array(commands, COMMAND, "commands", "COMMAND_DTYPE")
        cdef CommandBatch batch = check_commands(
            <const cCommand*>cnp.PyArray_DATA(commands), cnp.PyArray_SIZE(commands)
        )
        refuse_batch(batch, False)
        if detail == "all":
            return self.match_reports(batch, commands, out)
        if detail == "trades":
            return self.match_trades(batch, commands, out)
        raise CommandError(f"detail was {detail!r}, not 'all' or 'trades'")

    cdef object match_reports(self, const CommandBatch& batch, object commands, object out):
        if out is not None:
            check_out(out, REPORT, "REPORT_DTYPE", commands)
        self.check_idle()  # from here on no other thread comes in before the batch is done
        if out is None:
            self.reports.borrow(NULL, 0)
            self.reports.reserve(batch.count + batch.count // 4 + 16)
        else:
            self.reports.borrow(<cReport*>cnp.PyArray_DATA(out), cnp.PyArray_SIZE(out))
        self.is_busy = True
        try:
            with nogil:
                self.engine.match(batch, self.reports)
        finally:
            self.is_busy = False
        cdef size_t written = self.reports.size()
        if not self.reports.is_owner():
            return out[:written]
        return owning_array(REPORT, written, self.reports.release())

    cdef object match_trades(self, const CommandBatch& batch, object commands, object out):
        if out is not None:
            check_out(out, TRADE, "TRADE_DTYPE", commands)
        self.check_idle()  # from here on no other thread comes in before the batch is done
        if out is None:
            self.trades.borrow(NULL, 0)
            self.trades.reserve(batch.count // 4 + 16)
        else:
            self.trades.borrow(<cTrade*>cnp.PyArray_DATA(out), cnp.PyArray_SIZE(out))
        self.is_busy = True
        try:
            with nogil:
                self.engine.match(batch, self.trades)
        finally:
            self.is_busy = False
        cdef size_t written = self.trades.size()
        if not self.trades.is_owner():
            return out[:written]
        return owning_array(TRADE, written, self.trades.release())

    # Questions.

    def instrument_of(self, order_id):
        """The number of the instrument that a live order is of, or None."""
        cdef uint32_t node = self.find(order_id)
        return None if node == 0 else self.engine.books().side_of_order(node) // 2

    def detail(self, order_id):
        """What a live order is beyond an `Order`, an `OrderDetail`, or None.

        Orders that ask for no more than a limit or market order does have none.
        """
        cdef uint32_t node = self.find(order_id)
        if node == 0 or not self.engine.has_details(node):
            return None
        fields = list(self.details_array([node])[0].item())
        for name, enum in DETAIL_MEMBERS.items():
            place = DETAIL.names.index(name)
            fields[place] = enum(fields[place])
        return OrderDetail(*fields)

    def order(self, order_id):
        """The live order of this id as it stands, an `Order`, or None."""
        cdef uint32_t node = self.find(order_id)
        if node == 0:
            return None
        cdef cOrder order = self.engine.describe(node)
        return Order(
            order.order_id,
            order.client_order_id,
            order.price,
            order.leaves_quantity,
            order.filled_quantity,
            order.timestamp,
            order.instrument,
            order.account,
            SIDES[<int8_t>order.side],
            ORDER_TYPES[<uint8_t>order.order_type],
            TIMES_IN_FORCE[<uint8_t>order.time_in_force],
            0,
            _schema.OrderFlag(order.flags),
        )

    def queue_position(self, order_id):
        """What stands in front of a resting order at its price, a `QueuePosition`, or None.

        Counts of an iceberg what it shows. Costs a step for each order in front.
        """
        cdef uint32_t node = self.find(order_id)
        cdef uint64_t orders = 0
        cdef int64_t lots = 0
        if node == 0 or not self.engine.queue_ahead(node, &orders, &lots):
            return None
        return QueuePosition(orders, lots)

    cdef inline uint32_t find(self, object order_id) except? 0xFFFFFFFF:
        cdef uint64_t number = as_uint64(order_id, "order_id")
        self.check_idle()
        return self.engine.books().find(number)

    def state_hash(self):
        """SHA-256, in hex, over the logical state: books, what waits, and the next order id.

        For each instrument by number: the number (u32), the count of orders that rest (u64), its
        bids and its asks, best price first and as they trade, as `ORDER_DTYPE`; the count of orders
        that wait (u64) and those, by age; the count of orders with details (u64) and those, by age,
        as `DETAIL_DTYPE`; for last, mark and index price whether it is known (u8) and the price
        (i64). At the end the next order id (u64). Little-endian. A refused command leaves it as it
        was.
        """
        self.check_idle()
        cdef uint32_t instrument
        cdef int64_t price = 0
        digest = hashlib.sha256()
        for instrument in range(self.engine.instrument_count()):
            bids = self.orders_of(2 * instrument)
            asks = self.orders_of(2 * instrument + 1)
            digest.update(struct.pack("<IQ", instrument, len(bids) + len(asks)))
            digest.update(bids)
            digest.update(asks)
            for records in (self.waiting_in(instrument), self.details_in(instrument)):
                digest.update(struct.pack("<Q", len(records)))
                digest.update(records)
            for source in _schema.TriggerSource:
                is_known = self.engine.price(instrument, <TriggerSource><int>source, &price)
                digest.update(struct.pack("<Bq", is_known, price if is_known else 0))
        digest.update(struct.pack("<Q", self.engine.counters().next_order_id))
        return digest.hexdigest()

    cdef cnp.ndarray orders_of(self, uint32_t side):
        cdef vector[uint32_t] numbers
        self.engine.orders_of(side, &numbers)
        return self.orders_array(numbers)

    cdef cnp.ndarray waiting_in(self, uint32_t instrument):
        cdef vector[uint32_t] numbers
        self.engine.waiting(instrument, &numbers)
        return self.orders_array(numbers)

    cdef cnp.ndarray details_in(self, uint32_t instrument):
        cdef vector[uint32_t] numbers
        self.engine.detailed(instrument, &numbers)
        return self.details_array(numbers)

    cdef cnp.ndarray orders_array(self, const vector[uint32_t]& numbers):
        cdef cnp.ndarray array = new_array(ORDER, numbers.size())
        cdef cOrder* records = <cOrder*>cnp.PyArray_DATA(array)
        cdef size_t i
        for i in range(numbers.size()):
            records[i] = self.engine.describe(numbers[i])
        return array

    cdef cnp.ndarray details_array(self, const vector[uint32_t]& numbers):
        cdef cnp.ndarray array = new_array(DETAIL, numbers.size())
        cdef cDetail* records = <cDetail*>cnp.PyArray_DATA(array)
        cdef size_t i
        for i in range(numbers.size()):
            records[i] = self.engine.detail(numbers[i])
        return array

    def check_invariants(self):
        """Raise `InvariantError` when the state contradicts itself; walks over everything."""
        self.check_idle()
        self.engine.check_invariants()

    @property
    def time(self):
        """The largest timestamp seen, nanoseconds."""
        self.check_idle()
        return self.engine.counters().time

    @property
    def report_count(self):
        """How many reports were made."""
        self.check_idle()
        return self.engine.counters().reports

    @property
    def trade_count(self):
        """How many trades were made."""
        self.check_idle()
        return self.engine.counters().trades

    @property
    def memory_bytes(self):
        """Bytes in use by orders, levels and indexes, freed ones that wait for reuse counted."""
        self.check_idle()
        return self.engine.memory_bytes()

    def __len__(self):
        self.check_idle()
        return self.engine.books().order_count()

    def __contains__(self, order_id):
        return self.find(order_id) != 0

    def __reduce__(self):
        raise TypeError("an engine can't be pickled")

    def __repr__(self):
        try:
            return f"Core({self.instrument_count} instruments, {len(self)} orders)"
        except EngineBusyError:
            return "Core(busy)"


# -- one instrument

cdef struct Origin:
    # Where a command comes from, and when: what every kind of command takes.
    uint64_t command_id
    uint64_t timestamp
    uint32_t account


cdef inline int read_origin(
    Origin* origin, object account, object command_id, object timestamp
) except -1:
    origin.account = <uint32_t>within(account, "account", 0, 0xFFFFFFFF)
    origin.command_id = as_uint64(command_id, "command_id")
    origin.timestamp = as_uint64(timestamp, "timestamp")
    return 0


@cython.final
cdef class OrderBook:
    """One book in ticks and lots: the integer face of an instrument.

    Made on its own it is an engine of one instrument, whose number is 0; `Engine.book` gives the
    book of an instrument of a venue. The account is a label.

    Parameters
    ----------
    min_price, max_price : int
        Ticks; a limit outside is refused. Any 64-bit price by default.
    min_quantity, max_quantity : int
        Lots, at least 1; an order outside is refused.
    replace_priority : ReplacePriority
        When a replaced order keeps its place.
    trigger_order : TriggerOrder
        In which order conditional orders enter that one event triggers.
    max_orders : int
        How many orders may rest or wait at once.
    max_cascade : int
        How many orders one command may set off; what would enter beyond it is canceled.

    Examples
    --------
    >>> book = OrderBook()
    >>> book.submit(SELL, 101, 5, order_id=7).order_id
    7
    >>> book.submit(BUY, 102, 3).last_price
    101
    >>> book.best_ask(), book.best_bid()
    (101, None)
    >>> book.submit(BUY, 100, 0).reject_reason.name
    'QUANTITY_TOO_SMALL'
    """

    cdef readonly Core core
    """The engine that the book belongs to."""
    cdef readonly uint32_t instrument
    """The instrument's number in it."""

    def __cinit__(
        self,
        *,
        min_price=LOWEST,
        max_price=HIGHEST,
        min_quantity=1,
        max_quantity=HIGHEST,
        replace_priority=_schema.ReplacePriority.KEEP_ON_DECREASE,
        trigger_order=_schema.TriggerOrder.BY_PRICE_REACHED,
        max_orders=MAX_ORDERS,
        max_cascade=MAX_CASCADE,
    ):
        self.core = Core(max_orders=max_orders, max_cascade=max_cascade)
        self.instrument = self.core.add_instrument(
            min_price=min_price,
            max_price=max_price,
            min_quantity=min_quantity,
            max_quantity=max_quantity,
            replace_priority=replace_priority,
            trigger_order=trigger_order,
        )

    # Plain methods, which are called a tenth quicker than what Cython binds.
    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def submit(
        self,
        side,
        price,
        quantity,
        order_id=0,
        account=0,
        *,
        order_type=0,
        time_in_force=0,
        flags=0,
        client_order_id=0,
        command_id=0,
        timestamp=0,
        trigger_price=0,
        trigger_source=0,
        display_quantity=0,
        minimum_quantity=0,
        expiry=0,
        offset=0,
        bound=0,
        self_trade_mode=0,
        self_trade_group=0,
    ):
        """Enter an order.

        Parameters
        ----------
        side : Side
            BUY or SELL, or their integers.
        price : int
            Ticks; 0 for a market order.
        quantity : int
            Lots.
        order_id : int
            Any number that no live order of the engine has; 0 to have one assigned.
        account, client_order_id, command_id : int
            Copied into the reports.
        order_type : OrderType
        time_in_force : TimeInForce
        flags : OrderFlag
        timestamp : int
            Nanoseconds. The engine's time becomes the largest seen.
        trigger_price : int
            Ticks: where a conditional order enters; where a trailing one begins to trail, 0 for at
            once.
        trigger_source : TriggerSource
            Which price it watches.
        display_quantity : int
            Lots that an iceberg shows at a time; 0 for all.
        minimum_quantity : int
            Lots that must fill at entry, or with MINIMUM_EACH in every fill; 0 for none.
        expiry : int
            Nanoseconds: when a GTD order ends.
        offset : int
            Ticks, or with TRAIL_RATE millionths, that a trailing order stays behind.
        bound : int
            Ticks: the worst price of a PROTECTED order. Ticks times lots: what a BUDGET order may
            spend.
        self_trade_mode : SelfTradeMode
            What happens instead of a trade with its own side.
        self_trade_group : int
            Its own side is those of this group; 0: those of its account.

        Returns
        -------
        ExecutionReport
            A refused order is one too; see its `reject_reason`.

        Raises
        ------
        CommandError
            For a value that its enumeration does not have.
        OverflowError, TypeError
            For what is not an integer of the field's size.
        """
        # All are read before the command is begun: `__index__` of a caller's class may call us.
        cdef int64_t ticks = as_int64(price, "price")
        cdef int64_t lots = as_int64(quantity, "quantity")
        cdef uint64_t number = as_uint64(order_id, "order_id")
        cdef int8_t to_side = <int8_t>within(side, "side", -128, 127)
        cdef uint8_t of_type = <uint8_t>within(order_type, "order_type", 0, 255)
        cdef uint8_t in_force = <uint8_t>within(time_in_force, "time_in_force", 0, 255)
        cdef uint32_t bits = <uint32_t>within(flags, "flags", 0, 0xFFFFFFFF)
        cdef uint64_t name = as_uint64(client_order_id, "client_order_id")
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        cdef cCommand asked
        cdef bint is_plain = (
            trigger_price is 0
            and trigger_source is 0
            and display_quantity is 0
            and minimum_quantity is 0
            and expiry is 0
            and offset is 0
            and bound is 0
            and self_trade_mode is 0
            and self_trade_group is 0
        )
        if not is_plain:
            clear_second_half(asked)
            asked.trigger_price = as_int64(trigger_price, "trigger_price")
            asked.display_quantity = as_int64(display_quantity, "display_quantity")
            asked.minimum_quantity = as_int64(minimum_quantity, "minimum_quantity")
            asked.expiry = as_uint64(expiry, "expiry")
            asked.offset = as_int64(offset, "offset")
            asked.bound = as_int64(bound, "bound")
            asked.self_trade_group = <uint32_t>within(
                self_trade_group, "self_trade_group", 0, 0xFFFFFFFF
            )
            set_tail(
                asked,
                <uint8_t>within(self_trade_mode, "self_trade_mode", 0, 255),
                <uint8_t>within(trigger_source, "trigger_source", 0, 255),
                0,
            )
        cdef cCommand* command = self.begin(SUBMIT, number, &origin)
        set_head(command[0], SUBMIT, to_side, of_type, in_force)
        command.flags = bits
        command.price = ticks
        command.quantity = lots
        command.client_order_id = name
        if not is_plain:
            return self.core.apply_general(&asked)
        self.core.check_scratch()
        return self.core.apply()

    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def cancel(self, order_id, *, account=0, command_id=0, timestamp=0):
        """Take a resting order out.

        A dead or unknown id is refused with UNKNOWN_ORDER.
        """
        cdef uint64_t number = as_uint64(order_id, "order_id")
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        self.begin(CANCEL, number, &origin)
        return self.core.apply()

    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def replace(
        self,
        order_id,
        price,
        quantity,
        *,
        account=0,
        command_id=0,
        timestamp=0,
        trigger_price=0,
    ):
        """Give an order a new price and a new leaves quantity.

        A smaller quantity at the same price keeps the place in the queue (where the instrument
        says so); everything else goes to the tail, and may trade on the way. An order that waits
        for a trigger price may get another; 0 leaves it as it is.
        """
        cdef uint64_t number = as_uint64(order_id, "order_id")
        cdef int64_t ticks = as_int64(price, "price")
        cdef int64_t lots = as_int64(quantity, "quantity")
        cdef cCommand asked
        clear_second_half(asked)
        asked.trigger_price = as_int64(trigger_price, "trigger_price")
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        cdef cCommand* command = self.begin(REPLACE, number, &origin)
        command.price = ticks
        command.quantity = lots
        if asked.trigger_price != 0:
            return self.core.apply_general(&asked)
        return self.core.apply()

    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def reduce(self, order_id, quantity, *, account=0, command_id=0, timestamp=0):
        """Take lots off a resting order, which keeps its place; all of them or more cancels it."""
        cdef uint64_t number = as_uint64(order_id, "order_id")
        cdef int64_t lots = as_int64(quantity, "quantity")
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        self.begin(REDUCE, number, &origin).quantity = lots
        return self.core.apply()

    def set_price(self, source, price, *, account=0, command_id=0, timestamp=0):
        """Tell the engine a price from outside, which may trigger what waits for it.

        Parameters
        ----------
        source : TriggerSource
            LAST, MARK or INDEX.
        price : int
            Ticks.
        account, command_id : int
            Copied into the reports.
        timestamp : int
            Nanoseconds.

        Returns
        -------
        ExecutionReport
            With `exec_type` DONE; its `reports` have what was triggered.
        """
        cdef int64_t ticks = as_int64(price, "price")
        cdef cCommand asked
        clear_second_half(asked)
        set_tail(asked, 0, <uint8_t>within(source, "source", 0, 255), 0)
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        self.begin(SET_PRICE, 0, &origin).price = ticks
        return self.core.apply_general(&asked)

    def mass_cancel(
        self, *, account=None, side=None, prices=None, command_id=0, timestamp=0
    ):
        """Take out every order of this book, or those that are described.

        Parameters
        ----------
        account : int, optional
            Those of this account.
        side : Side, optional
            Those of this side.
        prices : (int, int), optional
            Those with a limit from the first to the second, ticks.
        command_id : int
            Copied into the reports.
        timestamp : int
            Nanoseconds.

        Returns
        -------
        ExecutionReport
            With `exec_type` DONE and, in `last_quantity`, how many were taken out; its `reports`
            have each of them.
        """
        scope = _schema.CancelScope.BY_INSTRUMENT
        cdef int8_t of_side = 0
        cdef int64_t lowest = 0
        cdef cCommand asked
        clear_second_half(asked)
        if account is not None:
            scope |= _schema.CancelScope.BY_ACCOUNT
        if side is not None:
            scope |= _schema.CancelScope.BY_SIDE
            of_side = member_with(_schema.Side, side, "side")
        if prices is not None:
            scope |= _schema.CancelScope.BY_PRICE
            low, high = prices
            lowest = as_int64(low, "prices[0]")
            asked.bound = as_int64(high, "prices[1]")
        set_tail(asked, 0, 0, int(scope))
        cdef Origin origin
        read_origin(&origin, 0 if account is None else account, command_id, timestamp)
        cdef cCommand* command = self.begin(MASS_CANCEL, 0, &origin)
        set_head(command[0], MASS_CANCEL, of_side, 0, 0)
        command.price = lowest
        return self.core.apply_general(&asked)

    cdef inline cCommand* begin(self, CommandKind kind, uint64_t order_id, const Origin* origin):
        cdef cCommand* command = &self.core.scratch
        set_head(command[0], kind, 0, 0, 0)
        command.flags = 0
        command.instrument = self.instrument
        command.account = origin.account
        command.order_id = order_id
        command.price = 0
        command.quantity = 0
        command.timestamp = origin.timestamp
        command.command_id = origin.command_id
        command.client_order_id = 0
        return command

    def match(self, commands, *, str detail="all", out=None):
        """Apply a batch of commands to the engine of this book; see `Core.match`.

        Each command names its instrument, 0 for a book made on its own.
        """
        return self.core.match(commands, detail=detail, out=out)

    # Questions.

    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def best_bid(self):
        """The highest price bid, ticks, or None."""
        return self.best_price(2 * self.instrument)

    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def best_ask(self):
        """The lowest price asked, ticks, or None."""
        return self.best_price(2 * self.instrument + 1)

    cdef inline object best_price(self, uint32_t side):
        cdef int64_t price = 0
        self.core.check_idle()
        return price if self.core.engine.books().best_price(side, &price) else None

    def depth(self, levels=10):
        """The best prices of both sides.

        Parameters
        ----------
        levels : int
            How many a side, at most.

        Returns
        -------
        Depth
            `bids` and `asks`, each an array of `LEVEL_DTYPE` with the best price first.
        """
        cdef int64_t most = within(levels, "levels", 0, HIGHEST)
        self.core.check_idle()
        cdef uint32_t bids = 2 * self.instrument
        return pair_of(Depth, self.levels_of(bids, most), self.levels_of(bids + 1, most))

    cdef inline cnp.ndarray levels_of(self, uint32_t side, int64_t most):
        cdef const Books* books = &self.core.engine.books()
        cdef size_t count = books.level_count(side, most)
        cdef cnp.ndarray array = new_array(LEVEL, count)
        books.depth(side, count, <cLevel*>cnp.PyArray_DATA(array))
        return array

    def orders(self, side, price=None):
        """Orders that rest, in the order in which they trade; hidden ones too.

        Parameters
        ----------
        side : Side
        price : int, optional
            Ticks; without it the whole side, best price first.

        Returns
        -------
        ndarray of ORDER_DTYPE
        """
        cdef vector[uint32_t] numbers
        cdef uint32_t number = self.side_number(side)
        self.core.check_idle()
        if price is None:
            return self.core.orders_of(number)
        self.core.engine.orders_at(number, as_int64(price, "price"), &numbers)
        return self.core.orders_array(numbers)

    def waiting(self):
        """The orders that wait outside the book for a price, oldest first.

        Returns
        -------
        ndarray of ORDER_DTYPE
        """
        self.core.check_idle()
        return self.core.waiting_in(self.instrument)

    def details(self):
        """What live orders are beyond `orders` and `waiting`, of those that ask for more.

        Returns
        -------
        ndarray of DETAIL_DTYPE
            Oldest first.
        """
        self.core.check_idle()
        return self.core.details_in(self.instrument)

    cdef uint32_t side_number(self, object side) except? 0xFFFFFFFF:
        return 2 * self.instrument + (member_with(_schema.Side, side, "side") == _schema.SELL)

    def order(self, order_id):
        """The live order of this id as it stands, an `Order`, or None."""
        return self.core.order(order_id) if order_id in self else None

    def detail(self, order_id):
        """What a live order is beyond that, an `OrderDetail`, or None where there is nothing."""
        return self.core.detail(order_id) if order_id in self else None

    def queue_position(self, order_id):
        """What stands in front of a resting order at its price, a `QueuePosition`, or None."""
        return self.core.queue_position(order_id) if order_id in self else None

    def order_count(self, side=None):
        """How many orders rest, or how many on one side."""
        self.core.check_idle()
        cdef uint32_t bids = 2 * self.instrument
        if side is None:
            return self.core.engine.resting_count(bids) + self.core.engine.resting_count(bids + 1)
        return self.core.engine.resting_count(self.side_number(side))

    def last_trade(self):
        """Price in ticks and quantity in lots of the last trade, or None before the first."""
        self.core.check_idle()
        cdef const Market* market = &self.core.engine.market(self.instrument)
        return None if market.last_quantity == 0 else (market.last_price, market.last_quantity)

    def state_hash(self):
        """SHA-256 of the logical state of the engine; see `Core.state_hash`."""
        return self.core.state_hash()

    def check_invariants(self):
        """Raise `InvariantError` when the state contradicts itself."""
        self.core.check_invariants()

    def __len__(self):
        return self.order_count() + self.core.engine.waiting_count(self.instrument)

    def __contains__(self, order_id):
        return self.core.instrument_of(order_id) == self.instrument

    def __reduce__(self):
        raise TypeError("a book can't be pickled")

    def __str__(self):
        return text_ladder(self.depth())

    def _repr_html_(self):
        return html_ladder(self.depth())

    def __repr__(self):
        try:
            bids, asks = self.depth(1)
            orders = len(self)
        except EngineBusyError:
            return "OrderBook(busy)"
        bid = f"{bids['quantity'][0]} @ {bids['price'][0]}" if len(bids) else "none"
        ask = f"{asks['quantity'][0]} @ {asks['price'][0]}" if len(asks) else "none"
        return f"OrderBook(bid={bid}, ask={ask}, orders={orders})"


# -- bugs, for the test of the tests

def plant(str name):
    """Switch on a planted bug by name, or none for "". Only in a build with ENGINE_PLANTED_BUGS."""
    if not plant_by_name(name.encode()):
        raise EngineError(f"no bug named {name!r} is planted in this build")
