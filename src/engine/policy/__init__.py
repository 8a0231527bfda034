"""Whether a strategy's proposal may become an order: checks in front of the engine, in one order.

A `RiskChain` looks at a `Proposal` and at the `RiskAccount` that would trade it, check by check.
The first one that fails refuses; what it found, what the limit was, and how long each stage took
are in the `Decision`. An accepted one has the arguments of `Engine.submit` or
`Engine.submit_bracket`. Numbers are compared exactly. No clock is read but the one that is given.

The rules are in docs/semantics/risk-chain.md.
"""

from .chain import RiskChain
from .decision import BracketArguments, Decision, OrderArguments, StageTime
from .records import Proposal, RiskAccount, RiskLimits, Sizing
from .stages import RiskReason, RiskStage, Signal

__all__ = [
    "BracketArguments",
    "Decision",
    "OrderArguments",
    "Proposal",
    "RiskAccount",
    "RiskChain",
    "RiskLimits",
    "RiskReason",
    "RiskStage",
    "Signal",
    "Sizing",
    "StageTime",
]
