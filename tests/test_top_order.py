"""The top order of a side that is shared pro rata: who is it, and when it is no more.

Every test runs on both implementations and for both sides; prices are ticks better or worse for a
side, as in test_rules.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sharing import rest, take
from views import at, other, queue

from engine import (
    ALL_OR_NONE,
    HIDDEN,
    MARKET,
    MARKET_TO_LIMIT,
    MINIMUM_EACH,
    PEG_PRIMARY,
    Allocation,
    Phase,
    RejectReason,
    ReplacePriority,
    Side,
    TimeInForce,
)

HIGHEST = 2**63 - 1


@pytest.fixture
def topped(make_book: Callable[..., Any]) -> Any:
    """A book in which the top order has all that it can take first."""
    return make_book(allocation=Allocation.PRO_RATA, top_order_maximum=HIGHEST)


def test_it_is_who_came_first_to_an_empty_side(topped: Any, side: Side) -> None:
    assert topped.top_order(side) is None
    rest(topped, side, 5, 5)
    assert (topped.top_order(side), topped.top_order(other(side))) == (1, None)


def test_who_betters_the_side_is_it_and_the_other_no_more(topped: Any, side: Side) -> None:
    rest(topped, side, 5)
    topped.submit(side, at(side, 1), 5, 2)
    assert topped.top_order(side) == 2
    topped.cancel(2)
    assert topped.top_order(side) is None
    topped.submit(side, at(side), 5, 3)
    assert topped.top_order(side) is None
    assert take(topped, side, 4) == [(1, 2), (3, 2)]


def test_a_worse_price_takes_nothing_from_it(topped: Any, side: Side) -> None:
    rest(topped, side, 5)
    topped.submit(side, at(side, -1), 5, 2)
    assert topped.top_order(side) == 1


def test_a_taker_that_rests_with_what_is_left_is_it(topped: Any, side: Side) -> None:
    rest(topped, other(side), 5)
    topped.submit(side, at(other(side)), 8, 2)
    assert (topped.top_order(side), topped.top_order(other(side))) == (2, None)


def test_it_ends_with_its_order(topped: Any, side: Side) -> None:
    rest(topped, side, 5, 5)
    topped.cancel(1)
    assert topped.top_order(side) is None
    topped.mass_cancel()
    topped.submit(side, at(side), 5, 3, time_in_force=TimeInForce.GTD, expiry=10)
    topped.submit(side, at(side), 5, 4)
    assert topped.top_order(side) == 3
    topped.submit(side, at(side, -1), 1, 5, timestamp=10)
    assert (topped.top_order(side), 3 in topped) == (None, False)
    topped.mass_cancel()
    rest(topped, side, 5, 5)
    assert take(topped, side, 5) == [(1, 5)]
    assert topped.top_order(side) is None


def test_an_id_that_is_used_again_is_not_it(topped: Any, side: Side) -> None:
    rest(topped, side, 5, 5)
    topped.cancel(1)
    topped.submit(side, at(side), 5, 1)
    assert topped.top_order(side) is None


def test_a_replace_that_keeps_the_place_keeps_it(topped: Any, side: Side) -> None:
    rest(topped, side, 5, 5)
    topped.replace(1, at(side), 4)
    topped.reduce(1, 1)
    assert topped.top_order(side) == 1
    assert take(topped, side, 4) == [(1, 3), (2, 1)]


def test_a_replace_that_loses_the_place_loses_it(topped: Any, side: Side) -> None:
    rest(topped, side, 5, 5)
    topped.replace(1, at(side), 6)
    assert (queue(topped, side), topped.top_order(side)) == ([(2, 5), (1, 6)], None)


def test_a_replaced_order_is_it_where_it_betters_the_others(topped: Any, side: Side) -> None:
    rest(topped, side, 5, 5)
    topped.replace(2, at(side, 1), 5)
    assert topped.top_order(side) == 2
    # Alone at the best price it comes anew, and is it anew.
    topped.replace(2, at(side, 1), 7)
    assert topped.top_order(side) == 2
    topped.replace(2, at(side, -1), 7)
    assert topped.top_order(side) is None


def test_always_lose_loses_it_with_fewer_lots_too(
    make_book: Callable[..., Any], side: Side
) -> None:
    book = make_book(
        allocation=Allocation.PRO_RATA,
        top_order_maximum=9,
        replace_priority=ReplacePriority.ALWAYS_LOSE,
    )
    rest(book, side, 5, 5)
    book.replace(1, at(side), 4)
    assert book.top_order(side) is None


def test_an_iceberg_is_it_until_its_part_is_used_up(topped: Any, side: Side) -> None:
    topped.submit(side, at(side), 9, 1, display_quantity=3)
    topped.submit(side, at(side), 6, 2)
    assert topped.top_order(side) == 1
    assert take(topped, side, 2) == [(1, 2)]
    assert topped.top_order(side) == 1
    assert take(topped, side, 1) == [(1, 1)]
    assert (topped.top_order(side), queue(topped, side)) == (None, [(2, 6), (1, 6)])


def test_an_iceberg_that_is_alone_loses_it_with_its_part_too(topped: Any, side: Side) -> None:
    topped.submit(side, at(side), 9, 1, display_quantity=3)
    take(topped, side, 3)
    assert topped.top_order(side) is None


def test_a_hidden_order_is_not_it_and_takes_it_from_nobody(topped: Any, side: Side) -> None:
    topped.submit(side, at(side), 5, 1, flags=HIDDEN)
    assert topped.top_order(side) is None
    topped.submit(side, at(side, -1), 5, 2)
    assert topped.top_order(side) == 2
    topped.submit(side, at(side, 1), 5, 3, flags=HIDDEN)
    assert topped.top_order(side) == 2


def test_a_pegged_order_is_it_where_it_betters_the_others(topped: Any, side: Side) -> None:
    rest(topped, side, 5)
    topped.submit(side, 0, 5, 2, order_type=PEG_PRIMARY)
    assert topped.top_order(side) == 1
    topped.submit(side, 0, 5, 3, order_type=PEG_PRIMARY, offset=side)
    assert topped.top_order(side) == 3
    # What it follows moves, and it comes to rest before that again.
    topped.submit(side, at(side, 1), 5, 4)
    assert (queue(topped, side)[0], topped.top_order(side)) == ((3, 5), 3)


def test_all_or_none_is_it_and_gets_nothing_first(topped: Any, side: Side) -> None:
    rest(topped, side, 5)
    topped.submit(side, at(side, 1), 5, 2, flags=ALL_OR_NONE)
    topped.submit(side, at(side, 1), 5, 3)
    assert topped.top_order(side) == 2
    assert take(topped, side, 4) == [(3, 4)]


def test_all_or_none_that_is_tried_again_keeps_it(topped: Any, side: Side) -> None:
    topped.submit(side, at(side), 8, 1, flags=MINIMUM_EACH, minimum_quantity=3)
    topped.submit(other(side), at(side), 10, 2, flags=ALL_OR_NONE)
    assert (topped.top_order(side), topped.top_order(other(side))) == (1, 2)
    topped.reduce(2, 4)
    assert (queue(topped, side), topped.top_order(side)) == ([(1, 2)], 1)
    assert topped.top_order(other(side)) is None


def test_an_order_that_was_collected_is_not_it(topped: Any, side: Side) -> None:
    topped.set_phase(Phase.OPENING_CALL)
    rest(topped, side, 5, 5)
    topped.submit(other(side), 0, 2, 3, order_type=MARKET)
    topped.set_phase(Phase.CONTINUOUS)
    assert (queue(topped, side), topped.top_order(side)) == ([(1, 3), (2, 5)], None)
    assert take(topped, side, 4) == [(1, 2), (2, 2)]
    topped.submit(side, at(side, 1), 5, 4)
    assert topped.top_order(side) == 4


def test_a_call_takes_it_only_where_a_better_order_comes(topped: Any, side: Side) -> None:
    rest(topped, side, 5, 5)
    topped.set_phase(Phase.VOLATILITY_CALL)
    topped.submit(side, at(side), 5, 3)
    topped.set_phase(Phase.CONTINUOUS)
    assert topped.top_order(side) == 1
    topped.set_phase(Phase.VOLATILITY_CALL)
    topped.submit(side, at(side, 1), 5, 4)
    assert topped.top_order(side) is None
    topped.cancel(4)
    topped.set_phase(Phase.CONTINUOUS)
    assert topped.top_order(side) is None


def test_an_auction_that_fills_some_of_it_leaves_it(topped: Any, side: Side) -> None:
    rest(topped, side, 5, 5)
    topped.set_phase(Phase.CLOSING_CALL)
    topped.submit(other(side), at(side), 3, 3)
    topped.set_phase(Phase.CONTINUOUS)
    assert (queue(topped, side), topped.top_order(side)) == ([(1, 2), (2, 5)], 1)


def test_an_order_that_gets_its_price_from_an_auction_is_not_it(topped: Any, side: Side) -> None:
    topped.set_phase(Phase.OPENING_CALL)
    topped.submit(side, 0, 9, 1, order_type=MARKET_TO_LIMIT)
    topped.submit(other(side), at(side), 3, 2)
    topped.set_phase(Phase.CONTINUOUS)
    assert (queue(topped, side), topped.top_order(side)) == ([(1, 6)], None)


def test_without_a_maximum_there_is_no_top_order(make_book: Callable[..., Any], side: Side) -> None:
    book = make_book(allocation=Allocation.PRO_RATA)
    rest(book, side, 5, 5)
    assert book.top_order(side) is None


def test_a_side_is_one_of_two(topped: Any) -> None:
    with pytest.raises(ValueError, match="0"):
        topped.top_order(0)


def test_it_is_in_the_state_hash(make_book: Callable[..., Any], side: Side) -> None:
    """The same orders in the same queue are another state where nobody is the top order."""
    hashes = set()
    for gap in (0, 1):
        book = make_book(allocation=Allocation.PRO_RATA, top_order_maximum=5)
        book.submit(side, at(side, -gap), 5, 9)
        book.submit(side, at(side), 5, 1)
        book.submit(side, at(side), 5, 2)
        book.cancel(9)
        assert queue(book, side) == [(1, 5), (2, 5)]
        assert book.top_order(side) == (1 if gap else None)
        hashes.add(book.state_hash())
    assert len(hashes) == 2


def test_a_refused_command_leaves_it(topped: Any, side: Side) -> None:
    rest(topped, side, 5)
    before = topped.state_hash()
    report = topped.submit(side, at(side, 1), 0, 2)
    assert report.reject_reason == RejectReason.QUANTITY_TOO_SMALL
    assert (topped.top_order(side), topped.state_hash()) == (1, before)
