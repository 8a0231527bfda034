"""A venue's own book, row by row, as ``.book`` files hold it: what an engine's book must equal.

A row is u64 commands applied, u16 symbol, u16 levels, u32 flags, then for each level, best first,
i64 ask price, i64 bid price, u32 ask quantity, u32 bid quantity; an empty level is all zero.
"""

from __future__ import annotations

import os
from typing import Final

import numpy as np

from engine._compression import read_blocks
from engine.errors import StreamError
from engine.records import RecordArray

__all__ = ["book_dtype", "read_books"]

BLOCK_SIZE: Final = 2**21
HEADER_SIZE: Final = 16
LEVELS_MAX: Final = 2**16 - 1
LEVEL_DTYPE: Final = np.dtype(
    [("ask_price", "<i8"), ("bid_price", "<i8"), ("ask_quantity", "<u4"), ("bid_quantity", "<u4")]
)


def book_dtype(levels: int) -> np.dtype[np.void]:
    """One row of that many levels a side: 16 bytes and 24 a level.

    Parameters
    ----------
    levels
        Levels a side, 0 to 65,535.

    Returns
    -------
    dtype
        ``commands`` (the row holds when that many were applied), ``symbol``, ``level_count``,
        ``flags``, and ``levels`` with ask and bid price and quantity, best first, 0 when empty.

    Raises
    ------
    ValueError
        `levels` is negative or above 65,535.

    Examples
    --------
    >>> book_dtype(10).itemsize
    256
    """
    if not 0 <= levels <= LEVELS_MAX:
        raise ValueError(f"levels was {levels}, must be 0 to {LEVELS_MAX}")
    return np.dtype(
        [
            ("commands", "<u8"),
            ("symbol", "<u2"),
            ("level_count", "<u2"),
            ("flags", "<u4"),
            ("levels", LEVEL_DTYPE, (levels,)),
        ]
    )


def read_books(path: str | os.PathLike[str]) -> RecordArray:
    """Read a ``.book`` file whole.

    Parameters
    ----------
    path
        Plain, or compressed with gzip or zstd. All rows have the first row's number of levels.

    Returns
    -------
    ndarray of ``book_dtype(levels)``
        Read-only, in the order of the file.

    Raises
    ------
    StreamError
        The file is absent, cut short or damaged, or a row has another number of levels.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "venue.book"
    >>> rows = np.zeros(2, dtype=book_dtype(3))
    >>> rows["level_count"] = [3, 4]
    >>> _ = path.write_bytes(rows[:1].tobytes())
    >>> read_books(path)["levels"].shape
    (1, 3)
    >>> _ = path.write_bytes(rows.tobytes())
    >>> read_books(path)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    engine.errors.StreamError: ...: row 1 at byte 88: level_count was 4, must be 3 as in row 0
    """
    data = b"".join(read_blocks(path, BLOCK_SIZE))
    name = os.fspath(path)
    if not data:
        return np.zeros(0, dtype=book_dtype(0))
    if len(data) < HEADER_SIZE:
        raise StreamError(
            f"{name}: row 0 at byte 0 is cut short: {len(data)} bytes, a header has {HEADER_SIZE}"
        )
    levels = int(np.frombuffer(data, dtype="<u2", count=1, offset=10)[0])
    dtype = book_dtype(levels)
    count, rest = divmod(len(data), dtype.itemsize)
    rows = np.frombuffer(data, dtype=dtype, count=count)
    other = rows["level_count"] != levels
    if other.any():
        row = int(other.argmax())
        raise StreamError(
            f"{name}: row {row} at byte {row * dtype.itemsize}: level_count was"
            f" {rows['level_count'][row]}, must be {levels} as in row 0"
        )
    if rest:
        raise StreamError(
            f"{name}: row {count} at byte {count * dtype.itemsize} is cut short: {rest} bytes,"
            f" a row of {levels} levels has {dtype.itemsize}"
        )
    return rows
