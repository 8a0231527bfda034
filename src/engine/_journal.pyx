# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""`Journal`, the write-ahead log beneath a durable engine, and `Reading`, what it holds.

Thin faces of csrc/engine/journal; the format is in docs/journal-format.md. The interpreter lock is
released wherever a file is read, written or synced.
"""

cimport cython
cimport numpy as cnp
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.string cimport memcpy

from engine._arrays cimport check_array, new_array
from engine._native cimport set_invariant_error
from engine._numbers cimport as_int64

import os
from numbers import Real

from engine import _schema
from engine._journal_records import JournalEnd, JournalFile, JournalPosition, Snapshot
from engine._shown import shown
from engine.errors import (
    EngineBusyError,
    InvariantError,
    JournalDamageError,
    JournalError,
    JournalFormatError,
)

cnp.import_array()

Py_INCREF(InvariantError)
set_invariant_error(<PyObject*>InvariantError)

cdef cnp.dtype COMMAND = _schema.COMMAND_DTYPE
cdef dict MODES = {"async": <int>ASYNC, "group": <int>GROUP, "sync": <int>SYNC}
cdef dict FINDINGS = {
    <int>CLEAN: "clean",
    <int>TORN: "torn",
    <int>DAMAGED: "damaged",
    <int>FOREIGN: "foreign",
    <int>NEWER: "newer",
}
cdef uint64_t NS_IN_MS = 1_000_000
cdef uint64_t GROUP_MS_MAX = 86_400_000  # a day: what is wanted on the device is wanted sooner


cdef shared_ptr[PosixFiles] opened(object path) except *:
    cdef PosixFiles* files = new PosixFiles(os.fsencode(path))
    return shared_ptr[PosixFiles](files)


cdef object position_of(const cPosition& position):
    return JournalPosition(position.sequence, position.epoch, position.chain)


cdef cPosition native_position(object position) except *:
    cdef cPosition native
    sequence, epoch, chain = position
    native.sequence, native.epoch, native.chain = sequence, epoch, chain
    return native


cdef list names_of(const vector[cJournalFile]& files):
    return [
        JournalFile(os.fsdecode(files[i].name), files[i].sequence, files[i].epoch)
        for i in range(files.size())
    ]


cdef object end_of(const Verdict& verdict):
    return JournalEnd(
        FINDINGS[<int>verdict.finding],
        os.fsdecode(verdict.file),
        verdict.offset,
        verdict.cut_bytes,
        position_of(verdict.position),
        verdict.is_closed,
        verdict.what.decode(),
    )


cdef Verdict verdict_of(object end) except *:
    cdef Verdict verdict
    verdict.finding = <Finding><int>{name: value for value, name in FINDINGS.items()}[end.finding]
    verdict.file = os.fsencode(end.file)
    verdict.offset = end.offset
    verdict.cut_bytes = end.cut_bytes
    verdict.position = native_position(end.position)
    return verdict


def read(path, *, after=0, chain=None):
    """Read the entries of a journal that no one writes; the directory is not locked.

    Parameters
    ----------
    path : str or path-like
        The directory.
    after : int
        Entries up to this number are passed over.
    chain : int or None
        The chain that the journal must have behind that entry.

    Returns
    -------
    Reading
        An iterator.

    Raises
    ------
    JournalError
        The directory can't be read.
    """
    cdef Reading reading = Reading.__new__(Reading)
    reading.files = opened(path)
    start_reading(reading, path, after, chain)
    return reading


def verify(path, *, after=0, chain=None):
    """Read a journal to its end and say in what state it is, whatever that is.

    Parameters
    ----------
    path, after, chain
        As `read` has them.

    Returns
    -------
    JournalEnd
        What was found.

    Raises
    ------
    JournalError
        The directory or a file in it can't be read.
    """
    cdef Reading reading = read(path, after=after, chain=chain)
    cdef Piece piece
    while reading.take(&piece):
        pass
    return reading.end


def segments(path):
    """Return the segments of a directory, oldest first; it is not locked.

    Parameters
    ----------
    path : str or path-like
        The directory.

    Returns
    -------
    list of JournalFile
        Those whose names are of segments, whatever they hold.

    Raises
    ------
    JournalError
        The directory can't be read.
    """
    return names_of(list_segments(opened(path).get()[0]))


def snapshots(path):
    """Return the snapshots of a directory, as `segments` does."""
    return names_of(list_snapshots(opened(path).get()[0]))


def read_snapshot(path, name):
    """Return what a snapshot of a directory holds, checked; it is not locked.

    Parameters
    ----------
    path : str or path-like
        The directory.
    name : str
        The file's name, as `snapshots` has it.

    Returns
    -------
    Snapshot
        Where the journal stood, and the two parts.

    Raises
    ------
    JournalDamageError
        It is not what was written.
    JournalFormatError
        It is no snapshot, or of a later version of the format.
    JournalError
        It can't be read.
    """
    return snapshot_of(opened(path).get(), name)


cdef object snapshot_of(Files* files, object name):
    cdef string file = os.fsencode(name)
    cdef cSnapshot snapshot
    with nogil:
        snapshot = read_snapshot_file(files[0], file)
    return Snapshot(
        position_of(snapshot.position),
        PyBytes_FromStringAndSize(
            <const char*>snapshot.meta.data(), <Py_ssize_t>snapshot.meta.size()
        ),
        PyBytes_FromStringAndSize(
            <const char*>snapshot.image.data(), <Py_ssize_t>snapshot.image.size()
        ),
    )


cdef int start_reading(Reading reading, object path, object after, object chain) except -1:
    cdef optional[uint64_t] known
    cdef uint64_t number = after
    if chain is not None:
        known = <uint64_t>chain
    reading.place = path
    reading.reader.reset(new Reader(reading.files.get()[0], number, known))
    return 0


@cython.final
cdef class Reading:
    """What a journal holds, in order: an iterator over commands and notes.

    Yields
    ------
    (int, numpy.ndarray) or (int, bytes)
        The number of the first entry with up to 4096 commands of `COMMAND_DTYPE`, or the number
        of a note with its bytes.

    Raises
    ------
    JournalDamageError
        At the end of what is sound, where something is damaged.
    JournalFormatError
        Where a file is of no journal, or of a later version of the format.
    JournalError
        Where a file can't be read.
    """

    def __dealloc__(self):
        if self.ahead.get() != NULL and self.process != os.getpid():
            # After a fork the thread is in the other process: to wait for it would be for ever.
            self.ahead.release()
            self.reader.release()
        self.ahead.reset()
        self.reader.reset()  # it closes a file, before the directory

    def __reduce__(self):
        raise TypeError("a Reading is of one process: it can't be pickled")

    def __iter__(self):
        return self

    def __next__(self):
        cdef Piece piece
        cdef cnp.ndarray commands
        if not self.take(&piece):
            self.raise_end()
            raise StopIteration
        if piece.note != NULL:
            return piece.first_sequence, PyBytes_FromStringAndSize(
                <const char*>piece.note, <Py_ssize_t>piece.note_bytes
            )
        commands = new_array(COMMAND, <cnp.npy_intp>piece.command_count)
        memcpy(
            cnp.PyArray_DATA(commands), piece.commands, piece.command_count * sizeof(cCommand)
        )
        return piece.first_sequence, commands

    cdef int read_ahead(self) except -1:
        self.check_idle()
        if self.ahead.get() == NULL:
            self.process = os.getpid()
            self.ahead.reset(new ReadAhead(self.reader.get()[0]))
        return 0

    cdef int check_idle(self) except -1:
        if self.reader.get() == NULL:
            raise JournalError("a Reading is made by read() or Journal.read()")
        if self.is_busy:
            raise EngineBusyError("the journal is being read by another thread")
        if self.ahead.get() != NULL and self.process != os.getpid():
            raise JournalError(
                f"the journal is read by a thread of process {self.process}, which process"
                f" {os.getpid()} does not have: read it anew"
            )
        return 0

    cdef bint take(self, Piece* piece) except -1:
        cdef bint has_more
        self.check_idle()
        cdef Reader* reader = self.reader.get()
        cdef ReadAhead* ahead = self.ahead.get()
        self.is_busy = True
        try:
            with nogil:
                has_more = reader.next(piece) if ahead == NULL else ahead.next(piece)
        finally:
            self.is_busy = False
        self.has_ended = not has_more
        return has_more

    @property
    def end(self):
        """How the reading ended, a `JournalEnd`; None before it has."""
        return end_of(self.reader.get().verdict()) if self.has_ended else None

    def raise_end(self):
        """Raise what the end was, unless it is clean or torn, or not reached.

        Raises
        ------
        JournalDamageError
            It was damage.
        JournalFormatError
            It was a file of no journal, or of a later version of the format.
        """
        end = self.end
        if end is None or end.finding in ("clean", "torn"):
            return
        kind = JournalDamageError if end.finding == "damaged" else JournalFormatError
        place = os.path.join(os.fsdecode(self.place), end.file)
        raise kind(f"{place}, offset {end.offset}: {end.what}", end.file, end.offset)


@cython.final
cdef class Journal:
    """A directory with a journal and snapshots, held by one process.

    Making one makes the directory, if there is none, and locks it; then `read` what is there,
    `cut` what a crash has left, `begin` and append.

    Parameters
    ----------
    path : str or path-like
        The directory.
    durability : {"group", "async", "sync"}
        What is promised when an append returns: all is synced ("sync"); no more than
        `group_bytes` are not, nor any for longer than `group_ms` ("group"); the operating system
        has it ("async").
    group_bytes : int
        Bytes, at least 1.
    group_ms : float
        Milliseconds, above 0 and at most a day.
    segment_bytes : int
        Bytes after which an append begins another segment.

    Raises
    ------
    JournalLockedError
        It is open elsewhere.
    JournalError
        The directory can't be made, read or locked, or a parameter is not one of those.
    """

    def __cinit__(
        self, path, *, durability="group", group_bytes=4 << 20, group_ms=10, segment_bytes=64 << 20
    ):
        if durability not in MODES:
            raise JournalError(f"durability was {shown(durability)}, not one of async, group, sync")
        for name, value in (("group_bytes", group_bytes), ("segment_bytes", segment_bytes)):
            as_int64(value, name)
        if not isinstance(group_ms, Real):
            kind = type(group_ms).__name__
            raise TypeError(f"group_ms was {shown(group_ms)}, of {kind}, not a number")
        if not isinstance(path, (str, bytes, os.PathLike)):
            raise TypeError(f"path was {shown(path)}, of {type(path).__name__}, not a path")
        if group_bytes < 1 or segment_bytes < 1:
            raise JournalError(
                f"group_bytes and segment_bytes were {group_bytes} and {segment_bytes}, must be"
                " above 0"
            )
        if not 0 < group_ms <= GROUP_MS_MAX:
            limits = f"must be above 0 and at most {GROUP_MS_MAX:,}, a day"
            raise JournalError(f"group_ms was {shown(group_ms)}, {limits}")
        self.options.durability = <Durability><int>MODES[durability]
        self.options.group_bytes = group_bytes
        self.options.group_ns = max(1, int(group_ms * NS_IN_MS))
        self.options.segment_bytes = segment_bytes
        self.place = path
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            named = os.fsdecode(path)
            is_file = isinstance(error, FileExistsError)
            said = f"{named} is no directory" if is_file else f"make {named}: {error.strerror}"
            raise JournalError(said, named, 0, error.errno) from None
        self.files = opened(path)
        self.files.get().lock()

    def __dealloc__(self):
        with nogil:
            del self.writer

    def __reduce__(self):
        raise TypeError("a Journal is of one process: it can't be pickled")

    cdef Files* directory(self) except NULL:
        if self.files.get() == NULL:
            raise JournalError("the journal is closed")
        return self.files.get()

    cdef Writer* begun_writer(self) except NULL:
        if self.writer == NULL:
            self.directory()
            raise JournalError("the journal is not open to append: begin() it")
        return self.writer

    cdef Writer* open_writer(self) except NULL:
        cdef Writer* writer = self.begun_writer()
        if self.is_busy:
            raise EngineBusyError("the journal is being appended to by another thread")
        return writer

    def read(self, *, after=0, chain=None):
        """Read the entries after a number; `read` of this module says more.

        Returns
        -------
        Reading
            An iterator.
        """
        cdef Reading reading = Reading.__new__(Reading)
        self.directory()
        reading.files = self.files
        start_reading(reading, self.place, after, chain)
        return reading

    def cut(self, end):
        """Cut off what a reading found torn or damaged, and what is behind it.

        Parameters
        ----------
        end : JournalEnd
            What `Reading.end` said. Segments behind a damaged one are kept as NAME.aside.

        Raises
        ------
        JournalError
            The file is of no journal or of a later version, or can't be changed.
        """
        cdef Verdict verdict = verdict_of(end)
        cdef Files* files = self.directory()
        with nogil:
            cut(files[0], verdict)

    def begin(self, position=JournalPosition()):
        """Go on behind an entry, in a new segment and a new epoch.

        Parameters
        ----------
        position : JournalPosition
            Where the reading ended; a new journal begins behind entry 0.

        Raises
        ------
        JournalError
            A file can't be made, or it was begun before.
        """
        cdef Files* files = self.directory()
        cdef cPosition at = native_position(position)
        if self.writer != NULL:
            raise JournalError("the journal was begun before")
        cdef Writer* writer = new Writer(files[0], self.options)
        try:
            with nogil:
                remove_unfinished(files[0])
                writer.begin(at.sequence, at.epoch + 1, at.chain)
        except:
            with nogil:
                del writer
            raise
        self.writer = writer

    def append(self, commands):
        """Append commands, all of them or none, and make them as durable as was chosen.

        Parameters
        ----------
        commands : numpy.ndarray
            Of `COMMAND_DTYPE`, whatever they hold.

        Returns
        -------
        int
            The number of the last entry.

        Raises
        ------
        JournalFullError
            No space was left; nothing was appended.
        JournalBrokenError
            What is on the device is not known.
        JournalError
            The operating system refused it; nothing was appended.
        """
        cdef Writer* writer = self.open_writer()
        check_array(commands, COMMAND, "commands", "COMMAND_DTYPE")
        cdef const cCommand* first = <const cCommand*>cnp.PyArray_DATA(<cnp.ndarray>commands)
        cdef size_t count = <size_t>cnp.PyArray_DIM(<cnp.ndarray>commands, 0)
        self.is_busy = True
        try:
            with nogil:
                writer.append(first, count)
        finally:
            self.is_busy = False
        return writer.sequence()

    def append_note(self, note):
        """Append a note, of at most 262,136 bytes; as `append` else.

        Parameters
        ----------
        note : bytes
            Whatever is to be read again.

        Returns
        -------
        int
            Its number.
        """
        cdef Writer* writer = self.open_writer()
        cdef bytes data = bytes(note)
        cdef const char* first = data
        cdef size_t count = len(data)
        self.is_busy = True
        try:
            with nogil:
                writer.append_note(first, count)
        finally:
            self.is_busy = False
        return writer.sequence()

    def sync(self):
        """Return when all that was appended is on the device.

        Another thread may append meanwhile, and another one sync; only closing is refused.

        Raises
        ------
        JournalBrokenError
            The device failed.
        """
        cdef Writer* writer = self.begun_writer()
        self.syncs += 1
        try:
            with nogil:
                writer.sync()
        finally:
            self.syncs -= 1

    def close(self):
        """Sync, note that the journal was closed, and give the directory free.

        Closing what is closed does nothing. A journal that is broken is left as it is.

        Raises
        ------
        JournalError
            What was appended is synced, but the end could not be noted.
        """
        if self.files.get() == NULL:
            return
        cdef Writer* writer = self.writer
        try:
            if writer != NULL:
                self.open_writer()
                if self.syncs != 0:
                    raise EngineBusyError("the journal is being synced by another thread")
                self.writer = NULL
                with nogil:
                    writer.close()
        finally:
            if self.writer == NULL:
                with nogil:
                    del writer
                self.files.get().unlock()
                self.files.reset()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    @property
    def is_closed(self):
        """Whether the directory was given free."""
        return self.files.get() == NULL

    @property
    def path(self):
        """The directory, as it was given."""
        return self.place

    @property
    def sequence(self):
        """The number of the last entry."""
        return self.open_writer().sequence()

    @property
    def synced_sequence(self):
        """The number of the last entry that is on the device for certain; 0 when not begun."""
        return 0 if self.writer == NULL else self.writer.synced_sequence()

    @property
    def position(self):
        """Where the journal stands, a `JournalPosition`."""
        return position_of(self.open_writer().position())

    @property
    def is_broken(self):
        """Whether nothing more can be appended."""
        return self.writer != NULL and self.writer.is_broken()

    @property
    def bytes_appended(self):
        """Bytes written to segments since `begin`, headers included."""
        return self.open_writer().bytes()

    def segments(self):
        """Return the segments, oldest first, as `JournalFile` tuples."""
        return names_of(list_segments(self.directory()[0]))

    def snapshots(self):
        """Return the snapshots, oldest first, as `JournalFile` tuples."""
        return names_of(list_snapshots(self.directory()[0]))

    def write_snapshot(self, position, meta, image):
        """Write a snapshot that is there as a whole or not at all.

        Parameters
        ----------
        position : JournalPosition
            Where the journal stood; it must be synced up to there.
        meta, image : bytes
            Its two parts.

        Returns
        -------
        str
            The name of its file.

        Raises
        ------
        JournalFullError
            No space was left.
        JournalError
            The operating system refused it.
        """
        cdef Files* files = self.directory()
        cdef cPosition at = native_position(position)
        cdef const unsigned char[::1] meta_view = meta
        cdef const unsigned char[::1] image_view = image
        cdef size_t meta_bytes = meta_view.shape[0]
        cdef size_t image_bytes = image_view.shape[0]
        cdef const unsigned char* first_meta = &meta_view[0] if meta_bytes != 0 else NULL
        cdef const unsigned char* first_image = &image_view[0] if image_bytes != 0 else NULL
        cdef string name
        with nogil:
            name = write_snapshot(
                files[0], at, first_meta, meta_bytes, first_image, image_bytes
            )
        return os.fsdecode(name)

    def read_snapshot(self, name):
        """Return what a snapshot holds, checked; `read_snapshot` of this module says more."""
        return snapshot_of(self.directory(), name)

    def remove_segments_before(self, sequence):
        """Remove segments of which every entry is at or before a number.

        Returns
        -------
        int
            How many.
        """
        cdef Files* files = self.directory()
        cdef uint64_t last = sequence
        cdef size_t removed
        with nogil:
            removed = remove_segments_before(files[0], last)
        return removed

    def remove_snapshots(self, kept):
        """Remove all snapshots but the newest so many.

        Returns
        -------
        int
            How many were removed.
        """
        cdef Files* files = self.directory()
        cdef size_t many = kept
        cdef size_t removed
        with nogil:
            removed = remove_snapshots(files[0], many)
        return removed
