"""TRANSFER: what two orders of one group take off each other changes hands between their accounts.

Alice and Bob are of one group, Carol is a stranger; `side` is the side that rests. A lot is 10
coins, and worth one dollar a tick.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
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
    balances,
    deposit,
    instrument,
    send,
)
from compare import Pace
from family_streams import family_stream
from implementations import load
from streams import command_array
from test_compare import SCALE, require_agreement
from views import at, fills, other, queue

from engine import (
    ALL_OR_NONE,
    BUDGET,
    BUY,
    FOK,
    HIDDEN,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    MINIMUM_EACH,
    ONE_CANCELS_OTHER,
    POST_ONLY,
    SELL,
    SET_PHASE,
    SET_PRICE,
    STOP,
    CommandKind,
    ExecType,
    FeeCurrency,
    Phase,
    RejectReason,
    ReportFlag,
    Rounding,
    SelfTradeMode,
    Side,
    TriggerSource,
)

TRANSFER, DECREMENT = SelfTradeMode.TRANSFER, SelfTradeMode.DECREMENT_AND_CANCEL
FAMILY = {"self_trade_mode": TRANSFER, "self_trade_group": 9}
FEES = {"maker_rate": PERCENT, "taker_rate": 2 * PERCENT}
START = (10_000, 1_000)
"""The dollars and coins of each account."""
SEEDS = range(20 * SCALE)
LENGTH = 300
SPARSE = Pace(queues_every=5, questions_every=60, batch_max=(1, 30))


def bank(make_bank: Any, contract: dict[str, int] = SPOT, **terms: int) -> Any:
    """Return an engine in which three accounts have the same."""
    core = make_bank(instrument(contract, **terms))
    for account in (ALICE, BOB, CAROL):
        deposit(core, account, dict(zip((USD, BTC), START, strict=True)))
    return core


def submit(core: Any, side: Side, price: int, quantity: int, account: int, **fields: int) -> Any:
    """Submit an order of the group; of Carol, who is in none, without a mode."""
    its = FAMILY if account != CAROL else {}
    return core.book(0).submit(side, price, quantity, account=account, **its | fields)


def told(report: Any) -> list[tuple[Any, ...]]:
    """Return (order, event, open lots, price that lots moved at, other order) of each report."""
    names = ("order_id", "leaves_quantity", "last_price", "contra_order_id")
    found = []
    for record in report.reports:
        order_id, leaves, price, contra = (int(record[name]) for name in names)
        if record["exec_type"] != ExecType.NEW:
            found.append((order_id, ExecType(record["exec_type"]).name, leaves, price, contra))
    return found


def gained(core: Any, account: int) -> tuple[int, int]:
    """Return the dollars and coins that an account has more than it had."""
    dollars, coins = balances(core, account)[0]
    return dollars - START[0], coins - START[1]


def held(core: Any, account: int) -> list[int]:
    return [core.balance(account, currency).held for currency in (USD, BTC)]


# -- what moves


@pytest.mark.parametrize(
    ("resting", "incoming", "events"),
    [
        (6, 2, [(1, "REPLACED", 4, 100, 2), (2, "CANCELED", 0, 100, 1)]),
        (2, 6, [(1, "CANCELED", 0, 100, 2), (2, "REPLACED", 4, 100, 1)]),
        (5, 5, [(1, "CANCELED", 0, 100, 2), (2, "CANCELED", 0, 100, 1)]),
    ],
)
def test_lots_and_their_value_change_hands_at_the_makers_price_without_a_trade(
    make_bank: Any, side: Side, resting: int, incoming: int, events: list[tuple[Any, ...]]
) -> None:
    core = bank(make_bank, SPOT | FEES)
    book, lots = core.book(0), min(resting, incoming)
    submit(core, side, at(side), resting, ALICE, order_id=1)
    report = submit(core, other(side), at(side, -3), incoming, BOB, order_id=2)
    assert told(report) == events
    assert (fills(report), book.last_trade(), core.trade_count) == ([], None, 0)
    assert (report.reports["flags"][1:] & ReportFlag.SELF_TRADE).all()
    assert not report.reports["fee"].any()
    assert not report.reports["filled_quantity"].any()
    assert gained(core, ALICE) == (-side * 100 * lots, side * 10 * lots)
    assert gained(core, BOB) == (side * 100 * lots, -side * 10 * lots)
    assert [core.house(currency) for currency in (USD, BTC)] == [0, 0]


def test_the_example_of_binance(make_bank: Any) -> None:
    """Scenario H of its page on self-trade prevention; a lot is 0.2 BTC, a dollar 0.04 USDT."""
    core = bank(make_bank, SPOT | {"lot_units": 1})
    submit(core, BUY, 1, 3, ALICE)
    submit(core, SELL, 1, 1, BOB)
    alice, bob = ([core.balance(account, c) for c in (USD, BTC)] for account in (ALICE, BOB))
    assert [has.available for has in alice] == [10_000 - 1 - 2, 1_001]
    assert [has.held for has in alice] == [2, 0]
    assert [has.available for has in bob] == [10_001, 999]
    assert [has.held for has in bob] == [0, 0]


def test_holds_become_smaller_as_by_a_trade(make_bank: Any) -> None:
    core = bank(make_bank, SPOT | FEES | {"fee_rounding": Rounding.DOWN})
    submit(core, BUY, 100, 10, ALICE)
    before = held(core, ALICE)
    submit(core, SELL, 100, 4, BOB)
    assert (before, held(core, ALICE)) == ([1_020, 0], [612, 0])
    submit(core, SELL, 100, 9, BOB)
    assert (held(core, ALICE), held(core, BOB)) == ([0, 0], [0, 30])


@pytest.mark.parametrize("currency", FeeCurrency)
def test_no_fee_is_paid_in_either_currency(make_bank: Any, currency: FeeCurrency) -> None:
    core = bank(make_bank, SPOT | FEES | {"fee_currency": currency})
    submit(core, SELL, 100, 5, ALICE)
    submit(core, BUY, 100, 5, BOB)
    assert (gained(core, ALICE), gained(core, BOB)) == ((500, -50), (-500, 50))


def test_trades_with_strangers_go_on_before_and_after(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    for order_id, account in ((1, CAROL), (2, ALICE), (3, CAROL)):
        submit(core, side, at(side), 5, account, order_id=order_id)
    report = submit(core, other(side), at(side), 12, BOB, order_id=4)
    assert fills(report) == [(1, 100, 5), (3, 100, 2)]
    assert told(report)[2:4] == [(2, "CANCELED", 0, 100, 4), (4, "REPLACED", 2, 100, 2)]
    assert gained(core, BOB) == (side * 1_200, -side * 120)
    assert queue(core.book(0), side) == [(3, 3)]


# -- what does not


@pytest.mark.parametrize(
    ("maker", "taker"),
    [
        ({"self_trade_mode": DECREMENT}, {}),
        ({}, {"self_trade_mode": DECREMENT}),
        ({"self_trade_mode": SelfTradeMode.CANCEL_BOTH}, {}),
    ],
    ids=["taker alone", "maker alone", "maker has another"],
)
def test_one_of_both_is_not_enough(
    make_bank: Any, side: Side, maker: dict[str, int], taker: dict[str, int]
) -> None:
    core = bank(make_bank)
    submit(core, side, at(side), 6, ALICE, order_id=1, **maker)
    report = submit(core, other(side), at(side), 2, BOB, order_id=2, **taker)
    assert told(report) == [(1, "REPLACED", 4, 0, 0), (2, "CANCELED", 0, 0, 0)]
    assert (gained(core, ALICE), gained(core, BOB)) == ((0, 0), (0, 0))


@pytest.mark.parametrize("mode", [SelfTradeMode.CANCEL_NEWEST, SelfTradeMode.CANCEL_OLDEST])
def test_a_maker_that_asks_for_it_is_canceled_all_the_same(
    make_bank: Any, side: Side, mode: SelfTradeMode
) -> None:
    core = bank(make_bank)
    submit(core, side, at(side), 6, ALICE, order_id=1)
    report = submit(core, other(side), at(side), 2, BOB, order_id=2, self_trade_mode=mode)
    canceled = 2 if mode == SelfTradeMode.CANCEL_NEWEST else 1
    assert told(report) == [(canceled, "CANCELED", 0, 0, 0)]


def test_between_orders_of_one_account_nothing_moves(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    submit(core, side, at(side), 6, ALICE, order_id=1)
    report = submit(core, other(side), at(side), 2, ALICE, order_id=2)
    assert told(report) == [(1, "REPLACED", 4, 0, 0), (2, "CANCELED", 0, 0, 0)]
    assert gained(core, ALICE) == (0, 0)


def test_without_accounts_it_takes_off_what_a_decrement_does(book: Any, side: Side) -> None:
    book.submit(side, at(side), 6, 1, ALICE, **FAMILY)
    report = book.submit(other(side), at(side), 2, 2, BOB, **FAMILY)
    assert told(report) == [(1, "REPLACED", 4, 0, 0), (2, "CANCELED", 0, 0, 0)]
    assert queue(book, side) == [(1, 4)]


@pytest.mark.parametrize("contract", [LINEAR, INVERSE], ids=["linear", "inverse"])
def test_positions_do_not_move(make_bank: Any, side: Side, contract: dict[str, int]) -> None:
    core = bank(make_bank, contract)
    submit(core, side, at(side), 6, ALICE, order_id=1)
    report = submit(core, other(side), at(side), 2, BOB, order_id=2)
    assert told(report) == [(1, "REPLACED", 4, 0, 0), (2, "CANCELED", 0, 0, 0)]
    for account in (ALICE, BOB):
        position = core.account_position(account, 0)
        assert (position.quantity, position.entry_value) == (0, 0)


def test_in_an_auction_orders_of_a_group_trade(make_bank: Any) -> None:
    core = bank(make_bank, SPOT | FEES)
    send(core, SET_PHASE, selector=Phase.OPENING_CALL)
    submit(core, BUY, 100, 5, ALICE)
    submit(core, SELL, 100, 5, BOB)
    reports = send(core, SET_PHASE, selector=Phase.CONTINUOUS)
    assert reports["fee"].sum() == core.house(USD) == 10


def test_it_is_no_trade_to_what_waits_for_one(make_bank: Any, side: Side) -> None:
    """Neither a stop nor an order that is linked with the one that moved hears of it."""
    core = bank(make_bank)
    book = core.book(0)
    submit(core, side, at(side), 6, ALICE, order_id=1)
    linked = {"flags": ONE_CANCELS_OTHER, "linked_order_id": 1, "order_id": 2}
    submit(core, side, at(side, -9), 1, ALICE, **linked)
    submit(core, side, 0, 1, CAROL, order_id=3, order_type=STOP, trigger_price=at(side))
    submit(core, other(side), at(side), 2, BOB)
    assert (len(book.waiting()), queue(book, side)) == (1, [(1, 4), (2, 1)])


# -- what it needs


@pytest.mark.parametrize(("dollars", "reason"), [(509, "INSUFFICIENT_FUNDS"), (510, "NONE")])
def test_a_buyer_without_a_limit_must_find_what_it_pays(
    make_bank: Any, dollars: int, reason: str
) -> None:
    """As for trades, with the fee that those would have."""
    core = bank(make_bank, SPOT | {"taker_rate": 2 * PERCENT, "fee_rounding": Rounding.DOWN})
    submit(core, SELL, 100, 5, ALICE)
    deposit(core, 4, {USD: dollars})
    report = submit(core, BUY, 0, 5, 4, order_type=MARKET)
    assert report.reject_reason == RejectReason[reason]
    if reason != "NONE":
        assert (report.last_quantity, report.last_price) == (509, 510)
        return
    assert balances(core, 4) == [(10, 50)]


@pytest.mark.parametrize(("coins", "reason"), [(49, "INSUFFICIENT_FUNDS"), (50, "NONE")])
def test_a_seller_without_a_limit_must_have_what_it_gives(
    make_bank: Any, coins: int, reason: str
) -> None:
    core = bank(make_bank)
    submit(core, BUY, 100, 5, ALICE)
    deposit(core, 4, {BTC: coins})
    report = submit(core, SELL, 0, 7, 4, order_type=MARKET)
    assert report.reject_reason == RejectReason[reason]


def test_a_budget_is_spent(make_bank: Any) -> None:
    """What is left of it for strangers is what the transfer has not taken."""
    core = bank(make_bank)
    submit(core, SELL, 100, 2, ALICE, order_id=1)
    submit(core, SELL, 101, 5, CAROL, order_id=2)
    bounds = {"order_type": MARKET, "flags": BUDGET, "bound": 450}
    report = submit(core, BUY, 0, 9, BOB, order_id=3, **bounds)
    assert told(report)[:2] == [(1, "CANCELED", 0, 100, 3), (3, "REPLACED", 7, 100, 1)]
    assert fills(report) == [(2, 101, 2)]
    assert gained(core, BOB) == (-402, 40)


def test_a_budget_ends_a_transfer(make_bank: Any) -> None:
    core = bank(make_bank)
    submit(core, SELL, 100, 5, ALICE, order_id=1)
    submit(core, SELL, 100, 5, CAROL, order_id=2)
    bounds = {"order_type": MARKET, "flags": BUDGET, "bound": 350}
    report = submit(core, BUY, 0, 9, BOB, order_id=3, **bounds)
    assert told(report) == [
        (1, "REPLACED", 2, 100, 3),
        (3, "REPLACED", 6, 100, 1),
        (3, "CANCELED", 0, 0, 0),
    ]
    assert gained(core, BOB) == (-300, 30)


def test_a_fill_or_kill_does_not_count_it(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    submit(core, side, at(side), 5, ALICE)
    before = core.state_hash()
    report = submit(core, other(side), at(side), 5, BOB, time_in_force=FOK)
    assert report.reject_reason == RejectReason.FOK_CANNOT_FILL
    assert core.state_hash() == before


def test_a_post_only_order_that_meets_its_group_alone_gives_it(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    submit(core, side, at(side), 2, ALICE)
    submit(core, other(side), at(side), 5, BOB, order_id=2, flags=POST_ONLY)
    assert queue(core.book(0), other(side)) == [(2, 3)]
    assert gained(core, BOB) == (side * 200, -side * 20)


@pytest.mark.parametrize("shape", [{"display_quantity": 2}, {"flags": HIDDEN}])
def test_all_that_an_order_has_open_is_met(
    make_bank: Any, side: Side, shape: dict[str, int]
) -> None:
    core = bank(make_bank)
    submit(core, side, at(side), 6, ALICE, order_id=1, **shape)
    submit(core, other(side), at(side), 5, BOB)
    assert queue(core.book(0), side) == [(1, 1)]
    assert gained(core, BOB) == (side * 500, -side * 50)


def test_market_to_limit_gives_it_before_its_price_is_found(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    submit(core, side, at(side), 2, ALICE)
    submit(core, side, at(side), 2, CAROL)
    submit(core, other(side), 0, 5, BOB, order_id=3, order_type=MARKET_TO_LIMIT)
    assert queue(core.book(0), other(side)) == [(3, 1)]
    assert gained(core, BOB) == (side * 400, -side * 40)


def test_an_all_or_none_order_that_rests_waits_for_strangers(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    book = core.book(0)
    submit(core, side, at(side), 3, ALICE, order_id=1)
    submit(core, other(side), at(side), 9, BOB, order_id=2, flags=ALL_OR_NONE)
    submit(core, side, at(side), 6, CAROL, order_id=3)
    assert (queue(book, side), queue(book, other(side))) == ([(1, 3), (3, 6)], [(2, 9)])
    assert gained(core, BOB) == (0, 0)


@pytest.mark.parametrize(("lots", "events"), [(9, "CANCELED"), (11, "REPLACED")])
def test_an_order_that_is_tried_again_gives_it_from_its_place(
    make_bank: Any, side: Side, lots: int, events: str
) -> None:
    """A stranger stood first, beyond the price band, until that moved."""
    core = bank(make_bank, static_band=10_000)
    centre = {"kind": SET_PRICE, "trigger_source": TriggerSource.REFERENCE}
    submit(core, side, at(side), 5, CAROL, order_id=1)
    submit(core, side, at(side), 4, ALICE, order_id=2)
    core.match(command_array(centre | {"price": at(side, -5)}))
    each = {"flags": MINIMUM_EACH, "minimum_quantity": 2}
    submit(core, other(side), at(side, -5), lots, BOB, order_id=3, **each)
    assert queue(core.book(0), other(side)) == [(3, lots)]
    reports = core.match(command_array(centre | {"price": at(side)}))
    moved = reports[reports["contra_order_id"] > 0][-1]
    assert (moved["order_id"], moved["last_price"]) == (3, 100)
    assert ExecType(moved["exec_type"]).name == events
    assert moved["flags"] & ReportFlag.KEPT_PRIORITY == (events == "REPLACED")
    assert queue(core.book(0), other(side)) == ([(3, 2)] if lots == 11 else [])
    assert gained(core, BOB) == (side * 900, -side * 90)


# -- all of it


@pytest.mark.parametrize("seed", SEEDS)
def test_families_are_alike_on_both(seed: int, tmp_path: Path) -> None:
    stream = family_stream(seed, LENGTH)
    require_agreement(stream, load("core"), tmp_path / f"family_{seed}.json", SPARSE)


@pytest.mark.parametrize("seed", SEEDS)
def test_reports_alone_book_every_balance(seed: int) -> None:
    """Of trades with their fees; of transfers, the lots by which an order became smaller."""
    stream = family_stream(seed, LENGTH)
    core = stream.new_core(load("core").core)
    contract = stream.instruments[0]["contract"]
    owned: Counter[tuple[int, int]] = Counter()
    leaves: dict[int, int] = {}
    for report in core.match(stream.commands):
        account, side = int(report["account"]), int(report["side"])
        if report["exec_type"] == ExecType.DONE and report["kind"] == CommandKind.DEPOSIT:
            owned[account, int(report["instrument"])] += int(report["last_quantity"])
        lots = lots_moved(report, leaves)
        value = lots * int(report["last_price"]) * contract["value_factor"]
        owned[account, BTC] += side * lots * contract["lot_units"]
        owned[account, USD] -= side * value
        is_in_coins = contract["fee_currency"] == FeeCurrency.RECEIVED and side == BUY
        owned[account, BTC if is_in_coins else USD] -= int(report["fee"])
    for account in core.accounts():
        found = [core.balance(account, currency).balance for currency in (USD, BTC)]
        assert found == [owned[account, USD], owned[account, BTC]]


def lots_moved(report: np.void, leaves: dict[int, int]) -> int:
    """Return how many lots a report says changed hands; keep what its order has open."""
    order_id = int(report["order_id"])
    if report["exec_type"] in (ExecType.REJECTED, ExecType.DONE):
        return 0
    before, leaves[order_id] = leaves.get(order_id, 0), int(report["leaves_quantity"])
    if report["exec_type"] == ExecType.TRADE:
        return int(report["last_quantity"])
    return before - leaves[order_id] if report["contra_order_id"] else 0


def test_the_streams_have_transfers_of_every_kind() -> None:
    found: Counter[tuple[int, int]] = Counter()
    refused: Counter[int] = Counter()
    for seed in SEEDS:
        stream = family_stream(seed, LENGTH)
        reports = stream.new_core(load("core").core).match(stream.commands)
        is_of_own = reports["flags"] & ReportFlag.SELF_TRADE != 0
        moved = reports[is_of_own & (reports["contra_order_id"] > 0)]
        found.update(moved[["exec_type", "order_type"]].tolist())
        refused.update(reports["reject_reason"].tolist())
    for exec_type in (ExecType.REPLACED, ExecType.CANCELED):
        for order_type in (LIMIT, MARKET, MARKET_TO_LIMIT):
            assert found[exec_type, order_type] >= 3
    assert refused[RejectReason.INSUFFICIENT_FUNDS] >= 50
