# The engine behind `Core`, for the integer face of one instrument.
cimport numpy as cnp
from libc.stdint cimport uint32_t
from libcpp.vector cimport vector

from engine._native cimport CommandBatch, ReportBuffer, TradeBuffer, cCommand, cEngine
from engine._report cimport ExecutionReport


cdef class Core:
    cdef cEngine* engine
    cdef cCommand scratch
    cdef ReportBuffer buffer  # of a single call
    cdef ReportBuffer reports  # of a batch
    cdef TradeBuffer trades
    cdef bint is_busy

    cdef inline int check_idle(self) except -1:
        return self.raise_busy() if self.is_busy else 0

    cdef int raise_busy(self) except -1
    cdef int check_instrument(self, uint32_t instrument) except -1
    cdef int check_currency(self, uint32_t currency) except -1
    cdef ExecutionReport apply(self)
    cdef ExecutionReport apply_general(self, const cCommand* asked)
    cdef ExecutionReport apply_batch(self, const CommandBatch& batch)
    cdef int empty_buffer(self) except -1
    cdef int check_scratch(self) except -1
    cdef object match_reports(self, const CommandBatch& batch, object commands, object out)
    cdef object match_trades(self, const CommandBatch& batch, object commands, object out)
    cdef uint32_t find(self, object order_id) except? 0xFFFFFFFF
    cdef cnp.ndarray orders_of(self, uint32_t side)
    cdef cnp.ndarray waiting_in(self, uint32_t instrument)
    cdef cnp.ndarray details_in(self, uint32_t instrument)
    cdef cnp.ndarray orders_array(self, const vector[uint32_t]& numbers)
    cdef cnp.ndarray details_array(self, const vector[uint32_t]& numbers)
