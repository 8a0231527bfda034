"""Why an engine refuses a command because of limits and switches: rules of `validation`."""

from __future__ import annotations

from .._schema import (
    BUY,
    REPLACE,
    Limit,
    SwitchScope,
)
from .accounts import LastOrder
from .commands import Command
from .exposures import Prospect
from .formulas import size_of
from .instrument import MILLION
from .limits import NO_LIMIT, OF_CURRENCY, OF_INSTRUMENT, SCOPES, scope_of
from .rates import RATE_MAX, kind_of
from .situation import Situation, keeps_priority


def limit_is_malformed(command: Command) -> bool:
    """Return whether a limit of an account as a whole is said to be of something."""
    is_of_something = command.selector in OF_INSTRUMENT | OF_CURRENCY
    return command.instrument != 0 and not is_of_something


def switch_is_malformed(command: Command) -> bool:
    """Return whether a SWITCH has two scopes, a field of none, or neither turns off nor on."""
    scope = SwitchScope(command.selector)
    is_on = command.quantity == 0
    return (
        command.quantity not in (0, 1)
        or scope_of(command) not in (0, *SCOPES)
        or (is_on and bool(scope & SwitchScope.KEEP_ORDERS))
        or (command.instrument != 0 and not scope & SwitchScope.BY_INSTRUMENT)
        or (command.self_trade_group != 0 and not scope & SwitchScope.BY_GROUP)
    )


def limit_is_out_of_range(situation: Situation) -> bool:
    """Refuse a limit below 0 that is not the sign for none."""
    return situation.command.quantity < NO_LIMIT


def rate_is_out_of_range(situation: Situation) -> bool:
    """Refuse a rate limit or a factor that is too large, or below 0 and not the sign for none."""
    return not NO_LIMIT <= situation.command.quantity <= RATE_MAX


def rate_is_used_up(situation: Situation) -> bool:
    """Refuse what the account has asked for as often as its tier may in this time."""
    command, kind = situation.command, kind_of(situation.command)
    if situation.known_accounts is None or kind is None:
        return False
    return not situation.accounts.rates.ask(command.account, kind, situation.time).allowed


def trading_is_disabled(situation: Situation) -> bool:
    """Refuse an order, new or replaced, while trading is switched off for it."""
    if situation.known_accounts is None:
        return False
    numbers = (situation.command.account, situation.owner.group, situation.book.number)
    return not situation.accounts.switches.is_enabled(*numbers)


def order_quantity_is_above_limit(situation: Situation) -> bool:
    """Refuse more lots than an order of the account may have."""
    most = limit_in_force(situation, Limit.ORDER_QUANTITY, situation.command.instrument)
    return most is not None and situation.command.quantity > most


def order_value_is_above_limit(situation: Situation) -> bool:
    """Refuse an order that is worth more at its limit than the account's may be."""
    most = limit_in_force(situation, Limit.ORDER_VALUE, situation.command.instrument)
    limit = situation.limit
    if most is None or limit is None:
        return False
    return size_of(situation.book.contract, situation.command.quantity, limit) > most


def open_orders_are_too_many(situation: Situation) -> bool:
    """Refuse an order that might stay when the account has all the orders that it may."""
    most = limit_in_force(situation, Limit.OPEN_ORDERS)
    if most is None or not situation.may_stay:
        return False
    return situation.exposures.open_orders(situation.command.account) >= most


def price_is_too_far(situation: Situation) -> bool:
    """Refuse a limit far above the market to buy, or far below it to sell.

    The market is the mark price, or the last price until one is told.
    """
    distance = limit_in_force(situation, Limit.PRICE_DISTANCE, situation.command.instrument)
    limit, price = situation.limit, situation.market_price
    if distance is None or limit is None or price is None:
        return False
    is_replace = situation.command.kind == REPLACE
    if is_replace and keeps_priority(situation):
        return False
    side = situation.order.side if is_replace else situation.command.side
    reach = abs(price) * distance
    if side == BUY:
        return limit * MILLION > price * MILLION + reach
    return limit * MILLION < price * MILLION - reach


def order_is_duplicate(situation: Situation) -> bool:
    """Refuse the order that was the account's last, too soon after it."""
    window = limit_in_force(situation, Limit.DUPLICATE_WINDOW)
    last = None if window is None else situation.owner.last_order
    if window is None or last is None:
        return False
    again = last_order(situation.command, last.time)
    return again == last and situation.time - last.time < window


def last_order(command: Command, time: int) -> LastOrder:
    """Return what of a SUBMIT is looked at when the next one comes."""
    return LastOrder(
        instrument=command.instrument,
        side=command.side,
        order_type=command.order_type,
        price=command.price,
        trigger_price=command.trigger_price,
        quantity=command.quantity,
        time=time,
    )


def position_is_above_limit(situation: Situation) -> bool:
    """Refuse an order with which the position could pass the account's limit."""
    most = limit_in_force(situation, Limit.POSITION, situation.command.instrument)
    prospect = None if most is None else prospect_of(situation)
    return most is not None and prospect is not None and prospect.lots > most


def net_exposure_is_above_limit(situation: Situation) -> bool:
    """Refuse an order with which longs or shorts together could pass the account's limit."""
    most = limit_of_currency(situation, Limit.NET_EXPOSURE)
    prospect = None if most is None else prospect_of(situation)
    return most is not None and prospect is not None and prospect.net > most


def gross_exposure_is_above_limit(situation: Situation) -> bool:
    """Refuse an order with which all positions together could pass the account's limit."""
    most = limit_of_currency(situation, Limit.GROSS_EXPOSURE)
    prospect = None if most is None else prospect_of(situation)
    return most is not None and prospect is not None and prospect.gross > most


def day_loss_is_at_limit(situation: Situation) -> bool:
    """Refuse an order that makes a position larger when the account has lost enough today."""
    most = limit_of_currency(situation, Limit.DAILY_LOSS)
    if most is None or prospect_of(situation) is None:
        return False
    account, currency = situation.command.account, situation.book.contract.settle
    return situation.exposures.exposure(account, currency, situation.time).day_loss >= most


def drawdown_is_at_limit(situation: Situation) -> bool:
    """Refuse an order that makes a position larger when the account is far below its best."""
    most = limit_of_currency(situation, Limit.DRAWDOWN)
    if most is None or prospect_of(situation) is None:
        return False
    account, currency = situation.command.account, situation.book.contract.settle
    return situation.exposures.exposure(account, currency, situation.time).drawdown >= most


def limit_in_force(situation: Situation, limit: Limit, number: int = 0) -> int | None:
    """Return the limit that holds for the account of an order; None without accounts."""
    if situation.known_accounts is None:
        return None
    return situation.accounts.limits.get(situation.command.account, limit, number)


def limit_of_currency(situation: Situation, limit: Limit) -> int | None:
    """Return the limit in the currency in which an order of a derivative is settled."""
    if situation.known_accounts is None or situation.book.contract.is_spot:
        return None
    return limit_in_force(situation, limit, situation.book.contract.settle)


def prospect_of(situation: Situation) -> Prospect | None:
    """Return what the account may come to with an order that makes a position larger.

    None for one that comes in later, of which nothing may come in, and of what has no positions.
    """
    order = situation.spender
    if order is None or order.leaves_quantity == 0 or situation.book.contract.is_spot:
        return None
    return situation.exposures.prospect(situation.book, order)
