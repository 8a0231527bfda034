"""One pass of commands through a new core: what comes out, or how long it takes.

Time is processor time of the process, as the yardstick takes it, from NumPy array to NumPy array:
slicing a batch off, the call, checking every enumeration, and writing all records are inside.
"""

from __future__ import annotations

import hashlib
from time import process_time_ns
from typing import Final, NamedTuple

import numpy as np
from scale import BATCH
from tapes import Tape

from engine import REPORT_DTYPE, TRADE_DTYPE, Core, ReplacePriority, trades_of
from engine.measurement import no_collection
from engine.records import RecordArray
from engine.streams import stream_from_trades

__all__ = ["Answer", "answer", "fill", "loaded_core", "new_core", "room", "state", "timed"]

# A command makes two reports and two more a trade; what does not fit, `match` would allocate.
RECORDS_PER_COMMAND: Final = 8
ROOM_MIN: Final = 1_024
DTYPES: Final = {"all": REPORT_DTYPE, "trades": TRADE_DTYPE}


class Answer(NamedTuple):
    """What a core says about itself when it is done, equal on every path to the same end."""

    trades: int
    resting: int
    state_hash: str


def new_core(books: int) -> Core:
    """Return an empty core, in which every replace loses its place as the stream format has it."""
    core = Core()
    for _ in range(books):
        core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
    return core


def room(batch: int, detail: str = "all") -> RecordArray:
    """Return a buffer for the records of a batch, its pages touched beforehand."""
    out = np.empty(max(ROOM_MIN, RECORDS_PER_COMMAND * batch), dtype=DTYPES[detail])
    out.view(np.uint8)[:] = 1
    return out


def fill(core: Core, commands: RecordArray) -> None:
    """Apply commands without keeping what they make."""
    out = room(BATCH)
    for start in range(0, len(commands), BATCH):
        core.match(commands[start : start + BATCH], out=out)


def loaded_core(tape: Tape) -> Core:
    """Return a core with the preload of a tape in it."""
    core = new_core(tape.books)
    fill(core, tape.commands[: tape.preload])
    return core


def state(core: Core) -> Answer:
    """Return what the core says about itself."""
    return Answer(core.trade_count, len(core), core.state_hash())


def answer(tape: Tape, detail: str, batch: int) -> tuple[str, Answer]:
    """Return the digest of all trades of a tape in the stream format, and the state at the end."""
    core, out = new_core(tape.books), room(batch, detail)
    digest = hashlib.sha256()
    for start in range(0, len(tape.commands), batch):
        records = core.match(tape.commands[start : start + batch], detail=detail, out=out)
        trades = trades_of(records) if detail == "all" else records
        digest.update(stream_from_trades(trades).tobytes())
    return digest.hexdigest(), state(core)


def timed(core: Core, commands: RecordArray, detail: str, batch: int, out: RecordArray) -> int:
    """Apply commands in batches and return the processor time that it took, nanoseconds."""
    match = core.match
    with no_collection():
        before = process_time_ns()
        for start in range(0, len(commands), batch):
            match(commands[start : start + batch], detail=detail, out=out)
        return process_time_ns() - before
