"""Special orders: what each costs to place, to trigger, to refresh, to move, to expire, to cancel.

And what a plain flow costs in a market that one special order makes special.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np
import pytest
from passes import fill, loaded_core, new_core, room, state, timed
from results import Results
from scale import BATCH, Scale
from special import CASES, Case, Step
from tapes import Tape, TapeMaker

from engine import BUY, COMMAND_DTYPE, GTD, HIDDEN, SUBMIT, Core, ExecType

TITLE = "special orders, ns each"
GENERAL = "a plain flow in a special market, ns a command"
FAR_PRICE, FAR_ID = -(2**63), 2**64 - 1


def said(core: Core, commands: np.ndarray) -> tuple[int, dict[ExecType, int]]:
    """Apply commands; return the most reports of a batch, and how many there were by event."""
    counts = np.zeros(256, dtype=np.int64)
    longest = 0
    for start in range(0, len(commands), BATCH):
        reports = core.match(commands[start : start + BATCH])
        counts += np.bincount(reports["exec_type"], minlength=256)
        longest = max(longest, len(reports))
    return longest, {ExecType(number): int(counts[number]) for number in np.flatnonzero(counts)}


class Pass:
    """The steps of a case on a new core, timed again and again, the best of each."""

    def __init__(self, case: Case, longest: int) -> None:
        self.case = case
        self.out = room(max(BATCH, longest))
        self.best: dict[str, float] = {}
        self.core = new_core(1)

    def prepare(self) -> None:
        """Make a new core with what has to be there first."""
        self.core = new_core(1)
        fill(self.core, self.case.before)

    def run(self) -> None:
        """Time each step."""
        for step in self.case.steps:
            ns = timed(self.core, step.commands, "all", BATCH, self.out) / step.count
            self.best[step.what] = min(self.best.get(step.what, ns), ns)


@pytest.mark.benchmark(group="special orders", timer=time.process_time)
@pytest.mark.parametrize("name", list(CASES))
def test_special_orders_do_what_they_must(
    name: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    case = CASES[name](scale.orders // 10)
    core = new_core(1)
    fill(core, case.before)
    longest = 0
    for step in case.steps:
        most, events = said(core, step.commands)
        assert events == step.events, step.what
        longest = max(longest, most)
    core.check_invariants()

    timing = Pass(case, longest)
    rounds = scale.rounds * scale.passes
    benchmark.pedantic(timing.run, setup=timing.prepare, rounds=rounds)
    assert state(timing.core) == state(core)
    assert timing.core.report_count == core.report_count

    benchmark.extra_info["ns"] = timing.best
    for step in case.steps:
        results.put(TITLE, (name, step.what), row(name, step, timing.best[step.what]))


def row(name: str, step: Step, ns: float) -> dict[str, Any]:
    return {"order": name, "what": step.what, "times": step.count, "ns": ns}


def with_one_special_order(tape: Tape, **terms: int) -> Core:
    """Return a core with the preload in it, and in each book a bid that nobody reaches."""
    core = loaded_core(tape)
    far = np.zeros(tape.books, dtype=COMMAND_DTYPE)
    far["kind"] = SUBMIT
    far["side"] = BUY
    far["price"] = FAR_PRICE
    far["quantity"] = 1
    for name, value in terms.items():
        far[name] = value
    far["instrument"] = np.arange(tape.books)
    far["order_id"] = FAR_ID - np.arange(tape.books, dtype=np.uint64)
    fill(core, far)
    assert core.detail(FAR_ID) is not None
    return core


@pytest.mark.benchmark(group="general way", timer=time.process_time)
@pytest.mark.parametrize("name", ["thin", "retail", "deep", "venue"])
def test_a_plain_flow_in_a_special_market_makes_the_same_trades(
    name: str, scale: Scale, tapes: TapeMaker, results: Results, benchmark: Any
) -> None:
    tape = tapes.tape(name, scale.commands, scale.seeds[0])
    commands, out = tape.commands[tape.preload :], room(BATCH)
    makes = {
        "plain": loaded_core,
        "marked": partial(with_one_special_order, time_in_force=GTD, expiry=2**64 - 1),
        "general": partial(with_one_special_order, flags=HIDDEN),
    }
    best: dict[str, float] = {}
    cores: dict[str, Core] = {}

    def run() -> None:
        for way, make in makes.items():
            cores[way] = make(tape)
            ns = timed(cores[way], commands, "all", BATCH, out) / len(commands)
            best[way] = min(best.get(way, ns), ns)

    benchmark.pedantic(run, rounds=scale.rounds)
    plain = cores.pop("plain")
    for special in cores.values():
        assert special.trade_count == plain.trade_count > 0
        assert special.report_count == plain.report_count + tape.books
        for book in range(tape.books):
            special.book(book).cancel(FAR_ID - book)
        assert special.state_hash() == plain.state_hash()

    benchmark.extra_info |= best
    cells: dict[str, Any] = {"workload": name, **best}
    cells["marked/plain"] = best["marked"] / best["plain"]
    cells["general/plain"] = best["general"] / best["plain"]
    results.put(GENERAL, name, cells)
