"""What goes wrong on purpose, as commands; a consumer that stalls is the runner's part."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine._schema import BUY, CancelScope, CommandKind, Phase, SwitchScope
from engine.load.draws import Integers
from engine.load.parts import Part, joined, made
from engine.load.scenario import SECOND_NS, Fault, Scenario

__all__ = ["FIRST_REFUSED_ID", "REFUSED", "FaultFlow", "stalls"]

FIRST_REFUSED_ID: Final = 1 << 56
REFUSED: Final = 1 << 63
"""This bit of a command's id says that the venue must refuse it."""
WAYS: Final = 4
"""In turn: no quantity, a quantity above all bounds, a price without sense, an unknown symbol."""
TOO_MUCH: Final = 1 << 61


class FaultFlow:
    """Yields the commands of faults, chunk by chunk.

    Parameters
    ----------
    scenario
        Whose faults.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._refused = 0
        self._single = joined(made(0, CommandKind.SUBMIT), *self._commands())
        self._bursts = [
            (round(at * SECOND_NS), fault)
            for fault in scenario.faults
            if fault.kind == "rejected_burst"
            for at in fault.times(scenario.seconds)
        ]

    def during(self, start_ns: int, end_ns: int) -> Part:
        """Return the commands that are due from a start to before an end."""
        first, last = np.searchsorted(self._single.due_ns, (start_ns, end_ns))
        single = Part(self._single.commands[first:last], self._single.due_ns[first:last])
        bursts = [self._burst(at, fault, start_ns, end_ns) for at, fault in self._bursts]
        return joined(single, *bursts)

    def _commands(self) -> list[Part]:
        """Return those that are few: halts, switches, mass cancels."""
        parts = []
        for fault in self._scenario.faults:
            for at in fault.times(self._scenario.seconds):
                begin = round(at * SECOND_NS)
                end = min(begin + round(fault.seconds * SECOND_NS), self._scenario.end_ns - 1)
                parts += _fault(fault, begin, end)
        return parts

    def _burst(self, at: int, fault: Fault, start_ns: int, end_ns: int) -> Part:
        every = max(1, round(SECOND_NS / fault.orders_per_second))
        count = round(fault.seconds * SECOND_NS) // every
        first = min(max(0, -(-(start_ns - at) // every)), count)
        last = min(max(0, -(-(end_ns - at) // every)), count)
        times = at + np.arange(first, max(first, last), dtype=np.int64) * every
        self._refused += len(times)
        return _refused(times, self._refused - len(times), self._scenario)


def stalls(scenario: Scenario) -> list[tuple[int, int]]:
    """Return when the consumer stalls and for how long, nanoseconds, by time."""
    return sorted(
        (round(at * SECOND_NS), round(fault.seconds * SECOND_NS))
        for fault in scenario.faults
        if fault.kind == "stalled_consumer"
        for at in fault.times(scenario.seconds)
    )


def _fault(fault: Fault, begin: int, end: int) -> list[Part]:
    if fault.kind == "mass_cancel":
        return [made(begin, CommandKind.MASS_CANCEL, selector=CancelScope(0), count=1)]
    if fault.kind == "halted_symbol":
        return [
            made(at, CommandKind.SET_PHASE, instrument=fault.symbol, selector=phase, count=1)
            for at, phase in ((begin, Phase.HALT), (end, Phase.CONTINUOUS))
        ]
    if fault.kind == "switched_off":
        scope = SwitchScope.BY_INSTRUMENT
        of = {"instrument": fault.symbol, "count": 1}
        return [
            made(
                begin,
                CommandKind.SWITCH,
                quantity=1,
                selector=scope | SwitchScope.KEEP_ORDERS,
                **of,
            ),
            made(end, CommandKind.SWITCH, quantity=0, selector=scope, **of),
        ]
    return []


def _refused(times: Integers, before: int, scenario: Scenario) -> Part:
    """Return orders that no venue takes."""
    numbers = before + np.arange(len(times), dtype=np.int64)
    way, symbols = numbers % WAYS, len(scenario.symbols)
    return made(
        times,
        CommandKind.SUBMIT,
        side=BUY,
        instrument=np.where(way == 3, symbols + numbers % 1_000, numbers % symbols),
        account=numbers % scenario.users,
        order_id=FIRST_REFUSED_ID + numbers,
        price=np.where(way == 2, TOO_MUCH, scenario.opening_ticks),
        quantity=np.where(way == 0, 0, np.where(way == 1, TOO_MUCH, 1)),
        command_id=np.uint64(REFUSED),
        count=len(times),
    )
