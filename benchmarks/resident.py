"""Fills a core in a process of its own and says what that took: python resident.py COMMANDS.npy

The commands are in memory before the first figure is taken, and the reports go to one buffer, so
the growth of the process is the core's. The answer is one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from passes import new_core, room, timed
from scale import BATCH

from engine.measurement import resident_bytes
from engine.records import RecordArray

__all__ = ["Filled", "fill_apart"]


@dataclass(frozen=True)
class Filled:
    """What filling a core came to.

    Attributes
    ----------
    orders, reports, trades : int
        Orders that rest at the end, and what was made on the way.
    state_hash : str
        Of the core at the end.
    core_bytes : int
        What the core says that it uses.
    grown_bytes : int or None
        By how much the process grew; None where the system does not tell.
    ns_per_command : float
        Processor time.
    """

    orders: int
    reports: int
    trades: int
    state_hash: str
    core_bytes: int
    grown_bytes: int | None
    ns_per_command: float


def fill_apart(commands: RecordArray) -> Filled:
    """Fill a core in another process."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "commands.npy"
        np.save(path, commands)
        program = [sys.executable, str(Path(__file__).resolve()), str(path)]
        said = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    return Filled(**json.loads(said))


def measure(commands: RecordArray) -> Filled:
    """Fill a core in this process."""
    books, out = int(commands["instrument"].max()) + 1, room(BATCH)
    timed(new_core(1), commands[:0], "all", BATCH, out)  # what is imported late is in by now
    before = resident_bytes()
    core = new_core(books)
    ns = timed(core, commands, "all", BATCH, out)
    after = resident_bytes()
    grown = None if before is None or after is None else after - before
    return Filled(
        orders=len(core),
        reports=core.report_count,
        trades=core.trade_count,
        state_hash=core.state_hash(),
        core_bytes=core.memory_bytes,
        grown_bytes=grown,
        ns_per_command=ns / len(commands),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(measure(np.load(sys.argv[1])))))
