"""Rows of a history's file become records: members of enumerations, ids, decimals."""

from __future__ import annotations

from decimal import Context, Decimal
from enum import IntEnum
from typing import Any, Final, TypeAlias, TypeVar

from engine._schema import (
    Liquidity,
    OrderFlag,
    OrderStatus,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from engine.history.bars import Bar
from engine.history.file import unsigned
from engine.history.grids import Grid
from engine.history.records import Candle, FillRecord, OrderRecord, Statistics, TradeRecord
from engine.history.rows import NS_A_MINUTE

__all__ = ["candle_of", "fill_of", "order_of", "statistics_of", "trade_of"]

Member = TypeVar("Member", bound=IntEnum)
Row: TypeAlias = tuple[Any, ...]


def _by_value(enumeration: type[Member]) -> dict[int, Member]:
    """Return members by value: a look-up that costs no call."""
    return {member.value: member for member in enumeration}


SIDES: Final = _by_value(Side)
ORDER_TYPES: Final = _by_value(OrderType)
TIMES_IN_FORCE: Final = _by_value(TimeInForce)
STATUSES: Final = _by_value(OrderStatus)
REASONS: Final = _by_value(RejectReason)
LIQUIDITIES: Final = _by_value(Liquidity)

WITHOUT_LIMIT: Final = frozenset(
    {
        OrderType.MARKET,
        OrderType.MARKET_TO_LIMIT,
        OrderType.STOP,
        OrderType.MARKET_IF_TOUCHED,
        OrderType.TRAILING_STOP,
    }
)
PEGGED: Final = frozenset({OrderType.PEG_PRIMARY, OrderType.PEG_MARKET, OrderType.PEG_MIDPOINT})
NOTHING: Final = Decimal(0)
VOLUMES: Final = Context(prec=100)
"""Enough for 2**63 trades of 2**63 lots, which have 30 decimal places at most."""


def order_of(row: Row, grid: Grid | None) -> OrderRecord:
    """Return the record of a row of orders; without a grid of one refused for its instrument."""
    number, order_id, client_order_id, account, _, side, order_type, *others = row
    time_in_force, flags, price, quantity, filled, leaves, *others = others
    status, is_waiting, reason, entered, updated = others
    kind = ORDER_TYPES[order_type]
    has_price = kind not in WITHOUT_LIMIT and not (kind in PEGGED and is_waiting)
    is_refused = status == OrderStatus.REJECTED
    lots = (lambda _: NOTHING) if grid is None else grid.quantities.decimal
    return OrderRecord(
        number=number,
        order_id=unsigned(order_id),
        client_order_id=unsigned(client_order_id),
        symbol="" if grid is None else grid.symbol,
        account=account,
        side=SIDES.get(side),
        order_type=kind,
        time_in_force=TIMES_IN_FORCE[time_in_force],
        flags=OrderFlag(flags),
        price=None if grid is None or not has_price else grid.prices.decimal(price),
        quantity=None if is_refused else lots(quantity),
        filled_quantity=lots(filled),
        leaves_quantity=lots(leaves),
        order_status=STATUSES[status],
        is_waiting=bool(is_waiting),
        reject_reason=REASONS[reason],
        entered=entered,
        updated=updated,
    )


def fill_of(row: Row, grid: Grid) -> FillRecord:
    """Return the record of a half of a row of trades."""
    number, trade_id, _, account, order_number, order_id, contra_order_id, *others = row
    side, liquidity, price, quantity, fee, timestamp = others
    return FillRecord(
        number=number,
        trade_id=trade_id,
        symbol=grid.symbol,
        account=account,
        order_number=order_number,
        order_id=unsigned(order_id),
        contra_order_id=unsigned(contra_order_id),
        side=SIDES[side],
        liquidity=LIQUIDITIES[liquidity],
        price=grid.prices.decimal(price),
        quantity=grid.quantities.decimal(quantity),
        fee=fee,
        timestamp=timestamp,
    )


def trade_of(row: Row, grid: Grid) -> TradeRecord:
    """Return the record of a row of trades."""
    number, trade_id, side, price, quantity, is_auction, timestamp = row
    return TradeRecord(
        number=number,
        trade_id=trade_id,
        symbol=grid.symbol,
        side=SIDES[side],
        price=grid.prices.decimal(price),
        quantity=grid.quantities.decimal(quantity),
        is_auction=bool(is_auction),
        timestamp=timestamp,
    )


def statistics_of(bar: Bar | None, grid: Grid, since: int, until: int) -> Statistics:
    """Return the statistics of a window."""
    if bar is None:
        nothing = _volume(0, grid)
        return Statistics(grid.symbol, since, until, None, None, None, None, nothing, 0)
    return Statistics(grid.symbol, since, until, *_decimals(bar, grid))


def candle_of(minute: int, bar: Bar, grid: Grid) -> Candle:
    """Return the candle that begins with a minute."""
    return Candle(minute * NS_A_MINUTE, *_decimals(bar, grid))


def _decimals(bar: Bar, grid: Grid) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal, int]:
    price = grid.prices.decimal
    ends = price(bar.open), price(bar.high), price(bar.low), price(bar.close)
    return (*ends, _volume(bar.volume, grid), bar.trades)


def _volume(lots: int, grid: Grid) -> Decimal:
    """Return a quantity that may be more than any order's."""
    return VOLUMES.multiply(Decimal(lots), grid.quantities.step)
