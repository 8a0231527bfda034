"""What is traded: its name, the grid of its prices and quantities, their bounds, its contract.

Inside, a price is a number of ticks and a quantity a number of lots, 64-bit integers. An instrument
is where decimals become those, and those decimals again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar, Final

from engine._instrument_checks import BANDS, CLOSE_FEES, MEMBERS, RATE, InstrumentProblems
from engine._schema import (
    Allocation,
    AuctionPrices,
    AuctionRule,
    BandAction,
    CloseFee,
    ContractKind,
    FeeCurrency,
    MarginNetting,
    OrderPrice,
    ReduceOnlyRule,
    ReplacePriority,
    Rounding,
    TierMode,
    TriggerOrder,
    Visibility,
)
from engine._shown import check_kind, shown
from engine._terms import Terms
from engine.currency import check_name
from engine.decimal_grid import HIGHEST, DecimalGrid, DecimalLike
from engine.errors import GridError
from engine.fee_schedule import FeeSchedule, FeeTier
from engine.funding_spec import FundingSpec
from engine.liquidation_spec import LiquidationSpec
from engine.margin_schedule import MarginSchedule, MarginTier
from engine.specification import Specification

__all__ = ["Instrument"]

FOLLOWED: Final[dict[str, tuple[Any, ...]]] = {
    "netting": (MarginNetting.WORST_SIDE,),
    "reduce_only_free": (True,),
}
"""What an engine follows of those fields of a `MarginSchedule` that may say something else."""


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
        instruments, which it is by default. A linear instrument may settle in another (quanto).
    multiplier : decimal
        How much of the base a quantity of 1 is; of an inverse instrument, of the quote. Of a
        quanto, what a quantity of 1 is worth of the currency that settles at a price of 1.
    maker_fee, taker_fee : decimal
        Parts of a trade's value, -1 to 1 in steps of 0.000000001; below 0 a rebate.
    fee_tiers : iterable of FeeTier
        The rates of accounts of tier 1, 2, 3, ...; those of tier 0, and beyond the last, have the
        two above. Which tier an account has is for `Engine.set_account` to say.
    fee_currency : FeeCurrency, str or int
        "quote", or "received" where each party of a spot trade pays in what it receives: the buyer
        in the base.
    initial_margin : decimal, optional
        The part of a position's value that it needs, 0 to 1 in such steps; not of spot.
    max_leverage : decimal, optional
        The same as a leverage, 1 or more in steps of 0.01; one of the two must be there.
    maintenance_margin : decimal
        The part of its value below which it is not kept; not above the initial margin.
    tier_mode : TierMode, str or int
        As of a `MarginSchedule`: "marginal", the maintenance margin is less the deduction of the
        tier, by default the one that makes no step where a tier begins, and no more than that;
        "whole", all of the value at the rate of its tier; "slope", at a rate that grows with the
        size, without tiers.
    margin_tiers : iterable of MarginTier
        What positions need that are worth more than a floor, in rising order, beyond what the three
        above say of those up to the first.
    initial_slope, maintenance_slope : decimal
        Of "slope", what each coin of size adds to the rates of initial and maintenance margin. They
        are rounded up to 0.000000001, and no more than 1 with it.
    open_interest_lower, open_interest_upper : decimal, optional
        Between them the initial margin of positions that are not isolated grows to all of their
        value (dYdX): by the value at the mark price of what is open, in the currency that settles.
    rate_step : decimal, optional
        What has grown is taken down to a multiple of it: 0.000000001 by default.
    close_fee : CloseFee, str or int
        Of what the fee to close is that the maintenance margin holds, at the highest of the takers'
        rates: "none", "mark", the value at the mark price; "entry"; "bankruptcy", the value at
        which the initial margin is lost; "cost_plus_initial", the value at entry and that margin.
    initial_close_fee : CloseFee, str or int
        The same of the initial margin, for the worst side: its values are those of entry and of
        orders, at the mark price too.
    value_basis : str
        Of which value the maintenance margin is: "mark" or "entry".
    funding_in_maintenance : bool
        Whether it holds the next funding, by the rate of the last; nothing without `funding`.
    initial_value_basis : str
        Of which value of a position the initial margin is: "entry", or "mark" where each mark price
        moves it. What is assigned to an isolated position is of its value at entry.
    open_loss : bool
        Whether an order must find what it would lose at once at the mark price.
    order_price : OrderPrice, str or int
        At which price the margin of an order that comes in is asked for: "order", "max_last_mark"
        or "execution", as of a `MarginSchedule`. What rests is held for at its limit.
    order_price_buffer : decimal
        Of "max_last_mark", the part of the last price that is added to it: 0 to 1 in steps of
        0.000000001.
    funding : FundingSpec, optional
        How positions pay each other; not of spot.
    liquidation : LiquidationSpec, optional
        How positions are closed that have less than their maintenance margin; not of spot. Without
        it the insurance fund takes them over whole.
    min_notional, max_notional : decimal, optional
        What an order is worth at least and at most, in the currency that settles: at its limit, or
        without one at least so much at the mark price. A venue with accounts looks at them.
    value_rounding, fee_rounding : Rounding, str or int
        How a value and a fee become whole units of the currency: "down", towards 0, by default;
        "up", "floor", "ceiling", "half_up" or "half_even".

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
    PARTS: ClassVar = {"funding": FundingSpec, "liquidation": LiquidationSpec}

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
    fee_currency: FeeCurrency
    initial_margin: Decimal | None
    max_leverage: Decimal | None
    maintenance_margin: Decimal
    tier_mode: TierMode
    margin_tiers: tuple[MarginTier, ...]
    initial_slope: Decimal
    maintenance_slope: Decimal
    open_interest_lower: Decimal | None
    open_interest_upper: Decimal | None
    rate_step: Decimal | None
    close_fee: CloseFee
    initial_close_fee: CloseFee
    value_basis: str
    funding_in_maintenance: bool
    initial_value_basis: str
    open_loss: bool
    order_price: OrderPrice
    order_price_buffer: Decimal
    funding: FundingSpec | None
    liquidation: LiquidationSpec | None
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
        fee_currency: FeeCurrency | str | int = FeeCurrency.QUOTE,
        initial_margin: DecimalLike | None = None,
        max_leverage: DecimalLike | None = None,
        maintenance_margin: DecimalLike = 0,
        tier_mode: TierMode | str | int = TierMode.MARGINAL,
        margin_tiers: Iterable[MarginTier] = (),
        initial_slope: DecimalLike = 0,
        maintenance_slope: DecimalLike = 0,
        open_interest_lower: DecimalLike | None = None,
        open_interest_upper: DecimalLike | None = None,
        rate_step: DecimalLike | None = None,
        close_fee: CloseFee | str | int = CloseFee.NONE,
        initial_close_fee: CloseFee | str | int = CloseFee.NONE,
        value_basis: str = "mark",
        funding_in_maintenance: bool = False,
        initial_value_basis: str = "entry",
        open_loss: bool = False,
        order_price: OrderPrice | str | int = OrderPrice.ORDER,
        order_price_buffer: DecimalLike = 0,
        funding: FundingSpec | None = None,
        liquidation: LiquidationSpec | None = None,
        min_notional: DecimalLike | None = None,
        max_notional: DecimalLike | None = None,
        value_rounding: Rounding | str | int = Rounding.DOWN,
        fee_rounding: Rounding | str | int = Rounding.DOWN,
    ) -> None:
        told = dict(locals())
        del told["self"]
        for name, value in _checked(told).items():
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
        if self.kind is not None and self.settle == self.payer:
            del fields["settle"]  # which follows from kind, base and quote
        return fields

    @property
    def payer(self) -> str | None:
        """The currency that prices turn a quantity into: the quote, of inverse ones the base."""
        return self.base if self.kind == ContractKind.INVERSE else self.quote

    def with_symbol(self, symbol: str) -> Instrument:
        """Return the instrument under another symbol, without checking the rest once more.

        A series, of expiries or of thousands of pairs with one set of rules, is listed so in a
        tenth of the time.

        Parameters
        ----------
        symbol
            1 to 64 printable characters, without a blank at either end.

        Raises
        ------
        GridError
            It is something else.

        Examples
        --------
        >>> march = Instrument(symbol="OIL-MAR", tick_size="0.01", lot_size=1, max_price=500)
        >>> june = march.with_symbol("OIL-JUN")
        >>> june
        Instrument(symbol='OIL-JUN', tick_size='0.01', lot_size='1', max_price='500.00')
        >>> june.to_ticks("71.255")
        Traceback (most recent call last):
            ...
        engine.errors.GridError: OIL-JUN: price was '71.255', not on the grid of 0.01: nearest are\
 71.25 and 71.26
        """
        check_name("symbol", symbol)
        other = object.__new__(type(self))
        names = _grid_names(symbol)
        grids = (self.prices.renamed(names[0]), self.quantities.renamed(names[1]))
        vars(other).update(vars(self), symbol=symbol, prices=grids[0], quantities=grids[1])
        return other

    def with_fees(self, fees: FeeSchedule) -> Instrument:
        """Return the instrument with the rates, the tiers and the rounding of a venue's fees.

        Fees are rounded to the unit of the currency that settles, whatever the schedule's step is,
        and no discount is given.

        Parameters
        ----------
        fees : FeeSchedule
            What a venue asks for.

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
        check_kind("fees", fees, FeeSchedule)
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
            "fee_currency": fees.currency,
        }
        return Instrument.from_dict(self.to_dict() | told)

    def with_margin(self, margin: MarginSchedule, *, without: Iterable[str] = ()) -> Instrument:
        """Return the instrument with a venue's margin: tiers, slopes, fee to close, open loss.

        The first tier is what `initial_margin` or `max_leverage` and `maintenance_margin` say. All
        amounts are whole units of the currency that settles, and requirements are rounded up,
        whatever step and rounding the schedule has. A maintenance rate that is a part of the
        initial one is that of the tier, rounded as the schedule's rates are. The price of an
        oracle, as a `value_basis`, is the one that is told as mark price. A `close_fee` that is in
        neither margin, but held beside them (Bybit, isolated), is in both here: a position is lost
        where it would be without.

        Parameters
        ----------
        margin
            The schedule.
        without
            Fields of the schedule that no engine follows here, and that the instrument is to do
            without: else it is refused.

        Raises
        ------
        GridError
            The schedule has what no engine does here: another `netting` than that of the worst
            side, reduce-only orders that are not free (`reduce_only_free`); or as the instrument
            itself.

        Examples
        --------
        >>> swap = Instrument(symbol="BTCUSDT", tick_size="0.1", lot_size="0.001", kind="linear",
        ...                   quote="USDT", max_leverage=1)
        >>> swap.with_margin(MarginSchedule.preset("deribit-linear")).initial_slope
        Decimal('0.00005')
        >>> binance = swap.with_margin(MarginSchedule.preset("binance-usdm"))
        >>> binance.max_leverage, binance.margin_tiers[0].floor, binance.margin_tiers[0].deduction
        (Decimal('125'), Decimal('50000'), Decimal('50'))
        >>> extended = MarginSchedule.preset("extended")
        >>> swap.with_margin(extended)
        Traceback (most recent call last):
            ...
        engine.errors.GridError: instrument 'BTCUSDT': margin had netting 'exact', which no engine\
 follows here
        >>> swap.with_margin(extended, without=["netting"]).open_loss
        True
        """
        check_kind("margin", margin, MarginSchedule)
        given_up = set(without)
        for name in sorted(given_up - set(FOLLOWED)):
            raise GridError(
                f"without was {shown(name)}, not one of {', '.join(map(repr, FOLLOWED))}"
            )
        told = {name: getattr(margin, name) for name in FOLLOWED}
        found = ", ".join(
            f"{name} {_shown(told[name])}"
            for name, followed in FOLLOWED.items()
            if name not in given_up and told[name] not in followed
        )
        if found:
            raise GridError(
                f"instrument {self.symbol!r}: margin had {found}, which no engine follows here"
            )
        # Held beside both, it brings no position nearer to its end.
        held_in = margin.close_fee_in or ("initial", "maintenance")
        basis = "entry" if margin.value_basis == "entry" else "mark"
        first, *others = (_kept(margin, tier) for tier in margin.tiers)
        if first.deduction:
            raise GridError(
                f"instrument {self.symbol!r}: margin had a deduction of {first.deduction:f} in its"
                " first tier"
            )
        terms = {
            "initial_margin": first.initial_rate,
            "max_leverage": first.max_leverage,
            "maintenance_margin": first.maintenance_rate,
            "margin_tiers": others,
            "open_interest_lower": margin.open_interest_lower,
            "open_interest_upper": margin.open_interest_upper,
            "rate_step": margin.rate_step if margin.open_interest_upper is not None else None,
            "tier_mode": margin.tier_mode,
            "initial_slope": margin.initial_slope,
            "maintenance_slope": margin.maintenance_slope,
            **dict.fromkeys(("value_basis", "initial_value_basis"), basis),
            **{
                name: margin.close_fee if margin_name in held_in else CloseFee.NONE
                for name, margin_name in zip(CLOSE_FEES, ("maintenance", "initial"), strict=True)
            },
            "value_rounding": margin.value_rounding,
            "funding_in_maintenance": margin.funding_in_maintenance,
            "open_loss": margin.open_loss,
            "order_price": margin.order_price,
            "order_price_buffer": margin.order_price_buffer,
        }
        return Instrument.from_dict(self.to_dict() | terms)

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
        """Return a quantity as a number of lots; as `to_ticks`.

        Parameters
        ----------
        quantity : decimal
            A multiple of the lot size.
        """
        return self.quantities.number(quantity)

    def to_price(self, ticks: int) -> Decimal:
        """Return a number of ticks as a price, with the decimal places of the tick size.

        Parameters
        ----------
        ticks : int
            How many.

        Raises
        ------
        TypeError
            It is no integer.
        GridError
            It does not fit 64 bits.

        Examples
        --------
        >>> Instrument(symbol="OIL", tick_size="0.05", lot_size=1).to_price(1425)
        Decimal('71.25')
        """
        return self.prices.decimal(ticks)

    def to_quantity(self, lots: int) -> Decimal:
        """Return a number of lots as a quantity, with the places of the lot size; as `to_price`.

        Parameters
        ----------
        lots : int
            How many.
        """
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
        return self._terms.copy()

    @cached_property
    def _terms(self) -> Terms:
        """What `terms` returns: kept, for `with_symbol` hands it on."""
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
            static_band=BANDS.number(self.static_band or 0),
            dynamic_band=BANDS.number(self.dynamic_band or 0),
            band_action=self.band_action,
            reduce_only_rule=self.reduce_only_rule,
            visibility=self.visibility,
        )

    def __repr__(self) -> str:
        shown = (f"{name}={text!r}" for name, text in self.to_dict().items())
        return f"Instrument({', '.join(shown)})"


def _kept(margin: MarginSchedule, tier: MarginTier) -> MarginTier:
    """Return a tier with its maintenance rate, where that is a part of the initial one."""
    if margin.maintenance_fraction is None:
        return tier
    step = RATE if margin.rate_step is None else margin.rate_step
    steps = Fraction(margin.maintenance_fraction) * tier.least_rate // Fraction(step)
    deduction = None if tier.deduction is None else Decimal(0)
    return replace(tier, maintenance_rate=steps * step, deduction=deduction)


def _shown(value: object) -> str:
    if isinstance(value, IntEnum):
        return repr(value.name.lower())
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


def _checked(told: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that what was told makes, or raise `GridError` with all that is wrong."""
    problems = InstrumentProblems()

    def of(*names: str) -> list[Any]:
        return [told[name] for name in names]

    symbol = told["symbol"]
    tick, lot = problems.steps(symbol, *of("tick_size", "lot_size"))
    bounds = problems.bounds("price", tick, *of("min_price", "max_price"))
    bounds |= problems.bounds("quantity", lot, *of("min_quantity", "max_quantity"))
    members = problems.members(*of(*MEMBERS))
    top = of("top_order_minimum", "top_order_maximum")
    members |= problems.shares(lot, members["allocation"], told["pro_rata_minimum"], *top)
    members |= problems.bands(**{name: told[name] for name in ("static_band", "dynamic_band")})
    contract = problems.parts(Instrument.PARTS, told)
    contract |= problems.names(*of("kind", "base", "quote", "settle"))
    fees = ("maker_fee", "taker_fee", "fee_tiers", "fee_currency")
    contract |= problems.rates(*of("multiplier", *fees))
    margins = ("initial_margin", "max_leverage", "maintenance_margin", "tier_mode", "margin_tiers")
    contract |= problems.margins(*of(*margins))
    contract |= problems.rules(told)
    contract |= problems.growth(*of("open_interest_lower", "open_interest_upper", "rate_step"))
    bounds_of_value = ("min_notional", "max_notional")
    contract |= problems.values(*of(*bounds_of_value, "value_rounding", "fee_rounding"))
    problems.conclude(symbol, contract, bounds.get("min_price"))
    return _grids(symbol, tick, lot) | bounds | members | contract


def _grids(symbol: str, tick: Decimal | None, lot: Decimal | None) -> dict[str, Any]:
    assert tick is not None, "a bad tick size is a problem"
    assert lot is not None, "a bad lot size is a problem"
    names = _grid_names(symbol)
    prices = DecimalGrid(names[0], tick)
    quantities = DecimalGrid(names[1], lot)
    sizes = {"tick_size": prices.step, "lot_size": quantities.step}
    return {"symbol": symbol, **sizes, "prices": prices, "quantities": quantities}


def _grid_names(symbol: str) -> tuple[str, str]:
    """Return what messages call a price and a quantity."""
    return f"{symbol}: price", f"{symbol}: quantity"
