"""Sales at a fillable price, what they leave to the account, and orders that stay meanwhile."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from banking import ALICE, BOB, CAROL, INVERSE, LINEAR, PERCENT, USD, instrument, set_mark, trade
from test_liquidation_process import FUND, RICH, balance, bank, liquidate, lots, said

from engine import (
    BUY,
    GTC,
    IOC,
    SELL,
    ContractKind,
    Deficit,
    ExecType,
    LiquidationSale,
    ReportFlag,
    Side,
    calc,
)
from engine.calc import EXACT
from engine.reference.contract import ContractTerms
from engine.reference.liquidation_steps import bankruptcy_price, fillable_room

ONE = 10**9
FILLABLE = LINEAR | {
    "maintenance_rate": 5 * PERCENT,
    "liquidation_sale": LiquidationSale.FILLABLE,
    "liquidation_adjustment": ONE,
    "liquidation_spread": ONE,
}
KEEPING = FILLABLE | {"liquidation_keeps_orders": 1, "liquidation_adjustment": 4 * ONE}


def sale_of(reports: Any) -> Any:
    """Return the report of the order of the only sale."""
    (order,) = reports[(reports["exec_type"] == ExecType.NEW) & (reports["account"] == ALICE)]
    return order


def test_a_sale_goes_no_further_than_its_fillable_price(make_bank: Any) -> None:
    terms = {"liquidation_adjustment": 4 * ONE, "liquidation_most_rate": PERCENT // 2}
    core = bank(make_bank, FILLABLE | terms)
    trade(core, ALICE, BOB, 100)
    # At 94 there are 400 of 470: four times the 70 that are missing may be lost, 2.8 a lot.
    set_mark(core, 94)
    for price, quantity in ((93, 30), (92, 20), (91, 500)):
        core.book(0).submit(Side.BUY, price, quantity, account=CAROL)
    reports = liquidate(core)
    assert (sale_of(reports)["price"], sale_of(reports)["time_in_force"]) == (92, IOC)
    # 70 were lost of the 200 of 50 lots; of what is left the fund has 0.5 % of 4,700.
    assert said(reports) == [(ALICE, -50, 23)]
    assert (lots(core, ALICE), lots(core, FUND)) == (50, 0)
    assert balance(core, ALICE) == 1_000 - 30 * 7 - 20 * 8 - 23
    # With 307 of 235 it is kept.
    assert said(liquidate(core)) == []


def test_a_short_position_is_bought_back_up_to_the_tick_below(make_bank: Any) -> None:
    core = bank(make_bank, FILLABLE)
    trade(core, BOB, ALICE, 100)
    # 400 of 530: 1.3 a lot.
    set_mark(core, 106)
    core.book(0).submit(Side.SELL, 107, 30, account=CAROL)
    core.book(0).submit(Side.SELL, 108, 500, account=CAROL)
    reports = liquidate(core)
    assert (sale_of(reports)["price"], int(sale_of(reports)["side"])) == (107, Side.BUY)
    assert said(reports) == [(ALICE, 30, 120 - 30)]
    assert lots(core, ALICE) == -70


def test_the_price_of_an_inverse_position_is_by_what_it_is_worth(make_bank: Any) -> None:
    contract = {**INVERSE, "maintenance_rate": 5 * PERCENT}
    core = bank(make_bank, FILLABLE | contract, alice=100)
    trade(core, ALICE, BOB, 100)
    # Worth 1,053 at 95, with 47 of 53: it may be worth 6 more, down to 94.4.
    set_mark(core, 95)
    core.book(0).submit(Side.BUY, 95, 40, account=CAROL)
    core.book(0).submit(Side.BUY, 94, 60, account=CAROL)
    reports = liquidate(core)
    assert sale_of(reports)["price"] == 95
    assert lots(core, ALICE) == 60


def test_what_does_not_sell_stays_until_nothing_is_left(make_bank: Any) -> None:
    core = bank(make_bank, FILLABLE)
    trade(core, ALICE, BOB, 100)
    set_mark(core, 90)
    for _ in range(2):
        reports = liquidate(core)
        assert said(reports) == []
        assert sale_of(reports)["leaves_quantity"] == 100
        assert (lots(core, ALICE), balance(core, ALICE)) == (100, 1_000)
    set_mark(core, 89)
    assert said(liquidate(core)) == [(ALICE, -100, -100)]
    assert (lots(core, ALICE), lots(core, FUND), balance(core, ALICE)) == (0, 100, 0)


def test_what_has_nothing_left_is_sold_first_and_the_fund_pays(make_bank: Any) -> None:
    core = bank(make_bank, FILLABLE)
    trade(core, ALICE, BOB, 100)
    # 100 are missing at 89, and all of 445 may be lost beside: 84.55.
    set_mark(core, 89)
    core.book(0).submit(Side.BUY, 86, 40, account=CAROL)
    reports = liquidate(core)
    assert sale_of(reports)["price"] == 85
    assert said(reports) == [(ALICE, -40, -160), (ALICE, -60, -60)]
    assert (balance(core, ALICE), balance(core, FUND)) == (0, RICH - 220)


def test_below_the_backstop_it_is_taken_over_whole(make_bank: Any) -> None:
    core = bank(make_bank, FILLABLE | {"liquidation_backstop": ONE // 2})
    trade(core, ALICE, BOB, 100)
    core.book(0).submit(Side.BUY, 92, 500, account=CAROL)
    set_mark(core, 92)  # 200 of 460
    assert said(liquidate(core)) == [(ALICE, -100, 200)]
    assert lots(core, CAROL) == 0


@pytest.mark.parametrize(
    ("deficit", "fund", "price"),
    [
        (Deficit.FUND, 0, 88),
        (Deficit.SOCIALIZE, 0, 88),
        (Deficit.DELEVERAGE, 0, 90),
        (Deficit.DELEVERAGE, 100, 89),
        (Deficit.DELEVERAGE, 1_000, 88),
    ],
)
def test_where_others_would_give_the_fund_pays_no_more_than_it_has(
    make_bank: Any, deficit: Deficit, fund: int, price: int
) -> None:
    core = bank(make_bank, FILLABLE | {"deficit": deficit}, fund=fund)
    trade(core, ALICE, BOB, 100)
    # 100 of 455: fillable at 87.45, bankrupt at 90.
    set_mark(core, 91)
    core.book(0).submit(Side.BUY, price, 10, account=CAROL)
    reports = liquidate(core)
    assert sale_of(reports)["price"] == price
    assert said(reports) == [(ALICE, -10, 10 * (price - 90))]


def resting(core: Any, account: int) -> list[int]:
    """Return the prices of the orders of an account in the first book, falling."""
    sides = [core.book(0).orders(side) for side in (Side.SELL, Side.BUY)]
    return [int(order["price"]) for side in sides for order in side if order["account"] == account]


def test_orders_stay_while_the_market_takes_the_position(make_bank: Any) -> None:
    core = bank(make_bank, KEEPING, alice=1_200)
    trade(core, ALICE, BOB, 100)
    core.book(0).submit(Side.SELL, 150, 5, account=ALICE, time_in_force=GTC)
    core.book(0).submit(Side.BUY, 92, 10, account=ALICE)
    core.book(0).submit(Side.BUY, 91, 20, account=CAROL)
    core.book(0).submit(Side.BUY, 50, 1, account=ALICE)
    # 400 of 460: 2.4 a lot, so it sells down to 90.
    set_mark(core, 92)
    reports = liquidate(core)
    assert said(reports) == [(ALICE, -20, 60)]
    # It does not trade with the account's own bid, which goes.
    (gone,) = reports[(reports["exec_type"] == ExecType.CANCELED) & (reports["price"] == 92)]
    assert ReportFlag.SELF_TRADE in ReportFlag(int(gone["flags"]))
    assert resting(core, ALICE) == [150, 50]
    # When it goes to others, no order stays.
    set_mark(core, 80)
    reports = liquidate(core)
    assert said(reports, ExecType.LIQUIDATED)[0][:2] == (ALICE, -80)
    assert resting(core, ALICE) == []


def test_orders_of_another_contract_are_canceled_first(make_bank: Any) -> None:
    plain = {key: term for key, term in KEEPING.items() if key != "liquidation_keeps_orders"}
    core = bank(make_bank, KEEPING, plain, alice=1_200)
    trade(core, ALICE, BOB, 100)
    for number in (0, 1):
        core.book(number).submit(Side.BUY, 50, 1, account=ALICE)
    set_mark(core, 92)
    set_mark(core, 92, 1)
    reports = liquidate(core)
    canceled = reports[(reports["exec_type"] == ExecType.CANCELED) & (reports["price"] == 50)]
    assert canceled["instrument"].tolist() == [1]
    assert resting(core, ALICE) == [50]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"liquidation_adjustment": -1}, "liquidation_adjustment was -1"),
        ({"liquidation_spread": ONE + 1}, "liquidation_spread was 1000000001"),
        ({"liquidation_keeps_orders": 2}, "liquidation_keeps_orders was 2"),
        ({"liquidation_sale": LiquidationSale.MARKET}, "liquidation_adjustment was 1000000000"),
    ],
)
def test_terms_of_another_sale_are_refused(
    make_bank: Any, terms: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make_bank(instrument(FILLABLE | terms))


@pytest.mark.parametrize("closing", [BUY, SELL])
def test_the_price_is_that_of_the_calculator_to_the_tick(closing: Side) -> None:
    random = Random(f"fillable {closing}")
    side = -closing
    for _ in range(300):
        mark, held = random.randint(1_000, 10**6), random.randint(1, 10**4)
        factor = random.randint(1_000, 10**4)
        needed = random.randint(1, held * mark * factor // 10)
        maintenance = random.randint(0, needed)
        equity = random.randint(-needed, needed)
        adjustment, spread = random.randint(1, 5), random.randint(0, ONE)
        terms = ContractTerms(
            kind=ContractKind.LINEAR,
            settle=USD,
            value_factor=factor,
            liquidation_sale=LiquidationSale.FILLABLE,
            liquidation_adjustment=adjustment * ONE,
            liquidation_spread=spread,
        )
        room = fillable_room(terms, maintenance, needed - equity, needed)
        found = bankruptcy_price(terms, closing, held, mark, room, 0)
        exact = calc.fillable_price(
            side,
            held,
            mark,
            net_collateral=equity,
            total_maintenance=needed,
            maintenance_margin=maintenance,
            adjustment=adjustment,
            spread=Decimal(spread) / ONE,
            multiplier=factor,
            step=EXACT,
        )
        assert found is not None
        # Never beyond it, and by less than a tick and two units before it.
        assert 0 <= side * (found - exact) < 1 + 2 / (held * factor)
