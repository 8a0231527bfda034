"""What an instrument is told, field by field and together: it is read, or noted what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

from engine._members import member_of
from engine._schema import (
    Allocation,
    AuctionPrices,
    AuctionRule,
    BandAction,
    CloseFee,
    ContractKind,
    FeeCurrency,
    OrderPrice,
    ReduceOnlyRule,
    ReplacePriority,
    Rounding,
    TierMode,
    TriggerOrder,
    Visibility,
)
from engine._shown import shown
from engine.currency import check_name
from engine.decimal_grid import (
    EXACT,
    HIGHEST,
    LOWEST,
    DecimalGrid,
    DecimalLike,
    decimal_of,
    step_of,
)
from engine.errors import GridError
from engine.fee_schedule import FeeTier
from engine.margin_schedule import MarginTier, with_deduction
from engine.specification import Problems, Specification

__all__ = [
    "BANDS",
    "CLOSE_FEES",
    "LEVERAGE",
    "MEMBERS",
    "RATE",
    "VALUE_BASES",
    "InstrumentProblems",
    "billionths",
    "initial_rate",
]

BANDS: Final = DecimalGrid("band", Decimal("0.000001"))
"""A band is told in millionths."""

BILLION: Final = 10**9
RATE: Final = Decimal("1e-9")
"""Rates of fees and margins are told in billionths."""

TIER_MAX: Final = 255
"""Of accounts."""

LEVERAGE: Final = Decimal("0.01")
"""A leverage is told in hundredths."""

TRUTHS: Final = ("open_loss", "funding_in_maintenance")
"""The fields of an instrument that say yes or no of its margins."""

CLOSE_FEES: Final = ("close_fee", "initial_close_fee")
"""The fields of an instrument that say what a margin holds for closing: maintenance, initial."""

VALUE_BASES: Final = ("mark", "entry")
"""At which price a position's value is taken for its margins."""

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


class InstrumentProblems(Problems):
    """What is wrong with an instrument, so that all of it can be told at once."""

    def steps(
        self, symbol: str, tick_size: DecimalLike, lot_size: DecimalLike
    ) -> tuple[Decimal | None, Decimal | None]:
        """Return the sizes of a tick and of a lot, None for one that is bad; check the symbol."""
        self.attempt(check_name, "symbol", symbol)
        tick = self.attempt(step_of, "tick_size", tick_size)
        return tick, self.attempt(step_of, "lot_size", lot_size)

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
        if part is None or (0 < part <= 1 and not EXACT.remainder(part, BANDS.step)):
            return part
        self.append(f"{name} was {shown(part)}, must be above 0, at most 1, in steps of 0.000001")
        return None

    # The contract.

    def parts(
        self, kinds: Mapping[str, type[Specification]], told: Mapping[str, object]
    ) -> dict[str, Any]:
        """Return the specifications that are a part of the contract, None for what is absent."""
        return {
            name: None if told[name] is None else self.part(name, told[name], kind)
            for name, kind in kinds.items()
        }

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
        self,
        multiplier: DecimalLike,
        maker_fee: DecimalLike,
        taker_fee: DecimalLike,
        fee_tiers: Iterable[FeeTier],
        fee_currency: FeeCurrency | str | int,
    ) -> dict[str, Any]:
        """Return what values are multiplied with, and in which currency fees are."""
        return {
            "multiplier": self.attempt(step_of, "multiplier", multiplier),
            "maker_fee": self.rate("maker_fee", maker_fee, -1),
            "taker_fee": self.rate("taker_fee", taker_fee, -1),
            "fee_tiers": self._fee_tiers(fee_tiers),
            "fee_currency": self.member(FeeCurrency, fee_currency, "fee_currency"),
        }

    def _fee_tiers(self, rows: Iterable[FeeTier]) -> tuple[FeeTier, ...]:
        """Return the rates by tier."""
        tiers = self.rows("fee_tiers", rows, FeeTier) or ()
        for place, tier in enumerate(tiers):
            name = f"fee_tiers[{place}]"
            self.rate(f"{name}.maker", tier.maker, -1)
            self.rate(f"{name}.taker", tier.taker, -1)
        if len(tiers) > TIER_MAX:
            self.append(f"fee_tiers were {len(tiers)}, must be {TIER_MAX} or less")
        return tiers

    def margins(
        self,
        initial: DecimalLike | None,
        leverage: DecimalLike | None,
        maintenance: DecimalLike,
        tier_mode: TierMode | str | int,
        rows: Iterable[MarginTier],
    ) -> dict[str, Any]:
        """Return what positions need, None for what is absent."""
        margin = None if initial is None else self.rate("initial_margin", initial, 0)
        greatest = self.optional(self.decimal, "max_leverage", leverage, least=1)
        if greatest is not None:
            self.attempt(DecimalGrid("max_leverage", LEVERAGE).number, leverage)
        kept = self.rate("maintenance_margin", maintenance, 0)
        return {
            "initial_margin": margin,
            "max_leverage": greatest,
            "maintenance_margin": kept,
            **self._margin_tiers(tier_mode, rows, kept),
        }

    def _margin_tiers(
        self,
        tier_mode: TierMode | str | int,
        rows: Iterable[MarginTier],
        maintenance: Decimal | None,
    ) -> dict[str, Any]:
        """Return what positions need that are worth more; marginal tiers with their deductions."""
        mode = self.member(TierMode, tier_mode, "tier_mode")
        tiers = self.rows("margin_tiers", rows, MarginTier)
        if not tiers:
            return {"tier_mode": mode, "margin_tiers": ()}
        floor = Decimal(0)
        before = MarginTier(initial_rate=1, maintenance_rate=maintenance or 0, deduction=0)
        found = []
        for place, tier in enumerate(tiers):
            name = f"margin_tiers[{place}]"
            if mode == TierMode.MARGINAL:
                before = self._with_deduction(name, tier, before)
                found.append(before)
            else:
                found.append(tier)
                if tier.deduction:
                    self.append(
                        f"{name}.deduction was {tier.deduction:f}, without tier_mode='marginal'"
                    )
            if tier.floor <= floor:
                self.append(f"{name}.floor was {tier.floor:f}, must be above {floor:f}")
            floor = max(tier.floor, floor)
            self.rate(f"{name}.maintenance_rate", tier.maintenance_rate, 0)
            if tier.initial_rate is not None:
                self.rate(f"{name}.initial_rate", tier.initial_rate, 0)
            else:
                leverage = DecimalGrid(f"{name}.max_leverage", LEVERAGE)
                self.attempt(leverage.number, tier.max_leverage)
        return {"tier_mode": mode, "margin_tiers": tuple(found)}

    def _with_deduction(self, name: str, tier: MarginTier, before: MarginTier) -> MarginTier:
        """Return a marginal tier with its deduction, and note one with which margins fall."""
        if tier.maintenance_rate < before.maintenance_rate:
            return replace(tier, deduction=tier.deduction or Decimal(0))  # told with the rates
        no_step = with_deduction(replace(tier, deduction=None), before).deduction
        assert no_step is not None, "a marginal tier has one"
        if tier.deduction is None:
            return replace(tier, deduction=no_step)
        if tier.deduction > no_step:
            self.append(f"{name}.deduction was {tier.deduction:f}, above {no_step:f}")
        return tier

    def rules(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return what margins are made of beside the rates, and what orders are asked for."""
        slopes, bases = (
            ("initial_slope", "maintenance_slope"),
            ("value_basis", "initial_value_basis"),
        )
        return {
            **{name: self.decimal(name, told[name], least=0) for name in slopes},
            **{name: self.member(CloseFee, told[name], name) for name in CLOSE_FEES},
            **{name: self.word(name, told[name], VALUE_BASES) for name in bases},
            **{name: self.truth(name, told[name]) for name in TRUTHS},
            "order_price": self.member(OrderPrice, told["order_price"], "order_price"),
            "order_price_buffer": self.rate("order_price_buffer", told["order_price_buffer"], 0),
        }

    def growth(
        self,
        lower: DecimalLike | None,
        upper: DecimalLike | None,
        step: DecimalLike | None,
    ) -> dict[str, Any]:
        """Return between which open interests the initial rate grows, and in which steps."""
        found = {
            "open_interest_lower": self.optional(
                self.decimal, "open_interest_lower", lower, least=0
            ),
            "open_interest_upper": self.optional(self.above_zero, "open_interest_upper", upper),
            "rate_step": None if step is None else self.rate("rate_step", step, 0),
        }
        least, most = found["open_interest_lower"], found["open_interest_upper"]
        if (lower is None) != (upper is None) or (
            least is not None and most is not None and least >= most
        ):
            self.append(
                f"open_interest_lower was {shown(lower)}, must be below open_interest_upper,"
                f" {shown(upper)}"
            )
        if step is not None and (upper is None or found["rate_step"] == 0):
            limit = "above 0" if upper is not None else "none without open_interest_upper"
            self.append(f"rate_step was {shown(step)}, must be {limit}")
        return found

    def values(
        self,
        least: DecimalLike | None,
        most: DecimalLike | None,
        value_rounding: Rounding | str | int,
        fee_rounding: Rounding | str | int,
    ) -> dict[str, Any]:
        """Return what an order is worth at least and at most, and how amounts become whole units.

        None for a bound that is absent or 0.
        """
        found = {
            name: self.optional(self.decimal, name, value, least=0) or None
            for name, value in (("min_notional", least), ("max_notional", most))
        }
        lowest, highest = found.values()
        if lowest is not None and highest is not None and highest < lowest:
            self.append(f"max_notional was {highest:f}, below min_notional, {lowest:f}")
        roundings = {"value_rounding": value_rounding, "fee_rounding": fee_rounding}
        members = {name: self.member(Rounding, value, name) for name, value in roundings.items()}
        return {**found, **members}

    def rate(self, name: str, value: DecimalLike, least: int) -> Decimal | None:
        """Return a part of a value in whole billionths, None for one that is bad."""
        found = self.decimal(name, value, least=least, most=1)
        if found is not None:
            self.attempt(DecimalGrid(name, RATE).number, value)
        return found

    def conclude(self, symbol: str, contract: dict[str, Any], min_price: Decimal | None) -> None:
        """Look at the contract as a whole, and raise `GridError` with all that is wrong."""
        self._check_contract(contract, min_price)
        if self:
            raise GridError(f"instrument {shown(symbol)}: {'; '.join(self)}")

    def _check_contract(self, contract: dict[str, Any], min_price: Decimal | None) -> None:
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
            self.append(
                f"base and quote were both {shown(contract['base'])}, must be two currencies"
            )
        payer = "base" if kind == "inverse" else "quote"
        settle, expected = contract["settle"], contract[payer]
        if settle not in {None, expected} and kind != "linear":
            self.append(
                f"settle was {shown(settle)}, must be the {payer}, {shown(expected)}, for {kind}"
            )
        contract["settle"] = settle or expected

    def _check_margins(self, kind: str, contract: dict[str, Any]) -> None:
        initial, leverage = contract["initial_margin"], contract["max_leverage"]
        maintenance = contract["maintenance_margin"]
        self._check_slopes(contract)
        buffer, order_price = contract["order_price_buffer"], contract["order_price"]
        if buffer and order_price != OrderPrice.MAX_LAST_MARK:
            self.append(f"order_price_buffer was {buffer:f}, without order_price='max_last_mark'")
        if kind != "spot" and contract["fee_currency"] == FeeCurrency.RECEIVED:
            self.append(f"fee_currency was 'received', must be 'quote' for {kind}")
        if kind == "spot":
            told = {name: contract[name] for name in ("initial_margin", "max_leverage")}
            told |= {name: contract[name] or None for name in ("initial_slope",)}
            for name in CLOSE_FEES:
                if contract[name] != CloseFee.NONE:
                    self.append(f"{name} was {shown(contract[name].name.lower())}, spot has none")
            for name, basis in (("value_basis", "mark"), ("initial_value_basis", "entry")):
                if contract[name] != basis:
                    self.append(f"{name} was {shown(contract[name])}, spot has no margin")
            told["maintenance_margin"] = maintenance or None
            told["open_interest_upper"] = contract["open_interest_upper"]
            for name in ("funding", "liquidation"):
                if contract[name]:
                    self.append(f"{name} was told, spot has none")
            self.extend(f"{name} was True, spot has none" for name in TRUTHS if contract[name])
            if order_price != OrderPrice.ORDER:
                self.append(f"order_price was {order_price.name.lower()!r}, spot has no margin")
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

    def _check_slopes(self, contract: dict[str, Any]) -> None:
        """Note slopes that go with no mode or tier, or of which the lower one is the steeper."""
        initial, maintenance = contract["initial_slope"], contract["maintenance_slope"]
        has_slope = contract["tier_mode"] == TierMode.SLOPE
        if (initial or maintenance) and not has_slope:
            self.append("initial_slope or maintenance_slope was there, without tier_mode='slope'")
        if maintenance > initial:
            self.append(f"maintenance_slope was {maintenance:f}, above initial_slope, {initial:f}")
        if has_slope and contract["margin_tiers"]:
            count = len(contract["margin_tiers"])
            self.append(f"margin_tiers were {count}, must be none where tier_mode is 'slope'")

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
