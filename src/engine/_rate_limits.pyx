# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""`RateLimiter`, which counts what users do against the limits of their tiers."""

cimport cython
cimport numpy as cnp
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from engine._arrays cimport new_array
from engine._native cimport CountKind, RateKind, answer_of, cLiquidity, cRateAnswer
from engine._native cimport raise_python, set_invariant_error
from engine._numbers cimport as_uint64, within

import numpy as np

from engine import _schema, rate_tiers
from engine.errors import CommandError, EngineBusyError, EngineError, InvariantError, TierError
from engine._members import refuse_names
from engine._shown import counted, shown
from engine.rate_tiers import RateAnswer, RateTier, check_replacement, check_tiers, tiers_of

cnp.import_array()

Py_INCREF(InvariantError)
set_invariant_error(<PyObject*>InvariantError)


cdef extern from "engine/accounts/rate_limits.hpp" namespace "engine" nogil:
    const uint32_t NO_LIMIT
    const uint32_t RATE_USERS_MAX

    cdef cppclass RateTerms:
        RateTerms()
        uint32_t windows[7]
        uint32_t counts[4]
        uint32_t burst
        uint32_t refill
        uint32_t refill_seconds
        uint32_t taker_credit
        uint32_t maker_credit

    cdef cppclass RateLimits:
        RateLimits(const vector[RateTerms]& tiers) except +raise_python
        uint32_t add_users(uint32_t count, uint32_t tier) except +raise_python
        void set_tier(uint32_t user, uint32_t tier) except +raise_python
        void set_terms(uint32_t tier, const RateTerms& terms) except +raise_python
        void set_factor(uint32_t tier, uint32_t millionths) except +raise_python
        cbool take(uint32_t user, RateKind kind, uint64_t time)
        cRateAnswer ask(uint32_t user, RateKind kind, uint64_t time) except +raise_python
        cRateAnswer check(uint32_t user, RateKind kind, uint64_t time) except +raise_python
        void take_batch(
            const uint32_t* users, const uint8_t* kinds, const uint64_t* times, size_t count,
            uint8_t* allowed
        )
        void check_batch(
            const uint32_t* users, const uint8_t* kinds, const uint64_t* times, size_t count,
            cRateAnswer* answers
        ) except +raise_python
        uint32_t used(uint32_t user, RateKind kind, uint64_t time) except +raise_python
        void credit_fill(
            uint32_t user, cLiquidity liquidity, int64_t last_quantity, int64_t filled_quantity,
            uint64_t time
        ) except +raise_python
        cbool acquire(uint32_t user, CountKind kind, uint32_t count) except +raise_python
        cbool release(uint32_t user, CountKind kind, uint32_t count) except +raise_python
        uint32_t held(uint32_t user, CountKind kind) except +raise_python
        uint32_t room(uint32_t user, CountKind kind) except +raise_python
        uint32_t users()
        uint32_t tier(uint32_t user)
        uint64_t time()
        size_t bytes_a_user()
        size_t memory_bytes()

cdef cnp.dtype ANSWER = _schema.RATE_ANSWER_DTYPE
cdef int64_t KIND_LAST = len(_schema.RateKind) - 1
cdef int64_t COUNT_LAST = len(_schema.CountKind) - 1
cdef object KIND_OF_ANSWER = RateAnswer
cdef object COLUMNS = (("users", np.uint32), ("kinds", np.uint8), ("timestamps", np.uint64))


cdef uint32_t limit_of(object tier, str field) except? 0:
    limit = getattr(tier, field)
    return NO_LIMIT if limit is None else limit


cdef RateTerms terms_of(object tier) except *:
    cdef RateTerms terms
    cdef size_t i
    for i, (field, _, _) in enumerate(rate_tiers.WINDOWS):
        terms.windows[i] = limit_of(tier, field)
    for i, (field, _) in enumerate(rate_tiers.COUNTS):
        terms.counts[i] = limit_of(tier, field)
    terms.burst = limit_of(tier, "burst")
    if tier.refill is not None:
        terms.refill = tier.refill
    terms.refill_seconds = tier.refill_seconds
    terms.taker_credit = tier.taker_credit
    terms.maker_credit = tier.maker_credit
    return terms


cdef int check_column(object column, str name, object dtype, Py_ssize_t count) except -1:
    """Refuse what cannot be read as it is."""
    if not isinstance(column, np.ndarray):
        raise CommandError(f"{name} was of {type(column).__name__}, not a NumPy array")
    if column.dtype != dtype:
        raise CommandError(f"{name}.dtype was {column.dtype}, not {np.dtype(dtype)}")
    if column.ndim != 1 or not column.flags.c_contiguous or not column.flags.aligned:
        raise CommandError(f"{name} was not one-dimensional, contiguous and aligned")
    if len(column) != count:
        raise CommandError(f"{name} were {len(column)}, must be {count} as users are")
    return 0


@cython.final
cdef class RateLimiter:
    """Counts what users do against the limits of their tiers.

    It needs no engine and reads no clock: the caller brings the time, in nanoseconds, and an
    earlier one counts as the latest that was seen. Users are numbers from 0. All limits of a kind
    must have room; a call that is refused takes nothing from any of them. The rules are in
    docs/semantics/rate-limits.md.

    Parameters
    ----------
    tiers : RateTier or sequence of RateTier
        1 to 256, each with a name of its own. What none of them limits is not counted.

    Raises
    ------
    TierError
        No tier, too many, or two of one name.

    Examples
    --------
    >>> from engine import RateKind, RateLimiter
    >>> from engine.rate_tiers import GODARK
    >>> limiter = RateLimiter(GODARK.values())
    >>> user = limiter.add_users()
    >>> [limiter.take(user, RateKind.ORDER, 0) for _ in range(31)].count(True)
    30
    >>> limiter.check(user, RateKind.ORDER, 59_000_000_000)
    RateAnswer(allowed=False, remaining=0, retry_after=1000000000, reset_time=60000000000)
    >>> limiter.check(user, RateKind.ORDER, 60_000_000_000).remaining
    29

    A user who was never added:

    >>> limiter.take(7, RateKind.ORDER, 0)
    Traceback (most recent call last):
        ...
    engine.errors.EngineError: user was 7, of 1 users
    """

    cdef RateLimits* limits
    cdef dict numbers
    cdef list table
    cdef bint is_busy

    def __cinit__(self, tiers=None, **others):
        refuse_names("RateLimiter", others, ("tiers",))
        tiers = tiers_of(tiers)
        cdef vector[RateTerms] terms
        for tier in tiers:
            terms.push_back(terms_of(tier))
        self.limits = new RateLimits(terms)
        self.table = list(tiers)
        self.numbers = {tier.name: number for number, tier in enumerate(tiers)}

    def __dealloc__(self):
        del self.limits

    def __reduce__(self):
        raise TypeError("a RateLimiter cannot be pickled: its tiers can, and calls made again")

    def __bool__(self):
        return True

    def __len__(self):
        return self.limits.users()

    def __repr__(self):
        if self.is_busy:
            return "RateLimiter(busy)"
        tiers, users = counted(len(self.table), "tier"), counted(self.limits.users(), "user")
        return f"RateLimiter({tiers}, {users}, time={self.limits.time()})"

    cdef int check_idle(self) except -1:
        if self.is_busy:
            raise EngineBusyError("the rate limiter is at work on another thread")
        return 0

    cdef inline uint32_t known(self, object user) except? 0xFFFFFFFF:
        cdef uint32_t number = within(user, "user", 0, RATE_USERS_MAX - 1)
        if self.is_busy or number >= self.limits.users():
            self.check_idle()
            raise EngineError(f"user was {number}, of {self.limits.users()} users")
        return number

    cdef uint32_t named(self, object tier) except? 0xFFFFFFFF:
        self.check_idle()
        number = self.numbers.get(tier) if isinstance(tier, str) else None
        if number is None:
            names = ", ".join(map(repr, self.numbers))
            raise TierError(f"tier was {shown(tier)}, not one of {names}")
        return number

    @property
    def tiers(self):
        """The tiers, in their order."""
        return tuple(self.table)

    @property
    def time(self):
        """The latest time seen, nanoseconds."""
        return self.limits.time()

    @property
    def bytes_a_user(self):
        """The size of a user's record: what some tier limits, and no more."""
        return self.limits.bytes_a_user()

    @property
    def memory_bytes(self):
        """Bytes of all records, with room that is reserved."""
        return self.limits.memory_bytes()

    def add_users(self, count=1, tier=None):
        """Add users, and return the number of the first of them.

        Parameters
        ----------
        count : int
            So many, with numbers that follow each other.
        tier : str, optional
            The name of their tier; by default the first.
        """
        cdef uint32_t more = <uint32_t>within(count, "count", 0, RATE_USERS_MAX)
        cdef uint32_t number = 0 if tier is None else self.named(tier)
        self.check_idle()
        within(more, "count", 0, RATE_USERS_MAX - self.limits.users())
        return self.limits.add_users(more, number)

    def tier(self, user):
        """The tier of a user.

        Parameters
        ----------
        user : int
            The number of one that was added.
        """
        return self.table[self.limits.tier(self.known(user))]

    def set_tier(self, user, tier):
        """Bring a user into another tier.

        What was taken stays taken as far as the new tier limits it, and what is held stays held.

        Parameters
        ----------
        user : int
        tier : str
            Its name.

        Examples
        --------
        >>> from engine import RateKind, RateLimiter, RateTier
        >>> tiers = RateTier("slow", orders_per_minute=2), RateTier("fast", orders_per_minute=5)
        >>> limiter = RateLimiter(tiers)
        >>> user = limiter.add_users()
        >>> limiter.check(user, RateKind.ORDER, 0).remaining
        1
        >>> limiter.set_tier(user, "fast")
        >>> limiter.peek(user, RateKind.ORDER, 0).remaining
        4
        """
        cdef uint32_t of_tier = self.named(tier)
        self.limits.set_tier(self.known(user), of_tier)

    def set_factor(self, factor, tier=None):
        """Multiply every limit from the next call on, plain counts too.

        Parameters
        ----------
        factor : int
            In millionths, 0 to 10,000,000. It is of the limits as they are given, not of those
            that an earlier factor made. A limit is rounded down; in a bucket a request costs the
            more. What comes to nothing lets nothing through.
        tier : str, optional
            Its name; by default all tiers.

        Examples
        --------
        >>> from engine import RateKind, RateLimiter, RateTier
        >>> limiter = RateLimiter(RateTier("all", orders_per_minute=5))
        >>> user = limiter.add_users()
        >>> limiter.set_factor(500_000)
        >>> limiter.peek(user, RateKind.ORDER, 0).remaining
        2
        """
        cdef uint32_t millionths = within(factor, "factor", 0, rate_tiers.FACTOR_MAX)
        self.check_idle()
        numbers = range(len(self.table)) if tier is None else (self.named(tier),)
        for number in numbers:
            self.limits.set_factor(number, millionths)

    def replace_tier(self, tier):
        """Give the tier of that name other numbers, from the next call on.

        Parameters
        ----------
        tier : RateTier
            It must limit the same things, and fill its bucket over the same time.

        Raises
        ------
        TierError
            It does not, or there is no tier of that name.
        """
        check_tiers((tier,))
        cdef RateTerms terms = terms_of(tier)
        cdef uint32_t number = self.named(tier.name)
        check_replacement(self.table[number], tier)
        self.check_idle()
        self.limits.set_terms(number, terms)
        self.table[number] = tier

    def take(self, user, kind, timestamp):
        """Take one from every limit of a kind, or nothing from any.

        Parameters
        ----------
        user : int
        kind : RateKind
        timestamp : int
            Nanoseconds.

        Returns
        -------
        bool
            Whether it was allowed.

        See Also
        --------
        check : which says more, and takes longer.
        """
        cdef int64_t what = within(kind, "kind", 0, KIND_LAST)
        cdef uint64_t time = as_uint64(timestamp, "timestamp")
        return self.limits.take(self.known(user), <RateKind>what, time)

    def check(self, user, kind, timestamp):
        """Take as `take` does, and say all there is to say of it.

        Parameters
        ----------
        user : int
        kind : RateKind
        timestamp : int
            Nanoseconds.

        Returns
        -------
        RateAnswer

        Examples
        --------
        >>> from engine import RateKind, RateLimiter
        >>> from engine.rate_tiers import BOT_CORE
        >>> limiter = RateLimiter(BOT_CORE)
        >>> user = limiter.add_users()
        >>> for _ in range(20):
        ...     answer = limiter.check(user, RateKind.REST, 0)
        >>> answer
        RateAnswer(allowed=True, remaining=0, retry_after=0, reset_time=60000000000)
        >>> limiter.check(user, RateKind.REST, 0).retry_after
        50000000
        """
        cdef int64_t what = within(kind, "kind", 0, KIND_LAST)
        cdef uint64_t time = as_uint64(timestamp, "timestamp")
        cdef uint32_t number = self.known(user)
        return answer_of(KIND_OF_ANSWER, self.limits.check(number, <RateKind>what, time))

    def peek(self, user, kind, timestamp):
        """Say what `check` would find, and take nothing.

        Parameters
        ----------
        user : int
        kind : RateKind
        timestamp : int
            Nanoseconds. It is not remembered.

        Returns
        -------
        RateAnswer
            `remaining` counts the call that is asked about: it is allowed when one remains.
        """
        cdef int64_t what = within(kind, "kind", 0, KIND_LAST)
        cdef uint64_t time = as_uint64(timestamp, "timestamp")
        cdef uint32_t number = self.known(user)
        return answer_of(KIND_OF_ANSWER, self.limits.ask(number, <RateKind>what, time))

    def used(self, user, kind, timestamp):
        """How many count now in the longest window of a kind; 0 when the tier has none.

        Parameters
        ----------
        user : int
        kind : RateKind
        timestamp : int
            Nanoseconds. It is not remembered.
        """
        cdef int64_t what = within(kind, "kind", 0, KIND_LAST)
        cdef uint64_t time = as_uint64(timestamp, "timestamp")
        return self.limits.used(self.known(user), <RateKind>what, time)

    def credit_fill(self, user, liquidity, last_quantity, filled_quantity, timestamp):
        """Hear of a fill: the first one of an order takes the tier's credit off the orders counted.

        The arguments are those of the report of the trade. With `taker_credit` and `maker_credit`
        of 0, nothing happens.

        Parameters
        ----------
        user : int
            Whose order it is.
        liquidity : Liquidity
            MAKER or TAKER.
        last_quantity, filled_quantity : int
            Lots of this fill, and of all fills of the order with it. It is the first one when they
            are equal.
        timestamp : int
            Nanoseconds: the credit is of the windows that it is now, whenever the order came.

        Examples
        --------
        >>> from engine import Liquidity, RateKind, RateLimiter
        >>> from engine.rate_tiers import BINANCE_SPOT
        >>> limiter = RateLimiter(BINANCE_SPOT)
        >>> user = limiter.add_users()
        >>> [limiter.take(user, RateKind.ORDER, 0) for _ in range(3)]
        [True, True, True]
        >>> limiter.credit_fill(user, Liquidity.TAKER, 2, 2, 0)
        >>> limiter.credit_fill(user, Liquidity.TAKER, 3, 5, 0)
        >>> limiter.used(user, RateKind.ORDER, 0)
        2
        """
        cdef int64_t part = within(
            liquidity, "liquidity", _schema.Liquidity.MAKER, _schema.Liquidity.TAKER
        )
        cdef int64_t last = within(last_quantity, "last_quantity", 1, 2**63 - 1)
        cdef int64_t filled = within(filled_quantity, "filled_quantity", last, 2**63 - 1)
        cdef uint64_t time = as_uint64(timestamp, "timestamp")
        self.limits.credit_fill(self.known(user), <cLiquidity>part, last, filled, time)

    def acquire(self, user, kind, count=1):
        """Take so many more of what is limited in number, all or none.

        Parameters
        ----------
        user : int
        kind : CountKind
        count : int

        Returns
        -------
        bool
            Whether there was room. Only `release` makes room, no wait does.

        Examples
        --------
        >>> from engine import CountKind, RateLimiter
        >>> from engine.rate_tiers import GODARK
        >>> limiter = RateLimiter(GODARK["FREE"])
        >>> user = limiter.add_users()
        >>> limiter.acquire(user, CountKind.SUBSCRIPTION, 10)
        True
        >>> limiter.acquire(user, CountKind.SUBSCRIPTION)
        False
        >>> limiter.release(user, CountKind.SUBSCRIPTION, 4)
        >>> limiter.held(user, CountKind.SUBSCRIPTION), limiter.room(user, CountKind.SUBSCRIPTION)
        (6, 4)
        """
        cdef uint32_t more = within(count, "count", 1, NO_LIMIT)
        cdef int64_t what = within(kind, "kind", 0, COUNT_LAST)
        return self.limits.acquire(self.known(user), <CountKind>what, more)

    def release(self, user, kind, count=1):
        """Give so many back.

        Parameters
        ----------
        user : int
            The number of one that was added.
        kind : CountKind
            What is counted.
        count : int
            How many, at least 1.

        Raises
        ------
        EngineError
            The user does not hold so many.
        """
        cdef uint32_t less = within(count, "count", 1, NO_LIMIT)
        cdef int64_t what = within(kind, "kind", 0, COUNT_LAST)
        cdef uint32_t number = self.known(user)
        if not self.limits.release(number, <CountKind>what, less):
            held = self.limits.held(number, <CountKind>what)
            name = _schema.CountKind(what).name
            raise EngineError(f"count was {less}, user {number} holds {held} of {name}")

    def held(self, user, kind):
        """How many of a `CountKind` a user holds; 0 of what no tier limits.

        Parameters
        ----------
        user : int
            The number of one that was added.
        kind : CountKind
            What is counted.
        """
        cdef int64_t what = within(kind, "kind", 0, COUNT_LAST)
        return self.limits.held(self.known(user), <CountKind>what)

    def room(self, user, kind):
        """How many more of a `CountKind` a user may acquire; 2**32 - 1 of what no tier limits.

        Parameters
        ----------
        user : int
            The number of one that was added.
        kind : CountKind
            What is counted.
        """
        cdef int64_t what = within(kind, "kind", 0, COUNT_LAST)
        return self.limits.room(self.known(user), <CountKind>what)

    cdef tuple read_columns(self, object users, object kinds, object timestamps):
        """Copy columns, so that nobody writes to what is looked at; refuse what cannot be read."""
        cdef list copies = []
        for column, (name, dtype) in zip((users, kinds, timestamps), COLUMNS):
            check_column(column, name, dtype, len(users) if isinstance(users, np.ndarray) else 0)
            copies.append(np.array(column, dtype, copy=True, subok=False))
        if not len(copies[0]) == len(copies[1]) == len(copies[2]):
            raise CommandError("columns were written to while they were read")
        cdef object largest_kind = copies[1].max(initial=0)
        cdef object number = copies[0].max(initial=0)
        self.check_idle()
        if len(copies[0]) != 0 and number >= self.limits.users():
            raise EngineError(f"user was {number}, of {self.limits.users()} users")
        within(int(largest_kind), "kind", 0, KIND_LAST)
        return tuple(copies)

    def take_batch(self, users, kinds, timestamps):
        """Take for one user after the other, as `take` does.

        Parameters
        ----------
        users : ndarray of uint32, shape (n,)
        kinds : ndarray of uint8, shape (n,)
            `RateKind`.
        timestamps : ndarray of uint64, shape (n,)
            Nanoseconds.

        Returns
        -------
        ndarray of bool, shape (n,)
            Whether each was allowed.

        Raises
        ------
        CommandError
            For a wrong dtype, shape or layout.
        EngineError
            For a user who is not there. Nothing was taken.
        """
        users, kinds, timestamps = self.read_columns(users, kinds, timestamps)
        cdef size_t count = len(users)
        cdef cnp.ndarray allowed = np.empty(count, np.bool_)
        cdef const uint32_t* who = <const uint32_t*>cnp.PyArray_DATA(users)
        cdef const uint8_t* what = <const uint8_t*>cnp.PyArray_DATA(kinds)
        cdef const uint64_t* when = <const uint64_t*>cnp.PyArray_DATA(timestamps)
        cdef uint8_t* out = <uint8_t*>cnp.PyArray_DATA(allowed)
        self.check_idle()
        self.is_busy = True
        try:
            with nogil:
                self.limits.take_batch(who, what, when, count, out)
        finally:
            self.is_busy = False
        return allowed

    def check_batch(self, users, kinds, timestamps):
        """Check for one user after the other, as `check` does.

        Parameters
        ----------
        users : ndarray of uint32, shape (n,)
        kinds : ndarray of uint8, shape (n,)
            `RateKind`.
        timestamps : ndarray of uint64, shape (n,)
            Nanoseconds.

        Returns
        -------
        ndarray of RATE_ANSWER_DTYPE, shape (n,)

        Raises
        ------
        CommandError
            For a wrong dtype, shape or layout.
        EngineError
            For a user who is not there. Nothing was taken.

        Examples
        --------
        >>> import numpy as np
        >>> from engine import RateKind, RateLimiter, RateTier
        >>> limiter = RateLimiter(RateTier("all", cancels_per_minute=2))
        >>> user = limiter.add_users()
        >>> users = np.full(3, user, np.uint32)
        >>> kinds = np.full(3, RateKind.CANCEL, np.uint8)
        >>> answers = limiter.check_batch(users, kinds, np.arange(3, dtype=np.uint64))
        >>> answers[["allowed", "remaining"]].tolist()
        [(1, 1), (1, 0), (0, 0)]
        """
        users, kinds, timestamps = self.read_columns(users, kinds, timestamps)
        cdef size_t count = len(users)
        answers = new_array(ANSWER, count)
        cdef const uint32_t* who = <const uint32_t*>cnp.PyArray_DATA(users)
        cdef const uint8_t* what = <const uint8_t*>cnp.PyArray_DATA(kinds)
        cdef const uint64_t* when = <const uint64_t*>cnp.PyArray_DATA(timestamps)
        cdef cRateAnswer* out = <cRateAnswer*>cnp.PyArray_DATA(answers)
        self.check_idle()
        self.is_busy = True
        try:
            with nogil:
                self.limits.check_batch(who, what, when, count, out)
        finally:
            self.is_busy = False
        return answers
