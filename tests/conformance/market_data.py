"""Samples of market data: a venue's commands, its executions and, for some, its books row by row.

A sample is `X.bin` with what lies beside it: `X.expected`, the venue's executions in its order;
`X.book`, its own books; each with zstd (`.zst`), gzip (`.gz`) or plain. A sample that ends in
`.all` holds every execution, also the few that visible data cannot explain, one line each in the
`.exceptions` file of its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from engine import COMMAND_DTYPE, TRADE_DTYPE, CommandKind, ReplacePriority, Side, TimeInForce
from engine.records import RecordArray

COMMANDS: Final = ".bin"
COMPRESSIONS: Final = (".zst", ".gz", "")
"""How a file's name may go on, by what it is compressed with."""
AUCTIONS: Final = frozenset({"open", "close"})
EVERY_EXECUTION: Final = "all"
ROOM: Final = 4096  # commands and trades a call; more trades than that and `match` allocates
ROWS_AT_ONCE: Final = 4096


class Sample(NamedTuple):
    """One stream of a venue and what the venue did with it."""

    directory: Path
    name: str

    @property
    def kind(self) -> str:
        """The last part of the name: all, exec, order, open, close, or the whole name."""
        return self.name.rpartition(".")[2]

    def path(self, root: Path) -> str:
        """Return where the sample is, seen from a directory above it."""
        return (self.directory / self.name).relative_to(root).as_posix()

    def file(self, ending: str) -> Path:
        """Return the file that the name has with an ending, whatever it is compressed with."""
        paths = [self.directory / f"{self.name}{ending}{how}" for how in COMPRESSIONS]
        return next((path for path in paths if path.is_file()), paths[0])

    def exceptions(self) -> Path:
        """Return the list of executions that visible data cannot explain."""
        return self.directory / f"{self.name.removesuffix(f'.{self.kind}')}.exceptions"


def find_samples(directory: Path) -> list[Sample]:
    """Return the samples in a directory and below, in the order of their paths."""
    endings = [COMMANDS + how for how in COMPRESSIONS]
    return sorted(
        {
            Sample(path.parent, path.name.removesuffix(ending))
            for ending in endings
            for path in directory.rglob(f"*{ending}")
        }
    )


def core_for(commands: RecordArray, make_core: Any, **terms: int) -> Any:
    """Return an engine with as many instruments as the commands name, each with these terms."""
    count = int(commands["instrument"].max(initial=0)) + 1
    return make_core(*[{"replace_priority": ReplacePriority.ALWAYS_LOSE, **terms}] * count)


class Feed:
    """Commands on their way into an engine, as far as they are wanted; keeps the trades."""

    def __init__(self, core: Any, commands: RecordArray) -> None:
        self.core = core
        self.books = [core.book(number) for number in range(core.instrument_count)]
        self.commands = commands
        self.done = 0
        self._trades: list[RecordArray] = []
        self._room = np.zeros(ROOM, dtype=TRADE_DTYPE)

    def go_to(self, end: int) -> None:
        """Apply commands until this many are done."""
        while self.done < end:
            stop = min(end, self.done + ROOM)
            some = self.core.match(self.commands[self.done : stop], detail="trades", out=self._room)
            if len(some):
                self._trades.append(some.copy())
            self.done = stop

    def trades(self) -> RecordArray:
        """Return the trades so far."""
        return np.concatenate([np.zeros(0, dtype=TRADE_DTYPE), *self._trades])


def executions_to_set_aside(feed: Feed, expected: RecordArray) -> list[int]:
    """Go through a sample of every execution; return those that follow no queue, by their place.

    The engine is asked which order is first before each execution. Where the venue took another
    one, that is what is reported to the engine: it reduces the venue's order by what was executed,
    so that the two books stay the same and the next execution is judged on its own.
    """
    aside: list[int] = []
    takers = np.flatnonzero(feed.commands["time_in_force"] == TimeInForce.IOC)
    assert len(takers) == len(expected)
    feed.commands = feed.commands.copy()
    for place, index in enumerate(takers.tolist()):
        feed.go_to(index)
        execution = expected[place]
        order_id = int(execution["maker"])
        symbol = int(execution["symbol"])
        if first_order(feed.books[symbol], int(feed.commands["side"][index])) != order_id:
            aside.append(place)
            feed.commands[index] = np.zeros((), dtype=COMMAND_DTYPE)
            feed.commands["kind"][index] = CommandKind.REDUCE
            feed.commands["instrument"][index] = symbol
            feed.commands["order_id"][index] = order_id
            feed.commands["quantity"][index] = execution["quantity"]
    feed.go_to(len(feed.commands))
    return aside


def first_order(book: Any, side: int) -> int | None:
    """Return the order that an incoming one of this side would fill first."""
    price = book.best_ask() if side == Side.BUY else book.best_bid()
    return None if price is None else int(book.orders(-side, price)["order_id"][0])


def write_levels(depth: Any, row: RecordArray) -> None:
    """Write a depth into a venue's row of levels, which is all zero before."""
    asks, bids = depth.asks, depth.bids
    row["ask_price"][: len(asks)] = asks["price"]
    row["ask_quantity"][: len(asks)] = asks["quantity"]
    row["bid_price"][: len(bids)] = bids["price"]
    row["bid_quantity"][: len(bids)] = bids["quantity"]


def first_wrong_book(feed: Feed, rows: RecordArray) -> str | None:
    """Replay from row to row; return what is wrong at the first row that differs, else None."""
    count = rows.dtype["levels"].shape[0]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        wanted = rows[start : start + ROWS_AT_ONCE]
        found = np.zeros_like(wanted["levels"])
        places = zip(wanted["commands"].tolist(), wanted["symbol"].tolist(), strict=True)
        for row, (end, symbol) in enumerate(places):
            feed.go_to(end)
            write_levels(feed.books[symbol].depth(count), found[row])
        wrong = np.flatnonzero((found != wanted["levels"]).any(axis=1))
        if len(wrong):
            row = int(wrong[0])
            level = int(np.flatnonzero(found[row] != wanted["levels"][row])[0])
            return (
                f"row {start + row}, after {wanted['commands'][row]} commands, level {level}:"
                f" was {found[row][level]}, the venue had {wanted['levels'][row][level]}"
            )
    return None
