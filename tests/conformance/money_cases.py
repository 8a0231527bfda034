"""What answers the cases of values, profits, fees and margin: public calls of `engine.calc`.

Cases name their inputs with short words, and not the same everywhere. A `WordForm` says which words
it knows and what each of them is; the call then sees one name for one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any, Final

from conformance.cases import Library, OneOf, Question, no_reason
from conformance.scenarios import number

from engine import FeeSchedule, MarginSchedule, MarginTier, SpecificationError, calc, presets
from engine.calc import EXACT

QUANTITY: Final = dict.fromkeys(
    ("q", "n", "sz", "szi", "size", "contracts", "qty", "quantity"), "quantity"
)
MULTIPLIER: Final = dict.fromkeys(("c", "ct", "cs", "mult", "multiplier"), "multiplier")
ENTRY: Final = dict.fromkeys(("entry", "e", "open", "ep", "avg", "hold"), "entry")
EXIT: Final = dict.fromkeys(("exit", "x", "close"), "exit_price")
PRICE: Final = dict.fromkeys(("mark", "p", "px", "price", "last", "oracle"), "price")
SIDE: Final = {"side": "side", "s": "side"}
POSITION: Final = {**QUANTITY, **MULTIPLIER}
LEVERAGE: Final = dict.fromkeys(("lev", "l", "leverage"), "leverage")
VALUE: Final = dict.fromkeys(("v", "value", "notional", "cost", "ntl", "execvalue"), "value")
PNL: Final = dict.fromkeys(
    ("pnl", "realized", "realised", "unrealized", "unrealised", "upnl", "upl", "profit"), "pnl"
)
EACH_RATE: Final = {
    **dict.fromkeys(("maker", "r1", "taker1"), "entry_rate"),
    **dict.fromkeys(("taker", "r2", "taker2"), "exit_rate"),
}
"""The rates of two fills: a maker's and a taker's are in that order."""
COMMISSION: Final = {
    **dict.fromkeys(("c", "std", "standard"), "standard"),
    **dict.fromkeys(("t", "tax"), "tax"),
    **dict.fromkeys(("sp", "special"), "special"),
    "d": "charged",
}
FEE: Final = dict.fromkeys(("fee", "taker", "f", "rate"), "fee_rate")
HELD_AT: Final = dict.fromkeys(("p", "px", "price"), "entry")
MARKED: Final = dict.fromkeys(("mark", "last", "oracle"), "price")
"""A price beside that of an exit or of a mark is that of the entry."""
MAINTENANCE: Final = {"mmr": "rate", "r": "rate"}
DEDUCTION: Final = dict.fromkeys(("cum", "ded", "d", "amount"), "deduction")

MILLION: Final = 1_000_000
BOTH_SIDES: Final = (1, -1)
SIDE_WORDS: Final = {"buy": 1, "long": 1, "sell": -1, "short": -1}

UNITS: Final = {"bitmex-linear": MILLION}
"""How many of the units that a venue tells money in are one of the currency."""
FEE_STEPS: Final = {"dydx-v4": "0.000001"}
"""The unit of a fee that is told of a price and a quantity in decimals."""
TICKS: Final = {"bitmex-linear": "0.05"}
"""The tick size of the contract that a venue's cases are of."""
OUTGOING_IS_NEGATIVE: Final = ("bitget-", "gate-", "okx-")
"""Venues, by the beginning of their names, whose responses have fees as changes of the account."""
FUNDING_IS_PAID: Final = frozenset({"bybit-linear", "bybit-inverse", "bybit-uta"})
"""Venues whose funding is above 0 where the position paid."""
VALUE_IS_UNSIGNED: Final = frozenset({"dydx-v4", "hyperliquid"})
"""Venues whose value of a short position is above 0 too."""
PROFIT_IS_EXACT: Final = frozenset({"dydx-v4"})
"""Venues that tell profits in decimals, not in the units that their margin is rounded to."""
PRESETS: Final = {"kucoin-uta": "kucoin"}
WHOLE_NAMES: Final = {
    "bitmex": "bitmex-inverse",
    "bybit": "bybit-linear",
    "deribit": "deribit-inverse",
    "okx": "okx-linear",
    "gate": "gate-linear",
    "binance": "binance-usdm",
    "dydx": "dydx-v4",
    **{name: f"{name}-linear" for name in ("htx", "kucoin", "mexc", "phemex")},
}
"""What a venue's name alone stands for: the contract that its own pages begin with."""
PLAIN: Final = MarginSchedule(tiers=[MarginTier(max_leverage=1, maintenance_rate=0)])
NO_FEES: Final = FeeSchedule(maker=0, taker=0)


@dataclass(frozen=True)
class WordForm:
    """An adapter: which inputs it understands, what they are called here, and what answers."""

    call: Callable[..., Any]
    words: Mapping[str, str]
    required: frozenset[str]
    choices: Mapping[str, Collection[str]] = field(default_factory=dict)
    reason: Callable[[Question], str | None] = no_reason

    def understands(self, inputs: Collection[str]) -> bool:
        """Return whether it knows all inputs, and has what it needs once each."""
        names = [self.words.get(word) for word in inputs]
        return None not in names and len(set(names)) == len(names) and self.required <= set(names)

    def answer(self, question: Question, _: Library) -> Any:
        """Ask the library."""
        named = {self.words[word]: value for word, value in question.inputs.items()}
        return self.call(name_of(question), **named)


def form(
    call: Callable[..., Any], required: str, *words: Mapping[str, str], **more: str
) -> WordForm:
    """Return a form: what it needs by our names, and words with what they are."""
    known: dict[str, str] = {**more}
    for each in words:
        known |= each
    return WordForm(call, known, frozenset(required.split()))


def name_of(question: Question) -> str:
    """Return the name of a question's venue, with the contract where it tells none."""
    return WHOLE_NAMES.get(question.venue, question.venue)


def contract_of(venue: str) -> str:
    """Return the kind of contract that a venue's cases are of."""
    return "inverse" if "inverse" in venue or "coinm" in venue else "linear"


def preset_of(venue: str) -> str:
    """Return the name of the venue's preset."""
    name = PRESETS.get(venue, venue)
    return name if name in PRESET_NAMES else name.rpartition("-")[0]


PRESET_NAMES: Final = frozenset(presets.names())


def margin_of(venue: str) -> MarginSchedule:
    """Return the venue's conventions of margin; without a preset those that round nothing."""
    try:
        return MarginSchedule.preset(preset_of(venue))
    except SpecificationError:
        return PLAIN


def profit_of(venue: str) -> MarginSchedule:
    """Return the venue's conventions of values and profits."""
    return PLAIN if venue in PROFIT_IS_EXACT else margin_of(venue)


def fees_of(venue: str) -> FeeSchedule:
    """Return the venue's conventions of fees."""
    try:
        return FeeSchedule.preset(preset_of(venue))
    except SpecificationError:
        return NO_FEES


def factor_of(venue: str, multiplier: Any = "1") -> Any:
    """Return a contract's multiplier in the units that its venue tells money in."""
    return number(multiplier) * UNITS.get(venue, 1)


def sign_of(side: Any) -> int:
    """Return a side, which may be a word, as +1 or -1."""
    word = str(side).lower()
    return SIDE_WORDS[word] if word in SIDE_WORDS else int(number(side))


def side_of(quantity: Any, side: Any) -> Any:
    """Return the side of a case: a quantity below 0 is a short position."""
    return -1 if number(quantity) < 0 else side


def magnitude(value: Any) -> Any:
    """Return an amount without its sign, which may be that of the position's side."""
    return abs(number(value) if isinstance(value, str) else value)


def plus(*amounts: Any) -> Any:
    """Return the sum of amounts, exactly."""
    return reduce(partial(calc.position_margin, step=EXACT), amounts)


def sided(side: Any, ask: Callable[[Any], Any]) -> Any:
    """Ask for the side of a case; for both where the case doesn't tell it."""
    if side is not None:
        return ask(sign_of(side))
    return OneOf(ask(each) for each in BOTH_SIDES)


# Profit.


def position_value(
    venue: str, quantity: str, price: str, multiplier: str = "1", side: Any = 1
) -> Any:
    """Return a value; most venues have it below 0 for a short position."""
    signed = sign_of(side) * number(quantity)
    return profit_of(venue).position_value(
        abs(signed) if venue in VALUE_IS_UNSIGNED else signed,
        price,
        multiplier=factor_of(venue, multiplier),
        contract=contract_of(venue),
    )


def unrealized_pnl(
    venue: str, quantity: str, entry: str, price: str, multiplier: str = "1", side: Any = None
) -> Any:
    schedule = profit_of(venue)
    factor = factor_of(venue, multiplier)
    return sided(
        side_of(quantity, side),
        lambda each: schedule.unrealized_pnl(
            each, magnitude(quantity), entry, price, multiplier=factor, contract=contract_of(venue)
        ),
    )


def unrealized_pnl_of_value(
    venue: str, quantity: str, value: str, price: str, multiplier: str = "1", side: Any = None
) -> Any:
    now = position_value(venue, quantity, price, multiplier)
    return pnl_between(venue, value, now, side_of(quantity, side))


def unrealized_pnl_since_entry(
    venue: str, quantity: str, entry: str, value: str, multiplier: str = "1", side: Any = None
) -> Any:
    entered = position_value(venue, quantity, entry, multiplier)
    return pnl_between(venue, entered, value, side_of(quantity, side))


def pnl_between(venue: str, entered: Any, now: Any, side: Any) -> Any:
    """Return what a position has gained from one value to another, whatever their signs."""
    first, last, contract = magnitude(entered), magnitude(now), contract_of(venue)
    return sided(side, lambda each: calc.pnl_of_values(each, first, last, contract=contract))


def realized_pnl(
    venue: str,
    quantity: str,
    entry: str,
    exit_price: str,
    multiplier: str = "1",
    side: Any = None,
    fee_rate: str = "0",
    entry_rate: str | None = None,
    exit_rate: str | None = None,
    funding: str = "0",
    **fees: str,
) -> Any:
    """Return a profit less fees, by their rates or as they are told themselves."""
    entry_rate, exit_rate = both_rates(entry_rate, exit_rate, fee_rate)
    received = net_pnl(venue, "0", funding=funding, **fees)
    return sided(
        side_of(quantity, side),
        lambda each: calc.realized_pnl(
            each,
            magnitude(quantity),
            entry,
            exit_price,
            multiplier=factor_of(venue, multiplier),
            contract=contract_of(venue),
            entry_fee_rate=entry_rate,
            exit_fee_rate=exit_rate,
            funding=received,
        ),
    )


def both_rates(entry_rate: Any, exit_rate: Any, fee_rate: str) -> tuple[Any, Any]:
    """Return the rates of both fees; one that is told alone is that of the other too."""
    entered = exit_rate if entry_rate is None else entry_rate
    left = entry_rate if exit_rate is None else exit_rate
    return entered or fee_rate, left or fee_rate


def realized_pnl_with_funding(
    venue: str,
    quantity: str,
    entry: str,
    exit_price: str,
    price: str,
    rate: str,
    multiplier: str = "1",
    side: Any = None,
) -> Any:
    contract = contract_of(venue)
    value = calc.position_value(
        magnitude(quantity),
        price,
        multiplier=factor_of(venue, multiplier),
        contract=contract,
        step=EXACT,
    )
    return sided(
        side_of(quantity, side),
        lambda each: calc.realized_pnl(
            each,
            magnitude(quantity),
            entry,
            exit_price,
            multiplier=factor_of(venue, multiplier),
            contract=contract,
            funding=calc.funding_payment(each, value, rate, step=EXACT),
        ),
    )


def realized_pnl_of_values(
    venue: str,
    entry_value: str,
    exit_value: str,
    fee_rate: str = "0",
    side: Any = None,
    **fees: str,
) -> Any:
    return sided(
        side,
        lambda each: net_pnl(
            venue,
            calc.pnl_of_values(
                each,
                entry_value,
                exit_value,
                contract=contract_of(venue),
                entry_fee_rate=fee_rate,
                exit_fee_rate=fee_rate,
            ),
            **fees,
        ),
    )


def net_pnl(
    venue: str,
    pnl: Any,
    fees: str = "0",
    entry_fee: str = "0",
    exit_fee: str = "0",
    penalty: str = "0",
    funding: str = "0",
) -> Any:
    """Return a profit with what responses tell beside it: changes of the account, or costs."""
    sign = -1 if venue.startswith(OUTGOING_IS_NEGATIVE) else 1
    received = -number(funding) if venue in FUNDING_IS_PAID else number(funding)
    paid = plus(fees, entry_fee, exit_fee, penalty)
    return calc.net_pnl(pnl, fees=sign * paid, funding=received)


@dataclass(frozen=True)
class FillForm(WordForm):
    """Fills that are told as q1, p1, q2, p2, ..., and whatever else it knows."""

    def split(self, inputs: Collection[str]) -> tuple[list[str], dict[str, list[str]]]:
        """Return the words without a number, and by its number those of each fill."""
        plain = [word for word in inputs if not word[-1].isdigit()]
        fills: dict[str, list[str]] = {}
        for word in sorted(inputs):
            if word[-1].isdigit():
                fills.setdefault(word[-1], []).append(word[:-1])
        return plain, fills

    def understands(self, inputs: Collection[str]) -> bool:
        """Return whether every quantity has its price."""
        plain, fills = self.split(inputs)
        each = [sorted(FILL.get(word, "") for word in words) for words in fills.values()]
        return bool(each) and super().understands(plain) and all(words == FILLED for words in each)

    def answer(self, question: Question, _: Library) -> Any:
        """Ask of all fills."""
        inputs = question.inputs
        plain, fills = self.split(inputs)
        rows = [
            {FILL[word]: inputs[word + place] for word in words}
            for place, words in sorted(fills.items())
        ]
        quantities, prices = ([row[name] for row in rows] for name in ("quantity", "price"))
        named = {self.words[word]: inputs[word] for word in plain}
        return self.call(name_of(question), quantities, prices, **named)


FILL: Final = {**QUANTITY, **PRICE, **dict.fromkeys(ENTRY, "price")}
FILLED: Final = ["price", "quantity"]


def average_entry_price(venue: str, quantities: list[str], prices: list[str]) -> Any:
    return calc.average_entry_price(quantities, prices, contract=contract_of(venue))


def break_even_price(
    venue: str, quantity: str, entry: str, costs: str, multiplier: str = "1", side: Any = None
) -> Any:
    factor = factor_of(venue, multiplier)
    return sided(
        side,
        lambda each: calc.break_even_price(
            each,
            quantity,
            entry,
            costs=costs,
            multiplier=factor,
            contract=contract_of(venue),
            step=TICKS.get(venue),
        ),
    )


def return_on_value(
    venue: str, pnl: str, value: str, leverage: str = "1", fee_rate: str = "0", side: Any = None
) -> Any:
    return sided(
        side if number(fee_rate) else 1,
        lambda each: calc.return_on_margin(
            pnl, position_margin(venue, magnitude(value), leverage, fee_rate, each)
        ),
    )


def return_on_margin(
    venue: str,
    pnl: str,
    quantity: str,
    entry: str,
    leverage: str,
    multiplier: str = "1",
    fee_rate: str = "0",
    side: Any = None,
) -> Any:
    value = calc.position_value(
        quantity,
        entry,
        multiplier=factor_of(venue, multiplier),
        contract=contract_of(venue),
        step=EXACT,
    )
    return return_on_value(venue, pnl, value, leverage, fee_rate, side_of(quantity, side))


# Fees.


def trade_fee(
    venue: str,
    quantity: str,
    price: str = "1",
    rate: str = "0",
    multiplier: str = "1",
    side_rate: str = "0",
) -> Any:
    """Return a fee; of what is received itself, or of a value, where no price is told."""
    fees = fees_of(venue)
    factor = factor_of(venue, multiplier)
    fee = calc.trade_fee(
        quantity,
        price,
        rate,
        side_rate=side_rate,
        multiplier=factor,
        contract=contract_of(venue),
        step=FEE_STEPS.get(venue, fees.step),
        rounding=fees.rounding,
    )
    return -fee if venue.startswith(OUTGOING_IS_NEGATIVE) else fee


def fee_of_value(venue: str, value: str, rate: str) -> Any:
    fees = fees_of(venue)
    fee = calc.trade_fee(value, 1, rate, step=fees.step, rounding=fees.rounding)
    return -fee if venue.startswith(OUTGOING_IS_NEGATIVE) else fee


def round_trip_fee(
    venue: str,
    quantity: str,
    entry: str,
    exit_price: str,
    entry_rate: str | None = None,
    exit_rate: str | None = None,
    fee_rate: str = "0",
    multiplier: str = "1",
) -> Any:
    fees = fees_of(venue)
    fee = calc.round_trip_fee(
        quantity,
        entry,
        exit_price,
        *both_rates(entry_rate, exit_rate, fee_rate),
        multiplier=factor_of(venue, multiplier),
        contract=contract_of(venue),
        step=fees.step,
        rounding=fees.rounding,
    )
    return -fee if venue.startswith(OUTGOING_IS_NEGATIVE) else fee


def token_fee(
    _: str,
    token_price: str = "1",
    standard: str = "0",
    charged: str = "1",
    special: str = "0",
    tax: str = "0",
) -> Any:
    """Return a commission, in its own currency where no token is told.

    Binance's page has a "discount" that is what is charged: see docs/conformance.md.
    """
    return calc.fee_in_token(
        standard, token_price, discount=1 - number(charged), special=special, tax=tax
    )


# Margin.


def position_margin(venue: str, value: Any, leverage: str, fee_rate: str, side: Any) -> Any:
    initial = calc.initial_margin(value, leverage=leverage, step=EXACT)
    fee = calc.close_fee(
        value,
        fee_rate,
        convention=margin_of(venue).close_fee,
        initial_margin=initial,
        side=side,
        contract=contract_of(venue),
        step=EXACT,
    )
    return calc.position_margin(initial, fee)


OTHER_AMOUNTS: Final = {
    **dict.fromkeys(("openfee", "open_fee", "fee1"), "entry_fee"),
    **dict.fromkeys(("closefee", "close_fee", "fee2"), "exit_fee"),
    **dict.fromkeys(("liq", "liqpen", "liq_penalty", "penalty"), "penalty"),
    **dict.fromkeys(("fund", "funding"), "funding"),
}
RATES: Final = dict.fromkeys(("fee", "f", "rate"), "fee_rate")
PROFIT: Final = {
    "position_value": [
        form(position_value, "quantity price", POSITION, PRICE, dict.fromkeys(ENTRY, "price"), SIDE)
    ],
    "unrealized_pnl": [
        form(unrealized_pnl, "quantity entry price", POSITION, PRICE, ENTRY, SIDE),
        form(unrealized_pnl, "quantity entry price", POSITION, HELD_AT, MARKED, SIDE),
        form(unrealized_pnl_of_value, "quantity value price", POSITION, PRICE, VALUE, SIDE),
        form(unrealized_pnl_since_entry, "quantity entry value", POSITION, ENTRY, VALUE, SIDE),
        form(
            realized_pnl_of_values,
            "entry_value exit_value",
            SIDE,
            **dict.fromkeys(("cost", "ev", "entryv"), "entry_value"),
            **dict.fromkeys(("mv", "markvalue", "value", "v", "notional"), "exit_value"),
        ),
    ],
    "average_entry_price": [FillForm(average_entry_price, {}, frozenset())],
    "break_even_price": [
        form(
            break_even_price,
            "quantity entry costs",
            *(POSITION, ENTRY, SIDE),
            comm="costs",
            costs="costs",
        )
    ],
    "realized_pnl": [
        form(
            realized_pnl,
            "quantity entry exit_price",
            *(POSITION, ENTRY, HELD_AT, EXIT, SIDE, EACH_RATE, OTHER_AMOUNTS, RATES),
            closed="quantity",
        ),
        form(
            realized_pnl_with_funding,
            "quantity entry exit_price price rate",
            *(POSITION, ENTRY, EXIT, SIDE, PRICE),
            rate="rate",
        ),
        form(
            realized_pnl_of_values,
            "entry_value exit_value",
            SIDE,
            OTHER_AMOUNTS,
            FEE,
            entryv="entry_value",
            exitv="exit_value",
        ),
        form(net_pnl, "pnl", OTHER_AMOUNTS, pnl="pnl", fee="fees", comm="fees"),
    ],
    "return_on_margin": [
        form(
            return_on_margin,
            "pnl quantity entry leverage",
            *(POSITION, ENTRY, LEVERAGE, FEE, SIDE, PNL),
        ),
        form(return_on_value, "pnl value", PNL, VALUE, LEVERAGE, FEE, SIDE),
        form(
            return_on_value,
            "pnl value",
            PNL,
            dict.fromkeys(("margin", "im", "init", "initial", "collateral"), "value"),
        ),
    ],
}
FEES: Final = {
    "trade_fee": [
        form(
            trade_fee,
            "quantity price rate",
            POSITION,
            PRICE,
            rate="rate",
            r="rate",
            t="rate",
            m="rate",
            sl="side_rate",
            b="side_rate",
        ),
        form(
            trade_fee,
            "quantity rate side_rate",
            POSITION,
            PRICE,
            **dict.fromkeys(("t", "m", "taker", "maker"), "rate"),
            **dict.fromkeys(("sl", "b", "buyer", "seller"), "side_rate"),
        ),
        form(
            fee_of_value, "value rate", VALUE, rate="rate", fee="rate", taker="rate", maker="rate"
        ),
        form(
            trade_fee,
            "quantity price rate",
            POSITION,
            dict.fromkeys((*ENTRY, *EXIT), "price"),
            **dict.fromkeys(("fee", "rate", "maker", "taker"), "rate"),
        ),
        form(
            trade_fee,
            "quantity price rate",
            POSITION,
            PRICE,
            fee="rate",
            taker="rate",
            maker="rate",
        ),
        form(
            round_trip_fee,
            "quantity entry exit_price",
            POSITION,
            ENTRY,
            EXIT,
            EACH_RATE,
            RATES,
        ),
        form(
            trade_fee,
            "quantity rate",
            QUANTITY,
            **dict.fromkeys(("fee", "rate", "maker", "taker", "t", "m"), "rate"),
        ),
        form(token_fee, "token_price", COMMISSION, bnb="token_price"),
        form(token_fee, "standard", COMMISSION),
    ],
}
FORMS: Final = {**PROFIT, **FEES}
