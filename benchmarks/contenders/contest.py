"""One run of one contender: a process of its own, watched, killed when it takes too long, checked.

A contender that gives a wrong answer has no time: the outcome says what was wrong first.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
from roster import Contender, Tells
from stream import COLUMNS, Answer, Stream

__all__ = ["GRACE", "Kind", "Limits", "Outcome", "best_of", "difference", "run_once"]

WORKER: Final = Path(__file__).parent / "apart" / "worker.py"
UNKNOWN: Final = -1
GRACE: Final = 30.0
"""Seconds beyond its own that a process gets to start, read the stream and hand over its trades."""
WORDS: Final = ("maker", "taker", "price", "quantity")

Heard = Callable[[int], Any]
"""Told how many commands a process has applied."""


class Kind(StrEnum):
    """What came of a run."""

    RIGHT = "right"
    SLOW = "right, as far as it came"
    WRONG = "wrong"
    HUNG = "did not answer"
    FAILED = "failed"
    MISSING = "could not be installed"


@dataclass(frozen=True)
class Limits:
    """How much processor time a process takes, and how long it may be silent.

    It stops by itself after `seconds` of processor time. While it gets on it says so; when nothing
    was heard of it for `seconds` and `grace`, it is killed.
    """

    seconds: float
    grace: float = GRACE


@dataclass(frozen=True)
class Outcome:
    """What came of one run.

    Attributes
    ----------
    kind : Kind
        Only those of kind RIGHT and SLOW have times that count.
    applied : int
        Commands after the preload; negative when not even the preload was through.
    cpu_ns, wall_ns : int
        Time of those, all threads together and by the clock on the wall.
    trades : int
        That were compared.
    why : str
        What was wrong, or the last line that the process said.
    threads : int
        Of the process at the end.
    version : str
        That the installed distribution says it has.
    """

    kind: Kind
    applied: int = 0
    cpu_ns: int = 0
    wall_ns: int = 0
    trades: int = 0
    why: str = ""
    threads: int = 1
    version: str = ""

    @property
    def is_timed(self) -> bool:
        """Whether there is a time to show."""
        return self.kind in (Kind.RIGHT, Kind.SLOW) and self.applied > 0

    @property
    def ns(self) -> float:
        """Processor time a command."""
        return self.cpu_ns / self.applied

    @property
    def wall(self) -> float:
        """Time on the wall a command, nanoseconds."""
        return self.wall_ns / self.applied


def run_once(
    contender: Contender, python: Path, stream: Stream, limits: Limits, heard: Heard
) -> Outcome:
    """Run a contender on a stream in a process of its own, and check what it says."""
    with tempfile.TemporaryDirectory() as directory:
        trades, errors = Path(directory) / "trades", Path(directory) / "errors"
        command = [str(python), str(WORKER), str(contender.adapter), str(stream.path)]
        command += [str(stream.preload), str(limits.seconds), str(trades)]
        command += [contender.distribution] if contender.distribution else []
        environment = os.environ | {"PYTHONPATH": _path(contender)}
        with (
            errors.open("wb") as sink,
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=sink,
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            ) as process,
        ):
            said, in_time = _listen(process, limits.seconds + limits.grace, heard)
            _kill(process)
        if not in_time:
            return _hung(stream, said, limits)
        if "cpu_ns" not in said:
            return Outcome(Kind.FAILED, _after(stream, said), why=_last_line(errors))
        return _checked(contender, stream, said, trades, limits)


def best_of(outcomes: list[Outcome]) -> Outcome:
    """Return the fastest of several runs if all went well, otherwise the first that did not."""
    return next(
        (outcome for outcome in outcomes if not outcome.is_timed),
        min(outcomes, key=lambda outcome: outcome.ns if outcome.is_timed else 0.0),
    )


def difference(found: Answer, expected: Answer, tells: Tells) -> str:
    """Say where trades differ first; empty when they do not.

    Ids that a library does not tell are not compared. One that tells only what was traded at each
    price is compared with that.
    """
    expected = _levels(expected) if tells is Tells.LEVELS else expected
    length = min(len(found), len(expected))
    same = (found[:length] == expected[:length]) | (found[:length] == UNKNOWN)
    if not same.all():
        at = int(np.argmin(same.all(axis=1)))
        return f"trade {at:,} was {_words(found[at])}, must be {_words(expected[at])}"
    if len(found) != len(expected):
        return f"{len(found):,} trades, must be {len(expected):,}"
    return ""


def _levels(trades: Answer) -> Answer:
    """Return one row for each taker and price, with the quantity of all its trades there."""
    if not len(trades):
        return trades
    starts = np.flatnonzero(
        np.r_[True, np.any(trades[1:, 1:3] != trades[:-1, 1:3], axis=1)]  # taker, price
    )
    rows = trades[starts].copy()
    rows[:, 3] = np.add.reduceat(trades[:, 3], starts)
    return rows


def _words(row: Answer) -> str:
    named = zip(WORDS, row.tolist(), strict=True)
    return ", ".join(f"{word} {value:,}" for word, value in named if value != UNKNOWN)


def _path(contender: Contender) -> str:
    """Return where Python may look: ours need this tree's package, the others must not see it."""
    return "" if contender.requirement else os.environ.get("PYTHONPATH", "")


def _listen(
    process: subprocess.Popen[bytes], seconds: float, heard: Heard
) -> tuple[dict[str, Any], bool]:
    """Read what a process says until it ends or is silent for too long.

    Returns
    -------
    dict, bool
        The last that it said, and whether it ended.
    """
    assert process.stdout is not None
    pipe, said, pending = process.stdout.fileno(), {"applied": 0}, b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if not selector.select(seconds):
                return said, False
            some = os.read(pipe, 65_536)
            if not some:
                return said, True
            *lines, pending = (pending + some).split(b"\n")
            if lines:
                said = json.loads(lines[-1])
                heard(said["applied"])


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started; it has a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _after(stream: Stream, said: dict[str, Any]) -> int:
    return int(said["applied"]) - stream.preload


def _hung(stream: Stream, said: dict[str, Any], limits: Limits) -> Outcome:
    done = f"{said['applied']:,} of {stream.preload + stream.commands:,} done"
    why = f"killed after {limits.seconds + limits.grace:.0f} s of silence, {done}"
    return Outcome(Kind.HUNG, _after(stream, said), why=why)


def _checked(
    contender: Contender, stream: Stream, said: dict[str, Any], path: Path, limits: Limits
) -> Outcome:
    found = np.fromfile(path, dtype=np.int64).reshape(-1, COLUMNS)
    expected = stream.answer(said["applied"], said["by_book"])
    wrong = difference(found, expected, contender.tells)
    applied = _after(stream, said)
    kind, why = (Kind.WRONG, wrong) if wrong else (Kind.RIGHT, "")
    if not wrong and applied < stream.commands:
        kind = Kind.SLOW
        total = stream.preload + stream.commands
        why = f"{said['applied']:,} of {total:,} in {limits.seconds:.0f} s"
    return Outcome(
        kind,
        applied,
        said["cpu_ns"],
        said["wall_ns"],
        len(found),
        why,
        said["threads"],
        said["version"],
    )


def _last_line(path: Path) -> str:
    lines = [line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it ended without a word"
