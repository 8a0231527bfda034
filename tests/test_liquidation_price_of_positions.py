"""At which price a position would be closed: what LIQUIDATE does there and one tick before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from banking import (
    ALICE,
    BOB,
    BTC,
    INVERSE,
    LINEAR,
    PERCENT,
    SPOT,
    USD,
    add_margin,
    deposit,
    instrument,
    send,
    set_margin_mode,
    set_mark,
    set_position_mode,
    trade,
)
from storms import FUND_ACCOUNT, storm
from test_compare import SCALE

from engine import (
    DEPOSIT,
    FUND,
    LIQUIDATE,
    MASS_CANCEL,
    ContractKind,
    Core,
    Engine,
    ExecType,
    FundingSource,
    Instrument,
    MarginMode,
    PositionMode,
    RejectReason,
    Side,
)

KEPT = LINEAR | {"maintenance_rate": 5 * PERCENT}
PLENTY = 2**40
MUCH = 2**35
SEEDS = range(40 * SCALE)
LENGTH = 160


def bank(make_bank: Any, *contracts: dict[str, Any], alice: int = 1_000, **terms: int) -> Any:
    core = make_bank(*(instrument(contract, **terms) for contract in contracts))
    for account, amount in ((ALICE, alice), (BOB, 10**7), (9, 10**7)):
        deposit(core, account, {USD: amount, BTC: amount})
    for number in range(len(contracts)):
        set_mark(core, 100, number)
    return core


def traded(core: Any, side: Side, lots: int, number: int = 0) -> None:
    buyer, seller = (ALICE, BOB) if side == Side.BUY else (BOB, ALICE)
    trade(core, buyer, seller, lots, number=number)


@pytest.mark.parametrize("mode", list(MarginMode))
@pytest.mark.parametrize(("side", "price"), [(Side.BUY, 94), (Side.SELL, 105)])
def test_it_is_the_first_tick_with_too_little(
    make_bank: Any, side: Side, price: int, mode: MarginMode
) -> None:
    # 100 lots at 100 with 1,000: at 95 there are 500, and 475 needed; at 94, 400 of 470. Short, at
    # 105, 500 of 525; at 104, 600 of 520.
    core = bank(make_bank, KEPT, alice=2_000 if mode == MarginMode.ISOLATED else 1_000)
    assert set_margin_mode(core, ALICE, mode) == RejectReason.NONE
    traded(core, side, 100)
    assert core.liquidation_price(ALICE, 0) == price
    for mark in (price + 40 * side, price + side, price - 1, price + 1, price - 5 * side):
        set_mark(core, mark)
        assert core.liquidation_price(ALICE, 0) == price


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, 95), (Side.SELL, 106)])
def test_of_an_inverse_position(make_bank: Any, side: Side, price: int) -> None:
    # Worth 1,000 at 100; at 95, 53 are lost of 100, and 53 needed. Short, at 106 they are worth
    # 943.4: 57 are lost, and 48 needed.
    core = bank(make_bank, INVERSE | {"maintenance_rate": 5 * PERCENT}, alice=100)
    traded(core, side, 100)
    assert core.liquidation_price(ALICE, 0) == price


def test_at_its_margin_it_may_be_lost_already(make_bank: Any) -> None:
    # At 91 there are 475 of 1,375 left, and 455 needed; with 1,355 exactly that.
    for at_margin, price in ((0, 90), (1, 91)):
        core = bank(make_bank, KEPT | {"liquidation_at_margin": at_margin}, alice=1_355)
        traded(core, Side.BUY, 100)
        assert core.liquidation_price(ALICE, 0) == price


def test_what_stands_with_it_stays_as_it_is(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, KEPT, alice=2_000)
    traded(core, Side.BUY, 100)
    traded(core, Side.SELL, 50, number=1)
    # 2,000 less what the other one needs, 250, and 15 for each tick down of 100 lots.
    assert core.liquidation_price(ALICE, 0) == 86
    set_mark(core, 90, 1)  # which has made 500, and needs 225
    assert core.liquidation_price(ALICE, 0) == 81
    # As it is asked of the other one: all else is what the first one left.
    assert core.liquidation_price(ALICE, 1) == 124


def test_a_long_and_a_short_one_lose_where_both_need_more(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, alice=3_000, min_price=1)
    assert set_position_mode(core, ALICE, PositionMode.HEDGE) == RejectReason.NONE
    for side in Side:
        traded(core, side, 100)
    # What they gain is nothing together, and they need 10 a tick.
    assert [core.liquidation_price(ALICE, 0, side) for side in Side] == [301, 301]
    # Five more gain 5 a tick, and need 10.25.
    traded(core, Side.BUY, 5)
    assert [core.liquidation_price(ALICE, 0, side) for side in Side] == [477, 477]


def test_where_a_margin_tier_begins_it_may_be_lost_at_once(make_bank: Any) -> None:
    # Short: at 130 it has 3,000 of 6,000 and needs 650; above 13,000 half, so 6,550 at 131.
    tiers = ((13_000, 50 * PERCENT, 50 * PERCENT),)
    core = bank(make_bank, KEPT | {"margin_tiers": tiers}, alice=6_000)
    traded(core, Side.SELL, 100)
    assert core.liquidation_price(ALICE, 0) == 131
    # Lost now, and twice as far: one tick more and it would be kept by nothing.
    set_mark(core, 140)
    assert core.liquidation_price(ALICE, 0) == 131


def test_there_is_none_without_a_price_at_which_it_is_lost(make_bank: Any) -> None:
    core = bank(make_bank, KEPT, SPOT, alice=10_000, min_price=1)
    assert core.liquidation_price(ALICE, 0) is None
    traded(core, Side.BUY, 100)
    assert core.liquidation_price(ALICE, 0) is None  # it was paid in full
    assert core.liquidation_price(ALICE, 0, Side.SELL) is None
    nobody = [core.liquidation_price(*which) for which in ((77, 0), (ALICE, 1), (ALICE, 7))]
    assert nobody == [None] * 3


def test_there_is_none_while_something_has_no_mark(make_bank: Any) -> None:
    core = make_bank(instrument(KEPT), instrument(KEPT))
    for account in (ALICE, BOB):
        deposit(core, account, {USD: 2_000})
    traded(core, Side.BUY, 100)
    assert core.liquidation_price(ALICE, 0) is None
    set_mark(core, 100)
    assert core.liquidation_price(ALICE, 0) == 84
    traded(core, Side.BUY, 1, number=1)
    assert core.liquidation_price(ALICE, 0) is None


def test_funding_and_added_margin_move_it(make_bank: Any) -> None:
    core = bank(make_bank, KEPT | {"funding": 1, "funding_cap": 10**17}, alice=3_000)
    assert set_margin_mode(core, ALICE, MarginMode.ISOLATED) == RejectReason.NONE
    traded(core, Side.BUY, 100)
    assert core.liquidation_price(ALICE, 0) == 94
    assert add_margin(core, ALICE, Side.BUY, 500) == RejectReason.NONE
    assert core.liquidation_price(ALICE, 0) == 89
    send(core, FUND, selector=FundingSource.TOLD, price=10**17 // 2, timestamp=1)
    assert core.account_position(ALICE, 0).funding == 500
    assert core.liquidation_price(ALICE, 0) == 94


def test_a_position_says_it_in_decimals() -> None:
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.01")
    terms = {"tick_size": "0.01", "lot_size": 1, "kind": "linear", "quote": "USD"}
    venue.add_instrument(
        Instrument(symbol="OIL", max_leverage=10, maintenance_margin="0.05", **terms)
    )
    for account in (1, 2):
        venue.set_account(account)
        venue.deposit(account, "USD", 100)
        venue.set_margin_mode("OIL", "isolated", account=account)
    venue.submit("OIL", side="sell", price=70, quantity=10, account=1)
    venue.submit("OIL", side="buy", price=70, quantity=10, account=2)
    assert [of.liquidation_price for _, of in venue.open_positions(2)] == [None]
    venue.set_price("OIL", "mark", 70)
    prices = [venue.account_position("OIL", account=each).liquidation_price for each in (1, 2)]
    # 770 less 733.33 is 5 percent of it; 700 less 663.15 was lost, 33.15 of 663.15 are needed.
    assert list(map(str, prices)) == ["73.34", "66.31"]
    assert venue.account_position("OIL", account=9) is None


class Asked(NamedTuple):
    """A position of a storm that has such a price."""

    account: int
    number: int
    side: Side


def with_its_pool_alone(core: Core, asked: Asked, contracts: list[dict[str, Any]]) -> bool:
    """Let nobody else lose, and nothing of the account but what stands with the position.

    False where it has no money to keep an isolated position that must not be touched.
    """
    send(core, MASS_CANCEL)
    its = core.account_position(*asked)
    assert its is not None
    pool = (asked.account, contracts[asked.number]["settle"])
    for account in core.accounts():
        for currency in range(2):
            if (account, currency) != pool or its.margin_mode == MarginMode.ISOLATED:
                send(core, DEPOSIT, account=account, instrument=currency, quantity=PLENTY)
        for number, side in core.open_positions(account):
            position = core.account_position(account, number, side)
            assert position is not None
            if (account, number, side) == asked or position.margin_mode != MarginMode.ISOLATED:
                continue
            fields = {"instrument": contracts[number]["settle"], "quantity": MUCH}
            send(core, DEPOSIT, account=account, **fields)
            way = Side.BUY if position.quantity > 0 else Side.SELL
            reason = add_margin(core, account, way, MUCH, number)
            if account == asked.account and reason == RejectReason.INSUFFICIENT_FUNDS:
                return False
            assert reason == RejectReason.NONE
    return True


def is_closed(core: Core, image: np.ndarray, asked: Asked, mark: int) -> bool:
    """Return whether a LIQUIDATE at a mark does anything to an account; from a saved state."""
    core.load(image)
    set_mark(core, mark, asked.number)
    reports = send(core, LIQUIDATE, account=FUND_ACCOUNT)
    return bool((reports["account"][reports["exec_type"] != ExecType.DONE] == asked.account).any())


def prices_of(seed: int) -> Iterator[tuple[Asked, MarginMode, ContractKind, bool, bool]]:
    """Yield positions of a storm, and whether they are closed a tick before, and at the price."""
    stream = storm(seed, LENGTH)
    contracts = [its["contract"] for its in stream.instruments]
    before = stream.new_core(Core)
    before.match(stream.commands)
    saved = before.save()
    for account in before.accounts():
        for number, side in before.open_positions(account) if account != FUND_ACCOUNT else ():
            asked = Asked(account, number, side)
            core = stream.new_core(Core)
            core.load(saved)
            is_alone = with_its_pool_alone(core, asked, contracts)
            price = core.liquidation_price(*asked)
            if not is_alone or price is None:
                continue
            image = core.save()
            marks = (price - 1, price, price + 1)
            closed = [is_closed(stream.new_core(Core), image, asked, mark) for mark in marks]
            position = core.account_position(*asked)
            assert position is not None
            is_one = position.position_mode == PositionMode.ONE_WAY
            is_one |= position.margin_mode == MarginMode.ISOLATED
            before_it = closed[2 if position.quantity > 0 else 0]
            beside = before_it if is_one else closed[0] and closed[2]
            yield asked, position.margin_mode, contracts[number]["kind"], beside, closed[1]


def test_a_liquidation_closes_there_and_not_one_tick_before() -> None:
    met: Counter[tuple[Any, ...]] = Counter()
    for seed in SEEDS:
        for asked, mode, kind, beside, is_lost in prices_of(seed):
            assert (beside, is_lost) == (False, True), (seed, asked)
            met[mode, kind] += 1
    assert len(met) == 4, met
    assert min(met.values()) >= 10, met
