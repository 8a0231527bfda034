"""Contracts in whole numbers, of instruments and currencies that are in decimals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from engine import calc
from engine._funding_terms import funding_terms
from engine._instrument_checks import RATE, billionths, initial_rate
from engine._liquidation_terms import liquidation_terms
from engine._lot_units import lot_size_of, lot_value_of, units_of
from engine._members import nearest_names
from engine._schema import ContractKind
from engine._shown import shown
from engine.currency import Currency
from engine.errors import GridError
from engine.instrument import Instrument

__all__ = ["Currencies", "contract_terms", "entry_price"]

Currencies = Mapping[str, tuple[int, Currency]]
"""Number and currency by name."""

BILLION: Final = 10**9
ATTOS: Final = 10**18


def contract_terms(instrument: Instrument, currencies: Currencies) -> dict[str, Any]:
    """Return an instrument's contract as the core is told it: in units, and in billionths.

    Parameters
    ----------
    instrument
        Whose.
    currencies
        Those that there are.

    Raises
    ------
    GridError
        The instrument has no contract, names a currency that there is not, or its lots are no whole
        numbers of units: one error that lists everything that is wrong.

    Examples
    --------
    >>> dollar = Currency(name="USD", unit="0.01")
    >>> swap = Instrument(symbol="OIL", tick_size="0.01", lot_size=1, kind="linear", quote="USD",
    ...                   multiplier=10, taker_fee="0.0005", max_leverage=20)
    >>> contract_terms(swap, {"USD": (0, dollar)})["value_factor"]
    10
    >>> coarse = Currency(name="USD", unit=1)
    >>> contract_terms(swap, {"USD": (0, coarse)})
    Traceback (most recent call last):
        ...
    engine.errors.GridError: instrument 'OIL': the smallest unit of USD is 1, one lot at one tick\
 is worth 0.1: choose a unit of 0.1 or finer
    """
    kind = instrument.kind
    if kind is None:
        raise GridError(
            f"instrument {instrument.symbol!r}: kind was None, must be 'spot', 'linear' or"
            " 'inverse' in a venue with accounts"
        )
    problems: list[str] = []
    payer = "base" if kind == ContractKind.INVERSE else "quote"
    if instrument.settle != instrument.payer:
        payer = "settle"
    terms: dict[str, Any] = {
        "kind": kind,
        "settle": _number_of(instrument, payer, currencies, problems),
        "value_factor": _value_factor(instrument, currencies, problems),
        "maker_rate": billionths(instrument.maker_fee),
        "taker_rate": billionths(instrument.taker_fee),
        "fee_tiers": {
            number: (billionths(tier.maker), billionths(tier.taker))
            for number, tier in enumerate(instrument.fee_tiers, start=1)
        },
        "min_value": _value(instrument, "min_notional", currencies, problems),
        "max_value": _value(instrument, "max_notional", currencies, problems),
        "value_rounding": instrument.value_rounding,
        "fee_rounding": instrument.fee_rounding,
        "fee_currency": instrument.fee_currency,
    }
    if kind == ContractKind.SPOT:
        terms["base"] = _number_of(instrument, "base", currencies, problems)
        terms["lot_units"] = _lot_units(instrument, currencies, problems)
    else:
        terms["initial_rate"] = initial_rate(instrument.initial_margin, instrument.max_leverage)
        terms["maintenance_rate"] = billionths(instrument.maintenance_margin)
        terms["margin_tiers"] = _margin_tiers(instrument, currencies, problems)
        terms["initial_slope"], terms["maintenance_slope"] = (
            _slope(instrument, field, currencies, problems)
            for field in ("initial_slope", "maintenance_slope")
        )
        for field in ("open_interest_lower", "open_interest_upper"):
            terms[field] = _value(instrument, field, currencies, problems)
        terms["rate_step"] = billionths(instrument.rate_step or RATE)
        terms["close_fee"] = instrument.close_fee
        terms["initial_close_fee"] = instrument.initial_close_fee
        terms["value_at_entry"] = int(instrument.value_basis == "entry")
        terms["initial_at_mark"] = int(instrument.initial_value_basis == "mark")
        terms["open_loss"] = int(instrument.open_loss)
        terms["order_price"] = instrument.order_price
        terms["order_price_buffer"] = billionths(instrument.order_price_buffer)
        terms |= funding_terms(instrument, problems)
        has_funding = instrument.funding is not None
        terms["funding_in_maintenance"] = int(instrument.funding_in_maintenance and has_funding)
        of = currencies.get(instrument.settle or "")
        terms |= liquidation_terms(
            instrument,
            lambda value: _units(of, Fraction(value), "liquidation has", problems),
            problems,
        )
    if problems:
        raise GridError(f"instrument {instrument.symbol!r}: {'; '.join(problems)}")
    return terms


def entry_price(instrument: Instrument, quantity: Decimal, entry_value: Decimal) -> Decimal | None:
    """Return the average price of a position, None where nothing says it.

    Parameters
    ----------
    instrument
        A derivative.
    quantity
        Of the position, below 0 when short.
    entry_value
        What it was worth when it came.

    Examples
    --------
    >>> swap = Instrument(symbol="BTC", tick_size="0.5", lot_size=1, kind="inverse", base="BTC",
    ...                   multiplier=100, max_leverage=20)
    >>> entry_price(swap, Decimal(-5), Decimal("0.01"))
    Decimal('50000')
    """
    assert instrument.kind is not None, "an instrument with positions has a kind"
    if quantity == 0 or (instrument.kind == ContractKind.INVERSE and entry_value <= 0):
        return None
    price: Decimal = calc.entry_price(
        quantity.copy_abs(),  # not `abs`, which rounds as the caller's context says
        entry_value,
        multiplier=instrument.multiplier,
        contract=instrument.kind,
    )
    return price


def _number_of(
    instrument: Instrument, field: str, currencies: Currencies, problems: list[str]
) -> int:
    """Return the number of a currency that an instrument names, 0 where that was refused."""
    name = getattr(instrument, field)
    if name in currencies:
        return currencies[name][0]
    problems.append(
        f"{field} was {shown(name)}, not one of {len(currencies):,} currencies added"
        f"{nearest_names(name, currencies)}"
    )
    return 0


def _lot_units(instrument: Instrument, currencies: Currencies, problems: list[str]) -> int:
    """Return how much of the base a lot of a spot instrument is, in units."""
    known = currencies.get(instrument.base or "")
    return _units(known, lot_size_of(instrument), "one lot is", problems)


def _value_factor(instrument: Instrument, currencies: Currencies, problems: list[str]) -> int:
    """Return what one lot is worth at one tick, in units of the currency that settles."""
    of = currencies.get(instrument.settle or "")
    return _units(of, lot_value_of(instrument), "one lot at one tick is worth", problems)


def _value(instrument: Instrument, field: str, currencies: Currencies, problems: list[str]) -> int:
    """Return a bound of what an order is worth, in units of what settles; 0 for none."""
    bound = getattr(instrument, field)
    of = currencies.get(instrument.settle or "")
    return _units(of, Fraction(bound), f"{field} is", problems) if bound else 0


def _margin_tiers(
    instrument: Instrument, currencies: Currencies, problems: list[str]
) -> list[tuple[int, int, int, int]]:
    """Return floors in units of what settles, each with its rates and its deduction.

    A deduction is rounded down, and so that the margin does not fall where the tier begins.
    """
    of = currencies.get(instrument.settle or "")
    rows: list[tuple[int, int, int, int]] = []
    before, deduction = billionths(instrument.maintenance_margin), 0
    for place, tier in enumerate(instrument.margin_tiers):
        floor = _units(of, Fraction(tier.floor), f"margin_tiers[{place}].floor is", problems)
        rate = billionths(tier.maintenance_rate)
        no_step = deduction + floor * (rate - before) // BILLION
        told = 0 if of is None else int(Fraction(tier.deduction or 0) / Fraction(of[1].unit))
        before, deduction = rate, min(told, no_step)
        rows.append((floor, initial_rate(tier.initial_rate, tier.max_leverage), rate, deduction))
    return rows


def _slope(instrument: Instrument, field: str, currencies: Currencies, problems: list[str]) -> int:
    """Return what a lot, of an inverse instrument a unit of its value, adds to a rate: 10^-18."""
    slope = Fraction(getattr(instrument, field))
    if instrument.kind == ContractKind.INVERSE:
        known = currencies.get(instrument.settle or "")
        size, what = Fraction(0 if known is None else known[1].unit), "a unit"
    else:
        size, what = lot_size_of(instrument), "a lot"
    found = slope * size * ATTOS
    if found.denominator == 1 and found <= ATTOS:
        return int(found)
    problems.append(f"{field} was {slope * size} for {what}, must be up to 1 in steps of 1e-18")
    return 0


def _units(
    known: tuple[int, Currency] | None, worth: Fraction, what: str, problems: list[str]
) -> int:
    """Return how many units of a currency something is worth, 1 where that was refused."""
    if known is None:
        return 1  # told where the currency was looked for
    _, currency = known
    try:
        return units_of(worth, currency.unit, currency.name, what)
    except GridError as error:
        problems.append(str(error))
        return 1
