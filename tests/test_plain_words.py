"""What a stranger hands over that is none of it: refused in our words, and nothing is misread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import (
    BUY,
    COMMAND_DTYPE,
    STOP,
    CommandError,
    Core,
    Engine,
    EngineError,
    Instrument,
    OrderBook,
    RateLimiter,
    RateTier,
    ShardedEngine,
    TriggerSource,
    UnknownCurrencyError,
    reference,
)
from engine.feed import FeedBuilder
from engine.metrics import Metrics
from engine.policy import RiskLimits
from engine.reference.feed import FeedBuilder as ReferenceFeed

OIL = Instrument(symbol="OIL", tick_size="0.01", lot_size=1)
TIER = RateTier("all", orders_per_minute=5)


@pytest.fixture
def venue() -> Engine:
    venue = Engine()
    venue.add_instrument(OIL)
    return venue


# -- without orders it is there all the same


@pytest.mark.parametrize(
    "make",
    [
        *(Engine, ShardedEngine, Core, OrderBook, reference.Core, reference.OrderBook),
        *(lambda: RateLimiter(TIER), lambda: reference.RateLimiter([TIER])),
    ],
)
def test_what_is_empty_is_true(make: Callable[[], Any]) -> None:
    made = make()
    assert len(made) == 0
    assert (made or make()) is made


# -- yes and no


@pytest.mark.parametrize("value", ["no", 0, 1, None, 1.0, []])
@pytest.mark.parametrize(
    ("name", "take"),
    [
        ("accounts", lambda value: Core(accounts=value)),
        ("accounts", lambda value: reference.Core(accounts=value)),
        ("accounts", lambda value: ShardedEngine(accounts=value)),
        ("report_numbers", lambda value: FeedBuilder(report_numbers=value)),
        ("report_numbers", lambda value: ReferenceFeed(report_numbers=value)),
        ("dark", lambda value: FeedBuilder().add_instrument(0, dark=value)),
        ("dark", lambda value: ReferenceFeed().add_instrument(0, dark=value)),
        (
            "trading_enabled",
            lambda value: RiskLimits(daily_loss_limit=1, trading_enabled=value),
        ),
        ("is_up", lambda value: Metrics().set_up(value, 0)),
    ],
)
def test_only_a_truth_is_taken_for_one(name: str, take: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(TypeError) as caught:
        take(value)
    assert str(caught.value) == f"{name} was {value!r}, of {type(value).__name__}, not a bool"


def test_a_truth_of_numpy_is_one() -> None:
    assert Core(accounts=np.True_).add_currency() == 0
    with pytest.raises(ValueError, match=r"no accounts: Core\(accounts=True\) does$"):
        Core(accounts=np.False_).add_currency()


# -- sides and sources


@pytest.mark.parametrize("side", [True, False, 1.0, -1.0, None, "buy", [1], np.True_, 0, 2])
def test_what_is_no_side_is_told_the_sides(make_book: Any, side: Any) -> None:
    book = make_book()
    before = book.state_hash()
    asked: list[Callable[[], Any]] = [
        lambda: book.submit(side, 100, 5),
        lambda: book.orders(side),
        lambda: book.top_order(side),
    ]
    if side is not None:
        asked += [lambda: book.order_count(side), lambda: book.mass_cancel(side=side)]
    for ask in asked:
        with pytest.raises(CommandError) as caught:
            ask()
        assert str(caught.value) == f"side was {side!r}, not one of BUY=1, SELL=-1"
    assert book.state_hash() == before


def test_an_integer_of_numpy_is_a_side() -> None:
    assert OrderBook().submit(np.int8(1), 100, 5).side == BUY


@pytest.mark.parametrize("member", [True, 1.0, 9, "dark", None])
def test_only_a_member_or_its_integer_is_taken_for_one(member: Any) -> None:
    with pytest.raises(CommandError, match=r"^visibility was .*, not one of LIT=0, DARK=1$"):
        OrderBook(visibility=member)


@pytest.mark.parametrize("source", ["reference", "BID", 5, TriggerSource.OFFER, "x", True])
def test_the_sources_that_an_order_can_have_are_offered(venue: Engine, source: Any) -> None:
    order = {"order_type": "stop", "trigger_price": 1, "side": "buy", "quantity": 1}
    with pytest.raises(CommandError) as caught:
        venue.submit("OIL", trigger_source=source, **order)
    offered = "not one of 'last', 'mark', 'index'"
    assert str(caught.value) == f"trigger_source was {source!r}, {offered}"
    exits = {"stop_loss": 1, "take_profit": 3, "price": 2, "quantity": 1}
    with pytest.raises(CommandError) as caught:
        venue.submit_bracket("OIL", side="buy", stop_source=source, **exits)
    assert str(caught.value) == f"stop_source was {source!r}, {offered}"
    assert venue.report_count == 0


def test_the_integer_face_offers_them_too() -> None:
    with pytest.raises(CommandError, match=r"^trigger_source was 9, not .* MARK=1, INDEX=2$"):
        OrderBook().submit(BUY, 0, 1, order_type=STOP, trigger_source=9)
    with pytest.raises(CommandError, match=r"^trigger_source was 9, not .* BID=4, OFFER=5$"):
        OrderBook().set_price(9, 1)


# -- arguments of another type

WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: OrderBook(5), "OrderBook was given 5 without a name, it takes all by name: Order"),
    (lambda: Core("x"), "Core was given 'x' without a name, it takes all by name: Core"),
    (lambda: FeedBuilder(3), "FeedBuilder was given 3 without a name"),
    (lambda: FeedBuilder(channels="x"), "channels was 'x', of str, not an integer"),
    (lambda: FeedBuilder().add_instruments(5), "instruments was 5, of int, not of Instruments"),
    (lambda: RateLimiter(5), "tiers was 5, of int, not a RateTier or several"),
    (lambda: reference.RateLimiter(5), "tiers was 5, of int, not a RateTier or several"),
    (lambda: OrderBook().mass_cancel(prices=5), "prices was 5, must be the lowest and the highest"),
    (
        lambda: OrderBook().mass_cancel(prices=(1, 2, 3)),
        "prices was (1, 2, 3), must be the lowest and the highest",
    ),
    (lambda: Engine.open(5), "path was 5, of int, not a path"),
    (lambda: Engine.open("x", group_bytes="1"), "group_bytes was '1', of str, not an integer"),
    (lambda: Engine.open("x", group_ms="1"), "group_ms was '1', of str, not a number"),
    (lambda: Engine.open("x", snapshots="1"), "snapshots was '1', of str, not an integer"),
]


@pytest.mark.parametrize(("misuse", "message"), WRONG, ids=[row[1][:30] for row in WRONG])
def test_what_is_of_another_type_is_refused_in_our_words(
    misuse: Callable[[], Any], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        misuse()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("detail", [5, None, "some"])
def test_a_detail_that_is_none_is_told_the_two(detail: Any) -> None:
    core = Core()
    core.add_instrument()
    commands = np.zeros(0, COMMAND_DTYPE)
    for match in (core.match, core.book(0).match):
        with pytest.raises(CommandError, match=r"^detail was .*, not 'all' or 'trades'$"):
            match(commands, detail=detail)


def test_questions_about_what_there_is_not_offer_what_there_is() -> None:
    core = Core()
    for ask, message in (
        (lambda: core.limit(1, 99), "limit was 99, not one of "),
        (lambda: core.rate_limit(1, 99), "limit was 99, not one of "),
        (lambda: core.rate(1, 99), "kind was 99, not one of "),
        (lambda: core.account_position(1, 0, 0), "side was 0, not one of BUY=1, SELL=-1"),
    ):
        with pytest.raises(CommandError) as caught:
            ask()
        assert str(caught.value).startswith(message)


# -- without accounts


def test_a_venue_without_accounts_says_how_to_have_some(venue: Engine) -> None:
    told = r"a venue that keeps no accounts: Engine\(accounts=True\) does$"
    for ask in (
        lambda: venue.deposit(1, "USD", 5),
        lambda: venue.withdraw(1, "USD", 5),
        lambda: venue.transfer(1, 2, "USD", 5),
        lambda: venue.balance(1, "USD"),
    ):
        with pytest.raises(UnknownCurrencyError, match=rf"^currency was 'USD', for {told}"):
            ask()
    for misuse in (
        lambda: venue.add_currency("USD", unit=1),
        lambda: venue.add_margin("OIL", 5, side="buy", account=1),
        lambda: venue.fee_of(venue.cancel(1)),
        lambda: venue.set_default_limit("order_value", 1, symbol="OIL"),
    ):
        with pytest.raises(EngineError, match=told):
            misuse()
    with pytest.raises(EngineError, match=told):
        ShardedEngine().add_currency("USD", unit=1)
