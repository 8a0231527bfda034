"""Durations and factors as people write them: ``"2 ms"`` is 2,000,000 ns, and the other way."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from typing import Final

from engine._shown import shown

__all__ = ["duration_ns", "duration_text", "factor_text"]

UNITS: Final = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9}
WRITTEN: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|s)\s*", re.ASCII)
SHOWN: Final = (("s", 1e9), ("ms", 1e6), ("µs", 1e3))
DIGITS: Final = 3


def duration_ns(value: str | timedelta) -> int:
    """Return a duration in nanoseconds.

    Parameters
    ----------
    value
        A number with its unit, ``"800 us"``, ``"1.5ms"``; the units are ns, us (µs), ms and s. Or a
        `timedelta`.

    Raises
    ------
    ValueError
        Without a unit, with another one, or not a whole number of nanoseconds from 1 up.

    Examples
    --------
    >>> duration_ns("1.5 ms"), duration_ns("800ns"), duration_ns(timedelta(seconds=2))
    (1500000, 800, 2000000000)
    >>> duration_ns("5")
    Traceback (most recent call last):
        ...
    ValueError: duration was '5', must be a number with a unit (ns, us, ms, s), as in '5 ms'
    """
    if isinstance(value, timedelta):
        nanoseconds = Fraction(value // timedelta(microseconds=1) * 1_000)
    else:
        match = WRITTEN.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(
                f"duration was {shown(value)}, must be a number with a unit (ns, us, ms, s), as in"
                " '5 ms'"
            )
        nanoseconds = Fraction(match[1]) * UNITS[match[2]]
    if nanoseconds < 1 or nanoseconds != int(nanoseconds):
        raise ValueError(f"duration was {shown(value)}, must be whole nanoseconds, at least 1 ns")
    return int(nanoseconds)


def duration_text(nanoseconds: float) -> str:
    """Write a duration with three digits and the unit that fits.

    Examples
    --------
    >>> [duration_text(value) for value in (0, 812, 1_500, 99_960, 25_000_000, 90e9)]
    ['0 ns', '812 ns', '1.5 µs', '100 µs', '25 ms', '90 s']
    >>> duration_text(999_999)
    '1 ms'
    """
    for unit, size in SHOWN:
        value = nanoseconds / size
        if abs(value) >= 0.9995:
            return f"{_three_digits(value)} {unit}"
    return f"{_three_digits(nanoseconds)} ns"


def factor_text(factor: float) -> str:
    """Say how a limit was met: above 1 is better than asked.

    Examples
    --------
    >>> factor_text(2_345.6), factor_text(1), factor_text(0.4)
    ('2,346 times better', 'just met', '2.5 times over')
    """
    if factor == 1:
        return "just met"
    if factor > 1:
        return f"{_three_digits(factor)} times better"
    return f"{_three_digits(1 / factor) if factor else 'infinitely many'} times over"


def _three_digits(value: float) -> str:
    if abs(value) >= 10 ** (DIGITS - 1):
        return f"{value:,.0f}"
    return f"{value:.{DIGITS}g}"
