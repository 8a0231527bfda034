"""Accounts: their commands and permissions, whose orders are whose, and what can be asked."""

from __future__ import annotations

from typing import Any

import implementations
import pytest
from banking import (
    ALICE,
    BOB,
    BTC,
    CAROL,
    INVERSE,
    LINEAR,
    SPOT,
    USD,
    balances,
    deposit,
    instrument,
    reason_of,
    send,
    set_account,
    set_leverage,
    set_mark,
    transfer,
    withdraw,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    BUY,
    CANCEL,
    DEPOSIT,
    IOC,
    MARKET,
    MASS_CANCEL,
    REDUCE,
    REDUCE_ONLY,
    REPLACE,
    SELL,
    SET_ACCOUNT,
    SET_LEVERAGE,
    SET_POSITION,
    STOP,
    SUBMIT,
    TRANSFER,
    WITHDRAW,
    AccountFlag,
    CancelScope,
    CommandError,
    CommandKind,
    EngineError,
    ExecType,
    OrderStatus,
    Phase,
    RejectReason,
    Rounding,
    Side,
    TriggerSource,
)
from engine.records import Account, Balance, Position

R = RejectReason
NOBODY = 9
MARKED = {"trigger_source": TriggerSource.MARK}
OF_ACCOUNTS = (SET_ACCOUNT, DEPOSIT, WITHDRAW, TRANSFER, SET_LEVERAGE)


def bank(make_bank: Any, *contracts: dict[str, int], usd: int = 1_000) -> Any:
    """Return an engine in which Alice and Bob have so many dollars, and 1,000 coins."""
    core = make_bank(*map(instrument, contracts or (SPOT,)))
    for account in (ALICE, BOB):
        deposit(core, account, {USD: usd, BTC: 1_000})
    return core


# -- the commands


def test_an_account_is_made_and_changed(make_bank: Any) -> None:
    core = make_bank(instrument(SPOT))
    assert (core.accounts(), core.account(7)) == ([], None)
    send(core, SET_ACCOUNT, account=7, self_trade_group=2, quantity=255, selector=5)
    flags = AccountFlag.SUSPENDED | AccountFlag.NO_WITHDRAWALS
    assert core.account(7) == Account(group=2, tier=255, flags=flags)
    send(core, SET_ACCOUNT, account=0)
    deposit(core, 7, {USD: 10})
    assert core.accounts() == [0, 7]
    assert core.account(7) == Account(0, 0, AccountFlag(0))
    assert core.balance(7, USD).balance == 10


def test_each_command_says_its_quantity(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR)
    for kind, fields in (
        (SET_ACCOUNT, {"quantity": 3}),
        (DEPOSIT, {"quantity": 20, "instrument": BTC}),
        (WITHDRAW, {"quantity": 21, "instrument": BTC}),
        (TRANSFER, {"quantity": 22, "instrument": BTC, "linked_order_id": BOB}),
        (SET_LEVERAGE, {"quantity": 500}),
    ):
        (report,) = send(core, kind, account=ALICE, command_id=4, **fields)
        assert (report["exec_type"], report["order_status"]) == (ExecType.DONE, OrderStatus.NONE)
        assert report["last_quantity"] == fields["quantity"]
        assert (report["kind"], report["account"], report["command_id"]) == (kind, ALICE, 4)
        assert report["instrument"] == fields.get("instrument", 0)
        assert (report["last_price"], report["fee"]) == (0, 0)


def test_deposits_and_withdrawals_are_counted(make_bank: Any) -> None:
    core = bank(make_bank)
    assert withdraw(core, ALICE, USD, 300) == R.NONE
    assert balances(core, ALICE, BOB) == [(700, 1_000), (1_000, 1_000)]
    assert (core.deposits(USD), core.deposits(BTC), core.house(USD)) == (1_700, 2_000, 0)


def test_a_transfer_moves_a_part_of_a_balance(make_bank: Any) -> None:
    core = bank(make_bank)
    assert transfer(core, ALICE, BOB, USD, 300) == R.NONE
    assert balances(core, ALICE, BOB) == [(700, 1_000), (1_300, 1_000)]
    assert core.deposits(USD) == 2_000
    before = core.state_hash()
    assert transfer(core, ALICE, ALICE, USD, 700) == R.NONE
    assert transfer(core, ALICE, ALICE, USD, 701) == R.INSUFFICIENT_FUNDS
    assert core.state_hash() == before


def test_what_is_held_stays(make_bank: Any) -> None:
    core = bank(make_bank)
    core.book(0).submit(BUY, 100, 6, account=ALICE)
    assert withdraw(core, ALICE, USD, 401) == R.INSUFFICIENT_FUNDS
    assert transfer(core, ALICE, BOB, USD, 401) == R.INSUFFICIENT_FUNDS
    assert withdraw(core, ALICE, USD, 400) == R.NONE
    assert transfer(core, ALICE, BOB, BTC, 1_000) == R.NONE


def test_what_a_position_requires_stays_and_a_profit_that_is_open(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, LINEAR)
    core.book(0).submit(Side(-side), 100, 10, account=BOB)
    core.book(0).submit(side, 100, 10, account=ALICE)
    set_mark(core, 100 + 20 * side)
    assert core.balance(ALICE, USD) == Balance(1_000, 0, 100, 200)
    assert core.balance(BOB, USD) == Balance(1_000, 0, 100, -200)
    assert withdraw(core, ALICE, USD, 901) == R.INSUFFICIENT_FUNDS
    assert withdraw(core, ALICE, USD, 900) == R.NONE
    assert transfer(core, BOB, ALICE, USD, 701) == R.INSUFFICIENT_FUNDS
    assert transfer(core, BOB, ALICE, USD, 700) == R.NONE


@pytest.mark.parametrize("amount", [0, -1, -(2**63)])
@pytest.mark.parametrize("kind", [DEPOSIT, WITHDRAW, TRANSFER], ids=lambda kind: kind.name)
def test_an_amount_is_at_least_one(make_bank: Any, kind: CommandKind, amount: int) -> None:
    core = bank(make_bank)
    receiver = {"linked_order_id": BOB} if kind == TRANSFER else {}
    refused = reason_of(core, kind, account=ALICE, quantity=amount, **receiver)
    assert refused == R.AMOUNT_OUT_OF_RANGE


def test_all_deposits_of_a_currency_have_63_bits(make_bank: Any) -> None:
    core = bank(make_bank)
    fields = {"account": ALICE, "instrument": USD}
    most = 2**63 - 1 - 2_000
    assert reason_of(core, DEPOSIT, **fields, quantity=most + 1) == R.AMOUNT_OUT_OF_RANGE
    assert reason_of(core, DEPOSIT, **fields, quantity=most) == R.NONE
    assert reason_of(core, DEPOSIT, **fields, quantity=1) == R.AMOUNT_OUT_OF_RANGE
    assert withdraw(core, BOB, USD, 1) == R.NONE
    assert reason_of(core, DEPOSIT, **fields, quantity=1) == R.NONE


@pytest.mark.parametrize(("tier", "expected"), [(-1, 71), (0, 0), (255, 0), (256, 71)])
def test_there_are_256_tiers(make_bank: Any, tier: int, expected: int) -> None:
    core = make_bank(instrument(SPOT))
    assert reason_of(core, SET_ACCOUNT, account=1, quantity=tier) == expected
    assert core.accounts() == ([1] if expected == 0 else [])


@pytest.mark.parametrize(
    ("contract", "leverage", "expected"),
    [
        (LINEAR, 99, R.LEVERAGE_OUT_OF_RANGE),
        (LINEAR, 100, R.NONE),
        (LINEAR, 1_000, R.NONE),
        (LINEAR, 1_001, R.LEVERAGE_OUT_OF_RANGE),
        (INVERSE, 1_000, R.NONE),
        (LINEAR | {"initial_rate": 0}, 2**63 - 1, R.NONE),
        (LINEAR | {"initial_rate": 333_333_334}, 300, R.NONE),
        (LINEAR | {"initial_rate": 333_333_335}, 300, R.LEVERAGE_OUT_OF_RANGE),
        (SPOT, 100, R.LEVERAGE_OUT_OF_RANGE),
    ],
    ids=str,
)
def test_leverage_has_bounds(
    make_bank: Any, contract: dict[str, int], leverage: int, expected: RejectReason
) -> None:
    assert set_leverage(bank(make_bank, contract), ALICE, leverage) == expected


def test_a_selector_is_made_of_the_bits_that_there_are(make_bank: Any) -> None:
    core = make_bank(instrument(SPOT))
    send(core, SET_ACCOUNT, account=1, selector=7)
    with pytest.raises(CommandError, match="selector"):
        send(core, SET_ACCOUNT, account=1, selector=8)


# -- who is known


def test_an_account_that_was_never_set_is_unknown(make_bank: Any) -> None:
    core = bank(make_bank)
    core.book(0).submit(BUY, 10, 1, account=ALICE, order_id=1)
    known = {"account": NOBODY}
    order = known | {"order_id": 1}
    assert reason_of(core, SUBMIT, side=BUY, price=1, quantity=1, **known) == R.UNKNOWN_ACCOUNT
    assert reason_of(core, CANCEL, **order) == R.UNKNOWN_ACCOUNT
    assert reason_of(core, REPLACE, price=1, quantity=1, **order) == R.UNKNOWN_ACCOUNT
    assert reason_of(core, REDUCE, quantity=1, **order) == R.UNKNOWN_ACCOUNT
    by_account = {"selector": CancelScope.BY_ACCOUNT}
    assert reason_of(core, MASS_CANCEL, **known, **by_account) == R.UNKNOWN_ACCOUNT
    assert reason_of(core, DEPOSIT, quantity=1, **known) == R.UNKNOWN_ACCOUNT
    assert withdraw(core, NOBODY, USD, 1) == R.UNKNOWN_ACCOUNT
    assert transfer(core, NOBODY, ALICE, USD, 1) == R.UNKNOWN_ACCOUNT
    assert set_leverage(core, NOBODY, 100) == R.UNKNOWN_ACCOUNT
    for receiver in (NOBODY, 2**32 + ALICE, 2**64 - 1):
        assert transfer(core, ALICE, receiver, USD, 1) == R.UNKNOWN_ACCOUNT
    assert reason_of(core, MASS_CANCEL, **known) == R.NONE  # of everyone


@pytest.mark.parametrize("currency", [3, 2**32 - 1])
def test_a_currency_that_was_never_added_is_unknown(make_bank: Any, currency: int) -> None:
    core = bank(make_bank)
    fields = {"account": ALICE, "instrument": currency, "quantity": 1}
    assert reason_of(core, DEPOSIT, **fields) == R.UNKNOWN_CURRENCY
    assert withdraw(core, ALICE, currency, 1) == R.UNKNOWN_CURRENCY
    assert transfer(core, ALICE, BOB, currency, 1) == R.UNKNOWN_CURRENCY


def test_a_position_from_outside_is_refused(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR)
    for account in (ALICE, NOBODY):
        refused = reason_of(core, SET_POSITION, account=account, quantity=3)
        assert refused == R.NOT_WITH_ACCOUNTS


@pytest.mark.parametrize("kind", OF_ACCOUNTS, ids=lambda kind: kind.name)
def test_without_accounts_every_account_is_unknown(make_core: Any, kind: CommandKind) -> None:
    core = make_core({})
    fields = {"quantity": 1} | ({"instrument": 7} if kind == DEPOSIT else {})
    assert reason_of(core, kind, account=1, **fields) == R.UNKNOWN_ACCOUNT
    assert reason_of(core, kind, account=1, order_id=1, **fields) == R.MALFORMED


# -- whose an order is


@pytest.mark.parametrize("kind", [CANCEL, REPLACE, REDUCE], ids=lambda kind: kind.name)
def test_the_order_of_another_is_not_touched_nor_told_of(
    make_bank: Any, side: Side, kind: CommandKind
) -> None:
    core = bank(make_bank)
    core.book(0).submit(side, 20, 6, account=ALICE, order_id=5, client_order_id=70)
    numbers = {CANCEL: {}, REPLACE: {"price": 21, "quantity": 3}, REDUCE: {"quantity": 3}}[kind]
    before = core.state_hash()
    (report,) = send(core, kind, account=BOB, order_id=5, **numbers)
    assert report["reject_reason"] == R.NOT_THE_OWNER
    told = ("order_id", "account", "order_status", "side", "leaves_quantity", "client_order_id")
    assert report[[*told]].item() == (5, BOB, OrderStatus.REJECTED, 0, 0, 0)
    assert core.state_hash() == before
    (report,) = send(core, kind, account=NOBODY, order_id=5, **numbers)
    assert report["reject_reason"] == R.UNKNOWN_ACCOUNT
    assert (report["account"], report["leaves_quantity"]) == (NOBODY, 0)
    assert reason_of(core, kind, account=ALICE, order_id=5, **numbers) == R.NONE


# -- permissions


def test_a_suspended_account_may_only_cancel(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    book = core.book(0)
    book.submit(side, 20, 6, account=ALICE, order_id=5)
    set_account(core, ALICE, AccountFlag.SUSPENDED)
    assert book.submit(side, 20, 6, account=ALICE).reject_reason == R.NOT_PERMITTED
    assert book.replace(5, 20, 3, account=ALICE).reject_reason == R.NOT_PERMITTED
    assert book.reduce(5, 1, account=ALICE).reject_reason == R.NONE
    assert withdraw(core, ALICE, USD, 1) == R.NONE
    assert book.cancel(5, account=ALICE).reject_reason == R.NONE
    set_account(core, ALICE)
    assert book.submit(side, 20, 6, account=ALICE).reject_reason == R.NONE


def test_an_account_for_closing_only_may_reduce(make_bank: Any, side: Side) -> None:
    core = bank(make_bank, LINEAR)
    book = core.book(0)
    book.submit(Side(-side), 20, 6, account=BOB)
    book.submit(side, 20, 6, account=ALICE)
    book.submit(side, 20 - 9 * side, 6, account=ALICE, order_id=5)
    set_account(core, ALICE, AccountFlag.CLOSE_ONLY)
    reducing = {"account": ALICE, "flags": REDUCE_ONLY, "order_id": 6}
    assert book.submit(Side(-side), 20, 1, account=ALICE).reject_reason == R.NOT_PERMITTED
    assert book.replace(5, 20 - 9 * side, 3, account=ALICE).reject_reason == R.NOT_PERMITTED
    assert book.submit(Side(-side), 20 + 9 * side, 4, **reducing).reject_reason == R.NONE
    assert book.replace(6, 20 + 8 * side, 4, account=ALICE).reject_reason == R.NONE


def test_withdrawals_may_be_forbidden(make_bank: Any) -> None:
    core = bank(make_bank)
    set_account(core, ALICE, AccountFlag.NO_WITHDRAWALS)
    assert withdraw(core, ALICE, USD, 1) == R.NOT_PERMITTED
    assert transfer(core, ALICE, BOB, USD, 1) == R.NOT_PERMITTED
    assert transfer(core, BOB, ALICE, USD, 1) == R.NONE
    assert core.book(0).submit(BUY, 20, 6, account=ALICE).reject_reason == R.NONE


def test_an_order_that_enters_later_is_not_asked_again(make_bank: Any) -> None:
    core = bank(make_bank)
    book = core.book(0)
    book.submit(BUY, 0, 3, account=ALICE, order_type=STOP, trigger_price=50, **MARKED)
    set_account(core, ALICE, AccountFlag.SUSPENDED)
    book.submit(SELL, 50, 3, account=BOB)
    set_mark(core, 50)
    assert balances(core, ALICE) == [(850, 1_030)]


# -- reduce-only


def test_reduce_only_orders_are_held_against_the_accounts_own_position(
    make_bank: Any, side: Side
) -> None:
    core = bank(make_bank, LINEAR)
    book = core.book(0)
    assert (book.position(ALICE), book.position(NOBODY)) == (0, None)
    reducing = {"account": ALICE, "flags": REDUCE_ONLY}
    refused = book.submit(Side(-side), 100, 1, **reducing).reject_reason
    assert refused == R.REDUCE_ONLY_WOULD_INCREASE
    book.submit(Side(-side), 100, 5, account=BOB)
    book.submit(side, 100, 5, account=ALICE)
    assert (book.position(ALICE), book.position(BOB)) == (5 * side, -5 * side)
    assert book.submit(Side(-side), 100, 9, **reducing).leaves_quantity == 5
    book.submit(Side(-side), 100 - side, 3, account=ALICE)
    report = book.submit(side, 100 - side, 3, account=BOB)
    assert report.reports["leaves_quantity"].tolist()[-1] == 2  # what is left of the position


def test_in_spot_nothing_is_reduced(make_bank: Any, side: Side) -> None:
    core = bank(make_bank)
    book = core.book(0)
    book.submit(SELL, 100, 5, account=BOB)
    book.submit(BUY, 100, 5, account=ALICE)
    refused = book.submit(side, 100, 1, account=ALICE, flags=REDUCE_ONLY).reject_reason
    assert refused == R.REDUCE_ONLY_WOULD_INCREASE
    assert book.position(ALICE) is None


def test_a_position_and_what_is_open_are_within_64_bits(make_bank: Any, side: Side) -> None:
    free = LINEAR | {"initial_rate": 0}
    core = bank(make_bank, free)
    book = core.book(0)
    most = 2**63 - 1
    book.submit(Side(-side), 1, most, account=BOB)
    book.submit(side, 1, most, account=ALICE)
    assert book.position(ALICE) == most * side
    refused = book.submit(side, 1, 1, account=ALICE, time_in_force=IOC).reject_reason
    assert refused == R.QUANTITY_OVERFLOW
    assert book.submit(Side(-side), 1, most, account=ALICE).reject_reason == R.NONE


# -- what can be asked


def test_questions_about_what_there_is_not(make_bank: Any) -> None:
    core = bank(make_bank, SPOT, LINEAR)
    assert (core.account(NOBODY), core.balance(NOBODY, USD), core.balance(ALICE, 3)) == (None,) * 3
    positions = [core.account_position(account, 1) for account in (ALICE, NOBODY)]
    assert positions == [Position(0, 0, 0, 0, 0, 0, 0, 0, 10**8), None]
    assert [core.account_position(ALICE, number) for number in (0, 2)] == [None, None]
    for question in (core.house, core.deposits):
        with pytest.raises(EngineError, match="currency was 3"):
            question(3)


def test_an_engine_without_accounts_has_none(make_bank: Any) -> None:
    core = type(make_bank())()
    core.add_instrument()
    assert (core.accounts(), core.account(0), core.balance(0, 0)) == ([], None, None)
    assert core.account_position(0, 0) is None
    with pytest.raises(ValueError, match="accounts"):
        core.add_currency()
    with pytest.raises(ValueError, match="contract"):
        core.add_instrument(contract=LINEAR)
    with pytest.raises(EngineError, match="currency was 0"):
        core.house(0)


def test_currencies_and_instruments_are_numbered(make_bank: Any) -> None:
    core = make_bank(currencies=0)
    assert [core.add_currency() for _ in range(3)] == [0, 1, 2]
    assert [core.add_instrument(**instrument(LINEAR)) for _ in range(2)] == [0, 1]
    set_account(core, ALICE)
    assert core.add_instrument(**instrument(INVERSE)) == 2
    assert core.account_position(ALICE, 2).quantity == 0
    assert core.book(2).position(ALICE) == 0


@pytest.mark.parametrize(
    ("contract", "name"),
    [
        (SPOT | {"base": 3}, "base"),
        (SPOT | {"base": USD}, "base"),
        (SPOT | {"settle": 3}, "settle"),
        (SPOT | {"lot_units": 0}, "lot_units"),
        (SPOT | {"initial_rate": 1}, "initial_rate"),
        (SPOT | {"min_price": -1}, "min_price"),
        (LINEAR | {"base": 1}, "base"),
        (LINEAR | {"lot_units": 1}, "lot_units"),
        (LINEAR | {"value_factor": 0}, "value_factor"),
        (LINEAR | {"maker_rate": 10**9 + 1}, "maker_rate"),
        (LINEAR | {"taker_rate": -(10**9) - 1}, "taker_rate"),
        (LINEAR | {"initial_rate": 10**9 + 1}, "initial_rate"),
        (LINEAR | {"maintenance_rate": 10**8 + 1}, "maintenance_rate"),
        (LINEAR | {"maintenance_rate": -1}, "maintenance_rate"),
        (LINEAR | {"fee_rounding": 6}, "6"),
        (LINEAR | {"color": 1}, "color"),
        (INVERSE | {"min_price": 0}, "min_price"),
    ],
    ids=str,
)
def test_a_contract_that_makes_no_sense_is_refused(
    make_bank: Any, contract: dict[str, int], name: str
) -> None:
    core = make_bank()
    terms = instrument({name: term for name, term in contract.items() if name != "min_price"})
    if "min_price" in contract:
        terms["min_price"] = contract["min_price"]
    with pytest.raises(ValueError, match=name):
        core.add_instrument(**terms)
    assert core.instrument_count == 0


def test_with_accounts_an_instrument_has_a_contract(make_bank: Any) -> None:
    core = make_bank()
    with pytest.raises(ValueError, match="contract"):
        core.add_instrument()
    assert core.instrument_count == 0


def test_the_state_hash_covers_accounts(make_bank: Any) -> None:
    core = bank(make_bank, LINEAR)
    hashes = [core.state_hash()]

    def note() -> None:
        hashes.append(core.state_hash())

    for fields in ({"self_trade_group": 1}, {"quantity": 1}, {"selector": 1}, {}):
        send(core, SET_ACCOUNT, account=ALICE, **fields)
        note()
    assert hashes.pop() == hashes[0]
    set_account(core, CAROL)
    note()
    deposit(core, CAROL, {USD: 5})
    note()
    transfer(core, CAROL, ALICE, USD, 5)
    note()
    transfer(core, ALICE, CAROL, USD, 5)
    assert core.state_hash() == hashes[-2]
    withdraw(core, CAROL, USD, 5)
    assert core.state_hash() == hashes[-3]
    set_leverage(core, ALICE, 500)
    note()
    core.book(0).submit(BUY, 10, 5, account=ALICE)
    core.book(0).submit(SELL, 10, 5, account=BOB)
    note()
    core.book(0).submit(SELL, 10, 5, account=ALICE)
    core.book(0).submit(BUY, 10, 5, account=BOB)
    note()
    assert len(set(hashes)) == len(hashes)


# -- nothing comes from nowhere

CONTRACTS = [
    SPOT | {"value_factor": 3, "lot_units": 7, "maker_rate": 12_345_678, "taker_rate": 9_876_543},
    LINEAR | {"value_factor": 7, "maker_rate": -3_333_333, "taker_rate": 7_777_777},
    INVERSE | {"settle": USD, "value_factor": 9_973, "taker_rate": 5_555_555},
]
orders = st.tuples(
    st.integers(0, 2),
    st.sampled_from([ALICE, BOB, CAROL]),
    st.sampled_from(list(Side)),
    st.integers(1, 12),
    st.integers(1, 9),
    st.booleans(),
)
moves = st.tuples(
    st.sampled_from([ALICE, BOB, CAROL]), st.sampled_from([ALICE, BOB, CAROL]), st.integers(1, 300)
)


@pytest.mark.parametrize("name", implementations.with_accounts())
@settings(deadline=None)
@given(
    st.lists(orders | moves, max_size=40),
    st.sampled_from(Rounding),
    st.sampled_from(Rounding),
    st.booleans(),
)
def test_money_is_neither_made_nor_lost(
    name: str,
    events: list[tuple[Any, ...]],
    of_values: Rounding,
    of_fees: Rounding,
    is_called: bool,
) -> None:
    core = implementations.load(name).core(accounts=True)
    for _ in range(3):
        core.add_currency()
    rounding = {"value_rounding": of_values, "fee_rounding": of_fees}
    for contract in CONTRACTS:
        core.add_instrument(**instrument(contract | rounding))
    for account in (ALICE, BOB, CAROL):
        deposit(core, account, {USD: 400, BTC: 200})
    if is_called:
        for number in range(3):
            core.book(number).set_phase(Phase.OPENING_CALL)
    for event in events:
        carry_out(core, event)
        require_conservation(core)
    for number in range(3):
        core.book(number).set_phase(Phase.CONTINUOUS)
    require_conservation(core)


def carry_out(core: Any, event: tuple[Any, ...]) -> None:
    """Move something between accounts, or enter an order."""
    if len(event) == 3:
        transfer(core, event[0], event[1], USD, event[2])
        return
    number, account, side, price, quantity, is_market = event
    kind = {"order_type": MARKET} if is_market else {}
    core.book(number).submit(side, 0 if is_market else price, quantity, account=account, **kind)


def require_conservation(core: Any) -> None:
    """Require what the page says always holds, by nothing but the questions."""
    core.check_invariants()
    accounts = core.accounts()
    for number in (1, 2):
        positions = [core.account_position(account, number) for account in accounts]
        assert sum(position.quantity for position in positions) == 0
    for currency in range(3):
        owned = core.house(currency)
        for account in accounts:
            owned += core.balance(account, currency).balance
            for number, sign in ((1, -1), (2, 1)) if currency == USD else ():
                position = core.account_position(account, number)
                owned += sign * position.entry_value * (1 if position.quantity >= 0 else -1)
        assert owned == core.deposits(currency)
    for account in accounts:
        coins = core.balance(account, BTC)
        assert 0 <= coins.held <= coins.balance


def test_a_contract_is_of_a_kind_that_there_is(make_bank: Any) -> None:
    core = make_bank()
    with pytest.raises(ValueError, match="3"):
        core.add_instrument(contract=LINEAR | {"kind": 3})
    assert core.instrument_count == 0
