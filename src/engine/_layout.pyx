# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""The layout of records and enumerations as the compiler has it, for the test that compares it."""

from engine._native cimport layout_fields, layout_members


def schema():
    """Records and enumerations as the compiler has them.

    Returns
    -------
    dict
        "records": by name, a list of (field, offset, size); "sizes": by name, bytes; "enums": by
        name, the values by member.
    """
    cdef size_t i
    records, sizes, enums = {}, {}, {}
    for i in range(layout_fields().size()):
        record = layout_fields()[i].record.decode()
        field = layout_fields()[i].name.decode()
        offset, size = layout_fields()[i].offset, layout_fields()[i].size
        records.setdefault(record, []).append((field, offset, size))
        sizes[record] = offset + size
    for i in range(layout_members().size()):
        enum = layout_members()[i].enumeration.decode()
        enums.setdefault(enum, {})[layout_members()[i].name.decode()] = layout_members()[i].value
    return {"records": records, "sizes": sizes, "enums": enums}
