"""Price bands: which trades they bind, what is refused, and what is canceled.

Every test runs on both implementations and for both sides, as banding.py has them. The band reaches
ten ticks to either side of 100, unless a test says another.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from banding import BAND, CALL, LAST, MARK, REFERENCE, TAKER, TEN_PERCENT, at_market, banded, place
from linking import NONE, told
from streams import INT64_MAX, INT64_MIN
from views import at, fills, other, queue, statuses

from engine import (
    ALL_OR_NONE,
    AT_THE_CLOSE,
    BUDGET,
    BUY,
    DAY,
    FOK,
    GOOD_FOR_AUCTION,
    HIDDEN,
    IOC,
    MARKET,
    MARKET_TO_LIMIT,
    MINIMUM_EACH,
    POST_ONLY,
    PROTECTED,
    SELL,
    SLIDE,
    STOP,
    STOP_LIMIT,
    BandAction,
    Engine,
    ExecType,
    Instrument,
    Phase,
    RejectReason,
    ReportFlag,
    SelfTradeMode,
    Side,
)
from engine.reference.bands import band_around

# -- which prices


@pytest.mark.parametrize(
    ("centre", "millionths", "band"),
    [
        (100, TEN_PERCENT, (90, 110)),
        (109, TEN_PERCENT, (99, 119)),
        (-100, TEN_PERCENT, (-110, -90)),
        (-109, TEN_PERCENT, (-119, -99)),
        (9, TEN_PERCENT, (9, 9)),
        (0, 10**6, (0, 0)),
        (5, 10**6, (0, 10)),
        (-5, 10**6, (-10, 0)),
        (10**6, 1, (10**6 - 1, 10**6 + 1)),
        (10**6 - 1, 1, (10**6 - 1, 10**6 - 1)),
        (INT64_MAX, 1, (INT64_MAX - INT64_MAX // 10**6, INT64_MAX)),
        (INT64_MIN, 1, (INT64_MIN, INT64_MIN + 2**63 // 10**6)),
        (INT64_MAX, 10**6, (0, INT64_MAX)),
        (INT64_MIN, 10**6, (INT64_MIN, 0)),
        (2**62, 999_999, (2**62 - 2**62 * 999_999 // 10**6, 2**62 + 2**62 * 999_999 // 10**6)),
    ],
)
def test_a_band_is_a_part_of_its_middle_in_whole_ticks(
    make_book: Any, centre: int, millionths: int, band: tuple[int, int]
) -> None:
    for name, source in (("static_band", REFERENCE), ("dynamic_band", LAST)):
        book = make_book(**{name: millionths})
        book.set_price(source, centre)
        assert book.price_band() == band == tuple(band_around(centre, millionths))


def test_a_band_whose_middle_is_not_known_binds_nothing(make_book: Any, side: Side) -> None:
    for terms in ({"static_band": 1}, {"dynamic_band": 1}):
        book = make_book(**terms)
        assert book.price_band() is None
        book.set_price(MARK, 100)
        place(book, side, 40)
        assert book.price_band() is None
        assert at_market(book, side, 5).filled_quantity == 5


def test_without_bands_there_is_none(book: Any) -> None:
    book.set_price(REFERENCE, 100)
    book.set_price(LAST, 100)
    assert book.price_band() is None


def test_the_static_band_is_around_the_reference_alone(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 5)
    at_market(book, side, 5)
    assert book.last_trade() == (at(side, 5), 5)
    assert book.price_band() == (90, 110)
    book.set_price(REFERENCE, 200)
    assert book.price_band() == (180, 220)


def test_the_dynamic_band_follows_the_last_price(make_book: Any, side: Side) -> None:
    book = make_book(dynamic_band=TEN_PERCENT)
    place(book, side, 0, 10)
    at_market(book, side, 5, 50)
    assert book.price_band() == (90, 110)
    at_market(book, side, 5, 51)
    assert book.price_band() == {BUY: (99, 121), SELL: (81, 99)}[side]
    book.set_price(LAST, 50)
    assert book.price_band() == (45, 55)


def test_with_two_bands_trades_lie_in_both(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 4, 5, 6, dynamic_band=20_000)
    book.set_price(LAST, at(side, 3))
    assert book.price_band() == {BUY: (101, 105), SELL: (96, 98)}[side]
    reached = {BUY: [4, 5], SELL: [4]}[side]
    report = at_market(book, side, 20)
    assert [price for _, price, _ in fills(report)] == [at(side, ticks) for ticks in reached]
    book.set_price(LAST, at(side, 10))
    assert book.price_band() == {BUY: (108, 110), SELL: (90, 91)}[side]


def test_where_the_bands_have_no_price_in_common_nothing_trades(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 1, 5, dynamic_band=10_000)
    book.set_price(LAST, 150)
    assert book.price_band() == (149, 110)
    assert told(at_market(book, side, 5))[1:] == [(TAKER, "CANCELED", BAND, 0)]
    limit = book.submit(side, at(side, 5), 5, 51)
    assert limit.exec_type == {BUY: ExecType.CANCELED, SELL: ExecType.REJECTED}[side]
    assert queue(book, other(side)) == [(1, 5), (5, 5)]


def test_the_engine_tells_the_band_in_decimals() -> None:
    venue = Engine()
    terms = {"tick_size": "0.05", "lot_size": 1, "static_band": "0.1"}
    venue.add_instrument(Instrument(symbol="OIL", **terms))
    assert venue.price_band("OIL") is None
    venue.set_price("OIL", "reference", "-20.00")
    assert venue.price_band("OIL") == (Decimal("-22.00"), Decimal("-18.00"))


# -- what is refused


def test_a_limit_beyond_the_band_is_refused(make_book: Any, side: Side) -> None:
    book = banded(make_book, side)
    before = book.state_hash()
    report = book.submit(side, at(side, 11), 5, 1)
    assert report.reject_reason == RejectReason.PRICE_OUTSIDE_BAND
    assert book.state_hash() == before
    assert book.submit(side, at(side, 10), 5, 2).exec_type == ExecType.NEW


def test_a_limit_on_the_other_side_of_the_band_is_not_refused(make_book: Any, side: Side) -> None:
    book = banded(make_book, side)
    for order_id, ticks in enumerate((-10, -11, -99), start=1):
        assert book.submit(side, at(side, ticks), 5, order_id).exec_type == ExecType.NEW


@pytest.mark.parametrize(
    "more",
    [
        {"time_in_force": IOC},
        {"time_in_force": FOK},
        {"time_in_force": DAY},
        {"flags": POST_ONLY},
        {"flags": POST_ONLY | SLIDE},
        {"flags": ALL_OR_NONE},
        {"flags": HIDDEN},
        {"flags": MINIMUM_EACH, "minimum_quantity": 2},
        {"minimum_quantity": 2},
        {"display_quantity": 1},
    ],
    ids=str,
)
def test_every_kind_of_limit_order_is_refused_beyond_the_band(
    make_book: Any, side: Side, more: dict[str, int]
) -> None:
    book = banded(make_book, side, 1)
    report = book.submit(side, at(side, 11), 5, TAKER, **more)
    assert report.reject_reason == RejectReason.PRICE_OUTSIDE_BAND


@pytest.mark.parametrize(
    "more",
    [
        {"order_type": STOP_LIMIT, "trigger_price": 100},
        {"time_in_force": GOOD_FOR_AUCTION},
        {"time_in_force": AT_THE_CLOSE},
        {"flags": 512, "linked_order_id": 1},
        {"order_type": MARKET, "price": 0, "flags": PROTECTED, "bound": 100},
    ],
    ids=str,
)
def test_what_does_not_come_to_trade_at_a_limit_is_not_refused(
    make_book: Any, side: Side, more: dict[str, int]
) -> None:
    book = banded(make_book, side, -20)
    fields = {"side": side, "price": at(side, 30), "quantity": 5, "order_id": TAKER} | more
    if fields.get("bound"):
        fields["bound"] = at(side, 30)
    assert book.submit(**fields).reports["exec_type"][0] == ExecType.NEW


def test_no_limit_is_refused_outside_continuous_trading(make_book: Any, side: Side) -> None:
    for phase in (Phase.PRE_OPEN, Phase.OPENING_CALL, Phase.VOLATILITY_CALL, Phase.CLOSING_CALL):
        book = banded(make_book, side)
        book.set_phase(phase)
        assert book.submit(side, at(side, 50), 5, 1).exec_type == ExecType.NEW
        assert book.replace(1, at(side, 60), 7).exec_type == ExecType.REPLACED


def test_an_order_is_not_replaced_beyond_the_band(make_book: Any, side: Side) -> None:
    book = banded(make_book, side)
    book.submit(side, at(side), 5, 1)
    report = book.replace(1, at(side, 11), 5)
    assert report.reject_reason == RejectReason.PRICE_OUTSIDE_BAND
    assert queue(book, side, at(side)) == [(1, 5)]
    assert book.replace(1, at(side, 10), 5).exec_type == ExecType.REPLACED
    assert queue(book, side, at(side, 10)) == [(1, 5)]


def test_an_order_that_the_band_has_left_behind_is_made_smaller_in_its_place(
    make_book: Any, side: Side
) -> None:
    book = banded(make_book, side)
    book.submit(side, at(side, 8), 5, 1)
    book.set_price(REFERENCE, at(side, -10))
    assert book.replace(1, at(side, 8), 4).exec_type == ExecType.REPLACED
    assert book.replace(1, at(side, 8), 5).reject_reason == RejectReason.PRICE_OUTSIDE_BAND
    assert book.reduce(1, 1).exec_type == ExecType.REPLACED
    assert queue(book, side) == [(1, 3)]


# -- what trades as far as the band


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"time_in_force": IOC},
        {"flags": PROTECTED, "bound": "far"},
        {"flags": PROTECTED, "bound": "far", "time_in_force": IOC},
        {"flags": BUDGET, "bound": 10**6},
        {"minimum_quantity": 10},
        {"self_trade_mode": SelfTradeMode.CANCEL_OLDEST},
    ],
    ids=str,
)
def test_a_market_order_trades_as_far_as_the_band(
    make_book: Any, side: Side, more: dict[str, Any]
) -> None:
    """The bound belongs to the band."""
    book = banded(make_book, side, 9, 10, 11)
    bound = {"bound": at(side, 30)} if more.get("bound") == "far" else {}
    report = at_market(book, side, 20, account=1, **(more | bound))
    assert fills(report) == [(9, at(side, 9), 5), (10, at(side, 10), 5)]
    assert told(report)[-1] == (TAKER, "CANCELED", BAND, 0)
    assert (report.last_quantity, report.filled_quantity) == (10, 10)
    assert queue(book, other(side)) == [(11, 5)]
    assert book.phase == Phase.CONTINUOUS


def test_the_flag_says_that_somebody_was_there(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 9)
    assert told(at_market(book, side, 20))[-1] == (TAKER, "CANCELED", NONE, 0)
    place(book, side, 9, 11)
    assert told(at_market(book, side, 5))[-1] == (TAKER, "TRADE", NONE, 0)
    place(book, side, 9)
    spent = at_market(book, side, 20, flags=BUDGET, bound=at(side, 9) * 4)
    assert told(spent)[-1] == (TAKER, "CANCELED", NONE, 0)


def test_a_worst_price_within_the_band_comes_before_it(make_book: Any, side: Side) -> None:
    book = banded(make_book, side, 9, 11)
    at_market(book, side, 20, flags=PROTECTED, bound=at(side, 10))
    assert queue(book, side, at(side, 10)) == [(TAKER, 15)]


def test_a_market_to_limit_order_finds_its_price_within_the_band(
    make_book: Any, side: Side
) -> None:
    book = banded(make_book, side, 10, 11)
    at_market(book, side, 8, order_type=MARKET_TO_LIMIT)
    assert queue(book, side, at(side, 10)) == [(TAKER, 3)]
    book.cancel(TAKER)
    report = at_market(book, side, 8, order_type=MARKET_TO_LIMIT)
    assert told(report)[1:] == [(TAKER, "CANCELED", BAND, 0)]


def test_icebergs_and_hidden_orders_are_met_within_the_band_alone(
    make_book: Any, side: Side
) -> None:
    book = banded(make_book, side)
    book.submit(other(side), at(side, 10), 5, 1, display_quantity=2)
    book.submit(other(side), at(side, 10), 5, 2, flags=HIDDEN)
    book.submit(other(side), at(side, 11), 5, 3, flags=HIDDEN)
    report = at_market(book, side, 20)
    assert sum(quantity for _, _, quantity in fills(report)) == 10
    assert told(report)[-1] == (TAKER, "CANCELED", BAND, 0)
    assert queue(book, other(side)) == [(3, 5)]


@pytest.mark.parametrize("action", list(BandAction))
def test_what_must_fill_counts_what_is_within_the_band(
    make_book: Any, side: Side, action: BandAction
) -> None:
    """What is refused changes nothing, and begins no call."""
    book = banded(make_book, side, 9, 10, 11, band_action=action)
    before = book.state_hash()
    killed = at_market(book, side, 11, time_in_force=FOK)
    assert killed.reject_reason == RejectReason.FOK_CANNOT_FILL
    whole = at_market(book, side, 11, flags=ALL_OR_NONE)
    assert whole.reject_reason == RejectReason.FOK_CANNOT_FILL
    least = at_market(book, side, 20, minimum_quantity=11)
    assert least.reject_reason == RejectReason.MINIMUM_CANNOT_FILL
    assert book.state_hash() == before
    assert at_market(book, side, 10, time_in_force=FOK).filled_quantity == 10
    assert book.phase == Phase.CONTINUOUS


@pytest.mark.parametrize("action", list(BandAction))
def test_a_triggered_order_that_cannot_have_its_least_is_canceled(
    make_book: Any, side: Side, action: BandAction
) -> None:
    book = banded(make_book, side, 9, 11, band_action=action)
    stop = {"order_type": STOP, "trigger_price": 100, "trigger_source": MARK}
    book.submit(side, 0, 8, TAKER, time_in_force=FOK, **stop)
    assert told(book.set_price(MARK, 100))[-1] == (TAKER, "CANCELED", BAND, 0)
    assert (book.phase, queue(book, other(side))) == (Phase.CONTINUOUS, [(9, 5), (11, 5)])


def test_a_stop_limit_beyond_the_band_trades_as_far_as_the_band(make_book: Any, side: Side) -> None:
    stop = {"order_type": STOP_LIMIT, "trigger_price": 100, "trigger_source": MARK}
    book = banded(make_book, side, 9, 11)
    book.submit(side, at(side, 20), 8, TAKER, **stop)
    report = book.set_price(MARK, 100)
    assert fills(report) == [(9, at(side, 9), 5)]
    assert told(report)[-1] == (TAKER, "CANCELED", BAND, 0)
    book.submit(side, at(side, 10), 8, TAKER, **stop)
    book.set_price(MARK, 100)
    assert queue(book, side) == [(TAKER, 8)]


@pytest.mark.parametrize("action", list(BandAction))
def test_a_price_that_is_too_good_lies_outside_as_well(
    make_book: Any, side: Side, action: BandAction
) -> None:
    """The band has moved away from an order. Whoever comes meets it first, and nobody trades."""
    book = banded(make_book, side, band_action=action)
    book.set_price(REFERENCE, at(side, -30))
    place(book, side, -20, -5)
    book.set_price(REFERENCE, 100)
    report = book.submit(side, at(side), 8, TAKER)
    assert fills(report) == []
    if action == BandAction.REJECT:
        assert told(report)[1:] == [(TAKER, "CANCELED", BAND, 0)]
    else:
        assert book.phase == Phase.VOLATILITY_CALL
        assert queue(book, side) == [(TAKER, 8)]


def test_self_trades_are_prevented_outside_the_band_too(make_book: Any, side: Side) -> None:
    """A band binds trades: an order of the same account is taken out wherever it is met."""
    book = banded(make_book, side)
    book.submit(other(side), at(side, 9), 5, 1, 7)
    book.submit(other(side), at(side, 11), 5, 2, 7)
    book.submit(other(side), at(side, 12), 5, 3, 8)
    mode = {"account": 7, "self_trade_mode": SelfTradeMode.CANCEL_OLDEST}
    assert told(at_market(book, side, 8, **mode))[1:] == [
        (1, "CANCELED", ReportFlag.SELF_TRADE, 0),
        (2, "CANCELED", ReportFlag.SELF_TRADE, 0),
        (TAKER, "CANCELED", BAND, 0),
    ]
    assert queue(book, other(side)) == [(3, 5)]


def test_an_orders_own_fills_do_not_move_its_band(make_book: Any, side: Side) -> None:
    book = make_book(dynamic_band=50_000)
    book.set_price(LAST, 100)
    place(book, side, 3, 5, 6, 10)
    report = at_market(book, side, 20)
    assert fills(report) == [(3, at(side, 3), 5), (5, at(side, 5), 5)]
    assert told(report)[-1] == (TAKER, "CANCELED", BAND, 0)
    assert fills(at_market(book, side, 5)) == [(6, at(side, 6), 5)]


@pytest.mark.parametrize("edge", [INT64_MIN, INT64_MAX], ids=["lowest", "highest"])
def test_a_band_at_the_edge_of_64_bits(make_book: Any, side: Side, edge: int) -> None:
    inward = 1 if edge < 0 else -1
    book = make_book(static_band=1)
    book.set_price(REFERENCE, edge)
    width = 2**63 // 10**6 if edge < 0 else INT64_MAX // 10**6
    for number, ticks in enumerate((0, 1, width - 1, width), start=1):
        book.submit(other(side), edge + inward * ticks, 5, number)
        assert at_market(book, side, 5).filled_quantity == 5
    book = make_book(static_band=1)
    book.submit(other(side), edge + inward * (width + 1), 5, 9)
    book.set_price(REFERENCE, edge)
    assert told(at_market(book, side, 5))[1:] == [(TAKER, "CANCELED", BAND, 0)]


def test_negative_prices(make_book: Any, side: Side) -> None:
    book = make_book(static_band=TEN_PERCENT)
    book.set_price(REFERENCE, -100)
    for number, ticks in enumerate((0, 10, 11), start=1):
        book.submit(other(side), -100 + side * ticks, 5, number)
    report = at_market(book, side, 20)
    assert fills(report) == [(1, -100, 5), (2, -100 + side * 10, 5)]
    far = book.submit(side, -100 + side * 11, 5)
    assert far.reject_reason == RejectReason.PRICE_OUTSIDE_BAND


# -- orders that pass each other over


def test_an_all_or_none_order_rests_and_waits_for_what_is_within(
    make_book: Any, side: Side
) -> None:
    book = banded(make_book, side, 9, 11, **CALL)
    report = book.submit(side, at(side, 15), 10, TAKER, flags=ALL_OR_NONE)
    assert statuses(report) == ["NEW NEW"]
    assert (book.phase, queue(book, side)) == (Phase.CONTINUOUS, [(TAKER, 10)])
    report = book.submit(other(side), at(side, 10), 5, 10)
    assert fills(report) == [(9, at(side, 9), 5), (10, at(side, 10), 5)]
    assert queue(book, other(side)) == [(11, 5)]


@pytest.mark.parametrize("action", list(BandAction))
def test_an_order_with_a_minimum_for_each_fill_rests_at_the_band(
    make_book: Any, side: Side, action: BandAction
) -> None:
    book = banded(make_book, side, 9, 11, band_action=action)
    stop = {"order_type": STOP_LIMIT, "trigger_price": 100, "trigger_source": MARK}
    book.submit(side, at(side, 15), 9, TAKER, flags=MINIMUM_EACH, minimum_quantity=2, **stop)
    assert fills(book.set_price(MARK, 100)) == [(9, at(side, 9), 5)]
    assert (book.phase, queue(book, side)) == (Phase.CONTINUOUS, [(TAKER, 4)])
    assert fills(book.submit(other(side), at(side, 16), 5, 16)) == []
    assert fills(book.set_price(REFERENCE, at(side, 2))) == [(11, at(side, 11), 4)]


# -- auctions


def test_auctions_have_no_band_and_give_the_next_its_middle(make_book: Any, side: Side) -> None:
    book = banded(make_book, side)
    book.set_phase(Phase.OPENING_CALL)
    book.submit(side, at(side, 30), 5, 1)
    book.submit(other(side), at(side, 30), 3, 2)
    assert book.price_band() == (90, 110)
    book.set_phase(Phase.CONTINUOUS)
    assert book.last_trade() == (at(side, 30), 3)
    assert book.price_band() == {BUY: (117, 143), SELL: (63, 77)}[side]


def test_an_auction_without_a_trade_leaves_the_reference(make_book: Any, side: Side) -> None:
    book = banded(make_book, side)
    book.set_phase(Phase.OPENING_CALL)
    book.submit(side, at(side, 30), 5, 1)
    book.set_phase(Phase.CONTINUOUS)
    assert book.price_band() == (90, 110)


@pytest.mark.parametrize("name", ["static_band", "dynamic_band"])
def test_only_a_static_band_takes_its_reference_from_auctions(
    make_book: Any, side: Side, name: str
) -> None:
    book = make_book(**{name: TEN_PERCENT})
    book.set_price(REFERENCE, 100)
    book.set_phase(Phase.OPENING_CALL)
    book.submit(side, at(side, 30), 3, 1)
    book.submit(other(side), at(side, 30), 3, 2)
    book.uncross()
    at_market(book, side, 1, 3)
    at_market(book, other(side), 1, 4)
    at_reference = {"static_band": at(side, 30), "dynamic_band": 100}[name]
    assert book.indicative().price == at_reference
