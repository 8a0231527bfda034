"""The durable engine: `Engine.open`, and what such an engine does beside trading."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine._journal import Journal
from engine._journal_records import JournalEnd, JournalPosition
from engine._listed import Listed
from engine._members import says_keywords
from engine._recovery import Held, attach
from engine._restoring import Restoring, begin_restoring
from engine._shown import check_callable
from engine._store import Keeping, Store
from engine.currency import Currency
from engine.errors import JournalError
from engine.instrument import Instrument
from engine.listing import Listing

__all__ = ["Durable", "Recovery"]

PathLike: TypeAlias = str | os.PathLike[str]

META_VERSION: Final = 1


class Recovery(NamedTuple):
    """What was found in a directory when it was opened.

    Attributes
    ----------
    snapshot : str
        The file of the snapshot that the engine was loaded from, "" for none.
    snapshot_sequence : int
        The entry behind which it was taken.
    sequence : int
        The last entry of the journal; those between the two were applied anew.
    epoch : int
        How often the directory was opened, this time included.
    torn_file : str
        The segment of which the end was cut, "" for none: what had not been written whole.
    torn_offset, torn_bytes : int
        Where it was cut, and how many bytes that were.
    torn_what : str
        What was found there.
    passed_over : tuple of str
        Newer snapshots that are damaged, each with what is wrong; they are NAME.aside now.
    """

    snapshot: str
    snapshot_sequence: int
    sequence: int
    epoch: int
    torn_file: str
    torn_offset: int
    torn_bytes: int
    torn_what: str
    passed_over: tuple[str, ...]


class Durable(Listed):
    """The part of `Engine` that keeps a journal and snapshots; the rest knows nothing of it.

    An engine that was made by its constructor is in memory: nothing here is for it but `close`.
    """

    __slots__ = ("_parameters", "_recovery", "_store")

    _parameters: dict[str, Any]
    _recovery: Recovery | None
    _store: Store | None

    def _set_up(self, **parameters: int) -> None:
        """Note what the engine was made with: `open` makes it so again."""
        self._parameters = parameters
        self._recovery = None
        self._store = None

    @classmethod
    @says_keywords
    def open(
        cls,
        path: PathLike,
        *,
        durability: str = "group",
        group_bytes: int = 4 << 20,
        group_ms: float = 10,
        segment_bytes: int = 64 << 20,
        snapshot_bytes: int | None = 1 << 30,
        snapshot_seconds: float | None = None,
        snapshots: int = 2,
        clock: Callable[[], int] | None = None,
        max_orders: int | None = None,
        max_cascade: int | None = None,
        accounts: bool | None = None,
        resend_window: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> Self:
        """Return an engine that outlives its process: what a directory keeps, or a new one.

        Every command is appended to a journal before it is applied, so that after a crash of the
        process, or of the machine as the mode promises, the engine is what it was when it last
        answered. It is the newest snapshot that is sound, and all commands behind it applied anew.

        Parameters
        ----------
        path
            The directory; made if there is none. One process at a time has it open.
        durability
            What a call that has returned promises: "sync", that the device has its command;
            "group", that the operating system has it, and that no more than `group_bytes` are not
            on the device, nor any for longer than `group_ms`; "async", that the operating system
            has it. A process that is killed loses nothing in any mode.
        group_bytes, group_ms
            Bytes and milliseconds, of these a day at most.
        segment_bytes
            Of a journal file, about.
        snapshot_bytes, snapshot_seconds
            A snapshot is taken by itself when so much was appended since the last one, or so much
            time has passed; None for never.
        snapshots
            How many stay, 1 to a million. Journal files from before the oldest of them are removed.
        clock
            As for `Engine`; what it stamps is what the journal has.
        max_orders, max_cascade, accounts, resend_window
            As for `Engine`, of a new directory; `resend_window` is 65,536 there. An engine that is
            there already has its own, and to ask for others is an error.
        progress
            Called now and then while commands are applied anew, with the number of the last one.

        Raises
        ------
        JournalLockedError
            The directory is open elsewhere.
        JournalDamageError
            Something in front of the end of the journal is not what was written: the message names
            file and offset. `python -m engine journal` looks at it and repairs it.
        JournalFormatError
            A file is of something else, or of a later version.
        JournalError
            The directory can't be used, or holds something else; no segment has a first entry.
        EngineError
            A parameter is another one than that of the engine there.

        Examples
        --------
        >>> from engine import Engine, Instrument
        >>> with Engine.open("venue") as venue:
        ...     _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        ...     report = venue.submit("OIL", side="buy", price="71.25", quantity=3)
        >>> with Engine.open("venue", durability="sync") as venue:
        ...     venue.best_bid("OIL"), venue.recovery.sequence, venue.recovery.epoch
        (Decimal('71.25'), 3, 2)
        """
        wanted = {
            "max_orders": max_orders,
            "max_cascade": max_cascade,
            "accounts": accounts,
            "resend_window": resend_window,
        }
        keeping = Keeping(snapshot_bytes, snapshot_seconds, snapshots)
        keeping.check()
        if progress is not None:
            check_callable("progress", progress)
        journal = Journal(
            path,
            durability=durability,  # type: ignore[arg-type]
            group_bytes=group_bytes,
            group_ms=group_ms,
            segment_bytes=segment_bytes,
        )
        try:
            restoring = begin_restoring(cls, journal, wanted=wanted, clock=clock)
            restoring.apply(progress)
            end = restoring.end()
            if end.finding == "torn":
                journal.cut(end)
            journal.begin(end.position)
            _put_aside(path, restoring.damaged)
            venue = restoring.venue
            venue._recovery = _told(restoring, end, journal.position.epoch)
            store = Store(journal, keeping, venue._picture)
            if end.position.sequence == 0:
                store.note("engine", venue._parameters)
        except BaseException:
            journal.close()
            raise
        venue._store = store
        attach(venue._core, journal, store)
        return venue

    @property
    def recovery(self) -> Recovery:
        """What was found when the directory was opened."""
        self._open_store("has no recovery")
        assert self._recovery is not None, "an open engine was recovered"
        return self._recovery

    @property
    def sequence(self) -> int:
        """The number of the last entry of the journal: commands, and what was added."""
        return self._open_store("has no journal").journal.sequence

    @property
    def synced_sequence(self) -> int:
        """The number of the last entry that is on the device for certain."""
        return self._open_store("has no journal").journal.synced_sequence

    def sync(self) -> None:
        """Return when everything that was applied is on the device, in any mode.

        Raises
        ------
        JournalBrokenError
            The device failed.
        """
        self._open_store("has nothing to sync").journal.sync()

    def snapshot(self) -> str:
        """Take a snapshot and return the name of its file, once that is on the device.

        The engine stands still while its image is made, not while it is written; what was due by
        itself is written by a thread beside the engine. Journal files that no kept snapshot needs
        are removed.

        Raises
        ------
        JournalError
            It could not be written; those before it are as they were.
        """
        return self._open_store("has no snapshots").snapshot()

    def close(self) -> None:
        """Sync and give the directory free. Commands raise `JournalError` from then on.

        Closing an engine in memory, or one that is closed, does nothing.
        """
        if self._store is not None:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # What the methods above share.

    def _open_store(self, what: str) -> Store:
        if self._store is None:
            raise JournalError(f"an engine in memory {what}: Engine.open makes one that is durable")
        return self._store

    def _note(
        self, currencies: Sequence[Currency] = (), instruments: Sequence[Instrument] = ()
    ) -> None:
        """Write what is added to the journal, before it is."""
        if self._store is not None:
            listing = Listing(currencies=currencies, instruments=instruments)
            self._store.note("listing", listing.to_dict())

    def _picture(self) -> tuple[JournalPosition, bytes, NDArray[np.uint8]]:
        """Return where the journal stands, what the engine is made of, and what it is, at once."""
        with Held(self._core):
            position = self._open_store("has no snapshots").journal.position
            listing = Listing(currencies=self.currencies, instruments=self.instruments)
            image = self._core.save()
        meta = {
            "version": META_VERSION,
            "engine": self._parameters,
            "listing": listing.to_dict(),
        }
        return position, json.dumps(meta, separators=(",", ":")).encode(), image


def _put_aside(path: PathLike, names: tuple[str, ...]) -> None:
    """Let damaged snapshots not count among those that are kept."""
    for name in names:
        file = Path(os.fsdecode(path)) / name
        file.replace(f"{file}.aside")


def _told(restoring: Restoring[Any], end: JournalEnd, epoch: int) -> Recovery:
    file = restoring.file
    is_torn = end.finding == "torn"
    return Recovery(
        snapshot="" if file is None else file.name,
        snapshot_sequence=0 if file is None else file.sequence,
        sequence=end.position.sequence,
        epoch=epoch,
        torn_file=end.file if is_torn else "",
        torn_offset=end.offset if is_torn else 0,
        torn_bytes=end.cut_bytes if is_torn else 0,
        torn_what=end.what,
        passed_over=restoring.passed_over,
    )
