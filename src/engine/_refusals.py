"""Why a venue refused a command: the numbers behind it in decimals, and in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from engine._account_controls import NO_ACCOUNTS
from engine._bounds import OF_AN_INSTRUMENT, bound_of_amount, bound_of_limit
from engine._order_terms import RATES
from engine._position_controls import PositionControls
from engine._report import ExecutionReport
from engine._schema import (
    DEPOSIT,
    REPLACE,
    SELL,
    SUBMIT,
    TRANSFER,
    WITHDRAW,
    ContractKind,
    ExecType,
    RejectReason,
)
from engine._venue import checked_report
from engine.currency import Currency
from engine.decimal_grid import EXACT, HIGHEST

__all__ = ["Refusals", "RejectNumbers"]

R: TypeAlias = RejectReason
SECONDS: Final = Decimal("1e-9")

SENTENCES: Final = {
    R.PRICE_TOO_LOW: "the price was {found}, the lowest is {limit}",
    R.PRICE_TOO_HIGH: "the price was {found}, the highest is {limit}",
    R.QUANTITY_TOO_SMALL: "the quantity was {found}, the smallest is {limit}",
    R.QUANTITY_TOO_LARGE: "the quantity was {found}, the largest is {limit}",
    R.EXPIRY_PASSED: "the order was to end at {found} s, the time was {limit} s",
    R.VALUE_TOO_SMALL: "the order was worth {found} {currency}, it must be worth {limit}",
    R.VALUE_TOO_LARGE: "the order was worth {found} {currency}, it may be worth {limit}",
    R.ORDER_QUANTITY_LIMIT: "the quantity was {found}, it may be {limit}",
    R.ORDER_VALUE_LIMIT: "the order was worth {found} {currency}, it may be worth {limit}",
    R.RATE_LIMITED: "allowed again after {limit} s, all of it at {found} s",
    R.OPEN_ORDERS_LIMIT: "the account had {found} open orders, it may have {limit}",
    R.PRICE_OUTSIDE_BAND: "the limit was {found}, the price band ends at {limit}",
    R.PRICE_TOO_FAR: "the market was at {found}, the limit may be {limit} of that away",
    R.DUPLICATE_ORDER: "the same order came {found} s before, it may come again after {limit} s",
    R.POSITION_LIMIT: "the position could have been {found}, it may be {limit}",
    R.NET_EXPOSURE_LIMIT: "net exposure could have been {found} {currency}, it may be {limit}",
    R.GROSS_EXPOSURE_LIMIT: "gross exposure could have been {found} {currency}, it may be {limit}",
    R.REDUCE_ONLY_WOULD_INCREASE: "the quantity was {found}, {limit} were left to reduce",
    R.DAILY_LOSS_LIMIT: "the loss of the day was {found} {currency}, the limit is {limit}",
    R.DRAWDOWN_LIMIT: "the drawdown was {found} {currency}, the limit is {limit}",
    R.INSUFFICIENT_FUNDS: "{found} {currency} were needed, {limit} were there",
}
"""What is said of the reasons that have numbers."""
MALFORMED: Final = "a field was set that the command does not have, or an order of its type"
"""What is said of the reason, which has none."""
OF_TICKS: Final = {R.PRICE_TOO_LOW, R.PRICE_TOO_HIGH, R.PRICE_OUTSIDE_BAND}
OF_LOTS: Final = {
    R.QUANTITY_TOO_SMALL,
    R.QUANTITY_TOO_LARGE,
    R.ORDER_QUANTITY_LIMIT,
    R.POSITION_LIMIT,
    R.REDUCE_ONLY_WOULD_INCREASE,
}
OF_SECONDS: Final = {R.EXPIRY_PASSED, R.RATE_LIMITED, R.DUPLICATE_ORDER}


class RejectNumbers(NamedTuple):
    """The numbers behind a refusal, in the units of docs/semantics/rejects.md as decimals.

    Attributes
    ----------
    limit : Decimal
        What was allowed, or what there was.
    found : Decimal
        What was asked for, needed, or found.
    """

    limit: Decimal
    found: Decimal


class Refusals(PositionControls):
    """The part of `Engine` that says why a command was refused.

    Examples
    --------
    >>> from engine import Engine, Instrument
    >>> venue = Engine(accounts=True)
    >>> _ = venue.add_currency("USD", unit="0.01"), venue.set_account(7)
    >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1,
    ...                                     kind="linear", quote="USD", max_leverage=20))
    >>> _ = venue.deposit(7, "USD", 10)
    >>> report = venue.submit("OIL", side="buy", price="71.25", quantity=3, account=7)
    >>> venue.explain(report)
    'INSUFFICIENT_FUNDS: 10.69 USD were needed, 10.00 were there'
    >>> venue.numbers_behind(report)
    RejectNumbers(limit=Decimal('10.00'), found=Decimal('10.69'))
    """

    __slots__ = ()

    def numbers_behind(self, report: ExecutionReport) -> RejectNumbers | None:
        """Return the numbers behind a refusal, in decimals.

        Parameters
        ----------
        report
            What the command returned.

        Returns
        -------
        RejectNumbers or None
            None when the command was not refused, and where the reason has no numbers.
        """
        reason = checked_report(report).reject_reason
        if report.exec_type != ExecType.REJECTED or reason not in SENTENCES:
            return None
        numbers = (report.last_quantity, report.last_price)
        if reason == R.PRICE_TOO_FAR:
            distance, price = numbers
            of = self._instrument_of(report)
            return RejectNumbers(_steps(distance, RATES), of.to_price(price))
        return RejectNumbers(*map(self._reader(report), numbers))

    def explain(self, report: ExecutionReport) -> str:
        """Return why a command was refused, in a sentence where the name does not say it all.

        The name of the reason alone where it does; NONE when it was not refused.

        Parameters
        ----------
        report
            What the command returned.
        """
        name, numbers = checked_report(report).reject_reason.name, self.numbers_behind(report)
        if numbers is None:
            told = self._without_numbers(report)
            return name if told is None else f"{name}: {told}"
        sentence = SENTENCES[report.reject_reason]
        words = {"limit": f"{numbers.limit:f}", "found": f"{numbers.found:f}"}
        if "{currency}" in sentence:
            words["currency"] = self._currency_of(report).name
        return f"{name}: {sentence.format(**words)}"

    def _without_numbers(self, report: ExecutionReport) -> str | None:
        """Return what is said of a reason that has no numbers, None where its name says it all."""
        reason = report.reject_reason
        if report.exec_type != ExecType.REJECTED:
            return None
        if reason == R.MALFORMED:
            return MALFORMED
        if reason == R.UNKNOWN_ACCOUNT:
            return self._unknown_account(report)
        if reason == R.LIMIT_OUT_OF_RANGE:
            return bound_of_limit(report)
        if reason == R.AMOUNT_OUT_OF_RANGE:
            is_of_money = report.kind in (DEPOSIT, WITHDRAW, TRANSFER)
            return bound_of_amount(report, self._currency_of(report) if is_of_money else None)
        if reason == R.VALUE_OVERFLOW and report.kind in (SUBMIT, REPLACE):
            currency = self._currency_of(report)
            return f"an order is worth {currency.to_amount(HIGHEST):f} {currency.name} at most"
        find = OF_AN_INSTRUMENT.get(reason)
        return None if find is None else find(report, self._instrument_of(report))

    def _unknown_account(self, report: ExecutionReport) -> str:
        """Return who is not known; of the two of a transfer a report doesn't say which."""
        if not self._keeps_accounts:
            return f"it is for {NO_ACCOUNTS}"
        either = " or the receiver" if report.kind == TRANSFER else ""
        return f"account {report.account}{either} was never set"

    def _reader(self, report: ExecutionReport) -> Callable[[int], Decimal]:
        """Return what makes decimals of the numbers behind a refusal."""
        reason = report.reject_reason
        if reason in OF_SECONDS:
            return lambda nanoseconds: _steps(nanoseconds, SECONDS)
        if reason == R.OPEN_ORDERS_LIMIT:
            return Decimal
        if reason in OF_LOTS:
            return self._instrument_of(report).to_quantity
        if reason in OF_TICKS:
            return self._instrument_of(report).to_price
        return self._currency_of(report).to_amount

    def _currency_of(self, report: ExecutionReport) -> Currency:
        """Return the currency of the amounts in a refusal, which are those of accounts."""
        if report.kind in (DEPOSIT, WITHDRAW, TRANSFER):
            return self.currencies[report.instrument]
        instrument = self._instrument_of(report)
        is_of_base = report.reject_reason == R.INSUFFICIENT_FUNDS and report.side == SELL
        is_spot = instrument.kind == ContractKind.SPOT
        name = instrument.base if is_spot and is_of_base else instrument.settle
        assert name is not None, "an instrument with accounts has a contract"
        return self.currency(name)


def _steps(number: int, step: Decimal) -> Decimal:
    return EXACT.multiply(Decimal(number), step)
