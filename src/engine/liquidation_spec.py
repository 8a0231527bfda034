"""How a venue liquidates: when, in which steps, at which price, and who bears what is left."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from engine import calc
from engine._schema import CloseFee, Rounding, TierMode
from engine._shown import check_kind, shown
from engine.calc import EXACT, Amount, Numbers
from engine.calc._evaluate import is_inverse, plus, read
from engine.decimal_grid import DecimalLike
from engine.errors import GridError, SpecificationError
from engine.margin_schedule import MarginSchedule
from engine.specification import Problems, Specification

__all__ = ["LiquidationSpec"]

TRIGGERS = ("le", "lt")
SCOPES = ("position", "account")
STEPS = ("all", "tier_down", "shortage", "fraction")
PRICES = ("bankruptcy", "fillable", "market")
DEFICITS = ("adl", "socialize")
RANKS = ("pnl_x_leverage", "pnl_over_collateral_x_ratio")
SAFE_SIDE = "safe_side"
TICK_ROUNDINGS = (SAFE_SIDE, *(member.name.lower() for member in Rounding))


@dataclass(frozen=True, kw_only=True, init=False)
class LiquidationSpec(Specification):
    """The liquidation rules of an instrument.

    Frozen, equal by its fields. Numbers are a str, a Decimal, an int, or a float that stands for
    its shortest text. The margin that a position needs is that of a `MarginSchedule`.

    Parameters
    ----------
    trigger : str
        "le": where the margin balance is the maintenance margin or less. "lt": below it alone.
    scope : str
        What is held against it: a "position" with its margin, or an "account" with all of its.
    cancel_first : bool
        Whether open orders are canceled before anything is closed.
    step : str
        How much is closed at once: "all"; "tier_down", until the position is in a lower tier;
        "shortage", as much as sets the missing margin free; "fraction", a part of it.
    tiers_down : int
        Of "tier_down", by how many tiers, 1 or more; from a tier that has not so many below it all
        is closed.
    fraction : decimal
        Of "fraction", which part, above 0, at most 1.
    fraction_above : decimal
        Of "fraction", positions that are worth no more are closed at once.
    cooldown_ms : int
        Of "fraction", for how long after such a part all is closed.
    min_value : decimal
        So much may be closed whatever part of the position it is (dYdX).
    price : str
        What a position is closed at: its "bankruptcy" price, a "fillable" one between it and the
        oracle's (dYdX), or the "market".
    adjustment, spread : decimal
        Of "fillable": how fast the price moves as collateral goes missing, and which part of the
        maintenance margin it may take.
    backstop_ratio : decimal
        Below this part of the maintenance margin the position is taken over as it is; 0 if never.
    fee_rate : decimal
        Of what is liquidated, a part of its value.
    max_insurance_rate : decimal
        The most that the insurance fund takes of a liquidation that does better than its bankruptcy
        price, a part of its value.
    insurance_fund : bool
        Whether a fund bears what is lost beyond the bankruptcy price.
    deficit : str
        Who does where no fund is left: positions that are deleveraged in ranked order ("adl"), or
        all ("socialize").
    adl : str
        What is ranked: "pnl_x_leverage" or "pnl_over_collateral_x_ratio".
    tick_rounding, bankruptcy_rounding : str
        "safe_side", up of long and down of short positions, or the name of a Rounding: which tick a
        liquidation price and a bankruptcy price is.
    check_every_ms, budget_ms : int
        How often positions are looked at, 0 at every change of a mark price; how long that may
        take, 0 without a limit.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> from engine import MarginTier
    >>> spec = LiquidationSpec(trigger="lt", step="fraction", fraction="0.2",
    ...                        fraction_above=100000, cooldown_ms=30000, backstop_ratio="0.666667")
    >>> margin = MarginSchedule(tiers=[MarginTier(max_leverage=50, maintenance_rate="0.01")])
    >>> spec.liquidation_price(margin, "long", 5, 40000, leverage=10, tick_size="0.5")
    Decimal('36364.0')
    >>> spec.step_quantity(margin, 5, 36364), spec.step_quantity(margin, 2, 36364)
    (Decimal('1'), Decimal('2'))
    >>> LiquidationSpec.from_toml(spec.to_toml()) == spec
    True
    >>> LiquidationSpec(trigger="gt", fraction=2, tiers_down=0)
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: liquidation: trigger was 'gt', not one of 'le', 'lt';\
 tiers_down was 0, must be a whole number from 1 to 9223372036854775807;\
 fraction was 2, must be 1 or less
    """

    SECTION: ClassVar = "liquidation"

    trigger: str
    scope: str
    cancel_first: bool
    step: str
    tiers_down: int
    fraction: Decimal
    fraction_above: Decimal
    cooldown_ms: int
    min_value: Decimal
    price: str
    adjustment: Decimal
    spread: Decimal
    backstop_ratio: Decimal
    fee_rate: Decimal
    max_insurance_rate: Decimal
    insurance_fund: bool
    deficit: str
    adl: str
    tick_rounding: str
    bankruptcy_rounding: str
    check_every_ms: int
    budget_ms: int

    def __init__(
        self,
        *,
        trigger: str = "le",
        scope: str = "position",
        cancel_first: bool = True,
        step: str = "all",
        tiers_down: int = 1,
        fraction: DecimalLike = 1,
        fraction_above: DecimalLike = 0,
        cooldown_ms: int = 0,
        min_value: DecimalLike = 0,
        price: str = "bankruptcy",
        adjustment: DecimalLike = 1,
        spread: DecimalLike = 1,
        backstop_ratio: DecimalLike = 0,
        fee_rate: DecimalLike = 0,
        max_insurance_rate: DecimalLike = 1,
        insurance_fund: bool = True,
        deficit: str = "adl",
        adl: str = "pnl_x_leverage",
        tick_rounding: str = SAFE_SIDE,
        bankruptcy_rounding: str = SAFE_SIDE,
        check_every_ms: int = 0,
        budget_ms: int = 0,
    ) -> None:
        problems = Problems()
        values = {
            "trigger": problems.word("trigger", trigger, TRIGGERS),
            "scope": problems.word("scope", scope, SCOPES),
            "cancel_first": problems.truth("cancel_first", cancel_first),
            "step": problems.word("step", step, STEPS),
            "tiers_down": problems.whole("tiers_down", tiers_down, 1),
            "fraction": problems.above_zero("fraction", fraction),
            "fraction_above": problems.decimal("fraction_above", fraction_above, least=0),
            "cooldown_ms": problems.whole("cooldown_ms", cooldown_ms, 0),
            "min_value": problems.decimal("min_value", min_value, least=0),
            "price": problems.word("price", price, PRICES),
            "adjustment": problems.decimal("adjustment", adjustment, least=0),
            "spread": problems.decimal("spread", spread, least=0, most=1),
            "backstop_ratio": problems.decimal("backstop_ratio", backstop_ratio, least=0, most=1),
            "fee_rate": problems.decimal("fee_rate", fee_rate, least=0, most=1),
            "max_insurance_rate": problems.decimal(
                "max_insurance_rate", max_insurance_rate, least=0, most=1
            ),
            "insurance_fund": problems.truth("insurance_fund", insurance_fund),
            "deficit": problems.word("deficit", deficit, DEFICITS),
            "adl": problems.word("adl", adl, RANKS),
            "tick_rounding": problems.word("tick_rounding", tick_rounding, TICK_ROUNDINGS),
            "bankruptcy_rounding": problems.word(
                "bankruptcy_rounding", bankruptcy_rounding, TICK_ROUNDINGS
            ),
            "check_every_ms": problems.whole("check_every_ms", check_every_ms, 0),
            "budget_ms": problems.whole("budget_ms", budget_ms, 0),
        }
        part = values["fraction"]
        if isinstance(part, Decimal) and part > 1:
            problems.append(f"fraction was {shown(part)}, must be 1 or less")
        if problems:
            raise SpecificationError(f"liquidation: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return dict(vars(cls()))

    # When.

    def is_triggered(self, margin_balance: Numbers, maintenance_margin: Numbers) -> Any:
        """Return whether a position, or an account, is to be liquidated.

        Parameters
        ----------
        margin_balance : number or array
            What the position, or the account, has.
        maintenance_margin : number or array
            What it must have.

        Examples
        --------
        >>> [LiquidationSpec.preset(name).is_triggered(100, 100) for name in ("okx", "dydx-v4")]
        [True, False]
        """
        return calc.is_liquidatable(margin_balance, maintenance_margin, trigger=self.trigger)

    def is_backstopped(self, margin_balance: Numbers, maintenance_margin: Numbers) -> Any:
        """Return whether too little is left for the book, so that it is taken over as it is.

        Parameters
        ----------
        margin_balance : number or array
            What the position, or the account, has.
        maintenance_margin : number or array
            What it must have.

        Examples
        --------
        >>> LiquidationSpec.preset("hyperliquid").is_backstopped([70.0, 60.0], 100.0).tolist()
        [False, True]
        """
        least = calc.initial_margin(maintenance_margin, rate=self.backstop_ratio, step=EXACT)
        return calc.is_liquidatable(margin_balance, least, trigger="lt")

    def liquidation_price(
        self,
        margin: MarginSchedule,
        side: Numbers,
        quantity: Numbers,
        entry_price: Numbers,
        *,
        balance: Numbers = None,
        leverage: Numbers = None,
        fee_rate: Numbers = 0,
        funding_rate: Numbers = 0,
        others: Numbers = 0,
        multiplier: Numbers = 1,
        contract: str | int = "linear",
        tick_size: DecimalLike | None = None,
    ) -> Amount:
        """Return the price at which a position is liquidated, by its tiers and at its tick.

        Parameters
        ----------
        margin : MarginSchedule
            Its tiers, the fee to close that the maintenance margin holds, and whether that is of
            the value at the price or, with a `value_basis` of "entry", fixed at entry. Marginal
            tiers are those that hold at the price; of others the one at entry counts, as does the
            size of a slope.
        side, quantity, entry_price, balance, leverage, others, multiplier, contract
            As of `engine.calc.liquidation_price`.
        fee_rate, funding_rate : number or array
            The taker's, and that of the next funding, where the margin holds them.
        tick_size : decimal, optional
            Of floats none.

        Returns
        -------
        Decimal, float, or array
            None, of floats nan, where there is no such price.

        Raises
        ------
        GridError
            As `engine.calc.liquidation_price`.

        Examples
        --------
        Gate prints 13.19348 of a short position at 10, 3 times.

        >>> from engine import MarginTier
        >>> gate = MarginSchedule(tiers=[MarginTier(max_leverage=100, maintenance_rate="0.01")],
        ...                       close_fee="mark", close_fee_in=["maintenance"])
        >>> LiquidationSpec.preset("gate").liquidation_price(
        ...     gate, "short", 1, 10, leverage=3, fee_rate="0.0006", tick_size="0.00001")
        Decimal('13.19348')
        """
        value = calc.position_value(
            quantity, entry_price, multiplier=multiplier, contract=contract, step=EXACT
        )
        size = value
        if not is_inverse(contract):
            size = calc.position_value(quantity, multiplier, step=EXACT)
        check_kind("margin", margin, MarginSchedule)
        terms: dict[str, Any] = {
            "leverage": leverage,
            "side": side,
            "fee_rate": fee_rate,
            "contract": contract,
        }
        if margin.value_basis == "entry":
            needed = {
                "fixed_margin": margin.maintenance_margin(
                    value, size=size, funding_rate=funding_rate, **terms
                )
            }
        else:
            needed = _at_mark(margin, value, size, funding_rate, terms)
        return calc.liquidation_price(
            side,
            quantity,
            entry_price,
            balance=balance,
            leverage=leverage,
            others=others,
            multiplier=multiplier,
            contract=contract,
            step=tick_size,
            rounding=_rounding_of(self.tick_rounding),
            **needed,
        )

    # What, and at which price.

    def step_quantity(
        self,
        margin: MarginSchedule,
        quantity: DecimalLike,
        price: DecimalLike,
        *,
        margin_balance: DecimalLike = 0,
        since_ms: int | None = None,
        multiplier: DecimalLike = 1,
        contract: str | int = "linear",
        lot_size: DecimalLike | None = None,
    ) -> Decimal:
        """Return what of a position is to be closed now.

        Parameters
        ----------
        margin : MarginSchedule
            Whose tiers decide.
        quantity, price, multiplier : decimal
            Of the position, above 0, and the mark price.
        margin_balance : decimal
            What stands against the position, which counts for a "shortage".
        since_ms : int, optional
            How long ago a part of a position was closed, which counts for a "fraction".
        contract : ContractKind, str or int
            "linear" or "inverse".
        lot_size : decimal, optional
            What is closed is a multiple of it, rounded up, and at most the position.

        Returns
        -------
        Decimal

        Raises
        ------
        GridError
            A number that is none, or a price at 0 or below.

        Examples
        --------
        A position in Binance's fourth tier: as BitMEX takes it down by a tier, and as Binance
        closes what is missing.

        >>> tiers = MarginSchedule.preset("binance-usdm")
        >>> LiquidationSpec.preset("bitmex-linear").step_quantity(tiers, 100, 40000)
        Decimal('25')
        >>> LiquidationSpec.preset("binance-usdm").step_quantity(
        ...     tiers, 100, 40000, margin_balance=28000, lot_size="0.001")
        Decimal('1.375')
        """
        check_kind("margin", margin, MarginSchedule)
        value = calc.position_value(quantity, price, multiplier=multiplier, contract=contract)
        part: Decimal | None = None
        if self.step == "tier_down":
            part = self._above_tier(margin, quantity, value, lot_size)
        elif self.step == "shortage":
            unit = calc.position_value(
                1, price, multiplier=multiplier, contract=contract, step=EXACT
            )
            part = self._missing(margin, value, unit, margin_balance, lot_size)
        elif self.step == "fraction" and not self._takes_all(value, since_ms):
            most = calc.max_liquidation_value(value, least=self.min_value, part=self.fraction)
            part = calc.excess_quantity(
                quantity, value, calc.net_pnl(value, fees=most), step=lot_size
            )
        whole: Decimal = calc.position_value(quantity, 1)
        return whole if part is None else min(part, whole)

    def _takes_all(self, value: Decimal, since_ms: int | None) -> bool:
        return value <= self.fraction_above or (
            since_ms is not None and since_ms < self.cooldown_ms
        )

    def _above_tier(
        self,
        margin: MarginSchedule,
        quantity: DecimalLike,
        value: Decimal,
        lot_size: DecimalLike | None,
    ) -> Decimal | None:
        """Return what a position must lose to be so many tiers lower; None where all goes."""
        place = margin.tiers.index(margin.tier(value))
        if place < self.tiers_down:
            return None
        limit = margin.tiers[place - self.tiers_down + 1].floor
        found: Decimal = calc.excess_quantity(quantity, value, limit, step=lot_size)
        return found

    def _missing(
        self,
        margin: MarginSchedule,
        value: Decimal,
        unit: Any,
        balance: DecimalLike,
        lot_size: DecimalLike | None,
    ) -> Decimal | None:
        """Return what sets free what is missing, in every tier; None where nothing does."""
        found = []
        for rate, deduction in _lines(margin, value, value):
            needed = calc.maintenance_margin(value, rate, deduction=deduction, step=EXACT)
            shortage = calc.net_pnl(needed, fees=balance, step=EXACT)
            if shortage > 0:
                found.append(
                    calc.shortage_quantity(
                        shortage, unit, rate, liquidator_fee=self.fee_rate, step=lot_size
                    )
                )
        return None if None in found else max(found, default=Decimal(0))

    def bankruptcy_price(
        self,
        side: Numbers,
        quantity: Numbers,
        entry_price: Numbers,
        *,
        balance: Numbers = None,
        leverage: Numbers = None,
        fee_rate: Numbers = 0,
        multiplier: Numbers = 1,
        contract: str | int = "linear",
        tick_size: DecimalLike | None = None,
    ) -> Amount:
        """Return the price at which a position has lost its margin, at its tick.

        Parameters
        ----------
        side, quantity, entry_price, balance, leverage, fee_rate, multiplier, contract
            As of `engine.calc.bankruptcy_price`.
        tick_size : decimal, optional
            Of floats none.

        Examples
        --------
        >>> LiquidationSpec.preset("kucoin").bankruptcy_price(
        ...     "long", "0.02", "4189.35", balance="3.35148", tick_size="0.05")
        Decimal('4021.75')
        """
        return calc.bankruptcy_price(
            side,
            quantity,
            entry_price,
            balance=balance,
            leverage=leverage,
            fee_rate=fee_rate,
            multiplier=multiplier,
            contract=contract,
            step=tick_size,
            rounding=_rounding_of(self.bankruptcy_rounding),
        )

    def fillable_price(
        self,
        side: Numbers,
        quantity: Numbers,
        price: Numbers,
        *,
        net_collateral: Numbers,
        total_maintenance: Numbers,
        maintenance_margin: Numbers,
        multiplier: Numbers = 1,
        tick_size: DecimalLike | None = None,
    ) -> Amount:
        """Return the worst price in the book, as `engine.calc.fillable_price` does.

        Parameters
        ----------
        side, quantity, price, net_collateral, total_maintenance, maintenance_margin, multiplier
            As of `engine.calc.fillable_price`.
        tick_size : decimal, optional
            Of the instrument: the price is rounded to it.

        Examples
        --------
        >>> LiquidationSpec.preset("dydx-v4").fillable_price(
        ...     "long", 10000000, 500, net_collateral=499000000, total_maintenance=500000000,
        ...     maintenance_margin=500000000)
        Decimal('499.99')
        """
        return calc.fillable_price(
            side,
            quantity,
            price,
            net_collateral=net_collateral,
            total_maintenance=total_maintenance,
            maintenance_margin=maintenance_margin,
            adjustment=self.adjustment,
            spread=self.spread,
            multiplier=multiplier,
            step=tick_size,
            rounding=_rounding_of(self.tick_rounding),
        )

    # Who bears what is left.

    def insurance_delta(
        self,
        fill_value: Numbers,
        bankruptcy_value: Numbers,
        *,
        step: DecimalLike | None = None,
    ) -> Amount:
        """Return what the insurance fund gains, as `engine.calc.insurance_delta` does.

        Parameters
        ----------
        fill_value, bankruptcy_value, step
            As of `engine.calc.insurance_delta`.

        Examples
        --------
        >>> LiquidationSpec.preset("dydx-v4").insurance_delta(-4410000000, -4900000000, step=1)
        Decimal('22050000')
        """
        return calc.insurance_delta(
            fill_value, bankruptcy_value, max_fee_rate=self.max_insurance_rate, step=step
        )

    def adl_rank(
        self,
        side: Numbers,
        entry_value: Numbers,
        mark_value: Numbers,
        *,
        bankruptcy_value: Numbers = None,
        collateral: Numbers = None,
        margin_ratio: Numbers = None,
        contract: str | int = "linear",
    ) -> Amount:
        """Return the rank of a position in the queue of auto-deleveraging: the highest is first.

        Parameters
        ----------
        side, entry_value, mark_value, contract
            As of `engine.calc.adl_rank_by_leverage`.
        bankruptcy_value : number or array, optional
            Of "pnl_x_leverage".
        collateral, margin_ratio : number or array, optional
            Of "pnl_over_collateral_x_ratio".

        Raises
        ------
        GridError
            What the rank is made of was not there.

        Examples
        --------
        >>> LiquidationSpec.preset("bitmex-linear").adl_rank("long", 100, 110, bankruptcy_value=90)
        Decimal('0.55')
        >>> LiquidationSpec.preset("binance-usdm").adl_rank("long", 100, 150, collateral=500,
        ...                                                 margin_ratio="0.2")
        Decimal('0.02')
        """
        if self.adl == "pnl_x_leverage":
            _needed_for(self.adl, bankruptcy_value=bankruptcy_value)
            return calc.adl_rank_by_leverage(
                side, entry_value, mark_value, bankruptcy_value, contract=contract
            )
        _needed_for(self.adl, collateral=collateral, margin_ratio=margin_ratio)
        gain = calc.pnl_of_values(side, entry_value, mark_value, contract=contract, step=EXACT)
        return calc.adl_rank_by_ratio(gain, collateral, margin_ratio)


def _rounding_of(name: str) -> str | None:
    """Return the name of a Rounding; None, which is what calculators take for the safe side."""
    return None if name == SAFE_SIDE else name


def _needed_for(rank: str, **numbers: Numbers) -> None:
    for name, number in numbers.items():
        if number is None:
            raise GridError(f"{name} was None, must be there for {rank}")


def _lines(margin: MarginSchedule, value: Any, size: Any) -> list[tuple[Any, Any]]:
    """Return the rates and deductions that may hold: of marginal tiers all, else the one at entry.

    Of marginal tiers the margin is the highest of their lines.
    """
    if margin.tier_mode == TierMode.MARGINAL and margin.maintenance_fraction is None:
        return [(tier.maintenance_rate, tier.deduction) for tier in margin.tiers]
    return [(margin.maintenance_rate(value, size=size), 0)]


def _at_mark(
    margin: MarginSchedule, value: Any, size: Any, funding_rate: Numbers, terms: dict[str, Any]
) -> dict[str, Any]:
    """Return what a maintenance margin of the value at the price is made of."""
    found: dict[str, Any] = {}
    lines = _lines(margin, value, size)
    if len(lines) > 1:
        found["tiers"] = lines
    else:
        found["maintenance_rate"], found["deduction"] = lines[0]
    fee = read(fee_rate=0)[0]
    if "maintenance" in margin.close_fee_in:
        if margin.close_fee == CloseFee.MARK:
            (fee,) = read(fee_rate=terms["fee_rate"])
        else:
            found["fixed_margin"] = margin.close_fee_of(value, size=size, **terms)
    if margin.funding_in_maintenance:
        fee = plus(fee, *read(funding_rate=funding_rate))
    return {**found, "fee_rate": fee}
