"""The reports are complete: from them alone every book is rebuilt, order by order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from implementations import Implementation
from rebuild import RebuiltBooks
from streams import command_array, random_stream

from engine import (
    BUY,
    GOOD_FOR_AUCTION,
    ONE_TRIGGERS_OTHER,
    PEG_PRIMARY,
    REDUCE,
    REPLACE,
    SELL,
    STOP_LIMIT,
    SUBMIT,
    Phase,
    Side,
)


def require_rebuilt(core: Any, rebuilt: RebuiltBooks) -> None:
    for instrument in range(core.instrument_count):
        for side in Side:
            orders = core.book(instrument).orders(side)
            assert np.array_equal(rebuilt.queue(instrument, side), orders)
            levels = core.book(instrument).depth(1000)[0 if side == Side.BUY else 1]
            assert np.array_equal(rebuilt.levels(instrument, side), levels)
        waiting = core.book(instrument).waiting()
        assert np.array_equal(rebuilt.waiting(instrument), waiting)


@pytest.mark.parametrize("seed", range(100, 108))
def test_books_are_rebuilt_after_every_command(implementation: Implementation, seed: int) -> None:
    stream = random_stream(seed, 300)
    core = stream.new_core(implementation.core)
    rebuilt = RebuiltBooks()
    for index in range(len(stream.commands)):
        rebuilt.read(core.match(stream.commands[index : index + 1]))
        require_rebuilt(core, rebuilt)


def test_books_are_rebuilt_from_one_batch(implementation: Implementation) -> None:
    stream = random_stream(99, 1000)
    core = stream.new_core(implementation.core)
    rebuilt = RebuiltBooks()
    rebuilt.read(core.match(stream.commands))
    require_rebuilt(core, rebuilt)


def test_kept_and_lost_priority_are_told_apart(make_core: Any, side: Side) -> None:
    core, rebuilt = make_core({}), RebuiltBooks()
    commands = command_array(
        {"kind": SUBMIT, "side": side, "price": 100, "quantity": 9, "timestamp": 1},
        {"kind": SUBMIT, "side": side, "price": 100, "quantity": 9, "timestamp": 2},
        {"kind": REPLACE, "order_id": 1, "price": 100, "quantity": 5, "timestamp": 3},
        {"kind": REPLACE, "order_id": 2, "price": 100, "quantity": 10, "timestamp": 4},
        {"kind": REDUCE, "order_id": 1, "quantity": 1, "timestamp": 5},
        {"kind": REPLACE, "order_id": 1, "price": 100, "quantity": 4, "timestamp": 6},
    )
    for index in range(len(commands)):
        rebuilt.read(core.match(commands[index : index + 1]))
        require_rebuilt(core, rebuilt)
    assert rebuilt.queue(0, side)["order_id"].tolist() == [2, 1]
    assert rebuilt.queue(0, side)["timestamp"].tolist() == [4, 6]


def test_what_was_released_stands_before_a_peg_that_follows_it(make_core: Any) -> None:
    """The child rests, and makes no report of that, before the pegged order moves behind it."""
    core = make_core({})
    book, rebuilt = core.book(0), RebuiltBooks()
    rebuilt.read(book.submit(SELL, 102, 5, 1).reports)
    rebuilt.read(book.submit(BUY, 0, 5, 2, order_type=PEG_PRIMARY).reports)
    child = {"flags": ONE_TRIGGERS_OTHER, "linked_order_id": 1}
    rebuilt.read(book.submit(BUY, 100, 5, 3, **child).reports)
    rebuilt.read(book.submit(BUY, 102, 5, 4).reports)
    require_rebuilt(core, rebuilt)
    assert rebuilt.queue(0, BUY)["order_id"].tolist() == [3, 2]


def test_a_larger_order_is_shown_whole_after_an_auction(make_core: Any, side: Side) -> None:
    core = make_core({})
    book, rebuilt = core.book(0), RebuiltBooks()
    made = [
        book.submit(side, 100, 4, 1),
        book.replace(1, 100, 7),
        book.set_phase(Phase.VOLATILITY_CALL),
        book.submit(Side(-side), 100, 1, 2),
        book.uncross(),
    ]
    for report in made:
        rebuilt.read(report.reports)
    require_rebuilt(core, rebuilt)
    assert rebuilt.levels(0, side)["quantity"].tolist() == [6]


def test_a_sweep_by_a_replace_is_rebuilt(make_core: Any) -> None:
    core = make_core({})
    book, rebuilt = core.book(0), RebuiltBooks()
    for price in (101, 102, 103):
        rebuilt.read(book.submit(SELL, price, 5).reports)
    rebuilt.read(book.submit(BUY, 100, 5).reports)
    rebuilt.read(book.replace(4, 102, 12).reports)
    require_rebuilt(core, rebuilt)
    assert rebuilt.queue(0, BUY)["leaves_quantity"].tolist() == [2]


def test_what_is_triggered_and_goes_on_to_wait_for_a_call_says_so(make_core: Any) -> None:
    core, rebuilt = make_core({}), RebuiltBooks()
    stop = {"order_type": STOP_LIMIT, "trigger_price": 100, "time_in_force": GOOD_FOR_AUCTION}
    commands = command_array(
        {"kind": SUBMIT, "order_id": 1, "side": BUY, "price": 100, "quantity": 5},
        {"kind": SUBMIT, "order_id": 2, "side": SELL, "price": 99, "quantity": 5, **stop},
        {"kind": SUBMIT, "order_id": 3, "side": SELL, "price": 100, "quantity": 1},
    )
    for index in range(len(commands)):
        rebuilt.read(core.match(commands[index : index + 1]))
        require_rebuilt(core, rebuilt)
    assert rebuilt.waiting(0)["order_id"].tolist() == [2]
