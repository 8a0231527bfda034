"""What the tests of durable engines share: venues, what one is, and what a crash leaves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine import COMMAND_DTYPE, CommandKind, Engine, Instrument, Side

MODES: Final = ("async", "group", "sync")
COPIES_TRIED: Final = 50


def instrument(symbol: str, **terms: Any) -> Instrument:
    """Return an instrument in cents and whole lots."""
    return Instrument(symbol=symbol, tick_size="0.01", lot_size=1, **terms)


OIL: Final = instrument("OIL")
GAS: Final = Instrument(symbol="GAS", tick_size="0.5", lot_size="0.1", max_price=500)


def figures(venue: Engine) -> dict[str, Any]:
    """Return what a venue is, by everything that tells one from another."""
    return {
        "state": venue.state_hash(),
        "image": venue._core.image_hash(),
        "counters": venue.counters(),
        "time": venue.time,
        "reports": venue.report_count,
        "trades": venue.trade_count,
        "currencies": venue.currencies,
        "instruments": venue.instruments,
    }


def buy(venue: Engine, *prices: str, **terms: Any) -> None:
    """Enter an order of one lot at each price."""
    for price in prices:
        venue.submit("OIL", side="buy", price=price, quantity=1, **terms)


def orders(count: int, first: int = 1, quantity: int = 3) -> np.ndarray:
    """Return so many orders that rest and trade in turn, with command ids from `first` on."""
    commands = np.zeros(count, COMMAND_DTYPE)
    commands["kind"] = CommandKind.SUBMIT
    commands["command_id"] = np.arange(first, first + count)
    commands["side"] = np.where(commands["command_id"] % 3 == 0, Side.SELL, Side.BUY)
    commands["price"] = 7_100 + commands["command_id"] % 7
    commands["quantity"] = quantity
    return commands


def crashed(directory: Path) -> Path:
    """Return a copy of a directory as it is now, which is what a killed process would leave.

    The thread that writes snapshots may remove files while they are copied: then it is begun anew.
    """
    number = sum(1 for _ in directory.parent.glob(f"{directory.name}-crashed-*"))
    copy = directory.parent / f"{directory.name}-crashed-{number}"
    for _ in range(COPIES_TRIED):
        try:
            shutil.copytree(directory, copy)
        except shutil.Error:
            shutil.rmtree(copy)
        else:
            return copy
    raise AssertionError(f"{directory} changed whenever it was copied")


def segments(directory: Path) -> list[Path]:
    """Return the journal files, oldest first."""
    return sorted(directory.glob("journal-*.log"))


def snapshots(directory: Path) -> list[Path]:
    """Return the snapshots, oldest first."""
    return sorted(directory.glob("snapshot-*.snap"))


def contents(directory: Path) -> dict[str, bytes]:
    """Return the bytes of every file, by name."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def flip(path: Path, offset: int, mask: int = 1) -> None:
    """Change bits of one byte of a file; a negative offset is from its end."""
    data = bytearray(path.read_bytes())
    data[offset] ^= mask
    path.write_bytes(data)


def crc32c(data: bytes) -> int:
    """Return the CRC32C of bytes, bit by bit: not as the engine computes it."""
    check = 0xFFFFFFFF
    for byte in data:
        check ^= byte
        for _ in range(8):
            check = check >> 1 ^ (0x82F63B78 if check & 1 else 0)
    return check ^ 0xFFFFFFFF


def make_newer(path: Path, header_bytes: int) -> None:
    """Give a file of a journal the next version of its format, with a check that is right."""
    data = bytearray(path.read_bytes())
    data[8:12] = (int.from_bytes(data[8:12], "little") + 1).to_bytes(4, "little")
    check = crc32c(bytes(data[: header_bytes - 4]))
    data[header_bytes - 4 : header_bytes] = check.to_bytes(4, "little")
    path.write_bytes(data)
