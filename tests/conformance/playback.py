"""Plays a scenario on an order book and says where the book differs from what is expected.

Translated here, because they are only words: what the quantity of a replace means, names of
statuses, orders with a name instead of a number, an order that changes its name when it is
replaced, all-or-none on an order that never rests. Set here, because they are configuration: bounds
of price and quantity, whether a replace may keep its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import groupby
from typing import Any, Final, NamedTuple

import pytest
from conformance.conventions import is_asked_for, never_rests, time_in_force
from conformance.scenarios import Grid, Names, Number, Scenario, is_number, number, steps_of

from engine import (
    ExecType,
    OrderFlag,
    OrderStatus,
    OrderType,
    RejectReason,
    ReplacePriority,
    Side,
    TimeInForce,
)

ID_MAX: Final = 2**64 - 1
ACCOUNT_MAX: Final = 2**32 - 1
INT64: Final = range(-(2**63), 2**63)

SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
BOOK_SIDES: Final = {"bids": Side.BUY, "asks": Side.SELL}
STATUS_WORDS: Final = {
    OrderStatus.NEW: "open",
    OrderStatus.PARTIALLY_FILLED: "partial",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "cancelled",
    OrderStatus.REJECTED: "rejected",
}
# Steps that nothing by now depends on.
NOTHING_HAPPENS: Final = frozenset({"set_last", "advance_time"})

Trades = list[list[Any]]


class Outcome(NamedTuple):
    """What a step did, in the scenario's words."""

    trades: Trades
    status: str | None


REFUSED: Final = Outcome([], "rejected")


def terms(scenario: Scenario) -> dict[str, int]:
    """Return the book's configuration: the scenario's limits in ticks and lots, and priority."""
    grid, limits = Grid.of(scenario), scenario.limits()
    lose = scenario.convention("replace_decrease", "keep") == "lose"
    found = {"replace_priority": ReplacePriority.ALWAYS_LOSE} if lose else {}
    if "price_low" in limits:
        found["min_price"] = math.ceil(Fraction(limits["price_low"]) / Fraction(grid.tick))
    if "price_high" in limits:
        found["max_price"] = math.floor(Fraction(limits["price_high"]) / Fraction(grid.tick))
    if "max_qty" in limits:
        found["max_quantity"] = math.floor(Fraction(limits["max_qty"]) / Fraction(grid.lot))
    return found


def differences(scenario: Scenario, book: Any) -> list[str]:
    """Play a scenario on an empty book that has its terms; return what is not as expected."""
    player = Player(scenario, book)
    found: list[str] = []
    for place, step in enumerate(scenario.steps):
        outcome = player.play(step)
        unlike = player.unlike(outcome, step.get("expect") or {}, step.get("asserted") or {})
        found += [f"step {place} ({step['op']}): {what}" for what in unlike]
    if scenario.final_book is not None:
        found += [f"final book: {what}" for what in player.unlike_levels(scenario.final_book)]
    return found


class Player:
    """A book and the scenario's view of it."""

    def __init__(self, scenario: Scenario, book: Any) -> None:
        self.scenario = scenario
        self.book = book
        self.grid = Grid.of(scenario)
        ids = [order["id"] for order in scenario.orders()]
        ids += [step[key] for step in scenario.steps for key in ("id", "new_id") if key in step]
        self.orders = Names(ids, ID_MAX)
        self.accounts = Names((order.get("account") for order in scenario.orders()), ACCOUNT_MAX)

    def play(self, step: dict[str, Any]) -> Outcome:
        """Do a step."""
        operation = step["op"]
        if operation in NOTHING_HAPPENS:
            return Outcome([], None)
        if operation == "submit":
            return self._submit(step["order"])
        if operation == "replace":
            return self._replace(step)
        order_id = self.orders.number(step["id"])
        if operation == "reduce":
            return self._apply(self.book.reduce, order_id, quantity=self._lots(step["qty"]))
        assert operation == "cancel", f"op was {operation}"
        return self._apply(self.book.cancel, order_id)

    def _submit(self, order: dict[str, Any]) -> Outcome:
        market = order["type"] == "market"
        time = TimeInForce[time_in_force(order)]
        if is_asked_for("aon", order.get("aon")):
            assert never_rests(order, self.scenario)
            time = TimeInForce.FOK
        post_only = is_asked_for("post_only", order.get("post_only"))
        account = order.get("account")
        return self._apply(
            self.book.submit,
            SIDES[order["side"]],
            price=0 if market else self._ticks(order["price"]),
            quantity=self._lots(order["qty"]),
            order_id=self.orders.number(order["id"]),
            account=0 if account is None else self.accounts.number(account),
            order_type=OrderType.MARKET if market else OrderType.LIMIT,
            time_in_force=time,
            flags=OrderFlag.POST_ONLY if post_only else OrderFlag(0),
        )

    def _replace(self, step: dict[str, Any]) -> Outcome:
        """Replace; a quantity that leaves nothing open takes the order out, unless that is refused.

        Venues agree that such a replace must not leave an order resting with nothing. Most take it
        as a cancel, which is how a client of this engine says it; some refuse it, as this one does.
        """
        order_id = self.orders.number(step["id"])
        live = self.book.order(order_id)
        if live is None:
            return self._apply(self.book.replace, order_id, price=1, quantity=1)
        price, quantity = live.price, live.leaves_quantity
        if is_number(step.get("price")):
            price = self._ticks(step["price"])
        if is_number(step.get("qty")):
            quantity = self._new_leaves(self._lots(step["qty"]), live)
        refused = (step.get("expect") or {}).get("status") == "rejected"
        if quantity is not None and quantity <= 0 and not refused:
            return self._apply(self.book.cancel, order_id)
        if step.get("new_id") is not None:
            self.orders.rename(step["id"], step["new_id"])
        outcome = self._apply(self.book.replace, order_id, price=price, quantity=quantity)
        if outcome.status == "rejected" and step.get("new_id") is not None:
            self.orders.rename(step["new_id"], step["id"])
        return outcome

    def _new_leaves(self, quantity: int | None, live: Any) -> int | None:
        """Return the leaves quantity that the quantity of a replace asks for."""
        if quantity is None:
            return None
        meaning = self.scenario.convention("replace_qty", "leaves")
        before = {"leaves": 0, "delta": live.leaves_quantity, "total": -live.filled_quantity}
        return before[meaning] + quantity

    def _ticks(self, price: Any) -> int | None:
        return steps_of(number(price), self.grid.tick)

    def _lots(self, quantity: Any) -> int | None:
        return steps_of(number(quantity), self.grid.lot)

    def _apply(self, verb: Callable[..., Any], *arguments: Any, **numbers: Any) -> Outcome:
        """Call a verb of the book; numbers that no record can hold must be refused at its door."""
        given = [numbers[name] for name in ("price", "quantity") if name in numbers]
        if None in given:
            return (
                REFUSED  # off the grid: an Instrument refuses the decimal before there is a command
            )
        if not all(value in INT64 for value in given):
            with pytest.raises((OverflowError, ValueError)):
                verb(*arguments, **numbers)
            return REFUSED
        report = verb(*arguments, **numbers)
        return Outcome(self._trades(report.trades), self._status(report))

    def _trades(self, trades: Any) -> Trades:
        found = [
            [
                self.orders.name(int(trade["maker_order_id"])),
                self.orders.name(int(trade["taker_order_id"])),
                int(trade["price"]) * self.grid.tick,
                int(trade["quantity"]) * self.grid.lot,
            ]
            for trade in trades
        ]
        return self._merged(found)

    def _merged(self, trades: Trades) -> Trades:
        """Return trades as they are, or equal runs (same orders, same price) each as one."""
        if not self.scenario.convention("merge_fills", False):
            return trades
        runs = groupby(trades, key=lambda trade: trade[:3])
        return [[*parties, sum(fill[3] for fill in fills)] for parties, fills in runs]

    def _status(self, report: Any) -> str:
        """Return the status in the scenario's word for it."""
        convention = self.scenario.convention
        unfilled_market = report.order_type == OrderType.MARKET and report.filled_quantity == 0
        empty = convention("market_empty", "cancel") == "reject" and unfilled_market
        if report.exec_type == ExecType.REJECTED:
            if report.reject_reason != RejectReason.FOK_CANNOT_FILL or empty:
                return "rejected"
            return convention("unfilled_fok", "cancelled")
        immediate = report.time_in_force == TimeInForce.IOC
        if report.exec_type == ExecType.CANCELED and report.filled_quantity == 0:
            if empty:
                return "rejected"
            if immediate and not unfilled_market:
                return convention("unfilled_ioc", "cancelled")
        return STATUS_WORDS[report.order_status]

    def unlike(
        self, outcome: Outcome, expect: dict[str, Any], asserted: dict[str, Any]
    ) -> Iterator[str]:
        """Yield each expectation of a step that was not met."""
        if expect.get("trades") is not None:
            trades = self._merged([self._expected_trade(trade) for trade in expect["trades"]])
            if outcome.trades != trades:
                yield f"trades were {outcome.trades}, expected {trades}"
        status = expect.get("status")
        if status is not None and outcome.status != status.replace("canceled", "cancelled"):
            yield f"status was {outcome.status}, expected {status}"
        for key in ("book", "visible"):
            yield from self.unlike_levels(expect.get(key) or {})
        if expect.get("pending"):
            yield f"pending was nothing, expected {expect['pending']}"
        yield from self._unlike_sums(asserted)

    def _expected_trade(self, trade: list[Any]) -> list[Any]:
        maker, taker, price, quantity = trade
        return [maker, taker, number(price), number(quantity)]

    def unlike_levels(self, levels: dict[str, Any]) -> Iterator[str]:
        """Yield each side that is not as expected: price and quantity, and orders where stated."""
        for name, expected in levels.items():
            wanted = [[number(value) for value in level] for level in expected]
            found = self._levels(name)
            pairs = zip(found, wanted, strict=False)
            alike = all(level[: len(want)] == want for level, want in pairs)
            if len(found) != len(wanted) or not alike:
                yield f"{name} were {found}, expected {wanted}"

    def _levels(self, name: str) -> list[list[Number]]:
        """Return every level of a side as price, quantity, orders, best first."""
        levels = getattr(self.book.depth(len(self.book) + 1), name)
        return [
            [
                int(level["price"]) * self.grid.tick,
                int(level["quantity"]) * self.grid.lot,
                int(level["order_count"]),
            ]
            for level in levels
        ]

    def _unlike_sums(self, asserted: dict[str, Any]) -> Iterator[str]:
        """Yield each sum over a side, as one source's own tests state them, that differs."""
        questions: dict[str, Callable[[str], Number]] = {
            "BookOrders": lambda name: self.book.order_count(BOOK_SIDES[name]),
            "BookVolume": lambda name: sum(level[1] for level in self._levels(name)),
        }
        for key in questions.keys() & asserted.keys():
            found = [questions[key](name) for name in BOOK_SIDES]
            if found != asserted[key]:
                yield f"{key} was {found}, expected {asserted[key]}"
