"""The book written out as text and as HTML."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pytest

from engine._schema import LEVEL_DTYPE
from engine.ladder import html_ladder, ladder_rows, text_ladder
from engine.records import Depth

NO_LEVELS = np.zeros(0, dtype=LEVEL_DTYPE)


class Grid(NamedTuple):
    symbol: str
    tick_size: Decimal
    lot_size: Decimal


def depth() -> Depth:
    bids = np.array([(-5, 1_500, 3), (-7, 20, 1)], dtype=LEVEL_DTYPE)
    asks = np.array([(-4, 300, 12), (2**62, 1, 1)], dtype=LEVEL_DTYPE)
    return Depth(bids, asks)


def test_a_ladder_without_an_instrument_is_in_ticks_and_lots() -> None:
    assert text_ladder(depth()).splitlines() == [
        " orders    bid                      price  ask  orders",
        "------------------------------------------------------",
        "                4,611,686,018,427,387,904    1       1",
        "                                       -4  300      12",
        "---------------------- spread 1 ----------------------",
        "      3  1,500                         -5",
        "      1     20                         -7",
    ]


def test_an_instrument_brings_decimals_and_its_name() -> None:
    grid = Grid("OIL", Decimal("0.05"), Decimal("0.1"))
    lines = text_ladder(depth(), grid, levels=1).splitlines()
    assert [line.strip() for line in lines] == [
        "OIL",
        "orders    bid  price   ask  orders",
        "-----------------------------------",
        "-0.20  30.0      12",
        "------- spread 0.05 (1 tick) ------",
        "3  150.0  -0.25",
    ]


@pytest.mark.parametrize("levels", [0, 1, 2, 50])
def test_no_more_levels_are_shown_than_asked_for(levels: int) -> None:
    asks, bids = ladder_rows(depth(), levels=levels)
    assert len(asks) == len(bids) == min(levels, 2)


def test_a_share_is_of_the_largest_level_shown() -> None:
    asks, bids = ladder_rows(depth())
    assert [row.share for row in (*asks, *bids)] == [1 / 1_500, 0.2, 1.0, 20 / 1_500]


def test_an_empty_side_says_so() -> None:
    text = text_ladder(Depth(NO_LEVELS, NO_LEVELS))
    assert text.count("(no orders)") == 2
    assert "spread" not in text
    assert html_ladder(Depth(NO_LEVELS, NO_LEVELS)).count("(no orders)") == 2


def test_html_shows_each_level_once_and_escapes_the_name() -> None:
    page = html_ladder(depth(), Grid("<A&B>", Decimal(1), Decimal(1)))
    assert page.count("<tr") == page.count("</tr>") == 6
    assert "&lt;A&amp;B&gt;" in page
    assert "<A&B>" not in page
    assert page.count("linear-gradient") == 4
    assert "<script" not in page
