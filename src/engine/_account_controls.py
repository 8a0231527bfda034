"""What the operator of a venue does with accounts, and what they have, in decimals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, NoReturn

from engine._account_records import AccountBalance, AccountPosition
from engine._contracts import contract_terms, entry_price
from engine._controls import Controls
from engine._core import Core
from engine._instrument_checks import LEVERAGE, RATE
from engine._members import member_of, nearest_names, truth_of
from engine._order_terms import integer_for, number_on
from engine._report import ExecutionReport
from engine._schema import (
    ADD_MARGIN,
    BUY,
    DEPOSIT,
    SET_ACCOUNT,
    SET_LEVERAGE,
    SET_MARGIN_MODE,
    SET_POSITION_MODE,
    TRANSFER,
    WITHDRAW,
    AccountFlag,
    CommandKind,
    FeeCurrency,
    MarginMode,
    PositionMode,
    Side,
)
from engine._shown import shown
from engine._venue import SideLike, checked_report
from engine.currency import Currency
from engine.decimal_grid import EXACT, DecimalGrid, DecimalLike
from engine.errors import EngineError, UnknownCurrencyError
from engine.instrument import Instrument
from engine.records import Account, Balance

__all__ = ["AccountControls"]

NO_ACCOUNTS: Final = "a venue that keeps no accounts: Engine(accounts=True) does"


class AccountControls(Controls):
    """The part of `Engine` that has accounts, in a venue made with `accounts=True`.

    Commands return a report with `exec_type` DONE, or REJECTED with a `reject_reason`: an account
    that was never set, or one that has not enough, is no misuse. In a venue without accounts every
    account is unknown.

    Examples
    --------
    >>> from engine import Engine, Instrument
    >>> venue = Engine(accounts=True)
    >>> venue.add_currency("USD", unit="0.01"), venue.add_currency("BTC", unit="0.0001")
    (0, 1)
    >>> _ = venue.add_instrument(
    ...     Instrument(symbol="BTC-USD", tick_size="0.1", lot_size="0.1", kind="spot", base="BTC",
    ...                quote="USD", maker_fee="-0.0001", taker_fee="0.001")
    ... )
    >>> for account in (1, 2):
    ...     _ = venue.set_account(account)
    >>> _ = venue.deposit(1, "USD", "1000"), venue.deposit(2, "BTC", 3)
    >>> _ = venue.submit("BTC-USD", side="buy", price=400, quantity=2, account=1)
    >>> venue.balance(1, "USD").held, venue.balance(1, "USD").available
    (Decimal('800.80'), Decimal('199.20'))
    >>> report = venue.submit("BTC-USD", side="sell", price=400, quantity="1.5", account=2)
    >>> venue.fee_of(report), venue.house("USD")
    (Decimal('0.60'), Decimal('0.54'))
    >>> venue.balance(2, "USD").balance, venue.balance(1, "BTC").balance
    (Decimal('599.40'), Decimal('1.5000'))
    """

    __slots__ = ("_currencies", "_keeps_accounts")

    def __init__(self, core: Core, clock: Callable[[], int] | None, accounts: bool) -> None:
        super().__init__(core, clock)
        self._keeps_accounts = accounts
        self._currencies: dict[str, tuple[int, Currency]] = {}

    # Currencies.

    def add_currency(self, name: str, *, unit: DecimalLike) -> int:
        """Add a currency, which accounts can own.

        Parameters
        ----------
        name
            1 to 64 printable characters.
        unit
            Its smallest amount. All amounts are multiples of it.

        Returns
        -------
        int
            Its number, which commands carry: 0 for the first, then 1, 2, ...

        Raises
        ------
        GridError
            The name or the unit is none.
        EngineError
            A currency of this name was added before, or the venue keeps no accounts.

        Examples
        --------
        >>> from engine import Engine
        >>> Engine(accounts=True).add_currency("USD", unit=0)
        Traceback (most recent call last):
            ...
        engine.errors.GridError: currency 'USD': unit was 0, must be above 0
        """
        currency = Currency(name=name, unit=unit)
        with self._adding():
            self._refuse_currency_of(currency)
            self._note(currencies=[currency])
            return self._add_currency(currency)

    @property
    def currencies(self) -> tuple[Currency, ...]:
        """All currencies; the place of each is its number."""
        return tuple(currency for _, currency in self._currencies.values())

    def currency(self, name: str) -> Currency:
        """Return the currency of a name, which turns amounts into units and back.

        Parameters
        ----------
        name
            As it was added.

        Raises
        ------
        UnknownCurrencyError
            None has it; the message names the nearest.
        """
        return self._currency(name)[1]

    # Commands.

    def set_account(
        self,
        number: int,
        *,
        group: int = 0,
        tier: int = 0,
        suspended: bool = False,
        close_only: bool = False,
        no_withdrawals: bool = False,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Make an account, or change all of what is known of one.

        Parameters
        ----------
        number
            Any that the operator chooses: what orders carry as `account`.
        group, tier
            What the operator sorts it by; a tier is 0 to 255.
        suspended
            It may not enter or replace orders.
        close_only
            It may enter reduce-only orders and no other.
        no_withdrawals
            It may not withdraw, or transfer to another.
        command_id
            Copied into the report.
        timestamp
            Nanoseconds; 0 to have the clock's, where the venue has one.

        Raises
        ------
        TypeError, OverflowError
            What must be an integer or a bool is none, or does not fit.

        Examples
        --------
        >>> from engine import Engine
        >>> venue = Engine(accounts=True)
        >>> venue.set_account(7, tier=2, close_only=True).exec_type.name, venue.account(7)
        ('DONE', Account(group=0, tier=2, flags=<AccountFlag.CLOSE_ONLY: 2>))
        >>> venue.set_account(7, tier=256).reject_reason.name
        'AMOUNT_OUT_OF_RANGE'
        """
        flags = AccountFlag(0)
        flags |= AccountFlag.SUSPENDED if truth_of(suspended, "suspended") else 0
        flags |= AccountFlag.CLOSE_ONLY if truth_of(close_only, "close_only") else 0
        flags |= AccountFlag.NO_WITHDRAWALS if truth_of(no_withdrawals, "no_withdrawals") else 0
        return self._apply(
            SET_ACCOUNT,
            account=integer_for("account", "number", number),
            self_trade_group=integer_for("self_trade_group", "group", group),
            quantity=integer_for("quantity", "tier", tier),
            selector=flags,
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def deposit(
        self,
        account: int,
        currency: str,
        amount: DecimalLike,
        *,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Add to an account's balance.

        Parameters
        ----------
        account
            One that was set.
        currency
            The name of one that was added.
        amount
            A multiple of its unit.
        command_id, timestamp
            As for `set_account`.

        Raises
        ------
        UnknownCurrencyError, GridError
            No currency has the name, or the amount is not a multiple of its unit.

        Examples
        --------
        >>> from engine import Engine
        >>> venue = Engine(accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01"), venue.set_account(7)
        >>> venue.deposit(7, "USD", "99.99").last_quantity  # in units
        9999
        >>> venue.deposit(8, "USD", 1).reject_reason.name
        'UNKNOWN_ACCOUNT'
        >>> venue.deposit(7, "USD", "0.001")
        Traceback (most recent call last):
            ...
        engine.errors.GridError: USD: amount was '0.001', not on the grid of 0.01: nearest are 0.00\
 and 0.01
        """
        return self._move(DEPOSIT, account, currency, amount, command_id, timestamp)

    def withdraw(
        self,
        account: int,
        currency: str,
        amount: DecimalLike,
        *,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Take from an account's balance what is available there; as `deposit`.

        More than that is refused with INSUFFICIENT_FUNDS.

        Parameters
        ----------
        account, currency, amount, command_id, timestamp
            As for `deposit`.
        """
        return self._move(WITHDRAW, account, currency, amount, command_id, timestamp)

    def transfer(
        self,
        account: int,
        to: int,
        currency: str,
        amount: DecimalLike,
        *,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Move what is available to the account from its balance to another's; as `withdraw`.

        Parameters
        ----------
        account, to
            From which, and to which: both were set.
        currency, amount, command_id, timestamp
            As for `deposit`.
        """
        receiver = integer_for("account", "to", to)
        return self._move(TRANSFER, account, currency, amount, command_id, timestamp, receiver)

    def set_leverage(
        self,
        symbol: str,
        *,
        account: int,
        leverage: DecimalLike,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Say how many times its margin an account's position may be worth, in one instrument.

        Parameters
        ----------
        symbol
            Of a derivative.
        account
            Whose position and orders.
        leverage
            1 or more, in steps of 0.01; the initial margin is then 1 / leverage. More than the
            instrument allows is refused with LEVERAGE_OUT_OF_RANGE.
        command_id, timestamp
            As for `set_account`.

        Raises
        ------
        UnknownSymbolError, GridError
            No instrument has the symbol, or the leverage is not in such steps.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine(accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01"), venue.set_account(7)
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1,
        ...                                     kind="linear", quote="USD", max_leverage=20))
        >>> venue.set_leverage("OIL", account=7, leverage="2.5").exec_type.name
        'DONE'
        >>> venue.account_position("OIL", account=7).initial_margin
        Decimal('0.4')
        >>> venue.set_leverage("OIL", account=7, leverage=21).reject_reason.name
        'LEVERAGE_OUT_OF_RANGE'
        """
        market = self._market(symbol)
        hundredths = DecimalGrid("leverage", LEVERAGE)
        return self._apply(
            SET_LEVERAGE,
            instrument=market.book.instrument,
            account=account,
            quantity=number_on(hundredths, symbol, "leverage", leverage),
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def set_position_mode(
        self,
        symbol: str,
        mode: PositionMode | str | int,
        *,
        account: int,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Let an account have one position in an instrument, or a long and a short one.

        Parameters
        ----------
        symbol
            Of a derivative.
        mode
            "one_way", or "hedge": then orders with `reduce_only` close, to sell the long position
            and to buy the short one, and all others open. While there is a position or an order, a
            change is refused with MODE_IS_FIXED.
        account
            Whose positions.
        command_id, timestamp
            As for `set_account`.

        Raises
        ------
        UnknownSymbolError, CommandError
            No instrument has the symbol, or the mode is none.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine(accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01")
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1,
        ...                                     kind="linear", quote="USD", max_leverage=20))
        >>> for account in (1, 2):
        ...     _ = venue.set_account(account), venue.deposit(account, "USD", 1000)
        >>> venue.set_position_mode("OIL", "hedge", account=1).exec_type.name
        'DONE'
        >>> for side, maker_side in (("buy", "sell"), ("sell", "buy")):
        ...     _ = venue.submit("OIL", side=maker_side, price=70, quantity=2, account=2)
        ...     _ = venue.submit("OIL", side=side, price=70, quantity=2, account=1)
        >>> [venue.account_position("OIL", account=1, side=side).quantity
        ...  for side in ("buy", "sell")]
        [Decimal('2'), Decimal('-2')]
        >>> venue.set_position_mode("OIL", "one_way", account=1).reject_reason.name
        'MODE_IS_FIXED'
        """
        member = member_of(PositionMode, mode, "mode")
        return self._set_mode(SET_POSITION_MODE, symbol, member, account, command_id, timestamp)

    def set_margin_mode(
        self,
        symbol: str,
        mode: MarginMode | str | int,
        *,
        account: int,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Let an account's positions in an instrument have a margin of their own, or share one.

        Parameters
        ----------
        symbol
            Of a derivative.
        mode
            "cross", or "isolated": then neither their profit nor their loss counts for anything
            else. While there is a position or an order, a change is refused with MODE_IS_FIXED.
        account, command_id, timestamp
            As for `set_position_mode`.

        Raises
        ------
        UnknownSymbolError, CommandError
            No instrument has the symbol, or the mode is none.
        """
        member = member_of(MarginMode, mode, "mode")
        return self._set_mode(SET_MARGIN_MODE, symbol, member, account, command_id, timestamp)

    def add_margin(
        self,
        symbol: str,
        amount: DecimalLike,
        *,
        side: SideLike,
        account: int,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Add to the margin of an isolated position what is available, or take it back.

        Parameters
        ----------
        symbol
            Of a derivative.
        amount
            A multiple of the unit of the currency that settles it; below 0 to take back what was
            added and is not lost.
        side
            "buy" of a long position, "sell" of a short one.
        account, command_id, timestamp
            As for `set_position_mode`.

        Raises
        ------
        UnknownSymbolError, CommandError, GridError
            No instrument has the symbol, the side is none, or the amount no such multiple.
        EngineError
            The venue keeps no accounts.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine(accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01")
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1,
        ...                                     kind="linear", quote="USD", max_leverage=20))
        >>> for account in (1, 2):
        ...     _ = venue.set_account(account), venue.deposit(account, "USD", 1000)
        >>> _ = venue.set_margin_mode("OIL", "isolated", account=1)
        >>> _ = venue.submit("OIL", side="sell", price=70, quantity=2, account=2)
        >>> _ = venue.submit("OIL", side="buy", price=70, quantity=2, account=1)
        >>> venue.add_margin("OIL", "12.50", side="buy", account=1).exec_type.name
        'DONE'
        >>> position = venue.account_position("OIL", account=1)
        >>> position.margin, position.added
        (Decimal('19.50'), Decimal('12.50'))
        >>> venue.add_margin("OIL", "12.50", side="sell", account=1).reject_reason.name
        'NO_ISOLATED_POSITION'
        """
        market = self._market(symbol)
        if not self._keeps_accounts:
            raise EngineError(f"symbol was {shown(symbol)}, of {NO_ACCOUNTS}")
        settle = market.instrument.settle
        assert settle is not None, "an instrument with accounts has a contract"
        return self._apply(
            ADD_MARGIN,
            side=member_of(Side, side, "side"),
            instrument=market.book.instrument,
            account=account,
            quantity=self.currency(settle).to_units(amount),
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    # Questions.

    def accounts(self) -> list[int]:
        """Return the numbers of all accounts, in order."""
        return self._core.accounts()

    def account(self, number: int) -> Account | None:
        """Return group, tier and flags of an account, or None where it was never set.

        Parameters
        ----------
        number
            Whose.
        """
        return self._core.account(number)

    def balance(self, account: int, currency: str) -> AccountBalance | None:
        """Return what an account has of a currency, or None where the account was never set.

        Parameters
        ----------
        account
            Whose.
        currency
            The name of one that was added.

        Raises
        ------
        UnknownCurrencyError
            No currency has the name.
        """
        number, of = self._currency(currency)
        found = self._core.balance(account, number)
        return None if found is None else self._amounts_of(found, of)

    def account_position(
        self, symbol: str, *, account: int, side: SideLike = BUY
    ) -> AccountPosition | None:
        """Return what an account has in a derivative.

        None where the account was never set; spot instruments have balances and no positions. In
        hedge mode that is the long position, and with "sell" the short one, which there is only
        then.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        account
            Whose.
        side
            "buy", or in hedge mode "sell" for the short position.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine(accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01")
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1,
        ...                                     kind="linear", quote="USD", max_leverage=20))
        >>> for account in (1, 2):
        ...     _ = venue.set_account(account), venue.deposit(account, "USD", 1000)
        >>> for price in ("71.00", "72.50"):
        ...     _ = venue.submit("OIL", side="sell", price=price, quantity=1, account=1)
        >>> _ = venue.submit("OIL", side="buy", price="72.50", quantity=2, account=2)
        >>> position = venue.account_position("OIL", account=2)
        >>> position.quantity, position.entry_price, position.entry_value
        (Decimal('2'), Decimal('71.75'), Decimal('143.50'))
        >>> _ = venue.set_price("OIL", "mark", "70.00")
        >>> venue.account_position("OIL", account=2).unrealized
        Decimal('-3.50')
        >>> print(venue.account_position("OIL", account=1).liquidation_price)
        571.76
        """
        market = self._market(symbol)
        instrument = market.instrument
        of_side = member_of(Side, side, "side")
        found = self._core.account_position(account, market.book.instrument, of_side)
        if found is None:
            return None
        ends_at = self._core.liquidation_price(account, market.book.instrument, of_side)
        assert instrument.settle is not None, "an instrument with accounts has a contract"
        to_amount = self.currency(instrument.settle).to_amount
        quantity, value = instrument.to_quantity(found.quantity), to_amount(found.entry_value)
        return AccountPosition(
            quantity=quantity,
            entry_value=value,
            entry_price=entry_price(instrument, quantity, value),
            realized=to_amount(found.realized),
            fees=to_amount(found.fees),
            unrealized=to_amount(found.unrealized),
            margin=to_amount(found.margin),
            initial_margin=EXACT.multiply(Decimal(found.initial_rate), RATE).normalize(EXACT),
            added=to_amount(found.added),
            funding=to_amount(found.funding),
            maintenance=to_amount(found.maintenance),
            liquidation_price=None if ends_at is None else instrument.to_price(ends_at),
            position_mode=found.position_mode,
            margin_mode=found.margin_mode,
        )

    def house(self, currency: str) -> Decimal:
        """Return the fees paid in a currency, less the rebates.

        Parameters
        ----------
        currency
            The name of one that was added.

        Raises
        ------
        UnknownCurrencyError
            No currency has the name.
        """
        number, of = self._currency(currency)
        return of.to_amount(self._core.house(number))

    def rounding(self, currency: str) -> Decimal:
        """Return what positions have paid of funding, less what they were paid; as `house`.

        Parameters
        ----------
        currency
            The name of one that was added.
        """
        number, of = self._currency(currency)
        return of.to_amount(self._core.rounding(number))

    def deposits(self, currency: str) -> Decimal:
        """Return what was deposited in a currency, less what was withdrawn; as `house`.

        Parameters
        ----------
        currency
            The name of one that was added.
        """
        number, of = self._currency(currency)
        return of.to_amount(self._core.deposits(number))

    def fee_of(self, report: ExecutionReport) -> Decimal:
        """Return what an order's account pays for the trades of one command; below 0 a rebate.

        Parameters
        ----------
        report
            What the command returned. Its own order's trades count, those of the orders that it
            set off don't: their fees are in `report.reports`, in units.

        Returns
        -------
        Decimal
            In the currency that settles the instrument, `venue.instruments[...].settle`; where its
            `fee_currency` is "received", of a buyer in its `base`.

        Raises
        ------
        EngineError
            The venue keeps no accounts.
        """
        if not self._keeps_accounts:
            raise EngineError(f"report was of {NO_ACCOUNTS}")
        reports = checked_report(report).reports
        own = reports[reports["order_id"] == report.order_id]
        units = sum(own["fee"].tolist())
        if units == 0:
            return Decimal(0)  # also of commands whose instrument is none
        instrument = self._instrument_of(report)
        is_in_base = instrument.fee_currency == FeeCurrency.RECEIVED and own["side"][0] == BUY
        charged = instrument.base if is_in_base else instrument.settle
        assert charged is not None, "an instrument with accounts has a contract"
        return self.currency(charged).to_amount(units)

    # What the methods above share.

    @staticmethod
    def _amounts_of(found: Balance, of: Currency) -> AccountBalance:
        amounts = (*found, found.equity, found.shared_equity, found.free, found.available)
        return AccountBalance(*map(of.to_amount, amounts))

    def _note(
        self, currencies: Sequence[Currency] = (), instruments: Sequence[Instrument] = ()
    ) -> None:
        """Hear of what is about to be added; a durable engine writes it down."""

    def _refuse_currency_of(self, currency: Currency) -> None:
        """Refuse a currency that can't be added."""
        if not self._keeps_accounts:
            raise EngineError(f"currency was {currency.name!r}, for {NO_ACCOUNTS}")
        self._refuse_known(currency)

    def _add_currency(self, currency: Currency) -> int:
        number = self._core.add_currency()
        self._currencies[currency.name] = (number, currency)
        assert len(self._currencies) == number + 1, "currencies are in the order of their numbers"
        return number

    def _refuse_known(self, currency: Currency) -> None:
        known = self._currencies.get(currency.name)
        if known is not None:
            raise EngineError(f"name was {currency.name!r}, already that of currency {known[0]}")

    def _currency(self, name: str) -> tuple[int, Currency]:
        try:
            return self._currencies[name]
        except (KeyError, TypeError):
            self._refuse_currency(name)

    def _refuse_currency(self, name: object) -> NoReturn:
        if not self._keeps_accounts:
            raise UnknownCurrencyError(f"currency was {shown(name)}, for {NO_ACCOUNTS}")
        count = len(self._currencies)
        nearest = nearest_names(shown(name), self._currencies)
        raise UnknownCurrencyError(
            f"currency was {shown(name)}, not one of {count:,} added{nearest}"
        )

    def _contract_of(
        self, instrument: Instrument, currencies: dict[str, tuple[int, Currency]]
    ) -> dict[str, int] | None:
        """Return an instrument's contract in units, None where the venue keeps no accounts."""
        return contract_terms(instrument, currencies) if self._keeps_accounts else None

    def _set_mode(
        self,
        kind: CommandKind,
        symbol: str,
        mode: PositionMode | MarginMode,
        account: int,
        command_id: int,
        timestamp: int,
    ) -> ExecutionReport:
        return self._apply(
            kind,
            instrument=self._market(symbol).book.instrument,
            account=account,
            selector=mode,
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def _move(
        self,
        kind: CommandKind,
        account: int,
        currency: str,
        amount: DecimalLike,
        command_id: int,
        timestamp: int,
        receiver: int = 0,
    ) -> ExecutionReport:
        number, of = self._currency(currency)
        return self._apply(
            kind,
            account=account,
            instrument=number,
            quantity=of.to_units(amount),
            linked_order_id=receiver,
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )
