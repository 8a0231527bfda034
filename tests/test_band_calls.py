"""Price bands at which a volatility call begins: who is in it, and what is said of it.

Every test runs on both implementations and for both sides, as banding.py has them. The band reaches
ten ticks to either side of 100.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from banding import BAND, CALL, MARK, REFERENCE, TAKER, TEN_PERCENT, at_market, banded, place
from linking import LINKED, NONE, WAITING, join, told, wait_for, waiting
from rebuild import RebuiltBooks
from streams import INT64_MAX, command_array
from views import at, fills, ladder, other, pairs, queue, statuses

from engine import (
    AT_THE_CLOSE,
    BUDGET,
    BUY,
    GOOD_FOR_AUCTION,
    IOC,
    MARKET,
    MARKET_TO_LIMIT,
    MASS_CANCEL,
    ONE_CANCELS_OTHER,
    PEG_MARKET,
    POST_ONLY,
    PROTECTED,
    SELL,
    SLIDE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    BandAction,
    CancelScope,
    ExecType,
    OrderState,
    Phase,
    RejectReason,
    Side,
)
from engine.feed import FeedBuilder, FeedChannel, FeedKind, Replica
from engine.reference.feed import FeedBuilder as ReferenceBuilder


def test_a_market_order_that_comes_to_the_band_begins_a_call(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 9, 10, 11, **CALL)
    report = at_market(book, side, 12, account=3, command_id=8)
    assert told(report) == [
        (TAKER, "NEW", NONE, 12),
        *((9, "TRADE", NONE, 0), (TAKER, "TRADE", NONE, 7)),
        *((10, "TRADE", NONE, 0), (TAKER, "TRADE", NONE, 2)),
        (0, "DONE", BAND, 0),
        (TAKER, "RESTATED", WAITING, 2),
    ]
    (done,) = report.reports[report.reports["exec_type"] == ExecType.DONE]
    names = ["kind", "command_id", "instrument", "account", "last_quantity", "last_price"]
    assert done[names].item() == (SUBMIT, 8, 0, 3, Phase.VOLATILITY_CALL, 0)
    assert book.phase == Phase.VOLATILITY_CALL
    assert book.detail(TAKER).state == OrderState.AT_MARKET
    trading = book.set_phase(Phase.CONTINUOUS)
    assert [quantity for _, _, quantity in pairs(trading)] == [2]
    assert book.last_trade() == (at(side, 11), 2)
    assert queue(book, other(side)) == [(11, 3)]


def test_a_call_returns_the_last_report_of_its_own_order(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 11, 12, **CALL)
    report = at_market(book, side, 5)
    assert (report.exec_type, report.order_id) == (ExecType.RESTATED, TAKER)
    book.set_phase(Phase.CONTINUOUS)
    book.set_price(REFERENCE, 100)
    report = at_market(book, side, 5, time_in_force=IOC)
    assert (report.exec_type, report.order_id) == (ExecType.CANCELED, TAKER)
    book.set_phase(Phase.CONTINUOUS)
    book.set_price(REFERENCE, 100)
    stop = {"order_type": STOP, "trigger_price": 100, "trigger_source": MARK}
    book.submit(side, 0, 5, TAKER, **stop)
    report = book.set_price(MARK, 100)
    assert (report.exec_type, report.flags, report.last_price) == (ExecType.DONE, 0, 100)
    assert book.phase == Phase.VOLATILITY_CALL


def test_a_limit_order_beyond_the_band_rests_in_the_call(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 9, 11, 13, **CALL)
    report = book.submit(side, at(side, 12), 12, TAKER)
    assert told(report)[1:] == [
        *((9, "TRADE", NONE, 0), (TAKER, "TRADE", NONE, 7)),
        *((0, "DONE", BAND, 0), (TAKER, "RESTATED", NONE, 7)),
    ]
    assert ladder(book, side) == [(at(side, 12), 7, 1)]
    book.set_phase(Phase.CONTINUOUS)
    assert ladder(book, side) == [(at(side, 12), 2, 1)]
    assert queue(book, other(side)) == [(13, 5)]


def test_a_limit_order_begins_no_call_where_nobody_is(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 9, 20, **CALL)
    assert statuses(book.submit(side, at(side, 19), 8, TAKER))[-1] == "TRADE PARTIALLY_FILLED"
    assert (book.phase, queue(book, side)) == (Phase.CONTINUOUS, [(TAKER, 3)])


def test_what_just_fills_within_the_band_begins_no_call(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 10, 11, **CALL)
    assert at_market(book, side, 5).filled_quantity == 5
    assert book.phase == Phase.CONTINUOUS


@pytest.mark.parametrize(
    "more",
    [{"time_in_force": IOC}, {"flags": BUDGET, "bound": 10**6}],
    ids=["IOC", "budget"],
)
def test_what_no_call_takes_is_canceled_when_it_begins_one(
    make_book: Any, side: Side, more: dict[str, int]
) -> None:
    book = banded(make_book, side, 9, 11, **CALL)
    assert told(at_market(book, side, 8, **more))[3:] == [
        (0, "DONE", BAND, 0),
        (TAKER, "CANCELED", BAND, 0),
    ]
    assert book.phase == Phase.VOLATILITY_CALL


def test_a_market_order_with_a_worst_price_is_collected_at_it(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 11, **CALL)
    report = at_market(book, side, 8, flags=PROTECTED, bound=at(side, 12))
    assert statuses(report)[-1] == "RESTATED NEW"
    assert queue(book, side, at(side, 12)) == [(TAKER, 8)]


def test_a_market_to_limit_order_is_collected_without_a_limit(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 11, **CALL)
    at_market(book, side, 8, order_type=MARKET_TO_LIMIT)
    assert (book.phase, waiting(book)) == (Phase.VOLATILITY_CALL, [TAKER])
    book.set_phase(Phase.CONTINUOUS)
    assert queue(book, side, at(side, 11)) == [(TAKER, 3)]


def test_an_iceberg_is_collected_with_a_part_to_show(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 9, 11, **CALL)
    report = book.submit(side, at(side, 11), 12, TAKER, display_quantity=3)
    assert report.last_quantity == 3
    assert ladder(book, side) == [(at(side, 11), 3, 1)]
    assert queue(book, side) == [(TAKER, 7)]


def test_a_replaced_order_that_comes_to_the_band_begins_a_call(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 9, 11, **CALL)
    book.submit(side, at(side, 8), 9, TAKER)
    assert told(book.replace(TAKER, at(side, 11), 9)) == [
        (TAKER, "REPLACED", NONE, 9),
        *((9, "TRADE", NONE, 0), (TAKER, "TRADE", NONE, 4)),
        *((0, "DONE", BAND, 0), (TAKER, "RESTATED", NONE, 4)),
    ]
    assert queue(book, side, at(side, 11)) == [(TAKER, 4)]


def test_a_post_only_order_knows_no_band(make_book: Any, side: Side) -> None:
    """It must not rest where it would trade once the band has gone."""
    book = banded(make_book, side, 15, **CALL)
    refused = book.submit(side, at(side, 20), 5, TAKER, flags=POST_ONLY)
    assert refused.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE
    book.submit(side, at(side, 20), 5, TAKER, flags=POST_ONLY | SLIDE)
    assert queue(book, side, at(side, 14)) == [(TAKER, 5)]
    assert book.phase == Phase.CONTINUOUS


def test_orders_for_the_call_come_in_behind_the_one_that_began_it(
    make_book: Any, side: Side
) -> None:
    book = banded(make_book, side, 11, **CALL)
    price = at(side, 12)
    book.submit(side, price, 3, 1, time_in_force=GOOD_FOR_AUCTION)
    book.submit(side, price, 3, 2, time_in_force=AT_THE_CLOSE)
    book.submit(side, 0, 3, 3, order_type=MARKET, time_in_force=GOOD_FOR_AUCTION)
    assert told(book.submit(side, price, 8, TAKER)) == [
        *((TAKER, "NEW", NONE, 8), (0, "DONE", BAND, 0), (TAKER, "RESTATED", NONE, 8)),
        *((1, "TRIGGERED", NONE, 3), (3, "TRIGGERED", WAITING, 3)),
    ]
    assert queue(book, side) == [(TAKER, 8), (1, 3)]
    assert waiting(book) == [2, 3]


def test_stops_that_were_set_off_before_the_call_enter_it(make_book: Any, side: Side) -> None:
    """The trade within the band sets them off; then the band is reached, and they are collected."""
    book = banded(make_book, side, 5, 11, **CALL)
    stop = {"order_type": STOP, "trigger_price": at(side, 5)}
    book.submit(side, 0, 2, 1, **stop)
    book.submit(side, 0, 2, 2, time_in_force=IOC, **stop)
    book.submit(side, at(side, 6), 2, 3, **(stop | {"order_type": STOP_LIMIT}))
    book.submit(side, at(side, 6), 2, 4, time_in_force=GOOD_FOR_AUCTION)
    assert told(at_market(book, side, 6)) == [
        *((TAKER, "NEW", NONE, 6), (5, "TRADE", NONE, 0), (TAKER, "TRADE", NONE, 1)),
        *((1, "TRIGGERED", NONE, 2), (2, "TRIGGERED", NONE, 2), (3, "TRIGGERED", NONE, 2)),
        *((0, "DONE", BAND, 0), (TAKER, "RESTATED", WAITING, 1)),
        *((1, "RESTATED", WAITING, 2), (2, "CANCELED", NONE, 0), (3, "RESTATED", NONE, 2)),
        (4, "TRIGGERED", NONE, 2),
    ]
    assert waiting(book) == [TAKER, 1]
    assert queue(book, side, at(side, 6)) == [(3, 2), (4, 2)]


@pytest.mark.parametrize("action", list(BandAction))
def test_a_cascade_of_stops_runs_into_the_band(
    make_book: Any, side: Side, action: BandAction
) -> None:
    book = banded(make_book, side, 2, 4, 6, 8, 10, 12, 14, band_action=action)
    for number, ticks in enumerate((2, 4, 6, 8, 10), start=20):
        stop = {"order_type": STOP, "trigger_price": at(side, ticks)}
        book.submit(side, 0, 5, number, **stop)
    report = at_market(book, side, 5)
    assert [price for _, price, _ in fills(report)] == [at(side, k) for k in (2, 4, 6, 8, 10)]
    if action == BandAction.REJECT:
        assert told(report)[-1] == (24, "CANCELED", BAND, 0)
    else:
        assert told(report)[-2:] == [(0, "DONE", BAND, 0), (24, "RESTATED", WAITING, 5)]
        book.set_phase(Phase.CONTINUOUS)
    assert book.phase == Phase.CONTINUOUS
    left = [(14, 5)] if action == BandAction.VOLATILITY_CALL else [(12, 5), (14, 5)]
    assert queue(book, other(side)) == left


def test_a_pegged_order_that_comes_to_the_band_is_canceled(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 11)
    report = book.submit(side, 0, 5, TAKER, order_type=PEG_MARKET)
    assert told(report)[-1] == (TAKER, "CANCELED", BAND, 0)


def test_a_pegged_order_that_begins_a_call_waits_for_its_end(make_book: Any, side: Side) -> None:
    """A call takes none, but one that is there already follows the market again afterwards."""
    book = banded(make_book, side, 9, 11, **CALL)
    report = book.submit(side, 0, 12, TAKER, order_type=PEG_MARKET)
    assert told(report)[1:] == [
        *((TAKER, "RESTATED", NONE, 12), (9, "TRADE", NONE, 0), (TAKER, "TRADE", NONE, 7)),
        *((TAKER, "RESTATED", NONE, 7), (0, "DONE", BAND, 0), (TAKER, "RESTATED", WAITING, 7)),
    ]
    assert book.detail(TAKER).state == OrderState.UNPEGGED
    book.set_price(REFERENCE, at(side, 5))
    assert fills(book.set_phase(Phase.CONTINUOUS)) == [(11, at(side, 11), 5)]
    assert waiting(book) == [TAKER]


@pytest.mark.parametrize("action", list(BandAction))
def test_a_released_order_comes_to_the_band(make_book: Any, side: Side, action: BandAction) -> None:
    book = banded(make_book, side, 5, 9, 11, band_action=action)
    wait_for(book, side, 0, 8, 51, order_type=MARKET, linked_order_id=TAKER)
    book.submit(side, at(side, 5), 5, TAKER)
    assert book.phase == Phase.CONTINUOUS
    wait_for(book, side, 0, 8, 52, order_type=MARKET, linked_order_id=TAKER)
    report = book.submit(side, at(side, 10), 0, TAKER)
    assert report.reject_reason == RejectReason.QUANTITY_TOO_SMALL
    book.submit(other(side), at(side, 8), 7, 8)
    report = book.submit(side, at(side, 8), 7, TAKER)
    last = told(report)[-1]
    if action == BandAction.REJECT:
        assert last == (52, "CANCELED", BAND, 0)
    else:
        assert last == (52, "RESTATED", WAITING, 7)
        assert book.phase == Phase.VOLATILITY_CALL


def test_one_of_two_linked_orders_begins_a_call(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 9, 11, **CALL)
    book.submit(side, at(side, -5), 5, 1)
    report = join(book, side, at(side, 12), 8, TAKER, linked_order_id=1)
    assert told(report)[3:] == [
        *((0, "DONE", BAND, 0), (TAKER, "RESTATED", NONE, 3)),
        (1, "CANCELED", LINKED, 0),
    ]
    assert queue(book, side) == [(TAKER, 3)]
    assert ONE_CANCELS_OTHER in book.order(TAKER).flags


def test_a_call_that_an_order_began_ends_as_any_other(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 11, 12, **CALL)
    at_market(book, side, 7)
    report = book.submit(side, at(side, 12), 5, 51, time_in_force=IOC)
    assert report.reject_reason == RejectReason.NOT_IN_THIS_PHASE
    assert sum(quantity for _, _, quantity in pairs(book.uncross())) == 7
    assert book.phase == Phase.VOLATILITY_CALL
    book.set_phase(Phase.CONTINUOUS)
    assert book.price_band() == {BUY: (101, 123), SELL: (80, 96)}[side]


def test_a_command_may_begin_a_call_in_another_instrument(make_core: Any, side: Side) -> None:
    """It takes out an order, for whose end one of the second instrument waited."""
    core = make_core({}, {"static_band": TEN_PERCENT, **CALL})
    book = core.book(1)
    book.set_price(REFERENCE, 100)
    place(book, side, 15)
    book.submit(side, at(side, -5), 5, 1, 7)
    wait_for(book, side, 0, 5, TAKER, order_type=MARKET, linked_order_id=1)
    book.submit(other(side), at(side, -5), 2, 2)
    of_account = {"kind": MASS_CANCEL, "selector": CancelScope.BY_ACCOUNT, "account": 7}
    reports = core.match(command_array(of_account))
    assert told(reports) == [
        *((1, "CANCELED", NONE, 0), (0, "DONE", NONE, 0)),
        *((TAKER, "TRIGGERED", NONE, 2), (0, "DONE", BAND, 0), (TAKER, "RESTATED", WAITING, 2)),
    ]
    done = reports[reports["exec_type"] == ExecType.DONE]
    assert done["instrument"].tolist() == [0, 1]
    assert done["last_quantity"].tolist() == [1, Phase.VOLATILITY_CALL]
    assert [core.book(number).phase for number in (0, 1)] == [
        Phase.CONTINUOUS,
        Phase.VOLATILITY_CALL,
    ]


def test_a_market_order_that_may_begin_a_call_needs_room(make_book: Any, side: Side) -> None:
    """It is asked as one that comes in a call is, since it may be collected."""
    book = banded(make_book, side, 11, max_orders=1, **CALL)
    assert at_market(book, side, 8).reject_reason == RejectReason.TOO_MANY_ORDERS
    assert told(at_market(book, side, 8, time_in_force=IOC))[-1] == (TAKER, "CANCELED", BAND, 0)
    book = banded(make_book, side, 11, **CALL)
    book.submit(side, at(side, -9), INT64_MAX - 7, 1)
    assert at_market(book, side, 8).reject_reason == RejectReason.QUANTITY_OVERFLOW
    at_market(book, side, 7)
    assert waiting(book) == [TAKER]


def test_a_market_order_that_may_begin_a_call_may_be_linked(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 11, **CALL)
    book.submit(side, at(side, -5), 5, 1)
    report = join(book, side, 0, 8, TAKER, linked_order_id=1, order_type=MARKET)
    assert statuses(report) == ["NEW NEW", "DONE NONE", "RESTATED NEW"]
    book.set_phase(Phase.CONTINUOUS)
    assert (queue(book, side), waiting(book)) == ([], [])
    book.submit(side, at(side, -5), 5, 1)
    at_once = {"order_type": MARKET, "time_in_force": IOC}
    refused = join(book, side, 0, 8, TAKER, linked_order_id=1, **at_once)
    assert refused.reject_reason == RejectReason.LINKED_NEVER_STAYS


# -- who follows the reports


@pytest.mark.parametrize("make_builder", [FeedBuilder, ReferenceBuilder], ids=["core", "reference"])
def test_books_and_market_data_follow_a_call_that_an_order_began(
    make_core: Any, side: Side, make_builder: Any
) -> None:
    core = make_core({"static_band": TEN_PERCENT, **CALL})
    book = core.book(0)
    builder, rebuilt = make_builder(), RebuiltBooks()
    builder.add_instrument(0)
    replicas = [Replica(0, channel) for channel in (FeedChannel.LEVELS, FeedChannel.ORDERS)]
    messages = []

    def follow(report: Any) -> None:
        rebuilt.read(report.reports)
        messages.append(builder.read(report.reports))
        for replica in replicas:
            replica.read(messages[-1])
            for mine, levels in zip(replica.depth(100), book.depth(100), strict=True):
                assert mine.tolist() == levels.tolist()
        for one in Side:
            assert np.array_equal(rebuilt.queue(0, one), book.orders(one))
        assert np.array_equal(rebuilt.waiting(0), book.waiting())

    stop = {"order_type": STOP_LIMIT, "trigger_price": at(side, 5)}
    follow(book.set_price(REFERENCE, 100))
    for ticks in (5, 9, 11):
        follow(book.submit(other(side), at(side, ticks), 5, ticks))
    follow(book.submit(side, at(side, 12), 2, 1, **stop))
    follow(book.submit(side, at(side, 12), 2, 2, **stop))
    follow(book.submit(side, at(side, 12), 2, 3, time_in_force=GOOD_FOR_AUCTION))
    follow(book.submit(side, at(side, 12), 16, TAKER, display_quantity=3))
    assert queue(book, side, at(side, 12)) == [(TAKER, 6), (1, 2), (2, 2), (3, 2)]
    prints = messages[-1][messages[-1]["kind"] == FeedKind.TRADE]
    assert prints["price"].tolist() == [at(side, 5), at(side, 9)]
    follow(book.set_phase(Phase.CONTINUOUS))
    assert book.phase == Phase.CONTINUOUS
