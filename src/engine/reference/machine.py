"""The state machine: what each command changes, once it is not refused."""

from __future__ import annotations

from typing import Final

from .._schema import CommandKind, RejectReason, ReplacePriority, ReportFlag
from .book import Book
from .commands import Command
from .instrument import InstrumentTerms
from .orders import LiveOrder
from .reports import Tape
from .validation import Situation, reject_reason

MAX_ORDERS: Final = 2**30
"""As many as the compiled core can number."""


class Machine:
    """Books, the live orders by id, the engine's time and counters.

    Everything comes in with the command, so the same commands make the same state and reports.
    """

    def __init__(self, max_orders: int) -> None:
        if not 0 <= max_orders <= MAX_ORDERS:
            raise OverflowError(f"max_orders was {max_orders}, outside 0 to {MAX_ORDERS}")
        self.books: list[Book] = []
        self.live: dict[int, LiveOrder] = {}
        self.max_orders = max_orders
        self.time = 0
        self.next_order_id = 1
        self.tape = Tape()
        self._verbs = {
            CommandKind.SUBMIT: self._submit,
            CommandKind.CANCEL: self._cancel,
            CommandKind.REPLACE: self._replace,
            CommandKind.REDUCE: self._reduce,
        }

    def add_instrument(self, terms: InstrumentTerms) -> int:
        """Add an empty book and return its instrument's number."""
        number = len(self.books)
        self.books.append(Book(number, terms.checked()))
        return number

    def apply(self, command: Command) -> None:
        """Refuse a command with one report, or carry it out.

        The engine's time is the largest timestamp seen, a refused command's included.
        """
        self.time = max(self.time, command.timestamp)
        self.tape.begin(command, self.time)
        situation = self._situation(command)
        reason = reject_reason(situation)
        if reason != RejectReason.NONE:
            self._reject(situation, reason)
            return
        self._verbs[CommandKind(command.kind)](situation)

    def _situation(self, command: Command) -> Situation:
        known = command.instrument < len(self.books)
        order = self.live.get(command.order_id)
        return Situation(
            command=command,
            known_book=self.books[command.instrument] if known else None,
            known_order=order if order and order.instrument == command.instrument else None,
            id_is_live=order is not None,
            engine_is_full=len(self.live) >= self.max_orders,
        )

    def _reject(self, situation: Situation, reason: RejectReason) -> None:
        """Report the refusal, with the order's state when the checks had come to know it."""
        named = situation.command.kind != CommandKind.SUBMIT and reason != RejectReason.MALFORMED
        self.tape.rejected(reason, situation.known_order if named else None)

    def _submit(self, situation: Situation) -> None:
        """Accept the order under the id it brought or the next one, and let it trade."""
        command = situation.command
        order_id = command.order_id or self._assign_order_id()
        order = LiveOrder.from_command(command, order_id, self.time)
        self.tape.accepted(order)
        self._enter(situation.book, order)

    def _cancel(self, situation: Situation) -> None:
        """Take the order out."""
        self._take_out(situation)
        self.tape.canceled(situation.order)

    def _replace(self, situation: Situation) -> None:
        """Give the order its new price and leaves quantity, in place or from the tail."""
        command, order = situation.command, situation.order
        if _keeps_priority(situation):
            removed = order.leaves_quantity - command.quantity
            situation.book.own(order.side).reduce(order, removed)
            self.tape.replaced(order, ReportFlag.KEPT_PRIORITY)
            return
        self._take_out(situation)
        order.price = command.price
        order.leaves_quantity = command.quantity
        order.timestamp = self.time
        self.tape.replaced(order, ReportFlag(0))
        self._enter(situation.book, order)

    def _reduce(self, situation: Situation) -> None:
        """Take lots off the order, which keeps its place; all of them or more is a cancel."""
        command, order = situation.command, situation.order
        if command.quantity >= order.leaves_quantity:
            self._cancel(situation)
            return
        situation.book.own(order.side).reduce(order, command.quantity)
        self.tape.replaced(order, ReportFlag.KEPT_PRIORITY)

    def _enter(self, book: Book, taker: LiveOrder) -> None:
        """Trade by price, then time; what is left rests at the tail or is canceled."""
        for fill in book.fills(taker.side, taker.limit, taker.leaves_quantity):
            self._trade(book, fill.maker, taker, fill.quantity)
        if taker.leaves_quantity == 0:
            return
        if not taker.may_rest:
            self.tape.canceled(taker)
            return
        book.own(taker.side).append(taker)
        self.live[taker.order_id] = taker

    def _trade(self, book: Book, maker: LiveOrder, taker: LiveOrder, quantity: int) -> None:
        """Fill both orders at the maker's price; a filled maker is gone, and its id with it."""
        taker.fill(quantity)
        book.own(maker.side).fill(maker, quantity)
        if maker.leaves_quantity == 0:
            del self.live[maker.order_id]
        book.last_trade = (maker.price, quantity)
        self.tape.traded(maker, taker, quantity)

    def _take_out(self, situation: Situation) -> None:
        """Remove the named order from its book and its id from the live ones."""
        order = situation.order
        situation.book.own(order.side).remove(order)
        del self.live[order.order_id]

    def _assign_order_id(self) -> int:
        """Return the next id that no live order has; the counter moves past it."""
        while self.next_order_id in self.live:
            self.next_order_id += 1
        assigned = self.next_order_id
        self.next_order_id += 1
        return assigned


def _keeps_priority(situation: Situation) -> bool:
    """Return whether a replace leaves the order in its place.

    It does for fewer lots at the same price (as at CME Globex), unless the instrument follows the
    venues where a replace is a new order (as in NASDAQ's OUCH).
    """
    command, order = situation.command, situation.order
    return (
        situation.terms.replace_priority == ReplacePriority.KEEP_ON_DECREASE
        and command.price == order.price
        and command.quantity < order.leaves_quantity
    )
