"""Emptying an engine, and what must be true of it then."""

from __future__ import annotations

from typing import Any

from engine import ExecType, Side


def drain_core(core: Any) -> None:
    """Empty every book of an engine."""
    for instrument in range(core.instrument_count):
        drain_book(core.book(instrument))
    assert len(core) == 0


def drain_book(book: Any) -> None:
    """Check an engine, cancel every order of one book, and require every counter to be zero.

    What one cancel lets trade is gone before its turn comes.
    """
    book.check_invariants()
    for orders in (*(book.orders(side) for side in Side), book.waiting()):
        for order_id in map(int, orders["order_id"]):
            if order_id in book:
                assert book.cancel(order_id).exec_type == ExecType.CANCELED
    book.check_invariants()
    assert [len(book), *(book.order_count(side) for side in Side)] == [0, 0, 0]
    assert (len(book.waiting()), len(book.details())) == (0, 0)
    assert (book.best_bid(), book.best_ask()) == (None, None)
    assert [len(levels) for levels in book.depth()] == [0, 0]
