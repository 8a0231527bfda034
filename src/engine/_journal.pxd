# The journal beneath a durable engine: what `_core` appends to, and the Python faces of it.
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport shared_ptr, unique_ptr
from libcpp.optional cimport optional
from libcpp.string cimport string
from libcpp.vector cimport vector

from engine._native cimport cCommand


cdef extern from "engine/bindings/journal_glue.hpp" namespace "engine":
    void raise_journal() with gil

cdef extern from "engine/journal/segment.hpp" namespace "engine" nogil:
    cdef cppclass cPosition "engine::JournalPosition":
        uint64_t sequence
        uint32_t epoch
        uint64_t chain

cdef extern from "engine/journal/posix_files.hpp" namespace "engine" nogil:
    cdef cppclass Files:
        pass

    cdef cppclass PosixFiles(Files):
        PosixFiles(const string& directory) except +raise_journal
        void lock() except +raise_journal
        void unlock()

cdef extern from "engine/journal/directory.hpp" namespace "engine" nogil:
    cdef cppclass cJournalFile "engine::JournalFile":
        string name
        uint64_t sequence
        uint32_t epoch

    vector[cJournalFile] list_segments(Files& files) except +raise_journal
    vector[cJournalFile] list_snapshots(Files& files) except +raise_journal
    size_t remove_segments_before(Files& files, uint64_t sequence) except +raise_journal
    size_t remove_snapshots(Files& files, size_t kept) except +raise_journal
    void remove_unfinished(Files& files) except +raise_journal

cdef extern from "engine/journal/writer.hpp" namespace "engine" nogil:
    ctypedef int Durability "engine::Durability"
    const Durability ASYNC "engine::Durability::ASYNC"
    const Durability GROUP "engine::Durability::GROUP"
    const Durability SYNC "engine::Durability::SYNC"

    cdef cppclass WriterOptions:
        Durability durability
        uint64_t group_bytes
        uint64_t group_ns
        uint64_t segment_bytes

    # `append` may be called without the interpreter lock; what it throws is raised with it.
    cdef cppclass Writer:
        Writer(Files& files, const WriterOptions& options) except +raise_journal
        void begin(uint64_t sequence, uint32_t epoch, uint64_t chain) except +raise_journal
        void append(const cCommand* commands, size_t count) except +raise_journal
        void append_note(const void* data, size_t count) except +raise_journal
        void sync() except +raise_journal
        void close() except +raise_journal
        uint64_t sequence()
        const cPosition& position()
        uint64_t synced_sequence()
        cbool is_broken()
        uint64_t bytes()

cdef extern from "engine/journal/reader.hpp" namespace "engine" nogil:
    ctypedef int Finding "engine::Finding"
    const Finding CLEAN "engine::Finding::CLEAN"
    const Finding TORN "engine::Finding::TORN"
    const Finding DAMAGED "engine::Finding::DAMAGED"
    const Finding FOREIGN "engine::Finding::FOREIGN"
    const Finding NEWER "engine::Finding::NEWER"

    cdef cppclass Verdict:
        Finding finding
        string file
        uint64_t offset
        uint64_t cut_bytes
        cPosition position
        cbool is_closed
        string what

    cdef cppclass Piece:
        uint64_t first_sequence
        const cCommand* commands
        size_t command_count
        const uint8_t* note
        size_t note_bytes

    cdef cppclass Reader:
        Reader(
            Files& files, uint64_t after, optional[uint64_t] chain
        ) except +raise_journal
        cbool next(Piece* piece) except +raise_journal
        const Verdict& verdict()

    void cut(Files& files, const Verdict& verdict) except +raise_journal

cdef extern from "engine/journal/read_ahead.hpp" namespace "engine" nogil:
    cdef cppclass ReadAhead:
        ReadAhead(Reader& reader) except +raise_journal
        cbool next(Piece* piece) except +raise_journal

cdef extern from "engine/journal/snapshot_file.hpp" namespace "engine" nogil:
    cdef cppclass cSnapshot "engine::Snapshot":
        cPosition position
        vector[uint8_t] meta
        vector[uint8_t] image

    string write_snapshot(
        Files& files, const cPosition& position,
        const void* meta, size_t meta_bytes, const void* image, size_t image_bytes,
    ) except +raise_journal
    cSnapshot read_snapshot_file "engine::read_snapshot"(
        Files& files, const string& name
    ) except +raise_journal


cdef class Reading:
    cdef shared_ptr[PosixFiles] files
    cdef unique_ptr[Reader] reader
    cdef unique_ptr[ReadAhead] ahead  # null where it reads when it is asked
    cdef object process  # where the thread is that reads ahead
    cdef object place  # the directory as it was given
    cdef bint is_busy
    cdef bint has_ended
    # Lets a thread of its own read from now on, some pieces ahead.
    cdef int read_ahead(self) except -1
    cdef int check_idle(self) except -1
    # The next piece, without a Python object: false at the end, which `end` and `raise_end` tell.
    cdef bint take(self, Piece* piece) except -1


cdef class Journal:
    cdef shared_ptr[PosixFiles] files
    cdef Writer* writer  # null before begin() and after close()
    cdef WriterOptions options
    cdef object place  # the directory as it was given
    cdef bint is_busy
    cdef int syncs  # how many threads wait for the device

    cdef Files* directory(self) except NULL
    cdef Writer* begun_writer(self) except NULL
    cdef Writer* open_writer(self) except NULL
