"""Rate limits in the engine: what was told of tiers, and what their accounts took.

The counting is that of `rate_limits`: each account is a user there, each tier a tier.
"""

from __future__ import annotations

from typing import Final

from .._schema import (
    CANCEL,
    MASS_CANCEL,
    REDUCE,
    REPLACE,
    SUBMIT,
    CancelScope,
    RateKind,
    RateLimit,
)
from ..rate_tiers import MILLION, RateAnswer, RateTier
from .commands import Command
from .limits import NO_LIMIT
from .rate_limits import RateLimiter

RATE_MAX: Final = 10_000_000
"""The largest rate limit, and the largest factor."""
TIERS: Final = tuple(RateTier(str(tier)) for tier in range(256))
"""Every tier that an account may be of, before anything was told: nothing is limited."""
KINDS: Final = {
    int(SUBMIT): RateKind.ORDER,
    int(REPLACE): RateKind.ORDER,
    int(CANCEL): RateKind.CANCEL,
    int(REDUCE): RateKind.CANCEL,
    int(MASS_CANCEL): RateKind.CANCEL,
}
"""What a command counts as; the others are not counted."""


def kind_of(command: Command) -> RateKind | None:
    """Return what a command counts as, None for what its account does not ask for."""
    if command.kind == MASS_CANCEL and not command.selector & CancelScope.BY_ACCOUNT:
        return None
    return KINDS.get(command.kind)


class Rates:
    """The rate limits of every tier, and what was taken of them."""

    def __init__(self) -> None:
        self.values: dict[tuple[int, int], int] = {}
        """What was told, by tier and limit."""
        self._limiter = _Limiter(TIERS)
        self._users: dict[int, int] = {}
        """By account, its number in the limiter."""

    def set(self, command: Command) -> None:
        """Set a limit of a tier, or take it away."""
        tier, limit = command.self_trade_group, command.selector
        self.values.pop((tier, limit), None)
        if command.quantity != NO_LIMIT:
            self.values[tier, limit] = command.quantity
        self._limiter.set_factor(self.values.get((tier, RateLimit.FACTOR), MILLION), str(tier))
        self._limiter.let_be(self._tier(tier))

    def _tier(self, tier: int) -> RateTier:
        """Return what was told of a tier."""
        return RateTier(
            str(tier),
            orders_per_ten_seconds=self.values.get((tier, RateLimit.ORDERS_PER_TEN_SECONDS)),
            orders_per_minute=self.values.get((tier, RateLimit.ORDERS_PER_MINUTE)),
            orders_per_day=self.values.get((tier, RateLimit.ORDERS_PER_DAY)),
            cancels_per_minute=self.values.get((tier, RateLimit.CANCELS_PER_MINUTE)),
        )

    def set_tier(self, account: int, tier: int) -> None:
        """Take note of the tier that an account is of from now on."""
        if account in self._users:
            self._limiter.set_tier(self._users[account], str(tier))
        else:
            self._users[account] = self._limiter.add_users(1, str(tier))

    def take(self, account: int, kind: RateKind, time: int) -> None:
        """Count a command of an account, unless it is one too many."""
        self._limiter.take(self._users[account], kind, time)

    def ask(self, account: int, kind: RateKind, time: int) -> RateAnswer:
        """Return what the next command of a kind would be told."""
        return self._limiter.peek(self._users[account], kind, time)


class _Limiter(RateLimiter):
    """A limiter whose tiers may begin and cease to limit something."""

    def let_be(self, tier: RateTier) -> None:
        """Give the tier of that name other limits; what was taken stays counted."""
        self._tiers[tier.name] = tier
