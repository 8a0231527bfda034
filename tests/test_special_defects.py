"""Defects that real engines had with special orders, where no test of a rule shows them absent.

docs/defects.md names for each class of defects the tests that do, see test_defects.py. Most of
these are true of every stream of commands, so they are asked of random ones.
"""

from __future__ import annotations

from itertools import count
from random import Random
from typing import Any

import numpy as np
import pytest
from implementations import Implementation
from linking import advance, join, wait_for
from streams import Stream, random_stream
from views import BASE, at, fills, other, queue

from engine import (
    ALL_OR_NONE,
    FOK,
    GTD,
    HIDDEN,
    IOC,
    MARKET,
    PEG_MIDPOINT,
    SET_PHASE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    TRAILING_STOP,
    TRAILING_STOP_LIMIT,
    UNCROSS,
    BandAction,
    ExecType,
    OrderFlag,
    OrderStatus,
    Phase,
    ReportFlag,
    SelfTradeMode,
    Side,
    TriggerSource,
)
from engine.auctions import uncross_price

CALLS = (Phase.PRE_OPEN, Phase.OPENING_CALL, Phase.VOLATILITY_CALL, Phase.CLOSING_CALL)
CHOOSY = OrderFlag.ALL_OR_NONE | OrderFlag.MINIMUM_EACH


def special_stream(seed: int, length: int) -> Stream:
    """Return the first stream from this seed on that has linked orders; it trades all day."""
    for candidate in count(seed, 1_000):
        stream = random_stream(candidate, length)
        commands = stream.commands
        if np.any(commands["linked_order_id"]):
            break
    bands_refuse = tuple(terms | {"band_action": BandAction.REJECT} for terms in stream.instruments)
    trading = commands[~np.isin(commands["kind"], (SET_PHASE, UNCROSS))]
    return stream.with_commands(trading)._replace(instruments=bands_refuse)


# -- I: time in force, all-or-none, expiry


def any_makers(book: Any, side: Side, random: Random) -> None:
    """Let orders of every kind rest, of two accounts."""
    for order_id in range(1, 13):
        lots = random.randint(1, 9)
        fields = random.choice(
            ({}, {}, {"flags": HIDDEN}, {"flags": ALL_OR_NONE}, {"display_quantity": 1})
        )
        price = at(side, random.randint(0, 3))
        book.submit(side, price, lots, order_id, random.randint(7, 8), **fields)


@pytest.mark.parametrize("mode", list(SelfTradeMode))
@pytest.mark.parametrize("seed", range(10))
def test_fok_fills_exactly_where_ioc_would_fill_whole(
    make_book: Any, side: Side, seed: int, mode: SelfTradeMode
) -> None:
    """And where it does not, nothing at all has changed."""
    kill, cancel = make_book(), make_book()
    for book in (kill, cancel):
        any_makers(book, side, Random(seed))
    random = Random(seed)
    asked = {"price": at(side, random.randint(0, 3)), "quantity": random.randint(1, 40)}
    asked |= {"side": other(side), "account": 7, "order_id": 99, "self_trade_mode": mode}
    before = kill.state_hash()
    killed = kill.submit(**asked, time_in_force=FOK)
    canceled = cancel.submit(**asked, time_in_force=IOC)
    if canceled.filled_quantity == asked["quantity"]:
        assert fills(killed) == fills(canceled)
        assert kill.state_hash() == cancel.state_hash()
    else:
        assert killed.exec_type == ExecType.REJECTED
        assert kill.state_hash() == before


@pytest.mark.parametrize("seed", range(300, 308))
def test_only_choosy_orders_ever_stand_crossed(implementation: Implementation, seed: int) -> None:
    """All-or-none orders on the way, icebergs that came back, links, expiry: others have met."""
    stream = special_stream(seed, 300)
    core = stream.new_core(implementation.core)
    for index in range(len(stream.commands)):
        core.match(stream.commands[index : index + 1])
        for number in range(core.instrument_count):
            prices = []
            for side in Side:
                orders = core.book(number).orders(side)
                plain = orders["price"][orders["flags"] & CHOOSY == 0]
                prices.append(int(plain[0]) if len(plain) else None)
            bid, ask = prices
            assert bid is None or ask is None or bid < ask


def test_an_expired_order_is_not_on_any_list(book: Any, side: Side) -> None:
    """Whatever ends an order ends its expiry: the next of its id is another order."""
    until = {"time_in_force": GTD, "expiry": 100}
    for order_id in (1, 2, 3):
        book.submit(side, at(side), 5, order_id, **until)
    book.submit(other(side), at(side), 5)
    book.cancel(2)
    book.reduce(3, 5)
    for order_id in (1, 2, 3):
        book.submit(side, at(side), 4, order_id)
    assert len(advance(book, 100)) == 1
    assert queue(book, side) == [(1, 4), (2, 4), (3, 4)]


@pytest.mark.parametrize("seed", range(310, 316))
def test_no_order_trades_or_lives_at_its_expiry(implementation: Implementation, seed: int) -> None:
    stream = special_stream(seed, 400)
    core = stream.new_core(implementation.core)
    ends: dict[int, int] = {}
    for index in range(len(stream.commands)):
        for report in core.match(stream.commands[index : index + 1]):
            if report["exec_type"] == ExecType.TRADE:
                assert ends.get(int(report["order_id"]), 2**64) > report["timestamp"]
        ends.clear()
        for number in range(core.instrument_count):
            details = core.book(number).details()
            assert all(expiry == 0 or expiry > core.time for expiry in details["expiry"])
            names = ["order_id", "expiry"]
            ends |= {order: end for order, end in details[names].tolist() if end}


# -- K: stops


@pytest.mark.parametrize("life", range(3))
def test_the_book_of_stops_survives_many_cycles(book: Any, side: Side, life: int) -> None:
    """The same cycle of a trailing stop-limit, over and over, with the same ids."""
    for _ in range(5 + life):
        book.set_price(TriggerSource.LAST, BASE)
        trail = {"order_type": TRAILING_STOP_LIMIT, "offset": 3}
        book.submit(side, 1, 5, 1, **trail)
        book.set_price(TriggerSource.LAST, BASE - side * 4)
        assert book.detail(1).trigger_price == BASE - side
        report = book.set_price(TriggerSource.LAST, BASE - side)
        assert report.reports["exec_type"].tolist() == [ExecType.DONE, ExecType.TRIGGERED]
        assert queue(book, side, BASE) == [(1, 5)]
        report = book.submit(other(side), BASE, 5, 2)
        assert fills(report) == [(1, BASE, 5)]
        assert len(book) == 0


@pytest.mark.parametrize("seed", range(320, 326))
def test_every_order_is_triggered_once(implementation: Implementation, seed: int) -> None:
    """Twice only if it was released to wait for its price, which the first report says."""
    stream = special_stream(seed, 1_000)
    core = stream.new_core(implementation.core)
    waits: dict[int, bool] = {}
    for report in core.match(stream.commands):
        order_id, exec_type = int(report["order_id"]), report["exec_type"]
        is_waiting = bool(report["flags"] & ReportFlag.WAITING)
        if exec_type in (ExecType.NEW, ExecType.RESTATED):
            waits[order_id] = is_waiting
        elif exec_type == ExecType.TRIGGERED:
            assert waits[order_id]
            waits[order_id] = is_waiting
        elif exec_type == ExecType.TRADE:
            assert not waits[order_id]


def test_a_triggered_stop_limit_with_ioc_leaves_nothing(book: Any, side: Side) -> None:
    book.submit(other(side), at(side, 5), 3, 1)
    asked = {"order_type": STOP_LIMIT, "trigger_price": at(side, 5), "time_in_force": IOC}
    book.submit(side, at(side, 5), 9, 2, **asked)
    report = book.set_price(TriggerSource.LAST, at(side, 5))
    assert fills(report) == [(1, at(side, 5), 3)]
    assert report.reports[-1][["order_id", "order_status", "last_quantity"]].item() == (
        *(2, OrderStatus.CANCELED, 6),
    )
    assert len(book) == 0


@pytest.mark.parametrize("way", ["cancel", "expire", "link"])
def test_a_stop_that_is_gone_is_never_triggered(book: Any, side: Side, way: str) -> None:
    """And an order that comes under its id is not taken for it."""
    asked = {"order_type": STOP, "trigger_price": at(side, 5)}
    book.submit(side, 0, 5, 1, time_in_force=GTD, expiry=100, **asked)
    join(book, side, at(side), 5, 2, linked_order_id=1)
    wait_for(book, side, at(side), 5, 3, linked_order_id=1)
    if way == "expire":
        advance(book, 100)
    else:
        book.cancel(1 if way == "cancel" else 2)
    assert len(book) == 0
    for order_id in (1, 2, 3):
        book.submit(side, at(side), 5, order_id)
    assert len(book.set_price(TriggerSource.LAST, at(side, 5)).reports) == 1
    assert len(book.cancel(1).reports) == 1
    assert queue(book, side) == [(2, 5), (3, 5)]


def test_a_linked_stop_that_was_triggered_expires(book: Any, side: Side) -> None:
    """It rests at its limit, and ends at its time like any order."""
    until = {"time_in_force": GTD, "expiry": 100}
    book.submit(side, at(side, -5), 5, 1, **until)
    stop = {"order_type": STOP_LIMIT, "trigger_price": at(side, 5)}
    join(book, side, at(side, 6), 5, 2, linked_order_id=1, **stop, **until)
    report = book.set_price(TriggerSource.LAST, at(side, 5))
    assert report.reports[["order_id", "exec_type"]].tolist()[1:] == [
        (2, ExecType.TRIGGERED),
        (1, ExecType.CANCELED),
    ]
    assert queue(book, side) == [(2, 5)]
    assert advance(book, 100)["exec_type"].tolist() == [ExecType.EXPIRED, ExecType.DONE]
    assert len(book) == 0


def test_a_trailing_stop_is_made_smaller_and_larger_while_it_waits(book: Any, side: Side) -> None:
    """It follows the market as before, also where a fill of its entry came in between."""
    away = other(side)
    book.set_price(TriggerSource.LAST, at(side))
    book.submit(side, at(side), 9, 1)
    wait_for(book, away, 0, 9, 2, linked_order_id=1, order_type=TRAILING_STOP, offset=5)
    book.submit(away, at(side), 4)
    for lots in (3, 8):
        assert book.replace(2, 0, lots).exec_type == ExecType.REPLACED
    book.cancel(1)
    assert book.order(2).leaves_quantity == 4
    for lots in (2, 3):
        assert book.replace(2, 0, lots).exec_type == ExecType.REPLACED
        assert book.detail(2).trigger_price == at(side, -5)
    book.set_price(TriggerSource.LAST, at(side, 10))
    assert book.detail(2).trigger_price == at(side, 5)
    book.submit(side, at(side, 4), 9, 3)
    report = book.set_price(TriggerSource.LAST, at(side, 5))
    assert fills(report) == [(3, at(side, 4), 3)]


# -- L: self-trade prevention


@pytest.mark.parametrize("mode", list(SelfTradeMode)[1:])
@pytest.mark.parametrize("seed", [331, 332, 333, 335])  # in each there is an account 0
def test_no_trade_is_of_an_owner_with_itself(
    implementation: Implementation, seed: int, mode: SelfTradeMode
) -> None:
    """Account 0 is an account like any other; triggered and retried orders are asked too."""
    stream = special_stream(seed, 1_000)
    commands = stream.commands
    submits = commands["kind"] == SUBMIT
    commands["self_trade_mode"][submits] = mode
    commands["self_trade_group"] = 0
    core = stream.new_core(implementation.core)
    trades = core.match(commands, detail="trades")
    assert len(trades)
    assert 0 in trades["maker_account"]
    assert not np.any(trades["maker_account"] == trades["taker_account"])


def test_which_own_order_is_met_is_a_matter_of_the_queue(book: Any, side: Side) -> None:
    """Neither of ids nor of clocks: order 1 is the oldest, and went to the tail."""
    for order_id, account in ((1, 7), (2, 7), (3, 8)):
        book.submit(side, at(side), 2, order_id, account)
    book.replace(1, at(side), 2)
    mode = {"self_trade_mode": SelfTradeMode.CANCEL_BOTH}
    report = book.submit(other(side), at(side), 9, 4, 7, **mode)
    assert report.reports[["order_id", "exec_type"]].tolist()[1:] == [
        (2, ExecType.CANCELED),
        (4, ExecType.CANCELED),
    ]
    assert queue(book, side) == [(3, 2), (1, 2)]


# -- M: auctions, phases, halts


@pytest.mark.parametrize("seed", range(12))
def test_an_auction_is_of_the_orders_that_are_there(make_book: Any, seed: int) -> None:
    """Cancels, reductions and replaces up to the auction count, and none is seen half-way."""
    random = Random(seed)
    book = make_book()
    book.set_phase(random.choice(CALLS))
    for _ in range(60):
        side = random.choice(list(Side))
        at_market = random.random() < 0.1
        fields = random.choice(({}, {}, {"flags": HIDDEN}, {"display_quantity": 1}))
        if at_market:
            fields = {"order_type": MARKET}
        price = 0 if at_market else BASE + random.randint(-5, 5)
        order_id = book.submit(side, price, random.randint(1, 9), **fields).order_id
        victim = random.randint(1, order_id)
        random.choice((book.cancel, lambda victim: book.reduce(victim, 2)))(victim)
        rows: dict[Side, list[tuple[int | None, int]]] = {side: [] for side in Side}
        for orders in (book.waiting(), book.orders(Side.BUY), book.orders(Side.SELL)):
            for order in orders:
                price = None if order["order_type"] == MARKET else int(order["price"])
                rows[Side(order["side"])].append((price, int(order["leaves_quantity"])))
        expected = uncross_price(rows[Side.BUY], rows[Side.SELL])
        assert book.indicative() == expected
    report = book.uncross()
    assert expected is not None
    assert report.last_price == expected.price
    assert report.trades["quantity"].sum() == report.last_quantity == expected.volume
    assert set(report.trades["price"].tolist()) == {expected.price}
    bid, ask = (book.orders(side)["price"][:1].tolist() for side in Side)
    assert not bid or not ask or bid < ask


@pytest.mark.parametrize("phase", CALLS)
@pytest.mark.parametrize("following", [Phase.CONTINUOUS, Phase.CLOSED])
def test_no_call_ends_without_its_auction(
    book: Any, side: Side, phase: Phase, following: Phase
) -> None:
    """Whatever phases lie between: a halt or another call keeps what was collected."""
    book.set_phase(phase)
    book.submit(side, at(side, 1), 5, 1)
    book.submit(other(side), at(side, 1), 3, 2)
    for between in (Phase.HALT, *CALLS):
        assert len(book.set_phase(between).trades) == 0
    report = book.set_phase(following)
    assert report.trades[["price", "quantity"]].tolist() == [(at(side, 1), 3)]
    assert queue(book, side) == [(1, 2)]


def test_orders_survive_every_change_of_phase(book: Any, side: Side) -> None:
    """Their places, too; what they can be asked for after it is what they could before."""
    for order_id in (3, 1, 2):
        book.submit(side, at(side), 5, order_id, timestamp=order_id)
    book.submit(other(side), at(side, 5), 5, 4, flags=ALL_OR_NONE)
    book.submit(other(side), 0, 5, 5, order_type=STOP, trigger_price=at(side, -5))
    before = (queue(book, side), book.details().tobytes(), len(book))
    for one in Phase:
        for another in Phase:
            book.set_phase(one)
            book.set_phase(another)
            assert (queue(book, side), book.details().tobytes(), len(book)) == before
    book.set_phase(Phase.CONTINUOUS)
    assert book.cancel(1).exec_type == ExecType.CANCELED
    assert fills(book.submit(other(side), at(side), 7)) == [(3, at(side), 5), (2, at(side), 2)]


def test_a_stop_waits_through_a_call_and_its_auction_sets_it_off(book: Any, side: Side) -> None:
    """It takes no part in the auction, and enters once trading has begun."""
    book.set_phase(Phase.OPENING_CALL)
    stop = {"order_type": STOP_LIMIT, "trigger_price": at(side, 1)}
    book.submit(side, at(side, 3), 5, 1, **stop)
    book.submit(side, at(side, 1), 5, 2)
    book.submit(other(side), at(side, 1), 8, 3)
    assert book.set_price(TriggerSource.LAST, at(side, 1)).exec_type == ExecType.DONE
    report = book.set_phase(Phase.CONTINUOUS)
    orders = report.reports[["order_id", "exec_type"]].tolist()
    assert orders.index((1, ExecType.TRIGGERED)) == 3
    assert orders[4:] == [(3, ExecType.TRADE), (1, ExecType.TRADE)]
    assert report.reports[-2:]["flags"].tolist() == [0, 0]
    assert queue(book, side) == [(1, 2)]


def test_an_auction_that_leaves_icebergs_leaves_nothing_crossed(book: Any, side: Side) -> None:
    """A refreshed part is filled in the same auction: it counts whole."""
    book.set_phase(Phase.OPENING_CALL)
    book.submit(side, at(side, 2), 20, 1, display_quantity=3)
    book.submit(side, at(side, 1), 20, 2, flags=HIDDEN)
    book.submit(other(side), at(side), 30, 3, display_quantity=4)
    report = book.set_phase(Phase.CONTINUOUS)
    assert report.trades["quantity"].tolist() == [20, 10]
    assert queue(book, side) == [(2, 10)]
    assert queue(book, other(side)) == []


def test_a_call_may_last_as_long_as_time_does(book: Any, side: Side) -> None:
    book.set_phase(Phase.OPENING_CALL, timestamp=1)
    book.submit(side, at(side), 5, 1, time_in_force=GTD, expiry=2**64 - 1)
    book.submit(other(side), at(side), 3, 2, timestamp=2)
    assert advance(book, 2**64 - 2)["exec_type"].tolist() == [ExecType.DONE]
    report = book.set_phase(Phase.CONTINUOUS)
    assert report.trades["quantity"].tolist() == [3]
    assert queue(book, side) == [(1, 2)]
    assert advance(book, 2**64 - 1)["exec_type"].tolist() == [ExecType.EXPIRED, ExecType.DONE]


def test_an_auction_leads_to_trading_and_to_no_other_call(book: Any, side: Side) -> None:
    """However far its price is from the last one: who runs the day decides on the next phase."""
    book.set_price(TriggerSource.LAST, at(side))
    book.set_phase(Phase.OPENING_CALL)
    book.submit(side, at(side, 900), 5, 1)
    book.submit(other(side), at(side, 900), 5, 2)
    assert len(book.set_phase(Phase.CONTINUOUS).trades) == 1
    assert book.phase == Phase.CONTINUOUS
    book.submit(side, at(side), 5, 3)
    assert fills(book.submit(other(side), at(side), 5)) == [(3, at(side), 5)]


# -- T: cost

STAYING: dict[str, dict[str, int]] = {
    "pegs": {"price": 0, "order_type": PEG_MIDPOINT},
    "choosy orders": {"price": BASE, "flags": ALL_OR_NONE},
    "trailing orders": {
        "price": 0,
        "order_type": TRAILING_STOP,
        "trigger_source": TriggerSource.MARK,
        "offset": 5,
    },
}


@pytest.mark.parametrize("kind", list(STAYING))
def test_special_orders_that_stay_are_not_looked_at(
    book: Any, side: Side, implementation: Implementation, kind: str
) -> None:
    """At each command a look at all of them, or at those before the best, would take minutes."""
    many = 20_000 if implementation.name == "core" else 100
    book.submit(side, at(side), 1)
    book.submit(other(side), at(side, 10), 1)
    book.set_price(TriggerSource.MARK, BASE)
    for _ in range(many):
        book.submit(side, quantity=5, **STAYING[kind])
    before = book.details()
    for number in range(many):
        assert book.submit(side, at(side, -5 - number % 5), 1).exec_type == ExecType.NEW
        assert book.set_price(TriggerSource.MARK, BASE).reports.size == 1
    assert before.size == many
    assert np.array_equal(book.details(), before)
