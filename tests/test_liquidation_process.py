"""How a LIQUIDATE closes what is lost: how much at once, where, and who bears what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from banking import (
    ALICE,
    BOB,
    CAROL,
    INVERSE,
    LINEAR,
    PERCENT,
    USD,
    add_margin,
    deposit,
    instrument,
    reason_of,
    send,
    set_margin_mode,
    set_mark,
)

from engine import (
    IOC,
    LIQUIDATE,
    Deficit,
    DeleverageRank,
    ExecType,
    LiquidationSale,
    LiquidationStep,
    MarginMode,
    OrderFlag,
    OrderType,
    Phase,
    RejectReason,
    Side,
)

FUND, DAN = 9, 4
KEPT = LINEAR | {"maintenance_rate": 5 * PERCENT}
"""Initial margin 10 percent, maintenance margin 5."""
AT_BANKRUPTCY = KEPT | {"liquidation_sale": LiquidationSale.BANKRUPTCY}
AT_MARKET = KEPT | {"liquidation_sale": LiquidationSale.MARKET}
TIERS = ((2_000, 20 * PERCENT, 10 * PERCENT), (5_000, 40 * PERCENT, 20 * PERCENT))
RICH = 10**7


def bank(
    make_bank: Any, *contracts: dict[str, Any], alice: int = 1_000, fund: int = RICH
) -> Any:
    """Return an engine in which Alice has little, the fund what is said, and others much."""
    core = make_bank(*(instrument(contract, max_price=1_000) for contract in contracts))
    for account, amount in ((ALICE, alice), (BOB, RICH), (CAROL, RICH), (DAN, RICH), (FUND, fund)):
        deposit(core, account, {USD: amount, 1: amount} if amount else {})
    return core


def trade(core: Any, buyer: int, seller: int, lots: int, price: int = 100, number: int = 0) -> None:
    book = core.book(number)
    book.submit(Side.SELL, price, lots, account=seller)
    book.submit(Side.BUY, price, lots, account=buyer, time_in_force=IOC)


def liquidate(core: Any, level: int = 0) -> np.ndarray:
    reports = send(core, LIQUIDATE, account=FUND, quantity=level)
    assert reports[-1]["exec_type"] == ExecType.DONE
    core.check_invariants()
    return reports


def said(reports: np.ndarray, exec_type: ExecType = ExecType.LIQUIDATED) -> list[tuple[int, ...]]:
    """Return account, lots with their side, and amount of the reports of a type."""
    chosen = reports[reports["exec_type"] == exec_type]
    return [
        (int(report["account"]), int(report["side"] * report["last_quantity"]), int(report["fee"]))
        for report in chosen
    ]


def balance(core: Any, account: int) -> int:
    return int(core.balance(account, USD).balance)


def lots(core: Any, account: int, number: int = 0) -> int:
    return int(core.account_position(account, number).quantity)


# In the market.


def test_what_sells_above_bankruptcy_leaves_the_difference_to_the_fund(make_bank: Any) -> None:
    core = bank(make_bank, AT_BANKRUPTCY)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 94)
    # Bankrupt at 90, where the 400 that are left at 94 are gone. 60 lots sell at 92 and 10 at 90,
    # the bid at 89 is too low; 30 lots are taken over at 90, all in all.
    for price, quantity in ((92, 60), (90, 10), (89, 500)):
        core.book(0).submit(Side.BUY, price, quantity, account=CAROL)
    reports = liquidate(core)
    assert said(reports, ExecType.TRADE) == [
        *((CAROL, 60, 0), (ALICE, -60, 0), (CAROL, 10, 0), (ALICE, -10, 0)),
    ]
    assert said(reports) == [(ALICE, -70, 120), (ALICE, -30, 120)]
    assert (balance(core, ALICE), balance(core, FUND) - RICH) == (0, 240)
    assert (lots(core, ALICE), lots(core, FUND), lots(core, CAROL)) == (0, 30, 70)
    sale, taken = reports[reports["exec_type"] == ExecType.LIQUIDATED]
    order = reports[reports["exec_type"] == ExecType.NEW][0]
    assert (order["price"], order["time_in_force"], order["leaves_quantity"]) == (90, IOC, 100)
    assert OrderFlag(int(order["order_flags"])) == OrderFlag.REDUCE_ONLY
    assert (sale["order_id"], taken["order_id"]) == (order["order_id"], 0)
    assert reports[-1]["last_quantity"] == 2


def test_the_fee_of_the_sale_is_within_the_bankruptcy_price(make_bank: Any) -> None:
    core = bank(make_bank, AT_BANKRUPTCY | {"taker_rate": 2 * PERCENT}, alice=1_000)
    trade(core, BOB, ALICE, 100)
    # Short at 100, 1,000 less the 0 of a maker's fee: at 106 there are 400. Bought at 107 with the
    # fee it would be 109.14, which is above the 110 that are there for each: 107 is the last.
    set_mark(core, 106)
    core.book(0).submit(Side.SELL, 107, 50, account=CAROL)
    core.book(0).submit(Side.SELL, 108, 50, account=CAROL)
    reports = liquidate(core)
    assert said(reports) == [(ALICE, 50, 200 - 50 - 107), (ALICE, 50, 200)]
    assert balance(core, ALICE) == 0


@pytest.mark.parametrize(
    ("bid", "fee", "expected"),
    [
        (93, 1, (ALICE, -100, 94)),  # 300 are left, 1 % of the value is 94
        (90, 1, (ALICE, -100, 0)),  # nothing is
        (88, 1, (ALICE, -100, -200)),  # 200 are missing
        (93, 10, (ALICE, -100, 300)),  # no more than what is left
    ],
)
def test_a_market_sale_costs_a_fee_of_what_is_left(
    make_bank: Any, bid: int, fee: int, expected: tuple[int, ...]
) -> None:
    core = bank(make_bank, AT_MARKET | {"liquidation_fee_rate": fee * PERCENT})
    trade(core, ALICE, BOB, 100)
    set_mark(core, 94)
    core.book(0).submit(Side.BUY, bid, 100, account=CAROL)
    reports = liquidate(core)
    assert said(reports) == [expected]
    order = reports[reports["exec_type"] == ExecType.NEW][0]
    assert order["order_type"] == OrderType.MARKET
    assert balance(core, ALICE) == 1_000 - 100 * (100 - bid) - expected[2]


def test_an_isolated_position_pays_a_sale_with_its_margin_alone(make_bank: Any) -> None:
    core = bank(make_bank, AT_MARKET, alice=5_000)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED)
    trade(core, ALICE, BOB, 100)
    add_margin(core, ALICE, Side.BUY, 200)
    # 1,200 stand for it: 85 is 1,500 below, and the fund pays what is missing.
    set_mark(core, 92)
    core.book(0).submit(Side.BUY, 85, 100, account=CAROL)
    assert said(liquidate(core)) == [(ALICE, -100, -300)]
    assert balance(core, ALICE) == 5_000 - 1_200


def test_nothing_is_sold_where_nothing_trades(make_bank: Any) -> None:
    core = bank(make_bank, AT_BANKRUPTCY)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 94)
    core.book(0).submit(Side.BUY, 94, 100, account=CAROL)
    core.book(0).set_phase(Phase.HALT)
    reports = liquidate(core)
    assert said(reports) == [(ALICE, -100, 400)]
    assert said(reports, ExecType.TRADE) == []


def test_below_the_backstop_it_is_taken_over_as_it_is(make_bank: Any) -> None:
    contract = AT_BANKRUPTCY | {"liquidation_backstop": 666_666_667}
    core = bank(make_bank, contract)
    trade(core, ALICE, BOB, 100)
    core.book(0).submit(Side.BUY, 93, 1, account=CAROL)
    # 300 of 465 are less than two thirds.
    set_mark(core, 93)
    assert said(liquidate(core)) == [(ALICE, -100, 300)]
    core = bank(make_bank, contract)
    trade(core, ALICE, BOB, 100)
    core.book(0).submit(Side.BUY, 93, 1, account=CAROL)
    set_mark(core, 94)
    assert said(liquidate(core)) == [(ALICE, -1, 3), (ALICE, -99, 396)]


def test_the_sale_sets_off_what_waits_for_the_last_price(make_bank: Any) -> None:
    core = bank(make_bank, AT_BANKRUPTCY)
    trade(core, ALICE, BOB, 100)
    core.book(0).submit(
        Side.SELL, 91, 5, account=DAN, order_type=OrderType.STOP_LIMIT, trigger_price=92
    )
    set_mark(core, 94)
    core.book(0).submit(Side.BUY, 92, 105, account=CAROL)
    reports = liquidate(core)
    kinds = [ExecType(int(kind)).name for kind in reports["exec_type"]]
    assert kinds == ["NEW", "TRADE", "TRADE", "TRIGGERED", "LIQUIDATED", "DONE", "TRADE", "TRADE"]


# How much at once.


def test_a_tier_down_closes_what_is_above_the_floor(make_bank: Any) -> None:
    contract = AT_BANKRUPTCY | {
        "margin_tiers": TIERS,
        "liquidation_step": LiquidationStep.TIER_DOWN,
        "liquidation_tiers": 1,
    }
    core = bank(make_bank, contract, alice=1_600)
    trade(core, ALICE, BOB, 40)
    set_mark(core, 70)
    # 2,800 are worth in the second tier: 280 are needed, 400 are there.
    assert said(liquidate(core)) == []
    set_mark(core, 66)
    # 240 of 264. 640 of 2,640 must go: 9.7 of 40 lots.
    assert said(liquidate(core)) == [(ALICE, -10, 60)]
    # 30 lots are worth 1,980: 99 are needed, 180 left.
    assert (lots(core, ALICE), core.balance(ALICE, USD).maintenance) == (30, 99)
    assert said(liquidate(core)) == []


def test_a_shortage_closes_what_sets_it_free(make_bank: Any) -> None:
    contract = AT_MARKET | {
        "liquidation_step": LiquidationStep.SHORTAGE,
        "liquidation_fee_rate": PERCENT,
    }
    core = bank(make_bank, contract)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 94)
    core.book(0).submit(Side.BUY, 94, 100, account=CAROL)
    # 400 of 470: 70 are missing, a lot frees 94 * (5 - 1) % = 3.76, so 18.6 lots.
    assert said(liquidate(core)) == [(ALICE, -19, 18)]
    its = core.balance(ALICE, USD)
    assert (its.shared_equity, its.maintenance) == (382, 381)
    assert said(liquidate(core)) == []


def test_a_fraction_is_closed_of_what_is_large(make_bank: Any) -> None:
    contract = KEPT | {
        "liquidation_step": LiquidationStep.FRACTION,
        "liquidation_fraction": 20 * PERCENT,
        "liquidation_above": 6_000,
        "liquidation_least": 2_000,
    }
    core = bank(make_bank, contract)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 94)
    # A fifth is 1,880 of 9,400, and 2,000 may be: 21.3 lots. All of 5,264 and less goes at once.
    assert said(liquidate(core)) == [(ALICE, -22, 88)]
    assert said(liquidate(core)) == [(ALICE, -22, 88)]
    assert said(liquidate(core)) == [(ALICE, -56, 224)]
    assert balance(core, ALICE) == 0


def test_positions_that_share_are_closed_while_it_takes(make_bank: Any) -> None:
    heavy = KEPT | {"initial_rate": 50 * PERCENT, "maintenance_rate": 40 * PERCENT}
    core = bank(make_bank, heavy, KEPT, alice=2_000)
    trade(core, ALICE, BOB, 20)
    trade(core, ALICE, BOB, 80, number=1)
    set_mark(core, 100)
    set_mark(core, 88, 1)
    # 1,040 of 800 + 352. 232 of the equity go with 2,000 of 9,040, and 808 of 352 are left.
    assert said(liquidate(core)) == [(ALICE, -20, 230)]
    assert (lots(core, ALICE), lots(core, ALICE, 1)) == (0, 80)


def test_at_the_margin_itself_where_the_contract_says_so(make_bank: Any) -> None:
    for at_margin, expected in ((0, []), (1, [(ALICE, -100, 475)])):
        core = bank(make_bank, KEPT | {"liquidation_at_margin": at_margin}, alice=1_000)
        trade(core, ALICE, BOB, 100)
        deposit(core, ALICE, {USD: 0} if False else {USD: 475 - 500 + 1_000 - 975 + 475 - 475 + 0} if False else {})
        set_mark(core, 95)
        core.book(0)
        assert said(liquidate(core)) == []
    assert expected


# Who bears what is missing.
