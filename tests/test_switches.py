"""Switches: what each scope turns off, which orders it cancels, and what goes on."""

from __future__ import annotations

from typing import Any

import pytest
from banking import (
    ALICE,
    BOB,
    BTC,
    CAROL,
    LINEAR,
    SPOT,
    USD,
    deposit,
    instrument,
    reason_of,
    send,
    set_mark,
    switch_off,
    switch_on,
)

from engine import (
    BUY,
    ONE_CANCELS_OTHER,
    REPLACE,
    SELL,
    SET_ACCOUNT,
    STOP,
    SUBMIT,
    SWITCH,
    AccountFlag,
    CommandError,
    ExecType,
    RejectReason,
    Side,
    SwitchScope,
    TriggerSource,
)

R = RejectReason
NOBODY = 9
BY_ACCOUNT, BY_GROUP = SwitchScope.BY_ACCOUNT, SwitchScope.BY_GROUP
BY_INSTRUMENT, KEEP_ORDERS = SwitchScope.BY_INSTRUMENT, SwitchScope.KEEP_ORDERS
GROUPS = {ALICE: 0, BOB: 5, CAROL: 5}
PLACES = [(account, number) for account in GROUPS for number in (0, 1)]
SCOPES = [
    ({"scope": 0}, PLACES),
    ({"scope": BY_ACCOUNT, "account": BOB}, [(BOB, 0), (BOB, 1)]),
    ({"scope": BY_GROUP, "self_trade_group": 5}, PLACES[2:]),
    ({"scope": BY_GROUP, "self_trade_group": 0}, PLACES[:2]),
    ({"scope": BY_GROUP, "self_trade_group": 8}, []),
    ({"scope": BY_INSTRUMENT, "instrument": 1}, [(account, 1) for account in GROUPS]),
]
NAMES = ["venue", "account", "group", "group 0", "nobody's group", "instrument"]


def venue(make_bank: Any) -> Any:
    """Return an engine of two instruments with an order of each account in each, by number."""
    core = make_bank(instrument(LINEAR), instrument(SPOT))
    for account, group in GROUPS.items():
        deposit(core, account, {USD: 10**6, BTC: 10**6})
        send(core, SET_ACCOUNT, account=account, self_trade_group=group)
    for order_id, (account, number) in enumerate(PLACES, start=1):
        core.book(number).submit(BUY, 100, 5, order_id, account=account)
    return core


def refusals(core: Any) -> dict[tuple[int, int], RejectReason]:
    """Return why an order of each account in each instrument is refused."""
    asked = {"side": BUY, "price": 1, "quantity": 1}
    return {
        (account, number): reason_of(core, SUBMIT, account=account, instrument=number, **asked)
        for account, number in PLACES
    }


@pytest.mark.parametrize(("switch", "places"), SCOPES, ids=NAMES)
def test_a_switch_holds_for_its_scope(
    make_bank: Any, switch: dict[str, int], places: list[tuple[int, int]]
) -> None:
    core = venue(make_bank)
    reports = switch_off(core, **switch)
    expected = [PLACES.index(place) + 1 for place in sorted(places, key=lambda place: place[1])]
    assert reports["order_id"].tolist() == [*expected, 0]
    assert (reports["exec_type"][:-1] == ExecType.CANCELED).all()
    assert reports[-1][["exec_type", "last_quantity"]].item() == (ExecType.DONE, len(expected))
    assert (reports["kind"] == SWITCH).all()
    for place in PLACES:
        assert core.is_enabled(*place) == (place not in places)
    off = {place: R.TRADING_DISABLED if place in places else R.NONE for place in PLACES}
    assert refusals(core) == off
    (report,) = switch_on(core, **switch)
    assert (report["exec_type"], report["last_quantity"]) == (ExecType.DONE, 0)
    assert set(refusals(core).values()) == {R.NONE}


@pytest.mark.parametrize(("switch", "places"), SCOPES, ids=NAMES)
def test_orders_may_be_kept(
    make_bank: Any, switch: dict[str, int], places: list[tuple[int, int]]
) -> None:
    core = venue(make_bank)
    kept = {**switch, "scope": switch["scope"] | KEEP_ORDERS}
    (report,) = switch_off(core, **kept)
    assert (report["exec_type"], report["last_quantity"], len(core)) == (ExecType.DONE, 0, 6)
    for order_id, (account, number) in enumerate(PLACES, start=1):
        named = {"account": account, "instrument": number, "order_id": order_id}
        refused = R.TRADING_DISABLED if (account, number) in places else R.NONE
        assert reason_of(core, REPLACE, **named, price=99, quantity=6) == refused
        assert core.book(number).reduce(order_id, 1, account=account).reject_reason == R.NONE
    # Turned off once more, it cancels what it kept.
    assert switch_off(core, **switch)[-1]["last_quantity"] == len(places)
    assert len(core) == 6 - len(places)


def test_a_switch_stays_off_until_the_same_one_turns_it_on(make_bank: Any) -> None:
    core = venue(make_bank)
    for switch, _ in SCOPES:
        switch_off(core, **switch)
    enabled = []
    for switch, _ in SCOPES:
        enabled.append(core.is_enabled(BOB, 1))
        switch_on(core, **switch)
    assert enabled == [False] * len(SCOPES)
    assert core.is_enabled(BOB, 1)


def test_a_group_is_of_those_that_are_in_it(make_bank: Any) -> None:
    core = venue(make_bank)
    switch_off(core, BY_GROUP, self_trade_group=5)
    send(core, SET_ACCOUNT, account=BOB, self_trade_group=6)
    send(core, SET_ACCOUNT, account=ALICE, self_trade_group=5)
    enabled = [core.is_enabled(account, 0) for account in (ALICE, BOB, CAROL)]
    assert enabled == [False, True, False]
    assert refusals(core)[ALICE, 0] == R.TRADING_DISABLED


def test_orders_are_canceled_as_by_a_mass_cancel(make_bank: Any, side: Side) -> None:
    """Bids before asks, each as they trade, and then what waits."""
    core = venue(make_bank)
    book = core.book(0)
    orders = [(SELL, 110, 20), (SELL, 105, 21), (BUY, 90, 22), (BUY, 95, 23)]
    for order_side, price, order_id in orders[:: int(side)]:
        book.submit(order_side, price, 1, order_id, account=ALICE)
    stop = {"order_type": STOP, "trigger_price": 500, "trigger_source": TriggerSource.MARK}
    book.submit(BUY, 0, 1, 24, account=ALICE, **stop)
    linked = {"flags": ONE_CANCELS_OTHER, "linked_order_id": 25}
    core.book(1).submit(BUY, 95, 1, 25, account=ALICE)
    core.book(1).submit(BUY, 94, 1, 26, account=ALICE, **linked)
    reports = switch_off(core, BY_ACCOUNT, account=ALICE)
    assert reports["order_id"].tolist() == [1, 23, 22, 21, 20, 24, 2, 25, 26, 0]
    assert (reports["account"] == ALICE).all()
    assert core.open_orders(ALICE) == 0


def test_what_was_kept_is_not_asked_when_it_comes_in(make_bank: Any) -> None:
    core = venue(make_bank)
    stop = {"order_type": STOP, "trigger_price": 50, "trigger_source": TriggerSource.MARK}
    core.book(0).submit(SELL, 0, 5, 20, account=BOB, **stop)
    switch_off(core, KEEP_ORDERS)
    set_mark(core, 50)
    assert core.book(0).position(BOB) == -5
    assert core.book(0).position(ALICE) == 5


def test_cancels_are_always_taken(make_bank: Any) -> None:
    core = venue(make_bank)
    switch_off(core, KEEP_ORDERS)
    assert core.book(0).cancel(1, account=ALICE).reject_reason == R.NONE
    assert core.book(0).mass_cancel().last_quantity == 2


def test_it_comes_before_what_an_account_may_do(make_bank: Any) -> None:
    core = venue(make_bank)
    send(core, SET_ACCOUNT, account=ALICE, selector=AccountFlag.SUSPENDED)
    assert refusals(core)[ALICE, 0] == R.NOT_PERMITTED
    switch_off(core)
    assert refusals(core)[ALICE, 0] == R.TRADING_DISABLED


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"quantity": 2}, R.MALFORMED),
        ({"quantity": -1}, R.MALFORMED),
        ({"quantity": 0, "selector": KEEP_ORDERS}, R.MALFORMED),
        ({"selector": BY_ACCOUNT | BY_GROUP, "account": ALICE}, R.MALFORMED),
        ({"selector": BY_INSTRUMENT | BY_GROUP}, R.MALFORMED),
        ({"instrument": 1}, R.MALFORMED),
        ({"self_trade_group": 5}, R.MALFORMED),
        ({"selector": BY_ACCOUNT, "account": ALICE, "self_trade_group": 5}, R.MALFORMED),
        ({"selector": BY_INSTRUMENT, "instrument": 2}, R.UNKNOWN_INSTRUMENT),
        ({"selector": BY_ACCOUNT, "account": NOBODY}, R.UNKNOWN_ACCOUNT),
        ({"account": NOBODY}, R.NONE),
        ({"selector": BY_GROUP, "self_trade_group": 2**32 - 1}, R.NONE),
    ],
    ids=str,
)
def test_a_switch_is_for_one_thing_that_there_is(
    make_bank: Any, fields: dict[str, int], expected: RejectReason
) -> None:
    core = venue(make_bank)
    before = core.state_hash()
    assert reason_of(core, SWITCH, **({"quantity": 1} | fields)) == expected
    assert (core.state_hash() == before) == (expected != R.NONE)


def test_a_selector_is_made_of_the_bits_that_there_are(make_bank: Any) -> None:
    core = venue(make_bank)
    with pytest.raises(CommandError, match="selector"):
        send(core, SWITCH, selector=16)


def test_without_accounts_nothing_is_switched(make_core: Any) -> None:
    core = make_core({})
    for fields in ({}, {"selector": BY_ACCOUNT}, {"selector": BY_INSTRUMENT}):
        assert reason_of(core, SWITCH, quantity=1, **fields) == R.UNKNOWN_ACCOUNT
    assert not core.is_enabled(0, 0)


def test_of_what_there_is_not_nothing_is_enabled(make_bank: Any) -> None:
    core = venue(make_bank)
    assert core.is_enabled(ALICE, 0)
    unknown = ((NOBODY, 0), (ALICE, 2), (ALICE, 2**32 - 1))
    assert [core.is_enabled(*of) for of in unknown] == [False] * 3


def test_the_state_hash_covers_switches(make_bank: Any) -> None:
    core = venue(make_bank)
    hashes = [core.state_hash()]
    for switch, _ in SCOPES:
        kept = {**switch, "scope": switch["scope"] | KEEP_ORDERS}
        switch_off(core, **kept)
        hashes.append(core.state_hash())
    for switch, _ in SCOPES:
        switch_on(core, **switch)
    assert len(set(hashes)) == len(hashes)
    assert core.state_hash() == hashes[0]
