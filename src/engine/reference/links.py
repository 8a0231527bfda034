"""Orders that depend on each other: which cancel each other, and which wait for another's end."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from .._schema import OrderFlag
from .orders import LiveOrder


class Ended(NamedTuple):
    """An order that is no more, and that others waited for."""

    order: LiveOrder
    children: list[LiveOrder]


class Links:
    """All links of one engine, and what has happened to linked orders and is yet to have effect."""

    def __init__(self) -> None:
        self.touched: deque[LiveOrder] = deque()
        """Orders that traded, were triggered or ended, whose group has not heard of it."""
        self.ended: deque[Ended] = deque()
        self._groups: dict[int, list[LiveOrder]] = {}
        self._children: dict[int, list[LiveOrder]] = {}
        self._group_count = 0

    def join(self, order: LiveOrder, other: LiveOrder) -> None:
        """Let an order cancel another, and be canceled by it, and by those that it is with."""
        if other.link_group == 0:
            self.make_group([other])
        order.link_group = other.link_group
        self._groups[other.link_group].append(order)

    def make_group(self, orders: list[LiveOrder]) -> None:
        """Let orders cancel each other, and those that any of them is with already."""
        members = list(orders)
        for order in orders:
            former = self._groups.pop(order.link_group, [])
            members += [member for member in former if member not in members]
        self._group_count += 1
        self._groups[self._group_count] = members
        for member in members:
            member.link_group = self._group_count

    def wait(self, child: LiveOrder) -> None:
        """Let an order wait for the end of another, which may not have come yet."""
        self._children.setdefault(child.linked_order_id, []).append(child)

    def touch(self, order: LiveOrder) -> None:
        """Note that something happened to an order that cancels the others of its group."""
        if order.link_group:
            self.touched.append(order)

    def end(self, order: LiveOrder) -> None:
        """Note that an order is no more: for its group, and for those of its book that wait."""
        self.touch(order)
        waiting = self._children.get(order.order_id, [])
        children = [child for child in waiting if child.instrument == order.instrument]
        if children:
            self.ended.append(Ended(order, children))
            for child in children:
                self.stop_waiting(child)

    def stop_waiting(self, child: LiveOrder) -> None:
        """Forget that an order waits for another."""
        siblings = self._children.get(child.linked_order_id, [])
        if child in siblings:
            siblings.remove(child)
            if not siblings:
                del self._children[child.linked_order_id]

    def disband(self, order: LiveOrder) -> list[LiveOrder]:
        """End the group of an order; return the others of it, by age."""
        group = self._groups.pop(order.link_group, [])
        for member in group:
            member.link_group = 0
        return sorted(
            (member for member in group if member is not order), key=lambda member: member.arrival
        )


def is_one_of_several(order: LiveOrder) -> bool:
    """Return whether an order that waits for another cancels those that wait with it."""
    return bool(order.flags & OrderFlag.ONE_CANCELS_OTHER)
