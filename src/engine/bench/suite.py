"""A profile from end to end: every probe that it takes, a scenario of load, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from engine._members import says_names
from engine.bench.load_report import busiest_ladder, load_report
from engine.bench.measure import SENDERS, measure
from engine.bench.probes.loads import load_probe, scenario_of
from engine.bench.reading import Effort
from engine.bench.report_data import CheckFigure, ReportData
from engine.budgets import (
    Measurement,
    Profile,
    Record,
    Verdict,
    compare,
    require_comparable,
)
from engine.load import EngineTarget, Scenario, Window, scenario
from engine.measurement import Interference, Machine, machine

__all__ = ["Bench", "Listener", "machine_name", "main_scenario", "records_of", "run_bench"]


class Listener(Protocol):
    """Is told how a bench goes on."""

    def begin(self, what: str, place: int, of: int) -> Any:
        """Tell what is measured next, and how many of them there are.

        Parameters
        ----------
        what : str
            The name of a scenario or of a probe.
        place : int
            Its place, from 1.
        of : int
            How many are measured, the scenario and the probes.
        """

    def window(self, window: Window) -> Any:
        """Tell of a second of load that is over.

        Parameters
        ----------
        window : Window
            What was sent in it, and how long that took.
        """


class _Silent:
    def begin(self, what: str, place: int, of: int) -> None:
        pass

    def window(self, window: Window) -> None:
        pass


@says_names
@dataclass(frozen=True)
class Bench:
    """What a bench came to.

    Attributes
    ----------
    profile : Profile
        Whose budgets.
    measurements : dict
        By probe.
    verdicts : tuple of Verdict
        One for each row of the profile.
    report : ReportData
        All of it as plain data, the scenario's run second by second included.
    """

    profile: Profile
    measurements: dict[str, Measurement]
    verdicts: tuple[Verdict, ...]
    report: ReportData

    @property
    def is_kept(self) -> bool:
        """Whether the load went to its end, and no budget was missed.

        Those are the system's budgets, what the scenario asks for, our own, and what a saved run
        allows.
        """
        missed = any(row.verdict == "missed" for row in self.report.budgets)
        slower = not all(check.is_kept for check in self.report.compared)
        return not missed and not slower and not self.report.stopped_because


def main_scenario(profile: Profile) -> Scenario:
    """Return the scenario that a profile is shown with: its first, or the demo's."""
    return scenario(profile.scenarios[0] if profile.scenarios else "demo-recommended")


def run_bench(
    profile: Profile,
    sent: Scenario,
    effort: Effort,
    *,
    command: str,
    listener: Listener | None = None,
    records: Mapping[str, Record] | None = None,
    within: float | None = None,
) -> Bench:
    """Measure all that a profile asks for, and send a scenario.

    Parameters
    ----------
    profile
        Whose rows are judged.
    sent
        The scenario that the report shows; longer than the effort's seconds, it is compressed.
    effort
        How much is done.
    command
        What repeats the run, for the report.
    listener
        Is told how it goes on.
    records
        Our own figures by probe; None for those of the profile that come with the library.
    within
        0.15 to let no p95 be 15 % longer than in the records, and no rate 15 % lower.

    Raises
    ------
    WrongAnswerError
        What was measured did not do what it must.
    MeasurementError
        The records are none that this run can be compared with.
    """
    saved = {} if within is None else dict(records or {})
    if within is not None:
        require_comparable(saved, within, machine_name(machine()))
    told: Listener = _Silent() if listener is None else listener
    started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    probes = profile.probes()
    steps = len(probes) + 1
    measurements: dict[str, Measurement] = {}
    with Interference() as interference:
        told.begin(sent.name, 1, steps)
        compressed = sent if sent.seconds <= effort.seconds else sent.scaled(effort.seconds)
        target = EngineTarget(compressed)
        load = load_probe(compressed, effort, told.window, target)
        for place, probe in enumerate(probes, start=2):
            told.begin(probe, place, steps)
            if probe in SENDERS and SENDERS[probe] is load_probe and _sends(probe, profile, sent):
                measurements[probe] = load.measurement
            else:
                measurements[probe] = measure(probe, effort, profile.name, told.window)
    verdicts = profile.judge(measurements, records)
    report = load_report(
        load.result,
        title=profile.title,
        profile=profile.name,
        started=started,
        command=command,
        machine=machine(),
        noise=interference.noise(),
        judged=verdicts,
        ladder=busiest_ladder(target.core, compressed.symbols),
    )
    if within is not None:
        checks = compare(measurements, saved, within)
        compared = tuple(CheckFigure.of(check.what, check) for check in checks)
        report = replace(report, compared=compared)
    return Bench(profile, measurements, verdicts, report)


def machine_name(about: Machine) -> str:
    """Return a machine as records name it."""
    return f"{about.processor}, {about.cores} cores"


def records_of(bench: Bench, before: Mapping[str, Record] | None = None) -> dict[str, Record]:
    """Return what was measured as records by probe, to be held against later runs.

    A budget of our own is ten times such a figure; shares and counts have none, and are not in it.
    Neither is what misses the system's own budget: that says more of the moment than of the engine.

    Parameters
    ----------
    bench
        What was measured.
    before
        Records of earlier runs. Where one is of the same machine, the worse of each figure counts.
    """
    about = bench.report.machine
    before = {} if before is None else before
    records: dict[str, Record] = {}
    for probe, found in bench.measurements.items():
        bounds = [each for each in bench.profile.own_bounds(probe) if each.figure in found.figures]
        senses = {bound.figure: bound.sense for bound in bounds}
        missed = {each.figure for each in bounds if not each.check(found.figures).is_kept}
        record = Record(
            figures={
                name: found.figures[name]
                for name in senses
                if name not in missed and found.figures[name] > 0
            },
            machine=machine_name(about),
            date=bench.report.started[:10],
            command=bench.report.command,
            conditions=dict(found.conditions),
        )
        earlier = before.get(probe)
        if earlier is not None and earlier.machine == record.machine:
            record = earlier.and_of(record, senses)
        if record.figures:
            records[probe] = record
    return records


def _sends(probe: str, profile: Profile, sent: Scenario) -> bool:
    return scenario_of(probe, profile.name).name == sent.name
