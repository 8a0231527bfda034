"""Everything that a command can say, said through the friendly face."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
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
    FundingSource,
    FundingSpec,
    GridError,
    Instrument,
    Limit,
    OrderFlag,
    OrderType,
    Phase,
    RateLimit,
    RejectReason,
    SelfTradeMode,
    SwitchScope,
    TimeInForce,
    TriggerSource,
)

BITCOIN = Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
OIL = Instrument(symbol="OIL", tick_size="0.05", lot_size=10, min_price=-50, max_price=200)
FLAGS = OrderFlag
NOON = datetime(2025, 3, 14, 12, tzinfo=UTC)
NOON_NS = 1_741_953_600 * 10**9


def new_venue() -> Engine:
    venue = Engine()
    for instrument in (BITCOIN, OIL):
        venue.add_instrument(instrument)
    return venue


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_peg_follows_at_its_offset_and_no_further_than_its_limit(side: str) -> None:
    venue = new_venue()
    sign, other = (1, "sell") if side == "buy" else (-1, "buy")
    venue.submit("OIL", side=side, price=60, quantity=10, order_id=1)
    venue.submit("OIL", side=other, price=60 + sign * 10, quantity=10, order_id=2)
    peg = {"peg_offset": Decimal("-0.50") * sign, "peg_limit": 60 + sign}
    venue.submit("OIL", side=side, order_type="peg_primary", quantity=20, order_id=9, **peg)
    places = []
    for step in (0, 1, 2):
        venue.replace(1, price=60 + sign * step)
        order = venue.order(9)
        assert order is not None
        places.append(OIL.to_price(order.price))
    assert places == [60 - sign * Decimal("0.5"), 60 + sign * Decimal("0.5"), 60 + sign]
    detail = venue.detail(9)
    assert detail is not None
    assert OIL.to_price(detail.offset) == peg["peg_offset"]
    assert OIL.to_price(detail.bound) == peg["peg_limit"]
    venue.check_invariants()


PEG = {"order_type": "peg_midpoint"}

MISUSE: list[tuple[dict[str, Any], type[Exception], str]] = [
    (PEG | {"price": 60}, CommandError, "price was 60, peg_midpoint has a peg_limit instead"),
    (PEG | {"trail_by": 1}, CommandError, "trail_by was 1, peg_midpoint has a peg_offset instead"),
    (
        PEG | {"trail_rate": "0.1"},
        CommandError,
        "trail_rate was '0.1', peg_midpoint has a peg_offset instead",
    ),
    (
        PEG | {"worst_price": 61},
        CommandError,
        "worst_price was 61, peg_midpoint has a peg_limit instead",
    ),
    (
        PEG | {"peg_offset": "0.07"},
        GridError,
        "OIL: peg_offset was '0.07', not on the grid of 0.05: nearest are 0.05 and 0.10",
    ),
    (PEG | {"peg_limit": "x"}, GridError, "OIL: peg_limit was 'x', not a number"),
    ({"price": 60, "peg_offset": 1}, CommandError, "peg_offset was 1, limit has none"),
    (
        {"order_type": "trailing_stop", "trail_by": 2} | {"peg_limit": 1},
        CommandError,
        "peg_limit was 1, trailing_stop has none",
    ),
]


@pytest.mark.parametrize(
    ("fields", "error", "message"), MISUSE, ids=[str(fields) for fields, _, _ in MISUSE]
)
def test_misuse_of_pegs_raises_and_changes_nothing(
    fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    venue = new_venue()
    before = (venue.state_hash(), venue.report_count, venue.time)
    with pytest.raises(error) as caught:
        venue.submit("OIL", side="sell", quantity=50, **fields)
    assert str(caught.value).startswith(message)
    assert (venue.state_hash(), venue.report_count, venue.time) == before


def command(kind: engine.CommandKind, **fields: Any) -> dict[str, Any]:
    """Return the fields of a command for oil, which is instrument 1."""
    return {"kind": kind, "instrument": 1, **fields}


def entry(**fields: Any) -> dict[str, Any]:
    """Return the fields of an order to sell fifty barrels of oil, at 60 where it has a limit."""
    order = {"side": SELL, "quantity": 5, "order_id": 70} | fields
    if order.get("order_type", 0) == OrderType.LIMIT:
        order = {"price": 1_200} | order
    return command(engine.SUBMIT, **order)


def sell(**terms: Any) -> Any:
    """Return a call of `Engine.submit` for the same."""
    order = {"side": "sell", "quantity": 50, "order_id": 70} | terms
    if order.get("order_type", "limit") == "limit":
        order = {"price": 60} | order
    return lambda venue: venue.submit("OIL", **order)


STAMP = {"account": 3, "command_id": 4, "timestamp": 6}
GOOD_TRAIL = {"order_type": OrderType.TRAILING_STOP, "offset": 40}

# What is said through the friendly face, without `flags`, and the command that it must come to.
SAID: list[tuple[Any, dict[str, Any]]] = [
    (sell(client_order_id=5, **STAMP), entry(client_order_id=5, **STAMP)),
    (sell(side="buy", post_only=True), entry(side=BUY, flags=FLAGS.POST_ONLY)),
    (sell(side="buy", price=66, slide=True), entry(side=BUY, price=1_320, flags=3)),
    (sell(hidden=True), entry(flags=FLAGS.HIDDEN)),
    (sell(all_or_none=True), entry(flags=FLAGS.ALL_OR_NONE)),
    (sell(display_quantity=10), entry(display_quantity=1)),
    (
        sell(side="buy", price=65, minimum_quantity=20),
        entry(side=BUY, price=1_300, minimum_quantity=2),
    ),
    (sell(minimum_each=20), entry(minimum_quantity=2, flags=FLAGS.MINIMUM_EACH)),
    (
        sell(side="buy", order_type="market", worst_price=66),
        entry(side=BUY, order_type=OrderType.MARKET, bound=1_320, flags=FLAGS.PROTECTED),
    ),
    (
        sell(side="buy", order_type="market", budget=999),
        entry(side=BUY, order_type=OrderType.MARKET, bound=1_998, flags=FLAGS.BUDGET),
    ),
    (
        sell(side="buy", order_type="market_to_limit"),
        entry(side=BUY, order_type=OrderType.MARKET_TO_LIMIT),
    ),
    (
        sell(order_type="stop", trigger_price=55, trigger_source="index"),
        entry(order_type=STOP, trigger_price=1_100, trigger_source=TriggerSource.INDEX),
    ),
    (
        sell(order_type="stop_limit", trigger_price=55, trigger_source="mark", price=54),
        entry(
            order_type=OrderType.STOP_LIMIT,
            trigger_price=1_100,
            trigger_source=TriggerSource.MARK,
            price=1_080,
        ),
    ),
    (
        sell(order_type="market_if_touched", trigger_price=70, trigger_source="last"),
        entry(order_type=OrderType.MARKET_IF_TOUCHED, trigger_price=1_400),
    ),
    (
        sell(order_type="limit_if_touched", trigger_price=70, price=70),
        entry(order_type=OrderType.LIMIT_IF_TOUCHED, trigger_price=1_400, price=1_400),
    ),
    (
        sell(order_type="trailing_stop", trail_by=2, activation_price=61),
        entry(**GOOD_TRAIL, trigger_price=1_220),
    ),
    (
        sell(order_type="trailing_stop_limit", trail_rate="0.05", limit_distance="0.1"),
        entry(
            order_type=OrderType.TRAILING_STOP_LIMIT,
            offset=50_000,
            price=2,
            flags=FLAGS.TRAIL_RATE,
        ),
    ),
    (
        sell(order_type="peg_primary", peg_offset="-0.05", peg_limit=61),
        entry(order_type=OrderType.PEG_PRIMARY, offset=-1, bound=1_220, flags=FLAGS.PROTECTED),
    ),
    (
        sell(order_type="peg_market", peg_offset=1),
        entry(order_type=OrderType.PEG_MARKET, offset=20),
    ),
    (sell(order_type="peg_midpoint"), entry(order_type=OrderType.PEG_MIDPOINT)),
    (sell(time_in_force="ioc"), entry(time_in_force=TimeInForce.IOC)),
    (
        sell(side="buy", price=65, time_in_force="fok"),
        entry(side=BUY, price=1_300, time_in_force=TimeInForce.FOK),
    ),
    (sell(expiry=NOON), entry(time_in_force=GTD, expiry=NOON_NS)),
    (sell(time_in_force="day"), entry(time_in_force=TimeInForce.DAY)),
    (sell(time_in_force="at_the_close"), entry(time_in_force=TimeInForce.AT_THE_CLOSE)),
    (sell(time_in_force="good_for_auction"), entry(time_in_force=TimeInForce.GOOD_FOR_AUCTION)),
    *(
        (
            sell(self_trade=mode.name.lower(), self_trade_group=9),
            entry(self_trade_mode=mode, self_trade_group=9),
        )
        for mode in SelfTradeMode
        if mode != SelfTradeMode.NONE
    ),
    (sell(reduce_only=True, account=3), entry(flags=FLAGS.REDUCE_ONLY, account=3)),
    (sell(cancels=5), entry(linked_order_id=5, flags=FLAGS.ONE_CANCELS_OTHER)),
    (sell(waits_for=5), entry(linked_order_id=5, flags=FLAGS.ONE_TRIGGERS_OTHER)),
    (sell(waits_for=5, cancels=5), entry(linked_order_id=5, flags=768)),
    (
        lambda venue: venue.set_position("OIL", account=3, quantity=-40),
        command(engine.CommandKind.SET_POSITION, account=3, quantity=-4),
    ),
    (lambda venue: venue.cancel(5, **STAMP), command(engine.CANCEL, order_id=5, **STAMP)),
    (
        lambda venue: venue.replace(5, price=64, quantity=30),
        command(engine.REPLACE, order_id=5, price=1_280, quantity=3),
    ),
    (
        lambda venue: venue.replace(6, trigger_price=50),
        command(engine.REPLACE, order_id=6, trigger_price=1_000, quantity=2),
    ),
    (lambda venue: venue.reduce(5, 20), command(engine.REDUCE, order_id=5, quantity=2)),
    *(
        (
            lambda venue, source=source: venue.set_price("OIL", source.name.lower(), 59, **STAMP),
            command(engine.CommandKind.SET_PRICE, price=1_180, trigger_source=source, **STAMP),
        )
        for source in TriggerSource
    ),
    *(
        (
            lambda venue, phase=phase: venue.set_phase("OIL", phase.name.lower(), **STAMP),
            command(engine.CommandKind.SET_PHASE, selector=phase, **STAMP),
        )
        for phase in Phase
    ),
    (
        lambda venue: venue.mass_cancel(
            "OIL", 0, "sell", 64, 66, command_id=4, timestamp=6
        ),
        command(
            engine.CommandKind.MASS_CANCEL,
            side=SELL,
            price=1_280,
            bound=1_320,
            selector=15,
            command_id=4,
            timestamp=6,
        ),
    ),
    (
        lambda venue: venue.mass_cancel(account=0, side="buy"),
        command(engine.CommandKind.MASS_CANCEL, instrument=0, side=BUY, selector=5),
    ),
    (
        lambda venue: venue.advance_time(77, command_id=4),
        command(engine.CommandKind.ADVANCE_TIME, instrument=0, timestamp=77, command_id=4),
    ),
]  # fmt: skip


COINS = Instrument(
    symbol="BTC-USD", tick_size="0.01", lot_size="0.001", kind="spot", base="BTC", quote="USD"
)
SWAP = Instrument(
    symbol="OIL", tick_size="0.05", lot_size=10, kind="linear", quote="USD", max_leverage=20
)
BANK = {"account": 3, "instrument": 1}
STAMPED = {"command_id": 4, "timestamp": 6}

IN_OIL, IN_DOLLARS = {"symbol": "OIL"}, {"currency": "USD"}
LIMITS_SAID: list[tuple[Limit, dict[str, Any], int, int]] = [
    (Limit.ORDER_QUANTITY, {"value": "30", **IN_OIL}, 3, 1),
    (Limit.ORDER_VALUE, {"value": "1000.50", **IN_OIL}, 100_050_000, 1),
    (Limit.ORDER_VALUE, {"value": "0.00001", "symbol": "BTC-USD"}, 1, 0),
    (Limit.OPEN_ORDERS, {"value": 7}, 7, 0),
    (Limit.PRICE_DISTANCE, {"value": 0.05, **IN_OIL}, 50_000, 1),
    (Limit.DUPLICATE_WINDOW, {"value": "1.5"}, 1_500_000_000, 0),
    (Limit.POSITION, {"value": 0, **IN_OIL}, 0, 1),
    (Limit.NET_EXPOSURE, {"value": Decimal("2e3"), **IN_DOLLARS}, 200_000_000, 0),
    (Limit.GROSS_EXPOSURE, {"value": 1, "currency": "BTC"}, 10**8, 1),
    (Limit.DAILY_LOSS, {"value": "0.1", **IN_DOLLARS}, 10_000, 0),
    (Limit.DRAWDOWN, {"value": None, **IN_DOLLARS}, -1, 0),
]
"""A limit, how it is said, its number, and the number of what it is of."""
SWITCHES_SAID: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"account": 3}, {"account": 3, "selector": SwitchScope.BY_ACCOUNT}),
    ({"group": 0}, {"selector": SwitchScope.BY_GROUP}),
    ({"group": 6}, {"self_trade_group": 6, "selector": SwitchScope.BY_GROUP}),
    (IN_OIL, {"instrument": 1, "selector": SwitchScope.BY_INSTRUMENT}),
]

# The same of a venue with accounts, where BTC is currency 1.
SAID_OF_ACCOUNTS: list[tuple[Any, dict[str, Any]]] = [
    (
        lambda venue: venue.set_account(9, group=5, tier=255, **STAMPED),
        {"account": 9, "self_trade_group": 5, "quantity": 255, **STAMPED},
    ),
    *(
        (
            lambda venue, flag=flag: venue.set_account(3, **{flag.name.lower(): True}),
            {"account": 3, "selector": flag},
        )
        for flag in engine.AccountFlag
    ),
    (
        lambda venue: venue.set_account(4, suspended=True, close_only=True, no_withdrawals=True),
        {"account": 4, "selector": sum(engine.AccountFlag)},
    ),
    (
        lambda venue: venue.deposit(3, "BTC", "0.00000007", **STAMPED),
        {"kind": engine.DEPOSIT, **BANK, "quantity": 7, **STAMPED},
    ),
    (
        lambda venue: venue.withdraw(3, "BTC", 1, **STAMPED),
        {"kind": engine.WITHDRAW, **BANK, "quantity": 10**8, **STAMPED},
    ),
    (
        lambda venue: venue.transfer(3, 4, "BTC", 0.5, **STAMPED),
        {
            "kind": engine.TRANSFER,
            "linked_order_id": 4,
            "quantity": 5 * 10**7,
            **BANK,
            **STAMPED,
        },
    ),
    (
        lambda venue: venue.set_leverage("OIL", account=3, leverage="12.34", **STAMPED),
        {"kind": engine.SET_LEVERAGE, "quantity": 1_234, **BANK, **STAMPED},
    ),
    (
        lambda venue: venue.set_position_mode("OIL", "hedge", account=3, **STAMPED),
        {"kind": engine.SET_POSITION_MODE, "selector": 1, **BANK, **STAMPED},
    ),
    (
        lambda venue: venue.set_margin_mode("OIL", "isolated", account=3, **STAMPED),
        {"kind": engine.SET_MARGIN_MODE, "selector": 1, **BANK, **STAMPED},
    ),
    *(
        row
        for limit, words, value, of in LIMITS_SAID
        for row in (
            (
                lambda venue, limit=limit, words=words: venue.set_limit(
                    3, limit.name.lower(), **words, **STAMPED
                ),
                {
                    "kind": engine.SET_LIMIT,
                    "account": 3,
                    "selector": limit,
                    "instrument": of,
                    "quantity": value,
                    **STAMPED,
                },
            ),
            (
                lambda venue, limit=limit, words=words: venue.set_default_limit(
                    limit, **words, **STAMPED
                ),
                {
                    "kind": engine.SET_DEFAULT_LIMIT,
                    "selector": limit,
                    "instrument": of,
                    "quantity": value,
                    **STAMPED,
                },
            ),
        )
    ),
    *(
        (
            lambda venue, limit=limit, value=value: venue.set_rate(
                limit.name.lower(), value, tier=255, **STAMPED
            ),
            {
                "kind": engine.SET_RATE,
                "selector": limit,
                "self_trade_group": 255,
                "quantity": number,
                **STAMPED,
            },
        )
        for limit, value, number in (
            (RateLimit.ORDERS_PER_TEN_SECONDS, 50, 50),
            (RateLimit.ORDERS_PER_MINUTE, "0", 0),
            (RateLimit.ORDERS_PER_DAY, 10_000_000, 10_000_000),
            (RateLimit.CANCELS_PER_MINUTE, None, -1),
            (RateLimit.FACTOR, "2.5", 2_500_000),
        )
    ),
    *(
        (
            lambda venue, is_off=is_off, words=words: (
                venue.switch_off(**words, **STAMPED)
                if is_off
                else venue.switch_on(**words, **STAMPED)
            ),
            {"kind": engine.SWITCH, "quantity": int(is_off), **fields, **STAMPED},
        )
        for words, fields in SWITCHES_SAID
        for is_off in (True, False)
    ),
    (
        lambda venue: venue.switch_off(account=3, keep_orders=True),
        {
            "kind": engine.SWITCH,
            "quantity": 1,
            "account": 3,
            "selector": SwitchScope.BY_ACCOUNT | SwitchScope.KEEP_ORDERS,
        },
    ),
    (sell(account=3), entry(account=3)),
]
SAID_OF_MARGIN: list[tuple[Any, dict[str, Any]]] = [
    (
        lambda venue: venue.add_margin("OIL", "0.00007", side="sell", account=3, **STAMPED),
        {"kind": engine.ADD_MARGIN, "side": engine.SELL, "quantity": 7, **BANK, **STAMPED},
    ),
]
SAID_OF_FUNDING: list[tuple[Any, dict[str, Any]]] = [
    (
        lambda venue: venue.fund("OIL", **STAMPED),
        {"kind": engine.FUND, "instrument": 1, **STAMPED},
    ),
    (
        lambda venue: venue.fund("OIL", rate="-0.0001", **STAMPED),
        {
            "kind": engine.FUND,
            "instrument": 1,
            "selector": FundingSource.TOLD,
            "price": -(10**14),
            **STAMPED,
        },
    ),
    (
        lambda venue: venue.fund(**STAMPED),
        {"kind": engine.FUND, "selector": FundingSource.EVERY, **STAMPED},
    ),
    (
        lambda venue: venue.liquidate(account=4, **STAMPED),
        {"kind": engine.LIQUIDATE, "account": 4, **STAMPED},
    ),
    (
        lambda venue: venue.liquidate(account=4, warn_from="0.8", **STAMPED),
        {"kind": engine.LIQUIDATE, "account": 4, "quantity": 800_000_000, **STAMPED},
    ),
]
for _, fields in SAID_OF_ACCOUNTS:
    fields.setdefault("kind", engine.SET_ACCOUNT)


def banked(funding: Mapping[str, FundingSpec] | None = None) -> Engine:
    """Return a venue with accounts 3 and 4, of which the first has 500 dollars and 2 bitcoin."""
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.00001")
    venue.add_currency("BTC", unit="1e-8")
    for instrument in (COINS, SWAP):
        spec = (funding or {}).get(instrument.symbol)
        told = {} if spec is None else {"funding": spec.to_dict()}
        venue.add_instrument(Instrument.from_dict(instrument.to_dict() | told))
    for account in (3, 4):
        venue.set_account(account)
    venue.deposit(3, "USD", 500)
    venue.deposit(3, "BTC", 2)
    return venue


def isolated() -> Engine:
    """Return a venue where account 3 is short a lot of oil, with a margin of its own."""
    venue = banked()
    venue.deposit(4, "USD", 500)
    venue.set_margin_mode("OIL", "isolated", account=3)
    for side, account in (("sell", 3), ("buy", 4)):
        venue.submit("OIL", side=side, price=60, quantity=10, account=account)
    return venue


def funded() -> Engine:
    """Return a venue where account 3 is short a lot of oil, which has funding and prices."""
    venue = banked({"OIL": FundingSpec.preset("godark")})
    venue.deposit(4, "USD", 500)
    for side, account in (("sell", 3), ("buy", 4)):
        venue.submit("OIL", side=side, price=60, quantity=10, account=account)
    for source, price in (("mark", 61), ("index", 60)):
        venue.set_price("OIL", source, price)
    return venue


def ready() -> Engine:
    """Return a venue where oil traded at 60 and has orders 5 to 7, the second a stop.

    Account 3 is long ten lots.
    """
    venue = new_venue()
    for side, order_id in (("sell", 3), ("buy", 4)):
        venue.submit("OIL", side=side, price=60, quantity=50, order_id=order_id)
    venue.submit("OIL", side="sell", price=65, quantity=100, order_id=5)
    stop = {"order_type": "stop", "trigger_price": 55}
    venue.submit("OIL", side="sell", quantity=20, order_id=6, **stop)
    venue.submit("OIL", side="buy", price=59, quantity=10, order_id=7)
    venue.set_position("OIL", account=3, quantity=100)
    return venue


def record(fields: dict[str, Any]) -> np.ndarray:
    """Return one command with these fields."""
    commands = np.zeros(1, COMMAND_DTYPE)
    for name, value in fields.items():
        commands[name] = value
    return commands


@pytest.mark.parametrize(
    ("make", "said", "told"),
    [
        *((ready, *row) for row in SAID),
        *((banked, *row) for row in SAID_OF_ACCOUNTS),
        *((isolated, *row) for row in SAID_OF_MARGIN),
        *((funded, *row) for row in SAID_OF_FUNDING),
    ],
    ids=[str(told) for _, told in (*SAID, *SAID_OF_ACCOUNTS, *SAID_OF_MARGIN, *SAID_OF_FUNDING)],
)
def test_the_friendly_face_says_what_a_command_says(
    make: Any, said: Any, told: dict[str, Any]
) -> None:
    friendly, plain = make(), make()
    report = said(friendly)
    assert report.reject_reason == RejectReason.NONE
    assert report.reports.tobytes() == plain.match(record(told)).tobytes()
    assert friendly.state_hash() == plain.state_hash()
    assert friendly.detail(70) == plain.detail(70)
    friendly.check_invariants()


def test_the_friendly_face_uncrosses_a_call() -> None:
    friendly, plain = new_venue(), new_venue()
    for venue in (friendly, plain):
        venue.set_phase("OIL", "opening_call")
        venue.submit("OIL", side="sell", price=60, quantity=30)
    order = {"side": "buy", "price": 60, "quantity": 50, "order_id": 70}
    report = friendly.submit("OIL", time_in_force="at_the_open", **order)
    told = entry(side=BUY, time_in_force=TimeInForce.AT_THE_OPEN)
    assert report.reports.tobytes() == plain.match(record(told)).tobytes()
    report = friendly.uncross("OIL", **STAMP)
    told = command(engine.CommandKind.UNCROSS, **STAMP)
    assert report.reports.tobytes() == plain.match(record(told)).tobytes()
    assert friendly.state_hash() == plain.state_hash()


def test_there_is_nothing_that_only_a_command_can_say() -> None:
    rows = (*SAID, *SAID_OF_ACCOUNTS, *SAID_OF_MARGIN, *SAID_OF_FUNDING)
    told = [fields for _, fields in rows]
    submitted = [fields for fields in told if fields["kind"] == engine.SUBMIT]
    assert {name for fields in told for name, value in fields.items() if value} == set(
        COMMAND_DTYPE.names or ()
    )
    flags = OrderFlag(0)
    for fields in submitted:
        flags |= fields.get("flags", 0)
    assert flags == sum(OrderFlag)

    def said(name: str, among: list[dict[str, Any]]) -> set[int]:
        return {int(fields.get(name, 0)) for fields in among}

    # These two are said above, in a call.
    kinds = {*engine.CommandKind} - {engine.CommandKind.UNCROSS}
    assert said("kind", told) == kinds
    assert said("time_in_force", submitted) == {*TimeInForce} - {TimeInForce.AT_THE_OPEN}
    assert said("order_type", submitted) == {*OrderType}
    # What orders may watch; the other prices are told, and pegs and auctions follow them.
    watched = {TriggerSource.LAST, TriggerSource.MARK, TriggerSource.INDEX}
    assert said("trigger_source", submitted) == watched
    assert said("self_trade_mode", submitted) == {*SelfTradeMode}
    for kind, members in (("SET_PRICE", TriggerSource), ("SET_PHASE", Phase)):
        of_kind = [fields for fields in told if fields["kind"] == engine.CommandKind[kind]]
        name = "trigger_source" if kind == "SET_PRICE" else "selector"
        assert said(name, of_kind) == {*members}
    scopes = [fields for fields in told if fields["kind"] == engine.CommandKind.MASS_CANCEL]
    assert max(said("selector", scopes)) == sum(engine.CancelScope)
    for kind, limits in (
        ("SET_LIMIT", Limit),
        ("SET_DEFAULT_LIMIT", Limit),
        ("SET_RATE", RateLimit),
    ):
        of_kind = [fields for fields in told if fields["kind"] == engine.CommandKind[kind]]
        assert said("selector", of_kind) == {*limits}
