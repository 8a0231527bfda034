# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""`Core`, the compiled engine over many instruments, in ticks and lots.

`match` applies an array of commands with the interpreter lock released. One thread at a time: a
call made while a batch runs on another thread raises.
"""

cimport cython
cimport numpy as cnp
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.string cimport memcpy, memset

from engine._account_questions cimport AccountQuestions
from engine._accounts cimport number_of, read_contract
from engine._arrays cimport check_array, check_out, owning_array
from engine._checks cimport member_with, refuse_batch
from engine._journal cimport Writer
from engine._native cimport *
from engine._numbers cimport as_int64, as_uint64, within
from engine._order_arrays cimport detail_of, order_of, state_parts
from engine._report cimport ExecutionReport, make_report

import hashlib
import sys
from collections import Counter

import numpy as np

from engine import _schema
from engine._members import members_by_value
from engine._shown import shown
from engine.errors import CommandError, EngineBusyError, EngineError, ImageError, InvariantError
from engine.records import Counters, QueuePosition

cnp.import_array()

Py_INCREF(InvariantError)
set_invariant_error(<PyObject*>InvariantError)

# Calls exclude each other by the interpreter lock. An interpreter that can do without takes it back
# to load this module, unless it was told not to.
if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise ImportError("engine needs the interpreter lock: run without PYTHON_GIL=0 and -X gil=0")

cdef cnp.dtype COMMAND = _schema.COMMAND_DTYPE
cdef cnp.dtype REPORT = _schema.REPORT_DTYPE
cdef cnp.dtype TRADE = _schema.TRADE_DTYPE
cdef cnp.dtype BYTE = np.dtype("u1")

cdef enum:
    REPORTS_ROOM = 64  # of a single call, at first
    REPORTS_KEPT = 4096  # a call that makes more gives its memory back

MAX_ORDERS = ORDERS_MAX
MAX_CASCADE = CASCADE_MAX
MAX_RESENDS = RESENDS_MAX
LOWEST = -(2**63)
HIGHEST = 2**63 - 1


# What makes the face of one instrument: its module, which imports this one, says so.
cdef object make_book = None


def set_book_maker(maker):
    """Name the function of an engine and an instrument that `Core.book` calls."""
    global make_book
    make_book = maker


cdef int refuse_sharing(const MarketRules& rules) except -1:
    """Refuse what says how to share pro rata, of an instrument whose allocation is another."""
    for name, lots in (
        ("pro_rata_minimum", rules.pro_rata_minimum),
        ("top_order_minimum", rules.top_order_minimum),
        ("top_order_maximum", rules.top_order_maximum),
    ):
        if lots != 0:
            raise EngineError(f"{name} was {lots}, without PRO_RATA")


cdef list KINDS = members_by_value(_schema.CommandKind)
cdef list EXEC_TYPES = members_by_value(_schema.ExecType)
cdef list REASONS = members_by_value(_schema.RejectReason)


cdef object counted(list members, const uint64_t* counts):
    """By member what is counted at its value, a `Counter`; nothing for 0."""
    cdef size_t place
    counter = Counter()
    for place in range(len(members)):
        if counts[place] != 0:
            counter[members[place]] = counts[place]
    return counter


cdef int check_applied(const CommandBatch& batch, size_t applied) except -1:
    """Say that a batch was not applied to its end."""
    if applied != batch.count:
        told = f"the first {applied} were, and one of the others could not be read any more"
        raise CommandError(f"commands were written to while they were applied: {told}")


# -- the engine

@cython.final
cdef class Core(AccountQuestions):
    """Many books under one stream of commands, one time and one set of counters.

    The integer engine beneath `Engine` and `OrderBook`. Instruments are numbers, from 0. It is
    True, with and without orders; `len(core)` is how many are live. While a batch runs on another
    thread every call raises `EngineBusyError`.

    Parameters
    ----------
    max_orders : int
        How many orders may rest or wait at once, over all instruments. An order that might
        is refused with TOO_MANY_ORDERS beyond it.
    max_cascade : int
        How many orders one command may set off; what would enter beyond it is canceled.
    accounts : bool
        Whether balances and positions are kept: then every instrument has a contract.
    resend_window : int
        How many reports are kept for commands that are sent again: a command whose account sent its
        `command_id` before is told the same, and changes nothing. 0 for none.
    first_order_id : int
        Where the ids begin that are assigned, 1 to 2**64 - 1.
    """

    # The engine is made by what it inherits from.
    def __cinit__(self, *places, **parameters):
        memset(<void*>&self.scratch, 0, sizeof(cCommand))
        self.buffer.reserve(REPORTS_ROOM)

    cdef int check_instrument(self, uint32_t instrument) except -1:
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
        auction_rule=_schema.AuctionRule.CLOSEST,
        auction_prices=_schema.AuctionPrices.EVERY_TICK,
        allocation=_schema.Allocation.PRICE_TIME,
        pro_rata_minimum=0,
        top_order_minimum=0,
        top_order_maximum=0,
        static_band=0,
        dynamic_band=0,
        band_action=_schema.BandAction.REJECT,
        reduce_only_rule=_schema.ReduceOnlyRule.SHRINK,
        visibility=_schema.Visibility.LIT,
        contract=None,
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
        auction_rule : AuctionRule
            How an auction chooses among the prices at which most lots trade.
        auction_prices : AuctionPrices
            Which prices it may choose.
        allocation : Allocation
            How an incoming quantity is shared among the orders at one price.
        pro_rata_minimum : int
            Lots; pro rata, a smaller share is none.
        top_order_minimum, top_order_maximum : int
            Lots: pro rata, how much the top order gets first, if it is no smaller than the minimum;
            0 for no top order.
        static_band, dynamic_band : int
            Millionths of the reference and of the last price, within which orders trade; 0 for no
            band.
        band_action : BandAction
            What happens where an order would trade outside.
        reduce_only_rule : ReduceOnlyRule
            What becomes of reduce-only orders that are more than the position.
        visibility : Visibility
            Whether the market shows what rests in it.
        contract : mapping of str to int, with accounts
            What trades are worth and cost, by name: `kind`, `base`, `settle`, `lot_units`,
            `value_factor`, `maker_rate`, `taker_rate`, `initial_rate` and `maintenance_rate`
            (billionths), `value_rounding`, `fee_rounding`.

        Returns
        -------
        int

        Raises
        ------
        CommandError
            An enumeration does not have a value.
        OverflowError, TypeError
            A number is no integer of its field's range.
        EngineError, ValueError
            Terms that contradict each other, or a contract for an engine without accounts, or none
            for one with them.
        """
        cdef Contract worth
        cdef InstrumentTerms terms
        cdef MarketRules rules
        terms.min_price = as_int64(min_price, "min_price")
        terms.max_price = within(max_price, "max_price", terms.min_price, HIGHEST)
        terms.min_quantity = within(min_quantity, "min_quantity", 1, HIGHEST)
        terms.max_quantity = within(max_quantity, "max_quantity", terms.min_quantity, HIGHEST)
        priority = member_with(_schema.ReplacePriority, replace_priority, "replace_priority")
        terms.replace_priority = <ReplacePriority><int>priority
        released = member_with(_schema.TriggerOrder, trigger_order, "trigger_order")
        terms.trigger_order = <TriggerOrder><int>released
        rule = member_with(_schema.AuctionRule, auction_rule, "auction_rule")
        terms.auction_rule = <AuctionRule><int>rule
        prices = member_with(_schema.AuctionPrices, auction_prices, "auction_prices")
        terms.auction_prices = <AuctionPrices><int>prices
        shared = member_with(_schema.Allocation, allocation, "allocation")
        rules.allocation = <Allocation><int>shared
        rules.pro_rata_minimum = within(pro_rata_minimum, "pro_rata_minimum", 0, HIGHEST)
        rules.top_order_minimum = within(top_order_minimum, "top_order_minimum", 0, HIGHEST)
        rules.top_order_maximum = within(
            top_order_maximum, "top_order_maximum", rules.top_order_minimum, HIGHEST
        )
        if shared != _schema.Allocation.PRO_RATA:
            refuse_sharing(rules)
        rules.static_band = within(static_band, "static_band", 0, BAND_MAX)
        rules.dynamic_band = within(dynamic_band, "dynamic_band", 0, BAND_MAX)
        action = member_with(_schema.BandAction, band_action, "band_action")
        rules.band_action = <BandAction><int>action
        reducing = member_with(_schema.ReduceOnlyRule, reduce_only_rule, "reduce_only_rule")
        rules.reduce_only_rule = <ReduceOnlyRule><int>reducing
        seen = member_with(_schema.Visibility, visibility, "visibility")
        rules.visibility = <Visibility><int>seen
        if self.engine.accounts().is_kept() != (contract is not None):
            raise ValueError(
                "contract was given to an engine without accounts"
                if contract is not None
                else "contract was not given, to an engine with accounts"
            )
        if contract is None:
            self.check_idle()
            return self.engine.add_instrument(terms, rules)
        read_contract(contract, terms, self.engine.accounts().currency_count(), &worth)
        self.check_idle()
        return self.engine.add_instrument(terms, rules, worth)

    def add_currency(self):
        """Add a currency and return its number; the first is 0.

        Returns
        -------
        int

        Raises
        ------
        ValueError
            The engine keeps no accounts.
        """
        self.check_idle()
        if not self.engine.accounts().is_kept():
            raise ValueError("the engine keeps no accounts: Core(accounts=True) does")
        return self.engine.add_currency()

    def reserve(self, orders):
        """Make room for so many more resting orders, so that nothing grows before they rest.

        Parameters
        ----------
        orders : int
            How many.

        Raises
        ------
        MemoryError
            There is no such room.
        OverflowError, TypeError
            It is no integer from 0 to `MAX_ORDERS`.
        """
        cdef size_t room = within(orders, "orders", 0, ORDERS_MAX)
        self.check_idle()
        self.engine.reserve(room)

    def book(self, instrument):
        """The integer face of one instrument, which shares this engine.

        Parameters
        ----------
        instrument : int
            Its number.

        Returns
        -------
        OrderBook

        Raises
        ------
        EngineError
            So many instruments were not added.
        OverflowError, TypeError
            The number is no integer of 32 bits without a sign.
        """
        cdef uint32_t number = within(instrument, "instrument", 0, 2**32 - 1)
        self.check_instrument(number)
        return make_book(self, number)

    @property
    def instrument_count(self):
        """How many instruments were added."""
        return self.engine.instrument_count()

    # Commands.

    cdef ExecutionReport apply(self):
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

    cdef ExecutionReport apply_batch(self, const CommandBatch& batch):
        self.check_idle()
        if self.journal is not None:
            self.write_ahead(batch)
        self.buffer.clear()
        if self.owner is None:
            self.engine.match(batch, self.buffer)
        else:
            self.shards.match(batch, self.buffer)
        cdef ExecutionReport report = make_report(self.buffer.data(), self.buffer.size(), None)
        if self.journal is not None:
            self.keep(batch)
        if self.buffer.size() > REPORTS_KEPT:
            self.empty_buffer()
        return report

    cdef int write_ahead(self, const CommandBatch& batch) except -1:
        """Append commands to the journal, or raise and apply none of them."""
        if not planted(APPLIED_BEFORE_APPENDED):
            self.append(batch)

    cdef int append(self, const CommandBatch& batch) except -1:
        cdef Writer* writer = self.journal.open_writer()
        if self.holder != 0:
            raise EngineBusyError("the engine is held: something is being added, or saved")
        self.is_busy = True
        try:
            with nogil:
                writer.append(batch.commands, batch.count)
        finally:
            self.is_busy = False

    cdef int keep(self, const CommandBatch& batch) except -1:
        """Take a snapshot behind commands, if one is due."""
        if planted(APPLIED_BEFORE_APPENDED):
            self.append(batch)
        if self.keeper.is_due():
            self.keeper.take_due()

    cdef int empty_buffer(self) except -1:
        """Go back to a small buffer of reports, after a call that swept much of a book."""
        self.buffer.borrow(NULL, 0)
        self.buffer.reserve(REPORTS_ROOM)

    cdef int check_scratch(self) except -1:
        """Refuse enumerations in the scratch command that came from outside."""
        return refuse_batch(check_commands(&self.scratch, 1), True)

    def match(self, commands, *, detail="all", out=None):
        """Apply a batch of commands, with the interpreter lock released.

        Parameters
        ----------
        commands : ndarray of COMMAND_DTYPE, shape (n,)
            All are read before the first is applied. No other thread should write to them: what
            is applied then is of neither.
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
            the message names the index and nothing was applied. For a value that another thread
            wrote in the meantime it tells how many were applied.
        """
        if self.owner is not None:
            return self.owner.match(commands, detail=detail, out=out)
        check_array(commands, COMMAND, "commands", "COMMAND_DTYPE")
        self.check_idle()  # the copies are those of a batch that runs
        cdef CommandBatch batch = check_copied(
            <const cCommand*>cnp.PyArray_DATA(commands),
            cnp.PyArray_SIZE(commands),
            self.journal is not None,
            self.copies,
        )
        refuse_batch(batch, False)
        if detail == "all":
            return self.match_reports(batch, commands, out)
        if detail == "trades":
            return self.match_trades(batch, commands, out)
        raise CommandError(f"detail was {shown(detail)}, not 'all' or 'trades'")

    cdef object match_reports(self, const CommandBatch& batch, object commands, object out):
        if out is not None:
            check_out(out, REPORT, "REPORT_DTYPE", commands)
        self.check_idle()  # from here on no other thread comes in before the batch is done
        if out is None:
            self.reports.borrow(NULL, 0)
            self.reports.reserve(batch.count + batch.count // 4 + 16)
        else:
            self.reports.borrow(<cReport*>cnp.PyArray_DATA(out), cnp.PyArray_SIZE(out))
        if self.journal is not None:
            self.write_ahead(batch)
        cdef size_t applied
        self.is_busy = True
        try:
            with nogil:
                applied = match_copies(self.engine[0], batch, self.copies, self.reports)
        finally:
            self.is_busy = False
        check_applied(batch, applied)
        cdef size_t written = self.reports.size()
        cdef object found = None  # taken before another thread can come in
        if self.reports.is_owner():
            found = owning_array(REPORT, written, self.reports.release())
        if self.journal is not None:
            self.keep(batch)
        return out[:written] if found is None else found

    cdef object match_trades(self, const CommandBatch& batch, object commands, object out):
        if out is not None:
            check_out(out, TRADE, "TRADE_DTYPE", commands)
        self.check_idle()  # from here on no other thread comes in before the batch is done
        if out is None:
            self.trades.borrow(NULL, 0)
            self.trades.reserve(batch.count // 4 + 16)
        else:
            self.trades.borrow(<cTrade*>cnp.PyArray_DATA(out), cnp.PyArray_SIZE(out))
        if self.journal is not None:
            self.write_ahead(batch)
        cdef size_t applied
        self.is_busy = True
        try:
            with nogil:
                applied = match_copies(self.engine[0], batch, self.copies, self.trades)
        finally:
            self.is_busy = False
        check_applied(batch, applied)
        cdef size_t written = self.trades.size()
        cdef object found = None  # taken before another thread can come in
        if self.trades.is_owner():
            found = owning_array(TRADE, written, self.trades.release())
        if self.journal is not None:
            self.keep(batch)
        return out[:written] if found is None else found

    # Questions.

    def instrument_of(self, order_id):
        """The number of the instrument that a live order is of.

        Parameters
        ----------
        order_id : int
            Of the order.

        Returns
        -------
        int or None
            None where no live order has the id.

        Raises
        ------
        OverflowError, TypeError
            The id is no integer of 64 bits without a sign.
        """
        cdef uint32_t node = self.find(order_id)
        return None if node == 0 else self.engine.books().side_of_order(node) // 2

    def detail(self, order_id):
        """What a live order is beyond an `Order`.

        Parameters
        ----------
        order_id : int
            Of the order.

        Returns
        -------
        OrderDetail or None
            None also of an order that asks for no more than a limit or market order does.

        Raises
        ------
        OverflowError, TypeError
            The id is no integer of 64 bits without a sign.
        """
        cdef uint32_t node = self.find(order_id)
        if node == 0 or not self.engine.has_details(node):
            return None
        return detail_of(self.engine, node)

    def order(self, order_id):
        """The live order of this id as it stands.

        Parameters
        ----------
        order_id : int
            Of the order.

        Returns
        -------
        Order or None
            None where no live order has the id.

        Raises
        ------
        OverflowError, TypeError
            The id is no integer of 64 bits without a sign.
        """
        cdef uint32_t node = self.find(order_id)
        if node == 0:
            return None
        return order_of(self.engine, node)

    def queue_position(self, order_id):
        """What stands in front of a resting order at its price.

        Counts of an iceberg what it shows. Costs a step for each order in front.

        Parameters
        ----------
        order_id : int
            Of the order.

        Returns
        -------
        QueuePosition or None
            None where no order of the id rests.

        Raises
        ------
        OverflowError, TypeError
            The id is no integer of 64 bits without a sign.
        """
        cdef uint32_t node = self.find(order_id)
        cdef uint64_t orders = 0
        cdef int64_t lots = 0
        if node == 0 or not self.engine.queue_ahead(node, &orders, &lots):
            return None
        return QueuePosition(orders, lots)

    cdef uint32_t find(self, object order_id) except? 0xFFFFFFFF:
        cdef uint64_t number = as_uint64(order_id, "order_id")
        self.check_idle()
        return self.engine.books().find(number)

    def state_hash(self):
        """SHA-256, in hex, over the logical state: books, what waits, and the next order id.

        For each instrument by number: the number (u32), the count of orders that rest (u64), its
        bids and its asks, best price first and as they trade, as `ORDER_DTYPE`; the count of orders
        that wait (u64) and those, by age; the count of orders with details (u64) and those, by age,
        as `details_for_hash` has them; the phase (u8); for last, mark, index and reference price,
        bid and offer whether it is known (u8) and the price (i64); the ids of the top orders of
        bids and asks, 0 for none (u64 each); the count of positions that were supplied (u64) and
        those, by account: account (u32) and lots (i64). At the end the next order id (u64).
        Little-endian. A refused command leaves it as it was.

        Returns
        -------
        str
        """
        self.check_idle()
        digest = hashlib.sha256()
        for part in state_parts(self.engine):
            digest.update(part)
        return digest.hexdigest()

    def save(self):
        """What the engine is, as bytes: its image.

        All of it but what it was made with: parameters, currencies and instruments. Two engines
        that were given the same commands have the same image, also where one of them was loaded
        meanwhile. The format is documented in docs/image-format.md.

        Returns
        -------
        ndarray of uint8, shape (n,)
        """
        self.check_idle()
        cdef Packer packer
        cdef bint was_held = self.is_busy
        self.is_busy = True
        try:
            with nogil:
                self.engine.save(packer)
        finally:
            self.is_busy = was_held
        cdef size_t size = packer.size()
        return owning_array(BYTE, size, packer.release())

    def load(self, const uint8_t[::1] image):
        """Become the engine that an image was saved of.

        Parameters
        ----------
        image : bytes or a contiguous array of uint8
            Of an engine with the same currencies and instruments.

        Raises
        ------
        EngineError
            The engine has had commands already.
        ImageError
            The image can't be one of such an engine: the message names the byte. The engine
            refuses every command from then on.
        """
        self.check_idle()
        if self.engine.counters().reports != 0 or self.engine.accounts().count() != 0:
            raise EngineError("the engine has had commands, must be new to load an image")
        cdef size_t size = image.shape[0]
        cdef const uint8_t* bytes = &image[0] if size != 0 else NULL
        cdef size_t read = 0
        cdef bint is_whole
        self.is_busy = True
        try:
            with nogil:
                is_whole = load_image(self.engine[0], bytes, size, &read)
        finally:
            self.is_busy = False
        if not is_whole:
            raise ImageError(f"image had what can't be at byte {read} of {size}")

    def image_hash(self):
        """SHA-256, in hex, over the image: the logical state, and times, numbers and counts.

        Returns
        -------
        str
        """
        return hashlib.sha256(self.save()).hexdigest()

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
    def next_order_id(self):
        """Where the search begins for the id of an order that brings none: at no lower number."""
        self.check_idle()
        return self.engine.counters().next_order_id

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

    def counters(self):
        """What the engine has done since it began; `OrderBook` has what one book has.

        They are no part of the state: the state hash does not cover them. Costs a step for each
        instrument.

        Returns
        -------
        Counters
        """
        self.check_idle()
        cdef Totals totals = self.engine.totals()
        return Counters(
            counted(KINDS, totals.commands.data()),
            counted(EXEC_TYPES, totals.reports.data()),
            counted(REASONS, totals.rejects.data()),
            totals.trades,
            number_of(totals.lots),
        )

    @property
    def memory_bytes(self):
        """Bytes in use by orders, levels and indexes, freed ones that wait for reuse counted."""
        self.check_idle()
        return self.engine.memory_bytes()

    def __bool__(self):
        return True

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
