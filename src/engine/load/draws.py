"""Random numbers for whole arrays at once: raw bits of PCG64, and tables of quantiles.

As in `engine.workloads.draws` nothing but the bits is taken from NumPy, which are the same in every
version of it. A number of some distribution is a look-up: 16 bits choose one of 65,536 quantiles,
which are worked out in Python's own arithmetic. What follows is integers, or sums and products.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any, Final

import numpy as np

from engine.workloads.draws import QUANTILES, midpoints, normal_quantiles

__all__ = [
    "Draws",
    "Integers",
    "Quantiles",
    "choices",
    "exponential_table",
    "normal_table",
    "poisson_table",
    "power_table",
    "uniform_table",
    "zipf_weights",
]

Integers = np.ndarray[Any, np.dtype[np.int64]]
Quantiles = np.ndarray[Any, np.dtype[Any]]
POISSON_MOST: Final = 24
"""Nobody has more children: a chance below one in 10^20 where the mean is below one."""


class Draws:
    """Draws arrays of 16 random bits, which are the same for the same seed everywhere.

    Parameters
    ----------
    seed
        Any integer of at least 0.
    stream
        Streams of one seed are independent of each other.

    Examples
    --------
    >>> Draws(7).sixteen(3).tolist()
    [19083, 61925, 16809]
    """

    def __init__(self, seed: int, stream: int = 0) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, stream]))

    def sixteen(self, count: int) -> Quantiles:
        """Return numbers from 0 to 65,535."""
        words = self._bits.random_raw((count + 3) // 4)
        return words.astype("<u8", copy=False).view("<u2")[:count]

    def of(self, table: Quantiles, count: int) -> Quantiles:
        """Return entries of a table of 65,536, each as likely as the others."""
        return table.take(self.sixteen(count), mode="clip")


def exponential_table(mean: float) -> Integers:
    """Return the quantiles of the exponential distribution, whole numbers.

    Examples
    --------
    >>> round(float(exponential_table(1e9).mean()) / 1e9, 3)
    1.0
    """
    return np.array([round(-math.log(1 - u) * mean) for u in midpoints()], dtype=np.int64)


def power_table(least: int, most: int, exponent: float) -> Integers:
    """Return the quantiles of a power law between two bounds, whole numbers.

    Parameters
    ----------
    least, most
        The bounds, `least` at least 1.
    exponent
        The chance of more than x falls as x to the power of minus this, above 0; what would lie
        above `most` is spread over all.

    Examples
    --------
    >>> table = power_table(50, 1_500, 1.5)
    >>> int(table[0]), int(table[-1]), int(np.median(table))
    (50, 1499, 79)
    """
    low, high = least**-exponent, most**-exponent
    return np.array(
        [min(most, round((low - u * (low - high)) ** (-1 / exponent))) for u in midpoints()],
        dtype=np.int64,
    )


def uniform_table(least: int, most: int) -> Integers:
    """Return the quantiles of whole numbers between two bounds, both of them included."""
    return np.array([least + int(u * (most - least + 1)) for u in midpoints()], dtype=np.int64)


def normal_table() -> Quantiles:
    """Return the quantiles of the standard normal distribution."""
    return np.array(normal_quantiles())


def poisson_table(mean: float) -> Integers:
    """Return the quantiles of the Poisson distribution of a mean below 1."""
    chances = [math.exp(-mean) * mean**k / math.factorial(k) for k in range(POISSON_MOST)]
    return choices(chances)


def choices(weights: list[float]) -> Integers:
    """Return a table in which each place stands as often as its weight says.

    Examples
    --------
    >>> np.bincount(choices([0.5, 0.0, 1.5])).tolist()
    [16384, 0, 49152]
    """
    total = math.fsum(weights)
    ends = [round(QUANTILES * part / total) for part in accumulate(weights)]
    ends[-1] = QUANTILES
    lengths = np.diff(np.array([0, *ends]))
    return np.repeat(np.arange(len(weights)), lengths).astype(np.int64)


def zipf_weights(count: int, exponent: float) -> list[float]:
    """Return how active each of some is: the first one most, by a power law."""
    return [(place + 1) ** -exponent for place in range(count)]
