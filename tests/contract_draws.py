"""What streams with accounts draw of the richer terms of contracts.

It has a source of its own, and adds to contracts that were drawn without it.
"""

from __future__ import annotations

from random import Random

from engine.reference.contract import ContractTerms
from engine.reference.formulas import size_of

LOTS_MIN = (1, 2, 3)
LOTS_MAX = (6, 8, 12)
"""Of orders that are worth what an order must be, and may be."""


class ContractDraw:
    """The richer terms of a stream that is being drawn."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"contracts {seed}")

    def richer(self, contract: dict[str, int], price: int) -> dict[str, int]:
        """Return a contract with terms that it had not, or as it is."""
        return contract | self._bounds(contract, price)

    def _bounds(self, contract: dict[str, int], price: int) -> dict[str, int]:
        """Draw what an order is worth at least and at most: both, one of them or none."""
        random = self.random
        terms = ContractTerms(**contract)
        least, most = (
            size_of(terms, random.choice(lots), price) + random.choice((0, 0, 1))
            for lots in (LOTS_MIN, LOTS_MAX)
        )
        bounds = {"min_value": least, "max_value": max(most, least)}
        return {name: value for name, value in bounds.items() if random.random() < 0.4}
