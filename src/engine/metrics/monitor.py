"""All figures of a venue: where reports, counters and the caller's own measurements go in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

import numpy as np

from engine._copies import CopiedWhole
from engine._members import says_names, truth_of
from engine._schema import BUY, REPORT_DTYPE, SELL, CommandKind, ExecType, RejectReason, Side
from engine._shown import check_kind, counted, shown
from engine.errors import MetricsError
from engine.metrics.flow import NEW, REJECTED, SUBMIT, TAKER, OrderFlow, heads_of
from engine.metrics.kpis import (
    COUNTERS,
    GAUGES,
    KPIS,
    LATENCIES,
    PERCENTAGES,
    TOTALS,
    KpiKind,
    Source,
    kpi,
)
from engine.metrics.latencies import Durations, LatencyWindow
from engine.metrics.process import ProcessWatch
from engine.metrics.timeline import SECOND_NS, Timeline, time_after
from engine.metrics.windows import CounterWindows, GaugeWindows, Points, UptimeWindow
from engine.records import Counters, OpenInterest, RecordArray

__all__ = ["CounterKeeper", "Metrics", "PositionKeeper"]

NS_PER_MS: Final = 1_000_000
ACTIVE_SECONDS: Final = 300
NEVER: Final = -(2**62)
ACCOUNTS_MAX: Final = 1_000_000
"""Accounts from 0 to this are told apart when active users are counted; the others are one."""

Instruments: TypeAlias = np.ndarray[Any, Any]
Truths: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


@runtime_checkable
class CounterKeeper(Protocol):
    """What has counters to read: a `Core`, or an engine."""

    def counters(self) -> Counters:
        """Return what was done since the beginning."""

    def __len__(self) -> int: ...


@runtime_checkable
class PositionKeeper(Protocol):
    """What has positions to ask for: a `Core`, or an engine."""

    def open_interest(self) -> OpenInterest:
        """Return what is open in all instruments together."""


@says_names
class Metrics(CopiedWhole):
    """Counters, latencies, gauges and uptime of a venue, over windows, in bounded memory.

    No clock is read: every call says what time it is, and times don't go back. Rates are of whole
    seconds, the running one left out; percentiles, shares and uptime include it. One thread at a
    time uses it, as it is with engines.

    Parameters
    ----------
    symbols : mapping of int to str, or sequence of str
        Names of instruments, by number, for the figures that are told by symbol.
    exchange : str
        What the label ``exchange`` says.
    symbols_max : int
        How many may be named; all others are ``"other"``.

    Examples
    --------
    >>> from engine._book import OrderBook
    >>> from engine._schema import BUY, SELL
    >>> metrics, book = Metrics(["BTCUSD"]), OrderBook()
    >>> metrics.record(book.submit(SELL, 100, 5).reports, 0)
    >>> metrics.record(book.submit(BUY, 100, 3).reports, 500_000_000)
    >>> metrics.value("trades_per_second", SECOND_NS)
    1.0
    >>> metrics.record_latency("api", np.array([20, 30, 90]) * 1_000_000, SECOND_NS)
    >>> metrics.value("api_latency_p95_ms", SECOND_NS)
    90.0
    >>> metrics.value("uptime", SECOND_NS) is None
    True
    """

    def __init__(
        self,
        symbols: Mapping[int, str] | Sequence[str] = (),
        *,
        exchange: str = "engine",
        symbols_max: int = 1_000,
    ) -> None:
        self.counters: Final = CounterWindows(tuple(COUNTERS))
        self.gauges: Final = GaugeWindows(tuple(GAUGES), PERCENTAGES)
        self.uptime: Final = UptimeWindow()
        self.flow: Final = OrderFlow(symbols, exchange, symbols_max)
        self._latencies: dict[str, LatencyWindow] = {}
        self._reports_by_type: Counter[ExecType] = Counter()
        self._rejects_by_reason: Counter[RejectReason] = Counter()
        self._last_seen = np.zeros(0, np.int64)
        self._activity = Timeline(SECOND_NS, 2)
        self._watch = ProcessWatch()
        self._next_read_ns = 0
        self._now_ns = 0

    def __repr__(self) -> str:
        named = counted(len(self.flow.symbols) - 1, "symbol")  # and all others
        return f"Metrics({named}, now_ns={self._now_ns})"

    # What goes in.

    def record(
        self, reports: RecordArray, now_ns: int, durations_ns: int | Durations | None = None
    ) -> None:
        """Count a batch of reports, by symbol too.

        Parameters
        ----------
        reports : ndarray of REPORT_DTYPE
            What `match` returned, whole.
        now_ns : int
            Nanoseconds.
        durations_ns : int or ndarray of int64, optional
            How long these reports took, nanoseconds: one for all, or one each. They go to
            "matching" and, of the answers to new orders, into
            pincex_order_processing_duration_seconds.

        Raises
        ------
        MetricsError
            Other records, not as many durations as reports, a duration below 0, a time that goes
            back, or an engine whose counters are read.
        """
        check_kind("reports", reports, np.ndarray)
        if reports.dtype != REPORT_DTYPE:
            raise MetricsError(f"reports were of {reports.dtype}, must be of REPORT_DTYPE")
        if durations_ns is not None:
            _check_durations(durations_ns, len(reports))
        self._go_on(now_ns)
        heads = heads_of(reports)
        answered = self._count(heads, reports, now_ns)
        self.flow.record(heads, answered)
        self._note_accounts(heads["account"], now_ns)
        if durations_ns is not None:
            self.record_latency("matching", durations_ns, now_ns)
            each = np.broadcast_to(durations_ns, reports.shape)
            types = reports["order_type"][answered]
            self.flow.record_processing(heads[answered], types, each[answered])

    def read(self, keeper: CounterKeeper, now_ns: int) -> None:
        """Read the counters of an engine, once a second at most, and how many orders live.

        It costs some microseconds a second whatever the engine does meanwhile, where `record` looks
        at every report. For one engine use one of the two. Counters don't tell which of the refused
        commands were orders, so "order_success_rate" stays unknown.

        Parameters
        ----------
        keeper : CounterKeeper
            A `Core`, or an engine. What it did before it is first read is in totals, not in rates.
        now_ns : int
            Nanoseconds.

        Raises
        ------
        MetricsError
            Counters that shrink or pass 2^63 - 1, a time that goes back, or reports that were
            recorded.

        Examples
        --------
        >>> from engine._book import OrderBook
        >>> from engine._schema import BUY, SELL
        >>> metrics, book = Metrics(), OrderBook()
        >>> metrics.read(book.core, 0)
        >>> for side, quantity in ((SELL, 5), (BUY, 3), (BUY, 0)):
        ...     _ = book.submit(side, 100, quantity)
        >>> metrics.read(book.core, SECOND_NS)
        >>> metrics.counters.total("orders"), metrics.counters.total("traded_lots")
        (3, 3)
        >>> metrics.rejects_by_reason(), metrics.value("order_success_rate", SECOND_NS)
        ({'quantity_too_small': 1}, None)
        """
        self._go_on(now_ns)
        if now_ns < self._next_read_ns:
            return
        check_kind("keeper", keeper, CounterKeeper)
        found = keeper.counters()
        self.counters.read({name: of(found) for name, of in TOTALS.items()}, now_ns)
        self._reports_by_type, self._rejects_by_reason = found.reports, found.rejects
        self.gauges.set("live_orders", len(keeper), now_ns)
        self._next_read_ns = (now_ns // SECOND_NS + 1) * SECOND_NS

    def read_positions(self, keeper: PositionKeeper, now_ns: int) -> None:
        """Ask how many positions are open, and how many lots the long ones have.

        An engine looks at each position for that, so not in every batch.

        Parameters
        ----------
        keeper : PositionKeeper
            A `Core`, or an engine, with accounts; without, nothing is open.
        now_ns : int
            Nanoseconds.

        Raises
        ------
        MetricsError
            A time that goes back.
        TypeError
            What has no positions to ask for.
        """
        self._go_on(now_ns)
        check_kind("keeper", keeper, PositionKeeper)
        found = keeper.open_interest()
        self.gauges.set("open_positions", found.positions, now_ns)
        self.gauges.set("open_interest", found.lots, now_ns)

    def read_process(self, now_ns: int) -> None:
        """Look at processor time and memory of this process.

        It sets the gauges "cpu_percent", "memory_percent" and "memory_bytes", as far as the system
        tells them.

        Parameters
        ----------
        now_ns : int
            Nanoseconds, of a clock that runs as the system's does: processor time is that since the
            last look, of what passed meanwhile. The first look doesn't tell of it.

        Raises
        ------
        MetricsError
            A time that goes back.
        """
        self._go_on(now_ns)
        for name, value in self._watch.look(now_ns)._asdict().items():
            if value is not None:
                self.gauges.set(name, value, now_ns)

    def count(self, name: str, amount: int, now_ns: int) -> None:
        """Count what only the caller sees, such as "api_requests".

        Parameters
        ----------
        name : str
            One of `engine.metrics.COUNTERS`.
        amount : int
            How many more; 0 says that it is counted, so that its figures are 0 and not unknown.
        now_ns : int
            Nanoseconds.

        Raises
        ------
        MetricsError
            An amount below 0, an unknown name, a total that is read from an engine or comes above
            2^63 - 1, or a time that goes back.
        """
        self._go_on(now_ns)
        self.counters.add(name, amount, now_ns)

    def set_gauge(self, name: str, value: float, now_ns: int) -> None:
        """Tell what only the caller knows, such as "connections".

        Parameters
        ----------
        name : str
            One of `engine.metrics.GAUGES`, which says the unit of each.
        value : float
            At least 0; percentages are at most 100.
        now_ns : int
            Nanoseconds.

        Raises
        ------
        MetricsError
            A value out of its range, an unknown name, or a time that goes back.
        TypeError
            The value is no number.
        """
        self._go_on(now_ns)
        self.gauges.set(name, value, now_ns)

    def set_up(self, is_up: bool, now_ns: int) -> None:
        """Tell whether the venue is up from now on.

        Parameters
        ----------
        is_up : bool
            True while it takes orders.
        now_ns : int
            From when on, nanoseconds.

        Raises
        ------
        MetricsError
            A time that goes back.
        TypeError
            `is_up` is no bool.
        """
        is_up = truth_of(is_up, "is_up")
        self._go_on(now_ns)
        self.uptime.set(is_up, now_ns)

    def record_latency(self, name: str, durations_ns: int | Durations, now_ns: int) -> None:
        """Record how long something took, once or often.

        Parameters
        ----------
        name : str
            One of `engine.metrics.LATENCIES`.
        durations_ns : int or ndarray of int64
            Nanoseconds, of one or of each, in any shape; more than an hour is an hour.
        now_ns : int
            Nanoseconds. All count as of now, whenever they ended.

        Raises
        ------
        MetricsError
            An unknown name, a duration below 0, other numbers than integers, or a time that goes
            back.
        """
        _check_latency(name)
        self._go_on(now_ns)
        if name not in self._latencies:
            self._latencies[name] = LatencyWindow()
        self._latencies[name].record(durations_ns, now_ns)

    def record_executions(
        self,
        instruments: int | Instruments,
        sides: Side | int | Instruments,
        durations_ns: int | Durations,
        now_ns: int,
    ) -> None:
        """Record how long executions took from end to end, as Bot Core and Trade Bot count them.

        Parameters
        ----------
        instruments, sides : int or array of int, shape (n,)
            The number of each one's instrument, and its side, 1 or -1; or one for all.
        durations_ns : int or array of int64, shape (n,)
            Nanoseconds, of one execution or of each. They go to "trade_execution" too.
        now_ns : int
            Nanoseconds.

        Raises
        ------
        MetricsError
            Not as many of each, another side, a duration below 0, or a time that goes back.
        """
        durations = np.atleast_1d(durations_ns)
        numbers, places = (
            np.full(len(durations), its) if np.ndim(its) == 0 else np.asarray(its)
            for its in (instruments, sides)
        )
        if not numbers.shape == places.shape == durations.shape == (len(durations),):
            shapes = f"{numbers.shape}, {places.shape} and {durations.shape}"
            raise MetricsError(f"instruments, sides and durations_ns had the shapes {shapes}")
        _check_durations(durations, len(durations))
        is_side = np.isin(places, (BUY, SELL))
        if not is_side.all():
            place = int(np.argmin(is_side))
            found = shown(places.tolist()[place])
            raise MetricsError(f"sides[{place}] was {found}, must be 1 or -1")
        self.record_latency("trade_execution", durations, now_ns)
        self.count("executions", len(durations), now_ns)
        self.flow.record_executions(numbers, places, durations)

    # What comes out.

    def value(self, name: str, now_ns: int, window_seconds: float | None = None) -> float | None:
        """Return one of the KPIS as it stands.

        Parameters
        ----------
        name : str
            Which one.
        now_ns : int
            Nanoseconds.
        window_seconds : float, optional
            Over which time; by default its own.

        Returns
        -------
        float or None
            None where there is nothing to tell: no request, no duration, nobody has told.

        Raises
        ------
        MetricsError
            An unknown name, a window that is too long, a part that is larger than the whole, or a
            time that goes back.
        """
        wanted = kpi(name)
        self._go_on(now_ns)
        window = wanted.window_seconds if window_seconds is None else window_seconds
        if wanted.kind == KpiKind.RATE:
            rate = self.counters.rate(wanted.of, now_ns, window)
            return rate if self.counters.is_told(wanted.of) else None
        if wanted.kind == KpiKind.SHARE:
            return self._share(wanted.of, wanted.by, wanted.is_rest, now_ns, window)
        if wanted.kind == KpiKind.UPTIME:
            return self.uptime.share(now_ns, window)
        if wanted.kind == KpiKind.LATENCY:
            return self._latency_ms(wanted.of, wanted.percent, now_ns, window)
        if name == "active_users" and len(self._last_seen):
            return float(self.active_users(now_ns))
        return self.gauges.value(name)

    def kpis(self, now_ns: int) -> dict[str, float | None]:
        """Return all of `engine.metrics.KPIS` by name, each over its own time.

        Parameters
        ----------
        now_ns : int
            Nanoseconds.

        Returns
        -------
        dict of str to float or None
            As `value` tells them.

        Raises
        ------
        MetricsError
            A part that is larger than the whole, or a time that goes back.
        """
        return {name: self.value(name, now_ns) for name in KPIS}

    def points(self, name: str, now_ns: int) -> Points:
        """Return a rate, a latency in milliseconds or a gauge, second by second, for half an hour.

        Parameters
        ----------
        name : str
            One of `engine.metrics.KPIS`.
        now_ns : int
            Nanoseconds. The second in which it lies is left out.

        Returns
        -------
        Points
            Oldest first, at most 1,800; NaN where nothing was told.

        Raises
        ------
        MetricsError
            An unknown name, a share or uptime, which have no points, or a time that goes back.
        """
        wanted = kpi(name)
        self._go_on(now_ns)
        if wanted.kind == KpiKind.RATE:
            return self.counters.points(wanted.of, now_ns)
        if wanted.kind == KpiKind.GAUGE:
            return self.gauges.points(name, now_ns)
        if wanted.kind != KpiKind.LATENCY:
            raise MetricsError(f"{name} is over {wanted.window_seconds} s: it has no points")
        latency = self._latencies.get(wanted.of, LatencyWindow())
        found = latency.points(wanted.percent, now_ns)
        return found._replace(values=found.values / NS_PER_MS)

    def latency(self, name: str) -> LatencyWindow | None:
        """Return the durations of one of the LATENCIES; None when none was recorded.

        Parameters
        ----------
        name : str
            One of `engine.metrics.LATENCIES`.

        Returns
        -------
        LatencyWindow or None
            The metrics' own: what is recorded in it counts.

        Raises
        ------
        MetricsError
            There is none of that name.
        """
        _check_latency(name)
        return self._latencies.get(name)

    def active_users(self, now_ns: int) -> int:
        """Return how many accounts had a report in the last five minutes.

        All accounts above a million are counted as one. `record` sees accounts, `read` doesn't.

        Parameters
        ----------
        now_ns : int
            Nanoseconds.

        Raises
        ------
        MetricsError
            A time that goes back.
        """
        self._go_on(now_ns)
        self._activity.advance(now_ns)
        return int(np.count_nonzero(self._last_seen > self._activity.slot - ACTIVE_SECONDS))

    def reports_by_type(self) -> dict[str, int]:
        """Return how many reports of each exec type there were."""
        found = self._reports_by_type
        return {each.name.lower(): found[each] for each in ExecType if found[each]}

    def rejects_by_reason(self) -> dict[str, int]:
        """Return how many commands were refused, by reason."""
        found = self._rejects_by_reason
        return {each.name.lower(): found[each] for each in RejectReason if found[each]}

    @property
    def now_ns(self) -> int:
        """The latest time that was told, nanoseconds."""
        return self._now_ns

    @property
    def memory_bytes(self) -> int:
        """What windows and labels take; each latency adds to it once, when it is first recorded."""
        windows = self.counters.memory_bytes + self.gauges.memory_bytes + self.uptime.memory_bytes
        latencies = sum(latency.memory_bytes for latency in self._latencies.values())
        return windows + latencies + self._last_seen.nbytes + self.flow.memory_bytes

    def _go_on(self, now_ns: int) -> None:
        """Refuse a time that goes back, before anything is changed."""
        self._now_ns = time_after(self._now_ns, now_ns)

    def _count(self, heads: RecordArray, reports: RecordArray, now_ns: int) -> Truths:
        """Count what happened; return which reports are the answers to new orders."""
        exec_types = heads["exec_type"]
        refused = exec_types == REJECTED
        is_answer = (exec_types == NEW) | refused
        answered: Truths = is_answer & (heads["kind"] == SUBMIT)
        takers = heads["liquidity"] == TAKER
        found = Counters(
            Counter({CommandKind.SUBMIT: int(np.count_nonzero(answered))}),
            Counter({ExecType(each): count for each, count in _counts(exec_types)}),
            Counter(
                {
                    RejectReason(each): count
                    for each, count in _counts(heads["reject_reason"][refused])
                }
            ),
            int(np.count_nonzero(takers)),
            sum(reports["last_quantity"][takers].tolist()),
        )
        grown = {name: of(found) for name, of in TOTALS.items()}
        grown["order_rejects"] = int(np.count_nonzero(answered & refused))
        for name, amount in grown.items():
            self.counters.add(name, amount, now_ns)
        self._reports_by_type.update(found.reports)
        self._rejects_by_reason.update(found.rejects)
        return answered

    def _note_accounts(self, accounts: np.ndarray[Any, Any], now_ns: int) -> None:
        self._activity.advance(now_ns)
        known = np.minimum(accounts, ACCOUNTS_MAX)
        needed = int(known.max(initial=0)) + 1
        if needed > len(self._last_seen):
            room = min(max(needed, 2 * len(self._last_seen)), ACCOUNTS_MAX + 1)
            grown = np.full(room, NEVER, np.int64)
            grown[: len(self._last_seen)] = self._last_seen
            self._last_seen = grown
        self._last_seen[known] = self._activity.slot

    def _share(
        self, of: str, by: str, is_rest: bool, now_ns: int, window_seconds: float
    ) -> float | None:
        part = self.counters.growth(of, now_ns, window_seconds)
        whole = self.counters.growth(by, now_ns, window_seconds)
        if part > whole:
            raise MetricsError(f"{of} grew by {part}, must be at most by {whole}, as {by} did")
        is_known = self.counters.is_told(of) or COUNTERS[of] != Source.ENGINE
        if not whole or not is_known:
            return None
        return (whole - part) / whole if is_rest else part / whole

    def _latency_ms(
        self, of: str, percent: int, now_ns: int, window_seconds: float
    ) -> float | None:
        latency = self._latencies.get(of)
        if latency is None:
            return None
        found = latency.percentiles(now_ns, window_seconds)
        by_percent = {50: found.p50, 95: found.p95, 99: found.p99}
        return by_percent[percent] / NS_PER_MS if found.recorded else None


def _counts(values: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    """Return each value that is there, from 0 on, and how often."""
    return [(value, count) for value, count in enumerate(np.bincount(values).tolist()) if count]


def _check_latency(name: str) -> None:
    """Refuse a name that is none of a latency."""
    if name not in LATENCIES:
        raise MetricsError(f"latency was {shown(name)}, not one of {', '.join(LATENCIES)}")


def _check_durations(durations_ns: int | Durations, count: int) -> None:
    """Refuse durations that are not one, or one for each of so many."""
    durations = np.asarray(durations_ns)
    if durations.shape not in {(), (count,)}:
        raise MetricsError(f"durations_ns had the shape {durations.shape}, must have ({count},)")
    if durations.dtype.kind not in "iu":
        raise MetricsError(f"durations_ns was of {durations.dtype}, must be of integers")
    if durations.size and durations.min() < 0:
        raise MetricsError(f"durations_ns had {durations.min()}, must be at least 0")
