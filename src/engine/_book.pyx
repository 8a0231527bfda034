# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""`OrderBook`, the integer face of one instrument, in ticks and lots.

A call fills one command record and applies it.
"""

cimport cython
cimport numpy as cnp
from cpython.long cimport PyLong_Check
from libc.stdint cimport uint16_t
from libcpp.vector cimport vector

from engine._accounts cimport number_of
from engine._arrays cimport new_array
from engine._checks cimport member_with, refuse_member
from engine._core cimport Core
from engine._native cimport *
from engine._order_arrays cimport details_in, orders_array, orders_of, waiting_in
from engine._numbers cimport as_int64, as_uint64, within
from engine._report cimport ExecutionReport

from engine import _schema
from engine._members import check_named
from engine._uncrossing import Uncrossing
from engine._core import HIGHEST, LOWEST, MAX_CASCADE, MAX_ORDERS, set_book_maker
from engine.errors import EngineBusyError
from engine.ladder import html_ladder, text_ladder
from engine.records import BookCounters, Depth

cnp.import_array()

cdef cnp.dtype LEVEL = _schema.LEVEL_DTYPE


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


cdef inline int8_t read_side(object side) except? -128:
    # True and False are integers in Python, and no sides.
    if side is True or side is False or not (PyLong_Check(side) or hasattr(side, "__index__")):
        refuse_member(_schema.Side, side, "side")
    return <int8_t>within(side, "side", -128, 127)


cdef int read_tail(
    cCommand* asked, object self_trade_mode, object self_trade_group, object trigger_source
) except -1:
    asked.self_trade_group = <uint32_t>within(self_trade_group, "self_trade_group", 0, 0xFFFFFFFF)
    cdef uint8_t mode = <uint8_t>within(self_trade_mode, "self_trade_mode", 0, 255)
    cdef uint8_t source = <uint8_t>within(trigger_source, "trigger_source", 0, 255)
    set_tail(asked[0], mode, source, 0)
    return 0


# Whether the book that is being made is of an engine that is there: to make one and to drop it
# takes longer than all else of a book.
cdef bint is_shared = False


@cython.final
cdef class OrderBook:
    """One book in ticks and lots: the integer face of an instrument.

    Made on its own it is an engine of one instrument, whose number is 0; `Engine.book` gives the
    book of an instrument of a venue. The account is a label. A book is True, with and without
    orders; `len(book)` is how many rest or wait.

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
    """The engine that the book belongs to, of shards the one that its instrument is in."""
    cdef readonly uint32_t instrument
    """The instrument's number in it."""
    cdef object __weakref__

    def __cinit__(self, *places, max_orders=MAX_ORDERS, max_cascade=MAX_CASCADE, **terms):
        if is_shared:
            return
        check_named("OrderBook", places, "OrderBook(max_price=1000)")
        self.core = Core(max_orders=max_orders, max_cascade=max_cascade)
        self.instrument = self.core.add_instrument(**terms)

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
        linked_order_id=0,
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
        linked_order_id : int
            The order that it is linked with, by ONE_CANCELS_OTHER or ONE_TRIGGERS_OTHER.
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
        cdef int8_t to_side = read_side(side)
        cdef uint8_t of_type = <uint8_t>within(order_type, "order_type", 0, 255)
        cdef uint8_t in_force = <uint8_t>within(time_in_force, "time_in_force", 0, 255)
        cdef uint32_t bits = <uint32_t>within(flags, "flags", 0, 0xFFFFFFFF)
        cdef uint64_t name = as_uint64(client_order_id, "client_order_id")
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        cdef cCommand asked
        cdef bint is_plain = (
            trigger_price is 0 and trigger_source is 0 and display_quantity is 0
            and minimum_quantity is 0 and expiry is 0 and offset is 0 and bound is 0
            and linked_order_id is 0 and self_trade_mode is 0 and self_trade_group is 0
        )
        if not is_plain:
            clear_second_half(asked)
            asked.trigger_price = as_int64(trigger_price, "trigger_price")
            asked.display_quantity = as_int64(display_quantity, "display_quantity")
            asked.minimum_quantity = as_int64(minimum_quantity, "minimum_quantity")
            asked.expiry = as_uint64(expiry, "expiry")
            asked.offset = as_int64(offset, "offset")
            asked.bound = as_int64(bound, "bound")
            asked.linked_order_id = as_uint64(linked_order_id, "linked_order_id")
            read_tail(&asked, self_trade_mode, self_trade_group, trigger_source)
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

        Parameters
        ----------
        order_id : int
            Of a live order.
        account : int
            Whose order it is: with accounts, no other may.
        command_id : int
            Copied into the reports.
        timestamp : int
            Nanoseconds.
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

        Parameters
        ----------
        order_id : int
            Of a live order.
        price : int
            Ticks: the new limit.
        quantity : int
            Lots: what is to be open from now on.
        account : int
            Whose order it is: with accounts, no other may.
        command_id : int
            Copied into the reports.
        timestamp : int
            Nanoseconds.
        trigger_price : int
            Ticks; 0 to leave it as it is.
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
        """Take lots off a resting order, which keeps its place; all of them or more cancels it.

        Parameters
        ----------
        order_id : int
            Of a live order.
        quantity : int
            Lots to take off.
        account : int
            Whose order it is: with accounts, no other may.
        command_id : int
            Copied into the reports.
        timestamp : int
            Nanoseconds.
        """
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
            LAST, MARK or INDEX; REFERENCE of auctions; BID or OFFER elsewhere, which pegged orders
            of a dark instrument follow.
        price : int
            Ticks.
        account, command_id : int
            Copied into the reports.
        timestamp : int
            Nanoseconds.

        Returns
        -------
        ExecutionReport
            With `exec_type` DONE; its `reports` have what was triggered, and what moved.
        """
        cdef int64_t ticks = as_int64(price, "price")
        cdef cCommand asked
        clear_second_half(asked)
        set_tail(asked, 0, <uint8_t>within(source, "source", 0, 255), 0)
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        self.begin(SET_PRICE, 0, &origin).price = ticks
        return self.core.apply_general(&asked)

    def set_phase(self, phase, *, account=0, command_id=0, timestamp=0):
        """Bring the instrument into a phase; a call that ends ends with its auction.

        Going over to CONTINUOUS or CLOSED holds an auction of what was collected. At the close the
        orders for the day expire.

        Parameters
        ----------
        phase : Phase
        account, command_id : int
            Copied into the reports.
        timestamp : int
            Nanoseconds.

        Returns
        -------
        ExecutionReport
            With `exec_type` DONE; its `reports` have what traded, ended and was triggered.
        """
        cdef cCommand asked
        clear_second_half(asked)
        set_tail(asked, 0, 0, <uint16_t>within(phase, "phase", 0, 0xFFFF))
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        self.begin(SET_PHASE, 0, &origin)
        return self.core.apply_general(&asked)

    def uncross(self, *, account=0, command_id=0, timestamp=0):
        """Hold the auction of a call, which goes on.

        Parameters
        ----------
        account, command_id : int
            Copied into the reports.
        timestamp : int
            Nanoseconds.

        Returns
        -------
        ExecutionReport
            With `exec_type` DONE, the lots that traded in `last_quantity` and their price in
            `last_price`; its `reports` have the trades.
        """
        cdef cCommand asked
        clear_second_half(asked)
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        self.begin(UNCROSS, 0, &origin)
        return self.core.apply_general(&asked)

    def set_position(self, account, quantity, *, command_id=0, timestamp=0):
        """Tell the engine an account's position in the instrument.

        From then on the account's trades move it, and its reduce-only orders are held against it.

        Parameters
        ----------
        account : int
            Whose position.
        quantity : int
            Lots, below 0 for a short position.
        command_id : int
            Copied into the reports.
        timestamp : int
            Nanoseconds.

        Returns
        -------
        ExecutionReport
            With `exec_type` DONE and the position in `last_quantity`; its `reports` have the orders
            that became smaller or were canceled.
        """
        cdef int64_t lots = as_int64(quantity, "quantity")
        cdef cCommand asked
        clear_second_half(asked)
        cdef Origin origin
        read_origin(&origin, account, command_id, timestamp)
        self.begin(SET_POSITION, 0, &origin).quantity = lots
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
            if not isinstance(prices, (tuple, list)) or len(prices) != 2:
                raise TypeError(f"prices was {prices!r}, must be the lowest and the highest")
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

    cdef inline cCommand* begin(
        self, CommandKind kind, uint64_t order_id, const Origin* origin
    ) except NULL:
        self.core.check_idle()  # the journal reads the scratch command without the lock
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

    def match(self, commands, *, detail="all", out=None):
        """Apply a batch of commands to the engine of this book; see `Core.match`.

        Each command names its instrument, 0 for a book made on its own.

        Parameters
        ----------
        commands : ndarray of COMMAND_DTYPE, shape (n,)
            What is applied.
        detail : {"all", "trades"}
            Every report, or the trades alone.
        out : ndarray of REPORT_DTYPE or TRADE_DTYPE, optional
            Where to write.
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
        cdef int64_t ticks = 0 if price is None else as_int64(price, "price")
        self.core.check_idle()
        if price is None:
            return orders_of(self.core.engine, number)
        self.core.engine.orders_at(number, ticks, &numbers)
        return orders_array(self.core.engine, numbers)

    def waiting(self):
        """The orders that wait outside the book for a price, oldest first.

        Returns
        -------
        ndarray of ORDER_DTYPE
        """
        self.core.check_idle()
        return waiting_in(self.core.engine, self.instrument)

    def details(self):
        """What live orders are beyond `orders` and `waiting`, of those that ask for more.

        Returns
        -------
        ndarray of DETAIL_DTYPE
            Oldest first.
        """
        self.core.check_idle()
        return details_in(self.core.engine, self.instrument)

    cdef uint32_t side_number(self, object side) except? 0xFFFFFFFF:
        return 2 * self.instrument + (member_with(_schema.Side, side, "side") == _schema.SELL)

    def order(self, order_id):
        """The live order of this id as it stands, an `Order`, or None.

        Parameters
        ----------
        order_id : int
            Of an order; of none that lives the answer is None.
        """
        return self.core.order(order_id) if order_id in self else None

    def detail(self, order_id):
        """What a live order is beyond that, an `OrderDetail`, or None where there is nothing.

        Parameters
        ----------
        order_id : int
            Of an order; of none that lives the answer is None.
        """
        return self.core.detail(order_id) if order_id in self else None

    def queue_position(self, order_id):
        """What stands in front of a resting order at its price, a `QueuePosition`, or None.

        Parameters
        ----------
        order_id : int
            Of an order; of none that lives the answer is None.
        """
        return self.core.queue_position(order_id) if order_id in self else None

    def order_count(self, side=None):
        """How many orders rest, or how many on one side.

        Parameters
        ----------
        side : Side, optional
            BUY or SELL; both without it.
        """
        cdef uint32_t bids = 2 * self.instrument
        cdef uint32_t number = bids if side is None else self.side_number(side)
        self.core.check_idle()
        if side is None:
            return self.core.engine.resting_count(bids) + self.core.engine.resting_count(bids + 1)
        return self.core.engine.resting_count(number)

    @property
    def phase(self):
        """What the instrument is doing, a `Phase`."""
        self.core.check_idle()
        return _schema.Phase(<int>self.core.engine.phase(self.instrument))

    def indicative(self):
        """What an auction would come to now, an `Uncrossing`, or None when nothing would trade.

        Costs a step for each order.
        """
        cdef cUncrossing found
        self.core.check_idle()
        if not self.core.engine.uncrossing(self.instrument, &found):
            return None
        return Uncrossing(found.price, found.volume, found.surplus, found.lowest, found.highest)

    def top_order(self, side):
        """The id of a side's top order, which takes a part before a level is shared, or None.

        Parameters
        ----------
        side : Side
            BUY or SELL.
        """
        cdef uint32_t number = self.side_number(side)
        self.core.check_idle()
        return self.core.engine.top_order(number) or None

    def price_band(self):
        """The lowest and highest price at which continuous trading trades now, in ticks, or None.

        None where no band binds it. Where the first is above the second, it trades nowhere.
        """
        self.core.check_idle()
        cdef PriceBand band = self.core.engine.price_band(self.instrument)
        return None if band == PriceBand() else (band.lowest, band.highest)

    def last_trade(self):
        """Price in ticks and quantity in lots of the last trade, or None before the first."""
        self.core.check_idle()
        cdef const Market* market = &self.core.engine.market(self.instrument)
        return None if market.last_quantity == 0 else (market.last_price, market.last_quantity)

    def counters(self):
        """What the instrument has done since it was added, `BookCounters`."""
        self.core.check_idle()
        cdef const Market* market = &self.core.engine.market(self.instrument)
        return BookCounters(market.orders, market.trades, number_of(market.traded_lots()))

    def position(self, account):
        """An account's position, lots below 0 when short, or None while none was supplied.

        Parameters
        ----------
        account : int
            Whose.
        """
        cdef uint32_t number = <uint32_t>within(account, "account", 0, 0xFFFFFFFF)
        cdef int64_t lots = 0
        self.core.check_idle()
        return lots if self.core.engine.position(self.instrument, number, &lots) else None

    def state_hash(self):
        """SHA-256 of the logical state of the engine; see `Core.state_hash`."""
        return self.core.state_hash()

    def check_invariants(self):
        """Raise `InvariantError` when the state contradicts itself."""
        self.core.check_invariants()

    def __bool__(self):
        return True

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


def book_of(Core core not None, uint32_t instrument):
    """The face of one instrument of an engine."""
    global is_shared
    cdef OrderBook book
    is_shared = True
    try:
        book = OrderBook.__new__(OrderBook)
    finally:
        is_shared = False
    book.instrument = instrument
    book.core = core if core.owner is None else core.owner.core_for(book)
    return book


def place_books(list books, Core core not None):
    """Let books, whose instruments have moved, ask another core."""
    cdef OrderBook book
    for book in books:
        book.core = core


set_book_maker(book_of)
