"""What streams with accounts draw of liquidation: mostly one account takes over."""

from __future__ import annotations

from random import Random
from typing import Any

from engine import (
    CommandKind,
    ContractKind,
    Deficit,
    DeleverageRank,
    LiquidationSale,
    LiquidationStep,
    TriggerSource,
)
from engine.reference import Core

BILLION = 10**9

SALES = (LiquidationSale.NONE, LiquidationSale.BANKRUPTCY, LiquidationSale.MARKET)
"""Drawn as they are; a fillable price takes the place of one."""

SHARES = (0.05, 0.25)
"""The part of its commands among all, of calm and of stormy streams."""


class LiquidationDraw:
    """The liquidations of a stream that is being drawn, which has a source of its own."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"liquidations {seed}")
        self.is_drawn = self.random.random() < 0.8
        self._terms = Random(f"liquidation terms {seed}")
        self._fillable = Random(f"fillable {seed}")
        self._share = SHARES[self._terms.random() < 0.4]
        self._mark_told = False

    def processed(self, contract: dict[str, Any]) -> dict[str, Any]:
        """Return a contract with a process of liquidation, or as it is."""
        random = self._terms
        if contract["kind"] == ContractKind.SPOT or random.random() < 0.25:
            return contract
        step = random.choice(tuple(LiquidationStep))
        terms: dict[str, Any] = {"liquidation_step": step}
        if step == LiquidationStep.TIER_DOWN:
            terms["liquidation_tiers"] = random.choice((1, 1, 2))
        if step == LiquidationStep.FRACTION:
            terms["liquidation_fraction"] = random.choice((1, BILLION // 5, BILLION // 2, BILLION))
            terms["liquidation_above"] = random.choice((0, 0, 500, 5_000))
            terms["liquidation_cooldown"] = random.choice((0, 0, 5, 20 * 10**9))
            terms["liquidation_least"] = random.choice((0, 0, 300, 3_000))
        sale = random.choice(SALES)
        if sale != LiquidationSale.NONE:
            terms["liquidation_backstop"] = random.choice((0, 0, BILLION // 3, BILLION))
        terms["liquidation_sale"] = sale
        terms |= self._as_dydx()
        return contract | {
            **terms,
            "liquidation_at_margin": random.randint(0, 1),
            "liquidation_fee_rate": random.choice((0, 0, 5_000_000, 33_333_333, BILLION)),
            "liquidation_most_rate": random.choice((BILLION, BILLION, 5_000_000, 0)),
            "deficit": random.choice(tuple(Deficit)),
            "deleverage_rank": random.choice(tuple(DeleverageRank)),
        }

    def _as_dydx(self) -> dict[str, Any]:
        """Draw a fillable price in place of another now and then, and whether orders stay."""
        random, terms = self._fillable, {"liquidation_keeps_orders": 0}
        if random.random() < 0.5:
            terms |= {
                "liquidation_sale": LiquidationSale.FILLABLE,
                "liquidation_backstop": random.choice((0, 0, 0, BILLION // 3)),
                "liquidation_adjustment": random.choice((BILLION // 3, BILLION, 2**63 - 1)),
                "liquidation_spread": random.choice((0, BILLION // 2, BILLION, BILLION)),
            }
        if random.random() < 0.4:
            terms["liquidation_keeps_orders"] = 1
        return terms

    def is_next(self) -> bool:
        """Return whether the next command is a LIQUIDATE, or brings one about."""
        return self.is_drawn and self.random.random() < self._share

    def command(self, core: Core, prices: range) -> dict[str, int]:
        """Draw a mark that makes some lose, or who takes over, now and then a spoilt command."""
        random = self.random
        accounts = core.accounts()
        self._mark_told = not self._mark_told and random.random() < 0.7
        if self._mark_told:
            number = random.randrange(core.instrument_count)
            far = (prices[0] // 2, 2 * prices[-1], prices[0] - 1, prices[-1] + 3)
            price = random.choice(far if random.random() < 0.2 else prices)
            told = {"trigger_source": TriggerSource.MARK, "price": price}
            return {"kind": CommandKind.SET_PRICE, "instrument": number, **told}
        fields = {"kind": CommandKind.LIQUIDATE, "account": accounts[0]}
        if random.random() < 0.2:
            fields["account"] = random.choice((*accounts, 9))
        if random.random() < 0.2:
            fields["quantity"] = random.choice((1, BILLION // 3, BILLION * 4 // 5, BILLION))
        if random.random() < 0.03:
            odd = ({"instrument": 1}, {"quantity": -1}, {"quantity": BILLION + 1}, {"price": 1})
            fields |= random.choice(odd)
        return fields
