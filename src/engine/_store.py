"""What keeps a durable engine: its journal, its snapshots, and who writes them beside it."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine._journal import Journal
from engine._journal_records import JournalPosition
from engine._shown import shown
from engine.errors import JournalError

__all__ = ["Keeping", "Store", "join_pieces", "note_pieces"]

NOTE_BYTES: Final = 200_000
"""Of one piece of a note; the journal takes some more."""

SNAPSHOTS_MAX: Final = 1_000_000
"""That stay: each is a file of one directory."""

WHOLE: Final = b"."
BEGIN: Final = b"["
MIDDLE: Final = b"+"
END: Final = b"]"

LOG: Final = logging.getLogger("engine.journal")


class Keeping(NamedTuple):
    """When snapshots are taken by themselves, and how many stay.

    Attributes
    ----------
    every_bytes : int or None
        After so much journal; None for never.
    every_seconds : float or None
        After so long, if anything was appended meanwhile; None for never.
    snapshots : int
        How many are kept, 1 to a million; segments in front of the oldest of them are removed.
    """

    every_bytes: int | None
    every_seconds: float | None
    snapshots: int

    def check(self) -> None:
        """Refuse numbers that make no sense."""
        for name, value in (
            ("snapshot_bytes", self.every_bytes),
            ("snapshot_seconds", self.every_seconds),
        ):
            if value is not None and not isinstance(value, Real):
                raise TypeError(
                    f"{name} was {shown(value)}, of {type(value).__name__}, not a number"
                )
        if self.every_bytes is not None and self.every_bytes < 1:
            raise JournalError(f"snapshot_bytes was {shown(self.every_bytes)}, must be at least 1")
        if self.every_seconds is not None and not self.every_seconds > 0:
            raise JournalError(f"snapshot_seconds was {shown(self.every_seconds)}, must be above 0")
        if not isinstance(self.snapshots, int | np.integer):
            found = type(self.snapshots).__name__
            raise TypeError(f"snapshots was {shown(self.snapshots)}, of {found}, not an integer")
        if not 1 <= self.snapshots <= SNAPSHOTS_MAX:
            limits = f"must be at least 1 and at most {SNAPSHOTS_MAX:,}"
            raise JournalError(f"snapshots was {shown(self.snapshots)}, {limits}")


class Store:
    """The directory of a durable engine while it is open.

    One thread of its own writes snapshots, so that the engine stands still only while its image
    is made. What goes wrong with one that was taken by itself is logged, and told by the next
    `wait` or `close`; the engine goes on.

    Parameters
    ----------
    journal : Journal
        Begun.
    keeping : Keeping
        When snapshots are due.
    take : callable
        Gives where the journal stands and what a snapshot is to hold: meta data and the image.
    """

    def __init__(
        self,
        journal: Journal,
        keeping: Keeping,
        take: Callable[[], tuple[JournalPosition, bytes, NDArray[np.uint8]]],
    ) -> None:
        self._process = os.getpid()
        self.journal = journal
        self.keeping = keeping
        self._take = take
        self._is_writing = threading.Lock()
        self._writer: threading.Thread | None = None
        self._failure: JournalError | None = None
        self._written: str | None = None
        self._plan()

    def note(self, kind: str, value: Mapping[str, Any]) -> None:
        """Append what is no command, as JSON."""
        for piece in note_pieces({kind: value}):
            self.journal.append_note(piece)

    def is_due(self) -> bool:
        """Whether a snapshot is to be taken by itself now."""
        appended = self.journal.bytes_appended
        every = self.keeping.every_bytes
        if every is not None and appended >= self._bytes_before + every:
            return True
        seconds = self.keeping.every_seconds
        if seconds is None or appended == self._bytes_before:
            return False
        return time.monotonic() >= self._time_before + seconds

    def take_due(self) -> None:
        """Take a snapshot unless one is being written; the engine is idle.

        It raises nothing: the command that it is asked behind was applied.
        """
        if self._is_writing.locked():
            return
        try:
            self._begin()
        except Exception as error:
            self._fail("snapshot", error)
            self._plan()

    def snapshot(self) -> str:
        """Take a snapshot and return the name of its file once it is on the device."""
        self._join()
        self._failure = self._written = None  # of one before; what failed was logged
        self._begin()
        self.wait()
        assert self._written is not None, "a snapshot was written or it raised"
        return self._written

    def wait(self) -> None:
        """Return when no snapshot is being written; raise what went wrong with the last one."""
        self._join()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def __del__(self) -> None:
        """Warn, as a file does, of an engine that was dropped open; not in a forked child."""
        if not self.journal.is_closed and self._process == os.getpid():
            warnings.warn(
                f"the engine of {os.fsdecode(self.journal.path)} was dropped without close():"
                " what it was told last may not be on the device",
                ResourceWarning,
                stacklevel=2,
            )

    def close(self) -> None:
        """Wait for the snapshot that is being written, and close the journal."""
        try:
            self.wait()
        finally:
            self.journal.close()

    # What the methods above share.

    def _plan(self) -> None:
        """Count anew until the next snapshot is due."""
        self._bytes_before = self.journal.bytes_appended
        self._time_before = time.monotonic()

    def _join(self) -> None:
        writer = self._writer
        if writer is not None:
            writer.join()
            self._writer = None

    def _fail(self, what: str, error: Exception) -> None:
        LOG.error("%s: %s", what, error)
        if not isinstance(error, JournalError):
            error = JournalError(f"{what}: {error}")
        self._failure = error

    def _begin(self) -> None:
        self._is_writing.acquire()
        try:
            position, meta, image = self._take()
            self._plan()
            self._writer = threading.Thread(
                target=self._write, args=(position, meta, image), name="engine-snapshot"
            )
            self._writer.start()
        except BaseException:
            self._is_writing.release()
            raise

    def _write(self, position: JournalPosition, meta: bytes, image: NDArray[np.uint8]) -> None:
        try:
            # A snapshot never says more than the journal that it is of.
            self.journal.sync()
            self._written = self.journal.write_snapshot(position, meta, image)
            self._failure = None
            self.journal.remove_snapshots(self.keeping.snapshots)
            oldest = self.journal.snapshots()[0]
            self.journal.remove_segments_before(oldest.sequence)
        except Exception as error:
            self._fail(f"snapshot at entry {position.sequence}", error)
        finally:
            self._is_writing.release()


def note_pieces(value: Mapping[str, Any]) -> list[bytes]:
    """Return a note as JSON, in pieces: each begins with a byte that says which one it is.

    Examples
    --------
    >>> note_pieces({"currency": {"name": "USD"}})
    [b'.{"currency":{"name":"USD"}}']
    >>> [piece[:1] for piece in note_pieces({"text": "A" * 500_000})]
    [b'[', b'+', b']']
    """
    text = json.dumps(value, separators=(",", ":")).encode()
    pieces = [text[at : at + NOTE_BYTES] for at in range(0, len(text), NOTE_BYTES)]
    if len(pieces) == 1:
        return [WHOLE + text]
    marks = [BEGIN, *[MIDDLE] * (len(pieces) - 2), END]
    return [mark + piece for mark, piece in zip(marks, pieces, strict=True)]


def join_pieces(before: list[bytes], piece: bytes) -> dict[str, Any] | None:
    """Return the note that a piece ends, None while some is missing.

    Parameters
    ----------
    before
        The pieces of the note that came before; this one is added, or they are dropped. A crash
        may leave a note without its end: it was never acted on, and another one begins.
    piece
        As the journal has it.

    Raises
    ------
    JournalError
        It is no piece of a note, or not of one that has begun.

    Examples
    --------
    >>> before = []
    >>> join_pieces(before, b'[{"currency":{"na')
    >>> join_pieces(before, b']me":"USD"}}'), before
    ({'currency': {'name': 'USD'}}, [])
    >>> join_pieces([b'{"listing'], b'.{"currency":{}}')
    {'currency': {}}
    """
    mark, text = piece[:1], piece[1:]
    if mark in (WHOLE, BEGIN):
        before.clear()
    elif mark not in (MIDDLE, END) or not before:
        raise JournalError(
            f"a note began with {shown(mark)}, must be that of a piece which is due here"
        )
    before.append(text)
    if mark in (BEGIN, MIDDLE):
        return None
    whole = b"".join(before)
    before.clear()
    try:
        note = json.loads(whole)
    except (ValueError, RecursionError) as error:
        raise JournalError(f"a note is no JSON that can be read: {error}") from None
    if not isinstance(note, dict):
        raise JournalError(f"a note was {shown(note)}, must be an object")
    return note
