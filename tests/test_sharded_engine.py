"""The friendly face of an engine in shards: that of `Engine`, and money that is moved between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pytest

from engine import (
    SUBMIT,
    SWITCH,
    CommandError,
    Engine,
    EngineBusyError,
    EngineError,
    ExecType,
    GridError,
    Instrument,
    RejectReason,
    ShardedEngine,
    ShardPlacement,
    SwitchScope,
    UnknownCurrencyError,
    UnknownSymbolError,
)
from engine._sharded_core import processors
from engine.records import commands_of
from engine.workloads import market_day

SYMBOLS = ("BTC-USD", "ETH-USD", "SOL-USD", "OIL", "GAS")


def instrument(symbol: str, **terms: Any) -> Instrument:
    return Instrument(symbol=symbol, tick_size="0.01", lot_size="0.1", **terms)


def with_instruments(venue: Any) -> Any:
    for symbol in SYMBOLS:
        venue.add_instrument(instrument(symbol))
    return venue


@pytest.fixture(params=[1, 2, 10])
def venue(request: pytest.FixtureRequest) -> Any:
    venue = with_instruments(ShardedEngine(shards=request.param))
    yield venue
    venue.check_invariants()
    venue.mass_cancel()
    assert len(venue) == venue.order_count() == 0


def trade(venue: Any, between: Callable[[], None] = lambda: None) -> list[bytes]:
    """Do a bit of everything, with ids of the caller's, and return all that was said."""
    random, said = Random(11), []
    for order_id in range(1, 400):
        between()
        symbol = random.choice(SYMBOLS)
        fields: dict[str, Any] = {"quantity": random.randint(1, 30), "account": order_id % 3}
        fields |= {"timestamp": 1_000 * order_id, "order_id": order_id}
        kind = random.random()
        if kind < 0.1:
            fields |= {"order_type": "stop", "trigger_price": random.randint(95, 105)}
        elif kind < 0.2:
            fields |= {"order_type": "market"}
        else:
            fields |= {"price": random.randint(95, 105)}
        said.append(venue.submit(symbol, side=random.choice(("buy", "sell")), **fields))
        if kind > 0.8:
            said.append(venue.cancel(random.randint(1, order_id)))
        elif kind > 0.7:
            said.append(venue.replace(random.randint(1, order_id), price=random.randint(95, 105)))
        elif kind > 0.68:
            said.append(venue.reduce(random.randint(1, order_id), 1))
        elif kind > 0.66:
            said.append(venue.set_price(symbol, "last", random.randint(95, 105)))
        elif kind > 0.65:
            said.append(venue.mass_cancel(account=1))
    return [report.reports.tobytes() for report in said]


def test_every_call_says_what_one_engine_says(venue: ShardedEngine) -> None:
    one = with_instruments(Engine())
    assert trade(venue) == trade(one)
    assert venue.state_hash() == one.state_hash()
    assert (venue.time, venue.report_count) == (one.time, one.report_count)
    assert venue.trade_count == one.trade_count > 0
    for symbol in SYMBOLS:
        assert venue.ladder(symbol) == one.ladder(symbol)
        assert venue.book_counters(symbol) == one.book_counters(symbol)
        assert venue.last_trade(symbol) == one.last_trade(symbol)
    live = next(order_id for order_id in range(1, 400) if order_id in one)
    assert venue.order(live) == one.order(live)
    assert venue.queue_position(live) == one.queue_position(live)


def test_a_day_in_one_batch_is_that_of_one_engine() -> None:
    day = market_day(seed=3, commands=4_000)
    one, several = Engine(), ShardedEngine(shards=3)
    for venue in (one, several):
        for listed in day.listings:
            venue.add_instrument(
                Instrument(
                    symbol=listed.symbol, tick_size=listed.tick_size, lot_size=listed.lot_size
                )
            )
    assert several.match(day.commands).tobytes() == one.match(day.commands).tobytes()
    several.check_invariants()


def test_brackets_have_ids_of_their_shard(venue: ShardedEngine) -> None:
    for symbol in SYMBOLS:
        bracket = venue.submit_bracket(
            symbol, side="buy", price=71, quantity=5, stop_loss=70, take_profit=72
        )
        assert bracket.entry is not None
        assert bracket.entry.order_status.name == "NEW"
        assert len(venue.waiting(symbol)) == 2
        assert venue.submit(symbol, side="sell", price=71, quantity=5).filled_quantity == 50
        assert venue.best_ask(symbol) == Decimal("72.00")


def test_a_symbol_is_where_placement_or_the_operator_puts_it() -> None:
    venue = with_instruments(ShardedEngine(shards=10))
    placement = ShardPlacement(10)
    assert [venue.shard_of(name) for name in SYMBOLS] == [*map(placement.shard_of, SYMBOLS)]
    number = venue.add_instrument(instrument("HERE"), shard=4)
    assert (number, venue.shard_of("HERE"), venue.shards) == (5, 4, 10)
    with pytest.raises(EngineError, match="shard was 10, not one of 0 to 9"):
        venue.add_instrument(instrument("THERE"), shard=10)
    with pytest.raises(EngineError, match="already that of instrument 5"):
        venue.add_instrument(instrument("HERE"), shard=3)
    with pytest.raises(UnknownSymbolError):
        venue.shard_of("THERE")


@pytest.mark.parametrize("settings", [{"shards": 0}, {"shards": 300}, {"shards": 2, "threads": 3}])
def test_more_than_there_can_be_is_refused(settings: dict[str, int]) -> None:
    with pytest.raises(EngineError, match=r"(shards|threads) was"):
        ShardedEngine(**settings)


# -- symbols that move


def test_every_call_says_what_one_engine_says_whatever_moves(venue: ShardedEngine) -> None:
    one = with_instruments(Engine())
    books = {symbol: venue.book(symbol) for symbol in SYMBOLS}
    random = Random(12)

    def move() -> None:
        symbol, shard = random.choice(SYMBOLS), random.randrange(venue.shards)
        before = venue.state_hash()
        venue.move(symbol, shard)
        assert (venue.shard_of(symbol), venue.state_hash()) == (shard, before)
        if venue.shards < 12 and random.random() < 0.02:
            assert venue.add_shard() == venue.shards - 1
        venue.check_invariants()

    assert trade(venue, move) == trade(one)
    assert venue.state_hash() == one.state_hash()
    assert (venue.time, venue.report_count) == (one.time, one.report_count)
    assert venue.counters().trades == one.counters().trades > 0
    for symbol in SYMBOLS:
        assert venue.ladder(symbol) == one.ladder(symbol)
        assert venue.book_counters(symbol) == one.book_counters(symbol)
        assert books[symbol] is venue.book(symbol)
        assert str(books[symbol]) == str(one.book(symbol))
        assert books[symbol].orders(1).tobytes() == one.book(symbol).orders(1).tobytes()


def test_a_symbol_that_has_moved_is_traded_by_every_door() -> None:
    venue = with_instruments(ShardedEngine(shards=3))
    book = venue.book("OIL")
    first = venue.submit("OIL", side="buy", price=71, quantity=5)
    for shard in (0, 1, 2, 0):
        venue.move("OIL", shard)
        assert (venue.shard_of("OIL"), book.best_bid(), book.order_count()) == (shard, 7100, 1)
        found = venue.order(first.order_id)
        assert found is not None
        assert (found.leaves_quantity, first.order_id in book) == (50, True)
        ids = [book.submit(1, 7000, 10).order_id, venue.submit("OIL", side="buy", price=69,
               quantity=1).order_id]  # fmt: skip
        assert [order_id // 2**56 for order_id in ids] == [shard, shard]
        assert [venue.cancel(order_id).order_status.name for order_id in ids] == ["CANCELED"] * 2
        bracket = venue.submit_bracket(
            "OIL", side="buy", price=70, quantity=1, stop_loss=60, take_profit=80
        )
        assert bracket.entry is not None
        assert [order.tolist() for order in book.waiting()["order_id"]] == [
            bracket.stop_loss.order_id,
            bracket.take_profit.order_id if bracket.take_profit else 0,
        ]
        assert venue.cancel(bracket.entry.order_id).order_status.name == "CANCELED"
    assert venue.submit("OIL", side="sell", order_type="market", quantity=5).filled_quantity == 50
    assert venue.last_trade("OIL") == (Decimal("71.00"), Decimal("5.0"))
    venue.check_invariants()


def test_a_shard_more_gets_what_placement_gives_it_and_nothing_else() -> None:
    symbols = [f"SYMBOL-{number}" for number in range(60)]
    venue, old, new = ShardedEngine(shards=4), ShardPlacement(4), ShardPlacement(5)
    moves = old.moves(symbols, 5)
    pinned, moved = [*moves][:2]
    for symbol in symbols:
        shard = old.shard_of(symbol) if symbol == pinned else None
        venue.add_instrument(instrument(symbol), shard=shard)
        venue.submit(symbol, side="buy", price=9, quantity=1, order_id=len(venue) + 1)
    venue.move(moved, (old.shard_of(moved) + 1) % 4)
    before = venue.state_hash(), {symbol: venue.shard_of(symbol) for symbol in symbols}
    assert venue.add_shard() == 4
    assert (venue.shards, venue.state_hash()) == (5, before[0])
    for symbol in symbols:
        gone = symbol in moves and symbol not in (pinned, moved)
        assert venue.shard_of(symbol) == (new.shard_of(symbol) if gone else before[1][symbol])
        assert venue.submit(symbol, side="sell", price=9, quantity=1).filled_quantity == 10
    venue.add_instrument(instrument("LATER"))
    assert venue.shard_of("LATER") == new.shard_of("LATER")
    venue.move(moved, old.shard_of(moved))
    venue.check_invariants()


def test_threads_come_with_shards_unless_they_were_named() -> None:
    venue, named = ShardedEngine(shards=1), ShardedEngine(shards=1, threads=1)
    for several in (venue, named):
        several.add_shard()
        assert several.shards == 2
    assert (venue.threads, named.threads) == (min(2, processors()), 1)
    day = market_day(seed=3, commands=3_000)
    one = Engine()
    for several in (venue, named, one):
        for listed in day.listings:
            several.add_instrument(
                Instrument(
                    symbol=listed.symbol, tick_size=listed.tick_size, lot_size=listed.lot_size
                )
            )
    wanted = one.match(day.commands).tobytes()
    assert [several.match(day.commands).tobytes() for several in (venue, named)] == [wanted] * 2


def test_a_move_that_can_not_be_changes_nothing() -> None:
    venue = with_instruments(ShardedEngine(shards=2))
    venue.move("OIL", 0), venue.move("GAS", 1)
    for symbol in ("OIL", "GAS"):
        venue.submit(symbol, side="buy", price=9, quantity=1, order_id=7)
    before = venue.state_hash(), [venue.shard_of(symbol) for symbol in SYMBOLS]
    with pytest.raises(EngineError, match="order_id was 7, of a live order in instrument 3 and"):
        venue.move("OIL", 1)
    with pytest.raises(UnknownSymbolError):
        venue.move("OYL", 1)
    for shard in (2, -1, "1", None):
        with pytest.raises(EngineError, match=r"shard was .*, not one of 0 to 1"):
            venue.move("OIL", shard)  # type: ignore[arg-type]
    assert (venue.state_hash(), [venue.shard_of(symbol) for symbol in SYMBOLS]) == before
    venue.check_invariants()
    full = ShardedEngine(shards=256)
    with pytest.raises(EngineError, match="shards was 257"):
        full.add_shard()


def test_nothing_moves_while_another_thread_runs_a_batch() -> None:
    venue = with_instruments(ShardedEngine(shards=2))
    commands = np.tile(commands_of(50_000, SUBMIT, side=1, price=9, quantity=1), 4)
    commands["instrument"] = np.arange(len(commands)) % len(SYMBOLS)
    refused = 0
    worker = threading.Thread(target=venue.match, args=(commands,))
    worker.start()
    while worker.is_alive() and refused < 2:
        for change in (lambda: venue.move("OIL", 1), venue.add_shard):
            try:
                change()
            except EngineBusyError:
                refused += 1
    worker.join()
    assert refused > 0
    assert len(venue) == 200_000
    venue.check_invariants()


# -- accounts


def new_bank(shards: int = 3) -> ShardedEngine:
    venue = ShardedEngine(shards=shards, accounts=True)
    venue.add_currency("USD", unit="0.001")
    for shard in range(shards):
        of_shard = instrument(f"S{shard}", kind="linear", quote="USD", max_leverage=10)
        venue.add_instrument(of_shard, shard=shard)
    for account in (1, 2):
        assert venue.set_account(account).exec_type == ExecType.DONE
        assert venue.deposit(account, "USD", 1_000).exec_type == ExecType.DONE
    return venue


def balances(venue: ShardedEngine, account: int = 1) -> list[Decimal]:
    found = venue.allocations(account, "USD")
    assert found is not None
    return [its.balance for its in found]


def test_an_order_is_held_against_what_its_shard_has() -> None:
    venue = new_bank()
    order = {"side": "buy", "price": 100, "quantity": 10, "account": 1}
    assert venue.submit("S1", **order).reject_reason == RejectReason.INSUFFICIENT_FUNDS
    assert venue.allocate(1, "USD", {1: 150}).exec_type == ExecType.DONE
    assert venue.submit("S1", **order).order_status.name == "NEW"
    assert venue.submit("S2", **order).reject_reason == RejectReason.INSUFFICIENT_FUNDS
    assert venue.submit("S0", **order).order_status.name == "NEW"
    assert venue.open_orders(1) == 2
    total = venue.balance(1, "USD")
    assert total is not None
    assert (total.balance, total.margin) == (1_000, 200)
    # What it holds there stays there.
    refused = venue.allocate(1, "USD", {1: -100, 2: 70})
    assert refused.reject_reason == RejectReason.INSUFFICIENT_FUNDS
    assert venue.allocate(1, "USD", {1: -50, 2: 70}).exec_type == ExecType.DONE
    assert balances(venue) == [830, 100, 70]
    venue.check_invariants()


def test_an_allocation_is_refused_as_a_whole() -> None:
    venue = new_bank()
    assert venue.allocate(1, "USD", {1: 300, 2: 200}).exec_type == ExecType.DONE
    before = venue.state_hash()
    for amounts in ({1: -300, 2: -201}, {1: -301}, {1: 501}, {1: -300, 2: 900}):
        assert venue.allocate(1, "USD", amounts).reject_reason == RejectReason.INSUFFICIENT_FUNDS
        assert venue.state_hash() == before
    assert venue.allocate(9, "USD", {1: 1}).reject_reason == RejectReason.UNKNOWN_ACCOUNT
    assert venue.withdraw(1, "USD", 501).reject_reason == RejectReason.INSUFFICIENT_FUNDS
    assert venue.state_hash() == before
    venue.check_invariants()


def test_what_can_not_be_moved_raises_and_moves_nothing() -> None:
    venue = new_bank()
    before = venue.state_hash(), venue.report_count
    with pytest.raises(CommandError, match="which moves nothing"):
        venue.allocate(1, "USD", {1: 0})
    with pytest.raises(CommandError, match="amounts had shard 0"):
        venue.allocate(1, "USD", {0: 5})
    with pytest.raises(EngineError, match="shard was 3"):
        venue.allocate(1, "USD", {1: 1, 3: 1})
    with pytest.raises(GridError):
        venue.allocate(1, "USD", {1: "0.0001"})
    with pytest.raises(UnknownCurrencyError):
        venue.allocate(1, "EUR", {1: 1})
    with pytest.raises(OverflowError, match="quantity was"):
        venue.allocate(1, "USD", {1: 10**15, 2: 9 * 10**15, 0 + 2: 9 * 10**15})
    with pytest.raises(OverflowError, match="account was"):
        venue.allocate(2**40, "USD", {1: 1})
    assert (venue.state_hash(), venue.report_count) == before


def test_what_shards_have_is_what_was_deposited_less_what_was_withdrawn() -> None:
    venue, random = new_bank(), Random(5)
    for turn in range(300):
        account, amount = random.choice((1, 2)), random.randint(1, 400)
        what = random.random()
        if what < 0.2:
            venue.deposit(account, "USD", amount)
        elif what < 0.4:
            venue.withdraw(account, "USD", amount)
        elif what < 0.5:
            venue.transfer(account, 3 - account, "USD", amount)
        elif what < 0.8:
            shard = random.choice((1, 2))
            venue.allocate(account, "USD", {shard: amount, 3 - shard: random.randint(-400, 400)})
        else:
            side, price = random.choice(("buy", "sell")), random.randint(95, 105)
            symbol = f"S{random.randrange(3)}"
            venue.submit(symbol, side=side, price=price, quantity=1, account=account)
        if turn % 10 == 0:
            venue.check_invariants()
            assert venue.deposits("USD") == venue.deposited("USD")
    held = sum(sum(balances(venue, account)) for account in (1, 2))
    assert held > 0
    venue.mass_cancel()
    venue.check_invariants()


def test_a_symbol_moves_with_what_its_positions_and_orders_need() -> None:
    venue = new_bank()

    def seen() -> Any:
        position = venue.account_position("S0", account=1)
        assert position is not None
        # It is closed by what its shard has.
        return venue.balance(1, "USD"), position._replace(liquidation_price=None)

    venue.submit("S0", side="buy", price=100, quantity=10, account=1)
    venue.submit("S0", side="sell", price=100, quantity=10, account=2)
    assert venue.set_price("S0", "mark", 95).exec_type == ExecType.DONE
    before = seen()
    venue.move("S0", 2)
    assert (balances(venue, 1), balances(venue, 2)) == ([850, 0, 150], [900, 0, 100])
    assert (seen(), venue.deposits("USD")) == (before, 2_000)
    assert venue.allocate(1, "USD", {2: -1}).reject_reason == RejectReason.INSUFFICIENT_FUNDS
    venue.check_invariants()
    assert venue.withdraw(1, "USD", 850).exec_type == ExecType.DONE
    assert venue.set_price("S0", "mark", 84).exec_type == ExecType.DONE
    hashed = venue.state_hash()
    with pytest.raises(EngineError, match="account 1 lacks 10000 units of currency 0 in shard 2"):
        venue.move("S0", 1)
    assert (venue.shard_of("S0"), balances(venue)) == (2, [0, 0, 150])
    assert venue.state_hash() == hashed
    venue.check_invariants()


def test_a_shard_more_gets_its_symbols_with_their_money() -> None:
    venue = ShardedEngine(shards=2, accounts=True)
    venue.add_currency("USD", unit="0.001")
    symbols = [f"S{number}" for number in range(12)]
    for account in (1, 2):
        venue.set_account(account), venue.deposit(account, "USD", 2_000)
        venue.allocate(account, "USD", {1: 1_000})
    for symbol in symbols:
        venue.add_instrument(instrument(symbol, kind="linear", quote="USD", max_leverage=10))
        venue.submit(symbol, side="buy", price=100, quantity=1, account=1)
        venue.submit(symbol, side="sell", price=100, quantity=1, account=2)
    moves = ShardPlacement(2).moves(symbols, 3)
    assert 0 < len(moves) < 12
    before = [venue.balance(account, "USD") for account in (1, 2)]
    assert venue.add_shard() == 2
    assert balances(venue)[2] == 10 * len(moves)
    assert [venue.balance(account, "USD") for account in (1, 2)] == before
    assert {symbol for symbol in symbols if venue.shard_of(symbol) == 2} == {*moves}
    venue.check_invariants()
    assert venue.allocate(1, "USD", {2: 100}).exec_type == ExecType.DONE
    for symbol in moves:
        report = venue.submit(symbol, side="sell", price=101, quantity=1, account=1)
        assert report.order_status.name == "NEW"
    venue.check_invariants()


def test_what_is_set_for_accounts_holds_in_every_shard() -> None:
    venue = new_bank()
    assert venue.allocate(1, "USD", {1: 300, 2: 300}).exec_type == ExecType.DONE
    order = {"side": "buy", "price": 100, "quantity": 1, "account": 1}
    for shard in range(3):
        assert venue.submit(f"S{shard}", **order).order_status.name == "NEW"
    report = venue.match(_switch_off(1))
    assert report["exec_type"].tolist() == [ExecType.CANCELED] * 3 + [ExecType.DONE]
    assert (report["last_quantity"][-1], len(venue)) == (3, 0)
    for shard in range(3):
        reason = venue.submit(f"S{shard}", **order).reject_reason
        assert reason == RejectReason.TRADING_DISABLED
        assert not venue.is_enabled(f"S{shard}", account=1)
    venue.check_invariants()


def _switch_off(account: int) -> Any:
    scope = SwitchScope.BY_ACCOUNT
    return commands_of(1, SWITCH, selector=scope, account=account, quantity=1)


def test_a_profit_in_one_shard_makes_no_loss_in_another_good() -> None:
    venue = ShardedEngine(shards=2, accounts=True)
    venue.add_currency("USD", unit="0.001")
    for shard, symbol in enumerate(("OIL", "GAS")):
        terms = {"kind": "linear", "quote": "USD", "max_leverage": 20}
        venue.add_instrument(instrument(symbol, **terms), shard=shard)
    for account in (7, 8):
        venue.set_account(account), venue.deposit(account, "USD", 1000)
        venue.allocate(account, "USD", {1: 400})
    for symbol in ("OIL", "GAS"):
        for account, side in ((8, "sell"), (7, "buy")):
            venue.submit(symbol, side=side, price=100, quantity=10, account=account)
    venue.set_price("OIL", "mark", 103), venue.set_price("GAS", "mark", 97)
    # 50 of margin in each; of 600 the profit of 30 does not count, of 400 the loss of 30 does.
    shares = venue.allocations(7, "USD")
    found = venue.balance(7, "USD")
    assert shares is not None
    assert found is not None
    assert [share.available for share in shares] == [550, 320]
    assert (found.available, found.free, found.unrealized) == (870, 900, 0)
    assert venue.balance(9, "USD") is None
    assert [symbol for symbol, _ in venue.open_positions(7)] == ["OIL", "GAS"]
    assert venue.open_interest() == (4, 200)
    assert venue.open_interest("GAS") == (2, 100)
    venue.check_invariants()
