"""Days on which everything goes wrong, as commands: of any size, the same for the same size.

Accounts 1 to n are traders, n + 1 is rich and stands against them, n + 2 is the insurance fund.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from streams import Stream

from engine import (
    COMMAND_DTYPE,
    DEPOSIT,
    FUND,
    IOC,
    LIQUIDATE,
    SET_ACCOUNT,
    SET_MARGIN_MODE,
    SET_PRICE,
    SUBMIT,
    CommandKind,
    ContractKind,
    Deficit,
    FundingAccrual,
    FundingSource,
    LiquidationSale,
    LiquidationStep,
    MarginMode,
    Side,
    TriggerSource,
)

PERCENT: Final = 10**7
MAX_ORDERS: Final = 2**24
LOTS: Final = 10
"""Of each trader."""
START: Final = 1_000
"""The price at which they came."""
SECOND: Final = 10**9

LINEAR: Final[dict[str, Any]] = {
    "kind": ContractKind.LINEAR,
    "initial_rate": PERCENT,
    "maintenance_rate": PERCENT // 2,
    "taker_rate": PERCENT // 20,
}
BY_TIER: Final = {
    "margin_tiers": ((2_000, 2 * PERCENT, PERCENT), (5_000, 4 * PERCENT, 2 * PERCENT)),
    "liquidation_step": LiquidationStep.TIER_DOWN,
    "liquidation_tiers": 1,
    "liquidation_sale": LiquidationSale.BANKRUPTCY,
}
AT_MARKET: Final = {
    "liquidation_sale": LiquidationSale.MARKET,
    "liquidation_step": LiquidationStep.SHORTAGE,
    "liquidation_fee_rate": PERCENT // 10,
}


def commands_of(kind: CommandKind, count: int = 1, **columns: Any) -> np.ndarray:
    """Return so many commands of a kind, field by field."""
    commands = np.zeros(count, COMMAND_DTYPE)
    commands["kind"] = kind
    for name, values in columns.items():
        commands[name] = values
    return commands


def mark(price: int) -> np.ndarray:
    return commands_of(SET_PRICE, price=price, trigger_source=TriggerSource.MARK)


def liquidate(traders: int, times: int = 1) -> np.ndarray:
    return commands_of(LIQUIDATE, times, account=traders + 2)


def opening(traders: int, *, fund: int, is_isolated: bool = False) -> list[np.ndarray]:
    """Return how traders come to be long, with margin for leverage from 2 to 50."""
    numbers = np.arange(1, traders + 1)
    rich, insurer = traders + 1, traders + 2
    leverages = 2 + numbers * 7 % 49
    everyone = np.arange(1, traders + 3)
    parts = [
        commands_of(SET_ACCOUNT, traders + 2, account=everyone),
        commands_of(
            DEPOSIT,
            traders,
            account=numbers,
            quantity=LOTS * START // leverages + LOTS * START // 50,
        ),
        commands_of(DEPOSIT, account=rich, quantity=10**15),
    ]
    if fund:
        parts.append(commands_of(DEPOSIT, account=insurer, quantity=fund))
    if is_isolated:
        isolated = {"selector": MarginMode.ISOLATED}
        parts.append(commands_of(SET_MARGIN_MODE, traders, account=numbers, **isolated))
    order = {"price": START, "quantity": LOTS * traders, "account": rich}
    parts.append(commands_of(SUBMIT, side=Side.SELL, **order))
    taken = {"price": START, "quantity": LOTS, "time_in_force": IOC}
    parts.append(commands_of(SUBMIT, traders, side=Side.BUY, account=numbers, **taken))
    # Every third has an order that will be in the way.
    waiting = numbers[numbers % 3 == 0]
    parts.append(
        commands_of(
            SUBMIT, len(waiting), side=Side.SELL, account=waiting, price=3 * START, quantity=1
        )
    )
    return parts


def bids(traders: int, prices: range) -> np.ndarray:
    """Return a full book below: in all of it there are half as many lots as traders have."""
    at = np.array(prices)
    quantity = max(1, LOTS * traders // 2 // len(at))
    rich = {"side": Side.BUY, "account": traders + 1}
    return commands_of(SUBMIT, len(at), price=at, quantity=quantity, **rich)


def gap(traders: int, *, fund: int, is_isolated: bool = False) -> list[np.ndarray]:
    """Return a day on which the mark falls by 30 percent at once."""
    return [
        *opening(traders, fund=fund, is_isolated=is_isolated),
        mark(START),
        bids(traders, range(600, 950, 5)),
        liquidate(traders),
        mark(START * 7 // 10),
        liquidate(traders, 4),
    ]


def cascade(traders: int) -> list[np.ndarray]:
    """Return a day on which each liquidation finds the mark where the last one might leave it."""
    falling = [mark(price) for price in range(START, 500, -25)]
    steps = [part for price in falling for part in (price, liquidate(traders))]
    return [*opening(traders, fund=0), bids(traders, range(500, 990, 7)), *steps]


def funding_at_the_cap(traders: int) -> list[np.ndarray]:
    """Return an hour in which long positions pay 0.05 percent each second."""
    index = commands_of(SET_PRICE, price=START // 2, trigger_source=TriggerSource.INDEX)
    parts = [*opening(traders, fund=10**6), mark(START), index]
    for minute in range(60):
        seconds = np.arange(60 * minute + 1, 60 * minute + 61)
        parts.append(
            commands_of(FUND, 60, selector=FundingSource.EVERY, timestamp=SECOND * seconds)
        )
        parts.append(liquidate(traders))
    return parts


def inverse_near_zero(traders: int) -> list[np.ndarray]:
    """Return a day on which coins are worth next to nothing: values grow without a bound."""
    falling = [
        part for price in (900, 300, 50, 5, 2, 1) for part in (mark(price), liquidate(traders))
    ]
    rising = [mark(10**12), liquidate(traders)]
    return [*opening(traders, fund=10**9), mark(START), *falling, *rising]


INVERSE: Final = {
    "kind": ContractKind.INVERSE,
    "initial_rate": PERCENT,
    "maintenance_rate": PERCENT // 2,
    "value_factor": START * START,
}
FUNDED: Final = {
    "funding": FundingAccrual.INDEX,
    "funding_cap": 500_000_000_000_000,
    "funding_floor": -500_000_000_000_000,
}
DAYS: Final[dict[str, tuple[dict[str, Any], Callable[[int], list[np.ndarray]]]]] = {
    "a gap, and a fund that has enough": (
        LINEAR | BY_TIER,
        lambda traders: gap(traders, fund=10**12),
    ),
    "a gap, and isolated positions": (
        LINEAR | BY_TIER,
        lambda traders: gap(traders, fund=10**12, is_isolated=True),
    ),
    "a gap, and the fund is empty: deleveraged": (
        LINEAR | BY_TIER | {"deficit": Deficit.DELEVERAGE},
        lambda traders: gap(traders, fund=0),
    ),
    "a gap, and the fund is empty: borne by all": (
        LINEAR | {"deficit": Deficit.SOCIALIZE},
        lambda traders: gap(traders, fund=1_000, is_isolated=True),
    ),
    "liquidations that move the mark": (
        LINEAR | AT_MARKET | {"deficit": Deficit.DELEVERAGE},
        cascade,
    ),
    "an hour of funding at the cap": (
        LINEAR | FUNDED | {"deficit": Deficit.DELEVERAGE},
        funding_at_the_cap,
    ),
    "inverse contracts near zero": (INVERSE | {"deficit": Deficit.SOCIALIZE}, inverse_near_zero),
}


def bad_day(name: str, traders: int) -> Stream:
    """Return a day by its name, with so many traders."""
    contract, commands = DAYS[name]
    inverse = {"min_price": 1} if contract["kind"] == ContractKind.INVERSE else {}
    return Stream(
        ({**inverse, "contract": {"settle": 0, **contract}},),
        MAX_ORDERS,
        np.concatenate(commands(traders)),
        currencies=1,
    )
