# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""What one instrument is asked, and how it is shown."""

cimport cython
cimport numpy as cnp
from libcpp.vector cimport vector

from engine._accounts cimport number_of
from engine._arrays cimport new_array
from engine._checks cimport member_with
from engine._core cimport Core
from engine._native cimport *
from engine._numbers cimport as_int64, within
from engine._order_arrays cimport details_in, orders_array, orders_of, waiting_in

from engine import _schema
from engine._core import HIGHEST as _HIGHEST
from engine._core import MAX_CASCADE as _CASCADE, MAX_ORDERS as _ORDERS
from engine._members import check_named, refuse_names
from engine._terms import Terms
from engine._uncrossing import Uncrossing
from engine.errors import EngineBusyError
from engine.ladder import html_ladder, text_ladder
from engine.records import BookCounters, Depth

cnp.import_array()

cdef cnp.dtype LEVEL = _schema.LEVEL_DTYPE
cdef tuple PARAMETERS = (*Terms.__annotations__, "max_orders", "max_cascade")


# Whether the book that is being made is of an engine that is there: to make one and to drop it
# takes longer than all else of a book.
cdef bint is_shared = False


cdef void set_shared(bint value) noexcept:
    global is_shared
    is_shared = value


cdef class BookQuestions:
    """The part of `OrderBook` that answers, and changes nothing.

    Every question raises `EngineBusyError` while a batch runs on another thread.

    Parameters
    ----------
    max_orders, max_cascade, **terms
        As `OrderBook` takes them.
    """

    def __cinit__(self, *places, max_orders=_ORDERS, max_cascade=_CASCADE, **terms):
        if is_shared:
            return
        check_named("OrderBook", places, "OrderBook(max_price=1000)")
        refuse_names("OrderBook", terms, PARAMETERS)
        self.core = Core(max_orders=max_orders, max_cascade=max_cascade)
        self.instrument = self.core.add_instrument(**terms)

    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def best_bid(self):
        """The highest price bid.

        Returns
        -------
        int or None
            Ticks; None where none is.
        """
        return self.best_price(2 * self.instrument)

    @cython.binding(False)
    @cython.embedsignature.format("clinic")
    def best_ask(self):
        """The lowest price asked.

        Returns
        -------
        int or None
            Ticks; None where none is.
        """
        return self.best_price(2 * self.instrument + 1)

    cdef object best_price(self, uint32_t side):
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

        Raises
        ------
        OverflowError, TypeError
            It is no integer, or one below 0.
        """
        cdef int64_t most = within(levels, "levels", 0, _HIGHEST)
        self.core.check_idle()
        cdef uint32_t bids = 2 * self.instrument
        return pair_of(Depth, self.levels_of(bids, most), self.levels_of(bids + 1, most))

    cdef cnp.ndarray levels_of(self, uint32_t side, int64_t most):
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
            BUY or SELL.
        price : int, optional
            Ticks; without it the whole side, best price first.

        Returns
        -------
        ndarray of ORDER_DTYPE, shape (n,)

        Raises
        ------
        CommandError
            There is no such side.
        OverflowError, TypeError
            The price is no integer of 64 bits.
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
        ndarray of ORDER_DTYPE, shape (n,)
        """
        self.core.check_idle()
        return waiting_in(self.core.engine, self.instrument)

    def details(self):
        """What live orders are beyond `orders` and `waiting`, of those that ask for more.

        Returns
        -------
        ndarray of DETAIL_DTYPE, shape (n,)
            Oldest first.
        """
        self.core.check_idle()
        return details_in(self.core.engine, self.instrument)

    cdef uint32_t side_number(self, object side) except? 0xFFFFFFFF:
        return 2 * self.instrument + (member_with(_schema.Side, side, "side") == _schema.SELL)

    def order(self, order_id):
        """The live order of this id as it stands.

        Parameters
        ----------
        order_id : int
            Of the order.

        Returns
        -------
        Order or None
            None where no live order of the instrument has the id.

        Raises
        ------
        OverflowError, TypeError
            The id is no integer of 64 bits without a sign.
        """
        return self.core.order(order_id) if order_id in self else None

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
        return self.core.detail(order_id) if order_id in self else None

    def queue_position(self, order_id):
        """What stands in front of a resting order at its price; see `Core.queue_position`.

        Parameters
        ----------
        order_id : int
            Of the order.

        Returns
        -------
        QueuePosition or None
            None where no order of the id rests in the instrument.

        Raises
        ------
        OverflowError, TypeError
            The id is no integer of 64 bits without a sign.
        """
        return self.core.queue_position(order_id) if order_id in self else None

    def order_count(self, side=None):
        """How many orders rest, or how many on one side.

        Parameters
        ----------
        side : Side, optional
            BUY or SELL; both without it.

        Returns
        -------
        int

        Raises
        ------
        CommandError
            There is no such side.
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
        """What an auction would come to now.

        Costs a step for each order.

        Returns
        -------
        Uncrossing or None
            None when nothing would trade.
        """
        cdef cUncrossing found
        self.core.check_idle()
        if not self.core.engine.uncrossing(self.instrument, &found):
            return None
        return Uncrossing(found.price, found.volume, found.surplus, found.lowest, found.highest)

    def top_order(self, side):
        """The id of a side's top order, which takes a part before a level is shared.

        Parameters
        ----------
        side : Side
            BUY or SELL.

        Returns
        -------
        int or None
            None where the side has none.

        Raises
        ------
        CommandError
            There is no such side.
        """
        cdef uint32_t number = self.side_number(side)
        self.core.check_idle()
        return self.core.engine.top_order(number) or None

    def price_band(self):
        """Between which prices continuous trading trades now.

        Returns
        -------
        (int, int) or None
            The lowest and the highest, ticks; where the first is above the second, it trades
            nowhere. None where no band binds it.
        """
        self.core.check_idle()
        cdef PriceBand band = self.core.engine.price_band(self.instrument)
        return None if band == PriceBand() else (band.lowest, band.highest)

    def last_trade(self):
        """What the last trade was.

        Returns
        -------
        (int, int) or None
            Price in ticks and quantity in lots; None before the first.
        """
        self.core.check_idle()
        cdef const Market* market = &self.core.engine.market(self.instrument)
        return None if market.last_quantity == 0 else (market.last_price, market.last_quantity)

    def counters(self):
        """What the instrument has done since it was added.

        Returns
        -------
        BookCounters
        """
        self.core.check_idle()
        cdef const Market* market = &self.core.engine.market(self.instrument)
        return BookCounters(market.orders, market.trades, number_of(market.traded_lots()))

    def position(self, account):
        """An account's position, as SET_POSITION and its trades have it.

        Parameters
        ----------
        account : int
            Whose.

        Returns
        -------
        int or None
            Lots, below 0 when short; None while none was supplied.

        Raises
        ------
        OverflowError, TypeError
            The account is no integer of 32 bits without a sign.
        """
        cdef uint32_t number = <uint32_t>within(account, "account", 0, 0xFFFFFFFF)
        cdef int64_t lots = 0
        self.core.check_idle()
        return lots if self.core.engine.position(self.instrument, number, &lots) else None

    def state_hash(self):
        """SHA-256 of the logical state of the engine; see `Core.state_hash`.

        Returns
        -------
        str
        """
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
