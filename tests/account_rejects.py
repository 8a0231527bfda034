"""The ways to earn a reject reason where an engine has accounts, as `reject_ways` tells them.

The market is the one that is told of there, of a LINEAR instrument unless another contract is
named. Account 7, whose every command is unless it is told otherwise, owns much, or is poor: has
nothing left but what its orders require. In debt it has lost more than it has. What is refused
where there are no accounts is refused here too: each of its reasons is told of once more in a pair
with each of the reasons that accounts bring.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

import numpy as np
from banking import ALICE as OTHER
from banking import (
    BTC,
    INVERSE,
    LINEAR,
    SPOT,
    USD,
    deposit,
    instrument,
    set_account,
    set_margin_mode,
    set_mark,
)
from limit_rejects import (
    HAS_LIMIT,
    IN_ITS_CALL,
    LIMIT_FACTS,
    LIMIT_WAYS,
    LIMITS_FOR_PAIRS,
    LIMITS_IMPOSSIBLE,
    NOBODY,
    NOW,
    PEG,
    TRAILING_TO_BOUND,
    enter_before,
    limit_account,
)
from reject_market import mirrored
from reject_pairs import WAYS_FOR_PAIRS, Pair, go_together, place
from reject_ways import (
    ACCEPTED,
    ACCOUNT,
    AT_MARKET,
    BESIDE,
    CALLS,
    FACTS,
    FLAGS,
    ICEBERG,
    MAKER,
    NAMED,
    OF_ACCOUNTS,
    PLAIN,
    POST,
    PROTECTED,
    REDUCING,
    RESTS,
    STOP_LIMITED,
    TERMS,
    TIME,
    UNKNOWN,
    Way,
    of_fields,
    ways,
)
from streams import INT64_MAX, INT64_MIN, command_array

from engine import (
    ADD_MARGIN,
    AT_THE_CLOSE,
    CANCEL,
    DEPOSIT,
    FUND,
    GTC,
    GTD,
    IOC,
    LIMIT,
    LIQUIDATE,
    MARKET,
    MARKET_TO_LIMIT,
    MASS_CANCEL,
    REDUCE,
    REPLACE,
    SET_ACCOUNT,
    SET_LEVERAGE,
    SET_MARGIN_MODE,
    SET_POSITION,
    SET_POSITION_MODE,
    STOP,
    STOP_LIMIT,
    SUBMIT,
    TRANSFER,
    WITHDRAW,
    AccountFlag,
    CancelScope,
    CommandKind,
    FundingAccrual,
    FundingSource,
    MarginMode,
    OrderFlag,
    Phase,
    ReduceOnlyRule,
    RejectReason,
    Side,
    TriggerSource,
    Visibility,
)

R = RejectReason
WEALTH: Final = 2**60
ACCOUNT_FACTS: Final = (
    *("contract", "permissions", "is_poor", "is_in_debt", "is_isolated"),
    *("mark_price", "index_ahead"),
)
ALL_FACTS: Final = {*FACTS, *ACCOUNT_FACTS, *LIMIT_FACTS}
WITH_RECEIVER: Final = {TRANSFER: {"linked_order_id": OTHER}}
BY_BOTH: Final = CancelScope.BY_INSTRUMENT | CancelScope.BY_ACCOUNT

UNKNOWN_ACCOUNT = Way(R.UNKNOWN_ACCOUNT, {"account": NOBODY})
UNKNOWN_CURRENCY = Way(R.UNKNOWN_CURRENCY, {"instrument": 9})
NOT_THE_OWNER = Way(R.NOT_THE_OWNER, {"account": OTHER})
SUSPENDED = Way(R.NOT_PERMITTED, {"permissions": AccountFlag.SUSPENDED})
NO_WITHDRAWALS = Way(R.NOT_PERMITTED, {"permissions": AccountFlag.NO_WITHDRAWALS})
AMOUNTS = ways(R.AMOUNT_OUT_OF_RANGE, {"quantity": 0}, {"quantity": -1}, {"quantity": INT64_MIN})
ISOLATED = {"is_isolated": True, "position": 10}
TAKES_FROM = ways(
    R.INSUFFICIENT_FUNDS,
    {"quantity": INT64_MAX},
    {"is_in_debt": True},
    {"is_poor": True},
    {"is_poor": True, **ISOLATED},
)
OF_TIERS = LINEAR | {"margin_tiers": [(1, 2 * 10**8, 0)]}
FUNDED_TERMS: Final = {
    "funding": FundingAccrual.INDEX,
    "funding_floor": -(10**15),
    "funding_cap": 10**15,
}
FUNDED: Final = LINEAR | FUNDED_TERMS
TOO_VALUABLE: Final = {"mark_price": INT64_MAX, "contract": FUNDED | {"value_factor": 2}}
FUNDABLE: Final = {"contract": FUNDED, "mark_price": 100, "index_ahead": 50}
NEEDED: Final = {ADD_MARGIN: ISOLATED, FUND: FUNDABLE}
"""What the market has to be for a kind to be accepted."""
NO_LIMIT = {**NOW, "PROTECTED": False, "price": 0}
TO_LIMIT = {"order_type": MARKET_TO_LIMIT}
WORTH_MUCH: Final = {
    "contract": LINEAR | {"min_value": 1_600},
    "quantity": 10,
    "REDUCE_ONLY": False,
}
"""The least that an order is worth: what others have, and 10 lots at no price."""
WORTH_LITTLE: Final = {"contract": LINEAR | {"max_value": 100_000}, "quantity": 3_000}
HAS_TRADED: Final = {"position": 5}
"""So the last price is 100."""
OF_BOUNDS: Final = {R.VALUE_TOO_SMALL: WORTH_MUCH, R.VALUE_TOO_LARGE: WORTH_LITTLE}

ACCOUNT_WAYS: dict[CommandKind, list[Way]] = {
    SUBMIT: [
        UNKNOWN_ACCOUNT,
        SUSPENDED,
        Way(R.NOT_PERMITTED, {"permissions": AccountFlag.CLOSE_ONLY, "REDUCE_ONLY": False}),
        *ways(
            R.UNBOUNDED_COST,
            *(
                {**NO_LIMIT, "order_type": order_type, **call}
                for order_type in (MARKET_TO_LIMIT, MARKET)
                for call in (
                    {"time_in_force": AT_THE_CLOSE, "phase": Phase.CONTINUOUS},
                    {"time_in_force": AT_THE_CLOSE, "phase": Phase.CLOSING_CALL},
                    {"time_in_force": GTC, "phase": Phase.OPENING_CALL},
                )
            ),
        ),
        *ways(
            R.VALUE_OVERFLOW,
            {"quantity": 2**62, "order_type": LIMIT},
            {"quantity": 2**62, "order_type": STOP_LIMIT, "trigger_price": 100},
            {"quantity": 2**62, **PROTECTED},
            {"quantity": 2**62, **PROTECTED, "order_type": STOP, "trigger_price": 100},
        ),
        *ways(
            R.VALUE_TOO_SMALL,
            *({**WORTH_MUCH, **order} for order in HAS_LIMIT),
            {**WORTH_MUCH, **AT_MARKET, **HAS_TRADED},
            {**WORTH_MUCH, "order_type": STOP, "trigger_price": 100, "price": 0, **HAS_TRADED},
        ),
        *ways(R.VALUE_TOO_LARGE, *({**WORTH_LITTLE, **order} for order in HAS_LIMIT)),
        *ways(
            R.INSUFFICIENT_FUNDS,
            {"is_poor": True, **NOW, **RESTS},
            {"is_poor": True, **NOW, "order_type": LIMIT, "time_in_force": IOC},
            {"is_poor": True, **NOW, **AT_MARKET, "phase": Phase.CONTINUOUS},
            {"is_poor": True, **NOW, **RESTS, "phase": Phase.OPENING_CALL},
            {"is_poor": True, **NOW, **PROTECTED},
            {"is_in_debt": True, **NOW, **RESTS},
        ),
    ],
    CANCEL: [UNKNOWN_ACCOUNT, NOT_THE_OWNER],
    REPLACE: [
        UNKNOWN_ACCOUNT,
        NOT_THE_OWNER,
        SUSPENDED,
        Way(R.NOT_PERMITTED, {"permissions": AccountFlag.CLOSE_ONLY}),
        *ways(
            R.VALUE_OVERFLOW,
            *({"quantity": 2**62, "named": named} for named in (PLAIN, STOP_LIMITED)),
        ),
        *(
            Way(reason, {**bound, "named": named})
            for reason, bound in OF_BOUNDS.items()
            for named in (PLAIN, STOP_LIMITED)
        ),
        *ways(
            R.INSUFFICIENT_FUNDS,
            {"is_poor": True, "named": PLAIN},
            {"is_in_debt": True, "named": PLAIN},
        ),
    ],
    REDUCE: [UNKNOWN_ACCOUNT, NOT_THE_OWNER],
    MASS_CANCEL: ways(
        R.UNKNOWN_ACCOUNT,
        {"account": NOBODY, "selector": CancelScope.BY_ACCOUNT},
        {"account": NOBODY, "selector": BY_BOTH},
    ),
    SET_POSITION: [Way(R.NOT_WITH_ACCOUNTS, {})],
    SET_ACCOUNT: [
        *of_fields(SET_ACCOUNT),
        *ways(R.AMOUNT_OUT_OF_RANGE, {"quantity": -1}, {"quantity": 256}),
    ],
    DEPOSIT: [
        *of_fields(DEPOSIT),
        UNKNOWN_ACCOUNT,
        UNKNOWN_CURRENCY,
        *AMOUNTS,
        Way(R.AMOUNT_OUT_OF_RANGE, {"quantity": INT64_MAX}),
    ],
    WITHDRAW: [
        *of_fields(WITHDRAW),
        UNKNOWN_ACCOUNT,
        UNKNOWN_CURRENCY,
        NO_WITHDRAWALS,
        *AMOUNTS,
        *TAKES_FROM,
    ],
    TRANSFER: [
        *of_fields(TRANSFER),
        UNKNOWN_ACCOUNT,
        Way(R.UNKNOWN_ACCOUNT, {"linked_order_id": 2**32 + OTHER}),
        UNKNOWN_CURRENCY,
        NO_WITHDRAWALS,
        *AMOUNTS,
        *TAKES_FROM,
    ],
    SET_LEVERAGE: [
        *of_fields(SET_LEVERAGE),
        UNKNOWN,
        UNKNOWN_ACCOUNT,
        *ways(
            R.LEVERAGE_OUT_OF_RANGE,
            {"quantity": 99},
            {"quantity": 1_001},
            {"contract": SPOT},
            {"contract": OF_TIERS, "quantity": 501},
            {"contract": OF_TIERS, "quantity": 501, **ISOLATED},
        ),
        *ways(
            R.INSUFFICIENT_FUNDS,
            {"is_poor": True},
            {"is_in_debt": True},
            {"is_poor": True, **ISOLATED},
        ),
    ],
    **{
        kind: [
            *of_fields(kind),
            UNKNOWN,
            UNKNOWN_ACCOUNT,
            Way(R.MODE_IS_FIXED, {"selector": 1}),
        ]
        for kind in (SET_POSITION_MODE, SET_MARGIN_MODE)
    },
    ADD_MARGIN: [
        *of_fields(ADD_MARGIN),
        *ways(R.MALFORMED, {"side": 0}, {"side": 2}),
        UNKNOWN,
        UNKNOWN_ACCOUNT,
        *ways(
            R.NO_ISOLATED_POSITION,
            {"is_isolated": False, "position": 10},
            {"is_isolated": True, "position": 0},
            {"is_isolated": True, "position": -10},
        ),
        Way(R.AMOUNT_OUT_OF_RANGE, {"quantity": 0, **ISOLATED}),
        *ways(
            R.INSUFFICIENT_FUNDS,
            {"quantity": INT64_MAX, **ISOLATED},
            {"quantity": INT64_MIN, **ISOLATED},
            {"quantity": -1, **ISOLATED},
            {"is_poor": True, "quantity": 20, **ISOLATED},
            {"is_in_debt": True, "is_isolated": True},
        ),
    ],
}
ACCOUNT_WAYS[LIQUIDATE] = [
    *of_fields(LIQUIDATE),
    UNKNOWN_ACCOUNT,
    *ways(R.AMOUNT_OUT_OF_RANGE, {"quantity": -1}, {"quantity": 10**9 + 1}),
]
ACCOUNT_WAYS[FUND] = [
    *of_fields(FUND),
    *ways(
        R.MALFORMED,
        {"price": 1, "selector": FundingSource.COMPUTED},
        {"price": 1, "selector": FundingSource.EVERY},
        {"instrument": 1, "selector": FundingSource.EVERY},
    ),
    UNKNOWN,
    *ways(R.NO_FUNDING, {"contract": LINEAR}, {"contract": SPOT}),
    *ways(
        R.PRICE_UNKNOWN,
        {"contract": FUNDED, "index_ahead": 50, "mark_price": None},
        {"contract": FUNDED, "mark_price": 100},
        {**FUNDABLE, "contract": FUNDED | {"funding_told": 1}},
        {"contract": FUNDED, "mark_price": None, "selector": FundingSource.TOLD},
        {"contract": INVERSE | FUNDED_TERMS, "mark_price": 0, "index_ahead": 50},
    ),
    *ways(
        R.FUNDING_RATE_OUT_OF_RANGE,
        *(
            {"price": rate, "selector": FundingSource.TOLD, "mark_price": 100, "contract": FUNDED}
            for rate in (-(10**15) - 1, 10**15 + 1)
        ),
    ),
    *ways(
        R.VALUE_OVERFLOW,
        {**FUNDABLE, **TOO_VALUABLE},
        {**FUNDABLE, "mark_price": INT64_MAX, "contract": FUNDED | {"funding_cap": INT64_MAX}},
    ),
]
for kind_of_limits, brought_by_limits in LIMIT_WAYS.items():
    ACCOUNT_WAYS.setdefault(kind_of_limits, []).extend(brought_by_limits)
"""What accounts bring, by kind of command."""

FULL: Final = {
    "side_is_full": True,
    "contract": INVERSE | {"value_factor": 1, "initial_rate": 10**9},
}
"""A side that is full has lots that are worth so little that all their values are numbers."""
SHORT_OF_TWO: Final = {"position": -2, "REDUCE_ONLY": True, "rule": ReduceOnlyRule.IMMEDIATE}
HUGE: Final = {"quantity": 2**62}
OUT_OF_BOUNDS: Final = [
    (R.VALUE_TOO_SMALL, {**WORTH_MUCH, "quantity": 9}, R.QUANTITY_TOO_SMALL),
    (R.VALUE_TOO_LARGE, {**WORTH_LITTLE, "quantity": 2**62 + 1}, R.QUANTITY_TOO_LARGE),
    (R.VALUE_TOO_LARGE, {**WORTH_LITTLE, **HUGE}, R.VALUE_OVERFLOW),
]
"""What has few lots, or many, is out of bounds by them as well."""
FOR_PAIRS: dict[CommandKind, list[Way]] = {
    SUBMIT: [
        *ways(
            R.QUANTITY_OVERFLOW,
            {**FULL, **RESTS},
            {**FULL, "order_type": LIMIT, "time_in_force": AT_THE_CLOSE},
            {**FULL, **TO_LIMIT},
        ),
        *ways(
            R.VALUE_OVERFLOW,
            {"quantity": 2**62 + 1, "order_type": LIMIT},
            behind=R.QUANTITY_TOO_LARGE,
        ),
        *ways(R.VALUE_OVERFLOW, {**HUGE, **TRAILING_TO_BOUND}, behind=R.OFFSET_OUT_OF_RANGE),
        *ways(
            R.VALUE_OVERFLOW,
            {**HUGE, "order_type": STOP_LIMIT},
            behind=R.TRIGGER_PRICE_OUT_OF_RANGE,
        ),
        *ways(R.VALUE_OVERFLOW, {**HUGE, **AT_MARKET, "PROTECTED": True, "BUDGET": False}),
        *(
            Way(reason, {**bound, **order}, behind)
            for reason, bound in OF_BOUNDS.items()
            for order, behind in (
                ({**AT_MARKET, "PROTECTED": True, "BUDGET": False}, None),
                (TRAILING_TO_BOUND, R.OFFSET_OUT_OF_RANGE),
                ({"order_type": STOP_LIMIT}, R.TRIGGER_PRICE_OUT_OF_RANGE),
            )
        ),
        Way(
            R.VALUE_TOO_SMALL,
            {**WORTH_MUCH, **PEG, "time_in_force": AT_THE_CLOSE, **HAS_TRADED},
            R.PEG_NEVER_RESTS,
        ),
        *(
            Way(reason, {**changes, "order_type": LIMIT}, behind)
            for reason, changes, behind in OUT_OF_BOUNDS
        ),
        *ways(
            R.UNBOUNDED_COST,
            {**NO_LIMIT, **TO_LIMIT, "time_in_force": GTD, "phase": Phase.OPENING_CALL},
        ),
        *ways(R.BOUND_WITH_LIMIT, {"BUDGET": True, "bound": 100, **TO_LIMIT, "price": 0}),
        *ways(
            R.BUDGET_WITH_ALL_OR_NONE,
            {"BUDGET": True, "ALL_OR_NONE": True, **AT_MARKET, "bound": 10_000},
        ),
        *ways(
            R.NOT_FOR_AUCTIONS,
            {"ALL_OR_NONE": True, "order_type": LIMIT, **IN_ITS_CALL},
        ),
        *ways(R.INSUFFICIENT_FUNDS, {"is_poor": True, **NOW, "order_type": LIMIT, **IN_ITS_CALL}),
        *ways(R.REDUCE_ONLY_NEVER_RESTS, {**SHORT_OF_TWO, **RESTS}),
        *ways(
            R.REDUCE_ONLY_WOULD_INCREASE,
            {**SHORT_OF_TWO, **NOW, "order_type": LIMIT, "time_in_force": IOC},
        ),
    ],
    REPLACE: [
        *(
            Way(reason, {**changes, "named": PLAIN}, behind)
            for reason, changes, behind in OUT_OF_BOUNDS
        ),
        *ways(R.VALUE_TOO_SMALL, {**WORTH_MUCH, "named": POST}),
        *ways(R.VALUE_TOO_LARGE, *({**WORTH_LITTLE, "named": named} for named in (POST, REDUCING))),
        Way(R.VALUE_TOO_LARGE, {**WORTH_LITTLE, **HUGE, "named": ICEBERG}, R.VALUE_OVERFLOW),
        *ways(R.QUANTITY_OVERFLOW, {**FULL, "named": PLAIN, "quantity": 2_000}),
        *ways(
            R.VALUE_OVERFLOW,
            {"quantity": 2**62 + 1, "named": PLAIN},
            behind=R.QUANTITY_TOO_LARGE,
        ),
        *ways(R.VALUE_OVERFLOW, *({**HUGE, "named": named} for named in (ICEBERG, POST, REDUCING))),
        *ways(R.DISPLAY_QUANTITY_OUT_OF_RANGE, {**HUGE, "named": ICEBERG}),
        *ways(
            R.INSUFFICIENT_FUNDS, *({"is_poor": True, "named": named} for named in (ICEBERG, POST))
        ),
    ],
    MASS_CANCEL: ways(R.UNKNOWN_INSTRUMENT, {"selector": BY_BOTH, "instrument": 9}),
    SET_LEVERAGE: ways(
        R.INSUFFICIENT_FUNDS, {"is_poor": True, "quantity": 99}, behind=R.LEVERAGE_OUT_OF_RANGE
    ),
    FUND: [
        *ways(R.PRICE_UNKNOWN, {"mark_price": None}, behind=R.NO_FUNDING),
        Way(
            R.FUNDING_RATE_OUT_OF_RANGE,
            {"price": 10**15 + 1, "selector": FundingSource.TOLD},
            behind=R.PRICE_UNKNOWN,
        ),
        Way(
            R.FUNDING_RATE_OUT_OF_RANGE,
            {"price": 10**15 + 1, "selector": FundingSource.TOLD, **TOO_VALUABLE},
        ),
        Way(R.VALUE_OVERFLOW, {"selector": FundingSource.TOLD, **TOO_VALUABLE}),
    ],
    ADD_MARGIN: [
        *ways(R.AMOUNT_OUT_OF_RANGE, {"quantity": 0}, behind=R.NO_ISOLATED_POSITION),
        *ways(R.INSUFFICIENT_FUNDS, {"quantity": -1}, behind=R.NO_ISOLATED_POSITION),
    ],
}
for kind_of_limits, brought_by_limits in LIMITS_FOR_PAIRS.items():
    FOR_PAIRS[kind_of_limits] += brought_by_limits
"""Ways that are told for pairs alone."""


def account_market(
    make_bank: Any, side: Side, changes: dict[str, Any], *, is_special: bool = False
) -> Any:
    """Return an engine with accounts in the state that the ways are told for."""
    terms = TERMS | {"visibility": Visibility.DARK} if changes.get("is_dark") else TERMS
    terms = terms | ({"static_band": 50_000} if changes.get("reference") else {})
    rule = changes.get("rule")
    terms = terms if rule is None else terms | {"reduce_only_rule": rule}
    is_at_the_end = changes.get("maker_is_at_the_end")
    orders = 1 + (not is_at_the_end) + 2 * bool(changes.get("side_is_full")) + is_special
    limits = {"max_orders": orders} if changes.get("engine_is_full") else {}
    core = make_bank(instrument(changes.get("contract", LINEAR), **terms), **limits)
    for account in (ACCOUNT, OTHER):
        deposit(core, account, {USD: WEALTH, BTC: WEALTH})
    if changes.get("is_isolated"):
        assert set_margin_mode(core, ACCOUNT, MarginMode.ISOLATED) == R.NONE
    book = core.book(0)
    position = 1_000 if changes.get("is_in_debt") else changes.get("position")
    named = changes.get("named") or PLAIN
    if named.get("flags", 0) & OrderFlag.REDUCE_ONLY:
        take_position(book, -20 * side)
    if not is_at_the_end:
        fields = {"price": 100 - 5 * side, "client_order_id": 70} | named
        book.submit(side=side, quantity=20, order_id=NAMED, account=ACCOUNT, **fields)
        book.reduce(NAMED, 16, account=ACCOUNT)
    if position is not None:
        take_position(book, position * side - book.position(ACCOUNT))
    if "DUPLICATE_WINDOW" in changes:
        enter_before(book, side, changes)
    far = -50 if is_at_the_end else 10
    book.submit(Side(-side), 100 + far * side, 30, MAKER, account=OTHER)
    if changes.get("side_is_full"):
        far = 100 - 40 * side
        book.submit(side, far, 2**62, 3, account=OTHER)
        book.submit(side, far, INT64_MAX - 2**62 - 4, 4, account=OTHER)
    if is_special:
        waiting = {"order_type": STOP, "trigger_price": 100, "trigger_source": TriggerSource.INDEX}
        book.submit(Side(-side), 0, 20, BESIDE, account=OTHER, **waiting)
    if changes.get("reference"):
        reference = 100 + side * (changes["reference"] - 100)
        book.set_price(TriggerSource.REFERENCE, reference)
    impoverish(core, side, changes)
    if changes.get("mark_price") is not None:
        book.set_price(TriggerSource.MARK, changes["mark_price"])
    if "index_ahead" in changes:
        book.set_price(TriggerSource.INDEX, 100 + side * changes["index_ahead"])
    if changes.get("phase"):
        book.set_phase(changes["phase"])
    for account in (ACCOUNT, OTHER):
        set_account(core, account, changes.get("permissions", 0))
    limit_account(core, side, changes)
    assert len(core) == orders
    return core


def take_position(book: Any, lots: int) -> None:
    """Let the account trade so many lots with the other, at 100, by orders of 20 at least."""
    if lots == 0:
        return
    side = Side.BUY if lots > 0 else Side.SELL
    quantity = max(abs(lots), 20)
    book.submit(Side(-side), 100, quantity, BESIDE, account=OTHER)
    if quantity > abs(lots):
        book.reduce(BESIDE, quantity - abs(lots), account=OTHER)
    book.submit(side, 100, quantity, account=ACCOUNT, time_in_force=IOC)


def impoverish(core: Any, side: Side, changes: dict[str, Any]) -> None:
    """Take from the account all that it can spare, and let it lose what it has not."""
    if not (changes.get("is_poor") or changes.get("is_in_debt")):
        return
    for currency in (USD, BTC):
        amount = core.balance(ACCOUNT, currency).available
        fields = {"account": ACCOUNT, "instrument": currency, "quantity": amount}
        core.match(command_array({"kind": WITHDRAW, **fields}))
    if changes.get("is_in_debt"):
        set_mark(core, 100 - 49 * side)


def account_command(kind: CommandKind, side: Side, changes: dict[str, Any]) -> np.ndarray:
    """Return the command of a kind that would be accepted, with changes, as an array of one."""
    accepted = {"account": ACCOUNT, **ACCEPTED[kind], **WITH_RECEIVER.get(kind, {})}
    if kind == ADD_MARGIN:
        accepted["side"] = side
    fields = {**mirrored(accepted, side), **mirrored(changes, side)}
    if kind == FUND:  # its price is a rate
        fields = accepted | changes
    flags = sum(flag for name, flag in FLAGS.items() if fields.pop(name, False))
    fields = {name: value for name, value in fields.items() if name not in ALL_FACTS}
    if kind == SUBMIT:
        fields = {"side": side, "flags": flags, **fields}
    return command_array({"kind": kind, "command_id": 5, "timestamp": TIME, **fields})


def with_accounts(kind: CommandKind) -> Iterator[Way]:
    """Yield the ways of a market without accounts that earn the same reason here."""
    for way in WAYS_FOR_PAIRS[kind] if kind not in OF_ACCOUNTS else ():
        changes = {name: value for name, value in way.changes.items() if name != "account"}
        is_another = way.changes.get("account", ACCOUNT) != ACCOUNT
        needs_too_much = {"side_is_full", "named_is_used_up"} & changes.keys()
        is_huge = abs(changes.get("position", 0)) > 1_000
        if not (is_another or needs_too_much or is_huge or _is_unbounded(way)):
            yield way._replace(changes=changes)


def _is_unbounded(way: Way) -> bool:
    """Return whether a later reason would hide behind UNBOUNDED_COST."""
    changes = way.changes
    if place(way) < place(Way(R.UNBOUNDED_COST, {})):
        return False
    is_called = changes.get("phase") in CALLS or changes.get("time_in_force") == AT_THE_CLOSE
    is_at_market = changes.get("order_type") in (MARKET, MARKET_TO_LIMIT)
    return is_called and is_at_market and not changes.get("PROTECTED")


def account_pairs() -> Iterator[Pair]:
    """Yield, for each kind and two reasons of which accounts bring one, the first two ways."""
    for kind, brought in ACCOUNT_WAYS.items():
        reasons = {way.reason for way in brought}
        others = [*FOR_PAIRS.get(kind, []), *with_accounts(kind)]
        every = sorted([*brought, *others], key=place)
        seen = set(ACCOUNT_IMPOSSIBLE[kind])
        for pair in HAND_MADE if kind == SUBMIT else ():
            seen.add((pair.first.reason.name, pair.second.reason.name))
            yield pair
        for first, second in combinations(every, 2):
            names = (first.reason.name, second.reason.name)
            is_new = first.reason != second.reason and {first.reason, second.reason} & reasons
            if is_new and go_together(first, second) and names not in seen:
                seen.add(names)
                yield Pair(kind, first, second)


VALUES_OUT_OF_BOUNDS: Final = ("VALUE_OVERFLOW", "VALUE_TOO_SMALL", "VALUE_TOO_LARGE")
NEVER_OF_BOUNDS: Final = {
    ("QUANTITY_TOO_SMALL", "VALUE_TOO_LARGE"),
    ("QUANTITY_TOO_LARGE", "VALUE_TOO_SMALL"),
    ("VALUE_OVERFLOW", "VALUE_TOO_SMALL"),
    ("VALUE_TOO_SMALL", "VALUE_TOO_LARGE"),
    ("VALUE_TOO_SMALL", "REDUCE_ONLY_WOULD_INCREASE"),
}
ACCOUNT_IMPOSSIBLE: dict[CommandKind, set[tuple[str, str]]] = {kind: set() for kind in ACCOUNT_WAYS}
"""Pairs of reasons that no one command earns, the first of them in front."""
ACCOUNT_IMPOSSIBLE[SUBMIT] = {
    # What has no limit and no worst price has no value, nor a price that is out of bounds.
    *(
        ("UNBOUNDED_COST", second)
        for second in (
            *("PRICE_TOO_LOW", "PRICE_TOO_HIGH", "BOUND_OUT_OF_RANGE", "VALUE_OVERFLOW"),
            *("PRICE_OUTSIDE_BAND", "POST_ONLY_WOULD_TRADE"),
        )
    ),
    ("PROTECTED_WITH_BUDGET", "UNBOUNDED_COST"),
    # A market order that is post-only is INCOMPATIBLE_INSTRUCTIONS, whatever else it is.
    ("POST_ONLY_IN_THE_DARK", "UNBOUNDED_COST"),
    ("POST_ONLY_WITH_MINIMUM", "UNBOUNDED_COST"),
    # It is neither pegged, nor does it wait for a price, nor is it gone at once.
    ("PEG_NEVER_RESTS", "UNBOUNDED_COST"),
    ("UNBOUNDED_COST", "TRIGGER_PRICE_OUT_OF_RANGE"),
    ("UNBOUNDED_COST", "OFFSET_OUT_OF_RANGE"),
    ("LINKED_NEVER_STAYS", "UNBOUNDED_COST"),
    ("UNBOUNDED_COST", "FOK_CANNOT_FILL"),
    ("UNBOUNDED_COST", "MINIMUM_CANNOT_FILL"),
    # Nothing says what it needs.
    ("UNBOUNDED_COST", "INSUFFICIENT_FUNDS"),
    # A pegged order, and one that waits for a price, need nothing and mostly have no limit.
    ("PEG_NEVER_RESTS", "VALUE_OVERFLOW"),
    ("PEG_NEVER_RESTS", "INSUFFICIENT_FUNDS"),
    ("TRIGGER_PRICE_OUT_OF_RANGE", "INSUFFICIENT_FUNDS"),
    ("OFFSET_OUT_OF_RANGE", "INSUFFICIENT_FUNDS"),
    # The value of what has a budget is not bound by a price, or it is PROTECTED_WITH_BUDGET.
    ("BUDGET_WITH_ALL_OR_NONE", "VALUE_OVERFLOW"),
    # Few lots have a small value.
    ("QUANTITY_TOO_SMALL", "VALUE_OVERFLOW"),
    # Not in this market: test_a_value_out_of_bounds_comes_before_a_side_that_overflows.
    *((first, "QUANTITY_OVERFLOW") for first in VALUES_OUT_OF_BOUNDS),
    # What is worth little is not worth much, nor can few lots be, nor many not.
    *NEVER_OF_BOUNDS,
    # What only reduces a position may be worth little.
    ("REDUCE_ONLY_NEVER_RESTS", "VALUE_TOO_SMALL"),
    # Without a limit nothing is worth too much.
    ("PEG_NEVER_RESTS", "VALUE_TOO_LARGE"),
    ("UNBOUNDED_COST", "VALUE_TOO_LARGE"),
    # What has a budget is worth enough without a limit, and has no bound.
    ("BUDGET_WITH_ALL_OR_NONE", "VALUE_TOO_LARGE"),
}
NEVER_OWNER = {
    # Who is not known owns no order: every such command earns both.
    ("UNKNOWN_ACCOUNT", "NOT_THE_OWNER"),
}
ACCOUNT_IMPOSSIBLE[CANCEL] = NEVER_OWNER
ACCOUNT_IMPOSSIBLE[REDUCE] = NEVER_OWNER
ACCOUNT_IMPOSSIBLE[REPLACE] = NEVER_OWNER | {
    # As of a SUBMIT.
    ("QUANTITY_TOO_SMALL", "VALUE_OVERFLOW"),
    *((first, "QUANTITY_OVERFLOW") for first in VALUES_OUT_OF_BOUNDS),
    *NEVER_OF_BOUNDS,
    # Few lots are shown in few parts.
    ("DISPLAY_QUANTITY_OUT_OF_RANGE", "VALUE_TOO_SMALL"),
    # A trigger price is for an order that waits, which needs nothing.
    ("TRIGGER_PRICE_OUT_OF_RANGE", "INSUFFICIENT_FUNDS"),
    # What may not come in needs nothing.
    ("REDUCE_ONLY_WOULD_INCREASE", "INSUFFICIENT_FUNDS"),
}
ACCOUNT_IMPOSSIBLE[FUND] = {
    # Without funding no rate has bounds, and nothing is to be paid; nor is it at no price.
    ("NO_FUNDING", "FUNDING_RATE_OUT_OF_RANGE"),
    ("NO_FUNDING", "VALUE_OVERFLOW"),
    ("PRICE_UNKNOWN", "VALUE_OVERFLOW"),
}

for kind_of_limits, never in LIMITS_IMPOSSIBLE.items():
    ACCOUNT_IMPOSSIBLE[kind_of_limits] = ACCOUNT_IMPOSSIBLE[kind_of_limits] | never

HAND_MADE = [
    # A minimum for each fill, which a call takes, and an order for one by its time does not.
    Pair(
        SUBMIT,
        Way(
            R.UNBOUNDED_COST,
            {**NO_LIMIT, **TO_LIMIT, "time_in_force": GTC, "phase": Phase.OPENING_CALL},
        ),
        Way(R.MINIMUM_QUANTITY_OUT_OF_RANGE, {"minimum_quantity": -1, "MINIMUM_EACH": True}),
    ),
    # The order was accepted before, without a worst price.
    Pair(
        SUBMIT,
        Way(R.VALUE_OVERFLOW, {**HUGE, **PROTECTED}),
        Way(R.DUPLICATE_ORDER, {"DUPLICATE_WINDOW": INT64_MAX}),
    ),
    *(
        Pair(
            SUBMIT,
            Way(reason, {**bound, **PROTECTED}),
            Way(R.DUPLICATE_ORDER, {"DUPLICATE_WINDOW": INT64_MAX}),
        )
        for reason, bound in OF_BOUNDS.items()
    ),
    # Two of its lots may come in, with which the position could turn round.
    *(
        Pair(
            SUBMIT,
            Way(reason, {fact: 0, **NOW}),
            Way(
                R.REDUCE_ONLY_WOULD_INCREASE,
                {**SHORT_OF_TWO, "order_type": LIMIT, "time_in_force": IOC},
            ),
        )
        for fact, reason in (
            ("POSITION", R.POSITION_LIMIT),
            ("NET_EXPOSURE", R.NET_EXPOSURE_LIMIT),
            ("GROSS_EXPOSURE", R.GROSS_EXPOSURE_LIMIT),
        )
    ),
]
"""Pairs of which the first ways that go together earn another reason."""

ACCOUNT_PAIRS = list(account_pairs())
