"""What is traded: its name, the grid of its prices and quantities, their bounds, its contract.

Inside, a price is a number of ticks and a quantity a number of lots, 64-bit integers. An instrument
is where decimals become those, and those decimals again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Any, ClassVar, Final

from engine._members import member_of
from engine._schema import (
    Allocation,
    AuctionPrices,
    AuctionRule,
    BandAction,
    ContractKind,
    MarginNetting,
    ReduceOnlyRule,
    ReplacePriority,
    Rounding,
    TierMode,
    TriggerOrder,
    Visibility,
)
from engine._terms import Terms
from engine.currency import check_name
from engine.decimal_grid import HIGHEST, LOWEST, DecimalGrid, DecimalLike, decimal_of, step_of
from engine.errors import GridError
from engine.fee_schedule import FeeSchedule, FeeTier
from engine.funding_spec import FundingSpec
from engine.margin_schedule import MarginSchedule, MarginTier
from engine.specification import Problems, Specification

__all__ = ["LEVERAGE", "RATE", "Instrument", "billionths", "initial_rate"]

MILLION: Final = 10**6
"""A band is told in millionths."""

BILLION: Final = 10**9
RATE: Final = Decimal("1e-9")
"""Rates of fees and margins are told in billionths."""

TIER_MAX: Final = 255
"""Of accounts."""

LEVERAGE: Final = Decimal("0.01")
"""A leverage is told in hundredths."""

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


@dataclass(frozen=True, kw_only=True, init=False, repr=False)
class Instrument(Specification):
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
    kind : ContractKind, str or int, optional
        What trades are worth: "spot", "linear" or "inverse". A venue with accounts needs it and
        what follows; for one without them it describes the instrument, and no more.
    base, quote : str, optional
        The currency that a quantity is of, and the one that a price is in: both of spot, `quote`
        of linear, `base` of inverse instruments.
    settle : str, optional
        The currency that trades are paid in: the quote of spot and linear, the base of inverse
        instruments, which it is by default.
    multiplier : decimal
        How much of the base a quantity of 1 is; of an inverse instrument, of the quote.
    maker_fee, taker_fee : decimal
        Parts of a trade's value, -1 to 1 in steps of 0.000000001; below 0 a rebate.
    fee_tiers : iterable of FeeTier
        The rates of accounts of tier 1, 2, 3, ...; those of tier 0, and beyond the last, have the
        two above. Which tier an account has is for `Engine.set_account` to say.
    initial_margin : decimal, optional
        The part of a position's value that it needs, 0 to 1 in such steps; not of spot.
    max_leverage : decimal, optional
        The same as a leverage, 1 or more in steps of 0.01; one of the two must be there.
    maintenance_margin : decimal
        The part of its value below which it is not kept; not above the initial margin.
    margin_tiers : iterable of MarginTier
        What positions need that are worth more than a floor, in rising order, beyond what the three
        above say of those up to the first: all of the value at the rate of its tier.
    open_loss : bool
        Whether an order must find what it would lose at once at the mark price.
    funding : FundingSpec, optional
        How positions pay each other; not of spot.
    min_notional, max_notional : decimal, optional
        What an order is worth at least and at most, in the currency that settles: at its limit, or
        without one at least so much at the mark price. A venue with accounts looks at them.
    value_rounding, fee_rounding : Rounding, str or int
        How a value and a fee become whole units of the currency: "down", "up", "floor", "ceiling",
        "half_up" or "half_even".

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

    It is text as well, and a file:

    >>> perpetual = Instrument(symbol="BTC-PERP", tick_size="0.5", lot_size=1, kind="inverse",
    ...                        base="BTC", quote="USD", multiplier=100, max_leverage=50)
    >>> print(perpetual.to_toml())
    symbol = "BTC-PERP"
    tick_size = "0.5"
    lot_size = "1"
    kind = "inverse"
    base = "BTC"
    quote = "USD"
    multiplier = "100"
    max_leverage = "50"
    <BLANKLINE>
    >>> Instrument.from_toml(perpetual.to_toml()) == perpetual
    True
    """

    SECTION: ClassVar = "instrument"
    ROWS: ClassVar = {"fee_tiers": FeeTier, "margin_tiers": MarginTier}
    PARTS: ClassVar = {"funding": FundingSpec}

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
    kind: ContractKind | None
    base: str | None
    quote: str | None
    settle: str | None
    multiplier: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    fee_tiers: tuple[FeeTier, ...]
    initial_margin: Decimal | None
    max_leverage: Decimal | None
    maintenance_margin: Decimal
    margin_tiers: tuple[MarginTier, ...]
    open_loss: bool
    funding: FundingSpec | None
    min_notional: Decimal | None
    max_notional: Decimal | None
    value_rounding: Rounding
    fee_rounding: Rounding
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
        kind: ContractKind | str | int | None = None,
        base: str | None = None,
        quote: str | None = None,
        settle: str | None = None,
        multiplier: DecimalLike = 1,
        maker_fee: DecimalLike = 0,
        taker_fee: DecimalLike = 0,
        fee_tiers: Iterable[FeeTier] = (),
        initial_margin: DecimalLike | None = None,
        max_leverage: DecimalLike | None = None,
        maintenance_margin: DecimalLike = 0,
        margin_tiers: Iterable[MarginTier] = (),
        open_loss: bool = False,
        funding: FundingSpec | None = None,
        min_notional: DecimalLike | None = None,
        max_notional: DecimalLike | None = None,
        value_rounding: Rounding | str | int = Rounding.DOWN,
        fee_rounding: Rounding | str | int = Rounding.DOWN,
    ) -> None:
        problems = _Problems()
        problems.attempt(check_name, "symbol", symbol)
        tick = problems.attempt(step_of, "tick_size", tick_size)
        lot = problems.attempt(step_of, "lot_size", lot_size)
        bounds = problems.bounds("price", tick, min_price, max_price)
        bounds |= problems.bounds("quantity", lot, min_quantity, max_quantity)
        members = problems.members(
            *(replace_priority, trigger_order, auction_rule, auction_prices),
            *(allocation, band_action, reduce_only_rule, visibility),
        )
        least, most = top_order_minimum, top_order_maximum
        shares = problems.shares(lot, members["allocation"], pro_rata_minimum, least, most)
        bands = problems.bands(static_band=static_band, dynamic_band=dynamic_band)
        contract = problems.names(kind, base, quote, settle)
        contract |= problems.rates(multiplier, maker_fee, taker_fee)
        contract |= problems.fee_tiers(fee_tiers)
        contract |= problems.margins(initial_margin, max_leverage, maintenance_margin)
        contract |= problems.margin_tiers(margin_tiers)
        contract["open_loss"] = problems.truth("open_loss", open_loss)
        contract["funding"] = funding
        contract |= problems.notionals(min_notional, max_notional)
        contract |= problems.roundings(value_rounding, fee_rounding)
        problems.check_contract(contract, bounds.get("min_price"))
        if problems:
            raise GridError(f"instrument {symbol!r}: {'; '.join(problems)}")
        values = {"symbol": symbol, **_grids(symbol, tick, lot)} | bounds
        for name, value in (values | members | shares | bands | contract).items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        given = {"symbol", "tick_size", "lot_size", "min_price", "min_quantity"}
        plain = vars(cls(symbol="plain", tick_size=1, lot_size=1))
        return {name: value for name, value in plain.items() if name not in given}

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, as text."""
        fields = super().to_dict()
        for bound, step in (("min_price", self.tick_size), ("min_quantity", self.lot_size)):
            if getattr(self, bound) == step:
                del fields[bound]
        if self.kind is not None:
            del fields["settle"]  # which follows from kind, base and quote
        return fields

    def with_fees(self, fees: FeeSchedule) -> Instrument:
        """Return the instrument with the rates, the tiers and the rounding of a venue's fees.

        Fees are rounded to the unit of the currency that settles, whatever the schedule's step is,
        and no discount is given.

        Raises
        ------
        GridError
            The schedule asks one side for more than the other, which no engine does here; or as
            the instrument itself.

        Examples
        --------
        >>> swap = Instrument(symbol="OIL", tick_size="0.01", lot_size=1, kind="linear",
        ...                   quote="USD", max_leverage=20)
        >>> fees = FeeSchedule(maker="0.0002", taker="0.0005",
        ...                    tiers=[FeeTier(volume=1000000, maker="0", taker="0.0004")])
        >>> cheap = swap.with_fees(fees)
        >>> cheap.taker_fee, cheap.fee_tiers[0].taker, cheap.fee_rounding.name
        (Decimal('0.0005'), Decimal('0.0004'), 'UP')
        """
        if fees.buyer or fees.seller:
            raise GridError(
                f"instrument {self.symbol!r}: fees had {fees.buyer:f} of a buyer and"
                f" {fees.seller:f} of a seller, must be the same of both sides"
            )
        told = {
            "maker_fee": fees.maker,
            "taker_fee": fees.taker,
            "fee_tiers": fees.tiers,
            "fee_rounding": fees.rounding,
        }
        return Instrument.from_dict(self.to_dict() | told)

    def with_margin(self, margin: MarginSchedule) -> Instrument:
        """Return the instrument with the tiers of a venue's margin, and its open loss.

        The first tier is what `initial_margin` or `max_leverage` and `maintenance_margin` say.
        Positions are worth their entry value, and requirements are rounded up, whatever the
        schedule says.

        Raises
        ------
        GridError
            The schedule has what no engine does here: a slope, rates that grow with the open
            interest, a maintenance margin that is a part of the initial one, a fee to close in the
            initial margin, another netting than that of the worst side; or as the instrument
            itself.

        Examples
        --------
        >>> swap = Instrument(symbol="BTCUSDT", tick_size="0.1", lot_size="0.001", kind="linear",
        ...                   quote="USDT", max_leverage=1)
        >>> swap = swap.with_margin(MarginSchedule.preset("binance-usdm"))
        >>> swap.max_leverage, swap.margin_tiers[0].floor, swap.margin_tiers[0].max_leverage
        (Decimal('125'), Decimal('50000'), Decimal('100'))
        >>> swap.with_margin(MarginSchedule.preset("deribit-linear"))
        Traceback (most recent call last):
            ...
        engine.errors.GridError: instrument 'BTCUSDT': margin had tier_mode 'slope'
        """
        odd = [
            ("tier_mode 'slope'", margin.tier_mode == TierMode.SLOPE),
            ("a maintenance_fraction", margin.maintenance_fraction is not None),
            ("open_interest_upper", margin.open_interest_upper is not None),
            ("'initial' in close_fee_in", "initial" in margin.close_fee_in),
            (
                f"netting {margin.netting.name.lower()!r}",
                margin.netting != MarginNetting.WORST_SIDE,
            ),
        ]
        found = ", ".join(what for what, is_there in odd if is_there)
        if found:
            raise GridError(f"instrument {self.symbol!r}: margin had {found}")
        first, *others = margin.tiers
        told = {
            "initial_margin": first.initial_rate,
            "max_leverage": first.max_leverage,
            "maintenance_margin": first.maintenance_rate,
            "margin_tiers": others,
            "open_loss": margin.open_loss,
        }
        return Instrument.from_dict(self.to_dict() | told)

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
        shown = (f"{name}={text!r}" for name, text in self.to_dict().items())
        return f"Instrument({', '.join(shown)})"


def billionths(rate: Decimal) -> int:
    """Return a rate of an instrument as the core is told it."""
    return DecimalGrid("rate", RATE).number(rate)


def initial_rate(margin: Decimal | None, leverage: Decimal | None) -> int:
    """Return the initial margin in billionths of the value, from one of two ways to tell it.

    Examples
    --------
    >>> initial_rate(Decimal("0.05"), None), initial_rate(None, Decimal(3))
    (50000000, 333333334)
    """
    if margin is not None:
        return billionths(margin)
    assert leverage is not None, "one of the two is there"
    return -(-100 * BILLION // DecimalGrid("max_leverage", LEVERAGE).number(leverage))


def _grids(symbol: str, tick: Decimal | None, lot: Decimal | None) -> dict[str, Any]:
    assert tick is not None, "a bad tick size is a problem"
    assert lot is not None, "a bad lot size is a problem"
    prices = DecimalGrid(f"{symbol}: price", tick)
    quantities = DecimalGrid(f"{symbol}: quantity", lot)
    sizes = {"tick_size": prices.step, "lot_size": quantities.step}
    return {**sizes, "prices": prices, "quantities": quantities}


class _Problems(Problems):
    """What is wrong with an instrument, so that all of it can be told at once."""

    def bounds(
        self,
        name: str,
        step: Decimal | None,
        least: DecimalLike | None,
        most: DecimalLike | None,
    ) -> dict[str, Any]:
        """Return the lowest and the highest value by name: one step, and None, by default."""
        lowest = 1 if least is None else self.number(f"min_{name}", step, least, LOWEST)
        highest = HIGHEST if most is None else self.number(f"max_{name}", step, most, HIGHEST)
        if lowest > highest:
            written = step if least is None else least
            self.append(f"max_{name} was {most}, below min_{name}, {written}")
        if step is None:
            return {}
        grid = DecimalGrid(name, step)
        top = None if most is None else grid.decimal(highest)
        return {f"min_{name}": grid.decimal(lowest), f"max_{name}": top}

    def number(self, name: str, step: Decimal | None, value: DecimalLike, default: int) -> int:
        """Return a value as a number of steps; the default for one that is bad."""
        if step is None:
            self.attempt(decimal_of, name, value)
            return default
        number = self.attempt(DecimalGrid(name, step).number, value)
        if number is not None and number < 1 and "price" not in name:
            number = None
            self.append(f"{name} was {value}, must be at least one lot, {step:f}")
        return default if number is None else number

    def members(self, *values: object) -> dict[str, Any]:
        """Return the members of the enumerations, by name, in the order of `MEMBERS`."""
        return {
            name: self.attempt(member_of, kind, value, name)
            for (name, kind), value in zip(MEMBERS.items(), values, strict=True)
        }

    def shares(
        self,
        lot: Decimal | None,
        allocation: Allocation | None,
        smallest: DecimalLike | None,
        minimum: DecimalLike | None,
        maximum: DecimalLike | None,
    ) -> dict[str, Any]:
        """Return the quantities that say how to share pro rata, None for those that are absent.

        Notes what does not go together.
        """
        values = {
            "pro_rata_minimum": smallest,
            "top_order_minimum": minimum,
            "top_order_maximum": maximum,
        }
        lots = {
            name: 0 if value is None else self.number(name, lot, value, 0)
            for name, value in values.items()
        }
        for name, value in values.items():
            if lots[name] and allocation == Allocation.PRICE_TIME:
                self.append(f"{name} was {value}, without allocation='pro_rata'")
        if lots["top_order_minimum"] and maximum is None:
            self.append(f"top_order_minimum was {minimum}, without top_order_maximum")
        elif 0 < lots["top_order_maximum"] < lots["top_order_minimum"]:
            self.append(f"top_order_maximum was {maximum}, below top_order_minimum, {minimum}")
        if lot is None:
            return {}
        grid = DecimalGrid("quantity", lot)
        return {name: grid.decimal(number) if number else None for name, number in lots.items()}

    def bands(self, **values: DecimalLike | None) -> dict[str, Any]:
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

    # The contract.

    def names(
        self,
        kind: ContractKind | str | int | None,
        base: str | None,
        quote: str | None,
        settle: str | None,
    ) -> dict[str, Any]:
        """Return the kind and the currencies, None for what is absent."""
        values = {"base": base, "quote": quote, "settle": settle}
        of_kind = None if kind is None else self.member(ContractKind, kind, "kind")
        for name, value in values.items():
            if value is not None:
                self.attempt(check_name, name, value)
        return {"kind": of_kind, **values}

    def rates(
        self, multiplier: DecimalLike, maker_fee: DecimalLike, taker_fee: DecimalLike
    ) -> dict[str, Any]:
        """Return what values are multiplied with."""
        return {
            "multiplier": self.attempt(step_of, "multiplier", multiplier),
            "maker_fee": self.rate("maker_fee", maker_fee, -1),
            "taker_fee": self.rate("taker_fee", taker_fee, -1),
        }

    def fee_tiers(self, rows: Iterable[FeeTier]) -> dict[str, Any]:
        """Return the rates by tier."""
        tiers = tuple(rows)
        for place, tier in enumerate(tiers):
            name = f"fee_tiers[{place}]"
            if isinstance(tier, FeeTier):
                self.rate(f"{name}.maker", tier.maker, -1)
                self.rate(f"{name}.taker", tier.taker, -1)
            else:
                self.append(f"{name} was {tier!r}, must be a FeeTier")
        if len(tiers) > TIER_MAX:
            self.append(f"fee_tiers were {len(tiers)}, must be {TIER_MAX} or less")
        return {"fee_tiers": tiers}

    def margins(
        self,
        initial: DecimalLike | None,
        leverage: DecimalLike | None,
        maintenance: DecimalLike,
    ) -> dict[str, Any]:
        """Return what positions need, None for what is absent."""
        margin = None if initial is None else self.rate("initial_margin", initial, 0)
        greatest = self.decimal("max_leverage", leverage, least=1)
        if greatest is not None:
            self.attempt(DecimalGrid("max_leverage", LEVERAGE).number, leverage)
        return {
            "initial_margin": margin,
            "max_leverage": greatest,
            "maintenance_margin": self.rate("maintenance_margin", maintenance, 0),
        }

    def margin_tiers(self, rows: Iterable[MarginTier]) -> dict[str, Any]:
        """Return what positions need that are worth more."""
        tiers = tuple(rows)
        floor = Decimal(0)
        for place, tier in enumerate(tiers):
            name = f"margin_tiers[{place}]"
            if not isinstance(tier, MarginTier):
                self.append(f"{name} was {tier!r}, must be a MarginTier")
                continue
            if tier.floor <= floor:
                self.append(f"{name}.floor was {tier.floor:f}, must be above {floor:f}")
            floor = max(tier.floor, floor)
            self.rate(f"{name}.maintenance_rate", tier.maintenance_rate, 0)
            if tier.initial_rate is not None:
                self.rate(f"{name}.initial_rate", tier.initial_rate, 0)
            else:
                leverage = DecimalGrid(f"{name}.max_leverage", LEVERAGE)
                self.attempt(leverage.number, tier.max_leverage)
        return {"margin_tiers": tiers}

    def notionals(self, least: DecimalLike | None, most: DecimalLike | None) -> dict[str, Any]:
        """Return what an order is worth at least and at most, None for what is absent or 0."""
        found = {
            name: self.decimal(name, value, least=0) or None
            for name, value in (("min_notional", least), ("max_notional", most))
        }
        lowest, highest = found.values()
        if lowest is not None and highest is not None and highest < lowest:
            self.append(f"max_notional was {highest:f}, below min_notional, {lowest:f}")
        return found

    def rate(self, name: str, value: DecimalLike, least: int) -> Decimal | None:
        """Return a part of a value in whole billionths, None for one that is bad."""
        if self.attempt(decimal_of, name, value) is None:
            return None
        found = self.decimal(name, value, least=least, most=1)
        if found is not None:
            self.attempt(DecimalGrid(name, RATE).number, value)
        return found

    def roundings(
        self, value_rounding: Rounding | str | int, fee_rounding: Rounding | str | int
    ) -> dict[str, Any]:
        """Return how amounts become whole units."""
        values = {"value_rounding": value_rounding, "fee_rounding": fee_rounding}
        return {name: self.member(Rounding, value, name) for name, value in values.items()}

    def check_contract(self, contract: dict[str, Any], min_price: Decimal | None) -> None:
        """Note what does not go together, once each field is right; tell which currency settles."""
        if self:
            return
        kind = contract["kind"]
        if contract["initial_margin"] is not None and contract["max_leverage"] is not None:
            self.append(
                f"initial_margin was {contract['initial_margin']:f} and max_leverage"
                f" {contract['max_leverage']:f}: only one of them may be there"
            )
        if kind is None or self:
            return
        self._check_currencies(kind.name.lower(), contract)
        self._check_margins(kind.name.lower(), contract)
        assert min_price is not None, "a bad bound is a problem"
        if kind != ContractKind.LINEAR and min_price < 0:
            self.append(f"min_price was {min_price:f}, below 0 of {kind.name.lower()}")
        if kind == ContractKind.INVERSE and min_price == 0:
            self.append(f"min_price was {min_price:f}, must be above 0 for inverse")

    def _check_currencies(self, kind: str, contract: dict[str, Any]) -> None:
        needed = {"spot": ("base", "quote"), "linear": ("quote",), "inverse": ("base",)}[kind]
        for name in needed:
            if contract[name] is None:
                self.append(f"{name} was None, must name a currency for {kind}")
        if kind == "spot" and contract["base"] == contract["quote"] is not None:
            self.append(f"base and quote were both {contract['base']!r}, must be two currencies")
        payer = "base" if kind == "inverse" else "quote"
        settle, expected = contract["settle"], contract[payer]
        if settle not in {None, expected}:
            self.append(f"settle was {settle!r}, must be the {payer}, {expected!r}, for {kind}")
        contract["settle"] = expected

    def _check_margins(self, kind: str, contract: dict[str, Any]) -> None:
        initial, leverage = contract["initial_margin"], contract["max_leverage"]
        maintenance = contract["maintenance_margin"]
        if kind == "spot":
            told = {name: contract[name] for name in ("initial_margin", "max_leverage")}
            told["maintenance_margin"] = maintenance or None
            if contract["funding"]:
                self.append("funding was told, spot has none")
            if contract["open_loss"]:
                self.append("open_loss was True, spot has none")
            if contract["margin_tiers"]:
                self.append(f"margin_tiers were {len(contract['margin_tiers'])}, spot has none")
            self.extend(
                f"{name} was {value:f}, spot has none"
                for name, value in told.items()
                if value is not None
            )
        elif initial is None and leverage is None:
            self.append(
                "initial_margin was None and max_leverage too: one of them must be there"
                f" for {kind}"
            )
        elif billionths(maintenance) > initial_rate(initial, leverage):
            limit = f"1 / {leverage:f}" if initial is None else f"{initial:f}"
            self.append(f"maintenance_margin was {maintenance:f}, above the initial one, {limit}")
        else:
            self._check_rates(contract, (initial, leverage, maintenance))

    def _check_rates(self, contract: dict[str, Any], first: tuple[Any, ...]) -> None:
        """Note a rate that falls where a tier begins."""
        *told, maintenance = first
        before = (initial_rate(*told), billionths(maintenance))
        for place, tier in enumerate(contract["margin_tiers"]):
            rates = (
                initial_rate(tier.initial_rate, tier.max_leverage),
                billionths(tier.maintenance_rate),
            )
            for name, rate, least in zip(("initial", "maintenance"), rates, before, strict=True):
                if rate < least:
                    self.append(f"margin_tiers[{place}] had a lower {name} rate than before")
            before = rates
