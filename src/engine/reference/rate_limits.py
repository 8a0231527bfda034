"""How often each user may do what, in plain integers: the specification of `engine.RateLimiter`.

A window counts what was taken since its last multiple of its length. A bucket is kept as what has
been taken and not refilled: one request is as many units as its refill time has nanoseconds, so
that every nanosecond gives `refill` of them back, exactly. Zero is a user who took nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .._schema import RATE_ANSWER_DTYPE, CountKind, Liquidity, RateKind
from .._shown import shown
from ..errors import EngineError, TierError
from ..rate_tiers import (
    COUNTS,
    FACTOR_MAX,
    FOREVER,
    MILLION,
    SECOND,
    UNLIMITED,
    WINDOWS,
    RateAnswer,
    RateTier,
    check_replacement,
    check_tiers,
    tiers_of,
)
from ..records import RecordArray

__all__ = ["RateLimiter"]

USERS_MAX = 2**28


@dataclass
class _User:
    """What one user took and holds."""

    tier: str
    windows: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By field of the tier: the number of the window, and what was taken in it."""
    debt: int = 0
    """Units of the bucket that are not refilled yet, at the time of the debt."""
    debt_time: int = 0
    held: dict[CountKind, int] = field(default_factory=dict)


@dataclass
class _Room:
    """What one limit has room for."""

    remaining: int
    wait: int
    reset: int


class RateLimiter:
    """Counts what users do against the limits of their tiers; as `engine.RateLimiter`."""

    def __init__(self, tiers: Sequence[RateTier]) -> None:
        tiers = tiers_of(tiers)
        self._tiers = {tier.name: tier for tier in tiers}
        self._factors = dict.fromkeys(self._tiers, MILLION)
        self._counted = frozenset[str]().union(*(tier.limited() for tier in tiers))
        self._users: list[_User] = []
        self._time = 0

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self._users)

    @property
    def tiers(self) -> tuple[RateTier, ...]:
        """The tiers, in their order."""
        return tuple(self._tiers.values())

    @property
    def time(self) -> int:
        """The latest time seen."""
        return self._time

    # Users and limits.

    def add_users(self, count: int = 1, tier: str | None = None) -> int:
        """Add users of a tier, by default the first; return the number of the first of them."""
        _within(count, "count", 0, USERS_MAX - len(self._users))
        name = self._named(next(iter(self._tiers)) if tier is None else tier)
        first = len(self._users)
        self._users += [_User(name) for _ in range(count)]
        return first

    def tier(self, user: int) -> RateTier:
        """Return the tier of a user."""
        return self._tiers[self._user(user).tier]

    def set_tier(self, user: int, tier: str) -> None:
        """Bring a user into another tier; what was taken stays taken, as far as it is limited."""
        state, name = self._user(user), self._named(tier)
        old, new = self._tiers[state.tier], self._tiers[name]
        state.tier = name
        state.windows = {
            place: count
            for place, count in state.windows.items()
            if getattr(new, place) is not None
        }
        if new.burst is None:
            state.debt = state.debt_time = 0
        elif old.burst is not None:
            same = -(-state.debt * new.refill_seconds // old.refill_seconds)
            state.debt = min(same, _capacity(new))

    def set_factor(self, factor: int, tier: str | None = None) -> None:
        """Multiply the limits of a tier, by default of all, by so many millionths."""
        _within(factor, "factor", 0, FACTOR_MAX)
        for name in self._tiers if tier is None else [self._named(tier)]:
            self._factors[name] = factor

    def replace_tier(self, tier: RateTier) -> None:
        """Give the tier of that name other numbers, from the next call on."""
        check_tiers((tier,))
        name = self._named(tier.name)
        check_replacement(self._tiers[name], tier)
        self._tiers[name] = tier

    # What is limited in time.

    def take(self, user: int, kind: RateKind, timestamp: int) -> bool:
        """Take one from every limit of the kind, or nothing from any; return which."""
        state, kind = self._user(user), _kind(kind)
        self._time = max(self._time, _timestamp(timestamp))
        if any(room.remaining == 0 for room in self._rooms(state, kind, self._time)):
            return False
        for place, period in self._windows(state, kind):
            number, used = self._window(state, place, period, self._time)
            state.windows[place] = number, used + 1
        if self._has_bucket(state, kind):
            state.debt = self._debt(state, self._time) + self._cost(state)
            state.debt_time = self._time
        return True

    def check(self, user: int, kind: RateKind, timestamp: int) -> RateAnswer:
        """Take as `take` does, and say all there is to say of it."""
        is_allowed = self.take(user, kind, timestamp)
        answer = self.peek(user, kind, timestamp)
        wait = 0 if is_allowed else answer.retry_after
        return answer._replace(allowed=is_allowed, retry_after=wait)

    def peek(self, user: int, kind: RateKind, timestamp: int) -> RateAnswer:
        """Say what `check` would say, and take nothing."""
        state, kind = self._user(user), _kind(kind)
        now = max(self._time, _timestamp(timestamp))
        rooms = self._rooms(state, kind, now)
        remaining = min((room.remaining for room in rooms), default=UNLIMITED)
        wait = max((room.wait for room in rooms), default=0)
        return RateAnswer(remaining > 0, remaining, wait, max([now, *(r.reset for r in rooms)]))

    def used(self, user: int, kind: RateKind, timestamp: int) -> int:
        """Return what counts now in the longest window of the kind; 0 without a window."""
        state, kind = self._user(user), _kind(kind)
        now = max(self._time, _timestamp(timestamp))
        used = [
            self._window(state, place, period, now)[1]
            for place, period in self._windows(state, kind)
        ]
        return used[-1] if used else 0

    def credit_fill(
        self,
        user: int,
        liquidity: Liquidity,
        last_quantity: int,
        filled_quantity: int,
        timestamp: int,
    ) -> None:
        """Take orders off the windows of orders when this is the first fill of an order."""
        state = self._user(user)
        lowest, highest = int(Liquidity.MAKER), int(Liquidity.TAKER)
        is_maker = _within(liquidity, "liquidity", lowest, highest) == Liquidity.MAKER
        _within(last_quantity, "last_quantity", 1, 2**63 - 1)
        _within(filled_quantity, "filled_quantity", last_quantity, 2**63 - 1)
        self._time = max(self._time, _timestamp(timestamp))
        if filled_quantity > last_quantity:
            return
        tier = self._tiers[state.tier]
        credit = tier.maker_credit if is_maker else tier.taker_credit
        for place, period in self._windows(state, RateKind.ORDER):
            number, used = self._window(state, place, period, self._time)
            state.windows[place] = number, max(used - credit, 0)

    # What is limited in number.

    def acquire(self, user: int, kind: CountKind, count: int = 1) -> bool:
        """Take so many more, all or none; return which."""
        _within(count, "count", 1, UNLIMITED)
        state, kind = self._user(user), _count_kind(kind)
        if count > self.room(user, kind):
            return False
        if COUNTS[kind][0] in self._counted:
            state.held[kind] = state.held.get(kind, 0) + count
        return True

    def release(self, user: int, kind: CountKind, count: int = 1) -> None:
        """Give so many back."""
        _within(count, "count", 1, UNLIMITED)
        state, kind = self._user(user), _count_kind(kind)
        if COUNTS[kind][0] not in self._counted:
            return
        held = state.held.get(kind, 0)
        if count > held:
            raise EngineError(f"count was {shown(count)}, user {user} holds {held} of {kind.name}")
        state.held[kind] = held - count

    def held(self, user: int, kind: CountKind) -> int:
        """Return how many a user holds; 0 of what no tier limits."""
        return self._user(user).held.get(_count_kind(kind), 0)

    def room(self, user: int, kind: CountKind) -> int:
        """Return how many more a user may acquire."""
        state, kind = self._user(user), _count_kind(kind)
        place = COUNTS[kind][0]
        if place not in self._counted:
            return UNLIMITED
        limit = getattr(self._tiers[state.tier], place)
        most = UNLIMITED if limit is None else limit * self._factors[state.tier] // MILLION
        return max(most - state.held.get(kind, 0), 0)

    # Many at a time.

    def take_batch(
        self, users: np.ndarray, kinds: np.ndarray, timestamps: np.ndarray
    ) -> np.ndarray:
        """Take for one user after the other; return whether each was allowed."""
        rows = self._rows(users, kinds, timestamps)
        return np.array([self.take(*row) for row in rows], np.bool_)

    def check_batch(
        self, users: np.ndarray, kinds: np.ndarray, timestamps: np.ndarray
    ) -> RecordArray:
        """Check for one user after the other; return the answers."""
        answers = np.zeros(len(users), RATE_ANSWER_DTYPE)
        for place, row in enumerate(self._rows(users, kinds, timestamps)):
            answer = self.check(*row)
            for name, value in answer._asdict().items():
                answers[name][place] = value
        return answers

    # Inside.

    def _rooms(self, state: _User, kind: RateKind, now: int) -> list[_Room]:
        """Return what each limit of a kind has room for."""
        rooms = []
        factor = self._factors[state.tier]
        for place, period in self._windows(state, kind):
            number, used = self._window(state, place, period, now)
            limit = getattr(self._tiers[state.tier], place) * factor // MILLION
            end = (number + 1) * period
            wait = 0 if used < limit else end - now if limit else FOREVER
            rooms.append(_room(max(limit - used, 0), wait, end, now))
        if self._has_bucket(state, kind):
            tier, debt, cost = self._tiers[state.tier], self._debt(state, now), self._cost(state)
            assert tier.refill is not None
            capacity = _capacity(tier)
            excess = max(debt + cost - capacity, 0)
            wait = -(-excess // tier.refill) if cost <= capacity else FOREVER
            full = now + -(-debt // tier.refill)
            rooms.append(_room((capacity - debt) // cost, wait, full, now))
        return rooms

    def _windows(self, state: _User, kind: RateKind) -> list[tuple[str, int]]:
        """Return field and length of each window that the user's tier has for a kind."""
        tier = self._tiers[state.tier]
        return [
            (place, period)
            for place, own, period in WINDOWS
            if own == kind and getattr(tier, place) is not None
        ]

    def _window(self, state: _User, place: str, period: int, now: int) -> tuple[int, int]:
        """Return number and count of the window that it is now."""
        number, used = state.windows.get(place, (0, 0))
        return (number, used) if number == now // period else (now // period, 0)

    def _has_bucket(self, state: _User, kind: RateKind) -> bool:
        return kind == RateKind.REST and self._tiers[state.tier].burst is not None

    def _debt(self, state: _User, now: int) -> int:
        """Return what of the bucket is not refilled by now; never more than it holds."""
        tier = self._tiers[state.tier]
        assert tier.refill is not None
        debt = min(state.debt, _capacity(tier))
        return max(debt - (now - state.debt_time) * tier.refill, 0)

    def _cost(self, state: _User) -> int:
        """Return the units of one request: at half the limits it is twice as many."""
        factor = self._factors[state.tier]
        units = self._tiers[state.tier].refill_seconds * SECOND
        return units * MILLION // factor if factor else FOREVER

    def _user(self, user: int) -> _User:
        number = _within(user, "user", 0, USERS_MAX - 1)
        if number >= len(self._users):
            raise EngineError(f"user was {shown(number)}, of {len(self._users)} users")
        return self._users[number]

    def _named(self, tier: str) -> str:
        if tier not in self._tiers:
            names = ", ".join(map(repr, self._tiers))
            raise TierError(f"tier was {shown(tier)}, not one of {names}")
        return tier

    def _rows(
        self, users: np.ndarray, kinds: np.ndarray, timestamps: np.ndarray
    ) -> list[tuple[int, RateKind, int]]:
        """Return the calls of a batch, looked at before the first of them."""
        rows = [
            (int(user), _kind(int(kind)), int(timestamp))
            for user, kind, timestamp in zip(users, kinds, timestamps, strict=True)
        ]
        for user, _, _ in rows:
            self._user(user)
        return rows


def _room(remaining: int, wait: int, reset: int, now: int) -> _Room:
    """Return what a limit has room for; a time beyond 64 bits never comes."""
    return _Room(remaining, FOREVER if now + wait > FOREVER else wait, min(reset, FOREVER))


def _capacity(tier: RateTier) -> int:
    """Return the units that a bucket holds."""
    assert tier.burst is not None
    return tier.burst * tier.refill_seconds * SECOND


def _within(value: int, name: str, lowest: int, highest: int) -> int:
    if not hasattr(value, "__index__"):
        raise TypeError(f"{name} was {shown(value)}, of {type(value).__name__}, not an integer")
    if not lowest <= value <= highest:
        raise OverflowError(f"{name} was {shown(value)}, outside {lowest} to {highest}")
    return int(value)


def _timestamp(timestamp: int) -> int:
    return _within(timestamp, "timestamp", 0, FOREVER)


def _kind(kind: int) -> RateKind:
    return RateKind(_within(kind, "kind", 0, len(RateKind) - 1))


def _count_kind(kind: int) -> CountKind:
    return CountKind(_within(kind, "kind", 0, len(CountKind) - 1))
