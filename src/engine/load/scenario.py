"""Scenarios: what load is sent, for how long, and when a run has passed, as data in TOML."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Final

from engine._members import says_names
from engine._shown import number_of, shown
from engine._text_forms import toml_tables
from engine.decimal_grid import EXACT, DecimalLike, bounded_of, decimal_of
from engine.errors import LoadError, SpecificationError
from engine.specification import Problems, Specification

__all__ = [
    "FAULTS",
    "SCENARIOS",
    "Criteria",
    "Fault",
    "Scenario",
    "Stage",
    "StopWhen",
    "read_scenario",
    "scenario",
]

FAULTS: Final = (
    "rejected_burst",
    "halted_symbol",
    "switched_off",
    "mass_cancel",
    "stalled_consumer",
)
"""What can go wrong: see `Fault`."""
ARRIVALS: Final = ("poisson", "hawkes", "uniform")
LAWS: Final = ("power", "uniform")
SIDES: Final = ("drawn", "alternate")
LIKE: Final = "like"
SHARES: Final = ("market", "limit", "stop", "stop_limit")
TOLERANCE: Final = 1e-9
RATE_MAX: Final = 5_000_000
USERS_MAX: Final = 1_000_000
SYMBOLS_MAX: Final = 1_000
PRICE_TICKS_MAX: Final = 10**9
QUANTITY_LOTS_MAX: Final = 10**6
FAULT_TIMES_MAX: Final = 10_000
VALUE_MAX: Final = 10**11
"""Ticks times lots of the largest order, which every check lets pass."""
MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
SECOND_NS: Final = 10**9


@says_names
@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Specification):
    """A time at one rate.

    Parameters
    ----------
    seconds : float
        How long.
    orders_per_second : float
        Orders of users; cancels and quotes are drawn beside.
    """

    seconds: float
    orders_per_second: float

    def __post_init__(self) -> None:
        problems = Problems()
        _read(self, problems, {"seconds": (0.001, DAY), "orders_per_second": (0, RATE_MAX)})
        _conclude(problems)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return _plain(cls)


@says_names
@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Specification):
    """What goes wrong on purpose.

    Parameters
    ----------
    kind : str
        ``"rejected_burst"``: orders that the venue must refuse, beside the others.
        ``"halted_symbol"``: the phase of one symbol is HALT.
        ``"switched_off"``: a SWITCH turns one symbol off, the orders stay.
        ``"mass_cancel"``: everything in all books is canceled.
        ``"stalled_consumer"``: whoever sends and reads reports stands still.
    at : float
        Seconds after the start.
    seconds : float
        How long; a mass cancel takes no time.
    orders_per_second : float
        Of a burst.
    symbol : int
        The place of the symbol that is halted or switched off.
    every : float
        After so many seconds it happens again, until the end; 0 for once.
    """

    kind: str
    at: float
    seconds: float = 0.0
    orders_per_second: float = 0.0
    symbol: int = 0
    every: float = 0.0

    def __post_init__(self) -> None:
        problems = Problems()
        kind = problems.word("kind", self.kind, FAULTS)
        bounds = {
            "at": (0, DAY),
            "seconds": (0, DAY),
            "orders_per_second": (0, RATE_MAX),
            "every": (0, DAY),
        }
        _read(self, problems, bounds, whole={"symbol": (0, SYMBOLS_MAX - 1)})
        if kind != "mass_cancel" and _is_zero(self.seconds):
            problems.append(f"seconds was {self.seconds}, must be above 0 for {kind}")
        if kind == "rejected_burst" and _is_zero(self.orders_per_second):
            problems.append("orders_per_second was 0, must be above 0 for rejected_burst")
        _conclude(problems)

    def times(self, end: float) -> list[float]:
        """Return when it begins, before an end, seconds after the start.

        Parameters
        ----------
        end : float
            Seconds after the start, of a run its `Scenario.seconds`; what would begin then doesn't.

        Examples
        --------
        >>> Fault(kind="mass_cancel", at=60, every=300).times(900)
        [60.0, 360.0, 660.0]
        """
        if not self.every:
            return [self.at] if self.at < end else []
        return [self.at + k * self.every for k in range(math.ceil((end - self.at) / self.every))]

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return _plain(cls)


@says_names
@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria(Specification):
    """What a run must keep to have passed; None is not asked for.

    Parameters
    ----------
    p50_ms, p95_ms, p99_ms, max_ms : float, optional
        Latency from the scheduled time, milliseconds.
    error_rate : float, optional
        Errors by commands sent.
    recovery_seconds : float, optional
        So long after a stage that is faster than the first, no command waits any more.
    """

    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    error_rate: float | None = None
    recovery_seconds: float | None = None

    def __post_init__(self) -> None:
        problems = Problems()
        _read(self, problems, {each.name: (0, HOUR * 1_000) for each in fields(self)})
        _conclude(problems)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return _plain(cls)


@says_names
@dataclass(frozen=True, slots=True, kw_only=True)
class StopWhen(Specification):
    """When a run is stopped early; None is not looked at. Each is asked of every window.

    Parameters
    ----------
    p99_ms : float, optional
        Latency above this, milliseconds.
    error_rate : float, optional
        Errors by commands sent above this.
    memory_gb : float, optional
        This process has more than so many gigabytes.
    cpu : float, optional
        A share of the processors that this process may use, from 0 to 1.
    """

    p99_ms: float | None = None
    error_rate: float | None = None
    memory_gb: float | None = None
    cpu: float | None = None

    def __post_init__(self) -> None:
        bounds = {"p99_ms": HOUR * 1_000, "error_rate": 1, "memory_gb": 10**6, "cpu": 1}
        problems = Problems()
        _read(self, problems, {name: (0, most) for name, most in bounds.items()})
        _conclude(problems)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return _plain(cls)


@says_names
@dataclass(frozen=True, kw_only=True)
class Scenario(Specification):
    """What is sent, for how long, and what is asked of it.

    Parameters
    ----------
    name, title : str
        What it is called.
    source : str
        Where its figures are from, and which ones are ours.
    stages : tuple of Stage
        One after the other, `repeat` times.
    repeat : int
        How often.
    ramp_seconds, ramp_from : float
        At the beginning the rate rises evenly from this share of the stage's to all of it.
    users : int
        Accounts whose orders they are, numbered from 0.
    symbols : tuple of str
        Instruments, numbered from 0; the first is the most active.
    market, limit, stop, stop_limit : float
        Shares of the users' orders by type, together 1.
    cancels : float
        Cancels of single orders for each order, drawn beside; at most `limit`.
    quotes : float
        Orders of market makers for each order of a user, beside; 0 for no makers.
    makers, quote_levels : int
        How many market makers, and how many quotes each has on either side of a book.
    buy_ratio : float
        Share of the users' orders that buy; ``sides="alternate"`` buys and sells in turn.
    opening_price, tick_size, lot_size : decimal
        Of every symbol.
    price_variation : float
        No price is farther from the opening price, as a share of it.
    spread_ticks : int
        Between the best quotes of a maker.
    volatility : float
        Standard deviation of a second's move of the price that makers quote around, as a share.
    volume_least, volume_most : decimal
        Quantity of an order.
    volume_exponent, offset_exponent, symbol_exponent, age_exponent : float
        Of the power laws of quantities, distances from the price, activity of symbols and ages of
        canceled orders.
    volumes, prices : str
        ``"power"``, or ``"uniform"`` within the bounds.
    sides : str
        ``"drawn"`` or ``"alternate"``.
    arrivals : str
        ``"poisson"``, ``"hawkes"`` or ``"uniform"``.
    branching, decay_seconds : float
        Of Hawkes arrivals: how many others an order sets off, in the mean, and after what mean time
        each of them comes.
    session_seconds : float
        After so long a user leaves, and all that he has open is canceled.
    depth : int
        Orders in all books together before the run.
    seed : int
        Of all that is drawn.
    faults : tuple of Fault
        What goes wrong on purpose.
    criteria : Criteria
        What a run must keep.
    stop_when : StopWhen
        When it is stopped early.
    compression : float
        By how much its time was compressed; see `scaled`.

    Raises
    ------
    SpecificationError
        With everything that is wrong.

    Examples
    --------
    >>> demo = scenario("demo-recommended")
    >>> demo.seconds, demo.peak_rate, demo.orders, demo.users, len(demo.symbols)
    (900.0, 3000.0, 2619000, 150, 6)
    >>> short = demo.scaled(seconds=15)
    >>> short.label, short.peak_rate, short.ramp_seconds
    ('demo-recommended, 15 min in 15 s', 3000.0, 1.5)
    """

    name: str
    stages: tuple[Stage, ...]
    title: str = ""
    source: str = ""
    repeat: int = 1
    ramp_seconds: float = 0.0
    ramp_from: float = 0.4
    users: int = 100
    symbols: tuple[str, ...] = ("BTCUSD",)
    market: float = 0.6
    limit: float = 0.35
    stop: float = 0.025
    stop_limit: float = 0.025
    cancels: float = 0.15
    quotes: float = 0.7
    makers: int = 4
    quote_levels: int = 5
    buy_ratio: float = 0.52
    opening_price: DecimalLike = "50000"
    tick_size: DecimalLike = "0.5"
    lot_size: DecimalLike = "0.01"
    price_variation: float = 0.15
    spread_ticks: int = 10
    volatility: float = 0.0001
    volume_least: DecimalLike = "0.5"
    volume_most: DecimalLike = "15"
    volume_exponent: float = 1.5
    offset_exponent: float = 0.6
    symbol_exponent: float = 0.8
    age_exponent: float = 1.0
    volumes: str = "power"
    prices: str = "power"
    sides: str = "drawn"
    arrivals: str = "poisson"
    branching: float = 0.6
    decay_seconds: float = 0.05
    session_seconds: float = 60.0
    depth: int = 10_000
    seed: int = 7
    faults: tuple[Fault, ...] = ()
    criteria: Criteria = field(default_factory=Criteria)
    stop_when: StopWhen = field(default_factory=StopWhen)
    compression: float = 1.0

    ROWS: ClassVar[Mapping[str, type[Specification]]] = {"stages": Stage, "faults": Fault}
    PARTS: ClassVar[Mapping[str, type[Specification]]] = {
        "criteria": Criteria,
        "stop_when": StopWhen,
    }

    def __post_init__(self) -> None:
        problems = Problems()
        _read_words(self, problems)
        _read_rows(self, problems)
        _read_grid(self, problems)
        _read(self, problems, FLOATS, whole=WHOLE)
        _read_together(self, problems)
        _conclude(problems)

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.repeat * sum(stage.seconds for stage in self.stages)

    @property
    def end_ns(self) -> int:
        """How long it takes, nanoseconds."""
        return round(self.seconds * SECOND_NS)

    @property
    def peak_rate(self) -> float:
        """The highest rate of any stage, orders a second."""
        return max(stage.orders_per_second for stage in self.stages)

    @property
    def orders(self) -> int:
        """How many orders of users there are in the mean."""
        most = self.repeat * sum(stage.seconds * stage.orders_per_second for stage in self.stages)
        first = self.stages[0].orders_per_second
        return round(most - self.ramp_seconds * first * (1 - self.ramp_from) / 2)

    @property
    def label(self) -> str:
        """Its name, and by how much its time was compressed."""
        if self.compression == 1:
            return self.name
        return f"{self.name}, {_time(self.seconds * self.compression)} in {_time(self.seconds)}"

    def scaled(self, seconds: float) -> Scenario:
        """Return the same rates in a shorter or longer time.

        Stages, the ramp, the times of faults and of recovery are compressed; `session_seconds` and
        what else says how the market behaves is not.

        Parameters
        ----------
        seconds
            How long it shall take, above 0.

        Raises
        ------
        SpecificationError
            No time at all.
        """
        if not 0 < float(seconds) <= DAY:
            raise SpecificationError(f"seconds was {seconds}, must be above 0, at most {DAY}")
        factor = float(seconds) / self.seconds
        recovery = self.criteria.recovery_seconds
        if recovery is not None:
            recovery *= factor
        return replace(
            self,
            criteria=replace(self.criteria, recovery_seconds=recovery),
            stages=tuple(replace(each, seconds=each.seconds * factor) for each in self.stages),
            ramp_seconds=self.ramp_seconds * factor,
            faults=tuple(
                replace(
                    each,
                    at=each.at * factor,
                    seconds=each.seconds * factor,
                    every=each.every * factor,
                )
                for each in self.faults
            ),
            compression=self.compression / factor,
        )

    def at_rate(self, orders_per_second: float, seconds: float) -> Scenario:
        """Return the same order flow at one rate, without ramp, faults and rules to stop.

        Parameters
        ----------
        orders_per_second
            The rate.
        seconds
            For how long.
        """
        stage = Stage(seconds=seconds, orders_per_second=orders_per_second)
        return replace(
            self, stages=(stage,), repeat=1, ramp_seconds=0.0, faults=(), stop_when=StopWhen(),
            compression=1.0,
        )  # fmt: skip

    def with_seed(self, seed: int) -> Scenario:
        """Return the same with another seed.

        Parameters
        ----------
        seed : int
            From 0 to 2^63 - 1. All that is drawn follows from it: the same flow of the same seed.

        Raises
        ------
        SpecificationError
            It is no such number.
        """
        return replace(self, seed=seed)

    def rate_at(self, second: float) -> float:
        """Return the rate at a time, orders a second; 0 before the start and after the end.

        Parameters
        ----------
        second : float
            Since the start. The stages are gone through `repeat` times, and the first
            `ramp_seconds` rise.

        Raises
        ------
        TypeError
            It is no number.
        """
        second = number_of("second", second)
        if not 0 <= second < self.seconds:
            return 0.0
        left = second % (self.seconds / self.repeat)
        rate = self.stages[-1].orders_per_second
        for stage in self.stages:
            if left < stage.seconds:
                rate = stage.orders_per_second
                break
            left -= stage.seconds
        if second >= self.ramp_seconds:
            return rate
        risen = second / self.ramp_seconds
        return rate * (self.ramp_from + (1 - self.ramp_from) * risen)

    def ticks(self, amount: Decimal) -> int:
        """Return a price in ticks, the nearest one.

        Parameters
        ----------
        amount : Decimal
            In units of the price, as `opening_price` is.

        Raises
        ------
        GridError
            It is no number, or has too many digits.
        """
        return round(bounded_of("price", amount) / decimal_of("tick_size", self.tick_size))

    def lots(self, amount: Decimal) -> int:
        """Return a quantity in lots, the nearest one.

        Parameters
        ----------
        amount : Decimal
            In units of the quantity, as `volume_least` is.

        Raises
        ------
        GridError
            It is no number, or has too many digits.
        """
        return round(bounded_of("quantity", amount) / decimal_of("lot_size", self.lot_size))

    @property
    def opening_ticks(self) -> int:
        """The opening price in ticks."""
        return self.ticks(decimal_of("opening_price", self.opening_price))

    @property
    def accounts(self) -> int:
        """How many accounts there are, makers after users."""
        return self.users + (self.makers if self.quotes else 0)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return _plain(cls)


SHARE: Final = (0.0, 1.0)
FLOATS: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys((*SHARES, "cancels", "ramp_from", "buy_ratio"), SHARE),
    "quotes": (0, 10),
    "ramp_seconds": (0, DAY),
    "price_variation": (0.001, 0.3),
    "volatility": (0, 0.01),
    "volume_exponent": (0.1, 10),
    "offset_exponent": (0.1, 10),
    "symbol_exponent": (0, 10),
    "age_exponent": (0.1, 10),
    "branching": (0, 0.95),
    "decay_seconds": (0.000_001, HOUR),
    "session_seconds": (0.1, DAY),
    "compression": (0.000_001, 1e9),
}
WHOLE: Final[dict[str, tuple[int, int]]] = {
    "repeat": (1, 10_000),
    "users": (1, USERS_MAX),
    "makers": (1, 1_000),
    "quote_levels": (1, 100),
    "spread_ticks": (2, 10**6),
    "depth": (0, 10_000_000),
    "seed": (0, 2**63 - 1),
}


def _plain(cls: type[Any]) -> dict[str, Any]:
    return {
        each.name: each.default_factory() if callable(each.default_factory) else each.default
        for each in fields(cls)
    }


def _read(
    spec: Any,
    problems: Problems,
    bounds: Mapping[str, tuple[float, float]],
    whole: Mapping[str, tuple[int, int]] | None = None,
) -> None:
    """Read numbers, each as a float or an int; one may be absent where None is its default."""
    plain = _plain(type(spec))
    for name, (least, most) in bounds.items():
        value = getattr(spec, name)
        if value is not None or plain[name] is not None:
            low, high = Decimal(str(least)), Decimal(str(most))
            number = problems.decimal(name, value, least=low, most=high)
            object.__setattr__(spec, name, value if number is None else float(number))
    for name, ends in (whole or {}).items():
        count = problems.whole(name, getattr(spec, name), *ends)
        object.__setattr__(spec, name, count)


def _is_zero(number: object) -> bool:
    """Whether a number that could be read is 0."""
    return isinstance(number, float) and number == 0


def _conclude(problems: Problems) -> None:
    """Raise with all that is wrong, if anything is."""
    if problems:
        raise SpecificationError("; ".join(problems))


def _read_words(spec: Scenario, problems: Problems) -> None:
    for name in ("name", "title", "source"):
        if not isinstance(getattr(spec, name), str):
            problems.append(f"{name} was {shown(getattr(spec, name))}, must be text")
            object.__setattr__(spec, name, "")
    object.__setattr__(spec, "source", " ".join(spec.source.split()))
    problems.word("arrivals", spec.arrivals, ARRIVALS)
    problems.word("volumes", spec.volumes, LAWS)
    problems.word("prices", spec.prices, LAWS)
    problems.word("sides", spec.sides, SIDES)


def _read_rows(spec: Scenario, problems: Problems) -> None:
    """Take stages, symbols and faults as tuples, and the parts as they are."""
    for name, kind in {"stages": Stage, "symbols": str, "faults": Fault}.items():
        rows: tuple[Any, ...] | None = problems.rows(name, getattr(spec, name), kind)
        if rows == () and name != "faults":
            problems.append(f"{name} was empty, must have one or more")
        object.__setattr__(spec, name, rows or ())
    for name, kind in spec.PARTS.items():
        problems.part(name, getattr(spec, name), kind)
    if len(spec.symbols) > SYMBOLS_MAX:
        problems.append(f"symbols were {len(spec.symbols)}, must be from 1 to {SYMBOLS_MAX}")
    if len(set(spec.symbols)) != len(spec.symbols):
        problems.append("symbols: one stood there twice")
    for place, fault in enumerate(spec.faults):
        if fault.symbol >= len(spec.symbols) > 0:
            problems.append(
                f"faults[{place}]: symbol was {fault.symbol}, must be below {len(spec.symbols)}"
            )


def _read_grid(spec: Scenario, problems: Problems) -> None:
    """Check that prices and quantities lie on the grid, and within what the core is told."""
    tick, lot, price, least, most = (
        problems.step(name, getattr(spec, name))
        for name in ("tick_size", "lot_size", "opening_price", "volume_least", "volume_most")
    )
    if least and most and least > most:
        problems.append(f"volume_least was {least}, above volume_most, which was {most}")
    for name, value, step, bound in (
        ("opening_price", price, tick, PRICE_TICKS_MAX),
        ("volume_least", least, lot, QUANTITY_LOTS_MAX),
        ("volume_most", most, lot, QUANTITY_LOTS_MAX),
    ):
        if value and step and (EXACT.remainder(value, step) or value > EXACT.multiply(step, bound)):
            problems.append(f"{name} was {value}, must be 1 to {bound:,} steps of {step}")
    if not (tick and lot and price and most):
        return
    worth = EXACT.divide(EXACT.multiply(price, most), EXACT.multiply(tick, lot))
    if worth > VALUE_MAX:
        problems.append(
            f"opening_price times volume_most was {worth:.3g} ticks times lots,"
            f" must be at most {VALUE_MAX:.3g}"
        )


def _read_together(spec: Scenario, problems: Problems) -> None:
    """Check what hangs together."""
    for place, fault in enumerate(spec.faults):
        if fault.every and spec.seconds / fault.every > FAULT_TIMES_MAX:
            problems.append(
                f"faults[{place}]: every was {fault.every}, which is more than"
                f" {FAULT_TIMES_MAX:,} times"
            )
    if spec.stages and not any(stage.orders_per_second for stage in spec.stages):
        problems.append("stages: orders_per_second was 0 in all of them")
    shares = [getattr(spec, name) for name in (*SHARES, "cancels")]
    if not all(isinstance(share, float) for share in shares):
        return  # told where each of them was read
    *types, cancels = shares
    if abs(sum(types) - 1) > TOLERANCE:
        problems.append(f"{', '.join(SHARES)} were {sum(types):g} together, must be 1")
    if cancels > spec.limit + TOLERANCE:
        problems.append(f"cancels was {cancels:g}, must be at most limit, which was {spec.limit:g}")


def _time(seconds: float) -> str:
    """Return a time as people say it."""
    for name, size in (("h", HOUR), ("min", MINUTE)):
        if seconds >= size - TOLERANCE and abs(seconds / size - round(seconds / size)) < 1e-6:
            return f"{round(seconds / size)} {name}"
    return f"{seconds:.4g} s"


def _names() -> tuple[str, ...]:
    place = resources.files("engine.load").joinpath("scenarios")
    found = (each.name for each in place.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


SCENARIOS: Final = _names()
"""The names of all scenarios that the package brings, sorted."""


def scenario(name: str) -> Scenario:
    """Return a scenario that the package brings.

    Parameters
    ----------
    name
        One of `SCENARIOS`.

    Raises
    ------
    LoadError
        There is none of that name.

    Examples
    --------
    >>> scenario("pincex-spike").label
    'pincex-spike'
    >>> scenario("tsunami")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    engine.errors.LoadError: scenario was 'tsunami', not one of 'baseline', ...
    """
    return Scenario.from_dict(_tables_of(name))


def read_scenario(path: str | Path) -> Scenario:
    """Read a scenario of one's own.

    Parameters
    ----------
    path
        A TOML file with the fields of `Scenario`; ``like = "NAME"`` takes what is not given from a
        scenario of the package.

    Raises
    ------
    SpecificationError
        It is no TOML, or everything that is wrong with it; the message begins with the path.
    LoadError
        It is like one that there is not.
    """
    place = Path(path)
    found = toml_tables(place.read_bytes(), str(place))
    try:
        return Scenario.from_dict(_with_what_it_is_like({"name": place.stem, **found}))
    except SpecificationError as error:
        raise SpecificationError(f"{place}: {error}") from None


def _tables_of(name: str) -> dict[str, Any]:
    if name not in SCENARIOS:
        known = ", ".join(map(repr, SCENARIOS))
        raise LoadError(f"scenario was {shown(name)}, not one of {known}")
    place = resources.files("engine.load").joinpath("scenarios", f"{name}.toml")
    found = toml_tables(place.read_text(encoding="utf-8"), place.name)
    return _with_what_it_is_like({"name": name, **found})


def _with_what_it_is_like(tables: dict[str, Any]) -> dict[str, Any]:
    if LIKE not in tables:
        return tables
    return {**_tables_of(str(tables.pop(LIKE))), **tables}
