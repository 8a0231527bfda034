"""What each phase of an instrument takes, how long orders live across phases, when stops go off.

Every test runs on both implementations and for both sides; prices are ticks better or worse for a
side, as in test_rules.py. Who trades with whom at which price is in test_auctions.py.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest
from implementations import Implementation
from linking import wait_for
from streams import command_array
from views import at, fills, ladder, other, pairs, queue, statuses

from engine import (
    ALL_OR_NONE,
    AT_THE_CLOSE,
    AT_THE_OPEN,
    BUDGET,
    BUY,
    DAY,
    FOK,
    GOOD_FOR_AUCTION,
    GTC,
    GTD,
    HIDDEN,
    IOC,
    LIMIT,
    LIMIT_IF_TOUCHED,
    MARKET,
    MARKET_TO_LIMIT,
    MINIMUM_EACH,
    POST_ONLY,
    PROTECTED,
    SET_PHASE,
    SET_PRICE,
    SLIDE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    TRAILING_STOP,
    UNCROSS,
    CommandError,
    ExecType,
    OrderState,
    Phase,
    RejectReason,
    ReportFlag,
    Side,
    TimeInForce,
    TriggerSource,
)

CONTINUOUS, PRE_OPEN, OPENING_CALL, VOLATILITY_CALL, CLOSING_CALL, HALT, CLOSED = Phase
CALLS: Final = (PRE_OPEN, OPENING_CALL, VOLATILITY_CALL, CLOSING_CALL)
OPENING: Final = (PRE_OPEN, OPENING_CALL)
OPEN_PHASES: Final = (CONTINUOUS, *CALLS)
SILENT: Final = (HALT, CLOSED)


def by_name(phase: Phase) -> str:
    return phase.name.lower()


def state_of(book: Any, order_id: int) -> OrderState:
    return OrderState(book.detail(order_id).state)


def events(report: Any) -> list[tuple[int, str]]:
    """Return (order id, what happened) of each report that is of an order."""
    return [
        (int(record["order_id"]), ExecType(record["exec_type"]).name)
        for record in report.reports
        if record["order_id"]
    ]


def walk(book: Any, *phases: Phase) -> Any:
    """Go through phases; return the report of the last step."""
    report = None
    for phase in phases:
        report = book.set_phase(phase)
    return report


# -- what each phase takes


class Kind(NamedTuple):
    """A kind of order, and the phases that take it."""

    name: str
    phases: tuple[Phase, ...]
    fields: dict[str, int]
    has_price: bool = True


KINDS = [
    Kind("limit", OPEN_PHASES, {}),
    Kind("limit for the day", OPEN_PHASES, {"time_in_force": DAY}),
    Kind("limit till a date", OPEN_PHASES, {"time_in_force": GTD, "expiry": 99}),
    Kind("limit IOC", (CONTINUOUS,), {"time_in_force": IOC}),
    Kind("limit FOK", (CONTINUOUS,), {"time_in_force": FOK}),
    Kind("limit at the open", OPENING, {"time_in_force": AT_THE_OPEN}),
    Kind("limit at the close", OPEN_PHASES, {"time_in_force": AT_THE_CLOSE}),
    Kind("limit for an auction", OPEN_PHASES, {"time_in_force": GOOD_FOR_AUCTION}),
    Kind("iceberg", OPEN_PHASES, {"display_quantity": 1}),
    Kind("hidden", OPEN_PHASES, {"flags": HIDDEN}),
    Kind("all or none", OPEN_PHASES, {"flags": ALL_OR_NONE}),
    Kind("minimum each", OPEN_PHASES, {"flags": MINIMUM_EACH, "minimum_quantity": 2}),
    Kind("minimum at entry", (CONTINUOUS,), {"minimum_quantity": 2}),
    Kind("post-only", (CONTINUOUS,), {"flags": POST_ONLY}),
    Kind("market", OPEN_PHASES, {"order_type": MARKET}, has_price=False),
    Kind("market IOC", (CONTINUOUS,), {"order_type": MARKET, "time_in_force": IOC}, False),
    Kind("market FOK", (CONTINUOUS,), {"order_type": MARKET, "time_in_force": FOK}, False),
    Kind("market at the open", OPENING, {"order_type": MARKET, "time_in_force": 5}, False),
    Kind("market-to-limit", OPEN_PHASES, {"order_type": MARKET_TO_LIMIT}, has_price=False),
    Kind("protected", OPEN_PHASES, {"order_type": MARKET, "flags": PROTECTED, "bound": 100}, False),
    Kind("budget", (CONTINUOUS,), {"order_type": MARKET, "flags": BUDGET, "bound": 900}, False),
    Kind("stop", OPEN_PHASES, {"order_type": STOP, "trigger_price": 100}, has_price=False),
    Kind(
        "stop-limit IOC",
        OPEN_PHASES,
        {"order_type": STOP_LIMIT, "trigger_price": 100} | {"time_in_force": IOC},
    ),
    Kind("trailing stop", OPEN_PHASES, {"order_type": TRAILING_STOP, "offset": 3}, has_price=False),
]


@pytest.mark.parametrize("phase", Phase, ids=by_name)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_orders_that_each_phase_takes(book: Any, side: Side, phase: Phase, kind: Kind) -> None:
    book.submit(side, at(side), 5, 1)
    book.set_phase(phase)
    price = at(side, 1 if kind.name == "post-only" else 0) if kind.has_price else 0
    report = book.submit(other(side), price, 3, 2, **kind.fields)
    taken = phase in kind.phases
    assert report.reject_reason == (RejectReason.NONE if taken else RejectReason.NOT_IN_THIS_PHASE)
    if phase != CONTINUOUS:
        assert fills(report) == []
        assert (2 in book) == taken


NEVER_IN_AUCTIONS: Final = [
    {"flags": POST_ONLY},
    {"flags": POST_ONLY | SLIDE},
    {"minimum_quantity": 2},
    {"flags": ALL_OR_NONE},
    {"flags": MINIMUM_EACH, "minimum_quantity": 2},
    {"order_type": MARKET, "flags": BUDGET, "bound": 900},
    {"order_type": MARKET, "flags": ALL_OR_NONE},
    {"order_type": STOP, "trigger_price": 100, "flags": ALL_OR_NONE},
]


@pytest.mark.parametrize(
    ("time_in_force", "phase"),
    [(AT_THE_OPEN, OPENING_CALL), (AT_THE_CLOSE, CONTINUOUS), (GOOD_FOR_AUCTION, CONTINUOUS)],
    ids=["at the open", "at the close", "for an auction"],
)
@pytest.mark.parametrize("fields", NEVER_IN_AUCTIONS, ids=str)
def test_order_for_an_auction_asks_for_nothing_that_none_keeps(
    book: Any, side: Side, time_in_force: TimeInForce, phase: Phase, fields: dict[str, int]
) -> None:
    book.set_phase(phase)
    price = 0 if "order_type" in fields else at(side)
    report = book.submit(side, price, 5, 1, time_in_force=time_in_force, **fields)
    assert report.reject_reason == RejectReason.NOT_FOR_AUCTIONS
    assert book.submit(side, at(side), 5, 1, time_in_force=time_in_force).reject_reason == 0


@pytest.mark.parametrize("phase", [7, 9, 65535])
def test_phase_that_there_is_none_of_is_named(
    book: Any, implementation: Implementation, phase: int
) -> None:
    names = "not one of CONTINUOUS=0, PRE_OPEN=1" if implementation.name == "core" else ""
    with pytest.raises(CommandError, match=rf"selector was {phase}, .*{names}"):
        book.set_phase(phase)
    assert book.phase == CONTINUOUS


@pytest.mark.parametrize("phase", Phase, ids=by_name)
def test_every_phase_lets_orders_be_taken_out(book: Any, side: Side, phase: Phase) -> None:
    for order_id in (1, 2, 3, 4):
        book.submit(side, at(side, -order_id), 5, order_id, 8 if order_id == 4 else 7)
    book.set_phase(phase)
    assert statuses(book.cancel(1)) == ["CANCELED CANCELED"]
    assert book.reduce(2, 3).leaves_quantity == 2
    assert events(book.mass_cancel(account=7)) == [(2, "CANCELED"), (3, "CANCELED")]
    assert queue(book, side) == [(4, 5)]


@pytest.mark.parametrize("phase", Phase, ids=by_name)
def test_replace_is_taken_where_orders_are(book: Any, side: Side, phase: Phase) -> None:
    book.submit(side, at(side), 5, 1)
    book.set_phase(phase)
    report = book.replace(1, at(side, 1), 6)
    if phase in SILENT:
        assert report.reject_reason == RejectReason.NOT_IN_THIS_PHASE
        assert ladder(book, side) == [(at(side), 5, 1)]
    else:
        assert ladder(book, side) == [(at(side, 1), 6, 1)]


@pytest.mark.parametrize("phase", CALLS, ids=by_name)
def test_call_takes_a_replace_of_an_order_that_it_would_not_take(
    book: Any, side: Side, phase: Phase
) -> None:
    """A post-only order may be brought to a price that meets the other side: nobody takes there."""
    book.submit(side, at(side), 5, 1, flags=POST_ONLY)
    book.submit(other(side), at(side, 3), 5, 2)
    book.set_phase(phase)
    assert statuses(book.replace(1, at(side, 3), 5)) == ["REPLACED NEW"]
    assert len(book.uncross().trades) == 1


@pytest.mark.parametrize("phase", CALLS, ids=by_name)
def test_call_collects_orders_without_a_trade(book: Any, side: Side, phase: Phase) -> None:
    book.set_phase(phase)
    assert statuses(book.submit(side, at(side), 5, 1)) == ["NEW NEW"]
    assert statuses(book.submit(other(side), at(side, -4), 5, 2)) == ["NEW NEW"]
    assert statuses(book.replace(2, at(side, -5), 5)) == ["REPLACED NEW"]
    assert ladder(book, side) == [(at(side), 5, 1)]
    assert ladder(book, other(side)) == [(at(side, -5), 5, 1)]
    assert book.last_trade() is None


def test_instrument_begins_in_continuous_trading(book: Any, side: Side) -> None:
    assert book.phase == CONTINUOUS
    book.submit(side, at(side), 5, 1)
    assert fills(book.submit(other(side), at(side), 5, 2)) == [(1, at(side), 5)]


@pytest.mark.parametrize("phase", Phase, ids=by_name)
def test_change_of_phase_is_one_report_that_names_it(book: Any, phase: Phase) -> None:
    report = book.set_phase(phase, command_id=12, account=7)
    assert statuses(report) == ["DONE NONE"]
    assert (report.last_quantity, report.command_id) == (phase, 12)
    assert book.phase == phase
    assert statuses(book.set_phase(phase)) == ["DONE NONE"]


@pytest.mark.parametrize("phase", Phase, ids=by_name)
def test_uncross_is_refused_where_there_is_no_call(book: Any, side: Side, phase: Phase) -> None:
    book.submit(side, at(side), 5, 1)
    book.set_phase(phase)
    report = book.uncross()
    if phase in CALLS:
        assert statuses(report) == ["DONE NONE"]
    else:
        assert statuses(report) == ["REJECTED REJECTED"]
        assert report.reject_reason == RejectReason.NOT_IN_THIS_PHASE
    assert queue(book, side) == [(1, 5)]


def test_phases_come_in_a_batch_like_orders(book: Any, side: Side) -> None:
    orders = [
        {"kind": SUBMIT, "side": side, "price": 100, "quantity": 5, "order_id": 1},
        {"kind": SUBMIT, "side": other(side), "price": 100, "quantity": 3, "order_id": 2},
    ]
    commands = [
        {"kind": SET_PHASE, "selector": OPENING_CALL},
        *orders,
        {"kind": UNCROSS},
        {"kind": SET_PRICE, "price": 98, "trigger_source": TriggerSource.REFERENCE},
        {"kind": SET_PHASE, "selector": CONTINUOUS},
    ]
    reports = book.match(command_array(*commands))
    done = reports[reports["exec_type"] == ExecType.DONE]
    assert done[["kind", "last_quantity", "last_price"]].tolist() == [
        (SET_PHASE, OPENING_CALL, 0),
        (UNCROSS, 3, 100),
        (SET_PRICE, 0, 98),
        (SET_PHASE, CONTINUOUS, 0),
    ]
    assert queue(book, side) == [(1, 2)]


def test_phases_are_of_one_instrument(make_core: Any, side: Side) -> None:
    core = make_core({}, {})
    one, two = core.book(0), core.book(1)
    one.set_phase(HALT)
    assert one.submit(side, 100, 5, 1).reject_reason == RejectReason.NOT_IN_THIS_PHASE
    assert statuses(two.submit(side, 100, 5, 1)) == ["NEW NEW"]
    assert (one.phase, two.phase) == (HALT, CONTINUOUS)


# -- places in the queue


@pytest.mark.parametrize("phase", Phase, ids=by_name)
def test_orders_keep_their_places_from_phase_to_phase(book: Any, side: Side, phase: Phase) -> None:
    for order_id, fields in (
        (4, {}),
        (2, {"display_quantity": 2}),
        (3, {}),
        (1, {"flags": HIDDEN}),
    ):
        book.submit(side, at(side), 5, order_id, **fields)
    book.submit(other(side), at(side), 1, 9)
    before = queue(book, side), ladder(book, side), book.details().tolist()
    walk(book, phase, CONTINUOUS)
    assert (queue(book, side), ladder(book, side), book.details().tolist()) == before
    assert fills(book.submit(other(side), at(side), 5, 9)) == [(4, at(side), 4), (2, at(side), 1)]


def test_order_of_a_call_stands_behind_those_that_were_there(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 2)
    book.set_phase(VOLATILITY_CALL)
    book.submit(side, at(side), 5, 1)
    book.set_phase(CONTINUOUS)
    assert queue(book, side) == [(2, 5), (1, 5)]


def test_replace_in_a_call_keeps_or_loses_the_place_as_ever(book: Any, side: Side) -> None:
    book.set_phase(OPENING_CALL)
    for order_id in (1, 2, 3):
        book.submit(side, at(side), 5, order_id)
    assert book.replace(2, at(side), 4).flags == ReportFlag.KEPT_PRIORITY
    book.replace(1, at(side), 6)
    assert queue(book, side) == [(2, 4), (3, 5), (1, 6)]


# -- from phase to phase


@pytest.mark.parametrize("before", CALLS, ids=by_name)
@pytest.mark.parametrize("after", [CONTINUOUS, CLOSED], ids=by_name)
def test_call_ends_with_its_auction(book: Any, side: Side, before: Phase, after: Phase) -> None:
    book.set_phase(before)
    book.submit(side, at(side), 5, 1)
    book.submit(other(side), at(side), 3, 2)
    report = book.set_phase(after)
    assert statuses(report)[0] == "DONE NONE"
    assert fills(report) == [(1 if side == Side.SELL else 2, at(side), 3)]
    assert queue(book, side) == [(1, 2)]


@pytest.mark.parametrize(
    ("before", "after"),
    [(before, after) for before in CALLS for after in (*CALLS, HALT)],
    ids=lambda phase: by_name(phase),
)
def test_call_that_goes_over_to_another_or_is_halted_trades_nothing(
    book: Any, side: Side, before: Phase, after: Phase
) -> None:
    book.set_phase(before)
    book.submit(side, at(side), 5, 1)
    book.submit(other(side), at(side), 3, 2)
    assert statuses(book.set_phase(after)) == ["DONE NONE"]
    assert fills(book.set_phase(CONTINUOUS)) != []


def test_halt_leaves_a_book_as_it_is(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    assert statuses(book.set_phase(HALT)) == ["DONE NONE"]
    assert queue(book, side) == [(1, 5)]
    assert statuses(book.set_phase(CONTINUOUS)) == ["DONE NONE"]
    assert fills(book.submit(other(side), at(side), 5, 2)) == [(1, at(side), 5)]


def test_all_or_none_trades_when_trading_begins(book: Any, side: Side) -> None:
    """It is not in the auction; what meets it is still there afterwards."""
    book.set_phase(OPENING_CALL)
    book.submit(side, at(side), 5, 1, flags=ALL_OR_NONE)
    book.submit(other(side), at(side), 5, 2)
    assert len(book.uncross().trades) == 0
    report = book.set_phase(CONTINUOUS)
    assert [(trade["quantity"], trade["price"]) for trade in report.trades] == [(5, at(side))]
    trade_flags = report.reports["flags"][report.reports["trade_id"] != 0]
    assert not (trade_flags & ReportFlag.AUCTION).any()


@pytest.mark.parametrize("between", [(), (HALT,), (CLOSED,), (OPENING_CALL,)], ids=str)
def test_trading_after_the_close_begins_with_an_auction(
    book: Any, side: Side, between: tuple[Phase, ...]
) -> None:
    """What was released at the close came to rest as it was, also where it meets the other side."""
    for order_id, its_side, ticks in ((1, side, 0), (2, other(side), 10)):
        book.submit(its_side, at(side, ticks), 5, order_id, time_in_force=DAY)
    wait_for(book, other(side), at(side, 3), 5, 3, linked_order_id=1)
    wait_for(book, side, at(side, 5), 5, 4, linked_order_id=2)
    book.submit(other(side), at(side), 2, 5)
    book.submit(side, at(side, 10), 3, 6)
    parents, children = ((1, 2), (3, 4)) if side == BUY else ((2, 1), (4, 3))
    assert events(book.set_phase(CLOSED)) == [
        *[(order_id, "EXPIRED") for order_id in parents],
        *[(order_id, "TRIGGERED") for order_id in children],
        *[(order_id, "RESTATED") for order_id in children],
    ]
    assert (queue(book, side), queue(book, other(side))) == ([(4, 3)], [(3, 2)])
    for phase in between:
        assert events(book.set_phase(phase)) == []
    report = book.set_phase(CONTINUOUS)
    assert [quantity for _, _, quantity in pairs(report)] == [2]
    assert (report.reports["flags"][1:] & ReportFlag.AUCTION).all()
    assert (queue(book, side), queue(book, other(side))) == ([(4, 1)], [])


# -- how long orders live


LIVES = [
    # time in force, phases after entry in an opening call, what became of its rest in the last
    (GTC, (CONTINUOUS, CLOSING_CALL, CLOSED), None),
    (DAY, (CONTINUOUS, CLOSING_CALL, HALT), None),
    (DAY, (CONTINUOUS, CLOSING_CALL, CLOSED), "EXPIRED"),
    (DAY, (CLOSED,), "EXPIRED"),
    (AT_THE_OPEN, (HALT,), None),
    (AT_THE_OPEN, (CONTINUOUS,), "EXPIRED"),
    (AT_THE_OPEN, (HALT, CONTINUOUS), "EXPIRED"),
    (AT_THE_OPEN, (CLOSED,), "EXPIRED"),
    (GOOD_FOR_AUCTION, (VOLATILITY_CALL,), None),
    (GOOD_FOR_AUCTION, (CONTINUOUS,), "EXPIRED"),
    (AT_THE_CLOSE, (CONTINUOUS, VOLATILITY_CALL, CONTINUOUS, CLOSING_CALL), "TRIGGERED"),
    (AT_THE_CLOSE, (CLOSING_CALL, CLOSED), "EXPIRED"),
    (AT_THE_CLOSE, (CLOSING_CALL, CONTINUOUS), "EXPIRED"),
    (AT_THE_CLOSE, (CONTINUOUS, CLOSED), "EXPIRED"),
]


@pytest.mark.parametrize("order_type", [LIMIT, STOP_LIMIT], ids=lambda kind: kind.name.lower())
@pytest.mark.parametrize(
    ("time_in_force", "phases", "ending"),
    LIVES,
    ids=[f"{row[0].name} {' '.join(map(by_name, row[1]))}" for row in LIVES],
)
def test_how_long_orders_live(
    book: Any,
    side: Side,
    order_type: Any,
    time_in_force: TimeInForce,
    phases: tuple[Phase, ...],
    ending: str | None,
) -> None:
    """A stop that was not triggered does not take part in calls; only the close ends it."""
    book.set_phase(OPENING_CALL)
    is_stop = order_type == STOP_LIMIT
    fields = {"order_type": order_type, "trigger_price": at(side, 50) if is_stop else 0}
    book.submit(side, at(side), 5, 1, time_in_force=time_in_force, **fields)
    report = walk(book, *phases)
    if is_stop:
        ends = time_in_force != GTC and phases[-1] == CLOSED
        ending = "EXPIRED" if ends else None
    assert events(report) == ([(1, ending)] if ending else [])
    assert (1 in book) == (ending != "EXPIRED")


@pytest.mark.parametrize(
    ("time_in_force", "call", "same", "others"),
    [
        (AT_THE_OPEN, OPENING_CALL, (PRE_OPEN,), (VOLATILITY_CALL, CLOSING_CALL)),
        (AT_THE_OPEN, PRE_OPEN, (OPENING_CALL,), (VOLATILITY_CALL, CLOSING_CALL)),
        (AT_THE_CLOSE, CLOSING_CALL, (CLOSING_CALL,), (*OPENING, VOLATILITY_CALL)),
        (GOOD_FOR_AUCTION, PRE_OPEN, CALLS, ()),
    ],
    ids=["at the open", "before the open", "at the close", "for an auction"],
)
@pytest.mark.parametrize("pause", [(), (HALT,)], ids=["at once", "after a halt"])
def test_order_of_a_call_ends_when_another_begins(
    make_book: Any,
    side: Side,
    time_in_force: TimeInForce,
    call: Phase,
    same: tuple[Phase, ...],
    others: tuple[Phase, ...],
    pause: tuple[Phase, ...],
) -> None:
    for phase in (*same, *others):
        book = make_book()
        book.set_phase(call)
        book.submit(side, at(side), 5, 1, time_in_force=time_in_force)
        book.submit(side, 0, 5, 2, time_in_force=time_in_force, order_type=MARKET)
        book.submit(side, at(side), 5, 3)
        walk(book, *pause)
        assert len(book) == 3
        expected = [(1, "EXPIRED"), (2, "EXPIRED")] if phase in others else []
        assert events(book.set_phase(phase)) == expected
        assert 3 in book


def test_order_that_waits_for_its_call_stays_when_another_begins(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, time_in_force=AT_THE_CLOSE)
    for phase in (VOLATILITY_CALL, OPENING_CALL, VOLATILITY_CALL):
        assert events(book.set_phase(phase)) == []
    assert state_of(book, 1) == OrderState.UNCALLED


def test_order_till_a_date_expires_in_any_phase(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, time_in_force=GTD, expiry=10)
    book.set_phase(HALT, timestamp=9)
    assert 1 in book
    assert events(book.set_phase(OPENING_CALL, timestamp=10)) == [(1, "EXPIRED")]


@pytest.mark.parametrize(
    ("time_in_force", "answered"),
    [(AT_THE_CLOSE, (CLOSING_CALL,)), (GOOD_FOR_AUCTION, CALLS)],
    ids=["at the close", "for an auction"],
)
@pytest.mark.parametrize("phase", [*CALLS, HALT], ids=by_name)
def test_order_waits_for_its_call(
    book: Any, side: Side, phase: Phase, time_in_force: TimeInForce, answered: tuple[Phase, ...]
) -> None:
    report = book.submit(side, at(side), 5, 1, time_in_force=time_in_force)
    assert (statuses(report), report.flags) == (["NEW NEW"], ReportFlag.WAITING)
    assert state_of(book, 1) == OrderState.UNCALLED
    assert ladder(book, side) == []
    assert book.waiting()["order_id"].tolist() == [1]
    report = book.set_phase(phase)
    if phase in answered:
        assert events(report) == [(1, "TRIGGERED")]
        assert queue(book, side) == [(1, 5)]
    else:
        assert events(report) == []
        assert state_of(book, 1) == OrderState.UNCALLED


def test_orders_that_waited_enter_by_age_behind_those_that_rest(book: Any, side: Side) -> None:
    for order_id, time_in_force in ((3, AT_THE_CLOSE), (1, GOOD_FOR_AUCTION), (2, GTC)):
        book.submit(side, at(side), 5, order_id, time_in_force=time_in_force)
    assert events(book.set_phase(CLOSING_CALL)) == [(3, "TRIGGERED"), (1, "TRIGGERED")]
    assert queue(book, side) == [(2, 5), (3, 5), (1, 5)]


def test_market_order_at_the_close_waits_and_then_is_in_the_call(book: Any, side: Side) -> None:
    book.submit(side, 0, 5, 1, order_type=MARKET, time_in_force=AT_THE_CLOSE)
    book.submit(other(side), at(side), 3, 2)
    assert queue(book, other(side)) == [(2, 3)]
    book.set_phase(CLOSING_CALL)
    assert state_of(book, 1) == OrderState.AT_MARKET
    report = book.set_phase(CLOSED)
    assert fills(report) == [(1 if side == Side.SELL else 2, at(side), 3)]
    assert events(report)[-1] == (1, "EXPIRED")


def test_order_that_waits_is_changed_without_a_trade(book: Any, side: Side) -> None:
    book.submit(other(side), at(side), 5, 9)
    book.submit(side, at(side, -1), 5, 1, time_in_force=AT_THE_CLOSE)
    assert statuses(book.replace(1, at(side), 4)) == ["REPLACED NEW"]
    assert book.reduce(1, 1).leaves_quantity == 3
    assert state_of(book, 1) == OrderState.UNCALLED
    assert book.order(1).price == at(side)
    assert statuses(book.cancel(1)) == ["CANCELED CANCELED"]


# -- stops and prices


def in_a_call_with_a_trade(book: Any, side: Side) -> None:
    """Bring a book into a call in which two orders would trade at 100."""
    book.set_phase(OPENING_CALL)
    book.submit(side, at(side), 5, 1)
    book.submit(other(side), at(side), 5, 2)


def test_stop_is_set_off_by_the_auctions_price_once_trading_begins(book: Any, side: Side) -> None:
    in_a_call_with_a_trade(book, side)
    book.submit(side, 0, 4, 3, order_type=STOP, trigger_price=at(side))
    book.submit(other(side), at(side, -5), 4, 4)
    book.cancel(4)
    assert len(book.uncross().trades) == 1
    assert state_of(book, 3) == OrderState.UNTRIGGERED
    book.submit(other(side), at(side, -5), 4, 5)
    report = book.set_phase(CONTINUOUS)
    assert events(report)[0] == (3, "TRIGGERED")
    assert fills(report) == [(5, at(side, -5), 4)]


def test_stop_is_set_off_by_the_auction_that_ends_the_call(book: Any, side: Side) -> None:
    in_a_call_with_a_trade(book, side)
    book.submit(side, at(side), 4, 3, order_type=STOP_LIMIT, trigger_price=at(side))
    report = book.set_phase(CONTINUOUS)
    assert [what for _, what in events(report)] == ["TRADE", "TRADE", "TRIGGERED"]
    assert queue(book, side) == [(3, 4)]


def test_stop_that_the_auctions_price_does_not_reach_waits(book: Any, side: Side) -> None:
    in_a_call_with_a_trade(book, side)
    book.submit(side, 0, 4, 3, order_type=STOP, trigger_price=at(side, 1))
    book.set_phase(CONTINUOUS)
    assert state_of(book, 3) == OrderState.UNTRIGGERED


def test_stop_of_a_call_whose_price_is_there_already_waits_for_trading(
    book: Any, side: Side
) -> None:
    book.set_price(TriggerSource.MARK, at(side, 2))
    book.set_phase(VOLATILITY_CALL)
    fields = {"trigger_price": at(side, 1), "trigger_source": TriggerSource.MARK}
    report = book.submit(side, at(side), 4, 1, order_type=STOP_LIMIT, **fields)
    assert (statuses(report), report.flags) == (["NEW NEW"], ReportFlag.WAITING)
    assert events(book.set_phase(CONTINUOUS)) == [(1, "TRIGGERED")]
    assert queue(book, side) == [(1, 4)]


@pytest.mark.parametrize("source", [0, 1, 2], ids=["last", "mark", "index"])
@pytest.mark.parametrize("phase", [*CALLS, *SILENT], ids=by_name)
def test_price_outside_trading_takes_effect_when_trading_begins(
    book: Any, side: Side, phase: Phase, source: int
) -> None:
    fields = {"order_type": LIMIT_IF_TOUCHED, "trigger_source": source}
    book.submit(side, at(side, -1), 4, 1, trigger_price=at(side, -5), **fields)
    book.set_phase(phase)
    assert statuses(book.set_price(source, at(side, -6))) == ["DONE NONE"]
    assert state_of(book, 1) == OrderState.UNTRIGGERED
    assert events(book.set_phase(CONTINUOUS)) == [(1, "TRIGGERED")]
    assert queue(book, side) == [(1, 4)]


def test_only_the_last_price_of_a_halt_counts(book: Any, side: Side) -> None:
    book.submit(side, 0, 4, 1, order_type=STOP, trigger_price=at(side, 5))
    book.set_phase(HALT)
    for ticks in (9, 0):
        book.set_price(TriggerSource.LAST, at(side, ticks))
    assert events(book.set_phase(CONTINUOUS)) == []
    assert state_of(book, 1) == OrderState.UNTRIGGERED


def test_trailing_stop_does_not_follow_before_trading_begins(book: Any, side: Side) -> None:
    book.set_price(TriggerSource.LAST, 100)
    book.submit(side, 0, 4, 1, order_type=TRAILING_STOP, offset=3)
    assert book.detail(1).trigger_price == at(side, 3)
    book.set_phase(HALT)
    book.set_price(TriggerSource.LAST, at(side, -7))
    assert book.detail(1).trigger_price == at(side, 3)
    book.set_phase(CONTINUOUS)
    assert book.detail(1).trigger_price == at(side, -4)


def test_triggered_order_for_the_close_waits_for_its_call(book: Any, side: Side) -> None:
    fields = {"order_type": STOP_LIMIT, "time_in_force": AT_THE_CLOSE}
    book.submit(side, at(side), 4, 1, trigger_price=at(side, 2), **fields)
    report = book.set_price(TriggerSource.LAST, at(side, 2))
    assert events(report) == [(1, "TRIGGERED"), (1, "RESTATED")]
    assert report.reports["flags"][-1] == ReportFlag.WAITING
    assert state_of(book, 1) == OrderState.UNCALLED
    assert events(book.set_phase(CLOSING_CALL)) == [(1, "TRIGGERED")]
    assert queue(book, side) == [(1, 4)]


def test_stops_of_a_call_enter_after_its_last_trade(book: Any, side: Side) -> None:
    """The auction comes to its end at one price before anything that it sets off comes in."""
    in_a_call_with_a_trade(book, side)
    book.submit(side, 0, 2, 3, order_type=STOP, trigger_price=at(side))
    book.submit(side, at(side), 5, 4)
    book.submit(other(side), at(side), 6, 5)
    report = book.set_phase(CONTINUOUS)
    buyers_and_sellers = pairs(report)
    assert [quantity for _, _, quantity in buyers_and_sellers] == [5, 5, 1]
    assert 3 in buyers_and_sellers[-1]
