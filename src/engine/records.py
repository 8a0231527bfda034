"""Small records that questions return, the same from the compiled core and from the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ._schema import (
    COMMAND_DTYPE,
    DETAIL_DTYPE,
    ORDER_DTYPE,
    REPORT_DTYPE,
    TRADE_DTYPE,
    AccountFlag,
    CommandKind,
    ExecType,
    Liquidity,
    MarginMode,
    OrderFlag,
    OrderState,
    OrderType,
    PositionMode,
    RejectReason,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerSource,
    Visibility,
)
from .errors import CommandError

__all__ = [
    "Account",
    "Balance",
    "BookCounters",
    "Counters",
    "Depth",
    "Exposure",
    "Funding",
    "OpenInterest",
    "Order",
    "OrderDetail",
    "Position",
    "QueuePosition",
    "RecordArray",
    "SeenOrNot",
    "commands_of",
    "fees_of",
    "joined",
    "trades_of",
]

RecordArray: TypeAlias = np.ndarray[Any, np.dtype[np.void]]
"""A one-dimensional structured array of one of the library's record dtypes."""


class SeenOrNot(Protocol):
    """What market data has to know of an instrument: whether what rests in it is shown."""

    @property
    def visibility(self) -> Visibility:
        """LIT or DARK."""


class Depth(NamedTuple):
    """Both sides of a book by price, each best first.

    Attributes
    ----------
    bids, asks : ndarray of LEVEL_DTYPE, shape (levels,) or shorter
        Price in ticks, open quantity in lots, number of orders.

    Two are equal that show the same levels, as they are of two moments between which nothing was
    shown.

    Examples
    --------
    >>> from engine import BUY, OrderBook
    >>> book = OrderBook()
    >>> before = book.depth()
    >>> order = book.submit(BUY, 101, 5)
    >>> book.depth() == before
    False
    >>> _ = book.cancel(order.order_id)
    >>> book.depth() == before
    True
    """

    bids: RecordArray
    asks: RecordArray

    def __eq__(self, other: object) -> bool:
        """Return whether both sides are the same, level by level."""
        if not isinstance(other, tuple) or len(other) != len(self):
            return NotImplemented
        return all(np.array_equal(own, one) for own, one in zip(self, other, strict=True))

    def __ne__(self, other: object) -> bool:
        """Return whether a side differs."""
        return not self == other


class BookCounters(NamedTuple):
    """What one instrument has done since it was added; the numbers only grow.

    Attributes
    ----------
    orders : int
        Orders that were accepted.
    trades : int
        Trades.
    traded_lots : int
        Lots of these together, each trade counted once; as large as it comes.
    """

    orders: int
    trades: int
    traded_lots: int


class Counters(NamedTuple):
    """What an engine has done since it began; the numbers only grow.

    They are a copy: what the engine does later is not in them. A `collections.Counter` has 0 for
    what never happened, and the difference of two says what happened in between.

    Attributes
    ----------
    commands : Counter of CommandKind
        Commands that were applied, the refused ones too.
    reports : Counter of ExecType
        Execution reports; with ``detail="trades"`` those that would have been written.
    rejects : Counter of RejectReason
        Of these the REJECTED ones, by reason.
    trades : int
        Trades, each with two reports.
    traded_lots : int
        Lots of these together, each trade counted once, over all instruments.

    Examples
    --------
    >>> from engine import BUY, SELL, OrderBook
    >>> book = OrderBook()
    >>> reports = [book.submit(side, price=101, quantity=5) for side in (SELL, BUY, BUY)]
    >>> reports.append(book.submit(BUY, price=101, quantity=0))
    >>> counters = book.core.counters()
    >>> {member.name: count for member, count in counters.reports.items()}
    {'NEW': 3, 'TRADE': 2, 'REJECTED': 1}
    >>> counters.commands[CommandKind.SUBMIT], counters.commands[CommandKind.CANCEL]
    (4, 0)
    >>> {member.name: count for member, count in counters.rejects.items()}
    {'QUANTITY_TOO_SMALL': 1}
    >>> counters.trades, counters.traded_lots
    (1, 5)
    >>> report = book.cancel(3)
    >>> (book.core.counters().commands - counters.commands) == {CommandKind.CANCEL: 1}
    True
    """

    commands: Counter[CommandKind]
    reports: Counter[ExecType]
    rejects: Counter[RejectReason]
    trades: int
    traded_lots: int


class QueuePosition(NamedTuple):
    """What stands before an order at its own price.

    Attributes
    ----------
    orders_ahead : int
        Orders that fill first; 0 for the head of the queue.
    quantity_ahead : int
        Their open lots together.
    """

    orders_ahead: int
    quantity_ahead: int


class Account(NamedTuple):
    """An account as it was set.

    Attributes
    ----------
    group, tier : int
        What the operator sorts it by.
    flags : AccountFlag
        What it may not do.
    """

    group: int
    tier: int
    flags: AccountFlag


class Balance(NamedTuple):
    """What an account has of one currency, in the currency's smallest unit.

    Attributes
    ----------
    balance : int
        What it owns.
    held : int
        What its orders of SPOT instruments could spend.
    margin : int
        What its positions that are settled in the currency, and the orders there, require.
    unrealized : int
        What these positions would make at their mark prices.
    isolated : int
        The part of that which is of isolated positions, and counts for nothing else.
    isolated_margin : int
        The part of the margin that is of isolated positions, and their orders.
    maintenance : int
        What the others must be worth together at least to be kept.

    Examples
    --------
    >>> balance = Balance(balance=1000, held=100, margin=300, unrealized=50)
    >>> balance.equity, balance.free, balance.available
    (1050, 650, 600)
    """

    balance: int
    held: int
    margin: int
    unrealized: int
    isolated: int = 0
    isolated_margin: int = 0
    maintenance: int = 0

    @property
    def equity(self) -> int:
        """The balance, and what the positions would make."""
        return self.balance + self.unrealized

    @property
    def shared_equity(self) -> int:
        """What of it stands for the positions that are not isolated."""
        return self.equity - self.isolated - self.isolated_margin

    @property
    def free(self) -> int:
        """What of that is neither held nor required."""
        return self.equity - self.isolated - self.held - self.margin

    @property
    def available(self) -> int:
        """What may be spent or withdrawn: as free, without what is not yet a profit."""
        shared = self.unrealized - self.isolated
        return self.balance - self.held - self.margin + min(0, shared)


class Position(NamedTuple):
    """What an account has in one derivative; amounts in the smallest unit of its settlement.

    Attributes
    ----------
    quantity : int
        Lots, above 0 when long.
    entry_value : int
        What they were worth when they came.
    realized, fees : int
        What its trades have paid in, and their fees less rebates.
    buys, sells : int
        The values of its open orders at their limits, by their size.
    margin : int
        What position and orders require, and what was added to that.
    unrealized : int
        What the position would make at the mark price.
    initial_rate : int
        Billionths of the value that are required: the contract's, or what the account chose.
    added : int
        What was added to the margin of an isolated position, less the funding that it paid.
    funding : int
        What it has paid of funding; below 0 what it was paid.
    maintenance : int
        What the position must be worth at least to be kept.
    position_mode : PositionMode
        Whether it is the only one there, or the long or the short one of two.
    margin_mode : MarginMode
        Whether its margin is shared, or its own.
    """

    quantity: int
    entry_value: int
    realized: int
    fees: int
    buys: int
    sells: int
    margin: int
    unrealized: int
    initial_rate: int
    added: int = 0
    funding: int = 0
    maintenance: int = 0
    position_mode: PositionMode = PositionMode.ONE_WAY
    margin_mode: MarginMode = MarginMode.CROSS

    @property
    def is_isolated(self) -> bool:
        """Whether its margin is its own."""
        return self.margin_mode == MarginMode.ISOLATED


class Funding(NamedTuple):
    """What the funding of an instrument has come to.

    Attributes
    ----------
    rate : int
        The last one, 10^-18; 0 before the first.
    accrued : int
        The index: what one long lot would have paid from the beginning, billionths of the smallest
        unit.
    time : int
        Of the last time, nanoseconds.
    """

    rate: int
    accrued: int
    time: int


class OpenInterest(NamedTuple):
    """What is open in derivatives.

    Attributes
    ----------
    positions : int
        Positions that are not 0, long and short ones.
    lots : int
        Of the long ones together; those of the short ones are as many.
    """

    positions: int
    lots: int


class Exposure(NamedTuple):
    """What an account is exposed to, and has lost, in the derivatives settled in one currency.

    Amounts in the currency's smallest unit.

    Attributes
    ----------
    long, short : int
        What its positions are worth together if all that it has open to buy trades, or all that it
        has open to sell; below 0 when short.
    gross : int
        The sum of the worse side of each.
    result : int
        What its positions have realized there, less their fees and the funding they paid.
    day_loss : int
        The result at the beginning of the day less that now, and what it would lose at the mark
        prices.
    drawdown : int
        The same from its best result.
    """

    long: int
    short: int
    gross: int
    result: int
    day_loss: int
    drawdown: int


class Order(NamedTuple):
    """A live order as it stood when it was asked for, field by field as in `ORDER_DTYPE`.

    Attributes
    ----------
    order_id : int
        The order.
    client_order_id : int
        The caller's name for it.
    price : int
        Ticks.
    leaves_quantity : int
        What is open, lots.
    filled_quantity : int
        What has traded over its life, lots.
    timestamp : int
        The engine's time when it took its place in the queue, nanoseconds.
    instrument : int
        The instrument's number.
    account : int
        Whose order it is.
    side : Side
        Buy or sell.
    order_type : OrderType
        Its type.
    time_in_force : TimeInForce
        Its time in force.
    self_trade_mode : SelfTradeMode
        What it does instead of a trade with itself.
    flags : OrderFlag
        Bits of OrderFlag.
    """

    order_id: int
    client_order_id: int
    price: int
    leaves_quantity: int
    filled_quantity: int
    timestamp: int
    instrument: int
    account: int
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    self_trade_mode: SelfTradeMode
    flags: OrderFlag


class OrderDetail(NamedTuple):
    """What a live order is beyond an `Order`, field by field as in `DETAIL_DTYPE`.

    Orders that ask for no more than a limit or market order does have no details.

    Attributes
    ----------
    order_id : int
        The order.
    arrival : int
        When it took its place, as a number that grows from one such order to the next.
    displayed_quantity : int
        What is shown now, lots.
    display_quantity : int
        What an iceberg shows at a time, lots; 0 for all.
    minimum_quantity : int
        The least that a fill must have, lots; 0 for none.
    trigger_price : int
        What it waits for, ticks; 0 when it does not wait.
    extreme_price : int
        The best price that a trailing order has seen, ticks.
    offset : int
        How far it trails, ticks or millionths.
    bound : int
        Its worst price or budget.
    expiry : int
        When it ends, nanoseconds; 0 for never.
    linked_order_id : int
        The order that it was linked with.
    link_group : int
        The number of the orders that cancel each other; 0 for none.
    instrument : int
        The instrument's number.
    self_trade_group : int
        Its self-trade group; 0 for none.
    self_trade_mode : SelfTradeMode
        What it does instead of a trade with itself.
    trigger_source : TriggerSource
        Which price it watches.
    state : OrderState
        Where it is.
    is_rising : int
        Whether it waits for a price to rise to its trigger.
    reserved_32 : int
        Zero.
    """

    order_id: int
    arrival: int
    displayed_quantity: int
    display_quantity: int
    minimum_quantity: int
    trigger_price: int
    extreme_price: int
    offset: int
    bound: int
    expiry: int
    linked_order_id: int
    link_group: int
    instrument: int
    self_trade_group: int
    self_trade_mode: SelfTradeMode
    trigger_source: TriggerSource
    state: OrderState
    is_rising: int
    reserved_32: int


assert Order._fields == ORDER_DTYPE.names, "Order must follow ORDER_DTYPE"
assert OrderDetail._fields == DETAIL_DTYPE.names, "OrderDetail must follow DETAIL_DTYPE"


def details_for_hash(details: RecordArray) -> RecordArray:
    """Return details without the counters' values, which two equal states may have apart.

    Parameters
    ----------
    details : ndarray of DETAIL_DTYPE
        By age.

    Returns
    -------
    ndarray of DETAIL_DTYPE
        The same with `arrival` 0, for the order of the records says it, and as `link_group` the
        place, from 1, of the first record of the same group.
    """
    plain = details.copy()
    plain["arrival"] = 0
    groups = details["link_group"]
    _, firsts, places = np.unique(groups, return_index=True, return_inverse=True)
    plain["link_group"] = np.where(groups == 0, 0, firsts[places] + 1)
    return plain


def commands_of(count: int, kind: CommandKind, **fields: Any) -> RecordArray:
    """Make commands of one kind.

    Parameters
    ----------
    count
        How many, at least 0.
    kind
        What they do.
    **fields
        Of COMMAND_DTYPE: one value for all, or an array with one for each. The others are 0.

    Returns
    -------
    ndarray of COMMAND_DTYPE, shape (count,)

    Raises
    ------
    ValueError
        A field that a command doesn't have, or an array of another length.

    Examples
    --------
    >>> bids = commands_of(3, CommandKind.SUBMIT, side=Side.BUY, price=[101, 102, 103], quantity=5)
    >>> bids[["price", "quantity"]].tolist()
    [(101, 5), (102, 5), (103, 5)]
    """
    made = np.zeros(count, COMMAND_DTYPE)
    made["kind"] = kind
    for name, value in fields.items():
        made[name] = value
    return made


def joined(arrays: Sequence[RecordArray]) -> RecordArray:
    """Return records as one array: of many small arrays what `numpy.concatenate` does, sooner.

    That compares the fields of each array with those of all others, and copies field by field.

    Parameters
    ----------
    arrays : sequence of ndarray
        One or more, all of one record dtype.

    Raises
    ------
    CommandError
        They are of several dtypes.

    Examples
    --------
    >>> joined([np.zeros(2, TRADE_DTYPE), np.zeros(6, TRADE_DTYPE)[::2]]).shape
    (5,)
    """
    dtype = arrays[0].dtype
    for array in arrays:
        if array.dtype != dtype:
            raise CommandError(f"records were of {dtype} and of {array.dtype}")
    parts = [np.ascontiguousarray(array).view(np.uint8) for array in arrays]
    return np.concatenate(parts).view(dtype)


def trades_of(reports: RecordArray) -> RecordArray:
    """Return the trades that a run of reports tells of.

    Parameters
    ----------
    reports : ndarray of REPORT_DTYPE, shape (n,)
        Whole: a trade is told by two reports in a row, the maker's and the taker's.

    Returns
    -------
    ndarray of TRADE_DTYPE
        The same records that `match(commands, detail="trades")` returns.

    Raises
    ------
    CommandError
        They are no such array, or a trade has one report without the other.
    """
    makers, takers = _halves_of(reports)
    trades = np.zeros(len(takers), TRADE_DTYPE)
    trades["trade_id"] = takers["trade_id"]
    trades["maker_order_id"] = makers["order_id"]
    trades["taker_order_id"] = takers["order_id"]
    trades["price"] = takers["last_price"]
    trades["quantity"] = takers["last_quantity"]
    trades["timestamp"] = takers["timestamp"]
    trades["instrument"] = takers["instrument"]
    trades["maker_account"] = makers["account"]
    trades["taker_account"] = takers["account"]
    trades["side"] = takers["side"]
    return trades


def fees_of(reports: RecordArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the fees of the trades that a run of reports tells of, the makers' and the takers'.

    One each for each trade, in the order of `trades_of`, as `engine.settlement` takes them:
    smallest units of a currency, below 0 a rebate, 0 in a venue without accounts.

    Parameters
    ----------
    reports : ndarray of REPORT_DTYPE, shape (n,)
        As for `trades_of`.

    Raises
    ------
    CommandError
        As for `trades_of`.
    """
    makers, takers = _halves_of(reports)
    return makers["fee"].astype(np.int64), takers["fee"].astype(np.int64)


def _halves_of(reports: RecordArray) -> tuple[RecordArray, RecordArray]:
    """Return what makers and takers were told of each trade."""
    if not isinstance(reports, np.ndarray) or reports.dtype != REPORT_DTYPE:
        found = getattr(reports, "dtype", type(reports).__name__)
        raise CommandError(f"reports were of {found}, not an array of REPORT_DTYPE")
    makers = reports[reports["liquidity"] == Liquidity.MAKER]
    takers = reports[reports["liquidity"] == Liquidity.TAKER]
    if not np.array_equal(makers["trade_id"], takers["trade_id"]):
        raise CommandError(
            f"reports had {len(makers):,} of makers and {len(takers):,} of takers, not both of each"
            " trade: they were cut, or are of some orders only"
        )
    return makers, takers
