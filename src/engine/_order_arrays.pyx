# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""The live orders of an engine as arrays, and what a state hash is of."""

cimport numpy as cnp
from libc.stdint cimport int8_t, int64_t, uint8_t
from libcpp.map cimport map as cmap

from engine._accounts cimport hash_accounts
from engine._arrays cimport new_array
from engine._native cimport TriggerSource, Which, cDetail, cOrder

import struct

from engine import _schema
from engine.records import Order, OrderDetail, details_for_hash

cdef extern from "Python.h":
    int PyGC_Enable()
    int PyGC_Disable()

cnp.import_array()

cdef cnp.dtype ORDER = _schema.ORDER_DTYPE
cdef cnp.dtype DETAIL = _schema.DETAIL_DTYPE
cdef tuple SOURCES = tuple(int(member) for member in _schema.TriggerSource)


# Members by value: a look-up costs a tenth of calling the enumeration.
cdef dict SIDES = {int(member): member for member in _schema.Side}
cdef dict ORDER_TYPES = {int(member): member for member in _schema.OrderType}
cdef dict TIMES_IN_FORCE = {int(member): member for member in _schema.TimeInForce}
cdef dict SELF_TRADE_MODES = {int(member): member for member in _schema.SelfTradeMode}
cdef dict DETAIL_MEMBERS = {
    "self_trade_mode": _schema.SelfTradeMode,
    "trigger_source": _schema.TriggerSource,
    "state": _schema.OrderState,
}


cdef object order_of(cEngine* engine, uint32_t number):
    """A live order as it stands, an `Order`."""
    cdef cOrder order = engine.describe(number)
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
        SELF_TRADE_MODES[<uint8_t>order.self_trade_mode],
        _schema.OrderFlag(order.flags),
    )


cdef object detail_of(cEngine* engine, uint32_t number):
    """What a live order with details is beyond that, an `OrderDetail`."""
    fields = list(details_array(engine, [number])[0].item())
    for name, enum in DETAIL_MEMBERS.items():
        place = DETAIL.names.index(name)
        fields[place] = enum(fields[place])
    return OrderDetail(*fields)


cdef cnp.ndarray orders_of(cEngine* engine, uint32_t side):
    """Those that rest on a side, as they trade."""
    cdef vector[uint32_t] numbers
    engine.orders_of(side, &numbers)
    return orders_array(engine, numbers)


cdef cnp.ndarray waiting_in(cEngine* engine, uint32_t instrument):
    """Those that wait outside a book, by age."""
    cdef vector[uint32_t] numbers
    engine.waiting(instrument, &numbers)
    return orders_array(engine, numbers)


cdef cnp.ndarray details_in(cEngine* engine, uint32_t instrument):
    """What the orders of an instrument are beyond that, by age."""
    cdef vector[uint32_t] numbers
    engine.detailed(instrument, &numbers)
    return details_array(engine, numbers)


cdef cnp.ndarray orders_array(cEngine* engine, const vector[uint32_t]& numbers):
    cdef cnp.ndarray array = new_array(ORDER, numbers.size())
    cdef cOrder* records = <cOrder*>cnp.PyArray_DATA(array)
    cdef size_t i
    for i in range(numbers.size()):
        records[i] = engine.describe(numbers[i])
    return array


cdef cnp.ndarray details_array(cEngine* engine, const vector[uint32_t]& numbers):
    cdef cnp.ndarray array = new_array(DETAIL, numbers.size())
    cdef cDetail* records = <cDetail*>cnp.PyArray_DATA(array)
    cdef size_t i
    for i in range(numbers.size()):
        records[i] = engine.detail(numbers[i])
    return array


cdef list state_parts(cEngine* engine):
    """What the state hash is of, which `Core.state_hash` describes.

    It is gathered at one go, without a call of Python code: that might let another thread in,
    which changes what is not read yet. Hashing would, for it releases the interpreter lock.
    """
    cdef list parts = []
    cdef list details = []
    cdef bint was_collecting = PyGC_Disable()  # finalizers are Python code
    try:
        gather_state(engine, parts, details)
    finally:
        if was_collecting:
            PyGC_Enable()
    return with_details(parts, details)


cdef list with_details(list parts, list details):
    """Make the details of orders, which are at these places, what a hash covers of them."""
    for place in details:
        parts[place] = details_for_hash(parts[place])
    return parts


cdef int gather_state(cEngine* engine, list parts, list details) except -1:
    """Put what the hash is of into `parts`, and the places of details into `details`."""
    cdef uint32_t instrument
    for instrument in range(engine.instrument_count()):
        gather_book(engine, instrument, parts, details)
    if engine.accounts().is_kept():
        hash_accounts(
            engine.accounts(),
            engine.rates(),
            parts,
            engine.instrument_count(),
        )
    parts.append(struct.pack("<Q", engine.counters().next_order_id))
    return 0


cdef int gather_book(
    cEngine* engine, uint32_t instrument, list parts, list details
) except -1:
    """The same of one instrument."""
    cdef int64_t price = 0
    cdef cmap[Which, int64_t] positions
    bids = orders_of(engine, 2 * instrument)
    asks = orders_of(engine, 2 * instrument + 1)
    parts.append(struct.pack("<IQ", instrument, len(bids) + len(asks)))
    parts.append(bids)
    parts.append(asks)
    waiting = waiting_in(engine, instrument)
    parts.append(struct.pack("<Q", len(waiting)))
    parts.append(waiting)
    records = details_in(engine, instrument)
    parts.append(struct.pack("<Q", len(records)))
    details.append(len(parts))
    parts.append(records)
    parts.append(struct.pack("<B", <uint8_t>engine.phase(instrument)))
    for source in SOURCES:
        is_known = engine.price(instrument, <TriggerSource><int>source, &price)
        parts.append(struct.pack("<Bq", is_known, price if is_known else 0))
    for side in range(2):
        parts.append(struct.pack("<Q", engine.top_order(2 * instrument + side)))
    positions = engine.positions(instrument)
    parts.append(struct.pack("<Q", positions.size()))
    for position in positions:
        parts.append(struct.pack("<Iq", position.first.account, position.second))
    return 0
