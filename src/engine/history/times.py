"""Times become sequence numbers: engine time never goes back, so that a look-up halves its way."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from typing import Final

from engine._schema import REPORT_DTYPE

__all__ = ["last_time", "numbers_between"]

FIRST: Final = "SELECT min(number) FROM reports"
LAST: Final = "SELECT max(number) FROM reports"
RECORD: Final = "SELECT record FROM reports WHERE number = ?"
TIME_OFFSET: Final = int(REPORT_DTYPE.fields["timestamp"][1])  # type: ignore[index]
TIME_BYTES: Final = 8


def last_time(connection: sqlite3.Connection) -> int:
    """Return the time of the last report, 0 before the first."""
    _, last = _ends(connection)
    return 0 if last == 0 else _time_at(connection, last)


def numbers_between(
    connection: sqlite3.Connection, since: int | None, until: int | None
) -> tuple[int, int]:
    """Return the number of the first report from a time on, and of the first from another on.

    Either is the one behind the last report where there is none. Without a time it is the first
    report there is, and the one behind the last. A look-up asks for 24 of ten million reports.
    """
    first, last = _ends(connection)
    numbers = range(first, last + 1)

    def place(time: int) -> int:
        return first + bisect_left(numbers, time, key=lambda each: _time_at(connection, each))

    return (
        first if since is None else place(since),
        last + 1 if until is None else place(until),
    )


def _ends(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return the numbers of the first and of the last report."""
    first = connection.execute(FIRST).fetchone()[0]
    return (1, 0) if first is None else (first, connection.execute(LAST).fetchone()[0])


def _time_at(connection: sqlite3.Connection, number: int) -> int:
    record = connection.execute(RECORD, (number,)).fetchone()[0]
    return int.from_bytes(record[TIME_OFFSET : TIME_OFFSET + TIME_BYTES], "little")
