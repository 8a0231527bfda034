"""What bound refused a command, where its report does not say what was found."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeAlias

from engine._funding_terms import funding_terms
from engine._instrument_checks import LEVERAGE, TIER_MAX, initial_rate
from engine._order_terms import RATES
from engine._report import ExecutionReport
from engine._schema import (
    ADD_MARGIN,
    DEPOSIT,
    LIQUIDATE,
    SET_ACCOUNT,
    SET_RATE,
    ContractKind,
    OrderFlag,
    OrderType,
    RejectReason,
)
from engine.currency import Currency
from engine.decimal_grid import EXACT, HIGHEST
from engine.instrument import Instrument
from engine.rate_tiers import LIMIT_MAX

__all__ = ["OF_AN_INSTRUMENT", "bound_of_amount", "bound_of_limit"]

R: TypeAlias = RejectReason
PEGS: Final = (OrderType.PEG_PRIMARY, OrderType.PEG_MARKET, OrderType.PEG_MIDPOINT)
ATTO: Final = Decimal("1e-18")
RATE_OF_ONE: Final = 100 * 10**9
"""The initial rate of a leverage of a hundredth."""


def _prices(of: Instrument) -> str:
    terms = of.terms()
    return f"from {of.to_price(terms['min_price']):f} to {of.to_price(terms['max_price']):f}"


def _trigger_price(_: ExecutionReport, of: Instrument) -> str:
    return f"a trigger price is {_prices(of)}"


def _bound(report: ExecutionReport, of: Instrument) -> str:
    if report.order_flags & OrderFlag.BUDGET:
        return f"a budget is {EXACT.multiply(of.tick_size, of.lot_size):f} or more"
    what = "peg limit" if report.order_type in PEGS else "worst price"
    return f"a {what} is {_prices(of)}"


def _display_quantity(_: ExecutionReport, of: Instrument) -> str:
    return (
        f"a display quantity is from {of.to_quantity(1):f} to the quantity,"
        " and no less than a ten-thousandth of it"
    )


def _minimum_quantity(_: ExecutionReport, of: Instrument) -> str:
    return f"a minimum quantity is from {of.to_quantity(1):f} to the quantity"


def _offset(report: ExecutionReport, of: Instrument) -> str:
    if report.order_flags & OrderFlag.TRAIL_RATE:
        return f"a trail rate is from {RATES:f} to {1 - RATES:f}"
    return f"a trail is {of.to_price(1):f} or more"


def _quantity(_: ExecutionReport, of: Instrument) -> str:
    most = of.to_quantity(HIGHEST)
    return f"what is open on a side, with the position, or in an order's life is {most:f} at most"


def _leverage(_: ExecutionReport, of: Instrument) -> str:
    if of.kind == ContractKind.SPOT:
        return "a spot instrument has none"
    least = initial_rate(of.initial_margin, of.max_leverage)
    most = EXACT.multiply(Decimal(-(-RATE_OF_ONE // max(least - 1, 1)) - 1), LEVERAGE)
    return f"leverage is from 1 to {most:f}, and to less where a margin tier says so"


def _funding_rate(report: ExecutionReport, of: Instrument) -> str:
    terms = funding_terms(of, [])
    numbers = (report.price, terms["funding_floor"], terms["funding_cap"])
    rate, floor, cap = (EXACT.multiply(Decimal(number), ATTO).normalize() for number in numbers)
    return f"the rate was {rate:f}, it may be from {floor:f} to {cap:f}"


OF_AN_INSTRUMENT: Final[dict[R, Callable[[ExecutionReport, Instrument], str]]] = {
    R.TRIGGER_PRICE_OUT_OF_RANGE: _trigger_price,
    R.BOUND_OUT_OF_RANGE: _bound,
    R.DISPLAY_QUANTITY_OUT_OF_RANGE: _display_quantity,
    R.MINIMUM_QUANTITY_OUT_OF_RANGE: _minimum_quantity,
    R.OFFSET_OUT_OF_RANGE: _offset,
    R.QUANTITY_OVERFLOW: _quantity,
    R.LEVERAGE_OUT_OF_RANGE: _leverage,
    R.FUNDING_RATE_OUT_OF_RANGE: _funding_rate,
}
"""What is said of the reasons that have a bound of the instrument's."""


def bound_of_amount(report: ExecutionReport, currency: Currency | None) -> str:
    """Return what an amount, a tier or a ratio may be.

    Parameters
    ----------
    report
        Of a command that was refused for it.
    currency
        That of the command, None for one that has none.
    """
    if report.kind in (SET_ACCOUNT, SET_RATE):
        return f"a tier is from 0 to {TIER_MAX}"
    if report.kind == LIQUIDATE:
        return "a margin ratio to warn of is from 0 to 1"
    if report.kind == ADD_MARGIN:
        return "nothing was to be added"
    assert currency is not None, "it is of money that comes, goes or changes hands"
    least = f"an amount is {currency.to_amount(1):f} {currency.name} or more"
    if report.kind != DEPOSIT:
        return least
    return f"{least}, all deposits less withdrawals are {currency.to_amount(HIGHEST):f} at most"


def bound_of_limit(report: ExecutionReport) -> str:
    """Return what a limit may be; the report is of a command that was refused for it."""
    if report.kind == SET_RATE:
        return f"a limit, or a factor in millionths, is from 0 to {LIMIT_MAX}"
    return "a limit is 0 or more"
