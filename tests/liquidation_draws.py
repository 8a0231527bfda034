"""What streams with accounts draw of liquidation: mostly one account takes over."""

from __future__ import annotations

from random import Random

from engine import CommandKind, TriggerSource
from engine.reference import Core

SHARE = 0.05
"""The part of its commands among all."""


class LiquidationDraw:
    """The liquidations of a stream that is being drawn, which has a source of its own."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"liquidations {seed}")
        self.is_drawn = self.random.random() < 0.8

    def is_next(self) -> bool:
        """Return whether the next command is a LIQUIDATE, or brings one about."""
        return self.is_drawn and self.random.random() < SHARE

    def command(self, core: Core, prices: range) -> dict[str, int]:
        """Draw a mark that makes some lose, or who takes over, now and then a spoilt command."""
        random = self.random
        accounts = core.accounts()
        if random.random() < 0.5:
            number = random.randrange(core.instrument_count)
            far = (prices[0] // 2, 2 * prices[-1], prices[0] - 1, prices[-1] + 3)
            price = random.choice((*far, *prices))
            told = {"trigger_source": TriggerSource.MARK, "price": price}
            return {"kind": CommandKind.SET_PRICE, "instrument": number, **told}
        fields = {"kind": CommandKind.LIQUIDATE, "account": accounts[0]}
        if random.random() < 0.2:
            fields["account"] = random.choice((*accounts, 9))
        if random.random() < 0.03:
            fields |= random.choice(({"instrument": 1}, {"quantity": 1}, {"price": 1}))
        return fields
