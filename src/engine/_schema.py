# Written by tools/render_schema.py from csrc/engine/types/*.def. Do not edit.
"""The enumerations and record layouts of the library, the same in C++ and Python."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

import numpy as np


class CommandKind(IntEnum):
    """What a command asks for."""

    SUBMIT = 1
    """Enter a new order (FIX 35=D)."""
    CANCEL = 2
    """Take a resting order out (FIX 35=F)."""
    REPLACE = 3
    """Give a resting order a new price and leaves quantity (FIX 35=G)."""
    REDUCE = 4
    """Take a quantity off a resting order, which keeps its place in the queue."""


class Side(IntEnum):
    """Which side of the market (FIX 54). Prices times side order from best to worst."""

    BUY = 1
    """Buy (FIX 54=1)."""
    SELL = -1
    """Sell (FIX 54=2)."""


class OrderType(IntEnum):
    """How the price is bound (FIX 40)."""

    LIMIT = 0
    """At the price or better; the rest waits in the book (FIX 40=2)."""
    MARKET = 1
    """At any price; what does not fill is canceled (FIX 40=1)."""


class TimeInForce(IntEnum):
    """How long an order lives (FIX 59)."""

    GTC = 0
    """Good till canceled (FIX 59=1)."""
    IOC = 1
    """Immediate or cancel: fills what it can at once, the rest is canceled (FIX 59=3)."""
    FOK = 2
    """Fill or kill: fills whole at once or is rejected (FIX 59=4)."""


class OrderFlag(IntFlag):
    """Instructions of an order, as bits (FIX 18)."""

    POST_ONLY = 1
    """Never takes: rejected when it would trade on entry (FIX 18=6)."""


class ExecType(IntEnum):
    """What an execution report says happened (FIX 150)."""

    NEW = 1
    """The order was accepted (FIX 150=0)."""
    TRADE = 2
    """One fill of the order (FIX 150=F)."""
    CANCELED = 3
    """What was open is out of the market (FIX 150=4)."""
    REPLACED = 4
    """Price or leaves quantity changed (FIX 150=5)."""
    REJECTED = 5
    """The command was refused and changed nothing (FIX 150=8)."""


class OrderStatus(IntEnum):
    """Where the order stands after the event (FIX 39)."""

    NEW = 1
    """Open, nothing filled (FIX 39=0)."""
    PARTIALLY_FILLED = 2
    """Open, something filled (FIX 39=1)."""
    FILLED = 3
    """Nothing left (FIX 39=2)."""
    CANCELED = 4
    """Out of the market with something left (FIX 39=4)."""
    REJECTED = 5
    """Never entered, or the order named is not known (FIX 39=8)."""


class Liquidity(IntEnum):
    """Which part an order had in a trade (FIX 851)."""

    NONE = 0
    """The report is not of a trade."""
    MAKER = 1
    """The order rested (FIX 851=1)."""
    TAKER = 2
    """The order came in (FIX 851=2)."""


class ReportFlag(IntFlag):
    """Facts about the event, as bits."""

    KEPT_PRIORITY = 1
    """A REPLACED order kept its place in the queue; without it, it went to the tail."""


class RejectReason(IntEnum):
    """Why a command was refused (FIX 103, 102). Precedence is a table of its own."""

    NONE = 0
    """Not refused."""
    MALFORMED = 1
    """A field that this kind of command does not take, or a reserved one, was not zero."""
    UNKNOWN_INSTRUMENT = 10
    """No instrument has this number."""
    UNKNOWN_ORDER = 12
    """No live order of this instrument has this id."""
    DUPLICATE_ORDER_ID = 13
    """A live order already has this id."""
    INCOMPATIBLE_INSTRUCTIONS = 40
    """Instructions that exclude each other: post-only with IOC, FOK or MARKET."""
    PRICE_TOO_LOW = 50
    """The price is below the instrument's minimum."""
    PRICE_TOO_HIGH = 51
    """The price is above the instrument's maximum."""
    QUANTITY_TOO_SMALL = 52
    """The quantity is not positive, or below the instrument's minimum."""
    QUANTITY_TOO_LARGE = 53
    """The quantity is above the instrument's maximum."""
    QUANTITY_OVERFLOW = 54
    """The open quantity of the side, or of the order over its life, would pass 2^63 - 1."""
    TOO_MANY_ORDERS = 70
    """The engine's limit of resting orders is reached and this order might rest."""
    POST_ONLY_WOULD_TRADE = 100
    """A post-only order would have traded."""
    FOK_CANNOT_FILL = 101
    """A fill-or-kill order could not be filled whole."""


class ReplacePriority(IntEnum):
    """When a replaced order keeps its place in the queue."""

    KEEP_ON_DECREASE = 0
    """A smaller quantity at the same price keeps it; everything else loses it."""
    ALWAYS_LOSE = 1
    """Every replace goes to the tail."""


SUBMIT: Final = CommandKind.SUBMIT
CANCEL: Final = CommandKind.CANCEL
REPLACE: Final = CommandKind.REPLACE
REDUCE: Final = CommandKind.REDUCE
BUY: Final = Side.BUY
SELL: Final = Side.SELL
LIMIT: Final = OrderType.LIMIT
MARKET: Final = OrderType.MARKET
GTC: Final = TimeInForce.GTC
IOC: Final = TimeInForce.IOC
FOK: Final = TimeInForce.FOK
POST_ONLY: Final = OrderFlag.POST_ONLY

COMMAND_DTYPE: Final = np.dtype(
    [
        ("kind", "u1"),
        ("side", "i1"),
        ("order_type", "u1"),
        ("time_in_force", "u1"),
        ("flags", "<u4"),
        ("instrument", "<u4"),
        ("account", "<u4"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("timestamp", "<u8"),
        ("command_id", "<u8"),
        ("client_order_id", "<u8"),
        ("trigger_price", "<i8"),
        ("display_quantity", "<i8"),
        ("minimum_quantity", "<i8"),
        ("expiry", "<u8"),
        ("offset", "<i8"),
        ("bound", "<i8"),
        ("linked_order_id", "<u8"),
        ("self_trade_group", "<u4"),
        ("self_trade_mode", "u1"),
        ("trigger_source", "u1"),
        ("reserved", "<u2"),
    ]
)
"""Command: 128 bytes a record."""

REPORT_DTYPE: Final = np.dtype(
    [
        ("exec_type", "u1"),
        ("order_status", "u1"),
        ("reject_reason", "<u2"),
        ("side", "i1"),
        ("kind", "u1"),
        ("liquidity", "u1"),
        ("flags", "u1"),
        ("instrument", "<u4"),
        ("account", "<u4"),
        ("sequence_number", "<u8"),
        ("timestamp", "<u8"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("leaves_quantity", "<i8"),
        ("filled_quantity", "<i8"),
        ("last_quantity", "<i8"),
        ("last_price", "<i8"),
        ("trade_id", "<u8"),
        ("contra_order_id", "<u8"),
        ("client_order_id", "<u8"),
        ("command_id", "<u8"),
        ("order_type", "u1"),
        ("time_in_force", "u1"),
        ("reserved_16", "<u2"),
        ("order_flags", "<u4"),
        ("reserved_64", "<i8"),
    ]
)
"""ExecutionReport: 128 bytes a record."""

TRADE_DTYPE: Final = np.dtype(
    [
        ("trade_id", "<u8"),
        ("maker_order_id", "<u8"),
        ("taker_order_id", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("timestamp", "<u8"),
        ("instrument", "<u4"),
        ("maker_account", "<u4"),
        ("taker_account", "<u4"),
        ("side", "i1"),
        ("reserved_8", "u1"),
        ("reserved_16", "<u2"),
    ]
)
"""Trade: 64 bytes a record."""

ORDER_DTYPE: Final = np.dtype(
    [
        ("order_id", "<u8"),
        ("client_order_id", "<u8"),
        ("price", "<i8"),
        ("leaves_quantity", "<i8"),
        ("filled_quantity", "<i8"),
        ("timestamp", "<u8"),
        ("instrument", "<u4"),
        ("account", "<u4"),
        ("side", "i1"),
        ("order_type", "u1"),
        ("time_in_force", "u1"),
        ("reserved_8", "u1"),
        ("flags", "<u4"),
    ]
)
"""Order: 64 bytes a record."""

LEVEL_DTYPE: Final = np.dtype(
    [
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("order_count", "<i8"),
    ]
)
"""Level: 24 bytes a record."""

FIELD_DOCS: Final[dict[str, dict[str, str]]] = {
    "COMMAND_DTYPE": {
        "kind": "What is asked for.",
        "side": "SUBMIT: the side. Other kinds do not read it.",
        "order_type": "SUBMIT: how the price is bound.",
        "time_in_force": "SUBMIT: how long the order lives.",
        "flags": "SUBMIT: bits of OrderFlag.",
        "instrument": "The number that add_instrument gave; 0 for a bare book.",
        "account": "Whose command it is. Account 0 is an account like any other.",
        "order_id": "SUBMIT: the id chosen, 0 to have one assigned. Other kinds: the live order.",
        "price": "Ticks. SUBMIT and REPLACE; 0 for a market order.",
        "quantity": "Lots. SUBMIT: the order's. REPLACE: the new leaves quantity. REDUCE: what is taken off.",
        "timestamp": "Nanoseconds. The engine's time becomes the largest seen.",
        "command_id": "The caller's number for the command, copied into its reports.",
        "client_order_id": "SUBMIT: the caller's name for the order (FIX 11), kept with it.",
        "trigger_price": "Room for conditional orders: zero.",
        "display_quantity": "Room for icebergs: zero.",
        "minimum_quantity": "Room for minimum execution: zero.",
        "expiry": "Room for good-till-date: zero.",
        "offset": "Room for trailing and pegged orders: zero.",
        "bound": "Room for a worst price, a cap or a budget: zero.",
        "linked_order_id": "Room for linked orders: zero.",
        "self_trade_group": "Room for self-trade prevention: zero.",
        "self_trade_mode": "Room for self-trade prevention: zero.",
        "trigger_source": "Room for conditional orders: zero.",
        "reserved": "Zero.",
    },
    "REPORT_DTYPE": {
        "exec_type": "What happened.",
        "order_status": "Where the order stands after it.",
        "reject_reason": "Why it was refused, for REJECTED.",
        "side": "The order's side; 0 when the order is not known.",
        "kind": "The kind of the command that caused the event.",
        "liquidity": "MAKER or TAKER, for TRADE.",
        "flags": "Bits of ReportFlag.",
        "instrument": "The instrument's number.",
        "account": "The order's account.",
        "sequence_number": "Counts the engine's reports from 1, without a gap.",
        "timestamp": "The engine's time, nanoseconds.",
        "order_id": "The order.",
        "price": "The order's limit, ticks; 0 for a market order.",
        "leaves_quantity": "What is open after the event, lots.",
        "filled_quantity": "What the order has traded over its life, lots.",
        "last_quantity": "TRADE: this fill, lots. CANCELED: what was canceled.",
        "last_price": "TRADE: the price of this fill, ticks.",
        "trade_id": "TRADE: the same in both parties' reports; counts from 1.",
        "contra_order_id": "TRADE: the other party's order.",
        "client_order_id": "The caller's name for the order.",
        "command_id": "The caller's number for the command that caused the event.",
        "order_type": "The order's type.",
        "time_in_force": "The order's time in force.",
        "reserved_16": "Zero.",
        "order_flags": "The order's flags, bits of OrderFlag.",
        "reserved_64": "Room for the fee: zero.",
    },
    "TRADE_DTYPE": {
        "trade_id": "Counts the engine's trades from 1.",
        "maker_order_id": "The order that rested.",
        "taker_order_id": "The order that came in.",
        "price": "Ticks.",
        "quantity": "Lots.",
        "timestamp": "The engine's time, nanoseconds.",
        "instrument": "The instrument's number.",
        "maker_account": "Account of the maker.",
        "taker_account": "Account of the taker.",
        "side": "The taker's side.",
        "reserved_8": "Zero.",
        "reserved_16": "Zero.",
    },
    "ORDER_DTYPE": {
        "order_id": "The order.",
        "client_order_id": "The caller's name for it.",
        "price": "Ticks.",
        "leaves_quantity": "What is open, lots.",
        "filled_quantity": "What has traded over its life, lots.",
        "timestamp": "The engine's time when it took its place in the queue, nanoseconds.",
        "instrument": "The instrument's number.",
        "account": "Whose order it is.",
        "side": "Buy or sell.",
        "order_type": "Its type.",
        "time_in_force": "Its time in force.",
        "reserved_8": "Zero.",
        "flags": "Bits of OrderFlag.",
    },
    "LEVEL_DTYPE": {
        "price": "Ticks.",
        "quantity": "Open lots at this price.",
        "order_count": "Orders at this price.",
    },
}
"""What each field of each record holds."""

__all__ = [
    "BUY",
    "CANCEL",
    "COMMAND_DTYPE",
    "FIELD_DOCS",
    "FOK",
    "GTC",
    "IOC",
    "LEVEL_DTYPE",
    "LIMIT",
    "MARKET",
    "ORDER_DTYPE",
    "POST_ONLY",
    "REDUCE",
    "REPLACE",
    "REPORT_DTYPE",
    "SELL",
    "SUBMIT",
    "TRADE_DTYPE",
    "CommandKind",
    "ExecType",
    "Liquidity",
    "OrderFlag",
    "OrderStatus",
    "OrderType",
    "RejectReason",
    "ReplacePriority",
    "ReportFlag",
    "Side",
    "TimeInForce",
]
