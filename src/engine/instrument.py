"""What is traded: its name, the grid of its prices and quantities, their bounds.

Inside, a price is a number of ticks and a quantity a number of lots, 64-bit integers. An instrument
is where decimals become those, and those decimals again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Final, TypeVar

from engine._members import member_of
from engine._schema import (
    Allocation,
    AuctionPrices,
    AuctionRule,
    BandAction,
    ReduceOnlyRule,
    ReplacePriority,
    TriggerOrder,
    Visibility,
)
from engine._terms import Terms
from engine.decimal_grid import HIGHEST, LOWEST, DecimalGrid, DecimalLike, decimal_of, step_of
from engine.errors import EngineError, GridError

__all__ = ["Instrument"]

Result = TypeVar("Result")

SYMBOL_LENGTH_MAX: Final = 64
"""Characters: a message or a table can always hold a symbol."""

MILLION: Final = 10**6
"""A band is told in millionths."""

MEMBERS: Final[dict[str, type[IntEnum]]] = {
    "replace_priority": ReplacePriority,
    "trigger_order": TriggerOrder,
    "auction_rule": AuctionRule,
    "auction_prices": AuctionPrices,
    "allocation": Allocation,
    "band_action": BandAction,
    "reduce_only_rule": ReduceOnlyRule,
    "visibility": Visibility,
}
"""What venues differ in, by name; the members of value 0 are what most of them do."""

OPTIONAL: Final = (
    *("pro_rata_minimum", "top_order_minimum", "top_order_maximum"),
    *("static_band", "dynamic_band"),
)
"""Numbers that few instruments have."""


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
        How an auction chooses among the prices at which most lots trade: "closest", "reversal",
        "midpoint" or "lowest".
    auction_prices : AuctionPrices, str or int
        Which prices it may choose: "every_tick" or "limits".
    allocation : Allocation, str or int
        How an incoming quantity is shared among the orders at one price: "price_time" or
        "pro_rata".
    pro_rata_minimum : decimal, optional
        Pro rata, a smaller share is none; every share counts by default.
    top_order_minimum, top_order_maximum : decimal, optional
        Pro rata, the order that set the best price gets so much first, if it is no smaller than the
        minimum; without a maximum it is one like the others.
    static_band, dynamic_band : decimal, optional
        Orders trade only this far from the reference price and from the last price: "0.05" for
        5 %. At most 1, in steps of a millionth; no band by default.
    band_action : BandAction, str or int
        What happens where an order would trade outside: "reject" or "volatility_call".
    reduce_only_rule : ReduceOnlyRule, str or int
        What becomes of reduce-only orders that are more than the position: "shrink", "cancel" or
        "immediate".
    visibility : Visibility, str or int
        "lit", or "dark" for a market that shows nothing that rests in it.

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
    allocation: Allocation
    pro_rata_minimum: Decimal | None
    top_order_minimum: Decimal | None
    top_order_maximum: Decimal | None
    static_band: Decimal | None
    dynamic_band: Decimal | None
    band_action: BandAction
    reduce_only_rule: ReduceOnlyRule
    visibility: Visibility
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
        allocation: Allocation | str | int = Allocation.PRICE_TIME,
        pro_rata_minimum: DecimalLike | None = None,
        top_order_minimum: DecimalLike | None = None,
        top_order_maximum: DecimalLike | None = None,
        static_band: DecimalLike | None = None,
        dynamic_band: DecimalLike | None = None,
        band_action: BandAction | str | int = BandAction.REJECT,
        reduce_only_rule: ReduceOnlyRule | str | int = ReduceOnlyRule.SHRINK,
        visibility: Visibility | str | int = Visibility.LIT,
    ) -> None:
        problems = _Problems()
        problems.attempt(_check_symbol, symbol)
        tick = problems.attempt(step_of, "tick_size", tick_size)
        lot = problems.attempt(step_of, "lot_size", lot_size)
        lowest = problems.bound("min_price", tick, min_price, LOWEST)
        highest = problems.bound("max_price", tick, max_price, HIGHEST)
        smallest = problems.bound("min_quantity", lot, min_quantity, 1)
        largest = problems.bound("max_quantity", lot, max_quantity, HIGHEST)
        members = problems.members(
            *(replace_priority, trigger_order, auction_rule, auction_prices),
            *(allocation, band_action, reduce_only_rule, visibility),
        )
        shares = problems.shares(
            *(lot, members["allocation"]),
            pro_rata_minimum=pro_rata_minimum,
            top_order_minimum=top_order_minimum,
            top_order_maximum=top_order_maximum,
        )
        bands = problems.bands(static_band=static_band, dynamic_band=dynamic_band)
        if min_price is None:
            lowest = 1
        problems.compare("price", (min_price or tick, lowest), (max_price, highest))
        problems.compare("quantity", (min_quantity, smallest), (max_quantity, largest))
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
            **members,
            **{name: quantities.decimal(lots) if lots else None for name, lots in shares.items()},
            **bands,
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
 'auction_rule': <AuctionRule.CLOSEST: 0>, 'auction_prices': <AuctionPrices.EVERY_TICK: 0>,\
 'allocation': <Allocation.PRICE_TIME: 0>, 'pro_rata_minimum': 0, 'top_order_minimum': 0,\
 'top_order_maximum': 0, 'static_band': 0, 'dynamic_band': 0,\
 'band_action': <BandAction.REJECT: 0>, 'reduce_only_rule': <ReduceOnlyRule.SHRINK: 0>,\
 'visibility': <Visibility.LIT: 0>}
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
            allocation=self.allocation,
            pro_rata_minimum=self.to_lots(self.pro_rata_minimum or 0),
            top_order_minimum=self.to_lots(self.top_order_minimum or 0),
            top_order_maximum=self.to_lots(self.top_order_maximum or 0),
            static_band=int((self.static_band or 0) * MILLION),
            dynamic_band=int((self.dynamic_band or 0) * MILLION),
            band_action=self.band_action,
            reduce_only_rule=self.reduce_only_rule,
            visibility=self.visibility,
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
        optional = ((name, getattr(self, name)) for name in OPTIONAL)
        shown.extend((name, value) for name, value in optional if value is not None)
        members = ((name, getattr(self, name)) for name in MEMBERS)
        shown.extend((name, member.name.lower()) for name, member in members if member != 0)
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
        if number is not None and number < 1 and "price" not in name:
            number = None
            self.append(f"{name} was {value}, must be at least one lot, {step:f}")
        return default if number is None else number

    def compare(self, name: str, least: tuple[object, int], most: tuple[object, int]) -> None:
        """Note a maximum below its minimum; both as they were written, and as numbers."""
        if least[1] > most[1]:
            self.append(f"max_{name} was {most[0]}, below min_{name}, {least[0]}")

    def members(self, *values: object) -> dict[str, IntEnum | None]:
        """Return the members of the enumerations, by name, in the order of `MEMBERS`."""
        return {
            name: self.attempt(member_of, kind, value, name)
            for (name, kind), value in zip(MEMBERS.items(), values, strict=True)
        }

    def shares(
        self, lot: Decimal | None, allocation: object, **values: DecimalLike | None
    ) -> dict[str, int]:
        """Return quantities that may be absent as numbers of lots, 0 for those that are.

        Notes what does not go together: they say how to share pro rata.
        """
        shares = {name: self.bound(name, lot, value, 0) for name, value in values.items()}
        for name, value in values.items():
            if shares[name] and allocation == Allocation.PRICE_TIME:
                self.append(f"{name} was {value}, without allocation='pro_rata'")
        minimum, maximum = values["top_order_minimum"], values["top_order_maximum"]
        if shares["top_order_minimum"] and maximum is None:
            self.append(f"top_order_minimum was {minimum}, without top_order_maximum")
        elif 0 < shares["top_order_maximum"] < shares["top_order_minimum"]:
            self.append(f"top_order_maximum was {maximum}, below top_order_minimum, {minimum}")
        return shares

    def bands(self, **values: DecimalLike | None) -> dict[str, Decimal | None]:
        """Return how far bands reach, as parts of the price; None for those that are absent."""
        return {name: self._band(name, value) for name, value in values.items()}

    def _band(self, name: str, value: DecimalLike | None) -> Decimal | None:
        if value is None:
            return None
        part = self.attempt(decimal_of, name, value)
        if part is None or (0 < part <= 1 and part * MILLION % 1 == 0):
            return part
        self.append(f"{name} was {value}, must be above 0, at most 1, in steps of 0.000001")
        return None


def _check_symbol(symbol: object) -> None:
    is_text = isinstance(symbol, str) and symbol.isprintable() and symbol == symbol.strip()
    if not is_text or not 1 <= len(str(symbol)) <= SYMBOL_LENGTH_MAX:
        raise GridError(
            f"symbol was {symbol!r}, must be a str of 1 to {SYMBOL_LENGTH_MAX} printable characters"
            " without a blank at either end"
        )
