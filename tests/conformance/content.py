"""What a scenario holds: questions about its orders and steps, answered from what is written there.

A convention matters to a scenario only when what it tells of comes up there. Expectations may be
read (an order that is expected to fill whole leaves nothing), what an engine did may not.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from conformance.scenarios import Number, Scenario, is_number, number, orders_of

STOPS: Final = frozenset({"stop", "stop_limit"})
TRAILING: Final = frozenset({"trailing_stop", "trailing_stop_limit"})
CONDITIONAL: Final = STOPS | TRAILING
LIMITED: Final = frozenset({"limit", "stop_limit", "trailing_stop_limit"})
UNLIMITED: Final = frozenset({"market", "stop", "trailing_stop"})
"""The types that trade at any price, at once or when they are triggered."""
CALLS: Final = frozenset({"auction", "uncross"})
"""The steps that begin a call, and hold its auction."""
SIGNS: Final = {"buy": 1, "sell": -1}
# Of these zero is a value and not an absence.
ZERO_COUNTS: Final = frozenset({"slippage", "stop_price"})


# Of one order.


def time_in_force(order: dict[str, Any]) -> str:
    """Return the order's time in force, GTC where it states none."""
    return (order.get("tif") or "GTC").upper()


def is_asked_for(field: str, value: Any) -> bool:
    """Return whether a field's value asks for something."""
    if value is None or value is False or value in ("none", ""):
        return False
    return field in ZERO_COUNTS or not is_number(value) or number(value) != 0


def asks_for(order: dict[str, Any], field: str) -> bool:
    """Return whether an order asks for what a field stands for."""
    return is_asked_for(field, order.get(field))


def is_immediate(order: dict[str, Any], scenario: Scenario) -> bool:
    """Return whether an order is one that has no time to wait in the book.

    Where a minimum quantity is one of IOC orders, an order that states one is such an order.
    """
    if time_in_force(order) in ("IOC", "FOK"):
        return True
    return asks_for(order, "min_qty") and scenario.convention("min_qty", "ioc") == "ioc"


def never_rests(order: dict[str, Any], scenario: Scenario) -> bool:
    """Return whether what an order does not fill at once is canceled."""
    if is_immediate(order, scenario):
        return True
    cancels = scenario.convention("market_remainder", "cancel") == "cancel"
    return order["type"] in UNLIMITED and cancels


def has_date(order: dict[str, Any], scenario: Scenario) -> bool:
    """Return whether an order is one that may expire at a stated time."""
    return asks_for(order, "expire") and not is_immediate(order, scenario)


def needs_all(order: dict[str, Any]) -> bool:
    """Return whether an order trades whole or not at all."""
    return time_in_force(order) == "FOK" or asks_for(order, "aon")


def self_trade_mode(order: dict[str, Any], scenario: Scenario) -> str:
    """Return what an order does about its own account's; "none" where it has no account."""
    if order.get("account") is None:
        return "none"
    mode: str | None = order.get("stp")
    return scenario.convention("stp", "none") if mode is None else mode


def is_reached(order: dict[str, Any], last: Number) -> bool:
    """Return whether the last price is where a stop order waits for it, or beyond."""
    sign = SIGNS[order["side"]]
    return sign * last >= sign * number(order["stop_price"])


def trailed_from(order: dict[str, Any], last: Number) -> Number:
    """Return where a trailing order's stop is, its distance behind the last price."""
    return last + SIGNS[order["side"]] * number(order["trail"])


# Of the whole.


def has_dates(scenario: Scenario) -> bool:
    """Return whether anything expires by the time, so that the time matters."""
    return any(has_date(order, scenario) for order in scenario.orders())


def is_for_the_day(order: dict[str, Any], scenario: Scenario) -> bool:
    """Return whether an order ends with the day, and not at a stated time."""
    return time_in_force(order) == "DAY" and not has_date(order, scenario)


def has_days(scenario: Scenario) -> bool:
    """Return whether an order ends with the day."""
    return any(is_for_the_day(order, scenario) for order in scenario.orders())


def has_auctions(scenario: Scenario) -> bool:
    """Return whether orders are collected for an auction."""
    return any(step["op"] in CALLS for step in scenario.steps)


def begins_in_a_call(scenario: Scenario) -> bool:
    """Return whether there is an auction before any call is told to begin: it began before."""
    first = next((step["op"] for step in scenario.steps if step["op"] in CALLS), None)
    return first == "uncross"


def goes_on_after(scenario: Scenario, place: int) -> bool:
    """Return whether a call goes on after the auction at a place among the steps.

    It does where the next thing that is told of calls is another auction.
    """
    following = (step["op"] for step in scenario.steps[place + 1 :] if step["op"] in CALLS)
    return next(following, None) == "uncross"


def advances_time(scenario: Scenario) -> bool:
    """Return whether the scenario tells of time that passes."""
    return any(step["op"] == "advance_time" for step in scenario.steps)


def with_last_price(scenario: Scenario) -> Iterator[tuple[dict[str, Any], Number | None]]:
    """Yield each step with the last price before it, as it is expected; None before the first."""
    last: Number | None = None
    for step in scenario.steps:
        yield step, last
        if step["op"] == "set_last" and is_number(step.get("price")):
            last = number(step["price"])
        trades = _trades_of(step)
        if trades:
            last = number(trades[-1][2])


def has_replaces(scenario: Scenario) -> bool:
    """Return whether any order is replaced."""
    return any(step["op"] == "replace" for step in scenario.steps)


def prices_a_trade_otherwise(scenario: Scenario) -> bool:
    """Return whether a trade is expected at another price than that of who rested, or may be."""
    for step, standing, trades in _followed(scenario):
        makers = ((standing.get(maker), price) for maker, _, price, _ in trades)
        if step["op"] not in CALLS and any(
            maker is None or maker.price != number(price) for maker, price in makers
        ):
            return True
    return False


def leaves_a_market_order(scenario: Scenario) -> bool:
    """Return whether an order without a limit is expected to fill less than whole, or may."""
    in_all = _taken(trade for step in scenario.steps for trade in _trades_of(step))
    for step in scenario.steps:
        order, status = step.get("order") or {}, (step.get("expect") or {}).get("status")
        if order.get("type") not in UNLIMITED or is_immediate(order, scenario):
            continue
        waits = order["type"] in CONDITIONAL and status in ("pending", None)
        if status == "rejected" or (waits and order["id"] not in in_all):
            continue
        taken = in_all if waits else _taken(_trades_of(step))
        if taken[order["id"]] < number(order["qty"]):
            return True
    return False


def submits_a_live_id(scenario: Scenario) -> bool:
    """Return whether an order is submitted under the id of one that lives, or may live.

    A pair has one id by its nature.
    """
    leaves: dict[Hashable, Number] = {}
    for step in scenario.steps:
        order, status = step.get("order") or {}, (step.get("expect") or {}).get("status")
        if order:
            if order["id"] in leaves:
                return True
            leaves[order["id"]] = number(order["qty"])
        for maker, taker, _, quantity in _trades_of(step):
            for key in leaves.keys() & {maker, taker}:
                leaves[key] -= number(quantity)
        ended = [key for key, open_quantity in leaves.items() if open_quantity <= 0]
        if status in ("cancelled", "rejected") and (order or status == "cancelled"):
            ended.append(order["id"] if order else step.get("id"))
        for key in ended:
            leaves.pop(key, None)
    return False


def has_post_only(scenario: Scenario) -> bool:
    """Return whether any order is post-only."""
    return any(asks_for(order, "post_only") for order in scenario.orders())


def has_minimum(scenario: Scenario) -> bool:
    """Return whether any order has a minimum quantity."""
    return any(asks_for(order, "min_qty") for order in scenario.orders())


def has_stops(scenario: Scenario) -> bool:
    """Return whether any order waits for a price."""
    return any(order.get("type") in CONDITIONAL for order in scenario.orders())


def watches_quotes(scenario: Scenario) -> bool:
    """Return whether stop orders watch the best prices of the book and not the last price."""
    return scenario.convention("stop_trigger", "last") == "bbo" and has_stops(scenario)


def has_a_stop_before_a_price(scenario: Scenario) -> bool:
    """Return whether a stop order comes in before there is a last price that it would watch."""
    return not watches_quotes(scenario) and any(last is None for _, last in _stops(scenario))


def has_a_stop_that_is_reached(scenario: Scenario) -> bool:
    """Return whether a stop order comes in when the price that it watches may be there already."""
    return watches_quotes(scenario) or any(
        last is not None and is_number(order.get("stop_price")) and is_reached(order, last)
        for order, last in _stops(scenario)
        if order["type"] in STOPS
    )


def meets_own_orders(scenario: Scenario) -> bool:
    """Return whether an account has orders on both sides whose prices, at some time, meet."""
    return bool(_accounts_that_meet(scenario))


def prevents_where_all_is_needed(scenario: Scenario) -> bool:
    """Return whether an order that must get all, or a minimum, may meet its own account's.

    One that is expected to get all meets none of them, or none that it needs.
    """
    accounts = _accounts_that_meet(scenario)
    in_all = _taken(trade for step in scenario.steps for trade in _trades_of(step))
    return any(
        order.get("account") in accounts and self_trade_mode(order, scenario) != "none"
        for order in scenario.orders()
        if (needs_all(order) or asks_for(order, "min_qty"))
        and in_all[order["id"]] < number(order["qty"])
    )


def keeps_a_place_beside_others(scenario: Scenario) -> bool:
    """Return whether a replace of an order leaves it where others are, and makes it no smaller."""
    orders = _prices_of_orders(scenario)
    before: dict[Hashable, tuple[Number, Number]] = {}
    for step, standing, _ in _followed(scenario):
        key = step.get("id")
        is_refused = (step.get("expect") or {}).get("status") == "rejected"
        if step["op"] == "replace" and not is_refused and key in orders:
            stood, stands = before.get(key), standing.get(key)
            stays = stood is None or stands is None or stands.stays_as_large(*stood)
            if stays and _shares_a_price(orders, key):
                return True
        before = {key: (order.price, order.leaves) for key, order in standing.items()}
    return False


def shows_a_part_beside_others(scenario: Scenario) -> bool:
    """Return whether an iceberg shows another part where an order of its side shares its price."""
    orders = _prices_of_orders(scenario)
    given = _given(trade for step in scenario.steps for trade in _trades_of(step))
    return any(
        _shares_a_price(orders, key)
        for key, (order, _) in orders.items()
        if asks_for(order, "display_qty") and given[key] >= number(order["display_qty"])
    )


def asks_who_owns(scenario: Scenario) -> bool:
    """Return whether a step is of an account for an order that states another one, or none."""
    owners: dict[Hashable, Any] = {}
    for step in scenario.steps:
        owners |= {order["id"]: order.get("account") for order in orders_of(step)}
        account = step.get("account")
        if account is not None and owners.get(step.get("id"), account) != account:
            return True
    return False


def tells_its_side(scenario: Scenario, step: dict[str, Any]) -> bool:
    """Return whether a step only repeats the side of the order that it changes."""
    sides = {order["side"] for order in scenario.orders() if order["id"] == step.get("id")}
    return sides <= {step.get("side")}


def has_bounded_values(scenario: Scenario) -> bool:
    """Return whether there is a bound of what orders are worth that one of them may pass."""
    bound = scenario.limits().get("max_value")
    return bound is not None and is_worth_more(scenario, number(bound))


def needs_accounts(scenario: Scenario) -> bool:
    """Return whether only an engine with accounts has what is asked for."""
    return has_bounded_values(scenario) or asks_who_owns(scenario)


def calls_at_market(scenario: Scenario) -> bool:
    """Return whether an order without a limit may come into a call."""
    has_unlimited = any(order.get("type") in UNLIMITED for order in scenario.orders())
    return has_auctions(scenario) and has_unlimited


def is_worth_more(scenario: Scenario, bound: Number) -> bool:
    """Return whether an order may be worth more than a bound."""
    most: dict[str, Number] = {}
    for step in scenario.steps:
        for given in (step, *orders_of(step)):
            for name in ("price", "qty"):
                if is_number(given.get(name)):
                    most[name] = max(most.get(name, 0), abs(number(given[name])))
    return most.get("price", 0) * most.get("qty", 0) > bound


def passes_over_an_order(scenario: Scenario) -> bool:
    """Return whether an order is expected to trade before one that has priority over it.

    All-or-none orders have none: they are passed over when they do not fit.
    """
    for _, standing, trades in _followed(scenario):
        makers = [standing[maker] for maker, *_ in trades if maker in standing]
        passed = [order for order in standing.values() if order.leaves > 0 and not order.is_choosy]
        if any(other.is_before(maker) for maker in makers for other in passed):
            return True
    return False


@dataclass
class _Standing:
    """A limit order and its place, as expectations have it."""

    side: str
    price: Number
    leaves: Number
    filled_of: Number
    place: int
    is_choosy: bool

    def is_before(self, other: _Standing) -> bool:
        """Return whether it has priority over another order, by price, then time."""
        sign = SIGNS[self.side]
        own, others = (-sign * self.price, self.place), (-sign * other.price, other.place)
        return self.side == other.side and own < others

    def stays_as_large(self, price: Number, leaves: Number) -> bool:
        """Return whether it stands where it did, with as much or more."""
        return self.price == price and self.leaves >= leaves


def _followed(
    scenario: Scenario,
) -> Iterator[tuple[dict[str, Any], dict[Hashable, _Standing], list[Any]]]:
    """Yield each step with the limit orders as they stand after it, ended ones too, and its trades.

    It is one dictionary that goes on.
    """
    standing: dict[Hashable, _Standing] = {}
    for place, step in enumerate(scenario.steps):
        _place(standing, step, place, scenario.convention("replace_qty", "leaves"))
        trades = _trades_of(step)
        for maker, taker, _, quantity in trades:
            for key in standing.keys() & {maker, taker}:
                standing[key].leaves -= number(quantity)
        yield step, standing, trades


def _place(
    standing: dict[Hashable, _Standing], step: dict[str, Any], place: int, replace_qty: str
) -> None:
    """Follow what a step says of the orders that stand; a rejected one says nothing."""
    if (step.get("expect") or {}).get("status") == "rejected":
        return
    order = step.get("order") or {}
    if order.get("type") == "limit" and is_number(order.get("price")):
        price, quantity = number(order["price"]), number(order["qty"])
        is_choosy = asks_for(order, "aon")
        standing[order["id"]] = _Standing(
            order["side"], price, quantity, quantity, place, is_choosy
        )
    found = standing.get(step.get("id"))
    if found is None:
        return
    if step["op"] == "cancel":
        del standing[step["id"]]
    elif step["op"] == "reduce":
        found.leaves -= number(step["qty"])
    elif step["op"] == "replace":
        found.place = place
        if is_number(step.get("price")):
            found.price = number(step["price"])
        if is_number(step.get("qty")):
            _requantify(found, number(step["qty"]), replace_qty)


def _requantify(order: _Standing, quantity: Number, replace_qty: str) -> None:
    """Give an order what the quantity of a replace says, in the convention's meaning."""
    filled = order.filled_of - order.leaves
    before = {"delta": order.leaves, "total": -filled}.get(replace_qty, 0)
    order.leaves = before + quantity
    order.filled_of = order.leaves + filled


def _trades_of(step: dict[str, Any]) -> list[Any]:
    return (step.get("expect") or {}).get("trades") or []


def _taken(trades: Iterable[list[Any]]) -> dict[Hashable, Number]:
    """Return what each order took, as the one that came in; nothing for the others."""
    taken: dict[Hashable, Number] = defaultdict(int)
    for _, taker, _, quantity in trades:
        taken[taker] += number(quantity)
    return taken


def _given(trades: Iterable[list[Any]]) -> dict[Hashable, Number]:
    """Return what each order gave, as the one that rested; nothing for the others."""
    return _taken([taker, maker, price, quantity] for maker, taker, price, quantity in trades)


def _stops(scenario: Scenario) -> Iterator[tuple[dict[str, Any], Number | None]]:
    """Yield each order that waits for a price, with the last price at its entry."""
    for step, last in with_last_price(scenario):
        for order in orders_of(step):
            if order.get("type") in CONDITIONAL:
                yield order, last


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


def _shares_a_price(
    orders: dict[Hashable, tuple[dict[str, Any], list[Number]]], key: Hashable
) -> bool:
    """Return whether another order of its side has a price that an order has, at some time."""
    own, prices = orders[key]
    return any(
        other is not own and other["side"] == own["side"] and set(prices) & set(others)
        for other, others in orders.values()
    )


def _accounts_that_meet(scenario: Scenario) -> set[Hashable]:
    """Return the accounts that have orders on both sides whose prices, at some time, meet."""
    highest_buy: dict[Hashable, Number | float] = {}
    lowest_sell: dict[Hashable, Number | float] = {}
    for order, prices in _prices_of_orders(scenario).values():
        account = order.get("account")
        if account is None:
            continue
        if order["side"] == "buy":
            highest = max(prices, default=math.inf)
            highest_buy[account] = max(highest_buy.get(account, -math.inf), highest)
        else:
            lowest = min(prices, default=-math.inf)
            lowest_sell[account] = min(lowest_sell.get(account, math.inf), lowest)
    both = highest_buy.keys() & lowest_sell.keys()
    return {account for account in both if highest_buy[account] >= lowest_sell[account]}
