"""What other engines' tests expect, and what broke real engines, on core and on reference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conformance import playback
from conformance.conventions import reason_to_skip
from conformance.plugin import PLAYED, ROOT, SHARED, scenario_directory
from conformance.scenarios import Scenario, load

SKIPS = Path(__file__).parent / "skips.json"
PAGE = ROOT / "docs" / "conformance.md"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every scenario, named for it."""
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
    implementation: Any,
    pytestconfig: pytest.Config,
) -> None:
    reason = reason_to_skip(scenario)
    pytestconfig.stash[PLAYED][implementation.name, reason or "run"] += 1
    if reason is not None:
        pytest.skip(reason)
    book = make_book(**playback.terms(scenario))
    found = playback.differences(scenario, book)
    assert not found, "\n".join([scenario.id, *found])


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
