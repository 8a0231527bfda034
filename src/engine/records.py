"""Small records that questions return, the same from the compiled core and from the reference."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from ._schema import (
    DETAIL_DTYPE,
    ORDER_DTYPE,
    TRADE_DTYPE,
    Liquidity,
    OrderFlag,
    OrderState,
    OrderType,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerSource,
    Visibility,
)

__all__ = [
    "Depth",
    "Order",
    "OrderDetail",
    "QueuePosition",
    "RecordArray",
    "SeenOrNot",
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
    """

    bids: RecordArray
    asks: RecordArray


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


class Order(NamedTuple):
    """A live order as it stood when it was asked for, field by field as in `ORDER_DTYPE`."""

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
    """
    makers = reports[reports["liquidity"] == Liquidity.MAKER]
    takers = reports[reports["liquidity"] == Liquidity.TAKER]
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
