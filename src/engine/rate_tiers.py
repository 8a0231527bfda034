"""What a rate limiter is made of: tiers, the tiers of known systems, and its answers.

A tier says how much each of its users may do; a limit that is None is none. `engine.RateLimiter`
counts, and the rules are in docs/semantics/rate-limits.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final, NamedTuple

from engine._members import says_names

from ._schema import CountKind, RateKind
from ._shown import check_kind, shown
from .errors import TierError

__all__ = [
    "BINANCE_SPOT",
    "BOT_CORE",
    "FACTOR_MAX",
    "FOREVER",
    "GODARK",
    "LIMIT_MAX",
    "MILLION",
    "UNLIMITED",
    "RateAnswer",
    "RateTier",
    "endpoint_tiers",
]

MILLION: Final = 1_000_000
"""A factor is in millionths."""
LIMIT_MAX: Final = 10_000_000
"""The largest number that a limit may be."""
FACTOR_MAX: Final = 10 * MILLION
"""The largest factor: ten times every limit."""
REFILL_SECONDS_MAX: Final = 600
NAME_LENGTH_MAX: Final = 64

UNLIMITED: Final = 2**32 - 1
"""What remains where there is no limit."""
FOREVER: Final = 2**64 - 1
"""The wait where no wait helps, and the time of what never comes within 64 bits."""

SECOND: Final = 1_000_000_000

WINDOWS: Final = (
    ("orders_per_ten_seconds", RateKind.ORDER, 10 * SECOND),
    ("orders_per_minute", RateKind.ORDER, 60 * SECOND),
    ("orders_per_day", RateKind.ORDER, 86_400 * SECOND),
    ("cancels_per_minute", RateKind.CANCEL, 60 * SECOND),
    ("requests_per_minute", RateKind.REST, 60 * SECOND),
    ("messages_per_second", RateKind.WS_MESSAGE, SECOND),
    ("trades_per_minute", RateKind.TRADE, 60 * SECOND),
)
"""Limits by window: field, what is counted, nanoseconds; those of a kind from short to long."""

COUNTS: Final = (
    ("connections", CountKind.CONNECTION),
    ("subscriptions", CountKind.SUBSCRIPTION),
    ("open_orders", CountKind.OPEN_ORDER),
    ("open_positions", CountKind.OPEN_POSITION),
)
"""Limits of plain counts: field, what is counted."""


class RateAnswer(NamedTuple):
    """What a rate limiter says to a call.

    Attributes
    ----------
    allowed : bool
        Whether it was, or would be.
    remaining : int
        How many more calls of the kind would be allowed now, `UNLIMITED` without a limit.
    retry_after : int
        Nanoseconds until the same call would be allowed, if nothing else is: the longest wait of
        all limits. 0 when it was allowed, `FOREVER` when no wait helps.
    reset_time : int
        Nanoseconds, in engine time: when every limit of the kind is whole again if nothing more is
        taken. The end of the window, or the moment at which the bucket is full; the later one.
    """

    allowed: bool
    remaining: int
    retry_after: int
    reset_time: int


@says_names
@dataclass(frozen=True)
class RateTier:
    """How much a user may do.

    Every limit is a number from 0 to 10,000,000, or None for none. Windows begin at multiples of
    their length in engine time.

    Parameters
    ----------
    name : str
        1 to 64 printable characters, without a blank at either end.
    orders_per_ten_seconds, orders_per_minute, orders_per_day : int, optional
        New orders; all that are given must pass.
    cancels_per_minute : int, optional
    requests_per_minute : int, optional
        Requests to the gateway.
    messages_per_second : int, optional
        Messages over WebSockets.
    trades_per_minute : int, optional
        Trades that are asked for.
    burst, refill : int, optional
        A token bucket for requests, beside the window: how many it holds, and how many it gets
        back in `refill_seconds`, spread evenly. Both or neither, 1 or more.
    refill_seconds : int
        1 to 600.
    connections, subscriptions, open_orders, open_positions : int, optional
        How many may be held at a time.
    taker_credit, maker_credit : int
        How many orders are taken off the count when an order fills for the first time, as taker or
        as maker. Then what is limited is unfilled orders.

    Raises
    ------
    TierError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> RateTier("trial", orders_per_minute=30, burst=10, refill=2)
    RateTier('trial', orders_per_minute=30, burst=10, refill=2)
    >>> RateTier("", burst=-1, refill_seconds=0)
    Traceback (most recent call last):
        ...
    engine.errors.TierError: tier '': name was '', must be a str of 1 to 64 printable characters\
 without a blank at either end; burst was -1, must be an int from 1 to 10000000; burst was -1,\
 without refill; refill_seconds was 0, must be an int from 1 to 600
    """

    name: str
    orders_per_ten_seconds: int | None = None
    orders_per_minute: int | None = None
    orders_per_day: int | None = None
    cancels_per_minute: int | None = None
    requests_per_minute: int | None = None
    messages_per_second: int | None = None
    trades_per_minute: int | None = None
    burst: int | None = None
    refill: int | None = None
    refill_seconds: int = 1
    connections: int | None = None
    subscriptions: int | None = None
    open_orders: int | None = None
    open_positions: int | None = None
    taker_credit: int = 0
    maker_credit: int = 0

    def __post_init__(self) -> None:
        problems = [*_problems_of_name(self.name)]
        for field in ("burst", "refill"):
            other = "refill" if field == "burst" else "burst"
            value = getattr(self, field)
            if value is None:
                continue
            problems += _problems_of(field, value, 1, LIMIT_MAX)
            if getattr(self, other) is None:
                problems.append(f"{field} was {shown(value)}, without {other}")
        problems += _problems_of("refill_seconds", self.refill_seconds, 1, REFILL_SECONDS_MAX)
        for field, *_ in (*WINDOWS, *COUNTS):
            if getattr(self, field) is not None:
                problems += _problems_of(field, getattr(self, field), 0, LIMIT_MAX)
        for field in ("taker_credit", "maker_credit"):
            problems += _problems_of(field, getattr(self, field), 0, LIMIT_MAX)
        if problems:
            raise TierError(f"tier {shown(self.name)}: {'; '.join(problems)}")

    def __repr__(self) -> str:
        shown = [repr(self.name)]
        shown += [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if field.name != "name" and getattr(self, field.name) != field.default
        ]
        return f"RateTier({', '.join(shown)})"

    def limited(self) -> frozenset[str]:
        """Return the names of the fields that limit something.

        Examples
        --------
        >>> sorted(RateTier("trial", orders_per_minute=0, burst=10, refill=2).limited())
        ['burst', 'orders_per_minute']
        """
        names = (*(field for field, *_ in WINDOWS), "burst", *(field for field, _ in COUNTS))
        return frozenset(name for name in names if getattr(self, name) is not None)


def _problems_of_name(name: object) -> list[str]:
    is_text = isinstance(name, str) and name.isprintable() and name == name.strip()
    if is_text and 1 <= len(str(name)) <= NAME_LENGTH_MAX:
        return []
    return [
        f"name was {shown(name)}, must be a str of 1 to {NAME_LENGTH_MAX} printable characters"
        " without a blank at either end"
    ]


def _problems_of(field: str, value: object, lowest: int, highest: int) -> list[str]:
    if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
        return []
    return [f"{field} was {shown(value)}, must be an int from {lowest} to {highest}"]


def tiers_of(tiers: object) -> tuple[RateTier, ...]:
    """Return a tier, or several, as a table of tiers that was checked.

    Raises
    ------
    TierError, TypeError
        As `check_tiers`; or it is neither.
    """
    if isinstance(tiers, RateTier):
        return (tiers,)
    if not isinstance(tiers, Iterable):
        kind = type(tiers).__name__
        raise TypeError(f"tiers was {shown(tiers)}, of {kind}, not a RateTier or several")
    table = tuple(tiers)
    check_tiers(table)
    return table


def check_tiers(tiers: tuple[RateTier, ...]) -> None:
    """Refuse what is no table of tiers.

    Raises
    ------
    TierError
        No tier, more than 256, or a name that two have.
    TypeError
        Something that is no `RateTier`.
    """
    for tier in tiers:
        check_kind("a tier", tier, RateTier)
    if not 1 <= len(tiers) <= TIERS_MAX:
        raise TierError(f"tiers were {len(tiers)}, must be 1 to {TIERS_MAX}")
    names = [tier.name for tier in tiers]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise TierError(f"tier {shown(twice)} was given twice")


def check_replacement(old: RateTier, new: RateTier) -> None:
    """Refuse a tier that limits other things than the one whose place it is to take.

    Raises
    ------
    TierError
        It limits more or less, or fills its bucket over another time.
    """
    if old.limited() != new.limited():
        changed = ", ".join(sorted(old.limited() ^ new.limited()))
        raise TierError(f"tier {new.name!r}: {changed} cannot begin or cease to be limited")
    if new.burst is not None and old.refill_seconds != new.refill_seconds:
        raise TierError(
            f"tier {new.name!r}: refill_seconds was {new.refill_seconds},"
            f" must stay {old.refill_seconds}"
        )


TIERS_MAX: Final = 256

GODARK: Final = MappingProxyType(
    {
        name: RateTier(
            name,
            requests_per_minute=rest[0],
            refill=rest[1],
            burst=rest[2],
            messages_per_second=socket[0],
            connections=socket[1],
            subscriptions=socket[2],
            orders_per_minute=trading[0],
            cancels_per_minute=trading[1],
            open_orders=trading[2],
        )
        for name, rest, socket, trading in (
            ("FREE", (60, 2, 10), (10, 2, 10), (30, 60, 20)),
            ("BASIC", (300, 10, 50), (50, 5, 50), (150, 300, 100)),
            ("PRO", (1_200, 40, 200), (200, 10, 200), (600, 1_200, 500)),
            ("MARKET_MAKER", (6_000, 200, 500), (1_000, 20, 1_000), (3_000, 6_000, 5_000)),
        )
    }
)
"""The four tiers of the GoDark dark pool, by name."""

BOT_CORE: Final = RateTier(
    "BOT_CORE",
    requests_per_minute=100,
    burst=20,
    refill=20,
    messages_per_second=100,
    trades_per_minute=10,
    open_positions=10,
)
"""What every user of Bot Core may do; its messages are limited for each connection."""

BINANCE_SPOT: Final = RateTier(
    "BINANCE_SPOT",
    orders_per_ten_seconds=50,
    orders_per_day=160_000,
    taker_credit=1,
    maker_credit=5,
)
"""Unfilled orders as Binance counts them on its spot market: first fills give orders back.

The limits are those of the answer that its page of the REST API shows, the credits those that its
page of unfilled orders counts with; an account's own may differ.
"""


def endpoint_tiers(bases: dict[str, int], multiplier: int) -> tuple[RateTier, ...]:
    """Return the tiers of one endpoint as Trade Bot has them: a bucket refilled over 60 s.

    Parameters
    ----------
    bases : dict of str to int
        Requests a minute, by name of the tier.
    multiplier : int
        The endpoint's; the bucket of a tier holds the product.

    Raises
    ------
    TierError
        A product outside the limits.

    Examples
    --------
    >>> endpoint_tiers({"free": 60, "pro": 600}, 2)[1]
    RateTier('pro', burst=1200, refill=1200, refill_seconds=60)
    """
    return tuple(
        RateTier(name, burst=base * multiplier, refill=base * multiplier, refill_seconds=60)
        for name, base in bases.items()
    )
