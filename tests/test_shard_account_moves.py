"""Instruments that move between shards with what accounts have in them, and with their money."""

from __future__ import annotations

from random import Random
from typing import Any

import banking
import numpy as np
import pytest
from banking import PERCENT, instrument, set_account, set_mark
from compare import market, queues
from sharding import compare_reports, drain, sharded, with_own_ids
from streams import Stream, command_array, random_stream

from engine import (
    ADD_MARGIN,
    BUY,
    DEPOSIT,
    LIQUIDATE,
    SELL,
    SET_ACCOUNT,
    SET_DEFAULT_LIMIT,
    SET_LEVERAGE,
    SET_LIMIT,
    SET_MARGIN_MODE,
    SET_POSITION_MODE,
    SET_PRICE,
    SET_RATE,
    STOP,
    SUBMIT,
    SWITCH,
    TRANSFER,
    WITHDRAW,
    EngineError,
    ExecType,
    Limit,
    MarginMode,
    PositionMode,
    RejectReason,
    SwitchScope,
    TriggerSource,
    reference,
)

WEALTH = 10**17
"""What every account has of everything in each shard: more than anything costs."""
NUMBERS = (0, 1, 2, 3, 4, 7, 2**32 - 1)
"""The accounts that a stream names."""
OF_INSTRUMENTS = (
    Limit.ORDER_QUANTITY,
    Limit.ORDER_VALUE,
    Limit.PRICE_DISTANCE,
    Limit.POSITION,
)


def account_stream(seed: int, length: int) -> Stream:
    """Return a stream with accounts and more than one instrument."""
    assert seed % 4 == 2, "every fourth stream has accounts"
    return with_own_ids(random_stream(seed, length))


def without_checks_across(stream: Stream) -> Stream:
    """Return a stream without what looks at several instruments of an account together."""
    commands = stream.commands
    is_limit = np.isin(commands["kind"], (SET_LIMIT, SET_DEFAULT_LIMIT))
    is_across = is_limit & ~np.isin(commands["selector"], OF_INSTRUMENTS)
    is_across |= np.isin(commands["kind"], (LIQUIDATE, SET_RATE, TRANSFER, WITHDRAW))
    is_across |= (commands["kind"] == ADD_MARGIN) & (commands["quantity"] >= WEALTH)
    return stream.with_commands(commands[~is_across])


def enrich(tested: Any, specified: Any, currencies: int) -> None:
    """Give every account WEALTH in each shard, and as much in all to one engine."""
    for number in NUMBERS:
        command = command_array({"kind": SET_ACCOUNT, "account": number})
        assert tested.match(command).tobytes() == specified.match(command).tobytes()
        for currency in range(currencies):
            fields = {"kind": DEPOSIT, "account": number, "instrument": currency}
            command = command_array(fields | {"quantity": WEALTH})
            for shard in range(len(tested.cores)):
                found = tested.shards.match_at(shard, command)
                assert found.tobytes() == specified.match(command).tobytes()


def amounts(core: Any, currencies: int) -> list[int]:
    """Return what each account has of each currency, over all shards."""
    return [
        core.balance(number, currency).balance
        for number in core.accounts()
        for currency in range(currencies)
    ]


def positions(core: Any) -> list[Any]:
    return [
        core.account_position(number, instrument, side)
        for number in core.accounts()
        for instrument in range(core.instrument_count)
        for side in (BUY, SELL)
    ]


class Moves:
    """Moves instruments, and adds shards, at random, and looks at what that has changed."""

    def __init__(self, seed: int, currencies: int, shards_max: int) -> None:
        self.random = Random(seed)
        self.currencies = currencies
        self.shards_max = shards_max
        self.moved = self.refused = 0

    def __call__(self, tested: Any, _: Any) -> None:
        number = self.random.randrange(tested.instrument_count)
        home = tested.shards.shard_of(number)
        to = self.random.choice([shard for shard in range(len(tested.cores)) if shard != home])
        adds = len(tested.cores) < self.shards_max and self.random.random() < 0.1
        before, counters = tested.state_hash(), tested.counters()
        seen = self.seen(tested)
        try:
            if adds:
                to = len(tested.cores)
                tested.add_shard(threads=1, instruments=[number])
            else:
                tested.move(number, to)
            self.moved += 1
        except EngineError:
            assert tested.state_hash() == before
            to = home
            self.refused += 1
        assert tested.shards.shard_of(number) == to
        tested.check_invariants()
        assert (self.seen(tested), tested.counters()) == (seen, counters)

    def seen(self, core: Any) -> Any:
        """Return what nobody is to see a difference of."""
        of_all = [
            (core.house(currency), core.rounding(currency), core.deposits(currency))
            for currency in range(self.currencies)
        ]
        numbers = range(core.instrument_count)
        return (
            amounts(core, self.currencies),
            positions(core),
            of_all,
            [market(core, number) for number in numbers],
            [[queue.tobytes() for queue in queues(core, number)[:2]] for number in numbers],
            [core.open_orders(account) for account in core.accounts()],
            [core.funding(number) for number in numbers],
            (core.time, len(core), core.report_count, core.trade_count),
        )


@pytest.mark.parametrize("seed", range(2, 130, 8))
def test_what_accounts_have_moves_and_adds_up(seed: int) -> None:
    stream = account_stream(seed, 300)
    tested = stream.new_core(sharded(2))
    moves = Moves(seed, stream.currencies, 4)
    for start in range(0, len(stream.commands), 7):
        tested.match(stream.commands[start : start + 7])
        moves(tested, None)
    assert moves.moved > 0
    drain(tested)


@pytest.mark.parametrize("seed", range(2, 130, 8))
def test_accounts_are_told_what_one_engine_tells_them_whatever_moves(seed: int) -> None:
    stream = without_checks_across(account_stream(seed, 400))
    tested, specified = stream.new_core(sharded(3)), stream.new_core(reference.Core)
    enrich(tested, specified, stream.currencies)
    moves = Moves(seed, stream.currencies, 3)
    compare_reports(stream, tested, specified, (1, 2, 7, 25), moves)
    assert (moves.moved > 0, moves.refused) == (True, 0)
    assert moves.seen(tested) == moves.seen(specified)
    drain(tested)


# -- by hand

LINEAR = banking.LINEAR | {"maintenance_rate": 5 * PERCENT}
SPOT = banking.SPOT | {"lot_units": 3}


def new_bank(*contracts: dict[str, Any]) -> Any:
    """Return two shards with two currencies, and instruments in turns: of the first and on."""
    core = sharded(2)(accounts=True)
    core.add_currency(), core.add_currency()
    for contract in contracts:
        core.add_instrument(**instrument(contract))
    for account in (1, 2):
        set_account(core, account)
    return core


def give(core: Any, shard: int, account: int, amount: int, currency: int = 0) -> None:
    fields = {"kind": DEPOSIT, "account": account, "instrument": currency, "quantity": amount}
    report = core.shards.match_at(shard, command_array(fields))
    assert report["exec_type"].tolist() == [ExecType.DONE]


def submit(core: Any, instrument: int, account: int, side: int, quantity: int, price: int) -> int:
    fields = {"kind": SUBMIT, "instrument": instrument, "account": account, "side": side}
    reports = core.match(command_array(fields | {"quantity": quantity, "price": price}))
    assert reports["exec_type"][0] == ExecType.NEW, reports
    return int(reports["order_id"][0])


def trade(core: Any, instrument: int, buyer: int, seller: int, quantity: int, price: int) -> None:
    submit(core, instrument, buyer, BUY, quantity, price)
    submit(core, instrument, seller, SELL, quantity, price)


def held(core: Any, account: int = 1, currency: int = 0) -> list[int]:
    return [its.balance for its in core.balances(account, currency)]


def refuse(core: Any, instrument: int, to: int, match: str) -> None:
    """Require that an instrument does not move, and that this changes nothing."""
    before = core.state_hash(), core.report_count, held(core)
    home = core.shards.shard_of(instrument)
    with pytest.raises(EngineError, match=match):
        core.move(instrument, to)
    assert (core.state_hash(), core.report_count, held(core)) == before
    assert core.shards.shard_of(instrument) == home
    core.check_invariants()


def test_with_a_position_go_its_margin_that_of_its_orders_and_its_loss() -> None:
    core = new_bank(LINEAR)
    give(core, 0, 1, 500), give(core, 0, 2, 500)
    trade(core, 0, 1, 2, 10, 100)
    submit(core, 0, 1, BUY, 5, 90)
    set_mark(core, 95, 0)
    core.move(0, 1)
    # A tenth of 1,000 and of 450, and what ten lots have lost; the other one has gained.
    assert (held(core, 1), held(core, 2)) == ([305, 195], [400, 100])
    assert [its.available for its in core.balances(1, 0)] == [305, 0]
    assert core.balances(2, 0)[1].free == 50
    assert core.account_position(1, 0).unrealized == -50
    assert [core.deposits(0), core.shards.deposited(0)] == [1_000, 1_000]
    core.check_invariants()
    core.move(0, 0)
    assert (held(core, 1), held(core, 2)) == ([500, 0], [500, 0])
    drain(core)


def test_what_a_position_has_made_counts_with_it_and_the_money_stays() -> None:
    core = new_bank(LINEAR, LINEAR)
    give(core, 0, 1, 500), give(core, 0, 2, 500)
    trade(core, 0, 1, 2, 10, 100)
    trade(core, 0, 2, 1, 10, 130)
    core.move(0, 1)
    assert (held(core, 1), held(core, 2)) == ([800, 0], [200, 0])
    assert core.account_position(1, 0).realized == 300
    core.check_invariants()
    drain(core)


def test_where_there_is_less_a_position_takes_all_that_nothing_else_needs() -> None:
    core = new_bank(LINEAR)
    give(core, 0, 1, 110), give(core, 0, 2, 500)
    trade(core, 0, 1, 2, 10, 100)
    set_mark(core, 95, 0)
    core.move(0, 1)
    assert held(core) == [0, 110]
    core.check_invariants()
    # At 94 it needs 47 to be kept and has 50, at 93 it needs 47 and has 40.
    set_mark(core, 94, 0)
    core.move(0, 0)
    set_mark(core, 93, 0)
    refuse(core, 0, 1, r"account 1 lacks 7 units of currency 0 in shard 0 to move instrument 0")
    give(core, 0, 1, 7)
    core.move(0, 1)
    assert held(core) == [0, 117]
    drain(core)


def test_what_others_need_stays_and_the_move_is_refused_as_a_whole() -> None:
    core = new_bank(LINEAR, LINEAR, LINEAR)
    core.move(2, 1), core.move(2, 0)
    give(core, 0, 1, 200), give(core, 0, 2, 900)
    trade(core, 0, 1, 2, 10, 100)
    trade(core, 2, 1, 2, 10, 100)
    set_mark(core, 110, 0)
    set_mark(core, 90, 2)
    # With what the first has gained the other one is kept, and without it is not.
    refuse(core, 0, 1, r"account 1 lacks 55 units .* in shard 0 to move .* to shard 1: 55 were")
    with pytest.raises(EngineError, match=r"to shard 2: 55 were needed, .* there were 0 beside"):
        core.add_shard(1, [0])
    assert len(core.cores) == 2
    core.check_invariants()
    give(core, 0, 1, 100)
    core.move(0, 1)
    assert held(core) == [200, 100]
    drain(core)


def test_what_is_lost_already_where_an_instrument_comes_to_gets_no_money() -> None:
    core = new_bank(LINEAR, LINEAR)
    give(core, 0, 1, 100), give(core, 1, 1, 100), give(core, 0, 2, 500), give(core, 1, 2, 500)
    trade(core, 0, 1, 2, 10, 100)
    trade(core, 1, 1, 2, 10, 100)
    set_mark(core, 95, 0)
    set_mark(core, 92, 1)
    refuse(core, 0, 1, r"account 1 lacks 24 units .* in shard 1 to move .* to shard 1: 94 were")
    give(core, 1, 1, 24)
    core.move(0, 1)
    assert held(core) == [0, 224]
    drain(core)


def test_deposits_that_pass_64_bits_in_a_shard_keep_an_instrument_where_it_is() -> None:
    core = new_bank(LINEAR | {"initial_rate": 10**9})
    give(core, 1, 2, 2**63 - 1), give(core, 0, 1, 2**62)
    submit(core, 0, 1, BUY, 1, 2**61)
    refuse(core, 0, 1, "what counts as deposited of currency 0 would pass 64 bits")
    drain(core)


def test_spot_orders_take_what_they_hold_of_both_currencies_and_no_more() -> None:
    core = new_bank(SPOT)
    give(core, 0, 1, 1_000), give(core, 0, 1, 50, currency=1)
    submit(core, 0, 1, BUY, 4, 100)
    submit(core, 0, 1, SELL, 5, 101)
    core.move(0, 1)
    holds = core.balances(1, 0)[1].held
    assert (held(core), held(core, 1, 1)) == ([1_000 - holds, holds], [35, 15])
    assert (holds >= 400, core.balances(1, 0)[1].available) == (True, 0)
    core.check_invariants()
    drain(core)


def test_modes_leverage_and_added_margin_move_and_an_isolated_position_is_closed_the_same() -> None:
    one = reference.Core(accounts=True)
    one.add_currency()
    core = new_bank(LINEAR, LINEAR)
    one.add_currency()
    for _ in range(2):
        one.add_instrument(**instrument(LINEAR))
    for account in (1, 2):
        set_account(one, account)
    of_first = {"instrument": 0, "account": 1}
    commands = [
        {"kind": DEPOSIT, "account": 1, "quantity": 10_000},
        {"kind": DEPOSIT, "account": 2, "quantity": 10_000},
        of_first | {"kind": SET_POSITION_MODE, "selector": PositionMode.HEDGE},
        of_first | {"kind": SET_MARGIN_MODE, "selector": MarginMode.ISOLATED},
        of_first | {"kind": SET_LEVERAGE, "quantity": 500},
        of_first | {"kind": SUBMIT, "side": BUY, "quantity": 10, "price": 100, "order_id": 1},
        {"kind": SUBMIT, "side": SELL, "quantity": 10, "price": 100, "account": 2, "order_id": 2},
        of_first | {"kind": ADD_MARGIN, "side": BUY, "quantity": 30},
        of_first | {"kind": SUBMIT, "side": SELL, "quantity": 2, "price": 120, "order_id": 3},
        of_first
        | {"kind": SUBMIT, "side": BUY, "quantity": 2, "order_type": STOP, "trigger_price": 130,
           "order_id": 4},
        {"kind": SET_PRICE, "price": 99, "trigger_source": TriggerSource.MARK},
        {"kind": SUBMIT, "side": BUY, "quantity": 9, "price": 80, "account": 2, "order_id": 5},
        {"kind": SET_PRICE, "price": 81, "trigger_source": TriggerSource.MARK},
        {"kind": LIQUIDATE, "account": 2},
    ]  # fmt: skip
    for place, fields in enumerate(commands):
        if place > 2:
            core.move(0, place % 2)
            core.check_invariants()
        if fields["kind"] in (SUBMIT, SET_LEVERAGE, ADD_MARGIN):
            home = core.shards.shard_of(0)
            for account in (1, 2):
                if core.balances(account, 0)[home].available < 2_000:
                    move_money(core, one, 1 - home, home, account, 2_000)
        wanted = one.match(command_array(fields))
        assert core.match(command_array(fields)).tobytes() == wanted.tobytes(), place
        assert positions(core) == positions(one)
    assert ExecType.LIQUIDATED in wanted["exec_type"]
    drain(core)


def move_money(core: Any, one: Any, left: int, reached: int, account: int, amount: int) -> None:
    """Allocate, and let one engine count the same commands."""
    for shard, kind in ((left, WITHDRAW), (reached, DEPOSIT)):
        command = command_array({"kind": kind, "account": account, "quantity": amount})
        found = core.shards.match_at(shard, command)
        assert found.tobytes() == one.match(command).tobytes()
        assert found["exec_type"][0] == ExecType.DONE


def test_a_new_shard_has_the_accounts_limits_switches_and_rates_of_the_others() -> None:
    core = new_bank(LINEAR, LINEAR)
    settings = [
        {"kind": SET_ACCOUNT, "account": 7, "self_trade_group": 4, "quantity": 3, "selector": 1},
        {"kind": SET_LIMIT, "account": 1, "selector": Limit.OPEN_ORDERS, "quantity": 1},
        {"kind": SET_DEFAULT_LIMIT, "selector": Limit.POSITION, "quantity": 5},
        {"kind": SET_RATE, "selector": 1, "quantity": 2, "self_trade_group": 3},
        {"kind": SWITCH, "selector": SwitchScope.BY_ACCOUNT, "account": 2, "quantity": 1},
    ]
    assert (core.match(command_array(*settings))["exec_type"] == ExecType.DONE).all()
    give(core, 0, 1, 500)
    submit(core, 0, 1, BUY, 1, 100)
    core.add_shard(1, [0])
    new = core.cores[2]
    assert new.accounts() == [1, 2, 7]
    assert new.account(7) == core.cores[0].account(7)
    assert [new.limit(account, Limit.OPEN_ORDERS) for account in (1, 2)] == [1, None]
    assert new.limit(2, Limit.POSITION) == 5
    assert new.rate_limit(3, 1) == 2
    assert not new.is_enabled(2, 0)
    assert held(core) == [490, 0, 10]
    assert (new.open_orders(1), core.open_orders(1)) == (1, 1)
    core.check_invariants()
    drain(core)


def test_the_last_order_of_an_account_is_remembered_where_its_instrument_is() -> None:
    core = new_bank(LINEAR)
    give(core, 0, 1, 500), give(core, 1, 1, 500)
    window = {"kind": SET_DEFAULT_LIMIT, "selector": Limit.DUPLICATE_WINDOW, "quantity": 100}
    core.match(command_array(window))
    again = {"kind": SUBMIT, "account": 1, "side": BUY, "quantity": 1, "price": 9, "timestamp": 50}
    assert core.match(command_array(again))["exec_type"][0] == ExecType.NEW
    core.move(0, 1)
    refused = core.match(command_array(again | {"timestamp": 60}))
    assert refused["reject_reason"][0] == RejectReason.DUPLICATE_ORDER
    drain(core)
