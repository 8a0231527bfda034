"""Orders, their lives, trades and market statistics, kept in a file and asked for.

`History` takes the execution reports that an engine makes and keeps them in one SQLite file;
`HistoryReader` asks it, beside whoever writes. Both answer in symbols and decimals. What an engine
did that the history was not told, because its process was killed in between, is read from the
journal by `History.catch_up`. docs/history.md has a worked example.
"""

from engine.history.history import History, HistoryReader
from engine.history.records import Candle, FillRecord, OrderRecord, Statistics, TradeRecord

__all__ = [
    "Candle",
    "FillRecord",
    "History",
    "HistoryReader",
    "OrderRecord",
    "Statistics",
    "TradeRecord",
]
