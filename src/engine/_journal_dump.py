"""The entries of a journal for people and programs: fields and members by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import IntEnum, IntFlag
from typing import Any, Final

from engine._journal import Reading
from engine._schema import (
    COMMAND_DTYPE,
    AccountFlag,
    CancelScope,
    CommandKind,
    FundingSource,
    Limit,
    MarginMode,
    OrderFlag,
    OrderType,
    Phase,
    PositionMode,
    RateLimit,
    SelfTradeMode,
    Side,
    SwitchScope,
    TimeInForce,
    TriggerSource,
)
from engine._store import join_pieces
from engine.errors import JournalError
from engine.records import RecordArray

__all__ = ["entries_of", "entry_text"]

Members = type[IntEnum] | type[IntFlag]

MEMBERS: Final[Mapping[str, Members]] = {
    "side": Side,
    "order_type": OrderType,
    "time_in_force": TimeInForce,
    "flags": OrderFlag,
    "self_trade_mode": SelfTradeMode,
    "trigger_source": TriggerSource,
}
SELECTORS: Final[Mapping[int, Members]] = {
    CommandKind.MASS_CANCEL: CancelScope,
    CommandKind.SET_PHASE: Phase,
    CommandKind.SET_ACCOUNT: AccountFlag,
    CommandKind.SET_LIMIT: Limit,
    CommandKind.SET_DEFAULT_LIMIT: Limit,
    CommandKind.SET_RATE: RateLimit,
    CommandKind.SWITCH: SwitchScope,
    CommandKind.SET_POSITION_MODE: PositionMode,
    CommandKind.SET_MARGIN_MODE: MarginMode,
    CommandKind.FUND: FundingSource,
}
"""What the selector of a command is a member of, by kind."""

FIELDS: Final = tuple(name for name in COMMAND_DTYPE.names or () if name != "kind")


def entries_of(reading: Reading) -> Iterator[dict[str, Any]]:
    """Yield the entries of a journal as dictionaries that JSON has a form for.

    Parameters
    ----------
    reading
        The journal, from the entry of interest on.

    Yields
    ------
    dict
        Of a command its `sequence`, its `kind` and its other fields that are not 0, members by
        name; of a note its `sequence`, and `note`: what it says, None while a piece of it follows,
        or its bytes in hex where it is no JSON of an engine.

    Raises
    ------
    JournalDamageError, JournalFormatError
        At the end of what is sound.
    """
    pieces: list[bytes] = []
    for first, piece in reading:
        if isinstance(piece, bytes):
            yield {"sequence": first, "note": _note(pieces, piece)}
            continue
        for place, command in enumerate(_fields(piece)):
            yield {"sequence": first + place, **command}


def entry_text(entry: Mapping[str, Any]) -> str:
    """Return an entry as a line for people.

    Examples
    --------
    >>> entry_text({"sequence": 7, "kind": "SUBMIT", "side": "BUY", "quantity": 3})
    '7 SUBMIT side=BUY quantity=3'
    >>> entry_text({"sequence": 1, "note": {"engine": {"accounts": False}}})
    '1 note {"engine": {"accounts": false}}'
    >>> entry_text({"sequence": 2, "note": None})
    '2 note, of which more follows'
    """
    sequence = entry["sequence"]
    if "kind" not in entry:
        note = entry["note"]
        return f"{sequence} note{', of which more follows' if note is None else f' {_json(note)}'}"
    fields = (
        f"{name}={value}" for name, value in entry.items() if name not in ("sequence", "kind")
    )
    return " ".join((f"{sequence} {entry['kind']}", *fields))


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _note(pieces: list[bytes], piece: bytes) -> dict[str, Any] | str | None:
    try:
        return join_pieces(pieces, piece)
    except (JournalError, UnicodeDecodeError):
        pieces.clear()
        return piece.hex()


def _fields(commands: RecordArray) -> Iterator[dict[str, Any]]:
    """Yield the fields of commands, all of a name read at once."""
    columns = {name: commands[name].tolist() for name in FIELDS}
    for place, kind in enumerate(commands["kind"].tolist()):
        fields: dict[str, Any] = {"kind": _member(CommandKind, kind)}
        for name, values in columns.items():
            value = values[place]
            if value != 0:
                members = SELECTORS.get(kind) if name == "selector" else MEMBERS.get(name)
                fields[name] = value if members is None else _member(members, value)
        yield fields


def _member(members: Members, value: int) -> str | int:
    """Return the name of a member, those of flags joined by |; the number where there is none."""
    try:
        return members(value).name or value
    except ValueError:
        return value
