"""Rate limits: each rule and its bounds, on the compiled limiter and on the reference."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import (
    RATE_ANSWER_DTYPE,
    CommandError,
    CountKind,
    EngineBusyError,
    EngineError,
    Liquidity,
    RateAnswer,
    RateKind,
    RateLimiter,
    RateTier,
    TierError,
    reference,
)
from engine.rate_tiers import (
    BINANCE_SPOT,
    BOT_CORE,
    COUNTS,
    FACTOR_MAX,
    FOREVER,
    GODARK,
    LIMIT_MAX,
    MILLION,
    UNLIMITED,
    WINDOWS,
    endpoint_tiers,
)

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
LIMITERS = {"core": RateLimiter, "reference": reference.RateLimiter}
Make = Callable[..., Any]


@pytest.fixture(params=LIMITERS)
def make(request: pytest.FixtureRequest) -> Make:
    """Makes limiters of one implementation, with one user each."""

    def limiter(*tiers: RateTier, **limits: int) -> Any:
        found = LIMITERS[request.param](tiers or [RateTier("only", **limits)])
        assert found.add_users() == 0
        return found

    return limiter


def taken(limiter: Any, kind: RateKind, time: int, most: int = 10_000) -> int:
    """Take until it is refused; return how often it was allowed."""
    for count in range(most):
        if not limiter.take(0, kind, time):
            return count
    return most


# Windows.


@pytest.mark.parametrize(("field", "kind", "period"), WINDOWS)
def test_a_window_allows_its_limit_and_begins_at_multiples_of_its_length(
    make: Make, field: str, kind: RateKind, period: int
) -> None:
    limiter = make(**{field: 3})
    start = 7 * period
    assert taken(limiter, kind, start + period - 1) == 3
    refused = limiter.check(0, kind, start + period - 1)
    assert refused == RateAnswer(False, 0, 1, start + period)
    assert taken(limiter, kind, start + period) == 3
    assert limiter.used(0, kind, start + period) == 3
    assert limiter.used(0, kind, start + 2 * period) == 0


def test_what_is_used_is_told_with_what_remains(make: Make) -> None:
    limiter = make(cancels_per_minute=2)
    asked = [limiter.check(0, RateKind.CANCEL, time) for time in (5, 6, 7)]
    assert asked == [
        RateAnswer(True, 1, 0, MINUTE),
        RateAnswer(True, 0, 0, MINUTE),
        RateAnswer(False, 0, MINUTE - 7, MINUTE),
    ]


def test_kinds_and_users_are_counted_apart(make: Make) -> None:
    limiter = make(orders_per_minute=1, cancels_per_minute=1)
    assert limiter.add_users(2) == 1
    for user in range(3):
        assert limiter.take(user, RateKind.ORDER, 0)
        assert limiter.take(user, RateKind.CANCEL, 0)
        assert not limiter.take(user, RateKind.ORDER, 0)
    assert len(limiter) == 3


def test_what_is_not_limited_is_not_counted(make: Make) -> None:
    limiter = make(orders_per_minute=1)
    assert limiter.check(0, RateKind.TRADE, 9) == RateAnswer(True, UNLIMITED, 0, 9)
    assert limiter.used(0, RateKind.TRADE, 9) == 0


def test_a_limit_of_nothing_lets_nothing_through(make: Make) -> None:
    limiter = make(orders_per_minute=0)
    refused = limiter.check(0, RateKind.ORDER, 9)
    assert refused == RateAnswer(False, 0, FOREVER, MINUTE)


# Time.


def test_an_earlier_time_counts_as_the_latest_seen(make: Make) -> None:
    limiter = make(orders_per_minute=1)
    limiter.add_users()
    assert limiter.take(0, RateKind.ORDER, MINUTE)
    assert not limiter.take(0, RateKind.ORDER, MINUTE - 1)
    assert limiter.check(1, RateKind.ORDER, 0).reset_time == 2 * MINUTE
    assert limiter.time == MINUTE


def test_a_question_moves_no_time_and_takes_nothing(make: Make) -> None:
    limiter = make(orders_per_minute=1)
    assert limiter.peek(0, RateKind.ORDER, 5 * MINUTE) == RateAnswer(True, 1, 0, 6 * MINUTE)
    assert limiter.used(0, RateKind.ORDER, 5 * MINUTE) == 0
    assert limiter.time == 0
    assert limiter.take(0, RateKind.ORDER, 0)
    assert limiter.peek(0, RateKind.ORDER, 1) == RateAnswer(False, 0, MINUTE - 1, MINUTE)
    assert limiter.peek(0, RateKind.ORDER, 1) == limiter.peek(0, RateKind.ORDER, 0)._replace(
        retry_after=MINUTE - 1
    )


@pytest.mark.parametrize(("field", "kind", "period"), WINDOWS)
def test_a_window_that_ends_beyond_64_bits_never_ends(
    make: Make, field: str, kind: RateKind, period: int
) -> None:
    limiter = make(**{field: 1})
    last = FOREVER // period * period
    assert limiter.check(0, kind, last - 1) == RateAnswer(True, 0, 0, last)
    assert limiter.check(0, kind, FOREVER).allowed
    refused = limiter.check(0, kind, FOREVER)
    assert refused == RateAnswer(False, 0, FOREVER, FOREVER)


def test_a_bucket_is_exact_up_to_the_end_of_64_bits(make: Make) -> None:
    limiter = make(burst=LIMIT_MAX, refill=LIMIT_MAX, refill_seconds=600)
    full = 600 * SECOND
    assert limiter.peek(0, RateKind.REST, 0).remaining == LIMIT_MAX
    assert limiter.check(0, RateKind.REST, 0) == RateAnswer(
        True, LIMIT_MAX - 1, 0, full // LIMIT_MAX
    )
    assert limiter.check(0, RateKind.REST, FOREVER).remaining == LIMIT_MAX - 1
    assert limiter.peek(0, RateKind.REST, 0).reset_time == FOREVER


# Buckets.


def test_a_bucket_allows_its_burst_and_then_its_refill(make: Make) -> None:
    limiter = make(burst=10, refill=2)
    assert taken(limiter, RateKind.REST, 0) == 10
    assert limiter.check(0, RateKind.REST, 0) == RateAnswer(False, 0, SECOND // 2, 5 * SECOND)
    assert not limiter.take(0, RateKind.REST, SECOND // 2 - 1)
    assert limiter.take(0, RateKind.REST, SECOND // 2)
    assert taken(limiter, RateKind.REST, 3 * SECOND) == 5
    assert taken(limiter, RateKind.REST, 100 * SECOND) == 10


def test_a_refill_that_divides_no_second_drifts_by_nothing(make: Make) -> None:
    """Seven a second for a thousand seconds, each asked for in the nanosecond in which it comes."""
    limiter = make(burst=2, refill=7)
    assert taken(limiter, RateKind.REST, 0) == 2
    for number in range(1, 7_001):
        due = -(-number * SECOND // 7)
        assert not limiter.take(0, RateKind.REST, due - 1)
        assert limiter.take(0, RateKind.REST, due)
    assert limiter.time == 1_000 * SECOND


def test_asking_often_gives_no_more_than_asking_once(make: Make) -> None:
    often, once = make(burst=5, refill=3), make(burst=5, refill=3)
    for limiter in (often, once):
        assert taken(limiter, RateKind.REST, 0) == 5
    for time in range(0, SECOND, 7_919_777):
        often.take(0, RateKind.REST, time) or often.peek(0, RateKind.REST, time)
    assert once.peek(0, RateKind.REST, SECOND).remaining == 3
    left = often.peek(0, RateKind.REST, SECOND).remaining
    assert taken(often, RateKind.REST, SECOND) == left <= 1


# Several limits together.


def test_all_limits_must_pass_and_a_refusal_takes_nothing(make: Make) -> None:
    limiter = make(requests_per_minute=3, burst=2, refill=1)
    assert taken(limiter, RateKind.REST, 0) == 2
    assert limiter.used(0, RateKind.REST, 0) == 2
    # The window has room and the bucket has none: neither is touched, however often it is tried.
    for time in range(50):
        assert not limiter.take(0, RateKind.REST, time)
    assert limiter.used(0, RateKind.REST, 50) == 2
    assert limiter.take(0, RateKind.REST, SECOND)
    # Now the window has none and the bucket, later on, has.
    for _ in range(50):
        assert not limiter.take(0, RateKind.REST, 10 * SECOND)
    assert limiter.peek(0, RateKind.REST, MINUTE).remaining == 2


def test_the_answer_to_a_refusal_is_the_longest_wait(make: Make) -> None:
    limiter = make(orders_per_ten_seconds=1, orders_per_minute=2, orders_per_day=3)
    waits = []
    for _ in range(4):
        time = limiter.time
        assert limiter.take(0, RateKind.ORDER, time) or waits[-1] == FOREVER
        refused = limiter.check(0, RateKind.ORDER, time)
        assert not refused.allowed
        assert refused.reset_time == DAY * (1 + time // DAY)
        waits.append(refused.retry_after)
        limiter.take(0, RateKind.CANCEL, time + refused.retry_after)
    assert waits == [10 * SECOND, 50 * SECOND, DAY - MINUTE, 10 * SECOND]


def test_a_call_after_the_wait_is_allowed_and_none_before(make: Make) -> None:
    limiter = make(requests_per_minute=7, burst=3, refill=2, refill_seconds=9)
    time = 0
    for _ in range(60):
        answer = limiter.check(0, RateKind.REST, time)
        if not answer.allowed:
            assert not limiter.peek(0, RateKind.REST, time + answer.retry_after - 1).allowed
            assert limiter.peek(0, RateKind.REST, time + answer.retry_after).allowed
            time += answer.retry_after
    assert time > MINUTE


# Plain counts.


@pytest.mark.parametrize(("field", "kind"), COUNTS)
def test_a_count_is_taken_and_given_back(make: Make, field: str, kind: CountKind) -> None:
    limiter = make(**{field: 3})
    assert limiter.acquire(0, kind, 2)
    assert not limiter.acquire(0, kind, 2)
    assert limiter.held(0, kind) == 2
    assert limiter.room(0, kind) == 1
    assert limiter.acquire(0, kind)
    assert not limiter.acquire(0, kind)
    limiter.release(0, kind, 3)
    assert limiter.held(0, kind) == 0
    with pytest.raises(EngineError, match=f"count was 1, user 0 holds 0 of {kind.name}"):
        limiter.release(0, kind)


def test_counts_do_not_touch_each_other(make: Make) -> None:
    limiter = make(connections=5, subscriptions=6, open_orders=7, open_positions=8)
    for kind in CountKind:
        assert limiter.acquire(0, kind, kind + 1)
    assert [limiter.held(0, kind) for kind in CountKind] == [1, 2, 3, 4]
    assert [limiter.room(0, kind) for kind in CountKind] == [4, 4, 4, 4]
    assert limiter.tier(0).name == "only"


def test_a_count_that_no_tier_limits_is_not_kept(make: Make) -> None:
    limiter = make(connections=5)
    assert limiter.acquire(0, CountKind.OPEN_ORDER, UNLIMITED)
    assert limiter.held(0, CountKind.OPEN_ORDER) == 0
    assert limiter.room(0, CountKind.OPEN_ORDER) == UNLIMITED
    limiter.release(0, CountKind.OPEN_ORDER)


def test_a_count_that_another_tier_limits_is_kept(make: Make) -> None:
    limiter = make(RateTier("free"), RateTier("bound", open_orders=3))
    assert limiter.acquire(0, CountKind.OPEN_ORDER, 5)
    assert limiter.room(0, CountKind.OPEN_ORDER) == UNLIMITED - 5
    limiter.set_tier(0, "bound")
    assert limiter.held(0, CountKind.OPEN_ORDER) == 5
    assert limiter.room(0, CountKind.OPEN_ORDER) == 0
    limiter.release(0, CountKind.OPEN_ORDER, 3)
    assert limiter.acquire(0, CountKind.OPEN_ORDER)


# Fills.


def test_the_first_fill_of_an_order_gives_orders_back(make: Make) -> None:
    limiter = make(RateTier("unfilled", orders_per_day=9, taker_credit=1, maker_credit=5))
    assert taken(limiter, RateKind.ORDER, 0) == 9
    limiter.credit_fill(0, Liquidity.TAKER, 2, 2, 0)
    assert limiter.used(0, RateKind.ORDER, 0) == 8
    limiter.credit_fill(0, Liquidity.MAKER, 2, 4, 0)
    assert limiter.used(0, RateKind.ORDER, 0) == 8
    limiter.credit_fill(0, Liquidity.MAKER, 7, 7, 0)
    assert limiter.used(0, RateKind.ORDER, 0) == 3
    limiter.credit_fill(0, Liquidity.MAKER, 7, 7, 0)
    assert limiter.used(0, RateKind.ORDER, 0) == 0
    assert taken(limiter, RateKind.ORDER, 0) == 9


def test_a_credit_is_of_the_windows_that_it_is_now(make: Make) -> None:
    limiter = make(RateTier("unfilled", orders_per_ten_seconds=9, orders_per_day=9, taker_credit=1))
    assert taken(limiter, RateKind.ORDER, 0) == 9
    limiter.credit_fill(0, Liquidity.TAKER, 1, 1, 10 * SECOND)
    assert limiter.used(0, RateKind.ORDER, 10 * SECOND) == 8
    assert taken(limiter, RateKind.ORDER, 10 * SECOND) == 1
    limiter.credit_fill(0, Liquidity.TAKER, 1, 1, DAY)
    assert limiter.used(0, RateKind.ORDER, DAY) == 0


def test_without_a_credit_a_fill_changes_nothing(make: Make) -> None:
    limiter = make(orders_per_minute=2)
    assert taken(limiter, RateKind.ORDER, 0) == 2
    limiter.credit_fill(0, Liquidity.MAKER, 1, 1, 0)
    assert limiter.used(0, RateKind.ORDER, 0) == 2


# An operator's factor.


@pytest.mark.parametrize(
    ("factor", "orders", "requests"),
    [
        (MILLION, 7, 10),
        (MILLION // 2, 3, 5),
        (2 * MILLION, 14, 20),
        (FACTOR_MAX, 70, 100),
        (700_000, 4, 7),
        (1, 0, 0),
        (0, 0, 0),
    ],
)
def test_a_factor_multiplies_and_rounds_down(
    make: Make, factor: int, orders: int, requests: int
) -> None:
    limiter = make(orders_per_minute=7, open_orders=7, burst=10, refill=10)
    limiter.set_factor(factor)
    assert taken(limiter, RateKind.ORDER, 0) == orders
    assert limiter.room(0, CountKind.OPEN_ORDER) == orders
    assert taken(limiter, RateKind.REST, 0) == requests
    assert taken(limiter, RateKind.REST, SECOND) == requests
    if requests == 0:
        assert limiter.peek(0, RateKind.REST, 0).retry_after == FOREVER
        assert limiter.peek(0, RateKind.ORDER, 0).retry_after == FOREVER


def test_a_factor_is_of_the_limits_as_given_and_from_the_next_call_on(make: Make) -> None:
    limiter = make(orders_per_minute=10, burst=10, refill=10)
    for _ in range(4):
        assert limiter.take(0, RateKind.ORDER, 0)
        assert limiter.take(0, RateKind.REST, 0)
    limiter.set_factor(300_000)
    assert not limiter.take(0, RateKind.ORDER, 0)
    assert taken(limiter, RateKind.REST, 0) == 1  # 6 of 10 are left, and one costs 3 1/3
    limiter.set_factor(500_000)
    assert taken(limiter, RateKind.ORDER, 0) == 1
    limiter.set_factor(MILLION)
    assert taken(limiter, RateKind.ORDER, 0) == 5


def test_a_bucket_refills_by_its_factor(make: Make) -> None:
    limiter = make(burst=4, refill=4)
    limiter.set_factor(MILLION // 4)
    assert taken(limiter, RateKind.REST, 0) == 1
    assert limiter.check(0, RateKind.REST, 0).retry_after == SECOND
    assert taken(limiter, RateKind.REST, SECOND) == 1


def test_a_factor_may_be_of_one_tier(make: Make) -> None:
    limiter = make(RateTier("a", orders_per_minute=4), RateTier("b", orders_per_minute=4))
    limiter.add_users(1, "b")
    limiter.set_factor(MILLION // 2, "b")
    assert limiter.peek(0, RateKind.ORDER, 0).remaining == 4
    assert limiter.peek(1, RateKind.ORDER, 0).remaining == 2


def test_what_is_held_beyond_a_smaller_limit_stays_held(make: Make) -> None:
    limiter = make(connections=4)
    assert limiter.acquire(0, CountKind.CONNECTION, 4)
    limiter.set_factor(MILLION // 2)
    assert limiter.held(0, CountKind.CONNECTION) == 4
    assert limiter.room(0, CountKind.CONNECTION) == 0
    limiter.release(0, CountKind.CONNECTION, 2)
    assert not limiter.acquire(0, CountKind.CONNECTION)
    limiter.release(0, CountKind.CONNECTION)
    assert limiter.acquire(0, CountKind.CONNECTION)


# Tiers.


def test_another_tier_remembers_what_was_taken_as_far_as_it_limits_it(make: Make) -> None:
    limiter = make(*GODARK.values(), RateTier("ROOT"))
    assert taken(limiter, RateKind.ORDER, 0) == 30
    assert taken(limiter, RateKind.REST, 0) == 10
    limiter.set_tier(0, "BASIC")
    assert limiter.tier(0) == GODARK["BASIC"]
    assert limiter.peek(0, RateKind.ORDER, 0).remaining == 120
    assert limiter.peek(0, RateKind.REST, 0).remaining == 40
    limiter.set_tier(0, "ROOT")
    assert limiter.peek(0, RateKind.ORDER, 0).remaining == UNLIMITED
    limiter.set_tier(0, "FREE")
    assert limiter.peek(0, RateKind.ORDER, 0).remaining == 30
    assert limiter.peek(0, RateKind.REST, 0).remaining == 10


def test_a_smaller_tier_asks_for_no_more_than_its_bucket(make: Make) -> None:
    limiter = make(RateTier("large", burst=100, refill=1), RateTier("small", burst=5, refill=1))
    assert taken(limiter, RateKind.REST, 0) == 100
    limiter.set_tier(0, "small")
    assert limiter.check(0, RateKind.REST, 0) == RateAnswer(False, 0, SECOND, 5 * SECOND)
    limiter.set_tier(0, "large")
    assert limiter.peek(0, RateKind.REST, 0).remaining == 95


def test_a_bucket_that_fills_over_another_time_owes_as_many_requests(make: Make) -> None:
    slow = RateTier("slow", burst=LIMIT_MAX, refill=7, refill_seconds=600)
    quick = RateTier("quick", burst=LIMIT_MAX, refill=7, refill_seconds=7)
    limiter = make(slow, quick)
    for _ in range(3):
        assert limiter.take(0, RateKind.REST, 1)
    for name in ("quick", "slow", "quick"):
        limiter.set_tier(0, name)
        assert limiter.peek(0, RateKind.REST, 1).remaining == LIMIT_MAX - 3
    assert limiter.peek(0, RateKind.REST, 1).reset_time == 1 + 3 * SECOND


def test_a_tier_is_given_other_numbers(make: Make) -> None:
    limiter = make(RateTier("only", orders_per_minute=5, burst=9, refill=1))
    assert taken(limiter, RateKind.ORDER, 0) == 5
    assert taken(limiter, RateKind.REST, 0) == 9
    limiter.set_factor(2 * MILLION)
    changed = RateTier("only", orders_per_minute=6, burst=3, refill=3)
    limiter.replace_tier(changed)
    assert limiter.tiers == (changed,)
    assert taken(limiter, RateKind.ORDER, 0) == 7
    assert limiter.check(0, RateKind.REST, 0).reset_time == SECOND
    assert taken(limiter, RateKind.REST, SECOND) == 6


@pytest.mark.parametrize(
    ("tier", "message"),
    [
        (RateTier("only", orders_per_minute=5), "burst cannot begin or cease to be limited"),
        (
            RateTier("only", orders_per_day=1, orders_per_minute=5, burst=9, refill=1),
            "orders_per_day cannot begin",
        ),
        (
            RateTier("only", orders_per_minute=5, burst=9, refill=1, refill_seconds=2),
            "refill_seconds was 2, must stay 1",
        ),
        (RateTier("other"), "tier was 'other', not one of 'only'"),
    ],
)
def test_a_tier_of_another_shape_is_refused(make: Make, tier: RateTier, message: str) -> None:
    limiter = make(RateTier("only", orders_per_minute=5, burst=9, refill=1))
    with pytest.raises(TierError, match=message):
        limiter.replace_tier(tier)


# What nobody should hand it.


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.take(1, 0, 0), EngineError, "user was 1, of 1 users"),
        (lambda x: x.take(-1, 0, 0), OverflowError, "user was -1, outside 0 to"),
        (lambda x: x.take(2**40, 0, 0), OverflowError, "user was 1099511627776, outside"),
        (lambda x: x.take(0, 5, 0), OverflowError, "kind was 5, outside 0 to 4"),
        (lambda x: x.take(0, "order", 0), TypeError, "kind was 'order', of str"),
        (lambda x: x.take(0, 0, -1), OverflowError, "timestamp was -1, outside"),
        (lambda x: x.check(0, 0, 2**64), OverflowError, "timestamp was 18446744073709551616"),
        (lambda x: x.peek(0, 0, 0.5), TypeError, "timestamp was 0.5, of float"),
        (lambda x: x.used(0, -1, 0), OverflowError, "kind was -1, outside 0 to 4"),
        (lambda x: x.acquire(0, 4), OverflowError, "kind was 4, outside 0 to 3"),
        (lambda x: x.acquire(0, 0, 0), OverflowError, "count was 0, outside 1 to"),
        (lambda x: x.release(0, 0, 2**32), OverflowError, "count was 4294967296, outside 1 to"),
        (lambda x: x.held(0, 9), OverflowError, "kind was 9"),
        (lambda x: x.room(3, 0), EngineError, "user was 3, of 1 users"),
        (lambda x: x.set_factor(FACTOR_MAX + 1), OverflowError, "factor was 10000001"),
        (lambda x: x.set_factor(-1), OverflowError, "factor was -1"),
        (lambda x: x.set_factor(1, "gold"), TierError, "tier was 'gold', not one of 'only'"),
        (lambda x: x.set_tier(0, "gold"), TierError, "tier was 'gold', not one of 'only'"),
        (lambda x: x.set_tier(9, "only"), EngineError, "user was 9, of 1 users"),
        (lambda x: x.add_users(-1), OverflowError, "count was -1, outside 0 to"),
        (lambda x: x.add_users(2**28), OverflowError, "count was 268435456, outside"),
        (lambda x: x.credit_fill(0, 0, 1, 1, 0), OverflowError, "liquidity was 0, outside 1 to 2"),
        (lambda x: x.credit_fill(0, 1, 0, 1, 0), OverflowError, "last_quantity was 0"),
        (lambda x: x.credit_fill(0, 1, 5, 4, 0), OverflowError, "filled_quantity was 4, outside 5"),
        (lambda x: x.replace_tier("only"), TypeError, "a tier was 'only', of str"),
    ],
)
def test_misuse_raises_and_changes_nothing(
    make: Make, call: Callable[[Any], object], error: type[Exception], message: str
) -> None:
    limiter = make(orders_per_minute=1, connections=1)
    with pytest.raises(error, match=message):
        call(limiter)
    assert limiter.time == 0
    assert limiter.peek(0, RateKind.ORDER, 0).remaining == 1
    assert limiter.room(0, CountKind.CONNECTION) == 1
    assert len(limiter) == 1


@pytest.mark.parametrize(
    ("tiers", "error", "message"),
    [
        ([], TierError, "tiers were 0, must be 1 to 256"),
        ([RateTier(str(n)) for n in range(257)], TierError, "tiers were 257"),
        ([RateTier("a"), RateTier("b"), RateTier("a")], TierError, "tier 'a' was given twice"),
        (["FREE"], TypeError, "a tier was 'FREE', of str, not a RateTier"),
    ],
)
@pytest.mark.parametrize("limiter", LIMITERS.values(), ids=LIMITERS)
def test_a_table_that_is_none_is_refused(
    limiter: Make, tiers: list[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        limiter(tiers)


def test_a_tier_says_everything_that_is_wrong() -> None:
    limits = {field: -1 for field, *_ in (*WINDOWS, *COUNTS)}
    with pytest.raises(TierError) as raised:
        RateTier(" x", **limits, burst=0, refill_seconds=601, taker_credit=True, maker_credit=0.5)
    text = str(raised.value)
    for field in limits:
        assert f"{field} was -1, must be an int from 0 to {LIMIT_MAX}" in text
    for problem in (
        "name was ' x'",
        f"burst was 0, must be an int from 1 to {LIMIT_MAX}",
        "burst was 0, without refill",
        "refill_seconds was 601, must be an int from 1 to 600",
        "taker_credit was True",
        "maker_credit was 0.5",
    ):
        assert problem in text
    assert text.count(";") == len(limits) + 5


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([0], np.zeros(1, np.uint8), np.zeros(1, np.uint64)), "users was of list"),
        (
            (np.zeros(1, np.int32), np.zeros(1, np.uint8), np.zeros(1, np.uint64)),
            "users.dtype was int32, not uint32",
        ),
        (
            (np.zeros(1, np.uint32), np.zeros(2, np.uint8), np.zeros(1, np.uint64)),
            "kinds were 2, must be 1",
        ),
        (
            (np.zeros(2, np.uint32), np.zeros(2, np.uint8), np.zeros(4, np.uint64)[::2]),
            "timestamps was not one-dimensional, contiguous",
        ),
    ],
)
def test_columns_that_cannot_be_read_are_refused(columns: tuple[Any, ...], message: str) -> None:
    limiter = RateLimiter(RateTier("only", orders_per_minute=1))
    limiter.add_users()
    for call in (limiter.take_batch, limiter.check_batch):
        with pytest.raises(CommandError, match=message):
            call(*columns)


def test_a_batch_is_looked_at_before_the_first_call(make: Make) -> None:
    limiter = make(orders_per_minute=2)
    times = np.zeros(2, np.uint64)
    for call in (limiter.take_batch, limiter.check_batch):
        with pytest.raises(EngineError, match="user was 1, of 1 users"):
            call(np.array([0, 1], np.uint32), np.zeros(2, np.uint8), times)
        with pytest.raises(OverflowError, match="kind was 5, outside 0 to 4"):
            call(np.zeros(2, np.uint32), np.array([0, 5], np.uint8), times)
    assert limiter.used(0, RateKind.ORDER, 0) == 0


def test_a_batch_says_what_single_calls_say(make: Make) -> None:
    one, many, bare = (make(*GODARK.values()) for _ in range(3))
    for limiter in (one, many, bare):
        limiter.add_users(4, "BASIC")
    draw = np.random.default_rng(5)
    users = draw.integers(0, 5, 500).astype(np.uint32)
    kinds = draw.integers(0, 5, 500).astype(np.uint8)
    times = draw.integers(0, 3 * SECOND, 500).astype(np.uint64)
    found = many.check_batch(users, kinds, times)
    assert found.dtype == RATE_ANSWER_DTYPE
    allowed = bare.take_batch(users, kinds, times)
    assert allowed.dtype == np.bool_
    rows = zip(users.tolist(), kinds.tolist(), times.tolist(), strict=True)
    expected = [one.check(*row) for row in rows]
    names = list(RateAnswer._fields)
    assert [tuple(row) for row in found[names].tolist()] == expected
    assert allowed.tolist() == [answer.allowed for answer in expected]
    assert not allowed.all()
    empty = np.zeros(0, np.uint32), np.zeros(0, np.uint8), np.zeros(0, np.uint64)
    assert len(many.check_batch(*empty)) == len(bare.take_batch(*empty)) == 0


# The tiers of known systems.


def test_godark_is_as_written() -> None:
    table = {
        name: (
            *(tier.requests_per_minute, tier.refill, tier.burst),
            *(tier.messages_per_second, tier.connections, tier.subscriptions),
            *(tier.orders_per_minute, tier.cancels_per_minute, tier.open_orders),
        )
        for name, tier in GODARK.items()
    }
    assert table == {
        "FREE": (60, 2, 10, 10, 2, 10, 30, 60, 20),
        "BASIC": (300, 10, 50, 50, 5, 50, 150, 300, 100),
        "PRO": (1_200, 40, 200, 200, 10, 200, 600, 1_200, 500),
        "MARKET_MAKER": (6_000, 200, 500, 1_000, 20, 1_000, 3_000, 6_000, 5_000),
    }
    assert all(tier.refill_seconds == 1 for tier in GODARK.values())


def test_bot_core_is_as_written(make: Make) -> None:
    limiter = make(BOT_CORE)
    assert taken(limiter, RateKind.REST, 0) == 20
    assert sum(taken(limiter, RateKind.REST, second * SECOND) for second in range(1, 60)) == 80
    assert taken(limiter, RateKind.TRADE, 0) == 10
    assert taken(limiter, RateKind.WS_MESSAGE, MINUTE) == 100
    assert limiter.room(0, CountKind.OPEN_POSITION) == 10


def test_an_endpoint_has_base_times_multiplier_over_a_minute(make: Make) -> None:
    limiter = make(*endpoint_tiers({"basic": 30}, 4))
    assert taken(limiter, RateKind.REST, 0) == 120
    assert limiter.check(0, RateKind.REST, 0) == RateAnswer(False, 0, SECOND // 2, MINUTE)
    limiter.set_factor(MILLION // 2)
    assert taken(limiter, RateKind.REST, MINUTE) == 60
    with pytest.raises(TierError, match="burst was 0"):
        endpoint_tiers({"basic": 30}, 0)


def test_unfilled_orders_are_counted_over_both_windows(make: Make) -> None:
    limiter = make(BINANCE_SPOT)
    assert taken(limiter, RateKind.ORDER, 0) == 50
    limiter.credit_fill(0, Liquidity.MAKER, 1, 1, 0)
    assert taken(limiter, RateKind.ORDER, 0) == 5
    assert taken(limiter, RateKind.ORDER, 10 * SECOND) == 50
    assert limiter.used(0, RateKind.ORDER, 10 * SECOND) == 100


# Memory.


@pytest.mark.parametrize(
    ("tiers", "size"),
    [
        (tuple(GODARK.values()), 64),
        ((RateTier("engine", orders_per_minute=1, cancels_per_minute=1, open_orders=1),), 24),
        ((BOT_CORE,), 48),
        (endpoint_tiers({"basic": 30}, 4), 24),
        ((RateTier("none"),), 8),
    ],
    ids=["godark", "engine", "bot core", "endpoint", "none"],
)
def test_a_record_holds_what_is_limited_and_no_more(tiers: tuple[RateTier, ...], size: int) -> None:
    assert RateLimiter(tiers).bytes_a_user == size


def test_a_million_users_fit_in_64_megabytes() -> None:
    limiter = RateLimiter(GODARK.values())
    count = 1_000_000
    assert limiter.add_users(count, "PRO") == 0
    users = np.arange(count, dtype=np.uint32)
    times = np.full(count, 90 * SECOND, np.uint64)
    for kind in (RateKind.ORDER, RateKind.REST):
        assert limiter.take_batch(users, np.full(count, kind, np.uint8), times).all()
    assert 64 * count <= limiter.memory_bytes <= 68 * count
    assert limiter.tier(count - 1) == GODARK["PRO"]
    assert limiter.used(count - 1, RateKind.ORDER, 90 * SECOND) == 1
    first = limiter.add_users()
    assert limiter.tier(first) == GODARK["FREE"]
    assert limiter.used(first, RateKind.ORDER, 90 * SECOND) == 0
    assert limiter.used(0, RateKind.ORDER, 90 * SECOND) == 1


def again_and_again(call: Callable[[], object]) -> None:
    """Call until it raises, or long enough."""
    for _ in range(1_000_000):
        call()


def test_a_second_thread_is_told_that_the_limiter_is_busy() -> None:
    limiter = RateLimiter(RateTier("only", orders_per_minute=1))
    limiter.add_users(2)
    count = 2_000_000
    columns = np.zeros(count, np.uint32), np.zeros(count, np.uint8), np.zeros(count, np.uint64)
    is_done = threading.Event()

    def run() -> None:
        while not is_done.is_set():
            limiter.take_batch(*columns)

    thread = threading.Thread(target=run)
    thread.start()
    calls: list[Callable[[], object]] = [
        lambda: limiter.take(1, RateKind.ORDER, 0),
        lambda: limiter.set_factor(MILLION),
        lambda: limiter.add_users(0),
        lambda: limiter.check_batch(*(column[:0] for column in columns)),
    ]
    try:
        for call in calls:
            with pytest.raises(EngineBusyError, match="at work on another thread"):
                again_and_again(call)
    finally:
        is_done.set()
        thread.join()
    assert limiter.used(0, RateKind.ORDER, 0) == 1


def test_a_limiter_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="a RateLimiter cannot be pickled"):
        pickle.dumps(RateLimiter(BOT_CORE))
    assert pickle.loads(pickle.dumps(BOT_CORE)) == BOT_CORE
