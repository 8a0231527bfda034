"""Figures in the form of Prometheus, read back by its own parser."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from engine._core import Core
from engine.errors import MissingExtraError
from engine.metrics import (
    COUNTERS,
    GAUGES,
    KPIS,
    LATENCIES,
    KpiKind,
    Metrics,
    MetricsCollector,
    exposition,
)
from engine.workloads import workload

prometheus_client = pytest.importorskip("prometheus_client")

SECOND = 1_000_000_000
MS = 1_000_000
END = 30 * SECOND


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    made = workload("retail", 2_000, seed=6)
    made.commands["quantity"][::37] = -1
    core = Core()
    for _ in range(made.books):
        core.add_instrument()
    metrics = Metrics(['A"B\\C\nD', "S1", "S2"], exchange="demo")
    for second, start in enumerate(range(0, len(made.commands), 200)):
        reports = core.match(made.commands[start : start + 200])
        metrics.record(reports, second * SECOND, np.arange(len(reports)) * MS)
        sides = reports["side"][:10]
        durations = np.arange(10) * 300 * MS
        metrics.record_executions(reports["instrument"][:10], sides, durations, second * SECOND)
    for name in GAUGES:
        metrics.set_gauge(name, 40, END)
    metrics.set_up(True, END)
    metrics.count("api_requests", 10, END)
    metrics.count("api_failures", 1, END)
    return metrics


def families(text: str) -> dict[str, Any]:
    from prometheus_client.parser import text_string_to_metric_families

    found = list(text_string_to_metric_families(text))
    assert len({family.name for family in found}) == len(found), "each name comes once"
    return {family.name: family for family in found}


def test_counters_and_figures_are_told(metrics: Metrics) -> None:
    found = families(exposition(metrics, END))
    untold = {"settlements", "settlements_failed", "websocket_messages", "websocket_failures"}
    untold |= {"retries"}
    assert not {f"engine_{name}" for name in untold} & set(found)
    for name in set(COUNTERS) - untold:
        (sample,) = found[f"engine_{name}"].samples
        assert found[f"engine_{name}"].type == "counter"
        assert (sample.name, sample.value) == (
            f"engine_{name}_total",
            metrics.counters.total(name),
        )
    told = 0
    for name, kpi in KPIS.items():
        value = metrics.value(name, END)
        if kpi.kind == KpiKind.LATENCY or value is None:
            assert f"engine_{name}" not in found
            continue
        told += 1
        (sample,) = found[f"engine_{name}"].samples
        assert (found[f"engine_{name}"].type, sample.value) == ("gauge", value)
    assert told > 15
    assert found["engine_error_rate"].samples[0].value == 0.1


def test_latencies_are_summaries_of_a_minute(metrics: Metrics) -> None:
    found = families(exposition(metrics, END))
    told = {name for name in LATENCIES if f"engine_{name}_latency_seconds" in found}
    assert told == {"matching", "trade_execution"}
    family = found["engine_matching_latency_seconds"]
    assert family.type == "summary"
    samples = {
        sample.labels.get("quantile", sample.name): sample.value for sample in family.samples
    }
    latency = metrics.latency("matching")
    assert latency is not None
    for quantile, percent in (("0.5", 50), ("0.95", 95), ("0.99", 99)):
        value = metrics.value(f"matching_latency_p{percent}_ms", END)
        assert value is not None
        assert samples[quantile] == pytest.approx(value / 1_000)
    assert samples["0.5"] <= samples["0.95"] <= samples["0.99"]
    assert samples["engine_matching_latency_seconds_count"] == latency.count > 0
    assert samples["engine_matching_latency_seconds_sum"] == latency.sum_ns / SECOND


@pytest.mark.parametrize(
    ("name", "labels", "bounds"),
    [
        (
            "pincex_order_processing_duration_seconds",
            {"symbol", "side", "type"},
            [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
        ),
        (
            "trade_execution_duration_seconds",
            {"exchange", "symbol", "side"},
            [0.1, 0.5, 1, 2, 5, 10],
        ),
        (
            "trade_execution_duration_ms",
            {"symbol", "side"},
            [10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000],
        ),
    ],
)
def test_histograms_have_their_labels_and_buckets(
    metrics: Metrics, name: str, labels: set[str], bounds: list[float]
) -> None:
    family = families(exposition(metrics, END))[name]
    assert family.type == "histogram"
    rows: dict[tuple[str, ...], dict[float, float]] = {}
    counts = {}
    for sample in family.samples:
        key = tuple(sample.labels[label] for label in sorted(labels))
        if sample.name.endswith("_bucket"):
            assert set(sample.labels) == labels | {"le"}
            rows.setdefault(key, {})[float(sample.labels["le"])] = sample.value
        elif sample.name.endswith("_count"):
            counts[key] = sample.value
    assert len(rows) > 2
    assert 'A"B\\C\nD' in {part for key in rows for part in key}, "labels are escaped"
    for key, row in rows.items():
        assert list(row) == [*bounds, float("inf")]
        assert sorted(row.values()) == list(row.values()), "buckets are cumulative"
        assert row[float("inf")] == counts[key]


@pytest.mark.parametrize(
    ("name", "labels", "counted"),
    [
        ("pincex_orders_processed", ["symbol", "side", "status"], "processed"),
        ("trades_executed", ["symbol", "status"], "executed"),
    ],
)
def test_counts_by_label_are_told(
    metrics: Metrics, name: str, labels: list[str], counted: str
) -> None:
    family = families(exposition(metrics, END))[name]
    found = {}
    for sample in family.samples:
        assert sample.name == f"{name}_total"
        assert set(sample.labels) == set(labels)
        found[tuple(sample.labels[label] for label in labels)] = sample.value
    assert found == dict(getattr(metrics.flow, counted))


def test_reports_and_rejects_are_told_by_type_and_reason(metrics: Metrics) -> None:
    found = families(exposition(metrics, END))
    types = found["engine_reports_by_type"].samples
    assert {s.labels["exec_type"]: s.value for s in types} == metrics.reports_by_type()
    reasons = found["engine_rejects_by_reason"].samples
    assert {s.labels["reason"]: s.value for s in reasons} == metrics.rejects_by_reason()
    assert "quantity_too_small" in metrics.rejects_by_reason()


def test_only_the_given_registry_is_told(metrics: Metrics) -> None:
    registry = prometheus_client.CollectorRegistry()
    MetricsCollector(metrics, registry)
    total = metrics.counters.total("orders")
    assert registry.get_sample_value("engine_orders_total") == total
    metrics.count("executions", 5, END)
    later = registry.get_sample_value("engine_executions_total")
    assert later == metrics.counters.total("executions")
    default = prometheus_client.REGISTRY
    assert default.get_sample_value("engine_orders_total") is None
    families_there = {family.name for family in default.collect()}
    assert not {name for name in families_there if name.startswith("engine_")}


def test_a_collector_without_registry_registers_nowhere(metrics: Metrics) -> None:
    collector = MetricsCollector(metrics)
    assert {family.name for family in collector.collect()} >= {"engine_orders"}
    assert metrics.now_ns == END, "a scrape moves no time on"


def test_a_clock_says_when_a_scrape_is() -> None:
    metrics = Metrics()
    metrics.count("trades", 60, 0)
    registry = prometheus_client.CollectorRegistry()
    times = iter([SECOND, 2 * SECOND])
    MetricsCollector(metrics, registry, clock=lambda: next(times))
    found = [registry.get_sample_value("engine_trades_per_second") for _ in range(2)]
    assert found == [60, 30]


def test_what_nobody_has_told_is_not_there() -> None:
    metrics = Metrics()
    assert families(exposition(metrics, 0)) == {}
    metrics.count("trades", 0, 0)
    assert set(families(exposition(metrics, 0))) == {"engine_trades", "engine_trades_per_second"}


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    for call in (lambda: exposition(Metrics(), 0), lambda: MetricsCollector(Metrics())):
        with pytest.raises(MissingExtraError, match=r"prometheus-client \(the extra 'metrics'"):
            call()


def test_the_library_is_imported_only_when_it_is_used() -> None:
    code = (
        "import sys, engine.metrics; "
        "print(any(name.startswith('prometheus_client') for name in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_what_are_no_metrics_is_refused() -> None:
    for tell in (MetricsCollector, lambda metrics: exposition(metrics, 0)):
        with pytest.raises(TypeError, match=r"^metrics was None, of NoneType, not a Metrics$"):
            tell(None)  # type: ignore[arg-type, operator]
