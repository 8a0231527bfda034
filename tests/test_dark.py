"""Dark instruments: what rests in them, what is refused, and what their pegged orders follow.

Every test runs on both implementations and for both sides; prices are ticks better or worse for a
side, as in test_rules.py. The market outside is 100 for the side and ten ticks from it for the
other.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
from implementations import Implementation
from linking import NONE, WAITING, told, waiting
from streams import command_array
from test_pegs import CALLS, WIDTH, moves, peg, price_of
from views import at, fills, ladder, other, pairs, queue

from engine import (
    ALL_OR_NONE,
    BUY,
    DAY,
    FEED_DTYPE,
    FOK,
    GTC,
    HIDDEN,
    IOC,
    LIMIT_IF_TOUCHED,
    MARKET,
    MARKET_TO_LIMIT,
    MINIMUM_EACH,
    PEG_MARKET,
    PEG_MIDPOINT,
    PEG_PRIMARY,
    POST_ONLY,
    PROTECTED,
    SET_PHASE,
    SET_PRICE,
    SLIDE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    CommandKind,
    Engine,
    ExecType,
    Instrument,
    OrderFlag,
    OrderState,
    OrderType,
    Phase,
    RejectReason,
    Side,
    TriggerSource,
    Visibility,
)
from engine.feed import Conflator, FeedBuilder, FeedChannel, FeedKind
from engine.reference.feed import FeedBuilder as ReferenceBuilder

BID, OFFER = TriggerSource.BID, TriggerSource.OFFER
PEGS = (PEG_PRIMARY, PEG_MARKET, PEG_MIDPOINT)
BEST_OF = {Side.BUY: BID, Side.SELL: OFFER}
"""The price from outside that the pegged orders of a side have on their own side."""


@pytest.fixture
def make_dark(make_book: Callable[..., Any]) -> Callable[..., Any]:
    return partial(make_book, visibility=Visibility.DARK)


@pytest.fixture
def dark(make_dark: Callable[..., Any]) -> Any:
    """An empty dark book."""
    return make_dark()


def outside(book: Any, side: Side, own: int = 0, opposite: int = WIDTH) -> Any:
    """Tell the best price outside of a side, then the one of the other side."""
    book.set_price(BEST_OF[side], at(side, own))
    return book.set_price(BEST_OF[other(side)], at(side, opposite))


def midpoint(book: Any, side: Side, order_id: int, quantity: int = 5, **more: int) -> Any:
    return peg(book, side, order_id, quantity, PEG_MIDPOINT, **more)


# -- what rests is hidden


KINDS: list[tuple[OrderType, dict[str, int]]] = [
    (OrderType.LIMIT, {"time_in_force": GTC}),
    (OrderType.LIMIT, {"time_in_force": DAY}),
    (OrderType.LIMIT, {"flags": HIDDEN}),
    (OrderType.LIMIT, {"flags": ALL_OR_NONE}),
    (MARKET, {"flags": PROTECTED, "bound": 100}),
    (STOP_LIMIT, {"trigger_price": 100, "trigger_source": TriggerSource.MARK}),
    (LIMIT_IF_TOUCHED, {"trigger_price": 100, "trigger_source": TriggerSource.MARK}),
    *((kind, {}) for kind in PEGS),
]


@pytest.mark.parametrize(("kind", "fields"), KINDS, ids=str)
def test_every_order_that_rests_is_hidden(
    dark: Any, side: Side, kind: OrderType, fields: dict[str, int]
) -> None:
    has_price = kind in (OrderType.LIMIT, STOP_LIMIT, LIMIT_IF_TOUCHED)
    price = 100 if has_price else 0
    report = dark.submit(side, price, 5, 1, order_type=kind, **fields)
    assert report.reports["exec_type"][0] == ExecType.NEW
    assert report.reports["order_flags"][0] == fields.get("flags", 0) | HIDDEN
    outside(dark, side)
    dark.set_price(TriggerSource.MARK, 100)
    assert dark.detail(1).state == OrderState.RESTING
    assert dark.order(1).flags & HIDDEN
    assert dark.detail(1).displayed_quantity == 0
    assert (ladder(dark, side), dark.best_bid(), dark.best_ask()) == ([], None, None)
    assert queue(dark, side) == [(1, 5)]


def test_the_rest_of_a_market_to_limit_order_is_hidden(dark: Any, side: Side) -> None:
    dark.submit(other(side), at(side, 3), 2, 1)
    report = dark.submit(side, 0, 5, 2, order_type=MARKET_TO_LIMIT)
    assert fills(report) == [(1, at(side, 3), 2)]
    assert (queue(dark, side), ladder(dark, side)) == ([(2, 3)], [])


@pytest.mark.parametrize("time_in_force", [IOC, FOK])
def test_what_never_rests_is_not_called_hidden(dark: Any, side: Side, time_in_force: int) -> None:
    dark.submit(other(side), at(side), 5, 1)
    report = dark.submit(side, at(side), 5, 2, time_in_force=time_in_force)
    assert fills(report) == [(1, at(side), 5)]
    assert report.order_flags == OrderFlag(0)


def test_at_one_price_who_came_first_trades_first(dark: Any, side: Side) -> None:
    """That one asked to be hidden and the other did not makes no difference."""
    dark.submit(side, at(side), 5, 1, flags=HIDDEN)
    dark.submit(side, at(side), 5, 2)
    assert fills(dark.submit(other(side), at(side), 7)) == [(1, at(side), 5), (2, at(side), 2)]


def test_a_replace_leaves_an_order_hidden(dark: Any, side: Side) -> None:
    dark.submit(side, at(side), 5, 1)
    assert dark.replace(1, at(side, 1), 9).order_flags & HIDDEN
    assert (queue(dark, side), ladder(dark, side)) == ([(1, 9)], [])


def test_a_lit_book_is_as_before(make_book: Any, side: Side) -> None:
    book = make_book(visibility=Visibility.LIT)
    assert book.submit(side, at(side), 5, 1).order_flags == OrderFlag(0)
    assert ladder(book, side) == [(at(side), 5, 1)]


# -- a minimum quantity holds for every fill


def test_a_resting_order_is_passed_over_by_less_than_its_minimum(dark: Any, side: Side) -> None:
    report = dark.submit(side, at(side), 9, 1, minimum_quantity=4)
    assert report.order_flags == HIDDEN | MINIMUM_EACH
    assert fills(dark.submit(other(side), at(side), 3, 2, time_in_force=IOC)) == []
    assert fills(dark.submit(other(side), at(side), 5, 3)) == [(1, at(side), 5)]
    assert fills(dark.submit(other(side), at(side), 5, 4)) == [(1, at(side), 4)]


def test_an_incoming_order_passes_over_what_gives_less_and_rests(dark: Any, side: Side) -> None:
    """In a lit book the minimum is for all fills together, and one that has none is refused."""
    dark.submit(other(side), at(side), 3, 1)
    dark.submit(other(side), at(side), 4, 2)
    assert fills(dark.submit(side, at(side), 9, 3, minimum_quantity=4)) == [(2, at(side), 4)]
    assert queue(dark, side) == [(3, 5)]


@pytest.mark.parametrize("order_type", [OrderType.LIMIT, MARKET])
def test_the_minimum_of_an_immediate_order_holds_for_every_fill(
    dark: Any, side: Side, order_type: OrderType
) -> None:
    """Three of 3 lots are no fill of 9: who asks for size does not find out what is small."""
    for order_id in (1, 2, 3):
        dark.submit(other(side), at(side), 3, order_id)
    price = at(side) if order_type == OrderType.LIMIT else 0
    terms = {"order_type": order_type, "time_in_force": IOC, "minimum_quantity": 4}
    report = dark.submit(side, price, 9, 4, **terms)
    assert report.order_flags == MINIMUM_EACH
    assert [event for _, event, _, _ in told(report)] == ["NEW", "CANCELED"]
    dark.submit(other(side), at(side), 6, 5)
    assert fills(dark.submit(side, price, 9, 6, **terms)) == [(5, at(side), 6)]


def test_an_auction_fills_no_order_that_has_a_minimum(dark: Any, side: Side) -> None:
    dark.set_phase(Phase.OPENING_CALL)
    assert dark.submit(side, at(side), 9, 1, minimum_quantity=4).exec_type == ExecType.NEW
    dark.submit(side, at(side), 5, 2)
    dark.submit(other(side), at(side), 3, 3)
    uncrossed = pairs(dark.uncross())
    assert uncrossed == ([(2, 3, 3)] if side == BUY else [(3, 2, 3)])


# -- what is refused


@pytest.mark.parametrize("flags", [0, HIDDEN])
@pytest.mark.parametrize("phase", [Phase.CONTINUOUS, *CALLS])
def test_a_display_quantity_is_refused(dark: Any, side: Side, flags: int, phase: Phase) -> None:
    dark.set_phase(phase)
    report = dark.submit(side, at(side), 9, 1, display_quantity=3, flags=flags)
    assert report.reject_reason == RejectReason.DISPLAY_IN_THE_DARK
    assert report.order_flags == flags


@pytest.mark.parametrize("flags", [POST_ONLY, POST_ONLY | SLIDE, POST_ONLY | HIDDEN])
@pytest.mark.parametrize("is_there", [False, True])
def test_post_only_gets_one_answer_whatever_rests(
    dark: Any, side: Side, flags: int, is_there: bool
) -> None:
    if is_there:
        dark.submit(other(side), at(side), 5, 1)
    report = dark.submit(side, at(side), 5, 2, flags=flags)
    assert report.reject_reason == RejectReason.POST_ONLY_IN_THE_DARK


# -- what pegged orders follow


def test_pegs_follow_the_market_outside(dark: Any, side: Side) -> None:
    outside(dark, side)
    for order_id, kind, offset in ((1, PEG_PRIMARY, 0), (2, PEG_MIDPOINT, 0), (3, PEG_MARKET, -2)):
        peg(dark, side, order_id, kind=kind, offset=offset * side)
    assert [price_of(dark, order_id) for order_id in (1, 2, 3)] == [
        at(side),
        at(side, WIDTH // 2),
        at(side, WIDTH - 2),
    ]
    assert moves(dark.set_price(BEST_OF[side], at(side, 2))) == [(1, at(side, 2)), (2, at(side, 6))]
    report = dark.set_price(BEST_OF[other(side)], at(side, WIDTH - 2))
    assert moves(report) == [(3, at(side, WIDTH - 4)), (2, at(side, 5))]
    assert ladder(dark, side) == []


def test_pegs_do_not_follow_the_orders_of_the_book(dark: Any, side: Side) -> None:
    dark.submit(side, at(side), 5, 1)
    dark.submit(other(side), at(side, WIDTH), 5, 2)
    for order_id, kind in enumerate(PEGS, start=3):
        assert told(peg(dark, side, order_id, kind=kind)) == [(order_id, "NEW", WAITING, 5)]
    assert waiting(dark) == [3, 4, 5]


@pytest.mark.parametrize("source", [BID, OFFER])
def test_a_peg_waits_for_the_prices_that_it_needs(
    dark: Any, side: Side, source: TriggerSource
) -> None:
    for order_id, kind in enumerate(PEGS, start=1):
        peg(dark, side, order_id, kind=kind)
    is_own = BEST_OF[side] == source
    dark.set_price(source, 100)
    assert waiting(dark) == ([2, 3] if is_own else [1, 3])
    dark.set_price(BID if source == OFFER else OFFER, 100)
    assert waiting(dark) == []


def test_the_middle_is_rounded_down_for_both_sides(dark: Any, side: Side) -> None:
    dark.set_price(BID, -4)
    dark.set_price(OFFER, 1)
    midpoint(dark, side, 1)
    assert price_of(dark, 1) == -2
    assert fills(midpoint(dark, other(side), 2)) == [(1, -2, 5)]


def test_a_cap_and_the_bounds_hold_a_peg(make_dark: Any, side: Side) -> None:
    book = make_dark(min_price=at(side, -20 * side), max_price=at(side, 20 * side))
    outside(book, side)
    midpoint(book, side, 1, flags=PROTECTED, bound=at(side, 3))
    midpoint(book, side, 2, offset=90 * side)
    assert (price_of(book, 1), price_of(book, 2)) == (at(side, 3), at(side, 20))
    outside(book, side, 0, 4)
    assert price_of(book, 1) == at(side, 2)


def test_a_locked_market_outside_is_followed(dark: Any, side: Side) -> None:
    outside(dark, side, 0, 0)
    for order_id, kind in enumerate(PEGS, start=1):
        peg(dark, side, order_id, kind=kind)
    assert [price_of(dark, order_id) for order_id in (1, 2, 3)] == [at(side)] * 3


def test_a_crossed_market_outside_is_none_to_follow(dark: Any, side: Side) -> None:
    outside(dark, side)
    for order_id, kind in enumerate(PEGS, start=1):
        peg(dark, side, order_id, kind=kind, offset=-WIDTH * side)
    assert waiting(dark) == []
    report = dark.set_price(BEST_OF[side], at(side, WIDTH + 1))
    assert told(report)[1:] == [(number, "RESTATED", WAITING, 5) for number in (1, 2, 3)]
    assert waiting(dark) == [1, 2, 3]
    assert fills(dark.submit(other(side), at(side, -WIDTH), 5, time_in_force=IOC)) == []
    assert moves(dark.set_price(BEST_OF[side], at(side))) == [
        (1, at(side, -WIDTH)),
        (2, at(side)),
        (3, at(side, -WIDTH // 2)),
    ]


def test_in_a_lit_book_prices_from_outside_are_kept_and_not_followed(book: Any, side: Side) -> None:
    before = book.state_hash()
    outside(book, side)
    assert book.state_hash() != before
    for order_id, kind in enumerate(PEGS, start=1):
        peg(book, side, order_id, kind=kind)
    assert waiting(book) == [1, 2, 3]


@pytest.mark.parametrize("source", [BID, OFFER])
@pytest.mark.parametrize("visibility", Visibility)
def test_no_order_waits_for_the_market_outside(
    make_book: Any, side: Side, source: TriggerSource, visibility: Visibility
) -> None:
    book = make_book(visibility=visibility)
    stop = {"order_type": STOP, "trigger_price": 100, "trigger_source": source}
    assert book.submit(side, 0, 5, **stop).reject_reason == RejectReason.MALFORMED


@pytest.mark.parametrize("source", [BID, OFFER])
def test_the_state_hash_has_the_market_outside(make_dark: Any, source: TriggerSource) -> None:
    hashes = set()
    for price in (None, 0, 1):
        book = make_dark()
        if price is not None:
            book.set_price(source, price)
        hashes.add(book.state_hash())
    assert len(hashes) == 3


# -- pegs that meet


def test_midpoint_pegs_of_both_sides_trade_in_the_middle(dark: Any, side: Side) -> None:
    outside(dark, side)
    midpoint(dark, side, 1, 5)
    report = midpoint(dark, other(side), 2, 8)
    assert fills(report) == [(1, at(side, 5), 5)]
    assert (queue(dark, other(side)), ladder(dark, other(side))) == ([(2, 3)], [])


def test_those_that_wait_meet_when_there_is_a_middle(dark: Any, side: Side) -> None:
    midpoint(dark, side, 1, 5)
    midpoint(dark, other(side), 2, 8)
    dark.set_price(BID, 100)
    assert fills(dark.set_price(OFFER, 106)) == [(1, 103, 5)]


def test_minimums_of_both_are_honored_where_they_meet(dark: Any, side: Side) -> None:
    outside(dark, side)
    midpoint(dark, side, 1, 9, minimum_quantity=6)
    assert fills(midpoint(dark, other(side), 2, 5, minimum_quantity=5)) == []
    assert fills(midpoint(dark, other(side), 3, 20, minimum_quantity=7)) == [(1, at(side, 5), 9)]
    assert fills(midpoint(dark, side, 4, 6)) == [(2, at(side, 5), 5)]
    assert queue(dark, other(side)) == [(3, 11)]


def test_those_who_could_not_fill_move_together_and_stay_in_their_order(
    dark: Any, side: Side
) -> None:
    outside(dark, side)
    for order_id in (1, 2):
        midpoint(dark, side, order_id, 9, minimum_quantity=9)
    midpoint(dark, other(side), 3, 4)
    for own, opposite in ((1, WIDTH), (1, WIDTH + 3), (-2, WIDTH)):
        outside(dark, side, own, opposite)
    assert fills(midpoint(dark, other(side), 4, 18)) == [(1, at(side, 4), 9), (2, at(side, 4), 9)]
    assert queue(dark, other(side)) == [(3, 4)]


def test_a_better_limit_goes_before_the_middle(dark: Any, side: Side) -> None:
    outside(dark, side)
    midpoint(dark, side, 1, 5)
    dark.submit(side, at(side, 6), 5, 2)
    dark.submit(side, at(side, 5), 5, 3)
    assert fills(midpoint(dark, other(side), 4, 12)) == [
        (2, at(side, 6), 5),
        (1, at(side, 5), 5),
        (3, at(side, 5), 2),
    ]


def test_a_peg_is_not_met_where_the_market_was(dark: Any, side: Side) -> None:
    """The other one moves first, and would find it where it stood: a tick worse for itself."""
    outside(dark, side)
    midpoint(dark, other(side), 1, 5)
    midpoint(dark, side, 2, 5, offset=-side)
    report = dark.set_price(BEST_OF[side], at(side, -2))
    assert moves(report) == [(1, at(side, 4)), (2, at(side, 3))]
    assert fills(report) == []


def test_a_stop_that_a_moving_peg_sets_off_comes_before_those_yet_to_move(
    dark: Any, side: Side
) -> None:
    outside(dark, side)
    dark.submit(other(side), at(side, 8), 5, 1)
    dark.submit(other(side), 0, 5, 2, order_type=STOP, trigger_price=at(side, 8))
    midpoint(dark, side, 3, 5, offset=2 * side)
    midpoint(dark, side, 4, 5)
    report = dark.set_price(BEST_OF[side], at(side, 2))
    assert fills(report) == [(1, at(side, 8), 5)]
    assert told(report)[-2:] == [(2, "CANCELED", NONE, 0), (4, "RESTATED", NONE, 5)]
    assert price_of(dark, 4) == at(side, 6)


@pytest.mark.parametrize(
    ("ticks", "expected"), [(3, [(1, 3, 5), (3, 3, 4)]), (4, [])], ids=["at", "above"]
)
def test_a_peg_that_has_no_step_left_trades_with_nobody(
    make_dark: Any, side: Side, ticks: int, expected: list[tuple[int, int, int]]
) -> None:
    """Order 2 waits outside, until the next command that concerns its book; then it takes."""
    book = make_dark(max_cascade=1)
    outside(book, side)
    for order_id in (1, 2):
        midpoint(book, side, order_id)
    report = book.set_price(BEST_OF[side], at(side, -4))
    assert told(report) == [
        (0, "DONE", NONE, 0),
        (1, "RESTATED", NONE, 5),
        (2, "RESTATED", WAITING, 5),
    ]
    assert (price_of(book, 1), price_of(book, 2)) == (at(side, 3), None)
    book.check_invariants()
    report = book.submit(other(side), at(side, ticks), 9, 3)
    assert fills(report) == [(maker, at(side, price), lots) for maker, price, lots in expected]
    assert price_of(book, 2) == at(side, 3)


@pytest.mark.parametrize("kind", PEGS)
def test_a_market_that_comes_back_finds_no_peg_that_was_left_behind(
    make_dark: Any, side: Side, kind: OrderType
) -> None:
    """Order 4 came to where order 3 had stood while that had no step left; the two must meet."""
    book = make_dark(max_cascade=1)
    outside(book, side)
    for order_id in (1, 2, 3):
        peg(book, side, order_id, kind=kind, flags=PROTECTED, bound=at(side, WIDTH - 1))
    stood = price_of(book, 3)
    assert stood is not None
    followed, ticks = (other(side), WIDTH) if kind == PEG_MARKET else (side, 0)
    book.set_price(BEST_OF[followed], at(side, ticks - 8))
    assert fills(book.submit(other(side), stood, 7, 4)) == []
    book.check_invariants()
    assert fills(book.set_price(BEST_OF[followed], at(side, ticks))) == [(4, stood, 5)]
    assert len(waiting(book)) == 2
    book.check_invariants()
    assert fills(book.set_price(TriggerSource.MARK, 100)) == [(4, stood, 2)]


def test_pegs_that_were_left_behind_meet_where_the_market_comes_back(
    make_dark: Any, side: Side
) -> None:
    """Seed 7002456 of the long comparison: a peg of each side was left where both came to stand."""
    book = make_dark(max_cascade=1)
    own, opposite = BEST_OF[side], BEST_OF[other(side)]
    midpoint(book, side, 1, 8, offset=-side)
    peg(book, side, 2, 5, PEG_PRIMARY)
    book.set_price(own, at(side, -1))
    peg(book, other(side), 3, 1, PEG_MARKET, offset=side)
    for source, price in ((opposite, 1), (own, -2)):
        book.set_price(source, at(side, price))
        book.check_invariants()
    book.submit(other(side), at(side, 100), 1, 4)
    book.set_price(opposite, at(side, 3))
    book.check_invariants()


# -- phases


@pytest.mark.parametrize("phase", [*CALLS, Phase.HALT])
def test_outside_trading_pegs_stay_and_then_follow(dark: Any, side: Side, phase: Phase) -> None:
    outside(dark, side)
    midpoint(dark, side, 1)
    dark.set_phase(phase)
    assert moves(dark.set_price(BEST_OF[side], at(side, 4))) == []
    assert price_of(dark, 1) == at(side, 5)
    assert moves(dark.set_phase(Phase.CONTINUOUS)) == [(1, at(side, 7))]


@pytest.mark.parametrize("phase", CALLS)
def test_in_a_call_nothing_is_shown(dark: Any, side: Side, phase: Phase) -> None:
    dark.set_phase(phase)
    dark.submit(side, at(side, 3), 5, 1)
    dark.submit(other(side), at(side), 5, 2)
    dark.submit(other(side), 0, 5, 3, order_type=MARKET)
    assert (ladder(dark, side), ladder(dark, other(side))) == ([], [])
    assert sum(quantity for _, _, quantity in fills(dark.set_phase(Phase.CONTINUOUS))) == 5


# -- what is seen from outside


def test_depth_and_best_prices_of_a_dark_book_are_empty(dark: Any, side: Side) -> None:
    outside(dark, side)
    dark.submit(side, at(side), 5, 1)
    midpoint(dark, side, 2)
    assert [len(levels) for levels in dark.depth(10)] == [0, 0]
    assert (dark.best_bid(), dark.best_ask()) == (None, None)
    assert queue(dark, side) == [(2, 5), (1, 5)], "an operator sees what rests"


LIT, DARK = 0, 1
INSTRUMENTS = [
    Instrument(symbol=visibility.name, tick_size=1, lot_size=1, visibility=visibility)
    for visibility in (Visibility.LIT, Visibility.DARK)
]
PLACES = range(100, 121)
LENGTH = 150
PHASES = (Phase.VOLATILITY_CALL, Phase.HALT, Phase.CLOSED)
OPEN_EVERY = 10
CHANGES = (CommandKind.CANCEL, CommandKind.REDUCE, CommandKind.REPLACE)
UNHEARD = 10**9
"""More lots than anyone trades: who asks for no less in a fill waits for ever."""


def stream_of_two(random: Random, length: int) -> np.ndarray:
    """Draw commands for a lit and a dark instrument; every order brings its id."""
    market = {"kind": SET_PRICE, "instrument": DARK}
    commands: list[dict[str, int]] = [
        {**market, "trigger_source": BID, "price": PLACES[5]},
        {**market, "trigger_source": OFFER, "price": PLACES[-6]},
    ]
    for number in range(1, length):
        if number % OPEN_EVERY == 0:
            commands.append({"kind": SET_PHASE, "instrument": DARK, "selector": Phase.CONTINUOUS})
        kind = random.choices((SUBMIT, *CHANGES, SET_PRICE, SET_PHASE), (70, 5, 5, 8, 10, 2))[0]
        fields: dict[str, int] = {"kind": kind, "instrument": random.choice((LIT, DARK, DARK))}
        fields["timestamp"] = number
        if kind == SET_PRICE:
            source = random.choice((BID, OFFER))
            price = random.choice(PLACES[:12] if source == BID else PLACES[9:])
            fields |= {"trigger_source": source, "price": price}
        elif kind == SET_PHASE:
            fields["selector"] = random.choice(PHASES)
        elif kind == SUBMIT:
            fields |= {"order_id": number, "quantity": random.randint(1, 9)}
            fields |= order_of(random)
            if random.random() < 0.3:
                fields["minimum_quantity"] = random.randint(1, fields["quantity"])
        else:
            fields["order_id"] = random.randint(max(1, number - 40), number)
            if kind != CommandKind.CANCEL:
                fields["quantity"] = random.randint(1, 9)
            if kind == CommandKind.REPLACE:
                fields["price"] = random.choice(PLACES)
        commands.append(fields)
    return command_array(*commands)


def order_of(random: Random) -> dict[str, int]:
    """Draw the side, type, price and time of an order, about half of them midpoint pegs."""
    fields: dict[str, int] = {"side": random.choice(list(Side))}
    if random.random() < 0.5:
        return fields | {"order_type": PEG_MIDPOINT}
    time_in_force = random.choice((GTC, GTC, DAY, IOC))
    return fields | {"price": random.choice(PLACES), "time_in_force": time_in_force}


def with_more_that_rests(random: Random, commands: np.ndarray) -> np.ndarray:
    """Return commands among which orders come, rest, move and go in the dark, and never trade."""
    parts = []
    for number in range(len(commands)):
        parts.append(commands[number : number + 1])
        for place in range(random.choice((0, 0, 0, 1, 2))):
            kind = random.choices((SUBMIT, *CHANGES), (6, 1, 1, 2))[0]
            order_id = UNHEARD + 4 * number + place
            if kind != SUBMIT:
                order_id = random.randint(UNHEARD, order_id)
            # What buyers have is too little for sellers.
            side = Side.BUY if order_id % 2 else Side.SELL
            minimum = UNHEARD if side == Side.BUY else 4 * UNHEARD
            fields: dict[str, int] = {"kind": kind, "instrument": DARK, "order_id": order_id}
            if kind == SUBMIT:
                fields |= order_of(random) | {"side": side}
                fields |= {"minimum_quantity": minimum, "quantity": 2 * minimum}
            elif kind == CommandKind.REDUCE:
                fields["quantity"] = random.randint(1, 9)
            elif kind == CommandKind.REPLACE:
                fields |= {"quantity": minimum, "price": random.choice((0, *PLACES))}
            parts.append(command_array(fields))
    return np.concatenate(parts)


class Heard(NamedTuple):
    """What market data say of a lit and a dark instrument, in bytes."""

    messages: bytes
    conflated: bytes
    snapshots: list[bytes]
    """Each that differed from the one before, of the dark instrument."""
    numbers: list[int]
    order_count: int
    """Orders that rested in the dark, added up over all commands; not a thing to be heard."""


def hear(core: Any, commands: np.ndarray) -> Heard:
    """Return what is heard of an engine, which is asked for snapshots after every command."""
    builder, conflator = FeedBuilder(report_numbers=False), Conflator(interval=7, count=5)
    builder.add_instruments(INSTRUMENTS)
    messages, conflated, snapshots, order_count = [], [], [b""], 0
    for command in np.split(commands, len(commands)):
        messages.append(builder.read(core.match(command)))
        conflated.append(conflator.take(messages[-1], core.time))
        shown = b"".join(builder.snapshot(DARK, channel).tobytes() for channel in FeedChannel)
        if shown != snapshots[-1]:
            snapshots.append(shown)
        order_count += sum(core.book(DARK).order_count(side) for side in Side)
    builder.check_invariants()
    numbers = [builder.sequence_number(DARK, channel) for channel in FeedChannel]
    joined, merged = (np.concatenate(parts).tobytes() for parts in (messages, conflated))
    return Heard(joined, merged, snapshots, numbers, order_count)


@pytest.mark.parametrize("seed", range(6))
def test_what_rests_in_the_dark_changes_no_byte_of_market_data(
    implementation: Implementation, seed: int
) -> None:
    """Two books with other orders in them and the same trades look the same, to the byte."""
    random = Random(seed)
    commands = stream_of_two(random, LENGTH)
    feeds = []
    for stream in (commands, with_more_that_rests(random, commands)):
        core = implementation.core()
        for instrument in INSTRUMENTS:
            core.add_instrument(**instrument.terms())
        feeds.append(hear(core, stream))
        core.check_invariants()
    assert feeds[0]._replace(order_count=0) == feeds[1]._replace(order_count=0)
    assert feeds[1].order_count > 2 * feeds[0].order_count
    messages = np.frombuffer(feeds[0].messages, FEED_DTYPE)
    told_of_dark = messages[messages["instrument"] == DARK]
    assert set(told_of_dark["kind"].tolist()) == {FeedKind.TRADE}
    assert told_of_dark["sequence_number"].tolist() == list(range(1, len(told_of_dark) + 1))
    assert len(told_of_dark) > 10
    for name in ("side", "order_id", "order_count", "quantity", "report_sequence_number"):
        assert not told_of_dark[name].any()


def test_a_builder_takes_from_the_instruments_whether_they_are_dark() -> None:
    """Those that it has it keeps as they are, so that it may be told again of a venue."""
    venue = Engine()
    builders: tuple[Any, ...] = (FeedBuilder(), ReferenceBuilder())
    for instrument in INSTRUMENTS:
        venue.add_instrument(instrument)
        for builder in builders:
            builder.add_instruments(venue.instruments)
    for instrument in INSTRUMENTS:
        rested = venue.submit(instrument.symbol, side="sell", price=101, quantity=5)
        taken = venue.submit(instrument.symbol, side="buy", price=101, quantity=2)
        is_dark = instrument.visibility == Visibility.DARK
        for builder in builders:
            assert len(builder.read(rested.reports)) == (0 if is_dark else 3)
            (trade,) = (row for row in builder.read(taken.reports) if row["kind"] == FeedKind.TRADE)
            assert (trade["side"], trade["price"], trade["last_quantity"]) == (
                0 if is_dark else BUY,
                101,
                2,
            )


def test_a_dark_venue_in_decimals() -> None:
    """GoDark: hidden orders, minimum execution quantity, midpoint pegs."""
    venue = Engine()
    perpetual = Instrument(symbol="BTC-PERP", tick_size="0.5", lot_size="0.001", visibility="dark")
    venue.add_instrument(perpetual)
    venue.set_price("BTC-PERP", "bid", "50000.0")
    venue.set_price("BTC-PERP", "offer", "50001.0")
    pegged = {"order_type": "peg_midpoint", "minimum_quantity": "1"}
    venue.submit("BTC-PERP", side="sell", quantity="3", **pegged)
    assert venue.best_ask("BTC-PERP") is None
    assert "(no orders)" in str(venue.ladder("BTC-PERP"))
    small = venue.submit("BTC-PERP", side="buy", quantity="0.9", order_type="market")
    assert len(small.trades) == 0
    report = venue.submit("BTC-PERP", side="buy", quantity="2", **pegged)
    (trade,) = report.trades
    assert perpetual.to_price(int(trade["price"])) == Decimal("50000.5")
    assert perpetual.to_quantity(int(trade["quantity"])) == Decimal("2.000")
    assert venue.best_ask("BTC-PERP") is None
