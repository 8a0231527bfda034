"""Auctions and allocation: the compiled functions, the reference, and a search of every tick."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import CommandError, auctions, reference
from engine.auctions import AuctionFill, AuctionPrices, AuctionRule, TopOrder, Uncrossing

LOWEST, HIGHEST = -(2**63), 2**63 - 1
MILLION = 1_000_000

Interest = list[tuple[int | None, int]]


@pytest.fixture(params=[auctions, reference], ids=["core", "reference"])
def functions(request: pytest.FixtureRequest) -> ModuleType:
    """Where the functions are taken from."""
    return request.param


def interest(prices: st.SearchStrategy[int], lots: st.SearchStrategy[int]) -> Any:
    """Orders of one side, some of them without a limit."""
    return st.lists(st.tuples(st.none() | prices, lots), max_size=5)


SMALL = interest(st.integers(-4, 6), st.integers(1, 4))
WIDE = interest(
    st.integers(LOWEST, HIGHEST) | st.sampled_from([LOWEST, HIGHEST]), st.integers(1, 2**60)
)


class Terms(NamedTuple):
    """The keywords of `uncross_price`."""

    reference: int | None
    rule: AuctionRule
    prices: AuctionPrices
    upper: int | None
    lower: int | None


def terms(prices: st.SearchStrategy[int]) -> st.SearchStrategy[Terms]:
    share = st.none() | st.integers(0, MILLION)
    return st.builds(
        Terms,
        st.none() | prices,
        st.sampled_from(AuctionRule),
        st.sampled_from(AuctionPrices),
        share,
        share,
    )


def at(bids: Interest, asks: Interest, price: int) -> tuple[int, int]:
    """Return what trades at a price and what is left over, below 0 of sellers."""
    bought = sum(lots for limit, lots in bids if limit is None or limit >= price)
    sold = sum(lots for limit, lots in asks if limit is None or limit <= price)
    return min(bought, sold), bought - sold


def half_up(numerator: int, denominator: int) -> int:
    """Return a quotient rounded to the nearest integer, from the middle up."""
    quotient, rest = divmod(numerator, denominator)
    return quotient + (2 * rest >= denominator)


def searched(bids: Interest, asks: Interest, told: Terms) -> tuple[int, int, int] | None:
    """Return price, volume and surplus, found by looking at each price on its own."""
    limits = {limit for limit, _ in (*bids, *asks) if limit is not None}
    prices = set(limits)
    of_limits_alone = told.rule in (AuctionRule.MIDPOINT, AuctionRule.LOWEST)
    if told.reference is not None and not (of_limits_alone and limits):
        prices.add(told.reference)
    if told.prices == AuctionPrices.EVERY_TICK and prices:
        prices = set(range(min(prices), max(prices) + 1))
    volumes = {price: at(bids, asks, price)[0] for price in prices}
    volume = max(volumes.values(), default=0)
    if volume == 0:
        return None
    remaining = sorted(price for price in prices if volumes[price] == volume)
    price = (remaining[0] + remaining[-1]) // 2
    if told.rule != AuctionRule.MIDPOINT:
        price = chosen({price: at(bids, asks, price)[1] for price in remaining}, told)
    return price, *at(bids, asks, price)


def chosen(surplus: dict[int, int], told: Terms) -> int:
    """Return one of the prices by what is left over at them."""
    least = min(map(abs, surplus.values()))
    remaining = sorted(price for price in surplus if abs(surplus[price]) == least)
    buying = [price for price in remaining if surplus[price] > 0]
    selling = [price for price in remaining if surplus[price] < 0]
    if told.rule == AuctionRule.LOWEST:
        return remaining[0]
    goal = told.reference
    if buying == remaining or selling == remaining:
        goal = remaining[-1] if buying else remaining[0]
        share = told.upper if buying else told.lower
        if told.reference is not None and share is not None:
            distance = abs(told.reference) * share * (1 if buying else -1)
            goal = half_up(told.reference * MILLION + distance, MILLION)
    elif buying and told.rule == AuctionRule.REVERSAL:
        remaining = [buying[-1], selling[0]]
    return remaining[0] if goal is None else sorted([remaining[0], goal, remaining[-1]])[1]


@given(SMALL, SMALL, terms(st.integers(-6, 8)))
def test_the_price_is_the_one_that_a_search_of_every_tick_finds(
    bids: Interest, asks: Interest, told: Terms
) -> None:
    expected = searched(bids, asks, told)
    for functions in (auctions, reference):
        found = functions.uncross_price(bids, asks, **told._asdict())
        assert expected == (None if found is None else found[:3])


@given(WIDE, WIDE, terms(st.integers(LOWEST, HIGHEST) | st.sampled_from([LOWEST, HIGHEST])))
def test_the_compiled_price_is_that_of_the_reference_for_64_bits(
    bids: Interest, asks: Interest, told: Terms
) -> None:
    found = auctions.uncross_price(bids, asks, **told._asdict())
    assert found == reference.uncross_price(bids, asks, **told._asdict())


@given(SMALL, SMALL, st.integers(-5, 7))
def test_fills_are_those_of_the_reference_and_trade_the_volume(
    bids: Interest, asks: Interest, price: int
) -> None:
    fills = auctions.auction_fills(bids, asks, price)
    assert fills == reference.auction_fills(bids, asks, price)
    assert sum(fill.quantity for fill in fills) == at(bids, asks, price)[0]


def test_fills_go_by_market_then_limit_then_time(functions: ModuleType) -> None:
    bids = [(101, 5), (100, 5), (None, 5), (102, 5), (101, 5), (99, 5)]
    asks = [(100, 30)]
    fills = functions.auction_fills(bids, asks, 100)
    assert [fill.bid for fill in fills] == [2, 3, 0, 4, 1]
    mirrored = functions.auction_fills(
        [(-100, 30)], [(None if limit is None else -limit, lots) for limit, lots in bids], -100
    )
    assert mirrored == [AuctionFill(fill.ask, fill.bid, fill.quantity) for fill in fills]


def test_no_price_is_looked_at_beyond_all_limits_and_the_reference(functions: ModuleType) -> None:
    """A tick higher none of those with a limit would buy, and no surplus would be left."""
    bids: Interest = [(None, 40), (100, 10)]
    asks: Interest = [(90, 40)]
    assert at(bids, asks, 101) == (40, 0)
    assert functions.uncross_price(bids, asks) == (100, 40, 10, 90, 100)
    assert functions.uncross_price(bids, asks, reference=99) == (100, 40, 10, 90, 100)
    assert functions.uncross_price(bids, asks, reference=103) == (103, 40, 0, 101, 103)
    mirrored = [(-90, 40)], [(None, 40), (-100, 10)]
    assert functions.uncross_price(*mirrored) == (-100, 40, -10, -100, -90)


def test_prices_at_both_ends_of_64_bits(functions: ModuleType) -> None:
    bids, asks = [(HIGHEST, HIGHEST)], [(LOWEST, HIGHEST)]
    assert functions.uncross_price(bids, asks) == Uncrossing(LOWEST, HIGHEST, 0, LOWEST, HIGHEST)
    middle = functions.uncross_price(bids, asks, rule=AuctionRule.MIDPOINT)
    assert middle is not None
    assert middle.price == -1


@given(
    st.lists(st.integers(0, 9) | st.integers(0, 2**59), max_size=6),
    st.integers(0, 40) | st.integers(0, HIGHEST),
    st.integers(0, 5),
    st.data(),
)
def test_allocation_is_that_of_the_reference_and_gives_what_there_is(
    sizes: list[int], quantity: int, minimum: int, data: st.DataObject
) -> None:
    lots = st.integers(0, 12)
    tops = st.builds(TopOrder, st.integers(0, max(len(sizes) - 1, 0)), lots, st.none() | lots)
    top = data.draw(st.none() | tops) if sizes else None
    found = auctions.allocate(sizes, quantity, minimum=minimum, top=top)
    assert found == reference.allocate(sizes, quantity, minimum=minimum, top=top)
    assert sum(found) == min(quantity, sum(sizes))
    assert all(0 <= lots <= size for lots, size in zip(found, sizes, strict=True))
    shares = auctions.pro_rata(sizes, quantity, minimum=minimum)
    assert shares == reference.pro_rata(sizes, quantity, minimum=minimum)
    assert auctions.by_time(sizes, quantity) == reference.by_time(sizes, quantity)


def test_the_top_order_has_a_minimum_and_a_maximum(functions: ModuleType) -> None:
    sizes = [150, 8, 160]
    top = TopOrder(0, minimum=10, maximum=100)
    assert functions.allocate(sizes, 200, minimum=1, top=top) == [124, 3, 73]
    too_small = TopOrder(1, minimum=10, maximum=100)
    assert functions.allocate(sizes, 200, minimum=1, top=too_small) == [95, 5, 100]


@pytest.mark.parametrize(
    ("call", "arguments", "error", "message"),
    [
        ("uncross_price", ([(1, 0)], []), OverflowError, "a quantity of bids was 0"),
        ("uncross_price", ([], [(2**63, 1)]), OverflowError, "a price of asks was"),
        ("uncross_price", ([(1, HIGHEST), (None, 1)], []), OverflowError, "bids were more than"),
        ("uncross_price", ([(1.5, 1)], []), TypeError, "a price of bids was 1.5"),
        ("auction_fills", ([], [], None), TypeError, "price was None"),
        ("by_time", ([-1], 1), OverflowError, "a size was -1"),
        ("by_time", ([HIGHEST, 1], 1), OverflowError, "sizes were more than"),
        ("pro_rata", ([1], -1), OverflowError, "quantity was -1"),
    ],
)
def test_what_no_auction_can_hold_is_refused(
    call: str, arguments: Sequence[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        getattr(auctions, call)(*arguments)


def test_terms_outside_their_range_are_refused() -> None:
    with pytest.raises(OverflowError, match="upper was 1000001"):
        auctions.uncross_price([(1, 1)], [(1, 1)], upper=MILLION + 1)
    with pytest.raises(CommandError, match="rule was 9, not one of"):
        auctions.uncross_price([], [], rule=9)  # type: ignore[arg-type]
    for place in (-1, 1):
        with pytest.raises(IndexError, match=f"top.place was {place}, of 1 orders"):
            auctions.allocate([5], 1, top=TopOrder(place))
