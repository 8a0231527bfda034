"""Levels to share: orders at one price, who takes from them, and streams that crowd them."""

from __future__ import annotations

from random import Random
from typing import Any

from streams import Stream, command_array
from views import at, fills, other

from engine import (
    ALL_OR_NONE,
    BUDGET,
    CANCEL,
    FOK,
    HIDDEN,
    IOC,
    MARKET,
    MARKET_TO_LIMIT,
    MINIMUM_EACH,
    REDUCE,
    REPLACE,
    SUBMIT,
    Allocation,
    SelfTradeMode,
    Side,
)

HIGHEST = 2**63 - 1


def rest(book: Any, side: Side, *quantities: int, **more: int) -> None:
    """Let orders rest at one price, as 1, 2, 3 and on."""
    for order_id, quantity in enumerate(quantities, start=1):
        book.submit(side, at(side), quantity, order_id, **more)


def take(book: Any, side: Side, quantity: int, **more: int) -> list[tuple[int, int]]:
    """Take from a side at that price; return maker and lots of each fill."""
    more.setdefault("time_in_force", IOC)
    report = book.submit(other(side), more.pop("price", at(side)), quantity, 99, **more)
    return [(maker, lots) for maker, _, lots in fills(report)]


def crowded(seed: int, length: int) -> Stream:
    """Return a stream of orders of all kinds that gather at three prices of a side, and takers."""
    random = Random(seed)
    commands = [_crowded_command(random, number) for number in range(length)]
    terms = {
        "allocation": Allocation.PRO_RATA,
        "pro_rata_minimum": random.choice((0, 1, 2, 4)),
        "top_order_maximum": random.choice((0, 2, 10, HIGHEST)),
    }
    return Stream((terms,), 2**30, command_array(*commands))


def _crowded_command(random: Random, number: int) -> dict[str, int]:
    changes = {SUBMIT: 85, CANCEL: 4, REPLACE: 7, REDUCE: 4}
    kind = random.choices(tuple(changes), tuple(changes.values()))[0]
    side = random.choice(tuple(Side))
    fields = {"kind": kind, "order_id": number + 1, "account": random.randint(1, 3)}
    fields["command_id"] = number + 1
    if kind != SUBMIT:
        fields["order_id"] = random.randint(1, number + 1)
        if kind == CANCEL:
            return fields
        if kind == REPLACE:
            fields["price"] = at(side, random.choice((-2, -2, -1, 0)))
        return fields | {"quantity": random.randint(1, 20)}
    fields |= {"side": side, "quantity": random.randint(1, 20)}
    fields["price"] = at(side, random.choice((-2, -2, -2, -1, 0)))
    if random.random() < 0.3:
        return fields | _crowded_taker(random, side)
    flags = random.choices((0, HIDDEN, ALL_OR_NONE, MINIMUM_EACH), (12, 1, 1, 1))[0]
    fields["flags"] = flags
    if flags == MINIMUM_EACH:
        fields["minimum_quantity"] = random.randint(1, fields["quantity"])
    if flags == 0 and random.random() < 0.3:
        fields["display_quantity"] = random.randint(1, fields["quantity"])
    return fields


def _crowded_taker(random: Random, side: Side) -> dict[str, int]:
    fields = {
        "quantity": random.randint(5, 60),
        "price": at(side, random.choice((1, 2, 2, 3))),
        "time_in_force": random.choice((IOC, IOC, FOK, 0)),
        "self_trade_mode": random.choice((0, 0, *SelfTradeMode)),
    }
    chance = random.random()
    if chance < 0.3:
        fields |= {"flags": MINIMUM_EACH, "minimum_quantity": random.randint(1, 5)}
        fields["time_in_force"] = random.choice((IOC, 0))
    elif chance < 0.4:
        fields |= {"flags": ALL_OR_NONE, "time_in_force": 0}
    elif chance < 0.6 and side == Side.BUY:
        fields |= {"order_type": MARKET, "price": 0, "time_in_force": IOC, "flags": BUDGET}
        fields["bound"] = random.randint(300, 6000)
    elif chance < 0.7:
        fields |= {"order_type": MARKET_TO_LIMIT, "price": 0, "time_in_force": 0}
    return fields
