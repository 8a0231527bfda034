"""Why a command is refused: one table, from first to last.

The first rule of `PRECEDENCE` that applies to the kind of command and is broken gives the reject
reason. Every rule is checked before anything changes, so a refused command leaves the books as they
were. The order is a list of its own, not the order of the enumeration's values: what the record
says of itself, then what it names, then its instructions, its numbers, the engine's room, and last
what only the book can say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from .._schema import CommandKind, OrderFlag, OrderType, RejectReason, TimeInForce
from .book import Book
from .commands import Command
from .instrument import INT64_MAX, InstrumentTerms
from .orders import LiveOrder, may_rest

SUBMIT = CommandKind.SUBMIT
CANCEL = CommandKind.CANCEL
REPLACE = CommandKind.REPLACE
REDUCE = CommandKind.REDUCE


class Situation(NamedTuple):
    """A command beside everything that decides whether it is refused."""

    command: Command
    known_book: Book | None
    """The book of the command's instrument, if there is one."""
    known_order: LiveOrder | None
    """The live order of that book that the command names, if there is one."""
    id_is_live: bool
    """Whether a live order of any instrument has the command's order id."""
    engine_is_full: bool
    """Whether as many orders are live as the engine allows."""

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


READ_ALWAYS: Final = {"kind", "instrument", "account", "order_id", "timestamp", "command_id"}
IGNORED: Final = {"side"}
FIELDS_TAKEN: Final[dict[CommandKind, set[str]]] = {
    SUBMIT: READ_ALWAYS
    | {"side", "order_type", "time_in_force", "flags", "price", "quantity", "client_order_id"},
    CANCEL: READ_ALWAYS | IGNORED,
    REPLACE: READ_ALWAYS | IGNORED | {"price", "quantity"},
    REDUCE: READ_ALWAYS | IGNORED | {"quantity"},
}
"""The fields that a kind of command takes; the others must be zero."""

FIELDS_ZERO: Final = {
    kind: tuple(place for place, name in enumerate(Command._fields) if name not in taken)
    for kind, taken in FIELDS_TAKEN.items()
}


def is_malformed(situation: Situation) -> bool:
    """Refuse a field that the kind of command does not take, and a market order with a price."""
    command = situation.command
    if any(command[place] for place in FIELDS_ZERO[CommandKind(command.kind)]):
        return True
    return command.order_type == OrderType.MARKET and command.price != 0


def instrument_is_unknown(situation: Situation) -> bool:
    """Refuse a number that no instrument has."""
    return situation.known_book is None


def order_is_unknown(situation: Situation) -> bool:
    """Refuse an id that no live order of the instrument has: an id dies with its order."""
    return situation.known_order is None


def id_is_taken(situation: Situation) -> bool:
    """Refuse the id of a live order of any instrument; zero asks for an id and is never taken."""
    return situation.command.order_id != 0 and situation.id_is_live


def instructions_exclude_each_other(situation: Situation) -> bool:
    """Refuse post-only, which never takes (FIX 18=6), with what never waits: IOC, FOK, MARKET."""
    command = situation.command
    post_only = bool(command.flags & OrderFlag.POST_ONLY)
    return post_only and not may_rest(command.order_type, command.time_in_force)


def price_is_too_low(situation: Situation) -> bool:
    """Refuse a limit below the instrument's minimum."""
    return has_limit(situation) and situation.command.price < situation.terms.min_price


def price_is_too_high(situation: Situation) -> bool:
    """Refuse a limit above the instrument's maximum."""
    return has_limit(situation) and situation.command.price > situation.terms.max_price


def quantity_is_too_small(situation: Situation) -> bool:
    """Refuse less than the instrument's minimum; a reduction may be as small as one lot."""
    command = situation.command
    minimum = 1 if command.kind == REDUCE else situation.terms.min_quantity
    return command.quantity < minimum


def quantity_is_too_large(situation: Situation) -> bool:
    """Refuse more than the instrument's maximum."""
    return situation.command.quantity > situation.terms.max_quantity


def quantity_overflows(situation: Situation) -> bool:
    """Refuse what would bring a side's open lots, or an order's over its life, past 64 bits."""
    command = situation.command
    if command.kind == REPLACE:
        order = situation.order
        side_quantity = situation.book.own(order.side).open_quantity - order.leaves_quantity
        return max(side_quantity, order.filled_quantity) + command.quantity > INT64_MAX
    if not may_rest(command.order_type, command.time_in_force):
        return False
    return situation.book.own(command.side).open_quantity + command.quantity > INT64_MAX


def orders_are_too_many(situation: Situation) -> bool:
    """Refuse an order that might rest when the engine holds all the orders that it may."""
    command = situation.command
    return situation.engine_is_full and may_rest(command.order_type, command.time_in_force)


def post_only_would_trade(situation: Situation) -> bool:
    """Refuse a post-only order, new or replaced, whose price meets the other side (FIX 18=6)."""
    command = situation.command
    submitted = command.kind == SUBMIT
    flags = command.flags if submitted else situation.order.flags
    side = command.side if submitted else situation.order.side
    if not flags & OrderFlag.POST_ONLY:
        return False
    return bool(situation.book.fills(side, command.price, command.quantity))


def fok_cannot_fill(situation: Situation) -> bool:
    """Refuse a fill-or-kill order that would get less than all of its quantity (FIX 59=4)."""
    command = situation.command
    if command.time_in_force != TimeInForce.FOK:
        return False
    limit = command.price if has_limit(situation) else None
    fills = situation.book.fills(command.side, limit, command.quantity)
    return sum(fill.quantity for fill in fills) < command.quantity


def has_limit(situation: Situation) -> bool:
    """Return whether the command's price binds; a market order has none."""
    return situation.command.order_type == OrderType.LIMIT


class Rule(NamedTuple):
    """One line of the table."""

    reason: RejectReason
    is_broken: Callable[[Situation], bool]
    kinds: frozenset[CommandKind]


def _rule(
    reason: RejectReason, is_broken: Callable[[Situation], bool], *kinds: CommandKind
) -> Rule:
    return Rule(reason, is_broken, frozenset(kinds))


PRECEDENCE: Final = (
    _rule(RejectReason.MALFORMED, is_malformed, *CommandKind),
    _rule(RejectReason.UNKNOWN_INSTRUMENT, instrument_is_unknown, *CommandKind),
    _rule(RejectReason.UNKNOWN_ORDER, order_is_unknown, CANCEL, REPLACE, REDUCE),
    _rule(RejectReason.DUPLICATE_ORDER_ID, id_is_taken, SUBMIT),
    _rule(RejectReason.INCOMPATIBLE_INSTRUCTIONS, instructions_exclude_each_other, SUBMIT),
    _rule(RejectReason.PRICE_TOO_LOW, price_is_too_low, SUBMIT, REPLACE),
    _rule(RejectReason.PRICE_TOO_HIGH, price_is_too_high, SUBMIT, REPLACE),
    _rule(RejectReason.QUANTITY_TOO_SMALL, quantity_is_too_small, SUBMIT, REPLACE, REDUCE),
    _rule(RejectReason.QUANTITY_TOO_LARGE, quantity_is_too_large, SUBMIT, REPLACE),
    _rule(RejectReason.QUANTITY_OVERFLOW, quantity_overflows, SUBMIT, REPLACE),
    _rule(RejectReason.TOO_MANY_ORDERS, orders_are_too_many, SUBMIT),
    _rule(RejectReason.POST_ONLY_WOULD_TRADE, post_only_would_trade, SUBMIT, REPLACE),
    _rule(RejectReason.FOK_CANNOT_FILL, fok_cannot_fill, SUBMIT),
)


def reject_reason(situation: Situation) -> RejectReason:
    """Return the reason of the first broken rule, NONE when the command is accepted."""
    for rule in PRECEDENCE:
        if situation.command.kind in rule.kinds and rule.is_broken(situation):
            return rule.reason
    return RejectReason.NONE
