"""Which orders a MASS_CANCEL takes out."""

from __future__ import annotations

from .._schema import CancelScope, OrderType
from .commands import Command
from .orders import LIMITED, LiveOrder


def is_chosen(command: Command, order: LiveOrder) -> bool:
    """Return whether a MASS_CANCEL takes an order out."""
    scope = CancelScope(command.selector)
    return (
        (not scope & CancelScope.BY_ACCOUNT or order.account == command.account)
        and (not scope & CancelScope.BY_INSTRUMENT or order.instrument == command.instrument)
        and (not scope & CancelScope.BY_SIDE or order.side == command.side)
        and (not scope & CancelScope.BY_PRICE or _has_limit_in(order, command.price, command.bound))
    )


def _has_limit_in(order: LiveOrder, lowest: int, highest: int) -> bool:
    has_limit = order.order_type in LIMITED - {OrderType.TRAILING_STOP_LIMIT}
    return has_limit and lowest <= order.price <= highest
