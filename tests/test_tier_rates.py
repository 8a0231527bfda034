"""Rate limits in the engine: what counts, for whom, for how long, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from banking import (
    ALICE,
    BOB,
    CAROL,
    LINEAR,
    USD,
    deposit,
    instrument,
    reason_of,
    send,
    set_rate,
    switch_off,
    switch_on,
)

from engine import (
    BUY,
    CANCEL,
    MASS_CANCEL,
    REDUCE,
    REPLACE,
    SELL,
    SET_ACCOUNT,
    SET_RATE,
    STOP,
    SUBMIT,
    SWITCH,
    CancelScope,
    CommandError,
    CommandKind,
    ExecType,
    OrderStatus,
    RateKind,
    RateLimit,
    RejectReason,
    SwitchScope,
    TriggerSource,
)
from engine.rate_tiers import FOREVER, UNLIMITED, RateAnswer

R = RejectReason
L = RateLimit
NOBODY = 9
SECOND = 10**9
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
PERIODS = {
    L.ORDERS_PER_TEN_SECONDS: 10 * SECOND,
    L.ORDERS_PER_MINUTE: MINUTE,
    L.ORDERS_PER_DAY: DAY,
}
ORDER_ID = 50


def bank(make_bank: Any, *contracts: dict[str, int]) -> Any:
    """Return an engine in which three have all that they can need, and Alice an order of 9 lots."""
    core = make_bank(*map(instrument, contracts or (LINEAR,)))
    for account in (ALICE, BOB, CAROL):
        deposit(core, account, {USD: 10**9})
    core.book(0).submit(BUY, 90, 9, ORDER_ID, account=ALICE)
    return core


def submit(core: Any, account: int = ALICE, price: int = 80, **fields: int) -> RejectReason:
    """Submit an order that rests, and return why it was refused."""
    orders = {"account": account, "side": BUY, "price": price, "quantity": 1}
    return reason_of(core, SUBMIT, **orders | fields)


def cancel(core: Any, order_id: int = ORDER_ID, account: int = ALICE, **more: int) -> RejectReason:
    return reason_of(core, CANCEL, order_id=order_id, account=account, **more)


def used(core: Any, kind: RateKind, account: int = ALICE) -> int:
    """Return how much of a limit of 100 is used up."""
    return 100 - core.rate(account, kind).remaining


# -- the command


@pytest.mark.parametrize("value", [-1, 0, 1, 10_000_000])
@pytest.mark.parametrize("limit", L, ids=lambda limit: limit.name)
def test_a_rate_is_set_and_taken_away(make_bank: Any, limit: RateLimit, value: int) -> None:
    core = bank(make_bank)
    fields = {"self_trade_group": 255, "selector": limit}
    (report,) = send(core, SET_RATE, **fields, quantity=value, command_id=4)
    assert (report["exec_type"], report["order_status"]) == (ExecType.DONE, OrderStatus.NONE)
    assert (report["last_quantity"], report["command_id"]) == (value, 4)
    assert core.rate_limit(255, limit) == (None if value == -1 else value)
    assert core.rate_limit(254, limit) is None
    others = [other for other in L if other != limit]
    assert [core.rate_limit(255, other) for other in others] == [None] * len(others)
    send(core, SET_RATE, **fields, quantity=-1)
    assert core.rate_limit(255, limit) is None


def test_there_is_no_rate_without_accounts(make_core: Any) -> None:
    core = make_core({})
    assert set_rate(core, L.ORDERS_PER_MINUTE, 0) == R.UNKNOWN_ACCOUNT
    assert core.rate_limit(0, L.ORDERS_PER_MINUTE) is None
    assert core.rate(0, RateKind.ORDER) is None
    assert core.book(0).submit(BUY, 1, 1).exec_type == ExecType.NEW


@pytest.mark.parametrize("selector", [0, len(L) + 1, 2**16 - 1])
def test_a_rate_that_there_is_not_is_misuse(make_bank: Any, selector: int) -> None:
    core = bank(make_bank)
    with pytest.raises(CommandError, match=r"^commands\[0\]\.selector was "):
        send(core, SET_RATE, selector=selector)
    with pytest.raises(ValueError, match=r"RateLimit|^limit was "):
        core.rate_limit(0, selector)


def test_nothing_is_limited_at_first(make_bank: Any) -> None:
    core = bank(make_bank)
    answer = RateAnswer(allowed=True, remaining=UNLIMITED, retry_after=0, reset_time=0)
    assert [core.rate(ALICE, kind) for kind in RateKind] == [answer] * len(RateKind)
    assert core.rate(NOBODY, RateKind.ORDER) is None


# -- what counts


@pytest.mark.parametrize("limit", PERIODS, ids=lambda limit: limit.name)
def test_orders_are_limited_in_each_window(make_bank: Any, limit: RateLimit) -> None:
    core = bank(make_bank)
    period = PERIODS[limit]
    assert set_rate(core, limit, 2) == R.NONE
    time = 3 * period - 1
    assert [submit(core, timestamp=time) for _ in range(3)] == [R.NONE, R.NONE, R.RATE_LIMITED]
    answer = RateAnswer(allowed=False, remaining=0, retry_after=1, reset_time=3 * period)
    assert core.rate(ALICE, RateKind.ORDER) == answer
    assert submit(core, timestamp=time + 1) == R.NONE
    assert core.rate(ALICE, RateKind.ORDER).remaining == 1
    assert core.rate(ALICE, RateKind.ORDER).reset_time == 4 * period


def test_all_limits_must_pass_and_the_longest_wait_is_told(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_TEN_SECONDS, 1)
    set_rate(core, L.ORDERS_PER_MINUTE, 2)
    set_rate(core, L.ORDERS_PER_DAY, 3)
    assert submit(core, timestamp=MINUTE) == R.NONE
    assert submit(core) == R.RATE_LIMITED
    assert core.rate(ALICE, RateKind.ORDER).retry_after == 10 * SECOND
    assert submit(core, timestamp=MINUTE + 10 * SECOND) == R.NONE
    assert core.rate(ALICE, RateKind.ORDER).retry_after == 50 * SECOND
    assert submit(core, timestamp=MINUTE + 20 * SECOND) == R.RATE_LIMITED
    assert submit(core, timestamp=2 * MINUTE) == R.NONE
    assert core.rate(ALICE, RateKind.ORDER).retry_after == DAY - 2 * MINUTE
    assert core.rate(ALICE, RateKind.ORDER).reset_time == DAY


OF_ORDERS: dict[CommandKind, dict[str, int]] = {
    SUBMIT: {"side": BUY, "price": 80, "quantity": 1},
    REPLACE: {"order_id": ORDER_ID, "price": 91, "quantity": 9},
}
OF_CANCELS: dict[CommandKind, dict[str, int]] = {
    CANCEL: {"order_id": ORDER_ID},
    REDUCE: {"order_id": ORDER_ID, "quantity": 1},
    MASS_CANCEL: {"selector": CancelScope.BY_ACCOUNT},
}
COUNTED = [(kind, fields, RateKind.ORDER) for kind, fields in OF_ORDERS.items()] + [
    (kind, fields, RateKind.CANCEL) for kind, fields in OF_CANCELS.items()
]


@pytest.mark.parametrize(("kind", "fields", "rate"), COUNTED, ids=lambda value: str(value)[:7])
def test_each_kind_counts_as_what_it_is(
    make_bank: Any, kind: CommandKind, fields: dict[str, int], rate: RateKind
) -> None:
    core = bank(make_bank)
    for limit in (L.ORDERS_PER_MINUTE, L.CANCELS_PER_MINUTE):
        set_rate(core, limit, 100)
    assert reason_of(core, kind, account=ALICE, **fields) == R.NONE
    other = RateKind.CANCEL if rate == RateKind.ORDER else RateKind.ORDER
    assert [used(core, rate), used(core, other), used(core, rate, BOB)] == [1, 0, 0]
    limit = L.ORDERS_PER_MINUTE if rate == RateKind.ORDER else L.CANCELS_PER_MINUTE
    set_rate(core, limit, 1)
    again = R.UNKNOWN_ORDER if kind == CANCEL else R.RATE_LIMITED
    assert reason_of(core, kind, account=ALICE, **fields) == again
    assert core.rate(ALICE, rate).remaining == 0


REFUSED: dict[str, tuple[CommandKind, RejectReason, dict[str, int]]] = {
    "no such instrument": (SUBMIT, R.UNKNOWN_INSTRUMENT, {"instrument": 7, "side": BUY}),
    "a special order of none": (
        SUBMIT,
        R.UNKNOWN_INSTRUMENT,
        {"instrument": 7, "side": BUY, "minimum_quantity": 1},
    ),
    "an id that is taken": (SUBMIT, R.DUPLICATE_ORDER_ID, {"side": BUY, "order_id": ORDER_ID}),
    "no quantity": (SUBMIT, R.QUANTITY_TOO_SMALL, {"side": BUY, "price": 1}),
    "no funds": (SUBMIT, R.INSUFFICIENT_FUNDS, {"side": BUY, "price": 10**9, "quantity": 10**9}),
    "no such order": (CANCEL, R.UNKNOWN_ORDER, {"order_id": 99}),
    "an order of no instrument": (CANCEL, R.UNKNOWN_INSTRUMENT, {"instrument": 7}),
    "another's order": (REPLACE, R.NOT_THE_OWNER, {"order_id": ORDER_ID, "account": BOB}),
    "nothing to take off": (REDUCE, R.QUANTITY_TOO_SMALL, {"order_id": ORDER_ID}),
    "orders of no instrument": (
        MASS_CANCEL,
        R.UNKNOWN_INSTRUMENT,
        {"instrument": 7, "selector": CancelScope.BY_INSTRUMENT | CancelScope.BY_ACCOUNT},
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_counts_as_well(make_bank: Any, name: str) -> None:
    core = bank(make_bank)
    kind, reason, fields = REFUSED[name]
    rate = RateKind.ORDER if kind in OF_ORDERS else RateKind.CANCEL
    for limit in (L.ORDERS_PER_MINUTE, L.CANCELS_PER_MINUTE):
        set_rate(core, limit, 100)
    account = fields.get("account", ALICE)
    assert reason_of(core, kind, **{"account": ALICE} | fields) == reason
    assert used(core, rate, account) == 1


def test_what_is_malformed_does_not_count(make_bank: Any) -> None:
    core = bank(make_bank)
    for limit in (L.ORDERS_PER_MINUTE, L.CANCELS_PER_MINUTE):
        set_rate(core, limit, 100)
    assert submit(core, selector=1) == R.MALFORMED
    assert cancel(core, price=1) == R.MALFORMED
    assert reason_of(core, MASS_CANCEL, account=ALICE, bound=1) == R.MALFORMED
    assert [used(core, kind) for kind in (RateKind.ORDER, RateKind.CANCEL)] == [0, 0]


def test_nobody_is_not_counted(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_MINUTE, 0)
    set_rate(core, L.CANCELS_PER_MINUTE, 0)
    assert submit(core, NOBODY) == R.UNKNOWN_ACCOUNT
    assert cancel(core, account=NOBODY) == R.UNKNOWN_ACCOUNT
    assert submit(core, NOBODY, instrument=7) == R.UNKNOWN_INSTRUMENT


def test_a_refusal_takes_nothing(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_TEN_SECONDS, 1)
    set_rate(core, L.ORDERS_PER_DAY, 2)
    assert submit(core) == R.NONE
    assert [submit(core) for _ in range(5)] == 5 * [R.RATE_LIMITED]
    assert submit(core, timestamp=10 * SECOND) == R.NONE


def test_an_earlier_reason_goes_before_and_then_takes_nothing(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_TEN_SECONDS, 1)
    set_rate(core, L.ORDERS_PER_DAY, 2)
    assert submit(core) == R.NONE
    assert submit(core, quantity=0) == R.QUANTITY_TOO_SMALL
    assert submit(core, price=10**9, quantity=10**9) == R.RATE_LIMITED
    assert submit(core, timestamp=10 * SECOND) == R.NONE


def test_the_order_that_a_refusal_names_is_told_of(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.CANCELS_PER_MINUTE, 0)
    before = core.state_hash()
    (report,) = send(core, CANCEL, order_id=ORDER_ID, account=ALICE)
    assert report["reject_reason"] == R.RATE_LIMITED
    assert (report["order_status"], report["leaves_quantity"]) == (OrderStatus.NEW, 9)
    assert core.state_hash() == before
    set_rate(core, L.CANCELS_PER_MINUTE, -1)
    assert cancel(core) == R.NONE


def test_what_is_the_operators_is_not_limited(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_MINUTE, 0)
    set_rate(core, L.CANCELS_PER_MINUTE, 0)
    fields = {"account": ALICE, "selector": CancelScope.BY_ACCOUNT}
    assert reason_of(core, MASS_CANCEL, **fields) == R.RATE_LIMITED
    reports = switch_off(core, SwitchScope.BY_ACCOUNT, account=ALICE)
    assert reports["exec_type"].tolist() == [ExecType.CANCELED, ExecType.DONE]
    switch_on(core, SwitchScope.BY_ACCOUNT, account=ALICE)
    set_rate(core, L.ORDERS_PER_MINUTE, 100)
    assert submit(core) == R.NONE
    reports = send(core, MASS_CANCEL, account=ALICE)
    assert reports["exec_type"].tolist() == [ExecType.CANCELED, ExecType.DONE]
    assert reason_of(core, SWITCH, account=ALICE, quantity=0) == R.NONE


def test_orders_that_come_in_later_are_not_counted(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_MINUTE, 1)
    stop = {"order_type": STOP, "trigger_price": 90, "trigger_source": TriggerSource.LAST}
    assert submit(core, CAROL, price=0, side=SELL, **stop) == R.NONE
    assert submit(core, CAROL) == R.RATE_LIMITED
    assert submit(core, BOB, price=90, side=SELL) == R.NONE
    assert core.account_position(CAROL, 0).quantity == -1


# -- for whom, and for how long


def test_the_tier_of_an_account_says_what_it_may(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_MINUTE, 1)
    set_rate(core, L.ORDERS_PER_MINUTE, 3, tier=7)
    assert reason_of(core, SET_ACCOUNT, account=BOB, quantity=7) == R.NONE
    assert [submit(core, BOB) for _ in range(4)] == [*3 * [R.NONE], R.RATE_LIMITED]
    assert [submit(core) for _ in range(2)] == [R.NONE, R.RATE_LIMITED]
    assert reason_of(core, SET_ACCOUNT, account=ALICE, quantity=7) == R.NONE
    assert [submit(core) for _ in range(3)] == [R.NONE, R.NONE, R.RATE_LIMITED]
    assert reason_of(core, SET_ACCOUNT, account=ALICE, quantity=8) == R.NONE
    assert core.rate(ALICE, RateKind.ORDER).remaining == UNLIMITED
    assert reason_of(core, SET_ACCOUNT, account=ALICE) == R.NONE
    assert submit(core) == R.NONE  # in tier 8 it was forgotten


def test_accounts_that_come_later_are_counted_too(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_MINUTE, 1, tier=5)
    for account in (12, 11):
        assert reason_of(core, SET_ACCOUNT, account=account, quantity=5) == R.NONE
        deposit_into(core, account)
        assert [submit(core, account) for _ in range(2)] == [R.NONE, R.RATE_LIMITED]
    assert [submit(core) for _ in range(2)] == [R.NONE, R.NONE]


def deposit_into(core: Any, account: int) -> None:
    """Give an account of another tier than the first something."""
    tier = core.account(account).tier
    deposit(core, account, {USD: 10**6})
    assert reason_of(core, SET_ACCOUNT, account=account, quantity=tier) == R.NONE


def test_what_was_counted_counts_when_a_limit_is_set_again(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_MINUTE, 3)
    assert [submit(core) for _ in range(2)] == [R.NONE, R.NONE]
    set_rate(core, L.ORDERS_PER_MINUTE, -1)
    assert [submit(core) for _ in range(5)] == 5 * [R.NONE]
    set_rate(core, L.ORDERS_PER_MINUTE, 3)
    assert [submit(core) for _ in range(2)] == [R.NONE, R.RATE_LIMITED]
    set_rate(core, L.ORDERS_PER_MINUTE, -1)
    assert submit(core, timestamp=MINUTE) == R.NONE
    set_rate(core, L.ORDERS_PER_MINUTE, 1)
    assert submit(core) == R.NONE


@pytest.mark.parametrize(
    ("factor", "allowed"), [(0, 0), (333_333, 0), (500_000, 1), (1_500_000, 4), (10_000_000, 30)]
)
def test_a_factor_multiplies_the_limits_of_a_tier(
    make_bank: Any, factor: int, allowed: int
) -> None:
    core = bank(make_bank)
    for tier in (0, 1):
        set_rate(core, L.ORDERS_PER_MINUTE, 3, tier)
    set_rate(core, L.ORDERS_PER_DAY, 10**7)
    set_rate(core, L.FACTOR, factor)
    assert reason_of(core, SET_ACCOUNT, account=BOB, quantity=1) == R.NONE
    assert core.rate(ALICE, RateKind.ORDER).remaining == allowed
    assert core.rate(BOB, RateKind.ORDER).remaining == 3
    assert core.rate_limit(0, L.ORDERS_PER_MINUTE) == 3
    set_rate(core, L.FACTOR, -1)
    assert core.rate(ALICE, RateKind.ORDER).remaining == 3


def test_a_factor_goes_with_limits_that_are_set_later(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.FACTOR, 2_000_000)
    set_rate(core, L.CANCELS_PER_MINUTE, 2)
    assert core.rate(ALICE, RateKind.CANCEL).remaining == 4
    set_rate(core, L.CANCELS_PER_MINUTE, 0)
    assert core.rate(ALICE, RateKind.CANCEL).retry_after == FOREVER


def test_an_earlier_time_counts_as_the_engines(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_MINUTE, 1)
    assert submit(core, BOB, timestamp=MINUTE) == R.NONE
    assert submit(core, timestamp=5) == R.NONE
    assert submit(core, timestamp=6) == R.RATE_LIMITED
    assert core.rate(ALICE, RateKind.ORDER).reset_time == 2 * MINUTE


# -- the state


def test_the_state_has_what_was_told_and_not_what_was_counted(make_bank: Any) -> None:
    one, other = bank(make_bank), bank(make_bank)
    plain = one.state_hash()
    set_rate(one, L.CANCELS_PER_MINUTE, 5)
    told = one.state_hash()
    assert told != plain
    assert cancel(one, 99) == R.UNKNOWN_ORDER
    assert one.state_hash() == told
    set_rate(other, L.CANCELS_PER_MINUTE, 6)
    assert other.state_hash() not in (plain, told)
    set_rate(other, L.CANCELS_PER_MINUTE, 5)
    assert other.state_hash() == told
    set_rate(one, L.CANCELS_PER_MINUTE, -1)
    assert one.state_hash() == plain


def test_a_refusal_changes_nothing_that_the_state_has(make_bank: Any) -> None:
    core = bank(make_bank)
    set_rate(core, L.ORDERS_PER_MINUTE, 0)
    before = core.state_hash()
    assert submit(core, timestamp=7) == R.RATE_LIMITED
    assert submit(core, order_id=3, order_type=STOP, price=0, trigger_price=2) == R.RATE_LIMITED
    assert reason_of(core, REPLACE, account=ALICE, **OF_ORDERS[REPLACE]) == R.RATE_LIMITED
    assert core.state_hash() == before
    assert core.time == 7
