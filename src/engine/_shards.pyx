# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""`Shards`, several cores that answer as one; `match` lets them work beside each other."""

cimport cython
cimport numpy as cnp
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF

from engine._accounts cimport hash_accounts, number_of
from engine._arrays cimport check_array, check_out, owning_array
from engine._checks cimport refuse_batch
from engine._core cimport Core
from engine._native cimport *
from engine._numbers cimport within
from engine._order_arrays cimport gather_book, with_details

import hashlib
import os
import struct
from weakref import WeakSet

from engine import _schema
from engine._book import place_books
from engine._shown import shown
from engine.errors import CommandError, EngineError, InvariantError

cnp.import_array()

Py_INCREF(InvariantError)
set_invariant_error(<PyObject*>InvariantError)

cdef cnp.dtype COMMAND = _schema.COMMAND_DTYPE
cdef cnp.dtype REPORT = _schema.REPORT_DTYPE
cdef cnp.dtype TRADE = _schema.TRADE_DTYPE

MAX_SHARDS = SHARDS_MAX
FIRST_ORDER_IDS = (1 << 64) // <object>SHARDS_MAX


@cython.final
cdef class Shards:
    """Cores that have every instrument, each with the orders of those that are placed with it.

    From then on a command to one of them is a command to all: each goes where its instrument is.

    Parameters
    ----------
    cores : list of Core
        New ones, without instruments.
    threads : int
        How many threads share a batch, the caller's counted.
    """

    cdef cShards* shards
    cdef list cores
    cdef object process  # where the threads are
    cdef ReportBuffer reports
    cdef TradeBuffer trades
    cdef object books  # the faces of instruments, which are told when theirs moves

    def __cinit__(self, list cores, threads):
        cdef vector[cEngine*] engines
        cdef Core core
        for core in cores:
            engines.push_back(core.engine)
        within(len(cores), "shards", 1, SHARDS_MAX)
        self.shards = new cShards(engines, within(threads, "threads", 1, len(cores)))
        self.cores = list(cores)
        self.process = os.getpid()
        self.books = WeakSet()
        for core in cores:
            self.own(core)

    def __dealloc__(self):
        # After a fork the threads are in the other process: to wait for them would be for ever.
        if self.process == os.getpid():
            del self.shards

    cdef int own(self, Core core) except -1:
        core.shards = self.shards
        core.owner = self
        return 0

    cdef int begin(self) except -1:
        """Let no other thread in before the batch is done; whether this one had let none in."""
        cdef Core core
        cdef bint was_held = False
        for core in self.cores:
            core.check_idle()
            was_held = core.is_busy
        if self.process != os.getpid():
            raise EngineError(
                f"shards were made in process {self.process}, whose threads process"
                f" {os.getpid()} does not have: make them after the fork"
            )
        self.set_busy(True)
        return was_held

    cdef int set_busy(self, bint is_busy) except -1:
        cdef Core core
        for core in self.cores:
            core.is_busy = is_busy
        return 0

    def place(self, shard):
        """Say which shard the next instrument is in, which every core was given."""
        self.shards.place(<uint32_t>within(shard, "shard", 0, len(self.cores) - 1))

    def shard_of(self, instrument):
        """Which shard an instrument is in; 0 where there is none of that number."""
        return self.shards.shard_of(<uint32_t>within(instrument, "instrument", 0, 0xFFFFFFFF))

    def match(self, commands, *, str detail="all", out=None):
        """Apply a batch of commands, as `Core.match` does."""
        check_array(commands, COMMAND, "commands", "COMMAND_DTYPE")
        if detail not in ("all", "trades"):
            raise CommandError(f"detail was {shown(detail)}, not 'all' or 'trades'")
        if out is not None:
            if detail == "all":
                check_out(out, REPORT, "REPORT_DTYPE", commands)
            else:
                check_out(out, TRADE, "TRADE_DTYPE", commands)
        cdef bint was_held = self.begin()
        try:
            if detail == "all":
                return self.match_reports(commands, out)
            return self.match_trades(commands, out)
        finally:
            self.set_busy(was_held)

    cdef object match_reports(self, cnp.ndarray commands, object out):
        cdef size_t count = cnp.PyArray_SIZE(commands)
        cdef const cCommand* first = <const cCommand*>cnp.PyArray_DATA(commands)
        if out is None:
            self.reports.borrow(NULL, 0)
            self.reports.reserve(count + count // 4 + 16)
        else:
            self.reports.borrow(<cReport*>cnp.PyArray_DATA(out), cnp.PyArray_SIZE(out))
        cdef CommandBatch batch
        with nogil:
            batch = self.shards.match(first, count, self.reports)
        refuse_batch(batch, False)
        cdef size_t written = self.reports.size()
        if not self.reports.is_owner():
            return out[:written]
        return owning_array(REPORT, written, self.reports.release())

    cdef object match_trades(self, cnp.ndarray commands, object out):
        cdef size_t count = cnp.PyArray_SIZE(commands)
        cdef const cCommand* first = <const cCommand*>cnp.PyArray_DATA(commands)
        if out is None:
            self.trades.borrow(NULL, 0)
            self.trades.reserve(count // 4 + 16)
        else:
            self.trades.borrow(<cTrade*>cnp.PyArray_DATA(out), cnp.PyArray_SIZE(out))
        cdef CommandBatch batch
        with nogil:
            batch = self.shards.match(first, count, self.trades)
        refuse_batch(batch, False)
        cdef size_t written = self.trades.size()
        if not self.trades.is_owner():
            return out[:written]
        return owning_array(TRADE, written, self.trades.release())

    def match_at(self, shard, commands):
        """Apply commands in one shard alone, whatever they name; none has a timestamp."""
        check_array(commands, COMMAND, "commands", "COMMAND_DTYPE")
        cdef CommandBatch batch
        cdef size_t written
        cdef uint32_t number = <uint32_t>within(shard, "shard", 0, len(self.cores) - 1)
        cdef const cCommand* first = <const cCommand*>cnp.PyArray_DATA(commands)
        cdef size_t count = cnp.PyArray_SIZE(commands)
        cdef bint was_held = self.begin()
        try:
            self.reports.borrow(NULL, 0)
            self.reports.reserve(count)
            batch = self.shards.match_at(number, first, count, self.reports)
            refuse_batch(batch, False)
            written = self.reports.size()
            return owning_array(REPORT, written, self.reports.release())
        finally:
            self.set_busy(was_held)

    def core_for(self, book):
        """The core that a book is to ask; the book is told when its instrument moves."""
        self.books.add(book)
        return self.cores[self.shards.shard_of(book.instrument)]

    def move(self, instrument, shard):
        """Move an instrument with all that it is to another shard; books of it go with it.

        Raises
        ------
        EngineError
            An order's id is live in that shard, it would have too many orders, an account lacks
            money that would go along, or another thread runs a batch. Nothing has changed then.
        """
        cdef size_t known = (<Core>self.cores[0]).engine.instrument_count()
        if known == 0:
            raise EngineError(f"instrument was {shown(instrument)}, of none added")
        cdef uint32_t number = <uint32_t>within(instrument, "instrument", 0, known - 1)
        cdef uint32_t to = <uint32_t>within(shard, "shard", 0, len(self.cores) - 1)
        cdef cObstacle found
        cdef bint was_held = self.begin()
        try:
            books = self.books_of({number})
            with nogil:
                found = self.shards.move(number, to)
            if not found.is_none():
                self.refuse(found, self.cores[to], to)
            place_books(books, self.cores[to])
        finally:
            self.set_busy(was_held)

    def add(self, Core core not None, threads, list instruments):
        """Add a shard, to which these instruments move; from then on so many threads share a batch.

        Raises
        ------
        EngineError
            As `move`; or there are as many shards as there can be.
        """
        cdef size_t count = len(self.cores)
        cdef size_t known = (<Core>self.cores[0]).engine.instrument_count()
        within(count + 1, "shards", 1, SHARDS_MAX)
        cdef size_t workers = within(threads, "threads", 1, count + 1)
        cdef vector[uint32_t] moving
        cdef cObstacle found
        for instrument in instruments:
            moving.push_back(<uint32_t>within(instrument, "instrument", 0, known - 1))
        cdef bint was_held = self.begin()
        try:
            core.engine.follow((<Core>self.cores[0]).engine[0])
            books = self.books_of(set(moving))
            self.cores.append(core)
            try:
                with nogil:
                    found = self.shards.add(core.engine[0], workers, moving)
                if not found.is_none():
                    self.refuse(found, core, count)
            except BaseException:
                self.cores.pop()
                raise
            self.own(core)
            place_books(books, core)
        finally:
            self.set_busy(was_held)
            core.is_busy = False

    cdef list books_of(self, set instruments):
        return [book for book in self.books if book.instrument in instruments]

    cdef int refuse(self, const cObstacle& found, Core to, shard) except -1:
        """Say why instruments can't come to a shard."""
        if found.order_id != 0:
            raise EngineError(
                f"order_id was {found.order_id}, of a live order in instrument"
                f" {found.instruments[0]} and of one in instrument {found.instruments[1]}: both"
                f" would be in shard {shard}, where an id is that of one order"
            )
        if found.orders != 0:
            raise EngineError(
                f"shard {shard} would have {found.orders} live orders, of at most"
                f" {to.engine.orders_max()}"
            )
        return self.refuse_lack(found, shard)

    cdef int refuse_lack(self, const cObstacle& found, to) except -1:
        """Say what money is lacking that would go along."""
        cdef cLack lack = found.lack
        moving = f"instrument {lack.instrument} from shard {found.shard} to shard {to}"
        if lack.where == LACKS_DEPOSITS:
            raise EngineError(
                f"with {moving} what counts as deposited of currency {lack.currency} would pass 64"
                " bits in one of them"
            )
        needed, there = number_of(lack.needed), number_of(lack.there)
        where = found.shard if lack.where == LACKS_WHERE_LEFT else to
        raise EngineError(
            f"account {lack.account} lacks {needed - there} units of currency {lack.currency} in"
            f" shard {where} to move {moving}: {needed} were needed, of which there were {there}"
            f" beside what else it has there needs; allocate it more there, or let it cancel orders"
            " or close positions"
        )

    def state_hash(self):
        """SHA-256, in hex, over the logical state: that of one engine with all instruments.

        Each instrument as its shard has it, then with accounts what each shard has of them. At
        the end the next order id of the first shard, and of each other that has assigned one.
        """
        cdef Core core
        cdef uint32_t instrument
        cdef list parts = []
        cdef list details = []
        for core in self.cores:
            core.check_idle()
        for instrument in range((<Core>self.cores[0]).engine.instrument_count()):
            core = self.cores[self.shards.shard_of(instrument)]
            gather_book(core.engine, instrument, parts, details)
        for core in self.cores:
            if core.engine.accounts().is_kept():
                hash_accounts(
                    core.engine.accounts(),
                    core.engine.rates(),
                    parts,
                    core.engine.instrument_count(),
                )
        for shard, core in enumerate(self.cores):
            next_id = core.engine.counters().next_order_id
            if shard == 0 or next_id != shard * FIRST_ORDER_IDS + 1:
                parts.append(struct.pack("<Q", next_id))
        digest = hashlib.sha256()
        for part in with_details(parts, details):
            digest.update(part)
        return digest.hexdigest()

    def deposited(self, currency):
        """What was deposited in a currency less what was withdrawn, in its smallest unit."""
        return number_of(
            self.shards.deposited(<uint32_t>within(currency, "currency", 0, 0xFFFFFFFF))
        )

    def check_invariants(self):
        """Raise `InvariantError` when a shard, or what they are together, contradicts itself."""
        cdef Core core
        for core in self.cores:
            core.check_invariants()
        self.shards.check_invariants()

    @property
    def time(self):
        """The largest timestamp seen, nanoseconds."""
        return self.shards.time()

    @property
    def report_count(self):
        """How many reports were made."""
        return self.shards.made().reports

    @property
    def trade_count(self):
        """How many trades were made."""
        return self.shards.made().trades

    def __reduce__(self):
        raise TypeError("shards can't be pickled")
