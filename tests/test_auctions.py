"""Call auctions: which price, who takes part, who trades with whom, what becomes of the rest.

Every test runs on both implementations. Where a test takes `side`, prices are ticks better or worse
for that side; rules that are not the same for both sides are told in ticks.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import implementations
import pytest
from drain import drain_book
from hypothesis import given, settings
from hypothesis import strategies as st
from views import at, fills, ladder, other, pairs, queue, statuses

from engine import (
    ALL_OR_NONE,
    BUY,
    GOOD_FOR_AUCTION,
    HIDDEN,
    MARKET,
    MARKET_TO_LIMIT,
    MINIMUM_EACH,
    PROTECTED,
    SELL,
    AuctionPrices,
    AuctionRule,
    Liquidity,
    OrderState,
    OrderStatus,
    OrderType,
    Phase,
    ReportFlag,
    SelfTradeMode,
    Side,
    TriggerSource,
)

CLOSEST, REVERSAL, MIDPOINT, LOWEST = AuctionRule
EVERY_TICK, LIMITS = AuctionPrices
CALLS: Final = (
    Phase.PRE_OPEN,
    Phase.OPENING_CALL,
    Phase.VOLATILITY_CALL,
    Phase.CLOSING_CALL,
)


@pytest.fixture
def call(book: Any) -> Any:
    """An empty book in its opening call."""
    book.set_phase(Phase.OPENING_CALL)
    return book


def enter(book: Any, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
    """Enter orders of both sides, given by price and lots; bids are numbered from 1, asks on."""
    for order_id, (price, lots) in enumerate(bids, 1):
        book.submit(BUY, price, lots, order_id)
    for order_id, (price, lots) in enumerate(asks, 1 + len(bids)):
        book.submit(SELL, price, lots, order_id)


# -- which price


class Example(NamedTuple):
    """Orders of a call, by price and lots, and what their auction comes to."""

    name: str
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    price: int | None
    volume: int = 0
    surplus: int = 0
    rule: AuctionRule = CLOSEST
    prices: AuctionPrices = EVERY_TICK
    reference: int | None = None


EXAMPLES = [
    Example("nothing meets", [(99, 5)], [(100, 5)], None),
    Example("one side", [(99, 5)], [], None, reference=99),
    Example("one price", [(100, 5)], [(100, 3)], 100, 3, 2),
    Example("most volume", [(102, 5), (100, 5)], [(99, 4), (100, 6), (102, 1)], 100, 10, 0),
    Example("least surplus", [(103, 5), (100, 5)], [(99, 5), (102, 7)], 101, 5, 0),
    Example("buyers press", [(102, 7)], [(99, 5)], 102, 5, 2),
    Example("buyers press, all the same", [(102, 7)], [(99, 5)], 102, 5, 2, reference=95),
    Example("sellers press", [(102, 5)], [(99, 7)], 99, 5, -2),
    Example("sellers press, all the same", [(102, 5)], [(99, 7)], 99, 5, -2, reference=105),
    Example("balanced, no reference", [(102, 5)], [(99, 5)], 99, 5, 0),
    Example("balanced, reference below", [(102, 5)], [(99, 5)], 99, 5, 0, reference=90),
    Example("balanced, reference within", [(102, 5)], [(99, 5)], 101, 5, 0, reference=101),
    Example("balanced, reference above", [(102, 5)], [(99, 5)], 102, 5, 0, reference=110),
    Example("limits alone", [(103, 5)], [(99, 5)], 103, 5, 0, prices=LIMITS, reference=104),
    Example(
        "a reference counts as one", [(103, 5)], [(99, 5)], 101, 5, 0, prices=LIMITS, reference=101
    ),
    Example("middle", [(103, 5)], [(99, 5)], 101, 5, 0, MIDPOINT),
    Example("middle, rounded down", [(102, 5)], [(99, 5)], 100, 5, 0, MIDPOINT),
    Example("middle, rounded down below zero", [(-98, 5)], [(-101, 5)], -100, 5, 0, MIDPOINT),
    Example("middle, whoever presses", [(103, 7)], [(99, 5)], 101, 5, 2, MIDPOINT, reference=110),
    Example("lowest", [(103, 5)], [(99, 5)], 99, 5, 0, LOWEST),
    Example("lowest, whoever presses", [(103, 7)], [(99, 5)], 99, 5, 2, LOWEST),
    Example("lowest, of the least surplus", [(103, 5), (100, 5)], [(99, 5)], 101, 5, 0, LOWEST),
    Example("lowest, of limits", [(103, 5), (100, 5)], [(99, 5)], 103, 5, 0, LOWEST, prices=LIMITS),
    Example("lowest, wherever the reference", [(103, 5)], [(99, 5)], 99, 5, 0, LOWEST, reference=1),
    *(
        Example(
            f"pressure changes sides, {rule.name.lower()}, reference {reference}",
            [(103, 10), (100, 5)],
            [(98, 10), (101, 5)],
            price,
            10,
            surplus,
            rule,
            EVERY_TICK,
            reference,
        )
        for rule, reference, price, surplus in (
            (CLOSEST, None, 98, 5),
            (CLOSEST, 95, 98, 5),
            (CLOSEST, 99, 99, 5),
            (CLOSEST, 110, 103, -5),
            (REVERSAL, None, 100, 5),
            (REVERSAL, 95, 100, 5),
            (REVERSAL, 110, 101, -5),
        )
    ),
    *(
        Example(
            f"pressure changes sides at limits, {rule.name.lower()}",
            [(103, 10), (100, 5)],
            [(98, 10), (102, 5)],
            price,
            10,
            -5,
            rule,
            LIMITS,
            110,
        )
        for rule, price in ((CLOSEST, 103), (REVERSAL, 102))
    ),
    Example(
        "no surplus in between",
        [(103, 10), (100, 5)],
        [(98, 10), (102, 5)],
        101,
        10,
        0,
        reference=110,
    ),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_price_of_an_auction(make_book: Any, example: Example) -> None:
    book = make_book(auction_rule=example.rule, auction_prices=example.prices)
    if example.reference is not None:
        book.set_price(TriggerSource.REFERENCE, example.reference)
    book.set_phase(Phase.OPENING_CALL)
    enter(book, example.bids, example.asks)
    found = book.indicative()
    report = book.uncross()
    if example.price is None:
        assert found is None
        assert len(report.trades) == 0
        assert (report.last_quantity, report.last_price) == (0, 0)
        return
    assert found[:3] == (example.price, example.volume, example.surplus)
    assert set(report.trades["price"].tolist()) == {example.price}
    assert report.trades["quantity"].sum() == example.volume
    assert (report.last_quantity, report.last_price) == (example.volume, example.price)


def test_reference_is_the_last_price_where_none_is_set(call: Any) -> None:
    enter(call, [(109, 5)], [(91, 5)])
    assert call.indicative().price == 91
    for source, price, expected in (
        (TriggerSource.MARK, 97, 91),
        (TriggerSource.LAST, 98, 98),
        (TriggerSource.REFERENCE, 103, 103),
        (TriggerSource.LAST, 96, 103),
    ):
        call.set_price(source, price)
        assert call.indicative().price == expected


def test_range_that_was_decided_in_is_told(call: Any) -> None:
    enter(call, [(105, 5), (97, 9)], [(99, 5), (108, 9)])
    assert call.indicative() == (99, 5, 0, 99, 105)


def test_price_may_be_anything_that_64_bits_hold(call: Any) -> None:
    enter(call, [(2**63 - 1, 2**62), (2**63 - 2, 7)], [(-(2**63), 2**62), (-5, 7)])
    assert call.indicative() == (-5, 2**62 + 7, 0, -5, 2**63 - 2)
    assert pairs(call.uncross()) == [(1, 3, 2**62), (2, 4, 7)]


def test_indication_changes_nothing(call: Any, side: Side) -> None:
    enter(call, [(102, 5)], [(99, 7)])
    call.submit(side, 0, 5, 9, order_type=MARKET)
    before = call.state_hash()
    assert call.indicative() == call.indicative()
    assert call.state_hash() == before


def test_there_is_no_indication_where_nothing_crosses(book: Any) -> None:
    assert book.indicative() is None
    enter(book, [(99, 5)], [(101, 7)])
    assert book.indicative() is None


# -- who trades with whom


def test_rows_are_paired_from_their_heads(call: Any, side: Side) -> None:
    """Market orders by age, then the better limits, at one price the older."""
    for order_id, ticks in ((1, 1), (2, 3), (3, 1), (4, 0)):
        call.submit(side, at(side, ticks), 5, order_id)
    call.submit(side, 0, 5, 6, order_type=MARKET)
    call.submit(side, 0, 5, 5, order_type=MARKET)
    call.submit(other(side), at(side), 12, 21)
    call.submit(other(side), at(side, -1), 16, 20)
    found = pairs(call.uncross())
    if side == SELL:
        found = [(seller, buyer, lots) for buyer, seller, lots in found]
    assert found == [
        (6, 20, 5),
        (5, 20, 5),
        (2, 20, 5),
        (1, 20, 1),
        (1, 21, 4),
        (3, 21, 5),
        (4, 21, 3),
    ]
    assert queue(call, side) == [(4, 2)]


def test_order_beyond_the_price_does_not_trade(call: Any, side: Side) -> None:
    for order_id, ticks in ((1, 1), (2, 0), (3, -1)):
        call.submit(side, at(side, ticks), 5, order_id)
    call.submit(other(side), at(side), 12, 4)
    report = call.uncross()
    assert set(report.trades["price"].tolist()) == {at(side)}
    assert queue(call, side) == [(3, 5)]
    assert queue(call, other(side)) == [(4, 2)]


def test_order_filled_in_part_keeps_its_place(call: Any, side: Side) -> None:
    for order_id in (3, 1, 2):
        call.submit(side, at(side), 5, order_id)
    call.submit(other(side), at(side), 7, 4)
    call.uncross()
    assert queue(call, side) == [(1, 3), (2, 5)]
    call.submit(other(side), at(side), 4, 5)
    assert [lots for *_, lots in pairs(call.uncross())] == [3, 1]
    assert queue(call, side) == [(2, 4)]


def test_reports_of_a_trade(call: Any, side: Side) -> None:
    """The seller stands for the maker and is told first, whoever came first."""
    call.submit(side, at(side), 5, 1, 71, client_order_id=81)
    call.submit(other(side), at(side, -2), 3, 2, 72, client_order_id=82)
    price = at(side)
    report = call.uncross(command_id=9)
    assert statuses(report)[0] == "DONE NONE"
    assert (report.reports["command_id"] == 9).all()
    seller, buyer = (1, 2) if side == SELL else (2, 1)
    done, *traded = report.reports
    assert (done["last_quantity"], done["last_price"], done["flags"]) == (3, price, 0)
    assert [int(record["order_id"]) for record in traded] == [seller, buyer]
    assert [int(record["contra_order_id"]) for record in traded] == [buyer, seller]
    assert [record["liquidity"] for record in traded] == [Liquidity.MAKER, Liquidity.TAKER]
    assert {int(record["flags"]) for record in traded} == {ReportFlag.AUCTION}
    assert {record["order_id"]: record["order_status"] for record in traded} == {
        1: OrderStatus.PARTIALLY_FILLED,
        2: OrderStatus.FILLED,
    }
    trade = report.trades[0]
    assert (trade["side"], trade["maker_account"]) == (BUY, 71 if seller == 1 else 72)
    assert call.last_trade() == (price, 3)


def test_account_trades_with_itself(call: Any, side: Side) -> None:
    """Nobody comes in and nobody takes, so that self-trade prevention has no say."""
    for order_id, mode in enumerate(SelfTradeMode, 1):
        call.submit(side, at(side), 5, order_id, 7, self_trade_mode=mode)
        call.submit(other(side), at(side), 5, 10 + order_id, 7, self_trade_mode=mode)
    report = call.uncross()
    assert report.trades["quantity"].sum() == 5 * len(SelfTradeMode)
    assert len(call) == 0


def test_filled_order_is_gone_and_its_id_free(call: Any, side: Side) -> None:
    enter(call, [(100, 5)], [(100, 5)])
    call.uncross()
    assert len(call) == 0
    assert statuses(call.submit(side, 100, 5, 1)) == ["NEW NEW"]


# -- who takes part


def test_icebergs_and_hidden_orders_take_part_whole(call: Any, side: Side) -> None:
    """At one price what is shown goes first; an iceberg shows a new part and keeps its place."""
    call.submit(side, at(side), 9, 1, flags=HIDDEN)
    call.submit(side, at(side), 9, 2, display_quantity=2)
    call.submit(side, at(side), 9, 3)
    call.submit(other(side), at(side), 5, 4)
    assert call.indicative().volume == 5
    call.uncross()
    assert queue(call, side) == [(2, 4), (3, 9), (1, 9)]
    assert ladder(call, side) == [(at(side), 2 + 9, 2)]
    call.submit(other(side), at(side), 15, 5)
    call.uncross()
    assert queue(call, side) == [(1, 7)]


def test_hidden_order_with_a_better_limit_goes_before_what_is_shown(call: Any, side: Side) -> None:
    call.submit(side, at(side), 5, 1)
    call.submit(side, at(side, 1), 5, 2, flags=HIDDEN)
    call.submit(other(side), at(side), 5, 3)
    call.uncross()
    assert queue(call, side) == [(1, 5)]


@pytest.mark.parametrize(
    "fields",
    [{"flags": ALL_OR_NONE}, {"flags": MINIMUM_EACH, "minimum_quantity": 1}],
    ids=["all or none", "minimum each"],
)
def test_order_with_a_condition_on_its_fills_stays_out(
    call: Any, side: Side, fields: dict[str, int]
) -> None:
    call.submit(side, at(side, 1), 5, 1, **fields)
    call.submit(other(side), at(side), 5, 2)
    assert call.indicative() is None
    call.submit(side, at(side), 3, 3)
    assert call.indicative().volume == 3
    assert [lots for *_, lots in pairs(call.uncross())] == [3]
    assert queue(call, side) == [(1, 5)]


@pytest.mark.parametrize("kind", [MARKET, MARKET_TO_LIMIT], ids=lambda kind: kind.name.lower())
@pytest.mark.parametrize(
    "fields",
    [{"flags": ALL_OR_NONE}, {"flags": MINIMUM_EACH, "minimum_quantity": 1}],
    ids=["all or none", "minimum each"],
)
def test_market_order_with_a_condition_on_its_fills_stays_out(
    call: Any, side: Side, kind: OrderType, fields: dict[str, int]
) -> None:
    """The auction ends it as any other: a market-to-limit order gets its price, if there is one."""
    call.submit(side, 0, 5, 1, order_type=kind, **fields)
    call.submit(other(side), at(side), 5, 2)
    assert call.indicative() is None
    call.submit(side, at(side), 3, 3)
    assert call.indicative().volume == 3
    report = call.uncross()
    assert [lots for *_, lots in pairs(report)] == [3]
    is_left = kind == MARKET_TO_LIMIT
    assert statuses(report)[-1] == ("RESTATED NEW" if is_left else "CANCELED CANCELED")
    assert queue(call, side) == ([(1, 5)] if is_left else [])


def test_protected_all_or_none_order_waits_for_trading(call: Any, side: Side) -> None:
    fields = {"order_type": MARKET, "flags": PROTECTED | ALL_OR_NONE, "bound": at(side)}
    call.submit(side, 0, 5, 1, **fields)
    call.submit(other(side), at(side), 7, 2)
    assert call.indicative() is None
    assert pairs(call.uncross()) == []
    assert fills(call.set_phase(Phase.CONTINUOUS)) in ([(1, at(side), 5)], [(2, at(side), 5)])


def test_stop_that_waits_stays_out(call: Any, side: Side) -> None:
    call.submit(side, 0, 5, 1, order_type=3, trigger_price=at(side))
    call.submit(other(side), at(side), 5, 2)
    assert call.indicative() is None


def test_protected_market_order_rests_at_its_worst_price(call: Any, side: Side) -> None:
    fields = {"order_type": MARKET, "flags": PROTECTED, "bound": at(side, 2)}
    report = call.submit(side, 0, 5, 1, **fields)
    assert statuses(report) == ["NEW NEW", "RESTATED NEW"]
    assert ladder(call, side) == [(at(side, 2), 5, 1)]


# -- market orders


def test_market_order_waits_unseen_for_the_auction(call: Any, side: Side) -> None:
    report = call.submit(side, 0, 5, 1, order_type=MARKET)
    assert (statuses(report), report.flags) == (["NEW NEW"], ReportFlag.WAITING)
    assert OrderState(call.detail(1).state) == OrderState.AT_MARKET
    assert ladder(call, side) == []
    assert call.waiting()["order_id"].tolist() == [1]
    assert call.reduce(1, 2).leaves_quantity == 3
    assert call.replace(1, 0, 8).leaves_quantity == 8
    assert statuses(call.cancel(1)) == ["CANCELED CANCELED"]


def test_replaced_market_order_goes_behind_the_others(call: Any, side: Side) -> None:
    for order_id in (1, 2):
        call.submit(side, 0, 5, order_id, order_type=MARKET)
    call.replace(1, 0, 6)
    call.submit(other(side), at(side), 5, 3)
    report = call.uncross()
    assert 2 in pairs(report)[0]


def test_rest_of_a_market_order_is_canceled_with_the_auction(call: Any, side: Side) -> None:
    call.submit(side, 0, 5, 1, order_type=MARKET)
    call.submit(other(side), at(side), 3, 2)
    report = call.uncross()
    assert statuses(report)[-1] == "CANCELED CANCELED"
    assert (report.reports["order_id"][-1], report.reports["last_quantity"][-1]) == (1, 2)
    assert len(call) == 0


def test_market_order_is_canceled_where_there_is_no_auction_price(call: Any, side: Side) -> None:
    call.submit(side, 0, 5, 1, order_type=MARKET)
    call.submit(side, 0, 5, 2, order_type=MARKET_TO_LIMIT)
    assert statuses(call.uncross()) == ["DONE NONE", "CANCELED CANCELED", "CANCELED CANCELED"]


def test_market_orders_alone_trade_at_the_reference_price(call: Any, side: Side) -> None:
    call.submit(side, 0, 5, 1, order_type=MARKET)
    call.submit(other(side), 0, 3, 2, order_type=MARKET)
    assert call.indicative() is None
    call.set_price(TriggerSource.REFERENCE, 77)
    surplus = 2 * side
    assert call.indicative() == (77, 3, surplus, 77, 77)
    report = call.uncross()
    assert set(report.trades["price"].tolist()) == {77}
    assert statuses(report)[-1] == "CANCELED CANCELED"


def test_market_orders_alone_have_no_price_without_a_reference(call: Any, side: Side) -> None:
    call.submit(side, 0, 5, 1, order_type=MARKET)
    call.submit(other(side), 0, 3, 2, order_type=MARKET)
    assert statuses(call.uncross()) == ["DONE NONE", "CANCELED CANCELED", "CANCELED CANCELED"]
    assert call.last_trade() is None


def test_market_order_meets_a_limit_however_far_it_is(call: Any, side: Side) -> None:
    call.set_price(TriggerSource.REFERENCE, 100)
    call.submit(side, 0, 5, 1, order_type=MARKET)
    call.submit(other(side), at(side, 90), 3, 2)
    call.uncross()
    assert call.last_trade() == (at(side, 90), 3)


@pytest.mark.parametrize("filled", [0, 3], ids=["without a fill", "filled in part"])
def test_rest_of_a_market_to_limit_order_gets_the_auctions_price(
    call: Any, side: Side, filled: int
) -> None:
    if not filled:
        call.submit(side, 0, 3, 7, order_type=MARKET)
    call.submit(side, 0, 5, 1, order_type=MARKET_TO_LIMIT)
    call.submit(other(side), at(side), 3, 2)
    price = call.indicative().price
    report = call.uncross()
    own = report.reports[report.reports["order_id"] == 1]
    assert (own["price"][-1], own["leaves_quantity"][-1]) == (price, 5 - filled)
    assert statuses(report)[-1].startswith("RESTATED")
    assert queue(call, side, price) == [(1, 5 - filled)]


def test_market_to_limit_order_stands_behind_those_at_the_price(call: Any, side: Side) -> None:
    call.submit(side, 0, 5, 1, order_type=MARKET_TO_LIMIT)
    call.submit(side, at(side), 5, 2)
    call.submit(other(side), at(side), 3, 3)
    call.uncross()
    assert queue(call, side) == [(2, 5), (1, 2)]


@pytest.mark.parametrize(("reference", "price"), [(80, 95), (100, 100), (120, 105)])
def test_price_of_a_market_to_limit_order_is_within_the_instruments_bounds(
    make_book: Any, side: Side, reference: int, price: int
) -> None:
    """A reference from outside may lie beyond them, and be the price of an auction."""
    book = make_book(min_price=95, max_price=105)
    book.set_phase(Phase.OPENING_CALL)
    book.set_price(TriggerSource.REFERENCE, reference)
    book.submit(side, 0, 5, 1, order_type=MARKET_TO_LIMIT)
    book.submit(other(side), 0, 3, 2, order_type=MARKET)
    report = book.uncross()
    assert report.trades["price"].tolist() == [reference]
    assert queue(book, side, price) == [(1, 2)]


# -- auction after auction


def test_call_goes_on_after_an_uncross(call: Any, side: Side) -> None:
    call.submit(side, at(side), 5, 1)
    call.submit(other(side), at(side), 3, 2)
    assert fills(call.uncross()) == [(1 if side == SELL else 2, at(side), 3)]
    assert call.phase == Phase.OPENING_CALL
    assert statuses(call.uncross()) == ["DONE NONE"]
    call.submit(other(side), at(side, -3), 9, 3)
    assert statuses(call.submit(other(side), at(side, -2), 9, 4)) == ["NEW NEW"]
    assert [lots for *_, lots in pairs(call.set_phase(Phase.CONTINUOUS))] == [2]
    assert queue(call, other(side)) == [(3, 7), (4, 9)]


@pytest.mark.parametrize("phase", CALLS, ids=lambda phase: phase.name.lower())
def test_order_for_one_auction_ends_with_it(book: Any, side: Side, phase: Phase) -> None:
    book.set_phase(phase)
    book.submit(side, at(side), 5, 1, time_in_force=GOOD_FOR_AUCTION)
    book.submit(side, 0, 5, 2, order_type=MARKET, time_in_force=GOOD_FOR_AUCTION)
    book.submit(other(side), at(side), 7, 3)
    report = book.uncross()
    assert report.trades["quantity"].sum() == 7
    assert statuses(report)[-1] == "EXPIRED EXPIRED"
    assert report.reports["last_quantity"][-1] == 3
    assert len(book) == 0


# -- any book


class Collected(NamedTuple):
    """An order of a random call."""

    side: Side
    kind: str
    price: int
    lots: int

    @property
    def fields(self) -> dict[str, int]:
        """What submit is told beside its price and lots."""
        return {
            "limit": {},
            "market": {"order_type": MARKET},
            "iceberg": {"display_quantity": 1},
            "hidden": {"flags": HIDDEN},
            "all or none": {"flags": ALL_OR_NONE},
        }[self.kind]

    def would_trade(self, price: int) -> bool:
        """Whether it could trade at a price."""
        if self.kind == "all or none":
            return False
        return self.kind == "market" or self.side * self.price >= self.side * price


LOW, HIGH = 96, 104
LIMITED = st.sampled_from(["limit", "limit", "limit", "iceberg", "hidden", "all or none"])
SIDES, LOTS = st.sampled_from(Side), st.integers(1, 6)
ORDERS = st.builds(Collected, SIDES, LIMITED, st.integers(LOW, HIGH), LOTS) | st.builds(
    Collected, SIDES, st.just("market"), st.just(0), LOTS
)

# Without anything else in the book, and enough of them to use up levels.
PLAIN = st.builds(Collected, SIDES, st.just("limit"), st.integers(LOW, HIGH), LOTS)
FEW, MANY = st.lists(ORDERS, max_size=14), st.lists(PLAIN, min_size=40, max_size=50)
BOOKS = st.one_of(FEW, FEW, FEW, MANY)


def sums(orders: dict[int, Collected], price: int) -> tuple[int, int]:
    """Return what would be bought and sold at a price."""
    bought, sold = (
        sum(
            order.lots
            for order in orders.values()
            if order.side == side and order.would_trade(price)
        )
        for side in Side
    )
    return bought, sold


def row(orders: dict[int, Collected], side: Side, price: int) -> list[int]:
    """Return who would trade at a price, first to trade first."""
    able = [number for number in orders if orders[number].side == side]
    able = [number for number in able if orders[number].would_trade(price)]
    return sorted(
        able,
        key=lambda number: (
            orders[number].kind != "market",
            orders[number].kind != "market" and -side * orders[number].price,
            orders[number].kind == "hidden",
        ),
    )


def considered(
    orders: dict[int, Collected], reference: int | None, rule: AuctionRule, prices: AuctionPrices
) -> list[int]:
    """Return every price that the auction may choose, tick by tick, lowest first."""
    takes_part = [order for order in orders.values() if order.would_trade(order.price)]
    found = {order.price for order in takes_part if order.kind != "market"}
    if reference is not None and not (found and rule in (MIDPOINT, LOWEST)):
        found.add(reference)
    if prices == LIMITS or not found:
        return sorted(found)
    return list(range(min(found), max(found) + 1))


def chosen(
    orders: dict[int, Collected], ticks: list[int], reference: int | None, rule: AuctionRule
) -> int | None:
    """Return the price of the auction, found by looking at every tick."""
    volumes = {price: min(sums(orders, price)) for price in ticks}
    most = max(volumes.values(), default=0)
    if most == 0:
        return None
    tied = [price for price in ticks if volumes[price] == most]
    if rule == MIDPOINT:
        return (tied[0] + tied[-1]) // 2
    surplus = {price: sums(orders, price)[0] - sums(orders, price)[1] for price in tied}
    least = min(map(abs, surplus.values()))
    tied = [price for price in tied if abs(surplus[price]) == least]
    if rule == LOWEST:
        return tied[0]
    buying = [price for price in tied if surplus[price] > 0]
    selling = [price for price in tied if surplus[price] < 0]
    if buying == tied:
        return tied[-1]
    if selling == tied:
        return tied[0]
    if rule == REVERSAL and buying:
        tied = [buying[-1], selling[0]]
    return tied[0] if reference is None else min(max(reference, tied[0]), tied[-1])


@pytest.mark.parametrize("name", implementations.NAMES)
@settings(max_examples=200, deadline=None)
@given(
    collected=BOOKS,
    reference=st.none() | st.integers(LOW - 2, HIGH + 2),
    rule=st.sampled_from(AuctionRule),
    prices=st.sampled_from(AuctionPrices),
)
def test_auction_of_any_book(
    name: str,
    collected: list[Collected],
    reference: int | None,
    rule: AuctionRule,
    prices: AuctionPrices,
) -> None:
    book = implementations.load(name).order_book(auction_rule=rule, auction_prices=prices)
    orders = dict(enumerate(collected, 1))
    if reference is not None:
        book.set_price(TriggerSource.REFERENCE, reference)
    book.set_phase(Phase.OPENING_CALL)
    for number, order in orders.items():
        book.submit(order.side, order.price, order.lots, number, **order.fields)
    found = book.indicative()
    price = chosen(orders, considered(orders, reference, rule, prices), reference, rule)
    report = book.uncross()
    book.check_invariants()
    assert book.indicative() is None
    if price is None:
        assert found is None
        assert len(report.trades) == 0
    else:
        bought, sold = sums(orders, price)
        assert found[:3] == (price, min(bought, sold), bought - sold)
        assert found.lowest <= price <= found.highest
        assert found.volume == max(min(sums(orders, tick)) for tick in range(LOW - 2, HIGH + 3))
        assert (report.last_quantity, report.last_price) == (found.volume, price)
        check_trades(orders, price, report, book)
    book.set_phase(Phase.CONTINUOUS)
    book.check_invariants()
    book.mass_cancel()  # one by one, an order that is canceled may let an all-or-none order trade
    drain_book(book)


def check_trades(orders: dict[int, Collected], price: int, report: Any, book: Any) -> None:
    """Check who traded, how much, and what is left of whom."""
    filled = dict.fromkeys(orders, 0)
    seen: dict[Side, list[int]] = {side: [] for side in Side}
    for buyer, seller, lots in pairs(report):
        for side, number in ((BUY, buyer), (SELL, seller)):
            assert orders[number].side == side
            assert orders[number].would_trade(price)
            filled[number] += lots
            if seen[side][-1:] != [number]:
                seen[side].append(number)
    assert set(report.trades["price"].tolist()) == {price}
    for side in Side:
        able = row(orders, side, price)
        assert seen[side] == able[: len(seen[side])]
        assert all(filled[number] == orders[number].lots for number in seen[side][:-1])
    rest = {number: order.lots - filled[number] for number, order in orders.items()}
    is_left = [any(rest[number] for number in row(orders, side, price)) for side in Side]
    assert is_left != [True, True]
    for number, order in orders.items():
        left = rest[number] if order.kind != "market" else 0
        assert (0 if book.order(number) is None else book.order(number).leaves_quantity) == left
