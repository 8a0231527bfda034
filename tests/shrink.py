"""From a long stream that fails to a short one that still does.

Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002):
drop ever smaller pieces as long as the rest fails, until no single command can be dropped. Then the
setting and every field that can be plain is made plain, so that what is left is what matters.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from streams import MAX_ORDERS, Stream

Fails = Callable[[Stream], bool]

# In this order: first what a scenario cannot express.
FIELDS_MADE_PLAIN = (
    *("timestamp", "client_order_id", "command_id", "instrument", "account", "flags"),
    *("time_in_force", "order_type"),
)


def shrink(stream: Stream, fails: Fails) -> Stream:
    """Return a smallest stream made of commands of this one, in their order, that still fails.

    REQUIRES: `fails(stream)`, and that it answers the same whenever it is asked the same.
    """
    assert fails(stream)
    stream = _drop_commands(stream, fails)
    for instruments in _plainer_terms(stream):
        plainer = stream._replace(instruments=instruments)
        stream = plainer if fails(plainer) else stream
    plainer = stream._replace(max_orders=MAX_ORDERS)
    stream = plainer if fails(plainer) else stream
    for name in FIELDS_MADE_PLAIN:
        stream = _make_plain(stream, name, fails)
    return stream


def _drop_commands(stream: Stream, fails: Fails) -> Stream:
    """Drop pieces, from halves down to single commands, until none can be spared."""
    piece = max(1, len(stream.commands) // 2)
    while True:
        shorter = _drop_pieces(stream, piece, fails)
        spared = len(shorter.commands) < len(stream.commands)
        if piece == 1 and not spared:
            return stream
        stream = shorter
        piece = piece if spared else piece // 2


def _drop_pieces(stream: Stream, piece: int, fails: Fails) -> Stream:
    """Try once to drop each piece of this size, from the end: the places before it stay."""
    for start in range(len(stream.commands) - piece, -1, -piece):
        rest = np.delete(stream.commands, slice(start, start + piece))
        shorter = stream._replace(commands=rest)
        if fails(shorter):
            stream = shorter
    return stream


def _plainer_terms(stream: Stream) -> list[tuple[dict[str, int], ...]]:
    """Return settings to try: one plain instrument, all of them plain, each of them plain."""
    each = range(len(stream.instruments))
    return [
        tuple({} if number == plain else stream.instruments[number] for number in each)
        for plain in each
    ] + [tuple({} for _ in each), ({},)]


def _make_plain(stream: Stream, name: str, fails: Fails) -> Stream:
    """Set a field to zero in all commands at once, or where it can be."""
    everywhere = slice(None)
    for place in (everywhere, *np.flatnonzero(stream.commands[name])):
        commands = stream.commands.copy()
        commands[name][place] = 0
        plainer = stream._replace(commands=commands)
        if fails(plainer):
            stream = plainer
    return stream
