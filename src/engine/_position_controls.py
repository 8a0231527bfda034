"""What positions pay each other, and how they are taken over, in decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from engine._account_records import AccountPosition
from engine._limit_controls import LimitControls
from engine._order_terms import number_on
from engine._report import ExecutionReport
from engine._schema import FUND, LIQUIDATE, FundingSource
from engine._shown import shown
from engine.decimal_grid import EXACT, DecimalGrid, DecimalLike
from engine.errors import CommandError
from engine.records import OpenInterest

__all__ = ["InstrumentFunding", "PositionControls"]

FUNDING_RATES: Final = DecimalGrid("rate", Decimal("1e-18"))
BILLIONTH: Final = Decimal("1e-9")
MARGIN_RATIOS: Final = DecimalGrid("warn_from", BILLIONTH)


class InstrumentFunding(NamedTuple):
    """What the funding of an instrument has come to.

    Attributes
    ----------
    rate : Decimal
        The last one; 0 before the first.
    accrued : Decimal
        The index: what one lot, long from the beginning, would have paid, in the currency that
        settles.
    time : int
        Of the last time, nanoseconds.
    """

    rate: Decimal
    accrued: Decimal
    time: int


class PositionControls(LimitControls):
    """The part of `Engine` that lets positions pay, and takes them over."""

    def fund(
        self,
        symbol: str | None = None,
        *,
        rate: DecimalLike | None = None,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Let the positions in an instrument, or in all, pay each other by a rate.

        Parameters
        ----------
        symbol
            Of a derivative with funding; None for every one whose rate can be computed.
        rate
            That is paid, within the bounds of the instrument, in steps of 10^-18: above 0 long
            positions pay. None to have it computed from mark and index price.
        command_id, timestamp
            As for `submit`.

        Returns
        -------
        ExecutionReport
            Of one instrument with the rate, in 10^-18, as its `last_price`; with the number of
            instruments as its `last_quantity`. NO_FUNDING, PRICE_UNKNOWN,
            FUNDING_RATE_OUT_OF_RANGE and VALUE_OVERFLOW are reasons of a refusal.

        Raises
        ------
        UnknownSymbolError, GridError
            No instrument has the symbol, or the rate is no such multiple.
        CommandError
            A rate is told, and no symbol.
        """
        if symbol is None:
            if rate is not None:
                raise CommandError(f"rate was {shown(rate)}, and no symbol was told that it is for")
            source, number, told = FundingSource.EVERY, 0, 0
        else:
            number = self._market(symbol).book.instrument
            source = FundingSource.COMPUTED if rate is None else FundingSource.TOLD
            told = 0 if rate is None else number_on(FUNDING_RATES, symbol, "rate", rate)
        return self._apply(
            FUND,
            instrument=number,
            price=told,
            selector=source,
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def liquidate(
        self,
        *,
        account: int,
        warn_from: DecimalLike | None = None,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Close what has less than its maintenance margin, as the contract of each says.

        Parameters
        ----------
        account
            The one that takes over what nobody buys: the insurance fund.
        warn_from
            Of what is not closed, a report WARNED is given where the maintenance margin is at least
            this part of the equity: above 0 to 1, in steps of 0.000000001. None for no warnings.
        command_id, timestamp
            As for `submit`.

        Returns
        -------
        ExecutionReport
            With how many parts of positions were closed as its `last_quantity`; before it, in
            `reports`, the orders that were canceled, the trades of what was sold, and of each part
            a report LIQUIDATED; DELEVERAGED of whose position was closed for another, SOCIALIZED of
            what all bore. Orders that these set off come behind it. UNKNOWN_ACCOUNT and
            AMOUNT_OUT_OF_RANGE are reasons of a refusal.
        """
        return self._apply(
            LIQUIDATE,
            account=account,
            quantity=0 if warn_from is None else MARGIN_RATIOS.number(warn_from),
            command_id=command_id,
            timestamp=timestamp or self._now(),
        )

    def open_positions(self, account: int) -> list[tuple[str, AccountPosition]]:
        """Return what an account has open: each symbol with its position, in the venue's order.

        In hedge mode the long position comes before the short one. Costs a step for each instrument
        in which the account ever had something, however many there are. Empty where the account was
        never set.

        Parameters
        ----------
        account
            Its number.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine(accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01")
        >>> terms = {"tick_size": "0.01", "lot_size": 1, "kind": "linear", "quote": "USD"}
        >>> for symbol in ("OIL", "GAS", "TIN"):
        ...     _ = venue.add_instrument(Instrument(symbol=symbol, max_leverage=20, **terms))
        >>> for account in (1, 2):
        ...     _ = venue.set_account(account), venue.deposit(account, "USD", 1000)
        >>> for symbol in ("TIN", "OIL"):
        ...     _ = venue.submit(symbol, side="sell", price=30, quantity=4, account=1)
        ...     _ = venue.submit(symbol, side="buy", price=30, quantity=4, account=2)
        >>> [(symbol, int(its.quantity)) for symbol, its in venue.open_positions(1)]
        [('OIL', -4), ('TIN', -4)]
        >>> venue.open_interest("OIL"), venue.open_interest()
        (OpenInterest(positions=2, lots=4), OpenInterest(positions=4, lots=8))
        """
        open_ones = []
        for number, side in self._core.open_positions(account):
            symbol = self._list[number].instrument.symbol
            position = self.account_position(symbol, account=account, side=side)
            assert position is not None, "it is open"
            open_ones.append((symbol, position))
        return open_ones

    def open_interest(self, symbol: str | None = None) -> OpenInterest:
        """Return how many positions are open, and the lots of the long ones together.

        Costs a step for each position that there is, a closed one too.

        Parameters
        ----------
        symbol
            Of an instrument; None for all of them together.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        """
        number = None if symbol is None else self._market(symbol).book.instrument
        return self._core.open_interest(number)

    def funding(self, symbol: str) -> InstrumentFunding | None:
        """Return what the funding of an instrument has come to, None where there is none.

        Parameters
        ----------
        symbol
            Of an instrument that was added.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        """
        market = self._market(symbol)
        found = self._core.funding(market.book.instrument)
        if found is None:
            return None
        assert market.instrument.settle is not None, "an instrument with accounts has a contract"
        unit = self.currency(market.instrument.settle).unit
        return InstrumentFunding(
            rate=EXACT.multiply(Decimal(found.rate), FUNDING_RATES.step),
            accrued=EXACT.multiply(EXACT.multiply(Decimal(found.accrued), BILLIONTH), unit),
            time=found.time,
        )
