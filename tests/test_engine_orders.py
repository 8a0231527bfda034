"""Special orders, phases and mass cancels on the friendly face, against the face in integers."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    BUY,
    COMMAND_DTYPE,
    GTD,
    SELL,
    STOP,
    CommandError,
    Engine,
    ExecType,
    GridError,
    Instrument,
    OrderFlag,
    OrderState,
    OrderStatus,
    OrderType,
    Phase,
    RejectReason,
    ReportFlag,
    SelfTradeMode,
    TimeInForce,
    TriggerSource,
    UnknownSymbolError,
)
from engine._order_terms import SUBMIT_NAMES, TERMS

BITCOIN = Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
OIL = Instrument(symbol="OIL", tick_size="0.05", lot_size=10, min_price=-50, max_price=200)
NOON = datetime(2025, 3, 14, 12, tzinfo=UTC)
NOON_NS = 1_741_953_600 * 10**9


def new_venue(**settings: Any) -> Engine:
    venue = Engine(**settings)
    for instrument in (BITCOIN, OIL):
        venue.add_instrument(instrument)
    return venue


@pytest.fixture
def venue() -> Any:
    venue = new_venue()
    yield venue
    venue.check_invariants()


def prepared() -> Engine:
    """Return a venue in which oil has traded at 60 and has an order 5 to be linked with."""
    venue = new_venue()
    for side, order_id in (("sell", 3), ("buy", 4)):
        venue.submit("OIL", side=side, price=60, quantity=50, order_id=order_id)
    venue.submit("OIL", side="sell", price=65, quantity=100, order_id=5)
    return venue


# -- terms


MARKET = {"order_type": OrderType.MARKET}
STOPPED = {"order_type": STOP, "trigger_price": 1_100}
TRAILED = {"order_type": OrderType.TRAILING_STOP, "offset": 40}
LIMITED = {"price": 1_200}
PEGGED = {"order_type": OrderType.PEG_PRIMARY}
FLAGS = OrderFlag

# Arguments of `Engine.submit` for oil, and what the book is told in ticks and lots.
ORDERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"order_type": "stop", "trigger_price": "55"}, STOPPED),
    ({"order_type": "Stop", "trigger_price": Decimal(55)}, STOPPED),
    (
        {"order_type": "stop", "trigger_price": 55.0, "trigger_source": "Mark"},
        STOPPED | {"trigger_source": 1},
    ),
    (
        {"order_type": "stop", "trigger_price": 55, "trigger_source": TriggerSource.INDEX},
        STOPPED | {"trigger_source": 2},
    ),
    (
        {"order_type": "stop_limit", "price": 54, "trigger_price": 55},
        {"order_type": 4, "price": 1_080, "trigger_price": 1_100},
    ),
    (
        {"order_type": "market_if_touched", "trigger_price": 70},
        {"order_type": 5, "trigger_price": 1_400},
    ),
    (
        {"order_type": "limit_if_touched", "price": 71, "trigger_price": 70},
        {"order_type": 6, "price": 1_420, "trigger_price": 1_400},
    ),
    ({"order_type": "trailing_stop", "trail_by": 2}, TRAILED),
    (
        {"order_type": "trailing_stop", "trail_by": "2.00", "activation_price": 61},
        TRAILED | {"trigger_price": 1_220},
    ),
    (
        {"order_type": "trailing_stop", "trail_rate": "0.05"},
        {"order_type": 7, "offset": 50_000, "flags": FLAGS.TRAIL_RATE},
    ),
    (
        {"order_type": "trailing_stop_limit", "trail_by": 2, "limit_distance": "0.10"},
        {"order_type": 8, "offset": 40, "price": 2},
    ),
    (
        {"order_type": "trailing_stop_limit", "trail_rate": 1e-6, "limit_distance": 0},
        {"order_type": 8, "offset": 1, "flags": FLAGS.TRAIL_RATE},
    ),
    ({"order_type": "market_to_limit"}, {"order_type": 2}),
    ({"order_type": "peg_primary"}, PEGGED),
    ({"order_type": "Peg_Primary", "peg_offset": "0.10"}, PEGGED | {"offset": 2}),
    ({"order_type": "peg_market", "peg_offset": -1}, {"order_type": 10, "offset": -20}),
    ({"order_type": "peg_midpoint", "peg_offset": 0}, {"order_type": 11}),
    (
        {"order_type": "peg_primary", "peg_limit": Decimal("66.05")},
        PEGGED | {"bound": 1_321, "flags": FLAGS.PROTECTED},
    ),
    (
        {"order_type": 9, "peg_offset": 0.05, "peg_limit": 0, "hidden": True},
        PEGGED | {"offset": 1, "bound": 0, "flags": FLAGS.PROTECTED | FLAGS.HIDDEN},
    ),
    ({"price": 60, "display_quantity": 10}, LIMITED | {"display_quantity": 1}),
    ({"price": 60, "hidden": True}, LIMITED | {"flags": FLAGS.HIDDEN}),
    ({"price": 60, "hidden": False}, LIMITED),
    ({"price": 60, "all_or_none": True}, LIMITED | {"flags": FLAGS.ALL_OR_NONE}),
    ({"price": 60, "minimum_quantity": "20"}, LIMITED | {"minimum_quantity": 2}),
    (
        {"price": 60, "minimum_each": 20},
        LIMITED | {"minimum_quantity": 2, "flags": FLAGS.MINIMUM_EACH},
    ),
    (
        {"order_type": "market", "worst_price": "-1.05"},
        MARKET | {"bound": -21, "flags": FLAGS.PROTECTED},
    ),
    ({"order_type": "market", "budget": 100}, MARKET | {"bound": 200, "flags": FLAGS.BUDGET}),
    ({"order_type": 1, "budget": "100.49"}, MARKET | {"bound": 200, "flags": FLAGS.BUDGET}),
    ({"order_type": "market", "budget": 0.49}, MARKET | {"bound": 0, "flags": FLAGS.BUDGET}),
    ({"order_type": "market", "budget": 0}, MARKET | {"bound": 0, "flags": FLAGS.BUDGET}),
    ({"order_type": "market", "budget": "1e-999"}, MARKET | {"flags": FLAGS.BUDGET}),
    ({"order_type": "market", "budget": -1}, MARKET | {"bound": -2, "flags": FLAGS.BUDGET}),
    ({"price": 60, "slide": True}, LIMITED | {"flags": FLAGS.POST_ONLY | FLAGS.SLIDE}),
    ({"price": 60, "slide": True, "post_only": True}, LIMITED | {"flags": 3}),
    ({"price": 60, "reduce_only": True}, LIMITED | {"flags": FLAGS.REDUCE_ONLY}),
    ({"price": 60, "reduce_only": False}, LIMITED),
    ({"price": 60, "expiry": 77}, LIMITED | {"expiry": 77, "time_in_force": GTD}),
    ({"price": 60, "expiry": 0, "time_in_force": "gtd"}, LIMITED | {"time_in_force": GTD}),
    (
        {"price": 60, "expiry": NOON, "time_in_force": "gtd"},
        LIMITED | {"expiry": NOON_NS, "time_in_force": GTD},
    ),
    (
        {"price": 60, "expiry": NOON.astimezone(timezone(timedelta(hours=5)))},
        LIMITED | {"expiry": NOON_NS, "time_in_force": GTD},
    ),
    (
        {"price": 60, "self_trade": "Cancel_Newest"},
        LIMITED | {"self_trade_mode": SelfTradeMode.CANCEL_NEWEST},
    ),
    (
        {"price": 65, "side": "buy", "self_trade": 2, "self_trade_group": 9},
        {"price": 1_300, "side": BUY, "self_trade_mode": 2, "self_trade_group": 9},
    ),
    (
        {"price": 60, "cancels": 5},
        LIMITED | {"flags": FLAGS.ONE_CANCELS_OTHER, "linked_order_id": 5},
    ),
    (
        {"price": 60, "waits_for": np.uint64(5)},
        LIMITED | {"flags": FLAGS.ONE_TRIGGERS_OTHER, "linked_order_id": 5},
    ),
    ({"price": 60, "waits_for": 5, "cancels": 5}, LIMITED | {"flags": 768, "linked_order_id": 5}),
    ({"price": 60, "flags": FLAGS.HIDDEN, "all_or_none": True}, LIMITED | {"flags": 12}),
    ({"price": 60, **dict.fromkeys(TERMS)}, LIMITED),
    # What contradicts itself, or leaves out what it needs, is for the engine to refuse.
    ({"order_type": "stop", "trigger_price": 55, "price": 60}, STOPPED | LIMITED),
    ({"order_type": "trailing_stop"}, {"order_type": 7}),
    ({"price": 60, "trigger_price": 55}, LIMITED | {"trigger_price": 1_100}),
    ({"price": 60, "trail_by": 2}, LIMITED | {"offset": 40}),
    (
        {"price": 60, "slide": True, "time_in_force": "ioc"},
        LIMITED | {"flags": 3} | {"time_in_force": 1},
    ),
    (
        {"price": 60, "expiry": 7, "time_in_force": "day"},
        LIMITED | {"expiry": 7, "time_in_force": 4},
    ),
    ({"price": 60, "worst_price": 1}, LIMITED | {"bound": 20, "flags": FLAGS.PROTECTED}),
    (
        {"order_type": "market", "budget": 1, "worst_price": 1},
        MARKET | {"bound": 20, "flags": FLAGS.PROTECTED | FLAGS.BUDGET},
    ),
    (
        {"price": 60, "hidden": True, "display_quantity": 10},
        LIMITED | {"flags": 4, "display_quantity": 1},
    ),
    ({"price": 60, "self_trade_group": 9}, LIMITED | {"self_trade_group": 9}),
    ({"price": 60, "cancels": 0}, LIMITED | {"flags": FLAGS.ONE_CANCELS_OTHER}),
]


@pytest.mark.parametrize(("order", "told"), ORDERS, ids=[str(order) for order, _ in ORDERS])
def test_every_term_is_what_the_integer_face_has(order: dict[str, Any], told: Any) -> None:
    friendly, plain = prepared(), prepared()
    label = {"account": 3, "client_order_id": 8, "command_id": 9, "timestamp": 10, "order_id": 70}
    report = friendly.submit("OIL", **({"side": "sell", "quantity": 50} | label | order))
    told = {"side": SELL, "price": 0, "quantity": 5} | label | told
    assert report == plain.book("OIL").submit(**told)
    assert friendly.state_hash() == plain.state_hash()
    assert friendly.detail(70) == plain.book("OIL").detail(70)


@pytest.mark.parametrize("time_in_force", list(TimeInForce))
def test_times_in_force_by_name(venue: Engine, time_in_force: TimeInForce) -> None:
    name = time_in_force.name.title()
    report = venue.submit("OIL", side="buy", price=60, quantity=10, time_in_force=name)
    assert report.time_in_force == time_in_force


GOOD_STOP = {"order_type": "stop", "trigger_price": 55, "price": None}
TRAIL = {"order_type": "trailing_stop", "trail_by": 2, "price": None}
DISTANT = {"order_type": "trailing_stop_limit", "trail_by": 2, "limit_distance": 1, "price": None}

MISUSE: list[tuple[dict[str, Any], type[Exception], str]] = [
    (
        {"trigger_price": "55.01"},
        GridError,
        "OIL: trigger_price was '55.01', not on the grid of 0.",
    ),
    ({"activation_price": 5}, CommandError, "activation_price was 5, limit has none"),
    (TRAIL | {"activation_price": "x"}, GridError, "OIL: activation_price was 'x', not a number"),
    (TRAIL | {"trail_by": 0.01}, GridError, "OIL: trail_by was 0.01, not on the grid of 0.05"),
    (
        TRAIL | {"trail_rate": "0.05"},
        CommandError,
        "trail_by was 2 and trail_rate was '0.05', one of them must be left out",
    ),
    (
        TRAIL | {"trail_by": None, "trail_rate": "5e-7"},
        GridError,
        "OIL: trail_rate was '5e-7', not on the grid of 0.000001",
    ),
    (
        TRAIL | {"trigger_price": 5},
        CommandError,
        "trigger_price was 5, that of trailing_stop follows the market: activation_price says",
    ),
    (GOOD_STOP | {"trigger_price": None}, CommandError, "trigger_price was None, must be a number"),
    (
        {"order_type": "limit_if_touched"},
        CommandError,
        "trigger_price was None, must be a number for limit_if_touched",
    ),
    (
        {"order_type": "stop_limit", "trigger_price": 5, "price": None},
        CommandError,
        "price was None, must be a number for an order with a limit",
    ),
    (
        GOOD_STOP | {"activation_price": 5},
        CommandError,
        "trigger_price was 55 and activation_price was 5, one of them must be left out",
    ),
    (GOOD_STOP | {"limit_distance": 1}, CommandError, "limit_distance was 1, stop has none"),
    (
        DISTANT | {"price": 5, "limit_distance": None},
        CommandError,
        "price was 5, trailing_stop_limit has a limit_distance instead",
    ),
    (
        DISTANT | {"price": 5},
        CommandError,
        "price was 5 and limit_distance was 1, one of them must be left out",
    ),
    (
        DISTANT | {"limit_distance": None},
        CommandError,
        "limit_distance was None, must be a number for trailing_stop_limit",
    ),
    (
        DISTANT | {"limit_distance": "0.01"},
        GridError,
        "OIL: limit_distance was '0.01', not on the grid",
    ),
    (
        GOOD_STOP | {"trigger_source": "mid"},
        CommandError,
        "trigger_source was 'mid', not one of 'last', 'mark', 'index'",
    ),
    (GOOD_STOP | {"trigger_source": 9}, CommandError, "trigger_source was 9, not one of 'last'"),
    ({"display_quantity": 5}, GridError, "OIL: display_quantity was 5, not on the grid of 10"),
    ({"minimum_quantity": 5}, GridError, "OIL: minimum_quantity was 5, not on the grid of 10"),
    ({"minimum_each": "a"}, GridError, "OIL: minimum_each was 'a', not a number"),
    (
        {"minimum_each": 10, "minimum_quantity": 10},
        CommandError,
        "minimum_quantity was 10 and minimum_each was 10, one of them must be left out",
    ),
    ({"worst_price": "0.01"}, GridError, "OIL: worst_price was '0.01', not on the grid of 0.05"),
    ({"budget": "much"}, GridError, "OIL: budget was 'much', not a number"),
    ({"budget": float("inf")}, GridError, "OIL: budget was inf, not a finite number"),
    (
        {"budget": 1e30},
        GridError,
        "OIL: budget was 1e+30, beyond 64 bits in steps of 0.05 times 10",
    ),
    ({"budget": "1e999"}, GridError, "OIL: budget was 1e999, beyond 64 bits"),
    (
        {"expiry": datetime(2025, 3, 14)},
        CommandError,
        "expiry was datetime.datetime(2025, 3, 14, 0, 0), without a time zone",
    ),
    ({"expiry": "noon"}, TypeError, "expiry was 'noon', of str, not an integer"),
    (
        {"expiry": datetime(1960, 1, 1, tzinfo=UTC)},
        OverflowError,
        "expiry was -315619200000000000, outside 0",
    ),
    (
        {"self_trade": "never"},
        CommandError,
        "self_trade was 'never', not one of 'none', 'cancel_newest', 'cancel_oldest',",
    ),
    ({"self_trade": 9}, CommandError, "self_trade was 9, not one of 'none'"),
    (
        {"self_trade": 1, "self_trade_group": 2**32},
        OverflowError,
        "self_trade_group was 4294967296",
    ),
    ({"self_trade_group": "a"}, TypeError, "self_trade_group was 'a', of str, not an integer"),
    ({"cancels": "5"}, TypeError, "cancels was '5', of str, not an integer"),
    ({"waits_for": -1}, OverflowError, "waits_for was -1, outside 0 to 18446744073709551615"),
    (
        {"cancels": 5, "waits_for": 6},
        CommandError,
        "cancels was 5 and waits_for was 6, an order is linked with one other",
    ),
    (
        {"triger_price": None},
        TypeError,
        "submit() got an unexpected keyword argument 'triger_price': nearest are 'trigger_price'",
    ),
    (
        {"self_trade_mode": "cancel_newest"},  # as it is called in a record
        TypeError,
        "submit() got an unexpected keyword argument 'self_trade_mode': nearest are 'self_trade'",
    ),
    ({"Hidden": True}, TypeError, "submit() got an unexpected keyword argument 'Hidden': nearest"),
    ({"zzzz": 1}, TypeError, "submit() got an unexpected keyword argument 'zzzz'"),
    (
        {"post_onli": 1},
        TypeError,
        "submit() got an unexpected keyword argument 'post_onli': nearest are 'post_only'",
    ),
    ({"side": 5, "hidden": True}, CommandError, "side was 5, not one of BUY=1, SELL=-1"),
    ({"order_type": 99, "hidden": True}, CommandError, "order_type was 99, not one of LIMIT=0"),
    ({"order_type": None}, TypeError, "order_type was None, of NoneType, not an integer"),
    ({"quantity": 5, "hidden": True}, GridError, "OIL: quantity was 5, not on the grid of 10"),
    ({"price": 0.01, "hidden": True}, GridError, "OIL: price was 0.01, not on the grid of 0.05"),
]


@pytest.mark.parametrize(
    ("fields", "error", "message"), MISUSE, ids=[str(fields) for fields, _, _ in MISUSE]
)
def test_misuse_raises_and_changes_nothing(
    fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    venue = prepared()
    before = (venue.state_hash(), venue.report_count, venue.time)
    with pytest.raises(error) as caught:
        venue.submit("OIL", **({"side": "sell", "price": 60, "quantity": 50} | fields))
    assert str(caught.value).startswith(message)
    assert (venue.state_hash(), venue.report_count, venue.time) == before


def test_every_keyword_is_known_and_documented() -> None:
    parameters = inspect.signature(Engine.submit).parameters
    assert [*SUBMIT_NAMES, "terms"] == [*parameters][1:]
    assert set(engine.OrderTerms.__annotations__) == set(TERMS)
    documented = Engine.submit.__doc__ or ""
    assert all(f"`{name}`" in documented for name in TERMS)
    assert {name for order, _ in ORDERS for name in order} >= set(TERMS)


def test_a_clock_stamps_special_orders_too() -> None:
    venue = new_venue(clock=lambda: 55)
    assert venue.submit("OIL", side="buy", price=1, quantity=10, hidden=True).timestamp == 55
    assert venue.advance_time().timestamp == 55
    assert venue.advance_time(60).timestamp == 60
    assert venue.mass_cancel().timestamp == 60
    for report in (venue.set_phase("OIL", "halt"), venue.set_price("OIL", "mark", 1)):
        assert (report.timestamp, report.exec_type) == (60, ExecType.DONE)


def test_a_cascade_has_a_limit() -> None:
    venue = new_venue(max_cascade=0)
    venue.submit("OIL", side="sell", quantity=10, **GOOD_STOP)
    reports = venue.set_price("OIL", "last", 50).reports
    assert ReportFlag.CASCADE_LIMIT in reports["flags"].tolist()
    with pytest.raises(OverflowError, match="max_cascade was -1"):
        Engine(max_cascade=-1)


# -- replace


def test_a_trigger_price_is_replaced() -> None:
    friendly, plain = prepared(), prepared()
    for venue in (friendly, plain):
        venue.submit("OIL", side="sell", quantity=50, order_id=9, **GOOD_STOP)
    assert friendly.replace(9, trigger_price=50) == plain.book("OIL").replace(
        9, 0, 5, trigger_price=1_000
    )
    assert friendly.detail(9).trigger_price == 1_000  # type: ignore[union-attr]
    with pytest.raises(GridError, match=r"^OIL: trigger_price was 1\.01, not on"):
        friendly.replace(9, trigger_price=1.01)
    with pytest.raises(CommandError, match="trigger_price was 0, to which a replace"):
        friendly.replace(9, trigger_price=0)
    assert friendly.replace(5, trigger_price=1).reject_reason == RejectReason.NOT_OF_THIS_ORDER
    assert friendly.replace(77, trigger_price=1).reject_reason == RejectReason.UNKNOWN_ORDER


# -- phases, auctions, prices


def in_call() -> Engine:
    venue = new_venue()
    venue.set_phase("OIL", "opening_call")
    for side, price, quantity in (("buy", 61, 50), ("buy", 60, 20), ("sell", 60, 30)):
        venue.submit("OIL", side=side, price=price, quantity=quantity)
    return venue


def test_an_auction() -> None:
    friendly, plain = in_call(), in_call()
    assert friendly.phase("OIL") is Phase.OPENING_CALL
    assert friendly.phase("BTC-USD") is Phase.CONTINUOUS
    found = plain.book("OIL").indicative()
    assert found is not None
    shown = friendly.indicative("OIL")
    assert isinstance(shown, engine.Indication)
    assert shown == tuple(
        OIL.to_quantity(value) if name in ("volume", "surplus") else OIL.to_price(value)
        for name, value in found._asdict().items()
    )
    assert (str(shown.price), str(shown.volume)) == ("61.00", "30")
    assert friendly.uncross("OIL", command_id=4) == plain.book("OIL").uncross(command_id=4)
    assert friendly.indicative("OIL") is None
    assert friendly.set_phase("OIL", "Continuous", account=1) == plain.book("OIL").set_phase(
        Phase.CONTINUOUS, account=1
    )
    assert friendly.state_hash() == plain.state_hash()
    assert friendly.uncross("OIL").reject_reason == RejectReason.NOT_IN_THIS_PHASE


def test_an_instrument_says_how_its_auctions_choose() -> None:
    prices = {}
    for rule in ("closest", "midpoint"):
        venue = Engine()
        terms = {"symbol": "X", "tick_size": 1, "lot_size": 1}
        venue.add_instrument(Instrument(**terms, auction_rule=rule))
        venue.set_phase("X", "opening_call")
        venue.set_price("X", "reference", 1)
        venue.submit("X", side="buy", price=20, quantity=1)
        venue.submit("X", side="sell", price=10, quantity=1)
        prices[rule] = venue.indicative("X").price  # type: ignore[union-attr]
    assert prices == {"closest": 10, "midpoint": 15}


@pytest.mark.parametrize("source", ["last", "Mark", TriggerSource.INDEX, 3])
def test_a_price_from_outside(source: Any) -> None:
    friendly, plain = prepared(), prepared()
    number = {"last": 0, "Mark": 1}.get(source, source)
    for venue in (friendly, plain):
        venue.submit("OIL", side="sell", quantity=50, **GOOD_STOP)
    assert friendly.set_price("OIL", source, "55", command_id=3) == plain.book("OIL").set_price(
        number, 1_100, command_id=3
    )
    assert friendly.state_hash() == plain.state_hash()


CONTROLS: list[tuple[Any, type[Exception], str]] = [
    (lambda venue: venue.set_price("OIL", "mid", 5), CommandError, "source was 'mid', not one of"),
    (lambda venue: venue.set_price("OIL", "last", "x"), GridError, "OIL: price was 'x', not a num"),
    (lambda venue: venue.set_price("OLI", "last", 5), UnknownSymbolError, "symbol was 'OLI'"),
    (lambda venue: venue.position("OLI", account=7), UnknownSymbolError, "symbol was 'OLI'"),
    (lambda venue: venue.set_phase("OIL", "open"), CommandError, "phase was 'open', not one of"),
    (lambda venue: venue.set_phase("OLI", "halt"), UnknownSymbolError, "symbol was 'OLI'"),
    (lambda venue: venue.phase("OLI"), UnknownSymbolError, "symbol was 'OLI'"),
    (lambda venue: venue.uncross("OLI"), UnknownSymbolError, "symbol was 'OLI'"),
    (lambda venue: venue.indicative("OLI"), UnknownSymbolError, "symbol was 'OLI'"),
    (lambda venue: venue.waiting("OLI"), UnknownSymbolError, "symbol was 'OLI'"),
    (lambda venue: venue.mass_cancel("OLI"), UnknownSymbolError, "symbol was 'OLI'"),
    (lambda venue: venue.mass_cancel(side="both"), CommandError, "side was 'both', not one of"),
    (lambda venue: venue.mass_cancel(lowest=1), CommandError, "lowest was 1 without a symbol"),
    (lambda venue: venue.mass_cancel(highest=1), CommandError, "highest was 1 without a symbol"),
    (
        lambda venue: venue.mass_cancel("OIL", lowest=0.01),
        GridError,
        "OIL: lowest was 0.01, not on",
    ),
    (lambda venue: venue.mass_cancel("OIL", highest="x"), GridError, "OIL: highest was 'x', not a"),
    (
        lambda venue: venue.mass_cancel(account="a"),
        TypeError,
        "account was 'a', of str, not an int",
    ),
    (lambda venue: venue.mass_cancel(account=-1), OverflowError, "account was -1, outside 0 to 42"),
    (lambda venue: venue.advance_time("noon"), TypeError, "timestamp was 'noon', of str, not an"),
    (lambda venue: venue.advance_time(-1), OverflowError, "timestamp was -1, outside 0 to 184467"),
]


@pytest.mark.parametrize(("call", "error", "message"), CONTROLS, ids=[m for _, _, m in CONTROLS])
def test_misuse_of_controls_raises(call: Any, error: type[Exception], message: str) -> None:
    venue = prepared()
    before = (venue.state_hash(), venue.report_count, venue.time)
    with pytest.raises(error) as caught:
        call(venue)
    assert str(caught.value).startswith(message)
    assert (venue.state_hash(), venue.report_count, venue.time) == before


# -- mass cancel and time


def filled() -> Engine:
    """Return a venue with four bids and four asks in each instrument, and a stop."""
    venue = new_venue()
    for symbol in ("BTC-USD", "OIL"):
        for place in range(4):
            for side, price in (("buy", 50 + place), ("sell", 60 + place)):
                venue.submit(symbol, side=side, price=price, quantity=10, account=place % 2)
    venue.submit("OIL", side="sell", quantity=10, account=1, **GOOD_STOP)
    return venue


CANCELS: list[tuple[dict[str, Any], dict[str, Any], int]] = [
    ({"symbol": "OIL"}, {}, 9),
    ({"symbol": "OIL", "account": 1}, {"account": 1}, 5),
    ({"symbol": "OIL", "account": 0}, {"account": 0}, 4),
    ({"symbol": "OIL", "side": "Buy"}, {"side": BUY}, 4),
    ({"symbol": "OIL", "lowest": 52}, {"prices": (1_040, 2**63 - 1)}, 6),
    ({"symbol": "OIL", "highest": "52"}, {"prices": (-(2**63), 1_040)}, 3),
    (
        {"symbol": "OIL", "lowest": 51, "highest": 60, "side": -1},
        {"prices": (1_020, 1_200), "side": SELL},
        1,
    ),
]


@pytest.mark.parametrize(("asked", "told", "count"), CANCELS, ids=[str(c[0]) for c in CANCELS])
def test_a_mass_cancel_of_an_instrument(asked: Any, told: Any, count: int) -> None:
    friendly, plain = filled(), filled()
    report = friendly.mass_cancel(**asked, command_id=6, timestamp=7)
    assert report == plain.book("OIL").mass_cancel(**told, command_id=6, timestamp=7)
    assert (report.exec_type, report.last_quantity) == (ExecType.DONE, count)
    assert len(report.reports) == count + 1
    assert friendly.state_hash() == plain.state_hash()


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 17),
        ({"account": 1}, 9),
        ({"account": 0}, 8),
        ({"side": "sell"}, 9),
        ({"account": 1, "side": BUY}, 4),
    ],
)
def test_a_mass_cancel_of_the_venue(asked: dict[str, Any], count: int) -> None:
    venue = filled()
    report = venue.mass_cancel(**asked, command_id=6, timestamp=7)
    assert (report.exec_type, report.last_quantity) == (ExecType.DONE, count)
    assert (report.command_id, report.timestamp, report.order_status) == (6, 7, OrderStatus.NONE)
    assert len(venue) == 17 - count
    venue.check_invariants()


def test_time_advances_in_all_instruments(venue: Engine) -> None:
    for symbol in ("BTC-USD", "OIL"):
        venue.submit(symbol, side="buy", price=50, quantity=10, expiry=NOON)
    assert venue.advance_time(NOON_NS - 1).reports["exec_type"].tolist() == [ExecType.DONE]
    report = venue.advance_time(NOON_NS, command_id=5)
    assert sorted(report.reports["exec_type"].tolist()) == [ExecType.EXPIRED] * 2 + [ExecType.DONE]
    assert (report.command_id, venue.time, len(venue)) == (5, NOON_NS, 0)


# -- questions


def test_what_waits_is_not_in_the_book(venue: Engine) -> None:
    venue.submit("OIL", side="sell", quantity=50, order_id=9, **GOOD_STOP)
    assert venue.waiting("OIL")["order_id"].tolist() == [9]
    assert venue.waiting("BTC-USD").tolist() == []
    assert venue.orders("OIL", "sell").tolist() == []
    assert (venue.order_count(), venue.order_count("OIL"), len(venue)) == (0, 0, 1)
    assert 9 in venue
    detail = venue.detail(9)
    assert isinstance(detail, engine.OrderDetail)
    assert (detail.state, detail.trigger_price) == (OrderState.UNTRIGGERED, 1_100)
    venue.submit("OIL", side="buy", price=50, quantity=50, order_id=10)
    assert venue.detail(10) is None
    assert venue.detail(11) is None


def test_the_counter_of_ids_is_the_same_as_in_the_reference() -> None:
    commands = np.zeros(4, COMMAND_DTYPE)
    commands["kind"], commands["side"] = engine.SUBMIT, BUY
    commands["price"], commands["quantity"] = 1, 1
    commands["order_id"] = [0, 2, 0, 0]
    reference = pytest.importorskip("engine.reference")
    counts = []
    for core in (engine.Core(), reference.Core()):
        core.add_instrument()
        counts.append((core.next_order_id, core.match(commands)["order_id"].tolist()))
        counts[-1] += (core.next_order_id,)
    assert counts == [(1, [1, 2, 3, 4], 5)] * 2


# -- brackets


def bracket(venue: Engine, **fields: Any) -> engine.BracketReports:
    order = {"side": "buy", "price": 60, "quantity": 50, "stop_loss": 55, "take_profit": 70}
    return venue.submit_bracket("OIL", **(order | fields))


def test_a_bracket_is_what_three_orders_of_the_integer_face_are() -> None:
    friendly, plain = new_venue(), new_venue()
    reports = bracket(friendly, account=3, command_id=4, client_order_id=5, timestamp=6)
    book = plain.book("OIL")
    label = {"account": 3, "command_id": 4, "client_order_id": 5, "timestamp": 6}
    link = {"flags": 768, "linked_order_id": 3}
    assert reports.stop_loss == book.submit(SELL, 0, 5, **STOPPED, **link, **label)
    assert reports.take_profit == book.submit(SELL, 1_400, 5, **link, **label)
    assert reports.entry == book.submit(BUY, 1_200, 5, **label)
    assert [report.order_id for report in reports] == [3, 1, 2]  # type: ignore[union-attr]
    assert friendly.state_hash() == plain.state_hash()


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("ending", ["stop", "profit"])
def test_a_bracket_closes_what_the_entry_traded(venue: Engine, side: str, ending: str) -> None:
    other = "sell" if side == "buy" else "buy"
    exits = {"stop_loss": 55, "take_profit": 70} if side == "buy" else {}
    exits = exits or {"stop_loss": 70, "take_profit": 55}
    reports = bracket(venue, side=side, **exits)
    assert reports.entry is not None
    assert len(venue.waiting("OIL")) == 2
    assert venue.submit("OIL", side=other, price=60, quantity=30).filled_quantity == 3
    assert len(venue.waiting("OIL")) == 2
    venue.cancel(reports.entry.order_id)
    assert venue.order(reports.take_profit.order_id).leaves_quantity == 3  # type: ignore
    if ending == "profit":
        venue.submit("OIL", side=side, price=exits["take_profit"], quantity=30)
    else:
        venue.set_price("OIL", "last", exits["stop_loss"])
    assert len(venue) == 0


def test_an_entry_that_never_trades_takes_its_exits_with_it(venue: Engine) -> None:
    reports = bracket(venue, time_in_force="ioc")
    assert reports.entry is not None
    assert reports.entry.order_status == OrderStatus.CANCELED
    assert len(venue) == 0


def test_a_refused_entry_takes_its_exits_back(venue: Engine) -> None:
    venue.submit("OIL", side="sell", price=60, quantity=10, order_id=1)
    before = venue.orders("OIL", "sell").tolist()
    reports = bracket(venue, post_only=True, account=8, command_id=9)
    assert reports.entry is not None
    assert reports.entry.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE
    for report in (reports.stop_loss, reports.take_profit):
        assert report is not None
        assert (report.exec_type, report.account) == (ExecType.CANCELED, 8)
        assert report.command_id == 9
    assert venue.orders("OIL", "sell").tolist() == before
    assert (len(venue), venue.waiting("OIL").tolist()) == (1, [])


def test_an_exit_that_is_refused_lets_no_entry_in(venue: Engine) -> None:
    reports = bracket(venue, stop_loss=-51)
    assert reports.stop_loss.reject_reason == RejectReason.TRIGGER_PRICE_OUT_OF_RANGE
    assert (reports.entry, reports.take_profit, len(venue)) == (None, None, 0)
    reports = bracket(venue, take_profit=201)
    assert reports.take_profit is not None
    assert reports.take_profit.reject_reason == RejectReason.PRICE_TOO_HIGH
    assert reports.stop_loss.exec_type == ExecType.CANCELED
    assert (reports.entry, len(venue)) == (None, 0)


def test_settings_of_a_bracket(venue: Engine) -> None:
    venue.submit("OIL", side="sell", price=60, quantity=50, order_id=1)
    reports = bracket(
        venue,
        price=None,
        order_type="market",
        worst_price=61,
        stop_limit=54,
        stop_source="mark",
        self_trade="cancel_both",
        self_trade_group=4,
    )
    assert reports.entry is not None
    assert reports.entry.filled_quantity == 5
    stop = venue.order(reports.stop_loss.order_id)
    detail = venue.detail(reports.stop_loss.order_id)
    assert stop is not None
    assert detail is not None
    assert (stop.order_type, stop.price) == (OrderType.STOP_LIMIT, 1_080)
    assert (detail.trigger_source, detail.self_trade_group) == (TriggerSource.MARK, 4)
    assert detail.self_trade_mode == SelfTradeMode.CANCEL_BOTH
    assert reports.take_profit is not None
    other = venue.detail(reports.take_profit.order_id)
    assert other is not None
    assert (other.self_trade_group, other.bound) == (4, 0)


@pytest.mark.parametrize("order_id", [0, 1, 2, 3, 4, 5, 2**63])
@pytest.mark.parametrize("live", [[], [1], [2, 3], [1, 3, 5]])
def test_a_bracket_finds_ids(venue: Engine, order_id: int, live: list[int]) -> None:
    for taken in live:
        venue.submit("OIL", side="buy", price=1, quantity=10, order_id=taken)
    if order_id in live:
        return
    reports = bracket(venue, order_id=order_id)
    ids = [report.order_id for report in reports if report is not None]
    assert len({*ids, *live}) == 3 + len(live)
    assert order_id in (0, ids[0])
    assert venue.detail(ids[1]).linked_order_id == ids[0]  # type: ignore[union-attr]
    following = venue.submit("OIL", side="buy", price=1, quantity=10)
    assert following.order_id not in ids


BAD_BRACKETS: list[tuple[dict[str, Any], type[Exception], str]] = [
    (
        {"stop_loss": 70, "take_profit": "55"},
        CommandError,
        "stop_loss was 70, must be below take_profit, '55', for an entry that buys",
    ),
    ({"stop_loss": 70}, CommandError, "stop_loss was 70, must be below take_profit, 70"),
    ({"side": "sell"}, CommandError, "stop_loss was 55, must be above take_profit, 70, for an"),
    ({"side": "both"}, CommandError, "side was 'both', not one of 'buy', 'sell'"),
    ({"stop_loss": "55.01"}, GridError, "OIL: stop_loss was '55.01', not on the grid of 0.05"),
    ({"take_profit": None}, GridError, "OIL: take_profit was None, of NoneType"),
    ({"stop_limit": 0.01}, GridError, "OIL: stop_limit was 0.01, not on the grid"),
    ({"stop_source": "mid"}, CommandError, "stop_source was 'mid', not one of"),
    ({"price": None}, CommandError, "price was None, must be a number"),
    ({"price": 0.01}, GridError, "OIL: price was 0.01"),
    ({"quantity": 5}, GridError, "OIL: quantity was 5, not on the grid of 10"),
    ({"order_type": "stop"}, CommandError, "trigger_price was None, must be"),
    ({"order_type": 99}, CommandError, "order_type was 99, not one of 'limit'"),
    ({"time_in_force": "x"}, CommandError, "time_in_force was 'x', not one of"),
    ({"hiden": True}, TypeError, "submit() got an unexpected keyword argument 'hiden'"),
    ({"account": -1}, OverflowError, "account was -1"),
    ({"client_order_id": -1}, OverflowError, "client_order_id was -1"),
]


@pytest.mark.parametrize(
    ("fields", "error", "message"), BAD_BRACKETS, ids=[str(fields) for fields, _, _ in BAD_BRACKETS]
)
def test_misuse_of_brackets_raises_and_changes_nothing(
    fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    venue = prepared()
    before = (venue.state_hash(), venue.report_count, venue.time)
    with pytest.raises(error) as caught:
        bracket(venue, **fields)
    assert str(caught.value).startswith(message)
    assert (venue.state_hash(), venue.report_count, venue.time) == before


def test_an_entry_that_raises_leaves_no_exits(venue: Engine) -> None:
    for fields in ({"flags": 2**20}, {"order_id": -1}, {"self_trade_group": 2**40}):
        with pytest.raises((CommandError, OverflowError)):
            bracket(venue, **fields)
        assert len(venue) == 0
    with pytest.raises(UnknownSymbolError, match="symbol was 'OLI'"):
        venue.submit_bracket("OLI", side=1, quantity=1, stop_loss=1, take_profit=2)
