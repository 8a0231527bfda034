"""What streams with accounts draw of liquidation: mostly one account takes over."""

from __future__ import annotations

from random import Random

from engine import CommandKind
from engine.reference import Core

SHARE = 0.06
"""The part of its commands among all."""


class LiquidationDraw:
    """The liquidations of a stream that is being drawn, which has a source of its own."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"liquidations {seed}")
        self.is_drawn = self.random.random() < 0.5

    def is_next(self) -> bool:
        """Return whether the next command is a LIQUIDATE."""
        return self.is_drawn and self.random.random() < SHARE

    def command(self, core: Core) -> dict[str, int]:
        """Draw who takes over, and what spoils the command, mostly nothing."""
        random = self.random
        accounts = core.accounts()
        fields = {"kind": CommandKind.LIQUIDATE, "account": accounts[0]}
        if random.random() < 0.2:
            fields["account"] = random.choice((*accounts, 9))
        if random.random() < 0.03:
            fields |= random.choice(({"instrument": 1}, {"quantity": 1}, {"price": 1}))
        return fields
