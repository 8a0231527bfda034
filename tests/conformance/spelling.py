"""Other spellings of what a scenario file says, brought to the one that its README has.

Nothing is decided here and nothing is lost: what is meant is the same, whichever way it is written.
"""

from __future__ import annotations

from typing import Any, Final

REMARKS: Final = frozenset({"note", "notes", "comment", "remark"})
"""What a step or an order may say to its reader."""
STATUSES: Final = {
    "canceled": "cancelled",
    **dict.fromkeys(("new", "accepted", "resting"), "open"),
    **dict.fromkeys(("partially_filled", "partially filled"), "partial"),
}
OPERATIONS: Final = {
    **dict.fromkeys(("add", "new"), "submit"),
    **dict.fromkeys(("amend", "modify"), "replace"),
}
SIDES: Final = {"bid": "buy", "ask": "sell"}
TIMES_IN_FORCE: Final = {
    "GOOD_TILL_CANCEL": "GTC",
    "GOOD_TILL_DATE": "GTD",
    **dict.fromkeys(("IMMEDIATE_OR_CANCEL", "FILL_AND_KILL", "FAK"), "IOC"),
    "FILL_OR_KILL": "FOK",
    "GTT": "GTD",
    "GFD": "DAY",
}
TYPES: Final = {"stop_market": "stop", "stop_loss": "stop", "stop_loss_limit": "stop_limit"}
SELF_TRADE: Final = {
    **dict.fromkeys(("cancel_newest", "expire_taker", "cn"), "cancel_taker"),
    **dict.fromkeys(("cancel_oldest", "cancel_resting", "expire_maker", "co"), "cancel_maker"),
    **dict.fromkeys(("expire_both", "cb"), "cancel_both"),
    **dict.fromkeys(("decrement_and_cancel", "dc"), "decrement"),
}
FIELDS: Final = {"quantity": "qty", "time_in_force": "tif"}
TIMES: Final = {
    **dict.fromkeys(("t", "ts", "at", "now", "until"), "to"),
    **dict.fromkeys(("seconds", "ms", "ns", "delta", "dt"), "by"),
}
"""Fields of a step that only lets time pass: where to, or by how much."""
NO_STOP: Final = (None, "", 0, "0")
"""The stop price of an order that states no type and has none."""
CONVENTIONS: Final = {
    "true": True,
    "false": False,
    "keep priority": "keep",
    "lose priority": "lose",
    "last trade": "last",
    "max_volume, then least imbalance, then lowest": "max_volume",
}


def semantics_of(semantics: dict[str, Any] | None) -> dict[str, Any]:
    """Return the conventions of a scenario, those in the words of the README's table as values."""
    told = {
        name: CONVENTIONS.get(value, value) if isinstance(value, str) else value
        for name, value in (semantics or {}).items()
    }
    _spell(told, "stp", SELF_TRADE)
    return told


def step_of(step: dict[str, Any], place: int) -> dict[str, Any]:
    """Return a step without remarks; an order that has no id has one of its place."""
    told = _named(step)
    told["op"] = str(step.get("op", "")).lower()
    _spell(told, "op", OPERATIONS)
    if told["op"] == "advance_time":
        told = {TIMES.get(name, name): value for name, value in told.items()}
    if isinstance(step.get("order"), dict):
        told["order"] = order_of(step["order"], place)
    expect = step.get("expect") or {}
    if expect.get("status") is not None:
        status = expect["status"].lower()
        told["expect"] = {**expect, "status": STATUSES.get(status, status)}
    return told


def order_of(order: dict[str, Any], place: int) -> dict[str, Any]:
    """Return an order; one that states no type is of the kind that its prices make it."""
    told = _named(order)
    if told.get("id") is None:
        told["id"] = f"order of step {place}"
    if told.get("type") is None:
        kinds = {(False, False): "market", (True, False): "limit", (False, True): "stop"}
        is_stop = told.get("stop_price") not in NO_STOP
        told["type"] = kinds.get((told.get("price") is not None, is_stop), "stop_limit")
    for name in ("type", "side"):
        if isinstance(told.get(name), str):
            told[name] = told[name].lower()
    if isinstance(told.get("tif"), str):
        told["tif"] = told["tif"].upper()
    for name, words in (
        ("side", SIDES),
        ("type", TYPES),
        ("tif", TIMES_IN_FORCE),
        ("stp", SELF_TRADE),
    ):
        _spell(told, name, words)
    return told


def _named(told: dict[str, Any]) -> dict[str, Any]:
    """Return a step or an order without remarks, its fields under the README's names."""
    return {FIELDS.get(name, name): value for name, value in told.items() if name not in REMARKS}


def _spell(told: dict[str, Any], name: str, words: dict[str, str]) -> None:
    """Write a field's value as the README does."""
    if isinstance(told.get(name), str):
        told[name] = words.get(told[name], told[name])
