"""What venues look at before an order comes to their book: bounds and steps, by filter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, ClassVar, Final

from engine._members import member_of
from engine._schema import Side
from engine.decimal_grid import EXACT, DecimalLike, bounded_of
from engine.errors import SpecificationError
from engine.specification import Problems, Specification

__all__ = ["OrderFilters"]

PAIRS: Final = (
    ("min_price", "max_price"),
    ("min_quantity", "max_quantity"),
    ("min_market_quantity", "max_market_quantity"),
    ("min_notional", "max_notional"),
    ("min_trailing_delta", "max_trailing_delta"),
    ("percent_down", "percent_up"),
    ("buy_percent_down", "buy_percent_up"),
    ("sell_percent_down", "sell_percent_up"),
)
OFF_AT_0: Final = frozenset({"min_price", "max_price", "tick_size", "lot_size", "market_lot_size"})
"""What is no rule where it is 0; any other maximum of 0 lets nothing pass."""
SIDES: Final = {Side.BUY: "buy", Side.SELL: "sell"}
ASSET: Final = "MAX_ASSET"
COUNTS: Final = (
    ("open_orders", "max_open_orders", "MAX_NUM_ORDERS"),
    ("algo_orders", "max_algo_orders", "MAX_NUM_ALGO_ORDERS"),
    ("iceberg_orders", "max_iceberg_orders", "MAX_NUM_ICEBERG_ORDERS"),
    ("order_lists", "max_order_lists", "MAX_NUM_ORDER_LISTS"),
    ("amendments", "max_amendments", "MAX_NUM_ORDER_AMENDS"),
)
"""What is counted, the most of it, and the filter: with the order it is one more."""


@dataclass(frozen=True, kw_only=True, init=False)
class OrderFilters(Specification):
    """The filters of an instrument on a venue that names them, as Binance does.

    Frozen, equal by its fields. Numbers are a str, a Decimal, an int, or a float that stands for
    its shortest text. A filter whose fields are absent passes everything; bounds are within. A
    bound of prices or a step that is 0 is none, as venues print it; any other maximum of 0 is one.

    Parameters
    ----------
    min_price, max_price, tick_size : decimal, optional
        PRICE_FILTER.
    percent_up, percent_down : decimal, optional
        PERCENT_PRICE: factors of the reference price that the price lies between.
    buy_percent_up, buy_percent_down, sell_percent_up, sell_percent_down : decimal, optional
        PERCENT_PRICE_BY_SIDE: the same for each side.
    min_quantity, max_quantity, lot_size : decimal, optional
        LOT_SIZE, of the quantity and of what is shown of it.
    min_market_quantity, max_market_quantity, market_lot_size : decimal, optional
        MARKET_LOT_SIZE, of market orders.
    min_notional, max_notional : decimal, optional
        MIN_NOTIONAL; with a maximum NOTIONAL. Price times quantity.
    max_base_amount, max_quote_amount : decimal, optional
        MAX_ASSET: of the quantity, where the asset is the base currency; of price times quantity,
        where it is the quote currency.
    max_iceberg_parts : decimal, optional
        ICEBERG_PARTS: the parts that an order is shown in.
    max_open_orders, max_algo_orders, max_iceberg_orders, max_order_lists : decimal, optional
        MAX_NUM_ORDERS, MAX_NUM_ALGO_ORDERS (stops and takes of profit), MAX_NUM_ICEBERG_ORDERS,
        MAX_NUM_ORDER_LISTS: an account with so many can't have another.
    max_amendments : decimal, optional
        MAX_NUM_ORDER_AMENDS: an order that was amended so often can't be once more.
    max_position : decimal, optional
        MAX_POSITION: position, open buying orders and the order together; selling orders pass.
    min_trailing_delta, max_trailing_delta : decimal, optional
        TRAILING_DELTA, in basis points.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Notes
    -----
    Filters of an engine's own instruments are terms of `Instrument` and reasons of reports. These
    are for orders that go elsewhere. RISK.md, section 8.

    Examples
    --------
    >>> filters = OrderFilters(tick_size="0.01", min_quantity="0.001", lot_size="0.001",
    ...                        min_notional=10, max_algo_orders=5)
    >>> filters.check(price="100.01", quantity="0.1")
    >>> filters.check(price="100.015", quantity="0.1"), filters.check(price=100, quantity="0.09")
    ('PRICE_FILTER', 'MIN_NOTIONAL')
    >>> filters.check(price=100, quantity=1, algo_orders=5)
    'MAX_NUM_ALGO_ORDERS'
    """

    SECTION: ClassVar = "filters"

    min_price: Decimal | None
    max_price: Decimal | None
    tick_size: Decimal | None
    percent_up: Decimal | None
    percent_down: Decimal | None
    buy_percent_up: Decimal | None
    buy_percent_down: Decimal | None
    sell_percent_up: Decimal | None
    sell_percent_down: Decimal | None
    min_quantity: Decimal | None
    max_quantity: Decimal | None
    lot_size: Decimal | None
    min_market_quantity: Decimal | None
    max_market_quantity: Decimal | None
    market_lot_size: Decimal | None
    min_notional: Decimal | None
    max_notional: Decimal | None
    max_base_amount: Decimal | None
    max_quote_amount: Decimal | None
    max_iceberg_parts: Decimal | None
    max_open_orders: Decimal | None
    max_algo_orders: Decimal | None
    max_iceberg_orders: Decimal | None
    max_order_lists: Decimal | None
    max_amendments: Decimal | None
    max_position: Decimal | None
    min_trailing_delta: Decimal | None
    max_trailing_delta: Decimal | None

    def __init__(
        self,
        *,
        min_price: DecimalLike | None = None,
        max_price: DecimalLike | None = None,
        tick_size: DecimalLike | None = None,
        percent_up: DecimalLike | None = None,
        percent_down: DecimalLike | None = None,
        buy_percent_up: DecimalLike | None = None,
        buy_percent_down: DecimalLike | None = None,
        sell_percent_up: DecimalLike | None = None,
        sell_percent_down: DecimalLike | None = None,
        min_quantity: DecimalLike | None = None,
        max_quantity: DecimalLike | None = None,
        lot_size: DecimalLike | None = None,
        min_market_quantity: DecimalLike | None = None,
        max_market_quantity: DecimalLike | None = None,
        market_lot_size: DecimalLike | None = None,
        min_notional: DecimalLike | None = None,
        max_notional: DecimalLike | None = None,
        max_base_amount: DecimalLike | None = None,
        max_quote_amount: DecimalLike | None = None,
        max_iceberg_parts: DecimalLike | None = None,
        max_open_orders: DecimalLike | None = None,
        max_algo_orders: DecimalLike | None = None,
        max_iceberg_orders: DecimalLike | None = None,
        max_order_lists: DecimalLike | None = None,
        max_amendments: DecimalLike | None = None,
        max_position: DecimalLike | None = None,
        min_trailing_delta: DecimalLike | None = None,
        max_trailing_delta: DecimalLike | None = None,
    ) -> None:
        told = dict(locals())
        given = {name: told[name] for name in told if name != "self"}
        problems = Problems()
        values = {
            name: problems.optional(problems.decimal, name, value, least=0)
            for name, value in given.items()
        }
        for name in OFF_AT_0:
            values[name] = values[name] or None
        for least, most in PAIRS:
            highest = values[most]
            if highest is not None and (values[least] or 0) > highest:
                problems.append(f"{most} was {given[most]}, below {least}, {given[least]}")
        if problems:
            raise SpecificationError(f"order filters: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return vars(cls())

    def check(
        self,
        *,
        price: DecimalLike | None = None,
        quantity: DecimalLike | None = None,
        side: Side | str | int | None = None,
        is_market: bool = False,
        reference_price: DecimalLike | None = None,
        display_quantity: DecimalLike | None = None,
        trailing_delta: DecimalLike | None = None,
        open_orders: DecimalLike | None = None,
        algo_orders: DecimalLike | None = None,
        iceberg_orders: DecimalLike | None = None,
        order_lists: DecimalLike | None = None,
        amendments: DecimalLike | None = None,
        position: DecimalLike = 0,
        open_buys: DecimalLike = 0,
    ) -> str | None:
        """Return the name of the first filter that an order fails, None if it passes all.

        Parameters
        ----------
        price, quantity, display_quantity, trailing_delta : decimal, optional
            The order's. What is absent fails no filter; nor does a display quantity of 0.
        side : Side, str or int, optional
            "buy" or "sell"; PERCENT_PRICE_BY_SIDE needs it, MAX_POSITION is of buying orders only.
        is_market : bool
            Whether it is a market order, for MARKET_LOT_SIZE.
        reference_price : decimal, optional
            The average or last price.
        open_orders, algo_orders, iceberg_orders, order_lists : decimal, optional
            How many the account has, each where the order is one of them.
        amendments : decimal, optional
            How often the order was amended, where it is to be once more.
        position, open_buys : decimal
            What the account holds, free and locked, and what its buying orders could add.

        Raises
        ------
        GridError
            One of them is no number.
        """
        at, size = _optional("price", price), _optional("quantity", quantity)
        shown = _optional("display_quantity", display_quantity) or None
        way = None if side is None else member_of(Side, side, "side")
        found = None
        if at is not None:
            found = self._price_fails(at, way, _optional("reference_price", reference_price))
        found = found or self._quantity_fails(size, shown, is_market)
        if found is None and at is not None and size is not None:
            found = self._notional_fails(EXACT.multiply(at, size))
        found = found or self._kind_fails(size, shown, _optional("trailing_delta", trailing_delta))
        if found is not None:
            return found
        counts = {
            "open_orders": open_orders,
            "algo_orders": algo_orders,
            "iceberg_orders": iceberg_orders,
            "order_lists": order_lists,
            "amendments": amendments,
        }
        for name, most, rule in COUNTS:
            count = _optional(name, counts[name])
            if count is not None and not _within(_next(count), None, getattr(self, most)):
                return rule
        held = EXACT.add(bounded_of("position", position), bounded_of("open_buys", open_buys))
        added = held if size is None else EXACT.add(held, size)
        if way == Side.BUY and not _within(added, None, self.max_position):
            return "MAX_POSITION"
        return None

    def _price_fails(
        self, price: Decimal, side: Side | None, reference: Decimal | None
    ) -> str | None:
        if not (_within(price, self.min_price, self.max_price) and _is_on(price, self.tick_size)):
            return "PRICE_FILTER"
        if reference is None:
            return None
        rules = [("", "PERCENT_PRICE")]
        if side is not None:
            rules.append((f"{SIDES[side]}_", "PERCENT_PRICE_BY_SIDE"))
        for word, rule in rules:
            down, up = (
                _product(reference, getattr(self, f"{word}percent_{end}")) for end in ("down", "up")
            )
            if not _within(price, down, up):
                return rule
        return None

    def _quantity_fails(
        self, quantity: Decimal | None, shown: Decimal | None, is_market: bool
    ) -> str | None:
        for size in (quantity, shown):
            if size is not None and not (
                _within(size, self.min_quantity, self.max_quantity) and _is_on(size, self.lot_size)
            ):
                return "LOT_SIZE"
        if is_market and quantity is not None:
            bounds = self.min_market_quantity, self.max_market_quantity
            if not (_within(quantity, *bounds) and _is_on(quantity, self.market_lot_size)):
                return "MARKET_LOT_SIZE"
        return None if quantity is None or _within(quantity, None, self.max_base_amount) else ASSET

    def _notional_fails(self, notional: Decimal) -> str | None:
        if not _within(notional, self.min_notional, self.max_notional):
            return "MIN_NOTIONAL" if self.max_notional is None else "NOTIONAL"
        return None if _within(notional, None, self.max_quote_amount) else ASSET

    def _kind_fails(
        self, quantity: Decimal | None, shown: Decimal | None, delta: Decimal | None
    ) -> str | None:
        """Return the filter that fails of those of icebergs and trailing orders."""
        if quantity is not None and shown is not None and self.max_iceberg_parts is not None:
            parts = ceil(Fraction(quantity) / Fraction(shown))
            if parts > self.max_iceberg_parts:
                return "ICEBERG_PARTS"
        if delta is None or _within(delta, self.min_trailing_delta, self.max_trailing_delta):
            return None
        return "TRAILING_DELTA"


def _next(count: Decimal) -> Decimal:
    return EXACT.add(count, Decimal(1))


def _optional(name: str, value: DecimalLike | None) -> Decimal | None:
    return None if value is None else bounded_of(name, value)


def _product(number: Decimal, factor: Decimal | None) -> Decimal | None:
    return None if factor is None else EXACT.multiply(number, factor)


def _within(number: Decimal, least: Decimal | None, most: Decimal | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)


def _is_on(number: Decimal, step: Decimal | None) -> bool:
    return step is None or Fraction(number) % Fraction(step) == 0
