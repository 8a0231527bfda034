"""Seeded random streams that build a large book: many orders, far prices, ids of every shape.

Where `streams` is narrow, so that orders meet, this is wide, so that most of them rest: pools grow,
indexes split, prices lie alone or side by side.
"""

from __future__ import annotations

from random import Random

import numpy as np
from streams import INT64_MAX, INT64_MIN, MAX_ORDERS, Stream, command_array

from engine import COMMAND_DTYPE, CommandKind, Side

ODD_STRIDE = 0x9E3779B97F4A7C15  # of ids that look random and never repeat


def wide_stream(seed: int, length: int) -> Stream:
    """Return the stream of this seed: submits, and changes of orders that live or lived."""
    random = Random(seed)
    setting = _WideSetting(random)
    commands = np.zeros(length, dtype=COMMAND_DTYPE)
    for number in range(length):
        is_order = number < 100 or random.random() < 0.65
        fields = setting.order() if is_order else setting.change()
        labels = {"command_id": number, "timestamp": number // 2}
        commands[number : number + 1] = command_array({**fields, **labels})
    return Stream(({},), MAX_ORDERS, commands)


class _WideSetting:
    """How far prices lie apart and how ids are spaced in one stream."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.distances = (1, 1, *(2 ** random.randint(0, 62) for _ in range(4)))
        self.stride = random.choice((1, 2 ** random.randint(1, 40), ODD_STRIDE))
        self.submitted = 0

    def order(self) -> dict[str, int]:
        """Draw an order, which mostly rests: a few ticks reach over to the other side."""
        self.submitted += 1
        side = self.random.choice((Side.BUY, Side.SELL))
        return {
            "kind": CommandKind.SUBMIT,
            "order_id": self._order_id(self.submitted),
            "side": side,
            "price": self._price(side),
            "quantity": self.random.randint(1, 20),
        }

    def change(self) -> dict[str, int]:
        """Draw a cancel, replace or reduce of an order that was submitted."""
        kind = self.random.choice((CommandKind.CANCEL, CommandKind.REPLACE, CommandKind.REDUCE))
        fields = {"kind": kind, "order_id": self._order_id(self.random.randint(1, self.submitted))}
        if kind != CommandKind.CANCEL:
            fields["quantity"] = self.random.randint(1, 20)
        if kind == CommandKind.REPLACE:
            fields["price"] = self._price(self.random.choice((Side.BUY, Side.SELL)))
        return fields

    def _order_id(self, number: int) -> int:
        return number * self.stride % 2**64

    def _price(self, side: Side) -> int:
        away = self.random.randint(-2, 200) * self.random.choice(self.distances)
        return min(max(-side * away, INT64_MIN), INT64_MAX)
