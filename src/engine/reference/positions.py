"""The positions of accounts in one instrument that were supplied from outside."""

from __future__ import annotations

from collections.abc import Iterator

from .._schema import Side


class Positions:
    """Lots by account, below 0 when short; an account whose position was not supplied has none."""

    def __init__(self) -> None:
        self._lots: dict[int, int] = {}

    def get(self, account: int) -> int | None:
        """Return the position of an account, None while none was supplied."""
        return self._lots.get(account)

    def supply(self, account: int, lots: int) -> None:
        """Say what the position of an account is."""
        self._lots[account] = lots

    def move(self, account: int, lots: int) -> None:
        """Move a position by a trade: up by what was bought, down by what was sold."""
        if account in self._lots:
            self._lots[account] += lots

    def reducible(self, account: int, side: Side) -> int:
        """Return how much orders of a side can make the position smaller."""
        return max(0, -side * self._lots.get(account, 0))

    def items(self) -> Iterator[tuple[int, int]]:
        """Yield account and position, by account."""
        yield from sorted(self._lots.items())

    def __len__(self) -> int:
        return len(self._lots)

    def __contains__(self, account: int) -> bool:
        return account in self._lots
