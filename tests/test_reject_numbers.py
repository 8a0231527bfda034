"""The numbers behind a refusal: each reason's, whose, and where they stand."""

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
    add_margin,
    deposit,
    instrument,
    send,
    set_default_limit,
    set_limit,
    set_margin_mode,
    set_mark,
    set_position_mode,
    set_rate,
    withdraw,
)

from engine import (
    ADD_MARGIN,
    BUY,
    CANCEL,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    MASS_CANCEL,
    PROTECTED,
    REDUCE,
    REDUCE_ONLY,
    REPLACE,
    SELL,
    SET_LEVERAGE,
    SET_POSITION,
    STOP_LIMIT,
    SUBMIT,
    TRANSFER,
    WITHDRAW,
    BandAction,
    CancelScope,
    ExecType,
    Limit,
    MarginMode,
    PositionMode,
    RateLimit,
    ReduceOnlyRule,
    RejectReason,
    ReportFlag,
    Side,
    TriggerSource,
)
from engine.reference import reject_numbers

R = RejectReason
HIGHEST = 2**63 - 1
SECOND = 10**9
ORDER_ID = 50
ORDER = {"account": ALICE, "quantity": 10}


def bank(make_bank: Any, *contracts: dict[str, int], **terms: int) -> Any:
    """Return an engine in which three have a thousand, and much more where it is asked for."""
    core = make_bank(*(instrument(contract, **terms) for contract in contracts or (LINEAR,)))
    for account in (ALICE, BOB, CAROL):
        deposit(core, account, {USD: 1_000, BTC: 1_000})
    return core


def trade(core: Any, side: Side, price: int, quantity: int, number: int = 0) -> None:
    """Let Alice trade with Bob."""
    book = core.book(number)
    book.submit(Side(-side), price, quantity, account=BOB)
    assert book.submit(side, price, quantity, account=ALICE, time_in_force=IOC).trade_id > 0


def numbers(core: Any, kind: Any, **fields: int) -> tuple[RejectReason, int, int]:
    """Return why a command is refused, and the numbers behind that."""
    before = core.state_hash()
    (report,) = send(core, kind, **fields)
    assert report["exec_type"] == ExecType.REJECTED
    assert core.state_hash() == before
    reason = RejectReason(int(report["reject_reason"]))
    return reason, int(report["last_quantity"]), int(report["last_price"])


def of_submit(core: Any, side: Side, price: int, **fields: int) -> tuple[RejectReason, int, int]:
    return numbers(core, SUBMIT, **ORDER | {"side": side, "price": price} | fields)


# -- orders by themselves

BOUNDS = {"min_price": 50, "max_price": 150, "min_quantity": 5, "max_quantity": 20}
OF_BOUNDS: list[tuple[dict[str, int], tuple[RejectReason, int, int]]] = [
    ({"price": 49}, (R.PRICE_TOO_LOW, 50, 49)),
    ({"price": 151}, (R.PRICE_TOO_HIGH, 150, 151)),
    ({"quantity": 4}, (R.QUANTITY_TOO_SMALL, 5, 4)),
    ({"quantity": -1}, (R.QUANTITY_TOO_SMALL, 5, -1)),
    ({"quantity": 21}, (R.QUANTITY_TOO_LARGE, 20, 21)),
]


@pytest.mark.parametrize("has_accounts", [False, True])
@pytest.mark.parametrize("has_special_orders", [False, True])
@pytest.mark.parametrize(("fields", "told"), OF_BOUNDS, ids=lambda each: str(each)[:30])
def test_of_the_bounds_of_prices_and_quantities(
    make_bank: Any,
    make_core: Any,
    side: Side,
    has_accounts: bool,
    has_special_orders: bool,
    fields: dict[str, int],
    told: tuple[RejectReason, int, int],
) -> None:
    if has_accounts:
        core = bank(make_bank, **BOUNDS)
    else:
        core = make_core()
        core.add_instrument(**BOUNDS)
    book = core.book(0)
    if has_special_orders:
        stop = {"order_type": STOP_LIMIT, "trigger_price": 100}
        book.submit(side, 60, 5, ORDER_ID + 1, account=ALICE, **stop)
    assert of_submit(core, side, **{"price": 100} | fields) == told
    assert book.submit(side, 60, 10, ORDER_ID, account=ALICE).exec_type == ExecType.NEW
    named = {"account": ALICE, "order_id": ORDER_ID}
    change = {"price": 61, "quantity": 9}
    assert numbers(core, REPLACE, **named, **change | fields) == told
    assert numbers(core, REDUCE, **named, quantity=0) == (R.QUANTITY_TOO_SMALL, 1, 0)
    report = send(core, REPLACE, **named, **change | fields)[0]
    assert (report["price"], report["leaves_quantity"]) == (60, 10)


def test_of_an_expiry(make_core: Any, side: Side) -> None:
    core = make_core()
    core.add_instrument()
    asked = {"time_in_force": GTD, "expiry": 90, "timestamp": 100}
    assert of_submit(core, side, 100, **asked) == (R.EXPIRY_PASSED, 100, 90)
    asked = {"time_in_force": GTD, "expiry": 0, "timestamp": 2**64 - 1}
    assert of_submit(core, side, 100, **asked) == (R.EXPIRY_PASSED, HIGHEST, 0)


def test_of_the_largest_position(make_core: Any) -> None:
    core = make_core()
    core.add_instrument()
    told = numbers(core, SET_POSITION, account=ALICE, quantity=-(2**63))
    assert told == (R.QUANTITY_TOO_LARGE, HIGHEST, -(2**63))


def test_of_a_quantity(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.ORDER_QUANTITY, 9)
    assert of_submit(core, side, 100) == (R.ORDER_QUANTITY_LIMIT, 9, 10)


@pytest.mark.parametrize(
    ("contract", "limit", "value"),
    [(LINEAR, 989, 990), (SPOT, 989, 990), (INVERSE, 101, 102)],
    ids=["linear", "spot", "inverse"],
)
def test_of_a_value(
    make_bank: Any, side: Side, contract: dict[str, int], limit: int, value: int
) -> None:
    core = bank(make_bank, contract)
    set_default_limit(core, Limit.ORDER_VALUE, limit)
    assert of_submit(core, side, 99) == (R.ORDER_VALUE_LIMIT, limit, value)


def test_of_the_bounds_of_an_instrument(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"min_value": 500, "max_value": 900})
    assert of_submit(core, side, 49) == (R.VALUE_TOO_SMALL, 500, 490)
    assert of_submit(core, side, 91) == (R.VALUE_TOO_LARGE, 900, 910)
    core.book(0).submit(side, 60, 10, ORDER_ID, account=ALICE)
    fields = {"account": ALICE, "order_id": ORDER_ID, "price": 30, "quantity": 10}
    assert numbers(core, REPLACE, **fields) == (R.VALUE_TOO_SMALL, 500, 300)
    set_mark(core, 45)
    asked = of_submit(core, side, 0, order_type=MARKET)
    assert asked == (R.VALUE_TOO_SMALL, 500, 450)


def test_of_the_value_at_a_worst_price(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.ORDER_VALUE, 5)
    fields = {"order_type": MARKET, "flags": PROTECTED, "bound": 70}
    assert of_submit(core, side, 0, **fields) == (R.ORDER_VALUE_LIMIT, 5, 700)


def test_of_the_value_that_a_replace_asks_for(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    book = core.book(0)
    stop = {"order_type": STOP_LIMIT, "trigger_price": 100, "trigger_source": TriggerSource.MARK}
    book.submit(side, 5, 2, ORDER_ID, account=ALICE, **stop)
    set_limit(core, ALICE, Limit.ORDER_VALUE, 50)
    fields = {"account": ALICE, "order_id": ORDER_ID, "price": 6, "quantity": 9}
    assert numbers(core, REPLACE, **fields) == (R.ORDER_VALUE_LIMIT, 50, 54)


def test_a_waiting_order_that_is_named_is_told_of_beside_them(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    stop = {"order_type": STOP_LIMIT, "trigger_price": 77, "trigger_source": TriggerSource.MARK}
    core.book(0).submit(side, 5, 2, ORDER_ID, account=ALICE, **stop)
    set_limit(core, ALICE, Limit.ORDER_QUANTITY, 1)
    fields = {"account": ALICE, "order_id": ORDER_ID, "price": 6, "quantity": 9}
    (report,) = send(core, REPLACE, **fields)
    assert (report["last_quantity"], report["last_price"]) == (1, 9)
    assert (report["price"], report["leaves_quantity"]) == (5, 2)
    assert report["flags"] == ReportFlag.WAITING
    (report,) = send(core, REPLACE, **fields | {"price": 2**40, "quantity": 2**40})
    assert report["reject_reason"] == R.VALUE_OVERFLOW
    assert (report["last_quantity"], report["last_price"]) == (0, 77)


def test_of_open_orders(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    for price in (10, 11):
        core.book(0).submit(side, 100 - price * side, 1, account=ALICE)
    set_limit(core, ALICE, Limit.OPEN_ORDERS, 2)
    assert of_submit(core, side, 100 - side) == (R.OPEN_ORDERS_LIMIT, 2, 2)


def test_of_a_distance(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.PRICE_DISTANCE, 50_000)
    trade(core, side, 90, 1)
    assert of_submit(core, side, 90 + 5 * side) == (R.PRICE_TOO_FAR, 50_000, 90)
    set_mark(core, 100)
    assert of_submit(core, side, 100 + 6 * side) == (R.PRICE_TOO_FAR, 50_000, 100)


def test_of_the_same_order_again(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_limit(core, ALICE, Limit.DUPLICATE_WINDOW, 30)
    core.book(0).submit(side, 100, 10, account=ALICE, timestamp=5)
    assert of_submit(core, side, 100, timestamp=34) == (R.DUPLICATE_ORDER, 30, 29)


def test_of_a_price_band(make_core: Any, side: Side) -> None:
    core = make_core({"static_band": 100_000, "band_action": BandAction.REJECT})
    core.book(0).set_price(TriggerSource.REFERENCE, 100)
    fields = {"side": side, "price": 100 + 11 * side, "quantity": 1}
    asked = numbers(core, SUBMIT, **fields)
    assert asked == (R.PRICE_OUTSIDE_BAND, 100 + 10 * side, 100 + 11 * side)


# -- rates


def test_of_a_rate(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, RateLimit.ORDERS_PER_MINUTE, 1)
    set_rate(core, RateLimit.CANCELS_PER_MINUTE, 0)
    core.book(0).submit(BUY, 5, 1, ORDER_ID, account=ALICE, timestamp=70 * SECOND)
    told = (R.RATE_LIMITED, 50 * SECOND, 120 * SECOND)
    assert of_submit(core, BUY, 5) == told
    fields = {"account": ALICE, "order_id": ORDER_ID}
    assert numbers(core, REPLACE, **fields, price=6, quantity=1) == told
    never = (R.RATE_LIMITED, HIGHEST, 120 * SECOND)
    assert numbers(core, CANCEL, **fields) == never
    assert numbers(core, MASS_CANCEL, account=ALICE, selector=CancelScope.BY_ACCOUNT) == never


# -- positions


def test_of_a_position(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 3)
    core.book(0).submit(side, 100 - side, 2, account=ALICE)
    set_limit(core, ALICE, Limit.POSITION, 8)
    assert of_submit(core, side, 100 - side, quantity=4) == (R.POSITION_LIMIT, 8, 9)


def test_of_exposures(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    trade(core, side, 100, 3)
    trade(core, Side(-side), 100, 2, number=1)
    set_limit(core, ALICE, Limit.NET_EXPOSURE, 400)
    asked = {"quantity": 4, "instrument": 0}
    assert of_submit(core, side, 100, **asked) == (R.NET_EXPOSURE_LIMIT, 400, 500)
    set_limit(core, ALICE, Limit.NET_EXPOSURE, -1)
    set_limit(core, ALICE, Limit.GROSS_EXPOSURE, 600)
    assert of_submit(core, side, 100, **asked) == (R.GROSS_EXPOSURE_LIMIT, 600, 900)


def test_of_losses(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 3)
    trade(core, Side(-side), 100 - 10 * side, 3)
    set_limit(core, ALICE, Limit.DAILY_LOSS, 20)
    set_limit(core, ALICE, Limit.DRAWDOWN, 25)
    assert of_submit(core, side, 100) == (R.DAILY_LOSS_LIMIT, 20, 30)
    day = 86_400 * SECOND
    assert of_submit(core, side, 100, timestamp=day) == (R.DRAWDOWN_LIMIT, 25, 30)


@pytest.mark.parametrize(
    ("rule", "position", "left"),
    [
        (ReduceOnlyRule.SHRINK, 0, 0),
        (ReduceOnlyRule.CANCEL, 4, 0),  # all of it or nothing
        (ReduceOnlyRule.IMMEDIATE, 4, 4),
    ],
    ids=lambda value: str(value),
)
def test_of_a_reduce_only_order(
    make_bank: Any, side: Side, rule: ReduceOnlyRule, position: int, left: int
) -> None:
    core = bank(make_bank, LINEAR, reduce_only_rule=rule)
    if position:
        trade(core, side, 100, position)
    fields = {"flags": REDUCE_ONLY, "time_in_force": IOC}
    asked = of_submit(core, Side(-side), 100, **fields)
    assert asked == (R.REDUCE_ONLY_WOULD_INCREASE, left, 10)


# -- funds


def test_of_the_funds_of_an_exchange(make_bank: Any) -> None:
    core = bank(make_bank, SPOT | {"maker_rate": 0, "taker_rate": 10 * PERCENT})
    core.book(0).submit(BUY, 10, 20, ORDER_ID, account=ALICE)  # holds 200 and 20
    assert of_submit(core, BUY, 71) == (R.INSUFFICIENT_FUNDS, 780, 781)
    assert of_submit(core, SELL, 70, quantity=101) == (R.INSUFFICIENT_FUNDS, 1_000, 1_010)
    fields = {"account": ALICE, "order_id": ORDER_ID, "price": 40, "quantity": 25}
    assert numbers(core, REPLACE, **fields) == (R.INSUFFICIENT_FUNDS, 1_000, 1_100)


def test_of_the_funds_of_a_position(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)  # 10 % of the worst side
    trade(core, side, 100, 20)
    core.book(0).submit(side, 100, 30, ORDER_ID, account=ALICE)
    set_mark(core, 100 - 5 * side)  # loses 100 of 1,000, and requires 200 and 300
    assert of_submit(core, side, 100, quantity=41) == (R.INSUFFICIENT_FUNDS, 400, 410)
    fields = {"account": ALICE, "order_id": ORDER_ID, "price": 100, "quantity": 71}
    assert numbers(core, REPLACE, **fields) == (R.INSUFFICIENT_FUNDS, 700, 710)


def test_of_funds_that_an_order_on_the_other_side_needs(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 20)
    assert of_submit(core, Side(-side), 100, quantity=121) == (R.INSUFFICIENT_FUNDS, 800, 810)


def test_what_is_below_zero_is_told_as_it_is(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 20)
    set_mark(core, 100 - 60 * side)
    assert of_submit(core, side, 100, quantity=1) == (R.INSUFFICIENT_FUNDS, -400, 10)


def test_of_what_an_order_would_lose_at_once(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"open_loss": 1})
    set_mark(core, 100)
    price = 100 + 5 * side
    needed = 10 * price + 500  # margin, and 5 for each lot
    assert of_submit(core, side, price, quantity=100) == (R.INSUFFICIENT_FUNDS, 1_000, needed)


def test_of_what_is_taken_out(make_bank: Any) -> None:
    core = bank(make_bank)
    trade(core, BUY, 100, 20)
    fields = {"account": ALICE, "instrument": USD, "quantity": 801}
    assert numbers(core, WITHDRAW, **fields) == (R.INSUFFICIENT_FUNDS, 800, 801)
    told = numbers(core, TRANSFER, **fields, linked_order_id=BOB)
    assert told == (R.INSUFFICIENT_FUNDS, 800, 801)
    assert withdraw(core, ALICE, USD, 800) == R.NONE


def test_of_a_leverage(make_bank: Any) -> None:
    core = bank(make_bank)
    trade(core, BUY, 100, 20)
    assert withdraw(core, ALICE, USD, 700) == R.NONE
    fields = {"account": ALICE, "quantity": 500}  # 20 % of 2,000, for 10 %
    assert numbers(core, SET_LEVERAGE, **fields) == (R.INSUFFICIENT_FUNDS, 100, 200)


def test_of_a_leverage_of_two_positions(make_bank: Any) -> None:
    core = bank(make_bank)
    assert set_position_mode(core, ALICE, PositionMode.HEDGE) == R.NONE
    trade(core, BUY, 100, 20)
    trade(core, SELL, 100, 10)
    assert withdraw(core, ALICE, USD, 600) == R.NONE
    fields = {"account": ALICE, "quantity": 500}  # 20 % of 2,000 and of 1,000, for 10 %
    assert numbers(core, SET_LEVERAGE, **fields) == (R.INSUFFICIENT_FUNDS, 100, 300)


def test_of_margin_that_is_added(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    assert set_margin_mode(core, ALICE, MarginMode.ISOLATED) == R.NONE
    trade(core, side, 100, 20)
    fields = {"account": ALICE, "side": side}
    told = numbers(core, ADD_MARGIN, **fields, quantity=801)
    assert told == (R.INSUFFICIENT_FUNDS, 800, 801)


def test_of_margin_that_is_taken_back(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    assert set_margin_mode(core, ALICE, MarginMode.ISOLATED) == R.NONE
    trade(core, side, 100, 20)
    assert add_margin(core, ALICE, side, 300) == R.NONE
    fields = {"account": ALICE, "side": side}
    told = numbers(core, ADD_MARGIN, **fields, quantity=-301)
    assert told == (R.INSUFFICIENT_FUNDS, 300, 301)
    set_mark(core, 100 - 5 * side)  # loses 100 of it
    told = numbers(core, ADD_MARGIN, **fields, quantity=-201)
    assert told == (R.INSUFFICIENT_FUNDS, 200, 201)


def test_of_the_funds_of_an_isolated_position(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    assert set_margin_mode(core, ALICE, MarginMode.ISOLATED) == R.NONE
    trade(core, side, 100, 20, number=1)
    set_mark(core, 100 + 5 * side, 1)  # a profit of another, which is not there for it
    assert of_submit(core, side, 100, quantity=81) == (R.INSUFFICIENT_FUNDS, 800, 810)


def test_numbers_are_cut_to_64_bits(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"value_factor": 2**40, "initial_rate": 0})
    book = core.book(0)
    assert book.submit(side, 2**20, 3, account=ALICE).exec_type == ExecType.NEW
    set_limit(core, ALICE, Limit.NET_EXPOSURE, 5)
    asked = of_submit(core, side, 2**20, quantity=4)
    assert asked == (R.NET_EXPOSURE_LIMIT, 5, 7 * 2**60)
    asked = of_submit(core, side, 2**20, quantity=5)
    assert asked == (R.NET_EXPOSURE_LIMIT, 5, HIGHEST)


def test_what_passes_63_bits_needs_more_than_there_is(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"value_factor": 2**40, "initial_rate": 0})
    for _ in range(2):
        assert core.book(0).submit(Side(-side), 2**20, 4, account=BOB).exec_type == ExecType.NEW
    market = {"order_type": MARKET, "quantity": 8}
    assert of_submit(core, side, 0, **market) == (R.INSUFFICIENT_FUNDS, 1_000, HIGHEST)


# -- all of them


def test_every_reason_that_has_numbers_is_told_of_here() -> None:
    told = {
        *(R.PRICE_TOO_LOW, R.PRICE_TOO_HIGH, R.QUANTITY_TOO_SMALL, R.QUANTITY_TOO_LARGE),
        *(R.EXPIRY_PASSED, R.VALUE_TOO_SMALL, R.VALUE_TOO_LARGE),
        *(R.ORDER_QUANTITY_LIMIT, R.ORDER_VALUE_LIMIT, R.RATE_LIMITED, R.OPEN_ORDERS_LIMIT),
        *(R.PRICE_OUTSIDE_BAND, R.PRICE_TOO_FAR, R.DUPLICATE_ORDER, R.POSITION_LIMIT),
        *(R.NET_EXPOSURE_LIMIT, R.GROSS_EXPOSURE_LIMIT, R.REDUCE_ONLY_WOULD_INCREASE),
        *(R.DAILY_LOSS_LIMIT, R.DRAWDOWN_LIMIT, R.INSUFFICIENT_FUNDS),
    }
    assert reject_numbers.FIND.keys() == told


def test_other_refusals_have_none(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    assert numbers(core, CANCEL, account=ALICE, order_id=9) == (R.UNKNOWN_ORDER, 0, 0)
    assert of_submit(core, side, 2**40, quantity=2**40) == (R.VALUE_OVERFLOW, 0, 0)
    assert of_submit(core, side, 100, order_type=LIMIT, selector=1) == (R.MALFORMED, 0, 0)
