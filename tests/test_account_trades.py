"""What trades pay: values, fees and their rounding, positions and what they realize."""

from __future__ import annotations

from typing import Any

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
    balances,
    deposit,
    fees,
    instrument,
    send,
    set_mark,
)

from engine import (
    BUY,
    IOC,
    MARKET,
    SELL,
    UNCROSS,
    ExecType,
    Phase,
    Rounding,
    Side,
    TriggerSource,
)

RICH = {USD: 10**9, BTC: 10**9}


def bank(make_bank: Any, contract: dict[str, int], **terms: int) -> Any:
    """Return an engine of one instrument, in which two accounts have all that they need."""
    core = make_bank(instrument(contract, **terms))
    for account in (ALICE, BOB):
        deposit(core, account, RICH)
    return core


def trade(core: Any, side: Side, price: int, quantity: int) -> Any:
    """Let Alice take on a side what Bob offers."""
    book = core.book(0)
    book.submit(Side(-side), price, quantity, account=BOB)
    report = book.submit(side, price, quantity, account=ALICE, time_in_force=IOC)
    assert report.filled_quantity == quantity
    core.check_invariants()
    return report


def held_lots(core: Any, account: int) -> tuple[int, ...]:
    """Return lots, entry value and what was realized."""
    return core.account_position(account, 0)[:3]


# -- SPOT


def test_a_spot_trade_moves_base_and_value(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, SPOT | {"value_factor": 3})
    trade(core, side, 100, 7)
    assert balances(core, ALICE, BOB) == [
        (10**9 - side * 2_100, 10**9 + side * 70),
        (10**9 + side * 2_100, 10**9 - side * 70),
    ]
    assert core.account_position(ALICE, 0) is None


def test_maker_and_taker_pay_their_fees_to_the_house(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, SPOT | {"maker_rate": PERCENT // 2, "taker_rate": PERCENT})
    report = trade(core, side, 100, 7)
    assert fees(report.reports) == [3, 7]
    assert (report.fee, core.house(USD), core.house(BTC)) == (7, 10, 0)
    assert balances(core, ALICE, BOB) == [
        (10**9 - side * 700 - 7, 10**9 + side * 70),
        (10**9 + side * 700 - 3, 10**9 - side * 70),
    ]


def test_a_rebate_is_a_fee_below_zero(make_bank: Any) -> None:
    core = bank(make_bank, SPOT | {"maker_rate": -PERCENT, "taker_rate": 3 * PERCENT})
    report = trade(core, BUY, 100, 7)
    assert fees(report.reports) == [-7, 21]
    assert (core.house(USD), core.deposits(USD)) == (14, 2 * 10**9)


def test_a_report_of_no_trade_has_no_fee(make_bank: Any) -> None:
    core = bank(make_bank, SPOT | {"taker_rate": PERCENT})
    reports = trade(core, BUY, 100, 7).reports
    assert reports["fee"][reports["exec_type"] != ExecType.TRADE].tolist() == [0]


@pytest.mark.parametrize(
    ("rounding", "fee", "rebate"),
    [
        (Rounding.DOWN, 2, -2),
        (Rounding.UP, 3, -3),
        (Rounding.FLOOR, 2, -3),
        (Rounding.CEILING, 3, -2),
        (Rounding.HALF_UP, 3, -3),
        (Rounding.HALF_EVEN, 2, -2),
    ],
)
def test_a_fee_of_two_and_a_half_is_rounded_by_name(
    make_bank: Any, rounding: Rounding, fee: int, rebate: int
) -> None:
    rate = 5 * PERCENT // 2
    core = bank(
        make_bank, SPOT | {"taker_rate": rate, "maker_rate": -rate, "fee_rounding": rounding}
    )
    assert fees(trade(core, SELL, 100, 1).reports) == [rebate, fee]


def test_every_fill_pays_its_own_fee(make_bank: Any, side: Side) -> None:
    """Three fees of 0.7, each rounded up, and not one of 2.1."""
    core = bank(make_bank, SPOT | {"taker_rate": PERCENT, "fee_rounding": Rounding.UP})
    for price in (70, 70, 70):
        core.book(0).submit(Side(-side), price, 1, account=BOB)
    report = core.book(0).submit(side, 70, 3, account=ALICE)
    assert fees(report.reports) == [0, 1, 0, 1, 0, 1]
    assert core.house(USD) == 3


def test_a_trade_with_oneself_pays_both_fees(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, SPOT | {"maker_rate": PERCENT, "taker_rate": 2 * PERCENT})
    core.book(0).submit(side, 100, 3, account=ALICE)
    core.book(0).submit(Side(-side), 100, 3, account=ALICE)
    assert balances(core, ALICE) == [(10**9 - 9, 10**9)]


# -- LINEAR


def test_a_linear_position_opens_grows_shrinks_and_turns_round(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR)
    trade(core, side, 100, 10)
    assert held_lots(core, ALICE) == (10 * side, 1_000, 0)
    assert held_lots(core, BOB) == (-10 * side, 1_000, 0)
    trade(core, side, 110, 5)
    assert held_lots(core, ALICE) == (15 * side, 1_550, 0)
    trade(core, Side(-side), 120, 6)  # of 1,550 for 15 lots 620 are released, for 720
    assert held_lots(core, ALICE) == (9 * side, 930, 100 * side)
    assert balances(core, ALICE) == [(10**9 + 100 * side, 10**9)]
    trade(core, Side(-side), 90, 20)  # 930 for 810, and 11 lots the other way
    assert held_lots(core, ALICE) == (-11 * side, 990, -20 * side)
    assert balances(core, ALICE, BOB) == [
        (10**9 - 20 * side, 10**9),
        (10**9 + 20 * side, 10**9),
    ]


def test_a_position_that_is_closed_leaves_nothing(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"value_factor": 7})
    trade(core, side, 101, 3)
    trade(core, Side(-side), 102, 3)
    assert held_lots(core, ALICE) == (0, 0, 21 * side)
    assert held_lots(core, BOB) == (0, 0, -21 * side)


def test_what_is_released_is_rounded_against_the_account(make_bank: Any) -> None:
    """A third of 100 is released: 34 to who is long and is paid 6, 33 to who is short and pays 7.

    Each has what the other lost of it left in the rest of the position.
    """
    core = bank(make_bank, LINEAR)
    trade(core, BUY, 33, 2)
    trade(core, BUY, 34, 1)
    trade(core, SELL, 40, 1)
    assert held_lots(core, ALICE) == (2, 66, 6)
    assert held_lots(core, BOB) == (-2, 67, -7)
    assert core.deposits(USD) == 2 * 10**9


def test_prices_below_zero_have_values_below_zero_and_fees_above(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, LINEAR | {"taker_rate": PERCENT})
    assert fees(trade(core, side, -100, 3).reports) == [0, 3]
    assert held_lots(core, ALICE) == (3 * side, -300, 0)
    trade(core, Side(-side), -90, 3)
    assert held_lots(core, ALICE) == (0, 0, 30 * side)
    assert core.account_position(ALICE, 0).fees == 5


def test_fees_of_a_position_are_summed_apart(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR | {"taker_rate": PERCENT, "maker_rate": -PERCENT})
    trade(core, BUY, 100, 2)
    trade(core, SELL, 110, 1)
    position = core.account_position(ALICE, 0)
    assert (position.realized, position.fees) == (10, 3)
    assert core.account_position(BOB, 0).fees == -3
    assert balances(core, ALICE, BOB) == [(10**9 + 7, 10**9), (10**9 - 7, 10**9)]


def test_a_trade_of_an_account_with_itself_counts_the_maker_first(
    make_bank: Any, side: Side
) -> None:
    """Long 3 for 100, she sells to herself: the maker's lot first, whichever side that is."""
    core = bank(make_bank, LINEAR)
    trade(core, BUY, 33, 2)
    trade(core, BUY, 34, 1)
    core.book(0).submit(side, 40, 1, account=ALICE)
    core.book(0).submit(Side(-side), 40, 1, account=ALICE)
    # Bought first: 140 for 4, of which 35 are released. Sold first: 34 of 100, then 40 come in.
    expected = {BUY: (3, 105, 5), SELL: (3, 106, 6)}
    assert held_lots(core, ALICE) == expected[side]


# -- INVERSE


def test_an_inverse_position_opens_grows_shrinks_and_turns_round(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, INVERSE)
    trade(core, side, 100, 10)
    assert held_lots(core, ALICE) == (10 * side, 100, 0)
    trade(core, side, 125, 5)
    assert held_lots(core, ALICE) == (15 * side, 140, 0)
    trade(core, Side(-side), 200, 6)  # of 140 for 15 lots 56 are released, for 30
    assert held_lots(core, ALICE) == (9 * side, 84, 26 * side)
    assert balances(core, ALICE) == [(10**9, 10**9 + 26 * side)]
    trade(core, Side(-side), 50, 20)  # 84 for 180, and 11 lots the other way for 220
    assert held_lots(core, ALICE) == (-11 * side, 220, -70 * side)
    assert balances(core, ALICE, BOB) == [
        (10**9, 10**9 - 70 * side),
        (10**9, 10**9 + 70 * side),
    ]


@pytest.mark.parametrize(
    ("rounding", "value"),
    [
        (Rounding.DOWN, 2),
        (Rounding.UP, 3),
        (Rounding.FLOOR, 2),
        (Rounding.CEILING, 3),
        (Rounding.HALF_UP, 3),
        (Rounding.HALF_EVEN, 2),
    ],
)
def test_an_inverse_value_of_two_and_a_half_is_rounded_by_name(
    make_bank: Any, rounding: Rounding, value: int
) -> None:
    core = bank(make_bank, INVERSE | {"value_rounding": rounding})
    trade(core, BUY, 400, 1)
    assert [held_lots(core, account)[1] for account in (ALICE, BOB)] == [value, value]


def test_a_turned_inverse_position_has_what_is_left_of_the_value(make_bank: Any) -> None:
    """Three lots at 300 are worth 10. Two of them close, for 6.67 rounded down; 4 are left."""
    core = bank(make_bank, INVERSE)
    trade(core, BUY, 250, 2)
    trade(core, SELL, 300, 3)
    assert held_lots(core, ALICE) == (-1, 4, 2)
    assert held_lots(core, BOB) == (1, 4, -2)


# -- what positions would make


def test_a_position_is_worth_its_entry_value_until_there_is_a_mark(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, LINEAR)
    trade(core, side, 100, 10)
    core.book(0).set_price(TriggerSource.LAST, 120)
    core.book(0).set_price(TriggerSource.INDEX, 120)
    assert core.balance(ALICE, USD).unrealized == 0
    set_mark(core, 107)
    assert core.balance(ALICE, USD).unrealized == 70 * side
    assert core.account_position(BOB, 0).unrealized == -70 * side
    set_mark(core, -2)
    assert core.balance(ALICE, USD).equity == 10**9 - 1_020 * side


def test_an_inverse_position_is_marked_to_the_lower_amount(make_bank: Any) -> None:
    """Three lots that were worth 30 are worth 27.27 at 110, and not more than they were at 0."""
    core = bank(make_bank, INVERSE)
    trade(core, BUY, 100, 3)
    set_mark(core, 110)
    assert [core.balance(account, BTC).unrealized for account in (ALICE, BOB)] == [2, -3]
    set_mark(core, 0)
    assert [core.balance(account, BTC).unrealized for account in (ALICE, BOB)] == [0, 0]


def test_a_value_at_the_mark_has_an_end(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"value_factor": 2**40})
    for account in (ALICE, BOB):
        deposit(core, account, {USD: 2**61})
    trade(core, side, 100, 1)
    set_mark(core, 2**62)
    assert core.balance(ALICE, USD).unrealized == side * (2**95 - 100 * 2**40)


# -- auctions


def test_in_an_auction_both_pay_the_rate_of_makers(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"maker_rate": PERCENT, "taker_rate": 5 * PERCENT})
    book = core.book(0)
    book.set_phase(Phase.OPENING_CALL)
    book.submit(side, 100, 4, account=ALICE)
    book.submit(Side(-side), 100, 4, account=BOB)
    reports = send(core, UNCROSS)
    assert fees(reports) == [4, 4]
    assert held_lots(core, ALICE) == (4 * side, 400, 0)
    assert core.house(USD) == 8
    book.set_phase(Phase.CONTINUOUS)


def test_the_trades_of_an_auction_pay_one_after_the_other(make_bank: Any) -> None:
    """Alice, long 2 for 100, sells 1 to Bob and buys 1 of him: by time, and not as one."""
    core = bank(make_bank, LINEAR)
    trade(core, BUY, 50, 2)
    book = core.book(0)
    book.set_phase(Phase.OPENING_CALL)
    book.submit(BUY, 60, 1, account=ALICE)
    book.submit(BUY, 60, 1, account=BOB)
    book.submit(SELL, 60, 1, account=BOB)
    book.submit(SELL, 60, 1, account=ALICE)
    book.set_phase(Phase.CONTINUOUS)
    # First Bob sells to Alice: both have 160 for 3. Then she sells 1: of her 54 are released, of
    # him 53.
    assert held_lots(core, ALICE) == (2, 106, 6)
    assert held_lots(core, BOB) == (-2, 107, -7)


def test_a_spot_trade_below_zero_moves_no_value(make_bank: Any) -> None:
    """Of a seller without a limit, in an auction whose reference is such a price."""
    core = bank(make_bank, SPOT)
    book = core.book(0)
    book.set_phase(Phase.OPENING_CALL)
    book.set_price(TriggerSource.REFERENCE, -5)
    book.submit(BUY, 100, 2, account=ALICE)
    book.submit(SELL, 0, 2, account=BOB, order_type=MARKET)
    (trade,) = book.set_phase(Phase.CONTINUOUS).trades
    assert trade["price"] == -5
    assert balances(core, ALICE, BOB) == [(10**9, 10**9 + 20), (10**9, 10**9 - 20)]
