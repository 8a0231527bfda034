"""Command streams and trade files: 32-byte records on disk, structured arrays in memory.

A stream (``.bin``) is a run of 32-byte little-endian records and nothing else: op, side, symbol,
quantity, order id, price, account. It carries no time: the engine's time is the record's index.
Files may be compressed with gzip or zstd, which is told by their content.

====  ==============================================  ==========================================
op    asks for                                        becomes
====  ==============================================  ==========================================
1     limit, good till canceled                       SUBMIT LIMIT GTC
2     limit, immediate or cancel                      SUBMIT LIMIT IOC
3     market                                          SUBMIT MARKET IOC
4     cancel                                          CANCEL
5     replace: out, and in again with the same id     REPLACE, under ReplacePriority.ALWAYS_LOSE
6     reduce: quantity taken off, the place kept      REDUCE
====  ==============================================  ==========================================

Side 0 is BUY and 1 is SELL; the symbol is the instrument's number. A field that an op does not take
(the price of a market order, cancel or reduce, the quantity of a cancel) is not read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import numpy as np

from engine._compression import GZIP_MAGIC, read_blocks, write_file
from engine._schema import (
    COMMAND_DTYPE,
    FIELD_DOCS,
    TRADE_DTYPE,
    CommandKind,
    OrderType,
    Side,
    TimeInForce,
)
from engine._shown import shown
from engine.errors import StreamError
from engine.records import RecordArray

__all__ = [
    "STREAM_COMMAND_DTYPE",
    "STREAM_TRADE_DTYPE",
    "commands_from_stream",
    "iter_commands",
    "read_commands",
    "read_trades",
    "stream_from_commands",
    "stream_from_trades",
    "write_commands",
    "write_trades",
]

STREAM_COMMAND_DTYPE: Final = np.dtype(
    [
        ("op", "u1"),
        ("side", "u1"),
        ("symbol", "<u2"),
        ("quantity", "<u4"),
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("account", "<u4"),
        ("pad", "<u4"),
    ]
)
"""One command on disk: 32 bytes. `pad` is written as zero and not read."""

STREAM_TRADE_DTYPE: Final = np.dtype(
    [
        ("maker", "<u8"),
        ("taker", "<u8"),
        ("price", "<i8"),
        ("quantity", "<u4"),
        ("symbol", "<u4"),
    ]
)
"""One trade on disk: 32 bytes, in the order of execution."""

RECORDS_PER_BLOCK: Final = 65_536
UINT32_MAX: Final = 2**32 - 1
SYMBOL_MAX: Final = 2**16 - 1

# One line an op: kind, order type, time in force, whether it takes a price, whether a quantity.
OPS: Final = {
    1: (CommandKind.SUBMIT, OrderType.LIMIT, TimeInForce.GTC, True, True),
    2: (CommandKind.SUBMIT, OrderType.LIMIT, TimeInForce.IOC, True, True),
    3: (CommandKind.SUBMIT, OrderType.MARKET, TimeInForce.IOC, False, True),
    4: (CommandKind.CANCEL, OrderType.LIMIT, TimeInForce.GTC, False, False),
    5: (CommandKind.REPLACE, OrderType.LIMIT, TimeInForce.GTC, True, True),
    6: (CommandKind.REDUCE, OrderType.LIMIT, TimeInForce.GTC, False, True),
}
# The same by column, so that a whole array is converted by look-up; 256 long because op is a byte.
KIND, ORDER_TYPE, TIME_IN_FORCE, TAKES_PRICE, TAKES_QUANTITY = (
    np.array([OPS[op][column] if op in OPS else 0 for op in range(256)], dtype=np.uint8)
    for column in range(5)
)
SIDE: Final = np.array([Side.BUY, Side.SELL], dtype=np.int8)
FIELDS: Final = tuple(FIELD_DOCS["COMMAND_DTYPE"])
NOT_HELD: Final = FIELDS[FIELDS.index("trigger_price") :]
"""The fields of special orders, which the format has no room for."""


def read_commands(path: str | os.PathLike[str]) -> RecordArray:
    """Read a command stream into one array that `match` takes.

    Parameters
    ----------
    path
        A ``.bin`` file, plain or compressed with gzip or zstd.

    Returns
    -------
    ndarray of COMMAND_DTYPE
        One record a command, with ``timestamp`` its index in the file.

    Raises
    ------
    StreamError
        The file is absent, cut short or damaged, or a record is not a command; the message names
        the file, the record's index, its byte offset, the value found and the limit.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "two.bin"
    >>> records = np.zeros(2, dtype=STREAM_COMMAND_DTYPE)
    >>> records["op"], records["order_id"], records["quantity"] = [1, 4], 7, [5, 0]
    >>> _ = path.write_bytes(records.tobytes())
    >>> read_commands(path)[["kind", "side", "order_id", "quantity", "timestamp"]].tolist()
    [(1, 1, 7, 5, 0), (2, 1, 7, 0, 1)]

    Half a record at the end is an error, not a shorter stream:

    >>> _ = path.write_bytes(records.tobytes()[:-16])
    >>> read_commands(path)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    engine.errors.StreamError: ...two.bin: record 1 at byte 32 is cut short: 16 bytes, ...
    """
    blocks = list(_iter_records(path, STREAM_COMMAND_DTYPE))
    commands = np.zeros(sum(len(block) for block in blocks), dtype=COMMAND_DTYPE)
    done = 0
    for block in blocks:
        _convert(block, commands[done : done + len(block)], done, os.fspath(path))
        done += len(block)
    return commands


def iter_commands(
    path: str | os.PathLike[str], *, records: int = RECORDS_PER_BLOCK
) -> Iterator[RecordArray]:
    """Read a command stream block by block, in memory that does not grow with the file.

    Parameters
    ----------
    path
        A ``.bin`` file, plain or compressed with gzip or zstd.
    records
        Commands in a block, at least 1.

    Yields
    ------
    ndarray of COMMAND_DTYPE
        `records` commands, fewer in the last block.

    Raises
    ------
    StreamError
        As `read_commands`, when the block that holds the bad record is reached.
    ValueError
        `records` is less than 1.
    """
    if records < 1:
        raise ValueError(f"records was {shown(records)}, must be at least 1")
    done = 0
    for block in _iter_records(path, STREAM_COMMAND_DTYPE, records):
        commands = np.zeros(len(block), dtype=COMMAND_DTYPE)
        _convert(block, commands, done, os.fspath(path))
        yield commands
        done += len(block)


def write_commands(path: str | os.PathLike[str], commands: RecordArray) -> None:
    """Write commands as a stream, compressed when the name ends in ``.gz`` or ``.zst``.

    Parameters
    ----------
    path
        Where to. The file appears whole or not at all.
    commands
        Array of COMMAND_DTYPE. Timestamps, command ids and client order ids are not in the format
        and are left out.

    Raises
    ------
    StreamError
        A command that the format has no op for, or a number that does not fit its field.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "one.bin.gz"
    >>> command = np.zeros(1, dtype=COMMAND_DTYPE)
    >>> command["kind"], command["side"], command["order_id"] = CommandKind.SUBMIT, Side.SELL, 9
    >>> command["price"], command["quantity"] = -3, 2
    >>> write_commands(path, command)
    >>> bool((read_commands(path) == command).all())
    True
    >>> command["time_in_force"] = TimeInForce.FOK
    >>> write_commands(path, command)
    Traceback (most recent call last):
        ...
    engine.errors.StreamError: command 0: time_in_force was 2, must be at most 1, IOC
    """
    write_file(path, stream_from_commands(commands).tobytes())


def commands_from_stream(
    records: RecordArray, *, first_index: int = 0, source: str = "stream"
) -> RecordArray:
    """Turn records of the stream format into commands.

    Parameters
    ----------
    records
        Array of STREAM_COMMAND_DTYPE.
    first_index
        The index of the first record in its file, for timestamps and messages.
    source
        What messages call the file.

    Returns
    -------
    ndarray of COMMAND_DTYPE

    Raises
    ------
    StreamError
        A record that is not a command.

    Examples
    --------
    >>> records = np.zeros(1, dtype=STREAM_COMMAND_DTYPE)
    >>> records["op"] = 9
    >>> commands_from_stream(records, first_index=4)
    Traceback (most recent call last):
        ...
    engine.errors.StreamError: stream: record 4 at byte 128: op was 9, must be 1 to 6
    """
    commands = np.zeros(len(records), dtype=COMMAND_DTYPE)
    _convert(records, commands, first_index, source)
    return commands


def stream_from_commands(commands: RecordArray) -> RecordArray:
    """Turn commands into records of the stream format: the inverse of `commands_from_stream`.

    Parameters
    ----------
    commands
        Array of COMMAND_DTYPE.

    Returns
    -------
    ndarray of STREAM_COMMAND_DTYPE

    Raises
    ------
    StreamError
        A command that the format has no op for, or a number that does not fit its field; the
        message names the index, the value and the limit.
    """
    commands = np.atleast_1d(commands)
    if commands.dtype != COMMAND_DTYPE:
        raise StreamError(f"commands had dtype {commands.dtype}, must be COMMAND_DTYPE")
    _check_writable(commands)
    kind, order_type = commands["kind"], commands["order_type"]
    immediate = commands["time_in_force"] == TimeInForce.IOC
    op = kind + 2  # CANCEL, REPLACE and REDUCE are ops 4, 5 and 6
    op[kind == CommandKind.SUBMIT] = 1
    op[(kind == CommandKind.SUBMIT) & immediate] = 2
    op[(kind == CommandKind.SUBMIT) & (order_type == OrderType.MARKET)] = 3
    records = np.zeros(len(commands), dtype=STREAM_COMMAND_DTYPE)
    records["op"] = op
    records["side"] = commands["side"] == Side.SELL
    records["symbol"] = commands["instrument"]
    for field in ("quantity", "order_id", "price", "account"):
        records[field] = commands[field]
    return records


def read_trades(path: str | os.PathLike[str]) -> RecordArray:
    """Read a file of 32-byte trades.

    Parameters
    ----------
    path
        A ``.trades`` or ``.expected`` file, plain or compressed with gzip or zstd.

    Returns
    -------
    ndarray of STREAM_TRADE_DTYPE
        In the order of execution.

    Raises
    ------
    StreamError
        The file is absent, cut short or damaged.
    """
    blocks = list(_iter_records(path, STREAM_TRADE_DTYPE))
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=STREAM_TRADE_DTYPE)


def write_trades(path: str | os.PathLike[str], trades: RecordArray) -> None:
    """Write trades as 32-byte records, compressed when the name ends in ``.gz`` or ``.zst``.

    Parameters
    ----------
    path
        Where to. The file appears whole or not at all.
    trades
        Array of TRADE_DTYPE or STREAM_TRADE_DTYPE.

    Raises
    ------
    StreamError
        A quantity that does not fit 32 bits, or a place that cannot be written.
    """
    write_file(path, stream_from_trades(trades).tobytes())


def stream_from_trades(trades: RecordArray) -> RecordArray:
    """Turn trades into 32-byte records, maker, taker, price, quantity, symbol.

    Parameters
    ----------
    trades
        Array of TRADE_DTYPE, or of STREAM_TRADE_DTYPE, which is returned as it is.

    Returns
    -------
    ndarray of STREAM_TRADE_DTYPE

    Raises
    ------
    StreamError
        A quantity above 4,294,967,295, which the format cannot hold.

    Examples
    --------
    >>> trade = np.zeros(1, dtype=TRADE_DTYPE)
    >>> trade["maker_order_id"], trade["taker_order_id"], trade["price"] = 1, 2, -5
    >>> trade["quantity"] = 10
    >>> stream_from_trades(trade).tolist()
    [(1, 2, -5, 10, 0)]
    >>> trade["quantity"] = 2**32
    >>> stream_from_trades(trade)
    Traceback (most recent call last):
        ...
    engine.errors.StreamError: trade 0: quantity was 4294967296, must be at most 4294967295
    """
    if trades.dtype == STREAM_TRADE_DTYPE:
        return trades
    if trades.dtype != TRADE_DTYPE:
        raise StreamError(f"trades had dtype {trades.dtype}, must be TRADE_DTYPE")
    large = trades["quantity"] > UINT32_MAX
    if large.any():
        index = int(large.argmax())
        value = int(trades["quantity"][index])
        raise StreamError(
            f"trade {index}: quantity was {shown(value)}, must be at most {UINT32_MAX}"
        )
    records = np.empty(len(trades), dtype=STREAM_TRADE_DTYPE)
    records["maker"] = trades["maker_order_id"]
    records["taker"] = trades["taker_order_id"]
    records["price"] = trades["price"]
    records["quantity"] = trades["quantity"]
    records["symbol"] = trades["instrument"]
    return records


def _iter_records(
    path: str | os.PathLike[str], dtype: np.dtype[np.void], records: int = RECORDS_PER_BLOCK
) -> Iterator[RecordArray]:
    done = 0
    for block in read_blocks(path, records * dtype.itemsize):
        count, rest = divmod(len(block), dtype.itemsize)
        # A trade may begin with a maker's id that reads so, but no op of a command is 0x1f.
        is_damaged = bool(rest) or dtype == STREAM_COMMAND_DTYPE
        if done == 0 and is_damaged and block.startswith(GZIP_MAGIC):
            raise StreamError(
                f"{os.fspath(path)}: compressed data is damaged: byte 0 begins gzip (1f 8b), what"
                " follows is no header of gzip"
            )
        if rest:
            index = done + count
            raise StreamError(
                f"{os.fspath(path)}: record {index} at byte {index * dtype.itemsize} is cut short:"
                f" {rest} bytes, a record has {dtype.itemsize}"
            )
        yield np.frombuffer(block, dtype=dtype)
        done += count


def _convert(records: RecordArray, commands: RecordArray, first_index: int, source: str) -> None:
    """Fill `commands`, all zero, from `records`; both have the same length."""
    if records.dtype != STREAM_COMMAND_DTYPE:
        raise StreamError(f"records had dtype {records.dtype}, must be STREAM_COMMAND_DTYPE")
    op, side, quantity = records["op"], records["side"], records["quantity"]
    kind, takes_quantity = KIND[op], TAKES_QUANTITY[op].astype(bool)
    submit = kind == CommandKind.SUBMIT
    bad = (kind == 0) | (side > 1) | (takes_quantity & (quantity == 0))
    bad |= submit & (records["order_id"] == 0)
    if bad.any():
        index = int(bad.argmax())
        offset = (first_index + index) * STREAM_COMMAND_DTYPE.itemsize
        raise StreamError(
            f"{source}: record {first_index + index} at byte {offset}: {_fault(records[index])}"
        )
    commands["kind"] = kind
    commands["side"] = SIDE[side]
    commands["order_type"] = ORDER_TYPE[op]
    commands["time_in_force"] = TIME_IN_FORCE[op]
    commands["instrument"] = records["symbol"]
    commands["account"] = records["account"]
    commands["order_id"] = records["order_id"]
    commands["price"] = records["price"] * TAKES_PRICE[op]
    commands["quantity"] = quantity * takes_quantity
    commands["timestamp"] = np.arange(first_index, first_index + len(records), dtype=np.uint64)


def _fault(record: np.void) -> str:
    """Say what is wrong with a record that `_convert` refused: the first field that is."""
    if record["op"] not in OPS:
        return f"op was {record['op']}, must be 1 to {max(OPS)}"
    if record["side"] > 1:
        return f"side was {record['side']}, must be 0 (buy) or 1 (sell)"
    if record["quantity"] == 0 and OPS[int(record["op"])][4]:
        return f"quantity was 0, must be at least 1 for op {record['op']}"
    return "order_id was 0, must be at least 1: the engine reads 0 as 'assign one'"


def _check_writable(commands: RecordArray) -> None:
    """Refuse what the format has no room for, first bad command first."""
    submit = commands["kind"] == CommandKind.SUBMIT
    takes = commands["kind"] != CommandKind.CANCEL
    first, last = CommandKind.SUBMIT, CommandKind.REDUCE
    is_kind = (commands["kind"] >= first) & (commands["kind"] <= last)
    faults = (
        (~is_kind, "kind", f"must be {first} to {last}"),
        (commands["order_type"] > OrderType.MARKET, "order_type", "must be at most 1, MARKET"),
        (commands["time_in_force"] > TimeInForce.IOC, "time_in_force", "must be at most 1, IOC"),
        (commands["flags"] != 0, "flags", "must be 0: a stream holds no instructions"),
        (commands["instrument"] > SYMBOL_MAX, "instrument", f"must be at most {SYMBOL_MAX}"),
        (submit & (commands["order_id"] == 0), "order_id", "must be at least 1"),
        (takes & (commands["quantity"] < 1), "quantity", "must be at least 1"),
        (commands["quantity"] > UINT32_MAX, "quantity", f"must be at most {UINT32_MAX}"),
        *((commands[name] != 0, name, f"must be 0: a stream holds no {name}") for name in NOT_HELD),
    )
    index = min((int(bad.argmax()) for bad, _, _ in faults if bad.any()), default=None)
    if index is None:
        return
    field, limit = next((field, limit) for bad, field, limit in faults if bad[index])
    value = int(commands[field][index])
    raise StreamError(f"command {index}: {field} was {shown(value)}, {limit}")
