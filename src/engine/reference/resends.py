"""What commands were told that may be sent again: the first result, by account and command id."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from engine._shown import shown

from .commands import Command
from .reports import Report, Trade

MAX_RESENDS: Final = 2**24
"""How many reports may be kept."""


class Told(NamedTuple):
    """What one command was told."""

    reports: list[Report]
    trades: list[Trade]


class Resends:
    """The reports of the commands with an id that came last, so many in all.

    Those of a command go together, the oldest first; a command with more of them than the window
    leaves nothing kept, itself included.
    """

    def __init__(self, window: int) -> None:
        if not 0 <= window <= MAX_RESENDS:
            raise OverflowError(f"resend_window was {shown(window)}, outside 0 to {MAX_RESENDS}")
        self.window = window
        self._told: OrderedDict[tuple[int, int], Told] = OrderedDict()
        self._kept = 0
        """How many reports those are."""

    def find(self, command: Command) -> Told | None:
        """Return what a command was told the first time, None for a new one."""
        return self._told.get((command.account, command.command_id))

    def note(self, command: Command, told: Told) -> None:
        """Keep what a new command was told."""
        if self.window == 0 or command.command_id == 0:
            return
        while self._told and self._kept + len(told.reports) > self.window:
            _, oldest = self._told.popitem(last=False)
            self._kept -= len(oldest.reports)
        if len(told.reports) <= self.window:
            self._told[command.account, command.command_id] = told
            self._kept += len(told.reports)
