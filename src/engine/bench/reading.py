"""What a probe finds, and how it times calls."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from itertools import islice
from time import perf_counter_ns
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from engine.errors import WrongAnswerError
from engine.measurement import LatencyHistogram, no_collection

__all__ = ["FULL", "QUICK", "Effort", "figures_of", "require", "time_calls"]

Argument = TypeVar("Argument")

CALLS_PER_SWEEP: Final = 250
SWEEPS_MIN: Final = 10
CHUNK: Final = 64
"""Arguments are made for so many calls at a time: more would push the book out of caches."""


class Effort(NamedTuple):
    """How much a probe does.

    Attributes
    ----------
    calls : int
        Times that something short is timed.
    sweeps : int
        Times that something long is timed.
    seconds : float
        How long load is sent; what is stated for longer is compressed, and says so.
    """

    calls: int
    sweeps: int
    seconds: float

    @classmethod
    def of(cls, calls: int, seconds: float) -> Effort:
        """Return an effort of so many calls, and one sweep for 250 of them.

        Parameters
        ----------
        calls : int
            Times that something short is timed. There are ten sweeps at least.
        seconds : float
            How long load is sent.

        Examples
        --------
        >>> Effort.of(50_000, 15.0)
        Effort(calls=50000, sweeps=200, seconds=15.0)
        """
        return cls(calls, max(calls // CALLS_PER_SWEEP, SWEEPS_MIN), seconds)


QUICK: Final = Effort.of(1_000, 1.0)
"""Enough to see that it works: figures mean little."""
FULL: Final = Effort.of(50_000, 15.0)
"""Enough for a p99.9 of fifty calls."""


def require(is_right: bool, what: str) -> None:
    """Raise WrongAnswerError unless it is right: of what does not do its work no time is told."""
    if not is_right:
        raise WrongAnswerError(what)


def figures_of(histogram: LatencyHistogram) -> dict[str, float]:
    """Return the figures of a histogram by name, nanoseconds."""
    return {**histogram.percentiles(), "average": histogram.mean_ns}


def time_calls(
    call: Callable[[Argument], Any],
    arguments: Iterator[Argument],
    is_right: Callable[[Argument, Any], bool],
    ahead: int = CHUNK,
) -> LatencyHistogram:
    """Time a call with each argument, and look at what it returns, outside the clock.

    Parameters
    ----------
    call
        What is timed.
    arguments
        One for each call.
    is_right
        Of an argument and an answer, whether it is the right one.
    ahead
        Arguments that are made before the calls with them: 1 where making one changes something.
    """
    histogram = LatencyHistogram()
    while some := list(islice(arguments, ahead)):
        durations, answers = array("q"), []
        with no_collection():
            for argument in some:
                before = perf_counter_ns()
                answer = call(argument)
                durations.append(perf_counter_ns() - before)
                answers.append(answer)
        for argument, answer in zip(some, answers, strict=True):
            require(is_right(argument, answer), f"{argument!r} was answered by {answer!r}")
        histogram.record_many(np.array(durations, dtype=np.int64))
    return histogram
