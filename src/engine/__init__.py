"""The exchange core for Python: a compiled price-time order book, exact and deterministic.

Venues and books
    `Engine` (many instruments, in decimals), `Instrument`, `OrderBook` (one instrument, in ticks
    and lots), `Core` (many instruments, in ticks and lots).
What comes back
    `ExecutionReport` of a command; `Depth`, `Order` and `QueuePosition` of a question;
    `trades_of` reports.
Records
    `COMMAND_DTYPE` in; `REPORT_DTYPE`, `TRADE_DTYPE`, `ORDER_DTYPE` and `LEVEL_DTYPE` out;
    `FIELD_DOCS` says what each field holds.
Enumerations
    `CommandKind`, `Side`, `OrderType`, `TimeInForce`, `OrderFlag`, `ExecType`, `OrderStatus`,
    `RejectReason`, `Liquidity`, `ReportFlag`, `ReplacePriority`, and the members that commands are
    made of by their bare names: `SUBMIT`, `BUY`, `LIMIT`, `GTC`, `POST_ONLY`, ...
Files
    `read_commands`, `iter_commands`, `write_commands`, `read_trades`, `write_trades`.
Errors
    All under `EngineError`: `CommandError`, `GridError`, `UnknownSymbolError`, `StreamError`,
    `EngineBusyError`, `InvariantError`.

`engine.reference` is the readable specification, and `python -m engine` the command line.
`show_versions` prints what a bug report needs.
"""

from engine._core import Core, OrderBook
from engine._engine import Engine
from engine._report import ExecutionReport
from engine._schema import (
    BUY,
    CANCEL,
    COMMAND_DTYPE,
    FIELD_DOCS,
    FOK,
    GTC,
    IOC,
    LEVEL_DTYPE,
    LIMIT,
    MARKET,
    ORDER_DTYPE,
    POST_ONLY,
    REDUCE,
    REPLACE,
    REPORT_DTYPE,
    SELL,
    SUBMIT,
    TRADE_DTYPE,
    CommandKind,
    ExecType,
    Liquidity,
    OrderFlag,
    OrderStatus,
    OrderType,
    RejectReason,
    ReplacePriority,
    ReportFlag,
    Side,
    TimeInForce,
)
from engine._version import __version__
from engine._versions import show_versions
from engine.errors import (
    CommandError,
    EngineBusyError,
    EngineError,
    GridError,
    InvariantError,
    StreamError,
    UnknownSymbolError,
)
from engine.instrument import Instrument
from engine.records import Depth, Order, QueuePosition, trades_of
from engine.streams import (
    iter_commands,
    read_commands,
    read_trades,
    write_commands,
    write_trades,
)

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
    "CommandError",
    "CommandKind",
    "Core",
    "Depth",
    "Engine",
    "EngineBusyError",
    "EngineError",
    "ExecType",
    "ExecutionReport",
    "GridError",
    "Instrument",
    "InvariantError",
    "Liquidity",
    "Order",
    "OrderBook",
    "OrderFlag",
    "OrderStatus",
    "OrderType",
    "QueuePosition",
    "RejectReason",
    "ReplacePriority",
    "ReportFlag",
    "Side",
    "StreamError",
    "TimeInForce",
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
