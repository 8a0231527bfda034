"""All figures in the form of Prometheus, through the library prometheus_client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from engine._members import says_names
from engine._shown import check_kind
from engine.errors import MissingExtraError
from engine.metrics.kpis import COUNTERS, KPIS, LATENCIES, KpiKind
from engine.metrics.labels import LabeledCounts, LabeledDurations
from engine.metrics.monitor import Metrics

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

__all__ = ["MetricsCollector", "exposition"]

PREFIX: Final = "engine_"
INFINITY: Final = "+Inf"
NS_PER_S: Final = 1_000_000_000


@says_names
class MetricsCollector:
    """Gives a registry of prometheus_client what a `Metrics` has, whenever it is scraped.

    Nothing is registered anywhere until it is asked for.

    Parameters
    ----------
    metrics : Metrics
        Whose figures.
    registry : prometheus_client.CollectorRegistry, optional
        Where it registers itself.
    clock : callable, optional
        Returns the time of a scrape, nanoseconds, from the clock that the metrics are told by. By
        default a scrape is of the latest time that they were told, and moves none on.

    Raises
    ------
    MissingExtraError
        The library is not installed.

    Examples
    --------
    >>> from prometheus_client import CollectorRegistry
    >>> metrics = Metrics()
    >>> metrics.count("api_requests", 3, 0)
    >>> registry = CollectorRegistry()
    >>> collector = MetricsCollector(metrics, registry)
    >>> registry.get_sample_value("engine_api_requests_total")
    3
    """

    def __init__(
        self,
        metrics: Metrics,
        registry: CollectorRegistry | None = None,
        *,
        clock: Callable[[], int] | None = None,
    ) -> None:
        check_kind("metrics", metrics, Metrics)
        try:
            from prometheus_client import core
        except ImportError:
            raise MissingExtraError("prometheus-client", "metrics") from None
        self._core: Any = core
        self._metrics = metrics
        self._clock = clock
        if registry is not None:
            registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield all families that have something to tell."""
        now_ns = self._metrics.now_ns if self._clock is None else self._clock()
        yield from self._totals()
        yield from self._values(now_ns)
        yield from self._percentiles(now_ns)
        flow = self._metrics.flow
        yield from self._counted(
            "pincex_orders_processed", "Orders that came to a status.", flow.processed
        )
        yield from self._counted(
            "trades_executed", "Fills of incoming orders, and orders rejected.", flow.executed
        )
        for name, text, durations in (
            (
                *("pincex_order_processing_duration_seconds", "Until a new order was answered."),
                flow.processing,
            ),
            ("trade_execution_duration_ms", "Of an execution, end to end.", flow.execution_ms),
            (
                *("trade_execution_duration_seconds", "Of an execution, end to end."),
                flow.execution_seconds,
            ),
        ):
            yield from self._histogram(name, text, durations)

    def _totals(self) -> Iterator[Metric]:
        for name in filter(self._metrics.counters.is_told, COUNTERS):
            text = f"{name.replace('_', ' ').capitalize()} since the beginning."
            total = self._metrics.counters.total(name)
            yield self._core.CounterMetricFamily(PREFIX + name, text, value=total)
        for name, label, found in (
            ("reports_by_type", "exec_type", self._metrics.reports_by_type()),
            ("rejects_by_reason", "reason", self._metrics.rejects_by_reason()),
        ):
            text = f"{name.replace('_', ' ').capitalize()}."
            family = self._core.CounterMetricFamily(PREFIX + name, text, labels=[label])
            for value, count in found.items():
                family.add_metric([value], count)
            if found:
                yield family

    def _values(self, now_ns: int) -> Iterator[Metric]:
        for name, found in KPIS.items():
            if found.kind == KpiKind.LATENCY:
                continue  # by quantile, in one family
            value = self._metrics.value(name, now_ns)
            if value is not None:
                yield self._core.GaugeMetricFamily(PREFIX + name, found.text, value=value)

    def _percentiles(self, now_ns: int) -> Iterator[Metric]:
        """Yield what Prometheus calls summaries: quantiles of the last minute, count and sum."""
        for name in LATENCIES:
            latency = self._metrics.latency(name)
            if latency is None:
                continue
            text = f"Of {name.replace('_', ' ')}; quantiles are of the last minute."
            whole = f"{PREFIX}{name}_latency_seconds"
            family = self._core.Metric(whole, text, "summary")
            found = latency.percentiles(now_ns, 60)
            for quantile, value in (("0.5", found.p50), ("0.95", found.p95), ("0.99", found.p99)):
                if found.recorded:
                    family.add_sample(whole, {"quantile": quantile}, value / NS_PER_S)
            family.add_sample(f"{whole}_count", {}, latency.count)
            family.add_sample(f"{whole}_sum", {}, latency.sum_ns / NS_PER_S)
            yield family

    def _counted(self, name: str, text: str, counts: LabeledCounts) -> Iterator[Metric]:
        family = self._core.CounterMetricFamily(name, text, labels=counts.labels)
        for values, count in counts:
            family.add_metric(values, count)
        if family.samples:
            yield family

    def _histogram(self, name: str, text: str, durations: LabeledDurations) -> Iterator[Metric]:
        family = self._core.HistogramMetricFamily(name, text, labels=durations.labels)
        bounds = [*(repr(bound) for bound in durations.bounds), INFINITY]
        for values, found in durations:
            family.add_metric(values, list(zip(bounds, found.counts, strict=True)), found.total)
        if family.samples:
            yield family


def exposition(metrics: Metrics, now_ns: int) -> str:
    """Return all figures as text, as a scrape of Prometheus gets them.

    Parameters
    ----------
    metrics : Metrics
        Whose figures; they go on to the time of the scrape.
    now_ns : int
        That time, nanoseconds; none before the latest one that they were told.

    Raises
    ------
    MetricsError
        The time lies before the latest one.
    MissingExtraError
        The library prometheus_client is not installed.

    Examples
    --------
    >>> metrics = Metrics()
    >>> metrics.set_gauge("connections", 12, 0)
    >>> [line for line in exposition(metrics, 0).splitlines() if "connections" in line][-1]
    'engine_connections 12.0'
    """
    try:
        from prometheus_client import CollectorRegistry, generate_latest
    except ImportError:
        raise MissingExtraError("prometheus-client", "metrics") from None
    registry = CollectorRegistry(auto_describe=False)
    MetricsCollector(metrics, registry, clock=lambda: now_ns)
    return generate_latest(registry).decode("utf-8")
