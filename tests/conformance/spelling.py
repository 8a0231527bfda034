"""Other spellings of what a scenario file says, brought to the one that its README has.

Nothing is decided here and nothing is lost: what is meant is the same, whichever way it is written.
"""

from __future__ import annotations

from typing import Any, Final

REMARKS: Final = frozenset({"note", "notes", "comment", "remark"})
"""What a step or an order may say to its reader."""
STATUSES: Final = {"canceled": "cancelled", "new": "open", "partially_filled": "partial"}
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
    return {
        name: CONVENTIONS.get(value, value) if isinstance(value, str) else value
        for name, value in (semantics or {}).items()
    }


def step_of(step: dict[str, Any], place: int) -> dict[str, Any]:
    """Return a step without remarks; an order that has no id has one of its place."""
    told = {name: value for name, value in step.items() if name not in REMARKS}
    told["op"] = str(step.get("op", "")).lower()
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
    told = {name: value for name, value in order.items() if name not in REMARKS}
    if told.get("id") is None:
        told["id"] = f"order of step {place}"
    if told.get("type") is None:
        kinds = {(False, False): "market", (True, False): "limit", (False, True): "stop"}
        is_stop = told.get("stop_price") not in NO_STOP
        told["type"] = kinds.get((told.get("price") is not None, is_stop), "stop_limit")
    for name in ("type", "side"):
        if isinstance(told.get(name), str):
            told[name] = told[name].lower()
    return told
