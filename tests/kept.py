"""Streams that failed, as files to keep: a scenario a trader can read where the commands allow it.

A scenario (format neutral-matching-scenarios/1) says what is sent, what trades, and what is left;
every engine that reads scenarios can run it. What it cannot express (several instruments, limits,
assigned ids, malformed fields, times, accounts) is kept as the commands themselves, in the format
engine-commands/1: the instruments' terms, the limit of orders, how many currencies there are, and
for each command its fields that are not zero.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from streams import MAX_CASCADE, MAX_ORDERS, Stream, command_array

from engine import (
    CommandKind,
    ExecType,
    OrderFlag,
    OrderStatus,
    OrderType,
    ReplacePriority,
    Side,
    TimeInForce,
)
from engine.reference import Core

SCENARIO_FORMAT = "neutral-matching-scenarios/1"
COMMANDS_FORMAT = "engine-commands/1"
LINE_MAX = 180

EXPRESSED = {
    CommandKind.SUBMIT: {
        *("order_id", "account", "side", "price", "quantity"),
        *("order_type", "time_in_force", "flags"),
    },
    CommandKind.CANCEL: {"order_id"},
    CommandKind.REPLACE: {"order_id", "price", "quantity"},
    CommandKind.REDUCE: {"order_id", "quantity"},
}
"""What a step of a scenario can say of a command."""

STATUS_WORDS = {
    OrderStatus.NEW: "open",
    OrderStatus.PARTIALLY_FILLED: "partial",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "cancelled",
    OrderStatus.REJECTED: "rejected",
}


def keep(stream: Stream, path: Path, source: str) -> Path:
    """Write a stream to a file and return its path.

    Parameters
    ----------
    stream : Stream
        Shrunk, usually.
    path : Path
        Its stem names the scenario.
    source : str
        Where the stream came from, in words.
    """
    if is_scenario(stream):
        document = _scenario_document(stream, path.stem, source)
    else:
        document = _commands_document(stream, source)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_text(document) + "\n", encoding="utf-8")
    return path


def read_kept(path: Path) -> Stream:
    """Return the stream of a file that `keep` wrote."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["format"] == COMMANDS_FORMAT:
        instruments = tuple(document["instruments"])
        commands = command_array(*document["commands"])
        max_cascade = document.get("max_cascade", MAX_CASCADE)
        currencies = document.get("currencies", 0)
        return Stream(instruments, document["max_orders"], commands, max_cascade, currencies)
    if document["format"] != SCENARIO_FORMAT:
        raise ValueError(f"format was {document['format']!r} in {path}")
    (scenario,) = document["scenarios"]
    keeps = scenario["semantics"].get("replace_decrease", "keep") == "keep"
    terms = {} if keeps else {"replace_priority": ReplacePriority.ALWAYS_LOSE}
    commands = command_array(*map(_command_of_step, scenario["steps"]))
    return Stream((terms,), MAX_ORDERS, commands)


def is_scenario(stream: Stream) -> bool:
    """Return whether the neutral format can say everything that these commands do."""
    if len(stream.instruments) != 1 or set(stream.instruments[0]) - {"replace_priority"}:
        return False
    limits = (stream.max_orders, stream.max_cascade, stream.currencies)
    if limits != (MAX_ORDERS, MAX_CASCADE, 0):
        return False
    return all(map(_is_step, stream.commands))


def _is_step(command: np.void) -> bool:
    expressed = EXPRESSED.get(CommandKind(command["kind"]), set())
    silent = set(command.dtype.names) - expressed - {"kind", "side"}
    if command["order_id"] == 0 or any(command[name] for name in silent):
        return False
    return (
        command["order_type"] in (OrderType.LIMIT, OrderType.MARKET)
        and command["time_in_force"] in (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
        and command["flags"] in (0, OrderFlag.POST_ONLY)
    )


def _commands_document(stream: Stream, source: str) -> dict[str, Any]:
    commands = [
        {name: int(command[name]) for name in command.dtype.names if command[name]}
        for command in stream.commands
    ]
    is_limited = stream.max_cascade != MAX_CASCADE
    return {
        "format": COMMANDS_FORMAT,
        "source": source,
        "instruments": list(stream.instruments),
        "max_orders": stream.max_orders,
        **({"max_cascade": stream.max_cascade} if is_limited else {}),
        **({"currencies": stream.currencies} if stream.currencies else {}),
        "commands": commands,
    }


def _scenario_document(stream: Stream, name: str, source: str) -> dict[str, Any]:
    """Return the scenario with what the reference does as its expectation."""
    core = stream.new_core(Core)
    steps = [
        _step(command, core.match(stream.commands[index : index + 1]))
        for index, command in enumerate(stream.commands)
    ]
    scenario = {
        "id": f"engine/{name}",
        "source": source,
        "basis": "commands of a seeded stream, shrunk; expectation is the reference's",
        "semantics": _semantics(stream),
        "steps": steps,
        "final_book": dict(
            zip(
                ("bids", "asks"), (side.tolist() for side in core.book(0).depth(2**31)), strict=True
            )
        ),
        "tags": ["kept"],
    }
    return {"format": SCENARIO_FORMAT, "source": source, "scenarios": [scenario]}


def _semantics(stream: Stream) -> dict[str, str]:
    """Return the conventions in which this setting departs from the format's defaults."""
    loses = stream.instruments[0].get("replace_priority") == ReplacePriority.ALWAYS_LOSE
    has_fok = (stream.commands["time_in_force"] == TimeInForce.FOK).any()
    return {
        **({"replace_decrease": "lose"} if loses else {}),
        **({"unfilled_fok": "rejected"} if has_fok else {}),
    }


def _text(value: Any, indent: str = "") -> str:
    """Return JSON with what fits on one line on one line: a step, usually."""
    flat = json.dumps(value)
    if len(indent) + len(flat) <= LINE_MAX or not isinstance(value, (dict, list)):
        return flat
    inner = indent + " "
    if isinstance(value, list):
        rows = [inner + _text(item, inner) for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{indent}]"
    rows = [f"{inner}{json.dumps(key)}: {_text(item, inner)}" for key, item in value.items()]
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}"


def _step(command: np.void, reports: np.ndarray) -> dict[str, Any]:
    kind = CommandKind(command["kind"])
    order_id = int(command["order_id"])
    step: dict[str, Any] = {"op": kind.name.lower()}
    if kind == CommandKind.SUBMIT:
        step["order"] = _order_of_command(command)
    else:
        step["id"] = order_id
    if kind == CommandKind.REPLACE:
        step["price"] = int(command["price"])
    if kind in (CommandKind.REPLACE, CommandKind.REDUCE):
        step["qty"] = int(command["quantity"])
    return {**step, "expect": _expectation(order_id, reports)}


def _order_of_command(command: np.void) -> dict[str, Any]:
    order_type = OrderType(command["order_type"])
    order: dict[str, Any] = {
        "id": int(command["order_id"]),
        "side": Side(command["side"]).name.lower(),
        "qty": int(command["quantity"]),
        "type": order_type.name.lower(),
    }
    if order_type == OrderType.LIMIT:
        order["price"] = int(command["price"])
    if command["time_in_force"] != TimeInForce.GTC:
        order["tif"] = TimeInForce(command["time_in_force"]).name
    if command["flags"] & OrderFlag.POST_ONLY:
        order["post_only"] = True
    if command["account"]:
        order["account"] = int(command["account"])
    return order


def _expectation(order_id: int, reports: np.ndarray) -> dict[str, Any]:
    fills = reports[(reports["exec_type"] == ExecType.TRADE) & (reports["order_id"] != order_id)]
    trades = [
        [int(fill["order_id"]), order_id, int(fill["last_price"]), int(fill["last_quantity"])]
        for fill in fills
    ]
    refused = reports[-1]["exec_type"] == ExecType.REJECTED
    status = OrderStatus.REJECTED if refused else OrderStatus(reports[-1]["order_status"])
    return {"trades": trades, "status": STATUS_WORDS[status]}


def _command_of_step(step: dict[str, Any]) -> dict[str, int]:
    kind = CommandKind[step["op"].upper()]
    if kind != CommandKind.SUBMIT:
        fields = {"order_id": step["id"], "price": step.get("price", 0)}
        return {"kind": kind, **fields, "quantity": step.get("qty", 0)}
    order = step["order"]
    return {
        "kind": kind,
        "order_id": order["id"],
        "side": Side[order["side"].upper()],
        "quantity": order["qty"],
        "order_type": OrderType[order["type"].upper()],
        "time_in_force": TimeInForce[order.get("tif", "GTC")],
        "account": order.get("account", 0),
        "price": order.get("price", 0),
        "flags": OrderFlag.POST_ONLY if order.get("post_only") else 0,
    }
