"""Questions to a book: the best prices, and depth of ten levels a side."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from hostile import resting
from loops import asking
from passes import fill
from results import Results
from scale import Scale
from targets import BEST_PRICE_NS, DEPTH_NS, hold

from engine import LEVEL_DTYPE, Depth, OrderBook
from engine.budgets import at_most

TITLE = "a question, ns"
LEVELS: Final = 10
ORDERS_A_SIDE: Final = 1_000
ORDERS_A_LEVEL: Final = 5
# Ticks between levels: side by side, or as far apart as no two levels can share a page.
SPACINGS: Final = {"dense": 1, "sparse": 2**40}
QUESTIONS: Final[dict[str, tuple[Callable[[OrderBook], Callable[[], Any]], float]]] = {
    "best_bid": (lambda book: book.best_bid, BEST_PRICE_NS),
    "best_ask": (lambda book: book.best_ask, BEST_PRICE_NS),
    "depth(10)": (lambda book: book.depth, DEPTH_NS),
}


def filled_book(spacing: int) -> OrderBook:
    """Return a book with the same levels on both sides of zero."""
    book = OrderBook()
    distance = (1 + np.arange(ORDERS_A_SIDE) // ORDERS_A_LEVEL) * spacing
    fill(book.core, resting(np.concatenate([-distance, distance])))
    return book


def expected_depth(spacing: int) -> Depth:
    sides = []
    for side in (-1, 1):
        levels = np.zeros(LEVELS, dtype=LEVEL_DTYPE)
        levels["price"] = side * spacing * np.arange(1, LEVELS + 1)
        levels["quantity"] = levels["order_count"] = ORDERS_A_LEVEL
        sides.append(levels)
    return Depth(*sides)


@pytest.mark.benchmark(group="questions", timer=time.process_time)
@pytest.mark.parametrize("spacing", list(SPACINGS))
@pytest.mark.parametrize("name", list(QUESTIONS))
def test_questions_are_answered_at_once(
    name: str, spacing: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    book = filled_book(SPACINGS[spacing])
    pick, bound = QUESTIONS[name]
    question = pick(book)
    rounds = [asking(question, scale.calls) for _ in range(scale.call_rounds)]
    ns = min(rounds) / scale.calls

    answer = benchmark.pedantic(question, rounds=1)
    expected = expected_depth(SPACINGS[spacing])
    if name == "best_bid":
        assert answer == expected.bids["price"][0]
    elif name == "best_ask":
        assert answer == expected.asks["price"][0]
    else:
        np.testing.assert_array_equal(answer.bids, expected.bids)
        np.testing.assert_array_equal(answer.asks, expected.asks)
    benchmark.extra_info |= {"ns": ns, "target": bound}
    cells: dict[str, Any] = {"question": name, "book": spacing, "ns": ns, "target": bound}
    results.put(TITLE, (name, spacing), cells)
    hold(scale, at_most(f"{name} of a {spacing} book, ns", ns, bound))
