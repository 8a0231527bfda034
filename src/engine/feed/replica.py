"""A consumer's picture of one instrument, kept from a snapshot and the messages after it."""

from __future__ import annotations

from itertools import islice
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np

from engine._copies import CopiedWhole
from engine._members import member_of, says_names
from engine._shown import counted, integer_of, shown

from .._schema import FEED_DTYPE, LEVEL_DTYPE, FeedChannel, FeedFlag, FeedKind, Side
from ..errors import FeedError, SequenceGapError
from ..records import Depth, RecordArray
from .messages import check_messages

CHECKED_FIELDS: Final = ("side", "price", "quantity", "order_count", "order_id")
"""What a checksum is over, each as a little-endian integer of 64 bits."""


class FeedMessage(NamedTuple):
    """One message, field by field as in `FEED_DTYPE`."""

    sequence_number: int
    timestamp: int = 0
    report_sequence_number: int = 0
    order_id: int = 0
    trade_id: int = 0
    price: int = 0
    quantity: int = 0
    last_quantity: int = 0
    instrument: int = 0
    order_count: int = 0
    kind: int = 0
    side: int = 0
    channel: int = 0
    flags: int = 0
    reserved_32: int = 0


assert FeedMessage._fields == FEED_DTYPE.names, "FeedMessage must follow FEED_DTYPE"


def checksum(snapshot: RecordArray) -> int:
    """Return the CRC-32 of what a snapshot shows.

    Parameters
    ----------
    snapshot : ndarray of FEED_DTYPE
        Of levels or of orders, from a builder or a replica, whole or of the best prices. The
        opening message, numbers and times do not count.

    Returns
    -------
    int
        CRC-32 (as in zlib) over each level or order as it stands, bids first and best first:
        side, price, quantity, order_count and order_id, five little-endian integers of 64 bits.
    """
    shown = snapshot[snapshot["kind"] != FeedKind.SNAPSHOT]
    numbers = np.zeros((len(shown), len(CHECKED_FIELDS)), "<i8")
    for column, name in enumerate(CHECKED_FIELDS):
        numbers[:, column] = shown[name].astype("<i8")
    return crc32(numbers.tobytes())


@says_names
class Replica(CopiedWhole):
    """What one channel of one instrument shows, as a consumer knows it.

    It starts empty and waits for the first message, or starts anew from a snapshot. Messages that
    it has seen, or that a snapshot covers, are passed over, so two lines of one feed may both be
    read. After a gap it stays as it was before, until the missing messages or a snapshot come.

    Parameters
    ----------
    instrument : int
        Messages of others are passed over.
    channel : FeedChannel
        LEVELS, ORDERS or TOP.

    Attributes
    ----------
    sequence_number : int
        The number of the last message that the picture has in it.
    is_whole : bool
        Whether that was the last message of its command. Only then the picture is what the book
        showed at some time.

    Examples
    --------
    >>> from engine import SELL, OrderBook
    >>> from engine.feed import FeedBuilder, Replica
    >>> book, builder, replica = OrderBook(), FeedBuilder(), Replica(0)
    >>> builder.add_instrument(0)
    >>> replica.read(builder.read(book.submit(SELL, 101, 5).reports))
    1
    >>> replica.depth().asks.tolist()
    [(101, 5, 1)]
    >>> messages = builder.read(book.submit(SELL, 102, 7).reports)  # and they get lost
    >>> replica.read(builder.read(book.submit(SELL, 103, 9).reports))
    Traceback (most recent call last):
    engine.errors.SequenceGapError: sequence_number of instrument 0, LEVELS, was 3, must be 2
    >>> replica.read(builder.snapshot(0))
    4
    >>> replica.depth().asks["price"].tolist()
    [101, 102, 103]
    """

    def __init__(self, instrument: int, channel: FeedChannel = FeedChannel.LEVELS) -> None:
        if channel not in (FeedChannel.LEVELS, FeedChannel.ORDERS, FeedChannel.TOP):
            raise FeedError(f"channel was {shown(channel)}, not LEVELS, ORDERS or TOP")
        self.instrument = instrument
        self.channel = FeedChannel(channel)
        self.sequence_number = 0
        self.is_whole = True
        self._awaited = 0
        """Messages that the snapshot which is read still has."""
        self._levels: dict[Side, dict[int, tuple[int, int]]] = {}
        """Of each side by price: lots and orders."""
        self._queues: dict[Side, dict[int, dict[int, int]]] = {}
        """Of each side by price: lots by order, in the order of the queue."""
        self._places: dict[int, tuple[Side, int]] = {}
        """Side and price of each order."""
        self._clear()

    def __repr__(self) -> str:
        bids, asks = map(len, self.depth())
        shows = f"{counted(bids, 'bid price')}, {counted(asks, 'ask price')}"
        at = f"sequence_number={self.sequence_number}"
        return f"Replica({self.instrument}, {self.channel.name}, {at}, {shows})"

    def _clear(self) -> None:
        self._levels = {side: {} for side in Side}
        self._queues = {side: {} for side in Side}
        self._places = {}

    def read(self, messages: RecordArray) -> int:
        """Follow messages, or start anew from a snapshot among them.

        Parameters
        ----------
        messages : ndarray of FEED_DTYPE
            Of any channel and instrument.

        Returns
        -------
        int
            How many were this replica's and new to it.

        Raises
        ------
        SequenceGapError
            Names the number that had to come and the one that came. Those before it were read.
        FeedError
            For what are no messages, and for messages that contradict the picture.
        """
        check_messages(messages)
        is_mine = (messages["instrument"] == self.instrument) & (
            messages["channel"] == self.channel
        )
        count = 0
        for row in messages[is_mine].tolist():
            count += self._read(FeedMessage(*row))
        return count

    def _read(self, message: FeedMessage) -> bool:
        if message.flags & FeedFlag.OF_SNAPSHOT:
            return self._read_snapshot(message)
        if self._awaited:
            raise FeedError(f"{self._awaited} messages of a snapshot were missing")
        if message.sequence_number <= self.sequence_number:
            return False
        if message.sequence_number != self.sequence_number + 1:
            raise SequenceGapError(
                f"sequence_number of instrument {self.instrument}, {self.channel.name},",
                self.sequence_number + 1,
                message.sequence_number,
            )
        self._apply(message)
        self.sequence_number = message.sequence_number
        self.is_whole = bool(message.flags & FeedFlag.LAST)
        return True

    def _read_snapshot(self, message: FeedMessage) -> bool:
        """Start anew; a snapshot that is older than the picture is passed over."""
        if message.kind == FeedKind.SNAPSHOT:
            if message.sequence_number < self.sequence_number:
                return False
            self._clear()
            self.sequence_number = message.sequence_number
            self._awaited = message.order_count
        elif self._awaited == 0:
            return False
        else:
            self._apply(message)
            self._awaited -= 1
        self.is_whole = self._awaited == 0
        return True

    def _apply(self, message: FeedMessage) -> None:
        side = Side(message.side)
        if message.kind == FeedKind.ADD:
            self._add(side, message)
        elif self.channel == FeedChannel.ORDERS:
            self._shrink(message)
        else:
            levels = self._levels[side]
            if message.kind == FeedKind.TOP:
                levels.clear()
            if message.quantity:
                levels[message.price] = (message.quantity, message.order_count)
            else:
                levels.pop(message.price, None)

    def _add(self, side: Side, message: FeedMessage) -> None:
        if message.order_id in self._places:
            raise FeedError(f"order {message.order_id} was added twice")
        self._places[message.order_id] = side, message.price
        queue = self._queues[side].setdefault(message.price, {})
        queue[message.order_id] = message.quantity

    def _shrink(self, message: FeedMessage) -> None:
        """Let an order show less, or go."""
        place = self._places.get(message.order_id)
        if place is None:
            raise FeedError(f"order {message.order_id} was not known")
        side, price = place
        queue = self._queues[side][price]
        in_auction = message.flags & FeedFlag.AUCTION
        traded = message.last_quantity if message.kind == FeedKind.EXECUTE else 0
        if traded and not in_auction and queue[message.order_id] - traded != message.quantity:
            raise FeedError(
                f"order {message.order_id} showed {queue[message.order_id]} lots and traded"
                f" {traded}, and {message.quantity} were said to be left"
            )
        if message.quantity:
            queue[message.order_id] = message.quantity
            return
        del queue[message.order_id], self._places[message.order_id]
        if not queue:
            del self._queues[side][price]

    # Questions.

    def depth(self, levels: int | None = None) -> Depth:
        """Return what is shown by price, each side best first, as `OrderBook.depth` does.

        Parameters
        ----------
        levels : int, optional
            At most so many prices of each side; by default all that are known. Of the TOP channel
            that is one.

        Raises
        ------
        FeedError
            The levels are below 0.
        """
        sides = (self._levels_of(side, levels) for side in Side)
        return Depth(*(np.array(rows, LEVEL_DTYPE) for rows in sides))

    def orders(self, side: Side | str | int) -> list[tuple[int, int, int]]:
        """Return (order_id, price, quantity) of each shown order, as they would trade.

        Parameters
        ----------
        side : Side, str or int
            BUY or SELL.

        Returns
        -------
        list of tuple of int
            Prices in ticks, quantities in lots; the best price first, and at one price the order
            that trades first.

        Raises
        ------
        FeedError
            The channel is not ORDERS: the others have none.
        """
        if self.channel != FeedChannel.ORDERS:
            raise FeedError(f"channel was {self.channel.name}, must be ORDERS to know of orders")
        of = member_of(Side, side, "side")
        return [
            (order_id, price, quantity)
            for price in self._prices(of, None)
            for order_id, quantity in self._queues[of][price].items()
        ]

    def snapshot(self, levels: int | None = None) -> RecordArray:
        """Return the picture as a snapshot, from which another replica can start.

        It has no times, and no last trade.

        Parameters
        ----------
        levels : int, optional
            At most so many prices of each side; by default all.

        Returns
        -------
        ndarray of FEED_DTYPE, shape (n,)
            As `FeedBuilder.snapshot` gives it: a SNAPSHOT, then the messages of the picture.

        Raises
        ------
        FeedError
            The levels are below 0.
        """
        head = FeedMessage(
            self.sequence_number,
            instrument=self.instrument,
            channel=self.channel,
            flags=FeedFlag.OF_SNAPSHOT,
        )
        rows = [row for side in Side for row in self._rows(head, side, levels)]
        rows.insert(0, head._replace(kind=FeedKind.SNAPSHOT, order_count=len(rows)))
        rows[-1] = rows[-1]._replace(flags=FeedFlag.OF_SNAPSHOT | FeedFlag.LAST)
        return np.array(rows, FEED_DTYPE)

    def checksum(self, levels: int | None = None) -> int:
        """Return the checksum of the best prices, as `checksum` takes it of a snapshot.

        Parameters
        ----------
        levels : int, optional
            So many prices of each side; by default all.

        Raises
        ------
        FeedError
            The levels are below 0.

        Examples
        --------
        >>> from engine import SELL, OrderBook
        >>> from engine.feed import FeedBuilder
        >>> book, builder, replica = OrderBook(), FeedBuilder(), Replica(0)
        >>> builder.add_instrument(0)
        >>> _ = replica.read(builder.read(book.submit(SELL, 101, 5).reports))
        >>> replica.checksum() == checksum(builder.snapshot(0))
        True
        """
        return checksum(self.snapshot(levels))

    def _rows(self, head: FeedMessage, side: Side, levels: int | None) -> list[FeedMessage]:
        if self.channel != FeedChannel.ORDERS:
            kind = FeedKind.TOP if self.channel == FeedChannel.TOP else FeedKind.LEVEL
            return [
                head._replace(
                    kind=kind, side=side, price=price, quantity=quantity, order_count=order_count
                )
                for price, quantity, order_count in self._levels_of(side, levels)
            ]
        return [
            head._replace(
                kind=FeedKind.ADD, side=side, price=price, quantity=quantity, order_id=order_id
            )
            for price in self._prices(side, levels)
            for order_id, quantity in self._queues[side][price].items()
        ]

    def _levels_of(self, side: Side, levels: int | None) -> list[tuple[int, int, int]]:
        if self.channel != FeedChannel.ORDERS:
            known = self._levels[side]
            return [(price, *known[price]) for price in self._prices(side, levels)]
        queues = self._queues[side]
        return [
            (price, sum(queues[price].values()), len(queues[price]))
            for price in self._prices(side, levels)
        ]

    def _prices(self, side: Side, levels: int | None) -> list[int]:
        most = None if levels is None else integer_of("levels", levels)
        if most is not None and most < 0:
            raise FeedError(f"levels was {shown(levels)}, must be 0 or more")
        by_orders = self.channel == FeedChannel.ORDERS
        prices = self._queues[side] if by_orders else self._levels[side]
        return list(islice(sorted(prices, key=lambda price: -side * price), most))
