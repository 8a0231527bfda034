"""Two reasons at once: the pairs of ways that test_rejects.py takes, and those there are not.

Beside the ways of `reject_ways` there are some for pairs only, which say less than a reason needs,
because the other way says it, or earn another reason too.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from reject_precedence import PRECEDENCE
from reject_ways import (
    ACCOUNT,
    AT_MARKET,
    ICEBERG,
    IMMEDIATE,
    LIT,
    MAKER,
    OUTSIDE,
    PLAIN,
    POST,
    POST_ICEBERG,
    REDUCES,
    REDUCING,
    RESTS,
    STOP_ICEBERG,
    TIME,
    WAYS,
    Way,
    at_once,
    ways,
)
from streams import INT64_MIN

from engine import (
    AT_THE_CLOSE,
    FOK,
    GTC,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    PEG_PRIMARY,
    REPLACE,
    SET_POSITION,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    TRAILING_STOP,
    TRAILING_STOP_LIMIT,
    CommandKind,
    Phase,
    ReduceOnlyRule,
    RejectReason,
)

R = RejectReason
NO_WORST = {"PROTECTED": False}
PEG = {"order_type": PEG_PRIMARY, "price": 0}
LINKED = {"ONE_CANCELS_OTHER": True, "ONE_TRIGGERS_OTHER": False}
ENOUGH = {"account": ACCOUNT, "position": -100}
BARE = {"order_type": LIMIT, "POST_ONLY": False, "HIDDEN": False, "display_quantity": 0}
REDUCING_ICEBERG = REDUCING | ICEBERG
FOR_PAIRS_OF_SUBMIT = [
    # Less is said of the order than on its own: what is missing earns a later reason.
    *ways(R.BOUND_WITH_LIMIT, {"PROTECTED": True, "order_type": LIMIT}),
    *ways(R.BOUND_WITH_LIMIT, {"PROTECTED": True, "order_type": STOP_LIMIT}),
    *ways(R.BOUND_WITH_LIMIT, {"PROTECTED": True, "order_type": TRAILING_STOP_LIMIT, "price": 0}),
    *ways(
        R.PROTECTED_WITH_BUDGET,
        *(
            {"PROTECTED": True, "BUDGET": True, "order_type": order_type, "price": 0}
            for order_type in (MARKET, STOP, TRAILING_STOP)
        ),
    ),
    *ways(
        R.BUDGET_WITH_ALL_OR_NONE,
        *(
            {"BUDGET": True, "ALL_OR_NONE": True, "order_type": order_type, "price": 0} | NO_WORST
            for order_type in (MARKET, STOP, TRAILING_STOP)
        ),
    ),
    *ways(R.TRAIL_RATE_WITHOUT_TRAIL, {"TRAIL_RATE": True, "order_type": STOP_LIMIT}),
    *ways(R.PRICE_TOO_LOW, {"order_type": STOP_LIMIT, "price": 49}),
    *ways(R.PRICE_TOO_HIGH, {"order_type": STOP_LIMIT, "price": 151}),
    *at_once(
        R.LINKED_NEVER_STAYS,
        {**LINKED, "linked_order_id": MAKER, **AT_MARKET, "time_in_force": GTD, **NO_WORST},
    ),
    *ways(R.HIDDEN_WITH_DISPLAY, {"HIDDEN": True, "display_quantity": -1}),
    *ways(R.ALL_OR_NONE_WITH_DISPLAY, {"ALL_OR_NONE": True, "display_quantity": -1}),
    *ways(R.ALL_OR_NONE_WITH_MINIMUM, {"ALL_OR_NONE": True, "minimum_quantity": -1}),
    *ways(
        R.POST_ONLY_WITH_MINIMUM,
        {"POST_ONLY": True, "minimum_quantity": -1, "MINIMUM_EACH": False, **LIT},
    ),
    *ways(
        R.MINIMUM_EACH_WITH_DISPLAY,
        {"MINIMUM_EACH": True, "minimum_quantity": -1, "display_quantity": 10},
        {"MINIMUM_EACH": True, "minimum_quantity": 10, "display_quantity": -1},
    ),
    *at_once(
        R.FOK_CANNOT_FILL,
        {"ALL_OR_NONE": True, **AT_MARKET, "quantity": 31, "time_in_force": GTD, **NO_WORST},
    ),
    *at_once(R.MINIMUM_CANNOT_FILL, {"minimum_quantity": 10, "time_in_force": GTD, **LIT}),
    *at_once(R.PRICE_OUTSIDE_BAND, {**OUTSIDE, "time_in_force": GTD}),
    *ways(
        R.LINKED_NEVER_STAYS,
        {**LINKED, "linked_order_id": MAKER, **PEG, "time_in_force": IOC},
        behind=R.PEG_NEVER_RESTS,
    ),
    *ways(R.NOT_FOR_AUCTIONS, {"minimum_quantity": -1, "time_in_force": AT_THE_CLOSE}),
    *ways(R.REDUCE_ONLY_NEVER_RESTS, {**IMMEDIATE, "order_type": LIMIT, "time_in_force": GTD}),
    *ways(
        R.REDUCE_ONLY_WOULD_INCREASE,
        {**REDUCES, "position": 0, "order_type": LIMIT, "time_in_force": GTD},
    ),
]
BEHIND_OTHERS_IN_SUBMIT = [
    # The book is asked about what a position leaves of an order: here, all of it.
    *ways(R.REDUCE_ONLY_NEVER_RESTS, {**IMMEDIATE, **RESTS, **ENOUGH}),
    # And here, of an order that is larger than it may be, a part.
    *ways(
        R.REDUCE_ONLY_WOULD_INCREASE,
        *(
            {**REDUCES, **IMMEDIATE, "position": -8, **BARE, "time_in_force": time, **minimum}
            for time, minimum in (
                (IOC, {"minimum_quantity": 10, "ALL_OR_NONE": False}),
                (FOK, {"minimum_quantity": 0}),
            )
        ),
    ),
    *ways(
        R.LINKED_NEVER_STAYS,
        {**LINKED, "order_type": LIMIT, "time_in_force": IOC},
        behind=R.UNKNOWN_LINKED_ORDER,
    ),
    *ways(
        R.MINIMUM_EACH_WITH_DISPLAY,
        {"MINIMUM_EACH": True, "minimum_quantity": 0, "display_quantity": 10},
        behind=R.MINIMUM_EACH_WITHOUT_MINIMUM,
    ),
    *ways(
        R.PROTECTED_WITH_BUDGET,
        {"PROTECTED": True, "BUDGET": True},
        behind=R.BOUND_WITH_LIMIT,
    ),
    *ways(
        R.BUDGET_WITH_ALL_OR_NONE,
        {"BUDGET": True, "ALL_OR_NONE": True},
        behind=R.BOUND_WITH_LIMIT,
    ),
    *ways(
        R.BOUND_OUT_OF_RANGE,
        {"PROTECTED": True, "BUDGET": False, "bound": 49},
        behind=R.BOUND_WITH_LIMIT,
    ),
    *ways(
        R.BOUND_OUT_OF_RANGE,
        {"PROTECTED": True, "order_type": TRAILING_STOP, "price": 0, "bound": 49},
        behind=R.OFFSET_OUT_OF_RANGE,
    ),
    *ways(
        R.TRIGGER_PRICE_OUT_OF_RANGE,
        {"order_type": TRAILING_STOP_LIMIT, "price": 0, "trigger_price": 49},
    ),
    *ways(
        R.QUANTITY_OVERFLOW,
        {"side_is_full": True, "order_type": TRAILING_STOP_LIMIT, "price": 0},
        behind=R.OFFSET_OUT_OF_RANGE,
    ),
    *ways(
        R.TOO_MANY_ORDERS,
        {"engine_is_full": True, "order_type": TRAILING_STOP_LIMIT, "price": 0},
        behind=R.OFFSET_OUT_OF_RANGE,
    ),
    *at_once(
        R.POST_ONLY_WOULD_TRADE,
        {"POST_ONLY": True, "SLIDE": False, "price": 110, "time_in_force": IOC},
        behind=R.INCOMPATIBLE_INSTRUCTIONS,
    ),
    *at_once(
        R.POST_ONLY_WOULD_TRADE,
        {"POST_ONLY": True, "SLIDE": False, "price": 151, **RESTS},
        behind=R.PRICE_TOO_HIGH,
    ),
    *at_once(
        R.POST_ONLY_WOULD_TRADE,
        {
            "POST_ONLY": True,
            "MINIMUM_EACH": True,
            "price": 110,
            **RESTS,
            "minimum_quantity": -1,
            "display_quantity": 0,
        },
        behind=R.MINIMUM_QUANTITY_OUT_OF_RANGE,
    ),
    *at_once(
        R.POST_ONLY_WOULD_TRADE,
        {"POST_ONLY": True, "price": 110, "time_in_force": GTD, "expiry": TIME},
        behind=R.EXPIRY_PASSED,
    ),
    *at_once(
        R.MINIMUM_CANNOT_FILL,
        {"minimum_quantity": 31, "quantity": 40, "price": 151, "time_in_force": GTC, **LIT},
        behind=R.PRICE_TOO_HIGH,
    ),
    *at_once(
        R.FOK_CANNOT_FILL,
        {"time_in_force": FOK, "quantity": 31, "price": 151},
        behind=R.PRICE_TOO_HIGH,
    ),
    *at_once(
        R.MINIMUM_CANNOT_FILL,
        {"minimum_quantity": 21, "quantity": 20, "time_in_force": GTC, **LIT},
        behind=R.MINIMUM_QUANTITY_OUT_OF_RANGE,
    ),
]
FOR_PAIRS_OF_SET_POSITION = ways(
    R.QUANTITY_OVERFLOW, {"quantity": INT64_MIN}, behind=R.QUANTITY_TOO_LARGE
)
FOR_PAIRS_OF_REPLACE = [
    *ways(R.NOT_OF_THIS_ORDER, {"named": PLAIN, "trigger_price": 49}),
    *ways(
        R.TRIGGER_PRICE_OUT_OF_RANGE,
        {"named": PLAIN, "trigger_price": 49},
        behind=R.NOT_OF_THIS_ORDER,
    ),
    *ways(R.TRIGGER_PRICE_OUT_OF_RANGE, {"named": STOP_ICEBERG, "trigger_price": 49}),
    *ways(R.PRICE_TOO_LOW, {"named": ICEBERG, "price": 49}),
    *ways(R.PRICE_TOO_HIGH, *({"named": named, "price": 151} for named in (ICEBERG, POST))),
    *ways(R.DISPLAY_QUANTITY_OUT_OF_RANGE, {"named": POST_ICEBERG, "quantity": 10_001}),
    *ways(R.NOT_OF_THIS_ORDER, {"named": REDUCING, "trigger_price": 100}),
    *ways(R.PRICE_TOO_LOW, {"named": REDUCING, "price": 49}),
    *ways(R.PRICE_TOO_HIGH, {"named": REDUCING, "price": 151}),
    *ways(R.DISPLAY_QUANTITY_OUT_OF_RANGE, {"named": REDUCING_ICEBERG, "quantity": 10_001}),
    *ways(
        R.REDUCE_ONLY_WOULD_INCREASE,
        {"named": REDUCING_ICEBERG, "position": -5, "rule": ReduceOnlyRule.CANCEL},
    ),
    *ways(
        R.DISPLAY_QUANTITY_OUT_OF_RANGE,
        {"named": ICEBERG, "quantity": 2**62 + 1},
        behind=R.QUANTITY_TOO_LARGE,
    ),
    *ways(
        R.POST_ONLY_WOULD_TRADE,
        {"named": POST_ICEBERG, "price": 110, "phase": Phase.CONTINUOUS},
    ),
    *ways(
        R.POST_ONLY_WOULD_TRADE,
        {"named": POST, "price": 151, "phase": Phase.CONTINUOUS},
        behind=R.PRICE_TOO_HIGH,
    ),
]
WAYS_FOR_PAIRS: dict[CommandKind, list[Way]] = {
    **WAYS,
    SUBMIT: [*BEHIND_OTHERS_IN_SUBMIT, *WAYS[SUBMIT], *FOR_PAIRS_OF_SUBMIT],
    REPLACE: [*WAYS[REPLACE], *FOR_PAIRS_OF_REPLACE],
    SET_POSITION: [*WAYS[SET_POSITION], *FOR_PAIRS_OF_SET_POSITION],
}
"""The same, and ways that earn another reason too, whatever they are combined with."""

OF_THE_BOOK = (
    *("PRICE_OUTSIDE_BAND", "POST_ONLY_WOULD_TRADE", "FOK_CANNOT_FILL", "MINIMUM_CANNOT_FILL"),
)
"""What is asked only of an order that would trade now."""

IMPOSSIBLE: dict[CommandKind, set[tuple[str, str]]] = {kind: set() for kind in CommandKind}
"""Pairs of reasons of a kind of command that no one command earns, the first of them in front."""
IMPOSSIBLE[SUBMIT] = {
    # A number is not both too small and too large.
    ("PRICE_TOO_LOW", "PRICE_TOO_HIGH"),
    ("QUANTITY_TOO_SMALL", "QUANTITY_TOO_LARGE"),
    # The one needs POST_ONLY, the other is its absence.
    ("INCOMPATIBLE_INSTRUCTIONS", "SLIDE_WITHOUT_POST_ONLY"),
    ("SLIDE_WITHOUT_POST_ONLY", "POST_ONLY_WITH_MINIMUM"),
    ("SLIDE_WITHOUT_POST_ONLY", "POST_ONLY_WOULD_TRADE"),
    ("SLIDE_WITHOUT_POST_ONLY", "POST_ONLY_IN_THE_DARK"),
    # In a dark instrument a minimum quantity is for each fill, never for the entry.
    *(
        (first, second)
        for first in ("POST_ONLY_IN_THE_DARK", "DISPLAY_IN_THE_DARK")
        for second in ("POST_ONLY_WITH_MINIMUM", "MINIMUM_CANNOT_FILL")
    ),
    # Post-only that never rests, or pegged, is INCOMPATIBLE_INSTRUCTIONS wherever it is.
    *(
        ("POST_ONLY_IN_THE_DARK", second)
        for second in (
            "DISPLAY_NEVER_RESTS",
            "PEG_NEVER_RESTS",
            "LINKED_NEVER_STAYS",
            "FOK_CANNOT_FILL",
        )
    ),
    # To show a part of what never rests is DISPLAY_NEVER_RESTS wherever it is.
    ("DISPLAY_IN_THE_DARK", "LINKED_NEVER_STAYS"),
    ("DISPLAY_IN_THE_DARK", "FOK_CANNOT_FILL"),
    # In a dark instrument post-only is POST_ONLY_IN_THE_DARK, whatever it meets.
    ("DISPLAY_IN_THE_DARK", "POST_ONLY_WOULD_TRADE"),
    # The one is of post-only orders, the other of those that never rest or of a market order's
    # bound: together they are INCOMPATIBLE_INSTRUCTIONS, or BOUND_WITH_LIMIT, which comes first.
    ("DISPLAY_NEVER_RESTS", "POST_ONLY_WITH_MINIMUM"),
    ("DISPLAY_NEVER_RESTS", "POST_ONLY_WOULD_TRADE"),
    ("POST_ONLY_WITH_MINIMUM", "FOK_CANNOT_FILL"),
    ("POST_ONLY_WOULD_TRADE", "FOK_CANNOT_FILL"),
    ("PROTECTED_WITH_BUDGET", "POST_ONLY_WOULD_TRADE"),
    ("BUDGET_WITH_ALL_OR_NONE", "POST_ONLY_WOULD_TRADE"),
    ("BOUND_OUT_OF_RANGE", "POST_ONLY_WOULD_TRADE"),
    # FOK_CANNOT_FILL is of what never rests; to show a part of that is DISPLAY_NEVER_RESTS.
    ("HIDDEN_WITH_DISPLAY", "FOK_CANNOT_FILL"),
    ("ALL_OR_NONE_WITH_DISPLAY", "FOK_CANNOT_FILL"),
    ("MINIMUM_EACH_WITH_DISPLAY", "FOK_CANNOT_FILL"),
    ("DISPLAY_QUANTITY_OUT_OF_RANGE", "FOK_CANNOT_FILL"),
    # What never rests and doesn't wait takes no room.
    ("TOO_MANY_ORDERS", "FOK_CANNOT_FILL"),
    # All and a part shown: ALL_OR_NONE_WITH_DISPLAY or, of a FOK order, DISPLAY_NEVER_RESTS.
    ("ALL_OR_NONE_WITH_MINIMUM", "MINIMUM_EACH_WITH_DISPLAY"),
    ("ALL_OR_NONE_WITH_MINIMUM", "DISPLAY_QUANTITY_OUT_OF_RANGE"),
    ("MINIMUM_EACH_WITH_DISPLAY", "BUDGET_WITH_ALL_OR_NONE"),
    ("BUDGET_WITH_ALL_OR_NONE", "DISPLAY_QUANTITY_OUT_OF_RANGE"),
    # All and a minimum: ALL_OR_NONE_WITH_MINIMUM; of such an order the minimum is not asked for.
    ("POST_ONLY_WITH_MINIMUM", "BUDGET_WITH_ALL_OR_NONE"),
    ("BUDGET_WITH_ALL_OR_NONE", "MINIMUM_QUANTITY_OUT_OF_RANGE"),
    ("MINIMUM_QUANTITY_OUT_OF_RANGE", "FOK_CANNOT_FILL"),
    ("ALL_OR_NONE_WITH_DISPLAY", "MINIMUM_CANNOT_FILL"),
    ("ALL_OR_NONE_WITH_MINIMUM", "MINIMUM_CANNOT_FILL"),
    ("BUDGET_WITH_ALL_OR_NONE", "MINIMUM_CANNOT_FILL"),
    ("FOK_CANNOT_FILL", "MINIMUM_CANNOT_FILL"),
    # The one needs a minimum quantity, the other is its absence.
    ("ALL_OR_NONE_WITH_MINIMUM", "MINIMUM_EACH_WITHOUT_MINIMUM"),
    ("POST_ONLY_WITH_MINIMUM", "MINIMUM_EACH_WITHOUT_MINIMUM"),
    ("MINIMUM_EACH_WITHOUT_MINIMUM", "MINIMUM_QUANTITY_OUT_OF_RANGE"),
    ("MINIMUM_EACH_WITHOUT_MINIMUM", "MINIMUM_CANNOT_FILL"),
    # The one is of a minimum at entry, the other of one for each fill.
    ("POST_ONLY_WITH_MINIMUM", "MINIMUM_EACH_WITH_DISPLAY"),
    ("MINIMUM_EACH_WITH_DISPLAY", "MINIMUM_CANNOT_FILL"),
    # A post-only order with a minimum at entry is POST_ONLY_WITH_MINIMUM.
    ("POST_ONLY_WOULD_TRADE", "MINIMUM_CANNOT_FILL"),
    # The one is of orders with a limit, the other of orders with a bound: BOUND_WITH_LIMIT.
    ("PROTECTED_WITH_BUDGET", "PRICE_TOO_LOW"),
    ("PROTECTED_WITH_BUDGET", "PRICE_TOO_HIGH"),
    ("BUDGET_WITH_ALL_OR_NONE", "PRICE_TOO_LOW"),
    ("BUDGET_WITH_ALL_OR_NONE", "PRICE_TOO_HIGH"),
    ("PRICE_TOO_LOW", "BOUND_OUT_OF_RANGE"),
    ("PRICE_TOO_HIGH", "BOUND_OUT_OF_RANGE"),
    ("PROTECTED_WITH_BUDGET", "PRICE_OUTSIDE_BAND"),
    ("BUDGET_WITH_ALL_OR_NONE", "PRICE_OUTSIDE_BAND"),
    ("BOUND_OUT_OF_RANGE", "PRICE_OUTSIDE_BAND"),
    # The one is of orders that trail, the other of orders that don't; they have no limit.
    ("TRAIL_RATE_WITHOUT_TRAIL", "OFFSET_OUT_OF_RANGE"),
    ("PRICE_TOO_LOW", "OFFSET_OUT_OF_RANGE"),
    ("PRICE_TOO_HIGH", "OFFSET_OUT_OF_RANGE"),
    # A price too low for a buyer (too high for a seller) meets nobody.
    ("PRICE_TOO_LOW", "POST_ONLY_WOULD_TRADE"),
    # What stays takes room or waits for a price; what doesn't is LINKED_NEVER_STAYS.
    ("LINKED_NEVER_STAYS", "TRIGGER_PRICE_OUT_OF_RANGE"),
    ("LINKED_NEVER_STAYS", "OFFSET_OUT_OF_RANGE"),
    ("LINKED_NEVER_STAYS", "TOO_MANY_ORDERS"),
    # What doesn't stay never rests: hiding it is DISPLAY_NEVER_RESTS, post-only INCOMPATIBLE_...
    ("HIDDEN_WITH_DISPLAY", "LINKED_NEVER_STAYS"),
    ("ALL_OR_NONE_WITH_DISPLAY", "LINKED_NEVER_STAYS"),
    ("MINIMUM_EACH_WITH_DISPLAY", "LINKED_NEVER_STAYS"),
    ("LINKED_NEVER_STAYS", "DISPLAY_QUANTITY_OUT_OF_RANGE"),
    ("POST_ONLY_WITH_MINIMUM", "LINKED_NEVER_STAYS"),
    ("LINKED_NEVER_STAYS", "POST_ONLY_WOULD_TRADE"),
    # What stays is neither gone before another could cancel it, nor never filled whole.
    ("LINKED_NEVER_STAYS", "REDUCE_ONLY_NEVER_RESTS"),
    ("REDUCE_ONLY_NEVER_RESTS", "FOK_CANNOT_FILL"),
    # An order that is refused for its position would come in with nothing, and so trade nothing.
    ("REDUCE_ONLY_WOULD_INCREASE", "POST_ONLY_WOULD_TRADE"),
    # Positions are not asked about an order that is to wait outside the book.
    ("PEG_NEVER_RESTS", "REDUCE_ONLY_WOULD_INCREASE"),
    ("TRIGGER_PRICE_OUT_OF_RANGE", "REDUCE_ONLY_WOULD_INCREASE"),
    ("OFFSET_OUT_OF_RANGE", "REDUCE_ONLY_WOULD_INCREASE"),
    # Post-only is of orders with a limit: a pegged one is INCOMPATIBLE_INSTRUCTIONS.
    ("POST_ONLY_WITH_MINIMUM", "PEG_NEVER_RESTS"),
    # A pegged order spends no budget: BOUND_WITH_LIMIT.
    ("PROTECTED_WITH_BUDGET", "PEG_NEVER_RESTS"),
    ("BUDGET_WITH_ALL_OR_NONE", "PEG_NEVER_RESTS"),
    # A pegged order has no limit and no trigger price, and its offset may be any number.
    ("PEG_NEVER_RESTS", "PRICE_TOO_LOW"),
    ("PEG_NEVER_RESTS", "PRICE_TOO_HIGH"),
    ("PEG_NEVER_RESTS", "TRIGGER_PRICE_OUT_OF_RANGE"),
    ("PEG_NEVER_RESTS", "OFFSET_OUT_OF_RANGE"),
    # An order for an auction has a time in force of its own, and waits for that auction.
    ("NOT_FOR_AUCTIONS", "LINKED_NEVER_STAYS"),
    ("NOT_FOR_AUCTIONS", "EXPIRY_PASSED"),
    # What is good till a date may rest, and is for no auction.
    ("PEG_NEVER_RESTS", "EXPIRY_PASSED"),
    # The book is not asked about a pegged order, nor about one that waits for its auction.
    *(
        (first, second)
        for first in ("PEG_NEVER_RESTS", "NOT_FOR_AUCTIONS")
        for second in OF_THE_BOOK
    ),
    # The book is asked where orders trade as they come, and not about an order for a call.
    *(("NOT_IN_THIS_PHASE", second) for second in OF_THE_BOOK),
    # The book is not asked about an order that is to wait outside it.
    *(
        (first, second)
        for first in ("TRIGGER_PRICE_OUT_OF_RANGE", "OFFSET_OUT_OF_RANGE")
        for second in OF_THE_BOOK
    ),
}
IMPOSSIBLE[REPLACE] = {
    # As of a SUBMIT.
    ("PRICE_TOO_LOW", "PRICE_TOO_HIGH"),
    ("QUANTITY_TOO_SMALL", "QUANTITY_TOO_LARGE"),
    ("PRICE_TOO_LOW", "POST_ONLY_WOULD_TRADE"),
    # What an iceberg shows stays as it was: only a larger quantity can make it too little.
    ("QUANTITY_TOO_SMALL", "DISPLAY_QUANTITY_OUT_OF_RANGE"),
    # A trigger price is for an order that waits outside; to others it is NOT_OF_THIS_ORDER.
    ("TRIGGER_PRICE_OUT_OF_RANGE", "PRICE_OUTSIDE_BAND"),
    ("TRIGGER_PRICE_OUT_OF_RANGE", "POST_ONLY_WOULD_TRADE"),
    ("TRIGGER_PRICE_OUT_OF_RANGE", "REDUCE_ONLY_WOULD_INCREASE"),
    # As of a SUBMIT.
    ("REDUCE_ONLY_WOULD_INCREASE", "POST_ONLY_WOULD_TRADE"),
    # The book is asked only where orders trade as they come.
    ("NOT_IN_THIS_PHASE", "PRICE_OUTSIDE_BAND"),
    ("NOT_IN_THIS_PHASE", "POST_ONLY_WOULD_TRADE"),
}


class Pair(NamedTuple):
    """Two ways at once."""

    kind: CommandKind
    first: Way
    second: Way

    @property
    def changes(self) -> dict[str, Any]:
        """Both ways together."""
        return {**self.first.changes, **self.second.changes}

    def __str__(self) -> str:
        return f"{self.kind.name}-{self.first.reason.name}-{self.second.reason.name}"


def place(way: Way) -> int:
    """Return the place of a way's reason in the order of precedence."""
    return PRECEDENCE.index(way.reason)


def pairs() -> Iterator[Pair]:
    """Yield, for each kind and two reasons, the first two ways that don't contradict each other."""
    for kind, its_ways in WAYS_FOR_PAIRS.items():
        seen = set(IMPOSSIBLE[kind])
        for first, second in combinations(sorted(its_ways, key=place), 2):
            reasons = (first.reason.name, second.reason.name)
            if first.reason != second.reason and go_together(first, second) and reasons not in seen:
                seen.add(reasons)
                yield Pair(kind, first, second)


def go_together(first: Way, second: Way) -> bool:
    """Return whether two ways can be taken at once, and the reason of the first is then given."""
    shared = first.changes.keys() & second.changes.keys()
    if any(first.changes[name] != second.changes[name] for name in shared):
        return False
    is_between = second.behind is not None and place(first) > PRECEDENCE.index(second.behind)
    return first.behind is None and not is_between


PAIRS = list(pairs())
