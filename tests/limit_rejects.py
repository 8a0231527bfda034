"""The ways to earn the reject reasons of limits and switches, as `account_rejects` tells them.

A limit of account 7 has the name of a fact, which says its value. Where there is one of the price,
the mark lies far on the other side; where there is one of the same order again, account 7 has
entered the order before, as far as limits look at it, and canceled it. Trading is on unless it is
disabled, with all orders kept. Where the rate is used up, no account may ask for anything more.
"""

from __future__ import annotations

from typing import Any, Final

from banking import ALICE as OTHER
from banking import BTC, USD, set_limit, set_mark, set_rate, switch_off
from reject_market import mirrored
from reject_ways import (
    ACCEPTED,
    ACCOUNT,
    AT_MARKET,
    BESIDE,
    ICEBERG,
    PLAIN,
    POST,
    PROTECTED,
    REDUCING,
    RESTS,
    STOP_LIMITED,
    TIME,
    UNKNOWN,
    Way,
    of_fields,
    ways,
)
from streams import INT64_MAX, INT64_MIN

from engine import (
    AT_THE_CLOSE,
    CANCEL,
    GTD,
    IOC,
    LIMIT,
    MASS_CANCEL,
    PEG_PRIMARY,
    REDUCE,
    REPLACE,
    SET_DEFAULT_LIMIT,
    SET_LIMIT,
    SET_RATE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    SWITCH,
    TRAILING_STOP,
    TRAILING_STOP_LIMIT,
    CancelScope,
    CommandKind,
    Limit,
    Phase,
    RateLimit,
    RejectReason,
    Side,
    SwitchScope,
)

R = RejectReason
NOBODY: Final = 9
LIMIT_FACTS: Final = ("is_disabled", "rate_is_used_up", *(limit.name for limit in Limit))
NOW = {"ONE_TRIGGERS_OTHER": False}
NO_BOUND = {**NOW, "PROTECTED": False, "BUDGET": False}
PEG = {"order_type": PEG_PRIMARY, "price": 0}
TRAILING_TO_BOUND = {"order_type": TRAILING_STOP, "price": 0, "PROTECTED": True, "bound": 100}
IN_ITS_CALL = {"time_in_force": AT_THE_CLOSE, "phase": Phase.CLOSING_CALL}
DISABLED = Way(R.TRADING_DISABLED, {"is_disabled": True})
USED_UP = {"rate_is_used_up": True}
TOO_OFTEN = Way(R.RATE_LIMITED, USED_UP)
OF_QUANTITY = Way(R.ORDER_QUANTITY_LIMIT, {"ORDER_QUANTITY": 0})
OF_POSITIONS: Final = {
    "POSITION": R.POSITION_LIMIT,
    "NET_EXPOSURE": R.NET_EXPOSURE_LIMIT,
    "GROSS_EXPOSURE": R.GROSS_EXPOSURE_LIMIT,
    "DAILY_LOSS": R.DAILY_LOSS_LIMIT,
    "DRAWDOWN": R.DRAWDOWN_LIMIT,
}
OF_LIMITS: Final = {"ORDER_VALUE": R.ORDER_VALUE_LIMIT, "PRICE_DISTANCE": R.PRICE_TOO_FAR}
"""Those of orders that have a limit."""
HAS_LIMIT: Final[tuple[dict[str, Any], ...]] = (
    {"order_type": LIMIT},
    {"order_type": STOP_LIMIT, "trigger_price": 100},
    PROTECTED,
    PROTECTED | {"order_type": STOP, "trigger_price": 100},
)
COMES_IN: Final[tuple[dict[str, Any], ...]] = (
    {**NOW, **RESTS},
    {**NOW, "order_type": LIMIT, "time_in_force": IOC},
    {**NOW, **AT_MARKET, "phase": Phase.CONTINUOUS},
    {**NOW, **RESTS, "phase": Phase.OPENING_CALL},
    {**NOW, **PROTECTED},
    {**NOW, "order_type": LIMIT, **IN_ITS_CALL},
)
STAYS: Final[tuple[dict[str, Any], ...]] = (
    RESTS,
    {"order_type": STOP, "trigger_price": 100, "price": 0},
    {"order_type": LIMIT, "time_in_force": AT_THE_CLOSE},
    {"order_type": LIMIT, "time_in_force": GTD, "expiry": TIME + 1},
)


def of_limit(kind: CommandKind) -> list[Way]:
    """Return the ways of the two kinds that set a limit."""
    own = [Way(R.UNKNOWN_ACCOUNT, {"account": NOBODY})] if kind == SET_LIMIT else []
    return [
        *of_fields(kind),
        *ways(
            R.MALFORMED,
            *(
                {"selector": limit, "instrument": 1}
                for limit in (Limit.OPEN_ORDERS, Limit.DUPLICATE_WINDOW)
            ),
        ),
        UNKNOWN,
        *own,
        *ways(
            R.UNKNOWN_CURRENCY,
            *(
                {"selector": limit, "instrument": 9}
                for limit in Limit
                if limit.name in OF_POSITIONS and limit != Limit.POSITION
            ),
        ),
        *ways(R.LIMIT_OUT_OF_RANGE, {"quantity": -2}, {"quantity": INT64_MIN}),
    ]


LIMIT_WAYS: dict[CommandKind, list[Way]] = {
    SUBMIT: [
        DISABLED,
        OF_QUANTITY,
        *(
            Way(reason, {fact: 0, **order})
            for fact, reason in OF_LIMITS.items()
            for order in HAS_LIMIT
        ),
        *ways(R.OPEN_ORDERS_LIMIT, *({"OPEN_ORDERS": 0, **order} for order in STAYS)),
        TOO_OFTEN,
        *ways(R.DUPLICATE_ORDER, {"DUPLICATE_WINDOW": INT64_MAX}),
        *(
            Way(reason, {fact: 0, **order})
            for fact, reason in OF_POSITIONS.items()
            for order in COMES_IN
        ),
    ],
    REPLACE: [
        DISABLED,
        OF_QUANTITY,
        TOO_OFTEN,
        *(
            Way(reason, {fact: 0, "named": named})
            for fact, reason in OF_LIMITS.items()
            for named in (PLAIN, STOP_LIMITED)
        ),
        *(Way(reason, {fact: 0, "named": PLAIN}) for fact, reason in OF_POSITIONS.items()),
    ],
    CANCEL: [TOO_OFTEN],
    REDUCE: [TOO_OFTEN],
    MASS_CANCEL: ways(
        R.RATE_LIMITED,
        *(
            {**USED_UP, "selector": CancelScope.BY_ACCOUNT | scope}
            for scope in (CancelScope(0), CancelScope.BY_INSTRUMENT)
        ),
    ),
    SET_LIMIT: of_limit(SET_LIMIT),
    SET_DEFAULT_LIMIT: of_limit(SET_DEFAULT_LIMIT),
    SWITCH: [
        *of_fields(SWITCH),
        *ways(
            R.MALFORMED,
            {"instrument": 1},
            {"self_trade_group": 1},
            {"quantity": 2},
            {"quantity": -1},
            {"quantity": 0, "selector": SwitchScope.KEEP_ORDERS},
            *(
                {"selector": scopes}
                for scopes in (
                    SwitchScope.BY_ACCOUNT | SwitchScope.BY_GROUP,
                    SwitchScope.BY_ACCOUNT | SwitchScope.BY_INSTRUMENT,
                    SwitchScope.BY_GROUP | SwitchScope.BY_INSTRUMENT,
                )
            ),
        ),
        Way(R.UNKNOWN_INSTRUMENT, {"selector": SwitchScope.BY_INSTRUMENT, "instrument": 9}),
        Way(R.UNKNOWN_ACCOUNT, {"selector": SwitchScope.BY_ACCOUNT, "account": NOBODY}),
    ],
    SET_RATE: [
        *of_fields(SET_RATE),
        *ways(R.AMOUNT_OUT_OF_RANGE, {"self_trade_group": 256}, {"self_trade_group": 2**32 - 1}),
        *ways(
            R.LIMIT_OUT_OF_RANGE,
            *({"quantity": value} for value in (-2, 10_000_001, INT64_MIN, INT64_MAX)),
        ),
    ],
}
"""What limits and switches bring, by kind of command."""
LIMITS_FOR_PAIRS: dict[CommandKind, list[Way]] = {
    SUBMIT: [
        *(
            Way(reason, {fact: 0, **NOW, "order_type": LIMIT, "time_in_force": GTD})
            for fact, reason in OF_POSITIONS.items()
        ),
        *(
            Way(reason, {fact: 0, **order}, behind)
            for fact, reason in OF_LIMITS.items()
            for order, behind in (
                ({**AT_MARKET, "PROTECTED": True, "BUDGET": False}, None),
                ({"order_type": STOP_LIMIT}, R.TRIGGER_PRICE_OUT_OF_RANGE),
                (TRAILING_TO_BOUND, R.OFFSET_OUT_OF_RANGE),
            )
        ),
        *(
            Way(R.OPEN_ORDERS_LIMIT, {"OPEN_ORDERS": 0, **order}, behind)
            for order, behind in (
                ({**NO_BOUND, **AT_MARKET, "phase": Phase.OPENING_CALL}, None),
                ({**PEG, "time_in_force": AT_THE_CLOSE}, R.PEG_NEVER_RESTS),
                ({"order_type": STOP, "price": 0}, R.TRIGGER_PRICE_OUT_OF_RANGE),
                ({"order_type": TRAILING_STOP_LIMIT, "price": 0}, R.OFFSET_OUT_OF_RANGE),
            )
        ),
    ],
    REPLACE: [
        *(Way(reason, {fact: 0, "named": REDUCING}) for fact, reason in OF_LIMITS.items()),
        *(
            Way(reason, {fact: 0, "named": named})
            for fact, reason in {**OF_LIMITS, **OF_POSITIONS}.items()
            for named in (ICEBERG, POST)
        ),
    ],
}
"""Ways that are told for pairs alone."""
NAMES_OF_POSITIONS: Final = [reason.name for reason in OF_POSITIONS.values()]
NAMES_OF_LIMITS: Final = [reason.name for reason in OF_LIMITS.values()]
LIMITS_IMPOSSIBLE: dict[CommandKind, set[tuple[str, str]]] = {
    SUBMIT: {
        # What is pegged or unbounded has no limit, and what has a budget no bound of its price.
        *(
            (first, second)
            for first in ("PEG_NEVER_RESTS", "UNBOUNDED_COST", "BUDGET_WITH_ALL_OR_NONE")
            for second in NAMES_OF_LIMITS
        ),
        # What waits, for a price or to be pegged, and what nothing says the need of, is not asked.
        *(
            (first, second)
            for first in (
                *("PEG_NEVER_RESTS", "UNBOUNDED_COST"),
                *("TRIGGER_PRICE_OUT_OF_RANGE", "OFFSET_OUT_OF_RANGE"),
            )
            for second in NAMES_OF_POSITIONS
        ),
        # The order was accepted before, with the same price, trigger price and quantity.
        *(
            (first, "DUPLICATE_ORDER")
            for first in (
                *("PRICE_TOO_LOW", "PRICE_TOO_HIGH", "QUANTITY_TOO_SMALL", "QUANTITY_TOO_LARGE"),
                "TRIGGER_PRICE_OUT_OF_RANGE",
            )
        ),
        # What stays is no one-cancels-other that never does, and of what waits no book is asked.
        ("LINKED_NEVER_STAYS", "OPEN_ORDERS_LIMIT"),
        ("OPEN_ORDERS_LIMIT", "FOK_CANNOT_FILL"),
    },
    REPLACE: {
        # A trigger price is for an order that waits, and what may not come in makes nothing larger.
        *(("TRIGGER_PRICE_OUT_OF_RANGE", second) for second in NAMES_OF_POSITIONS),
        *(
            (first, "REDUCE_ONLY_WOULD_INCREASE")
            for first in ("POSITION_LIMIT", "NET_EXPOSURE_LIMIT", "GROSS_EXPOSURE_LIMIT")
        ),
        ("REDUCE_ONLY_WOULD_INCREASE", "DAILY_LOSS_LIMIT"),
        ("REDUCE_ONLY_WOULD_INCREASE", "DRAWDOWN_LIMIT"),
    },
    # A limit is of an instrument or of a currency.
    SET_LIMIT: {("UNKNOWN_INSTRUMENT", "UNKNOWN_CURRENCY")},
    SET_DEFAULT_LIMIT: {("UNKNOWN_INSTRUMENT", "UNKNOWN_CURRENCY")},
    # A switch is for one thing.
    SWITCH: {("UNKNOWN_INSTRUMENT", "UNKNOWN_ACCOUNT")},
}
"""Pairs of reasons that no one command earns, the first of them in front."""


def limit_account(core: Any, side: Side, changes: dict[str, Any]) -> None:
    """Set the limits of both accounts, and what they look at."""
    if "PRICE_DISTANCE" in changes:
        set_mark(core, 100 - 200 * side)
    for limit in Limit:
        if limit.name not in changes:
            continue
        is_of_currency = limit.name in OF_POSITIONS and limit != Limit.POSITION
        for account in (ACCOUNT, OTHER):
            for of in (USD, BTC) if is_of_currency else (0,):
                assert set_limit(core, account, limit, changes[limit.name], of) == R.NONE
    if changes.get("rate_is_used_up"):
        for limit in (RateLimit.ORDERS_PER_DAY, RateLimit.CANCELS_PER_MINUTE):
            assert set_rate(core, limit, 0) == R.NONE
    if changes.get("is_disabled"):
        switch_off(core, SwitchScope.KEEP_ORDERS)


def enter_before(book: Any, side: Side, changes: dict[str, Any]) -> None:
    """Let account 7 enter the order of the changes, as far as limits look at it, and cancel it."""
    fields = mirrored({**ACCEPTED[SUBMIT], **changes}, side)
    names = ("price", "quantity", "order_type", "trigger_price")
    known = {name: fields[name] for name in names if name in fields}
    if known.get("order_type") in (TRAILING_STOP, TRAILING_STOP_LIMIT):
        known["offset"] = 5
    book.submit(side=side, order_id=BESIDE, account=ACCOUNT, **known)
    if BESIDE in book:
        book.cancel(BESIDE, account=ACCOUNT)
