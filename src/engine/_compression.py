"""Files as blocks of bytes, plain, gzip or zstd: told apart by content, never by name.

A reader that trusts a suffix breaks on a renamed file, so the first bytes decide. Every way a file
can be bad (absent, cut short, damaged) comes out as one `StreamError` that names the file.
"""

from __future__ import annotations

import gzip
import importlib
import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from engine.errors import StreamError

__all__ = ["GZIP_MAGIC", "read_blocks", "write_file"]

GZIP_MAGIC: Final = b"\x1f\x8b"
GZIP_METHOD: Final = b"\x08"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
# The tenth byte of a gzip header is the system that wrote it, the ninth how hard it tried. Both are
# checked because the first eight bytes of a trade file are an order id, which may equal the magic.
GZIP_HEADER_SIZE: Final = 10
GZIP_EFFORTS: Final = frozenset({0, 2, 4})
GZIP_SYSTEMS: Final = frozenset({*range(14), 255})
GZIP_READ_SIZE: Final = 128 * 1024
# What one call of the decompressor is fed: a hostile frame blows 16 KiB up to 512 MiB at most.
ZSTD_FEED_SIZE: Final = 16 * 1024
ZSTD_MISSING: Final = "zstd files need the package zstandard: pip install zstandard"


def read_blocks(path: str | os.PathLike[str], block_size: int) -> Iterator[bytes]:
    """Read a file, decompressed, in blocks of equal size.

    Parameters
    ----------
    path
        A plain, gzip or zstd file; what it is is read from its first bytes.
    block_size
        Bytes a block, at least 1.

    Yields
    ------
    bytes
        `block_size` bytes, fewer in the last block, never empty.

    Raises
    ------
    StreamError
        The file is absent, cannot be read, is cut short inside a compressed frame or is damaged.

    Examples
    --------
    >>> import gzip, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "not_named_gz.bin"
    >>> _ = path.write_bytes(gzip.compress(b"seven b"))
    >>> list(read_blocks(path, 3))
    [b'sev', b'en ', b'b']
    """
    buffer = bytearray()
    done = 0
    try:
        with Path(path).open("rb") as file:
            for piece in _pieces(file, block_size):
                buffer += piece
                while len(buffer) >= block_size:
                    yield bytes(buffer[:block_size])
                    del buffer[:block_size]
                    done += block_size
    except FileNotFoundError:
        raise StreamError(f"{os.fspath(path)}: no such file") from None
    except EOFError:
        where = done + len(buffer)
        raise StreamError(
            f"{os.fspath(path)}: compressed file is cut short: it ended inside a frame, after"
            f" {where:,} bytes of decompressed data"
        ) from None
    except (gzip.BadGzipFile, zlib.error, _ZstdDamagedError) as error:
        where = done + len(buffer)
        raise StreamError(
            f"{os.fspath(path)}: compressed data is damaged after byte {where:,}: {error}"
        ) from None
    except OSError as error:
        raise StreamError(f"{os.fspath(path)}: {error.strerror or error}") from None
    if buffer:
        yield bytes(buffer)


def write_file(path: str | os.PathLike[str], data: bytes | memoryview) -> None:
    """Write a file whole or not at all; the suffix ``.gz`` or ``.zst`` has it compressed.

    What is no regular file (a pipe, a device) is written to and stays what it is; through a
    symbolic link, what it leads to is written.

    Parameters
    ----------
    path
        Where to. A file that is there is replaced only once all bytes are written.
    data
        The bytes, not compressed.

    Raises
    ------
    StreamError
        The place cannot be written, or zstandard is missing for a ``.zst``.
    """
    named = Path(path)
    packed = _pack(named.suffix, data)
    try:
        # Asked of the name as given: /dev/stdout leads to a pipe whose resolved name is no file.
        if named.exists() and not named.is_file():
            with named.open("wb") as file:
                file.write(packed)
        else:
            _replace_file(Path(os.path.realpath(named)), packed)
    except OSError as error:
        raise StreamError(f"{named}: cannot be written: {error.strerror or error}") from None


def _replace_file(target: Path, packed: bytes | memoryview) -> None:
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(packed)
        partial.replace(target)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


class _ZstdDamagedError(Exception):
    """Either binding's own error, so that the core path needs neither of them."""


def _pieces(file: io.BufferedReader, size: int) -> Iterator[bytes]:
    head = file.peek(GZIP_HEADER_SIZE)[:GZIP_HEADER_SIZE]
    if head.startswith(ZSTD_MAGIC):
        yield from _zstd_pieces(file)
        return
    if _is_gzip(head):
        if head[2:3] not in (b"", GZIP_METHOD):
            raise gzip.BadGzipFile(f"method of gzip was {head[2]}, must be {GZIP_METHOD[0]}")
        with gzip.GzipFile(fileobj=file) as unpacked:
            # `read` would throw away what it has when the file turns out to be cut short.
            while piece := unpacked.read1(GZIP_READ_SIZE):
                yield piece
        return
    while piece := file.read(size):
        yield piece


def _is_gzip(head: bytes) -> bool:
    if not head.startswith(GZIP_MAGIC):
        return False
    if len(head) < GZIP_HEADER_SIZE:
        return True  # no file of records is that short
    return head[2:3] == GZIP_METHOD and head[8] in GZIP_EFFORTS and head[9] in GZIP_SYSTEMS


def _zstd_pieces(file: io.BufferedReader) -> Iterator[bytes]:
    new_frame, failure = _zstd_decompressor()
    frame = new_frame()
    started = False
    try:
        while feed := file.read(ZSTD_FEED_SIZE):
            while feed:
                if frame.eof:
                    frame, started = new_frame(), False
                started = True
                yield frame.decompress(feed)
                feed = frame.unused_data if frame.eof else b""
    except failure as error:
        raise _ZstdDamagedError(str(error)) from None
    if started and not frame.eof:
        raise EOFError


def _zstd_decompressor() -> tuple[Callable[[], Any], type[Exception]]:
    """Find what makes a decompressor of one frame and what that raises, standard library first."""
    with suppress(ImportError):
        library = importlib.import_module("compression.zstd")
        return library.ZstdDecompressor, library.ZstdError
    library = _zstandard()
    return library.ZstdDecompressor().decompressobj, library.ZstdError


def _zstd_compress() -> Callable[[bytes | memoryview], Any]:
    with suppress(ImportError):
        return importlib.import_module("compression.zstd").compress  # type: ignore[no-any-return]
    return _zstandard().ZstdCompressor().compress  # type: ignore[no-any-return]


def _zstandard() -> Any:
    try:
        return importlib.import_module("zstandard")
    except ImportError:
        raise StreamError(ZSTD_MISSING) from None


def _pack(suffix: str, data: bytes | memoryview) -> bytes | memoryview:
    if suffix == ".gz":
        return gzip.compress(data, mtime=0)
    if suffix != ".zst":
        return data
    packed: bytes = _zstd_compress()(data)
    return packed
