"""The runner itself: every word of the scenario format is understood, and nothing wrong passes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conformance.conventions import NOT_CHECKABLE, reason_to_skip
from conformance.playback import differences, terms
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
def play(make_book: Callable[..., Any]) -> Play:
    """Plays a scenario on a new book; returns what was not as expected."""
    return lambda told: differences(told, make_book(**terms(told)))


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
        submit(5, "buy", 2, 100, tif="IOC", trades=[[4, 5, 100, 1]], status="canceled"),
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
        {"op": "advance_time", "time": 5},
        submit(1, "buy", 1, 100, time=7, aon=False, hidden=False, display_qty=None, stp="none"),
        stop_trigger="bbo", aon="deferred", level_qty="visible", limits="none",
    ),
    "conventions that do not come into play": scenario(
        submit(1, "sell", 3, 100, account="a", stp="cancel_taker"),
        submit(2, "buy", 1, trades=[[1, 2, 100, 1]], status="filled", account="b"),
        submit(3, "buy", 1, 99, account="a"),
        change("replace", 3, "open", qty=2),
        market_remainder="rest", stp="cancel_both", duplicate_id="allow", replace_same="keep",
        post_only="slide",
    ),
}  # fmt: skip


@pytest.mark.parametrize("told", RUNS.values(), ids=list(RUNS))
def test_the_format_is_played_as_it_reads(told: Scenario, play: Play) -> None:
    assert reason_to_skip(told) is None
    assert play(told) == []


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
    ("stop orders", scenario(submit(1, "buy", 1, type="stop", stop_price=0))),
    ("trailing stop orders", scenario(submit(1, "buy", 1, 5, trail=2))),
    ("icebergs", scenario(submit(1, "buy", 4, 5, display_qty=2))),
    ("hidden orders", scenario(submit(1, "buy", 4, 5, hidden=True))),
    ("minimum quantities", scenario(submit(1, "buy", 4, 5, min_qty=2))),
    ("day and good-till-date orders", scenario(submit(1, "buy", 4, 5, tif="DAY"))),
    ("all-or-none orders that rest", scenario(submit(1, "buy", 4, 5, aon=True))),
    (
        "all-or-none orders that rest",
        scenario(submit(1, "buy", 4, aon=True, status="filled", trades=[[2, 1, 5, 4]]),
                 market_remainder="rest"),
    ),
    ("market orders that rest", scenario(submit(1, "buy", 4), market_remainder="rest")),
    ("market orders with a worst price", scenario(submit(1, "buy", 4, slippage=0))),
    ("market orders with a worst price", scenario(submit(1, "buy", 4, 5, type="market"))),
    (
        "self-trade prevention",
        scenario(submit(1, "buy", 4, 5, account=0), submit(2, "sell", 4, 5, account=0, stp="x")),
    ),
    (
        "self-trade prevention",
        scenario(submit(1, "buy", 4, 5, account="a"), submit(2, "sell", 4, account="a"), stp="x"),
    ),
    ("live orders with one id", scenario(*[submit(1, "buy", 4, 5)] * 2, duplicate_id="allow")),
    (
        "priority kept by an equal or larger quantity",
        scenario(submit(1, "buy", 4, 5), submit(2, "buy", 4, 5),
                 change("replace", 1, "open", qty=4), replace_same="keep"),
    ),
    (
        "post-only orders that change their price",
        scenario(submit(1, "buy", 4, 5, post_only=True), post_only="slide"),
    ),
    ("trades at the taker price", scenario(submit(1, "buy", 4, trades=[[2, 1, 5, 4]]),
                                           price_rule="taker")),
    ("call auctions", scenario({"op": "uncross"})),
    ("linked orders (OCO)", scenario({"op": "submit_oco", "order": {"id": 1}})),
    ("accounts with balances", scenario({"op": "deposit", "account": 1, "amount": 5})),
    ("a check of who owns an order", scenario(submit(1, "buy", 4, 5, account="a"),
                                              change("cancel", 1, "rejected", account="b"))),
    ("limit max_value", scenario(limits={"max_value": 5})),
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
