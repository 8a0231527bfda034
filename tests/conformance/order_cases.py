"""What answers the cases of orders: what they cost, and the margin that they hold."""

from __future__ import annotations

from typing import Any, Final

from conformance.margin_cases import ORDERED, RATE
from conformance.money_cases import (
    FEE,
    LEVERAGE,
    POSITION,
    QUANTITY,
    SIDE,
    VALUE,
    FillForm,
    contract_of,
    factor_of,
    form,
    plus,
    sided,
    sign_of,
)
from conformance.scenarios import number

from engine import Side, calc
from engine.calc import EXACT


def open_loss(
    venue: str, quantity: str, side: str, mark: str, price: str, multiplier: str = "1"
) -> Any:
    return calc.open_loss(
        sign_of(side),
        quantity,
        price,
        mark,
        multiplier=factor_of(venue, multiplier),
        contract=contract_of(venue),
    )


def assumed_price(_: str, last: str, buffer: str, mark: str, price: str, side: Any = -1) -> Any:
    return calc.assumed_price(sign_of(side), price, mark_price=mark, last_price=last, buffer=buffer)


def market_order_cost(
    venue: str,
    last: str,
    buffer: str,
    mark: str,
    price: str,
    quantity: str,
    leverage: str,
    side: Any = -1,
    multiplier: str = "1",
) -> Any:
    """Return Binance's cost of a market order, at the price that it assumes for it."""
    at = assumed_price(venue, last, buffer, mark, price, side)
    return order_cost(venue, quantity, at, leverage, side, mark, multiplier=multiplier)


def order_cost(
    venue: str,
    quantity: str,
    price: str,
    leverage: Any = None,
    side: Any = None,
    mark: Any = None,
    fee_rate: str = "0",
    multiplier: str = "1",
    rate: Any = None,
) -> Any:
    return sided(
        side,
        lambda each: calc.order_cost(
            each,
            quantity,
            price,
            leverage=leverage,
            rate=rate,
            mark_price=mark,
            open_fee_rate=fee_rate,
            close_fee_rate=fee_rate,
            multiplier=multiplier,
            contract=contract_of(venue),
        ),
    )


def cost_of_value(
    venue: str,
    fee_rate: str,
    value: Any = "1",
    rate: Any = None,
    leverage: Any = None,
    side: Any = None,
) -> Any:
    """Return what an order of a value costs; of a value of 1 it is a rate."""
    return order_cost(venue, value, "1", leverage, side, fee_rate=fee_rate, rate=rate)


def cost_of_parts(
    _: str, initial: str, loss: str = "0", open_fee: str = "0", close_fee: str = "0"
) -> Any:
    return calc.position_margin(initial, plus(loss, open_fee, close_fee))


def netted_margin(
    _: str, quantity: str, price: str, rate: str, position: str = "0", mark: Any = None
) -> Any:
    """Return an order's margin; selling quantities are below 0."""
    signed = number(quantity)
    side = Side.SELL if signed < 0 else Side.BUY
    return calc.order_margin(
        int(side), abs(signed), price, rate, position=position, mark_price=mark
    )


def order_margin_with_fees(
    _: str, quantity: str, price: str, rate: str, maker: str = "0", taker: str = "0"
) -> Any:
    fees = number(maker) + number(taker)
    return calc.order_margin("buy", quantity, price, rate, fee_rate=fees)


def amendment_margin(
    _: str,
    old: str,
    new: str,
    rate: str,
    price: Any = None,
    old_price: Any = None,
    new_price: Any = None,
    maker: str = "0",
    taker: str = "0",
) -> Any:
    before, after = (
        order_margin_with_fees("", quantity, at or price, rate, maker, taker)
        for quantity, at in ((old, old_price), (new, new_price))
    )
    return calc.amendment_margin(before, after)


def margin_of_fills(
    _: str,
    quantities: list[str],
    prices: list[str],
    rate: str,
    maker: str = "0",
    taker: str = "0",
) -> Any:
    """Return the margin of an order at the prices that it would take."""
    margins = (
        order_margin_with_fees("", *fill, rate, maker, taker)
        for fill in zip(quantities, prices, strict=True)
    )
    return plus(*margins)


def change_of_margin(_: str, old: str, new: str) -> Any:
    return calc.amendment_margin(old, new)


def worst_side_margin(
    _: str,
    position: str,
    buys: str,
    sells: str,
    price: str,
    rate: Any = None,
    leverage: Any = None,
) -> Any:
    quantity = calc.netted_quantity(position, buys=buys, sells=sells, step=EXACT)
    value = calc.position_value(quantity, price, step=EXACT)
    return calc.initial_margin(value, rate=rate, leverage=leverage)


FORMS: Final = {
    "open_loss": [
        form(open_loss, "quantity side mark price", SIDE, POSITION, ORDERED, mark="mark"),
    ],
    "order_cost": [
        form(assumed_price, "last buffer mark price", SIDE, ORDERED, last="last", b="buffer",
             mark="mark"),
        form(market_order_cost, "last buffer mark price quantity leverage", POSITION, LEVERAGE,
             SIDE, ORDERED, last="last", b="buffer", mark="mark"),
        form(order_cost, "quantity price leverage", POSITION, LEVERAGE, FEE, SIDE, ORDERED,
             mark="mark"),
        form(order_cost, "quantity price rate", POSITION, RATE, FEE, SIDE, ORDERED, mark="mark"),
        form(cost_of_value, "rate fee_rate", VALUE, RATE, FEE, SIDE),
        form(cost_of_value, "leverage fee_rate", VALUE, LEVERAGE, FEE, SIDE),
        form(cost_of_parts, "initial", im="initial", init="initial",
             **dict.fromkeys(("loss", "open_loss", "openloss"), "loss"),
             **dict.fromkeys(("openfee", "open_fee"), "open_fee"),
             **dict.fromkeys(("closefee", "close_fee"), "close_fee")),
    ],
    "order_margin": [
        form(netted_margin, "quantity price rate position mark", RATE, QUANTITY, ORDERED,
             pos="position", mark="mark"),
        form(order_margin_with_fees, "quantity price rate", RATE, QUANTITY, ORDERED, mk="maker",
             tk="taker"),
        form(amendment_margin, "old new rate", RATE, ORDERED, q1="old", q2="new", mk="maker",
             tk="taker"),
        form(change_of_margin, "old new", old="old", new="new"),
        FillForm(margin_of_fills, {**RATE, "mk": "maker", "tk": "taker"}, frozenset({"rate"})),
        form(worst_side_margin, "position buys sells price", RATE, LEVERAGE, ORDERED,
             pos="position", buys="buys", sells="sells", mark="price"),
    ],
}  # fmt: skip
