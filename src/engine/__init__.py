"""The exchange core for Python: a compiled price-time order book, exact and deterministic.

Venues and books
    `Engine` (many instruments, in decimals), `Instrument`, `OrderBook` (one instrument, in ticks
    and lots), `Core` (many instruments, in ticks and lots).
What comes back
    `ExecutionReport` of a command; `Depth`, `Order`, `OrderDetail` and `QueuePosition` of a
    question; `trades_of` reports.
Records
    `COMMAND_DTYPE` in; `REPORT_DTYPE`, `TRADE_DTYPE`, `ORDER_DTYPE`, `DETAIL_DTYPE` and
    `LEVEL_DTYPE` out; `FIELD_DOCS` says what each field holds.
Enumerations
    `CommandKind`, `Side`, `OrderType`, `TimeInForce`, `OrderFlag`, `TriggerSource`,
    `SelfTradeMode`, `CancelScope`, `ExecType`, `OrderStatus`, `OrderState`, `RejectReason`,
    `Liquidity`, `ReportFlag`, `ReplacePriority`, `TriggerOrder`, and the members that commands are
    made of by their bare names: `SUBMIT`, `BUY`, `LIMIT`, `GTC`, `POST_ONLY`, ...
Files
    `read_commands`, `iter_commands`, `write_commands`, `read_trades`, `write_trades`.
Errors
    All under `EngineError`: `CommandError`, `GridError`, `UnknownSymbolError`, `StreamError`,
    `FeedError`, `SequenceGapError`, `EngineBusyError`, `InvariantError`.

`engine.feed` makes market data of reports, `engine.reference` is the readable specification, and
`python -m engine` the command line. `show_versions` prints what a bug report needs.
"""

from engine._book import OrderBook
from engine._core import Core
from engine._engine import Engine
from engine._report import ExecutionReport
from engine._schema import (
    ADVANCE_TIME,
    ALL_OR_NONE,
    BUDGET,
    BUY,
    CANCEL,
    COMMAND_DTYPE,
    DETAIL_DTYPE,
    FIELD_DOCS,
    FOK,
    GTC,
    GTD,
    HIDDEN,
    IOC,
    LEVEL_DTYPE,
    LIMIT,
    LIMIT_IF_TOUCHED,
    MARKET,
    MARKET_IF_TOUCHED,
    MARKET_TO_LIMIT,
    MASS_CANCEL,
    MINIMUM_EACH,
    ORDER_DTYPE,
    POST_ONLY,
    PROTECTED,
    REDUCE,
    REPLACE,
    REPORT_DTYPE,
    SELL,
    SET_PRICE,
    SLIDE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    TRADE_DTYPE,
    TRAILING_STOP,
    TRAILING_STOP_LIMIT,
    TRAIL_RATE,
    CancelScope,
    CommandKind,
    ExecType,
    Liquidity,
    OrderFlag,
    OrderState,
    OrderStatus,
    OrderType,
    RejectReason,
    ReplacePriority,
    ReportFlag,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerOrder,
    TriggerSource,
)
from engine._version import __version__
from engine._versions import show_versions
from engine.errors import (
    CommandError,
    EngineBusyError,
    EngineError,
    FeedError,
    GridError,
    InvariantError,
    SequenceGapError,
    StreamError,
    UnknownSymbolError,
)
from engine.instrument import Instrument
from engine.records import Depth, Order, OrderDetail, QueuePosition, trades_of
from engine.streams import (
    iter_commands,
    read_commands,
    read_trades,
    write_commands,
    write_trades,
)

__all__ = [
    "ADVANCE_TIME",
    "ALL_OR_NONE",
    "BUDGET",
    "BUY",
    "CANCEL",
    "COMMAND_DTYPE",
    "DETAIL_DTYPE",
    "FIELD_DOCS",
    "FOK",
    "GTC",
    "GTD",
    "HIDDEN",
    "IOC",
    "LEVEL_DTYPE",
    "LIMIT",
    "LIMIT_IF_TOUCHED",
    "MARKET",
    "MARKET_IF_TOUCHED",
    "MARKET_TO_LIMIT",
    "MASS_CANCEL",
    "MINIMUM_EACH",
    "ORDER_DTYPE",
    "POST_ONLY",
    "PROTECTED",
    "REDUCE",
    "REPLACE",
    "REPORT_DTYPE",
    "SELL",
    "SET_PRICE",
    "SLIDE",
    "STOP",
    "STOP_LIMIT",
    "SUBMIT",
    "TRADE_DTYPE",
    "TRAILING_STOP",
    "TRAILING_STOP_LIMIT",
    "TRAIL_RATE",
    "CancelScope",
    "CommandError",
    "CommandKind",
    "Core",
    "Depth",
    "Engine",
    "EngineBusyError",
    "EngineError",
    "ExecType",
    "ExecutionReport",
    "FeedError",
    "GridError",
    "Instrument",
    "InvariantError",
    "Liquidity",
    "Order",
    "OrderBook",
    "OrderDetail",
    "OrderFlag",
    "OrderState",
    "OrderStatus",
    "OrderType",
    "QueuePosition",
    "RejectReason",
    "ReplacePriority",
    "ReportFlag",
    "SelfTradeMode",
    "SequenceGapError",
    "Side",
    "StreamError",
    "TimeInForce",
    "TriggerOrder",
    "TriggerSource",
    "UnknownSymbolError",
    "__version__",
    "iter_commands",
    "read_commands",
    "read_trades",
    "show_versions",
    "trades_of",
    "write_commands",
    "write_trades",
]
