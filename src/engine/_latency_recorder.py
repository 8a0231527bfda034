"""Records how long pieces of a program take, and holds them to a budget; no part of it is pytest's.

Its memory is fixed however much is recorded. What is heavy is imported when the first recorder is
made: the plugin that hands recorders out is loaded in test runs that never ask for one.
"""

from __future__ import annotations

import functools
import inspect
import math
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import perf_counter_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from engine._durations import duration_ns, duration_text, factor_text
from engine._shown import shown
from engine.errors import BudgetMissedError

if TYPE_CHECKING:
    import numpy as np

    from engine.budgets import Check, LatencyBudget
    from engine.measurement import LatencyHistogram

__all__ = ["LIMITS", "Latency", "Span"]

Inputs = ParamSpec("Inputs")
Input = TypeVar("Input")
Result = TypeVar("Result")

LIMITS: Final = {
    "p50": ("p50", 2),
    "p95": ("p95", 20),
    "p99": ("p99", 100),
    "p999": ("p99.9", 1_000),
    "maximum": ("max", 1),
    "average": ("average", 1),
}
"""What a budget may limit: how it is written in tables, and how many samples it needs.

With fewer samples than that, a percentile is nothing but the longest.
"""
ROUNDS: Final = 1_000
WARM_UP: Final = 100


class Span:
    """One measurement: from the start of a ``with`` block to its end."""

    __slots__ = ("_begin", "_latency")

    def __init__(self, latency: Latency) -> None:
        self._latency = latency
        self._begin = 0

    def __enter__(self) -> None:
        self._begin = perf_counter_ns()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._latency.record_ns(perf_counter_ns() - self._begin)


class Latency:
    """Durations of one piece of a program, and the budget that they are held to.

    Times are those of `time.perf_counter_ns`; garbage is collected as always, because the program
    meets it as well. Several threads may record at once. What raises is recorded too: a slow
    failure is slow.

    Parameters
    ----------
    component
        What is measured, for messages.
    factor
        Every limit is multiplied by this: above 1 for machines slower than the budget was made for.

    Raises
    ------
    MissingExtraError
        The library hdrhistogram is not installed.

    Examples
    --------
    >>> latency = Latency("a sum")
    >>> latency.repeat(sum, (1, 2, 3), rounds=500)
    6
    >>> with latency.measure():
    ...     total = sum(range(10))
    >>> latency.count
    501
    >>> latency.budget(p50="2 s", p99="3 s")
    >>> [check.is_kept for check in latency.check()]
    [True, True]
    """

    def __init__(self, component: str, *, factor: float = 1.0) -> None:
        from engine.measurement import LatencyHistogram

        self.component = component
        self.factor = factor
        self._histogram = LatencyHistogram()
        self._limits: dict[str, int] = {}
        self._lock = threading.Lock()
        self._is_warming_up = False

    def __call__(
        self, function: Callable[Inputs, Result], /, *args: Inputs.args, **kwargs: Inputs.kwargs
    ) -> Result:
        """Call a function once, record how long it took and return what it returned.

        Raises
        ------
        TypeError
            A coroutine function: its call does nothing until it is awaited.
        """
        _refuse_coroutine(function)
        with Span(self):
            return function(*args, **kwargs)

    def measure(self) -> Span:
        """Return a context manager that records how long its block took."""
        return Span(self)

    def timed(self, function: Callable[Inputs, Result]) -> Callable[Inputs, Result]:
        """Return a function, or a coroutine function, each call of which is recorded.

        A call that raises is recorded too.

        Parameters
        ----------
        function : callable
            It is called with whatever the returned one is called with. Of a coroutine function the
            time counts until it is done.

        Examples
        --------
        >>> latency = Latency("a product")
        >>> @latency.timed
        ... def product(first, second):
        ...     return first * second
        >>> product(6, 7), latency.count
        (42, 1)
        """
        if inspect.iscoroutinefunction(function):
            awaitable: Callable[Inputs, Awaitable[Any]] = function

            @functools.wraps(function)
            async def timed_await(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Any:
                with Span(self):
                    return await awaitable(*args, **kwargs)

            return timed_await  # type: ignore[return-value]

        @functools.wraps(function)
        def timed_call(*args: Inputs.args, **kwargs: Inputs.kwargs) -> Result:
            with Span(self):
                return function(*args, **kwargs)

        return timed_call

    def each(
        self, function: Callable[[Input], Result], inputs: Iterable[Input], *, warm_up: int = 0
    ) -> list[Result]:
        """Call a function with one input after the other and record each call.

        Parameters
        ----------
        function
            Of one argument.
        inputs
            Taken one by one, outside the time that is measured.
        warm_up
            So many calls at the start are made but not recorded.

        Returns
        -------
        list
            What each call returned, those at the start included.

        Raises
        ------
        TypeError
            A coroutine function.
        ValueError
            `warm_up` is negative.

        Examples
        --------
        >>> latency = Latency("absolute values")
        >>> latency.each(abs, [-3, 2, -1], warm_up=1), latency.count
        ([3, 2, 1], 2)
        """
        _refuse_coroutine(function)
        _require_at_least("warm_up", warm_up, 0)
        results = []
        for number, value in enumerate(inputs):
            begin = perf_counter_ns()
            result = function(value)
            took = perf_counter_ns() - begin
            results.append(result)
            if number >= warm_up:
                self.record_ns(took)
        return results

    def repeat(
        self,
        function: Callable[..., Result],
        *args: Any,
        rounds: int = ROUNDS,
        warm_up: int = WARM_UP,
    ) -> Result:
        """Call a function again and again with the same arguments and record each call.

        Parameters
        ----------
        function
            Called with `args`.
        *args
            The same objects in every call.
        rounds
            So many calls are recorded, at least 1.
        warm_up
            So many are made before, and not recorded.

        Returns
        -------
        object
            What the last call returned.

        Raises
        ------
        TypeError
            A coroutine function.
        ValueError
            A number is too small.
        """
        _refuse_coroutine(function)
        _require_at_least("rounds", rounds, 1)
        _require_at_least("warm_up", warm_up, 0)
        for _ in range(warm_up):
            function(*args)
        for _ in range(rounds):
            begin = perf_counter_ns()
            result = function(*args)
            self.record_ns(perf_counter_ns() - begin)
        return result

    @contextmanager
    def warm_up(self) -> Iterator[None]:
        """Record nothing inside this block, whatever is measured there.

        Examples
        --------
        >>> latency = Latency("a sum")
        >>> with latency.warm_up():
        ...     total = latency(sum, (1, 2))
        >>> latency.count
        0
        """
        self._is_warming_up = True
        try:
            yield
        finally:
            self._is_warming_up = False

    def record_ns(self, nanoseconds: int) -> None:
        """Keep a duration that was measured elsewhere.

        Parameters
        ----------
        nanoseconds : int
            At least 0.

        Raises
        ------
        ValueError
            It is negative.
        """
        if self._is_warming_up:
            return
        with self._lock:
            self._histogram.record(nanoseconds)

    def record_many(self, durations: np.ndarray[Any, np.dtype[np.int64]]) -> None:
        """Keep many durations.

        Parameters
        ----------
        durations : ndarray of int64
            Nanoseconds, at least 0; of any shape.

        Raises
        ------
        ValueError
            One is negative, or the array has no integers.
        """
        if self._is_warming_up:
            return
        with self._lock:
            self._histogram.record_many(durations)

    @property
    def histogram(self) -> LatencyHistogram:
        """All that was recorded."""
        return self._histogram

    @property
    def count(self) -> int:
        """How many durations were recorded."""
        return self._histogram.count

    def percentiles(self) -> dict[str, int]:
        """Return p50, p95, p99, p99.9 and the longest, nanoseconds, as far as they mean something.

        Those that need more samples than there are, are left out.

        Examples
        --------
        >>> latency = Latency("anything")
        >>> for nanoseconds in range(1, 51):
        ...     latency.record_ns(nanoseconds)
        >>> latency.percentiles()
        {'p50': 25, 'p95': 48, 'max': 50}
        """
        with self._lock:
            found = self._histogram.percentiles()
            count = self._histogram.count
        enough = {shown for shown, samples in LIMITS.values() if count >= samples}
        return {name: value for name, value in found.items() if name in enough}

    def budget(
        self,
        *,
        p50: str | timedelta | None = None,
        p95: str | timedelta | None = None,
        p99: str | timedelta | None = None,
        p999: str | timedelta | None = None,
        maximum: str | timedelta | None = None,
        average: str | timedelta | None = None,
    ) -> None:
        """Set limits; those given before stay where none is given now.

        Parameters
        ----------
        p50, p95, p99, p999, maximum, average
            A number with its unit, ``"2 ms"``, or a `timedelta`. A percentile needs samples: p50
            needs 2, p95 20, p99 100, p99.9 1,000.

        Raises
        ------
        ValueError
            No limit, or one that is no duration.
        SpecificationError
            A percentile may be longer than one that is rarer.

        Examples
        --------
        >>> Latency("anything").budget(p99="2 weeks")
        Traceback (most recent call last):
            ...
        ValueError: p99: duration was '2 weeks', must be a number with a unit (ns, us, ms, s), as\
 in '5 ms'
        """
        given = {
            "p50": p50,
            "p95": p95,
            "p99": p99,
            "p999": p999,
            "maximum": maximum,
            "average": average,
        }
        limits = {}
        for name, value in given.items():
            if value is None:
                continue
            try:
                limits[name] = duration_ns(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        if not limits:
            raise ValueError(f"budget had no limit, must have one of {', '.join(LIMITS)}")
        limits = self._limits | limits
        self._latency_budget(limits)  # which refuses those that contradict each other
        self._limits = limits

    @property
    def has_budget(self) -> bool:
        """Whether a limit was set."""
        return bool(self._limits)

    def checks(self) -> tuple[Check, ...]:
        """Compare what was recorded with the limits; those that need more samples are left out."""
        count = self.count
        enough = {name for name, (_, samples) in LIMITS.items() if count >= samples}
        limits = {name: limit for name, limit in self._limits.items() if name in enough}
        if not limits:
            return ()
        figures: dict[str, float] = dict(self.percentiles())
        figures["average"] = self._histogram.mean_ns
        return self._latency_budget(limits).checks(figures)

    def _latency_budget(self, limits: dict[str, int]) -> LatencyBudget:
        from engine.budgets import LatencyBudget

        loosened: dict[str, Any] = {name: limit * self.factor for name, limit in limits.items()}
        return LatencyBudget(self.component, unit="ns", **loosened)

    def check(self) -> tuple[Check, ...]:
        """Hold what was recorded to the budget.

        Returns
        -------
        tuple of Check
            One for each limit; all are kept.

        Raises
        ------
        BudgetMissedError
            A limit was missed, or has too few samples to be checked.

        Examples
        --------
        >>> latency = Latency("orders")
        >>> latency.budget(p50="1 ms", p99="2 ms")
        >>> for _ in range(99):
        ...     latency.record_ns(3_000_000)
        >>> latency.check()
        Traceback (most recent call last):
            ...
        engine.errors.BudgetMissedError: latency of orders, 99 samples: budget missed
          p50    3 ms, must be at most 1 ms: 3 times over
          p99    needs at least 100 samples, there were 99
        """
        checks = self.checks()
        lines = [*map(self._line_of, checks), *self._lacks()]
        if all(check.is_kept for check in checks) and not self._lacks():
            return checks
        title = f"latency of {self.component}, {self.count:,} samples: budget missed"
        if self.factor != 1:
            lines.append(f"  (limits are {self.factor:g} times those that were set)")
        raise BudgetMissedError("\n".join([title, *lines]))

    def to_dict(self) -> dict[str, Any]:
        """Return the figures and the verdict as a dictionary for JSON.

        Returns
        -------
        dict
            ``component``, ``count``, ``mean_ns``, ``percentiles_ns``; ``checks``, with each limit
            as it was held to, and a factor that is None where it has no end; and ``budget``:
            "kept", "missed", "too few samples", or "none".

        Examples
        --------
        >>> latency = Latency("orders")
        >>> latency.record_ns(2_000)
        >>> latency.budget(maximum="1 us")
        >>> figures = latency.to_dict()
        >>> figures["percentiles_ns"], figures["budget"], figures["checks"][0]["factor"]
        ({'max': 2000}, 'missed', 0.5)
        """
        checks = self.checks()
        verdict = "kept" if self._limits else "none"
        if self._lacks():
            verdict = "too few samples"
        if not all(check.is_kept for check in checks):
            verdict = "missed"
        return {
            "component": self.component,
            "count": self.count,
            "mean_ns": self._histogram.mean_ns,
            "percentiles_ns": self.percentiles(),
            "budget": verdict,
            "checks": [
                {
                    "what": check.what,
                    "measured_ns": check.measured,
                    "limit_ns": check.bound,
                    "factor": check.factor if math.isfinite(check.factor) else None,
                    "is_kept": check.is_kept,
                }
                for check in checks
            ],
        }

    def _line_of(self, check: Check) -> str:
        name = check.what.rpartition(" ")[2]
        return (
            f"  {name:<6} {duration_text(check.measured)},"
            f" must be at most {duration_text(check.bound)}: {factor_text(check.factor)}"
        )

    def _lacks(self) -> list[str]:
        """Return a line for each limit that needs more samples than there are."""
        count = self.count
        return [
            f"  {shown:<6} needs at least {samples:,} samples, there were {count:,}"
            for name, (shown, samples) in LIMITS.items()
            if name in self._limits and count < samples
        ]


def _refuse_coroutine(function: Callable[..., Any]) -> None:
    if inspect.iscoroutinefunction(function):
        raise TypeError(
            f"function was {shown(function)}, a coroutine function: wrap it with `timed`, or"
            " await it inside `with latency.measure()`"
        )


def _require_at_least(name: str, value: int, smallest: int) -> None:
    if value < smallest:
        raise ValueError(f"{name} was {shown(value)}, must be at least {smallest}")
