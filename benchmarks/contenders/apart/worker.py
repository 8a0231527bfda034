"""The process that one library runs in: reads a stream, applies it, says how long that took.

    python worker.py ADAPTER STREAM PRELOAD SECONDS TRADES [DISTRIBUTION]

It stands alone: the environment has the library and Python's own modules, and not the engine. Lines
of JSON on standard output tell how far it is, and the last of them what it came to; whatever the
library prints goes to standard error. It stops by itself when it has used SECONDS of processor
time, which a busy machine doesn't shorten. A library that never returns is killed from outside.
"""

from __future__ import annotations

import gc
import importlib.metadata
import importlib.util
import json
import os
import resource
import struct
import sys
from array import array
from pathlib import Path
from time import perf_counter, perf_counter_ns, process_time, process_time_ns
from typing import Any, Final, TextIO

from interface import Adapter, Command

__all__ = ["main"]

RECORD: Final = struct.Struct("<BBHIQqII")
MEMORY_MAX: Final = 20 * 2**30
"""Bytes of address space: a library that wants more fails, and the machine goes on.

The stack of a thread counts with 8 MiB, and some start a thread for each of a thousand books.
"""
STRETCH: Final = 10
"""How many times as long as its processor time a run may take: one that sleeps ends too."""


def read_stream(path: Path) -> list[Command]:
    """Return the commands of a stream file as tuples of integers."""
    return [
        (op, side, symbol, order_id, price, quantity)
        for op, side, symbol, quantity, order_id, price, _, _ in RECORD.iter_unpack(
            path.read_bytes()
        )
    ]


def load_adapter(path: Path, books: int) -> Adapter:
    """Return the object that a file's class `Contender` makes."""
    spec = importlib.util.spec_from_file_location(f"adapter_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    adapter: Adapter = module.Contender(books)
    return adapter


def own_output() -> TextIO:
    """Return standard output, and leave standard error where it was to everything else."""
    ours = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return ours


class Clock:
    """Processor and wall time of the chunks after the preload."""

    def __init__(self) -> None:
        self.cpu_ns = 0
        self.wall_ns = 0

    def apply(self, adapter: Adapter, chunk: Any) -> None:
        """Apply a chunk and add its time."""
        wall, cpu = perf_counter_ns(), process_time_ns()
        adapter.apply(chunk)
        self.cpu_ns += process_time_ns() - cpu
        self.wall_ns += perf_counter_ns() - wall


def run(
    adapter: Adapter, commands: list[Command], preload: int, seconds: float, out: TextIO
) -> dict[str, Any]:
    """Apply the preload, then the rest with the clock on, until the time is over."""
    size = adapter.chunk
    starts = [*range(0, preload, size), *range(preload, len(commands), size)]
    ends = [*starts[1:], len(commands)]
    chunks = [
        (end, adapter.prepared(commands[start:end]))
        for start, end in zip(starts, ends, strict=True)
    ]
    untimed, timed, done = Clock(), Clock(), 0
    gc.collect()
    gc.disable()
    started, cpu_started = perf_counter(), process_time()
    for end, chunk in chunks:
        (timed if end > preload else untimed).apply(adapter, chunk)
        done = end
        if process_time() - cpu_started > seconds or perf_counter() - started > STRETCH * seconds:
            break
        out.write(f'{{"applied": {done}}}\n')
    return {"applied": done, "cpu_ns": timed.cpu_ns, "wall_ns": timed.wall_ns}


def thread_count() -> int:
    """Return how many threads this process has, those of compiled code too."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return 1


def main(arguments: list[str]) -> None:
    """Run one library on one stream."""
    out = own_output()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    adapter_path, stream, preload, seconds, trades_path, *distribution = arguments
    commands = read_stream(Path(stream))
    books = 1 + max(command[2] for command in commands)
    adapter = load_adapter(Path(adapter_path), books)
    result = run(adapter, commands, int(preload), float(seconds), out)
    result |= {"threads": thread_count(), "by_book": adapter.by_book}
    trades = array("q", [number for trade in adapter.trades() for number in trade])
    Path(trades_path).write_bytes(trades.tobytes())
    result["version"] = importlib.metadata.version(distribution[0]) if distribution else ""
    out.write(f"{json.dumps(result)}\n")
    out.flush()
    # Threads that a library started and never ends would keep the process.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
