"""Rates that grow with the open interest: what anybody trades moves what everybody must have."""

from __future__ import annotations

from typing import Any, Final

import pytest
from banking import (
    ALICE,
    BOB,
    CAROL,
    LINEAR,
    PERCENT,
    USD,
    deposit,
    instrument,
    set_leverage,
    set_margin_mode,
    set_mark,
    trade,
    withdraw,
)

from engine import BUY, SELL, MarginMode, RejectReason, Side

R = RejectReason
DAVE: Final = 4
DYDX: Final = LINEAR | {
    "initial_rate": 20 * PERCENT,
    "open_interest_lower": 25 * 10**12,
    "open_interest_upper": 60 * 10**12,
    "rate_step": 1_000,
}
"""In millionths, of quantums."""
GROWING: Final = LINEAR | {"open_interest_lower": 1_000, "open_interest_upper": 10_000}
"""From 10 percent, by a hundredth of a percent of a unit each."""


def bank(make_bank: Any, contract: dict[str, Any]) -> Any:
    """Return an engine in which all have much."""
    core = make_bank(instrument(contract))
    for account in (ALICE, BOB, CAROL, DAVE):
        deposit(core, account, {USD: 10**17})
    return core


def margin(core: Any, account: int = ALICE) -> int:
    """Return what an account's position requires, which is what is reserved for it."""
    its = core.account_position(account, 0).margin
    assert core.balance(account, USD).margin == its
    return int(its)


@pytest.mark.parametrize(
    ("open_interest", "required"),
    [
        (500_000, 100_000),
        (25 * 10**12, 100_000),
        (28_123_456_789_123, 135_697),
        (60 * 10**12, 500_000),
        (80 * 10**12, 500_000),
    ],
)
def test_the_initial_margin_is_that_of_dydx(
    make_bank: Any, open_interest: int, required: int
) -> None:
    core = bank(make_bank, DYDX)
    set_mark(core, 1)
    trade(core, ALICE, BOB, 500_000, price=1)
    assert margin(core) == 100_000
    if open_interest > 500_000:
        trade(core, CAROL, BOB, open_interest - 500_000, price=1)
    assert margin(core) == required


def test_what_others_trade_moves_what_is_reserved(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, GROWING)
    set_mark(core, 100)
    trade(core, *((ALICE, BOB) if side == Side.BUY else (BOB, ALICE)), 10)
    assert margin(core) == 100
    trade(core, CAROL, DAVE, 45)
    assert margin(core) == 550  # with 5,500 open
    assert core.account_position(ALICE, 0).initial_rate == 55 * PERCENT
    trade(core, BOB, CAROL, 5)  # Carol closes what Bob opens, or both close
    assert margin(core) == (550 if side == Side.SELL else 500)
    trade(core, DAVE, CAROL, 40)
    assert margin(core) == (150 if side == Side.SELL else 100)


def test_a_mark_moves_the_open_interest(make_bank: Any) -> None:
    core = bank(make_bank, GROWING)
    trade(core, ALICE, BOB, 20)
    assert margin(core) == 200
    for mark, required in ((50, 200), (55, 220), (500, 2_000), (275, 1_100), (-275, 1_100)):
        set_mark(core, mark)
        assert margin(core) == required


def test_what_has_grown_is_not_there_for_orders(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, GROWING)
    set_mark(core, 100)
    trade(core, *((ALICE, BOB) if side == Side.BUY else (BOB, ALICE)), 10)
    assert withdraw(core, ALICE, USD, 10**17 - 300) == R.NONE
    trade(core, CAROL, DAVE, 20)
    assert core.balance(ALICE, USD).free == 0
    order = {"account": ALICE}
    assert core.book(0).submit(side, 1, 1, **order).reject_reason == R.INSUFFICIENT_FUNDS
    assert core.book(0).submit(Side(-side), 100, 10, **order).reject_reason == R.NONE


def test_leverage_is_no_higher_than_the_open_interest_allows(make_bank: Any) -> None:
    core = bank(make_bank, GROWING)
    set_mark(core, 100)
    trade(core, ALICE, BOB, 55)
    for account in (ALICE, CAROL):  # who has nothing there
        assert set_leverage(core, account, 182) == R.LEVERAGE_OUT_OF_RANGE
        assert set_leverage(core, account, 181) == R.NONE


def test_what_is_assigned_to_an_isolated_position_does_not_grow(make_bank: Any) -> None:
    core = bank(make_bank, GROWING)
    set_mark(core, 100)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED)
    trade(core, ALICE, BOB, 55)
    assert (margin(core), margin(core, BOB)) == (550, 3_025)
    assert core.balance(ALICE, USD).isolated_margin == 550


def test_a_step_takes_no_rate_below_what_it_was(make_bank: Any) -> None:
    steep = {"initial_rate": 12 * PERCENT, "rate_step": 10 * PERCENT}
    core = bank(make_bank, GROWING | steep)
    set_mark(core, 100)
    trade(core, ALICE, BOB, 10)
    assert margin(core) == 120
    trade(core, CAROL, BOB, 9)
    assert margin(core) == 200  # of 20.8 percent
    for side in (BUY, SELL):
        assert core.book(0).submit(side, 100 - side, 1, account=ALICE).reject_reason == R.NONE
    assert margin(core) == 220
