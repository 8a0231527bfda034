"""Commands for every kind of special order: what there is first, then the steps that are timed.

Each step says what has to come of it, report by report, so that a benchmark can assert it. Bids
stand at 1,000 and below, asks above, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from engine import (
    BUY,
    SELL,
    CancelScope,
    CommandKind,
    ExecType,
    OrderFlag,
    OrderType,
    Phase,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerSource,
)
from engine.records import RecordArray, commands_of

__all__ = ["CASES", "Case", "Step", "joined"]

TOUCH: Final = 1_000
LEVELS: Final = 100
CASCADE_MAX: Final = 10_000
PEGS_MAX: Final = 10_000
MOVES: Final = 10
LOTS: Final = 100
MARK: Final = TriggerSource.MARK

NEW: Final = {ExecType.NEW: 1}
CANCELED: Final = {ExecType.CANCELED: 1}
TRADE: Final = {ExecType.TRADE: 2}
DONE: Final = {ExecType.DONE: 1}
Events = dict[ExecType, int]


class Step(NamedTuple):
    """Commands that are timed as a whole, and what has to come of them."""

    what: str
    commands: RecordArray
    count: int
    """How many times what is measured is done."""
    events: Events
    """Reports by event."""


class Case(NamedTuple):
    """An empty market's first commands, and the steps after them."""

    before: RecordArray
    steps: tuple[Step, ...]


def each(count: int, *events: Events) -> Events:
    """Return what happens when each of these happens so often."""
    total: Events = {}
    for event in events:
        for exec_type, times in event.items():
            total[exec_type] = total.get(exec_type, 0) + count * times
    return total


def together(*events: Events) -> Events:
    """Return what happens when all of these happen."""
    return each(1, *events)


def orders(count: int, side: Side, first_id: int = 1, **fields: Any) -> RecordArray:
    """Return limit orders of one lot, unless the fields say otherwise, with ids in a row."""
    ids = np.arange(first_id, first_id + count, dtype=np.uint64)
    wanted = {"quantity": 1, "order_id": ids, "side": side, **fields}
    return commands_of(count, CommandKind.SUBMIT, **wanted)


def spread(count: int, first: int, step: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return prices of a hundred levels in turn, from the first on."""
    return first + step * (np.arange(count, dtype=np.int64) % LEVELS)


def cancels(count: int) -> RecordArray:
    """Return cancels of the orders 1 to count, in any order."""
    ids = np.random.default_rng(101).permutation(count) + 1
    return commands_of(count, CommandKind.CANCEL, order_id=ids)


def mark(price: int) -> RecordArray:
    """Return the command that sets the mark price."""
    return commands_of(1, CommandKind.SET_PRICE, price=price, trigger_source=MARK)


def joined(*parts: RecordArray) -> RecordArray:
    """Return one after the other."""
    return np.concatenate(parts)


def in_turn(*columns: RecordArray) -> RecordArray:
    """Return one of each, then the next one of each."""
    return np.stack(columns, axis=1).ravel()


NOTHING: Final = commands_of(0, CommandKind.SUBMIT)


def taking(count: int, side: Side, first_id: int, **fields: Any) -> RecordArray:
    """Return orders that take what they can at any price of the market, and are gone."""
    price = TOUCH * 2 if side == BUY else 1
    wanted = {"price": price, "time_in_force": TimeInForce.IOC, **fields}
    return orders(count, side, first_id, **wanted)


def stops(count: int) -> Case:
    """Place stops, and let one price reach them all; there is enough for each to trade."""
    waiting = {"order_type": OrderType.STOP, "trigger_source": MARK}
    placed = orders(count, BUY, trigger_price=spread(count, TOUCH + 1, 1), **waiting)
    ask = orders(1, SELL, count + 1, price=TOUCH, quantity=count)
    fired = together(each(count, {ExecType.TRIGGERED: 1}, TRADE), DONE)
    return Case(
        ask,
        (
            Step("place", placed, count, each(count, NEW)),
            Step("trigger all by one price", mark(TOUCH + LEVELS), count, fired),
        ),
    )


def stops_canceled(count: int) -> Case:
    """Place stops and cancel them in any order."""
    waiting = {"order_type": OrderType.STOP, "trigger_source": MARK}
    placed = orders(count, BUY, trigger_price=spread(count, TOUCH + 1, 1), **waiting)
    return Case(placed, (Step("cancel", cancels(count), count, each(count, CANCELED)),))


def cascade(count: int) -> Case:
    """Let each stop trade at the price that sets off the next."""
    count = min(count, CASCADE_MAX)
    prices = np.arange(TOUCH + 1, TOUCH + 1 + count)
    asks = orders(count + 1, SELL, price=np.arange(TOUCH, TOUCH + 1 + count))
    placed = orders(count, BUY, count + 2, order_type=OrderType.STOP, trigger_price=prices - 1)
    first = orders(1, BUY, 2 * count + 2, price=TOUCH)
    events = together(each(count, {ExecType.TRIGGERED: 1}, TRADE), NEW, TRADE)
    return Case(joined(asks, placed), (Step("each sets off the next", first, count, events),))


def trailing(count: int) -> Case:
    """Let trailing stops follow a rise, stay through small falls, and go off in a large one."""
    placed = orders(
        count, SELL, order_type=OrderType.TRAILING_STOP, trigger_source=MARK, offset=LEVELS
    )
    still = commands_of(count, CommandKind.SET_PRICE, trigger_source=MARK, price=TOUCH)
    still["price"] -= np.arange(count) % LEVELS
    gone = together(each(count, {ExecType.TRIGGERED: 1}, CANCELED), DONE)
    return Case(
        mark(TOUCH - 1),
        (
            Step("place", placed, count, each(count, NEW)),
            Step("follow a price", mark(TOUCH), count, DONE),
            Step("a price that moves none, each", still, count, each(count, DONE)),
            Step("trigger all by one price", mark(TOUCH - LEVELS), count, gone),
        ),
    )


def icebergs(count: int) -> Case:
    """Place icebergs at one price and take a part of each, which shows the next at the tail."""
    placed = orders(count, SELL, price=TOUCH + 1, quantity=3 * LOTS, display_quantity=LOTS)
    takers = taking(count, BUY, count + 1, quantity=LOTS)
    refreshed = each(count, NEW, TRADE, {ExecType.RESTATED: 1})
    return Case(
        NOTHING,
        (
            Step("place", placed, count, each(count, NEW)),
            Step("take a part, show the next", takers, count, refreshed),
            Step("cancel", cancels(count), count, each(count, CANCELED)),
        ),
    )


def resting_specials(count: int, **fields: Any) -> Case:
    """Place orders that rest, take half of them whole, and cancel the others."""
    placed = orders(count, SELL, price=spread(count, TOUCH + 1, 1), quantity=LOTS, **fields)
    half = count // 2
    ids = np.argsort(placed["price"], kind="stable")[half:] + 1  # those that go last
    left = commands_of(count - half, CommandKind.CANCEL, order_id=ids)
    return Case(
        NOTHING,
        (
            Step("place", placed, count, each(count, NEW)),
            Step(
                "take it", taking(half, BUY, count + 1, quantity=LOTS), half, each(half, NEW, TRADE)
            ),
            Step("cancel", left, len(left), each(len(left), CANCELED)),
        ),
    )


def hidden(count: int) -> Case:
    """Place, take and cancel orders that are not shown."""
    return resting_specials(count, flags=OrderFlag.HIDDEN)


def all_or_none(count: int) -> Case:
    """Place, take and cancel orders that trade whole."""
    return resting_specials(count, flags=OrderFlag.ALL_OR_NONE)


def minimum_each(count: int) -> Case:
    """Place, take and cancel orders with a minimum for each fill."""
    return resting_specials(count, flags=OrderFlag.MINIMUM_EACH, minimum_quantity=LOTS // 2)


def passed_over(count: int) -> Case:
    """Pass over a hundred all-or-none orders at the best price, to the one behind them."""
    choosy = orders(LEVELS, SELL, price=TOUCH + 1, quantity=LOTS, flags=OrderFlag.ALL_OR_NONE)
    behind = orders(1, SELL, LEVELS + 1, price=TOUCH + 1, quantity=count)
    takers = taking(count, BUY, LEVELS + 2)
    step = Step("pass over it", takers, count * LEVELS, each(count, NEW, TRADE))
    return Case(joined(choosy, behind), (step,))


def minimum_at_entry(count: int) -> Case:
    """Enter orders that need a minimum at once, and get it."""
    asks = orders(count, SELL, price=TOUCH + 1, quantity=LOTS)
    takers = taking(count, BUY, count + 1, quantity=LOTS, minimum_quantity=LOTS)
    return Case(asks, (Step("enter and trade", takers, count, each(count, NEW, TRADE)),))


def pegs(count: int, order_type: OrderType, offset: int = 0) -> Case:
    """Place pegs, send orders that move none of them, and move them by better bids."""
    count = min(count, PEGS_MAX)
    both = joined(orders(1, BUY, price=TOUCH), orders(1, SELL, 2, price=2 * TOUCH))
    placed = orders(count, BUY, 3, order_type=order_type, offset=offset)
    far = orders(count, BUY, count + 3, price=spread(count, TOUCH // 2, -1))
    better = orders(MOVES, BUY, 2 * count + 3, price=TOUCH + 2 * np.arange(1, MOVES + 1))
    restated = {ExecType.RESTATED: count}
    ids = np.random.default_rng(103).permutation(count) + 3
    canceled = commands_of(count, CommandKind.CANCEL, order_id=ids)
    return Case(
        both,
        (
            Step("place", placed, count, each(count, NEW, {ExecType.RESTATED: 1})),
            Step("another order, which moves none", far, count, each(count, NEW)),
            Step("follow a price", better, count * MOVES, each(MOVES, NEW, restated)),
            Step("cancel", canceled, count, each(count, CANCELED)),
        ),
    )


def primary_pegs(count: int) -> Case:
    """Move pegs that stand with the best bid."""
    return pegs(count, OrderType.PEG_PRIMARY)


def midpoint_pegs(count: int) -> Case:
    """Move pegs that stand before the best bid."""
    return pegs(count, OrderType.PEG_MIDPOINT)


def good_till_date(count: int) -> Case:
    """Let orders expire whose dates are in any order, by one time."""
    dates = np.random.default_rng(107).permutation(count) + 1
    placed = orders(
        count,
        SELL,
        price=spread(count, TOUCH + 1, 1),
        time_in_force=TimeInForce.GTD,
        expiry=dates.astype(np.uint64),
    )
    time = commands_of(1, CommandKind.ADVANCE_TIME, timestamp=count)
    over = together(each(count, {ExecType.EXPIRED: 1}), DONE)
    return Case(
        NOTHING,
        (
            Step("place", placed, count, each(count, NEW)),
            Step("expire all by one time", time, count, over),
        ),
    )


def for_the_day(count: int) -> Case:
    """Let orders for the day expire at the close."""
    placed = orders(count, SELL, price=spread(count, TOUCH + 1, 1), time_in_force=TimeInForce.DAY)
    close = commands_of(1, CommandKind.SET_PHASE, selector=Phase.CLOSED)
    over = together(each(count, {ExecType.EXPIRED: 1}), DONE)
    return Case(
        NOTHING,
        (
            Step("place", placed, count, each(count, NEW)),
            Step("expire all at the close", close, count, over),
        ),
    )


def one_cancels_other(count: int) -> Case:
    """Place pairs of a limit order and a stop; each limit order that is filled cancels its stop."""
    pairs = count // 2
    ids = np.arange(1, 2 * pairs, 2, dtype=np.uint64)
    exits = orders(pairs, SELL, order_id=ids, price=TOUCH + 1, quantity=LOTS)
    losses = orders(
        pairs,
        SELL,
        order_id=ids + np.uint64(1),
        quantity=LOTS,
        order_type=OrderType.STOP,
        trigger_price=TOUCH // 2,
        flags=OrderFlag.ONE_CANCELS_OTHER,
        linked_order_id=ids,
    )
    takers = taking(pairs, BUY, 2 * pairs + 1, quantity=LOTS)
    return Case(
        NOTHING,
        (
            Step("place one of a pair", in_turn(exits, losses), 2 * pairs, each(2 * pairs, NEW)),
            Step("fill one, cancel the other", takers, pairs, each(pairs, NEW, TRADE, CANCELED)),
        ),
    )


def brackets(count: int) -> Case:
    """Place entries with their exits, fill the entries, and take the profits."""
    count //= 3
    ids = np.arange(1, 3 * count, 3, dtype=np.uint64)
    entries = orders(count, BUY, order_id=ids, price=TOUCH, quantity=LOTS)
    exit_fields: dict[str, Any] = {
        "quantity": LOTS,
        "flags": OrderFlag.ONE_TRIGGERS_OTHER | OrderFlag.ONE_CANCELS_OTHER,
        "linked_order_id": ids,
    }
    profits = orders(count, SELL, order_id=ids + np.uint64(1), price=TOUCH + 1, **exit_fields)
    losses = orders(
        count,
        SELL,
        order_id=ids + np.uint64(2),
        order_type=OrderType.STOP,
        trigger_price=TOUCH // 2,
        **exit_fields,
    )
    sellers = taking(count, SELL, 3 * count + 1, quantity=LOTS)
    buyers = taking(count, BUY, 4 * count + 1, quantity=LOTS)
    placed = in_turn(entries, profits, losses)
    released = each(count, NEW, TRADE, {ExecType.TRIGGERED: 2})
    return Case(
        NOTHING,
        (
            Step("place one of three", placed, 3 * count, each(3 * count, NEW)),
            Step("fill the entry, release both", sellers, count, released),
            Step(
                "take the profit, cancel the stop",
                buyers,
                count,
                each(count, NEW, TRADE, CANCELED),
            ),
        ),
    )


def self_trades(count: int, mode: SelfTradeMode, *met: Events) -> Case:
    """Let orders with a mode meet strangers, and then their own side."""
    strangers = orders(count, SELL, price=TOUCH + 1, account=2)
    own = orders(count, SELL, count + 1, price=TOUCH + 2, account=1)
    takers = taking(2 * count, BUY, 2 * count + 1, account=1, self_trade_mode=mode)
    return Case(
        joined(strangers, own),
        (
            Step("trade with a stranger", takers[:count], count, each(count, NEW, TRADE)),
            Step("meet its own side", takers[count:], count, each(count, NEW, *met)),
        ),
    )


def self_trades_not_prevented(count: int) -> Case:
    """Trade with anybody."""
    return self_trades(count, SelfTradeMode.NONE, TRADE)


def self_trades_cancel_newest(count: int) -> Case:
    """Cancel the incoming order."""
    return self_trades(count, SelfTradeMode.CANCEL_NEWEST, CANCELED)


def self_trades_cancel_oldest(count: int) -> Case:
    """Cancel the resting order; nothing is left then for the incoming one."""
    case = self_trades(count, SelfTradeMode.CANCEL_OLDEST)
    trade, meet = case.steps
    # The first one goes through them all.
    all_gone = together(each(count, NEW, CANCELED), {ExecType.CANCELED: count})
    return Case(case.before, (trade, meet._replace(events=all_gone)))


def self_trades_cancel_both(count: int) -> Case:
    """Cancel both orders."""
    return self_trades(count, SelfTradeMode.CANCEL_BOTH, CANCELED, CANCELED)


def self_trades_decrement(count: int) -> Case:
    """Take the lots off both orders, which leaves nothing of either."""
    return self_trades(count, SelfTradeMode.DECREMENT_AND_CANCEL, CANCELED, CANCELED)


def mass_cancel(count: int) -> Case:
    """Cancel what an account has, which is a tenth, and then all."""
    placed = orders(count, SELL, price=spread(count, TOUCH + 1, 1), account=np.arange(count) % 10)
    scope, tenths = CancelScope.BY_INSTRUMENT, CancelScope.BY_ACCOUNT
    one = commands_of(1, CommandKind.MASS_CANCEL, selector=scope | tenths, account=3)
    whole = commands_of(1, CommandKind.MASS_CANCEL, selector=scope)
    tenth = count // 10
    return Case(
        placed,
        (
            Step(
                "cancel an account's, each looked at",
                one,
                count,
                together(each(tenth, CANCELED), DONE),
            ),
            Step(
                "cancel all",
                whole,
                count - tenth,
                together(each(count - tenth, CANCELED), DONE),
            ),
        ),
    )


def market_to_limit(count: int) -> Case:
    """Trade half at the best price, and rest there with the other half."""
    asks = orders(count, SELL, price=TOUCH + 1 + np.arange(count))
    takers = orders(count, BUY, count + 1, quantity=2, order_type=OrderType.MARKET_TO_LIMIT)
    events = each(count, NEW, TRADE, {ExecType.RESTATED: 1})
    return Case(asks, (Step("trade, and rest at that price", takers, count, events),))


CASES: Final[dict[str, Callable[[int], Case]]] = {
    "stop": stops,
    "stop, canceled": stops_canceled,
    "stop, a cascade": cascade,
    "trailing stop": trailing,
    "iceberg": icebergs,
    "hidden": hidden,
    "all or none": all_or_none,
    "all or none, too large": passed_over,
    "minimum for each fill": minimum_each,
    "minimum at entry": minimum_at_entry,
    "peg, primary": primary_pegs,
    "peg, midpoint": midpoint_pegs,
    "good till date": good_till_date,
    "for the day": for_the_day,
    "one cancels other": one_cancels_other,
    "bracket": brackets,
    "self-trades not prevented": self_trades_not_prevented,
    "self-trade, cancel newest": self_trades_cancel_newest,
    "self-trade, cancel oldest": self_trades_cancel_oldest,
    "self-trade, cancel both": self_trades_cancel_both,
    "self-trade, decrement": self_trades_decrement,
    "mass cancel": mass_cancel,
    "market to limit": market_to_limit,
}
"""By name, what makes a case of so many orders."""
