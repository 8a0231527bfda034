"""What an engine with accounts knows of an instrument beside its terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, NamedTuple

from .._schema import (
    CloseFee,
    ContractKind,
    Deficit,
    DeleverageRank,
    FeeCurrency,
    FundingAccrual,
    LiquidationSale,
    LiquidationStep,
    Liquidity,
    OrderPrice,
    Rounding,
)
from .._shown import shown
from .instrument import INT64_MAX, INT64_MIN, InstrumentTerms
from .rounding import divide
from .units import BILLION, part_of

LOWEST_PRICE: Final = {ContractKind.SPOT: 0, ContractKind.INVERSE: 1}
"""The prices that there may be; a LINEAR contract has any."""
ATTOS: Final = 10**18
"""A slope is told in parts of it."""
TIER_MAX: Final = 255
"""Of accounts."""


class FeeRates(NamedTuple):
    """What the parties of a trade pay of its value, in billionths; below 0 a rebate."""

    maker: int
    taker: int


class MarginRates(NamedTuple):
    """What a position needs that is worth more than the floor, in billionths of its value."""

    floor: int
    initial: int
    maintenance: int
    deduction: int = 0
    """Units, which the maintenance margin is less than that: of marginal tiers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """What its trades are worth, in which currency, and what they cost."""

    kind: ContractKind = ContractKind.SPOT
    base: int = 0
    settle: int = 0
    lot_units: int = 0
    value_factor: int = 1
    maker_rate: int = 0
    taker_rate: int = 0
    initial_rate: int = 0
    maintenance_rate: int = 0
    value_rounding: Rounding = Rounding.DOWN
    fee_rounding: Rounding = Rounding.DOWN
    fee_currency: FeeCurrency = FeeCurrency.QUOTE
    """RECEIVED only of SPOT."""
    min_value: int = 0
    """Of an order; 0 for none, as of the most that one may be worth."""
    max_value: int = 0
    fee_tiers: Mapping[int, FeeRates] = field(default_factory=dict)
    """By the tier of the account; any other has the contract's own rates."""
    margin_tiers: Sequence[MarginRates] = ()
    """In rising order; up to the first floor the contract's own rates hold."""
    initial_slope: int = 0
    """What the size adds to the rate, 10^-18: each lot, of INVERSE each unit of the value."""
    maintenance_slope: int = 0
    open_interest_lower: int = 0
    """Units of value: above it the initial rate grows."""
    open_interest_upper: int = 0
    """Where it is all of the value; 0 where no rate grows."""
    rate_step: int = 1
    """Billionths, of which what has grown is a multiple."""
    close_fee: CloseFee = CloseFee.NONE
    """Of which value the maintenance margin holds the fee to close."""
    initial_close_fee: CloseFee = CloseFee.NONE
    """Of which value the initial margin holds it."""
    value_at_entry: int = 0
    """1 where the maintenance margin is of the value at entry, and not at the mark price."""
    funding_in_maintenance: int = 0
    """1 where the maintenance margin holds the next funding, by the rate of the last."""
    initial_at_mark: int = 0
    """1 where the initial margin of what is not isolated is of the value at the mark price."""
    open_loss: int = 0
    """1 where an order must find what it would lose at once."""
    order_price: OrderPrice = OrderPrice.ORDER
    """At which price an order that comes in counts."""
    order_price_buffer: int = 0
    """Of MAX_LAST_MARK: so many billionths of the last price are added to it."""
    funding: FundingAccrual = FundingAccrual.NONE
    funding_interest: int = 0
    """Rates of funding are in 10^-18."""
    funding_damp: int = 0
    """How far the interest draws the premium to itself; 0 to have it added."""
    funding_floor: int = 0
    funding_cap: int = 0
    funding_period: int = 0
    """Nanoseconds that the rate is for; 0 where each FUND is a period of its own."""
    funding_told: int = 0
    """1 where the rate can only be told: mark and index price do not make it."""
    liquidation_at_margin: int = 0
    """1 where a position is closed that has its maintenance margin, and not only one below."""
    liquidation_step: LiquidationStep = LiquidationStep.ALL
    liquidation_tiers: int = 0
    """Of TIER_DOWN: how many."""
    liquidation_fraction: int = 0
    """Of FRACTION: which part, billionths."""
    liquidation_above: int = 0
    """Of FRACTION: what is worth no more is closed at once."""
    liquidation_least: int = 0
    """Of FRACTION: so much may be closed, whatever part it is."""
    liquidation_cooldown: int = 0
    """Of FRACTION: nanoseconds after such a part in which all is closed."""
    liquidation_sale: LiquidationSale = LiquidationSale.NONE
    liquidation_backstop: int = 0
    """With less than these billionths of its maintenance margin nothing is sold any more."""
    liquidation_adjustment: int = 0
    """Of a FILLABLE sale: how fast its price moves as equity goes missing, billionths."""
    liquidation_spread: int = 0
    """Of a FILLABLE sale: the part of the maintenance margin that it moves at most, billionths."""
    liquidation_keeps_orders: int = 0
    """1 where orders in the instrument stay, as long as nothing is handed over."""
    liquidation_fee_rate: int = 0
    """Of a MARKET sale, billionths of what is closed."""
    liquidation_most_rate: int = BILLION
    """The fund has no more of what is left, in billionths of what is closed."""
    deficit: Deficit = Deficit.FUND
    deleverage_rank: DeleverageRank = DeleverageRank.LEVERAGE

    @property
    def is_spot(self) -> bool:
        """Whether its trades exchange two currencies, and no positions."""
        return self.kind == ContractKind.SPOT

    @property
    def highest_rate(self) -> int:
        """The most that an order of any tier may have to pay of its value, at least 0."""
        return max(0, *(max(rates) for rates in self._rates))

    @property
    def highest_taker_rate(self) -> int:
        """The most that one may have to pay of what it takes."""
        return max(0, *(rates.taker for rates in self._rates))

    @property
    def _rates(self) -> tuple[FeeRates, ...]:
        return FeeRates(self.maker_rate, self.taker_rate), *self.fee_tiers.values()

    def rate_of(self, liquidity: Liquidity, tier: int) -> int:
        """Return the rate of the fee of one party of a trade, by the tier of its account."""
        rates = self.fee_tiers.get(tier, FeeRates(self.maker_rate, self.taker_rate))
        return rates.taker if liquidity == Liquidity.TAKER else rates.maker

    def rates_at(self, value: int) -> MarginRates:
        """Return the rates of a position of a value: at a floor those of the tier below it."""
        first = MarginRates(0, self.initial_rate, self.maintenance_rate)
        return [first, *(tier for tier in self.margin_tiers if tier.floor < value)][-1]

    def initial_rate_at(self, value: int, lots: int) -> int:
        """Return the initial rate of a position of a value, and of so many lots."""
        return self._sloped(self.rates_at(value).initial, self.initial_slope, value, lots)

    def grown(self, rate: int, open_interest: int) -> int:
        """Return an initial rate by the open interest, a value: no less than it was."""
        lower, upper = self.open_interest_lower, self.open_interest_upper
        if upper == 0:
            return rate
        above = max(0, min(open_interest, upper) - lower)
        grown = rate + divide((BILLION - rate) * above, upper - lower, Rounding.DOWN)
        return max(rate, grown - grown % self.rate_step)

    def close_fee_of(
        self, convention: CloseFee, side: int, *, entry: int, mark: int, initial: int
    ) -> int:
        """Return the fee to close that a margin holds, rounded up: by its values and its side."""
        bankruptcy = entry + (side if self.kind == ContractKind.INVERSE else -side) * initial
        base = {
            CloseFee.NONE: 0,
            CloseFee.MARK: mark,
            CloseFee.BANKRUPTCY: bankruptcy,
            CloseFee.ENTRY: entry,
            CloseFee.COST_PLUS_INITIAL: entry + initial,
        }[convention]
        return part_of(base, self.highest_taker_rate, Rounding.CEILING)

    def maintenance_rate_at(self, value: int, lots: int) -> int:
        """Return the maintenance rate of one."""
        return self._sloped(self.rates_at(value).maintenance, self.maintenance_slope, value, lots)

    def _sloped(self, rate: int, slope: int, value: int, lots: int) -> int:
        """Return a rate with what the size adds, rounded up; no more than all of the value."""
        size = value if self.kind == ContractKind.INVERSE else lots
        return min(rate + divide(slope * size, BILLION, Rounding.CEILING), BILLION)

    def checked(self, terms: InstrumentTerms, currency_count: int) -> ContractTerms:
        """Return the contract itself, or say what makes no sense in it.

        Raises
        ------
        ValueError
            When it names a currency that was never added, a number that its kind does not take or
            one out of range, or when the terms have prices that the kind has no values for.
        """
        kind = ContractKind(self.kind)
        is_spot = kind == ContractKind.SPOT
        of_spot = (1, INT64_MAX) if is_spot else (0, 0)
        of_derivatives = BILLION if not is_spot else 0
        _require_within("base", self.base, 0, currency_count - 1 if is_spot else 0)
        _require_within("settle", self.settle, 0, currency_count - 1)
        _require_within("lot_units", self.lot_units, *of_spot)
        _require_within("value_factor", self.value_factor, 1, INT64_MAX)
        _require_within("maker_rate", self.maker_rate, -BILLION, BILLION)
        _require_within("taker_rate", self.taker_rate, -BILLION, BILLION)
        for tier, rates in self.fee_tiers.items():
            _require_within("fee_tiers", tier, 0, TIER_MAX)
            for name, rate in zip(FeeRates._fields, rates, strict=True):
                _require_within(f"fee_tiers[{tier}].{name}", rate, -BILLION, BILLION)
        _require_within("initial_rate", self.initial_rate, 0, of_derivatives)
        _require_within("maintenance_rate", self.maintenance_rate, 0, self.initial_rate)
        self._check_margin_tiers(of_derivatives)
        has_tiers = is_spot or len(self.margin_tiers) > 0
        _require_within("initial_slope", self.initial_slope, 0, 0 if has_tiers else ATTOS)
        _require_within("maintenance_slope", self.maintenance_slope, 0, self.initial_slope)
        self._check_growth()
        for name in ("close_fee", "initial_close_fee"):
            _require_within(name, getattr(self, name), 0, 0 if is_spot else max(CloseFee))
        for name in ("value_at_entry", "initial_at_mark", "open_loss"):
            _require_within(name, getattr(self, name), 0, 0 if is_spot else 1)
        order_price = OrderPrice(self.order_price)
        _require_within("order_price", order_price, 0, 0 if is_spot else max(OrderPrice))
        has_buffer = order_price == OrderPrice.MAX_LAST_MARK
        buffer_most = BILLION if has_buffer else 0
        _require_within("order_price_buffer", self.order_price_buffer, 0, buffer_most)
        self._check_funding()
        self._check_liquidation()
        _require_within("fee_currency", self.fee_currency, FeeCurrency.QUOTE, int(is_spot))
        _require_within("min_value", self.min_value, 0, INT64_MAX)
        _require_within("max_value", self.max_value, 0, INT64_MAX)
        if 0 < self.max_value < self.min_value:
            raise ValueError(f"max_value was {self.max_value}, below min_value, {self.min_value}")
        if is_spot and self.base == self.settle:
            raise ValueError(f"base and settle were both {self.base}, must be two currencies")
        lowest = LOWEST_PRICE.get(kind, terms.min_price)
        if terms.min_price < lowest:
            raise ValueError(f"min_price was {terms.min_price}, below {lowest} of {kind.name}")
        return replace(
            self,
            kind=kind,
            value_rounding=Rounding(self.value_rounding),
            fee_rounding=Rounding(self.fee_rounding),
            fee_currency=FeeCurrency(self.fee_currency),
            fee_tiers={tier: FeeRates(*rates) for tier, rates in self.fee_tiers.items()},
            margin_tiers=tuple(MarginRates(*rates) for rates in self.margin_tiers),
            close_fee=CloseFee(self.close_fee),
            initial_close_fee=CloseFee(self.initial_close_fee),
            order_price=order_price,
            funding=FundingAccrual(self.funding),
            liquidation_step=LiquidationStep(self.liquidation_step),
            liquidation_sale=LiquidationSale(self.liquidation_sale),
            deficit=Deficit(self.deficit),
            deleverage_rank=DeleverageRank(self.deleverage_rank),
        )

    def _check_margin_tiers(self, most: int) -> None:
        """Require floors that rise, and rates and margins that do not fall."""
        if self.is_spot and self.margin_tiers:
            raise ValueError(f"margin_tiers were {len(self.margin_tiers)}, of a SPOT contract")
        before = MarginRates(0, self.initial_rate, self.maintenance_rate)
        for place, row in enumerate(self.margin_tiers):
            rates, name = MarginRates(*row), f"margin_tiers[{place}]"
            _require_within(f"{name}.floor", rates.floor, before.floor + 1, INT64_MAX - 1)
            _require_within(f"{name}.initial", rates.initial, before.initial, most)
            least = before.maintenance
            _require_within(f"{name}.maintenance", rates.maintenance, least, rates.initial)
            more = part_of(rates.floor, rates.maintenance - least, Rounding.FLOOR)
            _require_within(f"{name}.deduction", rates.deduction, 0, before.deduction + more)
            before = rates

    def _check_growth(self) -> None:
        """Require that the initial rate grows from a lower open interest to a higher one."""
        upper = self.open_interest_upper
        _require_within("open_interest_upper", upper, 0, 0 if self.is_spot else INT64_MAX)
        _require_within("open_interest_lower", self.open_interest_lower, 0, max(upper - 1, 0))
        _require_within("rate_step", self.rate_step, 1, BILLION if upper else 1)

    def _check_funding(self) -> None:
        """Require rates of derivatives that have funding only, with the floor below the cap."""
        has_funding = FundingAccrual(self.funding) != FundingAccrual.NONE
        if self.is_spot and has_funding:
            raise ValueError(f"funding was {FundingAccrual(self.funding).name}, of a SPOT contract")
        least, most = (INT64_MIN, INT64_MAX) if has_funding else (0, 0)
        _require_within("funding_interest", self.funding_interest, least, most)
        _require_within("funding_damp", self.funding_damp, 0, most)
        _require_within("funding_floor", self.funding_floor, least, most)
        _require_within("funding_cap", self.funding_cap, self.funding_floor, most)
        _require_within("funding_period", self.funding_period, 0, most)
        for name in ("funding_told", "funding_in_maintenance"):
            _require_within(name, getattr(self, name), 0, int(has_funding))

    def _check_liquidation(self) -> None:
        """Require what a step needs, and nothing of what another does."""
        step = LiquidationStep(self.liquidation_step)
        most = 0 if self.is_spot else BILLION
        _require_within("liquidation_at_margin", self.liquidation_at_margin, 0, min(most, 1))
        _require_within("liquidation_step", step, 0, 0 if self.is_spot else max(LiquidationStep))
        tiers = (1, TIER_MAX) if step == LiquidationStep.TIER_DOWN else (0, 0)
        _require_within("liquidation_tiers", self.liquidation_tiers, *tiers)
        takes_part = step == LiquidationStep.FRACTION
        fraction = (1, BILLION) if takes_part else (0, 0)
        _require_within("liquidation_fraction", self.liquidation_fraction, *fraction)
        amount = INT64_MAX if takes_part else 0
        _require_within("liquidation_above", self.liquidation_above, 0, amount)
        _require_within("liquidation_least", self.liquidation_least, 0, amount)
        _require_within("liquidation_cooldown", self.liquidation_cooldown, 0, amount)
        sale = LiquidationSale(self.liquidation_sale)
        _require_within("liquidation_sale", sale, 0, 0 if self.is_spot else max(LiquidationSale))
        sells = most if sale != LiquidationSale.NONE else 0
        _require_within("liquidation_backstop", self.liquidation_backstop, 0, sells)
        is_fillable = sale == LiquidationSale.FILLABLE
        adjusted = INT64_MAX if is_fillable else 0
        _require_within("liquidation_adjustment", self.liquidation_adjustment, 0, adjusted)
        spread = BILLION if is_fillable else 0
        _require_within("liquidation_spread", self.liquidation_spread, 0, spread)
        _require_within("liquidation_keeps_orders", self.liquidation_keeps_orders, 0, min(most, 1))
        _require_within("liquidation_fee_rate", self.liquidation_fee_rate, 0, most)
        _require_within("liquidation_most_rate", self.liquidation_most_rate, 0, BILLION)
        _require_within("deficit", Deficit(self.deficit), 0, 0 if self.is_spot else max(Deficit))
        DeleverageRank(self.deleverage_rank)


def contract_terms(names: Mapping[str, Any]) -> ContractTerms:
    """Return the contract that is given by the names of its terms.

    Raises
    ------
    ValueError
        When a name is none of a contract's.
    """
    known = [term.name for term in fields(ContractTerms)]
    for name in names:
        if name not in known:
            raise ValueError(f"contract had {name}, which is none of {', '.join(known)}")
    return ContractTerms(**names)


def _require_within(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ValueError(f"{name} was {shown(int(value))}, outside {lowest} to {highest}")
