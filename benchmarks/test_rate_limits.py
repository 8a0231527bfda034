"""Rate limits: what a check costs, of warm users and of a million, in batches and call by call."""

from __future__ import annotations

import time
from time import process_time_ns
from typing import Any, Final

import numpy as np
import pytest
from results import Results
from scale import Scale
from targets import RATE_NS, RATE_USER_BYTES, hold

from engine import RATE_ANSWER_DTYPE, RateKind, RateLimiter, RateTier
from engine.budgets import at_most
from engine.measurement import no_collection
from engine.rate_tiers import GODARK

TITLE = "a rate limit, ns a call"
DAY: Final = 86_400_000_000_000
TIER: Final = GODARK["MARKET_MAKER"]
# By kind, how many calls of one moment are allowed: REST has a window and a bucket.
ALLOWED: Final = {
    RateKind.ORDER: TIER.orders_per_minute,
    RateKind.CANCEL: TIER.cancels_per_minute,
    RateKind.REST: TIER.burst,
    RateKind.WS_MESSAGE: TIER.messages_per_second,
}
USERS: Final = {"warm": 1_000, "all": 1_000_000}


def bytes_of(limiter: RateLimiter) -> float:
    """Return what a user takes of memory, room that is reserved included."""
    return limiter.memory_bytes / len(limiter)


@pytest.mark.benchmark(group="rate limits", timer=time.process_time)
@pytest.mark.parametrize("who", list(USERS))
@pytest.mark.parametrize("kind", list(ALLOWED), ids=lambda kind: kind.name)
def test_a_batch_allows_what_the_tier_does(
    kind: RateKind, who: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    limiter = RateLimiter(GODARK.values())
    limiter.add_users(USERS[who], TIER.name)
    draw = np.random.default_rng(41)
    users = draw.integers(0, USERS[who], scale.commands).astype(np.uint32)
    kinds = np.full(scale.commands, kind, np.uint8)
    most = ALLOWED[kind]
    assert most is not None
    wanted = int(np.minimum(np.bincount(users), most).sum())
    found: dict[str, list[float]] = {"take_batch": [], "check_batch": []}
    days = iter(range(1, 10_000))

    def run() -> None:
        for name, taken in found.items():
            times = np.full(scale.commands, next(days) * DAY, np.uint64)
            with no_collection():
                before = process_time_ns()
                answers = getattr(limiter, name)(users, kinds, times)
                taken.append((process_time_ns() - before) / scale.commands)
            is_whole = answers.dtype == RATE_ANSWER_DTYPE
            assert (answers["allowed"] if is_whole else answers).sum() == wanted

    benchmark.pedantic(run, rounds=scale.rounds * scale.passes)
    target = RATE_NS if who == "warm" else None
    cells: dict[str, Any] = {
        "kind": kind.name,
        "users": USERS[who],
        "take_batch": min(found["take_batch"]),
        "check_batch": min(found["check_batch"]),
        "target": target,
        "bytes a user": bytes_of(limiter),
    }
    benchmark.extra_info |= cells
    results.put(TITLE, (kind.name, who), cells)
    hold(scale, at_most(f"bytes a user of {who}", bytes_of(limiter), RATE_USER_BYTES))
    if target is not None:
        hold(scale, at_most(f"take_batch of {kind.name}, ns", cells["take_batch"], target))


@pytest.mark.benchmark(group="rate limits", timer=time.process_time)
@pytest.mark.parametrize("name", ["take", "check", "peek"])
def test_a_call_is_allowed(name: str, scale: Scale, results: Results, benchmark: Any) -> None:
    rounds = scale.call_rounds
    limiter = RateLimiter(RateTier("all", orders_per_minute=scale.calls * (rounds + 1)))
    limiter.add_users()
    call, moment = getattr(limiter, name), DAY

    def loop() -> int:
        with no_collection():
            before = process_time_ns()
            for _ in range(scale.calls):
                call(0, 0, moment)
            return process_time_ns() - before

    ns = min(loop() for _ in range(rounds)) / scale.calls
    used = 0 if name == "peek" else scale.calls * rounds
    assert limiter.used(0, RateKind.ORDER, moment) == used
    answer = benchmark.pedantic(call, args=(0, RateKind.ORDER, moment), rounds=1)
    assert answer if name == "take" else answer.allowed
    benchmark.extra_info |= {"ns": ns}
    results.put(TITLE, "calls", {"kind": "ORDER", "users": 1, name: ns})
