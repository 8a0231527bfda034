"""The numbers behind a refusal: what the limit was, or what there was, and what was found.

One function a reason; each finds its numbers anew, for what is refused changed nothing. They are
cut to 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from .._schema import (
    ADD_MARGIN,
    BUY,
    REPLACE,
    SET_LEVERAGE,
    SET_POSITION,
    SUBMIT,
    Limit,
    RejectReason,
)
from .formulas import rate_of_leverage, size_of
from .instrument import INT64_MAX, INT64_MIN
from .limit_rules import limit_in_force, limit_of_currency, prospect_of
from .rates import kind_of
from .reduce_only import entitled
from .situation import Situation
from .validation import smallest_quantity


class Numbers(NamedTuple):
    """What a refused command was held against, and what it came to."""

    limit: int = 0
    found: int = 0


def numbers_of(situation: Situation, reason: RejectReason) -> Numbers | None:
    """Return the numbers behind a refusal, None where the reason has none."""
    find = FIND.get(reason)
    if find is None:
        return None
    return Numbers(*(max(INT64_MIN, min(number, INT64_MAX)) for number in find(situation)))


def _lowest_price(situation: Situation) -> tuple[int, int]:
    return situation.terms.min_price, situation.command.price


def _highest_price(situation: Situation) -> tuple[int, int]:
    return situation.terms.max_price, situation.command.price


def _smallest_quantity(situation: Situation) -> tuple[int, int]:
    return smallest_quantity(situation), situation.command.quantity


def _largest_quantity(situation: Situation) -> tuple[int, int]:
    """Return the most lots of an order, or the largest size of a position."""
    command = situation.command
    is_position = command.kind == SET_POSITION
    return INT64_MAX if is_position else situation.terms.max_quantity, command.quantity


def _expiry(situation: Situation) -> tuple[int, int]:
    return situation.time, situation.command.expiry


def _smallest_value(situation: Situation) -> tuple[int, int]:
    return situation.book.contract.min_value, _worth(situation)


def _largest_value(situation: Situation) -> tuple[int, int]:
    return situation.book.contract.max_value, _worth(situation)


def _order_quantity(situation: Situation) -> tuple[int, int]:
    instrument = situation.command.instrument
    return _most(situation, Limit.ORDER_QUANTITY, instrument), situation.command.quantity


def _order_value(situation: Situation) -> tuple[int, int]:
    instrument = situation.command.instrument
    return _most(situation, Limit.ORDER_VALUE, instrument), _worth(situation)


def _worth(situation: Situation) -> int:
    """Return what an order is worth at its limit, or without one in the market."""
    price = situation.market_price if situation.limit is None else situation.limit
    assert price is not None
    return size_of(situation.book.contract, situation.command.quantity, price)


def _rate(situation: Situation) -> tuple[int, int]:
    """Return how long to wait, and when all is whole again."""
    command, kind = situation.command, kind_of(situation.command)
    assert kind is not None
    answer = situation.accounts.rates.ask(command.account, kind, situation.time)
    return answer.retry_after, answer.reset_time


def _open_orders(situation: Situation) -> tuple[int, int]:
    live = situation.exposures.open_orders(situation.command.account)
    return _most(situation, Limit.OPEN_ORDERS), live


def _price_band(situation: Situation) -> tuple[int, int]:
    """Return the bound that the limit passed, and the limit."""
    order, band = situation.entrant, situation.book.band
    assert order is not None
    return band.highest if order.side == BUY else band.lowest, order.price


def _price_distance(situation: Situation) -> tuple[int, int]:
    """Return the distance in millionths, and the price from which it is measured."""
    price = situation.market_price
    assert price is not None
    return _most(situation, Limit.PRICE_DISTANCE, situation.command.instrument), price


def _duplicate(situation: Situation) -> tuple[int, int]:
    last = situation.owner.last_order
    assert last is not None
    return _most(situation, Limit.DUPLICATE_WINDOW), situation.time - last.time


def _position(situation: Situation) -> tuple[int, int]:
    prospect = prospect_of(situation)
    assert prospect is not None
    return _most(situation, Limit.POSITION, situation.command.instrument), prospect.lots


def _net_exposure(situation: Situation) -> tuple[int, int]:
    prospect = prospect_of(situation)
    assert prospect is not None
    return _most_of_currency(situation, Limit.NET_EXPOSURE), prospect.net


def _gross_exposure(situation: Situation) -> tuple[int, int]:
    prospect = prospect_of(situation)
    assert prospect is not None
    return _most_of_currency(situation, Limit.GROSS_EXPOSURE), prospect.gross


def _reduce_only(situation: Situation) -> tuple[int, int]:
    """Return the lots with which the order may come in, and those that it asks for."""
    order = situation.newcomer
    assert order is not None
    return entitled(situation.book, order), order.leaves_quantity


def _day_loss(situation: Situation) -> tuple[int, int]:
    account, currency = situation.command.account, situation.book.contract.settle
    exposure = situation.exposures.exposure(account, currency, situation.time)
    return _most_of_currency(situation, Limit.DAILY_LOSS), exposure.day_loss


def _drawdown(situation: Situation) -> tuple[int, int]:
    account, currency = situation.command.account, situation.book.contract.settle
    exposure = situation.exposures.exposure(account, currency, situation.time)
    return _most_of_currency(situation, Limit.DRAWDOWN), exposure.drawdown


def _funds(situation: Situation) -> tuple[int, int]:
    """Return what there is, and what is needed of it."""
    command, funds = situation.command, situation.funds
    if command.kind == SET_LEVERAGE:
        rate = rate_of_leverage(command.quantity)
        return funds.shortfall_of_rate(command.account, situation.book, rate)
    if command.kind == ADD_MARGIN:
        standing = funds.standing(command.account, situation.book)
        holding = standing.directed(command.side)
        assert holding is not None
        return funds.shortfall_of_margin(command.account, situation.book, holding, command.quantity)
    if command.kind not in (SUBMIT, REPLACE):
        there = funds.balance(command.account, command.instrument).available
        return there, command.quantity
    order = situation.spender
    assert order is not None
    return funds.shortfall(situation.book, order)


def _most(situation: Situation, limit: Limit, number: int = 0) -> int:
    most = limit_in_force(situation, limit, number)
    assert most is not None
    return most


def _most_of_currency(situation: Situation, limit: Limit) -> int:
    most = limit_of_currency(situation, limit)
    assert most is not None
    return most


FIND: Final[dict[RejectReason, Callable[[Situation], tuple[int, int]]]] = {
    RejectReason.PRICE_TOO_LOW: _lowest_price,
    RejectReason.PRICE_TOO_HIGH: _highest_price,
    RejectReason.QUANTITY_TOO_SMALL: _smallest_quantity,
    RejectReason.QUANTITY_TOO_LARGE: _largest_quantity,
    RejectReason.EXPIRY_PASSED: _expiry,
    RejectReason.VALUE_TOO_SMALL: _smallest_value,
    RejectReason.VALUE_TOO_LARGE: _largest_value,
    RejectReason.ORDER_QUANTITY_LIMIT: _order_quantity,
    RejectReason.ORDER_VALUE_LIMIT: _order_value,
    RejectReason.RATE_LIMITED: _rate,
    RejectReason.OPEN_ORDERS_LIMIT: _open_orders,
    RejectReason.PRICE_OUTSIDE_BAND: _price_band,
    RejectReason.PRICE_TOO_FAR: _price_distance,
    RejectReason.DUPLICATE_ORDER: _duplicate,
    RejectReason.POSITION_LIMIT: _position,
    RejectReason.NET_EXPOSURE_LIMIT: _net_exposure,
    RejectReason.GROSS_EXPOSURE_LIMIT: _gross_exposure,
    RejectReason.REDUCE_ONLY_WOULD_INCREASE: _reduce_only,
    RejectReason.DAILY_LOSS_LIMIT: _day_loss,
    RejectReason.DRAWDOWN_LIMIT: _drawdown,
    RejectReason.INSUFFICIENT_FUNDS: _funds,
}
"""How the numbers of each reason are found that has some."""
