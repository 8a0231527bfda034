"""What happens instead of a trade with oneself: the mode of the incoming order decides.

Orders of account 7 are of one owner; `side` is the side that rests.
"""

from __future__ import annotations

from typing import Any

import pytest
from views import at, fills, other, queue, statuses

from engine import (
    ALL_OR_NONE,
    BUDGET,
    FOK,
    HIDDEN,
    IOC,
    MARKET,
    POST_ONLY,
    ExecType,
    RejectReason,
    ReportFlag,
    SelfTradeMode,
    Side,
)

NONE, NEWEST, OLDEST, BOTH, DECREMENT, _ = SelfTradeMode
OWN, STRANGER = 7, 8


def told(report: Any) -> list[tuple[int, str, int, int]]:
    """Return (order, event, open lots, last lots) of each report that is not NEW."""
    return [
        (
            int(record["order_id"]),
            ExecType(record["exec_type"]).name,
            int(record["leaves_quantity"]),
            int(record["last_quantity"]),
        )
        for record in report.reports
        if record["exec_type"] != ExecType.NEW
    ]


def flags_of(report: Any, order_id: int) -> list[int]:
    """Return the flags of each report of an order."""
    return report.reports["flags"][report.reports["order_id"] == order_id].tolist()


# -- each mode


@pytest.fixture
def ladder_of_three(book: Any, side: Side) -> Any:
    """Order 1 of a stranger, 2 of the owner, 3 of a stranger, in this order at one price."""
    for order_id, account in ((1, STRANGER), (2, OWN), (3, STRANGER)):
        book.submit(side, at(side), 5, order_id, account)
    return book


@pytest.mark.parametrize(
    ("mode", "events", "resting", "rest"),
    [
        (
            NONE,
            [
                *((1, "TRADE", 0, 5), (9, "TRADE", 7, 5)),
                *((2, "TRADE", 0, 5), (9, "TRADE", 2, 5)),
                *((3, "TRADE", 3, 2), (9, "TRADE", 0, 2)),
            ],
            [(3, 3)],
            [],
        ),
        (
            NEWEST,
            [(1, "TRADE", 0, 5), (9, "TRADE", 7, 5), (9, "CANCELED", 0, 7)],
            [(2, 5), (3, 5)],
            [],
        ),
        (
            OLDEST,
            [
                *((1, "TRADE", 0, 5), (9, "TRADE", 7, 5), (2, "CANCELED", 0, 5)),
                *((3, "TRADE", 0, 5), (9, "TRADE", 2, 5)),
            ],
            [],
            [(9, 2)],
        ),
        (
            BOTH,
            [
                *((1, "TRADE", 0, 5), (9, "TRADE", 7, 5)),
                *((2, "CANCELED", 0, 5), (9, "CANCELED", 0, 7)),
            ],
            [(3, 5)],
            [],
        ),
        (
            DECREMENT,
            [
                *((1, "TRADE", 0, 5), (9, "TRADE", 7, 5)),
                *((2, "CANCELED", 0, 5), (9, "REPLACED", 2, 0)),
                *((3, "TRADE", 3, 2), (9, "TRADE", 0, 2)),
            ],
            [(3, 3)],
            [],
        ),
    ],
)
def test_each_mode_between_trades_with_strangers(
    ladder_of_three: Any,
    side: Side,
    mode: SelfTradeMode,
    events: list[tuple[int, str, int, int]],
    resting: list[tuple[int, int]],
    rest: list[tuple[int, int]],
) -> None:
    book = ladder_of_three
    report = book.submit(other(side), at(side), 12, 9, OWN, self_trade_mode=mode)
    assert told(report) == events
    assert (queue(book, side), queue(book, other(side))) == (resting, rest)


@pytest.mark.parametrize("maker_mode", list(SelfTradeMode))
@pytest.mark.parametrize(
    ("taker_mode", "events"),
    [
        (NONE, [(1, "TRADE", 0, 5), (2, "TRADE", 3, 5)]),
        (NEWEST, [(2, "CANCELED", 0, 8)]),
        (OLDEST, [(1, "CANCELED", 0, 5)]),
        (BOTH, [(1, "CANCELED", 0, 5), (2, "CANCELED", 0, 8)]),
        (DECREMENT, [(1, "CANCELED", 0, 5), (2, "REPLACED", 3, 0)]),
    ],
)
def test_the_mode_of_the_incoming_order_decides(
    book: Any,
    side: Side,
    taker_mode: SelfTradeMode,
    maker_mode: SelfTradeMode,
    events: list[tuple[int, str, int, int]],
) -> None:
    book.submit(side, at(side), 5, 1, OWN, self_trade_mode=maker_mode)
    report = book.submit(other(side), at(side), 8, 2, OWN, self_trade_mode=taker_mode)
    assert told(report) == events


# -- a decrement takes the smaller quantity off both, and is no trade


@pytest.mark.parametrize(
    ("resting", "incoming", "events"),
    [
        (5, 8, [(1, "CANCELED", 0, 5), (2, "REPLACED", 3, 0)]),
        (8, 5, [(1, "REPLACED", 3, 0), (2, "CANCELED", 0, 5)]),
        (5, 5, [(1, "CANCELED", 0, 5), (2, "CANCELED", 0, 5)]),
    ],
)
def test_a_decrement(
    book: Any, side: Side, resting: int, incoming: int, events: list[tuple[int, str, int, int]]
) -> None:
    book.submit(side, at(side), resting, 1, OWN)
    report = book.submit(other(side), at(side), incoming, 2, OWN, self_trade_mode=DECREMENT)
    assert told(report) == events
    assert (report.filled_quantity, book.last_trade(), len(report.trades)) == (0, None, 0)


def test_a_decremented_order_keeps_its_place_and_what_it_filled(book: Any, side: Side) -> None:
    book.submit(side, at(side), 9, 1, OWN)
    book.submit(side, at(side), 9, 2, STRANGER)
    book.submit(other(side), at(side), 1, account=STRANGER)
    report = book.submit(other(side), at(side), 3, 4, OWN, self_trade_mode=DECREMENT)
    assert statuses(report)[1] == "REPLACED PARTIALLY_FILLED"
    kept = ReportFlag.KEPT_PRIORITY | ReportFlag.SELF_TRADE
    assert (flags_of(report, 1), flags_of(report, 4)) == ([kept], [0, ReportFlag.SELF_TRADE])
    assert queue(book, side) == [(1, 5), (2, 9)]
    assert book.order(1).filled_quantity == 1


def test_a_canceled_order_says_that_it_met_its_own_side(book: Any, side: Side) -> None:
    book.submit(side, at(side), 9, 1, OWN)
    report = book.submit(other(side), at(side), 3, 2, OWN, self_trade_mode=BOTH)
    assert flags_of(report, 1) == [ReportFlag.SELF_TRADE]
    assert flags_of(report, 2) == [0, ReportFlag.SELF_TRADE]


# -- whose order is whose


@pytest.mark.parametrize(
    ("maker", "taker", "are_one"),
    [
        # (account, group) of both
        ((OWN, 0), (OWN, 0), True),
        ((OWN, 0), (STRANGER, 0), False),
        ((OWN, 3), (STRANGER, 3), True),
        ((OWN, 3), (OWN, 4), False),
        ((OWN, 3), (OWN, 0), True),
        ((OWN, 0), (OWN, 3), False),
    ],
)
def test_a_group_goes_before_the_account(
    book: Any, side: Side, maker: tuple[int, int], taker: tuple[int, int], are_one: bool
) -> None:
    """The incoming order says what counts: its group if it has one, else its account."""
    for order_id, resting_side, (account, group) in ((1, side, maker), (2, other(side), taker)):
        report = book.submit(
            *(resting_side, at(side), 5, order_id, account),
            self_trade_mode=NEWEST,
            self_trade_group=group,
        )
    assert (len(report.trades), report.exec_type) == (
        (0, ExecType.CANCELED) if are_one else (1, ExecType.TRADE)
    )


def test_a_group_needs_a_mode(book: Any, side: Side) -> None:
    report = book.submit(side, at(side), 5, self_trade_group=3)
    assert report.reject_reason == RejectReason.GROUP_WITHOUT_MODE


def test_nothing_happens_where_prices_do_not_meet(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, OWN)
    report = book.submit(other(side), at(side, 1), 5, 2, OWN, self_trade_mode=BOTH)
    assert statuses(report) == ["NEW NEW"]


def test_an_order_that_is_filled_before_meets_nobody(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, STRANGER)
    book.submit(side, at(side), 5, 2, OWN)
    report = book.submit(other(side), at(side), 5, 3, OWN, self_trade_mode=BOTH)
    assert report.exec_type == ExecType.TRADE
    assert queue(book, side) == [(2, 5)]


# -- together with other instructions


@pytest.mark.parametrize(
    ("mode", "events"),
    [
        (NEWEST, [(9, "CANCELED", 0, 2)]),
        (OLDEST, [(2, "CANCELED", 0, 4), (9, "CANCELED", 0, 2)]),
        (BOTH, [(2, "CANCELED", 0, 4), (9, "CANCELED", 0, 2)]),
        (DECREMENT, [(2, "REPLACED", 2, 0), (9, "CANCELED", 0, 2)]),
    ],
)
@pytest.mark.parametrize("fields", [{"time_in_force": IOC}, {"order_type": MARKET}])
def test_ioc_and_market_orders(
    book: Any,
    side: Side,
    fields: dict[str, int],
    mode: SelfTradeMode,
    events: list[tuple[int, str, int, int]],
) -> None:
    book.submit(side, at(side), 3, 1, STRANGER)
    book.submit(side, at(side), 4, 2, OWN)
    price = 0 if "order_type" in fields else at(side)
    report = book.submit(other(side), price, 5, 9, OWN, self_trade_mode=mode, **fields)
    assert told(report)[2:] == events


@pytest.mark.parametrize(
    ("mode", "quantity", "fills_whole"),
    [
        (NONE, 8, True),
        (NEWEST, 3, True),
        (NEWEST, 4, False),
        (OLDEST, 8, True),
        (OLDEST, 9, False),
        (BOTH, 4, False),
        (DECREMENT, 3, True),
        (DECREMENT, 4, False),
    ],
)
def test_fok_does_not_count_its_own_side(
    book: Any, side: Side, mode: SelfTradeMode, quantity: int, fills_whole: bool
) -> None:
    """A stranger's 3, the owner's 4, a stranger's 5: only strangers' lots fill an order."""
    for order_id, lots, account in ((1, 3, STRANGER), (2, 4, OWN), (3, 5, STRANGER)):
        book.submit(side, at(side), lots, order_id, account)
    before = book.state_hash()
    asked = {"self_trade_mode": mode, "time_in_force": FOK}
    report = book.submit(other(side), at(side), quantity, 9, OWN, **asked)
    if fills_whole:
        assert (report.filled_quantity, report.leaves_quantity) == (quantity, 0)
    else:
        assert report.reject_reason == RejectReason.FOK_CANNOT_FILL
        assert book.state_hash() == before


@pytest.mark.parametrize("mode", [NEWEST, BOTH, DECREMENT])
def test_all_or_none_that_its_own_side_keeps_from_filling_rests(
    book: Any, side: Side, mode: SelfTradeMode
) -> None:
    book.submit(side, at(side), 4, 1, OWN)
    book.submit(side, at(side), 5, 2, STRANGER)
    asked = {"self_trade_mode": mode, "flags": ALL_OR_NONE}
    report = book.submit(other(side), at(side), 5, 9, OWN, **asked)
    assert statuses(report) == ["NEW NEW"]
    report = book.cancel(1)
    assert fills(report) == [(2, at(side), 5)]


def test_all_or_none_that_fills_cancels_its_own_side_on_the_way(book: Any, side: Side) -> None:
    book.submit(side, at(side), 4, 1, OWN)
    book.submit(side, at(side), 5, 2, STRANGER)
    asked = {"self_trade_mode": OLDEST, "flags": ALL_OR_NONE}
    report = book.submit(other(side), at(side), 5, 9, OWN, **asked)
    assert told(report) == [(1, "CANCELED", 0, 4), (2, "TRADE", 0, 5), (9, "TRADE", 0, 5)]


def test_what_passes_over_an_order_does_not_meet_it(book: Any, side: Side) -> None:
    """An all-or-none order that is too large to trade with is no trade with oneself."""
    book.submit(side, at(side), 9, 1, OWN, flags=ALL_OR_NONE)
    report = book.submit(other(side), at(side), 5, 2, OWN, self_trade_mode=BOTH)
    assert statuses(report) == ["NEW NEW"]


@pytest.mark.parametrize(
    ("mode", "events", "rest"),
    [
        (NEWEST, [(9, "CANCELED", 0, 5)], []),
        (OLDEST, [(1, "CANCELED", 0, 4)], [(9, 5)]),
        (BOTH, [(1, "CANCELED", 0, 4), (9, "CANCELED", 0, 5)], []),
        (DECREMENT, [(1, "CANCELED", 0, 4), (9, "REPLACED", 1, 0)], [(9, 1)]),
    ],
)
def test_post_only_meets_its_own_side_alone_and_is_not_refused(
    book: Any,
    side: Side,
    mode: SelfTradeMode,
    events: list[tuple[int, str, int, int]],
    rest: list[tuple[int, int]],
) -> None:
    """It would trade nothing; where a stranger stands behind, it would, and is refused."""
    book.submit(side, at(side), 4, 1, OWN)
    asked = {"self_trade_mode": mode, "flags": POST_ONLY}
    report = book.submit(other(side), at(side), 5, 9, OWN, **asked)
    assert (told(report), queue(book, other(side))) == (events, rest)


def test_post_only_that_would_trade_with_a_stranger_is_refused(book: Any, side: Side) -> None:
    book.submit(side, at(side), 4, 1, OWN)
    book.submit(side, at(side), 4, 2, STRANGER)
    asked = {"self_trade_mode": OLDEST, "flags": POST_ONLY}
    report = book.submit(other(side), at(side), 5, 9, OWN, **asked)
    assert report.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE
    assert queue(book, side) == [(1, 4), (2, 4)]


def test_an_iceberg_is_canceled_or_decremented_with_what_it_does_not_show(
    book: Any, side: Side
) -> None:
    book.submit(side, at(side), 10, 1, OWN, display_quantity=3)
    report = book.submit(other(side), at(side), 6, 2, OWN, self_trade_mode=DECREMENT)
    assert told(report) == [(1, "REPLACED", 4, 3), (2, "CANCELED", 0, 6)]
    report = book.submit(other(side), at(side), 6, 3, OWN, self_trade_mode=OLDEST)
    assert told(report) == [(1, "CANCELED", 0, 4)]


def test_a_hidden_order_is_met_in_its_turn(book: Any, side: Side) -> None:
    book.submit(side, at(side), 4, 1, OWN, flags=HIDDEN)
    book.submit(side, at(side), 4, 2, STRANGER)
    report = book.submit(other(side), at(side), 9, 3, OWN, self_trade_mode=DECREMENT)
    assert told(report) == [
        *((2, "TRADE", 0, 4), (3, "TRADE", 5, 4)),
        *((1, "CANCELED", 0, 4), (3, "REPLACED", 1, 0)),
    ]


def test_a_partly_filled_incoming_order_says_what_it_filled(book: Any, side: Side) -> None:
    book.submit(side, at(side), 4, 1, STRANGER)
    book.submit(side, at(side), 4, 2, OWN)
    report = book.submit(other(side), at(side), 9, 3, OWN, self_trade_mode=NEWEST)
    assert (report.exec_type, report.filled_quantity, report.last_quantity) == (
        ExecType.CANCELED,
        4,
        5,
    )


def test_a_replace_into_ones_own_order_is_prevented_too(book: Any, side: Side) -> None:
    book.submit(side, at(side), 4, 1, OWN)
    book.submit(other(side), at(side, 1), 9, 2, OWN, self_trade_mode=OLDEST)
    report = book.replace(2, at(side), 9)
    assert told(report) == [(2, "REPLACED", 9, 0), (1, "CANCELED", 0, 4)]
    assert queue(book, other(side)) == [(2, 9)]


@pytest.mark.parametrize(
    ("mode", "events", "resting"),
    [
        (NEWEST, [(9, "CANCELED", 0, 8)], [(1, 5), (2, 5)]),
        (
            OLDEST,
            [
                *((1, "CANCELED", 0, 5), (2, "TRADE", 2, 3), (9, "TRADE", 5, 3)),
                (9, "CANCELED", 0, 5),
            ],
            [(2, 2)],
        ),
        (
            DECREMENT,
            [
                *((1, "CANCELED", 0, 5), (9, "REPLACED", 3, 0)),
                *((2, "TRADE", 2, 3), (9, "TRADE", 0, 3)),
            ],
            [(2, 2)],
        ),
    ],
)
def test_its_own_side_takes_nothing_off_a_budget(
    book: Any,
    side: Side,
    mode: SelfTradeMode,
    events: list[tuple[int, str, int, int]],
    resting: list[tuple[int, int]],
) -> None:
    """With money for 3 lots it meets its own 5, and still has it when a stranger comes."""
    book.submit(side, at(side), 5, 1, OWN)
    book.submit(side, at(side), 5, 2, STRANGER)
    asked = {"order_type": MARKET, "flags": BUDGET, "bound": 3 * at(side)}
    report = book.submit(other(side), 0, 8, 9, OWN, self_trade_mode=mode, **asked)
    assert (told(report), queue(book, side)) == (events, resting)


def test_a_budget_without_money_for_a_lot_ends_before_its_own_side(book: Any, side: Side) -> None:
    book.submit(side, at(side), 5, 1, OWN)
    asked = {"order_type": MARKET, "flags": BUDGET, "bound": at(side) - 1}
    report = book.submit(other(side), 0, 8, 9, OWN, self_trade_mode=OLDEST, **asked)
    assert (told(report), queue(book, side)) == ([(9, "CANCELED", 0, 8)], [(1, 5)])
    assert not any(flags_of(report, 9))
