"""Hedge mode: a long and a short position of one account in a derivative, and what is for which."""

from __future__ import annotations

from typing import Any

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
    deposit,
    fees,
    instrument,
    set_account,
    set_leverage,
    set_limit,
    set_mark,
    set_position_mode,
    withdraw,
)
from streams import INT64_MAX

from engine import (
    AT_THE_CLOSE,
    BUY,
    FOK,
    IOC,
    MARKET,
    PEG_PRIMARY,
    REDUCE_ONLY,
    SELL,
    STOP,
    AccountFlag,
    Allocation,
    CommandError,
    ContractKind,
    ExecType,
    Limit,
    Phase,
    PositionMode,
    ReduceOnlyRule,
    RejectReason,
    ReportFlag,
    Side,
    TriggerSource,
)

R = RejectReason
HEDGE, ONE_WAY = PositionMode.HEDGE, PositionMode.ONE_WAY
MARKED = {"trigger_source": TriggerSource.MARK}


def bank(make_bank: Any, *contracts: dict[str, int], usd: int = 10**6, **terms: int) -> Any:
    """Return an engine in which Alice has so much, and two positions in each derivative."""
    core = make_bank(*(instrument(contract, **terms) for contract in contracts or (LINEAR,)))
    deposit(core, ALICE, {USD: usd, BTC: usd})
    for account in (BOB, CAROL):
        deposit(core, account, {USD: 10**12, BTC: 10**12})
    for number, contract in enumerate(contracts or (LINEAR,)):
        if contract["kind"] != ContractKind.SPOT:
            assert set_position_mode(core, ALICE, HEDGE, number) == R.NONE
    return core


def trade(core: Any, side: Side, price: int, quantity: int, flags: int = 0) -> Any:
    """Let Alice trade with Bob; return the report of her order, which comes in last."""
    core.book(0).submit(Side(-side), price, quantity, account=BOB)
    fields = {"account": ALICE, "flags": flags, "time_in_force": IOC}
    return core.book(0).submit(side, price, quantity, **fields)


def submit(core: Any, side: Side, price: int, quantity: int, **fields: int) -> Any:
    return core.book(0).submit(side, price, quantity, **{"account": ALICE, **fields})


def close(core: Any, side: Side, price: int, quantity: int, **fields: int) -> Any:
    """Submit an order of Alice that closes: to sell what is long, to buy what is short."""
    return submit(core, side, price, quantity, **fields, flags=REDUCE_ONLY)


def lots(core: Any, number: int = 0) -> list[int]:
    """Return the lots of both positions of Alice, the long one first."""
    return [core.account_position(ALICE, number, side).quantity for side in Side]


def both(core: Any, side: Side, price: int = 100, quantity: int = 10) -> None:
    """Let Alice have so many lots both ways, the position of this side first."""
    trade(core, side, price, quantity)
    trade(core, Side(-side), price, quantity)
    assert lots(core) == [quantity, -quantity]


def large(core: Any, side: Side) -> Any:
    """Return the position of Alice that an order of this side opens."""
    return core.account_position(ALICE, 0, side)


# -- which position an order is for


def test_orders_open_and_reduce_only_orders_close(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side)
    other = Side(-side)
    trade(core, side, 110, 4)
    assert (large(core, side).quantity, large(core, other).quantity) == (14 * side, -10 * side)
    trade(core, other, 110, 3, REDUCE_ONLY)
    assert (large(core, side).quantity, large(core, other).quantity) == (11 * side, -10 * side)
    trade(core, side, 110, 10, REDUCE_ONLY)
    assert (large(core, side).quantity, large(core, other).quantity) == (11 * side, 0)
    assert core.book(0).position(ALICE) == 11 * side
    assert core.account_position(BOB, 0).quantity == -11 * side


def test_each_position_has_its_own_entry_and_results(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"taker_rate": PERCENT})
    trade(core, side, 100, 10)
    trade(core, Side(-side), 110, 20)
    trade(core, Side(-side), 120, 5, REDUCE_ONLY)
    first, second = large(core, side), large(core, Side(-side))
    assert (first.entry_value, first.realized, first.fees) == (500, 100 * side, 16)
    assert (second.entry_value, second.realized, second.fees) == (2_200, 0, 22)
    assert core.balance(ALICE, USD).balance == 10**6 + 100 * side - 38
    assert core.exposure(ALICE, USD).result == 100 * side - 38


def test_an_inverse_contract_has_two_as_well(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, INVERSE)
    both(core, side)
    trade(core, Side(-side), 125, 10, REDUCE_ONLY)
    assert lots(core) == ([0, -10] if side == BUY else [10, 0])
    assert large(core, side).realized == 20 * side
    assert core.balance(ALICE, BTC).balance == 10**6 + 20 * side


def test_none_turns_round(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    report = trade(core, Side(-side), 100, 25, REDUCE_ONLY)
    assert (report.filled_quantity, large(core, side).quantity) == (10, 0)
    assert large(core, Side(-side)).quantity == 0
    refused = close(core, Side(-side), 100, 1).reject_reason
    assert refused == R.REDUCE_ONLY_WOULD_INCREASE


def test_both_are_marked(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    trade(core, Side(-side), 104, 10)
    set_mark(core, 110)
    assert large(core, side).unrealized == 100 * side
    assert large(core, Side(-side)).unrealized == -60 * side
    assert core.balance(ALICE, USD).unrealized == 40 * side


# -- margin


def test_both_are_required(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side)
    assert [core.account_position(ALICE, 0, each).margin for each in Side] == [100, 100]
    assert core.balance(ALICE, USD).margin == 200
    assert core.balance(BOB, USD).margin == 0


def test_orders_count_with_the_position_that_they_open(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    submit(core, Side(-side), 100 + 50 * side, 6)
    submit(core, side, 100 - 50 * side, 4)
    first, second = large(core, side), large(core, Side(-side))
    opening, closing = 4 * (100 - 50 * side), 6 * (100 + 50 * side)
    opens, closes = ("buys", "sells") if side == BUY else ("sells", "buys")
    assert (getattr(first, opens), getattr(first, closes)) == (opening, 0)
    assert (getattr(second, opens), getattr(second, closes)) == (0, closing)
    assert first.margin == (1_000 + opening) // 10
    assert second.margin == closing // 10


def test_an_order_that_closes_holds_nothing_and_needs_nothing(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"taker_rate": PERCENT}, usd=2_000)
    trade(core, side, 100, 10)
    assert withdraw(core, ALICE, USD, core.balance(ALICE, USD).available) == R.NONE
    assert core.balance(ALICE, USD).free == 0
    far = 100 + 90 * side
    assert close(core, Side(-side), far, 10, order_id=1).reject_reason == R.NONE
    position = large(core, side)
    assert (position.buys, position.sells, position.margin) == (0, 0, 100)
    assert submit(core, Side(-side), far, 10).reject_reason == R.INSUFFICIENT_FUNDS
    assert core.book(0).replace(1, far, 9, account=ALICE).reject_reason == R.NONE


def test_an_order_that_opens_must_be_afforded_whatever_the_other_is(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, usd=150)
    trade(core, side, 100, 10)
    assert submit(core, Side(-side), 100, 6).reject_reason == R.INSUFFICIENT_FUNDS
    assert submit(core, Side(-side), 100, 5).reject_reason == R.NONE
    one_way = bank(make_bank, usd=150)
    set_position_mode(one_way, ALICE, ONE_WAY)
    trade(one_way, side, 100, 10)
    assert submit(one_way, Side(-side), 100, 20).reject_reason == R.NONE


def test_the_leverage_is_one_for_both(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, usd=500)
    both(core, side)
    assert set_leverage(core, ALICE, 399) == R.INSUFFICIENT_FUNDS
    assert set_leverage(core, ALICE, 400) == R.NONE
    positions = [core.account_position(ALICE, 0, each) for each in Side]
    assert [position.margin for position in positions] == [250, 250]
    assert [position.initial_rate for position in positions] == [25 * PERCENT] * 2


def test_entry_values_below_0_count_by_their_size(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side, price=-100)
    assert [core.account_position(ALICE, 0, each).entry_value for each in Side] == [-1_000] * 2
    assert core.balance(ALICE, USD).margin == 200
    trade(core, Side(-side), -90, 10, REDUCE_ONLY)
    assert large(core, side).realized == 100 * side


# -- reduce-only


def test_orders_that_open_use_up_nothing_that_others_close(make_bank: Any, side: Side) -> None:
    """Met by one order, the plain one first: it opens, and the other closes all the same."""
    core = bank(make_bank)
    trade(core, side, 100, 5)
    submit(core, Side(-side), 100, 5, order_id=1)
    close(core, Side(-side), 100, 5, order_id=2)
    report = core.book(0).submit(side, 100, 10, account=BOB)
    assert report.filled_quantity == 10
    assert large(core, side).quantity == 0
    assert large(core, Side(-side)).quantity == -5 * side


def test_orders_that_close_share_their_position(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side, quantity=5)
    assert close(core, Side(-side), 100 + side, 3).leaves_quantity == 3
    assert close(core, Side(-side), 100 + 2 * side, 9).leaves_quantity == 2
    assert close(core, side, 100 - side, 9).leaves_quantity == 5
    assert close(core, Side(-side), 100, 9).reject_reason == R.REDUCE_ONLY_WOULD_INCREASE


def test_the_newest_that_closes_becomes_smaller(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side, quantity=5)
    close(core, Side(-side), 100 + side, 3, order_id=1)
    close(core, Side(-side), 100 + 2 * side, 2, order_id=2)
    close(core, side, 100 - side, 5, order_id=3)
    core.book(0).submit(side, 100, 4, account=BOB)
    report = close(core, Side(-side), 100, 4, order_id=4, time_in_force=IOC)
    assert report.filled_quantity == 4
    assert [core.order(number) is None for number in (1, 2, 3)] == [False, True, False]
    assert core.order(1).leaves_quantity == 1
    assert core.order(3).leaves_quantity == 5
    flags = report.reports["flags"][report.reports["order_id"] == 1]
    assert flags.tolist()[-1] & ReportFlag.REDUCE_ONLY


def test_what_is_larger_than_the_position_is_canceled_where_that_is_the_rule(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, reduce_only_rule=ReduceOnlyRule.CANCEL)
    both(core, side, quantity=5)
    refused = close(core, Side(-side), 100 + side, 6).reject_reason
    assert refused == R.REDUCE_ONLY_WOULD_INCREASE
    close(core, Side(-side), 100 + side, 5, order_id=1)
    close(core, side, 100 - side, 5, order_id=2)
    trade(core, Side(-side), 100, 1, REDUCE_ONLY)
    assert (core.order(1), core.order(2).leaves_quantity) == (None, 5)


def test_shares_of_a_level_are_bounded_by_the_position(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, allocation=Allocation.PRO_RATA)
    trade(core, side, 100, 4)
    submit(core, Side(-side), 100, 8, order_id=1)
    close(core, Side(-side), 100, 4, order_id=2)
    report = core.book(0).submit(side, 100, 9, account=BOB)
    by_order = dict(report.trades[["maker_order_id", "quantity"]].tolist())
    assert by_order == {1: 6, 2: 3}
    assert (large(core, side).quantity, large(core, Side(-side)).quantity) == (side, -6 * side)


def test_a_trigger_finds_what_there_is_to_close(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side, quantity=5)
    other = Side(-side)
    stop = {"order_type": STOP, "trigger_price": 100 - 10 * side, **MARKED}
    close(core, other, 0, 9, order_id=1, **stop)
    core.book(0).submit(side, 100 - 10 * side, 20, account=BOB)
    set_mark(core, 100 - 10 * side)
    assert (large(core, side).quantity, large(core, other).quantity) == (0, -5 * side)


def test_a_pegged_order_that_closes_is_as_large_as_the_position(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side, quantity=5)
    core.book(0).submit(Side(-side), 100 + 5 * side, 1, account=BOB)
    close(core, Side(-side), 0, 9, order_id=1, order_type=PEG_PRIMARY)
    assert core.order(1).leaves_quantity == 5


# -- trades with oneself, and auctions


def test_two_that_open_make_both_larger(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"maker_rate": PERCENT, "taker_rate": 2 * PERCENT})
    submit(core, side, 100, 7)
    report = submit(core, Side(-side), 100, 7)
    assert fees(report.reports) == [7, 14]
    assert lots(core) == [7, -7]
    assert core.book(0).position(ALICE) == 0


def test_two_that_close_make_both_smaller(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side, quantity=5)
    close(core, Side(-side), 110, 4)
    assert close(core, side, 110, 9, time_in_force=IOC).filled_quantity == 4
    assert lots(core) == [1, -1]
    assert [core.account_position(ALICE, 0, each).realized for each in Side] == [40, -40]


def test_one_that_opens_and_one_that_closes_leave_the_position(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 5)
    close(core, Side(-side), 110, 5)
    assert submit(core, side, 110, 8, order_id=9).filled_quantity == 5
    assert large(core, side).quantity == 5 * side
    assert (large(core, side).entry_value, large(core, side).realized) == (550, 50 * side)


def test_orders_that_close_are_not_met_for_more_than_is_left(make_bank: Any, side: Side) -> None:
    """By the rule that lets each be as large as the position."""
    core = bank(make_bank, reduce_only_rule=ReduceOnlyRule.CANCEL)
    both(core, side, quantity=5)
    for order_id in (1, 2):
        close(core, Side(-side), 100 + side, 5, order_id=order_id)
    report = core.book(0).submit(side, 100 + side, 20, account=BOB, time_in_force=IOC)
    assert (report.filled_quantity, core.order(2)) == (5, None)
    assert lots(core) == ([0, -5] if side == BUY else [5, 0])


def test_fill_or_kill_counts_what_may_be_closed(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, reduce_only_rule=ReduceOnlyRule.CANCEL)
    trade(core, side, 100, 5)
    for order_id in (1, 2):
        close(core, Side(-side), 100 + side, 5, order_id=order_id)
    fields = {"account": BOB, "time_in_force": FOK}
    refused = core.book(0).submit(side, 100 + side, 6, **fields)
    assert refused.reject_reason == R.FOK_CANNOT_FILL
    assert core.book(0).submit(side, 100 + side, 5, **fields).filled_quantity == 5


def test_an_auction_closes_no_more_than_there_is(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side, quantity=5)
    book, other = core.book(0), Side(-side)
    book.set_phase(Phase.OPENING_CALL)
    close(core, other, 100, 5, order_id=1)
    submit(core, other, 100, 3, order_id=2)
    submit(core, side, 100, 2, order_id=3)
    book.submit(side, 100, 6, 4, account=BOB)
    book.set_phase(Phase.CONTINUOUS)
    assert large(core, side).quantity == 2 * side
    assert large(core, other).quantity == -8 * side
    assert core.account_position(BOB, 0).quantity == 6 * side


def test_in_an_auction_what_is_larger_than_what_it_leaves_is_canceled(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, reduce_only_rule=ReduceOnlyRule.CANCEL)
    both(core, side, quantity=5)
    book, other = core.book(0), Side(-side)
    close(core, other, 100 + 9 * side, 5, order_id=1)
    close(core, side, 100 - 9 * side, 5, order_id=2)
    book.set_phase(Phase.CLOSING_CALL)
    close(core, other, 100, 3, order_id=3, time_in_force=AT_THE_CLOSE)
    book.submit(side, 100, 3, account=BOB)
    report = book.set_phase(Phase.CONTINUOUS)
    canceled = report.reports["order_id"][report.reports["exec_type"] == ExecType.CANCELED]
    assert canceled.tolist() == [1]
    assert core.order(2).leaves_quantity == 5


# -- limits and permissions


def test_a_position_limit_is_of_the_position_that_an_order_opens(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    assert set_limit(core, ALICE, Limit.POSITION, 12) == R.NONE
    submit(core, side, 90, 1)
    assert submit(core, side, 90, 2).reject_reason == R.POSITION_LIMIT
    assert submit(core, Side(-side), 110, 13).reject_reason == R.POSITION_LIMIT
    assert submit(core, Side(-side), 110, 12).reject_reason == R.NONE
    assert submit(core, Side(-side), 110, 1).reject_reason == R.POSITION_LIMIT
    assert close(core, Side(-side), 110, 10).reject_reason == R.NONE


def test_exposures_are_those_of_both(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    both(core, side)
    submit(core, BUY, 90, 2)
    close(core, SELL, 110, 10)
    exposure = core.exposure(ALICE, USD)
    assert (exposure.long, exposure.short, exposure.gross) == (180, 0, 2_180)
    set_limit(core, ALICE, Limit.NET_EXPOSURE, 300, USD)
    assert submit(core, BUY, 100, 2).reject_reason == R.NET_EXPOSURE_LIMIT
    assert submit(core, BUY, 100, 1).reject_reason == R.NONE
    set_limit(core, ALICE, Limit.GROSS_EXPOSURE, 2_400, USD)
    assert submit(core, SELL, 100, 2).reject_reason == R.GROSS_EXPOSURE_LIMIT
    assert close(core, BUY, 100, 10).reject_reason == R.NONE


def test_losses_stop_what_opens_and_not_what_closes(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 10)
    set_mark(core, 100 - 10 * side)
    set_limit(core, ALICE, Limit.DRAWDOWN, 100, USD)
    assert submit(core, Side(-side), 100, 1).reject_reason == R.DRAWDOWN_LIMIT
    assert close(core, Side(-side), 100, 10).reject_reason == R.NONE


def test_an_account_for_closing_only_may_close(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    both(core, side)
    set_account(core, ALICE, AccountFlag.CLOSE_ONLY)
    assert submit(core, side, 100, 1).reject_reason == R.NOT_PERMITTED
    assert close(core, side, 100, 1).reject_reason == R.NONE


def test_each_position_and_what_opens_it_are_within_64_bits(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"initial_rate": 0})
    trade(core, side, 1, INT64_MAX)
    market = {"order_type": MARKET, "time_in_force": IOC}
    assert submit(core, side, 0, 1, **market).reject_reason == R.QUANTITY_OVERFLOW
    assert submit(core, Side(-side), 1, INT64_MAX, order_id=1).reject_reason == R.NONE
    core.book(0).cancel(1, account=ALICE)
    trade(core, Side(-side), 1, 5)
    assert submit(core, Side(-side), 1, INT64_MAX - 4).reject_reason == R.QUANTITY_OVERFLOW
    assert close(core, Side(-side), 1, INT64_MAX).reject_reason == R.NONE


@pytest.mark.parametrize(
    ("reason", "ask"),
    [
        (R.LEVERAGE_OUT_OF_RANGE, lambda core, _: set_leverage(core, ALICE, 501)),
        (R.INSUFFICIENT_FUNDS, lambda core, _: set_leverage(core, ALICE, 499)),
        (R.INSUFFICIENT_FUNDS, lambda core, _: withdraw(core, ALICE, USD, 1)),
        (R.INSUFFICIENT_FUNDS, lambda core, side: submit(core, side, 100, 1).reject_reason),
        (
            R.VALUE_OVERFLOW,
            lambda core, side: submit(core, side, 100, INT64_MAX // 100 + 1).reject_reason,
        ),
        (
            R.QUANTITY_OVERFLOW,
            lambda core, side: submit(core, side, 0, INT64_MAX).reject_reason,
        ),
    ],
    ids=["above the tier's", "leverage", "withdrawal", "order", "value", "quantity"],
)
def test_what_two_positions_do_not_bear_is_refused_and_leaves_no_trace(
    make_bank: Any, side: Side, reason: RejectReason, ask: Any
) -> None:
    core = bank(make_bank, LINEAR | {"margin_tiers": [(999, 20 * 10**7, 0)]}, usd=400)
    both(core, side)  # 20 % of 1,000 of each
    before = core.state_hash()
    assert ask(core, side) == reason
    assert core.state_hash() == before


# -- the mode


def test_a_mode_is_of_one_account_in_one_instrument(make_bank: Any) -> None:
    core = make_bank(*map(instrument, (LINEAR, LINEAR)))
    for account in (ALICE, BOB):
        deposit(core, account, {USD: 1_000})
    assert set_position_mode(core, ALICE, HEDGE, 1) == R.NONE
    modes = [
        [core.account_position(account, number).position_mode for number in (0, 1)]
        for account in (ALICE, BOB)
    ]
    assert modes == [[ONE_WAY, HEDGE], [ONE_WAY, ONE_WAY]]
    assert core.account_position(ALICE, 0, SELL) is None
    assert core.account_position(ALICE, 1, SELL).quantity == 0
    assert core.book(1).position(ALICE) == 0


def test_a_mode_is_fixed_by_a_position(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    trade(core, side, 100, 1)
    before = core.state_hash()
    assert set_position_mode(core, ALICE, ONE_WAY) == R.MODE_IS_FIXED
    assert set_position_mode(core, ALICE, HEDGE) == R.NONE
    assert set_position_mode(core, BOB, HEDGE) == R.MODE_IS_FIXED
    assert core.state_hash() == before
    trade(core, Side(-side), 100, 1, REDUCE_ONLY)
    assert set_position_mode(core, ALICE, ONE_WAY) == R.NONE
    assert set_position_mode(core, BOB, HEDGE) == R.NONE


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 90},
        {"price": 0, "order_type": STOP, "trigger_price": 150, **MARKED},
        {"price": 90, "time_in_force": AT_THE_CLOSE},
        {"price": 0, "order_type": PEG_PRIMARY},
    ],
    ids=["resting", "stop", "for a call", "pegged"],
)
def test_a_mode_is_fixed_by_an_order(make_bank: Any, fields: dict[str, int]) -> None:
    core = bank(make_bank, LINEAR, LINEAR)
    core.book(0).submit(BUY, quantity=1, account=ALICE, order_id=1, **fields)
    assert set_position_mode(core, ALICE, ONE_WAY) == R.MODE_IS_FIXED
    assert set_position_mode(core, ALICE, ONE_WAY, 1) == R.NONE
    assert set_position_mode(core, BOB, HEDGE) == R.NONE
    core.book(0).cancel(1, account=ALICE)
    assert set_position_mode(core, ALICE, ONE_WAY) == R.NONE


def test_in_spot_there_is_no_other_mode(make_bank: Any) -> None:
    core = bank(make_bank, SPOT)
    assert set_position_mode(core, ALICE, HEDGE) == R.MODE_IS_FIXED
    assert set_position_mode(core, ALICE, ONE_WAY) == R.NONE
    with pytest.raises(CommandError, match="selector"):
        set_position_mode(core, ALICE, PositionMode(1) + 1)


def test_the_results_of_both_go_on_in_one(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"taker_rate": PERCENT})
    both(core, side)
    trade(core, Side(-side), 120, 10, REDUCE_ONLY)
    trade(core, side, 90, 10, REDUCE_ONLY)
    before = core.exposure(ALICE, USD)
    assert set_position_mode(core, ALICE, ONE_WAY) == R.NONE
    position = core.account_position(ALICE, 0)
    assert (position.realized, position.fees) == (300 * side, 41)
    assert core.exposure(ALICE, USD) == before
    assert set_position_mode(core, ALICE, HEDGE) == R.NONE
    assert core.account_position(ALICE, 0).realized == 300 * side
    assert core.account_position(ALICE, 0, SELL).realized == 0


def test_back_in_one_way_a_position_turns_round(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    set_position_mode(core, ALICE, ONE_WAY)
    trade(core, side, 100, 5)
    trade(core, Side(-side), 100, 8)
    assert core.account_position(ALICE, 0).quantity == -3 * side


def test_modes_are_in_the_state_hash(make_bank: Any) -> None:
    cores = [bank(make_bank) for _ in range(2)]
    assert cores[0].state_hash() == cores[1].state_hash()
    set_position_mode(cores[0], ALICE, ONE_WAY)
    assert cores[0].state_hash() != cores[1].state_hash()
    set_position_mode(cores[0], ALICE, HEDGE)
    assert cores[0].state_hash() == cores[1].state_hash()
