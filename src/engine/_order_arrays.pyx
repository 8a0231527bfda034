# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""The live orders of an engine as arrays, and the bytes of them that a state hash covers."""

cimport numpy as cnp
from libc.stdint cimport int64_t, uint8_t
from libcpp.map cimport map as cmap

from engine._arrays cimport new_array
from engine._native cimport TriggerSource, Which, cDetail, cOrder

import struct

from engine import _schema
from engine.records import details_for_hash

cnp.import_array()

cdef cnp.dtype ORDER = _schema.ORDER_DTYPE
cdef cnp.dtype DETAIL = _schema.DETAIL_DTYPE


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


cdef int hash_books(cEngine* engine, object digest) except -1:
    """Update a digest with all instruments, as docs/semantics/state-hash.md says."""
    cdef uint32_t instrument
    cdef int64_t price = 0
    cdef cmap[Which, int64_t] positions
    for instrument in range(engine.instrument_count()):
        bids = orders_of(engine, 2 * instrument)
        asks = orders_of(engine, 2 * instrument + 1)
        digest.update(struct.pack("<IQ", instrument, len(bids) + len(asks)))
        digest.update(bids)
        digest.update(asks)
        details = details_for_hash(details_in(engine, instrument))
        for records in (waiting_in(engine, instrument), details):
            digest.update(struct.pack("<Q", len(records)))
            digest.update(records)
        digest.update(struct.pack("<B", <uint8_t>engine.phase(instrument)))
        for source in _schema.TriggerSource:
            is_known = engine.price(instrument, <TriggerSource><int>source, &price)
            digest.update(struct.pack("<Bq", is_known, price if is_known else 0))
        tops = [engine.top_order(2 * instrument + side) for side in range(2)]
        digest.update(struct.pack("<QQ", *tops))
        positions = engine.positions(instrument)
        digest.update(struct.pack("<Q", positions.size()))
        for position in positions:
            digest.update(struct.pack("<Iq", position.first.account, position.second))
