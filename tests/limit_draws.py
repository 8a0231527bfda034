"""What streams with accounts draw of limits and switches.

A limit is drawn near what the account has, so that it holds soon and for few orders; what is
switched off is mostly switched on again by the next such command.
"""

from __future__ import annotations

from random import Random

from engine import CommandKind, Limit, SwitchScope
from engine.reference import Core
from engine.reference.exposures import DAY
from engine.reference.formulas import size_of
from engine.reference.limits import OF_CURRENCY, OF_INSTRUMENT, VENUE

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MILLION = 10**6
NAMES = {
    SwitchScope.BY_ACCOUNT: "account",
    SwitchScope.BY_GROUP: "self_trade_group",
    SwitchScope.BY_INSTRUMENT: "instrument",
}
"""The field that says which of a scope."""
LOTS = (3, 5, 7, 9)
RARE = (Limit.GROSS_EXPOSURE, Limit.DAILY_LOSS, Limit.DRAWDOWN)
"""The limits that stand behind others."""
WEIGHTS = {limit: 3 if limit in RARE else 2 for limit in Limit} | {Limit.DAILY_LOSS: 6}
MOST_LIFTED = 0.5
"""How many of the commands lift a limit, where there is one."""
OFF = 0.2
"""How often something is switched on that is off, among all commands."""


class LimitDraw:
    """The limits and switches of a stream that is being drawn."""

    def __init__(self, seed: int, currencies: int) -> None:
        self.random = Random(f"limits {seed}")
        self.currencies = currencies
        self.days = 0
        """How many days the stream's times have been moved by."""

    def at_a_later_time(self, fields: dict[str, int]) -> dict[str, int]:
        """Return a command on the day that it is by now."""
        if self.random.random() < 0.004:
            self.days += self.random.choice((1, 1, 2))
        moved = {
            name: fields[name] + self.days * DAY
            for name in ("timestamp", "expiry")
            if fields.get(name)
        }
        return fields | moved

    def once_more(self, fields: dict[str, int], core: Core) -> dict[str, int]:
        """Return a SUBMIT as it is drawn, or its account's last order where that is looked at."""
        account = fields["account"]
        accounts = core._machine.accounts
        assert accounts is not None
        owner = accounts.owners.get(account)
        if owner is None or owner.last_order is None or self.random.random() > 0.3:
            return fields
        if core.limit(account, Limit.DUPLICATE_WINDOW) is None:
            return fields
        again = owner.last_order._asdict()
        del again["time"]
        if fields["order_type"] != again["order_type"]:
            fields = {name: fields[name] for name in ("kind", "account", "timestamp", "command_id")}
        if self.random.random() < 0.2:
            name = self.random.choice(("side", "price", "quantity"))
            again[name] = -again[name] if name == "side" else min(again[name] + 1, INT64_MAX)
        return fields | again

    def command(self, core: Core, account: int, prices: range) -> dict[str, int]:
        """Draw a command of limits or switches."""
        if self.random.random() < 0.2:
            return self.switch(core, account)
        return self._limit(core, account, prices)

    def is_to_switch(self, core: Core) -> bool:
        """Return whether what is off is to be switched on."""
        return bool(self._off(core)) and self.random.random() < OFF

    def switch(self, core: Core, account: int) -> dict[str, int]:
        """Draw a switch, mostly one that turns on what is off."""
        random = self.random
        off = self._off(core)
        is_off = not off or random.random() < 0.1
        number = {
            SwitchScope.BY_ACCOUNT: account,
            SwitchScope.BY_GROUP: random.randint(0, 2),
            SwitchScope.BY_INSTRUMENT: random.randrange(core.instrument_count),
        }
        scope, chosen = random.choice([(VENUE, 0), *3 * list(number.items())])
        keeps = SwitchScope.KEEP_ORDERS if random.random() < 0.7 else 0
        if not is_off:
            (scope, chosen), keeps = random.choice(off), 0
        fields = {"selector": scope | keeps, "quantity": int(is_off), "account": account}
        named = {NAMES[scope]: chosen} if scope in NAMES else {}
        return {"kind": CommandKind.SWITCH, **fields, **named, **self._odd_switch(core)}

    def _odd_switch(self, core: Core) -> dict[str, int]:
        """Draw what spoils a switch, mostly nothing."""
        if self.random.random() > 0.05:
            return {}
        return self.random.choice(
            (
                {"selector": SwitchScope.BY_ACCOUNT | SwitchScope.BY_GROUP},
                {"quantity": 2},
                {"instrument": core.instrument_count},
                {"account": 9},
            )
        )

    def _limit(self, core: Core, account: int, prices: range) -> dict[str, int]:
        random = self.random
        accounts = core._machine.accounts
        assert accounts is not None
        limits = accounts.limits
        if random.random() < MOST_LIFTED and (limits.own or limits.defaults):
            *of, selector, number = random.choice([*limits.own, *limits.defaults])
            kind = CommandKind.SET_LIMIT if of else CommandKind.SET_DEFAULT_LIMIT
            fields = {"selector": selector, "instrument": number, "quantity": -1}
            return {"kind": kind, "account": of[0] if of else 0, **fields}
        limit = random.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
        number = 0
        if limit in OF_INSTRUMENT:
            number = random.randrange(core.instrument_count)
        elif limit in OF_CURRENCY:
            number = random.randrange(self.currencies)
        value = self._value(core, account, limit, number, prices)
        is_default = random.random() < 0.2
        fields = {
            "kind": CommandKind.SET_DEFAULT_LIMIT if is_default else CommandKind.SET_LIMIT,
            "account": 0 if is_default else account,
            "selector": limit,
            "instrument": number,
            "quantity": max(0, min(value, INT64_MAX)),
        }
        return fields | self._odd_limit(core)

    def _odd_limit(self, core: Core) -> dict[str, int]:
        """Draw what spoils a limit, mostly nothing."""
        if self.random.random() > 0.08:
            return {}
        return self.random.choice(
            (
                {"quantity": -2},
                {"quantity": INT64_MIN},
                {"quantity": INT64_MAX},
                {"instrument": core.instrument_count + self.currencies},
                {"instrument": 2**32 - 1},
                {"account": 9},
            )
        )

    def _value(self, core: Core, account: int, limit: Limit, number: int, prices: range) -> int:
        """Draw a limit, a little more than what the account has mostly."""
        random = self.random
        if core.account(account) is None:
            return 5
        if limit in OF_CURRENCY:
            return self._value_of_currency(core, account, limit, number, prices)
        if limit == Limit.ORDER_QUANTITY:
            return random.choice(LOTS)
        if limit == Limit.OPEN_ORDERS:
            return core.open_orders(account) + random.choice((0, 1, 3, 5))
        if limit == Limit.DUPLICATE_WINDOW:
            return random.choice((0, 1, 30, 30, 1_000, DAY, INT64_MAX))
        if limit == Limit.ORDER_VALUE:
            return self._worth(core, number, prices)
        if limit == Limit.PRICE_DISTANCE:
            size = max(abs(prices[0]), abs(prices[-1]), 1)
            return random.choice((0, 1, 2, 4, len(prices))) * max(MILLION // size, 1)
        position = core.account_position(account, number)
        return (0 if position is None else abs(position.quantity)) + random.choice((0, 3, 8, 20))

    def _value_of_currency(
        self, core: Core, account: int, limit: Limit, currency: int, prices: range
    ) -> int:
        random = self.random
        exposure = core.exposure(account, currency)
        settled = [
            number
            for number, book in enumerate(core._machine.books)
            if not book.contract.is_spot and book.contract.settle == currency
        ]
        worth = self._worth(core, random.choice(settled), prices) if settled else 10
        assert exposure is not None
        if limit == Limit.NET_EXPOSURE:
            return max(abs(exposure.long), abs(exposure.short)) + worth * random.randint(0, 3)
        if limit == Limit.GROSS_EXPOSURE:
            return exposure.gross + worth * random.randint(0, 3)
        loss = exposure.day_loss if limit == Limit.DAILY_LOSS else exposure.drawdown
        return loss + random.choice((0, 0, 0, 1, worth // 20))

    def _worth(self, core: Core, number: int, prices: range) -> int:
        """Draw what an order is worth in an instrument, or is worth nearly."""
        price = self.random.choice(prices)
        contract = core._machine.books[number].contract
        return size_of(contract, self.random.choice(LOTS), price) + self.random.choice(
            (-1, 0, 0, 1)
        )

    def _off(self, core: Core) -> list[tuple[SwitchScope, int]]:
        """Return what is switched off."""
        accounts = core._machine.accounts
        assert accounts is not None
        off = accounts.switches.off.items()
        return [(scope, number) for scope, numbers in off for number in sorted(numbers)]
