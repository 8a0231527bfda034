"""Other spellings of what a scenario file says, brought to the one that its README has.

Nothing is decided here and nothing is lost: what is meant is the same, whichever way it is written.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

REMARKS: Final = frozenset({"note", "notes", "comment", "remark"})
"""What a step or an order may say to its reader."""
STATUSES: Final = {
    "canceled": "cancelled",
    **dict.fromkeys(("new", "accepted", "resting"), "open"),
    **dict.fromkeys(("partially_filled", "partial_fill"), "partial"),
    **dict.fromkeys(("untriggered", "waiting"), "pending"),
}
OPERATIONS: Final = {
    **dict.fromkeys(("add", "new"), "submit"),
    **dict.fromkeys(("amend", "modify"), "replace"),
}
SIDES: Final = {"bid": "buy", "ask": "sell"}
TIMES_IN_FORCE: Final = {
    **dict.fromkeys(("GOOD_TILL_CANCEL", "GOOD_TILL_CANCELLED", "GOOD_TIL_CANCELED"), "GTC"),
    **dict.fromkeys(("GOOD_TILL_DATE", "GOOD_TIL_DATE"), "GTD"),
    **dict.fromkeys(("IMMEDIATE_OR_CANCEL", "FILL_AND_KILL", "FAK"), "IOC"),
    "FILL_OR_KILL": "FOK",
    "GTT": "GTD",
    "GFD": "DAY",
}
TYPES: Final = {
    **dict.fromkeys(("stop_market", "stop_loss"), "stop"),
    "stop_loss_limit": "stop_limit",
    "trailing_stop_market": "trailing_stop",
}
KINDS: Final[dict[str, dict[str, Any]]] = {
    "iceberg": {},
    "post_only": {"post_only": True},
    "limit_maker": {"post_only": True},
    "ioc": {"tif": "IOC"},
    "fok": {"tif": "FOK"},
    "aon": {"aon": True},
}
"""Limit orders under the name of what else they ask for, which may stand beside it."""
SYMBOLS: Final = ("symbol", "instrument")
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
        name: CONVENTIONS.get(value.lower(), _words(value.lower()))
        if isinstance(value, str)
        else value
        for name, value in (semantics or {}).items()
    }
    _spell(told, "stp", SELF_TRADE)
    for name in ("unfilled_ioc", "unfilled_fok"):
        _spell(told, name, STATUSES)
    return told


def step_of(step: dict[str, Any], place: int) -> dict[str, Any]:
    """Return a step without remarks; an order that has no id has one of its place."""
    told = _named(step)
    told["op"] = _words(str(step.get("op", "")).lower())
    if isinstance(told.get("side"), str):
        told["side"] = told["side"].lower()
    _spell(told, "side", SIDES)
    _spell(told, "op", OPERATIONS)
    if told["op"] == "advance_time":
        told = {TIMES.get(name, name): value for name, value in told.items()}
    if isinstance(step.get("order"), dict):
        told["order"] = order_of(step["order"], place)
    expect = step.get("expect") or {}
    if expect.get("status") is not None:
        status = _words(expect["status"].lower())
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
    for name in ("type", "side", "stp"):
        if isinstance(told.get(name), str):
            told[name] = _words(told[name].lower())
    if isinstance(told.get("tif"), str):
        told["tif"] = _words(told["tif"].upper())
    for name, words in (
        ("side", SIDES),
        ("type", TYPES),
        ("tif", TIMES_IN_FORCE),
        ("stp", SELF_TRADE),
    ):
        _spell(told, name, words)
    hidden, quantity = told.get("hidden"), told.get("qty")
    if isinstance(hidden, int | Decimal) and hidden > 1 and isinstance(quantity, int | Decimal):
        shown = max(quantity - hidden, 0)
        told |= {"hidden": shown == 0, "display_qty": told.get("display_qty") or shown}
    if told["type"] in KINDS:
        given = {name: value for name, value in told.items() if value is not None}
        told |= {**KINDS[told["type"]], **given, "type": "limit"}
    return told


def of_one_symbol(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps without what they trade, where that is one and the same in all of them."""
    told = [given for step in steps for given in (step, step.get("order") or {})]
    named = {str(given[name]) for given in told for name in SYMBOLS if given.get(name) is not None}
    return [_without_symbol(step) for step in steps] if len(named) == 1 else steps


def _without_symbol(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_symbol(value) if isinstance(value, dict) else value
        for name, value in told.items()
        if name not in SYMBOLS
    }


def _words(text: str) -> str:
    """Return words joined as the README joins them."""
    return text.replace("-", "_").replace(" ", "_")


def _named(told: dict[str, Any]) -> dict[str, Any]:
    """Return a step or an order without remarks, its fields under the README's names."""
    return {FIELDS.get(name, name): value for name, value in told.items() if name not in REMARKS}


def _spell(told: dict[str, Any], name: str, words: dict[str, str]) -> None:
    """Write a field's value as the README does."""
    if isinstance(told.get(name), str):
        told[name] = words.get(told[name], told[name])
