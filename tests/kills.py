"""A process that trades under load and is killed, and what must be there then.

The commands of a seed are numbered, and the child sends them in this order, one by one or in
batches, with their numbers as ids; after each call it tells over a pipe up to which number it was
answered. The parent kills it, opens the directory itself and requires that every command answered
is there, none twice, and nothing else but a call that was not answered: the engine is the one that
has had the same commands in memory. Then it sends the last ones again: each is told its first
result.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from engine import COMMAND_DTYPE, CommandKind, Engine, Instrument, Side, TimeInForce

SYMBOLS = ("OIL", "GAS")
BEGINNING = 1 + len(SYMBOLS)
"""Entries of a journal in front of the first command."""
RESENT = 40
"""Commands that are sent again after each kill."""
WINDOW = 2_000
LONGEST_SECONDS = 0.06
"""From the first answer to the kill."""
COMMANDS = 40_000
"""Of one directory."""
MOST_AT_ONCE = 600
MARK_BYTES = 8


class Figures(NamedTuple):
    """What was seen of kills."""

    kills: int
    commands: int
    """That are in the journals."""
    unanswered: int
    """Of them, those whose call was not answered any more."""
    before_an_answer: int
    """Kills while the directory was opened, or the first call ran."""
    torn: int
    """Openings that cut a torn tail."""
    from_snapshots: int


def commands_of(seed: int, count: int = COMMANDS) -> np.ndarray:
    """Return the numbered commands of a seed: orders that rest and trade, and changes of them."""
    random = np.random.default_rng(seed)
    kinds = (CommandKind.SUBMIT, CommandKind.CANCEL, CommandKind.REPLACE, CommandKind.REDUCE)
    commands = np.zeros(count, COMMAND_DTYPE)
    commands["kind"] = random.choice(kinds, count, p=(0.7, 0.1, 0.1, 0.1))
    commands["command_id"] = np.arange(1, count + 1)
    commands["timestamp"] = np.arange(1, count + 1) * 1_000
    commands["instrument"] = random.integers(0, len(SYMBOLS), count)
    commands["side"] = random.choice((Side.BUY, Side.SELL), count)
    commands["price"] = random.integers(90, 110, count)
    commands["quantity"] = random.integers(1, 20, count)
    is_order = commands["kind"] == CommandKind.SUBMIT
    known = random.integers(1, np.maximum(np.arange(count) // 2, 2))
    commands["order_id"] = np.where(is_order, 0, known)
    is_cancel = commands["kind"] == CommandKind.CANCEL
    commands["price"][is_cancel | (commands["kind"] == CommandKind.REDUCE)] = 0
    commands["quantity"][is_cancel] = 0
    commands["time_in_force"][is_order & (random.random(count) < 0.3)] = TimeInForce.IOC
    return commands


def add_symbols(venue: Engine) -> None:
    """Add what is traded, where it is not there yet: a kill may have come between the two."""
    for symbol in SYMBOLS[len(venue.instruments) :]:
        # Some orders are refused for their price.
        venue.add_instrument(Instrument(symbol=symbol, tick_size=1, lot_size=1, max_price=107))


def trade(path: str, terms: dict[str, Any], seed: int, at: int, pipe: Any) -> None:
    """Be the child: send the commands from number `at` on, and tell of each answer."""
    random = Random(at)
    commands = commands_of(seed)
    venue = Engine.open(path, resend_window=WINDOW, **terms)
    add_symbols(venue)
    while at < len(commands):
        end = min(at + random.choice((1, 1, 1, 1, 7, 50, MOST_AT_ONCE)), len(commands))
        if end == at + 1 and commands["kind"][at] == CommandKind.SUBMIT:
            submit(venue, commands[at])
        else:
            venue.match(commands[at:end], detail=random.choice(("all", "trades")))
        os.write(pipe.fileno(), end.to_bytes(MARK_BYTES, "little"))
        at = end
    signal.pause()


def submit(venue: Engine, command: np.void) -> None:
    """Send an order through the friendly face."""
    venue.submit(
        SYMBOLS[command["instrument"]],
        side=Side(command["side"]),
        price=int(command["price"]),
        quantity=int(command["quantity"]),
        time_in_force=TimeInForce(command["time_in_force"]),
        command_id=int(command["command_id"]),
        timestamp=int(command["timestamp"]),
    )


def context() -> ForkServerContext:
    """Return what makes children quickly: forks of a process that has the engine loaded."""
    made = get_context("forkserver")
    made.set_forkserver_preload(["kills"])
    return made


def answered(make: ForkServerContext, random: Random, *arguments: Any) -> int:
    """Let a child trade and kill it; return the number of the last answer, 0 for none."""
    ours, theirs = make.Pipe(duplex=False)
    child = make.Process(target=trade, args=(*arguments, theirs))
    child.start()
    theirs.close()
    told = b""
    try:
        # In a sixth of the cases it is killed while it opens the directory, or has just begun.
        if random.random() < 5 / 6:
            told += os.read(ours.fileno(), 1 << 16)
        until = time.monotonic() + random.random() ** 2 * LONGEST_SECONDS
        while (left := until - time.monotonic()) > 0:
            if select.select([ours], [], [], left)[0]:
                told += os.read(ours.fileno(), 1 << 16)
        child.kill()
        while part := os.read(ours.fileno(), 1 << 16):
            told += part
    finally:
        child.kill()
        child.join()
        ours.close()
    assert child.exitcode == -signal.SIGKILL, f"the child ended by itself: {child.exitcode}"
    whole = len(told) // MARK_BYTES * MARK_BYTES
    return int.from_bytes(told[whole - MARK_BYTES : whole], "little") if whole else 0


class Watched:
    """A directory whose process is killed again and again, and its twin in memory."""

    def __init__(self, directory: Path, mode: str, seed: int) -> None:
        self.random = Random(f"kills {mode} {seed}")
        self.path = directory / f"{mode}-{seed}"
        self.mode = mode
        self.seed = seed
        self.commands = commands_of(seed)
        self.twin = Engine(resend_window=WINDOW)
        add_symbols(self.twin)
        self.at = 0
        """How many commands there are."""
        self.sequence = BEGINNING
        """The last entry of the journal: what was sent again is there too."""
        self.results: dict[int, bytes] = {}
        """What was said of the last commands, by their places."""

    @property
    def is_over(self) -> bool:
        """Whether all commands were sent."""
        return self.at == len(self.commands)

    def kill(self, make: ForkServerContext) -> Figures:
        """Let a child go on and be killed; require that nothing is lost, and nothing twice."""
        random = self.random
        terms = {
            "durability": self.mode,
            "snapshot_bytes": random.choice((20_000, 300_000, None)),
            "segment_bytes": random.choice((10_000, 200_000, 10**9)),
            "snapshots": random.choice((1, 2)),
        }
        before = self.at
        told = answered(make, random, str(self.path), terms, self.seed, self.at)
        with Engine.open(self.path, durability="async", resend_window=WINDOW) as venue:
            recovery = venue.recovery
            add_symbols(venue)
            there = before + venue.sequence - self.sequence
            last = max(told, before)
            assert last <= there <= last + MOST_AT_ONCE, (self.path, last, there)
            self._go_on(there)
            require_same(venue, self.twin)
            for place, result in self.results.items():
                again = venue.match(self.commands[place : place + 1])
                assert again.tobytes() == result, (self.path, place)
            require_same(venue, self.twin)
            self.sequence = venue.sequence
        return Figures(
            kills=1,
            commands=there - before,
            unanswered=there - last,
            before_an_answer=int(told == 0),
            torn=int(recovery.torn_bytes > 0),
            from_snapshots=int(recovery.snapshot != ""),
        )

    def _go_on(self, there: int) -> None:
        """Let the twin have the commands that the journal has, the last of them one by one."""
        last = max(self.at, there - RESENT)
        self.twin.match(self.commands[self.at : last], detail="trades")
        if there > last:
            self.results = {
                place: self.twin.match(self.commands[place : place + 1]).tobytes()
                for place in range(last, there)
            }
        self.at = there


def require_same(venue: Engine, twin: Engine) -> None:
    """Require that two engines are one."""
    assert venue._core.image_hash() == twin._core.image_hash()
    assert venue.state_hash() == twin.state_hash()
    assert venue.counters() == twin.counters()
    venue.check_invariants()


def kill_often(directory: Path, modes: Sequence[str], seed: int, kills: int) -> Iterator[Figures]:
    """Kill so many children in all, the modes in turn; yield what was seen of each."""
    make = context()
    watched: dict[str, Watched] = {}
    for number in range(kills):
        mode = modes[number % len(modes)]
        if mode not in watched or watched[mode].is_over:
            watched[mode] = Watched(directory, mode, seed + number)
        yield watched[mode].kill(make)
