"""Finds the most that a target takes: the rate is doubled until it is too much, then halved in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from engine._shown import shown
from engine.errors import LoadError
from engine.load.ahead import PREPARED_MAX, command_count
from engine.load.clock import Clock
from engine.load.result import LoadResult
from engine.load.runner import run
from engine.load.scenario import RATE_MAX, Scenario
from engine.load.target import EngineTarget

__all__ = ["Capacity", "Try", "find_capacity"]

WINDOWS: Final = 10
GROWTH: Final = 0.02
"""Where commands wait longer by more than this share of the time, the backlog grows."""
SLACK_NS: Final = 1_000_000
SHORTEST_S: Final = 0.25
STARVED: Final = 0.01
ATTEMPTS: Final = 2
MakeTarget = Callable[[Scenario], Any]
OnTry = Callable[["Try"], Any]


class Try(NamedTuple):
    """A rate that was tried.

    Attributes
    ----------
    orders_per_second : float
        Of users, as scheduled.
    commands_per_second : float
        Of all that was sent, as it went.
    seconds : float
        For how long.
    p99_ns : int
        From the scheduled time.
    growth_ns : int
        By how much longer half of all waited at the end than in the middle.
    lack : str or None
        Why it was too much; None where the rate was kept.
    """

    orders_per_second: float
    commands_per_second: float
    seconds: float
    p99_ns: int
    growth_ns: int
    lack: str | None

    @property
    def is_kept(self) -> bool:
        """Whether the target took it."""
        return self.lack is None


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """The most that a target took.

    Attributes
    ----------
    scenario : Scenario
        Whose order flow.
    orders_per_second, commands_per_second : float
        The highest rate that was kept; 0 where none was.
    criterion : str
        What a rate must keep, in words.
    tries : tuple of Try
        In the order in which they were made.
    conditions : dict
        What the target had on.
    """

    scenario: Scenario
    orders_per_second: float
    commands_per_second: float
    criterion: str
    tries: tuple[Try, ...]
    conditions: dict[str, str]

    def __str__(self) -> str:
        return (
            f"{self.orders_per_second:,.0f} orders/s ({self.commands_per_second:,.0f} commands/s)"
            f" of {self.scenario.name}: {self.criterion}"
        )


def find_capacity(
    scenario: Scenario,
    make_target: MakeTarget = EngineTarget,
    *,
    p99_ms: float = 50.0,
    seconds: float = 2.0,
    start: float = 1_000.0,
    precision: float = 0.05,
    clock: Clock | None = None,
    on_try: OnTry | None = None,
) -> Capacity:
    """Find the highest rate that a target takes.

    A rate is kept where p99 from the scheduled time is within the bound and the backlog does not
    grow, in one of two attempts. The rate is doubled from `start` until it is not kept; then the
    middle between the highest kept and the lowest other one is tried, until they are close.

    Parameters
    ----------
    scenario
        Whose order flow is sent, at other rates, without ramp and faults.
    make_target
        Makes the target of each try of the scenario that is tried.
    p99_ms
        The bound, milliseconds.
    seconds
        How long each try takes; a fast one less, so that its flow can be drawn beforehand.
    start
        The first rate, orders of users a second.
    precision
        How far the result may be below the lowest rate that was too much.
    clock
        As of `run`.
    on_try
        Is called after each.

    Returns
    -------
    Capacity

    Raises
    ------
    LoadError
        Settings that make no sense.
    """
    if not (0 < start <= RATE_MAX and 0.001 <= precision < 1 and p99_ms > 0 and seconds > 0):
        raise LoadError(
            f"start was {shown(start)}, precision {shown(precision)}, p99_ms {shown(p99_ms)},"
            f" seconds {shown(seconds)}: must be above 0, start at most {RATE_MAX:,}, precision"
            " from 0.001 to 1"
        )
    search = _Search(scenario, make_target, p99_ms, seconds, clock, on_try)
    kept, lost = 0.0, float("inf")
    rate = start
    while lost / max(kept, 1.0) > 1 + precision:
        if search.keeps(rate):
            kept = rate
        else:
            lost = rate
        if kept >= RATE_MAX or lost <= 1:
            break
        middle = (kept + lost) / 2 if kept else lost / 2
        rate = min(2 * kept, RATE_MAX) if lost == float("inf") else middle
    return search.result(kept)


class _Search:
    """Tries rates, and keeps what came of it."""

    def __init__(
        self,
        scenario: Scenario,
        make_target: MakeTarget,
        p99_ms: float,
        seconds: float,
        clock: Clock | None,
        on_try: OnTry | None,
    ) -> None:
        self._scenario, self._make_target = scenario, make_target
        self._p99_ms, self._seconds = p99_ms, seconds
        self._clock, self._on_try = clock, on_try
        self._tries: list[Try] = []
        self._conditions: dict[str, str] = {}

    def keeps(self, rate: float) -> bool:
        """Return whether a rate is kept in one of the attempts."""
        for _ in range(ATTEMPTS):
            self._tries.append(self._attempt(rate))
            if self._on_try is not None:
                self._on_try(self._tries[-1])
            if self._tries[-1].is_kept:
                return True
        return False

    def result(self, kept: float) -> Capacity:
        """Return what was found."""
        best = [each for each in self._tries if each.is_kept and each.orders_per_second == kept]
        return Capacity(
            scenario=self._scenario,
            orders_per_second=kept,
            commands_per_second=best[-1].commands_per_second if best else 0.0,
            criterion=f"p99 from the scheduled time at most {self._p99_ms:g} ms, and no backlog"
            f" that grows, in one of {ATTEMPTS} attempts of at most {self._seconds:g} s",
            tries=tuple(self._tries),
            conditions=self._conditions,
        )

    def _attempt(self, rate: float) -> Try:
        longest = PREPARED_MAX / max(command_count(self._scenario.at_rate(rate, 1.0)), 1)
        seconds = max(SHORTEST_S, min(self._seconds, longest))
        tried = self._scenario.at_rate(rate, seconds)
        result = run(
            tried, self._make_target(tried), clock=self._clock, window_seconds=seconds / WINDOWS
        )
        self._conditions = result.conditions
        p99, growth = result.histogram.percentile(99.0), _growth_ns(result)
        lack = self._lack(result, p99, growth)
        return Try(rate, result.rate, seconds, p99, growth, lack)

    def _lack(self, result: LoadResult, p99: int, growth: int) -> str | None:
        if result.starved_seconds > STARVED * result.seconds:
            return f"the order flow came too late for {result.starved_seconds:.3f} s"
        if p99 > self._p99_ms * 1e6:
            return f"p99 was {p99 / 1e6:.3g} ms, must be at most {self._p99_ms:g} ms"
        if growth > GROWTH * result.scenario.seconds / 2 * 1e9 + SLACK_NS:
            return f"the backlog grew by {growth / 1e6:.3g} ms in half of the time"
        return None


def _growth_ns(result: LoadResult) -> int:
    windows = result.windows
    middle = windows[len(windows) // 2]
    return windows[-1].percentiles["p50"] - middle.percentiles["p50"]
