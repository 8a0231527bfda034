"""Reduce-only orders, and the positions that they are held against: see `reducing`."""

from __future__ import annotations

from typing import Any

import pytest
from linking import KEPT, LINKED, NONE, WAITING, join, told, wait_for, waiting
from reducing import ME, REDUCED, SOMEBODY, hold, plain, reduce_only, reducible, take
from views import at, fills, other, pairs, queue

from engine import (
    ALL_OR_NONE,
    AT_THE_CLOSE,
    BUDGET,
    DAY,
    FOK,
    GOOD_FOR_AUCTION,
    GTC,
    HIDDEN,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    ONE_CANCELS_OTHER,
    PEG_PRIMARY,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    STOP,
    STOP_LIMIT,
    Allocation,
    Engine,
    Instrument,
    OrderState,
    Phase,
    ReduceOnlyRule,
    RejectReason,
    ReportFlag,
    SelfTradeMode,
    Side,
    TriggerSource,
)

SHRINK, CANCEL, IMMEDIATE = ReduceOnlyRule
WOULD_INCREASE = RejectReason.REDUCE_ONLY_WOULD_INCREASE
NEVER_RESTS = RejectReason.REDUCE_ONLY_NEVER_RESTS


@pytest.fixture
def long_book(book: Any, side: Side) -> Any:
    """A book where the account has 5 lots for orders of this side to reduce."""
    hold(book, side, 5)
    return book


# -- entry


def test_without_a_position_there_is_nothing_to_reduce(book: Any, side: Side) -> None:
    assert reduce_only(book, side, at(side), 5, 1).reject_reason == WOULD_INCREASE
    hold(book, side, 0)
    assert reduce_only(book, side, at(side), 5, 1).reject_reason == WOULD_INCREASE


def test_a_reduce_only_order_does_not_add_to_a_position(long_book: Any, side: Side) -> None:
    report = reduce_only(long_book, other(side), at(side), 5, 1)
    assert report.reject_reason == WOULD_INCREASE
    assert long_book.submit(other(side), at(side), 5, 1, ME).reject_reason == 0


def test_more_than_the_position_comes_in_smaller(long_book: Any, side: Side) -> None:
    report = reduce_only(long_book, side, at(side), 9, 1)
    assert told(report) == [(1, "NEW", REDUCED, 5)]
    assert told(reduce_only(long_book, side, at(side), 5, 2)) == [
        (2, "REJECTED", NONE, 0)
    ]  # nothing is left


def test_as_much_as_the_position_comes_in_as_it_is(long_book: Any, side: Side) -> None:
    assert told(reduce_only(long_book, side, at(side), 5, 1)) == [(1, "NEW", NONE, 5)]


def test_orders_share_the_position(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 3, 1)
    assert told(reduce_only(long_book, side, at(side, -1), 3, 2)) == [(2, "NEW", REDUCED, 2)]
    long_book.cancel(1)
    assert told(reduce_only(long_book, side, at(side, -1), 9, 3)) == [(3, "NEW", REDUCED, 3)]


def test_plain_orders_have_no_part_of_the_position(long_book: Any, side: Side) -> None:
    plain(long_book, side, at(side), 5, 1)
    assert told(reduce_only(long_book, side, at(side), 5, 2)) == [(2, "NEW", NONE, 5)]


@pytest.mark.parametrize(
    "fields",
    [{"time_in_force": IOC}, {"order_type": MARKET}, {"time_in_force": FOK}],
    ids=["IOC", "MARKET", "FOK"],
)
def test_what_is_gone_at_once_goes_before_what_rests(
    long_book: Any, side: Side, fields: dict[str, Any]
) -> None:
    """A stop loss is not kept from closing a position by the take profit that rests."""
    reduce_only(long_book, side, at(side, -5), 5, 1)
    long_book.submit(other(side), at(side), 9, 2, SOMEBODY)
    price = 0 if "order_type" in fields else at(side)
    report = reduce_only(long_book, side, price, 3, 3, **fields)
    assert told(report)[0] == (3, "NEW", NONE, 3)
    assert told(report)[-1] == (1, "REPLACED", KEPT | REDUCED, 2)
    assert reducible(long_book, side) == 2


def test_what_is_made_smaller_need_not_fill_what_it_lost(long_book: Any, side: Side) -> None:
    long_book.submit(other(side), at(side), 5, 1, SOMEBODY)
    report = reduce_only(long_book, side, at(side), 9, 2, time_in_force=FOK)
    assert (report.filled_quantity, reducible(long_book, side)) == (5, 0)


def test_a_fill_or_kill_order_needs_what_it_is_entitled_to(long_book: Any, side: Side) -> None:
    long_book.submit(other(side), at(side), 4, 1, SOMEBODY)
    report = reduce_only(long_book, side, at(side), 9, 2, time_in_force=FOK)
    assert report.reject_reason == RejectReason.FOK_CANNOT_FILL


def test_a_minimum_is_no_more_than_what_it_is_entitled_to(long_book: Any, side: Side) -> None:
    long_book.submit(other(side), at(side), 5, 1, SOMEBODY)
    report = reduce_only(long_book, side, at(side), 9, 2, minimum_quantity=7)
    assert report.filled_quantity == 5


def test_a_budget_may_be_spent_on_reducing(book: Any) -> None:
    book.set_position(ME, -5)
    book.submit(SELL, 100, 9, 1, SOMEBODY)
    report = reduce_only(book, Side.BUY, 0, 9, 2, order_type=MARKET, flags=BUDGET, bound=300)
    assert (report.filled_quantity, book.position(ME)) == (3, -2)


def test_market_to_limit_rests_with_what_is_left(long_book: Any, side: Side) -> None:
    long_book.submit(other(side), at(side), 2, 1, SOMEBODY)
    reduce_only(long_book, side, 0, 9, 2, order_type=MARKET_TO_LIMIT)
    assert queue(long_book, side) == [(2, 3)]


def test_post_only_may_reduce(long_book: Any, side: Side) -> None:
    long_book.submit(other(side), at(side), 2, 1, SOMEBODY)
    refused = reduce_only(long_book, side, at(side), 5, 2, flags=POST_ONLY)
    assert refused.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE
    assert reduce_only(long_book, side, at(side, -1), 5, 2, flags=POST_ONLY).reject_reason == 0


# -- the position shrinks


def test_the_newest_order_becomes_smaller_first(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 3, 1)
    reduce_only(long_book, side, at(side, 1), 2, 2)
    assert told(hold(long_book, side, 4))[1:] == [(2, "REPLACED", KEPT | REDUCED, 1)]
    assert told(hold(long_book, side, 2))[1:] == [
        (2, "CANCELED", REDUCED, 0),
        (1, "REPLACED", KEPT | REDUCED, 2),
    ]
    assert queue(long_book, side) == [(1, 2)]


def test_a_larger_position_changes_nothing(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 5, 1)
    assert told(hold(long_book, side, 9))[1:] == []


def test_an_order_that_becomes_smaller_keeps_its_place(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 5, 1)
    long_book.submit(side, at(side), 1, 2, SOMEBODY)
    hold(long_book, side, 3)
    assert queue(long_book, side) == [(1, 3), (2, 1)]


def test_an_order_that_went_to_the_tail_is_the_newest(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 2, 1)
    reduce_only(long_book, side, at(side), 3, 2)
    long_book.replace(1, at(side, -1), 2)
    assert told(hold(long_book, side, 4))[1:] == [(1, "REPLACED", KEPT | REDUCED, 1)]


def test_orders_of_the_wrong_side_are_canceled_when_a_position_turns(
    long_book: Any, side: Side
) -> None:
    reduce_only(long_book, side, at(side), 2, 1)
    reduce_only(long_book, side, at(side), 3, 2)
    assert told(hold(long_book, side, -4))[1:] == [
        (2, "CANCELED", REDUCED, 0),
        (1, "CANCELED", REDUCED, 0),
    ]
    assert reduce_only(long_book, other(side), at(side, 1), 4, 3).reject_reason == 0


def test_a_plain_order_that_trades_shrinks_reduce_only_orders(long_book: Any, side: Side) -> None:
    plain(long_book, side, at(side), 3, 1)
    reduce_only(long_book, side, at(side, -1), 5, 2)
    assert told(take(long_book, side, at(side), 3)) == [
        (90, "NEW", NONE, 3),
        (1, "TRADE", NONE, 0),
        (90, "TRADE", NONE, 0),
        (2, "REPLACED", KEPT | REDUCED, 2),
    ]


def test_an_incoming_order_that_trades_shrinks_reduce_only_orders(
    long_book: Any, side: Side
) -> None:
    long_book.submit(other(side), at(side), 7, 1, SOMEBODY)
    reduce_only(long_book, side, at(side, -1), 5, 2)
    report = plain(long_book, side, at(side), 7, 3)
    assert told(report)[-1] == (2, "CANCELED", REDUCED, 0)
    assert reducible(long_book, side) == -2


def test_an_order_is_not_met_with_more_than_is_left_of_the_position(
    long_book: Any, side: Side
) -> None:
    """Both orders of the account would together turn the position round."""
    plain(long_book, side, at(side), 3, 1)
    reduce_only(long_book, side, at(side), 5, 2)
    report = take(long_book, side, at(side), 10)
    assert fills(report) == [(1, at(side), 3), (2, at(side), 2)]
    assert told(report)[-2:] == [(2, "CANCELED", REDUCED, 0), (90, "CANCELED", NONE, 0)]
    assert reducible(long_book, side) == 0


def test_an_order_with_nothing_left_is_passed_over(long_book: Any, side: Side) -> None:
    plain(long_book, side, at(side, 1), 5, 1)
    reduce_only(long_book, side, at(side), 5, 2)
    long_book.submit(side, at(side), 4, 3, SOMEBODY)
    report = long_book.submit(other(side), at(side), 12, 4, 9)
    assert fills(report) == [(1, at(side, 1), 5), (3, at(side), 4)]
    assert told(report)[-1] == (2, "CANCELED", REDUCED, 0)
    assert queue(long_book, other(side)) == [(4, 3)]


def test_what_may_be_filled_is_counted_as_it_will_be(long_book: Any, side: Side) -> None:
    plain(long_book, side, at(side), 3, 1)
    reduce_only(long_book, side, at(side), 5, 2)
    refused = take(long_book, side, at(side), 6, time_in_force=FOK)
    assert refused.reject_reason == RejectReason.FOK_CANNOT_FILL
    assert take(long_book, side, at(side), 5, time_in_force=FOK).filled_quantity == 5


def test_the_account_itself_meets_its_orders_whole(long_book: Any, side: Side) -> None:
    plain(long_book, side, at(side), 5, 1)
    reduce_only(long_book, side, at(side), 5, 2)
    report = plain(long_book, other(side), at(side), 10, 3)
    assert fills(report) == [(1, at(side), 5), (2, at(side), 5)]
    assert reducible(long_book, side) == 5


def test_an_order_that_meets_its_own_side_is_not_held_against_the_position(
    long_book: Any, side: Side
) -> None:
    reduce_only(long_book, side, at(side), 5, 1)
    mode = SelfTradeMode.DECREMENT_AND_CANCEL
    report = plain(long_book, other(side), at(side), 2, 2, self_trade_mode=mode)
    assert told(report)[1] == (1, "REPLACED", KEPT | ReportFlag.SELF_TRADE, 3)
    assert reducible(long_book, side) == 5


def test_a_share_is_no_more_than_is_left_of_the_position(make_book: Any, side: Side) -> None:
    """Of 5 lots the plain order before it takes 4; what is not shared is met by time."""
    book = make_book(allocation=Allocation.PRO_RATA)
    hold(book, side, 5)
    plain(book, side, at(side), 4, 1)
    reduce_only(book, side, at(side), 5, 2)
    book.submit(side, at(side), 5, 3, SOMEBODY)
    report = book.submit(other(side), at(side), 5, 4, 9)
    assert fills(report) == [(1, at(side), 3), (3, at(side), 2)]
    assert told(report)[-1] == (2, "REPLACED", KEPT | REDUCED, 2)
    report = book.submit(other(side), at(side), 9, 5, 9)
    assert sum(lots for maker, _, lots in fills(report) if maker == 2) == 1
    assert (reducible(book, side), queue(book, side)) == (0, [])


def test_an_iceberg_gives_no_more_than_the_position(long_book: Any, side: Side) -> None:
    plain(long_book, side, at(side), 1, 1)
    reduce_only(long_book, side, at(side), 5, 2, display_quantity=2)
    report = take(long_book, side, at(side), 10)
    assert fills(report) == [(1, at(side), 1), (2, at(side), 2), (2, at(side), 2)]
    assert reducible(long_book, side) == 0


def test_an_iceberg_loses_what_it_does_not_show(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 5, 1, display_quantity=2)
    take(long_book, side, at(side), 2)
    assert told(hold(long_book, side, 2))[1:] == [(1, "REPLACED", KEPT | REDUCED, 2)]
    assert long_book.detail(1).displayed_quantity == 2
    hold(long_book, side, 1)
    assert long_book.detail(1).displayed_quantity == 1


def test_an_iceberg_that_came_back_is_the_newest(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 3, 1, display_quantity=1)
    reduce_only(long_book, side, at(side), 2, 2)
    take(long_book, side, at(side), 1)
    assert told(hold(long_book, side, 3))[1:] == [(1, "REPLACED", KEPT | REDUCED, 1)]


def test_a_hidden_order_is_held_against_the_position(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 5, 1, flags=HIDDEN)
    assert told(hold(long_book, side, 4))[1:] == [(1, "REPLACED", KEPT | REDUCED, 4)]
    assert told(hold(long_book, side, 0))[1:] == [(1, "CANCELED", REDUCED, 0)]


def test_an_order_that_shrinks_may_be_filled_whole_at_last(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 5, 1, flags=ALL_OR_NONE)
    long_book.submit(other(side), at(side), 3, 2, SOMEBODY)
    report = hold(long_book, side, 3)
    assert fills(report) == [(2, at(side), 3)]
    assert reducible(long_book, side) == 0


def test_positions_are_looked_at_before_triggered_orders_enter(long_book: Any, side: Side) -> None:
    plain(long_book, side, at(side), 5, 1)
    reduce_only(long_book, side, at(side, -1), 5, 2)
    stop = {"order_type": STOP, "trigger_price": at(side)}
    long_book.submit(other(side), 0, 5, 3, SOMEBODY, **stop)
    report = take(long_book, side, at(side), 5)
    assert [(order, event) for order, event, _, _ in told(report)] == [
        (90, "NEW"),
        (1, "TRADE"),
        (90, "TRADE"),
        (2, "CANCELED"),
        (3, "TRIGGERED"),
        (3, "CANCELED"),
    ]


# -- replace and cancel


def test_a_replace_asks_for_no_more_than_the_position(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 2, 1)
    reduce_only(long_book, side, at(side), 2, 2)
    assert told(long_book.replace(1, at(side), 9)) == [(1, "REPLACED", REDUCED, 3)]
    assert told(long_book.replace(2, at(side, -1), 2)) == [(2, "REPLACED", NONE, 2)]
    assert told(long_book.reduce(1, 2)) == [(1, "REPLACED", KEPT, 1)]


def test_what_is_canceled_leaves_the_position_to_others(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side), 5, 1)
    long_book.mass_cancel(account=ME)
    assert told(reduce_only(long_book, side, at(side), 5, 2)) == [(2, "NEW", NONE, 5)]


# -- what waits is judged when it enters


def test_a_conditional_order_needs_no_position_until_it_enters(book: Any, side: Side) -> None:
    stop = {"order_type": STOP, "trigger_price": at(side)}
    for order_id in (1, 2):
        report = reduce_only(book, side, 0, 9, order_id, **stop)
        assert told(report) == [(order_id, "NEW", WAITING, 9)]
    book.submit(other(side), at(side, -1), 20, 3, SOMEBODY)
    hold(book, side, 5)
    report = book.set_price(TriggerSource.LAST, at(side))
    assert told(report)[1:] == [
        (1, "TRIGGERED", NONE, 9),
        (2, "TRIGGERED", NONE, 9),
        (1, "RESTATED", REDUCED, 5),
        (3, "TRADE", NONE, 15),
        (1, "TRADE", NONE, 0),
        (2, "CANCELED", REDUCED, 0),
    ]


def test_a_stop_limit_rests_with_what_others_leave(long_book: Any, side: Side) -> None:
    reduce_only(long_book, side, at(side, -5), 3, 1)
    stop = {"order_type": STOP_LIMIT, "trigger_price": at(side)}
    reduce_only(long_book, side, at(side, -1), 9, 2, **stop)
    report = long_book.set_price(TriggerSource.LAST, at(side))
    assert told(report)[1:] == [(2, "TRIGGERED", NONE, 9), (2, "RESTATED", REDUCED, 2)]
    assert queue(long_book, side) == [(2, 2), (1, 3)]


def test_a_replaced_order_that_waits_is_not_held_against_the_position(
    book: Any, side: Side
) -> None:
    reduce_only(book, side, 0, 5, 1, order_type=STOP, trigger_price=at(side))
    assert told(book.replace(1, 0, 20)) == [(1, "REPLACED", WAITING, 20)]


def test_a_pegged_order_is_held_against_the_position_where_it_stands(
    long_book: Any, side: Side
) -> None:
    reduce_only(long_book, side, 0, 9, 1, order_type=PEG_PRIMARY)
    assert waiting(long_book) == [1]
    report = long_book.submit(side, at(side), 1, 2, SOMEBODY)
    assert told(report)[1:] == [(1, "RESTATED", REDUCED, 5)]
    assert told(hold(long_book, side, 3))[1:] == [(1, "REPLACED", KEPT | REDUCED, 3)]
    report = long_book.submit(side, at(side, 1), 1, 3, SOMEBODY)
    assert told(report)[1:] == [(1, "RESTATED", NONE, 3)]


def test_a_pegged_order_with_nothing_to_reduce_is_canceled(book: Any, side: Side) -> None:
    book.submit(side, at(side), 1, 2, SOMEBODY)
    report = reduce_only(book, side, 0, 9, 1, order_type=PEG_PRIMARY)
    assert told(report) == [(1, "NEW", WAITING, 9), (1, "CANCELED", WAITING | REDUCED, 0)]


def test_an_order_for_an_auction_is_held_against_the_position_in_its_call(
    book: Any, side: Side
) -> None:
    for order_id in (1, 2):
        reduce_only(book, side, at(side), 9, order_id, time_in_force=AT_THE_CLOSE)
    hold(book, side, 5)
    report = book.set_phase(Phase.CLOSING_CALL)
    assert told(report)[1:] == [
        (1, "TRIGGERED", REDUCED, 5),
        (2, "CANCELED", WAITING | REDUCED, 0),
    ]


def test_a_released_order_is_held_against_the_position(long_book: Any, side: Side) -> None:
    """The entry brings the position that its exit reduces."""
    book = long_book
    hold(book, side, 0)
    plain(book, other(side), at(side), 5, 1)
    wait_for(book, side, at(side, -3), 9, 2, account=ME, flags=REDUCE_ONLY, linked_order_id=1)
    report = book.submit(side, at(side), 5, 3, SOMEBODY)
    assert told(report)[-1] == (2, "TRIGGERED", NONE, 5)
    assert queue(book, side) == [(2, 5)]


# -- linked, as Bot Core keeps its exits


def exits(book: Any, side: Side, lots: int) -> None:
    """A take profit (1) and a stop loss (2) that cancel each other."""
    reduce_only(book, side, at(side, -5), lots, 1)
    stop = {"order_type": STOP, "trigger_price": at(side, 5)}
    join(book, side, 0, lots, 2, account=ME, flags=REDUCE_ONLY, linked_order_id=1, **stop)


def test_a_stop_loss_closes_the_position_and_takes_the_profit_order_out(
    long_book: Any, side: Side
) -> None:
    exits(long_book, side, 5)
    long_book.submit(other(side), at(side, 6), 9, 3, SOMEBODY)
    report = long_book.set_price(TriggerSource.LAST, at(side, 5))
    assert told(report)[1:] == [
        (2, "TRIGGERED", NONE, 5),
        (1, "CANCELED", LINKED, 0),
        (3, "TRADE", NONE, 4),
        (2, "TRADE", NONE, 0),
    ]
    assert reducible(long_book, side) == 0


def test_a_take_profit_takes_the_stop_loss_out(long_book: Any, side: Side) -> None:
    exits(long_book, side, 5)
    report = take(long_book, side, at(side, -5), 5)
    assert told(report)[-1] == (2, "CANCELED", LINKED | WAITING, 0)
    assert reducible(long_book, side) == 0


def test_a_position_that_was_closed_elsewhere_takes_both_out(long_book: Any, side: Side) -> None:
    exits(long_book, side, 5)
    assert told(hold(long_book, side, 0))[1:] == [
        (1, "CANCELED", REDUCED, 0),
        (2, "CANCELED", LINKED | WAITING, 0),
    ]


def test_a_smaller_position_leaves_the_stop_loss_to_its_entry(long_book: Any, side: Side) -> None:
    exits(long_book, side, 5)
    assert told(hold(long_book, side, 2))[1:] == [(1, "REPLACED", KEPT | REDUCED, 2)]
    long_book.submit(other(side), at(side, 6), 9, 3, SOMEBODY)
    report = long_book.set_price(TriggerSource.LAST, at(side, 5))
    assert (2, "RESTATED", REDUCED, 2) in told(report)
    assert reducible(long_book, side) == 0


def test_a_bracket_closes_what_there_is_of_its_position() -> None:
    venue = Engine()
    venue.add_instrument(Instrument(symbol="OIL", tick_size=1, lot_size=1))
    venue.set_position("OIL", account=ME, quantity=0)
    prices = {"price": 100, "stop_loss": 90, "take_profit": 110}
    bracket = venue.submit_bracket(
        "OIL", side="buy", quantity=5, account=ME, reduce_only_exits=True, **prices
    )
    venue.submit("OIL", side="sell", price=100, quantity=5)
    assert venue.position("OIL", account=ME) == 5
    venue.submit("OIL", side="sell", order_type="market", quantity=3, account=ME)
    venue.submit("OIL", side="buy", price=100, quantity=3)
    venue.submit("OIL", side="sell", price=100, quantity=3, account=ME)
    assert venue.order(bracket.take_profit.order_id).leaves_quantity == 2
    venue.submit("OIL", side="buy", price=110, quantity=9)
    assert (venue.position("OIL", account=ME), len(venue.waiting("OIL"))) == (0, 0)


# -- auctions


def collect(book: Any) -> None:
    book.set_phase(Phase.VOLATILITY_CALL)


def test_orders_in_a_call_are_held_against_the_position(long_book: Any, side: Side) -> None:
    collect(long_book)
    assert told(reduce_only(long_book, side, at(side), 9, 1)) == [(1, "NEW", REDUCED, 5)]
    refused = reduce_only(long_book, side, 0, 9, 2, order_type=MARKET)
    assert refused.reject_reason == WOULD_INCREASE
    assert told(hold(long_book, side, 4))[1:] == [(1, "REPLACED", KEPT | REDUCED, 4)]


def test_a_market_order_in_a_call_shares_the_position(long_book: Any, side: Side) -> None:
    collect(long_book)
    report = reduce_only(long_book, side, 0, 9, 1, order_type=MARKET)
    assert told(report) == [(1, "NEW", WAITING | REDUCED, 5)]
    assert long_book.detail(1).state == OrderState.AT_MARKET
    assert told(hold(long_book, side, 4))[1:] == [(1, "REPLACED", WAITING | KEPT | REDUCED, 4)]
    assert told(long_book.replace(1, 0, 9)) == [(1, "REPLACED", WAITING | REDUCED, 4)]


def test_an_auction_takes_no_more_than_is_left_of_the_position(long_book: Any, side: Side) -> None:
    collect(long_book)
    plain(long_book, side, at(side, 1), 3, 1)
    reduce_only(long_book, side, at(side), 5, 2)
    long_book.submit(other(side), at(side), 10, 3, SOMEBODY)
    assert long_book.indicative().volume == 5
    report = long_book.set_phase(Phase.CONTINUOUS)
    assert sorted(lots for _, _, lots in pairs(report)) == [2, 3]
    assert told(report)[-1] == (2, "CANCELED", REDUCED, 0)
    assert reducible(long_book, side) == 0
    assert queue(long_book, other(side)) == [(3, 5)]


def test_orders_behind_a_reduce_only_order_do_not_take_its_part(long_book: Any, side: Side) -> None:
    collect(long_book)
    reduce_only(long_book, side, at(side, 1), 5, 1)
    plain(long_book, side, at(side), 5, 2)
    long_book.submit(other(side), at(side), 10, 3, SOMEBODY)
    report = long_book.set_phase(Phase.CONTINUOUS)
    assert sorted(lots for _, _, lots in pairs(report)) == [5, 5]
    assert reducible(long_book, side) == -5


def test_what_is_bought_in_an_auction_makes_no_room_in_it(long_book: Any, side: Side) -> None:
    """Otherwise the reduce-only order would be left at a price that meets the other side."""
    collect(long_book)
    plain(long_book, side, at(side), 5, 1)
    reduce_only(long_book, side, at(side), 5, 2)
    plain(long_book, other(side), at(side), 5, 3)
    long_book.submit(other(side), at(side), 5, 4, SOMEBODY)
    report = long_book.set_phase(Phase.CONTINUOUS)
    assert [{buyer, seller} for buyer, seller, _ in pairs(report)] == [{1, 3}]
    assert told(report)[-1] == (2, "CANCELED", REDUCED, 0)
    assert reducible(long_book, side) == 5
    assert queue(long_book, other(side)) == [(4, 5)]


def test_what_an_auction_leaves_is_held_against_the_position(long_book: Any, side: Side) -> None:
    collect(long_book)
    plain(long_book, side, at(side, 1), 2, 1)
    reduce_only(long_book, side, at(side, -5), 5, 2)
    long_book.submit(other(side), at(side, 1), 2, 3, SOMEBODY)
    report = long_book.uncross()
    assert told(report)[-1] == (2, "REPLACED", KEPT | REDUCED, 3)


# -- the other two rules


def test_by_the_rule_cancel_each_order_may_be_as_large_as_the_position(
    make_book: Any, side: Side
) -> None:
    book = make_book(reduce_only_rule=CANCEL)
    hold(book, side, 5)
    assert reduce_only(book, side, at(side), 6, 1).reject_reason == WOULD_INCREASE
    for order_id in (1, 2):
        assert told(reduce_only(book, side, at(side), 5, order_id)) == [(order_id, "NEW", NONE, 5)]
    assert book.replace(1, at(side), 6).reject_reason == WOULD_INCREASE
    assert told(book.replace(1, at(side), 4)) == [(1, "REPLACED", KEPT, 4)]


def test_by_the_rule_cancel_an_order_larger_than_the_position_is_canceled(
    make_book: Any, side: Side
) -> None:
    book = make_book(reduce_only_rule=CANCEL)
    hold(book, side, 5)
    for order_id, lots in enumerate((5, 3, 4), start=1):
        reduce_only(book, side, at(side, -order_id), lots, order_id)
    assert told(hold(book, side, 3))[1:] == [
        (3, "CANCELED", REDUCED, 0),
        (1, "CANCELED", REDUCED, 0),
    ]
    assert queue(book, side) == [(2, 3)]


def test_by_the_rule_cancel_orders_trade_no_more_than_the_position(
    make_book: Any, side: Side
) -> None:
    book = make_book(reduce_only_rule=CANCEL)
    hold(book, side, 5)
    for order_id in (1, 2):
        reduce_only(book, side, at(side), 4, order_id)
    report = take(book, side, at(side), 9)
    assert fills(report) == [(1, at(side), 4), (2, at(side), 1)]
    assert told(report)[-2:] == [(2, "CANCELED", REDUCED, 0), (90, "CANCELED", NONE, 0)]
    assert reducible(book, side) == 0


def test_by_the_rule_cancel_a_triggered_order_larger_than_the_position_is_canceled(
    make_book: Any, side: Side
) -> None:
    book = make_book(reduce_only_rule=CANCEL)
    hold(book, side, 5)
    reduce_only(book, side, 0, 6, 1, order_type=STOP, trigger_price=at(side))
    report = book.set_price(TriggerSource.LAST, at(side))
    assert told(report)[1:] == [(1, "TRIGGERED", NONE, 6), (1, "CANCELED", REDUCED, 0)]


STAYING: list[dict[str, Any]] = [
    {"order_type": LIMIT, "time_in_force": GTC},
    {"order_type": LIMIT, "time_in_force": DAY},
    {"order_type": MARKET_TO_LIMIT},
    {"order_type": STOP_LIMIT, "trigger_price": 100},
    {"order_type": PEG_PRIMARY},
    {"order_type": MARKET, "time_in_force": GOOD_FOR_AUCTION},
]


@pytest.mark.parametrize("fields", STAYING, ids=lambda fields: "-".join(map(str, fields.values())))
def test_by_the_rule_immediate_no_order_may_stay(
    make_book: Any, side: Side, fields: dict[str, Any]
) -> None:
    book = make_book(reduce_only_rule=IMMEDIATE)
    hold(book, side, 5)
    price = at(side) if fields["order_type"] in (LIMIT, STOP_LIMIT) else 0
    assert reduce_only(book, side, price, 5, 1, **fields).reject_reason == NEVER_RESTS


def test_by_the_rule_immediate_no_order_is_collected(make_book: Any, side: Side) -> None:
    book = make_book(reduce_only_rule=IMMEDIATE)
    hold(book, side, 5)
    collect(book)
    assert reduce_only(book, side, 0, 5, 1, order_type=MARKET).reject_reason == NEVER_RESTS


def test_by_the_rule_immediate_an_order_is_no_larger_than_the_position(
    make_book: Any, side: Side
) -> None:
    book = make_book(reduce_only_rule=IMMEDIATE)
    hold(book, side, 5)
    book.submit(other(side), at(side), 9, 1, SOMEBODY)
    refused = reduce_only(book, side, at(side), 6, 2, time_in_force=IOC)
    assert refused.reject_reason == WOULD_INCREASE
    report = reduce_only(book, side, at(side), 5, 2, time_in_force=IOC)
    assert (report.filled_quantity, reducible(book, side)) == (5, 0)


def test_by_the_rule_immediate_a_triggered_order_is_made_as_small_as_the_position(
    make_book: Any, side: Side
) -> None:
    book = make_book(reduce_only_rule=IMMEDIATE)
    hold(book, side, 5)
    reduce_only(book, side, 0, 6, 1, order_type=STOP, trigger_price=at(side))
    book.submit(other(side), at(side), 9, 2, SOMEBODY)
    report = book.set_price(TriggerSource.LAST, at(side))
    assert told(report)[1:] == [
        (1, "TRIGGERED", NONE, 6),
        (1, "RESTATED", REDUCED, 5),
        (2, "TRADE", NONE, 4),
        (1, "TRADE", NONE, 0),
    ]


def test_by_the_rule_immediate_a_released_order_finds_no_place_in_a_call(
    make_book: Any, side: Side
) -> None:
    book = make_book(reduce_only_rule=IMMEDIATE)
    hold(book, side, 5)
    plain(book, other(side), at(side), 5, 1)
    child = {"order_type": MARKET, "flags": REDUCE_ONLY, "linked_order_id": 1, "account": ME}
    wait_for(book, side, 0, 5, 2, **child)
    collect(book)
    book.submit(side, at(side), 5, 3, SOMEBODY)
    report = book.uncross()
    assert told(report)[-2:] == [(2, "TRIGGERED", NONE, 5), (2, "CANCELED", REDUCED, 0)]


def test_a_group_of_exits_waits_for_its_entry(book: Any, side: Side) -> None:
    """A bracket in ticks: both exits reduce what the entry has brought, and no more."""
    book.set_position(ME, 0)
    plain(book, other(side), at(side), 5, 1)
    linked = {"flags": ONE_CANCELS_OTHER | REDUCE_ONLY, "linked_order_id": 1, "account": ME}
    wait_for(book, side, at(side, -5), 9, 2, **linked)
    wait_for(book, side, 0, 9, 3, order_type=STOP, trigger_price=at(side, 5), **linked)
    book.submit(side, at(side), 3, 4, SOMEBODY)
    book.cancel(1)
    assert (queue(book, side), waiting(book)) == ([(2, 3)], [3])
    take(book, side, at(side, -5), 9)
    assert (book.position(ME), len(book)) == (0, 0)
