"""What is not shown: hidden orders, and icebergs that show a part at a time."""

from __future__ import annotations

from typing import Any

import pytest
from views import at, fills, ladder, other, queue, statuses

from engine import (
    FOK,
    HIDDEN,
    IOC,
    MARKET,
    POST_ONLY,
    ExecType,
    RejectReason,
    ReportFlag,
    Side,
)


def best(book: Any, side: Side) -> int | None:
    return book.best_bid() if side == Side.BUY else book.best_ask()


def displayed(book: Any, order_id: int) -> int:
    return book.detail(order_id).displayed_quantity


# -- hidden orders


def test_a_hidden_order_is_in_no_level_and_is_no_best_price(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    report = book.submit(side, at(side, 2), 7, 2, flags=HIDDEN)
    assert (report.order_flags, report.leaves_quantity, report.last_quantity) == (HIDDEN, 7, 0)
    assert (ladder(book, side), best(book, side)) == ([(at(side), 5, 1)], at(side))
    assert queue(book, side) == [(2, 7), (1, 5)]
    assert (book.order_count(side), displayed(book, 2)) == (2, 0)


def test_a_hidden_order_at_a_better_price_goes_first(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    book.submit(side, at(side, 2), 7, 2, flags=HIDDEN)
    report = book.submit(other(side), at(side), 9)
    assert fills(report) == [(2, at(side, 2), 7), (1, at(side), 2)]


def test_at_one_price_what_is_shown_goes_before_what_is_hidden(book: Any, side: Side) -> None:
    for order_id, flags in ((1, HIDDEN), (2, 0), (3, HIDDEN), (4, 0)):
        book.submit(side, at(side), 5, order_id, flags=flags)
    assert queue(book, side) == [(2, 5), (4, 5), (1, 5), (3, 5)]
    assert book.queue_position(3) == (3, 15)
    report = book.submit(other(side), at(side), 17)
    assert [maker for maker, _, _ in fills(report)] == [2, 4, 1, 3]


def test_a_partly_filled_hidden_order_keeps_its_place(book: Any, side: Side) -> None:
    for order_id in (1, 2):
        book.submit(side, at(side), 5, order_id, flags=HIDDEN)
    book.submit(other(side), at(side), 2)
    assert queue(book, side) == [(1, 3), (2, 5)]


def test_a_hidden_order_takes_as_any_other_does(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1)
    report = book.submit(other(side), at(side), 7, 2, flags=HIDDEN)
    assert fills(report) == [(1, at(side), 5)]
    assert (queue(book, other(side)), ladder(book, other(side))) == ([(2, 2)], [])


def test_a_post_only_order_yields_to_what_is_hidden_too(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, flags=HIDDEN)
    report = book.submit(other(side), at(side), 1, 2, flags=POST_ONLY)
    assert report.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE


def test_a_replaced_hidden_order_stays_hidden_and_goes_behind_hidden_ones(
    book: Any, side: Side
) -> None:
    for order_id in (1, 2):
        book.submit(side, at(side), 5, order_id, flags=HIDDEN)
    assert book.replace(1, at(side), 4).flags == ReportFlag.KEPT_PRIORITY
    assert queue(book, side) == [(1, 4), (2, 5)]
    assert book.replace(1, at(side), 6).flags == 0
    assert (queue(book, side), ladder(book, side)) == ([(2, 5), (1, 6)], [])


@pytest.mark.parametrize("fields", [{"order_type": MARKET}, {"time_in_force": IOC}])
@pytest.mark.parametrize("hides", [{"flags": HIDDEN}, {"display_quantity": 2}])
def test_what_never_rests_is_never_shown_anyway(
    book: Any, side: Side, fields: dict[str, int], hides: dict[str, int]
) -> None:
    price = 0 if "order_type" in fields else at(side)
    report = book.submit(side, price, 5, **fields, **hides)
    assert report.reject_reason == RejectReason.DISPLAY_NEVER_RESTS


def test_a_hidden_order_shows_no_part(book: Any, side: Side) -> None:
    report = book.submit(side, at(side), 5, flags=HIDDEN, display_quantity=2)
    assert report.reject_reason == RejectReason.HIDDEN_WITH_DISPLAY


@pytest.mark.parametrize("hides", [{"flags": HIDDEN}, {"display_quantity": 2}])
def test_fok_counts_what_is_not_shown(book: Any, side: Side, hides: dict[str, int]) -> None:
    book.submit(side, at(side), 9, 1, **hides)
    report = book.submit(other(side), at(side), 10, time_in_force=FOK)
    assert report.reject_reason == RejectReason.FOK_CANNOT_FILL
    assert book.submit(other(side), at(side), 9, time_in_force=FOK).filled_quantity == 9


# -- icebergs


def test_an_iceberg_shows_one_part(book: Any, side: Side) -> None:
    report = book.submit(side, at(side), 10, 1, display_quantity=3)
    assert (report.leaves_quantity, report.last_quantity) == (10, 3)
    assert (ladder(book, side), queue(book, side)) == ([(at(side), 3, 1)], [(1, 10)])
    assert (displayed(book, 1), book.detail(1).display_quantity) == (3, 3)


def test_a_part_that_is_used_up_is_followed_by_the_next_at_the_tail(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1, display_quantity=3, timestamp=1)
    book.submit(side, at(side), 5, 2, timestamp=2)
    report = book.submit(other(side), at(side), 4, 3, timestamp=7)
    assert fills(report) == [(1, at(side), 3), (2, at(side), 1)]
    assert statuses(report) == [
        "NEW NEW",
        "TRADE PARTIALLY_FILLED",
        "TRADE PARTIALLY_FILLED",
        "RESTATED PARTIALLY_FILLED",
        "TRADE PARTIALLY_FILLED",
        "TRADE FILLED",
    ]
    restated = report.reports[3]
    names = ["order_id", "price", "leaves_quantity", "filled_quantity", "last_quantity"]
    assert restated[names].item() == (1, at(side), 7, 3, 3)
    assert queue(book, side) == [(2, 4), (1, 7)]
    assert book.order(1).timestamp == 7


def test_a_part_that_is_not_used_up_keeps_its_place(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1, display_quantity=3)
    book.submit(side, at(side), 5, 2)
    report = book.submit(other(side), at(side), 2)
    assert ExecType.RESTATED not in report.reports["exec_type"]
    assert (queue(book, side), displayed(book, 1)) == ([(1, 8), (2, 5)], 1)
    assert book.queue_position(2) == (1, 1)


def test_the_last_part_is_what_is_left(book: Any, side: Side) -> None:
    book.submit(side, at(side), 7, 1, display_quantity=3)
    report = book.submit(other(side), at(side), 6)
    assert fills(report) == [(1, at(side), 3), (1, at(side), 3)]
    assert (displayed(book, 1), ladder(book, side)) == (1, [(at(side), 1, 1)])


def test_one_order_takes_all_parts_of_two_icebergs_in_turn(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, display_quantity=2)
    book.submit(side, at(side), 4, 2, display_quantity=3)
    report = book.submit(other(side), at(side), 9)
    assert [(maker, lots) for maker, _, lots in fills(report)] == [
        (1, 2),
        (2, 3),
        (1, 2),
        (2, 1),
        (1, 1),
    ]
    assert len(book) == 0


def test_all_of_an_iceberg_goes_before_what_is_hidden_at_its_price(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, flags=HIDDEN)
    book.submit(side, at(side), 4, 2, display_quantity=2)
    report = book.submit(other(side), at(side), 6)
    assert [maker for maker, _, _ in fills(report)] == [2, 2, 1]


def test_an_iceberg_takes_with_all_it_has_and_rests_with_a_part(book: Any, side: Side) -> None:
    book.submit(side, at(side), 6, 1)
    report = book.submit(other(side), at(side), 10, 2, display_quantity=3)
    assert fills(report) == [(1, at(side), 6)]
    assert (displayed(book, 2), ladder(book, other(side))) == (3, [(at(side), 3, 1)])


def test_a_reduction_takes_what_is_not_shown_first(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1, display_quantity=3)
    report = book.reduce(1, 7)
    assert (report.leaves_quantity, report.last_quantity) == (3, 3)
    report = book.reduce(1, 1)
    assert (report.leaves_quantity, report.last_quantity) == (2, 2)
    assert displayed(book, 1) == 2


def test_a_replace_to_the_tail_shows_a_whole_part_again(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1, display_quantity=3)
    book.submit(other(side), at(side), 2)
    assert book.replace(1, at(side), 7).last_quantity == 1
    report = book.replace(1, at(side), 8)
    assert (report.flags, report.last_quantity, displayed(book, 1)) == (0, 3, 3)


@pytest.mark.parametrize(
    ("quantity", "display", "is_refused"),
    [(10, 10, False), (10, 11, True), (10, -1, True), (10_000, 1, False), (10_001, 1, True)],
)
def test_a_part_is_at_most_all_and_at_least_a_ten_thousandth(
    book: Any, side: Side, quantity: int, display: int, is_refused: bool
) -> None:
    report = book.submit(side, at(side), quantity, 1, display_quantity=display)
    refused = report.reject_reason == RejectReason.DISPLAY_QUANTITY_OUT_OF_RANGE
    assert refused == is_refused
