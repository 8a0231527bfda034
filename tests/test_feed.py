"""Market data made of reports alone shows what the books show, and nothing that they hide."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from feeds import PICTURES, Consumers, new_builder, require_same
from implementations import Implementation
from streams import Stream, command_array, random_stream

from engine import (
    ALL_OR_NONE,
    BUY,
    CANCEL,
    COMMAND_DTYPE,
    DAY,
    HIDDEN,
    IOC,
    MARKET,
    MARKET_TO_LIMIT,
    MASS_CANCEL,
    ONE_TRIGGERS_OTHER,
    PEG_PRIMARY,
    REPORT_DTYPE,
    SELL,
    SET_PHASE,
    STOP_LIMIT,
    SUBMIT,
    CommandError,
    Core,
    EngineError,
    ExecType,
    OrderBook,
    OrderFlag,
    Phase,
    ReportFlag,
    Side,
    TimeInForce,
)
from engine.feed import (
    FEED_DTYPE,
    FeedBuilder,
    FeedChannel,
    FeedError,
    FeedFlag,
    FeedKind,
    Replica,
    SequenceGapError,
    checksum,
)
from engine.reference.feed import FeedBuilder as ReferenceBuilder

LEVELS, ORDERS, TOP, TRADES = (
    FeedChannel.LEVELS,
    FeedChannel.ORDERS,
    FeedChannel.TOP,
    FeedChannel.TRADES,
)


def kinds(messages: np.ndarray, channel: FeedChannel | None = None) -> list[str]:
    """Return the names of what messages say."""
    chosen = messages if channel is None else messages[messages["channel"] == channel]
    return [FeedKind(kind).name for kind in chosen["kind"]]


def reports_by_command(core: Any, stream: Stream) -> list[np.ndarray]:
    return [core.match(stream.commands[at : at + 1]) for at in range(len(stream.commands))]


# Everything at once, on random streams.


@pytest.mark.parametrize("seed", range(400, 418))
def test_replicas_show_what_the_books_show_after_every_command(seed: int) -> None:
    stream = random_stream(seed, 200)
    core = stream.new_core(Core)
    consumers = Consumers(core)
    for at in range(len(stream.commands)):
        consumers.read(core.match(stream.commands[at : at + 1]))
        consumers.builder.check_invariants()


@pytest.mark.parametrize("seed", range(430, 450))
def test_builders_make_the_same_bytes(seed: int) -> None:
    stream = random_stream(seed, 300)
    core = stream.new_core(Core)
    settings = {"channels": 1 + seed % 15, "report_numbers": bool(seed % 2)}
    compiled = new_builder(core, dark=frozenset({1}), **settings)
    reference = ReferenceBuilder(**settings)
    for instrument in range(core.instrument_count):
        reference.add_instrument(instrument, dark=instrument == 1)
    for reports in reports_by_command(core, stream):
        assert compiled.read(reports).tobytes() == reference.read(reports).tobytes()


@pytest.mark.parametrize("seed", range(460, 470))
def test_messages_do_not_depend_on_the_size_of_batches(seed: int) -> None:
    stream = random_stream(seed, 300)
    core = stream.new_core(Core)
    parts = reports_by_command(core, stream)
    builder = new_builder(core)
    one_by_one = np.concatenate([builder.read(part) for part in parts])
    assert new_builder(core).read(np.concatenate(parts)).tobytes() == one_by_one.tobytes()


@pytest.mark.parametrize("seed", range(475, 483))
def test_commands_are_told_apart_without_their_ids(seed: int) -> None:
    stream = random_stream(seed, 300)
    commands = stream.commands.copy()
    commands["command_id"] = 0
    commands["timestamp"] = 0
    stream = stream.with_commands(commands)
    core = stream.new_core(Core)
    parts = reports_by_command(core, stream)
    builder = new_builder(core)
    one_by_one = np.concatenate([builder.read(part) for part in parts])
    assert new_builder(core).read(np.concatenate(parts)).tobytes() == one_by_one.tobytes()


@pytest.mark.parametrize("seed", range(485, 491))
def test_a_replica_that_joins_in_the_middle_shows_the_same(seed: int) -> None:
    stream = random_stream(seed, 240)
    core = stream.new_core(Core)
    builder = new_builder(core)
    first = stream.with_commands(stream.commands[:120])
    parts = [builder.read(reports) for reports in reports_by_command(core, first)]
    for instrument in range(core.instrument_count):
        for channel in PICTURES:
            replica = Replica(instrument, channel)
            replica.read(builder.snapshot(instrument, channel))
            # What the snapshot covers, read once more, changes nothing.
            assert replica.read(np.concatenate(parts[-20:])) == 0
            require_same(core.book(instrument), replica)
    joined = [
        Replica(instrument, channel)
        for instrument in range(core.instrument_count)
        for channel in PICTURES
    ]
    for replica in joined:
        replica.read(builder.snapshot(replica.instrument, replica.channel))
    for at in range(120, 240):
        messages = builder.read(core.match(stream.commands[at : at + 1]))
        for replica in joined:
            replica.read(messages)
            require_same(core.book(replica.instrument), replica)


@pytest.mark.parametrize("seed", range(495, 501))
def test_numbers_have_no_gap_and_the_last_message_of_a_command_says_so(seed: int) -> None:
    stream = random_stream(seed, 300)
    core = stream.new_core(Core)
    builder = new_builder(core)
    messages = [builder.read(reports) for reports in reports_by_command(core, stream)]
    for part in messages:
        for instrument in range(core.instrument_count):
            for channel in FeedChannel:
                mine = part[(part["instrument"] == instrument) & (part["channel"] == channel)]
                flags = (mine["flags"] & ~np.uint8(FeedFlag.AUCTION)).tolist()
                assert flags == [0] * (len(mine) - 1) + [FeedFlag.LAST] * (len(mine) > 0)
    together = np.concatenate(messages)
    for instrument in range(core.instrument_count):
        for channel in FeedChannel:
            mine = together[
                (together["instrument"] == instrument) & (together["channel"] == channel)
            ]
            assert mine["sequence_number"].tolist() == list(range(1, len(mine) + 1))
            assert builder.sequence_number(instrument, channel) == len(mine)


@pytest.mark.parametrize("seed", [seed for seed in range(505, 545) if seed % 3 == 0])
def test_no_message_leaves_a_crossed_picture(seed: int) -> None:
    # Orders that rest although they meet the other side are left out: books show those crossed.
    stream = random_stream(seed, 300)
    commands = stream.commands.copy()
    commands["flags"] &= ~np.uint32(OrderFlag.ALL_OR_NONE | OrderFlag.MINIMUM_EACH)
    core = stream.new_core(Core)
    builder = new_builder(core)
    replicas = [Replica(0, channel) for channel in PICTURES]
    before = Phase.CONTINUOUS
    for at in range(len(commands)):
        reports = core.match(commands[at : at + 1])
        phase = phase_after(reports, before)
        messages = builder.read(reports)
        for one in range(len(messages)):
            for replica in replicas:
                replica.read(messages[one : one + 1])
                if before == phase == Phase.CONTINUOUS:
                    require_uncrossed(replica)
        if phase == Phase.CONTINUOUS:
            for replica in replicas:
                require_uncrossed(replica)
        before = phase


def phase_after(reports: np.ndarray, phase: Phase) -> Phase:
    """Return the phase of instrument 0 after the reports of one command."""
    for report in reports:
        is_of_phase = report["kind"] == SET_PHASE or report["flags"] & ReportFlag.PRICE_BAND
        is_set = is_of_phase and report["exec_type"] == ExecType.DONE
        if is_set and report["instrument"] == 0:
            phase = Phase(report["last_quantity"])
    return phase


def require_uncrossed(replica: Replica) -> None:
    bids, asks = replica.depth(1)
    assert len(bids) == 0 or len(asks) == 0 or bids["price"][0] < asks["price"][0]


@pytest.mark.parametrize("seed", range(560, 570))
def test_all_trades_are_printed(seed: int) -> None:
    stream = random_stream(seed, 400)
    core, other = stream.new_core(Core), stream.new_core(Core)
    messages = new_builder(core, dark=frozenset({0})).read(core.match(stream.commands))
    trades = other.match(stream.commands, detail="trades")
    prints = messages[messages["kind"] == FeedKind.TRADE]
    for mine, theirs in (
        ("trade_id", "trade_id"),
        ("price", "price"),
        ("last_quantity", "quantity"),
        ("timestamp", "timestamp"),
        ("instrument", "instrument"),
    ):
        assert np.array_equal(prints[mine], trades[theirs])
    lit = prints["instrument"] != 0
    assert np.array_equal(prints["side"][lit], trades["side"][lit])
    assert not prints["side"][~lit].any()


def wide_commands(seed: int, count: int, width: int) -> np.ndarray:
    """Return orders that come and go over so many prices of each side, and some that sweep."""
    random = np.random.default_rng(seed)
    commands = np.zeros(count, COMMAND_DTYPE)
    commands["kind"] = np.where(random.random(count) < 0.42, CANCEL, SUBMIT)
    is_new = commands["kind"] == SUBMIT
    ids = np.cumsum(is_new)
    side = random.choice((int(BUY), int(SELL)), count)
    away = random.integers(0, width, count) - np.where(random.random(count) < 0.02, width // 9, 0)
    commands["side"] = side
    commands["order_id"] = np.where(is_new, ids, random.integers(1, ids + 2))
    commands["price"][is_new] = (-side * (away + 1))[is_new]
    commands["quantity"][is_new] = random.integers(1, 9, count)[is_new]
    return commands


@pytest.mark.parametrize(("seed", "width"), [(1, 300), (2, 3_000), (3, 60_000)])
def test_many_prices_are_kept_in_order(seed: int, width: int) -> None:
    core = Core()
    core.add_instrument()
    consumers = Consumers(core)
    commands = wide_commands(seed, 24_000, width)
    for at in range(0, len(commands), 1_500):
        messages = consumers.builder.read(core.match(commands[at : at + 1_500]))
        consumers.builder.check_invariants()
        snapshot = consumers.builder.snapshot(0)
        for depth, side in zip(core.book(0).depth(10**6), Side, strict=True):
            mine = snapshot[(snapshot["kind"] == FeedKind.LEVEL) & (snapshot["side"] == side)]
            for name in ("price", "quantity", "order_count"):
                assert np.array_equal(mine[name], depth[name])
        for replica in consumers.replicas:
            replica.read(messages)
            assert replica.checksum() == checksum(consumers.builder.snapshot(0, replica.channel))
    assert len(snapshot) > 200
    consumers.read(core.match(command_array({"kind": MASS_CANCEL})))
    assert len(consumers.builder.snapshot(0)) == 1
    consumers.builder.check_invariants()


# What is not shown.


@pytest.mark.parametrize("seed", range(570, 576))
def test_hidden_orders_leave_no_trace_but_their_trades(seed: int) -> None:
    stream = random_stream(seed, 300)
    core = stream.new_core(Core)
    messages = new_builder(core).read(core.match(stream.commands))
    again = stream.new_core(Core)
    reports = again.match(stream.commands)
    hidden = reports["order_flags"] & OrderFlag.HIDDEN != 0
    numbers = set(reports["sequence_number"][hidden].tolist())
    told = messages[messages["channel"] == ORDERS]
    by_report = {
        (int(report["sequence_number"])): int(report["order_id"]) for report in reports[hidden]
    }
    for message in told[np.isin(told["report_sequence_number"], list(numbers))]:
        assert message["order_id"] != by_report[int(message["report_sequence_number"])]


def with_dark_orders(commands: np.ndarray) -> np.ndarray:
    """Return commands among which dark orders come, rest, change and go without a trade."""
    parts = []
    for at in range(len(commands)):
        parts.append(commands[at : at + 1])
        time = int(commands["timestamp"][at])
        fields = {"instrument": 1, "timestamp": time, "order_id": 1_000_000 + at}
        price, side = (3, BUY) if at % 2 else (9_000, SELL)
        order = {"kind": SUBMIT, "side": side, "price": price, "quantity": 1 + at % 7}
        parts.append(command_array(fields | order))
        if at % 3 == 0:
            parts.append(command_array(fields | {"kind": CANCEL}))
    return np.concatenate(parts)


def test_resting_dark_orders_change_no_byte_of_the_feed() -> None:
    random = np.random.default_rng(7)
    plain = command_array(
        *(
            {
                "kind": SUBMIT,
                "instrument": int(random.integers(0, 2)),
                "timestamp": at,
                "order_id": at + 1,
                "side": int(random.choice((BUY, SELL))),
                "price": int(random.integers(98, 103)),
                "quantity": int(random.integers(1, 9)),
            }
            for at in range(400)
        )
    )
    feeds, snapshots = [], []
    for commands in (plain, with_dark_orders(plain)):
        core = Core()
        core.add_instrument()
        core.add_instrument()
        builder = new_builder(core, dark=frozenset({1}), report_numbers=False)
        feeds.append(builder.read(core.match(commands)))
        snapshots.append([builder.snapshot(1, channel).tobytes() for channel in FeedChannel])
    assert feeds[0].tobytes() == feeds[1].tobytes()
    assert snapshots[0] == snapshots[1]
    dark = feeds[0][feeds[0]["instrument"] == 1]
    assert len(dark) > 50
    assert set(dark["kind"].tolist()) == {FeedKind.TRADE}
    for name in ("order_id", "report_sequence_number", "side", "order_count", "quantity"):
        assert not dark[name].any()


def test_messages_of_dark_instruments_are_the_same_with_report_numbers() -> None:
    commands = command_array(
        {"kind": SUBMIT, "side": SELL, "price": 100, "quantity": 5, "instrument": 1},
        {"kind": SUBMIT, "side": BUY, "price": 100, "quantity": 2, "instrument": 1},
    )
    feeds = []
    for number in (commands, with_dark_orders(commands)):
        core = Core()
        core.add_instrument()
        core.add_instrument()
        feeds.append(new_builder(core, dark=frozenset({1})).read(core.match(number)))
    assert feeds[0].tobytes() == feeds[1].tobytes()
    assert kinds(feeds[0]) == ["TRADE"]


def test_what_an_iceberg_holds_back_is_not_told() -> None:
    feeds = []
    for total in (30, 300):
        book = OrderBook()
        builder = FeedBuilder()
        builder.add_instrument(0)
        reports = [
            book.submit(SELL, 101, total, display_quantity=10).reports,
            book.reduce(1, 10).reports,
            book.submit(BUY, 101, 4).reports,
            book.submit(BUY, 101, 6).reports,
        ]
        feeds.append(np.concatenate([builder.read(part) for part in reports]))
    assert feeds[0].tobytes() == feeds[1].tobytes()


# One rule at a time, on both engines.


def test_a_taker_shows_only_what_comes_to_rest(make_core: Any, side: Side) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.submit(-side, 100, 5).reports)
    messages = consumers.read(book.submit(side, 100, 8).reports)
    assert kinds(messages) == ["TRADE", "EXECUTE", "ADD", "LEVEL", "LEVEL", "TOP", "TOP"]
    levels = messages[messages["kind"] == FeedKind.LEVEL]
    assert levels[["side", "price", "quantity", "order_count"]].tolist() == [
        (-side, 100, 0, 0),
        (side, 100, 3, 1),
    ]


def test_an_order_that_never_rests_is_never_shown(make_core: Any, side: Side) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    assert kinds(consumers.read(book.submit(side, 100, 5, time_in_force=IOC).reports)) == []
    assert kinds(consumers.read(book.submit(side, 100, 5, flags=HIDDEN).reports)) == []
    messages = consumers.read(book.submit(-side, 100, 3).reports)
    assert kinds(messages) == ["TRADE"]


def test_an_iceberg_comes_back_at_the_tail_of_its_price(make_core: Any, side: Side) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.submit(side, 100, 9, 11, display_quantity=3).reports)
    consumers.read(book.submit(side, 100, 5, 12).reports)
    messages = consumers.read(book.submit(-side, 100, 3).reports)
    assert kinds(messages, ORDERS) == ["EXECUTE", "ADD"]
    assert consumers.replicas[PICTURES.index(ORDERS)].orders(side) == [(12, 100, 5), (11, 100, 3)]
    # The part that comes and goes within one command is told as trades only.
    messages = consumers.read(book.submit(-side, 100, 9).reports)
    assert kinds(messages, TRADES) == ["TRADE", "TRADE", "TRADE"]
    assert kinds(messages, ORDERS) == ["EXECUTE", "EXECUTE", "ADD"]


def test_an_iceberg_that_takes_shows_a_part_of_what_is_left(make_core: Any, side: Side) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.submit(-side, 100, 8).reports)
    messages = consumers.read(book.submit(side, 100, 10, display_quantity=4).reports)
    added = messages[messages["kind"] == FeedKind.ADD]
    assert added["quantity"].tolist() == [2]


def test_a_market_order_is_shown_at_the_price_that_it_got(make_core: Any, side: Side) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.submit(-side, 100, 5).reports)
    messages = consumers.read(book.submit(side, 0, 8, order_type=MARKET_TO_LIMIT).reports)
    added = messages[messages["kind"] == FeedKind.ADD]
    assert added[["price", "quantity"]].tolist() == [(100, 3)]


def test_a_waiting_order_is_shown_when_it_was_triggered(make_core: Any, side: Side) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    stop = book.submit(side, 90, 4, order_type=STOP_LIMIT, trigger_price=100)
    assert kinds(consumers.read(stop.reports)) == []
    consumers.read(book.submit(-side, 100, 5).reports)
    messages = consumers.read(book.submit(side, 100, 1).reports)
    if side == BUY:
        assert kinds(messages, ORDERS) == ["EXECUTE", "ADD"]
    else:
        assert kinds(messages, ORDERS)[0] == "EXECUTE"


def test_priority_kept_is_a_change_and_priority_lost_a_new_order(
    make_core: Any, side: Side
) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.submit(side, 100, 9).reports)
    consumers.read(book.submit(side, 100, 9).reports)
    assert kinds(consumers.read(book.replace(1, 100, 5).reports), ORDERS) == ["CHANGE"]
    assert kinds(consumers.read(book.replace(1, 100, 7).reports), ORDERS) == ["DELETE", "ADD"]
    assert kinds(consumers.read(book.reduce(1, 1).reports), ORDERS) == ["CHANGE"]
    assert kinds(consumers.read(book.cancel(1).reports)) == ["DELETE", "LEVEL", "TOP"]


def test_two_orders_that_were_triggered_stand_as_they_entered(make_core: Any) -> None:
    # The second one comes to rest after an iceberg went to the tail of the same price.
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.submit(BUY, 100, 6, 1, display_quantity=2).reports)
    consumers.read(book.submit(SELL, 100, 2, 2, order_type=STOP_LIMIT, trigger_price=105).reports)
    consumers.read(book.submit(BUY, 100, 5, 3, order_type=STOP_LIMIT, trigger_price=105).reports)
    consumers.read(book.submit(SELL, 105, 1, 4).reports)
    consumers.read(book.submit(BUY, 105, 1, 5).reports)
    consumers.read(book.cancel(1).reports)


def test_an_order_that_rests_may_take_in_its_place(make_core: Any, side: Side) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.submit(side, 100, 9, 1, flags=ALL_OR_NONE).reports)
    consumers.read(book.submit(-side, 100, 5, 2).reports)
    messages = consumers.read(book.submit(-side, 100, 5, 3).reports)
    assert kinds(messages, TRADES) == ["TRADE", "TRADE"]


# Calls, auctions and pegged orders.


def test_an_auction_fills_an_iceberg_in_its_place(make_core: Any, side: Side) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.submit(side, 100, 30, 1, display_quantity=5).reports)
    consumers.read(book.submit(side, 100, 4, 2).reports)
    consumers.read(book.submit(-side, 100, 3).reports)
    consumers.read(book.set_phase(Phase.VOLATILITY_CALL).reports)
    consumers.read(book.submit(-side, 100, 12).reports)
    messages = consumers.read(book.uncross().reports)
    executed = messages[messages["kind"] == FeedKind.EXECUTE]
    mine = executed[executed["order_id"] == 1]
    assert mine[["quantity", "last_quantity"]].tolist() == [(5, 12)]
    assert all(messages["flags"][np.isin(messages["kind"], (FeedKind.TRADE, FeedKind.EXECUTE))] & 4)
    assert consumers.replicas[PICTURES.index(ORDERS)].orders(side) == [(1, 100, 5), (2, 100, 4)]


def test_a_call_is_shown_crossed_and_its_market_orders_are_not(make_core: Any) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.set_phase(Phase.OPENING_CALL).reports)
    consumers.read(book.submit(BUY, 105, 5).reports)
    consumers.read(book.submit(SELL, 100, 2).reports)
    assert kinds(consumers.read(book.submit(SELL, 0, 1, order_type=MARKET).reports)) == []
    depth = consumers.replicas[PICTURES.index(LEVELS)].depth()
    assert (depth.bids["price"].tolist(), depth.asks["price"].tolist()) == ([105], [100])
    messages = consumers.read(book.set_phase(Phase.CONTINUOUS).reports)
    assert kinds(messages, TRADES) == ["TRADE", "TRADE"]
    for replica in consumers.replicas:
        require_uncrossed(replica)


def test_a_pegged_order_leaves_the_picture_and_comes_back(make_core: Any, side: Side) -> None:
    core = make_core({})
    consumers, book = Consumers(core), core.book(0)
    consumers.read(book.submit(side, 0, 4, 1, order_type=PEG_PRIMARY).reports)
    messages = consumers.read(book.submit(side, 100, 5, 2).reports)
    assert messages[messages["kind"] == FeedKind.ADD]["order_id"].tolist() == [2, 1]
    assert kinds(consumers.read(book.cancel(2).reports), ORDERS) == ["DELETE", "DELETE"]
    messages = consumers.read(book.submit(side, 90, 5, 3).reports)
    assert messages[messages["kind"] == FeedKind.ADD]["order_id"].tolist() == [3, 1]


@pytest.mark.parametrize("named", [0, 1])
def test_what_expires_and_sets_off_others_belongs_to_the_next_command(
    make_core: Any, named: int
) -> None:
    # The expired order lets a market order in, which trades and is canceled, before the CANCEL
    # says its own. What the close of the day makes expire comes after its own DONE.
    core = make_core({})
    book, builder = core.book(0), new_builder(core)
    parent = {"time_in_force": TimeInForce.GTD, "expiry": 10, "timestamp": 1}
    child = {"flags": ONE_TRIGGERS_OTHER, "linked_order_id": 1, "order_type": MARKET}
    parts = [
        book.submit(BUY, 100, 5, 1, **parent),
        book.submit(SELL, 0, 4, 2, **child, timestamp=1),
        book.submit(SELL, 100, 2, 3, timestamp=2),
        book.submit(BUY, 99, 1, 4, timestamp=3),
        book.cancel(4, timestamp=10),
        book.submit(BUY, 90, 1, 5, time_in_force=DAY, timestamp=10),
        book.submit(BUY, 91, 1, 6, time_in_force=DAY, timestamp=10),
        book.set_phase(Phase.CLOSED, timestamp=10),
        book.set_phase(Phase.CLOSED, timestamp=10),
    ]
    reports = [part.reports.copy() for part in parts]
    told = [ExecType(kind).name for kind in reports[4]["exec_type"]]
    assert told[:2] == ["EXPIRED", "TRIGGERED"]
    assert len(told) > 3
    for at, part in enumerate(reports):
        part["command_id"] = named * at
    one_by_one = np.concatenate([builder.read(part) for part in reports])
    assert new_builder(core).read(np.concatenate(reports)).tobytes() == one_by_one.tobytes()
    assert (one_by_one["flags"][one_by_one["timestamp"] == 10] & FeedFlag.LAST).sum() >= 3


# Misuse, gaps and layout.


def test_a_gap_in_reports_is_refused_before_anything_is_read() -> None:
    book, builder = OrderBook(), FeedBuilder()
    builder.add_instrument(0)
    parts = [book.submit(BUY, 100 + at, 1).reports for at in range(3)]
    builder.read(parts[0])
    with pytest.raises(SequenceGapError) as caught:
        builder.read(np.concatenate([parts[2], parts[1]]))
    assert (caught.value.expected, caught.value.received) == (2, 3)
    assert builder.next_report == 2
    builder.read(np.concatenate(parts[1:]))
    builder.check_invariants()


def test_a_replica_names_the_gap_and_goes_on_when_it_is_filled() -> None:
    book, builder, replica = OrderBook(), FeedBuilder(), Replica(0, ORDERS)
    builder.add_instrument(0)
    parts = [builder.read(book.submit(BUY, 100 + at, 1).reports) for at in range(4)]
    replica.read(parts[0])
    with pytest.raises(SequenceGapError) as caught:
        replica.read(parts[2])
    assert (caught.value.expected, caught.value.received) == (2, 3)
    assert replica.sequence_number == 1
    for part in parts:
        replica.read(part)
    require_same(book, replica)


def test_two_lines_of_one_feed_make_one_picture() -> None:
    book, builder, replica = OrderBook(), FeedBuilder(), Replica(0)
    builder.add_instrument(0)
    for at in range(9):
        messages = builder.read(book.submit(BUY, 100 + at % 4, 1).reports)
        assert replica.read(messages) == 1
        assert replica.read(messages) == 0
    require_same(book, replica)


def test_an_older_snapshot_is_passed_over() -> None:
    book, builder, replica = OrderBook(), FeedBuilder(), Replica(0)
    builder.add_instrument(0)
    old = builder.snapshot(0)
    replica.read(builder.read(book.submit(BUY, 100, 1).reports))
    assert replica.read(old) == 0
    require_same(book, replica)


def test_a_snapshot_that_breaks_off_is_noticed() -> None:
    book, builder, replica = OrderBook(), FeedBuilder(), Replica(0)
    builder.add_instrument(0)
    builder.read(book.submit(BUY, 100, 1).reports)
    builder.read(book.submit(BUY, 101, 1).reports)
    replica.read(builder.snapshot(0)[:2])
    assert not replica.is_whole
    with pytest.raises(FeedError, match="1 messages of a snapshot were missing"):
        replica.read(builder.read(book.submit(BUY, 102, 1).reports))


def test_a_replica_starts_from_the_snapshot_of_another() -> None:
    stream = random_stream(3, 300)
    core = stream.new_core(Core)
    builder = new_builder(core)
    messages = builder.read(core.match(stream.commands))
    for channel in PICTURES:
        first, second = Replica(0, channel), Replica(0, channel)
        first.read(messages)
        second.read(first.snapshot())
        require_same(core.book(0), second)
        for levels in (None, 0, 1, 3):
            mine = builder.snapshot(0, channel, levels=levels)
            assert second.checksum(levels) == checksum(mine)


def test_checksums_tell_pictures_apart() -> None:
    books = [OrderBook() for _ in range(5)]
    builders = [FeedBuilder() for _ in books]
    calls = [(BUY, 100, 5), (SELL, 100, 5), (BUY, 101, 5), (BUY, 100, 6), (BUY, 100, 5)]
    sums = []
    for book, builder, call in zip(books, builders, calls, strict=True):
        builder.add_instrument(0)
        builder.read(book.submit(*call).reports)
        sums.append((checksum(builder.snapshot(0)), checksum(builder.snapshot(0, ORDERS))))
    assert sums[0] == sums[4]
    assert all(len({pair[which] for pair in sums[:4]}) == 4 for which in (0, 1))


def test_output_goes_to_the_callers_array_when_it_fits() -> None:
    book, builder = OrderBook(), FeedBuilder()
    builder.add_instrument(0)
    out = np.zeros(4, FEED_DTYPE)
    messages = builder.read(book.submit(BUY, 100, 5).reports, out=out)
    assert np.shares_memory(messages, out)
    assert len(messages) == 3
    many = np.concatenate([book.submit(BUY, 90 + at, 5).reports for at in range(5)])
    messages = builder.read(many, out=out)
    assert not np.shares_memory(messages, out)
    assert len(messages) == 10


def test_misuse_is_refused() -> None:
    builder = FeedBuilder()
    builder.add_instrument(3)
    with pytest.raises(EngineError, match="instrument was 3, which was added before"):
        builder.add_instrument(3)
    with pytest.raises(EngineError, match="instrument was 0, which was not added"):
        builder.snapshot(0)
    with pytest.raises(OverflowError):
        builder.add_instrument(2**24)
    with pytest.raises(OverflowError):
        FeedBuilder(channels=0)
    with pytest.raises(EngineError, match="not one channel"):
        builder.snapshot(3, LEVELS | ORDERS)
    for number in (0, 16, 2**20, 2**40, -1):  # flags of Python have bits that are no channel
        for question in (builder.snapshot, builder.sequence_number):
            with pytest.raises(EngineError, match=f"channel was {number}, not one channel"):
                question(3, number)
    with pytest.raises(TypeError, match="channel was 'levels', of str, not an integer"):
        builder.sequence_number(3, "levels")  # type: ignore[arg-type]
    with pytest.raises(CommandError, match="reports was of list"):
        builder.read([])
    with pytest.raises(CommandError, match=r"reports\.dtype was"):
        builder.read(np.zeros(1, FEED_DTYPE))
    with pytest.raises(FeedError, match="channel was"):
        Replica(0, TRADES)
    assert len(builder.read(np.zeros(0, REPORT_DTYPE))) == 0


def test_instruments_that_were_not_added_are_passed_over() -> None:
    stream = random_stream(5, 300)
    core = stream.new_core(Core)
    reports = core.match(stream.commands)
    whole = new_builder(core).read(reports)
    for instrument in range(core.instrument_count):
        builder = FeedBuilder(report_numbers=True)
        builder.add_instrument(instrument)
        assert builder.read(reports).tobytes() == whole[whole["instrument"] == instrument].tobytes()


def test_a_long_batch_leaves_the_interpreter_to_others() -> None:
    core = Core()
    core.add_instrument()
    commands = np.concatenate(
        [command_array({"kind": SUBMIT, "side": BUY, "price": 7, "quantity": 1})] * 1_000
    )
    builder = new_builder(core)
    reports = core.match(commands)
    reader = threading.Thread(target=builder.read, args=(reports,))
    reader.start()
    reader.join()
    assert builder.next_report == 1_001


@pytest.mark.parametrize("seed", range(580, 586))
def test_both_engines_reports_make_the_feed(implementation: Implementation, seed: int) -> None:
    stream = random_stream(seed, 120)
    core = stream.new_core(implementation.core)
    consumers = Consumers(core)
    for before, after in pairwise(range(0, 121, 10)):
        consumers.read(core.match(stream.commands[before:after]))
