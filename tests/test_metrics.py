"""Figures of a venue: filled by reports, by totals and by the caller, and told by name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from storms import storm
from streams import random_stream

from engine import Engine, Instrument
from engine._core import Core
from engine._schema import (
    BUY,
    COMMAND_DTYPE,
    DEPOSIT,
    REPORT_DTYPE,
    SELL,
    SET_ACCOUNT,
    SET_PRICE,
    SUBMIT,
    CommandKind,
    ContractKind,
    ExecType,
    Liquidity,
    OrderStatus,
    OrderType,
    RejectReason,
    TriggerSource,
)
from engine.errors import MetricsError
from engine.metrics import COUNTERS, GAUGES, KPIS, LATENCIES, KpiKind, Metrics, Source
from engine.metrics.kpis import TOTALS
from engine.records import RecordArray
from engine.workloads import workload

SECOND = 1_000_000_000
MS = 1_000_000
NAMES = {number: f"S{number}" for number in range(7)}  # one of eight has no name
SHARED = Path(__file__).resolve().parents[2] / "shared"
SIDE_NAMES = {1: "buy", -1: "sell", 0: "none"}


def flow(seed: int = 3, batch: int = 257) -> list[RecordArray]:
    """Return the reports of a busy day in eight instruments, batch by batch, with rejects."""
    made = workload("retail", 3_000, seed=seed)
    commands = made.commands.copy()
    commands["quantity"][::41] = -1
    commands["order_id"][commands["kind"] == CommandKind.CANCEL] += 10**9 * (seed % 2)
    core = Core()
    for _ in range(made.books):
        core.add_instrument()
    return [
        core.match(commands[start : start + batch]).copy()
        for start in range(0, len(commands), batch)
    ]


@pytest.fixture(scope="module")
def batches() -> list[RecordArray]:
    return flow()


@pytest.fixture(scope="module")
def filled(batches: list[RecordArray]) -> Metrics:
    metrics = Metrics(NAMES)
    for second, reports in enumerate(batches):
        metrics.record(reports, second * SECOND, np.arange(len(reports)) * MS)
    return metrics


def answers(reports: RecordArray) -> list[Any]:
    """Return the reports that answer new orders, one by one."""
    first = {int(ExecType.NEW), int(ExecType.REJECTED)}
    rows = list(reports)
    return [row for row in rows if row["kind"] == SUBMIT and int(row["exec_type"]) in first]


def test_counters_are_those_of_the_reports(batches: list[RecordArray], filled: Metrics) -> None:
    reports = np.concatenate(batches)
    takers = reports[reports["liquidity"] == Liquidity.TAKER]
    refused = reports[reports["exec_type"] == ExecType.REJECTED]
    new = answers(reports)
    wanted = {
        "reports": len(reports),
        "orders": len(new),
        "order_rejects": sum(int(row["exec_type"]) == ExecType.REJECTED for row in new),
        "rejects": len(refused),
        "cancels": int((reports["exec_type"] == ExecType.CANCELED).sum()),
        "trades": len(takers),
        "traded_lots": int(takers["last_quantity"].sum()),
    }
    assert min(wanted.values()) > 0
    assert wanted["order_rejects"] < wanted["rejects"]
    assert {name: filled.counters.total(name) for name in wanted} == wanted
    types = Counter(reports["exec_type"].tolist())
    assert filled.reports_by_type() == {ExecType(t).name.lower(): n for t, n in types.items()}
    reasons = Counter(refused["reject_reason"].tolist())
    assert len(reasons) > 1
    assert filled.rejects_by_reason() == {
        RejectReason(reason).name.lower(): count for reason, count in reasons.items()
    }


def symbol_of(row: Any) -> str:
    return NAMES.get(int(row["instrument"]), "other")


def test_orders_are_counted_by_symbol_side_and_status(
    batches: list[RecordArray], filled: Metrics
) -> None:
    changes = {ExecType.NEW, ExecType.TRADE, ExecType.CANCELED, ExecType.EXPIRED}
    processed: Counter[tuple[str, ...]] = Counter()
    executed: Counter[tuple[str, ...]] = Counter()
    for row in np.concatenate(batches):
        exec_type = ExecType(int(row["exec_type"]))
        status = OrderStatus(int(row["order_status"])).name.lower()
        is_refused = exec_type == ExecType.REJECTED and row["kind"] == SUBMIT
        if is_refused or exec_type in changes:
            processed[symbol_of(row), SIDE_NAMES[int(row["side"])], status] += 1
        if is_refused or row["liquidity"] == Liquidity.TAKER:
            executed[symbol_of(row), status] += 1
    assert {"other", "S0"} <= {labels[0] for labels in processed}
    assert {"filled", "rejected", "canceled", "new"} <= {labels[2] for labels in processed}
    assert dict(filled.flow.processed) == dict(processed)
    assert dict(filled.flow.executed) == dict(executed)


def test_processing_times_are_those_of_the_answers(
    batches: list[RecordArray], filled: Metrics
) -> None:
    bounds = (1, 5, 10, 25, 50, 100, 250, 500, 1_000)
    kept: dict[tuple[str, ...], list[int]] = {}
    for reports in batches:
        for place, row in enumerate(reports):
            if len(answers(reports[place : place + 1])):
                side = SIDE_NAMES[int(row["side"])]
                order_type = OrderType(int(row["order_type"])).name.lower()
                kept.setdefault((symbol_of(row), side, order_type), []).append(place)
    found = dict(filled.flow.processing)
    assert set(found) == set(kept)
    for labels, durations in kept.items():
        counts = [sum(each <= bound for each in durations) for bound in bounds]
        assert found[labels].counts == (*counts, len(durations))
        assert found[labels].total == pytest.approx(sum(durations) / 1_000)
    assert filled.flow.processing.bounds == tuple(bound / 1_000 for bound in bounds)


def test_batches_make_no_difference() -> None:
    """One call with all reports counts what a call for each report does."""
    reports = np.concatenate(flow(seed=4))
    whole, single = Metrics(NAMES), Metrics(NAMES)
    whole.record(reports, 0, 5 * MS)
    for place in range(len(reports)):
        single.record(reports[place : place + 1], 0, 5 * MS)
    for name in COUNTERS:
        assert whole.counters.total(name) == single.counters.total(name)
    for each in ("processed", "executed", "processing"):
        assert dict(getattr(whole.flow, each)) == dict(getattr(single.flow, each))
    assert whole.value("matching_latency_p99_ms", 0) == 5
    assert whole.active_users(0) == single.active_users(0) == len(np.unique(reports["account"]))


def test_memory_is_bounded_by_what_is_named() -> None:
    metrics = Metrics(NAMES)
    metrics.record_latency("matching", np.array([1]), 0)
    reports = np.zeros(4_000, REPORT_DTYPE)
    reports["exec_type"], reports["order_status"] = ExecType.NEW, OrderStatus.NEW
    reports["kind"], reports["side"] = SUBMIT, BUY
    draw = np.random.default_rng(5)
    found = set()
    for second in range(30):
        reports["instrument"] = draw.integers(0, 2**32, len(reports))
        reports["account"] = draw.integers(0, 2**32, len(reports))
        metrics.record(reports, second * 100 * SECOND, 10)
        found.add(metrics.memory_bytes)
    assert len(found) == 1
    assert found.pop() < 15_000_000
    assert {labels[0] for labels, _ in metrics.flow.processed} == {"other"}


def test_counters_that_are_read_make_the_same_rates() -> None:
    made = workload("retail", 4_000, seed=5)
    made.commands["quantity"][::41] = -1
    core, recorded, read = Core(), Metrics(), Metrics()
    for _ in range(made.books):
        core.add_instrument()
    read.read(core, 0)
    recorded.record(np.zeros(0, REPORT_DTYPE), 0)
    batch = 100
    for second, start in enumerate(range(0, len(made.commands), batch)):
        now = second * SECOND + SECOND // 2
        recorded.record(core.match(made.commands[start : start + batch]), now)
        read.read(core, now + SECOND // 2 - 1)  # at the end of its second
        read.read(core, now + SECOND // 2 - 1)  # once a second is enough
        read.gauges.set("connections", 1, now + SECOND // 2 - 1)
    end = now + SECOND
    read.read(core, end)
    recorded.record(np.zeros(0, REPORT_DTYPE), end)
    for name in TOTALS:
        assert read.counters.total(name) == recorded.counters.total(name) > 0
        for window in (5, 30):
            found = read.counters.rate(name, end, window)
            assert found == recorded.counters.rate(name, end, window)
    assert read.reports_by_type() == recorded.reports_by_type()
    assert read.rejects_by_reason() == recorded.rejects_by_reason()
    assert read.value("live_orders", end) == len(core)
    assert read.value("order_success_rate", end) is None, "counters don't tell"
    assert recorded.value("order_success_rate", end) is not None
    with pytest.raises(MetricsError, match="reports was added to, but its totals are read"):
        read.record(core.match(made.commands[:1]), end)
    with pytest.raises(MetricsError, match="reports was read, but it was added to"):
        recorded.read(core, end + SECOND)


@pytest.mark.parametrize("seed", range(12))
def test_counters_and_reports_of_anything_come_to_the_same(seed: int) -> None:
    """Orders of every type, auctions, accounts, liquidations: what is drawn to compare engines."""
    stream = storm(seed, 200) if seed % 3 == 0 else random_stream(seed, 300)
    commands = stream.commands.copy()
    commands["quantity"] = np.minimum(commands["quantity"], 2**40)  # windows count in 64 bits
    core, recorded, read = stream.new_core(Core), Metrics(), Metrics()
    recorded.record(core.match(commands), 0)
    read.read(core, 0)
    found = {name: read.counters.total(name) for name in TOTALS}
    assert found == {name: recorded.counters.total(name) for name in TOTALS}
    assert found["orders"] > 0
    assert read.reports_by_type() == recorded.reports_by_type()
    assert read.rejects_by_reason() == recorded.rejects_by_reason()


def test_a_venue_is_read_as_a_core_is() -> None:
    venue, metrics = Engine(), Metrics()
    venue.add_instrument(Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001"))
    metrics.read(venue, 0)
    for side, quantity in (("sell", "2"), ("buy", "3"), ("sell", "1")):
        venue.submit("BTC-USD", side=side, price="3000", quantity=quantity)
    metrics.read(venue, SECOND)
    totals = {name: metrics.counters.total(name) for name in TOTALS}
    assert totals == {
        "reports": 7,
        "orders": 3,
        "rejects": 0,
        "cancels": 0,
        "trades": 2,
        "traded_lots": 3_000,
    }
    assert metrics.value("live_orders", SECOND) == 0
    assert metrics.value("orders_per_second", 2 * SECOND) == 1.5


def test_what_happened_before_the_first_look_is_in_no_rate() -> None:
    core, metrics = Core(), Metrics()
    core.add_instrument()
    for _ in range(5):
        core.match(commands(SUBMIT, side=BUY, price=100, quantity=1))
    metrics.read(core, 0)
    core.match(commands(SUBMIT, side=BUY, price=100, quantity=1))
    metrics.read(core, SECOND)
    metrics.read(core, 2 * SECOND)
    assert metrics.counters.total("orders") == 6
    assert metrics.value("orders_per_second", 2 * SECOND) == 0.5


def test_every_figure_of_the_engine_but_one_follows_from_its_counters() -> None:
    of_engine = {name for name, source in COUNTERS.items() if source == Source.ENGINE}
    assert of_engine - set(TOTALS) == {"order_rejects"}
    assert set(TOTALS) < of_engine


def commands(kind: CommandKind, **fields: Any) -> RecordArray:
    made = np.zeros(1, COMMAND_DTYPE)
    made["kind"] = kind
    for name, value in fields.items():
        made[name] = value
    return made


def test_positions_and_open_interest_are_asked_for() -> None:
    core = Core(accounts=True)
    core.add_currency()
    contract = {
        "kind": ContractKind.LINEAR,
        "settle": 0,
        "value_factor": 1,
        "initial_rate": 10**8,
        "maintenance_rate": 5 * 10**7,
    }
    for instrument in range(2):
        core.add_instrument(contract=contract)
        source = TriggerSource.MARK
        core.match(commands(SET_PRICE, instrument=instrument, price=100, trigger_source=source))
    for account in (1, 2, 3):
        core.match(commands(SET_ACCOUNT, account=account))
        core.match(commands(DEPOSIT, account=account, quantity=10**9))
    metrics = Metrics(["A", "B"])
    metrics.read_positions(core, 0)
    assert (metrics.value("open_positions", 0), metrics.value("open_interest", 0)) == (0, 0)
    for instrument, account, side, quantity in (
        *((0, 1, SELL, 10), (0, 2, BUY, 4), (0, 3, BUY, 3)),
        *((1, 2, SELL, 5), (1, 1, BUY, 5)),
    ):
        order = {"instrument": instrument, "account": account, "side": side}
        reports = core.match(commands(SUBMIT, **order, price=100, quantity=quantity))
        metrics.record(reports, 0)
    metrics.read_positions(core, 0)
    # In the first, account 1 is short 7 to 4 and 3; in the second 1 is long 5 of 2.
    assert (metrics.value("open_positions", 0), metrics.value("open_interest", 0)) == (5, 12)
    assert metrics.value("active_users", 0) == 3


def test_active_users_are_those_of_five_minutes() -> None:
    metrics = Metrics()
    assert metrics.value("active_users", 0) is None
    for account, second in ((7, 0), (8, 100), (2**32 - 1, 100), (2**31, 150)):
        reports = np.zeros(1, REPORT_DTYPE)
        reports["exec_type"], reports["order_status"] = ExecType.NEW, OrderStatus.NEW
        reports["account"] = account
        metrics.record(reports, second * SECOND)
    wanted = {150: 3, 299: 3, 300: 2, 399: 2, 400: 1, 449: 1, 450: 0}
    found = {second: metrics.active_users(second * SECOND) for second in wanted}
    assert found == wanted, "accounts above a million are one user"


def test_this_process_is_looked_at() -> None:
    metrics = Metrics()
    metrics.read_process(0)
    assert metrics.value("cpu_percent", 0) is None
    sum(range(100_000))
    metrics.read_process(SECOND)
    cpu = metrics.value("cpu_percent", SECOND)
    assert cpu is not None
    assert 0 <= cpu <= 100
    for name in ("memory_percent", "memory_bytes"):
        value = metrics.value(name, SECOND)
        assert value is None or value > 0


def test_shares_are_of_what_was_counted() -> None:
    metrics = Metrics()
    shares = ("error_rate", "api_availability", "settlement_success_rate", "retry_rate")
    assert [metrics.value(name, 0) for name in shares] == [None] * 4
    for second in range(100):
        metrics.count("api_requests", 10, second * SECOND)
        metrics.count("api_failures", 5 if second < 20 else 0, second * SECOND)
        metrics.count("settlements", 4, second * SECOND)
        metrics.count("settlements_failed", second % 2, second * SECOND)
    now = 99 * SECOND
    assert metrics.value("error_rate", now) == 0  # of a minute
    assert metrics.value("error_rate", now, 100) == 0.1
    assert metrics.value("api_availability", now) == 0.9  # of an hour
    assert metrics.value("settlement_success_rate", now) == 0.875
    assert metrics.value("settlements_per_second", now) == 4
    metrics.count("retries", 1, now)
    with pytest.raises(MetricsError, match="retries grew by 1, must be at most by 0, as exec"):
        metrics.value("retry_rate", now)


def test_executions_are_recorded_under_both_names() -> None:
    metrics = Metrics(["BTCUSD"], exchange="demo")
    durations = np.array([40, 400, 1_500, 20_000]) * MS
    metrics.record_executions(np.array([0, 0, 0, 9]), np.array([1, 1, -1, 1]), durations, 0)
    assert metrics.counters.total("executions") == 4
    assert metrics.value("trade_execution_latency_p99_ms", 0) == 20_000
    in_ms, in_seconds = dict(metrics.flow.execution_ms), dict(metrics.flow.execution_seconds)
    assert metrics.flow.execution_seconds.bounds == (0.1, 0.5, 1, 2, 5, 10)
    assert in_seconds["demo", "BTCUSD", "buy"] == ((1, 2, 2, 2, 2, 2, 2), 0.44)
    assert in_seconds["demo", "BTCUSD", "sell"] == ((0, 0, 0, 1, 1, 1, 1), 1.5)
    assert in_seconds["demo", "other", "buy"] == ((0, 0, 0, 0, 0, 0, 1), 20)
    assert in_ms["BTCUSD", "buy"].total == 440
    assert in_ms["BTCUSD", "buy"].counts[-1] == 2


def test_an_execution_may_be_recorded_by_itself_and_many_of_one_symbol_at_once() -> None:
    one_by_one, at_once = Metrics(["BTCUSD"]), Metrics(["BTCUSD"])
    for duration in (40 * MS, 400 * MS):
        one_by_one.record_executions(0, SELL, duration, 0)
    at_once.record_executions(0, SELL, np.array([40, 400]) * MS, 0)
    found = [dict(metrics.flow.execution_ms) for metrics in (one_by_one, at_once)]
    assert found[0] == found[1]
    assert found[0]["BTCUSD", "sell"].total == 440
    assert one_by_one.counters.total("executions") == 2
    with pytest.raises(MetricsError, match="durations_ns"):
        at_once.record_executions(0, SELL, np.zeros((1, 2), np.int64), 0)


def test_every_figure_has_a_value_once_everyone_has_told() -> None:
    metrics = Metrics()
    assert set(metrics.kpis(0).values()) == {None}, "nobody has told anything"
    for second in (0, 1):
        now = second * SECOND
        for name, source in COUNTERS.items():
            metrics.count(name, 2 if source == Source.ENGINE else 3, now)
        for name in LATENCIES:
            metrics.record_latency(name, np.array([5 * MS, 7 * MS]), now)
        for name in GAUGES:
            metrics.set_gauge(name, 50, now)
        metrics.set_up(True, now)
    found = metrics.kpis(SECOND)
    assert all(value is not None for value in found.values())
    assert found["trades_per_second"] == 2
    assert found["api_latency_p50_ms"] == pytest.approx(5, rel=1 / 32)
    assert found["api_latency_p99_ms"] == 7
    assert found["uptime"] == 1
    for name, kpi in KPIS.items():
        if kpi.kind in {KpiKind.SHARE, KpiKind.UPTIME}:
            with pytest.raises(MetricsError, match="it has no points"):
                metrics.points(name, SECOND)
        else:
            assert len(metrics.points(name, SECOND).values) == 1


# By what the document says, the figures that hold it; percentiles stand for all three.
DOCUMENT = {
    "trades, orders, settlements per second": "trades orders settlements",
    "order submission, matching, settlement, API and WebSocket latency (p50, p95, p99)": (
        "order_submission matching settlement api websocket"
    ),
    "uptime, API and WebSocket availability": "uptime api_availability websocket_availability",
    "settlement success rate": "settlement_success_rate",
    "CPU, memory, disk IOPS, network bandwidth": (
        "cpu_percent memory_percent disk_iops network_mbps"
    ),
    "active users, connections, open positions, open interest": (
        "active_users connections open_positions open_interest"
    ),
}


@pytest.mark.parametrize("text", DOCUMENT)
def test_the_figures_that_the_document_names_are_there(text: str) -> None:
    for word in DOCUMENT[text].split():
        names = {word}
        if "per second" in text:
            names = {f"{word}_per_second"}
        if "latency" in text:
            names = {f"{word}_latency_p{percent}_ms" for percent in (50, 95, 99)}
        assert names <= set(KPIS)
        if word in {"trades", "orders", "settlements"}:
            assert KPIS[f"{word}_per_second"].window_seconds == 60
        if "availability" in word or word == "uptime":
            assert KPIS[word].window_seconds == 3_600


def test_the_document_names_no_other_figures() -> None:
    document = SHARED / "REQUIREMENTS.md"
    if not document.is_file():
        pytest.skip("../shared/REQUIREMENTS.md is not there")
    text = " ".join(document.read_text(encoding="utf-8").split())
    told = text.partition("KPIs to expose: ")[2].partition(". Windows:")[0]
    for phrase in DOCUMENT:
        assert phrase in told
        told = told.replace(phrase, "")
    assert set(told) <= set(";, ")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.value("speed", 0), "metric was 'speed', not one of trades_per_second"),
        (lambda m: m.record_latency("ping", np.array([1]), 0), "latency was 'ping', not one of"),
        (lambda m: m.latency("ping"), "latency was 'ping', not one of order_submission"),
        (lambda m: m.count(["trades"], 1, 0), "counter was ['trades'], not one of reports"),
        (lambda m: m.value("uptime", 0, np.nan), "window_seconds was nan, must be from 1 to 3600"),
        (lambda m: m.value("uptime", 0, np.inf), "window_seconds was inf, must be from 1 to 3600"),
        (lambda m: m.record(np.zeros(1, COMMAND_DTYPE), 0), "reports were of "),
        (
            lambda m: m.record(np.zeros(2, REPORT_DTYPE), 0, np.array([1])),
            "durations_ns had the shape (1,), must have (2,)",
        ),
        (lambda m: m.record(np.zeros(2, REPORT_DTYPE), 0, -1), "durations_ns had -1, must be at"),
        (
            lambda m: m.record(np.zeros(1, REPORT_DTYPE), 0, np.array([0.5])),
            "durations_ns was of float64, must be of integers",
        ),
        (
            lambda m: m.record_executions(np.array([1]), np.array([1]), np.array([1, 2]), 0),
            "instruments, sides and durations_ns had the shapes (1,), (1,) and (2,)",
        ),
        (
            lambda m: m.record_executions(np.array([1]), np.array([2]), np.array([1]), 0),
            "sides[0] was 2, must be 1 or -1",
        ),
        (lambda _: Metrics(["A", "A"]), "symbols were A, A, must differ"),
        (lambda _: Metrics(["A", "B"], symbols_max=1), "symbols were 2, must be at most 1"),
        (lambda _: Metrics({-1: "A"}), "instrument was -1, must be from 0 to 1000000"),
    ],
)
def test_what_makes_no_sense_is_refused(call: Any, message: str) -> None:
    metrics = Metrics()
    with pytest.raises(MetricsError) as error:
        call(metrics)
    assert str(error.value).startswith(message)
    assert set(metrics.kpis(0).values()) == {None}, "nothing was changed"


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.record(np.zeros(1, REPORT_DTYPE), 4),
        lambda m: m.read(Core(), 4),
        lambda m: m.read_positions(Core(), 4),
        lambda m: m.read_process(4),
        lambda m: m.count("trades", 1, 4),
        lambda m: m.set_gauge("connections", 1, 4),
        lambda m: m.set_up(True, 4),
        lambda m: m.record_latency("api", 5, 4),
        lambda m: m.record_executions(np.array([0]), np.array([1]), np.array([5]), 4),
        lambda m: m.value("uptime", 4),
        lambda m: m.points("connections", 4),
        lambda m: m.active_users(4),
    ],
)
def test_a_time_that_goes_back_is_refused_everywhere(call: Any) -> None:
    metrics = Metrics()
    metrics.set_gauge("disk_percent", 5, 5)
    with pytest.raises(MetricsError, match="now_ns was 4, must be at least 5"):
        call(metrics)
    assert [name for name, value in metrics.kpis(5).items() if value is not None] == [
        "disk_percent"
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.set_gauge("connections", "5", 0), "connections was '5', of str, not a number"),
        (lambda m: m.set_gauge("connections", None, 0), "connections was None, of NoneType, not a"),
        (lambda m: m.value("uptime", 0, "60"), "window_seconds was '60', of str, not a number"),
        (lambda m: m.uptime.set("no", 0), "is_up was 'no', of str, not a bool"),
        (lambda m: m.counters.read({"trades": "5"}, 0), "trades was '5', of str, not an integer"),
        (lambda m: m.counters.read(5, 0), "totals was 5, of int, not a Mapping"),
    ],
)
def test_what_is_of_another_kind_is_named(call: Any, message: str) -> None:
    metrics = Metrics()
    with pytest.raises(TypeError) as error:
        call(metrics)
    assert str(error.value).startswith(message)
    assert set(metrics.kpis(0).values()) == {None}, "nothing was changed"


def test_no_gauge_shows_what_no_float_holds() -> None:
    metrics = Metrics()
    with pytest.raises(OverflowError, match="connections was an integer of 1329 bits, beyond"):
        metrics.set_gauge("connections", 10**400, 0)
    assert metrics.value("connections", 0) is None


@pytest.mark.parametrize("symbols", ["BTC", b"BTC", 5, None])
def test_one_text_is_no_list_of_symbols(symbols: Any) -> None:
    """Its letters would be the names of three instruments."""
    with pytest.raises(TypeError, match=r"^symbols was b?'?(BTC|5|None)'?, of .*, not symbols "):
        Metrics(symbols)


@pytest.mark.parametrize("symbol", ["BTC", 5])
def test_a_symbol_is_a_text(symbol: Any) -> None:
    if symbol == "BTC":
        assert Metrics([symbol]).flow.symbols.names == ("other", "BTC")
        return
    with pytest.raises(TypeError, match=r"^symbols\[0\] was 5, of int, not a str$"):
        Metrics([symbol])


def test_a_side_that_is_none_is_told_with_its_place() -> None:
    with pytest.raises(MetricsError, match=r"^sides\[1\] was 3, must be 1 or -1$"):
        Metrics().record_executions(np.zeros(2, int), np.array([1, 3]), np.array([5, 5]), 0)
    with pytest.raises(MetricsError, match=r"^sides\[0\] was 'buy', must be 1 or -1$"):
        Metrics().record_executions(0, "buy", 5, 0)  # type: ignore[arg-type]
