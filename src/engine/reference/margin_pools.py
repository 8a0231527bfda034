"""What positions are held against: which of them stand for each other, and how well they stand."""

from __future__ import annotations

from typing import NamedTuple

from .._schema import MarginMode, TriggerSource
from .book import Book
from .formulas import has_value_at, size_of
from .funds import Funds
from .positions import Which


class MarginPool(NamedTuple):
    """An isolated position alone, or the other positions of an account in a currency."""

    account: int
    currency: int
    isolated: tuple[Which, Book] | None = None


class MarginPools:
    """The pools of all accounts, as their positions are now."""

    def __init__(self, funds: Funds, books: list[Book]) -> None:
        self._funds = funds
        self._books = books

    def of_account(self, account: int) -> list[MarginPool]:
        """Return the pools in which an account has a position.

        First its isolated positions, by instrument, the long one before the short one, then the
        others, by currency.
        """
        isolated: list[MarginPool] = []
        currencies: set[int] = set()
        for book in self._books:
            for which in () if book.contract.is_spot else book.positions.of_account(account):
                pool = self.of_position(which, book)
                if not book.positions.of(which):
                    continue
                if pool.isolated:
                    isolated.append(pool)
                else:
                    currencies.add(pool.currency)
        return [*isolated, *(MarginPool(account, currency) for currency in sorted(currencies))]

    def of_position(self, which: Which, book: Book) -> MarginPool:
        """Return the pool that a position is in."""
        standing = self._funds.standing(which.account, book)
        is_isolated = standing.margin_mode == MarginMode.ISOLATED
        return MarginPool(
            which.account, book.contract.settle, (which, book) if is_isolated else None
        )

    def positions(self, pool: MarginPool) -> list[tuple[Which, Book]]:
        """Return what is in a pool and not 0, by instrument, the long one before the short one."""
        if pool.isolated is not None:
            which, book = pool.isolated
            return [pool.isolated] if book.positions.of(which) else []
        return [
            (which, book)
            for book in self._books
            if not book.contract.is_spot and book.contract.settle == pool.currency
            for which in book.positions.of_account(pool.account)
            if book.positions.of(which) and self.of_position(which, book) == pool
        ]

    def gain(self, pool: MarginPool) -> int:
        """Return what its positions would make at the mark prices."""
        return sum(self._funds.position(*each).unrealized for each in self.positions(pool))

    def collateral(self, pool: MarginPool) -> int:
        """Return what is held against its positions beside that."""
        if pool.isolated is not None:
            return self._funds.assigned(*pool.isolated)
        balance = self._funds.balance(pool.account, pool.currency)
        return balance.balance - balance.isolated_margin

    def equity(self, pool: MarginPool) -> int:
        """Return both together: what its positions may lose."""
        return self.collateral(pool) + self.gain(pool)

    def wealth(self, pool: MarginPool) -> int:
        """Return the whole balance, and what its positions would make: what only losses change."""
        return self._funds.balance(pool.account, pool.currency).balance + self.gain(pool)

    def margin_value(self, which: Which, book: Book) -> int:
        """Return of which value the maintenance margin of a position is."""
        if book.contract.value_at_entry:
            return abs(self._funds.position(which, book).entry_value)
        return value_at_mark(which, book)

    def maintenance(self, pool: MarginPool) -> int:
        """Return the equity with which it is kept."""
        return sum(self._funds.position(*each).maintenance for each in self.positions(pool))

    def value(self, pool: MarginPool) -> int:
        """Return what its positions are worth at the mark prices, by their sizes."""
        return sum(value_at_mark(which, book) for which, book in self.positions(pool))

    def is_watched(self, pool: MarginPool) -> bool:
        """Return whether there are positions, and a mark price of each."""
        positions = self.positions(pool)
        return bool(positions) and all(_has_mark(book) for _, book in positions)

    def is_lost(self, pool: MarginPool) -> bool:
        """Return whether its equity is below its maintenance margin, or no more than that."""
        if not self.is_watched(pool):
            return False
        equity, maintenance = self.equity(pool), self.maintenance(pool)
        ends_there = any(book.contract.liquidation_at_margin for _, book in self.positions(pool))
        return equity <= maintenance if ends_there else equity < maintenance


def value_at_mark(which: Which, book: Book, lots: int | None = None) -> int:
    """Return what lots of a position, or all, are worth at the mark price. REQUIRES: it has one."""
    mark = book.triggers.prices.get(TriggerSource.MARK)
    held = abs(book.positions.of(which) or 0) if lots is None else lots
    if not _has_mark(book) or held == 0:
        return 0
    assert mark is not None
    return size_of(book.contract, held, mark)


def _has_mark(book: Book) -> bool:
    return has_value_at(book.contract, book.triggers.prices.get(TriggerSource.MARK))
