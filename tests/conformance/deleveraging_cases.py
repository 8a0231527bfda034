"""What answers the cases of what a liquidation does: steps, fees, insurance, deleveraging."""

from __future__ import annotations

from typing import Any, Final

from conformance.liquidation_cases import EQUITY, NEEDED, quotient, spec_of
from conformance.money_cases import MILLION, SIDE, contract_of, form, sign_of
from conformance.scenarios import number

from engine import calc
from engine.calc import EXACT

NAMES: Final = {True: "LIQUIDATE", False: "OK"}
BILLION: Final = 10**9
ALL: Final = 2**64 - 1
"""What Drift says where no quantity is enough."""
COLLATERAL: Final = dict.fromkeys(("collateral", "wallet", "wb"), "collateral")
RANKED: Final = {"mv": "mark_value", "ev": "entry_value", "bv": "bankruptcy_value"}


def trigger(venue: str, balance: str, needed: str) -> str:
    return NAMES[spec_of(venue).is_triggered(balance, needed)]


def trigger_of_ratio(venue: str, ratio: str) -> str:
    """Decide by a ratio: on OKX what is there by what is needed, elsewhere the other way round."""
    return trigger(venue, *((ratio, "1") if venue.startswith("okx-") else ("1", ratio)))


def trigger_of_price(venue: str, mark: str, price: str, side: str) -> str:
    """Decide by the price of a liquidation, which a long position's mark price falls to."""
    sign = sign_of(side)
    return NAMES[spec_of(venue).is_triggered(sign * number(mark), sign * number(price))]


def insurance_delta(venue: str, filled: str, owed: str, rate: Any = None) -> Any:
    if rate is None:
        return spec_of(venue).insurance_delta(filled, owed, step=1)
    return calc.insurance_delta(filled, owed, max_fee_rate=rate, step=1)


def insurance_fee(
    _: str,
    shortage: str,
    quantity: str,
    price: str,
    rate: str,
    liquidator: str,
    most: str,
) -> Any:
    """Return Drift's fee in millionths."""
    found = calc.insurance_fee_rate(
        shortage,
        calc.position_value(quantity, price, step=EXACT),
        rate,
        liquidator_fee=liquidator,
        most=quotient(most, MILLION),
        step="0.000001",
    )
    return calc.position_value(found, MILLION)


def shortage_quantity(
    _: str,
    shortage: str,
    price: str,
    rate: str,
    liquidator: str = "0",
    insurance: str = "0",
    quote: str = "1",
) -> Any:
    """Return what Drift closes, in billionths."""
    found = calc.shortage_quantity(
        shortage,
        price,
        rate,
        liquidator_fee=liquidator,
        insurance_fee=insurance,
        quote_price=quote,
        step="0.000000001",
        rounding="down",
    )
    return ALL if found is None else calc.position_value(found, BILLION)


def max_value(_: str, value: str, least: str = "0", part: str = "0") -> Any:
    return calc.max_liquidation_value(value, least=least, part=part)


def rank_by_leverage(
    venue: str, entry_value: str, mark_value: str, bankruptcy_value: str, side: Any = None
) -> Any:
    """Return BitMEX's rank; values without a side have the position's sign themselves."""
    told = 1 if side is None else sign_of(side)
    contract = "linear" if side is None else contract_of(venue)
    return calc.adl_rank_by_leverage(
        told, entry_value, mark_value, bankruptcy_value, contract=contract
    )


def rank_by_ratio(_: str, gain: str, collateral: str, ratio: str) -> Any:
    return calc.adl_rank_by_ratio(gain, collateral, ratio)


def rank_by_margins(_: str, gain: str, collateral: str, needed: str, balance: str) -> Any:
    """Return Binance's rank of a ratio that is told by its parts."""
    ratio = calc.return_on_margin(needed, balance, step=EXACT)
    return calc.adl_rank_by_ratio(gain, collateral, ratio)


def effective_leverage(venue: str, mark_value: str, bankruptcy_value: str, side: Any = None) -> Any:
    told = 1 if side is None else sign_of(side)
    contract = "linear" if side is None else contract_of(venue)
    return calc.effective_leverage(told, mark_value, bankruptcy_value, contract=contract)


def quantile(_: str, rank: str, total: str) -> Any:
    return calc.return_on_margin(rank, total)


def quantiles(_: str, ranks: list[str]) -> Any:
    return calc.adl_quantile(ranks).tolist()


def allocation(_: str, ranks: list[str], sizes: list[str], quantity: str) -> Any:
    return calc.adl_allocation(ranks, sizes, quantity).tolist()


FORMS: Final = {
    "liquidation_trigger": [
        form(trigger, "balance needed", EQUITY, NEEDED, nc="balance", tnc="balance", mb="balance",
             mmr="needed", tmmr="needed"),
        form(trigger_of_ratio, "ratio", **dict.fromkeys(("ratio", "rate", "mmrate"), "ratio")),
        form(trigger_of_price, "mark price side", SIDE, mark="mark",
             **dict.fromkeys(("liq", "lp", "liq_price"), "price")),
    ],
    "liquidation_step": [
        form(shortage_quantity, "shortage price rate", short="shortage", sh="shortage", px="price",
             mr="rate", lf="liquidator", iff="insurance", qpx="quote"),
        form(max_value, "value", pn="value", mn="least", por="part"),
    ],
    "liquidation_fee": [
        form(insurance_fee, "shortage quantity price rate liquidator most", sh="shortage",
             short="shortage", base="quantity", px="price", mr="rate", lf="liquidator",
             maxfee="most"),
    ],
    "insurance_fund_delta": [
        form(insurance_delta, "filled owed", fq="filled", bq="owed", max_fee="rate"),
    ],
    "adl_rank": [
        form(rank_by_leverage, "entry_value mark_value bankruptcy_value", RANKED, SIDE),
        form(rank_by_ratio, "gain collateral ratio", COLLATERAL, upnl="gain", ratio="ratio"),
        form(rank_by_margins, "gain collateral needed balance", COLLATERAL, NEEDED, upnl="gain",
             mb="balance", bal="balance"),
        form(quantile, "rank total", rank="rank", total="total"),
        form(quantiles, "ranks", ranks="ranks"),
    ],
    "adl_quantile": [
        form(quantile, "rank total", rank="rank", total="total"),
        form(quantiles, "ranks", ranks="ranks"),
    ],
    "adl_allocation": [
        form(allocation, "ranks sizes quantity", ranks="ranks", sizes="sizes", qty="quantity",
             q="quantity"),
    ],
    "effective_leverage": [
        form(effective_leverage, "mark_value bankruptcy_value", SIDE, mv="mark_value",
             bv="bankruptcy_value"),
    ],
}  # fmt: skip
