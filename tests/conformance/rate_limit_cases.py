"""What answers the cases of rate limits: public calls of a limiter, with the case's own numbers.

The words of the inputs (`rpm`, `opm`, `lim`) are the cases', not the library's.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from conformance.cases import Form, Library, Question
from conformance.scenarios import whole

from engine import CountKind, Liquidity, RateKind, RateTier
from engine.rate_tiers import BINANCE_SPOT, GODARK, LIMIT_MAX

DAY: Final = 86_400_000_000_000
LIQUIDITY: Final = {"fill_taker": Liquidity.TAKER, "fill_maker": Liquidity.MAKER}
EVENTS: Final = frozenset({"new", "cancel", "expire", "reset", *LIQUIDITY})
FIELDS: Final = {
    "rpm": "requests_per_minute",
    "rps": "refill",
    "burst": "burst",
    "wsmps": "messages_per_second",
    "wsconn": "connections",
    "wssub": "subscriptions",
    "opm": "orders_per_minute",
    "cpm": "cancels_per_minute",
    "maxopen": "open_orders",
}
"""The columns of a table of tiers, in its order, and what they are called here."""


USED: Final = {
    **dict.fromkeys(("used", "orders"), (RateKind.ORDER, "orders_per_minute")),
    "cancels": (RateKind.CANCEL, "cancels_per_minute"),
    "requests": (RateKind.REST, "requests_per_minute"),
}
"""What was counted in the minute, and the limit of it."""


LIMITS: Final = ("lim", "limit", "max")


def limit_of(question: Question) -> int:
    """Return the limit of a case."""
    return next(whole(question.inputs[word]) for word in LIMITS if word in question.inputs)


def shipped_tier(inputs: dict[str, Any]) -> RateTier | None:
    """Return the tier of GoDark with so many requests a minute."""
    requests = whole(inputs["rpm"])
    found = (tier for tier in GODARK.values() if tier.requests_per_minute == requests)
    return next(found, None)


def tier_table(question: Question, _: Library) -> list[int]:
    """Return what the shipped tier allows, in the order of the table."""
    tier = shipped_tier(question.inputs)
    assert tier is not None
    return [getattr(tier, field) for field in FIELDS.values()]


def reason_of_table(question: Question) -> str | None:
    """Say why there is no tier to compare with."""
    if question.venue != "godark":
        return f"kind rate_limit of venue {question.venue} is not known"
    if shipped_tier(question.inputs) is None:
        return "needs a tier that is not shipped"
    return None


def one_more_in_minute(question: Question, library: Library) -> str:
    """Take what was counted already, then one more in the same minute."""
    word = min(question.inputs.keys() & USED.keys())
    kind, field = USED[word]
    used, limit = whole(question.inputs[word]), limit_of(question)
    limiter = library.make_limiter(RateTier("asked", **{field: limit}))
    user = limiter.add_users()
    users = np.full(used, user, np.uint32)
    kinds = np.full(used, kind, np.uint8)
    limiter.take_batch(users, kinds, np.zeros(used, np.uint64))
    return "ACCEPT" if limiter.check(user, kind, 0).allowed else "RATE_LIMIT"


def open_order(question: Question, library: Library) -> str:
    """Let a user hold the orders that are open, then open one more."""
    held, limit = whole(question.inputs["open"]), limit_of(question)
    limiter = library.make_limiter(RateTier("asked", open_orders=limit))
    user = limiter.add_users()
    for _ in range(held):
        limiter.acquire(user, CountKind.OPEN_ORDER)
    return "ACCEPT" if limiter.acquire(user, CountKind.OPEN_ORDER) else "MAX_OPEN_ORDERS"


def unfilled_orders(question: Question, library: Library) -> list[int]:
    """Count orders through a day and what happens to them; return the count after each event."""
    tier = RateTier(
        "asked",
        orders_per_day=LIMIT_MAX,
        taker_credit=BINANCE_SPOT.taker_credit,
        maker_credit=whole(question.inputs["maker_credit"]),
    )
    limiter = library.make_limiter(tier)
    user, time = limiter.add_users(), 0
    filled: dict[str, int] = {}
    counts = []
    for event, order in question.inputs["events"]:
        if event == "new":
            limiter.take(user, RateKind.ORDER, time)
        elif event == "cancel":
            limiter.take(user, RateKind.CANCEL, time)
        elif event == "reset":
            time += DAY
        elif event in LIQUIDITY:
            filled[order] = filled.get(order, 0) + 1
            limiter.credit_fill(user, LIQUIDITY[event], 1, filled[order], time)
        counts.append(limiter.used(user, RateKind.ORDER, time))
    return counts


def reason_of_events(question: Question) -> str | None:
    """Say why events can't be told to the library."""
    unknown = {event for event, _ in question.inputs["events"]} - EVENTS
    if unknown:
        return f"kind rate_limit with event {min(unknown)} is not known"
    return None


FORMS: Final[dict[str, list[Form]]] = {
    "rate_limit": [
        Form(tier_table, frozenset(FIELDS), reason=reason_of_table),
        *(Form(one_more_in_minute, frozenset({word, limit})) for word in USED for limit in LIMITS),
        *(Form(open_order, frozenset({"open", limit})) for limit in LIMITS),
        Form(unfilled_orders, frozenset({"events", "maker_credit"}), reason=reason_of_events),
    ],
}
