"""Instruments that move between shards with what accounts have in them, and with their money."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from compare import market, queues, require_same
from sharding import compare_reports, drain, sharded, with_own_ids
from streams import Stream, command_array, random_stream

from engine import (
    BUY,
    DEPOSIT,
    LIQUIDATE,
    SELL,
    SET_ACCOUNT,
    SET_DEFAULT_LIMIT,
    SET_LIMIT,
    SET_RATE,
    WITHDRAW,
    EngineError,
    Limit,
    reference,
)
from engine.records import details_for_hash

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
    is_across |= np.isin(commands["kind"], (LIQUIDATE, SET_RATE))
    return stream.with_commands(commands[~is_across])


def enrich(tested: Any, specified: Any, currencies: int) -> None:
    """Give every account WEALTH in each shard, and as much in all to one engine."""

    def both(shard: int, **fields: int) -> None:
        command = command_array(fields)
        found = tested.shards.match_at(shard, command)
        assert found["reject_reason"].tolist() == [0]
        specified.match(command)

    for number in NUMBERS:
        command = command_array({"kind": SET_ACCOUNT, "account": number})
        assert tested.match(command).tobytes() == specified.match(command).tobytes()
        for currency in range(currencies):
            of = {"account": number, "instrument": currency}
            for shard in range(len(tested.cores)):
                both(shard, kind=DEPOSIT, quantity=WEALTH, **of)
    # What was dealt out by hand was deposited in the first shard.
    tested.dealt_out = True


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

    def __call__(self, tested: Any, specified: Any) -> None:
        number = self.random.randrange(tested.instrument_count)
        home = tested.shards.shard_of(number)
        to = self.random.choice([shard for shard in range(len(tested.cores)) if shard != home])
        adds = len(tested.cores) < self.shards_max and self.random.random() < 0.1
        before = tested.state_hash()
        seen = self.seen(tested)
        try:
            if adds:
                to = len(tested.cores)
                tested.add_shard(threads=1, instruments=[number])
            else:
                tested.move(number, to)
            self.moved += 1
        except EngineError as error:
            assert "lacks" in str(error)
            assert tested.state_hash() == before
            to = home
            self.refused += 1
        assert tested.shards.shard_of(number) == to
        tested.check_invariants()
        assert self.seen(tested) == seen

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
            (core.counters(), core.time, len(core), core.trade_count),
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
