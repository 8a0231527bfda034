"""The venue: many instruments by symbol, prices and quantities in decimals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import index
from typing import Final, Literal, NoReturn, TypeAlias

import numpy as np

from engine._book import OrderBook
from engine._core import MAX_ORDERS, Core
from engine._members import Spellings, member_of
from engine._numbers import plain_units
from engine._report import ExecutionReport, _report_from_bytes
from engine._schema import (
    CANCEL,
    COMMAND_DTYPE,
    GTC,
    LIMIT,
    MARKET,
    POST_ONLY,
    REDUCE,
    REPLACE,
    CommandKind,
    OrderFlag,
    OrderType,
    Side,
    TimeInForce,
)
from engine.decimal_grid import DecimalLike
from engine.errors import CommandError, EngineError, UnknownSymbolError
from engine.instrument import Instrument
from engine.ladder import html_ladder, text_ladder
from engine.records import Depth, Order, QueuePosition, RecordArray

__all__ = ["Engine"]

SideLike: TypeAlias = Side | str | int
OrderTypeLike: TypeAlias = OrderType | str | int
TimeInForceLike: TypeAlias = TimeInForce | str | int

SIDES: Final = Spellings(Side, "side")
ORDER_TYPES: Final = Spellings(OrderType, "order_type")
TIMES_IN_FORCE: Final = Spellings(TimeInForce, "time_in_force")

ORDER_ID_MAX: Final = 2**64 - 1
REPR_INSTRUMENTS_MAX: Final = 3
HTML_INSTRUMENTS_MAX: Final = 4
SYMBOLS_NAMED_MAX: Final = 3


class _Market:
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


class Engine:
    """Many instruments under one stream of commands, in decimals, with names in any case.

    Prices and quantities go in as str, Decimal, int, or a float that stands for a multiple of the
    tick or lot size; `best_bid`, `best_ask` and `last_trade` answer in Decimals. Everything else
    that comes out (reports, depth, orders, trades) is in ticks and lots, the same from every face
    of the engine; the instrument turns those into decimals:

        report = venue.submit("BTC-USD", side="buy", price="50000.01", quantity="0.5")
        instrument = venue.instrument("BTC-USD")  # or venue.instruments[report.instrument]
        instrument.to_price(report.price), instrument.to_quantity(report.leaves_quantity)

    A refused order is not an error: it is a report with a `reject_reason`. What can't be an order
    at all (a price off the grid, an unknown symbol, a side that is none) raises, and changes
    nothing.

    ``len(venue)`` is how many orders rest, in all instruments, and ``order_id in venue`` whether
    that order does; what can't be an order id (a symbol, a negative number) is not in it.

    Parameters
    ----------
    clock : callable, optional
        Returns nanoseconds, as `time.time_ns` does. It stamps commands that bring no timestamp;
        without a clock such a command has the engine's time, which is the largest timestamp seen.
    max_orders : int
        How many orders may rest at once, over all instruments.

    Examples
    --------
    >>> venue = Engine()
    >>> venue.add_instrument(Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001"))
    0
    >>> report = venue.submit("BTC-USD", side="buy", price="50000.01", quantity="0.5")
    >>> report.order_status.name, report.price, report.leaves_quantity
    ('NEW', 5000001, 500)
    >>> venue.best_bid("BTC-USD")
    Decimal('50000.01')
    >>> venue.submit("BTC-USD", side="sell", order_type="market", quantity="0.2").trades["price"]
    array([5000001])
    >>> print(venue.ladder("BTC-USD"))
                   BTC-USD
     orders    bid      price  ask  orders
    --------------------------------------
                 (no orders)
    --------------------------------------
          1  0.300  50,000.01
    >>> venue.cancel(report.order_id).order_status.name, venue.cancel(77).reject_reason.name
    ('CANCELED', 'UNKNOWN_ORDER')
    """

    __slots__ = ("__weakref__", "_clock", "_core", "_list", "_markets")

    def __init__(
        self, *, clock: Callable[[], int] | None = None, max_orders: int = MAX_ORDERS
    ) -> None:
        if clock is not None and not callable(clock):
            raise TypeError(f"clock was {clock!r}, of {type(clock).__name__}, not callable")
        self._clock = clock
        self._core = Core(max_orders=max_orders)
        self._markets: dict[str, _Market] = {}
        self._list: list[_Market] = []

    # Instruments.

    def add_instrument(self, instrument: Instrument) -> int:
        """Add an instrument, also to a venue that is running.

        Returns
        -------
        int
            Its number, which commands and reports carry: 0 for the first, then 1, 2, ...

        Raises
        ------
        EngineError
            An instrument of this symbol was added before.
        """
        if not isinstance(instrument, Instrument):
            raise TypeError(
                f"instrument was {instrument!r}, of {type(instrument).__name__}, not an Instrument"
            )
        known = self._markets.get(instrument.symbol)
        if known is not None:
            raise EngineError(
                f"symbol was {instrument.symbol!r}, already that of"
                f" instrument {known.book.instrument}"
            )
        number = self._core.add_instrument(**instrument.terms())
        market = _Market(instrument, self._core.book(number))
        self._list.append(market)
        self._markets[instrument.symbol] = market
        assert len(self._list) == number + 1, "the list is by number"
        return number

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All instruments; the place of each is its number."""
        return tuple(market.instrument for market in self._list)

    def instrument(self, symbol: str) -> Instrument:
        """Return the instrument of a symbol.

        Raises
        ------
        UnknownSymbolError
            None has it; the message names the nearest.
        """
        return self._market(symbol).instrument

    def book(self, symbol: str) -> OrderBook:
        """Return the integer face of an instrument: its book in ticks and lots, on this engine."""
        return self._market(symbol).book

    # Commands.

    def submit(
        self,
        symbol: str,
        *,
        side: SideLike,
        quantity: DecimalLike,
        price: DecimalLike | None = None,
        order_id: int = 0,
        account: int = 0,
        order_type: OrderTypeLike = LIMIT,
        time_in_force: TimeInForceLike = GTC,
        post_only: bool = False,
        flags: OrderFlag | int = 0,
        client_order_id: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Enter an order.

        Parameters
        ----------
        symbol
            Of an instrument that was added.
        side
            "buy" or "sell".
        quantity
            A multiple of the lot size.
        price
            A multiple of the tick size; none for a market order.
        order_id
            Any number that no live order of the venue has; 0 to have one assigned.
        account, client_order_id, command_id
            Copied into the reports.
        order_type
            "limit" or "market".
        time_in_force
            "gtc", "ioc" or "fok".
        post_only
            The same as `flags=POST_ONLY`: the order is refused where it would trade at once.
        flags
            Bits of `OrderFlag`.
        timestamp
            Nanoseconds; 0 to have the clock's, where the venue has one.

        Returns
        -------
        ExecutionReport
            In ticks and lots. A refused order is one too; see its `reject_reason`.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        GridError
            Price or quantity is not a number on the instrument's grid.
        CommandError
            A side, type or time in force that there is not, or a limit order without a price.
        OverflowError, TypeError
            What must be an integer is none, or does not fit.

        Examples
        --------
        >>> venue = Engine()
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        >>> venue.submit("OIL", side="Sell", price=71.25, quantity=3, time_in_force="ioc")
        ExecutionReport(CANCELED, CANCELED, order_id=1, side=SELL, price=7125, leaves_quantity=0,\
 filled_quantity=0)
        >>> venue.submit("OIL", side="sell", price=71.255, quantity=3)
        Traceback (most recent call last):
            ...
        engine.errors.GridError: OIL: price was 71.255, not on the grid of 0.01: nearest are 71.25\
 and 71.26
        """
        # This path has a budget of 1.5 microseconds: names, defaults and plain text cost no call of
        # a Python function here.
        try:
            market = self._markets[symbol]
        except (KeyError, TypeError):
            self._refuse_symbol(symbol)
        if type(side) is str:
            side = SIDES[side]
        if type(order_type) is str:
            order_type = ORDER_TYPES[order_type]
        if type(time_in_force) is str:
            time_in_force = TIMES_IN_FORCE[time_in_force]
        if price is None:
            if order_type != MARKET:
                raise CommandError("price was None, must be a number for an order with a limit")
            ticks = 0
        else:
            plain = plain_units(price, market.price_places) if type(price) is str else None
            ticks = market.ticks_of(price) if plain is None else plain
        plain = plain_units(quantity, market.quantity_places) if type(quantity) is str else None
        lots = market.lots_of(quantity) if plain is None else plain
        if post_only:
            flags |= POST_ONLY
        if self._clock is not None and timestamp == 0:
            timestamp = self._clock()
        return market.submit(
            side,  # type: ignore[arg-type]
            ticks,
            lots,
            order_id,
            account,
            order_type=order_type,  # type: ignore[arg-type]
            time_in_force=time_in_force,  # type: ignore[arg-type]
            flags=flags,
            client_order_id=client_order_id,
            command_id=command_id,
            timestamp=timestamp,
        )

    def cancel(
        self, order_id: int, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport:
        """Take a resting order out; its instrument is found by the id.

        Returns
        -------
        ExecutionReport
            REJECTED with UNKNOWN_ORDER when no live order has the id. Such a report names
            instrument 0, for a command must name one (and before the first is added, the reason
            is UNKNOWN_INSTRUMENT). `replace` and `reduce` do the same.
        """
        book = self._book_of(order_id)
        timestamp = timestamp or self._now()
        if book is None:
            return self._refused(CANCEL, order_id, account, command_id, timestamp)
        return book.cancel(order_id, account=account, command_id=command_id, timestamp=timestamp)

    def replace(
        self,
        order_id: int,
        *,
        price: DecimalLike | None = None,
        quantity: DecimalLike | None = None,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Give a resting order a new price, a new leaves quantity, or both.

        A smaller quantity at the same price keeps the place in the queue, where the instrument
        says so; everything else goes to the tail, and may trade on the way.

        Parameters
        ----------
        order_id
            Of a live order. Of an unknown one neither price nor quantity is read.
        price
            The new limit; the order's own when it is None.
        quantity
            What is to be open from now on; what is open now when it is None.
        account, command_id, timestamp
            As for `submit`.

        Raises
        ------
        CommandError
            Neither price nor quantity was given.
        GridError
            One of them is not a number on the instrument's grid.
        """
        if price is None and quantity is None:
            raise CommandError("price and quantity were None, one of them must be given")
        order = self._core.order(order_id)
        timestamp = timestamp or self._now()
        if order is None:
            return self._refused(REPLACE, order_id, account, command_id, timestamp)
        market = self._list[order.instrument]
        return market.book.replace(
            order_id,
            order.price if price is None else market.ticks_of(price),
            order.leaves_quantity if quantity is None else market.lots_of(quantity),
            account=account,
            command_id=command_id,
            timestamp=timestamp,
        )

    def reduce(
        self,
        order_id: int,
        quantity: DecimalLike,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Take a quantity off a resting order, which keeps its place; all of it or more cancels it.

        Raises
        ------
        GridError
            The quantity is not a number on the instrument's grid.
        """
        number = self._core.instrument_of(order_id)
        timestamp = timestamp or self._now()
        if number is None:
            return self._refused(REDUCE, order_id, account, command_id, timestamp)
        market = self._list[number]
        return market.book.reduce(
            order_id,
            market.lots_of(quantity),
            account=account,
            command_id=command_id,
            timestamp=timestamp,
        )

    def match(
        self,
        commands: RecordArray,
        *,
        detail: Literal["all", "trades"] = "all",
        out: RecordArray | None = None,
    ) -> RecordArray:
        """Apply a batch of commands, in ticks and lots, with the interpreter lock released.

        Parameters
        ----------
        commands : ndarray of COMMAND_DTYPE, shape (n,)
            Each names its instrument by number. With a clock, those without a timestamp get one,
            the same for all, in a copy.
        detail
            "all" for every report, "trades" for one `TRADE_DTYPE` record a trade.
        out : ndarray of REPORT_DTYPE or TRADE_DTYPE, shape (m,), optional
            Where to write, to be used again and again. When what there is to say does not fit, a
            new array is returned instead.

        Returns
        -------
        ndarray of REPORT_DTYPE, or of TRADE_DTYPE
            In the order of events; the beginning of `out` when it was given and large enough.

        Raises
        ------
        CommandError
            For a wrong dtype, shape or layout, or a value that its enumeration does not have: the
            message names the index and nothing was applied.

        Examples
        --------
        >>> venue = Engine()
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        >>> commands = np.zeros(2, COMMAND_DTYPE)
        >>> commands["kind"], commands["side"] = CommandKind.SUBMIT, [Side.SELL, Side.BUY]
        >>> commands["price"], commands["quantity"] = 7125, [5, 2]
        >>> venue.match(commands)["leaves_quantity"]
        array([5, 2, 3, 0])
        """
        if self._clock is not None:
            commands = self._stamped(commands)
        return self._core.match(commands, detail=detail, out=out)

    # Questions.

    def order(self, order_id: int) -> Order | None:
        """Return the live order of this id as it stands, in ticks and lots, or None."""
        return self._core.order(order_id)

    def orders(self, symbol: str, side: SideLike, price: DecimalLike | None = None) -> RecordArray:
        """Return live orders in queue order, an array of `ORDER_DTYPE`.

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

    def queue_position(self, order_id: int) -> QueuePosition | None:
        """Return what stands in front of a live order at its price, in lots, or None."""
        return self._core.queue_position(order_id)

    def order_count(self, symbol: str | None = None, side: SideLike | None = None) -> int:
        """Return how many orders rest, in all or of one instrument, on both sides or on one."""
        if symbol is None:
            if side is not None:
                raise CommandError(f"side was {side!r} without a symbol")
            return len(self._core)
        book = self._market(symbol).book
        return book.order_count(None if side is None else member_of(Side, side, "side"))

    def best_bid(self, symbol: str) -> Decimal | None:
        """Return the highest price bid, or None."""
        market = self._market(symbol)
        ticks = market.book.best_bid()
        return None if ticks is None else market.instrument.to_price(ticks)

    def best_ask(self, symbol: str) -> Decimal | None:
        """Return the lowest price asked, or None."""
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
        """Return price and quantity of the instrument's last trade, or None before the first."""
        market = self._market(symbol)
        trade = market.book.last_trade()
        if trade is None:
            return None
        return market.instrument.to_price(trade[0]), market.instrument.to_quantity(trade[1])

    def ladder(self, symbol: str, levels: int = 10) -> str:
        """Return an instrument's book as a trader reads it, in decimals."""
        market = self._market(symbol)
        return text_ladder(market.book.depth(levels), market.instrument, levels)

    # The engine as a whole.

    def reserve(self, orders: int) -> None:
        """Make room for so many more resting orders, so that nothing grows before they rest."""
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

    @property
    def memory_bytes(self) -> int:
        """Bytes that orders, levels and indexes take."""
        return self._core.memory_bytes

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
        count = f"{len(self._list):,} instrument{'' if len(self._list) == 1 else 's'}"
        orders = f"{len(self._core):,} order{'' if len(self._core) == 1 else 's'}"
        return f"Engine({', '.join([count, orders, *shown])})"

    def _repr_html_(self) -> str:
        shown = self._list[:HTML_INSTRUMENTS_MAX]
        pages = [html_ladder(market.book.depth(), market.instrument) for market in shown]
        if len(self._list) > len(shown):
            pages.append(f"<p>and {len(self._list) - len(shown):,} more</p>")
        return "".join(pages) or "<p>no instruments</p>"

    # What the methods above share.

    def _market(self, symbol: str) -> _Market:
        try:
            return self._markets[symbol]
        except (KeyError, TypeError):
            self._refuse_symbol(symbol)

    def _refuse_symbol(self, symbol: object) -> NoReturn:
        from difflib import get_close_matches  # for the message only

        spelled = {known.casefold(): known for known in self._markets}
        close = get_close_matches(str(symbol).casefold(), spelled, n=SYMBOLS_NAMED_MAX, cutoff=0.5)
        names = ", ".join(repr(spelled[name]) for name in close)
        count = len(self._markets)
        nearest = f": nearest are {names}" if names else ""
        raise UnknownSymbolError(f"symbol was {symbol!r}, not one of {count:,} added{nearest}")

    def _book_of(self, order_id: int) -> OrderBook | None:
        number = self._core.instrument_of(order_id)
        return None if number is None else self._list[number].book

    def _now(self) -> int:
        return 0 if self._clock is None else self._clock()

    def _stamped(self, commands: RecordArray) -> RecordArray:
        """Return commands with the clock's time where they have none; the core judges the rest."""
        if not isinstance(commands, np.ndarray) or commands.dtype != COMMAND_DTYPE:
            return commands
        bare = commands["timestamp"] == 0
        if not commands.flags.c_contiguous or not bare.any():
            return commands
        commands = commands.copy()
        commands["timestamp"][bare] = index(self._now())
        return commands

    def _refused(
        self, kind: CommandKind, order_id: int, account: int, command_id: int, timestamp: int
    ) -> ExecutionReport:
        """Apply a command whose order is not known, to have it refused and counted."""
        command = np.zeros(1, COMMAND_DTYPE)
        command["kind"] = kind
        command["order_id"] = index(order_id)
        command["account"] = index(account)
        command["command_id"] = index(command_id)
        command["timestamp"] = index(timestamp)
        return _report_from_bytes(self._core.match(command).tobytes())

    @staticmethod
    def _touch(market: _Market) -> str:
        to_price = market.instrument.to_price
        bid, ask = market.book.best_bid(), market.book.best_ask()
        prices = ["none" if ticks is None else f"{to_price(ticks):,f}" for ticks in (bid, ask)]
        return f"{market.instrument.symbol} {prices[0]} / {prices[1]}"
