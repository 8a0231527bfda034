"""What answers the cases of funding and of mark prices: `engine.calc` and the venues' presets."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from conformance.cases import Library, OneOf, Question
from conformance.money_cases import (
    FUNDING_IS_PAID,
    LEVERAGE,
    MILLION,
    MULTIPLIER,
    QUANTITY,
    SIDE,
    WordForm,
    contract_of,
    factor_of,
    form,
    magnitude,
    preset_of,
    sided,
)
from conformance.scenarios import number

from engine import FundingSpec, MarkPriceSpec, SpecificationError, calc
from engine.calc import EXACT

HOUR: Final = 3_600
QUOTE_PLACES: Final = 6  # of dYdX's quote quantums
BILLION: Final = 10**9  # of Drift's indexes
LOSS_STEP: Final = {"drift": "0.000001"}
"""The unit that a venue shares a loss in."""
TICKS: Final = {"binance-spot": "0.0001"}
"""Of the symbol that a venue's cases of reference prices are of."""
INTEREST_IS_TAKEN_OFF: Final = frozenset({"okx-linear", "okx-inverse"})
"""Venues whose rule has the interest with the other sign."""
CAP_IS_OF_THE_INSTRUMENT: Final = INTEREST_IS_TAKEN_OFF
"""Venues whose cap, where a case doesn't tell it, is not that of the preset."""
BASIS_OF_FUNDING: Final = frozenset({"bitmex-inverse", "bitmex-linear"})
"""Venues that print the basis of the next funding by itself."""
PREMIUMS_TOLD_TO: Final = Decimal("1e-10")

INDEX: Final = dict.fromkeys(("index", "idx", "oracle", "orc", "spot", "oracle_twap"), "index")
MARK: Final = dict.fromkeys(("mark", "mark_twap"), "mark")
SAMPLES: Final = dict.fromkeys(("samples", "p", "premiums", "votes"), "samples")
PREMIUM: Final = dict.fromkeys(("p", "premium", "samples", "premiums"), "premium")
INTEREST: Final = {**dict.fromkeys(("i", "interest", "dflt"), "interest"), "daily": "daily"}
BOUNDS: Final = {
    "cap": "cap",
    **dict.fromkeys(("hi", "mx", "upper", "max", "b"), "highest"),
    **dict.fromkeys(("lo", "mn", "lower", "min", "floor", "a"), "lowest"),
    **dict.fromkeys(("c", "cf", "mult", "k"), "times"),
    **dict.fromkeys(("mmr", "mm"), "maintenance"),
    **dict.fromkeys(("im", "imr", "imf"), "initial"),
    "mf": "fraction",
}
TIME: Final = dict.fromkeys(("n", "hours", "interval"), "hours")
ELAPSED: Final = {
    **dict.fromkeys(("ms", "milliseconds"), "milliseconds"),
    **dict.fromkeys(("t", "dt", "seconds"), "seconds"),
    "minutes": "minutes",
    "h": "left",
    "hours": "left",
}
NEEDED: Final = {"need": "expected", "expected": "expected", "tail": "trim", "trim": "trim"}
SECONDS: Final = {
    "milliseconds": Fraction(1, 1000),
    "seconds": Fraction(1),
    "minutes": Fraction(60),
    "left": Fraction(HOUR),
}
PLAIN: Final = FundingSpec(premium="impact", rate_period=8 * HOUR)
PLAIN_MARK: Final = MarkPriceSpec(sources=["fair", "basis", "last"], funding_interval=8 * HOUR)


def spec_of(venue: str, **changes: Any) -> FundingSpec:
    """Return the venue's conventions of funding, some of them as a case tells them."""
    try:
        spec = FundingSpec.preset(preset_of(venue))
    except SpecificationError:
        spec = PLAIN
    told = {name: value for name, value in changes.items() if value is not None}
    return FundingSpec.from_dict(spec.to_dict() | told)


def mark_of(venue: str, **changes: Any) -> MarkPriceSpec:
    """Return the venue's conventions of mark prices, some of them as a case tells them."""
    try:
        spec = MarkPriceSpec.preset(preset_of(venue))
    except SpecificationError:
        spec = PLAIN_MARK
    told = {name: value for name, value in changes.items() if value is not None}
    return MarkPriceSpec.from_dict(spec.to_dict() | told)


def seconds_of(hours: Any) -> Decimal | None:
    return None if hours is None else number(hours) * Decimal(HOUR)


def elapsed_of(told: dict[str, Any]) -> Any:
    """Return the seconds that a case tells in one of several units; None where it tells none."""
    found = [Fraction(number(value)) * SECONDS[unit] for unit, value in told.items()]
    return sum(found) if found else None


# Rates.


def cap_of(
    venue: str,
    times: Any,
    maintenance: Any = None,
    initial: Any = None,
    fraction: Any = None,
) -> Any:
    """Return a cap of margin rates; with a fraction all are millionths, as dYdX has them."""
    if fraction is None:
        most = initial if spec_of(venue).cap_basis == "difference" else None
        return calc.funding_cap(times, maintenance or 0, initial_rate=most, step=EXACT)
    least = calc.maintenance_margin(initial, parts(fraction), step=1, rounding="down")
    return calc.funding_cap(parts(times), least, initial_rate=initial, step=1, rounding="down")


def parts(millionths: Any) -> Decimal:
    return number(millionths) / Decimal(MILLION)


def bounds_of(
    venue: str,
    cap: Any = None,
    highest: Any = None,
    lowest: Any = None,
    times: Any = None,
    **rates: Any,
) -> tuple[Any, Any]:
    """Return the lowest and highest rate that a case tells; without any the preset's."""
    spec = spec_of(venue)
    if times is None and {"maintenance", "initial"} & rates.keys() and spec.cap_basis != "rate":
        times = spec.cap * (MILLION if "fraction" in rates else 1)
    if times is not None:
        cap = cap_of(venue, times, **rates)
    if cap is not None:
        least = -number(cap) if isinstance(cap, str) else -cap
        return least if lowest is None else lowest, cap
    if highest is not None or lowest is not None:
        return lowest, highest
    if spec.cap_basis == "rate" and venue not in CAP_IS_OF_THE_INSTRUMENT:
        return spec.bounds()
    return None, None


def interest_of(venue: str, interest: Any, daily: Any, hours: Any) -> Any:
    """Return the interest that is added, as a case or else the preset tells it."""
    if interest is None:
        spec = spec_of(venue, interest_per_day=daily)
        if hours is not None and spec.interest_period is None:
            spec = spec_of(venue, interest_per_day=daily, rate_period=seconds_of(hours))
        return spec.interest_rate()
    return -number(interest) if venue in INTEREST_IS_TAKEN_OFF else interest


def rate_of_premium(
    venue: str,
    premium: Any,
    interest: Any = None,
    daily: Any = None,
    damp: Any = None,
    hours: Any = None,
    scale: Any = None,
    expected: Any = None,
    trim: Any = None,
    **bounds: Any,
) -> Any:
    is_of_samples = isinstance(premium, list)
    # Samples are millionths where votes are counted in them.
    step = "1" if is_of_samples and spec_of(venue).premium_step is not None else None
    spec = spec_of(venue, damp=damp, scale=scale, premium_step=step)
    if is_of_samples:
        premium = average_of_samples(venue, premium, expected, trim)
    scaled = spec.scale
    if hours is not None and spec.interest_period == spec.rate_period:
        scaled = Fraction(spec.rate_period) / Fraction(seconds_of(hours) or 1)
    floor, cap = bounds_of(venue, **bounds)
    return calc.funding_rate(
        premium,
        interest_of(venue, interest, daily, hours),
        damp=spec.damp,
        scale=scaled,
        floor=floor,
        cap=cap,
    )


def rate_of_prices(venue: str, mark: Any, index: Any, **more: Any) -> Any:
    premium = calc.premium_index(mark, index, step=EXACT)
    return rate_of_premium(venue, premium, **more)


def rate_of_impact(venue: str, bid: Any, ask: Any, index: Any, **more: Any) -> Any:
    return rate_of_premium(venue, premium_of_book(venue, bid, ask, index, step=EXACT), **more)


def annual_rate(venue: str, rate: Any, hours: Any = None) -> Any:
    return spec_of(venue, rate_period=seconds_of(hours)).annual_rate(rate)


def capped_rate(venue: str, rate: Any, **bounds: Any) -> Any:
    floor, cap = bounds_of(venue, **bounds)
    return calc.funding_rate(rate, floor=floor, cap=cap)


def interest_of_currencies(venue: str, quote: Any, base: Any = 0, hours: Any = None) -> Any:
    spec = spec_of(venue, rate_period=seconds_of(hours))
    period = spec.rate_period
    if hours is None and spec.interest_period is not None:
        period = spec.interest_period
    return calc.interest_rate(quote, base, periods=Fraction(24 * HOUR) / Fraction(period))


# Premiums.


def average_of_samples(venue: str, samples: Any, expected: Any = None, trim: Any = None) -> Any:
    """Return the venue's average of samples, cut to a millionth where they are such."""
    spec = spec_of(venue)
    if trim is not None and number(trim):
        spec = spec_of(venue, average="trimmed", trim=parts(trim))
    if spec.premium_step is not None:
        spec = FundingSpec.from_dict(spec.to_dict() | {"premium_step": "1"})
    wanted = len(samples) if expected is None else int(number(expected))
    if not samples and not wanted:
        return 0
    return spec.premium_average(samples, expected=wanted)


def premium_average(venue: str, samples: Any, **more: Any) -> Any:
    found = average_of_samples(venue, samples, **more)
    return calc.basis_price(found, 0)


def median_of_votes(_: str, votes: Any) -> Any:
    return calc.premium_average(votes, average="median")


def premium_of_book(
    venue: str, bid: Any, ask: Any, index: Any, mark: Any = None, basis: Any = 0, step: Any = None
) -> Any:
    """Return the premium of impact prices, or of the best prices where the venue has those."""
    spec = spec_of(venue)
    if spec.premium == "mark":
        spec = spec_of(venue, premium="impact")
    if mark is None and spec.impact_reference == "mark":
        mark = index
    return spec.premium_index(index, mark=mark, bid=bid, ask=ask, fair_basis=basis, step=step)


def premium_of_price(_: str, mark: Any, index: Any) -> Any:
    return calc.premium_index(mark, index)


def impact_price(_: str, levels: Any, notional: Any, side: Any = None) -> Any:
    """Return the price of the side of a book that a case has, best level first."""
    assert side is None or isinstance(side, str)
    return calc.impact_price(levels, notional)


def impact_notional(venue: str, margin: Any = None, rate: Any = None, leverage: Any = None) -> Any:
    return spec_of(venue, impact_margin=margin, impact_notional=None).impact_notional_of(
        initial_rate=rate, leverage=leverage
    )


def samples_of(venue: str, hours: Any, sample: Any = None) -> Any:
    period = seconds_of(hours)
    spec = spec_of(venue, rate_period=period, interval=period, sample=sample)
    return spec.samples_expected


class PremiumForm(WordForm):
    """Tables of real asset contexts: the premium of every asset."""

    def understands(self, inputs: Collection[str]) -> bool:
        """Return whether there are rows."""
        return "rows" in inputs

    def answer(self, question: Question, _: Library) -> Any:
        """Say which rows have another premium than that of their prices."""
        names = question.inputs["columns"]
        unlike = {}
        for row in question.inputs["rows"]:
            told = dict(zip(names, row, strict=True))
            found = premium_of_book(
                "hyperliquid", told["impactBid"], told["impactAsk"], told["oraclePx"]
            )
            if abs(found - number(told["premium"])) > PREMIUMS_TOLD_TO:
                unlike[row[0]] = found
        return unlike or None


# Payments.


def payment_of(venue: str, side: Any, value: Any, rate: Any, elapsed: Any = None) -> Any:
    """Return what a position is paid."""
    spec = spec_of(venue)
    time = spec.rate_period if elapsed is None else elapsed
    return sided(side, lambda each: spec.funding_payment(each, value, rate, elapsed=time))


def payment_of_position(
    venue: str,
    quantity: Any,
    mark: Any = None,
    rate: Any = None,
    multiplier: Any = "1",
    side: Any = None,
    index: Any = None,
    milliseconds: Any = None,
    seconds: Any = None,
    minutes: Any = None,
    left: Any = None,
    **more: Any,
) -> Any:
    """Pay by a rate that is told, or by that of mark and index price."""
    times = {"milliseconds": milliseconds, "seconds": seconds, "minutes": minutes, "left": left}
    elapsed = elapsed_of({unit: time for unit, time in times.items() if time is not None})
    if rate is None:
        rate = rate_of_prices(venue, mark, index, **more)
    if side is None and number(quantity) < 0:
        side = "-1"
    value = calc.position_value(
        abs(number(quantity)),
        index if mark is None else mark,
        multiplier=factor_of(venue, multiplier),
        contract=contract_of(venue),
        step=EXACT,
    )
    return payment_of(venue, side, value, rate, elapsed)


def payment_of_value(venue: str, value: Any, rate: Any, side: Any = None, **times: Any) -> Any:
    """Pay as responses tell it: on some venues the payer's side is above 0."""
    if side is None and venue in FUNDING_IS_PAID:
        value = -number(value)
    return payment_of(venue, side, value, rate, elapsed_of(times))


def payment_of_index(_: str, quantity: Any, index: Any, entry: Any) -> Any:
    return calc.index_payment(quantity, index, entry).amount


def index_change(
    venue: str,
    price: Any,
    exponent: Any = 0,
    resolution: Any = None,
    rate: Any = None,
    samples: Any = None,
    seconds: Any = None,
    **more: Any,
) -> Any:
    """Return the change of an index in millionths, of a price in quantums, as dYdX has it."""
    if samples is not None:
        rate = rate_of_premium(venue, samples, **more)
    places = int(number(exponent))
    if resolution is not None:
        places += int(number(resolution)) + QUOTE_PLACES
    each = calc.position_value(1, price, multiplier=Decimal(1).scaleb(places), step=EXACT)
    return spec_of(venue, index_step="1").index_change(rate, each, elapsed=seconds)


def socialized_loss(venue: str, loss: Any, longs: Any, shorts: Any) -> Any:
    """Return a change of the index in the venue's billionths."""
    step = LOSS_STEP.get(venue)
    found = calc.socialized_index_change(
        magnitude(loss), magnitude(longs), magnitude(shorts), step=step
    )
    return calc.position_value(found, BILLION)


# Mark prices.


def mark_price(
    venue: str,
    index: Any,
    rate: Any = None,
    hours: Any = None,
    band: Any = None,
    basis: Any = None,
    last: Any = None,
    bid: Any = None,
    ask: Any = None,
    others: Any = None,
    **times: Any,
) -> Any:
    """Ask for the venue's mark price, of those of its sources that a case tells."""
    given = {
        "fair": (rate,),
        "basis": (basis,),
        "last": (last,),
        "mid": (bid, ask),
        "book": (bid, ask, last),
        "others": (others,),
        "index": (index,),
    }
    spec = mark_of(venue, funding_interval=seconds_of(hours), band=band)
    if isinstance(others, list):
        others = calc.mark_price(*others)
    told = [source for source in spec.sources if None not in given[source]]
    if told != list(spec.sources):
        asked = [name for name in given if name != "index" and None not in given[name]]
        spec = mark_of(
            venue, sources=told or asked, funding_interval=seconds_of(hours) or "28800", band=band
        )
    return spec.mark_price(
        index,
        funding_rate=rate,
        left=elapsed_of(times),
        basis=basis,
        last=last,
        bid=bid,
        ask=ask,
        others=others,
    )


def price_of_funding(venue: str, index: Any, rate: Any, hours: Any = None, **times: Any) -> Any:
    """Return the fair price; BitMEX's cases ask for its basis, or for it."""
    price = mark_price(venue, index, rate, hours, **times)
    if venue not in BASIS_OF_FUNDING:
        return price
    spec = mark_of(venue, funding_interval=seconds_of(hours))
    return OneOf((spec.fair_basis(index, rate, elapsed_of(times)), price))


def price_of_basis(_: str, index: Any, basis: Any) -> Any:
    return calc.basis_price(index, basis)


def average_basis(_: str, bids: Any, asks: Any, indexes: Any) -> Any:
    return calc.average_basis(bids, asks, indexes)


def median_price(_: str, prices: Any) -> Any:
    return calc.mark_price(*prices)


def middle_price(_: str, first: Any, second: Any, third: Any) -> Any:
    return calc.mark_price(first, second, third)


def reference_price(venue: str, sums: Any, counts: Any, expired: Any = 0, tick: Any = None) -> Any:
    return calc.reference_price(sums, counts, expired, step=tick or TICKS.get(venue))


def index_price(_: str, prices: Any, weights: Any = None, outlier: Any = None) -> Any:
    return calc.index_price(prices, weights, outlier=outlier)


BOOK: Final = {
    **dict.fromkeys(("bid", "impbid", "ib", "impact_bid"), "bid"),
    **dict.fromkeys(("ask", "impask", "ia", "impact_ask"), "ask"),
}
PRICES: Final = {
    **dict.fromkeys(("basis", "ma", "ema"), "basis"),
    **dict.fromkeys(("r", "rate", "funding"), "rate"),
    **dict.fromkeys(("last", "contract"), "last"),
    **dict.fromkeys(("cex", "others", "perp"), "others"),
    "band": "band",
    "n": "hours",
    "interval": "hours",
}
LEFT: Final = {"h": "left", "hours": "left", "minutes": "minutes", "t": "left"}
DAMP: Final = {"d": "damp", "damp": "damp", "scale": "scale"}
RATE: Final = dict.fromkeys(("rate", "r", "funding"), "rate")
QUANTUMS: Final = {"ex": "exponent", "ar": "resolution", "price": "price"}
RATES: Final = (INTEREST, BOUNDS, DAMP, TIME, NEEDED)
FUNDING: Final = {
    "funding_rate": [
        form(annual_rate, "rate", RATE, TIME),
        form(rate_of_prices, "mark index", MARK, INDEX, *RATES),
        form(rate_of_impact, "bid ask index", BOOK, INDEX, *RATES),
        form(rate_of_premium, "premium", PREMIUM, *RATES),
    ],
    "funding_cap": [
        form(capped_rate, "rate", RATE, BOUNDS, f="rate"),
        form(cap_of, "times", BOUNDS),
    ],
    "funding_samples": [
        form(samples_of, "hours", TIME, dict.fromkeys(("sample", "sec", "every"), "sample")),
    ],
    "interest_rate": [
        form(interest_of_currencies, "quote", TIME, q="quote", b="base", daily="quote"),
    ],
    "premium_index": [
        form(premium_of_book, "bid ask index", BOOK, INDEX, MARK, basis="basis", fair="basis"),
        form(premium_of_price, "mark index", MARK, INDEX, mid="mark"),
    ],
    "premium_average": [
        form(median_of_votes, "votes", votes="votes"),
        form(premium_average, "samples", SAMPLES, NEEDED),
    ],
    "impact_notional": [
        form(impact_notional, "margin", LEVERAGE, dict.fromkeys(("m", "margin", "c"), "margin"),
             dict.fromkeys(("imr", "imf", "im"), "rate")),
        form(impact_notional, "rate", imr="rate", imf="rate"),
    ],
    "impact_price": [
        form(impact_price, "levels notional", SIDE, levels="levels", bids="levels", asks="levels",
             notional="notional", n="notional"),
    ],
    "hyperliquid_premium": [PremiumForm(premium_of_book, {}, frozenset())],
    "funding_payment": [
        form(payment_of_index, "quantity index entry", QUANTITY, idx="index", old="entry"),
        form(payment_of_position, "quantity mark index", SIDE, MARK, INDEX, INTEREST, BOUNDS, DAMP,
             QUANTITY, MULTIPLIER),
        form(payment_of_position, "quantity mark rate", {**ELAPSED, **QUANTITY}, MULTIPLIER, SIDE,
             dict.fromkeys(("mark", "oracle", "p", "px", "price"), "mark"), RATE),
        form(payment_of_value, "value rate", SIDE, RATE, ELAPSED,
             dict.fromkeys(("execvalue", "value", "v", "notional", "ntl"), "value")),
    ],
    "funding_index": [
        form(index_change, "price rate", QUANTUMS, RATE, t="seconds", dt="seconds"),
        form(index_change, "price samples", QUANTUMS, *RATES, samples="samples", t="seconds",
             dt="seconds"),
    ],
    "socialised_loss": [
        form(socialized_loss, "loss longs shorts", loss="loss", l="longs", s="shorts",
             long="longs", short="shorts"),
    ],
}  # fmt: skip
MARKS: Final = {
    "mark_price": [
        form(average_basis, "bids asks indexes", bids="bids", asks="asks", idx="indexes",
             index="indexes", indexes="indexes"),
        form(price_of_basis, "index basis", INDEX, {"basis": "basis", "ma": "basis"}),
        form(price_of_funding, "index rate", INDEX, RATE, LEFT, n="hours", interval="hours"),
        form(median_price, "prices", prices="prices", sources="prices"),
        form(middle_price, "first second third", p1="first", p2="second", p3="third",
             last="third", contract="third"),
        form(mark_price, "index", INDEX, PRICES, LEFT, BOOK),
    ],
    "reference_price": [
        form(reference_price, "sums counts", sums="sums", counts="counts", expired="expired",
             tick="tick", step="tick"),
    ],
    "index_price": [
        form(index_price, "prices", prices="prices", p="prices", weights="weights", w="weights",
             outlier="outlier"),
    ],
}  # fmt: skip
FORMS: Final = {**FUNDING, **MARKS}
