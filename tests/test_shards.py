"""Shards answer as one engine: the same reports in the same order, under the same numbers."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from sharding import compare, drain, new_cores, plain_streams, sharded
from streams import command_array

from engine import (
    ADVANCE_TIME,
    BUY,
    CANCEL,
    GTD,
    MASS_CANCEL,
    REPORT_DTYPE,
    SELL,
    SUBMIT,
    CancelScope,
    CommandError,
    Core,
    EngineBusyError,
    EngineError,
    ExecType,
    RejectReason,
    ReplacePriority,
    trades_of,
)
from engine.workloads import workload


@pytest.mark.parametrize("shards", [2, 3])
def test_shards_say_what_the_specification_says(shards: int) -> None:
    for stream in plain_streams(8, 200):
        compare(stream, shards, (1, 2, 64))


def test_threads_say_what_the_specification_says() -> None:
    for stream in plain_streams(3, 700):
        compare(stream, 3, (350, 700))


@pytest.mark.parametrize("detail", ["all", "trades"])
@pytest.mark.parametrize(("shards", "threads"), [(1, 1), (2, 2), (10, 2), (3, 1), (5, 5)])
def test_large_batches_are_byte_equal_to_one_engine(shards: int, threads: int, detail: str) -> None:
    commands = workload("retail", 30_000, seed=7).commands
    one, several = new_cores(8, shards, threads)
    out = np.zeros(16, REPORT_DTYPE) if detail == "all" else None
    for start, end in ((0, 9_000), (9_000, 9_001), (9_001, 9_100), (9_100, len(commands))):
        wanted = one.match(commands[start:end], detail=detail)
        found = several.match(commands[start:end], detail=detail, out=out)
        assert found.tobytes() == wanted.tobytes()
    assert several.trade_count == one.trade_count > 0
    assert several.report_count == one.report_count
    assert several.state_hash() == one.state_hash()
    assert several.counters() == one.counters()
    assert several.memory_bytes > 0
    drain(several)


def test_a_thread_of_another_shard_sees_the_time_of_all() -> None:
    one, several = new_cores(2, 2, 2)
    random = np.random.default_rng(5)
    commands = np.concatenate(
        [
            command_array(
                {"kind": SUBMIT, "order_id": place + 1, "instrument": int(instrument), "price": 9,
                 "quantity": 1, "side": BUY, "timestamp": int(timestamp)}
            )
            for place, (instrument, timestamp) in enumerate(
                zip(random.integers(0, 2, 3_000), random.integers(0, 10**6, 3_000), strict=True)
            )
        ]
    )  # fmt: skip
    assert several.match(commands).tobytes() == one.match(commands).tobytes()
    assert several.state_hash() == one.state_hash()
    assert several.time == one.time == int(commands["timestamp"].max())
    drain(several)


def gtd(order_id: int, instrument: int, expiry: int, timestamp: int = 0) -> dict[str, int]:
    return {
        "kind": SUBMIT, "order_id": order_id, "instrument": instrument, "price": 9, "quantity": 1,
        "side": BUY, "time_in_force": GTD, "expiry": expiry, "timestamp": timestamp,
    }  # fmt: skip


@pytest.mark.parametrize("padding", [0, 2_000])
def test_orders_of_other_shards_end_with_the_time_that_a_command_brings(padding: int) -> None:
    _, several = new_cores(2, 2, 2)
    idle = [
        {"kind": CANCEL, "order_id": 10**6, "instrument": place % 2} for place in range(padding)
    ]
    late = {"kind": CANCEL, "order_id": 2, "instrument": 1, "timestamp": 50, "command_id": 77}
    commands = [gtd(1, 0, 50), gtd(2, 1, 60), gtd(3, 0, 40), *idle, late, *idle]
    reports = several.match(command_array(*commands))
    ended = reports[reports["exec_type"] == ExecType.EXPIRED]
    assert ended["order_id"].tolist() == [3, 1]
    assert ended["timestamp"].tolist() == [50, 50]
    assert ended["command_id"].tolist() == [77, 77]
    after = reports[np.flatnonzero(reports["exec_type"] == ExecType.EXPIRED)[-1] + 1]
    assert (after["exec_type"], after["order_id"]) == (ExecType.CANCELED, 2)
    assert reports["sequence_number"].tolist() == list(range(1, len(reports) + 1))
    drain(several)


def test_an_order_ends_by_a_command_of_the_same_batch_in_another_slice() -> None:
    one, several = new_cores(2, 2, 2)
    idle = [{"kind": CANCEL, "order_id": 10**6, "instrument": place % 2} for place in range(3_000)]
    for place, fields in enumerate(idle):
        fields["timestamp"] = place
    commands = command_array(gtd(1, 0, 2_000), gtd(2, 1, 1_000), gtd(3, 0, 2_500), *idle)
    assert several.match(commands).tobytes() == one.match(commands).tobytes()
    assert several.state_hash() == one.state_hash()
    drain(several)


def test_a_mass_cancel_of_all_shards_is_one_answer_in_the_order_of_instruments() -> None:
    one, several = new_cores(5, 2, 2)
    orders = [
        {"kind": SUBMIT, "order_id": place + 1, "instrument": place % 5, "price": 100 + place,
         "quantity": 1, "side": SELL, "account": place % 3}
        for place in range(400)
    ]  # fmt: skip
    by_account = {"kind": MASS_CANCEL, "selector": CancelScope.BY_ACCOUNT, "account": 1}
    refused = {"kind": MASS_CANCEL, "quantity": 3}
    time = {"kind": ADVANCE_TIME, "timestamp": 5}
    commands = command_array(*orders, by_account, refused, *orders[:9], time, {"kind": MASS_CANCEL})
    wanted = one.match(commands)
    assert several.match(commands).tobytes() == wanted.tobytes()
    assert wanted["last_quantity"][-1] > 0
    assert len(several) == 0
    assert (wanted["reject_reason"] == RejectReason.MALFORMED).sum() == 1
    other = sharded(3)()
    for _ in range(5):
        other.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
    other.match(commands, detail="trades")
    assert (other.report_count, other.state_hash()) == (one.report_count, one.state_hash())
    drain(several)


def test_assigned_ids_never_meet() -> None:
    _, several = new_cores(4, 4, 2)
    submit = {"kind": SUBMIT, "price": 9, "quantity": 1, "side": BUY}
    commands = command_array(*(submit | {"instrument": place % 4} for place in range(1_000)))
    ids = several.match(commands)["order_id"]
    assert len(np.unique(ids)) == 1_000
    assert ids[:5].tolist() == [1, 2**56 + 1, 2**57 + 1, 3 * 2**56 + 1, 2]
    assert several.instrument_of(2**57 + 1) == 2
    drain(several)


def test_a_book_of_a_shard_is_a_door_to_all() -> None:
    one, several = new_cores(3, 3, 2)
    for core in (one, several):
        for number in (0, 1, 2, 0):
            core.book(number).submit(SELL, 100, 5, order_id=number + 1)
    books = [core.book(2) for core in (one, several)]
    assert books[0].submit(BUY, 100, 2, order_id=9) == books[1].submit(BUY, 100, 2, order_id=9)
    assert [book.submit(SELL, 99, 1, order_id=10).sequence_number for book in books] == [8, 8]
    commands = command_array({"kind": CANCEL, "order_id": 1})
    assert books[0].match(commands).tobytes() == books[1].match(commands).tobytes()
    assert trades_of(several.match(command_array({"kind": MASS_CANCEL}))).size == 0
    drain(several)


def test_what_can_not_be_read_is_refused_before_anything_is_applied() -> None:
    _, several = new_cores(2, 2, 2)
    commands = workload("retail", 2_000, seed=3).commands.copy()
    commands["order_type"][1_700] = 99
    before = several.state_hash()
    with pytest.raises(CommandError, match=r"commands\[1700\].order_type was 99"):
        several.match(commands)
    with pytest.raises(CommandError, match="detail was 'none'"):
        several.match(commands, detail="none")
    with pytest.raises(CommandError, match="would overwrite"):
        several.match(commands, out=commands.view(REPORT_DTYPE))
    assert (several.state_hash(), several.report_count) == (before, 0)


def test_a_second_thread_is_turned_away_while_a_batch_runs() -> None:
    _, several = new_cores(8, 2, 2)
    commands = np.tile(workload("retail", 100_000, seed=3).commands, 2)
    commands["order_id"] = np.arange(1, len(commands) + 1)
    seen: list[str] = []
    worker = threading.Thread(target=several.match, args=(commands,))
    worker.start()
    while worker.is_alive():
        for ask in (several.state_hash, lambda: several.book(0).best_bid()):
            try:
                ask()
            except EngineBusyError as error:
                seen.append(str(error))
    worker.join()
    assert set(seen) == {"the engine is running a batch on another thread"}
    drain(several)


@pytest.mark.parametrize("size", [1_500, 20_000])
def test_what_another_thread_writes_meanwhile_is_applied_as_it_was_read_or_refused(
    size: int,
) -> None:
    _, several = new_cores(8, 2, 2)
    commands = workload("retail", size, seed=3).commands[:size].copy()
    commands["order_id"] = np.arange(1, size + 1)
    good = commands.copy()
    is_done = threading.Event()

    def write() -> None:
        random = np.random.default_rng(1)
        while not is_done.is_set():
            places = random.integers(0, size, 3)
            commands["instrument"][places] = (7, 8, 2**31)
            commands["order_type"][places[0]] = 99
            commands["kind"][places[1]] = MASS_CANCEL
            commands[places] = good[places]

    writer = threading.Thread(target=write)
    writer.start()
    said = []
    try:
        for _ in range(60):
            before = several.report_count
            try:
                reports = several.match(commands)
            except CommandError as error:
                said.append(str(error))
                assert several.report_count == before
            else:
                assert several.report_count == before + len(reports)
            several.check_invariants()
    finally:
        is_done.set()
        writer.join()
    assert len(said) < 60
    drain(several)


FORKED = """
import os, sys
import numpy as np
from engine import COMMAND_DTYPE, CANCEL, EngineError
from engine._sharded_core import ShardedCore
core = ShardedCore(shards=2, threads=2, max_orders=9, max_cascade=9, accounts=False)
core.add_instrument()
commands = np.zeros(1_000, COMMAND_DTYPE)
commands["kind"] = CANCEL
core.match(commands)
child = os.fork()
if child == 0:
    try:
        core.match(commands)
    except EngineError as error:
        os._exit(3 if "after the fork" in str(error) else 4)
    os._exit(5)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(core.match(commands)))
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="there is no fork here")
def test_a_forked_process_is_told_that_it_has_no_threads() -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert said.stdout == "3 1000\n", said.stderr


def test_shards_that_can_not_be_are_refused() -> None:
    core = sharded(2)()
    with pytest.raises(OverflowError, match="shard was 2"):
        core.shards.place(2)
    with pytest.raises(EngineError, match="first_order_id was 0"):
        Core(first_order_id=0)
    with pytest.raises(TypeError, match="can't be pickled"):
        core.shards.__reduce__()
