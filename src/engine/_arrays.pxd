# Arrays of records across the border of the core.
cimport numpy as cnp


cdef cnp.ndarray new_array(cnp.dtype dtype, cnp.npy_intp count)
cdef cnp.ndarray owning_array(cnp.dtype dtype, cnp.npy_intp count, void* memory)
cdef int check_array(object array, cnp.dtype dtype, str name, str dtype_name) except -1
cdef int check_out(object out, cnp.dtype dtype, str dtype_name, cnp.ndarray commands) except -1
