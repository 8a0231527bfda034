"""Other spellings of a scenario: a file that is written otherwise is played the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conformance.conventions import reason_to_skip
from conformance.playback import differences, market_of
from conformance.scenarios import FORMAT, load

Step = dict[str, Any]


def order(**fields: Any) -> Step:
    """Return a step that submits; what is expected stands beside the order's own fields."""
    expect = {name: fields.pop(name) for name in ("status", "trades") if name in fields}
    return {"op": "submit", "order": fields, "expect": expect}


RESTS = order(id=1, side="sell", qty=5, price=100, status="open", trades=[])
TAKES = order(id=2, side="buy", qty=5, price=100, status="filled", trades=[[1, 2, 100, 5]])
DATED = order(id=1, side="buy", qty=5, price=100, expire=10, status="open")
GONE = {"bids": [], "asks": []}

SAME = {
    "an order with a price is a limit order": ([RESTS, TAKES], GONE),
    "one without is a market order": (
        [RESTS, order(id=2, side="buy", qty=5, status="filled", trades=[[1, 2, 100, 5]])],
        GONE,
    ),
    "one with a stop price waits": (
        [order(id=1, side="buy", qty=5, stop_price=105, status="pending"),
         order(id=2, side="buy", qty=5, price=106, stop_price=105, status="pending"),
         {"op": "set_last", "price": 105}],
        {"bids": [[106, 5]], "asks": None},
    ),
    "upper case": (
        [{**RESTS, "op": "SUBMIT", "order": {**RESTS["order"], "side": "SELL", "type": "Limit"}},
         order(id=2, side="Buy", qty=5, price=100, tif="gtc", status="FILLED")],
        GONE,
    ),
    "words of statuses": (
        [order(id=1, side="sell", qty=5, price=100, status="new"),
         order(id=2, side="buy", qty=2, price=100, status="filled"),
         {"op": "replace", "id": 1, "price": 101, "expect": {"status": "PARTIALLY-FILLED"}},
         {"op": "cancel", "id": 1, "expect": {"status": "canceled"}}],
        GONE,
    ),
    "nothing is asked for by an empty text, a zero or a zero that is a text": (
        [order(id=1, side="sell", qty="5", price="100", tif="", account="", stop_price="0",
               min_qty="0", display_qty="0", expire="0", aon=None, stp="none", status="open")],
        {"bids": [], "asks": [["100.0", "5", None]]},
    ),
    "remarks": (
        [{**RESTS, "note": "rests"}, {**TAKES, "order": {**TAKES["order"], "comment": "takes"}}],
        GONE,
    ),
    "words of sides, types, times in force, steps and fields": (
        [{**order(id=1, side="ask", quantity=5, price=100, status="accepted"), "op": "new"},
         order(id=2, side="BID", qty=2, price=100, time_in_force="fill_or_kill",
               trades=[[1, 2, 100, 2]]),
         {"op": "modify", "id": 1, "qty": 2, "expect": {"status": "partially filled"}},
         order(id=3, side="bid", qty=1, stop_price=100, type="stop_market", status="filled"),
         order(id=4, side="bid", qty=3, price=100, tif="fak", trades=[[1, 4, 100, 1]])],
        GONE,
    ),
    "words of self-trade prevention": (
        [order(id=1, side="sell", qty=5, price=100, account="me"),
         order(id=2, side="buy", qty=5, price=100, account="me", stp="cb", status="cancelled")],
        GONE,
    ),
    "an order without an id": (
        [order(side="sell", qty=5, price=100, status="open"),
         order(side="sell", qty=5, price=100, status="open")],
        {"bids": [], "asks": [[100, 10, 2]]},
    ),
    "words with other joints, and kinds of limit orders": (
        [order(id=1, side="sell", qty=4, price=100, type="Limit-Maker", status="open"),
         order(id=2, side="sell", qty=6, price=101, type="iceberg", display_qty=2),
         order(id=3, side="buy", qty=3, price=100, type="IOC", tif=None, trades=[[1, 3, 100, 3]]),
         order(id=4, side="buy", qty=2, price=100, type="fok", status="cancelled", trades=[]),
         order(id=5, side="buy", qty=2, price=100, type="aon", tif="good-till-cancel"),
         order(id=6, side="buy", qty=9, price=101, type="post only", status="rejected"),
         order(id=7, side="sell", qty=9, stop_price=50, type="Stop Loss", status="untriggered")],
        {"bids": [[100, 2, 1]], "asks": [[100, 1, 1], [101, 6, 1]]},
    ),
    "words of self-trade prevention with other joints": (
        [order(id=1, side="sell", qty=5, price=100, account="me"),
         order(id=2, side="buy", qty=5, price=100, account="me", stp="Cancel-Both",
               status="cancelled")],
        GONE,
    ),
    "how much is hidden": (
        [order(id=1, side="sell", qty=9, price=100, hidden=6),
         {"op": "cancel", "id": 9, "expect": {"visible": {"asks": [[100, 3, 1]]}}},
         order(id=2, side="sell", qty=9, price=101, hidden=9.0),
         {"op": "cancel", "id": 9, "expect": {"visible": {"asks": [[100, 3, 1]]}}}],
        {"bids": [], "asks": [[100, 9, 1], [101, 9, 1]]},
    ),
    "the side of what is canceled": (
        [RESTS, {"op": "cancel", "id": 1, "side": "ASK", "expect": {"status": "cancelled"}},
         {"op": "cancel", "id": 7, "side": "buy", "expect": {"status": "rejected"}}],
        GONE,
    ),
    "what is traded, where it is one and the same": (
        [{**RESTS, "order": {**RESTS["order"], "symbol": "X"}}, {**TAKES, "instrument": "X"}],
        GONE,
    ),
    "a time to go to": ([DATED, {"op": "advance_time", "until": 10}], GONE),
    "a time that passes": ([DATED, {"op": "advance_time", "seconds": 10}], GONE),
    "a time that is not there yet": (
        [DATED, {"op": "advance_time", "dt": 9}], {"bids": [[100, 5, 1]], "asks": []}
    ),
    "who cancels an order that is not there": (
        [{"op": "cancel", "id": 7, "account": "me", "expect": {"status": "rejected"}}], GONE
    ),
    "an order that no call takes is refused": (
        [{"op": "auction"}, order(id=1, side="buy", qty=5, price=100, tif="IOC", status="rejected"),
         order(id=2, side="buy", qty=5, price=100, tif="FOK", status="cancelled"),
         {"op": "uncross", "expect": {"trades": []}}],
        GONE,
    ),
}  # fmt: skip

README_WORDS: dict[str, Any] = {
    "price_rule": "maker", "market_remainder": "cancel", "market_empty": "cancel",
    "duplicate_id": "reject", "replace_qty": "leaves", "replace_decrease": "keep priority",
    "replace_same": "lose priority", "iceberg_refresh": "back", "level_qty": "total",
    "aon": "skip", "stop_trigger": "last trade", "stop_immediate": "true",
    "stop_no_last": "wait", "trigger_order": "price", "stp": "none", "fok_stp": "exclude_own",
    "post_only": "reject", "unfilled_ioc": "cancelled", "unfilled_fok": "cancelled",
    "merge_fills": "false", "min_qty": "ioc", "limits": "none",
    "auction_price": "max_volume, then least imbalance, then lowest",
}  # fmt: skip
SHRINKS = [
    RESTS,
    order(id=2, side="sell", qty=5, price=100),
    {"op": "replace", "id": 1, "qty": 4, "expect": {"status": "open"}},
    order(id=3, side="buy", qty=4, price=100, status="filled", trades=[[1, 3, 100, 4]]),
]

UNREADABLE = [
    ("cancel without id", {"op": "cancel", "account": "me"}),
    ("cancel with qty", {"op": "cancel", "id": 1, "qty": 2}),
    ("reduce without qty", {"op": "reduce", "id": 1}),
    ("replace with display_qty", {"op": "replace", "id": 1, "display_qty": 3}),
    ("set_last without price", {"op": "set_last", "price": "none"}),
    ("submit without order", {"op": "submit"}),
    ("submit_oco without order", {"op": "submit_oco", "orders": []}),
    ("orders without a quantity", order(id=1, side="buy", price=3)),
    ("side none", order(id=1, side="none", qty=1, price=3)),
    ("trades that are told in another form", order(id=1, side="buy", qty=1, trades=[[1, 2]])),
    ("step halt", {"op": "halt"}),
    ("step ", {}),
]


@pytest.fixture
def play(
    make_book: Callable[..., Any], make_core: Callable[..., Any], tmp_path: Path
) -> Callable[..., list[str]]:
    """Writes a scenario to a file, reads it and plays it; returns why not, or what differed."""

    def read_and_play(steps: list[Step], book: Any, semantics: Any = None) -> list[str]:
        entry = {"id": "one", "semantics": semantics, "steps": steps, "final_book": book}
        document = {"format": FORMAT, "scenarios": [{**entry, "checkable": None}]}
        (tmp_path / "some.json").write_text(json.dumps(document), encoding="utf-8")
        (told,) = load(tmp_path)
        reason = reason_to_skip(told)
        return [reason] if reason else differences(told, market_of(told, make_book, make_core))

    return read_and_play


@pytest.mark.parametrize(("steps", "book"), SAME.values(), ids=SAME)
def test_other_spellings_are_played_the_same(
    steps: list[Step], book: Any, play: Callable[..., list[str]]
) -> None:
    assert play(steps, book) == []


def test_conventions_may_have_the_words_of_the_readme(play: Callable[..., list[str]]) -> None:
    assert play(SHRINKS, {"asks": [[100, 5, 1]]}, README_WORDS) == []


def test_what_an_order_of_a_call_is_told_is_compared(play: Callable[..., list[str]]) -> None:
    taken = order(id=1, side="buy", qty=5, price=100, status="rejected")
    assert play([{"op": "auction"}, taken], None) == [
        "step 1 (submit): status was open, expected rejected"
    ]


def test_conventions_may_be_in_upper_case(play: Callable[..., list[str]]) -> None:
    assert play(SHRINKS, None, {"replace_decrease": "Keep", "stp": "CANCEL-TAKER"}) == []
    too_little = order(id=1, side="buy", qty=5, price=100, tif="IOC", status="canceled")
    assert play([too_little], GONE, {"unfilled_ioc": "Canceled"}) == []


def test_a_replace_does_not_turn_an_order_round(play: Callable[..., list[str]]) -> None:
    turned = {"op": "replace", "id": 1, "side": "buy"}
    assert play([RESTS, turned], None) == ["needs replace with side"]


def test_the_limits_of_a_venue_may_be_absent(play: Callable[..., list[str]]) -> None:
    limits = {"max_qty": "none", "max_value": "", "price_low": None}
    assert play([RESTS, TAKES], GONE, {"limits": limits}) == []


def test_two_symbols_are_not_one(play: Callable[..., list[str]]) -> None:
    steps = [order(id=1, side="buy", qty=5, price=100, symbol=symbol) for symbol in ("X", "Y")]
    assert play(steps, None) == ["needs order field symbol"]


@pytest.mark.parametrize("word", ["cancelled", "rejected"])
def test_two_conventions_may_name_what_found_too_little(
    word: str, play: Callable[..., list[str]]
) -> None:
    words = {"market_empty": "reject", "unfilled_ioc": "rejected", "stp": "cancel_maker"}
    own = order(id=1, side="sell", qty=5, price=100, account="me", status="open")
    at_market = {"side": "buy", "qty": 5, "type": "market", "status": word}
    limit = {"side": "buy", "qty": 5, "price": 100, "tif": "IOC", "status": word}
    assert play([order(id=2, tif="FOK", **at_market)], GONE, words) == []
    assert play([own, order(id=2, account="me", **at_market)], GONE, words) == []
    assert play([own, order(id=2, account="me", **limit)], GONE, words) == []
    wrong = order(id=2, **limit | {"status": "cancelled"})
    assert play([wrong], GONE, words) == [
        "step 0 (submit): status was rejected, expected cancelled"
    ]


@pytest.mark.parametrize(("need", "step"), UNREADABLE, ids=[need for need, _ in UNREADABLE])
def test_what_cannot_be_read_is_named(
    need: str, step: Step, play: Callable[..., list[str]]
) -> None:
    assert play([step], None) == [f"needs {need}"]
