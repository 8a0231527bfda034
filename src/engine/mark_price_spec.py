"""How a venue makes the prices that positions are valued at: index and mark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final

from engine import calc
from engine._schema import Rounding
from engine.calc import EXACT, Amount, Numbers
from engine.calc._evaluate import Step, is_float, there
from engine.calc.marks import COMBINATIONS, OUTLIERS
from engine.decimal_grid import DecimalLike
from engine.errors import SpecificationError
from engine.specification import Problems, Specification

__all__ = ["IndexSpec", "MarkPriceSpec"]

SOURCES: Final = ("fair", "basis", "last", "mid", "book", "others", "index")
AVERAGES: Final = ("mean", "exponential")


@dataclass(frozen=True, kw_only=True, init=False)
class IndexSpec(Specification):
    """The index price of an instrument: what becomes of the prices of its sources.

    Frozen, equal by its fields. Numbers are a str, a Decimal, an int, or a float that stands for
    its shortest text.

    Parameters
    ----------
    combine : str
        "mean" or "median", both by the weights of the sources.
    outlier : decimal, optional
        How far a price may be from the median, as a part of it.
    outliers : str
        What becomes of one that is farther: "clip" or "drop".
    age_max : decimal, optional
        Seconds; an older price does not count.
    sources_min : int
        How many prices must count, or there is no index.
    step : decimal, optional
        The tick size; without one the index is exact.
    rounding : Rounding, str or int
        Which multiple of it.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> spec = IndexSpec(outlier="0.05", age_max=10, step="0.01")
    >>> spec.index_price([100, 101, 130], [2, 1, 1], ages=[1, 1, 1])
    Decimal('101.76')
    >>> IndexSpec.from_toml(spec.to_toml()) == spec
    True
    >>> IndexSpec(combine="mode", sources_min=0)
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: index: combine was 'mode', not one of 'median', 'mean';\
 sources_min was 0, must be a whole number from 1 to 9223372036854775807
    """

    SECTION: ClassVar = "index"

    combine: str
    outlier: Decimal | None
    outliers: str
    age_max: Decimal | None
    sources_min: int
    step: Decimal | None
    rounding: Rounding

    def __init__(
        self,
        *,
        combine: str = "mean",
        outlier: DecimalLike | None = None,
        outliers: str = "clip",
        age_max: DecimalLike | None = None,
        sources_min: int = 1,
        step: DecimalLike | None = None,
        rounding: Rounding | str | int = Rounding.HALF_EVEN,
    ) -> None:
        problems = Problems()
        values: dict[str, Any] = {
            "combine": problems.word("combine", combine, COMBINATIONS),
            "outlier": problems.optional(problems.decimal, "outlier", outlier, least=0),
            "outliers": problems.word("outliers", outliers, OUTLIERS),
            "age_max": problems.optional(problems.decimal, "age_max", age_max, least=0),
            "sources_min": problems.whole("sources_min", sources_min, 1),
            "step": problems.optional(problems.step, "step", step),
            "rounding": problems.member(Rounding, rounding, "rounding"),
        }
        if problems:
            raise SpecificationError(f"index: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return dict(vars(cls()))

    def index_price(
        self, prices: Numbers, weights: Numbers = None, *, ages: Numbers = None
    ) -> Amount:
        """Return the index price of several sources.

        Parameters
        ----------
        prices, weights, ages : array
            As of `engine.calc.index_price`; ages are there where `age_max` is.

        Returns
        -------
        Decimal, float, or array
            None, or NaN of floats, where fewer sources than `sources_min` count.

        Raises
        ------
        GridError
            As of `engine.calc.index_price`.

        Examples
        --------
        >>> spec = IndexSpec(combine="median", age_max=5, sources_min=2)
        >>> spec.index_price([100, 102, 104], ages=[0, 0, 9])
        Decimal('101')
        >>> spec.index_price([100, 102, None], ages=[0, 9, 0]) is None
        True
        """
        return calc.index_price(
            prices,
            weights,
            combine=self.combine,
            outlier=self.outlier,
            outliers=self.outliers,
            ages=ages,
            age_max=self.age_max,
            sources_min=self.sources_min,
            step=self.step,
            rounding=self.rounding,
        )


@dataclass(frozen=True, kw_only=True, init=False)
class MarkPriceSpec(Specification):
    """The mark price of an instrument: which prices it is made of, and how.

    Frozen, equal by its fields. Numbers are a str, a Decimal, an int, or a float that stands for
    its shortest text. Times are seconds.

    Parameters
    ----------
    sources : iterable of str
        "fair": the index with the basis of the next funding. "basis": the index with an average
        basis. "last": the last price. "mid": between the best prices. "book": the median of last
        price and best prices. "others": the price on other venues. "index": the index or oracle
        price itself.
    combine : str
        How they become one: "median" or "mean"; of one source that source.
    basis_average : str
        How the average basis is made: "mean" of the samples in a window, or "exponential".
    basis_window : decimal, optional
        The window of the mean, or the time constant of the exponential average.
    basis_sample : decimal, optional
        From one sample to the next.
    funding_interval : decimal, optional
        From one funding to the next; it must be there for "fair".
    band : decimal, optional
        How far the mark price may be from the index, as a part of it.
    step : decimal, optional
        The tick size; without one mark prices are exact.
    rounding : Rounding, str or int
        Which multiple of it.
    basis_step : decimal, optional
        The basis of the next funding is rounded to it, half up, before it is added (BitMEX).

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> bitmex = MarkPriceSpec.preset("bitmex-inverse")
    >>> bitmex.mark_price("97843.77", funding_rate="0.00011", left=267 * 60)
    Decimal('97849.76')
    >>> binance = MarkPriceSpec.preset("binance-usdm")
    >>> binance.mark_price(50000, funding_rate="0.0001", left=28800, basis=10, last=50007)
    Decimal('50007')
    >>> MarkPriceSpec.from_toml(binance.to_toml()) == binance
    True
    >>> MarkPriceSpec(sources=["fair", "fair"])
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: mark price: sources were 'fair', 'fair', must be one or more,\
 each once; funding_interval was None, must be there for 'fair'
    """

    SECTION: ClassVar = "mark"

    sources: tuple[str, ...]
    combine: str
    basis_average: str
    basis_window: Decimal | None
    basis_sample: Decimal | None
    basis_step: Decimal | None
    funding_interval: Decimal | None
    band: Decimal | None
    step: Decimal | None
    rounding: Rounding

    def __init__(
        self,
        *,
        sources: Iterable[str],
        combine: str = "median",
        basis_average: str = "mean",
        basis_window: DecimalLike | None = None,
        basis_sample: DecimalLike | None = None,
        basis_step: DecimalLike | None = None,
        funding_interval: DecimalLike | None = None,
        band: DecimalLike | None = None,
        step: DecimalLike | None = None,
        rounding: Rounding | str | int = Rounding.HALF_EVEN,
    ) -> None:
        problems = Problems()
        values: dict[str, Any] = {
            "sources": _read_sources(sources, problems),
            "combine": problems.word("combine", combine, COMBINATIONS),
            "basis_average": problems.word("basis_average", basis_average, AVERAGES),
            "basis_window": problems.optional(problems.above_zero, "basis_window", basis_window),
            "basis_sample": problems.optional(problems.above_zero, "basis_sample", basis_sample),
            "basis_step": problems.optional(problems.step, "basis_step", basis_step),
            "funding_interval": problems.optional(
                problems.above_zero, "funding_interval", funding_interval
            ),
            "band": problems.optional(problems.decimal, "band", band, least=0),
            "step": problems.optional(problems.step, "step", step),
            "rounding": problems.member(Rounding, rounding, "rounding"),
        }
        _check_sources(values, problems)
        if problems:
            raise SpecificationError(f"mark price: {'; '.join(problems)}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        plain = vars(cls(sources=["index"]))
        return {name: value for name, value in plain.items() if name != "sources"}

    def fair_basis(self, index: Numbers, rate: Numbers, left: Numbers) -> Any:
        """Return the basis of the next funding, in `basis_step`, or exactly.

        Parameters
        ----------
        index : number or array
            The index price.
        rate : number or array
            Of the next funding.
        left : number or array
            Seconds until then.

        Raises
        ------
        GridError
            The specification has no `funding_interval`; a number that is none.

        Examples
        --------
        >>> MarkPriceSpec.preset("bitmex-inverse").fair_basis("97843.77", "0.00011", 16020)
        Decimal('5.99')
        """
        interval = there("funding_interval", self.funding_interval)
        step: Step = EXACT if self.basis_step is None else self.basis_step
        return calc.fair_basis(index, rate, left, interval, step=step)

    def average_basis(self, bids: Numbers, asks: Numbers, indexes: Numbers) -> Any:
        """Return the average basis of the samples of a window, the oldest first, exactly.

        Parameters
        ----------
        bids, asks, indexes : array
            As of `engine.calc.average_basis`. An exponential average begins with the first sample
            and moves towards each other one by the weight of `basis_sample` seconds.

        Raises
        ------
        GridError
            An exponential average without `basis_window` or `basis_sample`; or as
            `engine.calc.average_basis`.

        Examples
        --------
        >>> binance = MarkPriceSpec.preset("binance-usdm")
        >>> binance.average_basis([50010, 50012], [50012, 50014], [50000, 50000])
        Fraction(12, 1)
        """
        if self.basis_average == "mean":
            return calc.average_basis(bids, asks, indexes, step=EXACT)
        sample = there("basis_sample", self.basis_sample)
        weight = calc.average_weight(sample, there("basis_window", self.basis_window))
        rows = zip(bids, asks, indexes, strict=True)
        each = [calc.average_basis(*([number] for number in row), step=EXACT) for row in rows]
        average, *others = each or [calc.average_basis(bids, asks, indexes, step=EXACT)]
        for basis in others:
            average = calc.moved_average(average, basis, weight, step=EXACT)
        return average

    def mark_price(
        self,
        index: Numbers,
        *,
        funding_rate: Numbers = None,
        left: Numbers = None,
        basis: Numbers = None,
        last: Numbers = None,
        bid: Numbers = None,
        ask: Numbers = None,
        others: Numbers = None,
    ) -> Amount:
        """Return the mark price, rounded as the specification says.

        Parameters
        ----------
        index : number or array
            The index or oracle price.
        funding_rate, left : number or array
            For "fair": the rate of the next funding, and the seconds until then.
        basis : number or array
            For "basis": as `average_basis` gives it.
        last, bid, ask, others : number or array
            For the sources that need them.

        Returns
        -------
        Decimal, float, or array
            As of `engine.calc.mark_price`.

        Raises
        ------
        GridError
            What a source needs is None; a number that is none.

        Examples
        --------
        >>> MarkPriceSpec.preset("dydx-v4").mark_price("50000.5")
        Decimal('50000.5')
        """
        given = {"last": last, "bid": bid, "ask": ask, "others": others, "basis": basis}
        given |= {"funding_rate": funding_rate, "left": left}
        prices = [self._price(source, index, given) for source in self.sources]
        found = calc.mark_price(*prices, combine=self.combine, step=EXACT)
        if self.band is not None:
            found = calc.price_in_band(found, index, self.band, step=EXACT)
        step = None if is_float(found) else self.step
        return calc.basis_price(found, 0, step=step, rounding=self.rounding)

    def _price(self, source: str, index: Numbers, given: dict[str, Numbers]) -> Any:
        """Return the price of a source, exactly."""
        names = {"mid": ("bid", "ask"), "book": ("bid", "ask", "last"), "index": ()}
        names["fair"] = ("funding_rate", "left")
        numbers = [there(name, given[name]) for name in names.get(source, (source,))]
        if source == "index":
            return index
        if source == "mid":
            return calc.mid_price(*numbers, step=EXACT)
        if source == "fair":
            return calc.basis_price(index, self.fair_basis(index, *numbers), step=EXACT)
        if source == "basis":
            return calc.basis_price(index, *numbers, step=EXACT)
        return calc.mark_price(*numbers, step=EXACT)


def _read_sources(sources: object, problems: Problems) -> tuple[str, ...]:
    """Return sources; note what is no list of different ones."""
    rows = problems.rows("sources", sources, str)
    if rows is None:
        return ()
    before = len(problems)
    found = tuple(problems.word("sources", each, SOURCES) for each in rows)
    if len(problems) == before and len(set(found)) != max(1, len(found)):
        told = ", ".join(map(repr, found)) or "none"
        problems.append(f"sources were {told}, must be one or more, each once")
    return found


def _check_sources(values: dict[str, Any], problems: Problems) -> None:
    """Note what sources lack."""
    sources = values["sources"]
    if "fair" in sources and values["funding_interval"] is None:
        problems.append("funding_interval was None, must be there for 'fair'")
    is_exponential = values["basis_average"] == "exponential"
    for name in ("basis_window", "basis_sample"):
        if is_exponential and values[name] is None:
            problems.append(f"{name} was None, must be there for an exponential average")
