"""Orders that wait for a price: what sets them off, in which order they enter, and that it ends.

`side` is the side of the waiting order. A stop of a buyer waits for a rise, one of a seller for a
fall: `away(side, ticks)` is so many ticks in that direction from 100.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from implementations import Implementation
from views import BASE, fills, other, queue, statuses

from engine import (
    ALL_OR_NONE,
    COMMAND_DTYPE,
    FOK,
    IOC,
    LIMIT_IF_TOUCHED,
    MARKET,
    MARKET_IF_TOUCHED,
    POST_ONLY,
    SLIDE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    TRAIL_RATE,
    TRAILING_STOP,
    TRAILING_STOP_LIMIT,
    ExecType,
    OrderState,
    OrderStatus,
    OrderType,
    RejectReason,
    ReportFlag,
    Side,
    TriggerOrder,
    TriggerSource,
)

LAST, MARK, INDEX = TriggerSource.LAST, TriggerSource.MARK, TriggerSource.INDEX


def away(side: Side, ticks: int) -> int:
    """Return the price so many ticks from 100 to where a stop of this side waits."""
    return BASE + side * ticks


def trade_at(book: Any, price: int) -> Any:
    """Let one lot trade at a price, between two orders that leave nothing behind."""
    book.submit(Side.SELL, price, 1)
    return book.submit(Side.BUY, price, 1, time_in_force=IOC)


def triggered(report: Any) -> list[int]:
    """Return the orders that a command set off, in the order in which they were."""
    is_of_it = report.reports["exec_type"] == ExecType.TRIGGERED
    return report.reports["order_id"][is_of_it].tolist()


def trigger_price(book: Any, order_id: int) -> int:
    return book.detail(order_id).trigger_price


# -- waiting


def test_a_waiting_order_is_not_in_the_book(book: Any, side: Side) -> None:
    trade_at(book, BASE)
    report = book.submit(
        side, away(side, 7), 4, 1, order_type=STOP_LIMIT, trigger_price=away(side, 5)
    )
    assert statuses(report) == ["NEW NEW"]
    assert (report.flags, report.last_price) == (ReportFlag.WAITING, away(side, 5))
    assert (report.price, report.order_type) == (away(side, 7), STOP_LIMIT)
    assert (queue(book, side), book.waiting()["order_id"].tolist()) == ([], [1])
    assert (len(book), book.order_count(), book.queue_position(1)) == (1, 0, None)
    assert book.detail(1).state == OrderState.UNTRIGGERED


def test_a_waiting_order_is_canceled_reduced_and_counted_like_any(book: Any, side: Side) -> None:
    book.submit(side, 0, 9, 1, order_type=STOP, trigger_price=away(side, 5))
    report = book.reduce(1, 4)
    assert statuses(report) == ["REPLACED NEW"]
    assert report.flags == ReportFlag.KEPT_PRIORITY | ReportFlag.WAITING
    assert (report.leaves_quantity, report.last_price) == (5, away(side, 5))
    report = book.cancel(1)
    assert (report.flags, report.last_quantity, report.last_price) == (
        ReportFlag.WAITING,
        5,
        away(side, 5),
    )
    assert len(book) == 0


def test_a_waiting_order_counts_for_the_limit_of_orders(make_book: Any, side: Side) -> None:
    book = make_book(max_orders=1)
    book.submit(side, 0, 9, 1, order_type=STOP, trigger_price=away(side, 5))
    report = book.submit(side, 0, 9, 2, order_type=STOP, trigger_price=away(side, 5))
    assert report.reject_reason == RejectReason.TOO_MANY_ORDERS


def test_a_waiting_order_counts_for_the_total_of_its_side(book: Any, side: Side) -> None:
    book.submit(side, 0, 2**63 - 1, 1, order_type=STOP, trigger_price=away(side, 5))
    report = book.submit(side, BASE, 1, 2)
    assert report.reject_reason == RejectReason.QUANTITY_OVERFLOW
    assert book.submit(other(side), BASE, 1, 3).exec_type == ExecType.NEW


@pytest.mark.parametrize(
    ("order_type", "direction", "limit", "becomes"),
    [
        (STOP, 1, 0, OrderType.MARKET),
        (STOP_LIMIT, 1, 110, OrderType.LIMIT),
        (MARKET_IF_TOUCHED, -1, 0, OrderType.MARKET),
        (LIMIT_IF_TOUCHED, -1, 110, OrderType.LIMIT),
    ],
)
@pytest.mark.parametrize("beyond", [0, 3])
def test_an_order_is_set_off_where_its_trigger_price_is_reached(
    book: Any,
    side: Side,
    order_type: OrderType,
    direction: int,
    limit: int,
    becomes: OrderType,
    beyond: int,
) -> None:
    """A stop waits for the price to move on, an if-touched order for it to come back."""
    trigger = away(side, 5 * direction)
    book.submit(side, limit, 4, 1, order_type=order_type, trigger_price=trigger)
    assert triggered(trade_at(book, away(side, 4 * direction))) == []
    report = trade_at(book, away(side, (5 + beyond) * direction))
    assert triggered(report) == [1]
    record = report.reports[report.reports["exec_type"] == ExecType.TRIGGERED][0]
    assert (record["order_type"], record["price"], record["flags"]) == (becomes, limit, 0)
    assert (record["leaves_quantity"], record["last_price"]) == (4, 0)
    assert 1 not in book.waiting()["order_id"]


def test_a_stop_becomes_a_market_order_and_what_does_not_fill_is_canceled(
    book: Any, side: Side
) -> None:
    book.submit(side, 0, 4, 1, order_type=STOP, trigger_price=away(side, 5))
    book.submit(other(side), away(side, 8), 3, 2)
    report = book.submit(other(side), away(side, 5), 1, 3)
    assert len(report.trades) == 0
    report = book.submit(side, away(side, 5), 1, 4)
    assert statuses(report)[3:] == [
        "TRIGGERED NEW",
        "TRADE FILLED",
        "TRADE PARTIALLY_FILLED",
        "CANCELED CANCELED",
    ]
    assert fills(report) == [(3, away(side, 5), 1), (2, away(side, 8), 3)]
    assert report.reports[-1][["order_id", "last_quantity"]].item() == (1, 1)
    assert report.order_id == 4


def test_a_stop_limit_becomes_a_limit_order_and_rests(book: Any, side: Side) -> None:
    book.submit(
        side, away(side, 6), 4, 1, order_type=STOP_LIMIT, trigger_price=away(side, 5), timestamp=3
    )
    book.submit(side, away(side, 6), 2, 2, timestamp=4)
    book.submit(other(side), away(side, 6), 1, timestamp=9)
    assert queue(book, side) == [(2, 1), (1, 4)]
    order = book.order(1)
    assert (order.order_type, order.timestamp) == (OrderType.LIMIT, 9)


def test_a_price_that_is_there_already_sets_off_at_once(book: Any, side: Side) -> None:
    trade_at(book, away(side, 5))
    report = book.submit(side, 0, 4, 1, order_type=STOP, trigger_price=away(side, 5))
    assert statuses(report) == ["NEW NEW", "TRIGGERED NEW", "CANCELED CANCELED"]
    assert report.reports["flags"].tolist() == [ReportFlag.WAITING, 0, 0]


def test_before_the_first_price_every_order_waits(book: Any, side: Side) -> None:
    for order_id, order_type in enumerate((STOP, MARKET_IF_TOUCHED), start=1):
        report = book.submit(side, 0, 4, order_id, order_type=order_type, trigger_price=BASE)
        assert statuses(report) == ["NEW NEW"]


# -- which prices count


def test_quotes_set_off_nothing(book: Any, side: Side) -> None:
    book.submit(side, 0, 4, 1, order_type=STOP, trigger_price=away(side, 5))
    book.submit(side, away(side, 9), 1, 2)
    book.submit(other(side), away(side, 10), 1, 3)
    assert 1 in book.waiting()["order_id"]


@pytest.mark.parametrize("source", [LAST, MARK, INDEX])
def test_an_order_watches_its_own_source_and_no_other(book: Any, side: Side, source: int) -> None:
    book.submit(side, 0, 4, 1, order_type=STOP, trigger_price=away(side, 5), trigger_source=source)
    for number in {LAST, MARK, INDEX} - {source}:
        assert triggered(book.set_price(number, away(side, 9))) == []
    report = book.set_price(source, away(side, 5))
    assert statuses(report) == ["DONE NONE", "TRIGGERED NEW", "CANCELED CANCELED"]
    assert (report.exec_type, report.last_price) == (ExecType.DONE, away(side, 5))


def test_of_a_sweep_the_first_and_the_last_price_count(book: Any, side: Side) -> None:
    """Both ends of it: what waits for the first price is set off although the last is beyond."""
    for ticks in (1, 2, 3):
        book.submit(other(side), away(side, ticks), 1)
    book.submit(side, 0, 1, 1001, order_type=STOP, trigger_price=away(side, 2))
    book.submit(other(side), 0, 1, 1002, order_type=MARKET_IF_TOUCHED, trigger_price=away(side, 3))
    touched = {"order_type": MARKET_IF_TOUCHED, "trigger_price": away(side, 1)}
    book.submit(side, 0, 1, 1003, **touched)
    report = book.submit(side, 0, 3, 1004, order_type=MARKET)
    assert triggered(report) == [1003, 1001, 1002]
    assert book.last_trade() == (away(side, 3), 1)


def test_orders_come_before_what_they_set_off(book: Any, side: Side) -> None:
    """A command's own order trades to its end, and rests, before what it triggers enters."""
    book.submit(other(side), away(side, 5), 2, 1)
    book.submit(other(side), away(side, 6), 2, 2)
    book.submit(side, 0, 2, 3, order_type=STOP, trigger_price=away(side, 5))
    report = book.submit(side, away(side, 6), 3, 4)
    assert fills(report) == [(1, away(side, 5), 2), (2, away(side, 6), 1), (2, away(side, 6), 1)]
    assert report.trades["taker_order_id"].tolist() == [4, 4, 3]


# -- the order of release


def test_the_nearest_trigger_price_goes_first_then_the_oldest(book: Any, side: Side) -> None:
    for order_id, ticks in ((1, 7), (2, 5), (3, 6), (4, 5)):
        book.submit(side, 0, 1, order_id, order_type=STOP, trigger_price=away(side, ticks))
    assert triggered(trade_at(book, away(side, 8))) == [2, 4, 3, 1]


def test_what_waits_for_a_rise_goes_before_what_waits_for_a_fall(book: Any) -> None:
    book.submit(Side.BUY, 0, 1, 1, order_type=MARKET_IF_TOUCHED, trigger_price=100)
    book.submit(Side.SELL, 0, 1, 2, order_type=MARKET_IF_TOUCHED, trigger_price=100)
    assert triggered(trade_at(book, 100)) == [2, 1]


def test_by_time_the_oldest_goes_first_whatever_its_trigger_price(
    make_book: Any, side: Side
) -> None:
    book = make_book(trigger_order=TriggerOrder.BY_TIME)
    for order_id, ticks in ((1, 7), (2, 5), (3, 6)):
        book.submit(side, 0, 1, order_id, order_type=STOP, trigger_price=away(side, ticks))
    book.submit(other(side), 0, 1, 4, order_type=MARKET_IF_TOUCHED, trigger_price=away(side, 1))
    assert triggered(trade_at(book, away(side, 8))) == [1, 2, 3, 4]


def test_a_replaced_order_is_the_youngest_at_its_trigger_price(book: Any, side: Side) -> None:
    for order_id in (1, 2):
        book.submit(side, 0, 4, order_id, order_type=STOP, trigger_price=away(side, 5))
    report = book.replace(1, 0, 9)
    assert (statuses(report), report.flags) == (["REPLACED NEW"], ReportFlag.WAITING)
    assert book.waiting()["order_id"].tolist() == [2, 1]
    assert triggered(trade_at(book, away(side, 5))) == [2, 1]


def test_a_smaller_waiting_order_keeps_its_place(book: Any, side: Side) -> None:
    for order_id in (1, 2):
        book.submit(side, 0, 4, order_id, order_type=STOP, trigger_price=away(side, 5))
    report = book.replace(1, 0, 3)
    assert report.flags == ReportFlag.KEPT_PRIORITY | ReportFlag.WAITING
    assert triggered(trade_at(book, away(side, 5))) == [1, 2]


def test_a_replace_may_move_the_trigger_price_also_to_where_it_is_reached(
    book: Any, side: Side
) -> None:
    trade_at(book, BASE)
    book.submit(side, 0, 4, 1, order_type=STOP, trigger_price=away(side, 5))
    report = book.replace(1, 0, 4, trigger_price=away(side, 3))
    assert (statuses(report), report.last_price) == (["REPLACED NEW"], away(side, 3))
    report = book.replace(1, 0, 4, trigger_price=BASE)
    assert statuses(report) == ["REPLACED NEW", "TRIGGERED NEW", "CANCELED CANCELED"]


def test_a_stop_that_becomes_a_market_order_has_no_price_to_change(book: Any, side: Side) -> None:
    book.submit(side, 0, 4, 1, order_type=STOP, trigger_price=away(side, 5))
    assert book.replace(1, BASE, 4).reject_reason == RejectReason.NOT_OF_THIS_ORDER


def test_a_triggered_order_has_no_trigger_price_to_move(book: Any, side: Side) -> None:
    trade_at(book, away(side, 5))
    book.submit(side, away(side, 5), 4, 1, order_type=STOP_LIMIT, trigger_price=away(side, 5))
    report = book.replace(1, away(side, 5), 4, trigger_price=away(side, 6))
    assert report.reject_reason == RejectReason.NOT_OF_THIS_ORDER


# -- what cannot be carried out once it is triggered: canceled, not refused


def test_a_triggered_fok_order_that_cannot_fill_whole_is_canceled(book: Any, side: Side) -> None:
    book.submit(other(side), away(side, 9), 3, 1)
    stop = {"order_type": STOP, "trigger_price": away(side, 5), "time_in_force": FOK}
    book.submit(side, 0, 4, 2, **stop)
    report = trade_at(book, away(side, 5))
    assert statuses(report)[-2:] == ["TRIGGERED NEW", "CANCELED CANCELED"]
    assert queue(book, other(side)) == [(1, 3)]


def test_a_triggered_minimum_that_cannot_fill_is_canceled(book: Any, side: Side) -> None:
    book.submit(other(side), away(side, 9), 3, 1)
    stop = {"order_type": STOP_LIMIT, "trigger_price": away(side, 5), "minimum_quantity": 4}
    book.submit(side, away(side, 9), 6, 2, **stop)
    report = trade_at(book, away(side, 5))
    assert statuses(report)[-2:] == ["TRIGGERED NEW", "CANCELED CANCELED"]


def test_a_triggered_all_or_none_order_that_cannot_fill_rests(book: Any, side: Side) -> None:
    book.submit(other(side), away(side, 6), 3, 1)
    stop = {"order_type": STOP_LIMIT, "trigger_price": away(side, 5), "flags": ALL_OR_NONE}
    book.submit(side, away(side, 6), 4, 2, **stop)
    report = trade_at(book, away(side, 5))
    assert statuses(report)[-1] == "TRIGGERED NEW"
    assert (queue(book, side), queue(book, other(side))) == ([(2, 4)], [(1, 3)])


def test_a_triggered_post_only_order_slides_if_it_may(book: Any, side: Side) -> None:
    book.submit(other(side), away(side, 6), 3, 1)
    stop = {"order_type": STOP_LIMIT, "trigger_price": away(side, 5), "flags": POST_ONLY | SLIDE}
    book.submit(side, away(side, 9), 4, 2, **stop)
    report = trade_at(book, away(side, 5))
    assert statuses(report)[-2:] == ["TRIGGERED NEW", "RESTATED NEW"]
    assert queue(book, side, away(side, 5)) == [(2, 4)]


def test_a_triggered_post_only_order_that_would_trade_is_canceled(book: Any, side: Side) -> None:
    book.submit(other(side), away(side, 6), 3, 1)
    stop = {"order_type": STOP_LIMIT, "trigger_price": away(side, 5), "flags": POST_ONLY}
    book.submit(side, away(side, 6), 4, 2, **stop)
    report = trade_at(book, away(side, 5))
    assert statuses(report)[-2:] == ["TRIGGERED NEW", "CANCELED CANCELED"]
    assert queue(book, other(side)) == [(1, 3)]


# -- trailing orders: the trigger follows the price down for a buyer, up for a seller


def test_a_trailing_stop_follows_a_better_price_and_no_worse_one(book: Any, side: Side) -> None:
    trade_at(book, BASE)
    book.submit(side, 0, 4, 1, order_type=TRAILING_STOP, offset=5)
    assert trigger_price(book, 1) == away(side, 5)
    for ticks, wanted in ((2, 5), (-3, 2), (-1, 2), (-4, 1), (0, 1)):
        trade_at(book, away(side, ticks))
        assert trigger_price(book, 1) == away(side, wanted)
    assert book.detail(1).extreme_price == away(side, -4)
    assert triggered(trade_at(book, away(side, 1))) == [1]


def test_a_trailing_stop_waits_for_the_first_price(book: Any, side: Side) -> None:
    report = book.submit(side, 0, 4, 1, order_type=TRAILING_STOP, offset=5)
    assert (report.flags, report.last_price) == (ReportFlag.WAITING, 0)
    assert book.detail(1).state == OrderState.UNPRICED
    trade_at(book, BASE)
    assert book.detail(1).state == OrderState.UNTRIGGERED
    assert trigger_price(book, 1) == away(side, 5)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_trailing_stop_starts_where_its_activation_price_is_reached(
    book: Any, side: Side, direction: int
) -> None:
    """On whichever side of the market that is."""
    trade_at(book, BASE)
    activation = away(side, 10 * direction)
    book.submit(side, 0, 4, 1, order_type=TRAILING_STOP, offset=5, trigger_price=activation)
    trade_at(book, away(side, 9 * direction))
    assert book.detail(1).state == OrderState.UNACTIVATED
    trade_at(book, activation)
    assert book.detail(1).state == OrderState.UNTRIGGERED
    assert trigger_price(book, 1) == activation + side * 5


def test_a_trailing_stop_at_its_activation_price_starts_at_once(book: Any, side: Side) -> None:
    trade_at(book, BASE)
    book.submit(side, 0, 4, 1, order_type=TRAILING_STOP, offset=5, trigger_price=BASE)
    assert book.detail(1).state == OrderState.UNTRIGGERED


def test_without_a_price_a_buyer_waits_for_a_fall_to_the_activation(book: Any, side: Side) -> None:
    """And a seller for a rise: the side from which it would rather come."""
    book.submit(side, 0, 4, 1, order_type=TRAILING_STOP, offset=5, trigger_price=BASE)
    trade_at(book, away(side, 1))
    assert book.detail(1).state == OrderState.UNACTIVATED
    trade_at(book, away(side, -1))
    assert trigger_price(book, 1) == away(side, 4)


def test_a_trailing_stop_follows_its_own_source_alone(book: Any, side: Side) -> None:
    book.set_price(MARK, BASE)
    order = {"order_type": TRAILING_STOP, "trigger_source": MARK}
    book.submit(side, 0, 4, 1, offset=5, **order)
    trade_at(book, away(side, -9))
    assert trigger_price(book, 1) == away(side, 5)
    book.set_price(MARK, away(side, -3))
    assert trigger_price(book, 1) == away(side, 2)


def test_a_price_beyond_the_activation_passed_through_it(book: Any, side: Side) -> None:
    """The best price that the order saw is the better of the two, so it may be set off at once."""
    trade_at(book, BASE)
    order = {"order_type": TRAILING_STOP, "offset": 5}
    book.submit(side, 0, 1, 1, **order, trigger_price=away(side, 10))
    book.submit(side, 0, 1, 2, **order, trigger_price=away(side, 12))
    book.submit(side, 0, 1, 3, **order, trigger_price=away(side, -10))
    assert triggered(trade_at(book, away(side, 16))) == [1]
    assert trigger_price(book, 2) == away(side, 17)
    trade_at(book, away(side, -13))
    assert [trigger_price(book, order_id) for order_id in (2, 3)] == [away(side, -8)] * 2


@pytest.mark.parametrize(
    ("rate", "distance"), [(1, 1), (10_000, 1), (10_001, 2), (50_000, 5), (999_999, 100)]
)
def test_a_rate_is_of_the_price_and_rounded_up_to_a_tick(
    book: Any, side: Side, rate: int, distance: int
) -> None:
    trade_at(book, BASE)
    book.submit(side, 0, 4, 1, order_type=TRAILING_STOP, offset=rate, flags=TRAIL_RATE)
    assert trigger_price(book, 1) == away(side, distance)


def test_a_rate_is_of_the_size_of_a_negative_price(book: Any, side: Side) -> None:
    trade_at(book, -BASE)
    book.submit(side, 0, 4, 1, order_type=TRAILING_STOP, offset=50_000, flags=TRAIL_RATE)
    assert trigger_price(book, 1) == -BASE + side * 5


def test_the_limit_of_a_trailing_stop_limit_lies_its_distance_beyond_the_trigger(
    book: Any, side: Side
) -> None:
    trade_at(book, BASE)
    report = book.submit(side, 2, 4, 1, order_type=TRAILING_STOP_LIMIT, offset=5)
    assert (report.price, report.last_price) == (2, away(side, 5))
    report = trade_at(book, away(side, 6))
    assert report.reports[-1][["exec_type", "price"]].item() == (
        ExecType.TRIGGERED,
        away(side, 7),
    )
    assert queue(book, side, away(side, 7)) == [(1, 4)]


@pytest.mark.parametrize(("distance", "ticks"), [(2, 5), (0, 5), (-2, 3), (2**62, 5)])
def test_the_limit_of_a_trailing_stop_limit_stays_within_the_instruments_prices(
    make_book: Any, side: Side, distance: int, ticks: int
) -> None:
    """It is triggered at the last price that there is; beyond that lies no limit."""
    book = make_book(min_price=away(Side.SELL, 5), max_price=away(Side.BUY, 5))
    book.set_price(LAST, BASE)
    book.submit(side, distance, 4, 1, order_type=TRAILING_STOP_LIMIT, offset=5)
    report = book.set_price(LAST, away(side, 5))
    assert report.reports[-1][["exec_type", "price"]].item() == (
        ExecType.TRIGGERED,
        away(side, ticks),
    )
    assert queue(book, side, away(side, ticks)) == [(1, 4)]


def test_the_trigger_of_a_trailing_stop_is_not_for_its_owner_to_move(book: Any, side: Side) -> None:
    trade_at(book, BASE)
    book.submit(side, 0, 4, 1, order_type=TRAILING_STOP, offset=5)
    report = book.replace(1, 0, 4, trigger_price=away(side, 4))
    assert report.reject_reason == RejectReason.NOT_OF_THIS_ORDER


# -- cascades


def chain(side: Side, count: int) -> np.ndarray:
    """Return orders of which each, once it is set off, trades where the next one waits.

    A trade at 1 tick away sets off the first stop; what it takes stands at 2 ticks, and so on.
    """
    commands = np.zeros(2 * count + 1, dtype=COMMAND_DTYPE)
    steps = np.arange(1, count + 1)
    commands["kind"], commands["quantity"] = SUBMIT, 1
    stops, makers = commands[:count], commands[count:]
    stops["side"], stops["order_type"], stops["order_id"] = side, STOP, steps
    stops["trigger_price"] = BASE + side * steps
    makers["side"] = other(side)
    makers["price"] = BASE + side * np.arange(1, count + 2)
    return commands


@pytest.fixture
def many(implementation: Implementation) -> int:
    """So many that a call inside a call for each of them would run out of stack."""
    return 10_000 if implementation.name == "core" else 300


def test_ten_thousand_stops_that_set_each_other_off_end(book: Any, side: Side, many: int) -> None:
    book.match(chain(side, many))
    report = book.submit(side, away(side, 1), 1)
    assert triggered(report) == list(range(1, many + 1))
    taken = Counter(report.trades["taker_order_id"].tolist())
    assert all(taken[order_id] == 1 for order_id in range(1, many + 1))
    assert len(book) == 0
    assert report.exec_type == ExecType.TRADE


@pytest.mark.parametrize("limit", [0, 1, 7])
def test_what_is_to_enter_after_the_limit_is_canceled(
    make_book: Any, side: Side, limit: int
) -> None:
    """A step is one order that enters; the one that steps over the limit sets off no more."""
    book = make_book(max_cascade=limit)
    book.match(chain(side, 20))
    report = book.submit(side, away(side, 1), 1)
    assert triggered(report) == list(range(1, limit + 2))
    last = report.reports[-1]
    assert last[["exec_type", "order_status", "flags"]].item() == (
        ExecType.CANCELED,
        OrderStatus.CANCELED,
        ReportFlag.CASCADE_LIMIT,
    )
    assert last[["order_id", "last_quantity"]].item() == (limit + 1, 1)
    assert book.waiting()["order_id"].tolist() == list(range(limit + 2, 21))


def test_all_that_one_event_sets_off_beyond_the_limit_is_canceled(
    make_book: Any, side: Side
) -> None:
    book = make_book(max_cascade=2)
    for order_id in (1, 2, 3, 4):
        book.submit(side, 0, 1, order_id, order_type=STOP, trigger_price=away(side, 5))
    report = book.set_price(LAST, away(side, 5))
    canceled = report.reports[report.reports["exec_type"] == ExecType.CANCELED]
    assert canceled[["order_id", "flags"]].tolist() == [
        (1, 0),
        (2, 0),
        (3, ReportFlag.CASCADE_LIMIT),
        (4, ReportFlag.CASCADE_LIMIT),
    ]


def test_what_a_triggered_order_sets_off_goes_to_the_end_of_the_queue(
    book: Any, side: Side
) -> None:
    """Orders 1 and 2 are set off together; order 3, which order 1 sets off, enters after 2."""
    book.submit(other(side), away(side, 7), 1, 11)
    book.submit(other(side), away(side, 8), 9, 12)
    for order_id, ticks in ((1, 5), (2, 5), (3, 7)):
        book.submit(side, 0, 1, order_id, order_type=STOP, trigger_price=away(side, ticks))
    report = trade_at(book, away(side, 5))
    assert triggered(report) == [1, 2, 3]
    assert report.trades["taker_order_id"].tolist()[1:] == [1, 2, 3]
