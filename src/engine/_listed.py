"""What a venue lists: the part of `Engine` that adds instruments, or all that a file has."""

from __future__ import annotations

from engine._refusals import Refusals
from engine._shown import check_kind, shown
from engine._venue import Market
from engine.errors import EngineError
from engine.instrument import Instrument
from engine.listing import Listing

__all__ = ["Listed"]


class Listed(Refusals):
    """The part of `Engine` that adds instruments."""

    __slots__ = ()

    def add_instrument(self, instrument: Instrument) -> int:
        """Add an instrument, also to a venue that is running.

        Parameters
        ----------
        instrument
            With accounts, one that has a contract.

        Returns
        -------
        int
            Its number, which commands and reports carry: 0 for the first, then 1, 2, ...

        Raises
        ------
        EngineError
            An instrument of this symbol was added before.
        GridError
            The venue keeps accounts, and the instrument has no contract, or one in a currency that
            was not added or whose unit is too coarse.

        Examples
        --------
        >>> from engine import Engine
        >>> venue = Engine(accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01"), venue.add_currency("BTC", unit="0.001")
        >>> coins = Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.1", kind="spot",
        ...                    base="BTC", quote="USD")
        >>> venue.add_instrument(coins)
        Traceback (most recent call last):
            ...
        engine.errors.GridError: instrument 'BTC-USD': the smallest unit of USD is 0.01, one lot at\
 one tick is worth 0.001: choose a unit of 0.001 or finer
        """
        with self._adding():
            self._refuse_listed(instrument)
            contract = self._contract_of(instrument, self._currencies)
            self._note(instruments=[instrument])
            return self._add_instrument(instrument, contract)

    def add_listing(self, listing: Listing) -> None:
        """Add currencies and instruments, as a file has them; all of it or nothing.

        A venue without accounts has no currencies: it takes the instruments.

        Parameters
        ----------
        listing
            Currencies and instruments that are not there yet.

        Raises
        ------
        EngineError, GridError
            As `add_currency` and `add_instrument`.

        Examples
        --------
        >>> from engine import Engine
        >>> listing = Listing.from_toml('''
        ...     currencies = [{name = "USD", unit = "0.01"}]
        ...     [[instruments]]
        ...     symbol = "OIL"
        ...     tick_size = "0.01"
        ...     lot_size = 1
        ...     kind = "linear"
        ...     quote = "USD"
        ...     max_leverage = 20
        ... ''')
        >>> venue, plain = Engine(accounts=True), Engine()
        >>> venue.add_listing(listing)
        >>> plain.add_listing(listing)
        >>> venue.currencies == listing.currencies, plain.instruments == venue.instruments
        (True, True)
        """
        check_kind("listing", listing, Listing)
        with self._adding():
            self._add_listing(listing)

    def _add_listing(self, listing: Listing) -> None:
        currencies = dict(self._currencies)
        new = listing.currencies if self._keeps_accounts else ()
        for currency in new:
            self._refuse_known(currency)
            currencies[currency.name] = (len(currencies), currency)
        contracts = []
        for instrument in listing.instruments:
            self._refuse_listed(instrument)
            contracts.append(self._contract_of(instrument, currencies))
        self._note(listing.currencies, listing.instruments)
        for currency in new:
            self._add_currency(currency)
        for instrument, contract in zip(listing.instruments, contracts, strict=True):
            self._add_instrument(instrument, contract)

    # What the methods above share.

    def _refuse_listed(self, instrument: object) -> None:
        """Refuse what is no instrument, or has the symbol of one that was added."""
        if not isinstance(instrument, Instrument):
            kind = type(instrument).__name__
            raise TypeError(f"instrument was {shown(instrument)}, of {kind}, not an Instrument")
        known = self._markets.get(instrument.symbol)
        if known is not None:
            raise EngineError(
                f"symbol was {instrument.symbol!r}, already that of"
                f" instrument {known.book.instrument}"
            )

    def _add_instrument(self, instrument: Instrument, contract: dict[str, int] | None) -> int:
        number = self._core.add_instrument(**instrument.terms(), contract=contract)
        market = Market(instrument, self._core.book(number))
        self._list.append(market)
        self._markets[instrument.symbol] = market
        assert len(self._list) == number + 1, "the list is by number"
        return number
