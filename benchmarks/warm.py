"""A warm core, watched from outside in a process of its own: python warm.py STREAM PRELOAD

The first half of the stream after the preload warms the core. Over the second half, in batches into
one buffer, it says what the process took: page faults, bytes of heap and of Python objects, and how
often memory was asked for at all, which allocations.cpp counts when it is preloaded.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tracemalloc
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compiled import compiled, compiler
from passes import new_core, room
from scale import BATCH
from tapes import Tape

from engine import Core
from engine.measurement import no_collection
from engine.records import RecordArray
from engine.streams import read_commands

__all__ = ["PAGE_BYTES", "Watched", "lack_of_watching", "watch_apart"]

COUNTER_FLAGS = ("-O2", "-std=c++20", "-fPIC", "-shared", "-Wl,-soname,allocations.so")
WARMED = 0.5
PAGE_BYTES = resource.getpagesize()
HEAP_FIELDS = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks"),
    *("fordblks", "keepcost"),
)


class MallInfo(ctypes.Structure):
    """What glibc's mallinfo2 says."""

    _fields_ = [(name, ctypes.c_size_t) for name in HEAP_FIELDS]


@dataclass(frozen=True)
class Watched:
    """What was taken while a warm core worked.

    Attributes
    ----------
    batches, singles, trades, resting : int
        Calls with many commands and with one, what they made, and what rests at the end.
    page_faults : int
        Pages that the system had to bring.
    heap_bytes : int
        By how much the C heap and its large blocks grew.
    core_bytes : int
        By how much the core says that it grew.
    python_bytes : int
        By how much Python objects grew in one more batch than was watched before.
    asked : tuple of int
        Calls of malloc and the like, and of mmap and mremap, over all batches.
    asked_by_one : tuple of int
        The same over calls with one command each.
    """

    batches: int
    singles: int
    trades: int
    resting: int
    page_faults: int
    heap_bytes: int
    core_bytes: int
    python_bytes: int
    asked: tuple[int, int]
    asked_by_one: tuple[int, int]


def lack_of_watching() -> str | None:
    """Return why it can't be watched here, None when it can."""
    if not hasattr(ctypes.CDLL(None), "mallinfo2"):
        return "the C library was not glibc 2.33 or newer"
    return None if compiler() is not None else "no C++ compiler was found (CXX)"


def watch_apart(tape: Tape, cache: Path) -> Watched:
    """Watch a core in another process."""
    source = Path(__file__).with_name("allocations.cpp")
    counter = compiled(source, COUNTER_FLAGS, cache, ".so")
    program = [sys.executable, str(Path(__file__).resolve()), str(tape.path), str(tape.preload)]
    environment = os.environ | {"LD_PRELOAD": str(counter)}
    said = subprocess.run(program, capture_output=True, text=True, check=True, env=environment)
    return Watched(**json.loads(said.stdout))


class Counters:
    """Counts of this process that can be taken twice and subtracted."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.library = ctypes.CDLL(None)
        self.library.mallinfo2.restype = MallInfo
        for name in ("allocations_counted", "mappings_counted"):
            getattr(self.library, name).restype = ctypes.c_uint64

    def asked(self) -> tuple[int, int]:
        """Calls that asked for memory so far, of malloc and of mmap."""
        return int(self.library.allocations_counted()), int(self.library.mappings_counted())

    def taken(self) -> dict[str, int]:
        """Pages and bytes so far."""
        heap = self.library.mallinfo2()
        return {
            "page_faults": resource.getrusage(resource.RUSAGE_SELF).ru_minflt,
            "heap_bytes": heap.arena + heap.hblkhd,
            "core_bytes": self.core.memory_bytes,
        }


def run(core: Core, batches: list[RecordArray], out: RecordArray) -> None:
    """Apply batches to a core."""
    match = core.match
    for commands in batches:
        match(commands, out=out)


def watch(commands: RecordArray, preload: int) -> Watched:
    """Watch a core of this process."""
    core, out = new_core(int(commands["instrument"].max()) + 1), room(BATCH)
    middle = preload + int((len(commands) - preload) * WARMED)
    pieces = [commands[start : start + BATCH] for start in range(0, len(commands), BATCH)]
    cold, warm = pieces[: middle // BATCH], pieces[middle // BATCH : -2]
    counters = Counters(core)
    run(core, cold, out)
    with no_collection():
        counters.taken()
        counters.asked()
        before, asked = counters.taken(), counters.asked()
        run(core, warm, out)
        asked_after, after = counters.asked(), counters.taken()
    # And by calls with one command each: what a call asks for, whatever it carries.
    singles = [pieces[-2][index : index + 1] for index in range(min(len(warm), BATCH))]
    asked_by_one = counters.asked()
    run(core, singles, out)
    asked_by_one = _difference(counters.asked(), asked_by_one)
    return Watched(
        batches=len(warm),
        singles=len(singles),
        trades=core.trade_count,
        resting=len(core),
        python_bytes=_python_bytes(core, pieces[-1], out),
        asked=_difference(asked_after, asked),
        asked_by_one=asked_by_one,
        **{name: after[name] - before[name] for name in after},
    )


def _difference(after: tuple[int, int], before: tuple[int, int]) -> tuple[int, int]:
    return after[0] - before[0], after[1] - before[1]


def _python_bytes(core: Core, commands: RecordArray, out: RecordArray) -> int:
    """Return the largest growth of Python objects while a batch runs."""
    half = len(commands) // 2
    tracemalloc.start()
    core.match(commands[:half], out=out)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    core.match(commands[half:], out=out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - before


def main(stream: str, preload: str) -> dict[str, Any]:
    return asdict(watch(read_commands(stream), int(preload)))


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
