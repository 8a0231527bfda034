# ExecutionReport for the core, which makes them.
from cpython.bytes cimport PyBytes_FromStringAndSize

from engine._native cimport cReport, own_report


cdef class ExecutionReport:
    cdef cReport record
    cdef bytes others  # all reports of the command when there are several

    cdef bytes _bytes(self)


cdef inline ExecutionReport make_report(const cReport* reports, size_t count, bytes data):
    cdef ExecutionReport report = ExecutionReport.__new__(ExecutionReport)
    report.record = reports[count - 1 if count == 1 else own_report(reports, count)]
    if count > 1:
        if data is None:
            data = PyBytes_FromStringAndSize(<char*>reports, count * sizeof(cReport))
        report.others = data
    return report
