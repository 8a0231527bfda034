"""What a history answers with: orders, fills, trades and statistics, in decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from engine._schema import (
    Liquidity,
    OrderFlag,
    OrderStatus,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)

__all__ = ["Candle", "FillRecord", "OrderRecord", "Statistics", "TradeRecord"]


class OrderRecord(NamedTuple):
    """An order as its last report left it.

    Attributes
    ----------
    number : int
        The sequence number of its first report. Order ids may come again, these do not.
    order_id, client_order_id : int
        As in its reports; 0 for a refused order that left its id to the engine.
    symbol : str
        Of its instrument; "" for a refused order of an instrument that there is not.
    account : int
        Whose order it is.
    side : Side or None
        None for an order that was refused because it has none.
    order_type, time_in_force, flags
        What it became, where something changed it: a stop that was triggered is a market order.
    price : Decimal or None
        Its limit; None where it has none, or none yet.
    quantity : Decimal or None
        What it filled, has open and had open when it ended; None for a refused order, of which
        reports do not say it.
    filled_quantity, leaves_quantity : Decimal
        What it traded, and what is open.
    order_status : OrderStatus
        Where it stands.
    is_waiting : bool
        Whether it is outside the book: for a trigger, a call, another order, a price to follow.
    reject_reason : RejectReason
        Why it was refused, or for what the engine canceled it; NONE for most.
    entered, updated : int
        Engine time of its first and its last event, nanoseconds.
    """

    number: int
    order_id: int
    client_order_id: int
    symbol: str
    account: int
    side: Side | None
    order_type: OrderType
    time_in_force: TimeInForce
    flags: OrderFlag
    price: Decimal | None
    quantity: Decimal | None
    filled_quantity: Decimal
    leaves_quantity: Decimal
    order_status: OrderStatus
    is_waiting: bool
    reject_reason: RejectReason
    entered: int
    updated: int


class FillRecord(NamedTuple):
    """One party's half of a trade.

    Attributes
    ----------
    number : int
        The sequence number of its report.
    trade_id : int
        The same for both halves.
    symbol : str
        What was traded.
    account : int
        Whose half it is.
    order_number, order_id : int
        The order, by the number of its `OrderRecord` and by its id.
    contra_order_id : int
        The other party's order.
    side : Side
        The order's.
    liquidity : Liquidity
        MAKER or TAKER.
    price, quantity : Decimal
        Of this fill.
    fee : int
        What the account paid, in the smallest unit of the currency in which the instrument is
        settled, or, of a buyer who pays in what it receives, of its base; below 0 a rebate.
    timestamp : int
        Engine time, nanoseconds.
    """

    number: int
    trade_id: int
    symbol: str
    account: int
    order_number: int
    order_id: int
    contra_order_id: int
    side: Side
    liquidity: Liquidity
    price: Decimal
    quantity: Decimal
    fee: int
    timestamp: int


class TradeRecord(NamedTuple):
    """A trade as everyone sees it.

    Attributes
    ----------
    number : int
        The sequence number of its second report, which is the taker's.
    trade_id : int
        Counts the engine's trades.
    symbol : str
        What was traded.
    side : Side
        The taker's.
    price, quantity : Decimal
        At the maker's price.
    is_auction : bool
        Whether it is of an auction, where nobody takes.
    timestamp : int
        Engine time, nanoseconds.
    """

    number: int
    trade_id: int
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    is_auction: bool
    timestamp: int


class Statistics(NamedTuple):
    """What an instrument traded in a window of time.

    Attributes
    ----------
    symbol : str
        Of which instrument.
    since, until : int
        The window, nanoseconds: from the one on, and before the other.
    open, high, low, close : Decimal or None
        Prices: first, highest, lowest, last; None where nothing traded.
    volume : Decimal
        Traded quantity, each trade counted once.
    trades : int
        How many.
    """

    symbol: str
    since: int
    until: int
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    volume: Decimal
    trades: int


class Candle(NamedTuple):
    """What an instrument traded in one of many windows of one length.

    Attributes
    ----------
    start : int
        When the window begins, nanoseconds.
    open, high, low, close : Decimal
        Prices: first, highest, lowest, last.
    volume : Decimal
        Traded quantity, each trade counted once.
    trades : int
        How many.
    """

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int
