"""Fees of SPOT that each party pays in what it receives."""

from __future__ import annotations

from typing import Any

import pytest
from banking import ALICE, BOB, BTC, PERCENT, SPOT, USD, balances, deposit, fees, instrument, send

from engine import (
    BUY,
    IOC,
    SELL,
    UNCROSS,
    FeeCurrency,
    Phase,
    RejectReason,
    Rounding,
    Side,
)

R = RejectReason
RECEIVED = SPOT | {
    "fee_currency": FeeCurrency.RECEIVED,
    "maker_rate": 10 * PERCENT,
    "taker_rate": 20 * PERCENT,
}
MUCH = 10**9


def bank(make_bank: Any, contract: dict[str, Any]) -> Any:
    """Return an engine in which two accounts have much."""
    core = make_bank(instrument(contract))
    for account in (ALICE, BOB):
        deposit(core, account, {USD: MUCH, BTC: MUCH})
    return core


def trade(core: Any, side: Side, price: int, lots: int) -> Any:
    """Let Alice take on a side what Bob offers."""
    core.book(0).submit(Side(-side), price, lots, account=BOB)
    return core.book(0).submit(side, price, lots, account=ALICE, time_in_force=IOC)


def test_the_buyer_pays_in_base_and_the_seller_in_quote(make_bank: Any, side: Side) -> None:
    """Seven lots are 70 units of the base, and worth 700 of the quote."""
    core = bank(make_bank, RECEIVED)
    report = trade(core, side, 100, 7)
    if side == BUY:
        assert fees(report.reports) == [70, 14]
        assert balances(core, ALICE, BOB) == [
            (MUCH - 700, MUCH + 56),
            (MUCH + 630, MUCH - 70),
        ]
        assert (core.house(USD), core.house(BTC)) == (70, 14)
    else:
        assert fees(report.reports) == [7, 140]
        assert balances(core, ALICE, BOB) == [
            (MUCH + 560, MUCH - 70),
            (MUCH - 700, MUCH + 63),
        ]
        assert (core.house(USD), core.house(BTC)) == (140, 7)


def test_a_rebate_is_paid_in_what_is_received(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, RECEIVED | {"maker_rate": -10 * PERCENT})
    report = trade(core, side, 100, 7)
    assert fees(report.reports) == ([-70, 14] if side == BUY else [-7, 140])
    assert core.house(BTC) == (14 if side == BUY else -7)


@pytest.mark.parametrize("rounding", [Rounding.DOWN, Rounding.UP])
def test_who_buys_holds_the_value_and_no_fee(make_bank: Any, rounding: Rounding) -> None:
    core = bank(make_bank, RECEIVED | {"fee_rounding": rounding})
    book = core.book(0)
    assert book.submit(BUY, 100, 7, account=ALICE).reject_reason == R.NONE
    assert core.balance(ALICE, USD).held == 700
    assert book.submit(SELL, 100, 7, account=BOB).reject_reason == R.NONE
    assert core.balance(ALICE, USD).held == 0


def test_who_has_the_value_can_buy(make_bank: Any) -> None:
    core = make_bank(instrument(RECEIVED))
    deposit(core, ALICE, {USD: 700})
    deposit(core, BOB, {BTC: 70})
    assert core.book(0).submit(SELL, 100, 7, account=BOB).reject_reason == R.NONE
    assert core.book(0).submit(BUY, 100, 8, account=ALICE).reject_reason == R.INSUFFICIENT_FUNDS
    assert core.book(0).submit(BUY, 100, 7, account=ALICE).filled_quantity == 7
    assert balances(core, ALICE, BOB) == [(0, 56), (630, 0)]


def test_a_fee_is_no_more_than_what_is_received(make_bank: Any, side: Side) -> None:
    all_of_it = {"maker_rate": 10**9, "taker_rate": 10**9, "fee_rounding": Rounding.UP}
    core = bank(make_bank, RECEIVED | all_of_it)
    trade(core, side, 3, 1)
    paid = (MUCH - 3, MUCH) if side == BUY else (MUCH, MUCH - 10)
    assert balances(core, ALICE) == [paid]


def test_the_fee_of_the_base_is_rounded_by_itself(make_bank: Any) -> None:
    """Three fees of half a unit of ten, each rounded up."""
    terms = {"taker_rate": 5 * PERCENT, "maker_rate": 0, "fee_rounding": Rounding.UP}
    core = bank(make_bank, RECEIVED | terms)
    for _ in range(3):
        core.book(0).submit(SELL, 100, 1, account=BOB)
    report = core.book(0).submit(BUY, 100, 3, account=ALICE)
    assert fees(report.reports) == [0, 1, 0, 1, 0, 1]
    assert core.house(BTC) == 3


def test_in_an_auction_each_pays_in_what_it_receives(make_bank: Any) -> None:
    core = bank(make_bank, RECEIVED)
    book = core.book(0)
    book.set_phase(Phase.OPENING_CALL)
    book.submit(BUY, 100, 7, account=ALICE)
    book.submit(SELL, 100, 7, account=BOB)
    send(core, UNCROSS)
    book.set_phase(Phase.CONTINUOUS)
    assert (core.house(USD), core.house(BTC)) == (70, 7)
