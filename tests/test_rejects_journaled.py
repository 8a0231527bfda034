"""Refused commands of a durable engine: for every reason an entry, no trace, and the same again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from account_rejects import ACCOUNT_WAYS, account_command, account_market
from reject_market import command_of, market
from reject_precedence import PRECEDENCE
from reject_ways import WAYS
from test_rejects import require_refused
from test_restarts import Never

from engine import BUY, CommandKind, RejectReason
from engine._core import Core
from engine._journal import Journal
from engine._recovery import attach, replay

FIRST_WAYS = {
    (way.reason, is_bank): (kind, way)
    for is_bank, ways_of in ((True, ACCOUNT_WAYS), (False, WAYS))
    for kind, ways in reversed(ways_of.items())
    for way in reversed(ways)
}
"""One way to earn each reason, with accounts and without, where there is one."""
CASES = sorted(FIRST_WAYS)


class Durable:
    """Makes a core that writes to a journal, and remembers how."""

    def __init__(self, path: Path, *, is_bank: bool) -> None:
        self.path = path
        self.is_bank = is_bank

    def __call__(self, *instruments: dict[str, Any], **limits: int) -> Core:
        """Make the core, in an empty directory."""
        self.terms = instruments, limits
        self.core = self.bare()
        self.journal = Journal(self.path, durability="async")
        self.journal.begin()
        attach(self.core, self.journal, Never())
        return self.core

    def bare(self) -> Core:
        """Return a core with the same instruments, which writes to no journal."""
        instruments, limits = self.terms
        core = Core(accounts=self.is_bank, **limits)
        for _ in range(3 if self.is_bank else 0):
            core.add_currency()
        for terms in instruments:
            core.add_instrument(**terms)
        return core

    def replayed(self) -> Core:
        """Close the journal and return what it makes of a core without a past."""
        self.journal.close()
        core = self.bare()
        with Journal(self.path) as journal:
            reading = journal.read()
            assert replay(core, reading) is None
            reading.raise_end()
        return core


def test_every_reason_is_here() -> None:
    assert {reason for reason, _ in CASES} == set(PRECEDENCE)


@pytest.mark.parametrize(
    ("reason", "is_bank"),
    CASES,
    ids=[f"{reason.name}-{'bank' if is_bank else 'plain'}" for reason, is_bank in CASES],
)
def test_a_refusal_is_an_entry_that_changes_nothing_and_comes_again(
    reason: RejectReason, is_bank: bool, tmp_path: Path
) -> None:
    kind, way = FIRST_WAYS[reason, is_bank]
    make = Durable(tmp_path / "journal", is_bank=is_bank)
    if is_bank:
        core = account_market(make, BUY, way.changes)
        command = account_command(CommandKind(kind), BUY, way.changes)
    else:
        core = market(make, BUY, way.changes)
        command = command_of(CommandKind(kind), BUY, way.changes)
    sequence = make.journal.sequence
    require_refused(core, command, reason)
    assert make.journal.sequence == sequence + 1
    again = make.replayed()
    assert again.image_hash() == core.image_hash()
    assert again.counters() == core.counters()
    assert again.counters().rejects[reason] > 0
    assert require_refused(again, command, reason)["command_id"] == command["command_id"][0]
