"""A mass cancel of one account: in the order of all orders, wherever the account has its own."""

from __future__ import annotations

from typing import Any

import pytest
from banking import ALICE, BOB, BTC, LINEAR, SPOT, USD, deposit, instrument, switch_off

from engine import (
    BUY,
    HIDDEN,
    MASS_CANCEL,
    SELL,
    STOP,
    SUBMIT,
    CancelScope,
    ExecType,
    SwitchScope,
)
from engine.records import commands_of

# Of Alice, as they are to be canceled: bids and asks as they trade, then what waits by age.
HERS = [11, 13, 16, 12, 21, 22, 24, 23, 31, 32, 41, 42]


def order(core: Any, number: int, order_id: int, *terms: int, account: int = ALICE) -> None:
    """Submit an order: side, price, flags and trigger price, if it is a stop."""
    side, price, flags, trigger = (*terms, 0, 0)[:4]
    fields = {"order_id": order_id, "account": account, "flags": flags}
    if trigger:
        fields |= {"order_type": STOP, "trigger_price": trigger}
    report = core.book(number).submit(side, price, 1, **fields)
    assert report.exec_type == ExecType.NEW


def bank(make_bank: Any, others: int) -> Any:
    """Return three instruments with orders of two accounts, and more of Bob in a fourth."""
    core = make_bank(*(instrument(contract) for contract in (LINEAR, LINEAR, SPOT, LINEAR)))
    for account in (ALICE, BOB):
        deposit(core, account, {USD: 10**9, BTC: 10**9})
    # Two at one price before and after another's, in an order that their numbers do not have.
    for order_id, price in ((12, 97), (16, 99), (11, 99), (13, 99)):
        order(core, 0, order_id, BUY, price)
    order(core, 0, 1, BUY, 99, account=BOB)
    for order_id, account in ((16, ALICE), (1, BOB)):
        report = core.book(0).replace(order_id, 99, 2, account=account)
        assert report.exec_type == ExecType.REPLACED
    for order_id in (22, 21):
        order(core, 1, order_id, SELL, 121 + order_id % 2 * -1)
    order(core, 1, 23, SELL, 122)
    order(core, 1, 2, SELL, 122, account=BOB)
    order(core, 1, 24, SELL, 121, HIDDEN)
    for order_id, trigger in ((31, 130), (32, 125)):
        order(core, 1, order_id, BUY, 0, 0, trigger)
    order(core, 2, 41, BUY, 50)
    order(core, 2, 42, SELL, 60)
    many = commands_of(others, SUBMIT, order_id=range(1_000, 1_000 + others), side=BUY)
    many["instrument"], many["price"], many["quantity"], many["account"] = 3, 90, 1, BOB
    core.match(many)
    return core


def canceled(reports: Any) -> list[int]:
    assert reports["exec_type"].tolist()[-1] == ExecType.DONE
    assert set(reports["exec_type"].tolist()[:-1]) <= {ExecType.CANCELED}
    assert reports["last_quantity"].tolist()[-1] == len(reports) - 1
    return reports["order_id"].tolist()[:-1]


@pytest.mark.parametrize("others", [1, 300])
def test_its_orders_go_in_the_order_of_all_orders(make_bank: Any, others: int) -> None:
    core = bank(make_bank, others)
    cancel = commands_of(1, MASS_CANCEL, selector=CancelScope.BY_ACCOUNT, account=ALICE)
    assert canceled(core.match(cancel)) == HERS
    assert canceled(core.match(cancel)) == []
    assert len(core) == 2 + others
    core.check_invariants()


@pytest.mark.parametrize("others", [1, 300])
@pytest.mark.parametrize(
    ("number", "ids"), [(0, HERS[:4]), (1, HERS[4:10]), (2, HERS[10:]), (3, [])]
)
def test_its_orders_of_one_instrument_alone(
    make_bank: Any, others: int, number: int, ids: list[int]
) -> None:
    core = bank(make_bank, others)
    scope = CancelScope.BY_ACCOUNT | CancelScope.BY_INSTRUMENT
    cancel = commands_of(1, MASS_CANCEL, selector=scope, account=ALICE, instrument=number)
    assert canceled(core.match(cancel)) == ids
    assert len(core) == 2 + others + len(HERS) - len(ids)


@pytest.mark.parametrize("others", [1, 300])
def test_an_account_that_is_switched_off_loses_them_the_same_way(
    make_bank: Any, others: int
) -> None:
    core = bank(make_bank, others)
    reports = switch_off(core, SwitchScope.BY_ACCOUNT, account=ALICE)
    assert canceled(reports) == HERS
