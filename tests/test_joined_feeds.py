"""A feed that begins with a venue as it stands goes on as one that read everything."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from feeds import LEVELS_MAX, PICTURES, require_same
from implementations import Implementation
from streams import random_stream

from engine import (
    COMMAND_DTYPE,
    Core,
    Engine,
    Instrument,
    OrderBook,
    ShardedEngine,
    Visibility,
)
from engine.feed import FeedBuilder, FeedChannel, Replica, SequenceGapError, builder_of

LIT = Instrument(symbol="LIT", tick_size=1, lot_size=1)
DARK = Instrument(symbol="DARK", tick_size=1, lot_size=1, visibility="dark")


class OfCore:
    """A core as the venue that `builder_of` asks."""

    def __init__(self, core: Any) -> None:
        self.core = core

    @property
    def instruments(self) -> list[Any]:
        numbers = range(self.core.instrument_count)
        return [SimpleNamespace(symbol=str(its), visibility=Visibility.LIT) for its in numbers]

    @property
    def report_count(self) -> int:
        return int(self.core.report_count)

    def book(self, symbol: str) -> Any:
        return self.core.book(int(symbol))


def replicas_of(builder: FeedBuilder, count: int) -> list[Replica]:
    """Return replicas of all that a builder shows, from its snapshots."""
    replicas = [Replica(instrument, channel) for instrument in range(count) for channel in PICTURES]
    for replica in replicas:
        replica.read(builder.snapshot(replica.instrument, replica.channel))
    return replicas


@pytest.mark.parametrize("seed", range(700, 706))
def test_a_builder_of_a_running_core_shows_what_the_books_show(
    implementation: Implementation, seed: int
) -> None:
    stream = random_stream(seed, 120)
    core = stream.new_core(implementation.core)
    count = core.instrument_count
    joined: list[tuple[FeedBuilder, list[Replica]]] = []
    for at in range(len(stream.commands)):
        if at % 25 == 0:
            builder = builder_of(OfCore(core))
            joined.append((builder, replicas_of(builder, count)))
        reports = core.match(stream.commands[at : at + 1])
        for builder, replicas in joined:
            messages = builder.read(reports)
            for replica in replicas:
                replica.read(messages)
                require_same(core.book(replica.instrument), replica)
    for builder, _ in joined:
        builder.check_invariants()


def venue_with_orders(venue: Any) -> Any:
    venue.add_instrument(LIT), venue.add_instrument(DARK)
    for price, quantity in ((101, 5), (102, 40), (101, 7)):
        terms = {"display_quantity": 10} if quantity == 40 else {}
        venue.submit("LIT", side="sell", price=price, quantity=quantity, **terms)
    venue.submit("LIT", side="sell", price=101, quantity=9, hidden=True)
    venue.submit("LIT", side="sell", price=105, quantity=9, order_type="stop", trigger_price=1)
    venue.submit("DARK", side="buy", price=99, quantity=3)
    venue.submit("LIT", side="buy", price=102, quantity=25)  # leaves 6 of the 10 that are shown
    return venue


@pytest.mark.parametrize("make", [Engine, lambda: ShardedEngine(shards=3)], ids=["one", "shards"])
def test_what_is_hidden_stays_hidden_from_a_feed_that_joins(make: Any) -> None:
    venue = venue_with_orders(make())
    builder = builder_of(venue)
    assert builder.next_report == venue.report_count + 1
    assert builder.snapshot(0)[["side", "price", "quantity"]].tolist() == [
        (0, 0, 0),
        (-1, 102, 6),
    ]
    assert len(builder.snapshot(1, FeedChannel.ORDERS)) == 1, "the dark one shows nothing"
    (trade,) = builder.read(venue.submit("DARK", side="sell", price=99, quantity=1).reports)
    assert (trade["channel"], trade["side"], trade["price"]) == (FeedChannel.TRADES, 0, 99)


def test_an_iceberg_comes_back_in_a_feed_that_joined_as_large_as_it_was() -> None:
    venue = venue_with_orders(Engine())
    builder, whole = builder_of(venue), Replica(0, FeedChannel.ORDERS)
    whole.read(builder.snapshot(0, FeedChannel.ORDERS))
    for quantity, shown in ((6, 10), (3, 7)):
        report = venue.submit("LIT", side="buy", price=102, quantity=quantity)
        whole.read(builder.read(report.reports))
        assert [left for *_, left in whole.orders(-1)] == [shown]
        require_same(venue.book("LIT"), whole)


def test_a_venue_that_is_opened_again_has_a_feed_again(tmp_path: Path) -> None:
    with Engine.open(tmp_path) as venue:
        venue_with_orders(venue)
        before = venue.depth("LIT", levels=LEVELS_MAX)
    with Engine.open(tmp_path) as venue:
        with pytest.raises(SequenceGapError):
            FeedBuilder().read(venue.submit("LIT", side="buy", price=90, quantity=1).reports)
        venue.cancel(venue.orders("LIT", "buy")["order_id"][-1])
        builder, replica = builder_of(venue), Replica(0)
        replica.read(builder.snapshot(0))
        assert replica.depth(LEVELS_MAX) == before
        replica.read(builder.read(venue.submit("LIT", side="buy", price=91, quantity=2).reports))
        assert replica.depth(LEVELS_MAX) == venue.depth("LIT", levels=LEVELS_MAX)


def test_a_builder_may_begin_behind_what_set_a_venue_up() -> None:
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.01")
    for account in (1, 2):
        venue.set_account(account), venue.deposit(account, "USD", 100)
    assert FeedBuilder(after=venue.report_count).next_report == 5
    assert builder_of(venue).next_report == 5


@pytest.mark.parametrize("after", [-1, 2**63])
def test_a_last_report_that_cannot_be_is_refused(after: int) -> None:
    with pytest.raises(OverflowError, match=f"after was {after}, outside 0 to"):
        FeedBuilder(after=after)
    with pytest.raises(TypeError):
        FeedBuilder(after=np.zeros(1, COMMAND_DTYPE))  # type: ignore[arg-type]


@pytest.mark.parametrize("venue", [OrderBook(), Core(), None, "venue"])
def test_what_is_no_venue_has_no_feed(venue: Any) -> None:
    with pytest.raises(TypeError, match=r"^venue was .*, of .*, not a JoinedVenue$"):
        builder_of(venue)
