"""The comparison that runs for hours: seeded streams in one pass, as fast as they can be drawn.

    python long_compare.py --seeds FROM:TO --length N [--minutes M] [--out DIR]

draws the stream of each seed with the reference as guide and sends the same commands through the
compiled core. It compares the reports of every command, and after every 64 commands the state,
every queue, what waits, all details and the markets. Even seeds go in batches, of which some return
trades only, odd seeds call by call. Exit status 0: they agree. 1: they differ; what is printed says
where, and the shortest stream that shows it is kept in DIR.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
from compare import (
    Comparison,
    Difference,
    DisagreementError,
    ask,
    call,
    market,
    queues,
    require_same,
    state,
)
from kept import keep
from shrink import shrink_difference
from streams import Draw, Stream, command_array, random_stream

import engine.reference
from engine import REPORT_DTYPE, CommandKind, ExecType, OrderType, RejectReason, TimeInForce
from engine._console import print_lines, progress_bar
from engine._core import Core
from engine.records import trades_of

FOUND = 1
CHUNK = 64
TRADES_ONLY_EVERY = 8
TOLD_EVERY = 100_000


class Chunk(NamedTuple):
    """Commands, and what the specification said of them."""

    commands: np.ndarray
    reports: np.ndarray


class Tally:
    """What was compared, and what was met in it."""

    def __init__(self) -> None:
        self.seeds = 0
        self.commands = 0
        self.reports = 0
        kinds = (CommandKind, OrderType, TimeInForce, ExecType, RejectReason)
        self._met: dict[type[IntEnum], np.ndarray] = {
            kind: np.zeros(256, np.int64) for kind in kinds
        }

    def count(self, chunk: Chunk) -> None:
        """Count the kinds of commands, what was submitted, the events and the reasons."""
        commands, reports = chunk
        self.commands += len(commands)
        self.reports += len(reports)
        orders = commands[commands["kind"] == CommandKind.SUBMIT]
        for kind, values in (
            (CommandKind, commands["kind"]),
            (OrderType, orders["order_type"]),
            (TimeInForce, orders["time_in_force"]),
            (ExecType, reports["exec_type"]),
            (RejectReason, reports["reject_reason"]),
        ):
            self._met[kind] += np.bincount(values, minlength=256)

    def lines(self) -> Iterator[str]:
        """Yield for each enumeration its members, with how often each was met."""
        for kind, counts in self._met.items():
            members = ", ".join(f"{member.name} {counts[member]:,}" for member in kind)
            yield f"{kind.__name__}: {members}"


def main(arguments: Sequence[str] | None = None, make_tested: Callable[..., Any] = Core) -> int:
    """Compare seed after seed, until something differs or the time is over."""
    options = _parser().parse_args(arguments)
    first, end = options.seeds
    tally = Tally()
    begin = monotonic()
    with progress_bar("comparing", (end - first) * options.length) as done:
        for seed in range(first, end):
            if options.minutes is not None and monotonic() - begin > 60 * options.minutes:
                break
            found = compare_seed(seed, options.length, make_tested, tally)
            if found is not None:
                _show_difference(seed, found, options, make_tested)
                return FOUND
            tally.seeds += 1
            done(options.length)
            if tally.commands // TOLD_EVERY > (tally.commands - options.length) // TOLD_EVERY:
                print_lines(_summary(first, tally, begin))
                sys.stdout.flush()
    print_lines(_summary(first, tally, begin), *tally.lines())
    return 0


def compare_seed(
    seed: int, length: int, make_tested: Callable[..., Any], tally: Tally
) -> Difference | None:
    """Return the first difference on the stream of a seed, which is drawn on the way."""
    draw = Draw(seed)
    setting = draw.stream(command_array())
    comparison = Comparison(setting.new_core(make_tested), draw.guide, setting)
    try:
        return _first_difference(_drawn(draw, length), comparison, seed, tally)
    except Exception as error:
        error.add_note(f"seed {seed}, after {draw.drawn} commands")
        raise


def compare_stream(stream: Stream, seed: int, make_tested: Callable[..., Any]) -> Difference | None:
    """Return the first difference on a stream, compared as that of the seed is."""
    guide = stream.new_core(engine.reference.Core)
    comparison = Comparison(stream.new_core(make_tested), guide, stream)
    return _first_difference(_given(stream, guide), comparison, seed, Tally())


def _drawn(draw: Draw, length: int) -> Iterator[Chunk]:
    for start in range(0, length, CHUNK):
        commands = draw.commands(min(CHUNK, length - start))
        yield Chunk(commands, draw.reports())


def _given(stream: Stream, guide: engine.reference.Core) -> Iterator[Chunk]:
    for start in range(0, len(stream.commands), CHUNK):
        commands = stream.commands[start : start + CHUNK]
        yield Chunk(commands, guide.match(commands))


def _first_difference(
    chunks: Iterator[Chunk], comparison: Comparison, seed: int, tally: Tally
) -> Difference | None:
    """Compare chunks, which the specification has carried out when they come."""
    send = _one_by_one if seed % 2 else _at_once
    try:
        for number, chunk in enumerate(chunks):
            tally.count(chunk)
            comparison.place = number * CHUNK + len(chunk.commands) - 1
            send(comparison.tested, chunk, number)
            ask(_check, comparison.tested)
            comparison.compare(state)
            for instrument in comparison.instruments:
                comparison.compare(queues, instrument)
                comparison.compare(market, instrument)
        comparison.compare_questions()
    except DisagreementError as disagreement:
        what, tested, specified = disagreement.args
        way = send.__name__.strip("_")
        return Difference(comparison.place, f"{way}, {what}", tested, specified)
    return None


def _one_by_one(tested: Any, chunk: Chunk, _number: int) -> None:
    """Send the commands by the verbs of their kinds."""
    reports = b"".join(ask(_called, tested, command) for command in chunk.commands)
    require_same("reports", np.frombuffer(reports, REPORT_DTYPE), chunk.reports)


def _at_once(tested: Any, chunk: Chunk, number: int) -> None:
    """Send the commands as a batch, which now and then returns trades only."""
    if number % TRADES_ONLY_EVERY == TRADES_ONLY_EVERY - 1:
        trades = ask(_trades, tested, chunk.commands)
        require_same("trades", trades, trades_of(chunk.reports))
    else:
        require_same("reports", ask(_reports, tested, chunk.commands), chunk.reports)


def _check(core: Any) -> None:
    core.check_invariants()


def _called(core: Any, command: np.void) -> bytes:
    """Return the reports of one command, by its verb if one can express it."""
    report = call(core, command)
    return (core.match(command.reshape(1)) if report is None else report.reports).tobytes()


def _reports(core: Any, commands: np.ndarray) -> np.ndarray:
    return core.match(commands)


def _trades(core: Any, commands: np.ndarray) -> np.ndarray:
    return core.match(commands, detail="trades")


def _show_difference(
    seed: int, found: Difference, options: argparse.Namespace, make_tested: Callable[..., Any]
) -> None:
    """Print a difference, and keep the shortest stream that shows it."""
    print_lines(f"seed {seed}: {found}")
    stream = random_stream(seed, options.length)
    shrunk = shrink_difference(stream, lambda shorter: compare_stream(shorter, seed, make_tested))
    path = keep(shrunk, options.out / f"seed-{seed}.json", f"seed {seed}: {found}")
    still = compare_stream(shrunk, seed, make_tested)
    print_lines(f"{len(shrunk.commands)} commands kept in {path}: {still}")


def _summary(first: int, tally: Tally, begin: float) -> str:
    seconds = max(monotonic() - begin, 1e-9)
    seeds = f"{tally.seeds:,} seeds from {first}" if tally.seeds else "no seed"
    counts = f"{tally.commands:,} commands, {tally.reports:,} reports"
    return f"no difference: {counts}, {seeds}, {tally.commands / seconds:,.0f} commands a second"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="long_compare.py", description="Compare the core with the reference for hours."
    )
    parser.add_argument(
        "--seeds",
        metavar="FROM:TO",
        type=_seeds,
        required=True,
        help="the first, and one past the last",
    )
    parser.add_argument(
        "--length",
        metavar="N",
        type=_positive,
        default=2_000,
        help="commands a seed (default 2,000)",
    )
    parser.add_argument("--minutes", metavar="M", type=float, help="begin no seed after this long")
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path(),
        help="where a stream is kept (default here)",
    )
    return parser


def _seeds(text: str) -> tuple[int, int]:
    first, colon, end = text.partition(":")
    if not colon or not first.isdecimal() or not end.isdecimal() or int(first) >= int(end):
        raise argparse.ArgumentTypeError(f"was {text!r}, must be FROM:TO with FROM below TO")
    return int(first), int(end)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"was {text!r}, must be a whole number above 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
