"""What a core of this machine does in a second, and what an order takes: a short run."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, Final

import numpy as np

from engine._core import Core
from engine._schema import (
    COMMAND_DTYPE,
    REPORT_DTYPE,
    CommandKind,
    ContractKind,
    ExecType,
    Limit,
    RateLimit,
    ReplacePriority,
    TriggerSource,
)
from engine.capacity.plan import Measured
from engine.errors import SpecificationError
from engine.measurement import machine
from engine.records import RecordArray
from engine.workloads import workload

__all__ = ["COMMANDS", "measure_machine"]

COMMANDS: Final = 200_000
ACCOUNTS: Final = 1_000
BATCH: Final = 1_024
RECORDS_PER_COMMAND: Final = 8
PRICE: Final = 1_000_000
"""Where the workload begins, ticks: its mark price."""
WIDE: Final = 10**6
"""Far more than the workload comes to in any count."""
CONTRACT: Final = {
    "kind": ContractKind.LINEAR,
    "settle": 0,
    "value_factor": 1,
    "maker_rate": 200_000,
    "taker_rate": 500_000,
    "initial_rate": 50_000_000,
    "maintenance_rate": 25_000_000,
    "min_value": 1,
    "max_value": 10**13,
}
PER_INSTRUMENT: Final = {
    Limit.ORDER_QUANTITY: WIDE,
    Limit.ORDER_VALUE: 10**12,
    Limit.PRICE_DISTANCE: 500_000,
    Limit.POSITION: 10**9,
}
PER_ACCOUNT: Final = {
    Limit.OPEN_ORDERS: WIDE,
    Limit.DUPLICATE_WINDOW: 1,
    Limit.NET_EXPOSURE: 10**15,
    Limit.GROSS_EXPOSURE: 10**15,
    Limit.DAILY_LOSS: 10**15,
    Limit.DRAWDOWN: 10**15,
}


def measure_machine(
    progress: Callable[[int], Any] = lambda _: None, *, commands: int = COMMANDS
) -> Measured:
    """Measure how fast one core matches, accounts and every check on, and what an order takes.

    The commands are those of the workload "venue": a thousand books with 200,000 resting orders, a
    thousand accounts, limits, rates and price bounds on, none of which is reached. Making
    them takes some seconds, the run itself a fraction of one.

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
        raise SpecificationError(f"commands was {commands}, must be at least {BATCH}")
    made = workload("venue", commands, accounts=ACCOUNTS)
    core = _checked_core(made.books)
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


def _checked_core(books: int) -> Core:
    """Return a core with funded accounts and every kind of check, none of which is reached."""
    core = Core(accounts=True)
    core.add_currency()
    bounds = {"min_price": 1, "max_price": 2**40, "min_quantity": 1, "max_quantity": WIDE}
    for _ in range(books):
        core.add_instrument(
            contract=CONTRACT,
            replace_priority=ReplacePriority.ALWAYS_LOSE,
            **bounds,  # type: ignore[arg-type]
        )
    accounts = np.arange(ACCOUNTS, dtype=np.uint32)
    instruments = np.arange(books, dtype=np.uint32)
    kinds = CommandKind
    parts = [_made(1, kinds.SET_RATE, selector=limit, quantity=10**7) for limit in RateLimit]
    for limits, where in ((PER_INSTRUMENT, instruments), (PER_ACCOUNT, np.zeros(1, np.uint32))):
        parts += [
            _made(
                len(where), kinds.SET_DEFAULT_LIMIT, instrument=where, selector=of, quantity=value
            )
            for of, value in limits.items()
        ]
    parts += [
        _made(ACCOUNTS, kinds.SET_ACCOUNT, account=accounts),
        _made(ACCOUNTS, kinds.DEPOSIT, account=accounts, quantity=2**40),
        _made(
            books,
            kinds.SET_PRICE,
            instrument=instruments,
            price=PRICE,
            trigger_source=TriggerSource.MARK,
        ),
    ]
    for part in parts:
        core.match(part)
    return core


def _made(count: int, kind: CommandKind, **fields: Any) -> RecordArray:
    made = np.zeros(count, COMMAND_DTYPE)
    made["kind"] = kind
    for name, value in fields.items():
        made[name] = value
    return made
