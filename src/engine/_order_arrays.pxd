# The live orders of an engine as arrays, and what a state hash is of.
cimport numpy as cnp
from libc.stdint cimport uint32_t
from libcpp.vector cimport vector

from engine._native cimport cEngine

cdef cnp.ndarray orders_of(cEngine* engine, uint32_t side)
cdef cnp.ndarray waiting_in(cEngine* engine, uint32_t instrument)
cdef cnp.ndarray details_in(cEngine* engine, uint32_t instrument)
cdef cnp.ndarray orders_array(cEngine* engine, const vector[uint32_t]& numbers)
cdef cnp.ndarray details_array(cEngine* engine, const vector[uint32_t]& numbers)
cdef list state_parts(cEngine* engine)
cdef int gather_book(
    cEngine* engine, uint32_t instrument, list parts, list details
) except -1
cdef list with_details(list parts, list details)
cdef object order_of(cEngine* engine, uint32_t number)
cdef object detail_of(cEngine* engine, uint32_t number)
