# An engine, the lock around it, and what is asked of its accounts.
from libc.stdint cimport uint32_t, uint64_t

from engine._native cimport cEngine


cdef class AccountQuestions:
    cdef cEngine* engine
    cdef bint is_busy
    cdef unsigned long holder  # the thread that holds an idle engine, see Held, or 0

    cdef inline int check_idle(self) except -1:
        return self.raise_busy() if self.is_busy else 0

    cdef int raise_busy(self) except -1
    cdef uint32_t account_index(self, uint64_t number) except? 0xFFFFFFFE
    cdef int check_currency(self, uint32_t currency) except -1
