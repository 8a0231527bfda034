"""How long single calls take, measured outside the core with the wall clock.

Reading the clock twice is inside every figure; `clock_ns` says what that costs.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter_ns
from typing import Any, Final

import numpy as np
from passes import room

from engine import CommandKind, Core, OrderBook
from engine.measurement import no_collection
from engine.records import RecordArray

__all__ = ["PERCENTILES", "Durations", "batch_ns", "call_ns", "clock_ns", "percentiles_ns"]

Durations = np.ndarray[Any, np.dtype[np.int64]]

PERCENTILES: Final = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}
# Arguments are bound for so many calls at a time: many of them would push the book out of caches.
CHUNK: Final = 64
FIELDS: Final = (
    *("kind", "instrument", "side", "price", "quantity", "order_id", "account"),
    *("order_type", "time_in_force", "timestamp"),
)


def percentiles_ns(durations: Durations) -> dict[str, int]:
    """Return measured values by name, none made up between two of them."""
    values = np.percentile(durations, list(PERCENTILES.values()), method="inverted_cdf")
    return dict(zip(PERCENTILES, values.astype(int).tolist(), strict=True))


def clock_ns() -> int:
    """Return what reading the clock twice costs, at the median."""
    gaps = []
    for _ in range(1_000):
        before = perf_counter_ns()
        gaps.append(perf_counter_ns() - before)
    return sorted(gaps)[len(gaps) // 2]


def batch_ns(core: Core, commands: RecordArray, batch: int) -> Durations:
    """Time every call of `match` with that many commands; a shorter rest is timed too."""
    match, out, durations = core.match, room(batch), array("q")
    with no_collection():
        for start in range(0, len(commands), batch):
            some = commands[start : start + batch]
            before = perf_counter_ns()
            match(some, out=out)
            durations.append(perf_counter_ns() - before)
    return np.array(durations, dtype=np.int64)


def call_ns(core: Core, commands: RecordArray) -> Durations:
    """Time every command as one call on the integer face of its book."""
    books = [core.book(number) for number in range(core.instrument_count)]
    durations = array("q")
    for start in range(0, len(commands), CHUNK):
        calls = list(_calls(books, commands[start : start + CHUNK]))
        with no_collection():
            for call in calls:
                before = perf_counter_ns()
                call()
                durations.append(perf_counter_ns() - before)
    return np.array(durations, dtype=np.int64)


def _calls(books: Sequence[OrderBook], commands: RecordArray) -> Iterator[Callable[[], Any]]:
    """Yield each command as a call with its arguments bound, so that only the call is timed."""
    columns = (commands[field].tolist() for field in FIELDS)
    for kind, number, side, price, quantity, order_id, account, type_, force, time in zip(
        *columns, strict=True
    ):
        book, rest = books[number], {"account": account, "timestamp": time}
        if kind == CommandKind.SUBMIT:
            enter = partial(book.submit, side, price, quantity, order_id, **rest)
            is_plain = type_ == 0 and force == 0
            yield enter if is_plain else partial(enter, order_type=type_, time_in_force=force)
        elif kind == CommandKind.CANCEL:
            yield partial(book.cancel, order_id, **rest)
        else:
            assert kind == CommandKind.REPLACE, f"kind was {kind}"
            yield partial(book.replace, order_id, price, quantity, **rest)
