"""Types of the compiled book, checked against it by stubtest."""

from typing import NoReturn, Unpack, final

from engine._book_questions import BookQuestions
from engine._core import HIGHEST as HIGHEST
from engine._core import LOWEST as LOWEST
from engine._core import MAX_CASCADE as MAX_CASCADE
from engine._core import MAX_ORDERS as MAX_ORDERS
from engine._core import Core
from engine._report import ExecutionReport
from engine._schema import (
    OrderFlag,
    OrderType,
    Phase,
    SelfTradeMode,
    Side,
    TimeInForce,
    TriggerSource,
)
from engine._terms import Terms
from engine.records import RecordArray

@final
class OrderBook(BookQuestions):
    def __new__(
        cls,
        *,
        max_orders: int = ...,
        max_cascade: int = ...,
        **terms: Unpack[Terms],
    ) -> OrderBook: ...
    def submit(
        self,
        side: Side | int,
        price: int,
        quantity: int,
        order_id: int = 0,
        account: int = 0,
        *,
        order_type: OrderType | int = 0,
        time_in_force: TimeInForce | int = 0,
        flags: OrderFlag | int = 0,
        client_order_id: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
        trigger_price: int = 0,
        trigger_source: TriggerSource | int = 0,
        display_quantity: int = 0,
        minimum_quantity: int = 0,
        expiry: int = 0,
        offset: int = 0,
        bound: int = 0,
        linked_order_id: int = 0,
        self_trade_mode: SelfTradeMode | int = 0,
        self_trade_group: int = 0,
    ) -> ExecutionReport: ...
    def cancel(
        self, order_id: int, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport: ...
    def replace(
        self,
        order_id: int,
        price: int,
        quantity: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
        trigger_price: int = 0,
    ) -> ExecutionReport: ...
    def reduce(
        self,
        order_id: int,
        quantity: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport: ...
    def set_price(
        self,
        source: TriggerSource | int,
        price: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport: ...
    def set_phase(
        self, phase: Phase | int, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport: ...
    def uncross(
        self, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport: ...
    def set_position(
        self, account: int, quantity: int, *, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport: ...
    def mass_cancel(
        self,
        *,
        account: int | None = None,
        side: Side | int | None = None,
        prices: tuple[int, int] | None = None,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport: ...
    def match(
        self,
        commands: RecordArray,
        *,
        detail: str = "all",
        out: RecordArray | None = None,
    ) -> RecordArray: ...
    def __reduce__(self) -> NoReturn: ...

def book_of(core: Core, instrument: int) -> OrderBook: ...
def place_books(books: list[OrderBook], core: Core) -> None: ...
