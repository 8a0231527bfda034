"""The order flow of a scenario: who sends what, and when it is due, in chunks of bounded size.

The flow is drawn in advance and asks no book, so it is the same for every engine that it is sent
to, and for the same seed the same bytes. What is random in it, and after whom, is in docs/load.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from engine._schema import (
    BUY,
    SELL,
    CancelScope,
    CommandKind,
    OrderType,
    TriggerSource,
)
from engine.decimal_grid import decimal_of
from engine.load.arrivals import arrivals_of
from engine.load.draws import (
    Draws,
    Integers,
    choices,
    normal_table,
    power_table,
    uniform_table,
    zipf_weights,
)
from engine.load.faults import FIRST_REFUSED_ID, FaultFlow
from engine.load.parts import OPENING_NS, Part, joined, made
from engine.load.scenario import SECOND_NS, Scenario
from engine.records import RecordArray

__all__ = ["FIRST_ORDER_ID", "FIRST_QUOTE_ID", "Chunk", "opening_orders", "order_flow"]

CHUNK_ORDERS: Final = 16_384
"""About how many orders of users a chunk has at most."""
MILLISECOND_NS: Final = 1_000_000
FIRST_ORDER_ID: Final = 1 << 32
"""Of the users' orders; below are those that fill the books."""
FIRST_QUOTE_ID: Final = 1 << 48
assert FIRST_ORDER_ID < FIRST_QUOTE_ID < FIRST_REFUSED_ID
STREAM_ORDERS: Final = 3
STREAM_QUOTES: Final = 4
STREAM_PRICES: Final = 5
STREAM_OPENING: Final = 6
STEPS_PER_SECOND: Final = 10
"""How often the price that makers quote around moves."""
RELAXATION_SECONDS: Final = 600.0
"""After so long it has forgotten where it was: it stays near the opening price."""
AGE_LEAST_NS: Final = 10 * MILLISECOND_NS
"""The youngest order that is canceled."""
INSIDE: Final = 2
"""The nearest limit stands by half the spread away from the middle, as the best quotes do."""
STOP_SPREADS: Final = 4
"""A stop is at least so many spreads away."""
STOP_LIMIT_SPREADS: Final = 2
"""How much worse than its trigger the limit of a stop-limit order is."""
ORDER_TYPES: Final = np.array(
    [OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT], dtype=np.uint8
)
MARKET, LIMIT, STOP, STOP_LIMIT = range(4)


class Chunk(NamedTuple):
    """A part of the flow.

    Attributes
    ----------
    commands : ndarray of COMMAND_DTYPE
        In the order in which they are due. Timestamps are `OPENING_NS` later; command ids go up by
        1, with the bit `REFUSED` where the venue must refuse it.
    due_ns : ndarray of int64
        When each is due, nanoseconds after the start, not falling.
    """

    commands: RecordArray
    due_ns: Integers


def order_flow(scenario: Scenario, seed: int | None = None) -> Iterator[Chunk]:
    """Yield the commands of a scenario and when they are due.

    Parameters
    ----------
    scenario
        What is sent.
    seed
        Instead of the scenario's own.

    Yields
    ------
    Chunk
        A second at most; together they span the scenario. Memory does not grow with its length.

    Examples
    --------
    >>> from engine.load import scenario
    >>> flow = order_flow(scenario("demo-recommended").scaled(seconds=1))
    >>> chunk = next(flow)
    >>> chunk.commands.dtype.itemsize, len(chunk.commands) == len(chunk.due_ns)
    (128, True)
    >>> from engine._schema import CommandKind
    >>> [CommandKind(kind).name for kind in np.unique(chunk.commands["kind"])]
    ['SUBMIT', 'CANCEL', 'MASS_CANCEL', 'SET_PRICE']
    """
    if seed is not None:
        scenario = scenario.with_seed(seed)
    arrivals, prices = arrivals_of(scenario), _Prices(scenario)
    users, makers = _Users(scenario), _Makers(scenario)
    faults = FaultFlow(scenario)
    per_second = max(scenario.peak_rate, 1.0)
    span = min(SECOND_NS, max(1, int(CHUNK_ORDERS / per_second * 1_000)) * MILLISECOND_NS)
    numbered = 0
    for start in range(0, scenario.end_ns, span):
        end = min(start + span, scenario.end_ns)
        times = arrivals.times(start, end)
        reference = prices.over(start, end)
        chunk = joined(
            prices.told(start, end),
            faults.during(start, end),
            *users.orders(times, reference),
            users.leaving(start, end),
            users.cancels(end),
            *makers.quotes(times, reference),
        )
        chunk.commands["command_id"] |= np.arange(
            numbered + 1, numbered + 1 + len(chunk.commands), dtype=np.uint64
        )
        numbered += len(chunk.commands)
        yield Chunk(chunk.commands, chunk.due_ns)


class Reference(NamedTuple):
    """The price that makers quote around, by symbol and step of time."""

    ticks: Integers
    start_ns: int
    step_ns: int

    def at(self, symbols: Integers, times: Integers) -> Integers:
        """Return the prices of symbols at times within."""
        steps = np.minimum((times - self.start_ns) // self.step_ns, self.ticks.shape[1] - 1)
        prices: Integers = self.ticks[symbols, steps]
        return prices


class _Prices:
    """Lets the price of each symbol walk around the opening price."""

    def __init__(self, scenario: Scenario) -> None:
        self._draws = Draws(scenario.seed, STREAM_PRICES)
        self._normal = normal_table()
        self._symbols = np.arange(len(scenario.symbols), dtype=np.int64)
        self._opening = scenario.opening_ticks
        self._away = np.zeros(len(scenario.symbols))
        self._scale = scenario.volatility * self._opening
        self._most = scenario.price_variation * self._opening / 4
        self._told_until = 0

    def over(self, start_ns: int, end_ns: int) -> Reference:
        """Return the prices of a time, and go on."""
        step_ns = max(1, min(SECOND_NS // STEPS_PER_SECOND, end_ns - start_ns))
        count = -(-(end_ns - start_ns) // step_ns)
        seconds = step_ns / SECOND_NS
        ticks = np.empty((len(self._away), count), dtype=np.int64)
        back, scale = 1 - seconds / RELAXATION_SECONDS, self._scale * seconds**0.5
        for step in range(count):
            moves = self._draws.of(self._normal, len(self._away))
            away = self._away * back + moves * scale
            self._away = np.clip(away, -self._most, self._most)
            ticks[:, step] = self._opening + np.rint(self._away).astype(np.int64)
        self._now = ticks[:, 0]
        return Reference(ticks, start_ns, step_ns)

    def told(self, start_ns: int, end_ns: int) -> Part:
        """Return the mark prices, told once a second."""
        due = self._told_until if self._told_until >= start_ns else start_ns
        if due >= end_ns:
            return made(0, CommandKind.SET_PRICE)
        self._told_until = due + SECOND_NS
        return made(
            due,
            CommandKind.SET_PRICE,
            instrument=self._symbols,
            price=self._now,
            trigger_source=TriggerSource.MARK,
            count=len(self._symbols),
        )


class _Users:
    """Draws the orders of users, which of them are canceled, and when a user leaves."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._draws = Draws(scenario.seed, STREAM_ORDERS)
        self._types = choices([scenario.market, scenario.limit, scenario.stop, scenario.stop_limit])
        self._symbol = choices(zipf_weights(len(scenario.symbols), scenario.symbol_exponent))
        self._buys = choices([scenario.buy_ratio, 1 - scenario.buy_ratio])
        self._quantity = quantity_table(scenario)
        self._offset = offset_table(scenario)
        canceled = scenario.cancels / scenario.limit if scenario.limit else 0.0
        self._is_canceled = choices([1 - canceled, canceled])
        self._age = power_table(
            AGE_LEAST_NS,
            max(AGE_LEAST_NS, round(scenario.session_seconds * SECOND_NS)),
            scenario.age_exponent,
        )
        variation = round(scenario.opening_ticks * scenario.price_variation)
        self._lowest = max(1, scenario.opening_ticks - variation)
        self._highest = scenario.opening_ticks + variation
        self._level = uniform_table(self._lowest, self._highest)
        self._inside = scenario.spread_ticks // INSIDE
        self._count = 0
        self._left = 0
        self._pending = [joined(made(0, CommandKind.CANCEL))]

    def orders(self, times: Integers, reference: Reference) -> list[Part]:
        """Return the orders that are due at times."""
        count, draws = len(times), self._draws
        types, symbols = draws.of(self._types, count), draws.of(self._symbol, count)
        # 32 bits choose among users: there may be more of them than 16 could.
        high, low = draws.sixteen(count).astype(np.int64), draws.sixteen(count)
        users = ((high << 16 | low) * self._scenario.users) >> 32
        sides = self._sides(count)
        quantities = draws.of(self._quantity, count)
        middle, offsets = reference.at(symbols, times), draws.of(self._offset, count)
        limits, triggers = (
            self._limits(middle, sides, offsets),
            self._triggers(middle, sides, offsets),
        )
        slip = sides * (STOP_LIMIT_SPREADS * self._scenario.spread_ticks)
        prices = np.where(types == LIMIT, limits, 0)
        np.copyto(prices, triggers + slip, where=types == STOP_LIMIT)
        ids = FIRST_ORDER_ID + self._count + np.arange(count, dtype=np.int64)
        self._count += count
        orders = made(
            times,
            CommandKind.SUBMIT,
            side=sides,
            order_type=ORDER_TYPES[types],
            instrument=symbols,
            account=users,
            order_id=ids,
            price=prices,
            quantity=quantities,
            trigger_price=np.where(types >= STOP, triggers, 0),
            trigger_source=TriggerSource.LAST,
            count=count,
        )
        self._note_cancels(orders, types == LIMIT)
        return [orders]

    def cancels(self, end_ns: int) -> Part:
        """Return the cancels of single orders that are due before an end."""
        waiting = joined(*self._pending)
        due = int(np.searchsorted(waiting.due_ns, end_ns))
        self._pending = [Part(waiting.commands[due:].copy(), waiting.due_ns[due:].copy())]
        return Part(waiting.commands[:due], waiting.due_ns[:due])

    def leaving(self, start_ns: int, end_ns: int) -> Part:
        """Return the mass cancels of users who leave: each does once a session, in turn."""
        every = self._scenario.session_seconds * SECOND_NS / self._scenario.users
        last = int(end_ns / every)
        numbers = np.arange(self._left, max(last, self._left), dtype=np.int64)
        self._left += len(numbers)
        times = np.clip(((numbers + 1) * every).astype(np.int64), start_ns, end_ns - 1)
        return made(
            times,
            CommandKind.MASS_CANCEL,
            account=numbers % self._scenario.users,
            selector=CancelScope.BY_ACCOUNT,
            count=len(numbers),
        )

    def _sides(self, count: int) -> Integers:
        if self._scenario.sides == "alternate":
            return np.where((self._count + np.arange(count)) % 2 == 0, int(BUY), int(SELL))
        return np.where(self._draws.of(self._buys, count) == 0, int(BUY), int(SELL))

    def _limits(self, middle: Integers, sides: Integers, offsets: Integers) -> Integers:
        if self._scenario.prices == "uniform":
            return self._draws.of(self._level, len(middle))
        return np.clip(middle - sides * (self._inside + offsets), self._lowest, self._highest)

    def _triggers(self, middle: Integers, sides: Integers, offsets: Integers) -> Integers:
        away = offsets + STOP_SPREADS * self._scenario.spread_ticks
        return np.clip(middle + sides * away, self._lowest, self._highest)

    def _note_cancels(
        self, orders: Part, are_limits: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ) -> None:
        """Choose the limit orders that are canceled later, and at what age."""
        places = np.flatnonzero(are_limits)
        places = places[self._draws.of(self._is_canceled, len(places)) == 1]
        chosen = orders.commands[places]
        self._pending.append(
            made(
                orders.due_ns[places] + self._draws.of(self._age, len(places)),
                CommandKind.CANCEL,
                instrument=chosen["instrument"],
                account=chosen["account"],
                order_id=chosen["order_id"],
                count=len(places),
            )
        )


class _Makers:
    """Quotes: after so many orders a maker takes his quotes of a symbol back and sets new ones."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._draws = Draws(scenario.seed, STREAM_QUOTES)
        self._symbol = choices(zipf_weights(len(scenario.symbols), scenario.symbol_exponent))
        self._maker = choices([1.0] * scenario.makers)
        levels = np.arange(scenario.quote_levels, dtype=np.int64)
        half = scenario.spread_ticks // 2
        self._away = np.tile(half + levels * half, 2)
        self._sides = np.repeat(np.array([BUY, SELL], dtype=np.int64), scenario.quote_levels)
        # Makers quote more than people take: the quantities above the geometric middle.
        self._quantity = quantity_table(scenario, of_makers=True)
        self._jitter = uniform_table(0, half - 1)
        self._last = np.zeros(scenario.makers * len(scenario.symbols), dtype=np.int64)
        self._orders = 0
        self._quotes = 0

    def quotes(self, times: Integers, reference: Reference) -> list[Part]:
        """Return the quotes that follow orders at those times."""
        if not self._scenario.quotes:
            return []
        places = self._places(len(times))
        count, each = len(places), len(self._sides)
        due, total = times[places], len(places) * len(self._sides)
        symbols = self._draws.of(self._symbol, count)
        makers = self._scenario.users + self._draws.of(self._maker, count)
        middle = np.repeat(reference.at(symbols, due), each)
        sides = np.tile(self._sides, count)
        away = np.tile(self._away, count) + self._draws.of(self._jitter, total)
        ids = FIRST_QUOTE_ID + self._quotes + np.arange(total, dtype=np.int64)
        self._quotes += total
        earlier = self._earlier(makers - self._scenario.users, symbols, ids[::each])
        stood = np.flatnonzero(earlier)
        taken_back = made(
            np.repeat(due[stood], each),
            CommandKind.CANCEL,
            instrument=np.repeat(symbols[stood], each),
            account=np.repeat(makers[stood], each),
            order_id=np.repeat(earlier[stood], each) + np.tile(np.arange(each), len(stood)),
            count=len(stood) * each,
        )
        new = made(
            np.repeat(due, each),
            CommandKind.SUBMIT,
            side=sides,
            instrument=np.repeat(symbols, each),
            account=np.repeat(makers, each),
            order_id=ids,
            price=np.maximum(middle - sides * away, 1),
            quantity=self._draws.of(self._quantity, total),
            count=total,
        )
        return [taken_back, new]

    def _earlier(self, makers: Integers, symbols: Integers, ids: Integers) -> Integers:
        """Return the first id of the quotes that each of these take the place of, 0 for none."""
        places = makers * len(self._scenario.symbols) + symbols
        order = np.argsort(places, kind="stable")
        sorted_places, sorted_ids = places[order], ids[order]
        follows = np.zeros(len(order), dtype=bool)
        follows[1:] = sorted_places[1:] == sorted_places[:-1]
        before = np.where(follows, np.roll(sorted_ids, 1), self._last[sorted_places])
        self._last[sorted_places] = sorted_ids  # of the same place the last one stays
        found = np.empty_like(before)
        found[order] = before
        return found

    def _places(self, count: int) -> Integers:
        """Return after which of the next orders some maker quotes."""
        every = len(self._sides) / self._scenario.quotes
        first, last = int(self._orders / every), int((self._orders + count) / every)
        numbers = np.arange(first, last, dtype=np.int64)
        places = ((numbers + 1) * every).astype(np.int64) - self._orders
        self._orders += count
        return np.clip(places, 0, max(count - 1, 0))


def opening_orders(scenario: Scenario) -> RecordArray:
    """Return the limit orders that are in the books before the run, which don't meet.

    Parameters
    ----------
    scenario : Scenario
        Its `depth` says how many, its seed which; bids and asks come in turn.

    Returns
    -------
    ndarray of COMMAND_DTYPE, shape (depth,)
        In ticks and lots, with the order ids from 1 on; of users alone.

    Examples
    --------
    >>> from engine.load import scenario
    >>> orders = opening_orders(scenario("demo-recommended"))
    >>> len(orders), int(orders["order_id"][0])
    (10000, 1)
    """
    draws, count = Draws(scenario.seed, STREAM_OPENING), scenario.depth
    sides = np.where(np.arange(count) % 2 == 0, int(BUY), int(SELL))
    offsets = scenario.spread_ticks + draws.of(offset_table(scenario), count)
    if scenario.prices == "uniform":
        variation = round(scenario.opening_ticks * scenario.price_variation)
        offsets = draws.of(uniform_table(1, variation), count)
    orders = made(
        np.arange(count) - OPENING_NS,
        CommandKind.SUBMIT,
        side=sides,
        instrument=draws.of(
            choices(zipf_weights(len(scenario.symbols), scenario.symbol_exponent)), count
        ),
        account=np.arange(count, dtype=np.int64) % scenario.users,
        order_id=np.arange(1, count + 1, dtype=np.int64),
        price=np.maximum(scenario.opening_ticks - sides * offsets, 1),
        quantity=draws.of(quantity_table(scenario), count),
        count=count,
    )
    return orders.commands


def quantity_table(scenario: Scenario, *, of_makers: bool = False) -> Integers:
    """Return the quantiles of an order's quantity in lots."""
    least = max(1, scenario.lots(decimal_of("volume_least", scenario.volume_least)))
    most = max(least, scenario.lots(decimal_of("volume_most", scenario.volume_most)))
    if of_makers:
        least = max(least, round((least * most) ** 0.5))
    if scenario.volumes == "uniform":
        return uniform_table(least, most)
    return power_table(least, most, scenario.volume_exponent)


def offset_table(scenario: Scenario) -> Integers:
    """Return the quantiles of how far from the price a limit is, in ticks."""
    most = round(scenario.opening_ticks * scenario.price_variation)
    return power_table(1, max(1, most), scenario.offset_exponent)
