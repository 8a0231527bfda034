"""The minimiser and the files it leaves behind, tried on failures that are known."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from kept import COMMANDS_FORMAT, SCENARIO_FORMAT, is_scenario, keep, read_kept
from shrink import shrink
from streams import MAX_ORDERS, Stream, command_array, random_stream

from engine import (
    BUY,
    CANCEL,
    FOK,
    IOC,
    REPLACE,
    SELL,
    SET_ACCOUNT,
    SUBMIT,
    CommandKind,
    ExecType,
    RejectReason,
)
from engine.reference import Core


def reports_of(stream: Stream) -> np.ndarray:
    return stream.new_core(Core).match(stream.commands)


def test_shrinking_leaves_only_the_commands_that_fail_together() -> None:
    def needs_13_and_88(stream: Stream) -> bool:
        return {13, 88} <= set(stream.commands["price"].tolist())

    commands = command_array(*({"kind": CANCEL, "price": price} for price in range(100)))
    shrunk = shrink(Stream(({},), MAX_ORDERS, commands), needs_13_and_88)
    assert shrunk.commands["price"].tolist() == [13, 88]


def test_shrinking_keeps_all_when_all_are_needed() -> None:
    commands = command_array(*({"kind": CANCEL, "order_id": number} for number in range(7)))
    stream = Stream(({},), MAX_ORDERS, commands)
    assert len(shrink(stream, lambda shorter: len(shorter.commands) >= 7).commands) == 7


def test_shrinking_refuses_a_stream_that_does_not_fail() -> None:
    with pytest.raises(AssertionError):
        shrink(Stream(({},), MAX_ORDERS, command_array()), lambda _: False)


@pytest.mark.parametrize("seed", range(3))
def test_a_trade_in_a_long_stream_shrinks_to_a_few_plain_commands(seed: int) -> None:
    def trades(stream: Stream) -> bool:
        return bool((reports_of(stream)["exec_type"] == ExecType.TRADE).any())

    def is_lit(stream: Stream) -> bool:
        return not any("visibility" in terms for terms in stream.instruments)

    streams = (random_stream(candidate, 200) for candidate in count(seed, 3))
    shrunk = shrink(next(filter(trades, filter(is_lit, streams))), trades)
    assert len(shrunk.commands) <= 4  # of an auction: a phase, two orders, another phase
    assert not shrunk.commands["timestamp"].any()
    assert not shrunk.commands["account"].any()
    assert shrunk.instruments == ({},)
    assert shrunk.max_orders == MAX_ORDERS


def test_a_stream_with_accounts_keeps_them_where_they_matter(tmp_path: Path) -> None:
    def is_too_poor(stream: Stream) -> bool:
        refused = RejectReason.INSUFFICIENT_FUNDS
        return bool((reports_of(stream)["reject_reason"] == refused).any())

    streams = (random_stream(candidate, 100) for candidate in count())
    shrunk = shrink(next(filter(is_too_poor, streams)), is_too_poor)
    assert shrunk.commands["kind"].tolist()[0] == SET_ACCOUNT
    assert len(shrunk.commands) <= 3
    assert shrunk.currencies > 0
    assert is_too_poor(read_kept(keep(shrunk, tmp_path / "poor.json", "this test")))


READABLE = command_array(
    {"kind": SUBMIT, "order_id": 1, "side": SELL, "price": 101, "quantity": 5},
    {"kind": SUBMIT, "order_id": 2, "side": SELL, "price": 101, "quantity": 5, "account": 7},
    {"kind": REPLACE, "order_id": 1, "price": 101, "quantity": 3},
    {"kind": SUBMIT, "order_id": 3, "side": BUY, "price": 101, "quantity": 4, "flags": 1},
    {"kind": SUBMIT, "order_id": 3, "side": BUY, "price": 102, "quantity": 4},
    {"kind": SUBMIT, "order_id": 4, "side": BUY, "price": 99, "quantity": 1, "time_in_force": IOC},
    {"kind": SUBMIT, "order_id": 4, "side": BUY, "quantity": 9, "order_type": 1},
    {"kind": SUBMIT, "order_id": 5, "side": BUY, "price": 1, "quantity": 1, "time_in_force": FOK},
    {"kind": SUBMIT, "order_id": 6, "side": BUY, "price": -5, "quantity": 3},
    {"kind": CommandKind.REDUCE, "order_id": 6, "quantity": 1},
    {"kind": CANCEL, "order_id": 9},
)


@pytest.mark.parametrize("replace_priority", [0, 1])
def test_plain_commands_are_kept_as_a_scenario(tmp_path: Path, replace_priority: int) -> None:
    stream = Stream(({"replace_priority": replace_priority},), MAX_ORDERS, READABLE)
    path = keep(stream, tmp_path / "readable.json", "this test")
    document = json.loads(path.read_text())
    (scenario,) = document["scenarios"]
    first, second = ([1, 3, 101, 3], [2, 3, 101, 1])[:: -1 if replace_priority else 1]
    expected = [step["expect"] for step in scenario["steps"]]
    assert document["format"] == SCENARIO_FORMAT
    assert expected[3] == {"trades": [], "status": "rejected"}
    if not replace_priority:
        assert expected[4] == {"trades": [first, second], "status": "filled"}
    assert [expectation["status"] for expectation in expected] == [
        *("open", "open", "open", "rejected", "filled", "cancelled", "cancelled", "rejected"),
        *("open", "open", "rejected"),
    ]
    assert scenario["final_book"] == {"bids": [[-5, 2, 1]], "asks": []}
    again = read_kept(path)
    assert np.array_equal(reports_of(again), reports_of(stream))


def test_other_commands_are_kept_as_they_are(tmp_path: Path) -> None:
    for seed in range(8):
        stream = random_stream(seed, 50)
        path = keep(stream, tmp_path / f"seed-{seed}.json", "this test")
        again = read_kept(path)
        assert not is_scenario(stream)
        assert json.loads(path.read_text())["format"] == COMMANDS_FORMAT
        assert again.instruments == stream.instruments
        assert (again.max_orders, again.currencies) == (stream.max_orders, stream.currencies)
        assert again.commands.tobytes() == stream.commands.tobytes()


def test_a_file_of_another_format_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"format": "other/1"}')
    with pytest.raises(ValueError, match="format was 'other/1'"):
        read_kept(path)
