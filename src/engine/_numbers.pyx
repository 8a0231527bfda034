# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""From Python numbers to the core's: integers that are large or none, and plain decimal text."""

cimport cython
from cpython.exc cimport PyErr_Clear, PyErr_Occurred
from cpython.number cimport PyNumber_Index
from libc.stdint cimport UINT64_MAX

from engine._shown import shown


cdef extern from "Python.h":
    bint PyUnicode_IS_COMPACT_ASCII(object)
    const unsigned char* PyUnicode_1BYTE_DATA(object)
    Py_ssize_t PyUnicode_GET_LENGTH(object)
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
        raise TypeError(f"{field} was {shown(value)}, of {type(value).__name__}, not an integer")
    return PyNumber_Index(value)


cdef int refuse(object integer, str field, object lowest, object highest) except -1:
    """Say what was out of range; Python writes out no integer of many digits."""
    cdef object bits = integer.bit_length()
    found = integer if bits <= 128 else f"an integer of {bits} bits"
    raise OverflowError(f"{field} was {found}, outside {lowest} to {highest}")


cdef enum:
    DIGITS_MAX = 18  # of a number that surely fits in 64 bits


@cython.binding(False)  # called a tenth quicker than what Cython binds
@cython.embedsignature.format("clinic")
def plain_units(text, int places):
    """How many units of the last of so many decimal places a plain decimal text is, or None.

    Plain is a sign or none, digits, and perhaps a point with at most `places` digits behind it, 18
    digits in all with those that are filled up. Every other text is for `Decimal` to read, and what
    is not a str is none.

    Examples
    --------
    >>> plain_units("-37.5", 2), plain_units("1e3", 2), plain_units("0.125", 2)
    (-3750, None, None)
    """
    if type(text) is not str or not PyUnicode_IS_COMPACT_ASCII(text):
        return None
    cdef const unsigned char* at = PyUnicode_1BYTE_DATA(text)
    cdef const unsigned char* end = at + PyUnicode_GET_LENGTH(text)
    cdef bint is_negative = at < end and at[0] == c"-"
    cdef int64_t units = 0
    cdef int digits = places  # with the places that the text leaves out
    if at < end and (at[0] == c"-" or at[0] == c"+"):
        at += 1
    cdef const unsigned char* first = at
    while at < end and c"0" <= at[0] <= c"9" and digits < DIGITS_MAX:
        units = units * 10 + (at[0] - c"0")
        digits += 1
        at += 1
    if at == first:
        return None
    if at < end and at[0] == c".":
        at += 1
        first = at
        while at < end and c"0" <= at[0] <= c"9" and places > 0:
            units = units * 10 + (at[0] - c"0")
            places -= 1
            at += 1
        if at == first:
            return None
    if at != end:
        return None
    while places > 0:
        units *= 10
        places -= 1
    return -units if is_negative else units
