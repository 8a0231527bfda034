# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""What `Core` is asked of accounts, and the engine that it asks."""

cimport cython
from cpython.pythread cimport PyThread_get_thread_ident
from libc.stdint cimport int64_t

from engine._accounts cimport (
    account_of,
    balance_of,
    exposure_of,
    funding_of,
    limit_of,
    number_of,
    open_interest_of,
    open_positions_of,
    position_of,
)
from engine._checks cimport member_with
from engine._native cimport *
from engine._numbers cimport as_uint64, within

from engine import _schema
from engine._members import check_named, refuse_names, truth_of
from engine.errors import EngineBusyError, EngineError
from engine.rate_tiers import RateAnswer

cdef tuple PARAMETERS = (
    "max_orders", "max_cascade", "accounts", "resend_window", "first_order_id"
)


cdef class AccountQuestions:
    """The part of `Core` that answers for its accounts.

    Every question raises `EngineBusyError` while a batch runs on another thread. Of accounts,
    currencies and instruments that there are not the answer is None, or as each method says.

    Parameters
    ----------
    max_orders, max_cascade, accounts, resend_window, first_order_id
        As `Core` takes them.
    """

    def __cinit__(
        self,
        *places,
        max_orders=ORDERS_MAX,
        max_cascade=CASCADE_MAX,
        accounts=False,
        resend_window=0,
        first_order_id=1,
        **others,
    ):
        check_named("Core", places, "Core(max_orders=1000)")
        refuse_names("Core", others, PARAMETERS)
        cdef uint64_t first_id = as_uint64(first_order_id, "first_order_id")
        if first_id == 0:
            raise EngineError("first_order_id was 0, must be at least 1")
        self.engine = new cEngine(
            within(max_orders, "max_orders", 0, ORDERS_MAX),
            within(max_cascade, "max_cascade", 0, CASCADE_MAX),
            within(resend_window, "resend_window", 0, RESENDS_MAX),
            first_id,
        )
        if truth_of(accounts, "accounts"):
            self.engine.keep_accounts()

    def __dealloc__(self):
        del self.engine

    def __reduce__(self):
        raise TypeError("an engine can't be pickled")

    cdef int raise_busy(self) except -1:
        if self.holder != 0 and self.holder == PyThread_get_thread_ident():
            return 0
        raise EngineBusyError("the engine is running a batch on another thread")

    cdef uint32_t account_index(self, uint64_t number) except? 0xFFFFFFFE:
        """Where an account is kept, or NO_ACCOUNT; every argument of a call was read before."""
        self.check_idle()
        return self.engine.accounts().find(number)

    cdef int check_currency(self, uint32_t currency) except -1:
        self.check_idle()
        if currency >= self.engine.accounts().currency_count():
            raise EngineError(
                f"currency was {currency}, of {self.engine.accounts().currency_count()} added"
            )
        return 0

    def accounts(self):
        """The numbers of all accounts, in order.

        Returns
        -------
        list of int
        """
        self.check_idle()
        cdef size_t index
        numbers = []
        for index in range(self.engine.accounts().count()):
            numbers.append(self.engine.accounts().account(index).number)
        return sorted(numbers)

    def account(self, number):
        """The group, tier and flags of an account.

        Parameters
        ----------
        number : int
            Of the account.

        Returns
        -------
        Account or None

        Raises
        ------
        OverflowError, TypeError
            The number is no integer of 64 bits without a sign.
        """
        cdef uint32_t index = self.account_index(as_uint64(number, "number"))
        return None if index == NO_ACCOUNT else account_of(self.engine.accounts(), index)

    def balance(self, account, currency):
        """What an account has of a currency.

        Parameters
        ----------
        account, currency : int
            Their numbers.

        Returns
        -------
        Balance or None
            In the smallest unit of the currency.

        Raises
        ------
        OverflowError, TypeError
            A number is no integer, of 64 bits for an account and of 32 for a currency.
        """
        cdef uint64_t whose = as_uint64(account, "account")
        cdef uint32_t number = <uint32_t>within(currency, "currency", 0, 0xFFFFFFFF)
        cdef uint32_t index = self.account_index(whose)
        if index == NO_ACCOUNT or number >= self.engine.accounts().currency_count():
            return None
        return balance_of(self.engine.accounts(), index, number)

    def account_position(self, account, instrument, side=_schema.BUY):
        """What an account has in a derivative.

        Parameters
        ----------
        account, instrument : int
            Their numbers.
        side : Side
            In hedge mode BUY for the long position and SELL for the short one; without it BUY.

        Returns
        -------
        Position or None
            None also with SELL without hedge mode.

        Raises
        ------
        CommandError
            There is no such side.
        OverflowError, TypeError
            A number is no integer, of 64 bits for an account and of 32 for an instrument.
        """
        cdef uint64_t whose = as_uint64(account, "account")
        cdef uint32_t number = <uint32_t>within(instrument, "instrument", 0, 0xFFFFFFFF)
        cdef bint is_short = member_with(_schema.Side, side, "side") == _schema.SELL
        cdef uint32_t index = self.account_index(whose)
        if index == NO_ACCOUNT or number >= self.engine.instrument_count():
            return None
        if not self.engine.has_positions(number):
            return None
        return position_of(self.engine.accounts(), index, number, is_short)

    def liquidation_price(self, account, instrument, side=_schema.BUY):
        """At which mark price a LIQUIDATE would close a position, if nothing else changed.

        Of the prices of the instrument the one next to the mark at which the position is lost, and
        at whose neighbour, a tick nearer to where it gains, it is not. A position that is not
        isolated is lost with all that stand with it: the other ones of the account that are settled
        in its currency, at their marks, and the balance.

        Parameters
        ----------
        account, instrument : int
            Their numbers.
        side : Side
            As for `account_position`.

        Returns
        -------
        int or None
            Ticks. None without a position, where no such price is, and while the position, or one
            that stands with it, has no mark price: then it is not looked at.

        Raises
        ------
        CommandError
            There is no such side.
        OverflowError, TypeError
            A number is no integer, of 64 bits for an account and of 32 for an instrument.
        """
        cdef uint64_t whose = as_uint64(account, "account")
        cdef uint32_t number = <uint32_t>within(instrument, "instrument", 0, 0xFFFFFFFF)
        cdef bint is_short = member_with(_schema.Side, side, "side") == _schema.SELL
        cdef uint32_t index = self.account_index(whose)
        cdef int64_t price = 0
        if index == NO_ACCOUNT or number >= self.engine.instrument_count():
            return None
        if not self.engine.has_positions(number):
            return None
        found = self.engine.liquidation_price(index, number, is_short, &price)
        return price if found else None

    def open_positions(self, account):
        """What an account has open, as `account_position` takes it.

        Parameters
        ----------
        account : int
            Its number.

        Returns
        -------
        list of (int, Side)
            Instrument and side, by instrument, a long position before a short one.

        Raises
        ------
        OverflowError, TypeError
            The number is no integer of 64 bits without a sign.
        """
        cdef uint32_t index = self.account_index(as_uint64(account, "account"))
        return [] if index == NO_ACCOUNT else open_positions_of(self.engine.accounts(), index)

    def open_interest(self, instrument=None):
        """What is open in one instrument, or in all together.

        Parameters
        ----------
        instrument : int, optional
            Its number; all without it.

        Returns
        -------
        OpenInterest

        Raises
        ------
        OverflowError, TypeError
            The number is no integer of 32 bits without a sign.
        """
        cdef int64_t number = -1
        if instrument is not None:
            number = within(instrument, "instrument", 0, 0xFFFFFFFF)
        self.check_idle()
        return open_interest_of(self.engine.accounts(), number)

    def limit(self, account, limit, of=0):
        """The limit that holds for an account: its own, else the default.

        Parameters
        ----------
        account : int
            Its number.
        limit : Limit
            Which one.
        of : int
            The number of the instrument or currency that it is of, as the limit is of one.

        Returns
        -------
        int or None
            None where neither was set.

        Raises
        ------
        CommandError
            There is no such limit.
        OverflowError, TypeError
            A number is no integer, of 64 bits for an account and of 32 for the other.
        """
        cdef uint64_t whose = as_uint64(account, "account")
        cdef uint32_t number = <uint32_t>within(of, "of", 0, 0xFFFFFFFF)
        which = member_with(_schema.Limit, limit, "limit")
        cdef uint32_t index = self.account_index(whose)
        if index == NO_ACCOUNT:
            return None
        return limit_of(self.engine.accounts(), index, which, number)

    def rate_limit(self, tier, limit):
        """A rate limit of a tier, as SET_RATE told it.

        Parameters
        ----------
        tier : int
            Its number.
        limit : RateLimit
            Which one.

        Returns
        -------
        int or None
            None where none was told.

        Raises
        ------
        CommandError
            There is no such limit.
        OverflowError, TypeError
            The tier is no integer of 32 bits without a sign.
        """
        cdef uint32_t number = <uint32_t>within(tier, "tier", 0, 0xFFFFFFFF)
        cdef RateLimit which = <RateLimit><int>member_with(_schema.RateLimit, limit, "limit")
        self.check_idle()
        cdef int64_t value = self.engine.rates().value(number, which)
        return None if value == NOT_LIMITED else value

    def rate(self, account, kind):
        """What the next command of an account would be told of its rate; it counts for none.

        Parameters
        ----------
        account : int
            Its number.
        kind : RateKind
            Of the command.

        Returns
        -------
        RateAnswer or None

        Raises
        ------
        CommandError
            There is no such kind.
        OverflowError, TypeError
            The number is no integer of 64 bits without a sign.
        """
        cdef uint64_t whose = as_uint64(account, "account")
        cdef RateKind which = <RateKind><int>member_with(_schema.RateKind, kind, "kind")
        cdef uint32_t index = self.account_index(whose)
        if index == NO_ACCOUNT:
            return None
        return answer_of(
            RateAnswer, self.engine.rates().ask(index, which, self.engine.counters().time)
        )

    def exposure(self, account, currency):
        """What an account is exposed to in a currency, and has lost.

        Parameters
        ----------
        account, currency : int
            Their numbers.

        Returns
        -------
        Exposure or None
            In the smallest unit of the currency.

        Raises
        ------
        OverflowError, TypeError
            A number is no integer, of 64 bits for an account and of 32 for a currency.
        """
        cdef uint64_t whose = as_uint64(account, "account")
        cdef uint32_t number = <uint32_t>within(currency, "currency", 0, 0xFFFFFFFF)
        cdef uint32_t index = self.account_index(whose)
        if index == NO_ACCOUNT or number >= self.engine.accounts().currency_count():
            return None
        return exposure_of(self.engine.accounts(), index, number, self.engine.counters().time)

    def open_orders(self, account):
        """How many live orders an account has, in the book or waiting.

        Parameters
        ----------
        account : int
            Its number.

        Returns
        -------
        int
            0 where the account was never set.

        Raises
        ------
        OverflowError, TypeError
            The number is no integer of 64 bits without a sign.
        """
        cdef uint32_t index = self.account_index(as_uint64(account, "account"))
        return 0 if index == NO_ACCOUNT else self.engine.accounts().account(index).live_orders

    def is_enabled(self, account, instrument):
        """Whether no switch is off for an account or an instrument.

        Parameters
        ----------
        account, instrument : int
            Their numbers.

        Returns
        -------
        bool
            False where one of them is none.

        Raises
        ------
        OverflowError, TypeError
            A number is no integer, of 64 bits for an account and of 32 for an instrument.
        """
        cdef uint64_t number = as_uint64(account, "account")
        cdef uint32_t place = <uint32_t>within(instrument, "instrument", 0, 0xFFFFFFFF)
        self.check_idle()
        if number > 0xFFFFFFFF:
            return False
        return self.engine.is_enabled(<uint32_t>number, place)

    def funding(self, instrument):
        """What the funding of an instrument has come to.

        Parameters
        ----------
        instrument : int
            Its number.

        Returns
        -------
        Funding or None
            None where it has no positions.

        Raises
        ------
        OverflowError, TypeError
            The number is no integer of 32 bits without a sign.
        """
        cdef uint32_t number = <uint32_t>within(instrument, "instrument", 0, 0xFFFFFFFF)
        self.check_idle()
        if number >= self.engine.instrument_count() or not self.engine.has_positions(number):
            return None
        return funding_of(self.engine.accounts(), number)

    def rounding(self, currency):
        """What positions have paid of funding less what they were paid.

        Parameters
        ----------
        currency : int
            Its number.

        Returns
        -------
        int
            In its smallest unit.

        Raises
        ------
        EngineError
            So many currencies were not added.
        OverflowError, TypeError
            The number is no integer of 32 bits without a sign.
        """
        cdef uint32_t number = <uint32_t>within(currency, "currency", 0, 0xFFFFFFFF)
        self.check_currency(number)
        return number_of(self.engine.accounts().rounding(number))

    def house(self, currency):
        """The fees paid in a currency less the rebates.

        Parameters
        ----------
        currency : int
            Its number.

        Returns
        -------
        int
            In its smallest unit.

        Raises
        ------
        EngineError, OverflowError, TypeError
            As for `rounding`.
        """
        cdef uint32_t number = <uint32_t>within(currency, "currency", 0, 0xFFFFFFFF)
        self.check_currency(number)
        return number_of(self.engine.accounts().house(number))

    def deposits(self, currency):
        """What was deposited in a currency less what was withdrawn.

        Parameters
        ----------
        currency : int
            Its number.

        Returns
        -------
        int
            In its smallest unit.

        Raises
        ------
        EngineError, OverflowError, TypeError
            As for `rounding`.
        """
        cdef uint32_t number = <uint32_t>within(currency, "currency", 0, 0xFFFFFFFF)
        self.check_currency(number)
        return self.engine.accounts().deposits(number)
