"""The streams that everyone gets, of the package's own generator, and the right answer to each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine import TRADE_DTYPE, Core, ReplacePriority
from engine.records import RecordArray
from engine.streams import write_commands
from engine.workloads import workload

__all__ = ["COLUMNS", "WORKLOADS", "Answer", "Stream", "make_stream"]

WORKLOADS: Final = ("thin", "retail", "venue", "deep")
COLUMNS: Final = 4
BATCH: Final = 1_024
ROOM: Final = 64 * BATCH
Answer = np.ndarray[Any, np.dtype[np.int64]]
"""A row a trade: maker, taker, price, quantity."""


@dataclass(frozen=True)
class Stream:
    """Commands in a file, and what they lead to.

    Attributes
    ----------
    name : str
        Of the workload.
    path : Path
        The commands, in the stream format.
    preload : int
        Commands at the beginning that fill the books and are not timed.
    commands : int
        Those after them.
    trades : RecordArray
        All of them, of TRADE_DTYPE; the timestamp is the index of the command.
    """

    name: str
    path: Path
    preload: int
    commands: int
    trades: RecordArray

    def answer(self, applied: int, by_book: bool) -> Answer:
        """Return the trades of so many commands, the preload counted.

        Parameters
        ----------
        applied
            Commands from the start of the file.
        by_book
            Book after book instead of all in the order of execution.
        """
        trades = self.trades[: np.searchsorted(self.trades["timestamp"], applied)]
        if by_book:
            trades = trades[np.argsort(trades["instrument"], kind="stable")]
        names = ("maker_order_id", "taker_order_id", "price", "quantity")
        return np.stack([trades[name].astype(np.int64) for name in names], axis=1)


def make_stream(name: str, commands: int, seed: int, cache: Path) -> Stream:
    """Make a workload, write it to a file for the others, and get the answer from the core."""
    made = workload(name, commands, seed=seed)
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{name}-{commands}-{seed}.bin"
    write_commands(path, made.commands)
    core = Core()
    for _ in range(made.books):
        core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
    room = np.empty(ROOM, dtype=TRADE_DTYPE)
    trades = [
        core.match(made.commands[start : start + BATCH], detail="trades", out=room).copy()
        for start in range(0, len(made.commands), BATCH)
    ]
    return Stream(
        name, path, made.preload, len(made.commands) - made.preload, np.concatenate(trades)
    )
