"""The friendly face of an engine in shards: that of `Engine`, and money that is moved between."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from engine import (
    SWITCH,
    CommandError,
    Engine,
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


def trade(venue: Any) -> list[bytes]:
    """Do a bit of everything, with ids of the caller's, and return all that was said."""
    random, said = Random(11), []
    for order_id in range(1, 400):
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
