"""How positions are taken over that are worth less than they must be kept with."""

from __future__ import annotations

from .._schema import BUY, SELL, MarginMode, TriggerSource
from .accounts import Past
from .book import Book
from .cashier import Cashier
from .exposures import DAY
from .formulas import has_value_at, value_of
from .instrument import INT64_MAX
from .positions import Which
from .situation import Situation


class Liquidator(Cashier):
    """Books, live orders and accounts, of which one may take over what others have."""

    def _liquidate(self, situation: Situation) -> None:
        """Take over what has to be: by account, isolated positions, then the others by currency."""
        fund, accounts = situation.command.account, situation.accounts
        count = 0
        for account in sorted(accounts.owners):
            if account == fund:
                continue
            for book in self.books:
                for which in book.positions.of_account(account):
                    if self._is_isolated_and_lost(which, book):
                        count += self._end_isolated(which, book, fund)
            for currency in range(accounts.currency_count):
                if self._is_lost(account, currency):
                    count += self._end_shared(account, currency, fund)
        self.tape.done(count)

    def _is_isolated_and_lost(self, which: Which, book: Book) -> bool:
        """Return whether the equity of an isolated position is below its maintenance margin."""
        assert self.funds is not None
        position = self.funds.position(which, book)
        if not position.is_isolated or position.quantity == 0 or not self._is_watched(book):
            return False
        return self.funds.assigned(which, book) + position.unrealized < position.maintenance

    def _is_lost(self, account: int, currency: int) -> bool:
        """Return whether what stands for the shared positions of a currency is too little.

        An account is not watched that has one in an instrument without a mark.
        """
        assert self.funds is not None
        shared = self._shared(account, currency)
        if not shared or not all(self._is_watched(book) for _, book in shared):
            return False
        balance = self.funds.balance(account, currency)
        return balance.shared_equity < balance.maintenance

    def _shared(self, account: int, currency: int) -> list[tuple[Which, Book]]:
        """Return the positions of an account in a currency that are not isolated, and not 0."""
        assert self.funds is not None
        return [
            (which, book)
            for book in self.books
            if not book.contract.is_spot and book.contract.settle == currency
            for which in book.positions.of_account(account)
            if self.funds.standing(account, book).margin_mode == MarginMode.CROSS
            if book.positions.of(which)
        ]

    def _is_watched(self, book: Book) -> bool:
        return has_value_at(book.contract, book.triggers.prices.get(TriggerSource.MARK))

    def _end_isolated(self, which: Which, book: Book, fund: int) -> int:
        """Cancel the orders there, and take the position over with what was assigned to it."""
        assert self.funds is not None
        if not self._has_room(which, book, fund):
            return 0
        self._cancel_orders(which.account, [book])
        assigned, lots = self.funds.assigned(which, book), self._lots(which, book)
        paid = assigned + self._take_over(which, book, fund)
        self._hand_over(which, book, fund, paid, lots)
        return 1

    def _end_shared(self, account: int, currency: int, fund: int) -> int:
        """Cancel the orders that the currency is for, and take all over with all that is left."""
        assert self.funds is not None
        shared = self._shared(account, currency)
        if not all(self._has_room(which, book, fund) for which, book in shared):
            return 0
        self._cancel_orders(account, [book for book in self.books if _is_for(book, currency)])
        # The margin of orders in isolated positions may have been what was missing.
        if not self._is_lost(account, currency):
            return 0
        for place, (which, book) in enumerate(shared, start=1):
            lots = self._lots(which, book)
            self._take_over(which, book, fund)
            balance = self.funds.balance(account, currency)
            left = balance.balance - balance.isolated_margin
            self._hand_over(which, book, fund, left if place == len(shared) else 0, lots)
        return len(shared)

    def _has_room(self, which: Which, book: Book, fund: int) -> bool:
        """Return whether 64 bits hold what the one who takes over would have, with all orders."""
        lots = self._lots(which, book)
        side = BUY if lots > 0 else SELL
        to = book.positions.which_by(fund, side, is_closing=False)
        return side * (self._lots(to, book) + lots) + book.own(side).open_quantity <= INT64_MAX

    def _lots(self, which: Which, book: Book) -> int:
        lots = book.positions.of(which)
        assert lots is not None
        return lots

    def _cancel_orders(self, account: int, books: list[Book]) -> None:
        chosen = [
            order
            for book in books
            for order in (*book.orders(), *book.waiting())
            if order.account == account
        ]
        for order in chosen:
            self._drop(order)

    def _take_over(self, which: Which, book: Book, fund: int) -> int:
        """Let a position go to another account at the mark price; return what that pays."""
        mark = book.triggers.prices[TriggerSource.MARK]
        lots = self._lots(which, book)
        side = BUY if lots > 0 else SELL
        to = book.positions.which_by(fund, side, is_closing=False)
        paid = self._move(which, book, -lots, mark)
        self._move(to, book, lots, mark)
        return paid

    def _move(self, which: Which, book: Book, lots: int, price: int) -> int:
        """Let a position trade at a price without an order or a fee; return what that pays."""
        assert self.accounts is not None
        assert self.funds is not None
        owner, contract = self.accounts.owners[which.account], book.contract
        before = self.funds.result(which.account, contract.settle)
        value = value_of(contract, abs(lots), price)
        holding = owner.standing(book.number).holding(which.side)
        paid = holding.trade(contract, lots, value, price)
        owner.add(contract.settle, paid)
        after = self.funds.result(which.account, contract.settle)
        past = owner.pasts.setdefault(contract.settle, Past())
        past.trade(self.time // DAY, before, after)
        book.positions.move(which, lots)
        return paid

    def _hand_over(self, which: Which, book: Book, fund: int, paid: int, lots: int) -> None:
        """Pay what is left to who has taken over, and report it."""
        assert self.accounts is not None
        self.accounts.transfer(which.account, fund, book.contract.settle, paid)
        mark = book.triggers.prices[TriggerSource.MARK]
        self.tape.liquidated(which.account, book.number, lots, mark, paid)
        self._trim(book, [fund])


def _is_for(book: Book, currency: int) -> bool:
    """Return whether an order there may cost of a currency."""
    return currency == book.contract.settle or (
        book.contract.is_spot and currency == book.contract.base
    )
