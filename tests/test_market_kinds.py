"""Orders without a limit of their own: market-to-limit, with a worst price, with a budget."""

from __future__ import annotations

from typing import Any

import pytest
from views import at, fills, other, queue, statuses

from engine import (
    ALL_OR_NONE,
    BUDGET,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    MARKET_TO_LIMIT,
    MINIMUM_EACH,
    PROTECTED,
    STOP,
    ExecType,
    RejectReason,
    SelfTradeMode,
    Side,
)

# -- market-to-limit


def test_market_to_limit_takes_the_best_price_and_rests_there(book: Any, side: Side) -> None:
    book.submit(side, at(side, 1), 2, 1)
    book.submit(side, at(side), 9, 2)
    report = book.submit(other(side), 0, 15, 3, order_type=MARKET_TO_LIMIT)
    assert fills(report) == [(1, at(side, 1), 2)]
    assert statuses(report)[-1] == "RESTATED PARTIALLY_FILLED"
    assert report.reports["price"].tolist() == [0, at(side, 1), 0, at(side, 1)]
    assert report.reports["order_type"].tolist() == [MARKET_TO_LIMIT, LIMIT, MARKET_TO_LIMIT, LIMIT]
    assert queue(book, other(side), at(side, 1)) == [(3, 13)]


def test_market_to_limit_on_an_empty_book_is_canceled(book: Any, side: Side) -> None:
    report = book.submit(side, 0, 15, order_type=MARKET_TO_LIMIT)
    assert statuses(report) == ["NEW NEW", "CANCELED CANCELED"]


def test_market_to_limit_takes_the_best_price_that_it_can_trade_at(book: Any, side: Side) -> None:
    book.submit(side, at(side, 1), 20, 1, flags=ALL_OR_NONE)
    book.submit(side, at(side), 9, 2)
    report = book.submit(other(side), 0, 15, 3, order_type=MARKET_TO_LIMIT)
    assert fills(report) == [(2, at(side), 9)]
    assert queue(book, other(side), at(side)) == [(3, 6)]


def test_market_to_limit_with_ioc_leaves_nothing(book: Any, side: Side) -> None:
    book.submit(side, at(side), 2, 1)
    asked = {"order_type": MARKET_TO_LIMIT, "time_in_force": IOC}
    report = book.submit(other(side), 0, 15, **asked)
    assert (statuses(report)[-1], report.last_quantity) == ("CANCELED CANCELED", 13)


def test_market_to_limit_with_fok_counts_the_best_price_only(book: Any, side: Side) -> None:
    book.submit(side, at(side, 1), 2, 1)
    book.submit(side, at(side), 9, 2)
    asked = {"order_type": MARKET_TO_LIMIT, "time_in_force": FOK}
    assert book.submit(other(side), 0, 3, **asked).reject_reason == RejectReason.FOK_CANNOT_FILL
    assert fills(book.submit(other(side), 0, 2, **asked)) == [(1, at(side, 1), 2)]


def test_market_to_limit_does_not_count_a_price_of_its_own_side(book: Any, side: Side) -> None:
    mode = {"self_trade_mode": SelfTradeMode.CANCEL_OLDEST}
    book.submit(side, at(side, 1), 2, 1, 7)
    book.submit(side, at(side), 9, 2, 8)
    report = book.submit(other(side), 0, 15, 3, 7, order_type=MARKET_TO_LIMIT, **mode)
    assert fills(report) == [(2, at(side), 9)]
    assert 1 not in book


# -- a worst price


def protected(side: Side, ticks: int) -> dict[str, int]:
    return {"order_type": MARKET, "flags": PROTECTED, "bound": at(side, ticks)}


def test_a_protected_order_sweeps_to_its_bound_and_rests_there(book: Any, side: Side) -> None:
    for order_id, ticks in ((1, 2), (2, 1), (3, 0)):
        book.submit(side, at(side, ticks), 4, order_id)
    report = book.submit(other(side), 0, 10, 4, **protected(side, 1))
    assert fills(report) == [(1, at(side, 2), 4), (2, at(side, 1), 4)]
    assert statuses(report)[-1] == "RESTATED PARTIALLY_FILLED"
    assert (report.price, report.order_type) == (at(side, 1), LIMIT)
    assert queue(book, other(side), at(side, 1)) == [(4, 2)]


def test_a_protected_order_that_meets_nothing_rests_at_its_bound(book: Any, side: Side) -> None:
    report = book.submit(other(side), 0, 10, 4, **protected(side, 1))
    assert statuses(report) == ["NEW NEW", "RESTATED NEW"]
    assert queue(book, other(side), at(side, 1)) == [(4, 10)]


def test_a_protected_order_with_ioc_leaves_nothing(book: Any, side: Side) -> None:
    book.submit(side, at(side), 4, 1)
    report = book.submit(other(side), 0, 10, time_in_force=IOC, **protected(side, 1))
    assert (statuses(report), len(report.trades)) == (["NEW NEW", "CANCELED CANCELED"], 0)


def test_a_stop_may_be_protected(book: Any, side: Side) -> None:
    book.submit(side, at(side), 4, 1)
    asked = {"flags": PROTECTED, "bound": at(side, 1), "order_type": STOP}
    book.submit(other(side), 0, 10, 2, trigger_price=at(side), **asked)
    report = book.set_price(0, at(side))
    assert statuses(report) == ["DONE NONE", "TRIGGERED NEW", "RESTATED NEW"]
    assert queue(book, other(side), at(side, 1)) == [(2, 10)]


@pytest.mark.parametrize("bound", [0, 1001])
def test_a_bound_outside_the_instruments_prices_is_refused(
    make_book: Any, side: Side, bound: int
) -> None:
    book = make_book(min_price=1, max_price=1000)
    report = book.submit(side, 0, 1, order_type=MARKET, flags=PROTECTED, bound=bound)
    assert report.reject_reason == RejectReason.BOUND_OUT_OF_RANGE


# -- a budget: ticks times lots


def spend(book: Any, side: Side, budget: int, lots: int = 1000) -> Any:
    return book.submit(side, 0, lots, order_type=MARKET, flags=BUDGET, bound=budget)


@pytest.mark.parametrize(
    ("budget", "lots"), [(99, []), (100, [1]), (399, [3]), (500, [4, 1]), (10_000, [4, 5])]
)
def test_a_budget_buys_whole_lots_until_it_is_spent(
    book: Any, budget: int, lots: list[int]
) -> None:
    book.submit(Side.SELL, 100, 4, 1)
    book.submit(Side.SELL, 100, 5, 2)
    report = spend(book, Side.BUY, budget)
    assert report.trades["quantity"].tolist() == lots
    assert statuses(report)[-1] == "CANCELED CANCELED"


def test_a_budget_ends_at_the_first_price_it_has_no_lot_for(book: Any) -> None:
    """A worse price is dearer for a buyer: nothing behind it is looked at."""
    book.submit(Side.SELL, 100, 3, 1)
    book.submit(Side.SELL, 150, 3, 2)
    report = spend(book, Side.BUY, 520)
    assert fills(report) == [(1, 100, 3), (2, 150, 1)]
    assert report.last_quantity == 996


def test_a_seller_with_a_budget_never_passes_over_a_better_price(book: Any) -> None:
    """What it sells for at most; there too it ends where the money does."""
    book.submit(Side.BUY, 100, 3, 1)
    book.submit(Side.BUY, 10, 3, 2)
    assert fills(spend(book, Side.SELL, 250)) == [(1, 100, 2)]


def test_a_budget_does_not_bound_what_costs_nothing(book: Any) -> None:
    book.submit(Side.SELL, -5, 3, 1)
    book.submit(Side.SELL, 0, 3, 2)
    book.submit(Side.SELL, 5, 3, 3)
    assert fills(spend(book, Side.BUY, 11)) == [(1, -5, 3), (2, 0, 3), (3, 5, 2)]


def test_a_stop_may_have_a_budget(book: Any) -> None:
    book.submit(Side.SELL, 100, 9, 1)
    asked = {"order_type": STOP, "trigger_price": 100, "flags": BUDGET, "bound": 450}
    book.submit(Side.BUY, 0, 9, 2, **asked)
    report = book.set_price(0, 100)
    assert fills(report) == [(1, 100, 4)]
    assert statuses(report)[-1] == "CANCELED CANCELED"


def test_the_quantity_bounds_a_budget_order_as_well(book: Any) -> None:
    book.submit(Side.SELL, 100, 9, 1)
    report = spend(book, Side.BUY, 900, 2)
    assert (report.filled_quantity, report.exec_type) == (2, ExecType.TRADE)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"flags": BUDGET, "bound": 0}, RejectReason.BOUND_OUT_OF_RANGE),
        ({"flags": BUDGET | PROTECTED, "bound": 9}, RejectReason.PROTECTED_WITH_BUDGET),
        ({"flags": BUDGET | ALL_OR_NONE, "bound": 9}, RejectReason.BUDGET_WITH_ALL_OR_NONE),
        ({"flags": BUDGET, "bound": 9, "time_in_force": FOK}, RejectReason.BUDGET_WITH_ALL_OR_NONE),
        ({"order_type": LIMIT, "flags": BUDGET, "bound": 9}, RejectReason.BOUND_WITH_LIMIT),
        ({"order_type": MARKET_TO_LIMIT, "flags": PROTECTED}, RejectReason.BOUND_WITH_LIMIT),
        ({"bound": 9}, RejectReason.MALFORMED),
        ({"flags": MINIMUM_EACH}, RejectReason.MINIMUM_EACH_WITHOUT_MINIMUM),
    ],
)
def test_bounds_are_for_market_orders_and_one_at_a_time(
    book: Any, side: Side, fields: dict[str, int], reason: RejectReason
) -> None:
    report = book.submit(side, 0, 5, **({"order_type": MARKET} | fields))
    assert report.reject_reason == reason
