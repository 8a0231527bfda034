"""How the tests of price bands make a book with a band.

`side` is the side of the order that comes in; the others stand so many ticks beyond 100 for it,
under ids of as many.
"""

from __future__ import annotations

from typing import Any

from views import at, other

from engine import MARKET, BandAction, ReportFlag, Side, TriggerSource

REFERENCE, LAST, MARK = TriggerSource.REFERENCE, TriggerSource.LAST, TriggerSource.MARK
BAND = ReportFlag.PRICE_BAND
CALL = {"band_action": BandAction.VOLATILITY_CALL}
TEN_PERCENT = 100_000
TAKER = 50


def banded(make_book: Any, side: Side, *ticks: int, **terms: int) -> Any:
    """Return a book with a band of ten ticks around 100, and 5 lots at each place beyond 100."""
    book = make_book(**{"static_band": TEN_PERCENT, **terms})
    book.set_price(REFERENCE, 100)
    place(book, side, *ticks)
    return book


def place(book: Any, side: Side, *ticks: int, **more: int) -> None:
    for number in ticks:
        book.submit(other(side), at(side, number), 5, abs(number), **more)


def at_market(book: Any, side: Side, quantity: int, order_id: int = TAKER, **more: int) -> Any:
    return book.submit(side, 0, quantity, order_id, **{"order_type": MARKET, **more})
