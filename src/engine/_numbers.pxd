# From Python integers to the core's. Small ones take no call; errors name field, value and limits.
from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t, uint64_t

from engine._native cimport small_integer


cdef int64_t large_int64(
    object value, str field, int64_t lowest, int64_t highest
) except? -1
cdef uint64_t large_uint64(object value, str field) except? 0xFFFFFFFFFFFFFFFF


cdef inline int64_t as_int64(object value, str field) except? -1:
    cdef long long number = 0
    if small_integer(value, &number):
        return number
    return large_int64(value, field, INT64_MIN, INT64_MAX)


cdef inline uint64_t as_uint64(object value, str field) except? 0xFFFFFFFFFFFFFFFF:
    cdef long long number = 0
    if small_integer(value, &number) and number >= 0:
        return <uint64_t>number
    return large_uint64(value, field)


cdef inline int64_t within(object value, str field, int64_t lowest, int64_t highest) except? -1:
    cdef long long number = 0
    if small_integer(value, &number) and lowest <= number <= highest:
        return number
    return large_int64(value, field, lowest, highest)
