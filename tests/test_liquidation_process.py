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
    trade,
    withdraw,
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


def bank(make_bank: Any, *contracts: dict[str, Any], alice: int = 1_000, fund: int = RICH) -> Any:
    """Return an engine in which Alice has little, the fund what is said, and others much."""
    core = make_bank(*(instrument(contract, max_price=1_000) for contract in contracts))
    for account, amount in ((ALICE, alice), (BOB, RICH), (CAROL, RICH), (DAN, RICH), (FUND, fund)):
        deposit(core, account, {USD: amount, 1: amount} if amount else {})
    return core


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
    core = bank(make_bank, AT_BANKRUPTCY | {"taker_rate": 2 * PERCENT}, alice=1_200)
    trade(core, BOB, ALICE, 100)
    # 400 are left at 108, so bankrupt at 112, and with the fee at 109.8.
    set_mark(core, 108)
    core.book(0).submit(Side.SELL, 109, 50, account=CAROL)
    core.book(0).submit(Side.SELL, 110, 50, account=CAROL)
    reports = liquidate(core)
    assert said(reports) == [(ALICE, 50, 200 - 50 - 109), (ALICE, 50, 200)]
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
    reports = send(core, LIQUIDATE, account=FUND)
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


def test_all_is_closed_soon_after_a_part(make_bank: Any) -> None:
    contract = KEPT | {
        "liquidation_step": LiquidationStep.FRACTION,
        "liquidation_fraction": 20 * PERCENT,
        "liquidation_cooldown": 30,
    }
    for later, expected in ((29, -80), (30, -16)):
        core = bank(make_bank, contract)
        trade(core, ALICE, BOB, 100)
        set_mark(core, 94)
        assert said(liquidate(core)) == [(ALICE, -20, 80)]
        before = core.state_hash()
        reports = send(core, LIQUIDATE, account=FUND, timestamp=later)
        assert said(reports)[0][1] == expected
        assert core.state_hash() != before


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


@pytest.mark.parametrize(("at_margin", "expected"), [(0, []), (1, [(ALICE, -100, 455)])])
def test_at_the_margin_itself_where_the_contract_says_so(
    make_bank: Any, at_margin: int, expected: list[tuple[int, ...]]
) -> None:
    core = bank(make_bank, KEPT | {"liquidation_at_margin": at_margin}, alice=1_355)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 91)
    its = core.balance(ALICE, USD)
    assert its.shared_equity == its.maintenance == 455
    assert said(liquidate(core)) == expected


def test_the_fund_takes_no_more_than_its_part(make_bank: Any) -> None:
    core = bank(make_bank, KEPT | {"liquidation_most_rate": PERCENT})
    trade(core, ALICE, BOB, 100)
    set_mark(core, 94)
    # A hundredth of 9,400; the other 306 of the 400 stay.
    assert said(liquidate(core)) == [(ALICE, -100, 94)]
    assert balance(core, ALICE) == 306


# Who bears what is missing.


def deleveraged(rank: DeleverageRank) -> dict[str, Any]:
    return KEPT | {"deficit": Deficit.DELEVERAGE, "deleverage_rank": rank}


def with_gainers(make_bank: Any, rank: DeleverageRank, fund: int) -> Any:
    """Return an engine in which Alice is long, and three are short: Bob, Carol and Dan.

    Bob gains most for what he came with, Carol least, and Dan has so little that his leverage is
    the highest.
    """
    core = bank(make_bank, deleveraged(rank), fund=fund)
    send_all(core, DAN, RICH - 300)
    trade(core, ALICE, BOB, 40, price=102)
    trade(core, ALICE, CAROL, 40, price=97)
    trade(core, ALICE, DAN, 20, price=100)
    return core


def send_all(core: Any, account: int, amount: int) -> None:
    assert withdraw(core, account, USD, amount) == RejectReason.NONE


def test_who_gains_most_is_closed_first_at_the_bankruptcy_price(make_bank: Any) -> None:
    core = with_gainers(make_bank, DeleverageRank.LEVERAGE, fund=0)
    core.book(0).submit(Side.SELL, 130, 3, account=DAN)
    # 9,960 were paid for 100 lots, and 1,000 stand for them: at 80 there are 960 too few, 9.6 a
    # lot. Dan, with 700 for 1,600, is first, then Bob, then Carol for the rest.
    set_mark(core, 80)
    reports = liquidate(core)
    assert said(reports, ExecType.DELEVERAGED) == [(DAN, 20, 192), (BOB, 40, 384), (CAROL, 40, 384)]
    assert said(reports) == [(ALICE, -100, -960)]
    assert said(reports, ExecType.CANCELED) == [(DAN, -3, 0)]
    assert [lots(core, account) for account in (ALICE, BOB, CAROL, DAN)] == [0, 0, 0, 0]
    assert balance(core, ALICE) == balance(core, FUND) == 0
    assert balance(core, DAN) == 300 + 400 - 192


def test_a_gain_for_collateral_is_ranked_by_the_margin_ratio(make_bank: Any) -> None:
    core = with_gainers(make_bank, DeleverageRank.RATIO, fund=0)
    set_mark(core, 80)
    first = said(liquidate(core), ExecType.DELEVERAGED)
    # Of Bob and Carol, who have the same collateral, Bob gains 880 and Carol 680.
    assert [account for account, *_ in first] == [DAN, BOB, CAROL]


def test_a_fund_that_has_enough_pays_itself(make_bank: Any) -> None:
    core = with_gainers(make_bank, DeleverageRank.LEVERAGE, fund=960)
    set_mark(core, 80)
    reports = liquidate(core)
    assert said(reports, ExecType.DELEVERAGED) == []
    assert said(reports) == [(ALICE, -100, -960)]
    assert (balance(core, FUND), lots(core, FUND)) == (0, 100)


def test_who_could_not_pay_is_passed_over(make_bank: Any) -> None:
    core = bank(make_bank, deleveraged(DeleverageRank.LEVERAGE), fund=0)
    trade(core, ALICE, DAN, 100)
    set_mark(core, 52)
    send_all(core, CAROL, RICH - 60)
    trade(core, BOB, CAROL, 10, price=52)
    set_mark(core, 50)
    # A lot of Alice's is 40 below nothing. Carol, with 80 for 500, is first, and has 8 a lot.
    assert said(liquidate(core), ExecType.DELEVERAGED) == [(DAN, 100, 4_000)]
    assert lots(core, CAROL) == -10


def test_all_bear_what_the_fund_has_not(make_bank: Any) -> None:
    core = bank(make_bank, KEPT | {"deficit": Deficit.SOCIALIZE}, fund=300)
    set_margin_mode(core, CAROL, MarginMode.ISOLATED)
    trade(core, ALICE, BOB, 70, price=100)
    trade(core, ALICE, CAROL, 30, price=100)
    margin = core.account_position(CAROL, 0).margin
    set_mark(core, 80)
    reports = liquidate(core)
    # 1,000 are missing, 300 are there: 700 on 100 lots that are left beside the fund's.
    assert said(reports) == [(ALICE, -100, -1_000)]
    assert said(reports, ExecType.SOCIALIZED) == [(FUND, 0, 700)]
    assert balance(core, FUND) == 0
    assert (balance(core, BOB), balance(core, CAROL)) == (RICH - 490, RICH - 210)
    assert core.account_position(CAROL, 0).margin == margin - 210


def test_the_fund_owes_where_nothing_else_is_said(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, fund=300)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 80)
    assert said(liquidate(core)) == [(ALICE, -100, -1_000)]
    assert balance(core, FUND) == -700


# Warnings.


def test_who_comes_near_is_warned(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, KEPT)
    set_margin_mode(core, BOB, MarginMode.ISOLATED, 1)
    trade(core, ALICE, BOB, 50, number=0)
    trade(core, CAROL, BOB, 50, number=1)
    set_mark(core, 86)
    set_mark(core, 105, 1)
    # Alice has 300 and needs 215; Bob, isolated, has 250 and needs 262.5 of that: he is lost.
    level = 700_000_000
    reports = liquidate(core, level)
    assert said(reports) == [(BOB, 50, 250)]
    assert said(reports, ExecType.WARNED) == [(ALICE, 0, 716_666_666)]
    assert liquidate(core, 716_666_667)[-1]["last_quantity"] == 0
    assert said(liquidate(core, 716_666_667), ExecType.WARNED) == []
    assert said(liquidate(core), ExecType.WARNED) == []


def test_a_warning_of_an_isolated_position_names_it(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, KEPT)
    set_margin_mode(core, ALICE, MarginMode.ISOLATED, 1)
    trade(core, ALICE, BOB, 50, number=1)
    set_mark(core, 96, 1)
    (warning, _) = liquidate(core, 800_000_000)
    assert (warning["instrument"], warning["last_price"]) == (1, 96)
    assert said(liquidate(core, 800_000_000), ExecType.WARNED) == [(ALICE, -50, 800_000_000)]


@pytest.mark.parametrize("level", [-1, 10**9 + 1])
def test_a_level_beyond_all_is_refused(make_bank: Any, level: int) -> None:
    core = bank(make_bank, KEPT)
    reason = reason_of(core, LIQUIDATE, account=FUND, quantity=level)
    assert reason == RejectReason.AMOUNT_OUT_OF_RANGE


# Contracts.


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"liquidation_step": LiquidationStep.TIER_DOWN}, "liquidation_tiers was 0"),
        ({"liquidation_tiers": 1}, "liquidation_tiers was 1"),
        ({"liquidation_step": LiquidationStep.FRACTION}, "liquidation_fraction was 0"),
        ({"liquidation_fraction": 1}, "liquidation_fraction was 1"),
        ({"liquidation_above": 1}, "liquidation_above was 1"),
        ({"liquidation_least": -1}, "liquidation_least was -1"),
        ({"liquidation_cooldown": 1}, "liquidation_cooldown was 1"),
        ({"liquidation_backstop": 1}, "liquidation_backstop was 1"),
        ({"liquidation_fee_rate": 10**9 + 1}, "liquidation_fee_rate was 1000000001"),
        ({"liquidation_most_rate": -1}, "liquidation_most_rate was -1"),
        ({"liquidation_at_margin": 2}, "liquidation_at_margin was 2"),
        ({"liquidation_sale": 4}, "4 is not a valid LiquidationSale"),
        ({"deficit": 3}, "3 is not a valid Deficit"),
        ({"deleverage_rank": 2}, "2 is not a valid DeleverageRank"),
    ],
)
def test_terms_that_contradict_are_refused(
    make_bank: Any, terms: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make_bank(instrument(KEPT | terms))


def test_a_spot_contract_has_no_process(make_bank: Any) -> None:
    spot = {"kind": 0, "base": 1, "settle": 0, "lot_units": 1}
    for name in ("liquidation_at_margin", "liquidation_step", "liquidation_sale", "deficit"):
        with pytest.raises(ValueError, match=f"{name} was 1, outside 0 to 0"):
            make_bank(instrument(spot | {name: 1}))


def test_an_inverse_position_sells_up_to_its_bankruptcy_price(make_bank: Any) -> None:
    contract = INVERSE | {
        "maintenance_rate": 5 * PERCENT,
        "liquidation_sale": LiquidationSale.BANKRUPTCY,
    }
    core = bank(make_bank, contract, alice=100)
    # 100 lots of 1,000 at 100 are worth 1,000. With 100 they may be worth 1,100: at 90.9.
    trade(core, ALICE, BOB, 100)
    set_mark(core, 95)
    core.book(0).submit(Side.BUY, 91, 40, account=CAROL)
    core.book(0).submit(Side.BUY, 90, 60, account=CAROL)
    reports = liquidate(core)
    order = reports[reports["exec_type"] == ExecType.NEW][0]
    assert (order["price"], int(order["side"])) == (91, Side.SELL)
    assert [row[:2] for row in said(reports)] == [(ALICE, -40), (ALICE, -60)]
    assert core.balance(ALICE, 1).balance == 0
