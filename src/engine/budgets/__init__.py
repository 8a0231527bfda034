"""Budgets as data: what systems ask for, what answers each line, and whether it was kept.

A profile is a system's list of demands, row by row, in its own words. A row is measured by a probe,
held by a test, or needs a component that the library is not. `Profile.judge` holds measurements to
it; a measurement that did less than a row says does not count.
"""

from __future__ import annotations

from engine.budgets.check import Check, at_least, at_most
from engine.budgets.kinds import (
    Bound,
    Budget,
    CountBudget,
    DurationBudget,
    LatencyBudget,
    MemoryBudget,
    ShareBudget,
    SweepBudget,
    ThroughputBudget,
)
from engine.budgets.probes import COMPONENTS, CONDITIONS, PROBES, Probe
from engine.budgets.profile import Profile
from engine.budgets.reading import PROFILES, profile, profile_from_toml, read_profile
from engine.budgets.record import Record, read_records, recorded, records_to_toml
from engine.budgets.regression import compare, require_comparable
from engine.budgets.row import Measurement, Outcome, Place, Row, Verdict

__all__ = [
    "COMPONENTS",
    "CONDITIONS",
    "PROBES",
    "PROFILES",
    "Bound",
    "Budget",
    "Check",
    "CountBudget",
    "DurationBudget",
    "LatencyBudget",
    "Measurement",
    "MemoryBudget",
    "Outcome",
    "Place",
    "Probe",
    "Profile",
    "Record",
    "Row",
    "ShareBudget",
    "SweepBudget",
    "ThroughputBudget",
    "Verdict",
    "at_least",
    "at_most",
    "compare",
    "profile",
    "profile_from_toml",
    "read_profile",
    "read_records",
    "recorded",
    "records_to_toml",
    "require_comparable",
]
