"""What the operator of a venue does: prices and positions from outside, phases, cancels, time."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from engine._members import member_of
from engine._order_terms import number_on
from engine._report import ExecutionReport
from engine._schema import (
    ADVANCE_TIME,
    MASS_CANCEL,
    CancelScope,
    Phase,
    Side,
    TriggerSource,
)
from engine._shown import shown
from engine._venue import Market, SideLike, Venue
from engine.decimal_grid import HIGHEST, LOWEST, DecimalLike
from engine.errors import CommandError

__all__ = ["Controls", "Indication"]


class Indication(NamedTuple):
    """What an auction would come to, in decimals.

    Attributes
    ----------
    price : Decimal
        At which all of it would trade.
    volume : Decimal
        What would trade.
    surplus : Decimal
        What could trade at the price and finds no counterpart: of buyers above 0, of sellers below.
    lowest, highest : Decimal
        The ends of the range within which the price was chosen.
    """

    price: Decimal
    volume: Decimal
    surplus: Decimal
    lowest: Decimal
    highest: Decimal


class Controls(Venue):
    """The part of `Engine` that acts on whole instruments and on the venue.

    Every command takes `command_id`, which is copied into its reports, and `timestamp`, nanoseconds
    or 0 to have the clock's; it returns a report with `exec_type` DONE, or REJECTED with a
    `reject_reason`, whose `reports` have all that it set off.

    Examples
    --------
    A day has an opening auction, then trades as orders come, and closes:

    >>> from engine import Engine, Instrument
    >>> venue = Engine()
    >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
    >>> _ = venue.set_phase("OIL", "opening_call")
    >>> _ = venue.submit("OIL", side="buy", price="71.30", quantity=5)
    >>> _ = venue.submit("OIL", side="sell", price="71.20", quantity=3, time_in_force="day")
    >>> venue.indicative("OIL").price, venue.indicative("OIL").volume
    (Decimal('71.30'), Decimal('3'))
    >>> venue.set_phase("OIL", "continuous").trades["price"].tolist()
    [7130]
    >>> venue.set_phase("OIL", "closed").exec_type.name, venue.phase("OIL").name
    ('DONE', 'CLOSED')
    """

    __slots__ = ()

    def set_price(
        self,
        symbol: str,
        source: TriggerSource | str | int,
        price: DecimalLike,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Tell an instrument a price from outside, which may trigger what waits for it.

        Parameters
        ----------
        symbol
            Of the instrument.
        source
            "last", "mark" or "index", which orders may watch; "reference", the one of auctions; or
            "bid" or "offer", the market elsewhere, which pegged orders of a dark instrument follow.
        price
            A multiple of the tick size.
        account, command_id
            Copied into the reports.
        timestamp
            Nanoseconds; 0 to have the clock's, where the venue has one.

        Raises
        ------
        UnknownSymbolError, CommandError, GridError
            No instrument has the symbol, there is no such source, the price is off the grid.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine()
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        >>> stop = {"order_type": "stop", "trigger_price": 70, "trigger_source": "mark"}
        >>> _ = venue.submit("OIL", side="sell", quantity=5, **stop)
        >>> report = venue.set_price("OIL", "mark", "69.95")
        >>> report.exec_type.name, report.reports["exec_type"].tolist()  # triggered, no one buys
        ('DONE', [9, 7, 3])
        """
        market = self._market(symbol)
        return market.book.set_price(
            member_of(TriggerSource, source, "source"),
            market.ticks_of(price),
            account=account,
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def set_phase(
        self,
        symbol: str,
        phase: Phase | str | int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Bring an instrument into a phase; a call that ends ends with its auction.

        Parameters
        ----------
        symbol
            Of the instrument, which begins in "continuous".
        phase
            "continuous", "pre_open", "opening_call", "volatility_call", "closing_call", "halt" or
            "closed".
        account, command_id, timestamp
            As for `set_price`.

        Raises
        ------
        UnknownSymbolError, CommandError
            No instrument has the symbol, or there is no such phase.
        """
        return self._market(symbol).book.set_phase(
            member_of(Phase, phase, "phase"),
            account=account,
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def set_position(
        self,
        symbol: str,
        *,
        account: int,
        quantity: DecimalLike,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Tell an instrument an account's position, against which reduce-only orders are held.

        From then on the account's trades move it. Reduce-only orders that are more than it become
        smaller or are canceled, as the instrument's `reduce_only_rule` says. A venue with accounts
        has their positions from their trades, and refuses it with NOT_WITH_ACCOUNTS.

        Parameters
        ----------
        symbol
            Of the instrument.
        account
            Whose position.
        quantity
            A multiple of the lot size, below 0 for a short position.
        command_id, timestamp
            As for `set_price`.

        Raises
        ------
        UnknownSymbolError, GridError
            No instrument has the symbol, the quantity is off the grid.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine()
        >>> _ = venue.add_instrument(Instrument(symbol="BTC-USD", tick_size=1, lot_size="0.1"))
        >>> _ = venue.set_position("BTC-USD", account=7, quantity="0.5")
        >>> close = {"side": "sell", "price": 99, "quantity": 2, "reduce_only": True}
        >>> venue.submit("BTC-USD", account=7, **close).leaves_quantity  # of 20 lots
        5
        >>> venue.submit("BTC-USD", side="buy", price=99, quantity="0.2").filled_quantity
        2
        >>> venue.position("BTC-USD", account=7)
        Decimal('0.3')
        """
        market = self._market(symbol)
        quantities = market.instrument.quantities
        return market.book.set_position(
            account,
            number_on(quantities, market.instrument.symbol, "quantity", quantity),
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def position(self, symbol: str, *, account: int) -> Decimal | None:
        """Return an account's position, below 0 when short, or None while none was supplied.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        account
            Whose.
        """
        market = self._market(symbol)
        lots = market.book.position(account)
        return None if lots is None else market.instrument.to_quantity(lots)

    def phase(self, symbol: str) -> Phase:
        """Return what an instrument is doing.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        """
        return self._market(symbol).book.phase

    def uncross(
        self, symbol: str, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport:
        """Hold the auction of a call, which goes on; `trades` of the report has what traded.

        Outside a call it is refused with NOT_IN_THIS_PHASE.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        account, command_id
            Copied into the reports.
        timestamp
            Nanoseconds; 0 to have the clock's, where the venue has one.
        """
        return self._market(symbol).book.uncross(
            account=account, command_id=command_id, timestamp=timestamp or self._now()
        )

    def indicative(self, symbol: str) -> Indication | None:
        """Return what an auction would come to now, or None when nothing would trade.

        Costs a step for each order.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        """
        market = self._market(symbol)
        found = market.book.indicative()
        if found is None:
            return None
        to_price, to_quantity = market.instrument.to_price, market.instrument.to_quantity
        return Indication(
            to_price(found.price),
            to_quantity(found.volume),
            to_quantity(found.surplus),
            to_price(found.lowest),
            to_price(found.highest),
        )

    def price_band(self, symbol: str) -> tuple[Decimal, Decimal] | None:
        """Return between which prices continuous trading trades now, or None where no band binds.

        Where the first is above the second, it trades nowhere.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        """
        market = self._market(symbol)
        band = market.book.price_band()
        if band is None:
            return None
        lowest, highest = map(market.instrument.to_price, band)
        return lowest, highest

    def mass_cancel(
        self,
        symbol: str | None = None,
        account: int | None = None,
        side: SideLike | None = None,
        lowest: DecimalLike | None = None,
        highest: DecimalLike | None = None,
        *,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Take out every order, or those that are described, waiting ones too.

        Parameters
        ----------
        symbol
            Orders of this instrument; without it those of the whole venue.
        account
            Orders of this account.
        side
            Orders of this side.
        lowest, highest
            Orders with a limit from the one to the other, in an instrument; without one of them the
            range is open at that end.
        command_id, timestamp
            As for `set_price`.

        Returns
        -------
        ExecutionReport
            With `exec_type` DONE and, in `last_quantity`, how many were taken out; its `reports`
            have each of them.

        Raises
        ------
        CommandError
            There is no such side, or a price was given without a symbol.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine()
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        >>> for price in ("71.10", "71.20", "71.30"):
        ...     _ = venue.submit("OIL", side="buy", price=price, quantity=1, account=7)
        >>> venue.mass_cancel("OIL", side="buy", lowest="71.15").last_quantity
        2
        >>> venue.mass_cancel(account=7).last_quantity
        1
        """
        of_side = None if side is None else member_of(Side, side, "side")
        if symbol is not None:
            market = self._market(symbol)
            return market.book.mass_cancel(
                account=account,
                side=of_side,
                prices=_price_range(market, lowest, highest),
                command_id=command_id,
                timestamp=timestamp or self._now(),
            )
        for name, price in (("lowest", lowest), ("highest", highest)):
            if price is not None:
                raise CommandError(f"{name} was {shown(price)} without a symbol")
        scope = CancelScope(0)
        if account is not None:
            scope |= CancelScope.BY_ACCOUNT
        if of_side is not None:
            scope |= CancelScope.BY_SIDE
        return self._apply(
            MASS_CANCEL,
            account=0 if account is None else account,
            side=0 if of_side is None else of_side,
            selector=scope,
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def advance_time(self, timestamp: int = 0, *, command_id: int = 0) -> ExecutionReport:
        """Let time pass: what expires by then does, in all instruments.

        Parameters
        ----------
        timestamp
            Nanoseconds; 0 to have the clock's, where the venue has one.
        command_id
            Copied into the reports.

        Examples
        --------
        >>> from datetime import datetime, timezone
        >>> from engine import Engine, Instrument
        >>> venue = Engine()
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        >>> noon = datetime(2025, 3, 14, 12, tzinfo=timezone.utc)
        >>> _ = venue.submit("OIL", side="buy", price=71, quantity=1, expiry=noon)
        >>> report = venue.advance_time(int(noon.timestamp()) * 10**9)
        >>> len(venue), len(report.reports)
        (0, 2)
        """
        return self._apply(ADVANCE_TIME, timestamp=timestamp or self._now(), command_id=command_id)


def _price_range(
    market: Market, lowest: DecimalLike | None, highest: DecimalLike | None
) -> tuple[int, int] | None:
    """Return a range of prices in ticks, None for all orders, also those without a limit."""
    if lowest is None and highest is None:
        return None
    prices, symbol = market.instrument.prices, market.instrument.symbol
    low = LOWEST if lowest is None else number_on(prices, symbol, "lowest", lowest)
    high = HIGHEST if highest is None else number_on(prices, symbol, "highest", highest)
    return low, high
