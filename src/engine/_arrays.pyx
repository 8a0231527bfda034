# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""Arrays of records across the border of the core: made without a call, looked at before use."""

from cpython.object cimport PyObject, PyTypeObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from cpython.ref cimport Py_INCREF
from libc.stdlib cimport free, malloc

import numpy as np

from engine.errors import CommandError

cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    object PyArray_NewFromDescr(
        PyTypeObject*, cnp.dtype, int, cnp.npy_intp*, cnp.npy_intp*, void*, int, PyObject*
    )
    PyTypeObject PyArray_Type

cdef enum:
    FIELD_ALIGNMENT = 8


cdef void free_capsule(object capsule) noexcept:
    free(PyCapsule_GetPointer(capsule, NULL))


cdef cnp.ndarray owning_array(cnp.dtype dtype, cnp.npy_intp count, void* memory):
    """An array over memory from malloc, which it frees."""
    cdef object capsule = PyCapsule_New(memory, NULL, &free_capsule)
    cdef cnp.ndarray array
    Py_INCREF(dtype)  # the call below takes a reference over
    array = PyArray_NewFromDescr(
        &PyArray_Type, dtype, 1, &count, NULL, memory, cnp.NPY_ARRAY_DEFAULT, NULL
    )
    cnp.set_array_base(array, capsule)
    return array


cdef cnp.ndarray new_array(cnp.dtype dtype, cnp.npy_intp count):
    """An array whose records are the caller's to write.

    NumPy would look through the fields of the dtype for what must be zero, which takes longer than
    all the rest: so the memory is ours.
    """
    cdef void* memory = malloc(max(count, 1) * dtype.itemsize)
    if memory == NULL:
        raise MemoryError
    return owning_array(dtype, count, memory)


cdef int check_array(object array, cnp.dtype dtype, str name, str dtype_name) except -1:
    """Refuse what is not a one-dimensional, contiguous, aligned array of the dtype."""
    if not is_of_records(array, dtype):
        explain_array(array, dtype, name, dtype_name)
    return 0


cdef inline bint is_of_records(object array, cnp.dtype dtype):
    """Whether the array can be read as it is, told without a call of Python."""
    if not cnp.PyArray_Check(array):
        return False
    cdef cnp.ndarray records = <cnp.ndarray>array
    return (
        <PyObject*>cnp.PyArray_DESCR(records) == <PyObject*>dtype
        and cnp.PyArray_NDIM(records) == 1
        and cnp.PyArray_IS_C_CONTIGUOUS(records)
        and <size_t>cnp.PyArray_DATA(records) % FIELD_ALIGNMENT == 0
    )


cdef int explain_array(object array, cnp.dtype dtype, str name, str dtype_name) except -1:
    """Say what is wrong with an array; an equal dtype that is another object is right."""
    if not isinstance(array, np.ndarray):
        raise CommandError(
            f"{name} was of {type(array).__name__}, not a NumPy array of {dtype_name}"
        )
    # Asked of NumPy itself: a subclass may say of itself what is not so.
    cdef cnp.ndarray records = <cnp.ndarray>array
    cdef object found = <object>cnp.PyArray_DESCR(records)
    if found is not dtype and found != dtype:
        raise CommandError(f"{name}.dtype was {found}, not {dtype_name}")
    if cnp.PyArray_NDIM(records) != 1:
        raise CommandError(f"{name} had {cnp.PyArray_NDIM(records)} dimensions, not 1")
    if not cnp.PyArray_IS_C_CONTIGUOUS(records):
        raise CommandError(
            f"{name} was not contiguous, with strides of {cnp.PyArray_STRIDE(records, 0)} bytes:"
            f" pass {name}.copy()"
        )
    # NumPy calls every place aligned for a packed record; the core reads 64-bit fields in place.
    cdef size_t address = <size_t>cnp.PyArray_DATA(array)
    if address % FIELD_ALIGNMENT != 0:
        raise CommandError(
            f"{name} was {address % FIELD_ALIGNMENT} bytes past a multiple of {FIELD_ALIGNMENT}"
            f" in memory: pass {name}.copy()"
        )
    return 0


cdef int check_out(object out, cnp.dtype dtype, str dtype_name, cnp.ndarray commands) except -1:
    """Refuse what cannot be written to while `commands` are read."""
    check_array(out, dtype, "out", dtype_name)
    if not cnp.PyArray_ISWRITEABLE(<cnp.ndarray>out):
        raise CommandError("out was not writeable")
    cdef const char* begin = <const char*>cnp.PyArray_DATA(out)
    cdef const char* end = begin + cnp.PyArray_NBYTES(out)
    cdef const char* first = <const char*>cnp.PyArray_DATA(commands)
    if begin < first + cnp.PyArray_NBYTES(commands) and first < end:
        raise CommandError("out was in the memory of commands, which it would overwrite")
    return 0
