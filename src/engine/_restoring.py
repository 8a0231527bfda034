"""An engine is made again of what a journal's directory keeps: a snapshot, and what follows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, Protocol, TypeGuard, TypeVar

from engine._core import MAX_CASCADE, MAX_ORDERS, Core
from engine._journal import Reading, read, read_snapshot, snapshots
from engine._journal_records import JournalEnd, JournalFile, JournalPosition, Snapshot
from engine._recovery import replay
from engine._shown import shown
from engine._store import join_pieces
from engine.errors import (
    CommandError,
    EngineError,
    JournalDamageError,
    JournalError,
    JournalFormatError,
)
from engine.instrument import Instrument
from engine.listing import Listing
from engine.records import RecordArray

__all__ = ["JournalDirectory", "JournalSource", "Restoring", "begin_restoring"]

DEFAULTS: Final[dict[str, Any]] = {
    "max_orders": MAX_ORDERS,
    "max_cascade": MAX_CASCADE,
    "accounts": False,
    "resend_window": 65_536,
}
"""Of a new directory."""
INSTRUMENTS: Final = frozenset({"instruments"})


class Restorable(Protocol):
    """What recovery asks of an engine."""

    _core: Core

    def add_listing(self, listing: Listing) -> None:
        """Add currencies and instruments."""

    def add_instrument(self, instrument: Instrument) -> int:
        """Add an instrument."""


Venue = TypeVar("Venue", bound=Restorable)


class JournalSource(Protocol):
    """What an engine is restored from: a journal that is held, or a directory that is not."""

    def read(self, *, after: int = 0, chain: int | None = None) -> Reading:
        """Read the entries behind a number."""

    def snapshots(self) -> list[JournalFile]:
        """Return the snapshots, oldest first."""

    def read_snapshot(self, name: str) -> Snapshot:
        """Return what a snapshot holds."""


class JournalDirectory:
    """A directory that is read and not locked: another process may have it open.

    Parameters
    ----------
    path : str
        The directory.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self, *, after: int = 0, chain: int | None = None) -> Reading:
        """Read the entries behind a number."""
        return read(self.path, after=after, chain=chain)

    def snapshots(self) -> list[JournalFile]:
        """Return the snapshots, oldest first."""
        return snapshots(self.path)

    def read_snapshot(self, name: str) -> Snapshot:
        """Return what a snapshot holds."""
        return read_snapshot(self.path, name)


class Series:
    """Adds listing after listing: of instruments that differ by their symbol one is checked.

    A venue has thousands that are alike, and each is a note of its own.
    """

    def __init__(self) -> None:
        self._known: dict[str, Instrument] = {}

    def add_to(self, venue: Restorable, value: Any) -> None:
        """Add what a listing has to an engine, as `Listing.from_dict` and `add_listing` do.

        Parameters
        ----------
        venue
            In the state in which it was added before.
        value
            What `Listing.to_dict` gave.

        Raises
        ------
        EngineError
            It gave something else, or the engine has some of it.
        """
        rows = value.get("instruments", []) if isinstance(value, dict) else None
        if not _are_rows(rows):
            venue.add_listing(Listing.from_dict(value))
            return
        keys = [_but_symbol(row) for row in rows]
        told = [
            one.with_symbol(row["symbol"]) if (one := self._known.get(key)) else row
            for row, key in zip(rows, keys, strict=True)
        ]
        alone = told[0] if len(told) == 1 and value.keys() == INSTRUMENTS else None
        if isinstance(alone, Instrument):
            venue.add_instrument(alone)
            return
        listing = Listing.from_dict({**value, "instruments": told})
        venue.add_listing(listing)
        self._known.update(zip(keys, listing.instruments, strict=True))


def _are_rows(rows: Any) -> TypeGuard[list[dict[str, Any]]]:
    """Whether this is what a listing writes of its instruments."""
    return isinstance(rows, list) and all(isinstance(row, dict) and "symbol" in row for row in rows)


def _but_symbol(row: Mapping[str, Any]) -> str:
    return repr({name: value for name, value in row.items() if name != "symbol"})


class Restoring(Generic[Venue]):
    """An engine on its way from a snapshot, or from the first entry, to the end of a journal.

    Parameters
    ----------
    venue : Engine
        In the state of the snapshot.
    reading : Reading
        What follows.
    file : JournalFile or None
        The snapshot's.
    position : JournalPosition
        Where the journal stood then.
    damaged, passed_over : tuple of str
        Snapshots that are newer, and what is wrong with them.
    series : Series
        Has read what was listed before.
    """

    def __init__(
        self,
        venue: Venue,
        reading: Reading,
        file: JournalFile | None,
        position: JournalPosition,
        damaged: tuple[str, ...],
        passed_over: tuple[str, ...],
        series: Series,
    ) -> None:
        self.venue = venue
        self.reading = reading
        self.file = file
        self.position = position
        self.damaged = damaged
        self.passed_over = passed_over
        self._series = series

    def apply(
        self, progress: Callable[[int], object] | None = None, until: int | None = None
    ) -> None:
        """Apply what follows, up to an entry or all of it.

        Parameters
        ----------
        progress
            Called now and then, with the number of the last entry that was applied.
        until
            The number of the last entry that is to be.

        Raises
        ------
        JournalDamageError
            A command can't be read, though its checksum is right.
        JournalError
            A note is of something else, or of what the engine can't be given.
        """
        core, reading, pieces = self.venue._core, self.reading, list[bytes]()
        while (note := replay(core, reading, until=until, progress=progress)) is not None:
            sequence, piece = note
            if progress is not None:
                progress(sequence)
            self._follow(sequence, piece, pieces)

    def reports(self) -> Iterator[RecordArray]:
        """Apply all that follows, and yield the reports of it once more.

        Yields
        ------
        ndarray of REPORT_DTYPE
            Of some thousand commands at most, in ticks and lots. What was listed in front of them
            is there by then.

        Raises
        ------
        JournalDamageError
            A command can't be read, though its checksum is right; or as `end`.
        JournalError
            A note is of something else, or of what the engine can't be given.
        """
        pieces = list[bytes]()
        for sequence, found in self.reading:
            if isinstance(found, bytes):
                self._follow(sequence, found, pieces)
                continue
            try:
                yield self.venue._core.match(found)
            except CommandError as error:
                raise JournalDamageError(f"entry {sequence} and those behind it: {error}") from None

    def _follow(self, sequence: int, piece: bytes, pieces: list[bytes]) -> None:
        """Add what a note lists, once its last piece is there."""
        value = join_pieces(pieces, piece)
        if value is None:
            return
        if set(value) != {"listing"}:
            names = ", ".join(value)
            raise JournalError(f"entry {sequence} is a note of {names}, not of a listing")
        try:
            self._series.add_to(self.venue, value["listing"])
        except EngineError as error:
            raise JournalError(f"entry {sequence} lists what can't be added: {error}") from None

    def end(self) -> JournalEnd:
        """Return how the journal ended, clean or torn; its epoch is the highest of any file.

        Raises
        ------
        JournalDamageError
            It is damaged, or ends in front of the snapshot.
        JournalFormatError
            A file is of no journal, or of a later version of the format.
        """
        self.reading.raise_end()
        end = self.reading.end
        assert end is not None, "the journal was read to its end"
        if end.position.sequence < self.position.sequence:
            assert self.file is not None, "without a snapshot nothing is in front of the journal"
            raise JournalDamageError(
                f"{end.file}, offset {end.offset}: the journal ends at entry"
                f" {end.position.sequence}, must reach {self.position.sequence}, behind which"
                f" {self.file.name} was taken",
                end.file,
                end.offset,
            )
        epoch = max(end.position.epoch, self.position.epoch)
        return end._replace(position=end.position._replace(epoch=epoch))


def begin_restoring(
    make: Callable[..., Venue],
    source: JournalSource,
    *,
    wanted: dict[str, Any] | None = None,
    clock: Callable[[], int] | None = None,
    until: int | None = None,
) -> Restoring[Venue]:
    """Make the engine that the newest sound snapshot has, or the first entry; or a new one.

    Parameters
    ----------
    make
        Makes an empty engine of parameters.
    source
        Where from.
    wanted
        Parameters that were asked for by name; None for those that were not.
    clock
        Of the engine.
    until
        Snapshots that were taken behind this entry are left out; 0 leaves out all.

    Raises
    ------
    EngineError
        A parameter is another one than that of the engine there.
    JournalError
        The directory can't be read, or what is there can't be an engine.
    """
    wanted = wanted or {}
    files = [each for each in source.snapshots() if until is None or each.sequence <= until]
    file, snapshot, damaged, passed_over = _newest_sound(source, files)
    if snapshot is None:
        reading = source.read()
        try:
            venue = _first_note(make, reading, wanted, clock)
        except JournalError as error:
            if not passed_over:
                raise
            what = "; ".join((str(error), "no snapshot is sound", *passed_over))
            raise type(error)(what, error.file, error.offset) from None
        return Restoring(venue, reading, None, JournalPosition(), damaged, passed_over, Series())
    position = snapshot.position
    reading = source.read(after=position.sequence, chain=position.chain)
    meta = json.loads(snapshot.meta)
    venue = make(clock=clock, **_agreed(meta["engine"], wanted))
    series = Series()
    series.add_to(venue, meta["listing"])
    venue._core.load(snapshot.image)
    return Restoring(venue, reading, file, position, damaged, passed_over, series)


def _newest_sound(
    source: JournalSource, files: Iterable[JournalFile]
) -> tuple[JournalFile | None, Snapshot | None, tuple[str, ...], tuple[str, ...]]:
    """Return the newest snapshot that is sound, those that are newer, and what is wrong there."""
    damaged: list[str] = []
    passed_over: list[str] = []
    for file in reversed(list(files)):
        try:
            snapshot = source.read_snapshot(file.name)
        except (JournalDamageError, JournalFormatError) as error:
            # One that has lost its beginning is damaged; a later version has offset and check.
            if isinstance(error, JournalFormatError) and error.offset != 0:
                raise
            damaged.append(file.name)
            passed_over.append(str(error))
            continue
        return file, snapshot, tuple(damaged), tuple(passed_over)
    return None, None, tuple(damaged), tuple(passed_over)


def _first_note(
    make: Callable[..., Venue],
    reading: Reading,
    wanted: dict[str, Any],
    clock: Callable[[], int] | None,
) -> Venue:
    """Return the engine that the first note says, a new one where there is none."""
    first = next(reading, None)
    if first is None:
        return make(clock=clock, **_agreed(DEFAULTS, wanted, is_new=True))
    sequence, note = first
    value = join_pieces([], note) if isinstance(note, bytes) else None
    if sequence != 1 or value is None or set(value) != {"engine"}:
        raise JournalError(
            f"entry {sequence} is the first that is there, and not what the engine was made with:"
            " snapshots or segments are missing"
        )
    return make(clock=clock, **_agreed(value["engine"], wanted))


def _agreed(there: Any, wanted: dict[str, Any], is_new: bool = False) -> dict[str, Any]:
    """Return the parameters of an engine; those that are asked for are these."""
    if not isinstance(there, dict) or there.keys() != DEFAULTS.keys():
        raise JournalError(f"the engine was made with {shown(there)}, not {', '.join(DEFAULTS)}")
    agreed = dict(there)
    for name, value in wanted.items():
        if value is None:
            continue
        if not is_new and value != there[name]:
            raise EngineError(
                f"{name} was {shown(value)}, that of the engine there is {shown(there[name])}"
            )
        agreed[name] = value
    return agreed
