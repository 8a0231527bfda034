"""Instruments spread over workers, and messages in batches for each."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from .._copies import CopiedWhole
from .._members import says_names
from .._shown import check_kind, counted, integer_of, shown
from ..records import RecordArray, joined
from .messages import check_messages

NANOSECONDS_OF_10_MS = 10_000_000


class Batch(NamedTuple):
    """Messages for one partition.

    Attributes
    ----------
    partition : int
        Its number, from 0.
    messages : ndarray of FEED_DTYPE
    """

    partition: int
    messages: RecordArray


@says_names
class Partitioner(CopiedWhole):
    """Sends each instrument to one of several partitions, in batches.

    Which one, is told by a consistent hash: each partition has points on a ring, and a symbol goes
    to the first point after its own. The same symbol goes to the same partition on every machine,
    and one partition more moves only about its share of the symbols, all of them to itself.

    Parameters
    ----------
    partitions : int
        How many.
    size : int
        Messages of a full batch.
    interval : int
        Nanoseconds after which a batch that is not full is sent too.
    symbols : mapping of int to str, optional
        The symbols of instruments; by default their numbers in decimal.
    points : int
        Of each partition on the ring; more spread more evenly.

    Raises
    ------
    TypeError, ValueError
        What must be an integer is none, or not above 0.

    Examples
    --------
    >>> from engine.feed import Partitioner
    >>> partitioner = Partitioner()
    >>> [partitioner.partition_of(symbol) for symbol in ("BTC-USD", "ETH-USD", "SOL-USD")]
    [2, 4, 1]
    """

    def __init__(
        self,
        *,
        partitions: int = 12,
        size: int = 100,
        interval: int = NANOSECONDS_OF_10_MS,
        symbols: Mapping[int, str] | None = None,
        points: int = 128,
    ) -> None:
        told = {"partitions": partitions, "size": size, "interval": interval, "points": points}
        for name, value in told.items():
            if integer_of(name, value) < 1:
                raise ValueError(f"{name} was {shown(value)}, must be positive")
        ring = sorted(
            (_hash(f"{partition}/{point}"), partition)
            for partition in range(partitions)
            for point in range(points)
        )
        self.partitions = partitions
        self.size = size
        self.interval = interval
        self._places = [place for place, _ in ring]
        self._owners = [partition for _, partition in ring]
        self._symbols = symbols if symbols is not None else {}
        self._partition_of: dict[int, int] = {}
        self._waiting: list[list[RecordArray]] = [[] for _ in range(partitions)]
        self._since = [0] * partitions

    def __repr__(self) -> str:
        waiting = sum(len(part) for parts in self._waiting for part in parts)
        batches = f"size={self.size}, interval={self.interval}"
        return f"Partitioner({self.partitions}, {batches}, {counted(waiting, 'message')})"

    def partition_of(self, symbol: str) -> int:
        """Return the partition of a symbol, from 0.

        Parameters
        ----------
        symbol : str
            Any text; it need not be one of `symbols`.

        Raises
        ------
        TypeError
            It is no text.
        """
        check_kind("symbol", symbol, str)
        at = bisect(self._places, _hash(symbol)) % len(self._places)
        return self._owners[at]

    def take(self, messages: RecordArray, now: int) -> list[Batch]:
        """Take messages in, and return the batches that are full or have waited long enough.

        Messages of one instrument stay in their order.

        Parameters
        ----------
        messages : ndarray of FEED_DTYPE, shape (n,)
            Of any instrument and channel.
        now : int
            The time, nanoseconds.

        Returns
        -------
        list of Batch
            Those that were late first, then the full ones by partition.

        Raises
        ------
        FeedError
            For what are no messages.
        TypeError
            The time is no integer.
        """
        check_messages(messages)
        batches = self.poll(now)
        partitions = np.array(
            [self._partition(number) for number in messages["instrument"].tolist()], np.int64
        )
        for partition in np.unique(partitions).tolist():
            waiting = self._waiting[partition]
            if not waiting:
                self._since[partition] = now
            waiting.append(messages[partitions == partition])
            together = joined(waiting)
            whole = len(together) - len(together) % self.size
            batches += [
                Batch(partition, together[at : at + self.size]) for at in range(0, whole, self.size)
            ]
            if whole:
                self._since[partition] = now
            self._waiting[partition] = [together[whole:]] if whole < len(together) else []
        return batches

    def poll(self, now: int) -> list[Batch]:
        """Return the batches that have waited long enough, at a time at which nothing came.

        Parameters
        ----------
        now : int
            The time, nanoseconds, of the clock that `take` is told.

        Returns
        -------
        list of Batch
            By partition, each whatever waited there for `interval`.

        Raises
        ------
        TypeError
            The time is no integer.
        """
        now = integer_of("now", now)
        late = [
            partition
            for partition, waiting in enumerate(self._waiting)
            if waiting and now - self._since[partition] >= self.interval
        ]
        return [self._flush(partition) for partition in late]

    def flush(self) -> list[Batch]:
        """Return all that waits."""
        return [
            self._flush(partition) for partition, waiting in enumerate(self._waiting) if waiting
        ]

    def _flush(self, partition: int) -> Batch:
        batch = Batch(partition, joined(self._waiting[partition]))
        self._waiting[partition] = []
        return batch

    def _partition(self, instrument: int) -> int:
        known = self._partition_of.get(instrument)
        if known is None:
            known = self.partition_of(self._symbols.get(instrument, str(instrument)))
            self._partition_of[instrument] = known
        return known


def _hash(text: str) -> int:
    """Return a place on the ring; the hash is the same everywhere and for ever."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
