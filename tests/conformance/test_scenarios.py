"""What other engines' tests expect, and what broke real engines, on core and on reference.

So are scenarios of our own, where those are thin: their expectations follow from the rules in
docs/semantics, which each names, by hand.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conformance import playback
from conformance.conventions import needs, reason_to_skip
from conformance.plugin import PLAYED, ROOT, SHARED, scenario_directory
from conformance.scenarios import Scenario, load

SKIPS = Path(__file__).parent / "skips.json"
UNCHECKED = Path(__file__).parent / "unchecked.json"
OWN = Path(__file__).parent / "own"
PAGE = ROOT / "docs" / "conformance.md"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every scenario, named for it."""
    if "own" in metafunc.fixturenames:
        metafunc.parametrize("own", load(OWN), ids=lambda own: own.id)
    if "scenario" not in metafunc.fixturenames:
        return
    directory = scenario_directory(metafunc.config)
    if not directory.is_dir():
        absent = pytest.mark.skip(reason=f"no scenarios: {directory} is not there")
        metafunc.parametrize("scenario", [pytest.param(None, marks=absent, id="absent")])
        return
    scenarios = load(directory)
    metafunc.parametrize("scenario", scenarios, ids=[scenario.id for scenario in scenarios])


def test_scenario(
    scenario: Scenario,
    make_book: Callable[..., Any],
    make_core: Callable[..., Any],
    implementation: Any,
    pytestconfig: pytest.Config,
) -> None:
    reason = reason_to_skip(scenario)
    pytestconfig.stash[PLAYED][implementation.name, reason or "run"] += 1
    if reason is not None:
        pytest.skip(reason)
    book = playback.market_of(scenario, make_book, make_core)
    found = playback.differences(scenario, book)
    assert not found, "\n".join([scenario.id, *found])


def test_own_scenario(
    own: Scenario, make_book: Callable[..., Any], make_core: Callable[..., Any]
) -> None:
    assert reason_to_skip(own) is None
    found = playback.differences(own, playback.market_of(own, make_book, make_core))
    assert not found, "\n".join([own.id, *found])


def test_own_scenarios_are_counted_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for path in OWN.glob("*.json"):
        count = len(json.loads(path.read_text(encoding="utf-8"))["scenarios"])
        assert f"[{path.stem}](../tests/conformance/own/{path.name}) | {count} |" in page


def test_what_cannot_be_checked_comes_out_as_committed(
    make_book: Callable[..., Any], make_core: Callable[..., Any], pytestconfig: pytest.Config
) -> None:
    """Scenarios that their file does not hold an engine to are played for what they show."""
    directory = scenario_directory(pytestconfig)
    if directory != SHARED / "scenarios" or not directory.is_dir():
        pytest.skip("the list is of the shared scenarios, which are not there or not asked for")
    found = {}
    for scenario in load(directory):
        if not scenario.checkable:
            found[scenario.id] = what_is_unlike(scenario, make_book, make_core)
    if pytestconfig.getoption("--update-skips"):
        text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        UNCHECKED.write_text(text, encoding="utf-8")
    assert json.loads(UNCHECKED.read_text(encoding="utf-8")) == found


def what_is_unlike(
    scenario: Scenario, make_book: Callable[..., Any], make_core: Callable[..., Any]
) -> list[str]:
    """Return what an engine needs to play a scenario, or else the differences that it makes."""
    missed = [f"needs {need}" for need in needs(scenario)]
    if missed:
        return missed
    book = playback.market_of(scenario, make_book, make_core)
    return sorted(playback.differences(scenario, book))


def test_what_is_skipped_is_committed_and_told(pytestconfig: pytest.Config) -> None:
    directory = scenario_directory(pytestconfig)
    if directory != SHARED / "scenarios":
        pytest.skip("the list is of the shared scenarios, and others were asked for")
    if not directory.is_dir():
        pytest.skip(f"no scenarios: {directory} is not there")
    reasons = {scenario.id: reason_to_skip(scenario) for scenario in load(directory)}
    skips = {name: reason for name, reason in sorted(reasons.items()) if reason is not None}
    text = json.dumps(skips, indent=2, ensure_ascii=False) + "\n"
    if pytestconfig.getoption("--update-skips"):
        SKIPS.write_text(text, encoding="utf-8")
    assert json.loads(SKIPS.read_text(encoding="utf-8")) == skips
    assert SKIPS.read_text(encoding="utf-8") == text
    page = PAGE.read_text(encoding="utf-8")
    assert (
        f"{len(reasons)} scenarios, {len(reasons) - len(skips)} run, {len(skips)} skipped" in page
    )
    for reason, count in Counter(skips.values()).items():
        assert f"| {reason} | {count} |" in page
