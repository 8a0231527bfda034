"""The same seeded streams to both implementations: same reports, queues, answers and state.

ENGINE_STREAM_SCALE multiplies how many streams are run and how long each of them is; 1 is for every
day. A stream on which the implementations differ is shrunk and kept; moved to `tests/kept`, its
file is run every day.
"""

from __future__ import annotations

import os
from enum import IntEnum, IntFlag
from pathlib import Path

import numpy as np
import pytest
from compare import NARROW, WIDE, Difference, Pace, carry_out, find_difference
from drain import drain_core
from implementations import Implementation
from kept import keep, read_kept
from shrink import shrink_difference
from storms import storm
from streams import MAX_ORDERS, Stream, command_array, random_stream
from wide_streams import wide_stream

import engine.reference
from engine import (
    BUY,
    SELL,
    SET_PHASE,
    SUBMIT,
    CommandKind,
    ExecType,
    OrderFlag,
    OrderState,
    OrderStatus,
    OrderType,
    Phase,
    RejectReason,
    ReportFlag,
    TimeInForce,
)

SCALE = int(os.environ.get("ENGINE_STREAM_SCALE", "1"))
SEEDS = range(58 * SCALE)
LENGTH = 500 * SCALE
MORE_WITH_ACCOUNTS = range(58, 178, 4)
"""Seeds of streams that are looked at for what they meet alone: accounts bring many reasons."""
STORMS = range(16 * SCALE)
STORM_LENGTH = 150 * SCALE
KEPT = sorted((Path(__file__).parent / "kept").glob("*.json"))


TO_BE_MET: tuple[type[IntEnum | IntFlag], ...] = (
    *(RejectReason, ExecType, OrderStatus, CommandKind, OrderType, TimeInForce, Phase, OrderState),
    *(ReportFlag, OrderFlag),
)


def require_agreement(
    stream: Stream, implementation: Implementation, keep_at: Path, pace: Pace = NARROW
) -> None:
    """Fail with the first difference on the shortest stream that has one, which is kept."""

    def difference(shorter: Stream) -> Difference | None:
        return find_difference(shorter, implementation.core, engine.reference.Core, pace)

    found = difference(stream)
    if found is not None:
        shrunk = shrink_difference(stream, difference)
        path = keep(shrunk, keep_at, f"{implementation.name}: {found}")
        pytest.fail(
            f"{found}\n{len(shrunk.commands)} commands kept in {path}: {difference(shrunk)}"
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_streams_agree(seed: int, implementation: Implementation, failures: Path) -> None:
    keep_at = failures / f"{implementation.name}-seed-{seed}.json"
    require_agreement(random_stream(seed, LENGTH), implementation, keep_at)


@pytest.mark.parametrize("seed", STORMS)
def test_storms_agree(seed: int, implementation: Implementation, failures: Path) -> None:
    keep_at = failures / f"{implementation.name}-storm-{seed}.json"
    require_agreement(storm(seed, STORM_LENGTH), implementation, keep_at)


@pytest.mark.parametrize("seed", range(2 * SCALE))
def test_wide_streams_agree(seed: int, implementation: Implementation, failures: Path) -> None:
    keep_at = failures / f"{implementation.name}-wide-seed-{seed}.json"
    require_agreement(wide_stream(seed, 10_000), implementation, keep_at, WIDE)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_streams_agree(path: Path, implementation: Implementation, tmp_path: Path) -> None:
    require_agreement(read_kept(path), implementation, tmp_path / path.name)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_counter_is_zero_after_a_stream_is_drained(
    seed: int, implementation: Implementation
) -> None:
    stream = random_stream(seed, LENGTH)
    core = stream.new_core(implementation.core)
    core.match(stream.commands)
    drain_core(core)


@pytest.mark.parametrize("seed", range(6))
def test_calls_and_batches_of_one_implementation_agree(
    seed: int, implementation: Implementation
) -> None:
    stream = random_stream(seed, LENGTH)
    in_one_batch = stream.new_core(implementation.core)
    one_by_one = stream.new_core(implementation.core)
    reports = in_one_batch.match(stream.commands).tobytes()
    answers = (carry_out(one_by_one, command).reports for command in stream.commands)
    assert b"".join(answer.tobytes() for answer in answers) == reports
    assert one_by_one.state_hash() == in_one_batch.state_hash()


def test_a_stream_is_the_same_for_the_same_seed() -> None:
    assert random_stream(3, 50).commands.tobytes() == random_stream(3, 50).commands.tobytes()
    assert random_stream(3, 50).commands.tobytes() != random_stream(4, 50).commands.tobytes()


def test_the_streams_meet_every_event_and_every_reason() -> None:
    """What the streams never reach, they do not compare."""
    met: dict[type[IntEnum | IntFlag], set[int]] = {kind: set() for kind in TO_BE_MET}
    streams = [random_stream(seed, LENGTH) for seed in (*SEEDS, *MORE_WITH_ACCOUNTS)]
    for stream in (*streams, *(storm(seed, STORM_LENGTH) for seed in STORMS)):
        core = stream.new_core(engine.reference.Core)
        for commands in np.array_split(stream.commands, 20):
            reports = core.match(commands)
            new, traded, done = (
                reports[reports["exec_type"] == exec_type]
                for exec_type in (ExecType.NEW, ExecType.TRADE, ExecType.DONE)
            )
            for kind, values in (
                (RejectReason, reports["reject_reason"]),
                (ExecType, reports["exec_type"]),
                (OrderStatus, reports["order_status"]),
                (CommandKind, reports["kind"]),
                (OrderType, new["order_type"]),
                (TimeInForce, traded["time_in_force"]),
                (Phase, done["last_quantity"][done["kind"] == SET_PHASE]),
            ):
                met[kind] |= set(values.tolist())
            for number in range(len(stream.instruments)):
                met[OrderState] |= set(core.book(number).details()["state"].tolist())
            met[ReportFlag] |= bits_of(reports["flags"], ReportFlag)
            met[OrderFlag] |= bits_of(new["order_flags"], OrderFlag)
    missed = [member for kind, values in met.items() for member in kind if member not in values]
    # An order is on its way into the book within a command only.
    assert missed == [OrderState.ENTERING]


def bits_of(values: np.ndarray, flags: type[IntFlag]) -> set[int]:
    """Return the bits that any of the values has."""
    joined = int(np.bitwise_or.reduce(values)) if len(values) else 0
    return {flag for flag in flags if joined & flag}


def test_a_difference_is_found_shrunk_and_kept(tmp_path: Path) -> None:
    """A reference that loses count of its trades stands in for a core with a bug."""

    class Forgetful(engine.reference.Core):
        trade_count = 0

    orders = [{"side": side, "price": 100 + side, "quantity": 4} for side in (SELL, BUY, SELL)]
    padding = [{"side": BUY, "price": number, "quantity": 1} for number in range(40)]
    numbered = [
        {"kind": SUBMIT, "order_id": number, "timestamp": 5, **fields}
        for number, fields in enumerate([*padding, *orders], start=1)
    ]
    stream = Stream(({"max_price": 200},), MAX_ORDERS, command_array(*numbered))
    forgetful = Implementation("forgetful", Forgetful, None)
    path = tmp_path / "forgetful.json"
    with pytest.raises(pytest.fail.Exception, match="2 commands kept"):
        require_agreement(stream, forgetful, path)
    assert len(read_kept(path).commands) == 2
