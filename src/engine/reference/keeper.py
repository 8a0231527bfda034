"""Live orders: where each is kept, in its book or beside it, and how it ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from .._schema import OrderFlag, OrderState, OrderType, RejectReason, ReportFlag
from .._shown import shown
from .accounts import Accounts
from .book import Book
from .contract import contract_terms
from .exposures import Exposures
from .funds import Funds
from .instrument import InstrumentTerms
from .links import Links
from .orders import LIMITED, LiveOrder
from .reports import NO_FLAGS, Tape
from .tally import Tally

MAX_ORDERS: Final = 2**30
"""As many as the compiled core can number."""


class Keeper:
    """Books, and the live orders by id."""

    def __init__(self, max_orders: int, accounts: Accounts | None = None) -> None:
        if not 0 <= max_orders <= MAX_ORDERS:
            raise OverflowError(f"max_orders was {shown(max_orders)}, outside 0 to {MAX_ORDERS}")
        self.books: list[Book] = []
        self.accounts = accounts
        """What everyone owns; None in an engine without accounts."""
        self.funds = None if accounts is None else Funds(accounts, self.books)
        self.exposures = (
            None
            if accounts is None or self.funds is None
            else Exposures(accounts, self.books, self.funds)
        )
        self.live: dict[int, LiveOrder] = {}
        self.max_orders = max_orders
        self.time = 0
        self.next_order_id = 1
        self.arrivals = 0
        self.tally = Tally()
        self.tape = Tape(self.tally.count_report)
        self._dated: dict[int, LiveOrder] = {}
        """The live orders that expire, by id."""
        self._links = Links()
        self._triggered: deque[LiveOrder] = deque()
        """Orders that left their waiting place, and are to enter the market."""
        self._stirred: dict[int, Book] = {}
        """Books in which something happened in this command, by number."""

    def add_instrument(
        self, terms: InstrumentTerms, contract: Mapping[str, Any] | None = None
    ) -> int:
        """Add an empty book and return its instrument's number.

        Raises
        ------
        ValueError
            When there is a contract and no accounts, or the other way round; and what
            `ContractTerms.checked` raises.
        """
        number = len(self.books)
        terms = terms.checked()
        if (contract is None) != (self.accounts is None):
            raise ValueError(f"contract was {contract}, which goes with accounts only, and must")
        book = Book(number, terms)
        if self.accounts is not None and contract is not None:
            checked = contract_terms(contract).checked(terms, self.accounts.currency_count)
            book = Book(number, terms, checked)
            for account in () if checked.is_spot else self.accounts.owners:
                book.positions.supply(account, 0)
        self.books.append(book)
        return number

    def _assign_order_id(self) -> int:
        """Return the next id that no live order has; the counter moves past it."""
        while self.next_order_id in self.live:
            self.next_order_id += 1
        assigned = self.next_order_id
        self.next_order_id += 1
        return assigned

    def _next_arrival(self) -> int:
        self.arrivals += 1
        return self.arrivals

    def _make_special(self, order: LiveOrder) -> None:
        """Give a plain order details; they are its own until it ends."""
        if not order.is_special:
            order.is_special = True
            order.arrival = self._next_arrival()

    def _rest(self, book: Book, order: LiveOrder, found: int | None) -> None:
        """Put an order at the tail of its price; a market order needs to be given one first.

        That is its worst price, or the price found in the book.
        """
        if order.order_type not in LIMITED and not order.is_pegged:
            price = order.bound if order.flags & OrderFlag.PROTECTED else found
            assert price is not None
            order.price = price
            order.order_type = OrderType.LIMIT
            order.show()
            self.tape.restated(order)
        book.put(order)
        self._keep(order)

    def _set_aside(self, book: Book, order: LiveOrder, state: OrderState) -> None:
        """Keep an order outside the book; even a plain market order has details there."""
        order.state = state
        self._make_special(order)
        book.aside[order.order_id] = order
        book.own(order.side).open_quantity += order.leaves_quantity
        self._keep(order)

    def _shrink(self, order: LiveOrder, quantity: int) -> None:
        """Lower what an order has open, where it is."""
        side = self.books[order.instrument].own(order.side)
        if order.is_waiting:
            order.leaves_quantity -= quantity
            order.show()
            side.open_quantity -= quantity
        else:
            side.reduce(order, quantity)

    def _drop(
        self,
        order: LiveOrder,
        flags: ReportFlag = NO_FLAGS,
        reason: RejectReason = RejectReason.NONE,
    ) -> None:
        """Cancel what is left of an order, wherever it is."""
        self._take_out(order)
        self.tape.canceled(order, flags, reason)
        self._end(order)

    def _take_out(self, order: LiveOrder) -> None:
        """Remove an order from wherever it is, and its id from the live ones."""
        book = self.books[order.instrument]
        if order.state == OrderState.ENTERING:
            self._triggered.remove(order)
        elif order.is_waiting:
            waiting = book.aside if order.order_id in book.aside else book.triggers.waiting
            del waiting[order.order_id]
            book.own(order.side).open_quantity -= order.leaves_quantity
        elif order.is_queued:
            book.own(order.side).remove(order)
        self._forget(order)

    def _end(self, order: LiveOrder) -> None:
        """Let an order be no more: its id is free, and those linked with it hear of it."""
        self._forget(order)
        self._stir(self.books[order.instrument])
        if order.state == OrderState.UNRELEASED:
            self._links.stop_waiting(order)
        self._links.end(order)

    def _keep(self, order: LiveOrder) -> None:
        """Let an order live under its id."""
        self.live[order.order_id] = order
        if order.is_pegged and order.state != OrderState.UNRELEASED:
            self.books[order.instrument].pegged[order.order_id] = order
        if order.expiry:
            self._dated[order.order_id] = order

    def _forget(self, order: LiveOrder) -> None:
        """Let an order that never rested, or no longer does, be gone."""
        self.live.pop(order.order_id, None)
        self._dated.pop(order.order_id, None)
        self.books[order.instrument].pegged.pop(order.order_id, None)

    def _is_live(self, order: LiveOrder) -> bool:
        return self.live.get(order.order_id) is order

    def _stir(self, book: Book) -> None:
        """Note that something happens in a book, which is looked at before the command ends."""
        self._stirred[book.number] = book
