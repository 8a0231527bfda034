"""What there is in a journal's directory: every file read and checked, nothing changed."""

from __future__ import annotations

import errno
import time
from pathlib import Path
from typing import Final, NamedTuple

from engine import _journal
from engine._journal_records import JournalEnd, JournalFile, JournalPosition
from engine._replay import Progress
from engine.errors import JournalDamageError, JournalError, JournalFormatError

__all__ = [
    "FileState",
    "JournalCheck",
    "SnapshotState",
    "check_journal",
    "require_journal",
    "size_of",
]

LOCK: Final = "LOCK"
LOOKS: Final = 5
PAUSE_SECONDS: Final = 0.05
"""How often is looked again where another process may be at work, and how long after."""


class FileState(NamedTuple):
    """A file of a journal, and what was found in it.

    Attributes
    ----------
    file : JournalFile
        Its name, its entry, its epoch.
    kind : str
        "segment" or "snapshot".
    entries : int or None
        Of a segment, those that were read and are sound; None where it was not read.
    bytes : int
        Its size.
    state : str
        "clean", "torn", "damaged", "foreign", "newer" or "not read", because of what is in front;
        of snapshots also "misfit", of another history than the journal, and "ahead", of more
        entries than the journal has.
    what : str
        What was found there, "" where it is clean.
    offset : int
        Where, bytes.
    """

    file: JournalFile
    kind: str
    entries: int | None
    bytes: int
    state: str
    what: str
    offset: int


class SnapshotState(NamedTuple):
    """A snapshot that is sound, beside the journal that it is of.

    Attributes
    ----------
    file : JournalFile
        Its file.
    position : JournalPosition
        Where it says that the journal stood.
    end : JournalEnd
        How the journal ends when it is read from there on.
    """

    file: JournalFile
    position: JournalPosition
    end: JournalEnd

    @property
    def is_misfit(self) -> bool:
        """Whether the journal was another one at that entry."""
        found = self.end.position
        is_there = found.sequence == self.position.sequence
        return self.end.finding == "damaged" and is_there and found.chain != self.position.chain

    @property
    def is_reached(self) -> bool:
        """Whether the journal goes on from it, or ends with it."""
        return not self.is_misfit and self.end.position.sequence >= self.position.sequence


class JournalCheck(NamedTuple):
    """What was found in a directory.

    Attributes
    ----------
    path : Path
        The directory.
    files : tuple of FileState
        Snapshots, then segments, each oldest first.
    end : JournalEnd
        How the journal ends when all of it is read.
    snapshots : tuple of SnapshotState
        Those that are sound, oldest first.
    """

    path: Path
    files: tuple[FileState, ...]
    end: JournalEnd
    snapshots: tuple[SnapshotState, ...]

    @property
    def segments(self) -> tuple[JournalFile, ...]:
        """The segments, oldest first."""
        return tuple(each.file for each in self.files if each.kind == "segment")

    @property
    def base(self) -> SnapshotState | None:
        """The newest snapshot that is sound and not of another history."""
        fitting = [each for each in self.snapshots if not each.is_misfit]
        return fitting[-1] if fitting else None

    @property
    def position(self) -> JournalPosition:
        """Where the journal stands: behind its last entry, or where its snapshot was taken."""
        base = self.base
        if base is None or self.end.position.sequence >= base.position.sequence:
            return self.end.position
        return base.end.position if base.is_reached else base.position

    def size(self, name: str) -> int:
        """Return the bytes of a file."""
        return next(each.bytes for each in self.files if each.file.name == name)

    @property
    def gap(self) -> str:
        """What is missing in front of the oldest segment, "" where nothing is."""
        segments = self.segments
        first = segments[0].sequence if segments else 1
        has = 0 if self.base is None else self.base.position.sequence
        if first <= has + 1:
            return ""
        where = "and no snapshot is sound" if self.base is None else "behind the snapshot"
        return f"entries {has + 1} to {first - 1} are missing, {where}"

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, a line each: file, offset, what was found."""
        lines = [
            f"{each.file.name}, offset {each.offset}: {each.what}"
            for each in self.files
            if each.what
        ]
        return (*lines, self.gap) if self.gap else tuple(lines)

    @property
    def finding(self) -> str:
        """The worst of all: "clean", "torn", "damaged", "foreign" or "newer"."""
        if self.end.finding in ("foreign", "newer"):
            return self.end.finding
        states = {each.state for each in self.files}
        for state in ("foreign", "newer"):
            if state in states:
                return state
        if self.gap or states & {"damaged", "misfit", "ahead"}:
            return "damaged"
        return self.end.finding

    @property
    def opens(self) -> bool:
        """Whether `Engine.open` goes on from here as it is; a torn end is cut by it.

        Snapshots that are damaged, or none at all, are passed over by it.
        """
        if "newer" in {each.state for each in self.files if each.kind == "snapshot"}:
            return False
        if not self.snapshots:
            return self.end.finding in ("clean", "torn") and not self.gap
        newest = self.snapshots[-1]
        return newest.is_reached and newest.end.finding in ("clean", "torn")


def check_journal(path: Path, progress: Progress = lambda _: None) -> JournalCheck:
    """Read every segment and every snapshot of a directory, which another process may have open.

    Parameters
    ----------
    path
        The directory.
    progress
        Told of the bytes that were read.

    Raises
    ------
    JournalError
        The directory or a file can't be read, or there is no journal in it.
    """
    require_journal(path)
    for _ in range(LOOKS):
        try:
            return _check_once(path, progress)
        except FileNotFoundError:  # removed meanwhile, behind a newer snapshot
            continue
        except JournalError as error:
            if error.errno != errno.ENOENT:
                raise
    return _check_once(path, progress)


def _check_once(path: Path, progress: Progress) -> JournalCheck:
    segments, snapshots = _journal.segments(path), _journal.snapshots(path)
    end = _read_all(path, segments, progress)
    sound, states = [], []
    for file in snapshots:
        state = _snapshot_state(path, file, end)
        states.append(state[0])
        if state[1] is not None:
            sound.append(state[1])
        progress(states[-1].bytes)
    states += _segment_states(path, segments, end)
    return JournalCheck(path, tuple(states), end, tuple(sound))


def require_journal(path: Path) -> None:
    """Refuse a directory in which there is no journal and never was one.

    Raises
    ------
    JournalError
        There is no segment, no snapshot and no LOCK, or the directory can't be read.
    """
    if not (_journal.segments(path) or _journal.snapshots(path) or (path / LOCK).exists()):
        raise JournalError(f"{path}: holds no journal: no segment and no snapshot")


def size_of(path: Path) -> int:
    """Return the bytes of all files of a journal, for progress."""
    files = [path / file.name for file in (*_journal.segments(path), *_journal.snapshots(path))]
    return sum(file.stat().st_size for file in files if file.exists())


def _read_all(path: Path, segments: list[JournalFile], progress: Progress) -> JournalEnd:
    """Read all segments; progress is told of each when it is done."""
    after = max(segments[0].sequence - 1, 0) if segments else 0
    reading = _journal.read(path, after=after)
    place = 0
    try:
        for sequence, _ in reading:
            while place + 1 < len(segments) and segments[place + 1].sequence <= sequence:
                progress((path / segments[place].name).stat().st_size)
                place += 1
    except (JournalDamageError, JournalFormatError):
        pass
    end = reading.end
    assert end is not None, "the journal was read to its end"
    return _settled(path, end)


def _settled(path: Path, end: JournalEnd) -> JournalEnd:
    """Look at a torn end again: where another process is appending, it moves."""
    for _ in range(LOOKS):
        if end.finding != "torn":
            break
        time.sleep(PAUSE_SECONDS)
        before, position = end, end.position
        end = _journal.verify(path, after=position.sequence, chain=position.chain)
        if (end.file, end.offset, end.cut_bytes) == (before.file, before.offset, before.cut_bytes):
            break
    return end


def _snapshot_state(
    path: Path, file: JournalFile, end: JournalEnd
) -> tuple[FileState, SnapshotState | None]:
    size = (path / file.name).stat().st_size
    try:
        position = _journal.read_snapshot(path, file.name).position
    except (JournalDamageError, JournalFormatError) as error:
        state = "damaged"
        if isinstance(error, JournalFormatError):
            state = "newer" if error.offset else "foreign"
        what = str(error).partition(": ")[2]
        return FileState(file, "snapshot", None, size, state, what, error.offset), None
    if end.position.sequence == position.sequence and end.position.chain == position.chain:
        found = SnapshotState(file, position, end)
    else:
        after = _journal.verify(path, after=position.sequence, chain=position.chain)
        found = SnapshotState(file, position, after)
    state, what = "clean", ""
    if found.is_misfit:
        state = "misfit"
        what = (
            f"the chain behind entry {position.sequence} is {position.chain} in the snapshot,"
            f" {found.end.position.chain} in the journal"
        )
    elif not found.is_reached and found.end.finding in ("clean", "torn"):
        state = "ahead"
        what = (
            f"the snapshot was taken behind entry {position.sequence},"
            f" the journal ends at {found.end.position.sequence}"
        )
    return FileState(file, "snapshot", None, size, state, what, 0), found


def _segment_states(path: Path, segments: list[JournalFile], end: JournalEnd) -> list[FileState]:
    states = []
    is_behind = False
    for place, file in enumerate(segments):
        size = (path / file.name).stat().st_size
        if is_behind:
            states.append(FileState(file, "segment", None, size, "not read", "", 0))
            continue
        is_behind = file.name == end.file
        if is_behind:
            entries = end.position.sequence - file.sequence + 1
            states.append(
                FileState(file, "segment", entries, size, end.finding, end.what, end.offset)
            )
            continue
        entries = segments[place + 1].sequence - file.sequence
        states.append(FileState(file, "segment", entries, size, "clean", "", 0))
    return states
