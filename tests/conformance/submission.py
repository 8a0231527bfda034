"""An order of a scenario in the engine's words: the fields of the SUBMIT that enters it.

What would be refused because it asks for nothing is left out: an order that never rests has nothing
to hide, and one that trades whole has no minimum.
"""

from __future__ import annotations

from typing import Any, Final

from conformance.content import (
    CONDITIONAL,
    LIMITED,
    SIGNS,
    TRAILING,
    asks_for,
    has_date,
    is_for_the_day,
    is_immediate,
    needs_all,
    never_rests,
    self_trade_mode,
    time_in_force,
    trailed_from,
    watches_quotes,
)
from conformance.scenarios import Grid, Number, Scenario, is_number, number, steps_of

from engine import OrderFlag, OrderType, SelfTradeMode, TimeInForce, TriggerSource

SELF_TRADE_MODES: Final = {
    "none": SelfTradeMode.NONE,
    "cancel_taker": SelfTradeMode.CANCEL_NEWEST,
    "cancel_maker": SelfTradeMode.CANCEL_OLDEST,
    "cancel_both": SelfTradeMode.CANCEL_BOTH,
    "decrement": SelfTradeMode.DECREMENT_AND_CANCEL,
}

FOR_AUCTIONS: Final = {
    "OPG": TimeInForce.AT_THE_OPEN,
    "AT_THE_OPEN": TimeInForce.AT_THE_OPEN,
    "GFA": TimeInForce.GOOD_FOR_AUCTION,
    "GOOD_FOR_AUCTION": TimeInForce.GOOD_FOR_AUCTION,
}
"""The times in force of orders that are for an auction alone."""

Fields = dict[str, int | None]
"""Numbers of a command by name; None for one that lies off the grid."""


class Market:
    """What of the market an order is entered into decides what its fields mean."""

    def __init__(self, best: Number | None, last: Number | None) -> None:
        self.best = best
        """The best price shown on the other side."""
        self.last = last
        """The last price, as expected."""


def fields_of(
    order: dict[str, Any], scenario: Scenario, grid: Grid, market: Market, *, is_refused: bool
) -> Fields:
    """Return an order's fields, but for its names; `is_refused` is what the scenario expects."""
    bound = _bound(order, scenario, market)
    fields: Fields = {
        "quantity": steps_of(number(order["qty"]), grid.lot),
        "order_type": OrderType[order["type"].upper()],
        "time_in_force": _time_in_force(order, scenario, bound),
        "flags": _flags(order, scenario, bound),
        "price": 0,
    }
    if order["type"] in LIMITED:
        fields["price"] = _price(order, grid, market)
    if bound is not None:
        fields["bound"] = steps_of(bound, grid.tick)
    mode = self_trade_mode(order, scenario)
    if mode in SELF_TRADE_MODES:
        fields["self_trade_mode"] = SELF_TRADE_MODES[mode]
    if order["type"] in TRAILING:
        fields["offset"] = steps_of(number(order["trail"]), grid.tick)
    elif order["type"] in CONDITIONAL:
        fields["trigger_price"] = steps_of(number(order["stop_price"]), grid.tick)
    if order["type"] in CONDITIONAL and watches_quotes(scenario):
        is_buyer = order["side"] == "buy"
        fields["trigger_source"] = TriggerSource.MARK if is_buyer else TriggerSource.INDEX
    if asks_for(order, "display_qty") and not never_rests(order, scenario):
        fields["display_quantity"] = _display(order, grid, is_refused)
    if asks_for(order, "min_qty") and not needs_all(order):
        fields["minimum_quantity"] = steps_of(number(order["min_qty"]), grid.lot)
    if has_date(order, scenario):
        fields["expiry"] = max(0, grid.nanoseconds(order["expire"]))
    return fields


def _price(order: dict[str, Any], grid: Grid, market: Market) -> int | None:
    """Return the limit; that of a trailing order is a distance beyond where its stop is."""
    price = number(order["price"])
    if order["type"] in TRAILING:
        stop = number(order["stop_price"]) if is_number(order.get("stop_price")) else None
        if stop is None:
            assert market.last is not None
            stop = trailed_from(order, market.last)
        price = SIGNS[order["side"]] * (price - stop)
    return steps_of(price, grid.tick)


def _bound(order: dict[str, Any], scenario: Scenario, market: Market) -> Number | None:
    """Return the worst price of a market order: its price, or so far from the best one.

    Where nothing is shown on the other side there is no price to count the distance from, and
    nothing to trade with. A distance that goes beyond the venue's prices ends there.
    """
    if order["type"] != "market":
        return None
    sign = SIGNS[order["side"]]
    bounds: list[Number] = []
    if is_number(order.get("price")) and asks_for(order, "price"):
        bounds.append(number(order["price"]))
    if asks_for(order, "slippage") and market.best is not None:
        limits = scenario.limits()
        farthest = limits.get("price_high" if sign > 0 else "price_low")
        bound = market.best + sign * number(order["slippage"])
        bounds += [bound] if farthest is None else [bound, farthest]
    return min(bounds, key=lambda bound: sign * bound, default=None)


def _time_in_force(order: dict[str, Any], scenario: Scenario, bound: Number | None) -> TimeInForce:
    """Return the time in force.

    A market order with a worst price would rest there, unless it has no time to.
    """
    if time_in_force(order) == "FOK":
        return TimeInForce.FOK
    if is_immediate(order, scenario) or bound is not None:
        return TimeInForce.IOC
    if has_date(order, scenario) or time_in_force(order) == "GTD":
        return TimeInForce.GTD
    if is_for_the_day(order, scenario):
        return TimeInForce.DAY
    return FOR_AUCTIONS.get(time_in_force(order), TimeInForce.GTC)


def _flags(order: dict[str, Any], scenario: Scenario, bound: Number | None) -> OrderFlag:
    flags = OrderFlag(0)
    if asks_for(order, "post_only"):
        flags |= OrderFlag.POST_ONLY
        yields = scenario.convention("post_only", "reject")
        if (yields if order["post_only"] is True else order["post_only"]) == "slide":
            flags |= OrderFlag.SLIDE
    if asks_for(order, "hidden") and not never_rests(order, scenario):
        flags |= OrderFlag.HIDDEN
    if asks_for(order, "aon"):
        flags |= OrderFlag.ALL_OR_NONE
    if bound is not None:
        flags |= OrderFlag.PROTECTED
    return flags


def _display(order: dict[str, Any], grid: Grid, is_refused: bool) -> int | None:
    """Return what an iceberg shows; one that shows more than it has shows all, or is refused."""
    shown = number(order["display_qty"])
    if not is_refused:
        shown = min(shown, number(order["qty"]))
    return steps_of(shown, grid.lot)
