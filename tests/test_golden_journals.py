"""Journals that were written once are read for ever."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from durable import contents, orders, segments
from golden_journals import make, told

from engine import Engine
from engine._journal import verify

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = sorted(path.name for path in GOLDEN.glob("journal-v*"))
NAMES = ("whole", "torn")
each = pytest.mark.parametrize(
    ("version", "name"), [(version, name) for version in VERSIONS for name in NAMES]
)


@each
def test_what_a_version_wrote_is_what_it_was(version: str, name: str, tmp_path: Path) -> None:
    expected = json.loads((GOLDEN / version / "expected.json").read_text())[name]
    copy = Path(shutil.copytree(GOLDEN / version / name, tmp_path / name))
    with Engine.open(copy) as venue:
        assert told(venue) == expected
        venue.check_invariants()
        venue.match(orders(10, first=5_000))
        after = venue.state_hash(), venue._core.image_hash()
    with Engine.open(copy) as venue:
        assert (venue.state_hash(), venue._core.image_hash()) == after


@each
def test_without_its_snapshots_it_is_the_same(version: str, name: str, tmp_path: Path) -> None:
    expected = json.loads((GOLDEN / version / "expected.json").read_text())[name]
    copy = Path(shutil.copytree(GOLDEN / version / name, tmp_path / name))
    for file in copy.glob("snapshot-*"):
        file.unlink()
    with Engine.open(copy) as venue:
        assert told(venue) == {**expected, "snapshot": ""}


def test_they_are_as_they_are_said_to_be() -> None:
    assert VERSIONS[0] == "journal-v1"
    whole, torn = (GOLDEN / "journal-v1" / name for name in NAMES)
    assert len(segments(whole)) == 2
    assert len(list(whole.glob("snapshot-*"))) == 1
    assert verify(whole).finding == "clean"
    assert verify(torn).finding == "torn"
    size = sum(path.stat().st_size for path in GOLDEN.glob("journal-v1/*/*"))
    assert 2_000 < size < 30_000


def test_this_version_writes_the_same_bytes(tmp_path: Path) -> None:
    """Where it no longer does, the format has another number, and its own golden journals."""
    make(tmp_path)
    newest = GOLDEN / VERSIONS[-1]
    for name in NAMES:
        for file, data in contents(newest / name).items():
            assert (tmp_path / name / file).read_bytes() == data, file
    expected = (newest / "expected.json").read_text()
    assert (tmp_path / "expected.json").read_text() == expected
