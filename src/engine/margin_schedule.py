"""What a venue asks positions for: tiers of rates, the fee to close, how margin is rounded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from engine import _formulas, calc
from engine._schema import CloseFee, MarginNetting, OrderPrice, Rounding, TierMode
from engine._shown import shown
from engine.calc import EXACT, Amount, Numbers
from engine.calc._evaluate import exact_step, is_float, is_float_array, read
from engine.decimal_grid import DecimalLike
from engine.errors import SpecificationError
from engine.specification import Problems, Specification

__all__ = ["MarginSchedule", "MarginTier", "with_deduction"]

VALUE_BASES = ("mark", "entry", "oracle")
MARGINS = ("initial", "maintenance")
ROUNDINGS = ("value_rounding", "pnl_rounding", "initial_rounding", "maintenance_rounding")


@dataclass(frozen=True, kw_only=True, init=False)
class MarginTier(Specification):
    """The rates above a value.

    Parameters
    ----------
    floor : decimal
        The tier begins above it; a value that is equal is in the tier below.
    initial_rate : decimal, optional
        The least initial margin, a part of the value: above 0, at most 1.
    max_leverage : decimal, optional
        The same as a leverage, 1 or more; one of the two must be there.
    maintenance_rate : decimal
        A part of the value, 0 to 1; not above the initial rate.
    deduction : decimal, optional
        Taken off the maintenance margin where tiers are marginal: Binance's maintenance amount. By
        default what makes it go on without a step where the tier begins.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.
    """

    floor: Decimal
    initial_rate: Decimal | None
    max_leverage: Decimal | None
    maintenance_rate: Decimal
    deduction: Decimal | None

    def __init__(
        self,
        *,
        floor: DecimalLike = 0,
        initial_rate: DecimalLike | None = None,
        max_leverage: DecimalLike | None = None,
        maintenance_rate: DecimalLike = 0,
        deduction: DecimalLike | None = None,
    ) -> None:
        problems = Problems()
        values = {
            "floor": problems.decimal("floor", floor, least=0),
            "initial_rate": problems.optional(problems.above_zero, "initial_rate", initial_rate),
            "max_leverage": problems.optional(
                problems.decimal, "max_leverage", max_leverage, least=1
            ),
            "maintenance_rate": problems.decimal(
                "maintenance_rate", maintenance_rate, least=0, most=1
            ),
            "deduction": problems.optional(problems.decimal, "deduction", deduction, least=0),
        }
        if (initial_rate is None) == (max_leverage is None):
            problems.append(
                f"initial_rate was {shown(initial_rate)} and max_leverage {shown(max_leverage)}:"
                " one of them must be there"
            )
        rate, least = values["initial_rate"], values["maintenance_rate"]
        if rate is not None and rate > 1:
            problems.append(f"initial_rate was {shown(rate)}, must be 1 or less")
        leverage = values["max_leverage"]
        if least is not None and (
            (rate is not None and least > rate) or (leverage is not None and least * leverage > 1)
        ):
            problems.append(f"maintenance_rate was {shown(least)}, above the initial rate")
        if problems:
            raise SpecificationError(f"margin tier: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        zero = Decimal(0)
        return {
            "floor": zero,
            "initial_rate": None,
            "max_leverage": None,
            "maintenance_rate": zero,
            "deduction": None,
        }

    @property
    def least_rate(self) -> Fraction:
        """The initial rate, exactly; a third where the leverage is at most 3."""
        if self.initial_rate is not None:
            return Fraction(self.initial_rate)
        assert self.max_leverage is not None, "a tier has a rate or a leverage"
        return 1 / Fraction(self.max_leverage)


class _Column:
    """A number of each tier: exact, and as a float."""

    def __init__(self, numbers: Iterable[Any]) -> None:
        self.exact = np.array([Fraction(number) for number in numbers], dtype=object)
        self.floats = self.exact.astype(np.float64)


@dataclass(frozen=True, kw_only=True, init=False)
class MarginSchedule(Specification):
    """The margin rules of an instrument.

    Frozen, equal by its fields. Numbers are a str, a Decimal, an int, or a float that stands for
    its shortest text.

    Parameters
    ----------
    tiers : iterable of MarginTier
        In rising order, the first from 0.
    tier_mode : TierMode, str or int
        "marginal": each part of a value at the rate of its own tier. "whole": the whole value at
        the rate of its tier. "slope": at a rate that grows with the size; one tier has the bases.
    initial_slope, maintenance_slope : decimal
        Of "slope", what each coin of size adds to the rate.
    maintenance_fraction : decimal, optional
        The maintenance margin is this part of the initial margin (dYdX), 0 to 1; the rates of the
        tiers don't count then.
    open_interest_lower, open_interest_upper : decimal, optional
        Between them the initial rate grows to 1 (dYdX). Maintenance margin never does.
    rate_step : decimal, optional
        A rate that was computed is taken down to a multiple of it.
    close_fee : CloseFee, str or int
        What the fee to close a position is of.
    close_fee_in : iterable of str
        Which margins hold it: "initial", "maintenance".
    funding_in_maintenance : bool
        Whether the maintenance margin holds the next funding (BitMEX).
    value_basis : str
        At which price values are taken: "mark", "entry" or "oracle".
    order_price : OrderPrice, str or int
        At which price an order's margin is: "order", its own; "max_last_mark", of sellers without
        one no less than the last price with a buffer, and the mark price (Binance); "execution",
        those of the trades that it would do (Nekuti).
    order_price_buffer : decimal
        Of "max_last_mark", the part of the last price that is added to it: 0 to 1.
    open_loss : bool
        Whether orders are asked for what they would lose at once.
    netting : MarginNetting, str or int
        How orders net with the position.
    reduce_only_free : bool
        Whether reduce-only orders need no margin.
    step : decimal, optional
        The smallest unit of money; without one amounts are exact.
    value_rounding, pnl_rounding, initial_rounding, maintenance_rounding : Rounding, str or int
        Which multiple of it.
    values_rounded_first : bool
        Whether values are rounded before a profit is computed of them (Bybit, inverse).

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> schedule = MarginSchedule(tiers=[
    ...     MarginTier(max_leverage=125, maintenance_rate="0.004"),
    ...     MarginTier(floor=50000, max_leverage=100, maintenance_rate="0.005"),
    ...     MarginTier(floor=600000, max_leverage=75, maintenance_rate="0.0065"),
    ... ])
    >>> [f"{tier.deduction:f}" for tier in schedule.tiers]
    ['0', '50', '950']
    >>> schedule.maintenance_margin(600000), schedule.initial_margin(1000, leverage=20)
    (Decimal('2950'), Decimal('50'))
    >>> schedule.maintenance_margin([1000.0, 1000000.0]).tolist()
    [4.0, 5550.0]
    >>> MarginSchedule.from_toml(schedule.to_toml()) == schedule
    True
    >>> MarginSchedule(tiers=[MarginTier(floor=5, max_leverage=2)], step=-1, netting="gross")
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: margin schedule: tiers[0].floor was 5, must be 0;\
 step was -1, must be above 0; netting was 'gross', not one of 'worst_side', 'exact', 'sum'
    """

    SECTION: ClassVar = "margin"
    ROWS: ClassVar = {"tiers": MarginTier}

    tiers: tuple[MarginTier, ...]
    tier_mode: TierMode
    initial_slope: Decimal
    maintenance_slope: Decimal
    maintenance_fraction: Decimal | None
    open_interest_lower: Decimal | None
    open_interest_upper: Decimal | None
    rate_step: Decimal | None
    close_fee: CloseFee
    close_fee_in: tuple[str, ...]
    funding_in_maintenance: bool
    value_basis: str
    order_price: OrderPrice
    order_price_buffer: Decimal
    open_loss: bool
    netting: MarginNetting
    reduce_only_free: bool
    step: Decimal | None
    value_rounding: Rounding
    pnl_rounding: Rounding
    initial_rounding: Rounding
    maintenance_rounding: Rounding
    values_rounded_first: bool

    def __init__(
        self,
        *,
        tiers: Iterable[MarginTier],
        tier_mode: TierMode | str | int = TierMode.MARGINAL,
        initial_slope: DecimalLike = 0,
        maintenance_slope: DecimalLike = 0,
        maintenance_fraction: DecimalLike | None = None,
        open_interest_lower: DecimalLike | None = None,
        open_interest_upper: DecimalLike | None = None,
        rate_step: DecimalLike | None = None,
        close_fee: CloseFee | str | int = CloseFee.NONE,
        close_fee_in: Iterable[str] = (),
        funding_in_maintenance: bool = False,
        value_basis: str = "mark",
        order_price: OrderPrice | str | int = OrderPrice.ORDER,
        order_price_buffer: DecimalLike = 0,
        open_loss: bool = False,
        netting: MarginNetting | str | int = MarginNetting.WORST_SIDE,
        reduce_only_free: bool = True,
        step: DecimalLike | None = None,
        value_rounding: Rounding | str | int = Rounding.DOWN,
        pnl_rounding: Rounding | str | int = Rounding.FLOOR,
        initial_rounding: Rounding | str | int = Rounding.UP,
        maintenance_rounding: Rounding | str | int = Rounding.UP,
        values_rounded_first: bool = False,
    ) -> None:
        problems = Problems()
        decimal, optional = problems.decimal, problems.optional
        mode = problems.member(TierMode, tier_mode, "tier_mode")
        rows = _read_tiers(problems.rows("tiers", tiers, MarginTier), mode, problems)
        margins = problems.rows("close_fee_in", close_fee_in, str) or ()
        held = tuple(problems.word("close_fee_in", each, MARGINS) for each in margins)
        roundings = (value_rounding, pnl_rounding, initial_rounding, maintenance_rounding)
        values = {
            "tiers": rows,
            "tier_mode": mode,
            "initial_slope": decimal("initial_slope", initial_slope, least=0),
            "maintenance_slope": decimal("maintenance_slope", maintenance_slope, least=0),
            "maintenance_fraction": optional(
                decimal, "maintenance_fraction", maintenance_fraction, least=0, most=1
            ),
            **_growth(problems, open_interest_lower, open_interest_upper, rate_step),
            "close_fee": problems.member(CloseFee, close_fee, "close_fee"),
            "close_fee_in": held,
            "funding_in_maintenance": problems.truth(
                "funding_in_maintenance", funding_in_maintenance
            ),
            "value_basis": problems.word("value_basis", value_basis, VALUE_BASES),
            "order_price": problems.member(OrderPrice, order_price, "order_price"),
            "order_price_buffer": decimal(
                "order_price_buffer", order_price_buffer, least=0, most=1
            ),
            "open_loss": problems.truth("open_loss", open_loss),
            "step": optional(problems.step, "step", step),
            "netting": problems.member(MarginNetting, netting, "netting"),
            "reduce_only_free": problems.truth("reduce_only_free", reduce_only_free),
            **{
                name: problems.member(Rounding, rounding, name)
                for name, rounding in zip(ROUNDINGS, roundings, strict=True)
            },
            "values_rounded_first": problems.truth("values_rounded_first", values_rounded_first),
        }
        _check_together(values, problems)
        if problems:
            raise SpecificationError(f"margin schedule: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        plain = cls(tiers=[MarginTier(max_leverage=1)])
        return {name: value for name, value in vars(plain).items() if name != "tiers"}

    # Rates.

    def tier(self, value: DecimalLike) -> MarginTier:
        """Return the tier of a value.

        Parameters
        ----------
        value : decimal
            Of the position.

        Examples
        --------
        >>> MarginSchedule.preset("binance-usdm").tier(600000).maintenance_rate
        Decimal('0.005')
        """
        return self.tiers[int(self._tiers_of(*read(value=value)))]

    def initial_rate(
        self, value: Numbers = 0, *, size: Numbers = 0, open_interest: Numbers = None
    ) -> Any:
        """Return the least initial margin as a part of the value.

        Parameters
        ----------
        value : number or array
            Of the position, which decides the tier.
        size : number or array
            In coins, which counts where the rate has a slope.
        open_interest : number, optional
            Of the market, which counts where the rate grows with it.

        Returns
        -------
        Fraction, float, or array

        Examples
        --------
        >>> MarginSchedule.preset("deribit-linear").initial_rate(size=25)
        Fraction(17, 800)
        """
        (rate,) = self._of_tiers(value, self._least_rates)
        if self.tier_mode == TierMode.SLOPE:
            rate = calc.sloped_margin_rate(rate, self.initial_slope, size, step=EXACT)
        if open_interest is None or self.open_interest_upper is None:
            return rate
        return calc.initial_margin_rate(
            rate,
            open_interest,
            self.open_interest_lower,
            self.open_interest_upper,
            step=EXACT if self.rate_step is None else self.rate_step,
            rounding=Rounding.DOWN,
        )

    def maintenance_rate(self, value: Numbers = 0, *, size: Numbers = 0) -> Any:
        """Return the maintenance margin's rate in the tier of a value; as `initial_rate`.

        Parameters
        ----------
        value, size : number or array
            As of `initial_rate`.

        Examples
        --------
        >>> MarginSchedule.preset("dydx-v4").maintenance_rate()
        Decimal('0.030000')
        """
        if self.maintenance_fraction is not None:
            return calc.trade_fee(
                self.initial_rate(value, size=size),
                1,
                self.maintenance_fraction,
                step=EXACT if self.rate_step is None else self.rate_step,
                rounding=Rounding.DOWN,
            )
        return self._maintenance_terms(value, size)[0]

    def _maintenance_terms(self, value: Numbers, size: Numbers) -> tuple[Any, Any]:
        """Return rate and deduction of the tier."""
        rate, deduction = self._of_tiers(value, self._maintenance_rates, self._deductions)
        if self.tier_mode == TierMode.SLOPE:
            rate = calc.sloped_margin_rate(rate, self.maintenance_slope, size, step=EXACT)
        return rate, deduction

    # Amounts.

    def initial_margin(
        self,
        value: Numbers,
        *,
        leverage: Numbers = None,
        size: Numbers = 0,
        open_interest: Numbers = None,
        side: Numbers = "long",
        fee_rate: Numbers = 0,
        contract: str | int = "linear",
    ) -> Amount:
        """Return the initial margin of a position.

        Parameters
        ----------
        value : number or array
            At the price that `value_basis` says.
        leverage : number or array, optional
            That the account has chosen; without one, or with one above what the tier allows, the
            tier's rate counts.
        size, open_interest
            As of `initial_rate`.
        side, fee_rate, contract
            For the fee to close, where the margin holds it.

        Returns
        -------
        Decimal, float, or array
            As of `engine.calc.initial_margin`, rounded as the schedule says.

        Examples
        --------
        >>> MarginSchedule.preset("bybit-uta").initial_margin("536.925", leverage=10,
        ...                                                   fee_rate="0.0006")
        Decimal('53.9824395')
        """
        rate = self.initial_rate(value, size=size, open_interest=open_interest)
        bare = calc.initial_margin(value, leverage=leverage, rate=rate, step=EXACT)
        held: Any = 0
        if "initial" in self.close_fee_in:
            held = self._fee(value, leverage, size, side, fee_rate, contract, EXACT)
        return self._finished(bare, held, self.initial_rounding)

    def maintenance_margin(
        self,
        value: Numbers,
        *,
        leverage: Numbers = None,
        size: Numbers = 0,
        side: Numbers = "long",
        fee_rate: Numbers = 0,
        funding_rate: Numbers = 0,
        contract: str | int = "linear",
    ) -> Amount:
        """Return the maintenance margin of a position.

        Parameters
        ----------
        value, leverage, size, side, fee_rate, contract
            As of `initial_margin`; leverage, side and fee are for the fee to close.
        funding_rate : number or array
            Of the next funding, where the margin holds it.

        Returns
        -------
        Decimal, float, or array
            Rounded as the schedule says.

        Examples
        --------
        >>> MarginSchedule.preset("bybit-uta").maintenance_margin("536.925", leverage=10,
        ...                                                       fee_rate="0.0006")
        Decimal('2.9745645')
        >>> MarginSchedule.preset("deribit-linear").maintenance_margin(25, size=25)
        Decimal('0.28125')
        """
        is_plain = self._is_of_tiers_alone and is_float_array(value)
        if is_plain and not (self.funding_in_maintenance and np.any(funding_rate)):
            columns = (self._floors, self._maintenance_rates, self._deductions)
            return _formulas.tier_margins(value, *(column.floats for column in columns))
        if self.maintenance_fraction is not None:
            whole = calc.initial_margin(
                value,
                rate=self.initial_rate(value, size=size),
                step=exact_step(self.step or EXACT, value, size),
                rounding=self.initial_rounding,
            )
            bare = calc.initial_margin(whole, rate=self.maintenance_fraction, step=EXACT)
        else:
            rate, deduction = self._maintenance_terms(value, size)
            bare = calc.maintenance_margin(
                value,
                rate,
                deduction=deduction,
                funding_rate=funding_rate if self.funding_in_maintenance else 0,
                step=EXACT,
            )
        held: Any = 0
        if "maintenance" in self.close_fee_in:
            held = self._fee(value, leverage, size, side, fee_rate, contract, EXACT)
        return self._finished(bare, held, self.maintenance_rounding)

    def close_fee_of(
        self,
        value: Numbers,
        fee_rate: Numbers,
        *,
        leverage: Numbers = None,
        size: Numbers = 0,
        side: Numbers = "long",
        contract: str | int = "linear",
    ) -> Amount:
        """Return the fee to close a position, whichever margin holds it.

        Parameters
        ----------
        value : number or array
            Of the position.
        fee_rate : number or array
            Of the taker.
        leverage, size, side, contract
            As of `initial_margin`.

        Examples
        --------
        >>> MarginSchedule.preset("kucoin").close_fee_of("83.787", "0.0006", leverage=25)
        Decimal('0.052283088')
        """
        return self._fee(value, leverage, size, side, fee_rate, contract, None)

    def position_value(
        self,
        quantity: Numbers,
        price: Numbers,
        *,
        multiplier: Numbers = 1,
        contract: str | int = "linear",
    ) -> Amount:
        """Return what a quantity is worth, rounded as the schedule says.

        Parameters
        ----------
        quantity, price, multiplier, contract
            As of `engine.calc.position_value`.

        Examples
        --------
        >>> MarginSchedule.preset("binance-usdm").position_value("0.001", "21123.05052574")
        Decimal('21.12305052')
        """
        return calc.position_value(
            quantity,
            price,
            multiplier=multiplier,
            contract=contract,
            step=self.step,
            rounding=self.value_rounding,
        )

    def unrealized_pnl(
        self,
        side: Numbers,
        quantity: Numbers,
        entry_price: Numbers,
        mark_price: Numbers,
        *,
        multiplier: Numbers = 1,
        contract: str | int = "linear",
    ) -> Amount:
        """Return what an open position has gained, rounded as the schedule says.

        Parameters
        ----------
        side, quantity, entry_price, mark_price, multiplier, contract
            As of `engine.calc.unrealized_pnl`.

        Examples
        --------
        >>> MarginSchedule.preset("binance-coinm").unrealized_pnl(
        ...     "long", 2, "37643.10000021", "38103.05510455", multiplier=100, contract="inverse")
        Decimal('0.00006413')
        """
        return calc.unrealized_pnl(
            side,
            quantity,
            entry_price,
            mark_price,
            multiplier=multiplier,
            contract=contract,
            value_step=self.step if self.values_rounded_first else None,
            value_rounding=self.value_rounding,
            step=self.step,
            rounding=self.pnl_rounding,
        )

    # Columns of the tiers, which are made once: a small array is done before they are.

    @cached_property
    def _floors(self) -> _Column:
        return _Column(tier.floor for tier in self.tiers)

    @cached_property
    def _least_rates(self) -> _Column:
        return _Column(tier.least_rate for tier in self.tiers)

    @cached_property
    def _maintenance_rates(self) -> _Column:
        return _Column(tier.maintenance_rate for tier in self.tiers)

    @cached_property
    def _deductions(self) -> _Column:
        return _Column(tier.deduction or 0 for tier in self.tiers)

    @cached_property
    def _is_of_tiers_alone(self) -> bool:
        """Whether a maintenance margin is of the value and its tier, and of funding at most."""
        is_scaled = self.maintenance_fraction is not None or self.tier_mode == TierMode.SLOPE
        return not is_scaled and "maintenance" not in self.close_fee_in

    def _tiers_of(self, worth: Any) -> Any:
        """Return the place of the tier of each value that was read."""
        floors = self._floors
        if is_float(worth):
            return _formulas.tiers_of(np.ascontiguousarray(worth), floors.floats)
        places = np.searchsorted(floors.exact, np.asarray(worth), side="left")
        return np.maximum(places - 1, 0)

    def _of_tiers(self, value: Numbers, *columns: _Column) -> list[Any]:
        """Return the numbers of each value's tier, one from each column."""
        if len(self.tiers) == 1:
            return [column.exact[0] for column in columns]
        (worth,) = read(value=value)
        places = self._tiers_of(worth)
        if is_float(worth):
            return [column.floats[places] for column in columns]
        return [column.exact[places] for column in columns]

    def _fee(
        self,
        value: Numbers,
        leverage: Numbers,
        size: Numbers,
        side: Numbers,
        fee_rate: Numbers,
        contract: str | int,
        step: Any,
    ) -> Any:
        """Return the fee to close: rounded by itself, of an initial margin that was rounded too."""
        initial = calc.initial_margin(
            value, leverage=leverage, rate=self.initial_rate(value, size=size), step=EXACT
        )
        whole = self._finished(initial, 0, self.initial_rounding, step=EXACT)
        fee = calc.close_fee(
            value,
            fee_rate,
            convention=self.close_fee,
            initial_margin=whole,
            side=side,
            contract=contract,
            step=EXACT,
        )
        return self._finished(fee, 0, self.initial_rounding, step=step)

    def _finished(self, amount: Any, held: Any, rounding: Rounding, step: Any = None) -> Amount:
        """Return a sum in the schedule's unit; without one, or of floats, as a step says."""
        in_floats = is_float(amount) or is_float(held)
        if in_floats or self.step is not None:
            step = None if in_floats else self.step
        return calc.position_margin(amount, held, step=step, rounding=rounding)


def _read_tiers(
    rows: tuple[MarginTier, ...] | None, mode: TierMode | None, problems: Problems
) -> tuple[MarginTier, ...]:
    """Return tiers that are in order, each with its deduction; note what is wrong with them."""
    found: list[MarginTier] = []
    if rows is None:
        return ()
    if not rows:
        problems.append("tiers were none, must be one or more")
    if mode == TierMode.SLOPE and len(rows) > 1:
        problems.append(f"tiers were {len(rows)}, must be one where tier_mode is 'slope'")
    for place, row in enumerate(rows):
        before = found[-1] if found else None
        if before is None and row.floor != 0:
            problems.append(f"tiers[{place}].floor was {row.floor:f}, must be 0")
        if before is not None and row.floor <= before.floor:
            problems.append(
                f"tiers[{place}].floor was {row.floor:f}, must be above {before.floor:f}"
            )
        if mode != TierMode.MARGINAL and row.deduction:
            problems.append(
                f"tiers[{place}].deduction was {row.deduction:f}, without tier_mode='marginal'"
            )
        found.append(with_deduction(row, before) if mode == TierMode.MARGINAL else row)
    return tuple(found)


def _growth(problems: Problems, lower: object, upper: object, step: object) -> dict[str, Any]:
    """Return between which open interests the initial rate grows, and in which steps."""
    return {
        "open_interest_lower": problems.optional(
            problems.decimal, "open_interest_lower", lower, least=0
        ),
        "open_interest_upper": problems.optional(problems.above_zero, "open_interest_upper", upper),
        "rate_step": problems.optional(problems.step, "rate_step", step),
    }


def with_deduction(tier: MarginTier, before: MarginTier | None) -> MarginTier:
    """Return a marginal tier with its deduction: by default the one that makes no step.

    Parameters
    ----------
    tier : MarginTier
        One that has a deduction is returned as it is.
    before : MarginTier or None
        The next lower tier, with its deduction; None of the lowest, whose deduction is 0.

    Notes
    -----
    The maintenance amount of Binance, `engine.calc.maintenance_amount`. RISK.md, section 4.1.

    Examples
    --------
    >>> from engine import MarginTier
    >>> low = with_deduction(MarginTier(max_leverage=125, maintenance_rate="0.004"), None)
    >>> high = MarginTier(floor=50_000, max_leverage=100, maintenance_rate="0.005")
    >>> low.deduction, with_deduction(high, low).deduction
    (Decimal('0'), Decimal('50'))
    """
    if tier.deduction is not None:
        return tier
    deduction = Decimal(0)
    if before is not None:
        deduction = calc.maintenance_amount(
            tier.floor, tier.maintenance_rate, before.maintenance_rate, before.deduction
        )
    return MarginTier(
        floor=tier.floor,
        initial_rate=tier.initial_rate,
        max_leverage=tier.max_leverage,
        maintenance_rate=tier.maintenance_rate,
        deduction=deduction,
    )


def _check_together(values: dict[str, Any], problems: Problems) -> None:
    """Note fields that contradict each other."""
    lower, upper = values["open_interest_lower"], values["open_interest_upper"]
    if (lower is None) != (upper is None) or (upper is not None and lower >= upper):
        problems.append(
            f"open_interest_lower was {shown(lower)}, must be below open_interest_upper,"
            f" {shown(upper)}"
        )
    has_slope = values["initial_slope"] or values["maintenance_slope"]
    if has_slope and values["tier_mode"] != TierMode.SLOPE:
        problems.append("initial_slope or maintenance_slope was there, without tier_mode='slope'")
    if values["order_price_buffer"] and values["order_price"] != OrderPrice.MAX_LAST_MARK:
        problems.append(
            f"order_price_buffer was {values['order_price_buffer']:f},"
            " without order_price='max_last_mark'"
        )
    if values["close_fee_in"] and values["close_fee"] == CloseFee.NONE:
        problems.append(f"close_fee_in was {values['close_fee_in']}, without a close_fee")
    if values["values_rounded_first"] and values["step"] is None:
        problems.append("values_rounded_first was True, without a step")
