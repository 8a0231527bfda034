"""A warm core allocates nothing for its commands: no memory is asked for, no page is brought in.

A call of `match` asks for what it returns, a view of the buffer, and for that alone: as much for a
thousand commands as for one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import calm
from results import Results
from scale import Scale
from tapes import PRELOAD, Tape, TapeMaker
from warm import PAGE_BYTES, Watched, lack_of_watching, watch_apart

from engine.streams import write_commands

ASKED_A_CALL_MAX = 1
VIEW_BYTES_MAX = 512
GROWTH_STEPS_MAX = 8

pytestmark = [
    pytest.mark.benchmark(group="warm core"),
    pytest.mark.skipif(lack_of_watching() is not None, reason=str(lack_of_watching())),
]


def put(results: Results, benchmark: Any, name: str, seen: Watched) -> None:
    cells: dict[str, Any] = {
        "workload": name,
        "batches": seen.batches,
        "page faults": seen.page_faults,
        "mappings": seen.asked[1],
        "heap bytes": seen.heap_bytes,
        "Python bytes": seen.python_bytes,
        "allocations a call of 1": seen.asked_by_one[0] / seen.singles,
        "of 1,024": seen.asked[0] / seen.batches,
    }
    results.put("a warm core", name, cells)
    benchmark.extra_info |= cells


def check_calls(seen: Watched, growth_steps: int = 0) -> None:
    """Check that a call asks for the same, however many commands it carries."""
    assert seen.asked[0] <= ASKED_A_CALL_MAX * seen.batches + growth_steps
    assert seen.asked[1] <= growth_steps
    assert seen.python_bytes <= VIEW_BYTES_MAX
    assert seen.heap_bytes == 0


def test_a_warm_core_takes_nothing_from_the_system(
    scale: Scale, cache: Path, results: Results, benchmark: Any, tmp_path: Path
) -> None:
    before, commands, stay = calm(scale.orders)
    stream = np.concatenate([before, commands])
    write_commands(tmp_path / "calm.bin", stream)
    tape = Tape("calm", 0, tmp_path / "calm.bin", stream, len(before), None, None)
    seen = benchmark.pedantic(watch_apart, args=(tape, cache), rounds=1)
    assert seen.batches > 0
    assert seen.trades == 0
    assert seen.resting <= stay + 1  # the last, shorter batches are not all watched
    check_calls(seen)
    assert seen.page_faults == 0
    assert seen.core_bytes == 0
    put(results, benchmark, "calm", seen)


@pytest.mark.parametrize("name", list(PRELOAD))
def test_a_workload_takes_no_more_than_its_book_grows_by(
    name: str, scale: Scale, cache: Path, tapes: TapeMaker, results: Results, benchmark: Any
) -> None:
    tape = tapes.tape(name, scale.commands, scale.seeds[0])
    seen = benchmark.pedantic(watch_apart, args=(tape, cache), rounds=1)
    assert seen.batches > 0
    assert seen.trades > 0
    if scale.is_full:  # a short stream ends before its pools have the size that they keep
        check_calls(seen, GROWTH_STEPS_MAX)
        assert seen.page_faults * PAGE_BYTES <= seen.core_bytes + PAGE_BYTES
    put(results, benchmark, name, seen)
