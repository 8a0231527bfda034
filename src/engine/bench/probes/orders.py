"""Orders through a venue with every check on: matching, validation, positions, market data."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from time import perf_counter_ns
from typing import Any, Final, NamedTuple

import numpy as np

from engine._book import OrderBook
from engine._core import Core
from engine._engine import BracketReports
from engine._feed import FeedBuilder
from engine._report import ExecutionReport
from engine._schema import (
    BUY,
    IOC,
    LIMIT,
    MARKET,
    SELL,
    SET_ACCOUNT,
    SUBMIT,
    FeedChannel,
    RejectReason,
    Side,
)
from engine.bench.probes.sizes import crossing_pairs, send
from engine.bench.reading import Effort, figures_of, require, time_calls
from engine.bench.venue import SCENARIO, conditions, decimal_venue, filled_core, flow, grid
from engine.budgets import Measurement
from engine.errors import WrongAnswerError
from engine.feed import Replica
from engine.load import EngineTarget
from engine.records import RecordArray, commands_of

__all__ = [
    "book_update",
    "market_data",
    "market_questions",
    "matching",
    "order_submission",
    "order_validation",
    "position_recording",
    "position_update",
    "position_updates",
]

ALL_LEVELS: Final = 2**31
LOTS: Final = 3
SPREAD: Final = 100
LEVELS: Final = 10
FIRST_ID: Final = 2**60
MONEY: Final = 2**50
POSITIONS: Final = 10_000
EVERYTHING: Final = FeedChannel(sum(FeedChannel))


def answers(command: RecordArray, reports: RecordArray) -> bool:
    """Return whether reports are those of a command."""
    return len(reports) > 0 and reports["command_id"][0] == command["command_id"][0]


def matching(effort: Effort) -> Measurement:
    """Time each command of a busy market, orders, cancels and all, until its reports are there.

    Some fourteen times a second a user leaves, and all that he has open is canceled.
    """
    target = EngineTarget(SCENARIO)
    histogram = time_calls(target.core.match, flow(effort.calls), answers)
    require(target.core.trade_count > effort.calls // 10, f"{target.core.trade_count} trades")
    at_once = EngineTarget(SCENARIO)
    send(at_once, np.concatenate(list(flow(effort.calls))))
    require(at_once.state_hash() == target.state_hash(), "one by one ended in another state")
    return Measurement(figures_of(histogram), conditions())


def order_validation(effort: Effort) -> Measurement:
    """Time an order that every check looks at, until the last one refuses it: nothing is matched.

    The account is within all its limits and has no money.
    """
    target = EngineTarget(SCENARIO)
    core, poor = target.core, SCENARIO.accounts
    core.match(commands_of(1, SET_ACCOUNT, account=poor))
    before = target.resting()
    books = [core.book(number) for number in range(core.instrument_count)]
    price = SCENARIO.opening_ticks

    def submit(number: int) -> ExecutionReport:
        book = books[number % len(books)]
        return book.submit(
            BUY, price - number % SPREAD, 1 + number % LOTS, FIRST_ID + number, account=poor
        )

    def is_refused(_: int, report: ExecutionReport) -> bool:
        return report.reject_reason == RejectReason.INSUFFICIENT_FUNDS

    histogram = time_calls(submit, iter(range(effort.calls)), is_refused)
    require(target.resting() == before, "an order that was refused rests")
    return Measurement(figures_of(histogram), conditions())


def order_submission(effort: Effort) -> Measurement:
    """Time a submit in decimals: read, checked against every limit, matched, reported."""
    venue, symbols = decimal_venue(), SCENARIO.symbols
    tick, lot = grid()

    def orders() -> Iterator[dict[str, Any]]:
        for command in flow(2 * effort.calls):
            record = command[0]
            if record["kind"] == SUBMIT and record["order_type"] in (LIMIT, MARKET):
                is_limit = record["order_type"] == LIMIT
                yield {
                    "symbol": symbols[record["instrument"]],
                    "side": "buy" if record["side"] == BUY else "sell",
                    "quantity": f"{int(record['quantity']) * lot}",
                    "order_type": "limit" if is_limit else "market",
                    "account": int(record["account"]),
                    "timestamp": int(record["timestamp"]),
                    **({"price": f"{int(record['price']) * tick}"} if is_limit else {}),
                }

    def submit(given: dict[str, Any]) -> ExecutionReport:
        return venue.submit(**given)

    def is_taken(_: dict[str, Any], report: ExecutionReport) -> bool:
        return report.reject_reason == RejectReason.NONE

    histogram = time_calls(submit, islice(orders(), effort.calls), is_taken)
    require(venue.trade_count > 0, "nothing traded")
    return Measurement(figures_of(histogram), conditions())


class Trade(NamedTuple):
    """An order that trades at once with another, and what both accounts hold after it."""

    book: OrderBook
    side: Side
    price: int
    lots: int
    accounts: tuple[int, int]
    positions: tuple[int, int]


def with_positions() -> Core:
    """Return the core of a venue in which thousands of accounts have a position already."""
    target = EngineTarget(SCENARIO)
    send(target, crossing_pairs(POSITIONS, SCENARIO.opening_ticks))
    require(target.core.trade_count == POSITIONS, f"{target.core.trade_count} trades")
    return target.core


def position_update(effort: Effort) -> Measurement:
    """Time an order that trades at once, until both positions that it changed are read."""
    core, users = with_positions(), SCENARIO.users
    books = [core.book(number) for number in range(core.instrument_count)]

    def held(account: int, instrument: int) -> int:
        position = core.account_position(account, instrument)
        return 0 if position is None else position.quantity

    def trades() -> Iterator[Trade]:
        for number in range(effort.calls):
            book, account = books[number % len(books)], number % users
            side = BUY if number // users % 2 == 0 else SELL
            best = book.best_ask() if side == BUY else book.best_bid()
            if best is None:
                raise WrongAnswerError(f"book {book.instrument} is empty")
            first = book.orders(-side, best)[0]
            maker, lots = int(first["account"]), min(int(first["leaves_quantity"]), LOTS)
            if maker != account:  # it would trade with itself
                after = (
                    held(account, book.instrument) + side * lots,
                    held(maker, book.instrument) - side * lots,
                )
                yield Trade(book, side, best, lots, (account, maker), after)

    def take(trade: Trade) -> tuple[int, int]:
        taker, maker = trade.accounts
        book = trade.book
        book.submit(trade.side, trade.price, trade.lots, account=taker, time_in_force=IOC)
        return held(taker, book.instrument), held(maker, book.instrument)

    def is_right(trade: Trade, positions: tuple[int, int]) -> bool:
        return positions == trade.positions

    histogram = time_calls(take, trades(), is_right, ahead=1)
    return Measurement(figures_of(histogram), conditions() | {"positions": POSITIONS})


def position_updates(effort: Effort) -> Measurement:
    """Count the trades a second, in batches, that each change two positions, and the positions."""
    target = EngineTarget(SCENARIO)
    count = max(effort.calls, POSITIONS)
    pairs = crossing_pairs(count, SCENARIO.opening_ticks)
    before = perf_counter_ns()
    send(target, pairs)
    seconds = (perf_counter_ns() - before) / 1e9
    core = target.core
    require(core.trade_count == count, f"{core.trade_count} trades, must be {count}")
    makers = pairs[::2][["account", "instrument"]]
    held = (core.account_position(*maker) for maker in np.unique(makers).tolist())
    there = sum(position is not None and position.quantity > 0 for position in held)
    on = conditions() | {"positions": there, "trades": count}
    return Measurement({"rate": count / seconds, "positions": there}, on)


def position_recording(effort: Effort) -> Measurement:
    """Time a bracket whose entry fills, until the position and both exits are there."""
    venue, symbol = decimal_venue(), SCENARIO.symbols[0]
    tick, lot = grid()
    price = SCENARIO.opening_ticks * tick
    stop_loss, take_profit = f"{price * 9 / 10}", f"{price * 11 / 10}"

    trader = SCENARIO.accounts  # whose orders are in no book, so that it never meets itself
    traded = venue.match(crossing_pairs(POSITIONS, SCENARIO.opening_ticks))
    require(int((traded["reject_reason"] != 0).sum()) == 0, "an order was refused")
    venue.set_account(trader)
    venue.deposit(trader, "USD", MONEY * tick * lot)

    def enter(_: int) -> tuple[BracketReports, Decimal]:
        reports = venue.submit_bracket(
            symbol,
            side="buy",
            quantity=lot,
            order_type="market",
            stop_loss=stop_loss,
            take_profit=take_profit,
            account=trader,
        )
        position = venue.account_position(symbol, account=trader)
        return reports, Decimal(0) if position is None else position.quantity

    def is_kept(number: int, found: tuple[BracketReports, Decimal]) -> bool:
        reports, held = found
        entry = reports.entry
        return entry is not None and entry.filled_quantity == 1 and held == (number + 1) * lot

    histogram = time_calls(enter, iter(range(effort.calls)), is_kept)
    require(len(venue.waiting(symbol)) == effort.calls, "a stop loss does not wait")
    return Measurement(figures_of(histogram), conditions() | {"positions": POSITIONS})


def market_questions(effort: Effort) -> Measurement:
    """Time what is asked of a market: best prices, ten levels, a position, an account's orders."""
    core = EngineTarget(SCENARIO).core
    books = [core.book(number) for number in range(core.instrument_count)]

    def ask(number: int) -> tuple[Any, ...]:
        book, account = books[number % len(books)], number % SCENARIO.users
        return (
            book.best_bid(),
            book.best_ask(),
            book.depth(LEVELS),
            core.account_position(account, book.instrument),
            core.open_orders(account),
        )

    def is_right(_: int, found: tuple[Any, ...]) -> bool:
        bid, ask, depth = found[:3]
        return bid < ask and int(depth.bids["price"][0]) == bid and len(depth.asks) == LEVELS

    histogram = time_calls(ask, iter(range(effort.calls)), is_right)
    return Measurement(figures_of(histogram), conditions())


def book_update(effort: Effort) -> Measurement:
    """Time each command until a replica of its book shows what it changed, matching included."""
    builder = FeedBuilder(channels=FeedChannel.LEVELS)
    core = filled_core(builder)
    replicas = [Replica(number) for number in range(core.instrument_count)]
    for replica in replicas:
        replica.read(builder.snapshot(replica.instrument))

    def update(command: RecordArray) -> None:
        messages = builder.read(core.match(command))
        for number in set(messages["instrument"].tolist()):
            replicas[number].read(messages)

    histogram = time_calls(update, flow(effort.calls), lambda *_: True)
    for replica in replicas:
        there = core.book(replica.instrument).depth(ALL_LEVELS)
        shown = replica.depth()
        same = np.concatenate(shown).tolist() == np.concatenate(there).tolist()
        require(same and len(there.bids) > 0, f"the replica of book {replica.instrument} differs")
    return Measurement(figures_of(histogram), conditions())


def market_data(effort: Effort) -> Measurement:
    """Time each command until the messages of all channels about it are built."""
    builder = FeedBuilder(channels=EVERYTHING)
    core = filled_core(builder)

    def tell(command: RecordArray) -> RecordArray:
        return builder.read(core.match(command))

    histogram = time_calls(tell, flow(effort.calls), lambda *_: True)
    for number in range(core.instrument_count):
        shown = builder.snapshot(number, FeedChannel.LEVELS)[1:]
        there = np.concatenate(core.book(number).depth(ALL_LEVELS))
        for field in ("price", "quantity", "order_count"):
            same = shown[field].tolist() == there[field].tolist()
            require(same and len(there) > 0, f"the feed tells another {field} of book {number}")
    return Measurement(figures_of(histogram), conditions())
