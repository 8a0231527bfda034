# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""`FeedBuilder`, which makes market data of execution reports; its public name is in `engine.feed`.
"""

cimport cython
cimport numpy as cnp
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF

from engine._arrays cimport check_array, check_out, owning_array
from engine._native cimport *
from engine._numbers cimport within

from engine import _schema
from engine._members import check_named, refuse_names, truth_of
from engine._shown import counted, integer_of, shown
from engine.errors import CommandError, EngineBusyError, EngineError, InvariantError
from engine.errors import SequenceGapError

cnp.import_array()

Py_INCREF(InvariantError)
set_invariant_error(<PyObject*>InvariantError)

cdef cnp.dtype REPORT = _schema.REPORT_DTYPE
cdef cnp.dtype FEED = _schema.FEED_DTYPE

cdef enum:
    MESSAGES_A_REPORT = 3  # as many as are made room for at first
    REPORTS_LOCKED = 16  # so few are read sooner than the interpreter lock is released and taken
    LEVELS_ALL = -1

REPORTS_MAX = 2**63 - 1

ALL_CHANNELS = sum(_schema.FeedChannel)


cdef object one_channel(object channel):
    """Return the number of one channel; a flag of Python may have bits that are none."""
    number = integer_of("channel", channel)
    if number not in tuple(_schema.FeedChannel):
        raise EngineError(f"channel was {shown(channel)}, not one channel")
    return number


@cython.final
cdef class FeedBuilder:
    """Market data of any number of instruments, made of execution reports and nothing else.

    It keeps its own picture of what is shown of each book, and never looks at one. What each
    message means is in docs/semantics/market-data.md.

    Parameters
    ----------
    channels : FeedChannel
        Which channels to make; by default all. Those left out cost little.
    report_numbers : bool
        Whether messages name the reports that they came from. A consumer can count from the gaps
        between them what is not shown; without, the field is zero. It is zero for dark instruments.
    after : int
        The number of the last report that it is not given, of an engine in which no order rested by
        then; `builder_of` makes one for a venue in which orders rest.

    Examples
    --------
    >>> from engine import BUY, SELL, OrderBook
    >>> from engine.feed import FeedBuilder, FeedKind
    >>> book, builder = OrderBook(), FeedBuilder()
    >>> builder.add_instrument(0)
    >>> messages = builder.read(book.submit(SELL, 101, 5).reports)
    >>> [FeedKind(kind).name for kind in messages["kind"]]
    ['ADD', 'LEVEL', 'TOP']
    >>> messages = builder.read(book.submit(BUY, 101, 2, 7).reports)
    >>> [(FeedKind(kind).name, left) for kind, left in messages[["kind", "quantity"]].tolist()]
    [('TRADE', 0), ('EXECUTE', 3), ('LEVEL', 3), ('TOP', 3)]
    """

    cdef cFeedBuilder* builder
    cdef FeedBuffer buffer
    cdef int64_t channels
    cdef bint is_busy
    cdef bint is_broken

    def __cinit__(
        self, *places, channels=ALL_CHANNELS, report_numbers=True, after=0, **others
    ):
        check_named("FeedBuilder", places, "FeedBuilder(channels=FeedChannel.TOP)")
        refuse_names("FeedBuilder", others, ("channels", "report_numbers", "after"))
        cdef int64_t bits = within(channels, "channels", 1, ALL_CHANNELS)
        cdef bint is_named = truth_of(report_numbers, "report_numbers")
        cdef int64_t last = within(after, "after", 0, REPORTS_MAX)
        self.channels = bits
        self.builder = new cFeedBuilder(bits, NAMED if is_named else CONCEALED, last)

    def __dealloc__(self):
        del self.builder

    def __reduce__(self):
        raise TypeError("a FeedBuilder cannot be pickled: feed its reports to another one")

    def __repr__(self):
        if self.is_busy or self.is_broken:
            return f"FeedBuilder({'busy' if self.is_busy else 'broken'})"
        channels = _schema.FeedChannel(self.channels).name
        instruments = counted(self.builder.instrument_count(), "instrument")
        return f"FeedBuilder({channels}, {instruments}, next_report={self.builder.next_report()})"

    cdef int check_idle(self) except -1:
        if self.is_busy:
            raise EngineBusyError("the feed builder is reading on another thread")
        if self.is_broken:
            raise InvariantError("an earlier call found reports that contradict each other")
        return 0

    cdef uint32_t added(self, object instrument) except? 0xFFFFFFFF:
        cdef uint32_t number = within(instrument, "instrument", 0, 2**32 - 1)
        self.check_idle()
        if not self.builder.has_instrument(number):
            raise EngineError(f"instrument was {number}, which was not added")
        return number

    def add_instrument(self, instrument, *, dark=False):
        """Begin to tell of an instrument, by the number that its engine gave it.

        Reports of others are passed over. An instrument must be added before its first order.

        Parameters
        ----------
        instrument : int
            The number in its reports.
        dark : bool
            Tell of its trades only, and of no order, level or price.

        See Also
        --------
        add_instruments : those of a venue, which say themselves whether they are dark.
        """
        cdef uint32_t number = within(instrument, "instrument", 0, INSTRUMENTS_MAX - 1)
        cdef bint is_dark = truth_of(dark, "dark")
        self.check_idle()
        if self.builder.has_instrument(number):
            raise EngineError(f"instrument was {number}, which was added before")
        self.builder.add_instrument(number, DARK if is_dark else LIT)

    def add_instruments(self, instruments):
        """Begin to tell of all instruments of a venue; those that are dark stay dark.

        Parameters
        ----------
        instruments : iterable of Instrument
            By number: `Engine.instruments`. Those that were added before are passed over, so this
            may be called again when the venue has more.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> from engine.feed import FeedBuilder
        >>> venue, builder = Engine(), FeedBuilder()
        >>> terms = {"tick_size": "0.01", "lot_size": 1}
        >>> venue.add_instrument(Instrument(symbol="LIT", **terms))
        0
        >>> venue.add_instrument(Instrument(symbol="DARK", visibility="dark", **terms))
        1
        >>> builder.add_instruments(venue.instruments)
        >>> for symbol in "LIT", "DARK":
        ...     report = venue.submit(symbol, side="buy", price=100, quantity=5)
        ...     print(len(builder.read(report.reports)))
        3
        0
        """
        cdef list darks = []
        if not hasattr(instruments, "__iter__"):
            kind = type(instruments).__name__
            raise TypeError(f"instruments was {shown(instruments)}, of {kind}, not of Instruments")
        for number, instrument in enumerate(instruments):
            visibility = getattr(instrument, "visibility", None)
            if not isinstance(visibility, _schema.Visibility):
                kind = type(instrument).__name__
                raise TypeError(f"instruments[{number}] was of {kind}, not an Instrument")
            darks.append(visibility == _schema.Visibility.DARK)
        for number, is_dark in enumerate(darks):
            self.check_idle()
            if not self.builder.has_instrument(number):
                self.add_instrument(number, dark=is_dark)

    def read(self, reports, *, out=None):
        """Return the messages that a run of reports makes.

        Parameters
        ----------
        reports : ndarray of REPORT_DTYPE, shape (n,)
            All that came since the last call, of whole commands: what `match` or a call returned,
            or several of them joined. Large arrays are read with the interpreter lock released.
        out : ndarray of FEED_DTYPE, shape (m,), optional
            Where to write, to be used again and again. When the messages do not fit, a new array
            is returned instead.

        Returns
        -------
        ndarray of FEED_DTYPE
            In the order in which they are to be sent; the beginning of `out` when it was given and
            large enough.

        Raises
        ------
        CommandError
            For a wrong dtype, shape or layout.
        SequenceGapError
            When a report is missing or out of its order. Nothing was read.
        InvariantError
            For reports that contradict each other, which no engine makes. The builder is then of
            no further use.
        """
        check_array(reports, REPORT, "reports", "REPORT_DTYPE")
        if out is not None:
            check_out(out, FEED, "FEED_DTYPE", reports)
        self.check_idle()
        cdef const cReport* first = <const cReport*>cnp.PyArray_DATA(reports)
        cdef size_t count = cnp.PyArray_SIZE(reports)
        cdef size_t gap = self.builder.find_gap(first, count)
        if gap != count:
            raise SequenceGapError(
                f"reports[{gap}].sequence_number",
                self.builder.next_report() + gap,
                first[gap].sequence_number,
            )
        if out is None:
            self.buffer.borrow(NULL, 0)
            self.buffer.reserve(MESSAGES_A_REPORT * count + 8)
        else:
            self.buffer.borrow(<cMessage*>cnp.PyArray_DATA(out), cnp.PyArray_SIZE(out))
        self.read_into_buffer(first, count)
        cdef size_t written = self.buffer.size()
        if not self.buffer.is_owner():
            return out[:written]
        return owning_array(FEED, written, self.buffer.release())

    cdef int read_into_buffer(self, const cReport* first, size_t count) except -1:
        """Read, and take note of a failure, which leaves the picture half changed."""
        self.is_broken = True
        if count <= REPORTS_LOCKED:
            self.builder.read(first, count, self.buffer)
        else:
            self.is_busy = True
            try:
                with nogil:
                    self.builder.read(first, count, self.buffer)
            finally:
                self.is_busy = False
        self.is_broken = False
        return 0

    def snapshot(self, instrument, channel=_schema.FeedChannel.LEVELS, *, levels=None):
        """Return all that is shown of an instrument now, for a consumer that joins.

        Parameters
        ----------
        instrument : int
            One that was added.
        channel : FeedChannel
            One of them: LEVELS for prices, ORDERS for orders, TOP for the best prices, TRADES for
            the last trade only.
        levels : int, optional
            At most so many prices of each side; by default all.

        Returns
        -------
        ndarray of FEED_DTYPE
            A SNAPSHOT, and behind it the messages TOP, LEVEL or ADD that make up the picture. All
            have the number of the channel's last message, which the snapshot covers.

        Raises
        ------
        EngineError
            The instrument was not added, or it is not one channel.
        OverflowError, TypeError
            The levels are below 0; or what must be an integer is none.
        """
        cdef uint32_t number = self.added(instrument)
        cdef int one = one_channel(channel)
        cdef size_t most = LEVELS_ALL if levels is None else within(levels, "levels", 0, 2**62)
        self.check_idle()  # the arguments may have let another thread in
        self.buffer.borrow(NULL, 0)
        self.buffer.reserve(16)
        self.builder.write_snapshot(number, <FeedChannel>one, most, self.buffer)
        cdef size_t written = self.buffer.size()
        return owning_array(FEED, written, self.buffer.release())

    def sequence_number(self, instrument, channel=_schema.FeedChannel.LEVELS):
        """The number of a channel's last message, 0 when there was none.

        Parameters
        ----------
        instrument : int
            One that was added.
        channel : FeedChannel
            One of them.

        Raises
        ------
        EngineError
            The instrument was not added, or it is not one channel.
        TypeError
            What must be an integer is none.
        """
        cdef uint32_t number = self.added(instrument)
        cdef int one = one_channel(channel)
        self.check_idle()
        return self.builder.sequence_number(number, <FeedChannel>one)

    @property
    def next_report(self):
        """The sequence number that the next report must have."""
        self.check_idle()
        return self.builder.next_report()

    def check_invariants(self):
        """Raise `InvariantError` when the picture contradicts itself; walks over all of it."""
        self.check_idle()
        self.builder.check_invariants()
