"""Anything that Python can hand over, at every door of the library: a little of it.

long_fuzz.py goes on with the same properties. What it found has a test of its own below.
"""

from __future__ import annotations

from typing import Any

import edge_attacks
import pytest

from engine import BUY, Core, Engine, EngineError, ExecutionReport

EXAMPLES = 60


@pytest.mark.parametrize("name", edge_attacks.PROPERTIES)
def test_what_comes_over_the_edge_is_answered_or_refused(name: str) -> None:
    edge_attacks.run(name, examples=EXAMPLES)


# -- what was found


@pytest.mark.parametrize("name", ["explain", "numbers_behind", "fee_of"])
@pytest.mark.parametrize("wrong", [None, 5, "report"])
def test_what_is_no_report_is_told_with_its_type(name: str, wrong: Any) -> None:
    venue = edge_attacks.new_venue(True)
    with pytest.raises(TypeError, match=f"report was .*, of {type(wrong).__name__}, not an Exec"):
        getattr(venue, name)(wrong)


def foreign_report() -> ExecutionReport:
    """Return a refused order, with numbers behind it, of an instrument that no venue here has."""
    core = Core()
    for _ in range(9):
        core.add_instrument(static_band=10_000)
    book = core.book(8)
    book.set_price(3, 100)
    return book.submit(BUY, 200, 1)


def test_a_report_of_another_engine_is_refused_where_its_instrument_is_asked_for() -> None:
    report = foreign_report()
    assert report.reject_reason.name == "PRICE_OUTSIDE_BAND"
    venue: Engine = edge_attacks.new_venue(True)
    for ask in (venue.explain, venue.numbers_behind):
        with pytest.raises(EngineError, match="report was of instrument 8, of 2 added"):
            ask(report)
