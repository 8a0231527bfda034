"""Orders outside the book: what they wait for, and which of them a price sets off."""

from __future__ import annotations

from .._schema import BUY, SELL, OrderFlag, OrderState, OrderType, TriggerOrder, TriggerSource
from .instrument import INT64_MAX, INT64_MIN, MILLION, InstrumentTerms
from .orders import CONDITIONAL, IF_TOUCHED, TRAILING, LiveOrder


class Triggers:
    """The waiting orders of one instrument, and the prices that they watch."""

    def __init__(self, order: TriggerOrder) -> None:
        self.prices: dict[TriggerSource, int] = {}
        self.waiting: dict[int, LiveOrder] = {}
        """By id."""
        self._order = order

    def place(self, order: LiveOrder) -> None:
        """Let a conditional order begin to wait.

        A trailing order with an activation price waits for that first, whichever side of the market
        it is on; where no price is known yet, for a rise to it when it sells, a fall when it buys.
        """
        self.waiting[order.order_id] = order
        price = self.prices.get(order.trigger_source)
        order.state = OrderState.UNTRIGGERED
        order.is_rising = (order.side == BUY) != (order.order_type in IF_TOUCHED)
        if order.order_type not in TRAILING:
            return
        if order.trigger_price == 0 or order.trigger_price == price:
            if price is None:
                order.state = OrderState.UNPRICED
            else:
                _start(order, price)
            return
        order.state = OrderState.UNACTIVATED
        order.is_rising = order.side == SELL if price is None else order.trigger_price > price

    def has_reached(self, order: LiveOrder) -> bool:
        """Return whether the price that an order watches is already where it waits for it."""
        price = self.prices.get(order.trigger_source)
        return order.state == OrderState.UNTRIGGERED and price is not None and _meets(order, price)

    def on_price(self, source: TriggerSource, price: int) -> list[LiveOrder]:
        """Take note of a price; return the orders that it sets off, in the order of their entry.

        First the trailing orders follow the price, by age. Then it rises to those that wait above,
        the nearest first and at one trigger price the oldest, and then it falls to those below.
        """
        self.prices[source] = price
        for order in self._watching(source, OrderState.UNPRICED):
            _start(order, price)
        for order in self._watching(source, OrderState.UNTRIGGERED):
            if order.order_type in TRAILING:
                _follow(order, price)
        fired = [*self._fire(source, price, rising=True), *self._fire(source, price, rising=False)]
        if self._order == TriggerOrder.BY_TIME:
            fired.sort(key=lambda order: order.arrival)
        return fired

    def _watching(self, source: TriggerSource, state: OrderState) -> list[LiveOrder]:
        orders = (order for order in self.waiting.values() if order.trigger_source == source)
        return sorted(
            (order for order in orders if order.state == state), key=lambda order: order.arrival
        )

    def _fire(self, source: TriggerSource, price: int, *, rising: bool) -> list[LiveOrder]:
        fired: list[LiveOrder] = []
        while True:
            reached = [
                order
                for state in (OrderState.UNTRIGGERED, OrderState.UNACTIVATED)
                for order in self._watching(source, state)
                if order.is_rising == rising and _meets(order, price)
            ]
            if not reached:
                return fired
            order = min(reached, key=_nearest_first)
            if order.state == OrderState.UNACTIVATED:
                _start(order, _better(order, order.trigger_price, price))
            else:
                del self.waiting[order.order_id]
                fired.append(order)


def release(order: LiveOrder, terms: InstrumentTerms) -> None:
    """Turn a triggered order into what it becomes in the market.

    The limit of a trailing stop-limit order lies its distance beyond the trigger price, as far as
    the instrument has prices.
    """
    if order.order_type == OrderType.TRAILING_STOP_LIMIT:
        limit = order.trigger_price + order.side * order.price
        order.price = min(max(limit, terms.min_price), terms.max_price)
    order.order_type = CONDITIONAL[order.order_type]
    order.state = OrderState.ENTERING


def _meets(order: LiveOrder, price: int) -> bool:
    return price >= order.trigger_price if order.is_rising else price <= order.trigger_price


def _nearest_first(order: LiveOrder) -> tuple[int, int]:
    return (order.trigger_price if order.is_rising else -order.trigger_price, order.arrival)


def _better(order: LiveOrder, one: int, other: int) -> int:
    """Return which of two prices a trailing order would rather have seen."""
    return min(one, other) if order.side == BUY else max(one, other)


def _start(order: LiveOrder, extreme: int) -> None:
    """Let a trailing order trail, from the best price it has seen."""
    order.state = OrderState.UNTRIGGERED
    order.is_rising = order.side == BUY
    _trail(order, extreme)


def _follow(order: LiveOrder, price: int) -> None:
    """Let a trailing order follow a better price: down when it buys, up when it sells."""
    if _better(order, order.extreme_price, price) != order.extreme_price:
        _trail(order, price)


def _trail(order: LiveOrder, extreme: int) -> None:
    """Set the trigger price the order's distance behind the best price.

    A rate is of the size of that price, and what it gives is rounded up to a tick.
    """
    distance = order.offset
    if order.flags & OrderFlag.TRAIL_RATE:
        distance = -(-abs(extreme) * order.offset // MILLION)
    order.extreme_price = extreme
    order.trigger_price = _within_64_bits(extreme + order.side * distance)


def _within_64_bits(price: int) -> int:
    return min(max(price, INT64_MIN), INT64_MAX)
