"""Commands with the times at which they are due: made field by field, and put in order."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from engine._schema import CommandKind
from engine.load.draws import Integers
from engine.records import RecordArray, commands_of

__all__ = ["OPENING_NS", "Part", "joined", "made"]

OPENING_NS: Final = 10**9
"""The timestamp of what is due at the start: before it the books are filled."""


class Part(NamedTuple):
    """Commands, and when each is due, nanoseconds after the start, not falling."""

    commands: RecordArray
    due_ns: Integers


def made(due_ns: Integers | int, kind: CommandKind, *, count: int = 0, **values: Any) -> Part:
    """Return commands of one kind.

    Parameters
    ----------
    due_ns
        When each is due, or all are, after the start; timestamps are `OPENING_NS` more.
    kind
        The kind.
    count
        How many.
    **values
        Fields, for each command or for all.
    """
    due = np.empty(count, dtype=np.int64)
    due[:] = due_ns
    return Part(commands_of(count, kind, timestamp=due + OPENING_NS, **values), due)


def joined(*parts: Part) -> Part:
    """Return all of them by time; of those due at once, in the order in which they are given."""
    due = np.concatenate([part.due_ns for part in parts])
    order = np.argsort(due, kind="stable")
    commands = np.concatenate([part.commands for part in parts])
    return Part(commands[order], due[order])
