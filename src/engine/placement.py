"""Which shard a symbol is in: by a hash of both, so that more shards move few symbols."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from engine._members import says_names
from engine._shown import check_iterable, check_kind, shown
from engine.errors import EngineError

__all__ = ["MAX_SHARDS", "ShardPlacement"]

MAX_SHARDS: Final = 256


@says_names
@dataclass(frozen=True)
class ShardPlacement:
    """Symbols over shards, by rendezvous hashing.

    Each shard has a number for each symbol, the first eight bytes of a BLAKE2b of the symbol under
    the shard's name, and the symbol is where that is the largest. So the place depends on nothing
    but the symbol and how many shards there are; each shard has about the same part of the symbols;
    and a shard more takes about one symbol in n from the others, and moves none among them.

    Parameters
    ----------
    shards : int
        How many there are, 1 to 256. They are numbered from 0.

    Raises
    ------
    EngineError
        There can't be so many.

    Examples
    --------
    >>> placement = ShardPlacement(10)
    >>> [placement.shard_of(symbol) for symbol in ("BTC-USD", "ETH-USD", "SOL-USD")]
    [5, 3, 7]
    >>> symbols = [f"SYMBOL-{number}" for number in range(1_000)]
    >>> moves = placement.moves(symbols, 11)
    >>> len(moves), {to for _, to in moves.values()}
    (98, {10})
    """

    shards: int

    def __post_init__(self) -> None:
        if not isinstance(self.shards, int) or isinstance(self.shards, bool):
            raise EngineError(f"shards was {shown(self.shards)}, must be an int")
        if not 1 <= self.shards <= MAX_SHARDS:
            raise EngineError(f"shards was {shown(self.shards)}, must be 1 to {MAX_SHARDS}")

    def shard_of(self, symbol: str) -> int:
        """Return the number of the shard that a symbol is in. Costs a hash for each shard.

        Parameters
        ----------
        symbol : str
            Of an instrument.

        Raises
        ------
        TypeError
            It is no text.
        """
        check_kind("symbol", symbol, str)
        name = symbol.encode()
        return max(range(self.shards), key=lambda shard: _weight(name, shard))

    def moves(self, symbols: Iterable[str], shards: int) -> dict[str, tuple[int, int]]:
        """Return which symbols would be elsewhere with another number of shards, from and to.

        Parameters
        ----------
        symbols
            Those that are placed.
        shards
            How many there would be.

        Raises
        ------
        EngineError
            There can't be so many.
        TypeError
            Symbols that are none, as the letters of one text.
        """
        check_iterable("symbols", symbols, "symbols")
        other = ShardPlacement(shards)
        places = {symbol: (self.shard_of(symbol), other.shard_of(symbol)) for symbol in symbols}
        return {symbol: (old, new) for symbol, (old, new) in places.items() if old != new}


def _weight(name: bytes, shard: int) -> int:
    digest = blake2b(name, digest_size=8, person=shard.to_bytes(8, "little"))
    return int.from_bytes(digest.digest(), "little")
