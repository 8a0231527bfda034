"""Which positions a LIQUIDATE takes over, with what, and what becomes of their orders."""

from __future__ import annotations

from typing import Any

import numpy as np
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
    set_account,
    set_leverage,
    set_margin_mode,
    set_mark,
    set_position_mode,
    trade,
    withdraw,
)

from engine import (
    FUND,
    LIQUIDATE,
    ExecType,
    FundingAccrual,
    FundingSource,
    MarginMode,
    OrderFlag,
    PositionMode,
    RejectReason,
    Side,
)

FUND_ACCOUNT = 9
KEPT = LINEAR | {"maintenance_rate": 5 * PERCENT}
"""Initial margin 10 percent, maintenance margin 5."""
ATTOS = 10**18


def liquidate(core: Any) -> np.ndarray:
    return send(core, LIQUIDATE, account=FUND_ACCOUNT)


def liquidated(reports: np.ndarray) -> list[tuple[int, ...]]:
    """Return account, instrument, side, lots, mark and rest of what was taken over."""
    of_positions = reports[reports["exec_type"] == ExecType.LIQUIDATED]
    names = ["account", "instrument", "side", "last_quantity", "last_price", "fee"]
    return [tuple(int(report[name]) for name in names) for report in of_positions]


def bank(make_bank: Any, *contracts: dict[str, Any], alice: int = 1_000) -> Any:
    """Return an engine in which Alice has little, and Bob, Carol and the fund have much."""
    core = make_bank(*map(instrument, contracts))
    for account in (ALICE, BOB, CAROL, FUND_ACCOUNT):
        set_account(core, account)
        amount = alice if account == ALICE else 10**7
        deposit(core, account, {USD: amount, BTC: amount})
    return core


@pytest.mark.parametrize(
    ("side", "mark", "is_lost"),
    [(Side.BUY, 94, True), (Side.BUY, 95, False), (Side.SELL, 105, True), (Side.SELL, 104, False)],
)
def test_what_is_below_its_maintenance_margin_is_taken_over(
    make_bank: Any, side: Side, mark: int, is_lost: bool
) -> None:
    # 100 lots at 100 with 1,000: at 95 there are 500, and 475 needed; at 94, 400 of 470. Short, at
    # 105, 500 of 525; at 104, 600 of 520.
    core = bank(make_bank, KEPT)
    buyer, seller = (ALICE, BOB) if side == Side.BUY else (BOB, ALICE)
    trade(core, buyer, seller, 100)
    set_mark(core, mark)
    reports = liquidate(core)
    rest = 1_000 - 100 * abs(mark - 100)
    expected = [(ALICE, 0, -side, 100, mark, rest)] if is_lost else []
    assert liquidated(reports) == expected
    assert reports[-1]["exec_type"] == ExecType.DONE
    assert reports[-1]["last_quantity"] == len(expected)
    if is_lost:
        assert core.balance(ALICE, USD).balance == 0
        assert core.account_position(ALICE, 0).quantity == 0
        taken = core.account_position(FUND_ACCOUNT, 0)
        assert (taken.quantity, taken.entry_value) == (100 * side, 100 * mark)
        assert core.balance(FUND_ACCOUNT, USD).balance == 10**7 + rest
    assert len(liquidate(core)) == 1


def test_who_has_exactly_enough_is_left_alone(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, alice=1_375)
    trade(core, ALICE, BOB, 100)
    # 1,375 less 500, and 475 needed: 400 may go.
    set_mark(core, 95)
    assert withdraw(core, ALICE, USD, 375) == RejectReason.INSUFFICIENT_FUNDS
    position, balance = core.account_position(ALICE, 0), core.balance(ALICE, USD)
    assert (balance.shared_equity, balance.maintenance, position.maintenance) == (875, 475, 475)
    set_mark(core, 91)
    assert core.balance(ALICE, USD).shared_equity == 475
    assert core.balance(ALICE, USD).maintenance == 455
    assert liquidated(liquidate(core)) == []
    set_mark(core, 90)
    assert liquidated(liquidate(core)) == [(ALICE, 0, Side.SELL, 100, 90, 375)]


def test_a_loss_beyond_all_is_paid_by_who_takes_over(make_bank: Any) -> None:
    core = bank(make_bank, KEPT)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 80)
    assert liquidated(liquidate(core)) == [(ALICE, 0, Side.SELL, 100, 80, -1_000)]
    assert core.balance(ALICE, USD).balance == 0
    assert core.balance(FUND_ACCOUNT, USD).balance == 10**7 - 1_000


def test_an_inverse_position_is_taken_over_by_its_value(make_bank: Any) -> None:
    contract = INVERSE | {"maintenance_rate": 5 * PERCENT}
    core = bank(make_bank, contract, alice=100)
    # 100 lots of 1,000 at 100 are worth 1,000.
    trade(core, ALICE, BOB, 100)
    set_mark(core, 95)
    # They are worth 1,052.6, so 52.6 are lost, and 52.7 needed.
    assert core.account_position(ALICE, 0).maintenance == 53
    assert liquidated(liquidate(core)) == [(ALICE, 0, Side.SELL, 100, 95, 48)]
    assert core.balance(ALICE, BTC).balance == 0


def test_positions_that_are_not_isolated_go_together(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, KEPT, SPOT, KEPT | {"settle": BTC}, alice=2_200)
    for number in (0, 1, 3):
        trade(core, ALICE, BOB, 100 if number != 3 else 1, number=number)
        set_mark(core, 100, number)
    far = {"price": 1, "quantity": 1, "account": ALICE}
    ids = [core.book(number).submit(Side.BUY, **far).order_id for number in (0, 1, 2)]
    stays = core.book(3).submit(Side.BUY, **far).order_id
    set_mark(core, 95, 0)
    assert liquidated(liquidate(core)) == []
    set_mark(core, 89, 1)
    reports = liquidate(core)
    assert liquidated(reports) == [
        (ALICE, 0, Side.SELL, 100, 95, 309),
        (ALICE, 1, Side.SELL, 100, 89, 291),
    ]
    canceled = reports[reports["exec_type"] == ExecType.CANCELED]["order_id"]
    assert canceled.tolist() == ids
    assert stays in core
    balance = core.balance(ALICE, USD)
    assert (balance.balance, balance.held, balance.margin) == (0, 0, 0)
    assert core.account_position(ALICE, 3).quantity == 1


def test_an_isolated_position_goes_alone_with_what_was_assigned(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, KEPT, alice=5_000)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED)
    for number in (0, 1):
        trade(core, ALICE, BOB, 100, number=number)
        set_mark(core, 100, number)
    add_margin(core, ALICE, Side.BUY, 100)
    set_mark(core, 94)
    # 1,100 less 600 are 500, and 470 needed.
    assert liquidated(liquidate(core)) == []
    set_mark(core, 93)
    assert liquidated(liquidate(core)) == [(ALICE, 0, Side.SELL, 100, 93, 400)]
    assert core.balance(ALICE, USD).balance == 5_000 - 1_100
    assert core.account_position(ALICE, 0).added == 0
    assert core.account_position(ALICE, 1).quantity == 100


def test_what_isolated_positions_have_does_not_stand_for_others(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, KEPT, alice=2_000)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED, 1)
    for number in (0, 1):
        trade(core, ALICE, BOB, 100, number=number)
    set_mark(core, 200, 1)
    set_mark(core, 94, 0)
    balance = core.balance(ALICE, USD)
    assert (balance.shared_equity, balance.maintenance) == (400, 470)
    assert liquidated(liquidate(core)) == [(ALICE, 0, Side.SELL, 100, 94, 400)]
    assert core.balance(ALICE, USD).balance == 1_000


def test_each_of_two_positions_has_its_own_maintenance_margin(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, alice=3_000)
    set_position_mode(core, ALICE, PositionMode.HEDGE)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED)
    trade(core, ALICE, BOB, 100)
    trade(core, BOB, ALICE, 50)
    set_mark(core, 94)
    assert liquidated(liquidate(core)) == [(ALICE, 0, Side.SELL, 100, 94, 400)]
    assert core.account_position(ALICE, 0, Side.SELL).quantity == -50
    set_mark(core, 106)
    assert liquidated(liquidate(core)) == [(ALICE, 0, Side.BUY, 50, 106, 200)]


def test_a_tier_of_the_value_at_the_mark_decides(make_bank: Any) -> None:
    tiers = [(9_500, 20 * PERCENT, 15 * PERCENT)]
    core = bank(make_bank, KEPT | {"margin_tiers": tiers}, alice=2_000)
    trade(core, BOB, ALICE, 90)
    set_mark(core, 105)
    assert core.account_position(ALICE, 0).maintenance == 473
    set_mark(core, 106)
    assert core.account_position(ALICE, 0).maintenance == 1_431
    # 2,000 less 540 are 1,460.
    assert liquidated(liquidate(core)) == []
    set_mark(core, 107)
    assert liquidated(liquidate(core)) == [(ALICE, 0, Side.BUY, 90, 107, 1_370)]


def test_what_has_no_mark_is_not_watched(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, KEPT, alice=2_000)
    for number in (0, 1):
        trade(core, ALICE, BOB, 100, number=number)
    set_mark(core, 50)
    assert liquidated(liquidate(core)) == []
    set_mark(core, 100, 1)
    assert len(liquidated(liquidate(core))) == 2


def test_orders_of_the_instrument_are_canceled_and_what_waits_for_them_follows(
    make_bank: Any,
) -> None:
    core = bank(make_bank, KEPT)
    trade(core, ALICE, BOB, 90)
    book = core.book(0)
    parent = book.submit(Side.SELL, 200, 10, account=ALICE).order_id
    waits = {"flags": OrderFlag.ONE_TRIGGERS_OTHER, "linked_order_id": parent}
    child = book.submit(Side.BUY, 1, 5, account=ALICE, **waits).order_id
    others = book.submit(Side.SELL, 201, 10, account=BOB).order_id
    set_mark(core, 90)
    reports = liquidate(core)
    kinds = [ExecType(kind).name for kind in reports["exec_type"]]
    assert kinds == ["CANCELED", "CANCELED", "LIQUIDATED", "DONE"]
    assert parent not in core
    assert child not in core
    assert others in core


def test_the_one_who_takes_over_closes_what_it_had(make_bank: Any) -> None:
    core = bank(make_bank, KEPT)
    trade(core, BOB, FUND_ACCOUNT, 30)
    book = core.book(0)
    closing = {"account": FUND_ACCOUNT, "flags": OrderFlag.REDUCE_ONLY}
    order = book.submit(Side.BUY, 50, 30, **closing).order_id
    trade(core, ALICE, BOB, 20)
    trade(core, ALICE, CAROL, 80)
    set_mark(core, 94)
    reports = liquidate(core)
    assert core.account_position(FUND_ACCOUNT, 0).quantity == 70
    assert core.account_position(FUND_ACCOUNT, 0).realized == 30 * 6
    # Nothing is left to reduce by buying.
    assert order not in core
    assert reports["order_id"].tolist() == [0, order, 0]


def test_accounts_go_by_number_and_the_one_who_takes_over_stays(make_bank: Any) -> None:
    core = bank(make_bank, KEPT)
    for account in (7, 4):
        set_account(core, account)
        deposit(core, account, {USD: 1_000})
    for account in (7, 4, ALICE):
        trade(core, account, BOB, 100)
    trade(core, FUND_ACCOUNT, BOB, 10**5)
    withdraw(core, FUND_ACCOUNT, USD, 8_000_000)
    set_mark(core, 60)
    assert [row[0] for row in liquidated(liquidate(core))] == [ALICE, 4, 7]
    assert core.account_position(FUND_ACCOUNT, 0).quantity == 10**5 + 300


def test_funding_can_be_what_was_missing(make_bank: Any) -> None:
    funding = {"funding": FundingAccrual.INDEX, "funding_floor": 0, "funding_cap": ATTOS}
    core = bank(make_bank, KEPT | funding, alice=2_000)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 96)
    assert liquidated(liquidate(core)) == []
    # 1,000 less 400, and less 96 and 25 of 9,600.
    for rate, row in (
        (ATTOS // 100, []),
        (ATTOS // 384, [(ALICE, 0, Side.SELL, 100, 96, 479)]),
    ):
        send(core, FUND, price=rate, selector=FundingSource.TOLD)
        assert liquidated(liquidate(core)) == row
    assert core.balance(ALICE, USD).balance == 1_000


def test_a_higher_leverage_leaves_less_to_lose(make_bank: Any) -> None:
    core = bank(make_bank, KEPT | {"initial_rate": 6 * PERCENT}, alice=5_000)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED)
    set_leverage(core, ALICE, 400)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 80)
    assert liquidated(liquidate(core)) == []
    set_mark(core, 78)
    assert liquidated(liquidate(core)) == [(ALICE, 0, Side.SELL, 100, 78, 300)]


def test_who_has_enough_without_its_orders_is_left_alone(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, KEPT, alice=1_100)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED, 1)
    trade(core, ALICE, BOB, 100)
    order = core.book(1).submit(Side.BUY, 100, 10, account=ALICE).order_id
    set_mark(core, 94)
    # 1,100 less 600, and less 100 for the order; 470 needed.
    assert core.balance(ALICE, USD).shared_equity == 400
    reports = liquidate(core)
    assert liquidated(reports) == []
    assert reports["order_id"].tolist() == [order, 0]
    assert core.balance(ALICE, USD).shared_equity == 500


def test_values_beyond_all_numbers_count_as_the_largest(make_bank: Any) -> None:
    contract = INVERSE | {"value_factor": 2**60, "maintenance_rate": 5 * PERCENT}
    core = bank(make_bank, contract | {"initial_rate": 5 * PERCENT}, alice=2**60)
    deposit(core, BOB, {BTC: 2**60})
    trade(core, ALICE, BOB, 2**60, price=2**60)
    set_mark(core, 1)
    position = core.account_position(ALICE, 0)
    assert position.unrealized == 2**60 - 2**95
    assert position.maintenance == -(-(2**95) // 20)
    assert len(liquidated(liquidate(core))) == 1
    taken = core.account_position(FUND_ACCOUNT, 0)
    assert (taken.quantity, taken.entry_value) == (2**60, 2**95)


def test_margins_of_many_such_values_are_counted_to_the_unit(make_bank: Any) -> None:
    losers = range(20, 36)
    core = bank(make_bank, KEPT | {"initial_rate": 10**9})
    for account in losers:
        set_account(core, account)
        deposit(core, account, {USD: 2**33})
    deposit(core, BOB, {USD: 2**40})
    for account in losers:
        trade(core, BOB, account, 2**33, price=1)
    set_mark(core, 2**63 - 1)
    assert len(liquidated(liquidate(core))) == len(losers)
    taken = core.account_position(FUND_ACCOUNT, 0)
    assert taken.entry_value == len(losers) * 2**95
    assert taken.margin == taken.entry_value


def test_an_engine_without_the_account_refuses(make_bank: Any) -> None:
    core = bank(make_bank, KEPT)
    (report,) = send(core, LIQUIDATE, account=77)
    assert report["reject_reason"] == RejectReason.UNKNOWN_ACCOUNT
