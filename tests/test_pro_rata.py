"""Pro-rata allocation: how an incoming quantity is shared among the orders at one price.

Every test runs on both implementations and for both sides; prices are ticks better or worse for a
side, as in test_rules.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import implementations
import numpy as np
import pytest
from compare import find_difference
from hypothesis import given
from hypothesis import strategies as st
from sharing import crowded, rest, take
from views import at, ladder, other, queue, statuses

from engine import (
    ALL_OR_NONE,
    BUDGET,
    FOK,
    HIDDEN,
    IOC,
    MARKET,
    MARKET_TO_LIMIT,
    MINIMUM_EACH,
    POST_ONLY,
    SLIDE,
    Allocation,
    EngineError,
    GridError,
    Instrument,
    Liquidity,
    Phase,
    RejectReason,
    SelfTradeMode,
    Side,
)

CASES = Path(__file__).parents[2] / "shared" / "cases" / "matching.json"
CME = {"pro_rata_minimum": 2, "top_order_maximum": 100}
CORN = {"pro_rata_minimum": 1, "top_order_minimum": 10, "top_order_maximum": 100}
HIGHEST = 2**63 - 1
SHARED_MIN = 10  # commands of a crowded stream whose fills leave something of two orders or more

MakeBook = Callable[..., Any]


@pytest.fixture
def make_shared(make_book: MakeBook) -> MakeBook:
    """Makes books that share pro rata."""

    def make(**terms: int) -> Any:
        return make_book(allocation=Allocation.PRO_RATA, **terms)

    return make


@pytest.fixture
def shared(make_shared: MakeBook) -> Any:
    """A book that shares pro rata, without a minimum and a top order."""
    return make_shared()


@pytest.fixture
def topped(make_shared: MakeBook) -> Any:
    """A book in which the top order has all that it can take first."""
    return make_shared(top_order_maximum=HIGHEST)


# -- sharing


def test_each_gets_its_part_of_the_level_in_queue_order(shared: Any, side: Side) -> None:
    rest(shared, side, 50, 20, 30)
    assert take(shared, side, 10) == [(1, 5), (2, 2), (3, 3)]
    assert queue(shared, side) == [(1, 45), (2, 18), (3, 27)]


def test_shares_are_rounded_down_and_what_is_left_goes_by_time(shared: Any, side: Side) -> None:
    rest(shared, side, 3, 5, 3)
    # 10 * 3 / 11 = 2.7, 10 * 5 / 11 = 4.5: 2, 4, 2, and 2 left, of which the first can take 1.
    assert take(shared, side, 10) == [(1, 3), (2, 5), (3, 2)]


def test_a_share_below_the_minimum_is_none_and_goes_by_time(
    make_shared: MakeBook, side: Side
) -> None:
    book = make_shared(pro_rata_minimum=3)
    rest(book, side, 10, 20, 70)
    # 2, 4 and 14: the first share is too small, and its lots come back to it as the first in time.
    assert take(book, side, 20) == [(1, 2), (2, 4), (3, 14)]
    # Of 8, 16, 56 in order of time: 8 * 4 / 80 is nothing, 0.8 neither, 2.8 is 2, below 3.
    assert take(book, side, 4) == [(1, 4)]


def test_nobody_has_a_share_of_a_single_lot_but_the_first(shared: Any, side: Side) -> None:
    rest(shared, side, 1, 1000)
    assert take(shared, side, 1) == [(1, 1)]


def test_who_takes_the_whole_level_fills_all_in_queue_order(
    make_shared: MakeBook, side: Side
) -> None:
    book = make_shared(pro_rata_minimum=50, top_order_maximum=1)
    rest(book, side, 3, 5, 2)
    assert take(book, side, 12) == [(1, 3), (2, 5), (3, 2)]
    assert len(book) == 0


def test_a_better_price_goes_first_and_only_the_last_one_is_shared(shared: Any, side: Side) -> None:
    shared.submit(side, at(side, 1), 4, 7)
    shared.submit(side, at(side, 1), 2, 8)
    rest(shared, side, 10, 30)
    assert take(shared, side, 14) == [(7, 4), (8, 2), (1, 2), (2, 6)]


def test_a_taker_that_rests_keeps_what_nobody_gave(shared: Any, side: Side) -> None:
    rest(shared, side, 3, 5)
    assert take(shared, side, 10, time_in_force=0) == [(1, 3), (2, 5)]
    assert queue(shared, other(side)) == [(99, 2)]


def test_each_order_is_reported_once(shared: Any, side: Side) -> None:
    rest(shared, side, 10, 10)
    report = shared.submit(other(side), at(side), 10, 3)
    assert statuses(report) == [
        "NEW NEW",
        "TRADE PARTIALLY_FILLED",
        "TRADE PARTIALLY_FILLED",
        "TRADE PARTIALLY_FILLED",
        "TRADE FILLED",
    ]
    assert shared.last_trade() == (at(side), 5)


def test_price_time_is_the_default(book: Any, side: Side) -> None:
    rest(book, side, 50, 20, 30)
    assert take(book, side, 10) == [(1, 10)]
    assert book.top_order(side) is None


def test_sizes_near_64_bits_are_shared_exactly(shared: Any, side: Side) -> None:
    big = 2**61
    rest(shared, side, big, big + 1, big - 1)
    quantity = 2**62 + 5
    total = 3 * big
    shares = [size * quantity // total for size in (big, big + 1, big - 1)]
    shares[0] += quantity - sum(shares)
    assert take(shared, side, quantity) == list(enumerate(shares, start=1))


def test_an_auction_stays_by_price_and_time(make_shared: MakeBook, side: Side) -> None:
    book = make_shared(top_order_maximum=5)
    book.set_phase(Phase.OPENING_CALL)
    rest(book, side, 50, 20, 30)
    book.submit(other(side), at(side), 10, 4)
    report = book.set_phase(Phase.CONTINUOUS)
    assert [int(lots) for lots in report.trades["quantity"]] == [10]
    assert queue(book, side) == [(1, 40), (2, 20), (3, 30)]


# -- the examples of a venue


def test_the_worked_example_of_cme(make_shared: MakeBook, side: Side) -> None:
    book = make_shared(**CME)
    rest(book, side, 1000, 200, 300, 400, 100)
    assert book.top_order(side) == 1
    assert take(book, side, 501) == [(1, 291), (2, 42), (3, 63), (4, 84), (5, 21)]
    assert ladder(book, side) == [(at(side), 1499, 5)]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case["inputs"] | {"expected": case["expected"]}, id=case["id"])
        for case in json.loads(CASES.read_text(encoding="utf-8"))["cases"]
        if case["kind"] == "allocation" and "qty" in case["inputs"] and "top" in case["inputs"]
    ],
)
def test_cases_of_venues_come_out_in_a_book(
    case: dict[str, Any], make_shared: MakeBook, side: Side
) -> None:
    book = make_shared(
        pro_rata_minimum=int(case["minq"]),
        top_order_minimum=int(case.get("top_min", 0)),
        top_order_maximum=int(case["top_max"]),
    )
    rest(book, side, *map(int, case["sizes"]))
    assert take(book, side, int(case["qty"])) == list(enumerate(map(int, case["expected"]), 1))


# -- what the top order gets


def test_the_top_order_gets_no_more_than_the_maximum_first(
    make_shared: MakeBook, side: Side
) -> None:
    book = make_shared(top_order_maximum=10)
    rest(book, side, 30, 20)
    # 10 first, then 8 by 20 to 20.
    assert take(book, side, 18) == [(1, 14), (2, 4)]
    assert take(book, side, 7) == [(1, 7)]


def test_a_top_order_below_the_minimum_is_one_like_the_others(
    make_shared: MakeBook, side: Side
) -> None:
    book = make_shared(**CORN)
    rest(book, side, 11, 99)
    assert take(book, side, 10) == [(1, 10)]
    # 1 lot is left of it, and it is the top order still, but too small a one.
    assert book.top_order(side) == 1
    assert take(book, side, 10) == [(1, 1), (2, 9)]


def test_two_takers_come_to_the_top_order_one_after_the_other(topped: Any, side: Side) -> None:
    rest(topped, side, 10, 90)
    assert take(topped, side, 4) == [(1, 4)]
    assert take(topped, side, 8) == [(1, 6), (2, 2)]
    assert topped.top_order(side) is None


def test_a_top_order_matters_at_its_own_price_only(topped: Any, side: Side) -> None:
    rest(topped, side, 50, 50)
    topped.submit(side, at(side, 1), 5, 7)
    assert topped.top_order(side) == 7
    assert take(topped, side, 15) == [(7, 5), (1, 5), (2, 5)]


# -- what is not shown


def test_an_iceberg_has_the_share_of_what_it_shows(shared: Any, side: Side) -> None:
    shared.submit(side, at(side), 90, 1, display_quantity=10)
    shared.submit(side, at(side), 30, 2)
    assert take(shared, side, 8) == [(1, 2), (2, 6)]


def test_the_next_parts_go_by_time_when_all_that_was_shown_is_gone(shared: Any, side: Side) -> None:
    shared.submit(side, at(side), 9, 1, display_quantity=3)
    shared.submit(side, at(side), 5, 2)
    shared.submit(side, at(side), 8, 3, display_quantity=4)
    assert take(shared, side, 17) == [(1, 3), (2, 5), (3, 4), (1, 3), (3, 2)]


def test_what_is_hidden_comes_after_what_is_shown_by_time(shared: Any, side: Side) -> None:
    shared.submit(side, at(side), 50, 1, flags=HIDDEN)
    shared.submit(side, at(side), 50, 2, flags=HIDDEN)
    shared.submit(side, at(side), 4, 3)
    shared.submit(side, at(side), 4, 4)
    assert take(shared, side, 4) == [(3, 2), (4, 2)]
    assert take(shared, side, 14) == [(3, 2), (4, 2), (1, 10)]


# -- self-trade prevention


@pytest.mark.parametrize(
    ("mode", "filled", "left"),
    [
        (SelfTradeMode.NONE, [(1, 3), (2, 3), (3, 3)], [(1, 7), (2, 7), (3, 7)]),
        (SelfTradeMode.CANCEL_NEWEST, [], [(1, 10), (2, 10), (3, 10)]),
        (SelfTradeMode.CANCEL_OLDEST, [(1, 5), (3, 4)], [(1, 5), (3, 6)]),
        (SelfTradeMode.CANCEL_BOTH, [], [(1, 10), (3, 10)]),
        (SelfTradeMode.DECREMENT_AND_CANCEL, [], [(1, 10), (2, 1), (3, 10)]),
    ],
)
def test_its_own_side_is_dealt_with_before_the_level_is_shared(
    mode: SelfTradeMode,
    filled: list[tuple[int, int]],
    left: list[tuple[int, int]],
    shared: Any,
    side: Side,
) -> None:
    for order_id in (1, 2, 3):
        shared.submit(side, at(side), 10, order_id, account=1 + (order_id == 2))
    assert take(shared, side, 9, account=2, self_trade_mode=mode) == filled
    assert queue(shared, side) == left


def test_what_is_left_after_a_decrement_is_shared(shared: Any, side: Side) -> None:
    shared.submit(side, at(side), 10, 1, account=1)
    shared.submit(side, at(side), 3, 2, account=2)
    shared.submit(side, at(side), 20, 3, account=1)
    mode = SelfTradeMode.DECREMENT_AND_CANCEL
    assert take(shared, side, 9, account=2, self_trade_mode=mode) == [(1, 2), (3, 4)]
    assert queue(shared, side) == [(1, 8), (3, 16)]


def test_its_own_side_at_another_price_is_dealt_with_there(shared: Any, side: Side) -> None:
    shared.submit(side, at(side, 1), 4, 1, account=1)
    shared.submit(side, at(side), 4, 2, account=2)
    mode = SelfTradeMode.CANCEL_NEWEST
    assert take(shared, side, 9, account=2, self_trade_mode=mode) == [(1, 4)]
    assert queue(shared, side) == [(2, 4)]


def test_a_top_order_of_its_own_side_gives_nothing(topped: Any, side: Side) -> None:
    topped.submit(side, at(side), 10, 1, account=2)
    topped.submit(side, at(side), 10, 2, account=1)
    mode = SelfTradeMode.CANCEL_OLDEST
    assert take(topped, side, 4, account=2, self_trade_mode=mode) == [(2, 4)]
    assert (queue(topped, side), topped.top_order(side)) == ([(2, 6)], None)


# -- orders that are particular about a fill


def test_all_or_none_has_no_share_and_is_met_afterwards(shared: Any, side: Side) -> None:
    shared.submit(side, at(side), 6, 1, flags=ALL_OR_NONE)
    shared.submit(side, at(side), 5, 2)
    shared.submit(side, at(side), 5, 3)
    assert take(shared, side, 8) == [(2, 4), (3, 4)]
    assert take(shared, side, 9) == [(2, 1), (3, 1), (1, 6)]


def test_a_minimum_for_each_fill_has_no_share_and_is_met_afterwards(
    shared: Any, side: Side
) -> None:
    shared.submit(side, at(side), 9, 1, flags=MINIMUM_EACH, minimum_quantity=4)
    shared.submit(side, at(side), 5, 2)
    assert take(shared, side, 7) == [(2, 5)]
    assert take(shared, side, 4) == [(1, 4)]


def test_choosy_orders_of_its_own_side_are_dealt_with_when_they_are_met(
    shared: Any, side: Side
) -> None:
    shared.submit(side, at(side), 3, 1, account=2, flags=ALL_OR_NONE)
    shared.submit(side, at(side), 5, 2, account=1)
    mode = SelfTradeMode.CANCEL_NEWEST
    assert take(shared, side, 9, account=2, self_trade_mode=mode) == [(2, 5)]


def test_a_taker_with_a_minimum_takes_the_shares_that_suit_and_goes_on_by_time(
    shared: Any, side: Side
) -> None:
    rest(shared, side, 4, 20)
    # Shares of 14: 3 and 11. The first is below 5; what is left of the taker, 3, is not.
    each = {"flags": MINIMUM_EACH, "minimum_quantity": 5}
    assert take(shared, side, 14, **each) == [(2, 11), (1, 3)]


def test_a_taker_whom_no_share_suits_goes_by_time(shared: Any, side: Side) -> None:
    rest(shared, side, 10, 10, 10)
    each = {"flags": MINIMUM_EACH, "minimum_quantity": 5}
    assert take(shared, side, 12, **each) == [(1, 10), (2, 2)]


def test_an_order_may_fill_twice_for_a_taker_with_a_minimum(shared: Any, side: Side) -> None:
    rest(shared, side, 5, 20)
    # Shares of 20: 4 and 16. Of the 4 that are left the first could give no more than before.
    each = {"flags": MINIMUM_EACH, "minimum_quantity": 17, "time_in_force": 0}
    assert take(shared, side, 20, **each) == [(2, 20)]
    assert queue(shared, side) == [(1, 5)]


# -- the taker's other terms ask the same plan


def test_fok_fills_where_the_level_has_enough(shared: Any, side: Side) -> None:
    rest(shared, side, 10, 30)
    report = shared.submit(other(side), at(side), 41, 99, time_in_force=FOK)
    assert report.reject_reason == RejectReason.FOK_CANNOT_FILL
    assert take(shared, side, 4, time_in_force=FOK) == [(1, 1), (2, 3)]


def test_all_or_none_as_the_taker_counts_what_it_would_be_given(shared: Any, side: Side) -> None:
    rest(shared, side, 10, 30)
    assert take(shared, side, 8, time_in_force=0, flags=ALL_OR_NONE) == [(1, 2), (2, 6)]


def test_a_minimum_at_entry_counts_all_shares(shared: Any, side: Side) -> None:
    rest(shared, side, 10, 30)
    assert take(shared, side, 44, minimum_quantity=40) == [(1, 10), (2, 30)]
    rest(shared, side, 10, 30)
    report = shared.submit(other(side), at(side), 44, 99, minimum_quantity=41, time_in_force=IOC)
    assert report.reject_reason == RejectReason.MINIMUM_CANNOT_FILL


def test_post_only_is_refused_or_slides_as_ever(shared: Any, side: Side) -> None:
    rest(shared, side, 10, 30)
    report = shared.submit(other(side), at(side), 5, 99, flags=POST_ONLY)
    assert report.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE
    shared.submit(other(side), at(side), 5, 99, flags=POST_ONLY | SLIDE)
    assert queue(shared, other(side), at(side, 1)) == [(99, 5)]


def test_market_to_limit_shares_the_best_price_alone(shared: Any, side: Side) -> None:
    rest(shared, side, 10, 30)
    shared.submit(side, at(side, -1), 9, 3)
    more = {"price": 0, "order_type": MARKET_TO_LIMIT, "time_in_force": 0}
    assert take(shared, side, 8, **more) == [(1, 2), (2, 6)]
    assert take(shared, side, 40, **more) == [(1, 8), (2, 24)]
    assert queue(shared, other(side)) == [(99, 8)]


def test_a_budget_shares_what_it_can_afford(make_shared: MakeBook) -> None:
    book = make_shared(top_order_maximum=2)
    rest(book, Side.SELL, 10, 30, 40)
    # 1,050 buys 10 at 100: 2 to the first, then 8 by 8, 30 and 40 of 78, and 1 more by time.
    more = {"price": 0, "order_type": MARKET, "flags": BUDGET, "bound": 1050}
    assert take(book, Side.SELL, 60, **more) == [(1, 3), (2, 3), (3, 4)]


def test_a_budget_that_buys_nothing_shares_nothing(shared: Any) -> None:
    rest(shared, Side.SELL, 10, 30)
    more = {"price": 0, "order_type": MARKET, "flags": BUDGET, "bound": 99}
    assert take(shared, Side.SELL, 60, **more) == []


# -- configuration

CONTRADICTIONS = [
    ({"pro_rata_minimum": 3}, EngineError, "pro_rata_minimum was 3, without PRO_RATA"),
    ({"top_order_maximum": 3}, EngineError, "top_order_maximum was 3, without PRO_RATA"),
    (
        {"top_order_minimum": 2, "top_order_maximum": 3},
        EngineError,
        "top_order_minimum was 2, without PRO_RATA",
    ),
    (
        {"allocation": 1, "top_order_minimum": 3, "top_order_maximum": 2},
        OverflowError,
        f"top_order_maximum was 2, outside 3 to {HIGHEST}",
    ),
    (
        {"allocation": 1, "top_order_minimum": 3},
        OverflowError,
        f"top_order_maximum was 0, outside 3 to {HIGHEST}",
    ),
]


@pytest.mark.parametrize(("terms", "error", "message"), CONTRADICTIONS)
def test_terms_that_contradict_each_other_raise(
    terms: dict[str, int],
    error: type[Exception],
    message: str,
    implementation: implementations.Implementation,
) -> None:
    with pytest.raises(error, match=message):
        implementation.order_book(**terms)
    core = implementation.core()
    with pytest.raises(error, match=message):
        core.add_instrument(**terms)
    assert core.instrument_count == 0


def test_an_instrument_tells_all_contradictions_at_once() -> None:
    grid = {"symbol": "CORN", "tick_size": 1, "lot_size": "0.5"}
    with pytest.raises(GridError) as caught:
        Instrument(**grid, pro_rata_minimum=1, top_order_minimum=5, top_order_maximum="2.5")
    assert str(caught.value) == (
        "instrument 'CORN': pro_rata_minimum was 1, without allocation='pro_rata';"
        " top_order_minimum was 5, without allocation='pro_rata';"
        " top_order_maximum was 2.5, without allocation='pro_rata';"
        " top_order_maximum was 2.5, below top_order_minimum, 5"
    )
    with pytest.raises(GridError) as caught:
        Instrument(**grid, allocation="pro_rata", top_order_minimum=5)
    assert str(caught.value) == (
        "instrument 'CORN': top_order_minimum was 5, without top_order_maximum"
    )
    corn = Instrument(
        **grid, allocation="pro_rata", top_order_minimum=5, top_order_maximum=5, pro_rata_minimum=1
    )
    shares = ("pro_rata_minimum", "top_order_minimum", "top_order_maximum")
    assert [corn.terms()[name] for name in shares] == [2, 10, 10]


# -- whatever the book holds


@given(
    quantities=st.lists(st.integers(1, 30) | st.integers(1, 2**58), min_size=1, max_size=8),
    quantity=st.integers(1, 60) | st.integers(1, 2**61),
    minimum=st.integers(0, 4),
    most=st.integers(0, 12),
)
@pytest.mark.parametrize("name", implementations.NAMES)
def test_what_comes_in_is_given_once_and_whole(
    name: str, quantities: list[int], quantity: int, minimum: int, most: int
) -> None:
    """No lot is lost or made, nobody gives more than he has, and shares are no smaller than due."""
    book = implementations.load(name).order_book(
        allocation=Allocation.PRO_RATA, pro_rata_minimum=minimum, top_order_maximum=most
    )
    rest(book, Side.SELL, *quantities)
    given_by = dict(take(book, Side.SELL, quantity))
    total = sum(quantities)
    assert sum(given_by.values()) == min(quantity, total)
    first = min(most, quantities[0], quantity)
    for order_id, size in enumerate(quantities, start=1):
        lots = given_by.get(order_id, 0)
        assert lots <= size
        if quantity < total:
            open_lots = size - first * (order_id == 1)
            due = open_lots * (quantity - first) // (total - first)
            assert lots >= (due if due >= minimum else 0)
    book.check_invariants()
    assert sum(lots for _, lots in queue(book, Side.SELL)) == max(total - quantity, 0)


@pytest.mark.parametrize("seed", range(4))
def test_crowded_levels_are_shared_as_specified(seed: int) -> None:
    stream = crowded(seed, 200)
    core, reference = (implementations.load(name).core for name in implementations.NAMES)
    difference = find_difference(stream, core, reference)
    assert difference is None, str(difference)
    reports = stream.new_core(core).match(stream.commands)
    is_left = (reports["liquidity"] == Liquidity.MAKER) & (reports["leaves_quantity"] > 0)
    _, counts = np.unique(reports["command_id"][is_left], return_counts=True)
    assert np.count_nonzero(counts > 1) >= SHARED_MIN
