"""Refused commands where an engine has accounts: every reason, every pair, and no trace left."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from account_rejects import (
    ACCOUNT_IMPOSSIBLE,
    ACCOUNT_PAIRS,
    ACCOUNT_WAYS,
    FOR_PAIRS,
    NEEDED,
    NOBODY,
    account_command,
    account_market,
    with_accounts,
)
from banking import LINEAR, USD, deposit, instrument
from reject_market import mirrored_reason
from reject_pairs import Pair
from reject_precedence import PRECEDENCE
from reject_ways import ACCEPTED, ACCOUNT, NAMED, OF_ACCOUNTS, TIME, Way
from test_rejects import require_refused

from engine import BUY, SET_POSITION, SUBMIT, CommandKind, RejectReason, Side
from engine.reference import Core as ReferenceCore
from engine.reference import validation
from engine.reference.commands import commands_of

KINDS = [kind for kind in CommandKind if kind != SET_POSITION]
SINGLES = [(kind, way) for kind, ways in ACCOUNT_WAYS.items() for way in ways]
SINGLE_NAMES = [f"{kind.name}-{way.reason.name}-{'-'.join(way.changes)}" for kind, way in SINGLES]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_command_without_a_fault_is_accepted(
    make_bank: Any, side: Side, kind: CommandKind
) -> None:
    core = account_market(make_bank, side, ACCEPTED[kind] | NEEDED.get(kind, {}))
    reports = core.match(account_command(kind, side, {}))
    assert len(reports) > 0
    assert (reports["reject_reason"] == RejectReason.NONE).all()


@pytest.mark.parametrize("is_special", [False, True], ids=["plain", "special"])
@pytest.mark.parametrize(("kind", "way"), SINGLES, ids=SINGLE_NAMES)
def test_each_reason_is_given_and_leaves_no_trace(
    make_bank: Any, side: Side, kind: CommandKind, way: Way, is_special: bool
) -> None:
    core = account_market(make_bank, side, way.changes, is_special=is_special)
    require_refused(core, account_command(kind, side, way.changes), way.reason)


@pytest.mark.parametrize("pair", ACCOUNT_PAIRS, ids=str)
def test_the_first_of_two_reasons_is_given(make_bank: Any, side: Side, pair: Pair) -> None:
    reasons = [mirrored_reason(way.reason, side) for way in (pair.first, pair.second)]
    first = min(reasons, key=PRECEDENCE.index)
    core = account_market(make_bank, side, pair.changes)
    require_refused(core, account_command(pair.kind, side, pair.changes), first)


def test_both_reasons_of_a_pair_apply() -> None:
    """Rule by rule, as the reference has them: a pair with one reason alone would show nothing."""
    for pair in ACCOUNT_PAIRS:
        core = account_market(reference_bank, BUY, pair.changes)
        (command,) = commands_of(account_command(pair.kind, BUY, pair.changes))
        # The later rules read what these fields name.
        known = {
            "instrument": 0,
            "order_id": command.order_id if pair.kind == SUBMIT else NAMED,
            "account": ACCOUNT if command.account == NOBODY else command.account,
        }
        machine = core._machine
        machine.time = TIME
        as_named, as_known = (
            machine._situation(command._replace(**fields)) for fields in ({}, known)
        )
        broken = {
            rule.reason
            for rule in validation.PRECEDENCE
            if pair.kind in rule.kinds
            and rule.is_broken(as_named if rule.reason.name.startswith("UNKNOWN_") else as_known)
        }
        assert {pair.first.reason, pair.second.reason} <= broken, str(pair)


def reference_bank(*instruments: dict[str, Any], **limits: int) -> ReferenceCore:
    core = ReferenceCore(accounts=True, **limits)
    for _ in range(3):
        core.add_currency()
    for terms in instruments:
        core.add_instrument(**terms)
    return core


def test_every_pair_of_reasons_is_tested_or_known_to_be_impossible() -> None:
    for kind, ways in ACCOUNT_WAYS.items():
        brought = {way.reason for way in ways}
        others = {way.reason for way in (*FOR_PAIRS.get(kind, ()), *with_accounts(kind))}
        reasons = sorted(brought | others, key=PRECEDENCE.index)
        every = {
            (first.name, second.name)
            for first, second in combinations(reasons, 2)
            if {first, second} & brought
        }
        tested = {
            (pair.first.reason.name, pair.second.reason.name)
            for pair in ACCOUNT_PAIRS
            if pair.kind == kind
        }
        assert every - tested == ACCOUNT_IMPOSSIBLE[kind], kind.name


def test_commands_of_accounts_are_told_of_with_all_their_reasons() -> None:
    for kind in OF_ACCOUNTS:
        rules = {rule.reason for rule in validation.PRECEDENCE if kind in rule.kinds}
        told = {way.reason for way in ACCOUNT_WAYS[kind]}
        assert rules - told <= {RejectReason.UNKNOWN_ACCOUNT}


@pytest.mark.parametrize(
    ("bounds", "price", "quantity", "reason"),
    [
        ({"value_factor": 4}, 1, 2**62, RejectReason.VALUE_OVERFLOW),
        ({"max_value": 10}, 11, 1, RejectReason.VALUE_TOO_LARGE),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_value_out_of_bounds_comes_before_a_side_that_overflows(
    make_bank: Any,
    side: Side,
    bounds: dict[str, int],
    price: int,
    quantity: int,
    reason: RejectReason,
) -> None:
    """The side is full of orders at 0, which are worth nothing."""
    core = make_bank(instrument(LINEAR | bounds))
    deposit(core, ACCOUNT, {USD: 10})
    book = core.book(0)
    for lots in (2**62, 2**62 - 1):
        book.submit(side, 0, lots, account=ACCOUNT)
    assert book.submit(side, 0, 1, account=ACCOUNT).reject_reason == RejectReason.QUANTITY_OVERFLOW
    assert book.submit(side, price, quantity, account=ACCOUNT).reject_reason == reason


def test_a_value_too_small_comes_before_a_side_that_overflows(make_bank: Any, side: Side) -> None:
    core = make_bank(instrument(LINEAR | {"initial_rate": 0, "min_value": 2}))
    deposit(core, ACCOUNT, {USD: 10})
    book = core.book(0)
    for lots in (2**62, 2**62 - 1):
        book.submit(side, 1, lots, account=ACCOUNT)
    assert book.submit(side, 2, 1, account=ACCOUNT).reject_reason == RejectReason.QUANTITY_OVERFLOW
    assert book.submit(side, 1, 1, account=ACCOUNT).reject_reason == RejectReason.VALUE_TOO_SMALL
