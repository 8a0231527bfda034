"""What an engine with accounts does with them: their commands, and what trades pay."""

from __future__ import annotations

from collections.abc import Iterable

from .._schema import (
    BUY,
    SELL,
    FundingSource,
    Liquidity,
    MarginMode,
    Phase,
    PositionMode,
    RejectReason,
    ReportFlag,
    SwitchScope,
)
from .accounts import Past
from .book import Book
from .exposures import DAY
from .formulas import rate_of_leverage, value_of
from .funding_rules import accruals
from .funds import is_unbounded
from .keeper import Keeper
from .limit_rules import last_order
from .limits import is_switched
from .orders import LiveOrder
from .rates import kind_of
from .reduce_only import excesses
from .reports import Contra, Fees
from .situation import Situation


class Cashier(Keeper):
    """Books, live orders, and accounts where there are any."""

    def _set_account(self, situation: Situation) -> None:
        """Make an account, or change it; a new one has a position of 0 in every derivative."""
        command, accounts = situation.command, situation.accounts
        is_new = command.account not in accounts.owners
        accounts.set_account(command)
        for book in self.books if is_new else ():
            if not book.contract.is_spot:
                book.positions.supply(command.account, 0)
        self.tape.done(command.quantity)

    def _deposit(self, situation: Situation) -> None:
        """Add to a balance."""
        command = situation.command
        situation.accounts.deposit(command.account, command.instrument, command.quantity)
        self.tape.done(command.quantity)

    def _withdraw(self, situation: Situation) -> None:
        """Take from a balance."""
        command = situation.command
        situation.accounts.withdraw(command.account, command.instrument, command.quantity)
        self.tape.done(command.quantity)

    def _transfer(self, situation: Situation) -> None:
        """Move a part of a balance to another account."""
        command = situation.command
        parties = (command.account, command.linked_order_id)
        situation.accounts.transfer(*parties, command.instrument, command.quantity)
        self.tape.done(command.quantity)

    def _set_leverage(self, situation: Situation) -> None:
        """Take note of the leverage that an account chose in an instrument."""
        command, book = situation.command, situation.book
        rate = rate_of_leverage(command.quantity)
        standing = situation.owner.standing(command.instrument)
        for which in book.positions.of_account(command.account):
            standing.holding(which.side).added = situation.funds.added_by(which, book, rate)
        standing.chosen_rate = rate
        self.tape.done(command.quantity)

    def _set_position_mode(self, situation: Situation) -> None:
        """Let an account that has no position in an instrument have one there, or two."""
        command, positions = situation.command, situation.book.positions
        mode = PositionMode(command.selector)
        standing = situation.owner.standing(command.instrument)
        if mode != standing.position_mode:
            if mode == PositionMode.HEDGE:
                positions.hedge(command.account)
            else:
                positions.supply(command.account, 0)
                too_much, settle = standing.unite(), situation.book.contract.settle
                situation.owner.add(settle, too_much)
                situation.accounts.rounding[settle] -= too_much
            standing.position_mode = mode
        self.tape.done(mode)

    def _set_margin_mode(self, situation: Situation) -> None:
        """Let positions that an account may come to have in an instrument stand for themselves."""
        mode = MarginMode(situation.command.selector)
        situation.owner.standing(situation.command.instrument).margin_mode = mode
        self.tape.done(mode)

    def _add_margin(self, situation: Situation) -> None:
        """Add to the margin of a position, or take back what was added."""
        command = situation.command
        holding = situation.owner.standing(command.instrument).directed(command.side)
        assert holding is not None
        holding.added += command.quantity
        self.tape.done(command.quantity)

    def _fund(self, situation: Situation) -> None:
        """Let the positions in an instrument pay each other, or in every one that has funding."""
        command = situation.command
        funded = accruals(self.accounts, self.books, command, self.time)
        for book, accrual in funded:
            self._begin_days(book)
            situation.accounts.fund(book.number, book.contract, accrual, self.time)
        is_for_one = command.selector != FundingSource.EVERY
        self.tape.done(len(funded), funded[0][1].rate if is_for_one else 0)

    def _begin_days(self, book: Book) -> None:
        """Take note of the results of those whose positions in an instrument are to pay."""
        assert self.accounts is not None
        assert self.funds is not None
        currency = book.contract.settle
        for account, owner in self.accounts.owners.items():
            if any(holding.lots for holding in self.funds.standing(account, book).holdings):
                past = owner.pasts.setdefault(currency, Past())
                past.begin_day(self.time // DAY, self.funds.result(account, currency))

    def _set_limit(self, situation: Situation) -> None:
        """Set a limit of an account, or of all that have none of their own."""
        situation.accounts.limits.set(situation.command)
        self.tape.done(situation.command.quantity)

    def _set_rate(self, situation: Situation) -> None:
        """Set a rate limit of a tier."""
        situation.accounts.rates.set(situation.command)
        self.tape.done(situation.command.quantity)

    def _count(self, situation: Situation) -> None:
        """Take a well-formed command from the rate of its account, whatever becomes of it."""
        command, accounts = situation.command, situation.known_accounts
        kind = kind_of(command)
        if accounts is not None and kind is not None and command.account in accounts.owners:
            accounts.rates.take(command.account, kind, self.time)

    def _switch(self, situation: Situation) -> None:
        """Turn trading off or on; off, the orders are taken out that it holds for."""
        command, accounts = situation.command, situation.accounts
        accounts.switches.turn(command)
        keeps = not command.quantity or command.selector & SwitchScope.KEEP_ORDERS
        chosen = [
            order
            for book in self.books
            for order in (*book.orders(), *book.waiting())
            if not keeps and self._is_switched(situation, order)
        ]
        for order in chosen:
            self._drop(order)
        self.tape.done(len(chosen))

    def _is_switched(self, situation: Situation, order: LiveOrder) -> bool:
        group = situation.accounts.owners[order.account].group
        return is_switched(situation.command, order.account, group, order.instrument)

    def _note(self, situation: Situation) -> None:
        """Take note of a SUBMIT that was accepted, which may not come again too soon."""
        if situation.known_accounts is not None:
            situation.owner.last_order = last_order(situation.command, self.time)

    def _pay(self, book: Book, parties: dict[LiveOrder, Liquidity], lots: int, price: int) -> Fees:
        """Let the parties of a trade pay, each by its part in it; return their fees."""
        if self.accounts is None:
            return Fees()
        return Fees(
            *(
                self._pay_one(book, order, lots, price, liquidity)
                for order, liquidity in parties.items()
            )
        )

    def _exchange(self, maker: LiveOrder, taker: LiveOrder, lots: int) -> dict[LiveOrder, Contra]:
        """Let lots and their value change hands at the maker's price: a trade without fees.

        Return the other order of each.
        """
        assert self.accounts is not None
        contract = self.books[maker.instrument].contract
        value = value_of(contract, lots, maker.price)
        parties = {order.side: order.account for order in (maker, taker)}
        buyer, seller = parties[BUY], parties[SELL]
        self.accounts.transfer(seller, buyer, contract.base, lots * contract.lot_units)
        self.accounts.transfer(buyer, seller, contract.settle, value)
        price = maker.price
        return {maker: Contra(taker.order_id, price), taker: Contra(maker.order_id, price)}

    def _pay_one(
        self, book: Book, order: LiveOrder, lots: int, price: int, liquidity: Liquidity
    ) -> int:
        """Let one party of a trade pay, and take note of its results; return its fee."""
        assert self.accounts is not None
        assert self.funds is not None
        contract, account = book.contract, order.account
        which = book.positions.which(order)
        rate = contract.rate_of(liquidity, self.accounts.owners[account].tier)
        if contract.is_spot:
            return self.accounts.trade(contract, which, order, lots, price, rate)
        before = self.funds.result(account, contract.settle)
        fee = self.accounts.trade(contract, which, order, lots, price, rate)
        self._note_result(account, contract.settle, before)
        return fee

    def _note_result(self, account: int, currency: int, before: int) -> None:
        """Take note of the result of an account after a trade, and of the one before it."""
        assert self.accounts is not None
        assert self.funds is not None
        past = self.accounts.owners[account].pasts.setdefault(currency, Past())
        past.trade(self.time // DAY, before, self.funds.result(account, currency))

    def _lacks(self, book: Book, order: LiveOrder) -> RejectReason:
        """Return why an order that comes in later cannot: what it needs is unbounded, or not there.

        NONE when it can, and in an engine without accounts.
        """
        if self.funds is None:
            return RejectReason.NONE
        if book.phase != Phase.CONTINUOUS and is_unbounded(book, order):
            return RejectReason.UNBOUNDED_COST
        can = self.funds.can_afford(book, order)
        return RejectReason.NONE if can else RejectReason.INSUFFICIENT_FUNDS

    def _trim(self, book: Book, accounts: Iterable[int]) -> None:
        """Take from reduce-only orders what they are more than the positions of accounts."""
        for account in accounts:
            if account not in book.positions:
                continue
            for order, lots in excesses(book, account):
                if lots == order.leaves_quantity:
                    self._drop(order, ReportFlag.REDUCE_ONLY)
                else:
                    self._shrink(order, lots)
                    flags = ReportFlag.KEPT_PRIORITY | ReportFlag.REDUCE_ONLY
                    self.tape.replaced(order, flags)
