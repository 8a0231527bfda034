"""A run beside a saved one: every p95 and rate has to be within a share of what it was.

A saved run is a file of records, as `python -m engine bench --record` writes it. It says with what
machine and under which conditions; a run of other ones is not compared but refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from engine.budgets.check import Check, at_least, at_most
from engine.budgets.record import Record
from engine.budgets.row import Measurement
from engine.errors import MeasurementError

__all__ = ["compare", "require_comparable"]

COMPARED: Final = ("p95", "rate")
ALIKE: Final = ("checks", "accounts", "users", "depth", "symbols", "rate")
"""Conditions that have to be the same; how much came of a run, and how long it took, may differ."""
NS_A_US: Final = 1_000


def require_comparable(saved: Mapping[str, Record], within: float, machine: str) -> None:
    """Refuse a saved run that nothing can be compared with.

    Parameters
    ----------
    saved
        By probe.
    within
        The share that is allowed, above 0 and below 1.
    machine
        This one, as records name it.

    Raises
    ------
    MeasurementError
        The share is none, there is neither a p95 nor a rate, or a record is of another machine.

    Examples
    --------
    >>> record = Record({"p50": 900.0}, "a laptop", "2026-01-31", "python -m x", {})
    >>> require_comparable({"matching": record}, 0.15, "a laptop")
    Traceback (most recent call last):
        ...
    engine.errors.MeasurementError: the saved run has neither a p95 nor a rate
    """
    if not 0 < within < 1:
        raise MeasurementError(f"within was {within:g}, must be above 0 and below 1")
    if not any(name in record.figures for record in saved.values() for name in COMPARED):
        raise MeasurementError("the saved run has neither a p95 nor a rate")
    for probe, record in saved.items():
        if record.machine != machine:
            raise MeasurementError(
                f"{probe} was saved on {record.machine!r}, this is {machine!r}: runs are compared"
                " on one machine"
            )


def compare(
    found: Mapping[str, Measurement], saved: Mapping[str, Record], within: float
) -> tuple[Check, ...]:
    """Return a check for each p95 and each rate that was saved.

    Parameters
    ----------
    found
        What was measured, by probe.
    saved
        The run that it is held to; probes that were not measured now are passed.
    within
        0.15: a p95 may be 15 % longer, a rate 15 % lower.

    Raises
    ------
    MeasurementError
        A probe was run under other conditions.

    Examples
    --------
    >>> record = Record({"p95": 8_000.0, "rate": 1e5}, "a laptop", "2026-01-31", "python -m x", {})
    >>> now = Measurement({"p95": 9_100.0, "rate": 84_000.0})
    >>> for check in compare({"matching": now}, {"matching": record}, within=0.15):
    ...     print(check.is_kept, check)
    True matching p95 was 9.1 us, must be at most 9.2 us
    False matching rate was 84,000/s, must be at least 85,000/s
    """
    return tuple(
        check
        for probe, record in saved.items()
        if probe in found
        for check in _checks(probe, found[probe], record, within)
    )


def _checks(probe: str, now: Measurement, record: Record, within: float) -> Iterator[Check]:
    for name in ALIKE:
        before, after = record.conditions.get(name), now.conditions.get(name)
        if before != after:
            raise MeasurementError(
                f"{probe}: {name} was {after}, in the saved run {before}: they can't be compared"
            )
    if "p95" in record.figures and "p95" in now.figures:
        bound = record.figures["p95"] * (1 + within)
        yield at_most(f"{probe} p95", now.figures["p95"] / NS_A_US, bound / NS_A_US, "us")
    if "rate" in record.figures and "rate" in now.figures:
        bound = record.figures["rate"] * (1 - within)
        yield at_least(f"{probe} rate", now.figures["rate"], bound, "/s")
