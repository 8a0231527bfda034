"""A market day made from a seed: what a lit venue's order flow looks like, in a few symbols.

Each symbol has a fair price that walks (`pace`), and three kinds of people around it. Makers quote
near the fair price, further out by a power law, and change their minds: nine in ten orders are
canceled or replaced, most of them young. Patient holders put large orders at round prices and leave
them. Takers buy when the market is cheap and sell when it is dear, at the touch, at market or
sweeping several levels, which is what drags the book after the fair price. The library's own core
runs beside the generator and says which orders live; a few cancels come too late all the same, as
they do in life, and are refused.
"""

from __future__ import annotations

from array import array
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

from engine._book import OrderBook
from engine._core import Core
from engine._schema import BUY, IOC, MARKET, SELL, ReplacePriority
from engine._shown import shown
from engine.records import RecordArray
from engine.streams import STREAM_COMMAND_DTYPE, commands_from_stream
from engine.workloads.draws import Bits, pareto_quantiles, raw_bits
from engine.workloads.pace import CLOSE_NS, MINUTE_NS, OPEN_NS, SECOND_NS, arrival_times, draw_pace

__all__ = ["COMMANDS", "COMMANDS_MIN", "LISTINGS", "SEED", "Listing", "MarketDay", "market_day"]

COMMANDS: Final = 300_000
COMMANDS_MIN: Final = 1_000
SEED: Final = 7
SIDES: Final = (BUY, SELL)
FIELDS: Final = ("op", "side", "symbol", "quantity", "order_id", "price", "account")

# What a command is, out of 65,536, when the book is near its size.
CHANCE: Final = 2**16
ADD: Final = int(0.455 * CHANCE)
CANCEL: Final = ADD + int(0.405 * CHANCE)
REPLACE: Final = CANCEL + int(0.060 * CHANCE)
REDUCE: Final = REPLACE + int(0.022 * CHANCE)
LATE_CANCEL: Final = REDUCE + int(0.006 * CHANCE)  # what is left, 5%, takes

OPENING_SHARE: Final = 0.02
OPENING_NS: Final = 5 * MINUTE_NS
RESTING_SHARE: Final = 0.014
"""Orders in a book together, as a share of the symbol's commands."""
RECENT: Final = 48
LOT: Final = 100
ACCOUNTS: Final = 400
MAKERS: Final = 12


class Listing(NamedTuple):
    """One symbol of the day; goes wherever a ladder takes an instrument.

    Attributes
    ----------
    symbol : str
        Its name.
    tick_size, lot_size : Decimal
        What a tick and a lot are worth.
    opening_price : int
        Ticks.
    share : float
        Of the day's commands.
    round_price : int
        Ticks between prices that people find round.
    """

    symbol: str
    tick_size: Decimal
    lot_size: Decimal
    opening_price: int
    share: float
    round_price: int


CENT: Final = Decimal("0.01")
LISTINGS: Final = (
    Listing("OAK", CENT, Decimal(1), 18_240, 0.52, 50),
    Listing("ELM", CENT, Decimal(1), 6_415, 0.24, 25),
    Listing("ASH", CENT, Decimal(1), 31_190, 0.15, 100),
    Listing("FIR", CENT, Decimal(1), 1_208, 0.09, 5),
)


class MarketDay(NamedTuple):
    """A day's commands.

    Attributes
    ----------
    commands : ndarray of COMMAND_DTYPE
        In order of time. Timestamps are nanoseconds after midnight; instruments are numbered as
        the listings are. Every kind of command fits a stream file, and replace means
        ``ReplacePriority.ALWAYS_LOSE``.
    listings : tuple of Listing
        The symbols.
    opens_ns, closes_ns : int
        The session, in nanoseconds after midnight. Orders come in from five minutes before.
    """

    commands: RecordArray
    listings: tuple[Listing, ...]
    opens_ns: int
    closes_ns: int


def market_day(seed: int = SEED, commands: int = COMMANDS) -> MarketDay:
    """Make a market day.

    Parameters
    ----------
    seed
        Any integer of at least 0; the same seed gives the same bytes.
    commands
        How many commands in all, at least 1,000.

    Returns
    -------
    MarketDay

    Raises
    ------
    ValueError
        A negative seed, or too few commands for a day.

    Examples
    --------
    >>> day = market_day(seed=1, commands=2_000)
    >>> len(day.commands), [listing.symbol for listing in day.listings]
    (2000, ['OAK', 'ELM', 'ASH', 'FIR'])
    >>> bool((np.diff(day.commands["timestamp"].astype(np.int64)) >= 0).all())
    True
    >>> market_day(commands=0)
    Traceback (most recent call last):
        ...
    ValueError: commands was 0, must be at least 1000
    """
    if seed < 0:
        raise ValueError(f"seed was {seed}, must be at least 0")
    if commands < COMMANDS_MIN:
        raise ValueError(f"commands was {shown(commands)}, must be at least {COMMANDS_MIN}")
    core = Core()
    books = [
        core.book(core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE))
        for _ in LISTINGS
    ]
    counts = [int(commands * listing.share) for listing in LISTINGS]
    counts[0] += commands - sum(counts)
    markets = [_Market(book, seed, count) for book, count in zip(books, counts, strict=True)]
    for market in markets:
        market.open()
        market.trade()
    columns = np.concatenate([market.table() for market in markets])
    times = np.concatenate([np.frombuffer(market.times, dtype=np.int64) for market in markets])
    order = np.argsort(times, kind="stable")
    records = np.zeros(commands, dtype=STREAM_COMMAND_DTYPE)
    for position, field in enumerate(FIELDS):
        records[field] = columns[order, position]
    day = commands_from_stream(records)
    day["timestamp"] = times[order]
    return MarketDay(day, LISTINGS, OPEN_NS, CLOSE_NS)


class _Market:
    """One symbol over the day: draws a command at a time and lets the core apply it."""

    def __init__(self, book: OrderBook, seed: int, count: int) -> None:
        number = book.instrument
        self.book, self.number = book, number
        self.listing = LISTINGS[number]
        self.draw: Bits = raw_bits(seed, number)
        self.pace = draw_pace(self.draw, self.listing.opening_price)
        self.opening = int(count * OPENING_SHARE)
        self.count = count
        self.resting = int(count * RESTING_SHARE) + 20
        self.columns, self.times = array("q"), array("q")
        self.now = OPEN_NS
        self.fair, self.half_spread = self.pace.fair_price[0], 1.0
        self.ids: list[int] = []  # may be dead: those are dropped when they are come across
        self.patient: set[int] = set()
        self.filled_id = 0  # an order that was filled unseen, for a cancel that comes too late
        self.next_id = number + 1
        self.side_of: dict[int, int] = {}
        self.account_of: dict[int, int] = {}
        reach = max(12, int(self.listing.opening_price * 0.03))
        self.distance = pareto_quantiles(0.85, reach)
        self.wide = pareto_quantiles(0.30, reach)
        self.lots = [LOT * lots for lots in pareto_quantiles(1.5, 40)]
        self.taken = [LOT * lots for lots in pareto_quantiles(1.4, 60)]

    def table(self) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        """Return what was drawn, a row a command, columns as in FIELDS."""
        return np.frombuffer(self.columns, dtype=np.int64).reshape(-1, len(FIELDS))

    def open(self) -> None:
        """Fill the book before the session, which nothing in it trades yet."""
        self.half_spread = 1.0 + self.pace.deviation
        for index in range(self.opening):
            self.now = OPEN_NS - OPENING_NS + index * OPENING_NS // self.opening
            bits = self.draw()
            if bits & 15 == 0:
                self._wall(bits)
            else:
                distance = self.wide[bits >> 48] - 1
                self._add(bits, self._passive(bits >> 8 & 1, distance), self._lots())

    def trade(self) -> None:
        """Draw the session, command by command."""
        for now in arrival_times(self.draw, self.count - self.opening, self.pace.activity):
            second = (now - OPEN_NS) // SECOND_NS
            self.now, self.fair = now, self.pace.fair_price[second]
            lively = self.pace.volatility[second // 60]
            self.half_spread = 0.6 + 0.55 * self.pace.deviation * lively
            self._step()

    def _step(self) -> None:
        bid, ask = self.book.best_bid(), self.book.best_ask()
        bits = self.draw()
        choice = bits >> 48
        if bid is None or ask is None:
            self._add(bits, self._passive(0 if bid is None else 1, 0), self._lots())
            return
        gap = self.fair - (bid + ask) / 2
        if abs(gap) > 1.5 * self.half_spread and bits & 1:
            self._correct(bits, gap, bid if gap < 0 else ask)
        elif choice < CANCEL:
            live = len(self.book)
            short, long = live < self.resting * 0.85, live > self.resting * 1.15
            if short or (choice < ADD and not long):
                self._make(bits)
            else:
                self._cancel(self._live_id())
        elif choice < REPLACE:
            self._replace(self._live_id())
        elif choice < REDUCE:
            self._reduce(self._live_id(), bits)
        elif choice < LATE_CANCEL:
            self._cancel(self.filled_id or self._live_id())
            self.filled_id = 0
        else:
            self._take(bits, gap)

    def _make(self, bits: int) -> None:
        """Quote: mostly near the fair price, now and then a large order at a round one."""
        if bits & 63 == 0:
            self._wall(bits)
            return
        distance = self.distance[bits >> 16 & 0xFFFF] - 1
        if bits & 7 == 1:
            distance = self.wide[bits >> 16 & 0xFFFF]
        self._add(bits, self._passive(bits >> 8 & 1, distance), self._lots())

    def _wall(self, bits: int) -> None:
        side, step = bits >> 8 & 1, self.listing.round_price
        price = self._passive(side, self.wide[bits >> 16 & 0xFFFF])
        price = price // step * step if side == 0 else -(-price // step) * step
        self.patient.add(self.next_id)
        self._add(bits, price, self._lots() * (3 + (bits >> 9 & 7)))

    def _correct(self, bits: int, gap: float, stale: int) -> None:
        """Bring the market to the fair price: who quotes off it pulls back or is picked off."""
        side = 0 if gap < 0 else 1
        order_id = int(self.book.orders(SIDES[side], stale)["order_id"][-1])
        if bits & 0b1110 == 0 or order_id in self.patient:
            price = int(self.fair) + 2 if side == 0 else int(self.fair) - 1
            self._enter(2, 1 - side, self.taken[bits >> 16 & 0xFFFF], price, bits >> 32 & 0xFF)
        elif bits & 0b110000:
            self._cancel(order_id)
        else:
            self._replace(order_id)

    def _take(self, bits: int, gap: float) -> None:
        """Buy rather when the market is cheap, sell rather when it is dear."""
        lean = max(-0.40, min(0.40, 0.20 * gap / self.half_spread))
        side = 0 if (bits & 0xFFFF) / CHANCE < 0.5 + lean else 1
        best = self.book.best_ask() if side == 0 else self.book.best_bid()
        assert best is not None
        quantity, account = self.taken[bits >> 16 & 0xFFFF], bits >> 32 & 0xFF
        way = self.draw() & 63
        if way < 16:
            self._enter(3, side, quantity, 0, account)
        elif way < 20:
            self._enter(1, side, quantity, best, account)
        elif way < 23:
            through = 3 + int(8 * self.half_spread)
            price = best + through if side == 0 else best - through
            self._enter(2, side, 6 * quantity, price, account)
        else:
            self._enter(2, side, quantity, best, account)

    def _add(self, bits: int, price: int, quantity: int) -> None:
        maker = bits >> 40 & 3 != 0
        account = (bits >> 42) % (MAKERS if maker else ACCOUNTS)
        self._enter(1, bits >> 8 & 1, quantity, price, account)

    def _enter(self, op: int, side: int, quantity: int, price: int, account: int) -> None:
        order_id = self.next_id
        self.next_id += len(LISTINGS)
        self._write(op, side, quantity, order_id, price, account)
        submit = self.book.submit
        if op == 3:
            submit(SIDES[side], 0, quantity, order_id, order_type=MARKET)
        elif op == 2:
            submit(SIDES[side], price, quantity, order_id, time_in_force=IOC)
        else:
            submit(SIDES[side], price, quantity, order_id)
            self.ids.append(order_id)
            self.side_of[order_id], self.account_of[order_id] = side, account

    def _cancel(self, order_id: int) -> None:
        side, account = self.side_of.pop(order_id), self.account_of.pop(order_id)
        self._write(4, side, 0, order_id, 0, account)
        self.book.cancel(order_id)

    def _replace(self, order_id: int) -> None:
        bits, side = self.draw(), self.side_of[order_id]
        price = self._passive(side, self.distance[bits >> 48] - 1)
        quantity = self._lots()
        self._write(5, side, quantity, order_id, price, self.account_of[order_id])
        self.book.replace(order_id, price, quantity)

    def _reduce(self, order_id: int, bits: int) -> None:
        quantity = 1 + (bits >> 16 & 0xFF)
        side, account = self.side_of[order_id], self.account_of[order_id]
        self._write(6, side, quantity, order_id, 0, account)
        self.book.reduce(order_id, quantity)

    def _write(
        self, op: int, side: int, quantity: int, order_id: int, price: int, account: int
    ) -> None:
        self.columns.extend((op, side, self.number, quantity, order_id, price, account))
        self.times.append(self.now)

    def _live_id(self) -> int:
        """Choose an order: two in three times a young one, seldom a patient one."""
        ids = self.ids
        while True:
            bits, size = self.draw(), len(ids)
            young = bits & 0xFF < 170
            index = size - 1 - (bits >> 8) % min(size, RECENT) if young else (bits >> 8) % size
            order_id = ids[index]
            if order_id not in self.book:
                ids[index] = ids[-1]
                ids.pop()
                if order_id in self.side_of:
                    self.filled_id = order_id
            elif order_id not in self.patient or bits >> 60 == 0:
                return order_id

    def _passive(self, side: int, distance: int) -> int:
        """Return a price that far behind the fair one, that does not trade."""
        if side == 0:
            price = int(self.fair - self.half_spread) - distance
            ask = self.book.best_ask()
            return price if ask is None else min(price, ask - 1)
        price = int(self.fair + self.half_spread) + 1 + distance
        bid = self.book.best_bid()
        return price if bid is None else max(price, bid + 1)

    def _lots(self) -> int:
        bits = self.draw()
        return 1 + (bits & 0xFFFF) % 99 if bits >> 61 == 0 else self.lots[bits >> 16 & 0xFFFF]
