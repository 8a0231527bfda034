# What an instrument is asked, and the engine that is asked for it.
from libc.stdint cimport int64_t, uint32_t

cimport numpy as cnp

from engine._core cimport Core


cdef class BookQuestions:
    cdef readonly Core core
    """The engine that the book belongs to, of shards the one that its instrument is in."""
    cdef readonly uint32_t instrument
    """The instrument's number in it."""
    cdef object __weakref__

    cdef object best_price(self, uint32_t side)
    cdef cnp.ndarray levels_of(self, uint32_t side, int64_t most)
    cdef uint32_t side_number(self, object side) except? 0xFFFFFFFF


cdef void set_shared(bint value) noexcept
