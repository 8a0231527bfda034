"""Books and reports as a trader would write them down, to compare with."""

from __future__ import annotations

from typing import Any

from engine import ExecType, OrderStatus, Side

BASE = 100


def at(side: Side, ticks: int = 0) -> int:
    """Return the price that is so many ticks better than 100 for an order of this side.

    A better price pays more or asks less: it goes first, and it crosses sooner.
    """
    return BASE + side * ticks


def other(side: Side) -> Side:
    """Return the side that this side trades with."""
    return Side(-side)


def fills(report: Any) -> list[tuple[int, int, int]]:
    """Return (maker, price, quantity) of each trade of a command."""
    names = ("maker_order_id", "price", "quantity")
    return [tuple(int(trade[name]) for name in names) for trade in report.trades]


def queue(book: Any, side: Side, price: int | None = None) -> list[tuple[int, int]]:
    """Return (order id, open lots) in queue order, of one price or of the whole side."""
    orders = book.orders(side, price)
    return list(zip(orders["order_id"].tolist(), orders["leaves_quantity"].tolist(), strict=True))


def ladder(book: Any, side: Side) -> list[tuple[int, int, int]]:
    """Return (price, open lots, orders) of each price of a side, best first."""
    return book.depth(1000)[0 if side == Side.BUY else 1].tolist()


def statuses(report: Any) -> list[str]:
    """Return what each report of a command says, like "TRADE FILLED"."""
    return [
        f"{ExecType(record['exec_type']).name} {OrderStatus(record['order_status']).name}"
        for record in report.reports
    ]


def pairs(report: Any) -> list[tuple[int, int, int]]:
    """Return (buyer, seller, quantity) of each trade of an auction."""
    names = ("taker_order_id", "maker_order_id", "quantity")
    return [tuple(int(trade[name]) for name in names) for trade in report.trades]
