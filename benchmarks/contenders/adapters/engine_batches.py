"""This engine, `Core.match` with an array of commands and its reports as an array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from interface import Adapter, Command, Trade

from engine import TRADE_DTYPE, Core, ReplacePriority
from engine.streams import STREAM_COMMAND_DTYPE, commands_from_stream

__all__ = ["Contender"]


class Contender(Adapter):
    chunk = 1_024

    def __init__(self, books: int) -> None:
        super().__init__(books)
        self.core = Core()
        for _ in range(books):
            self.core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
        self.fills: list[Any] = []
        # What doesn't fit, `match` would allocate.
        self.room = np.ones(64 * self.chunk, dtype=TRADE_DTYPE)

    def prepared(self, commands: Sequence[Command]) -> Any:
        records = np.zeros(len(commands), dtype=STREAM_COMMAND_DTYPE)
        columns = np.array(commands, dtype=np.int64).reshape(-1, 6)
        names = ("op", "side", "symbol", "order_id", "price", "quantity")
        for position, name in enumerate(names):
            records[name] = columns[:, position]
        return commands_from_stream(records)

    def apply(self, commands: Any) -> None:
        self.fills.append(self.core.match(commands, detail="trades", out=self.room).copy())

    def trades(self) -> Iterable[Trade]:
        fields = ["maker_order_id", "taker_order_id", "price", "quantity"]
        for some in self.fills:
            yield from some[fields].tolist()
