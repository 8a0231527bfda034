"""What answers the cases of liquidation: public calls of `engine.calc` and of `LiquidationSpec`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from conformance.cases import Library, OneOf, Question
from conformance.margin_cases import of_interest, schedule_of_rows
from conformance.money_cases import (
    ENTRY,
    FEE,
    LEVERAGE,
    POSITION,
    SIDE,
    UNITS,
    WordForm,
    contract_of,
    form,
    name_of,
    plus,
    preset_of,
    side_of,
    sided,
    sign_of,
)
from conformance.scenarios import number

from engine import LiquidationSpec, MarginSchedule, MarginTier, SpecificationError, calc
from engine.calc import EXACT

ENTERED: Final = {**ENTRY, **dict.fromkeys(("p", "px", "price", "hold"), "entry")}
MARK: Final = dict.fromkeys(("mark", "last", "oracle", "px", "price"), "mark")
RATE: Final = dict.fromkeys(("mmr", "r"), "rate")
DEDUCTION: Final = dict.fromkeys(("cum", "ded", "d", "amount"), "deduction")
BALANCE: Final = dict.fromkeys(
    ("w", "wb", "wallet", "bal", "balance", "margin", "static", "init", "im", "equity", "eq", "av"),
    "balance",
)
NEEDED: Final = dict.fromkeys(("maint", "mm", "maintenance"), "needed")
OTHERS: Final = {
    **dict.fromkeys(("tmm", "tmm1"), "others_needed"),
    **dict.fromkeys(("upnl", "upnl1", "x"), "others_gain"),
}
HELD: Final = {"om": "order_margin", "extra": "extra"}
TICKS: Final = {"bybit-inverse": "0.5"}
"""The tick sizes of the contracts that cases with printed prices are of, where not `TICK`."""
TICK: Final = "0.05"
ENTRY_BASIS: Final = {"bybit-linear", "bybit-inverse", "bybit-uta", "mexc-linear"}
"""Venues whose cases have the maintenance margin of the value at entry, if no fee is told."""
FEE_AT_BANKRUPTCY: Final = {"bybit-inverse", "bybit-linear", "bybit-uta"}


def spec_of(venue: str) -> LiquidationSpec:
    """Return how a venue liquidates; without a preset the defaults."""
    try:
        return LiquidationSpec.preset(preset_of(venue))
    except SpecificationError:
        return LiquidationSpec()


def rounding_of(word: str) -> str | None:
    """Return what a calculator is told of a spec's rounding."""
    return None if word == "safe_side" else word


def at_tick(venue: str, ask: Callable[..., Any]) -> Any:
    """Ask for a price that a venue printed."""
    return ask(step=TICKS.get(venue, TICK), rounding=rounding_of(spec_of(venue).tick_rounding))


def terms_of(venue: str, value_basis: str = "mark") -> dict[str, Any]:
    """Return what every price of a venue's contract is asked with."""
    terms: dict[str, Any] = {"contract": contract_of(venue)}
    if value_basis == "entry":
        terms["value_basis"] = value_basis
    return terms


def less(amount: Any, *others: Any) -> Any:
    """Return an amount less others."""
    return calc.net_pnl(amount, fees=plus(*others), step=EXACT)


def quotient(amount: Any, quantity: Any) -> Any:
    """Return an average price of a value."""
    return calc.return_on_margin(amount, abs(number(quantity)), step=EXACT)


# Liquidation prices.


def by_formula(
    venue: str,
    entry: str,
    rate: str = "0",
    quantity: str = "1",
    side: Any = None,
    leverage: Any = None,
    balance: Any = None,
    deduction: str = "0",
    fee_rate: str | None = None,
    order_margin: str = "0",
    extra: str = "0",
    others_gain: str = "0",
    others_needed: str = "0",
    multiplier: str = "1",
    **price: Any,
) -> Any:
    """Return what the formula says, with no tick unless it is told.

    Bybit's formulas have the maintenance margin at entry; the one that is told a fee has it at the
    price, and what was added to the margin is to pay the fee of it too.
    """
    basis = "entry" if venue in ENTRY_BASIS and fee_rate is None else "mark"
    fee = fee_rate or "0"
    held = "0" if venue in FEE_AT_BANKRUPTCY else fee

    def ask(each: Any) -> Any:
        added = extra
        if number(fee) and number(extra) and venue in FEE_AT_BANKRUPTCY:
            added = added_margin(extra, fee, each, contract_of(venue))
        own = calc.net_pnl(balance or 0, fees=order_margin, funding=0, step=EXACT)
        return calc.liquidation_price(
            each,
            abs(number(quantity)),
            entry,
            balance=plus(own, added),
            leverage=leverage,
            maintenance_rate=rate,
            deduction=deduction,
            fee_rate=held,
            others=less(others_gain, others_needed),
            multiplier=number(multiplier) * UNITS.get(venue, 1),
            **terms_of(venue, basis),
            **price,
        )

    return sided(side_of(quantity, side), ask)


def added_margin(extra: str, fee_rate: str, side: Any, contract: str) -> Any:
    """Return what of an addition is margin, and not the fee of closing what it is for."""
    sign = side if contract == "inverse" else -side
    return quotient(extra, 1 + sign * number(fee_rate))


def printed(venue: str, **inputs: Any) -> Any:
    """Return the price of a real position, at its tick."""
    return at_tick(venue, lambda **price: by_formula(venue, **inputs, **price))


def formula_or_printed(venue: str, **inputs: Any) -> Any:
    """Return both, of each side, where a case doesn't tell which it has."""
    found = by_formula(venue, **inputs), printed(venue, **inputs)
    exact, at = (each if isinstance(each, OneOf) else (each,) for each in found)
    return OneOf((*exact, *at))


def by_margins(
    venue: str,
    entry: str,
    balance: str,
    needed: str,
    quantity: str,
    side: Any = None,
    multiplier: str = "1",
) -> Any:
    """Return a printed price of what is there and what is needed, both fixed at entry."""
    return at_tick(
        venue,
        lambda **price: sided(
            side_of(quantity, side),
            lambda each: calc.liquidation_price(
                each,
                abs(number(quantity)),
                entry,
                balance=balance,
                fixed_margin=needed,
                multiplier=number(multiplier) * UNITS.get(venue, 1),
                **terms_of(venue),
                **price,
            ),
        ),
    )


def with_fee_at_bankruptcy(
    venue: str,
    quantity: str,
    entry: str,
    balance: str,
    rate: str,
    fee_rate: str,
    bust: str,
    order_margin: str = "0",
    deduction: str = "0",
    side: Any = None,
    multiplier: str = "1",
) -> Any:
    """Return a printed price of a cross position, with the fee of its value at bankruptcy."""
    contract = contract_of(venue)
    fee = calc.trade_fee(
        quantity, bust, fee_rate, multiplier=multiplier, contract=contract, step=EXACT
    )
    return at_tick(
        venue,
        lambda **price: sided(
            side,
            lambda each: calc.liquidation_price(
                each,
                quantity,
                entry,
                balance=less(balance, order_margin),
                maintenance_rate=rate,
                deduction=deduction,
                fixed_margin=fee,
                multiplier=multiplier,
                **terms_of(venue, "entry"),
                **price,
            ),
        ),
    )


def of_open_value(
    venue: str,
    value: str,
    balance: str,
    rate: str,
    quantity: str,
    deduction: str = "0",
    fee_rate: str | None = None,
    side: Any = None,
    multiplier: str = "1",
) -> Any:
    """Return a price of a position that is told by its value at entry."""
    return by_formula(
        venue,
        entry_of(venue, value, quantity, multiplier),
        rate,
        quantity,
        side,
        balance=balance,
        deduction=deduction,
        fee_rate=fee_rate,
        multiplier=multiplier,
    )


def entry_of(venue: str, value: str, quantity: str, multiplier: str) -> Any:
    """Return the entry price of a value."""
    size = calc.position_value(quantity, multiplier, step=EXACT)
    if contract_of(venue) == "inverse":
        return calc.return_on_margin(size, value, step=EXACT)
    return calc.return_on_margin(value, size, step=EXACT)


def of_cash(venue: str, cash: str, quantity: str, rate: Any = None, leverage: Any = None) -> Any:
    """Return Hyperliquid's price of what is left of the cash; a quantity below 0 is short."""
    signed = number(quantity)
    return calc.liquidation_price(
        1 if signed > 0 else -1,
        abs(signed),
        0,
        balance=cash,
        maintenance_rate=half_of(leverage) if rate is None else rate,
        **terms_of(venue),
    )


def half_of(leverage: Any) -> Any:
    """Return half of the initial margin rate at the highest leverage."""
    schedule = MarginSchedule(tiers=[MarginTier(max_leverage=leverage)], maintenance_fraction="0.5")
    return schedule.maintenance_rate()


def of_account(
    venue: str,
    mark: str,
    quantity: str,
    balance: str,
    rate: Any = None,
    leverage: Any = None,
    others_needed: str = "0",
    side: Any = None,
    fee_rate: str = "0",
    multiplier: str = "1",
) -> Any:
    """Return a price of what an account is worth at the mark price."""
    return sided(
        side_of(quantity, side),
        lambda each: calc.liquidation_price(
            each,
            abs(number(quantity)),
            mark,
            balance=balance,
            others=less(0, others_needed),
            maintenance_rate=half_of(leverage) if rate is None else rate,
            fee_rate=fee_rate,
            multiplier=multiplier,
            **terms_of(venue),
        ),
    )


def of_ratio(
    venue: str,
    quantity: str,
    mark: str,
    ratio: str,
    rate: str,
    fee_rate: str = "0",
    multiplier: str = "1",
    side: Any = None,
) -> Any:
    """Return OKX's price of a ratio: how often the account has margin and fee."""
    value = calc.position_value(
        abs(number(quantity)), mark, multiplier=multiplier, contract=contract_of(venue), step=EXACT
    )
    needed = calc.maintenance_margin(value, plus(rate, fee_rate), step=EXACT)
    balance = calc.position_value(needed, ratio, step=EXACT)
    return of_account(
        venue,
        mark,
        quantity,
        balance,
        rate,
        side=side,
        fee_rate=fee_rate,
        multiplier=multiplier,
    )


def of_adjustment(
    venue: str,
    quantity: str,
    entry: str,
    balance: str,
    adjustment: str,
    leverage: str,
    side: Any = None,
    multiplier: str = "1",
) -> Any:
    """Return HTX's price: the balance is the adjustment factor's part of the initial margin."""
    rate = calc.initial_margin(adjustment, leverage=leverage, step=EXACT)
    return by_formula(venue, entry, rate, quantity, side, None, balance, multiplier=multiplier)


def of_tiers(
    venue: str,
    entry: str,
    quantity: str,
    tiers: list[list[str]],
    side: Any = None,
    balance: Any = None,
    leverage: Any = None,
    multiplier: str = "1",
    others_gain: str = "0",
    others_needed: str = "0",
) -> Any:
    """Return the price in the bracket that holds there."""
    schedule = schedule_of_rows(venue, tiers)
    return sided(
        side,
        lambda each: spec_of(venue).liquidation_price(
            schedule,
            each,
            abs(number(quantity)),
            entry,
            balance=balance,
            leverage=leverage,
            others=less(others_gain, others_needed),
            multiplier=multiplier,
            contract=contract_of(venue),
        ),
    )


class CrossForm(WordForm):
    """A cross position beside others, whose inputs end in 2, 3, ..."""

    def split(self, inputs: Collection[str]) -> tuple[list[str], dict[str, list[str]]]:
        """Return the words of the position itself, and those of each other one by its number."""
        own = [word for word in inputs if not word[-1].isdigit()]
        others: dict[str, list[str]] = {}
        for word in inputs:
            if word[-1].isdigit():
                others.setdefault(word[-1], []).append(word[:-1])
        return own, others

    def understands(self, inputs: Collection[str]) -> bool:
        """Return whether each position is whole."""
        own, others = self.split(inputs)
        return (
            bool(others)
            and super().understands(own)
            and all(OTHER.understands(words) for words in others.values())
        )

    def answer(self, question: Question, library: Library) -> Any:
        """Ask what the others gain and need, then for the price."""
        inputs = question.inputs
        own, others = self.split(inputs)
        gain: Any = 0
        needed: Any = 0
        for place, words in others.items():
            other = {word: inputs[word + place] for word in words}
            one, margin = OTHER.answer(Question(name_of(question), "", other), library)
            gain, needed = plus(gain, one), plus(needed, margin)
        named = {self.words[word]: inputs[word] for word in own}
        return self.call(name_of(question), **named, others_gain=gain, others_needed=needed)


def other_position(
    venue: str,
    quantity: str,
    mark: str,
    entry: str,
    rate: str,
    side: str = "1",
    deduction: str = "0",
    multiplier: str = "1",
) -> Any:
    """Return what a position gains, and its maintenance margin."""
    contract = contract_of(venue)
    size = abs(number(quantity))
    terms: dict[str, Any] = {"multiplier": multiplier, "contract": contract, "step": EXACT}
    value = calc.position_value(size, mark, **terms)
    return (
        calc.unrealized_pnl(sign_of(side), size, entry, mark, **terms),
        calc.maintenance_margin(value, rate, deduction=deduction, step=EXACT),
    )


OTHER: Final = form(
    other_position, "quantity mark entry rate", POSITION, ENTRY, MARK, RATE, DEDUCTION, SIDE
)


def hedged(
    venue: str,
    long_quantity: str,
    long_entry: str,
    short_quantity: str,
    short_entry: str,
    balance: str,
    rate: str = "0",
    long_rate: Any = None,
    short_rate: Any = None,
    deduction: str = "0",
    long_deduction: str = "0",
    short_deduction: str = "0",
    others_gain: str = "0",
    others_needed: str = "0",
) -> Any:
    return calc.hedged_liquidation_price(
        long_quantity,
        long_entry,
        short_quantity,
        short_entry,
        balance=balance,
        long_rate=rate if long_rate is None else long_rate,
        short_rate=rate if short_rate is None else short_rate,
        deduction=plus(deduction, long_deduction, short_deduction),
        others=less(others_gain, others_needed),
        **terms_of(venue),
    )


# Bankruptcy.


def bankruptcy(
    venue: str,
    entry: str,
    leverage: Any = None,
    balance: Any = None,
    order_margin: str = "0",
    fee_rate: str = "0",
    quantity: str = "1",
    side: Any = None,
    multiplier: str = "1",
    **price: Any,
) -> Any:
    return sided(
        side_of(quantity, side),
        lambda each: calc.bankruptcy_price(
            each,
            abs(number(quantity)),
            entry,
            balance=None if balance is None else less(balance, order_margin),
            leverage=leverage,
            fee_rate=fee_rate,
            multiplier=number(multiplier) * UNITS.get(venue, 1),
            **terms_of(venue),
            **price,
        ),
    )


def bankruptcy_of_value(
    venue: str,
    value: str,
    quantity: str,
    balance: str,
    fee_rate: str = "0",
    side: Any = None,
    multiplier: str = "1",
) -> Any:
    """Return a price of a position that is told by its value at entry."""
    return bankruptcy(
        venue,
        entry_of(venue, value, quantity, multiplier),
        balance=balance,
        fee_rate=fee_rate,
        quantity=quantity,
        side=side,
        multiplier=multiplier,
    )


def printed_bankruptcy(venue: str, **inputs: Any) -> Any:
    rounding = rounding_of(spec_of(venue).bankruptcy_rounding)
    return bankruptcy(venue, step=TICKS.get(venue, TICK), rounding=rounding, **inputs)


def bankruptcy_of_account(
    venue: str,
    cash: str,
    quantity: str,
    change: str,
    price: str,
    rate: str,
    fraction: str,
    other_value: str = "0",
) -> Any:
    """Return what a part of a position changes hands for: dYdX, in quote quantums."""
    schedule = of_interest(venue, rate, fraction=fraction)
    value, after, total, other = (
        calc.position_value(each, at, step=EXACT)
        for each, at in (
            (quantity, price),
            (plus(quantity, change), price),
            (change, price),
            (other_value, 1),
        )
    )
    before, then, beside = (
        schedule.maintenance_margin(abs(each)) for each in (value, after, other)
    )
    return calc.bankruptcy_quote(
        total,
        less(then, before),
        net_collateral=plus(cash, value, other),
        total_maintenance=plus(before, beside),
        step=schedule.step,
    )


def fillable(
    _: str,
    cash: str,
    quantity: str,
    price: str,
    rate: str,
    adjustment: str,
    spread: str,
    other_value: str = "0",
) -> Any:
    signed = number(quantity)
    value = calc.position_value(signed, price, step=EXACT)
    whole = plus(abs(value), abs(number(other_value)))
    return calc.fillable_price(
        1 if signed > 0 else -1,
        abs(signed),
        price,
        net_collateral=plus(cash, value, other_value),
        total_maintenance=calc.maintenance_margin(whole, rate, step=EXACT),
        maintenance_margin=calc.maintenance_margin(abs(value), rate, step=EXACT),
        adjustment=adjustment,
        spread=spread,
        step=None,
    )


ACCOUNT: Final = {
    "qb": "cash",
    "ps": "quantity",
    "px": "price",
    "other_nnv": "other_value",
}
CASH: Final = dict.fromkeys(("rawusd", "raw", "cash"), "cash")
EQUITY: Final = dict.fromkeys(("eq", "equity", "av", "account_value", "bal"), "balance")
HEDGED: Final = {
    "ql": "long_quantity",
    "el": "long_entry",
    "qs": "short_quantity",
    "es": "short_entry",
    "mmr": "rate",
    "mmrl": "long_rate",
    "mmrs": "short_rate",
    "cum": "deduction",
    "cuml": "long_deduction",
    "cums": "short_deduction",
    **OTHERS,
}
HIGHEST: Final = dict.fromkeys(("maxlev", "max_lev"), "leverage")


def leverage_of(rate: str) -> Any:
    """Return the leverage of an initial rate."""
    return quotient("1", rate)


def of_initial_rate(venue: str, entry: str, rate: str, initial_rate: str, **more: Any) -> Any:
    """Return a price of the leverage that an initial rate allows."""
    return of_leverage(venue, entry, rate, leverage_of(initial_rate), **more)


def bankruptcy_of_initial_rate(venue: str, entry: str, initial_rate: str, **more: Any) -> Any:
    """Return the same of bankruptcy."""
    return bankruptcy_of_leverage(venue, entry, leverage_of(initial_rate), **more)


def of_leverage(
    venue: str, entry: str, rate: str, leverage: str, side: Any = None, **more: Any
) -> Any:
    """Return a price of a leverage: real ones are at a tick, and tell neither side nor quantity."""
    inputs = {"entry": entry, "rate": rate, "leverage": leverage, "side": side, **more}
    if venue == "mexc-linear" or (venue == "bybit-linear" and side is None and not more):
        return printed(venue, **inputs)
    is_open = venue in ENTRY_BASIS and "fee_rate" not in more and side is None
    if is_open or (venue == "bybit-inverse" and not more):
        return formula_or_printed(venue, **inputs)
    return by_formula(venue, **inputs)


def bankruptcy_of_leverage(
    venue: str, entry: str, leverage: str, side: Any = None, **more: Any
) -> Any:
    """Return a price of a leverage, as `of_leverage`."""
    inputs = {"entry": entry, "leverage": leverage, "side": side, **more}
    if side is None and contract_of(venue) == "linear" and venue in PRINTING:
        return printed_bankruptcy(venue, **inputs)
    return bankruptcy(venue, **inputs)


PRINTING: Final = frozenset(
    {"bybit-linear", "bitmex-linear", "kucoin-linear", "mexc-linear", "phemex-linear"}
)
"""Venues whose cases without a side are real responses of contracts with a tick of 0.05."""
FORMS: Final = {
    "liquidation_price": [
        form(of_ratio, "quantity mark ratio rate", POSITION, MARK, RATE, FEE, SIDE, ratio="ratio"),
        form(of_adjustment, "quantity entry balance adjustment leverage", POSITION, ENTERED,
             BALANCE, LEVERAGE, SIDE, adj="adjustment"),
        form(of_cash, "cash quantity rate", CASH, POSITION, RATE),
        form(of_cash, "cash quantity leverage", CASH, POSITION, HIGHEST, LEVERAGE),
        form(with_fee_at_bankruptcy, "quantity entry balance rate fee_rate bust", POSITION,
             ENTERED, BALANCE, RATE, DEDUCTION, FEE, SIDE, bust="bust", om="order_margin"),
        form(of_open_value, "value balance rate quantity", POSITION, BALANCE, RATE, DEDUCTION,
             FEE, SIDE, v="value", value="value", ov="value"),
        form(of_tiers, "entry quantity tiers balance", POSITION, ENTERED, BALANCE, SIDE, OTHERS,
             tiers="tiers"),
        form(of_tiers, "entry quantity tiers leverage", POSITION, ENTERED, LEVERAGE, SIDE, OTHERS,
             tiers="tiers"),
        form(by_margins, "entry balance needed quantity", POSITION, ENTERED, BALANCE, NEEDED,
             SIDE),
        form(of_account, "mark quantity balance rate", POSITION, MARK, EQUITY, RATE, FEE, SIDE,
             tmm="others_needed"),
        form(of_account, "mark quantity balance leverage", POSITION, MARK, EQUITY, HIGHEST, FEE,
             SIDE, tmm="others_needed"),
        form(of_leverage, "entry rate leverage", POSITION, ENTERED, LEVERAGE, RATE, DEDUCTION, FEE,
             SIDE, extra="extra"),
        form(of_initial_rate, "entry rate initial_rate", POSITION, ENTERED, RATE, DEDUCTION, FEE,
             SIDE, extra="extra", imr="initial_rate"),
        form(by_formula, "entry rate quantity balance", POSITION, ENTERED, BALANCE, RATE,
             DEDUCTION, FEE, SIDE, OTHERS, HELD),
        CrossForm(by_formula, {**POSITION, **ENTERED, **BALANCE, **RATE, **DEDUCTION, **FEE,
             **SIDE}, frozenset({"entry", "rate", "quantity", "balance"})),
        form(hedged, "long_quantity long_entry short_quantity short_entry balance", HEDGED,
             BALANCE),
    ],
    "bankruptcy_price": [
        form(bankruptcy_of_account, "cash quantity change price rate fraction", ACCOUNT,
             dq="change", imf="rate", mf="fraction"),
        form(bankruptcy_of_leverage, "entry leverage", POSITION, ENTERED, LEVERAGE, FEE, SIDE),
        form(bankruptcy_of_initial_rate, "entry initial_rate", POSITION, ENTERED, FEE, SIDE,
             imr="initial_rate"),
        form(printed_bankruptcy, "entry balance quantity", POSITION, ENTERED, SIDE, init="balance",
             margin="balance", im="balance"),
        form(bankruptcy, "entry balance quantity", POSITION, ENTERED, BALANCE, FEE, SIDE,
             om="order_margin"),
        form(bankruptcy_of_value, "value balance quantity", POSITION, BALANCE, FEE, SIDE,
             v="value", value="value", ov="value"),
    ],
    "liquidation_fill_price": [
        form(fillable, "cash quantity price rate adjustment spread", ACCOUNT, RATE,
             ba="adjustment", smmr="spread"),
    ],
}  # fmt: skip
