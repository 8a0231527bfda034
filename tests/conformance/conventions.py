"""What a scenario needs that the engine does not offer yet, told from its content alone.

Conventions that differ between venues are of three kinds. What is a matter of words is translated
by `playback`; what is configuration of the instrument is set there; the rest is in the tables here.
A convention that the engine does not offer is a need only of a scenario that depends on it: market
orders that rest do not matter to one whose market orders all fill. No decision looks at the id of a
scenario, nor at anything that an engine did with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final, NamedTuple

from conformance.scenarios import LIMITS, Number, Scenario, is_number, number

NOT_CHECKABLE: Final = "not checkable: behaviour outside the common rules"

AON: Final = "all-or-none orders that rest"
AUCTIONS: Final = "call auctions"
EXPIRY: Final = "day and good-till-date orders"
OCO: Final = "linked orders (OCO)"
SELF_TRADE: Final = "self-trade prevention"
SLIDE: Final = "post-only orders that change their price"
STOPS: Final = "stop orders"
TRAILING: Final = "trailing stop orders"
WORST_PRICE: Final = "market orders with a worst price"

OPERATIONS: Final[dict[str, str | None]] = {
    "submit": None,
    "cancel": None,
    "replace": None,
    "reduce": None,
    "set_last": None,  # only triggers and resting market orders look at the last price
    "advance_time": None,  # only what expires looks at the time
    "submit_oco": OCO,
    "auction": AUCTIONS,
    "uncross": AUCTIONS,
    "uncross_continuous": AUCTIONS,
    "deposit": "accounts with balances",
}
ORDER_TYPES: Final[dict[str, str | None]] = {
    "limit": None,
    "market": None,
    "stop": STOPS,
    "stop_limit": STOPS,
    "trailing_stop": TRAILING,
    "trailing_stop_limit": TRAILING,
}
TIMES_IN_FORCE: Final[dict[str, str | None]] = {
    "GTC": None,
    "IOC": None,
    "FOK": None,
    "DAY": EXPIRY,
    "GTD": EXPIRY,
}
# Fields of an order that ask for nothing when they are absent, false, zero or "none".
ORDER_FIELDS: Final[dict[str, str | None]] = {
    "id": None,
    "side": None,
    "qty": None,
    "type": None,
    "price": None,
    "tif": None,
    "account": None,
    "time": None,  # decides nothing: the queue is in the order of entry
    "timestamp": None,
    "post_only": None,  # decided by _order_needs
    "aon": None,  # decided by _order_needs
    "stp": None,  # decided by _meets_own_orders
    "display_qty": "icebergs",
    "hidden": "hidden orders",
    "min_qty": "minimum quantities",
    "expire": EXPIRY,
    "stop_price": STOPS,
    "stop_limit_price": STOPS,
    "trail": TRAILING,
    "trail_step": TRAILING,
    "slippage": WORST_PRICE,
}
# Of these zero is a value and not an absence.
ZERO_COUNTS: Final = frozenset({"slippage", "stop_price", "stop_limit_price"})
STEP_FIELDS: Final = frozenset(
    {"op", "order", "id", "new_id", "price", "qty", "account", "time", "timestamp"}
)
STEP_RESULTS: Final = frozenset({"expect", "asserted"})
LIMITS_OFFERED: Final = frozenset(LIMITS) - {"max_value"}


class Convention(NamedTuple):
    """One key of `semantics`."""

    offered: frozenset[Any] | None
    """Values that the engine has, or that are only words; None when every value is one of these."""
    need: str = ""
    matters: Callable[[Scenario], bool] | None = None
    """Whether a scenario depends on it; None when every scenario does."""

    def is_missed(self, value: Any, scenario: Scenario) -> bool:
        """Return whether the scenario depends on a value that is not offered."""
        if self.offered is None or value in self.offered:
            return False
        return self.matters is None or self.matters(scenario)


def needs(scenario: Scenario) -> list[str]:
    """Return what the scenario needs and the engine does not offer, sorted, each once."""
    found = {*_step_needs(scenario), *_convention_needs(scenario)}
    for name in scenario.limits().keys() - LIMITS_OFFERED:
        found.add(f"limit {name}")
    return sorted(found)


def reason_to_skip(scenario: Scenario) -> str | None:
    """Return why the scenario cannot run, None when it can."""
    if not scenario.checkable:
        return NOT_CHECKABLE
    found = needs(scenario)
    return "needs " + ", ".join(found) if found else None


def never_rests(order: dict[str, Any], scenario: Scenario) -> bool:
    """Return whether what an order does not fill at once is canceled."""
    if order["type"] == "market":
        return scenario.convention("market_remainder", "cancel") == "cancel"
    return time_in_force(order) in ("IOC", "FOK")


def time_in_force(order: dict[str, Any]) -> str:
    """Return the order's time in force, GTC where it states none."""
    return (order.get("tif") or "GTC").upper()


def is_asked_for(field: str, value: Any) -> bool:
    """Return whether a field's value asks for something."""
    if value is None or value is False or value == "none":
        return False
    return field in ZERO_COUNTS or value != 0


def _step_needs(scenario: Scenario) -> Iterator[str]:
    owners: dict[Hashable, Any] = {}
    for step in scenario.steps:
        operation = step["op"]
        need = OPERATIONS.get(operation, f"step {operation}")
        if need is not None:
            yield need
            continue
        given = {name for name, value in step.items() if value is not None} - STEP_RESULTS
        yield from (f"{operation} with {name}" for name in given - STEP_FIELDS)
        if operation == "submit":
            owners[step["order"]["id"]] = step["order"].get("account")
            yield from _order_needs(step["order"], scenario)
        elif "account" in given and step["account"] != owners.get(step["id"]):
            yield "a check of who owns an order"


def _order_needs(order: dict[str, Any], scenario: Scenario) -> Iterator[str]:
    order_type = ORDER_TYPES.get(order["type"], f"order type {order['type']}")
    time = TIMES_IN_FORCE.get(time_in_force(order), f"time in force {order.get('tif')}")
    yield from (need for need in (order_type, time) if need is not None)
    for field, value in order.items():
        need = ORDER_FIELDS.get(field, f"order field {field}")
        if need is not None and is_asked_for(field, value):
            yield need
    if is_asked_for("aon", order.get("aon")) and not never_rests(order, scenario):
        yield AON
    if order.get("post_only") not in (None, False, True, "reject"):
        yield SLIDE
    if order_type is None:
        priced = is_number(order.get("price"))
        if order["type"] == "limit" and not priced:
            yield "limit orders without a price"
        if order["type"] == "market" and priced and number(order["price"]) != 0:
            yield WORST_PRICE


def _convention_needs(scenario: Scenario) -> Iterator[str]:
    for key, value in scenario.semantics.items():
        if value is None or key in LIMITS:
            continue
        convention = CONVENTIONS.get(key)
        if convention is None:
            yield f"convention {key}={value}"
        elif convention.is_missed(value, scenario):
            yield convention.need.format(value=value)
    prevents = any(is_asked_for("stp", order.get("stp")) for order in scenario.orders())
    if prevents and _meets_own_orders(scenario):
        yield SELF_TRADE


def _expects_a_trade(scenario: Scenario) -> bool:
    return any(step.get("expect", {}).get("trades") for step in scenario.steps)


def _leaves_a_market_order(scenario: Scenario) -> bool:
    """Return whether a market order is expected to fill less than whole, or may."""
    for step in scenario.steps:
        order, expect = step.get("order", {}), step.get("expect", {})
        if order.get("type") != "market" or expect.get("status") == "rejected":
            continue
        fills = [trade for trade in expect.get("trades") or () if trade[1] == order["id"]]
        if sum(number(quantity) for _, _, _, quantity in fills) < number(order["qty"]):
            return True
    return False


def _submits_an_id_twice(scenario: Scenario) -> bool:
    ids = [order["id"] for order in scenario.orders()]
    return len(ids) != len(set(ids))


def _has_post_only(scenario: Scenario) -> bool:
    return any(is_asked_for("post_only", order.get("post_only")) for order in scenario.orders())


def _prices_of_orders(scenario: Scenario) -> dict[Hashable, tuple[dict[str, Any], list[Number]]]:
    """Return each order, by id, with the prices it has over its life; a market order has none."""
    found: dict[Hashable, tuple[dict[str, Any], list[Number]]] = {}
    for step in scenario.steps:
        order = step.get("order") or {}
        if order:
            found.setdefault(order["id"], (order, []))
        key = order["id"] if order else step.get("id")
        price = order.get("price") if order else step.get("price")
        if key in found and is_number(price):
            found[key][1].append(number(price))
        if key in found and step.get("new_id") is not None:
            found[step["new_id"]] = found[key]
    return found


def _meets_own_orders(scenario: Scenario) -> bool:
    """Return whether an account has orders on both sides whose prices, at some time, meet."""
    highest_buy: dict[Hashable, Number | float] = {}
    lowest_sell: dict[Hashable, Number | float] = {}
    for order, prices in _prices_of_orders(scenario).values():
        account = order.get("account")
        if account is None:
            continue
        if order["side"] == "buy":
            prices = prices or [math.inf]
            highest_buy[account] = max(highest_buy.get(account, -math.inf), *prices)
        else:
            prices = prices or [-math.inf]
            lowest_sell[account] = min(lowest_sell.get(account, math.inf), *prices)
    both = highest_buy.keys() & lowest_sell.keys()
    return any(highest_buy[account] >= lowest_sell[account] for account in both)


def _replaces_beside_others(scenario: Scenario) -> bool:
    """Return whether an order is replaced that another one of its side shares a price with."""
    orders = _prices_of_orders(scenario)
    for step in scenario.steps:
        if step["op"] != "replace" or step["id"] not in orders:
            continue
        replaced, prices = orders[step["id"]]
        for other, others in orders.values():
            same_side = other is not replaced and other["side"] == replaced["side"]
            if same_side and set(prices) & set(others):
                return True
    return False


ONLY_WORDS: Final = Convention(offered=None)
# Conventions of orders and steps that are not offered at all, and are named for what they are.
OF_WHAT_IS_NOT_OFFERED: Final = Convention(offered=None)

CONVENTIONS: Final[dict[str, Convention]] = {
    "price_rule": Convention(frozenset({"maker"}), "trades at the {value} price", _expects_a_trade),
    "market_remainder": Convention(
        frozenset({"cancel"}), "market orders that rest", _leaves_a_market_order
    ),
    "duplicate_id": Convention(
        frozenset({"reject"}), "live orders with one id", _submits_an_id_twice
    ),
    "replace_qty": Convention(frozenset({"leaves", "total", "delta"}), "replace_qty {value}"),
    "replace_decrease": Convention(frozenset({"keep", "lose"}), "replace_decrease {value}"),
    "replace_same": Convention(
        frozenset({"lose"}), "priority kept by an equal or larger quantity", _replaces_beside_others
    ),
    "stp": Convention(frozenset({"none"}), SELF_TRADE, _meets_own_orders),
    "post_only": Convention(frozenset({"reject"}), SLIDE, _has_post_only),
    "limits": ONLY_WORDS,
    "market_empty": ONLY_WORDS,
    "merge_fills": ONLY_WORDS,
    "unfilled_fok": ONLY_WORDS,
    "unfilled_ioc": ONLY_WORDS,
    "aon": OF_WHAT_IS_NOT_OFFERED,
    "auction_price": OF_WHAT_IS_NOT_OFFERED,
    "fok_stp": OF_WHAT_IS_NOT_OFFERED,
    "iceberg_refresh": OF_WHAT_IS_NOT_OFFERED,
    "level_qty": OF_WHAT_IS_NOT_OFFERED,
    "min_qty": OF_WHAT_IS_NOT_OFFERED,
    "stop_immediate": OF_WHAT_IS_NOT_OFFERED,
    "stop_no_last": OF_WHAT_IS_NOT_OFFERED,
    "stop_trigger": OF_WHAT_IS_NOT_OFFERED,
    "trigger_order": OF_WHAT_IS_NOT_OFFERED,
}
