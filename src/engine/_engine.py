"""The venue: many instruments by symbol, prices and quantities in decimals."""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any, Final, Literal, NamedTuple, TypeAlias, Unpack

from engine._core import MAX_CASCADE, MAX_ORDERS, Core
from engine._durability import Durable
from engine._members import ORDER_SOURCES, Spellings, member_of, says_names, truth_of
from engine._numbers import plain_units
from engine._order_terms import OrderTerms, number_on, order_fields
from engine._report import ExecutionReport
from engine._schema import (
    CANCEL,
    GTC,
    LIMIT,
    MARKET,
    ONE_CANCELS_OTHER,
    POST_ONLY,
    REDUCE,
    REPLACE,
    STOP,
    STOP_LIMIT,
    CommandKind,
    ExecType,
    OrderFlag,
    OrderType,
    Side,
    TimeInForce,
    TriggerSource,
)
from engine._shown import check_callable, shown
from engine._venue import Market, SideLike
from engine.decimal_grid import DecimalLike
from engine.errors import CommandError
from engine.records import RecordArray

__all__ = ["BracketReports", "Engine"]

OrderTypeLike: TypeAlias = OrderType | str | int
TimeInForceLike: TypeAlias = TimeInForce | str | int

SIDES: Final = Spellings(Side, "side")
ORDER_TYPES: Final = Spellings(OrderType, "order_type")
TIMES_IN_FORCE: Final = Spellings(TimeInForce, "time_in_force")

TERMS_OF_A_BRACKET: Final = ("self_trade", "self_trade_group")
"""What says whose orders they are holds for the exits as well."""


class BracketReports(NamedTuple):
    """What became of the three orders of `Engine.submit_bracket`, one report each.

    Attributes
    ----------
    entry : ExecutionReport or None
        None where it was not entered, because an exit was refused.
    stop_loss : ExecutionReport
        The report of its entry, or of its end when it was taken back.
    take_profit : ExecutionReport or None
        The same; None where the stop loss was refused before it.
    """

    entry: ExecutionReport | None
    stop_loss: ExecutionReport
    take_profit: ExecutionReport | None


@says_names
class Engine(Durable):
    """Many instruments under one stream of commands, in decimals, with sides and types by name.

    Names of sides, types and the like are taken in any case, symbols only as they were added.
    Prices and quantities go in as str, Decimal, int, or a float that stands for a multiple of the
    tick or lot size; `best_bid`, `best_ask` and `last_trade` answer in Decimals. Everything else
    that comes out (reports, depth, orders, trades) is in ticks and lots, the same from every face
    of the engine, but for what accounts have; the instrument turns those into decimals:

        report = venue.submit("BTC-USD", side="buy", price="50000.01", quantity="0.5")
        instrument = venue.instrument("BTC-USD")  # or venue.instruments[report.instrument]
        instrument.to_price(report.price), instrument.to_quantity(report.leaves_quantity)

    A refused order is not an error: it is a report with a `reject_reason`. What can't be an order
    at all (a price off the grid, an unknown symbol, a side that is none) raises, and changes
    nothing.

    A venue is True, with and without orders: ``venue or Engine()`` is that venue. ``len(venue)`` is
    how many orders rest or wait, in all instruments, and ``order_id in venue``
    whether that order does; what can't be an order id (a symbol, a negative number) is not in it.

    Parameters
    ----------
    clock : callable, optional
        Returns nanoseconds, as `time.time_ns` does. It stamps commands that bring no timestamp;
        without a clock such a command has the engine's time, which is the largest timestamp seen.
    max_orders : int
        How many orders may rest or wait at once, over all instruments.
    max_cascade : int
        How many orders one command may set off; what would enter beyond it is canceled.
    accounts : bool
        Whether balances and positions are kept: then orders are of accounts that were set and have
        what the orders need, and instruments have a contract in currencies that were added.
    resend_window : int
        How many reports are kept for commands that are sent again: one whose account sent its
        `command_id` before is told the first result again, and changes nothing.

    Examples
    --------
    >>> from engine import Instrument
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

    __slots__ = ()

    def __init__(
        self,
        *,
        clock: Callable[[], int] | None = None,
        max_orders: int = MAX_ORDERS,
        max_cascade: int = MAX_CASCADE,
        accounts: bool = False,
        resend_window: int = 0,
    ) -> None:
        if clock is not None:
            check_callable("clock", clock)
        accounts = truth_of(accounts, "accounts")
        core = self._new_core(
            max_orders=max_orders,
            max_cascade=max_cascade,
            accounts=accounts,
            resend_window=resend_window,
        )
        super().__init__(core, clock, accounts)
        self._set_up(
            max_orders=index(max_orders),
            max_cascade=index(max_cascade),
            accounts=accounts,
            resend_window=index(resend_window),
        )

    def _new_core(self, **parameters: Any) -> Core:
        return Core(**parameters)

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
        **terms: Unpack[OrderTerms],
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
            A multiple of the tick size; none for the types that have no limit.
        order_id
            Any number that no live order of the venue has; 0 to have one assigned.
        account
            Whose order it is. With accounts one that was set and has what the order needs;
            `cancel`, `replace` and `reduce` must then name the same one.
        client_order_id, command_id
            Copied into the reports.
        order_type
            "limit", "market", "market_to_limit", "stop", "stop_limit", "market_if_touched",
            "limit_if_touched", "trailing_stop", "trailing_stop_limit", "peg_primary", "peg_market"
            or "peg_midpoint".
        time_in_force
            "gtc", "ioc", "fok", "gtd", "day", "at_the_open", "at_the_close" or "good_for_auction".
        post_only
            The same as `flags=POST_ONLY`: the order is refused where it would trade at once.
        flags
            Bits of `OrderFlag`.
        timestamp
            Nanoseconds; 0 to have the clock's, where the venue has one.
        **terms
            What else the order asks for; each keyword is documented in `OrderTerms`:

            - `trigger_price`, `trigger_source`: of stop and if-touched orders
            - `trail_by` or `trail_rate`, `activation_price`, `limit_distance`: of trailing ones
            - `peg_offset`, `peg_limit`: of pegged ones
            - `display_quantity`, `hidden`: what others see of it
            - `all_or_none`, `minimum_quantity`, `minimum_each`: how much must fill
            - `worst_price`, `budget`: what bounds a market order
            - `slide`: a post-only order that yields instead of being refused
            - `reduce_only`: no more than makes the position smaller
            - `expiry`: when it ends
            - `self_trade`, `self_trade_group`: what happens instead of a trade with its own side
            - `cancels`, `waits_for`: the order that it is linked with

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
            A side, type or time in force that there is not, a type with a price without one, or two
            terms that say one thing.
        OverflowError, TypeError
            What must be an integer or a bool is none, or does not fit; or there is no such keyword.

        Examples
        --------
        >>> from engine import Instrument
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
        if isinstance(side, str):
            side = SIDES[side]
        if order_type is not LIMIT and isinstance(order_type, str):
            order_type = ORDER_TYPES[order_type]
        if time_in_force is not GTC and isinstance(time_in_force, str):
            time_in_force = TIMES_IN_FORCE[time_in_force]
        if post_only is not False and truth_of(post_only, "post_only"):
            flags |= POST_ONLY
        if terms or (order_type is not LIMIT and order_type is not MARKET):
            return market.submit(
                **order_fields(market.instrument, order_type, time_in_force, flags, price, terms),
                side=side,
                quantity=market.lots_of(quantity),
                order_id=order_id,
                account=account,
                client_order_id=client_order_id,
                command_id=command_id,
                timestamp=timestamp or self._now(),
            )
        if price is None:
            if order_type is LIMIT:
                raise CommandError("price was None, must be a number for an order with a limit")
            ticks = 0
        else:
            plain = plain_units(price, market.price_places)
            ticks = market.ticks_of(price) if plain is None else plain
        plain = plain_units(quantity, market.quantity_places)
        lots = market.lots_of(quantity) if plain is None else plain
        if self._clock is not None and timestamp == 0:
            timestamp = self._clock()
        return market.submit(
            side,
            ticks,
            lots,
            order_id,
            account,
            order_type=order_type,
            time_in_force=time_in_force,
            flags=flags,
            client_order_id=client_order_id,
            command_id=command_id,
            timestamp=timestamp,
        )

    def submit_bracket(
        self,
        symbol: str,
        *,
        side: SideLike,
        quantity: DecimalLike,
        price: DecimalLike | None = None,
        stop_loss: DecimalLike,
        take_profit: DecimalLike,
        stop_limit: DecimalLike | None = None,
        stop_source: TriggerSource | str | int = TriggerSource.LAST,
        reduce_only_exits: bool = False,
        order_id: int = 0,
        account: int = 0,
        order_type: OrderTypeLike = LIMIT,
        time_in_force: TimeInForceLike = GTC,
        post_only: bool = False,
        flags: OrderFlag | int = 0,
        client_order_id: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
        **terms: Unpack[OrderTerms],
    ) -> BracketReports:
        """Enter an order together with the two that will close what it trades.

        The exits come first and wait for the entry to end: filled, canceled or expired. Then they
        enter with as much as it traded, none where that is nothing, and once one of them trades, is
        triggered or ends, the other is canceled. When an exit is refused the entry is not tried,
        and when the entry is refused the exits are taken back.

        Parameters
        ----------
        symbol, side, quantity, price, order_id, order_type, time_in_force, post_only, flags
            Of the entry, as for `submit`.
        stop_loss
            The trigger price of the exit that cuts a loss: below `take_profit` for an entry that
            buys, above it for one that sells.
        take_profit
            The limit of the exit that takes a profit.
        stop_limit
            A limit for the stop loss, which is a market order without it.
        stop_source
            Which price the stop loss watches: "last", "mark" or "index".
        reduce_only_exits
            Whether the exits are reduce-only: they close what there is of the position then, which
            `set_position` made known, and no more.
        account, client_order_id, command_id
            Copied into the reports of all three. An engine with a resend window takes no
            `command_id` here: it would take the second command for the first one, sent again.
        timestamp
            As for `submit`, the same for all three.
        **terms
            What else the entry asks for, as for `submit`; `self_trade` and `self_trade_group` hold
            for all three.

        Returns
        -------
        BracketReports
            One of each order.

        Raises
        ------
        CommandError
            As for `submit`; or the stop loss is on the wrong side of the take profit, or the engine
            has a resend window and the bracket a command id.

        Examples
        --------
        >>> from engine import Instrument
        >>> venue = Engine()
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        >>> bracket = venue.submit_bracket(
        ...     "OIL", side="buy", price="71.00", quantity=5, stop_loss="70.50", take_profit="72.00"
        ... )
        >>> bracket.entry.order_status.name, len(venue.waiting("OIL"))
        ('NEW', 2)
        >>> _ = venue.submit("OIL", side="sell", price="71.00", quantity=5)
        >>> venue.best_ask("OIL"), venue.detail(bracket.stop_loss.order_id).trigger_price
        (Decimal('72.00'), 7050)
        """
        market = self._market(symbol)
        side = member_of(Side, side, "side")
        post_only = truth_of(post_only, "post_only")
        reduce_only_exits = truth_of(reduce_only_exits, "reduce_only_exits")
        self._refuse_bracket_id(command_id)
        _check_exits(market, side, stop_loss, take_profit, stop_limit)
        market.lots_of(quantity)
        order_type = member_of(OrderType, order_type, "order_type")
        time_in_force = member_of(TimeInForce, time_in_force, "time_in_force")
        order_fields(market.instrument, order_type, time_in_force, flags, price, terms)
        stop_id, profit_id, entry_id = self._bracket_ids(market, order_id)
        shared: dict[str, Any] = {
            "quantity": quantity,
            "account": account,
            "client_order_id": client_order_id,
            "command_id": command_id,
            "timestamp": timestamp or self._now(),
        }
        of_all: dict[str, Any] = {name: terms[name] for name in TERMS_OF_A_BRACKET if name in terms}
        link = {"flags": ONE_CANCELS_OTHER, "waits_for": entry_id, "reduce_only": reduce_only_exits}
        exits: dict[str, Any] = {"side": Side(-side), **link, **of_all, **shared}
        stop = {"order_id": stop_id, "price": stop_limit, "trigger_price": stop_loss}
        stop["order_type"] = STOP if stop_limit is None else STOP_LIMIT
        stop["trigger_source"] = member_of(TriggerSource, stop_source, "stop_source", ORDER_SOURCES)
        profit = {"order_id": profit_id, "price": take_profit}
        entry = {"side": side, "price": price, "order_id": order_id, "order_type": order_type}
        entry |= {"time_in_force": time_in_force, "post_only": post_only, "flags": flags}
        return self._enter_bracket(
            symbol, {**exits, **stop}, {**exits, **profit}, {**entry, **terms, **shared}
        )

    def cancel(
        self, order_id: int, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport:
        """Take a resting order out; its instrument is found by the id.

        Parameters
        ----------
        order_id
            Of a live order; one that is none is refused with UNKNOWN_ORDER.
        account, command_id, timestamp
            As for `submit`.

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
            return self._unknown(CANCEL, order_id, account, command_id, timestamp)
        return book.cancel(order_id, account=account, command_id=command_id, timestamp=timestamp)

    def replace(
        self,
        order_id: int,
        *,
        price: DecimalLike | None = None,
        quantity: DecimalLike | None = None,
        trigger_price: DecimalLike | None = None,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport:
        """Give an order a new price, a new leaves quantity, a new trigger price, or all of them.

        A smaller quantity at the same price keeps the place in the queue, where the instrument
        says so; everything else goes to the tail, and may trade on the way.

        Parameters
        ----------
        order_id
            Of a live order. Of an unknown one no price or quantity is read.
        price
            The new limit; the order's own when it is None.
        quantity
            What is to be open from now on; what is open now when it is None.
        trigger_price
            The new one of an order that waits for a trigger; its own when it is None.
        account, command_id, timestamp
            As for `submit`.

        Raises
        ------
        CommandError
            None of the three was given, or a trigger price of 0, which leaves an order its own.
        GridError
            One of them is not a number on the instrument's grid.
        """
        if price is None and quantity is None and trigger_price is None:
            raise CommandError(
                "price and quantity were None, and trigger_price too: one of them must be given"
            )
        order = self._core.order(order_id)
        timestamp = timestamp or self._now()
        if order is None:
            return self._unknown(REPLACE, order_id, account, command_id, timestamp)
        market = self._list[order.instrument]
        trigger = 0
        if trigger_price is not None:
            instrument = market.instrument
            trigger = number_on(
                instrument.prices, instrument.symbol, "trigger_price", trigger_price
            )
            if trigger == 0:
                raise CommandError("trigger_price was 0, to which a replace can't set it")
        return market.book.replace(
            order_id,
            order.price if price is None else market.ticks_of(price),
            order.leaves_quantity if quantity is None else market.lots_of(quantity),
            account=account,
            command_id=command_id,
            timestamp=timestamp,
            trigger_price=trigger,
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

        Parameters
        ----------
        order_id
            Of a live order; one that is none is refused with UNKNOWN_ORDER.
        quantity
            To take off, a multiple of the lot size.
        account, command_id, timestamp
            As for `submit`.

        Raises
        ------
        GridError
            The quantity is not a number on the instrument's grid.
        """
        number = self._core.instrument_of(order_id)
        timestamp = timestamp or self._now()
        if number is None:
            return self._unknown(REDUCE, order_id, account, command_id, timestamp)
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
        >>> from engine import Instrument
        >>> venue = Engine()
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        >>> import numpy as np
        >>> from engine import COMMAND_DTYPE
        >>> commands = np.zeros(2, COMMAND_DTYPE)
        >>> commands["kind"], commands["side"] = CommandKind.SUBMIT, [Side.SELL, Side.BUY]
        >>> commands["price"], commands["quantity"] = 7125, [5, 2]
        >>> venue.match(commands)["leaves_quantity"]
        array([5, 2, 3, 0])
        """
        if self._clock is not None:
            commands = self._stamped(commands)
        return self._core.match(commands, detail=detail, out=out)

    # What the methods above share.

    def _refuse_bracket_id(self, command_id: int) -> None:
        if command_id and self._parameters["resend_window"]:
            raise CommandError(
                f"command_id was {shown(command_id)}, must be 0 for a bracket where commands may be"
                " sent again: it is three commands, submit each with an id of its own"
            )

    def _unknown(
        self, kind: CommandKind, order_id: int, account: int, command_id: int, timestamp: int
    ) -> ExecutionReport:
        """Apply a command whose order is not known, to have it refused and counted."""
        return self._apply(
            kind,
            order_id=order_id,
            account=account,
            command_id=command_id,
            timestamp=timestamp,
        )

    def _enter_bracket(
        self, symbol: str, stop: dict[str, Any], profit: dict[str, Any], entry: dict[str, Any]
    ) -> BracketReports:
        """Enter three orders, given by the arguments of `submit`, in this order, or none."""
        stopped = self.submit(symbol, **stop)
        if stopped.exec_type == ExecType.REJECTED:
            return BracketReports(None, stopped, None)
        profited = self.submit(symbol, **profit)
        if profited.exec_type == ExecType.REJECTED:
            return BracketReports(None, self._take_back(stopped), profited)
        try:
            entered = self.submit(symbol, **entry)
        except BaseException:
            self._take_back(stopped)
            self._take_back(profited)
            raise
        if entered.exec_type == ExecType.REJECTED:
            return BracketReports(entered, self._take_back(stopped), self._take_back(profited))
        assert entered.order_id == stop["waits_for"], "the exits wait for the entry"
        return BracketReports(entered, stopped, profited)

    def _take_back(self, report: ExecutionReport) -> ExecutionReport:
        """Cancel an order that was entered a moment ago, in the name of the same account."""
        return self.cancel(
            report.order_id,
            account=report.account,
            command_id=report.command_id,
            timestamp=report.timestamp,
        )

    def _bracket_ids(self, market: Market, order_id: int) -> tuple[int, int, int]:
        """Return the ids that two exits are to ask for, and the one that their entry will have.

        Without an order id of the caller's the engine assigns all three, as foreseen here.
        """
        free: list[int] = []
        core = market.book.core
        candidate = core.next_order_id
        while len(free) < 3:
            if candidate not in core:
                free.append(candidate)
            candidate += 1
        if order_id == 0:
            return 0, 0, free[2]
        if order_id not in free[:2]:
            return 0, 0, order_id
        free.remove(order_id)
        return free[0], free[1], order_id


def _check_exits(
    market: Market,
    side: Side,
    stop_loss: DecimalLike,
    take_profit: DecimalLike,
    stop_limit: DecimalLike | None,
) -> None:
    """Refuse exits off the grid, and such as would both be reached at once."""
    prices, symbol = market.instrument.prices, market.instrument.symbol
    stop = number_on(prices, symbol, "stop_loss", stop_loss)
    profit = number_on(prices, symbol, "take_profit", take_profit)
    if stop_limit is not None:
        number_on(prices, symbol, "stop_limit", stop_limit)
    if side * stop >= side * profit:
        where = "below" if side == Side.BUY else "above"
        raise CommandError(
            f"stop_loss was {shown(stop_loss)}, must be {where} take_profit,"
            f" {shown(take_profit)}, for an entry that {'buys' if side == Side.BUY else 'sells'}"
        )
