"""Command streams, trade files and venue books: what is read, and how bad files are refused."""

from __future__ import annotations

import gzip
import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine import _compression
from engine._schema import (
    COMMAND_DTYPE,
    TRADE_DTYPE,
    CommandKind,
    OrderFlag,
    OrderType,
    Side,
    TimeInForce,
)
from engine.errors import StreamError
from engine.records import RecordArray
from engine.streams import (
    STREAM_COMMAND_DTYPE,
    STREAM_TRADE_DTYPE,
    commands_from_stream,
    iter_commands,
    read_commands,
    read_trades,
    stream_from_commands,
    stream_from_trades,
    write_commands,
    write_trades,
)
from engine.venue_books import book_dtype, read_books

# op, side, symbol, quantity, order_id, price, account, pad
ROWS = [
    (1, 0, 0, 10, 1, 100, 7, 0),
    (1, 1, 3, 4_294_967_295, 2**64 - 1, -(2**63), 4_294_967_295, 5),
    (2, 1, 65_535, 1, 3, 99, 0, 0),
    (3, 0, 0, 2, 4, 0, 0, 0),
    (5, 0, 0, 8, 1, 101, 7, 0),
    (6, 0, 0, 3, 1, 0, 7, 0),
    (4, 1, 0, 0, 1, 0, 7, 0),
]


def compress_zstd(data: bytes) -> bytes:
    return bytes(pytest.importorskip("zstandard").ZstdCompressor().compress(data))


PACKINGS: list[Callable[[bytes], bytes]] = [bytes, gzip.compress, compress_zstd]
each_packing = pytest.mark.parametrize("pack", PACKINGS, ids=["plain", "gzip", "zstd"])


def records(rows: list[tuple[int, ...]] = ROWS) -> RecordArray:
    return np.array(rows, dtype=STREAM_COMMAND_DTYPE)


def message(path: Path) -> str:
    with pytest.raises(StreamError) as caught:
        read_commands(path)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


def test_records_are_32_bytes() -> None:
    assert STREAM_COMMAND_DTYPE.itemsize == 32
    assert STREAM_TRADE_DTYPE.itemsize == 32


def test_every_op_becomes_its_command() -> None:
    commands = commands_from_stream(records())
    assert commands.dtype == COMMAND_DTYPE
    submit, gtc, ioc = CommandKind.SUBMIT, TimeInForce.GTC, TimeInForce.IOC
    fields = ["kind", "order_type", "time_in_force", "side", "instrument", "quantity"]
    assert commands[fields].tolist() == [
        (submit, OrderType.LIMIT, gtc, Side.BUY, 0, 10),
        (submit, OrderType.LIMIT, gtc, Side.SELL, 3, 4_294_967_295),
        (submit, OrderType.LIMIT, ioc, Side.SELL, 65_535, 1),
        (submit, OrderType.MARKET, ioc, Side.BUY, 0, 2),
        (CommandKind.REPLACE, OrderType.LIMIT, gtc, Side.BUY, 0, 8),
        (CommandKind.REDUCE, OrderType.LIMIT, gtc, Side.BUY, 0, 3),
        (CommandKind.CANCEL, OrderType.LIMIT, gtc, Side.SELL, 0, 0),
    ]
    assert commands["order_id"].tolist() == [1, 2**64 - 1, 3, 4, 1, 1, 1]
    assert commands["price"].tolist() == [100, -(2**63), 99, 0, 101, 0, 0]
    assert commands["account"].tolist() == [7, 4_294_967_295, 0, 0, 7, 7, 7]


def test_the_timestamp_is_the_index_in_the_file() -> None:
    assert commands_from_stream(records())["timestamp"].tolist() == list(range(7))
    assert commands_from_stream(records()[:2], first_index=40)["timestamp"].tolist() == [40, 41]


def test_fields_that_an_op_does_not_take_are_not_read() -> None:
    rows = [(3, 0, 0, 2, 4, 77, 0, 0), (6, 0, 0, 3, 1, 77, 0, 0), (4, 0, 0, 55, 1, 77, 0, 0)]
    commands = commands_from_stream(records(rows))
    assert commands["price"].tolist() == [0, 0, 0]
    assert commands["quantity"].tolist() == [2, 3, 0]


def test_nothing_else_of_a_command_is_set() -> None:
    commands = commands_from_stream(records())
    rest = set(COMMAND_DTYPE.names or ()) - {
        *("kind", "side", "order_type", "time_in_force", "instrument", "account"),
        *("order_id", "price", "quantity", "timestamp"),
    }
    assert all((commands[field] == 0).all() for field in rest)


@each_packing
def test_content_and_not_the_name_says_how_a_file_is_packed(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    for name in ("stream.bin", "stream.bin.gz", "stream.bin.zst"):
        path = tmp_path / name
        path.write_bytes(pack(records().tobytes()))
        assert (read_commands(path) == commands_from_stream(records())).all()


@each_packing
def test_an_empty_stream_has_no_commands(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "empty.bin"
    path.write_bytes(pack(b""))
    assert len(read_commands(path)) == 0


@each_packing
def test_blocks_read_one_by_one_are_the_stream(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "stream.bin"
    path.write_bytes(pack(records(ROWS * 20).tobytes()))
    blocks = list(iter_commands(path, records=32))
    assert [len(block) for block in blocks] == [32, 32, 32, 32, 12]
    assert (np.concatenate(blocks) == read_commands(path)).all()


def test_frames_one_after_the_other_are_one_stream(tmp_path: Path) -> None:
    first, second = records()[:3].tobytes(), records()[3:].tobytes()
    for pack in PACKINGS:
        path = tmp_path / "frames.bin"
        path.write_bytes(pack(first) + pack(second))
        assert len(read_commands(path)) == 7


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_what_is_written_is_read_again(suffix: str, tmp_path: Path) -> None:
    if suffix == ".zst":
        pytest.importorskip("zstandard")
    path = tmp_path / f"stream.bin{suffix}"
    commands = commands_from_stream(records())
    write_commands(path, commands)
    assert (read_commands(path) == commands).all()
    assert list(tmp_path.iterdir()) == [path]


def test_records_survive_the_way_through_commands() -> None:
    bare = records()
    bare["pad"] = 0
    assert (stream_from_commands(commands_from_stream(records())) == bare).all()


@pytest.mark.parametrize("index", [0, 70_000])
@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        ((0, 0, 0, 1, 1, 1, 0, 0), "op was 0, must be 1 to 6"),
        ((7, 0, 0, 1, 1, 1, 0, 0), "op was 7, must be 1 to 6"),
        ((255, 9, 0, 0, 0, 1, 0, 0), "op was 255, must be 1 to 6"),
        ((1, 2, 0, 1, 1, 1, 0, 0), "side was 2, must be 0 (buy) or 1 (sell)"),
        ((4, 255, 0, 1, 1, 1, 0, 0), "side was 255, must be 0 (buy) or 1 (sell)"),
        ((1, 0, 0, 0, 1, 1, 0, 0), "quantity was 0, must be at least 1 for op 1"),
        ((3, 0, 0, 0, 1, 1, 0, 0), "quantity was 0, must be at least 1 for op 3"),
        ((5, 0, 0, 0, 1, 1, 0, 0), "quantity was 0, must be at least 1 for op 5"),
        ((6, 0, 0, 0, 1, 1, 0, 0), "quantity was 0, must be at least 1 for op 6"),
        ((2, 0, 0, 1, 0, 1, 0, 0), "order_id was 0, must be at least 1"),
    ],
)
def test_a_bad_record_is_named(
    bad: tuple[int, ...], fault: str, index: int, tmp_path: Path
) -> None:
    stream = np.resize(records(), index + 2)
    stream[index] = np.array(bad, dtype=STREAM_COMMAND_DTYPE)
    path = tmp_path / "bad.bin"
    path.write_bytes(stream.tobytes())
    assert message(path).startswith(f"{path}: record {index} at byte {32 * index}: {fault}")


def test_of_two_bad_records_the_first_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.bin"
    path.write_bytes(records([ROWS[0], (1, 5, 0, 1, 1, 1, 0, 0), (9, 0, 0, 1, 1, 1, 0, 0)]))
    assert "record 1 at byte 32: side was 5" in message(path)


@each_packing
@pytest.mark.parametrize("rest", [1, 16, 31])
def test_half_a_record_is_an_error(
    pack: Callable[[bytes], bytes], rest: int, tmp_path: Path
) -> None:
    path = tmp_path / "half.bin"
    path.write_bytes(pack(records().tobytes()[: 64 + rest]))
    assert message(path) == (
        f"{path}: record 2 at byte 64 is cut short: {rest} bytes, a record has 32"
    )


@pytest.mark.parametrize("pack", PACKINGS[1:], ids=["gzip", "zstd"])
def test_a_compressed_file_cut_anywhere_is_an_error(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    whole = pack(records(ROWS * 50).tobytes())
    path = tmp_path / "cut.bin"
    for size in range(5, len(whole)):
        path.write_bytes(whole[:size])
        assert message(path).startswith(f"{path}: compressed ")


@pytest.mark.parametrize("pack", PACKINGS[1:], ids=["gzip", "zstd"])
@pytest.mark.parametrize("place", [10, 40])
def test_a_damaged_compressed_file_is_an_error(
    pack: Callable[[bytes], bytes], place: int, tmp_path: Path
) -> None:
    damaged = bytearray(pack(records(ROWS * 50).tobytes()))
    damaged[place:] = b"\xff" * (len(damaged) - place)
    path = tmp_path / "damaged.bin"
    path.write_bytes(damaged)
    assert message(path).startswith(f"{path}: compressed data is damaged after byte ")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "absent.bin"
    assert message(path) == f"{path}: no such file"


def test_a_directory_is_an_error(tmp_path: Path) -> None:
    assert message(tmp_path).startswith(f"{tmp_path}: ")


def test_without_zstandard_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stream.bin"
    path.write_bytes(_compression.ZSTD_MAGIC + b"anything")
    for name in ("zstandard", "compression.zstd", "compression"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError):
        importlib.import_module("zstandard")
    assert message(path).endswith("pip install zstandard")


def test_block_sizes_below_1_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="records was 0, must be at least 1"):
        next(iter_commands(tmp_path / "any.bin", records=0))


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        *(("kind", kind, f"kind was {kind}, must be 1 to 4") for kind in (0, 9, 10, 20, 21)),
        ("order_type", OrderType.STOP, "order_type was 3, must be at most 1, MARKET"),
        ("time_in_force", TimeInForce.GTD, "time_in_force was 3, must be at most 1, IOC"),
        ("trigger_price", 5, "trigger_price was 5, must be 0: a stream holds no trigger_price"),
        ("self_trade_mode", 1, "self_trade_mode was 1, must be 0"),
        ("selector", 1, "selector was 1, must be 0"),
        ("time_in_force", TimeInForce.FOK, "time_in_force was 2, must be at most 1, IOC"),
        ("flags", OrderFlag.POST_ONLY, "flags was 1, must be 0"),
        ("instrument", 65_536, "instrument was 65536, must be at most 65535"),
        ("order_id", 0, "order_id was 0, must be at least 1"),
        ("quantity", 0, "quantity was 0, must be at least 1"),
        ("quantity", -4, "quantity was -4, must be at least 1"),
        ("quantity", 2**32, "quantity was 4294967296, must be at most 4294967295"),
    ],
)
def test_what_the_format_cannot_hold_is_not_written(
    field: str, value: int, fault: str, tmp_path: Path
) -> None:
    commands = commands_from_stream(records())
    commands[field][2] = value
    path = tmp_path / "out.bin"
    with pytest.raises(StreamError, match=f"^command 2: {fault}"):
        write_commands(path, commands)
    assert not path.exists()


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "out.bin"
    with pytest.raises(StreamError, match="cannot be written: No such file or directory"):
        write_commands(path, commands_from_stream(records()))


def test_other_dtypes_are_refused() -> None:
    other = np.zeros(3, dtype=np.int64)
    with pytest.raises(StreamError, match="records had dtype int64"):
        commands_from_stream(other)
    with pytest.raises(StreamError, match="commands had dtype int64"):
        stream_from_commands(other)
    with pytest.raises(StreamError, match="trades had dtype int64"):
        stream_from_trades(other)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_trades_are_written_as_32_byte_records(suffix: str, tmp_path: Path) -> None:
    trades = np.zeros(2, dtype=TRADE_DTYPE)
    trades["maker_order_id"], trades["taker_order_id"] = [5, 2**64 - 1], [6, 7]
    trades["price"], trades["quantity"], trades["instrument"] = [-1, 9], [4_294_967_295, 1], [0, 8]
    path = tmp_path / f"out.trades{suffix}"
    write_trades(path, trades)
    expected = [(5, 6, -1, 4_294_967_295, 0), (2**64 - 1, 7, 9, 1, 8)]
    assert read_trades(path).tolist() == expected
    if not suffix:
        assert path.stat().st_size == 64
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(StreamError, match="record 1 at byte 32 is cut short: 31 bytes"):
            read_trades(path)


def test_a_maker_id_like_the_magic_of_gzip_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "plain.trades"
    trades = np.zeros(1, dtype=STREAM_TRADE_DTYPE)
    trades["maker"], trades["taker"] = 0x088B1F, 0x088B20
    write_trades(path, trades)
    assert read_trades(path).tolist() == trades.tolist()


def test_a_venue_book_is_read_row_by_row(tmp_path: Path) -> None:
    rows = np.zeros(3, dtype=book_dtype(2))
    rows["commands"], rows["level_count"], rows["symbol"] = [1, 5, 9], 2, 4
    rows["levels"]["ask_price"][1] = [101, 102]
    path = tmp_path / "venue.book"
    path.write_bytes(gzip.compress(rows.tobytes()))
    assert (read_books(path) == rows).all()
    path.write_bytes(b"")
    assert len(read_books(path)) == 0
    path.write_bytes(rows.tobytes()[:-1])
    with pytest.raises(StreamError, match="row 2 at byte 128 is cut short: 63 bytes"):
        read_books(path)
    path.write_bytes(rows.tobytes()[:15])
    with pytest.raises(StreamError, match="row 0 at byte 0 is cut short: 15 bytes"):
        read_books(path)
