"""``python -m engine journal``: what it finds, prints and repairs, on sound and broken journals."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import Engine, Instrument, _journal
from engine._cli import main
from engine._journal import Journal, read_snapshot, segments, snapshots
from engine._journal_records import JournalPosition
from engine._restoring import JournalDirectory, begin_restoring
from engine._store import join_pieces, note_pieces
from engine.errors import JournalDamageError, JournalError, JournalFormatError, JournalLockedError

SEGMENT_BYTES = 2_000
HEADER = 64
VERSION_AT = 8
ORDERS = 100
"""Between two snapshots: some segments."""

Run = Callable[..., tuple[int, str, str]]
Change = Callable[[Path], None]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main(["journal", *map(str, arguments)])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return (code, *capsys.readouterr())

    return run


def trade(venue: Engine, orders: int = ORDERS) -> None:
    """Enter orders that leave a book behind, some of which trade."""
    for number in range(orders):
        side = "buy" if number % 2 else "sell"
        venue.submit("OIL", side=side, price=70 + number % 7, quantity=3)


def open_venue(path: Path) -> Engine:
    return Engine.open(path, segment_bytes=SEGMENT_BYTES, snapshots=8)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of an engine that never took a snapshot: segments from the first entry on."""
    path = tmp_path_factory.mktemp("plain") / "venue"
    with open_venue(path) as venue:
        venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        trade(venue)
    with open_venue(path) as venue:
        trade(venue)
    return path


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory, plain: Path) -> Path:
    """The same with two snapshots, entries in front of, between and behind them."""
    path = tmp_path_factory.mktemp("kept") / "venue"
    shutil.copytree(plain, path)
    # Nothing is removed in front of the oldest snapshot: so every place can be damaged.
    with open_venue(path) as venue:
        before = {each.name: (path / each.name).read_bytes() for each in segments(path)}
        venue.snapshot()
        trade(venue)
        venue.snapshot()
        trade(venue, ORDERS // 2)
    for name, data in before.items():
        if not (path / name).exists():
            (path / name).write_bytes(data)
    return path


@pytest.fixture
def directory(plain: Path, tmp_path: Path) -> Path:
    """A copy of the plain one, to be changed."""
    return Path(shutil.copytree(plain, tmp_path / "plain"))


@pytest.fixture
def snapped(kept: Path, tmp_path: Path) -> Path:
    """A copy of that with snapshots, to be changed."""
    return Path(shutil.copytree(kept, tmp_path / "kept"))


def names(path: Path) -> list[str]:
    return [each.name for each in segments(path)]


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x40
    path.write_bytes(data)


def cut_short(path: Path, count: int) -> None:
    path.write_bytes(path.read_bytes()[:-count])


def crc32c(data: bytes) -> int:
    value = 0xFFFF_FFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F6_3B78 if value & 1 else 0)
    return value ^ 0xFFFF_FFFF


def make_newer(path: Path) -> None:
    """Give a segment a later version, and the check that it has then."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, VERSION_AT, 2)
    struct.pack_into("<I", data, HEADER - 4, crc32c(bytes(data[: HEADER - 4])))
    path.write_bytes(data)


def tear(path: Path) -> None:
    """Leave what a crash leaves: the last block is not whole."""
    cut_short(path / names(path)[-1], 50)


def damage(path: Path) -> None:
    """Change a byte in the middle of the second segment."""
    flip(path / names(path)[1], SEGMENT_BYTES // 2)


def make_foreign(path: Path) -> None:
    (path / names(path)[-1]).write_bytes(b"PNG" * 40)


def make_last_newer(path: Path) -> None:
    make_newer(path / names(path)[-1])


CHANGES: dict[str, Change] = {
    "clean": lambda _: None,
    "torn": tear,
    "damaged": damage,
    "foreign": make_foreign,
    "newer": make_last_newer,
}


def found(run: Run, path: Path) -> dict[str, Any]:
    """Return what verify finds, and hold its exit code to it, and it to what opening does."""
    code, output, errors = run("verify", path, "--json")
    figures: dict[str, Any] = json.loads(output)
    assert errors == ""
    assert output.count("\n") == 1
    assert code == (0 if figures["finding"] == "clean" else 1)
    assert bool(figures["problems"]) == bool(code)
    copy = path.parent / f"{path.name}-opened"
    shutil.copytree(path, copy)
    try:
        with Engine.open(copy) as venue:
            assert venue.recovery.sequence == figures["sequence"]
        opens = True
    except JournalError:
        opens = False
    shutil.rmtree(copy)
    assert figures["opens"] == opens
    return figures


def contents(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.iterdir() if each.name != "LOCK"}


def state_of(path: Path, until: int | None = None) -> str:
    """Return the hash of the engine that a directory has, at an entry, from its first one on."""
    restoring = begin_restoring(Engine, JournalDirectory(str(path)), until=0)
    restoring.apply(until=until)
    return str(restoring.venue.state_hash())


# -- verify


def test_a_sound_journal_is_clean(run: Run, kept: Path) -> None:
    figures = found(run, kept)
    assert (figures["finding"], figures["opens"], figures["problems"]) == ("clean", True, [])
    assert (figures["is_closed"], figures["epoch"]) == (True, 3)
    files = figures["files"]
    assert [each["kind"] for each in files[:3]] == ["snapshot", "snapshot", "segment"]
    assert {each["state"] for each in files} == {"clean"}
    entries = [each["entries"] for each in files if each["kind"] == "segment"]
    assert sum(entries) == figures["sequence"] == 2 + 3 * ORDERS + ORDERS // 2
    for each in files:
        assert each["bytes"] == (kept / each["file"]).stat().st_size


@pytest.mark.parametrize("finding", CHANGES)
def test_verify_says_what_there_is(run: Run, directory: Path, finding: str) -> None:
    CHANGES[finding](directory)
    before = contents(directory)
    figures = found(run, directory)
    assert figures["finding"] == finding
    assert figures["opens"] == (finding in ("clean", "torn"))
    if finding != "clean":
        (bad,) = [each for each in figures["files"] if each["state"] == finding]
        assert bad["what"]
        assert figures["problems"] == [f"{bad['file']}, offset {bad['offset']}: {bad['what']}"]
        behind = figures["files"][figures["files"].index(bad) + 1 :]
        assert {each["state"] for each in behind} <= {"not read"}
    assert contents(directory) == before


@pytest.mark.parametrize("finding", CHANGES)
def test_people_see_a_table(run: Run, directory: Path, finding: str) -> None:
    CHANGES[finding](directory)
    code, output, errors = run("verify", directory)
    assert (code, errors) == (0 if finding == "clean" else 1, "")
    assert all(name in output for name in names(directory))
    assert f"found: {finding}\n" in output
    refuses = "Engine.open refuses it" in output
    assert refuses == (finding not in ("clean", "torn"))


def test_damage_behind_which_nothing_is_needed_does_not_keep_it_from_opening(
    run: Run, snapped: Path
) -> None:
    damage(snapped)
    figures = found(run, snapped)
    assert (figures["finding"], figures["opens"]) == ("damaged", True)


def test_a_damaged_snapshot_is_found(run: Run, snapped: Path) -> None:
    newest = snapshots(snapped)[-1].name
    flip(snapped / newest, 200)
    figures = found(run, snapped)
    assert (figures["finding"], figures["opens"]) == ("damaged", True)
    assert figures["problems"] == [f"{newest}, offset 128: the meta part is not what was written"]


def test_a_snapshot_that_is_none_is_found(run: Run, snapped: Path) -> None:
    (snapped / snapshots(snapped)[-1].name).write_bytes(b"PNG" * 99)
    assert found(run, snapped)["finding"] == "foreign"


def test_a_snapshot_of_another_history_is_found(run: Run, snapped: Path, tmp_path: Path) -> None:
    """The same number of entries, and other ones."""
    newest = snapshots(snapped)[-1]
    with Engine.open(tmp_path / "other") as venue:
        venue.add_instrument(Instrument(symbol="GAS", tick_size="0.01", lot_size=1))
        for _ in range(newest.sequence - 2):
            venue.submit("GAS", side="buy", price=1, quantity=1)
        venue.snapshot()
    shutil.copy(tmp_path / "other" / snapshots(tmp_path / "other")[0].name, snapped / newest.name)
    figures = found(run, snapped)
    assert (figures["finding"], figures["opens"]) == ("damaged", False)
    assert [each["state"] for each in figures["files"]][:2] == ["clean", "misfit"]
    assert run("repair", snapped, "--yes")[0] == 0
    assert found(run, snapped)["finding"] == "clean"


def test_entries_that_are_missing_in_front_are_found(run: Run, directory: Path) -> None:
    first, second = segments(directory)[:2]
    (directory / first.name).unlink()
    figures = found(run, directory)
    missing = f"entries 1 to {second.sequence - 1} are missing, and no snapshot is sound"
    assert figures["problems"] == [missing]
    code, output, errors = run("repair", directory, "--yes")
    assert (code, output) == (1, "")
    assert missing in errors


@pytest.mark.parametrize("action", ["verify", "repair", "replay"])
def test_a_directory_without_a_journal_is_refused(run: Run, tmp_path: Path, action: str) -> None:
    code, output, errors = run(action, tmp_path)
    assert (code, output) == (1, "")
    assert "holds no journal" in errors
    code, output, errors = run(action, tmp_path / "none", *(["--yes"] * (action == "repair")))
    assert (code, output) == (1, "")
    assert "No such file or directory" in errors
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_is_open_elsewhere_is_read(run: Run, directory: Path) -> None:
    with open_venue(directory) as venue:
        trade(venue, 3)
        code, output, _ = run("verify", directory, "--json")
        figures = json.loads(output)
        assert (code, figures["sequence"], figures["is_closed"]) == (0, venue.sequence, False)
        replayed = json.loads(run("replay", directory, "--json")[1])
        assert replayed["state_hash"] == venue.state_hash()
        assert f"{venue.sequence} SUBMIT" in run("dump", directory, "--from", venue.sequence)[1]
        tear_free = contents(directory)
        assert run("repair", directory, "--yes")[0] == 0
        assert contents(directory) == tear_free


def test_a_journal_that_is_open_elsewhere_is_not_repaired(run: Run, directory: Path) -> None:
    damage(directory)
    with Journal(directory):
        before = contents(directory)
        code, output, errors = run("repair", directory, "--yes")
        assert (code, output) == (1, "")
        assert "is open elsewhere" in errors
        assert contents(directory) == before


def test_files_that_are_removed_while_they_are_read_are_not_missed(
    run: Run, snapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process takes a snapshot: what is behind it is looked at anew."""
    read, oldest = _journal.read, snapshots(snapped)[0]
    before = len(segments(snapped))

    def read_late(*arguments: Any, **options: Any) -> Any:
        with Journal(snapped) as journal:
            journal.remove_segments_before(oldest.sequence)
        return read(*arguments, **options)

    monkeypatch.setattr(_journal, "read", read_late)
    code, output, errors = run("verify", snapped, "--json")
    assert (code, errors) == (0, "")
    figures = json.loads(output)
    assert len(figures["files"]) == 2 + len(segments(snapped)) < 2 + before


# -- dump


def test_entries_are_printed_by_name(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "venue"
    with Engine.open(path, accounts=True) as venue:
        venue.add_currency("USD", unit="0.01")
        venue.set_account(7)
        venue.deposit(7, "USD", 5)
        commands = np.zeros(2, engine.COMMAND_DTYPE)
        commands["kind"] = [engine.SUBMIT, engine.CANCEL]
        commands["side"], commands["flags"] = engine.SELL, engine.POST_ONLY | engine.HIDDEN
        commands["time_in_force"], commands["timestamp"] = engine.IOC, 2**63
        venue.match(commands)
    code, output, errors = run("dump", path, "--json")
    assert (code, errors) == (0, "")
    entries = [json.loads(line) for line in output.splitlines()]
    assert [entry["sequence"] for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert entries[0]["note"]["engine"]["accounts"] is True
    assert entries[1]["note"]["listing"]["currencies"][0]["name"] == "USD"
    assert entries[2] == {"sequence": 3, "kind": "SET_ACCOUNT", "account": 7}
    assert entries[3] == {"sequence": 4, "kind": "DEPOSIT", "account": 7, "quantity": 500}
    order = {"side": "SELL", "time_in_force": "IOC", "flags": "POST_ONLY|HIDDEN"}
    assert entries[4] == {"sequence": 5, "kind": "SUBMIT", **order, "timestamp": 2**63}
    assert entries[5]["kind"] == "CANCEL"
    lines = run("dump", path)[1].splitlines()
    assert lines[2:4] == ["3 SET_ACCOUNT account=7", "4 DEPOSIT account=7 quantity=500"]
    assert (
        lines[4] == f"5 SUBMIT side=SELL time_in_force=IOC flags=POST_ONLY|HIDDEN timestamp={2**63}"
    )


def test_some_entries_are_printed(run: Run, kept: Path) -> None:
    lines = run("dump", kept, "--from", 150, "--count", 3)[1].splitlines()
    assert [line.split()[0] for line in lines] == ["150", "151", "152"]
    assert run("dump", kept, "--from", 10**6) == (0, "", "")
    assert run("dump", kept, "--count", 0)[0] == 2
    assert run("dump", kept, "--from", "x")[0] == 2


def test_what_can_not_be_read_is_printed_as_it_is(run: Run, tmp_path: Path) -> None:
    """A journal of something else, and members that there are not."""
    commands = np.zeros(1, engine.COMMAND_DTYPE)
    commands["kind"], commands["side"], commands["selector"] = 99, 5, 3
    notes = [b"\xffabc", b".[1]", b"]...", b".{"]
    with Journal(tmp_path) as journal:
        journal.begin()
        journal.append(commands)
        for note in notes:
            journal.append_note(note)
    lines = [json.loads(line) for line in run("dump", tmp_path, "--json")[1].splitlines()]
    assert lines[0] == {"sequence": 1, "kind": 99, "side": 5, "selector": 3}
    assert [line["note"] for line in lines[1:]] == [note.hex() for note in notes]
    assert run("verify", tmp_path)[0] == 0
    assert run("replay", tmp_path)[0] == 1


def test_a_dump_tells_of_all_that_is_sound(run: Run, directory: Path) -> None:
    _, whole, _ = run("dump", directory)
    tear(directory)
    code, torn, errors = run("dump", directory)
    assert code == 0
    assert whole.startswith(torn)
    assert len(whole.splitlines()) == len(torn.splitlines()) + 1
    assert f"{names(directory)[-1]}, offset " in errors
    damage(directory)
    code, damaged, errors = run("dump", directory)
    assert code == 1
    assert torn.startswith(damaged)
    assert segments(directory)[1].sequence <= len(damaged.splitlines()) < len(torn.splitlines())
    assert f"{names(directory)[1]}, offset " in errors


# -- repair


def test_a_sound_journal_is_left_alone(run: Run, kept: Path) -> None:
    before = contents(kept)
    assert run("repair", kept, "--yes") == (0, "clean: nothing is to be repaired\n", "")
    assert json.loads(run("repair", kept, "--json")[1])["is_needed"] is False
    assert contents(kept) == before


@pytest.mark.parametrize("finding", ["foreign", "newer"])
def test_what_is_not_of_this_format_is_left_alone(run: Run, directory: Path, finding: str) -> None:
    CHANGES[finding](directory)
    before = contents(directory)
    code, output, errors = run("repair", directory, "--yes")
    assert (code, output) == (1, "")
    assert names(directory)[-1] in errors
    assert contents(directory) == before
    with pytest.raises(JournalFormatError):
        Engine.open(directory)


@pytest.mark.parametrize("change", [tear, damage])
def test_repair_says_what_it_would_do(run: Run, directory: Path, change: Change) -> None:
    change(directory)
    before = contents(directory)
    code, output, errors = run("repair", directory)
    assert (code, errors) == (1, "")
    assert "nothing was changed: --yes does it" in output
    planned = json.loads(run("repair", directory, "--json")[1])
    assert (planned["is_needed"], planned["is_done"]) == (True, False)
    assert contents(directory) == before
    done = json.loads(run("repair", directory, "--json", "--yes")[1])
    assert done == planned | {"is_done": True}
    figures = found(run, directory)
    assert (figures["finding"], figures["sequence"]) == ("clean", done["sequence"])


@pytest.mark.parametrize(
    ("place", "offset"),
    [
        (0, 3),
        (0, 40),
        (0, HEADER),
        (0, 300),
        (1, 40),
        (1, HEADER + 8),
        (2, 1_000),
        (-1, 40),
        (-1, 300),
    ],
)
def test_nothing_in_front_of_the_damage_is_lost(
    run: Run, directory: Path, plain: Path, place: int, offset: int
) -> None:
    file = segments(directory)[place]
    flip(directory / file.name, offset)
    before = contents(directory)
    done = json.loads(run("repair", directory, "--json", "--yes")[1])
    assert done["file"] == file.name
    assert done["sequence"] >= file.sequence - 1
    assert found(run, directory)["finding"] == "clean"
    # All behind it is there under another name, as it was.
    after = contents(directory)
    for name in done["aside"]:
        assert after[f"{name}.aside"] == before[name]
    for each in segments(plain):
        assert each.name in after or f"{each.name}.aside" in after
    last = sum(1 for _ in run("dump", plain)[1].splitlines())
    is_last = place == -1
    assert done["is_more_possible"] == is_last
    assert done["entries_lost"] == (0 if is_last else last - done["sequence"])
    lost = sum(len(before[name]) for name in done["aside"] if name != file.name)
    assert done["bytes_lost"] == lost + len(before[file.name]) - done["offset"]
    with Engine.open(directory) as venue:
        assert venue.state_hash() == state_of(plain, done["sequence"])
        assert venue.recovery.torn_file == ""
        venue.add_instrument(Instrument(symbol="GAS", tick_size="0.01", lot_size=1))
    assert found(run, directory)["finding"] == "clean"


def test_a_snapshot_behind_the_damage_is_gone_on_from(run: Run, snapped: Path, kept: Path) -> None:
    """Its segments begin behind the damage: nothing is lost at all."""
    damage(snapped)
    whole = json.loads(run("replay", kept, "--json")[1])
    done = json.loads(run("repair", snapped, "--json", "--yes")[1])
    assert (done["entries_lost"], done["bytes_lost"], done["file"]) == (0, 0, "")
    assert done["snapshot"] == snapshots(kept)[-1].name
    figures = found(run, snapped)
    assert (figures["finding"], figures["sequence"]) == ("clean", whole["sequence"])
    assert json.loads(run("replay", snapped, "--json")[1])["state_hash"] == whole["state_hash"]
    assert {*contents(kept)} == {name.removesuffix(".aside") for name in contents(snapped)}


def test_damage_in_the_segment_of_a_snapshot_loses_what_is_behind_that(
    run: Run, snapped: Path, kept: Path
) -> None:
    """The damage is in front of the snapshot, and no segment begins between the two."""
    newest = snapshots(snapped)[-1]
    inside = [each for each in segments(snapped) if each.sequence <= newest.sequence][-1]
    flip(snapped / inside.name, HEADER + 10)
    if inside.sequence == newest.sequence + 1:
        pytest.fail("the snapshot should be in the middle of a segment")
    figures = found(run, snapped)
    assert (figures["finding"], figures["opens"]) == ("damaged", False)
    done = json.loads(run("repair", snapped, "--json", "--yes")[1])
    assert (done["sequence"], done["snapshot"]) == (newest.sequence, newest.name)
    last = json.loads(run("replay", kept, "--json")[1])["sequence"]
    assert (done["entries_lost"], done["is_more_possible"]) == (last - newest.sequence, False)
    assert names(snapped) == []
    figures = found(run, snapped)
    assert (figures["finding"], figures["sequence"]) == ("clean", newest.sequence)
    with Engine.open(snapped) as venue:
        assert venue.state_hash() == state_of(kept, newest.sequence)
        assert venue.recovery.epoch > newest.epoch
        trade(venue, 2)
        state = venue.state_hash()
    assert found(run, snapped)["sequence"] == newest.sequence + 2
    with Engine.open(snapped) as venue:
        assert venue.state_hash() == state


def test_a_damaged_snapshot_is_put_aside(run: Run, snapped: Path) -> None:
    newest = snapshots(snapped)[-1].name
    flip(snapped / newest, 200)
    whole = json.loads(run("replay", snapped, "--json")[1])
    assert len(whole["passed_over"]) == 1
    done = json.loads(run("repair", snapped, "--json", "--yes")[1])
    assert (done["aside"], done["entries_lost"]) == ([newest], 0)
    assert found(run, snapped)["finding"] == "clean"
    after = json.loads(run("replay", snapped, "--json")[1])
    assert after["state_hash"] == whole["state_hash"]
    assert after["passed_over"] == []


def test_repair_tells_people_what_is_lost(run: Run, directory: Path) -> None:
    damage(directory)
    code, output, _ = run("repair", directory, "--yes")
    assert code == 0
    assert "cut there: " in output
    assert output.count("put aside: ") == len([*directory.glob("*.aside")]) > 0
    assert output.endswith("done\n")


# -- replay


def test_replay_makes_the_engine_again(run: Run, kept: Path) -> None:
    before = contents(kept)
    figures = json.loads(run("replay", kept, "--json")[1])
    assert figures["snapshot"] == snapshots(kept)[-1].name
    assert figures["entries"] == figures["commands"] == ORDERS // 2
    assert figures["state_hash"] == state_of(kept)
    whole = json.loads(run("replay", kept, "--json", "--from-start")[1])
    assert (whole["snapshot"], whole["commands"] + 2) == ("", whole["entries"])
    for name in ("state_hash", "image_hash", "orders", "reports", "trades", "top_of_book"):
        assert whole[name] == figures[name]
    assert figures["trades"] > 0
    assert figures["entries_per_second"] > 0
    (top,) = figures["top_of_book"]
    assert (top["symbol"], top["trades"]) == ("OIL", figures["trades"])
    assert contents(kept) == before
    code, output, errors = run("replay", kept)
    assert (code, errors) == (0, "")
    assert figures["state_hash"] in output


@pytest.mark.parametrize("until", [1, 2, 57, 300])
def test_replay_stops_behind_an_entry(run: Run, kept: Path, until: int) -> None:
    figures = json.loads(run("replay", kept, "--json", "--until", until)[1])
    assert figures["sequence"] == until
    assert figures["state_hash"] == state_of(kept, until)
    older = [each for each in snapshots(kept) if each.sequence <= until]
    assert figures["snapshot"] == (older[-1].name if older else "")


def test_replay_is_held_to_what_there_is(run: Run, directory: Path) -> None:
    code, _, errors = run("replay", directory, "--until", 10**6)
    assert code == 1
    assert "--until was 1000000, the journal ends at entry " in errors
    damage(directory)
    code, output, errors = run("replay", directory)
    assert (code, output) == (1, "")
    assert f"{names(directory)[1]}, offset " in errors
    until = segments(directory)[1].sequence
    assert run("replay", directory, "--until", until)[0] == 0


def test_replay_stops_in_front_of_a_torn_end(run: Run, directory: Path) -> None:
    tear(directory)
    figures = json.loads(run("replay", directory, "--json")[1])
    assert figures["torn"]
    assert figures["sequence"] == json.loads(run("verify", directory, "--json")[1])["sequence"]
    assert "torn end" in run("replay", directory)[1]


def test_replay_needs_the_entries_that_it_is_asked_for(run: Run, tmp_path: Path) -> None:
    """Those in front of the oldest snapshot that stays are removed."""
    with Engine.open(tmp_path / "venue", segment_bytes=SEGMENT_BYTES, snapshots=1) as venue:
        venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        trade(venue)
        venue.snapshot()
    oldest = segments(tmp_path / "venue")[0]
    assert oldest.sequence > 1
    assert found(run, tmp_path / "venue")["finding"] == "clean"
    assert run("replay", tmp_path / "venue")[0] == 0
    for arguments in (["--from-start"], ["--until", 5]):
        code, output, errors = run("replay", tmp_path / "venue", *arguments)
        assert (code, output) == (1, "")
        assert f"the oldest segment began at entry {oldest.sequence}" in errors


def test_a_copy_that_is_made_in_order_is_whole(run: Run, snapped: Path, tmp_path: Path) -> None:
    """Snapshots, then the segments that there are then, while trading goes on."""
    copy = tmp_path / "copy"
    copy.mkdir()
    with open_venue(snapped) as venue:
        venue.snapshot()
        for name in [each.name for each in snapshots(snapped)]:
            shutil.copy(snapped / name, copy / name)
        for name in names(snapped):
            trade(venue, 7)
            shutil.copy(snapped / name, copy / name)
        last = venue.sequence
    figures = found(run, copy)
    assert figures["finding"] == "clean"
    assert snapshots(copy)[-1].sequence <= figures["sequence"] < last


# -- the durable engine, where these commands found it wrong


def test_a_journal_that_ends_in_front_of_its_snapshot_is_refused(run: Run, snapped: Path) -> None:
    """Going on behind its end would number entries anew that the snapshot has."""
    newest = snapshots(snapped)[-1]
    for each in segments(snapped):
        if each.sequence > newest.sequence:
            (snapped / each.name).unlink()
    last = segments(snapped)[-1].name
    cut_short(snapped / last, (snapped / last).stat().st_size - HEADER)
    figures = found(run, snapped)
    assert (figures["finding"], figures["opens"]) == ("damaged", False)
    assert "ahead" in {each["state"] for each in figures["files"]}
    with pytest.raises(JournalDamageError, match=f"must reach {newest.sequence}"):
        Engine.open(snapped)
    done = json.loads(run("repair", snapped, "--json", "--yes")[1])
    assert (done["sequence"], done["entries_lost"]) == (newest.sequence, 0)
    assert found(run, snapped)["finding"] == "clean"


def test_epochs_go_on_where_only_a_snapshot_is_left(snapped: Path) -> None:
    for name in names(snapped):
        (snapped / name).unlink()
    newest = snapshots(snapped)[-1]
    with Engine.open(snapped) as venue:
        assert venue.recovery.epoch == newest.epoch + 1


def append_piece(path: Path, piece: bytes) -> None:
    """Add a piece of a note to the end of a journal."""
    with Journal(path) as journal:
        reading = journal.read()
        for _ in reading:
            pass
        assert reading.end is not None
        journal.begin(reading.end.position)
        journal.append_note(piece)


def test_a_note_of_which_the_end_is_missing_is_dropped(tmp_path: Path) -> None:
    """A crash between two pieces of a listing: it was not added, and later ones are read."""
    instruments = [Instrument(symbol=f"I{n}", tick_size="0.01", lot_size=1) for n in range(3)]
    with Engine.open(tmp_path / "a") as venue:
        venue.add_instrument(instruments[0])
    append_piece(tmp_path / "a", note_pieces({"listing": {"text": "A" * 500_000}})[0])
    with Engine.open(tmp_path / "a") as venue:
        assert [each.symbol for each in venue.instruments] == ["I0"]
        venue.add_instrument(instruments[1])
    with Engine.open(tmp_path / "a") as venue:
        venue.add_instrument(instruments[2])
        assert [each.symbol for each in venue.instruments] == ["I0", "I1", "I2"]


@pytest.mark.parametrize("note", [b"", b"x{}", b"]{}", b".{", b".[]", b".\xff"])
def test_a_note_of_something_else_is_refused(note: bytes) -> None:
    with pytest.raises(JournalError):
        join_pieces([], note)


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (5, "Listing was 5, must be a table of fields"),
        ({"instruments": 5}, "instruments was 5, of int, must be a list of Instrument"),
        ({"instruments": [5]}, r"instruments\[0\] was 5, must be an Instrument"),
        (
            {"instruments": [{"symbol": "B", "tick_size": "1", "lot_size": "1"}, {"tick_size": 1}]},
            r"instruments\[1\]: Instrument: symbol, lot_size must be told",
        ),
        ({"instruments": [{"symbol": 5, "tick_size": "1", "lot_size": "1"}]}, "symbol was 5"),
        ({"instruments": [{"symbol": "A", "tick_size": "1", "lot_size": "1"}]}, "symbol was 'A'"),
    ],
)
def test_a_listing_that_cant_be_added_is_told_with_its_entry(
    tmp_path: Path, listed: object, told: str
) -> None:
    with Engine.open(tmp_path / "a") as venue:
        venue.add_instrument(Instrument(symbol="A", tick_size=1, lot_size=1))
    (piece,) = note_pieces({"listing": listed})
    append_piece(tmp_path / "a", piece)
    with pytest.raises(JournalError, match=f"^entry 3 lists what can't be added: .*{told}"):
        Engine.open(tmp_path / "a")


@pytest.mark.parametrize("made_with", [5, {}, {"max_orders": 1, "colour": "blue"}])
def test_an_engine_of_other_parameters_is_none(tmp_path: Path, made_with: object) -> None:
    (piece,) = note_pieces({"engine": made_with})
    with Journal(tmp_path / "a") as journal:
        journal.begin(JournalPosition())
        journal.append_note(piece)
    with pytest.raises(JournalError, match=r"^the engine was made with .*, not max_orders, "):
        Engine.open(tmp_path / "a")


def test_a_directory_is_read_while_it_is_held(kept: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(kept, tmp_path / "held"))
    with Journal(path) as journal:
        assert segments(path) == journal.segments()
        assert snapshots(path) == journal.snapshots()
        name = snapshots(path)[0].name
        assert read_snapshot(path, name) == journal.read_snapshot(name)
        with pytest.raises(JournalLockedError):
            Engine.open(path)
        with pytest.raises(JournalError, match="No such file"):
            read_snapshot(path, name.replace(".snap", ".snup"))


def test_progress_is_told_while_commands_are_applied(tmp_path: Path) -> None:
    """Without a note between them, too."""
    commands = np.zeros(270_000, engine.COMMAND_DTYPE)
    commands["kind"] = engine.ADVANCE_TIME
    commands["timestamp"] = np.arange(len(commands))
    with Engine.open(tmp_path, durability="async") as venue:
        venue.match(commands, detail="trades")
    told: list[int] = []
    with Engine.open(tmp_path, progress=told.append) as venue:
        assert told == sorted(told)
        assert 1 < max(told) <= venue.sequence
