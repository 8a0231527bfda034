"""Seeded random streams of commands over narrow domains, so that everything meets everything.

A stream draws its own setting first (how many prices, which ids, how large the quantities, what the
instruments allow) and then its commands. Few prices make queues and crossings, few ids make
duplicates, dead ids and reuse, and a small part of the commands is malformed, out of bounds or at
the edge of 64 bits. The reference follows the stream while it is drawn, so that most cancels and
replaces name an order that lives.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

import numpy as np
from account_draws import AccountDraw

from engine import (
    COMMAND_DTYPE,
    Allocation,
    AuctionRule,
    CancelScope,
    CommandKind,
    OrderFlag,
    OrderType,
    Phase,
    ReduceOnlyRule,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerSource,
    Visibility,
)
from engine.reference import Core
from engine.reference.commands import Command
from engine.reference.reports import reports_array

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1
MAX_ORDERS = 2**30
MAX_CASCADE = 2**20
MILLION = 10**6

SPECIAL_FIELDS = COMMAND_DTYPE.names[COMMAND_DTYPE.names.index("trigger_price") :]
SPOILED_FIELDS = ("price", "quantity", "client_order_id", "flags", "time_in_force", "order_type")
SPECIAL_NUMBERS = ("trigger_price", "display_quantity", "minimum_quantity", "offset", "bound")
PEGGED = (OrderType.PEG_PRIMARY, OrderType.PEG_MARKET, OrderType.PEG_MIDPOINT)
EDGE_NUMBERS = (INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX)


class Stream(NamedTuple):
    """An engine's setting and the commands for it."""

    instruments: tuple[dict[str, Any], ...]
    """Keywords of add_instrument, one mapping an instrument."""
    max_orders: int
    commands: np.ndarray
    """COMMAND_DTYPE."""
    max_cascade: int = MAX_CASCADE
    currencies: int = 0
    """How many there are in an engine with accounts; 0 for one without."""

    def with_commands(self, commands: np.ndarray) -> Stream:
        """Return the same setting with other commands."""
        return self._replace(commands=commands)

    def new_core(self, make: Any) -> Any:
        """Return an engine in this stream's setting."""
        accounts = {"accounts": True} if self.currencies else {}
        core = make(max_orders=self.max_orders, max_cascade=self.max_cascade, **accounts)
        for _ in range(self.currencies):
            core.add_currency()
        for terms in self.instruments:
            core.add_instrument(**terms)
        return core


def command_array(*commands: dict[str, int]) -> np.ndarray:
    """Return commands, each given by its fields that are not zero, as an array."""
    array = np.zeros(len(commands), dtype=COMMAND_DTYPE)
    for record, fields in zip(array, commands, strict=True):
        for name, value in fields.items():
            record[name] = value
    return array


def random_stream(seed: int, length: int) -> Stream:
    """Return the stream of this seed: the same for the same arguments, everywhere."""
    draw = Draw(seed)
    return draw.stream(draw.commands(length))


class Draw:
    """A stream that is being drawn: its domains, and the specification, which follows it.

    In a third of the streams all orders are plain. In the others some, or most, ask for more. Every
    fourth stream has accounts.
    """

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.apart = Random(f"apart {seed}")
        """Draws what no other draw is to depend on, so that streams stay what they were."""
        self.banking = AccountDraw(seed)
        width = random.randint(4, 16)
        lowest = random.choice((100, 100, -width // 2, INT64_MIN, INT64_MAX - width + 1))
        if self.banking.is_drawn:
            lowest = self.banking.lowest_price(width)
        self.prices = range(lowest, lowest + width)
        self.reach = width // 2 + random.choice((0, 1, width // 3))
        self.quantity_unit = random.choice((1, 1, 1, 1, 1, 2**60))
        if self.banking.is_drawn:
            self.quantity_unit = 1
        self.darkness = self.apart.choice((0, 0, 0, 0.9))
        self.instruments = tuple(self._terms() for _ in range(random.randint(1, 3)))
        is_shared = "allocation" in self.instruments[0]
        self.is_crowded = is_shared and random.random() < 0.6
        """Whether many orders gather at few prices, which makes levels that are worth sharing."""
        self.ids = 200 if self.is_crowded else random.choice((8, 24, 60))
        self.max_orders = random.choice((MAX_ORDERS, MAX_ORDERS, MAX_ORDERS, random.randint(1, 12)))
        self.specials = random.choice((0, 0, 0.1, 0.4, 0.6, 0.8))
        if self.darkness:
            self.specials = self.apart.choice((0, 0.6, 0.8, 0.9))
        self.reduces = self.apart.choice((0, 0, 0.3, 0.5)) if self.specials else 0
        self.accounts = (0, 0, 1, 1, 2) if self.reduces else range(4)
        if self.reduces and self.apart.random() < 0.7:
            self._let_orders_reduce()
        if self.banking.is_drawn:
            self.accounts = self.banking.accounts
            self.ids, self.max_orders = self.banking.limits(self.ids, self.max_orders)
            self.instruments = self.banking.with_contracts(self.instruments, self.prices[-1])
            if self.banking.is_plain:
                self.specials = self.reduces = 0
        self.banded = [
            number for number, terms in enumerate(self.instruments) if "band_action" in terms
        ]
        self.max_cascade = random.choice((MAX_CASCADE, MAX_CASCADE, random.randint(0, 2)))
        self.time = 0
        self.drawn = 0
        self.guide = self.stream(command_array()).new_core(Core)
        self._machine = self.guide._machine

    def _let_orders_reduce(self) -> None:
        """Make it likely that reduce-only orders rest and are met."""
        self.ids = 400
        self.max_orders = MAX_ORDERS
        self.specials = 0.4
        bounds = ("min_price", "max_price", "min_quantity", "max_quantity")
        terms = {name: value for name, value in self.instruments[0].items() if name not in bounds}
        self.instruments = (terms | {"reduce_only_rule": self.apart.choice((0, 0, 1))},)

    def stream(self, commands: np.ndarray) -> Stream:
        """Return commands in this setting."""
        currencies = self.banking.currencies if self.banking.is_drawn else 0
        return Stream(self.instruments, self.max_orders, commands, self.max_cascade, currencies)

    def commands(self, count: int) -> np.ndarray:
        """Draw the next commands; the guide has carried them out then."""
        commands = []
        for _ in range(count):
            self.drawn += 1
            fields = self._command(self.drawn)
            if self.banking.is_drawn:
                fields = self.banking.change(fields, self.guide, self.prices)
            commands.append(Command(**{name: int(value) for name, value in fields.items()}))
            self._machine.apply(commands[-1])
        return np.array(commands, COMMAND_DTYPE)

    def reports(self) -> np.ndarray:
        """Return what the guide has said since this was last asked."""
        return reports_array(self._machine.tape.take()[0])

    def _terms(self) -> dict[str, int]:
        random = self.random
        terms = {
            "replace_priority": random.randint(0, 1),
            "trigger_order": random.randint(0, 1),
            "auction_rule": random.randint(0, 2),
            "auction_prices": random.randint(0, 1),
            "reduce_only_rule": self.apart.randint(0, 2),
        }
        if self.apart.random() < 0.25:
            terms["auction_rule"] = AuctionRule.LOWEST
        if self.apart.random() < self.darkness:
            terms["visibility"] = Visibility.DARK
        if random.random() < 0.3:
            terms["min_price"] = self.prices[1]
        if random.random() < 0.3:
            terms["max_price"] = self.prices[-2]
        if random.random() < 0.2:
            terms["min_quantity"] = 2 * self.quantity_unit
        if random.random() < 0.2:
            terms["max_quantity"] = 7 * self.quantity_unit
        if self.apart.random() < 0.2:
            terms |= self._sharing()
        if self.apart.random() < 0.2:
            terms |= self._bands()
        return terms

    def _sharing(self) -> dict[str, int]:
        """Draw how a market shares pro rata."""
        apart = self.apart
        most, least = apart.choice((0, 0, 1, 3, 5)), apart.choice((0, 0, 2))
        return {
            "allocation": Allocation.PRO_RATA,
            "pro_rata_minimum": apart.choice((0, 1, 2)) * self.quantity_unit,
            "top_order_minimum": min(least, most) * self.quantity_unit,
            "top_order_maximum": most * self.quantity_unit,
        }

    def _bands(self) -> dict[str, int]:
        """Draw bands that are some ticks wide around the prices of the stream."""
        random = self.apart
        size = max(abs(self.prices[0]), abs(self.prices[-1]), 1)
        of_one_tick = max(MILLION // size, 1)
        bands = random.choice(
            (("static_band",), ("dynamic_band",), ("static_band", "dynamic_band"))
        )
        widths = {name: min(random.randint(1, 6) * of_one_tick, MILLION) for name in bands}
        return {**widths, "band_action": random.randint(0, 1)}

    def _command(self, number: int) -> dict[str, int]:
        """Draw one command: mostly well formed, sometimes with one field spoiled."""
        random = self.random
        kinds = (CommandKind.SUBMIT, CommandKind.CANCEL, CommandKind.REPLACE, CommandKind.REDUCE)
        kind = random.choices(kinds, (65, 8, 17, 10))[0]
        fields = {
            "kind": kind,
            "account": random.choice(self.accounts),
            "timestamp": self._timestamp(),
            "command_id": number,
        }
        idle = [number for number in range(len(self.instruments)) if self._is_idle(number)]
        dark = [number for number in range(len(self.instruments)) if self._is_dark(number)]
        if idle and random.random() < 0.2:
            fields |= self._phase(random.choice(idle))
        elif dark and random.random() < self.specials / 8:
            fields |= self._outside(random.choice(dark))
        elif random.random() < self.specials / 6:
            fields |= self._order_of_none()
        elif self.banded and random.random() < 0.06:
            fields |= self._centre(random.choice(self.banded))
        elif self.reduces and random.random() < self.reduces / 6:
            fields |= self._position()
        elif kind == CommandKind.SUBMIT:
            fields |= self._order()
            if random.random() < self.specials / 5:
                fields["self_trade_mode"] = random.choice(tuple(SelfTradeMode))
            is_reducing = bool(self.reduces) and random.random() < self.reduces
            if is_reducing:
                self._reduce(fields)
            if random.random() < (self.specials / 3 if is_reducing else self.specials):
                make = random.choices((self._make_special, self._make_special_and_rest), (6, 4))[0]
                if self._is_dark(fields["instrument"]) and random.random() < 0.5:
                    make = self._make_pegged
                make(fields)
                if random.random() < 0.1:
                    self._spoil_special(fields)
            if is_reducing:
                fields["flags"] |= OrderFlag.REDUCE_ONLY
        else:
            fields |= self._change(kind)
        if random.random() < 0.03:
            self._spoil(fields)
        return fields

    def _order(self) -> dict[str, int]:
        random = self.random
        order_type = random.choices((OrderType.LIMIT, OrderType.MARKET), (9, 1))[0]
        times = (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
        time_in_force = random.choices(times, (7, 2, 1))[0]
        may_rest = order_type == OrderType.LIMIT and time_in_force == TimeInForce.GTC
        post_only = random.random() < (0.2 if may_rest else 0.03)
        instrument = self._instrument()
        order_id = 0 if random.random() < 0.3 else random.randint(1, self.ids)
        side = random.choice((Side.BUY, Side.SELL))
        return {
            "instrument": instrument,
            "side": side,
            "order_type": order_type,
            "time_in_force": time_in_force,
            "flags": OrderFlag.POST_ONLY if post_only else 0,
            "order_id": order_id,
            "price": 0 if order_type == OrderType.MARKET else self._price(side),
            "quantity": self._quantity(),
            "client_order_id": random.randint(0, 99),
        }

    def _change(self, kind: CommandKind) -> dict[str, int]:
        """Draw a cancel, replace or reduce, mostly of a live order, and some at its price."""
        random = self.random
        fields = {
            "instrument": self._instrument(),
            "order_id": random.randint(0, self.ids),
            "side": random.choice((Side.BUY, Side.SELL, 0)),
        }
        price = random.choice(self.prices)
        number = random.randrange(len(self.instruments))
        book = self._machine.books[number]
        orders = list(book.own(random.choice((Side.BUY, Side.SELL))).orders())
        if not orders or random.random() < 0.3:
            orders = book.waiting()
        if orders and random.random() < 0.8:
            order = random.choice(orders)
            fields |= {"instrument": number, "order_id": order.order_id}
            price = random.choice((price, price, order.price))
            if random.random() < self.specials / 4 and kind == CommandKind.REPLACE:
                fields["trigger_price"] = random.choice(self.prices)
        if kind == CommandKind.REPLACE:
            fields["price"] = price
        if kind != CommandKind.CANCEL:
            fields["quantity"] = self._quantity()
        return fields

    def _make_special(self, fields: dict[str, int]) -> None:
        """Ask for more than a limit or market order does; mostly for what goes together."""
        random = self.random
        if random.random() < 0.35:
            self._make_conditional(fields)
        number = fields["instrument"]
        phase = self._machine.books[number].phase if number < len(self.instruments) else None
        if phase in _FOR_CALL and random.random() < 0.5:
            fields["time_in_force"] = _FOR_CALL[phase]
            if random.random() < 0.6:
                return
        elif random.random() < 0.2:
            fields["time_in_force"] = random.choice(list(TimeInForce)[TimeInForce.DAY :])
        elif random.random() < 0.3:
            fields["time_in_force"] = TimeInForce.GTD
            fields["expiry"] = max(0, self.time + random.randint(-5, 60))
        flags = fields["flags"]
        for flag, chance in _CHANCES.items():
            if random.random() < chance:
                flags |= flag
        if flags & OrderFlag.POST_ONLY and random.random() < 0.3:
            flags |= OrderFlag.SLIDE
        fields["flags"] = flags
        if flags & (OrderFlag.PROTECTED | OrderFlag.BUDGET):
            self._bound(fields)
        if random.random() < (0.9 if flags & OrderFlag.MINIMUM_EACH else 0.1):
            fields["minimum_quantity"] = self._part(fields["quantity"])
        if random.random() < 0.2:
            fields["display_quantity"] = self._part(fields["quantity"])
        if random.random() < 0.25:
            self._link(fields)
        if random.random() < 0.4:
            fields["self_trade_mode"] = random.choice(tuple(SelfTradeMode))
            if random.random() < (0.4 if fields["self_trade_mode"] else 0.1):
                fields["self_trade_group"] = random.randint(1, 2)

    def _make_special_and_rest(self, fields: dict[str, int]) -> None:
        """Ask for one thing that an order may have in the book, and nothing that forbids it."""
        random = self.random
        kinds = ("display", OrderFlag.HIDDEN, OrderFlag.ALL_OR_NONE, OrderFlag.MINIMUM_EACH)
        kind = random.choice(kinds)
        price = fields["price"] or self._price(Side(fields["side"]))
        time_in_force = random.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.DAY))
        flags = 0 if kind == "display" else kind
        fields |= {"order_type": OrderType.LIMIT, "time_in_force": time_in_force}
        fields |= {"price": price, "flags": flags}
        if kind == "display":
            fields["display_quantity"] = self._part(fields["quantity"] // 3)
        elif kind == OrderFlag.MINIMUM_EACH:
            fields["minimum_quantity"] = self._part(fields["quantity"])

    def _make_conditional(self, fields: dict[str, int]) -> None:
        random = self.random
        order_type = random.choice(list(OrderType)[2:])
        fields["order_type"] = order_type
        is_trailing = order_type in (OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT)
        if order_type not in (OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED):
            fields["price"] = 0
        elif fields["price"] == 0:
            fields["price"] = random.choice(self.prices)
        if order_type in PEGGED:
            fields["offset"] = random.randint(-2, 2)
        if order_type == OrderType.MARKET_TO_LIMIT or order_type > OrderType.TRAILING_STOP_LIMIT:
            return
        fields["trigger_source"] = random.choices(tuple(TriggerSource), (32, 4, 4, 1, 1, 1))[0]
        if not is_trailing or random.random() < 0.3:
            fields["trigger_price"] = random.choice(self.prices)
        if is_trailing:
            fields["offset"] = random.randint(1, 4)
            if random.random() < 0.3:
                fields["flags"] |= OrderFlag.TRAIL_RATE
                fields["offset"] = random.randint(1, 60_000)
        if order_type == OrderType.TRAILING_STOP_LIMIT:
            fields["price"] = random.choice((-1, 0, 1, 2))

    def _make_pegged(self, fields: dict[str, int]) -> None:
        """Follow the market, mostly the middle of it, with a minimum for every fill or without."""
        random = self.random
        fields |= {"order_type": random.choice((*PEGGED, OrderType.PEG_MIDPOINT)), "price": 0}
        fields |= {"time_in_force": TimeInForce.GTC, "flags": 0, "order_id": 0}
        fields["offset"] = random.choice((0, 0, 0, -fields["side"], random.randint(-2, 2)))
        if random.random() < 0.3:
            fields["minimum_quantity"] = self._part(fields["quantity"])
        if random.random() < 0.2:
            fields |= {"flags": OrderFlag.PROTECTED, "bound": random.choice(self.prices)}

    def _bound(self, fields: dict[str, int]) -> None:
        """Give a worst price or a budget, mostly to a market order."""
        price = self.random.choice(self.prices)
        fields["bound"] = price
        if fields["flags"] & OrderFlag.BUDGET and self.random.random() < 0.9:
            fields["bound"] = min(abs(price) * self.random.randint(1, 30), INT64_MAX)
        if fields["order_type"] == OrderType.LIMIT and self.random.random() < 0.9:
            fields["order_type"] = OrderType.MARKET
            fields["price"] = 0

    def _link(self, fields: dict[str, int]) -> None:
        """Link with some order, mostly one that lives, or one that is yet to come."""
        random = self.random
        fields["flags"] |= random.choice(
            (
                OrderFlag.ONE_CANCELS_OTHER,
                OrderFlag.ONE_TRIGGERS_OTHER,
                OrderFlag.ONE_CANCELS_OTHER | OrderFlag.ONE_TRIGGERS_OTHER,
            )
        )
        book = self._machine.books[fields["instrument"] % len(self.instruments)]
        side = random.choice((Side.BUY, Side.SELL, None))
        orders = book.waiting() if side is None else list(book.own(side).orders())
        fields["linked_order_id"] = random.randint(0, self.ids)
        if orders and random.random() < 0.8:
            fields["linked_order_id"] = random.choice(orders).order_id
        if self.apart.random() < 0.1:  # by what is gone too soon to be canceled
            plain = dict.fromkeys((*SPECIAL_NUMBERS, "trigger_source", "expiry", "price"), 0)
            fields |= {**plain, "order_type": OrderType.MARKET, "time_in_force": TimeInForce.IOC}
            fields["flags"] = OrderFlag.ONE_CANCELS_OTHER

    def _reduce(self, fields: dict[str, int]) -> None:
        """Give an order the side that reduces a position, mostly one that there is."""
        random = self.random
        number = fields["instrument"] % len(self.instruments)
        position = self.guide.book(number).position
        accounts = [account for account in range(4) if position(account)]
        if accounts and random.random() < 0.9:
            fields["account"] = random.choice(accounts)
            fields["side"] = Side.SELL if position(fields["account"]) > 0 else Side.BUY
            if fields["order_type"] == OrderType.LIMIT:
                fields["price"] = self._price(fields["side"])
        rule = self.instruments[number]["reduce_only_rule"]
        if rule == ReduceOnlyRule.IMMEDIATE and random.random() < 0.6:
            fields["time_in_force"] = TimeInForce.IOC

    def _position(self) -> dict[str, int]:
        """Draw a position of a few orders' size, sometimes none or at an edge."""
        quantity = self.random.randint(-6, 6) * self.random.choice((1, 1, 3))
        quantity = max(INT64_MIN, min(quantity * self.quantity_unit, INT64_MAX))
        if self.random.random() < 0.03:
            quantity = self.random.choice(EDGE_NUMBERS)
        fields = {"instrument": self._instrument(), "quantity": quantity}
        return {"kind": CommandKind.SET_POSITION, **fields}

    def _part(self, quantity: int) -> int:
        return self.random.randint(1, max(1, quantity))

    def _order_of_none(self) -> dict[str, int]:
        """Draw a command that names no order."""
        random = self.random
        kinds = (
            *(CommandKind.SET_PRICE, CommandKind.ADVANCE_TIME, CommandKind.MASS_CANCEL),
            *(CommandKind.SET_PHASE, CommandKind.UNCROSS),
        )
        kind = random.choices(kinds, (5, 1, 2, 6, 5))[0]
        if kind == CommandKind.ADVANCE_TIME:
            return {"kind": kind}
        if kind == CommandKind.UNCROSS:
            return {"kind": kind, "instrument": self._instrument()}
        if kind == CommandKind.SET_PHASE:
            return self._phase(self._instrument())
        if kind == CommandKind.SET_PRICE:
            return {
                "kind": kind,
                "instrument": self._instrument(),
                "trigger_source": random.choice(tuple(TriggerSource)),
                "price": random.choice(self.prices),
            }
        scope = random.randint(1, sum(CancelScope))
        by_price = scope & CancelScope.BY_PRICE
        return {
            "kind": kind,
            "selector": scope,
            "instrument": self._instrument() if scope & CancelScope.BY_INSTRUMENT else 0,
            "side": random.choice((Side.BUY, Side.SELL)),
            "price": self.prices[1] if by_price else 0,
            "bound": self.prices[-2] if by_price else 0,
        }

    def _outside(self, instrument: int) -> dict[str, int]:
        """Draw a price of the market that the pegged orders of a dark instrument follow."""
        side = self.random.choice((Side.BUY, Side.SELL))
        return {
            "kind": CommandKind.SET_PRICE,
            "instrument": instrument,
            "trigger_source": TriggerSource.BID if side == Side.BUY else TriggerSource.OFFER,
            "price": self._price(side),
        }

    def _phase(self, instrument: int) -> dict[str, int]:
        phase = self.random.choices(tuple(Phase), (8, 2, 2, 2, 3, 1, 1))[0]
        if self._is_dark(instrument) and self.random.random() < 0.6:
            phase = Phase.CONTINUOUS
        return {"kind": CommandKind.SET_PHASE, "instrument": instrument, "selector": phase}

    def _is_dark(self, instrument: int) -> bool:
        """Return whether an instrument shows nothing."""
        known = instrument < len(self.instruments)
        return known and self.instruments[instrument].get("visibility") == Visibility.DARK

    def _centre(self, instrument: int) -> dict[str, int]:
        """Draw the middle of a band: among the prices, or so that it ends there, far as it is."""
        random = self.random
        name, source = random.choice(
            (
                ("static_band", TriggerSource.REFERENCE),
                ("static_band", TriggerSource.REFERENCE),
                ("dynamic_band", TriggerSource.LAST),
            )
        )
        price = random.choice(self.prices)
        if random.random() < 0.4:
            millionths = self.instruments[instrument].get(name, 0)
            price = price * MILLION // (MILLION + millionths) + random.randint(-1, 1)
        price = min(max(price, INT64_MIN), INT64_MAX)
        return {
            "kind": CommandKind.SET_PRICE,
            "instrument": instrument,
            "trigger_source": source,
            "price": price,
        }

    def _is_idle(self, instrument: int) -> bool:
        """Return whether an instrument takes no orders now, or is in a call that one may begin."""
        phase = self._machine.books[instrument].phase
        is_called = instrument in self.banded and phase == Phase.VOLATILITY_CALL
        return is_called or phase in (Phase.HALT, Phase.CLOSED)

    def _instrument(self) -> int:
        number = self.random.choices((0, 1, 2, 2**32 - 1), (70, 15, 14, 1))[0]
        known = number < len(self.instruments)
        return number if known or self.random.random() < 0.05 else 0

    def _price(self, side: Side) -> int:
        """Draw a price from the side's part of the range; the parts overlap, or just touch.

        Where it is crowded, mostly the worst one, or one that meets all of the other side.
        """
        place = self.random.randrange(self.reach)
        if self.is_crowded:
            place = self.random.choices((0, 1, len(self.prices) - 1), (7, 1, 2))[0]
        return self.prices[place if side == Side.BUY else -1 - place]

    def _quantity(self) -> int:
        if self.random.random() < 0.01:
            return self.random.choice((0, -1))
        return self.random.randint(1, 8 if self.quantity_unit > 1 else 9) * self.quantity_unit - (
            self.quantity_unit > 1
        )

    def _timestamp(self) -> int:
        """Draw a time: mostly a little later, sometimes the same, earlier, or none."""
        self.time += self.random.choice((0, 0, 1, 5))
        return self.random.choices((self.time, max(0, self.time - 7), 0), (90, 5, 5))[0]

    def _spoil(self, fields: dict[str, int]) -> None:
        random = self.random
        name = random.choice((*SPOILED_FIELDS, random.choice(SPECIAL_FIELDS)))
        if name in ("price", "quantity", "trigger_price", "offset", "bound"):
            fields[name] = random.choice(EDGE_NUMBERS)
        else:
            fields[name] = 1

    def _spoil_special(self, fields: dict[str, int]) -> None:
        """Bring a number of a special order to an edge, mostly one that the order has."""
        given = [name for name in SPECIAL_NUMBERS if fields.get(name)]
        name = self.random.choice(given or SPECIAL_NUMBERS)
        fields[name] = self.random.choice(EDGE_NUMBERS)


_FOR_CALL = {
    Phase.PRE_OPEN: TimeInForce.AT_THE_OPEN,
    Phase.OPENING_CALL: TimeInForce.AT_THE_OPEN,
    Phase.VOLATILITY_CALL: TimeInForce.GOOD_FOR_AUCTION,
    Phase.CLOSING_CALL: TimeInForce.AT_THE_CLOSE,
}
_CHANCES = {
    OrderFlag.SLIDE: 0.02,
    OrderFlag.POST_ONLY: 0.05,
    OrderFlag.HIDDEN: 0.2,
    OrderFlag.ALL_OR_NONE: 0.15,
    OrderFlag.MINIMUM_EACH: 0.12,
    OrderFlag.PROTECTED: 0.1,
    OrderFlag.BUDGET: 0.08,
    OrderFlag.TRAIL_RATE: 0.02,
}
"""How often a special order is given a flag, whatever else it is."""
