"""What streams with accounts draw of the richer terms of contracts.

It has a source of its own, and adds to contracts that were drawn without it.
"""

from __future__ import annotations

from random import Random
from typing import Any

from engine import CloseFee, ContractKind, FeeCurrency, OrderPrice, Rounding
from engine.reference.contract import ContractTerms
from engine.reference.formulas import size_of
from engine.reference.units import part_of

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
CLOSE_FEES = list(CloseFee)
SLOPES = (10**9 - 1, 10**15, 12_345_678_912_345_678, 10**17 + 1)
"""What a lot adds to a rate, 10^-18."""


class MarginDraw:
    """What margins are made of beside rates, by a source of its own."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"margins {seed}")

    def richer(self, contract: dict[str, Any], price: int) -> dict[str, Any]:
        """Return deductions, or slopes, and a fee to close; each may be there or not."""
        random = self.random
        drawn: dict[str, Any] = {}
        if "margin_tiers" not in contract:
            drawn |= self._slopes(contract, price) if random.random() < 0.5 else {}
        elif random.random() < 0.6:
            drawn["margin_tiers"] = self._deductions(ContractTerms(**contract))
        if random.random() < 0.4:
            drawn["close_fee"] = random.choice(CLOSE_FEES)
        if random.random() < 0.3:
            drawn["initial_close_fee"] = random.choice(CLOSE_FEES)
        if random.random() < 0.3:
            drawn["value_at_entry"] = 1
        if random.random() < 0.3:
            drawn["initial_at_mark"] = 1
        if random.random() < 0.2:
            drawn |= self._growth(ContractTerms(**contract), price)
        if random.random() < 0.4:
            drawn |= {
                "order_price": random.choice((OrderPrice.EXECUTION, OrderPrice.MAX_LAST_MARK))
            }
        if drawn.get("order_price") == OrderPrice.MAX_LAST_MARK:
            drawn["order_price_buffer"] = random.choice((0, 1_500_000, 10**8))
        return drawn

    def fee_currency(self) -> dict[str, Any]:
        """Draw in what fees of SPOT are paid."""
        return {"fee_currency": self.random.choice(list(FeeCurrency))}

    def _growth(self, terms: ContractTerms, price: int) -> dict[str, int]:
        """Draw between which open interests, of a few orders, the initial rate grows."""
        random = self.random
        lower, more = (size_of(terms, random.choice(LOTS_OF_TIERS), price) for _ in range(2))
        lower *= random.randint(0, 1)
        upper = lower + max(more, 1)
        step = random.choice((1, 1, 1_000, 10**8))
        return {"open_interest_lower": lower, "open_interest_upper": upper, "rate_step": step}

    def _slopes(self, contract: dict[str, Any], price: int) -> dict[str, int]:
        """Draw what a size adds, so that a few orders have the rate of all of the value."""
        random = self.random
        of_value = contract["kind"] == ContractKind.INVERSE
        size = size_of(ContractTerms(**contract), 1, price) if of_value else 1
        initial = random.choice(SLOPES) // max(size, 1)
        return {"initial_slope": initial, "maintenance_slope": initial // random.choice((1, 2, 7))}

    def _deductions(self, terms: ContractTerms) -> list[tuple[int, int, int, int]]:
        """Draw what makes the maintenance margin go on without a step, or a unit or half of it."""
        random = self.random
        deduction, before, tiers = 0, terms.maintenance_rate, []
        for floor, initial, maintenance in terms.margin_tiers:
            most = deduction + part_of(floor, maintenance - before, Rounding.FLOOR)
            deduction = random.choice((most, most, most, max(most - 1, 0), most // 2))
            tiers.append((floor, initial, maintenance, deduction))
            before = maintenance
        return tiers


class ContractDraw:
    """The richer terms of a stream that is being drawn."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"contracts {seed}")
        self.margins = MarginDraw(seed)

    def richer(self, contract: dict[str, Any], price: int) -> dict[str, Any]:
        """Return a contract with terms that it had not, or as it is."""
        richer = contract | self._bounds(contract, price) | self._fee_tiers()
        if contract["kind"] == ContractKind.SPOT:
            return richer | self.margins.fee_currency()
        richer |= self._margin_tiers(contract, price)
        richer |= {"open_loss": int(self.random.random() < 0.4)}
        return richer | self.margins.richer(richer, price)

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
