"""The engine and the commands that the ways to earn a reject reason are told of."""

from __future__ import annotations

from typing import Any

import numpy as np
from reject_ways import ACCEPTED, ACCOUNT, BESIDE, FACTS, FLAGS, MAKER, NAMED, PLAIN, TERMS, TIME
from streams import INT64_MAX, INT64_MIN, command_array

from engine import (
    BUY,
    IOC,
    SET_POSITION,
    STOP,
    SUBMIT,
    CommandKind,
    OrderFlag,
    RejectReason,
    Side,
    TriggerSource,
    Visibility,
)


def mirrored(changes: dict[str, Any], side: Side) -> dict[str, Any]:
    """Return changes for a side: told for BUY, prices are mirrored at 100 for SELL."""
    if side == BUY or not changes.get("price"):
        return changes
    return {**changes, "price": 200 - changes["price"]}


def mirrored_reason(reason: RejectReason, side: Side) -> RejectReason:
    low, high = RejectReason.PRICE_TOO_LOW, RejectReason.PRICE_TOO_HIGH
    return reason if side == BUY else {low: high, high: low}.get(reason, reason)


def market(make_core: Any, side: Side, changes: dict[str, Any], *, is_special: bool = False) -> Any:
    """Return an engine in the state that the ways are told for.

    A special market has a stop order beside the others that waits on the other side.
    """
    side_is_full, engine_is_full, is_at_the_end, named, is_used_up, *facts = (
        changes.get(fact) for fact in FACTS
    )
    phase, is_dark, reference, position, rule = facts
    terms = TERMS | {"visibility": Visibility.DARK} if is_dark else TERMS
    orders = 1 + (not is_at_the_end) + 2 * bool(side_is_full) + is_special
    terms = terms | ({"static_band": 50_000} if reference else {})
    terms = terms if rule is None else terms | {"reduce_only_rule": rule}
    core = make_core(terms, **({"max_orders": orders} if engine_is_full else {}))
    book = core.book(0)
    book.submit(Side(-side), 100 + (-50 if is_at_the_end else 10) * side, 30, MAKER)
    if not is_at_the_end:
        fields = {"price": 100 - 5 * side, "client_order_id": 70} | (named or PLAIN)
        if fields.get("flags", 0) & OrderFlag.REDUCE_ONLY:
            book.set_position(ACCOUNT, -14 * side)
        book.submit(side=side, quantity=14, order_id=NAMED, account=ACCOUNT, **fields)
        if is_used_up:
            use_up(book, side)
        book.reduce(NAMED, 10)
    if side_is_full:
        far = 100 - 40 * side
        book.submit(side, far, 2**62, 3)
        book.submit(side, far, INT64_MAX - 2**62 - 4, 4)
    if is_special:
        waiting = {"order_type": STOP, "trigger_price": 100, "trigger_source": TriggerSource.MARK}
        book.submit(Side(-side), 0, 10, BESIDE, **waiting)
    if reference:
        book.set_price(TriggerSource.REFERENCE, 100 + side * (reference - 100))
    if position is not None:
        book.set_position(ACCOUNT, position * side)
    if phase:
        book.set_phase(phase)
    assert len(core) == orders
    return core


def use_up(book: Any, side: Side) -> None:
    """Let the order named, with its 14 lots, trade 2^63 - 18 lots and have 14 again."""
    price = 100 - 5 * side
    for left in (4, 14):
        book.replace(NAMED, price, 2**62)
        book.submit(Side(-side), price, 2**62 - left, time_in_force=IOC)


def command_of(kind: CommandKind, side: Side, changes: dict[str, Any]) -> np.ndarray:
    """Return the command of a kind that would be accepted, with changes, as an array of one."""
    fields = {**mirrored(ACCEPTED[kind], side), **mirrored(changes, side)}
    flags = sum(flag for name, flag in FLAGS.items() if fields.pop(name, False))
    fields = {name: value for name, value in fields.items() if name not in FACTS}
    if kind == SET_POSITION and fields["quantity"] != INT64_MIN:
        fields["quantity"] *= side
    if kind == SUBMIT:
        fields = {"side": side, "flags": flags, **fields}
    return command_array({"kind": kind, "command_id": 5, "timestamp": TIME, **fields})
