"""Bot Core's chain: each check at its boundary, which one wins, what is said, and the deadline."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from typing import Any, get_type_hints

import pytest

from engine import (
    CommandError,
    Engine,
    EngineError,
    GridError,
    Instrument,
    PolicyError,
    Side,
)
from engine.policy import (
    Decision,
    Proposal,
    RiskAccount,
    RiskChain,
    RiskLimits,
    RiskReason,
    RiskStage,
    Signal,
    Sizing,
)

LIMITS: dict[str, Any] = {
    "daily_loss_limit": 500,
    "sizing": Sizing(risk_percent=2, default_quantity="0.01"),
}
ACCOUNT: dict[str, Any] = {"balance": 10000, "free_margin": 2000}
PROPOSAL: dict[str, Any] = {
    "symbol": "BTC-USD",
    "signal": "buy",
    "confidence": "0.8",
    "entry_price": 50000,
    "stop_loss": 49000,
    "take_profit": 51500,
}


def decided(changes: dict[str, Any], **keywords: Any) -> Decision:
    """Check the usual proposal with changes, each for the record that has such a field."""
    records = []
    for kind, usual in (
        (RiskLimits, LIMITS),
        (Proposal, PROPOSAL),
        (RiskAccount, ACCOUNT),
    ):
        names = {field.name for field in dataclasses.fields(kind)}
        records.append(kind(**usual | {k: v for k, v in changes.items() if k in names}))
    limits, proposal, account = records
    chain = RiskChain(limits, clock=keywords.pop("clock", lambda: 0))
    return chain.check(proposal, account, **keywords)


def test_what_keeps_every_limit_is_accepted() -> None:
    decision = decided({})
    assert decision.is_accepted
    assert (decision.reason, decision.stage) == (RiskReason.NONE, None)
    assert (decision.found, decision.limit) == (None, None)
    assert decision.quantity == Decimal("0.04")
    assert decision.margin_needed == 2000
    assert [time.stage for time in decision.times] == list(RiskStage)


# Of each check what keeps it exactly, what does not by the least, and the numbers behind that.
BOUNDARIES = [
    ("CONFIDENCE", {"confidence": "0.8"}, {"confidence": 0.79999999}, "0.79999999", "0.8"),
    (
        "CONFIDENCE",
        {"signal": "strong_sell", "stop_loss": 51000, "take_profit": 48500, "confidence": 0.7},
        {"signal": "strong_buy", "confidence": "0.69999999999999999999"},
        "0.69999999999999999999",
        "0.7",
    ),
    ("OPEN_POSITIONS", {"open_positions": 9}, {"open_positions": 10}, "10", "10"),
    ("OPEN_POSITIONS", {"max_positions": 1}, {"max_positions": 0}, "0", "0"),
    ("RISK_REWARD", {"take_profit": 51500}, {"take_profit": "51499.9"}, "1.4999", "1.5"),
    ("RISK_REWARD", {"risk_reward": 1.5}, {"risk_reward": "1.4999"}, "1.4999", "1.5"),
    ("MARGIN", {"free_margin": 2000}, {"free_margin": "1999.99"}, "2000", "1999.99"),
    (
        "MARGIN",
        {"margin_needed": "0.3", "free_margin": 0.3},
        {"margin_needed": 0.1 + 0.2, "free_margin": "0.3"},
        "0.30000000000000004",
        "0.3",
    ),
    ("DAILY_LOSS", {"daily_loss": "499.99"}, {"daily_loss": 500}, "500", "500"),
    ("DAILY_LOSS", {"daily_loss": -1, "daily_loss_limit": 0}, {"daily_loss_limit": 0}, "0", "0"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "kept", "missed", "found", "limit"), BOUNDARIES)
def test_a_limit_is_kept_exactly_at_it(
    stage: str, kept: dict[str, Any], missed: dict[str, Any], found: str, limit: str
) -> None:
    assert decided(kept).is_accepted
    decision = decided(missed)
    assert not decision.is_accepted
    assert decision.stage == RiskStage[stage]
    assert (decision.found, decision.limit) == (Decimal(found), Decimal(limit))
    assert decision.times[-1].stage == decision.stage


@pytest.mark.parametrize(
    "absent",
    [{"stop_loss": None}, {"take_profit": None}, {"stop_loss": None, "take_profit": None}],
    ids=["stop", "profit", "both"],
)
def test_an_absent_ratio_passes(absent: dict[str, Any]) -> None:
    assert decided({**absent, "min_risk_reward": 100}).is_accepted
    assert decided({**absent, "risk_reward": 1}).reason == RiskReason.LOW_RISK_REWARD


def test_a_stated_ratio_goes_before_that_of_the_prices() -> None:
    assert decided({"take_profit": 50001, "risk_reward": "1.5"}).is_accepted


# A change for each check that fails it and no other.
FAILING: dict[RiskStage, tuple[dict[str, Any], RiskReason]] = {
    RiskStage.TRADING_ENABLED: ({"trading_enabled": False}, RiskReason.TRADING_DISABLED),
    RiskStage.SIGNAL: ({"signal": "hold"}, RiskReason.HOLD_SIGNAL),
    RiskStage.CONFIDENCE: ({"confidence": 0}, RiskReason.LOW_CONFIDENCE),
    RiskStage.OPEN_POSITIONS: ({"open_positions": 11}, RiskReason.MAX_POSITIONS),
    RiskStage.RISK_REWARD: ({"risk_reward": 0}, RiskReason.LOW_RISK_REWARD),
    RiskStage.SIZE: ({"quantity": 0}, RiskReason.SIZE_TOO_SMALL),
    RiskStage.MARGIN: ({"margin_needed": 2001}, RiskReason.INSUFFICIENT_MARGIN),
    RiskStage.DAILY_LOSS: ({"daily_loss": 501}, RiskReason.DAILY_LOSS_LIMIT),
}


@pytest.mark.parametrize("stage", FAILING)
def test_each_check_refuses_by_itself(stage: RiskStage) -> None:
    changes, reason = FAILING[stage]
    decision = decided(changes)
    assert (decision.stage, decision.reason) == (stage, reason)
    assert [time.stage for time in decision.times] == list(RiskStage)[:stage]


@pytest.mark.parametrize(
    ("first", "second"),
    list(itertools.combinations(FAILING, 2)),
    ids=lambda stage: stage.name,
)
def test_of_two_failing_checks_the_earlier_one_refuses(first: RiskStage, second: RiskStage) -> None:
    decision = decided(FAILING[second][0] | FAILING[first][0])
    assert (decision.stage, decision.reason) == (first, FAILING[first][1])


def test_every_check_that_fails_at_once_is_told_one_after_the_other() -> None:
    changes = {name: value for failing, _ in FAILING.values() for name, value in failing.items()}
    without = set[RiskStage]()
    for stage in FAILING:
        if stage == RiskStage.SIZE:
            del changes["quantity"]  # it is no check that can be left out
            continue
        assert decided(changes | {"without": without}).stage == stage
        without.add(stage)
    assert decided(changes | {"without": without}).is_accepted


@pytest.mark.parametrize("stage", [RiskStage.SIZE, RiskStage.ORDER])
def test_what_is_no_check_cannot_be_left_out(stage: RiskStage) -> None:
    with pytest.raises(PolicyError, match=f"without was {stage.name}"):
        RiskLimits(daily_loss_limit=1, without={stage})


def test_limits_change_from_one_proposal_to_the_next() -> None:
    chain = RiskChain(RiskLimits(**LIMITS), clock=lambda: 0)
    proposal, account = Proposal(**PROPOSAL), RiskAccount(**ACCOUNT)
    assert chain.check(proposal, account).is_accepted
    chain.limits = dataclasses.replace(chain.limits, trading_enabled=False)
    assert chain.check(proposal, account).reason == RiskReason.TRADING_DISABLED


# The quantity.


def test_a_quantity_is_rounded_down_to_lots() -> None:
    assert decided(
        {"entry_price": 50001, "take_profit": 60000}, lot_size="0.001"
    ).quantity == Decimal("0.039")
    decision = decided({}, lot_size="0.05")
    assert (decision.stage, decision.reason) == (RiskStage.SIZE, RiskReason.SIZE_TOO_SMALL)
    assert decision.limit == Decimal("0.05")
    assert decision.found is not None
    assert 0 < decision.found < decision.limit
    assert decision.quantity is None


def test_a_stated_quantity_is_left_as_it_is() -> None:
    decision = decided({"quantity": "0.0377"}, lot_size="0.001")
    assert decision.quantity == Decimal("0.0377")
    assert decision.margin_needed == Decimal("1885")


def test_margin_is_by_leverage_and_compared_before_it_is_rounded() -> None:
    third = {"quantity": 1, "entry_price": 50000, "leverage": 3}
    shown = "16666.66666666666666666666667"
    decision = decided(third | {"free_margin": 20000})
    assert decision.margin_needed == Decimal(shown)
    assert decided(third | {"free_margin": shown}).is_accepted
    assert not decided(third | {"free_margin": "16666.6666666666666666666666666"}).is_accepted


def test_a_proposal_needs_a_quantity_or_sizing() -> None:
    with pytest.raises(PolicyError, match="quantity was not given"):
        decided({"sizing": None})
    assert decided({"sizing": None, "quantity": "0.01"}).is_accepted


# Time.


def ticking(*readings: int) -> Any:
    """Return a clock that shows these times, one after the other."""
    times: Iterator[int] = iter(readings)
    return lambda: next(times)


def test_each_stage_has_its_own_time() -> None:
    readings = [0, 1, 3, 6, 10, 15, 21, 28, 36, 45]
    times = decided({}, clock=ticking(*(1_500 * reading for reading in readings))).times
    assert [time.microseconds for time in times] == [1.5 * stage for stage in range(1, 10)]


def test_the_clock_is_read_once_between_stages() -> None:
    with pytest.raises(StopIteration):
        decided({}, clock=ticking(*range(9)))
    assert len(decided({}, clock=ticking(*range(10))).times) == 9


@pytest.mark.parametrize("stage", RiskStage)
def test_a_stage_that_would_start_past_the_deadline_refuses(stage: RiskStage) -> None:
    readings = [10] * (stage - 1) + [11] * 10
    late = decided({}, clock=ticking(*readings), deadline=10)
    assert (late.stage, late.reason) == (stage, RiskReason.DEADLINE)
    assert (late.found, late.limit) == (11, 10)
    assert [time.stage for time in late.times] == list(RiskStage)[: stage - 1]
    with pytest.raises(PolicyError, match="refused: DEADLINE"):
        late.order()
    assert decided({}, clock=ticking(*readings), deadline=11).is_accepted


def test_a_check_that_fails_before_the_deadline_keeps_its_reason() -> None:
    decision = decided({"confidence": 0}, clock=ticking(0, 0, 0, 99), deadline=10)
    assert decision.reason == RiskReason.LOW_CONFIDENCE
    decision = decided({"confidence": 0}, clock=ticking(0, 0, 99), deadline=10)
    assert (decision.stage, decision.reason) == (RiskStage.CONFIDENCE, RiskReason.DEADLINE)


# What comes of it.


def venue() -> Engine:
    engine = Engine()
    engine.add_instrument(Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001"))
    return engine


@pytest.mark.parametrize("side", Side)
def test_an_accepted_proposal_is_a_bracket_in_one_step(side: Side) -> None:
    engine = venue()
    changes = {
        "signal": side.name,
        "stop_loss": 50000 - 1000 * side,
        "take_profit": 50000 + 1500 * side,
    }
    decision = decided(changes, lot_size=engine.instrument("BTC-USD").lot_size)
    reports = engine.submit_bracket(**decision.bracket(), account=7)
    assert reports.entry is not None
    assert (reports.entry.side, reports.entry.price) == (side, 5_000_000)
    assert reports.entry.leaves_quantity == 40
    engine.submit("BTC-USD", side=Side(-side), price=50000, quantity="0.04", account=8)
    stop = engine.detail(reports.stop_loss.order_id)
    assert stop is not None
    assert stop.trigger_price == 5_000_000 - 100_000 * side
    best = engine.best_ask("BTC-USD") if side == Side.BUY else engine.best_bid("BTC-USD")
    assert best == 50000 + 1500 * side


def test_an_accepted_proposal_without_exits_is_an_order() -> None:
    decision = decided({"stop_loss": None})
    assert venue().submit(**decision.order()).leaves_quantity == 10
    with pytest.raises(PolicyError, match="stop_loss was not given"):
        decision.bracket()


@pytest.mark.parametrize("stage", FAILING)
def test_nothing_is_made_of_a_refused_proposal(stage: RiskStage) -> None:
    decision = decided(FAILING[stage][0])
    with pytest.raises(PolicyError, match=f"refused: {decision.reason.name}"):
        decision.order()
    with pytest.raises(PolicyError, match=f"refused: {decision.reason.name}"):
        decision.bracket()


# Misuse.

WRONG: list[tuple[dict[str, Any], type[EngineError], str]] = [
    ({"confidence": "1.01"}, PolicyError, "confidence was 1.01, must be from 0 to 1"),
    ({"confidence": 80}, PolicyError, "confidence was 80"),
    ({"confidence": float("nan")}, GridError, "confidence was nan"),
    ({"confidence": None}, GridError, "confidence was None"),
    ({"entry_price": None}, GridError, "entry_price was None"),
    ({"daily_loss_limit": None}, GridError, "daily_loss_limit was None"),
    ({"signal": "maybe"}, CommandError, "signal was 'maybe'"),
    ({"stop_loss": 50000}, PolicyError, "stop_loss was 50000, must be below the entry"),
    ({"take_profit": 49999}, PolicyError, "take_profit was 49999, must be above the entry"),
    ({"signal": Signal.SELL}, PolicyError, "stop_loss was 49000, must be above the entry"),
    ({"quantity": -1}, PolicyError, "quantity was -1, must be 0 or more"),
    ({"risk_reward": "-0.1"}, PolicyError, "risk_reward was -0.1"),
    ({"margin_needed": "lots"}, GridError, "margin_needed was 'lots'"),
    (
        {"entry_price": "1e200"},
        EngineError,
        "entry_price was 1E\\+200, with digits beyond 100 places",
    ),
    ({"free_margin": float("inf")}, GridError, "free_margin was inf"),
    ({"open_positions": -1}, PolicyError, "open_positions was -1, must be 0 or more"),
    ({"open_positions": 1.5}, PolicyError, "open_positions was 1.5, of float, not an int"),
    ({"leverage": 0}, PolicyError, "leverage was 0, must be above 0"),
    ({"max_positions": "10"}, PolicyError, "max_positions was '10', of str"),
    ({"daily_loss_limit": -1}, PolicyError, "daily_loss_limit was -1"),
    ({"strong_confidence": 7}, PolicyError, "strong_confidence was 7, must be from 0 to 1"),
    ({"without": {"WEATHER"}}, CommandError, "without was 'WEATHER'"),
]


@pytest.mark.parametrize(("changes", "error", "message"), WRONG)
def test_what_contradicts_itself_raises(
    changes: dict[str, Any], error: type[EngineError], message: str
) -> None:
    with pytest.raises(error, match=message):
        decided(changes)


def test_sizing_is_checked_as_a_whole() -> None:
    with pytest.raises(PolicyError, match="least was 6, above most, which was 5"):
        Sizing(risk_percent=1, default_quantity=1, least=6)
    with pytest.raises(PolicyError, match="cap was -1, must be 0 or more"):
        Sizing(risk_percent=1, default_quantity=1, cap=-1)


def test_a_clock_is_something_to_call() -> None:
    with pytest.raises(TypeError, match="clock was 7, of int, not callable"):
        RiskChain(RiskLimits(**LIMITS), clock=7)  # type: ignore[arg-type]


def test_the_callers_decimal_context_changes_nothing() -> None:
    with localcontext(Context(prec=3)):
        decision = decided({"entry_price": "50000.04", "take_profit": 60000, "free_margin": 2000})
    assert decision.quantity == Decimal("0.03999996800002559997952001638")
    assert decision.is_accepted
    with localcontext(Context(prec=3)):
        exact = {"quantity": 1, "entry_price": "50000.04", "take_profit": 60000}
        assert decided(exact | {"free_margin": "50000.03"}).stage == RiskStage.MARGIN
        assert decided(exact | {"free_margin": "50000.04"}).is_accepted


def test_what_a_signal_may_be_is_what_its_type_says() -> None:
    """A checker of types must take what the documentation shows."""
    assert get_type_hints(Proposal)["signal"] == Signal | str | int
    for given in (Signal.STRONG_BUY, "strong_buy", 2):
        proposal = Proposal(symbol="OIL", signal=given, confidence=1, entry_price=5)
        assert proposal.signal is Signal.STRONG_BUY
