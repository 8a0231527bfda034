"""Levels for a consumer that cannot follow every change."""

from __future__ import annotations

import numpy as np

from engine._copies import CopiedWhole
from engine._members import says_names
from engine._shown import counted, integer_of, shown

from .._schema import FEED_DTYPE, FeedChannel, FeedFlag
from ..records import RecordArray, joined
from .messages import check_messages
from .replica import FeedMessage

NANOSECONDS_OF_100_MS = 100_000_000


@says_names
class Conflator(CopiedWhole):
    """Merges the messages of the LEVELS channel: of each price the last one is sent.

    What is merged is sent once the oldest change of it has waited `interval`, or `count` messages
    came, whichever is first; always whole commands, so that no sent picture is crossed. What is
    sent is numbered anew without a gap, on from the first message that came of an instrument: a
    `Replica` that has the snapshot before that message, or none when it was the very first,
    follows it.

    Parameters
    ----------
    interval : int
        Nanoseconds.
    count : int
        Messages taken in.

    Raises
    ------
    TypeError, ValueError
        One of them is no integer, or not above 0.

    Examples
    --------
    >>> from engine import SELL, OrderBook
    >>> from engine.feed import Conflator, FeedBuilder
    >>> book, builder, conflator = OrderBook(), FeedBuilder(), Conflator(interval=100, count=50)
    >>> builder.add_instrument(0)
    >>> for time in range(0, 90, 30):
    ...     messages = builder.read(book.submit(SELL, 101, 5, timestamp=time).reports)
    ...     assert len(conflator.take(messages, time)) == 0
    >>> conflator.poll(100)[["sequence_number", "price", "quantity"]].tolist()
    [(1, 101, 15)]
    """

    def __init__(self, *, interval: int = NANOSECONDS_OF_100_MS, count: int = 50) -> None:
        self.interval = integer_of("interval", interval)
        self.count = integer_of("count", count)
        if self.interval <= 0 or self.count <= 0:
            raise ValueError(
                f"interval was {shown(interval)} and count {shown(count)}, both must be positive"
            )
        self.taken_count = 0
        """Messages that came."""
        self.sent_count = 0
        """Messages that were sent."""
        self._pending: dict[tuple[int, int, int], FeedMessage] = {}
        self._pending_count = 0
        self._pending_since = 0
        self._numbers: dict[int, int] = {}

    def __repr__(self) -> str:
        waiting = counted(self._pending_count, "message")
        return f"Conflator(interval={self.interval}, count={self.count}, {waiting})"

    def take(self, messages: RecordArray, now: int) -> RecordArray:
        """Take messages in, and return what is to be sent.

        Parameters
        ----------
        messages : ndarray of FEED_DTYPE
            As a builder made them; those of other channels are passed over.
        now : int
            The time, nanoseconds.

        Returns
        -------
        ndarray of FEED_DTYPE, shape (n,)
            What is due, in the order in which it is to be sent; often none.

        Raises
        ------
        FeedError
            For what are no messages.
        """
        check_messages(messages)
        sent = [self.poll(now)]
        levels = messages[messages["channel"] == FeedChannel.LEVELS]
        for row in levels.tolist():
            message = FeedMessage(*row)
            self._merge(message, now)
            if self._pending_count >= self.count and message.flags & FeedFlag.LAST:
                sent.append(self.flush())
        return joined(sent)

    def poll(self, now: int) -> RecordArray:
        """Return what has waited long enough, at a time at which nothing came.

        Parameters
        ----------
        now : int
            The time, nanoseconds, of the clock that `take` is told.

        Returns
        -------
        ndarray of FEED_DTYPE, shape (n,)
            All that waits, if the oldest change of it has waited `interval`; else none.

        Raises
        ------
        TypeError
            The time is no integer.
        """
        now = integer_of("now", now)
        if self._pending_count and now - self._pending_since >= self.interval:
            return self.flush()
        return np.zeros(0, FEED_DTYPE)

    def flush(self) -> RecordArray:
        """Return all that waits."""
        rows = [self._numbered(message) for message in sorted(self._pending.values(), key=_order)]
        for at, message in enumerate(rows):
            is_last = at + 1 == len(rows) or rows[at + 1].instrument != message.instrument
            rows[at] = message._replace(flags=FeedFlag.LAST if is_last else 0)
        self.sent_count += len(rows)
        self._pending.clear()
        self._pending_count = 0
        return np.array(rows, FEED_DTYPE)

    def _merge(self, message: FeedMessage, now: int) -> None:
        self._numbers.setdefault(message.instrument, message.sequence_number - 1)
        if not self._pending_count:
            self._pending_since = now
        self._pending[message.instrument, message.side, message.price] = message
        self._pending_count += 1
        self.taken_count += 1

    def _numbered(self, message: FeedMessage) -> FeedMessage:
        self._numbers[message.instrument] += 1
        return message._replace(sequence_number=self._numbers[message.instrument])


def _order(message: FeedMessage) -> tuple[int, bool, int, int]:
    """Order as a builder does: what is gone first, bids before asks, best price first."""
    return (
        message.instrument,
        message.quantity != 0,
        -message.side,
        -message.side * message.price,
    )
