"""An order inside the engine."""

from __future__ import annotations

from dataclasses import dataclass

from .._schema import OrderFlag, OrderStatus, OrderType, Side, TimeInForce
from ..records import Order
from .commands import Command


@dataclass(slots=True, eq=False)
class LiveOrder:
    """An order inside the engine; only its price, quantities and timestamp ever change."""

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
        )

    @property
    def limit(self) -> int | None:
        """The worst price it may trade at; None for a market order, which takes any."""
        return None if self.order_type == OrderType.MARKET else self.price

    @property
    def may_rest(self) -> bool:
        """Whether what does not trade at once waits in the book."""
        return may_rest(self.order_type, self.time_in_force)

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
            reserved_8=0,
            flags=self.flags,
        )


def may_rest(order_type: int, time_in_force: int) -> bool:
    """Return whether such an order may wait in the book: a limit order, good till canceled."""
    return order_type == OrderType.LIMIT and time_in_force == TimeInForce.GTC
