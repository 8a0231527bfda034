# From Python integers to the core's, with an error that names the field, the value and the limits.
from cpython.exc cimport PyErr_Clear, PyErr_Occurred
from libc.stdint cimport int64_t, uint64_t

from engine._native cimport small_integer

cdef extern from "Python.h":
    long long PyLong_AsLongLong(object) noexcept
    unsigned long long PyLong_AsUnsignedLongLong(object) noexcept


cdef inline int refuse_number(object value, str field, object lowest, object highest) except -1:
    """Say what was wrong with an argument that is not an integer in range."""
    PyErr_Clear()
    if not hasattr(value, "__index__"):
        raise TypeError(f"{field} was {value!r}, of {type(value).__name__}, not an integer")
    raise OverflowError(f"{field} was {value}, outside {lowest} to {highest}")


cdef inline int64_t as_int64(object value, str field) except? -1:
    cdef long long number = 0
    if small_integer(value, &number):
        return number
    number = PyLong_AsLongLong(value)
    if number == -1 and PyErr_Occurred() != NULL:
        refuse_number(value, field, -(2**63), 2**63 - 1)
    return number


cdef inline uint64_t as_uint64(object value, str field) except? 0xFFFFFFFFFFFFFFFF:
    cdef long long number = 0
    if small_integer(value, &number) and number >= 0:
        return <uint64_t>number
    return as_large_uint64(value, field)


cdef inline uint64_t as_large_uint64(object value, str field) except? 0xFFFFFFFFFFFFFFFF:
    if not hasattr(value, "__index__"):
        refuse_number(value, field, 0, 2**64 - 1)
    value = value.__index__()
    if not 0 <= value < 2**64:
        refuse_number(value, field, 0, 2**64 - 1)
    return PyLong_AsUnsignedLongLong(value)


cdef inline int64_t within(object value, str field, int64_t lowest, int64_t highest) except? -1:
    cdef int64_t number = as_int64(value, field)
    if number < lowest or number > highest:
        refuse_number(value, field, lowest, highest)
    return number
