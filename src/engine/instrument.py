"""What is traded: its name, the grid of its prices and quantities, their bounds.

Inside, a price is a number of ticks and a quantity a number of lots, 64-bit integers. An instrument
is where decimals become those, and those decimals again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypedDict, TypeVar

from engine._members import member_of
from engine._schema import AuctionPrices, AuctionRule, ReplacePriority, TriggerOrder
from engine.decimal_grid import HIGHEST, LOWEST, DecimalGrid, DecimalLike, decimal_of, step_of
from engine.errors import EngineError, GridError

__all__ = ["Instrument", "Terms"]

Result = TypeVar("Result")

SYMBOL_LENGTH_MAX: Final = 64
"""Characters: a message or a table can always hold a symbol."""


class Terms(TypedDict):
    """What the core is told of an instrument: bounds in ticks and lots, and conventions."""

    min_price: int
    max_price: int
    min_quantity: int
    max_quantity: int
    replace_priority: ReplacePriority
    trigger_order: TriggerOrder
    auction_rule: AuctionRule
    auction_prices: AuctionPrices


@dataclass(frozen=True, kw_only=True, init=False, repr=False)
class Instrument:
    """One thing that is traded, with the sizes of its tick and its lot.

    Frozen, equal by its fields, hashable, and safe to pickle. Every number may be a str, a
    Decimal, an int, or a float that stands for its shortest text.

    Parameters
    ----------
    symbol : str
        1 to 64 printable characters, without a blank at either end. Upper and lower case differ.
    tick_size, lot_size : decimal
        The steps of prices and of quantities: above zero, at most 30 decimal places.
    min_price : decimal, optional
        The lowest price that an order may have; one tick by default. Zero and negative prices
        work where this allows them.
    max_price : decimal, optional
        The highest; by default what 64 bits hold.
    min_quantity : decimal, optional
        The smallest quantity of an order; one lot by default.
    max_quantity : decimal, optional
        The largest; by default what 64 bits hold.
    replace_priority : ReplacePriority, str or int
        When a replaced order keeps its place: "keep_on_decrease" or "always_lose".
    trigger_order : TriggerOrder, str or int
        In which order conditional orders enter that one event triggers: "by_price_reached" or
        "by_time".
    auction_rule : AuctionRule, str or int
        How an auction chooses among the prices at which most lots trade: "closest", "reversal" or
        "midpoint".
    auction_prices : AuctionPrices, str or int
        Which prices it may choose: "every_tick" or "limits".

    Attributes
    ----------
    prices, quantities : DecimalGrid
        The grids that the conversions use.

    Raises
    ------
    GridError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> bitcoin = Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
    >>> bitcoin.to_ticks("50000.01"), bitcoin.to_lots(0.5)
    (5000001, 500)
    >>> bitcoin.to_price(5000001), bitcoin.to_quantity(500)
    (Decimal('50000.01'), Decimal('0.500'))

    What is off the grid is refused:

    >>> bitcoin.to_ticks("50000.015")
    Traceback (most recent call last):
        ...
    engine.errors.GridError: BTC-USD: price was '50000.015', not on the grid of 0.01: nearest are\
 50000.01 and 50000.02

    Prices below zero are for those who ask for them:

    >>> Instrument(symbol="OIL", tick_size="0.01", lot_size=1, min_price=-100).min_price
    Decimal('-100.00')
    """

    symbol: str
    tick_size: Decimal
    lot_size: Decimal
    min_price: Decimal
    max_price: Decimal | None
    min_quantity: Decimal
    max_quantity: Decimal | None
    replace_priority: ReplacePriority
    trigger_order: TriggerOrder
    auction_rule: AuctionRule
    auction_prices: AuctionPrices
    prices: DecimalGrid = field(init=False, compare=False)
    quantities: DecimalGrid = field(init=False, compare=False)

    def __init__(
        self,
        *,
        symbol: str,
        tick_size: DecimalLike,
        lot_size: DecimalLike,
        min_price: DecimalLike | None = None,
        max_price: DecimalLike | None = None,
        min_quantity: DecimalLike | None = None,
        max_quantity: DecimalLike | None = None,
        replace_priority: ReplacePriority | str | int = ReplacePriority.KEEP_ON_DECREASE,
        trigger_order: TriggerOrder | str | int = TriggerOrder.BY_PRICE_REACHED,
        auction_rule: AuctionRule | str | int = AuctionRule.CLOSEST,
        auction_prices: AuctionPrices | str | int = AuctionPrices.EVERY_TICK,
    ) -> None:
        problems = _Problems()
        problems.attempt(_check_symbol, symbol)
        tick = problems.attempt(step_of, "tick_size", tick_size)
        lot = problems.attempt(step_of, "lot_size", lot_size)
        lowest = problems.bound("min_price", tick, min_price, LOWEST)
        highest = problems.bound("max_price", tick, max_price, HIGHEST)
        smallest = problems.bound("min_quantity", lot, min_quantity, 1)
        largest = problems.bound("max_quantity", lot, max_quantity, HIGHEST)
        priority = problems.attempt(
            member_of, ReplacePriority, replace_priority, "replace_priority"
        )
        released = problems.attempt(member_of, TriggerOrder, trigger_order, "trigger_order")
        rule = problems.attempt(member_of, AuctionRule, auction_rule, "auction_rule")
        choice = problems.attempt(member_of, AuctionPrices, auction_prices, "auction_prices")
        if min_price is None:
            lowest = 1
        if lowest > highest:
            problems.append(f"max_price was {max_price}, below min_price, {min_price or tick}")
        if smallest > largest:
            problems.append(f"max_quantity was {max_quantity}, below min_quantity, {min_quantity}")
        if problems:
            raise GridError(f"instrument {symbol!r}: {'; '.join(problems)}")
        assert tick is not None, "a bad tick size is a problem"
        assert lot is not None, "a bad lot size is a problem"
        prices = DecimalGrid(f"{symbol}: price", tick)
        quantities = DecimalGrid(f"{symbol}: quantity", lot)
        values = {
            "symbol": symbol,
            "tick_size": prices.step,
            "lot_size": quantities.step,
            "min_price": prices.decimal(lowest),
            "max_price": None if max_price is None else prices.decimal(highest),
            "min_quantity": quantities.decimal(smallest),
            "max_quantity": None if max_quantity is None else quantities.decimal(largest),
            "replace_priority": priority,
            "trigger_order": released,
            "auction_rule": rule,
            "auction_prices": choice,
            "prices": prices,
            "quantities": quantities,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def to_ticks(self, price: DecimalLike) -> int:
        """Return a price as a number of ticks.

        Parameters
        ----------
        price
            A str or Decimal, an int, or a float that is the nearest one to a multiple of the tick
            size; NumPy scalars too. Bounds are not looked at: an order beyond them is refused by
            a report.

        Raises
        ------
        GridError
            It is not a finite number, not on the grid, or beyond 64 bits; the message names the
            two nearest prices.
        """
        return self.prices.number(price)

    def to_lots(self, quantity: DecimalLike) -> int:
        """Return a quantity as a number of lots; as `to_ticks`."""
        return self.quantities.number(quantity)

    def to_price(self, ticks: int) -> Decimal:
        """Return a number of ticks as a price, with the decimal places of the tick size."""
        return self.prices.decimal(ticks)

    def to_quantity(self, lots: int) -> Decimal:
        """Return a number of lots as a quantity, with the decimal places of the lot size."""
        return self.quantities.decimal(lots)

    def terms(self) -> Terms:
        """Return what the core is told, in ticks and lots: arguments of its `add_instrument`.

        Examples
        --------
        >>> Instrument(symbol="GOLD", tick_size="0.1", lot_size="0.01", max_price=10000).terms()
        {'min_price': 1, 'max_price': 100000, 'min_quantity': 1,\
 'max_quantity': 9223372036854775807, 'replace_priority': <ReplacePriority.KEEP_ON_DECREASE: 0>,\
 'trigger_order': <TriggerOrder.BY_PRICE_REACHED: 0>,\
 'auction_rule': <AuctionRule.CLOSEST: 0>, 'auction_prices': <AuctionPrices.EVERY_TICK: 0>}
        """
        return Terms(
            min_price=self.to_ticks(self.min_price),
            max_price=HIGHEST if self.max_price is None else self.to_ticks(self.max_price),
            min_quantity=self.to_lots(self.min_quantity),
            max_quantity=HIGHEST if self.max_quantity is None else self.to_lots(self.max_quantity),
            replace_priority=self.replace_priority,
            trigger_order=self.trigger_order,
            auction_rule=self.auction_rule,
            auction_prices=self.auction_prices,
        )

    def __repr__(self) -> str:
        shown = [
            ("symbol", self.symbol),
            ("tick_size", self.tick_size),
            ("lot_size", self.lot_size),
        ]
        if self.min_price != self.tick_size:
            shown.append(("min_price", self.min_price))
        if self.max_price is not None:
            shown.append(("max_price", self.max_price))
        if self.min_quantity != self.lot_size:
            shown.append(("min_quantity", self.min_quantity))
        if self.max_quantity is not None:
            shown.append(("max_quantity", self.max_quantity))
        conventions = (
            ("replace_priority", self.replace_priority),
            ("trigger_order", self.trigger_order),
            ("auction_rule", self.auction_rule),
            ("auction_prices", self.auction_prices),
        )
        shown.extend((name, member.name.lower()) for name, member in conventions if member != 0)
        fields = (
            (name, f"{value:f}" if isinstance(value, Decimal) else value) for name, value in shown
        )
        return f"Instrument({', '.join(f'{name}={value!r}' for name, value in fields)})"


class _Problems(list[str]):
    """What is wrong with an instrument, so that all of it can be told at once."""

    def attempt(self, read: Callable[..., Result], *arguments: object) -> Result | None:
        """Return what `read` does; None, and note the problem, when it raises."""
        try:
            return read(*arguments)
        except EngineError as error:
            self.append(str(error))
            return None

    def bound(
        self, name: str, step: Decimal | None, value: DecimalLike | None, default: int
    ) -> int:
        """Return a bound as a number of steps; the default without one, or with one that is bad."""
        if value is None:
            return default
        if step is None:
            self.attempt(decimal_of, name, value)
            return default
        number = self.attempt(DecimalGrid(name, step).number, value)
        if number is not None and number < 1 and "quantity" in name:
            number = None
            self.append(f"{name} was {value}, must be at least one lot, {step:f}")
        return default if number is None else number


def _check_symbol(symbol: object) -> None:
    is_text = isinstance(symbol, str) and symbol.isprintable() and symbol == symbol.strip()
    if not is_text or not 1 <= len(str(symbol)) <= SYMBOL_LENGTH_MAX:
        raise GridError(
            f"symbol was {symbol!r}, must be a str of 1 to {SYMBOL_LENGTH_MAX} printable characters"
            " without a blank at either end"
        )
