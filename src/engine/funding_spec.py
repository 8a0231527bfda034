"""How a venue funds a perpetual: its premium, its rate, when it is paid and how."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Final

from engine import calc
from engine._schema import Rounding
from engine._shown import shown
from engine.calc import EXACT, Amount, IndexPayment, Numbers
from engine.calc._evaluate import exact_step, there
from engine.calc.funding import DAY
from engine.calc.premiums import AVERAGES
from engine.decimal_grid import DecimalLike
from engine.errors import GridError, SpecificationError
from engine.specification import Problems, Specification

__all__ = ["FundingSpec"]

PREMIUMS: Final = ("mark", "mid", "impact")
REFERENCES: Final = ("index", "mark")
CAP_BASES: Final = ("rate", "maintenance", "difference")
VALUE_BASES: Final = ("mark", "oracle", "entry")
ACCRUALS: Final = ("discrete", "index")


@dataclass(frozen=True, kw_only=True, init=False)
class FundingSpec(Specification):
    """The funding of an instrument.

    Frozen, equal by its fields. Numbers are a str, a Decimal, an int, or a float that stands for
    its shortest text. Times are seconds.

    Parameters
    ----------
    premium : str
        Of which price the premium is: "mark" (GoDark, Deribit), "mid" (OKX) or "impact".
    impact_reference : str
        What impact prices are compared with: "index", or the "mark" price (BitMEX).
    impact_margin : decimal, optional
        The margin whose position at the highest leverage is the impact notional.
    impact_notional : decimal, optional
        The impact notional itself, where the venue sets that.
    sample : decimal, optional
        From one sample of the premium to the next.
    average : str
        How the samples become one: "last", "mean", "linear_weighted", "trimmed" or "median".
    trim : decimal
        Of "trimmed", the part at each end that does not count, less than 0.5.
    missing_as_zero : bool
        Whether samples that are missing count as 0; otherwise they don't count.
    premium_step : decimal, optional
        An average is cut to a multiple of it (dYdX: a millionth).
    interest_per_day : decimal
        The interest of a day.
    interest_period : decimal, optional
        The time that one interest is of; by default `rate_period`.
    damp : decimal, optional
        The premium is drawn towards the interest by this at most; with an interest of 0 that is a
        dead band. Without it they are added.
    scale : decimal
        What their sum is divided by: 8 / N where a rate of 8 hours is paid each N hours (Binance).
    cap, floor : decimal, optional
        The highest and the lowest rate; by default the lowest is the highest below 0.
    cap_basis : str
        What they are of: "rate", as they stand; "maintenance", multiples of the maintenance margin
        rate (Binance); "difference", of what the initial margin rate is above it (dYdX, BitMEX).
    rate_period : decimal
        The time that one rate is of.
    interval : decimal, optional
        From one accrual to the next; by default `rate_period`. Where it is shorter, each accrues
        its part of the rate (Deribit, dYdX).
    value_basis : str
        At which price positions pay: "mark", "oracle" or "entry".
    accrual : str
        "discrete": each position is paid at every interval. "index": an index accrues, and a
        position is paid by what it has changed when something touches the position.
    index_step : decimal, optional
        The step of that index; changes are cut to it.
    step : decimal, optional
        The smallest unit of a payment; without one payments are exact.
    rounding : Rounding, str or int
        Which multiple of it, where payments are discrete; by index it is always "floor".

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> godark = FundingSpec.preset("godark")
    >>> premium = godark.premium_index(50000, mark=50010)
    >>> godark.funding_rate(premium, step="1e-18")
    Decimal('0.000200115740740741')
    >>> godark.funding_payment("long", 50010, "0.0002")
    Decimal('-10.002')
    >>> FundingSpec.from_toml(godark.to_toml()) == godark
    True
    >>> FundingSpec(premium="last", rate_period=0, scale=-1, trim="0.5", average="trimmed")
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: funding: premium was 'last', not one of 'mark', 'mid',\
 'impact'; trim was 0.5, must be less than 0.5; scale was -1, must be above 0;\
 rate_period was 0, must be above 0
    """

    SECTION: ClassVar = "funding"

    premium: str
    impact_reference: str
    impact_margin: Decimal | None
    impact_notional: Decimal | None
    sample: Decimal | None
    average: str
    trim: Decimal
    missing_as_zero: bool
    premium_step: Decimal | None
    interest_per_day: Decimal
    interest_period: Decimal | None
    damp: Decimal | None
    scale: Decimal
    cap: Decimal | None
    floor: Decimal | None
    cap_basis: str
    rate_period: Decimal
    interval: Decimal | None
    value_basis: str
    accrual: str
    index_step: Decimal | None
    step: Decimal | None
    rounding: Rounding

    def __init__(
        self,
        *,
        premium: str,
        rate_period: DecimalLike,
        impact_reference: str = "index",
        impact_margin: DecimalLike | None = None,
        impact_notional: DecimalLike | None = None,
        sample: DecimalLike | None = None,
        average: str = "last",
        trim: DecimalLike = 0,
        missing_as_zero: bool = False,
        premium_step: DecimalLike | None = None,
        interest_per_day: DecimalLike = 0,
        interest_period: DecimalLike | None = None,
        damp: DecimalLike | None = None,
        scale: DecimalLike = 1,
        cap: DecimalLike | None = None,
        floor: DecimalLike | None = None,
        cap_basis: str = "rate",
        interval: DecimalLike | None = None,
        value_basis: str = "mark",
        accrual: str = "discrete",
        index_step: DecimalLike | None = None,
        step: DecimalLike | None = None,
        rounding: Rounding | str | int = Rounding.FLOOR,
    ) -> None:
        problems = Problems()
        values: dict[str, Any] = {
            "premium": problems.word("premium", premium, PREMIUMS),
            "impact_reference": problems.word("impact_reference", impact_reference, REFERENCES),
            "impact_margin": problems.optional(problems.above_zero, "impact_margin", impact_margin),
            "impact_notional": problems.optional(
                problems.above_zero, "impact_notional", impact_notional
            ),
            "sample": problems.optional(problems.above_zero, "sample", sample),
            "average": problems.word("average", average, AVERAGES),
            "trim": problems.decimal("trim", trim, least=0),
            "missing_as_zero": problems.truth("missing_as_zero", missing_as_zero),
            "premium_step": problems.optional(problems.step, "premium_step", premium_step),
            "interest_per_day": problems.decimal("interest_per_day", interest_per_day),
            "interest_period": problems.optional(
                problems.above_zero, "interest_period", interest_period
            ),
            "damp": problems.optional(problems.decimal, "damp", damp, least=0),
        }
        _check_samples(values, problems)
        values |= {
            "scale": problems.above_zero("scale", scale),
            "cap": problems.optional(problems.decimal, "cap", cap),
            "floor": problems.optional(problems.decimal, "floor", floor),
            "cap_basis": problems.word("cap_basis", cap_basis, CAP_BASES),
            "rate_period": problems.above_zero("rate_period", rate_period),
            "interval": problems.optional(problems.above_zero, "interval", interval),
            "value_basis": problems.word("value_basis", value_basis, VALUE_BASES),
            "accrual": problems.word("accrual", accrual, ACCRUALS),
            "index_step": problems.optional(problems.step, "index_step", index_step),
            "step": problems.optional(problems.step, "step", step),
            "rounding": problems.member(Rounding, rounding, "rounding"),
        }
        _check_rates(values, problems)
        if problems:
            raise SpecificationError(f"funding: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        plain = vars(cls(premium="mark", rate_period=1))
        return {name: plain[name] for name in plain if name not in {"premium", "rate_period"}}

    # Times.

    @property
    def accrual_interval(self) -> Decimal:
        """From one accrual to the next."""
        return self.rate_period if self.interval is None else self.interval

    @property
    def samples_expected(self) -> int:
        """How many samples of the premium there are from one accrual to the next.

        Examples
        --------
        >>> FundingSpec.preset("binance-usdm").samples_expected
        5760
        """
        if self.sample is None:
            return 1
        return int(Fraction(self.accrual_interval) / Fraction(self.sample))

    # Premium and rate.

    def impact_notional_of(
        self, *, initial_rate: Numbers = None, leverage: Numbers = None
    ) -> Amount:
        """Return what an impact price is of, by the least initial margin rate where that counts.

        Parameters
        ----------
        initial_rate : number or array, optional
            The least initial margin rate.
        leverage : number or array, optional
            The largest leverage, in its place.

        Raises
        ------
        GridError
            The specification has neither an impact margin nor an impact notional; or as
            `engine.calc.impact_notional`.

        Examples
        --------
        >>> FundingSpec.preset("binance-usdm").impact_notional_of(leverage=20)
        Decimal('4000')
        """
        if self.impact_notional is not None:
            return self.impact_notional
        if self.impact_margin is None:
            raise GridError("impact_margin was None, and impact_notional too: one must be there")
        return calc.impact_notional(self.impact_margin, rate=initial_rate, leverage=leverage)

    def premium_index(
        self,
        index: Numbers,
        *,
        mark: Numbers = None,
        bid: Numbers = None,
        ask: Numbers = None,
        fair_basis: Numbers = 0,
        step: Any = EXACT,
    ) -> Amount:
        """Return a premium of this moment.

        Parameters
        ----------
        index : number or array
            The index, spot or oracle price.
        mark : number or array
            The mark price, for a premium of it or against it.
        bid, ask : number or array
            The best prices for "mid", the impact prices for "impact".
        fair_basis : number or array
            As of `engine.calc.impact_premium_index`.
        step : decimal, optional
            Of the result; by default it is exact.

        Returns
        -------
        Fraction, float, or array
            None, or NaN of floats, where an impact price is not there.

        Raises
        ------
        GridError
            A price that the premium needs is None, or as the functions of `engine.calc`.

        Examples
        --------
        >>> okx = FundingSpec.preset("okx")
        >>> okx.premium_index(50000, bid=50010, ask=50020, step="1e-6")
        Decimal('0.000300')
        """
        if self.premium == "mark":
            return calc.premium_index(there("mark", mark), index, step=step)
        if self.premium == "mid":
            middle = calc.mid_price(there("bid", bid), there("ask", ask), step=EXACT)
            return calc.premium_index(middle, index, step=step)
        reference = there("mark", mark) if self.impact_reference == "mark" else index
        return calc.impact_premium_index(
            bid, ask, index, reference=reference, fair_basis=fair_basis, step=step
        )

    def premium_average(self, samples: Numbers, *, expected: int | None = None) -> Amount:
        """Return the premium of a period from its samples, the oldest first.

        Parameters
        ----------
        samples : array
            As of `engine.calc.premium_average`.
        expected : int, optional
            How many there should be, where missing ones count as 0; by default
            `samples_expected`.

        Examples
        --------
        >>> bybit = FundingSpec.preset("bybit-linear")
        >>> bybit.premium_average(["0.0001", "0.0002", "0.0003", "0.0004"])
        Fraction(3, 10000)
        >>> FundingSpec.preset("dydx-v4").premium_average(["0.001"] * 30)
        Decimal('0.000500')
        """
        wanted = self.samples_expected if expected is None else expected
        return calc.premium_average(
            samples,
            average=self.average,
            expected=wanted if self.missing_as_zero else 0,
            trim=self.trim,
            step=exact_step(self.premium_step or EXACT, samples),
            rounding=Rounding.DOWN,
        )

    def interest_rate(self) -> Fraction:
        """Return the interest of one `interest_period`, exactly.

        Examples
        --------
        >>> FundingSpec.preset("godark").interest_rate()
        Fraction(1, 8640000)
        """
        period = self.rate_period if self.interest_period is None else self.interest_period
        periods = Fraction(DAY) / Fraction(period)
        found: Fraction = calc.interest_rate(self.interest_per_day, periods=periods, step=EXACT)
        return found

    def bounds(
        self, *, initial_rate: Numbers = None, maintenance_rate: Numbers = None
    ) -> tuple[Any, Any]:
        """Return the lowest and the highest rate, None where there is none.

        Parameters
        ----------
        initial_rate, maintenance_rate : number or array
            The margin rates of the instrument, where the bounds are multiples of them.

        Raises
        ------
        GridError
            A margin rate that they are of is None.

        Examples
        --------
        >>> low, high = FundingSpec.preset("binance-usdm").bounds(maintenance_rate="0.0065")
        >>> float(low), float(high)
        (-0.004875, 0.004875)
        """
        lowest = self.floor
        if lowest is None and self.cap is not None:
            lowest = -self.cap
        if self.cap_basis == "rate":
            return lowest, self.cap
        least = there("maintenance_rate", maintenance_rate)
        most = there("initial_rate", initial_rate) if self.cap_basis == "difference" else None
        step = exact_step(self.premium_step or EXACT, least, most)
        low, high = (
            None
            if times is None
            else calc.funding_cap(times, least, initial_rate=most, step=step, rounding="down")
            for times in (lowest, self.cap)
        )
        return low, high

    def funding_rate(
        self,
        premium: Numbers,
        interest: Numbers = None,
        *,
        initial_rate: Numbers = None,
        maintenance_rate: Numbers = None,
        step: Any = None,
        rounding: Rounding | str | int = Rounding.HALF_EVEN,
    ) -> Amount:
        """Return the rate of funding of one `rate_period`.

        Parameters
        ----------
        premium : number or array
            Its average, as `premium_average` gives it.
        interest : number or array, optional
            By default `interest_rate()`.
        initial_rate, maintenance_rate : number or array
            As of `bounds`.
        step, rounding
            Of the result.

        Returns
        -------
        Decimal, float, or array
            As of `engine.calc.funding_rate`.

        Examples
        --------
        >>> FundingSpec.preset("hyperliquid").funding_rate("0.00029005")
        Decimal('0.0000125')
        >>> FundingSpec.preset("deribit-inverse").funding_rate(["-0.001", "0.0002", "0.02"])
        array([Decimal('-0.00075'), Decimal('0'), Decimal('0.005')], dtype=object)
        """
        floor, cap = self.bounds(initial_rate=initial_rate, maintenance_rate=maintenance_rate)
        return calc.funding_rate(
            premium,
            self.interest_rate() if interest is None else interest,
            damp=self.damp,
            scale=self.scale,
            floor=floor,
            cap=cap,
            step=step,
            rounding=rounding,
        )

    def accrued_rate(self, rate: Numbers, *, elapsed: Numbers = None) -> Any:
        """Return what of a rate accrues in a time, by default from one accrual to the next.

        Parameters
        ----------
        rate : number or array
            Of one `rate_period`.
        elapsed : number or array, optional
            Seconds; by default from one accrual to the next.

        Examples
        --------
        >>> FundingSpec.preset("deribit-inverse").accrued_rate("0.00075", elapsed=60)
        Fraction(1, 640000)
        """
        time = self.accrual_interval if elapsed is None else elapsed
        return calc.accrued_rate(rate, time, self.rate_period, step=EXACT)

    def annual_rate(self, rate: Numbers) -> Amount:
        """Return what a rate comes to in a year, as `engine.calc.annual_rate` does.

        Parameters
        ----------
        rate : number or array
            Of one `rate_period`.

        Examples
        --------
        >>> FundingSpec.preset("bitmex-inverse").annual_rate("0.00011")
        Decimal('0.12045')
        """
        return calc.annual_rate(rate, self.rate_period)

    # Payment.

    def funding_payment(
        self, side: Numbers, value: Numbers, rate: Numbers, *, elapsed: Numbers = None
    ) -> Amount:
        """Return what a position is paid at one accrual, rounded as the specification says.

        Parameters
        ----------
        side : number, array or str
            +1 or "long", -1 or "short".
        value : number or array
            Of the position, at the price that `value_basis` says.
        rate : number or array
            Of one `rate_period`.
        elapsed : number or array, optional
            Since the accrual before; by default the interval.

        Returns
        -------
        Decimal, float, or array
            Floats are not rounded.

        Examples
        --------
        >>> FundingSpec.preset("kucoin").funding_payment("long", "553.5396", "0.0001")
        Decimal('-0.05535396')
        >>> FundingSpec.preset("deribit-inverse").funding_payment("long", 1, "0.00075", elapsed=60)
        Decimal('-0.0000015625')
        """
        return calc.funding_payment(
            side,
            value,
            self.accrued_rate(rate, elapsed=elapsed),
            step=exact_step(self.step, value, rate, elapsed),
            rounding=self.rounding,
        )

    def index_change(self, rate: Numbers, price: Numbers, *, elapsed: Numbers = None) -> Amount:
        """Return what one accrual adds to the index, cut to `index_step`.

        Parameters
        ----------
        rate : number or array
            Of one `rate_period`.
        price : number or array
            At which positions pay.
        elapsed : number or array, optional
            Since the accrual before; by default the interval.

        Examples
        --------
        >>> FundingSpec.preset("dydx-v4").index_change("0.12", 50000)
        Decimal('750.000000')
        """
        return calc.funding_index_change(
            rate,
            price,
            elapsed=self.accrual_interval if elapsed is None else elapsed,
            period=self.rate_period,
            step=exact_step(self.index_step, rate, price, elapsed),
            rounding=Rounding.DOWN,
        )

    def index_payment(
        self, position: Numbers, index: Numbers, entry_index: Numbers, *, remainder: Numbers = 0
    ) -> IndexPayment:
        """Return what the index pays to a position, as `engine.calc.index_payment` does.

        Parameters
        ----------
        position, index, entry_index, remainder : number or array
            As of `engine.calc.index_payment`.

        Examples
        --------
        >>> FundingSpec.preset("dydx-v4").index_payment(-3, 10, 3)
        IndexPayment(amount=Decimal('21'), remainder=Decimal('0'))
        """
        step = exact_step(self.step, position, index, entry_index, remainder)
        return calc.index_payment(position, index, entry_index, remainder=remainder, step=step)


def _check_samples(values: dict[str, Any], problems: Problems) -> None:
    """Note fields of the premium that contradict each other."""
    trim = values["trim"]
    if trim is not None and 2 * trim >= 1:
        problems.append(f"trim was {trim}, must be less than 0.5")
    if trim and values["average"] != "trimmed":
        problems.append(f"trim was {trim}, without average='trimmed'")
    if values["impact_margin"] is not None and values["impact_notional"] is not None:
        problems.append("impact_margin and impact_notional were there: one of them at most")
    for name in ("impact_margin", "impact_notional"):
        if values[name] is not None and values["premium"] != "impact":
            problems.append(f"{name} was {values[name]}, without premium='impact'")
    if values["impact_reference"] == "mark" and values["premium"] != "impact":
        problems.append("impact_reference was 'mark', without premium='impact'")
    if values["missing_as_zero"] and values["sample"] is None:
        problems.append("missing_as_zero was True, without a sample")


def _check_rates(values: dict[str, Any], problems: Problems) -> None:
    """Note fields of rate and payment that contradict each other."""
    cap, floor = values["cap"], values["floor"]
    lowest = floor if floor is not None or cap is None else -cap
    if cap is not None and lowest > cap:
        problems.append(f"floor was {lowest}, must not be above cap, {cap}")
    if values["cap_basis"] != "rate" and cap is None and floor is None:
        problems.append(f"cap_basis was {shown(values['cap_basis'])}, without a cap or a floor")
    sample, interval = values["sample"], values["interval"] or values["rate_period"]
    if sample is not None and interval is not None and sample > interval:
        problems.append(f"sample was {sample}, must not be longer than the interval, {interval}")
    if values["index_step"] is not None and values["accrual"] != "index":
        problems.append(f"index_step was {values['index_step']}, without accrual='index'")
