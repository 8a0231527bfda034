"""The command line: ``python -m engine``.

Exit codes are 0 for success, 1 for bad input or a journal that is not clean, 2 for wrong usage, 3
for a budget that was missed, and 130 when interrupted. Results go to standard output, progress and
errors to standard error.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine._bench_options import add_bench
from engine._capacity_command import add_capacity, run_capacity
from engine._console import print_lines, progress_bar, require_console, show_summary
from engine._journal_command import add_journal, run_journal
from engine._option_numbers import whole_number
from engine._replay import (
    BATCH,
    LATENCY_BATCHES,
    ROUNDS,
    Measurement,
    measure,
    passes,
    percentiles_ns,
    sha256,
)
from engine._show_day import DayOptions, show_days
from engine._versions import show_versions
from engine.errors import EngineError, StreamError
from engine.ladder import text_ladder
from engine.streams import read_commands, write_trades
from engine.workloads.day import COMMANDS, COMMANDS_MIN, SEED

__all__ = ["main"]

PROGRAM: Final = "python -m engine"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        Without the program's name; None takes those of the process.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    SystemExit
        With code 2, for arguments that make no sense.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    engine            ...
    0
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if sys.stdout is None:  # how Python starts when it was closed
        sys.stderr.write(f"{PROGRAM}: standard output: is closed\n")
        return 1
    code = 0
    try:
        if options.version:
            show_versions()
        elif options.command == "replay":
            _replay(options)
        elif options.command == "day":
            _day(options, parser)
        elif options.command == "capacity":
            run_capacity(options)
        elif options.command == "journal":
            code = run_journal(options)
        elif options.command == "bench":
            code = _bench(options)
        else:
            parser.error("COMMAND was missing, must be replay, day, bench, capacity or journal")
        sys.stdout.flush()
    except EngineError as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n")
        return 1
    except BrokenPipeError:
        _drop_output()  # whoever read it has gone
    except OSError as error:
        if error.filename is None:
            _drop_output()
        place = error.filename or "standard output: cannot be written"
        sys.stderr.write(f"{PROGRAM}: {place}: {error.strerror or error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"{PROGRAM}: interrupted\n")
        return 130
    return code


def _bench(options: argparse.Namespace) -> int:
    """Load what measures, which takes as long as all the rest, only when it is asked for."""
    from engine._bench_command import run_bench_command

    return run_bench_command(options)


def _drop_output() -> None:
    """Let what is not written yet go nowhere: Python flushes once more at exit."""
    with suppress(io.UnsupportedOperation):  # a stand-in for standard output, which has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="An exchange core for Python.")
    parser.add_argument("--version", action="store_true", help="print versions and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    replay = commands.add_parser(
        "replay",
        help="replay command streams and measure",
        description="Replay command streams (.bin, also gzip or zstd), an engine of its own for"
        " each, and print trades, rejects, top of book, speed and latency.",
    )
    replay.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a command stream")
    replay.add_argument(
        "--trades",
        metavar="OUT",
        type=Path,
        help="write the trades as 32-byte records, those of all files one after the other",
    )
    day = commands.add_parser(
        "day",
        help="send a market day through the engine and draw it",
        description="Send a market day through the engine: print a summary and the book at the"
        " end, draw day.png. Without FILE it is the real day in ../shared/data when that is"
        " there, else one made from a seed.",
    )
    day.add_argument("files", metavar="FILE", nargs="*", type=Path, help="a command stream")
    day.add_argument(
        "--seed",
        metavar="N",
        type=_at_least(0),
        help=f"make a day from this seed (default {SEED})",
    )
    day.add_argument(
        "--commands",
        metavar="N",
        type=_at_least(COMMANDS_MIN),
        help=f"make a day of this many commands (default {COMMANDS:,})",
    )
    day.add_argument(
        "--out", metavar="DIR", type=Path, default=Path(), help="where day.png goes (default here)"
    )
    for command in (replay, day):
        command.add_argument("--json", action="store_true", help="print one line of JSON instead")
        command.add_argument(
            "--rounds",
            metavar="N",
            type=_at_least(1),
            default=ROUNDS,
            help=f"how often speed is measured, the best counts (default {ROUNDS})",
        )
    add_bench(commands)
    add_capacity(commands)
    add_journal(commands)
    return parser


def _at_least(smallest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = whole_number(text)
        if value < smallest:
            raise argparse.ArgumentTypeError(f"was {value}, must be at least {smallest}")
        return value

    return number


def _replay(options: argparse.Namespace) -> None:
    if not options.json:
        require_console()
    if options.trades is not None:
        _require_place(options.trades, options.files)
    names, results = [], []
    for path in options.files:
        name = str(path)
        with progress_bar(f"reading {path.name}", None):
            commands = read_commands(path)
        with progress_bar(f"replaying {path.name}", passes(options.rounds) * len(commands)) as done:
            result = measure(commands, done, options.rounds, name)
        names.append(name)
        results.append(result)
        if not options.json:
            show_summary(name, result, options.rounds)
    if options.trades is not None:
        write_trades(options.trades, np.concatenate([result.trades for result in results]))
    if options.json:
        _print_json(_summary(names, results, options.rounds))


def _day(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if options.files and (options.seed is not None or options.commands is not None):
        parser.error("--seed and --commands make a day: they do not go with FILE")
    if not options.json:
        require_console()
    wanted = DayOptions(options.files, options.seed, options.commands, options.out, options.rounds)
    names, results, pictures = [], [], []
    for day in show_days(wanted):
        names.append(day.stream.name)
        results.append(day.result)
        pictures.append(str(day.picture))
        if not options.json:
            show_summary(day.stream.name, day.result, options.rounds, day.stream.listings)
            print_lines(text_ladder(day.book.final, day.listing), "", f"drawn: {day.picture}")
    if options.json:
        _print_json(_summary(names, results, options.rounds) | {"pictures": pictures})


def _require_place(out: Path, files: Sequence[Path]) -> None:
    """Refuse a place for trades before the work is done, not after."""
    if not out.parent.is_dir():
        raise StreamError(f"{out}: cannot be written: {out.parent} is not a directory")
    if out.is_dir():
        raise StreamError(f"{out}: is a directory")
    if out.exists() and any(path.exists() and out.samefile(path) for path in files):
        raise StreamError(f"{out}: is one of the streams to be read")


def _summary(names: list[str], results: list[Measurement], rounds: int) -> dict[str, Any]:
    """Return the figures of all files together, and of each.

    The hash is of the 32-byte trade records of all files, one file after the other.
    """
    commands = sum(result.commands for result in results)
    rejects: Counter[str] = Counter()
    for result in results:
        rejects.update(result.rejects)
    return {
        "commands": commands,
        "reports": sum(result.reports for result in results),
        "trades": sum(len(result.trades) for result in results),
        "rejects": dict(rejects.most_common()),
        "ns_per_command": _rounded(sum(result.ns_total for result in results), commands),
        "trades_sha256": sha256(np.concatenate([result.trades for result in results])),
        "batch": BATCH,
        "rounds": rounds,
        "latency_ns": _latency(results),
        "files": [
            {
                "file": name,
                "commands": result.commands,
                "reports": result.reports,
                "trades": len(result.trades),
                "rejects": result.rejects,
                "ns_per_command": _rounded(result.ns_total, result.commands),
                "trades_sha256": sha256(result.trades),
                "latency_ns": _latency([result]),
                "top_of_book": [top._asdict() for top in result.tops],
            }
            for name, result in zip(names, results, strict=True)
        ],
    }


def _latency(results: list[Measurement]) -> dict[str, dict[str, int]]:
    """Return percentiles of the time of one call of `match`, by commands a call."""
    return {
        f"batch_{batch}": percentiles_ns(
            np.concatenate([result.latency_ns[batch] for result in results])
        )
        for batch in LATENCY_BATCHES
    }


def _rounded(ns_total: int, commands: int) -> float:
    return round(ns_total / commands, 2)


def _print_json(summary: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(summary) + "\n")
