"""Random numbers that are the same everywhere: raw bits of PCG64 and tables of quantiles.

NumPy promises the bits of a bit generator for all time, and no more: how `Generator` turns them
into normals or exponentials may change. So nothing but the bits is taken from it. A number of some
distribution is a look-up: 16 bits choose one of 65,536 quantiles, which also makes it fast enough
to draw one at a time in a Python loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Final

import numpy as np

__all__ = [
    "QUANTILES",
    "Bits",
    "exponential_quantiles",
    "lognormal_quantiles",
    "normal_quantiles",
    "pareto_quantiles",
    "raw_bits",
]

QUANTILES: Final = 2**16
BLOCK: Final = 2**14

Bits = Callable[[], int]
"""Draws 64 random bits as an int; slices of them serve as smaller numbers."""


def raw_bits(seed: int, stream: int = 0) -> Bits:
    """Return a function that draws 64 random bits.

    Parameters
    ----------
    seed
        Any integer of at least 0.
    stream
        Streams of one seed are independent of each other.

    Examples
    --------
    >>> draw = raw_bits(7)
    >>> draw() >> 48, draw() >> 48
    (40966, 58799)
    """
    generator = np.random.PCG64(np.random.SeedSequence([seed, stream]))

    def blocks() -> Iterator[int]:
        while True:
            yield from generator.random_raw(BLOCK).tolist()

    return blocks().__next__


def midpoints() -> Iterator[float]:
    """Yield the middle of each of the quantiles, between 0 and 1."""
    return ((index + 0.5) / QUANTILES for index in range(QUANTILES))


def normal_quantiles() -> list[float]:
    """Return the quantiles of the standard normal distribution."""
    standard = NormalDist()
    return [standard.inv_cdf(u) for u in midpoints()]


def exponential_quantiles(mean: float) -> list[float]:
    """Return the quantiles of the exponential distribution."""
    return [-math.log(1 - u) * mean for u in midpoints()]


def lognormal_quantiles(mean: float, deviation: float, largest: float) -> list[float]:
    """Return the quantiles of exp(normal), cut off at `largest`."""
    return [min(largest, math.exp(mean + deviation * z)) for z in normal_quantiles()]


def pareto_quantiles(exponent: float, largest: int) -> list[int]:
    """Return the quantiles of a power law: P(X >= k) is k to the power of -exponent, from 1 up."""
    return [min(largest, int((1 - u) ** (-1 / exponent))) for u in midpoints()]
