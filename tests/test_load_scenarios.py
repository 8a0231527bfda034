"""Scenarios: their figures are those of the five systems, they are data, and time scales."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import LoadError, SpecificationError
from engine.load import (
    SCENARIOS,
    Criteria,
    Fault,
    Scenario,
    Stage,
    StopWhen,
    read_scenario,
    scenario,
)

REQUIREMENTS = Path(__file__).resolve().parents[2] / "shared" / "REQUIREMENTS.md"
MINUTE = 60
# As the document states them: name, orders a second, seconds, users, symbols.
SENT = [
    ("demo-recommended", 3_000, 15 * MINUTE, 150, 6),
    ("demo-maximum", 5_000, 10 * MINUTE, 250, 8),
    ("demo-marathon", 2_000, 60 * MINUTE, 100, 4),
    ("demo-staged", 3_000, 15 * MINUTE, 150, 6),
    ("pincex-baseline", 5_000, 15 * MINUTE, 1_000, 1),
    ("pincex-peak", 15_000, 10 * MINUTE, 1_000, 1),
    ("pincex-stress", 30_000, 5 * MINUTE, 1_000, 1),
    ("pincex-spike", 10_000, 10 * MINUTE, 1_000, 1),
    ("pincex-burst", 50_000, MINUTE, 1_000, 1),
    ("trade-bot-load", 5_000, 10 * MINUTE, 1_000, 4),
    ("trade-bot-stress", 3_000, 30 * MINUTE, 2_000, 4),
    ("godark-target", 1_000, 10 * MINUTE, 10_000, 8),
    ("godark-sustained", 2_000, 10 * MINUTE, 10_000, 8),
    ("godark-peak", 5_000, 5 * MINUTE, 10_000, 8),
    ("bot-core-endurance", 1_000, 24 * 60 * MINUTE, 1_000, 4),
]
ASKED = {
    "demo-recommended": Criteria(p50_ms=10, p95_ms=25, p99_ms=50, max_ms=100, error_rate=0.001),
    "pincex-baseline": Criteria(p95_ms=10, p99_ms=25, error_rate=0.001),
    "pincex-peak": Criteria(p95_ms=50, p99_ms=100, error_rate=0.01),
    "pincex-spike": Criteria(error_rate=0.001, recovery_seconds=30),
    "trade-bot-load": Criteria(p95_ms=200, error_rate=0.01),
    "trade-bot-stress": Criteria(p95_ms=500, error_rate=0.05),
    "godark-target": Criteria(p50_ms=5, p95_ms=15, p99_ms=50, error_rate=0.001),
    "bot-core-load": Criteria(p95_ms=1_000, p99_ms=2_000, error_rate=0.005),
}
STATED = (
    "3,000 orders/s for 15 min: 2.7 M orders, 50-60% of them matched",
    "2,000/s for 1 h: 7.2 M orders",
    "2 min at 1,000/s, 3 min at 2,000/s, 5 min at 3,000/s, 5 min of injected faults",
    "5,000/s for 10 min, 3 M orders, 250 users, 8 symbols; recommended 150 users, 6 symbols",
    "baseline 5,000/s for 15 min (p95 < 10 ms, p99 < 25 ms, errors < 0.1%)",
    "stress 30,000/s for 5 min",
    "1,000/s with 10,000/s for 30 s every 2 min over 10 min (recovers in 30 s",
    "(1,000 users, 10 min, ramp 2 min, p95 200 ms, errors 1%, 5,000/s)",
    "ramp 5 min, p95 500 ms, errors 5%, 3,000/s",
    "p99 over 500 ms, errors over 5%, CPU over 90%, memory over 20 GB",
)
"""What the figures here were taken from, as the document has it."""
PLAIN = {"name": "plain", "stages": [Stage(seconds=10, orders_per_second=100)]}


def plain(**changed: Any) -> Scenario:
    return Scenario(**{**PLAIN, **changed})


@pytest.mark.parametrize(("name", "rate", "seconds", "users", "symbols"), SENT)
def test_a_scenario_sends_what_its_system_states(
    name: str, rate: float, seconds: float, users: int, symbols: int
) -> None:
    found = scenario(name)
    assert (found.peak_rate, found.seconds, found.users) == (rate, seconds, users)
    assert len(found.symbols) == symbols


@pytest.mark.parametrize("name", list(ASKED))
def test_a_scenario_asks_what_its_system_states(name: str) -> None:
    assert scenario(name).criteria == ASKED[name]


def test_the_demos_figures_are_those_of_the_document() -> None:
    demo = scenario("demo-recommended")
    assert (demo.market, demo.limit, demo.stop + demo.stop_limit) == (0.6, 0.35, 0.05)
    assert (demo.cancels, demo.buy_ratio, demo.price_variation) == (0.15, 0.52, 0.15)
    assert (float(demo.volume_least), float(demo.volume_most)) == (0.5, 15)
    assert (demo.ramp_seconds, demo.ramp_from) == (90, 0.4)
    assert demo.stop_when == StopWhen(p99_ms=500, error_rate=0.05, memory_gb=20, cpu=0.9)
    assert scenario("demo-marathon").orders == 7_200_000
    stages = [(each.seconds, each.orders_per_second) for each in scenario("demo-staged").stages]
    assert stages == [(120, 1_000), (180, 2_000), (300, 3_000), (300, 3_000)]


def test_the_document_still_says_so() -> None:
    if not REQUIREMENTS.is_file():
        pytest.skip("REQUIREMENTS.md is not beside the repository")
    text = " ".join(REQUIREMENTS.read_text(encoding="utf-8").split())
    for row in STATED:
        assert row in text


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_the_same_from_its_text(name: str) -> None:
    found = scenario(name)
    assert found.name == name
    assert found.title
    assert Scenario.from_toml(found.to_toml()) == found
    assert Scenario.from_json(found.to_json()) == found


def test_every_system_has_its_scenarios_and_every_one_says_where_it_is_from() -> None:
    generic = {"baseline", "peak", "stress", "spike", "load", "endurance", "marathon", "staged"}
    assert {*generic, "maximum", "recommended", "sustained"} < set(SCENARIOS)
    for system in ("godark", "bot-core", "pincex", "trade-bot", "demo"):
        of_it = [name for name in SCENARIOS if name.startswith(system)]
        assert len(of_it) >= 3
        assert all(scenario(name).source for name in of_it)


def test_scaling_keeps_the_rates_and_says_so() -> None:
    staged = scenario("demo-staged")
    short = staged.scaled(seconds=15)
    assert short.label == "demo-staged, 15 min in 15 s"
    assert short.seconds == pytest.approx(15)
    rates = [each.orders_per_second for each in staged.stages]
    assert [each.orders_per_second for each in short.stages] == rates
    assert [each.at for each in short.faults] == pytest.approx(
        [each.at / 60 for each in staged.faults]
    )
    assert short.scaled(900).label == staged.label == "demo-staged"
    assert scenario("trade-bot-load").scaled(10).ramp_seconds == pytest.approx(2)
    assert scenario("pincex-spike").scaled(60).criteria.recovery_seconds == pytest.approx(3)
    with pytest.raises(SpecificationError, match="seconds was 0, must be above 0"):
        staged.scaled(0)


def test_the_rate_rises_along_the_ramp_and_follows_the_stages() -> None:
    demo = scenario("demo-recommended")
    assert [demo.rate_at(second) for second in (0, 45, 90, 899)] == [1_200, 2_100, 3_000, 3_000]
    assert demo.rate_at(-1) == demo.rate_at(900) == 0
    spike = scenario("pincex-spike")
    assert [spike.rate_at(second) for second in (0, 89, 90, 119, 120, 599)] == [
        *(1_000, 1_000, 10_000, 10_000, 1_000, 10_000),
    ]


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(SpecificationError) as raised:
        plain(
            market=0.9,
            users=0,
            arrivals="monthly",
            tick_size=-1,
            price_variation=5,
            cancels=0.5,
            symbols=("A", "A"),
            faults=(Fault(kind="halted_symbol", at=1, seconds=1, symbol=3),),
        )
    for part in (
        "users was 0, must be a whole number from 1 to 1000000",
        "arrivals was 'monthly', not one of 'poisson', 'hawkes', 'uniform'",
        "tick_size was -1, must be above 0",
        "price_variation was 5, must be 0.3 or less",
        "market, limit, stop, stop_limit were 1.3 together, must be 1",
        "cancels was 0.5, must be at most limit, which was 0.35",
        "symbols: one stood there twice",
        "faults[0]: symbol was 3, must be below 2",
    ):
        assert part in str(raised.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"stages": ()}, "stages was empty, must have one or more"),
        ({"stages": (Stage(seconds=1, orders_per_second=0),)}, "was 0 in all of them"),
        ({"repeat": "twice"}, "repeat was 'twice', must be a whole number"),
        ({"volume_least": 3, "volume_most": 2}, "volume_least was 3, above volume_most"),
        ({"volume_least": "0.001"}, "volume_least was 0.001, must be 1 to 1,000,000 steps of 0.01"),
        ({"opening_price": "50000.3"}, "opening_price was 50000.3, must be 1 to"),
        ({"opening_price": "500000000", "volume_most": 9_000}, "must be at most 1e.11"),
        ({"sides": "left"}, "sides was 'left', not one of 'drawn', 'alternate'"),
        ({"name": 7}, "name was 7, must be text"),
    ],
)
def test_each_mistake_is_told(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        plain(**changed)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Fault(kind="flood", at=1), "kind was 'flood', not one of"),
        (lambda: Fault(kind="halted_symbol", at=1), "seconds was 0.0, must be above 0"),
        (lambda: Fault(kind="rejected_burst", at=1, seconds=1), "orders_per_second was 0"),
        (lambda: Stage(seconds=-1, orders_per_second=1), "seconds was -1, must be 0.001 or more"),
        (lambda: Criteria(p99_ms=-1), "p99_ms was -1, must be 0 or more"),
        (lambda: StopWhen(cpu=2), "cpu was 2, must be 1 or less"),
        (lambda: scenario("tsunami"), "scenario was 'tsunami', not one of 'baseline'"),
    ],
)
def test_each_mistake_of_a_part_is_told(made: Any, message: str) -> None:
    with pytest.raises((SpecificationError, LoadError), match=message):
        made()


def test_a_rate_is_asked_for_at_a_time() -> None:
    with pytest.raises(TypeError, match="second was '5', of str, not a number"):
        plain().rate_at("5")  # type: ignore[arg-type]


def test_a_fault_that_happens_too_often_is_refused() -> None:
    often = Fault(kind="mass_cancel", at=0, every=0.000_1)
    with pytest.raises(SpecificationError, match="more than 10,000 times"):
        plain(faults=(often,))


def test_a_scenario_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('like = "demo-maximum"\nusers = 7\ncriteria = {p99_ms = 3}\n', encoding="utf-8")
    found = read_scenario(path)
    assert (found.name, found.users, found.peak_rate) == ("mine", 7, 5_000)
    assert found.criteria == Criteria(p99_ms=3)
    path.write_text("users = 0\ncolour = 1\nseed = -1", encoding="utf-8")
    with pytest.raises(SpecificationError, match=r"mine\.toml: Scenario has no colour"):
        read_scenario(path)
    path.write_text('like = "demo-maximum"\nusers = 0\nseed = -1', encoding="utf-8")
    with pytest.raises(SpecificationError, match=r"mine\.toml: users was 0.*; seed was -1"):
        read_scenario(path)
    path.write_text("users = ", encoding="utf-8")
    with pytest.raises(SpecificationError, match=r"mine\.toml: no TOML"):
        read_scenario(path)
    path.write_text('like = "tsunami"', encoding="utf-8")
    with pytest.raises(LoadError, match="scenario was 'tsunami'"):
        read_scenario(path)
