"""What people see of an object at a prompt: what it is, what it was told, and how much it holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine import (
    BUY,
    FEED_DTYPE,
    SELL,
    TRADE_DTYPE,
    FeedChannel,
    OrderBook,
    RateLimiter,
    TriggerSource,
)
from engine.errors import InvariantError
from engine.feed import BoundedQueue, Conflator, FeedBuilder, Partitioner, Replica
from engine.metrics import Metrics
from engine.policy import RiskChain, RiskLimits
from engine.rate_tiers import GODARK
from engine.settlement import SettlementBatcher, SettlementTerms


def replica() -> Replica:
    """Return one that shows two bids and an ask."""
    book, builder, found = OrderBook(), FeedBuilder(), Replica(0, FeedChannel.ORDERS)
    builder.add_instrument(0)
    for side, price in ((BUY, 98), (BUY, 99), (BUY, 99), (SELL, 101)):
        found.read(builder.read(book.submit(side, price, 5).reports))
    return found


def builder() -> FeedBuilder:
    """Return one that has told of an order."""
    book, found = OrderBook(), FeedBuilder(channels=FeedChannel.TOP | FeedChannel.TRADES)
    found.add_instrument(0)
    found.read(book.submit(BUY, 98, 5).reports)
    return found


def limiter() -> RateLimiter:
    """Return one that has let two users do something."""
    found = RateLimiter(GODARK.values())
    for user in range(found.add_users(2), 2):
        found.take(user, 0, 7)
    return found


def queue() -> BoundedQueue:
    """Return one in which more wait than is well."""
    found = BoundedQueue(warn_at=3, drop_at=9)
    found.put(np.zeros(4, FEED_DTYPE))
    return found


def conflator() -> Conflator:
    """Return one that keeps a message."""
    found, messages = Conflator(interval=100, count=50), np.zeros(1, FEED_DTYPE)
    messages["channel"] = FeedChannel.LEVELS
    found.take(messages, 0)
    return found


def partitioner() -> Partitioner:
    """Return one that keeps three messages."""
    found = Partitioner(partitions=4)
    found.take(np.zeros(3, FEED_DTYPE), 0)
    return found


def batcher() -> SettlementBatcher:
    """Return one with an open window."""
    found, trades = SettlementBatcher([SettlementTerms(quote_currency=0)]), np.zeros(2, TRADE_DTYPE)
    trades["side"] = trades["quantity"] = 1
    trades["timestamp"] = 5_000_000_000
    found.add(trades)
    return found


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (replica, "Replica(0, ORDERS, sequence_number=4, 2 bid prices, 1 ask price)"),
        (lambda: Replica(7), "Replica(7, LEVELS, sequence_number=0, 0 bid prices, 0 ask prices)"),
        (builder, "FeedBuilder(TOP|TRADES, 1 instrument, next_report=2)"),
        (
            FeedBuilder,
            "FeedBuilder(TOP|LEVELS|ORDERS|TRADES, 0 instruments, next_report=1)",
        ),
        (limiter, f"RateLimiter({len(GODARK)} tiers, 2 users, time=7)"),
        (queue, "BoundedQueue(warn_at=3, drop_at=9, 4 messages, WARNED)"),
        (conflator, "Conflator(interval=100, count=50, 1 message)"),
        (partitioner, "Partitioner(4, size=100, interval=10000000, 3 messages)"),
        (
            batcher,
            "SettlementBatcher(1 instrument, window_ns=1000000000, 2 trades in window 5)",
        ),
        (
            SettlementBatcher,
            "SettlementBatcher(0 instruments, window_ns=1000000000, 0 trades)",
        ),
        (lambda: Metrics(["A", "B"]), "Metrics(2 symbols, now_ns=0)"),
    ],
)
def test_an_object_says_what_it_is_and_holds(make: Callable[[], object], text: str) -> None:
    assert repr(make()) == text


def test_a_risk_chain_says_its_limits() -> None:
    limits = RiskLimits(daily_loss_limit=500)
    assert repr(RiskChain(limits, clock=lambda: 0)) == f"RiskChain({limits!r})"


def test_the_report_of_what_names_no_order_says_what_was_done_and_to_how_many() -> None:
    book = OrderBook()
    for price in (98, 99):
        book.submit(BUY, price, 5)
    told = book.set_price(TriggerSource.MARK, 100), book.mass_cancel(side=BUY)
    assert list(map(repr, told)) == [
        "ExecutionReport(DONE, kind=SET_PRICE, last_quantity=0, last_price=100)",
        "ExecutionReport(DONE, kind=MASS_CANCEL, last_quantity=2, last_price=0)",
    ]


def test_a_builder_says_that_it_is_of_no_further_use() -> None:
    reports, found = OrderBook().submit(BUY, 98, 5).reports, builder()
    reports = np.array(reports)
    reports["sequence_number"] = 2  # the same order once more
    with pytest.raises(InvariantError):
        found.read(reports)
    assert repr(found) == "FeedBuilder(broken)"
