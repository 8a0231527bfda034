"""A feed of a venue that has done something already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

import numpy as np

from .._feed import ALL_CHANNELS, FeedBuilder
from .._schema import (
    REPORT_DTYPE,
    CommandKind,
    ExecType,
    FeedChannel,
    OrderFlag,
    OrderStatus,
    ReportFlag,
    Side,
    Visibility,
)
from .._shown import check_kind
from ..records import RecordArray, joined

__all__ = ["JoinedBook", "JoinedInstrument", "JoinedVenue", "builder_of"]

SAME_FIELDS: Final = (
    *("order_id", "client_order_id", "price", "leaves_quantity", "filled_quantity", "timestamp"),
    *("instrument", "account", "side", "order_type", "time_in_force", "self_trade_mode"),
)
"""What reports and orders both have."""


class JoinedInstrument(Protocol):
    """What is asked of an `Instrument`."""

    @property
    def symbol(self) -> str:
        """Its name."""

    @property
    def visibility(self) -> Visibility:
        """LIT or DARK."""


class JoinedBook(Protocol):
    """What is asked of an `OrderBook`."""

    def orders(self, side: Side) -> RecordArray:
        """Return the orders that rest on a side, in the order in which they trade."""

    def details(self) -> RecordArray:
        """Return what orders are beyond that."""


@runtime_checkable
class JoinedVenue(Protocol):
    """What is asked of a venue: an `Engine` has it, in shards or not."""

    @property
    def instruments(self) -> Sequence[JoinedInstrument]:
        """All instruments, by number."""

    @property
    def report_count(self) -> int:
        """How many reports it has made."""

    def book(self, symbol: str) -> JoinedBook:
        """Return the book of an instrument."""


def builder_of(
    venue: JoinedVenue, *, channels: FeedChannel | int = ALL_CHANNELS, report_numbers: bool = True
) -> FeedBuilder:
    """Return a `FeedBuilder` that shows what the books of a venue show now.

    It goes on with the venue's next report, as one would that had read all of them: for a venue
    that was opened again, or one that has no feed yet. It is another feed, though: its channels are
    numbered anew, so consumers begin with a new `Replica` and a snapshot. Until the next trade of
    an instrument its snapshots name no last trade.

    Parameters
    ----------
    venue : Engine
        Of which nothing runs meanwhile.
    channels, report_numbers
        As for `FeedBuilder`.

    Raises
    ------
    TypeError
        It is no venue.

    Examples
    --------
    >>> from engine import Engine, Instrument
    >>> from engine.feed import Replica, builder_of
    >>> venue = Engine()
    >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
    >>> _ = venue.submit("OIL", side="buy", price="71.25", quantity=3)
    >>> builder, replica = builder_of(venue), Replica(0)
    >>> replica.read(builder.snapshot(0))
    2
    >>> report = venue.submit("OIL", side="sell", price="71.25", quantity=1)
    >>> replica.read(builder.read(report.reports)), replica.depth().bids.tolist()
    (1, [(7125, 2, 1)])
    """
    check_kind("venue", venue, JoinedVenue)
    shown = _shown_of(venue)
    assert len(shown) <= venue.report_count, "every order that rests was told of"
    after = venue.report_count - len(shown)
    shown["sequence_number"] = np.arange(after + 1, venue.report_count + 1)
    builder = FeedBuilder(channels=channels, report_numbers=report_numbers, after=after)
    builder.add_instruments(venue.instruments)
    builder.read(shown)
    return builder


def _shown_of(venue: JoinedVenue) -> RecordArray:
    """Return reports after which a builder shows what the books do: of each order that it came."""
    parts = [np.zeros(0, REPORT_DTYPE)]
    for instrument in venue.instruments:
        if instrument.visibility == Visibility.DARK:
            continue
        book = venue.book(instrument.symbol)
        details = np.sort(book.details(), order="order_id")
        for side in Side:
            orders = book.orders(side)
            parts += _entries_of(orders[(orders["flags"] & OrderFlag.HIDDEN) == 0], details)
    return joined(parts)


def _entries_of(orders: RecordArray, details: RecordArray) -> list[RecordArray]:
    """Return reports that orders came, and that icebergs show less now than then."""
    entered = np.zeros(len(orders), REPORT_DTYPE)
    for field in SAME_FIELDS:
        entered[field] = orders[field]
    entered["order_flags"] = orders["flags"]
    entered["exec_type"], entered["order_status"] = ExecType.NEW, OrderStatus.NEW
    entered["kind"] = CommandKind.SUBMIT
    at = np.searchsorted(details["order_id"], orders["order_id"])
    has_details = np.append(details["order_id"], np.uint64(0))[at] == orders["order_id"]
    its = details[at[has_details]]
    peaks, now = orders["leaves_quantity"].copy(), orders["leaves_quantity"].copy()
    is_iceberg = its["display_quantity"] > 0
    peaks[has_details] = np.minimum(
        peaks[has_details], np.where(is_iceberg, its["display_quantity"], peaks[has_details])
    )
    now[has_details] = its["displayed_quantity"]
    entered["last_quantity"] = np.maximum(peaks, now)
    shrunk = entered[now < peaks]
    shrunk["exec_type"], shrunk["kind"] = ExecType.REPLACED, CommandKind.REPLACE
    shrunk["flags"] = ReportFlag.KEPT_PRIORITY
    shrunk["last_quantity"] = now[now < peaks]
    return [entered, shrunk]
