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

from .._schema import (
    BUY,
    BandAction,
    CancelScope,
    CommandKind,
    FundingSource,
    OrderFlag,
    OrderState,
    OrderType,
    ReduceOnlyRule,
    RejectReason,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerSource,
)
from .account_rules import (
    OF_ACCOUNTS,
    account_is_unknown,
    amount_is_not_available,
    amount_is_out_of_range,
    cost_is_unbounded,
    currency_is_unknown,
    is_not_permitted,
    is_not_the_owner,
    isolated_position_is_missing,
    leverage_is_not_afforded,
    leverage_is_out_of_range,
    margin_is_not_there,
    margin_is_nothing,
    mode_is_fixed,
    order_is_not_afforded,
    positions_are_of_accounts,
    ratio_is_out_of_range,
    tier_is_out_of_range,
    value_is_too_large,
    value_is_too_small,
    value_overflows,
)
from .commands import SIDES, Command
from .funding_rules import (
    funding_overflows,
    funding_rate_is_out_of_range,
    has_no_funding,
    price_is_unknown,
)
from .instrument import INT64_MAX, INT64_MIN, MILLION, InstrumentTerms
from .limit_rules import (
    day_loss_is_at_limit,
    drawdown_is_at_limit,
    gross_exposure_is_above_limit,
    limit_is_malformed,
    limit_is_out_of_range,
    net_exposure_is_above_limit,
    open_orders_are_too_many,
    order_is_duplicate,
    order_quantity_is_above_limit,
    order_value_is_above_limit,
    position_is_above_limit,
    price_is_too_far,
    rate_is_out_of_range,
    rate_is_used_up,
    switch_is_malformed,
    trading_is_disabled,
)
from .limits import OF_LIMITS, names_instrument
from .orders import CONDITIONAL, FOR_AUCTIONS, LIMITED, PEGGED, TRAILING, LiveOrder
from .phases import COLLECTING, takes, takes_part
from .plan import Plan
from .positions import Which
from .reduce_only import entitled
from .situation import Situation, keeps_priority

SUBMIT = CommandKind.SUBMIT
CANCEL = CommandKind.CANCEL
REPLACE = CommandKind.REPLACE
REDUCE = CommandKind.REDUCE
MASS_CANCEL = CommandKind.MASS_CANCEL
FUND = CommandKind.FUND
LIQUIDATE = CommandKind.LIQUIDATE
SET_PRICE = CommandKind.SET_PRICE
ADVANCE_TIME = CommandKind.ADVANCE_TIME
SET_PHASE = CommandKind.SET_PHASE
UNCROSS = CommandKind.UNCROSS
SET_POSITION = CommandKind.SET_POSITION
SET_ACCOUNT = CommandKind.SET_ACCOUNT
DEPOSIT = CommandKind.DEPOSIT
WITHDRAW = CommandKind.WITHDRAW
TRANSFER = CommandKind.TRANSFER
SET_LEVERAGE = CommandKind.SET_LEVERAGE
SET_POSITION_MODE = CommandKind.SET_POSITION_MODE
SET_MARGIN_MODE = CommandKind.SET_MARGIN_MODE
ADD_MARGIN = CommandKind.ADD_MARGIN
SET_LIMIT = CommandKind.SET_LIMIT
SET_DEFAULT_LIMIT = CommandKind.SET_DEFAULT_LIMIT
SWITCH = CommandKind.SWITCH
SET_RATE = CommandKind.SET_RATE

LINKS: Final = int(OrderFlag.ONE_CANCELS_OTHER | OrderFlag.ONE_TRIGGERS_OTHER)
BOUNDS: Final = int(OrderFlag.PROTECTED | OrderFlag.BUDGET)
WITH_OFFSET: Final = TRAILING | PEGGED
WITH_LIMIT: Final = LIMITED - TRAILING
WITH_TRIGGER_PRICE: Final = frozenset(CONDITIONAL) - TRAILING
NOT_WATCHED: Final = (TriggerSource.REFERENCE, TriggerSource.BID, TriggerSource.OFFER)
"""Prices from outside that no order waits for."""
DISPLAYS_MAX: Final = 10_000
"""Into so many parts an iceberg may be cut."""


ORIGIN: Final = {"kind", "account", "timestamp", "command_id"}
NAMED: Final = ORIGIN | {"instrument", "order_id", "side"}
"""What commands that name an order take; their side is not read."""
FIELDS_TAKEN: Final[dict[CommandKind, set[str]]] = {
    SUBMIT: set(Command._fields) - {"selector"},
    CANCEL: NAMED,
    REPLACE: NAMED | {"price", "quantity", "trigger_price"},
    REDUCE: NAMED | {"quantity"},
    MASS_CANCEL: ORIGIN | {"instrument", "side", "price", "bound", "selector"},
    SET_PRICE: ORIGIN | {"instrument", "price", "trigger_source"},
    SET_PHASE: ORIGIN | {"instrument", "selector"},
    UNCROSS: ORIGIN | {"instrument"},
    SET_POSITION: ORIGIN | {"instrument", "quantity"},
    SET_ACCOUNT: ORIGIN | {"self_trade_group", "quantity", "selector"},
    DEPOSIT: ORIGIN | {"instrument", "quantity"},
    WITHDRAW: ORIGIN | {"instrument", "quantity"},
    TRANSFER: ORIGIN | {"instrument", "quantity", "linked_order_id"},
    SET_LEVERAGE: ORIGIN | {"instrument", "quantity"},
    SET_POSITION_MODE: ORIGIN | {"instrument", "selector"},
    SET_MARGIN_MODE: ORIGIN | {"instrument", "selector"},
    ADD_MARGIN: ORIGIN | {"instrument", "side", "quantity"},
    SET_LIMIT: ORIGIN | {"instrument", "quantity", "selector"},
    SET_DEFAULT_LIMIT: ORIGIN - {"account"} | {"instrument", "quantity", "selector"},
    SWITCH: ORIGIN | {"instrument", "self_trade_group", "quantity", "selector"},
    SET_RATE: ORIGIN - {"account"} | {"self_trade_group", "quantity", "selector"},
    FUND: ORIGIN - {"account"} | {"instrument", "price", "selector"},
    LIQUIDATE: ORIGIN | {"quantity"},
    ADVANCE_TIME: ORIGIN,
}
"""The fields that a kind of command takes; the others must be zero."""

FIELDS_ZERO: Final = {
    kind: tuple(place for place, name in enumerate(Command._fields) if name not in taken)
    for kind, taken in FIELDS_TAKEN.items()
}


def is_malformed(situation: Situation) -> bool:
    """Refuse a field that the kind of command, or the kind of order, does not take."""
    command = situation.command
    if any(command[place] for place in FIELDS_ZERO[CommandKind(command.kind)]):
        return True
    if command.kind == SUBMIT:
        return _order_is_malformed(command)
    if command.kind == MASS_CANCEL:
        return _scope_is_malformed(command)
    if command.kind in OF_LIMITS:
        return limit_is_malformed(command)
    if command.kind == FUND:
        return _funding_is_malformed(command)
    if command.kind == ADD_MARGIN:
        return command.side not in SIDES
    return command.kind == SWITCH and switch_is_malformed(command)


def _order_is_malformed(command: Command) -> bool:
    """Return whether a field is given that such an order does not have."""
    is_conditional = command.order_type in CONDITIONAL
    if command.trigger_source in NOT_WATCHED:
        return True
    return any(
        value and not is_taken
        for value, is_taken in (
            (command.price, command.order_type in LIMITED),
            (command.trigger_price, is_conditional),
            (command.trigger_source, is_conditional),
            (command.offset, command.order_type in WITH_OFFSET),
            (command.bound, bool(command.flags & BOUNDS)),
            (command.expiry, command.time_in_force == TimeInForce.GTD),
            (command.linked_order_id, bool(command.flags & LINKS)),
        )
    )


def _funding_is_malformed(command: Command) -> bool:
    """Return whether a FUND gives a rate that it has computed, or one instrument where all are."""
    is_told = command.selector == FundingSource.TOLD
    is_for_all = command.selector == FundingSource.EVERY
    return (command.price != 0 and not is_told) or (is_for_all and command.instrument != 0)


def _scope_is_malformed(command: Command) -> bool:
    """Return whether a field is given that the scope of a MASS_CANCEL leaves out."""
    scope = CancelScope(command.selector)
    if scope & CancelScope.BY_SIDE and command.side not in SIDES:
        return True
    if not scope & CancelScope.BY_PRICE and (command.price or command.bound):
        return True
    return not scope & CancelScope.BY_INSTRUMENT and command.instrument != 0


def instrument_is_unknown(situation: Situation) -> bool:
    """Refuse a number that no instrument has."""
    command = situation.command
    if command.kind == MASS_CANCEL and not command.selector & CancelScope.BY_INSTRUMENT:
        return False
    if command.kind in (*OF_LIMITS, SWITCH) and not names_instrument(command):
        return False
    if command.kind == FUND and command.selector == FundingSource.EVERY:
        return False
    return situation.known_book is None


def order_is_unknown(situation: Situation) -> bool:
    """Refuse an id that no live order of the instrument has: an id dies with its order."""
    return situation.known_order is None


def id_is_taken(situation: Situation) -> bool:
    """Refuse the id of a live order of any instrument; zero asks for an id and is never taken."""
    return situation.command.order_id != 0 and situation.id_is_live


def linked_order_is_unknown(situation: Situation) -> bool:
    """Refuse a link with oneself, or one-cancels-other with an order that is not there.

    What triggers another order may come after it.
    """
    command = situation.command
    if not situation.has(OrderFlag.ONE_CANCELS_OTHER, OrderFlag.ONE_TRIGGERS_OTHER):
        return False
    if command.linked_order_id in (0, command.order_id):
        return True
    waits = situation.has(OrderFlag.ONE_TRIGGERS_OTHER)
    return not waits and situation.linked_order is None


def peg_never_rests(situation: Situation) -> bool:
    """Refuse to follow the market with what is gone at once, or is for an auction."""
    command = situation.command
    lasts = situation.may_rest and command.time_in_force not in FOR_AUCTIONS
    return command.order_type in PEGGED and not lasts


def is_not_for_auctions(situation: Situation) -> bool:
    """Refuse an order for an auction that asks for what no auction keeps: it fills what it can."""
    command = situation.command
    choosy = situation.has(OrderFlag.ALL_OR_NONE, OrderFlag.MINIMUM_EACH)
    is_for_one = command.time_in_force in FOR_AUCTIONS
    return is_for_one and (choosy or not takes_part(command))


def linked_never_stays(situation: Situation) -> bool:
    """Refuse one-cancels-other of an order that is gone before another could cancel it."""
    return situation.has(OrderFlag.ONE_CANCELS_OTHER) and not situation.may_stay


def reduce_only_never_rests(situation: Situation) -> bool:
    """Refuse a reduce-only order that might stay, where the market's rule lets none."""
    if not situation.has(OrderFlag.REDUCE_ONLY):
        return False
    if situation.terms.reduce_only_rule != ReduceOnlyRule.IMMEDIATE:
        return False
    is_for_one = situation.command.time_in_force in FOR_AUCTIONS
    is_collected = situation.book.phase in COLLECTING and not situation.waits
    return situation.may_rest or is_for_one or is_collected


def is_no_call(situation: Situation) -> bool:
    """Refuse an auction where no orders are collected for one."""
    return situation.book.phase not in COLLECTING


def phase_does_not_take_it(situation: Situation) -> bool:
    """Refuse what the instrument's phase does not take (FIX 103=2)."""
    return not takes(situation.book.phase, situation.command)


def instructions_exclude_each_other(situation: Situation) -> bool:
    """Refuse post-only, which never takes (FIX 18=6), with what never waits: IOC, FOK, MARKET."""
    waits = situation.may_rest and situation.command.order_type in LIMITED
    return situation.has(OrderFlag.POST_ONLY) and not waits


def slide_is_not_post_only(situation: Situation) -> bool:
    """Refuse SLIDE, which says how a post-only order yields, on any other."""
    return situation.has(OrderFlag.SLIDE) and not situation.has(OrderFlag.POST_ONLY)


def is_post_only_in_the_dark(situation: Situation) -> bool:
    """Refuse post-only where nothing is shown: that it is refused, or slides, shows what rests."""
    return situation.has(OrderFlag.POST_ONLY) and situation.book.is_dark


def display_never_rests(situation: Situation) -> bool:
    """Refuse to hide what is never in the book to be seen."""
    hides = situation.has(OrderFlag.HIDDEN) or situation.command.display_quantity != 0
    return hides and not situation.may_rest


def is_display_in_the_dark(situation: Situation) -> bool:
    """Refuse a quantity to show where nothing is shown."""
    return situation.command.display_quantity != 0 and situation.book.is_dark


def is_hidden_with_display(situation: Situation) -> bool:
    """Refuse a quantity to show of what shows nothing."""
    return situation.has(OrderFlag.HIDDEN) and situation.command.display_quantity != 0


def is_all_or_none_with_display(situation: Situation) -> bool:
    """Refuse to show a part of what trades whole."""
    return situation.has(OrderFlag.ALL_OR_NONE) and situation.command.display_quantity != 0


def is_all_or_none_with_minimum(situation: Situation) -> bool:
    """Refuse a minimum beside the demand for all."""
    needs_all = situation.has(OrderFlag.ALL_OR_NONE) or _is_fok(situation)
    return needs_all and situation.command.minimum_quantity != 0


def is_post_only_with_minimum(situation: Situation) -> bool:
    """Refuse a minimum at entry of what never trades at entry."""
    at_entry = situation.command.minimum_quantity and not situation.has(OrderFlag.MINIMUM_EACH)
    return situation.has(OrderFlag.POST_ONLY) and bool(at_entry)


def minimum_each_has_no_minimum(situation: Situation) -> bool:
    """Refuse MINIMUM_EACH, which says what a minimum quantity is for, without one."""
    return situation.has(OrderFlag.MINIMUM_EACH) and situation.command.minimum_quantity == 0


def is_minimum_each_with_display(situation: Situation) -> bool:
    """Refuse a minimum for each fill of what can be reached only part by part."""
    return situation.has(OrderFlag.MINIMUM_EACH) and situation.command.display_quantity != 0


def is_bound_with_limit(situation: Situation) -> bool:
    """Refuse what bounds a market order on an order whose price is bound already."""
    command = situation.command
    becomes = CONDITIONAL.get(OrderType(command.order_type), command.order_type)
    if situation.has(OrderFlag.PROTECTED) and becomes in PEGGED:
        return situation.has(OrderFlag.BUDGET)
    bounded = situation.has(OrderFlag.PROTECTED, OrderFlag.BUDGET)
    return bounded and becomes != OrderType.MARKET


def is_protected_with_budget(situation: Situation) -> bool:
    """Refuse two meanings of the bound."""
    return situation.has(OrderFlag.PROTECTED) and situation.has(OrderFlag.BUDGET)


def is_budget_with_all_or_none(situation: Situation) -> bool:
    """Refuse to spend no more than a budget and to fill all the same."""
    needs_all = situation.has(OrderFlag.ALL_OR_NONE) or _is_fok(situation)
    return situation.has(OrderFlag.BUDGET) and needs_all


def trail_rate_does_not_trail(situation: Situation) -> bool:
    """Refuse TRAIL_RATE, which says what an offset is in, without an offset."""
    return situation.has(OrderFlag.TRAIL_RATE) and situation.command.order_type not in TRAILING


def group_has_no_mode(situation: Situation) -> bool:
    """Refuse a self-trade group when nothing is done about self-trades.

    An order without a mode trades with its own side; a resting one is told by its group.
    """
    command = situation.command
    return bool(command.self_trade_group) and command.self_trade_mode == SelfTradeMode.NONE


def is_not_of_this_order(situation: Situation) -> bool:
    """Refuse to give an order a price or a trigger price that it has none of.

    The trigger price of a trailing order is not for its owner to move.
    """
    command, order = situation.command, situation.order
    if command.price and order.order_type not in LIMITED:
        return True
    is_movable = order.state == OrderState.UNTRIGGERED and order.order_type not in TRAILING
    return command.trigger_price != 0 and not is_movable


def price_is_too_low(situation: Situation) -> bool:
    """Refuse a limit below the instrument's minimum."""
    return has_limit(situation) and situation.command.price < situation.terms.min_price


def price_is_too_high(situation: Situation) -> bool:
    """Refuse a limit above the instrument's maximum."""
    return has_limit(situation) and situation.command.price > situation.terms.max_price


def smallest_quantity(situation: Situation) -> int:
    """Return the instrument's minimum; a reduction may be as small as one lot."""
    return 1 if situation.command.kind == REDUCE else situation.terms.min_quantity


def quantity_is_too_small(situation: Situation) -> bool:
    """Refuse less than the instrument's minimum."""
    return situation.command.quantity < smallest_quantity(situation)


def quantity_is_too_large(situation: Situation) -> bool:
    """Refuse more than the instrument's maximum."""
    return situation.command.quantity > situation.terms.max_quantity


def position_is_too_large(situation: Situation) -> bool:
    """Refuse the one position whose size is no number of 64 bits."""
    return situation.command.quantity == INT64_MIN


def trigger_price_is_out_of_range(situation: Situation) -> bool:
    """Refuse a trigger or activation price outside the instrument's bounds."""
    command = situation.command
    if command.trigger_price == 0 and (
        command.kind == REPLACE or command.order_type not in WITH_TRIGGER_PRICE
    ):
        return False
    return not situation.terms.takes_price(command.trigger_price)


def display_quantity_is_out_of_range(situation: Situation) -> bool:
    """Refuse to show more than there is, or to come back too often."""
    command = situation.command
    if command.kind == REPLACE:
        display = situation.order.display_quantity
        return bool(display) and command.quantity > display * DISPLAYS_MAX
    display = command.display_quantity
    return display != 0 and not (
        1 <= display <= command.quantity and command.quantity <= display * DISPLAYS_MAX
    )


def minimum_quantity_is_out_of_range(situation: Situation) -> bool:
    """Refuse a minimum below one lot or above the quantity."""
    command = situation.command
    return command.minimum_quantity != 0 and not (1 <= command.minimum_quantity <= command.quantity)


def offset_is_out_of_range(situation: Situation) -> bool:
    """Refuse to trail at no distance, or as a rate at all of the price or more."""
    command = situation.command
    if command.order_type not in TRAILING:
        return False
    return command.offset < 1 or (situation.has(OrderFlag.TRAIL_RATE) and command.offset >= MILLION)


def bound_is_out_of_range(situation: Situation) -> bool:
    """Refuse a worst price outside the instrument's bounds, or a budget of nothing."""
    bound = situation.command.bound
    if situation.has(OrderFlag.PROTECTED):
        return not situation.terms.takes_price(bound)
    return situation.has(OrderFlag.BUDGET) and bound < 1


def expiry_is_passed(situation: Situation) -> bool:
    """Refuse a good-till-date order whose date is not after the engine's time (FIX 126)."""
    command = situation.command
    return command.time_in_force == TimeInForce.GTD and command.expiry <= situation.time


def quantity_overflows(situation: Situation) -> bool:
    """Refuse what would bring a side's open lots, or an order's over its life, past 64 bits."""
    command = situation.command
    if command.kind == REPLACE:
        order = situation.order
        side_quantity = situation.book.own(order.side).open_quantity - order.leaves_quantity
        return max(side_quantity, order.filled_quantity) + command.quantity > INT64_MAX
    if not situation.may_stay:
        return False
    return situation.book.own(command.side).open_quantity + command.quantity > INT64_MAX


def position_overflows(situation: Situation) -> bool:
    """Refuse what could bring a position that the engine follows past 64 bits by trades alone.

    So each of them and all that its account has open on a side are together within 64 bits.
    """
    command, book = situation.command, situation.book
    if command.kind == SET_POSITION:
        which = Which(command.account, BUY)
        return any(
            side * command.quantity + book.open_quantity(which, side) > INT64_MAX for side in Side
        )
    order = situation.order if command.kind == REPLACE else command
    side, is_closing = Side(order.side), bool(order.flags & OrderFlag.REDUCE_ONLY)
    which = book.positions.which_by(order.account, side, is_closing=is_closing)
    position = book.positions.of(which)
    if position is None:
        return False
    open_quantity = book.open_quantity(which, side)
    if command.kind == REPLACE:
        open_quantity -= situation.order.leaves_quantity
    return order.side * position + open_quantity + command.quantity > INT64_MAX


def orders_are_too_many(situation: Situation) -> bool:
    """Refuse an order that may rest or wait when the engine holds all the orders that it may."""
    return situation.engine_is_full and situation.may_stay


def price_is_outside_band(situation: Situation) -> bool:
    """Refuse a limit above the price band to buy, or below it to sell, unless that begins a call.

    A replaced order that keeps its place comes to meet nobody.
    """
    order = situation.entrant
    if order is None or order.order_type != OrderType.LIMIT:
        return False
    if situation.terms.band_action != BandAction.REJECT:
        return False
    if situation.command.kind == REPLACE and keeps_priority(situation):
        return False
    band = situation.book.band
    return order.price > band.highest if order.side == BUY else order.price < band.lowest


def reduces_nothing(situation: Situation) -> bool:
    """Refuse a reduce-only order without a position to reduce, or with none left for it (18=E).

    Where it would be made smaller there has to be something left; elsewhere, room for all of it.
    """
    order = situation.newcomer
    if order is None or not order.is_reduce_only:
        return False
    shrinks = situation.terms.reduce_only_rule == ReduceOnlyRule.SHRINK
    return entitled(situation.book, order) < (1 if shrinks else order.leaves_quantity)


def post_only_would_trade(situation: Situation) -> bool:
    """Refuse a post-only order, new or replaced, that meets the other side (FIX 18=6).

    With SLIDE only where there is no price for it to move to.
    """
    order = situation.entrant
    if order is None or not order.flags & OrderFlag.POST_ONLY:
        return False
    plan = situation.book.plan(order)
    return would_trade(order, plan) and slid_price(situation.terms, order, plan) is None


def fok_cannot_fill(situation: Situation) -> bool:
    """Refuse an order that would get less than all of its quantity (FIX 59=4), and can't wait."""
    order = situation.entrant
    if order is None or not order.needs_all or order.may_rest:
        return False
    return not fills_enough(order, situation.book.plan(order))


def minimum_cannot_fill(situation: Situation) -> bool:
    """Refuse an order that would get less than its minimum quantity at entry (FIX 110)."""
    order = situation.entrant
    if order is None or order.needs_all or order.minimum_quantity == 0:
        return False
    return not fills_enough(order, situation.book.plan(order))


def has_limit(situation: Situation) -> bool:
    """Return whether the command's price is a limit; that of TRAILING_STOP_LIMIT is a distance."""
    command = situation.command
    order_type = situation.order.order_type if command.kind == REPLACE else command.order_type
    return order_type in WITH_LIMIT


def fills_enough(order: LiveOrder, plan: Plan) -> bool:
    """Return whether a plan gives an order what it asks for at least, if it trades at all.

    What it may not trade, with its own side, does not count.
    """
    if order.needs_all:
        return plan.traded == order.leaves_quantity
    if order.minimum_quantity and not order.flags & OrderFlag.MINIMUM_EACH:
        return plan.traded >= min(order.minimum_quantity, order.leaves_quantity)
    return True


def would_trade(order: LiveOrder, plan: Plan) -> bool:
    """Return whether an order that comes in now trades."""
    return plan.traded > 0 and fills_enough(order, plan)


def slid_price(terms: InstrumentTerms, order: LiveOrder, plan: Plan) -> int | None:
    """Return where a post-only order goes that would trade: one tick short of its first trade.

    None when it does not slide, or has no price there.
    """
    if not order.flags & OrderFlag.SLIDE or plan.first_price is None:
        return None
    price = plan.first_price - order.side
    return price if terms.takes_price(price) else None


def _is_fok(situation: Situation) -> bool:
    return situation.command.time_in_force == TimeInForce.FOK


class Rule(NamedTuple):
    """One line of the table."""

    reason: RejectReason
    is_broken: Callable[[Situation], bool]
    kinds: frozenset[CommandKind]


def _rule(
    reason: RejectReason, is_broken: Callable[[Situation], bool], *kinds: CommandKind
) -> Rule:
    return Rule(reason, is_broken, frozenset(kinds))


ANY: Final = tuple(CommandKind)
OF_ORDERS: Final = (SUBMIT, CANCEL, REPLACE, REDUCE)
OF_AMOUNTS: Final = (DEPOSIT, WITHDRAW, TRANSFER)
OF_MODES: Final = (SET_POSITION_MODE, SET_MARGIN_MODE)
OF_MARGIN: Final = (*OF_MODES, ADD_MARGIN)

PRECEDENCE: Final = (
    _rule(RejectReason.MALFORMED, is_malformed, *ANY),
    _rule(
        RejectReason.UNKNOWN_INSTRUMENT,
        instrument_is_unknown,
        *(*OF_ORDERS, MASS_CANCEL, SET_PRICE, SET_PHASE, UNCROSS, SET_POSITION, SET_LEVERAGE),
        *(*OF_MARGIN, *OF_LIMITS, SWITCH, FUND),
    ),
    _rule(RejectReason.NOT_WITH_ACCOUNTS, positions_are_of_accounts, SET_POSITION),
    _rule(
        RejectReason.UNKNOWN_ACCOUNT,
        account_is_unknown,
        *(*OF_ORDERS, MASS_CANCEL, *OF_ACCOUNTS),
    ),
    _rule(RejectReason.UNKNOWN_CURRENCY, currency_is_unknown, *OF_AMOUNTS, *OF_LIMITS),
    _rule(RejectReason.NO_ISOLATED_POSITION, isolated_position_is_missing, ADD_MARGIN),
    _rule(RejectReason.NO_FUNDING, has_no_funding, FUND),
    _rule(RejectReason.PRICE_UNKNOWN, price_is_unknown, FUND),
    _rule(RejectReason.UNKNOWN_ORDER, order_is_unknown, CANCEL, REPLACE, REDUCE),
    _rule(RejectReason.DUPLICATE_ORDER_ID, id_is_taken, SUBMIT),
    _rule(RejectReason.UNKNOWN_LINKED_ORDER, linked_order_is_unknown, SUBMIT),
    _rule(RejectReason.NOT_THE_OWNER, is_not_the_owner, CANCEL, REPLACE, REDUCE),
    _rule(RejectReason.TRADING_DISABLED, trading_is_disabled, SUBMIT, REPLACE),
    _rule(RejectReason.NOT_PERMITTED, is_not_permitted, SUBMIT, REPLACE, WITHDRAW, TRANSFER),
    _rule(RejectReason.NOT_IN_THIS_PHASE, phase_does_not_take_it, SUBMIT, REPLACE),
    _rule(RejectReason.NOT_IN_THIS_PHASE, is_no_call, UNCROSS),
    _rule(RejectReason.INCOMPATIBLE_INSTRUCTIONS, instructions_exclude_each_other, SUBMIT),
    _rule(RejectReason.SLIDE_WITHOUT_POST_ONLY, slide_is_not_post_only, SUBMIT),
    _rule(RejectReason.POST_ONLY_IN_THE_DARK, is_post_only_in_the_dark, SUBMIT),
    _rule(RejectReason.DISPLAY_NEVER_RESTS, display_never_rests, SUBMIT),
    _rule(RejectReason.DISPLAY_IN_THE_DARK, is_display_in_the_dark, SUBMIT),
    _rule(RejectReason.HIDDEN_WITH_DISPLAY, is_hidden_with_display, SUBMIT),
    _rule(RejectReason.ALL_OR_NONE_WITH_DISPLAY, is_all_or_none_with_display, SUBMIT),
    _rule(RejectReason.ALL_OR_NONE_WITH_MINIMUM, is_all_or_none_with_minimum, SUBMIT),
    _rule(RejectReason.POST_ONLY_WITH_MINIMUM, is_post_only_with_minimum, SUBMIT),
    _rule(RejectReason.MINIMUM_EACH_WITHOUT_MINIMUM, minimum_each_has_no_minimum, SUBMIT),
    _rule(RejectReason.MINIMUM_EACH_WITH_DISPLAY, is_minimum_each_with_display, SUBMIT),
    _rule(RejectReason.BOUND_WITH_LIMIT, is_bound_with_limit, SUBMIT),
    _rule(RejectReason.PROTECTED_WITH_BUDGET, is_protected_with_budget, SUBMIT),
    _rule(RejectReason.BUDGET_WITH_ALL_OR_NONE, is_budget_with_all_or_none, SUBMIT),
    _rule(RejectReason.TRAIL_RATE_WITHOUT_TRAIL, trail_rate_does_not_trail, SUBMIT),
    _rule(RejectReason.GROUP_WITHOUT_MODE, group_has_no_mode, SUBMIT),
    _rule(RejectReason.PEG_NEVER_RESTS, peg_never_rests, SUBMIT),
    _rule(RejectReason.NOT_FOR_AUCTIONS, is_not_for_auctions, SUBMIT),
    _rule(RejectReason.LINKED_NEVER_STAYS, linked_never_stays, SUBMIT),
    _rule(RejectReason.REDUCE_ONLY_NEVER_RESTS, reduce_only_never_rests, SUBMIT),
    _rule(RejectReason.NOT_OF_THIS_ORDER, is_not_of_this_order, REPLACE),
    _rule(RejectReason.UNBOUNDED_COST, cost_is_unbounded, SUBMIT),
    _rule(RejectReason.PRICE_TOO_LOW, price_is_too_low, SUBMIT, REPLACE),
    _rule(RejectReason.PRICE_TOO_HIGH, price_is_too_high, SUBMIT, REPLACE),
    _rule(RejectReason.QUANTITY_TOO_SMALL, quantity_is_too_small, SUBMIT, REPLACE, REDUCE),
    _rule(RejectReason.QUANTITY_TOO_LARGE, quantity_is_too_large, SUBMIT, REPLACE),
    _rule(RejectReason.QUANTITY_TOO_LARGE, position_is_too_large, SET_POSITION),
    _rule(RejectReason.TRIGGER_PRICE_OUT_OF_RANGE, trigger_price_is_out_of_range, SUBMIT, REPLACE),
    _rule(
        RejectReason.DISPLAY_QUANTITY_OUT_OF_RANGE,
        display_quantity_is_out_of_range,
        *(SUBMIT, REPLACE),
    ),
    _rule(RejectReason.MINIMUM_QUANTITY_OUT_OF_RANGE, minimum_quantity_is_out_of_range, SUBMIT),
    _rule(RejectReason.OFFSET_OUT_OF_RANGE, offset_is_out_of_range, SUBMIT),
    _rule(RejectReason.BOUND_OUT_OF_RANGE, bound_is_out_of_range, SUBMIT),
    _rule(RejectReason.EXPIRY_PASSED, expiry_is_passed, SUBMIT),
    _rule(RejectReason.AMOUNT_OUT_OF_RANGE, amount_is_out_of_range, *OF_AMOUNTS),
    _rule(RejectReason.AMOUNT_OUT_OF_RANGE, tier_is_out_of_range, SET_ACCOUNT, SET_RATE),
    _rule(RejectReason.LEVERAGE_OUT_OF_RANGE, leverage_is_out_of_range, SET_LEVERAGE),
    _rule(RejectReason.AMOUNT_OUT_OF_RANGE, margin_is_nothing, ADD_MARGIN),
    _rule(RejectReason.AMOUNT_OUT_OF_RANGE, ratio_is_out_of_range, LIQUIDATE),
    _rule(RejectReason.MODE_IS_FIXED, mode_is_fixed, *OF_MODES),
    _rule(RejectReason.FUNDING_RATE_OUT_OF_RANGE, funding_rate_is_out_of_range, FUND),
    _rule(RejectReason.LIMIT_OUT_OF_RANGE, limit_is_out_of_range, *OF_LIMITS),
    _rule(RejectReason.LIMIT_OUT_OF_RANGE, rate_is_out_of_range, SET_RATE),
    _rule(RejectReason.VALUE_OVERFLOW, value_overflows, SUBMIT, REPLACE),
    _rule(RejectReason.VALUE_OVERFLOW, funding_overflows, FUND),
    _rule(RejectReason.VALUE_TOO_SMALL, value_is_too_small, SUBMIT, REPLACE),
    _rule(RejectReason.VALUE_TOO_LARGE, value_is_too_large, SUBMIT, REPLACE),
    _rule(RejectReason.ORDER_QUANTITY_LIMIT, order_quantity_is_above_limit, SUBMIT, REPLACE),
    _rule(RejectReason.ORDER_VALUE_LIMIT, order_value_is_above_limit, SUBMIT, REPLACE),
    _rule(RejectReason.RATE_LIMITED, rate_is_used_up, *OF_ORDERS, MASS_CANCEL),
    _rule(RejectReason.QUANTITY_OVERFLOW, quantity_overflows, SUBMIT, REPLACE),
    _rule(RejectReason.QUANTITY_OVERFLOW, position_overflows, SUBMIT, REPLACE, SET_POSITION),
    _rule(RejectReason.TOO_MANY_ORDERS, orders_are_too_many, SUBMIT),
    _rule(RejectReason.OPEN_ORDERS_LIMIT, open_orders_are_too_many, SUBMIT),
    _rule(RejectReason.PRICE_OUTSIDE_BAND, price_is_outside_band, SUBMIT, REPLACE),
    _rule(RejectReason.PRICE_TOO_FAR, price_is_too_far, SUBMIT, REPLACE),
    _rule(RejectReason.DUPLICATE_ORDER, order_is_duplicate, SUBMIT),
    _rule(RejectReason.POSITION_LIMIT, position_is_above_limit, SUBMIT, REPLACE),
    _rule(RejectReason.NET_EXPOSURE_LIMIT, net_exposure_is_above_limit, SUBMIT, REPLACE),
    _rule(RejectReason.GROSS_EXPOSURE_LIMIT, gross_exposure_is_above_limit, SUBMIT, REPLACE),
    _rule(RejectReason.REDUCE_ONLY_WOULD_INCREASE, reduces_nothing, SUBMIT, REPLACE),
    _rule(RejectReason.DAILY_LOSS_LIMIT, day_loss_is_at_limit, SUBMIT, REPLACE),
    _rule(RejectReason.DRAWDOWN_LIMIT, drawdown_is_at_limit, SUBMIT, REPLACE),
    _rule(RejectReason.INSUFFICIENT_FUNDS, order_is_not_afforded, SUBMIT, REPLACE),
    _rule(RejectReason.INSUFFICIENT_FUNDS, amount_is_not_available, WITHDRAW, TRANSFER),
    _rule(RejectReason.INSUFFICIENT_FUNDS, leverage_is_not_afforded, SET_LEVERAGE),
    _rule(RejectReason.INSUFFICIENT_FUNDS, margin_is_not_there, ADD_MARGIN),
    _rule(RejectReason.POST_ONLY_WOULD_TRADE, post_only_would_trade, SUBMIT, REPLACE),
    _rule(RejectReason.FOK_CANNOT_FILL, fok_cannot_fill, SUBMIT),
    _rule(RejectReason.MINIMUM_CANNOT_FILL, minimum_cannot_fill, SUBMIT),
)


RULES_OF: Final = {
    kind: tuple(rule for rule in PRECEDENCE if kind in rule.kinds) for kind in CommandKind
}


def reject_reason(situation: Situation) -> RejectReason:
    """Return the reason of the first broken rule, NONE when the command is accepted."""
    for rule in RULES_OF[CommandKind(situation.command.kind)]:
        if rule.is_broken(situation):
            return rule.reason
    return RejectReason.NONE
