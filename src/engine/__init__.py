"""The exchange core for Python: a compiled price-time order book, exact and deterministic."""

from . import _schema
from ._core import Core, ExecutionReport, OrderBook
from ._engine import Engine
from ._schema import *  # noqa: F403
from ._version import __version__
from .errors import *  # noqa: F403
from .errors import __all__ as _error_names
from .instrument import Instrument
from .records import Depth, Order, QueuePosition, trades_of

__all__ = [
    "Core",
    "Depth",
    "Engine",
    "ExecutionReport",
    "Instrument",
    "Order",
    "OrderBook",
    "QueuePosition",
    "__version__",
    "trades_of",
    *_error_names,
    *_schema.__all__,
]
