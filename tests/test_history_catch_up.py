"""Histories and durable engines: after a kill, what was not told is read from the journal."""

from __future__ import annotations

import os
import signal
import sqlite3
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from durable import GAS, MODES, OIL, crashed, flip, orders, segments, snapshots
from golden_journals import trade_by_every_face
from histories import contents
from kills import add_symbols, commands_of

from engine import Engine, HistoryError, JournalError, SequenceGapError
from engine.errors import JournalDamageError
from engine.history import History, HistoryReader

COMMANDS = 1_200
KILLS = 3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "venue"


def undisturbed(path: Path, commands: np.ndarray, *, batch: int = 100) -> dict[str, Any]:
    """Return what a history has that was told of all commands, by an engine in memory."""
    venue = Engine(resend_window=65_536)
    add_symbols(venue)
    with History(path) as history:
        history.add_instruments(venue.instruments)
        for at in range(0, len(commands), batch):
            history.add(venue.match(commands[at : at + batch]))
    return contents(path)


@pytest.mark.parametrize("mode", MODES)
def test_a_history_that_was_killed_between_is_that_of_an_undisturbed_run(
    mode: str, path: Path, tmp_path: Path
) -> None:
    """The process dies behind a call of the engine and before the history has its reports.

    Snapshots are taken meanwhile, and segments in front of them removed.
    """
    random, commands = Random(mode), commands_of(3, COMMANDS)
    at, caught_up, directory, file = 0, 0, path, tmp_path / "history"
    terms = {"durability": mode, "segment_bytes": 20_000, "snapshot_bytes": 60_000}
    while at < len(commands):
        with Engine.open(directory, **terms) as venue, History(file) as history:
            add_symbols(venue)
            caught_up += history.catch_up(directory)
            assert history.last_number == venue.report_count
            for _ in range(random.randint(1, 5)):
                end = min(at + random.choice((1, 20, 150)), len(commands))
                reports, at = venue.match(commands[at:end]), end
                if random.random() < 0.6:
                    break
                history.add(reports)
            directory = crashed(directory).rename(tmp_path / f"venue-{at}")
    with Engine.open(directory) as venue, History(file) as history:
        caught_up += history.catch_up(directory)
        assert history.catch_up(directory) == 0
        assert history.last_number == venue.report_count
    assert caught_up > 100
    assert contents(file) == undisturbed(tmp_path / "undisturbed", commands)


def trade(directory: str, file: str, pipe: Any) -> None:
    """Be the child: go on where the engine is, and keep what it reports, until it is killed."""
    commands = commands_of(5, COMMANDS)
    with Engine.open(directory, durability="async") as venue, History(file) as history:
        add_symbols(venue)
        history.catch_up(directory)
        history.add_instruments(venue.instruments)
        pipe.send(venue.counters().commands.total())
        at = pipe.recv()
        while at < len(commands):
            history.add(venue.match(commands[at : at + 3]))
            at += 3
        pipe.send(at)
        signal.pause()


def test_processes_that_are_killed_leave_a_whole_history(path: Path, tmp_path: Path) -> None:
    """At any moment: in a call of the engine, in one of the history, between the two."""
    make, random, file = get_context("forkserver"), Random(5), tmp_path / "history"
    make.set_forkserver_preload(["kills", "engine.history"])
    done = 0
    for kill in range(KILLS + 1):
        ours, theirs = make.Pipe()
        child = make.Process(target=trade, args=(str(path), str(file), theirs))
        child.start()
        done = ours.recv()
        ours.send(done)
        is_last = kill == KILLS
        # About a millisecond a call, of which there are four hundred.
        ours.poll(None if is_last else random.random() * 0.12)
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        ours.close()
        theirs.close()
    with Engine.open(path) as venue, History(file) as history:
        assert history.catch_up(path) == 0
        assert history.last_number == venue.report_count
        assert venue.counters().commands.total() == COMMANDS
    assert contents(file) == undisturbed(tmp_path / "undisturbed", commands_of(5, COMMANDS))


def test_all_that_a_journal_has_can_be_kept_later(path: Path, tmp_path: Path) -> None:
    """Of every kind of command, accounts and listings included; the engine is open meanwhile."""
    with Engine.open(path, accounts=True) as venue:
        trade_by_every_face(venue)
        told: list[int] = []
        with History(tmp_path / "history") as history:
            count = history.catch_up(path, progress=told.append)
            assert count == history.last_number == told[-1] == venue.report_count > 50
            assert history.symbols == tuple(each.symbol for each in venue.instruments)
            assert history.time == venue.time
            counters = venue.counters()
            assert sum(len(history.trades(each)) for each in history.symbols) == counters.trades


def test_it_goes_on_from_the_newest_snapshot_that_it_has_reached(
    path: Path, tmp_path: Path
) -> None:
    with Engine.open(path, snapshots=3, segment_bytes=1_000) as venue:
        venue.add_instrument(OIL)
        with History(tmp_path / "history") as history:
            history.add_instruments(venue.instruments)
            for first in range(1, 100, 10):
                history.add(venue.match(orders(10, first=first)))
            venue.snapshot()
            for first in range(101, 200, 10):
                venue.match(orders(10, first=first))
                if first in {151, 191}:
                    venue.snapshot()
            venue.add_instrument(GAS)
            # What is in front of the oldest is gone, and the newer ones are ahead of the history.
            assert segments(path)[0].name > "journal-0000000000000002"
            assert history.catch_up(path) > 100
            assert history.symbols == ("OIL", "GAS")
            assert history.last_number == venue.report_count
        with History(tmp_path / "late") as late:
            oldest = "the oldest report was .*, must be 1"
            with pytest.raises(SequenceGapError, match=oldest) as caught:
                late.catch_up(path)
            assert caught.value.received > 1
            assert late.last_number == 0
        with History(tmp_path / "begun", after=caught.value.received - 1) as begun:
            assert begun.catch_up(path) == venue.report_count - caught.value.received + 1


def test_a_damaged_snapshot_is_passed_over(path: Path, tmp_path: Path) -> None:
    with Engine.open(path) as venue:
        venue.add_instrument(OIL)
        venue.match(orders(20))
        venue.snapshot()
        venue.match(orders(20, first=21))
    flip(snapshots(path)[0], -9)
    with History(tmp_path / "history") as history:
        assert history.catch_up(path) == history.last_number == venue.report_count
    flip(segments(path)[0], 300)
    with (
        History(tmp_path / "other") as other,
        pytest.raises(JournalDamageError, match=segments(path)[0].name),
    ):
        other.catch_up(path)


def test_a_history_that_is_ahead_of_its_journal_is_noticed(path: Path, tmp_path: Path) -> None:
    """As after a power cut that took the end of the journal, and not that of the history."""
    with Engine.open(path) as venue, History(tmp_path / "history") as history:
        venue.add_instrument(OIL)
        history.add_instruments([OIL])
        history.add(venue.match(orders(10)))
        behind = crashed(path)
        before = venue.report_count
        history.add(venue.match(orders(5, first=11)))
        kept = contents(tmp_path / "history")
        message = f"the journal ends behind report {before}, the history behind"
        with pytest.raises(HistoryError, match=message):
            history.catch_up(behind)
        with Engine.open(behind) as other:
            other.match(orders(20, first=12))
        with pytest.raises(HistoryError, match=f"report {before + 1} was told otherwise before"):
            history.catch_up(behind)
        assert contents(tmp_path / "history") == kept


def test_a_directory_that_has_no_journal_tells_nothing(path: Path, tmp_path: Path) -> None:
    with History(tmp_path / "history") as history:
        with pytest.raises(JournalError):
            history.catch_up(path)
        path.mkdir()
        assert history.catch_up(path) == 0
        (path / "journal-0000000000000001-00000001.log").write_bytes(b"something else" * 20)
        with pytest.raises(JournalError, match="journal-0000000000000001"):
            history.catch_up(path)


def test_a_reader_asks_while_it_is_caught_up(path: Path, tmp_path: Path) -> None:
    with Engine.open(path) as venue:
        venue.add_instrument(OIL)
        for first in range(1, 200, 20):
            venue.match(orders(20, first=first))
    seen = []
    with History(tmp_path / "history") as history, HistoryReader(tmp_path / "history") as reader:
        history.catch_up(path, progress=lambda last: seen.append((last, reader.last_number)))
    assert seen
    assert all(last == number for last, number in seen)


def test_what_is_kept_is_plain_sql(path: Path, tmp_path: Path) -> None:
    """Anyone may look into the file with SQLite's own tools."""
    with Engine.open(path) as venue, History(tmp_path / "history") as history:
        venue.add_instrument(OIL)
        venue.submit("OIL", side="sell", price="71.25", quantity=3, timestamp=10**18)
        venue.submit("OIL", side="buy", price="71.25", quantity=2, account=9, timestamp=10**18)
        history.catch_up(path)
    connection = sqlite3.connect(tmp_path / "history")
    question = """
        SELECT symbol, price * tick_size, quantity * lot_size, datetime(timestamp / 1000000000,
        'unixepoch') FROM trades JOIN instruments ON instruments.number = trades.instrument
    """
    found = connection.execute(question).fetchall()
    connection.close()
    assert found == [("OIL", 71.25, 2, "2001-09-09 01:46:40")]
