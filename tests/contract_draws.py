"""What streams with accounts draw of the richer terms of contracts.

It has a source of its own, and adds to contracts that were drawn without it.
"""

from __future__ import annotations

from random import Random
from typing import Any

from engine import ContractKind
from engine.reference.contract import ContractTerms
from engine.reference.formulas import size_of

LOTS_MIN = (1, 2, 3)
LOTS_MAX = (6, 8, 12)
"""Of orders that are worth what an order must be, and may be."""
TIERS = (0, 3, 200, 255)
"""Those that accounts have, and another."""
MAKER = (-5_555_555, 0, 333_333, 3_000_000)
TAKER = (-2_000_000, 0, 1_234_567, 70_000_001)
LOTS_OF_TIERS = (2, 4, 7, 12, 20)
STEPS = (0, 1, 12_345_678, 50_000_000, 123_456_789)
"""By which rates of margin rise from tier to tier."""


class ContractDraw:
    """The richer terms of a stream that is being drawn."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"contracts {seed}")

    def richer(self, contract: dict[str, Any], price: int) -> dict[str, Any]:
        """Return a contract with terms that it had not, or as it is."""
        richer = contract | self._bounds(contract, price) | self._fee_tiers()
        if contract["kind"] == ContractKind.SPOT:
            return richer
        richer |= self._margin_tiers(contract, price)
        return richer | {"open_loss": int(self.random.random() < 0.4)}

    def _fee_tiers(self) -> dict[str, Any]:
        """Draw the rates of some tiers, or none."""
        random = self.random
        if random.random() < 0.5:
            return {}
        tiers = random.sample(TIERS, random.randint(1, len(TIERS)))
        return {"fee_tiers": {tier: (random.choice(MAKER), random.choice(TAKER)) for tier in tiers}}

    def _margin_tiers(self, contract: dict[str, Any], price: int) -> dict[str, Any]:
        """Draw what worst sides need that are worth a few orders, or none."""
        random = self.random
        if random.random() < 0.4:
            return {}
        terms = ContractTerms(**contract)
        floor, initial, maintenance = 0, terms.initial_rate, terms.maintenance_rate
        tiers = []
        for lots in sorted(random.sample(LOTS_OF_TIERS, random.randint(1, 3))):
            floor = max(size_of(terms, lots, price) + random.choice((-1, 0, 0)), floor + 1)
            initial = min(initial + random.choice(STEPS), 10**9)
            maintenance = min(maintenance + random.choice(STEPS) // 2, initial)
            tiers.append((floor, initial, maintenance))
        return {"margin_tiers": tiers}

    def _bounds(self, contract: dict[str, Any], price: int) -> dict[str, Any]:
        """Draw what an order is worth at least and at most: both, one of them or none."""
        random = self.random
        terms = ContractTerms(**contract)
        least, most = (
            size_of(terms, random.choice(lots), price) + random.choice((0, 0, 1))
            for lots in (LOTS_MIN, LOTS_MAX)
        )
        bounds = {"min_value": least, "max_value": max(most, least)}
        return {name: value for name, value in bounds.items() if random.random() < 0.4}
