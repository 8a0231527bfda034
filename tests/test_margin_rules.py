"""What margins are made of beside rates: deductions, slopes, fees to close, marks, funding."""

from __future__ import annotations

from typing import Any, Final

import pytest
from banking import (
    ALICE,
    BOB,
    BTC,
    CAROL,
    INVERSE,
    LINEAR,
    PERCENT,
    USD,
    deposit,
    instrument,
    reason_of,
    send,
    set_account,
    set_leverage,
    set_margin_mode,
    set_mark,
    set_position_mode,
    withdraw,
)

from engine import (
    FUND,
    IOC,
    LIQUIDATE,
    CloseFee,
    ExecType,
    FundingAccrual,
    FundingSource,
    MarginMode,
    PositionMode,
    RejectReason,
    Side,
)

R = RejectReason
KINDS = {"linear": LINEAR, "inverse": INVERSE}
KEPT = LINEAR | {"maintenance_rate": 5 * PERCENT}
"""Initial margin 10 percent, maintenance margin 5."""
MARGINAL: Final = KEPT | {
    "margin_tiers": [
        (1_000, 20 * PERCENT, 15 * PERCENT, 100),
        (2_000, 50 * PERCENT, 40 * PERCENT, 500),
    ]
}
"""Above 1,000 15 percent, above 2,000 40, each of what is above."""
SLOPED: Final = {
    "initial_rate": 2 * PERCENT,
    "maintenance_rate": PERCENT,
    "initial_slope": 5 * 10**13,
    "maintenance_slope": 5 * 10**13,
}
"""Deribit's, of a coin a lot: 2 percent and 1, and 0.005 for each."""


def bank(make_bank: Any, contract: dict[str, Any], alice: int = 10**9) -> Any:
    """Return an engine in which Alice has as much as that, and Bob has much."""
    core = make_bank(instrument(contract))
    deposit(core, ALICE, {USD: alice, BTC: alice})
    deposit(core, BOB, {USD: 10**12, BTC: 10**12})
    return core


def trade(core: Any, side: Side, price: int, lots: int) -> None:
    """Let Alice take on a side what Bob offers."""
    book = core.book(0)
    book.submit(Side(-side), price, lots, account=BOB)
    assert book.submit(side, price, lots, account=ALICE, time_in_force=IOC).filled_quantity == lots


def kept(core: Any) -> int:
    """Return what Alice's position must be worth at least."""
    position = core.account_position(ALICE, 0)
    of_balances = sum(core.balance(ALICE, currency).maintenance for currency in (USD, BTC))
    assert of_balances == (0 if position.is_isolated else position.maintenance)
    return position.maintenance


def reason(core: Any, side: Side, price: int, quantity: int, account: int = ALICE) -> R:
    return core.book(0).submit(side, price, quantity, account=account).reject_reason


# -- deductions


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("value", "required"),
    [
        (1, 1),
        (1_000, 50),
        (1_001, 51),  # 150.15, rounded up, less 100
        (1_999, 200),
        (2_000, 200),
        (2_001, 301),
        (10_000, 3_500),
    ],
)
def test_a_deduction_is_less_than_the_rate_of_the_tier_asks_for(
    make_bank: Any, side: Side, kind: str, value: int, required: int
) -> None:
    tiers = MARGINAL | {"value_factor": 1} | {"kind": KINDS[kind]["kind"]}
    core = bank(make_bank, tiers | {"settle": KINDS[kind]["settle"]})
    if kind == "inverse":
        trade(core, side, 1, value)
        set_mark(core, 1)
    else:
        trade(core, side, value, 1)
        set_mark(core, value)
    assert kept(core) == required


def test_a_deduction_leaves_the_initial_margin_as_it_is(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, MARGINAL)
    trade(core, side, 100, 15)
    assert core.account_position(ALICE, 0).margin == 300


def test_what_is_taken_over_is_below_its_margin_less_the_deduction(make_bank: Any) -> None:
    # 15 lots at 100 with 300: at 110 there are 150 left, and 148 needed of 1,650; at 111, 135.
    core = bank(make_bank, MARGINAL, alice=300)
    set_account(core, CAROL)
    trade(core, Side.SELL, 100, 15)
    set_mark(core, 110)
    assert kept(core) == 148
    assert send(core, LIQUIDATE, account=CAROL)[-1]["last_quantity"] == 0
    set_mark(core, 111)
    reports = send(core, LIQUIDATE, account=CAROL)
    assert [ExecType(kind).name for kind in reports["exec_type"]] == ["LIQUIDATED", "DONE"]
    assert core.balance(CAROL, USD).balance == 135


# -- slopes


def test_a_rate_grows_with_the_lots_of_a_linear_position(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | SLOPED | {"value_factor": 100})
    trade(core, side, 1_000, 25)
    position = core.account_position(ALICE, 0)
    assert (position.initial_rate, position.margin) == (21_250_000, 53_125)
    set_mark(core, 2_000)
    assert kept(core) == 56_250
    trade(core, side, 1_000, 325)
    assert core.account_position(ALICE, 0).margin == 35_000_000 * 375 // 10_000


def test_a_rate_grows_with_the_value_of_an_inverse_position(make_bank: Any, side: Side) -> None:
    # 25 coins of 100 units: 2,500 units of value, each of which adds a hundredth of a coin's rate.
    slopes = {"initial_slope": 5 * 10**11, "maintenance_slope": 5 * 10**11}
    core = bank(make_bank, INVERSE | SLOPED | slopes | {"value_factor": 10**6})
    trade(core, side, 10_000, 25)
    position = core.account_position(ALICE, 0)
    assert (position.entry_value, position.initial_rate, position.margin) == (2_500, 21_250_000, 54)
    set_mark(core, 5_000)
    assert kept(core) == 63  # 1.25 percent of 5,000


def test_a_slope_that_is_no_whole_billionth_is_rounded_up(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"initial_slope": 1, "maintenance_slope": 1})
    trade(core, side, 1_000, 1)
    assert core.account_position(ALICE, 0).initial_rate == 10 * PERCENT + 1
    assert core.account_position(ALICE, 0).margin == 101
    set_mark(core, 1_000)
    assert kept(core) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_rate_is_more_than_all_of_the_value(make_bank: Any, side: Side, kind: str) -> None:
    steep = {"initial_slope": 10**18, "maintenance_slope": 10**18, "value_factor": 1}
    core = bank(make_bank, KINDS[kind] | steep)
    trade(core, side, 1, 7_000)
    assert core.account_position(ALICE, 0).margin == 7_000
    set_mark(core, 1)
    assert kept(core) == 7_000


def test_the_size_is_that_of_the_worse_side_of_position_and_orders(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, LINEAR | SLOPED | {"initial_slope": 10**16})
    trade(core, side, 100, 10)
    assert core.account_position(ALICE, 0).initial_rate == 12 * PERCENT
    other = Side(-side)
    assert reason(core, other, 100, 20) == R.NONE
    assert core.account_position(ALICE, 0).initial_rate == 12 * PERCENT
    assert reason(core, other, 100, 5) == R.NONE
    assert core.account_position(ALICE, 0).initial_rate == 17 * PERCENT
    assert core.account_position(ALICE, 0).margin == 255


def test_an_order_must_find_what_its_size_requires_of_all(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | SLOPED | {"initial_slope": 10**16})
    deposit(core, CAROL, {USD: 2_200})
    assert reason(core, side, 1_000, 10, CAROL) == R.NONE
    assert core.balance(CAROL, USD).free == 1_000
    assert reason(core, side, 1_000, 4, CAROL) == R.INSUFFICIENT_FUNDS  # 16 percent of 14,000
    assert reason(core, side, 1_000, 3, CAROL) == R.NONE
    assert core.balance(CAROL, USD).margin == 1_950


def test_leverage_is_no_higher_than_the_size_allows(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | SLOPED | {"initial_slope": 10**16})
    assert set_leverage(core, ALICE, 5_000) == R.NONE
    trade(core, side, 100, 8)
    assert set_leverage(core, ALICE, 1_001) == R.LEVERAGE_OUT_OF_RANGE
    assert set_leverage(core, ALICE, 1_000) == R.NONE
    assert set_leverage(core, ALICE, 500) == R.NONE
    assert core.account_position(ALICE, 0).margin == 160


def test_an_isolated_position_has_the_rate_of_its_own_size(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | SLOPED | {"initial_slope": 10**16}, alice=10_000)
    set_account(core, CAROL)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED)
    trade(core, side, 1_000, 10)
    assert reason(core, side, 1_000, 10) == R.NONE
    # 12 percent of 10,000 are assigned, whatever is open; 1.05 percent of the value are needed.
    set_mark(core, 1_000 - 109 * side)
    assert kept(core) == (94 if side == Side.BUY else 117)
    lost = send(core, LIQUIDATE, account=CAROL)[-1]["last_quantity"]
    assert lost == (0 if side == Side.BUY else 1)


# -- the fee to close


@pytest.mark.parametrize(
    ("terms", "fee"),
    [
        ({}, 0),
        ({"taker_rate": PERCENT}, 101),
        ({"taker_rate": PERCENT, "maker_rate": 3 * PERCENT}, 101),
        ({"taker_rate": PERCENT, "fee_tiers": {3: (0, 2 * PERCENT)}}, 201),
        ({"taker_rate": -PERCENT}, 0),
    ],
    ids=str,
)
def test_the_maintenance_margin_holds_the_fee_to_close_at_the_mark(
    make_bank: Any, side: Side, terms: dict[str, Any], fee: int
) -> None:
    core = bank(make_bank, KEPT | terms | {"close_fee": CloseFee.MARK})
    trade(core, side, 10_001, 1)
    assert kept(core) == 501 + fee  # of the entry value, without a mark
    set_mark(core, 20_002)
    assert kept(core) == 1_001 + (2 * fee - 1 if fee else 0)


HELD = {
    CloseFee.NONE: (0, 0),
    CloseFee.MARK: (120, 120),
    CloseFee.BANKRUPTCY: (90, 110),
    CloseFee.ENTRY: (100, 100),
    CloseFee.COST_PLUS_INITIAL: (110, 110),
}
"""One percent of what conventions mean, bought and sold at 10,000 with 10 percent, at 12,000."""


@pytest.mark.parametrize("convention", CloseFee)
def test_the_maintenance_margin_holds_the_fee_by_each_convention(
    make_bank: Any, side: Side, convention: CloseFee
) -> None:
    core = bank(make_bank, KEPT | {"taker_rate": PERCENT, "close_fee": convention})
    trade(core, side, 10_000, 1)
    set_mark(core, 12_000)
    assert kept(core) == 600 + HELD[convention][side == Side.SELL]


@pytest.mark.parametrize("convention", CloseFee)
def test_the_initial_margin_holds_the_fee_of_the_worst_side(
    make_bank: Any, side: Side, convention: CloseFee
) -> None:
    core = bank(make_bank, KEPT | {"taker_rate": PERCENT, "initial_close_fee": convention})
    trade(core, side, 10_000, 1)
    set_mark(core, 12_000)
    held = dict(HELD) | {CloseFee.MARK: (100, 100)}  # of entry, whatever the mark is
    fee = held[convention][side == Side.SELL]
    assert core.account_position(ALICE, 0).margin == 1_000 + fee
    # Two lots more on the other side make it the worst one, by as much.
    other = Side.SELL if side == Side.BUY else Side.BUY
    assert reason(core, other, 10_000, 2) == R.NONE
    assert core.account_position(ALICE, 0).margin == 1_000 + max(held[convention]) + 200


@pytest.mark.parametrize("at_entry", [0, 1])
def test_the_maintenance_margin_is_of_the_value_at_the_mark_or_at_entry(
    make_bank: Any, side: Side, at_entry: int
) -> None:
    tiers = [(11_000, 2 * 10**8, 10**8)]
    core = bank(make_bank, KEPT | {"value_at_entry": at_entry, "margin_tiers": tiers})
    trade(core, side, 10_000, 1)
    set_mark(core, 12_000)
    assert kept(core) == (500 if at_entry else 1_200)


def test_without_it_the_maintenance_margin_holds_no_fee(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, KEPT | {"taker_rate": PERCENT})
    trade(core, side, 10_001, 1)
    assert kept(core) == 501


@pytest.mark.parametrize(("mark", "is_lost"), [(95, False), (94, True)])
def test_a_position_goes_before_it_can_not_pay_for_being_closed(
    make_bank: Any, mark: int, is_lost: bool
) -> None:
    # 100 lots at 100 cost 100, and 1,070 are left: at 95 there are 570, and 475 and 95 needed.
    terms = {"taker_rate": PERCENT, "close_fee": CloseFee.MARK}
    core = bank(make_bank, KEPT | terms, alice=1_170)
    set_account(core, CAROL)
    trade(core, Side.BUY, 100, 100)
    set_mark(core, mark)
    assert send(core, LIQUIDATE, account=CAROL)[-1]["last_quantity"] == is_lost


# -- the initial margin at the mark

AT_MARK: Final = LINEAR | {"initial_at_mark": 1}


def margin(core: Any) -> int:
    """Return what Alice's position and its orders require, which is what is reserved for them."""
    its = core.account_position(ALICE, 0).margin
    assert sum(core.balance(ALICE, currency).margin for currency in (USD, BTC)) == its
    return int(its)


def test_a_mark_moves_what_a_position_requires(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, AT_MARK, alice=100_000)
    trade(core, side, 10_000, 2)
    assert margin(core) == 2_000  # of the entry value, without a mark
    for mark, required in ((12_001, 2_401), (12_002, 2_401), (9_000, 1_800), (0, 0)):
        set_mark(core, mark)
        assert margin(core) == required
        gain = side * 2 * (mark - 10_000)
        assert core.balance(ALICE, USD).free == 100_000 + gain - required


def test_a_mark_moves_what_an_inverse_position_requires(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, INVERSE | {"initial_at_mark": 1})
    trade(core, side, 10, 30)
    assert margin(core) == 300
    set_mark(core, 7)
    assert margin(core) == 429  # of 4,285.7, rounded up twice
    set_mark(core, 0)
    assert margin(core) == 300


def test_orders_count_at_their_limits_beside_a_position_at_the_mark(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, AT_MARK)
    near, far = 100 - 50 * side, 100 + 50 * side
    trade(core, side, 100, 10)
    set_mark(core, 200)
    assert reason(core, side, near, 4) == R.NONE
    assert margin(core) == (2_000 + 4 * near) // 10
    assert reason(core, Side(-side), far, 150) == R.NONE
    assert margin(core) == (150 * far - 2_000) // 10
    set_mark(core, 500)
    assert margin(core) == max(5_000 + 4 * near, 150 * far - 5_000) // 10


def test_what_a_mark_requires_more_is_not_there_for_orders(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, AT_MARK, alice=300)
    trade(core, side, 100, 10)
    set_mark(core, 100 + 10 * side)
    free = 300 + 100 - (100 + 10 * side)
    assert core.balance(ALICE, USD).free == free
    assert reason(core, side, 10, free + 1) == R.INSUFFICIENT_FUNDS
    assert reason(core, side, 10, free) == R.NONE
    assert withdraw(core, ALICE, USD, 1) == R.INSUFFICIENT_FUNDS
    # Nothing is free, and less than that with another mark; what reduces is let in.
    set_mark(core, 100)
    assert core.balance(ALICE, USD).free < 0
    assert reason(core, side, 10, 1) == R.INSUFFICIENT_FUNDS
    assert reason(core, Side(-side), 100, 10) == R.NONE


def test_the_tier_is_that_of_the_value_at_the_mark(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, AT_MARK | {"margin_tiers": [(1_000, 20 * PERCENT, 0)]})
    trade(core, side, 100, 10)
    assert margin(core) == 100
    set_mark(core, 101)
    assert (margin(core), core.account_position(ALICE, 0).initial_rate) == (202, 20 * PERCENT)
    assert set_leverage(core, ALICE, 501) == R.LEVERAGE_OUT_OF_RANGE
    set_mark(core, 100)
    assert (margin(core), set_leverage(core, ALICE, 501)) == (100, R.NONE)
    assert margin(core) == 200


def test_what_is_assigned_to_an_isolated_position_no_mark_moves(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, AT_MARK)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED)
    trade(core, side, 100, 10)
    set_mark(core, 150)
    assert margin(core) == 100
    assert core.balance(ALICE, USD).isolated_margin == 100


def test_both_of_two_positions_require_margin_at_the_mark(make_bank: Any) -> None:
    core = bank(make_bank, AT_MARK)
    set_position_mode(core, ALICE, PositionMode.HEDGE)
    trade(core, Side.BUY, 100, 10)
    trade(core, Side.SELL, 100, 4)
    set_mark(core, 150)
    margins = [core.account_position(ALICE, 0, side).margin for side in (Side.BUY, Side.SELL)]
    assert (margins, core.balance(ALICE, USD).margin) == ([150, 60], 210)


# -- the next funding

FUNDED: Final = KEPT | {
    "funding": FundingAccrual.DISCRETE,
    "funding_floor": -2 * 10**18,
    "funding_cap": 2 * 10**18,
    "funding_in_maintenance": 1,
}


def fund(core: Any, rate: int) -> None:
    """Let positions pay by a rate in 10^-18."""
    assert reason_of(core, FUND, price=rate, selector=FundingSource.TOLD) == R.NONE


@pytest.mark.parametrize(
    ("rate", "part"),
    [
        (10**16, 100),
        (123_456_789 * 10**8, 124),  # 123.456789, rounded up with the rest
        (1, 1),
        (0, 0),
        (-(10**16), 0),
        (2 * 10**18, 10_000),  # no more than all of it
    ],
)
@pytest.mark.parametrize("accrual", [FundingAccrual.DISCRETE, FundingAccrual.INDEX])
def test_who_pays_the_next_funding_must_have_it(
    make_bank: Any, side: Side, rate: int, part: int, accrual: FundingAccrual
) -> None:
    core = bank(make_bank, FUNDED | {"funding": accrual})
    trade(core, side, 8_000, 1)
    set_mark(core, 10_000)
    assert kept(core) == 500
    fund(core, rate * side)
    assert kept(core) == 500 + part
    fund(core, 0)
    assert kept(core) == 500
    if rate > 1:
        fund(core, -rate * side)
        assert kept(core) == 500


@pytest.mark.parametrize(("at_entry", "part"), [(0, 100), (1, 80)])
def test_the_next_funding_is_of_the_value_of_which_the_margin_is(
    make_bank: Any, side: Side, at_entry: int, part: int
) -> None:
    core = bank(make_bank, FUNDED | {"value_at_entry": at_entry})
    trade(core, side, 8_000, 1)
    set_mark(core, 10_000)
    fund(core, 10**16 * side)
    assert kept(core) == 6 * part


def test_bitmex_holds_fee_and_next_funding_in_the_maintenance_margin(make_bank: Any) -> None:
    """A real position: of 39,260,000 at 3 times 1 %, 39,261 to close and 0.01 % of funding."""
    terms = {
        "initial_rate": -(-(10**9) // 3),
        "maintenance_rate": PERCENT,
        "taker_rate": 750_000,
        "value_at_entry": 1,
        "close_fee": CloseFee.COST_PLUS_INITIAL,
    }
    core = bank(make_bank, FUNDED | terms)
    trade(core, Side.BUY, 39_260_000, 1)
    set_mark(core, 39_260_000)
    fund(core, 10**14)
    assert kept(core) == 435_787


@pytest.mark.parametrize("at_entry", [0, 1])
@pytest.mark.parametrize("mode", MarginMode)
def test_a_position_is_lost_that_has_not_the_next_funding(
    make_bank: Any, side: Side, mode: MarginMode, at_entry: int
) -> None:
    """With 1,000 of 10,000 it has 500 more than it must; 2 % are paid, and 2 to be paid next."""
    core = bank(make_bank, FUNDED | {"value_at_entry": at_entry}, alice=1_000)
    set_account(core, CAROL)
    set_margin_mode(core, ALICE, mode)
    trade(core, side, 10_000, 1)
    set_mark(core, 10_000)
    fund(core, 2 * 10**16 * side)
    assert kept(core) == 700
    assert send(core, LIQUIDATE, account=CAROL)[-1]["last_quantity"] == 0
    fund(core, 10**16 * side)
    assert kept(core) == 600  # and 700 are left
    assert send(core, LIQUIDATE, account=CAROL)[-1]["last_quantity"] == 0
    fund(core, 10**15 * side)
    fund(core, 2 * 10**16 * side)
    assert send(core, LIQUIDATE, account=CAROL)[-1]["last_quantity"] == 1
