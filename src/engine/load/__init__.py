"""Load as it comes in life, sent to an engine or to a service of one's own, and measured truly.

A `Scenario` says what is sent, for how long, and what is asked of it; there are many by name.
`order_flow` draws its commands from a seed. `run` sends them in an open loop: arrivals are
scheduled in advance, and the latency of a command counts from when it was due, so that a stall is
seen by all who waited through it. `find_capacity` searches for the most that a target takes.
docs/load.md says what the flow is made of, and what an open loop is.

Examples
--------
>>> from engine.load import SimulatedClock, run, scenario
>>> short = scenario("demo-staged").scaled(seconds=2)
>>> result = run(short, clock=SimulatedClock())
>>> result.label, result.is_passed, result.counts.errors, result.counts.must_be_refused > 0
('demo-staged, 15 min in 2 s', True, 0, True)
"""

from engine.load.capacity import Capacity, Try, find_capacity
from engine.load.clock import Clock, SimulatedClock, SystemClock
from engine.load.flow import Chunk, opening_orders, order_flow
from engine.load.result import Counts, LoadResult, Verdict, Window
from engine.load.runner import run
from engine.load.scenario import (
    SCENARIOS,
    Criteria,
    Fault,
    Scenario,
    Stage,
    StopWhen,
    read_scenario,
    scenario,
)
from engine.load.target import EngineTarget, Observed, Target

__all__ = [
    "SCENARIOS",
    "Capacity",
    "Chunk",
    "Clock",
    "Counts",
    "Criteria",
    "EngineTarget",
    "Fault",
    "LoadResult",
    "Observed",
    "Scenario",
    "SimulatedClock",
    "Stage",
    "StopWhen",
    "SystemClock",
    "Target",
    "Try",
    "Verdict",
    "Window",
    "find_capacity",
    "opening_orders",
    "order_flow",
    "read_scenario",
    "run",
    "scenario",
]
