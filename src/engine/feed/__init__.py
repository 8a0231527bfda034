"""Market data made of execution reports: best prices, levels, orders and trades.

Making it
    `FeedBuilder` turns reports into messages, and gives snapshots; `builder_of` makes one of a
    venue that runs already, or was opened again.
Following it
    `Replica` keeps the picture of one instrument from a snapshot and messages, and finds gaps;
    `checksum` says whether two pictures are the same.
Sending it
    `Conflator` merges the levels for a slow consumer, `BoundedQueue` drops one that is too slow,
    `Partitioner` spreads instruments over workers.
Records
    `FEED_DTYPE`, `FeedKind`, `FeedChannel`, `FeedFlag`.

What each message means is in docs/semantics/market-data.md. No clock is read: the time is given.
"""

from .._feed import FeedBuilder
from .._schema import FEED_DTYPE, FeedChannel, FeedFlag, FeedKind
from ..errors import FeedError, SequenceGapError
from .conflation import Conflator
from .joining import builder_of
from .partitions import Batch, Partitioner
from .queues import BoundedQueue, Pressure
from .replica import Replica, checksum

__all__ = [
    "FEED_DTYPE",
    "Batch",
    "BoundedQueue",
    "Conflator",
    "FeedBuilder",
    "FeedChannel",
    "FeedError",
    "FeedFlag",
    "FeedKind",
    "Partitioner",
    "Pressure",
    "Replica",
    "SequenceGapError",
    "builder_of",
    "checksum",
]
