# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""Where a core meets its journal: what was written is applied again, and what comes is written."""

from cpython.bytes cimport PyBytes_FromStringAndSize

from engine._core cimport Core
from engine._journal cimport Journal, Piece, Reading
from engine._native cimport CommandBatch, TradeBuffer, check_commands

from engine.errors import JournalDamageError


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


def replay(Core core, Reading reading):
    """Apply the commands that a journal holds, up to its next note.

    Returns
    -------
    (int, bytes) or None
        The number of the note and what it says; None at the end of the journal.

    Raises
    ------
    JournalDamageError
        A command can't be read, though its checksum is right.
    """
    core.check_idle()
    cdef Piece piece
    cdef CommandBatch batch
    cdef TradeBuffer trades
    while reading.take(&piece):
        if piece.note != NULL:
            return piece.first_sequence, PyBytes_FromStringAndSize(
                <const char*>piece.note, <Py_ssize_t>piece.note_bytes
            )
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
    return None
