"""Plays a scenario on an order book and says where the book differs from what is expected.

Translated here, because they are only words: what the quantity of a replace means, names of
statuses, orders with a name instead of a number, an order that changes its name when it is
replaced. What an order asks for is translated in `submission`. Set here, because they are
configuration: bounds of price and quantity, whether a replace may keep its place, in which order
stop orders enter, how an auction chooses its price. A step of phases, days or linked orders is the
calls that a client would make.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Iterator
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from conformance.content import (
    begins_in_a_call,
    goes_on_after,
    has_auctions,
    has_bounded_values,
    has_dates,
    has_days,
    needs_accounts,
    watches_quotes,
    with_last_price,
)
from conformance.scenarios import (
    Grid,
    Names,
    Number,
    Scenario,
    is_number,
    number,
    orders_of,
    steps_of,
)
from conformance.submission import Market, fields_of

from engine import (
    COMMAND_DTYPE,
    AuctionPrices,
    AuctionRule,
    CommandKind,
    ContractKind,
    ExecType,
    Liquidity,
    OrderFlag,
    OrderStatus,
    OrderType,
    Phase,
    RejectReason,
    ReplacePriority,
    ReportFlag,
    Side,
    TimeInForce,
    TriggerOrder,
    TriggerSource,
)

ID_MAX: Final = 2**64 - 1
ACCOUNT_MAX: Final = 2**32 - 1
INT64: Final = range(-(2**63), 2**63)
MONEY: Final = 2**60

SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
BOOK_SIDES: Final = {"bids": Side.BUY, "asks": Side.SELL}
STATUS_WORDS: Final[dict[OrderStatus, str | None]] = {
    OrderStatus.NONE: None,
    OrderStatus.NEW: "open",
    OrderStatus.PARTIALLY_FILLED: "partial",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "cancelled",
    OrderStatus.REJECTED: "rejected",
    OrderStatus.EXPIRED: "expired",
}
AUCTION_RULES: Final = {
    "max_volume": AuctionRule.LOWEST,
    "max_volume_mid": AuctionRule.MIDPOINT,
}
AT_MARKET: Final = (OrderType.MARKET, OrderType.MARKET_TO_LIMIT)
"""The types that a call collects without a limit, so that they are in no book."""
# The fields of a command that a record holds in 64 bits with a sign.
NUMBERS: Final = frozenset(
    name for name in COMMAND_DTYPE.names or () if COMMAND_DTYPE[name] == np.int64
)

Trades = list[list[Any]]


class Outcome(NamedTuple):
    """What a step did, in the scenario's words."""

    trades: Trades
    status: str | None
    auctioned: int = 0
    """How many of the first trades are of an auction: the seller is named first."""
    also: str | None = None
    """Another word for the status, where both are said of what happened."""


REFUSED: Final = Outcome([], "rejected")


def terms(scenario: Scenario) -> dict[str, int]:
    """Return the book's configuration: limits in ticks and lots, two orders, and auctions.

    A format that needs no tick can only mean that auctions choose among limits.
    """
    grid, limits = Grid.of(scenario), scenario.limits()
    found: dict[str, int] = {}
    if scenario.convention("replace_decrease", "keep") == "lose":
        found["replace_priority"] = ReplacePriority.ALWAYS_LOSE
    if scenario.convention("trigger_order", "price") == "time":
        found["trigger_order"] = TriggerOrder.BY_TIME
    if has_auctions(scenario):
        rule = scenario.convention("auction_price", "max_volume")
        found["auction_rule"] = AUCTION_RULES[rule]
        found["auction_prices"] = AuctionPrices.LIMITS
    if "price_low" in limits:
        found["min_price"] = math.ceil(Fraction(limits["price_low"]) / Fraction(grid.tick))
    if "price_high" in limits:
        found["max_price"] = math.floor(Fraction(limits["price_high"]) / Fraction(grid.tick))
    if "max_qty" in limits:
        found["max_quantity"] = math.floor(Fraction(limits["max_qty"]) / Fraction(grid.lot))
    return found


def market_of(
    scenario: Scenario, make_book: Callable[..., Any], make_core: Callable[..., Any]
) -> Any:
    """Return the empty book that a scenario is played on, where it needs them with accounts."""
    if not needs_accounts(scenario):
        return make_book(**terms(scenario))
    core = make_core(accounts=True)
    contract = {"kind": ContractKind.LINEAR, "settle": core.add_currency()}
    if has_bounded_values(scenario):
        grid = Grid.of(scenario)
        unit = Fraction(grid.tick) * Fraction(grid.lot)
        bound = math.floor(Fraction(scenario.limits()["max_value"]) / unit)
        contract["max_value"] = min(bound, INT64[-1])
    return core.book(core.add_instrument(**terms(scenario), contract=contract))


def differences(scenario: Scenario, book: Any) -> list[str]:
    """Play a scenario on an empty book that has its terms; return what is not as expected."""
    player = Player(scenario, book)
    found: list[str] = []
    for place, (step, last) in enumerate(with_last_price(scenario)):
        outcome = player.play(place, step, last)
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
        self.time = 0
        """Nanoseconds; it stands still where nothing expires."""
        ids = [order["id"] for order in scenario.orders()]
        ids += [step[key] for step in scenario.steps for key in ("id", "new_id") if key in step]
        self.orders = Names(ids, ID_MAX)
        accounts = [order.get("account") for order in scenario.orders()]
        accounts += [step["account"] for step in scenario.steps if "account" in step]
        self.accounts = Names(accounts, ACCOUNT_MAX)
        self.has_accounts = needs_accounts(scenario)
        if self.has_accounts:
            self._open({0, *(self.accounts.number(name) for name in accounts if name is not None)})
        self.quoted: dict[TriggerSource, int] = {}
        """What was last told of the best prices, where stop orders watch them."""
        if begins_in_a_call(scenario):
            book.set_phase(Phase.OPENING_CALL)
        if watches_quotes(scenario):
            self._quote()

    def _open(self, accounts: Collection[int]) -> None:
        """Open accounts that have more money than anything costs."""
        for account in accounts:
            commands = np.zeros(2, COMMAND_DTYPE)
            commands["kind"] = (CommandKind.SET_ACCOUNT, CommandKind.DEPOSIT)
            commands["account"] = account
            commands["quantity"] = (0, MONEY)
            assert not self.book.match(commands)["reject_reason"].any()

    def _asked_by(self, step: dict[str, Any], live: Any) -> dict[str, int]:
        """Return who asks for a change of an order, which is its owner unless another is named."""
        if not self.has_accounts:
            return {}
        if step.get("account") is not None:
            return {"account": self.accounts.number(step["account"])}
        return {"account": 0 if live is None else live.account}

    def play(self, place: int, step: dict[str, Any], last: Number | None) -> Outcome:
        """Do the step at a place, before which the last price is as told, and what it sets off."""
        outcome = self._play(place, step, last)
        if not watches_quotes(self.scenario):
            return outcome
        return outcome._replace(trades=self._merged([*outcome.trades, *self._quote()]))

    def _quote(self) -> Trades:
        """Tell the book its best prices as prices from outside, until they stay where they are.

        Buyers watch the best ask as the mark price, sellers the best bid as the index price. A side
        with no price is as far away as there are prices, where the venue says that such a market
        triggers.
        """
        trades: Trades = []
        bounds = terms(self.scenario)
        is_empty_far = self.scenario.convention("stop_no_last", "wait") == "trigger"
        while True:
            best = {
                TriggerSource.MARK: (self.book.best_ask(), bounds.get("max_price", INT64[-1])),
                TriggerSource.INDEX: (self.book.best_bid(), bounds.get("min_price", INT64[0])),
            }
            told = {
                source: farthest if price is None else price
                for source, (price, farthest) in best.items()
                if price is not None or is_empty_far
            }
            if told.items() <= self.quoted.items():
                return trades
            self.quoted |= told
            for source, price in told.items():
                trades += self._apply(self.book.set_price, source, price=price).trades

    def _play(self, place: int, step: dict[str, Any], last: Number | None) -> Outcome:
        if has_dates(self.scenario):
            self._go_on(step)
        operation = step["op"]
        if operation == "advance_time":
            return self._advance_time()
        if operation == "set_last":
            price = self._ticks(step["price"])
            return self._apply(self.book.set_price, TriggerSource.LAST, price=price)
        if operation == "submit":
            return self._submit(step, step["order"], last)
        if operation == "submit_oco":
            return self._submit_pair(step, last)
        if operation == "auction":
            return self._apply(self.book.set_phase, Phase.OPENING_CALL)
        if operation == "uncross":
            if goes_on_after(self.scenario, place):
                return self._apply(self.book.uncross)
            return self._apply(self.book.set_phase, Phase.CONTINUOUS)
        if operation == "replace":
            return self._replace(step)
        order_id = self._live_number(step["id"])
        asked_by = self._asked_by(step, self.book.order(order_id))
        if operation == "reduce":
            quantity = self._lots(step["qty"])
            return self._apply(self.book.reduce, order_id, quantity=quantity, **asked_by)
        assert operation == "cancel", f"op was {operation}"
        return self._apply(self.book.cancel, order_id, **asked_by)

    def _go_on(self, step: dict[str, Any]) -> None:
        """Let the time be as late as a step says, or its order."""
        for given in (step, step.get("order") or {}):
            for name in ("time", "timestamp", "to"):
                if is_number(given.get(name)):
                    self.time = max(self.time, self.grid.nanoseconds(given[name]))
        if is_number(step.get("by")):
            self.time += self.grid.nanoseconds(step["by"])

    def _live_number(self, name: Hashable) -> int:
        """Return the number of an order, of a pair that of the one which lives."""
        first = self.orders.number(name)
        if name in self.orders.shared() and self.book.order(first) is None:
            return self.orders.second(name)
        return first

    def _advance_time(self) -> Outcome:
        """Let the time pass; the day passes with it where orders are for the day."""
        command = np.zeros(1, COMMAND_DTYPE)
        command["kind"] = CommandKind.ADVANCE_TIME
        command["timestamp"] = self.time
        reports = self.book.match(command)
        made = (reports["exec_type"] == ExecType.TRADE) & (reports["liquidity"] == Liquidity.MAKER)
        fields = ["order_id", "contra_order_id", "last_price", "last_quantity"]
        if has_days(self.scenario):
            for phase in (Phase.CLOSED, Phase.CONTINUOUS):
                self.book.set_phase(phase)
        return Outcome(self._trades(reports[made][fields].tolist()), None)

    def _submit_pair(self, step: dict[str, Any], last: Number | None) -> Outcome:
        """Enter a limit order and, unless something happened to it, the stop that it cancels."""
        limit, stop = orders_of(step)
        entered = self._submit(step, limit, last)
        if entered.status != "open" or entered.trades:
            return entered
        order_id = self.orders.number(limit["id"])
        found = self._submit(
            step,
            stop,
            last,
            order_id=self.orders.second(stop["id"]),
            linked_order_id=order_id,
        )
        if found.status == "rejected":
            owner = self._asked_by(step["order"], None)
            self._apply(self.book.cancel, order_id, **owner)
        return entered if found.status == "pending" else found

    def _submit(
        self, step: dict[str, Any], order: dict[str, Any], last: Number | None, **link: int
    ) -> Outcome:
        expect = step.get("expect") or {}
        best = self.book.best_ask() if order["side"] == "buy" else self.book.best_bid()
        market = Market(None if best is None else best * self.grid.tick, last)
        account = order.get("account")
        is_refused = expect.get("status") == "rejected"
        fields = fields_of(order, self.scenario, self.grid, market, is_refused=is_refused)
        if link:
            fields["flags"] |= OrderFlag.ONE_CANCELS_OTHER
        return self._apply(
            self.book.submit,
            SIDES[order["side"]],
            account=0 if account is None else self.accounts.number(account),
            **{"order_id": self.orders.number(order["id"]), **fields, **link},
        )

    def _replace(self, step: dict[str, Any]) -> Outcome:
        """Replace; a quantity that leaves nothing open takes the order out, unless that is refused.

        Venues agree that such a replace must not leave an order resting with nothing. Most take it
        as a cancel, which is how a client of this engine says it; some refuse it, as this one does.
        """
        order_id = self.orders.number(step["id"])
        live = self.book.order(order_id)
        asked_by = self._asked_by(step, live)
        if live is None:
            return self._apply(self.book.replace, order_id, price=1, quantity=1, **asked_by)
        price, quantity = live.price, live.leaves_quantity
        if is_number(step.get("price")):
            price = self._ticks(step["price"])
        if is_number(step.get("qty")):
            quantity = self._new_leaves(self._lots(step["qty"]), live)
        refused = (step.get("expect") or {}).get("status") == "rejected"
        if quantity is not None and quantity <= 0 and not refused:
            return self._apply(self.book.cancel, order_id, **asked_by)
        if step.get("new_id") is not None:
            self.orders.rename(step["id"], step["new_id"])
        numbers = {"price": price, "quantity": quantity, **asked_by}
        if is_number(step.get("stop_price")):
            numbers["trigger_price"] = self._ticks(step["stop_price"])
        outcome = self._apply(self.book.replace, order_id, **numbers)
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
        given = [numbers[name] for name in NUMBERS & numbers.keys()]
        if None in given:
            return (
                REFUSED  # off the grid: an Instrument refuses the decimal before there is a command
            )
        if not all(value in INT64 for value in given):
            with pytest.raises((OverflowError, ValueError)):
                verb(*arguments, **numbers)
            return REFUSED
        report = verb(*arguments, **numbers, timestamp=self.time)
        trades = report.trades[["maker_order_id", "taker_order_id", "price", "quantity"]]
        is_of_auction = report.reports["flags"] & ReportFlag.AUCTION != 0
        auctioned = len(np.unique(report.reports["trade_id"][is_of_auction]))
        return Outcome(
            self._trades(trades.tolist()), self._status(report), auctioned, self._also(report)
        )

    def _trades(self, trades: list[tuple[int, int, int, int]]) -> Trades:
        """Return trades in the scenario's words, each maker, taker, price, quantity."""
        found = [
            [
                self.orders.name(maker),
                self.orders.name(taker),
                price * self.grid.tick,
                quantity * self.grid.lot,
            ]
            for maker, taker, price, quantity in trades
        ]
        return self._merged(found)

    def _merged(self, trades: Trades) -> Trades:
        """Return trades as they are, or equal runs (same orders, same price) each as one.

        An iceberg that keeps its place while it shows one part after another may fill at once.
        """
        convention = self.scenario.convention
        in_place = convention("iceberg_refresh", "back") == "in_place"
        if not convention("merge_fills", False) and not in_place:
            return trades
        runs = groupby(trades, key=lambda trade: trade[:3])
        return [[*parties, sum(fill[3] for fill in fills)] for parties, fills in runs]

    def _status(self, report: Any) -> str | None:
        """Return the status in the scenario's word for it."""
        is_market = report.order_type == OrderType.MARKET
        is_empty = self.scenario.convention("market_empty", "cancel") == "reject"
        if report.exec_type == ExecType.REJECTED:
            if report.reject_reason == RejectReason.MINIMUM_CANNOT_FILL:
                return self.scenario.convention("unfilled_ioc", "cancelled")
            if report.reject_reason == RejectReason.NOT_IN_THIS_PHASE:
                return self._word_of_unfilled(report, "rejected")
            if report.reject_reason != RejectReason.FOK_CANNOT_FILL:
                return "rejected"
        if self._found_nothing(report):
            if is_market and is_empty:
                return "rejected"
            if not is_market or report.time_in_force == TimeInForce.FOK:
                return self._word_of_unfilled(report, "cancelled")
        is_out = report.flags & ReportFlag.WAITING and report.order_type not in AT_MARKET
        if is_out and report.exec_type != ExecType.CANCELED:
            return "pending"
        return STATUS_WORDS[report.order_status]

    def _found_nothing(self, report: Any) -> bool:
        """Return whether an order ended since it found nothing, which one that waited did not."""
        is_killed = report.reject_reason == RejectReason.FOK_CANNOT_FILL
        ended = is_killed or report.exec_type == ExecType.CANCELED
        for_other_reasons = report.flags & (ReportFlag.SELF_TRADE | ReportFlag.WAITING)
        return ended and report.filled_quantity == 0 and not for_other_reasons

    def _word_of_unfilled(self, report: Any, otherwise: str) -> str:
        """Return the word for an order that found nothing and has no time to wait, or another."""
        words = {TimeInForce.IOC: "unfilled_ioc", TimeInForce.FOK: "unfilled_fok"}
        word = words.get(report.time_in_force)
        return otherwise if word is None else self.scenario.convention(word, "cancelled")

    def _also(self, report: Any) -> str | None:
        """Return the other word where two may be said of what happened to an order.

        So it is with one that no call takes, which this engine says before it looks at the other
        side, with one that is refused as its minimum is not there, with one at market that has no
        time to wait, and with one that finds nobody once its own account's are out of its way.
        """
        if report.reject_reason in (
            RejectReason.NOT_IN_THIS_PHASE,
            RejectReason.MINIMUM_CANNOT_FILL,
        ):
            return "rejected"
        if (report.reports["flags"] & ReportFlag.SELF_TRADE).any():
            return "cancelled" if report.exec_type == ExecType.CANCELED else None
        if self._found_nothing(report):
            return self._word_of_unfilled(report, "cancelled")
        return None

    def unlike(
        self, outcome: Outcome, expect: dict[str, Any], asserted: dict[str, Any]
    ) -> Iterator[str]:
        """Yield each expectation of a step that was not met."""
        if expect.get("trades") is not None:
            trades = self._merged([self._expected_trade(trade) for trade in expect["trades"]])
            trades = self._named_alike(trades, outcome)
            if outcome.trades != trades:
                yield f"trades were {outcome.trades}, expected {trades}"
        status = expect.get("status")
        if status is not None and status not in (outcome.status, outcome.also):
            yield f"status was {outcome.status}, expected {status}"
        yield from self.unlike_levels(expect.get("book") or {})
        yield from self._unlike_sides(expect.get("visible") or {}, self._visible_levels)
        yield from self._unlike_pending(expect.get("pending"))
        yield from self._unlike_sums(asserted)

    def _expected_trade(self, trade: list[Any]) -> list[Any]:
        maker, taker, price, quantity = trade
        return [maker, taker, number(price), number(quantity)]

    def _named_alike(self, expected: Trades, outcome: Outcome) -> Trades:
        """Return expected trades, with the parties of an auction's named as the engine names them.

        Nobody takes in an auction, so it is a matter of words who is named first.
        """
        found = outcome.trades[: outcome.auctioned]
        for place, (trade, own) in enumerate(zip(expected, found, strict=False)):
            if trade[:2] == [own[1], own[0]]:
                expected[place] = [*own[:2], *trade[2:]]
        return expected

    def unlike_levels(self, book: dict[str, Any]) -> Iterator[str]:
        """Yield what of a book is not as expected, with the quantities that the scenario counts."""
        is_total = self.scenario.convention("level_qty", "total") == "total"
        yield from self._unlike_sides(book, self._levels if is_total else self._visible_levels)
        yield from self._unlike_pending(book.get("pending"))

    def _unlike_sides(
        self, book: dict[str, Any], levels: Callable[[str], list[list[Number]]]
    ) -> Iterator[str]:
        """Yield each side that is not as expected: price and quantity, and orders where stated."""
        for name in BOOK_SIDES:
            if book.get(name) is None:
                continue
            wanted = [
                [number(value) for value in level if value is not None] for level in book[name]
            ]
            found = levels(name)
            pairs = zip(found, wanted, strict=False)
            alike = all(level[: len(want)] == want for level, want in pairs)
            if len(found) != len(wanted) or not alike:
                yield f"{name} were {found}, expected {wanted}"

    def _unlike_pending(self, expected: list[Any] | None) -> Iterator[str]:
        """Yield which orders wait, where that is stated and other orders do; in any order."""
        waiting = self.book.waiting()
        waiting = waiting[~np.isin(waiting["order_type"], AT_MARKET)]
        found = [self.orders.name(order_id) for order_id in waiting["order_id"].tolist()]
        if expected is not None and sorted(map(str, found)) != sorted(map(str, expected)):
            yield f"pending was {found}, expected {expected}"

    def _levels(self, name: str) -> list[list[Number]]:
        """Return every level of a side as price, whole quantity, orders, best first."""
        orders = self.book.orders(BOOK_SIDES[name])[["price", "leaves_quantity"]].tolist()
        levels = ((price, list(queue)) for price, queue in groupby(orders, key=itemgetter(0)))
        return [
            [price * self.grid.tick, sum(own for _, own in queue) * self.grid.lot, len(queue)]
            for price, queue in levels
        ]

    def _visible_levels(self, name: str) -> list[list[Number]]:
        """Return the levels that are shown of a side, as `_levels` does."""
        levels = getattr(self.book.depth(len(self.book) + 1), name).tolist()
        return [
            [price * self.grid.tick, quantity * self.grid.lot, order_count]
            for price, quantity, order_count in levels
        ]

    def _unlike_sums(self, asserted: dict[str, Any]) -> Iterator[str]:
        """Yield each sum over a side, as one source's own tests state them, that differs."""
        questions: dict[str, Callable[[str], Number]] = {
            "BookOrders": lambda name: self.book.order_count(BOOK_SIDES[name]),
            "BookVolume": lambda name: sum(level[1] for level in self._levels(name)),
            "BookVisibleVolume": lambda name: sum(level[1] for level in self._visible_levels(name)),
            "BookStopOrders": lambda name: len(self._stops(name)),
            "BookStopVolume": lambda name: sum(self._stops(name)) * self.grid.lot,
        }
        for key in questions.keys() & asserted.keys():
            found = [questions[key](name) for name in BOOK_SIDES]
            if found != asserted[key]:
                yield f"{key} was {found}, expected {asserted[key]}"

    def _stops(self, name: str) -> list[int]:
        """Return the open lots of each order of a side that waits for a price."""
        waiting = self.book.waiting()
        lots: list[int] = waiting["leaves_quantity"][waiting["side"] == BOOK_SIDES[name]].tolist()
        return lots
