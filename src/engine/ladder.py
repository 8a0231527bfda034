"""The book as a trader reads it: asks above, bids below, the spread between. Text and HTML."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from itertools import zip_longest
from typing import Final, NamedTuple, Protocol

import numpy as np

from engine.decimal_grid import EXACT
from engine.records import Depth

__all__ = ["Grid", "LadderRow", "html_ladder", "ladder_rows", "steps_text", "text_ladder"]

LEVELS: Final = 10
NO_ORDERS: Final = "(no orders)"
HEADINGS: Final = ("orders", "bid", "price", "ask", "orders")
STYLE: Final = (
    "<style>.engine-ladder{border-collapse:collapse;font:13px/1.5 ui-monospace,Menlo,Consolas,"
    "monospace;font-variant-numeric:tabular-nums}.engine-ladder td,.engine-ladder th{padding:1px"
    " 10px;text-align:right;border:0}.engine-ladder caption{font-weight:600;text-align:left;"
    "padding:2px 10px}.engine-ladder th{font-weight:500;opacity:.6}.engine-ladder .price{"
    "font-weight:600;text-align:center}.engine-ladder .count{opacity:.6}.engine-ladder .spread td{"
    "text-align:center;opacity:.6;border-top:1px solid;border-bottom:1px solid}</style>"
)
ASK_COLOUR: Final = "rgba(214,69,80,.28)"
BID_COLOUR: Final = "rgba(38,150,105,.28)"


class Grid(Protocol):
    """What of an instrument a ladder uses: its name and the decimal size of a tick and a lot."""

    @property
    def symbol(self) -> str:
        """The instrument's name."""

    @property
    def tick_size(self) -> Decimal:
        """What one tick is worth."""

    @property
    def lot_size(self) -> Decimal:
        """What one lot is worth."""


class LadderRow(NamedTuple):
    """One level, written out; the other side's cells are empty.

    Attributes
    ----------
    bid_orders, bid_quantity : str
        How many orders there are, and what they show together; of a bid.
    price : str
        Of the level.
    ask_quantity, ask_orders : str
        The same of an ask.
    share : float
        The level's quantity over the largest one shown, 0 to 1: the length of a bar.
    """

    bid_orders: str
    bid_quantity: str
    price: str
    ask_quantity: str
    ask_orders: str
    share: float


def steps_text(steps: int, step: Decimal) -> str:
    """Return so many ticks or lots as decimal text, with all digits in any decimal context.

    Parameters
    ----------
    steps
        How many.
    step
        What one is worth.

    Examples
    --------
    >>> steps_text(5_000_001, Decimal("0.01"))
    '50,000.01'
    """
    return f"{EXACT.multiply(Decimal(steps), step):,f}"


def ladder_rows(
    depth: Depth, instrument: Grid | None = None, levels: int = LEVELS
) -> tuple[list[LadderRow], list[LadderRow]]:
    """Write out the levels of a book, top row first.

    Parameters
    ----------
    depth
        Both sides, as `depth()` returns them.
    instrument
        Has prices and quantities written as decimals; without it they are ticks and lots.
    levels
        Levels a side at most.

    Returns
    -------
    asks, bids : list of LadderRow
        Asks from the worst shown down to the best, bids from the best down.
    """
    asks, bids = depth.asks[:levels], depth.bids[:levels]
    largest = max((int(side["quantity"].max()) for side in (asks, bids) if len(side)), default=1)
    tick = instrument.tick_size if instrument else Decimal(1)
    lot = instrument.lot_size if instrument else Decimal(1)

    def cells(level: np.void) -> tuple[str, str, str, float]:
        quantity = int(level["quantity"])
        price = steps_text(int(level["price"]), tick)
        return f"{level['order_count']}", steps_text(quantity, lot), price, quantity / largest

    ask_rows = [
        LadderRow("", "", price, quantity, orders, share)
        for orders, quantity, price, share in map(cells, asks[::-1])
    ]
    bid_rows = [
        LadderRow(orders, quantity, price, "", "", share)
        for orders, quantity, price, share in map(cells, bids)
    ]
    return ask_rows, bid_rows


def text_ladder(depth: Depth, instrument: Grid | None = None, levels: int = LEVELS) -> str:
    """Draw a book as plain text that lines up in any fixed-width font.

    Parameters
    ----------
    depth
        Both sides, as `depth()` returns them.
    instrument
        Has prices and quantities written as decimals and its name on top; without it they are
        ticks and lots.
    levels
        Levels a side at most.

    Returns
    -------
    str
        Lines without a trailing newline.

    Examples
    --------
    >>> from engine._schema import LEVEL_DTYPE
    >>> bids = np.array([(9_999, 12, 2), (9_998, 1_200, 31)], dtype=LEVEL_DTYPE)
    >>> asks = np.array([(10_001, 7, 1)], dtype=LEVEL_DTYPE)
    >>> print(text_ladder(Depth(bids, asks)))
     orders    bid   price  ask  orders
    -----------------------------------
                    10,001    7       1
    ------------- spread 2 ------------
          2     12   9,999
         31  1,200   9,998

    A side without orders says so:

    >>> print(text_ladder(Depth(bids[:0], asks)))
     orders  bid   price  ask  orders
    ---------------------------------
                  10,001    7       1
    ---------------------------------
               (no orders)
    """
    asks, bids = ladder_rows(depth, instrument, levels)
    table = [HEADINGS, *(row[:5] for row in (*asks, *bids))]
    widths = [max(map(len, column)) for column in zip_longest(*table, fillvalue="")]
    width = sum(widths) + 2 * len(widths) - 1

    def line(cells: tuple[str, ...]) -> str:
        padded = (cell.rjust(size) for cell, size in zip(cells, widths, strict=True))
        return f" {'  '.join(padded)}".rstrip()

    spread = _spread(depth, instrument)
    empty = NO_ORDERS.center(width).rstrip()
    lines = [
        *([instrument.symbol.center(width).rstrip()] if instrument else []),
        line(HEADINGS),
        "-" * width,
        *([line(row[:5]) for row in asks] or [empty]),
        (f" {spread} " if spread else "").center(width, "-"),
        *([line(row[:5]) for row in bids] or [empty]),
    ]
    return "\n".join(lines)


def html_ladder(depth: Depth, instrument: Grid | None = None, levels: int = LEVELS) -> str:
    """Draw a book as an HTML table, with a bar behind each quantity, for notebooks.

    Parameters
    ----------
    depth
        Both sides, as `depth()` returns them.
    instrument
        Has prices and quantities written as decimals and its name on top; without it they are
        ticks and lots.
    levels
        Levels a side at most.

    Returns
    -------
    str
        One ``<table>`` with its style, no script; readable on light and dark pages.

    Examples
    --------
    >>> from engine._schema import LEVEL_DTYPE
    >>> bids = np.array([(9_999, 12, 2)], dtype=LEVEL_DTYPE)
    >>> page = html_ladder(Depth(bids, bids[:0]))
    >>> page.count("<tr"), "(no orders)" in page
    (4, True)
    """
    asks, bids = ladder_rows(depth, instrument, levels)
    spread = _spread(depth, instrument)
    caption = f"<caption>{escape(instrument.symbol)}</caption>" if instrument else ""
    headings = "".join(f"<th>{heading}</th>" for heading in HEADINGS)
    empty = f'<tr><td class="count" colspan="5" style="text-align:center">{NO_ORDERS}</td></tr>'
    body = [
        *([_html_row(row) for row in asks] or [empty]),
        f'<tr class="spread"><td colspan="5">{spread}</td></tr>',
        *([_html_row(row) for row in bids] or [empty]),
    ]
    return (
        f'{STYLE}<table class="engine-ladder">{caption}<thead><tr>{headings}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def _html_row(row: LadderRow) -> str:
    bid = _bar("to left", BID_COLOUR, row.share) if row.bid_quantity else ""
    ask = _bar("to right", ASK_COLOUR, row.share) if row.ask_quantity else ""
    return (
        f'<tr><td class="count">{row.bid_orders}</td><td{bid}>{row.bid_quantity}</td>'
        f'<td class="price">{row.price}</td><td{ask}>{row.ask_quantity}</td>'
        f'<td class="count">{row.ask_orders}</td></tr>'
    )


def _bar(direction: str, colour: str, share: float) -> str:
    end = f"{100 * share:.0f}%"
    return f' style="background:linear-gradient({direction},{colour} {end},transparent {end})"'


def _spread(depth: Depth, instrument: Grid | None) -> str:
    if not len(depth.asks) or not len(depth.bids):
        return ""
    ticks = int(depth.asks["price"][0]) - int(depth.bids["price"][0])
    if instrument is None:
        return f"spread {ticks:,}"
    price = steps_text(ticks, instrument.tick_size)
    return f"spread {price} ({ticks:,} tick{'s' if ticks != 1 else ''})"
