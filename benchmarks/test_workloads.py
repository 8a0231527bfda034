"""The four workloads through `match`: throughput against the yardstick, latency of single calls."""

from __future__ import annotations

import time
from typing import Any

import pytest
from latency import PERCENTILES, batch_ns, call_ns, clock_ns, percentiles_ns
from passes import answer, loaded_core, room, state, timed
from results import Results
from scale import Scale
from tapes import PRELOAD, Tape, TapeMaker
from targets import TRADES_ONLY_GAIN, YARDSTICK_RATIO, hold

from engine import Core
from engine.budgets import at_least

TITLE = "match, ns a command of processor time"


def target_ratio(name: str, detail: str) -> float:
    return YARDSTICK_RATIO[name] * (TRADES_ONLY_GAIN if detail == "trades" else 1.0)


class Race:
    """A tape timed again and again on new cores, with runs of the yardstick in between."""

    def __init__(self, tape: Tape, scale: Scale, detail: str, batch: int) -> None:
        self.tape, self.scale, self.detail, self.batch = tape, scale, detail, batch
        self.out = room(batch, detail)
        self.ours_ns: list[float] = []
        self.yardstick_ns: list[float] = []
        self.core: Core | None = None

    @property
    def rounds(self) -> int:
        """How many passes are timed in all."""
        return self.scale.rounds * self.scale.passes

    def prepare(self) -> None:
        """Before each pass: a loaded core, and the yardstick's turn before the first of a round."""
        if len(self.ours_ns) % self.scale.passes == 0:
            ns = self.tape.yardstick_ns()
            self.yardstick_ns += [] if ns is None else [ns]
        self.core = loaded_core(self.tape)

    def run(self) -> None:
        """Time one pass."""
        assert self.core is not None
        commands = self.tape.commands[self.tape.preload :]
        ns = timed(self.core, commands, self.detail, self.batch, self.out)
        self.ours_ns.append(ns / len(commands))

    @property
    def ratio(self) -> float | None:
        """The yardstick's best time divided by ours."""
        return min(self.yardstick_ns) / min(self.ours_ns) if self.yardstick_ns else None


@pytest.mark.benchmark(group="match", timer=time.process_time)
@pytest.mark.parametrize("detail", ["all", "trades"])
@pytest.mark.parametrize("name", list(PRELOAD))
def test_match_makes_the_oracles_trades_at_a_multiple_of_the_yardsticks_speed(
    name: str,
    seed: int,
    detail: str,
    batch: int,
    scale: Scale,
    tapes: TapeMaker,
    results: Results,
    benchmark: Any,
) -> None:
    tape = tapes.tape(name, scale.commands, seed)
    digest, end = answer(tape, detail, batch)
    assert end.trades > 0
    assert digest == (tape.trades_sha256 or answer(tape, "all", batch // 2)[0])

    race = Race(tape, scale, detail, batch)
    benchmark.pedantic(race.run, setup=race.prepare, rounds=race.rounds)
    assert race.core is not None
    assert state(race.core) == end

    target = target_ratio(name, detail)
    ours, yardstick = min(race.ours_ns), min(race.yardstick_ns, default=None)
    benchmark.extra_info |= {
        "ns_per_command": ours,
        "yardstick_ns_per_command": yardstick,
        "ratio": race.ratio,
        "target": target,
        "batch": batch,
        "trades_sha256": digest,
    }
    all_reports = detail == "all"
    cells = {
        "workload": name,
        "seed": str(seed),
        "yardstick" if all_reports else "yardstick ": yardstick,
        "all reports" if all_reports else "trades only": ours,
        "ratio" if all_reports else "ratio ": race.ratio,
        "target" if all_reports else "target ": target,
    }
    results.put(TITLE, (name, seed), cells)
    if race.ratio is not None:
        hold(scale, at_least(f"{name} seed {seed}, {detail}: ratio", race.ratio, target))


@pytest.mark.benchmark(group="latency")
@pytest.mark.parametrize("per", ["call", "batch of 1", "batch of 64"])
@pytest.mark.parametrize("name", list(PRELOAD))
def test_single_calls_and_small_batches_end_in_the_state_of_large_ones(
    name: str,
    seed: int,
    per: str,
    scale: Scale,
    tapes: TapeMaker,
    results: Results,
    benchmark: Any,
) -> None:
    tape = tapes.tape(name, scale.commands, seed)
    commands = tape.commands[tape.preload :]
    core = loaded_core(tape)

    def run() -> Any:
        if per == "call":
            return call_ns(core, commands)
        return batch_ns(core, commands, int(per.split()[-1]))

    durations = benchmark.pedantic(run, rounds=1)
    one_go = loaded_core(tape)
    timed(one_go, commands, "all", 4_096, room(4_096))
    assert state(core) == state(one_go)
    assert core.report_count == one_go.report_count

    found = percentiles_ns(durations)
    assert list(found) == list(PERCENTILES)
    benchmark.extra_info |= {f"{name}_ns": value for name, value in found.items()}
    cells: dict[str, Any] = {"workload": name, "seed": str(seed), "per": per, **found}
    results.put("latency, ns of wall time", (name, seed, per), cells)
    results.remark("clock", f"Latency includes reading the clock twice, {clock_ns()} ns.")
