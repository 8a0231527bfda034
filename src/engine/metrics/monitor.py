"""All figures of a venue: where reports, totals and the caller's own measurements go in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

from engine._schema import BUY, REPORT_DTYPE, SELL, ExecType, RejectReason, Side
from engine.errors import MetricsError
from engine.metrics.flow import CANCELED, NEW, REJECTED, SUBMIT, TAKER, OrderFlow, heads_of
from engine.metrics.kpis import COUNTERS, GAUGES, KPIS, LATENCIES, PERCENTAGES, KpiKind, kpi
from engine.metrics.latencies import Durations, LatencyWindow
from engine.metrics.process import ProcessWatch
from engine.metrics.timeline import SECOND_NS, Timeline
from engine.metrics.windows import CounterWindows, GaugeWindows, Points, UptimeWindow
from engine.records import Position, RecordArray

__all__ = ["Metrics", "PositionKeeper", "TotalsKeeper"]

NS_PER_MS: Final = 1_000_000
ACTIVE_SECONDS: Final = 300
NEVER: Final = -(2**62)
ACCOUNTS_MAX: Final = 1_000_000
"""Accounts from 0 to this are told apart when active users are counted; the others are one."""

Instruments: TypeAlias = np.ndarray[Any, Any]
Truths: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


class TotalsKeeper(Protocol):
    """What has totals to read: a `Core`, or an engine."""

    @property
    def report_count(self) -> int:
        """Reports that were ever made."""

    @property
    def trade_count(self) -> int:
        """Trades that ever happened."""

    def __len__(self) -> int: ...


class PositionKeeper(Protocol):
    """What has positions to ask for: a `Core` with accounts."""

    @property
    def instrument_count(self) -> int:
        """How many instruments there are."""

    def accounts(self) -> list[int]:
        """Return the numbers of all accounts."""

    def account_position(self, account: int, instrument: int, side: Side = ...) -> Position | None:
        """Return the position of an account."""


class Metrics:
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
        self._reports_by_type = np.zeros(max(ExecType) + 1, np.int64)
        self._rejects_by_reason = np.zeros(max(RejectReason) + 1, np.int64)
        self._last_seen = np.zeros(0, np.int64)
        self._activity = Timeline(SECOND_NS, 2)
        self._watch = ProcessWatch()
        self._next_read_ns = 0
        self._now_ns = 0

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
            back, or an engine whose totals are read.
        """
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

    def read(self, keeper: TotalsKeeper, now_ns: int) -> None:
        """Read totals that an engine keeps, once a second at most: reports, trades, live orders.

        It costs some microseconds a second whatever the engine does meanwhile, where `record` looks
        at every report. For one engine use one of the two.

        Raises
        ------
        MetricsError
            Totals that shrink, a time that goes back, or reports that were recorded.
        """
        self._go_on(now_ns)
        if now_ns < self._next_read_ns:
            return
        totals = {"reports": keeper.report_count, "trades": keeper.trade_count}
        self.counters.read(totals, now_ns)
        self.gauges.set("live_orders", len(keeper), now_ns)
        self._next_read_ns = (now_ns // SECOND_NS + 1) * SECOND_NS

    def read_positions(self, keeper: PositionKeeper, now_ns: int) -> None:
        """Ask for every position: how many are open, and the lots of those that are long.

        It asks once an account, instrument and side, so not in every batch.
        """
        self._go_on(now_ns)
        positions = long = 0
        for account in keeper.accounts():
            for instrument in range(keeper.instrument_count):
                for side in (Side.BUY, Side.SELL):
                    found = keeper.account_position(account, instrument, side)
                    if found is not None and found.quantity:
                        positions += 1
                        long += max(found.quantity, 0)
        self.gauges.set("open_positions", positions, now_ns)
        self.gauges.set("open_interest", long, now_ns)

    def read_process(self, now_ns: int) -> None:
        """Look at processor time and memory of this process."""
        self._go_on(now_ns)
        for name, value in self._watch.look(now_ns)._asdict().items():
            if value is not None:
                self.gauges.set(name, value, now_ns)

    def count(self, name: str, amount: int, now_ns: int) -> None:
        """Count what only the caller sees, such as "api_requests": see COUNTERS."""
        self._go_on(now_ns)
        self.counters.add(name, amount, now_ns)

    def set_gauge(self, name: str, value: float, now_ns: int) -> None:
        """Tell what only the caller knows, such as "connections": see GAUGES."""
        self._go_on(now_ns)
        self.gauges.set(name, value, now_ns)

    def set_up(self, is_up: bool, now_ns: int) -> None:
        """Tell whether the venue is up from now on."""
        self._go_on(now_ns)
        self.uptime.set(is_up, now_ns)

    def record_latency(self, name: str, durations_ns: int | Durations, now_ns: int) -> None:
        """Record how long something took, once or often, nanoseconds: see LATENCIES."""
        if name not in LATENCIES:
            raise MetricsError(f"latency was {name!r}, not one of {', '.join(LATENCIES)}")
        self._go_on(now_ns)
        if name not in self._latencies:
            self._latencies[name] = LatencyWindow()
        self._latencies[name].record(durations_ns, now_ns)

    def record_executions(
        self, instruments: Instruments, sides: Instruments, durations_ns: Durations, now_ns: int
    ) -> None:
        """Record how long executions took from end to end, as Bot Core and Trade Bot count them.

        Parameters
        ----------
        instruments, sides : array of int, shape (n,)
            The number of each one's instrument, and its side, 1 or -1.
        durations_ns : array of int64, shape (n,)
            Nanoseconds. They go to "trade_execution" too.
        now_ns : int
            Nanoseconds.

        Raises
        ------
        MetricsError
            Not as many of each, another side, a duration below 0, or a time that goes back.
        """
        numbers, places = np.asarray(instruments), np.asarray(sides)
        durations = np.asarray(durations_ns)
        if not numbers.shape == places.shape == durations.shape == (len(durations),):
            shapes = f"{numbers.shape}, {places.shape} and {durations.shape}"
            raise MetricsError(f"instruments, sides and durations_ns had the shapes {shapes}")
        _check_durations(durations, len(durations))
        if not np.isin(places, (BUY, SELL)).all():
            raise MetricsError("sides had another value than 1 and -1")
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
        """Return all KPIS by name."""
        return {name: self.value(name, now_ns) for name in KPIS}

    def points(self, name: str, now_ns: int) -> Points:
        """Return a rate, a latency in milliseconds or a gauge, second by second, for half an hour.

        Raises
        ------
        MetricsError
            An unknown name, or a share or uptime, which have no points.
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
        """Return the durations of one of the LATENCIES; None when none was recorded."""
        return self._latencies.get(name)

    def active_users(self, now_ns: int) -> int:
        """Return how many accounts had a report in the last five minutes."""
        self._go_on(now_ns)
        self._activity.advance(now_ns)
        return int(np.count_nonzero(self._last_seen > self._activity.slot - ACTIVE_SECONDS))

    def reports_by_type(self) -> dict[str, int]:
        """Return how many reports of each exec type were recorded."""
        found = self._reports_by_type
        return {each.name.lower(): int(found[each]) for each in ExecType if found[each]}

    def rejects_by_reason(self) -> dict[str, int]:
        """Return how many commands were refused, by reason."""
        found = self._rejects_by_reason
        return {each.name.lower(): int(found[each]) for each in RejectReason if found[each]}

    @property
    def now_ns(self) -> int:
        """The latest time that was told, nanoseconds."""
        return self._now_ns

    @property
    def memory_bytes(self) -> int:
        """What windows and labels take; each latency adds to it once, when it is first recorded."""
        windows = self.counters.memory_bytes + self.gauges.memory_bytes + self.uptime.memory_bytes
        latencies = sum(latency.memory_bytes for latency in self._latencies.values())
        arrays = (self._reports_by_type, self._rejects_by_reason, self._last_seen)
        plain = sum(array.nbytes for array in arrays)
        return windows + latencies + plain + self.flow.memory_bytes

    def _go_on(self, now_ns: int) -> None:
        """Refuse a time that goes back, before anything is changed."""
        if now_ns < self._now_ns:
            raise MetricsError(f"now_ns was {now_ns}, must be at least {self._now_ns}")
        self._now_ns = now_ns

    def _count(self, heads: RecordArray, reports: RecordArray, now_ns: int) -> Truths:
        """Count what happened; return which reports are the answers to new orders."""
        exec_types = heads["exec_type"]
        counts = np.bincount(exec_types, minlength=len(self._reports_by_type))
        refused = exec_types == REJECTED
        is_answer = (exec_types == NEW) | refused
        answered: Truths = is_answer & (heads["kind"] == SUBMIT)
        takers = heads["liquidity"] == TAKER
        grown = {
            "reports": len(reports),
            "orders": np.count_nonzero(answered),
            "order_rejects": np.count_nonzero(answered & refused),
            "rejects": int(counts[REJECTED]),
            "cancels": int(counts[CANCELED]),
            "trades": np.count_nonzero(takers),
            "traded_lots": sum(reports["last_quantity"][takers].tolist()),
        }
        for name, amount in grown.items():
            self.counters.add(name, amount, now_ns)
        self._reports_by_type += counts
        if grown["rejects"]:
            reasons = heads["reject_reason"][refused]
            np.add.at(self._rejects_by_reason, reasons, np.ones(len(reasons), np.int64))
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
        if not whole:
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


def _check_durations(durations_ns: int | Durations, count: int) -> None:
    """Refuse durations that are not one, or one for each of so many."""
    durations = np.asarray(durations_ns)
    if durations.shape not in {(), (count,)}:
        raise MetricsError(f"durations_ns had the shape {durations.shape}, must have ({count},)")
    if durations.dtype.kind not in "iu":
        raise MetricsError(f"durations_ns was of {durations.dtype}, must be of integers")
    if durations.size and durations.min() < 0:
        raise MetricsError(f"durations_ns had {durations.min()}, must be at least 0")
