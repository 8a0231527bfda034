"""Capacity plans: the figures of the documents, growth that is exact, and the command."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import _capacity_command
from engine._cli import main
from engine.capacity import (
    GodarkInputs,
    Measured,
    PincexInputs,
    Plan,
    ceiling,
    first_month_above,
    grown,
    measure_machine,
    plan_godark,
    plan_pincex,
)
from engine.errors import EngineError, SpecificationError

SHARED = Path(__file__).resolve().parents[2] / "shared"
MEASURED = Measured(orders_per_second=1_000_000, bytes_per_order=100, conditions="of a test")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return (code, *capsys.readouterr())

    return run


def needs(plan: Plan, place: int | None = None) -> dict[str, Decimal]:
    """Return what a plan, or one of its projections, needs by name."""
    found = plan.needs if place is None else plan.projections[place].needs
    return {need.what: need.needs for need in found}


def test_pincex_needs_what_its_rules_say() -> None:
    """By hand: 5,000 x 1.5 / 2,000 = 3.75; 200 x 1.2 / 25 = 9.6; 5,000 x 1,024 x 8 x 2 bits."""
    plan = plan_pincex()
    assert needs(plan) == {
        "pods": 4,
        "database cores": 10,
        "memory": Decimal("10.4"),
        "network": Decimal("81.92"),
        "WebSocket connections": 10_000,
    }
    assert plan.need("pods").is_short
    assert plan.need("pods").used == Decimal("1.3333")
    assert plan.need("database cores").used is None
    with pytest.raises(SpecificationError, match="what was 'disks', not one of 'pods', 'database"):
        plan.need("disks")
    assert {cost.what: cost.amount for cost in plan.costs} == {
        "pods": 400,
        "database cores": 500,
        "memory": 104,
        "network": Decimal("8.192"),
    }
    assert plan.cost == Decimal("1012.192")


def test_pincex_after_a_year() -> None:
    """Twice the users, three times the volume, one and a half the peak; or 5, 10 and 2."""
    plan = plan_pincex()
    expected, high = plan.projections
    assert [(each.name, each.months, each.short_from) for each in plan.projections] == [
        ("expected", 12, 0),
        ("high", 12, 0),
    ]
    assert expected.factors == {"users": 2, "volume": 3, "peak": Decimal("1.5")}
    assert high.factors == {"users": 5, "volume": 10, "peak": 2}
    assert needs(plan, 0) == {
        "pods": 6,  # 7,500 x 1.5 / 2,000 = 5.625
        "database cores": 20,  # 400 x 1.2 / 25 = 19.2
        "memory": Decimal("31.2"),
        "network": Decimal("122.88"),
        "WebSocket connections": 20_000,
    }
    assert needs(plan, 1) == {
        "pods": 8,
        "database cores": 48,
        "memory": 104,
        "network": Decimal("163.84"),
        "WebSocket connections": 50_000,
    }
    for each in plan.projections:
        assert [row.month for row in each.by_month] == list(range(13))
        assert each.by_month[0].peak == 5_000
        assert each.by_month[12].peak == 5_000 * each.factors["peak"]
        assert each.by_month[12].pods == each.needs[0].needs


@pytest.mark.parametrize(
    ("pods", "months"), [(3, [0, 0]), (4, [2, 2]), (5, [9, 5]), (6, [None, 9]), (8, [None, None])]
)
def test_pods_run_out_in_the_month_that_growth_passes_them(
    pods: int, months: list[int | None]
) -> None:
    """By logarithms: 3.75 x 1.5^(m/12) is above 4 from 1.9 months on, above 5 from 8.5 on."""
    plan = plan_pincex(PincexInputs(pods=pods))
    assert [each.short_from for each in plan.projections] == months
    for each, month in zip(plan.projections, months, strict=True):
        over = [row.month for row in each.by_month if row.pods > pods]
        assert over == ([] if month is None else list(range(month, 13)))


def test_a_measured_core_is_planned_with() -> None:
    """By hand: 7,500 of a million are one core; 10^6 orders x 100 bytes x 1.3 are 0.13 GB."""
    plan = plan_pincex(measured=MEASURED)
    found = needs(plan)
    assert found["engine cores, measured"] == 1
    assert found["engine memory, measured"] == Decimal("0.13")
    assert needs(plan, 1)["engine memory, measured"] == Decimal("1.3")
    assert plan.cost == plan_pincex().cost, "what was measured has no price"
    slow = Measured(orders_per_second=2_499, bytes_per_order=100)
    assert needs(plan_pincex(measured=slow))["engine cores, measured"] == 4
    dark = needs(plan_godark(measured=Measured(orders_per_second=625, bytes_per_order=1)))
    assert (dark["shards, measured"], dark["matching instances, measured"]) == (10, 1)


def test_godarks_users_and_requests_follow_from_its_tiers() -> None:
    """5,000 x 60 + 2,000 x 300 + 500 x 1,200 + 50 x 6,000 requests of 7,550 users."""
    plan = plan_godark()
    assert [row[:3] for row in plan.tiers] == [
        ("FREE", 5_000, 60),
        ("BASIC", 2_000, 300),
        ("PRO", 500, 1_200),
        ("MARKET_MAKER", 50, 6_000),
    ]
    assert [row.requests for row in plan.tiers] == [300_000, 600_000, 600_000, 300_000]
    assert sum(row.orders for row in plan.tiers) == 900_000
    users, requests = plan.need("users"), plan.need("requests a minute")
    assert (users.has, users.needs, users.used) == (10_000, 7_550, Decimal("0.755"))
    assert (requests.has, requests.needs) == (2_000_000, 1_800_000)
    assert requests.used == Decimal("0.9")
    assert not requests.is_short
    found = needs(plan)
    assert found["shards"] == 13  # 5,000 / (0.8 x 500) = 12.5
    assert found["matching instances"] == 2
    assert found["liquidation instances"] == 1
    assert plan.notes[:2] == (
        "users: 75.5% of the capacity is in use: enough",
        "requests a minute: 90.0% of the capacity is in use: scale up",
    )
    idle = plan_godark(GodarkInputs(requests_capacity=6_000_001))
    assert idle.notes[1].endswith("30.0% of the capacity is in use: scale down")
    many = needs(plan_godark(GodarkInputs(open_positions=5_001)))
    assert many["liquidation instances"] == 2


def section(name: str) -> str:
    document = SHARED / "REQUIREMENTS.md"
    if not document.is_file():
        pytest.skip("../shared/REQUIREMENTS.md is not there")
    return " ".join(document.read_text(encoding="utf-8").partition(name)[2].split())


@pytest.mark.parametrize(
    ("name", "phrases"),
    [
        (
            "Capacity planning, inputs: ",
            [
                "average {average_orders_per_second} and peak {peak_orders_per_second:,} orders/s",
                "{orders_per_day:,} orders a day, {users:,} users, {pods} pods",
                "{database_connections} database and {websocket_connections:,} WebSocket conn",
                "{cpu_percent}% CPU, {memory_gb} GB",
                "{orders_per_second_per_pod:,} orders/s a pod with {pod_headroom}x headroom",
                "{connections_per_core} connections a core with {core_headroom}x",
                "memory {memory_headroom}x; {bytes_per_order:,} bytes an order with"
                " {network_headroom}x network headroom",
                "over {months} months: users {users_growth}x / {users_growth_high}x, volume"
                " {volume_growth}x / {volume_growth_high}x, peak {peak_growth}x /"
                " {peak_growth_high}x",
                "pod {cost_per_pod}, core {cost_per_core}, GB {cost_per_gb}, Mbps {cost_per_mbps}",
            ],
        ),
        (
            "## 1. GoDark",
            [
                "capacity (expected) | {users_capacity:,}; {requests_capacity:,}"
                " (7,550; 1,800,000)",
                "FREE {free_users:,}, BASIC {basic_users:,}, PRO {pro_users}, MARKET_MAKER"
                " {market_maker_users}.",
                "1,000 / 2,000 / {peak_orders_per_second:,} |",
                "{shards_per_instance} shards an instance",
                "{positions_per_instance:,} positions an instance",
            ],
        ),
    ],
)
def test_inputs_are_those_of_the_document(name: str, phrases: list[str]) -> None:
    text = section(name)
    inputs = PincexInputs() if "inputs" in name else GodarkInputs()
    for phrase in phrases:
        assert phrase.format(**vars(inputs)) in text


POSITIVE = st.fractions(Fraction(1, 10), 50, max_denominator=20)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(POSITIVE, POSITIVE, st.integers(0, 15), st.integers(1, 12))
def test_growth_is_rounded_up_exactly(
    start: Fraction, factor: Fraction, month: int, months: int
) -> None:
    found = grown(start, factor, month, months)
    wanted = start**months * factor**month
    assert found**months >= wanted
    assert found == 0 or (found - 1) ** months < wanted
    assert grown(start, factor, 0, months) == ceiling(start)
    assert grown(start, factor, months, months) == ceiling(start * factor)
    limit = found
    first = first_month_above(limit, start, factor, months)
    over = [m for m in range(months + 1) if grown(start, factor, m, months) > limit]
    assert first == (over[0] if over else None)


@pytest.mark.parametrize("arguments", [(-1, 2, 0, 12), (1, 0, 0, 12), (1, 2, -1, 12), (1, 2, 0, 0)])
def test_growth_of_nothing_known_is_refused(arguments: tuple[int, int, int, int]) -> None:
    with pytest.raises(SpecificationError, match="must be"):
        grown(*arguments)


@pytest.mark.parametrize("kind", [PincexInputs, GodarkInputs])
def test_inputs_are_text_and_back(kind: Any, tmp_path: Path) -> None:
    changed = {name: stated + 1 for name, stated in kind.COUNTS.items()}
    changed |= {name: Decimal("1.25") for name in (*kind.FACTORS, *kind.AMOUNTS)}
    inputs = kind(**changed)
    assert kind().to_dict() == {}
    assert set(inputs.to_dict()) == set(changed)
    for name in ("inputs.toml", "inputs.json"):
        inputs.write(tmp_path / name)
        assert kind.read(tmp_path / name) == inputs


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pods": 0}, "pods was 0, must be a whole number from 1 to 1000000000000"),
        ({"pods": True}, "pods was True, must be a whole number"),
        ({"users": 1.5}, "users was 1.5, must be a whole number"),
        ({"pod_headroom": "0.9"}, "pod_headroom was 0.9, must be 1 or more"),
        ({"memory_gb": -1}, "memory_gb was -1, must be 0 or more"),
        ({"shards": 3, "cores": 1}, "there is no cores, shards: there is average_orders_per_"),
    ],
)
def test_inputs_that_make_no_sense_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecificationError) as error:
        PincexInputs(**fields)
    assert message in str(error.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(SpecificationError) as error:
        PincexInputs.from_toml("pods = -3\nmemory_headroom = 0\ncost_per_gb = -1\nrooms = 1\n")
    assert str(error.value).count(";") == 3


def test_a_plan_is_a_table_and_json() -> None:
    for plan in (plan_pincex(measured=MEASURED), plan_godark(measured=MEASURED)):
        rows = plan.table()
        assert [row[0] for row in rows] == [need.what for need in plan.needs]
        assert {len(row) for row in rows} == {5 + len(plan.projections)}
        found = json.loads(json.dumps(plan.to_dict()))
        assert found["measured"]["orders_per_second"] == 1_000_000
        assert [need["what"] for need in found["needs"]] == [row[0] for row in rows]
    assert plan_pincex().to_dict()["measured"] is None
    assert plan_pincex().table()[2] == (
        *("memory", "8 GB", "10.4 GB", "130.0%", "31.2 GB", "104 GB", "in use x 1.3"),
    )


def test_the_command_prints_json(run: Run, tmp_path: Path) -> None:
    code, output, errors = run("capacity", "--json")
    assert (code, errors, output.count("\n")) == (0, "", 1)
    assert json.loads(output) == plan_pincex().to_dict()
    path = tmp_path / "inputs.toml"
    path.write_text("pro_users = 700\n")
    _, output, _ = run("capacity", "--system", "godark", "--inputs", path, "--json")
    found = json.loads(output)
    assert found == plan_godark(GodarkInputs(pro_users=700)).to_dict()
    assert found["tiers"][2]["requests"] == 840_000


def test_the_command_prints_tables(run: Run) -> None:
    code, output, errors = run("capacity")
    assert (code, errors) == (0, "")
    assert "…" not in output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert "pods 3 4 133.3% 6 8" in lines
    assert "pods: peak x 1.5 / 2,000/s, rounded up" in lines
    assert "all 1,012.192 1,924.288 4,256.384" in lines
    assert "12 7,500 6 10,000 8" in lines
    assert "3 pods are too few, expected: from month 0 on" in lines
    _, output, _ = run("capacity", "--system", "godark")
    assert "…" not in output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert "requests a minute 2,000,000 1,800,000 90.0%" in lines
    assert "MARKET_MAKER 50 6,000 3,000 300,000 150,000" in lines
    assert "all 7,550 1,800,000 900,000" in lines


def test_the_command_measures_when_it_is_told_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_capacity_command, "measure_machine", lambda _progress: MEASURED)
    _, output, _ = run("capacity", "--measure")
    assert "measured: 1,000,000 commands a second and core, 100 bytes an order" in output
    assert "(of a test)" in output
    _, output, _ = run("capacity", "--measure", "--json")
    assert json.loads(output)["measured"] == vars(MEASURED)


def test_a_short_run_measures_this_machine() -> None:
    told: list[int] = []
    found = measure_machine(told.append, commands=2_048)
    assert sum(told) == 200_000 + 2_048
    assert found.orders_per_second > 1_000
    assert 100 < found.bytes_per_order < 1_000
    assert "2,048 commands of the workload venue" in found.conditions
    with pytest.raises(SpecificationError, match="commands was 5, must be at least 1024"):
        measure_machine(commands=5)


def test_bad_input_gets_one_line_and_exit_code_1(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "inputs.toml"
    path.write_text("pods = 0\n")
    code, output, errors = run("capacity", "--inputs", path)
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert errors.startswith(f"python -m engine: {path}: PincexInputs: pods was 0")
    code, _, errors = run("capacity", "--inputs", tmp_path / "none.toml")
    assert (code, errors.count("\n")) == (1, 1)
    assert run("capacity", "--system", "demo")[0] == 2


def test_json_needs_no_library(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert run("capacity", "--json")[0] == 0
    code, output, errors = run("capacity")
    assert (code, output) == (1, "")
    assert "this needs rich" in errors
    assert issubclass(SpecificationError, EngineError)
