"""Files of histories: what is written is there again, whole, and what is no history is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from histories import BTC, OIL, contents, new_history, new_venue, submit

from engine import Engine, HistoryError, Instrument
from engine.history import History, HistoryReader
from engine.history.file import APPLICATION_ID
from engine.records import commands_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "venue.history"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with new_history(path) as made:
        yield made


@pytest.fixture
def venue() -> Engine:
    return new_venue()


def test_instruments_are_kept_once_and_stay_what_they_are(history: History, path: Path) -> None:
    assert history.symbols == ("BTC-USD", "OIL")
    history.add_instruments([BTC, OIL])
    gas = Instrument(symbol="GAS", tick_size=1, lot_size=1)
    history.add_instruments([BTC, OIL, gas])
    assert history.symbols == ("BTC-USD", "OIL", "GAS")
    before = contents(path)
    finer = Instrument(symbol="OIL", tick_size="0.01", lot_size=10)
    message = (
        "instrument 1 was OIL in ticks of 0.01 and lots of 10, is kept as OIL in ticks of 0.25"
    )
    with pytest.raises(HistoryError, match=message):
        history.add_instruments([BTC, finer])
    with pytest.raises(HistoryError, match="UNIQUE"):
        history.add_instruments([BTC, OIL, gas, OIL])
    assert contents(path) == before


def test_it_is_there_again(venue: Engine, path: Path) -> None:
    with History(path, durability="sync") as history:
        history.add_instruments(venue.instruments)
        submit(venue, history, side="buy", price=100, quantity=1)
        before = history.orders(0)
    with History(path) as again:
        assert again.symbols == ("BTC-USD", "OIL")
        assert again.orders(0) == before
        submit(venue, again, side="sell", price=100, quantity=1, account=1)
        assert len(again.trades("BTC-USD")) == 1
    with pytest.raises(HistoryError, match="closed"):
        again.orders(0)


def test_a_reader_sees_whole_calls_beside_the_writer(
    venue: Engine, history: History, path: Path
) -> None:
    with HistoryReader(path) as reader:
        submit(venue, history, side="sell", price=100, quantity=5)
        assert reader.last_number == 1
        history._file.connection.execute("BEGIN IMMEDIATE")
        history._file.connection.execute("DELETE FROM reports")
        assert reader.last_number == 1
        history._file.connection.execute("ROLLBACK")
        submit(venue, history, side="buy", price=100, quantity=1, account=4)
        assert reader.last_number == 4
        assert reader.fills(4) == history.fills(4) != []
        assert not hasattr(reader, "add")
        with pytest.raises(HistoryError, match="readonly"), reader._file.writing() as connection:
            connection.execute("DELETE FROM reports")


def test_two_writers_of_one_file_keep_each_report_once(venue: Engine, path: Path) -> None:
    with History(path) as one, History(path) as other:
        one.add_instruments(venue.instruments)
        reports = venue.submit("BTC-USD", side="buy", price=100, quantity=1).reports
        assert (one.add(reports), other.add(reports)) == (1, 0)
        reports = venue.submit("OIL", side="buy", price=100, quantity=10).reports
        assert (other.add(reports), one.add(reports)) == (1, 0)
        assert one.orders(0) == other.orders(0)


def test_a_full_disk_loses_nothing_that_was_there(
    venue: Engine, history: History, path: Path
) -> None:
    submit(venue, history, side="buy", price=100, quantity=1)
    before = contents(path)
    pages = history._file.connection.execute("PRAGMA page_count").fetchone()[0]
    history._file.connection.execute(f"PRAGMA max_page_count = {pages}")
    many = venue.match(commands_of(2_000, 1, side=1, price=5, quantity=1))
    with pytest.raises(HistoryError, match=f"{path}: database or disk is full"):
        history.add(many)
    assert contents(path) == before
    history._file.connection.execute("PRAGMA max_page_count = 1000000")
    assert history.add(many) == 2_000


def test_another_thread_is_refused(history: History) -> None:
    found = []

    def ask() -> None:
        try:
            history.orders(0)
        except HistoryError as error:
            found.append(str(error))

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert ["can only be used in that same thread" in each for each in found] == [True]


def foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE cats (name TEXT)")
    connection.commit()
    connection.close()


def newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 2")
    connection.close()


FILES: list[tuple[Callable[[Path], object], str]] = [
    (foreign, "is a database of something else, not a history"),
    (newer, "format was 2, must be 1: another version of the library wrote it"),
    (lambda path: path.write_text("not a database at all " * 100), "file is not a database"),
    (lambda path: path.mkdir(), "unable to open database file|disk I/O error"),
]


@pytest.mark.parametrize("opened", [History, HistoryReader])
@pytest.mark.parametrize(("make", "message"), FILES)
def test_a_file_of_something_else_is_refused_and_left_alone(
    make: Callable[[Path], object], message: str, opened: Callable[[Path], object], path: Path
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(HistoryError, match=message) as caught:
        opened(path)
    assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_reader_makes_no_file(path: Path) -> None:
    with pytest.raises(HistoryError, match="unable to open database file"):
        HistoryReader(path)
    assert not path.exists()
    with pytest.raises(HistoryError, match="durability was 'group', not one of 'async', 'sync'"):
        History(path, durability="group")
    with pytest.raises(HistoryError, match="unable to open database file"):
        History(path / "deeper")
    assert not path.exists()
