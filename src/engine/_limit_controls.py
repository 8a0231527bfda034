"""What the operator of a venue lets accounts do, and turns off, in decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from engine._account_controls import NO_ACCOUNTS, AccountControls
from engine._members import member_of, truth_of
from engine._order_terms import RATES, integer_for, number_on
from engine._report import ExecutionReport
from engine._schema import (
    SET_DEFAULT_LIMIT,
    SET_LIMIT,
    SET_RATE,
    SWITCH,
    Limit,
    RateKind,
    RateLimit,
    SwitchScope,
)
from engine._shown import shown
from engine._venue import Market
from engine.decimal_grid import DecimalGrid, DecimalLike
from engine.errors import CommandError, GridError
from engine.rate_tiers import RateAnswer

__all__ = ["AccountExposure", "LimitControls"]

NONE: Final = -1
"""The value of a command that takes a limit away."""
ORDERS: Final = Decimal(1)
SECONDS: Final = Decimal("1e-9")
OF_LOTS: Final = frozenset({Limit.ORDER_QUANTITY, Limit.POSITION})
OF_INSTRUMENTS: Final = OF_LOTS | {Limit.ORDER_VALUE, Limit.PRICE_DISTANCE}
OF_ACCOUNTS: Final = frozenset({Limit.OPEN_ORDERS, Limit.DUPLICATE_WINDOW})


class AccountExposure(NamedTuple):
    """What an account is exposed to, and has lost, in the derivatives settled in one currency.

    Attributes
    ----------
    long, short : Decimal
        What its positions are worth together if all that it has open to buy trades, or all that it
        has open to sell; below 0 when short.
    gross : Decimal
        The sum of the worse side of each.
    result : Decimal
        What its positions have realized there, less their fees.
    day_loss : Decimal
        The result at the beginning of the day less that now, and what it would lose at the mark
        prices.
    drawdown : Decimal
        The same from its best result.
    """

    long: Decimal
    short: Decimal
    gross: Decimal
    result: Decimal
    day_loss: Decimal
    drawdown: Decimal


class _Measure(NamedTuple):
    """What a limit is of, and the steps in which its value counts."""

    number: int
    """Of the instrument or the currency; 0 for the account as a whole."""
    grid: DecimalGrid


class LimitControls(AccountControls):
    """The part of `Engine` that limits accounts, in a venue made with `accounts=True`.

    Limits are named as `Limit` and `RateLimit` have them, in any case. What a limit refuses is no
    misuse: the report of the order has the reason.

    Examples
    --------
    >>> from engine import Engine, Instrument
    >>> venue = Engine(accounts=True)
    >>> _ = venue.add_currency("USD", unit="0.01"), venue.set_account(7)
    >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1,
    ...                                     kind="linear", quote="USD", max_leverage=20))
    >>> _ = venue.deposit(7, "USD", 1000)
    >>> _ = venue.set_default_limit("order_value", "500", symbol="OIL")
    >>> _ = venue.set_limit(7, "order_value", "1000.50", symbol="OIL")
    >>> venue.limit(7, "order_value", symbol="OIL"), venue.limit(7, "open_orders")
    (Decimal('1000.50'), None)
    >>> order = {"side": "buy", "price": "71.25", "account": 7}
    >>> venue.submit("OIL", quantity=15, **order).reject_reason.name
    'ORDER_VALUE_LIMIT'
    >>> venue.switch_off(symbol="OIL").exec_type.name, venue.is_enabled("OIL", account=7)
    ('DONE', False)
    >>> venue.submit("OIL", quantity=1, **order).reject_reason.name
    'TRADING_DISABLED'
    """

    __slots__ = ()

    # Limits.

    def set_limit(
        self,
        account: int,
        limit: Limit | str | int,
        value: DecimalLike | None,
        *,
        symbol: str | None = None,
        currency: str | None = None,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Set a limit of an account, from its next order on.

        Parameters
        ----------
        account
            One that was set.
        limit
            Of an instrument: "order_quantity" and "position", in its quantities; "order_value", in
            its quote or settlement currency; "price_distance", a part of the price. Of the account:
            "open_orders", a number; "duplicate_window", seconds. Of a currency: "net_exposure",
            "gross_exposure", "daily_loss" and "drawdown", in amounts of it.
        value
            0 or more; None for no limit of its own, so that the default holds. A multiple of lot
            size or unit, of 0.000001 for a part, of a nanosecond for seconds.
        symbol, currency
            Where the limit holds, if it is of an instrument or of a currency.
        command_id
            Copied into the report.
        timestamp
            Nanoseconds; 0 to have the clock's, where the venue has one.

        Raises
        ------
        UnknownSymbolError, UnknownCurrencyError
            There is no such instrument or currency.
        CommandError
            There is no such limit, or it is not told, or wrongly, what it is of.
        GridError
            The value is below 0, or not in such steps.

        Examples
        --------
        >>> from engine import Engine
        >>> venue = Engine(accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01"), venue.set_account(7)
        >>> venue.set_limit(7, "daily_loss", 2500, currency="USD").last_quantity  # in units
        250000
        >>> venue.set_limit(7, "duplicate_window", "0.5").last_quantity  # nanoseconds
        500000000
        >>> venue.set_limit(8, "open_orders", 10).reject_reason.name
        'UNKNOWN_ACCOUNT'
        >>> venue.set_limit(7, "daily_loss", 2500)
        Traceback (most recent call last):
            ...
        engine.errors.CommandError: daily_loss is a limit of a currency, and none was named
        """
        fields = self._limit_fields(limit, value, symbol, currency)
        return self._apply(
            SET_LIMIT,
            account=integer_for("account", "account", account),
            **fields,
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def set_default_limit(
        self,
        limit: Limit | str | int,
        value: DecimalLike | None,
        *,
        symbol: str | None = None,
        currency: str | None = None,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Set a limit of every account that has none of its own; as `set_limit`.

        Parameters
        ----------
        limit, value, symbol, currency, command_id, timestamp
            As for `set_limit`.
        """
        fields = self._limit_fields(limit, value, symbol, currency)
        return self._apply(
            SET_DEFAULT_LIMIT,
            **fields,
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def limit(
        self,
        account: int,
        limit: Limit | str | int,
        *,
        symbol: str | None = None,
        currency: str | None = None,
    ) -> Decimal | None:
        """Return the limit that holds for an account, its own or else the default.

        As `set_limit` takes it; None where none holds, and where the account was never set.

        Parameters
        ----------
        account
            Whose.
        limit, symbol, currency
            As for `set_limit`.
        """
        which = member_of(Limit, limit, "limit")
        measure = self._measure(which, symbol, currency)
        found = self._core.limit(account, which, measure.number)
        if found is None:
            return None
        return measure.grid.decimal(found)

    def exposure(self, account: int, currency: str) -> AccountExposure | None:
        """Return what an account is exposed to, and has lost, in the derivatives of a currency.

        None where the account was never set.

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
        found = self._core.exposure(account, number)
        return None if found is None else AccountExposure(*map(of.to_amount, found))

    def open_orders(self, account: int) -> int:
        """Return how many live orders an account has, in the books or waiting.

        Parameters
        ----------
        account
            Whose.
        """
        return self._core.open_orders(account)

    # Switches.

    def switch_off(
        self,
        *,
        account: int | None = None,
        group: int | None = None,
        symbol: str | None = None,
        keep_orders: bool = False,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Turn trading off, and take out every order that this holds for.

        Cancels are taken all the time. What is off stays off until `switch_on` with the same words.

        Parameters
        ----------
        account, group, symbol
            For an account, for the accounts of a group, or in an instrument; with none of them for
            the whole venue.
        keep_orders
            Leave the orders where they are.
        command_id, timestamp
            As for `set_limit`.

        Returns
        -------
        ExecutionReport
            With `exec_type` DONE and, in `last_quantity`, how many orders were taken out; its
            `reports` have each of them.

        Raises
        ------
        CommandError
            For more than one of them.
        UnknownSymbolError
            No instrument has the symbol.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine(accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01"), venue.set_account(7)
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1,
        ...                                     kind="linear", quote="USD", max_leverage=20))
        >>> _ = venue.deposit(7, "USD", 1000)
        >>> _ = venue.submit("OIL", side="buy", price="71.25", quantity=1, account=7)
        >>> venue.switch_off(account=7).last_quantity
        1
        >>> venue.submit("OIL", side="buy", price=71, quantity=1, account=7).reject_reason.name
        'TRADING_DISABLED'
        >>> venue.switch_on(account=7).exec_type.name, venue.is_enabled("OIL", account=7)
        ('DONE', True)
        """
        keeps = SwitchScope(0)
        if truth_of(keep_orders, "keep_orders"):
            keeps = SwitchScope.KEEP_ORDERS
        return self._switch(1, keeps, account, group, symbol, command_id, timestamp)

    def switch_on(
        self,
        *,
        account: int | None = None,
        group: int | None = None,
        symbol: str | None = None,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Turn trading on again where `switch_off` turned it off with the same words.

        Parameters
        ----------
        account, group, symbol, command_id, timestamp
            As for `switch_off`.
        """
        return self._switch(0, SwitchScope(0), account, group, symbol, command_id, timestamp)

    def is_enabled(self, symbol: str, *, account: int) -> bool:
        """Return whether no switch that holds for an account in an instrument is off.

        False where the account was never set.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        account
            Whose.
        """
        return self._core.is_enabled(account, self._market(symbol).book.instrument)

    # Rates.

    def set_rate(
        self,
        limit: RateLimit | str | int,
        value: DecimalLike | None,
        *,
        tier: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Limit how often the accounts of a tier may ask for something, from the next command on.

        Parameters
        ----------
        limit
            "orders_per_ten_seconds", "orders_per_minute", "orders_per_day", for orders that are
            entered or replaced; "cancels_per_minute"; or "factor", by which all of these are
            multiplied.
        value
            0 to 10,000,000, or None for no limit; a factor is 0 to 10 in steps of 0.000001, or None
            for 1. What is more is refused with LIMIT_OUT_OF_RANGE.
        tier
            0 to 255, as `set_account` gave it.
        command_id, timestamp
            As for `set_limit`.

        Raises
        ------
        CommandError
            There is no such limit.
        GridError
            The value is below 0, or not in such steps.

        Examples
        --------
        >>> from engine import Engine
        >>> from engine.rate_tiers import GODARK
        >>> venue = Engine(accounts=True)
        >>> for tier, limits in enumerate(GODARK.values()):
        ...     _ = venue.set_rate("orders_per_minute", limits.orders_per_minute, tier=tier)
        ...     _ = venue.set_rate("cancels_per_minute", limits.cancels_per_minute, tier=tier)
        >>> _ = venue.set_account(7, tier=2)
        >>> venue.rate(7, "order")
        RateAnswer(allowed=True, remaining=600, retry_after=0, reset_time=60000000000)
        >>> _ = venue.set_rate("factor", "0.5", tier=2)
        >>> venue.rate(7, "order").remaining, venue.rate_limit("orders_per_minute", tier=2)
        (300, Decimal('600'))
        """
        which = member_of(RateLimit, limit, "limit")
        return self._apply(
            SET_RATE,
            self_trade_group=integer_for("self_trade_group", "tier", tier),
            selector=which,
            quantity=_value(which.name.lower(), _grid_of_rate(which), value),
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def rate_limit(self, limit: RateLimit | str | int, *, tier: int = 0) -> Decimal | None:
        """Return a limit of a tier as `set_rate` set it, None where it set none.

        Parameters
        ----------
        limit
            As for `set_rate`.
        tier
            Of accounts.
        """
        which = member_of(RateLimit, limit, "limit")
        found, grid = self._core.rate_limit(tier, which), _grid_of_rate(which)
        return None if found is None else grid.decimal(found)

    def rate(self, account: int, kind: RateKind | str | int) -> RateAnswer | None:
        """Return what the next "order" or "cancel" of an account would be told.

        At the engine's time: how many more are allowed, how long to wait, and when all is whole
        again. None where the account was never set.

        Parameters
        ----------
        account
            Whose.
        kind
            "order" or "cancel".
        """
        return self._core.rate(account, member_of(RateKind, kind, "kind"))

    # What the methods above share.

    def _limit_fields(
        self,
        limit: Limit | str | int,
        value: DecimalLike | None,
        symbol: str | None,
        currency: str | None,
    ) -> dict[str, int]:
        """Return what a command that sets a limit says of it."""
        which = member_of(Limit, limit, "limit")
        measure = self._measure(which, symbol, currency)
        quantity = _value(which.name.lower(), measure.grid, value)
        return {"selector": which, "instrument": measure.number, "quantity": quantity}

    def _measure(self, limit: Limit, symbol: str | None, currency: str | None) -> _Measure:
        """Return what a limit is of, and in which steps it counts."""
        name = limit.name.lower()
        if limit in OF_ACCOUNTS:
            _refuse(name, "an account", symbol=symbol, currency=currency)
            step = SECONDS if limit == Limit.DUPLICATE_WINDOW else ORDERS
            return _Measure(0, DecimalGrid(name, step))
        if limit in OF_INSTRUMENTS:
            _refuse(name, "an instrument", currency=currency)
            if symbol is None:
                raise CommandError(f"{name} is a limit of an instrument, and none was named")
            market = self._market(symbol)
            return _Measure(market.book.instrument, self._grid(limit, market))
        _refuse(name, "a currency", symbol=symbol)
        if currency is None:
            raise CommandError(f"{name} is a limit of a currency, and none was named")
        number, of = self._currency(currency)
        return _Measure(number, of.amounts)

    def _grid(self, limit: Limit, market: Market) -> DecimalGrid:
        """Return the steps of a limit of an instrument."""
        instrument = market.instrument
        if limit in OF_LOTS:
            return instrument.quantities
        if limit == Limit.PRICE_DISTANCE:
            return DecimalGrid(limit.name.lower(), RATES)
        if not self._keeps_accounts:
            raise CommandError(f"limit was 'order_value', in a currency, of {NO_ACCOUNTS}")
        assert instrument.settle is not None, "an instrument with accounts has a contract"
        return self.currency(instrument.settle).amounts

    def _switch(
        self,
        quantity: int,
        keeps: SwitchScope,
        account: int | None,
        group: int | None,
        symbol: str | None,
        command_id: int,
        timestamp: int,
    ) -> ExecutionReport:
        given = {"account": account, "group": group, "symbol": symbol}
        named = [name for name, value in given.items() if value is not None]
        if len(named) > 1:
            raise CommandError(f"{' and '.join(named)} were given, a switch is for one of them")
        scope = keeps
        fields: dict[str, int] = {}
        if account is not None:
            scope |= SwitchScope.BY_ACCOUNT
            fields["account"] = integer_for("account", "account", account)
        if group is not None:
            scope |= SwitchScope.BY_GROUP
            fields["self_trade_group"] = integer_for("self_trade_group", "group", group)
        if symbol is not None:
            scope |= SwitchScope.BY_INSTRUMENT
            fields["instrument"] = self._market(symbol).book.instrument
        return self._apply(
            SWITCH,
            selector=scope,
            quantity=quantity,
            command_id=command_id,
            timestamp=timestamp or self._now(),
            **fields,
        )


def _refuse(name: str, owner: str, **given: str | None) -> None:
    """Refuse to be told what a limit is of that is of something else."""
    for field, value in given.items():
        if value is not None:
            raise CommandError(f"{name} is a limit of {owner}, {field} was {shown(value)}")


def _grid_of_rate(limit: RateLimit) -> DecimalGrid:
    """Return the steps of a factor, or of the other rates, which are whole numbers."""
    return DecimalGrid(limit.name.lower(), RATES if limit == RateLimit.FACTOR else ORDERS)


def _value(name: str, grid: DecimalGrid, value: DecimalLike | None) -> int:
    """Return the value of a limit in steps, NONE for none."""
    if value is None:
        return NONE
    number = number_on(grid, name, "value", value)
    if number < 0:
        raise GridError(f"{name} was {shown(value)}, must be 0 or more, or None for no limit")
    return number
