"""Anything that Python can hand over, at every door of the library: a little of it.

long_fuzz.py goes on with the same properties. What it found has a test of its own below.
"""

from __future__ import annotations

from decimal import Decimal
from time import process_time
from typing import Any

import edge_attacks
import edge_faces
import numpy as np
import pytest

from engine import (
    BUY,
    COMMAND_DTYPE,
    FEED_DTYPE,
    TRADE_DTYPE,
    Core,
    Engine,
    EngineError,
    ExecutionReport,
    FeedError,
    FeeSchedule,
    GridError,
    Instrument,
    MetricsError,
    OrderFilters,
    ShardedEngine,
    ShardPlacement,
    SpecificationError,
    auctions,
    calc,
    reference,
)
from engine.capacity import PincexInputs
from engine.feed import BoundedQueue, Conflator, Partitioner
from engine.measurement import LatencyHistogram
from engine.metrics import Metrics
from engine.policy import RiskAccount
from engine.settlement import SettlementBatcher, net_trades
from engine.workloads import workload

EXAMPLES = 60


@pytest.mark.parametrize("name", edge_attacks.PROPERTIES)
def test_what_comes_over_the_edge_is_answered_or_refused(name: str) -> None:
    edge_attacks.run(name, examples=EXAMPLES)


# -- what was found


@pytest.mark.parametrize("name", ["explain", "numbers_behind", "fee_of"])
@pytest.mark.parametrize("wrong", [None, 5, "report"])
def test_what_is_no_report_is_told_with_its_type(name: str, wrong: Any) -> None:
    venue = edge_attacks.new_venue(True)
    with pytest.raises(TypeError, match=f"report was .*, of {type(wrong).__name__}, not an Exec"):
        getattr(venue, name)(wrong)


def foreign_report() -> ExecutionReport:
    """Return a refused order, with numbers behind it, of an instrument that no venue here has."""
    core = Core()
    for _ in range(9):
        core.add_instrument(static_band=10_000)
    book = core.book(8)
    book.set_price(3, 100)
    return book.submit(BUY, 200, 1)


def test_a_report_of_another_engine_is_refused_where_its_instrument_is_asked_for() -> None:
    report = foreign_report()
    assert report.reject_reason.name == "PRICE_OUTSIDE_BAND"
    venue: Engine = edge_attacks.new_venue(True)
    for ask in (venue.explain, venue.numbers_behind):
        with pytest.raises(EngineError, match="report was of instrument 8, of 2 added"):
            ask(report)


@pytest.mark.parametrize("count", [-1, -(10**5000)], ids=["-1", "long"])
def test_no_queue_gives_fewer_than_no_messages(count: int) -> None:
    queue = edge_faces.new_queue()
    with pytest.raises(FeedError, match=r"count was .*, must be 0 or more"):
        queue.take(count)
    assert len(queue.take()) == 3


@pytest.mark.parametrize("wrong", [None, "ab", [1], np.zeros(2), np.zeros((1, 1), FEED_DTYPE)])
def test_what_are_no_messages_is_refused_and_changes_nothing(wrong: Any) -> None:
    told = "messages was .*, must be an array of FEED_DTYPE with one dimension"
    queue, conflator = edge_faces.new_queue(), Conflator()
    partitioner, replica = Partitioner(symbols={0: "X"}), edge_faces.new_replica()
    before = replica.snapshot().tobytes()
    for call in (queue.put, replica.read):
        with pytest.raises(FeedError, match=told):
            call(wrong)
    for take in (conflator.take, partitioner.take):
        with pytest.raises(FeedError, match=told):
            take(wrong, 0)
        with pytest.raises(TypeError):
            take(queue.take(), None)  # type: ignore[arg-type]
    assert (len(queue), len(conflator.flush()), partitioner.flush()) == (0, 0, [])
    assert replica.snapshot().tobytes() == before


@pytest.mark.parametrize("wrong", [True, 5, [10**5000]])
def test_what_is_of_another_kind_is_told(wrong: Any) -> None:
    instrument = Instrument(symbol="X", tick_size=1, lot_size=1)
    asked: list[tuple[Any, str, str]] = [
        (ShardPlacement(3).shard_of, "symbol", "str"),
        (Partitioner().partition_of, "symbol", "str"),
        (LatencyHistogram().merge, "other", "LatencyHistogram"),
        (LatencyHistogram().record_many, "durations", "ndarray"),
        (lambda it: edge_faces.new_chain().check(it, it), "proposal", "Proposal"),
        (lambda it: auctions.allocate([1], 1, top=it), "top", "TopOrder"),
        (Engine().add_listing, "listing", "Listing"),
        (instrument.with_fees, "fees", "FeeSchedule"),
        (instrument.with_margin, "margin", "MarginSchedule"),
        (lambda it: Metrics().record(it, 0), "reports", "ndarray"),
        (lambda it: Metrics().read(it, 0), "keeper", "CounterKeeper"),
        (lambda it: Metrics().read_positions(it, 0), "keeper", "PositionKeeper"),
    ]
    for ask, name, kind in asked:
        with pytest.raises(TypeError, match=f"{name} was .*, not a {kind}"):
            ask(wrong)
    proposal = edge_faces.new_proposal()
    with pytest.raises(TypeError, match=r"account was .*, not a RiskAccount"):
        edge_faces.new_chain().check(proposal, wrong)


@pytest.mark.parametrize("wrong", [None, 5, [10**5000], {"maker": 1}])
def test_what_is_no_text_is_no_specification(wrong: Any) -> None:
    for read, form in ((FeeSchedule.from_json, "JSON"), (FeeSchedule.from_toml, "TOML")):
        with pytest.raises(SpecificationError, match=f"FeeSchedule: no {form}: .*, of "):
            read(wrong)


@pytest.mark.parametrize("wrong", [None, 5, [1], {1: 2}, {1: 2, "maker": 1}])
@pytest.mark.parametrize("kind", [FeeSchedule, PincexInputs])
def test_what_is_no_table_is_no_specification(kind: Any, wrong: Any) -> None:
    with pytest.raises(SpecificationError, match=r" was .*, must be a table of fields"):
        kind.from_dict(wrong)


@pytest.mark.parametrize("large", ["1e9999999", "-1e400", 10**400, "1e-401", Decimal("1e-9999999")])
def test_numbers_without_end_are_refused_before_they_are_reckoned_with(large: Any) -> None:
    told = "must be below 1e400 and have at most 400 decimal places"
    for ask in (
        lambda: calc.round_trip_fee(*[large] * 5),
        lambda: calc.position_value([1, large], 2),
        lambda: OrderFilters(tick_size=1).check(price=large),
        lambda: OrderFilters(max_position=1).check(side="buy", position=large),
    ):
        with pytest.raises(GridError, match=told):
            ask()


def test_filters_answer_to_any_number_that_they_take() -> None:
    filters = OrderFilters(tick_size="0.01", lot_size="0.1", max_iceberg_parts=3)
    assert filters.check(price="1e399", quantity="1e399") is None
    assert filters.check(price="1e-400") == "PRICE_FILTER"
    assert filters.check(quantity="1e399", display_quantity="0.1") == "ICEBERG_PARTS"
    assert filters.check(quantity="0.3", display_quantity="0.1") is None
    assert filters.check(quantity="0.4", display_quantity="0.1") == "ICEBERG_PARTS"


@pytest.mark.parametrize("now", [2**62 + 1, 2**64, 10**40])
def test_a_time_that_figures_have_no_place_for_is_refused(now: int) -> None:
    metrics = edge_faces.new_metrics()
    for ask in (metrics.active_users, lambda time: metrics.points("api_latency_p95_ms", time)):
        with pytest.raises(MetricsError, match=f"now_ns was {now}, must be at most {2**62}"):
            ask(now)
        with pytest.raises(TypeError):
            ask(Decimal("NaN"))  # type: ignore[arg-type]
    assert metrics.active_users(2**62) == 0


def test_a_replica_of_levels_knows_of_no_orders() -> None:
    with pytest.raises(FeedError, match="channel was LEVELS, must be ORDERS to know of orders"):
        edge_faces.new_replica().orders(BUY)


def test_terms_that_are_none_do_not_spoil_a_batcher() -> None:
    batcher, trades = edge_faces.new_batcher(), np.zeros(1, TRADE_DTYPE)
    wrong: Any = None
    with pytest.raises(TypeError, match="terms was None, of NoneType, not a SettlementTerms"):
        batcher.add_instrument(wrong)
    with pytest.raises(TypeError, match=r"terms\[0\] was None, of NoneType, not a Settlement"):
        SettlementBatcher([wrong])
    with pytest.raises(TypeError, match=r"terms\[0\] was None, of NoneType, not a Settlement"):
        net_trades(trades[:0], [wrong])
    assert batcher.advance(0) == []


def test_a_deadline_is_an_integer() -> None:
    wrong: Any = Decimal("NaN")
    account = RiskAccount(balance=100, free_margin=10)
    with pytest.raises(TypeError, match="integer"):
        edge_faces.new_chain().check(edge_faces.new_proposal(), account, deadline=wrong)


HUGE = 10**5_000
"""Python raises a bare ValueError where it is to be written out."""


@pytest.mark.parametrize(
    "call",
    [
        lambda: Engine().book(HUGE),
        lambda: Engine().submit(HUGE, side="buy", price=1, quantity=1),
        lambda: Engine(accounts=True).deposit(1, HUGE, 5),
        lambda: Engine.open(HUGE),
        lambda: Engine.open("unused", durability=HUGE),
        lambda: Core().match(np.zeros(0, dtype=COMMAND_DTYPE), detail=HUGE),
        lambda: reference.Core().book(HUGE),
        lambda: reference.Core(max_orders=HUGE),
        lambda: reference.OrderBook(max_orders=HUGE),
        lambda: LatencyHistogram().record(-HUGE),
        lambda: LatencyHistogram().percentile(HUGE),
        lambda: BoundedQueue(warn_at=-HUGE),
        lambda: ShardPlacement(HUGE),
        lambda: ShardedEngine(shards=2, threads=HUGE),
        lambda: workload("thin", -HUGE),
        lambda: workload(HUGE, 5),
    ],
)
def test_a_number_that_python_cant_write_is_told_by_its_length(call: Any) -> None:
    with pytest.raises(Exception, match="16610 bits"):
        call()


@pytest.mark.parametrize("wrong", [None, 5, [(1, "3")], [HUGE]])
def test_amounts_of_shards_are_a_mapping(wrong: Any) -> None:
    venue = edge_faces.new_sharded(True)
    before = venue.state_hash()
    with pytest.raises(TypeError, match=f"amounts was .*, of {type(wrong).__name__}, not a Map"):
        venue.allocate(7, "USD", wrong)
    assert venue.state_hash() == before


def test_a_share_of_durations_is_of_a_hundred() -> None:
    for wrong in (-1, 101, HUGE, Decimal("NaN"), float("nan")):
        with pytest.raises(ValueError, match=r"percent was .*, must be from 0 to 100"):
            LatencyHistogram().percentile(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [Decimal("0.5"), 0.5, 0, 2**62, None, Decimal("NaN")])
def test_a_unit_has_a_whole_number_of_parts(wrong: Any) -> None:
    """Of Decimal("0.5") nothing was left, by which the process divided."""
    with pytest.raises(GridError, match=r"scale was .*, must be an integer from 1 to 4,6"):
        calc.units.index_payment(3, 10, 3, scale=wrong)


def test_what_counts_sources_is_an_integer() -> None:
    for wrong in (Decimal("sNaN"), 2.5, None, 0):
        with pytest.raises(GridError, match=r"sources_min was .*, must be an integer from 1 to 9"):
            calc.index_price([1, 2, 3], sources_min=wrong)  # type: ignore[arg-type]


def test_room_for_samples_is_bounded() -> None:
    assert calc.premium_average([1.0, 3.0], expected=1_000_000) is not None
    for wrong in (2**31, -1, Decimal("NaN"), 2.5, None):
        with pytest.raises(GridError, match=r"expected was .*, must be an integer from 0 to 1,"):
            calc.premium_average([1.0, 3.0], expected=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1e9999999"), True),
        (Decimal("-1e9999999"), False),
        (Decimal("sNaN"), False),
        (1001, True),
        (1000, False),
        ("1001", True),
        (None, False),
    ],
)
def test_what_makes_room_is_told_by_its_size(value: object, expected: bool) -> None:
    """An integer of 1e9999999 takes a minute: the fuzzer would not end at it."""
    started = process_time()
    assert edge_faces.is_large(value) is expected
    assert process_time() - started < 1.0
