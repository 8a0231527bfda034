"""Isolated margin: what is assigned to a position, what adds to it, and what it counts for."""

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
    set_leverage,
    set_limit,
    set_margin_mode,
    set_mark,
    set_position_mode,
    transfer,
    withdraw,
)

from engine import (
    ADD_MARGIN,
    BUY,
    IOC,
    REDUCE_ONLY,
    SELL,
    SET_MARGIN_MODE,
    SET_POSITION_MODE,
    STOP,
    CommandError,
    ExecType,
    Limit,
    MarginMode,
    PositionMode,
    RejectReason,
    Side,
    TriggerSource,
)

R = RejectReason
ISOLATED, CROSS = MarginMode.ISOLATED, MarginMode.CROSS


def bank(make_bank: Any, *contracts: dict[str, int], usd: int = 1_000, **terms: int) -> Any:
    """Return an engine in which Alice has so much, and isolated margin in the first instrument."""
    core = make_bank(*(instrument(contract, **terms) for contract in contracts or (LINEAR,)))
    deposit(core, ALICE, {USD: usd, BTC: usd})
    for account in (BOB, CAROL):
        deposit(core, account, {USD: 10**12, BTC: 10**12})
    assert set_margin_mode(core, ALICE, ISOLATED) == R.NONE
    return core


def trade(core: Any, side: Side, price: int, quantity: int, number: int = 0, flags: int = 0) -> Any:
    """Let Alice trade with Bob; return the report of her order, which comes in last."""
    book = core.book(number)
    book.submit(Side(-side), price, quantity, account=BOB)
    fields = {"account": ALICE, "flags": flags, "time_in_force": IOC}
    return book.submit(side, price, quantity, **fields)


def added(core: Any, side: Side = BUY) -> int:
    return core.account_position(ALICE, 0, side).added


def margin(core: Any) -> int:
    return core.balance(ALICE, USD).margin


# -- what is assigned


def test_a_trade_assigns_its_initial_margin(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    balance = core.balance(ALICE, USD)
    assert (balance.balance, balance.margin, balance.available) == (1_000, 100, 900)
    assert added(core) == 0
    trade(core, side, 120, 5)
    assert margin(core) == 160


def test_a_position_that_becomes_smaller_gives_its_part_back(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    assert add_margin(core, ALICE, side, 55) == R.NONE
    trade(core, Side(-side), 100, 3)
    assert added(core) == 39  # of 38.5
    assert margin(core) == 70 + 39
    trade(core, Side(-side), 100, 7)
    assert (added(core), margin(core)) == (0, 0)


def test_a_position_that_turns_round_begins_anew(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    add_margin(core, ALICE, side, 55)
    trade(core, Side(-side), 100, 30)
    assert core.account_position(ALICE, 0).quantity == -20 * side
    assert (added(core), margin(core)) == (0, 200)


def test_a_position_that_becomes_larger_keeps_what_was_added(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    add_margin(core, ALICE, side, 55)
    trade(core, side, 100, 10)
    assert (added(core), margin(core)) == (55, 255)


def test_open_orders_are_required_as_ever(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    add_margin(core, ALICE, side, 50)
    core.book(0).submit(Side(-side), 100 + 50 * side, 10, account=ALICE)
    core.book(0).submit(side, 100 - 10 * side, 5, account=ALICE)
    assert core.account_position(ALICE, 0).margin == 100 + 5 * (100 - 10 * side) // 10 + 50


# -- what counts for what


def test_profit_and_loss_count_for_nothing_else(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, LINEAR, SPOT)
    trade(core, side, 100, 10)
    for mark in (150, 50):
        set_mark(core, mark)
        gain = 10 * side * (mark - 100)
        balance = core.balance(ALICE, USD)
        assert (balance.unrealized, balance.isolated) == (gain, gain)
        assert (balance.equity, balance.free, balance.available) == (1_000 + gain, 900, 900)
    assert core.book(1).submit(side, 100, 91, account=ALICE).reject_reason == R.INSUFFICIENT_FUNDS
    assert core.book(1).submit(side, 100, 90, 1, account=ALICE).reject_reason == R.NONE
    core.book(1).cancel(1, account=ALICE)
    assert core.book(2).submit(BUY, 100, 10, account=ALICE).reject_reason == R.INSUFFICIENT_FUNDS
    assert core.book(2).submit(BUY, 100, 9, account=ALICE).reject_reason == R.NONE


def test_a_shared_loss_is_not_paid_by_an_isolated_profit(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    for number in (0, 1):
        trade(core, side, 100, 10, number)
    set_mark(core, 100 + 30 * side, 0)
    set_mark(core, 100 - 20 * side, 1)
    balance = core.balance(ALICE, USD)
    assert (balance.unrealized, balance.isolated) == (100, 300)
    assert (balance.free, balance.available) == (600, 600)
    assert withdraw(core, ALICE, USD, 601) == R.INSUFFICIENT_FUNDS
    assert transfer(core, ALICE, BOB, USD, 600) == R.NONE


def test_an_isolated_position_takes_no_shared_profit(make_bank: Any, side: Side) -> None:
    """What is assigned is owned: an order, leverage and margin that is added find it available."""
    core = bank(make_bank, LINEAR, LINEAR)
    for number in (0, 1):
        trade(core, side, 100, 10, number)
    set_mark(core, 100 + 50 * side, 1)
    balance = core.balance(ALICE, USD)
    assert (balance.free, balance.available) == (1_300, 800)
    book = core.book(0)
    assert book.submit(side, 100, 81, account=ALICE).reject_reason == R.INSUFFICIENT_FUNDS
    assert add_margin(core, ALICE, side, 801) == R.INSUFFICIENT_FUNDS
    assert set_leverage(core, ALICE, 111) == R.INSUFFICIENT_FUNDS
    assert set_leverage(core, ALICE, 112) == R.NONE
    shared = core.book(1)
    assert shared.submit(side, 100, 50, 1, account=ALICE).reject_reason == R.NONE


def test_an_order_that_makes_it_no_larger_is_let_in(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    withdraw(core, ALICE, USD, 900)
    assert core.book(0).submit(side, 100, 1, account=ALICE).reject_reason == R.INSUFFICIENT_FUNDS
    assert core.book(0).submit(Side(-side), 100, 20, account=ALICE).reject_reason == R.NONE


def test_limits_of_losses_and_exposures_count_all(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    trade(core, side, 100, 10)
    set_mark(core, 100 - 10 * side)
    exposure = core.exposure(ALICE, USD)
    assert (exposure.gross, exposure.day_loss, exposure.drawdown) == (1_000, 100, 100)
    set_limit(core, ALICE, Limit.DAILY_LOSS, 100, USD)
    assert core.book(1).submit(side, 100, 1, account=ALICE).reject_reason == R.DAILY_LOSS_LIMIT


def test_a_loss_is_paid_out_of_the_balance(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    trade(core, Side(-side), 100 - 20 * side, 10)
    balance = core.balance(ALICE, USD)
    assert (balance.balance, balance.margin, balance.available) == (800, 0, 800)


# -- margin that is added


def test_margin_is_added_and_taken_back(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    assert add_margin(core, ALICE, side, 901) == R.INSUFFICIENT_FUNDS
    assert add_margin(core, ALICE, side, 900) == R.NONE
    assert (added(core), core.balance(ALICE, USD).available) == (900, 0)
    assert add_margin(core, ALICE, side, -901) == R.INSUFFICIENT_FUNDS
    assert add_margin(core, ALICE, side, -400) == R.NONE
    assert (added(core), margin(core)) == (500, 600)
    assert core.balance(ALICE, USD).balance == 1_000


def test_what_the_position_has_lost_is_not_taken_back(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    add_margin(core, ALICE, side, 300)
    set_mark(core, 100 - 10 * side)
    assert add_margin(core, ALICE, side, -201) == R.INSUFFICIENT_FUNDS
    set_mark(core, 100 - 40 * side)
    assert add_margin(core, ALICE, side, -1) == R.INSUFFICIENT_FUNDS
    set_mark(core, 100 + 10 * side)
    assert add_margin(core, ALICE, side, -301) == R.INSUFFICIENT_FUNDS
    assert add_margin(core, ALICE, side, -300) == R.NONE


def test_it_says_its_amount(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    fields = {"account": ALICE, "side": side, "command_id": 4, "timestamp": 7}
    for amount in (30, -20):
        (report,) = send(core, ADD_MARGIN, **fields, quantity=amount)
        assert (report["exec_type"], report["last_quantity"]) == (ExecType.DONE, amount)
        assert (report["account"], report["command_id"], report["side"]) == (ALICE, 4, 0)


@pytest.mark.parametrize("kind", [SET_MARGIN_MODE, SET_POSITION_MODE], ids=lambda kind: kind.name)
def test_a_mode_is_said_by_its_number(make_bank: Any, kind: Any) -> None:
    core = bank(make_bank)
    for mode in (1, 0):
        (report,) = send(core, kind, account=ALICE, selector=mode)
        assert (report["exec_type"], report["last_quantity"]) == (ExecType.DONE, mode)


def test_margin_is_for_a_position_of_its_side(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    assert add_margin(core, ALICE, side, 5) == R.NO_ISOLATED_POSITION
    trade(core, side, 100, 10)
    assert add_margin(core, ALICE, Side(-side), 5) == R.NO_ISOLATED_POSITION
    assert add_margin(core, BOB, Side(-side), 5) == R.NO_ISOLATED_POSITION
    assert send(core, ADD_MARGIN, account=ALICE, quantity=5)["reject_reason"] == R.MALFORMED
    assert add_margin(core, ALICE, side, 5) == R.NONE


# -- leverage


def test_more_leverage_takes_nothing_away(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    assert set_leverage(core, ALICE, 500) == R.NONE
    trade(core, side, 100, 10)
    set_mark(core, 100 - 5 * side)
    assert set_leverage(core, ALICE, 1_000) == R.NONE
    position = core.account_position(ALICE, 0)
    assert (position.margin, position.added, position.initial_rate) == (200, 100, 10 * PERCENT)
    assert add_margin(core, ALICE, side, -51) == R.INSUFFICIENT_FUNDS
    assert add_margin(core, ALICE, side, -50) == R.NONE


def test_less_leverage_asks_first_what_was_added(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    add_margin(core, ALICE, side, 150)
    withdraw(core, ALICE, USD, 700)
    assert set_leverage(core, ALICE, 400) == R.NONE  # 250, as assigned
    assert (added(core), margin(core)) == (0, 250)
    assert set_leverage(core, ALICE, 333) == R.INSUFFICIENT_FUNDS  # 301
    assert set_leverage(core, ALICE, 334) == R.NONE  # 299.4
    assert (added(core), margin(core)) == (0, 300)


def test_leverage_of_orders_is_that_of_the_account(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    core.book(0).submit(side, 100, 10, account=ALICE)
    assert set_leverage(core, ALICE, 200) == R.NONE
    assert margin(core) == 500
    assert set_leverage(core, ALICE, 1_000) == R.NONE
    assert (added(core), margin(core)) == (0, 100)


def test_inverse_contracts_have_it_too(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, INVERSE)
    trade(core, side, 100, 10)
    assert add_margin(core, ALICE, side, 7) == R.NONE
    set_mark(core, 125)
    balance = core.balance(ALICE, BTC)
    assert (balance.margin, balance.unrealized, balance.isolated) == (17, 20 * side, 20 * side)
    assert balance.free == balance.available == 983


# -- in hedge mode


def test_in_hedge_mode_each_has_its_own(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    assert set_position_mode(core, ALICE, PositionMode.HEDGE) == R.NONE
    assert set_leverage(core, ALICE, 500) == R.NONE
    trade(core, side, 100, 10)
    trade(core, Side(-side), 100, 5)
    assert add_margin(core, ALICE, side, 30) == R.NONE
    assert add_margin(core, ALICE, Side(-side), 21) == R.NONE
    assert [added(core, each) for each in (side, Side(-side))] == [30, 21]
    set_mark(core, 100 + 10 * side)
    assert add_margin(core, ALICE, Side(-side), -1) == R.INSUFFICIENT_FUNDS
    assert add_margin(core, ALICE, side, -10) == R.NONE
    trade(core, side, 100, 2, flags=REDUCE_ONLY)
    assert [added(core, each) for each in (side, Side(-side))] == [20, 13]
    assert margin(core) == 200 + 20 + 60 + 13
    assert set_leverage(core, ALICE, 1_000) == R.NONE
    assert [added(core, each) for each in (side, Side(-side))] == [120, 43]
    assert margin(core) == 200 + 20 + 60 + 13
    assert core.balance(ALICE, USD).isolated == 70


# -- the mode


def test_a_mode_is_of_one_account_in_one_instrument(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    modes = [
        [core.account_position(account, number).margin_mode for number in (0, 1)]
        for account in (ALICE, BOB)
    ]
    assert modes == [[ISOLATED, CROSS], [CROSS, CROSS]]


def test_a_mode_is_fixed_by_a_position_or_an_order(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    book = core.book(0)
    fields = {"order_type": STOP, "trigger_price": 150, "trigger_source": TriggerSource.MARK}
    book.submit(BUY, 0, 1, 1, ALICE, **fields)
    assert set_margin_mode(core, ALICE, CROSS) == R.MODE_IS_FIXED
    book.cancel(1, account=ALICE)
    assert set_margin_mode(core, ALICE, CROSS) == R.NONE
    trade(core, side, 100, 1)
    before = core.state_hash()
    assert set_margin_mode(core, ALICE, ISOLATED) == R.MODE_IS_FIXED
    assert set_margin_mode(core, ALICE, CROSS) == R.NONE
    assert core.state_hash() == before
    assert set_margin_mode(core, ALICE, ISOLATED, 1) == R.NONE


def test_in_spot_there_is_no_other_mode(make_bank: Any) -> None:
    core = make_bank(instrument(SPOT))
    deposit(core, ALICE, {USD: 5})
    assert set_margin_mode(core, ALICE, ISOLATED) == R.MODE_IS_FIXED
    assert set_margin_mode(core, ALICE, CROSS) == R.NONE
    assert add_margin(core, ALICE, BUY, 5) == R.NO_ISOLATED_POSITION
    with pytest.raises(CommandError, match="selector"):
        send(core, SET_MARGIN_MODE, account=ALICE, selector=2)


def test_what_was_added_is_in_the_state_hash(make_bank: Any, side: Side) -> None:
    cores = [bank(make_bank) for _ in range(2)]
    for core in cores:
        trade(core, side, 100, 10)
    add_margin(cores[0], ALICE, side, 5)
    assert cores[0].state_hash() != cores[1].state_hash()
    add_margin(cores[1], ALICE, side, 5)
    assert cores[0].state_hash() == cores[1].state_hash()
    assert cores[0].account_position(ALICE, 0, SELL) is None
