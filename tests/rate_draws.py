"""What streams with accounts draw of rate limits.

They are low, so that they hold soon; time goes on by seconds, so that they do not hold for long.
"""

from __future__ import annotations

from random import Random

from engine import CommandKind, RateLimit
from engine.reference import Core

SECOND = 10**9
LIMITS = (0, 1, 2, 3, 5, 8, 13, 30)
FACTORS = (0, 333_333, 500_000, 1_000_000, 2_500_000, 10_000_000)
STEPS = (1, 3, 9, 30, 60)
"""Seconds by which time goes on."""


class RateDraw:
    """The rate limits of a stream that is being drawn."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(f"rates {seed}")
        self.is_drawn = random.random() < 0.4
        """Whether the stream has rate limits."""
        self.share = random.choice((0.02, 0.05))
        """The part of their commands among all."""
        self.seconds = 0
        """How far the stream's times have been moved."""

    def change(self, fields: dict[str, int], core: Core) -> dict[str, int]:
        """Return a command as it is drawn, or one that sets a rate, at the time that it is."""
        if not self.is_drawn:
            return fields
        if self.random.random() < 0.1:
            self.seconds += self.random.choice(STEPS)
        if self.random.random() < self.share:
            origin = {name: fields[name] for name in ("timestamp", "command_id")}
            fields = origin | self._rate(core)
        moved = {
            name: fields[name] + self.seconds * SECOND
            for name in ("timestamp", "expiry")
            if fields.get(name)
        }
        return fields | moved

    def _rate(self, core: Core) -> dict[str, int]:
        """Draw a rate limit of a tier that has accounts, or lift one."""
        random = self.random
        accounts = core._machine.accounts
        assert accounts is not None
        told = sorted(accounts.rates.values)
        tiers = sorted({owner.tier for owner in accounts.owners.values()})
        if told and random.random() < 0.4:
            tier, limit = random.choice(told)
            value = -1
        else:
            tier, limit = random.choice((*tiers, 0)), random.choice(tuple(RateLimit))
            value = random.choice(FACTORS if limit == RateLimit.FACTOR else LIMITS)
        fields = {"self_trade_group": tier, "selector": limit, "quantity": value}
        return {"kind": CommandKind.SET_RATE, **fields, **self._odd()}

    def _odd(self) -> dict[str, int]:
        """Draw what spoils a rate, mostly nothing."""
        if self.random.random() > 0.08:
            return {}
        return self.random.choice(
            (
                {"quantity": -2},
                {"quantity": 10_000_001},
                {"quantity": 10_000_000},
                {"self_trade_group": 256},
                {"self_trade_group": 254},
                {"account": 1},
                {"instrument": 1},
            )
        )
