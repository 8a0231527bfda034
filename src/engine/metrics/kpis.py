"""The figures that five trading systems watch, by name: what each is made of, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from engine._schema import CommandKind, ExecType
from engine._shown import shown
from engine.errors import MetricsError
from engine.records import Counters

__all__ = [
    "COUNTERS",
    "GAUGES",
    "KPIS",
    "LATENCIES",
    "PERCENTAGES",
    "TOTALS",
    "Kpi",
    "KpiKind",
    "Source",
    "kpi",
]


class Source(StrEnum):
    """Who supplies a figure."""

    ENGINE = "engine"
    """Reports or counters of the engine, by `Metrics.record`, `read` and `read_positions`."""
    PROCESS = "process"
    """The operating system, by `Metrics.read_process`."""
    CALLER = "caller"
    """Whoever has the component: `Metrics.count`, `record_latency`, `set_gauge`, `set_up`."""


class KpiKind(StrEnum):
    """How a figure is made."""

    RATE = "rate"
    """Growth of a counter, a second."""
    LATENCY = "latency"
    """A percentile of durations, milliseconds."""
    SHARE = "share"
    """One counter's growth by another's, from 0 to 1."""
    GAUGE = "gauge"
    """The last value that was told."""
    UPTIME = "uptime"
    """The part of the time that it was up, from 0 to 1."""


class Kpi(NamedTuple):
    """One figure.

    Attributes
    ----------
    name : str
        What it is called.
    kind : KpiKind
        How it is made.
    source : Source
        Who supplies it.
    of : str
        The counter, latency or gauge that it is made of.
    by : str
        Of a share, the counter that it is divided by.
    is_rest : bool
        Of a share, whether it is what the division leaves of 1.
    percent : int
        Of a latency, which percentile.
    window_seconds : int
        Over which time, unless one asks for another; 0 for gauges.
    unit : str
        Of its value.
    text : str
        What it says.
    """

    name: str
    kind: KpiKind
    source: Source
    of: str
    by: str
    is_rest: bool
    percent: int
    window_seconds: int
    unit: str
    text: str


RATE_SECONDS: Final = 60
AVAILABILITY_SECONDS: Final = 3_600

COUNTERS: Final = MappingProxyType(
    {
        "reports": Source.ENGINE,
        "orders": Source.ENGINE,
        "order_rejects": Source.ENGINE,
        "rejects": Source.ENGINE,
        "cancels": Source.ENGINE,
        "trades": Source.ENGINE,
        "traded_lots": Source.ENGINE,
        "settlements": Source.CALLER,
        "settlements_failed": Source.CALLER,
        "api_requests": Source.CALLER,
        "api_failures": Source.CALLER,
        "websocket_messages": Source.CALLER,
        "websocket_failures": Source.CALLER,
        "executions": Source.CALLER,
        "retries": Source.CALLER,
    }
)
"""What is counted. Failures are among what they are divided by: 100 requests, 2 of them failed."""

TOTALS: Final[Mapping[str, Callable[[Counters], int]]] = MappingProxyType(
    {
        "reports": lambda counted: counted.reports.total(),
        "orders": lambda counted: counted.commands[CommandKind.SUBMIT],
        "rejects": lambda counted: counted.rejects.total(),
        "cancels": lambda counted: counted.reports[ExecType.CANCELED],
        "trades": lambda counted: counted.trades,
        "traded_lots": lambda counted: counted.traded_lots,
    }
)
"""What follows from `Counters`. Of the engine's only "order_rejects" does not: rejects are by
reason, and the orders that were accepted are counted with those of liquidations."""

LATENCIES: Final = (
    *("order_submission", "matching", "settlement", "api", "websocket", "trade_execution"),
)
"""Whose durations are kept. The engine reads no clock: all of them are the caller's."""

PERCENTAGES: Final = frozenset({"cpu_percent", "memory_percent", "disk_percent"})
GAUGES: Final = MappingProxyType(
    {
        "cpu_percent": (Source.PROCESS, "%", "Processor time of this process, of all cores."),
        "memory_percent": (Source.PROCESS, "%", "Memory of this process, of the machine's."),
        "memory_bytes": (Source.PROCESS, "B", "Memory of this process."),
        "disk_percent": (Source.CALLER, "%", "Of the disk that is used."),
        "disk_iops": (Source.CALLER, "/s", "Reads and writes of the disk."),
        "network_mbps": (Source.CALLER, "Mbit/s", "What goes over the network."),
        "active_users": (Source.ENGINE, "", "Accounts with a report in the last five minutes."),
        "connections": (Source.CALLER, "", "Connections that are open."),
        "live_orders": (Source.ENGINE, "", "Orders that live."),
        "open_positions": (Source.ENGINE, "", "Positions that are not flat."),
        "open_interest": (Source.ENGINE, "lots", "Lots of all long positions."),
    }
)
"""What is told as it stands: who tells it, its unit, what it says."""


def _rate(name: str, of: str, text: str) -> Kpi:
    kind, unit = KpiKind.RATE, "/s"
    return Kpi(name, kind, COUNTERS[of], of, "", False, 0, RATE_SECONDS, unit, text)


def _latency(of: str, percent: int) -> Kpi:
    name = f"{of}_latency_p{percent}_ms"
    text = f"So long {percent} % of {of.replace('_', ' ')} took at most."
    kind, source, unit = KpiKind.LATENCY, Source.CALLER, "ms"
    return Kpi(name, kind, source, of, "", False, percent, RATE_SECONDS, unit, text)


def _share(name: str, of: str, by: str, window: int, text: str) -> Kpi:
    return Kpi(name, KpiKind.SHARE, COUNTERS[by], of, by, False, 0, window, "", text)


def _rest(name: str, of: str, by: str, window: int, text: str) -> Kpi:
    return _share(name, of, by, window, text)._replace(is_rest=True)


def _gauge(name: str) -> Kpi:
    source, unit, text = GAUGES[name]
    return Kpi(name, KpiKind.GAUGE, source, name, "", False, 0, 0, unit, text)


HOUR: Final = AVAILABILITY_SECONDS
KPIS: Final = MappingProxyType(
    {
        found.name: found
        for found in (
            _rate("trades_per_second", "trades", "Trades, each counted once."),
            _rate("orders_per_second", "orders", "Orders that were accepted or refused."),
            _rate("rejects_per_second", "rejects", "Commands that were refused."),
            _rate("settlements_per_second", "settlements", "Settlements, failed ones too."),
            _rate("websocket_messages_per_second", "websocket_messages", "Messages sent."),
            *(_latency(of, percent) for of in LATENCIES for percent in (50, 95, 99)),
            Kpi(
                *("uptime", KpiKind.UPTIME, Source.CALLER, "", "", False, 0, HOUR, ""),
                "The part of the last hour that the venue was up.",
            ),
            _rest("api_availability", "api_failures", "api_requests", HOUR, "Requests answered."),
            _rest(
                *("websocket_availability", "websocket_failures", "websocket_messages", HOUR),
                "Messages that arrived.",
            ),
            _rest(
                *("settlement_success_rate", "settlements_failed", "settlements", HOUR),
                "Settlements that did not fail.",
            ),
            _rest("order_success_rate", "order_rejects", "orders", HOUR, "Orders not refused."),
            _share("error_rate", "api_failures", "api_requests", RATE_SECONDS, "Requests failed."),
            _share("retry_rate", "retries", "executions", HOUR, "Executions tried again."),
            *(_gauge(name) for name in GAUGES),
        )
    }
)
"""All figures by name."""


def kpi(name: str) -> Kpi:
    """Return a figure's description.

    Raises
    ------
    MetricsError
        There is none of that name.

    Examples
    --------
    >>> kpi("api_latency_p95_ms").source
    <Source.CALLER: 'caller'>
    >>> kpi("settlement_success_rate").window_seconds
    3600
    """
    if not isinstance(name, str) or name not in KPIS:
        raise MetricsError(f"metric was {shown(name)}, not one of {', '.join(KPIS)}")
    return KPIS[name]
