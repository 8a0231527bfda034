# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""From Python integers to the core's: what is large, of another kind, or no integer at all."""

from cpython.exc cimport PyErr_Clear, PyErr_Occurred
from cpython.number cimport PyNumber_Index
from libc.stdint cimport UINT64_MAX


cdef extern from "Python.h":
    long long PyLong_AsLongLong(object) noexcept
    unsigned long long PyLong_AsUnsignedLongLong(object) noexcept


cdef int64_t large_int64(
    object value, str field, int64_t lowest, int64_t highest
) except? -1:
    cdef object integer = integer_of(value, field)
    cdef long long number = PyLong_AsLongLong(integer)
    cdef bint is_too_large = number == -1 and PyErr_Occurred() != NULL
    if is_too_large:
        PyErr_Clear()
    if is_too_large or number < lowest or number > highest:
        refuse(integer, field, lowest, highest)
    return number


cdef uint64_t large_uint64(object value, str field) except? 0xFFFFFFFFFFFFFFFF:
    cdef object integer = integer_of(value, field)
    cdef unsigned long long number = PyLong_AsUnsignedLongLong(integer)
    if number == UINT64_MAX and PyErr_Occurred() != NULL:
        PyErr_Clear()
        refuse(integer, field, 0, UINT64_MAX)
    return number


cdef object integer_of(object value, str field):
    """An int of the value. What `__index__` of a caller's class raises is for the caller to see."""
    if isinstance(value, int):
        return value
    if not hasattr(value, "__index__"):
        raise TypeError(f"{field} was {value!r}, of {type(value).__name__}, not an integer")
    return PyNumber_Index(value)


cdef int refuse(object integer, str field, object lowest, object highest) except -1:
    """Say what was out of range; Python writes out no integer of many digits."""
    cdef object bits = integer.bit_length()
    shown = integer if bits <= 128 else f"an integer of {bits} bits"
    raise OverflowError(f"{field} was {shown}, outside {lowest} to {highest}")
