"""The checks in front of an engine, each in a function, and the chain that goes through them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_UP, Decimal, localcontext
from typing import Any, Final, NamedTuple

from .._members import says_names
from .._shown import check_callable, check_kind, integer_of
from ..calc.exact import EXACT, quotient
from ..calc.sizing import position_size, risk_reward
from ..decimal_grid import DecimalLike, step_of
from ..errors import PolicyError
from .decision import Decision, StageTime
from .records import Proposal, RiskAccount, RiskLimits
from .stages import RiskReason, RiskStage, Signal

__all__ = ["RiskChain"]

NANOSECONDS_A_MICROSECOND: Final = 1_000


@says_names
class RiskChain:
    """Checks in front of an engine, in Bot Core's order; the first that fails refuses.

    Parameters
    ----------
    limits : RiskLimits
        May be replaced at any time; the next proposal is held to the new ones.
    clock : callable
        Returns nanoseconds, as `time.perf_counter_ns` does.

    Examples
    --------
    >>> from time import perf_counter_ns
    >>> from engine import Engine, Instrument
    >>> from engine.policy import Proposal, RiskAccount, RiskChain, RiskLimits, Sizing
    >>> venue = Engine()
    >>> bitcoin = Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
    >>> _ = venue.add_instrument(bitcoin)
    >>> sizing = Sizing(risk_percent=2, default_quantity="0.01")
    >>> chain = RiskChain(RiskLimits(daily_loss_limit=500, sizing=sizing), clock=perf_counter_ns)
    >>> account = RiskAccount(balance=10000, free_margin=3000)
    >>> proposal = Proposal(
    ...     symbol="BTC-USD",
    ...     signal="buy",
    ...     confidence=0.85,
    ...     entry_price=50000,
    ...     stop_loss=49000,
    ...     take_profit=52000,
    ... )
    >>> decision = chain.check(proposal, account, lot_size=bitcoin.lot_size)
    >>> decision.is_accepted, decision.quantity, decision.margin_needed
    (True, Decimal('0.040'), Decimal('2000.000'))
    >>> bracket = venue.submit_bracket(**decision.bracket())
    >>> bracket.entry.order_status.name, len(venue.waiting("BTC-USD"))
    ('NEW', 2)

    The same for an account that lost too much today:

    >>> account = RiskAccount(balance=10000, free_margin=3000, daily_loss=500)
    >>> decision = chain.check(proposal, account, lot_size=bitcoin.lot_size)
    >>> decision.reason.name, decision.found, decision.limit
    ('DAILY_LOSS_LIMIT', Decimal('500'), Decimal('500'))
    """

    __slots__ = ("_clock", "limits")

    def __init__(self, limits: RiskLimits, *, clock: Callable[[], int]) -> None:
        check_callable("clock", clock)
        self.limits = limits
        self._clock = clock

    def __repr__(self) -> str:
        return f"RiskChain({self.limits!r})"

    def check(
        self,
        proposal: Proposal,
        account: RiskAccount,
        *,
        lot_size: DecimalLike | None = None,
        deadline: int | None = None,
    ) -> Decision:
        """Return whether a proposal may become an order, and why not.

        Parameters
        ----------
        proposal, account
            What would be traded, and by whom.
        lot_size
            A quantity that is found by sizing is rounded down to a multiple of it. One that the
            proposal states is left as it is.
        deadline
            A time of the clock; a stage that would start later refuses with DEADLINE.

        Raises
        ------
        PolicyError
            The proposal states no quantity, and the limits have no sizing.
        TypeError
            A proposal or an account that is none, or a deadline that is no integer.
        """
        check_kind("proposal", proposal, Proposal)
        check_kind("account", account, RiskAccount)
        last = None if deadline is None else integer_of("deadline", deadline)
        case = _Case(self.limits, proposal, account, lot_size)
        times = list[StageTime]()
        began = self._clock()
        for stage, check in CHECKS:
            if stage in case.limits.without:
                continue
            if last is not None and began > last:
                late = _Refusal(RiskReason.DEADLINE, Decimal(began), Decimal(last))
                return case.decision(times, stage, late)
            refusal = check(case)
            ended = self._clock()
            times.append(StageTime(stage, (ended - began) / NANOSECONDS_A_MICROSECOND))
            if refusal is not None:
                return case.decision(times, stage, refusal)
            began = ended
        return case.decision(times, None, _Refusal(RiskReason.NONE))


class _Refusal(NamedTuple):
    """A reason and the numbers behind it."""

    reason: RiskReason
    found: Decimal | None = None
    limit: Decimal | None = None


class _Case:
    """One proposal on its way through the checks, and what they found out about it."""

    __slots__ = ("account", "limits", "lot_size", "margin_needed", "proposal", "quantity")

    def __init__(
        self,
        limits: RiskLimits,
        proposal: Proposal,
        account: RiskAccount,
        lot_size: DecimalLike | None,
    ) -> None:
        if proposal.quantity is None and limits.sizing is None:
            raise PolicyError("quantity was not given, and the limits have no sizing")
        # Records are exact since they were made: what is read of them are decimals.
        self.limits: Any = limits
        self.proposal: Any = proposal
        self.account: Any = account
        self.lot_size = None if lot_size is None else step_of("lot_size", lot_size)
        self.quantity: Decimal | None = None
        self.margin_needed: Decimal | None = None

    def decision(
        self, times: list[StageTime], stage: RiskStage | None, refusal: _Refusal
    ) -> Decision:
        """Return what came of it."""
        return Decision(
            self.proposal, refusal.reason, stage, refusal.found, refusal.limit,
            self.quantity, self.margin_needed, tuple(times),
        )  # fmt: skip


def _trading_enabled(case: _Case) -> _Refusal | None:
    return None if case.limits.trading_enabled else _Refusal(RiskReason.TRADING_DISABLED)


def _signal(case: _Case) -> _Refusal | None:
    is_hold = case.proposal.signal == Signal.HOLD
    return _Refusal(RiskReason.HOLD_SIGNAL) if is_hold else None


def _confidence(case: _Case) -> _Refusal | None:
    limits, found = case.limits, case.proposal.confidence
    is_strong = case.proposal.signal in (Signal.STRONG_BUY, Signal.STRONG_SELL)
    least = limits.strong_confidence if is_strong else limits.plain_confidence
    return _Refusal(RiskReason.LOW_CONFIDENCE, found, least) if found < least else None


def _open_positions(case: _Case) -> _Refusal | None:
    found, most = case.account.open_positions, case.limits.max_positions
    if found < most:
        return None
    return _Refusal(RiskReason.MAX_POSITIONS, Decimal(found), Decimal(most))


def _risk_reward(case: _Case) -> _Refusal | None:
    proposal, least = case.proposal, case.limits.min_risk_reward
    found, exits = proposal.risk_reward, (proposal.stop_loss, proposal.take_profit)
    if found is not None:
        return _Refusal(RiskReason.LOW_RISK_REWARD, found, least) if found < least else None
    if None in exits:
        return None
    entry, stop, profit = proposal.entry_price, *exits
    with localcontext(EXACT):
        if abs(profit - entry) >= least * abs(entry - stop):
            return None
    return _Refusal(RiskReason.LOW_RISK_REWARD, risk_reward(proposal.entry_price, *exits), least)


def _size(case: _Case) -> _Refusal | None:
    proposal, sizing = case.proposal, case.limits.sizing
    found = proposal.quantity
    quantity = found
    if found is None:
        found = position_size(
            case.account.balance,
            sizing.risk_percent,
            proposal.entry_price,
            proposal.stop_loss,
            sizing.default_quantity,
            cap=sizing.cap,
            nearest_stop=sizing.nearest_stop,
            least=sizing.least,
            most=sizing.most,
        )
        quantity = found
        if case.lot_size is not None:
            with localcontext(EXACT):
                quantity = found // case.lot_size * case.lot_size
    if quantity <= 0:
        return _Refusal(RiskReason.SIZE_TOO_SMALL, found, case.lot_size)
    case.quantity = quantity
    return None


def _margin(case: _Case) -> _Refusal | None:
    assert case.quantity is not None, "SIZE comes before"
    stated, free = case.proposal.margin_needed, case.account.free_margin
    with localcontext(EXACT):
        if stated is not None:
            case.margin_needed, is_free = stated, stated <= free
        else:
            leverage = case.account.leverage
            value = case.quantity * abs(case.proposal.entry_price)
            case.margin_needed = quotient(value, leverage, ROUND_UP)
            is_free = value <= free * leverage
    if is_free:
        return None
    return _Refusal(RiskReason.INSUFFICIENT_MARGIN, case.margin_needed, free)


def _daily_loss(case: _Case) -> _Refusal | None:
    found, limit = case.account.daily_loss, case.limits.daily_loss_limit
    return _Refusal(RiskReason.DAILY_LOSS_LIMIT, found, limit) if found >= limit else None


def _order(_: _Case) -> _Refusal | None:
    return None


# What misses its deadline never becomes an order: the last stage has nothing to check but that.
CHECKS: Final[tuple[tuple[RiskStage, Callable[[_Case], _Refusal | None]], ...]] = (
    (RiskStage.TRADING_ENABLED, _trading_enabled),
    (RiskStage.SIGNAL, _signal),
    (RiskStage.CONFIDENCE, _confidence),
    (RiskStage.OPEN_POSITIONS, _open_positions),
    (RiskStage.RISK_REWARD, _risk_reward),
    (RiskStage.SIZE, _size),
    (RiskStage.MARGIN, _margin),
    (RiskStage.DAILY_LOSS, _daily_loss),
    (RiskStage.ORDER, _order),
)
assert tuple(stage for stage, _ in CHECKS) == tuple(RiskStage), "stages are numbered in their order"
