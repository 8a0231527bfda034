"""What a scenario needs that the engine does not offer yet, told from its content alone.

Conventions that differ between venues are of three kinds. What is a matter of words is translated
by `playback`; what is configuration of the instrument is set there; the rest is in the tables here.
A convention that the engine does not offer is a need only of a scenario that depends on it: market
orders that rest do not matter to one whose market orders all fill. No decision looks at the id of a
scenario, nor at anything that an engine did with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from conformance import content
from conformance.content import asks_for, is_asked_for, time_in_force
from conformance.scenarios import LIMITS, Number, Scenario, is_number, number, orders_of
from conformance.submission import FOR_AUCTIONS

NOT_CHECKABLE: Final = "not checkable: behaviour outside the common rules"

DAY: Final = "a day that ends while other orders look at the time"
ORDER_BY_ORDER: Final = "uncrossing order by order"
SELF_TRADE: Final = "self-trade prevention {value}"
TIMES: Final = "times that are not numbers"

OPERATIONS: Final[dict[str, str | None]] = {
    "submit": None,
    "cancel": None,
    "replace": None,
    "reduce": None,
    "set_last": None,
    "advance_time": None,
    "submit_oco": None,
    "auction": None,
    "uncross": None,
    "uncross_continuous": ORDER_BY_ORDER,
    "deposit": "accounts with balances",
}
ORDER_TYPES: Final = frozenset({"limit", "market"}) | content.CONDITIONAL
TIMES_IN_FORCE: Final = frozenset({"GTC", "IOC", "FOK", "DAY", "GTD", *FOR_AUCTIONS})
# Fields of an order that ask for nothing when they are absent, false, zero or "none".
ORDER_FIELDS: Final[dict[str, str | None]] = {
    "id": None,
    "side": None,
    "qty": None,
    "type": None,
    "price": None,
    "tif": None,
    "account": None,
    "time": None,  # of the order's entry; only what expires looks at the time
    "timestamp": None,
    "post_only": None,  # decided by _order_needs
    "aon": None,
    "stp": None,  # decided by _convention_needs
    "display_qty": None,
    "hidden": None,
    "min_qty": None,
    "expire": None,
    "stop_price": None,  # decided by _price_needs, like the next three
    "slippage": None,
    "trail": None,
    "trail_step": "trailing by steps",
}
BARE_STEP_FIELDS: Final = frozenset({"op", "time", "timestamp"})
STEP_FIELDS: Final = frozenset(
    {"op", "order", "id", "new_id", "price", "qty", "account", "time", "timestamp"}
)
CANCEL_FIELDS: Final = STEP_FIELDS - {"order", "new_id", "price", "qty"}
"""A cancel is of all that is open: one of a part is a reduce."""
# Fields of some steps only: a new stop price; the time to go to, or by how much to go on.
MORE_STEP_FIELDS: Final = {
    "replace": frozenset({"stop_price"}),
    "advance_time": frozenset({"to", "by"}),
}
REQUIRED: Final = {
    **dict.fromkeys(("submit", "submit_oco"), ("order",)),
    **dict.fromkeys(("cancel", "replace"), ("id",)),
    "reduce": ("id", "qty"),
    "set_last": ("price",),
}
"""What a step must say, by its kind."""
NUMBERS: Final = frozenset({"price", "qty"})
TRADE: Final = ("maker", "taker", "price", "quantity")
STEP_RESULTS: Final = frozenset({"expect", "asserted"})
MODES_OFFERED: Final = frozenset(
    {"none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"}
)


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
    unknown = {*_shape_needs(scenario)}
    if unknown:
        return sorted(unknown)
    found = {*_step_needs(scenario), *_convention_needs(scenario)}
    if content.needs_accounts(scenario):
        found.update(_account_needs(scenario))
    return sorted(found)


def reason_to_skip(scenario: Scenario) -> str | None:
    """Return why the scenario cannot run, None when it can."""
    if not scenario.checkable:
        return NOT_CHECKABLE
    found = needs(scenario)
    return "needs " + ", ".join(found) if found else None


def _shape_needs(scenario: Scenario) -> Iterator[str]:
    """Yield what a step would have to say so that it could be read at all."""
    for step in scenario.steps:
        operation = step["op"]
        for name in REQUIRED.get(operation, ()):
            value = step.get(name)
            if value is None or (name in NUMBERS and not is_number(value)):
                yield f"{operation} without {name}"
        for order in orders_of(step):
            if order.get("side") not in content.SIGNS:
                yield f"side {order.get('side')}"
            if not is_number(order.get("qty")):
                yield "orders without a quantity"
        trades = (step.get("expect") or {}).get("trades") or ()
        if not all(isinstance(trade, list) and len(trade) == len(TRADE) for trade in trades):
            yield "trades that are told in another form"


def _step_needs(scenario: Scenario) -> Iterator[str]:
    pairs = {step["order"]["id"] for step in scenario.steps if step["op"] == "submit_oco"}
    ids = {order["id"] for order in scenario.orders()}
    for step, last in content.with_last_price(scenario):
        operation = step["op"]
        need = OPERATIONS.get(operation, f"step {operation}")
        if need is not None:
            yield need
            continue
        given = {name for name, value in step.items() if value is not None} - STEP_RESULTS
        known = BARE_STEP_FIELDS if operation in content.CALLS else STEP_FIELDS
        if operation == "cancel":
            known = CANCEL_FIELDS
        known |= MORE_STEP_FIELDS.get(operation, frozenset())
        if operation in ("cancel", "replace", "reduce") and content.tells_its_side(scenario, step):
            known |= {"side"}
        yield from (f"{operation} with {name}" for name in given - known)
        for order in orders_of(step):
            yield from _order_needs(order, scenario, last)
        if operation in ("replace", "reduce") and step["id"] in pairs:
            yield f"{operation} of linked orders"
        if step.get("new_id") in ids:
            yield "a new id that another order has"
        if operation == "advance_time":
            yield from _time_needs(step, scenario)


def _order_needs(order: dict[str, Any], scenario: Scenario, last: Number | None) -> Iterator[str]:
    time = time_in_force(order)
    if time not in TIMES_IN_FORCE:
        yield f"time in force {order.get('tif')}"
    is_for_the_day = content.is_for_the_day(order, scenario)
    if is_for_the_day and content.advances_time(scenario) and content.has_dates(scenario):
        yield DAY
    if content.has_date(order, scenario) and not is_number(order["expire"]):
        yield TIMES
    for field, value in order.items():
        need = ORDER_FIELDS.get(field, f"order field {field}")
        if need is not None and is_asked_for(field, value):
            yield need
    if order.get("post_only") not in (None, False, True, "reject", "slide"):
        yield f"post_only {order['post_only']}"
    if order["type"] in content.TRAILING and content.watches_quotes(scenario):
        yield "trailing orders triggered by bbo"
    if order["type"] in ORDER_TYPES:
        yield from _price_needs(order, last)
    else:
        yield f"order type {order['type']}"


def _price_needs(order: dict[str, Any], last: Number | None) -> Iterator[str]:
    order_type = order["type"]
    if order_type in content.LIMITED and not is_number(order.get("price")):
        yield f"{order_type} orders without a price"
    if order_type != "market" and asks_for(order, "slippage"):
        yield f"{order_type} orders with a worst price"
    if order_type in content.STOPS and not is_number(order.get("stop_price")):
        yield f"{order_type} orders without a stop price"
    if order_type in content.TRAILING:
        yield from _trail_needs(order, last)
        return
    if asks_for(order, "trail"):
        yield f"{order_type} orders that trail"
    is_stopped = is_asked_for("", order.get("stop_price"))
    if order_type not in content.STOPS and is_stopped:
        yield f"{order_type} orders with a stop price"


def _trail_needs(order: dict[str, Any], last: Number | None) -> Iterator[str]:
    """Yield what a trailing order asks for beyond a distance from the last price.

    The price that it first stops at says nothing when the trail is nearer to the market. The limit
    of a trailing stop-limit order is taken for its distance from where the stop is at entry.
    """
    if not is_number(order.get("trail")):
        yield f"{order['type']} orders without a trail"
        return
    if number(order["trail"]) < 0:
        yield "trailing by a rate"
        return
    if is_number(order.get("stop_price")):
        sign, stop = content.SIGNS[order["side"]], number(order["stop_price"])
        if last is None or sign * stop < sign * content.trailed_from(order, last):
            yield "trailing orders with a first stop price"
    elif order["type"] == "trailing_stop_limit" and last is None:
        yield "trailing_stop_limit orders before a last price"


def _time_needs(step: dict[str, Any], scenario: Scenario) -> Iterator[str]:
    if not content.has_dates(scenario):
        return
    times = [step[name] for name in ("time", "timestamp", "to", "by") if name in step]
    if not times:
        yield "advance_time without a time"
    if not all(map(is_number, times)):
        yield TIMES


def _account_needs(scenario: Scenario) -> Iterator[str]:
    """Yield what an engine with accounts doesn't take, or takes otherwise."""
    if content.calls_at_market(scenario):
        yield "accounts that have orders without a limit in a call"
    if content.watches_quotes(scenario):
        yield "accounts where stop orders are triggered by bbo"


def _convention_needs(scenario: Scenario) -> Iterator[str]:
    for key, value in scenario.semantics.items():
        if value is None or key in LIMITS:
            continue
        convention = CONVENTIONS.get(key)
        if convention is None:
            yield f"convention {key}={value}"
        elif convention.is_missed(value, scenario):
            yield convention.need.format(value=value)
    modes = {content.self_trade_mode(order, scenario) for order in scenario.orders()}
    if modes - MODES_OFFERED and content.meets_own_orders(scenario):
        yield from (SELF_TRADE.format(value=mode) for mode in modes - MODES_OFFERED)


ONLY_WORDS: Final = Convention(offered=None)

CONVENTIONS: Final[dict[str, Convention]] = {
    "price_rule": Convention(
        frozenset({"maker"}), "trades at the {value} price", content.prices_a_trade_otherwise
    ),
    "market_remainder": Convention(
        frozenset({"cancel"}), "market orders that rest", content.leaves_a_market_order
    ),
    "duplicate_id": Convention(
        frozenset({"reject"}), "live orders with one id", content.submits_a_live_id
    ),
    "replace_qty": Convention(
        frozenset({"leaves", "total", "delta"}), "replace_qty {value}", content.has_replaces
    ),
    "replace_decrease": Convention(
        frozenset({"keep", "lose"}), "replace_decrease {value}", content.has_replaces
    ),
    "replace_same": Convention(
        frozenset({"lose"}),
        "priority kept by an equal or larger quantity",
        content.keeps_a_place_beside_others,
    ),
    "stp": Convention(MODES_OFFERED, SELF_TRADE, content.meets_own_orders),
    "fok_stp": Convention(
        frozenset({"exclude_own"}),
        "own orders counted for what must fill",
        content.prevents_where_all_is_needed,
    ),
    "post_only": Convention(
        frozenset({"reject", "slide"}), "post_only {value}", content.has_post_only
    ),
    "aon": Convention(
        frozenset({"skip"}),
        "orders that yield to all-or-none orders",
        content.passes_over_an_order,
    ),
    "iceberg_refresh": Convention(
        frozenset({"back"}),
        "icebergs that keep their place",
        content.shows_a_part_beside_others,
    ),
    "level_qty": Convention(frozenset({"total", "visible"}), "level_qty {value}"),
    "min_qty": Convention(
        frozenset({"ioc", "entry"}), "minimum quantity {value}", content.has_minimum
    ),
    "stop_trigger": Convention(
        frozenset({"last", "bbo"}),
        "stop orders triggered by {value}",
        content.has_stops,
    ),
    "stop_immediate": Convention(
        frozenset({True}),
        "stop orders that are reached and wait",
        content.has_a_stop_that_is_reached,
    ),
    "stop_no_last": Convention(
        frozenset({"wait"}),
        "stop orders without a last price: {value}",
        content.has_a_stop_before_a_price,
    ),
    "trigger_order": Convention(
        frozenset({"price", "time"}), "trigger_order {value}", content.has_stops
    ),
    "limits": ONLY_WORDS,
    "market_empty": ONLY_WORDS,
    "merge_fills": ONLY_WORDS,
    "unfilled_fok": ONLY_WORDS,
    "unfilled_ioc": ONLY_WORDS,
    "auction_price": Convention(
        frozenset({"max_volume", "max_volume_mid"}), "auctions at {value}", content.has_auctions
    ),
}
