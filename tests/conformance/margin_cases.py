"""What answers the cases of margin."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final

from conformance.cases import Library, OneOf, Question
from conformance.money_cases import (
    ENTRY,
    FEE,
    LEVERAGE,
    MILLION,
    POSITION,
    PRICE,
    QUANTITY,
    SIDE,
    VALUE,
    WordForm,
    contract_of,
    factor_of,
    form,
    magnitude,
    margin_of,
    plus,
    position_margin,
    sided,
    sign_of,
)
from conformance.scenarios import number

from engine import MarginSchedule, MarginTier, calc
from engine.calc import EXACT

RATE: Final = dict.fromkeys(("imr", "imf"), "rate")
CLOSING: Final = {word: name for word, name in FEE.items() if word != "rate"}
"""The words of a fee beside a maintenance rate: another rate is that of funding."""
MAINTENANCE: Final = {"mmr": "rate", "r": "rate"}
DEDUCTION: Final = dict.fromkeys(("cum", "ded", "amount"), "deduction")
ORDERED: Final = dict.fromkeys(("price", "p", "px", "assuming", "assumed"), "price")
"""The price of an order."""
ANY_PRICE: Final = {**PRICE, **ORDERED, **dict.fromkeys(ENTRY, "price")}
HELD: Final = {
    **dict.fromkeys(("av", "bal", "balance", "equity", "eq", "mb", "margin_balance"), "balance"),
    **dict.fromkeys(("wallet", "wb", "margin", "static", "cash"), "balance"),
}
GAIN: Final = dict.fromkeys(("upnl", "upl", "unrealized", "unrealised"), "gain")
CASH: Final = dict.fromkeys(("raw", "rawusd", "cash"), "balance")
SLOPE: Final = {
    **dict.fromkeys(QUANTITY, "size"),
    **PRICE,
    **dict.fromkeys(("base", "b"), "base"),
    **dict.fromkeys(("k", "slope"), "slope"),
}
INTEREST: Final = {
    "oi": "open_interest",
    **dict.fromkeys(("lo", "lower"), "lower"),
    **dict.fromkeys(("hi", "upper"), "upper"),
}
QUANTUMS: Final = {
    "q": "quantums",
    "price": "price",
    "ex": "exponent",
    "ar": "resolution",
    **dict.fromkeys(("base_imf", "imf", "imr", "im"), "rate"),
    "mf": "fraction",
    **INTEREST,
}
QUOTE_PLACES: Final = 6  # of dYdX's quote quantums
BASE_RATES: Final = {"dydx-v4": "0.2"}
"""The initial rate of the market that the venue's own tests of its scaling are of."""
EITHER_KIND: Final = {"nekuti": ("linear", "inverse")}
"""Venues whose cases don't tell the contract."""


def worth(venue: str, quantity: Any, price: Any, multiplier: Any = 1, kind: str = "") -> Any:
    """Return a value, exactly."""
    return calc.position_value(
        abs(number(quantity)),
        price,
        multiplier=factor_of(venue, multiplier),
        contract=kind or contract_of(venue),
        step=EXACT,
    )


def rounded_initial(venue: str, amount: Any) -> Any:
    """Return a requirement in the venue's unit."""
    schedule = margin_of(venue)
    return calc.position_margin(amount, step=schedule.step, rounding=schedule.initial_rounding)


# Positions.


def initial_of_value(
    venue: str,
    value: Any,
    leverage: Any = None,
    rate: Any = None,
    fee_rate: str = "0",
    side: Any = None,
) -> Any:
    value = magnitude(value)
    schedule = margin_of(venue)
    is_sided = number(fee_rate) and "initial" in schedule.close_fee_in

    def ask(each: Any) -> Any:
        bare = calc.initial_margin(value, leverage=leverage, rate=rate, step=EXACT)
        fee = 0
        if "initial" in schedule.close_fee_in:
            fee = calc.close_fee(
                value,
                fee_rate,
                convention=schedule.close_fee,
                initial_margin=bare,
                side=each,
                contract=contract_of(venue),
                step=EXACT,
            )
        return rounded_initial(venue, plus(bare, fee))

    return sided(side if is_sided else 1, ask)


def initial_of_position(
    venue: str,
    quantity: str,
    price: str,
    multiplier: str = "1",
    leverage: Any = None,
    rate: Any = None,
    fee_rate: str = "0",
    side: Any = None,
) -> Any:
    kinds = EITHER_KIND.get(venue)
    if kinds is not None:
        return OneOf(
            initial_of_value(venue, worth(venue, quantity, price, multiplier, kind), leverage, rate)
            for kind in kinds
        )
    value = worth(venue, quantity, price, multiplier)
    return initial_of_value(venue, value, leverage, rate, fee_rate, side)


def sloped(base: str, slope: str, margin: str) -> MarginSchedule:
    """Return a schedule that has this slope in one of its margins."""
    is_initial = margin == "initial"
    return MarginSchedule(
        tier_mode="slope",
        tiers=[MarginTier(initial_rate=base, maintenance_rate=0 if is_initial else base)],
        initial_slope=slope if is_initial else 0,
        maintenance_slope=0 if is_initial else slope,
    )


def sloped_initial_rate(_: str, size: str, base: str, slope: str) -> Any:
    return calc.sloped_margin_rate(base, slope, abs(number(size)))


def sloped_initial(_: str, size: str, base: str, slope: str, price: str = "1") -> Any:
    value = worth("", size, price)
    return sloped(base, slope, "initial").initial_margin(value, size=abs(number(size)))


def sloped_maintenance(_: str, size: str, base: str, slope: str, price: str = "1") -> Any:
    value = worth("", size, price)
    return sloped(base, slope, "maintenance").maintenance_margin(value, size=abs(number(size)))


def of_interest(
    venue: str, rate: Any, lower: str = "0", upper: str = "0", fraction: str = "0"
) -> MarginSchedule:
    """Return the venue's schedule with a market's own numbers; an upper bound of 0 is none."""
    values = margin_of(venue).to_dict()
    has_bound = number(upper) != 0
    values |= {
        "tiers": [{"initial_rate": rate}],
        "maintenance_fraction": fraction,
        "open_interest_lower": lower if has_bound else None,
        "open_interest_upper": upper if has_bound else None,
    }
    return MarginSchedule.from_dict(values)


def initial_of_interest(
    venue: str, value: str, rate: str, open_interest: str, lower: str, upper: str
) -> Any:
    schedule = of_interest(venue, rate, lower, upper)
    return schedule.initial_margin(abs(number(value)), open_interest=open_interest)


def rate_of_interest(
    venue: str, open_interest: str, lower: str, upper: str, rate: Any = None
) -> Any:
    """Return an initial rate in millionths, as dYdX tells it."""
    base = BASE_RATES[venue] if rate is None else number(rate) / Decimal(MILLION)
    found = of_interest(venue, base, lower, upper).initial_rate(open_interest=open_interest)
    return calc.position_value(found, MILLION)


def value_of_quantums(quantums: str, price: str, exponent: str, resolution: str) -> Any:
    """Return a value in quote quantums: dYdX's prices have exponents, its sizes a resolution."""
    places = int(number(exponent)) + int(number(resolution)) + QUOTE_PLACES
    factor = Decimal(1).scaleb(places)
    return calc.position_value(abs(number(quantums)), price, multiplier=factor, step=EXACT)


def initial_of_quantums(
    venue: str,
    quantums: str,
    price: str,
    exponent: str,
    resolution: str,
    rate: str,
    fraction: str = "0",
    open_interest: str = "0",
    lower: str = "0",
    upper: str = "0",
) -> Any:
    value = value_of_quantums(quantums, price, exponent, resolution)
    schedule = of_interest(venue, rate, lower, upper, fraction)
    return schedule.initial_margin(value, open_interest=open_interest)


def maintenance_of_quantums(
    venue: str,
    quantums: str,
    price: str,
    exponent: str,
    resolution: str,
    rate: str,
    fraction: str,
    **of_interest_alone: str,
) -> Any:
    """Return a maintenance margin: the open interest, where it is told, doesn't count."""
    assert of_interest_alone.keys() <= set(INTEREST.values())
    value = value_of_quantums(quantums, price, exponent, resolution)
    return of_interest(venue, rate, fraction=fraction).maintenance_margin(value)


def rate_of_fraction(_: str, rate: str, fraction: str) -> Any:
    """Return a maintenance rate in millionths, as the initial rate and the fraction are told.

    Where one of them is no whole number both are rates, and so is what is asked for.
    """
    if any(number(told) != int(number(told)) for told in (rate, fraction)):
        return calc.maintenance_margin(rate, fraction, step=EXACT)
    part = number(fraction) / Decimal(MILLION)
    return calc.maintenance_margin(rate, part, step=1, rounding="down")


def rate_of_leverage(_: str, leverage: str) -> Any:
    """Hyperliquid: half of the initial rate at the highest leverage."""
    schedule = MarginSchedule(tiers=[MarginTier(max_leverage=leverage)], maintenance_fraction="0.5")
    return schedule.maintenance_rate()


def maintenance_amount(_: str, floor: str, rate: str, before: str, amount: str = "0") -> Any:
    return calc.maintenance_amount(floor, rate, before, amount)


def maintenance_of_value(
    venue: str,
    value: Any,
    rate: str,
    deduction: str = "0",
    close_fee: Any = "0",
    funding: str = "0",
    leverage: Any = None,
    fee_rate: str = "0",
    side: Any = None,
) -> Any:
    value = magnitude(value)
    schedule = margin_of(venue)
    is_sided = number(fee_rate) and leverage is not None

    def ask(each: Any) -> Any:
        held = close_fee
        if number(fee_rate):
            initial = 0
            if leverage is not None:
                initial = calc.initial_margin(value, leverage=leverage, step=EXACT)
            held = calc.close_fee(
                value,
                fee_rate,
                convention=schedule.close_fee,
                initial_margin=initial,
                side=each,
                contract=contract_of(venue),
                step=EXACT,
            )
        return calc.maintenance_margin(
            value,
            rate,
            deduction=deduction,
            close_fee=held,
            funding_rate=funding,
            step=schedule.step,
            rounding=schedule.maintenance_rounding,
        )

    return sided(side if is_sided else 1, ask)


def maintenance_of_position(
    venue: str, quantity: str, price: str, rate: str, multiplier: str = "1", **more: Any
) -> Any:
    return maintenance_of_value(venue, worth(venue, quantity, price, multiplier), rate, **more)


def maintenance_of_tiers(venue: str, value: str, tiers: list[list[str]]) -> Any:
    """Rows are floor, cap, maintenance rate, highest leverage and maintenance amount."""
    return schedule_of_rows(venue, tiers).maintenance_margin(magnitude(value))


def maintenance_of_held_tiers(
    venue: str, quantity: str, price: str, tiers: list[list[str]], multiplier: str = "1"
) -> Any:
    """Return the same of a position's value."""
    value = worth(venue, quantity, price, multiplier)
    return schedule_of_rows(venue, tiers).maintenance_margin(value)


def maintenance_of_fraction(venue: str, value: str, rate: str, fraction: str) -> Any:
    """Return a fraction of the initial margin, as dYdX has it."""
    return of_interest(venue, rate, fraction=fraction).maintenance_margin(magnitude(value))


def maintenance_of_adjustment(
    venue: str,
    quantity: str,
    price: str,
    leverage: str,
    adjustment: str,
    multiplier: str = "1",
) -> Any:
    """Return the adjustment factor's part of the initial margin, as HTX has it."""
    rate = calc.initial_margin(adjustment, leverage=leverage, step=EXACT)
    return maintenance_of_value(venue, worth(venue, quantity, price, multiplier), rate)


def maintenance_of_leverage(_: str, value: str, leverage: str) -> Any:
    """Hyperliquid: half of the initial margin at the highest leverage."""
    schedule = MarginSchedule(tiers=[MarginTier(max_leverage=leverage)], maintenance_fraction="0.5")
    return schedule.maintenance_margin(magnitude(value))


def maintenance_of_held_leverage(
    venue: str, quantity: str, price: str, leverage: str, multiplier: str = "1"
) -> Any:
    """Return the same of a position's value."""
    return maintenance_of_leverage(venue, worth(venue, quantity, price, multiplier), leverage)


def schedule_of_rows(venue: str, rows: list[list[Any]]) -> MarginSchedule:
    """Return a schedule of a venue's brackets, its amounts left to be computed."""
    values = margin_of(venue).to_dict()
    values["tiers"] = [
        MarginTier(floor=floor, maintenance_rate=rate, max_leverage=leverage)
        for floor, _, rate, leverage, _ in rows
    ]
    return MarginSchedule.from_dict(values)


def initial_of_tiers(venue: str, value: str, tiers: list[list[str]], leverage: Any = None) -> Any:
    """Return an initial margin at a leverage, or at the highest that the bracket allows."""
    if leverage is not None:
        return initial_of_value(venue, value, leverage)
    return schedule_of_rows(venue, tiers).initial_margin(magnitude(value))


def rate_of_tiers(venue: str, value: str, tiers: list[list[str]]) -> Any:
    return schedule_of_rows(venue, tiers).maintenance_rate(magnitude(value))


def leverage_of_tiers(venue: str, value: str, tiers: list[list[str]]) -> Any:
    return schedule_of_rows(venue, tiers).tier(magnitude(value)).max_leverage


def collateral_value(
    _: str, balances: Any, prices: Any, haircuts: Any = "0", gain: str = "0"
) -> Any:
    """Return what assets are worth as margin: of each its value, less the haircut of that."""
    rows = [each if isinstance(each, list) else [each] for each in (balances, prices, haircuts)]
    if len(rows[2]) == 1:
        rows[2] *= len(rows[0])
    whole: Any = number(gain)
    for amount, price, haircut in zip(*rows, strict=True):
        value = calc.position_value(amount, price, step=EXACT)
        off = calc.trade_fee(amount, price, haircut, step=EXACT)
        whole = calc.margin_balance(whole, calc.net_pnl(value, fees=off, step=EXACT))
    return whole


class BracketForm(WordForm):
    """The tables of real brackets: each of their maintenance amounts, by symbol."""

    def understands(self, inputs: Collection[str]) -> bool:
        """Return whether there are tables."""
        return "tables" in inputs

    def answer(self, question: Question, _: Library) -> Any:
        """Say which amounts of the tables are not those that their schedules compute."""
        unlike = {}
        for symbol, table in question.inputs["tables"].items():
            tiers = schedule_of_rows("binance-usdm", table["rows"]).tiers
            told = [number(row[4]) for row in table["rows"]]
            if [tier.deduction for tier in tiers] != told:
                unlike[symbol] = [tier.deduction for tier in tiers]
        return unlike or None


def initial_beside_fee(venue: str, value: Any, leverage: str) -> Any:
    """Return an initial margin that a fee is added to: of BitMEX one in whole units."""
    bare = calc.initial_margin(value, leverage=leverage, step=EXACT)
    return rounded_initial(venue, bare) if venue.startswith("bitmex-") else bare


def fee_at_bankruptcy(
    venue: str, quantity: str, bust: str, fee_rate: str, multiplier: str = "1"
) -> Any:
    """Return what closing costs at a bankruptcy price that is told."""
    return calc.trade_fee(
        quantity,
        bust,
        fee_rate,
        multiplier=factor_of(venue, multiplier),
        contract=contract_of(venue),
        step=EXACT,
    )


def fee_reserve(
    venue: str,
    fee_rate: str,
    value: Any = None,
    initial: Any = None,
    leverage: Any = None,
    quantity: Any = None,
    price: Any = None,
    multiplier: str = "1",
    side: Any = None,
) -> Any:
    schedule = margin_of(venue)
    whole = worth(venue, quantity, price, multiplier) if value is None else magnitude(value)
    if initial is None:
        initial = initial_beside_fee(venue, whole, leverage)
    return sided(
        side if schedule.close_fee.name == "BANKRUPTCY" else 1,
        lambda each: calc.close_fee(
            whole,
            fee_rate,
            convention=schedule.close_fee,
            initial_margin=initial,
            side=each,
            contract=contract_of(venue),
            step=schedule.step,
            rounding=schedule.initial_rounding,
        ),
    )


def margin_of_parts(_: str, initial: str, close_fee: str) -> Any:
    return calc.position_margin(initial, close_fee)


def margin_of_value(
    venue: str, value: Any, leverage: str, fee_rate: str = "0", side: Any = None
) -> Any:
    value = magnitude(value)
    if venue.startswith("bitmex-"):
        fee = fee_reserve(venue, fee_rate, value, leverage=leverage)
        return calc.position_margin(initial_beside_fee(venue, value, leverage), fee)
    return sided(side, lambda each: position_margin(venue, value, leverage, fee_rate, each))


def margin_of_position(
    venue: str, quantity: str, price: str, leverage: str, multiplier: str = "1", **more: Any
) -> Any:
    return margin_of_value(venue, worth(venue, quantity, price, multiplier), leverage, **more)


def margin_balance(_: str, balance: str, gain: str) -> Any:
    return calc.margin_balance(balance, gain)


def balance_of_cash(venue: str, balance: str, quantity: str, price: str, side: Any = 1) -> Any:
    """Return what cash and a position are worth together, as Hyperliquid tells it."""
    value = worth(venue, quantity, price)
    signed = sign_of(side) * (-1 if number(quantity) < 0 else 1) * value
    return calc.margin_balance(balance, signed)


def balance_of_position(
    venue: str,
    balance: str,
    quantity: str,
    entry: str,
    price: str,
    multiplier: str = "1",
    side: Any = None,
) -> Any:
    schedule, contract = margin_of(venue), contract_of(venue)
    factor = factor_of(venue, multiplier)
    return sided(
        side,
        lambda each: calc.margin_balance(
            balance,
            schedule.unrealized_pnl(
                each, quantity, entry, price, multiplier=factor, contract=contract
            ),
        ),
    )


def available_balance(_: str, balance: str, used: str, more: str = "0", gain: str = "0") -> Any:
    return calc.available_balance(calc.margin_balance(balance, gain), plus(used, more))


def ratio_of_maintenance(
    venue: str, balance: Any, needed: Any, gain: str = "0", close_fee: str = "0"
) -> Any:
    """Return how often the balance is what is needed, or what part of it that is.

    OKX tells the first, others the second: what is liquidated is at 100 % of either.
    """
    held = calc.margin_balance(balance, gain)
    whole = plus(needed, close_fee)
    if venue.startswith("okx-"):
        return calc.margin_ratio(held, whole)
    return calc.return_on_margin(whole, held)


def ratio_of_position(
    venue: str,
    balance: str,
    quantity: str,
    price: str,
    rate: str,
    fee_rate: str = "0",
    multiplier: str = "1",
    gain: str = "0",
) -> Any:
    """Return the same of a position and the fee of closing it."""
    value = worth(venue, quantity, price, multiplier)
    needed = calc.maintenance_margin(value, plus(rate, fee_rate), step=EXACT)
    return ratio_of_maintenance(venue, balance, needed, gain)


def ratio_of_margin(_: str, balance: str, initial: str, adjustment: str) -> Any:
    """Return HTX's ratio of a position margin that is told."""
    return calc.margin_ratio(balance, initial, adjustment=adjustment)


def margin_ratio(
    venue: str,
    balance: str,
    quantity: str,
    price: str,
    leverage: str,
    adjustment: str = "0",
    multiplier: str = "1",
) -> Any:
    initial = calc.initial_margin(
        worth(venue, quantity, price, multiplier), leverage=leverage, step=EXACT
    )
    return calc.margin_ratio(balance, initial, adjustment=adjustment)


TIERS: Final = {**VALUE, "n": "value", "tiers": "tiers"}
COLLATERAL: Final = {
    **dict.fromkeys(("balances", "balance", "bal", "amounts", "q"), "balances"),
    **dict.fromkeys(("prices", "price", "px", "idx", "index", "indexes"), "prices"),
    **dict.fromkeys(("haircuts", "haircut", "h", "hc"), "haircuts"),
    **GAIN,
}
FORMS: Final = {
    "initial_margin": [
        form(initial_of_interest, "value rate open_interest lower upper", INTEREST, VALUE,
             n="value", **dict.fromkeys(("base_imf", "imf", "imr", "im"), "rate")),
        form(initial_of_tiers, "value tiers", TIERS, LEVERAGE),
        form(initial_of_quantums, "quantums price exponent resolution rate", QUANTUMS),
        form(sloped_initial, "size base slope", SLOPE),
        form(initial_of_value, "value leverage", VALUE, LEVERAGE, FEE, SIDE, n="value"),
        form(initial_of_value, "value rate", VALUE, RATE, FEE, SIDE, n="value"),
        form(initial_of_position, "quantity price leverage", POSITION, ANY_PRICE, LEVERAGE, FEE,
             SIDE),
        form(initial_of_position, "quantity price rate", POSITION, ANY_PRICE, RATE, FEE, SIDE),
    ],
    "initial_margin_fraction": [
        form(sloped_initial_rate, "size base slope", SLOPE),
        form(rate_of_interest, "open_interest lower upper", INTEREST, im="rate", imf="rate",
             base="rate"),
    ],
    "maintenance_margin_fraction": [
        form(sloped_initial_rate, "size base slope", SLOPE),
        form(rate_of_fraction, "rate fraction", im="rate", imf="rate", mf="fraction"),
        form(rate_of_tiers, "value tiers", TIERS),
        form(rate_of_leverage, "leverage", LEVERAGE, maxlev="leverage", max_lev="leverage"),
    ],
    "maintenance_amount": [
        form(maintenance_amount, "floor rate before", floor_="floor", fl="floor", floor="floor",
             r="rate", mmr="rate",
             **dict.fromkeys(("r0", "mmr0", "prev_mmr", "mmr_prev", "prev_r"), "before"),
             **dict.fromkeys(("cum0", "c0", "ded0", "d0", "prev_cum", "cum_prev"), "amount")),
    ],
    "binance_leverage_brackets": [BracketForm(maintenance_of_tiers, {}, frozenset())],
    "maintenance_margin": [
        form(maintenance_of_tiers, "value tiers", TIERS),
        form(maintenance_of_held_tiers, "quantity price tiers", POSITION, ANY_PRICE,
             tiers="tiers"),
        form(maintenance_of_fraction, "value rate fraction", VALUE, n="value", imf="rate",
             base_imf="rate", mf="fraction"),
        form(maintenance_of_leverage, "value leverage", VALUE, LEVERAGE, maxlev="leverage",
             max_lev="leverage"),
        form(maintenance_of_adjustment, "quantity price leverage adjustment", POSITION, ANY_PRICE,
             LEVERAGE, adj="adjustment"),
        form(maintenance_of_held_leverage, "quantity price leverage", POSITION, ANY_PRICE,
             maxlev="leverage", max_lev="leverage"),
        form(maintenance_of_quantums, "quantums price exponent resolution rate fraction",
             QUANTUMS),
        form(sloped_maintenance, "size base slope", SLOPE),
        form(maintenance_of_position, "quantity price rate", POSITION, ANY_PRICE, MAINTENANCE,
             DEDUCTION, LEVERAGE, CLOSING, SIDE, funding="funding", rate="funding",
             comm="close_fee"),
        form(maintenance_of_value, "value rate", VALUE, MAINTENANCE, DEDUCTION, LEVERAGE, CLOSING,
             SIDE, funding="funding", rate="funding", comm="close_fee", n="value"),
    ],
    "fee_reserve": [
        form(fee_reserve, "value fee_rate initial", VALUE, FEE, SIDE, init="initial",
             im="initial"),
        form(fee_at_bankruptcy, "quantity bust fee_rate", POSITION, FEE, bust="bust"),
        form(fee_reserve, "value fee_rate leverage", VALUE, FEE, SIDE, LEVERAGE),
        form(fee_reserve, "quantity price fee_rate leverage", POSITION, ANY_PRICE, FEE, SIDE,
             LEVERAGE),
    ],
    "position_margin": [
        form(margin_of_parts, "initial close_fee", init="initial", im="initial",
             **dict.fromkeys(("comm", "closefee", "close_fee", "fee"), "close_fee")),
        form(margin_of_value, "value leverage", VALUE, LEVERAGE, FEE, SIDE),
        form(margin_of_position, "quantity price leverage", POSITION, ANY_PRICE, LEVERAGE, FEE,
             SIDE),
    ],
    "margin_balance": [
        form(margin_balance, "balance gain", HELD, CASH, GAIN, ntl="gain", value="gain"),
        form(balance_of_position, "balance quantity entry price", POSITION, ENTRY, PRICE, SIDE,
             HELD),
        form(balance_of_cash, "balance quantity price", CASH, QUANTITY, PRICE, SIDE),
        form(collateral_value, "balances prices haircuts", COLLATERAL),
    ],
    "max_leverage": [form(leverage_of_tiers, "value tiers", TIERS)],
    "collateral_value": [form(collateral_value, "balances prices", COLLATERAL)],
    "available_balance": [
        form(available_balance, "balance used", HELD, GAIN, used="used", im="used", om="more"),
    ],
    "margin_ratio": [
        form(margin_ratio, "balance quantity price leverage", POSITION, PRICE, LEVERAGE,
             HELD, adj="adjustment"),
        form(ratio_of_margin, "balance initial adjustment", HELD, adj="adjustment",
             **dict.fromkeys(("pm", "im", "used"), "initial")),
        form(ratio_of_position, "balance quantity price rate", POSITION, PRICE, MAINTENANCE, FEE,
             HELD, GAIN),
        form(ratio_of_maintenance, "balance needed", HELD, GAIN, fee="close_fee",
             **dict.fromkeys(("mm", "maint", "tmm", "im"), "needed")),
    ],
}  # fmt: skip
