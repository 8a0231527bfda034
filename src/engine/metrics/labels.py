"""Counts and durations by symbol and other labels, as Prometheus has them: they never shrink."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from engine._shown import check_iterable, check_kind, shown
from engine.errors import MetricsError

__all__ = ["OTHER", "Buckets", "LabeledCounts", "LabeledDurations", "Places", "Symbols"]

OTHER: Final = "other"
"""What symbols are called that are not known, or too many."""
NUMBER_MAX: Final = 1_000_000
"""The highest number of an instrument that may have a name."""

Places: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


class Symbols:
    """The names of instruments, so few that a label may have them.

    Parameters
    ----------
    names : mapping of int to str, or sequence of str
        By the instrument's number.
    most : int
        How many may be named. Every other instrument is ``"other"``.

    Raises
    ------
    MetricsError
        Too many names, one that two have, or a number out of range.

    Examples
    --------
    >>> symbols = Symbols({3: "BTCUSD", 5: "ETHUSD"})
    >>> symbols.names
    ('other', 'BTCUSD', 'ETHUSD')
    >>> symbols.places(np.array([5, 3, 4, 4_000_000_000])).tolist()
    [2, 1, 0, 0]
    """

    def __init__(self, names: Mapping[int, str] | Sequence[str], most: int = 1_000) -> None:
        named = _by_number(names)
        if len(named) > most:
            raise MetricsError(f"symbols were {len(named)}, must be at most {most}")
        if len({OTHER, *named.values()}) < len(named) + 1:
            raise MetricsError(
                f"symbols were {', '.join(named.values())}, must differ, not 'other'"
            )
        for number in named:
            if not 0 <= number <= NUMBER_MAX:
                raise MetricsError(
                    f"instrument was {shown(number)}, must be from 0 to {NUMBER_MAX}"
                )
        self._names = (OTHER, *named.values())
        self._table = np.zeros(max(named, default=-1) + 2, np.int64)
        self._table[list(named)] = np.arange(1, len(named) + 1)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, ``"other"`` first."""
        return self._names

    def places(self, instruments: np.ndarray[Any, Any]) -> Places:
        """Return where each instrument's name is."""
        places: Places = self._table[np.minimum(instruments, len(self._table) - 1)]
        return places


def _by_number(names: Mapping[int, str] | Sequence[str]) -> dict[int, str]:
    """Return symbols by number; refuse what are none, as the letters of one text."""
    check_iterable("symbols", names, "symbols by number")
    named = dict(names) if isinstance(names, Mapping) else dict(enumerate(names))
    for number, name in named.items():
        check_kind(f"symbols[{shown(number)}]", name, str)
    return named


class LabeledCounts:
    """Counts by labels of which each has few values.

    Parameters
    ----------
    labels : mapping of str to sequence of str
        The values of each label.

    Examples
    --------
    >>> counts = LabeledCounts({"symbol": ("other", "BTCUSD"), "side": ("buy", "sell")})
    >>> counts.add([np.array([1, 1, 0]), np.array([0, 0, 1])])
    >>> list(counts)
    [(('other', 'sell'), 1), (('BTCUSD', 'buy'), 2)]
    """

    def __init__(self, labels: Mapping[str, Sequence[str]]) -> None:
        self._labels = {name: tuple(values) for name, values in labels.items()}
        self._shape = tuple(map(len, self._labels.values()))
        self._counts = np.zeros(math.prod(self._shape), np.int64)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the labels."""
        return tuple(self._labels)

    @property
    def memory_bytes(self) -> int:
        """What the counts take, which never changes."""
        return self._counts.nbytes

    def add(self, places: Sequence[np.ndarray[Any, Any]]) -> None:
        """Count records by the place of each of their labels."""
        keys = _keys(places, self._shape)
        np.add.at(self._counts, keys, np.ones_like(keys))

    def __iter__(self) -> Iterator[tuple[tuple[str, ...], int]]:
        """Yield labels and count of all that were ever seen."""
        labels = list(product(*self._labels.values()))
        for place in np.flatnonzero(self._counts):
            yield labels[place], int(self._counts[place])


class Buckets(NamedTuple):
    """A histogram as Prometheus writes it.

    Attributes
    ----------
    counts : tuple of int
        How many durations are no longer than each bound; the last one is all of them.
    total : float
        The durations together, in the unit of the bounds.
    """

    counts: tuple[int, ...]
    total: float


class LabeledDurations:
    """Histograms with bounds of one's own, by labels.

    Parameters
    ----------
    labels : mapping of str to sequence of str
        The values of each label.
    bounds_ns : sequence of int
        The longest durations of the buckets, rising, nanoseconds; one more holds the rest.
    unit_ns : int
        What a unit of the sum is.

    Examples
    --------
    >>> durations = LabeledDurations({"side": ("buy", "sell")}, [1_000, 5_000], 1_000)
    >>> durations.add([np.array([1, 1, 1])], np.array([1_000, 1_001, 9_000]))
    >>> list(durations)
    [(('sell',), Buckets(counts=(1, 2, 3), total=11.001))]
    """

    def __init__(
        self, labels: Mapping[str, Sequence[str]], bounds_ns: Sequence[int], unit_ns: int
    ) -> None:
        if sorted(set(bounds_ns)) != list(bounds_ns):
            raise MetricsError(f"bounds_ns were {list(bounds_ns)}, must rise")
        self._bounds_ns = np.array(bounds_ns, np.int64)
        self._unit_ns = unit_ns
        self._labels = {name: tuple(values) for name, values in labels.items()}
        self._shape = tuple(map(len, self._labels.values()))
        cells = math.prod(self._shape)
        self._counts = np.zeros(cells * (len(bounds_ns) + 1), np.int64)
        self._sums_ns = np.zeros(cells, np.float64)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the labels."""
        return tuple(self._labels)

    @property
    def bounds(self) -> tuple[float, ...]:
        """The longest durations of the buckets, in the unit of the sum."""
        return tuple(float(bound) for bound in self._bounds_ns / self._unit_ns)

    @property
    def memory_bytes(self) -> int:
        """What the counts take, which never changes."""
        return self._counts.nbytes + self._sums_ns.nbytes

    def add(self, places: Sequence[np.ndarray[Any, Any]], durations_ns: Places) -> None:
        """Count durations by the place of each of their labels.

        Raises
        ------
        MetricsError
            A duration below 0.
        """
        if not len(durations_ns):
            return
        shortest = int(durations_ns.min())
        if shortest < 0:
            raise MetricsError(f"durations_ns had {shortest}, must be at least 0")
        keys = _keys(places, self._shape)
        buckets = np.searchsorted(self._bounds_ns, durations_ns)
        np.add.at(self._sums_ns, keys, durations_ns.astype(np.float64))
        np.add.at(self._counts, keys * (len(self._bounds_ns) + 1) + buckets, np.ones_like(keys))

    def __iter__(self) -> Iterator[tuple[tuple[str, ...], Buckets]]:
        """Yield labels and histogram of all that were ever seen."""
        labels = list(product(*self._labels.values()))
        rows = self._counts.reshape(len(labels), -1)
        sums = self._sums_ns
        for place in np.flatnonzero(rows.sum(axis=1)):
            counts = tuple(int(count) for count in np.cumsum(rows[place]))
            yield labels[place], Buckets(counts, float(sums[place]) / self._unit_ns)


def _keys(places: Sequence[np.ndarray[Any, Any]], shape: tuple[int, ...]) -> Places:
    """Return the place of each record in a flat array of a shape."""
    keys = np.zeros(len(places[0]), np.int64)
    for each, length in zip(places, shape, strict=True):
        keys *= length
        keys += each
    return keys
