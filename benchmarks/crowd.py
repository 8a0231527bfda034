"""Makes positions in a process of its own: python crowd.py ACCOUNTS BOOKS MODE

In every book each account of an even number sells to the next one, so that all come to have a
position there, which a LIQUIDATE then looks at. Commands are made a batch at a time, so the growth
of the process is the core's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from checked import EVERY_CHECK, PRICE, checked_core
from passes import fill, room, timed
from scale import BATCH

from engine import BUY, SELL, CommandKind, Core, MarginMode
from engine.measurement import peak_bytes, resident_bytes
from engine.records import RecordArray, commands_of

__all__ = ["Crowd", "crowd_apart"]

SAMPLE = 1_000


@dataclass(frozen=True)
class Crowd:
    """What making positions came to.

    Attributes
    ----------
    trades, positions_right, positions_asked : int
        Trades in all; how many of the positions that were asked for are as they must be.
    core_bytes : int
        What the core says that it uses.
    grown_bytes, peak_bytes : int or None
        By how much the process grew, and the most that it ever had, Python and all; None where the
        system does not tell.
    ns_per_order : float
        Processor time of an order, each of which takes part in one trade.
    """

    trades: int
    positions_right: int
    positions_asked: int
    core_bytes: int
    grown_bytes: int | None
    peak_bytes: int | None
    ns_per_order: float


def crowd_apart(accounts: int, books: int, mode: MarginMode) -> Crowd:
    """Make positions of that many accounts in each of the books, in another process."""
    numbers = (str(number) for number in (accounts, books, int(mode)))
    program = [sys.executable, str(Path(__file__).resolve()), *numbers]
    said = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    return Crowd(**json.loads(said))


def lots_of(account: int, book: int) -> int:
    """Return how many lots an account comes to have, below 0 when it is short."""
    lots = 1 + (account // 2 + book) % 7
    return lots if account % 2 else -lots


def pairs(first: int, count: int, book: int) -> RecordArray:
    """Return orders of that many accounts, in turn one that offers and one that takes."""
    accounts = np.arange(first, first + count, dtype=np.uint32)
    made = commands_of(count, CommandKind.SUBMIT, instrument=book, account=accounts, price=PRICE)
    made["side"] = np.where(accounts % 2, BUY, SELL)
    made["quantity"] = 1 + (accounts // 2 + book) % 7
    return made


def chosen(first: int, count: int, book: int, mode: MarginMode) -> RecordArray:
    """Return the choice of a margin mode by that many accounts."""
    accounts = np.arange(first, first + count, dtype=np.uint32)
    fields = {"instrument": book, "account": accounts, "selector": mode}
    return commands_of(count, CommandKind.SET_MARGIN_MODE, **fields)


def is_right(core: Core, account: int, book: int, mode: MarginMode) -> bool:
    """Return whether an account has the position that its trade made."""
    found = core.account_position(account, book)
    if found is None or found.margin_mode != mode:
        return False
    return found.quantity == lots_of(account, book)


def measure(accounts: int, books: int, mode: MarginMode) -> Crowd:
    """Make positions in this process."""
    out = room(BATCH)
    fill(checked_core(1, 2, EVERY_CHECK), pairs(0, 2, 0))  # what is imported late is in by now
    before = resident_bytes()
    core, ns = checked_core(books, accounts, EVERY_CHECK), 0
    for book in range(books):
        for first in range(0, accounts, BATCH):
            count = min(BATCH, accounts - first)
            if mode != MarginMode.CROSS:
                fill(core, chosen(first, count, book, mode))
            ns += timed(core, pairs(first, count, book), "all", BATCH, out)
    fill(core, commands_of(1, CommandKind.LIQUIDATE))
    after = resident_bytes()
    draw = np.random.default_rng(59)
    asked = zip(draw.integers(0, accounts, SAMPLE), draw.integers(0, books, SAMPLE), strict=True)
    return Crowd(
        trades=core.trade_count,
        positions_right=sum(is_right(core, int(it), int(book), mode) for it, book in asked),
        positions_asked=SAMPLE,
        core_bytes=core.memory_bytes,
        grown_bytes=None if before is None or after is None else after - before,
        peak_bytes=peak_bytes(),
        ns_per_order=ns / (accounts * books),
    )


if __name__ == "__main__":
    accounts, books, mode = map(int, sys.argv[1:])
    print(json.dumps(asdict(measure(accounts, books, MarginMode(mode)))))
