"""What venues look at before an order comes to their book: bounds and steps, by filter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from engine._members import member_of
from engine._schema import Side
from engine.decimal_grid import EXACT, DecimalLike, decimal_of
from engine.errors import SpecificationError
from engine.specification import Problems, Specification

__all__ = ["OrderFilters"]

PAIRS = (
    ("min_price", "max_price"),
    ("min_quantity", "max_quantity"),
    ("min_notional", "max_notional"),
    ("min_trailing_delta", "max_trailing_delta"),
    ("percent_down", "percent_up"),
)


@dataclass(frozen=True, kw_only=True, init=False)
class OrderFilters(Specification):
    """The filters of an instrument on a venue that names them, as Binance does.

    Frozen, equal by its fields. Numbers are a str, a Decimal, an int, or a float that stands for
    its shortest text. A filter whose fields are absent or 0 passes everything; bounds are within.

    Parameters
    ----------
    min_price, max_price, tick_size : decimal, optional
        PRICE_FILTER.
    percent_up, percent_down : decimal, optional
        PERCENT_PRICE_BY_SIDE: factors of the reference price that the price lies between.
    min_quantity, max_quantity, lot_size : decimal, optional
        LOT_SIZE.
    min_notional, max_notional : decimal, optional
        MIN_NOTIONAL; with a maximum NOTIONAL. Price times quantity.
    max_iceberg_parts : decimal, optional
        ICEBERG_PARTS: the parts that an order is shown in.
    max_open_orders : decimal, optional
        MAX_NUM_ORDERS: an account with so many can't have another.
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
    ...                        min_notional=10)
    >>> filters.check(price="100.01", quantity="0.1")
    >>> filters.check(price="100.015", quantity="0.1"), filters.check(price=100, quantity="0.09")
    ('PRICE_FILTER', 'MIN_NOTIONAL')
    """

    SECTION: ClassVar = "filters"

    min_price: Decimal | None
    max_price: Decimal | None
    tick_size: Decimal | None
    percent_up: Decimal | None
    percent_down: Decimal | None
    min_quantity: Decimal | None
    max_quantity: Decimal | None
    lot_size: Decimal | None
    min_notional: Decimal | None
    max_notional: Decimal | None
    max_iceberg_parts: Decimal | None
    max_open_orders: Decimal | None
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
        min_quantity: DecimalLike | None = None,
        max_quantity: DecimalLike | None = None,
        lot_size: DecimalLike | None = None,
        min_notional: DecimalLike | None = None,
        max_notional: DecimalLike | None = None,
        max_iceberg_parts: DecimalLike | None = None,
        max_open_orders: DecimalLike | None = None,
        max_position: DecimalLike | None = None,
        min_trailing_delta: DecimalLike | None = None,
        max_trailing_delta: DecimalLike | None = None,
    ) -> None:
        given = {
            "min_price": min_price,
            "max_price": max_price,
            "tick_size": tick_size,
            "percent_up": percent_up,
            "percent_down": percent_down,
            "min_quantity": min_quantity,
            "max_quantity": max_quantity,
            "lot_size": lot_size,
            "min_notional": min_notional,
            "max_notional": max_notional,
            "max_iceberg_parts": max_iceberg_parts,
            "max_open_orders": max_open_orders,
            "max_position": max_position,
            "min_trailing_delta": min_trailing_delta,
            "max_trailing_delta": max_trailing_delta,
        }
        problems = Problems()
        values = {name: problems.decimal(name, value, least=0) for name, value in given.items()}
        for least, most in PAIRS:
            if (values[most] or 0) and (values[least] or 0) > (values[most] or 0):
                problems.append(f"{most} was {given[most]}, below {least}, {given[least]}")
        if problems:
            raise SpecificationError(f"order filters: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value or None)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return vars(cls())

    def check(
        self,
        *,
        price: DecimalLike | None = None,
        quantity: DecimalLike | None = None,
        side: Side | str | int | None = None,
        reference_price: DecimalLike | None = None,
        display_quantity: DecimalLike | None = None,
        trailing_delta: DecimalLike | None = None,
        open_orders: DecimalLike | None = None,
        position: DecimalLike = 0,
        open_buys: DecimalLike = 0,
    ) -> str | None:
        """Return the name of the first filter that an order fails, None if it passes all.

        Parameters
        ----------
        price, quantity, display_quantity, trailing_delta : decimal, optional
            The order's. What is absent fails no filter.
        side : Side, str or int, optional
            "buy" or "sell"; MAX_POSITION is of buying orders only.
        reference_price : decimal, optional
            The average or last price.
        open_orders : decimal, optional
            How many the account has.
        position, open_buys : decimal
            What the account holds, free and locked, and what its buying orders could add.

        Raises
        ------
        GridError
            One of them is no number.
        """
        at, size = _optional("price", price), _optional("quantity", quantity)
        if at is not None and not self._price_passes(at):
            return "PRICE_FILTER"
        if at is not None and reference_price is not None:
            middle = decimal_of("reference_price", reference_price)
            if not _within(
                at, _product(middle, self.percent_down), _product(middle, self.percent_up)
            ):
                return "PERCENT_PRICE_BY_SIDE"
        if size is not None and not (
            _within(size, self.min_quantity, self.max_quantity) and _is_on(size, self.lot_size)
        ):
            return "LOT_SIZE"
        notional = None if at is None or size is None else EXACT.multiply(at, size)
        if notional is not None and not _within(notional, self.min_notional, self.max_notional):
            return "MIN_NOTIONAL" if self.max_notional is None else "NOTIONAL"
        return self._account_fails(
            size,
            None if side is None else member_of(Side, side, "side"),
            _optional("display_quantity", display_quantity),
            _optional("trailing_delta", trailing_delta),
            _optional("open_orders", open_orders),
            EXACT.add(decimal_of("position", position), decimal_of("open_buys", open_buys)),
        )

    def _price_passes(self, price: Decimal) -> bool:
        return _within(price, self.min_price, self.max_price) and _is_on(price, self.tick_size)

    def _account_fails(
        self,
        quantity: Decimal | None,
        side: Side | None,
        display: Decimal | None,
        delta: Decimal | None,
        open_orders: Decimal | None,
        held: Decimal,
    ) -> str | None:
        """Return the filter that fails of those that are of the order's kind and its account."""
        if quantity is not None and display and self.max_iceberg_parts is not None:
            whole = EXACT.divide_int(quantity, display)
            parts = whole + bool(EXACT.remainder(quantity, display))
            if parts > self.max_iceberg_parts:
                return "ICEBERG_PARTS"
        if delta is not None and not _within(
            delta, self.min_trailing_delta, self.max_trailing_delta
        ):
            return "TRAILING_DELTA"
        if open_orders is not None and not _within(_next(open_orders), None, self.max_open_orders):
            return "MAX_NUM_ORDERS"
        added = held if quantity is None else EXACT.add(held, quantity)
        if side == Side.BUY and not _within(added, None, self.max_position):
            return "MAX_POSITION"
        return None


def _next(count: Decimal) -> Decimal:
    return EXACT.add(count, Decimal(1))


def _optional(name: str, value: DecimalLike | None) -> Decimal | None:
    return None if value is None else decimal_of(name, value)


def _product(number: Decimal, factor: Decimal | None) -> Decimal | None:
    return None if factor is None else EXACT.multiply(number, factor)


def _within(number: Decimal, least: Decimal | None, most: Decimal | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)


def _is_on(number: Decimal, step: Decimal | None) -> bool:
    return step is None or not EXACT.remainder(number, step)
