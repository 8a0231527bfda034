"""Histories: orders, their lives, trades and statistics are what reports say, exactly once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from histories import (
    BTC,
    MINUTE,
    PlainHistory,
    PlainOrder,
    contents,
    new_history,
    new_venue,
    submit,
    whole,
)
from storms import storm
from streams import Stream, random_stream
from wide_streams import wide_stream

from engine import (
    BUY,
    SELL,
    Engine,
    ExecType,
    HistoryError,
    Liquidity,
    OrderStatus,
    OrderType,
    RejectReason,
    SequenceGapError,
    ShardedEngine,
    Side,
    UnknownSymbolError,
)
from engine._core import Core
from engine.errors import CommandError
from engine.history import FillRecord, History, OrderRecord
from engine.history import questions as asked
from engine.records import commands_of

HOUR = 60 * MINUTE
DAY = 24 * HOUR
STREAMS: list[tuple[Callable[[int, int], Stream], int]] = [
    *((random_stream, seed) for seed in range(12)),
    *((wide_stream, seed) for seed in range(2)),
    *((storm, seed) for seed in range(3)),
]
LENGTH = 250
BATCHES = (1, 2, 7, 60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "venue.history"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with new_history(path) as made:
        yield made


@pytest.fixture
def venue() -> Engine:
    return new_venue()


def told(make: Callable[[int, int], Stream], seed: int) -> tuple[Core, list[np.ndarray]]:
    """Return the core of a stream behind its commands, and what it reported, in batches."""
    random, stream = Random(f"history {seed}"), make(seed, LENGTH)
    core, at, batches = stream.new_core(Core), 0, []
    while at < len(stream.commands):
        size = random.choice(BATCHES)
        batches.append(core.match(stream.commands[at : at + size].copy()))
        at += size
    return core, batches


# Answers are those of a plain model, on streams of all features.


def figures(record: OrderRecord, symbols: tuple[str, ...]) -> tuple[Any, ...]:
    """Return what a record says as `PlainOrder.figures` does."""
    is_known = record.symbol != ""
    return (
        record.number,
        record.order_id,
        record.client_order_id,
        symbols.index(record.symbol) if is_known else None,
        record.account,
        0 if record.side is None else record.side,
        record.order_type,
        record.time_in_force,
        record.flags,
        record.quantity,
        record.filled_quantity,
        record.leaves_quantity,
        record.order_status,
        record.is_waiting,
        record.reject_reason,
        record.entered,
        record.updated,
    )


def expected(order: PlainOrder, instruments: int) -> tuple[Any, ...]:
    """Return the same of an order of the model; one of no instrument has no number of it."""
    said = list(order.figures())
    said[3] = said[3] if said[3] < instruments else None
    return tuple(said)


@pytest.mark.parametrize(("make", "seed"), STREAMS)
def test_answers_are_those_of_a_plain_model(
    make: Callable[[int, int], Stream], seed: int, path: Path
) -> None:
    core, batches = told(make, seed)
    model, instruments = PlainHistory(), core.instrument_count
    with History(path) as history:
        history.add_instruments(whole(instruments))
        for reports in batches:
            model.follow(reports)
            assert history.add(reports) == len(reports)
        assert history.last_number == core.report_count
        assert history.time == model.time
        require_same_orders(history, model, instruments)
        require_same_trades(history, model, instruments)
        require_same_statistics(history, model, instruments, Random(seed))
    assert len(model.orders) > 20
    assert len(contents(path)["reports"]) == core.report_count


def require_same_orders(history: History, model: PlainHistory, instruments: int) -> None:
    """Ask for all orders of each account, by instrument and status too, and for their lives."""
    symbols = history.symbols
    for account in {int(order.last["account"]) for order in model.orders}:
        own = [order for order in reversed(model.orders) if order.last["account"] == account]
        every = history.orders(account, limit=10_000)
        assert [figures(each, symbols) for each in every] == [
            expected(order, instruments) for order in own
        ]
        for record, order in zip(every, own, strict=True):
            life = history.reports(record.number)
            assert life.tobytes() == b"".join(each.tobytes() for each in order.reports)
        for symbol in symbols:
            inside = [each for each in every if each.symbol == symbol]
            assert history.orders(account, symbol=symbol, limit=10_000) == inside
            canceled = [each for each in inside if each.order_status == OrderStatus.CANCELED]
            question = {"symbol": symbol, "status": "canceled", "limit": 10_000}
            assert history.orders(account, **question) == canceled
        for some in (["filled"], ["new", "partially_filled"], ["rejected", "expired"]):
            members = {OrderStatus[each.upper()] for each in some}
            inside = [each for each in every if each.order_status in members]
            assert history.orders(account, status=some, limit=10_000) == inside
    accepted = {
        int(order.last["order_id"]): order
        for order in model.orders
        if order.last["exec_type"] != ExecType.REJECTED
    }
    for order_id, order in accepted.items():
        found = history.order(order_id)
        assert found is not None
        assert found.number == order.number


def require_same_trades(history: History, model: PlainHistory, instruments: int) -> None:
    """Ask for all trades of each instrument and all fills of each account."""
    for number, symbol in enumerate(history.symbols):
        trades = [
            (int(taker["sequence_number"]), int(taker["trade_id"]), int(taker["last_price"]))
            for _, taker in reversed(model.trades)
            if taker["instrument"] == number
        ]
        found = history.trades(symbol, limit=10_000)
        assert [(each.number, each.trade_id, each.price) for each in found] == trades
    halves = [half for trade in reversed(model.trades) for half in (trade.taker, trade.maker)]
    for account in {int(half["account"]) for half in halves}:
        own = [fill(half, model) for half in halves if half["account"] == account]
        assert history.fills(account, limit=10_000) == own
        for symbol in history.symbols:
            inside = [each for each in own if each.symbol == symbol]
            assert history.fills(account, symbol=symbol, limit=10_000) == inside
    assert sum(len(history.trades(symbol, limit=10_000)) for symbol in history.symbols) == len(
        model.trades
    )
    assert instruments == len(history.symbols)


def fill(report: np.void, model: PlainHistory) -> FillRecord:
    """Return what a half of a trade is to be told as."""
    order_id, number = int(report["order_id"]), int(report["sequence_number"])
    life = max(
        order.number
        for order in model.orders
        if order.last["order_id"] == order_id and order.number < number
        if order.last["exec_type"] != ExecType.REJECTED
    )
    return FillRecord(
        number=number,
        trade_id=int(report["trade_id"]),
        symbol=f"S{report['instrument']}",
        account=int(report["account"]),
        order_number=life,
        order_id=order_id,
        contra_order_id=int(report["contra_order_id"]),
        side=Side(report["side"]),
        liquidity=Liquidity(report["liquidity"]),
        price=Decimal(int(report["last_price"])),
        quantity=Decimal(int(report["last_quantity"])),
        fee=int(report["fee"]),
        timestamp=int(report["timestamp"]),
    )


def require_same_statistics(
    history: History, model: PlainHistory, instruments: int, random: Random
) -> None:
    """Ask for windows of all lengths, and for the candles."""
    for number in range(instruments):
        symbol = f"S{number}"
        for _ in range(6):
            since, until = sorted(random.randint(0, model.time + 2) for _ in range(2))
            asked_for = history.statistics(symbol, since=since, until=until)
            assert asked_for == model.statistics(number, since, until)
        newest = history.statistics(symbol)
        assert (newest.since, newest.until) == (max(0, model.time + 1 - DAY), model.time + 1)
        assert newest == model.statistics(number, newest.since, newest.until)
        for minutes in (1, 3):
            every = history.candles(symbol, minutes, limit=10_000)
            assert every == model.candles(number, minutes)


def test_statistics_and_candles_of_days_are_those_of_their_trades(path: Path) -> None:
    """Trades at any nanosecond of two days, a few of them at the edges of minutes."""
    random = np.random.default_rng(7)
    times = np.sort(np.append(random.integers(10**9, 2 * DAY, 300), np.arange(0, DAY, 3 * HOUR)))
    pairs = commands_of(
        2 * len(times),
        1,
        side=np.tile([SELL, BUY], len(times)),
        price=np.repeat(random.integers(90, 110, len(times)), 2),
        quantity=np.repeat(random.integers(1, 2**61, len(times)), 2),
        timestamp=np.repeat(times, 2),
    )
    core, model = Core(), PlainHistory()
    core.add_instrument(min_price=1)
    with History(path) as history:
        history.add_instruments(whole(1))
        for at in range(0, len(pairs), 50):
            reports = core.match(pairs[at : at + 50])
            model.follow(reports)
            history.add(reports)
        assert len(model.trades) == len(times)
        draw = Random(7)
        for _ in range(60):
            since, until = sorted(draw.randint(0, 2 * DAY) for _ in range(2))
            if draw.random() < 0.3:
                since, until = since // MINUTE * MINUTE, until // MINUTE * MINUTE
            found = history.statistics("S0", since=since, until=until)
            assert found == model.statistics(0, since, until)
        assert history.statistics("S0", since=0, until=2 * DAY).volume > 2**63
        for minutes in (1, 60, 1_440):
            every = history.candles("S0", minutes, limit=10_000)
            assert every == model.candles(0, minutes)
        hours = model.candles(0, 60)
        ended = hours[-1].start + HOUR
        some = history.candles("S0", 60, since=5 * HOUR + 1, until=9 * HOUR + 1)
        assert some == [each for each in hours if 5 * HOUR <= each.start < 10 * HOUR]
        last = history.candles("S0", 60, limit=10)
        assert last == [each for each in hours if each.start >= ended - 10 * HOUR]


def test_times_and_pages_cut_orders_trades_and_fills(path: Path) -> None:
    core = Core()
    core.add_instrument(min_price=1)
    commands = commands_of(
        400,
        1,
        side=np.tile([SELL, BUY], 200),
        price=100,
        quantity=3,
        account=np.tile([1, 2, 2, 1, 1, 1], 67)[:400],
        timestamp=np.repeat(np.arange(100), 4) * MINUTE,
    )
    with History(path) as history:
        history.add_instruments(whole(1))
        history.add(core.match(commands))
        orders = history.orders(1, limit=1_000)
        fills = history.fills(1, limit=1_000)
        trades = history.trades("S0", limit=1_000)
        assert len(trades) == 200
        assert len({fill.number for fill in fills}) == len(fills) > 200
        window = {"since": 7 * MINUTE, "until": 30 * MINUTE, "limit": 1_000}
        inside = range(7 * MINUTE, 30 * MINUTE)
        assert history.orders(1, **window) == [each for each in orders if each.entered in inside]
        assert history.fills(1, **window) == [each for each in fills if each.timestamp in inside]
        own = [each for each in trades if each.timestamp in inside]
        assert history.trades("S0", **window) == own != trades
        assert history.orders(1, since=100 * MINUTE) == []
        for ask, every in (
            (lambda **page: history.orders(1, **page), orders),
            (lambda **page: history.orders(1, status="filled", **page), orders),
            (lambda **page: history.fills(1, **page), fills),
            (lambda **page: history.trades("S0", **page), trades),
        ):
            pages, page = [], ask(limit=7)
            while page:
                pages += page
                page = ask(limit=7, before=page[-1].number)
            assert pages == every


# Decimals, ids, lives.


def test_records_are_in_decimals_of_their_instruments(venue: Engine, history: History) -> None:
    submit(venue, history, side="sell", price="50000.01", quantity="0.75", account=3, timestamp=5)
    terms = {"order_type": "market", "quantity": "0.5", "client_order_id": 8, "timestamp": 9}
    report = submit(venue, history, side="buy", account=4, **terms)
    order = history.orders(4)[0]
    assert order == OrderRecord(
        number=2,
        order_id=report.order_id,
        client_order_id=8,
        symbol="BTC-USD",
        account=4,
        side=Side.BUY,
        order_type=OrderType.MARKET,
        time_in_force=report.time_in_force,
        flags=report.order_flags,
        price=None,
        quantity=Decimal("0.500"),
        filled_quantity=Decimal("0.500"),
        leaves_quantity=Decimal("0.000"),
        order_status=OrderStatus.FILLED,
        is_waiting=False,
        reject_reason=RejectReason.NONE,
        entered=9,
        updated=9,
    )
    rest = history.orders(3)[0]
    assert (rest.price, rest.quantity, rest.filled_quantity, rest.leaves_quantity) == (
        *(Decimal("50000.01"), Decimal("0.750")),
        *(Decimal("0.500"), Decimal("0.250")),
    )
    assert (rest.entered, rest.updated) == (5, 9)
    fill = history.fills(3)[0]
    assert (fill.price, fill.quantity, fill.liquidity, fill.side, fill.number) == (
        *(Decimal("50000.01"), Decimal("0.500"), Liquidity.MAKER, Side.SELL, 3),
    )
    assert (fill.order_number, fill.contra_order_id) == (rest.number, order.order_id)
    assert [str(trade.quantity) for trade in history.trades("BTC-USD")] == ["0.500"]
    assert history.trades("OIL") == []
    nothing = history.statistics("OIL")
    assert (nothing.open, nothing.close, nothing.volume, nothing.trades) == (None, None, 0, 0)


@pytest.mark.parametrize("order_id", [1, 2**63 - 1, 2**63, 2**64 - 1])
def test_ids_are_any_unsigned_number_of_64_bits(
    order_id: int, venue: Engine, history: History
) -> None:
    ids = {"order_id": order_id, "client_order_id": 2**64 - order_id}
    submit(venue, history, side="sell", price=100, quantity=1, **ids)
    submit(venue, history, side="buy", price=100, quantity=1, account=2)
    order = history.order(order_id)
    assert order is not None
    assert (order.order_id, order.client_order_id) == (order_id, 2**64 - order_id)
    assert order.order_status == OrderStatus.FILLED
    assert history.fills(2)[0].contra_order_id == order_id
    assert len(history.reports(order.number)) == 2


@pytest.mark.parametrize("order_id", [0, -1, 1, 2**64])
def test_no_order_has_an_id_that_is_none(order_id: int, history: History) -> None:
    assert history.order(order_id) is None
    assert len(history.reports(order_id % 2**60)) == 0


def test_an_order_id_that_comes_again_is_another_order(venue: Engine, history: History) -> None:
    """In two calls, and twice in one."""
    for price in (100, 101):
        submit(venue, history, side="buy", price=price, quantity=1, order_id=7)
        history.add(venue.cancel(7).reports)
    terms = {"instrument": 0, "order_id": 7}
    again = commands_of(4, [1, 2, 1, 2], side=[1, 0, 1, 0], price=[9, 0, 8, 0], **terms)
    again["quantity"] = [1, 0, 2, 0]
    history.add(venue.match(again))
    orders = history.orders(0)
    assert [(each.order_id, each.price) for each in orders] == [
        *((7, Decimal("0.08")), (7, Decimal("0.09")), (7, 101), (7, 100)),
    ]
    assert {each.order_status for each in orders} == {OrderStatus.CANCELED}
    assert [len(history.reports(each.number)) for each in orders] == [2] * 4
    newest = history.order(7)
    assert newest == orders[0]


def test_what_is_no_instrument_is_not_kept(history: History) -> None:
    with pytest.raises(TypeError, match="instrument was 'O', of str, not a Instrument"):
        history.add_instruments("OIL")  # type: ignore[arg-type]


def test_a_refused_order_is_kept_and_is_no_order_of_its_id(venue: Engine, history: History) -> None:
    submit(venue, history, side="buy", price=100, quantity=1, order_id=7)
    submit(venue, history, side="sell", price=120, quantity=1, order_id=7)
    refused, entered = history.orders(0)
    assert (refused.order_status, refused.reject_reason) == (
        *(OrderStatus.REJECTED, RejectReason.DUPLICATE_ORDER_ID),
    )
    assert (refused.price, refused.quantity, refused.filled_quantity) == (120, None, 0)
    assert history.order(7) == entered
    assert history.orders(0, status="rejected") == [refused]
    unknown = commands_of(1, 1, instrument=9, side=1, price=100, quantity=1)
    history.add(venue.match(unknown))
    nowhere = history.orders(0)[0]
    assert (nowhere.symbol, nowhere.price, nowhere.reject_reason) == (
        *("", None, RejectReason.UNKNOWN_INSTRUMENT),
    )


def test_a_life_has_what_was_refused_of_it_too(venue: Engine, history: History) -> None:
    order_id = submit(venue, history, side="buy", price=100, quantity=5).order_id
    before = history.order(order_id)
    assert before is not None
    history.add(venue.replace(order_id, quantity=0).reports)
    history.add(venue.cancel(77).reports)
    assert history.order(order_id) == before
    history.add(venue.replace(order_id, price=101, quantity=3).reports)
    history.add(venue.cancel(order_id).reports)
    life = history.reports(before.number)
    assert [ExecType(each).name for each in life["exec_type"]] == [
        *("NEW", "REJECTED", "REPLACED", "CANCELED"),
    ]
    after = history.order(order_id)
    assert after is not None
    assert (after.price, after.quantity, after.leaves_quantity) == (101, 3, 0)


def test_an_order_that_waits_is_told_as_waiting(venue: Engine, history: History) -> None:
    stop = submit(
        venue, history, side="sell", order_type="stop", trigger_price=90, quantity=1, account=5
    )
    waiting = history.order(stop.order_id)
    assert waiting is not None
    assert (waiting.is_waiting, waiting.price, waiting.order_type) == (True, None, OrderType.STOP)
    history.add(venue.set_price("BTC-USD", "last", 89).reports)
    ended = history.order(stop.order_id)
    assert ended is not None
    assert (ended.is_waiting, ended.order_type) == (False, OrderType.MARKET)
    assert ended.order_status == OrderStatus.CANCELED


# Exactly once.


def test_the_size_of_batches_changes_nothing(tmp_path: Path) -> None:
    core, batches = told(random_stream, 3)
    files = []
    for name, some in (("many", batches), ("one", [np.concatenate(batches)])):
        with History(tmp_path / name) as history:
            history.add_instruments(whole(core.instrument_count))
            for reports in some:
                history.add(reports)
        files.append(contents(tmp_path / name))
    assert files[0] == files[1]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_told_again_changes_nothing(seed: int, path: Path) -> None:
    core, batches = told(random_stream, seed)
    random = Random(seed)
    with History(path) as history:
        history.add_instruments(whole(core.instrument_count))
        for place, reports in enumerate(batches):
            assert history.add(reports) == len(reports)
            before = contents(path)
            for _ in range(2):
                begin = random.randint(0, place)
                assert history.add(np.concatenate(batches[begin : place + 1])) == 0
            assert history.add(reports[:0]) == 0
            assert contents(path) == before


def test_shards_leave_the_history_of_one_engine(tmp_path: Path) -> None:
    random, count = np.random.default_rng(1), 600
    commands = commands_of(
        count,
        1,
        side=random.choice([1, -1], count),
        price=random.integers(95, 105, count),
        quantity=random.integers(1, 9, count),
        instrument=random.integers(0, 4, count),
        order_id=np.arange(1, count + 1),
    )
    files = []
    for name, venue in (("one", Engine()), ("shards", ShardedEngine(shards=2))):
        for instrument in whole(4):
            venue.add_instrument(instrument)
        with History(tmp_path / name) as history:
            history.add_instruments(venue.instruments)
            for at in range(0, count, 50):
                history.add(venue.match(commands[at : at + 50]))
        files.append(contents(tmp_path / name))
    assert files[0] == files[1]


def test_reports_of_commands_sent_again_are_passed(path: Path, tmp_path: Path) -> None:
    """They come among new ones with the numbers of the first time, even within one batch."""
    core = Core(resend_window=100)
    core.add_instrument(min_price=1)
    commands = commands_of(
        6, 1, side=[1, 1, -1, 1, -1, 1], price=100, quantity=2, command_id=[1, 2, 3, 1, 3, 4]
    )
    with History(path) as history:
        history.add_instruments(whole(1))
        reports = core.match(commands)
        assert history.add(reports) == core.report_count < len(reports)
        mixed = core.match(commands_of(4, 1, side=1, price=9, quantity=1, command_id=[2, 5, 4, 6]))
        assert history.add(mixed) == 2
        assert history.last_number == core.report_count
    kept = contents(path)
    core = Core()
    core.add_instrument(min_price=1)
    with History(tmp_path / "once") as history:
        history.add_instruments(whole(1))
        history.add(core.match(commands[[0, 1, 2, 5]]))
        history.add(core.match(commands_of(2, 1, side=1, price=9, quantity=1, command_id=[5, 6])))
    assert contents(tmp_path / "once") == kept


def test_a_gap_is_refused_and_named(venue: Engine, history: History, path: Path) -> None:
    submit(venue, history, side="buy", price=100, quantity=1)
    missing = venue.submit("BTC-USD", side="buy", price=101, quantity=1).reports
    later = venue.submit("BTC-USD", side="buy", price=102, quantity=1).reports
    before = contents(path)
    with pytest.raises(SequenceGapError, match="sequence_number was 3, must be 2") as caught:
        history.add(later)
    assert (caught.value.expected, caught.value.received) == (2, 3)
    holed = np.concatenate([missing, venue.cancel(9).reports])
    with pytest.raises(SequenceGapError, match="sequence_number was 4, must be 3"):
        history.add(holed)
    assert contents(path) == before
    assert history.add(np.concatenate([missing, later])) == 2


def test_a_report_that_was_told_otherwise_is_refused(
    venue: Engine, history: History, path: Path
) -> None:
    first = submit(venue, history, side="buy", price=100, quantity=1).reports
    other = Engine()
    other.add_instrument(BTC)
    told_otherwise = other.submit("BTC-USD", side="buy", price=100, quantity=2).reports
    new = venue.submit("BTC-USD", side="buy", price=100, quantity=1).reports
    before = contents(path)
    with pytest.raises(HistoryError, match="report 1 was told otherwise before: the history is of"):
        history.add(np.concatenate([new, told_otherwise]))
    assert contents(path) == before
    assert history.add(np.concatenate([first, new])) == 1


Spoil = Callable[[np.ndarray], object]
UNFIT: list[tuple[Spoil, str]] = [
    (lambda reports: reports.tolist(), "reports were list, must be an array of REPORT_DTYPE"),
    (lambda reports: reports["price"], "reports were an array of int64 and 1 dimensions"),
    (lambda reports: reports.reshape(1, -1), "and 2 dimensions, must be an array of REPORT_DTYPE"),
    (lambda reports: changed(reports, timestamp=2**63 - 1), "timestamp was 9223372036854775807"),
    (lambda reports: changed(reports, instrument=2), "report 2 was of instrument 2, of 2 that are"),
    (lambda reports: changed(reports, order_id=9, exec_type=3), "2 was of an order that never be"),
    (lambda reports: reports[:2], "trade 1 was told by one report, must be by two"),
]


def changed(reports: np.ndarray, **fields: int) -> np.ndarray:
    """Return reports of which some fields say something else."""
    other = reports.copy()
    for name, value in fields.items():
        other[name] = value
    return other


@pytest.mark.parametrize(("spoil", "message"), UNFIT)
def test_what_cannot_be_kept_is_refused_as_a_whole(
    spoil: Spoil, message: str, venue: Engine, history: History, path: Path
) -> None:
    submit(venue, history, side="sell", price=100, quantity=1)
    reports = venue.submit("BTC-USD", side="buy", price=100, quantity=3).reports
    before = contents(path)
    with pytest.raises(HistoryError, match=message):
        history.add(spoil(reports))  # type: ignore[arg-type]
    assert contents(path) == before
    assert history.add(reports) == len(reports) == 3


def test_a_history_may_begin_behind_the_first_report(venue: Engine, path: Path) -> None:
    """Orders that are older are met when something happens to them, and begin there."""
    for price in (100, 101):
        venue.submit("BTC-USD", side="sell", price=price, quantity=4, account=1)
    with History(path, after=venue.report_count) as history:
        history.add_instruments(venue.instruments)
        assert (history.last_number, history.time, history.orders(1)) == (2, 0, [])
        submit(venue, history, side="buy", price=100, quantity=3, account=2)
        history.add(venue.cancel(1, account=1).reports)
        older = history.orders(1)
        assert [(each.number, each.order_id, each.quantity) for each in older] == [(4, 1, 4)]
        assert (older[0].filled_quantity, older[0].order_status) == (3, OrderStatus.CANCELED)
        assert len(history.reports(4)) == 2
        assert [each.order_number for each in history.fills(1)] == [4]
        assert history.add(venue.cancel(9).reports) == 1
    for after in (None, 2):
        with History(path, after=after) as history:
            assert history.last_number == venue.report_count
    with pytest.raises(HistoryError, match="after was 0, that of the history there is 2"):
        History(path, after=0)
    with pytest.raises(HistoryError, match="after was -1, must be 0 to"):
        History(path.with_name("other"), after=-1)


# Questions that can't be asked.


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda each: each.orders(1, symbol="BTC"), UnknownSymbolError, "'BTC', not one of 2"),
        (lambda each: each.trades("GAS"), UnknownSymbolError, "symbol was 'GAS'"),
        (lambda each: each.statistics("btc-usd"), UnknownSymbolError, "symbol was 'btc-usd'"),
        (lambda each: each.orders(1, status="open"), CommandError, "status was 'open', not one"),
        (lambda each: each.orders(1, limit=0), HistoryError, "limit was 0, must be 1 to 10,000"),
        (lambda each: each.fills(1, limit=10_001), HistoryError, "limit was 10001"),
        (
            lambda each: each.trades("OIL", since=5, until=4),
            HistoryError,
            "since was 5 and until 4",
        ),
        (lambda each: each.orders(1, since=-1), HistoryError, "since was -1"),
        (lambda each: each.statistics("OIL", until=2**63), HistoryError, "and at most 92233720368"),
        (lambda each: each.candles("OIL", 0), HistoryError, "minutes were 0, must be 1 to 527,040"),
        (lambda each: each.candles("OIL", limit=-1), HistoryError, "limit was -1"),
        (lambda each: each.orders("seven"), TypeError, "account was .seven., of str, not an in"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(
    ask: Callable[[History], object], error: type[Exception], message: str, history: History
) -> None:
    with pytest.raises(error, match=message):
        ask(history)


@pytest.mark.parametrize("name", ["ORDERS", "ORDERS_IN", "ORDERS_WITH", "TRADES", "MAKERS"])
def test_the_newest_are_found_without_sorting_all(name: str, path: Path) -> None:
    """Where an index gives the order, a page costs its own length, however long the history."""
    History(path).close()
    question = getattr(asked, name).format("")
    connection = sqlite3.connect(path)
    try:
        values = [1] * question.count("?")
        plan = connection.execute(f"EXPLAIN QUERY PLAN {question}", values).fetchall()
    finally:
        connection.close()
    steps = " ".join(str(step[-1]) for step in plan)
    assert "SEARCH" in steps
    assert "rowid>? AND rowid<?" in steps
    assert "TEMP B-TREE" not in steps
