"""Random calls of a rate limiter: the compiled one and the reference say the same, always."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import CountKind, EngineError, Liquidity, RateKind, RateLimiter, RateTier, reference
from engine.rate_tiers import COUNTS, FACTOR_MAX, LIMIT_MAX, MILLION, UNLIMITED, WINDOWS

SECOND: Final = 1_000_000_000
LAST: Final = 2**64 - 1
USERS: Final = 3

# Narrow domains, so that limits are met: and the ends of every range.
LIMITS = st.none() | st.integers(0, 4) | st.sampled_from([0, LIMIT_MAX])
PORTIONS = st.integers(1, 5) | st.sampled_from([1, LIMIT_MAX])
STEPS = st.sampled_from(
    [
        0,
        1,
        SECOND // 7,
        SECOND // 3 + 1,
        SECOND,
        9 * SECOND,
        10 * SECOND,
        60 * SECOND,
        86_400 * SECOND,
    ]
)
STARTS = st.sampled_from([0, 59 * SECOND, 1_700_000_000 * SECOND, LAST - 70 * SECOND, LAST])
FACTORS = st.sampled_from([0, 1, 333_333, 500_000, MILLION, 1_500_000, FACTOR_MAX]) | st.integers(
    0, FACTOR_MAX
)


@st.composite
def tier(draw: Any, name: str) -> RateTier:
    """A tier with some limits."""
    limits = {field: draw(LIMITS) for field, *_ in (*WINDOWS, *COUNTS)}
    if draw(st.booleans()):
        limits["burst"], limits["refill"] = draw(PORTIONS), draw(PORTIONS)
    limits["refill_seconds"] = draw(st.sampled_from([1, 2, 7, 60, 600]))
    limits["taker_credit"], limits["maker_credit"] = draw(st.integers(0, 2)), draw(PORTIONS)
    return RateTier(name, **limits)


@st.composite
def calls(draw: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """Calls by name, their times mostly going forward."""
    time, found = draw(STARTS), []
    user = st.integers(0, USERS - 1)
    kind, count = st.sampled_from(KINDS), st.sampled_from(CountKind)
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=60)):
        time = min(time + draw(STEPS), LAST)
        when = max(time - draw(STEPS), 0) if draw(st.integers(0, 9)) == 0 else time
        if name in ("take", "check", "peek", "used"):
            arguments = (draw(user), draw(kind), when)
        elif name == "credit_fill":
            last = draw(st.integers(1, 2))
            part = draw(st.sampled_from([Liquidity.MAKER, Liquidity.TAKER]))
            arguments = (draw(user), part, last, last + draw(st.integers(0, 1)), when)
        elif name in ("acquire", "release"):
            arguments = (draw(user), draw(count), draw(st.integers(1, 3)))
        elif name == "set_factor":
            arguments = (draw(FACTORS), draw(st.sampled_from([None, "a", "b"])))
        elif name == "set_tier":
            arguments = (draw(user), draw(st.sampled_from(["a", "b"])))
        else:
            arguments = (draw(st.integers(0, 2**32 - 1)),)
        found.append((name, arguments))
    return found


KINDS: Final = (*RateKind, RateKind.REST, RateKind.REST)
NAMES: Final = (
    *("take", "check", "check", "check", "check", "peek", "used", "credit_fill", "acquire"),
    *("release", "set_factor", "set_tier", "replace_tier"),
)


def other_numbers(tier: RateTier, seed: int) -> RateTier:
    """Return a tier of the same shape with other numbers, made from the digits of a seed."""
    changed: dict[str, int] = {"taker_credit": seed % 3, "maker_credit": seed % 7}
    for place, field in enumerate(sorted(tier.limited())):
        changed[field] = (seed >> place) % 5 + (field == "burst")
    if tier.refill is not None:
        changed["refill"] = seed % 9 + 1
    fields = {name: getattr(tier, name) for name in tier.__dataclass_fields__}
    return RateTier(**{**fields, **changed})


def result(limiter: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    """Return what a call comes to, an error as its text."""
    if name == "replace_tier":
        old = limiter.tiers[arguments[0] % 2]
        return limiter.replace_tier(other_numbers(old, arguments[0]))
    try:
        return getattr(limiter, name)(*arguments)
    except EngineError as error:
        return str(error)


def state(limiter: Any) -> list[Any]:
    """Return all that questions tell."""
    found: list[Any] = [limiter.time, limiter.tiers]
    for user in range(USERS):
        found.append(limiter.tier(user).name)
        found += [limiter.peek(user, kind, 0) for kind in RateKind]
        found += [limiter.used(user, kind, 0) for kind in RateKind]
        found += [(limiter.held(user, kind), limiter.room(user, kind)) for kind in CountKind]
    return found


@settings(max_examples=400, deadline=None)
@given(tier("a"), tier("b"), calls())
def test_core_and_reference_say_the_same(
    one: RateTier, other: RateTier, stream: list[tuple[str, tuple[Any, ...]]]
) -> None:
    limiters = RateLimiter((one, other)), reference.RateLimiter((one, other))
    for limiter in limiters:
        limiter.add_users(USERS, "b")
    for name, arguments in stream:
        found, expected = (result(limiter, name, arguments) for limiter in limiters)
        assert found == expected, (name, arguments)
    assert state(limiters[0]) == state(limiters[1])


@settings(max_examples=150, deadline=None)
@given(tier("a"), st.lists(st.tuples(st.sampled_from(RateKind), STEPS), max_size=40), STARTS)
@pytest.mark.parametrize("make", [RateLimiter, reference.RateLimiter], ids=["core", "reference"])
def test_what_is_told_is_what_happens(
    make: Any, one: RateTier, stream: list[tuple[RateKind, int]], time: int
) -> None:
    """What remains can be taken, no more, and after the wait there is room and before it none."""
    limiter = make(one)
    limiter.add_users()
    for kind, step in stream:
        time = min(time + step, LAST)
        before = limiter.peek(0, kind, time)
        answer = limiter.check(0, kind, time)
        assert answer.allowed == before.allowed == (before.remaining > 0)
        taken = answer.allowed and before.remaining < UNLIMITED
        assert answer.remaining == before.remaining - taken
        assert answer.reset_time >= time
        if answer.allowed:
            assert answer.retry_after == 0
        elif answer.retry_after != LAST:
            assert limiter.peek(0, kind, time + answer.retry_after).allowed
            assert not limiter.peek(0, kind, time + answer.retry_after - 1).allowed
