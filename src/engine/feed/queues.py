"""What waits for a consumer, within bounds."""

from __future__ import annotations

from collections import deque
from enum import IntEnum

import numpy as np

from engine._copies import CopiedWhole
from engine._members import says_names

from .._schema import FEED_DTYPE
from .._shown import counted, integer_of, shown
from ..errors import FeedError
from ..records import RecordArray, joined
from .messages import check_messages


class Pressure(IntEnum):
    """How a consumer keeps up."""

    NORMAL = 0
    """It does."""
    WARNED = 1
    """As many messages wait as it is warned at."""
    DROPPED = 2
    """More waited than may: it was disconnected, and must begin anew with a snapshot."""


@says_names
class BoundedQueue(CopiedWhole):
    """Messages that wait for one consumer, who is warned and then dropped when they are too many.

    A feed with holes is of no use to anyone, so nothing is left out of it: a consumer gets every
    message or is disconnected.

    Parameters
    ----------
    warn_at, drop_at : int
        Messages that wait; by default the consumer is dropped at twice the warning.

    Raises
    ------
    TypeError, ValueError
        One of them is no integer; the warning is below 1, or comes after the consumer is dropped.

    Attributes
    ----------
    put_count, taken_count, dropped_count : int
        Messages that were put in, taken out, and thrown away.
    warning_count : int
        How often the number of those that wait came to `warn_at`.
    largest : int
        The most that ever waited.

    Examples
    --------
    >>> import numpy as np
    >>> from engine.feed import FEED_DTYPE, BoundedQueue
    >>> queue = BoundedQueue(warn_at=3, drop_at=5)
    >>> [queue.put(np.zeros(2, FEED_DTYPE)).name for _ in range(3)]
    ['NORMAL', 'WARNED', 'DROPPED']
    >>> queue.dropped_count, len(queue.take())
    (6, 0)
    """

    def __init__(self, *, warn_at: int = 1_000, drop_at: int | None = None) -> None:
        self.warn_at = integer_of("warn_at", warn_at)
        self.drop_at = 2 * self.warn_at if drop_at is None else integer_of("drop_at", drop_at)
        if not 0 < self.warn_at <= self.drop_at:
            drop = shown(self.drop_at)
            raise ValueError(f"warn_at was {shown(warn_at)}, outside 1 to drop_at, {drop}")
        self.pressure = Pressure.NORMAL
        self.put_count = 0
        self.taken_count = 0
        self.dropped_count = 0
        self.warning_count = 0
        self.largest = 0
        self._waiting: deque[RecordArray] = deque()
        self._count = 0

    def __repr__(self) -> str:
        bounds = f"warn_at={self.warn_at}, drop_at={self.drop_at}"
        return f"BoundedQueue({bounds}, {counted(len(self), 'message')}, {self.pressure.name})"

    def __len__(self) -> int:
        return self._count

    @property
    def is_connected(self) -> bool:
        """Whether the consumer still gets messages."""
        return self.pressure != Pressure.DROPPED

    def put(self, messages: RecordArray) -> Pressure:
        """Put messages in, and return how the consumer keeps up.

        Parameters
        ----------
        messages : ndarray of FEED_DTYPE, shape (n,)
            Kept as they are, not copied: don't write over them while they wait.

        Returns
        -------
        Pressure
            DROPPED where more wait now than may: all of them are thrown away, as is what comes
            later.

        Raises
        ------
        FeedError
            For what are no messages.
        """
        check_messages(messages)
        self.put_count += len(messages)
        if not self.is_connected:
            self.dropped_count += len(messages)
            return self.pressure
        self._waiting.append(messages)
        self._count += len(messages)
        self.largest = max(self.largest, self._count)
        if self._count > self.drop_at:
            self._drop()
        elif self._count >= self.warn_at and self.pressure == Pressure.NORMAL:
            self.pressure = Pressure.WARNED
            self.warning_count += 1
        return self.pressure

    def take(self, count: int | None = None) -> RecordArray:
        """Take out at most `count` messages, by default all, the oldest first.

        Parameters
        ----------
        count : int, optional
            At most so many.

        Returns
        -------
        ndarray of FEED_DTYPE, shape (n,)
            None where nothing waits, and once the consumer was dropped.

        Raises
        ------
        FeedError
            The count is below 0.
        TypeError
            It is no integer.
        """
        most = self._count if count is None else integer_of("count", count)
        if most < 0:
            raise FeedError(f"count was {shown(count)}, must be 0 or more")
        wanted = min(most, self._count)
        parts: list[RecordArray] = [np.zeros(0, FEED_DTYPE)]
        missing = wanted
        while missing:
            part = self._waiting.popleft()
            if len(part) > missing:
                self._waiting.appendleft(part[missing:])
                part = part[:missing]
            parts.append(part)
            missing -= len(part)
        self._count -= wanted
        self.taken_count += wanted
        if self.is_connected and self._count < self.warn_at:
            self.pressure = Pressure.NORMAL
        return joined(parts)

    def _drop(self) -> None:
        self.pressure = Pressure.DROPPED
        self.dropped_count += self._count
        self._waiting.clear()
        self._count = 0
