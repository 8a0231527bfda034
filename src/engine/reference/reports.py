"""What the engine says: reports and trades, in the order in which things happened.

Each event has one function here, and each writes one report, except a trade, which writes the
maker's, the taker's and the public print. A field that an event does not speak of is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from .._schema import (
    BUY,
    REPORT_DTYPE,
    SELL,
    TRADE_DTYPE,
    CommandKind,
    ExecType,
    Liquidity,
    OrderFlag,
    OrderStatus,
    OrderType,
    Phase,
    RejectReason,
    ReportFlag,
    SelfTradeMode,
    Side,
    TimeInForce,
)
from ..records import RecordArray
from .commands import Command
from .instrument import INT64_MAX, INT64_MIN
from .orders import LiveOrder

NO_FLAGS: Final = ReportFlag(0)
Say: TypeAlias = Callable[[LiveOrder, ReportFlag], None]
"""One of the events of an order."""


class Report(NamedTuple):
    """One event of one order, field by field as in `REPORT_DTYPE`."""

    exec_type: ExecType
    order_status: OrderStatus
    reject_reason: RejectReason = RejectReason.NONE
    side: int = 0
    kind: CommandKind = CommandKind.SUBMIT
    liquidity: Liquidity = Liquidity.NONE
    flags: ReportFlag = ReportFlag(0)
    instrument: int = 0
    account: int = 0
    sequence_number: int = 0
    timestamp: int = 0
    order_id: int = 0
    price: int = 0
    leaves_quantity: int = 0
    filled_quantity: int = 0
    last_quantity: int = 0
    last_price: int = 0
    trade_id: int = 0
    contra_order_id: int = 0
    client_order_id: int = 0
    command_id: int = 0
    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.GTC
    self_trade_mode: SelfTradeMode = SelfTradeMode.NONE
    reserved_8: int = 0
    order_flags: OrderFlag = OrderFlag(0)
    fee: int = 0


class Trade(NamedTuple):
    """One trade, field by field as in `TRADE_DTYPE`."""

    trade_id: int
    maker_order_id: int
    taker_order_id: int
    price: int
    quantity: int
    timestamp: int
    instrument: int
    maker_account: int
    taker_account: int
    side: Side
    reserved_8: int = 0
    reserved_16: int = 0


class Fees(NamedTuple):
    """What the two parties of a trade pay for it; 0 without accounts."""

    maker: int = 0
    taker: int = 0


class Contra(NamedTuple):
    """With which order lots of another change hands, if they do, and at which price."""

    order_id: int = 0
    price: int = 0


NO_CONTRA: Final = Contra()


class _Terms(NamedTuple):
    """What two reports of one trade say alike, and what each party pays."""

    quantity: int
    price: int
    fees: Fees
    flags: ReportFlag


assert Report._fields == REPORT_DTYPE.names, "Report must follow REPORT_DTYPE"
assert Trade._fields == TRADE_DTYPE.names, "Trade must follow TRADE_DTYPE"


@dataclass(frozen=True, eq=False, slots=True)
class ExecutionReport:
    """What one call returns: the last report of its own order, whose fields are attributes here.

    Attributes
    ----------
    last : Report
        That report. A command that trades ends with its own order's fill or cancellation.
    reports : ndarray of REPORT_DTYPE
        All reports that the command made, the makers' too.
    trades : ndarray of TRADE_DTYPE
        Its trades.
    """

    last: Report
    reports: RecordArray
    trades: RecordArray

    def __getattr__(self, name: str) -> Any:
        return getattr(self.last, name)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields of the last report by name, enumerations as members."""
        return {
            name: value for name, value in self.last._asdict().items() if "reserved" not in name
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExecutionReport):
            return NotImplemented
        return self.reports.tobytes() == other.reports.tobytes()

    def __hash__(self) -> int:
        return hash(self.reports.tobytes())


class Tape:
    """The stream of reports and trades of one engine, with its numbers.

    `reports` and `trades` hold what was written since they were last taken away; the counts go on,
    and number the records from 1. Each report is also shown to `witness`.
    """

    def __init__(self, witness: Callable[[Report], None]) -> None:
        self._witness = witness
        self.reports: list[Report] = []
        self.trades: list[Trade] = []
        self.report_count = 0
        self.trade_count = 0
        self._command = Command(CommandKind.SUBMIT)
        self._time = 0

    def begin(self, command: Command, time: int) -> None:
        """Attribute the reports that follow to a command and an engine time."""
        self._command = command
        self._time = time

    def take(self) -> tuple[list[Report], list[Trade]]:
        """Return what was written since the last call."""
        taken = self.reports, self.trades
        self.reports, self.trades = [], []
        return taken

    def repeat(self, reports: list[Report], trades: list[Trade]) -> None:
        """Say once more what a command was told; it is no event, and has no number of its own."""
        self.reports += reports
        self.trades += trades

    def accepted(self, order: LiveOrder, flags: ReportFlag) -> None:
        """Say that a new order is in."""
        self._state(ExecType.NEW, order, flags)

    def traded(self, maker: LiveOrder, taker: LiveOrder, quantity: int, fees: Fees) -> None:
        """Say that two orders traded, at the price of the one that rested.

        REQUIRES: both have been filled by `quantity`.
        """
        self._trade(maker, taker, _Terms(quantity, maker.price, fees, ReportFlag(0)))

    def auctioned(
        self, seller: LiveOrder, buyer: LiveOrder, quantity: int, price: int, fees: Fees
    ) -> None:
        """Say that two orders traded in an auction; the seller stands for the maker.

        REQUIRES: both have been filled by `quantity`.
        """
        self._trade(seller, buyer, _Terms(quantity, price, fees, ReportFlag.AUCTION))

    def canceled(
        self,
        order: LiveOrder,
        flags: ReportFlag = NO_FLAGS,
        reason: RejectReason = RejectReason.NONE,
    ) -> None:
        """Say that what an order had open is out of the market, and what it did not find.

        REQUIRES: the order still shows what it had open.
        """
        self._gone(OrderStatus.CANCELED, order, flags, reason)

    def expired(self, order: LiveOrder) -> None:
        """Say that an order's time is over, as `canceled` does."""
        self._gone(OrderStatus.EXPIRED, order, ReportFlag(0), RejectReason.NONE)

    def triggered(self, order: LiveOrder, flags: ReportFlag = NO_FLAGS) -> None:
        """Say that a conditional order enters the market, as what it is now."""
        self._state(ExecType.TRIGGERED, order, flags)

    def restated(self, order: LiveOrder, flags: ReportFlag = NO_FLAGS) -> None:
        """Say that the engine moved an order to the tail of its price, or changed that price.

        Or that a triggered order goes on to wait, for a call or without a limit in one.
        """
        self._state(ExecType.RESTATED, order, flags)

    def done(self, count: int = 0, price: int = 0) -> None:
        """Say that a command that names no order was carried out, with what came of it."""
        command = self._command
        at = command.price if command.kind == CommandKind.SET_PRICE else price
        self._write(self._of_no_order(command.instrument, count, at))

    def of_position(
        self,
        exec_type: ExecType,
        account: int,
        instrument: int,
        lots: int,
        price: int,
        amount: int,
        order_id: int = 0,
    ) -> None:
        """Say what happens to lots of a position at a price, and what was paid with them."""
        report = self._of_no_order(instrument, abs(lots), price)
        side = SELL if lots > 0 else BUY if lots < 0 else 0
        self._write(
            report._replace(
                exec_type=exec_type,
                account=account,
                side=side,
                order_id=order_id,
                fee=max(INT64_MIN, min(amount, INT64_MAX)),
            )
        )

    def call_began(self, instrument: int) -> None:
        """Say that an order came to the price band of an instrument, which began a call."""
        report = self._of_no_order(instrument, Phase.VOLATILITY_CALL, 0)
        self._write(report._replace(flags=ReportFlag.PRICE_BAND))

    def _of_no_order(self, instrument: int, count: int, price: int) -> Report:
        return Report(
            exec_type=ExecType.DONE,
            order_status=OrderStatus.NONE,
            instrument=instrument,
            account=self._command.account,
            last_quantity=count,
            last_price=price,
        )

    def replaced(self, order: LiveOrder, flags: ReportFlag) -> None:
        """Say that an order has a new price or leaves quantity, and whether it kept its place."""
        self._state(ExecType.REPLACED, order, flags)

    def decremented(
        self, order: LiveOrder, quantity: int, flags: ReportFlag, contra: Contra
    ) -> None:
        """Say that an order lost lots to its own side; it is gone when it has none left.

        Where they changed hands, say with which order, and at which price.
        """
        said = _state(ExecType.REPLACED, order)
        if order.leaves_quantity == 0:
            said = _state(ExecType.CANCELED, order)
            said = said._replace(order_status=OrderStatus.CANCELED, last_quantity=quantity)
            flags = NO_FLAGS
        self._write(
            said._replace(
                flags=flags | ReportFlag.SELF_TRADE,
                contra_order_id=contra.order_id,
                last_price=contra.price,
            )
        )

    def rejected(
        self, reason: RejectReason, order: LiveOrder | None, numbers: tuple[int, int] | None
    ) -> None:
        """Say that the command was refused, and how the order it named stands, when known.

        The limit and what was found stand where a fill has its quantity and price.
        """
        if order is not None:
            report = _state(ExecType.REJECTED, order)
        elif self._command.kind == CommandKind.SUBMIT:
            report = _asked(self._command)
        else:
            report = _named(self._command)
        if numbers is not None:
            limit, found = numbers
            report = report._replace(last_quantity=limit, last_price=found)
        self._write(report._replace(reject_reason=reason))

    def _state(self, exec_type: ExecType, order: LiveOrder, flags: ReportFlag) -> None:
        report = _state(exec_type, order)
        self._write(report._replace(flags=report.flags | flags))

    def _trade(self, maker: LiveOrder, taker: LiveOrder, terms: _Terms) -> None:
        self.trade_count += 1
        for order, contra, liquidity, fee in (
            (maker, taker, Liquidity.MAKER, terms.fees.maker),
            (taker, maker, Liquidity.TAKER, terms.fees.taker),
        ):
            report = _state(ExecType.TRADE, order)
            self._write(
                report._replace(
                    flags=terms.flags,
                    liquidity=liquidity,
                    last_quantity=terms.quantity,
                    last_price=terms.price,
                    trade_id=self.trade_count,
                    contra_order_id=contra.order_id,
                    fee=fee,
                )
            )
        self._print(maker, taker, terms.quantity, terms.price)

    def _gone(
        self, status: OrderStatus, order: LiveOrder, flags: ReportFlag, reason: RejectReason
    ) -> None:
        report = _state(ExecType[status.name], order)
        self._write(
            report._replace(
                order_status=status,
                reject_reason=reason,
                flags=report.flags | flags,
                leaves_quantity=0,
                last_quantity=order.leaves_quantity,
            )
        )

    def _write(self, report: Report) -> None:
        self.report_count += 1
        written = report._replace(
            kind=CommandKind(self._command.kind),
            command_id=self._command.command_id,
            sequence_number=self.report_count,
            timestamp=self._time,
        )
        self.reports.append(written)
        self._witness(written)

    def _print(self, maker: LiveOrder, taker: LiveOrder, quantity: int, price: int) -> None:
        self.trades.append(
            Trade(
                trade_id=self.trade_count,
                maker_order_id=maker.order_id,
                taker_order_id=taker.order_id,
                price=price,
                quantity=quantity,
                timestamp=self._time,
                instrument=maker.instrument,
                maker_account=maker.account,
                taker_account=taker.account,
                side=taker.side,
            )
        )


SHOWS: Final = {ExecType.NEW, ExecType.REPLACED, ExecType.RESTATED, ExecType.TRIGGERED}
"""The events whose report says what an iceberg shows."""


def _state(exec_type: ExecType, order: LiveOrder) -> Report:
    """Return a report with an order's own fields as they stand."""
    is_iceberg = order.display_quantity and exec_type in SHOWS
    return Report(
        exec_type=exec_type,
        order_status=order.order_status,
        side=order.side,
        flags=ReportFlag.WAITING if order.is_waiting else ReportFlag(0),
        instrument=order.instrument,
        account=order.account,
        order_id=order.order_id,
        price=order.price,
        leaves_quantity=order.leaves_quantity,
        filled_quantity=order.filled_quantity,
        last_quantity=order.displayed_quantity if is_iceberg else 0,
        last_price=order.trigger_price if order.is_waiting else 0,
        client_order_id=order.client_order_id,
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        self_trade_mode=order.self_trade_mode,
        order_flags=order.flags,
    )


def _named(command: Command) -> Report:
    """Return a report of an order that is not known: what the command said of it, and no more."""
    return Report(
        exec_type=ExecType.REJECTED,
        order_status=OrderStatus.REJECTED,
        instrument=command.instrument,
        account=command.account,
        order_id=command.order_id,
        price=command.price,
        client_order_id=command.client_order_id,
    )


def _asked(command: Command) -> Report:
    """Return a report of an order that never entered: what was asked for."""
    return _named(command)._replace(
        side=Side(command.side),
        order_type=OrderType(command.order_type),
        time_in_force=TimeInForce(command.time_in_force),
        self_trade_mode=SelfTradeMode(command.self_trade_mode),
        order_flags=OrderFlag(command.flags),
    )


def reports_array(reports: list[Report]) -> RecordArray:
    """Return reports as an array of `REPORT_DTYPE`."""
    return np.array(reports, dtype=REPORT_DTYPE)


def trades_array(trades: list[Trade]) -> RecordArray:
    """Return trades as an array of `TRADE_DTYPE`."""
    return np.array(trades, dtype=TRADE_DTYPE)
