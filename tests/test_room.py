"""What wallets have room for: long batches between two looks at accounts, near all their bounds."""

from __future__ import annotations

from random import Random
from typing import Any, Final

import implementations
import numpy as np
import pytest
from banking import (
    LINEAR,
    PERCENT,
    SPOT,
    USD,
    deposit,
    instrument,
)
from streams import command_array

from engine import (
    BUY,
    CANCEL,
    DEPOSIT,
    IOC,
    LIMIT,
    MARKET,
    REDUCE,
    REPLACE,
    SELL,
    SET_DEFAULT_LIMIT,
    SET_LEVERAGE,
    SET_LIMIT,
    SET_PRICE,
    SUBMIT,
    SWITCH,
    WITHDRAW,
    Limit,
    RejectReason,
    SwitchScope,
    TriggerSource,
)

R = RejectReason
DAY: Final = 86_400 * 10**9
COMMANDS: Final = 400
ACCOUNTS: Final = 4
OF_INSTRUMENT: Final = (Limit.POSITION, Limit.ORDER_VALUE, Limit.PRICE_DISTANCE)
FEES: Final = {"maker_rate": PERCENT // 20, "taker_rate": PERCENT // 7}
TIERED: Final = LINEAR | {"margin_tiers": [(2_000, 20 * PERCENT, 10 * PERCENT)]}
CONTRACTS: Final = (
    LINEAR | FEES,
    LINEAR,
    LINEAR | {"value_factor": 3, "min_value": 150},
    TIERED,
    SPOT,
)
MOST: Final = {
    Limit.POSITION: 30,
    Limit.NET_EXPOSURE: 3_000,
    Limit.GROSS_EXPOSURE: 4_000,
    Limit.DAILY_LOSS: 120,
    Limit.DRAWDOWN: 150,
    Limit.ORDER_VALUE: 900,
    Limit.PRICE_DISTANCE: 60_000,
    Limit.OPEN_ORDERS: 9,
}


def bank(name: str) -> Any:
    """Return an engine of an implementation with some accounts and all kinds of contracts."""
    core = implementations.load(name).core(accounts=True)
    for _ in range(2):
        core.add_currency()
    for contract in CONTRACTS:
        core.add_instrument(**instrument(contract))
    for account in range(ACCOUNTS):
        deposit(core, account, {0: 700 + 300 * account, 1: 1_000})
    return core


class Draw:
    """A stream of orders that are now and then too large, with what changes how much that is."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"room {seed}")
        self.ids = 0
        self.time = 0

    def command(self) -> dict[str, int]:
        """Return the next command."""
        self.time += 1 if self.random.random() > 0.002 else DAY // 2
        account = self.random.randrange(ACCOUNTS)
        fields = {"account": account, "instrument": self.random.choice((0, 0, 0, 1, 1, 2, 3, 4))}
        return fields | {"timestamp": self.time} | self._of_some_kind()

    def _of_some_kind(self) -> dict[str, int]:
        kind = self.random.random()
        if kind < 0.03:
            return self._rare()
        if kind < 0.55:
            return self._order()
        named = {"order_id": self.random.randint(max(1, self.ids - 12), max(1, self.ids))}
        if kind < 0.72:
            return named | {"kind": CANCEL}
        changed = named | {"quantity": self.random.randint(1, 7)}
        if kind < 0.78:
            return changed | {"kind": REDUCE}
        return changed | {"kind": REPLACE, "price": self._price()}

    def _price(self) -> int:
        return self.random.randint(94, 106)

    def _order(self) -> dict[str, int]:
        self.ids += 1
        order = {"kind": SUBMIT, "order_id": self.ids, "quantity": self.random.randint(1, 7)}
        order["side"] = self.random.choice((BUY, SELL))
        type_ = self.random.choice((LIMIT, LIMIT, LIMIT, IOC, MARKET))
        if type_ == MARKET:
            return order | {"order_type": MARKET, "time_in_force": IOC}
        return order | {"price": self._price(), "time_in_force": IOC if type_ == IOC else 0}

    def _rare(self) -> dict[str, int]:
        choice = self.random.randrange(7)
        if choice < 2:
            mark = {"kind": SET_PRICE, "trigger_source": TriggerSource.MARK, "account": 0}
            return mark | {"price": self._price()}
        if choice == 2:
            return {"kind": DEPOSIT, "instrument": USD, "quantity": self.random.randint(1, 200)}
        if choice == 3:
            return {"kind": WITHDRAW, "instrument": USD, "quantity": self.random.randint(1, 200)}
        if choice == 4:
            return {"kind": SET_LEVERAGE, "quantity": self.random.choice((300, 500, 1_000))}
        if choice == 5:
            scope = {"kind": SWITCH, "selector": SwitchScope.BY_ACCOUNT, "instrument": 0}
            return scope | {"quantity": int(self.random.random() < 0.15)}
        limit = self.random.choice(list(MOST))
        value = self.random.choice((-1, MOST[limit], MOST[limit] // 2))
        is_own = self.random.random() < 0.4
        kind = {"kind": SET_LIMIT} if is_own else {"kind": SET_DEFAULT_LIMIT, "account": 0}
        of = (
            {}
            if limit in (Limit.POSITION, Limit.ORDER_VALUE, Limit.PRICE_DISTANCE)
            else {"instrument": 0}
        )
        return kind | of | {"selector": limit, "quantity": value}


@pytest.mark.parametrize("seed", range(6))
def test_long_batches_are_answered_as_the_reference_answers_them(seed: int) -> None:
    """Nobody looks at an account between the commands of a batch."""
    draw = Draw(seed)
    commands = command_array(*(draw.command() for _ in range(COMMANDS)))
    core, reference = bank("core"), bank("reference")
    size = (COMMANDS, 150, 40)[seed % 3]
    reasons = set()
    for start in range(0, COMMANDS, size):
        some = commands[start : start + size]
        wanted = reference.match(some)
        np.testing.assert_array_equal(core.match(some), wanted)
        reasons |= set(wanted["reject_reason"].tolist())
    core.check_invariants()
    assert core.state_hash() == reference.state_hash()
    for account in range(ACCOUNTS):
        assert core.balance(account, USD) == reference.balance(account, USD)
        assert core.exposure(account, USD) == reference.exposure(account, USD)
        for number in range(len(CONTRACTS)):
            assert core.account_position(account, number) == reference.account_position(
                account, number
            )
    assert {R.NONE, R.INSUFFICIENT_FUNDS} <= reasons
