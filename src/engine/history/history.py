"""A history: what an engine reports, kept in a file, and caught up with from its journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from engine._members import says_names
from engine._shown import integer_of, shown
from engine.errors import HistoryError
from engine.history.file import HistoryFile, PathLike
from engine.history.grids import add_grids
from engine.history.journal import Replay
from engine.history.questions import Questions
from engine.history.rows import checked_reports
from engine.history.writer import write_reports
from engine.instrument import Instrument
from engine.records import RecordArray

__all__ = ["History", "HistoryReader"]

NUMBER_MAX: Final = 2**63 - 1


@says_names
class HistoryReader(Questions):
    """Asks a history that is there, in this process or beside the one that writes it.

    A question is answered of one moment, and holds up no writer. One thread uses one reader.

    Parameters
    ----------
    path : path
        The file of a history.

    Raises
    ------
    HistoryError
        There is no such file, or it is none of a history or of another version.

    Examples
    --------
    >>> with History("venue.history") as history, HistoryReader("venue.history") as reader:
    ...     reader.last_number, reader.symbols
    (0, ())
    """

    def __init__(self, path: PathLike) -> None:
        super().__init__(HistoryFile.to_read(path))


@says_names
class History(Questions):
    """Keeps the orders, their lives and the trades that an engine reports, and answers for them.

    A file of SQLite, in its write-ahead mode: what one call adds is there as a whole or not at all.
    Reports are numbered, so that one that is told again changes nothing, and one that is missing is
    noticed. No clock is read: all times are the engine's.

    Parameters
    ----------
    path : path
        The file, made if there is none. SQLite has two more beside it while it is open.
    durability : str
        What a call of `add` that has returned promises: "async", that a process that is killed
        loses nothing, and a power cut no more than the last calls, with which `catch_up` brings
        them again; "sync", that the device has it.
    after : int, optional
        Of a new file: the number of the last report before the first that is to be kept, the
        `report_count` of an engine that has done something already; 0 by default. What is told of
        older orders then is kept, from there on.

    Raises
    ------
    HistoryError
        The file can't be used, is none of a history or is of another version; `after` is another
        one than that of the history there.

    Examples
    --------
    >>> from engine import Engine, Instrument
    >>> venue = Engine()
    >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size="0.1"))
    >>> history = History("oil.history")
    >>> history.add_instruments(venue.instruments)
    >>> for side, price in (("sell", "71.30"), ("buy", "71.25"), ("buy", "71.30")):
    ...     report = venue.submit("OIL", side=side, price=price, quantity=5, account=7)
    ...     _ = history.add(report.reports)
    >>> [(order.price, order.order_status.name) for order in history.orders(7)]
    [(Decimal('71.30'), 'FILLED'), (Decimal('71.25'), 'NEW'), (Decimal('71.30'), 'FILLED')]
    >>> history.add(report.reports)  # told again
    0
    >>> [fill.liquidity.name for fill in history.fills(7)], history.statistics("OIL").volume
    (['TAKER', 'MAKER'], Decimal('5.0'))
    >>> history.close()
    """

    def __init__(
        self, path: PathLike, *, durability: str = "async", after: int | None = None
    ) -> None:
        if after is not None and not 0 <= integer_of("after", after) <= NUMBER_MAX:
            raise HistoryError(f"after was {shown(after)}, must be 0 to {NUMBER_MAX}")
        super().__init__(HistoryFile.to_write(path, durability, after))

    def add_instruments(self, instruments: Iterable[Instrument]) -> None:
        """Keep what a tick and a lot of each instrument are worth; those that are kept are passed.

        Parameters
        ----------
        instruments
            All of a venue, in the order of their numbers, as `Engine.instruments` has them.

        Raises
        ------
        HistoryError
            One is kept with another symbol, tick size or lot size.
        """
        with self._file.writing() as connection:
            add_grids(connection, instruments)

    def add(self, reports: RecordArray) -> int:
        """Keep reports, and return how many of them were new.

        Parameters
        ----------
        reports : ndarray of REPORT_DTYPE, shape (n,)
            Of whole commands, as `match` returns them and as `ExecutionReport.reports` has them.
            What was told before, because a command or a batch came again, is compared and passed.

        Raises
        ------
        SequenceGapError
            Reports are missing in between; `catch_up` reads them from a journal.
        HistoryError
            An array of another dtype, an instrument that is not known, half of a trade, a report
            that was told otherwise before, a file that can't be written. Nothing was kept.
        """
        told = checked_reports(reports)
        with self._file.writing() as connection:
            return write_reports(connection, told, self._grids.read(connection))

    def catch_up(self, path: PathLike, *, progress: Callable[[int], object] | None = None) -> int:
        """Keep what a durable engine did and the history was not told; return how many reports.

        The engine is made again in memory, from the newest snapshot that the history has reached,
        and tells its reports once more. It may be open meanwhile, here or elsewhere: nothing in its
        directory is locked or changed. Instruments are added as they were then.

        Parameters
        ----------
        path
            The directory that `Engine.open` was given.
        progress
            Called now and then with the number of the last report that was kept.

        Raises
        ------
        SequenceGapError
            What follows the last report that is kept is in front of the oldest snapshot.
        HistoryError
            The journal ends before the history does: a power cut took commands whose reports are
            kept here. Or as `add`.
        JournalError
            As `Engine.open`.
        """
        added = 0
        replay = Replay(path, self.last_number)
        for reports in replay.reports():
            self.add_instruments(replay.instruments)
            added += self.add(reports)
            if progress is not None:
                progress(self.last_number)
        self.add_instruments(replay.instruments)
        replay.require_reached(self.last_number)
        return added
