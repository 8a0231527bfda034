"""What answers the cases of Bot Core: its risk chain, and how it sizes a position.

The words of the inputs (`bal`, `rr`, `npos`) are the cases', not the engine's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from conformance.cases import Form, Library, Question
from conformance.matching_cases import given, is_true
from conformance.scenarios import whole

from engine.calc import position_size, risk_reward, risk_size
from engine.policy import Proposal, RiskAccount, RiskChain, RiskLimits, Signal

SIGNALS: Final = {
    "StrongBuy": Signal.STRONG_BUY,
    "Buy": Signal.BUY,
    "Hold": Signal.HOLD,
    "Sell": Signal.SELL,
    "StrongSell": Signal.STRONG_SELL,
}
CHECKED: Final = (
    *("enabled", "signal", "conf", "npos", "maxpos"),
    *("rr", "need", "free", "loss", "limit"),
)
HERE: Final = 100  # a price for proposals whose price does not matter


def size_of_risk(question: Question, _: Library) -> Decimal:
    """Size a position by what may be lost alone."""
    inputs = question.inputs
    return risk_size(inputs["bal"], inputs["rk"], inputs["en"], inputs["sl"])


def size_of_position(question: Question, _: Library) -> Decimal:
    """Size a position, with the cap and the bounds."""
    inputs = question.inputs
    return position_size(
        inputs["bal"], inputs["risk"], inputs["entry"], given(inputs, "sl"), inputs["dq"]
    )


def ratio(question: Question, _: Library) -> Decimal:
    """Divide what may be won by what may be lost."""
    inputs = question.inputs
    return risk_reward(inputs["entry"], inputs["sl"], inputs["tp"])


def decided(question: Question, _: Library) -> str:
    """Hold a proposal to the chain; name the reason of a refusal, or that there is none."""
    inputs = question.inputs
    limits = RiskLimits(
        trading_enabled=is_true(inputs["enabled"]),
        max_positions=whole(inputs["maxpos"]),
        daily_loss_limit=inputs["limit"],
    )
    account = RiskAccount(
        balance=0,
        free_margin=inputs["free"],
        open_positions=whole(inputs["npos"]),
        daily_loss=inputs["loss"],
    )
    proposal = Proposal(
        symbol="ANY",
        signal=SIGNALS[inputs["signal"]],
        confidence=inputs["conf"],
        entry_price=HERE,
        risk_reward=given(inputs, "rr"),
        quantity=1,
        margin_needed=inputs["need"],
    )
    decision = RiskChain(limits, clock=int).check(proposal, account)
    return "ACCEPT" if decision.is_accepted else decision.reason.name


def reason_of_venue(question: Question) -> str | None:
    """Say why a case can't be asked: the rules are Bot Core's."""
    if question.venue == "bot-core":
        return None
    return f"kind {question.kind} of venue {question.venue} is not known"


FORMS: Final[dict[str, list[Form]]] = {
    "position_size": [
        Form(size_of_risk, frozenset({"en", "sl", "bal", "rk"}), reason=reason_of_venue),
        Form(
            size_of_position,
            frozenset({"entry", "sl", "bal", "risk", "dq"}),
            reason=reason_of_venue,
        ),
    ],
    "risk_reward": [Form(ratio, frozenset({"entry", "sl", "tp"}), reason=reason_of_venue)],
    "risk_check": [
        Form(
            decided,
            frozenset(CHECKED) - {"rr"},
            frozenset({"rr"}),  # a proposal need not tell it
            choices={"signal": SIGNALS},
            reason=reason_of_venue,
        )
    ],
}
