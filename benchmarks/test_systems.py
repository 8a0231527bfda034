"""The five systems: what each asks for, measured, and held to its budgets and to our own.

    python -m pytest benchmarks/test_systems.py --full -k godark
    python -m pytest benchmarks/test_systems.py --full --load-seconds 900 -k "demo and demo_load"

A scenario of load that is longer than ``--load-seconds`` is compressed; a row that states a time or
a number of orders then counts as not checked, and says so.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from results import Results
from scale import Scale

from engine.bench import FULL, QUICK, Effort, measure
from engine.bench.report_data import BudgetRow
from engine.budgets import PROFILES, Measurement, Outcome, Verdict, profile, recorded

TITLE: Final = "budgets of systems"
PROBES: Final = [(name, probe) for name in PROFILES for probe in profile(name).probes()]


@pytest.fixture(scope="session")
def effort(scale: Scale, request: pytest.FixtureRequest) -> Effort:
    """How much a probe does."""
    if not scale.is_full:
        return QUICK
    return FULL._replace(seconds=float(request.config.getoption("--load-seconds")))


@pytest.mark.benchmark(group="systems")
@pytest.mark.parametrize(("system", "probe"), PROBES, ids=[f"{a}-{b}" for a, b in PROBES])
def test_a_system_gets_what_it_asks_for(
    system: str, probe: str, effort: Effort, scale: Scale, results: Results, benchmark: Any
) -> None:
    budgets, record = profile(system), recorded(system).get(probe)
    found: Measurement = benchmark.pedantic(measure, args=(probe, effort, system), rounds=1)
    verdicts = [row.verdict(found, record) for row in budgets.rows if row.measured_by == probe]
    assert verdicts
    benchmark.extra_info |= {**found.figures, **found.conditions}
    for verdict in verdicts:
        # What is measured is what is judged: no row may lack a figure that its probe gives.
        assert verdict.outcome != Outcome.NOT_MEASURED, str(verdict.why)
        put(results, system, verdict)
    on = ", ".join(
        f"{name} {value}" if isinstance(value, str) else f"{name} {value:,.0f}"
        for name, value in found.conditions.items()
    )
    results.remark(f"{system} {probe}", f"{system}, {probe}: {on}.")
    missed = [verdict.why for verdict in verdicts if verdict.outcome == Outcome.MISSED]
    assert not (scale.is_full and missed), "; ".join(missed)


def put(results: Results, system: str, verdict: Verdict) -> None:
    """Write a row of the table for each figure."""
    row = BudgetRow.of(verdict)
    if not row.checks:
        cells: dict[str, Any] = {"system": system, "row": row.what, "verdict": row.verdict}
        results.put(TITLE, (system, row.what), cells)
    for check in row.checks:
        cells = {
            "system": system,
            "row": row.what,
            "figure": f"{check.name} {check.unit}".strip(),
            "budget": check.bound,
            "measured": check.measured,
            "factor": check.factor,
            "our own": check.own_bound,
            "verdict": row.verdict,
        }
        results.put(TITLE, (system, row.what, check.name), cells)
