"""What an account has, in decimals: a balance, a position."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from engine._schema import MarginMode, PositionMode

__all__ = ["AccountBalance", "AccountPosition"]


class AccountBalance(NamedTuple):
    """What an account has of one currency.

    Attributes
    ----------
    balance : Decimal
        What it owns.
    held : Decimal
        What its orders of spot instruments could spend.
    margin : Decimal
        What its positions that are settled in the currency, and the orders there, require.
    unrealized : Decimal
        What these positions would make at their mark prices.
    isolated : Decimal
        The part of that which is of isolated positions, and counts for nothing else.
    isolated_margin : Decimal
        The part of the margin that is of isolated positions, and their orders.
    maintenance : Decimal
        What the other positions must be worth together at least to be kept.
    equity : Decimal
        The balance, and what the positions would make.
    shared_equity : Decimal
        What of it stands for the positions that are not isolated.
    free : Decimal
        What of that is neither held nor required.
    available : Decimal
        What may be spent or withdrawn: as free, without what is not yet a profit.
    """

    balance: Decimal
    held: Decimal
    margin: Decimal
    unrealized: Decimal
    isolated: Decimal
    isolated_margin: Decimal
    maintenance: Decimal
    equity: Decimal
    shared_equity: Decimal
    free: Decimal
    available: Decimal


class AccountPosition(NamedTuple):
    """What an account has in one derivative; amounts in the currency that settles it.

    Attributes
    ----------
    quantity : Decimal
        Above 0 when long, below when short.
    entry_value : Decimal
        What it was worth when it came.
    entry_price : Decimal or None
        The average price at which it came, to 30 places; None without a position.
    realized, fees : Decimal
        What its trades have paid in, and their fees less rebates.
    unrealized : Decimal
        What it would make at the mark price.
    margin : Decimal
        What it and the open orders require, and what was added to that.
    initial_margin : Decimal
        The part of the value that is required: the instrument's, or what the account's leverage
        comes to.
    added : Decimal
        What was added to the margin of an isolated position, less the funding that it paid.
    funding : Decimal
        What it has paid of funding; below 0 what it was paid.
    maintenance : Decimal
        What it must be worth at least to be kept.
    liquidation_price : Decimal or None
        The mark price at which `Engine.liquidate` would close it, if nothing else changed: the one
        next to the mark, where a tick nearer to its gains it would be kept. Of a position that is
        not isolated, with the balance and the other positions of the account in the currency, at
        their marks. None where no price of the instrument is one, without a position, and while it,
        or one that stands with it, has no mark price.
    position_mode : PositionMode
        Whether it is the only one there, or the long or the short one of two.
    margin_mode : MarginMode
        Whether its margin is shared, or its own.
    """

    quantity: Decimal
    entry_value: Decimal
    entry_price: Decimal | None
    realized: Decimal
    fees: Decimal
    unrealized: Decimal
    margin: Decimal
    initial_margin: Decimal
    added: Decimal
    funding: Decimal
    maintenance: Decimal
    liquidation_price: Decimal | None
    position_mode: PositionMode
    margin_mode: MarginMode
