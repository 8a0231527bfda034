"""Seeded streams of spot orders that belong to a few groups, most of which ask for TRANSFER.

Where `streams` lets everything meet everything, this lets orders of different accounts and one
group meet: with limits and without, with budgets, in parts, hidden, all or none, shared pro rata,
in the dark, near the end of what an account has. Most of them are taken.
"""

from __future__ import annotations

from random import Random
from typing import Any

from streams import MAX_ORDERS, Stream, command_array

from engine import (
    ALL_OR_NONE,
    BUDGET,
    HIDDEN,
    MINIMUM_EACH,
    POST_ONLY,
    PROTECTED,
    SLIDE,
    Allocation,
    CommandKind,
    ContractKind,
    FeeCurrency,
    OrderType,
    Rounding,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerSource,
    Visibility,
)

QUOTE, BASE = 0, 1
ACCOUNTS = range(1, 5)
LOTS_MAX = 9
MILLION = 10**6
MODES = (*(SelfTradeMode.TRANSFER,) * 12, *SelfTradeMode)
RATES = (0, -250_001, 1_000_000, 23_456_789)
SHAPES = (*(0,) * 8, HIDDEN, ALL_OR_NONE, MINIMUM_EACH, POST_ONLY, POST_ONLY | SLIDE)
KINDS = {
    CommandKind.SUBMIT: 84,
    CommandKind.CANCEL: 4,
    CommandKind.REPLACE: 6,
    CommandKind.REDUCE: 3,
    CommandKind.DEPOSIT: 3,
    CommandKind.SET_PRICE: 4,
}


def family_stream(seed: int, length: int) -> Stream:
    """Return the stream of this seed."""
    random = Random(f"family {seed}")
    price = random.choice((3, 100, 5_000))
    terms = _terms(random, price)
    worth = LOTS_MAX * price * terms["contract"]["value_factor"]
    amounts = {QUOTE: worth, BASE: LOTS_MAX * terms["contract"]["lot_units"]}
    wealth = random.choice((2, 6, 40))
    commands = []
    for account in ACCOUNTS:
        commands.append({"kind": CommandKind.SET_ACCOUNT, "account": account})
        for currency, amount in amounts.items():
            fields = {"account": account, "instrument": currency, "quantity": wealth * amount}
            commands.append({"kind": CommandKind.DEPOSIT, **fields})
    while len(commands) < length:
        kind = random.choices(tuple(KINDS), tuple(KINDS.values()))[0]
        fields = {"kind": kind, "account": random.choice(ACCOUNTS)}
        if kind == CommandKind.SUBMIT:
            fields |= {"order_id": len(commands), **_order(random, price)}
        elif kind == CommandKind.SET_PRICE:
            told = {
                "trigger_source": TriggerSource.REFERENCE,
                "price": price + random.randint(-2, 2),
            }
            fields = {"kind": kind, **told}
        elif kind == CommandKind.DEPOSIT:
            currency = random.choice((QUOTE, BASE))
            fields |= {"instrument": currency, "quantity": amounts[currency]}
        else:
            fields |= _change(random, kind, commands, price)
        commands.append(fields)
    for number, fields in enumerate(commands):
        fields |= {"command_id": number + 1, "timestamp": number}
    return Stream((terms,), MAX_ORDERS, command_array(*commands), currencies=2)


def _terms(random: Random, price: int) -> dict[str, Any]:
    """Draw an instrument and its contract."""
    contract = {
        "kind": ContractKind.SPOT,
        "base": BASE,
        "settle": QUOTE,
        "lot_units": random.choice((1, 10, 333)),
        "value_factor": random.choice((1, 3, 10)),
        "maker_rate": random.choice(RATES),
        "taker_rate": random.choice(RATES),
        "fee_rounding": random.choice(tuple(Rounding)),
        "fee_currency": random.choice(tuple(FeeCurrency)),
    }
    terms = {"min_price": 0, "replace_priority": random.randint(0, 1), "contract": contract}
    if random.random() < 0.2:
        terms |= {"allocation": Allocation.PRO_RATA, "pro_rata_minimum": random.randint(0, 2)}
    elif random.random() < 0.2:
        terms |= {"visibility": Visibility.DARK}
    if random.random() < 0.3:
        terms["static_band"] = MILLION // price
    return terms


def _order(random: Random, price: int) -> dict[str, int]:
    """Draw an order, of a group or of none, that mostly meets others."""
    side = random.choice(tuple(Side))
    fields = {
        "side": side,
        "quantity": random.randint(1, LOTS_MAX),
        "price": price + random.randint(-2, 2),
        "time_in_force": random.choices((TimeInForce.GTC, TimeInForce.IOC), (8, 1))[0],
        "self_trade_mode": random.choice(MODES),
    }
    if fields["self_trade_mode"] != SelfTradeMode.NONE:
        fields["self_trade_group"] = random.choice((0, 1, 1, 1, 1, 2))
    if random.random() < 0.25:
        return fields | _without_limit(random, price, fields["quantity"])
    if fields["time_in_force"] == TimeInForce.IOC:
        return fields
    fields["flags"] = random.choice(SHAPES)
    if fields["flags"] == MINIMUM_EACH:
        fields["minimum_quantity"] = random.randint(1, fields["quantity"])
    elif fields["flags"] == 0 and random.random() < 0.3:
        fields["display_quantity"] = random.randint(1, fields["quantity"])
    return fields


def _without_limit(random: Random, price: int, quantity: int) -> dict[str, int]:
    """Draw what a market order has beside its side and quantity."""
    fields: dict[str, int] = {"price": 0, "order_type": OrderType.MARKET}
    fields["time_in_force"] = TimeInForce.GTC
    kind = random.choice(("bare", "budget", "budget", "protected", "to limit"))
    if kind == "to limit":
        return fields | {"order_type": OrderType.MARKET_TO_LIMIT}
    if kind == "budget":
        return fields | {"flags": BUDGET, "bound": random.randint(1, quantity * price + 5)}
    if kind == "protected":
        return fields | {"flags": PROTECTED, "bound": price + random.randint(-2, 2)}
    return fields


def _change(
    random: Random, kind: CommandKind, commands: list[dict[str, int]], price: int
) -> dict[str, int]:
    """Draw a change of one of the last orders, mostly by its owner."""
    orders = [fields for fields in commands if fields["kind"] == CommandKind.SUBMIT]
    order = random.choice(orders[-12:]) if orders else {"order_id": 1}
    fields = {name: order[name] for name in ("order_id", "account") if name in order}
    if kind != CommandKind.CANCEL:
        fields["quantity"] = random.randint(1, LOTS_MAX)
    if kind == CommandKind.REPLACE:
        fields["price"] = price + random.randint(-2, 2)
    return fields
