"""Benchmarks of the shipped package, through its public door, against the budgets of systems.

`measure` runs one of the probes that profiles name; each checks what it timed. `run_bench` runs all
that a profile asks for and a scenario of load, judges every row, and makes the report of it, which
`engine.bench.html.write_html` draws. ``python -m engine bench`` is the same on the command line.
"""

from engine.bench.measure import measure, measure_load
from engine.bench.reading import FULL, QUICK, Effort
from engine.bench.report_data import ReportData
from engine.bench.suite import Bench, Listener, run_bench

__all__ = [
    "FULL",
    "QUICK",
    "Bench",
    "Effort",
    "Listener",
    "ReportData",
    "measure",
    "measure_load",
    "run_bench",
]
