# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""`OrderBook`, the integer face of one instrument, in ticks and lots.

A call fills one command record and applies it.
"""

cimport cython
from cpython.long cimport PyLong_Check
from libc.stdint cimport uint16_t

from engine._book_questions cimport BookQuestions, set_shared
from engine._checks cimport member_with, refuse_member
from engine._core cimport Core
from engine._native cimport *
from engine._numbers cimport as_int64, as_uint64, within
from engine._report cimport ExecutionReport

from engine import _schema
from engine._core import HIGHEST, LOWEST, MAX_CASCADE, MAX_ORDERS, set_book_maker
from engine._shown import shown


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


@cython.final
cdef class OrderBook(BookQuestions):
    """One book in ticks and lots: the integer face of an instrument.

    Made on its own it is an engine of one instrument, whose number is 0; `Engine.book` gives the
    book of an instrument of a venue. The account is a label. A book is True, with and without
    orders; `len(book)` is how many rest or wait. While a batch runs on another thread every call
    raises `EngineBusyError`.

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

        Returns
        -------
        ExecutionReport
            A refused command is told by one too; see its `reject_reason`.

        Raises
        ------
        OverflowError, TypeError
            For what is not an integer of the field's size.
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

        Returns
        -------
        ExecutionReport
            A refused command is told by one too; see its `reject_reason`.

        Raises
        ------
        OverflowError, TypeError
            For what is not an integer of the field's size.
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

        Returns
        -------
        ExecutionReport
            A refused command is told by one too; see its `reject_reason`.

        Raises
        ------
        OverflowError, TypeError
            For what is not an integer of the field's size.
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

        Raises
        ------
        CommandError
            There is no such source.
        OverflowError, TypeError
            For what is not an integer of the field's size.
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

        Raises
        ------
        CommandError
            There is no such phase.
        OverflowError, TypeError
            For what is not an integer of the field's size.
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

        Raises
        ------
        OverflowError, TypeError
            For what is not an integer of the field's size.
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

        Raises
        ------
        OverflowError, TypeError
            For what is not an integer of the field's size.
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

        Raises
        ------
        CommandError
            There is no such side.
        OverflowError, TypeError
            For what is not an integer of the field's size.
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
                raise TypeError(f"prices was {shown(prices)}, must be the lowest and the highest")
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
        out : ndarray of REPORT_DTYPE or TRADE_DTYPE, shape (m,), optional
            Where to write.

        Returns
        -------
        ndarray of REPORT_DTYPE, or of TRADE_DTYPE
            As `Core.match` gives it.

        Raises
        ------
        CommandError
            The commands can't be read, and none was applied; as `Core.match`.
        """
        return self.core.match(commands, detail=detail, out=out)

    def __reduce__(self):
        raise TypeError("a book can't be pickled")


def book_of(Core core not None, uint32_t instrument):
    """The face of one instrument of an engine."""
    cdef OrderBook book
    set_shared(True)
    try:
        book = OrderBook.__new__(OrderBook)
    finally:
        set_shared(False)
    book.instrument = instrument
    book.core = core if core.owner is None else core.owner.core_for(book)
    return book


def place_books(list books, Core core not None):
    """Let books, whose instruments have moved, ask another core."""
    cdef OrderBook book
    for book in books:
        book.core = core


set_book_maker(book_of)
