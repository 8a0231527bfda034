"""Streams in which nothing is sure but losses: leveraged positions, marks that jump, liquidations.

Prices walk around 100, and each account has but a little more than its first positions need. Every
contract has a process of liquidation. The fund, account 0, is rich, poor, or has nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from funding_draws import FundingDraw
from liquidation_draws import BILLION, LiquidationDraw
from streams import Stream, command_array

from engine import (
    ADD_MARGIN,
    DEPOSIT,
    FUND,
    IOC,
    LIQUIDATE,
    SET_ACCOUNT,
    SET_LEVERAGE,
    SET_LIMIT,
    SET_MARGIN_MODE,
    SET_POSITION_MODE,
    SET_PRICE,
    SUBMIT,
    WITHDRAW,
    ContractKind,
    FundingSource,
    Limit,
    MarginMode,
    OrderFlag,
    OrderType,
    PositionMode,
    Rounding,
    Side,
    TriggerSource,
)

FUND_ACCOUNT = 0
TRADERS = range(1, 7)
MAKERS = range(7, 9)
"""They are rich, and let orders rest far and near."""
MAX_ORDERS = 1_000
MIDDLE = 100


def storm(seed: int, length: int) -> Stream:
    """Return the storm of this seed."""
    random = Random(f"storm {seed}")
    contracts = [_contract(random, seed + place) for place in range(random.randint(1, 3))]
    lowest = {ContractKind.INVERSE: {"min_price": 1}}
    instruments = tuple(
        {**lowest.get(contract["kind"], {"max_price": 1_000}), "contract": contract}
        for contract in contracts
    )
    commands = [
        *_opening(random, len(contracts)),
        *_limits(seed),
        *_weather(random, len(contracts), length),
    ]
    numbered = [
        {"command_id": place, "timestamp": 10**9 * place, **fields}
        for place, fields in enumerate(commands, start=1)
    ]
    return Stream(instruments, MAX_ORDERS, command_array(*numbered), currencies=2)


def _contract(random: Random, seed: int) -> dict[str, Any]:
    kind = random.choice((ContractKind.LINEAR, ContractKind.LINEAR, ContractKind.INVERSE))
    initial = random.choice((20_000_000, 50_000_000, 100_000_000))
    contract = {
        "kind": kind,
        "settle": int(random.random() < 0.3),
        "value_factor": 3 if kind == ContractKind.LINEAR else 1_000_003,
        "initial_rate": initial,
        "maintenance_rate": initial // random.choice((1, 2, 3)),
        "taker_rate": random.choice((0, 500_000, 3_333_333)),
        "maker_rate": random.choice((0, -200_000)),
        "fee_rounding": random.choice(tuple(Rounding)),
        "value_rounding": random.choice(tuple(Rounding)),
    }
    if random.random() < 0.5:
        tiers = ((5_000, 2 * initial, initial), (20_000, 3 * initial, 2 * initial))
        contract["margin_tiers"] = tiers
    funded = FundingDraw(seed).funded(contract) if random.random() < 0.5 else contract
    return LiquidationDraw(seed).processed(funded)


def _opening(random: Random, instruments: int) -> Iterator[dict[str, int]]:
    """Yield the accounts, what they have, and how they want their positions to be kept."""
    for account in (FUND_ACCOUNT, *TRADERS, *MAKERS):
        yield {"kind": SET_ACCOUNT, "account": account}
        money = 10**7 if account in MAKERS else random.choice((400, 1_000, 3_000))
        if account == FUND_ACCOUNT:
            money = random.choice((0, 300, 10**6))
        for currency in range(2):
            if money:
                fields = {"account": account, "instrument": currency, "quantity": money}
                yield {"kind": DEPOSIT, **fields}
        for number in range(instruments):
            fields = {"account": account, "instrument": number}
            if random.random() < 0.3:
                yield {"kind": SET_MARGIN_MODE, **fields, "selector": MarginMode.ISOLATED}
            if random.random() < 0.2:
                yield {"kind": SET_POSITION_MODE, **fields, "selector": PositionMode.HEDGE}
            if random.random() < 0.5:
                leverage = random.choice((1_000, 2_000, 5_000))
                yield {"kind": SET_LEVERAGE, **fields, "quantity": leverage}
    for number in range(instruments):
        yield _price(number, TriggerSource.MARK, MIDDLE)


def _limits(seed: int) -> Iterator[dict[str, int]]:
    """Yield how many orders traders may have, in some storms."""
    random = Random(f"limits of storm {seed}")
    for account in TRADERS if random.random() < 0.4 else ():
        most = random.choice((1, 2, 3))
        yield {
            "kind": SET_LIMIT,
            "account": account,
            "selector": Limit.OPEN_ORDERS,
            "quantity": most,
        }


def _price(number: int, source: TriggerSource, price: int) -> dict[str, int]:
    fields = {"instrument": number, "trigger_source": source, "price": price}
    return {"kind": SET_PRICE, **fields}


def _weather(random: Random, instruments: int, length: int) -> Iterator[dict[str, int]]:
    """Yield orders around the mark prices, which walk and now and then jump, and what they do."""
    marks = [MIDDLE] * instruments
    for _ in range(length):
        number, account = random.randrange(instruments), random.choice(TRADERS)
        of_account = {"account": account, "instrument": number}
        draw = random.random()
        if draw < 0.15:
            maker = {"account": random.choice(MAKERS), "instrument": number}
            yield _deep_order(random, marks[number]) | maker
        elif draw < 0.62:
            yield _order(random, marks[number]) | of_account
        elif draw < 0.74:
            step = random.choice((-1, 1)) * random.choice((1, 2, 3, 5, 5, 12, 30))
            marks[number] = max(1, min(marks[number] + step, 900))
            yield _price(number, TriggerSource.MARK, marks[number])
        elif draw < 0.86:
            level = random.choice((0, 0, BILLION // 2, BILLION * 4 // 5))
            yield {"kind": LIQUIDATE, "account": FUND_ACCOUNT, "quantity": level}
        elif draw < 0.9:
            yield _price(number, TriggerSource.INDEX, marks[number] + random.randint(0, 1))
        elif draw < 0.94:
            yield {"kind": FUND, "selector": FundingSource.EVERY}
        elif draw < 0.97:
            side = random.choice((Side.BUY, Side.SELL))
            amount = random.choice((-40, -5, 20, 100))
            yield {"kind": ADD_MARGIN, **of_account, "side": side, "quantity": amount}
        else:
            kind = random.choice((DEPOSIT, WITHDRAW))
            fields = {"account": random.choice((FUND_ACCOUNT, account)), "quantity": 200}
            yield {"kind": kind, **fields, "instrument": random.randrange(2)}


def _deep_order(random: Random, mark: int) -> dict[str, int]:
    side, distance = random.choice((Side.BUY, Side.SELL)), random.choice((1, 2, 3, 5, 8, 13, 40))
    quantity = random.choice((3, 10, 30))
    return {
        "kind": SUBMIT,
        "side": side,
        "price": max(1, mark - side * distance),
        "quantity": quantity,
    }


def _order(random: Random, mark: int) -> dict[str, int]:
    """Draw an order that may trade, or rest close to the mark, or wait for it to move."""
    side = random.choice((Side.BUY, Side.SELL))
    distance = random.choice((-2, -1, 0, 0, 1, 2, 8, 25))
    order = {"kind": SUBMIT, "side": side, "price": max(1, mark - side * distance)}
    order["quantity"] = random.choice((1, 2, 5, 10, 15))
    if random.random() < 0.2:
        order["time_in_force"] = IOC
    if random.random() < 0.1:
        order["flags"] = OrderFlag.REDUCE_ONLY
    if random.random() < 0.1:
        trigger = max(1, mark + side * random.choice((1, 5, 10)))
        order |= {"order_type": OrderType.STOP_LIMIT, "trigger_price": trigger}
    return order
