"""Restarts through files: an engine that goes on from its directory is one that never stopped.

At any point the directory is copied as it is, which is what a process that is killed would leave;
what is loaded from the copy must say the same of all that follows, byte for byte.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Literal

import numpy as np
import pytest
from durable import MODES, figures
from storms import storm
from streams import Stream, random_stream
from watched_streams import watched_stream
from wide_streams import wide_stream

from engine import Engine, Instrument
from engine._core import Core
from engine._journal import Journal
from engine._journal_records import JournalPosition
from engine._recovery import attach, replay

Mode = Literal["async", "group", "sync"]
MODE_NAMES: tuple[Mode, ...] = ("async", "group", "sync")

KINDS: dict[str, Callable[[int, int], Stream]] = {
    "random": random_stream,
    "wide": wide_stream,
    "storm": storm,
    "watched": watched_stream,
}
SHORT = [
    *(("random", seed) for seed in range(5)),
    *(("wide", seed) for seed in range(2)),
    *(("storm", seed) for seed in range(2)),
    *(("watched", seed) for seed in range(2)),
]
LONG = [
    *(("random", seed) for seed in range(100, 116)),
    *(("wide", seed) for seed in range(100, 103)),
    *(("storm", seed) for seed in range(100, 106)),
    *(("watched", seed) for seed in range(100, 106)),
]


class Never:
    """Takes no snapshot by itself."""

    def is_due(self) -> bool:
        return False

    def take_due(self) -> None:
        raise AssertionError("no snapshot is due")


class Kept:
    """A core in the setting of a stream, and its directory, while it is open."""

    def __init__(self, stream: Stream, path: Path, mode: Mode, segment_bytes: int = 2_000) -> None:
        self.path = path
        self.core: Core = stream.new_core(lambda **terms: Core(resend_window=100, **terms))
        self.journal = Journal(path, durability=mode, segment_bytes=segment_bytes)
        position = JournalPosition()
        files = self.journal.snapshots()
        if files:
            snapshot = self.journal.read_snapshot(files[-1].name)
            assert snapshot.meta == b"of a stream"
            self.core.load(snapshot.image)
            position = snapshot.position
        reading = self.journal.read(after=position.sequence, chain=position.chain)
        while replay(self.core, reading) is not None:
            pass
        assert reading.end is not None
        assert reading.end.finding == "clean", reading.end
        self.journal.begin(reading.end.position)
        attach(self.core, self.journal, Never())

    def take_snapshot(self) -> None:
        """Write one, and remove what is no more needed."""
        self.journal.sync()
        position = self.journal.position
        self.journal.write_snapshot(position, b"of a stream", self.core.save().tobytes())
        self.journal.remove_snapshots(1)
        self.journal.remove_segments_before(position.sequence)

    def copied(self, to: Path) -> Path:
        """Return a copy of the directory as it is."""
        return Path(shutil.copytree(self.path, to))


@pytest.mark.parametrize(("kind", "seed"), SHORT)
def test_a_crash_behind_every_command_changes_no_byte(kind: str, seed: int, tmp_path: Path) -> None:
    """Behind each the directory is loaded anew; now and then from a snapshot, in every mode."""
    random = Random(f"{kind} {seed}")
    stream = KINDS[kind](seed, 40)
    mode = MODE_NAMES[seed % 3]
    commands = stream.commands
    never = stream.new_core(lambda **terms: Core(resend_window=100, **terms))
    ends, images = [], []
    for at in range(len(commands)):
        ends.append(never.match(commands[at : at + 1]).tobytes())
        images.append(never.image_hash())
    with_journal = Kept(stream, tmp_path / "open", mode)
    for at in range(len(commands)):
        assert with_journal.core.match(commands[at : at + 1]).tobytes() == ends[at], at
        if random.random() < 0.15:
            with_journal.take_snapshot()
        copy = with_journal.copied(tmp_path / "copy")
        restarted = Kept(stream, copy, "async")
        assert restarted.core.image_hash() == images[at], at
        rest = restarted.core.match(commands[at + 1 :])
        assert rest.tobytes() == b"".join(ends[at + 1 :]), at
        assert restarted.core.image_hash() == images[-1]
        restarted.journal.close()
        shutil.rmtree(copy)
    assert with_journal.core.counters() == never.counters()
    with_journal.core.check_invariants()
    with_journal.journal.close()


@pytest.mark.parametrize(("kind", "seed"), LONG)
def test_one_life_after_another_is_one_life(kind: str, seed: int, tmp_path: Path) -> None:
    """Each goes on from a copy of the directory of the one before, at points that are drawn."""
    random = Random(f"{kind} {seed}")
    stream = KINDS[kind](seed, 300)
    commands = stream.commands
    never = stream.new_core(lambda **terms: Core(resend_window=100, **terms))
    whole = never.match(commands).tobytes()
    said, at, life = [], 0, 0
    kept = Kept(stream, tmp_path / "0", random.choice(MODE_NAMES), random.choice((500, 10**6)))
    while at < len(commands):
        end = at + random.choice((1, 2, 17, 60))
        said.append(kept.core.match(commands[at:end]).tobytes())
        at = end
        draw = random.random()
        if draw < 0.3:
            kept.take_snapshot()
        if draw < 0.5:
            life += 1
            path = kept.copied(tmp_path / str(life))
            if draw < 0.4:
                kept.journal.close()
                path = kept.path
            kept = Kept(stream, path, random.choice(MODE_NAMES), random.choice((500, 10**6)))
    assert b"".join(said) == whole
    assert kept.core.image_hash() == never.image_hash()
    assert kept.core.state_hash() == never.state_hash()
    assert kept.core.counters() == never.counters()
    kept.core.check_invariants()
    kept.journal.close()


@pytest.mark.parametrize("detail", ["all", "trades"])
@pytest.mark.parametrize("seed", range(3))
def test_batches_and_resends_are_replayed_as_they_were(
    seed: int, detail: Literal["all", "trades"], tmp_path: Path
) -> None:
    stream = random_stream(300 + seed, 300)
    again = np.concatenate([stream.commands, stream.commands[-100:], stream.commands[:50]])
    kept = Kept(stream, tmp_path / "open", "group")
    for at in range(0, len(again), 70):
        kept.core.match(again[at : at + 70], detail=detail)
    copy = Kept(stream, kept.copied(tmp_path / "copy"), "sync")
    assert copy.core.image_hash() == kept.core.image_hash()
    assert copy.core.counters() == kept.core.counters()
    for journal in (kept.journal, copy.journal):
        journal.close()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(4))
def test_a_venue_of_many_lives_is_one_that_never_stopped(
    seed: int, mode: str, tmp_path: Path
) -> None:
    """`Engine.open` itself: snapshots by themselves, instruments on the way, copies of it open."""
    random = Random(f"lives {seed}")
    commands = random_stream(2 * seed + 1, 600).commands
    commands = commands[commands["kind"] < 9]
    terms: dict[str, Any] = {
        "durability": mode,
        "snapshot_bytes": random.choice((700, 3_000, 10**9)),
        "segment_bytes": random.choice((700, 10**6)),
        "snapshots": random.choice((1, 2, 3)),
    }
    never = Engine(resend_window=65_536)
    path = tmp_path / "0"
    venue = Engine.open(path, **terms)
    opened = [venue]
    at = 0
    while at < len(commands):
        draw = random.random()
        if draw < 0.1 and len(never.instruments) < 3:
            number = len(never.instruments)
            added = Instrument(symbol=f"I{number}", tick_size=1, lot_size=1)
            for each in (never, venue):
                each.add_instrument(added)
        elif draw < 0.2:
            venue.snapshot()
        elif draw < 0.45:
            venue._store.wait()  # a copy made meanwhile is no moment of the directory
            path = Path(shutil.copytree(path, tmp_path / str(len(opened))))
            venue = Engine.open(path, **terms)
            opened.append(venue)
            assert figures(venue) == figures(never)
        end = at + random.choice((1, 2, 30))
        assert venue.match(commands[at:end]).tobytes() == never.match(commands[at:end]).tobytes()
        at = end
    assert figures(venue) == figures(never)
    assert len(opened) > 2
    for each in opened:
        each.close()
