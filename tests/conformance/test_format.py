"""The runner itself: every word of the scenario format is understood, and nothing wrong passes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conformance.conventions import NOT_CHECKABLE, reason_to_skip
from conformance.playback import differences, market_of
from conformance.scenarios import Scenario, load

Play = Callable[[Scenario], list[str]]
Step = dict[str, Any]


def submit(
    order_id: Any,
    side: str,
    qty: Any,
    price: Any = None,
    *,
    trades: Any = (),
    status: str = "open",
    **fields: Any,
) -> Step:
    """Return a step that submits: a limit order with a price, a market order without."""
    order = {"id": order_id, "side": side, "qty": qty, "price": price, **fields}
    order.setdefault("type", "market" if price is None else "limit")
    return {"op": "submit", "order": order, "expect": {"trades": list(trades), "status": status}}


def change(op: str, order_id: Any, status: str, trades: Any = (), **fields: Any) -> Step:
    """Return a step that cancels, replaces or reduces."""
    expect = {"trades": list(trades), "status": status}
    return {"op": op, "id": order_id, **fields, "expect": expect}


def scenario(*steps: Step, bids: Any = None, asks: Any = None, **semantics: Any) -> Scenario:
    """Return a scenario; the final book is expected where a side of it is given."""
    sides = {"bids": bids, "asks": asks}
    final_book = {name: levels for name, levels in sides.items() if levels is not None}
    return Scenario("made here", semantics, list(steps), final_book or None, checkable=True)


@pytest.fixture
def play(make_book: Callable[..., Any], make_core: Callable[..., Any]) -> Play:
    """Plays a scenario on a new book; returns what was not as expected."""
    return lambda told: differences(told, market_of(told, make_book, make_core))


BOUGHT = [["s", "b", 100, 3]]

RUNS = {
    "names that are text, zero or too large": scenario(
        submit("s", "sell", 5, 100),
        submit(0, "sell", 5, 101),
        submit(2**64, "sell", 5, 102, account="me"),
        submit(2**64 - 1, "buy", 15, 102, trades=[["s", 2**64 - 1, 100, 5], [0, 2**64 - 1, 101, 5],
               [2**64, 2**64 - 1, 102, 5]], status="filled", account=0),
        change("cancel", "s", "rejected"),
        bids=[], asks=[],
    ),
    "equal decimals are one level": scenario(
        submit(1, "sell", Decimal("0.5"), "100.10"),
        submit(2, "sell", "1.25", Decimal("100.1")),
        submit(3, "buy", 1, 101, trades=[[1, 3, Decimal("100.1"), Decimal("0.5")],
               [2, 3, "100.10", "0.5"]], status="filled"),
        bids=[], asks=[["100.1", "0.75", 1]],
    ),
    "limits": scenario(
        submit(1, "buy", 2, Decimal("-0.9"), status="rejected"),
        submit(2, "buy", 2, Decimal("-0.5")),
        submit(3, "buy", 2, Decimal("10.5"), status="rejected"),
        submit(4, "buy", 12, 10, status="rejected"),
        submit(5, "buy", 10, 10),
        submit(6, "buy", 2, Decimal("9.75"), status="rejected"),
        submit(7, "buy", 3, 9, status="rejected"),
        change("replace", 5, "rejected", price=Decimal("0.3")),
        bids=[[10, 10, 1], [Decimal("-0.5"), 2, 1]],
        limits={"price_low": Decimal("-0.75"), "price_high": Decimal("10.3"), "max_qty": 11,
                "tick": Decimal("0.5"), "lot": 2},
    ),
    "limits beside the conventions": scenario(
        submit(1, "buy", 2, 11, status="rejected"), submit(2, "buy", 2, 10), price_high=10
    ),
    "numbers that no record holds": scenario(
        submit(1, "buy", 2**63, 1, status="rejected"),
        submit(2, "buy", 1, 2**63, status="rejected"),
        submit(3, "buy", 2**63 - 1, -(2**63)),
        change("replace", 3, "rejected", qty=2**63),
        bids=[[-(2**63), 2**63 - 1, 1]],
    ),
    "replace takes what is left": scenario(
        submit("s", "sell", 10, 100),
        submit("b", "buy", 3, 100, trades=BOUGHT, status="filled"),
        change("replace", "s", "partial", qty=5, price=101),
        asks=[[101, 5, 1]], replace_qty="leaves",
    ),
    "replace takes the total": scenario(
        submit("s", "sell", 10, 100),
        submit("b", "buy", 3, 100, trades=BOUGHT, status="filled"),
        change("replace", "s", "partial", qty=8, price=101),
        change("replace", "s", "partial", price=102),
        asks=[[102, 5, 1]], replace_qty="total",
    ),
    "replace takes the difference": scenario(
        submit("s", "sell", 10, 100),
        submit("b", "buy", 3, 100, trades=BOUGHT, status="filled"),
        change("replace", "s", "partial", qty=-2, price=101),
        change("replace", "s", "partial", price=102),
        change("replace", "s", "cancelled", qty=-5),
        asks=[], replace_qty="delta",
    ),
    "replace with nothing left, taken as a cancel": scenario(
        submit(1, "buy", 4, 100), change("replace", 1, "cancelled", qty=0), bids=[]
    ),
    "replace with nothing left, refused": scenario(
        submit(1, "buy", 4, 100), change("replace", 1, "rejected", qty=0), bids=[[100, 4, 1]]
    ),
    "replace keeps its place when it shrinks": scenario(
        submit(1, "buy", 4, 100), submit(2, "buy", 4, 100), change("replace", 1, "open", qty=3),
        submit(3, "sell", 1, 100, trades=[[1, 3, 100, 1]], status="filled"),
    ),
    "replace loses its place when it shrinks": scenario(
        submit(1, "buy", 4, 100), submit(2, "buy", 4, 100), change("replace", 1, "open", qty=3),
        submit(3, "sell", 1, 100, trades=[[2, 3, 100, 1]], status="filled"),
        replace_decrease="lose",
    ),
    "replace under another name": scenario(
        submit(1, "buy", 4, 100), submit(2, "sell", 3, 105),
        change("replace", 1, "partial", [[2, 7, 105, 3]], new_id=7, price=105),
        change("cancel", 1, "rejected"), change("cancel", 7, "cancelled"),
        submit(1, "buy", 1, 90), change("replace", 8, "rejected", new_id=9, qty=1),
        bids=[[90, 1]], asks=[],
    ),
    "reduce": scenario(
        submit(1, "buy", 4, 100), submit(2, "buy", 4, 100),
        change("reduce", 1, "open", qty=1), change("reduce", 2, "cancelled", qty=4),
        change("reduce", 2, "rejected", qty=1), bids=[[100, 3, 1]],
    ),
    "one fill for an equal run": scenario(
        submit(1, "sell", 4, 100),
        submit(2, "buy", 4, 100, trades=[[1, 2, 100, 1], [1, 2, 100, 3]], status="filled"),
        merge_fills=True,
    ),
    "words for what did not fill": scenario(
        submit(1, "buy", 1, 100, tif="ioc", status="expired"),
        submit(2, "buy", 1, 100, tif="FOK", status="killed"),
        submit(3, "buy", 1, status="rejected"),
        submit(4, "sell", 1, 100),
        submit(5, "buy", 2, 100, tif="IOC", trades=[[4, 5, 100, 1]], status="cancelled"),
        unfilled_ioc="expired", unfilled_fok="killed", market_empty="reject",
    ),
    "all or none that never rests": scenario(
        submit(1, "sell", 3, 100),
        submit(2, "buy", 4, aon=True, status="cancelled"),
        submit(3, "buy", 4, 100, aon=True, tif="IOC", status="cancelled"),
        submit(4, "buy", 3, aon=True, trades=[[1, 4, 100, 3]], status="filled"),
    ),
    "what nothing depends on": scenario(
        {"op": "set_last", "price": 100, "expect": {"trades": []}},
        {"op": "advance_time", "time": "noon"},
        submit(1, "buy", 1, 100, time=7, aon=False, hidden=False, display_qty=None, stp="none"),
        stop_trigger="bbo", aon="deferred", level_qty="visible", limits="none", fok_stp="count_own",
        stop_immediate=False, stop_no_last="reject", iceberg_refresh="in_place", min_qty="each",
    ),
    "conventions that do not come into play": scenario(
        submit(1, "sell", 3, 100, account="a", stp="cancel_taker"),
        submit(2, "buy", 1, trades=[[1, 2, 100, 1]], status="filled", account="b"),
        submit(3, "buy", 1, 99, account="a"),
        change("replace", 3, "open", qty=2),
        market_remainder="rest", stp="oldest", duplicate_id="allow", replace_same="keep",
        post_only="cancel",
    ),
}  # fmt: skip


@pytest.mark.parametrize("told", RUNS.values(), ids=list(RUNS))
def test_the_format_is_played_as_it_reads(told: Scenario, play: Play) -> None:
    assert reason_to_skip(told) is None
    assert play(told) == []


SPECIAL = {
    "all or none that rests": scenario(
        submit(1, "sell", 3, 100, aon=True),
        submit(2, "buy", 2, 100),
        submit(3, "buy", 1, 101, trades=[[3, 1, 101, 1], [2, 1, 100, 2]], status="filled"),
        bids=[], asks=[],
    ),
    "orders that yield where none does": scenario(
        submit(1, "sell", 1, 100), submit(2, "sell", 3, 100, aon=True),
        submit(3, "buy", 2, 100, trades=[[1, 3, 100, 1]], status="partial"),
        aon="deferred",
    ),
    "stops wait, and one sweep releases them by price": scenario(
        {"op": "set_last", "price": 100, "expect": {"trades": []}},
        submit(1, "buy", 1, type="stop", stop_price=103, status="pending"),
        submit(2, "buy", 1, 110, type="stop_limit", stop_price=102, status="pending"),
        submit(3, "sell", 1, type="stop", stop_price=90, status="pending"),
        submit(4, "sell", 1, 103), submit(5, "sell", 3, 104),
        {"op": "cancel", "id": 9, "expect": {"status": "rejected", "pending": [3, 2, 1]}},
        submit(6, "buy", 2, 104, status="filled",
               trades=[[4, 6, 103, 1], [5, 6, 104, 1], [5, 2, 104, 1], [5, 1, 104, 1]]),
        {"op": "cancel", "id": 9, "expect": {"pending": [3]},
         "asserted": {"BookStopOrders": [0, 1], "BookStopVolume": [0, 1]}},
        change("cancel", 3, "cancelled"),
    ),
    "one sweep releases stops by time": scenario(
        {"op": "set_last", "price": 100},
        submit(1, "buy", 1, type="stop", stop_price=103, status="pending"),
        submit(2, "buy", 1, type="stop", stop_price=102, status="pending"),
        submit(4, "sell", 1, 103), submit(5, "sell", 3, 104),
        submit(6, "buy", 1, 104, status="filled",
               trades=[[4, 6, 103, 1], [5, 1, 104, 1], [5, 2, 104, 1]]),
        trigger_order="time",
    ),
    "a stop is reached by a price from outside, or at entry": scenario(
        submit(1, "sell", 9, Decimal("100.5")),
        submit(2, "buy", 1, type="stop", stop_price=Decimal("99.25"), status="pending"),
        {"op": "set_last", "price": 100, "expect": {"trades": [[1, 2, Decimal("100.5"), 1]]}},
        submit(3, "buy", 2, type="stop", stop_price=100, trades=[[1, 3, Decimal("100.5"), 2]],
               status="filled"),
    ),
    "a stop that waits is replaced": scenario(
        {"op": "set_last", "price": 100},
        submit(1, "buy", 1, 120, type="stop_limit", stop_price=110, status="pending"),
        submit(2, "buy", 1, type="stop", stop_price=110, status="pending"),
        change("replace", 1, "pending", qty=3, price=104), change("reduce", 1, "pending", qty=1),
        change("replace", 2, "pending", stop_price=115),
        {"op": "set_last", "price": 112, "expect": {"book": {"bids": [[104, 2, 1]]},
                                                    "pending": [2]}},
    ),
    "a trailing stop follows the last price": scenario(
        submit(1, "buy", 9, 90),
        submit(2, "sell", 1, type="trailing_stop", trail=5, status="pending"),
        {"op": "set_last", "price": 100}, {"op": "set_last", "price": 105},
        submit(3, "sell", 1, 98, type="trailing_stop_limit", trail=5, stop_price=0,
               status="pending"),
        submit(4, "sell", 1, 99, type="trailing_stop_limit", trail=6, status="pending"),
        {"op": "set_last", "price": 101, "expect": {"pending": [2, 3, 4]}},
        {"op": "set_last", "price": 106, "expect": {"pending": [2, 3, 4]}},
        {"op": "set_last", "price": 100, "expect": {"trades": [[1, 2, 90, 1]], "pending": []}},
        asks=[[100, 1, 1], [199, 1, 1]],
    ),
    "icebergs": scenario(
        submit(1, "sell", 10, 100, display_qty=4), submit(2, "sell", 3, 100),
        submit(3, "buy", 8, 100, trades=[[1, 3, 100, 4], [2, 3, 100, 3], [1, 3, 100, 1]],
               status="filled"),
        {"op": "cancel", "id": 9, "expect": {"visible": {"asks": [[100, 3, 1]]}},
         "asserted": {"BookVolume": [0, 5], "BookVisibleVolume": [0, 3]}},
        submit(4, "buy", 2, 90, display_qty=3), submit(5, "buy", 2, 90, tif="IOC", display_qty=1,
                                                       hidden=True, status="cancelled"),
        submit(6, "buy", 2, 80, display_qty=3, status="rejected"),
        bids=[[90, 2, 1]], asks=[[100, 5, 1]],
    ),
    "levels of what is shown": scenario(
        submit(1, "sell", 10, 100, display_qty=4), submit(2, "sell", 3, 100, hidden=True),
        submit(3, "sell", 3, 99, hidden=True),
        submit(4, "buy", 1, 100, trades=[[3, 4, 99, 1]], status="filled"),
        {"op": "cancel", "id": 9, "expect": {"book": {"asks": [[100, 4, 1]]}}},
        bids=[], asks=[[100, 4, 1]], level_qty="visible",
    ),
    "an iceberg alone keeps its place": scenario(
        submit(1, "sell", 10, 100, display_qty=4), submit(2, "sell", 3, 101),
        submit(3, "buy", 9, 100, trades=[[1, 3, 100, 9]], status="filled"),
        asks=[[100, 1], [101, 3]], iceberg_refresh="in_place",
    ),
    "a minimum quantity of what does not rest": scenario(
        submit(1, "sell", 3, 100), submit(2, "buy", 5, 100, min_qty=4, status="cancelled"),
        submit(3, "buy", 5, 100, min_qty=3, trades=[[1, 3, 100, 3]], status="cancelled"),
        submit(4, "sell", 3, 100), submit(5, "buy", 3, 100, tif="FOK", min_qty=2,
                                          trades=[[4, 5, 100, 3]], status="filled"),
        bids=[], asks=[],
    ),
    "a minimum quantity at entry": scenario(
        submit(1, "sell", 3, 100), submit(2, "buy", 5, 100, min_qty=4, status="cancelled"),
        submit(3, "buy", 5, 100, min_qty=3, trades=[[1, 3, 100, 3]], status="partial"),
        bids=[[100, 2, 1]], min_qty="entry",
    ),
    "market orders with a worst price": scenario(
        submit(1, "sell", 3, 100), submit(2, "sell", 3, 102), submit(3, "sell", 3, 104),
        submit(4, "buy", 9, type="market", slippage=0, trades=[[1, 4, 100, 3]],
               status="cancelled"),
        submit(5, "buy", 9, type="market", slippage=50, price=103, trades=[[2, 5, 102, 3]],
               status="cancelled"),
        submit(6, "buy", 9, type="market", slippage=50, trades=[[3, 6, 104, 3]],
               status="cancelled"),
        submit(7, "buy", 9, type="market", slippage=1, status="cancelled"),
        asks=[], bids=[], price_high=105,
    ),
    "orders expire": scenario(
        submit(1, "buy", 1, 100, tif="GTD", expire=Decimal("10.5")),
        submit(2, "buy", 1, 100, expire=12, timestamp=3),
        submit(3, "buy", 1, 100, tif="GTD", expire=2, status="rejected"),
        submit(4, "buy", 1, type="stop", stop_price=110, expire=11, status="pending"),
        submit(5, "buy", 1, 90, tif="IOC", expire=11, status="cancelled"),
        {"op": "advance_time", "time": 10, "expect": {"book": {"bids": [[100, 2, 2]]}}},
        {"op": "advance_time", "by": 1, "expect": {"trades": [], "pending": [],
                                                   "book": {"bids": [[100, 1, 1]]}}},
        change("cancel", 1, "rejected"),
        submit(6, "sell", 1, 100, timestamp=12),
        bids=[], asks=[[100, 1, 1]],
    ),
    "what is left lets an all-or-none order trade when time passes": scenario(
        submit(1, "sell", 1, 100, expire=5), submit(2, "sell", 2, 100, aon=True),
        submit(3, "sell", 2, 100, aon=True), submit(4, "buy", 4, 100, aon=True),
        {"op": "advance_time", "to": 5,
         "expect": {"trades": [[2, 4, 100, 2], [3, 4, 100, 2]]}},
        bids=[], asks=[],
    ),
    "a day that does not end": scenario(submit(1, "buy", 1, 100, tif="DAY"), bids=[[100, 1]]),
    "post-only orders that slide": scenario(
        submit(1, "sell", 3, 100), submit(2, "buy", 1, 101, post_only=True),
        submit(3, "buy", 1, 101, post_only="reject", status="rejected"),
        bids=[[99, 1, 1]], post_only="slide",
    ),
    "one post-only order that slides": scenario(
        submit(1, "sell", 3, 100), submit(2, "buy", 1, 101, post_only="slide"),
        submit(3, "buy", 1, 101, post_only=True, status="rejected"), bids=[["99.5", 1, 1]],
        tick="0.5",
    ),
    "own orders, by the mode of the one that comes in": scenario(
        submit(1, "sell", 3, 100, account="a"), submit(2, "sell", 3, 100, account="b"),
        submit(3, "buy", 9, 100, account="a", stp="cancel_taker", status="cancelled"),
        submit(4, "buy", 2, 100, account="a", stp="decrement", status="cancelled"),
        submit(5, "buy", 2, 100, account="a", stp="cancel_maker", trades=[[2, 5, 100, 2]],
               status="filled"),
        submit(6, "buy", 2, 100, account="b", stp="cancel_both", tif="FOK", status="cancelled"),
        submit(7, "buy", 2, account="b", stp="cancel_both", status="cancelled"),
        bids=[], asks=[], market_empty="reject", unfilled_ioc="expired",
    ),
    "a stop order that waits is canceled, whatever it has no time for": scenario(
        submit(1, "buy", 6, 96, type="stop_limit", stop_price=101, tif="IOC", status="pending"),
        change("cancel", 1, "cancelled"),
        submit(2, "buy", 6, 96, type="stop_limit", stop_price=101, tif="FOK", status="pending"),
        change("reduce", 2, "cancelled", qty=6),
        unfilled_ioc="rejected", unfilled_fok="rejected",
    ),
    "a stop order that is reached and finds too little has the word for that": scenario(
        {"op": "set_last", "price": 100}, submit(9, "sell", 3, 100),
        submit(1, "buy", 6, 100, type="stop_limit", stop_price=99, tif="FOK", status="killed"),
        submit(2, "buy", 6, type="stop", stop_price=99, tif="FOK", status="killed"),
        submit(3, "buy", 6, 99, type="stop_limit", stop_price=99, tif="IOC", status="unfilled"),
        submit(4, "buy", 6, 100, type="stop_limit", stop_price=99, tif="IOC", status="cancelled",
               trades=[[9, 4, 100, 3]]),
        unfilled_fok="killed", unfilled_ioc="unfilled",
    ),
    "a minimum that is not there is refused, or found too little": scenario(
        submit(1, "sell", 3, 100), submit(2, "buy", 5, 100, min_qty=4, status="rejected"),
        submit(3, "buy", 5, 100, min_qty=4, status="cancelled"), asks=[[100, 3, 1]],
    ),
    "own orders, by the venue's mode": scenario(
        submit(1, "sell", 3, 100, account="a"), submit(2, "sell", 3, 100),
        submit(3, "buy", 9, 100, account="a", status="cancelled"),
        submit(4, "buy", 1, 100, account="a", stp="none", trades=[[1, 4, 100, 1]], status="filled"),
        submit(5, "buy", 3, 100, trades=[[1, 5, 100, 2], [2, 5, 100, 1]], status="filled"),
        stp="cancel_taker",
    ),
}  # fmt: skip


SHRINKS = [
    submit(1, "buy", 4, 5), submit(2, "buy", 4, 5), submit(3, "buy", 4, 4),
    change("replace", 1, "open", qty=2), change("replace", 3, "open", price=5),
    change("replace", 2, "rejected", price=5, qty=2**63),
    submit(4, "sell", 7, 5, trades=[[1, 4, 5, 2], [2, 4, 5, 4], [3, 4, 5, 1]], status="filled"),
]  # fmt: skip

# What is named there doesn't come up.
IDLE = {
    "trades at one price": scenario(
        submit(1, "buy", 4, 5), submit(2, "sell", 4, 5, trades=[[1, 2, 5, 4]], status="filled"),
        price_rule="taker",
    ),
    "an id that is used again": scenario(
        submit(1, "buy", 4, 5), submit(2, "sell", 4, 5, trades=[[1, 2, 5, 4]], status="filled"),
        submit(1, "buy", 4, 5), change("cancel", 1, "cancelled"), submit(1, "buy", 0, 5,
                                                                         status="rejected"),
        submit(1, "buy", 4, 5), duplicate_id="allow",
    ),
    "replaces that make smaller, or move": scenario(*SHRINKS, replace_same="keep"),
    "an iceberg that shows no other part": scenario(
        submit(1, "sell", 9, 5, display_qty=4), submit(2, "sell", 4, 5),
        submit(3, "buy", 3, 5, trades=[[1, 3, 5, 3]], status="filled"),
        iceberg_refresh="in_place",
    ),
    "all that is needed, of others": scenario(
        submit(1, "sell", 4, 5, account="a"), submit(2, "sell", 4, 6, account="b"),
        submit(3, "buy", 4, 6, account="b", tif="FOK", trades=[[1, 3, 5, 4]], status="filled"),
        fok_stp="count_own", stp="cancel_taker",
    ),
    "a value that no order has": scenario(submit(1, "buy", 4, 5), limits={"max_value": 20}),
}  # fmt: skip


OWNED = {
    "an order is its owner's": scenario(
        submit(1, "buy", 4, 5, account="a"), change("cancel", 1, "rejected", account="b"),
        change("replace", 1, "rejected", account="b", price=6),
        change("reduce", 1, "rejected", account=0, qty=1),
        change("reduce", 1, "open", account="a", qty=1), change("replace", 1, "open", price=6),
        submit(2, "sell", 9, 6, account="b", trades=[[1, 2, 6, 3]], status="partial"),
        change("cancel", 2, "rejected", account="a"), change("cancel", 2, "cancelled"),
        change("cancel", 9, "rejected", account="a"),
        bids=[], asks=[],
    ),
    "an order may be worth so much": scenario(
        submit(1, "buy", 4, Decimal("5.5"), status="rejected"), submit(2, "buy", "3.5", 6),
        submit(3, "sell", 10, Decimal("-2.5"), status="rejected"),
        submit(4, "sell", 10, trades=[[2, 4, 6, "3.5"]], status="cancelled"),
        submit(5, "sell", 7, 3), change("replace", 5, "rejected", price=4),
        change("replace", 5, "open", price=4, qty=5),
        bids=[], asks=[[4, 5, 1]], limits={"max_value": "21.9"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("told", OWNED.values(), ids=list(OWNED))
def test_what_only_accounts_have_is_played_with_accounts(told: Scenario, play: Play) -> None:
    assert reason_to_skip(told) is None
    assert play(told) == []


@pytest.mark.parametrize("told", IDLE.values(), ids=list(IDLE))
def test_a_convention_that_does_not_come_up_keeps_nothing_out(told: Scenario, play: Play) -> None:
    assert reason_to_skip(told) is None
    assert play(told) == []


@pytest.mark.parametrize("told", SPECIAL.values(), ids=list(SPECIAL))
def test_special_orders_are_played_as_they_read(told: Scenario, play: Play) -> None:
    assert reason_to_skip(told) is None
    assert play(told) == []


def pair(order_id: Any, side: str, qty: Any, price: Any, stop: Any, **fields: Any) -> Step:
    """Return a step that submits a pair: a limit order and a stop order."""
    step = submit(order_id, side, qty, price, stop_price=stop, **fields)
    return {**step, "op": "submit_oco"}


AUCTION: Step = {"op": "auction", "expect": {"trades": []}}


def uncross(*trades: Any, **books: Any) -> Step:
    """Return a step that holds the auction of a call."""
    return {"op": "uncross", "expect": {"trades": list(trades), **books}}


COLLECTED = [
    submit(1, "buy", 5, 102), submit(2, "buy", 3, 100),
    submit(3, "sell", 4, 99), submit(4, "sell", 3, 101),
]  # fmt: skip

CALLED = {
    # At 101 and at 102 five lots trade and two are left over; the lower one it is.
    "an auction is at the lowest of the best prices": scenario(
        AUCTION, *COLLECTED, uncross([3, 1, 101, 4], [4, 1, 101, 1]),
        submit(5, "buy", 1, 101, trades=[[4, 5, 101, 1]], status="filled"),
        bids=[[100, 3, 1]], asks=[[101, 1, 1]],
    ),
    "an auction is at the middle of the best prices": scenario(
        AUCTION, *COLLECTED, uncross([3, 1, Decimal("101.5"), 4], [4, 1, Decimal("101.5"), 1]),
        auction_price="max_volume_mid",
    ),
    "who is named first in an auction is only words": scenario(
        AUCTION, *COLLECTED, uncross([1, 3, 101, 4], [4, 1, 101, 1]),
    ),
    # Buyers are left over at both prices; they do not press it up.
    "no pressure moves an auction": scenario(
        AUCTION, submit(1, "buy", 7, 102), submit(2, "sell", 5, 99), uncross([2, 1, 99, 5]),
    ),
    "an auction without a beginning was one from the beginning": scenario(
        *COLLECTED, uncross([3, 1, 101, 4], [4, 1, 101, 1]), asks=[[101, 2, 1]],
    ),
    # The call goes on after the first: order 5 meets order 4 and does not trade until the second.
    "a call with two auctions": scenario(
        AUCTION, *COLLECTED, uncross([3, 1, 101, 4], [4, 1, 101, 1]),
        submit(5, "buy", 1, 101), uncross([4, 5, 101, 1]),
    ),
    "trading, a call, trading": scenario(
        submit(1, "sell", 1, 100), submit(2, "buy", 1, 100, trades=[[1, 2, 100, 1]],
                                          status="filled"),
        AUCTION, submit(3, "sell", 1, 100), submit(4, "buy", 1, 100), uncross([3, 4, 100, 1]),
        submit(5, "sell", 1, 100), submit(6, "buy", 1, 100, trades=[[5, 6, 100, 1]],
                                          status="filled"),
    ),
    "orders that a call takes, and not": scenario(
        AUCTION, submit(1, "sell", 5, 100, display_qty=2), submit(2, "buy", 2),
        submit(3, "buy", 1, 100, tif="IOC", status="expired"),
        submit(4, "buy", 1, 100, tif="FOK", status="killed"),
        submit(5, "buy", 1, 90, post_only=True, status="rejected"),
        submit(6, "buy", 1, 90, tif="GFA"),
        submit(7, "sell", 1, type="stop", stop_price=100, status="pending"),
        {"op": "cancel", "id": 9, "expect": {"status": "rejected", "pending": [7]}},
        submit(8, "buy", 1, 95),
        uncross([1, 2, 100, 2], [8, 7, 95, 1]),
        bids=[], asks=[[100, 3, 1]], unfilled_ioc="expired", unfilled_fok="killed",
    ),
}  # fmt: skip

LAST = {"op": "set_last", "price": 100}

PAIRS = {
    "a pair of which the limit order trades": scenario(
        LAST, pair(1, "sell", 5, 110, 95), pair(2, "buy", 5, 90, 115, stop_limit_price=116),
        {"op": "cancel", "id": 9, "expect": {"pending": [1, 2]}},
        submit(3, "buy", 2, 110, trades=[[1, 3, 110, 2]], status="filled"),
        bids=[[90, 5, 1]], asks=[[110, 3, 1]],
    ),
    "a pair of which the stop order is triggered": scenario(
        LAST, submit(9, "buy", 9, 80), pair(1, "sell", 5, 110, 95),
        {"op": "set_last", "price": 94, "expect": {"trades": [[9, 1, 80, 5]], "pending": []}},
        bids=[[80, 4]], asks=[],
    ),
    "the stop order of a pair rests at its limit, and is canceled there": scenario(
        LAST, pair("a", "sell", 5, 110, 95, stop_limit_price=93),
        {"op": "set_last", "price": 95, "expect": {"book": {"asks": [[93, 5, 1]]}}},
        change("cancel", "a", "cancelled"), change("cancel", "a", "rejected"),
        bids=[], asks=[],
    ),
    "a pair is canceled by its id, which may be used again": scenario(
        LAST, pair("a", "sell", 5, 110, 95), change("cancel", "a", "cancelled"),
        pair("a", "sell", 5, 111, 95), pair("a", "sell", 5, 112, 95, status="rejected"),
        {"op": "cancel", "id": 9, "expect": {"pending": ["a"]}}, asks=[[111, 5, 1]],
    ),
    "a pair of which something trades at once has no stop order": scenario(
        LAST, submit(1, "buy", 2, 110),
        pair(2, "sell", 5, 110, 95, trades=[[1, 2, 110, 2]], status="partial"),
        {"op": "cancel", "id": 9, "expect": {"pending": []}}, asks=[[110, 3, 1]],
    ),
    "a pair whose stop is reached at entry has no limit order": scenario(
        LAST, pair(2, "sell", 5, 110, 100, stop_limit_price=99), bids=[], asks=[[99, 5, 1]],
    ),
    "a pair is refused whole": scenario(
        LAST, pair(1, "sell", 5, 110, 300, status="rejected"),
        pair(2, "sell", 5, 300, 95, status="rejected"), asks=[], price_high=200,
    ),
    "a pair of which the limit order never takes": scenario(
        LAST, submit(1, "buy", 2, 101), pair(2, "sell", 5, 101, 95, post_only=True,
                                             status="rejected"),
        pair(3, "sell", 5, 102, 95, post_only=True), asks=[[102, 5, 1]],
    ),
}  # fmt: skip

OTHER = {
    "a day ends": scenario(
        submit(1, "buy", 1, 100, tif="DAY"), submit(2, "buy", 2, 100), submit(3, "sell", 1, 105),
        {"op": "advance_time", "by": 1}, change("cancel", 1, "rejected"),
        submit(4, "sell", 1, 100, tif="DAY", trades=[[2, 4, 100, 1]], status="filled"),
        bids=[[100, 1, 1]], asks=[[105, 1, 1]],
    ),
    "a time that only what expires looks at ends no day": scenario(
        submit(1, "buy", 1, 100, tif="DAY", expire=7), submit(2, "buy", 1, 100, tif="GTC"),
        {"op": "advance_time", "to": 6, "expect": {"book": {"bids": [[100, 2, 2]]}}},
        {"op": "advance_time", "to": 7, "expect": {"book": {"bids": [[100, 1, 1]]}}},
    ),
    # The best ask goes from 101 to 103, where the buyer's stop is; the last price is 101.
    "buyers' stops watch the best ask": scenario(
        submit(1, "sell", 1, 101), submit(2, "sell", 2, 103),
        submit(3, "buy", 1, type="stop", stop_price=102, status="pending"),
        submit(4, "buy", 1, 101, trades=[[1, 4, 101, 1], [2, 3, 103, 1]], status="filled"),
        stop_trigger="bbo",
    ),
    "sellers' stops watch the best bid": scenario(
        submit(1, "buy", 1, 101), submit(2, "buy", 2, 99),
        submit(3, "sell", 1, 98, type="stop_limit", stop_price=100, status="pending"),
        change("cancel", 1, "cancelled", trades=[[2, 3, 99, 1]]),
        stop_trigger="bbo",
    ),
    "without a price on the other side a stop waits": scenario(
        submit(1, "buy", 1, type="stop", stop_price=102, status="pending"), stop_trigger="bbo",
    ),
    "without a price on the other side a stop is triggered": scenario(
        submit(1, "buy", 1, type="stop", stop_price=102, status="cancelled"),
        submit(2, "sell", 1, 90, type="stop_limit", stop_price=100), asks=[[90, 1, 1]],
        stop_trigger="bbo", stop_no_last="trigger", price_high=200, price_low=50,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [*CALLED.values(), *PAIRS.values(), *OTHER.values()],
    ids=[*CALLED, *PAIRS, *OTHER],
)
def test_calls_pairs_and_days_are_played_as_they_read(told: Scenario, play: Play) -> None:
    assert reason_to_skip(told) is None
    assert play(told) == []


def test_what_is_wrong_of_an_auction_is_found(play: Play) -> None:
    """Its price, a pair and their sequence; a trade that follows names who took."""
    right = [[3, 1, 101, 4], [4, 1, 101, 1]]
    for trades in ([[3, 1, 102, 4], right[1]], [[2, 3, 101, 4], right[1]], right[::-1], right[:1]):
        assert len(play(scenario(AUCTION, *COLLECTED, uncross(*trades)))) == 1
    after = [
        *(AUCTION, submit(1, "sell", 1, 100), submit(2, "buy", 1, 100), submit(3, "buy", 1, 95)),
        submit(4, "sell", 1, type="stop", stop_price=100, status="pending"),
    ]
    assert play(scenario(*after, uncross([1, 2, 100, 1], [3, 4, 95, 1]))) == []
    assert len(play(scenario(*after, uncross([1, 2, 100, 1], [4, 3, 95, 1])))) == 1


def test_everything_that_is_stated_is_compared(play: Play) -> None:
    """Each expectation is wrong, and each of them is found."""
    wrong = scenario(
        submit(1, "buy", 4, 100, status="filled"),
        submit(2, "sell", 1, 100, trades=[[1, 2, 99, 1]], status="filled"),
        {"op": "cancel", "id": 9, "expect": {"book": {"bids": [[100, 3, 2]]}}},
        {"op": "cancel", "id": 9, "expect": {"visible": {"asks": [[100, 3]]}}},
        {"op": "cancel", "id": 9, "expect": {"pending": [7]}},
        {"op": "cancel", "id": 9, "asserted": {"BookOrders": [2, 0], "BookVolume": [4, 0]}},
        bids=[[100, 3, 1], [99, 1, 1]],
        asks=[],
    )
    found = play(wrong)
    assert [line.partition(":")[0] for line in found] == [
        "step 0 (submit)",
        "step 1 (submit)",
        "step 2 (cancel)",
        "step 3 (cancel)",
        "step 4 (cancel)",
        "step 5 (cancel)",
        "step 5 (cancel)",
        "final book",
    ]
    assert "trades were [[1, 2, 100, 1]], expected [[1, 2, 99, 1]]" in found[1]


NEEDS = [
    ("market orders that rest", scenario(submit(1, "buy", 4), market_remainder="rest")),
    (
        "market orders that rest",
        scenario({"op": "set_last", "price": 5},
                 submit(1, "buy", 4, type="stop", stop_price=5), market_remainder="rest"),
    ),
    ("stop orders triggered by mark", scenario(submit(1, "buy", 1, type="stop", stop_price=0),
                                               stop_trigger="mark")),
    (
        "trailing orders triggered by bbo",
        scenario(submit(1, "buy", 1, type="trailing_stop", trail=2), stop_trigger="bbo"),
    ),
    ("stop orders that are reached and wait",
     scenario(submit(1, "buy", 1, type="stop", stop_price=5), stop_trigger="bbo",
              stop_immediate=False)),
    ("stop orders without a last price: reject",
     scenario(submit(1, "buy", 1, type="stop", stop_price=0), stop_no_last="reject")),
    ("stop orders that are reached and wait",
     scenario({"op": "set_last", "price": 5},
              submit(1, "buy", 1, type="stop", stop_price=5), stop_immediate=False)),
    ("stop orders without a stop price", scenario(submit(1, "buy", 1, type="stop"))),
    ("stop_limit orders without a price", scenario(submit(1, "buy", 1, type="stop_limit",
                                                          stop_price=5))),
    ("stop orders with a worst price", scenario(submit(1, "buy", 1, type="stop", stop_price=5,
                                                       slippage=0))),
    ("limit orders with a stop price", scenario(submit(1, "buy", 1, 5, stop_price=2))),
    ("limit orders that trail", scenario(submit(1, "buy", 1, 5, trail=2))),
    ("trailing_stop orders without a trail", scenario(submit(1, "buy", 1, type="trailing_stop"))),
    ("trailing by a rate", scenario(submit(1, "buy", 1, type="trailing_stop", trail=-100))),
    ("trailing by steps", scenario(submit(1, "buy", 1, type="trailing_stop", trail=9,
                                          trail_step=2))),
    (
        "trailing orders with a first stop price",
        scenario({"op": "set_last", "price": 5},
                 submit(1, "buy", 1, type="trailing_stop", trail=2, stop_price=6)),
    ),
    ("trailing_stop_limit orders before a last price",
     scenario(submit(1, "buy", 1, 5, type="trailing_stop_limit", trail=2))),
    (
        "a day that ends while other orders look at the time",
        scenario(submit(1, "buy", 4, 5, tif="DAY"), submit(2, "buy", 4, 5, expire=9),
                 {"op": "advance_time", "time": 5}),
    ),
    ("times that are not numbers", scenario(submit(1, "buy", 4, 5, expire="noon"))),
    ("times that are not numbers", scenario(submit(1, "buy", 4, 5, expire=2),
                                            {"op": "advance_time", "time": "noon"})),
    ("advance_time without a time", scenario(submit(1, "buy", 4, 5, expire=2),
                                             {"op": "advance_time"})),
    (
        "orders that yield to all-or-none orders",
        scenario(submit(1, "sell", 4, 5), submit(2, "sell", 4, 5, aon=True),
                 submit(3, "buy", 6, 5, trades=[[1, 3, 5, 2], [2, 3, 5, 4]], status="filled"),
                 aon="deferred"),
    ),
    ("icebergs that keep their place",
     scenario(submit(1, "sell", 4, 5, display_qty=2), submit(2, "sell", 4, 5),
              submit(3, "buy", 3, 5, trades=[[1, 3, 5, 3]]), iceberg_refresh="in_place")),
    ("minimum quantity each", scenario(submit(1, "buy", 4, 5, min_qty=2), min_qty="each")),
    (
        "self-trade prevention x",
        scenario(submit(1, "buy", 4, 5, account=0), submit(2, "sell", 4, 5, account=0, stp="x")),
    ),
    (
        "self-trade prevention x",
        scenario(submit(1, "buy", 4, 5, account="a"), submit(2, "sell", 4, account="a"), stp="x"),
    ),
    (
        "own orders counted for what must fill",
        scenario(submit(1, "buy", 4, 5, account="a"),
                 submit(2, "sell", 4, 5, account="a", stp="cancel_taker", tif="FOK"),
                 fok_stp="count_own"),
    ),
    ("live orders with one id", scenario(*[submit(1, "buy", 4, 5)] * 2, duplicate_id="allow")),
    (
        "priority kept by an equal or larger quantity",
        scenario(submit(1, "buy", 4, 5), submit(2, "buy", 4, 5),
                 change("replace", 1, "open", qty=4), replace_same="keep"),
    ),
    ("post_only cancel", scenario(submit(1, "buy", 4, 5, post_only=True), post_only="cancel")),
    ("post_only cancel", scenario(submit(1, "buy", 4, 5, post_only="cancel"))),
    ("trades at the taker price",
     scenario(submit(2, "sell", 4, 4), submit(1, "buy", 4, 5, trades=[[2, 1, 5, 4]]),
              price_rule="taker")),
    ("trades at the midpoint price", scenario(submit(1, "buy", 4, trades=[[2, 1, 5, 4]]),
                                              price_rule="midpoint")),
    ("uncrossing order by order", scenario({"op": "uncross_continuous"})),
    ("auctions at first", scenario({"op": "uncross"}, auction_price="first")),
    ("uncross with price", scenario({"op": "uncross", "price": 5})),
    ("limit orders without a price, stop orders without a stop price",
     scenario(pair(1, "buy", 4, None, None))),
    ("replace of linked orders", scenario(pair(1, "buy", 4, 5, 9),
                                          change("replace", 1, "open", qty=4))),
    ("a new id that another order has",
     scenario(submit(1, "buy", 4, 5), submit(2, "buy", 4, 4),
              change("replace", 1, "rejected", new_id=2))),
    ("reduce of linked orders", scenario(pair(1, "buy", 4, 5, 9),
                                         change("reduce", 1, "open", qty=1))),
    ("order field stop_limit_price", scenario(submit(1, "buy", 4, 5, stop_limit_price=4))),
    ("accounts with balances", scenario({"op": "deposit", "account": 1, "amount": 5})),
    ("accounts that have orders without a limit in a call",
     scenario(AUCTION, submit(1, "buy", 4), submit(2, "buy", 4, 5), limits={"max_value": 19})),
    ("accounts where stop orders are triggered by bbo",
     scenario(submit(1, "buy", 4, type="stop", stop_price=5, account="a"),
              change("cancel", 1, "rejected", account="b"), stop_trigger="bbo")),
    ("convention fees=maker", scenario(fees="maker")),
    ("order field peg", scenario(submit(1, "buy", 4, 5, peg="mid"))),
    ("order type peg", scenario(submit(1, "buy", 4, 5, type="peg"))),
    ("step halt", scenario({"op": "halt"})),
    ("replace with display_qty", scenario(change("replace", 1, "open", display_qty=5))),
]  # fmt: skip


@pytest.mark.parametrize(("need", "told"), NEEDS, ids=[need for need, _ in NEEDS])
def test_what_is_not_offered_is_named(need: str, told: Scenario) -> None:
    assert reason_to_skip(told) == f"needs {need}"


def test_what_cannot_be_checked_is_not_run() -> None:
    assert reason_to_skip(scenario()._replace(checkable=False)) == NOT_CHECKABLE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": "another", "scenarios": []}', "format was 'another'"),
        (
            '{"format": "neutral-matching-scenarios/1",'
            ' "scenarios": [{"id": "a", "steps": []}, {"id": "a", "steps": []}]}',
            "id 'a' was read before",
        ),
        (None, "no scenario file"),
    ],
    ids=["format", "twice", "none"],
)
def test_a_directory_of_something_else_is_refused(
    text: str | None, message: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "some.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load(tmp_path)
