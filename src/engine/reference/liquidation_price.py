"""At which price of its instrument a position would be closed, if nothing else changed."""

from __future__ import annotations

from collections.abc import Iterator

from .._schema import ContractKind, TriggerSource
from .book import Book
from .funds import Funds
from .margin_pools import MarginPools
from .positions import Which


def liquidation_price(funds: Funds, books: list[Book], which: Which, book: Book) -> int | None:
    """Return the price next to the mark at which a position is lost, and its neighbour keeps it.

    Of the instrument's prices. None for no such price, or position, and while something that stands
    with it has no mark.
    """
    pools = MarginPools(funds, books)
    if book.contract.is_spot or not book.positions.of(which):
        return None
    if not pools.is_watched(pools.of_position(which, book)):
        return None
    return _Way(funds, pools, which, book).price()


class _Way:
    """The marks that an instrument could have, and what is left at each of who stands together."""

    def __init__(self, funds: Funds, pools: MarginPools, which: Which, book: Book) -> None:
        pool = pools.of_position(which, book)
        together = pools.positions(pool)
        self._funds, self._book = funds, book
        self._mark = book.triggers.prices[TriggerSource.MARK]
        self._moved = [each for each, its in together if its is book]
        self._ends_there = any(its.contract.liquidation_at_margin for _, its in together)
        left = pools.equity(pool) - pools.maintenance(pool)
        self._rest = left - self._left_of_moved(self._mark)

    def price(self) -> int | None:
        """Return the price that is asked for."""
        lots = sum(self._book.positions.of(each) or 0 for each in self._moved)
        losing = -1 if lots > 0 else 1
        first = -losing if self._is_lost(self._mark) else losing
        # A long one and a short one may need more on the way on which they gain.
        ways = (first, -first) if len(self._moved) > 1 else (first,)
        found = (self._on_way(step) for step in ways)
        return next((price for price in found if price is not None), None)

    def _left_of_moved(self, price: int) -> int:
        return sum(self._funds.left_at(each, self._book, price) for each in self._moved)

    def _is_lost(self, price: int) -> bool:
        left = self._rest + self._left_of_moved(price)
        return left <= 0 if self._ends_there else left < 0

    def _on_way(self, step: int) -> int | None:
        """Return the first price on a way at which it is lost, or the last one if it is now."""
        is_lost, same = self._is_lost(self._mark), self._mark
        for stop in self._stops(step):
            if self._is_lost(stop) == is_lost:
                same = stop
                continue
            other = stop
            while abs(other - same) > 1:
                middle = (same + other) // 2
                if self._is_lost(middle) == is_lost:
                    same = middle
                else:
                    other = middle
            return same if is_lost else other
        return None

    def _stops(self, step: int) -> list[int]:
        """Return prices between which what is left only grows, or only falls, to the last one."""
        terms, mark = self._book.terms, self._mark
        lowest, highest = min(terms.min_price, mark), max(terms.max_price, mark)
        if self._book.contract.kind == ContractKind.INVERSE:
            lowest = max(1, lowest)
        edges = {lowest, highest, *(edge for each in self._moved for edge in self._edges(each))}
        between = (edge for edge in edges if lowest <= edge <= highest)
        return sorted(
            (edge for edge in between if step * (edge - mark) > 0), key=lambda e: step * e
        )

    def _edges(self, which: Which) -> Iterator[int]:
        """Yield 0, and on both sides of where a margin tier begins the price next to it."""
        contract = self._book.contract
        lot_value = abs(self._book.positions.of(which) or 0) * contract.value_factor
        is_inverse = contract.kind == ContractKind.INVERSE
        yield 0
        for floor, *_ in contract.margin_tiers:
            last = (lot_value - 1) // floor if is_inverse else floor // lot_value
            yield from (last, last + 1)
            if not is_inverse:
                yield from (-last, -last - 1)
