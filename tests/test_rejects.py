"""Refused commands: every reason, every pair of reasons in order of precedence, and no trace left.

A row of `WAYS` is one way to earn a reason: fields set in a command that would be accepted, or
facts of the market. Two ways are combined when they don't contradict each other, and the reason
that comes first must be the one reported. Pairs that can't be combined are listed, so that none is
lost by accident.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pytest
from streams import INT64_MAX, ROOM_FIELDS, command_array

from engine import (
    BUY,
    CANCEL,
    FOK,
    GTC,
    IOC,
    MARKET,
    POST_ONLY,
    REDUCE,
    REPLACE,
    SUBMIT,
    CommandKind,
    ExecType,
    OrderStatus,
    RejectReason,
    Side,
)

# The market: prices from 50 to 150, 10 lots at least, 2^62 at most. Against the side under test
# rests order 1 at 110 (90 for SELL); on that side, order 2 at 95 (105), reduced to 4 lots, which
# the commands name. When the side is full, orders 3 and 4 hold all the other lots that it can.
TERMS = {"min_price": 50, "max_price": 150, "min_quantity": 10, "max_quantity": 2**62}
MAKER, NAMED, ABSENT = 1, 2, 999
FACTS = ("side_is_full", "engine_is_full", "named_is_post_only")


class Way(NamedTuple):
    """One way to earn a reason."""

    reason: RejectReason
    changes: dict[str, Any]
    """Fields of the command, and facts of the market. Prices are for BUY."""


ACCEPTED = {
    SUBMIT: {"price": 100, "quantity": 20},
    CANCEL: {"order_id": NAMED},
    REPLACE: {"order_id": NAMED, "price": 100, "quantity": 20},
    REDUCE: {"order_id": NAMED, "quantity": 1},
}
UNKNOWN = Way(RejectReason.UNKNOWN_INSTRUMENT, {"instrument": 9})
ABSENT_ORDER = Way(RejectReason.UNKNOWN_ORDER, {"order_id": ABSENT})
PRICES_AND_QUANTITIES = [
    Way(RejectReason.PRICE_TOO_LOW, {"price": 49}),
    Way(RejectReason.PRICE_TOO_HIGH, {"price": 151}),
    Way(RejectReason.QUANTITY_TOO_SMALL, {"quantity": 9}),
    Way(RejectReason.QUANTITY_TOO_LARGE, {"quantity": 2**62 + 1}),
]
RESTS = {"time_in_force": GTC, "order_type": 0}
WAYS = {
    SUBMIT: [
        Way(RejectReason.MALFORMED, {"trigger_price": 1}),
        Way(RejectReason.MALFORMED, {"order_type": MARKET, "price": 100}),
        UNKNOWN,
        Way(RejectReason.DUPLICATE_ORDER_ID, {"order_id": MAKER}),
        Way(RejectReason.INCOMPATIBLE_INSTRUCTIONS, {"flags": POST_ONLY, "time_in_force": IOC}),
        Way(RejectReason.INCOMPATIBLE_INSTRUCTIONS, {"flags": POST_ONLY, "time_in_force": FOK}),
        Way(
            RejectReason.INCOMPATIBLE_INSTRUCTIONS,
            {"flags": POST_ONLY, "order_type": MARKET, "price": 0},
        ),
        *PRICES_AND_QUANTITIES,
        Way(RejectReason.QUANTITY_OVERFLOW, {"side_is_full": True, **RESTS}),
        Way(RejectReason.TOO_MANY_ORDERS, {"engine_is_full": True, **RESTS}),
        Way(RejectReason.POST_ONLY_WOULD_TRADE, {"flags": POST_ONLY, "price": 110, **RESTS}),
        Way(RejectReason.FOK_CANNOT_FILL, {"time_in_force": FOK}),
        Way(
            RejectReason.FOK_CANNOT_FILL,
            {"time_in_force": FOK, "order_type": MARKET, "price": 0, "quantity": 31},
        ),
    ],
    CANCEL: [
        *(
            Way(RejectReason.MALFORMED, {name: 1})
            for name in ("price", "quantity", "client_order_id", "flags", "order_type")
        ),
        Way(RejectReason.MALFORMED, {"time_in_force": IOC}),
        *(Way(RejectReason.MALFORMED, {name: 1}) for name in ROOM_FIELDS),
        UNKNOWN,
        ABSENT_ORDER,
    ],
    REPLACE: [
        *(
            Way(RejectReason.MALFORMED, {name: 1})
            for name in ("client_order_id", "flags", "order_type", "time_in_force", *ROOM_FIELDS)
        ),
        UNKNOWN,
        ABSENT_ORDER,
        *PRICES_AND_QUANTITIES,
        Way(RejectReason.QUANTITY_OVERFLOW, {"side_is_full": True}),
        Way(RejectReason.POST_ONLY_WOULD_TRADE, {"named_is_post_only": True, "price": 110}),
    ],
    REDUCE: [
        *(
            Way(RejectReason.MALFORMED, {name: 1})
            for name in ("price", "client_order_id", "flags", "order_type", "time_in_force")
        ),
        *(Way(RejectReason.MALFORMED, {name: 1}) for name in ROOM_FIELDS),
        UNKNOWN,
        ABSENT_ORDER,
        Way(RejectReason.QUANTITY_TOO_SMALL, {"quantity": 0}),
        Way(RejectReason.QUANTITY_TOO_SMALL, {"quantity": -1}),
    ],
}
WAYS_FOR_PAIRS = {
    **WAYS,
    SUBMIT: [
        *WAYS[SUBMIT],
        Way(RejectReason.POST_ONLY_WOULD_TRADE, {"flags": POST_ONLY, "price": 151, **RESTS}),
    ],
    REPLACE: [
        *WAYS[REPLACE],
        Way(RejectReason.POST_ONLY_WOULD_TRADE, {"named_is_post_only": True, "price": 151}),
    ],
}
"""The same, and ways that earn an earlier reason too, whatever they are combined with."""

PRECEDENCE = [
    RejectReason.MALFORMED,
    RejectReason.UNKNOWN_INSTRUMENT,
    RejectReason.UNKNOWN_ORDER,
    RejectReason.DUPLICATE_ORDER_ID,
    RejectReason.INCOMPATIBLE_INSTRUCTIONS,
    RejectReason.PRICE_TOO_LOW,
    RejectReason.PRICE_TOO_HIGH,
    RejectReason.QUANTITY_TOO_SMALL,
    RejectReason.QUANTITY_TOO_LARGE,
    RejectReason.QUANTITY_OVERFLOW,
    RejectReason.TOO_MANY_ORDERS,
    RejectReason.POST_ONLY_WOULD_TRADE,
    RejectReason.FOK_CANNOT_FILL,
]
IMPOSSIBLE = {
    # A number is not both too small and too large.
    ("PRICE_TOO_LOW", "PRICE_TOO_HIGH"),
    ("QUANTITY_TOO_SMALL", "QUANTITY_TOO_LARGE"),
    # What breaks these is a limit order good till canceled; what breaks the other is anything else.
    ("INCOMPATIBLE_INSTRUCTIONS", "QUANTITY_OVERFLOW"),
    ("INCOMPATIBLE_INSTRUCTIONS", "TOO_MANY_ORDERS"),
    ("INCOMPATIBLE_INSTRUCTIONS", "POST_ONLY_WOULD_TRADE"),
    ("QUANTITY_OVERFLOW", "FOK_CANNOT_FILL"),
    ("TOO_MANY_ORDERS", "FOK_CANNOT_FILL"),
    ("POST_ONLY_WOULD_TRADE", "FOK_CANNOT_FILL"),
    # A price too low for a buyer (too high for a seller) meets nobody.
    ("PRICE_TOO_LOW", "POST_ONLY_WOULD_TRADE"),
}


class Pair(NamedTuple):
    """Two ways at once."""

    kind: CommandKind
    first: Way
    second: Way

    def __str__(self) -> str:
        return f"{self.kind.name}-{self.first.reason.name}-{self.second.reason.name}"


def place(way: Way) -> int:
    """Return the place of a way's reason in the order of precedence."""
    return PRECEDENCE.index(way.reason)


def pairs() -> Iterator[Pair]:
    """Yield, for each kind and two reasons, the first two ways that don't contradict each other."""
    for kind, ways in WAYS_FOR_PAIRS.items():
        seen = set()
        for first, second in combinations(sorted(ways, key=place), 2):
            reasons = (first.reason, second.reason)
            shared = first.changes.keys() & second.changes.keys()
            contradict = any(first.changes[name] != second.changes[name] for name in shared)
            if first.reason != second.reason and not contradict and reasons not in seen:
                seen.add(reasons)
                yield Pair(kind, first, second)


PAIRS = list(pairs())


def mirrored(changes: dict[str, Any], side: Side) -> dict[str, Any]:
    """Return changes for a side: told for BUY, prices are mirrored at 100 for SELL."""
    if side == BUY or not changes.get("price"):
        return changes
    return {**changes, "price": 200 - changes["price"]}


def mirrored_reason(reason: RejectReason, side: Side) -> RejectReason:
    low, high = RejectReason.PRICE_TOO_LOW, RejectReason.PRICE_TOO_HIGH
    return reason if side == BUY else {low: high, high: low}.get(reason, reason)


def market(make_core: Any, side: Side, changes: dict[str, Any]) -> Any:
    """Return an engine in the state that the rows above are told for."""
    side_is_full, engine_is_full, named_is_post_only = (changes.get(fact) for fact in FACTS)
    orders = 2 + 2 * bool(side_is_full)
    core = make_core(TERMS, **({"max_orders": orders} if engine_is_full else {}))
    book = core.book(0)
    book.submit(Side(-side), 100 + 10 * side, 30, MAKER)
    flags = POST_ONLY if named_is_post_only else 0
    book.submit(side, 100 - 5 * side, 14, NAMED, 7, flags=flags, client_order_id=70)
    book.reduce(NAMED, 10)
    if side_is_full:
        book.submit(side, 60 if side == BUY else 140, 2**62, 3)
        book.submit(side, 60 if side == BUY else 140, INT64_MAX - 2**62 - 4, 4)
    return core


def command_of(kind: CommandKind, side: Side, changes: dict[str, Any]) -> np.ndarray:
    fields = {**mirrored(ACCEPTED[kind], side), **mirrored(changes, side)}
    fields = {name: value for name, value in fields.items() if name not in FACTS}
    own_side = {"side": side} if kind == SUBMIT else {}
    return command_array({"kind": kind, **own_side, "command_id": 5, "timestamp": 9, **fields})


def require_refused(core: Any, command: np.ndarray, reason: RejectReason) -> np.void:
    """Require that a command is refused for this reason and leaves no trace; return its report."""
    before = core.state_hash()
    (report,) = core.match(command)
    assert RejectReason(report["reject_reason"]) == reason
    assert report["exec_type"] == ExecType.REJECTED
    assert (report["command_id"], report["timestamp"]) == (5, 9)
    assert core.state_hash() == before
    core.check_invariants()
    return report


@pytest.mark.parametrize("kind", CommandKind, ids=lambda kind: kind.name)
def test_a_command_without_a_fault_is_accepted(
    make_core: Any, side: Side, kind: CommandKind
) -> None:
    core = market(make_core, side, {})
    (report,) = core.match(command_of(kind, side, {}))
    assert report["reject_reason"] == RejectReason.NONE


SINGLES = [(kind, way) for kind, ways in WAYS.items() for way in ways]


@pytest.mark.parametrize(
    ("kind", "way"),
    SINGLES,
    ids=[f"{kind.name}-{way.reason.name}-{'-'.join(way.changes)}" for kind, way in SINGLES],
)
def test_each_reason_is_given_and_leaves_no_trace(
    make_core: Any, side: Side, kind: CommandKind, way: Way
) -> None:
    core = market(make_core, side, way.changes)
    command = command_of(kind, side, way.changes)
    require_refused(core, command, mirrored_reason(way.reason, side))


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_the_first_of_two_reasons_is_given(make_core: Any, side: Side, pair: Pair) -> None:
    changes = {**pair.first.changes, **pair.second.changes}
    reasons = [mirrored_reason(way.reason, side) for way in (pair.first, pair.second)]
    core = market(make_core, side, changes)
    require_refused(core, command_of(pair.kind, side, changes), min(reasons, key=PRECEDENCE.index))


def test_every_pair_of_reasons_is_tested_or_known_to_be_impossible() -> None:
    tested = {(pair.kind, pair.first.reason.name, pair.second.reason.name) for pair in PAIRS}
    missing = {
        (first.reason.name, second.reason.name)
        for kind, ways in WAYS.items()
        for first, second in combinations(ways, 2)
        if first.reason != second.reason
        and (kind, first.reason.name, second.reason.name) not in tested
    }
    assert missing == IMPOSSIBLE


def test_every_reason_has_its_place_in_the_order() -> None:
    assert sorted([RejectReason.NONE, *PRECEDENCE]) == sorted(RejectReason)
    assert {way.reason for ways in WAYS.values() for way in ways} == set(PRECEDENCE)


@pytest.mark.parametrize("name", ROOM_FIELDS)
@pytest.mark.parametrize("kind", CommandKind, ids=lambda kind: kind.name)
def test_room_for_later_kinds_of_orders_must_be_zero(
    make_core: Any, kind: CommandKind, name: str
) -> None:
    core = market(make_core, BUY, {})
    require_refused(core, command_of(kind, BUY, {name: 1}), RejectReason.MALFORMED)


# -- what a refusal says


def test_refused_order_is_described_as_it_was_asked_for(make_core: Any, side: Side) -> None:
    asked = {"order_id": 8, "account": 3, "client_order_id": 4, "flags": POST_ONLY}
    command = command_of(SUBMIT, side, {**asked, "quantity": 9})
    report = require_refused(market(make_core, side, {}), command, RejectReason.QUANTITY_TOO_SMALL)
    assert {name: int(report[name]) for name in (*asked, "order_flags")} == {
        **asked,
        "order_flags": POST_ONLY,
        "flags": 0,
    }
    assert (report["side"], report["price"], report["kind"]) == (side, 100, SUBMIT)
    assert report["order_status"] == OrderStatus.REJECTED
    amounts = ("leaves_quantity", "filled_quantity", "last_quantity", "last_price", "trade_id")
    assert [int(report[name]) for name in amounts] == [0] * 5


def test_refused_market_order_says_so(make_core: Any, side: Side) -> None:
    changes = {"order_type": MARKET, "price": 0, "time_in_force": IOC, "quantity": 9}
    command = command_of(SUBMIT, side, changes)
    report = require_refused(market(make_core, side, {}), command, RejectReason.QUANTITY_TOO_SMALL)
    assert (report["order_type"], report["time_in_force"]) == (MARKET, IOC)


@pytest.mark.parametrize("kind", [CANCEL, REPLACE, REDUCE], ids=lambda kind: kind.name)
def test_order_that_is_not_known_is_described_by_the_command_alone(
    make_core: Any, side: Side, kind: CommandKind
) -> None:
    command = command_of(kind, side, {"order_id": ABSENT, "account": 3})
    report = require_refused(market(make_core, side, {}), command, RejectReason.UNKNOWN_ORDER)
    assert (report["order_id"], report["account"], report["kind"]) == (ABSENT, 3, kind)
    assert (report["order_status"], report["side"]) == (OrderStatus.REJECTED, 0)
    assert report["price"] == command["price"][0]


@pytest.mark.parametrize("kind", [CANCEL, REPLACE, REDUCE], ids=lambda kind: kind.name)
def test_malformed_command_does_not_come_to_know_its_order(
    make_core: Any, side: Side, kind: CommandKind
) -> None:
    command = command_of(kind, side, {"client_order_id": 6, "flags": POST_ONLY})
    report = require_refused(market(make_core, side, {}), command, RejectReason.MALFORMED)
    assert (report["order_id"], report["client_order_id"], report["side"]) == (NAMED, 6, 0)
    assert (report["order_status"], report["order_flags"]) == (OrderStatus.REJECTED, 0)


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        (REPLACE, {"quantity": 9}, RejectReason.QUANTITY_TOO_SMALL),
        (REPLACE, {"price": 110}, RejectReason.POST_ONLY_WOULD_TRADE),
        (REDUCE, {"quantity": 0}, RejectReason.QUANTITY_TOO_SMALL),
    ],
    ids=["replace", "replace post-only", "reduce"],
)
def test_known_order_is_described_as_it_stands(
    make_core: Any, side: Side, kind: CommandKind, changes: dict[str, int], reason: RejectReason
) -> None:
    core = market(make_core, side, {})
    book = core.book(0)
    book.cancel(NAMED)
    book.submit(side, 100 - 5 * side, 20, NAMED, 7, flags=POST_ONLY, client_order_id=70)
    book.submit(Side(-side), 100 - 5 * side, 12, time_in_force=IOC)
    command = command_of(kind, side, {**changes, "account": 3})
    report = require_refused(core, command, reason)
    names = ["order_id", "side", "account", "price", "leaves_quantity", "filled_quantity"]
    assert report[names].item() == (NAMED, side, 7, 100 - 5 * side, 8, 12)
    assert report["order_status"] == OrderStatus.PARTIALLY_FILLED
    names = ["client_order_id", "order_type", "time_in_force", "order_flags", "last_quantity"]
    assert report[names].item() == (70, 0, GTC, POST_ONLY, 0)


def test_unknown_instrument_is_named(make_core: Any, side: Side) -> None:
    for kind in CommandKind:
        for number in (1, 2**16, 2**31, 2**32 - 1):
            command = command_of(kind, side, {"instrument": number})
            core = market(make_core, side, {})
            report = require_refused(core, command, RejectReason.UNKNOWN_INSTRUMENT)
            assert report["instrument"] == number


# -- bounds


def test_bounds_belong_to_the_range(make_book: Any, side: Side) -> None:
    book = make_book(min_price=-3, max_price=3, min_quantity=2, max_quantity=4)
    for price in (-3, 3):
        for quantity in (2, 4):
            report = book.submit(side, price, quantity)
            assert report.reject_reason == RejectReason.NONE
    book.submit(side, 0, 4, 9)
    assert book.replace(9, 3, 2).reject_reason == RejectReason.NONE


def test_market_order_has_no_price_to_be_out_of_bounds(make_book: Any, side: Side) -> None:
    book = make_book(min_price=50, max_price=150)
    book.submit(side, 100, 5, 1)
    report = book.submit(Side(-side), 0, 5, order_type=MARKET)
    assert report.filled_quantity == 5


def test_max_orders_counts_live_orders_of_all_instruments(make_core: Any, side: Side) -> None:
    core = make_core({}, {}, max_orders=2)
    core.book(0).submit(side, 100, 5, 1)
    core.book(1).submit(side, 100, 5, 2)
    assert core.book(0).submit(side, 100, 5, 3).reject_reason == RejectReason.TOO_MANY_ORDERS
    core.book(1).cancel(2)
    assert core.book(0).submit(side, 100, 5, 3).reject_reason == RejectReason.NONE


def test_a_full_engine_still_trades_with_orders_that_never_rest(make_book: Any, side: Side) -> None:
    book = make_book(max_orders=1)
    book.submit(side, 100, 5, 1)
    crossing = book.submit(Side(-side), 100, 5, 2)
    assert crossing.reject_reason == RejectReason.TOO_MANY_ORDERS
    assert book.submit(Side(-side), 100, 5, 2, time_in_force=IOC).filled_quantity == 5


def test_an_engine_for_no_orders_refuses_every_order_that_may_rest(
    make_book: Any, side: Side
) -> None:
    report = make_book(max_orders=0).submit(side, 100, 5)
    assert report.reject_reason == RejectReason.TOO_MANY_ORDERS
