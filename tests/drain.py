"""Emptying an engine, and what must be true of it then."""

from __future__ import annotations

from typing import Any

from engine import Side


def drain_core(core: Any, instruments: int) -> None:
    """Cancel every order and require every counter to be zero."""
    for instrument in range(instruments):
        for side in Side:
            for order in core.orders(instrument, side):
                core.cancel(instrument, int(order["order_id"]))
    core.check_invariants()
    for instrument in range(instruments):
        assert core.order_count(instrument) == 0
        assert core.best_bid(instrument) is None
        assert core.best_ask(instrument) is None
        assert [len(levels) for levels in core.depth(instrument)] == [0, 0]
    assert len(core) == 0


def drain_book(book: Any) -> None:
    """Cancel every order of a bare book and require every counter to be zero."""
    for side in Side:
        for order in book.orders(side):
            book.cancel(int(order["order_id"]))
    book.check_invariants()
    assert [book.order_count(side) for side in Side] == [0, 0]
    assert (book.best_bid(), book.best_ask(), len(book)) == (None, None, 0)
    assert [len(levels) for levels in book.depth()] == [0, 0]
