"""Refused commands: every reason, every pair of reasons in order of precedence, and no trace left.

A row of `WAYS` is one way to earn a reason: fields set in a command that would be accepted, or
facts of the market. Two ways are combined when they don't contradict each other, and the reason
that comes first must be the one reported. Pairs that can't be combined are listed, so that none is
lost by accident.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from account_rejects import ACCOUNT_WAYS
from reject_market import command_of, market, mirrored_reason
from reject_pairs import IMPOSSIBLE, PAIRS, Pair
from reject_precedence import PRECEDENCE
from reject_ways import (
    ABSENT,
    ACCEPTED,
    FIELDS,
    FIELDS_OF_ORDERS,
    NAMED,
    NOT_OF_ORDERS,
    NOT_TAKEN,
    OF_ACCOUNTS,
    ORDERS,
    STOPPED,
    TAKEN,
    TIME,
    WAYS,
    Way,
)

from engine import (
    ADD_MARGIN,
    ADVANCE_TIME,
    BUY,
    CANCEL,
    DEPOSIT,
    FUND,
    GTC,
    GTD,
    IOC,
    MARKET,
    MASS_CANCEL,
    POST_ONLY,
    REDUCE,
    REPLACE,
    SET_MARGIN_MODE,
    SET_PHASE,
    SET_POSITION,
    SET_POSITION_MODE,
    SET_PRICE,
    STOP,
    SUBMIT,
    SWITCH,
    TRANSFER,
    UNCROSS,
    WITHDRAW,
    CancelScope,
    CommandKind,
    ExecType,
    FundingSource,
    OrderStatus,
    RejectReason,
    ReportFlag,
    Side,
    SwitchScope,
)
from engine.reference import Core as ReferenceCore
from engine.reference import validation
from engine.reference.commands import commands_of

KINDS = [kind for kind in CommandKind if kind not in OF_ACCOUNTS]
"""Those that an engine without accounts takes."""


def require_refused(core: Any, command: np.ndarray, reason: RejectReason) -> np.void:
    """Require that a command is refused for this reason and leaves no trace; return its report."""
    before = core.state_hash()
    (report,) = core.match(command)
    assert RejectReason(report["reject_reason"]) == reason
    assert report["exec_type"] == ExecType.REJECTED
    assert (report["command_id"], report["timestamp"]) == (5, TIME)
    assert core.state_hash() == before
    core.check_invariants()
    return report


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_command_without_a_fault_is_accepted(
    make_core: Any, side: Side, kind: CommandKind
) -> None:
    core = market(make_core, side, ACCEPTED[kind])
    reports = core.match(command_of(kind, side, {}))
    assert len(reports) > 0
    assert (reports["reject_reason"] == RejectReason.NONE).all()


SINGLES = [(kind, way) for kind, ways in WAYS.items() for way in ways]
SINGLE_NAMES = [f"{kind.name}-{way.reason.name}-{'-'.join(way.changes)}" for kind, way in SINGLES]


@pytest.mark.parametrize("is_special", [False, True], ids=["plain", "special"])
@pytest.mark.parametrize(("kind", "way"), SINGLES, ids=SINGLE_NAMES)
def test_each_reason_is_given_and_leaves_no_trace(
    make_core: Any, side: Side, kind: CommandKind, way: Way, is_special: bool
) -> None:
    core = market(make_core, side, way.changes, is_special=is_special)
    command = command_of(kind, side, way.changes)
    require_refused(core, command, mirrored_reason(way.reason, side))


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_the_first_of_two_reasons_is_given(make_core: Any, side: Side, pair: Pair) -> None:
    reasons = [mirrored_reason(way.reason, side) for way in (pair.first, pair.second)]
    first = min(reasons, key=PRECEDENCE.index)
    command = command_of(pair.kind, side, pair.changes)
    for is_special in (False, True):
        core = market(make_core, side, pair.changes, is_special=is_special)
        require_refused(core, command, first)


def test_both_reasons_of_a_pair_apply() -> None:
    """Rule by rule, as the reference has them: a pair with one reason alone would show nothing."""
    for pair in PAIRS:
        core = market(reference_core, BUY, pair.changes)
        (command,) = commands_of(command_of(pair.kind, BUY, pair.changes))
        # The later rules read what these two fields name.
        known = {"instrument": 0, "order_id": command.order_id if pair.kind == SUBMIT else NAMED}
        machine = core._machine
        machine.time = TIME
        as_named, as_known = (
            machine._situation(command._replace(**fields)) for fields in ({}, known)
        )
        names = (RejectReason.UNKNOWN_INSTRUMENT, RejectReason.UNKNOWN_ORDER)
        broken = {
            rule.reason
            for rule in validation.PRECEDENCE
            if pair.kind in rule.kinds
            and rule.reason in (pair.first.reason, pair.second.reason)
            and rule.is_broken(as_named if rule.reason in names else as_known)
        }
        assert {pair.first.reason, pair.second.reason} <= broken, str(pair)


def reference_core(*instruments: dict[str, int], **limits: int) -> ReferenceCore:
    core = ReferenceCore(**limits)
    for terms in instruments:
        core.add_instrument(**terms)
    return core


def test_every_pair_of_reasons_is_tested_or_known_to_be_impossible() -> None:
    for kind, ways in WAYS.items():
        reasons = sorted({way.reason for way in ways}, key=PRECEDENCE.index)
        every = {(first.name, second.name) for first, second in combinations(reasons, 2)}
        tested = {
            (pair.first.reason.name, pair.second.reason.name) for pair in PAIRS if pair.kind == kind
        }
        assert every - tested == IMPOSSIBLE[kind]


def test_every_reason_has_its_place_in_the_order() -> None:
    assert sorted([RejectReason.NONE, *PRECEDENCE]) == sorted(RejectReason)
    every = (*WAYS.values(), *ACCOUNT_WAYS.values())
    assert {way.reason for ways in every for way in ways} == set(PRECEDENCE)


def test_the_reference_has_the_same_table() -> None:
    rules_in_order = dict.fromkeys(rule.reason for rule in validation.PRECEDENCE)
    assert list(rules_in_order) == PRECEDENCE
    for kind, of_kind in WAYS.items():
        ways = (*of_kind, *ACCOUNT_WAYS.get(kind, ()))
        rules = {rule.reason for rule in validation.PRECEDENCE if kind in rule.kinds}
        assert {way.reason for way in ways} == rules, kind.name


# -- fields that a kind of command or of order does not take


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind, names in NOT_TAKEN.items() for name in names],
    ids=str,
)
def test_a_field_that_the_kind_does_not_take_must_be_zero(
    make_core: Any, kind: CommandKind, name: str
) -> None:
    core = market(make_core, BUY, {})
    require_refused(core, command_of(kind, BUY, {name: 1}), RejectReason.MALFORMED)


SWITCHED = {
    "instrument": {"instrument": 1, "selector": SwitchScope.BY_INSTRUMENT},
    "self_trade_group": {"self_trade_group": 1, "selector": SwitchScope.BY_GROUP},
    "selector": {"selector": SwitchScope.BY_ACCOUNT | SwitchScope.KEEP_ORDERS},
}
"""A SWITCH with a field, and the scope that takes it."""


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in CommandKind
        if kind != SUBMIT
        for name in FIELDS
        if name != "kind" and name in TAKEN[kind]
    ],
    ids=str,
)
def test_a_field_that_the_kind_takes_is_not_malformed(
    make_core: Any, kind: CommandKind, name: str
) -> None:
    core = market(make_core, BUY, {})
    scope = {"selector": CancelScope.BY_INSTRUMENT | CancelScope.BY_PRICE}
    changes = {**(scope if kind == MASS_CANCEL else {}), name: 2}
    if name == "selector":
        changes = {"selector": CancelScope.BY_INSTRUMENT | CancelScope.BY_ACCOUNT}
    if kind == SWITCH:
        changes = SWITCHED.get(name, {name: 1})
    if kind in (SET_POSITION_MODE, SET_MARGIN_MODE, ADD_MARGIN, FUND):
        changes = {name: 1}
    if kind == FUND and name == "price":
        changes["selector"] = FundingSource.TOLD
    reports = core.match(command_of(kind, BUY, changes))
    assert RejectReason.MALFORMED not in reports["reject_reason"]


@pytest.mark.parametrize(("name", "field"), FIELDS_OF_ORDERS)
def test_a_field_that_the_order_does_not_take_must_be_zero(
    make_core: Any, side: Side, name: str, field: str
) -> None:
    core = market(make_core, side, ORDERS[name])
    command = command_of(SUBMIT, side, {**ORDERS[name], field: 1})
    if (name, field) in NOT_OF_ORDERS:
        require_refused(core, command, RejectReason.MALFORMED)
    else:
        assert RejectReason.MALFORMED not in core.match(command)["reject_reason"]


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_of_each_kind_is_accepted(make_core: Any, side: Side, name: str) -> None:
    core = market(make_core, side, ORDERS[name])
    reports = core.match(command_of(SUBMIT, side, ORDERS[name]))
    assert (reports["exec_type"][0], reports["reject_reason"].max()) == (ExecType.NEW, 0)


# -- what a refusal says


def test_refused_order_is_described_as_it_was_asked_for(make_core: Any, side: Side) -> None:
    asked = {"order_id": 8, "account": 3, "client_order_id": 4, "flags": POST_ONLY}
    command = command_of(SUBMIT, side, {**asked, "quantity": 9})
    report = require_refused(market(make_core, side, {}), command, RejectReason.QUANTITY_TOO_SMALL)
    assert {name: int(report[name]) for name in (*asked, "order_flags")} == {
        **asked,
        "order_flags": POST_ONLY,
        "flags": 0,
    }
    assert (report["side"], report["price"], report["kind"]) == (side, 100, SUBMIT)
    assert report["order_status"] == OrderStatus.REJECTED
    assert (report["last_quantity"], report["last_price"]) == (10, 9)
    amounts = ("leaves_quantity", "filled_quantity", "trade_id")
    assert [int(report[name]) for name in amounts] == [0] * 3


def test_refused_market_order_says_so(make_core: Any, side: Side) -> None:
    changes = {"order_type": MARKET, "price": 0, "time_in_force": IOC, "quantity": 9}
    command = command_of(SUBMIT, side, changes)
    report = require_refused(market(make_core, side, {}), command, RejectReason.QUANTITY_TOO_SMALL)
    assert (report["order_type"], report["time_in_force"]) == (MARKET, IOC)


@pytest.mark.parametrize("kind", [CANCEL, REPLACE, REDUCE], ids=lambda kind: kind.name)
def test_order_that_is_not_known_is_described_by_the_command_alone(
    make_core: Any, side: Side, kind: CommandKind
) -> None:
    command = command_of(kind, side, {"order_id": ABSENT, "account": 3})
    report = require_refused(market(make_core, side, {}), command, RejectReason.UNKNOWN_ORDER)
    assert (report["order_id"], report["account"], report["kind"]) == (ABSENT, 3, kind)
    assert (report["order_status"], report["side"]) == (OrderStatus.REJECTED, 0)
    assert report["price"] == command["price"][0]


@pytest.mark.parametrize("kind", [CANCEL, REPLACE, REDUCE], ids=lambda kind: kind.name)
def test_malformed_command_does_not_come_to_know_its_order(
    make_core: Any, side: Side, kind: CommandKind
) -> None:
    command = command_of(kind, side, {"client_order_id": 6, "flags": POST_ONLY})
    report = require_refused(market(make_core, side, {}), command, RejectReason.MALFORMED)
    assert (report["order_id"], report["client_order_id"], report["side"]) == (NAMED, 6, 0)
    assert (report["order_status"], report["order_flags"]) == (OrderStatus.REJECTED, 0)


@pytest.mark.parametrize(
    "kind",
    [MASS_CANCEL, SET_PRICE, SET_PHASE, UNCROSS, SET_POSITION, ADVANCE_TIME],
    ids=lambda kind: kind.name,
)
def test_a_refused_command_that_names_no_order_is_described_by_itself(
    make_core: Any, side: Side, kind: CommandKind
) -> None:
    command = command_of(kind, side, {"client_order_id": 6, "order_id": NAMED, "account": 3})
    report = require_refused(market(make_core, side, {}), command, RejectReason.MALFORMED)
    names = ["kind", "order_id", "client_order_id", "account", "side", "order_status"]
    assert report[names].item() == (kind, NAMED, 6, 3, 0, OrderStatus.REJECTED)
    assert report["price"] == command["price"][0]


def test_a_known_order_that_waits_is_described_as_it_stands(make_core: Any, side: Side) -> None:
    core = market(make_core, side, {"named": STOPPED})
    command = command_of(REPLACE, side, {"account": 3})
    report = require_refused(core, command, RejectReason.NOT_OF_THIS_ORDER)
    names = ["order_id", "side", "account", "price", "leaves_quantity", "last_price", "flags"]
    assert report[names].item() == (NAMED, side, 7, 0, 4, 100, ReportFlag.WAITING)
    assert (report["order_type"], report["order_status"]) == (STOP, OrderStatus.NEW)


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        (REPLACE, {"quantity": 9}, RejectReason.QUANTITY_TOO_SMALL),
        (REPLACE, {"price": 110}, RejectReason.POST_ONLY_WOULD_TRADE),
        (REDUCE, {"quantity": 0}, RejectReason.QUANTITY_TOO_SMALL),
    ],
    ids=["replace", "replace post-only", "reduce"],
)
def test_known_order_is_described_as_it_stands(
    make_core: Any, side: Side, kind: CommandKind, changes: dict[str, int], reason: RejectReason
) -> None:
    core = market(make_core, side, {})
    book = core.book(0)
    book.cancel(NAMED)
    book.submit(side, 100 - 5 * side, 20, NAMED, 7, flags=POST_ONLY, client_order_id=70)
    book.submit(Side(-side), 100 - 5 * side, 12, time_in_force=IOC)
    command = command_of(kind, side, {**changes, "account": 3})
    report = require_refused(core, command, reason)
    names = ["order_id", "side", "account", "price", "leaves_quantity", "filled_quantity"]
    assert report[names].item() == (NAMED, side, 7, 100 - 5 * side, 8, 12)
    assert report["order_status"] == OrderStatus.PARTIALLY_FILLED
    names = ["client_order_id", "order_type", "time_in_force", "order_flags", "trade_id"]
    assert report[names].item() == (70, 0, GTC, POST_ONLY, 0)


def test_unknown_instrument_is_named(make_core: Any, side: Side) -> None:
    for kind in (kind for kind in CommandKind if "instrument" in TAKEN[kind]):
        if kind in (DEPOSIT, WITHDRAW, TRANSFER):  # of which it is a currency
            continue
        for number in (1, 2**16, 2**31, 2**32 - 1):
            scope = {"selector": SwitchScope.BY_INSTRUMENT} if kind == SWITCH else {}
            command = command_of(kind, side, {"instrument": number, **scope})
            core = market(make_core, side, {})
            report = require_refused(core, command, RejectReason.UNKNOWN_INSTRUMENT)
            assert report["instrument"] == number


def test_commands_that_name_no_instrument_need_none(make_core: Any) -> None:
    for kind, fields in ((ADVANCE_TIME, {}), (MASS_CANCEL, {"selector": 0})):
        (report,) = make_core().match(command_of(kind, BUY, fields))
        assert (report["exec_type"], report["last_quantity"]) == (ExecType.DONE, 0)
    for kind in (MASS_CANCEL, SET_PRICE, SET_PHASE, UNCROSS, SET_POSITION):
        core = make_core()
        require_refused(core, command_of(kind, BUY, {}), RejectReason.UNKNOWN_INSTRUMENT)


@pytest.mark.parametrize("number", [1, 2**16, 2**31, 2**32 - 1])
def test_a_new_trigger_price_does_not_hide_an_unknown_instrument(
    make_core: Any, side: Side, number: int
) -> None:
    for order_id in (NAMED, ABSENT):
        changes = {"instrument": number, "order_id": order_id, "trigger_price": 100}
        command = command_of(REPLACE, side, changes)
        core = market(make_core, side, {})
        require_refused(core, command, RejectReason.UNKNOWN_INSTRUMENT)


def test_a_refused_command_brings_its_time_and_what_expires_by_then(
    make_core: Any, side: Side
) -> None:
    core = market(make_core, side, {})
    core.book(0).submit(side, 100, 20, 8, time_in_force=GTD, expiry=TIME)
    reports = core.match(command_of(CANCEL, side, {"order_id": ABSENT}))
    assert reports["exec_type"].tolist() == [ExecType.EXPIRED, ExecType.REJECTED]
    assert reports["order_id"].tolist() == [8, ABSENT]
    assert (core.time, 8 in core) == (TIME, False)


# -- bounds


def test_bounds_belong_to_the_range(make_book: Any, side: Side) -> None:
    book = make_book(min_price=-3, max_price=3, min_quantity=2, max_quantity=4)
    for price in (-3, 3):
        for quantity in (2, 4):
            report = book.submit(side, price, quantity)
            assert report.reject_reason == RejectReason.NONE
    book.submit(side, 0, 4, 9)
    assert book.replace(9, 3, 2).reject_reason == RejectReason.NONE


def test_market_order_has_no_price_to_be_out_of_bounds(make_book: Any, side: Side) -> None:
    book = make_book(min_price=50, max_price=150)
    book.submit(side, 100, 5, 1)
    report = book.submit(Side(-side), 0, 5, order_type=MARKET)
    assert report.filled_quantity == 5


def test_max_orders_counts_live_orders_of_all_instruments(make_core: Any, side: Side) -> None:
    core = make_core({}, {}, max_orders=2)
    core.book(0).submit(side, 100, 5, 1)
    core.book(1).submit(side, 100, 5, 2)
    assert core.book(0).submit(side, 100, 5, 3).reject_reason == RejectReason.TOO_MANY_ORDERS
    core.book(1).cancel(2)
    assert core.book(0).submit(side, 100, 5, 3).reject_reason == RejectReason.NONE


def test_a_full_engine_still_trades_with_orders_that_never_rest(make_book: Any, side: Side) -> None:
    book = make_book(max_orders=1)
    book.submit(side, 100, 5, 1)
    crossing = book.submit(Side(-side), 100, 5, 2)
    assert crossing.reject_reason == RejectReason.TOO_MANY_ORDERS
    assert book.submit(Side(-side), 100, 5, 2, time_in_force=IOC).filled_quantity == 5


def test_a_full_engine_refuses_orders_that_wait(make_book: Any, side: Side) -> None:
    book = make_book(max_orders=1)
    book.submit(side, 0, 5, order_type=STOP, trigger_price=100)
    waiting = book.submit(side, 0, 5, order_type=STOP, trigger_price=100, time_in_force=IOC)
    assert waiting.reject_reason == RejectReason.TOO_MANY_ORDERS


def test_an_engine_for_no_orders_refuses_every_order_that_may_rest(
    make_book: Any, side: Side
) -> None:
    report = make_book(max_orders=0).submit(side, 100, 5)
    assert report.reject_reason == RejectReason.TOO_MANY_ORDERS
