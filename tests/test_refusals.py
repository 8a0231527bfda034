"""Why a venue refused a command, in decimals and in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import engine
from engine import Engine, Instrument, RejectNumbers, RejectReason
from engine._refusals import SENTENCES

COINS = Instrument(
    symbol="BTC-USD",
    tick_size="0.01",
    lot_size="0.1",
    kind="spot",
    base="BTC",
    quote="USD",
    min_notional=1,
    max_notional=1_500,
    static_band="0.1",
    band_action="reject",
)
OIL = Instrument(
    symbol="OIL",
    tick_size="0.05",
    lot_size=10,
    kind="linear",
    quote="USD",
    max_leverage=10,
    max_price=500,
    max_quantity=10_000,
)
ALICE, BOB, CAROL = 3, 4, 5
HIGHEST = 2**63 - 1
SECOND = 10**9


@pytest.fixture
def venue() -> Engine:
    """Return a venue in which Alice and Bob have a thousand of each, and oil was traded."""
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.001")
    venue.add_currency("BTC", unit="0.01")
    for instrument in (COINS, OIL):
        venue.add_instrument(instrument)
    for account in (ALICE, BOB):
        venue.set_account(account)
        for currency in ("USD", "BTC"):
            venue.deposit(account, currency, 1_000)
    venue.submit("OIL", side="sell", price=20, quantity=30, account=BOB)
    venue.submit("OIL", side="buy", price=20, quantity=30, account=ALICE)
    return venue


def buy(venue: Engine, symbol: str = "OIL", **order: Any) -> Any:
    words = {"side": "buy", "price": 20, "quantity": 50, "account": ALICE}
    return venue.submit(symbol, **words | order)


def limited(limit: str, value: Any, **where: str) -> Any:
    """Return what sets a limit and asks for what it refuses."""

    def ask(venue: Engine) -> Any:
        venue.set_limit(ALICE, limit, value, **where)
        return buy(venue)

    return ask


def with_losses(limit: str) -> Any:
    def ask(venue: Engine) -> Any:
        venue.set_price("OIL", "mark", "19.50")
        venue.set_limit(ALICE, limit, 10, currency="USD")
        return buy(venue)

    return ask


def again(venue: Engine) -> Any:
    venue.set_limit(ALICE, "duplicate_window", "1.5")
    buy(venue, quantity=10, timestamp=SECOND)
    return buy(venue, quantity=10, timestamp=SECOND * 3 // 2)


def too_often(venue: Engine) -> Any:
    venue.set_rate("cancels_per_minute", 0)
    venue.set_rate("cancels_per_minute", 1)
    venue.mass_cancel(account=ALICE, timestamp=90 * SECOND)
    return venue.mass_cancel(account=ALICE)


def too_far(venue: Engine) -> Any:
    venue.set_limit(ALICE, "price_distance", "0.05", symbol="OIL")
    return buy(venue, price="21.05")


def isolated(*amounts: str) -> Any:
    """Return what gives an isolated position margin, the last amount of which is refused."""

    def ask(venue: Engine) -> Any:
        venue.set_account(CAROL)
        venue.deposit(CAROL, "USD", 1_000)
        venue.set_margin_mode("OIL", "isolated", account=CAROL)
        venue.submit("OIL", side="sell", price=20, quantity=30, account=BOB)
        buy(venue, quantity=30, account=CAROL)
        return [venue.add_margin("OIL", each, side="buy", account=CAROL) for each in amounts][-1]

    return ask


def outside(venue: Engine) -> Any:
    venue.set_price("BTC-USD", "reference", 10)
    return buy(venue, "BTC-USD", price="11.01", quantity=1)


OIL_HERE, DOLLARS = {"symbol": "OIL"}, {"currency": "USD"}
REFUSED: list[tuple[Any, str, str, str]] = [
    (
        lambda venue: buy(venue, price=0),
        *("0.05", "0.00", "PRICE_TOO_LOW: the price was 0.00, the lowest is 0.05"),
    ),
    (
        lambda venue: buy(venue, price=1000),
        *("500.00", "1000.00", "PRICE_TOO_HIGH: the price was 1000.00, the highest is 500.00"),
    ),
    (
        lambda venue: buy(venue, quantity=0),
        *("10", "0", "QUANTITY_TOO_SMALL: the quantity was 0, the smallest is 10"),
    ),
    (
        lambda venue: buy(venue, quantity=20_000),
        *("10000", "20000", "QUANTITY_TOO_LARGE: the quantity was 20000, the largest is 10000"),
    ),
    (
        lambda venue: buy(venue, expiry=SECOND, timestamp=2 * SECOND),
        *("2.000000000", "1.000000000"),
        "EXPIRY_PASSED: the order was to end at 1.000000000 s, the time was 2.000000000 s",
    ),
    (
        limited("order_quantity", 40, **OIL_HERE),
        *("40", "50", "ORDER_QUANTITY_LIMIT: the quantity was 50, it may be 40"),
    ),
    (
        limited("order_value", "999.9", **OIL_HERE),
        *("999.900", "1000.000"),
        "ORDER_VALUE_LIMIT: the order was worth 1000.000 USD, it may be worth 999.900",
    ),
    (
        limited("open_orders", 0),
        *("0", "0", "OPEN_ORDERS_LIMIT: the account had 0 open orders, it may have 0"),
    ),
    (
        limited("position", 70, **OIL_HERE),
        *("70", "80", "POSITION_LIMIT: the position could have been 80, it may be 70"),
    ),
    (
        limited("net_exposure", 1_500, **DOLLARS),
        *("1500.000", "1600.000"),
        "NET_EXPOSURE_LIMIT: net exposure could have been 1600.000 USD, it may be 1500.000",
    ),
    (
        limited("gross_exposure", 1_500, **DOLLARS),
        *("1500.000", "1600.000"),
        "GROSS_EXPOSURE_LIMIT: gross exposure could have been 1600.000 USD, it may be 1500.000",
    ),
    (
        with_losses("daily_loss"),
        *("10.000", "15.000"),
        "DAILY_LOSS_LIMIT: the loss of the day was 15.000 USD, the limit is 10.000",
    ),
    (
        with_losses("drawdown"),
        *("10.000", "15.000"),
        "DRAWDOWN_LIMIT: the drawdown was 15.000 USD, the limit is 10.000",
    ),
    (
        again,
        *("1.500000000", "0.500000000"),
        "DUPLICATE_ORDER: the same order came 0.500000000 s before, it may come again after"
        " 1.500000000 s",
    ),
    (
        too_often,
        *("30.000000000", "120.000000000"),
        "RATE_LIMITED: allowed again after 30.000000000 s, all of it at 120.000000000 s",
    ),
    (
        too_far,
        *("0.050000", "20.00"),
        "PRICE_TOO_FAR: the market was at 20.00, the limit may be 0.050000 of that away",
    ),
    (
        outside,
        *("11.00", "11.01"),
        "PRICE_OUTSIDE_BAND: the limit was 11.01, the price band ends at 11.00",
    ),
    (
        lambda venue: buy(venue, "BTC-USD", price="9.99", quantity="0.1"),
        *("1.000", "0.999"),
        "VALUE_TOO_SMALL: the order was worth 0.999 USD, it must be worth 1.000",
    ),
    (
        lambda venue: buy(venue, "BTC-USD", price="15.01", quantity=100),
        *("1500.000", "1501.000"),
        "VALUE_TOO_LARGE: the order was worth 1501.000 USD, it may be worth 1500.000",
    ),
    (
        lambda venue: buy(venue, reduce_only=True),
        *("0", "50"),
        "REDUCE_ONLY_WOULD_INCREASE: the quantity was 50, 0 were left to reduce",
    ),
    (
        lambda venue: buy(venue, quantity=500),
        *("940.000", "1000.000"),
        "INSUFFICIENT_FUNDS: 1000.000 USD were needed, 940.000 were there",
    ),
    (
        lambda venue: buy(venue, "BTC-USD", price="9.41", quantity=100),
        *("940.000", "941.000"),
        "INSUFFICIENT_FUNDS: 941.000 USD were needed, 940.000 were there",
    ),
    (
        lambda venue: buy(venue, "BTC-USD", side="sell", price=1, quantity="1000.1"),
        *("1000.00", "1000.10"),
        "INSUFFICIENT_FUNDS: 1000.10 BTC were needed, 1000.00 were there",
    ),
    (
        lambda venue: venue.withdraw(ALICE, "BTC", "1000.01"),
        *("1000.00", "1000.01"),
        "INSUFFICIENT_FUNDS: 1000.01 BTC were needed, 1000.00 were there",
    ),
    (
        lambda venue: venue.transfer(ALICE, BOB, "USD", "940.001"),
        *("940.000", "940.001"),
        "INSUFFICIENT_FUNDS: 940.001 USD were needed, 940.000 were there",
    ),
    (
        isolated("940.002"),
        *("940.000", "940.002"),
        "INSUFFICIENT_FUNDS: 940.002 USD were needed, 940.000 were there",
    ),
    (
        isolated("12.500", "-12.501"),
        *("12.500", "12.501"),
        "INSUFFICIENT_FUNDS: 12.501 USD were needed, 12.500 were there",
    ),
]


@pytest.mark.parametrize(
    ("ask", "limit", "found", "sentence"), REFUSED, ids=[row[-1][:40] for row in REFUSED]
)
def test_a_refusal_is_explained(
    venue: Engine, ask: Any, limit: str, found: str, sentence: str
) -> None:
    report = ask(venue)
    told = venue.numbers_behind(report)
    assert told == RejectNumbers(Decimal(limit), Decimal(found))
    assert list(map(str, told)) == [limit, found]
    assert venue.explain(report) == sentence


def test_every_reason_that_has_numbers_is_explained() -> None:
    assert {RejectReason[row[-1].partition(":")[0]] for row in REFUSED} == SENTENCES.keys()


BOUNDS: list[tuple[Any, str]] = [
    (
        lambda venue: buy(venue, order_type="stop", price=None, trigger_price=600),
        "TRIGGER_PRICE_OUT_OF_RANGE: a trigger price is from 0.05 to 500.00",
    ),
    (
        lambda venue: buy(venue, order_type="market", price=None, worst_price=600),
        "BOUND_OUT_OF_RANGE: a worst price is from 0.05 to 500.00",
    ),
    (
        lambda venue: buy(venue, order_type="peg_market", price=None, peg_limit=600),
        "BOUND_OUT_OF_RANGE: a peg limit is from 0.05 to 500.00",
    ),
    (
        lambda venue: buy(venue, order_type="market", price=None, budget="0.4"),
        "BOUND_OUT_OF_RANGE: a budget is 0.50 or more",
    ),
    (
        lambda venue: buy(venue, display_quantity=60),
        "DISPLAY_QUANTITY_OUT_OF_RANGE: a display quantity is from 10 to the quantity, and no less"
        " than a ten-thousandth of it",
    ),
    (
        lambda venue: buy(venue, minimum_quantity=60),
        "MINIMUM_QUANTITY_OUT_OF_RANGE: a minimum quantity is from 10 to the quantity",
    ),
    (
        lambda venue: buy(venue, order_type="trailing_stop", price=None, trail_by=0),
        "OFFSET_OUT_OF_RANGE: a trail is 0.05 or more",
    ),
    (
        lambda venue: buy(venue, order_type="trailing_stop", price=None, trail_rate=1),
        "OFFSET_OUT_OF_RANGE: a trail rate is from 0.000001 to 0.999999",
    ),
    (
        lambda venue: buy(venue, "BTC-USD", price=10**9, quantity=10**13),
        "VALUE_OVERFLOW: an order is worth 9223372036854775.807 USD at most",
    ),
    (
        lambda venue: venue.set_leverage("OIL", leverage="10.01", account=ALICE),
        "LEVERAGE_OUT_OF_RANGE: leverage is from 1 to 10.00, and to less where a margin tier says"
        " so",
    ),
    (
        lambda venue: venue.set_leverage("BTC-USD", leverage=1, account=ALICE),
        "LEVERAGE_OUT_OF_RANGE: a spot instrument has none",
    ),
    (
        lambda venue: venue.fund("GAS", rate="-0.9"),
        "FUNDING_RATE_OUT_OF_RANGE: the rate was -0.9, it may be from -0.0005 to 0.0005",
    ),
    (
        lambda venue: venue.set_rate("orders_per_minute", 10_000_001),
        "LIMIT_OUT_OF_RANGE: a limit, or a factor in millionths, is from 0 to 10000000",
    ),
    (
        lambda venue: venue._apply(engine.SET_LIMIT, account=ALICE, selector=1, quantity=-2),
        "LIMIT_OUT_OF_RANGE: a limit is 0 or more",
    ),
    (
        lambda venue: venue.set_account(ALICE, tier=256),
        "AMOUNT_OUT_OF_RANGE: a tier is from 0 to 255",
    ),
    (
        lambda venue: venue.set_rate("orders_per_minute", 5, tier=256),
        "AMOUNT_OUT_OF_RANGE: a tier is from 0 to 255",
    ),
    (
        lambda venue: venue.liquidate(account=ALICE, warn_from=2),
        "AMOUNT_OUT_OF_RANGE: a margin ratio to warn of is from 0 to 1",
    ),
    (isolated("0"), "AMOUNT_OUT_OF_RANGE: nothing was to be added"),
    (
        lambda venue: venue.deposit(ALICE, "BTC", "92233720368547757"),
        "AMOUNT_OUT_OF_RANGE: an amount is 0.01 BTC or more, all deposits less withdrawals are"
        " 92233720368547758.07 at most",
    ),
    *(
        (ask, "AMOUNT_OUT_OF_RANGE: an amount is 0.001 USD or more")
        for ask in (
            lambda venue: venue.withdraw(ALICE, "USD", 0),
            lambda venue: venue.transfer(ALICE, BOB, "USD", -1),
        )
    ),
]


@pytest.mark.parametrize(("ask", "sentence"), BOUNDS, ids=[row[-1][:50] for row in BOUNDS])
def test_a_refusal_whose_report_has_no_numbers_is_told_with_its_bound(
    venue: Engine, ask: Any, sentence: str
) -> None:
    gas = OIL.with_symbol("GAS").to_dict() | {"funding": engine.FundingSpec.preset("godark")}
    venue.add_instrument(Instrument(**gas))
    venue.set_price("GAS", "mark", 20)
    report = ask(venue)
    assert venue.numbers_behind(report) is None
    assert venue.explain(report) == sentence


def test_a_quantity_that_a_side_has_no_room_for_is_told_with_the_most() -> None:
    venue = Engine()
    venue.add_instrument(Instrument(symbol="OIL", tick_size="0.05", lot_size=10))
    assert venue.explain(buy(venue, quantity=10 * HIGHEST)) == "NONE"
    assert venue.explain(buy(venue)) == (
        "QUANTITY_OVERFLOW: what is open on a side, with the position, or in an order's life is"
        " 92233720368547758070 at most"
    )


def test_every_bound_is_told() -> None:
    told = {RejectReason[row[-1].partition(":")[0]].name for row in BOUNDS}
    ends = ("_OUT_OF_RANGE", "_OVERFLOW")
    named = {reason.name for reason in RejectReason if reason.name.endswith(ends)}
    assert told | {"QUANTITY_OVERFLOW"} == named


@pytest.mark.parametrize(
    ("margin", "most"), [("0.15", "6.66"), ("0.333333334", "3.00"), ("1", "1.00")]
)
def test_the_highest_leverage_that_is_told_is_taken(venue: Engine, margin: str, most: str) -> None:
    terms = OIL.to_dict() | {"symbol": "TIN", "max_leverage": None, "initial_margin": margin}
    venue.add_instrument(Instrument(**terms))
    step = Decimal("0.01")
    report = venue.set_leverage("TIN", leverage=Decimal(most) + step, account=ALICE)
    assert f"leverage is from 1 to {most}, " in venue.explain(report)
    assert venue.set_leverage("TIN", leverage=most, account=ALICE).exec_type == engine.ExecType.DONE


def test_what_has_no_numbers_is_named(venue: Engine) -> None:
    for report, name in (
        (venue.cancel(99, account=ALICE), "UNKNOWN_ORDER"),
        (buy(venue, symbol="OIL", flags=engine.SLIDE), "SLIDE_WITHOUT_POST_ONLY"),
        (buy(venue, account=9), "UNKNOWN_ACCOUNT: account 9 was never set"),
        (venue.deposit(9, "USD", 1), "UNKNOWN_ACCOUNT: account 9 was never set"),
        (buy(venue), "NONE"),
    ):
        assert venue.numbers_behind(report) is None
        assert venue.explain(report) == name


def test_an_order_that_is_canceled_later_has_none(venue: Engine) -> None:
    stop = {"order_type": "stop_limit", "trigger_price": 21, "trigger_source": "mark"}
    order = {"side": "buy", "price": 21, "quantity": 500, "account": ALICE, **stop}
    assert venue.explain(venue.submit("OIL", **order)) == "NONE"
    report = venue.set_price("OIL", "mark", 21)
    assert venue.numbers_behind(report) is None
    assert report.reports["reject_reason"].max() == RejectReason.INSUFFICIENT_FUNDS


def test_what_says_too_little_is_explained_without_numbers(venue: Engine) -> None:
    bare = Engine()
    bare.add_instrument(OIL)
    assert bare.explain(bare.set_account(1)) == (
        "UNKNOWN_ACCOUNT: it is for a venue that keeps no accounts: Engine(accounts=True) does"
    )
    report = buy(venue, order_type="market", price=5)
    assert venue.numbers_behind(report) is None
    assert venue.explain(report) == (
        "MALFORMED: a field was set that the command does not have, or an order of its type"
    )


def test_without_accounts_there_are_some_too() -> None:
    venue = Engine()
    venue.add_instrument(Instrument(symbol="OIL", tick_size="0.05", lot_size=10))
    report = buy(venue, reduce_only=True)
    assert venue.explain(report) == (
        "REDUCE_ONLY_WOULD_INCREASE: the quantity was 50, 0 were left to reduce"
    )


def test_an_account_that_was_not_set_is_named() -> None:
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.01")
    venue.set_account(7)
    oil = Instrument(
        symbol="OIL", tick_size="0.01", lot_size=1, kind="linear", quote="USD", max_leverage=10
    )
    venue.add_instrument(oil)
    asked = [
        (0, venue.submit("OIL", side="buy", price=5, quantity=1)),
        (0, venue.cancel(1)),
        (8, venue.submit("OIL", side="buy", price=5, quantity=1, account=8)),
        (9, venue.deposit(9, "USD", 5)),
        (5, venue.liquidate(account=5)),
        (6, venue.set_limit(6, "open_orders", 5)),
    ]
    for account, report in asked:
        assert venue.explain(report) == f"UNKNOWN_ACCOUNT: account {account} was never set"
    to_nobody = venue.transfer(7, 8, "USD", 5)
    assert venue.explain(to_nobody) == "UNKNOWN_ACCOUNT: account 7 or the receiver was never set"
