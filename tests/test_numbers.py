"""Numbers at the limits of their types: prices, quantities, totals, ids, times."""

from __future__ import annotations

from typing import Any

import pytest
from no_members import NO_MEMBERS, first_unused
from views import fills, ladder, other, queue

from engine import FOK, GTC, MARKET, CommandError, OrderFlag, RejectReason, Side

LOWEST, HIGHEST = -(2**63), 2**63 - 1
UNSIGNED_HIGHEST = 2**64 - 1


def extreme(side: Side) -> int:
    """Return the best price that there is for a side."""
    return HIGHEST if side == Side.BUY else LOWEST


@pytest.mark.parametrize("price", [LOWEST, LOWEST + 1, -1, 0, 1, HIGHEST - 1, HIGHEST])
def test_any_64_bit_price_rests_and_trades(book: Any, side: Side, price: int) -> None:
    book.submit(side, price, 5, 1)
    assert ladder(book, side) == [(price, 5, 1)]
    assert (book.best_bid() if side == Side.BUY else book.best_ask()) == price
    report = book.submit(other(side), price, 2)
    assert fills(report) == [(1, price, 2)]
    assert book.last_trade() == (price, 2)


def test_prices_at_both_ends_do_not_meet(book: Any) -> None:
    book.submit(Side.BUY, LOWEST, 1, 1)
    book.submit(Side.SELL, HIGHEST, 1, 2)
    assert (book.best_bid(), book.best_ask()) == (LOWEST, HIGHEST)


def test_limit_at_the_end_of_the_range_takes_every_price(book: Any, side: Side) -> None:
    worst = extreme(other(side))
    for order_id, price in enumerate((0, worst, -7, 7), start=1):
        book.submit(side, price, 1, order_id)
    report = book.submit(other(side), worst, 4)
    assert [price for _, price, _ in fills(report)] == sorted((0, worst, -7, 7))[::-side]


def test_market_order_reaches_both_ends(book: Any, side: Side) -> None:
    for order_id, price in enumerate((LOWEST, 0, HIGHEST), start=1):
        book.submit(side, price, 1, order_id)
    report = book.submit(other(side), 0, 3, order_type=MARKET)
    assert [price for _, price, _ in fills(report)] == [LOWEST, 0, HIGHEST][::-side]


def test_negative_prices_are_ordered_like_others(book: Any, side: Side) -> None:
    for order_id, price in enumerate((-1, -3, 2, -2), start=1):
        book.submit(side, price, 1, order_id)
    prices = [price for price, _, _ in ladder(book, side)]
    assert prices == sorted(prices, reverse=side == Side.BUY)


def test_the_largest_quantity_rests_and_fills(book: Any, side: Side) -> None:
    book.submit(side, 100, HIGHEST, 1)
    assert queue(book, side) == [(1, HIGHEST)]
    report = book.submit(other(side), 100, HIGHEST, 2)
    assert (report.filled_quantity, fills(report)) == (HIGHEST, [(1, 100, HIGHEST)])


@pytest.mark.parametrize("second_price", [100, -100], ids=["one price", "two prices"])
def test_a_side_holds_just_as_much_as_64_bits(book: Any, side: Side, second_price: int) -> None:
    book.submit(side, 100, HIGHEST - 5, 1)
    refused = book.submit(side, second_price, 6, 2)
    assert refused.reject_reason == RejectReason.QUANTITY_OVERFLOW
    assert book.submit(side, second_price, 5, 2).reject_reason == RejectReason.NONE
    assert book.submit(side, second_price, 1, 3).reject_reason == RejectReason.QUANTITY_OVERFLOW
    assert sum(quantity for _, quantity, _ in ladder(book, side)) == HIGHEST


def test_the_other_side_has_its_own_total(book: Any, side: Side) -> None:
    book.submit(side, 100, HIGHEST, 1)
    away = 100 + side
    assert book.submit(other(side), away, HIGHEST, 2).reject_reason == RejectReason.NONE


def test_an_order_that_cannot_rest_does_not_overflow(book: Any, side: Side) -> None:
    book.submit(side, 100, HIGHEST, 1)
    report = book.submit(side, 0, HIGHEST, 2, order_type=MARKET)
    assert (report.reject_reason, report.last_quantity) == (RejectReason.NONE, HIGHEST)


def test_an_order_that_might_rest_overflows_even_if_it_would_trade(book: Any, side: Side) -> None:
    book.submit(side, 100, HIGHEST, 1)
    book.submit(other(side), 100 + side, 50, 2)
    report = book.submit(side, 100 + side, 50, 3)
    assert report.reject_reason == RejectReason.QUANTITY_OVERFLOW


def test_what_was_canceled_gives_room_again(book: Any, side: Side) -> None:
    book.submit(side, 100, HIGHEST, 1)
    book.reduce(1, 10)
    assert book.submit(side, 100, 10, 2).reject_reason == RejectReason.NONE
    book.cancel(1)
    assert book.submit(side, 100, HIGHEST - 10, 1).reject_reason == RejectReason.NONE


def test_replace_counts_the_side_without_the_order_itself(book: Any, side: Side) -> None:
    book.submit(side, 100, HIGHEST - 10, 1)
    book.submit(side, 100, 5, 2)
    assert book.replace(2, 100, 11).reject_reason == RejectReason.QUANTITY_OVERFLOW
    assert book.replace(2, 100, 10).reject_reason == RejectReason.NONE


def test_replace_counts_what_the_order_has_filled(book: Any, side: Side) -> None:
    book.submit(side, 100, 10, 1)
    book.submit(other(side), 100, 4)
    assert book.replace(1, 100, HIGHEST - 3).reject_reason == RejectReason.QUANTITY_OVERFLOW
    assert book.replace(1, 100, HIGHEST - 4).reject_reason == RejectReason.NONE
    report = book.submit(other(side), 100, HIGHEST - 4, time_in_force=FOK)
    assert report.reports["filled_quantity"].max() == HIGHEST


def test_fok_adds_up_to_the_largest_quantity(book: Any, side: Side) -> None:
    book.submit(side, 100, HIGHEST - 1, 1)
    report = book.submit(other(side), 100, HIGHEST, 2, time_in_force=FOK)
    assert report.reject_reason == RejectReason.FOK_CANNOT_FILL
    book.submit(side, 100 - side, 1, 3)
    report = book.submit(other(side), 100 - side, HIGHEST, 2, time_in_force=FOK)
    assert report.filled_quantity == HIGHEST


@pytest.mark.parametrize("quantity", [0, -1, LOWEST])
def test_a_quantity_that_is_not_positive_is_refused(book: Any, side: Side, quantity: int) -> None:
    book.submit(side, 100, 5, 1)
    for report in (
        book.submit(side, 100, quantity, 2),
        book.submit(other(side), 100, quantity, 2, time_in_force=FOK),
        book.replace(1, 100, quantity),
        book.reduce(1, quantity),
    ):
        assert report.reject_reason == RejectReason.QUANTITY_TOO_SMALL
    assert queue(book, side) == [(1, 5)]


def test_labels_and_times_take_their_whole_range(book: Any, side: Side) -> None:
    book.submit(
        *(side, 100, 1, UNSIGNED_HIGHEST, 2**32 - 1),
        client_order_id=UNSIGNED_HIGHEST,
        command_id=UNSIGNED_HIGHEST,
        timestamp=UNSIGNED_HIGHEST,
    )
    order = book.order(UNSIGNED_HIGHEST)
    assert (order.account, order.client_order_id) == (2**32 - 1, UNSIGNED_HIGHEST)
    assert order.timestamp == UNSIGNED_HIGHEST
    report = book.cancel(UNSIGNED_HIGHEST)
    assert (report.timestamp, report.account) == (UNSIGNED_HIGHEST, 2**32 - 1)


VALID = {"side": Side.BUY, "price": 100, "quantity": 1}
OUTSIDE = [
    *(("price", value) for value in (LOWEST - 1, HIGHEST + 1)),
    *(("quantity", value) for value in (LOWEST - 1, HIGHEST + 1)),
    *(
        (name, value)
        for name in ("order_id", "client_order_id", "command_id", "timestamp")
        for value in (-1, UNSIGNED_HIGHEST + 1)
    ),
    *(("account", value) for value in (-1, 2**32)),
]


@pytest.mark.parametrize(("name", "value"), OUTSIDE)
def test_a_number_that_does_not_fit_raises_and_never_wraps(
    book: Any, name: str, value: int
) -> None:
    before = book.state_hash()
    with pytest.raises(OverflowError, match=f"{name} was {value}"):
        book.submit(**{**VALID, name: value})
    assert book.state_hash() == before
    assert book.submit(**VALID).sequence_number == 1


@pytest.mark.parametrize("name", ["price", "quantity", "order_id", "account", "timestamp"])
@pytest.mark.parametrize("value", [1.0, "1", None, float("nan")], ids=repr)
def test_what_is_not_an_integer_raises(book: Any, name: str, value: Any) -> None:
    with pytest.raises(TypeError):
        book.submit(**{**VALID, name: value})
    assert len(book) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("side", value) for value in (0, 2)),
        *((name, value) for name, value in NO_MEMBERS if name != "kind"),
        *(("flags", first_unused(OrderFlag) + low) for low in (0, 1)),
    ],
)
def test_a_value_of_no_enumeration_raises(book: Any, name: str, value: int) -> None:
    with pytest.raises(CommandError, match=f"{name} was {value}"):
        book.submit(**{**VALID, name: value})
    assert book.submit(**VALID).sequence_number == 1


def test_enumerations_may_be_given_as_their_integers(book: Any) -> None:
    report = book.submit(1, 100, 1, order_type=0, time_in_force=0, flags=1)
    assert (report.side, report.time_in_force) == (Side.BUY, GTC)
    assert (type(report.side), type(report.time_in_force)) == (Side, type(GTC))


@pytest.mark.parametrize(
    "terms",
    [
        {"min_price": LOWEST - 1},
        {"max_price": HIGHEST + 1},
        {"min_price": 5, "max_price": 4},
        {"min_quantity": 0},
        {"min_quantity": -1},
        {"max_quantity": HIGHEST + 1},
        {"min_quantity": 5, "max_quantity": 4},
        {"max_orders": -1},
        {"max_orders": 2**64},
    ],
    ids=str,
)
def test_terms_that_make_no_sense_raise(implementation: Any, terms: dict[str, int]) -> None:
    with pytest.raises(OverflowError, match="was"):
        implementation.order_book(**terms)
