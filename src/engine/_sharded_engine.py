"""An engine in several shards: the same face, and batches matched by several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any, NoReturn, cast

import numpy as np

from engine._account_records import AccountBalance
from engine._core import MAX_CASCADE, MAX_ORDERS, Core
from engine._engine import Engine
from engine._members import says_names
from engine._order_terms import integer_for
from engine._recovery import Held
from engine._report import ExecutionReport, _report_from_bytes
from engine._schema import COMMAND_DTYPE, DEPOSIT, WITHDRAW, ExecType
from engine._sharded_core import ShardedCore, processors
from engine._shown import check_kind, counted, shown
from engine.decimal_grid import DecimalLike
from engine.errors import CommandError, EngineError
from engine.instrument import Instrument
from engine.placement import ShardPlacement
from engine.records import RecordArray

__all__ = ["ShardedEngine"]

TREASURY = 0
"""The shard where deposits go, and withdrawals come from."""


@says_names
class ShardedEngine(Engine):
    """An `Engine` whose instruments are shared out among shards, each with a thread for batches.

    Books that share nothing can be matched beside each other. `match` gives what one `Engine` gives
    for the same commands, byte for byte and in their order, in less time; so does every other call.
    What differs, because no shard knows of the others, is in docs/shards.md: ids that are assigned,
    what is unique or limited within a shard, and what is done to all shards at once.

    With accounts, each account has a balance in every shard, and its orders there are held against
    that one alone: deposits go to shard 0, and `allocate` moves them on.

    Parameters
    ----------
    shards : int
        How many, 1 to 256. Commands of the whole venue cost a step for each.
    threads : int, optional
        How many share a batch, 1 to `shards`; without it as many as there are processors for.
    clock, accounts
        As for `Engine`.
    max_orders : int
        How many orders may rest or wait at once in a shard.
    max_cascade : int
        How many orders one command may set off in a shard.

    Raises
    ------
    EngineError
        There can't be so many shards or threads.

    Examples
    --------
    >>> venue = ShardedEngine(shards=10)
    >>> for symbol in ("BTC-USD", "ETH-USD"):
    ...     _ = venue.add_instrument(Instrument(symbol=symbol, tick_size="0.01", lot_size="0.001"))
    >>> venue
    ShardedEngine(10 shards, 2 instruments, 0 orders, BTC-USD none / none, ETH-USD none / none)
    >>> venue.shard_of("BTC-USD"), venue.shard_of("ETH-USD")
    (5, 3)
    >>> report = venue.submit("BTC-USD", side="buy", price="50000.01", quantity="0.5", order_id=7)
    >>> venue.best_bid("BTC-USD"), venue.cancel(7).order_status.name, report.sequence_number
    (Decimal('50000.01'), 'CANCELED', 1)
    """

    __slots__ = ("_pinned", "_placement", "_threads_max")

    def __init__(
        self,
        *,
        shards: int = 2,
        threads: int | None = None,
        clock: Callable[[], int] | None = None,
        max_orders: int = MAX_ORDERS,
        max_cascade: int = MAX_CASCADE,
        accounts: bool = False,
    ) -> None:
        self._placement = ShardPlacement(shards)
        if threads is not None and (not isinstance(threads, int) or not 1 <= threads <= shards):
            raise EngineError(f"threads was {shown(threads)}, must be 1 to {shards}, the shards")
        self._threads_max = processors() if threads is None else threads
        self._pinned: set[str] = set()
        super().__init__(
            clock=clock, max_orders=max_orders, max_cascade=max_cascade, accounts=accounts
        )

    def _new_core(self, **parameters: Any) -> Core:
        resend_window = parameters.pop("resend_window")
        assert resend_window == 0, "shards keep no reports for commands that are sent again"
        # It has the methods of a core that an engine in memory calls.
        return cast(Core, ShardedCore(shards=self.shards, threads=self.threads, **parameters))

    @classmethod
    def open(cls, *_: Any, **__: Any) -> NoReturn:
        """Raise `EngineError`: an engine in shards is in memory only."""
        raise EngineError("ShardedEngine keeps no journal: Engine.open does")

    @property
    def _sharded(self) -> ShardedCore:
        return cast("ShardedCore", self._core)

    # Shards.

    @property
    def shards(self) -> int:
        """How many shards there are; they are numbered from 0."""
        return self._placement.shards

    @property
    def threads(self) -> int:
        """How many threads share a batch, the caller's counted."""
        return min(self.shards, self._threads_max)

    def shard_of(self, symbol: str) -> int:
        """Return the number of the shard that an instrument is in.

        Parameters
        ----------
        symbol
            Of an instrument that was added.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        """
        return self._sharded.shards.shard_of(self._market(symbol).book.instrument)

    def add_instrument(self, instrument: Instrument, *, shard: int | None = None) -> int:
        """Add an instrument, also to a venue that is running.

        Parameters
        ----------
        instrument
            As for `Engine`.
        shard
            Where it is to be; without it where `ShardPlacement` puts its symbol.

        Raises
        ------
        EngineError
            There is no such shard, or an instrument of this symbol was added before.
        GridError
            As for `Engine`.

        Examples
        --------
        >>> venue = ShardedEngine(shards=2)
        >>> venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1), shard=1)
        0
        >>> venue.shard_of("OIL")
        1
        """
        if shard is None:
            return super().add_instrument(instrument)
        with self._adding():
            self._refuse_listed(instrument)
            contract = self._contract_of(instrument, self._currencies)
            self._refuse_shard(shard)
            number = self._add_instrument(instrument, contract, shard)
            self._pinned.add(instrument.symbol)
            return number

    def _add_instrument(
        self, instrument: Instrument, contract: dict[str, int] | None, shard: int | None = None
    ) -> int:
        placed = self._placement.shard_of(instrument.symbol) if shard is None else shard
        self._sharded.next_shard = placed
        return super()._add_instrument(instrument, contract)

    def move(self, symbol: str, shard: int) -> None:
        """Move an instrument to another shard while the venue trades, all of it or nothing.

        What it is goes with it: its orders in their queues, what waits, its prices, phase,
        positions and counters. What the venue says afterwards is what it would have said without;
        books that `book` gave go on. Costs a step for each of its orders, and no other thread is
        let in meanwhile. Where it is already, nothing happens.

        With accounts, what they have in it goes along, and so much of the money that each has in
        the shard as that requires: what its orders hold, the margin of its position and orders, and
        what it would lose at the mark price; or all that nothing else there needs, if that is less
        and the position is kept with it.

        Parameters
        ----------
        symbol
            Of the instrument.
        shard
            The number of the shard.

        Raises
        ------
        UnknownSymbolError
            No instrument has the symbol.
        EngineError
            There is no such shard; an order of the instrument has the id of one that is live there;
            that shard would have more than `max_orders`; or an account has too little in one of the
            two. Nothing has changed then.
        EngineBusyError
            Another thread runs a batch.

        Examples
        --------
        >>> venue = ShardedEngine(shards=10)
        >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
        >>> book = venue.book("OIL")
        >>> _ = venue.submit("OIL", side="buy", price="71.25", quantity=3, order_id=7)
        >>> before = venue.shard_of("OIL"), venue.state_hash()
        >>> venue.move("OIL", 8)
        >>> venue.shard_of("OIL") == before[0], venue.state_hash() == before[1]
        (False, True)
        >>> book.best_bid(), venue.cancel(7).order_status.name
        (7125, 'CANCELED')
        """
        number = self._market(symbol).book.instrument
        self._refuse_shard(shard)
        self._sharded.move(number, shard)

    def add_shard(self) -> int:
        """Add a shard to a running venue, and move to it what is its own; all of it or nothing.

        Of the symbols that are where `ShardPlacement` puts them, those move that it puts in the new
        one: about one in n, and between the others none. Those that were put elsewhere, by
        `add_instrument(shard=)` or `move`, stay. With accounts the new shard has them all, with
        their limits and switches, and of their money what comes along with the symbols. Without
        `threads` a batch has one thread more from then on, while there are processors for it.

        Returns
        -------
        int
            The number of the new shard.

        Raises
        ------
        EngineError
            There are as many shards as there can be, or a symbol can't move, as for `move`. Nothing
            has changed then.

        Examples
        --------
        >>> venue = ShardedEngine(shards=2)
        >>> for number in range(6):
        ...     _ = venue.add_instrument(
        ...         Instrument(symbol=f"S{number}", tick_size="0.01", lot_size=1)
        ...     )
        >>> [venue.shard_of(f"S{number}") for number in range(6)]
        [1, 0, 1, 1, 0, 1]
        >>> venue.add_shard(), venue.shards
        (2, 3)
        >>> [venue.shard_of(f"S{number}") for number in range(6)]
        [1, 2, 1, 1, 0, 1]
        """
        placement = ShardPlacement(self.shards + 1)
        with self._adding():
            symbols = [symbol for symbol in self._markets if self._is_in_its_place(symbol)]
            moves = self._placement.moves(symbols, placement.shards)
            numbers = [self._markets[symbol].book.instrument for symbol in moves]
            threads = min(placement.shards, self._threads_max)
            self._sharded.add_shard(threads, numbers)
            self._placement = placement
        return placement.shards - 1

    def _is_in_its_place(self, symbol: str) -> bool:
        return symbol not in self._pinned and self.shard_of(symbol) == self._placement.shard_of(
            symbol
        )

    # Money.

    def allocate(
        self,
        account: int,
        currency: str,
        amounts: Mapping[int, DecimalLike],
        *,
        command_id: int = 0,
    ) -> ExecutionReport:
        """Move what an account has of a currency between shards, all of it or nothing.

        What the shards get comes from shard 0, and what they give goes there. It is taken first,
        then given; where anything is refused, what was done before is undone.

        Parameters
        ----------
        account
            Whose money.
        currency
            Its name.
        amounts
            By shard what it gets, below 0 what it gives; 0 is no shard here.
        command_id
            Copied into the reports.

        Returns
        -------
        ExecutionReport
            The first that is REJECTED, or the last that is DONE.

        Raises
        ------
        UnknownCurrencyError, GridError, EngineError
            No currency has the name, an amount is no multiple of its unit, there is no such shard.
        CommandError
            Nothing is to be moved.
        TypeError
            Amounts that are no mapping.

        Examples
        --------
        >>> venue = ShardedEngine(shards=3, accounts=True)
        >>> _ = venue.add_currency("USD", unit="0.01"), venue.set_account(7)
        >>> _ = venue.deposit(7, "USD", 1000)
        >>> venue.allocate(7, "USD", {1: 300, 2: "100.50"}).exec_type.name
        'DONE'
        >>> venue.allocate(7, "USD", {1: 50, 2: -200}).reject_reason.name
        'INSUFFICIENT_FUNDS'
        >>> [found.balance for found in venue.allocations(7, "USD")]
        [Decimal('599.50'), Decimal('300.00'), Decimal('100.50')]
        """
        number, of = self._currency(currency)
        check_kind("amounts", amounts, Mapping)
        moves = {}
        for shard, amount in amounts.items():
            self._refuse_shard(shard)
            if shard == TREASURY:
                raise CommandError(
                    f"amounts had shard {TREASURY}, which gives and gets what the others need"
                )
            moves[shard] = of.to_units(amount)
        moves[TREASURY] = -sum(moves.values())
        moves = {shard: units for shard, units in moves.items() if units != 0}
        if not moves:
            raise CommandError(f"amounts was {shown(dict(amounts))}, which moves nothing")
        # What is taken comes first.
        order = sorted(moves, key=lambda shard: (moves[shard] > 0, shard))
        ways = [_both_ways(account, number, moves[shard], command_id) for shard in order]
        for place, (shard, (there, _)) in enumerate(zip(order, ways, strict=True)):
            report = self._apply_at(shard, there)
            if report.exec_type == ExecType.REJECTED:
                for undone in reversed(range(place)):
                    again = self._apply_at(order[undone], ways[undone][1])
                    assert again.exec_type == ExecType.DONE, "what was just moved can be moved back"
                break
        return report

    def balance(self, account: int, currency: str) -> AccountBalance | None:
        """Return what an account has of a currency over all shards, or None; as `allocations`.

        `available` and `free` too are summed up, though each part is spent in its own shard and a
        profit in one makes no loss in another good.

        Raises
        ------
        UnknownCurrencyError
            No currency has the name.
        """
        found = self.allocations(account, currency)
        if found is None:
            return None
        return AccountBalance(*(sum(amounts, Decimal(0)) for amounts in zip(*found, strict=True)))

    def allocations(self, account: int, currency: str) -> tuple[AccountBalance, ...] | None:
        """Return what an account has of a currency in each shard, or None where it was never set.

        Parameters
        ----------
        account
            Whose.
        currency
            The name of one that was added.

        Raises
        ------
        UnknownCurrencyError
            No currency has the name.
        """
        number, of = self._currency(currency)
        balances = self._sharded.balances(account, number)
        if balances is None:
            return None
        return tuple(self._amounts_of(balance, of) for balance in balances)

    def deposited(self, currency: str) -> Decimal:
        """Return what was deposited in a currency less what was withdrawn, as it was counted.

        `check_invariants` holds what the shards have of it together against that.

        Parameters
        ----------
        currency
            The name of one that was added.

        Raises
        ------
        UnknownCurrencyError
            No currency has the name.
        """
        number, of = self._currency(currency)
        return of.to_amount(self._sharded.shards.deposited(number))

    # What the methods above share.

    @contextmanager
    def _adding(self) -> Iterator[None]:
        """Let no other thread in, at any shard."""
        with ExitStack() as held:
            for core in self._sharded.cores:
                held.enter_context(Held(core))
            yield

    def _apply_at(self, shard: int, command: RecordArray) -> ExecutionReport:
        return _report_from_bytes(self._sharded.shards.match_at(shard, command).tobytes())

    def _refuse_shard(self, shard: int) -> None:
        if not isinstance(shard, int) or not 0 <= shard < self.shards:
            raise EngineError(f"shard was {shown(shard)}, not one of 0 to {self.shards - 1}")

    def __repr__(self) -> str:
        shards = counted(self.shards, "shard")
        return super().__repr__().replace("Engine(", f"ShardedEngine({shards}, ", 1)


def _both_ways(
    account: int, currency: int, units: int, command_id: int
) -> tuple[RecordArray, RecordArray]:
    """Return the command that adds units to what an account has, or takes them, and its opposite.

    Raises
    ------
    TypeError, OverflowError
        What must be an integer is none, or does not fit.
    """
    fields = {"account": account, "instrument": currency, "command_id": command_id}
    fields["quantity"] = abs(units)
    there = np.zeros(1, COMMAND_DTYPE)
    for name, value in fields.items():
        there[name] = integer_for(name, name, value)
    back = there.copy()
    there["kind"], back["kind"] = (DEPOSIT, WITHDRAW) if units > 0 else (WITHDRAW, DEPOSIT)
    return there, back
