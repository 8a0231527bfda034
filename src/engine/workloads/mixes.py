"""The four mixes that matching engines are measured on: thin, retail, deep and venue.

Their definitions are those of the shared workload generator, so that figures compare; their bytes
are not, because the random numbers differ.

=======  =====  =========  =====================================================================
name     books  resting    mix
=======  =====  =========  =====================================================================
thin         1      1,000  82% replace, 9% limit, 3% immediate or cancel, 6% cancel
retail       8      2,000  market and limit orders, three trades to four commands
deep         1  1,000,000  add and cancel anywhere in a deep book
venue    1,000    200,000  an exchange's day over a thousand symbols
=======  =====  =========  =====================================================================
"""

from __future__ import annotations

from array import array
from typing import Final, NamedTuple

import numpy as np

from engine._core import Core
from engine._schema import BUY, IOC, MARKET, SELL, ReplacePriority
from engine._shown import shown
from engine.records import RecordArray
from engine.streams import STREAM_COMMAND_DTYPE, commands_from_stream
from engine.workloads.draws import (
    exponential_quantiles,
    lognormal_quantiles,
    normal_quantiles,
    raw_bits,
)

__all__ = ["MIXES", "Mix", "Workload", "workload"]

SIDES: Final = (BUY, SELL)
OPENING_PRICE: Final = 1_000_000
CROSSING_LIMIT: Final = 0.03
CROSSING_REPLACE: Final = 0.06
FAR_AWAY: Final = 0.05
RECENT: Final = 64
UNIT: Final = 2.0**-53
FIELDS: Final = ("op", "side", "symbol", "quantity", "order_id", "price", "account")


class Mix(NamedTuple):
    """What a workload is made of; the shares of the ops need not add up to one."""

    books: int
    limit: float
    immediate: float
    market: float
    cancel: float
    replace: float
    resting: int
    """Orders in all books together, entered first and kept near that number."""
    spread: float
    """Scale of an order's distance from the middle, ticks."""
    walk: float
    """Standard deviation of the middle's step from command to command, ticks."""


MIXES: Final = {
    "thin": Mix(1, 0.09, 0.03, 0.00, 0.06, 0.82, 1_000, 400, 0.02),
    "retail": Mix(8, 0.35, 0.05, 0.45, 0.15, 0.00, 2_000, 60, 0.2),
    "deep": Mix(1, 0.45, 0.05, 0.00, 0.44, 0.06, 1_000_000, 3_000, 0.05),
    "venue": Mix(1_000, 0.44, 0.04, 0.01, 0.43, 0.08, 200_000, 40, 0.05),
}


class Workload(NamedTuple):
    """Commands to measure on.

    Attributes
    ----------
    commands : ndarray of COMMAND_DTYPE
        With the timestamp being the index; replace means ``ReplacePriority.ALWAYS_LOSE``.
    preload : int
        How many of the commands at the beginning fill the books and are not to be timed.
    books : int
        Instruments numbered from 0 that the commands use.
    """

    commands: RecordArray
    preload: int
    books: int


def workload(name: str, count: int, *, seed: int = 7, accounts: int = 1_000) -> Workload:
    """Make one of the four mixes.

    Parameters
    ----------
    name
        ``"thin"``, ``"retail"``, ``"deep"`` or ``"venue"``.
    count
        Commands after those that fill the books.
    seed
        The same seed gives the same bytes.
    accounts
        How many accounts the orders belong to, at least 1.

    Returns
    -------
    Workload

    Raises
    ------
    ValueError
        A name that is not one of the four, a negative count, or no accounts.

    Examples
    --------
    >>> thin = workload("thin", 500, seed=1)
    >>> thin.preload, len(thin.commands)
    (1000, 1500)
    >>> workload("wide", 500)
    Traceback (most recent call last):
        ...
    ValueError: name was 'wide', must be one of thin, retail, deep, venue
    """
    if name not in MIXES:
        raise ValueError(f"name was {shown(name)}, must be one of {', '.join(MIXES)}")
    if count < 0:
        raise ValueError(f"count was {shown(count)}, must be at least 0")
    if accounts < 1:
        raise ValueError(f"accounts was {accounts}, must be at least 1")
    mix = MIXES[name]
    source = _Source(mix, seed, accounts)
    for index in range(mix.resting):
        source.preload(index % mix.books)
    length = len(FIELDS) * (mix.resting + count)
    while len(source.columns) < length:
        source.step()
    columns = np.frombuffer(source.columns, dtype=np.int64).reshape(-1, len(FIELDS))
    records = np.zeros(len(columns), dtype=STREAM_COMMAND_DTYPE)
    for position, field in enumerate(FIELDS):
        records[field] = columns[:, position]
    return Workload(commands_from_stream(records), mix.resting, mix.books)


class _Source:
    """Draws one command after the other, with a core beside it that says what it leads to."""

    def __init__(self, mix: Mix, seed: int, accounts: int) -> None:
        self.mix = mix
        self.columns = array("q")
        self.core = Core()
        for _ in range(mix.books):
            self.core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
        self.books = [self.core.book(number) for number in range(mix.books)]
        self.accounts = accounts
        self.next_id = 1
        self.middle = [float(OPENING_PRICE)] * mix.books
        # Ids that may be live; the dead ones are dropped when they are come across.
        self.ids: list[list[int]] = [[] for _ in range(mix.books)]
        self.side_of = bytearray(1)
        self.account_of = array("I", [0])
        self.draw = raw_bits(seed)
        self.normal = normal_quantiles()
        self.distance = exponential_quantiles(mix.spread * 0.3)
        self.quantity = [1 + int(q) for q in lognormal_quantiles(3.0, 1.0, 999.0)]
        self.per_book = mix.resting // mix.books

    def preload(self, book: int) -> None:
        bits = self.draw()
        side = bits & 1
        account = (bits >> 1) % self.accounts
        self._enter(1, side, book, self._passive(book, side), account)

    def step(self) -> None:
        """Draw one command; none comes out when there is nothing to cancel or replace."""
        mix, bits = self.mix, self.draw()
        book, side = (bits >> 8) % mix.books, bits & 1
        account = (bits >> 32) % self.accounts
        self.middle[book] += self.normal[self.draw() >> 48] * mix.walk
        choice = self._choice(book)
        taking = mix.limit + mix.immediate
        if choice < mix.limit:
            crossing = self._unit() < CROSSING_LIMIT
            passive = self._passive(book, side)
            price = self._best(book, 1 - side, passive) if crossing else passive
            self._enter(1, side, book, price, account)
        elif choice < taking:
            best = self._best(book, 1 - side, self._passive(book, 1 - side))
            self._enter(2, side, book, best + (2 if side == 0 else -2), account)
        elif choice < taking + mix.market:
            self._enter(3, side, book, 0, account)
        elif order_id := self._live_id(book):
            if choice < taking + mix.market + mix.cancel:
                self._cancel(book, order_id)
            else:
                self._replace(book, order_id)

    def _choice(self, book: int) -> float:
        """Draw the op, keeping the book near its size: below it add, above it cancel."""
        mix, live = self.mix, len(self.books[book])
        choice = self._unit() * (mix.limit + mix.immediate + mix.market + mix.cancel + mix.replace)
        if live < self.per_book * 0.9 and choice > mix.limit:
            return self._unit() * mix.limit
        if live > self.per_book * 1.1 and choice < mix.limit:
            return mix.limit + mix.immediate + mix.market + self._unit() * mix.cancel
        return choice

    def _enter(self, op: int, side: int, book: int, price: int, account: int) -> None:
        order_id, quantity = self.next_id, self.quantity[self.draw() >> 48]
        self.next_id += 1
        self.side_of.append(side)
        self.account_of.append(account)
        self.columns.extend((op, side, book, quantity, order_id, price, account))
        if op == 3:
            self.books[book].submit(SIDES[side], 0, quantity, order_id, order_type=MARKET)
        elif op == 2:
            self.books[book].submit(SIDES[side], price, quantity, order_id, time_in_force=IOC)
        else:
            self.books[book].submit(SIDES[side], price, quantity, order_id)
            self.ids[book].append(order_id)

    def _cancel(self, book: int, order_id: int) -> None:
        side, account = self.side_of[order_id], self.account_of[order_id]
        self.columns.extend((4, side, book, 0, order_id, 0, account))
        self.books[book].cancel(order_id)

    def _replace(self, book: int, order_id: int) -> None:
        side, account = self.side_of[order_id], self.account_of[order_id]
        price, quantity = self._passive(book, side), self.quantity[self.draw() >> 48]
        if self._unit() < CROSSING_REPLACE:
            price = self._best(book, 1 - side, price)
        self.columns.extend((5, side, book, quantity, order_id, price, account))
        self.books[book].replace(order_id, price, quantity)

    def _live_id(self, book: int) -> int:
        """Choose an order, half of the time a recent one as on a real venue; 0 without any."""
        ids = self.ids[book]
        while ids:
            bits, size = self.draw(), len(ids)
            recent = bits & 1
            index = size - 1 - (bits >> 8) % min(size, RECENT) if recent else (bits >> 8) % size
            if ids[index] in self.core:
                return ids[index]
            ids[index] = ids[-1]
            ids.pop()
        return 0

    def _passive(self, book: int, side: int) -> int:
        bits = self.draw()
        distance = self.distance[bits >> 48] + 1
        if (bits & 0xFFFFFFFF) * 2.0**-32 < FAR_AWAY:
            distance *= 5
        middle = self.middle[book]
        return round(middle - distance if side == 0 else middle + distance)

    def _best(self, book: int, side: int, otherwise: int) -> int:
        best = self.books[book].best_bid() if side == 0 else self.books[book].best_ask()
        return otherwise if best is None else best

    def _unit(self) -> float:
        return (self.draw() >> 11) * UNIT
