# What cannot be read, refused with the place of it.
from engine._native cimport CommandBatch


cdef int refuse_batch(const CommandBatch& batch, bint is_single) except -1
cdef int refuse_member(object members, object value, str place) except -1
cdef object member_with(object enum, object value, str place)
