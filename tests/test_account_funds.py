"""What orders hold of what an account owns, what positions require, and what an order needs."""

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
    send,
    set_leverage,
    set_mark,
    withdraw,
)

from engine import (
    ADVANCE_TIME,
    ALL_OR_NONE,
    AT_THE_CLOSE,
    BUY,
    FOK,
    GTD,
    HIDDEN,
    IOC,
    MARKET,
    MARKET_TO_LIMIT,
    ONE_TRIGGERS_OTHER,
    PEG_PRIMARY,
    POST_ONLY,
    PROTECTED,
    REDUCE_ONLY,
    SELL,
    SLIDE,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP_LIMIT,
    BandAction,
    ExecType,
    OrderType,
    Phase,
    RejectReason,
    ReplacePriority,
    ReportFlag,
    Rounding,
    SelfTradeMode,
    Side,
    TriggerSource,
)

R = RejectReason


def bank(make_bank: Any, *contracts: dict[str, int], usd: int = 10_000, **terms: int) -> Any:
    """Return an engine in which Alice has so many dollars, and 1,000 coins; the others all."""
    core = make_bank(*(instrument(contract, **terms) for contract in contracts))
    deposit(core, ALICE, {USD: usd, BTC: 1_000} if usd else {BTC: 1_000})
    for account in (BOB, CAROL):
        deposit(core, account, {USD: 10**12, BTC: 10**12})
    return core


def held(core: Any) -> list[int]:
    """Return what orders of Alice hold of dollars and coins."""
    return [core.balance(ALICE, currency).held for currency in (USD, BTC)]


def submit(core: Any, side: Side, price: int, quantity: int, **fields: int) -> Any:
    """Submit an order, of Alice unless another is named."""
    return core.book(0).submit(side, price, quantity, **{"account": ALICE, **fields})


def reason(core: Any, side: Side, price: int, quantity: int, **fields: int) -> RejectReason:
    return submit(core, side, price, quantity, **fields).reject_reason


# -- what orders hold


def test_a_buyer_holds_value_and_fee_and_a_seller_the_base(make_bank: Any) -> None:
    rates = {"maker_rate": PERCENT // 4, "taker_rate": PERCENT // 8}
    core = bank(make_bank, SPOT | {"value_factor": 3} | rates)
    submit(core, BUY, 100, 7)  # 2,100, and 5.25 rounded up
    assert held(core) == [2_106, 0]
    submit(core, SELL, 110, 6)
    assert held(core) == [2_106, 60]


@pytest.mark.parametrize("rounding", Rounding)
def test_a_buyer_holds_a_unit_for_each_lot_where_fees_may_be_rounded_up(
    make_bank: Any, rounding: Rounding
) -> None:
    core = bank(make_bank, SPOT | {"taker_rate": PERCENT, "fee_rounding": rounding})
    submit(core, BUY, 100, 7)
    lots = 0 if rounding in (Rounding.DOWN, Rounding.FLOOR) else 7
    assert held(core) == [707 + lots, 0]


def test_rebates_are_not_held_against(make_bank: Any) -> None:
    core = bank(make_bank, SPOT | {"maker_rate": -PERCENT, "taker_rate": -PERCENT})
    submit(core, BUY, 100, 7)
    assert held(core) == [700, 0]


def test_a_fill_leaves_what_the_rest_holds(make_bank: Any) -> None:
    core = bank(make_bank, SPOT | {"maker_rate": PERCENT, "taker_rate": 2 * PERCENT})
    submit(core, BUY, 100, 10)
    assert held(core) == [1_020, 0]
    submit(core, SELL, 90, 4, account=BOB)
    assert held(core) == [612, 0]
    assert core.balance(ALICE, USD).balance == 10_000 - 404


def test_what_is_hidden_is_held_for_as_well(make_bank: Any) -> None:
    core = bank(make_bank, SPOT)
    submit(core, BUY, 100, 10, display_quantity=2)
    submit(core, BUY, 99, 10, flags=HIDDEN)
    assert held(core) == [1_990, 0]


def test_an_order_that_becomes_smaller_or_ends_holds_less(make_bank: Any) -> None:
    core = bank(make_bank, SPOT)
    book = core.book(0)
    submit(core, BUY, 100, 10, order_id=1, time_in_force=GTD, expiry=50)
    book.reduce(1, 3, account=ALICE)
    assert held(core) == [700, 0]
    book.replace(1, 90, 8, account=ALICE)
    assert held(core) == [720, 0]
    send(core, ADVANCE_TIME, timestamp=50)
    assert held(core) == [0, 0]
    submit(core, BUY, 100, 10, order_id=2)
    book.cancel(2, account=ALICE)
    assert held(core) == [0, 0]


def test_a_self_trade_that_takes_from_both_leaves_what_the_rest_holds(make_bank: Any) -> None:
    core = bank(make_bank, SPOT)
    submit(core, BUY, 100, 10)
    submit(core, SELL, 100, 4, self_trade_mode=SelfTradeMode.DECREMENT_AND_CANCEL)
    assert held(core) == [600, 0]


def test_an_order_that_waits_holds_nothing(make_bank: Any) -> None:
    core = bank(make_bank, SPOT)
    submit(core, BUY, 100, 10, order_id=1, time_in_force=AT_THE_CLOSE)
    submit(core, BUY, 100, 10, order_type=STOP_LIMIT, trigger_price=120)
    submit(core, BUY, 100, 10, flags=ONE_TRIGGERS_OTHER, linked_order_id=1)
    submit(core, BUY, 0, 10, order_type=PEG_PRIMARY)
    assert held(core) == [0, 0]


def test_a_protected_order_holds_at_its_worst_price(make_bank: Any) -> None:
    core = bank(make_bank, SPOT)
    submit(core, BUY, 0, 10, order_type=MARKET, flags=PROTECTED, bound=80)
    assert held(core) == [800, 0]


def test_a_seller_without_a_limit_holds_the_base_in_a_call(make_bank: Any) -> None:
    core = bank(make_bank, SPOT)
    core.book(0).set_phase(Phase.OPENING_CALL)
    submit(core, SELL, 0, 10, order_type=MARKET)
    assert held(core) == [0, 100]
    assert reason(core, SELL, 0, 91, order_type=MARKET) == R.INSUFFICIENT_FUNDS


# -- what a SPOT order needs


def test_an_order_may_need_all_that_is_available(make_bank: Any) -> None:
    core = bank(make_bank, SPOT | {"taker_rate": PERCENT}, usd=1_010)
    assert reason(core, BUY, 100, 11) == R.INSUFFICIENT_FUNDS
    assert reason(core, BUY, 100, 10) == R.NONE
    assert reason(core, BUY, 1, 1) == R.INSUFFICIENT_FUNDS
    assert reason(core, SELL, 101, 100) == R.NONE
    assert reason(core, SELL, 101, 1) == R.INSUFFICIENT_FUNDS


@pytest.mark.parametrize("contract", [SPOT, LINEAR], ids=["spot", "linear"])
@pytest.mark.parametrize("price", [100, 200], ids=["rests", "trades"])
def test_an_order_that_is_refused_for_its_funds_takes_no_id(
    make_bank: Any, contract: dict[str, int], price: int
) -> None:
    """The counter stays where it is, and the next order without an id passes those in use."""
    core = bank(make_bank, contract)
    for order_id in (1, 2, 4):
        submit(core, SELL, 150, 1, account=BOB, order_id=order_id)
    before = core.state_hash()
    for _ in range(2):
        report = submit(core, BUY, price, 10**6)
        assert (report.reject_reason, report.order_id) == (R.INSUFFICIENT_FUNDS, 0)
    assert (core.next_order_id, core.state_hash()) == (1, before)
    assert [submit(core, BUY, price, 1).order_id for _ in range(2)] == [3, 5]
    assert core.next_order_id == 6


def test_an_order_that_is_gone_at_once_needs_all_at_its_limit(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, usd=1_000)
    submit(core, SELL, 50, 20, account=BOB)
    assert reason(core, BUY, 100, 11, time_in_force=IOC) == R.INSUFFICIENT_FUNDS
    assert submit(core, BUY, 100, 10, time_in_force=IOC).filled_quantity == 10


def test_a_market_order_needs_what_its_trades_need(make_bank: Any) -> None:
    """Of 10 lots 2 are there for 50 and 3 for 60: 280, and of the fees, 2.8, what is rounded up."""
    core = bank(make_bank, SPOT | {"taker_rate": PERCENT}, usd=282)
    submit(core, SELL, 50, 2, account=BOB)
    submit(core, SELL, 60, 3, account=BOB)
    market = {"order_type": MARKET, "time_in_force": IOC}
    assert reason(core, BUY, 0, 10, **market) == R.INSUFFICIENT_FUNDS
    assert reason(core, BUY, 0, 10, **market, flags=ALL_OR_NONE) == R.INSUFFICIENT_FUNDS
    deposit(core, ALICE, {USD: 1})
    assert reason(core, BUY, 0, 10, **market, flags=ALL_OR_NONE) == R.FOK_CANNOT_FILL
    assert submit(core, BUY, 0, 10, **market).filled_quantity == 5
    assert core.balance(ALICE, USD).balance == 283 - 280 - 2


def test_a_market_order_to_sell_needs_the_base_of_its_trades(make_bank: Any) -> None:
    core = bank(make_bank, SPOT)
    submit(core, BUY, 50, 100, account=BOB)
    submit(core, BUY, 40, 1, account=BOB)
    assert reason(core, SELL, 0, 200, order_type=MARKET) == R.INSUFFICIENT_FUNDS
    assert submit(core, SELL, 0, 100, order_type=MARKET).filled_quantity == 100


def test_a_market_to_limit_order_needs_all_at_its_first_price(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, usd=500)
    submit(core, SELL, 50, 2, account=BOB)
    assert reason(core, BUY, 0, 11, order_type=MARKET_TO_LIMIT) == R.INSUFFICIENT_FUNDS
    assert submit(core, BUY, 0, 10, order_type=MARKET_TO_LIMIT).leaves_quantity == 8
    assert held(core) == [400, 0]


def test_a_replaced_order_needs_what_it_held_and_more(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, usd=1_000)
    submit(core, BUY, 100, 10, order_id=1)
    book = core.book(0)
    assert book.replace(1, 101, 10, account=ALICE).reject_reason == R.INSUFFICIENT_FUNDS
    assert book.replace(1, 50, 21, account=ALICE).reject_reason == R.INSUFFICIENT_FUNDS
    assert book.replace(1, 50, 20, account=ALICE).reject_reason == R.NONE


def test_a_smaller_order_that_keeps_its_place_needs_nothing(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR, usd=1_000)
    submit(core, BUY, 100, 90, order_id=1)
    submit(core, BUY, 100, 10, order_id=2)
    submit(core, SELL, 100, 5, account=BOB)
    set_mark(core, 10)
    assert core.balance(ALICE, USD).free < 0
    book = core.book(0)
    assert book.replace(1, 100, 80, account=ALICE).flags == ReportFlag.KEPT_PRIORITY
    assert book.reduce(1, 10, account=ALICE).leaves_quantity == 70
    assert book.replace(2, 99, 10, account=ALICE).reject_reason == R.INSUFFICIENT_FUNDS


def test_a_smaller_order_that_loses_its_place_needs_as_an_order(make_bank: Any) -> None:
    terms = {"replace_priority": ReplacePriority.ALWAYS_LOSE}
    core = bank(make_bank, LINEAR, usd=1_000, **terms)
    submit(core, BUY, 100, 90, order_id=1)
    submit(core, SELL, 100, 5, account=BOB)
    set_mark(core, -100)
    replaced = core.book(0).replace(1, 100, 50, account=ALICE)
    assert replaced.reject_reason == R.INSUFFICIENT_FUNDS


def test_an_order_has_what_another_instrument_does_not_hold(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, SPOT | {"base": 2}, usd=1_000)
    core.book(1).submit(BUY, 100, 4, account=ALICE)
    assert reason(core, BUY, 100, 7) == R.INSUFFICIENT_FUNDS
    assert reason(core, BUY, 100, 6) == R.NONE


def test_losses_that_are_not_realized_are_not_to_be_spent(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, SPOT, LINEAR, usd=1_000)
    future = core.book(1)
    future.submit(Side(-side), 100, 10, account=BOB)
    future.submit(side, 100, 10, account=ALICE)
    assert core.balance(ALICE, USD).available == 900
    set_mark(core, 100 + 5 * side, instrument=1)
    assert (core.balance(ALICE, USD).free, core.balance(ALICE, USD).available) == (950, 900)
    set_mark(core, 100 - 5 * side, instrument=1)
    assert (core.balance(ALICE, USD).free, core.balance(ALICE, USD).available) == (850, 850)
    assert reason(core, BUY, 1, 851) == R.INSUFFICIENT_FUNDS
    assert reason(core, BUY, 1, 850) == R.NONE


def test_a_post_only_order_that_slides_is_checked_at_its_limit(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, usd=1_000)
    submit(core, SELL, 50, 5, account=BOB)
    sliding = {"flags": POST_ONLY | SLIDE}
    assert reason(core, BUY, 101, 10, **sliding) == R.INSUFFICIENT_FUNDS
    assert submit(core, BUY, 100, 10, **sliding).price == 49
    assert held(core) == [490, 0]


# -- margin


def test_the_worse_side_of_position_and_orders_is_required(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"taker_rate": PERCENT // 10})
    submit(core, Side(-side), 100, 10, account=BOB)
    submit(core, side, 100, 10)
    assert core.account_position(ALICE, 0).margin == 100
    submit(core, side, 100 - 10 * side, 5)  # 1,000 and 450 or 550
    more = 450 if side == BUY else 550
    assert core.account_position(ALICE, 0).margin == (1_000 + more) // 10 + 1
    submit(core, Side(-side), 100 + 10 * side, 20)
    less = 2_200 if side == BUY else 1_800
    position = core.account_position(ALICE, 0)
    assert {position.buys, position.sells} == {more, less}
    assert position.margin == max(1_000 + more, less - 1_000) // 10 + 3
    assert core.balance(ALICE, USD).margin == position.margin


def test_an_inverse_order_counts_its_value_rounded_up(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, INVERSE)
    submit(core, side, 300, 1)  # 3.33
    submit(core, side, 300, 7)  # 23.33
    position = core.account_position(ALICE, 0)
    assert (position.buys, position.sells)[side == SELL] == 28
    assert position.margin == 3


def test_an_order_must_leave_something_free(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, usd=100)
    assert reason(core, side, 100, 11) == R.INSUFFICIENT_FUNDS
    assert reason(core, side, 100, 10) == R.NONE
    assert reason(core, side, 1, 1) == R.INSUFFICIENT_FUNDS
    assert reason(core, Side(-side), 100 + side, 9) == R.NONE  # the other side is not worse


def test_profits_carry_orders_of_derivatives(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, usd=100)
    submit(core, Side(-side), 100, 10, account=BOB)
    submit(core, side, 100, 10)
    assert reason(core, side, 50, 1) == R.INSUFFICIENT_FUNDS
    set_mark(core, 100 + side)
    assert reason(core, side, 50, 2) == R.NONE


def test_an_order_that_only_reduces_is_let_in_whatever_there_is(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"taker_rate": PERCENT}, usd=120)
    submit(core, Side(-side), 100, 10, account=BOB)
    submit(core, side, 100, 10)
    set_mark(core, 100 - 50 * side)
    assert core.balance(ALICE, USD).free < 0
    assert reason(core, side, 50, 1) == R.INSUFFICIENT_FUNDS
    assert reason(core, Side(-side), 50, 5) == R.NONE


def test_a_market_order_of_a_derivative_needs_its_trades(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR, usd=100)
    submit(core, SELL, 50, 10, account=BOB)
    submit(core, SELL, 100, 6, account=BOB)
    assert reason(core, BUY, 0, 16, order_type=MARKET) == R.INSUFFICIENT_FUNDS
    assert submit(core, BUY, 0, 15, order_type=MARKET).filled_quantity == 15
    assert core.balance(ALICE, USD).free == 0


def test_leverage_changes_what_is_required(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, usd=100)
    submit(core, side, 100, 10)
    assert set_leverage(core, ALICE, 999) == R.INSUFFICIENT_FUNDS
    assert core.account_position(ALICE, 0).initial_rate == 10 * PERCENT
    deposit(core, ALICE, {USD: 900})
    assert set_leverage(core, ALICE, 100) == R.NONE
    assert core.account_position(ALICE, 0)[6:9] == (1_000, 0, 10**9)
    assert set_leverage(core, ALICE, 300) == R.NONE  # a third, rounded up
    assert core.account_position(ALICE, 0)[6:9] == (334, 0, 333_333_334)
    assert core.account_position(BOB, 0).initial_rate == 10 * PERCENT


# -- values that do not fit


def test_a_value_of_more_than_63_bits_is_refused(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"initial_rate": 0, "value_factor": 2**32})
    most = 2**31 - 1
    assert reason(core, side, 1, most + 1) == R.VALUE_OVERFLOW
    assert (
        reason(core, side, 1, most + 1, order_type=STOP_LIMIT, trigger_price=5) == R.VALUE_OVERFLOW
    )
    bound = {"order_type": STOP, "trigger_price": 5, "flags": PROTECTED, "bound": -1}
    assert reason(core, side, 0, most + 1, **bound) == R.VALUE_OVERFLOW
    assert reason(core, side, 1, most, order_id=1) == R.NONE
    replaced = core.book(0).replace(1, 2, most, account=ALICE)
    assert replaced.reject_reason == R.VALUE_OVERFLOW


def test_what_finds_its_limit_late_is_not_afforded_then(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"initial_rate": 0, "value_factor": 2**32})
    book = core.book(0)
    book.set_price(TriggerSource.MARK, 10)
    trailing = {"order_type": TRAILING_STOP_LIMIT, "trigger_source": TriggerSource.MARK}
    submit(core, side, 0, 2**31, order_id=1, **trailing, offset=1)
    reports = book.set_price(TriggerSource.MARK, 10 + side).reports
    assert reports["exec_type"].tolist()[-2:] == [ExecType.TRIGGERED, ExecType.CANCELED]
    assert reports["reject_reason"][-1] == R.INSUFFICIENT_FUNDS


# -- orders that come into the market later


def canceled(report: Any) -> tuple[int, int, int]:
    """Return reason, lots and flags of the one order that was canceled."""
    (row,) = report.reports[report.reports["exec_type"] == ExecType.CANCELED]
    return int(row["reject_reason"]), int(row["last_quantity"]), int(row["flags"])


@pytest.mark.parametrize("order_type", [STOP, STOP_LIMIT])
def test_a_triggered_order_that_is_not_afforded_is_canceled(
    make_bank: Any, order_type: OrderType
) -> None:
    core = bank(make_bank, SPOT, usd=100)
    submit(core, SELL, 100, 5, account=BOB)
    price = 100 if order_type == STOP_LIMIT else 0
    waiting = {"order_type": order_type, "trigger_price": 90, "trigger_source": TriggerSource.MARK}
    assert reason(core, BUY, price, 2, **waiting) == R.NONE
    report = core.book(0).set_price(TriggerSource.MARK, 90)
    assert canceled(report) == (R.INSUFFICIENT_FUNDS, 2, 0)
    assert reason(core, BUY, price, 1, **waiting) == R.NONE  # reached already
    assert core.balance(ALICE, USD).balance == 0


def test_a_released_order_that_is_not_afforded_is_canceled(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, usd=100)
    submit(core, BUY, 100, 1, order_id=1)
    submit(core, BUY, 50, 1, order_id=2, flags=ONE_TRIGGERS_OTHER, linked_order_id=1)
    report = core.book(0).submit(SELL, 100, 1, account=BOB)
    assert canceled(report) == (R.INSUFFICIENT_FUNDS, 1, 0)


def test_a_called_order_that_is_not_afforded_is_canceled(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, usd=100)
    submit(core, BUY, 100, 1, order_id=1, time_in_force=AT_THE_CLOSE)
    submit(core, BUY, 100, 1, order_id=2, time_in_force=AT_THE_CLOSE)
    report = core.book(0).set_phase(Phase.CLOSING_CALL)
    assert canceled(report) == (R.INSUFFICIENT_FUNDS, 1, ReportFlag.WAITING)
    assert 1 in core


def test_a_pegged_order_that_is_not_afforded_at_its_price_is_canceled(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, usd=100)
    submit(core, BUY, 40, 1, account=BOB)
    assert submit(core, BUY, 0, 2, order_id=7, order_type=PEG_PRIMARY).order_status.name == "NEW"
    submit(core, BUY, 50, 1, account=BOB)
    assert (core.order(7).price, held(core)) == (50, [100, 0])
    report = submit(core, BUY, 51, 1, account=BOB)
    assert canceled(report) == (R.INSUFFICIENT_FUNDS, 2, 0)
    assert report.reports["price"][-1] == 50


def test_a_reduce_only_order_is_canceled_as_it_stood(make_bank: Any) -> None:
    """It is checked with the lots that it may come in with, and reported with all it has."""
    core = bank(make_bank, LINEAR, usd=1_000)
    submit(core, SELL, 100, 10, account=BOB)
    submit(core, BUY, 100, 10)
    waiting = {"trigger_source": TriggerSource.MARK, "trigger_price": 90, "order_type": STOP_LIMIT}
    submit(core, SELL, 400, 30, **waiting, flags=REDUCE_ONLY)
    withdraw(core, ALICE, USD, 899)
    report = core.book(0).set_price(TriggerSource.MARK, 90)
    assert canceled(report) == (R.INSUFFICIENT_FUNDS, 30, 0)


def test_what_begins_a_volatility_call_is_checked_for_the_rest(make_bank: Any) -> None:
    """A seller at market needs the base of its trades at first, and of the rest in the call."""
    bands = {"static_band": 100_000, "band_action": BandAction.VOLATILITY_CALL}
    core = bank(make_bank, SPOT, **bands)
    book = core.book(0)
    book.set_price(TriggerSource.REFERENCE, 100)
    submit(core, BUY, 95, 60, account=BOB)
    submit(core, BUY, 50, 60, account=BOB)
    report = submit(core, SELL, 0, 101, order_type=MARKET)
    assert canceled(report) == (R.INSUFFICIENT_FUNDS, 41, 0)
    assert book.phase == Phase.VOLATILITY_CALL
    book.set_phase(Phase.CONTINUOUS)


def test_what_begins_a_volatility_call_without_a_limit_is_unbounded(
    make_bank: Any, side: Side
) -> None:
    bands = {"static_band": 100_000, "band_action": BandAction.VOLATILITY_CALL}
    core = bank(make_bank, LINEAR, **bands)
    book = core.book(0)
    book.set_price(TriggerSource.REFERENCE, 100)
    submit(core, Side(-side), 100 + 5 * side, 3, account=BOB)
    submit(core, Side(-side), 100 + 50 * side, 3, account=BOB)
    report = submit(core, side, 0, 5, order_type=MARKET)
    assert canceled(report) == (R.UNBOUNDED_COST, 2, 0)
    book.set_phase(Phase.CONTINUOUS)


# -- orders without a limit in a call


@pytest.mark.parametrize("contract", [SPOT, LINEAR], ids=["spot", "linear"])
@pytest.mark.parametrize("order_type", [MARKET, MARKET_TO_LIMIT], ids=lambda kind: kind.name)
def test_a_call_takes_no_order_whose_cost_nothing_bounds(
    make_bank: Any, side: Side, contract: dict[str, int], order_type: OrderType
) -> None:
    core = bank(make_bank, contract)
    at_close = {"order_type": order_type, "time_in_force": AT_THE_CLOSE}
    expected = R.NONE if (contract is SPOT and side == SELL) else R.UNBOUNDED_COST
    assert reason(core, side, 0, 5, **at_close) == expected
    core.book(0).set_phase(Phase.CLOSING_CALL)
    assert reason(core, side, 0, 5, order_type=order_type) == expected
    if order_type == MARKET:
        bound = {"flags": PROTECTED, "bound": 100}
        assert reason(core, side, 0, 5, order_type=order_type, **bound) == R.NONE


def test_an_order_that_becomes_unbounded_is_canceled_when_its_call_begins(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR)
    waiting = {"order_type": STOP, "trigger_price": 90, "trigger_source": TriggerSource.MARK}
    assert reason(core, BUY, 0, 5, **waiting, time_in_force=AT_THE_CLOSE) == R.NONE
    core.book(0).set_price(TriggerSource.MARK, 95)
    report = core.book(0).set_phase(Phase.CLOSING_CALL)
    assert canceled(report) == (R.UNBOUNDED_COST, 5, ReportFlag.WAITING)


# -- a fill-or-kill order is refused for its funds first


def test_funds_are_asked_for_before_what_only_the_book_can_say(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, usd=100)
    submit(core, SELL, 100, 1, account=BOB)
    assert reason(core, BUY, 100, 2, time_in_force=FOK) == R.INSUFFICIENT_FUNDS
    assert reason(core, BUY, 100, 2, flags=POST_ONLY) == R.INSUFFICIENT_FUNDS
    assert reason(core, BUY, 100, 1, flags=POST_ONLY) == R.POST_ONLY_WOULD_TRADE
