"""Why an engine refuses a command because of accounts: rules of `validation`, one function each."""

from __future__ import annotations

from typing import Final

from .._schema import (
    ADD_MARGIN,
    DEPOSIT,
    LIQUIDATE,
    MASS_CANCEL,
    SET_ACCOUNT,
    SET_DEFAULT_LIMIT,
    SET_LEVERAGE,
    SET_LIMIT,
    SET_MARGIN_MODE,
    SET_POSITION_MODE,
    SET_RATE,
    SWITCH,
    TRANSFER,
    WITHDRAW,
    AccountFlag,
    CancelScope,
    MarginMode,
    OrderFlag,
    SwitchScope,
)
from .accounts import Holding
from .contract import LOWEST_PRICE, TIER_MAX
from .formulas import rate_of_leverage, size_of
from .funds import is_unbounded
from .instrument import INT64_MAX
from .limits import OF_CURRENCY, OF_LIMITS
from .orders import FOR_AUCTIONS, LiveOrder
from .phases import COLLECTING
from .situation import Situation
from .units import BILLION

OF_ACCOUNTS: Final = (
    *(SET_ACCOUNT, DEPOSIT, WITHDRAW, TRANSFER, SET_LEVERAGE),
    *(SET_POSITION_MODE, SET_MARGIN_MODE, ADD_MARGIN),
    *(SET_LIMIT, SET_DEFAULT_LIMIT, SWITCH, SET_RATE, LIQUIDATE),
)
"""The kinds that there are for accounts alone."""
LEVERAGE_MIN: Final = 100
"""Hundredths: a position is never required to be worth more than its value."""


def positions_are_of_accounts(situation: Situation) -> bool:
    """Refuse a position from outside where the accounts have their own."""
    return situation.known_accounts is not None


def account_is_unknown(situation: Situation) -> bool:
    """Refuse the number of an account that was never set; without accounts none was.

    There it is a label, and only what is for accounts alone has need of one.
    """
    command, accounts = situation.command, situation.known_accounts
    if accounts is None:
        return command.kind in OF_ACCOUNTS
    if command.kind == MASS_CANCEL and not command.selector & CancelScope.BY_ACCOUNT:
        return False
    if command.kind == SWITCH and not command.selector & SwitchScope.BY_ACCOUNT:
        return False
    if command.kind in (SET_ACCOUNT, SET_DEFAULT_LIMIT, SET_RATE):
        return False
    named = {command.account}
    if command.kind == TRANSFER:
        named.add(command.linked_order_id)
    return not named <= set(accounts.owners)


def currency_is_unknown(situation: Situation) -> bool:
    """Refuse a number that no currency has."""
    command = situation.command
    if command.kind in OF_LIMITS and command.selector not in OF_CURRENCY:
        return False
    return command.instrument >= situation.accounts.currency_count


def isolated_position_is_missing(situation: Situation) -> bool:
    """Refuse margin for a position that there is not, or that has none of its own."""
    command, book = situation.command, situation.book
    standing = situation.funds.standing(command.account, book)
    is_isolated = standing.margin_mode == MarginMode.ISOLATED
    return not is_isolated or standing.directed(command.side) is None


def is_not_the_owner(situation: Situation) -> bool:
    """Refuse to touch the order of another account."""
    if situation.known_accounts is None:
        return False
    return situation.order.account != situation.command.account


def is_not_permitted(situation: Situation) -> bool:
    """Refuse what the operator lets the account no longer do."""
    if situation.known_accounts is None:
        return False
    command = situation.command
    flags = situation.accounts.owners[command.account].flags
    if command.kind in (WITHDRAW, TRANSFER):
        return bool(flags & AccountFlag.NO_WITHDRAWALS)
    return bool(flags & AccountFlag.SUSPENDED) or (
        bool(flags & AccountFlag.CLOSE_ONLY) and not situation.is_reduce_only
    )


def cost_is_unbounded(situation: Situation) -> bool:
    """Refuse an order for a call that has no limit, and no worst price, to say what it costs.

    What one sells for another currency is known by its quantity.
    """
    command = situation.command
    if situation.known_accounts is None or situation.has(OrderFlag.ONE_TRIGGERS_OTHER):
        return False
    is_for_call = command.time_in_force in FOR_AUCTIONS or situation.book.phase in COLLECTING
    order = LiveOrder.from_command(command, 0, situation.time)
    return is_for_call and is_unbounded(situation.book, order)


def amount_is_out_of_range(situation: Situation) -> bool:
    """Refuse an amount below 1, and a deposit with which all of them would pass 64 bits."""
    command = situation.command
    if command.quantity < 1:
        return True
    if command.kind != DEPOSIT:
        return False
    return situation.accounts.deposits[command.instrument] + command.quantity > INT64_MAX


def margin_is_nothing(situation: Situation) -> bool:
    """Refuse to add nothing to a margin."""
    return situation.command.quantity == 0


def ratio_is_out_of_range(situation: Situation) -> bool:
    """Refuse to warn of a margin ratio below 0 or above 1, at which it is too late."""
    return not 0 <= situation.command.quantity <= BILLION


def tier_is_out_of_range(situation: Situation) -> bool:
    """Refuse a tier that there is not."""
    command = situation.command
    tier = command.quantity if command.kind == SET_ACCOUNT else command.self_trade_group
    return not 0 <= tier <= TIER_MAX


def leverage_is_out_of_range(situation: Situation) -> bool:
    """Refuse leverage below 1, above the tier's, and any where nothing is borrowed."""
    command, contract = situation.command, situation.book.contract
    if contract.is_spot or command.quantity < LEVERAGE_MIN:
        return True
    least = situation.funds.least_rate(command.account, situation.book)
    return rate_of_leverage(command.quantity) < least


def mode_is_fixed(situation: Situation) -> bool:
    """Refuse another mode while there is a position or an order that means the present one."""
    command, book = situation.command, situation.book
    standing = situation.funds.standing(command.account, book)
    is_of_positions = command.kind == SET_POSITION_MODE
    mode = standing.position_mode if is_of_positions else standing.margin_mode
    if command.selector == mode:
        return False
    has_position = any(holding.lots for holding in standing.holdings)
    orders = (*book.orders(), *book.waiting())
    has_order = any(order.account == command.account for order in orders)
    return book.contract.is_spot or has_position or has_order


def value_overflows(situation: Situation) -> bool:
    """Refuse an order whose value at its limit has more than 63 bits.

    Orders that have no limit, or find it later, are looked at when they come into the market.
    """
    limit = situation.limit
    if situation.known_accounts is None or limit is None:
        return False
    return size_of(situation.book.contract, situation.command.quantity, limit) > INT64_MAX


def value_is_too_small(situation: Situation) -> bool:
    """Refuse an order that is worth less than the instrument asks for (Binance's MIN_NOTIONAL).

    One without a limit is worth what it is at the mark price, or at the last one until a mark is
    told. One that only reduces a position may be worth anything: what is left of it must go.
    """
    if situation.known_accounts is None:
        return False
    contract, named = situation.book.contract, situation.limit
    price = situation.market_price if named is None else named
    if not contract.min_value or situation.is_reduce_only or price is None:
        return False
    if price < LOWEST_PRICE.get(contract.kind, price):
        return False
    return size_of(contract, situation.command.quantity, price) < contract.min_value


def value_is_too_large(situation: Situation) -> bool:
    """Refuse an order that is worth more at its limit than one of the instrument may be."""
    limit = situation.limit
    if situation.known_accounts is None or limit is None:
        return False
    contract = situation.book.contract
    value = size_of(contract, situation.command.quantity, limit)
    return contract.max_value != 0 and value > contract.max_value


def order_is_not_afforded(situation: Situation) -> bool:
    """Refuse an order that does not find what it could cost (FIX 103=3)."""
    if situation.known_accounts is None:
        return False
    order = situation.spender
    return order is not None and not situation.funds.can_afford(situation.book, order)


def amount_is_not_available(situation: Situation) -> bool:
    """Refuse to take out what is held, required, or not there."""
    command = situation.command
    balance = situation.funds.balance(command.account, command.instrument)
    return command.quantity > balance.available


def leverage_is_not_afforded(situation: Situation) -> bool:
    """Refuse leverage with which more is required than there is."""
    command = situation.command
    rate = rate_of_leverage(command.quantity)
    return not situation.funds.can_choose(command.account, situation.book, rate)


def margin_is_not_there(situation: Situation) -> bool:
    """Refuse to add to a position's margin what is not available, or to take back what it needs."""
    command, book = situation.command, situation.book
    standing = situation.funds.standing(command.account, book)
    holding = standing.directed(command.side) or Holding()
    return not situation.funds.can_add(command.account, book, holding, command.quantity)
