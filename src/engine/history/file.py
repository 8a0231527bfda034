"""The file that a history is kept in: one SQLite database, its tables and its transactions.

Numbers are the engine's own: ticks, lots, nanoseconds. SQLite has signed 64-bit integers and
nothing larger, so ids, which are unsigned, are kept by their bits: those from 2**63 on are negative
there. Sequence numbers count from 1 and never come so far; times that do are refused. A report is
its 128 bytes. Volumes have two columns, of 2**32 lots and of the rest, so that no sum can overflow.

Rows have the sequence number of a report as their key, and so has every index as its last column:
engine time never goes back, so that they are in the order of time too.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from engine._shown import shown
from engine.errors import HistoryError

__all__ = ["HistoryFile", "PathLike", "signed", "unsigned"]

PathLike: TypeAlias = str | os.PathLike[str]

APPLICATION_ID: Final = 0x454E4748
"""What says that a database is a history: "ENGH"."""
VERSION: Final = 1
BUSY_SECONDS: Final = 10.0
"""How long one writer waits for another."""
CHECKPOINT_PAGES: Final = 4_000
"""Of 4 KiB in the write-ahead file, before they go to their places: one call in some hundreds does
that, so that it is not in the 99th percentile of what a call takes."""
SYNCHRONOUS: Final[dict[str, str]] = {"async": "NORMAL", "sync": "FULL"}
SIGN: Final = 2**63

TABLES: Final = """
CREATE TABLE beginning (after INTEGER NOT NULL);
CREATE TABLE instruments (
    number INTEGER PRIMARY KEY,
    symbol TEXT NOT NULL UNIQUE,
    tick_size TEXT NOT NULL,
    lot_size TEXT NOT NULL
);
CREATE TABLE reports (
    number INTEGER PRIMARY KEY,
    order_number INTEGER,
    record BLOB NOT NULL
);
CREATE INDEX reports_by_order ON reports (order_number) WHERE order_number IS NOT NULL;
CREATE TABLE orders (
    number INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL,
    client_order_id INTEGER NOT NULL,
    account INTEGER NOT NULL,
    instrument INTEGER NOT NULL,
    side INTEGER NOT NULL,
    order_type INTEGER NOT NULL,
    time_in_force INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    price INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    filled_quantity INTEGER NOT NULL,
    leaves_quantity INTEGER NOT NULL,
    order_status INTEGER NOT NULL,
    is_waiting INTEGER NOT NULL,
    reject_reason INTEGER NOT NULL,
    entered INTEGER NOT NULL,
    updated INTEGER NOT NULL
);
CREATE INDEX orders_by_id ON orders (order_id);
CREATE INDEX orders_by_account ON orders (account);
CREATE INDEX orders_by_instrument ON orders (account, instrument);
CREATE INDEX orders_by_status ON orders (account, order_status);
CREATE TABLE trades (
    number INTEGER PRIMARY KEY,
    trade_id INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    instrument INTEGER NOT NULL,
    price INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    side INTEGER NOT NULL,
    is_auction INTEGER NOT NULL,
    maker_account INTEGER NOT NULL,
    maker_order INTEGER NOT NULL,
    maker_order_id INTEGER NOT NULL,
    maker_fee INTEGER NOT NULL,
    taker_account INTEGER NOT NULL,
    taker_order INTEGER NOT NULL,
    taker_order_id INTEGER NOT NULL,
    taker_fee INTEGER NOT NULL
);
CREATE INDEX trades_by_instrument ON trades (instrument);
CREATE INDEX trades_by_maker ON trades (maker_account);
CREATE INDEX trades_by_taker ON trades (taker_account);
CREATE TABLE bars (
    instrument INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    open INTEGER NOT NULL,
    high INTEGER NOT NULL,
    low INTEGER NOT NULL,
    close INTEGER NOT NULL,
    volume_high INTEGER NOT NULL,
    volume_low INTEGER NOT NULL,
    trades INTEGER NOT NULL,
    PRIMARY KEY (instrument, minute)
) WITHOUT ROWID;
"""


def signed(number: int) -> int:
    """Return an unsigned 64-bit number as SQLite has it.

    Examples
    --------
    >>> signed(5), signed(2**64 - 1)
    (5, -1)
    """
    return number - 2 * SIGN if number >= SIGN else number


def unsigned(number: int) -> int:
    """Return what `signed` was given.

    Examples
    --------
    >>> unsigned(signed(2**63)) == 2**63
    True
    """
    return number + 2 * SIGN if number < 0 else number


class HistoryFile:
    """A database that is a history, open to write or to read.

    Parameters
    ----------
    path : path
        The file.
    connection : sqlite3.Connection
        To it, without transactions of its own.
    """

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection

    @classmethod
    def to_write(cls, path: PathLike, durability: str, after: int | None) -> HistoryFile:
        """Open a file to write, made if there is none.

        Raises
        ------
        HistoryError
            As `History`.
        """
        name = os.fspath(path)
        if durability not in SYNCHRONOUS:
            known = ", ".join(map(repr, SYNCHRONOUS))
            raise HistoryError(f"durability was {shown(durability)}, not one of {known}")
        with _told(name):
            connection = sqlite3.connect(name, timeout=BUSY_SECONDS, isolation_level=None)
        file = cls(name, connection)
        try:
            file._check(may_be_new=True)
            with _told(name):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
                connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS[durability]}")
            with file.writing():
                if file._check(may_be_new=True):
                    file._make(after or 0)
                if after is not None:
                    file._require_beginning(after)
        except BaseException:
            connection.close()
            raise
        return file

    @classmethod
    def to_read(cls, path: PathLike) -> HistoryFile:
        """Open a file that is there to read.

        Raises
        ------
        HistoryError
            As `HistoryReader`.
        """
        name = os.fspath(path)
        with _told(name):
            where = f"{Path(name).absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(
                where, timeout=BUSY_SECONDS, isolation_level=None, uri=True
            )
        file = cls(name, connection)
        try:
            file._check(may_be_new=False)
        except BaseException:
            connection.close()
            raise
        return file

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Do all of it or nothing, and let no other writer in."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Ask of one moment, whatever is written meanwhile."""
        with self._transaction("BEGIN") as connection:
            yield connection

    def close(self) -> None:
        """Close it."""
        self.connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self.connection
        with _told(self.path):
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled it back already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _check(self, *, may_be_new: bool) -> bool:
        """Return whether nothing is there yet, and refuse what is another database."""
        with _told(self.path):
            pragmas = ("application_id", "user_version")
            found, version = (
                self.connection.execute(f"PRAGMA {each}").fetchone()[0] for each in pragmas
            )
            tables = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if may_be_new and (found, version, tables) == (0, 0, 0):
            return True
        if found != APPLICATION_ID:
            raise HistoryError(f"{self.path}: is a database of something else, not a history")
        if version != VERSION:
            raise HistoryError(
                f"{self.path}: format was {version}, must be {VERSION}: another version of the"
                " library wrote it"
            )
        return False

    def _make(self, after: int) -> None:
        """Make the tables; within a transaction."""
        for statement in filter(str.strip, TABLES.split(";")):
            self.connection.execute(statement)
        self.connection.execute("INSERT INTO beginning VALUES (?)", (after,))
        self.connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self.connection.execute(f"PRAGMA user_version = {VERSION}")

    def _require_beginning(self, after: int) -> None:
        """Refuse another beginning than that of the history there."""
        there = self.connection.execute("SELECT after FROM beginning").fetchone()[0]
        if there != after:
            raise HistoryError(
                f"{self.path}: after was {shown(after)}, that of the history there is {there}"
            )


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Raise what SQLite says as an error of ours that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise HistoryError(f"{path}: {error}") from error
