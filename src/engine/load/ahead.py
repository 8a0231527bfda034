"""Draws the order flow ahead of the run, so that drawing makes no command late.

A short run's flow is drawn before it begins. That of a long run is drawn in a process beside it,
which is never more than a pipe ahead, so that memory stays bounded.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

import numpy as np

from engine._schema import COMMAND_DTYPE
from engine.errors import LoadError
from engine.load.flow import Chunk, order_flow
from engine.load.scenario import Scenario

__all__ = ["PREPARED_MAX", "command_count", "flow_ahead", "flow_beside", "send_flow"]

PREPARED_MAX: Final = 2**20
"""So many commands are drawn before the run, 136 bytes each; more, and a process does it beside."""
COMMANDS_PER_ORDER: Final = 1.2
"""About: an order, the cancels of some, and what is told beside."""
PIECE: Final = 1_024
PIPE_BYTES: Final = 2**20
PATIENCE_S: Final = 10.0
PROGRAM: Final = "from engine.load.ahead import send_flow; send_flow()"


def command_count(scenario: Scenario) -> int:
    """Return about how many commands a scenario has: orders, quotes, and cancels of both."""
    return round(scenario.orders * (COMMANDS_PER_ORDER + 2 * scenario.quotes))


@contextmanager
def flow_ahead(scenario: Scenario, *, is_real: bool) -> Iterator[Iterator[Chunk]]:
    """Give the chunks of a scenario's flow; the first one is drawn already.

    Parameters
    ----------
    scenario
        Whose flow.
    is_real
        Whether time goes on while it is drawn.
    """
    if not is_real:
        flow = order_flow(scenario)
        yield itertools.chain([next(flow)], flow)
    elif command_count(scenario) <= PREPARED_MAX:
        yield iter(list(order_flow(scenario)))
    else:
        with flow_beside(scenario) as chunks:
            yield itertools.chain([next(chunks)], chunks)


@contextmanager
def flow_beside(scenario: Scenario) -> Iterator[Iterator[Chunk]]:
    """Give the chunks of a scenario's flow, cut small, as a process beside draws them."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        _widen(process.stdout)
        with process.stdin as told:
            told.write(scenario.to_toml().encode())
        yield _chunks_of(process.stdout)
    finally:
        process.stdout.close()
        process.terminate()
        process.wait(PATIENCE_S)


def send_flow() -> None:
    """Read a scenario as TOML from standard input and write its flow to standard output."""
    scenario = Scenario.from_toml(sys.stdin.read())
    with contextlib.suppress(BrokenPipeError), io.FileIO(sys.stdout.fileno(), "w") as out:
        for chunk in order_flow(scenario):
            for first in range(0, len(chunk.commands), PIECE):
                commands = chunk.commands[first : first + PIECE]
                _write(out, np.int64(len(commands)).tobytes())
                _write(out, commands.tobytes() + chunk.due_ns[first : first + PIECE].tobytes())
        _write(out, np.int64(0).tobytes())


def _chunks_of(source: IO[bytes]) -> Iterator[Chunk]:
    size = np.zeros(1, dtype=np.int64)
    while True:
        _read_into(source, size.view(np.uint8).data)
        if not size[0]:
            return
        commands = np.empty(int(size[0]), dtype=COMMAND_DTYPE)
        due = np.empty(int(size[0]), dtype=np.int64)
        _read_into(source, commands.view(np.uint8).data)
        _read_into(source, due.view(np.uint8).data)
        yield Chunk(commands, due)


def _read_into(source: IO[bytes], room: memoryview) -> None:
    while len(room):
        count = source.readinto(room)  # type: ignore[attr-defined]
        if not count:
            raise LoadError("the process that draws the order flow ended before the flow did")
        room = room[count:]


def _write(out: io.FileIO, data: bytes) -> None:
    room = memoryview(data)
    while len(room):
        room = room[out.write(room) :]


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold more, where the system can."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
