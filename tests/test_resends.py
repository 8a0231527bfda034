"""A command that is sent again gets its first result again, and does nothing."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from implementations import Implementation
from streams import Stream, command_array, random_stream

from engine import BUY, CANCEL, MASS_CANCEL, SELL, SUBMIT, ExecType, Liquidity
from engine._core import Core
from engine._schema import TRADE_DTYPE
from engine.errors import ImageError

WINDOWS = (1, 3, 20, 1000)


def with_window(stream: Stream, make: Any, window: int) -> Any:
    """Return an engine in a stream's setting that keeps so many reports."""
    return stream.new_core(lambda **terms: make(resend_window=window, **terms))


def with_ids(seed: int, length: int) -> Stream:
    """Return a random stream in which commands come with ids, some of them again and again."""
    stream = random_stream(seed, length)
    random = Random(f"resends {seed}")
    commands = stream.commands.copy()
    many = random.choice((4, 30, 300))
    commands["command_id"] = [random.choice((0, random.randrange(1, many))) for _ in commands]
    for index in range(1, len(commands)):
        if random.random() < 0.3:
            commands[index] = commands[random.randrange(max(0, index - 20), index)]
    return stream.with_commands(commands)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("seed", range(16))
def test_core_and_reference_agree(seed: int, window: int, implementation: Implementation) -> None:
    stream = with_ids(seed, 150)
    core, reference = (with_window(stream, make, window) for make in (Core, implementation.core))
    for index in range(len(stream.commands)):
        command = stream.commands[index : index + 1]
        assert core.match(command).tobytes() == reference.match(command).tobytes(), index
    assert core.state_hash() == reference.state_hash()
    assert core.counters() == reference.counters()


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("seed", range(100, 112))
def test_batches_and_trades_are_as_one_by_one(seed: int, window: int) -> None:
    stream = with_ids(seed, 300)
    single, batched, trading = (with_window(stream, Core, window) for _ in range(3))
    one_by_one = [
        single.match(stream.commands[index : index + 1]) for index in range(len(stream.commands))
    ]
    random = Random(seed)
    parts, at = [], 0
    while at < len(stream.commands):
        end = at + random.randrange(1, 90)
        parts.append(batched.match(stream.commands[at:end]))
        at = end
    assert np.concatenate(parts).tobytes() == np.concatenate(one_by_one).tobytes()
    trades = trading.match(stream.commands, detail="trades")
    assert trades.dtype == TRADE_DTYPE
    assert trading.save().tobytes() == batched.save().tobytes() == single.save().tobytes()
    reports = np.concatenate(one_by_one)
    is_taker = reports["liquidity"] == Liquidity.TAKER
    takers = reports[(reports["exec_type"] == ExecType.TRADE) & is_taker]
    assert trades["trade_id"].tolist() == takers["trade_id"].tolist()
    assert trades["taker_order_id"].tolist() == takers["order_id"].tolist()
    assert trades["maker_order_id"].tolist() == takers["contra_order_id"].tolist()


@pytest.mark.parametrize("seed", range(200, 212))
def test_what_was_told_outlives_a_restart(seed: int) -> None:
    stream = with_ids(seed, 200)
    core = with_window(stream, Core, 50)
    restarted = with_window(stream, Core, 50)
    for index in range(len(stream.commands)):
        command = stream.commands[index : index + 1]
        loaded = with_window(stream, Core, 50)
        loaded.load(restarted.save())
        restarted = loaded
        assert core.match(command).tobytes() == restarted.match(command).tobytes(), index
    assert core.image_hash() == restarted.image_hash()
    other = with_window(stream, Core, 51)
    with pytest.raises(ImageError):
        other.load(core.save())


def test_a_resend_changes_nothing(implementation: Implementation) -> None:
    core = implementation.core(resend_window=10)
    core.add_instrument()
    commands = command_array(
        {"kind": SUBMIT, "side": SELL, "price": 100, "quantity": 5, "command_id": 7},
        {"kind": SUBMIT, "side": BUY, "price": 100, "quantity": 3, "command_id": 8},
    )
    first = core.match(commands)
    before = core.state_hash(), core.counters(), core.report_count, core.time
    commands["timestamp"] = 99
    commands["quantity"] = 1
    assert core.match(commands).tobytes() == first.tobytes()
    assert core.match(commands, detail="trades")["quantity"].tolist() == [3]
    assert (core.state_hash(), core.counters(), core.report_count, core.time) == before


def test_refusals_are_told_again_too(implementation: Implementation) -> None:
    core = implementation.core(resend_window=10)
    core.add_instrument()
    cancel = command_array({"kind": CANCEL, "order_id": 1, "command_id": 5})
    refused = core.match(cancel)
    core.match(command_array({"kind": SUBMIT, "side": BUY, "price": 1, "quantity": 1}))
    assert core.match(cancel).tobytes() == refused.tobytes()
    assert core.match(command_array({"kind": CANCEL, "order_id": 1}))["exec_type"].tolist() == [
        ExecType.CANCELED
    ]


def test_ids_are_those_of_an_account(implementation: Implementation) -> None:
    core = implementation.core(resend_window=10)
    core.add_instrument()
    order = {"kind": SUBMIT, "side": BUY, "price": 1, "quantity": 1, "command_id": 5}
    reports = core.match(command_array({**order, "account": 1}, {**order, "account": 2}, order))
    assert reports["order_id"].tolist() == [1, 2, 3]


def test_the_window_is_of_reports(implementation: Implementation) -> None:
    """A command with more reports than it has room for is not kept, and nothing in front of it."""
    core = implementation.core(resend_window=4)
    core.add_instrument()
    order = {"kind": SUBMIT, "side": BUY, "price": 1, "quantity": 1}
    core.match(command_array(*({**order, "command_id": id_} for id_ in range(1, 6))))
    again = core.match(command_array({**order, "command_id": 2}, {**order, "command_id": 1}))
    assert again["order_id"].tolist() == [2, 6]
    swept = core.match(command_array({"kind": MASS_CANCEL, "command_id": 9}))
    assert len(swept) == 7
    assert len(core.match(command_array({"kind": MASS_CANCEL, "command_id": 9}))) == 1
    assert core.match(command_array({**order, "command_id": 1}))["order_id"].tolist() == [7]


def test_without_a_window_ids_mean_nothing(implementation: Implementation) -> None:
    core = implementation.core()
    core.add_instrument()
    order = {"kind": SUBMIT, "side": BUY, "price": 1, "quantity": 1, "command_id": 5}
    assert core.match(command_array(order, order))["order_id"].tolist() == [1, 2]
    with pytest.raises(OverflowError, match="resend_window was -1"):
        implementation.core(resend_window=-1)
