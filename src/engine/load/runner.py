"""Sends the order flow of a scenario when it is due, and measures from when it was due.

In an open loop orders come when they come, whether the engine is ready or not, as they do in life.
A command's latency counts from its scheduled time, so that all who waited through a stall are seen
to have waited. In a closed loop the next command waits until the last is done: a stall delays the
schedule, is seen once, and the others look as if nothing had happened (coordinated omission).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from engine._shown import shown
from engine.errors import LoadError
from engine.load.ahead import flow_ahead
from engine.load.clock import Clock, SystemClock
from engine.load.draws import Integers
from engine.load.faults import stalls
from engine.load.flow import Chunk
from engine.load.recorder import Recorder
from engine.load.result import LoadResult, Window
from engine.load.scenario import SECOND_NS, Scenario
from engine.load.target import EngineTarget, Observed, Target, as_target
from engine.load.workers import Pool
from engine.measurement import fill_pools, no_collection
from engine.records import RecordArray

__all__ = ["BATCH_MAX", "run"]

BATCH_MAX: Final = 1_024
WINDOWS_MAX: Final = 7_200
LOOPS: Final = ("open", "closed")
WORKERS_MAX: Final = 256
OnWindow = Callable[[Window], Any]


def run(
    scenario: Scenario,
    target: Any = None,
    *,
    loop: str = "open",
    workers: int = 1,
    batch_max: int = BATCH_MAX,
    pace: float = 1.0,
    clock: Clock | None = None,
    window_seconds: float = 1.0,
    on_window: OnWindow | None = None,
) -> LoadResult:
    """Run a scenario.

    Parameters
    ----------
    scenario
        What is sent, and when.
    target
        A `Target`, a function of an array of COMMAND_DTYPE, or None for an `EngineTarget`.
    loop
        ``"open"``: each command is sent when it is due, and its latency counts from then on.
        ``"closed"``: it is sent when the one before is done, and its latency counts from the call.
    workers
        Threads that send, for services that block. With more than one, commands may overtake each
        other, and the service must allow it; ``batch_max=1`` lets each wait for one command.
    batch_max
        Commands that are due go together in one call, so many at most.
    pace
        So many times as fast as scheduled; infinity, in a closed loop: as fast as the target takes
        it.
    clock
        Instead of the machine's, as for a run that is simulated.
    window_seconds
        Length of a window.
    on_window
        Is called with each window when it ends. Its time is the run's: who takes long is seen.

    Returns
    -------
    LoadResult

    Raises
    ------
    LoadError
        Settings that contradict each other.
    MissingExtraError
        The library hdrhistogram is not installed.

    Examples
    --------
    >>> from engine.load import scenario, SimulatedClock
    >>> short = scenario("demo-recommended").scaled(seconds=1)
    >>> result = run(short, clock=SimulatedClock())
    >>> result.label, result.histogram.maximum_ns, result.counts.errors
    ('demo-recommended, 15 min in 1 s', 0, 0)
    """
    _check(loop, workers, batch_max, pace, window_seconds)
    aim = as_target(target, scenario)
    if workers > 1 and isinstance(aim, EngineTarget):
        raise LoadError(f"workers was {workers}, must be 1 for an engine: it takes one thread")
    fill_pools()
    running = _Run(scenario, aim, loop == "closed", batch_max, pace, clock, window_seconds)
    with flow_ahead(scenario, is_real=clock is None) as chunks, no_collection():
        if workers > 1:
            with Pool(running, workers) as pool:
                running.send_all(chunks, on_window, pool.put)
                pool.wait()
                running.finish(on_window)
        else:
            running.send_all(chunks, on_window, running.send)
            running.finish(on_window)
    return running.result(loop, pace, workers)


class _Run:
    """One run while it goes on."""

    def __init__(
        self,
        scenario: Scenario,
        target: Target,
        is_closed: bool,
        batch_max: int,
        pace: float,
        clock: Clock | None,
        window_seconds: float,
    ) -> None:
        self.scenario, self.target = scenario, target
        self._clock: Clock = SystemClock() if clock is None else clock
        self._is_closed, self._batch_max, self._pace = is_closed, batch_max, pace
        self._end_ns = round(scenario.end_ns / pace)
        self._window_ns = max(round(window_seconds * SECOND_NS), self._end_ns // WINDOWS_MAX)
        self.recorder = Recorder(target, self._clock, self._window_ns, is_closed=is_closed)
        self._stalls = [(round(at / pace), round(length / pace)) for at, length in stalls(scenario)]
        self._reading = threading.Lock()
        self._shift = 0  # by how much a closed loop is late, which it never makes up for
        self._starved_ns = 0
        self._stopped: str | None = None
        self._start_ns = self._clock.now_ns()

    def now(self) -> int:
        """Return nanoseconds after the start."""
        return self._clock.now_ns() - self._start_ns

    def send_all(
        self,
        chunks: Iterator[Chunk],
        on_window: OnWindow | None,
        send: Callable[[RecordArray, Integers], None],
    ) -> None:
        """Send everything when it is due, or until a rule stops it."""
        self._start_ns = self._clock.now_ns()
        while self._stopped is None:
            before = self.now()
            chunk = next(chunks, None)
            self._starved_ns += self.now() - before
            if chunk is None:
                return
            due = self._due(chunk.due_ns)
            first = 0
            while first < len(due) and self._stopped is None:
                if self._is_window_over(self.now()):
                    self._end_window(int(due[first]), on_window)
                now = self._wait(int(due[first]))
                last = int(np.searchsorted(due, now - self._shift, side="right"))
                last = min(max(last, first + 1), first + self._batch_max)
                send(chunk.commands[first:last], due[first:last] + self._shift)
                first = last

    def _is_window_over(self, now: int) -> bool:
        """Return whether a window ends; the last one may be longer by half of another."""
        if now < self.recorder.window_end_ns:
            return False
        left = self._end_ns + self._shift - now
        return math.isinf(self._pace) or abs(left) >= self._window_ns / 2

    def send(self, commands: RecordArray, due_ns: Integers) -> None:
        """Send a batch and note what comes back."""
        sent = self.now()
        reports: object
        try:
            reports = self.target.send(commands)
        except Exception as error:  # whatever a user's service raises is an error of the service
            reports = error
        with self._reading:
            self._stall(sent)
            self.recorder.note(commands, due_ns, (sent, self.now()), reports)

    def finish(self, on_window: OnWindow | None) -> None:
        """End the last window."""
        self._end_window(None, on_window)
        self._seconds = self.now() / SECOND_NS

    def result(self, loop: str, pace: float, workers: int) -> LoadResult:
        """Return what it came to."""
        recorder = self.recorder
        observed = self.target if isinstance(self.target, Observed) else None
        return LoadResult(
            scenario=self.scenario,
            loop=loop,
            pace=pace,
            workers=workers,
            histogram=recorder.latency.histogram(),
            service=recorder.service.histogram(),
            windows=tuple(recorder.windows),
            counts=recorder.counts,
            rejects=recorder.rejects(),
            failures=dict(recorder.failures),
            seconds=self._seconds,
            starved_seconds=self._starved_ns / SECOND_NS,
            batches=recorder.batches,
            stopped_because=self._stopped,
            conditions=observed.conditions if observed else {},
            resting=observed.resting() if observed else None,
            state_hash=observed.state_hash() if observed else None,
        )

    def _due(self, due_ns: Integers) -> Integers:
        if self._pace == 1:
            return due_ns
        return (due_ns / self._pace).astype(np.int64)

    def _wait(self, due: int) -> int:
        """Wait until a command is due, and return the time."""
        now = self.now()
        ahead = due + self._shift - now
        if ahead > 0:
            self._clock.sleep(ahead)
            return self.now()
        if self._is_closed:
            self._shift -= ahead
        return now

    def _stall(self, sent: int) -> None:
        """Stand still where the scenario says so, before the reports are read."""
        while self._stalls and self._stalls[0][0] + self._shift <= sent:
            self._clock.sleep(self._stalls.pop(0)[1])

    def _end_window(self, due: int | None, on_window: OnWindow | None) -> None:
        now = self.now()
        lag = 0 if due is None else max(0, now - int(due) - self._shift)
        with self._reading:
            window = self.recorder.close_window(now, lag)
        if on_window is not None:
            on_window(window)
        self._stopped = self._stopped or _reason_to_stop(self.scenario, window)


def _reason_to_stop(scenario: Scenario, window: Window) -> str | None:
    """Return which rule a window breaks, None for none."""
    rules, measured = scenario.stop_when, {
        "p99_ms": window.percentiles["p99"] / 1e6,
        "error_rate": window.counts.error_rate,
        "memory_gb": (window.resident_bytes or 0) / 1e9,
        "cpu": window.cpu,
    }  # fmt: skip
    for name, value in measured.items():
        bound = getattr(rules, name)
        if bound is not None and value > bound:
            when = f"from {window.start_s:.1f} to {window.end_s:.1f} s"
            return f"{name} was {value:.4g} {when}, must be at most {bound:g}"
    return None


def _check(loop: str, workers: int, batch_max: int, pace: float, window_seconds: float) -> None:
    if loop not in LOOPS:
        raise LoadError(f"loop was {shown(loop)}, not one of {', '.join(map(repr, LOOPS))}")
    if not 1 <= workers <= WORKERS_MAX:
        raise LoadError(f"workers was {workers}, must be from 1 to {WORKERS_MAX}")
    if batch_max < 1:
        raise LoadError(f"batch_max was {batch_max}, must be at least 1")
    if not pace > 0:
        raise LoadError(f"pace was {pace}, must be above 0")
    if math.isinf(pace) and loop == "open":
        raise LoadError("pace was infinite in an open loop, which needs a schedule: loop='closed'")
    if not window_seconds > 0:
        raise LoadError(f"window_seconds was {shown(window_seconds)}, must be above 0")
    if loop == "closed" and workers > 1:
        raise LoadError(f"workers was {workers} in a closed loop, must be 1")
