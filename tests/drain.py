"""Emptying an engine, and what must be true of it then."""

from __future__ import annotations

from typing import Any

from streams import command_array

from engine import SET_RATE, ExecType, RateLimit, Side


def drain_core(core: Any) -> None:
    """Empty every book of an engine, however often its accounts may cancel."""
    for tier in {core.account(account).tier for account in core.accounts()}:
        fields = {"self_trade_group": tier, "selector": RateLimit.CANCELS_PER_MINUTE}
        core.match(command_array({"kind": SET_RATE, **fields, "quantity": -1}))
    for instrument in range(core.instrument_count):
        drain_book(core.book(instrument))
    assert len(core) == 0


def drain_book(book: Any) -> None:
    """Check an engine, cancel every order of one book, and require every counter to be zero."""
    book.check_invariants()
    for orders in (book.waiting(), *(book.orders(side) for side in Side)):
        for order_id, account in orders[["order_id", "account"]].tolist():
            # One order less may be what lets an all-or-none order of the others trade.
            if order_id in book:
                report = book.cancel(order_id, account=account)
                assert report.reports["exec_type"][0] == ExecType.CANCELED
    book.check_invariants()
    assert [len(book), *(book.order_count(side) for side in Side)] == [0, 0, 0]
    assert (book.best_bid(), book.best_ask()) == (None, None)
    assert [len(levels) for levels in book.depth()] == [0, 0]
