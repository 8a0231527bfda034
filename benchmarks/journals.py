"""Durable engines to be timed, and what the device under them can do by itself."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from passes import room
from scale import BATCH
from tapes import Tape

from engine import Engine, Instrument
from engine.records import RecordArray

__all__ = ["CALL", "device_bytes_a_second", "device_syncs_a_second", "durable", "in_memory", "ran"]

CALL: Final = 64 * BATCH
"""Commands a call: what a gateway has gathered, or a replay reads."""
WRITTEN: Final = 256 * 2**20
WRITE: Final = 2**20


def instruments(tape: Tape) -> list[Instrument]:
    """Return the instruments of a tape, in which every replace loses its place."""
    return [
        Instrument(symbol=f"S{number}", tick_size=1, lot_size=1, replace_priority="always_lose")
        for number in range(tape.books)
    ]


def in_memory(tape: Tape, **terms: Any) -> Engine:
    """Return an engine in memory with the preload of a tape in it."""
    venue = Engine(**terms)
    return _prepared(venue, tape)


@contextmanager
def durable(path: Path, tape: Tape, **terms: Any) -> Iterator[Engine]:
    """Give a durable engine with the preload of a tape in it, all of it on the device."""
    with Engine.open(path, **terms) as venue:
        _prepared(venue, tape)
        venue.sync()
        yield venue


def _prepared(venue: Engine, tape: Tape) -> Engine:
    for instrument in instruments(tape):
        venue.add_instrument(instrument)
    preload = tape.commands[: tape.preload]
    for start in range(0, len(preload), CALL):
        venue.match(preload[start : start + CALL])
    return venue


def ran(venue: Engine, commands: RecordArray) -> float:
    """Apply commands and return the wall time in seconds, with all reports written."""
    out = room(CALL)
    before = time.perf_counter()
    for start in range(0, len(commands), CALL):
        venue.match(commands[start : start + CALL], out=out)
    return time.perf_counter() - before


def device_bytes_a_second(directory: Path) -> float:
    """Return what one file takes that is written from front to end and then synced."""
    block = np.random.default_rng(1).bytes(WRITE)
    path = directory / "device"
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    try:
        before = time.perf_counter()
        for _ in range(WRITTEN // WRITE):
            os.write(file, block)
        os.fdatasync(file)
        return WRITTEN / (time.perf_counter() - before)
    finally:
        os.close(file)
        path.unlink()


def device_syncs_a_second(directory: Path, bytes_each: int, count: int) -> float:
    """Return how often so few bytes can be appended to a file and synced."""
    path = directory / "device"
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    try:
        before = time.perf_counter()
        for _ in range(count):
            os.write(file, bytes(bytes_each))
            os.fdatasync(file)
        return count / (time.perf_counter() - before)
    finally:
        os.close(file)
        path.unlink()
