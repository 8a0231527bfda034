"""The engine over many instruments, in integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from .._members import truth_of
from .._schema import BUY, FundingAccrual, Limit, RateKind, RateLimit, Side
from .._shown import shown
from .._terms import Terms
from ..errors import EngineError
from ..rate_tiers import RateAnswer
from ..records import (
    Account,
    Balance,
    Counters,
    Exposure,
    Funding,
    OpenInterest,
    Order,
    OrderDetail,
    Position,
    QueuePosition,
    RecordArray,
)
from .accounts import Accounts, Funded, Owner
from .batch import match
from .commands import side_of
from .instrument import InstrumentTerms
from .invariants import check_invariants
from .keeper import MAX_ORDERS
from .liquidation_price import liquidation_price
from .machine import MAX_CASCADE, Machine
from .order_book import OrderBook
from .positions import Which
from .state_hash import state_hash


class Core:
    """Many books under one stream of commands, one time and one set of counters.

    Parameters
    ----------
    max_orders : int
        How many orders may rest or wait at once, over all instruments.
    max_cascade : int
        How many orders one command may set off.
    accounts : bool
        Whether the engine keeps accounts: what each owns, and what its orders hold of that.
    resend_window : int
        How many reports are kept for commands that are sent again.

    Examples
    --------
    >>> core = Core()
    >>> core.add_instrument(), core.add_instrument(min_quantity=10)
    (0, 1)
    >>> core.book(1).submit(1, price=-5, quantity=9).reject_reason.name
    'QUANTITY_TOO_SMALL'
    """

    def __init__(
        self,
        *,
        max_orders: int = MAX_ORDERS,
        max_cascade: int = MAX_CASCADE,
        accounts: bool = False,
        resend_window: int = 0,
    ) -> None:
        known = Accounts() if truth_of(accounts, "accounts") else None
        self._machine = Machine(max_orders, max_cascade, known, resend_window)

    def add_currency(self) -> int:
        """Add a currency and return its number; the first is 0.

        Raises
        ------
        ValueError
            In an engine without accounts.
        """
        if self._machine.accounts is None:
            raise ValueError("add_currency was called on an engine without accounts")
        return self._machine.accounts.add_currency()

    def add_instrument(
        self, *, contract: Mapping[str, Any] | None = None, **terms: Unpack[Terms]
    ) -> int:
        """Add an instrument and return its number; the first is 0.

        With accounts it has a contract, given by the names of `ContractTerms`.

        Raises
        ------
        ValueError
            When there is a contract and no accounts, or the other way round, or it makes no sense.
        """
        return self._machine.add_instrument(InstrumentTerms(**terms), contract)

    def book(self, instrument: int) -> OrderBook:
        """Return the integer face of one instrument, which shares this engine."""
        if not 0 <= instrument < self.instrument_count:
            raise EngineError(
                f"instrument was {shown(instrument)}, of {self.instrument_count} added"
            )
        return OrderBook.of(self._machine, instrument)

    @property
    def instrument_count(self) -> int:
        """How many instruments were added."""
        return len(self._machine.books)

    def match(
        self, commands: RecordArray, *, detail: str = "all", out: RecordArray | None = None
    ) -> RecordArray:
        """Apply a batch and return its reports, or its trades only; see `batch.match`."""
        return match(self._machine, commands, detail, out)

    def instrument_of(self, order_id: int) -> int | None:
        """Return the number of the instrument that a live order is of, None for no live order."""
        order = self._machine.live.get(order_id)
        return None if order is None else order.instrument

    def order(self, order_id: int) -> Order | None:
        """Return a live order, None when no live order has this id."""
        order = self._machine.live.get(order_id)
        return None if order is None else order.snapshot()

    def detail(self, order_id: int) -> OrderDetail | None:
        """Return what a live order is beyond that, None where there is nothing."""
        instrument = self.instrument_of(order_id)
        return None if instrument is None else self.book(instrument).detail(order_id)

    def queue_position(self, order_id: int) -> QueuePosition | None:
        """Return what stands before an order at its price, None when no live order has this id."""
        instrument = self.instrument_of(order_id)
        return None if instrument is None else self.book(instrument).queue_position(order_id)

    # Accounts.

    def accounts(self) -> list[int]:
        """Return the number of every account, the lowest first; none without accounts."""
        accounts = self._machine.accounts
        return [] if accounts is None else sorted(accounts.owners)

    def account(self, number: int) -> Account | None:
        """Return an account as it was set, None when it never was."""
        owner = self._owner(number)
        return None if owner is None else Account(owner.group, owner.tier, owner.flags)

    def balance(self, account: int, currency: int) -> Balance | None:
        """Return what an account has of a currency, None when there is no such account or one."""
        funds = self._machine.funds
        if funds is None or self._owner(account) is None or not self._has_currency(currency):
            return None
        return funds.balance(account, currency)

    def account_position(self, account: int, instrument: int, side: Side = BUY) -> Position | None:
        """Return what an account has in a derivative, None where there are no positions.

        In hedge mode that is the long position, and with SELL the short one, which there is only
        then.
        """
        funds = self._machine.funds
        if funds is None or self._owner(account) is None:
            return None
        if not 0 <= instrument < self.instrument_count:
            return None
        book = self._machine.books[instrument]
        which = Which(account, side_of(side))
        return None if book.positions.of(which) is None else funds.position(which, book)

    def liquidation_price(self, account: int, instrument: int, side: Side = BUY) -> int | None:
        """Return at which mark a LIQUIDATE would close a position, None where none would.

        If nothing else changed; of the prices of the instrument, the one next to the mark.
        """
        funds = self._machine.funds
        if funds is None or self._owner(account) is None:
            return None
        if not 0 <= instrument < self.instrument_count:
            return None
        books = self._machine.books
        which = Which(account, side_of(side))
        return liquidation_price(funds, books, which, books[instrument])

    def open_positions(self, account: int) -> list[tuple[int, Side]]:
        """Return instrument and side, as `account_position` takes them, of what is open.

        By instrument, in hedge mode the long position before the short one.
        """
        if self._machine.funds is None or self._owner(account) is None:
            return []
        return [
            (instrument, which.side)
            for instrument, book in enumerate(self._machine.books)
            for which in book.positions.of_account(account)
            if book.positions.of(which)
        ]

    def open_interest(self, instrument: int | None = None) -> OpenInterest:
        """Return how many positions are open, and their long lots; by default of all together."""
        if self._machine.accounts is None:
            return OpenInterest(0, 0)
        lots = [
            lots
            for number, book in enumerate(self._machine.books)
            for _, lots in book.positions.items()
            if lots != 0 and instrument in (None, number)
        ]
        return OpenInterest(len(lots), sum(its for its in lots if its > 0))

    def funding(self, instrument: int) -> Funding | None:
        """Return what the funding of an instrument has come to, None where there is none."""
        accounts = self._machine.accounts
        if accounts is None or not 0 <= instrument < self.instrument_count:
            return None
        if self._machine.books[instrument].contract.funding == FundingAccrual.NONE:
            return None
        its = accounts.funded.get(instrument, Funded())
        return Funding(its.rate, its.index, its.time)

    def rounding(self, currency: int) -> int:
        """Return what positions have paid of funding less what they were paid, of a currency."""
        return self._accounts_with(currency).rounding[currency]

    def house(self, currency: int) -> int:
        """Return the fees less the rebates that the house has of a currency."""
        return self._accounts_with(currency).house[currency]

    def deposits(self, currency: int) -> int:
        """Return what of a currency came in from outside, less what went out."""
        return self._accounts_with(currency).deposits[currency]

    # Limits.

    def limit(self, account: int, limit: Limit, of: int = 0) -> int | None:
        """Return the limit that holds for an account, its own or else the default.

        `of` is the instrument or the currency that the limit is of. None when none holds, and when
        there is no such account.
        """
        accounts, limit = self._machine.accounts, Limit(limit)
        if accounts is None or self._owner(account) is None:
            return None
        return accounts.limits.get(account, limit, of)

    def rate_limit(self, tier: int, limit: RateLimit) -> int | None:
        """Return the rate limit of a tier as it was told, None where none was."""
        accounts, limit = self._machine.accounts, RateLimit(limit)
        return None if accounts is None else accounts.rates.values.get((tier, limit))

    def rate(self, account: int, kind: RateKind) -> RateAnswer | None:
        """Return what the next command of an account would be told that counts as such a kind.

        None when there is no such account.
        """
        accounts, kind = self._machine.accounts, RateKind(kind)
        if accounts is None or self._owner(account) is None:
            return None
        return accounts.rates.ask(account, kind, self._machine.time)

    def exposure(self, account: int, currency: int) -> Exposure | None:
        """Return what an account is exposed to and has lost in the derivatives of a currency.

        None when there is no such account or currency.
        """
        exposures = self._machine.exposures
        is_known = self._owner(account) is not None and self._has_currency(currency)
        if exposures is None or not is_known:
            return None
        return exposures.exposure(account, currency, self._machine.time)

    def open_orders(self, account: int) -> int:
        """Return how many live orders an account has; 0 when there is no such account."""
        exposures = self._machine.exposures
        if exposures is None or self._owner(account) is None:
            return 0
        return exposures.open_orders(account)

    def is_enabled(self, account: int, instrument: int) -> bool:
        """Return whether no switch that holds for both is off; False for what there is not."""
        accounts, owner = self._machine.accounts, self._owner(account)
        if accounts is None or owner is None or not 0 <= instrument < self.instrument_count:
            return False
        return accounts.switches.is_enabled(account, owner.group, instrument)

    def _owner(self, account: int) -> Owner | None:
        accounts = self._machine.accounts
        return None if accounts is None else accounts.owners.get(account)

    def _has_currency(self, currency: int) -> bool:
        accounts = self._machine.accounts
        return accounts is not None and 0 <= currency < accounts.currency_count

    def _accounts_with(self, currency: int) -> Accounts:
        accounts = self._machine.accounts
        if accounts is None or not self._has_currency(currency):
            count = 0 if accounts is None else accounts.currency_count
            raise EngineError(f"currency was {shown(currency)}, of {count} added")
        return accounts

    @property
    def time(self) -> int:
        """The largest timestamp seen, nanoseconds."""
        return self._machine.time

    @property
    def next_order_id(self) -> int:
        """Where the search begins for the id of an order that brings none: at no lower number."""
        return self._machine.next_order_id

    @property
    def report_count(self) -> int:
        """How many reports were made."""
        return self._machine.tape.report_count

    @property
    def trade_count(self) -> int:
        """How many trades were made."""
        return self._machine.tape.trade_count

    def counters(self) -> Counters:
        """Return what the engine has done since it began."""
        return self._machine.tally.counters()

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self._machine.live)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._machine.live

    def state_hash(self) -> str:
        """Return the SHA-256 of the logical state, in hex."""
        return state_hash(self._machine)

    def check_invariants(self) -> None:
        """Raise InvariantError when the state contradicts itself."""
        check_invariants(self._machine)
