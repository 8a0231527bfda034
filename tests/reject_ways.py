"""The ways to earn each reject reason: the tables that test_rejects.py goes through.

A way is told for BUY: its fields, its flags by name, and facts of the market. It says all that its
reason needs, so that the reason stays whatever other way, that doesn't contradict it, is added.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from streams import INT64_MAX, INT64_MIN

from engine import (
    ADD_MARGIN,
    ADVANCE_TIME,
    AT_THE_CLOSE,
    AT_THE_OPEN,
    BUY,
    CANCEL,
    COMMAND_DTYPE,
    DAY,
    DEPOSIT,
    FOK,
    FUND,
    GOOD_FOR_AUCTION,
    GTC,
    GTD,
    IOC,
    LIMIT,
    LIMIT_IF_TOUCHED,
    LIQUIDATE,
    MARKET,
    MARKET_IF_TOUCHED,
    MARKET_TO_LIMIT,
    MASS_CANCEL,
    PEG_MARKET,
    PEG_MIDPOINT,
    PEG_PRIMARY,
    REDUCE,
    REPLACE,
    SET_ACCOUNT,
    SET_DEFAULT_LIMIT,
    SET_LEVERAGE,
    SET_LIMIT,
    SET_MARGIN_MODE,
    SET_PHASE,
    SET_POSITION,
    SET_POSITION_MODE,
    SET_PRICE,
    SET_RATE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    SWITCH,
    TRAILING_STOP,
    TRAILING_STOP_LIMIT,
    TRANSFER,
    UNCROSS,
    WITHDRAW,
    CancelScope,
    CommandKind,
    Limit,
    OrderFlag,
    Phase,
    RateLimit,
    ReduceOnlyRule,
    RejectReason,
    SelfTradeMode,
    SwitchScope,
    TriggerSource,
)

# The market: prices from 50 to 150, 10 lots at least, 2^62 at most. Against the side under test
# rests order 1 at 110 (90 for SELL) with 30 lots; on that side, order 2 at 95 (105), reduced to 4
# lots, which the commands name. When the side is full, orders 3 and 4 hold all the other lots that
# it can; when the order named is used up, it has traded nearly as many lots as an order can. The
# instrument is in the phase CONTINUOUS unless another is named, and lit unless it is dark. Where
# there is a reference, a price band reaches a twentieth of that. The account of the order named, 7,
# has the position given, for BUY; the reduce-only rule is SHRINK or the one given. The time is 9.
TERMS = {"min_price": 50, "max_price": 150, "min_quantity": 10, "max_quantity": 2**62}
MAKER, NAMED, ABSENT, BESIDE = 1, 2, 999, 5
ACCOUNT = 7
TIME = 9
FACTS = (
    *("side_is_full", "engine_is_full", "maker_is_at_the_end", "named", "named_is_used_up"),
    *("phase", "is_dark", "reference", "position", "rule"),
)
CALLS = (Phase.PRE_OPEN, Phase.OPENING_CALL, Phase.VOLATILITY_CALL, Phase.CLOSING_CALL)
FLAGS = {flag.name: flag for flag in OrderFlag}

# What the order that the commands name is, besides a limit order: fields of its SUBMIT.
PLAIN: dict[str, int] = {}
POST: Final = {"flags": OrderFlag.POST_ONLY}
ICEBERG: Final = {"display_quantity": 1}
REDUCING: Final = {"flags": OrderFlag.REDUCE_ONLY}
POST_ICEBERG: Final = POST | ICEBERG
STOPPED: Final = {"order_type": STOP, "price": 0, "trigger_price": 100}
STOP_LIMITED: Final = {"order_type": STOP_LIMIT, "trigger_price": 100}
STOP_ICEBERG: Final = STOP_LIMITED | ICEBERG
TOUCHED: Final = {"order_type": LIMIT_IF_TOUCHED, "trigger_price": 100}
TRAILING: Final = {"order_type": TRAILING_STOP, "price": 0, "offset": 5}
TRAILING_LIMITED: Final = {"order_type": TRAILING_STOP_LIMIT, "price": 3, "offset": 5}
PROTECTED_STOP: Final = STOPPED | {"flags": OrderFlag.PROTECTED, "bound": 100}
PEGGED: Final = {"order_type": PEG_MIDPOINT, "price": 0}


class Way(NamedTuple):
    """One way to earn a reason."""

    reason: RejectReason
    changes: dict[str, Any]
    """Fields of the command, its flags by name, and facts of the market. Prices are for BUY."""
    behind: RejectReason | None = None
    """An earlier reason that it earns too, so that it is no use with one that comes between."""


def ways(
    reason: RejectReason, *changes: dict[str, Any], behind: RejectReason | None = None
) -> list[Way]:
    return [Way(reason, change, behind) for change in changes]


ACCEPTED: dict[CommandKind, dict[str, Any]] = {
    SUBMIT: {"price": 100, "quantity": 20},
    CANCEL: {"order_id": NAMED},
    REPLACE: {"order_id": NAMED, "price": 100, "quantity": 20},
    REDUCE: {"order_id": NAMED, "quantity": 1},
    MASS_CANCEL: {"selector": CancelScope.BY_INSTRUMENT},
    SET_PRICE: {"price": 100},
    SET_PHASE: {"selector": Phase.PRE_OPEN},
    UNCROSS: {"phase": Phase.OPENING_CALL},
    SET_POSITION: {"account": ACCOUNT, "quantity": 5},
    SET_ACCOUNT: {"account": ACCOUNT, "quantity": 1},
    DEPOSIT: {"account": ACCOUNT, "quantity": 20},
    WITHDRAW: {"account": ACCOUNT, "quantity": 20},
    TRANSFER: {"account": ACCOUNT, "quantity": 20},
    SET_LEVERAGE: {"account": ACCOUNT, "quantity": 200},
    SET_POSITION_MODE: {"account": ACCOUNT},
    SET_MARGIN_MODE: {"account": ACCOUNT},
    ADD_MARGIN: {"account": ACCOUNT, "side": BUY, "quantity": 20},
    SET_LIMIT: {"account": ACCOUNT, "selector": Limit.POSITION, "quantity": 20},
    SET_DEFAULT_LIMIT: {"account": 0, "selector": Limit.POSITION, "quantity": 20},
    SWITCH: {"account": ACCOUNT, "quantity": 1},
    SET_RATE: {"account": 0, "selector": RateLimit.FACTOR, "quantity": 1},
    FUND: {"account": 0},
    LIQUIDATE: {"account": ACCOUNT},
    ADVANCE_TIME: {},
}
"""A command of each kind that is accepted, and what the market has to be for that.

Those of accounts are where an engine has some: see `account_rejects`.
"""
OF_ACCOUNTS = (
    *(SET_ACCOUNT, DEPOSIT, WITHDRAW, TRANSFER, SET_LEVERAGE),
    *(SET_POSITION_MODE, SET_MARGIN_MODE, ADD_MARGIN),
    *(SET_LIMIT, SET_DEFAULT_LIMIT, SWITCH, SET_RATE, FUND, LIQUIDATE),
)

# -- which fields a kind of command, and a kind of order, takes

FIELDS = COMMAND_DTYPE.names
ORIGIN = {"kind", "account", "timestamp", "command_id"}
OF_AN_ORDER = ORIGIN | {"instrument", "order_id", "side"}
TAKEN = {
    SUBMIT: set(FIELDS) - {"selector"},
    CANCEL: OF_AN_ORDER,
    REPLACE: OF_AN_ORDER | {"price", "quantity", "trigger_price"},
    REDUCE: OF_AN_ORDER | {"quantity"},
    MASS_CANCEL: ORIGIN | {"instrument", "side", "price", "bound", "selector"},
    SET_PRICE: ORIGIN | {"instrument", "price", "trigger_source"},
    SET_PHASE: ORIGIN | {"instrument", "selector"},
    UNCROSS: ORIGIN | {"instrument"},
    SET_POSITION: ORIGIN | {"instrument", "quantity"},
    SET_ACCOUNT: ORIGIN | {"self_trade_group", "quantity", "selector"},
    DEPOSIT: ORIGIN | {"instrument", "quantity"},
    WITHDRAW: ORIGIN | {"instrument", "quantity"},
    TRANSFER: ORIGIN | {"instrument", "quantity", "linked_order_id"},
    SET_LEVERAGE: ORIGIN | {"instrument", "quantity"},
    SET_POSITION_MODE: ORIGIN | {"instrument", "selector"},
    SET_MARGIN_MODE: ORIGIN | {"instrument", "selector"},
    ADD_MARGIN: ORIGIN | {"instrument", "side", "quantity"},
    SET_LIMIT: ORIGIN | {"instrument", "quantity", "selector"},
    SET_DEFAULT_LIMIT: ORIGIN - {"account"} | {"instrument", "quantity", "selector"},
    SWITCH: ORIGIN | {"instrument", "quantity", "selector", "self_trade_group"},
    SET_RATE: ORIGIN - {"account"} | {"quantity", "selector", "self_trade_group"},
    FUND: ORIGIN - {"account"} | {"instrument", "price", "selector"},
    LIQUIDATE: ORIGIN | {"quantity"},
    ADVANCE_TIME: ORIGIN,
}
NOT_TAKEN = {kind: [name for name in FIELDS if name not in TAKEN[kind]] for kind in CommandKind}

ORDERS: Final[dict[str, dict[str, Any]]] = {
    "limit": {},
    "market": {"order_type": MARKET, "price": 0},
    "market to limit": {"order_type": MARKET_TO_LIMIT, "price": 0},
    "stop": {"order_type": STOP, "price": 0, "trigger_price": 100},
    "stop-limit": {"order_type": STOP_LIMIT, "trigger_price": 100},
    "market if touched": {"order_type": MARKET_IF_TOUCHED, "price": 0, "trigger_price": 100},
    "limit if touched": {"order_type": LIMIT_IF_TOUCHED, "trigger_price": 100},
    "trailing stop": {"order_type": TRAILING_STOP, "price": 0, "offset": 5},
    "trailing stop-limit": {"order_type": TRAILING_STOP_LIMIT, "price": 0, "offset": 5},
    "protected": {"order_type": MARKET, "price": 0, "PROTECTED": True, "bound": 100},
    "budget": {"order_type": MARKET, "price": 0, "BUDGET": True, "bound": 100},
    "peg primary": {"order_type": PEG_PRIMARY, "price": 0},
    "peg market": {"order_type": PEG_MARKET, "price": 0},
    "peg midpoint": {"order_type": PEG_MIDPOINT, "price": 0},
    "protected peg": {"order_type": PEG_PRIMARY, "price": 0, "PROTECTED": True, "bound": 100},
    "good till date": {"time_in_force": GTD, "expiry": TIME + 1},
    "day": {"time_in_force": DAY},
    "at the close": {"time_in_force": AT_THE_CLOSE},
    "good for auction": {"time_in_force": GOOD_FOR_AUCTION},
    "reduce-only": {"REDUCE_ONLY": True, "account": ACCOUNT, "position": -20},
    "one cancels other": {"ONE_CANCELS_OTHER": True, "linked_order_id": MAKER},
    "one triggers other": {"ONE_TRIGGERS_OTHER": True, "linked_order_id": MAKER},
}
"""A SUBMIT of each kind of order that would be accepted."""
CONDITIONAL_ORDERS = [name for name in ORDERS if "stop" in name or "touched" in name]
PEGGED_ORDERS = [name for name in ORDERS if "peg" in name]
LINKED_ORDERS = ["one cancels other", "one triggers other"]
TAKERS = {
    "price": [
        *("limit", "stop-limit", "limit if touched", "trailing stop-limit"),
        *("good till date", "day", "at the close", "good for auction", "reduce-only"),
        *LINKED_ORDERS,
    ],
    "trigger_price": CONDITIONAL_ORDERS,
    "trigger_source": CONDITIONAL_ORDERS,
    "offset": ["trailing stop", "trailing stop-limit", *PEGGED_ORDERS],
    "bound": ["protected", "budget", "protected peg"],
    "expiry": ["good till date"],
    "linked_order_id": LINKED_ORDERS,
}
"""The kinds of order that take a field; the others must leave it zero."""
FIELDS_OF_ORDERS = [(name, field) for field in TAKERS for name in ORDERS]
NOT_OF_ORDERS = [(name, field) for name, field in FIELDS_OF_ORDERS if name not in TAKERS[field]]

# -- the ways

UNKNOWN = Way(RejectReason.UNKNOWN_INSTRUMENT, {"instrument": 9})
ABSENT_ORDER = Way(RejectReason.UNKNOWN_ORDER, {"order_id": ABSENT})
QUANTITIES = [
    Way(RejectReason.QUANTITY_TOO_SMALL, {"quantity": 9}),
    Way(RejectReason.QUANTITY_TOO_LARGE, {"quantity": 2**62 + 1}),
]
RESTS = {"time_in_force": GTC, "order_type": LIMIT}
RESTS_FOR_A_TIME = {"time_in_force": GTD, "order_type": LIMIT, "expiry": TIME + 1}
AT_MARKET = {"order_type": MARKET, "price": 0}
WITH_STOP = ORDERS["stop"]
WITH_STOP_LIMIT = {"order_type": STOP_LIMIT, "trigger_price": 100, "price": 100}
PROTECTED = ORDERS["protected"]
BUDGET = ORDERS["budget"]
TRAILS = ORDERS["trailing stop"]
PEGS = [ORDERS[name] for name in ("peg primary", "peg market", "peg midpoint")]
PROTECTED_PEG = ORDERS["protected peg"]
NOT_LINKED = {"ONE_CANCELS_OTHER": False, "ONE_TRIGGERS_OTHER": False}
MALFORMED_ORDERS = [
    {"selector": 1},
    *(
        {**ORDERS[name], field: 1} | (NOT_LINKED if field == "linked_order_id" else {})
        for name, field in NOT_OF_ORDERS
    ),
    *(
        {**ORDERS[name], "trigger_source": source}
        for source in (TriggerSource.REFERENCE, TriggerSource.BID, TriggerSource.OFFER)
        for name in CONDITIONAL_ORDERS
    ),
]

LIT = {"is_dark": False}
"""Where a minimum quantity is for the entry."""
AT_ONCE = {"ONE_TRIGGERS_OTHER": False, "phase": Phase.CONTINUOUS}
"""What has to be so that the book is asked about an order, which doesn't wait for a price."""


def at_once(
    reason: RejectReason, *changes: dict[str, Any], behind: RejectReason | None = None
) -> list[Way]:
    return ways(reason, *(AT_ONCE | change for change in changes), behind=behind)


NOT_TAKING = (Phase.HALT, Phase.CLOSED)

LINKS = ways(
    RejectReason.UNKNOWN_LINKED_ORDER,
    *(
        {"ONE_CANCELS_OTHER": True, "ONE_TRIGGERS_OTHER": False, "linked_order_id": order_id}
        for order_id in (ABSENT, 0)
    ),
    *(
        {flag: True, "linked_order_id": order_id, "order_id": order_id}
        for flag in ("ONE_CANCELS_OTHER", "ONE_TRIGGERS_OTHER")
        for order_id in (0, ABSENT)
    ),
    {"ONE_CANCELS_OTHER": True, "ONE_TRIGGERS_OTHER": True, "linked_order_id": 0},
)
IN_A_CALL = {"order_type": LIMIT, "ONE_TRIGGERS_OTHER": False}
PHASES = ways(
    RejectReason.NOT_IN_THIS_PHASE,
    *({"phase": phase} for phase in NOT_TAKING),
    *(
        {"phase": phase, "time_in_force": AT_THE_OPEN}
        for phase in Phase
        if phase not in (Phase.PRE_OPEN, Phase.OPENING_CALL)
    ),
    *(
        {"phase": phase, "time_in_force": time, **IN_A_CALL}
        for phase in CALLS
        for time in (IOC, FOK)
    ),
    *(
        {"phase": phase, "time_in_force": GTC, **instruction, **IN_A_CALL}
        for phase in CALLS
        for instruction in (
            {"POST_ONLY": True},
            {"minimum_quantity": 10, "MINIMUM_EACH": False, "is_dark": False},
        )
    ),
    *({"phase": phase, "time_in_force": GTC, **IN_A_CALL, **BUDGET} for phase in CALLS),
    *(
        {"phase": phase, "time_in_force": GOOD_FOR_AUCTION, **IN_A_CALL, **BUDGET}
        for phase in CALLS
    ),
    *(
        {"phase": phase, "time_in_force": time_in_force, **peg}
        for phase in CALLS
        for time_in_force in (GTC, GOOD_FOR_AUCTION)
        for peg in PEGS
    ),
)

AUCTIONS = (
    {"time_in_force": AT_THE_CLOSE},
    {"time_in_force": GOOD_FOR_AUCTION},
    {"time_in_force": AT_THE_OPEN, "phase": Phase.PRE_OPEN},
)
"""For an auction, in a phase that takes it."""
LINKED = {"ONE_CANCELS_OTHER": True, "ONE_TRIGGERS_OTHER": False, "linked_order_id": MAKER}
IMMEDIATE = {"REDUCE_ONLY": True, "rule": ReduceOnlyRule.IMMEDIATE}
INSTRUCTIONS = [
    *ways(
        RejectReason.INCOMPATIBLE_INSTRUCTIONS,
        {"POST_ONLY": True, "time_in_force": IOC},
        {"POST_ONLY": True, "time_in_force": FOK},
        *({"POST_ONLY": True, **order} for order in (AT_MARKET, WITH_STOP, PROTECTED, BUDGET)),
        {"POST_ONLY": True, "order_type": MARKET_TO_LIMIT, "price": 0},
        {"POST_ONLY": True, **TRAILS},
        *({"POST_ONLY": True, **peg} for peg in PEGS),
    ),
    *ways(
        RejectReason.SLIDE_WITHOUT_POST_ONLY,
        {"SLIDE": True, "POST_ONLY": False},
    ),
    *ways(
        RejectReason.POST_ONLY_IN_THE_DARK,
        {"POST_ONLY": True, "is_dark": True},
        {"POST_ONLY": True, "SLIDE": True, "is_dark": True, **WITH_STOP_LIMIT},
    ),
    *ways(
        RejectReason.DISPLAY_NEVER_RESTS,
        *({"HIDDEN": True, "time_in_force": time} for time in (IOC, FOK)),
        *({"display_quantity": 10, "time_in_force": time} for time in (IOC, FOK)),
        *(
            {"HIDDEN": True, "PROTECTED": False, **order}
            for order in (AT_MARKET, WITH_STOP, BUDGET, TRAILS)
        ),
        {"display_quantity": 10, "PROTECTED": False, **AT_MARKET},
    ),
    *ways(
        RejectReason.DISPLAY_IN_THE_DARK,
        {"display_quantity": 10, "is_dark": True},
        {"display_quantity": -1, "is_dark": True},
        {"display_quantity": 10, "is_dark": True, **WITH_STOP_LIMIT},
    ),
    *ways(RejectReason.HIDDEN_WITH_DISPLAY, {"HIDDEN": True, "display_quantity": 10}),
    *ways(RejectReason.ALL_OR_NONE_WITH_DISPLAY, {"ALL_OR_NONE": True, "display_quantity": 10}),
    *ways(
        RejectReason.ALL_OR_NONE_WITH_MINIMUM,
        {"ALL_OR_NONE": True, "minimum_quantity": 10},
        {"time_in_force": FOK, "minimum_quantity": 10},
    ),
    *ways(
        RejectReason.POST_ONLY_WITH_MINIMUM,
        {"POST_ONLY": True, "minimum_quantity": 10, "MINIMUM_EACH": False, "is_dark": False},
    ),
    *ways(
        RejectReason.MINIMUM_EACH_WITHOUT_MINIMUM,
        {"MINIMUM_EACH": True, "minimum_quantity": 0},
    ),
    *ways(
        RejectReason.MINIMUM_EACH_WITH_DISPLAY,
        {"MINIMUM_EACH": True, "minimum_quantity": 10, "display_quantity": 10},
    ),
    *ways(
        RejectReason.BOUND_WITH_LIMIT,
        *({flag: True, "bound": 100, "order_type": LIMIT} for flag in ("PROTECTED", "BUDGET")),
        *({flag: True, "bound": 100, **WITH_STOP_LIMIT} for flag in ("PROTECTED", "BUDGET")),
        {"PROTECTED": True, "bound": 100, "order_type": MARKET_TO_LIMIT, "price": 0},
        {"BUDGET": True, "bound": 100, **ORDERS["trailing stop-limit"]},
        {"PROTECTED": True, "bound": 100, **ORDERS["limit if touched"]},
        *({"BUDGET": True, "bound": 100, **peg} for peg in (*PEGS, PROTECTED_PEG)),
    ),
    *ways(
        RejectReason.PROTECTED_WITH_BUDGET,
        *({"BUDGET": True, **order} for order in (PROTECTED, PROTECTED | WITH_STOP)),
    ),
    *ways(
        RejectReason.BUDGET_WITH_ALL_OR_NONE,
        {"ALL_OR_NONE": True, **BUDGET},
        {"time_in_force": FOK, **BUDGET},
        {"time_in_force": FOK, **BUDGET, **WITH_STOP},
    ),
    *ways(
        RejectReason.TRAIL_RATE_WITHOUT_TRAIL,
        {"TRAIL_RATE": True, "order_type": LIMIT},
        *({"TRAIL_RATE": True, **order} for order in (AT_MARKET, WITH_STOP, WITH_STOP_LIMIT)),
        {"TRAIL_RATE": True, "order_type": MARKET_TO_LIMIT, "price": 0},
        *({"TRAIL_RATE": True, **peg} for peg in PEGS),
    ),
    *ways(
        RejectReason.GROUP_WITHOUT_MODE,
        *({"self_trade_group": group, "self_trade_mode": 0} for group in (1, 2**32 - 1)),
    ),
    *ways(
        RejectReason.PEG_NEVER_RESTS,
        *({**auction, **peg} for auction in AUCTIONS for peg in PEGS),
        *({"time_in_force": time, **peg} for time in (IOC, FOK) for peg in PEGS),
        *({"time_in_force": time, **PROTECTED_PEG} for time in (AT_THE_CLOSE, IOC)),
    ),
    *ways(
        RejectReason.NOT_FOR_AUCTIONS,
        *(
            {**auction, **instruction}
            for auction in AUCTIONS
            for instruction in (
                {"ALL_OR_NONE": True, "minimum_quantity": 0, "display_quantity": 0},
                {"POST_ONLY": True, "order_type": LIMIT, "minimum_quantity": 0, "is_dark": False},
                {"minimum_quantity": 10},
                {"minimum_quantity": 10, "MINIMUM_EACH": True},
                BUDGET,
                {"ALL_OR_NONE": True, **WITH_STOP},
            )
        ),
    ),
    *ways(
        RejectReason.LINKED_NEVER_STAYS,
        *(
            {**LINKED, "order_type": LIMIT, "time_in_force": time_in_force}
            for time_in_force in (IOC, FOK)
        ),
        {**LINKED, **AT_MARKET, "PROTECTED": False, "time_in_force": GTC, **AT_ONCE},
        {**LINKED, **AT_MARKET, "time_in_force": IOC},
        {**LINKED, **PROTECTED, "time_in_force": IOC},
        {**LINKED, **BUDGET, "time_in_force": GTC, **AT_ONCE},
    ),
    *ways(
        RejectReason.REDUCE_ONLY_NEVER_RESTS,
        *(
            {**IMMEDIATE, **order}
            for order in (
                RESTS,
                {"order_type": MARKET_TO_LIMIT, "price": 0, "time_in_force": GTC},
                {**WITH_STOP_LIMIT, "time_in_force": GTC},
                {**PROTECTED, "BUDGET": False, "time_in_force": GTC},
                {**PROTECTED, **WITH_STOP, "BUDGET": False, "time_in_force": GTC},
                *({**peg, "time_in_force": GTC} for peg in PEGS),
            )
        ),
        {
            **IMMEDIATE,
            **AT_MARKET,
            **NOT_LINKED,
            "BUDGET": False,
            "PROTECTED": False,
            "time_in_force": GTC,
            "phase": Phase.OPENING_CALL,
        },
        {**IMMEDIATE, "time_in_force": AT_THE_CLOSE},
    ),
]
"""What contradicts itself; on none of these is the book asked."""

NUMBERS = [
    *ways(
        RejectReason.PRICE_TOO_LOW,
        {"price": 49, "order_type": LIMIT},
        {**WITH_STOP_LIMIT, "price": 49},
        {**ORDERS["limit if touched"], "price": 49},
    ),
    *ways(
        RejectReason.PRICE_TOO_HIGH,
        {"price": 151, "order_type": LIMIT},
        {**WITH_STOP_LIMIT, "price": 151},
    ),
    *QUANTITIES,
    *ways(
        RejectReason.TRIGGER_PRICE_OUT_OF_RANGE,
        *({"order_type": STOP_LIMIT, "trigger_price": price} for price in (49, 151, 0)),
        *({**WITH_STOP, "trigger_price": price} for price in (49, 151, 0)),
        *({**TRAILS, "trigger_price": price} for price in (49, 151)),
    ),
    *ways(
        RejectReason.DISPLAY_QUANTITY_OUT_OF_RANGE,
        {"display_quantity": -1},
        {"display_quantity": 21, "quantity": 20},
        {"display_quantity": 1, "quantity": 10_001},
        {"display_quantity": 2**62 // 10_000, "quantity": 2**62},
    ),
    *ways(
        RejectReason.MINIMUM_QUANTITY_OUT_OF_RANGE,
        {"minimum_quantity": -1},
        {"minimum_quantity": 21, "quantity": 20},
    ),
    *ways(
        RejectReason.OFFSET_OUT_OF_RANGE,
        *({**ORDERS["trailing stop-limit"], "offset": offset} for offset in (0, -1)),
        *({**TRAILS, "offset": offset} for offset in (0, -1)),
        {**TRAILS, "TRAIL_RATE": True, "offset": 1_000_000},
    ),
    *ways(
        RejectReason.BOUND_OUT_OF_RANGE,
        *({**PROTECTED, "bound": bound} for bound in (49, 151, 0)),
        *({**BUDGET, "bound": bound} for bound in (0, -1)),
        {**PROTECTED, **WITH_STOP, "bound": 49},
        {**PROTECTED, **TRAILS, "bound": 49},
        *({**PROTECTED_PEG, "BUDGET": False, "bound": bound} for bound in (49, 151, 0)),
    ),
    *ways(
        RejectReason.EXPIRY_PASSED,
        *({"time_in_force": GTD, "expiry": expiry} for expiry in (TIME, TIME - 1, 0)),
    ),
]
"""Numbers of a SUBMIT outside their bounds."""

STAYING = [
    RESTS,
    RESTS_FOR_A_TIME,
    WITH_STOP,
    {**WITH_STOP, "time_in_force": IOC},
    TRAILS,
    {"order_type": MARKET_TO_LIMIT, "price": 0, "time_in_force": GTC},
    {**PROTECTED, "time_in_force": GTC, "BUDGET": False},
    {**AT_MARKET, "BUDGET": False, "time_in_force": GTC, "phase": Phase.OPENING_CALL},
    {**AT_MARKET, "time_in_force": AT_THE_CLOSE},
    {"order_type": LIMIT, "time_in_force": DAY},
    {"time_in_force": IOC, "ONE_TRIGGERS_OTHER": True, "linked_order_id": MAKER},
    *({**peg, "time_in_force": GTC} for peg in PEGS),
]
OUTSIDE = {"reference": 40, "order_type": LIMIT}
OUTSIDE_NAMED = {"reference": 40, "phase": Phase.CONTINUOUS}
HUGER = {"position": INT64_MAX - 19, "quantity": 20}
HUGE = {"account": ACCOUNT, "position": INT64_MAX - 4}
REDUCES = {"REDUCE_ONLY": True, "account": ACCOUNT, "ONE_TRIGGERS_OTHER": False}
ROOM_AND_BOOK = [
    *ways(
        RejectReason.QUANTITY_OVERFLOW,
        *({**HUGE, **order} for order in ({}, {"time_in_force": IOC}, AT_MARKET)),
        *({"side_is_full": True, **order} for order in STAYING),
    ),
    *ways(RejectReason.TOO_MANY_ORDERS, *({"engine_is_full": True, **order} for order in STAYING)),
    *ways(
        RejectReason.REDUCE_ONLY_WOULD_INCREASE,
        *(
            {**REDUCES, "position": lots, **order}
            for lots in (0, 5)
            for order in (
                RESTS,
                {**RESTS, "time_in_force": IOC},
                {**AT_MARKET, "time_in_force": GTC},
            )
        ),
        {**REDUCES, "account": 9, **RESTS},  # of whom no position is known
        {**REDUCES, "position": -4, "named": REDUCING, **RESTS},  # which is all spoken for
        {**REDUCES, "position": 0, **RESTS, "phase": Phase.OPENING_CALL},
        {**REDUCES, "position": 0, **AUCTIONS[2], "order_type": LIMIT},
        {**REDUCES, "position": -8, "rule": ReduceOnlyRule.CANCEL, **RESTS},
        *(
            {**REDUCES, "position": -8, "rule": ReduceOnlyRule.IMMEDIATE, **order}
            for order in ({**RESTS, "time_in_force": time} for time in (IOC, FOK))
        ),
    ),
    *at_once(
        RejectReason.PRICE_OUTSIDE_BAND,
        *({**OUTSIDE, "time_in_force": time} for time in (GTC, IOC, FOK, DAY)),
        {**OUTSIDE, "time_in_force": GTD, "expiry": TIME + 1},
    ),
    *at_once(
        RejectReason.POST_ONLY_WOULD_TRADE,
        {"POST_ONLY": True, "SLIDE": False, "price": 110, **RESTS},
        {"POST_ONLY": True, "SLIDE": False, "price": 110, **RESTS_FOR_A_TIME},
        {"POST_ONLY": True, "SLIDE": True, "maker_is_at_the_end": True, **RESTS},
        {"POST_ONLY": True, "ALL_OR_NONE": True, "quantity": 30, "price": 110, **RESTS},
    ),
    *at_once(
        RejectReason.FOK_CANNOT_FILL,
        {"time_in_force": FOK},
        {"time_in_force": FOK, "quantity": 31},
        {"time_in_force": FOK, **AT_MARKET, "quantity": 31},
        {"time_in_force": FOK, "order_type": MARKET_TO_LIMIT, "price": 0, "quantity": 31},
        {"time_in_force": FOK, **PROTECTED},
        {"time_in_force": IOC, "ALL_OR_NONE": True},
        {
            "ALL_OR_NONE": True,
            **AT_MARKET,
            "quantity": 31,
            "PROTECTED": False,
            "time_in_force": GTC,
        },
        *(
            {"time_in_force": FOK, "price": 110, "self_trade_mode": mode}
            for mode in SelfTradeMode
            if mode != SelfTradeMode.NONE
        ),
    ),
    *at_once(
        RejectReason.MINIMUM_CANNOT_FILL,
        *(
            {"minimum_quantity": 10, "time_in_force": time_in_force, **LIT}
            for time_in_force in (GTC, IOC, DAY)
        ),
        {"minimum_quantity": 10, "time_in_force": GTD, "expiry": TIME + 1, **LIT},
        {"minimum_quantity": 31, "quantity": 40, "price": 110, "time_in_force": GTC, **LIT},
        {"minimum_quantity": 31, "quantity": 40, **AT_MARKET, "time_in_force": GTC, **LIT},
        {
            "minimum_quantity": 31,
            "quantity": 40,
            "order_type": MARKET_TO_LIMIT,
            "price": 0,
            "time_in_force": GTC,
            **LIT,
        },
        *(
            {"minimum_quantity": 10, "time_in_force": GTC, **order, **LIT}
            for order in (PROTECTED, BUDGET)
        ),
        {
            "minimum_quantity": 10,
            "price": 110,
            "time_in_force": GTC,
            "self_trade_mode": SelfTradeMode.CANCEL_OLDEST,
            **LIT,
        },
    ),
]
"""What only the engine's room and the book refuse."""

SCOPES = [
    {"selector": CancelScope.BY_SIDE, "side": 0},
    {"selector": CancelScope.BY_SIDE, "side": 77},
    {"selector": CancelScope.BY_INSTRUMENT, "price": 1},
    {"selector": CancelScope.BY_INSTRUMENT, "bound": 1},
    {"selector": 0, "price": 1},
    {"selector": 0, "instrument": 1},
    {"selector": CancelScope.BY_ACCOUNT, "instrument": 9},
]
"""What the scope of a MASS_CANCEL leaves out, or names without a value."""


def of_fields(kind: CommandKind) -> list[Way]:
    """Return the ways in which one field makes a kind of command malformed."""
    return ways(RejectReason.MALFORMED, *({name: 1} for name in NOT_TAKEN[kind]))


WAYS: dict[CommandKind, list[Way]] = {
    SUBMIT: [
        *ways(RejectReason.MALFORMED, *MALFORMED_ORDERS),
        UNKNOWN,
        Way(RejectReason.DUPLICATE_ORDER_ID, {"order_id": MAKER}),
        *LINKS,
        *PHASES,
        *INSTRUCTIONS,
        *NUMBERS,
        *ROOM_AND_BOOK,
    ],
    CANCEL: [*of_fields(CANCEL), UNKNOWN, ABSENT_ORDER],
    REPLACE: [
        *of_fields(REPLACE),
        UNKNOWN,
        ABSENT_ORDER,
        *ways(
            RejectReason.NOT_IN_THIS_PHASE,
            *({"phase": phase} for phase in NOT_TAKING),
            *({"phase": phase, "named": STOPPED, "price": 0} for phase in NOT_TAKING),
        ),
        *ways(
            RejectReason.NOT_OF_THIS_ORDER,
            {"named": PLAIN, "trigger_price": 100},
            *({"named": named, "price": 100} for named in (STOPPED, TRAILING, PROTECTED_STOP)),
            *(
                {"named": named, "trigger_price": 100, "price": 0}
                for named in (TRAILING, TRAILING_LIMITED)
            ),
            {"named": ICEBERG, "trigger_price": 100},
            {"named": POST, "trigger_price": 100},
            {"named": PEGGED, "price": 100},
            {"named": PEGGED, "price": 0, "trigger_price": 100},
        ),
        *ways(
            RejectReason.PRICE_TOO_LOW,
            *({"named": named, "price": 49} for named in (PLAIN, STOP_LIMITED, TOUCHED)),
        ),
        *ways(
            RejectReason.PRICE_TOO_HIGH,
            *({"named": named, "price": 151} for named in (PLAIN, STOP_LIMITED, TOUCHED)),
        ),
        *QUANTITIES,
        *ways(
            RejectReason.TRIGGER_PRICE_OUT_OF_RANGE,
            *({"named": STOP_LIMITED, "trigger_price": price} for price in (49, 151, -100)),
            *({"named": STOPPED, "trigger_price": price, "price": 0} for price in (49, 151)),
        ),
        *ways(
            RejectReason.DISPLAY_QUANTITY_OUT_OF_RANGE,
            *({"named": named, "quantity": 10_001} for named in (ICEBERG, STOP_ICEBERG)),
        ),
        *ways(
            RejectReason.QUANTITY_OVERFLOW,
            {"side_is_full": True},
            {"side_is_full": True, "named": STOP_LIMITED},
            {"side_is_full": True, "named": ICEBERG},
            *({"named_is_used_up": True, "named": named} for named in (PLAIN, POST)),
            *(HUGER | {"named": named} for named in (PLAIN, STOP_LIMITED)),
        ),
        *ways(
            RejectReason.REDUCE_ONLY_WOULD_INCREASE,
            {"named": REDUCING, "position": -5, "rule": ReduceOnlyRule.CANCEL},
        ),
        *ways(
            RejectReason.PRICE_OUTSIDE_BAND,
            *({**OUTSIDE_NAMED, "named": named} for named in (PLAIN, POST, ICEBERG)),
            {**OUTSIDE_NAMED, "named": REDUCING, "position": -5},
        ),
        Way(
            RejectReason.POST_ONLY_WOULD_TRADE,
            {"named": POST, "price": 110, "phase": Phase.CONTINUOUS},
        ),
    ],
    REDUCE: [
        *of_fields(REDUCE),
        UNKNOWN,
        ABSENT_ORDER,
        Way(RejectReason.QUANTITY_TOO_SMALL, {"quantity": 0}),
        Way(RejectReason.QUANTITY_TOO_SMALL, {"quantity": -1}),
        Way(RejectReason.QUANTITY_TOO_SMALL, {"quantity": 0, "named": STOPPED}),
    ],
    MASS_CANCEL: [
        *of_fields(MASS_CANCEL),
        *ways(RejectReason.MALFORMED, *SCOPES),
        Way(
            RejectReason.UNKNOWN_INSTRUMENT,
            {"selector": CancelScope.BY_INSTRUMENT, "instrument": 9},
        ),
    ],
    SET_PRICE: [*of_fields(SET_PRICE), UNKNOWN],
    SET_PHASE: [*of_fields(SET_PHASE), UNKNOWN],
    UNCROSS: [
        *of_fields(UNCROSS),
        UNKNOWN,
        *ways(
            RejectReason.NOT_IN_THIS_PHASE,
            *({"phase": phase} for phase in Phase if phase not in CALLS),
        ),
    ],
    SET_POSITION: [
        *of_fields(SET_POSITION),
        UNKNOWN,
        Way(RejectReason.QUANTITY_TOO_LARGE, {"quantity": INT64_MIN}),
        Way(RejectReason.QUANTITY_OVERFLOW, {"quantity": INT64_MAX - 3}),
    ],
    **{
        kind: [*of_fields(kind), Way(RejectReason.UNKNOWN_ACCOUNT, {})]
        for kind in (SET_ACCOUNT, DEPOSIT, WITHDRAW, TRANSFER, SET_RATE, LIQUIDATE)
    },
    **{
        kind: [*of_fields(kind), UNKNOWN, Way(RejectReason.UNKNOWN_ACCOUNT, {})]
        for kind in (
            *(SET_LEVERAGE, SET_POSITION_MODE, SET_MARGIN_MODE, ADD_MARGIN),
            *(SET_LIMIT, SET_DEFAULT_LIMIT),
        )
    },
    SWITCH: [
        *of_fields(SWITCH),
        Way(
            RejectReason.UNKNOWN_INSTRUMENT,
            {"selector": SwitchScope.BY_INSTRUMENT, "instrument": 9},
        ),
        Way(RejectReason.UNKNOWN_ACCOUNT, {}),
    ],
    FUND: [*of_fields(FUND), UNKNOWN, Way(RejectReason.NO_FUNDING, {})],
    ADVANCE_TIME: of_fields(ADVANCE_TIME),
}
