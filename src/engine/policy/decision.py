"""What a chain says of a proposal, and the order that an accepted one becomes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, TypedDict

from .._schema import Side
from ..decimal_grid import decimal_of
from ..errors import PolicyError
from .records import Proposal
from .stages import RiskReason, RiskStage, Signal

__all__ = ["BracketArguments", "Decision", "OrderArguments", "StageTime"]


class OrderArguments(TypedDict):
    """What `Engine.submit` is to be called with."""

    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal


class BracketArguments(OrderArguments):
    """What `Engine.submit_bracket` is to be called with."""

    stop_loss: Decimal
    take_profit: Decimal


class StageTime(NamedTuple):
    """How long a stage took.

    Attributes
    ----------
    stage : RiskStage
        Which one.
    microseconds : float
        By the chain's clock.
    """

    stage: RiskStage
    microseconds: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What a `RiskChain` says of a proposal.

    Attributes
    ----------
    proposal : Proposal
        Of which.
    reason : RiskReason
        Why it was refused; NONE when it was accepted.
    stage : RiskStage or None
        Which stage refused it.
    found, limit : Decimal or None
        The numbers behind a refusal: of DEADLINE nanoseconds of the chain's clock, of
        SIZE_TOO_SMALL the quantity before it was rounded to lots and the size of a lot.
    quantity, margin_needed : Decimal or None
        As far as the checks came to know them. The margin is rounded up to 28 significant digits.
    times : tuple of StageTime
        Of each stage that was started, in their order.
    """

    proposal: Proposal
    reason: RiskReason
    stage: RiskStage | None
    found: Decimal | None
    limit: Decimal | None
    quantity: Decimal | None
    margin_needed: Decimal | None
    times: tuple[StageTime, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether it may become an order."""
        return self.reason == RiskReason.NONE

    def order(self) -> OrderArguments:
        """Return the arguments of `Engine.submit` for the entry alone.

        Raises
        ------
        PolicyError
            The proposal was refused.
        """
        if self.quantity is None or not self.is_accepted:
            raise PolicyError(f"the proposal was refused: {self.reason.name}")
        proposal = self.proposal
        return {
            "symbol": proposal.symbol,
            "side": Side.BUY if proposal.signal in (Signal.BUY, Signal.STRONG_BUY) else Side.SELL,
            "quantity": self.quantity,
            "price": decimal_of("entry_price", proposal.entry_price),
        }

    def bracket(self) -> BracketArguments:
        """Return the arguments of `Engine.submit_bracket`: the entry and its two exits.

        Raises
        ------
        PolicyError
            The proposal was refused, or has no stop loss or no take profit.
        """
        order, exits = self.order(), {}
        for name in ("stop_loss", "take_profit"):
            price = getattr(self.proposal, name)
            if price is None:
                raise PolicyError(f"{name} was not given: a bracket has both exits")
            exits[name] = price
        return {**order, "stop_loss": exits["stop_loss"], "take_profit": exits["take_profit"]}
