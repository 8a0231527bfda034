# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""Auctions and allocation by the compiled core; `engine.auctions` is their face."""

from cpython.object cimport PyObject
from libc.stdint cimport INT64_MAX, int64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from engine._native cimport raise_python, set_invariant_error
from engine._numbers cimport as_int64, within

from operator import index

from engine._uncrossing import AuctionFill, Uncrossing
from engine.errors import InvariantError

set_invariant_error(<PyObject*>InvariantError)


cdef extern from "engine/matching/auction.hpp" namespace "engine" nogil:
    ctypedef int AuctionRule "engine::AuctionRule"
    ctypedef int AuctionPrices "engine::AuctionPrices"
    ctypedef int cSide "engine::Side"
    const cSide BUY "engine::Side::BUY"
    const cSide SELL "engine::Side::SELL"
    const int64_t MILLIONTHS
    const int64_t NO_SHARE

    cdef cppclass AuctionSide:
        pass

    cdef cppclass AuctionTerms:
        AuctionTerms()
        AuctionRule rule
        AuctionPrices prices
        cbool has_reference
        int64_t reference
        int64_t upper
        int64_t lower

    cdef cppclass cUncrossing "engine::Uncrossing":
        int64_t price
        int64_t volume
        int64_t surplus
        int64_t lowest
        int64_t highest

    cdef cppclass AuctionOrder:
        int64_t price
        int64_t lots
        cbool has_limit

    cdef cppclass CollectedSide:
        CollectedSide(const vector[AuctionOrder]& orders, cSide side) except +raise_python
        AuctionSide side()

    cdef cppclass cFill "engine::AuctionFill":
        size_t bid
        size_t ask
        int64_t lots

    cbool uncross(
        const AuctionSide& bids, const AuctionSide& asks, const AuctionTerms& terms,
        cUncrossing* found
    ) except +raise_python
    vector[cFill] pair_fills "engine::auction_fills"(
        const vector[AuctionOrder]& bids, const vector[AuctionOrder]& asks, int64_t price
    ) except +raise_python

cdef extern from "engine/matching/allocation.hpp" namespace "engine" nogil:
    cdef cppclass cTopOrder "engine::TopOrder":
        cTopOrder()
        size_t place
        int64_t minimum
        int64_t maximum

    void give_by_time(
        const vector[int64_t]& sizes, int64_t quantity, vector[int64_t]& given
    ) except +raise_python
    void give_pro_rata(
        const vector[int64_t]& sizes, int64_t quantity, int64_t minimum, vector[int64_t]& given
    ) except +raise_python
    void give_in_steps "engine::allocate"(
        const vector[int64_t]& sizes, int64_t quantity, int64_t minimum, const cTopOrder& top,
        vector[int64_t]& given
    ) except +raise_python


cdef int64_t added(int64_t total, int64_t lots, str field) except -1:
    """A total with more lots; 64 bits hold that of a side."""
    if lots > INT64_MAX - total:
        raise OverflowError(f"{field} were more than {INT64_MAX} lots together")
    return total + lots


cdef int read_orders(object interest, str field, vector[AuctionOrder]* orders) except -1:
    cdef AuctionOrder order
    cdef int64_t total = 0
    cdef str price_field = f"a price of {field}"
    cdef str lots_field = f"a quantity of {field}"
    for price, lots in interest:
        order.has_limit = price is not None
        order.price = as_int64(price, price_field) if order.has_limit else 0
        order.lots = within(lots, lots_field, 1, INT64_MAX)
        total = added(total, order.lots, field)
        orders.push_back(order)
    return 0


cdef int read_sizes(object sizes, vector[int64_t]* found, vector[int64_t]* given) except -1:
    cdef int64_t total = 0
    cdef int64_t size
    for each in sizes:
        size = within(each, "a size", 0, INT64_MAX)
        total = added(total, size, "sizes")
        found.push_back(size)
    given.assign(found.size(), 0)
    return 0


cdef int64_t share_of(object share, str field) except? -1:
    return NO_SHARE if share is None else within(share, field, 0, MILLIONTHS)


def uncross_price(bids, asks, reference, rule, prices, upper, lower):
    """The price of an auction as an `Uncrossing`, or None."""
    cdef vector[AuctionOrder] buyers
    cdef vector[AuctionOrder] sellers
    cdef AuctionTerms terms
    cdef cUncrossing found
    read_orders(bids, "bids", &buyers)
    read_orders(asks, "asks", &sellers)
    terms.rule = <AuctionRule><int>rule
    terms.prices = <AuctionPrices><int>prices
    terms.has_reference = reference is not None
    terms.reference = as_int64(reference, "reference") if terms.has_reference else 0
    terms.upper = share_of(upper, "upper")
    terms.lower = share_of(lower, "lower")
    cdef CollectedSide* bid_side = new CollectedSide(buyers, BUY)
    cdef CollectedSide* ask_side = NULL
    try:
        ask_side = new CollectedSide(sellers, SELL)
        if not uncross(bid_side.side(), ask_side.side(), terms, &found):
            return None
    finally:
        del bid_side
        del ask_side
    return Uncrossing(found.price, found.volume, found.surplus, found.lowest, found.highest)


def auction_fills(bids, asks, price):
    """The trades of an auction at a price, as a list of `AuctionFill`."""
    cdef vector[AuctionOrder] buyers
    cdef vector[AuctionOrder] sellers
    cdef vector[cFill] fills
    read_orders(bids, "bids", &buyers)
    read_orders(asks, "asks", &sellers)
    fills = pair_fills(buyers, sellers, as_int64(price, "price"))
    return [AuctionFill(fill.bid, fill.ask, fill.lots) for fill in fills]


def by_time(sizes, quantity):
    """What each order gets by time."""
    cdef vector[int64_t] found
    cdef vector[int64_t] given
    read_sizes(sizes, &found, &given)
    give_by_time(found, within(quantity, "quantity", 0, INT64_MAX), given)
    return list(given)


def pro_rata(sizes, quantity, minimum):
    """What each order gets pro rata."""
    cdef vector[int64_t] found
    cdef vector[int64_t] given
    read_sizes(sizes, &found, &given)
    give_pro_rata(
        found,
        within(quantity, "quantity", 0, INT64_MAX),
        within(minimum, "minimum", 0, INT64_MAX),
        given,
    )
    return list(given)


def allocate(sizes, quantity, minimum, top):
    """What each order gets: the top order first, then pro rata, the rest by time."""
    cdef vector[int64_t] found
    cdef vector[int64_t] given
    cdef cTopOrder first
    read_sizes(sizes, &found, &given)
    if top is not None:
        place = index(top.place)
        if not 0 <= place < <object>found.size():
            raise IndexError(f"top.place was {place}, of {found.size()} orders")
        first.place = place
        first.minimum = within(top.minimum, "top.minimum", 0, INT64_MAX)
        most = INT64_MAX if top.maximum is None else top.maximum
        first.maximum = within(most, "top.maximum", 0, INT64_MAX)
    give_in_steps(
        found,
        within(quantity, "quantity", 0, INT64_MAX),
        within(minimum, "minimum", 0, INT64_MAX),
        first,
        given,
    )
    return list(given)
