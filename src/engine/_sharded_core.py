"""Several cores that answer as one: what `ShardedEngine` has for a core."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, Unpack

from engine._book import OrderBook
from engine._core import Core
from engine._schema import BUY, Limit, RateKind, RateLimit, Side
from engine._shards import FIRST_ORDER_IDS, Shards
from engine._terms import Terms
from engine.rate_tiers import RateAnswer
from engine.records import (
    Account,
    Balance,
    Counters,
    Exposure,
    Funding,
    OpenInterest,
    Order,
    OrderDetail,
    Position,
    QueuePosition,
    RecordArray,
)

__all__ = ["ShardedCore", "processors"]

T = TypeVar("T")


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ShardedCore:
    """Cores that have every instrument, each with the orders of those that are placed with it.

    Has the methods of `Core` that an engine calls. What is asked of an instrument its shard
    answers, what is asked of all is summed up.

    Parameters
    ----------
    shards : int
        How many cores.
    threads : int
        How many threads share a batch.
    max_orders, max_cascade, accounts
        Of each core.

    Examples
    --------
    >>> core = ShardedCore(shards=2, threads=1, max_orders=100, max_cascade=10, accounts=False)
    >>> [core.add_instrument() for core.next_shard in (0, 1)]
    [0, 1]
    >>> [core.book(number).submit(1, 100, 5).order_id for number in (0, 1)]
    [1, 72057594037927937]
    >>> len(core), core.instrument_of(72057594037927937), core.report_count
    (2, 1, 2)
    """

    def __init__(
        self, *, shards: int, threads: int, max_orders: int, max_cascade: int, accounts: bool
    ) -> None:
        self._settings: dict[str, Any] = {
            "max_orders": max_orders,
            "max_cascade": max_cascade,
            "accounts": accounts,
        }
        self._listed: list[tuple[Mapping[str, Any] | None, Terms]] = []
        self._currencies = 0
        self.cores = [self._new_core(shard) for shard in range(shards)]
        self.shards = Shards(self.cores, threads)
        self.next_shard = 0
        """Where the next instrument goes."""

    def _new_core(self, shard: int) -> Core:
        return Core(**self._settings, first_order_id=shard * FIRST_ORDER_IDS + 1)

    def core_of(self, instrument: int) -> Core:
        """Return the core that an instrument is in; the first where there is none."""
        return self.cores[self.shards.shard_of(instrument)]

    def add_instrument(
        self, *, contract: Mapping[str, Any] | None = None, **terms: Unpack[Terms]
    ) -> int:
        """Add an instrument, placed with `next_shard`, and return its number; as `Core`."""
        numbers = {core.add_instrument(contract=contract, **terms) for core in self.cores}
        self.shards.place(self.next_shard)
        self._listed.append((None if contract is None else dict(contract), terms))
        assert len(numbers) == 1, "every core has every instrument"
        return numbers.pop()

    def move(self, instrument: int, shard: int) -> None:
        """Move an instrument to another shard, with all that it is; see `Shards.move`."""
        self.shards.move(instrument, shard)

    def add_shard(self, threads: int, instruments: Sequence[int] = ()) -> None:
        """Add a shard, to which instruments move, all of it or nothing; see `Shards.add`.

        Examples
        --------
        >>> core = ShardedCore(shards=1, threads=1, max_orders=9, max_cascade=9, accounts=False)
        >>> book = core.book(core.add_instrument())
        >>> _ = book.submit(1, 100, 5, order_id=7)
        >>> core.add_shard(threads=1, instruments=[0])
        >>> core.shards.shard_of(0), book.best_bid(), [len(its) for its in core.cores]
        (1, 100, [0, 1])
        """
        core = self._new_core(len(self.cores))
        for _ in range(self._currencies):
            core.add_currency()
        for contract, terms in self._listed:
            core.add_instrument(contract=contract, **terms)
        self.shards.add(core, threads, list(instruments))
        self.cores.append(core)

    def add_currency(self) -> int:
        """Add a currency and return its number."""
        numbers = {core.add_currency() for core in self.cores}
        assert len(numbers) == 1, "every core has every currency"
        self._currencies += 1
        return numbers.pop()

    def book(self, instrument: int) -> OrderBook:
        """Return the integer face of an instrument, in its shard."""
        return self.core_of(instrument).book(instrument)

    def reserve(self, orders: int) -> None:
        """Make room for so many more resting orders, the same in each shard."""
        for core in self.cores:
            core.reserve(-(-orders // len(self.cores)))

    def match(
        self, commands: RecordArray, *, detail: str = "all", out: RecordArray | None = None
    ) -> RecordArray:
        """Apply a batch of commands, by all threads; as `Core`."""
        return self.shards.match(commands, detail=detail, out=out)

    # Questions about orders: an id that callers gave in two shards is that of the first.

    def _core_with(self, order_id: int) -> Core:
        return next((core for core in self.cores if order_id in core), self.cores[0])

    def instrument_of(self, order_id: int) -> int | None:
        """Return the number of the instrument that a live order is of, or None."""
        return self._core_with(order_id).instrument_of(order_id)

    def order(self, order_id: int) -> Order | None:
        """Return the live order of this id as it stands, or None."""
        return self._core_with(order_id).order(order_id)

    def detail(self, order_id: int) -> OrderDetail | None:
        """Return what a live order is beyond that, or None."""
        return self._core_with(order_id).detail(order_id)

    def queue_position(self, order_id: int) -> QueuePosition | None:
        """Return what stands in front of a resting order at its price, or None."""
        return self._core_with(order_id).queue_position(order_id)

    # Questions about accounts.

    def accounts(self) -> list[int]:
        """Return the numbers of all accounts, in order."""
        return self.cores[0].accounts()

    def account(self, number: int) -> Account | None:
        """Return the group, tier and flags of an account, or None."""
        return self.cores[0].account(number)

    def balance(self, account: int, currency: int) -> Balance | None:
        """Return what an account has of a currency over all shards, or None."""
        found = self.balances(account, currency)
        return None if found is None else Balance(*map(sum, zip(*found, strict=True)))

    def balances(self, account: int, currency: int) -> list[Balance] | None:
        """Return what it has in each shard, or None."""
        return _all_or_none(core.balance(account, currency) for core in self.cores)

    def account_position(
        self, account: int, instrument: int, side: Side | int = BUY
    ) -> Position | None:
        """Return what an account has in a derivative, or None; as `Core`."""
        return self.core_of(instrument).account_position(account, instrument, side)

    def liquidation_price(
        self, account: int, instrument: int, side: Side | int = BUY
    ) -> int | None:
        """Return where a position would be closed, by what its shard has; as `Core`."""
        return self.core_of(instrument).liquidation_price(account, instrument, side)

    def open_positions(self, account: int) -> list[tuple[int, Side]]:
        """Return instrument and side of what an account has open, by instrument."""
        found = [its for core in self.cores for its in core.open_positions(account)]
        return sorted(found, key=lambda its: (its[0], -its[1]))

    def open_interest(self, instrument: int | None = None) -> OpenInterest:
        """Return how many positions are open, and their long lots; as `Core`."""
        found = [core.open_interest(instrument) for core in self.cores]
        return OpenInterest(*map(sum, zip(*found, strict=True)))

    def limit(self, account: int, limit: Limit | int, of: int = 0) -> int | None:
        """Return the limit that holds for an account, in each shard."""
        return self.cores[0].limit(account, limit, of)

    def rate_limit(self, tier: int, limit: RateLimit | int) -> int | None:
        """Return a rate limit of a tier, which each shard counts for itself."""
        return self.cores[0].rate_limit(tier, limit)

    def rate(self, account: int, kind: RateKind | int) -> RateAnswer | None:
        """Return what the shard that would allow the least would tell the next command, or None."""
        answers = _all_or_none(core.rate(account, kind) for core in self.cores)
        return None if answers is None else min(answers, key=lambda its: its[:2])

    def exposure(self, account: int, currency: int) -> Exposure | None:
        """Return what an account is exposed to in a currency, summed over the shards, or None."""
        found = _all_or_none(core.exposure(account, currency) for core in self.cores)
        return None if found is None else Exposure(*map(sum, zip(*found, strict=True)))

    def open_orders(self, account: int) -> int:
        """Return how many live orders an account has."""
        return sum(core.open_orders(account) for core in self.cores)

    def is_enabled(self, account: int, instrument: int) -> bool:
        """Return whether no switch is off for an account or an instrument."""
        return self.core_of(instrument).is_enabled(account, instrument)

    def funding(self, instrument: int) -> Funding | None:
        """Return what the funding of an instrument has come to, or None."""
        return self.core_of(instrument).funding(instrument)

    def rounding(self, currency: int) -> int:
        """Return what positions have paid of funding less what they were paid."""
        return sum(core.rounding(currency) for core in self.cores)

    def house(self, currency: int) -> int:
        """Return the fees paid in a currency less the rebates."""
        return sum(core.house(currency) for core in self.cores)

    def deposits(self, currency: int) -> int:
        """Return what was deposited in a currency less what was withdrawn."""
        return sum(core.deposits(currency) for core in self.cores)

    # All of it.

    def state_hash(self) -> str:
        """Return the SHA-256 over the logical state; see `Shards.state_hash`."""
        return self.shards.state_hash()

    def check_invariants(self) -> None:
        """Raise `InvariantError` when the state contradicts itself."""
        self.shards.check_invariants()

    def counters(self) -> Counters:
        """Return what the shards have done; a command of all of them counts in each."""
        commands, reports, rejects, trades, lots = zip(
            *(core.counters() for core in self.cores), strict=True
        )
        return Counters(
            sum(commands, Counter()),
            sum(reports, Counter()),
            sum(rejects, Counter()),
            sum(trades),
            sum(lots),
        )

    @property
    def instrument_count(self) -> int:
        """How many instruments were added."""
        return self.cores[0].instrument_count

    @property
    def time(self) -> int:
        """The largest timestamp seen, nanoseconds."""
        return self.shards.time

    @property
    def report_count(self) -> int:
        """How many reports were made."""
        return self.shards.report_count

    @property
    def trade_count(self) -> int:
        """How many trades were made."""
        return self.shards.trade_count

    @property
    def memory_bytes(self) -> int:
        """Bytes in use by orders, levels and indexes."""
        return sum(core.memory_bytes for core in self.cores)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return sum(map(len, self.cores))

    def __contains__(self, order_id: object) -> bool:
        return any(order_id in core for core in self.cores)


def _all_or_none(found: Iterable[T | None]) -> list[T] | None:
    """Return answers of all shards, which know the same accounts."""
    answers = [its for its in found if its is not None]
    return answers or None
