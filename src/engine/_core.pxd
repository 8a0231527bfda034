# The engine behind `Core`, for the integer face of one instrument.
from libc.stdint cimport uint32_t

from engine._account_questions cimport AccountQuestions
from engine._journal cimport Journal
from engine._native cimport (
    CommandBatch,
    CommandCopies,
    ReportBuffer,
    TradeBuffer,
    cCommand,
    cShards,
)
from engine._report cimport ExecutionReport


cdef class Core(AccountQuestions):
    cdef cCommand scratch
    cdef ReportBuffer buffer  # of a single call
    cdef ReportBuffer reports  # of a batch
    cdef TradeBuffer trades
    cdef CommandCopies copies  # of the commands of a batch, some at a time
    cdef Journal journal  # that commands are written to before they are applied, or None
    cdef object keeper  # of the journal: takes snapshots when they are due
    cdef cShards* shards  # that this is one of, where `owner` is not None
    cdef object owner  # through which all of them are called

    cdef int check_instrument(self, uint32_t instrument) except -1
    cdef ExecutionReport apply(self)
    cdef ExecutionReport apply_general(self, const cCommand* asked)
    cdef ExecutionReport apply_batch(self, const CommandBatch& batch)
    cdef int write_ahead(self, const CommandBatch& batch) except -1
    cdef int append(self, const CommandBatch& batch) except -1
    cdef int keep(self, const CommandBatch& batch) except -1
    cdef int empty_buffer(self) except -1
    cdef int check_scratch(self) except -1
    cdef object match_reports(self, const CommandBatch& batch, object commands, object out)
    cdef object match_trades(self, const CommandBatch& batch, object commands, object out)
    cdef uint32_t find(self, object order_id) except? 0xFFFFFFFF
