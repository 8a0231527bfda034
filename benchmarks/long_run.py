"""A long run in a process of its own, as fast as it goes: python long_run.py SCENARIO SECONDS

The schedule is that of the scenario, compressed to SECONDS at the same rates where that is less.
The answer is one line of JSON.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.load import EngineTarget, Scenario, Window, order_flow, run, scenario
from engine.measurement import machine

__all__ = ["LongRun", "flow_of", "long_run_apart", "plain_state_hash"]

WINDOW_S = 0.5


@dataclass(frozen=True)
class LongRun:
    """What a long run came to.

    Attributes
    ----------
    sent, users_orders, orders, errors, late_cancels : int
        Commands; orders of users, and with those of makers; what went wrong; and what came too
        late.
    matched_share : float
        Orders that traded.
    seconds : float
        How long it took.
    resting : int
        Orders at the end.
    state_hash : str
        At the end.
    memory_first, memory_last : int or None
        Bytes of the process after the first tenth of the run, and the most after that.
    ns_first, ns_last : float
        Processor time of a command, the median of windows of the first tenth and of the last.
    """

    sent: int
    users_orders: int
    orders: int
    errors: int
    late_cancels: int
    matched_share: float
    seconds: float
    resting: int
    state_hash: str
    memory_first: int | None
    memory_last: int | None
    ns_first: float
    ns_last: float


def long_run_apart(name: str, seconds: float) -> LongRun:
    """Run a scenario in another process."""
    program = [sys.executable, str(Path(__file__).resolve()), name, str(seconds)]
    said = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    return LongRun(**json.loads(said))


def flow_of(name: str, seconds: float) -> Scenario:
    """Return a scenario, compressed where it takes longer."""
    found = scenario(name)
    return found if seconds >= found.seconds else found.scaled(seconds)


def plain_state_hash(name: str, seconds: float, batch: int) -> str:
    """Return the state after the same commands by `Core.match` alone, in other batches."""
    flow = flow_of(name, seconds)
    core = EngineTarget(flow).core
    for chunk in order_flow(flow):
        for first in range(0, len(chunk.commands), batch):
            core.match(chunk.commands[first : first + batch])
    return core.state_hash()


def measure(name: str, seconds: float) -> LongRun:
    """Run it in this process."""
    flow = flow_of(name, seconds)
    result = run(flow, loop="closed", pace=math.inf, window_seconds=WINDOW_S)
    windows, counts = result.windows, result.counts
    tenth = max(1, len(windows) // 10)
    assert result.resting is not None
    assert result.state_hash is not None
    return LongRun(
        sent=counts.sent,
        users_orders=round(counts.orders / (1 + flow.quotes)),
        orders=counts.orders,
        errors=counts.errors,
        late_cancels=counts.late_cancels,
        matched_share=result.matched_share,
        seconds=result.seconds,
        resting=result.resting,
        state_hash=result.state_hash,
        memory_first=most_memory(windows[:tenth]),
        memory_last=most_memory(windows[tenth:] or windows),
        ns_first=median_ns(windows[:tenth]),
        ns_last=median_ns(windows[-tenth:]),
    )


def most_memory(windows: tuple[Window, ...]) -> int | None:
    """Return the most bytes at the end of any window; None where the system does not tell."""
    return max((each.resident_bytes for each in windows if each.resident_bytes), default=None)


def median_ns(windows: tuple[Window, ...]) -> float:
    """Return the median of processor nanoseconds a command: others on the machine don't count."""
    processors = machine().usable
    each = sorted(
        window.cpu * processors * (window.end_s - window.start_s) * 1e9 / window.counts.sent
        for window in windows
        if window.counts.sent
    )
    return each[len(each) // 2]


if __name__ == "__main__":
    print(json.dumps(asdict(measure(sys.argv[1], float(sys.argv[2])))))
