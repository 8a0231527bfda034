"""The richer terms of a contract: bounds of a value, fee tiers, margin tiers, open loss."""

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
    SPOT,
    USD,
    deposit,
    fees,
    instrument,
    reason_of,
    send,
    set_leverage,
    set_mark,
    withdraw,
)

from engine import (
    BUY,
    IOC,
    LIMIT_IF_TOUCHED,
    MARKET,
    MARKET_TO_LIMIT,
    PEG_PRIMARY,
    PROTECTED,
    REDUCE_ONLY,
    SELL,
    SET_ACCOUNT,
    SET_PRICE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    TRAILING_STOP,
    UNCROSS,
    CloseFee,
    FeeCurrency,
    OrderPrice,
    Phase,
    RejectReason,
    Side,
    TriggerSource,
)
from engine.records import Balance

R = RejectReason
KINDS = {"spot": SPOT, "linear": LINEAR, "inverse": INVERSE}


def bank(make_bank: Any, contract: dict[str, int], **terms: int) -> Any:
    """Return an engine in which Alice and Bob have much."""
    core = make_bank(instrument(contract, **terms))
    for account in (ALICE, BOB):
        deposit(core, account, {USD: 10**12, BTC: 10**12})
    return core


def reason(core: Any, side: Side, price: int, quantity: int, **fields: int) -> RejectReason:
    """Submit an order, of Alice unless another is named; return why it was refused."""
    named = {"account": ALICE, **fields}
    return core.book(0).submit(side, price, quantity, **named).reject_reason


# -- bounds of what an order is worth


@pytest.mark.parametrize("kind", ["spot", "linear"])
def test_an_order_is_worth_at_least_and_at_most_so_much(
    make_bank: Any, side: Side, kind: str
) -> None:
    bounds = {"min_value": 300, "max_value": 1_000, "value_factor": 2}
    core = bank(make_bank, KINDS[kind] | bounds)
    assert reason(core, side, 29, 5) == R.VALUE_TOO_SMALL
    assert reason(core, side, 30, 5) == R.NONE
    assert reason(core, side, 100, 5) == R.NONE
    assert reason(core, side, 101, 5) == R.VALUE_TOO_LARGE


def test_an_inverse_order_is_worth_its_value_rounded_up(make_bank: Any, side: Side) -> None:
    """A lot at 300 is worth 3.33, at 251 3.98, at 250 4 and at 249 4.02 units."""
    core = bank(make_bank, INVERSE | {"min_value": 4, "max_value": 4})
    assert reason(core, side, 334, 1) == R.VALUE_TOO_SMALL
    assert reason(core, side, 333, 1) == R.NONE
    assert reason(core, side, 250, 1) == R.NONE
    assert reason(core, side, 249, 1) == R.VALUE_TOO_LARGE


def test_a_value_below_0_counts_by_its_size(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"min_value": 300, "max_value": 500}, min_price=-200)
    assert reason(core, side, -59, 5) == R.VALUE_TOO_SMALL
    assert reason(core, side, -60, 5) == R.NONE
    assert reason(core, side, -101, 5) == R.VALUE_TOO_LARGE


def test_a_replaced_order_is_worth_at_least_and_at_most_so_much(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"min_value": 300, "max_value": 1_000})
    book = core.book(0)
    assert reason(core, side, 100, 10, order_id=1) == R.NONE
    assert book.replace(1, 100, 2, account=ALICE).reject_reason == R.VALUE_TOO_SMALL
    assert book.replace(1, 101, 10, account=ALICE).reject_reason == R.VALUE_TOO_LARGE
    assert book.replace(1, 60, 5, account=ALICE).reject_reason == R.NONE


def test_what_a_reduce_or_a_trade_leaves_may_be_worth_less(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"min_value": 300})
    assert reason(core, side, 100, 10, order_id=1) == R.NONE
    assert reason(core, Side(-side), 100, 4, account=BOB) == R.NONE
    assert core.book(0).reduce(1, 4, account=ALICE).leaves_quantity == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"order_type": STOP_LIMIT, "trigger_price": 100},
        {"order_type": LIMIT_IF_TOUCHED, "trigger_price": 100},
        {"order_type": MARKET, "flags": PROTECTED, "price": 0, "bound": 29},
        {"order_type": STOP, "flags": PROTECTED, "price": 0, "bound": 29, "trigger_price": 100},
    ],
    ids=str,
)
def test_an_order_that_waits_or_is_protected_is_worth_what_it_is_at_its_limit(
    make_bank: Any, side: Side, fields: dict[str, int]
) -> None:
    core = bank(make_bank, LINEAR | {"min_value": 300})
    set_mark(core, 1_000)
    known = {"price": 29, **fields}
    assert reason(core, side, known.pop("price"), 10, **known) == R.VALUE_TOO_SMALL


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "fields",
    [
        {"order_type": MARKET},
        {"order_type": MARKET_TO_LIMIT},
        {"order_type": STOP, "trigger_price": 500},
        {"order_type": TRAILING_STOP, "offset": 5},
        {"order_type": PEG_PRIMARY},
    ],
    ids=str,
)
def test_an_order_without_a_limit_is_worth_what_it_is_at_the_mark_or_the_last_price(
    make_bank: Any, kind: str, fields: dict[str, int]
) -> None:
    """At 100 a lot is worth 100 units, an inverse one 10, and at 10, or 1,000, the tenth of it."""
    least, low = (100, 1_000) if kind == "inverse" else (1_000, 10)
    core = bank(make_bank, KINDS[kind] | {"min_value": least})
    assert reason(core, SELL, 0, 9, **fields) == R.NONE  # no price is known
    core.book(0).mass_cancel()
    assert reason(core, SELL, 100, 10) == R.NONE
    assert reason(core, BUY, 100, 10, account=BOB) == R.NONE
    assert reason(core, SELL, 0, 9, **fields) == R.VALUE_TOO_SMALL
    assert reason(core, SELL, 0, 10, **fields) == R.NONE
    set_mark(core, low)
    assert reason(core, SELL, 0, 99, **fields) == R.VALUE_TOO_SMALL
    assert reason(core, SELL, 0, 100, **fields) == R.NONE


@pytest.mark.parametrize("kind", ["spot", "inverse"])
def test_at_a_mark_at_which_nothing_has_a_value_an_order_without_a_limit_passes(
    make_bank: Any, kind: str
) -> None:
    core = bank(make_bank, KINDS[kind] | {"min_value": 100})
    set_mark(core, -1 if kind == "spot" else 0)
    assert reason(core, BUY, 0, 1, order_type=MARKET) == R.NONE


def test_an_order_without_a_limit_is_never_worth_too_much(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"max_value": 1_000})
    set_mark(core, 100)
    for price, account in ((100, BOB), (100, BOB)):
        assert reason(core, Side(-side), price, 10, account=account) == R.NONE
    assert reason(core, side, 100, 20) == R.VALUE_TOO_LARGE
    assert (
        core.book(0)
        .submit(side, 0, 20, order_type=MARKET, time_in_force=IOC, account=ALICE)
        .filled_quantity
        == 20
    )


def test_what_only_reduces_a_position_may_be_worth_little(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | {"min_value": 300, "max_value": 1_000})
    assert reason(core, Side(-side), 100, 10, account=BOB) == R.NONE
    assert reason(core, side, 100, 10) == R.NONE
    book = core.book(0)
    assert reason(core, Side(-side), 100, 1) == R.VALUE_TOO_SMALL
    assert reason(core, Side(-side), 100, 1, flags=REDUCE_ONLY, order_id=1) == R.NONE
    assert book.replace(1, 100, 2, account=ALICE).reject_reason == R.NONE
    assert reason(core, Side(-side), 200, 6, flags=REDUCE_ONLY) == R.VALUE_TOO_LARGE


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"min_value": -1}, "min_value was -1, outside 0 to 9223372036854775807"),
        ({"max_value": 2**63}, "max_value was 9223372036854775808, outside 0 to 92233720368547758"),
        ({"min_value": 7, "max_value": 6}, "max_value was 6, below min_value, 7"),
        ({"fee_tiers": {-1: (0, 0)}}, "fee_tiers was -1, outside 0 to 255"),
        ({"fee_tiers": {256: (0, 0)}}, "fee_tiers was 256, outside 0 to 255"),
        ({"fee_tiers": {3: (10**9 + 1, 0)}}, r"fee_tiers\[3\]\.maker was 1000000001, outside -10"),
        ({"fee_tiers": {3: (0, -(10**9) - 1)}}, r"fee_tiers\[3\]\.taker was -1000000001, outside"),
        ({"margin_tiers": [(0, 10**8, 0)]}, r"margin_tiers\[0\]\.floor was 0, outside 1 to 9"),
        ({"margin_tiers": [(2**63, 10**8, 0)]}, r"margin_tiers\[0\]\.floor was 922337203685477580"),
        (
            {"margin_tiers": [(5, 10**8, 0), (5, 10**8, 0)]},
            r"margin_tiers\[1\]\.floor was 5, outside 6 to 9223372036854775806",
        ),
        (
            {"margin_tiers": [(5, 10**8 - 1, 0)]},
            r"margin_tiers\[0\]\.initial was 99999999, outside 100000000 to 1000000000",
        ),
        (
            {"margin_tiers": [(5, 10**9 + 1, 0)]},
            r"margin_tiers\[0\]\.initial was 1000000001, outside 100000000 to 1000000000",
        ),
        (
            {"margin_tiers": [(5, 10**8, 10**8 + 1)]},
            r"margin_tiers\[0\]\.maintenance was 100000001, outside 0 to 100000000",
        ),
        (
            {"margin_tiers": [(5, 10**9, 7), (6, 10**9, 6)]},
            r"margin_tiers\[1\]\.maintenance was 6, outside 7 to 1000000000",
        ),
        (
            {"margin_tiers": [(10, 10**9, 2 * 10**8, -1)]},
            r"margin_tiers\[0\]\.deduction was -1, outside 0 to 2",
        ),
        (
            {"margin_tiers": [(10, 10**9, 2 * 10**8, 2), (25, 10**9, 3 * 10**8, 5)]},
            r"margin_tiers\[1\]\.deduction was 5, outside 0 to 4",
        ),
        ({"initial_slope": -1}, "initial_slope was -1, outside 0 to 1000000000000000000"),
        ({"initial_slope": 10**18 + 1}, "initial_slope was 1000000000000000001, outside 0 to 1000"),
        ({"maintenance_slope": 1}, "maintenance_slope was 1, outside 0 to 0"),
        (
            {"initial_slope": 1, "margin_tiers": [(5, 10**9, 7)]},
            "initial_slope was 1, outside 0 to 0",
        ),
        ({"close_fee": 5}, "close_fee was 5, outside 0 to 4"),
        ({"initial_close_fee": -1}, "initial_close_fee was -1, outside 0 to 4"),
        ({"value_at_entry": 2}, "value_at_entry was 2, outside 0 to 1"),
        ({"initial_at_mark": -1}, "initial_at_mark was -1, outside 0 to 1"),
        ({"fee_currency": FeeCurrency.RECEIVED}, "fee_currency was 1, outside 0 to 0"),
        (SPOT | {"fee_currency": 2}, "fee_currency was 2, outside 0 to 1"),
        (SPOT | {"initial_slope": 1}, "initial_slope was 1, outside 0 to 0"),
        (SPOT | {"close_fee": CloseFee.MARK}, "close_fee was 1, outside 0 to 0"),
        (SPOT | {"initial_close_fee": 3}, "initial_close_fee was 3, outside 0 to 0"),
        (SPOT | {"value_at_entry": 1}, "value_at_entry was 1, outside 0 to 0"),
        ({"funding_in_maintenance": 1}, "funding_in_maintenance was 1, outside 0 to 0"),
        (
            {"funding": 1, "funding_in_maintenance": 2},
            "funding_in_maintenance was 2, outside 0 to 1",
        ),
        (SPOT | {"initial_at_mark": 1}, "initial_at_mark was 1, outside 0 to 0"),
        ({"open_loss": 2}, "open_loss was 2, outside 0 to 1"),
        ({"order_price": 3}, "3 is not a valid OrderPrice"),
        ({"order_price_buffer": 1}, "order_price_buffer was 1, outside 0 to 0"),
        (
            {"order_price": OrderPrice.MAX_LAST_MARK, "order_price_buffer": 10**9 + 1},
            "order_price_buffer was 1000000001, outside 0 to 1000000000",
        ),
        (SPOT | {"order_price": 2}, "order_price was 2, outside 0 to 0"),
        (SPOT | {"open_loss": 1}, "open_loss was 1, outside 0 to 0"),
        (SPOT | {"margin_tiers": [(5, 0, 0)]}, "margin_tiers were 1, of a SPOT contract"),
    ],
    ids=str,
)
def test_terms_that_make_no_sense_are_refused(
    make_bank: Any, terms: dict[str, Any], message: str
) -> None:
    core = make_bank()
    with pytest.raises(ValueError, match=message):
        core.add_instrument(**instrument(terms if "base" in terms else LINEAR | terms))
    assert core.instrument_count == 0


# -- fees by the account's tier

RATES: Final = {"maker_rate": PERCENT, "taker_rate": 2 * PERCENT}
TIERS: Final = {0: (3 * PERCENT, 4 * PERCENT), 2: (-PERCENT, PERCENT // 2), 255: (0, 0)}


def set_tier(core: Any, account: int, tier: int) -> None:
    assert reason_of(core, SET_ACCOUNT, account=account, quantity=tier) == R.NONE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("maker_tier", "taker_tier", "paid"),
    [(1, 1, [10, 20]), (0, 0, [30, 40]), (2, 0, [-10, 40]), (254, 2, [10, 5]), (255, 255, [0, 0])],
)
def test_each_party_pays_by_the_tier_of_its_account(
    make_bank: Any, side: Side, kind: str, maker_tier: int, taker_tier: int, paid: list[int]
) -> None:
    """The trade is worth 1,000 units, an inverse one at 1 too."""
    price = 1 if kind == "inverse" else 1_000
    core = bank(make_bank, KINDS[kind] | RATES | {"fee_tiers": TIERS})
    set_tier(core, BOB, maker_tier)
    set_tier(core, ALICE, taker_tier)
    order = {"price": price, "quantity": 1}
    send(core, SUBMIT, side=-side, account=BOB, **order)
    assert fees(send(core, SUBMIT, side=side, account=ALICE, **order)) == paid
    assert core.house(BTC if kind == "inverse" else USD) == sum(paid)


def test_in_an_auction_each_pays_the_makers_rate_of_its_tier(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR | RATES | {"fee_tiers": TIERS})
    set_tier(core, ALICE, 2)
    set_tier(core, BOB, 7)
    core.book(0).set_phase(Phase.OPENING_CALL)
    assert reason(core, BUY, 1_000, 1) == R.NONE
    assert reason(core, SELL, 1_000, 1, account=BOB) == R.NONE
    assert sorted(fees(send(core, UNCROSS))) == [-10, 10]


def test_a_trade_pays_by_the_tier_that_the_account_has_when_it_is_made(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, LINEAR | RATES | {"fee_tiers": TIERS})
    set_tier(core, BOB, 1)
    order = {"price": 1_000, "quantity": 1}
    send(core, SUBMIT, side=-side, account=BOB, **order)
    set_tier(core, BOB, 2)
    assert fees(send(core, SUBMIT, side=side, account=ALICE, **order))[0] == -10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tier", [0, 1, 2, 255])
def test_orders_hold_fees_at_the_highest_rate_whatever_the_tier(
    make_bank: Any, kind: str, tier: int
) -> None:
    """Four percent of 1,000; and 100 of margin."""
    price = 1 if kind == "inverse" else 1_000
    currency = BTC if kind == "inverse" else USD
    core = bank(make_bank, KINDS[kind] | RATES | {"fee_tiers": TIERS})
    set_tier(core, ALICE, tier)
    assert reason(core, BUY, price, 1) == R.NONE
    balance = core.balance(ALICE, currency)
    assert balance.held + balance.margin == (1_040 if kind == "spot" else 140)
    for other in (0, 1, 255):
        set_tier(core, ALICE, other)
        assert core.balance(ALICE, currency) == balance
        core.check_invariants()


def test_the_highest_rate_of_a_derivative_is_that_of_takers(make_bank: Any, side: Side) -> None:
    tiers = {1: (9 * PERCENT, -PERCENT)}
    core = bank(make_bank, LINEAR | {"taker_rate": -PERCENT, "fee_tiers": tiers})
    assert reason(core, side, 1_000, 1) == R.NONE
    assert core.balance(ALICE, USD).margin == 100


def test_a_buyer_of_a_dear_tier_can_pay_for_what_it_was_let_in_with(make_bank: Any) -> None:
    core = make_bank(instrument(SPOT | RATES | {"fee_tiers": TIERS}))
    deposit(core, ALICE, {USD: 1_040})
    deposit(core, BOB, {BTC: 10})
    set_tier(core, ALICE, 255)
    assert reason(core, BUY, 1_000, 1) == R.NONE
    set_tier(core, ALICE, 0)
    assert reason(core, SELL, 1_000, 1, account=BOB) == R.NONE
    assert core.balance(ALICE, USD) == Balance(10, 0, 0, 0)


# -- margin by the tier of the worst side

MARGINS: Final = {"margin_tiers": [(1_000, 20 * PERCENT, 0), (5_000, 50 * PERCENT, 0)]}
"""To 1,000 units a tenth is required, to 5,000 a fifth, and above that a half."""


def margin(core: Any, account: int = ALICE, currency: int = USD) -> int:
    return core.balance(account, currency).margin


@pytest.mark.parametrize("kind", ["linear", "inverse"])
@pytest.mark.parametrize(
    ("value", "required"),
    [(999, 100), (1_000, 100), (1_001, 201), (5_000, 1_000), (5_001, 2_501), (90_000, 45_000)],
)
def test_all_of_a_value_is_required_at_the_rate_of_its_tier(
    make_bank: Any, side: Side, kind: str, value: int, required: int
) -> None:
    core = bank(make_bank, KINDS[kind] | MARGINS | {"value_factor": 1})
    assert reason(core, side, 1, value) == R.NONE
    assert margin(core, currency=BTC if kind == "inverse" else USD) == required


def test_the_tier_is_that_of_the_worse_side_of_position_and_orders(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, LINEAR | MARGINS)
    other = Side(-side)
    assert reason(core, other, 100, 8, account=BOB) == R.NONE
    assert reason(core, side, 100, 8) == R.NONE
    assert margin(core) == 80
    assert reason(core, other, 100, 18, order_id=1) == R.NONE  # 1,000 the other way
    assert margin(core) == 100
    assert reason(core, other, 100, 1, order_id=2) == R.NONE
    assert margin(core) == 220
    away = 100 - 50 * side
    assert reason(core, side, away, 4_500 // away, order_id=3) == R.NONE
    assert margin(core) == 5_300 // 2
    position = core.account_position(ALICE, 0)
    assert position.initial_rate == 50 * PERCENT
    core.book(0).cancel(3, account=ALICE)
    core.book(0).cancel(2, account=ALICE)
    assert margin(core) == 100
    assert core.account_position(ALICE, 0).initial_rate == 10 * PERCENT


def test_an_order_must_find_what_its_tier_requires_of_all(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | MARGINS)
    deposit(core, CAROL, {USD: 201})
    assert reason(core, side, 1_000, 1, account=CAROL) == R.NONE
    assert reason(core, side, 6, 1, account=CAROL) == R.INSUFFICIENT_FUNDS
    assert reason(core, side, 5, 1, account=CAROL) == R.NONE
    assert core.balance(CAROL, USD).free == 0


def test_a_position_that_becomes_smaller_has_the_rate_of_its_tier_again(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, LINEAR | MARGINS)
    other = Side(-side)
    assert reason(core, other, 100, 60, account=BOB) == R.NONE
    assert reason(core, side, 100, 60) == R.NONE
    assert margin(core) == 3_000
    for left, required in ((50, 1_000), (10, 100), (0, 0)):
        lots = core.account_position(ALICE, 0).quantity * side - left
        assert reason(core, side, 100, lots, account=BOB) == R.NONE
        assert reason(core, other, 100, lots) == R.NONE
        assert margin(core) == required


def test_a_chosen_leverage_holds_where_it_asks_for_more_than_the_tier(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, LINEAR | MARGINS)
    assert set_leverage(core, ALICE, 250) == R.NONE
    assert reason(core, side, 1, 5_000, order_id=1) == R.NONE
    assert (margin(core), core.account_position(ALICE, 0).initial_rate) == (2_000, 40 * PERCENT)
    assert core.book(0).replace(1, 1, 5_002, account=ALICE).reject_reason == R.NONE
    assert (margin(core), core.account_position(ALICE, 0).initial_rate) == (2_501, 50 * PERCENT)


def test_leverage_above_that_of_the_tier_is_out_of_range(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | MARGINS)
    assert set_leverage(core, ALICE, 1_000) == R.NONE
    assert reason(core, side, 1, 1_001, order_id=1) == R.NONE
    assert set_leverage(core, ALICE, 501) == R.LEVERAGE_OUT_OF_RANGE
    assert set_leverage(core, ALICE, 500) == R.NONE
    assert core.book(0).replace(1, 1, 1_000, account=ALICE).reject_reason == R.NONE
    assert set_leverage(core, ALICE, 1_000) == R.NONE
    assert set_leverage(core, ALICE, 1_001) == R.LEVERAGE_OUT_OF_RANGE


def test_an_order_that_only_reduces_is_let_in_above_its_tier(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR | MARGINS)
    deposit(core, CAROL, {USD: 3_000})
    other = Side(-side)
    assert reason(core, other, 100, 60, account=BOB) == R.NONE
    assert reason(core, side, 100, 60, account=CAROL) == R.NONE
    set_mark(core, 100 - 10 * side)
    assert core.balance(CAROL, USD).free < 0
    assert reason(core, side, 100, 1, account=CAROL) == R.INSUFFICIENT_FUNDS
    assert reason(core, other, 100, 60, account=CAROL) == R.NONE


# -- what an order would lose at once

OPEN_LOSS: Final = {"open_loss": 1}


def poor_bank(make_bank: Any, contract: dict[str, int], amount: int, mark: int) -> Any:
    """Return an engine in which Carol has so much of what settles, with a mark price."""
    core = bank(make_bank, contract, min_price=-500 if contract["kind"] == LINEAR["kind"] else 1)
    deposit(core, CAROL, {contract["settle"]: amount})
    set_mark(core, mark)
    return core


@pytest.mark.parametrize(
    ("mark", "price", "needed"),
    [(100, 110, 110 + 100), (100, 100, 100), (100, 90, 90), (-100, -90, 90 + 100), (-5, 5, 105)],
)
def test_an_order_must_find_what_it_would_lose_at_the_mark(
    make_bank: Any, side: Side, mark: int, price: int, needed: int
) -> None:
    """Ten lots, told for a buyer: a seller loses where the price is below."""
    if side == SELL:
        mark, price = -mark, -price
    for amount, expected in ((needed - 1, R.INSUFFICIENT_FUNDS), (needed, R.NONE)):
        core = poor_bank(make_bank, LINEAR | OPEN_LOSS, amount, mark)
        assert reason(core, side, price, 10, account=CAROL) == expected


@pytest.mark.parametrize(
    ("side", "price", "needed"),
    [(BUY, 300, 4 + 50 - 34), (BUY, 150, 7 + 0), (SELL, 150, 7 + 67 - 50), (SELL, 300, 4)],
    ids=str,
)
def test_an_inverse_order_must_find_its_loss_in_coins(
    make_bank: Any, side: Side, price: int, needed: int
) -> None:
    """Ten lots are worth 50 at the mark, 33.3 at 300 and 66.7 at 150."""
    for amount, expected in ((needed - 1, R.INSUFFICIENT_FUNDS), (needed, R.NONE)):
        core = poor_bank(make_bank, INVERSE | OPEN_LOSS, amount, 200)
        assert reason(core, side, price, 10, account=CAROL) == expected


def test_an_inverse_loss_is_of_a_value_at_the_mark_that_makes_it_larger(
    make_bank: Any, side: Side
) -> None:
    """A lot is worth 3.33 at the mark: 4 of what is bought at 1,000 for 1, 3 of what is sold."""
    price, needed = (1_000, 1 + 3) if side == BUY else (100, 1 + 7)
    for amount, expected in ((needed - 1, R.INSUFFICIENT_FUNDS), (needed, R.NONE)):
        core = poor_bank(make_bank, INVERSE | OPEN_LOSS, amount, 300)
        assert reason(core, side, price, 1, account=CAROL) == expected


def test_without_a_mark_or_where_it_is_not_asked_an_order_has_no_open_loss(
    make_bank: Any, side: Side
) -> None:
    for terms, mark in ((OPEN_LOSS, None), ({}, 100 - 50 * side)):
        core = bank(make_bank, LINEAR | terms)
        deposit(core, CAROL, {USD: 100})
        if mark is not None:
            set_mark(core, mark)
        assert reason(core, side, 100, 10, account=CAROL) == R.NONE


def test_the_open_loss_is_not_held(make_bank: Any, side: Side) -> None:
    core = poor_bank(make_bank, LINEAR | OPEN_LOSS, 200, 100 - 10 * side)
    assert reason(core, side, 100, 10, account=CAROL) == R.NONE
    assert core.balance(CAROL, USD) == Balance(200, 0, 100, 0)
    set_mark(core, 100 - 90 * side)
    assert core.balance(CAROL, USD).free == 100
    assert withdraw(core, CAROL, USD, 100) == R.NONE


def test_the_open_loss_of_a_market_order_is_that_of_its_trades(make_bank: Any, side: Side) -> None:
    """At 100 and 110, of a mark of 100: a loss of 50, and a tenth of 1,050."""
    core = poor_bank(make_bank, LINEAR | OPEN_LOSS, 155, 100)
    other, worse = Side(-side), 100 + 10 * side
    for price in (100, worse):
        assert reason(core, other, price, 5, account=BOB) == R.NONE
    order = {"order_type": MARKET, "time_in_force": IOC, "account": CAROL}
    needed = 50 + (105 if side == BUY else 95)
    taken = withdraw(core, CAROL, USD, 155 - needed + 1)
    assert taken == R.NONE
    assert reason(core, side, 0, 10, **order) == R.INSUFFICIENT_FUNDS
    deposit(core, CAROL, {USD: 1})
    assert reason(core, side, 0, 10, **order) == R.NONE
    assert core.balance(CAROL, USD).free == 0


def test_a_replaced_order_must_find_its_loss_anew(make_bank: Any, side: Side) -> None:
    core = poor_bank(make_bank, LINEAR | OPEN_LOSS, 200, 100)
    book = core.book(0)
    assert reason(core, side, 100, 10, order_id=1, account=CAROL) == R.NONE
    set_mark(core, 100 - 10 * side)
    assert book.replace(1, 100, 11, account=CAROL).reject_reason == R.INSUFFICIENT_FUNDS
    assert book.replace(1, 100, 9, account=CAROL).reject_reason == R.NONE
    set_mark(core, 100)
    assert book.replace(1, 100, 20, account=CAROL).reject_reason == R.NONE


def test_an_order_that_only_reduces_may_lose_what_it_will(make_bank: Any, side: Side) -> None:
    core = poor_bank(make_bank, LINEAR | OPEN_LOSS, 100, 100)
    other = Side(-side)
    assert reason(core, other, 100, 10, account=BOB) == R.NONE
    assert reason(core, side, 100, 10, account=CAROL) == R.NONE
    assert reason(core, other, 100 - 50 * side, 10, account=CAROL) == R.NONE


def test_an_order_that_comes_in_later_must_find_its_loss_then(make_bank: Any, side: Side) -> None:
    core = poor_bank(make_bank, LINEAR | OPEN_LOSS, 200, 100)
    stop = {"order_type": STOP_LIMIT, "trigger_price": 100, "trigger_source": TriggerSource.INDEX}
    assert reason(core, side, 100, 10, account=CAROL, order_id=1, **stop) == R.NONE
    set_mark(core, 100 - 11 * side)
    reports = send(core, SET_PRICE, trigger_source=TriggerSource.INDEX, price=100)
    assert R.INSUFFICIENT_FUNDS in reports["reject_reason"]
    assert 1 not in core
