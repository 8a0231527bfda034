"""The journal under Python: what is appended is read again, and each failure has its own error."""

from __future__ import annotations

import pickle
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import _schema
from engine._journal import Journal, Reading, read, verify
from engine._journal_records import JournalEnd, JournalPosition
from engine.errors import (
    CommandError,
    JournalDamageError,
    JournalError,
    JournalFormatError,
    JournalFullError,
    JournalLockedError,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "journal-format.md"
MODES = ["async", "group", "sync"]
CommandArray = np.ndarray[Any, np.dtype[Any]]


def some_commands(count: int, seed: int = 1) -> CommandArray:
    words = np.random.default_rng(seed).integers(0, 1 << 62, (count, 16), dtype=np.uint64)
    words[np.random.default_rng(seed + 1).random((count, 16)) < 0.5] = 0
    return words.reshape(-1).view(_schema.COMMAND_DTYPE)


def entries_of(reading: Reading) -> tuple[CommandArray, list[tuple[int, bytes]]]:
    """Return all commands, and the notes with their numbers."""
    commands, notes, last = [np.zeros(0, _schema.COMMAND_DTYPE)], [], None
    for first, piece in reading:
        assert last is None or first == last + 1
        last = first if isinstance(piece, bytes) else first + len(piece) - 1
        if isinstance(piece, bytes):
            notes.append((first, piece))
        else:
            commands.append(piece)
    return np.concatenate(commands), notes


def end_of(reading: Reading) -> JournalEnd:
    assert reading.end is not None
    return reading.end


def write_sample(path: Path, **options: Any) -> CommandArray:
    commands = some_commands(500)
    with Journal(path, **options) as journal:
        journal.begin()
        for at in range(0, len(commands), 50):
            journal.append(commands[at : at + 50])
        journal.append_note(b"note")
    return commands


@pytest.mark.parametrize("durability", MODES)
def test_what_is_appended_is_read_again(tmp_path: Path, durability: str) -> None:
    commands = write_sample(tmp_path / "new" / "deep", durability=durability, segment_bytes=9000)
    with Journal(tmp_path / "new" / "deep") as journal:
        assert len(journal.segments()) > 2
        reading = journal.read()
        found, notes = entries_of(reading)
        assert found.tobytes() == commands.tobytes()
        assert notes == [(501, b"note")]
        end = end_of(reading)
        assert (end.finding, end.is_closed, end.what) == ("clean", True, "")
        journal.begin(end.position)
        assert journal.append(commands[:3]) == 504
        assert journal.position.epoch == 2
        journal.sync()
        assert journal.synced_sequence == 504
    found, _ = entries_of(read(tmp_path / "new" / "deep", after=501, chain=end.position.chain))
    assert found.tobytes() == commands[:3].tobytes()


def test_a_directory_is_held_once_and_let_go_by_closing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(JournalLockedError, match="is open elsewhere"):
        Journal(tmp_path)
    reading = journal.read()
    journal.close()
    journal.close()
    Journal(tmp_path).close()
    assert list(reading) == []
    with pytest.raises(JournalError, match="is closed"):
        journal.append(some_commands(1))


def test_a_torn_tail_is_cut_and_damage_is_an_error(tmp_path: Path) -> None:
    commands = write_sample(tmp_path, durability="sync")
    segment = next(tmp_path.glob("journal-*.log"))
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-50])
    with Journal(tmp_path) as journal:
        reading = journal.read()
        found, notes = entries_of(reading)
        end = end_of(reading)
        assert (end.finding, len(found), notes) == ("torn", 500, [])
        assert end.file == segment.name
        assert end.offset + end.cut_bytes == len(whole) - 50
        journal.cut(end)
        assert verify(tmp_path).finding == "clean"
        journal.begin(end.position)
    segment.write_bytes(whole[:300] + bytes([whole[300] ^ 4]) + whole[301:])
    with pytest.raises(JournalDamageError, match=re.escape(segment.name)) as caught:
        list(read(tmp_path))
    assert (caught.value.file, caught.value.offset) == (segment.name, 64)
    end = verify(tmp_path)
    assert (end.finding, end.position.sequence) == ("damaged", 0)
    assert len(commands) == 500


def test_a_foreign_file_and_a_newer_format_have_their_error(tmp_path: Path) -> None:
    (tmp_path / "journal-0000000000000001-00000001.log").write_bytes(b"text " * 100)
    with pytest.raises(JournalFormatError, match="does not begin as a segment"):
        list(read(tmp_path))
    assert verify(tmp_path).finding == "foreign"
    with Journal(tmp_path) as journal, pytest.raises(JournalError, match="nothing is cut"):
        journal.cut(verify(tmp_path))


def test_snapshots_come_back_and_say_when_they_are_damaged(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.begin()
        journal.append(some_commands(10))
        journal.sync()
        name = journal.write_snapshot(journal.position, b"", bytearray(b"image"))
        assert [file.name for file in journal.snapshots()] == [name]
        assert journal.read_snapshot(name) == (journal.position, b"", b"image")
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        with pytest.raises(JournalDamageError, match="the image is not what was written") as caught:
            journal.read_snapshot(name)
        assert caught.value.offset == 128
        assert journal.remove_snapshots(0) == 1


def test_segments_behind_a_snapshot_are_removed(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=1) as journal:
        journal.begin()
        for command in np.split(some_commands(5), 5):
            journal.append(command)
        assert journal.remove_segments_before(3) == 3
        assert [file.sequence for file in journal.segments()] == [4, 5]
    assert verify(tmp_path).finding == "damaged"
    assert verify(tmp_path, after=3).finding == "clean"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"durability": "never"}, "durability was 'never', not one of async, group, sync"),
        ({"group_bytes": 0}, "must be above 0"),
        ({"group_ms": 0}, "must be above 0"),
        ({"group_ms": float("nan")}, "group_ms was nan, must be above 0 and at most 86,400,000"),
        ({"group_ms": float("inf")}, "group_ms was inf, must be above 0 and at most"),
        ({"group_ms": 10**5000}, "group_ms was an integer of 16610 bits, must be above 0"),
        ({"group_ms": 86_400_001}, "group_ms was 86400001, must be above 0 and at most"),
        ({"segment_bytes": 0}, "must be above 0"),
    ],
)
def test_options_that_cannot_be_are_refused(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(JournalError, match=message):
        Journal(tmp_path, **options)


def test_misuse_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(JournalError, match=r"file is no directory"):
        Journal(tmp_path / "file")
    with pytest.raises(JournalError, match=r"open .*none: No such file") as caught:
        read(tmp_path / "none")
    assert caught.value.errno == 2
    with Journal(tmp_path / "journal") as journal:
        with pytest.raises(JournalError, match="begin"):
            journal.append(some_commands(1))
        journal.begin()
        with pytest.raises(JournalError, match="begun before"):
            journal.begin()
        with pytest.raises(CommandError, match=r"commands\.dtype"):
            journal.append(np.zeros(3))
        with pytest.raises(JournalError, match="must be at most 262136"):
            journal.append_note(bytes(262137))
        assert journal.sequence == 0
    with pytest.raises(JournalError, match="is made by"):
        next(Reading.__new__(Reading))


def test_errors_are_pickled() -> None:
    error = JournalFullError("write a: no space", "a", 7, 28)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.file, copy.offset, copy.errno) == (
        JournalFullError,
        "write a: no space",
        "a",
        7,
        28,
    )


def test_what_is_of_one_process_is_not_pickled(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for one in (journal, journal.read()):
            with pytest.raises(TypeError, match="can't be pickled"):
                pickle.dumps(one)


def test_snapshots_may_be_written_beside_appends(tmp_path: Path) -> None:
    commands = some_commands(2000)
    with Journal(tmp_path, group_bytes=5000, group_ms=1, segment_bytes=20_000) as journal:
        journal.begin()
        journal.append(commands[:10])
        journal.sync()
        position = journal.position
        writing = threading.Thread(
            target=lambda: [journal.write_snapshot(position, b"m", bytes(10_000)) for _ in "abc"]
        )
        writing.start()
        for at in range(10, len(commands), 10):
            journal.append(commands[at : at + 10])
        writing.join()
        assert journal.read_snapshot(journal.snapshots()[0].name).position == position
    found, _ = entries_of(read(tmp_path))
    assert found.tobytes() == commands.tobytes()


def example() -> bytes:
    match = re.search(r"```hex\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    return bytes.fromhex(match[1])


def example_commands() -> CommandArray:
    commands = np.zeros(2, _schema.COMMAND_DTYPE)
    commands["kind"] = [_schema.CommandKind.SUBMIT, _schema.CommandKind.CANCEL]
    commands["order_id"] = 7
    commands["timestamp"] = [1000, 1001]
    commands[0]["side"] = _schema.Side.BUY
    commands[0]["price"] = 101
    commands[0]["quantity"] = 5
    return commands


def test_the_example_of_the_page_is_read_and_written(tmp_path: Path) -> None:
    name = "journal-0000000000000001-00000001.log"
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / name).write_bytes(example())
    reading = read(kept)
    commands, notes = entries_of(reading)
    assert notes == [(1, b'{"a":1}')]
    assert commands.tobytes() == example_commands().tobytes()
    assert end_of(reading).is_closed
    with Journal(tmp_path / "new", durability="sync") as journal:
        journal.begin(JournalPosition())
        journal.append_note(b'{"a":1}')
        journal.append(example_commands())
    assert (tmp_path / "new" / name).read_bytes() == example()
