"""A LOBSTER sample: one row a message, the venue's book after each, as NASDAQ's own feed gave it.

The commands that were made of the messages hold more than them: orders that the sample refers to
but whose entry it does not hold, and filler at the edge of the price range that it shows. Those
stand between two messages and carry another origin. A row is right when the engine has the row's
book somewhere between its message and the next.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from conformance.market_data import Feed, Sample, write_levels

from engine.records import RecordArray
from engine.venue_books import book_dtype

NUMBERS_PER_LEVEL: Final = 4
HIDDEN_EXECUTION: Final = 5  # of an order that no one saw: changes no book
FROM_A_MESSAGE: Final = (0, 3)  # origins of commands: a message, or one given as a reduction
UNITS_PER_TICK: Final = 100  # prices are in hundredths of a cent
NO_ASK: Final = 9_999_999_999
NO_BID: Final = -9_999_999_999


def find_archive(sample: Sample) -> Path | None:
    """Return the archive of messages and books that lies beside a sample, if one does."""
    ticker = sample.name.partition(".")[0].upper()
    return next(iter(sorted(sample.directory.glob(f"LOBSTER_*_{ticker}_*.zip"))), None)


def read_rows(archive: Path) -> tuple[np.ndarray, RecordArray]:
    """Return the type of each message, and the levels of the book after it."""
    with zipfile.ZipFile(archive) as files:
        named = {name.rsplit("_", 2)[-2]: name for name in files.namelist() if ".csv" in name}
        kinds = _table(files.read(named["message"]), columns=(1,)).ravel()
        numbers = _table(files.read(named["orderbook"]))
    numbers = numbers.reshape(len(kinds), -1, NUMBERS_PER_LEVEL)
    count = numbers.shape[1]
    levels = np.zeros((len(kinds), count), dtype=book_dtype(count)["levels"].base)
    for column, (side, nothing) in enumerate((("ask", NO_ASK), ("bid", NO_BID))):
        prices, quantities = numbers[:, :, 2 * column], numbers[:, :, 2 * column + 1]
        shown = prices != nothing
        levels[f"{side}_price"] = np.where(shown, prices // UNITS_PER_TICK, 0)
        levels[f"{side}_quantity"] = np.where(shown, quantities, 0)
    return kinds, levels


def _table(text: bytes, columns: tuple[int, ...] | None = None) -> np.ndarray:
    lines = text.decode("ascii").splitlines()
    return np.loadtxt(lines, delimiter=",", dtype=np.int64, usecols=columns, ndmin=2)


def messages_in(origins: np.ndarray) -> np.ndarray:
    """Return the places of the commands that stand for a message."""
    return np.flatnonzero(np.isin(origins, FROM_A_MESSAGE))


def wrong_rows(
    feed: Feed, messages: np.ndarray, kinds: np.ndarray, levels: RecordArray
) -> Iterator[int]:
    """Replay message by message; yield the rows whose book the engine never has in their time."""
    ends = iter([*messages.tolist(), len(feed.commands)])
    end = next(ends)
    for row, kind in enumerate(kinds.tolist()):
        if kind != HIDDEN_EXECUTION:
            feed.go_to(end + 1)
            end = next(ends)
        while not _has_book(feed.books[0], levels[row]):
            if feed.done == end:
                yield row
                break
            feed.go_to(feed.done + 1)


def _has_book(book: Any, levels: RecordArray) -> bool:
    found = np.zeros_like(levels)
    write_levels(book.depth(len(levels)), found)
    return found.tobytes() == levels.tobytes()
