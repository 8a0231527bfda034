"""An engine in shards against one engine, on the same tape: its answers, and what threads bring."""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np
import pytest
from passes import fill, loaded_core, room
from results import Results
from scale import BATCH, Scale
from tapes import Tape, TapeMaker
from targets import SHARDS_RATIO, hold

from engine import Core, ReplacePriority, ShardPlacement
from engine._sharded_core import ShardedCore, processors
from engine.budgets import at_least
from engine.measurement import no_collection

TITLE: Final = "shards, ns a command of wall time"
SHARDS_BATCH: Final = 8 * BATCH
"""Commands a call: threads wait for each other after each."""


def loaded_shards(tape: Tape, shards: int) -> ShardedCore:
    """Return shards with the preload of a tape in them, its books placed as symbols are."""
    placement = ShardPlacement(shards)
    core = ShardedCore(
        shards=shards, threads=min(shards, processors()), max_orders=2**30, max_cascade=2**20,
        accounts=False,
    )  # fmt: skip
    for number in range(tape.books):
        core.next_shard = placement.shard_of(f"SYMBOL-{number}")
        core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
    fill(core, tape.commands[: tape.preload])  # type: ignore[arg-type]
    return core


def wall_ns(core: Core | ShardedCore, tape: Tape, out: Any) -> float:
    """Apply a tape and return the time a command."""
    commands = tape.commands[tape.preload :]
    with no_collection():
        before = time.perf_counter_ns()
        for start in range(0, len(commands), SHARDS_BATCH):
            core.match(commands[start : start + SHARDS_BATCH], out=out)
        return (time.perf_counter_ns() - before) / len(commands)


@pytest.mark.benchmark(group="shards")
@pytest.mark.parametrize("shards", [2, 10])
@pytest.mark.parametrize("name", ["venue", "retail"])
def test_shards_give_the_bytes_of_one_engine_in_less_time(
    name: str,
    shards: int,
    seed: int,
    scale: Scale,
    tapes: TapeMaker,
    results: Results,
    benchmark: Any,
) -> None:
    tape = tapes.tape(name, scale.commands, seed)
    one, several = loaded_core(tape), loaded_shards(tape, shards)
    for start in range(tape.preload, len(tape.commands), SHARDS_BATCH):
        commands = tape.commands[start : start + SHARDS_BATCH]
        assert several.match(commands).tobytes() == one.match(commands).tobytes()
    assert several.state_hash() == one.state_hash()
    assert several.trade_count == one.trade_count > 0
    several.check_invariants()

    out = room(SHARDS_BATCH)
    ns: dict[str, list[float]] = {"one": [], "several": []}
    cores: list[Core | ShardedCore] = []

    def prepare() -> None:
        cores[:] = [loaded_core(tape), loaded_shards(tape, shards)]

    def run() -> None:
        for core, durations in zip(cores, ns.values(), strict=True):
            durations.append(wall_ns(core, tape, out))

    benchmark.pedantic(run, setup=prepare, rounds=scale.rounds * scale.passes)
    # Each pair was timed side by side, so that what else the machine does weighs on both.
    ratio = float(np.median(np.divide(ns["one"], ns["several"])))
    threads = min(shards, processors())
    cells = {
        "workload": name,
        "seed": str(seed),
        "shards": shards,
        "threads": threads,
        "one engine": min(ns["one"]),
        "in shards": min(ns["several"]),
        "ratio": ratio,
    }
    is_held = name == "venue" and threads == 2
    cells |= {"target": SHARDS_RATIO} if is_held else {}
    benchmark.extra_info |= cells
    results.put(TITLE, (name, seed, shards), cells)
    if is_held:
        hold(scale, at_least(f"{name} seed {seed}, {shards} shards: ratio", ratio, SHARDS_RATIO))
