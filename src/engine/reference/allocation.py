"""How an incoming quantity is shared among the orders at one price.

By time, each in turn takes what it can. Pro rata, each gets the share that its size has in all of
them, rounded down, nothing where that is below a minimum; what is left then goes by time. The
order that set the price, the top order, may take a part before that.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._uncrossing import TopOrder


def by_time(sizes: Sequence[int], quantity: int) -> list[int]:
    """Return what each order gets when the first takes all that it can, then the second, and on."""
    given = []
    for size in sizes:
        given.append(min(size, quantity))
        quantity -= given[-1]
    return given


def pro_rata(sizes: Sequence[int], quantity: int, *, minimum: int = 0) -> list[int]:
    """Return the share of each order, rounded down, 0 where it is below the minimum.

    What that leaves over goes to no one.
    """
    total = sum(sizes)
    if quantity >= total:
        return list(sizes)
    shares = [size * quantity // total for size in sizes]
    return [share if share >= minimum else 0 for share in shares]


def allocate(
    sizes: Sequence[int], quantity: int, *, minimum: int = 0, top: TopOrder | None = None
) -> list[int]:
    """Return what each order gets: first the top order, then all pro rata, the rest by time."""
    given = [0] * len(sizes)
    if top is not None and sizes[top.place] >= top.minimum:
        most = sizes[top.place] if top.maximum is None else top.maximum
        given[top.place] = min(sizes[top.place], quantity, most)
    given = _added(given, pro_rata(_left(sizes, given), quantity - sum(given), minimum=minimum))
    return _added(given, by_time(_left(sizes, given), quantity - sum(given)))


def _left(sizes: Sequence[int], given: list[int]) -> list[int]:
    return [size - lots for size, lots in zip(sizes, given, strict=True)]


def _added(given: list[int], more: list[int]) -> list[int]:
    return [lots + others for lots, others in zip(given, more, strict=True)]
