"""What a venue knows: its instruments and their books, and the answers to questions about them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from operator import index
from typing import Final, NoReturn, TypeAlias

import numpy as np

from engine._book import OrderBook
from engine._core import Core
from engine._members import member_of, nearest_names
from engine._order_terms import integer_for
from engine._recovery import Held
from engine._report import ExecutionReport, _report_from_bytes
from engine._schema import COMMAND_DTYPE, CommandKind, Side
from engine._shown import counted, shown
from engine.decimal_grid import DecimalLike
from engine.errors import CommandError, EngineError, UnknownSymbolError
from engine.instrument import Instrument
from engine.ladder import html_ladder, text_ladder
from engine.records import (
    BookCounters,
    Counters,
    Depth,
    Order,
    OrderDetail,
    QueuePosition,
    RecordArray,
)

__all__ = ["Market", "SideLike", "Venue", "checked_report"]

SideLike: TypeAlias = Side | str | int

ORDER_ID_MAX: Final = 2**64 - 1
REPR_INSTRUMENTS_MAX: Final = 3
HTML_INSTRUMENTS_MAX: Final = 4


class Market:
    """An instrument and its book, with what `submit` needs at hand."""

    __slots__ = (
        "book",
        "instrument",
        "lots_of",
        "price_places",
        "quantity_places",
        "submit",
        "ticks_of",
    )

    def __init__(self, instrument: Instrument, book: OrderBook) -> None:
        self.instrument = instrument
        self.book = book
        self.submit = book.submit
        self.ticks_of = instrument.prices.number
        self.lots_of = instrument.quantities.number
        self.price_places = instrument.prices.plain_places
        self.quantity_places = instrument.quantities.plain_places


def checked_report(report: object) -> ExecutionReport:
    """Return what is a report, and refuse what is none."""
    if not isinstance(report, ExecutionReport):
        raise TypeError(
            f"report was {shown(report)}, of {type(report).__name__}, not an ExecutionReport"
        )
    return report


class Venue:
    """The part of `Engine` that asks and changes nothing; the rest is built on it.

    Parameters
    ----------
    core : Core
        The engine in ticks and lots.
    clock : callable, optional
        Returns nanoseconds.

    Examples
    --------
    >>> from engine import Engine
    >>> venue = Engine()
    >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
    >>> _ = venue.submit("OIL", side="buy", price="71.25", quantity=3)
    >>> venue.best_bid("OIL"), venue.order_count("OIL", "sell"), venue.last_trade("OIL")
    (Decimal('71.25'), 0, None)
    """

    __slots__ = ("__weakref__", "_clock", "_core", "_list", "_markets")

    def __init__(self, core: Core, clock: Callable[[], int] | None) -> None:
        self._clock = clock
        self._core = core
        self._markets: dict[str, Market] = {}
        self._list: list[Market] = []

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All instruments; the place of each is its number."""
        return tuple(market.instrument for market in self._list)

    def instrument(self, symbol: str) -> Instrument:
        """Return the instrument of a symbol.

        Parameters
        ----------
        symbol
            As it was added.

        Raises
        ------
        UnknownSymbolError
            None has it; the message names the nearest.
        """
        return self._market(symbol).instrument

    def book(self, symbol: str) -> OrderBook:
        """Return the integer face of an instrument: its book in ticks and lots, on this engine.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        """
        return self._market(symbol).book

    # Questions.

    def order(self, order_id: int) -> Order | None:
        """Return the live order of this id as it stands, in ticks and lots, or None.

        Parameters
        ----------
        order_id
            Of a live order.
        """
        return self._core.order(order_id)

    def detail(self, order_id: int) -> OrderDetail | None:
        """Return what a live order is beyond that, in ticks and lots, or None.

        Orders that ask for no more than a limit or market order does have none.

        Parameters
        ----------
        order_id
            Of a live order.
        """
        return self._core.detail(order_id)

    def orders(self, symbol: str, side: SideLike, price: DecimalLike | None = None) -> RecordArray:
        """Return orders that rest, in the order in which they trade, an array of `ORDER_DTYPE`.

        Parameters
        ----------
        symbol, side
            Whose orders.
        price
            Only those at this price; without it the whole side, best price first.
        """
        market = self._market(symbol)
        ticks = None if price is None else market.ticks_of(price)
        return market.book.orders(member_of(Side, side, "side"), ticks)

    def waiting(self, symbol: str) -> RecordArray:
        """Return the orders that wait outside an instrument's book, the oldest first.

        For a trigger price, a call or another order; `detail` says for which.

        Parameters
        ----------
        symbol
            Of an instrument that was added.

        Returns
        -------
        ndarray of ORDER_DTYPE
            In ticks and lots.
        """
        return self._market(symbol).book.waiting()

    def queue_position(self, order_id: int) -> QueuePosition | None:
        """Return what stands in front of a resting order at its price, in lots, or None.

        Parameters
        ----------
        order_id
            Of a live order.
        """
        return self._core.queue_position(order_id)

    def order_count(self, symbol: str | None = None, side: SideLike | None = None) -> int:
        """Return how many orders rest, in all or of one instrument, on both sides or on one.

        Parameters
        ----------
        symbol
            Of an instrument; all of them without it.
        side
            "buy" or "sell"; both without it.
        """
        if symbol is None:
            if side is not None:
                raise CommandError(f"side was {shown(side)} without a symbol")
            return sum(market.book.order_count() for market in self._list)
        book = self._market(symbol).book
        return book.order_count(None if side is None else member_of(Side, side, "side"))

    def best_bid(self, symbol: str) -> Decimal | None:
        """Return the highest price bid, or None.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        """
        market = self._market(symbol)
        ticks = market.book.best_bid()
        return None if ticks is None else market.instrument.to_price(ticks)

    def best_ask(self, symbol: str) -> Decimal | None:
        """Return the lowest price asked, or None.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        """
        market = self._market(symbol)
        ticks = market.book.best_ask()
        return None if ticks is None else market.instrument.to_price(ticks)

    def depth(self, symbol: str, levels: int = 10) -> Depth:
        """Return the best prices of both sides, in ticks and lots.

        Parameters
        ----------
        symbol
            Whose book.
        levels
            How many a side, at most.

        Returns
        -------
        Depth
            `bids` and `asks`, each an array of `LEVEL_DTYPE` with the best price first.
        """
        return self._market(symbol).book.depth(levels)

    def last_trade(self, symbol: str) -> tuple[Decimal, Decimal] | None:
        """Return price and quantity of the instrument's last trade, or None before the first.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        """
        market = self._market(symbol)
        trade = market.book.last_trade()
        if trade is None:
            return None
        return market.instrument.to_price(trade[0]), market.instrument.to_quantity(trade[1])

    def ladder(self, symbol: str, levels: int = 10) -> str:
        """Return an instrument's book as a trader reads it, in decimals.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        levels
            How many a side, at most.
        """
        market = self._market(symbol)
        return text_ladder(market.book.depth(levels), market.instrument, levels)

    # The engine as a whole.

    def reserve(self, orders: int) -> None:
        """Make room for so many more resting orders, so that nothing grows before they rest.

        Parameters
        ----------
        orders
            How many.
        """
        self._core.reserve(orders)

    def state_hash(self) -> str:
        """Return the SHA-256, in hex, over the logical state; see `Core.state_hash`."""
        return self._core.state_hash()

    def check_invariants(self) -> None:
        """Raise `InvariantError` when the state contradicts itself; walks over everything."""
        self._core.check_invariants()

    @property
    def time(self) -> int:
        """The largest timestamp seen, nanoseconds."""
        return self._core.time

    @property
    def report_count(self) -> int:
        """How many reports were made."""
        return self._core.report_count

    @property
    def trade_count(self) -> int:
        """How many trades were made."""
        return self._core.trade_count

    def counters(self) -> Counters:
        """Return what the engine has done since it began.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine()
        >>> _ = venue.add_instrument(
        ...     Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
        ... )
        >>> for side in ("sell", "buy", "buy"):
        ...     report = venue.submit("BTC-USD", side=side, price="50000", quantity="1.5")
        >>> counters = venue.counters()
        >>> counters.commands.total(), counters.reports.total(), counters.trades
        (3, 5, 1)
        """
        return self._core.counters()

    def book_counters(self, symbol: str) -> BookCounters:
        """Return what one instrument has done since it was added; its lots are of its lot size.

        Parameters
        ----------
        symbol
            Of an instrument that was added.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> venue = Engine()
        >>> _ = venue.add_instrument(
        ...     Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
        ... )
        >>> for side in ("sell", "buy", "buy"):
        ...     report = venue.submit("BTC-USD", side=side, price="50000", quantity="1.5")
        >>> venue.book_counters("BTC-USD")
        BookCounters(orders=3, trades=1, traded_lots=1500)
        """
        return self._market(symbol).book.counters()

    @property
    def memory_bytes(self) -> int:
        """Bytes that orders, levels and indexes take."""
        return self._core.memory_bytes

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self._core)

    def __contains__(self, order_id: object) -> bool:
        try:
            number = index(order_id)  # type: ignore[arg-type]
        except TypeError:
            return False
        return 0 <= number <= ORDER_ID_MAX and number in self._core

    def __reduce__(self) -> NoReturn:
        raise TypeError("an engine can't be pickled")

    def __repr__(self) -> str:
        shown = [self._touch(market) for market in self._list[:REPR_INSTRUMENTS_MAX]]
        if len(self._list) > len(shown):
            shown.append("...")
        counts = [counted(len(self._list), "instrument"), counted(len(self._core), "order")]
        return f"Engine({', '.join([*counts, *shown])})"

    def _repr_html_(self) -> str:
        shown = self._list[:HTML_INSTRUMENTS_MAX]
        pages = [html_ladder(market.book.depth(), market.instrument) for market in shown]
        if len(self._list) > len(shown):
            pages.append(f"<p>and {len(self._list) - len(shown):,} more</p>")
        return "".join(pages) or "<p>no instruments</p>"

    # What the methods above share.

    def _market(self, symbol: str) -> Market:
        try:
            return self._markets[symbol]
        except (KeyError, TypeError):
            self._refuse_symbol(symbol)

    def _refuse_symbol(self, symbol: object) -> NoReturn:
        count = len(self._markets)
        nearest = nearest_names(shown(symbol), self._markets)
        raise UnknownSymbolError(f"symbol was {shown(symbol)}, not one of {count:,} added{nearest}")

    def _instrument_of(self, report: ExecutionReport) -> Instrument:
        if report.instrument >= len(self._list):
            raise EngineError(
                f"report was of instrument {report.instrument}, of {len(self._list)} added:"
                " it is of another engine"
            )
        return self._list[report.instrument].instrument

    def _book_of(self, order_id: int) -> OrderBook | None:
        number = self._core.instrument_of(order_id)
        return None if number is None else self._list[number].book

    def _adding(self) -> AbstractContextManager[None]:
        """Let no other thread in while something is added to the journal, the core and here."""
        return Held(self._core)

    def _now(self) -> int:
        return 0 if self._clock is None else self._clock()

    def _stamped(self, commands: RecordArray) -> RecordArray:
        """Return commands with the clock's time where they have none; the core judges the rest."""
        if not isinstance(commands, np.ndarray) or commands.dtype != COMMAND_DTYPE:
            return commands
        bare = commands["timestamp"] == 0
        if not commands.flags.c_contiguous or not bare.any():
            return commands
        # As bytes: NumPy copies records field by field.
        commands = commands.view(f"V{commands.itemsize}").copy().view(COMMAND_DTYPE)
        commands["timestamp"][bare] = index(self._now())
        return commands

    def _apply(self, kind: CommandKind, **fields: int) -> ExecutionReport:
        """Apply a command that is of no book, or whose order is not known."""
        command = np.zeros(1, COMMAND_DTYPE)
        command["kind"] = kind
        for name, value in fields.items():
            command[name] = integer_for(name, name, value)
        return _report_from_bytes(self._core.match(command).tobytes())

    @staticmethod
    def _touch(market: Market) -> str:
        to_price = market.instrument.to_price
        bid, ask = market.book.best_bid(), market.book.best_ask()
        prices = ["none" if ticks is None else f"{to_price(ticks):,f}" for ticks in (bid, ask)]
        return f"{market.instrument.symbol} {prices[0]} / {prices[1]}"
