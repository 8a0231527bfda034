"""Engines with accounts, for tests: contracts with easy numbers, and commands in one line each."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from streams import command_array

from engine import (
    ADD_MARGIN,
    DEPOSIT,
    IOC,
    SET_ACCOUNT,
    SET_DEFAULT_LIMIT,
    SET_LEVERAGE,
    SET_LIMIT,
    SET_MARGIN_MODE,
    SET_POSITION_MODE,
    SET_PRICE,
    SET_RATE,
    SWITCH,
    TRANSFER,
    WITHDRAW,
    CommandKind,
    ContractKind,
    Limit,
    MarginMode,
    PositionMode,
    RateLimit,
    RejectReason,
    Side,
    SwitchScope,
    TriggerSource,
)

USD, BTC = 0, 1
ALICE, BOB, CAROL = 1, 2, 3
PERCENT = 10**7
"""As a rate, in billionths."""

SPOT: Final = {"kind": ContractKind.SPOT, "base": BTC, "settle": USD, "lot_units": 10}
LINEAR: Final = {"kind": ContractKind.LINEAR, "settle": USD, "initial_rate": 10 * PERCENT}
INVERSE: Final = {
    "kind": ContractKind.INVERSE,
    "settle": BTC,
    "value_factor": 1_000,
    "initial_rate": 10 * PERCENT,
}
LOWEST: Final = {ContractKind.SPOT: 0, ContractKind.INVERSE: 1}


def instrument(contract: dict[str, int], **terms: int) -> dict[str, Any]:
    """Return the terms of an instrument with a contract; a lot is worth one unit a tick."""
    kind = ContractKind(contract["kind"])
    bounds = {"min_price": LOWEST[kind]} if kind in LOWEST else {}
    return {**bounds, **terms, "contract": contract}


def send(core: Any, kind: CommandKind, **fields: int) -> np.ndarray:
    """Carry out one command and return its reports."""
    return core.match(command_array({"kind": kind, **fields}))


def reason_of(core: Any, kind: CommandKind, **fields: int) -> RejectReason:
    """Carry out one command and return why it was refused; NONE when it was not."""
    return RejectReason(int(send(core, kind, **fields)[-1]["reject_reason"]))


def set_account(core: Any, account: int, flags: int = 0) -> None:
    assert reason_of(core, SET_ACCOUNT, account=account, selector=flags) == RejectReason.NONE


def deposit(core: Any, account: int, amounts: dict[int, int]) -> None:
    """Make an account, and let it have so much of each currency."""
    set_account(core, account)
    for currency, amount in amounts.items():
        fields = {"account": account, "instrument": currency, "quantity": amount}
        assert reason_of(core, DEPOSIT, **fields) == RejectReason.NONE


def withdraw(core: Any, account: int, currency: int, amount: int) -> RejectReason:
    return reason_of(core, WITHDRAW, account=account, instrument=currency, quantity=amount)


def transfer(core: Any, account: int, receiver: int, currency: int, amount: int) -> RejectReason:
    fields = {"account": account, "linked_order_id": receiver}
    return reason_of(core, TRANSFER, **fields, instrument=currency, quantity=amount)


def trade(core: Any, buyer: int, seller: int, lots: int, price: int = 100, number: int = 0) -> None:
    """Let the one buy from the other."""
    book = core.book(number)
    book.submit(Side.SELL, price, lots, account=seller)
    book.submit(Side.BUY, price, lots, account=buyer, time_in_force=IOC)


def set_leverage(core: Any, account: int, hundredths: int, instrument: int = 0) -> RejectReason:
    fields = {"account": account, "instrument": instrument, "quantity": hundredths}
    return reason_of(core, SET_LEVERAGE, **fields)


def set_position_mode(
    core: Any, account: int, mode: PositionMode, instrument: int = 0
) -> RejectReason:
    fields = {"account": account, "instrument": instrument, "selector": mode}
    return reason_of(core, SET_POSITION_MODE, **fields)


def set_margin_mode(core: Any, account: int, mode: MarginMode, instrument: int = 0) -> RejectReason:
    fields = {"account": account, "instrument": instrument, "selector": mode}
    return reason_of(core, SET_MARGIN_MODE, **fields)


def add_margin(
    core: Any, account: int, side: Side, amount: int, instrument: int = 0
) -> RejectReason:
    fields = {"account": account, "side": side, "instrument": instrument, "quantity": amount}
    return reason_of(core, ADD_MARGIN, **fields)


def set_limit(core: Any, account: int, limit: Limit, value: int, of: int = 0) -> RejectReason:
    fields = {"account": account, "selector": limit, "instrument": of, "quantity": value}
    return reason_of(core, SET_LIMIT, **fields)


def set_default_limit(core: Any, limit: Limit, value: int, of: int = 0) -> RejectReason:
    return reason_of(core, SET_DEFAULT_LIMIT, selector=limit, instrument=of, quantity=value)


def set_rate(core: Any, limit: RateLimit, value: int, tier: int = 0) -> RejectReason:
    fields = {"self_trade_group": tier, "selector": limit, "quantity": value}
    return reason_of(core, SET_RATE, **fields)


def switch_off(core: Any, scope: int = 0, **fields: int) -> np.ndarray:
    return send(core, SWITCH, selector=scope, quantity=1, **fields)


def switch_on(core: Any, scope: SwitchScope | int = 0, **fields: int) -> np.ndarray:
    return send(core, SWITCH, selector=scope, quantity=0, **fields)


def set_mark(core: Any, price: int, instrument: int = 0) -> None:
    fields = {"instrument": instrument, "trigger_source": TriggerSource.MARK, "price": price}
    send(core, SET_PRICE, **fields)


def fees(reports: np.ndarray) -> list[int]:
    """Return the fees of the trades that reports tell of, the maker's before the taker's."""
    return reports["fee"][reports["trade_id"] > 0].tolist()


def balances(core: Any, *accounts: int) -> list[tuple[int, int]]:
    """Return what each account owns of the first two currencies."""
    return [
        (core.balance(account, USD).balance, core.balance(account, BTC).balance)
        for account in accounts
    ]
