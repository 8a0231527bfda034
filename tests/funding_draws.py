"""What streams with accounts draw of funding.

It has a source of its own, and adds to contracts and streams that were drawn without it.
"""

from __future__ import annotations

from random import Random
from typing import Any

from engine import (
    CommandKind,
    ContractKind,
    FundingAccrual,
    FundingSource,
    TriggerSource,
)
from engine.reference import Core

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
ATTOS = 10**18
RATES = (0, 1, -1, 115_740_740_741, ATTOS // 2000, -ATTOS // 777, ATTOS // 30, -ATTOS // 9)
PERIODS = (0, 0, 1, 1_000, 10**9, 28_800 * 10**9)
SHARE = 0.07
"""The part of its commands among all."""


class FundingDraw:
    """The funding of a stream that is being drawn."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"funding {seed}")
        self.is_drawn = self.random.random() < 0.6

    def funded(self, contract: dict[str, Any]) -> dict[str, Any]:
        """Return a contract with funding, or as it is."""
        random = self.random
        if contract["kind"] == ContractKind.SPOT or not self.is_drawn or random.random() < 0.2:
            return contract
        floor, cap = sorted(random.choices((*RATES, INT64_MIN, INT64_MAX), k=2))
        return contract | {
            "funding": random.choice(
                (FundingAccrual.INDEX, FundingAccrual.INDEX, FundingAccrual.DISCRETE)
            ),
            "funding_interest": random.choice(RATES),
            "funding_damp": random.choice((0, 0, 1, ATTOS // 2000, ATTOS // 40)),
            "funding_floor": floor,
            "funding_cap": cap,
            "funding_period": random.choice(PERIODS),
            "funding_told": int(random.random() < 0.1),
            "funding_in_maintenance": int(random.random() < 0.3),
        }

    def is_next(self) -> bool:
        """Return whether the next command is of funding."""
        return self.is_drawn and self.random.random() < SHARE

    def command(self, core: Core, prices: range) -> dict[str, int]:
        """Draw a price that funding needs and that is not known, or a FUND."""
        random = self.random
        number = random.choice(self._funded(core) or range(core.instrument_count))
        book = core._machine.books[number]
        for source in (TriggerSource.INDEX, TriggerSource.MARK):
            if random.random() < (0.3 if source in book.triggers.prices else 0.4):
                price = {"price": random.choice(prices), "trigger_source": source}
                return {"kind": CommandKind.SET_PRICE, "instrument": number, **price}
        source = random.choice(tuple(FundingSource))
        fields = {"kind": CommandKind.FUND, "instrument": number, "selector": source}
        if source == FundingSource.EVERY:
            fields["instrument"] = 0
        if source == FundingSource.TOLD:
            fields["price"] = self._rate(book.contract.funding_floor, book.contract.funding_cap)
        return fields | self._odd(core)

    def _funded(self, core: Core) -> list[int]:
        """Return the instruments that have funding, and now and then all."""
        is_any = self.random.random() < 0.05
        books = core._machine.books
        none = FundingAccrual.NONE
        return [book.number for book in books if is_any or book.contract.funding != none]

    def _rate(self, floor: int, cap: int) -> int:
        """Draw a rate between two bounds, mostly."""
        random = self.random
        rate = random.choice((*RATES, floor, cap, (floor + cap) // 2))
        return rate if random.random() < 0.3 else max(floor, min(rate, cap))

    def _odd(self, core: Core) -> dict[str, int]:
        """Draw what spoils such a command, mostly nothing."""
        if self.random.random() > 0.05:
            return {}
        return self.random.choice(
            (
                {"instrument": core.instrument_count},
                {"price": 1},
                {"account": 1},
                {"quantity": 1},
                {"price": INT64_MAX, "selector": FundingSource.TOLD},
            )
        )
