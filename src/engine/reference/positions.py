"""The positions of accounts in one instrument, as reduce-only orders are held against them.

They are supplied from outside, or are those of the engine's accounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .._schema import BUY, SELL, Side
from .orders import LiveOrder


class Which(NamedTuple):
    """A position: that of an account, or of one in hedge mode the long or the short one."""

    account: int
    side: Side
    """In hedge mode SELL for the short one; BUY for the other, and where there is only one."""


class Positions:
    """Lots by position, below 0 when short; an account whose position was not supplied has none."""

    def __init__(self) -> None:
        self._lots: dict[Which, int] = {}

    def get(self, account: int) -> int | None:
        """Return the position of an account, of both together; None while none was supplied."""
        positions = self.of_account(account)
        return sum(self._lots[which] for which in positions) if positions else None

    def of(self, which: Which) -> int | None:
        """Return a position, None while it was not supplied."""
        return self._lots.get(which)

    def supply(self, account: int, lots: int) -> None:
        """Say what the position of an account is, which is the only one."""
        self._lots.pop(Which(account, SELL), None)
        self._lots[Which(account, BUY)] = lots

    def hedge(self, account: int) -> None:
        """Let an account have two positions. REQUIRES: it has one, of 0."""
        assert self.of_account(account) == [Which(account, BUY)]
        assert self._lots[Which(account, BUY)] == 0
        self._lots[Which(account, SELL)] = 0

    def is_hedged(self, account: int) -> bool:
        """Return whether an account has two positions."""
        return Which(account, SELL) in self._lots

    def which(self, order: LiveOrder) -> Which:
        """Return which position an order is for: of two, the one that it opens or closes."""
        return self.which_by(order.account, order.side, is_closing=order.is_reduce_only)

    def which_by(self, account: int, side: Side, *, is_closing: bool) -> Which:
        """Return which position an order would be for."""
        if not self.is_hedged(account):
            return Which(account, BUY)
        return Which(account, Side(-side) if is_closing else side)

    def only_closes(self, order: LiveOrder) -> bool:
        """Return whether an order closes one of two positions, and so makes none larger."""
        return order.is_reduce_only and self.is_hedged(order.account)

    def closes(self, order: LiveOrder) -> bool:
        """Return whether the trades of an order make its position smaller."""
        return order.side * self._lots.get(self.which(order), 0) < 0

    def move(self, which: Which, lots: int) -> None:
        """Move a position by a trade: up by what was bought, down by what was sold."""
        if which in self._lots:
            self._lots[which] += lots
        assert not self.is_hedged(which.account) or which.side * self._lots[which] >= 0

    def reducible(self, account: int, side: Side) -> int:
        """Return how much reduce-only orders of a side can make a position smaller."""
        which = self.which_by(account, side, is_closing=True)
        return max(0, -side * self._lots.get(which, 0))

    def items(self) -> Iterator[tuple[Which, int]]:
        """Yield each position, by account, the long one before the short one."""
        yield from sorted(self._lots.items(), key=lambda item: (item[0].account, -item[0].side))

    def of_account(self, account: int) -> list[Which]:
        """Return which positions an account has, the long one before the short one."""
        both = (Which(account, side) for side in Side)
        return [which for which in both if which in self._lots]

    def accounts(self) -> list[int]:
        """Return the accounts that have a position, by number."""
        return sorted({which.account for which in self._lots})

    def __len__(self) -> int:
        return len(self._lots)

    def __contains__(self, account: int) -> bool:
        return Which(account, BUY) in self._lots
