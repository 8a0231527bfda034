"""How a damaged journal is made one that opens: what has to go is put aside, never removed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

from engine import _journal
from engine._journal import Journal
from engine._journal_check import JournalCheck, SnapshotState, check_journal
from engine._journal_records import JournalEnd, JournalPosition
from engine._replay import Progress
from engine.errors import JournalDamageError, JournalFormatError

__all__ = ["Repair", "plan_repair", "repair_journal"]

HEADER_BYTES: Final = 64
"""Of a segment: cut within them it is put aside, as nothing can be appended to it."""
ASIDE: Final = ".aside"


class Repair(NamedTuple):
    """What a repair does to a directory.

    Attributes
    ----------
    aside : tuple of str
        Files that get the name NAME.aside.
    cut : JournalEnd or None
        Where the journal is cut; None where it is not.
    position : JournalPosition
        Behind the last entry that the journal, or the snapshot that it goes on from, has then.
    last : int
        The last entry that is known to have been there; more may have been.
    is_last_known : bool
        Whether there were no more.
    lost_bytes : int
        What is cut off, and the size of the segments put aside that are behind that entry.
    base : SnapshotState or None
        The snapshot that the journal goes on from, where what is in front of it is put aside.
    """

    aside: tuple[str, ...]
    cut: JournalEnd | None
    position: JournalPosition
    last: int
    is_last_known: bool
    lost_bytes: int
    base: SnapshotState | None

    @property
    def lost(self) -> int:
        """How many entries are lost, at least."""
        return self.last - self.position.sequence


def plan_repair(check: JournalCheck) -> Repair | None:
    """Say what a repair would do; None where nothing is to be.

    Everything in front of the damage stays, but where a snapshot from behind it is sound: then
    that is gone on from, because it has all that the entries in front of it did, and what is in
    front of it is put aside.

    Parameters
    ----------
    check
        What was found in the directory.

    Raises
    ------
    JournalFormatError
        A file is of no journal, or of a later version of the format: nothing is cut then.
    JournalDamageError
        No engine can be made of what is left.
    """
    if check.finding in ("foreign", "newer"):
        raise JournalFormatError(f"{check.path}: nothing is repaired: {check.problems[0]}")
    if check.finding == "clean":
        return None
    base = check.base
    if base is None and check.gap:
        raise JournalDamageError(f"{check.path}: can't be repaired: {check.gap}")
    bad = [
        each.file.name
        for each in check.files
        if each.kind == "snapshot" and each.state in ("damaged", "misfit")
    ]
    if base is not None and (check.gap or check.end.position.sequence < base.position.sequence):
        return _plan_from(check, base, bad)
    end = check.end
    if end.finding == "clean":
        return Repair(tuple(bad), None, end.position, end.position.sequence, True, 0, None)
    return _with_cut(check, bad, end, None)


def _plan_from(check: JournalCheck, base: SnapshotState, bad: list[str]) -> Repair:
    """Plan to go on from a snapshot, with the segments that can be read from it on."""
    old = [each.file.name for each in check.snapshots if each.file.sequence < base.file.sequence]
    segments = check.segments
    starts = [each.sequence for each in segments if each.sequence <= base.position.sequence + 1]
    if base.is_reached and starts:
        in_front = [each.name for each in segments if each.sequence < starts[-1]]
        return _with_cut(check, [*bad, *old, *in_front], base.end, base)
    # No segment can be read from it on: what they have behind it is lost.
    behind = [each for each in segments if not starts or each.sequence >= starts[-1]]
    last, is_last_known = _last_entry(check, base.position.sequence, check.end)
    is_lost = last > base.position.sequence or not is_last_known
    return Repair(
        aside=(*bad, *old, *(each.name for each in segments)),
        cut=None,
        position=base.position,
        last=last,
        is_last_known=is_last_known,
        lost_bytes=sum(check.size(each.name) for each in behind) if is_lost else 0,
        base=base,
    )


def _with_cut(
    check: JournalCheck,
    aside: list[str],
    end: JournalEnd,
    base: SnapshotState | None,
) -> Repair:
    """Plan to cut where a reading ended; segments behind that go aside."""
    if end.finding == "clean":
        last = end.position.sequence
        return Repair(tuple(aside), None, end.position, last, True, 0, base)
    names = [each.name for each in check.segments]
    behind = names[names.index(end.file) + 1 :]
    whole = [end.file] if end.offset < HEADER_BYTES else []
    last, is_last_known = _last_entry(check, end.position.sequence, end)
    return Repair(
        aside=(*aside, *whole, *behind),
        cut=end,
        position=end.position,
        last=last,
        is_last_known=is_last_known,
        lost_bytes=end.cut_bytes + sum(map(check.size, behind)),
        base=base,
    )


def _last_entry(check: JournalCheck, at_least: int, end: JournalEnd) -> tuple[int, bool]:
    """Return the last entry that is known to have been, and whether there were no more."""
    known = max([at_least, *(each.position.sequence for each in check.snapshots)])
    newest = check.segments[-1] if check.segments else None
    if newest is None or newest.name == end.file:
        return max(known, end.position.sequence), end.finding == "clean"
    found = _journal.verify(check.path, after=newest.sequence - 1)
    return max(known, found.position.sequence), found.finding == "clean"


def repair_journal(path: Path, progress: Progress = lambda _: None) -> Repair | None:
    """Repair a directory, which no one may have open; None where it is sound.

    Parameters
    ----------
    path
        The directory.
    progress
        Told of the bytes that were read.

    Raises
    ------
    JournalLockedError
        It is open elsewhere.
    JournalError
        It can't be repaired, or not be read or changed.
    """
    with Journal(path) as journal:
        repair = plan_repair(check_journal(path, progress))
        if repair is None:
            return None
        done = set()
        if repair.cut is not None:
            # It puts segments aside itself: those that are behind, each on the device.
            names = [each.name for each in journal.segments()]
            journal.cut(repair.cut)
            done = {*names} - {each.name for each in journal.segments()}
        for name in repair.aside:
            if name not in done:
                (path / name).rename(path / (name + ASIDE))
        _sync(path)
    return repair


def _sync(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
