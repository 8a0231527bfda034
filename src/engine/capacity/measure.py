"""What a core of this machine does in a second, and what an order takes: a short run."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, Final

import numpy as np

from engine._schema import REPORT_DTYPE, ExecType
from engine._shown import shown
from engine.capacity.plan import Measured
from engine.errors import SpecificationError
from engine.load.checks import EVERY_CHECK, checked_core, set_up
from engine.measurement import machine
from engine.workloads import workload

__all__ = ["COMMANDS", "measure_machine"]

COMMANDS: Final = 200_000
ACCOUNTS: Final = 1_000
BATCH: Final = 1_024
RECORDS_PER_COMMAND: Final = 8
PRICE: Final = 1_000_000
"""Where the workload begins, ticks: its mark price."""


def measure_machine(
    progress: Callable[[int], Any] = lambda _: None, *, commands: int = COMMANDS
) -> Measured:
    """Measure how fast one core matches, accounts and every check on, and what an order takes.

    The commands are those of the workload "venue": a thousand books with 200,000 resting orders, a
    thousand accounts, every check on, none of whose limits is reached. Making them takes some
    seconds, the run itself a fraction of one. What an order takes has the positions of the accounts
    in it, which come with their orders.

    Parameters
    ----------
    progress : callable
        Told how many more commands were matched, those that fill the books included.
    commands : int
        How many are timed, in batches of 1,024.

    Raises
    ------
    SpecificationError
        Less than one batch of commands.
    """
    if commands < BATCH:
        raise SpecificationError(f"commands was {shown(commands)}, must be at least {BATCH}")
    made = workload("venue", commands, accounts=ACCOUNTS)
    core = checked_core(made.books, EVERY_CHECK)
    core.match(set_up(made.books, ACCOUNTS, EVERY_CHECK, PRICE))
    out = np.zeros(RECORDS_PER_COMMAND * BATCH, REPORT_DTYPE)
    empty = core.memory_bytes
    for start in range(0, made.preload, BATCH):
        some = made.commands[start : min(start + BATCH, made.preload)]
        core.match(some, out=out)
        progress(len(some))
    resting = len(core)
    assert resting > made.preload // 2, "the books are filled"
    bytes_per_order = -(-(core.memory_bytes - empty) // resting)
    taken = done = refused = 0
    for start in range(made.preload, len(made.commands), BATCH):
        some = made.commands[start : start + BATCH]
        before = perf_counter_ns()
        reports = core.match(some, out=out)
        taken += perf_counter_ns() - before
        refused += int(np.count_nonzero(reports["exec_type"] == ExecType.REJECTED))
        done += len(some)
        progress(len(some))
    assert refused < done // 100, "a refused command does less than one that is carried out"
    return Measured(
        orders_per_second=done * 10**9 // taken,
        bytes_per_order=bytes_per_order,
        conditions=(
            f"{done:,} commands of the workload venue in batches of {BATCH:,}, {made.books:,} books"
            f" with {resting:,} orders, {ACCOUNTS:,} accounts, every check on;"
            f" {' '.join(machine().lines()[0].split()[1:])}"
        ),
    )
