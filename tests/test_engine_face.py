"""The friendly face: symbols, decimals and names in, the same engine underneath."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import time
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Any

import numpy as np
import pytest
from no_members import first_unused

import engine
from engine import (
    BUY,
    CANCEL,
    COMMAND_DTYPE,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    REPORT_DTYPE,
    SELL,
    SUBMIT,
    TRADE_DTYPE,
    CommandError,
    Engine,
    EngineError,
    ExecType,
    GridError,
    Instrument,
    OrderFlag,
    OrderStatus,
    OrderType,
    RejectReason,
    ReplacePriority,
    Side,
    UnknownSymbolError,
)

BITCOIN = Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
OIL = Instrument(symbol="OIL", tick_size="0.05", lot_size=10, min_price=-50, max_price=200)
LAST = Instrument(
    symbol="LAST", tick_size=1, lot_size=1, replace_priority=ReplacePriority.ALWAYS_LOSE
)


def new_venue(**settings: Any) -> Engine:
    venue = Engine(**settings)
    for instrument in (BITCOIN, OIL, LAST):
        venue.add_instrument(instrument)
    return venue


@pytest.fixture
def venue() -> Any:
    venue = new_venue()
    yield venue
    venue.check_invariants()
    for symbol in ("BTC-USD", "OIL", "LAST"):
        for side in Side:
            for order_id in venue.orders(symbol, side)["order_id"].tolist():
                assert venue.cancel(order_id).exec_type == ExecType.CANCELED
    assert venue.order_count() == 0


def buy(venue: Engine, price: Any = 100, quantity: Any = 1, **fields: Any) -> Any:
    return venue.submit("BTC-USD", side="buy", price=price, quantity=quantity, **fields)


def sell(venue: Engine, price: Any = 100, quantity: Any = 1, **fields: Any) -> Any:
    return venue.submit("BTC-USD", side="sell", price=price, quantity=quantity, **fields)


# -- as it is written in the README


def test_the_names_that_others_call() -> None:
    venue = engine.Engine()
    venue.add_instrument(engine.Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001"))
    report = venue.submit("BTC-USD", side="buy", price="50000.01", quantity="0.5")
    assert isinstance(report, engine.ExecutionReport)
    assert venue.order(report.order_id).price == 5_000_001
    depth = venue.depth("BTC-USD", levels=10)
    assert depth.bids.tolist() == [(5_000_001, 500, 1)]
    assert len(depth.asks) == 0
    book = venue.book("BTC-USD")
    assert book.submit(SELL, 5_000_001, 200, order_id=77).filled_quantity == 200
    commands = np.zeros(1, engine.COMMAND_DTYPE)
    commands["kind"], commands["order_id"] = engine.CANCEL, report.order_id
    reports = venue.match(commands)
    assert reports["last_quantity"].tolist() == [300]
    assert venue.cancel(report.order_id).reject_reason == RejectReason.UNKNOWN_ORDER
    assert venue.order(report.order_id) is None


def test_everything_public_is_there_and_listed() -> None:
    assert all(hasattr(engine, name) for name in engine.__all__)
    assert set(engine._schema.__all__) <= set(engine.__all__)
    assert set(engine.errors.__all__) <= set(engine.__all__)


def test_the_package_tells_of_everything_that_is_public() -> None:
    told = set(re.findall(r"`(\w+)`", engine.__doc__ or ""))
    names = {name for name in engine.__all__ if not isinstance(getattr(engine, name), Enum)}
    assert sorted(names - told - {"__version__"}) == []
    modules = set(re.findall(r"`engine\.(\w+)`", engine.__doc__ or ""))
    missing = [name for name in modules if importlib.util.find_spec(f"engine.{name}") is None]
    assert missing == []


def test_importing_the_package_loads_nothing_that_it_may_not_need() -> None:
    heavy = ("matplotlib", "rich", "typer", "hdrh", "zstandard", "sortedcontainers", "difflib")
    code = f"import sys, engine; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


# -- the two faces are one


SPELLINGS = {"buy": BUY, "sell": SELL, "limit": LIMIT, "market": MARKET}
SPELLINGS |= {"gtc": GTC, "ioc": IOC, "fok": FOK}


def drawn_orders(count: int) -> list[dict[str, Any]]:
    """Return arguments of `submit` in decimals, over a few prices; some will be refused."""
    draw = Random(5)
    orders = []
    for number in range(count):
        order_type = draw.choice(["limit", "limit", "limit", "market"])
        orders.append(
            {
                "side": draw.choice(["buy", "sell"]),
                "price": None if order_type == "market" else f"{draw.randint(-3, 3) * 0.05:.2f}",
                "quantity": str(10 * draw.randint(1, 9)),
                "order_id": draw.choice([0, draw.randint(1, 40)]),
                "account": draw.randint(0, 3),
                "order_type": order_type,
                "time_in_force": draw.choice(["gtc", "ioc", "fok"]),
                "post_only": draw.random() < 0.1,
                "client_order_id": number,
                "command_id": number + 1,
                "timestamp": draw.choice([0, number]),
            }
        )
    return orders


def in_ticks(order: dict[str, Any]) -> dict[str, Any]:
    """Return the same arguments for the integer face."""
    order = {name: SPELLINGS.get(str(value), value) for name, value in order.items()}
    order["price"] = 0 if order["price"] is None else OIL.to_ticks(order["price"])
    order["quantity"] = OIL.to_lots(order["quantity"])
    order["flags"] = POST_ONLY if order.pop("post_only") else 0
    return order


def as_command(order: dict[str, Any]) -> np.ndarray:
    """Return the same as a batch of one."""
    command = np.zeros(1, COMMAND_DTYPE)
    command["kind"], command["instrument"] = SUBMIT, 1
    for name, value in order.items():
        command[name] = value
    return command


def test_both_faces_and_the_batch_report_the_same_bytes() -> None:
    friendly, plain, batch = (new_venue() for _ in range(3))
    reasons = set()
    for order in drawn_orders(600):
        ticks = in_ticks(order)
        report = friendly.submit("OIL", **order)
        assert report == plain.book("OIL").submit(**ticks)
        assert report.reports.tobytes() == batch.match(as_command(ticks)).tobytes()
        reasons.add(report.reject_reason)
    assert friendly.state_hash() == plain.state_hash() == batch.state_hash()
    assert {RejectReason.NONE, RejectReason.DUPLICATE_ORDER_ID} < reasons
    assert friendly.trade_count > 100


def test_verbs_on_a_live_order_report_the_same_bytes() -> None:
    friendly, plain = new_venue(), new_venue()
    book = plain.book("OIL")
    label = {"account": 3, "command_id": 8, "timestamp": 9}
    for venue in (friendly, plain):
        venue.submit("OIL", side=BUY, price=10, quantity=50, order_id=5)
    assert friendly.replace(5, price="10.05", **label) == book.replace(5, 201, 5, **label)
    assert friendly.replace(5, quantity=40, **label) == book.replace(5, 201, 4, **label)
    assert friendly.reduce(5, 10, **label) == book.reduce(5, 1, **label)
    assert friendly.replace(5, price=-1, quantity="20") == book.replace(5, -20, 2)
    assert friendly.cancel(5, **label) == book.cancel(5, **label)
    assert friendly.cancel(5) != book.replace(5, 0, 0)


def test_a_book_shares_the_engine(venue: Engine) -> None:
    book = venue.book("BTC-USD")
    report = book.submit(SELL, 10_001, 5)
    assert venue.best_ask("BTC-USD") == Decimal("100.01")
    assert venue.cancel(report.order_id).order_status == OrderStatus.CANCELED
    assert venue.book("BTC-USD") is book
    assert [venue.book(symbol).instrument for symbol in ("BTC-USD", "OIL", "LAST")] == [0, 1, 2]


# -- submit


@pytest.mark.parametrize("price", ["100.25", 100.25, Decimal("100.25"), np.float64(100.25)])
@pytest.mark.parametrize("side", ["buy", "BUY", "Buy", "bUY", np.str_("buy"), BUY, 1, np.int8(1)])
def test_ways_to_write_an_order(venue: Engine, side: Any, price: Any) -> None:
    report = venue.submit("BTC-USD", side=side, price=price, quantity=price)
    assert (report.side, report.price, report.leaves_quantity) == (BUY, 10_025, 100_250)


@pytest.mark.parametrize("order_type", ["market", np.str_("Market"), MARKET, 1])
@pytest.mark.parametrize("time_in_force", ["ioc", "IOC", np.str_("Ioc"), IOC, 1])
def test_names_of_types_in_any_case(venue: Engine, order_type: Any, time_in_force: Any) -> None:
    report = venue.submit(
        "OIL", side="sell", quantity=10, order_type=order_type, time_in_force=time_in_force
    )
    assert (report.order_type, report.time_in_force) == (MARKET, IOC)


def test_post_only_is_a_flag_or_an_argument(venue: Engine) -> None:
    sell(venue)
    for fields in ({"post_only": True}, {"flags": POST_ONLY}, {"flags": 1, "post_only": True}):
        report = buy(venue, **fields)
        assert report.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE
        assert report.order_flags == POST_ONLY


def test_negative_and_zero_prices_are_for_instruments_that_allow_them(venue: Engine) -> None:
    assert venue.submit("OIL", side="buy", price="-37.65", quantity=10).price == -753
    assert venue.submit("OIL", side="buy", price=0, quantity=10).reject_reason == RejectReason.NONE
    assert venue.best_bid("OIL") == 0
    for price in (0, "-0.01"):
        assert buy(venue, price).reject_reason == RejectReason.PRICE_TOO_LOW
    for price in ("-50.05", "200.05"):
        reason = venue.submit("OIL", side="buy", price=price, quantity=10).reject_reason
        assert reason in (RejectReason.PRICE_TOO_LOW, RejectReason.PRICE_TOO_HIGH)


def test_a_quantity_that_is_not_positive_is_a_report(venue: Engine) -> None:
    for quantity in (0, "-0.001", -5):
        assert buy(venue, quantity=quantity).reject_reason == RejectReason.QUANTITY_TOO_SMALL


def test_a_market_order_with_a_price_is_a_report(venue: Engine) -> None:
    report = buy(venue, price=5, order_type="market")
    assert report.reject_reason == RejectReason.MALFORMED


NO_FLAG = first_unused(OrderFlag)
MISUSE: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"symbol": "BTC-EUR"}, UnknownSymbolError, "symbol was 'BTC-EUR', not one of 3 added: near"),
    ({"symbol": 0}, UnknownSymbolError, "symbol was 0, not one of 3 added"),
    ({"symbol": ["OIL"]}, UnknownSymbolError, "symbol was ['OIL'], not one of 3 added: nearest"),
    ({"side": "short"}, CommandError, "side was 'short', not one of 'buy', 'sell'"),
    ({"side": ""}, CommandError, "side was ''"),
    ({"side": 0}, CommandError, "side was 0, not one of BUY=1, SELL=-1"),
    ({"side": 300}, OverflowError, "side was 300, outside -128 to 127"),
    ({"side": None}, CommandError, "side was None, not one of BUY=1, SELL=-1"),
    ({"side": 1.0}, CommandError, "side was 1.0, not one of BUY=1, SELL=-1"),
    ({"side": True}, CommandError, "side was True, not one of BUY=1, SELL=-1"),
    ({"order_type": "peg"}, CommandError, "order_type was 'peg', not one of 'limit', 'market'"),
    (
        {"order_type": max(OrderType) + 1},
        CommandError,
        f"order_type was {max(OrderType) + 1}, not one of LIMIT=0, MARKET=1",
    ),
    (
        {"time_in_force": "never"},
        CommandError,
        "time_in_force was 'never', not one of 'gtc', 'ioc',",
    ),
    ({"price": None}, CommandError, "price was None, must be a number for an order with a limit"),
    ({"price": "100.001"}, GridError, "BTC-USD: price was '100.001', not on the grid of 0.01"),
    ({"price": float("nan")}, GridError, "BTC-USD: price was nan, not a finite number"),
    ({"price": True}, GridError, "BTC-USD: price was True, of bool"),
    ({"price": 1e300}, GridError, "BTC-USD: price was 1e+300, outside"),
    ({"quantity": None}, GridError, "BTC-USD: quantity was None, of NoneType"),
    ({"quantity": "0.0001"}, GridError, "BTC-USD: quantity was '0.0001', not on the grid of 0.001"),
    ({"quantity": 1e-4}, GridError, "BTC-USD: quantity was 0.0001, not on the grid"),
    ({"order_id": -1}, OverflowError, "order_id was -1, outside 0 to 18446744073709551615"),
    ({"order_id": "7"}, TypeError, "order_id was '7', of str, not an integer"),
    ({"account": 2**32}, OverflowError, "account was 4294967296, outside 0 to 4294967295"),
    ({"client_order_id": 1.5}, TypeError, "client_order_id was 1.5, of float"),
    ({"command_id": 2**64}, OverflowError, "command_id was 18446744073709551616"),
    ({"timestamp": -1}, OverflowError, "timestamp was -1"),
    (
        {"flags": NO_FLAG},
        CommandError,
        f"flags was {NO_FLAG}, with bits outside {NO_FLAG - 1} (OrderFlag)",
    ),
]


@pytest.mark.parametrize(
    ("fields", "error", "message"), MISUSE, ids=[str(fields) for fields, _, _ in MISUSE]
)
def test_misuse_raises_and_changes_nothing(
    venue: Engine, fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    good = {"symbol": "BTC-USD", "side": "buy", "price": "100", "quantity": 1}
    buy(venue)
    before = (venue.state_hash(), venue.report_count, venue.time)
    with pytest.raises(error) as caught:
        venue.submit(**(good | fields))
    assert str(caught.value).startswith(message)
    assert (venue.state_hash(), venue.report_count, venue.time) == before


@pytest.mark.parametrize(
    "call",
    [
        lambda venue: venue.submit("BTC-USD", "buy", "1", "1"),
        lambda venue: venue.submit("BTC-USD", side="buy", price="1"),
        lambda venue: venue.submit("BTC-USD", price="1", quantity="1"),
        lambda venue: venue.submit("BTC-USD", side="buy", price=1, quantity=1, tif="ioc"),
        lambda venue: venue.cancel(),
        lambda venue: venue.cancel("1"),
        lambda venue: venue.cancel(1.0),
        lambda venue: venue.replace(None, price=1),
        lambda venue: venue.order(None),
        lambda venue: venue.add_instrument("BTC-USD"),
        lambda venue: venue.reserve(1.5),
        lambda venue: venue.depth("BTC-USD", "all"),
    ],
)
def test_wrong_arguments_are_type_errors(venue: Engine, call: Any) -> None:
    with pytest.raises(TypeError):
        call(venue)


@pytest.mark.parametrize("settings", [{"clock": 5}, {"max_orders": "many"}, {"max_order": 5}])
def test_wrong_settings_are_type_errors(settings: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Engine(**settings)


TRUTHS = {
    "post_only": lambda venue, value: buy(venue, post_only=value),
    "hidden": lambda venue, value: buy(venue, hidden=value),
    "reduce_only_exits": lambda venue, value: bracket(venue, reduce_only_exits=value),
    "post_only of a bracket": lambda venue, value: bracket(venue, post_only=value),
    "suspended": lambda venue, value: venue.set_account(7, suspended=value),
    "close_only": lambda venue, value: venue.set_account(7, close_only=value),
    "no_withdrawals": lambda venue, value: venue.set_account(7, no_withdrawals=value),
    "keep_orders": lambda venue, value: venue.switch_off(account=7, keep_orders=value),
}


def bracket(venue: Engine, **fields: Any) -> Any:
    return venue.submit_bracket(
        "BTC-USD", side="buy", quantity=1, price=100, stop_loss=90, take_profit=110, **fields
    )


@pytest.mark.parametrize("value", ["no", "False", 0, 1, [], 1.0])
@pytest.mark.parametrize(("name", "call"), TRUTHS.items(), ids=TRUTHS)
def test_only_a_truth_is_taken_for_one(venue: Engine, name: str, call: Any, value: Any) -> None:
    before = venue.state_hash()
    with pytest.raises(TypeError, match=rf"^{name.split()[0]} was .*, of \w+, not a bool$"):
        call(venue, value)
    assert venue.state_hash() == before


@pytest.mark.parametrize("value", [np.True_, True])
def test_a_truth_of_numpy_is_one(venue: Engine, value: Any) -> None:
    assert buy(venue, post_only=value).order_flags == POST_ONLY
    assert buy(venue, hidden=value).order_flags == OrderFlag.HIDDEN


def test_a_message_cuts_a_long_symbol_short() -> None:
    with pytest.raises(GridError) as caught:
        Instrument(symbol="A" * 10_000, tick_size=1, lot_size=1)
    assert "symbol was 'AAAA" in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda instrument: instrument.to_price("71.25"), "OIL: price was '71.25', of str"),
        (lambda instrument: instrument.to_quantity(1.5), "OIL: quantity was 1.5, of float"),
    ],
)
def test_what_is_no_number_of_ticks_or_lots_is_named(call: Any, found: str) -> None:
    with pytest.raises(TypeError) as caught:
        call(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
    assert str(caught.value) == f"{found}, not an integer"


def test_errors_are_of_one_family_and_of_the_builtin_kind() -> None:
    for error, builtin in (
        (GridError, ValueError),
        (CommandError, ValueError),
        (UnknownSymbolError, KeyError),
    ):
        assert issubclass(error, EngineError)
        assert issubclass(error, builtin)


# -- cancel, replace, reduce


@pytest.mark.parametrize(
    "call",
    [
        lambda venue: venue.cancel(77, account=5, command_id=6, timestamp=7),
        lambda venue: venue.replace(
            77, price="0.001", quantity=float("nan"), account=5, command_id=6, timestamp=7
        ),
        lambda venue: venue.reduce(77, "much", account=5, command_id=6, timestamp=7),
    ],
    ids=["cancel", "replace", "reduce"],
)
def test_an_unknown_order_is_a_report_on_the_first_instrument(venue: Engine, call: Any) -> None:
    before = venue.state_hash()
    report = call(venue)
    assert report.reject_reason == RejectReason.UNKNOWN_ORDER
    assert (report.exec_type, report.order_status) == (ExecType.REJECTED, OrderStatus.REJECTED)
    assert (report.order_id, report.instrument, report.side, report.price) == (77, 0, 0, 0)
    assert (report.account, report.command_id, report.timestamp) == (5, 6, 7)
    assert report.sequence_number == venue.report_count == 1
    assert venue.state_hash() == before


def test_a_venue_without_instruments_refuses_by_a_report_too() -> None:
    report = Engine().cancel(77)
    assert (report.reject_reason, report.order_id) == (RejectReason.UNKNOWN_INSTRUMENT, 77)


def test_verbs_find_the_instrument_by_the_id(venue: Engine) -> None:
    venue.submit("OIL", side="sell", price=60, quantity=50, order_id=9)
    assert venue.replace(9, price="60.05", quantity="40").instrument == 1
    assert venue.order(9)[2:4] == (1201, 4)
    assert venue.reduce(9, quantity=10).leaves_quantity == 3
    assert venue.cancel(9).instrument == 1


def test_replace_keeps_what_is_not_given(venue: Engine) -> None:
    buy(venue, "100", "2", order_id=1)
    sell(venue, "100", "0.5")
    report = venue.replace(1, price="101")
    assert (report.price, report.leaves_quantity, report.filled_quantity) == (10_100, 1_500, 500)
    report = venue.replace(1, quantity="1")
    assert (report.price, report.leaves_quantity) == (10_100, 1_000)
    assert report.flags == engine.ReportFlag.KEPT_PRIORITY


def test_replace_without_anything_new_is_misuse(venue: Engine) -> None:
    buy(venue, order_id=1)
    with pytest.raises(CommandError, match="price and quantity were None"):
        venue.replace(1)


def test_a_bad_number_for_a_live_order_raises_and_changes_nothing(venue: Engine) -> None:
    venue.submit("OIL", side="sell", price=60, quantity=50, order_id=9)
    before = venue.state_hash()
    with pytest.raises(GridError, match=r"^OIL: price was '60\.01'"):
        venue.replace(9, price="60.01")
    with pytest.raises(GridError, match=r"^OIL: quantity was 15, not on the grid of 10"):
        venue.reduce(9, 15)
    assert venue.state_hash() == before


def test_venues_where_every_replace_loses_priority(venue: Engine) -> None:
    for order_id in (1, 2):
        venue.submit("LAST", side="buy", price=5, quantity=5, order_id=order_id)
    assert venue.replace(1, quantity=4).flags == 0
    assert venue.queue_position(1) == (1, 5)


# -- instruments


def test_instruments_are_numbered_as_they_come(venue: Engine) -> None:
    assert venue.instruments == (BITCOIN, OIL, LAST)
    assert venue.instrument("OIL") is OIL
    report = venue.submit("OIL", side="buy", price="-1.05", quantity=20)
    assert venue.instruments[report.instrument].to_price(report.price) == Decimal("-1.05")


def test_a_symbol_is_added_once(venue: Engine) -> None:
    twice = Instrument(symbol="OIL", tick_size=1, lot_size=1)
    with pytest.raises(EngineError, match="symbol was 'OIL', already that of instrument 1"):
        venue.add_instrument(twice)
    assert venue.instruments == (BITCOIN, OIL, LAST)


def test_an_instrument_is_added_to_a_running_venue(venue: Engine) -> None:
    buy(venue, order_id=1)
    assert venue.add_instrument(Instrument(symbol="ETH-USD", tick_size="0.01", lot_size=1)) == 3
    venue.submit("ETH-USD", side="sell", price=3000, quantity=1, order_id=2)
    assert venue.best_ask("ETH-USD") == 3000
    assert venue.best_bid("BTC-USD") == 100
    venue.cancel(2)


def test_symbols_differ_by_case(venue: Engine) -> None:
    with pytest.raises(UnknownSymbolError, match="nearest is 'OIL'"):
        venue.book("oil")


def test_an_unknown_symbol_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownSymbolError) as caught:
        new_venue().depth("BTC/USD")
    message = "symbol was 'BTC/USD', not one of 3 added: nearest is 'BTC-USD'"
    assert str(caught.value) == message
    with pytest.raises(UnknownSymbolError, match=r"^symbol was 'X', not one of 0 added$"):
        Engine().best_bid("X")


# -- match


def one_submit(**fields: int) -> np.ndarray:
    order = {"side": BUY, "price": 10_000, "quantity": 5, "instrument": 0}
    return as_command(order | fields)


def test_match_takes_details_and_a_buffer(venue: Engine) -> None:
    out = np.zeros(8, REPORT_DTYPE)
    assert np.shares_memory(venue.match(one_submit(), out=out), out)
    trades = venue.match(one_submit(side=SELL), detail="trades")
    assert (trades.dtype, trades["quantity"].tolist()) == (TRADE_DTYPE, [5])


# -- time


def test_without_a_clock_time_is_what_commands_bring(venue: Engine) -> None:
    assert buy(venue, timestamp=50).timestamp == 50
    assert buy(venue).timestamp == 50
    assert venue.time == 50


def ticking(*times: int) -> Any:
    """Return a clock that tells these times, one a call."""
    remaining = iter(times)
    return lambda: next(remaining)


def test_a_clock_stamps_commands_that_bring_no_time() -> None:
    venue = new_venue(clock=ticking(10, 20, 30, 40, 15, 60))
    assert buy(venue, order_id=1).timestamp == 10
    assert buy(venue, order_id=2, timestamp=12).timestamp == 12
    assert venue.replace(1, quantity=2).timestamp == 20
    assert venue.reduce(1, 1).timestamp == 30
    assert venue.cancel(1).timestamp == 40
    assert venue.cancel(1).timestamp == 40  # a clock that goes back does not take the engine back
    assert venue.cancel(1, timestamp=70).timestamp == 70
    assert venue.reduce(1, 1).timestamp == 70


def test_a_clock_stamps_a_batch_in_a_copy() -> None:
    venue = new_venue(clock=ticking(100, 300))
    commands = np.concatenate([one_submit(), one_submit(timestamp=200), one_submit()])
    commands.flags.writeable = False
    before = commands.tobytes()
    assert venue.match(commands)["timestamp"].tolist() == [100, 200, 200]
    assert commands.tobytes() == before
    assert venue.match(one_submit(timestamp=250))["timestamp"].tolist() == [250]
    assert venue.match(one_submit())["timestamp"].tolist() == [300]


@pytest.mark.parametrize(
    "commands",
    [
        np.zeros(2, REPORT_DTYPE),
        np.zeros((2, 2), COMMAND_DTYPE),
        np.zeros(4, COMMAND_DTYPE)[::2],
        np.zeros(2, COMMAND_DTYPE.newbyteorder()),
        None,
    ],
    ids=["dtype", "dimensions", "strides", "byte order", "nothing"],
)
def test_a_clock_does_not_hide_a_bad_batch(commands: Any) -> None:
    with pytest.raises(CommandError, match="commands"):
        new_venue(clock=time.time_ns).match(commands)


@pytest.mark.parametrize(
    ("now", "error"), [(-1, OverflowError), (2**64, OverflowError), (1.5, TypeError)]
)
def test_a_clock_that_tells_no_time_raises(now: Any, error: type[Exception]) -> None:
    venue = new_venue(clock=lambda: now)
    for call in (
        lambda: buy(venue),
        lambda: venue.cancel(1),
        lambda: venue.match(one_submit()),
    ):
        with pytest.raises(error):
            call()
    assert venue.report_count == 0


def test_a_real_clock() -> None:
    before = time.time_ns()
    assert before <= buy(new_venue(clock=time.time_ns)).timestamp <= time.time_ns()


# -- questions


def test_questions_answer_in_decimals_where_they_are_of_one_price(venue: Engine) -> None:
    assert (venue.best_bid("BTC-USD"), venue.best_ask("BTC-USD")) == (None, None)
    assert venue.last_trade("BTC-USD") is None
    sell(venue, "100.10", "0.2")
    buy(venue, "100.10", "0.05")
    buy(venue, "99.9", "1")
    assert str(venue.best_ask("BTC-USD")) == "100.10"
    assert str(venue.best_bid("BTC-USD")) == "99.90"
    assert venue.last_trade("BTC-USD") == (Decimal("100.10"), Decimal("0.050"))
    assert venue.last_trade("OIL") is None


def test_orders_of_a_side_or_a_price(venue: Engine) -> None:
    for order_id, price in enumerate(("1.00", "2.00", "1.00"), start=1):
        buy(venue, price, order_id=order_id)
    assert venue.orders("BTC-USD", "Buy")["order_id"].tolist() == [2, 1, 3]
    assert venue.orders("BTC-USD", BUY, 1.0)["order_id"].tolist() == [1, 3]
    assert venue.orders("BTC-USD", "sell").tolist() == []
    assert venue.queue_position(3) == (1, 1000)
    assert venue.queue_position(4) is None
    with pytest.raises(GridError):
        venue.orders("BTC-USD", "buy", "1.001")
    with pytest.raises(CommandError, match="side was 'both'"):
        venue.orders("BTC-USD", "both")


def test_orders_are_counted(venue: Engine) -> None:
    buy(venue, order_id=7)
    venue.submit("OIL", side="sell", price=1, quantity=10)
    assert (venue.order_count(), venue.order_count("OIL"), venue.order_count("LAST")) == (2, 1, 0)
    assert [venue.order_count("OIL", side) for side in ("buy", "sell")] == [0, 1]
    assert len(venue) == 2
    assert 7 in venue
    assert np.uint64(7) in venue
    for absent in (8, -1, 2**64, "BTC-USD", 7.0, None):
        assert absent not in venue
    with pytest.raises(CommandError, match="side was 'buy' without a symbol"):
        venue.order_count(side="buy")


def test_limits_and_counters() -> None:
    venue = new_venue(max_orders=1)
    venue.reserve(100)
    assert venue.memory_bytes > 0
    assert buy(venue).reject_reason == RejectReason.NONE
    assert buy(venue).reject_reason == RejectReason.TOO_MANY_ORDERS
    sell(venue, time_in_force="ioc")
    assert (venue.report_count, venue.trade_count, venue.time) == (5, 1, 0)


# -- how it looks


def test_a_venue_is_told_in_a_line(venue: Engine) -> None:
    assert repr(Engine()) == "Engine(0 instruments, 0 orders)"
    buy(venue, "50000.01")
    sell(venue, "50000.02")
    venue.submit("OIL", side="sell", price="-37.65", quantity=10)
    assert repr(venue) == (
        "Engine(3 instruments, 3 orders, BTC-USD 50,000.01 / 50,000.02, OIL none / -37.65,"
        " LAST none / none)"
    )
    venue.add_instrument(Instrument(symbol="FOURTH", tick_size=1, lot_size=1))
    assert repr(venue).endswith("LAST none / none, ...)")


def test_a_ladder_is_in_decimals_and_of_a_book_in_ticks(venue: Engine) -> None:
    buy(venue, "50000.01", "0.5")
    sell(venue, "50000.02", "0.25")
    assert venue.ladder("BTC-USD").splitlines() == [
        "                BTC-USD",
        " orders    bid      price    ask  orders",
        "----------------------------------------",
        "                50,000.02  0.250       1",
        "--------- spread 0.01 (1 tick) ---------",
        "      1  0.500  50,000.01",
    ]
    assert "5,000,002  250" in str(venue.book("BTC-USD"))
    assert venue.ladder("BTC-USD", levels=0).count("50,000") == 0


def test_pages_for_notebooks(venue: Engine) -> None:
    buy(venue, "50000.01", "0.5")
    assert "50,000.01" in venue._repr_html_()
    assert "5,000,001" in venue.book("BTC-USD")._repr_html_()
    assert venue._repr_html_().count("<table") == 3
    for symbol in ("FOURTH", "FIFTH", "SIXTH"):
        venue.add_instrument(Instrument(symbol=symbol, tick_size=1, lot_size=1))
    page = venue._repr_html_()
    assert (page.count("<table"), page.endswith("<p>and 2 more</p>")) == (4, True)
    assert Engine()._repr_html_() == "<p>no instruments</p>"


def test_a_cancel_in_a_batch_names_its_instrument_itself(venue: Engine) -> None:
    venue.submit("OIL", side="sell", price=60, quantity=50, order_id=9)
    command = np.zeros(1, COMMAND_DTYPE)
    command["kind"], command["order_id"] = CANCEL, 9
    assert venue.match(command)["reject_reason"].tolist() == [RejectReason.UNKNOWN_ORDER]
    command["instrument"] = 1
    assert venue.match(command)["exec_type"].tolist() == [ExecType.CANCELED]
