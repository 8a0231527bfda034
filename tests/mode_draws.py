"""What streams with accounts draw of hedge mode and isolated margin.

Modes are mostly chosen at the beginning, because later there is nearly always a position or an
order that fixes them. In half of the streams there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from engine import (
    CommandKind,
    MarginMode,
    OrderFlag,
    OrderType,
    PositionMode,
    ReduceOnlyRule,
    Side,
    TimeInForce,
)
from engine.records import Position
from engine.reference import Core

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MODES = {CommandKind.SET_POSITION_MODE: PositionMode, CommandKind.SET_MARGIN_MODE: MarginMode}
SHARE = 0.05
"""The part of its commands among all."""


class ModeDraw:
    """The modes of positions and margin of a stream that is being drawn."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"modes {seed}")
        self.is_drawn = self.random.random() < 0.5

    def opening(self, accounts: Iterable[int], instruments: int) -> Iterator[dict[str, int]]:
        """Yield the commands that choose the first modes, of SPOT instruments too."""
        for account in accounts if self.is_drawn else ():
            for instrument in range(instruments):
                for kind in MODES:
                    fields = {"kind": kind, "account": account, "instrument": instrument}
                    yield fields | {"selector": int(self.random.random() < 0.6)}

    def is_next(self) -> bool:
        """Return whether the next command is of modes or of margin."""
        return self.is_drawn and self.random.random() < SHARE

    def command(self, core: Core, account: int) -> dict[str, int]:
        """Draw a mode, or margin for an isolated position where there is one."""
        random = self.random
        found = [
            (owner, number, position)
            for owner in core.accounts()
            for number in range(core.instrument_count)
            for position in positions(core, owner, number)
            if position.quantity and position.margin_mode == MarginMode.ISOLATED
        ]
        fields = {"account": account, "instrument": random.randrange(core.instrument_count)}
        if random.random() < (0.2 if found else 0.8):
            kind = random.choice(tuple(MODES))
            fields |= {"kind": kind, "selector": random.choice((0, 1))}
        else:
            fields |= {"kind": CommandKind.ADD_MARGIN, "side": random.choice(tuple(Side))}
            is_usual = found and random.random() < 0.95
            amount = {"quantity": random.choice((-5, 5))}
            fields |= self._margin(core, *random.choice(found)) if is_usual else amount
        return fields | self._odd(core)

    def _margin(self, core: Core, account: int, number: int, position: Position) -> dict[str, int]:
        """Draw margin for an isolated position, mostly with its own side."""
        is_long = (position.quantity > 0) == (self.random.random() < 0.97)
        amount = self._amount(core, account, number, position)
        return {
            "account": account,
            "instrument": number,
            "side": Side.BUY if is_long else Side.SELL,
            "quantity": max(INT64_MIN, min(amount, INT64_MAX)),
        }

    def _amount(self, core: Core, account: int, number: int, position: Position) -> int:
        """Draw an amount: a part of what is there, all of it, and one more than that."""
        random = self.random
        if position.added > 0 and random.random() < 0.5:
            most = position.added + min(0, position.unrealized)
            if random.random() < 0.5:
                return -max(1, most + random.choice((0, 0, 1)))
            return -random.randint(1, position.added)
        balance = core.balance(account, core._machine.books[number].contract.settle)
        assert balance is not None
        if random.random() < 0.1:
            return balance.available + random.choice((0, 1))
        return max(1, balance.available // random.choice((3, 10, 30)))

    def _odd(self, core: Core) -> dict[str, int]:
        """Draw what spoils such a command, mostly nothing."""
        if self.random.random() > 0.06:
            return {}
        return self.random.choice(
            (
                {"account": 9},
                {"instrument": core.instrument_count},
                {"quantity": 0},
                {"quantity": INT64_MIN},
                {"quantity": INT64_MAX},
                {"side": 0},
                {"side": 2},
            )
        )

    def closing(self, fields: dict[str, int], core: Core) -> dict[str, int]:
        """Return a SUBMIT as it is drawn, or one that closes a position of its account."""
        random = self.random
        account, number = fields["account"], fields["instrument"]
        found = positions(core, account, number) if self.is_drawn else []
        if not found or random.random() > 0.5:
            return fields
        position = random.choice([each for each in found if each.quantity] or found)
        is_usual = position.position_mode == PositionMode.HEDGE and position.quantity
        if not is_usual and random.random() < 0.8:
            return fields
        fields = fields | {"flags": fields.get("flags", 0) | OrderFlag.REDUCE_ONLY}
        if random.random() < 0.95:
            fields["side"] = Side.SELL if position.quantity > 0 else Side.BUY
            fields |= self._where_it_trades(core, fields)
        rule = core._machine.books[number].terms.reduce_only_rule
        if rule == ReduceOnlyRule.IMMEDIATE and random.random() < 0.8:
            fields["time_in_force"] = TimeInForce.IOC
            fields["expiry"] = 0
        if rule == ReduceOnlyRule.CANCEL and position.quantity and random.random() < 0.8:
            fields["quantity"] = random.randint(1, abs(position.quantity))
        return fields

    def _where_it_trades(self, core: Core, fields: dict[str, int]) -> dict[str, int]:
        """Draw the best price of the other side as the limit of an order, or leave it as it is."""
        book = core.book(fields["instrument"])
        best = book.best_bid() if fields["side"] == Side.SELL else book.best_ask()
        is_limited = fields.get("order_type", 0) == OrderType.LIMIT
        if not is_limited or best is None or self.random.random() < 0.5:
            return {}
        return {"price": best}


def positions(core: Core, account: int, instrument: int) -> list[Position]:
    """Return the positions of an account in an instrument: none, one, or two in hedge mode."""
    both = (core.account_position(account, instrument, side) for side in Side)
    return [position for position in both if position is not None]
