"""What an account has open, is exposed to and has lost, and what an order would make of that.

Nothing of it is kept: it is found from orders, positions and results whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from .._schema import BUY
from ..records import Exposure
from .accounts import Accounts, Past
from .book import Book
from .funds import Funds
from .orders import LiveOrder
from .positions import Which

DAY: Final = 86_400 * 10**9
"""Nanoseconds of the engine's time, from 0."""


class Reach(NamedTuple):
    """What a position may come to be worth, below 0 when short."""

    long: int
    """If all that is open to buy trades."""
    short: int
    """If all that is open to sell does."""

    @property
    def worst(self) -> int:
        """The size of the worse of the two."""
        return max(abs(self.long), abs(self.short))


class Prospect(NamedTuple):
    """What an account may come to with an order that makes a position larger."""

    lots: int
    """Of that position, in the order's direction."""
    net: int
    gross: int


class Exposures:
    """The accounts of an engine beside its books, as limits look at them."""

    def __init__(self, accounts: Accounts, books: list[Book], funds: Funds) -> None:
        self._accounts = accounts
        self._books = books
        self._funds = funds

    def open_orders(self, account: int) -> int:
        """Return how many live orders an account has, in the books or waiting."""
        return sum(
            order.account == account
            for book in self._books
            for order in (*book.orders(), *book.waiting())
        )

    def exposure(self, account: int, currency: int, time: int) -> Exposure:
        """Return what an account is exposed to and has lost in the derivatives of a currency."""
        reaches = [reach for _, reach in self._reaches(account, currency)]
        result = self._funds.result(account, currency)
        loss = min(0, self._funds.balance(account, currency).unrealized)
        past = self._accounts.owners[account].pasts.get(currency, Past())
        return Exposure(
            long=sum(reach.long for reach in reaches),
            short=sum(reach.short for reach in reaches),
            gross=sum(reach.worst for reach in reaches),
            result=result,
            day_loss=past.begin_of(time // DAY, result) - result - loss,
            drawdown=past.best - result - loss,
        )

    def prospect(self, book: Book, order: LiveOrder) -> Prospect | None:
        """Return what an account may come to with an order; None if no position grows by it.

        REQUIRES: as `Funds.can_afford`.
        """
        which, need = book.positions.which(order), self._funds.need(book, order)
        if book.positions.only_closes(order):
            return None
        before = self._reach(which, book, order)
        if order.side == BUY:
            after = before._replace(long=before.long + need.value)
        else:
            after = before._replace(short=before.short - need.value)
        if after.worst <= before.worst:
            return None
        here = (book.number, which)
        others = (
            reach
            for place, reach in self._reaches(order.account, book.contract.settle)
            if place != here
        )
        reaches = [after, *others]
        lots = order.side * self._funds.position(which, book).quantity
        return Prospect(
            lots=lots + self._funds.open_lots(book, order) + need.lots,
            net=max(abs(sum(column)) for column in zip(*reaches, strict=True)),
            gross=sum(reach.worst for reach in reaches),
        )

    def _reaches(self, account: int, currency: int) -> Iterator[tuple[tuple[int, Which], Reach]]:
        """Yield what each position of a currency may come to, by instrument and which it is."""
        for book in self._books:
            if book.contract.is_spot or book.contract.settle != currency:
                continue
            for which in book.positions.of_account(account):
                yield (book.number, which), self._reach(which, book)

    def _reach(self, which: Which, book: Book, without: LiveOrder | None = None) -> Reach:
        """Return what a position may come to, as if one of the orders were not there."""
        position = self._funds.position(which, book, without)
        entry_value = position.entry_value if position.quantity >= 0 else -position.entry_value
        return Reach(entry_value + position.buys, entry_value - position.sells)
