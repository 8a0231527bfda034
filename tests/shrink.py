"""From a long stream that fails to a short one that still does, in plain numbers.

Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002):
drop ever smaller pieces as long as the rest fails, until no single command can be dropped. Before
that, ids that the engine would assign are chosen instead, since an assigned id depends on all that
came before it. After that, every setting, field and number that can be plain is made plain, so that
what is left is what matters.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from compare import Difference
from streams import INT64_MAX, MAX_ORDERS, Stream

from engine import CommandKind, OrderType
from engine.reference import Core

Fails = Callable[[Stream], bool]
Change = Callable[[Stream], Stream]

PLAIN_PRICE = 100
FIELDS_MADE_PLAIN = (
    *("timestamp", "client_order_id", "command_id", "instrument", "self_trade_mode"),
    *("self_trade_group", "account", "flags", "time_in_force", "order_type"),
)


def shrink(stream: Stream, fails: Fails) -> Stream:
    """Return a smallest stream made of commands of this one, in their order, that still fails.

    REQUIRES: `fails(stream)`, and that it answers the same whenever it is asked the same.
    """
    assert fails(stream)
    stream = _try(stream, with_chosen_ids, fails)
    stream = _drop_commands(stream, fails)
    for change in (_without_order_limit, _without_terms, _without_accounts):
        stream = _try(stream, change, fails)
    for name in FIELDS_MADE_PLAIN:
        stream = _make_plain(stream, name, fails)
    for change in (_with_one_instrument, _with_plain_prices, _with_plain_ids):
        stream = _try(stream, change, fails)
    return _drop_commands(stream, fails)


def shrink_difference(stream: Stream, difference: Callable[[Stream], Difference | None]) -> Stream:
    """Return a smallest stream on which two implementations differ.

    REQUIRES: `difference(stream)` finds one.
    """
    found = difference(stream)
    assert found is not None
    start = stream.with_commands(stream.commands[: found.place + 1])
    still = start if difference(start) else stream
    return shrink(still, lambda shorter: difference(shorter) is not None)


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
        stream = _try(stream, lambda whole, rest=rest: whole.with_commands(rest), fails)
    return stream


def _make_plain(stream: Stream, name: str, fails: Fails) -> Stream:
    """Set a field to zero in all commands at once, or where it can be."""
    everywhere = slice(None)
    for place in (everywhere, *np.flatnonzero(stream.commands[name])):
        commands = stream.commands.copy()
        commands[name][place] = 0
        stream = _try(stream, lambda whole, plain=commands: whole.with_commands(plain), fails)
    return stream


def _try(stream: Stream, change: Change, fails: Fails) -> Stream:
    changed = change(stream)
    return changed if fails(changed) else stream


def with_chosen_ids(stream: Stream) -> Stream:
    """Return the stream with every id chosen that was to be assigned: that one, if it was."""
    commands = stream.commands.copy()
    core = stream.new_core(Core)
    unused = int(commands["order_id"].max(initial=0)) + len(commands)
    for index in range(len(commands)):
        reports = core.match(commands[index : index + 1])
        if commands["kind"][index] == CommandKind.SUBMIT and commands["order_id"][index] == 0:
            commands["order_id"][index] = int(reports["order_id"][0]) or unused + index
    return stream.with_commands(commands)


def _without_order_limit(stream: Stream) -> Stream:
    return stream._replace(max_orders=MAX_ORDERS)


def _without_terms(stream: Stream) -> Stream:
    """Leave out all terms but the contracts of accounts, and the bounds that these need."""
    needed = ("contract", "min_price") if stream.currencies else ()
    return stream._replace(
        instruments=tuple(
            {name: terms[name] for name in needed if name in terms} for terms in stream.instruments
        )
    )


def _without_accounts(stream: Stream) -> Stream:
    plain = (
        {name: term for name, term in terms.items() if name != "contract"}
        for terms in stream.instruments
    )
    return stream._replace(instruments=tuple(plain), currencies=0)


def _with_one_instrument(stream: Stream) -> Stream:
    return stream._replace(instruments=stream.instruments[:1])


def _with_plain_prices(stream: Stream) -> Stream:
    """Move all prices so that the lowest is 100."""
    commands = stream.commands.copy()
    has_price = commands["order_type"] == OrderType.LIMIT
    has_price &= np.isin(commands["kind"], (CommandKind.SUBMIT, CommandKind.REPLACE))
    prices = commands["price"][has_price].tolist()
    moved = [price - min(prices) + PLAIN_PRICE for price in prices]
    if max(moved, default=0) <= INT64_MAX:
        commands["price"][has_price] = moved
    return stream.with_commands(commands)


def _with_plain_ids(stream: Stream) -> Stream:
    """Number the orders from 1, in the order in which they are first named."""
    commands = stream.commands.copy()
    numbers = {0: 0}
    for index, order_id in enumerate(commands["order_id"].tolist()):
        commands["order_id"][index] = numbers.setdefault(order_id, len(numbers))
    return stream.with_commands(commands)
