"""A command beside everything that decides whether it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from .._schema import (
    REPLACE,
    SUBMIT,
    OrderFlag,
    OrderState,
    Phase,
    ReplacePriority,
    TriggerSource,
)
from .accounts import Accounts, Owner
from .book import Book
from .commands import Command
from .exposures import Exposures
from .funds import Funds
from .instrument import InstrumentTerms
from .orders import (
    CONDITIONAL,
    FOR_AUCTIONS,
    LIMITED,
    MARKET_TYPES,
    PEGGED,
    TRAILING,
    LiveOrder,
    may_rest,
)
from .phases import COLLECTING, is_kept_in_calls, waits_for_call
from .reduce_only import entitled

NEVER_AT_ONCE: Final = frozenset(CONDITIONAL) | PEGGED
"""The order types that do not trade when they come in."""


class Situation(NamedTuple):
    """A command beside everything that decides whether it is refused."""

    command: Command
    known_book: Book | None
    """The book of the command's instrument, if there is one."""
    known_order: LiveOrder | None
    """The live order of that book that the command names, if there is one."""
    linked_order: LiveOrder | None
    """The live order of that book that the command links with, if there is one."""
    id_is_live: bool
    """Whether a live order of any instrument has the command's order id."""
    engine_is_full: bool
    """Whether as many orders are live as the engine allows."""
    time: int
    """The engine's time."""
    known_accounts: Accounts | None = None
    """The accounts of the engine, if it has any."""
    known_funds: Funds | None = None
    """What they hold, if there are any."""
    known_exposures: Exposures | None = None
    """What they are exposed to, if there are any."""

    @property
    def book(self) -> Book:
        """The book. REQUIRES: UNKNOWN_INSTRUMENT was checked."""
        assert self.known_book is not None
        return self.known_book

    @property
    def terms(self) -> InstrumentTerms:
        """The instrument's terms. REQUIRES: UNKNOWN_INSTRUMENT was checked."""
        return self.book.terms

    @property
    def order(self) -> LiveOrder:
        """The order named. REQUIRES: UNKNOWN_ORDER was checked, so not for SUBMIT."""
        assert self.known_order is not None
        return self.known_order

    @property
    def accounts(self) -> Accounts:
        """The accounts. REQUIRES: the engine has some."""
        assert self.known_accounts is not None
        return self.known_accounts

    @property
    def funds(self) -> Funds:
        """What they hold. REQUIRES: the engine has accounts."""
        assert self.known_funds is not None
        return self.known_funds

    @property
    def exposures(self) -> Exposures:
        """What they are exposed to. REQUIRES: the engine has accounts."""
        assert self.known_exposures is not None
        return self.known_exposures

    @property
    def owner(self) -> Owner:
        """The command's account. REQUIRES: UNKNOWN_ACCOUNT was checked."""
        return self.accounts.owners[self.command.account]

    def has(self, *flags: OrderFlag) -> bool:
        """Whether a SUBMIT asks for any of these instructions."""
        return any(map(self.command.flags.__and__, flags))

    @property
    def may_rest(self) -> bool:
        """Whether the order of a SUBMIT may rest, now or once it is triggered."""
        command = self.command
        return may_rest(command.order_type, command.time_in_force, command.flags)

    @property
    def may_stay(self) -> bool:
        """Whether it may rest or wait: in a call a market order stays until the auction.

        So it does in the call that it may begin itself.
        """
        command = self.command
        is_at_market = command.order_type in MARKET_TYPES
        return (
            self.may_rest
            or self.has(OrderFlag.ONE_TRIGGERS_OTHER)
            or command.order_type in CONDITIONAL
            or (self.book.phase in COLLECTING and is_at_market)
            or (self.terms.may_begin_call and is_at_market and is_kept_in_calls(command))
            or command.time_in_force in FOR_AUCTIONS
        )

    @property
    def waits(self) -> bool:
        """Whether the order of a SUBMIT would wait for a price, a call or another order."""
        command = self.command
        return (
            command.order_type in NEVER_AT_ONCE
            or waits_for_call(self.book.phase, LiveOrder.from_command(command, 0, self.time))
            or self.has(OrderFlag.ONE_TRIGGERS_OTHER)
        )

    @property
    def newcomer(self) -> LiveOrder | None:
        """The order as it asks to come into the market now; None when it would wait outside."""
        command = self.command
        if command.kind == SUBMIT:
            return None if self.waits else LiveOrder.from_command(command, 0, self.time)
        if self.order.is_waiting and self.order.state != OrderState.AT_MARKET:
            return None
        return replace(self.order, price=command.price, leaves_quantity=command.quantity)

    @property
    def entrant(self) -> LiveOrder | None:
        """The order as it would trade now; None when it would wait, or in a phase of no trades.

        REQUIRES: REDUCE_ONLY_WOULD_INCREASE was checked.
        """
        order = self.newcomer
        if order is None or self.book.phase != Phase.CONTINUOUS:
            return None
        return self._entitled(order)

    @property
    def spender(self) -> LiveOrder | None:
        """The order as it needs funds now; None when it would wait, or needs nothing.

        A pegged order waits for its price. REQUIRES: REDUCE_ONLY_WOULD_INCREASE was checked.
        """
        order = self.newcomer
        if order is None or order.is_pegged:
            return None
        if self.command.kind == REPLACE and keeps_priority(self):
            return None
        return self._entitled(order)

    @property
    def limit(self) -> int | None:
        """The worst price that an order asks for; None when it takes any, or finds it later.

        REQUIRES: UNKNOWN_ORDER was checked.
        """
        command = self.command
        order = command if command.kind == SUBMIT else self.order
        if order.order_type in LIMITED - TRAILING:
            return command.price
        if order.flags & OrderFlag.PROTECTED and order.order_type not in PEGGED:
            return order.bound
        return None

    @property
    def market_price(self) -> int | None:
        """The mark price, or the last price until one is told; None when there is neither."""
        prices = self.book.triggers.prices
        return prices.get(TriggerSource.MARK, prices.get(TriggerSource.LAST))

    @property
    def is_reduce_only(self) -> bool:
        """Whether the order only reduces a position. REQUIRES: as `limit`."""
        order = self.command if self.command.kind == SUBMIT else self.order
        return bool(order.flags & OrderFlag.REDUCE_ONLY)

    def _entitled(self, order: LiveOrder) -> LiveOrder:
        """Return an order with what it may come in with."""
        return replace(order, leaves_quantity=entitled(self.book, order))


def keeps_priority(situation: Situation) -> bool:
    """Return whether a replace leaves the order in its place.

    It does for fewer lots at the same price (as at CME Globex), unless the instrument follows the
    venues where a replace is a new order (as in NASDAQ's OUCH).
    """
    command, order = situation.command, situation.order
    return (
        situation.terms.replace_priority == ReplacePriority.KEEP_ON_DECREASE
        and (order.is_pegged or command.price == order.price)
        and command.quantity < order.leaves_quantity
        and command.trigger_price in (0, order.trigger_price)
    )
