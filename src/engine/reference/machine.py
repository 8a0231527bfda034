"""The state machine: what each command changes, once it is not refused."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from .._schema import (
    CommandKind,
    Liquidity,
    OrderFlag,
    OrderState,
    OrderType,
    Phase,
    RejectReason,
    ReportFlag,
    TimeInForce,
    TriggerSource,
)
from .._shown import shown
from .._uncrossing import Uncrossing
from .accounts import Accounts
from .book import Book, Cross
from .commands import Command
from .limits import OF_LIMITS, names_instrument
from .links import Ended, is_one_of_several
from .liquidator import Liquidator
from .orders import CONDITIONAL, FOR_AUCTIONS, LiveOrder, in_the_dark
from .phases import COLLECTING, is_at_market, takes_part, waits_for_call
from .plan import Act, Deed, Plan
from .reduce_only import entitled, moves
from .reject_numbers import numbers_of
from .reports import NO_CONTRA, NO_FLAGS, Say
from .resends import Resends, Told
from .scopes import is_chosen
from .situation import Situation, keeps_priority
from .triggers import release
from .validation import fills_enough, reject_reason, slid_price, would_trade

WATCHED: Final = (TriggerSource.LAST, TriggerSource.MARK, TriggerSource.INDEX)
"""The prices that orders wait for, in the order in which they are looked at."""
TAKES_PLACE_AGAIN: Final = (OrderState.AT_MARKET, OrderState.UNCALLED, OrderState.UNPEGGED)
"""What an order that is replaced need not wait for where it was."""
OF_NO_INSTRUMENT: Final = (
    CommandKind.SET_ACCOUNT,
    CommandKind.DEPOSIT,
    CommandKind.WITHDRAW,
    CommandKind.TRANSFER,
    CommandKind.SET_RATE,
)
"""The kinds whose instrument is a currency, or none: nothing happens in a book."""
STIRS_NOTHING: Final = (*OF_LIMITS, CommandKind.FUND)
"""The kinds that may name an instrument, in whose book nothing happens all the same."""
TELLS_NO_ORDER: Final = (
    RejectReason.MALFORMED,
    RejectReason.UNKNOWN_ACCOUNT,
    RejectReason.NOT_THE_OWNER,
)
"""The refusals that do not say how the order stands which the command names."""
MAX_CASCADE: Final = 2**20
"""How many orders one command sets off by default, at most."""


class Machine(Liquidator):
    """Books, the live orders by id, the engine's time and counters.

    Everything comes in with the command, so the same commands make the same state and reports.
    """

    def __init__(
        self,
        max_orders: int,
        max_cascade: int = MAX_CASCADE,
        accounts: Accounts | None = None,
        resend_window: int = 0,
    ) -> None:
        super().__init__(max_orders, accounts)
        self._resends = Resends(resend_window)
        if not 0 <= max_cascade <= MAX_CASCADE:
            raise OverflowError(f"max_cascade was {shown(max_cascade)}, outside 0 to {MAX_CASCADE}")
        self.max_cascade = max_cascade
        self._called: deque[Book] = deque()
        """Books in which an order began a call, of which the others are yet to hear."""
        self._verbs = {
            CommandKind.SUBMIT: self._submit,
            CommandKind.CANCEL: self._cancel,
            CommandKind.REPLACE: self._replace,
            CommandKind.REDUCE: self._reduce,
            CommandKind.MASS_CANCEL: self._mass_cancel,
            CommandKind.SET_PRICE: self._set_price,
            CommandKind.SET_PHASE: self._set_phase,
            CommandKind.UNCROSS: self._uncross,
            CommandKind.SET_POSITION: self._set_position,
            CommandKind.SET_ACCOUNT: self._set_account,
            CommandKind.DEPOSIT: self._deposit,
            CommandKind.WITHDRAW: self._withdraw,
            CommandKind.TRANSFER: self._transfer,
            CommandKind.SET_LEVERAGE: self._set_leverage,
            CommandKind.SET_POSITION_MODE: self._set_position_mode,
            CommandKind.SET_MARGIN_MODE: self._set_margin_mode,
            CommandKind.ADD_MARGIN: self._add_margin,
            CommandKind.SET_LIMIT: self._set_limit,
            CommandKind.SET_DEFAULT_LIMIT: self._set_limit,
            CommandKind.SWITCH: self._switch,
            CommandKind.SET_RATE: self._set_rate,
            CommandKind.FUND: self._fund,
            CommandKind.LIQUIDATE: self._liquidate,
            CommandKind.ADVANCE_TIME: self._advance_time,
        }

    def apply(self, command: Command) -> None:
        """Refuse a command with one report, or carry it out and all that follows from it.

        One that was sent before changes nothing: it is told what it was told then.
        """
        known = self._resends.find(command)
        if known is not None:
            self.tape.repeat(known.reports, known.trades)
            return
        reports, trades = len(self.tape.reports), len(self.tape.trades)
        self._apply_new(command)
        told = Told(self.tape.reports[reports:], self.tape.trades[trades:])
        self._resends.note(command, told)

    def _apply_new(self, command: Command) -> None:
        """Apply a command that was not sent before.

        The engine's time is the largest timestamp seen, a refused command's included; what expires
        by then does so before the command is looked at.
        """
        self.time = max(self.time, command.timestamp)
        self.tally.count_command(command.kind)
        self.tape.begin(command, self.time)
        self._expire()
        self._settle()
        situation = self._situation(command)
        reason = reject_reason(situation)
        if reason != RejectReason.MALFORMED:
            self._count(situation)
        if reason != RejectReason.NONE:
            self._reject(situation, reason)
            return
        if situation.known_book is not None and command.kind not in STIRS_NOTHING:
            self._stir(situation.known_book)
        self._verbs[CommandKind(command.kind)](situation)
        self._settle()

    def _situation(self, command: Command) -> Situation:
        known = command.instrument < len(self.books) and not _names_a_currency(command)
        if known and self.books[command.instrument].is_dark and command.kind == CommandKind.SUBMIT:
            command = in_the_dark(command)
        order = self.live.get(command.order_id)
        linked = self.live.get(command.linked_order_id)
        return Situation(
            command=command,
            known_book=self.books[command.instrument] if known else None,
            known_order=order if order and order.instrument == command.instrument else None,
            linked_order=linked if linked and linked.instrument == command.instrument else None,
            id_is_live=order is not None,
            engine_is_full=len(self.live) >= self.max_orders,
            time=self.time,
            known_accounts=self.accounts,
            known_funds=self.funds,
            known_exposures=self.exposures,
        )

    def _reject(self, situation: Situation, reason: RejectReason) -> None:
        """Report the refusal, with the order's state when the checks had come to know it."""
        named = situation.command.kind != CommandKind.SUBMIT and reason not in TELLS_NO_ORDER
        numbers = numbers_of(situation, reason)
        self.tape.rejected(reason, situation.known_order if named else None, numbers)

    # The commands.

    def _submit(self, situation: Situation) -> None:
        """Accept the order under the id it brought or the next one; let it trade, or wait."""
        command = situation.command
        order_id = command.order_id or self._assign_order_id()
        order = LiveOrder.from_command(command, order_id, self.time)
        self._note(situation)
        order.show()
        if order.is_special:
            order.arrival = self._next_arrival()
        if order.flags & OrderFlag.ONE_TRIGGERS_OTHER:
            self._set_aside(situation.book, order, OrderState.UNRELEASED)
            self._links.wait(order)
            self.tape.accepted(order, NO_FLAGS)
            return
        if order.flags & OrderFlag.ONE_CANCELS_OTHER:
            assert situation.linked_order is not None
            self._make_special(situation.linked_order)
            self._links.join(order, situation.linked_order)
        self._find_place(situation.book, order, self.tape.accepted)

    def _cancel(self, situation: Situation) -> None:
        """Take the order out."""
        self._drop(situation.order)

    def _replace(self, situation: Situation) -> None:
        """Give the order its new price and leaves quantity, in place or from the tail.

        An order that waits for a trigger price may get a new one; 0 leaves it as it is.
        """
        command, order = situation.command, situation.order
        if keeps_priority(situation):
            self._shrink(order, order.leaves_quantity - command.quantity)
            self.tape.replaced(order, ReportFlag.KEPT_PRIORITY)
            return
        was_waiting = order.is_waiting
        state = order.state
        self._take_out(order)
        if not order.is_pegged:
            order.price = command.price
        order.leaves_quantity = command.quantity
        order.timestamp = self.time
        order.show()
        if order.is_special:
            order.arrival = self._next_arrival()
        if state == OrderState.UNRELEASED:
            self._set_aside(situation.book, order, state)
            self.tape.replaced(order, NO_FLAGS)
            return
        if not was_waiting or state in TAKES_PLACE_AGAIN:
            self._take_place(situation.book, order, self.tape.replaced)
            return
        order.trigger_price = command.trigger_price or order.trigger_price
        self._keep(order)
        situation.book.triggers.waiting[order.order_id] = order
        situation.book.own(order.side).open_quantity += order.leaves_quantity
        self.tape.replaced(order, NO_FLAGS)
        self._trigger_if_reached(situation.book, order)

    def _reduce(self, situation: Situation) -> None:
        """Take lots off the order, which keeps its place; all of them or more is a cancel."""
        command, order = situation.command, situation.order
        if command.quantity >= order.leaves_quantity:
            self._cancel(situation)
            return
        self._shrink(order, command.quantity)
        self.tape.replaced(order, ReportFlag.KEPT_PRIORITY)

    def _mass_cancel(self, situation: Situation) -> None:
        """Take out what the selector describes: by instrument, bids, asks, then what waits."""
        command = situation.command
        chosen = [
            order
            for book in self.books
            for order in (*book.orders(), *book.waiting())
            if is_chosen(command, order)
        ]
        for order in chosen:
            self._drop(order)
        self.tape.done(len(chosen))

    def _set_price(self, situation: Situation) -> None:
        """Take note of a price from outside, and trigger what waited for it."""
        command = situation.command
        self.tape.done()
        self._on_price(situation.book, TriggerSource(command.trigger_source), command.price)

    def _set_phase(self, situation: Situation) -> None:
        """Bring an instrument into a phase; a call that ends ends with its auction.

        Going over to trading or to the close holds an auction of what was collected. Orders for
        the auction of one call expire when another begins, and those for the day at the close. When
        trading begins, the prices that came in between set off what they have reached.
        """
        book, phase = situation.book, Phase(situation.command.selector)
        before = book.phase
        self.tape.done(phase)
        ends = phase in (Phase.CONTINUOUS, Phase.CLOSED) and before != phase
        if ends and before != Phase.CONTINUOUS:
            self._hold_auction(book, book.uncrossing())
        book.phase = phase
        self._hear_of_phase(book)
        if phase == Phase.CONTINUOUS and before != phase:
            for source in WATCHED:
                if source in book.triggers.prices:
                    self._on_price(book, source, book.triggers.prices[source])

    def _hear_of_phase(self, book: Book) -> None:
        """Let the orders hear of a phase that has begun: they end with it, or come in for it."""
        if book.phase in COLLECTING:
            self._end_other_calls(book)
        if book.phase == Phase.CLOSED:
            self._end_day(book)
        for order in book.waiting():
            if order.state == OrderState.UNCALLED and not waits_for_call(book.phase, order):
                self._answer_call(book, order)

    def _uncross(self, situation: Situation) -> None:
        """Hold the auction of a call, which goes on."""
        uncrossing = situation.book.uncrossing()
        self.tape.done(*((0, 0) if uncrossing is None else (uncrossing.volume, uncrossing.price)))
        self._hold_auction(situation.book, uncrossing)

    def _set_position(self, situation: Situation) -> None:
        """Take note of an account's position, and hold its reduce-only orders against it."""
        book, command = situation.book, situation.command
        book.positions.supply(command.account, command.quantity)
        self.tape.done(command.quantity)
        self._trim(book, [command.account])

    def _advance_time(self, _situation: Situation) -> None:
        """Do nothing: what its time makes expire has expired."""
        self.tape.done()

    # Calls and their auctions.

    def _find_place(self, book: Book, order: LiveOrder, report: Say) -> None:
        """Report an order that comes in, and let it wait for its trigger or take its place."""
        if order.order_type in CONDITIONAL:
            self._keep(order)
            self._wait(book, order, report)
        else:
            self._take_place(book, order, report)

    def _take_place(self, book: Book, order: LiveOrder, report: Say) -> None:
        """Report an order that comes in, and let it go where the phase has a place for it.

        A pegged order finds its price when all else has happened.
        """
        if order.is_pegged:
            self._set_aside(book, order, OrderState.UNPEGGED)
            report(order, NO_FLAGS)
            return
        if waits_for_call(book.phase, order):
            self._set_aside(book, order, OrderState.UNCALLED)
            report(order, NO_FLAGS)
            return
        flags = self._cut(order, entitled(book, order))
        if book.phase == Phase.CONTINUOUS:
            order.state = OrderState.RESTING
            report(order, flags)
            self._enter(book, order)
        else:
            self._collect(book, order, report, flags)

    def _collect(self, book: Book, order: LiveOrder, report: Say, flags: ReportFlag) -> None:
        """Let an order rest for the auction without trading: at its limit, or at market."""
        at_market = is_at_market(order)
        if at_market:
            self._set_aside(book, order, OrderState.AT_MARKET)
        else:
            order.state = OrderState.RESTING
        report(order, flags)
        if not at_market:
            self._rest(book, order, order.bound)

    def _answer_call(self, book: Book, order: LiveOrder) -> None:
        """Let an order in that waited for the call that has begun."""
        lots = entitled(book, order)
        if lots == 0:
            self._drop(order, ReportFlag.REDUCE_ONLY)
            return
        reason = self._lacks(book, replace(order, leaves_quantity=lots))
        if reason:
            self._drop(order, reason=reason)
            return
        self._take_out(order)
        order.timestamp = self.time
        order.show()
        order.arrival = self._next_arrival()
        self._collect(book, order, self.tape.triggered, self._cut(order, lots))

    def _hold_auction(self, book: Book, uncrossing: Uncrossing | None) -> None:
        """Trade at one price all that can; then end what was for this auction alone."""
        if uncrossing is not None:
            crosses = book.crosses(uncrossing.price)
            for cross in crosses:
                self._trade_in_auction(book, cross, uncrossing.price)
            for account, moved in moves(book, crosses):
                for which, lots in moved.items():
                    book.positions.move(which, lots)
                self._trim(book, [account])
        for order in book.waiting():
            if order.state == OrderState.AT_MARKET and order.time_in_force not in FOR_AUCTIONS:
                self._end_at_market(book, order, uncrossing)
        for order in book.special():
            is_over = order.state in (OrderState.RESTING, OrderState.AT_MARKET)
            if is_over and order.time_in_force in FOR_AUCTIONS:
                self._let_expire(order)
        if uncrossing is not None:
            self._on_price(book, TriggerSource.LAST, uncrossing.price)
            if book.terms.static_band:
                self._on_price(book, TriggerSource.REFERENCE, uncrossing.price)

    def _trade_in_auction(self, book: Book, cross: Cross, price: int) -> None:
        """Fill a buyer and a seller at the auction's price."""
        for order in (cross.buyer, cross.seller):
            side = book.own(order.side)
            if order.state == OrderState.AT_MARKET:
                order.fill(cross.quantity)
                side.open_quantity -= cross.quantity
            else:
                side.fill_in_auction(order, cross.quantity)
        book.last_trade = (price, cross.quantity)
        parties = dict.fromkeys((cross.seller, cross.buyer), Liquidity.MAKER)
        fees = self._pay(book, parties, cross.quantity, price)
        self.tape.auctioned(cross.seller, cross.buyer, cross.quantity, price, fees)
        for order in (cross.seller, cross.buyer):
            self._links.touch(order)
            if order.leaves_quantity == 0:
                book.aside.pop(order.order_id, None)
                self._end(order)

    def _end_at_market(self, book: Book, order: LiveOrder, uncrossing: Uncrossing | None) -> None:
        """Cancel what an auction left of a market order; a market-to-limit order gets its price."""
        if order.order_type == OrderType.MARKET_TO_LIMIT and uncrossing is not None:
            self._take_out(order)
            order.state = OrderState.RESTING
            order.timestamp = self.time
            order.arrival = self._next_arrival()
            terms = book.terms
            self._rest(book, order, min(max(uncrossing.price, terms.min_price), terms.max_price))
        else:
            self._drop(order)

    def _end_other_calls(self, book: Book) -> None:
        """Let the orders expire that were collected for another call than the one that begins."""
        for order in book.special():
            is_collected = order.state in (OrderState.RESTING, OrderState.AT_MARKET)
            if is_collected and waits_for_call(book.phase, order):
                self._let_expire(order)

    def _end_day(self, book: Book) -> None:
        """Let the orders for the day expire, and those for auctions that will not be.

        Bids and asks as they trade, then what waits.
        """
        for order in (*book.orders(), *book.waiting()):
            if order.time_in_force == TimeInForce.DAY or order.time_in_force in FOR_AUCTIONS:
                self._let_expire(order)

    # What follows from them.

    def _expire(self) -> None:
        """Take out the orders whose time is over: the earliest first, then by age."""
        over = [order for order in self._dated.values() if order.expiry <= self.time]
        for order in sorted(over, key=lambda order: (order.expiry, order.arrival)):
            self._let_expire(order)

    def _let_expire(self, order: LiveOrder) -> None:
        self._take_out(order)
        self.tape.expired(order)
        self._end(order)

    def _settle(self) -> None:
        """Carry out all that follows from what happened, until nothing does.

        First what happened to linked orders has its effect, then what was released or triggered
        enters, one by one; then the others hear of a call that one of them began, pegged orders
        follow the market, and last those trade that could not be filled before. What any of it sets
        off in its turn goes to the end of its queue. Each order that enters, moves or trades at
        last is one step; what is still to enter after too many steps is canceled, and what is
        still to move waits outside.
        """
        steps = 0
        while True:
            if self._links.touched:
                self._cancel_linked(self._links.touched.popleft())
            elif self._links.ended:
                self._release(self._links.ended.popleft())
            elif self._triggered:
                self._let_in(self._triggered.popleft(), is_late=steps >= self.max_cascade)
                steps += 1
            elif self._called:
                self._hear_of_phase(self._called.popleft())
            elif steps < self.max_cascade and self._stirs_more():
                steps += 1
            else:
                break
        if steps >= self.max_cascade:
            for book in self._stirred.values():
                self._leave_outside(book)
        self._stirred.clear()

    def _let_in(self, order: LiveOrder, *, is_late: bool) -> None:
        """Let an order enter that was triggered or released."""
        book = self.books[order.instrument]
        self._stir(book)
        order.state = OrderState.RESTING
        if is_late:
            self._drop(order, ReportFlag.CASCADE_LIMIT)
        else:
            self._come_in(book, order)

    def _come_in(self, book: Book, order: LiveOrder, flags: ReportFlag = NO_FLAGS) -> None:
        """Let an order that is on its way enter, or be where the phase has a place for it.

        Where it has none, the order is canceled.
        """
        if waits_for_call(book.phase, order):
            self._set_aside(book, order, OrderState.UNCALLED)
            self.tape.restated(order)
        elif order.is_pegged:
            self._set_aside(book, order, OrderState.UNPEGGED)
            self.tape.restated(order)
        elif book.phase != Phase.CONTINUOUS and not takes_part(order):
            self._drop(order, flags)
        else:
            self._let_into_market(book, order)

    def _let_into_market(self, book: Book, order: LiveOrder) -> None:
        """Let an order trade or be collected, with as much as it is entitled to by now.

        A reduce-only order finds here what there is to reduce.
        """
        lots = entitled(book, order)
        if lots == 0:
            self._drop(order, ReportFlag.REDUCE_ONLY)
            return
        reason = self._lacks(book, replace(order, leaves_quantity=lots))
        if reason:
            self._drop(order, reason=reason)
            return
        flags = self._cut(order, lots)
        if book.phase != Phase.CONTINUOUS:
            self._collect(book, order, self.tape.restated, flags)
            return
        if flags:
            self.tape.restated(order, flags)
        self._enter(book, order)

    def _cancel_linked(self, cause: LiveOrder) -> None:
        """Cancel the others of a group in which something happened to one."""
        for order in self._links.disband(cause):
            if self._is_live(order):
                self._drop(order, ReportFlag.LINKED)

    def _release(self, ended: Ended) -> None:
        """Let the orders in that waited for one that ended, with no more than it traded.

        Where it traded nothing they are canceled. Those that are for one another's place cancel
        each other from now on.
        """
        traded = ended.order.filled_quantity
        children = [child for child in ended.children if self._is_live(child)]
        if traded == 0:
            for child in children:
                self._drop(child, ReportFlag.LINKED)
            return
        several = [child for child in children if is_one_of_several(child)]
        if several:
            self._links.make_group(several)
        for child in children:
            self._take_out(child)
            child.leaves_quantity = min(child.leaves_quantity, traded)
            child.timestamp = self.time
            child.arrival = self._next_arrival()
            child.show()
            self._keep(child)
            book = self.books[child.instrument]
            if child.order_type in CONDITIONAL:
                self._wait(book, child, self.tape.triggered)
            else:
                child.state = OrderState.ENTERING
                self.tape.triggered(child)
                self._triggered.append(child)

    def _stirs_more(self) -> bool:
        """Move one pegged order, or else let one that was passed over trade; return whether."""
        books = self._stirred.values()
        return any(map(self._repeg, books)) or any(map(self._retry, books))

    def _repeg(self, book: Book) -> bool:
        """Move the oldest pegged order that does not stand where it is to stand.

        It goes to the tail of its new price, and may trade on the way; the oldest moves first, so
        among themselves they stay in order. One that has nothing to follow waits outside.
        """
        if book.phase != Phase.CONTINUOUS:
            return False
        for order in sorted(book.pegged.values(), key=lambda order: order.arrival):
            price = book.peg(order)
            stands = order.price if order.is_queued else None
            if price == stands:
                continue
            if price is None:
                self._unpeg(book, order)
                return True
            lots = entitled(book, order)
            if lots == 0:
                self._drop(order, ReportFlag.REDUCE_ONLY)
                return True
            reason = self._lacks(book, replace(order, price=price, leaves_quantity=lots))
            if reason:
                self._drop(order, reason=reason)
                return True
            self._take_out(order)
            flags = self._cut(order, lots)
            order.timestamp = self.time
            order.arrival = self._next_arrival()
            order.show()
            order.price = price
            order.state = OrderState.RESTING
            self.tape.restated(order, flags)
            self._enter(book, order)
            return True
        return False

    def _leave_outside(self, book: Book) -> None:
        """Take out of the book the pegged orders that no step was left for, oldest first.

        Where one stood it would meet others as the market comes back, and have nothing to move for.
        """
        if book.phase != Phase.CONTINUOUS:
            return
        for order in sorted(book.pegged.values(), key=lambda order: order.arrival):
            if order.is_queued and order.price != book.peg(order):
                self._unpeg(book, order)

    def _unpeg(self, book: Book, order: LiveOrder) -> None:
        """Let a pegged order wait outside until it enters at the price that it follows then."""
        self._take_out(order)
        order.timestamp = self.time
        order.arrival = self._next_arrival()
        order.show()
        self._set_aside(book, order, OrderState.UNPEGGED)
        self.tape.restated(order)

    def _retry(self, book: Book) -> bool:
        """Let the first order trade that rests although it meets the other side, and now can.

        Only all-or-none orders and those with a minimum for each fill rest so. They are tried by
        price and time, buyers first, and keep their places.
        """
        is_plain = not any(side.choosy_count for side in book.sides.values())
        if is_plain or book.phase != Phase.CONTINUOUS:
            return False
        for order in book.orders():
            if not order.is_choosy or order.flags & OrderFlag.POST_ONLY:
                continue
            plan = book.plan(order)
            if would_trade(order, plan):
                self._carry_out(book, order, plan)
                return True
        return False

    def _wait(self, book: Book, order: LiveOrder, report: Say) -> None:
        """Let a conditional order wait, unless the price is already there."""
        book.triggers.place(order)
        book.own(order.side).open_quantity += order.leaves_quantity
        report(order, NO_FLAGS)
        self._trigger_if_reached(book, order)

    def _trigger_if_reached(self, book: Book, order: LiveOrder) -> None:
        if book.phase == Phase.CONTINUOUS and book.triggers.has_reached(order):
            del book.triggers.waiting[order.order_id]
            self._trigger(book, order)

    def _on_price(self, book: Book, source: TriggerSource, price: int) -> None:
        """Trigger what a price reaches; outside trading it is only kept, until trading begins."""
        if book.phase != Phase.CONTINUOUS:
            book.triggers.prices[source] = price
            return
        for order in book.triggers.on_price(source, price):
            self._trigger(book, order)

    def _trigger(self, book: Book, order: LiveOrder) -> None:
        """Queue an order that no longer waits, to enter the market."""
        book.own(order.side).open_quantity -= order.leaves_quantity
        release(order, book.terms)
        order.timestamp = self.time
        order.show()
        order.arrival = self._next_arrival()
        self.tape.triggered(order)
        self._links.touch(order)
        self._triggered.append(order)

    def _enter(self, book: Book, taker: LiveOrder) -> None:
        """Trade by price, then time; what is left rests at the tail or is canceled."""
        plan = book.plan(taker)
        if taker.flags & OrderFlag.POST_ONLY and would_trade(taker, plan):
            price = slid_price(book.terms, taker, plan)
            if price is None:
                self._drop(taker)
                return
            taker.price = price
            self.tape.restated(taker)
            plan = book.plan(taker)
        is_priced = taker.order_type != OrderType.MARKET_TO_LIMIT or plan.traded > 0
        rests = taker.may_rest and is_priced
        if not fills_enough(taker, plan):
            if rests and taker.flags & OrderFlag.ALL_OR_NONE:
                self._rest(book, taker, plan.first_price)
            else:
                self._drop(taker, ReportFlag.PRICE_BAND if plan.reaches_band else NO_FLAGS)
            return
        if not taker.flags & OrderFlag.MINIMUM_EACH:
            taker.minimum_quantity = 0
        # One that may rest at a price that meets the other side need not stop at the band.
        stops = plan.reaches_band and not (rests and taker.is_choosy)
        begins_call = stops and book.terms.may_begin_call
        if begins_call and is_at_market(taker):
            self._make_special(taker)  # it is older than what its trades set off
        self._carry_out(book, taker, plan)
        if taker.leaves_quantity == 0 or plan.cancels_taker:
            return
        if begins_call:
            self._begin_call(book, taker)
        elif stops:
            self._drop(taker, ReportFlag.PRICE_BAND)
        elif rests:
            self._rest(book, taker, plan.first_price)
        else:
            self._drop(taker)

    def _begin_call(self, book: Book, order: LiveOrder) -> None:
        """Begin a volatility call with what is left of an order that came to the price band.

        The other orders hear of it when all have entered that were set off before.
        """
        book.phase = Phase.VOLATILITY_CALL
        self.tape.call_began(book.number)
        self._called.append(book)
        order.show()
        self._come_in(book, order, ReportFlag.PRICE_BAND)

    def _carry_out(self, book: Book, taker: LiveOrder, plan: Plan) -> None:
        """Do what was planned, and take note of the first and the last price of the trades.

        Prices between them reach nothing more than these two do. Before that, reduce-only orders
        are held against the positions that the trades have left.
        """
        for act in plan.acts:
            if act.deed == Deed.TRADE:
                self._trade(book, taker, act)
            elif act.deed == Deed.CANCEL:
                self._drop(act.maker, ReportFlag.SELF_TRADE)
            else:
                self._decrement(taker, act)
        if plan.cancels_taker:
            self._drop(taker, ReportFlag.SELF_TRADE)
        makers = {act.maker.account for act in plan.acts if act.deed == Deed.TRADE}
        self._trim(book, sorted({taker.account, *makers}))
        for price in dict.fromkeys((plan.first_price, plan.last_price)):
            if price is not None:
                self._on_price(book, TriggerSource.LAST, price)

    def _trade(self, book: Book, taker: LiveOrder, act: Act) -> None:
        """Fill both orders at the maker's price; what is filled is gone, and its id with it."""
        maker, quantity = act.maker, act.quantity
        if taker.is_queued:
            book.own(taker.side).fill(taker, quantity)
        else:
            taker.fill(quantity)
        is_refreshed = book.own(maker.side).fill(maker, quantity)
        book.last_trade = (maker.price, quantity)
        for order in (maker, taker):
            book.positions.move(book.positions.which(order), order.side * quantity)
        parties = {maker: Liquidity.MAKER, taker: Liquidity.TAKER}
        self.tape.traded(maker, taker, quantity, self._pay(book, parties, quantity, maker.price))
        if is_refreshed:
            maker.timestamp = self.time
            maker.arrival = self._next_arrival()
            self.tape.restated(maker)
        for order in (maker, taker):
            self._links.touch(order)
            if order.leaves_quantity == 0:
                self._end(order)

    def _decrement(self, taker: LiveOrder, act: Act) -> None:
        """Take the quantity off both orders; of a transfer their accounts exchange it."""
        is_transfer = act.deed == Deed.TRANSFER
        contras = self._exchange(act.maker, taker, act.quantity) if is_transfer else {}
        for order, flags in ((act.maker, ReportFlag.KEPT_PRIORITY), (taker, NO_FLAGS)):
            if act.quantity == order.leaves_quantity:
                self._take_out(order)
                order.leaves_quantity = 0
            elif order.is_queued:
                self._shrink(order, act.quantity)
                flags = ReportFlag.KEPT_PRIORITY
            else:
                order.leaves_quantity -= act.quantity
                order.show()
            self.tape.decremented(order, act.quantity, flags, contras.get(order, NO_CONTRA))
            if order.leaves_quantity == 0:
                self._end(order)

    # Reduce-only orders.

    def _cut(self, order: LiveOrder, lots: int) -> ReportFlag:
        """Give an order that is nowhere no more than so many lots; return how that is marked."""
        assert lots > 0
        if lots >= order.leaves_quantity:
            return NO_FLAGS
        order.leaves_quantity = lots
        order.show()
        return ReportFlag.REDUCE_ONLY


def _names_a_currency(command: Command) -> bool:
    """Return whether the instrument of a command is a currency, or nothing."""
    if command.kind in OF_LIMITS:
        return not names_instrument(command)
    return command.kind in OF_NO_INSTRUMENT
