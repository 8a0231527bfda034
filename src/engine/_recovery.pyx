# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""Where a core meets its journal: what was written is applied again, and what comes is written."""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.pythread cimport PyThread_get_thread_ident
from libc.stdint cimport UINT64_MAX, uint64_t

from engine._core cimport Core
from engine._journal cimport Journal, Piece, Reading
from engine._native cimport CommandBatch, TradeBuffer, check_commands

from engine.errors import EngineBusyError, JournalDamageError

cdef enum:
    PIECES_A_TELL = 64  # of up to 4096 commands


def attach(Core core, Journal journal, keeper):
    """Let a core write every command to a journal before it is applied.

    Parameters
    ----------
    core : Core
        In the state that the journal stands at.
    journal : Journal
        Begun. Once it is closed the core takes no command any more.
    keeper : object
        `is_due()` is asked after each call, and `take_due()` called where it is so.
    """
    core.check_idle()
    core.journal = journal
    core.keeper = keeper


@cython.final
cdef class Held:
    """A core that only one thread may use meanwhile, and that takes no command: a context.

    What is added is written to the journal and done, and a snapshot says where the journal stands
    and what the engine is, with nothing of another thread in between.

    Parameters
    ----------
    core : Core
        Idle, or the context raises EngineBusyError.
    """

    cdef Core core

    def __init__(self, Core core not None):
        self.core = core

    def __reduce__(self):
        raise TypeError("what is held is of one process: Held is not pickled")

    def __enter__(self):
        if self.core.is_busy:
            raise EngineBusyError("the engine is used by another thread")
        self.core.holder = PyThread_get_thread_ident()
        self.core.is_busy = True

    def __exit__(self, *exception):
        self.core.holder = 0
        self.core.is_busy = False


def replay(Core core, Reading reading, *, until=None, progress=None):
    """Apply the commands that a journal holds, up to its next note.

    Parameters
    ----------
    core : Core
        In the state of what was read before.
    reading : Reading
        What is applied.
    until : int or None
        The number of the last entry that is; what the reading gives behind it is passed over.
    progress : callable or None
        Called now and then with the number of the last entry that was.

    Returns
    -------
    (int, bytes) or None
        The number of the note and what it says; None at the end of the journal, or of what was
        asked for.

    Raises
    ------
    JournalDamageError
        A command can't be read, though its checksum is right.
    """
    core.check_idle()
    reading.read_ahead()
    cdef Piece piece
    cdef CommandBatch batch
    cdef TradeBuffer trades
    cdef uint64_t pieces = 0
    cdef uint64_t last = UINT64_MAX if until is None else until
    while reading.take(&piece):
        if piece.first_sequence > last:
            return None
        if piece.note != NULL:
            return piece.first_sequence, PyBytes_FromStringAndSize(
                <const char*>piece.note, <Py_ssize_t>piece.note_bytes
            )
        if piece.command_count > last - piece.first_sequence:
            piece.command_count = <size_t>(last - piece.first_sequence) + 1
        batch = check_commands(piece.commands, piece.command_count)
        if not batch.is_readable():
            field = (<bytes>batch.bad.field).decode()
            raise JournalDamageError(
                f"entry {piece.first_sequence + batch.bad.index}: {field} was"
                f" {batch.bad.value}, which is no member"
            )
        trades.borrow(NULL, 0)
        core.is_busy = True
        try:
            with nogil:
                core.engine.match(batch, trades)
        finally:
            core.is_busy = False
        pieces += 1
        if progress is not None and pieces % PIECES_A_TELL == 0:
            progress(piece.first_sequence + piece.command_count - 1)
    return None
