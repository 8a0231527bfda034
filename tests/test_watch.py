"""Isolated positions are watched by key: who is taken over is who a look at all of them finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import Pace
from implementations import load
from test_compare import SCALE, require_agreement
from watched_streams import holdings, watched_stream

from engine import LIQUIDATE, ContractKind, ExecType, FundingAccrual, Side, TriggerSource
from engine.reference import Core

Place = tuple[int, int, Side]
"""Account, instrument and direction of a position."""
LINEAR, INVERSE = ContractKind.LINEAR, ContractKind.INVERSE

SEEDS = range(16 * SCALE)
LENGTH = 200
SPARSE = Pace(queues_every=40, questions_every=40, batch_max=(1, 30))
"""What a LIQUIDATE takes over is in its reports, which are always compared."""


@pytest.mark.parametrize("seed", SEEDS)
def test_at_the_edge_the_same_positions_are_taken_over(seed: int, tmp_path: Path) -> None:
    stream = watched_stream(seed, LENGTH)
    require_agreement(stream, load("core"), tmp_path / f"watched_{seed}.json", SPARSE)


def test_the_streams_come_to_the_edge() -> None:
    # By what a position has more than it must have when it is looked at.
    met: Counter[tuple[int, bool]] = Counter()
    kinds: set[tuple[Any, ...]] = set()
    for seed in SEEDS[:12]:
        stream = watched_stream(seed, LENGTH)
        core: Any = stream.new_core(Core)
        for command in stream.commands:
            is_looked_at = command["kind"] == LIQUIDATE
            above = dict(_above(core, len(stream.instruments))) if is_looked_at else {}
            reports = core.match(command.reshape(1))
            taken = {_taken(report) for report in reports}
            met.update((left, place in taken) for place, left in above.items())
            kinds |= {_kind(core, place) for place in taken & above.keys()}
    assert all((left < 0) == is_taken for left, is_taken in met)
    assert min(met[0, False], met[-1, True]) >= 20
    for place, values in enumerate(((LINEAR, INVERSE), FundingAccrual, (False, True), Side)):
        assert {kind[place] for kind in kinds} == set(values)


def _above(core: Any, instruments: int) -> Iterator[tuple[Place, int]]:
    """Yield each isolated position with what it has more than it must have at the mark."""
    for number in range(instruments):
        mark = core._machine.books[number].triggers.prices[TriggerSource.MARK]
        for holding in holdings(core, number):
            side = Side.BUY if holding.lots > 0 else Side.SELL
            yield (holding.which.account, number, side), holding.above(mark)


def _taken(report: np.void) -> Place | None:
    """Return where a position was taken over, None in another report."""
    if report["exec_type"] != ExecType.LIQUIDATED:
        return None
    return int(report["account"]), int(report["instrument"]), Side(-int(report["side"]))


def _kind(core: Any, place: Place | None) -> tuple[Any, ...]:
    """Return what the key of a position goes by."""
    assert place is not None
    _, number, side = place
    contract = core._machine.books[number].contract
    return contract.kind, contract.funding, bool(contract.margin_tiers), side
