"""What load is sent to: an engine with everything on, or anything that has `send`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np

from engine._core import Core
from engine._members import says_names
from engine._schema import REPORT_DTYPE
from engine._shown import shown
from engine.errors import LoadError
from engine.load.checks import EVERY_CHECK, Checks, checked_core, set_up
from engine.load.flow import opening_orders
from engine.load.scenario import Scenario
from engine.records import RecordArray

__all__ = ["CallableTarget", "EngineTarget", "Observed", "Target", "as_target"]

ROOM: Final = 65_536
"""Reports that fit without a new array."""
FILL_BATCH: Final = 4_096
DEPOSIT: Final = 2**50
ALL_DEPOSITS: Final = 2**62


@runtime_checkable
class Target(Protocol):
    """Whatever commands are sent to.

    Its `send` returns when they are done.
    """

    def send(self, commands: RecordArray) -> RecordArray | None:
        """Carry commands out.

        Parameters
        ----------
        commands : ndarray of COMMAND_DTYPE, shape (n,)
            All that are due, in their order.

        Returns
        -------
        ndarray of REPORT_DTYPE, or None
            The reports of all of them, which are read before the next call; None to have nothing
            counted but time.
        """


@runtime_checkable
class Observed(Protocol):
    """A target that can be looked into while it runs and afterwards."""

    @property
    def conditions(self) -> dict[str, str]:
        """What was on: checks, accounts, depth."""

    def resting(self) -> int:
        """Return how many orders are live."""

    def state_hash(self) -> str:
        """Return the digest of all that it holds."""


class CallableTarget:
    """A function as a target.

    Parameters
    ----------
    send
        Takes an array of COMMAND_DTYPE, returns reports or None.
    """

    def __init__(self, send: Callable[[RecordArray], RecordArray | None]) -> None:
        self._send = send

    def send(self, commands: RecordArray) -> RecordArray | None:
        """Call the function."""
        return self._send(commands)


@says_names
class EngineTarget:
    """A core with accounts, every check on, and books that are filled.

    Every account has money that no order comes to the end of, and every limit is set and binds
    nowhere: what is measured is an engine that asks all its questions and refuses nothing that is
    not wrong.

    Parameters
    ----------
    scenario
        Gives users, makers, symbols, prices and depth.
    checks
        What is checked of each order.

    Examples
    --------
    >>> from engine.load import scenario
    >>> target = EngineTarget(scenario("demo-recommended"))
    >>> target.resting(), target.conditions["accounts"], target.conditions["depth"]
    (10000, '154: 150 users, 4 makers', '10,000 orders in 6 books')
    """

    def __init__(self, scenario: Scenario, *, checks: Checks = EVERY_CHECK) -> None:
        books, accounts = len(scenario.symbols), scenario.accounts
        self.core: Core = checked_core(books, checks)
        """The core itself."""
        self._out = np.zeros(ROOM, dtype=REPORT_DTYPE)
        money = checks._replace(deposit=min(DEPOSIT, ALL_DEPOSITS // accounts))
        self._fill(set_up(books, accounts, money, scenario.opening_ticks))
        before = len(self.core)
        self._fill(opening_orders(scenario))
        assert before == 0
        assert len(self.core) == scenario.depth, "the orders that fill the books must rest"
        self._conditions = {
            "checks": "; ".join(checks.lines()),
            "accounts": f"{accounts:,}: {scenario.users:,} users, "
            f"{accounts - scenario.users:,} makers",
            "depth": f"{scenario.depth:,} orders in {books:,} books",
        }

    @property
    def conditions(self) -> dict[str, str]:
        """What was on: checks, accounts, depth."""
        return dict(self._conditions)

    def send(self, commands: RecordArray) -> RecordArray:
        """Carry commands out and return their reports, which the next call writes over.

        Parameters
        ----------
        commands : ndarray of COMMAND_DTYPE, shape (n,)
            As for `Core.match`.

        Returns
        -------
        ndarray of REPORT_DTYPE
            Copy what is to be kept.

        Raises
        ------
        CommandError
            For a wrong dtype, shape or layout.
        """
        return self.core.match(commands, out=self._out)

    def resting(self) -> int:
        """Return how many orders are live."""
        return len(self.core)

    def state_hash(self) -> str:
        """Return the digest of all that the core holds."""
        return self.core.state_hash()

    def _fill(self, commands: RecordArray) -> None:
        for start in range(0, len(commands), FILL_BATCH):
            reports = self.send(commands[start : start + FILL_BATCH])
            refused = reports[reports["reject_reason"] != 0]
            assert not len(refused), f"refused: {refused[:1]}"


def as_target(target: Any, scenario: Scenario) -> Target:
    """Return a target: the one that is given, a function as one, or an engine for None.

    Raises
    ------
    LoadError
        It is neither.
    """
    if target is None:
        return EngineTarget(scenario)
    if isinstance(target, Target):
        return target
    if callable(target):
        return CallableTarget(target)
    raise LoadError(f"target was {shown(target)}, must have send(commands), or be callable")
