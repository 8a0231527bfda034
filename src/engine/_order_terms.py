"""What an order may ask for beyond side, quantity and price, as `Engine.submit` takes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import index
from typing import Any, Final, NamedTuple, TypedDict, cast

import numpy as np

from engine._members import ORDER_SOURCES, Spellings, member_of, refuse_names, truth_of
from engine._schema import (
    ALL_OR_NONE,
    BUDGET,
    COMMAND_DTYPE,
    GTC,
    GTD,
    HIDDEN,
    MINIMUM_EACH,
    ONE_CANCELS_OTHER,
    ONE_TRIGGERS_OTHER,
    POST_ONLY,
    PROTECTED,
    REDUCE_ONLY,
    SLIDE,
    TRAIL_RATE,
    OrderType,
    SelfTradeMode,
    TriggerSource,
)
from engine._shown import integer_of, shown
from engine.decimal_grid import (
    HIGHEST,
    LOWEST,
    DecimalGrid,
    DecimalLike,
    decimal_of,
)
from engine.errors import CommandError, GridError
from engine.instrument import Instrument

__all__ = ["OrderTerms", "order_fields"]


class OrderTerms(TypedDict, total=False):
    """Keywords of `Engine.submit` for orders that are more than a limit or market order.

    Prices and quantities are decimals on the instrument's grid. None is the same as leaving a
    keyword out. What contradicts itself comes back as a report with a `reject_reason`.

    Attributes
    ----------
    trigger_price : decimal
        Where the market must come to for a stop, stop-limit or if-touched order to enter.
    trigger_source : TriggerSource, str or int
        Which price it watches: "last" (of the last trade), "mark" or "index".
    activation_price : decimal
        Where a trailing order begins to trail; at once without it.
    trail_by : decimal
        How far a trailing order stays behind the best price that it saw, as a distance.
    trail_rate : decimal
        The same as a part of that price, to a millionth: "0.05" is five hundredths.
    limit_distance : decimal
        How far beyond its trigger the limit of a trailing stop-limit order lies.
    display_quantity : decimal
        What an iceberg shows at a time.
    hidden : bool
        It is never shown, and trades after what is shown at its price.
    all_or_none : bool
        It trades whole or not at all, and may wait for that.
    minimum_quantity : decimal
        What must fill at entry, at least.
    minimum_each : decimal
        What every fill must have, at least.
    peg_offset : decimal
        What is added to the price that a pegged order follows, above or below zero.
    peg_limit : decimal
        The highest price that a pegged buyer goes to, the lowest of a seller.
    worst_price : decimal
        How far a market order may go; what may rest, rests there.
    budget : decimal
        What a market order may spend: in the currency of the price, rounded down to tick times
        lot.
    slide : bool
        It is post-only, and where it would trade it goes one tick short of that instead.
    reduce_only : bool
        It makes the position of its account smaller, and never opens one or turns one round; see
        `Engine.set_position`.
    expiry : datetime or int
        When it ends, of a time in force "gtd", which "gtc" becomes: nanoseconds, or a datetime
        with a time zone.
    self_trade : SelfTradeMode, str or int
        What happens instead of a trade with its own side: "cancel_newest", "cancel_oldest",
        "cancel_both" or "decrement_and_cancel".
    self_trade_group : int
        Whose orders are its own side: those of this group, and without it those of its account.
    cancels : int
        The id of a live order: once one of both trades, is triggered or ends, the other is
        canceled.
    waits_for : int
        The id of an order, perhaps still to come, whose end it waits for; it enters with no more
        than that one traded. With the same id as `cancels`: of those that wait so, the first that
        trades, is triggered or ends cancels the others.

    Examples
    --------
    >>> from engine import Engine, Instrument
    >>> venue = Engine()
    >>> _ = venue.add_instrument(Instrument(symbol="OIL", tick_size="0.01", lot_size=1))
    >>> rest: OrderTerms = {"display_quantity": 10, "self_trade": "cancel_newest"}
    >>> venue.submit("OIL", side="sell", price=71, quantity=500, **rest).last_quantity
    10
    >>> venue.submit("OIL", side="sell", order_type="stop", quantity=5, trigger_price=70).order_id
    2
    >>> venue.submit("OIL", side="buy", price="70.10", quantity=5).order_id
    3
    >>> peg: OrderTerms = {"peg_offset": "-0.05", "peg_limit": "70.50"}
    >>> _ = venue.submit("OIL", side="buy", order_type="peg_primary", quantity=5, **peg)
    >>> venue.orders("OIL", "buy")["price"].tolist(), venue.detail(4).offset, venue.detail(4).bound
    ([7010, 7005], -5, 7050)
    >>> venue.submit("OIL", side="buy", price=70, quantity=5, triger_price=69)
    Traceback (most recent call last):
        ...
    TypeError: submit() got an unexpected keyword argument 'triger_price': nearest are\
 'trigger_price', 'trigger_source', 'worst_price'
    """

    trigger_price: DecimalLike | None
    trigger_source: TriggerSource | str | int | None
    activation_price: DecimalLike | None
    trail_by: DecimalLike | None
    trail_rate: DecimalLike | None
    limit_distance: DecimalLike | None
    peg_offset: DecimalLike | None
    peg_limit: DecimalLike | None
    display_quantity: DecimalLike | None
    hidden: bool | None
    all_or_none: bool | None
    minimum_quantity: DecimalLike | None
    minimum_each: DecimalLike | None
    worst_price: DecimalLike | None
    budget: DecimalLike | None
    slide: bool | None
    reduce_only: bool | None
    expiry: datetime | int | None
    self_trade: SelfTradeMode | str | int | None
    self_trade_group: int | None
    cancels: int | None
    waits_for: int | None


PRICED: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED})
TRAILING: Final = frozenset({OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT})
TRIGGERED: Final = frozenset(
    {
        OrderType.STOP,
        OrderType.STOP_LIMIT,
        OrderType.MARKET_IF_TOUCHED,
        OrderType.LIMIT_IF_TOUCHED,
    }
)
"""The order types that have a trigger price of their own."""
PEGGED: Final = frozenset({OrderType.PEG_PRIMARY, OrderType.PEG_MARKET, OrderType.PEG_MIDPOINT})

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
RATES: Final = Decimal("0.000001")
MAGNITUDE_MAX: Final = 200
"""Decimal places before the point that no budget has."""

SOURCES: Final = Spellings(TriggerSource, "trigger_source", ORDER_SOURCES)
SELF_TRADES: Final = Spellings(SelfTradeMode, "self_trade")


def number_on(grid: DecimalGrid, symbol: str, name: str, value: DecimalLike) -> int:
    """Return how many steps of a grid a value is.

    Parameters
    ----------
    grid
        Of an instrument.
    symbol, name
        What a message calls the instrument and the value.
    value
        As `DecimalGrid.number` takes it.

    Raises
    ------
    GridError
        It is none; the message is that of the grid.
    """
    try:
        return grid.number(value)
    except GridError:
        return DecimalGrid(f"{symbol}: {name}", grid.step).number(value)


def integer_for(field: str, name: str, value: object) -> int:
    """Return an integer that fits a field of a command.

    Parameters
    ----------
    field
        Of `COMMAND_DTYPE`.
    name
        What a message calls the value.
    value
        An integer of whatever type.

    Raises
    ------
    TypeError, OverflowError
        It is none, or does not fit.
    """
    limits = np.iinfo(COMMAND_DTYPE[field])
    number = integer_of(name, value)
    if not limits.min <= number <= limits.max:
        raise OverflowError(f"{name} was {shown(number)}, outside {limits.min} to {limits.max}")
    return number


def _price(instrument: Instrument, name: str, value: Any) -> int:
    return number_on(instrument.prices, instrument.symbol, name, value)


def _quantity(instrument: Instrument, name: str, value: Any) -> int:
    return number_on(instrument.quantities, instrument.symbol, name, value)


def _rate(instrument: Instrument, name: str, value: Any) -> int:
    return DecimalGrid(f"{instrument.symbol}: {name}", RATES).number(value)


def _source(_: Instrument, name: str, value: Any) -> int:
    if isinstance(value, str):
        return SOURCES[value]
    return member_of(TriggerSource, value, name, ORDER_SOURCES)


def _self_trade(_: Instrument, name: str, value: Any) -> int:
    return SELF_TRADES[value] if isinstance(value, str) else member_of(SelfTradeMode, value, name)


def _integer(_: Instrument, __: str, value: Any) -> int:
    return cast("int", value)  # the book judges it, and names the field


def _order_id(_: Instrument, name: str, value: Any) -> int:
    return integer_for("linked_order_id", name, value)


def _nanoseconds(_: Instrument, name: str, value: Any) -> int:
    if not isinstance(value, datetime):
        return cast("int", value)
    if value.utcoffset() is None:
        raise CommandError(f"{name} was {shown(value)}, without a time zone")
    return (value - EPOCH) // timedelta(microseconds=1) * 1000


def _budget(instrument: Instrument, name: str, value: Any) -> int:
    """Return a budget in ticks times lots, rounded down."""
    name = f"{instrument.symbol}: {name}"
    exact = decimal_of(name, value)
    if exact.is_zero() or exact.adjusted() < -MAGNITUDE_MAX:
        return 0
    if exact.adjusted() <= MAGNITUDE_MAX:
        above, below = exact.as_integer_ratio()
        for step in (instrument.tick_size, instrument.lot_size):
            numerator, denominator = step.as_integer_ratio()
            above, below = above * denominator, below * numerator
        if LOWEST <= above // below <= HIGHEST:
            return above // below
    raise GridError(
        f"{name} was {value!s:.60}, beyond 64 bits in steps of"
        f" {instrument.tick_size:f} times {instrument.lot_size:f}"
    )


class _Term(NamedTuple):
    """What one keyword becomes: a field of the command, bits of its flags, or both."""

    field: str = ""
    read: Callable[[Instrument, str, Any], int] = _integer
    flags: int = 0


TERMS: Final = {
    "trigger_price": _Term("trigger_price", _price),
    "trigger_source": _Term("trigger_source", _source),
    "activation_price": _Term("trigger_price", _price),
    "trail_by": _Term("offset", _price),
    "trail_rate": _Term("offset", _rate, TRAIL_RATE),
    "limit_distance": _Term("price", _price),
    "peg_offset": _Term("offset", _price),
    "peg_limit": _Term("bound", _price, PROTECTED),
    "display_quantity": _Term("display_quantity", _quantity),
    "hidden": _Term(flags=HIDDEN),
    "all_or_none": _Term(flags=ALL_OR_NONE),
    "minimum_quantity": _Term("minimum_quantity", _quantity),
    "minimum_each": _Term("minimum_quantity", _quantity, MINIMUM_EACH),
    "worst_price": _Term("bound", _price, PROTECTED),
    "budget": _Term("bound", _budget, BUDGET),
    "slide": _Term(flags=POST_ONLY | SLIDE),
    "reduce_only": _Term(flags=REDUCE_ONLY),
    "expiry": _Term("expiry", _nanoseconds),
    "self_trade": _Term("self_trade_mode", _self_trade),
    "self_trade_group": _Term("self_trade_group"),
    "cancels": _Term("linked_order_id", _order_id, ONE_CANCELS_OTHER),
    "waits_for": _Term("linked_order_id", _order_id, ONE_TRIGGERS_OTHER),
}
assert TERMS.keys() == OrderTerms.__annotations__.keys(), "every keyword becomes something"

SPELLINGS: Final = (
    ("trigger_price", "activation_price"),
    ("trail_by", "trail_rate"),
    ("minimum_quantity", "minimum_each"),
    ("price", "limit_distance"),
)
"""Keywords of which an order has one at most."""
OF_PEGS: Final = {
    "price": "peg_limit",
    "trail_by": "peg_offset",
    "trail_rate": "peg_offset",
    "worst_price": "peg_limit",
}
"""What pegged orders do not have, and what they have in its place."""
SUBMIT_NAMES: Final = (
    *("symbol", "side", "quantity", "price", "order_id", "account", "order_type"),
    *("time_in_force", "post_only", "flags", "client_order_id", "command_id", "timestamp"),
)
"""What else `Engine.submit` takes."""


def order_fields(
    instrument: Instrument,
    order_type: object,
    time_in_force: object,
    flags: int,
    price: DecimalLike | None,
    terms: OrderTerms,
) -> dict[str, Any]:
    """Return what `OrderBook.submit` is to be told of an order.

    Parameters
    ----------
    instrument
        Whose grid the decimals are on.
    order_type, time_in_force
        Members or integers; what is none is left for the book to refuse.
    flags
        Bits of `OrderFlag`, to which those of the terms are added.
    price
        The limit, of the types that have one.
    terms
        The keywords.

    Returns
    -------
    dict
        By the names of arguments, `price`, `flags`, `order_type` and `time_in_force` among them.

    Raises
    ------
    CommandError
        The type has a price or a trigger price and none was given, or two keywords were given that
        say one thing.
    GridError
        A decimal is not on the instrument's grid.
    TypeError
        There is no such keyword.

    Examples
    --------
    >>> oil = Instrument(symbol="OIL", tick_size="0.01", lot_size=1)
    >>> fields = order_fields(oil, OrderType.STOP, GTC, 0, None, {"trigger_price": "70.5"})
    >>> fields["price"], fields["trigger_price"]
    (0, 7050)
    """
    given = {name: value for name, value in terms.items() if value is not None}
    for name in terms:
        if name not in TERMS:
            refuse_names("submit", (name,), (*TERMS, *SUBMIT_NAMES))
    _check_spellings(price, given)
    kind = _type_of(order_type)
    _check_type(kind, price, given)
    _check_peg(kind, price, given)
    fields: dict[str, Any] = {"order_type": order_type, "time_in_force": time_in_force}
    fields["price"] = 0 if price is None else instrument.prices.number(price)
    fields["flags"] = flags
    for name, value in given.items():
        term = TERMS[name]
        if term.field:
            fields[term.field] = term.read(instrument, name, value)
        if term.field or truth_of(value, name):
            fields["flags"] |= term.flags
    if "expiry" in given and time_in_force == GTC:
        fields["time_in_force"] = GTD
    return fields


def _type_of(order_type: object) -> OrderType | None:
    try:
        return OrderType(index(cast("int", order_type)))
    except (TypeError, ValueError):
        return None


def _check_spellings(price: DecimalLike | None, given: dict[str, Any]) -> None:
    """Refuse two keywords for one thing."""
    values = {"price": price, **given} if price is not None else given
    for one, other in SPELLINGS:
        if one in values and other in values:
            raise CommandError(
                f"{one} was {shown(values[one])} and {other} was {shown(values[other])},"
                " one of them must be left out"
            )
    cancels, waits_for = given.get("cancels"), given.get("waits_for")
    if cancels is not None and waits_for is not None and cancels != waits_for:
        raise CommandError(
            f"cancels was {shown(cancels)} and waits_for was {shown(waits_for)},"
            " an order is linked with one other"
        )


def _check_type(
    order_type: OrderType | None, price: DecimalLike | None, given: dict[str, Any]
) -> None:
    """Refuse a price of one kind in the place of another, or none where one must be."""
    if order_type is None:
        return
    name = order_type.name.lower()
    is_distant = order_type == OrderType.TRAILING_STOP_LIMIT
    if price is None and order_type in PRICED:
        raise CommandError("price was None, must be a number for an order with a limit")
    if is_distant and price is not None:
        raise CommandError(f"price was {shown(price)}, {name} has a limit_distance instead")
    if is_distant and "limit_distance" not in given:
        raise CommandError(f"limit_distance was None, must be a number for {name}")
    if not is_distant and "limit_distance" in given:
        raise CommandError(f"limit_distance was {shown(given['limit_distance'])}, {name} has none")
    if order_type in TRIGGERED and given.keys().isdisjoint({"trigger_price", "activation_price"}):
        raise CommandError(f"trigger_price was None, must be a number for {name}")
    if order_type in TRAILING and "trigger_price" in given:
        raise CommandError(
            f"trigger_price was {shown(given['trigger_price'])}, that of {name} follows the market:"
            " activation_price says where it begins"
        )
    if order_type not in TRAILING and "activation_price" in given:
        raise CommandError(
            f"activation_price was {shown(given['activation_price'])}, {name} has none"
        )


def _check_peg(
    order_type: OrderType | None, price: DecimalLike | None, given: dict[str, Any]
) -> None:
    """Refuse what only pegged orders have of any other, and of them what they call otherwise."""
    if order_type is None:
        return
    name = order_type.name.lower()
    if order_type in PEGGED:
        values = {"price": price, **given} if price is not None else given
        for other, own in OF_PEGS.items():
            if other in values:
                raise CommandError(
                    f"{other} was {shown(values[other])}, {name} has a {own} instead"
                )
        return
    for own in ("peg_offset", "peg_limit"):
        if own in given:
            raise CommandError(f"{own} was {shown(given[own])}, {name} has none")
