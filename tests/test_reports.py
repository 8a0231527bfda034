"""What the reports of a command say, and at what engine time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from views import at, fills, other, queue

from engine import (
    BUY,
    GTC,
    IOC,
    POST_ONLY,
    REPORT_DTYPE,
    SELL,
    TRADE_DTYPE,
    CommandError,
    ExecType,
    Liquidity,
    OrderBook,
    OrderStatus,
    Side,
    trades_of,
)


def test_a_trade_is_told_to_both_parties(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1, 8, client_order_id=81, flags=POST_ONLY, command_id=1)
    report = book.submit(
        other(side),
        at(side, -1),
        4,
        2,
        9,
        client_order_id=91,
        time_in_force=IOC,
        command_id=2,
        timestamp=5,
    )
    accepted, maker, taker = report.reports
    assert accepted["leaves_quantity"] == 4
    assert [record["sequence_number"] for record in report.reports] == [2, 3, 4]
    for record in (maker, taker):
        assert record["exec_type"] == ExecType.TRADE
        assert (record["last_quantity"], record["last_price"], record["trade_id"]) == (
            4,
            at(side),
            1,
        )
        assert (record["command_id"], record["timestamp"]) == (2, 5)
    names = ["order_id", "contra_order_id", "side", "liquidity", "account", "client_order_id"]
    assert maker[names].item() == (1, 2, side, Liquidity.MAKER, 8, 81)
    assert taker[names].item() == (2, 1, other(side), Liquidity.TAKER, 9, 91)
    names = ["order_status", "price", "leaves_quantity", "filled_quantity", "order_flags"]
    assert maker[names].item() == (OrderStatus.PARTIALLY_FILLED, at(side), 6, 4, POST_ONLY)
    assert taker[names].item() == (OrderStatus.FILLED, at(side, -1), 0, 4, 0)
    assert (maker["time_in_force"], taker["time_in_force"]) == (GTC, IOC)


def test_what_is_returned_is_the_last_report_of_the_own_order(book: Any, side: Side) -> None:
    book.submit(side, at(side), 10, 1)
    report = book.submit(other(side), at(side), 4, 2)
    fields = report.to_dict()
    assert set(fields) == {name for name in REPORT_DTYPE.names if "reserved" not in name}
    assert {name: int(report.reports[-1][name]) for name in fields} == fields
    assert {name: getattr(report, name) for name in fields} == fields
    assert (type(fields["side"]), type(fields["exec_type"])) == (Side, ExecType)


def test_reports_of_the_same_events_are_equal(make_book: Any, side: Side) -> None:
    first, second = (make_book().submit(side, at(side), 10, 1) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first != make_book().submit(side, at(side), 11, 1)
    assert first != 1


def test_reports_are_numbered_without_a_gap(book: Any, side: Side) -> None:
    numbers = [
        number
        for report in (
            book.submit(side, at(side), 5, 1),
            book.cancel(99),
            book.submit(other(side), at(side), 9, 2),
            book.cancel(2),
        )
        for number in report.reports["sequence_number"].tolist()
    ]
    assert numbers == list(range(1, 7))


def test_trades_are_numbered_from_one(book: Any, side: Side) -> None:
    for order_id in (1, 2, 3):
        book.submit(side, at(side), 1, order_id)
    first = book.submit(other(side), at(side), 2)
    second = book.submit(other(side), at(side), 1)
    assert first.trades["trade_id"].tolist() == [1, 2]
    assert second.trades["trade_id"].tolist() == [3]


def test_lots_are_conserved_through_a_sweep(book: Any, side: Side) -> None:
    for order_id in range(1, 6):
        book.submit(side, at(side, order_id % 3), 7, order_id)
    report = book.submit(other(side), at(side, 0), 30, 9)
    traded = sum(quantity for _, _, quantity in fills(report))
    assert traded == report.filled_quantity == 30
    assert sum(quantity for _, quantity in queue(book, side)) == 5 * 7 - traded


# -- engine time


def test_engine_time_never_goes_back(book: Any, side: Side) -> None:
    assert book.submit(side, at(side), 1, 1, timestamp=50).timestamp == 50
    assert book.submit(side, at(side), 1, 2, timestamp=20).timestamp == 50
    assert book.submit(side, at(side), 1, 3).timestamp == 50
    assert [book.order(order_id).timestamp for order_id in (1, 2, 3)] == [50, 50, 50]


def test_a_refused_command_moves_engine_time(book: Any, side: Side) -> None:
    assert book.cancel(1, timestamp=70).timestamp == 70
    assert book.submit(side, at(side), 1, 1, timestamp=60).timestamp == 70


def test_timestamp_of_an_order_is_when_it_took_its_place(book: Any, side: Side) -> None:
    book.submit(side, at(side), 9, 1, timestamp=10)
    book.submit(other(side), at(side), 1, timestamp=20)
    book.reduce(1, 1, timestamp=30)
    book.replace(1, at(side), 6, timestamp=40)
    assert book.order(1).timestamp == 10
    book.replace(1, at(side), 7, timestamp=50)
    assert book.order(1).timestamp == 50


def test_the_trades_of_a_report_are_those_of_its_reports() -> None:
    draw = np.random.default_rng(3)
    book, trades = OrderBook(), 0
    for side, ticks, lots, account in zip(
        draw.choice([BUY, SELL], 2_000).tolist(),
        draw.integers(95, 106, 2_000).tolist(),
        draw.integers(1, 20, 2_000).tolist(),
        draw.integers(0, 9, 2_000).tolist(),
        strict=True,
    ):
        report = book.submit(side, ticks, lots, account=account)
        assert report.trades.dtype == TRADE_DTYPE
        assert report.trades.tobytes() == trades_of(report.reports).tobytes()
        trades += len(report.trades)
    assert trades > 1_000


def test_trades_are_told_of_whole_reports_only() -> None:
    book = OrderBook()
    book.submit(SELL, 100, 5)
    reports = book.submit(BUY, 100, 5).reports
    assert len(trades_of(reports)) == 1
    for cut, message in (
        (reports[:2], "reports had 1 of makers and 0 of takers, not both of each trade"),
        (reports[2:], "reports had 0 of makers and 1 of takers"),
        (reports["price"], "reports were of int64, not an array of REPORT_DTYPE"),
        (reports.tolist(), "reports were of list, not an array of REPORT_DTYPE"),
    ):
        with pytest.raises(CommandError) as caught:
            trades_of(cut)
        assert str(caught.value).startswith(message)
