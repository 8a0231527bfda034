"""What answers the cases of checks before a trade: filters of a venue, and bands of prices.

Several filters have one rule and inputs that look alike; which of them a case means, its inputs
don't tell. Each is asked then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any, Final

from conformance.cases import OneOf
from conformance.money_cases import QUANTITY, SIDE, form, sided, sign_of
from conformance.scenarios import number, whole

from engine import OrderFilters, calc

ORDERED: Final = dict.fromkeys(("price", "p", "px"), "price")
LIMIT: Final = dict.fromkeys(("limit", "lim", "max"), "most")
VISIBLE: Final = dict.fromkeys(
    ("visible", "vis", "iceberg", "icebergqty", "iceberg_qty", "display"), "visible"
)
LEAST: Final = dict.fromkeys(("lo", "lower", "mn", "min", "minn", "mind"), "least")
MOST: Final = dict.fromkeys(("hi", "upper", "mx", "max", "maxn", "maxd"), "most")
REFERENCE: Final = dict.fromkeys(("avg", "ref", "reference", "last"), "reference")

# Filters.

PASSED: Final = "PASS"


def filtered(filters: OrderFilters, **order: Any) -> str:
    """Return the name of the first filter that an order fails."""
    found = filters.check(**order)
    return PASSED if found is None else found


def each_of(answers: Iterable[str]) -> Any:
    """Return what several filters say, where it is not the same."""
    found = tuple(dict.fromkeys(answers))
    return found[0] if len(found) == 1 else OneOf(found)


def price_filter(_: str, price: str, lowest: str, highest: str, tick: str) -> str:
    filters = OrderFilters(min_price=lowest, max_price=highest, tick_size=tick)
    return filtered(filters, price=price)


def lot_filter(_: str, quantity: str, least: str, most: str, lot: str) -> Any:
    """Ask the filter of lots, and that of market orders."""
    of_all = OrderFilters(min_quantity=least, max_quantity=most, lot_size=lot)
    of_market = OrderFilters(
        min_market_quantity=least, max_market_quantity=most, market_lot_size=lot
    )
    return each_of(
        filtered(filters, quantity=quantity, is_market=True) for filters in (of_all, of_market)
    )


def least_notional(_: str, price: str, quantity: str, least: str) -> str:
    return filtered(OrderFilters(min_notional=least), price=price, quantity=quantity)


def notional_filter(_: str, price: str, quantity: str, least: str, most: str) -> str:
    filters = OrderFilters(min_notional=least, max_notional=most)
    return filtered(filters, price=price, quantity=quantity)


def percent_filter(_: str, price: str, reference: str, up: str, down: str, side: Any = 1) -> Any:
    """Ask the filter of one side, and that of both."""
    words = ("buy", "sell")[sign_of(side) < 0]
    of_side = OrderFilters(**{f"{words}_percent_up": up, f"{words}_percent_down": down})
    of_both = OrderFilters(percent_up=up, percent_down=down)
    return each_of(
        filtered(filters, price=price, reference_price=reference, side=sign_of(side))
        for filters in (of_side, of_both)
    )


def sided_percent_filter(_: str, price: str, reference: str, side: Any, **factors: str) -> str:
    filters = OrderFilters(**factors)
    return filtered(filters, price=price, reference_price=reference, side=sign_of(side))


COUNTED: Final = {
    "open_orders": "max_open_orders",
    "algo_orders": "max_algo_orders",
    "iceberg_orders": "max_iceberg_orders",
    "order_lists": "max_order_lists",
    "amendments": "max_amendments",
}


def counted(name: str, _: str, count: str, most: str) -> str:
    """Ask the filter of what is counted under a name."""
    return filtered(OrderFilters(**{COUNTED[name]: whole(most)}), **{name: whole(count)})


def open_filter(_: str, count: str, most: str) -> Any:
    """Ask each filter of orders that are open."""
    names = ("open_orders", "algo_orders", "iceberg_orders", "order_lists")
    return each_of(counted(name, "", count, most) for name in names)


def count_filter(_: str, count: str, most: str) -> Any:
    """Ask each filter of what is counted."""
    return each_of(counted(name, "", count, most) for name in COUNTED)


def iceberg_filter(_: str, quantity: str, visible: str, most: str) -> str:
    filters = OrderFilters(max_iceberg_parts=whole(most))
    return filtered(filters, quantity=quantity, display_quantity=visible)


def position_filter(
    _: str,
    most: str,
    position: str = "0",
    free: str = "0",
    locked: str = "0",
    open_buys: str = "0",
    quantity: Any = None,
    side: str = "buy",
) -> str:
    held = number(position) + number(free) + number(locked)
    filters = OrderFilters(max_position=most)
    return filtered(
        filters, side=sign_of(side), quantity=quantity, position=held, open_buys=open_buys
    )


def asset_filter(_: str, quantity: str, most: str, price: Any = None) -> str:
    """Ask about the base currency; about the quote currency where a price is told."""
    amounts = {"max_base_amount" if price is None else "max_quote_amount": most}
    return filtered(OrderFilters(**amounts), price=price, quantity=quantity)


def trailing_filter(_: str, delta: str, least: str, most: str) -> str:
    filters = OrderFilters(min_trailing_delta=whole(least), max_trailing_delta=whole(most))
    return filtered(filters, trailing_delta=whole(delta))


# Bands.

QUOTES: Final = {"ask": "ask", "offer": "ask", "bid": "bid"}
POINTS: Final = dict.fromkeys(("points", "protection", "prot"), "ticks")
EXECUTED: Final = {True: "EXECUTE", False: "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"}


def is_in_range(_: str, price: str, reference: str, up: str, down: str) -> str:
    return EXECUTED[calc.price_range(reference, up=up, down=down).holds(price)]


def slipped(ask: Any, bid: Any, side: Any, **distance: Any) -> Any:
    """Return a worst price; where one side of the book is told alone, the order is of the other."""
    if side is None and None in (ask, bid):
        side = -1 if ask is None else 1
    return sided(side, lambda each: calc.slippage_limit(each, ask if each > 0 else bid, **distance))


def slipped_by_part(
    _: str, percent: str, ask: Any = None, bid: Any = None, side: Any = None
) -> Any:
    return slipped(ask, bid, side, part=number(percent) / Decimal(100))


def slipped_by_ticks(
    _: str, ticks: str, tick: str = "1", ask: Any = None, bid: Any = None, side: Any = None
) -> Any:
    """Return the worst price so many ticks away; CME's protection points are units."""
    return slipped(ask, bid, side, ticks=ticks, tick_size=tick)


def protected(_: str, best: str, points: str, side: Any = None) -> Any:
    """Return CME's worst price of a market order: so many points beyond the best one."""
    return slipped_by_ticks("", points, ask=best, bid=best, side=side)


def limits_with_premium(
    _: str, index: str, inner: str, outer: str, premium: str, side: Any = None
) -> Any:
    limits = calc.price_limits(index, premium=premium, inner=inner, outer=outer)
    return sided(side, lambda each: limits.highest if each > 0 else limits.lowest)


def limits_at_first(_: str, index: str, part: str, side: Any = None) -> Any:
    reach = number(part)
    limits = calc.price_range(index, up=1 + reach, down=1 - reach)
    return sided(side, lambda each: limits.highest if each > 0 else limits.lowest)


def count_form(name: str, *words: str) -> Any:
    """Return the form of a filter of what is counted, told by any of its words."""
    maxima = {f"max_{word}": "most" for word in words} | {f"max{word}": "most" for word in words}
    call: Callable[..., str] = partial(counted, name)
    counts = dict.fromkeys((*words, *(f"open_{word}" for word in words)), "count")
    return form(call, "count most", counts, LIMIT, maxima)


FORMS: Final = {
    "pre_trade_filter": [
        form(price_filter, "price lowest highest tick", ORDERED, minp="lowest", maxp="highest",
             tick="tick"),
        form(lot_filter, "quantity least most lot", QUANTITY, minq="least", maxq="most",
             step="lot"),
        form(least_notional, "price quantity least", ORDERED, QUANTITY, minn="least",
             avg="price"),
        form(notional_filter, "price quantity least most", ORDERED, QUANTITY, LEAST, MOST,
             avg="price"),
        form(percent_filter, "price reference up down", ORDERED, REFERENCE, SIDE, up="up",
             down="down"),
        form(sided_percent_filter, "price reference side buy_percent_up buy_percent_down "
             "sell_percent_up sell_percent_down", ORDERED, REFERENCE, SIDE,
             bid_up="buy_percent_up", bid_down="buy_percent_down", ask_up="sell_percent_up",
             ask_down="sell_percent_down"),
        form(open_filter, "count most", LIMIT, open="count"),
        form(count_filter, "count most", LIMIT,
             **dict.fromkeys(("n", "count", "num", "used"), "count")),
        count_form("algo_orders", "algo", "algos", "algo_orders", "stops"),
        count_form("iceberg_orders", "iceberg", "icebergs", "iceberg_orders"),
        count_form("order_lists", "lists", "order_lists"),
        count_form("amendments", "amends", "amendments"),
        form(position_filter, "most", QUANTITY, SIDE, free="free", locked="locked",
             **dict.fromkeys(("pos", "position"), "position"),
             **dict.fromkeys(("open_buys", "buys"), "open_buys"),
             **dict.fromkeys(("maxpos", "max_pos", "max_position"), "most")),
        form(asset_filter, "quantity most", QUANTITY, ORDERED, LIMIT, maxasset="most",
             max_asset="most", asset_max="most"),
        form(trailing_filter, "delta least most", LEAST, MOST, d="delta", delta="delta",
             trailing="delta"),
        form(iceberg_filter, "quantity visible most", QUANTITY, VISIBLE, LIMIT,
             **dict.fromkeys(("parts", "maxp", "maxparts", "max_parts"), "most")),
    ],
    "price_band": [
        form(is_in_range, "price reference up down", ORDERED, REFERENCE, up="up", down="down"),
        *(
            chosen
            for sides in ("ask bid", "ask", "bid")
            for chosen in (
                form(slipped_by_ticks, f"{sides} ticks tick", SIDE, QUOTES, tol="ticks",
                     ticks="ticks", tick="tick"),
                form(slipped_by_part, f"{sides} percent", SIDE, QUOTES, tol="percent",
                     pct="percent"),
                form(slipped_by_ticks, f"{sides} ticks", SIDE, QUOTES, POINTS),
            )
        ),
        form(protected, "best points", SIDE, best="best",
             **dict.fromkeys(POINTS, "points")),
        form(limits_with_premium, "index inner outer premium", SIDE, idx="index", index="index",
             y="inner", z="outer", prem="premium"),
        form(limits_at_first, "index part", SIDE, idx="index", index="index", x="part"),
    ],
}  # fmt: skip
