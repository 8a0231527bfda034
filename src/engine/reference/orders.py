"""An order inside the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .._schema import (
    OrderFlag,
    OrderState,
    OrderStatus,
    OrderType,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerSource,
)
from ..records import Order, OrderDetail
from .commands import Command

CONDITIONAL: Final = {
    OrderType.STOP: OrderType.MARKET,
    OrderType.STOP_LIMIT: OrderType.LIMIT,
    OrderType.MARKET_IF_TOUCHED: OrderType.MARKET,
    OrderType.LIMIT_IF_TOUCHED: OrderType.LIMIT,
    OrderType.TRAILING_STOP: OrderType.MARKET,
    OrderType.TRAILING_STOP_LIMIT: OrderType.LIMIT,
}
"""What each conditional order becomes when it is triggered."""

TRAILING: Final = frozenset({OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT})
IF_TOUCHED: Final = frozenset({OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED})
PEGGED: Final = frozenset({OrderType.PEG_PRIMARY, OrderType.PEG_MARKET, OrderType.PEG_MIDPOINT})
LIMITED: Final = frozenset(
    {
        OrderType.LIMIT,
        OrderType.STOP_LIMIT,
        OrderType.LIMIT_IF_TOUCHED,
        OrderType.TRAILING_STOP_LIMIT,
    }
)
"""The order types that have a price."""

FINDS_PRICE: Final = LIMITED | PEGGED | {OrderType.MARKET_TO_LIMIT}
"""The order types that have a price to rest at, now or once they are in the market."""

MARKET_TYPES: Final = frozenset({OrderType.MARKET, OrderType.MARKET_TO_LIMIT})

PLAIN_TYPES: Final = frozenset({OrderType.LIMIT, OrderType.MARKET})
PLAIN_TIMES: Final = frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.DAY})
SPECIAL_FLAGS: Final = sum(OrderFlag) - OrderFlag.POST_ONLY
"""The instructions that plain orders do not have."""
FIRST_SPECIAL: Final = Command._fields.index("trigger_price")
"""From this field on, up to the self-trade mode, plain orders leave a command at zero."""
AFTER_SPECIAL: Final = Command._fields.index("self_trade_mode")
IMMEDIATE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})
"""The times in force of orders that never wait in the book."""
FOR_AUCTIONS: Final = frozenset(
    {TimeInForce.AT_THE_OPEN, TimeInForce.AT_THE_CLOSE, TimeInForce.GOOD_FOR_AUCTION}
)
"""The times in force of orders that end with an auction."""


@dataclass(slots=True, eq=False, kw_only=True)
class LiveOrder:
    """An order inside the engine."""

    order_id: int
    client_order_id: int
    price: int
    leaves_quantity: int
    timestamp: int
    instrument: int
    account: int
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    flags: OrderFlag
    filled_quantity: int = 0

    is_special: bool = False
    """Whether it asks for more than a limit or market order does, and so has details."""
    arrival: int = 0
    """When it took its place, as a number; 0 for an order without details."""
    state: OrderState = OrderState.RESTING
    is_queued: bool = False
    """Whether it stands in a queue of its book; not while it enters."""
    displayed_quantity: int = 0
    """What is shown of it while it rests."""
    display_quantity: int = 0
    minimum_quantity: int = 0
    expiry: int = 0
    offset: int = 0
    bound: int = 0
    self_trade_group: int = 0
    self_trade_mode: SelfTradeMode = SelfTradeMode.NONE
    linked_order_id: int = 0
    link_group: int = 0
    """The number of the orders that cancel each other; 0 for none."""
    trigger_price: int = 0
    trigger_source: TriggerSource = TriggerSource.LAST
    extreme_price: int = 0
    is_rising: bool = False
    """Whether it waits for the price to rise to its trigger, or to fall to it."""

    @classmethod
    def from_command(cls, command: Command, order_id: int, timestamp: int) -> LiveOrder:
        """Return the order that a SUBMIT asks for."""
        return cls(
            order_id=order_id,
            client_order_id=command.client_order_id,
            price=command.price,
            leaves_quantity=command.quantity,
            timestamp=timestamp,
            instrument=command.instrument,
            account=command.account,
            side=Side(command.side),
            order_type=OrderType(command.order_type),
            time_in_force=TimeInForce(command.time_in_force),
            flags=OrderFlag(command.flags),
            is_special=is_special(command),
            display_quantity=command.display_quantity,
            minimum_quantity=command.minimum_quantity,
            expiry=command.expiry,
            offset=command.offset,
            bound=command.bound,
            self_trade_group=command.self_trade_group,
            self_trade_mode=SelfTradeMode(command.self_trade_mode),
            linked_order_id=command.linked_order_id,
            trigger_price=command.trigger_price,
            trigger_source=TriggerSource(command.trigger_source),
        )

    @property
    def limit(self) -> int | None:
        """The worst price it may trade at; None when it takes any."""
        if self.order_type in LIMITED or self.is_pegged:
            return self.price
        return self.bound if self.flags & OrderFlag.PROTECTED else None

    @property
    def is_pegged(self) -> bool:
        """Whether its price follows the market."""
        return self.order_type in PEGGED

    @property
    def may_rest(self) -> bool:
        """Whether what does not trade at once waits in the book."""
        return may_rest(self.order_type, self.time_in_force, self.flags)

    @property
    def is_waiting(self) -> bool:
        """Whether it is outside the book: it waits, or is in a call without a limit."""
        return self.state not in (OrderState.RESTING, OrderState.ENTERING)

    @property
    def is_hidden(self) -> bool:
        """Whether nothing of it is ever shown."""
        return OrderFlag.HIDDEN in self.flags

    @property
    def is_choosy(self) -> bool:
        """Whether it may rest at a price that meets the other side."""
        return OrderFlag.ALL_OR_NONE in self.flags or OrderFlag.MINIMUM_EACH in self.flags

    @property
    def is_reduce_only(self) -> bool:
        """Whether it may make its account's position smaller and do nothing else."""
        return bool(self.flags & OrderFlag.REDUCE_ONLY)

    @property
    def needs_all(self) -> bool:
        """Whether it trades whole or not at all."""
        return self.time_in_force == TimeInForce.FOK or OrderFlag.ALL_OR_NONE in self.flags

    @property
    def available(self) -> int:
        """What an incoming order can take of it before it goes to the tail of its price."""
        return self.leaves_quantity if self.is_hidden else self.displayed_quantity

    @property
    def order_status(self) -> OrderStatus:
        """Where the order stands by its quantities (FIX 39)."""
        if self.leaves_quantity == 0:
            return OrderStatus.FILLED
        return OrderStatus.PARTIALLY_FILLED if self.filled_quantity else OrderStatus.NEW

    def fill(self, quantity: int) -> None:
        """Move `quantity` lots from open to filled."""
        assert 0 < quantity <= self.leaves_quantity
        self.leaves_quantity -= quantity
        self.filled_quantity += quantity

    def show(self) -> None:
        """Show as much as it may: nothing, a peak, or all."""
        if self.is_hidden:
            self.displayed_quantity = 0
        elif self.display_quantity:
            self.displayed_quantity = min(self.display_quantity, self.leaves_quantity)
        else:
            self.displayed_quantity = self.leaves_quantity

    def snapshot(self) -> Order:
        """Return the order as it stands now."""
        return Order(
            order_id=self.order_id,
            client_order_id=self.client_order_id,
            price=self.price,
            leaves_quantity=self.leaves_quantity,
            filled_quantity=self.filled_quantity,
            timestamp=self.timestamp,
            instrument=self.instrument,
            account=self.account,
            side=self.side,
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            self_trade_mode=self.self_trade_mode,
            flags=self.flags,
        )

    def detail(self) -> OrderDetail:
        """Return what it is beyond that.

        REQUIRES: the order has details.
        """
        return OrderDetail(
            order_id=self.order_id,
            arrival=self.arrival,
            displayed_quantity=0 if self.is_waiting else self.displayed_quantity,
            display_quantity=self.display_quantity,
            minimum_quantity=self.minimum_quantity,
            trigger_price=self.trigger_price if self.is_waiting else 0,
            extreme_price=self.extreme_price,
            offset=self.offset,
            bound=self.bound,
            expiry=self.expiry,
            linked_order_id=self.linked_order_id,
            link_group=self.link_group,
            instrument=self.instrument,
            self_trade_group=self.self_trade_group,
            self_trade_mode=self.self_trade_mode,
            trigger_source=self.trigger_source,
            state=self.state,
            is_rising=int(self.is_rising),
            reserved_32=0,
        )


def is_special(command: Command) -> bool:
    """Return whether a SUBMIT asks for more than a limit or market order does.

    To prevent self-trades within the account is no more.
    """
    return (
        command.order_type not in PLAIN_TYPES
        or command.time_in_force not in PLAIN_TIMES
        or bool(command.flags & SPECIAL_FLAGS)
        or any(command[FIRST_SPECIAL:AFTER_SPECIAL])
    )


def in_the_dark(command: Command) -> Command:
    """Return what a SUBMIT asks for in a dark instrument.

    What may rest is hidden, and a minimum quantity holds for every fill.
    """
    flags = command.flags
    if may_rest(command.order_type, command.time_in_force, flags):
        flags |= OrderFlag.HIDDEN
    if command.minimum_quantity:
        flags |= OrderFlag.MINIMUM_EACH
    return command._replace(flags=flags)


def may_rest(order_type: int, time_in_force: int, flags: int = 0) -> bool:
    """Return whether such an order may wait in the book, now or once it is triggered.

    It needs a price to wait at: its limit, what it follows, the price that it traded at
    (MARKET_TO_LIMIT), or its worst price (PROTECTED).
    """
    has_price = order_type in FINDS_PRICE or bool(flags & OrderFlag.PROTECTED)
    return has_price and time_in_force not in IMMEDIATE
