"""Figures of a venue over time: rates, percentiles, availability, alerts, service levels.

`Metrics` takes execution reports, counters of an engine, and what only the caller can measure, and
answers for any of the KPIS. Memory is bounded and no clock is read: every call says what time it
is. `MetricsCollector` and `exposition` give everything to Prometheus, `AlertMonitor` and
`ServiceLevels` hold it to `Rules`. docs/metrics.md has a worked example.
"""

from engine.metrics.exposition import MetricsCollector, exposition
from engine.metrics.kpis import COUNTERS, GAUGES, KPIS, LATENCIES, Kpi, KpiKind, Source
from engine.metrics.latencies import LatencyWindow, Percentiles
from engine.metrics.monitor import Metrics
from engine.metrics.rules import AlertRule, Objective, Rules, ScalingRule
from engine.metrics.watch import Alert, AlertMonitor, AlertState, ServiceLevels, SlaResult
from engine.metrics.windows import CounterWindows, GaugeWindows, Points, UptimeWindow

__all__ = [
    "COUNTERS",
    "GAUGES",
    "KPIS",
    "LATENCIES",
    "Alert",
    "AlertMonitor",
    "AlertRule",
    "AlertState",
    "CounterWindows",
    "GaugeWindows",
    "Kpi",
    "KpiKind",
    "LatencyWindow",
    "Metrics",
    "MetricsCollector",
    "Objective",
    "Percentiles",
    "Points",
    "Rules",
    "ScalingRule",
    "ServiceLevels",
    "SlaResult",
    "Source",
    "UptimeWindow",
    "exposition",
]
