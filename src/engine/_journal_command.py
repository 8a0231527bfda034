"""``python -m engine journal``: what the directory of a durable engine holds, and what is wrong."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from engine import _journal
from engine._console import print_lines, progress_bar, require_console, show_table
from engine._engine import Engine
from engine._journal_check import JournalCheck, check_journal, require_journal, size_of
from engine._journal_dump import entries_of, entry_text
from engine._journal_repair import Repair, plan_repair, repair_journal
from engine._option_numbers import whole_number
from engine._restoring import JournalDirectory, Restoring, begin_restoring
from engine.errors import JournalError

__all__ = ["add_journal", "run_journal"]

TOPS: Final = 5
"""Instruments of which a replay shows the best prices: those that traded most."""


def add_journal(commands: Any) -> None:
    """Add the command to the subparsers of a parser."""
    parser = commands.add_parser(
        "journal",
        help="look at the journal of a durable engine, and repair it",
        description="Look at the directory of a durable engine (Engine.open), which may be open"
        " elsewhere, and repair it.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser(
        "verify",
        help="read every file and say what is wrong",
        description="Read every segment and every snapshot, and say what is wrong. The exit code is"
        " 0 where all is clean, else 1.",
    )
    dump = actions.add_parser(
        "dump",
        help="print entries",
        description="Print entries, a line each: commands with the fields that are not 0, notes.",
    )
    dump.add_argument(
        "--from",
        dest="first",
        metavar="N",
        type=_number,
        help="begin at this entry, not the oldest",
    )
    dump.add_argument("--count", metavar="N", type=_number, help="print so many, not all")
    repair = actions.add_parser(
        "repair",
        help="cut off what is damaged",
        description="Say what has to go so that the engine opens again: what is behind the damage,"
        " unless a snapshot has it. It is done only with --yes; files are put aside as NAME.aside,"
        " the one that is damaged is cut.",
    )
    repair.add_argument("--yes", action="store_true", help="do it")
    replay = actions.add_parser(
        "replay",
        help="make the engine again, and show it",
        description="Make the engine again of the newest snapshot and the entries behind it, in"
        " memory, and show it. Nothing is written.",
    )
    replay.add_argument("--until", metavar="N", type=_number, help="stop behind this entry")
    replay.add_argument(
        "--from-start", action="store_true", help="begin at the first entry, not at a snapshot"
    )
    for action in (verify, dump, repair, replay):
        action.add_argument("directory", metavar="DIR", type=Path, help="of Engine.open")
        each = "each entry" if action is dump else "it"
        action.add_argument("--json", action="store_true", help=f"print {each} as a line of JSON")


def run_journal(options: argparse.Namespace) -> int:
    """Carry out the command and return the exit code."""
    if not options.json and options.action in ("verify", "replay"):
        require_console()
    actions = {"verify": _verify, "dump": _dump, "repair": _repair, "replay": _replay}
    return actions[options.action](options)


def _number(text: str) -> int:
    value = whole_number(text)
    if not 1 <= value < 2**64:
        raise argparse.ArgumentTypeError(f"was {value}, must be at least 1 and below 2^64")
    return value


# -- verify


def _verify(options: argparse.Namespace) -> int:
    check = _check(options.directory)
    if options.json:
        _print_json(_check_dict(check))
    else:
        _show_check(check)
    return 0 if check.finding == "clean" else 1


def _check(path: Path) -> JournalCheck:
    with progress_bar(f"reading {path}", size_of(path)) as done:
        return check_journal(path, done)


def _check_dict(check: JournalCheck) -> dict[str, Any]:
    return {
        "directory": str(check.path),
        "finding": check.finding,
        "opens": check.opens,
        "sequence": check.position.sequence,
        "epoch": check.position.epoch,
        "is_closed": check.end.is_closed,
        "problems": check.problems,
        "files": [
            {
                "file": each.file.name,
                "kind": each.kind,
                "sequence": each.file.sequence,
                "epoch": each.file.epoch,
                "entries": each.entries,
                "bytes": each.bytes,
                "state": each.state,
                "offset": each.offset,
                "what": each.what,
            }
            for each in check.files
        ],
    }


def _show_check(check: JournalCheck) -> None:
    rows = [
        (
            each.file.name,
            f"{each.file.sequence:,}",
            "" if each.entries is None else f"{each.entries:,}",
            f"{each.bytes:,}",
            str(each.file.epoch),
            each.state,
        )
        for each in check.files
    ]
    show_table((str(check.path), "entry", "entries", "bytes", "epoch", "state"), rows)
    position = check.position
    closed = "closed" if check.end.is_closed else "not closed: open elsewhere, or its process ended"
    print_lines(
        f"last entry: {position.sequence:,}, epoch {position.epoch}, {closed}",
        f"found: {check.finding}",
        *check.problems,
    )
    if not check.opens:
        print_lines("Engine.open refuses it; see: python -m engine journal repair")
    elif check.finding != "clean":
        print_lines("Engine.open goes on from it as it is")


# -- dump


def _dump(options: argparse.Namespace) -> int:
    first = options.first
    if first is None:
        segments = _journal.segments(options.directory)
        first = max(segments[0].sequence, 1) if segments else 1
    reading = _journal.read(options.directory, after=first - 1)
    for entry in itertools.islice(entries_of(reading), options.count):
        print_lines(json.dumps(entry) if options.json else entry_text(entry))
    end = reading.end
    if end is not None and end.finding == "torn":
        sys.stderr.write(f"{options.directory / end.file}, offset {end.offset}: torn, {end.what}\n")
    return 0


# -- repair


def _repair(options: argparse.Namespace) -> int:
    path = options.directory
    repair = plan_repair(_check(path))
    if options.yes and repair is not None:
        with progress_bar(f"reading {path}", size_of(path)) as done:
            repair = repair_journal(path, done)
    is_done = options.yes and repair is not None
    if options.json:
        _print_json(_repair_dict(repair, is_done) | {"directory": str(path)})
    elif repair is None:
        print_lines("clean: nothing is to be repaired")
    else:
        print_lines(*_repair_lines(repair, is_done))
    return 0 if repair is None or is_done else 1


def _repair_dict(repair: Repair | None, is_done: bool) -> dict[str, Any]:
    if repair is None:
        return {"is_needed": False, "is_done": False}
    return {
        "is_needed": True,
        "is_done": is_done,
        "file": "" if repair.cut is None else repair.cut.file,
        "offset": 0 if repair.cut is None else repair.cut.offset,
        "what": "" if repair.cut is None else repair.cut.what,
        "sequence": repair.position.sequence,
        "snapshot": "" if repair.base is None else repair.base.file.name,
        "entries_lost": repair.lost,
        "is_more_possible": not repair.is_last_known,
        "bytes_lost": repair.lost_bytes,
        "aside": repair.aside,
    }


def _repair_lines(repair: Repair, is_done: bool) -> list[str]:
    lines = []
    if repair.cut is not None:
        cut = repair.cut
        lines.append(f"{cut.file}, offset {cut.offset}: {cut.what}")
        lines.append(f"cut there: {cut.cut_bytes:,} bytes")
    if repair.base is not None:
        lines.append(f"gone on from {repair.base.file.name}, which has what is in front of it")
    lines += [f"put aside: {name}" for name in repair.aside]
    what = f"{repair.lost:,}" if repair.is_last_known else f"{repair.lost:,} or more"
    lines.append(f"last entry then: {repair.position.sequence:,}")
    lines.append(f"entries lost: {what}, in {repair.lost_bytes:,} bytes")
    lines.append("done" if is_done else "nothing was changed: --yes does it")
    return lines


# -- replay


def _replay(options: argparse.Namespace) -> int:
    path, until = options.directory, options.until
    require_journal(path)
    source = JournalDirectory(path)
    restoring = begin_restoring(Engine, source, until=0 if options.from_start else until)
    before = restoring.venue.counters()
    done = _Done(restoring.position.sequence)
    with progress_bar(f"replaying {path}", until) as advance:
        started = time.perf_counter()
        restoring.apply(lambda sequence: advance(done.to(sequence)), until)
        seconds = time.perf_counter() - started
    figures = _figures(restoring, before.commands.total(), seconds, until)
    if options.json:
        _print_json({"directory": str(path), **figures})
    else:
        _show_replay(str(path), figures)
    return 0


class _Done:
    """Counts entries for a progress bar, which wants to know how many more there are."""

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence

    def to(self, sequence: int) -> int:
        more, self.sequence = sequence - self.sequence, sequence
        return more


def _figures(
    restoring: Restoring[Engine], commands_before: int, seconds: float, until: int | None
) -> dict[str, Any]:
    venue = restoring.venue
    torn, sequence = "", until
    end = restoring.reading.end
    if sequence is None or (end is not None and end.position.sequence < sequence):
        end = restoring.end()
        if sequence is not None:
            where = f"the journal ends at entry {end.position.sequence}"
            raise JournalError(f"--until was {until}, {where}")
        sequence, torn = end.position.sequence, end.what
    entries = sequence - restoring.position.sequence
    busiest = sorted(venue.instruments, key=lambda each: -venue.book_counters(each.symbol).trades)
    return {
        "snapshot": "" if restoring.file is None else restoring.file.name,
        "passed_over": restoring.passed_over,
        "sequence": sequence,
        "torn": torn,
        "entries": entries,
        "commands": venue.counters().commands.total() - commands_before,
        "entries_per_second": round(entries / seconds) if seconds else 0,
        "orders": len(venue),
        "reports": venue.report_count,
        "trades": venue.trade_count,
        "state_hash": venue.state_hash(),
        "image_hash": venue._core.image_hash(),
        "top_of_book": [_top(venue, each.symbol) for each in busiest[:TOPS]],
    }


def _top(venue: Engine, symbol: str) -> dict[str, Any]:
    instrument = venue.instrument(symbol)
    sides = {}
    for name, levels in zip(("bid", "ask"), venue.depth(symbol, 1), strict=True):
        sides[name] = [
            (f"{instrument.to_price(price):f}", f"{instrument.to_quantity(lots):f}")
            for price, lots, _ in levels.tolist()
        ]
    return {
        "symbol": symbol,
        "trades": venue.book_counters(symbol).trades,
        **{name: levels[0] if levels else None for name, levels in sides.items()},
    }


def _show_replay(name: str, figures: dict[str, Any]) -> None:
    rows = [
        ("from", figures["snapshot"] or "the first entry"),
        *(("passed over", line) for line in figures["passed_over"]),
        ("last entry", f"{figures['sequence']:,}"),
        *([("torn end", figures["torn"])] if figures["torn"] else []),
        *((row, f"{figures[row]:,}") for row in ("entries", "commands")),
        ("entries a second", f"{figures['entries_per_second']:,}"),
        *((row, f"{figures[row]:,}") for row in ("orders", "reports", "trades")),
        ("state hash", figures["state_hash"]),
        ("image hash", figures["image_hash"]),
    ]
    show_table((name, ""), rows)
    tops = []
    for top in figures["top_of_book"]:
        bid, ask = (top[side] or ("none", "") for side in ("bid", "ask"))
        tops.append((top["symbol"], *bid, *ask, f"{top['trades']:,}"))
    show_table(("top of book", "bid", "quantity", "ask", "quantity", "trades"), tops)


def _print_json(value: dict[str, Any]) -> None:
    print_lines(json.dumps(value))
