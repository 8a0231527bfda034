"""What a run came to, as plain data: the JSON of a bench and its HTML report have the same figures.

Units are in the names (``_ns`` nanoseconds, ``_s`` seconds, ``_bytes``), except where a budget
brings its own. Times count from the start of the run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, Self

from engine.bench.plain_data import from_plain, to_plain
from engine.budgets import Check, Verdict
from engine.errors import SpecificationError
from engine.load import Counts, Window
from engine.measurement import LatencyHistogram, Machine, Noise

__all__ = [
    "VERDICTS",
    "BudgetRow",
    "CheckFigure",
    "FaultMark",
    "Ladder",
    "LatencyFigures",
    "Level",
    "ReportData",
    "Windows",
]

VERDICTS: Final = ("kept", "missed", "not measured", "not checked", "held by a test", "needs")
"""What becomes of a row of a budget, in the words of `engine.budgets.Outcome`."""


@dataclass(frozen=True)
class CheckFigure:
    """One limit of a budget and what was measured.

    Attributes
    ----------
    name : str
        Which figure: "p99", "rate".
    measured, bound : float
        In `unit`.
    sense : {"at most", "at least"}
        How `bound` is meant.
    unit : str
        As it is written behind a number: "ms", "/s", "GB", "%".
    factor : float or None
        How many times better than asked; below 1 the limit is missed. None is without end, when
        nothing was found of what may be there at most.
    is_kept : bool
        Whether the system's limit was kept.
    own_bound : float or None
        Our own limit: ten times our recorded figure; None where nothing is recorded.
    own_is_kept : bool or None
        Whether that was kept; None without one.
    """

    name: str
    measured: float
    bound: float
    sense: Literal["at most", "at least"]
    unit: str
    factor: float | None
    is_kept: bool
    own_bound: float | None = None
    own_is_kept: bool | None = None

    @classmethod
    def of(cls, name: str, check: Check, own: Check | None = None) -> Self:
        """Return a check of a budget under its name in the row, with our own beside it."""
        return cls(
            name=name,
            measured=check.measured,
            bound=check.bound,
            sense=check.sense,
            unit=check.unit,
            factor=check.factor if math.isfinite(check.factor) else None,
            is_kept=check.is_kept,
            own_bound=None if own is None else own.bound,
            own_is_kept=None if own is None else own.is_kept,
        )


@dataclass(frozen=True)
class BudgetRow:
    """One row of a system's budget.

    Attributes
    ----------
    what, stated : str
        As the system's document writes it: the component, and the figure.
    verdict : str
        One of `VERDICTS`. "missed" when one of our own limits was, too.
    reason : str
        What was missed, why it was not checked or measured, what holds or what it needs; empty
        when all was kept.
    checks : tuple of CheckFigure
        Empty when nothing was measured.
    """

    what: str
    stated: str
    verdict: Literal["kept", "missed", "not measured", "not checked", "held by a test", "needs"]
    reason: str = ""
    checks: tuple[CheckFigure, ...] = ()

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """Return a row that was judged.

        Examples
        --------
        >>> from engine.budgets import LatencyBudget, Measurement, Row
        >>> budget = LatencyBudget("validation", p50=2, p99=10)
        >>> row = Row(
        ...     what="order validation p50 / p99",
        ...     stated="2 / 10 ms",
        ...     budgets=(budget,),
        ...     measured_by="order_validation",
        ... )
        >>> shown = BudgetRow.of(row.verdict(Measurement({"p50": 4e6, "p99": 5e6})))
        >>> shown.verdict, [(check.name, check.factor) for check in shown.checks]
        ('missed', [('p50', 0.5), ('p99', 2.0)])
        """
        row = verdict.row
        components = [budget.component for budget in row.budgets for _ in budget.bounds()]
        own = {check.what: check for check in verdict.own}
        checks = tuple(
            CheckFigure.of(
                check.what.removeprefix(component).strip() or check.what,
                check,
                own.get(f"{check.what} (our own budget)"),
            )
            for component, check in zip(components, verdict.checks, strict=False)
        )
        return cls(row.name, row.stated, verdict.outcome.value, verdict.why, checks)


@dataclass(frozen=True)
class LatencyFigures:
    """Latency of all commands of a run, seen from one place.

    Attributes
    ----------
    name : str
        "from the scheduled time", "of the call alone".
    count : int
        Commands.
    mean_ns : float
        Their mean.
    percentiles_ns : dict of str to int
        "p50", "p95", "p99", "p99.9", "max".
    one_in : tuple of float
        Points of the curve: one in how many takes longer ...
    longer_than_ns : tuple of float
        ... than this.
    """

    name: str
    count: int
    mean_ns: float
    percentiles_ns: dict[str, int]
    one_in: tuple[float, ...] = ()
    longer_than_ns: tuple[float, ...] = ()

    @classmethod
    def of(cls, name: str, histogram: LatencyHistogram) -> Self:
        """Return the figures of a histogram.

        Examples
        --------
        >>> histogram = LatencyHistogram()
        >>> histogram.record(800)
        >>> LatencyFigures.of("of the call alone", histogram).percentiles_ns["max"]
        800
        """
        one_in, longer_than_ns = histogram.curve()
        return cls(
            name,
            histogram.count,
            histogram.mean_ns,
            histogram.percentiles(),
            tuple(one_in),
            tuple(longer_than_ns),
        )


@dataclass(frozen=True)
class Windows:
    """The run over time: columns of equal length, an entry a window.

    Attributes
    ----------
    start_s, seconds : tuple of float
        Where each window begins, and how long it is.
    sent, reports, trades, rejected, errors : tuple of int
        How many in the window.
    p50_ns, p99_ns, max_ns : tuple of int
        Latency from the scheduled time, of what was answered in the window.
    resident_bytes : tuple of (int or None)
        Memory of the process at its end; None where the system doesn't tell.
    resting_orders : tuple of (int or None)
        In all books at its end; None where the target doesn't tell.
    lag_ns : tuple of int
        How long the command that was next at its end had waited.
    cpu_share : tuple of float
        Processor time, as a share of the processors that the process may use.
    """

    start_s: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    sent: tuple[int, ...] = ()
    reports: tuple[int, ...] = ()
    trades: tuple[int, ...] = ()
    rejected: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()
    p50_ns: tuple[int, ...] = ()
    p99_ns: tuple[int, ...] = ()
    max_ns: tuple[int, ...] = ()
    resident_bytes: tuple[int | None, ...] = ()
    resting_orders: tuple[int | None, ...] = ()
    lag_ns: tuple[int, ...] = ()
    cpu_share: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        lengths = {column.name: len(getattr(self, column.name)) for column in fields(self)}
        if len(set(lengths.values())) > 1:
            raise SpecificationError(f"windows: columns had lengths {lengths}, must have one")
        if any(seconds <= 0 for seconds in self.seconds):
            raise SpecificationError(f"windows: seconds were {min(self.seconds)}, must be above 0")

    def __len__(self) -> int:
        return len(self.start_s)

    @classmethod
    def of(cls, windows: Sequence[Window]) -> Self:
        """Return the windows of a run as columns; those that took no time are left out.

        Examples
        --------
        >>> counts = Counts(sent=900, trades=400)
        >>> percentiles = {"p50": 2_000, "p99": 9_000, "max": 70_000}
        >>> columns = Windows.of([Window(0.0, 1.0, counts, percentiles, 0, 5_000, None, 0.4)])
        >>> columns.sent, columns.p99_ns
        ((900,), (9000,))
        """
        shown = [window for window in windows if window.end_s > window.start_s]
        return cls(
            start_s=tuple(window.start_s for window in shown),
            seconds=tuple(window.end_s - window.start_s for window in shown),
            sent=tuple(window.counts.sent for window in shown),
            reports=tuple(window.counts.reports for window in shown),
            trades=tuple(window.counts.trades for window in shown),
            rejected=tuple(window.counts.rejected for window in shown),
            errors=tuple(window.counts.errors for window in shown),
            p50_ns=tuple(window.percentiles["p50"] for window in shown),
            p99_ns=tuple(window.percentiles["p99"] for window in shown),
            max_ns=tuple(window.percentiles["max"] for window in shown),
            resident_bytes=tuple(window.resident_bytes for window in shown),
            resting_orders=tuple(window.resting for window in shown),
            lag_ns=tuple(window.lag_ns for window in shown),
            cpu_share=tuple(window.cpu for window in shown),
        )


@dataclass(frozen=True)
class Level:
    """A price, as a decimal, and what rests there."""

    price: str
    quantity: float


@dataclass(frozen=True)
class Ladder:
    """The book of one symbol at the end, best prices first."""

    symbol: str
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()


@dataclass(frozen=True)
class FaultMark:
    """A fault that was injected on purpose, and when."""

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class ReportData:
    """A run and its verdict.

    Attributes
    ----------
    title : str
        The system's name in words.
    profile, scenario : str
        Their names on the command line.
    time_label : str
        How time was scaled, "15 min in 15 s"; empty when it was not.
    started : str
        Date and time, ISO 8601 in UTC.
    command : str
        Repeats the run.
    seconds : float
        How long it took.
    stopped_because : str
        The rule that ended the run early; empty when it ran to its end.
    loop : {"open", "closed"}
        Whether arrivals were scheduled in advance.
    counts : Counts
        What was sent, and what came of it.
    conditions : dict of str to str
        What was on while it was measured, in words: checks, accounts, depth, workers, seed.
    machine : Machine
        Where.
    noise : Noise or None
        What else ran on the machine; None when nobody watched.
    budgets : tuple of BudgetRow
        Every row of the profile.
    compared : tuple of CheckFigure
        Figures beside those of a saved run, where there is one.
    latencies : tuple of LatencyFigures
        The first counts from the scheduled time.
    windows, ladder, faults
        The run over time, the busiest book at its end, what was injected.
    rejects, failures : dict of str to int
        Rejected commands by reason, and calls that raised by error.
    state_hash : str
        Of the engine at the end; empty for another target.

    Examples
    --------
    >>> from engine.measurement import machine
    >>> data = ReportData(
    ...     title="The demo exchange",
    ...     profile="demo",
    ...     scenario="demo-recommended",
    ...     time_label="15 min in 15 s",
    ...     started="2026-11-26T21:00:00Z",
    ...     command="python -m engine bench --profile demo --seconds 15",
    ...     seconds=15.0,
    ...     stopped_because="",
    ...     loop="open",
    ...     counts=Counts(sent=45_000, reports=93_000, trades=25_000, rejected=40),
    ...     conditions={"checks": "balance", "accounts": "150", "depth": "9,000 orders"},
    ...     machine=machine(),
    ... )
    >>> ReportData.from_dict(data.to_dict()) == data
    True
    >>> ReportData.from_dict(data.to_dict() | {"seconds": "15", "users": 150})
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: seconds was '15', must be a float; users is not known
    """

    title: str
    profile: str
    scenario: str
    time_label: str
    started: str
    command: str
    seconds: float
    stopped_because: str
    loop: Literal["open", "closed"]
    counts: Counts
    conditions: dict[str, str]
    machine: Machine
    noise: Noise | None = None
    budgets: tuple[BudgetRow, ...] = ()
    compared: tuple[CheckFigure, ...] = ()
    latencies: tuple[LatencyFigures, ...] = ()
    windows: Windows = Windows()
    ladder: Ladder | None = None
    faults: tuple[FaultMark, ...] = ()
    rejects: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    state_hash: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as dictionaries, lists, strings and numbers, which JSON can take."""
        plain = to_plain(self)
        assert isinstance(plain, dict)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> ReportData:
        """Return what `to_dict` was made of.

        Parameters
        ----------
        plain : mapping of str to object
            As `to_dict` returns it, or as `json.loads` reads it again.

        Raises
        ------
        SpecificationError
            Something is missing, unknown or of another type; lists all of it.
        """
        return from_plain(cls, plain)
