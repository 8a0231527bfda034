"""What a journal says of itself: where it stands, in what state it was found, its snapshots."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["JournalEnd", "JournalFile", "JournalPosition", "Snapshot"]


class JournalPosition(NamedTuple):
    """Where a journal stands: behind an entry.

    Attributes
    ----------
    sequence : int
        The number of the entry; 0 before the first.
    epoch : int
        Counts how often the directory was opened to write.
    chain : int
        The hash over all entries up to there.
    """

    sequence: int = 0
    epoch: int = 0
    chain: int = 0


class JournalEnd(NamedTuple):
    """How the reading of a journal ended.

    Attributes
    ----------
    finding : str
        "clean"; "torn", what a crash leaves and can be cut; "damaged"; "foreign" or "newer", of
        no journal or of a later version.
    file : str
        The file where it ended, "" where there was none.
    offset : int
        Where in the file, bytes.
    cut_bytes : int
        From there to the end of the file.
    position : JournalPosition
        Behind the last sound entry, with the highest epoch of any file.
    is_closed : bool
        Whether the journal says itself that it was closed there.
    what : str
        What was found and what was expected; "" where it is clean.
    """

    finding: str
    file: str
    offset: int
    cut_bytes: int
    position: JournalPosition
    is_closed: bool
    what: str


class JournalFile(NamedTuple):
    """A segment by its first entry, or a snapshot by the entry that it is behind.

    Attributes
    ----------
    name : str
        The file's name in the directory.
    sequence : int
        The entry.
    epoch : int
        When the file was made, counted in openings.
    """

    name: str
    sequence: int
    epoch: int


class Snapshot(NamedTuple):
    """What a file of a snapshot holds.

    Attributes
    ----------
    position : JournalPosition
        Where the journal stood.
    meta, image : bytes
        The two parts, as they were given.
    """

    position: JournalPosition
    meta: bytes
    image: bytes
