"""What is always true between two commands."""

from __future__ import annotations

from .._schema import Side
from ..errors import InvariantError
from .book import Book
from .instrument import INT64_MAX
from .machine import Machine
from .orders import LiveOrder
from .side import BookSide


def check_invariants(machine: Machine) -> None:
    """Raise `InvariantError` at the first thing that is not as it must be."""
    for book in machine.books:
        for side in book.sides.values():
            _check_side(book, side)
            for order in side.orders():
                _check_order(machine, book, order)
        _check_spread(book)
    resting = sum(book.order_count for book in machine.books)
    _require(len(machine.live) == resting, f"{len(machine.live)} live ids, {resting} orders rest")
    _require(resting <= machine.max_orders, f"{resting} orders, above {machine.max_orders}")


def _check_side(book: Book, side: BookSide) -> None:
    """Require that counters are sums, no price is empty, and queues are in order of arrival."""
    place = f"instrument {book.number} {side.side.name}"
    orders = list(side.orders())
    total = sum(order.leaves_quantity for order in orders)
    _require(side.order_count == len(orders), f"{place}: {side.order_count} orders counted")
    _require(side.open_quantity == total, f"{place}: {side.open_quantity} lots counted")
    _require(total <= INT64_MAX, f"{place}: {total} lots, above 64 bits")
    for price, queue in side.queues():
        times = [order.timestamp for order in queue.values()]
        _require(bool(queue), f"{place}: nothing at {price}")
        _require(times == sorted(times), f"{place}: queue at {price} out of order")
        _require(
            all(order.price == price for order in queue.values()), f"{place}: stray at {price}"
        )
        _require(
            all(order.side == side.side for order in queue.values()), f"{place}: side at {price}"
        )


def _check_order(machine: Machine, book: Book, order: LiveOrder) -> None:
    """Require that a resting order is live under its own id, open, and of a kind that rests."""
    place = f"order {order.order_id}"
    _require(order.order_id != 0, f"{place}: no id")
    _require(machine.live.get(order.order_id) is order, f"{place}: not live under its id")
    _require(order.instrument == book.number, f"{place}: in another book")
    _require(order.may_rest, f"{place}: {order.time_in_force.name} rests")
    _require(order.leaves_quantity > 0, f"{place}: {order.leaves_quantity} lots open")
    _require(
        0 <= order.filled_quantity <= INT64_MAX - order.leaves_quantity,
        f"{place}: {order.filled_quantity} lots filled",
    )
    _require(order.timestamp <= machine.time, f"{place}: from the future")


def _check_spread(book: Book) -> None:
    """Require the best bid below the best ask: what could trade has traded."""
    bid, ask = (book.sides[side].best() for side in Side)
    if bid is not None and ask is not None:
        _require(bid < ask, f"instrument {book.number}: bid {bid}, ask {ask}")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InvariantError(message)
