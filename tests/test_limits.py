"""Limits: each at its boundary, whose it is, which orders it looks at, and what it is told of."""

from __future__ import annotations

from typing import Any

import pytest
from banking import (
    ALICE,
    BOB,
    BTC,
    CAROL,
    INVERSE,
    LINEAR,
    PERCENT,
    SPOT,
    USD,
    deposit,
    instrument,
    reason_of,
    send,
    set_default_limit,
    set_limit,
    set_mark,
)

from engine import (
    ADVANCE_TIME,
    BUY,
    FOK,
    IOC,
    LIMIT_IF_TOUCHED,
    MARKET,
    MARKET_TO_LIMIT,
    ONE_TRIGGERS_OTHER,
    PEG_PRIMARY,
    PROTECTED,
    REDUCE_ONLY,
    REPLACE,
    SELL,
    SET_ACCOUNT,
    SET_DEFAULT_LIMIT,
    SET_LIMIT,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    CommandError,
    CommandKind,
    ExecType,
    Limit,
    OrderStatus,
    Phase,
    RejectReason,
    Side,
    TriggerSource,
)
from engine.records import Exposure

R = RejectReason
NOBODY = 9
DAY = 86_400 * 10**9
OF_INSTRUMENT = (Limit.ORDER_QUANTITY, Limit.ORDER_VALUE, Limit.PRICE_DISTANCE, Limit.POSITION)
OF_CURRENCY = (Limit.NET_EXPOSURE, Limit.GROSS_EXPOSURE, Limit.DAILY_LOSS, Limit.DRAWDOWN)
OF_ACCOUNT = (Limit.OPEN_ORDERS, Limit.DUPLICATE_WINDOW)
REASONS = {
    Limit.ORDER_QUANTITY: R.ORDER_QUANTITY_LIMIT,
    Limit.ORDER_VALUE: R.ORDER_VALUE_LIMIT,
    Limit.OPEN_ORDERS: R.OPEN_ORDERS_LIMIT,
    Limit.PRICE_DISTANCE: R.PRICE_TOO_FAR,
    Limit.DUPLICATE_WINDOW: R.DUPLICATE_ORDER,
    Limit.POSITION: R.POSITION_LIMIT,
    Limit.NET_EXPOSURE: R.NET_EXPOSURE_LIMIT,
    Limit.GROSS_EXPOSURE: R.GROSS_EXPOSURE_LIMIT,
    Limit.DAILY_LOSS: R.DAILY_LOSS_LIMIT,
    Limit.DRAWDOWN: R.DRAWDOWN_LIMIT,
}
WAITS_FOR_MARK = {"trigger_price": 500, "trigger_source": TriggerSource.MARK}


def bank(make_bank: Any, *contracts: dict[str, int]) -> Any:
    """Return an engine in which three have all that they can need."""
    core = make_bank(*map(instrument, contracts or (LINEAR,)))
    for account in (ALICE, BOB, CAROL):
        deposit(core, account, {USD: 10**9, BTC: 10**9})
    return core


def submit(
    core: Any, side: Side, price: int, quantity: int, account: int = ALICE, **fields: int
) -> RejectReason:
    """Submit an order to the first instrument, or another, and return why it was refused."""
    orders = {"account": account, "side": side, "price": price, "quantity": quantity}
    return reason_of(core, SUBMIT, **orders, **fields)


def trade(core: Any, side: Side, price: int, quantity: int, **fields: int) -> None:
    """Let Alice trade with Bob."""
    assert submit(core, Side(-side), price, quantity, BOB, **fields) == R.NONE
    assert submit(core, side, price, quantity, time_in_force=IOC, **fields) == R.NONE


# -- the commands


@pytest.mark.parametrize("kind", [SET_LIMIT, SET_DEFAULT_LIMIT], ids=lambda kind: kind.name)
@pytest.mark.parametrize("value", [-1, 0, 1, 2**63 - 1])
@pytest.mark.parametrize("limit", Limit, ids=lambda limit: limit.name)
def test_a_limit_is_set_and_taken_away(
    make_bank: Any, limit: Limit, value: int, kind: CommandKind
) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    account = ALICE if kind == SET_LIMIT else 0
    of = 0 if limit in OF_ACCOUNT else 1
    fields = {"account": account, "selector": limit, "instrument": of}
    (report,) = send(core, kind, **fields, quantity=value, command_id=4)
    assert (report["exec_type"], report["order_status"]) == (ExecType.DONE, OrderStatus.NONE)
    assert (report["last_quantity"], report["command_id"]) == (value, 4)
    assert core.limit(ALICE, limit, of) == (None if value == -1 else value)
    assert core.limit(BOB, limit, of) == (None if kind == SET_LIMIT or value == -1 else value)
    assert core.limit(ALICE, limit, of + 1) is None
    send(core, kind, **fields, quantity=-1)
    assert core.limit(ALICE, limit, of) is None


def test_an_accounts_own_limit_goes_before_the_default(make_bank: Any) -> None:
    core = bank(make_bank)
    set_default_limit(core, Limit.ORDER_QUANTITY, 5)
    assert submit(core, BUY, 100, 6) == R.ORDER_QUANTITY_LIMIT
    set_limit(core, ALICE, Limit.ORDER_QUANTITY, 7)
    assert submit(core, BUY, 100, 7) == R.NONE
    assert submit(core, BUY, 100, 8) == R.ORDER_QUANTITY_LIMIT
    assert submit(core, BUY, 100, 6, BOB) == R.ORDER_QUANTITY_LIMIT
    assert [core.limit(number, Limit.ORDER_QUANTITY) for number in (ALICE, BOB)] == [7, 5]
    set_limit(core, ALICE, Limit.ORDER_QUANTITY, 0)
    assert submit(core, BUY, 100, 1) == R.ORDER_QUANTITY_LIMIT
    set_limit(core, ALICE, Limit.ORDER_QUANTITY, -1)
    assert core.limit(ALICE, Limit.ORDER_QUANTITY) == 5
    assert submit(core, BUY, 100, 5) == R.NONE
    assert submit(core, BUY, 100, 6) == R.ORDER_QUANTITY_LIMIT


def test_a_default_holds_for_an_account_that_comes_later(make_bank: Any) -> None:
    core = make_bank(instrument(LINEAR))
    set_default_limit(core, Limit.ORDER_QUANTITY, 5)
    assert core.limit(ALICE, Limit.ORDER_QUANTITY) is None
    deposit(core, ALICE, {USD: 10_000})
    assert core.limit(ALICE, Limit.ORDER_QUANTITY) == 5
    assert submit(core, BUY, 100, 6) == R.ORDER_QUANTITY_LIMIT


def test_a_limit_is_of_one_instrument(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    set_limit(core, ALICE, Limit.ORDER_QUANTITY, 5, of=1)
    assert submit(core, BUY, 100, 6) == R.NONE
    assert submit(core, BUY, 100, 6, instrument=1) == R.ORDER_QUANTITY_LIMIT


@pytest.mark.parametrize("value", [-2, -(2**63)])
@pytest.mark.parametrize("kind", [SET_LIMIT, SET_DEFAULT_LIMIT], ids=lambda kind: kind.name)
def test_no_limit_is_below_none(make_bank: Any, kind: CommandKind, value: int) -> None:
    core = bank(make_bank)
    account = ALICE if kind == SET_LIMIT else 0
    fields = {"account": account, "selector": Limit.POSITION, "quantity": value}
    assert reason_of(core, kind, **fields) == R.LIMIT_OUT_OF_RANGE


def test_a_limit_is_of_what_there_is(make_bank: Any) -> None:
    core = bank(make_bank)
    for limit in OF_INSTRUMENT:
        assert set_limit(core, ALICE, limit, 1, of=1) == R.UNKNOWN_INSTRUMENT
        assert set_default_limit(core, limit, 1, of=1) == R.UNKNOWN_INSTRUMENT
    for limit in OF_CURRENCY:
        assert set_limit(core, ALICE, limit, 1, of=3) == R.UNKNOWN_CURRENCY
        assert set_default_limit(core, limit, 1, of=3) == R.UNKNOWN_CURRENCY
        assert set_limit(core, ALICE, limit, 1, of=2) == R.NONE
    for limit in OF_ACCOUNT:
        assert set_limit(core, ALICE, limit, 1, of=1) == R.MALFORMED
        assert set_default_limit(core, limit, 1, of=1) == R.MALFORMED
    assert set_limit(core, NOBODY, Limit.POSITION, 1) == R.UNKNOWN_ACCOUNT
    of_default = {"account": ALICE, "selector": Limit.POSITION}
    assert reason_of(core, SET_DEFAULT_LIMIT, **of_default) == R.MALFORMED


@pytest.mark.parametrize("selector", [0, 11, 2**16 - 1])
@pytest.mark.parametrize("kind", [SET_LIMIT, SET_DEFAULT_LIMIT], ids=lambda kind: kind.name)
def test_a_selector_is_one_of_the_limits(make_bank: Any, kind: CommandKind, selector: int) -> None:
    core = bank(make_bank)
    with pytest.raises(CommandError, match="selector"):
        send(core, kind, selector=selector)


def test_without_accounts_there_are_no_limits(make_core: Any) -> None:
    core = make_core({})
    for kind in (SET_LIMIT, SET_DEFAULT_LIMIT):
        assert reason_of(core, kind, selector=Limit.POSITION) == R.UNKNOWN_ACCOUNT
    assert core.limit(0, Limit.POSITION) is None
    assert (core.exposure(0, 0), core.open_orders(0)) == (None, 0)


def test_questions_about_what_there_is_not(make_bank: Any) -> None:
    core = bank(make_bank)
    set_default_limit(core, Limit.OPEN_ORDERS, 5)
    assert (core.limit(NOBODY, Limit.OPEN_ORDERS), core.open_orders(NOBODY)) == (None, 0)
    unknown = ((NOBODY, USD), (ALICE, 3), (ALICE, 2**32 - 1))
    assert [core.exposure(*of) for of in unknown] == [None] * 3
    assert core.exposure(ALICE, 2) == Exposure(0, 0, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="11"):
        core.limit(ALICE, 11)


# -- orders by themselves


def test_the_quantity_of_an_order_is_limited(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, SPOT)
    set_limit(core, ALICE, Limit.ORDER_QUANTITY, 5)
    assert submit(core, side, 100, 5, order_id=1) == R.NONE
    assert submit(core, side, 100, 6) == R.ORDER_QUANTITY_LIMIT
    assert submit(core, side, 0, 6, order_type=MARKET) == R.ORDER_QUANTITY_LIMIT
    waiting = {"order_type": STOP, **WAITS_FOR_MARK}
    assert submit(core, side, 0, 6, **waiting) == R.ORDER_QUANTITY_LIMIT
    named = {"account": ALICE, "order_id": 1, "price": 100}
    assert reason_of(core, REPLACE, **named, quantity=6) == R.ORDER_QUANTITY_LIMIT
    assert reason_of(core, REPLACE, **named, quantity=5) == R.NONE


@pytest.mark.parametrize("contract", [SPOT, LINEAR], ids=["spot", "linear"])
def test_the_value_of_an_order_is_limited(
    make_bank: Any, side: Side, contract: dict[str, int]
) -> None:
    core = bank(make_bank, contract | {"value_factor": 3})
    set_limit(core, ALICE, Limit.ORDER_VALUE, 1_500)
    refused = R.ORDER_VALUE_LIMIT
    assert submit(core, side, 100, 5, order_id=1) == R.NONE
    assert submit(core, side, 100, 6) == refused
    assert submit(core, side, 101, 5) == refused
    assert submit(core, side, 101, 5, order_type=STOP_LIMIT, **WAITS_FOR_MARK) == refused
    of_bound = {"order_type": MARKET, "flags": PROTECTED, "bound": 101}
    assert submit(core, side, 0, 5, **of_bound) == refused
    assert submit(core, side, 0, 99, order_type=MARKET) == R.NONE
    named = {"account": ALICE, "order_id": 1}
    assert reason_of(core, REPLACE, **named, price=101, quantity=5) == refused
    assert reason_of(core, REPLACE, **named, price=125, quantity=4) == R.NONE


def test_the_value_of_an_inverse_order_is_rounded_up(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, INVERSE)
    set_limit(core, ALICE, Limit.ORDER_VALUE, 3)
    assert submit(core, side, 300, 1) == R.ORDER_VALUE_LIMIT
    assert submit(core, side, 334, 1) == R.NONE
    set_limit(core, ALICE, Limit.ORDER_VALUE, 4)
    assert submit(core, side, 300, 1) == R.NONE


def test_a_value_below_zero_counts_by_its_size(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.ORDER_VALUE, 500)
    assert submit(core, side, -100, 5) == R.NONE
    assert submit(core, side, -100, 6) == R.ORDER_VALUE_LIMIT


def test_open_orders_are_counted_in_all_instruments(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, SPOT)
    set_limit(core, ALICE, Limit.OPEN_ORDERS, 2)
    refused = R.OPEN_ORDERS_LIMIT
    assert submit(core, side, 100, 5, order_id=1) == R.NONE
    waiting = {"order_type": STOP, **WAITS_FOR_MARK}
    assert submit(core, side, 0, 5, instrument=1, **waiting, order_id=2) == R.NONE
    assert core.open_orders(ALICE) == 2
    assert submit(core, side, 100, 5) == refused
    assert submit(core, side, 0, 5, instrument=1, **waiting) == refused
    assert submit(core, side, 100, 5, BOB) == R.NONE
    # One that is gone at once has room.
    assert submit(core, side, 100, 5, time_in_force=IOC) == R.NONE
    assert submit(core, side, 0, 5, order_type=MARKET) == R.NONE
    named = {"account": ALICE, "order_id": 1}
    assert reason_of(core, REPLACE, **named, price=100, quantity=7) == R.NONE
    core.book(1).cancel(2, account=ALICE)
    assert core.open_orders(ALICE) == 1
    assert submit(core, side, 100, 5) == R.NONE
    core.book(0).submit(Side(-side), 100, 17, account=CAROL)
    assert core.open_orders(ALICE) == 0


def test_a_market_order_in_a_call_stays(make_bank: Any) -> None:
    core = bank(make_bank, SPOT)
    set_limit(core, ALICE, Limit.OPEN_ORDERS, 0)
    core.book(0).set_phase(Phase.OPENING_CALL)
    assert submit(core, SELL, 0, 5, order_type=MARKET) == R.OPEN_ORDERS_LIMIT


def test_a_limit_lies_not_too_far_from_the_mark(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.PRICE_DISTANCE, 50_000)
    assert submit(core, side, 100 + 90 * side, 5) == R.NONE
    core.book(0).cancel(1, account=ALICE)
    core.book(0).set_price(TriggerSource.LAST, 200)
    assert submit(core, side, 200 + 11 * side, 5) == R.PRICE_TOO_FAR
    assert submit(core, side, 200 + 10 * side, 5) == R.NONE
    set_mark(core, 100)
    assert submit(core, side, 100 + 6 * side, 5) == R.PRICE_TOO_FAR
    assert submit(core, side, 100 + 5 * side, 5) == R.NONE
    assert submit(core, side, 100 - 90 * side, 5) == R.NONE
    assert submit(core, side, 0, 5, order_type=MARKET) == R.NONE


def test_a_distance_is_not_rounded(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_mark(core, 100)
    for distance, expected in ((9_999, R.PRICE_TOO_FAR), (10_000, R.NONE)):
        set_limit(core, ALICE, Limit.PRICE_DISTANCE, distance)
        assert submit(core, side, 100 + side, 5) == expected


@pytest.mark.parametrize("price", [-100, 0])
def test_a_distance_from_a_price_that_is_not_above_zero(
    make_bank: Any, side: Side, price: int
) -> None:
    core = bank(make_bank)
    set_mark(core, price)
    set_limit(core, ALICE, Limit.PRICE_DISTANCE, 50_000)
    far = 5 if price else 0
    assert submit(core, side, price + far * side, 5) == R.NONE
    assert submit(core, side, price + (far + 1) * side, 5) == R.PRICE_TOO_FAR
    assert submit(core, side, price - 90 * side, 5) == R.NONE


def test_what_waits_or_is_replaced_has_a_limit_too(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_mark(core, 100)
    set_limit(core, ALICE, Limit.PRICE_DISTANCE, 50_000)
    far, refused = 100 + 6 * side, R.PRICE_TOO_FAR
    assert submit(core, side, far, 5, order_type=STOP_LIMIT, **WAITS_FOR_MARK) == refused
    touched = {"order_type": LIMIT_IF_TOUCHED, "trigger_price": 1}
    assert submit(core, side, far, 5, **touched, trigger_source=TriggerSource.INDEX) == refused
    of_bound = {"order_type": MARKET, "flags": PROTECTED}
    assert submit(core, side, 0, 5, **of_bound, bound=far) == refused
    assert submit(core, side, 0, 5, **of_bound, bound=far - side, time_in_force=IOC) == R.NONE
    named = {"account": ALICE, "order_id": 7}
    assert submit(core, side, 100, 5, order_id=7) == R.NONE
    assert reason_of(core, REPLACE, **named, price=far, quantity=5) == refused
    assert reason_of(core, REPLACE, **named, price=far - side, quantity=5) == R.NONE
    # In its place it comes no nearer to anyone.
    set_mark(core, 100 - 50 * side)
    assert reason_of(core, REPLACE, **named, price=far - side, quantity=4) == R.NONE
    assert reason_of(core, REPLACE, **named, price=far - side, quantity=5) == refused


# -- the same order again


def test_the_same_order_comes_too_soon(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.DUPLICATE_WINDOW, 100)
    assert submit(core, side, 100, 5, timestamp=1_000) == R.NONE
    assert submit(core, side, 100, 5, timestamp=1_000) == R.DUPLICATE_ORDER
    assert submit(core, side, 100, 5, timestamp=1_099) == R.DUPLICATE_ORDER
    assert submit(core, side, 100, 5, BOB, timestamp=1_099) == R.NONE
    # What was refused is not the last one.
    assert submit(core, side, 100, 5, timestamp=1_100) == R.NONE
    assert submit(core, side, 100, 5, timestamp=1_199, flags=1, order_id=9) == R.DUPLICATE_ORDER
    set_limit(core, ALICE, Limit.DUPLICATE_WINDOW, 0)
    assert submit(core, side, 100, 5, timestamp=1_199) == R.NONE


@pytest.mark.parametrize(
    "changes",
    [
        {"instrument": 1},
        {"side": SELL},
        {"price": 101},
        {"quantity": 6},
        {"order_type": MARKET, "price": 0},
        {"order_type": STOP_LIMIT, **WAITS_FOR_MARK},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_another_order_is_no_duplicate(make_bank: Any, changes: dict[str, int]) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    set_limit(core, ALICE, Limit.DUPLICATE_WINDOW, 100)
    fields = {"account": ALICE, "side": BUY, "price": 100, "quantity": 5}
    assert reason_of(core, SUBMIT, **fields) == R.NONE
    assert reason_of(core, SUBMIT, **(fields | changes)) == R.NONE
    assert reason_of(core, SUBMIT, **(fields | changes)) == R.DUPLICATE_ORDER
    assert reason_of(core, SUBMIT, **fields) == R.NONE


def test_another_trigger_price_is_another_order(make_bank: Any) -> None:
    core = bank(make_bank)
    set_default_limit(core, Limit.DUPLICATE_WINDOW, 100)
    stop = {"order_type": STOP, "trigger_source": TriggerSource.MARK}
    assert submit(core, BUY, 0, 5, **stop, trigger_price=500) == R.NONE
    assert submit(core, BUY, 0, 5, **stop, trigger_price=501) == R.NONE
    assert submit(core, BUY, 0, 5, **stop, trigger_price=501) == R.DUPLICATE_ORDER


def test_the_last_order_is_known_before_there_is_a_window(make_bank: Any) -> None:
    core = bank(make_bank)
    assert submit(core, BUY, 100, 5, order_id=7) == R.NONE
    core.book(0).replace(7, 101, 6, account=ALICE)
    core.book(0).cancel(7, account=ALICE)
    set_limit(core, ALICE, Limit.DUPLICATE_WINDOW, 1)
    assert submit(core, BUY, 101, 6) == R.NONE
    assert submit(core, BUY, 101, 6) == R.DUPLICATE_ORDER


# -- positions


def test_a_position_is_limited_with_all_that_is_open(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    refused = R.POSITION_LIMIT
    trade(core, side, 100, 4)
    set_limit(core, ALICE, Limit.POSITION, 10)
    assert submit(core, side, 100 - 10 * side, 3, order_id=7) == R.NONE
    assert submit(core, side, 0, 50, order_type=STOP, **WAITS_FOR_MARK) == R.NONE
    assert submit(core, side, 100 - 10 * side, 4) == refused
    assert submit(core, side, 100 - 10 * side, 4, time_in_force=IOC) == refused
    # Of the other side only what turns the position round.
    assert submit(core, Side(-side), 100 + 10 * side, 8, order_id=8) == R.NONE
    assert submit(core, Side(-side), 100 + 10 * side, 7) == refused
    core.book(0).cancel(8, account=ALICE)
    named = {"account": ALICE, "order_id": 7}
    assert reason_of(core, REPLACE, **named, price=100 - 10 * side, quantity=7) == refused
    assert reason_of(core, REPLACE, **named, price=100 - 10 * side, quantity=6) == R.NONE
    assert submit(core, side, 100 - 10 * side, 1) == refused


def test_what_closes_passes_above_the_limit(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    for limit in (Limit.POSITION, *OF_CURRENCY):
        set_limit(core, ALICE, limit, 0)
    assert submit(core, side, 100, 1) == R.POSITION_LIMIT
    assert submit(core, Side(-side), 100, 10, order_id=7) == R.NONE
    named = {"account": ALICE, "order_id": 7}
    assert reason_of(core, REPLACE, **named, price=100, quantity=20) == R.NONE
    assert reason_of(core, REPLACE, **named, price=100, quantity=21) == R.POSITION_LIMIT
    reducing = {"flags": REDUCE_ONLY, "order_id": 8}
    core.book(0).cancel(7, account=ALICE)
    assert submit(core, Side(-side), 100, 99, **reducing) == R.NONE


def test_an_order_without_a_limit_counts_with_what_it_trades(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.POSITION, 4)
    assert submit(core, Side(-side), 100, 4, BOB) == R.NONE
    assert submit(core, side, 0, 99, order_type=MARKET) == R.NONE
    assert core.book(0).position(ALICE) == 4 * side
    assert submit(core, side, 0, 99, order_type=MARKET_TO_LIMIT) == R.NONE  # trades with nobody
    assert submit(core, Side(-side), 100, 1, BOB) == R.NONE
    assert submit(core, side, 0, 1, order_type=MARKET) == R.POSITION_LIMIT
    set_limit(core, ALICE, Limit.POSITION, 6)
    assert submit(core, side, 0, 3, order_type=MARKET_TO_LIMIT) == R.POSITION_LIMIT
    assert submit(core, side, 0, 2, order_type=MARKET_TO_LIMIT) == R.NONE


def test_what_comes_in_later_is_not_asked(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    for limit in (Limit.POSITION, *OF_CURRENCY):
        set_limit(core, ALICE, limit, 0)
    assert submit(core, side, 0, 5, order_type=STOP, **WAITS_FOR_MARK) == R.NONE
    parent = {"linked_order_id": 77, "flags": ONE_TRIGGERS_OTHER}
    assert submit(core, side, 100, 5, **parent, order_id=6) == R.NONE
    assert submit(core, side, 0, 5, order_type=PEG_PRIMARY, order_id=8) == R.NONE
    assert submit(core, Side(-side), 100, 9, BOB) == R.NONE
    set_mark(core, 500 if side == BUY else 499)
    set_mark(core, 500)
    assert core.book(0).position(ALICE) == 5 * side


def test_a_spot_instrument_has_no_position_to_limit(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, SPOT)
    assert set_limit(core, ALICE, Limit.POSITION, 0) == R.NONE
    for limit in OF_CURRENCY:
        set_limit(core, ALICE, limit, 0, of=USD)
    assert submit(core, side, 100, 5) == R.NONE


def test_a_reduce_only_order_with_nothing_to_reduce_is_no_matter_of_limits(make_bank: Any) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.POSITION, 0)
    assert submit(core, BUY, 100, 5, flags=REDUCE_ONLY) == R.REDUCE_ONLY_WOULD_INCREASE


# -- exposures


def test_the_net_exposure_is_limited(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, LINEAR, INVERSE)
    other = Side(-side)
    trade(core, side, 100, 5)
    trade(core, other, 100, 3, instrument=1)
    trade(core, other, 100, 50, instrument=2)
    assert core.exposure(ALICE, USD) == Exposure(200 * side, 200 * side, 800, 0, 0, 0)
    assert core.exposure(ALICE, BTC)[:3] == (-500 * side, -500 * side, 500)
    set_limit(core, ALICE, Limit.NET_EXPOSURE, 400, of=USD)
    assert submit(core, side, 100, 3) == R.NET_EXPOSURE_LIMIT
    assert submit(core, side, 100, 2, order_id=7) == R.NONE
    assert core.exposure(ALICE, USD).gross == 1_000
    assert submit(core, side, 1, 1) == R.NET_EXPOSURE_LIMIT
    # Short of the other, it comes to 0 and then to the limit on the other side.
    assert submit(core, other, 100, 7, instrument=1) == R.NET_EXPOSURE_LIMIT
    assert submit(core, other, 100, 6, instrument=1) == R.NONE
    assert submit(core, side, 100, 99, instrument=2) == R.NONE


def test_the_gross_exposure_is_limited(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    trade(core, side, 100, 5)
    trade(core, Side(-side), 100, 3, instrument=1)
    set_limit(core, ALICE, Limit.GROSS_EXPOSURE, 1_000, of=USD)
    assert submit(core, side, 100, 3) == R.GROSS_EXPOSURE_LIMIT
    assert submit(core, Side(-side), 100, 2, instrument=1, order_id=7) == R.NONE
    assert submit(core, side, 1, 1) == R.GROSS_EXPOSURE_LIMIT
    named = {"account": ALICE, "order_id": 7, "instrument": 1}
    assert reason_of(core, REPLACE, **named, price=101, quantity=2) == R.GROSS_EXPOSURE_LIMIT
    assert reason_of(core, REPLACE, **named, price=100, quantity=1) == R.NONE
    assert submit(core, side, 100, 1) == R.NONE


def test_an_inverse_exposure_adds_what_is_rounded_up(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, INVERSE)
    set_limit(core, ALICE, Limit.GROSS_EXPOSURE, 7, of=BTC)
    assert submit(core, side, 300, 1) == R.NONE
    assert core.exposure(ALICE, BTC).gross == 4
    assert submit(core, side, 300, 1) == R.GROSS_EXPOSURE_LIMIT
    assert submit(core, side, 334, 1) == R.NONE


# -- losses


def lose(core: Any, side: Side, amount: int, timestamp: int = 0) -> None:
    """Let Alice lose so much, and have no position."""
    for price, direction in ((500 + amount * side, side), (500, Side(-side))):
        fields = {"price": price, "quantity": 1, "timestamp": timestamp}
        for account, its in ((BOB, Side(-direction)), (ALICE, direction)):
            assert reason_of(core, SUBMIT, account=account, side=its, **fields) == R.NONE


def test_the_loss_of_a_day_is_limited(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    far = 500 - 200 * side
    set_limit(core, ALICE, Limit.DAILY_LOSS, 50, of=USD)
    lose(core, side, 49, timestamp=DAY - 1)
    assert core.exposure(ALICE, USD) == Exposure(0, 0, 0, -49, 49, 49)
    assert submit(core, side, far, 1, order_id=7) == R.NONE
    lose(core, side, 1, timestamp=DAY - 1)
    assert submit(core, side, 500, 1) == R.DAILY_LOSS_LIMIT
    named = {"account": ALICE, "order_id": 7}
    assert reason_of(core, REPLACE, **named, price=far, quantity=2) == R.DAILY_LOSS_LIMIT
    assert submit(core, side, 500, 1, CAROL) == R.NONE
    before = core.state_hash()
    send(core, ADVANCE_TIME, timestamp=DAY)
    assert core.state_hash() == before
    assert core.exposure(ALICE, USD)[3:] == (-50, 0, 50)
    assert submit(core, side, 500, 1) == R.NONE


def test_a_day_begins_with_the_result_of_the_one_before(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    lose(core, side, 30)
    lose(core, side, 20, timestamp=3 * DAY)
    assert core.exposure(ALICE, USD)[3:] == (-50, 20, 50)
    lose(core, side, -35, timestamp=4 * DAY - 1)
    assert core.exposure(ALICE, USD)[3:] == (-15, -15, 15)
    send(core, ADVANCE_TIME, timestamp=9 * DAY)
    assert core.exposure(ALICE, USD)[3:] == (-15, 0, 15)


def test_what_is_not_realized_counts_when_it_is_a_loss(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    set_limit(core, ALICE, Limit.DAILY_LOSS, 50, of=USD)
    set_mark(core, 100 + 9 * side)
    assert core.exposure(ALICE, USD)[3:] == (0, 0, 0)
    set_mark(core, 100 - 5 * side)
    assert core.exposure(ALICE, USD)[3:] == (0, 50, 50)
    assert submit(core, side, 95, 1) == R.DAILY_LOSS_LIMIT
    assert submit(core, Side(-side), 95, 10) == R.NONE
    set_mark(core, 100 - 4 * side)
    assert submit(core, side, 95, 1) == R.NONE


def test_fees_are_a_loss(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"taker_rate": PERCENT})
    trade(core, side, 100, 10)
    assert core.exposure(ALICE, USD)[3:] == (-10, 10, 10)
    set_limit(core, ALICE, Limit.DRAWDOWN, 10, of=USD)
    assert submit(core, side, 100, 1) == R.DRAWDOWN_LIMIT


def test_the_drawdown_is_from_the_best_result(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.DRAWDOWN, 40, of=USD)
    lose(core, side, -100)
    lose(core, side, 39, timestamp=2 * DAY)
    assert core.exposure(ALICE, USD)[3:] == (61, 39, 39)
    assert submit(core, side, 500, 1, order_id=7) == R.NONE
    lose(core, side, 1, timestamp=2 * DAY)
    assert submit(core, side, 500, 1) == R.DRAWDOWN_LIMIT
    send(core, ADVANCE_TIME, timestamp=5 * DAY)
    assert submit(core, side, 500, 1) == R.DRAWDOWN_LIMIT
    set_limit(core, ALICE, Limit.DRAWDOWN, 41, of=USD)
    assert submit(core, side, 500, 1) == R.NONE


def test_both_sides_of_a_trade_with_oneself_are_trades(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"maker_rate": -PERCENT, "taker_rate": 3 * PERCENT})
    for its in (Side(-side), side):
        assert submit(core, its, 100, 10) == R.NONE
    assert core.exposure(ALICE, USD)[3:] == (-20, 20, 30)


def test_a_loss_of_nothing_is_at_a_limit_of_nothing(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    for limit, refused in (
        (Limit.DAILY_LOSS, R.DAILY_LOSS_LIMIT),
        (Limit.DRAWDOWN, R.DRAWDOWN_LIMIT),
    ):
        set_limit(core, ALICE, limit, 0, of=USD)
        assert submit(core, side, 100, 1) == refused
        set_limit(core, ALICE, limit, -1, of=USD)
    assert submit(core, side, 100, 1) == R.NONE


# -- what is asked of whom


def test_an_order_that_keeps_its_place_is_asked_for_its_size(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    assert submit(core, side, 100, 10, order_id=7) == R.NONE
    set_mark(core, 100 - 90 * side)
    for limit in Limit:
        is_size = limit in (Limit.ORDER_QUANTITY, Limit.ORDER_VALUE)
        set_limit(core, ALICE, limit, {True: 5, False: 0}[is_size])
    named = {"account": ALICE, "order_id": 7, "price": 100}
    assert reason_of(core, REPLACE, **named, quantity=6) == R.ORDER_QUANTITY_LIMIT
    assert reason_of(core, REPLACE, **named, quantity=5) == R.ORDER_VALUE_LIMIT
    set_limit(core, ALICE, Limit.ORDER_VALUE, 500)
    assert reason_of(core, REPLACE, **named, quantity=5) == R.NONE
    assert core.book(0).reduce(7, 1, account=ALICE).reject_reason == R.NONE


def test_the_state_hash_covers_limits_and_what_they_ask_for(make_bank: Any) -> None:
    core = bank(make_bank)
    hashes = [core.state_hash()]

    def note() -> None:
        hashes.append(core.state_hash())

    for limit in Limit:
        set_limit(core, ALICE, limit, 10**6)
        note()
        set_default_limit(core, limit, 10**6)
        note()
    set_limit(core, ALICE, Limit.ORDER_QUANTITY, 10**6 + 1)
    note()
    for limit in Limit:
        set_limit(core, ALICE, limit, -1)
        set_default_limit(core, limit, -1)
    assert core.state_hash() == hashes[0]
    for timestamp in (1, 2):  # the same order, later
        assert submit(core, BUY, 100, 1, order_id=7, timestamp=timestamp) == R.NONE
        core.book(0).cancel(7, account=ALICE)
        note()
    assert len(set(hashes)) == len(hashes)


def test_the_state_hash_covers_the_best_result_and_the_day(make_bank: Any) -> None:
    """Three histories with one result, in engines that are else the same."""
    hashes = set()
    for amounts, timestamp in (((-20, 20), 0), ((20, -20), 0), ((20, -20), DAY)):
        core = bank(make_bank)
        lose(core, BUY, amounts[0])
        lose(core, BUY, amounts[1], timestamp)
        send(core, SET_ACCOUNT, account=CAROL, timestamp=DAY)
        for account in (ALICE, BOB):  # the same last order, at the same time
            submit(core, BUY, 1, 1, account, order_id=50, timestamp=DAY)
            core.book(0).cancel(50, account=account)
        assert core.exposure(ALICE, USD).result == 0
        hashes.add(core.state_hash())
    assert len(hashes) == 3


def test_nothing_is_changed_by_what_a_limit_refuses(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 5)
    set_mark(core, 100)
    submit(core, side, 100 - 10 * side, 2, order_id=7)
    for limit, reason in REASONS.items():
        of_duplicates = limit == Limit.DUPLICATE_WINDOW
        set_limit(core, ALICE, limit, 2**63 - 1 if of_duplicates else 0)
        before = core.state_hash(), core.exposure(ALICE, USD), len(core)
        price = 100 - 10 * side if of_duplicates else 100 + side
        assert submit(core, side, price, 2) == reason
        assert (core.state_hash(), core.exposure(ALICE, USD), len(core)) == before
        set_limit(core, ALICE, limit, -1)


# -- nothing is counted that is gone


def test_nothing_is_counted_after_a_mass_cancel(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, SPOT)
    set_limit(core, ALICE, Limit.OPEN_ORDERS, 3)
    set_limit(core, ALICE, Limit.POSITION, 5)
    set_limit(core, ALICE, Limit.GROSS_EXPOSURE, 500, of=USD)
    for _ in range(3):
        assert submit(core, side, 100, 5) == R.NONE
        assert submit(core, side, 100, 5, instrument=1) == R.NONE
        assert submit(core, side, 0, 5, order_type=STOP, **WAITS_FOR_MARK) == R.NONE
        assert submit(core, side, 100, 5) == R.OPEN_ORDERS_LIMIT
        assert core.book(0).mass_cancel(account=ALICE).last_quantity == 2
        assert core.open_orders(ALICE) == 1
        assert submit(core, side, 100, 6) == R.POSITION_LIMIT
        assert submit(core, side, 101, 5) == R.GROSS_EXPOSURE_LIMIT
        core.book(1).mass_cancel(account=ALICE)
        assert (core.open_orders(ALICE), core.exposure(ALICE, USD).gross) == (0, 0)


def test_a_fill_at_a_better_price_leaves_nothing_counted(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.GROSS_EXPOSURE, 1_100, of=USD)
    for _ in range(3):
        assert submit(core, Side(-side), 100, 10, BOB) == R.NONE
        assert submit(core, side, 100 + 10 * side, 10) == R.NONE
        assert core.exposure(ALICE, USD)[:3] == (1_000 * side, 1_000 * side, 1_000)
        assert submit(core, side, 100, 10, BOB) == R.NONE
        assert submit(core, Side(-side), 100, 10) == R.NONE
        assert core.exposure(ALICE, USD) == Exposure(0, 0, 0, 0, 0, 0)


def test_pegged_orders_that_come_and_go_are_counted_once(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    book = core.book(0)
    set_limit(core, ALICE, Limit.OPEN_ORDERS, 1)
    for price in (100, 101, 102):
        book.submit(side, price, 5, 50, account=BOB)
        assert submit(core, side, 0, 5, order_type=PEG_PRIMARY, order_id=7) == R.NONE
        assert submit(core, side, 0, 5, order_type=PEG_PRIMARY) == R.OPEN_ORDERS_LIMIT
        book.cancel(50, account=BOB)
        assert core.open_orders(ALICE) == 1  # it follows nothing, and waits
        book.submit(side, price + 1, 5, 50, account=BOB)
        book.submit(Side(-side), price + 1, 10, account=CAROL, time_in_force=IOC)
        assert core.open_orders(ALICE) == 0


def test_a_fill_or_kill_order_counts_its_position_once(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 4)
    set_limit(core, ALICE, Limit.POSITION, 6)
    set_limit(core, ALICE, Limit.NET_EXPOSURE, 600, of=USD)
    assert submit(core, Side(-side), 100, 20, BOB) == R.NONE
    assert submit(core, side, 100, 3, time_in_force=FOK) == R.POSITION_LIMIT
    assert submit(core, side, 100, 2, time_in_force=FOK) == R.NONE
    core.book(0).mass_cancel()
    assert submit(core, side, 100, 20, BOB) == R.NONE
    assert submit(core, Side(-side), 100, 13, time_in_force=FOK) == R.POSITION_LIMIT
    assert submit(core, Side(-side), 100, 12, time_in_force=FOK) == R.NONE
    assert core.exposure(ALICE, USD)[:3] == (-600 * side, -600 * side, 600)
