"""The reports of a durable engine once more, from its journal's directory."""

from __future__ import annotations

import os
from collections.abc import Iterator

from engine import _journal
from engine._engine import Engine
from engine._restoring import JournalDirectory, Restoring, begin_restoring
from engine.errors import HistoryError, SequenceGapError
from engine.history.file import PathLike
from engine.instrument import Instrument
from engine.records import RecordArray

__all__ = ["Replay"]


class Replay:
    """An engine that is made again in memory, and tells what it does on the way.

    Parameters
    ----------
    path : path
        The directory of its journal, which is read and not locked.
    last : int
        The number of the last report that is known.

    Raises
    ------
    SequenceGapError
        No snapshot is old enough to tell the report behind that one, and neither is the journal.
    JournalError
        As `Engine.open`.
    """

    def __init__(self, path: PathLike, last: int) -> None:
        self._path = os.fspath(path)
        self._restoring = self._begin(last)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Those that the engine has by now."""
        return self._restoring.venue.instruments

    def reports(self) -> Iterator[RecordArray]:
        """Yield the reports of all that follows, those of some thousand commands at a time."""
        yield from self._restoring.reports()
        self._restoring.end()

    def require_reached(self, last: int) -> None:
        """Refuse a journal that ends before a report that is kept.

        Raises
        ------
        HistoryError
            The message names both numbers.
        """
        there = self._restoring.venue.report_count
        if there < last:
            raise HistoryError(
                f"{self._path}: the journal ends behind report {there}, the history behind {last}:"
                " the journal lost its end, or is of another engine"
            )

    def _begin(self, last: int) -> Restoring[Engine]:
        """Return the engine at the newest snapshot that is not behind a report, or at the first."""
        source = JournalDirectory(self._path)
        until = None
        while True:
            restoring = begin_restoring(Engine, source, until=until)
            if restoring.file is None or restoring.venue.report_count <= last:
                return restoring
            until = restoring.position.sequence - 1
            self._require_older(until, last, restoring.venue.report_count)

    def _require_older(self, until: int, last: int, there: int) -> None:
        """Refuse a directory in which nothing is as old as an entry."""
        is_first_there = any(each.sequence <= 1 for each in _journal.segments(self._path))
        if is_first_there:
            return
        if not any(each.sequence <= until for each in _journal.snapshots(self._path)):
            raise SequenceGapError(f"{self._path}: the oldest report", last + 1, there + 1)
