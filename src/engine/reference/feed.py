"""Market data made of reports: what the compiled `FeedBuilder` must do, in plain Python.

Shown orders stand in one dict, in the order in which they took their places. What is told of them
at the end of a command is the difference between what that dict shows now and what was told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from .._members import truth_of
from .._schema import (
    FEED_DTYPE,
    CommandKind,
    ExecType,
    FeedChannel,
    FeedFlag,
    FeedKind,
    Liquidity,
    OrderFlag,
    ReportFlag,
    Side,
    Visibility,
)
from ..records import RecordArray, SeenOrNot
from .orders import PEGGED
from .reports import Report

ALL_CHANNELS: Final = FeedChannel(sum(FeedChannel))

MARKS: Final = (
    ReportFlag.SELF_TRADE | ReportFlag.CASCADE_LIMIT | ReportFlag.LINKED | ReportFlag.PRICE_BAND
)
"""What a report says that came of something else than a command."""
CANCELING: Final = (CommandKind.CANCEL, CommandKind.REDUCE, CommandKind.MASS_CANCEL)

Levels: TypeAlias = dict[tuple[Side, int], tuple[int, int]]
"""By side and price: lots and orders that are shown."""


@dataclass(slots=True, eq=False)
class ShownOrder:
    """An order that rests and is shown, or is on its way in."""

    order_id: int
    instrument: int
    side: Side
    price: int
    quantity: int
    peak: int
    """What it showed when it came in, or last came back: it never shows more."""
    is_hidden: bool
    is_told: bool = False


@dataclass(slots=True, eq=False)
class Market:
    """What was told of one instrument."""

    is_dark: bool
    numbers: dict[FeedChannel, int] = field(default_factory=lambda: dict.fromkeys(FeedChannel, 0))
    levels: Levels = field(default_factory=dict)
    tops: dict[Side, tuple[int, int, int]] = field(
        default_factory=lambda: dict.fromkeys(Side, (0, 0, 0))
    )


OF_NO_ORDER: Final = (
    *(ExecType.REJECTED, ExecType.DONE, ExecType.LIQUIDATED),
    *(ExecType.DELEVERAGED, ExecType.SOCIALIZED, ExecType.WARNED),
)
"""What says nothing of the books."""


class Caption(NamedTuple):
    """What all reports of a command have in common, and those of some neighbours too."""

    kind: int
    command_id: int
    timestamp: int


@dataclass(slots=True, eq=False)
class Command:
    """What is known of the command whose reports are read."""

    caption: Caption | None = None
    has_begun: bool = False
    """Whether it has had its say, after what its time made expire and what came of that."""
    is_done: bool = False
    set_off: list[int] = field(default_factory=list)
    """Orders that were set off, of any instrument, and are not known to rest."""


class FeedBuilder:
    """Messages made of execution reports, without a look at the books."""

    def __init__(
        self, *, channels: FeedChannel | int = ALL_CHANNELS, report_numbers: bool = True
    ) -> None:
        self.channels = FeedChannel(channels)
        self.report_numbers = truth_of(report_numbers, "report_numbers")
        self._markets: dict[int, Market] = {}
        self._resting: dict[int, ShownOrder] = {}
        self._entering: dict[int, ShownOrder] = {}
        self._command = Command()
        self._touched: set[int] = set()
        self._messages: list[dict[str, Any]] = []
        self._last: dict[tuple[int, FeedChannel], dict[str, Any]] = {}
        self._report: Any = None

    def add_instrument(self, instrument: int, *, dark: bool = False) -> None:
        """Begin to tell of an instrument."""
        self._markets[instrument] = Market(truth_of(dark, "dark"))

    def add_instruments(self, instruments: Iterable[SeenOrNot]) -> None:
        """Begin to tell of all instruments of a venue, by number; those that are dark stay dark."""
        for number, instrument in enumerate(instruments):
            if number not in self._markets:
                self.add_instrument(number, dark=instrument.visibility == Visibility.DARK)

    def read(self, reports: RecordArray) -> RecordArray:
        """Return the messages that the reports of whole commands make."""
        self._messages = []
        for row in reports.tolist():
            report = Report(*row)
            if self._begins_command(report):
                self._end_command()
            self._note(report)
            self._follow(report)
        self._end_command()
        array = np.zeros(len(self._messages), FEED_DTYPE)
        for record, message in zip(array, self._messages, strict=True):
            for name, value in message.items():
                record[name] = value
        return array

    # Which reports are of one command.

    def _begins_command(self, report: Report) -> bool:
        """Return whether a report is the first one of another command.

        A command makes one report that says that it was accepted, carried out or refused. Before it
        there is only what a later time made expire, and what came of that, and then the time is
        another one than that of the command before.
        """
        command = self._command
        if command.caption is None:
            return False
        if _caption(report) != command.caption:
            return True
        if not command.has_begun or not self._is_own(report):
            return False
        return command.is_done or report.kind != CommandKind.MASS_CANCEL

    def _is_own(self, report: Report) -> bool:
        """Return whether a report says what became of its command, not what that set off.

        An order that was set off may be canceled on its way in, without a mark.
        """
        marks = ReportFlag(report.flags) & MARKS or _is_trimmed(report)
        match report.exec_type:
            case ExecType.NEW | ExecType.REJECTED:
                return True
            case ExecType.REPLACED | ExecType.DONE:
                return not marks
            case ExecType.CANCELED:
                was_asked = report.kind in CANCELING
                return was_asked and not marks and report.order_id not in self._command.set_off
            case _:
                return False

    def _note(self, report: Report) -> None:
        """Take note of what a report says of its command."""
        command = self._command
        command.caption = _caption(report)
        if not command.has_begun and self._is_own(report):
            command.has_begun = True
            self._place_all()
        is_done = report.exec_type == ExecType.DONE and self._is_own(report)
        command.is_done = command.is_done or is_done
        is_waiting = report.flags & ReportFlag.WAITING
        if report.exec_type in (ExecType.TRIGGERED, ExecType.RESTATED) and not is_waiting:
            if report.order_id not in command.set_off:
                command.set_off.append(report.order_id)
        elif report.exec_type == ExecType.TRADE and report.liquidity == Liquidity.TAKER:
            while command.set_off and command.set_off[0] != report.order_id:
                del command.set_off[0]

    # What reports say.

    def _follow(self, report: Report) -> None:
        self._report = report
        market = self._markets.get(report.instrument)
        if market is None:
            return
        if report.exec_type == ExecType.TRADE and report.liquidity == Liquidity.MAKER:
            self._print(market, report)
        if market.is_dark or report.exec_type in OF_NO_ORDER:
            return
        self._touched.add(report.instrument)
        is_out = report.exec_type in (ExecType.CANCELED, ExecType.EXPIRED)
        if report.exec_type == ExecType.TRADE:
            self._on_trade(report)
        elif is_out or report.flags & ReportFlag.WAITING:
            self._take_out(report.order_id)
            self._entering.pop(report.order_id, None)
        elif report.exec_type in (ExecType.NEW, ExecType.TRIGGERED):
            self._on_entry(report)
        elif report.exec_type == ExecType.REPLACED:
            self._on_replaced(report)
        else:
            self._on_restated(report)

    def _on_entry(self, report: Report) -> None:
        self._entering[report.order_id] = ShownOrder(
            order_id=report.order_id,
            instrument=report.instrument,
            side=Side(report.side),
            price=report.price,
            quantity=_shown(report),
            peak=_shown(report),
            is_hidden=bool(report.order_flags & OrderFlag.HIDDEN),
        )

    def _on_trade(self, report: Report) -> None:
        in_auction = report.flags & ReportFlag.AUCTION
        if report.liquidity == Liquidity.MAKER and not in_auction:
            self._place_before(report.contra_order_id)
            if report.order_id in self._entering:
                self._place_all()  # it rests, so the taker rested before it and takes in its place
        order = self._entering.get(report.order_id)
        if order is not None:
            order.quantity = min(order.quantity, report.leaves_quantity)
            if report.leaves_quantity == 0:
                del self._entering[report.order_id]
            return
        order = self._resting.get(report.order_id)
        if order is None:
            return  # it is hidden, or in a call without a limit
        if in_auction:
            order.quantity = min(order.peak, report.leaves_quantity)
        else:
            order.quantity -= report.last_quantity
        if order.is_told:
            self._tell(
                FeedKind.EXECUTE,
                order,
                flags=_trade_flags(report),
                trade_id=report.trade_id,
                last_quantity=report.last_quantity,
            )
            order.is_told = order.quantity > 0
        if report.leaves_quantity == 0:
            del self._resting[report.order_id]

    def _on_replaced(self, report: Report) -> None:
        order = self._entering.get(report.order_id)
        if order is not None:
            order.price = report.price
            order.quantity = order.peak = _shown(report)
            return
        order = self._resting.get(report.order_id)
        if not report.flags & ReportFlag.KEPT_PRIORITY:
            self._take_out(report.order_id)
            self._on_entry(report)
        elif order is not None and order.quantity != _shown(report):
            order.quantity = _shown(report)
            if order.is_told:
                self._tell(FeedKind.CHANGE, order)

    def _on_restated(self, report: Report) -> None:
        order = self._resting.get(report.order_id)
        if order is not None and order.quantity == 0:  # an iceberg, which never left its price
            self._take_out(report.order_id)
            self._on_entry(report)
            self._place(self._entering.pop(report.order_id))
            return
        if report.order_type in PEGGED:  # it moves when nothing is on its way in
            self._place_all()
        order = self._entering.get(report.order_id)
        if order is not None:
            order.price = report.price
            order.quantity = order.peak = _shown(report)
            return
        self._take_out(report.order_id)
        self._on_entry(report)

    def _take_out(self, order_id: int) -> None:
        order = self._resting.pop(order_id, None)
        if order is not None and order.is_told:
            order.quantity = 0
            self._tell(FeedKind.DELETE, order)

    def _place_before(self, taker_id: int) -> None:
        """Let those rest that entered before an order that is seen to take."""
        while self._entering and next(iter(self._entering)) != taker_id:
            self._place(self._entering.pop(next(iter(self._entering))))

    def _place_all(self) -> None:
        for order in self._entering.values():
            self._place(order)
        self._entering.clear()

    def _place(self, order: ShownOrder) -> None:
        if not order.is_hidden:
            self._resting[order.order_id] = order

    # The end of a command.

    def _end_command(self) -> None:
        self._place_all()
        for order in self._resting.values():
            if not order.is_told:
                self._tell(FeedKind.ADD, order)
                order.is_told = True
        for instrument, market in self._markets.items():
            if instrument in self._touched:
                levels = self._levels(instrument)
                self._tell_levels(instrument, market, levels)
                market.levels = levels
        for instrument, market in self._markets.items():
            if instrument in self._touched:
                self._tell_tops(instrument, market)
        for message in self._last.values():
            message["flags"] = message.get("flags", 0) | FeedFlag.LAST
        self._last.clear()
        self._touched.clear()
        self._command = Command()

    def _levels(self, instrument: int) -> Levels:
        levels: Levels = {}
        for order in self._resting.values():
            if order.instrument == instrument:
                place = order.side, order.price
                quantity, count = levels.get(place, (0, 0))
                levels[place] = quantity + order.quantity, count + 1
        return levels

    def _tell_levels(self, instrument: int, market: Market, levels: Levels) -> None:
        """Tell what is gone, then what is there, bids first and best first."""
        changed = [
            (place not in levels, *place)
            for place in market.levels.keys() | levels.keys()
            if market.levels.get(place) != levels.get(place)
        ]
        for _, side, price in sorted(
            changed, key=lambda change: (not change[0], -change[1], -change[1] * change[2])
        ):
            quantity, count = levels.get((side, price), (0, 0))
            self._say(
                instrument,
                FeedChannel.LEVELS,
                kind=FeedKind.LEVEL,
                side=side,
                price=price,
                quantity=quantity,
                order_count=count,
            )

    def _tell_tops(self, instrument: int, market: Market) -> None:
        """Tell the best prices that changed; when only the ask became worse, it goes first."""
        tops = {side: _best(market.levels, side) for side in Side}
        is_worse = {side: _is_worse(side, market.tops[side], tops[side]) for side in Side}
        sides = [Side.SELL, Side.BUY]
        if is_worse[Side.BUY] or not is_worse[Side.SELL]:
            sides.reverse()
        for side in sides:
            if tops[side] != market.tops[side]:
                price, quantity, count = tops[side]
                self._say(
                    instrument,
                    FeedChannel.TOP,
                    kind=FeedKind.TOP,
                    side=side,
                    price=price,
                    quantity=quantity,
                    order_count=count,
                )
        market.tops = tops

    # Messages.

    def _print(self, market: Market, report: Report) -> None:
        self._say(
            report.instrument,
            FeedChannel.TRADES,
            kind=FeedKind.TRADE,
            flags=_trade_flags(report),
            side=0 if market.is_dark else -report.side,
            trade_id=report.trade_id,
            price=report.last_price,
            last_quantity=report.last_quantity,
        )

    def _tell(self, kind: FeedKind, order: ShownOrder, **more: int) -> None:
        self._say(
            order.instrument,
            FeedChannel.ORDERS,
            kind=kind,
            side=order.side,
            order_id=order.order_id,
            price=order.price,
            quantity=order.quantity,
            **more,
        )

    def _say(self, instrument: int, channel: FeedChannel, **fields: int) -> None:
        if not self.channels & channel:
            return
        market = self._markets[instrument]
        market.numbers[channel] += 1
        is_named = self.report_numbers and not market.is_dark
        message: dict[str, Any] = {
            "sequence_number": market.numbers[channel],
            "timestamp": self._report.timestamp,
            "report_sequence_number": self._report.sequence_number if is_named else 0,
            "instrument": instrument,
            "channel": channel,
            **fields,
        }
        self._messages.append(message)
        self._last[instrument, channel] = message


def _is_trimmed(report: Report) -> bool:
    """Return whether a reduce-only order was made smaller in its place, or canceled.

    One that comes in smaller is marked the same way, and has no place to keep.
    """
    is_marked = report.flags & ReportFlag.REDUCE_ONLY
    kept = report.flags & ReportFlag.KEPT_PRIORITY
    return bool(is_marked and (kept or report.exec_type == ExecType.CANCELED))


def _trade_flags(report: Report) -> int:
    return FeedFlag.AUCTION if report.flags & ReportFlag.AUCTION else 0


def _caption(report: Report) -> Caption:
    return Caption(report.kind, report.command_id, report.timestamp)


def _shown(report: Report) -> int:
    """Return what an order shows, once it rests: an iceberg says it, others show all."""
    return report.last_quantity or report.leaves_quantity


def _best(levels: Levels, side: Side) -> tuple[int, int, int]:
    prices = [price for of, price in levels if of == side]
    if not prices:
        return 0, 0, 0
    price = max(prices, key=lambda price: side * price)
    return price, *levels[side, price]


def _is_worse(side: Side, before: tuple[int, int, int], now: tuple[int, int, int]) -> bool:
    if now[2] == 0:
        return True
    return before[2] != 0 and side * now[0] < side * before[0]
