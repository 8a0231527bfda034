"""Directories that a crash, a device or a mistake has left behind: what is loaded, what refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from durable import (
    MODES,
    OIL,
    buy,
    contents,
    crashed,
    figures,
    flip,
    make_newer,
    orders,
    segments,
)

from engine import Engine, JournalDamageError, JournalError, JournalFormatError
from engine._journal import Journal

SEGMENT_HEADER_BYTES = 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "venue"


def over_several_openings(path: Path, count: int, **terms: Any) -> dict[str, Any]:
    """Make a directory with a segment for each of so many openings; return the figures."""
    for number in range(count):
        with Engine.open(path, **terms) as venue:
            if number == 0:
                venue.add_instrument(OIL)
            venue.match(orders(12, first=1 + 100 * number))
            buy(venue, "71.00", "71.01")
            before = figures(venue)
    return before


# -- the tail


@pytest.mark.parametrize("mode", MODES)
def test_a_torn_tail_is_cut_and_told(path: Path, mode: str) -> None:
    """At every byte: what is whole in front of it is there, and nothing else."""
    states = {}
    venue = Engine.open(path, durability=mode)
    (segment,) = segments(path)
    venue.add_instrument(OIL)
    for price in ("71.00", "72.00", "73.00"):
        states[segment.stat().st_size] = figures(venue)
        buy(venue, price)
    states[segment.stat().st_size] = figures(venue)
    killed = crashed(path)
    venue.close()
    (segment,) = segments(killed)
    whole = segment.read_bytes()
    for size in range(min(states), len(whole), 1 if mode == "async" else 9):
        directory = crashed(killed)
        (segment,) = segments(directory)
        segment.write_bytes(whole[:size])
        sound = max(end for end in states if end <= size)
        with Engine.open(directory, durability="async") as again:
            assert figures(again) == states[sound]
            torn = again.recovery[4:7]
            assert torn == (("", 0, 0) if size == sound else (segment.name, sound, size - sound))
            assert bool(again.recovery.torn_what) == (size != sound)
        assert segment.stat().st_size == sound
        if size % 9 == 0:
            with Engine.open(directory, durability="async") as again:
                assert figures(again) == states[sound]
                assert again.recovery.torn_file == ""
        shutil.rmtree(directory)


@pytest.mark.parametrize("tail", [bytes(1), bytes(5_000), b"\xb1BLK", b"x" * 300])
def test_what_no_one_wrote_behind_the_end_is_cut(path: Path, tail: bytes) -> None:
    venue = Engine.open(path)
    venue.add_instrument(OIL)
    buy(venue, "71.00")
    before = figures(venue)
    killed = crashed(path)
    venue.close()
    (segment,) = segments(killed)
    size = segment.stat().st_size
    segment.write_bytes(segment.read_bytes() + tail)
    with Engine.open(killed) as again:
        assert figures(again) == before
        assert again.recovery[4:7] == (segment.name, size, len(tail))


@pytest.mark.parametrize("size", [0, 1, 63, 64])
def test_a_segment_that_was_only_begun_is_no_harm(path: Path, size: int) -> None:
    """Torn in its header it is put aside; and of a new directory it is the whole journal."""
    before = over_several_openings(path, 2)
    with Engine.open(path):
        killed = crashed(path)
    for directory in (killed, crashed(path)):
        last = segments(directory)[-1]
        last.write_bytes(last.read_bytes()[:size])
        with Engine.open(directory) as venue:
            assert figures(venue) == before
            buy(venue, "71.00")
            after = figures(venue)
        with Engine.open(directory) as venue:
            assert figures(venue) == after
    new = path.parent / "new"
    with Engine.open(new):
        begun = crashed(new)
    (segment,) = segments(begun)
    segment.write_bytes(segment.read_bytes()[:size])
    with Engine.open(begun, max_orders=5) as venue:
        assert venue.instruments == ()
        venue.add_instrument(OIL)
    with Engine.open(begun) as venue:
        assert venue._parameters["max_orders"] == 5
        assert venue.instruments == (OIL,)


# -- damage before it


def require_damage(directory: Path, segment: Path) -> JournalDamageError:
    """Require that a directory is refused because of a segment, and left as it is."""
    before = contents(directory)
    with pytest.raises(JournalDamageError) as raised:
        Engine.open(directory)
    error = raised.value
    assert error.file == segment.name
    assert str(error).startswith(f"{directory / segment.name}, offset {error.offset}: ")
    assert contents(directory) == before
    return error


def test_damage_in_front_of_a_later_segment_names_file_and_offset(path: Path) -> None:
    over_several_openings(path, 3)
    second = segments(path)[1]
    sound = second.read_bytes()
    random = Random(2)
    for offset in [0, 8, 63, *random.sample(range(64, len(sound)), 40), len(sound) - 1]:
        second.write_bytes(sound)
        flip(second, offset, 1 << random.randrange(8))
        assert require_damage(path, second).offset <= offset
    second.write_bytes(sound)
    Engine.open(path).close()


def test_damage_in_front_of_what_was_synced_names_file_and_offset(path: Path) -> None:
    """Of one segment: what follows says that what is damaged was on the device."""
    with Engine.open(path, durability="sync") as venue:
        venue.add_instrument(OIL)
        at = [segments(path)[0].stat().st_size]
        for _ in range(6):
            buy(venue, "71.00")
            at.append(segments(path)[0].stat().st_size)
    (segment,) = segments(path)
    flip(segment, at[2] + 50)
    assert require_damage(path, segment).offset == at[2]


def test_a_segment_that_is_missing_is_noticed(path: Path) -> None:
    over_several_openings(path, 4)
    files = segments(path)
    files[1].unlink()
    error = require_damage(path, files[2])
    assert "must be" in str(error)


def test_segments_of_another_journal_are_noticed(path: Path) -> None:
    """Of the same names and numbers: the chain tells."""
    over_several_openings(path, 3)
    other = path.parent / "other"
    for number in range(3):
        with Engine.open(other) as venue:
            if number == 0:
                venue.add_instrument(OIL)
            venue.match(orders(12, first=7 + 100 * number))
            buy(venue, "71.00", "71.01")
    theirs, ours = segments(other)[1], segments(path)[1]
    assert theirs.name == ours.name
    shutil.copy(theirs, ours)
    assert "chain" in str(require_damage(path, ours))


def test_a_block_that_is_there_twice_is_noticed(path: Path) -> None:
    with Engine.open(path) as venue:
        venue.add_instrument(OIL)
        begin = segments(path)[0].stat().st_size
        buy(venue, "71.00")
        end = segments(path)[0].stat().st_size
        buy(venue, "72.00")
        killed = crashed(path)
    (segment,) = segments(killed)
    data = segment.read_bytes()
    segment.write_bytes(data[:end] + data[begin:end] + data[end:])
    assert require_damage(killed, segment).offset == end


# -- what is no journal


def test_a_foreign_file_is_refused(path: Path) -> None:
    over_several_openings(path, 2)
    segment = segments(path)[1]
    segment.write_bytes(b"PK\x03\x04 this is another file" * 30)
    before = contents(path)
    with pytest.raises(JournalFormatError, match="does not begin as a segment does") as raised:
        Engine.open(path)
    assert (raised.value.file, raised.value.offset) == (segment.name, 0)
    assert contents(path) == before


@pytest.mark.parametrize("place", [0, 1])
def test_a_later_version_is_refused(path: Path, place: int) -> None:
    over_several_openings(path, 2)
    segment = segments(path)[place]
    make_newer(segment, SEGMENT_HEADER_BYTES)
    before = contents(path)
    with pytest.raises(JournalFormatError, match="version of the format was 2") as raised:
        Engine.open(path)
    assert raised.value.file == segment.name
    assert contents(path) == before


def test_other_files_in_the_directory_are_left_alone(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("by the operator")
    (path / "journal-old.log").write_text("not by us")
    (path / "deep").mkdir()
    before = over_several_openings(path, 2)
    assert (path / "notes.txt").read_text() == "by the operator"
    assert (path / "journal-old.log").read_text() == "not by us"
    with Engine.open(path) as venue:
        assert figures(venue) == before


def test_a_journal_that_is_not_of_an_engine_is_refused(path: Path) -> None:
    with Journal(path) as journal:
        journal.begin()
        journal.append(orders(3))
    before = contents(path)
    with pytest.raises(JournalError, match="entry 1 is the first that is there, and not what"):
        Engine.open(path)
    assert contents(path) == before


# -- what can't be used


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "venue"
    file.write_text("a file")
    for path in (file, file / "below"):
        with pytest.raises(JournalError, match=str(file)) as raised:
            Engine.open(path)
        assert raised.value.errno != 0
    assert file.read_text() == "a file"


def test_a_lock_that_is_no_file_is_refused(path: Path) -> None:
    (path / "LOCK").mkdir(parents=True)
    with pytest.raises(JournalError, match="LOCK"):
        Engine.open(path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_permission_is_refused(path: Path) -> None:
    before = over_several_openings(path, 1)
    for mode in (0o500, 0o000):
        path.chmod(mode)
        try:
            with pytest.raises(JournalError, match="ermission"):
                Engine.open(path)
        finally:
            path.chmod(0o700)
    with Engine.open(path) as venue:
        assert figures(venue) == before


FULL = """
import json, resource, signal, sys
from pathlib import Path

from durable import OIL, buy, figures, instrument, orders, segments
from engine import Engine, JournalError, JournalFullError, Listing

path, mode, room = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
venue = Engine.open(path, durability=mode, snapshot_bytes=None)
venue.add_instrument(OIL)
resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))
listing = Listing(instruments=[
    instrument(f"OPTION-{number:05}", min_price="0.05", max_price="123456.78", max_quantity=1000)
    for number in range(2_000)
])
told = []
first = 1
refusals = 0
while refusals < 3:
    commands = orders(1 + first % 50, first=first)
    before, sequence = figures(venue), venue.sequence
    try:
        venue.match(commands)
        first += len(commands)
    except JournalFullError as error:
        refusals += 1
        told.append([error.file, error.errno, str(error)])
        assert (figures(venue), venue.sequence) == (before, sequence)
for ask in (lambda: venue.add_listing(listing), venue.snapshot):
    before = figures(venue)
    try:
        ask()
        raise SystemExit("it was not refused")
    except JournalFullError:
        assert figures(venue) == before
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
venue.match(orders(10, first=first))
venue.add_instrument(instrument("GAS"))
venue.snapshot()
buy(venue, "71.00")
result = figures(venue)
venue.close()
print(json.dumps([result["state"], result["image"], told]))
"""


@pytest.mark.parametrize(("mode", "room"), [*((mode, 3_000) for mode in MODES), ("group", 100_000)])
def test_a_full_disk_refuses_and_the_engine_goes_on_when_there_is_room(
    path: Path, mode: str, room: int
) -> None:
    """A limit on the size of files stands for the disk: nothing is applied, nothing lost."""
    pytest.importorskip("resource", reason="limits of file sizes are of POSIX")
    done = subprocess.run(
        [sys.executable, "-c", FULL, path, mode, str(room)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    state, image, told = json.loads(done.stdout)
    assert len(told) == 3
    (segment,) = {file for file, _, _ in told}
    assert segment == segments(path)[0].name
    assert all(errno != 0 and message.startswith("write ") for _, errno, message in told)
    for _ in range(2):
        with Engine.open(path) as venue:
            assert (venue.state_hash(), venue._core.image_hash()) == (state, image)
            assert venue.recovery.torn_file == ""
        for file in path.glob("snapshot-*"):
            file.unlink()
