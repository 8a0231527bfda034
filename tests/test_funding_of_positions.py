"""What positions pay each other by a FUND: how much, out of what, and what rounding leaves."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from banking import (
    ALICE,
    BOB,
    BTC,
    CAROL,
    INVERSE,
    LINEAR,
    USD,
    add_margin,
    deposit,
    instrument,
    reason_of,
    send,
    set_account,
    set_leverage,
    set_limit,
    set_margin_mode,
    set_mark,
    set_position_mode,
    trade,
)
from hypothesis import given
from hypothesis import strategies as st
from implementations import NAMES, load

from engine import (
    ADVANCE_TIME,
    FUND,
    IOC,
    LIQUIDATE,
    SET_PRICE,
    FundingAccrual,
    FundingSource,
    Limit,
    MarginMode,
    OrderFlag,
    PositionMode,
    RejectReason,
    Side,
    TriggerSource,
)
from engine.records import Funding

ATTOS = 10**18
SECOND = 10**9
DAY = 86_400 * SECOND
R = RejectReason
HIGHEST = 2**63 - 1
FUNDING = {"funding": FundingAccrual.INDEX, "funding_floor": -HIGHEST, "funding_cap": HIGHEST}
FUNDED = LINEAR | FUNDING
EACH_BY_ITSELF = FUNDED | {"funding": FundingAccrual.DISCRETE}
GODARK = FUNDED | {
    "funding_interest": 115_740_740_741,
    "funding_floor": -5 * 10**14,
    "funding_cap": 5 * 10**14,
}


def told(core: Any, rate: int, **fields: int) -> RejectReason:
    """Let positions pay by a rate in 10^-18."""
    return reason_of(core, FUND, price=rate, selector=FundingSource.TOLD, **fields)


def set_index(core: Any, price: int, number: int = 0) -> None:
    source = {"trigger_source": TriggerSource.INDEX, "price": price}
    send(core, SET_PRICE, instrument=number, **source)


def with_positions(make_bank: Any, *contracts: dict[str, Any], lots: int = 7) -> Any:
    """Return an engine in which Alice is long, and Bob is short, in each contract."""
    core = make_bank(*map(instrument, contracts))
    for account in (ALICE, BOB, CAROL):
        set_account(core, account)
        deposit(core, account, {USD: 10**6, BTC: 10**6})
    for number in range(len(contracts)):
        trade(core, ALICE, BOB, lots, number=number)
        set_mark(core, 100, number)
    return core


def balances(core: Any, currency: int = USD) -> list[int]:
    return [core.balance(account, currency).balance - 10**6 for account in (ALICE, BOB)]


def test_a_rate_above_zero_is_paid_by_long_positions(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED)
    assert told(core, ATTOS // 100) == RejectReason.NONE
    assert balances(core) == [-7, 7]
    assert core.account_position(ALICE, 0).funding == 7
    assert core.account_position(BOB, 0).funding == -7
    assert told(core, -2 * ATTOS // 100) == RejectReason.NONE
    assert balances(core) == [7, -7]
    assert core.funding(0) == Funding(-2 * ATTOS // 100, -1 * SECOND, 0)


def test_an_inverse_position_pays_by_its_value_at_the_mark(make_bank: Any) -> None:
    core = with_positions(make_bank, INVERSE | FUNDING)
    set_mark(core, 50)
    told(core, ATTOS // 100)
    # A lot is worth 1000 / 50.
    assert balances(core, BTC) == [-2, 1]
    assert core.rounding(BTC) == 1
    assert core.funding(0).accrued == 2 * 10**8


def test_what_rounding_takes_too_much_is_taken_off_the_next_time(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED)
    paid = []
    for _ in range(4):
        told(core, 4 * ATTOS // 1_000)
        paid.append((*balances(core), core.rounding(USD)))
    # 2.8 each time.
    assert paid == [(-3, 2, 1), (-6, 5, 1), (-9, 8, 1), (-12, 11, 1)]
    assert core.funding(0).accrued == 16 * 10**8
    core.check_invariants()


def test_discrete_payments_are_each_rounded_by_themselves(make_bank: Any) -> None:
    core = with_positions(make_bank, EACH_BY_ITSELF)
    for _ in range(4):
        told(core, 4 * ATTOS // 1_000)
    assert balances(core) == [-12, 8]
    assert core.rounding(USD) == 4
    core.check_invariants()


def test_who_comes_later_pays_from_then_on(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED)
    told(core, ATTOS // 10)
    trade(core, CAROL, BOB, 3)
    told(core, ATTOS // 10)
    funding = [core.account_position(account, 0).funding for account in (ALICE, BOB, CAROL)]
    assert funding == [140, -170, 30]
    trade(core, BOB, ALICE, 7)
    told(core, ATTOS // 10)
    funding = [core.account_position(account, 0).funding for account in (ALICE, BOB, CAROL)]
    assert funding == [140, -200, 60]
    assert core.account_position(ALICE, 0).quantity == 0


def test_the_rate_is_godarks_rule(make_bank: Any) -> None:
    core = with_positions(make_bank, GODARK)
    rates = {(50_010, 50_000): 200_115_740_740_741, (50_025, 50_000): 5 * 10**14}
    rates |= {(50_000, 50_000): 115_740_740_741, (49_000, 50_000): -5 * 10**14}
    for (mark, index), rate in rates.items():
        set_mark(core, mark)
        set_index(core, index)
        report = send(core, FUND)[-1]
        assert (report["last_price"], report["last_quantity"]) == (rate, 1)
        assert core.funding(0).rate == rate


def test_a_damp_draws_the_premium_to_the_interest(make_bank: Any) -> None:
    core = with_positions(
        make_bank, FUNDED | {"funding_damp": 5 * 10**14, "funding_interest": 10**14}
    )
    set_index(core, 10_000)
    rates = []
    for mark in (10_000, 10_005, 10_010, 9_990):
        set_mark(core, mark)
        rates.append(int(send(core, FUND)[-1]["last_price"]))
    assert rates == [10**14, 10**14, 5 * 10**14, -5 * 10**14]


def test_a_rate_for_a_period_accrues_as_time_passes(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED | {"funding_period": 8 * SECOND}, lots=8)
    for time, balance in ((10, 0), (12, -2), (12, -2), (20, -10)):
        told(core, ATTOS // 100, timestamp=time * SECOND)
        assert balances(core) == [balance, -balance]
    assert core.funding(0).time == 20 * SECOND


def test_every_instrument_that_can_be_funded_is(make_bank: Any) -> None:
    core = with_positions(make_bank, GODARK, LINEAR, EACH_BY_ITSELF, GODARK, INVERSE | FUNDING)
    for number in (0, 1, 2, 4):
        set_index(core, 50, number)
    report = send(core, FUND, selector=FundingSource.EVERY)[-1]
    assert (report["last_quantity"], report["last_price"]) == (3, 0)
    rates = [core.funding(number) and core.funding(number).rate for number in range(5)]
    assert rates == [5 * 10**14, None, ATTOS, 0, ATTOS]
    core.check_invariants()


def test_an_isolated_position_pays_out_of_its_margin(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED)
    set_account(core, CAROL)
    assert set_margin_mode(core, CAROL, MarginMode.ISOLATED) == RejectReason.NONE
    trade(core, CAROL, BOB, 10)
    add_margin(core, CAROL, Side.BUY, 50)
    before = core.balance(CAROL, USD)
    told(core, ATTOS // 10)
    after, position = core.balance(CAROL, USD), core.account_position(CAROL, 0)
    assert after.balance == before.balance - 100
    assert (after.available, after.free) == (before.available, before.free)
    assert (position.added, position.margin) == (-50, 50)
    core.check_invariants()
    # What is left goes back with the lots.
    trade(core, BOB, CAROL, 5)
    assert core.account_position(CAROL, 0).added == -25
    trade(core, BOB, CAROL, 5)
    assert core.account_position(CAROL, 0).added == 0


def test_leverage_does_not_make_good_what_funding_took(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED)
    set_margin_mode(core, CAROL, MarginMode.ISOLATED)
    trade(core, CAROL, BOB, 10)
    told(core, ATTOS // 20)
    before = core.balance(CAROL, USD)
    assert core.account_position(CAROL, 0).added == -50
    assert set_leverage(core, CAROL, 1_000) == RejectReason.NONE
    assert core.balance(CAROL, USD) == before
    # 200 are required instead of 100, and 50 are there of these.
    assert set_leverage(core, CAROL, 500) == RejectReason.NONE
    position = core.account_position(CAROL, 0)
    assert (position.added, position.margin) == (-50, 150)


def test_both_positions_of_an_account_pay(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED)
    assert set_position_mode(core, CAROL, PositionMode.HEDGE) == RejectReason.NONE
    trade(core, CAROL, BOB, 10)
    trade(core, BOB, CAROL, 4)
    told(core, ATTOS // 10)
    both = [core.account_position(CAROL, 0, side).funding for side in Side]
    assert both == [100, -40]


def test_what_two_positions_paid_too_much_comes_back_when_they_are_one(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED)
    set_position_mode(core, CAROL, PositionMode.HEDGE)
    trade(core, CAROL, BOB, 1)
    book = core.book(0)
    book.submit(Side.BUY, 100, 1, account=BOB)
    book.submit(Side.SELL, 100, 1, account=CAROL, time_in_force=IOC)
    # The long one owes 0.4, the short one -0.4: both have paid 0.6 and more too much.
    for rate in (4 * ATTOS // 1_000, -2 * 4 * ATTOS // 1_000):
        told(core, rate)
    for side in Side:
        closing = {"flags": OrderFlag.REDUCE_ONLY, "time_in_force": IOC}
        book.submit(side, 100, 1, account=BOB)
        book.submit(Side(-side), 100, 1, account=CAROL, **closing)
    before, kept = core.balance(CAROL, USD).balance, core.rounding(USD)
    assert set_position_mode(core, CAROL, PositionMode.ONE_WAY) == RejectReason.NONE
    assert core.balance(CAROL, USD).balance == before + 1
    assert core.rounding(USD) == kept - 1
    assert core.account_position(CAROL, 0).funding == 0


@pytest.mark.parametrize("terms", [FUNDED, EACH_BY_ITSELF])
def test_funding_is_a_result(make_bank: Any, terms: dict[str, Any]) -> None:
    core = with_positions(make_bank, terms)
    set_limit(core, ALICE, Limit.DAILY_LOSS, 70, USD)
    set_limit(core, BOB, Limit.DRAWDOWN, 1, USD)
    told(core, ATTOS // 10)
    assert core.exposure(ALICE, USD)[3:] == (-70, 70, 70)
    assert core.exposure(BOB, USD)[3:] == (70, -70, -70)
    book = core.book(0)
    assert book.submit(Side.BUY, 1, 1, account=ALICE).reject_reason == R.DAILY_LOSS_LIMIT
    assert book.submit(Side.SELL, 200, 1, account=BOB).reject_reason == R.NONE
    told(core, -ATTOS // 10 - ATTOS // 700)
    assert book.submit(Side.BUY, 1, 1, account=ALICE).reject_reason == R.NONE
    assert book.submit(Side.SELL, 200, 1, account=BOB).reject_reason == R.DRAWDOWN_LIMIT
    core.check_invariants()


@pytest.mark.parametrize("terms", [FUNDED, EACH_BY_ITSELF])
def test_a_day_begins_with_what_funding_had_made_by_then(
    make_bank: Any, terms: dict[str, Any]
) -> None:
    core = with_positions(make_bank, terms, LINEAR)
    told(core, ATTOS // 100, timestamp=DAY - 1)
    assert core.exposure(ALICE, USD)[3:] == (-7, 7, 7)
    send(core, ADVANCE_TIME, timestamp=DAY)
    assert core.exposure(ALICE, USD)[3:] == (-7, 0, 7)
    for timestamp in (DAY, DAY, 2 * DAY + 5, 2 * DAY + 6):
        told(core, ATTOS // 100, timestamp=timestamp)
    # What was paid on the third day alone, whenever that is asked for, or something trades.
    trade(core, ALICE, BOB, 1, number=1)
    assert core.exposure(ALICE, USD)[3:] == (-35, 14, 35)
    assert core.exposure(BOB, USD)[3:] == (35, -14, 0)
    send(core, ADVANCE_TIME, timestamp=4 * DAY)
    assert core.exposure(ALICE, USD)[3:] == (-35, 0, 35)
    core.check_invariants()


def test_a_day_has_begun_for_who_had_nothing_in_the_first_that_was_funded(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED)
    core.add_instrument(**instrument(FUNDED))
    trade(core, ALICE, CAROL, 3, number=1)
    set_mark(core, 100, 1)
    told(core, ATTOS // 100, timestamp=DAY)
    send(core, LIQUIDATE, account=BOB)
    told(core, ATTOS // 100, instrument=1)
    send(core, LIQUIDATE, account=BOB)
    told(core, ATTOS // 100, instrument=1)
    assert core.exposure(ALICE, USD)[3:] == (-13, 13, 13)
    assert core.exposure(CAROL, USD)[3:] == (6, -6, -6)
    assert core.exposure(BOB, USD)[3:] == (7, -7, -7)


def test_the_best_result_is_one_after_a_trade(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED, LINEAR)
    told(core, -ATTOS // 10)
    told(core, ATTOS // 100)
    assert core.exposure(ALICE, USD).drawdown == -63
    trade(core, ALICE, CAROL, 1, number=1)  # in something that has no funding
    assert core.exposure(ALICE, USD).drawdown == 0
    told(core, ATTOS // 100)
    assert core.exposure(ALICE, USD).drawdown == 7


def test_a_question_changes_nothing(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED)
    told(core, ATTOS // 300)
    before = core.state_hash()
    core.balance(ALICE, USD)
    core.account_position(BOB, 0)
    assert core.state_hash() == before


@pytest.mark.parametrize("index", [0, -1])
def test_an_index_that_nothing_can_be_divided_by_is_none(make_bank: Any, index: int) -> None:
    core = with_positions(make_bank, GODARK)
    set_index(core, index)
    assert reason_of(core, FUND) == RejectReason.PRICE_UNKNOWN
    assert core.funding(0) == Funding(0, 0, 0)


def test_an_index_beyond_its_bounds_is_refused(make_bank: Any) -> None:
    core = with_positions(make_bank, FUNDED | {"value_factor": 2**36})
    # A lot is worth 2^45 units, and 2^45 * 10^9 is not yet 2^75.
    set_mark(core, 2**9)
    assert told(core, 2 * ATTOS) == RejectReason.VALUE_OVERFLOW
    for _ in range(2**85 // (2**45 * SECOND)):
        assert told(core, ATTOS) == RejectReason.NONE
    assert told(core, ATTOS) == RejectReason.VALUE_OVERFLOW
    assert told(core, -ATTOS) == RejectReason.NONE


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": 0, "base": BTC, "lot_units": 1, "initial_rate": 0}, "of a SPOT contract"),
        ({"funding_floor": 1, "funding_cap": 0}, "funding_cap was 0, outside 1 to"),
        ({"funding_damp": -1}, "funding_damp was -1, outside 0 to"),
        ({"funding": 0, "funding_interest": 1}, "funding_interest was 1, outside 0 to 0"),
        ({"funding": 3}, "3 is not a valid FundingAccrual"),
    ],
)
def test_terms_that_make_no_sense_are_refused(
    make_bank: Any, changes: dict[str, int], message: str
) -> None:
    blank = FUNDED if changes.get("funding", 1) else LINEAR
    with pytest.raises(ValueError, match=message):
        make_bank(instrument(blank | changes))


@given(
    lots=st.integers(1, 2**40),
    rates=st.lists(st.integers(-(10**16), 10**16), min_size=1, max_size=12),
    looks=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_however_often_it_pays_it_has_paid_the_same(
    lots: int, rates: list[int], looks: list[bool]
) -> None:
    for name in NAMES:
        core = load(name).core(accounts=True)
        core.add_currency()
        core.add_instrument(**instrument(FUNDED))
        for account in (ALICE, BOB):
            set_account(core, account)
            deposit(core, account, {USD: 2**60})
        trade(core, ALICE, BOB, lots)
        set_mark(core, 1_000)
        for rate, is_looked_at in zip(rates, looks, strict=False):
            assert told(core, rate) == RejectReason.NONE
            if is_looked_at:
                core.balance(ALICE, USD)
        owed = Fraction(lots * core.funding(0).accrued, SECOND)
        paid = [core.account_position(account, 0).funding for account in (ALICE, BOB)]
        assert paid == [-(-owed // 1), -(owed // 1)]
        assert core.rounding(USD) == sum(paid)
        core.check_invariants()
