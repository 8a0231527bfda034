"""Snapshots of durable engines: when they are taken, which stay, and what if they can't be."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from durable import (
    GAS,
    OIL,
    buy,
    contents,
    crashed,
    figures,
    flip,
    instrument,
    make_newer,
    orders,
    segments,
    snapshots,
)

from engine import Engine, EngineBusyError, JournalDamageError, JournalError, JournalFormatError
from engine._journal import Journal

SNAPSHOT_HEADER_BYTES = 128


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "venue"


def with_snapshots(path: Path, count: int, **terms: Any) -> dict[str, Any]:
    """Make a directory with so many snapshots, each behind some commands; return the figures."""
    with Engine.open(path, durability="async", **terms) as venue:
        venue.add_instrument(OIL)
        for number in range(count):
            venue.match(orders(20, first=1 + 100 * number))
            venue.snapshot()
            venue.match(orders(3, first=60 + 100 * number))
        return figures(venue)


def sequence_of(file: Path) -> int:
    return int(file.name.split("-")[1], 16)


def require_whole(directory: Path) -> None:
    """Require that no entry is missing behind the oldest snapshot."""
    oldest = sequence_of(snapshots(directory)[0])
    assert sequence_of(segments(directory)[0]) <= oldest + 1


# -- when they are taken


def test_one_taken_by_hand_is_what_is_loaded(path: Path) -> None:
    with Engine.open(path) as venue:
        venue.add_instrument(OIL)
        buy(venue, "71.00", "72.00")
        name = venue.snapshot()
        assert name == snapshots(path)[0].name
        assert sequence_of(path / name) == venue.sequence
        assert venue.synced_sequence == venue.sequence
        assert venue.snapshot() == name
        buy(venue, "73.00")
        venue.add_instrument(GAS)
        before = figures(venue)
        killed = crashed(path)
    for directory in (path, killed):
        with Engine.open(directory) as venue:
            assert (venue.recovery.snapshot, venue.recovery.snapshot_sequence) == (name, 4)
            assert venue.recovery.sequence == 6
            assert figures(venue) == before


def test_a_snapshot_of_an_engine_without_a_past(path: Path) -> None:
    with Engine.open(path, accounts=True, max_orders=7) as venue:
        venue.snapshot()
        before = figures(venue)
    with Engine.open(path) as venue:
        assert venue.recovery.snapshot_sequence == 1
        assert figures(venue) == before
        assert venue._parameters["max_orders"] == 7


def test_they_are_taken_by_themselves_after_bytes(path: Path) -> None:
    with Engine.open(path, durability="async", snapshot_bytes=3_000, snapshots=10**6) as venue:
        venue.add_instrument(OIL)
        for number in range(60):
            venue.match(orders(10, first=1 + 10 * number))
            venue._store.wait()
        appended = venue._store.journal.bytes_appended
        before = figures(venue)
    taken = [sequence_of(file) for file in snapshots(path)]
    assert taken == sorted(set(taken))
    # Each is due after 3,000 bytes, and a call is less than a tenth of that.
    assert appended // 3_400 <= len(taken) <= appended // 3_000
    with Engine.open(path) as venue:
        assert figures(venue) == before


def test_they_are_taken_by_themselves_after_a_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    with Engine.open(path, snapshot_bytes=None, snapshot_seconds=60, snapshots=100) as venue:
        monkeypatch.setattr(time, "monotonic", lambda: now[0])
        venue._store._plan()
        venue.add_instrument(OIL)
        taken = []
        for seconds in (1, 58, 2, 59, 59, 1, 200):
            now[0] += seconds
            buy(venue, "71.00")
            venue._store.wait()
            taken.append(len(snapshots(path)))
        assert taken == [0, 0, 1, 1, 2, 2, 3]
        monkeypatch.undo()


def test_none_is_taken_where_none_is_asked_for(path: Path) -> None:
    with Engine.open(path, durability="async", snapshot_bytes=None) as venue:
        venue.add_instrument(OIL)
        venue.match(orders(20_000))
    assert snapshots(path) == []


def test_trading_goes_on_while_they_are_written(path: Path) -> None:
    """No call is refused because of the thread that writes."""
    with Engine.open(
        path, durability="group", snapshot_bytes=2_000, segment_bytes=8_000, snapshots=3
    ) as venue:
        venue.add_instrument(OIL)
        for number in range(3_000):
            report = venue.submit("OIL", side="buy", price="71.00", quantity=1)
            assert report.order_id == number + 1
        before = figures(venue)
        killed = crashed(path)
    for directory in (path, killed):
        require_whole(directory)
        with Engine.open(directory) as venue:
            assert figures(venue) == before
            assert venue.recovery.snapshot_sequence > 1_000


def test_a_thread_that_takes_them_beside_one_that_trades(path: Path) -> None:
    """What one holds is of the moment that it names, whoever asks for it."""
    venue = Engine.open(path, durability="async", snapshots=10**6, snapshot_bytes=None)
    venue.add_instrument(OIL)
    is_done = threading.Event()

    def take() -> None:
        while not is_done.is_set():
            try:
                venue.snapshot()
            except EngineBusyError:
                time.sleep(0)

    thread = threading.Thread(target=take)
    thread.start()
    number = 0
    while number < 500 or len(snapshots(path)) < 12:
        number += 1
        while True:
            try:
                if number % 100 == 50:
                    venue.add_instrument(instrument(f"S{number}"))
                venue.submit("OIL", side="buy", price="71.00", quantity=1)
                break
            except EngineBusyError:
                time.sleep(0)
    is_done.set()
    thread.join()
    before = figures(venue)
    venue.close()
    files = snapshots(path)
    for file in reversed(files[-10:]):
        with Engine.open(crashed(path)) as again:
            assert again.recovery.snapshot == file.name
            assert figures(again) == before
        file.unlink()


# -- which stay


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_the_newest_stay_and_what_they_need(path: Path, kept: int) -> None:
    with Engine.open(path, durability="async", segment_bytes=500, snapshots=kept) as venue:
        venue.add_instrument(OIL)
        for number in range(12):
            venue.match(orders(20, first=1 + 20 * number))
            venue.snapshot()
            assert len(snapshots(path)) == min(number + 1, kept)
            require_whole(path)
        before = figures(venue)
    for file in reversed(snapshots(path)):
        with Engine.open(crashed(path)) as venue:
            assert venue.recovery.snapshot == file.name
            assert figures(venue) == before
        file.unlink()


def test_segments_are_removed_behind_the_oldest_kept_only(path: Path) -> None:
    """Those that hold an entry behind it stay, whatever newer snapshots there are."""
    with Engine.open(path, durability="async", segment_bytes=500, snapshots=2) as venue:
        venue.add_instrument(OIL)
        for number in range(12):
            for part in range(3):
                venue.match(orders(20, first=1 + 100 * number + 20 * part))
            files = segments(path)
            venue.snapshot()
            oldest = sequence_of(snapshots(path)[0])
            # The last entry of each is the one in front of the first of the next.
            needed = [
                file for file, after in itertools.pairwise(files) if sequence_of(after) - 1 > oldest
            ]
            assert segments(path) == [*needed, files[-1]]
            assert len(files) > len(needed) + 1 or number < 2


# -- damaged ones


def test_a_damaged_one_is_passed_over_and_told(path: Path) -> None:
    before = with_snapshots(path, 3, snapshots=3)
    files = snapshots(path)
    flip(files[2], -1)
    with Engine.open(path) as venue:
        assert figures(venue) == before
        assert venue.recovery.snapshot == files[1].name
        (what,) = venue.recovery.passed_over
        assert what.startswith(f"{files[2].name}, offset ")
        assert "is not what was written" in what
    assert sorted(path.glob("*.aside")) == [path / f"{files[2].name}.aside"]
    with Engine.open(path) as venue:
        assert venue.recovery.passed_over == ()
        assert figures(venue) == before


def test_a_damaged_one_does_not_count_among_those_kept(path: Path) -> None:
    """It must not be the only one beside the next, for which the journal is removed."""
    before = with_snapshots(path, 2, snapshots=2, segment_bytes=500)
    flip(snapshots(path)[1], -1)
    sound = snapshots(path)[0].name
    with Engine.open(path, snapshots=2, segment_bytes=500) as venue:
        venue.snapshot()
        assert snapshots(path)[0].name == sound
        require_whole(path)
    flip(snapshots(path)[1], -1)
    with Engine.open(path) as venue:
        assert venue.recovery.snapshot == sound
        assert figures(venue) == before


def test_every_byte_of_one_counts(path: Path) -> None:
    before = with_snapshots(path, 1)
    (file,) = snapshots(path)
    sound = file.read_bytes()
    for offset in [
        *range(0, SNAPSHOT_HEADER_BYTES, 5),
        *range(SNAPSHOT_HEADER_BYTES, len(sound), 61),
    ]:
        file.write_bytes(sound)
        flip(file, offset, 0x10)
        with (
            Journal(path) as journal,
            pytest.raises((JournalDamageError, JournalFormatError), match=file.name),
        ):
            journal.read_snapshot(file.name)
    with Engine.open(path) as venue:
        assert len(venue.recovery.passed_over) == 1
        assert venue.recovery.snapshot == ""
        assert figures(venue) == before


@pytest.mark.parametrize("left", [0, 1, 127, 128, 300])
def test_one_that_is_cut_short_is_passed_over(path: Path, left: int) -> None:
    before = with_snapshots(path, 2)
    file = snapshots(path)[1]
    file.write_bytes(file.read_bytes()[:left])
    with Engine.open(path) as venue:
        assert len(venue.recovery.passed_over) == 1
        assert figures(venue) == before


@pytest.mark.parametrize("content", [bytes(3_000), b"PK\x03\x04" + b"another file" * 40])
def test_one_that_has_lost_its_beginning_is_passed_over(path: Path, content: bytes) -> None:
    before = with_snapshots(path, 2)
    snapshots(path)[1].write_bytes(content)
    with Engine.open(path) as venue:
        assert "does not begin as a snapshot does" in venue.recovery.passed_over[0]
        assert figures(venue) == before


def test_one_of_a_later_version_is_refused(path: Path) -> None:
    with_snapshots(path, 2)
    file = snapshots(path)[1]
    make_newer(file, SNAPSHOT_HEADER_BYTES)
    before = contents(path)
    with pytest.raises(JournalFormatError, match=r"version .* was 2, must be at most 1") as raised:
        Engine.open(path)
    assert raised.value.file == file.name
    assert contents(path) == before


def test_with_all_damaged_the_whole_journal_is_applied(path: Path) -> None:
    before = with_snapshots(path, 2)
    for file in snapshots(path):
        flip(file, 200)
    with Engine.open(path) as venue:
        assert figures(venue) == before
        assert (venue.recovery.snapshot, venue.recovery.snapshot_sequence) == ("", 0)
        assert len(venue.recovery.passed_over) == 2


def test_with_all_damaged_and_the_beginning_gone_nothing_is_changed(path: Path) -> None:
    with_snapshots(path, 3, snapshots=2, segment_bytes=500)
    for file in snapshots(path):
        flip(file, -1)
    before = contents(path)
    for _ in range(2):
        with pytest.raises(JournalDamageError, match="no snapshot is sound") as raised:
            Engine.open(path)
        for file in snapshots(path):
            assert f"{file.name}, offset " in str(raised.value)
        assert contents(path) == before


def test_without_any_the_beginning_must_be_there(path: Path) -> None:
    with_snapshots(path, 3, snapshots=2, segment_bytes=500)
    for file in snapshots(path):
        file.unlink()
    before = contents(path)
    with pytest.raises(JournalDamageError, match=r"began at entry \d+, must begin at or before 1"):
        Engine.open(path)
    assert contents(path) == before


def test_a_journal_that_ends_in_front_of_one_is_damaged(path: Path) -> None:
    """It was synced before the snapshot was written: to go on there would number entries twice."""
    with Engine.open(path) as venue:
        venue.add_instrument(OIL)
        buy(venue, *["71.00"] * 9)
        name = venue.snapshot()
    (segment,) = segments(path)
    segment.write_bytes(segment.read_bytes()[:-150])
    before = contents(path)
    for _ in range(2):
        with pytest.raises(
            JournalDamageError, match=f"must reach 11, behind which {name}"
        ) as raised:
            Engine.open(path)
        assert raised.value.file == segment.name
        assert raised.value.offset > 64
        assert contents(path) == before


def test_one_without_any_journal_is_enough(path: Path) -> None:
    for _ in range(3):
        with Engine.open(path) as venue:
            if not venue.instruments:
                venue.add_instrument(OIL)
            buy(venue, "71.00")
            name = venue.snapshot()
            before = figures(venue)
    for file in segments(path):
        file.unlink()
    with Engine.open(path) as venue:
        assert figures(venue) == before
        assert (venue.recovery.snapshot, venue.recovery.epoch) == (name, 4)
        buy(venue, "72.00")
        before = figures(venue)
    with Engine.open(path) as venue:
        assert figures(venue) == before


# -- those that can't be taken


def block(path: Path, venue: Engine) -> None:
    """Let no snapshot be written behind the next entry: where it would be is a directory."""
    sequence, epoch = venue.sequence + 1, venue.recovery.epoch
    (path / f"snapshot-{sequence:016x}-{epoch:08x}.snap.unfinished").mkdir()


def unblock(path: Path) -> None:
    for directory in path.glob("*.unfinished"):
        directory.rmdir()


def test_one_that_fails_leaves_the_engine_going(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Engine.open(path, snapshot_bytes=None) as venue:
        venue.add_instrument(OIL)
        block(path, venue)
        buy(venue, "71.00")
        for _ in range(2):
            with pytest.raises(JournalError):
                venue.snapshot()
        buy(venue, "72.00")
        assert venue.snapshot() == snapshots(path)[-1].name
        unblock(path)
        before = figures(venue)
    assert caplog.messages[0].startswith("snapshot at entry 3: ")
    with Engine.open(path) as venue:
        assert figures(venue) == before


def test_one_due_that_fails_is_logged_and_told_when_it_is_closed(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    venue = Engine.open(path, snapshot_bytes=1)
    venue.add_instrument(OIL)
    block(path, venue)
    buy(venue, "71.00")
    with pytest.raises(JournalError):
        venue.close()
    unblock(path)
    assert [(record.name, record.levelno) for record in caplog.records] == [
        ("engine.journal", logging.ERROR)
    ]
    with Engine.open(path) as again:
        assert figures(again) == figures(venue)


def test_the_next_one_is_not_told_what_went_wrong_before(path: Path) -> None:
    with Engine.open(path, snapshot_bytes=1) as venue:
        venue.add_instrument(OIL)
        block(path, venue)
        buy(venue, "71.00")
        venue._store._join()
        unblock(path)
        assert venue.snapshot() == snapshots(path)[-1].name


def test_a_command_is_answered_though_the_snapshot_due_behind_it_could_not_begin(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No thread can be started: the command was applied, and its report must come."""
    venue = Engine.open(path, snapshot_bytes=1)
    venue.add_instrument(OIL)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    report = venue.submit("OIL", side="buy", price="71.00", quantity=1)
    assert report.order_id == 1
    assert "can't start new thread" in caplog.text
    monkeypatch.undo()
    assert venue.submit("OIL", side="buy", price="71.00", quantity=1).order_id == 2
    before = figures(venue)
    venue.close()
    with Engine.open(path) as again:
        assert figures(again) == before


def test_what_was_left_unfinished_is_removed(path: Path) -> None:
    before = with_snapshots(path, 1)
    for name in (
        "snapshot-0000000000000099-00000001.snap",
        "journal-0000000000000001-00000009.log",
    ):
        (path / f"{name}.aside").write_bytes(b"put aside by a repair")
    (path / "snapshot-0000000000000099-00000001.snap.unfinished").touch()
    with Engine.open(path) as venue:
        assert figures(venue) == before
    assert len(list(path.glob("*.aside"))) == 2
    assert list(path.glob("*.unfinished")) == []
