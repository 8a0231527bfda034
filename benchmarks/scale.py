"""How much each benchmark does: little in the tests, all of it with ``--full``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["BATCH", "FULL", "SMOKE", "Scale"]

BATCH: Final = 512
"""Commands a call of `match` when throughput is measured: commands and reports of 256 to 1,024 stay
in the second cache, and these lie within some percent."""


@dataclass(frozen=True)
class Scale:
    """The sizes of one kind of run.

    Attributes
    ----------
    name : str
        What the summary calls it.
    commands : int
        Commands of a workload after those that fill the books.
    seeds : tuple of int
        Each workload is made once from each.
    rounds : int
        How often the yardstick runs, ours in between.
    passes : int
        How often a stream is timed in a round; the yardstick itself takes the best of three.
    calls : int
        Length of a Python loop that is timed as a whole.
    call_rounds : int
        How often such a loop is timed; the best counts.
    orders : int
        Orders of a hostile book.
    churn : int
        Inserts, and as many cancels, that must not slow down.
    accounts : int
        Accounts of a large venue.
    """

    name: str
    commands: int
    seeds: tuple[int, ...]
    rounds: int
    passes: int
    calls: int
    call_rounds: int
    orders: int
    churn: int
    accounts: int

    @property
    def is_full(self) -> bool:
        """Whether targets are budgets that fail the run."""
        return self.name == "full"


SMOKE: Final = Scale("smoke", 20_000, (7,), 1, 1, 2_000, 3, 20_000, 100_000, 20_000)
FULL: Final = Scale(
    *("full", 1_000_000, (7, 2_026), 3, 3, 2_000, 200, 1_000_000, 100_000_000, 1_000_000)
)
